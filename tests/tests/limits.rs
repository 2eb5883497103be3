//! Scripts that run in steps: whatever the size of a step, a script does the same and comes to the
//! same end, and a step is over soon after its fuel is.

use luster::{Error, Lua, Step};

/// A name, and a script that returns a string. Together they are in every kind of place where a
/// step may end.
const SCRIPTS: &[(&str, &str)] = &[
    (
        "loops",
        "local n = 0 for i = 1, 3000 do n = n + i % 7 end while n % 10 ~= 0 do n = n + 1 end \
        repeat n = n - 3 until n < 1000 return tostring(n)",
    ),
    (
        "calls",
        "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end \
        local function down(n) if n == 0 then return 'end' end return down(n - 1) end \
        return fib(15) .. down(2000)",
    ),
    (
        "protected calls",
        "local log = 0 for i = 1, 300 do \
        local ok, e = pcall(function() if i % 3 == 0 then error(i, 0) end return i end) \
        log = log + (ok and 1 or e) end \
        local _, m = xpcall(error, function(m) return m .. '!' end, 'x', 0) return log .. m",
    ),
    (
        "coroutines",
        "local sum = 0 local co = coroutine.wrap(function() for i = 1, 300 do \
        coroutine.yield(i) end return 0 end) for i = 1, 301 do sum = sum + co() end \
        for i = 1, 50 do local c = coroutine.create(function(a) local b = coroutine.yield(a) \
        return a + b end) coroutine.resume(c, i) sum = sum + select(2, coroutine.resume(c, i)) end \
        return tostring(sum)",
    ),
    (
        "metamethods",
        "local mt = {} mt.__index = function(t, k) return k * 2 end \
        mt.__add = function(a, b) return 7 end mt.__lt = function() return true end \
        mt.__concat = function() return 'c' end mt.__call = function(_, x) return x end \
        mt.__len = function() return 3 end mt.__eq = function() return true end \
        mt.__newindex = function(t, k, v) rawset(t, k, v + 1) end mt.__unm = function() return 1 end \
        local s = 0 for i = 1, 100 do local t = setmetatable({}, mt) local u = setmetatable({}, mt) \
        t.x = i s = s + t[i] + (t + u) + (t < u and 1 or 0) + #t + t(i) + -t + t.x \
        if t == u then s = s + #(t .. u .. 'x') end end return tostring(s)",
    ),
    (
        "variables to close",
        "local n = 0 local function c() return setmetatable({}, \
        { __close = function(_, e) n = n + (e and 10 or 1) end }) end \
        for i = 1, 100 do local a <close> = c() local b <close> = c() if i % 5 == 0 then goto next end \
        n = n + 1 ::next:: end \
        pcall(function() local a <close> = c() error('x') end) \
        for k in function(_, k) k = (k or 0) + 1 if k < 5 then return k end end, nil, nil, c() do \
        n = n + k end return tostring(n)",
    ),
    (
        "callbacks of the library",
        "local t = {} for i = 1, 100 do t[i] = (i * 37) % 101 end \
        table.sort(t, function(a, b) return a > b end) \
        local s = ('abc def'):rep(20, ' '):gsub('%a+', function(w) return w:upper() end) \
        local parts = {} for w in s:gmatch('%a+') do parts[#parts + 1] = w end \
        local chunk = load(function() local p = table.remove(parts) return p and '' or nil end) \
        return table.concat(t, ',') .. #s .. tostring(chunk ~= nil)",
    ),
    (
        "long built-ins",
        "local s = ('x'):rep(100000) local t = table.pack(s:byte(1, 1000)) \
        return #s .. #t .. tostring(s:find('y')) .. #s:rep(3) .. select('#', table.unpack(t)) \
        .. #table.concat(t) .. tostring(s:match('.-y')) .. #s:reverse() .. #s:upper()",
    ),
    (
        "collections",
        "local weak = setmetatable({}, { __mode = 'k' }) local n = 0 \
        for i = 1, 200 do weak[{}] = i setmetatable({}, { __gc = function() n = n + 1 end }) \
        if i % 50 == 0 then collectgarbage() end end collectgarbage() \
        return tostring(next(weak)) .. n",
    ),
    (
        "hooks",
        "local log = {} local function note(event, line) log[#log + 1] = event:sub(1, 1) .. (line or '') end \
        local function f(n) if n == 0 then return 0 end return f(n - 1) end \
        debug.sethook(note, 'crl', 3) for i = 1, 5 do f(i) pcall(error, i) tostring(i) end \
        local n = 0 while true do n = n + 1 if n > 50 then break end end debug.sethook() \
        local co = coroutine.create(function() while true do coroutine.yield() end end) \
        debug.sethook(co, note, 'crl') for i = 1, 5 do coroutine.resume(co) end \
        return table.concat(log, ' ')",
    ),
    (
        "endless hooked loop",
        "local n, calls = 0, 0 debug.sethook(function(e) n = n + 1 if e == 'call' then calls = calls + 1 end \
        if n > 200 then debug.sethook() error(tostring(calls), 0) end end, 'cl') \
        local ok, message = pcall(function() while true do end end) return message",
    ),
    (
        "varargs and tables",
        "local function f(...) local t = { ... } return #t + select('#', ...), ... end \
        local s = 0 for i = 1, 100 do local t = { f(i, i, i) } s = s + #t + t[1] for k, v in pairs(t) do \
        s = s + k * v end for _, v in ipairs(t) do s = s + v end end return tostring(s)",
    ),
];

