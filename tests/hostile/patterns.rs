//! Patterns that backtrack without end, or that are no patterns.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    let subject = "local s = ('a'):rep(30000) ";
    for pattern in [
        ".-.-.-.-b",
        ".*.*.*b",
        "a*a*a*a*b",
        "(a*)*b",
        "(.-)%1b",
        "(a+)(a+)(a+)%1b",
        "a-a-a-a-$b",
        "[a-z]*[a-z]*[a-z]*b",
        ".?.?.?.?.*.*.*b",
        "(.)(.)(.).*.*.*%3b",
        "%f[a].*.*.*b",
        "[^b]*[^b]*[^b]*b",
        "%a*%l*%w*b",
        "(a-)(a-)(a-)b",
    ] {
        topic.endless(pattern, format!("{subject} return s:find('{pattern}')"));
        topic.endless(
            format!("gsub {pattern}"),
            format!("{subject} return s:gsub('{pattern}', '')"),
        );
    }
    topic.endless("a?^n a^n", "local s = ('a'):rep(190) return s:find(('a?'):rep(190) .. s)");
    topic.endless("gmatch", format!("{subject} for w in s:gmatch('.-.-.-b') do end"));
    topic.endless("find in a loop", format!("{subject} while true do s:find('.-b') end"));
    topic.endless("balanced", "local s = ('('):rep(100000) return s:find('%b()')");
    topic.endless("balanced twice", "local s = ('(a'):rep(100000) return s:gsub('%b()', '')");
    topic.endless("init far", "local s = ('a'):rep(1 << 20) for i = 1, #s do s:find('b', i) end");
    topic
        .fails("too deep", "local s = ('a'):rep(300000) return s:match(('(a?)'):rep(32))", "")
        .expect = super::Expect::Control;
    topic.fails("too complex", "return (('x'):rep(300000)):find(('x?'):rep(300000))", "").expect =
        super::Expect::Control;
    topic.fails("33 captures", "return ('x'):find(('()'):rep(33))", "too many captures");
    topic.returns("32 captures", "return select('#', ('x'):match(('()'):rep(32)))", "32");
    for (pattern, message) in [
        ("[a", "malformed pattern"),
        ("%", "malformed pattern"),
        ("(", "unfinished capture"),
        ("%1", "invalid capture index"),
        ("(%1)", "invalid capture index"),
        ("%b", "malformed pattern"),
        ("%ba", "malformed pattern"),
        ("%f", "missing '['"),
        ("[]", "malformed pattern"),
        ("[^]", "malformed pattern"),
        ("[%", "malformed pattern"),
        ("%9", "invalid capture index"),
        ("(()", "unfinished capture"),
        ("%f[", "malformed pattern"),
        ("[a-", "malformed pattern"),
        ("[a-%", "malformed pattern"),
    ] {
        topic.fails(
            format!("malformed {pattern}"),
            format!("return ('xaaa'):find('{pattern}')"),
            message,
        );
    }
    for (replacement, message) in
        [("%", "invalid use of '%'"), ("%2", "invalid capture index"), ("%q", "invalid use of '%'")]
    {
        topic.fails(
            format!("replacement {replacement}"),
            format!("return ('x'):gsub('x', '{replacement}')"),
            message,
        );
    }
    topic.fails(
        "a replacement that is a table",
        "return ('x'):gsub('x', function() return {} end)",
        "invalid replacement value",
    );
    topic.fails(
        "a replacement that fails",
        "return ('x'):gsub('x', function() error('e', 0) end)",
        "e",
    );
    topic.endless(
        "a replacement that loops",
        "return ('x'):gsub('x', function() while true do end end)",
    );
    topic.endless(
        "a replacement that gsubs",
        "local function f() return (('x'):gsub('x', f)) end while true do pcall(f) end",
    );
    topic.returns(
        "a replacement that yields",
        "local f = coroutine.wrap(function() return ('xyz'):gsub('.', coroutine.yield) end) \
        f() f('1') f('2') return f('3')",
        "123",
    );
    topic.returns(
        "NULs",
        "return ('a\\0b'):find('%z'), ('a\\0b'):find('\\0', 1, true), ('\\0'):find('[\\0-\\1]')",
        "2",
    );
    topic.returns("a frontier at the end", "return (('ab'):gsub('%f[%z]', 'x'))", "abx");
    topic.returns(
        "positions beyond",
        "return ('a'):find('', 10), ('a'):find('', -10), ('a'):find('', math.mininteger)",
        "nil",
    );
    topic.returns("invalid bytes", "return #('\\xFF\\xFE\\x80'):match('[\\x80-\\xFF]+')", "3");
    topic.endless("classes without end", "local p = '[' .. ('%w'):rep(10000) .. ']*' while true do ('abc'):rep(100):find(p .. '$') end");
    for (format, message) in [
        ("%", "invalid conversion"),
        ("%100d", "invalid conversion"),
        ("%.100f", "invalid conversion"),
        ("%q1", ""),
        ("%-", ""),
        ("%y", "invalid conversion"),
        ("%10q", "cannot have modifiers"),
        ("%#######d", ""),
        ("%00000000000000000000000d", "too long"),
        ("%d%d", "no value"),
        ("%l", "invalid conversion"),
    ] {
        topic.add(
            format!("format {format}"),
            format!("return ('{format}'):format(1)"),
            super::Expect::Control,
        );
        let _ = message;
    }
    for (format, arguments) in [
        ("i17", "1"),
        ("i0", "1"),
        ("i99999999999", "1"),
        ("!17", "1"),
        ("!3 i4", "1"),
        ("c", "'x'"),
        ("c99999999999999999999", "'x'"),
        ("s17", "'x'"),
        ("Xc1", "1"),
        ("X", "1"),
        ("Xz", "1"),
        ("z", "'a\\0b'"),
        ("i1", "300"),
        ("s1", "('x'):rep(300)"),
        ("y", "1"),
        ("j", "'x'"),
        ("d", "{}"),
    ] {
        topic.fails(
            format!("pack {format}"),
            format!("return string.pack('{format}', {arguments})"),
            "",
        );
        topic.fails(
            format!("unpack {format}"),
            format!("return string.unpack('{format}', '')"),
            "",
        );
    }
    topic
        .fails(
            "unpack before the beginning",
            "return string.unpack('b', 'abc', -10)",
            "out of string",
        )
        .expect = super::Expect::Control;
    topic.fails("unpack behind the end", "return string.unpack('b', 'abc', 5)", "out of string");
    topic.fails("unpack of a long length", "return string.unpack('s8', ('\\xFF'):rep(8))", "");
    topic.fails(
        "unpack of a great integer",
        "return string.unpack('i16', ('\\xFE'):rep(16))",
        "does not fit",
    );
    topic.fails("packsize beyond integers", "return string.packsize('c9223372036854775807c1')", "");
    topic.fails("packsize of variable", "return string.packsize('s')", "variable");
}
