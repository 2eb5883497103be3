//! Bombs that want more memory than there is, through everything that allocates. A single request is
//! refused before it is made, and the script that catches the refusal lives on.

use super::Topic;

/// Expressions that ask for much at once.
const REQUESTS: &[(&str, &str)] = &[
    ("rep", "('x'):rep(1 << 31)"),
    ("rep beyond integers", "('x'):rep(math.maxinteger)"),
    ("rep with a separator", "('x'):rep(1 << 30, ('y'):rep(1000))"),
    ("rep of a long string", "('x'):rep(1 << 20):rep(1 << 20)"),
    ("rep of nothing with a separator", "(''):rep(1 << 40, 'x')"),
    (
        "concat with itself",
        "(function() local s = ('x'):rep(1 << 20) return s .. s .. s .. s .. s .. s .. s .. s .. s \
        .. s .. s .. s .. s .. s .. s .. s .. s end)()",
    ),
    (
        "table.concat",
        "table.concat((function() local t = {} local s = ('x'):rep(1 << 20) \
        for i = 1, 100 do t[i] = s end return t end)())",
    ),
    (
        "table.concat with a separator",
        "table.concat(table.pack(('x'):byte(1, -1), 1, 2, 3, 4), ('y'):rep(6 << 20))",
    ),
    ("gsub", "(('x'):rep(1 << 16):gsub('x', ('y'):rep(1 << 12)))"),
    ("gsub of nothing", "(('x'):rep(1 << 16):gsub('', ('y'):rep(1 << 12)))"),
    ("gsub with the whole", "(('x'):rep(1 << 13):gsub('.+', ('%0'):rep(1 << 12)))"),
    ("gsub by a table", "(('x'):rep(1 << 16):gsub('x', { x = ('y'):rep(1 << 12) }))"),
    (
        "gsub by a function",
        "(('x'):rep(1 << 12):gsub('x', function() return ('y'):rep(1 << 14) end))",
    ),
    (
        "format",
        "(('%s'):rep(100)):format(table.unpack((function() local t = {} local s = ('x'):rep(1 << 19) \
        for i = 1, 100 do t[i] = s end return t end)()))",
    ),
    ("format quoted", "('%q'):format(('\\0'):rep(8 << 20))"),
    ("format of widths", "(('%99d'):rep(1 << 18)):format(table.unpack(table.create(1 << 18)))"),
    ("pack", "string.pack(('!16 i16'):rep(1 << 20), table.unpack(table.create(1 << 18)))"),
    (
        "pack of padding",
        "string.pack('!16' .. ('b Xi16'):rep(1 << 18), table.unpack(table.create(1 << 18)))",
    ),
    ("pack of a fixed string", "string.pack('c2147483647', 'x')"),
    ("upper", "('x'):rep(9 << 20):upper()"),
    ("reverse", "('x'):rep(9 << 20):reverse()"),
    ("lower", "('x'):rep(9 << 20):lower()"),
    ("sub", "('x'):rep(9 << 20):sub(2)"),
    ("byte", "select('#', ('x'):rep(1 << 20):byte(1, -1))"),
    ("utf8.codepoint", "select('#', utf8.codepoint(('x'):rep(1 << 20), 1, -1))"),
    ("unpack", "select('#', table.unpack({}, 1, 1 << 24))"),
    ("unpack beyond all", "select('#', table.unpack({}, math.mininteger, math.maxinteger))"),
    ("table.create", "table.create(1 << 30)"),
    ("table.create of fields", "table.create(0, 1 << 30)"),
    ("table.create of both", "table.create(1 << 20, 1 << 20)"),
    ("table.move far away", "#table.move(table.create(4 << 20), 1, 1 << 22, 2, { 1 })"),
    ("io.read", "io.tmpfile():read(1 << 40)"),
    ("setvbuf", "io.tmpfile():setvbuf('full', 1 << 40)"),
    ("dump of a load", "string.dump(load('return [[' .. ('x'):rep(5 << 20) .. ']]'))"),
    (
        "upvalues of closures",
        "(function() local t = {} for i = 1, math.huge do t[i] = function() return i end end end)()",
    ),
    (
        "coroutines",
        "(function() local t = {} for i = 1, math.huge do t[i] = coroutine.wrap(function(...) \
        coroutine.yield(...) end) t[i](i) end end)()",
    ),
    (
        "deep coroutines",
        "(function() local t = {} local function f(n) if n > 0 then return 1 + f(n - 1) end \
        coroutine.yield() end for i = 1, math.huge do t[i] = coroutine.wrap(f) t[i](1000) end end)()",
    ),
    ("an array", "(function() local t = {} for i = 1, math.huge do t[i] = i end end)()"),
    ("a hash", "(function() local t = {} for i = 1, math.huge do t[i + 0.5] = i end end)()"),
    (
        "strings as keys",
        "(function() local t = {} for i = 1, math.huge do t['k' .. i] = i end end)()",
    ),
    ("a list of tables", "(function() local t for i = 1, math.huge do t = { t } end end)()"),
    ("a string that grows", "(function() local s = 'x' while true do s = s .. s end end)()"),
    (
        "a string that grows by a byte",
        "(function() local s = ('x'):rep(1 << 20) while true do s = s .. s:sub(1, 1 << 19) end end)()",
    ),
    (
        "upvalues nested",
        "(function() local f for i = 1, math.huge do local g = f f = function() return g end end end)()",
    ),
    (
        "metatables",
        "(function() local t = {} for i = 1, math.huge do t = setmetatable({}, { __index = t }) end end)()",
    ),
    (
        "finalizers",
        "(function() local t = {} for i = 1, math.huge do t[i] = setmetatable({}, { __gc = print }) end end)()",
    ),
    (
        "weak tables",
        "(function() local t = {} for i = 1, math.huge do t[i] = setmetatable({}, { __mode = 'k' }) end end)()",
    ),
    (
        "gmatch iterators",
        "(function() local t = {} for i = 1, math.huge do t[i] = ('x'):rep(100):gmatch('.') end end)()",
    ),
    (
        "packed arguments",
        "(function() local t = {} for i = 1, math.huge do t[i] = table.pack(i, i, i) end end)()",
    ),
    ("error messages", "error(('x'):rep(9 << 20) .. ('y'):rep(9 << 20))"),
    ("message handlers", "xpcall(error, function(m) return m .. ('x'):rep(20 << 20) end, 'x')"),
    ("tracebacks", "debug.traceback(('x'):rep(9 << 20))"),
    (
        "files",
        "(function() local t = {} for i = 1, 100 do t[i] = ('x'):rep(1 << 20) .. i end end)()",
    ),
    ("names of load", "load('x', ('x'):rep(9 << 20) .. ('y'):rep(9 << 20))"),
    ("os.date", "os.date(('%c'):rep(4 << 20))"),
    ("print", "print(('x'):rep(9 << 20) .. ('y'):rep(9 << 20))"),
    (
        "tostring",
        "tostring(setmetatable({}, { __tostring = function() return ('x'):rep(20 << 20) end }))",
    ),
    ("__name", "tostring(setmetatable({}, { __name = ('x'):rep(15 << 20) }))"),
    ("searchpath", "package.searchpath(('x'):rep(1 << 20), ('?;'):rep(1 << 10))"),
    ("require", "require(('x'):rep(9 << 20))"),
];

