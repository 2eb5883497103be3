//! The macros of `luster-derive` as their users see them: a file for each of them.
#![forbid(unsafe_code)]
#![cfg(feature = "derive")]
#![expect(unreachable_pub, dead_code, reason = "what is public here is so for scripts")]

#[cfg(feature = "async")]
mod async_methods;
mod collect;
mod from_lua;
mod into_lua;
mod methods;
mod userdata;

use luster::{Error, FromLuaMulti, Lua};

/// Runs a chunk and gives its results.
fn eval<T: FromLuaMulti>(lua: &Lua, source: &str) -> T {
    lua.load(source).set_name("=test").eval().unwrap_or_else(|error| panic!("{error}"))
}

/// The message of the error that a chunk ends with.
fn failure(lua: &Lua, source: &str) -> String {
    let result: Result<(), Error> = lua.load(source).set_name("=test").exec();
    result.expect_err("the chunk fails").message().to_owned()
}
