//! What takes long where one would not look for it: functions that read a long argument before they do
//! anything, stacks that grow, are searched or given up in one go, and what a collection does at once.

use super::Topic;

/// A function that calls another at a depth of so many calls; 300,000 is near the end of the stack.
const DEEP: &str = "local function deep(n, f) if n == 0 then return f() end local r = deep(n - 1, f) return r end ";

/// A function with as many variables as there can be.
fn wide(call: &str) -> String {
    let names: Vec<String> = (1..=195).map(|index| format!("v{index}")).collect();
    format!("local function f(n) local {} {call} end ", names.join(", "))
}

/// Long arguments, each of one call and of calls without end.
const ARGUMENTS: &[(&str, &str)] = &[
    ("a size with zeros before it", "string.pack('c' .. ('0'):rep(4 << 20) .. '4', 'abcd')"),
    (
        "a size with zeros before it is measured",
        "string.packsize('i' .. ('0'):rep(4 << 20) .. '4')",
    ),
    ("a format that ends at once", "string.pack('\\0' .. (' '):rep(4 << 20))"),
    ("unpack of a long format", "string.unpack(('x'):rep(4 << 20), ('y'):rep(4 << 20))"),
    ("unpack of long strings", "string.unpack('s4s4', string.pack('s4s4', S, S))"),
    ("pack of many strings", "string.pack(('z'):rep(10), S, S, S, S, S, S, S, S, S, S)"),
    ("a pattern with a set without an end", "S:match('[' .. S)"),
    ("a pattern with many ranges", "S:find('[' .. ('\\0-\\xFF'):rep(1 << 18) .. ']')"),
    ("a pattern that is a string", "S:find('xy' .. S)"),
    ("a pattern that is an anchored string", "('y'):find('^' .. S)"),
    ("gsub with a long pattern", "('x'):gsub(('x-'):rep(1 << 18), '%0')"),
    (
        "gmatch with a long pattern",
        "(function() for w in S:gmatch(('x?'):rep(100000)) do end end)()",
    ),
    ("a pattern with an escape at its end", "('x'):match(('x-'):rep(1 << 18) .. '%')"),
    ("a needle like the subject", "S:find(S:sub(1, -2) .. 'y', 1, true)"),
    ("a needle that is the subject", "S:find(S, 1, true)"),
    (
        "a needle with a common middle",
        "(('a'):rep(1 << 20) .. 'b' .. ('a'):rep(1 << 20)):find(('a'):rep(1 << 19) .. 'b' .. ('a'):rep(1 << 20) .. 'a', 1, true)",
    ),
    ("a number in a base", "tonumber(('z'):rep(4 << 20), 36)"),
    ("a number in a base after spaces", "tonumber((' '):rep(4 << 20) .. 'z', 36)"),
    ("a hexadecimal fraction", "tonumber('0x.' .. ('0'):rep(4 << 20) .. '1p' .. ('0'):rep(100))"),
    ("a fraction of zeros", "tonumber('0.' .. ('0'):rep(4 << 20) .. '1')"),
    ("an exponent of digits", "tonumber('1e-' .. ('9'):rep(4 << 20))"),
    ("spaces on both sides", "tonumber((' '):rep(2 << 20) .. '1' .. (' '):rep(2 << 20))"),
    ("a string that is no number", "('x'):rep(4 << 20) + 1"),
    ("utf8.len of long characters", "utf8.len(('\\u{10FFFF}'):rep(1 << 20))"),
    ("utf8.offset over long characters", "utf8.offset(('\\u{10FFFF}'):rep(1 << 20), 1 << 20)"),
    ("utf8.offset to a beginning", "utf8.offset('\\xC2' .. ('\\x80'):rep(4 << 20), 0, 4 << 20)"),
    (
        "utf8.codes over continuation bytes",
        "(function() local f = utf8.codes('x') f('x' .. ('\\x80'):rep(4 << 20), 1) end)()",
    ),
    ("searchpath for a long name", "package.searchpath(('a.'):rep(1 << 20), '?;?')"),
    ("searchpath with marks", "package.searchpath('ab', ('?'):rep(1 << 20))"),
    ("searchpath for a name of templates", "package.searchpath((';'):rep(1 << 16), '?')"),
    (
        "concatenation of many",
        "(function() local a = S .. S .. 1 .. S .. 2.5 .. S return #a end)()",
    ),
    (
        "a string that is cut by a format",
        "(('%.1s'):rep(50)):format(table.unpack(table.pack(S, S, S, S)))",
    ),
    ("a padded format of long strings", "('%9s%9s'):format(S, S)"),
    ("a wrong format of a long string", "('%+9s'):format(S)"),
    (
        "a format of what is long as a string",
        "('%s'):format(setmetatable({}, { __tostring = function() return S end }))",
    ),
    ("table.concat of very long strings", "table.concat({ S, S, S }, S)"),
    ("a dump of a long string", "string.dump(load('return [[' .. S .. ']]'))"),
    ("load of a dump of a long string", "load(string.dump(load('return [[' .. S .. ']]')))"),
    ("load with a long mode", "load('x', 'c', S)"),
    ("getinfo with many options", "debug.getinfo(1, ('S'):rep(4 << 20))"),
    ("the source of a chunk with a long name", "debug.getinfo(load('', S), 'S')"),
    ("the lines of a long function", "debug.getinfo(load(('x=1\\n'):rep(50000)), 'L')"),
    ("a long name of a variable", "load('local ' .. S .. ' = 1 return debug.getlocal(1, 1)')()"),
    (
        "a long name of an upvalue",
        "debug.getupvalue(load('local ' .. S .. ' return function() return ' .. S .. ' end')(), 1)",
    ),
    ("a fault with a long name of a variable", "load(S .. '.x()')()"),
    ("a fault with a long name of a method", "load('local t = {} t:' .. S .. '()')()"),
    (
        "a call with a long name",
        "load('local ' .. S .. ' = debug.getinfo ' .. S .. '(0, \"n\")')()",
    ),
    ("a hook with a long mask", "debug.sethook(print, S)"),
    ("a traceback of a long message", "debug.traceback(S)"),
    ("a long option for the collector", "collectgarbage(S)"),
    ("a long name of a type", "tostring(setmetatable({}, { __name = S }))"),
    (
        "many long names of types",
        "(function() local o = setmetatable({}, { __name = S }) local t = {} for i = 1, 200 do t[i] = o end print(table.unpack(t)) end)()",
    ),
    ("an argument with a long name of its type", "('x'):rep(setmetatable({}, { __name = S }))"),
    ("a fault with a long name of a type", "setmetatable({}, { __name = S }) + 1"),
    ("max of integers and floats", "math.max(1.5, table.unpack(T))"),
    ("sort with a comparison that fails at once", "table.sort(T, error)"),
    ("sort of what is sorted", "table.sort(T)"),
    ("a format of long strings", "('%s%s%s'):format(S, S, S)"),
    ("print of long strings", "print(S, S)"),
    ("print of many short strings", "print(table.unpack(W, 1, 1000))"),
    ("io.write of a long string", "io.write(S, 1, S)"),
    ("select of the last", "select(-1, table.unpack(T))"),
    ("select of the number", "select('#', table.unpack(T))"),
    (
        "insert at the front of a long table",
        "(function() for i = 1, 20 do table.insert(T, 1, i) end end)()",
    ),
    (
        "remove from the front of a long table",
        "(function() for i = 1, 20 do table.remove(T, 1) end end)()",
    ),
    ("move over itself", "(function() for i = 1, 5 do table.move(T, 1, #T, i) end end)()"),
    ("sort with a comparison that lies", "table.sort(T, function(a, b) return true end)"),
    (
        "sort with a comparison by chance",
        "table.sort(T, function(a, b) return math.random() < 0.5 end)",
    ),
    (
        "next over what was cleared",
        "(function() local t = {} for i = 1, 100000 do t['k' .. i] = i end for k in next, t do t[k] = nil end for i = 1, 100 do next(t) end end)()",
    ),
    (
        "length of a table with holes",
        "(function() local t = {} for i = 1, 1 << 17, 2 do t[i] = i end for i = 1, 10000 do local n = #t end end)()",
    ),
    (
        "a string with a __tostring in a __tostring",
        "(function() local o = {} for i = 1, 150 do local p = o o = setmetatable({}, { __tostring = function() return ('%s'):format(p) end }) end tostring(o) end)()",
    ),
];

