//! Whole VMs, made, used for nothing and dropped, and small chunks of source.

use super::{Fallible, Pair, Row, check};

pub(super) const ROWS: &[Row] = &[
    ("fresh VM, empty chunk, drop", fresh),
    ("fresh VM with all libraries, drop", fresh_with_all),
    ("eval 'return 1 + 1'", eval),
];

fn fresh() -> Fallible<Pair> {
    Pair::new(
        |n| {
            for _ in 0..n {
                luster::Lua::new().load("").exec()?;
            }
            Ok(())
        },
        |n| {
            for _ in 0..n {
                mlua::Lua::new().load("").exec()?;
            }
            Ok(())
        },
    )
}

/// mlua's has all but `debug`, which it holds to be unsafe; luster's has that too.
fn fresh_with_all() -> Fallible<Pair> {
    Pair::new(
        |n| {
            for _ in 0..n {
                luster::Lua::with_all_libraries().load("").exec()?;
            }
            Ok(())
        },
        |n| {
            for _ in 0..n {
                let options = mlua::LuaOptions::new();
                mlua::Lua::new_with(mlua::StdLib::ALL_SAFE, options)?.load("").exec()?;
            }
            Ok(())
        },
    )
}

fn eval() -> Fallible<Pair> {
    let lua = luster::Lua::new();
    let puc = mlua::Lua::new();
    Pair::new(
        move |n| (0..n).try_for_each(|_| check(lua.load("return 1 + 1").eval::<i64>()? == 2)),
        move |n| (0..n).try_for_each(|_| check(puc.load("return 1 + 1").eval::<i64>()? == 2)),
    )
}
