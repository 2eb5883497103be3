//! Finalizers that resurrect, allocate, fail, yield, loop and make others, and scripts that drive the
//! collector.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    let doomed = "local function doom(f) return setmetatable({}, { __gc = f }) end ";
    topic.returns(
        "resurrection",
        format!(
            "{doomed} local kept doom(function(o) kept = o end) collectgarbage() return type(kept)"
        ),
        "table",
    );
    topic.returns("resurrection again and again", format!(
        "{doomed} local n = 0 local function f(o) n = n + 1 setmetatable(o, {{ __gc = f }}) end doom(f) for i = 1, 10 do collectgarbage() end return n >= 9"), "true");
    topic.endless(
        "a finalizer that makes another",
        format!(
            "{doomed} local function f() doom(f) end doom(f) while true do collectgarbage() end"
        ),
    );
    topic.endless("a finalizer that makes two others", format!("{doomed} local function f() doom(f) doom(f) end doom(f) while true do collectgarbage() end")).spoils = true;
    topic.endless(
        "a finalizer that loops",
        format!("{doomed} doom(function() while true do end end) while true do local t = {{}} end"),
    );
    topic.endless(
        "a finalizer that loops in collectgarbage",
        format!("{doomed} doom(function() while true do end end) collectgarbage() return 1"),
    );
    topic.returns(
        "a finalizer that fails",
        format!("{doomed} doom(function() error('x') end) collectgarbage() return 1"),
        "1",
    );
    topic.endless(
        "finalizers that fail for ever",
        format!("{doomed} while true do doom(error) end"),
    );
    topic.hungry("a finalizer that allocates", format!("{doomed} local t = {{}} doom(function() while true do t[#t + 1] = ('x'):rep(1000) .. #t end end) collectgarbage()")).expect = super::Expect::Control;
    topic.returns(
        "a finalizer that collects",
        format!("{doomed} doom(function() collectgarbage() end) collectgarbage() return 1"),
        "1",
    );
    topic.returns("a finalizer that stops the collector", format!("{doomed} doom(function() collectgarbage('stop') end) collectgarbage() collectgarbage('restart') return 1"), "1");
    topic.whatever(
        "a finalizer that is a table",
        "setmetatable({}, { __gc = {} }) collectgarbage() return 1",
    );
    topic.whatever("a finalizer that is callable", "setmetatable({}, { __gc = setmetatable({}, { __call = function() end }) }) collectgarbage() return 1");
    topic.whatever("a finalizer that changes its metatable", "setmetatable({}, { __gc = function(o) getmetatable(o).__gc = nil setmetatable(o, nil) end }) collectgarbage() return 1");
    topic.whatever("finalizers in a ring", format!("{doomed} local a, b a = doom(function() b.x = 1 end) b = doom(function() a.x = 1 end) a.b, b.a = b, a a, b = nil collectgarbage() return 1"));
    topic.returns("finalizers come in reverse order", format!("{doomed} local s, kept = '', {{}} for i = 1, 5 do local n = i kept[i] = doom(function() s = s .. n end) end kept = nil collectgarbage() return s"), "54321");
    topic.endless("collect for ever", "while true do collectgarbage() end");
    topic
        .endless(
            "collect a big heap for ever",
            "local t = {} for i = 1, 50000 do t[i] = { i } end while true do collectgarbage() end",
        )
        .memory = 64 << 20;
    topic
        .endless(
            "collect big tables for ever",
            "local t = {} for i = 1, 500000 do t[i] = i end while true do collectgarbage() end",
        )
        .memory = 64 << 20;
    topic.endless("step for ever", "while true do collectgarbage('step') end");
    topic.endless("great steps for ever", "local t = {} for i = 1, 50000 do t[i] = { i } end while true do collectgarbage('step', 1 << 40) end").memory = 64 << 20;
    topic
        .hungry(
            "the collector is stopped",
            "collectgarbage('stop') while true do local t = { {}, {}, {} } end",
        )
        .fuel = 200_000_000;
    topic.cases.last_mut().expect("one has been added").expect = super::Expect::Control;
    topic.whatever("parameters out of range",
        "for _, p in ipairs { 'pause', 'stepmul', 'stepsize' } do for _, v in ipairs { 0, -1, math.maxinteger, math.mininteger } do pcall(collectgarbage, 'param', p, v) end end \
        for i = 1, 100000 do local t = { i } end return 1");
    topic.whatever("modes", "for i = 1, 100 do collectgarbage(i % 2 == 0 and 'generational' or 'incremental') local t = {} end return collectgarbage('count') > 0");
    topic.fails("an unknown option", "collectgarbage('what')", "invalid option");
    topic.endless(
        "weak tables for ever",
        "local t = setmetatable({}, { __mode = 'k' }) while true do t[{}] = {} end",
    );
    topic
        .endless(
            "weak values for ever",
            "local t = setmetatable({}, { __mode = 'v' }) while true do t[#t + 1] = {} end",
        )
        .fuel = 5_000_000;
    topic.endless(
        "ephemerons for ever",
        "local t = setmetatable({}, { __mode = 'k' }) while true do local k = {} t[k] = { k } end",
    );
    // In the stress build the chain is followed after every few of its links.
    let links = if cfg!(luster_stress) { 3_000 } else { 30_000 };
    topic.returns("an ephemeron chain", format!(
        "local t = setmetatable({{}}, {{ __mode = 'k' }}) local first = {{}} local k = first for i = 1, {links} do local n = {{}} t[k] = n k = n end k = nil \
        collectgarbage() local n = 0 k = first while t[k] do k = t[k] n = n + 1 end return n"), &links.to_string()).memory = 64 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 500_000_000;
    topic.returns("an ephemeron chain that a finalizer holds", format!(
        "{doomed} local t, n = setmetatable({{}}, {{ __mode = 'k' }}), 0 \
        local function make(first) local k = first for i = 1, 1000 do local m = {{}} t[k] = {{ m }} k = m end end \
        make(doom(function(k) while t[k] do k = t[k][1] n = n + 1 end end)) \
        collectgarbage() collectgarbage() return n"), "1000")
        .fuel = 50_000_000;
    topic.returns("a list of a million", "local l for i = 1, 1000000 do l = { l } end collectgarbage() l = nil collectgarbage() return 1", "1").memory = 512 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 300_000_000;
    topic.returns("a million closures in a chain", "local f for i = 1, 500000 do local g = f f = function() return g end end f = nil collectgarbage() return 1", "1").memory = 512 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 100_000_000;
    topic.returns("a chain of coroutines", "local c for i = 1, 50000 do local d = c c = coroutine.create(function() return d end) end c = nil collectgarbage() return 1", "1").memory = 512 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 100_000_000;
    topic
        .returns(
            "strings that die",
            "for i = 1, 300000 do local s = 'string' .. i end collectgarbage() return 1",
            "1",
        )
        .fuel = 100_000_000;
    topic
        .returns(
            "a big table of tables that dies",
            "local t = {} for i = 1, 200000 do t[i] = {} end t = nil collectgarbage() return 1",
            "1",
        )
        .memory = 256 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 100_000_000;
    topic.returns("many finalizers at once", format!("{doomed} local n = 0 for i = 1, 50000 do doom(function() n = n + 1 end) end collectgarbage() return n"), "50000").memory = 256 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 100_000_000;
    topic.endless("__mode that changes", "local m = {} local t = setmetatable({}, m) while true do m.__mode = m.__mode == 'k' and 'v' or 'k' for i = 1, 100 do t[{}] = {} end collectgarbage('step') end");
    topic.endless("__gc set late", "while true do local m = {} local o = setmetatable({}, m) m.__gc = error setmetatable(o, m) end");
}
