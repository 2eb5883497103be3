//! Values in an arena: what the modules with `unsafe` promise, looked at from outside, so that every
//! such block is run under AddressSanitizer and in the stress build (see `docs/testing.md`). Nothing
//! here touches files or foreign code, so that Miri can run it too.
//!
//! What takes `unsafe` to be called is tested in the module that has it.

mod arena;
mod host;
mod strings;
mod tables;
