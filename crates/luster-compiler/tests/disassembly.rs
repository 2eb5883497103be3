//! What each construct turns into: snapshots of disassembly.
//!
//! Each snapshot shows its sources, every one followed by its code. What the code does is tested
//! with the machine, on Lua scripts.

use std::fmt::Write;

/// Compiles each source and compares the disassembly with the snapshot of this name.
fn check(name: &str, sources: &[&str]) {
    let mut text = String::new();
    for source in sources {
        let prototype = match luster_compiler::compile(source.as_bytes(), b"=test") {
            Ok(prototype) => prototype,
            Err(error) => panic!("{source}: {error}"),
        };
        for line in source.lines() {
            writeln!(text, "| {line}").unwrap();
        }
        writeln!(text, "{}", prototype.disassemble()).unwrap();
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn literals() {
    check(
        "literals",
        &[
            "local a, b, c, d = nil, true, false, 7",
            "local a, b, c = 1.0, 1.5, 3000000000",
            "local a, b, c = 0.0, -0.0, 1e300",
            "local a, b = 'text', \"a string of more than the forty bytes of a field's name\"",
            "local a local b, c local d",
        ],
    );
}

#[test]
fn folding() {
    check(
        "folding",
        &[
            "return 1 + 2 * 3, 2^10, 7 // 2, 7 % -3, 1 << 62, ~0, -(3), 10 / 4",
            "return not nil, not 0, not 'x', not not 1",
            // What may fail, or gives a NaN or a zero float, is left to run time.
            "return 1 // 0, 1 % 0, 1 / 0, 0.0 * 1, 1.5 | 1, -0.0, '1' + 1",
            "local n <const>, s <const> = 1, 'x' return n, s .. s, s == s",
            "local k <const> = 10 local function f() return k * k end",
        ],
    );
}

#[test]
fn arithmetic() {
    check(
        "arithmetic",
        &[
            "local x, y return x + y, x - y, x * y, x / y, x // y, x % y, x ^ y",
            "local x, y return x & y, x | y, x ~ y, x << y, x >> y",
            "local x return -x, ~x, #x, not x",
            // Immediates and constants, on either side.
            "local x return x + 1, 1 + x, x - 1, 1 - x, x + 1.5, 1.5 + x, x - 1.5",
            "local x return x - 0x80000000, x - 0x80000001, x - math.mininteger",
            "local x return x * 2, 2 * x, x / 2, 2 / x, x // 2, 2 // x, x % 2, 2 % x, x ^ 2, 2 ^ x",
            "local x return x & 1, 1 & x, x | 1.0, x ~ 1, x << 1, 1 << x, x >> 1, 1 >> x",
            "local x return 'a' + x, x + 'a', nil - x",
            "local x, y, z return x + y * z, (x + y) * (y + z), x - (y - (z - x))",
            "local x x = x + 1",
        ],
    );
}

#[test]
fn concatenation() {
    check(
        "concatenation",
        &[
            "local a, b return a .. b, 'x' .. a .. 1 .. b, (a .. b) .. a, a .. b + 1",
            "local a a = a .. 'x'",
        ],
    );
}

#[test]
fn comparisons() {
    check(
        "comparisons",
        &[
            "local x, y if x == y then f() end if x ~= y then f() end if x < y then f() end",
            "local x, y if x <= y then f() end if x > y then f() end if x >= y then f() end",
            "local x if x < 5 then f() end if 5 < x then f() end if x >= -1 then f() end",
            "local x if x < 40000 then f() end if x < 1.0 then f() end if 'a' < x then f() end",
            "local x if x == nil then f() end if 'k' ~= x then f() end if x == 1.5 then f() end",
            "local x, y local b = x < y, x == 1 b = not (x < y) b = x == y == true",
            "return 1 < 2, 'a' == 'b'",
        ],
    );
}

#[test]
fn conditions() {
    check(
        "conditions",
        &[
            "local a, b, c if a and b or c then f() else g() end",
            "local a, b, c if (a or b) and not c then f() elseif not (a and b) then g() end",
            "local a if not a then f() end if not not a then f() end",
            "if true then f() end if nil then f() end while 1 do f() end",
            "local a if a then return end if a then return 1 else return 2 end",
        ],
    );
}

#[test]
fn logic_as_value() {
    check(
        "logic_as_value",
        &[
            "local a, b, c local x = a and b local y = a or b local z = a and b or c",
            "local a, b, c local x = a == b and c or nil local y = not a or not b",
            "local a, b = ... a = a or 5 a = b and a a = b or a.x a = a and a.x",
            "local a return a.x and a.y or a.z, 1 and a, nil or a, false and a, a or true",
            "g = x and y",
            "local a, b, c, d return (a or b) and (c or d), not (a and b)",
        ],
    );
}

#[test]
fn variables() {
    check(
        "variables",
        &[
            "x = y",
            "local a = 1 local function f() a = a + 1 return a end",
            "local function outer(a) return function() return function() a = a end end end",
            "local function f() return f end local function g() end",
            "local _ENV = {} x = 1 return x",
            "local function f(_ENV) x = y return function() return z end end",
            "local a do local a = a end a = nil",
        ],
    );
}

#[test]
fn globals() {
    check(
        "globals",
        &[
            "global x, y = 1 x = y",
            "global function f() return f end",
            "global <const> print global * print(x)",
        ],
    );
}

#[test]
fn indexing() {
    check(
        "indexing",
        &[
            "local t, k return t.x, t[1], t[255], t[256], t[-1], t[k], t['x'], t[1.0], t[nil]",
            "local t, k t.x = 1 t[1] = k t[k] = t t['x y'] = nil t[300] = 1",
            "local t return t.a_name_of_more_than_the_forty_bytes_of_a_field",
            "return a.b.c[1][x], ('x').y",
            "local t local function f() t.x = t.y t[1] = t.z end",
        ],
    );
}

#[test]
fn calls() {
    check(
        "calls",
        &[
            "f() f(1) f(1, 'x') f'x' f{} f(g()) f(1, g()) f(g(), 1) f((g()))",
            "local f, t f(t) f(f) t.x.y(1) t:m() t:m(1, t:n()) ('x'):rep(3)",
            "local t t:a_name_of_more_than_the_forty_bytes_of_a_field(1)",
            "local x = f() local y, z = f() local a, b = 1, f() local c, d = f(), 1",
            "local f x = f() f = f() return f(f())",
            "return f(), g()",
            "local t return t:m(1)",
            "return (f())",
            "f()()() f().x:g()[1]()",
        ],
    );
}

#[test]
fn varargs() {
    check(
        "varargs",
        &[
            "local a, b = ... f(...) f(..., 1) local t = {...} return ...",
            "return (...), 1, ...",
            "local function f(a, ...t) return t[a], t.n, ... end",
            "local function f(...t) t[1] = 1 return ... end",
            "local function f(...t) return t, ... end",
            "local function f(...t) return function() return t[1] end, ... end",
            "local function f(..._ENV) return x end",
        ],
    );
}

#[test]
fn tables() {
    check(
        "tables",
        &[
            "local t = {} t = {1, 2, 3} t = {x = 1, y = t, [t] = 2, [1] = 3, ['z'] = 4}",
            "local t = {1, x = 2, f()} t = {f(), 1} t = {...} t = {(f())}",
            "local t t = {t, t.x} t = {{}, {{}}}",
            concat!(
                "return {1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,",
                "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,f()}"
            ),
        ],
    );
}

#[test]
fn functions() {
    check(
        "functions",
        &[
            "function f(a, b) end function t.a.b() end function t:m(x) return self, x end",
            "local f function f() end f = function(a) return function() return a end end",
            "return function(...) end",
        ],
    );
}

#[test]
fn assignments() {
    check(
        "assignments",
        &[
            "local a, b a, b = b, a",
            "local a, b, c a, b, c = 1 a, b = f() a, b = 1, 2, f() a, b = f(), 1",
            "local i, t i, t[i] = i + 1, 20",
            "local i, t t[i], i = 20, i + 1",
            "local i, t t.x, t[i], t[1], t, i = 1, 2, 3, 4, 5",
            "local t local function f() t.x, t = 1, 2 end",
            "x, _ENV = 1, 2",
            "local a, b local function f() return a end a = b a, b = b, a",
        ],
    );
}

#[test]
fn while_and_repeat() {
    check(
        "while_and_repeat",
        &[
            "local x while x do x = x.next end",
            "local x while true do if x then break end f() end",
            "local x repeat x = f() until x",
            "repeat local x = f() local g = function() return x end until x == g",
            "repeat local x <close> = f() if x.a then break end until x.b",
        ],
    );
}

#[test]
fn for_loops() {
    check(
        "for_loops",
        &[
            "for i = 1, 10 do f(i) end",
            "for i = 10, 1, -1 do if i == 5 then break end end",
            "for i = 1, 2 do local g = function() return i end end",
            "for k, v in pairs(t) do f(k, v) end",
            "for a in f, s, c, close do end for a, b, c, d, e in f do end",
            "for k, v in next, t do local g = function() return k, v end end",
            "for k in f() do if k then break end for i = 1, 2 do return k end end",
        ],
    );
}

#[test]
fn goto_and_labels() {
    check(
        "goto_and_labels",
        &[
            "::top:: f() goto top",
            "do goto done f() end ::done:: g()",
            "for i = 1, 3 do if i == 2 then goto continue end f(i) ::continue:: end",
            "while x do if y then goto continue end f() ::continue:: end",
            "local a ::top:: local b = f() local g = function() return a, b end goto top",
        ],
    );
}

#[test]
fn to_be_closed() {
    check(
        "to_be_closed",
        &[
            "local x <close> = f() return g(x)",
            "do local x <close>, y = f() y() end g()",
            "local x <close> = f() local g = function() return x end",
            "for i = 1, 3 do local x <close> = f() if x then goto continue end g() ::continue:: end",
            "while a do local x <close> = f() if x then break end end",
            "local x <close> = f() if x then return end return 1, 2",
            "do local x <close> = f() ::top:: do local y <close> = f() goto top end end",
        ],
    );
}
