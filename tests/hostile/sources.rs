//! Texts that are no ordinary sources: megabytes on a line, bytes that are no UTF-8, NULs, marks and
//! shebangs, line ends of every kind, numbers and escapes that go too far.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    topic.fails("one name of 4 MB", "a".repeat(4 << 20), "");
    topic.returns("one string of 4 MB", format!("return #'{}'", "a".repeat(4 << 20)), "4194304");
    topic.returns(
        "one long string of 4 MB",
        format!("return #[[{}]]", "a".repeat(4 << 20)),
        "4194304",
    );
    topic.returns("4 MB of spaces", format!("{}return 1", " ".repeat(4 << 20)), "1");
    topic.returns("4 MB of newlines", format!("{}return 1", "\n".repeat(4 << 20)), "1");
    topic.returns("a comment of 4 MB", format!("--{}\nreturn 1", "a".repeat(4 << 20)), "1");
    topic.returns("a number of 1 MB", format!("return {} > 1", "9".repeat(1 << 20)), "true");
    topic.returns("a fraction of 1 MB", format!("return 0.{} < 1", "9".repeat(1 << 20)), "false");
    topic.returns(
        "a hexadecimal number of 1 MB",
        format!("return 0x{}1", "0".repeat(1 << 20)),
        "1",
    );
    topic.returns(
        "an exponent of 1 MB",
        format!("return 1e{} == 1/0", "9".repeat(1 << 20)),
        "true",
    );
    topic.returns(
        "a negative exponent of 1 MB",
        format!("return 1e-{} == 0", "9".repeat(1 << 20)),
        "true",
    );
    topic.fails(
        "a malformed number of 1 MB",
        format!("return 1{}", "e".repeat(1 << 20)),
        "malformed number",
    );
    topic.fails("1 MB of garbage", "$".repeat(1 << 20), "unexpected symbol");
    topic.fails("1 MB of errors", "x = = ".repeat(1 << 18), "unexpected symbol");
    topic
        .returns(
            "1 MB of a sum from load",
            "local f = load('return 0' .. ('+1'):rep(1 << 19)) return f()",
            "524288",
        )
        .fuel = 20_000_000;
    topic
        .returns(
            "1 MB of statements from load",
            "local f = load(('x=1 '):rep(1 << 18) .. 'return x') return f()",
            "1",
        )
        .fuel = 20_000_000;
    topic
        .returns(
            "1 MB of a table from load",
            "local f = load('return #{' .. ('1,'):rep(1 << 19) .. '}') return f()",
            "524288",
        )
        .fuel = 20_000_000;
    topic
        .returns(
            "1 MB of functions from load",
            "local f = load(('f=function() end '):rep(1 << 16) .. 'return 1') return f()",
            "1",
        )
        .fuel = 20_000_000;
    topic
        .returns(
            "8 MB of a string from load",
            "local f = load('return #[[' .. ('x'):rep(8 << 20) .. ']]') return f()",
            "8388608",
        )
        .memory = 64 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 50_000_000;
    topic
        .endless("load again and again", "local s = ('x=1 '):rep(20000) while true do load(s) end");
    topic.endless(
        "load of errors again and again",
        "local s = ('x= '):rep(20000) while true do load(s) end",
    );
    topic
        .hungry(
            "functions of load that stay",
            "local s = ('x=1 '):rep(2000) local t = {} for i = 1, math.huge do t[i] = assert(load(s)) end",
        )
        .fuel = 400_000_000;
    topic
        .hungry(
            "load of more than there is memory for",
            "local s = ('x=1 '):rep(2 << 20) return load(s)",
        )
        .fuel = 100_000_000;
    topic
        .hungry(
            "pieces without end",
            "local s = ('x'):rep(100000) return load(function() return s end)",
        )
        .fuel = 100_000_000;
    topic.endless("empty lines without end", "return load(function() return '\\n' end)");
    topic.returns("a reader that fails", "return load(function() error('x', 0) end)", "nil x");
    topic.returns(
        "a reader of nonsense",
        "return load(function() return {} end)",
        "must return a string",
    );
    topic.returns(
        "a reader that loads",
        "return (load(function() load('x = 1')() return nil end) ~= nil)",
        "true",
    );
    topic.returns(
        "a reader that yields",
        "local co = coroutine.wrap(function() local n = 0 return load(function() n = n + 1 \
        coroutine.yield(n) return n < 10 and ' ' or nil end) end) local f repeat f = co() until \
        type(f) == 'function' return type(f)",
        "function",
    );
    // Bytes.
    topic.returns("a byte order mark", "\u{FEFF}return 1", "1");
    topic.returns("a shebang", "#!/usr/bin/lua\nreturn 1", "1");
    topic.returns("a mark and a shebang", "\u{FEFF}#!/usr/bin/lua\nreturn 1", "1");
    topic.returns("a shebang and nothing else", "#!/usr/bin/lua", "");
    topic.fails("a mark in the middle", "return \u{FEFF}1", "unexpected symbol");
    topic.fails("two marks", "\u{FEFF}\u{FEFF}return 1", "unexpected symbol");
    topic.fails("a NUL", b"return \0 1".to_vec(), "");
    topic.returns("a NUL in a string", b"return #'\0\0'".to_vec(), "2");
    topic.returns("a NUL in a comment", b"--\0\nreturn 1".to_vec(), "1");
    topic.fails("1 MB of NULs", vec![0; 1 << 20], "");
    topic.fails("invalid UTF-8", b"return \xFF\xFE".to_vec(), "");
    topic.fails("invalid UTF-8 in a name", b"local a\xC3 = 1".to_vec(), "");
    topic.returns("invalid UTF-8 in a string", b"return #'\xFF\xC3\x28'".to_vec(), "3");
    topic.fails("half a byte order mark", b"\xEF\xBBreturn 1".to_vec(), "");
    topic.returns("CR alone", "local a = 1\rreturn a", "1");
    topic.returns("CR LF and LF CR", "return #'\\\r\n\\\n\r\\\n\\\r'", "4");
    topic.returns("line ends in a long string", "return #[[\r\na\r\rb\n\rc]]", "6");
    topic.fails("lines are counted with every end", "\r\n\n\r\r\n\rx =", "case:5:");
    topic.fails("2^20 lines before an error", "\n".repeat(1 << 20) + "x =", "case:1048577:");
    // Escapes.
    for escape in ["\\x", "\\xG0", "\\300", "\\u{", "\\u{110000000}", "\\u{}", "\\q", "\\z\\", "\\"]
    {
        topic.fails(format!("the escape {escape}"), format!("return '{escape}'"), "");
    }
    topic.returns("the largest code point", "return #'\\u{7FFFFFFF}'", "6");
    topic.returns("1 MB of escapes", format!("return #'{}'", "\\65".repeat(1 << 18)), "262144");
    topic.returns("\\z over 1 MB", format!("return #'\\z{}'", " ".repeat(1 << 20)), "0");
    topic.fails("an unfinished string", "return 'x\n'", "unfinished string");
    topic.fails(
        "an unfinished long string of level 100000",
        format!("return [{}[", "=".repeat(100_000)),
        "unfinished long string",
    );
    topic.returns(
        "a long string of level 100000",
        format!("return #[{0}[]{0}]", "=".repeat(100_000)),
        "0",
    );
    topic.returns(
        "closings of other levels",
        format!("return #[==[{}]==]", "]=]".repeat(100_000)),
        "300000",
    );
    for case in topic.cases.iter_mut().filter(|case| case.name.ends_with("from load")) {
        case.memory = 256 << 20;
    }
}
