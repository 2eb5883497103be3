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
//!
//! lua.globals().set("add", lua.function(|a: i64, b: i64| a + b))?;
//! assert_eq!(lua.load("add(1, 2)").eval::<i64>()?, 3);
//! # Ok::<(), luster::Error>(())
//! ```
//!
//! - [`Lua`] is a VM; [`Lua::builder`] chooses what is in it.
//! - [`Table`], [`Function`], [`Thread`], [`AnyUserData`], [`LuaString`] and [`Value`] hold its values,
//!   wherever they are needed and for as long as they are.
//! - [`FromLua`] and [`IntoLua`] convert; every closure whose parameters and results convert is a
//!   function for scripts ([`Lua::function`]).
//! - [`UserData`] are types of the host in scripts; [`Lua::scope`] lends values and functions for the
//!   time of a call.
//! - [`Task`] runs scripts in steps of limited work, and [`InterruptHandle`] stops them.
//! - With the feature `async`, scripts can call `async` functions like any others
//!   (`Lua::async_function`), and can be awaited themselves (`Function::call_async`).
//! - [`Lua::enter`] leads to the [values] themselves, which cost nothing to use.
//!
//! The crates below are re-exported as [`syntax`], [`bytecode`] and [`compiler`].
#![forbid(unsafe_code)]

#[cfg(feature = "derive")]
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "async")]
mod asynchronous;
mod awaited;
mod builder;
mod chunk;
mod continuation;
mod convert;
mod error;
mod function;
mod handle;
mod limits;
mod lua;
#[cfg(doctest)]
mod misuse;
mod object;
mod param;
mod render;
mod rust_error;
mod scope;
#[cfg(feature = "serde")]
mod serde;
mod table;
mod task;
mod thread;
mod userdata;
mod value;

#[cfg(feature = "serde")]
pub use self::serde::{DeserializeOptions, Serde, SerializeOptions};
#[cfg(feature = "async")]
pub use asynchronous::{AsyncFunction, CallAsync};
pub use builder::Builder;
pub use chunk::Chunk;
pub use continuation::Then;
pub use convert::{FromLua, FromLuaMulti, IntoLua, IntoLuaMulti, Values, Variadic};
pub use error::{Error, ErrorKind, Result};
pub use function::{Function, Reply};
pub use limits::{Fuel, InterruptHandle};
pub use lua::{HeldValue, Lua};
pub use param::{LuaFunction, LuaFunctionMut, Param, ScopedFunction, ScopedFunctionMut};
pub use scope::Scope;
pub use table::{Pairs, Sequence, Table};
pub use task::{Step, Task};
pub use thread::{Thread, ThreadStatus};
pub use userdata::{AnyUserData, Class, UserData};
pub use value::{Bytes, LuaString, MultiValue, Value};

#[cfg(feature = "derive")]
pub use luster_derive::{Collect, FromLua, IntoLua, UserData, methods};

pub use luster_value::{TraceFrame, Traceback, UserRef, UserRefMut};

pub use luster_bytecode as bytecode;
pub use luster_compiler as compiler;
pub use luster_syntax as syntax;

/// The branded layer: values inside the arena, and what callbacks are made of.
pub mod values {
    pub use luster_value::{
        BoxSequence, Callback, CallbackReturn, Captured, Closure, CollectRequest, Context, Error,
        Float, Function, InvalidKey, LuaString, Metamethod, Poll, Raised, ResumeKind, Sequence,
        Stack, Stashed, Status, Table, Thread, Type, UserCell, UserData, Value,
    };
    pub use luster_vm::{load_closure, traceback};
}

pub use luster_stdlib::{
    Library, Output, open as open_libraries, open_all as open_all_libraries, set_warnings, warn,
};

/// The garbage collector: what a [`values::Sequence`] or the data of a [`values::UserData`] has to
/// implement comes from it.
pub use gc_arena;

/// The examples of the guide and of the README are run as tests.
#[cfg(all(doctest, feature = "derive"))]
mod documents {
    #[doc = include_str!("../../../docs/guide.md")]
    struct Guide;

    #[doc = include_str!("../../../README.md")]
    struct Readme;
}
