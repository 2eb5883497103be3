//! The edges of numbers: division and remainder at the ends, shifts, loops up to the limits, exponents
//! and digits without end, NaN.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    for (name, expression, result) in [
        ("mininteger // -1", "math.mininteger // -1 == math.mininteger", "true"),
        ("mininteger % -1", "math.mininteger % -1", "0"),
        ("mininteger * -1", "math.mininteger * -1 == math.mininteger", "true"),
        ("-mininteger", "-math.mininteger == math.mininteger", "true"),
        ("math.abs", "math.abs(math.mininteger) == math.mininteger", "true"),
        ("maxinteger + 1", "math.maxinteger + 1 == math.mininteger", "true"),
        ("1 << 64", "1 << 64", "0"),
        ("1 << mininteger", "1 << math.mininteger", "0"),
        ("-1 >> 63", "-1 >> 63", "1"),
        ("1 << -1", "2 << -1", "1"),
        ("NaN", "0/0 ~= 0/0", "true"),
        ("NaN in math.max", "math.max(0/0, 1) ~= 1", "true"),
        ("0.0 // 0", "0.0 // 0 ~= 0.0 // 0", "true"),
        ("1 % inf", "1 % math.huge", "1.0"),
        ("-1 % inf", "-1 % math.huge == math.huge", "true"),
        ("1 // inf", "1 // math.huge", "0.0"),
        ("inf % 2", "math.huge % 2 ~= math.huge % 2", "true"),
        ("2^1024", "2^1024 == math.huge", "true"),
        ("0^-1", "0^-1 == math.huge", "true"),
        ("float to integer", "2^53 | 0 == 1 << 53", ""),
        (
            "compare at the ends",
            "math.maxinteger + 0.0 > math.maxinteger and math.mininteger <= -2^63",
            "true",
        ),
        ("compare with NaN", "not (1 < 0/0) and not (1 > 0/0) and not (0/0 == 0/0)", "true"),
        ("math.fmod at the ends", "math.fmod(math.mininteger, -1)", "0"),
        ("math.ult", "math.ult(1, -1)", "true"),
        ("math.tointeger", "math.tointeger(2^63)", "nil"),
        ("math.floor of great", "math.floor(1e308) == 1e308", "true"),
        ("math.floor of inf", "math.floor(math.huge) == math.huge", "true"),
        ("tostring", "tostring(math.mininteger)", "-9223372036854775808"),
        ("tostring of -0.0", "tostring(-0.0)", "-0.0"),
        ("tostring of tiny", "tonumber(tostring(5e-324)) == 5e-324", "true"),
        ("tonumber of a great hexadecimal", "tonumber('0x' .. ('f'):rep(1000))", "-1"),
        ("tonumber of a great exponent", "tonumber('1e99999999999999999999') == math.huge", "true"),
        ("tonumber of a tiny exponent", "tonumber('1e-99999999999999999999')", "0.0"),
        (
            "tonumber of a hexadecimal exponent",
            "tonumber('0x1p99999999999999999999') == math.huge",
            "true",
        ),
        (
            "tonumber of nonsense",
            "tonumber('0x'), tonumber(''), tonumber('1e'), tonumber('1 1'), tonumber('\\0'), tonumber('1\\0')",
            "nil nil nil nil nil nil",
        ),
        (
            "tonumber in bases",
            "tonumber('zz', 36), tonumber('8', 8), tonumber('-ff', 16)",
            "1295 nil -255",
        ),
        ("string arithmetic", "'0x10' + 0, '1e1' * 1, ' 5 ' // 2", "16 10.0 2"),
        ("ldexp", "math.ldexp and math.ldexp(1, 1 << 30) or 1/0", ""),
        (
            "random at the ends",
            "math.type(math.random(math.mininteger, math.maxinteger))",
            "integer",
        ),
        ("utf8.char at the end", "#utf8.char(0x7FFFFFFF)", "6"),
        (
            "format of NaN and inf",
            "('%d'):format(3.0), ('%g'):format(1/0), ('%.3f'):format(-1/0)",
            "3 inf -inf",
        ),
        (
            "format of mininteger",
            "('%d'):format(math.mininteger), ('%x'):format(-1)",
            "-9223372036854775808 ffffffffffffffff",
        ),
        ("format %.99f", "#('%.99f'):format(1e308) > 300", "true"),
        ("format %a", "('%a'):format(0.5)", "0x1p-1"),
    ] {
        topic.returns(name, format!("return {expression}"), result);
    }
    for (name, expression, message) in [
        ("1 // 0", "1 // 0", ""),
        ("1 % 0", "1 % 0", "attempt to perform"),
        ("2^53 | 0.5", "1 | 0.5", "number has no integer representation"),
        ("NaN | 0", "(0/0) | 0", "number has no integer representation"),
        ("inf << 1", "math.huge << 1", "has no integer representation"),
        ("2^63 | 0", "2^63 | 0", "number has no integer representation"),
        ("math.random backwards", "math.random(2, 1)", "interval is empty"),
        ("math.random beyond", "math.random(1, 2, 3)", "wrong number"),
        ("format %d of a fraction", "('%d'):format(1.5)", "number has no integer representation"),
        ("tonumber in base 1", "tonumber('1', 1)", "base out of range"),
        ("tonumber in base 37", "tonumber('1', 37)", "base out of range"),
        ("utf8.char beyond", "utf8.char(1 << 31)", "value out of range"),
        ("utf8.codepoint of nonsense", "utf8.codepoint('\\xFF')", "invalid UTF-8 code"),
        ("utf8.len out of bounds", "utf8.len('x', 5)", "out of bounds"),
        ("utf8.offset in a character", "utf8.offset('\\u{100}', 1, 2)", "continuation byte"),
        ("string.char beyond", "string.char(256)", "value out of range"),
        ("select 0", "select(0)", "index out of range"),
        ("select far below", "select(math.mininteger)", "index out of range"),
        ("math.floor of a table", "math.floor({})", "number expected"),
        ("os.time of nonsense", "os.time({ year = 1 << 62, month = 1, day = 1 })", "out-of-bound"),
        ("os.date beyond", "os.date('*t', math.maxinteger)", ""),
        ("os.date of nonsense", "os.date('%Ez', 0)", "invalid conversion"),
    ] {
        topic.fails(name, format!("return {expression}"), message);
    }
    for (name, head, result) in [
        ("up to maxinteger", "math.maxinteger - 2, math.maxinteger", "3"),
        ("down to mininteger", "math.mininteger + 2, math.mininteger, -1", "3"),
        ("in great steps", "1, math.maxinteger, math.maxinteger // 2", "3"),
        ("in the greatest step", "math.mininteger, math.maxinteger, math.maxinteger", "3"),
        ("down in the greatest step", "math.maxinteger, math.mininteger, math.mininteger", "2"),
        ("up to inf", "math.maxinteger - 1, math.huge", "2"),
        ("up to NaN", "1, 0/0", "0"),
        ("from above", "2, 1", "0"),
        ("of floats that do not move", "2^53, 2^53 + 2", ""),
        ("down to -inf", "math.mininteger + 1, -math.huge, -1", "2"),
    ] {
        topic.returns(
            format!("a loop {name}"),
            format!(
                "local n = 0 for i = {head} do n = n + 1 if n > 10 then break end end return n"
            ),
            result,
        );
    }
    topic.fails("a loop with step 0", "for i = 1, 2, 0 do end", "'for' step is zero");
    topic.fails("a loop with a float step 0", "for i = 1.0, 2, 0 do end", "'for' step is zero");
    topic.fails("a loop of words", "for i = 'x', 2 do end", "'for' initial value");
    topic.endless("a loop of floats without end", "for i = 2^53, math.huge do end");
    topic.endless("a loop to maxinteger", "for i = 1, math.maxinteger do end");
    topic.endless("a loop down to mininteger", "for i = -1, math.mininteger, -1 do end");
}
