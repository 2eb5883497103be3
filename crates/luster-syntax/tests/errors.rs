//! The rendered message of every error: the source, then what people see. The first line is what
//! PUC-Rio's Lua says.

use luster_syntax::{LineIndex, parse};

/// Compares all errors of some sources with the snapshot.
fn check(name: &str, sources: &[&[u8]]) {
    let mut text = String::new();
    for &source in sources {
        text += &format!("{}\n---\n", source.escape_ascii());
        let parse = parse(source);
        assert!(!parse.diagnostics.is_empty(), "{}", source.escape_ascii());
        for diagnostic in &parse.diagnostics {
            text += &diagnostic.render(source, "input");
            text.push('\n');
        }
        text.push('\n');
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text.trim_end());
    });
}

#[test]
fn lexical() {
    check(
        "lexical",
        &[
            b"x = 3x",
            b"x = 0x + 1e",
            b"x = 1..2",
            b"x = .0xg",
            b"x = 'abc",
            b"x = \"abc\ny()",
            b"x = 'a\\065\\\nb\\z  \nc\ny()",
            b"x = [==[ never\nended ]=]\n",
            b"x = 1\n--[[ never\nended",
            b"x = [=a",
            b"x = 'a\\q'",
            b"x = 'a\\xg1'",
            b"x = '\\u1'",
            b"x = '\\u{}'",
            b"x = '\\u{12'",
            b"x = '\\u{100000000}'",
            b"x = '\\300'",
            b"x = '\\x",
            b"x = @",
            b"x = \xC3\xA4",
            b"\x01",
        ],
    );
}

#[test]
fn expressions() {
    check(
        "expressions",
        &[
            b"x =",
            b"x = )",
            b"x = 1 +",
            b"x = (1",
            b"x = (1\n+ 2\ny()",
            b"x = a[1",
            b"x = a.1",
            b"x = a.",
            b"x = a:b",
            b"f(1,",
            b"f(\n1",
            b"f(1 2)",
            b"x = { 1, 2",
            b"x = {\n 1 = 2 }",
            b"x = { [1] }",
            b"x = { a = }",
            b"function f() return ... end",
            b"x = function(1) end",
            b"x = function(a, ) end",
            b"x = function(..., a) end",
            b"x = function",
        ],
    );
}

#[test]
fn statements() {
    check(
        "statements",
        &[
            b"x",
            b"x.y z",
            b"f() = 1",
            b"(x) = 1",
            b"x, f() = 1",
            b"x, 1 = 2",
            b"x, y",
            b"1",
            b"if x",
            b"if x then",
            b"if x then\n\nelse",
            b"if x then else elseif y then end",
            b"while x do\n f(",
            b"repeat\n f()",
            b"repeat end",
            b"for",
            b"for x do end",
            b"for x = 1 do end",
            b"for x, y = 1, 2 do end",
            b"for x in y",
            b"function 1() end",
            b"function a.b:c.d() end",
            b"local 1",
            b"local function a.b() end",
            b"goto 1",
            b"::x",
            b"return return",
            b"do return 1 f() end",
            b"end",
            b"f() until x",
            b"x == 1",
        ],
    );
}

#[test]
fn attributes() {
    check(
        "attributes",
        &[
            b"local x <foo> = 1",
            b"local x <const",
            b"local x < = 1",
            b"local a <close>, b <close> = 1, 2",
            b"local <close> a, b",
            b"global <close> x",
            b"global x <close>",
            b"global <const> function f() end",
            b"global function 1() end",
        ],
    );
}

/// What a long line, tabs and bytes that are no text look like.
#[test]
fn pictures() {
    let mut long = b"local x = { ".to_vec();
    long.extend(b"'some value', ".repeat(100));
    long.extend(b"? ");
    long.extend(b"'some value', ".repeat(100));
    let mut late = vec![b' '; 1000];
    late.extend(b"x");
    check(
        "pictures",
        &[
            b"\tif\tx\tthn",
            b"local \xE4\xF6 = '\xC3\xA4' )",
            "local s = 'äöü€' )".as_bytes(),
            b"local s = 'a\0b' .. )",
            b"f(\r\n  1,\r\n  2\r\ng()",
            b"if x then -- nothing more\n\n\n",
        ],
    );
    check("long_lines", &[&long, &late, b"x = [[over\ntwo lines]] [[over\ntwo lines]]"]);
}

#[test]
fn incomplete_input_is_told_from_wrong_input() {
    for source in ["if x then", "x = ", "f(", "x = [[", "--[[", "local function f()", "x = {", "x"]
    {
        assert!(parse(source.as_bytes()).is_incomplete(), "{source}");
    }
    for source in ["", "x = 1", "x = )", "x = 'a\n", "end", "if x then ) "] {
        assert!(!parse(source.as_bytes()).is_incomplete(), "{source}");
    }
}

/// The line of a message is where PUC-Rio's lexer stands: after the token the message is about,
/// or, where it is about something already read, after the last token before.
#[test]
fn lines() {
    let cases: &[(&str, u32)] = &[
        ("x = = [[\n\n]]", 1),
        ("x = 1 [[\n\n]]", 3),
        ("x\n\n", 3),
        ("local x <foo>\n= 1", 1),
        ("x = '\\\n\\q'", 2),
        ("x = 'a\\\nb\nc'", 2),
        ("x = '\\x\n'", 1),
        ("x = [[\n\n", 3),
        ("\n\r\n\r x = )", 3),
    ];
    for &(source, line) in cases {
        let parse = parse(source.as_bytes());
        let found = parse.diagnostics[0].line(&LineIndex::new(source.as_bytes()));
        assert_eq!(found, line, "{source:?}: {}", parse.diagnostics[0]);
    }
}

#[test]
fn messages_keep_the_bytes_of_the_source() {
    let message = |source| parse(source).diagnostics[0].message_bytes();
    assert_eq!(message(b"x '\xff' = 1"), b"syntax error near '='");
    assert_eq!(message(b"= '\xff'"), b"unexpected symbol near '='");
    assert_eq!(message(b"x = 1 '\\xff'"), b"unexpected symbol near ''\xff''");
    assert_eq!(message(b"x = 1 'a\\0b'"), b"unexpected symbol near ''a'");
    assert_eq!(message(b"x = 1 [[\r\na\r]]"), b"unexpected symbol near '[[a\n]]'");
    assert_eq!(message(b"x \0"), b"syntax error");
}
