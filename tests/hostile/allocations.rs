//! What takes memory, each kind by itself: objects that a script keeps without end, in loops and in
//! straight lines, and library functions whose results, messages or buffers are as large as they can be
//! made. Nothing of it may use more than the limit allows.

use super::Topic;

/// Expressions whose values a script keeps; `i` is another number each time.
const KEPT: &[(&str, &str)] = &[
    ("tables", "{}"),
    ("lists", "{ i, i, i }"),
    ("records", "{ x = i, y = i }"),
    ("tables with a float", "{ [i + 0.5] = i }"),
    ("lists of fifty", "{ nil, nil, nil, nil, table.unpack({}, 1, 46) }"),
    ("tables of tables", "{ {}, {}, { {} } }"),
    ("table.create", "table.create(10)"),
    ("table.pack", "table.pack(i, i)"),
    ("closures", "function() return i end"),
    (
        "cells",
        "(function() local a, b, c, d = i, i, i, i return function() return a, b, c, d end end)()",
    ),
    ("coroutines that have not begun", "coroutine.create(print)"),
    (
        "coroutines at work",
        "(function() local f = coroutine.wrap(coroutine.yield) f() return f end)()",
    ),
    (
        "coroutines that failed",
        "(function() local c = coroutine.create(error) coroutine.resume(c, i) return c end)()",
    ),
    (
        "coroutines in a sort",
        "(function() local f = coroutine.wrap(function() table.sort({ 2, 1, 3 }, coroutine.yield) end) f() return f end)()",
    ),
    (
        "coroutines in a gsub in a gsub",
        "(function() local f = coroutine.wrap(function() \
        ('x'):gsub('x', function() ('y'):gsub('y', coroutine.yield) end) end) f() return f end)()",
    ),
    (
        "coroutines with a hook",
        "(function() local c = coroutine.create(print) debug.sethook(c, print, 'l') return c end)()",
    ),
    ("short strings", "'k' .. i"),
    ("strings of forty bytes", "('%040d'):format(i)"),
    ("strings of fifty bytes", "('%050d'):format(i)"),
    ("strings of a kilobyte", "('x'):rep(1000) .. i"),
    ("strings from gsub", "(('x'):rep(500):gsub('x', i))"),
    ("strings from concat", "table.concat({ i, i, i, i, i, i, i, i, i, i, i, i }, ', ')"),
    ("strings from format", "('%99.99f'):format(i)"),
    ("strings from pack", "('c100 s'):pack('x' .. i, 'y')"),
    ("files", "io.tmpfile()"),
    ("files that were written to", "(function() local f = io.tmpfile() f:write(i) return f end)()"),
    ("iterators of gmatch", "('abc' .. i):gmatch('%w' .. i)"),
    ("iterators of lines", "io.tmpfile():lines()"),
    ("finalizers", "setmetatable({}, { __gc = function() end })"),
    ("weak tables", "setmetatable({ {} }, { __mode = 'v' })"),
    ("ephemerons", "setmetatable({ [{}] = {} }, weak)"),
    ("functions of load", "assert(load('local a = ' .. i .. ' return function() return a end'))"),
    (
        "functions with many constants",
        "assert(load('return ' .. ('%d, '):rep(100):format(table.unpack(table.pack(('x'):rep(100):byte(1, -1)))) .. i))",
    ),
    ("functions with long names", "assert(load('return 1', ('x'):rep(1000) .. i))"),
    ("dumps", "string.dump(assert(load('local a = ' .. i)))"),
    ("getinfo", "debug.getinfo(1)"),
    ("active lines", "debug.getinfo(1, 'L')"),
    ("tracebacks", "debug.traceback('x' .. i)"),
    ("dates", "os.date('*t', i)"),
    ("errors", "select(2, pcall(error, 'x' .. i))"),
    ("errors with places", "select(2, pcall(function() error('x' .. i) end))"),
    ("identities of upvalues", "debug.upvalueid(function() return i end, 1)"),
    ("codes", "{ utf8.codes('x' .. i) }"),
];

