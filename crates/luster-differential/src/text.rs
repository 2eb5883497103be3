//! Calls whose arguments are small languages of their own: formats of `string.format`, patterns,
//! formats of `string.pack`, numerals, dates. They are put together from pieces at random, some of
//! them wrong.

use crate::random::Random;

/// Values for `string.format`.
const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "42",
    "255",
    "-255",
    "123456789",
    "math.maxinteger",
    "math.mininteger",
    "0.0",
    "-0.0",
    "1.5",
    "-2.75",
    "0.1",
    "1/3",
    "2/3",
    "1e15",
    "1e16",
    "123456.789",
    "1e100",
    "1e-100",
    "5e-324",
    "1.7976931348623157e308",
    "2^53",
    "2^63",
    "9.5",
    "0.5",
    "2.5",
    "99999.5",
    "999999.5",
    "math.huge",
    "-math.huge",
    "math.pi",
    "3.0",
    "-7.0",
    "'text'",
    "''",
    "'a\\0b'",
    "'12'",
    "'0x1p3'",
    "'1.5'",
    "\"quote\\\"d\\n\\r\\0001\\t\\200\"",
    "V.long",
    "nil",
    "true",
    "{}",
    "V.textual()",
    "V.named()",
];

/// Pieces of patterns.
const PIECES: &[&str] = &[
    "a", "b", "ab", ".", "%a", "%d", "%s", "%w", "%p", "%x", "%l", "%u", "%c", "%g", "%A", "%D",
    "%W", "%S", "[ab]", "[^ab]", "[a-c]", "[%a_]", "[^%s]", "[]]", "[^]]", "[a-]", "[%]]", "[%-x]",
    "[0-9a-f]", "%.", "%%", "%(", "(a)", "(.)", "()", "(a*)", "(.-)", "%1", "%2", "%b()", "%bxy",
    "%f[%w]", "%f[^%w]", "%f[%z]", "=", "-", " ", "\\0", "x", "1",
];

/// What may stand behind a piece.
const REPEATS: &[&str] = &["", "", "", "", "*", "+", "-", "?"];

/// Patterns that are wrong, or nearly.
const WRONG_PIECES: &[&str] = &[
    "(", ")", "[", "%", "%f", "%b", "%bx", "[a", "[%", "[^", "[]", "[^]", "%0", "%9", "(()",
    "((a)", "[a-%d]", "[z-a]", "%",
];

/// Subjects of matches.
const SUBJECTS: &[&str] = &[
    "abc",
    "",
    "aaa",
    "abcabc",
    "hello world",
    "x = 1, y = 22",
    "(a(b)c)(d)",
    "THE (quick) fox",
    "a\\0b\\0",
    "key=value",
    "  padded  ",
    "xaybxy",
    "1f 2g 0xff",
    "a.b-c_d",
    "%d%s",
    "\\200\\255é",
    "aXbXc",
    "((",
    "ab]c-d",
    "aaaaaaaaab",
];

/// Replacements of `string.gsub`.
const REPLACEMENTS: &[&str] = &[
    "'<%0>'",
    "'%1'",
    "'%2%1'",
    "''",
    "'%%'",
    "'%'",
    "'%a'",
    "{ a = 'A', ['1'] = 1, b = false }",
    "function(...) return (...) end",
    "function(a, b) return b end",
    "function() end",
    "string.upper",
];

/// Options of `string.pack`, with and without numbers.
const OPTIONS: &[&str] = &[
    "b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "f", "d", "n", "s", "z", "x", "i1",
    "i2", "i3", "i4", "i7", "i8", "i9", "i16", "I1", "I2", "I3", "I5", "I8", "I12", "I16", "s1",
    "s2", "s4", "s8", "c0", "c1", "c3", "c10", "<", ">", "=", "!", "!1", "!2", "!4", "!8", "!16",
    " ", "Xi2", "Xi4", "Xi8", "Xd", "Xh",
];

/// Options that are wrong, or nearly.
const WRONG_OPTIONS: &[&str] = &[
    "i17", "i0", "I17", "c", "X", "Xz", "X ", "Xc1", "!17", "!3", "!0", "q", "s0", "s17", "Xi3",
    "Xs", "i99", "\\0i",
];

/// Values to pack.
const PACKED: &[&str] = &[
    "0",
    "1",
    "-1",
    "127",
    "128",
    "255",
    "256",
    "-128",
    "-129",
    "32767",
    "65535",
    "65536",
    "2^31",
    "0x7fffffff",
    "1 << 40",
    "math.maxinteger",
    "math.mininteger",
    "1.5",
    "-2.0",
    "1e300",
    "0/0",
    "math.huge",
    "'abc'",
    "''",
    "'a\\0b'",
    "'12'",
    "V.long",
    "nil",
    "{}",
    "true",
];