pub(super) fn add(topic: &mut Topic) {
    for (name, expression) in REQUESTS {
        // The refusal is caught, and what comes next works.
        let source = format!(
            "local ok, message = pcall(function() return {expression} end) \
            collectgarbage() return ok, ok and 0 or message, #('x'):rep(1000)"
        );
        let case = topic.whatever(*name, source);
        case.fuel = 100_000_000;
    }
    for (name, expression) in REQUESTS {
        // When what is alive is near the limit, it may be the host that is told.
        topic.whatever(
            format!("{name} for ever"),
            format!("while true do pcall(function() return {expression} end) end"),
        );
    }
    topic.endless("nothing is caught for ever",
        "local t = {} while true do pcall(function() while true do t[#t + 1] = ('x'):rep(1000) .. #t end end) end").fuel = 100_000_000;
    topic
        .whatever(
            "the globals are full",
            "t = {} for i = 1, math.huge do t[i] = ('x'):rep(1000) .. i end",
        )
        .fuel = 100_000_000;
    topic.returns("memory comes back",
        "for i = 1, 20 do local t = {} pcall(function() for i = 1, 8 do t[i] = ('x'):rep(1 << 20) .. i end end) \
        t = nil collectgarbage() end return 'alive'", "alive").fuel = 100_000_000;
    // The frames are nearly all that is in use, and their memory is given back while they are dropped.
    topic
        .whatever(
            "recursion in a coroutine",
            "local function f() return 1 + f() end coroutine.wrap(f)()",
        )
        .memory = 64 << 20;
    topic
        .whatever(
            "variables to be closed in many coroutines",
            "local m = setmetatable({}, { __close = function() end }) \
            local function f() local a <close> = m f() end \
            while true do local t = {} pcall(function() while true do \
            t[#t + 1] = coroutine.create(f) coroutine.resume(t[#t]) end end) end",
        )
        .memory = 48 << 20;
    topic
        .whatever(
            "long patterns in many coroutines",
            "local P = ('x'):rep(600000) local S, t = P .. 'y', {} while true do \
            t[#t + 1] = coroutine.wrap(function() S:gsub(P, coroutine.yield) end) t[#t]() end",
        )
        .memory = 30 << 20;
    for memory in [22, 28] {
        topic
            .whatever(
                format!("objects with finalizers with {memory} MB"),
                "local mt = { __gc = function() end } while true do local t = {} \
                pcall(function() for i = 1, math.huge do t[i] = setmetatable({}, mt) end end) end",
            )
            .memory = memory << 20;
    }
    // They have to grow by themselves when there is hardly room for them beside the old ones.
    for memory in [16, 20, 24, 28] {
        topic
            .whatever(
                format!("recursion through print with {memory} MB"),
                "local t = setmetatable({}, { __tostring = function(t) print(t) return '' end }) print(t)",
            )
            .memory = memory << 20;
        topic
            .whatever(
                format!("recursion through two functions with {memory} MB"),
                "local f, g function f(a) return g(a) + 1 end function g(a) return (f(a)) end f(1)",
            )
            .memory = memory << 20;
    }
    // What they fail with is a warning, which is kept until it can be shown.
    let case = topic.whatever(
        "finalizers that fail with the same long string",
        "local S = ('x'):rep(4 << 20) local class = { __gc = function() error(S, 0) end } \
        for i = 1, 2000 do setmetatable({}, class) end collectgarbage()",
    );
    case.fuel = 20_000_000;
    topic
        .returns(
            "garbage is no reason to refuse",
            "for i = 1, 200 do local s = ('x'):rep(4 << 20) end return 'alive'",
            "alive",
        )
        .fuel = 100_000_000;
    topic
        .returns(
            "pieces of garbage are no reason to refuse",
            "for i = 1, 500 do local s = ('x'):rep(1 << 20) .. i end return 'alive'",
            "alive",
        )
        .fuel = 200_000_000;
    for (name, request, result) in [
        ("rep", "#('y'):rep(9 << 20)", "9437184"),
        ("upper", "#long:upper()", "6291456"),
        ("sub", "#long:sub(2)", "6291455"),
        ("a concatenation", "#(long .. 1 .. 'z')", "6291458"),
        (
            "a concatenation with a metamethod",
            "#(long .. 'z' .. setmetatable({}, { __concat = function(a) return a end }))",
            "6291457",
        ),
        (
            "a concatenation in a coroutine",
            "coroutine.wrap(function() return #(long .. 'z') end)()",
            "6291457",
        ),
        (
            "a concatenation in a sort",
            "(function() local n table.sort({ 2, 1 }, function(a, b) n = #(long .. 'z') return a < b end) return n end)()",
            "6291457",
        ),
        (
            "a concatenation in a metamethod",
            "setmetatable({}, { __index = function() return #(long .. 'z') end }).x",
            "6291457",
        ),
        (
            "rep in a gsub",
            "(('x'):gsub('x', function() return #('y'):rep(9 << 20) end))",
            "9437184",
        ),
        (
            "rep in a metamethod",
            "-setmetatable({}, { __unm = function() return #('y'):rep(9 << 20) end })",
            "9437184",
        ),
        ("format", "#('%s'):format(long)", "6291456"),
        ("pack", "#('z'):pack(long)", "6291457"),
        ("table.create", "#table.create(1 << 20)", "0"),
        ("an array that grows", "(function() list[#list + 1] = 1 return #list end)()", "262145"),
        (
            "an array that grows by rawset",
            "(function() table.insert(list, 1) return #list end)()",
            "262145",
        ),
        (
            "a hash that grows",
            "(function() for i = 1, 200000 do hash[i + 0.5] = i end return hash[200000.5] end)()",
            "200000",
        ),
        ("a constructor", "select('#', table.unpack({ table.unpack(list, 1, 100000) }))", "100000"),
    ] {
        let case = topic.returns(
            format!("garbage and then {name}"),
            format!(
                "local long = ('x'):rep(6 << 20) \
                local list, hash = {{}}, {{}} \
                local function prepare(what) \
                    if what:find('list') then for i = 1, 1 << 18 do list[i] = i end long = nil end \
                    if what:find('hash') or not what:find('long') then long = nil end \
                    collectgarbage() \
                    local garbage = ('z'):rep(what:find('list') and 11 << 20 or 8 << 20) \
                    return 'prepared' \
                end \
                prepare([==[{request}]==]) \
                local ok, result = pcall(function() return {request} end) \
                return ok and result or 'error'"
            ),
            result,
        );
        case.fuel = 100_000_000;
    }
    topic.returns("a refusal after a collection",
        "local long = ('x'):rep(9 << 20) local n = 0 \
        for i = 1, 10 do n = n + (pcall(string.rep, 'y', 9 << 20) and 1 or 0) \
        n = n + (pcall(function() return long .. 'x' end) and 1 or 0) end return n .. ' ' .. #('x'):rep(1 << 20)",
        "0 1048576").fuel = 100_000_000;
    topic
        .returns(
            "a stack that is deep and gone again",
            "local function f(n) if n > 0 then return 1 + f(n - 1) end return 0 end \
        for i = 1, 20 do f(40000) end return 'alive'",
            "alive",
        )
        .fuel = 100_000_000;
    topic
        .fails(
            "a stack without end",
            "local function f() return 1 + f() end return f()",
            "stack overflow",
        )
        .memory = 128 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 20_000_000;
    topic
        .fails(
            "a stack without end in little memory",
            "local function f() return 1 + f() end return f()",
            "not enough memory",
        )
        .memory = 2 << 20;
    topic
        .whatever("varargs without end", "local function f(...) return f(1, ...) end return f()")
        .fuel = 200_000_000;
    topic.whatever(
        "varargs that double",
        "local function f(...) return f(..., ...) end return f(1, 2)",
    );
    for (name, prepare, wait) in [
        (
            "format",
            "local m = setmetatable({}, { __tostring = coroutine.yield }) local f = ('y'):rep(60000) .. '%s%d'",
            "f:format(m, 1)",
        ),
        (
            "a short format",
            "local m = setmetatable({}, { __tostring = coroutine.yield }) local f = ('y'):rep(4000) .. '%s%d'",
            "f:format(m, 1)",
        ),
        (
            "gsub with a long pattern",
            "local p = ('x'):rep(16000) local s = p .. 'y'",
            "s:gsub(p, coroutine.yield)",
        ),
        (
            "gsub with many choices",
            "local p, s = ('x?'):rep(190), ('x'):rep(200)",
            "s:gsub(p, coroutine.yield)",
        ),
        (
            "gmatch with many choices",
            "local p, s = ('x?'):rep(190), ('x'):rep(200)",
            "keep(s:gmatch(p)) coroutine.yield()",
        ),
    ] {
        topic
            .hungry(
                format!("coroutines that wait in {name}"),
                format!(
                    "{prepare} local t = {{}} local function keep(f) f() t[#t + 1] = f end \
                for i = 1, 5000 do t[#t + 1] = coroutine.wrap(function() {wait} end) t[#t]() end"
                ),
            )
            .fuel = 20_000_000;
    }
    topic.returns("select of many", "return select('#', table.unpack({}, 1, 200000))", "200000");
    topic.hungry("tables in one statement",
        "local t = {} for i = 1, math.huge do t[i] = {{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}} end").fuel = 100_000_000;
    topic.whatever("small memory", "return 1").memory = 1 << 18;
    // Less than an empty VM has. In the stress build the first slice's end comes before the script's.
    let case = topic.whatever("hardly any memory", "return #('x'):rep(100000)");
    (case.memory, case.spoils) = (1000, cfg!(luster_stress));
}