/// How many stack slots a script may use. The stress build goes through all of them at every step.
const SLOTS: usize = if cfg!(luster_stress) { 8_000 } else { 1_000_000 };

/// Runs a script in steps of one size. Returns its result and how many steps it took.
fn run(script: &str, fuel: i64) -> Result<(String, u64), Error> {
    let lua = Lua::builder().all_libraries().stack_limit(SLOTS).build();
    let mut task = lua.load(script).set_name("=script").start::<String>()?.forbid_yields();
    let mut steps = 1;
    loop {
        match task.step(fuel)? {
            Step::Done(result) => return Ok((result, steps)),
            Step::OutOfFuel => steps += 1,
            other => panic!("{script}: {other:?}"),
        }
    }
}

#[test]
fn results_do_not_depend_on_the_size_of_steps() {
    for (name, script) in SCRIPTS {
        let (whole, steps) = run(script, i64::MAX).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(steps, 1, "{name}");
        for fuel in [1_000_000, 100_000, 1000, 7, 1] {
            let (result, _) = run(script, fuel).unwrap_or_else(|e| panic!("{name}, {fuel}: {e}"));
            assert_eq!(result, whole, "{name}, in steps of {fuel}");
        }
    }
}

#[test]
fn errors_do_not_depend_on_the_size_of_steps() {
    let scripts = [
        "local t = {} for i = 1, 100 do t[i] = i end return t.x.y",
        "local function f(n) return 1 + f(n + 1) end return f(1)",
        "local c <close> = setmetatable({}, { __close = function(_, e) error(e .. ' closed', 0) end }) error('x')",
        "coroutine.wrap(function() for i = 1, 10 do pcall(error, i) end error('inside') end)()",
        "return setmetatable({}, { __index = function(t, k) error('no ' .. k, 2) end }).field",
    ];
    for script in scripts {
        let whole = run(script, i64::MAX).expect_err("it fails");
        for fuel in [1000, 7, 1] {
            let error = run(script, fuel).expect_err("it fails");
            assert_eq!(error.message(), whole.message(), "{script}, in steps of {fuel}");
            assert_eq!(error.traceback(), whole.traceback(), "{script}, in steps of {fuel}");
        }
    }
}

#[test]
fn small_steps_are_many_steps() {
    // 3,000 turns of a loop are at least as many instructions.
    let (_, steps) = run("for i = 1, 3000 do end return ''", 10).expect("it runs");
    assert!(steps >= 200, "{steps} steps");
}

