//! The virtual machine of luster: what is done with the values of `luster-value`.
//!
//! Linking prototypes, the dispatch loop, calls, metamethods, errors, coroutines, and the driver of
//! the collector. Nothing here knows Lua source or the library.
//!
//! `unsafe` stands in `cursor` (the running function's instruction, registers and frame) and
//! `collector` (the phase driver) only.

mod again;
mod call;
mod collector;
mod concat;
mod cursor;
mod execute;
mod hook;
mod link;
mod machine;
mod metamethods;
pub mod operate;
mod pace;
mod run;
mod slow;
mod steps;
mod stress;
pub mod traceback;
mod transfer;
mod unwind;
mod varargs;
mod vm;
mod warning;

pub use link::{Linking, closure_of, link, load_closure};
pub use vm::{Busy, Execution, Outcome, RunEnd, Vm};
pub use warning::{has_warnings, take_warnings};
