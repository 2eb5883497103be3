//! Continuations: functions that call Lua and go on afterwards.

use luster::{Function, Lua, Reply, Result, Step, Then};

#[test]
fn results_go_through_continuations() -> Result<()> {
    let lua = Lua::new();
    let map = lua.function(|f: Function, a: i64, b: i64| {
        let g = f.clone();
        f.then(a, move |a: i64| g.then(b, move |b: i64| (b, a)))
    });
    lua.globals().set("map", map)?;
    let results: (i64, i64) = lua.load("map(function (n) return n * n end, 3, 4)").eval()?;
    assert_eq!(results, (16, 9));
    Ok(())
}

#[test]
fn errors_pass_or_are_given() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("pass", lua.function(|f: Function| f.then((), |n: i64| n)))?;
    lua.globals().set(
        "give",
        lua.function(|f: Function| {
            f.then_result((), |result: Result<i64>| match result {
                Ok(n) => n.to_string(),
                Err(error) => error.message().to_owned(),
            })
        }),
    )?;
    let script = "
        local function fail() error('no', 0) end
        return give(fail), give(function () return 'x' end), select(2, pcall(pass, fail)),
            give(function () return pass(fail) end)
    ";
    let texts: (String, String, String, String) = lua.load(script).eval()?;
    assert_eq!(texts.0, "no");
    assert_eq!(texts.1, "number expected, got string");
    assert_eq!(texts.2, "no");
    assert_eq!(texts.3, "no");
    Ok(())
}

#[test]
fn what_is_called_may_yield() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("call", lua.function(|f: Function| f.then((), |n: i64| n + 1)))?;
    let mut task =
        lua.load("return call(function () return coroutine.yield(1) end)").start::<i64>()?;
    assert!(matches!(task.step(1_000_000)?, Step::Yielded(values) if values.len() == 1));
    task.resume(41)?;
    assert_eq!(task.step(1_000_000)?, Step::Done(42));
    Ok(())
}

#[test]
fn long_chains_do_not_nest() -> Result<()> {
    let lua = Lua::new();
    // Every answer calls the function again, which makes the next one.
    let again = lua.function(|f: Function, n: i64| {
        let reply = f.clone();
        f.then(n, move |n: i64| match n {
            0 => Reply::Return((None, 0)),
            n => Reply::Call(reply.clone(), (Some(reply), n)),
        })
    });
    lua.globals().set("again", again)?;
    let script = "
        local f
        function f(a, b)
            if b then return again(f, b) end
            return a - 1
        end
        return again(f, 200000)
    ";
    // It ends, with what `Reply::Return` gives.
    let (nothing, zero): (Option<i64>, i64) = lua.load(script).eval()?;
    assert_eq!((nothing, zero), (None, 0));
    Ok(())
}

#[test]
fn a_continuation_is_no_value() {
    let lua = Lua::new();
    let f = lua.function(|| 1);
    let then: Then<(), i64, _> = f.then_result((), |result: Result<i64>| result.is_ok());
    let error = f.call::<i64>(then).expect_err("it is no argument");
    assert_eq!(error.message(), "a continuation is not a value: a function has to return it");
}
