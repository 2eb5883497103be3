//! Fuel inside callbacks: for everything in Lua that the library or an operation calls, a script
//! does the same in small steps as in one go, and a callback that never ends costs its fuel and no
//! more. That such callbacks may yield is in `lua/coroutines/yields_anywhere.lua`.

use luster::{Error, Lua, Output, Step};

/// What `inside` does in scripts that come to an end: it works for a while and returns what it got.
const FINITE: &str = "local function inside(...) for i = 1, 30 do end return ... end ";

/// What `inside` does in scripts that do not.
const ENDLESS: &str = "local function inside(...) while true do end end ";

/// A name, and a script that calls `inside` in a callback and returns something that can be a string.
const CALLBACKS: &[(&str, &str)] = &[
    // Functions of the basic library.
    ("pcall", "return (select(2, pcall(inside, 'x')))"),
    ("function of xpcall", "return (select(2, xpcall(inside, print, 'x')))"),
    ("handler of xpcall", "return (select(2, xpcall(error, inside, 'x', 0)))"),
    (
        "handler of a handler's error",
        "local n = 0 return (select(2, xpcall(error, function(e) n = n + 1 \
        if n < 3 then error(e .. n, 0) end return inside(e) end, 'x', 0)))",
    ),
    (
        "reader of load",
        "local parts = { 'return ', '42' } local i = 0 \
        return load(function() i = i + 1 return inside(parts[i]) end)()",
    ),
    (
        "environment of a chunk",
        "return load('x = 1 return y', '', 't', setmetatable({}, { \
        __index = function(_, k) return inside(k) end, __newindex = function() inside() end }))()",
    ),
    (
        "tostring",
        "return tostring(setmetatable({}, { __tostring = function() return inside('x') end }))",
    ),
    (
        "print",
        "print(setmetatable({}, { __tostring = function() return inside('') end })) return 'x'",
    ),
    (
        "ipairs",
        "local s = 0 for _, v in ipairs(setmetatable({}, { __index = function(_, i) \
        return inside(i < 5 and i or nil) end })) do s = s + v end return s",
    ),
    (
        "pairs",
        "for k in pairs(setmetatable({}, { __pairs = function() return inside(next, { 'x' }) end })) do \
        return k end",
    ),
    (
        "iterator",
        "local s = 0 for i in function(_, i) return inside(i < 5 and i + 1 or nil) end, nil, 0 do \
        s = s + i end return s",
    ),
    (
        "callable iterator",
        "local s = 0 for i in setmetatable({}, { __call = function(_, _, i) \
        return inside(i < 5 and i + 1 or nil) end }), nil, 0 do s = s + i end return s",
    ),
    (
        "body of a gmatch loop",
        "local s = '' for w in ('a b'):gmatch('%a') do s = s .. inside(w) end return s",
    ),
    (
        "body of a codes loop",
        "local s = 0 for _, c in utf8.codes('ab') do s = s + inside(c) end return s",
    ),
    ("function that a chunk calls", "return load('return (...)(\"x\")')(inside)"),
    // Coroutines.
    ("coroutine", "return (select(2, coroutine.resume(coroutine.create(inside), 'x')))"),
    ("wrapped coroutine", "return coroutine.wrap(inside)('x')"),
    (
        "coroutine.close",
        "local n = 'no' local co = coroutine.create(function() \
        local c <close> = setmetatable({}, { __close = function() n = inside('x') end }) coroutine.yield() end) \
        coroutine.resume(co) coroutine.close(co) return n",
    ),
    // Modules.
    (
        "loader of require",
        "package.preload.m = function(n) return inside(n) end return (require 'm')",
    ),
    (
        "searcher of require",
        "table.insert(package.searchers, 1, function(n) \
        return inside(function() return n end) end) return (require 'm')",
    ),
    // Strings.
    (
        "string.format",
        "return ('%s'):format(setmetatable({}, { __tostring = function() return inside('x') end }))",
    ),
    ("function of gsub", "return (('a b'):gsub('%a', function(w) return inside(w .. w) end))"),
    (
        "table of gsub",
        "return (('a b'):gsub('%a', setmetatable({}, { __index = function(_, w) return inside(w .. w) end })))",
    ),
    (
        "arithmetic of strings",
        "return '1' + setmetatable({}, { __add = function(a) return inside(a) end })",
    ),
    // Tables.
    (
        "comparator",
        "local t = {} for i = 1, 40 do t[i] = i * 7 % 41 end \
        table.sort(t, function(a, b) return inside(a > b) end) return table.concat(t, ' ')",
    ),
    (
        "__lt of sort",
        "local m = { __lt = function(a, b) return inside(a.n < b.n) end } local t = {} \
        for i = 1, 20 do t[i] = setmetatable({ n = i * 7 % 21 }, m) end table.sort(t) return t[1].n .. t[20].n",
    ),
    (
        "sort of a proxy",
        "local d = { 3, 1, 2 } table.sort(setmetatable({}, { __len = function() return inside(3) end, \
        __index = function(_, i) return inside(d[i]) end, __newindex = function(_, i, v) d[i] = inside(v) end })) \
        return table.concat(d, ' ')",
    ),
    (
        "insert, __len",
        "local d = setmetatable({}, { __len = function() return inside(3) end }) table.insert(d, 'x') return d[4]",
    ),
    (
        "insert, __index",
        "local d = setmetatable({}, { __len = function() return 2 end, \
        __index = function(_, i) return inside(i) end }) table.insert(d, 1, 'x') return d[3]",
    ),
    (
        "insert, __newindex",
        "local n table.insert(setmetatable({}, { __newindex = function(_, k) n = inside(k) end }), 'x') return n",
    ),
    (
        "remove",
        "local n return table.remove(setmetatable({}, { __len = function() return 2 end, \
        __index = function(_, i) return inside(i) end, __newindex = function(_, k) n = inside(k) end }), 1)",
    ),
    (
        "concat",
        "return table.concat(setmetatable({}, { __len = function() return 3 end, \
        __index = function(_, i) return inside(i) end }), ',')",
    ),
    (
        "unpack",
        "return (table.unpack(setmetatable({}, { __index = function(_, i) return inside(i) end }), 1, 3))",
    ),
    (
        "move",
        "local t = {} table.move(setmetatable({}, { __index = function(_, i) return inside(i) end }), 1, 3, 1, \
        setmetatable({}, { __newindex = function(_, k, v) t[k] = inside(v) end })) return t[1] + t[3]",
    ),
    // Other libraries.
    (
        "os.time",
        "return os.date('!%Y', os.time(setmetatable({}, { __index = function(_, k) \
        return inside(({ year = 2020, month = 6, day = 15 })[k]) end })))",
    ),
    (
        "hook",
        "local n = 0 debug.sethook(function() n = n + inside(1) end, 'l') local a = 1\nlocal b = 2\n\
        debug.sethook() return n > 0",
    ),
    // Operations.
    ("__index", "return setmetatable({}, { __index = function(_, k) return inside(k) end }).x"),
    (
        "chain of __index",
        "return setmetatable({}, { __index = setmetatable({}, { __index = \
        function(_, k) return inside(k) end }) }).x",
    ),
    (
        "__newindex",
        "local n setmetatable({}, { __newindex = function(_, k) n = inside(k) end }).x = 1 return n",
    ),
    ("__call", "return setmetatable({}, { __call = function(_, x) return inside(x) end })('x')"),
    ("__add", "return setmetatable({}, { __add = function(_, x) return inside(x) end }) + 1"),
    ("__idiv", "return setmetatable({}, { __idiv = function(_, x) return inside(x) end }) // 1"),
    ("__shl", "return setmetatable({}, { __shl = function(_, x) return inside(x) end }) << 1"),
    ("__unm", "return -setmetatable({}, { __unm = function() return inside('x') end })"),
    ("__bnot", "return ~setmetatable({}, { __bnot = function() return inside('x') end })"),
    (
        "__concat",
        "return 'a' .. 'b' .. setmetatable({}, { __concat = function(x) return inside(x) end }) .. 'c'",
    ),
    ("__len", "return #setmetatable({}, { __len = function() return inside('x') end })"),
    (
        "__eq",
        "local m = { __eq = function() return inside(true) end } \
        return setmetatable({}, m) == setmetatable({}, m)",
    ),
    ("__lt", "return setmetatable({}, { __lt = function() return inside(true) end }) < 1"),
    (
        "__le",
        "if 1 <= setmetatable({}, { __le = function() return inside(true) end }) then return 'x' end",
    ),
    (
        "__close",
        "local n do local c <close> = setmetatable({}, { __close = function() n = inside('x') end }) end return n",
    ),
    (
        "__close after an error",
        "local n pcall(function() local c <close> = setmetatable({}, { \
        __close = function(_, e) n = inside(e) end }) error('x', 0) end) return n",
    ),
    (
        "__close of a loop",
        "local n for i in next, { 1 }, nil, setmetatable({}, { __close = function() n = inside('x') end }) do \
        end return n",
    ),
    (
        "__gc",
        "local n = 'no' setmetatable({}, { __gc = function() n = inside('x') end }) collectgarbage() return n",
    ),
];

