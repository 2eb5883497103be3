//! Bombs that take long: everything in the library that works in proportion to something big, and
//! operations on strings and tables that do. Each is run once, and again and again.

use super::Topic;

/// What a script prepares: long strings and big tables.
const PREPARE: &str = "local S = ('x'):rep(4 << 20) local D = ('7'):rep(1 << 20) \
    local T = table.create(200000) for i = 1, 200000 do T[i] = i end \
    local H = {} for i = 1, 20000 do H['k' .. i] = i end \
    local W = {} for i = 1, 1000 do W[i] = ('w'):rep(4000) end \
    local co = coroutine ";

/// What takes long.
const WORK: &[(&str, &str)] = &[
    ("rep", "S:rep(4)"),
    ("rep of a byte", "('y'):rep(32 << 20)"),
    ("rep of two bytes with a separator", "('ab'):rep(8 << 20, ',')"),
    ("reverse", "S:reverse()"),
    ("upper", "S:upper()"),
    ("lower", "S:lower()"),
    ("sub", "S:sub(2)"),
    ("len", "#S"),
    ("byte", "S:byte(1, 200000)"),
    ("char", "string.char(S:byte(1, 200000))"),
    ("concatenation", "S .. S .. S .. 'y'"),
    ("concatenation of pieces", "'a' .. S .. 'b' .. S .. 1"),
    ("comparison", "S == ('x'):rep(4 << 20)"),
    ("order", "S < ('x'):rep(4 << 20)"),
    ("order or equality", "S <= ('x'):rep((4 << 20) - 1) .. 'x'"),
    ("order of strings with NULs", "('\\0'):rep(4 << 20) < ('\\0'):rep(4 << 20)"),
    (
        "a long string as a key",
        "(function() local t = {} t[S .. 'y'] = 1 return t[S .. 'y'] end)()",
    ),
    (
        "many long strings as keys",
        "(function() local t = {} for i = 1, 10 do t[S .. i] = i end end)()",
    ),
    ("find", "S:find('y')"),
    ("find plain", "S:find('xxxxxxxxxxxxxxxxxxxxy', 1, true)"),
    ("find plain of a long needle", "S:find(('x'):rep(2 << 20) .. 'y', 1, true)"),
    (
        "find plain of a periodic needle",
        "(('ab'):rep(1 << 20)):find(('ab'):rep(1 << 19) .. 'c', 1, true)",
    ),
    ("match", "S:match('.-y')"),
    ("match backtracking", "S:match('.*y')"),
    ("match of a class", "S:match('^[a-w]*$')"),
    ("gmatch", "(function() for w in S:gmatch('.') do end end)()"),
    ("gsub", "S:gsub('x', 'y')"),
    ("gsub that keeps", "S:gsub('y', 'z')"),
    ("gsub of nothing", "S:gsub('', '-')"),
    ("gsub by a table", "S:gsub('x', { x = 'yy' })"),
    ("gsub by a function", "S:gsub('x', function() end)"),
    ("a pattern of 1 MB", "S:find(('x?'):rep(1 << 19))"),
    ("a class of 1 MB", "S:find('[' .. ('ab'):rep(1 << 19) .. ']')"),
    ("a replacement of 1 MB", "('x'):gsub('x', ('%%'):rep(1 << 19))"),
    ("format of a long string", "('%s%s'):format(S, S)"),
    ("format of a long format", "(S .. '%d'):format(1)"),
    ("format quoted", "('%q'):format(S)"),
    ("format quoted of controls", "('%q'):format(('\\0'):rep(1 << 20))"),
    ("format of escapes", "(('%%'):rep(2 << 20)):format()"),
    ("format of many", "(('%d'):rep(100000)):format(table.unpack(T, 1, 100000))"),
    ("format of floats", "(('%.99f'):rep(100000)):format(table.unpack(T, 1, 100000))"),
    (
        "format of great floats",
        "(('%99.99f'):rep(2000)):format(table.unpack(table.pack(1e308):rep(2000)))",
    ),
    ("format with precision", "(('%.20s'):rep(1000)):format(table.unpack(W))"),
    ("pack", "(string.pack):call()"),
    ("pack of a string", "string.pack('s8', S)"),
    ("pack of a zero-ended string", "string.pack('z', S)"),
    ("pack of a fixed string", "string.pack('c' .. (8 << 20), S)"),
    ("pack of many", "string.pack(('i8'):rep(100000), table.unpack(T, 1, 100000))"),
    ("pack of spaces", "string.pack((' '):rep(4 << 20))"),
    ("packsize", "string.packsize((' '):rep(4 << 20))"),
    ("packsize of many", "string.packsize(('b'):rep(4 << 20))"),
    ("unpack of a string", "string.unpack('s8', string.pack('s8', S))"),
    ("unpack of a zero-ended string", "string.unpack('z', S .. '\\0')"),
    ("unpack of many", "string.unpack(('b'):rep(100000), S)"),
    ("tonumber", "tonumber(D)"),
    ("tonumber of a float", "tonumber(D .. '.5')"),
    ("tonumber of zeros", "tonumber(('0'):rep(4 << 20) .. '1')"),
    ("tonumber of spaces", "tonumber((' '):rep(4 << 20) .. '1')"),
    ("tonumber in a base", "tonumber(D, 36)"),
    ("tonumber of a hexadecimal", "tonumber('0x' .. D)"),
    ("tonumber of an exponent", "tonumber('1e' .. D)"),
    ("arithmetic on a long string", "D + 1"),
    ("a long string as an integer", "('x'):rep(D)"),
    ("a long string as a bit field", "pcall(function() return D | 1 end)"),
    ("math.tointeger", "math.tointeger(D)"),
    ("utf8.len", "utf8.len(S)"),
    ("utf8.offset", "utf8.offset(S, 4 << 20)"),
    ("utf8.offset backwards", "utf8.offset(S, -(4 << 20))"),
    ("utf8.codes", "(function() for p in utf8.codes(S) do end end)()"),
    ("utf8.codepoint", "utf8.codepoint(S, 1, 200000)"),
    ("utf8.char", "utf8.char(S:byte(1, 200000))"),
    ("utf8.offset over continuation bytes", "utf8.offset(('\\x80'):rep(4 << 20), 1, 2 << 20)"),
    ("table.concat", "table.concat(T)"),
    ("table.concat of long strings", "table.concat(W, S:sub(1, 4000))"),
    ("table.unpack", "table.unpack(T)"),
    ("table.pack", "table.pack(table.unpack(T))"),
    ("table.insert", "table.insert(T, 1, 0)"),
    ("table.remove", "table.remove(T, 1)"),
    ("table.move", "table.move(T, 1, #T, 2)"),
    ("table.move to another", "table.move(T, 1, #T, 1, {})"),
    ("table.move of nothing", "table.move({}, 1, 1 << 40, 2)"),
    ("table.move of nothing backwards", "table.move({}, 2, 1 << 40, 1)"),
    ("table.sort", "table.sort(T)"),
    ("table.sort by a function", "table.sort(T, function(a, b) return a > b end)"),
    (
        "table.sort of equals",
        "(function() local t = {} for i = 1, 100000 do t[i] = 1 end table.sort(t) end)()",
    ),
    (
        "table.sort of long strings",
        "(function() local t = {} for i = 1, 2000 do t[i] = ('x'):rep(4000) .. i end table.sort(t) end)()",
    ),
    (
        "table.sort of longer strings",
        "(function() local t = {} for i = 1, 8 do t[i] = S:sub(1, 1 << 20) .. i end table.sort(t) end)()",
    ),
    ("table.create", "table.create(1 << 20)"),
    ("table.create of fields", "table.create(0, 1 << 17)"),
    ("pairs", "(function() for k in pairs(H) do end end)()"),
    (
        "next of an empty table",
        "(function() for k in pairs(H) do H[k] = nil end for i = 1, 1000 do next(H) end end)()",
    ),
    (
        "clearing by next",
        "(function() local k = next(H) while k do H[k] = nil k = next(H) end end)()",
    ),
    ("ipairs", "(function() for i in ipairs(T) do end end)()"),
    (
        "length",
        "(function() local t = table.create(1 << 18) t[1 << 40] = 1 for i = 1, 1000 do local n = #t end end)()",
    ),
    ("a table that grows", "(function() local t = {} for i = 1, 300000 do t[i] = i end end)()"),
    ("a hash that grows", "(function() local t = {} for i = 1, 300000 do t[-i] = i end end)()"),
    (
        "a table filled from behind",
        "(function() local t = {} for i = 100000, 1, -1 do t[i] = i end end)()",
    ),
    (
        "a table that shrinks and grows",
        "(function() local t = {} for i = 1, 100000 do t[i] = i t[i] = nil t['x' .. i % 3] = i end end)()",
    ),
    ("select", "(function() for i = 1, 1000 do select(-1, table.unpack(T, 1, 10000)) end end)()"),
    (
        "varargs passed on",
        "(function() local function f(n, ...) if n > 0 then return f(n - 1, ...) end end f(1000, table.unpack(T, 1, 10000)) end)()",
    ),
    (
        "varargs in a table",
        "(function(...) for i = 1, 1000 do local t = { ... } end end)(table.unpack(T, 1, 10000))",
    ),
    (
        "select of varargs",
        "(function(...) for i = 1, select('#', ...) do local v = select(i, ...) end end)(table.unpack(T, 1, 10000))",
    ),
    (
        "pcall with many",
        "(function() for i = 1, 100 do pcall(print, table.unpack(T, 1, 10000)) end end)()",
    ),
    (
        "resume with many",
        "(function() local f = co.wrap(function(...) while true do co.yield(...) end end) for i = 1, 100 do f(table.unpack(T, 1, 10000)) end end)()",
    ),
    ("math.max of many", "math.max(table.unpack(T))"),
    ("collectgarbage", "collectgarbage()"),
    ("collectgarbage step", "collectgarbage('step', 1 << 30)"),
    ("collectgarbage count", "(function() for i = 1, 100000 do collectgarbage('count') end end)()"),
    ("tostring", "tostring(S)"),
    ("print", "print(S, S, S)"),
    ("print of many", "print(table.unpack(T))"),
    ("io.write", "io.write(S, S)"),
    ("io.write of many", "io.write(table.unpack(T))"),
    ("error with a long message", "pcall(error, S)"),
    ("error with a traceback", "xpcall(error, debug.traceback, S)"),
    (
        "a deep traceback",
        "(function() local function f(n) if n > 0 then return 1 + f(n - 1) end return #debug.traceback() end return f(100000) end)()",
    ),
    (
        "deep unwinding",
        "pcall(function() local function f(n) if n > 0 then return 1 + f(n - 1) end error('x') end return f(150000) end)",
    ),
    (
        "deep closing",
        "pcall(function() local function f(n) local c <close> = setmetatable({}, { __close = function() end }) if n > 0 then return 1 + f(n - 1) end error('x') end return f(20000) end)",
    ),
    (
        "debug.getinfo at depth",
        "(function() local function f(n) if n > 0 then return 1 + f(n - 1) end for i = 1, 1000 do debug.getinfo(50000) end return 0 end return f(100000) end)()",
    ),
    ("load of 1 MB", "load(('x=1 '):rep(1 << 18))"),
    ("load of a long string", "load('return [[' .. S .. ']]')"),
    ("load of a big table", "load('return {' .. ('1,'):rep(1 << 18) .. '}')"),
    ("load of a comment", "load('--' .. S)"),
    ("load of errors", "load(('x='):rep(1 << 18))"),
    ("string.dump", "string.dump(load(('x=1 '):rep(1 << 16)))"),
    ("load of a dump", "load(string.dump(load(('x=1 '):rep(1 << 16))))"),
    ("load of a long name", "load('x=', S)"),
    ("require of a long name", "pcall(require, S:sub(1, 1 << 16))"),
    ("package.searchpath", "package.searchpath('x', ('?;'):rep(1 << 14))"),
    (
        "searchpath with replacements",
        "package.searchpath(('a.'):rep(1 << 16), '?', '.', ('b'):rep(100))",
    ),
    ("os.date", "pcall(os.date, ('%c'):rep(1 << 16))"),
    ("os.time", "os.time({ year = 2000, month = 1 << 30, day = 1 << 30 })"),
    ("string.rep of nothing", "(''):rep(1 << 60)"),
    ("loops that do not run", "(function() for i = 1, 0 do end end)()"),
    (
        "dropping a big table",
        "(function() for i = 1, 3 do local t = {} for j = 1, 100000 do t[j] = {} end end collectgarbage() end)()",
    ),
    (
        "a list of 200000",
        "(function() local l for i = 1, 200000 do l = { l } end l = nil collectgarbage() end)()",
    ),
    (
        "many finalizers",
        "(function() local n = 0 for i = 1, 20000 do setmetatable({}, { __gc = function() n = n + 1 end }) end collectgarbage() end)()",
    ),
    (
        "many strings that die",
        "(function() for i = 1, 200000 do local s = 's' .. i end collectgarbage() end)()",
    ),
    (
        "many coroutines that die",
        "(function() for i = 1, 20000 do co.wrap(function() co.yield() end)() end collectgarbage() end)()",
    ),
    (
        "a weak table",
        "(function() local t = setmetatable({}, { __mode = 'kv' }) for i = 1, 100000 do t[{}] = {} end collectgarbage() end)()",
    ),
    (
        "ephemerons in a chain",
        "(function() local t = setmetatable({}, { __mode = 'k' }) local first = {} local k = first \
        for i = 1, 20000 do local n = {} t[k] = n k = n end collectgarbage() return first end)()",
    ),
];

pub(super) fn add(topic: &mut Topic) {
    for (name, work) in WORK {
        let case = topic
            .whatever(*name, format!("{PREPARE} pcall(function() return {work} end) return 1"));
        case.fuel = 100_000_000;
        case.memory = 256 << 20;
        let case = topic.endless(
            format!("{name} for ever"),
            format!("{PREPARE} while true do pcall(function() return {work} end) end"),
        );
        case.memory = 256 << 20;
        case.fuel = 2_000_000;
    }
}
