//! Abuse of the library `debug`, which a host of untrusted scripts would not open, and which must not
//! break the VM nevertheless.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    topic.returns("setlocal on every frame",
        "local function f(n) if n > 0 then local a, b, c = 1, 2, 3 return f(n - 1) + a end \
        for level = 1, 60 do for i = -5, 50 do pcall(debug.setlocal, level, i, {}) pcall(debug.getlocal, level, i) end end return 1 end \
        pcall(f, 50) return 1", "").fuel = 20_000_000;
    topic.cases.last_mut().expect("one has been added").expect = super::Expect::Control;
    topic.whatever(
        "setlocal of a loop's state",
        "for i = 1, 10 do for n = 1, 10 do pcall(debug.setlocal, 1, n, 'x') end end",
    );
    topic.whatever(
        "setlocal of a generic loop's state",
        "for k in pairs({ 1, 2, 3 }) do for n = 1, 10 do pcall(debug.setlocal, 1, n, nil) end end",
    );
    topic.whatever(
        "setlocal of a variable to be closed",
        "local x <close> = setmetatable({}, { __close = print }) debug.setlocal(1, 1, 5)",
    );
    topic.whatever("setlocal of a sort's frame", "table.sort({ 3, 2, 1 }, function(a, b) for n = 1, 10 do for l = 1, 4 do pcall(debug.setlocal, l, n, 1) end end return a < b end)");
    topic.whatever("setlocal of temporaries",
        "local function g() for l = 2, 3 do for n = 1, 100 do pcall(debug.setlocal, l, n, n) end end return 1 end local t = { 1, g(), 2, g() .. 'x', g() } return #t");
    topic.whatever("setlocal in another coroutine",
        "local co = coroutine.create(function(a, b) for i = 1, 3 do coroutine.yield(a) end end) coroutine.resume(co, 1, 2) for n = 1, 20 do pcall(debug.setlocal, co, 1, n, {}) end return coroutine.resume(co)");
    topic.returns("upvaluejoin", "local a, b = 1, 2 local function f() return a end local function g() return b end debug.upvaluejoin(f, 1, g, 1) return f()", "2");
    topic.whatever("upvaluejoin of nonsense", "local a local function f() return a end for i = -2, 5 do pcall(debug.upvaluejoin, f, i, print, i) pcall(debug.upvaluejoin, print, i, f, i) end return 1");
    topic.whatever(
        "setupvalue of the environment",
        "local function f() return x end debug.setupvalue(f, 1, nil) return f()",
    );
    topic.whatever("setupvalue of the environment to a number", "debug.setupvalue(load('return x'), 1, 5) local f = load('x = 1 return x') debug.setupvalue(f, 1, 5) return f()");
    topic.whatever("upvalueid of everything", "for _, v in pairs(_G) do if type(v) == 'function' then for i = 0, 3 do pcall(debug.upvalueid, v, i) end end end return 1");
    topic.endless(
        "a hook that loops",
        "debug.sethook(function() while true do end end, 'l') local x = 1\nx = 2",
    );
    topic.cases.last_mut().expect("one has been added").spoils = true;
    topic.fails(
        "a hook that fails",
        "debug.sethook(function() error('hooked', 0) end, 'l')\nlocal x = 1\nx = 2",
        "hooked",
    );
    topic.cases.last_mut().expect("one has been added").spoils = true;
    topic.whatever(
        "a hook that fails for ever",
        "debug.sethook(function() error('hooked', 0) end, 'c') while true do pcall(print) end",
    );
    topic.cases.last_mut().expect("one has been added").spoils = true;
    topic.whatever("a hook that yields", "local co = coroutine.create(function() debug.sethook(coroutine.yield, 'l')\nlocal x = 1\nx = 2\nreturn x end) for i = 1, 10 do coroutine.resume(co) end return 1");
    topic.whatever("a hook that sets hooks", "debug.sethook(function() debug.sethook(function() debug.sethook() end, 'crl') end, 'crl', 1)\nlocal x = 1\nreturn x");
    topic.whatever("a hook that sets locals", "debug.sethook(function() for n = 1, 10 do pcall(debug.setlocal, 2, n, 1) end end, 'l')\nlocal a, b = {}, {}\nfor i = 1, 5 do\na = b\nend\nreturn 1");
    topic.cases.last_mut().expect("one has been added").spoils = true;
    topic.whatever("a hook that collects", "debug.sethook(function() collectgarbage() end, 'l', 1)\nlocal t = {}\nfor i = 1, 100 do\nt[i] = {}\nend\nreturn 1").fuel = 20_000_000;
    topic.cases.last_mut().expect("one has been added").spoils = true;
    for (name, hook) in [
        ("asks the collector", "for i = 1, 10 do collectgarbage('count') end"),
        ("fails", "error('hooked', 0)"),
        ("catches errors", "for i = 1, 10 do pcall(error) end"),
        (
            "calls finalizers",
            "for i = 1, 10 do setmetatable({}, { __gc = error }) end collectgarbage('step')",
        ),
        ("asks whether it can yield", "for i = 1, 10 do coroutine.isyieldable() end"),
    ] {
        let case = topic.whatever(
            format!("a hook that {name} at depth"),
            format!(
                "local function f(n) if n > 0 then return 1 + f(n - 1) end \
                debug.sethook(function() {hook} end, '', 1) \
                while true do pcall(function() local x = 1 local y = 2 end) end end f(150000)"
            ),
        );
        case.memory = 64 << 20;
        case.spoils = true;
    }
    topic.endless("a count hook", "debug.sethook(function() end, '', 1) while true do end");
    topic.cases.last_mut().expect("one has been added").spoils = true;
    topic.whatever("getinfo of everything", "for level = -2, 10 do for _, what in ipairs { 'n', 'S', 'l', 'u', 'f', 'r', 't', 'L', 'nSlutfrL' } do pcall(debug.getinfo, level, what) end end return 1");
    topic.fails("getinfo of an unknown option", "debug.getinfo(1, 'X')", "invalid option");
    topic.fails("getinfo with >", "debug.getinfo(1, '>S')", "invalid option");
    topic.whatever("getinfo of the greatest level", "return debug.getinfo(math.maxinteger)");
    topic.whatever(
        "traceback of the greatest level",
        "return debug.traceback('x', math.maxinteger), debug.traceback('x', math.mininteger)",
    );
    topic.whatever(
        "traceback of nonsense",
        "return debug.traceback({}), debug.traceback(nil), debug.traceback(1)",
    );
    topic.returns("a traceback of 200000 levels", "local function f(n) if n == 0 then return debug.traceback() end local r = f(n - 1) return r end return #f(150000) < 10000", "true").memory = 256 << 20;
    topic.whatever("the registry", "local r = debug.getregistry() for k, v in pairs(r) do r[k] = nil end collectgarbage() return tostring(1)");
    topic.cases.last_mut().expect("one has been added").spoils = true;
    topic.whatever("the registry filled with nonsense", "local r = debug.getregistry() for k, v in pairs(r) do r[k] = 1 end return pcall(require, 'x'), pcall(load, 'x'), pcall(io.write, ''), pcall(print, 1)");
    topic.cases.last_mut().expect("one has been added").spoils = true;
    topic.whatever("the registry loses its tables", "local r = debug.getregistry() for k in pairs(r) do r[k] = nil end pcall(require, 'x') pcall(io.write, 'x') pcall(io.open, 'x') pcall(load, 'return 1') return 1");
    topic.cases.last_mut().expect("one has been added").spoils = true;
    for value in ["nil", "true", "1", "print", "coroutine.create(print)", "''", "io.stdout"] {
        topic.whatever(format!("a metatable for {value}"), format!(
            "local v = {value} debug.setmetatable(v, {{ __index = function(o, k) return k end, __newindex = function() end, __call = function() return 1 end, \
            __add = function() return 2 end, __concat = function() return 'c' end, __len = function() return 3 end, __lt = function() return true end, \
            __eq = function() return true end, __gc = function() error('x') end, __close = function() end, __mode = 'kv', __name = {{}}, __tostring = function() return 1 end, \
            __metatable = false, __pairs = function() end }}) \
            local function try(f, ...) pcall(f, ...) end try(function() return v.x end) try(function() v.x = 1 end) try(function() return v() end) try(function() return v + v end) \
            try(function() return v .. v end) try(function() return #v end) try(function() return v < v end) try(tostring, v) try(print, v) try(collectgarbage) try(pairs, v) \
            try(function() local c <close> = v end) debug.setmetatable(v, nil) return 1"));
    }
    topic.whatever("setmetatable of files", "debug.setmetatable(io.stdout, {}) collectgarbage() pcall(io.write, 'x') pcall(io.stdout.write, io.stdout, 'x') return 1");
    topic.whatever("setuservalue", "return pcall(debug.setuservalue, io.stdout, 1, 1), pcall(debug.getuservalue, io.stdout, 99), pcall(debug.setuservalue, 1, 1)");
    topic.whatever("setcstacklimit", "return debug.setcstacklimit and debug.setcstacklimit(1)");
    topic.whatever("getlocal of parameters", "for i = -5, 5 do pcall(debug.getlocal, print, i) pcall(debug.getlocal, function(a, b, ...) end, i) end return 1");
    topic.endless(
        "a local in a function that has had many",
        "load(('do local a end '):rep(20000) .. ' local z while true do debug.getlocal(1, 1) end')()",
    )
    .memory = 64 << 20;
    topic.endless(
        "sethook for ever",
        "while true do debug.sethook(print, 'crl', 1) debug.sethook() end",
    );
    topic.cases.last_mut().expect("one has been added").spoils = true;
}
