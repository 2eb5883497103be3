//! Tables as the host uses them: getting, setting and going through all pairs.

use std::hint::black_box;

use super::{Fallible, Pair, Row, check};

pub(super) const ROWS: &[Row] = &[
    ("table get, string key", || {
        entries(
            |t| check(t.get::<i64>(black_box("name"))? == 42),
            |t| check(t.get::<i64>(black_box("name"))? == 42),
        )
    }),
    ("table get, integer key", || {
        entries(
            |t| check(t.get::<i64>(black_box(7))? == 7),
            |t| check(t.get::<i64>(black_box(7))? == 7),
        )
    }),
    ("table set, string key", || {
        entries(|t| Ok(t.set(black_box("other"), 1)?), |t| Ok(t.set(black_box("other"), 1)?))
    }),
    ("table set, integer key", || {
        entries(|t| Ok(t.set(black_box(8), 8)?), |t| Ok(t.set(black_box(8), 8)?))
    }),
    ("table raw get, string key", || {
        entries(
            |t| check(t.raw_get::<i64>(black_box("name"))? == 42),
            |t| check(t.raw_get::<i64>(black_box("name"))? == 42),
        )
    }),
    ("table raw get, integer key", || {
        entries(
            |t| check(t.raw_get::<i64>(black_box(7))? == 7),
            |t| check(t.raw_get::<i64>(black_box(7))? == 7),
        )
    }),
    ("table raw set, string key", || {
        entries(
            |t| Ok(t.raw_set(black_box("other"), 1)?),
            |t| Ok(t.raw_set(black_box("other"), 1)?),
        )
    }),
    ("table raw set, integer key", || {
        entries(|t| Ok(t.raw_set(black_box(8), 8)?), |t| Ok(t.raw_set(black_box(8), 8)?))
    }),
    ("table pairs, list of 1000", || {
        tables(
            LIST,
            |t| {
                let mut sum = 0;
                for pair in t.pairs::<i64, i64>() {
                    sum += pair?.1;
                }
                check(sum == SUM)
            },
            |t| {
                let mut sum = 0;
                for pair in t.pairs::<i64, i64>() {
                    sum += pair?.1;
                }
                check(sum == SUM)
            },
        )
    }),
    ("table pairs, 1000 string keys", || {
        tables(
            RECORD,
            |t| {
                let mut sum = 0;
                for pair in t.pairs::<luster::LuaString, i64>() {
                    sum += pair?.1;
                }
                check(sum == SUM)
            },
            |t| {
                let mut sum = 0;
                for pair in t.pairs::<mlua::LuaString, i64>() {
                    sum += pair?.1;
                }
                check(sum == SUM)
            },
        )
    }),
    ("table pairs, 1000 keys as String", || {
        tables(
            RECORD,
            |t| {
                let mut sum = 0;
                for pair in t.pairs::<String, i64>() {
                    sum += pair?.1;
                }
                check(sum == SUM)
            },
            |t| {
                let mut sum = 0;
                for pair in t.pairs::<String, i64>() {
                    sum += pair?.1;
                }
                check(sum == SUM)
            },
        )
    }),
    ("table for_each, list of 1000", || {
        tables(
            LIST,
            |t| {
                let mut sum = 0;
                t.for_each(|_: i64, value: i64| {
                    sum += value;
                    Ok(())
                })?;
                check(sum == SUM)
            },
            |t| {
                let mut sum = 0;
                t.for_each(|_: i64, value: i64| {
                    sum += value;
                    Ok(())
                })?;
                check(sum == SUM)
            },
        )
    }),
    ("table for_each, 1000 keys as String", || {
        tables(
            RECORD,
            |t| {
                let mut sum = 0;
                t.for_each(|_: String, value: i64| {
                    sum += value;
                    Ok(())
                })?;
                check(sum == SUM)
            },
            |t| {
                let mut sum = 0;
                t.for_each(|_: String, value: i64| {
                    sum += value;
                    Ok(())
                })?;
                check(sum == SUM)
            },
        )
    }),
];

const ENTRIES: &str = "local t = { name = 42, other = 0 } for i = 1, 10 do t[i] = i end return t";
const LIST: &str = "local t = {} for i = 1, 1000 do t[i] = i end return t";
const RECORD: &str = "local t = {} for i = 1, 1000 do t['key' .. i] = i end return t";

/// The sum of the values of [`LIST`] and of [`RECORD`].
const SUM: i64 = 500_500;

/// Does something with a table that has a few fields and elements.
fn entries(
    luster: fn(&luster::Table) -> Fallible<()>,
    mlua: fn(&mlua::Table) -> Fallible<()>,
) -> Fallible<Pair> {
    let luster = move |t: &luster::Table| luster(black_box(t));
    let mlua = move |t: &mlua::Table| mlua(black_box(t));
    tables(ENTRIES, luster, mlua)
}

/// Does something with a table that a chunk makes.
fn tables(
    source: &'static str,
    luster: impl Fn(&luster::Table) -> Fallible<()> + 'static,
    mlua: impl Fn(&mlua::Table) -> Fallible<()> + 'static,
) -> Fallible<Pair> {
    let lua = luster::Lua::new();
    let ours: luster::Table = lua.load(source).eval()?;
    let puc = mlua::Lua::new();
    let theirs: mlua::Table = puc.load(source).eval()?;
    Pair::new(
        move |n| {
            let _keep = &lua;
            (0..n).try_for_each(|_| luster(&ours))
        },
        move |n| {
            let _keep = &puc;
            (0..n).try_for_each(|_| mlua(&theirs))
        },
    )
}
