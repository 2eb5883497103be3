//! Calls from scripts to the host and from the host to scripts, with numbers and with strings, and
//! making the functions for that.

use std::hint::black_box;

use super::{Fallible, Pair, Row, check};

pub(super) const ROWS: &[Row] = &[
    ("call Lua -> Rust, two integers", lua_to_rust),
    ("call Rust -> Lua, two integers", rust_to_lua),
    ("call Lua -> Rust, String to String", lua_to_rust_string),
    ("call Lua -> Rust, borrowed &str", lua_to_rust_str),
    ("call Lua -> Rust, borrowed bytes", lua_to_rust_bytes),
    ("call Rust -> Lua, string to String", rust_to_lua_string),
    ("create and drop a callback", create_callback),
];

/// A string of twenty bytes.
const TEXT: &str = "twenty bytes of text";

const ADD_LOOP: &str = "local add = ... return function (n) for i = 1, n do add(i, 1) end end";
const TEXT_LOOP: &str = "local f = ... local text = 'twenty bytes of text' \
                         return function (n) for i = 1, n do f(text) end end";

/// Both engines' functions that a chunk makes of a function of the host, each called with how often
/// to do what is timed.
fn loops(
    source: &'static str,
    luster: impl FnOnce(&luster::Lua) -> luster::Function,
    mlua: impl FnOnce(&mlua::Lua) -> mlua::Result<mlua::Function>,
) -> Fallible<Pair> {
    let lua = luster::Lua::new();
    let ours: luster::Function = lua.load(source).call(luster(&lua))?;
    let puc = mlua::Lua::new();
    let theirs: mlua::Function = puc.load(source).call(mlua(&puc)?)?;
    Pair::new(
        move |n| {
            let _keep = &lua;
            Ok(ours.call::<()>(n)?)
        },
        move |n| {
            let _keep = &puc;
            Ok(theirs.call::<()>(n)?)
        },
    )
}

fn lua_to_rust() -> Fallible<Pair> {
    loops(
        ADD_LOOP,
        |lua| lua.function(|a: i64, b: i64| a.wrapping_add(b)),
        |lua| lua.create_function(|_, (a, b): (i64, i64)| Ok(a.wrapping_add(b))),
    )
}

fn lua_to_rust_string() -> Fallible<Pair> {
    loops(
        TEXT_LOOP,
        |lua| lua.function(|s: String| s),
        |lua| lua.create_function(|_, s: String| Ok(s)),
    )
}

fn lua_to_rust_str() -> Fallible<Pair> {
    loops(
        TEXT_LOOP,
        |lua| lua.function(|s: &str| s.len()),
        |lua| lua.create_function(|_, s: mlua::BorrowedStr| Ok(s.len())),
    )
}

fn lua_to_rust_bytes() -> Fallible<Pair> {
    loops(
        TEXT_LOOP,
        |lua| lua.function(|s: &[u8]| s.len()),
        |lua| lua.create_function(|_, s: mlua::BorrowedBytes| Ok(s.len())),
    )
}

fn rust_to_lua() -> Fallible<Pair> {
    const SOURCE: &str = "return function (a, b) return a + b end";
    let lua = luster::Lua::new();
    let ours: luster::Function = lua.load(SOURCE).eval()?;
    let puc = mlua::Lua::new();
    let theirs: mlua::Function = puc.load(SOURCE).eval()?;
    Pair::new(
        move |n| {
            let _keep = &lua;
            for _ in 0..n {
                check(ours.call::<i64>((black_box(1), 2))? == 3)?;
            }
            Ok(())
        },
        move |n| {
            let _keep = &puc;
            for _ in 0..n {
                check(theirs.call::<i64>((black_box(1), 2))? == 3)?;
            }
            Ok(())
        },
    )
}

fn rust_to_lua_string() -> Fallible<Pair> {
    const SOURCE: &str = "return function (s) return s end";
    let lua = luster::Lua::new();
    let ours: luster::Function = lua.load(SOURCE).eval()?;
    let puc = mlua::Lua::new();
    let theirs: mlua::Function = puc.load(SOURCE).eval()?;
    Pair::new(
        move |n| {
            let _keep = &lua;
            for _ in 0..n {
                check(ours.call::<String>(black_box(TEXT))?.len() == TEXT.len())?;
            }
            Ok(())
        },
        move |n| {
            let _keep = &puc;
            for _ in 0..n {
                check(theirs.call::<String>(black_box(TEXT))?.len() == TEXT.len())?;
            }
            Ok(())
        },
    )
}

fn create_callback() -> Fallible<Pair> {
    let lua = luster::Lua::new();
    let puc = mlua::Lua::new();
    Pair::new(
        move |n| {
            for k in 0..n {
                drop(lua.function(move |a: u64| a.wrapping_add(k)));
            }
            Ok(())
        },
        move |n| {
            for k in 0..n {
                drop(puc.create_function(move |_, a: u64| Ok(a.wrapping_add(k)))?);
            }
            Ok(())
        },
    )
}
