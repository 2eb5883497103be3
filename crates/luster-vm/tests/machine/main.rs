//! The machine on code made by hand: what the dispatch loop's place and the collection driver do
//! without checks, so that every `unsafe` block of the crate is run under AddressSanitizer and in the
//! stress build (see `docs/testing.md`). Nothing here touches files or foreign code, so that Miri can
//! run it too.
//!
//! What programs do is tested with programs, above the compiler.

mod calls;
mod code;
mod collection;