/// Calls without end whose work does not show in what they are given or give back.
const REPEATED: &[(&str, &str, &str)] = &[
    ("a string without its end", "local S = ('x'):rep(8 << 20)", "string.unpack('z', S)"),
    (
        "a string whose end is far",
        "local S = ('x'):rep(8 << 20) .. '\\0'",
        "string.unpack('zb', S)",
    ),
    (
        "a string with a zero at its end",
        "local S = ('x'):rep(8 << 20) .. '\\0'",
        "string.pack('z', S)",
    ),
    ("a needle longer than the subject", "local N = ('z'):rep(1 << 14)", "('x'):find(N)"),
    ("a long replacement for nothing", "local R = ('z'):rep(1 << 17)", "('x'):gsub('y', R)"),
    ("a pattern of many sets", "local P = ('[a]'):rep(333)", "('x'):match(P)"),
    ("a pattern of 999 bytes", "local P = ('z'):rep(999)", "('x'):match(P)"),
    ("a set of many ranges", "local P = '[' .. ('a-z'):rep(331) .. ']'", "('x'):match(P)"),
    (
        "a needle like half of the subject",
        "local S, N = ('a'):rep(4 << 20), ('a'):rep(512) .. 'b' .. ('a'):rep(511)",
        "S:find(N, 1, true)",
    ),
    (
        "a format of floats as strings",
        "local F, T = ('%s'):rep(10000), {} for i = 1, 10000 do T[i] = math.random() end",
        "F:format(table.unpack(T))",
    ),
    (
        "a format of functions",
        "local F, T = ('%s'):rep(10000), {} for i = 1, 10000 do T[i] = print end",
        "F:format(table.unpack(T))",
    ),
    (
        "a format of tiny floats",
        "local F, T = ('%.50g%e%.0f'):rep(3000), {} for i = 1, 9000 do T[i] = 2.2250738585072011e-308 end",
        "F:format(table.unpack(T))",
    ),
    (
        "floats as replacements",
        "local S = ('x'):rep(100000)",
        "S:gsub('x', { x = 1.2345678901234567e300 })",
    ),
    (
        "string.char of numerals",
        "local T, s = {}, '65' for i = 1, 500000 do T[i] = s end",
        "string.char(table.unpack(T))",
    ),
    (
        "string.char of padded numerals",
        "local T, s = {}, (' '):rep(1000) .. '65' for i = 1, 100000 do T[i] = s end",
        "string.char(table.unpack(T))",
    ),
    (
        "a format of numerals between two floats",
        HALF_WAY,
        "('%g'):rep(5000):format(table.unpack(T))",
    ),
    ("pack of numerals between two floats", HALF_WAY, "('n'):rep(5000):pack(table.unpack(T))"),
    ("tonumber of a numeral between two floats", HALF_WAY, "tonumber(S)"),
    ("a sum of numerals between two floats", HALF_WAY, "local x = S + S"),
    (
        "a numeral close to the middle",
        "local S = '9007199254740993.' .. ('0'):rep(35) .. '1'",
        "tonumber(S)",
    ),
    ("a sum of numerals of floats", "local S = '1.2345678901234567e300'", "local x = S + S"),
    (
        "a dump of many functions",
        "local f = load(('x = function() end '):rep(50000))",
        "string.dump(f)",
    ),
    (
        "utf8.codes over continuation bytes again",
        "local S, f = 'a' .. ('\\x80'):rep(8 << 20), utf8.codes('')",
        "f(S, 1)",
    ),
    (
        "utf8.char of long characters",
        "local T = {} for i = 1, 500000 do T[i] = 0x7FFFFFFF end",
        "utf8.char(table.unpack(T))",
    ),
    (
        "unpack of many short strings",
        "local S, F = ('abcdefghijklm\\0'):rep(5000), ('z'):rep(5000)",
        "F:unpack(S)",
    ),
];