/// What never ends by itself, and must nevertheless end with its fuel.
const ENDLESS: &[&str] = &[
    "while true do end",
    "repeat until false",
    "::top:: goto top",
    "for i = 1, math.huge do end",
    "local function f() return f() end f()",
    "while true do pcall(error) end",
    "while true do pcall(function() while true do end end) end",
    "while true do xpcall(error, function() while true do end end) end",
    "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
    "while true do coroutine.wrap(function() end)() end",
    "local t = setmetatable({}, { __index = function() while true do end end }) return t.x",
    "local t = setmetatable({}, { __close = function() while true do end end }) do local x <close> = t end",
    "while true do pcall(function() local x <close> = setmetatable({}, { __close = function() error('no') end }) end) end",
    "table.sort({ 3, 2, 1 }, function() while true do end end)",
    "('x'):gsub('x', function() while true do end end)",
    "load(function() return ' ' end)",
    "load(function() while true do end end)",
    "for _ in function() return 1 end do end",
    "while true do string.rep('x', 10) end",
    "return (('a?'):rep(40) .. ('a'):rep(40)):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b') or ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40))",
    "return ('a'):rep(10000):find('.-.-.-.-b')",
    "while true do ('x'):rep(1000000) end",
    "local t = {} for i = 1, 1000 do t[i] = i end while true do table.concat(t) table.unpack(t) end",
    "setmetatable({}, { __gc = function() while true do end end }) while true do local t = {} end",
    "while true do collectgarbage() end",
    "local function f(...) return f(1, ...) end while true do pcall(f) end",
];

#[test]
fn what_never_ends_stops_with_its_fuel() {
    for script in ENDLESS {
        let lua = Lua::with_all_libraries();
        let mut task = lua.load(script).set_name("=script").start::<()>().expect("it compiles");
        for _ in 0..20 {
            match task.step(20_000) {
                Ok(Step::OutOfFuel) => {}
                Ok(other) => panic!("{script}: {other:?}"),
                Err(error) => panic!("{script}: {error}"),
            }
        }
    }
}

#[test]
fn code_without_loops_and_calls_is_many_steps() {
    let items: String = (0..20_000).map(|n| format!("a{n} or 1,")).collect();
    for script in [
        "x = x ".repeat(20_000) + "return 'done'",
        "if x then x = 1 end ".repeat(10_000) + "return 'done'",
        format!("local t = {{ {items} }} return 'done'"),
        format!("local t = {{ {} }} return 'done'", "x = x, ".repeat(20_000)),
    ] {
        let (result, steps) = run(&script, 2_000).expect("it runs");
        assert_eq!(result, "done");
        assert!(steps > 10, "{steps} steps of {}", &script[..20]);
    }
}

#[test]
fn an_abandoned_task_leaves_the_vm_usable() {
    let lua = Lua::new();
    for script in ["while true do end", "pcall(function() while true do end end)"] {
        {
            let mut task = lua.load(script).start::<()>().expect("it compiles");
            assert_eq!(task.step(1000).expect("it runs"), Step::OutOfFuel);
        }
        let n: i64 = lua.load("return 1 + 2").eval().expect("the next script runs");
        assert_eq!(n, 3);
    }
}

#[test]
fn vms_in_one_thread_take_turns() {
    let script = "local n = 0 for i = 1, 2000 do local t = { i } n = n + #t end return n";
    let vms: Vec<Lua> = (0..4).map(|_| Lua::new()).collect();
    let mut tasks: Vec<_> =
        vms.iter().map(|lua| Some(lua.load(script).start::<i64>().expect("it compiles"))).collect();
    let mut results = Vec::new();
    while results.len() < vms.len() {
        for slot in &mut tasks {
            let Some(task) = slot else { continue };
            if let Step::Done(n) = task.step(100).expect("it runs") {
                results.push(n);
                *slot = None;
            }
        }
    }
    assert_eq!(results, [2000; 4]);
}
