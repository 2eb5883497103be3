//! Asynchronous functions called from everywhere in scripts: wherever a script can call a function,
//! it can wait. What hosts see of it is in `async_calls`.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Waker};

use luster::{Lua, Result};
use tokio::task::yield_now;

/// A VM with `later(...)`, which waits and returns its arguments.
fn vm() -> Lua {
    let lua = Lua::with_all_libraries();
    let later = lua.async_function(|values: luster::Variadic<luster::Value>| async move {
        yield_now().await;
        yield_now().await;
        values
    });
    lua.globals().set("later", later).expect("a global can be set");
    lua
}

/// Runs a script that checks itself, and has to wait at least once.
fn check(source: &str) {
    let lua = vm();
    let mut waits = 0;
    let result = pollster::block_on(async {
        let mut call = pin!(lua.load(source).set_name("=script").exec_async());
        poll_fn(|cx| {
            let poll = call.as_mut().poll(cx);
            waits += u32::from(poll.is_pending());
            poll
        })
        .await
    });
    if let Err(error) = result {
        panic!("{error}\n{source}");
    }
    assert!(waits > 0, "it has not waited: {source}");
}

#[test]
fn protected_calls() {
    check("local ok, a, b = pcall(later, 1, 2) assert(ok and a == 1 and b == 2)");
    check("local ok, e = pcall(function () later() error('x', 0) end) assert(not ok and e == 'x')");
    check(
        "local ok, e = xpcall(error, function (m) return later(m) .. '!' end, 'm') assert(e == 'm!')",
    );
    check(
        "local ok, e = pcall(function () local x = later(nil) + 1 end)
        assert(e == 'script:1: attempt to perform arithmetic on a nil value', e)",
    );
}

#[test]
fn coroutines() {
    check("assert(coroutine.wrap(later)(7) == 7)");
    check(
        "local co = coroutine.create(function (a)
            local b = coroutine.yield(later(a) + 1)
            later()
            return b * 2
        end)
        local _, x = coroutine.resume(co, 1)
        local _, y = coroutine.resume(co, 5)
        assert(x == 2 and y == 10 and coroutine.status(co) == 'dead')",
    );
    check("local outer = coroutine.wrap(function ()
            local inner = coroutine.wrap(function () for i = 1, 3 do coroutine.yield(later(i)) end end)
            for i = 1, 3 do coroutine.yield(later(inner()) * 10) end
        end)
        assert(outer() == 10 and outer() == 20 and outer() == 30)");
    check(
        "local co = coroutine.create(function ()
            local x <close> = setmetatable({}, { __close = function () later() closed = true end })
            coroutine.yield()
        end)
        coroutine.resume(co)
        assert(coroutine.close(co) and closed)",
    );
    check(
        "local co = coroutine.wrap(function () later() return coroutine.isyieldable() end)
        assert(co())",
    );
}

#[test]
fn metamethods() {
    for (event, expression) in [
        ("__index", "v.x == 'x'"),
        ("__call", "v('x') == 'x'"),
        ("__add", "(v + 'x') == 'x'"),
        ("__unm", "(-v) ~= nil"),
        ("__concat", "(v .. 'x') == 'x'"),
        ("__len", "#v ~= nil"),
        ("__shl", "(v << 'x') == 'x'"),
    ] {
        check(&format!(
            "local v = setmetatable({{}}, {{ {event} = function (_, x) return (later(x)) end }})
            assert({expression})",
        ));
    }
    for (event, expression) in [
        ("__eq", "v == w and not (v ~= w)"),
        ("__lt", "v < w and w > v"),
        ("__le", "v <= w and w >= v"),
    ] {
        check(&format!(
            "local m = {{ {event} = function () return later(true) end }}
            local v, w = setmetatable({{}}, m), setmetatable({{}}, m)
            assert({expression})",
        ));
    }
    check(
        "local log = {}
        local v = setmetatable({}, { __newindex = function (_, k, x) log[later(k)] = later(x) end })
        v.a = 1
        assert(log.a == 1 and rawget(v, 'a') == nil)",
    );
    check(
        "local v = setmetatable({}, { __tostring = function () return later('v') end })
        assert(tostring(v) == 'v' and string.format('%s', v) == 'v')",
    );
    check("do local v <close> = setmetatable({}, { __close = function () closed = later(true) end }) end
        assert(closed)");
    check(
        "local v = setmetatable({}, { __index = later, __metatable = false })
        assert(v.x == v)",
    );
    check(
        "setmetatable({}, { __gc = function () later() collected = true end })
        collectgarbage() collectgarbage() for i = 1, 10 do later() end
        assert(collected)",
    );
}

#[test]
fn iterators() {
    check("local n = 0
        for i in function (_, i) i = later(i or 0) + 1 if i <= 5 then return i end end do n = n + i end
        assert(n == 15)");
    check(
        "local t = setmetatable({}, { __pairs = function () return function (_, k)
            if later(k) == nil then return 1, 'x' end end end })
        for k, v in pairs(t) do assert(k == 1 and v == 'x') end",
    );
    check("local t = setmetatable({}, { __index = function (_, i) if i < 4 then return later(i) end end })
        local n = 0
        for _, v in ipairs(t) do n = n + v end
        assert(n == 6)");
}

#[test]
fn functions_of_the_library() {
    check(
        "local t = { 5, 2, 8, 1, 9, 3 }
        table.sort(t, function (a, b) return later(a) < later(b) end)
        assert(table.concat(t) == '123589')",
    );
    check("assert(string.gsub('abc', '.', function (c) return later(c):upper() end) == 'ABC')");
    check(
        "local t = setmetatable({}, { __index = function (_, k) return later(k) end })
        assert(string.gsub('a b', '%w', t) == 'a b' and table.concat(t, ',', 1, 3) == '1,2,3')
        assert(select('#', table.unpack(t, 1, 3)) == 3)",
    );
    check(
        "local parts = { 'return ', '4', '2' }
        local f = load(function () return later(table.remove(parts, 1)) end)
        assert(f() == 42)",
    );
    check(
        "package.preload.m = function (name) return { name = later(name) } end
        assert(require('m').name == 'm')",
    );
    check("assert(load('return later(...)')(3) == 3)");
    check("assert(select(2, pcall(pcall, later, 1)) == true)");
}

#[test]
fn hooks_and_tail_calls() {
    check(
        "local n = 0
        debug.sethook(function () n = n + 1 later() end, 'l')
        local x = 1
        local y = 2
        debug.sethook()
        assert(n >= 2)",
    );
    check(
        "local function f(n) if n == 0 then return later('end') end return f(n - 1) end
        assert(f(1000) == 'end')",
    );
    check(
        "local function f(...) return later(...) end
        assert(select('#', f(nil, nil, nil)) == 3)",
    );
}

#[test]
fn what_waits_is_in_tracebacks() -> Result<()> {
    let lua = vm();
    let mut call = pin!(
        lua.load("co = coroutine.running() local function f() later() end f() f()")
            .set_name("=script")
            .exec_async()
    );
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Future::poll(call.as_mut(), &mut cx).is_pending());
    let text: String = lua.load("debug.traceback(co)").eval()?;
    assert_eq!(
        text,
        "stack traceback:
	[C]: in global 'later'
	script:1: in local 'f'
	\
         script:1: in main chunk
	[C]: in ?",
    );
    pollster::block_on(call)
}