/// A numeral that lies half way between two floats, and many of them.
const HALF_WAY: &str = "local S = '2.47032822920623272088284396434110686182' .. ('4'):rep(700) .. 'e-324' \
    local T = {} for i = 1, 5000 do T[i] = S end";

/// Adds the cases of this topic.
pub(super) fn add(topic: &mut Topic) {
    let prepare = "local S = ('x'):rep(4 << 20) local T = table.create(200000) \
        for i = 1, 200000 do T[i] = i end local W = {} for i = 1, 1000 do W[i] = ('w'):rep(1000) end ";
    for (name, work) in ARGUMENTS {
        let case = topic.whatever(
            *name,
            format!("{prepare} return select('#', pcall(function() return {work} end)) > 0"),
        );
        (case.memory, case.fuel) = (256 << 20, 100_000_000);
        let endless = topic.endless(
            format!("{name} for ever"),
            format!("{prepare} while true do pcall(function() return {work} end) end"),
        );
        (endless.memory, endless.fuel) = (256 << 20, 2_000_000);
    }
    for (name, prepare, call) in REPEATED {
        let source = format!("{prepare} while true do pcall(function() {call} end) end");
        topic.endless(*name, source).memory = 64 << 20;
    }
    stacks(topic);
    collections(topic);
}