fn run(prelude: &str, script: &str, fuel: i64, most_steps: u32) -> Result<Option<String>, Error> {
    let lua = Lua::with_all_libraries();
    lua.enter(|ctx| Output::new(std::io::sink()).install(ctx));
    let script =
        format!("{prelude}\nlocal function script() {script}\nend return tostring(script())");
    let mut task = lua.load(&script).set_name("=script").start::<String>()?;
    for _ in 0..most_steps {
        if let Step::Done(result) = task.step(fuel)? {
            return Ok(Some(result));
        }
    }
    Ok(None)
}

#[test]
fn small_steps_change_nothing() {
    for (name, script) in CALLBACKS {
        let whole = run(FINITE, script, i64::MAX, 1).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(whole.is_some(), "{name}: out of endless fuel");
        for fuel in [1000, 7, 1] {
            let result = run(FINITE, script, fuel, u32::MAX)
                .unwrap_or_else(|e| panic!("{name}, {fuel}: {e}"));
            assert_eq!(result, whole, "{name}, in steps of {fuel}");
        }
    }
}

#[test]
fn endless_callbacks_run_out_of_fuel() {
    for (name, script) in CALLBACKS {
        let result = run(ENDLESS, script, 20_000, 10).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(result, None, "{name}: came to an end");
    }
}
