//! Metamethods that loop, fail, yield, call themselves, or change what is being done.

use super::Topic;

/// Operations on `o`, each of which calls the metamethod.
const OPERATIONS: &[(&str, &str)] = &[
    ("__add", "o + 1"),
    ("__sub", "o - 1"),
    ("__mul", "2 * o"),
    ("__div", "o / 1"),
    ("__mod", "o % 2"),
    ("__pow", "o ^ 2"),
    ("__unm", "-o"),
    ("__idiv", "o // 1"),
    ("__band", "o & 1"),
    ("__bor", "o | 1"),
    ("__bxor", "o ~ 1"),
    ("__shl", "o << 1"),
    ("__shr", "o >> 1"),
    ("__bnot", "~o"),
    ("__concat", "o .. 'x'"),
    ("__len", "#o"),
    ("__eq", "o == p"),
    ("__lt", "o < p"),
    ("__le", "o <= p"),
    ("__index", "o.x"),
    ("__newindex", "(function() o.x = 1 end)()"),
    ("__call", "o(1)"),
    ("__tostring", "tostring(o)"),
    ("__close", "(function() local c <close> = o end)()"),
    ("__pairs", "(function() for k in pairs(o) do end end)()"),
];

pub(super) fn add(topic: &mut Topic) {
    for (event, operation) in OPERATIONS {
        let with = |body: &str| {
            format!(
                "local m = {{}} local o, p = setmetatable({{}}, m), setmetatable({{}}, m) local depth = 0 \
            m.{event} = function(...) {body} end "
            )
        };
        topic.endless(
            format!("{event} that loops"),
            with("while true do end") + &format!("return {operation}"),
        );
        topic.fails(
            format!("{event} that fails"),
            with("error('failed', 0)") + &format!("return {operation}"),
            "failed",
        );
        topic.endless(
            format!("{event} that fails for ever"),
            with("error('failed', 0)")
                + &format!("while true do pcall(function() return {operation} end) end"),
        );
        let case = topic.fails(
            format!("{event} that calls itself"),
            with(&format!("local r = {operation} return r")) + &format!("return {operation}"),
            "overflow",
        );
        (case.memory, case.fuel) = (256 << 20, 20_000_000);
        topic.returns(format!("{event} that yields"),
            with("return coroutine.yield()") + &format!(
                "local f = coroutine.wrap(function() local r = {operation} return 'end' end) \
                for i = 1, 9 do local r = f() if r == 'end' then return r end end"), "end")
            .expect = if *event == "__tostring" || *event == "__pairs" { super::Expect::Control } else { super::Expect::Result("end".into()) };
        topic.whatever(
            format!("{event} that collects and takes the metatable away"),
            with("setmetatable(o, nil) m = nil collectgarbage() return 'x'")
                + &format!("return {operation}"),
        );
    }
    topic.returns("a chain of 2000 __index",
        "local t = { x = 1 } for i = 1, 1900 do t = setmetatable({}, { __index = t }) end return t.x", "1");
    topic.fails(
        "a chain of 3000 __index",
        "local t = {} for i = 1, 3000 do t = setmetatable({}, { __index = t }) end return t.x",
        "'__index' chain too long",
    );
    topic.fails("a loop of __index", "local t = {} setmetatable(t, { __index = t }) t = setmetatable({}, t) t.__index = t \
        local a, b = {}, {} setmetatable(a, { __index = b }) setmetatable(b, { __index = a }) return a.x", "'__index' chain too long");
    topic.fails("a loop of __newindex",
        "local a, b = {}, {} setmetatable(a, { __newindex = b }) setmetatable(b, { __newindex = a }) a.x = 1", "'__newindex' chain too long");
    for (name, work) in [
        ("unpack", "table.unpack(t, 1, 10000)"),
        ("concat", "table.concat(t, '', 1, 10000)"),
        ("insert", "table.insert(t, 1, 1)"),
        ("move", "table.move(T, 1, 10000, 1, t)"),
        ("sort", "table.sort(t)"),
        ("ipairs", "for i in ipairs(t) do end"),
    ] {
        topic.endless(
            format!("{name} by a chain of 1500 tables"),
            format!(
                "local t, T = {{}}, {{}} for i = 1, 10000 do t[i], T[i] = -i, i end for i = 1, 1500 do \
                t = setmetatable({{}}, {{ __index = t, __newindex = t, __len = function() return 10000 end }}) end \
                while true do {work} end"
            ),
        );
    }
    topic.fails(
        "a chain of __call",
        "local f = print for i = 1, 100 do f = setmetatable({}, { __call = f }) end f()",
        "'__call' chain too long",
    );
    topic.fails("a loop of __call", "local t = {} setmetatable(t, { __call = t }) t()", "");
    topic.endless("a loop of __index again and again",
        "local a, b = {}, {} setmetatable(a, { __index = b }) setmetatable(b, { __index = a }) while true do pcall(function() return a.x end) end");
    topic.fails(
        "a metatable that is protected",
        "setmetatable(setmetatable({}, { __metatable = 1 }), {})",
        "protected",
    );
    topic.fails(
        "__tostring that gives a table",
        "return tostring(setmetatable({}, { __tostring = function() return {} end }))",
        "must return a string",
    );
    topic.returns(
        "__name of nonsense",
        "return tostring(setmetatable({}, { __name = {} })):sub(1, 5)",
        "table",
    );
    topic.fails(
        "__len of a table in a for",
        "for i = 1, #setmetatable({}, { __len = function() return {} end }) do end",
        "'for' limit",
    );
    topic.fails("__lt of nonsense", "return {} < {}", "attempt to compare");
    topic.returns("strings' metatable taken away", "getmetatable('').__index = nil local ok = pcall(function() return ('x'):rep(2) end) return ok", "false");
    topic.returns(
        "strings' metatable that loops",
        "getmetatable('').__index = function(s, k) return s end return ('x').y",
        "x",
    );
    topic.whatever("numbers with a metatable", "debug.setmetatable(1, { __index = function(n, k) return n + 1 end, __call = function(n) return n end }) return (1)(2).x");
    topic.whatever(
        "nil with a metatable",
        "debug.setmetatable(nil, { __index = function() return nil end }) return (nil).x.y.z",
    );
    topic.whatever(
        "nil callable",
        "debug.setmetatable(nil, { __call = function() return 1 end }) return undefined()",
    );
    topic.whatever("functions with an index", "debug.setmetatable(print, { __index = function(f, k) return f end }) return print.a.b.c == print");
    topic.returns("an environment that fights", "local e = setmetatable({}, { __index = function(t, k) error('no ' .. k, 0) end }) return pcall(load('return x', '', 't', e))", "false no x");
    topic.endless("an environment that loops", "load('while true do x = x end', '', 't', setmetatable({}, { __index = function() end, __newindex = function() end }))()");
}