/// Deep stacks, and what looks at them.
fn stacks(topic: &mut Topic) {
    for (name, work) in [
        ("xpcall at depth", "xpcall(error, function(m) return m end)"),
        ("pcall at depth", "pcall(error, 'x')"),
        ("a level at depth", "pcall(error, 'x', 299000)"),
        ("a traceback at depth", "debug.traceback('x', 1)"),
        ("a level of information at depth", "debug.getinfo(299000, 'l')"),
        ("a local at depth", "debug.getlocal(299000, 1)"),
        ("a coroutine at depth", "coroutine.wrap(function() end)()"),
        ("a coroutine that fails at depth", "pcall(coroutine.wrap(error))"),
        ("load at depth", "load('return 1')()"),
        ("collecting at depth", "collectgarbage('step')"),
        ("garbage at depth", "setmetatable({}, { __gc = function() end })"),
        ("an overflow at depth", "pcall(deep, 400000)"),
        ("a sort at depth", "table.sort({ 3, 2, 1 }, function(a, b) return a < b end)"),
    ] {
        let source = format!(
            "{DEEP} return deep(299000, function() while true do local r = {work} end end)"
        );
        let case = topic.endless(format!("{name} for ever"), source);
        (case.memory, case.fuel) = (256 << 20, 6_000_000);
    }
    let case = topic.endless(
        "the levels of another coroutine",
        format!("{DEEP} local co = coroutine.create(deep) coroutine.resume(co, 299000, coroutine.yield) \
            while true do debug.getinfo(co, 298000) debug.getlocal(co, 298000, 1) debug.traceback(co) end"),
    );
    (case.memory, case.fuel) = (256 << 20, 6_000_000);
    for (name, call) in [
        ("frames of many registers", "return (f(v1))"),
        ("frames of many registers with extra arguments", "return (f(v1, v2, n))"),
    ] {
        let source = wide(call) + "for i = 1, 3 do pcall(f) end local ok, e = pcall(f) return e";
        let case = topic.returns(name, source, "overflow");
        (case.memory, case.fuel) = (256 << 20, 100_000_000);
    }
    for (name, body) in [
        ("calls that are nothing but frames", "local function f() f() end f()"),
        (
            "calls with a handler",
            "local function f() f() end xpcall(f, debug.traceback) local ok, e = xpcall(f, function(m) return m end) error(e)",
        ),
        (
            "calls in a coroutine",
            "local function f() f() end local co = coroutine.create(f) local ok, e = coroutine.resume(co) coroutine.close(co) error(e)",
        ),
        ("calls in a wrapped coroutine", "local function f() f() end coroutine.wrap(f)()"),
        ("calls with extra arguments", "local function f(...) f(1, ...) end f()"),
        (
            "variables to be closed",
            "local t = setmetatable({}, { __close = function() end }) local function f() local x <close> = t f() end f()",
        ),
        (
            "metamethods in metamethods",
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] .. 1 end return t.x",
        ),
    ] {
        let case = topic.fails(name, body, "overflow");
        (case.memory, case.fuel) = (256 << 20, 100_000_000);
        let case = topic.endless(
            format!("{name} for ever"),
            format!("while true do pcall(function() {body} end) end"),
        );
        (case.memory, case.fuel) = (256 << 20, 6_000_000);
    }
    let case = topic.endless(
        "deep coroutines that are dropped",
        format!("{DEEP} while true do local co = coroutine.create(deep) coroutine.resume(co, 50000, coroutine.yield) end"),
    );
    (case.memory, case.fuel) = (64 << 20, 6_000_000);
    let case = topic.endless(
        "deep and shallow in turns",
        format!("{DEEP} while true do deep(100000, function() end) for i = 1, 1000 do local t = {{}} end end"),
    );
    (case.memory, case.fuel) = (64 << 20, 6_000_000);
}

