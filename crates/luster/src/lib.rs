//! luster: Lua 5.5 for Rust programs. Fast, safe, stackless, and all in Rust.
//!
//! ```
//! use luster::Lua;
//!
//! let lua = Lua::new();
//! let greeting: String = lua.load(r#"
//!     local who = "world"
//!     return "hello, " .. who
//! "#).eval()?;
//! assert_eq!(greeting, "hello, world");
//! # Ok::<(), luster::Error>(())
//! ```
//!
//! A script can be run in steps of limited work ([`Chunk::start`]), and [`Lua::enter`] leads to the
//! values themselves. The crates below are re-exported as [`syntax`], [`bytecode`] and
//! [`compiler`].
#![forbid(unsafe_code)]

mod convert;
mod error;
mod lua;

pub use convert::FromResults;
pub use error::{Error, ErrorKind};
pub use lua::{Chunk, Lua, Step, Task};

pub use luster_bytecode as bytecode;
pub use luster_compiler as compiler;
pub use luster_syntax as syntax;

/// The branded layer: values inside the arena, and what callbacks are made of.
pub mod values {
    pub use luster_value::{
        BoxSequence, Callback, CallbackReturn, Captured, Closure, CollectRequest, Context, Error,
        Float, Function, InvalidKey, LuaString, Metamethod, Poll, Raised, ResumeKind, Sequence,
        Stack, Stashed, Status, Table, Thread, Type, UserData, Value,
    };
    pub use luster_vm::{load_closure, traceback};
}

pub use luster_stdlib::{
    Library, Output, open as open_libraries, open_all as open_all_libraries, set_warnings, warn,
};

/// The garbage collector: what a [`values::Sequence`] or the data of a [`values::UserData`] has to
/// implement comes from it.
pub use gc_arena;