/// Expressions that make something large, some of them more than there is memory for.
const LARGE: &[(&str, &str)] = &[
    ("rep of rep", "('x'):rep(1 << 10):rep(1 << 10):rep(1 << 10)"),
    ("rep with a separator of nothing", "('x'):rep(5 << 20, ''):rep(2, ('y'):rep(3 << 20))"),
    ("half the memory", "('x'):rep(8 << 20)"),
    ("nearly all the memory", "('x'):rep((16 << 20) - 100000)"),
    ("gsub of gsub", "(function() local s = 'x' while true do s = s:gsub('x', 'xxx') end end)()"),
    (
        "gsub with captures",
        "(('x'):rep(1 << 20):gsub('(.)', '%1%1%1%1%1%1%1%1%1%1%1%1%1%1%1%1%1%1'))",
    ),
    ("gsub with positions", "(('x'):rep(1 << 20):gsub('()', '%1'))"),
    (
        "gsub by a table of long strings",
        "(('ab'):rep(1 << 12):gsub('%w', { a = ('y'):rep(1 << 12), b = ('z'):rep(1 << 10) }))",
    ),
    (
        "format of floats",
        "(('%99.99f'):rep(1 << 16)):format(table.unpack((function() local t = table.create(1 << 16) \
        for i = 1, 1 << 16 do t[i] = 1e308 end return t end)()))",
    ),
    (
        "format of the largest floats",
        "(function() local t = {} for i = 1, math.huge do t[i] = ('%99.99f'):format(1e308) end end)()",
    ),
    (
        "format of quoted numbers",
        "(('%q'):rep(1 << 18)):format(table.unpack((function() local t = table.create(1 << 18) \
        for i = 1, 1 << 18 do t[i] = i / 3 end return t end)()))",
    ),
    ("format of one long string", "('%s%s%s'):format(('x'):rep(4 << 20), ('y'):rep(4 << 20), 'z')"),
    ("format by __tostring", "('%s%s'):format(long, long)"),
    (
        "concat of long strings",
        "table.concat({ ('x'):rep(3 << 20), ('y'):rep(3 << 20) }, ('z'):rep(2 << 20))",
    ),
    (
        "concat of numbers",
        "table.concat((function() local t = table.create(1 << 18) for i = 1, 1 << 18 do t[i] = i / 7 end return t end)(), ',')",
    ),
    (
        "concat by an operator",
        "(function() local s = ('x'):rep(3 << 20) return s .. 1 .. s .. 2.5 .. s .. s end)()",
    ),
    (
        "concat of halves",
        "(function() local s = ('x'):rep(1 << 20) while true do s = s .. s end end)()",
    ),
    ("upper of half", "('x'):rep(7 << 20):upper():lower():reverse()"),
    ("bytes and char", "string.char(('x'):rep(1 << 19):byte(1, -1))"),
    ("utf8.char", "utf8.char(('x'):rep(1 << 19):byte(1, -1))"),
    ("codepoints", "table.pack(utf8.codepoint(('x'):rep(1 << 19), 1, -1))"),
    ("pack of strings", "('sssss'):pack(long.text, long.text, long.text, long.text, long.text)"),
    ("pack of padding", "('c9000000'):pack('x')"),
    ("unpack of strings", "('z'):rep(2000):unpack(('\\0'):rep(2000))"),
    ("unpack of a long string", "('z'):unpack(('x'):rep(6 << 20) .. '\\0')"),
    ("unpack of many", "('b'):rep(1 << 18):unpack(('x'):rep(1 << 18))"),
    (
        "a million varargs",
        "(function(...) return select('#', ...) end)(table.unpack({}, 1, 1000000 - 200))",
    ),
    ("a million varargs packed", "table.pack(table.unpack({}, 1, 500000)).n"),
    ("varargs in a table", "#{ table.unpack(table.create(1), 1, 400000) }"),
    (
        "varargs in coroutines",
        "(function() local t = {} for i = 1, math.huge do \
        t[i] = coroutine.wrap(function(...) coroutine.yield() return ... end) t[i](table.unpack({}, 1, 20000)) end end)()",
    ),
    (
        "varargs by recursion",
        "(function() local function f(...) return f(1, 2, 3, 4, 5, 6, 7, 8, ...) end return f() end)()",
    ),
    (
        "select of varargs",
        "(function() local function f(n, ...) return select(-n, f(n, ...)) end return f(1, table.unpack({}, 1, 1000)) end)()",
    ),
    (
        "yields of many",
        "(function() local f = coroutine.wrap(function() coroutine.yield(table.unpack({}, 1, 300000)) end) return select('#', f()) end)()",
    ),
    (
        "insert at the front",
        "(function() local t = {} for i = 1, math.huge do t[#t + 1] = i if i % 4096 == 0 then table.insert(t, 1, i) end end end)()",
    ),
    (
        "move upwards",
        "(function() local t = { 1, 2, 3 } for i = 1, math.huge do table.move(t, 1, #t, #t + 1) end end)()",
    ),
    ("sparse arrays", "(function() local t = {} for i = 1, math.huge do t[i * 7] = i end end)()"),
    (
        "tables that shrink and grow",
        "(function() for j = 1, 20 do local t = {} for i = 1, 100000 do t[i] = i end for i = 1, 100000 do t[i] = nil end t.x = 1 end end)()",
    ),
    ("hashes that double", "(function() local t = {} for i = 1, math.huge do t[{}] = i end end)()"),
    (
        "sort of much",
        "table.sort((function() local t = {} for i = 1, 200000 do t[i] = -i end return t end)())",
    ),
    (
        "rawset",
        "(function() local t = {} for i = 1, math.huge do rawset(t, i + 0.25, i) end end)()",
    ),
    ("errors of long strings", "error(long.text .. 'x')"),
    ("assertions of long strings", "assert(false, long.text .. 'x')"),
    ("errors at two levels", "(function() error(long.text, 2) end)()"),
    (
        "errors of errors",
        "(function() local s = 'x' while true do local _, e = pcall(error, s .. s, 2) s = e end end)()",
    ),
    (
        "a handler that doubles",
        "select(2, xpcall(error, function(m) return m .. m .. m end, long.text))",
    ),
    (
        "a handler that recurs",
        "(function() local function h(m) return select(2, xpcall(error, h, m .. m)) end return h(long.text) end)()",
    ),
    (
        "long field names in messages",
        "load('local t = {} return t.' .. ('x'):rep(1 << 20) .. '()')()",
    ),
    ("long global names in messages", "load('return ' .. ('x'):rep(1 << 20) .. '.y')()"),
    ("long type names in messages", "1 + setmetatable({}, { __name = ('x'):rep(3 << 20) })"),
    (
        "long type names compared",
        "setmetatable({}, { __name = ('x'):rep(3 << 20) }) < setmetatable({}, { __name = ('y'):rep(3 << 20) })",
    ),
    (
        "long type names of arguments",
        "math.floor(setmetatable({}, { __name = ('x'):rep(4 << 20) }))",
    ),
    ("long options", "collectgarbage(('x'):rep(4 << 20))"),
    ("long modes", "io.open('x', ('r'):rep(4 << 20))"),
    ("long file names", "io.open(('x'):rep(4 << 20))"),
    ("long names of variables", "os.getenv(('x'):rep(4 << 20))"),
    ("long dates", "os.date(('%Y'):rep(1 << 18))"),
    ("wrong dates", "os.date('%' .. ('E'):rep(4 << 20))"),
    ("wrong formats", "('%' .. ('1'):rep(4 << 20)):format(1)"),
    ("wrong packs", "('!' .. ('1'):rep(4 << 20)):pack(1)"),
    ("wrong numbers", "tonumber(('1'):rep(4 << 20) .. 'x')"),
    ("modules", "require(('x.?;'):rep(1 << 10))"),
    ("paths", "package.searchpath(('x'):rep(1 << 12), ('?;'):rep(1 << 12))"),
    (
        "searchers",
        "(function() package.searchers = { function() return long.text end, function() return long.text end } return require('x') end)()",
    ),
    ("warnings", "warn('@on', long.text)"),
    ("printing", "print(long, long, long.text)"),
    ("tostring", "tostring(long) .. tostring(long) .. tostring(long)"),
    ("writing", "io.tmpfile():write(long.text, long.text, long.text)"),
    (
        "reading",
        "(function() local f = io.tmpfile() for i = 1, 20 do f:write(('x'):rep(1 << 20)) end f:seek('set') return f:read('a') end)()",
    ),
    (
        "reading a line",
        "(function() local f = io.tmpfile() for i = 1, 20 do f:write(('x'):rep(1 << 20)) end f:seek('set') return f:read('L') end)()",
    ),
    (
        "reading so much",
        "(function() local f = io.tmpfile() f:write(('x'):rep(6 << 20)) f:seek('set') return f:read(6 << 20) end)()",
    ),
    (
        "reading lines",
        "(function() local f = io.tmpfile() f:write(('x\\n'):rep(1 << 19)) f:seek('set') local t = {} for l in f:lines() do t[#t + 1] = l end end)()",
    ),
    ("a constructor of tables", "load('return {' .. ('{},'):rep(20000) .. '}')()"),
    ("a constructor of lists", "load('return {' .. ('{1,2,3,4},'):rep(8000) .. '}')()"),
    (
        "a constructor of functions",
        "load('local x return {' .. ('function() return x end,'):rep(3000) .. '}')()",
    ),
    ("tables in a straight line", "load('local t ' .. ('t = { t } '):rep(9000) .. 'return t')()"),
    (
        "closures in a straight line",
        "load('local f ' .. ('do local g = f f = function() return g end end '):rep(3000))()",
    ),
    ("strings in a straight line", "load('local s = \\'x\\' ' .. ('s = s .. s '):rep(100))()"),
    (
        "a constructor in a loop",
        "load('local t = {} for i = 1, math.huge do t[i] = {' .. ('{},'):rep(200) .. '} end')()",
    ),
    (
        "many upvalues",
        "load('local t = {} ' .. (function() local s = '' for i = 1, 150 do s = s .. 'local v' .. i .. ' = ' .. i .. ' ' end return s end)() \
        .. 'for i = 1, math.huge do t[i] = function() return ' .. (function() local s = 'v1' for i = 2, 150 do s = s .. ' + v' .. i end return s end)() .. ' end end')()",
    ),
    (
        "cells in a loop",
        "(function() local t = {} for i = 1, math.huge do local a, b, c, d, e, f = i, i, i, i, i, i \
        t[i] = function() return a, b, c, d, e, f end end end)()",
    ),
    ("a long source of names", "load(('x = y '):rep(50000))"),
    ("a long source of calls", "load(('f(a, b) '):rep(30000))"),
    ("a long source of strings", "load(\"return '\" .. ('x'):rep(3 << 20) .. \"'\")"),
    ("a long source of numbers", "load('return {' .. ('1.5,'):rep(60000) .. '}')"),
    ("a long source of comments", "load(('--\\n'):rep(1 << 20))"),
    ("a long source of brackets", "load(('('):rep(1 << 20))"),
    ("a long source of functions", "load(('function f() end '):rep(9000))"),
    ("a long source that is wrong", "load(('x = 1 '):rep(30000) .. ' +')"),
    ("a source of one long name", "load(('x'):rep(3 << 20) .. ' = 1')"),
    (
        "a source in pieces",
        "load((function() local n = 0 return function() n = n + 1 return n < 1000 and ('x = 1 '):rep(200) or nil end end)())",
    ),
    (
        "dump and load",
        "load(string.dump(load('local a = {} return {' .. ('a, 1.25, [[x]], '):rep(4000) .. '}')))",
    ),
    ("a dump of long strings", "string.dump(load('return [[' .. ('x'):rep(2 << 20) .. ']]'))"),
    (
        "a dump of many names",
        "string.dump(load((function() local s = {} for i = 1, 5000 do s[i] = 'x' .. i .. ' = ' .. i end return table.concat(s, ' ') end)()))",
    ),
    ("lines of a long function", "debug.getinfo(load(('x = 1\\n'):rep(20000)), 'L')"),
    (
        "recursion in coroutines",
        "(function() local t = {} local function f(n) if n == 0 then coroutine.yield() else f(n - 1) return end end \
        for i = 1, math.huge do t[i] = coroutine.wrap(f) t[i](5000) end end)()",
    ),
    (
        "recursion with large frames",
        "load('local function f(n) local ' .. (function() local s = 'a1' for i = 2, 190 do s = s .. ', a' .. i end return s end)() \
        .. ' return 1 + f(n + 1) end return f(1)')()",
    ),
    (
        "recursion through pcall",
        "(function() local function f() return pcall(f) end return f() end)()",
    ),
    (
        "recursion through metamethods",
        "(function() local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end return t[1] end)()",
    ),
    (
        "recursion through sort",
        "(function() local function f() table.sort({ 1, 2, 3 }, f) end f() end)()",
    ),
    (
        "recursion through gsub",
        "(function() local function f() return (('x'):gsub('x', f)) end f() end)()",
    ),
    (
        "recursion through tostring",
        "(function() local t = setmetatable({}, { __tostring = function(t) return tostring(t) end }) return tostring(t) end)()",
    ),
    (
        "variables to be closed",
        "(function() local function f() local x <close> = setmetatable({}, { __close = print }) return f() end f() end)()",
    ),
    ("patterns of a megabyte", "('x'):find(('[a-z]'):rep(1 << 16))"),
    (
        "patterns that are kept",
        "(function() local t = {} for i = 1, math.huge do t[i] = ('x'):gmatch(('[^a%d]'):rep(200) .. i) end end)()",
    ),
    ("captures", "select('#', ('x'):rep(1 << 20):find(('(x*)'):rep(32)))"),
    (
        "gmatch of long captures",
        "(function() local t = {} for s in ('x'):rep(1 << 20):gmatch('()') do t[#t + 1] = ('y'):rep(1 << 10) .. s end end)()",
    ),
    (
        "a hook that keeps",
        "(function() local t = {} debug.sethook(function() t[#t + 1] = debug.traceback() end, '', 100) while true do end end)()",
    ),
    (
        "weak tables by the million",
        "(function() local t, weak = {}, { __mode = 'k' } for i = 1, math.huge do t[i] = setmetatable({}, weak) end end)()",
    ),
    (
        "a chain of ephemerons",
        "(function() local w, k = setmetatable({}, { __mode = 'k' }), {} local first = k \
        for i = 1, math.huge do local n = {} w[k] = n k = n end return first end)()",
    ),
];

pub(super) fn add(topic: &mut Topic) {
    for (name, expression) in KEPT {
        let case = topic.whatever(
            format!("{name}, kept"),
            format!(
                "local weak = {{ __mode = 'k' }} local t = {{}} \
                for i = 1, math.huge do t[i] = {expression} end"
            ),
        );
        case.fuel = 30_000_000;
        let case = topic.whatever(
            format!("{name}, for nothing"),
            format!(
                "local weak = {{ __mode = 'k' }} for i = 1, math.huge do local x = {expression} end"
            ),
        );
        case.fuel = 6_000_000;
    }
    for (name, expression) in LARGE {
        let source = format!(
            "local long = setmetatable({{ text = ('x'):rep(3 << 20) }}, \
            {{ __tostring = function(t) return t.text end }}) \
            local ok, message = pcall(function() return {expression} end) \
            collectgarbage() return ok, #('x'):rep(1000)"
        );
        let case = topic.whatever(*name, source);
        case.fuel = 60_000_000;
        case.spoils = true;
    }
}
