//! Coroutines that are resumed, closed and yielded where they cannot be.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    topic.returns(
        "resume of the running one",
        "return coroutine.resume(coroutine.running())",
        "false cannot resume non-suspended coroutine",
    );
    topic.returns(
        "resume of a dead one",
        "local co = coroutine.create(print) coroutine.resume(co) return coroutine.resume(co)",
        "false cannot resume dead coroutine",
    );
    topic.returns("resume of a normal one",
        "local a a = coroutine.create(function() local b = coroutine.create(function() return coroutine.resume(a) end) return select(2, coroutine.resume(b)) end) \
        return coroutine.resume(a)", "false");
    topic.returns(
        "wrap of itself",
        "local f f = coroutine.wrap(function() return pcall(f) end) return f()",
        "false",
    );
    topic.fails("yield outside", "coroutine.yield()", "outside a coroutine");
    topic.fails("close of the main one", "coroutine.close(coroutine.running())", "").expect =
        super::Expect::Control;
    topic.returns("close of a normal one",
        "local a a = coroutine.create(function() local b = coroutine.create(function() return pcall(coroutine.close, a) end) return coroutine.resume(b) end) \
        return coroutine.resume(a)", "cannot close a normal coroutine");
    topic.returns(
        "close twice",
        "local co = coroutine.create(print) return coroutine.close(co), coroutine.close(co)",
        "true true",
    );
    topic.returns("close with an error",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() error('e', 0) end }) coroutine.yield() end) \
        coroutine.resume(co) return coroutine.close(co)", "false e");
    topic.returns("close that yields",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() coroutine.yield(1) end }) coroutine.yield() end) \
        coroutine.resume(co) local f = coroutine.wrap(function() return coroutine.close(co) end) local r = f() return r, f()", "").expect = super::Expect::Control;
    topic.endless("close that loops",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) coroutine.yield() end) \
        coroutine.resume(co) coroutine.close(co)");
    topic.endless("close for ever",
        "while true do local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() error('x') end }) coroutine.yield() end) \
        coroutine.resume(co) coroutine.close(co) end");
    topic.fails(
        "nested without end",
        "local function f() return coroutine.wrap(f)() end f()",
        "overflow",
    );
    topic.fails("nested by resume", "local function f() local ok, e = coroutine.resume(coroutine.create(f)) error(e, 0) end f()", "overflow");
    topic.endless(
        "nested without end, caught",
        "local function f() return coroutine.wrap(f)() end while true do pcall(f) end",
    );
    topic.returns("150 nested", "local function f(n) if n == 0 then return 'end' end return coroutine.wrap(f)(n - 1) end return f(150)", "end");
    topic.returns("100000 suspended",
        "local t = {} for i = 1, 100000 do t[i] = coroutine.wrap(function() coroutine.yield() return i end) t[i]() end return t[100000]()", "100000")
        .memory = 512 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 100_000_000;
    topic.endless("yield for ever", "local f = coroutine.wrap(function() while true do coroutine.yield() end end) while true do f() end");
    topic.endless(
        "a loop in a coroutine in a coroutine",
        "coroutine.wrap(function() coroutine.wrap(function() while true do end end)() end)()",
    );
    topic.endless(
        "pcall around a loop in a coroutine",
        "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    );
    topic.endless(
        "coroutines without end",
        "while true do coroutine.wrap(function() coroutine.yield() end)() end",
    );
    topic.endless("a ring", "local t = {} for i = 1, 100 do t[i] = coroutine.wrap(function() while true do coroutine.yield(i) end end) end \
        while true do for i = 1, 100 do t[i]() end end");
    topic.returns("yield across pcall", "local f = coroutine.wrap(function() return pcall(function() return coroutine.yield(1) end) end) f() return f(2)", "true 2");
    topic.returns("yield across a sort, gsub, load and metamethods",
        "local f = coroutine.wrap(function() table.sort({ 2, 1 }, function() coroutine.yield() end); ('x'):gsub('x', function() coroutine.yield() end) \
        load(function() return coroutine.yield() end) local o = setmetatable({}, { __index = coroutine.yield }) local _ = o.x return 'end' end) \
        for i = 1, 20 do if f() == 'end' then return 'end' end end", "end");
    topic.returns("an error in a wrapped one closes", "local n = 0 local f = coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() n = 1 end }) error('e') end) pcall(f) return n", "1");
    topic.returns("resume with nonsense", "return pcall(coroutine.resume, 1)", "false");
    topic.returns("create with nonsense", "return pcall(coroutine.create, 1)", "false");
    topic.returns("status of all", "local co co = coroutine.create(function() return coroutine.status(co) end) local s = coroutine.status(co) \
        local _, r = coroutine.resume(co) return s .. r .. coroutine.status(co)", "suspendedrunningdead");
    topic.whatever("debug.sethook in a coroutine that is dead", "local co = coroutine.create(print) coroutine.resume(co) debug.sethook(co, print, 'crl') debug.traceback(co) debug.getinfo(co, 1) return 1");
    topic.returns("a coroutine in its own upvalue is collected",
        "local w = setmetatable({}, { __mode = 'k' }) do local co co = coroutine.create(function() local x = co coroutine.yield() end) coroutine.resume(co) w[co] = 1 end \
        collectgarbage() collectgarbage() return next(w)", "nil").expect = super::Expect::Control;
    topic.hungry("deep stacks in coroutines",
        "local t = {} local function f(n) if n > 0 then local r = f(n - 1) return r end coroutine.yield() end \
        for i = 1, math.huge do t[i] = coroutine.wrap(f) t[i](10000) end").fuel = 100_000_000;
    topic.endless("stack overflow in coroutines",
        "local function f() return 1 + f() end while true do coroutine.resume(coroutine.create(f)) end").memory = 128 << 20;
    topic.returns("transfer of many values", "local f = coroutine.wrap(function(...) return select('#', coroutine.yield(...)) end) f(table.unpack({}, 1, 100000)) return f(table.unpack({}, 1, 100000))", "100000");
    topic.whatever("transfer of too many values",
        "local f = coroutine.wrap(function(...) return select('#', coroutine.yield(...)) end) return pcall(f, table.unpack({}, 1, 999000))").memory = 256 << 20;
    topic.returns("isyieldable", "return coroutine.isyieldable()", "false");
    topic.returns("wrap inside of a finalizer",
        "local r setmetatable({}, { __gc = function() r = coroutine.wrap(function() coroutine.yield(1) end)() end }) collectgarbage() return r", "1");
    topic.returns("yield in a finalizer",
        "local r setmetatable({}, { __gc = function() r = pcall(coroutine.yield) end }) collectgarbage() return r", "false");
}
