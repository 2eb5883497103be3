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
//! # What is where
//!
//! - [`Lua`] is a VM; [`Lua::builder`] chooses what is in it. `Lua::new()` has the safe libraries only.
//! - [`Lua::load`] takes source text, to be run whole ([`Chunk::exec`], [`Chunk::eval`]), made a function
//!   ([`Chunk::into_function`]), or run in steps ([`Chunk::start`]).
//! - [`Table`], [`Function`], [`Thread`], [`AnyUserData`], [`LuaString`] and [`Value`] hold the VM's values,
//!   wherever they are needed and for as long as they are.
//! - [`FromLua`] and [`IntoLua`] convert; every closure whose parameters and results convert is a
//!   function for scripts ([`Lua::function`]). One that calls Lua answers with a [`Reply`] or goes on
//!   afterwards with [`Function::then`].
//! - [`UserData`] are types of the host in scripts; [`Lua::scope`] lends values and functions for the
//!   time of a call.
//! - [`Task`] runs scripts in steps of limited work, and [`InterruptHandle`] stops them.
//!   [`Lua::set_memory_limit`] and [`Lua::set_deadline`] limit the rest.
//! - An [`Error`] has a kind, a traceback as data, the Rust error or Lua value that it comes from, and shows
//!   itself with the line of the source ([`Error::render`]).
//! - With the feature `async`, scripts can call `async` functions like any others
//!   (`Lua::async_function`), and can be awaited themselves (`Function::call_async`).
//! - With the feature `serde`, everything that serde knows goes in and out (`Lua::to_value`,
//!   `Lua::from_value`).
//! - [`Lua::enter`] leads to the [values] themselves, which cost nothing to use.
//!
//! # A type of the host
//!
#![cfg_attr(feature = "derive", doc = "```")]
#![cfg_attr(not(feature = "derive"), doc = "```ignore")]
//! use luster::{Function, Lua, UserData};
//!
//! #[derive(UserData)]
//! struct Counter {
//!     pub count: i64,
//! }
//!
//! #[luster::methods]
//! impl Counter {
//!     pub fn new() -> Self {
//!         Counter { count: 0 }
//!     }
//!
//!     pub fn add(&mut self, n: i64) {
//!         self.count += n;
//!     }
//! }
//!
//! let lua = Lua::new();
//! lua.register::<Counter>()?;
//! lua.load("counter = Counter.new(); counter:add(5)").exec()?;
//! assert_eq!(lua.load("counter.count").eval::<i64>()?, 5);
//!
//! // What the host keeps for itself is lent for a call.
//! let mut own = Counter::new();
//! let add: Function = lua.load("function (counter) counter:add(37) end").eval()?;
//! lua.scope(|scope| add.call::<()>(scope.lend_mut(&mut own)?))?;
//! assert_eq!(own.count, 37);
//! # Ok::<(), luster::Error>(())
//! ```
//!
//! # A script that is not trusted
//!
//! ```
//! use luster::{Fuel, Lua, Step};
//!
//! let lua = Lua::builder().memory_limit(16 << 20).build();
//! let mut task = lua.load("while true do pcall(error) end").start::<()>()?;
//! // It stops when its fuel is used up, and could go on.
//! assert_eq!(task.step(Fuel::new(100_000))?, Step::OutOfFuel);
//! # Ok::<(), luster::Error>(())
//! ```
//!
//! # Features
//!
//! | feature | default | |
//! | --- | --- | --- |
//! | `derive` | yes | the derives `UserData`, `FromLua`, `IntoLua`, `Collect`, and `methods` |
//! | `coroutine`, `debug`, `io`, `math`, `os`, `package`, `table`, `utf8` | yes | the libraries; the basic functions and `string` are always there |
//! | `async` | no | asynchronous functions and calls, on any executor |
//! | `serde` | no | conversions of everything that serde knows |
//!
//! There is a [guide](https://github.com/kyren/luster/blob/main/docs/guide.md) from the first line to
//! sequences, and a [page](https://github.com/kyren/luster/blob/main/docs/migrating-from-mlua.md) for those who
//! come from mlua. The crates below are re-exported as [`syntax`], [`bytecode`] and [`compiler`].
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

#[cfg(feature = "os")]
pub use luster_stdlib::exit_closes;
pub use luster_stdlib::{
    Library, Output, open as open_libraries, open_all as open_all_libraries, set_warnings, warn,
};

/// The garbage collector: what a [`values::Sequence`] or the data of a [`values::UserData`] has to
/// implement comes from it.
pub use gc_arena;

/// The examples of the guide and of the README are run as tests.
#[cfg(all(doctest, feature = "derive"))]
mod documents {
    #[doc = include_str!("../../../docs/sandboxing.md")]
    struct Sandboxing;

    #[doc = include_str!("../../../docs/guide.md")]
    struct Guide;

    #[doc = include_str!("../../../README.md")]
    struct Readme;
}