/// What a collection does at once.
fn collections(topic: &mut Topic) {
    for (name, source) in [
        (
            "an ephemeron that holds many",
            "local t, k = setmetatable({}, { __mode = 'k' }), {} local l for i = 1, 300000 do l = { l } end t[k] = l l = nil \
            collectgarbage() return t[k] ~= nil",
        ),
        (
            "a finalizer that holds many",
            "do local l for i = 1, 300000 do l = { l } end setmetatable({ l }, { __gc = function() end }) end collectgarbage() collectgarbage() return true",
        ),
        (
            "a chain of ephemerons behind a finalizer",
            "local t = setmetatable({}, { __mode = 'k' }) local n = 0 do local first = setmetatable({}, { __gc = function(k) while t[k] do k = t[k] n = n + 1 end end }) \
            local k = first for i = 1, 30000 do local n = {} t[k] = n k = n end end collectgarbage() return n == 30000",
        ),
        (
            "a chain of ephemerons by other tables",
            "local t = setmetatable({}, { __mode = 'k' }) local first = {} local k = first for i = 1, 3000 do local n = {} t[k] = { n } k = n end k = nil \
            collectgarbage() local n = 0 k = first while t[k] do k = t[k][1] n = n + 1 end return n == 3000",
        ),
        (
            "a chain of ephemerons in many tables",
            "local all = {} local first = {} local k = first for i = 1, 3000 do local n = {} all[i] = setmetatable({ [k] = { n } }, { __mode = 'k' }) k = n end k = nil \
            collectgarbage() local n = 0 k = first while all[n + 1] and all[n + 1][k] do k = all[n + 1][k][1] n = n + 1 end return n == 3000",
        ),
        (
            "many finalizers",
            "for i = 1, 100000 do setmetatable({}, { __gc = function() end }) end collectgarbage() return true",
        ),
        (
            "many weak tables",
            "local all = {} for i = 1, 50000 do all[i] = setmetatable({ {} }, { __mode = 'v' }) end collectgarbage() return all[7][1] == nil",
        ),
        (
            "weak values that are cleared before finalizers run",
            "local t = setmetatable({}, { __mode = 'v' }) local l local seen = 'never' do local l for i = 1, 20000 do l = { l } end \
            t[1] = setmetatable({ l }, { __gc = function(o) seen = t[1] end }) end collectgarbage() return seen == nil and t[1] == nil",
        ),
    ] {
        let case = topic.returns(name, source, "true");
        (case.memory, case.fuel) = (256 << 20, 500_000_000);
    }
    let case = topic.endless(
        "finalizers that are made all the time",
        "local m = { __gc = function() end } local t = setmetatable({}, { __mode = 'k' }) \
        while true do local first = setmetatable({}, m) local k = first for i = 1, 300 do local n = {} t[k] = { n } k = n end end",
    );
    (case.memory, case.fuel) = (64 << 20, 6_000_000);
}