/// Letters of which numerals are made.
const NUMERAL: &[&str] = &[
    "0",
    "1",
    "9",
    "7",
    "123",
    "0x",
    "0X",
    "a",
    "F",
    ".",
    "e",
    "E",
    "p",
    "P",
    "+",
    "-",
    "e5",
    "p-3",
    "e-10",
    " ",
    "_",
    "00",
    "18446744073709551615",
    "9223372036854775807",
    "inf",
    "nan",
    "\\0",
];

/// Letters of `os.date`, with and without modifiers.
const DATE: &[&str] = &[
    "%a", "%A", "%b", "%B", "%c", "%C", "%d", "%D", "%e", "%F", "%g", "%G", "%h", "%H", "%I", "%j",
    "%m", "%M", "%n", "%p", "%r", "%R", "%S", "%t", "%T", "%u", "%U", "%V", "%w", "%W", "%x", "%X",
    "%y", "%Y", "%Z", "%z", "%%", "%Ec", "%EY", "%Od", "%OS", "-", " ", "text", "%Ed", "%O", "%q",
    "%",
];

/// What is tested here, by the names that [`text_calls`] takes.
pub const KINDS: &[&str] = &["format", "pattern", "pack", "number", "date", "arithmetic"];

/// So many calls of a kind.
pub fn text_calls(kind: &str, count: usize) -> Vec<String> {
    let random = &mut Random::new(kind, 1);
    (0..count)
        .map(|_| match kind {
            "format" => format(random),
            "pattern" => pattern(random),
            "pack" => pack(random),
            "number" => number(random),
            "date" => date(random),
            "arithmetic" => arithmetic(random),
            _ => unreachable!("the tests name kinds that there are"),
        })
        .collect()
}

/// Several pieces behind each other.
fn join(random: &mut Random, pieces: &[&str], most: usize) -> String {
    (0..=random.below(most)).map(|_| *random.pick(pieces)).collect()
}

/// A conversion of `string.format`.
fn conversion(random: &mut Random) -> String {
    let mut text = "%".to_owned();
    for flag in ["-", "+", " ", "#", "0"] {
        if random.percent(18) {
            text += flag;
        }
    }
    if random.percent(40) {
        text += *random.pick(&["1", "5", "10", "20", "99", "100", "08", "3"]);
    }
    if random.percent(40) {
        text += *random.pick(&[".", ".0", ".1", ".3", ".5", ".10", ".20", ".99", ".100", ".03"]);
    }
    text + *random.pick(&[
        "d", "i", "u", "x", "X", "o", "c", "e", "E", "f", "F", "g", "G", "a", "A", "s", "q", "d",
        "f", "g", "s", "x", "%", "p", "y", "",
    ])
}

fn format(random: &mut Random) -> String {
    let count = 1 + random.below(2);
    let mut text = String::new();
    let mut arguments = String::new();
    for _ in 0..count {
        text += &conversion(random);
        if random.percent(40) {
            text += *random.pick(&["|", " and ", "%%", "\\0"]);
        }
        arguments += ", ";
        arguments += *random.pick(VALUES);
    }
    // What `%p` gives is an address; that it is one is all there is to see.
    let call = if text.contains('p') { "SHOW(#(string.format" } else { "SHOW((string.format" };
    format!("{call}('{text}'{arguments})))")
}

fn pattern(random: &mut Random) -> String {
    let mut pattern = String::new();
    if random.percent(15) {
        pattern.push('^');
    }
    for _ in 0..=random.below(4) {
        pattern +=
            if random.percent(4) { *random.pick(WRONG_PIECES) } else { *random.pick(PIECES) };
        pattern += *random.pick(REPEATS);
    }
    if random.percent(15) {
        pattern.push('$');
    }
    let subject = *random.pick(SUBJECTS);
    let start = if random.percent(25) {
        *random.pick(&[", 1", ", 2", ", -2", ", 4", ", 10", ", -10"])
    } else {
        ""
    };
    match random.below(5) {
        0 => format!("SHOW(string.find('{subject}', '{pattern}'{start}))"),
        1 => format!("SHOW(string.match('{subject}', '{pattern}'{start}))"),
        2 => {
            format!(
                "for a, b, c in ('{subject}'):gmatch('{pattern}'{start}) do \
                    SHOW(a, b, c) end"
            )
        }
        _ => {
            let replacement = *random.pick(REPLACEMENTS);
            let limit =
                if random.percent(25) { *random.pick(&[", 1", ", 0", ", 2", ", -1"]) } else { "" };
            format!("SHOW(string.gsub('{subject}', '{pattern}', {replacement}{limit}))")
        }
    }
}

