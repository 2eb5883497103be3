//! Very many values at once: as arguments, results, items and registers.

use super::Topic;

/// What is done with them, by functions `few` (400,000 values) and `many` (980,000), which is nearly all that
/// fits on a stack.
const DONE: &[(&str, &str)] = &[
    ("passed on", "local function f(...) return ... end return select('#', f(few()))"),
    (
        "passed on twice",
        "local function f(...) return ... end local function g(...) return f(...) end return select('#', g(few()))",
    ),
    ("counted", "local function f(...) return select('#', ...) end return f(few())"),
    ("dropped", "(function(...) end)(many()) (function(a, b, c) end)(many())"),
    ("assigned", "local a, b = many() return a, b"),
    ("in a table", "return #{ few() }, #{ 1, 2, many() }, #{ x = 1, many() }"),
    (
        "of extra arguments in a table",
        "local function f(...) local t = { ... } return #t end return f(few())",
    ),
    ("in a table of extra arguments", "local function f(...t) return t end return #f(many())"),
    (
        "in a table of extra arguments that is passed on",
        "local function f(...t) t.x = 1 return ... end return select('#', f(few()))",
    ),
    (
        "that are not there",
        "local function f(...t) t.n = 990000 return ... end return select('#', f(1, 2))",
    ),
    ("packed", "return table.pack(many()).n"),
    ("of pcall", "return select('#', pcall(table.unpack, {}, 1, 980000))"),
    ("through protected calls", "return select('#', pcall(pcall, pcall, select, 1, many()))"),
    ("of an error", "return pcall(error, many())"),
    (
        "yielded",
        "local f = coroutine.wrap(function() coroutine.yield(many()) end) return select('#', f())",
    ),
    ("returned by a coroutine", "local f = coroutine.wrap(many) return select('#', f())"),
    (
        "returned by a resumed coroutine",
        "return select('#', coroutine.resume(coroutine.create(many)))",
    ),
    (
        "given to a coroutine",
        "local f = coroutine.wrap(function(...) return ... end) return select('#', f(few()))",
    ),
    (
        "given to a coroutine for ever",
        "local f = coroutine.wrap(function(...) while true do coroutine.yield(...) end end) f(few()) while true do f() end",
    ),
    (
        "yielded by what is closed",
        "local f = coroutine.wrap(function() local a <close> = setmetatable({}, { __close = function() coroutine.yield(many()) end }) end) return select('#', f())",
    ),
    (
        "through a tail call",
        "local function f(n, ...) if n == 0 then return ... end return f(n - 1, ...) end return select('#', f(10, few()))",
    ),
    (
        "over a variable to be closed",
        "local function f(...) local a <close> = setmetatable({}, { __close = function() end }) return ... end return select('#', f(few()))",
    ),
    (
        "of __call",
        "local t = setmetatable({}, { __call = function(self, ...) return ... end }) return select('#', t(few()))",
    ),
    (
        "with a hook",
        "debug.sethook(function() end, 'l') local function f(...) local t = { ... } return ... end local n = select('#', f(few())) debug.sethook() return n",
    ),
    (
        "with a hook that counts",
        "debug.sethook(function() end, '', 1) local function f(...t) local u = { ... } return ... end local n = select('#', f(few())) debug.sethook() return n",
    ),
    (
        "with finalizers",
        "local function g() setmetatable({}, { __gc = function() local t = { few() } end }) end \
        local function f(...) g() local t = { ... } return #t end collectgarbage('generational') for i = 1, 5 do f(few()) end",
    ),
];

/// What a coroutine comes to whose resumer has no room for it.
const NO_ROOM: &str = "local function deep(n, f, ...) \
    if n == 0 then return f(...) end local a, b, c, d, e, g = deep(n - 1, f, ...) return a, b end ";

pub(super) fn add(topic: &mut Topic) {
    for (name, source) in DONE {
        let case = topic.whatever(
            *name,
            format!(
                "local function few() return table.unpack({{}}, 1, 400000) end \
                local function many() return table.unpack({{}}, 1, 980000) end {source}"
            ),
        );
        case.fuel = 10_000_000;
        case.memory = 256 << 20;
        case.spoils = true;
    }
    for (name, end, result) in [
        (
            "yields to who has no room",
            "coroutine.wrap(function() coroutine.yield(table.unpack({}, 1, 900000)) end)",
            "false case:1: too many results to resume",
        ),
        (
            "returns to who has no room",
            "coroutine.wrap(function() return table.unpack({}, 1, 900000) end)",
            "false case:1: too many results to resume",
        ),
        (
            "returns to who has resumed it without room",
            "function() return coroutine.resume(coroutine.create(table.unpack), {}, 1, 900000) end",
            "true false",
        ),
    ] {
        let source = format!("{NO_ROOM} return pcall(deep, 60000, {end})");
        let case = topic.returns(name, source, result);
        case.fuel = 20_000_000;
        case.memory = 256 << 20;
    }
}