fn pack(random: &mut Random) -> String {
    let mut options = String::new();
    let mut arguments = String::new();
    for _ in 0..=random.below(4) {
        options +=
            if random.percent(5) { *random.pick(WRONG_OPTIONS) } else { *random.pick(OPTIONS) };
        arguments += ", ";
        // Most of them fit most of the options.
        arguments += if random.percent(60) {
            *random.pick(&["1", "100", "-1", "7"])
        } else {
            *random.pick(PACKED)
        };
    }
    match random.below(4) {
        0 => format!("SHOW(pcall(string.packsize, '{options}'))"),
        1 => {
            let start = *random.pick(&["", ", 1", ", 2", ", -3", ", 5", ", 100", ", -100"]);
            let data = *random.pick(&[
                "V.long",
                "'\\1\\2\\3\\4\\0\\0\\0\\0\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff'",
                "'\\0\\0\\0\\0\\0\\0\\0\\0\\0'",
                "'abc\\0'",
            ]);
            format!("SHOW(string.unpack('{options}', {data}{start}))")
        }
        _ => format!(
            "local packed = string.pack('{options}'{arguments}) SHOW(packed) \
                SHOW(string.unpack('{options}', packed))"
        ),
    }
}

fn number(random: &mut Random) -> String {
    let text = join(random, NUMERAL, 5);
    match random.below(5) {
        0 => {
            let base = 1 + random.below(37);
            let text = text.replace("\\0", "z");
            format!("SHOW(tonumber('{text}', {base}))")
        }
        1 => format!("SHOW(math.tointeger('{text}'), '{text}' == '{text}')"),
        2 => format!("SHOW('{text}' + 0)"),
        3 => {
            format!(
                "SHOW(load('return {text}'))  SHOW(pcall(load('return {text}') or \
                    error))"
            )
        }
        _ => format!("SHOW(tonumber('{text}'))"),
    }
}

fn date(random: &mut Random) -> String {
    let text = join(random, DATE, 3);
    if random.percent(50) {
        let time = (random.bits() >> 29) as i64 - (1 << 34);
        return format!("SHOW(os.date('!{text}', {time}))");
    }
    let mut field = |low: i64, width: usize| low + random.below(width) as i64;
    let (year, month, day) = (field(1, 3000), field(-20, 60), field(-100, 300));
    let (hour, min, sec) = (field(-100, 200), field(-100, 200), field(-1000, 2000));
    format!(
        "local t = {{ year = {year}, month = {month}, day = {day}, hour = \
            {hour}, min = {min}, sec = {sec} }} SHOW(os.time(t)) SHOW(t)"
    )
}

/// A number of any size, as Lua source.
fn any_number(random: &mut Random) -> String {
    let bits = random.bits();
    match random.below(8) {
        0..=2 => {
            // As many bits as it happens.
            let integer = (bits >> random.below(64)) as i64;
            if random.percent(40) {
                integer
                    .wrapping_neg()
                    .to_string()
                    .replace("-9223372036854775808", "math.mininteger")
            } else {
                integer.to_string().replace("-9223372036854775808", "math.mininteger")
            }
        }
        3 => format!("{}.{}", (bits >> 50) as i64 - 8000, bits & 0xFFFF),
        4 => format!("{}e{}", (bits >> 44) as i64 - (1 << 19), random.below(640) as i64 - 320),
        5 => format!("{:#x}p{}", bits >> random.below(64), random.below(2100) as i64 - 1100),
        6 => format!("2^{}", random.below(130) as i64 - 64),
        _ => {
            let near = *random
                .pick(&["2^53", "2^63", "2^31", "2^52", "2^62", "1e15", "1e16", "0.5", "1e17"]);
            format!("({near} + {})", random.below(5) as i64 - 2)
        }
    }
}

fn arithmetic(random: &mut Random) -> String {
    let (a, b) = (any_number(random), any_number(random));
    match random.below(6) {
        0 => format!("local a, b = {a}, {b} SHOW(a + b, a - b, a * b, a / b, -a)"),
        1 => format!(
            "local a, b = {a}, {b} SHOW(pcall(function() return a // b, a % b end)) \
             SHOW(pcall(math.fmod, a, b))"
        ),
        2 => format!(
            "local a, b = {a}, {b} SHOW(a < b, a <= b, a == b, a > b, math.max(a, b), a ^ 0.5)"
        ),
        3 => format!(
            "local a, b = {a}, {b} SHOW(pcall(function() return a & b, a | b, a ~ b, ~a end)) \
             SHOW(pcall(function() return a << b, a >> (b & 63) end))"
        ),
        4 => format!(
            "local a = {a} SAY(a, a .. '') SHOW(math.tointeger(a), \
             math.floor(a), math.ceil(a), math.modf(a)) \
             SHOW(pcall(string.format, '%d', a)) SAY(string.format('%.14g %a %q %.3f', a, a, a, a))"
        ),
        _ => format!(
            "local a, b = {a}, {b} SHOW(tonumber(tostring(a)) == a) \
             SHOW(pcall(function() return math.ult(a // 1 | 0, 5) end)) SHOW(a ^ b, \
             math.sin(a), math.exp(b), math.log(a), math.log(a, 2), math.atan(a, b), math.frexp(a))"
        ),
    }
}
