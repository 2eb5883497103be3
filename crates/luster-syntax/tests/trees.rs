//! The tree of every construct, as text: the source, then its tree.

use luster_syntax::{Dialect, TokenKind, ast::Stmt, parse, parse_with};

/// Compares the trees of some sources, which must be without errors, with the snapshot.
fn check(name: &str, sources: &[&str]) {
    let mut text = String::new();
    for source in sources {
        let parse = parse(source.as_bytes());
        assert_eq!(parse.diagnostics, [], "{source}");
        text += &format!("{source}\n---\n{}\n", parse.dump_ast());
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text.trim_end());
    });
}

#[test]
fn literals() {
    check(
        "literals",
        &[
            "return nil, true, false, ...",
            "return 0, 3, 345, 0xff, 0xBEBADA, 9223372036854775807, 0xffffffffffffffffff",
            "return 3.0, 3.1416, 314.16e-2, .5, 34e1, 0x0.1E, 0xA23p-4, 9223372036854775808, 1e999",
            r#"return 'a\z  b', "\x41\65\u{20AC}\'\n", [[
long]], [==[ ]] ]==]"#,
        ],
    );
}

#[test]
fn operators() {
    check(
        "operators",
        &[
            "return a or b and c < d | e ~ f & g << h .. i + j * -k ^ l",
            "return a - b - c, a .. b .. c, a ^ b ^ c, (a - b) - c",
            "return -a ^ b, not a == b, #a .. b, ~a, - -a, 2 ^ -3",
            "return a ~= b, a == b, a <= b, a > b, a >= b, a >> b, a / b, a // b, a % b",
            "return a < b == c, a & b == c, a + b << c",
        ],
    );
}

#[test]
fn suffixes() {
    check(
        "suffixes",
        &[
            "return a.b.c[d]['e'], (a).b, (f())",
            "return f(), f(1, 2), f 'x', f [[y]], f { z }, f()()",
            "a.b[\"c\"]:d \"x\" {} (e):f()",
            "f\n(g)",
        ],
    );
}

#[test]
fn tables() {
    check(
        "tables",
        &[
            "return {}, { 1 }, { 1, }, { 1; 2; }, { ... }",
            "return { a = 1, [2] = b, c, d == e, ['f'] = { g = h } }",
        ],
    );
}

#[test]
fn functions() {
    check(
        "functions",
        &[
            "return function() end, function(a, b) return a end, function(...) end",
            "return function(a, ...t) return t.n, ... end",
            "function f() end function a.b.c() end function a.b:c(d) return self end",
            "local function f(x) return f(x) end",
        ],
    );
}

#[test]
fn declarations() {
    check(
        "declarations",
        &[
            "local a local b, c = 1 local d <const>, e <close>, f = 1, 2",
            "local <const> a, b <close>, c = 1 local <close> d",
            "global a global b, c = 1, 2 global <const> d, e <const> global f <const> = 1",
            "global * global <const> * global function f() end",
        ],
    );
}

#[test]
fn global_as_a_name() {
    check(
        "global_as_a_name",
        &[
            "global = 1 global.x = 2 global() global 'x' global { } global:m() global, a = 1, 2",
            "local global = global function global() end goto global ::global::",
            "global global global <const> global",
        ],
    );
}

#[test]
fn control() {
    check(
        "control",
        &[
            "if a then b() end if a then elseif b then c() elseif d then else e() end",
            "while a do break end repeat local a = b until a do end do ; ; end",
            "for i = 1, 2 do f(i) end for i = 1, 2, 3 do end",
            "for a in b do end for a, b, c in d, e, f, g do goto x ::x:: end",
            "::a:: goto a return",
            "do return end return 1, 2;",
        ],
    );
}

#[test]
fn assignments() {
    check("assignments", &["a = 1 a, b.c, d[e] = f(), ...", "(a).b = c f().x, (g 'y')[z] = 1, 2"]);
}

#[test]
fn tokens() {
    let source = b"#!/x\nlocal s = 'a\\n' -- \xff\n--[[c]] x=0x1p4//3 $";
    let text = parse(source).dump_tokens(source).to_string();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("tokens", text.trim_end());
    });
}

/// What is wrong still has a tree around it, and what comes after an error is parsed.
#[test]
fn recovery() {
    let sources = [
        "local x = = 3 local y = 4",
        "if x the\n y() end z()",
        "f(1, ) g()",
        "t = { a = 1 b = 2 } u()",
        "while x do until y end z()",
        "end end f()",
        "return 1 f()",
        "for 1 do f() end g()",
        "function f( a() end\nb()",
        "x y() z = $ 1",
        "local <const x = 1",
    ];
    let mut text = String::new();
    for source in sources {
        let parse = parse(source.as_bytes());
        let messages: Vec<String> = parse.diagnostics.iter().map(|d| d.message()).collect();
        text += &format!("{source}\n---\n{}\n{}\n", messages.join("\n"), parse.dump_ast());
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("recovery", text.trim_end());
    });
}

#[test]
fn places() {
    let source = b"a.b[1]:m(2) -- c\nlocal x = - y + (z)";
    let parse = parse(source);
    let ast = &parse.ast;
    let text = |tokens| {
        let span = parse.tokens.range_span(tokens);
        std::str::from_utf8(&source[span.range()]).unwrap()
    };
    let anchor = |id| std::str::from_utf8(parse.tokens.text(id, source)).unwrap();

    let main = ast.function(ast.main());
    assert_eq!(text(main.tokens).as_bytes(), source);
    let statements = ast.list(ast.block(main.body).statements);
    let Stmt::Call(call) = ast.stmt(statements[0]) else { panic!() };
    assert_eq!(text(ast.stmt_place(statements[0]).tokens), "a.b[1]:m(2)");
    assert_eq!(anchor(ast.expr_place(call).anchor), "(");
    let Stmt::Local { values, .. } = ast.stmt(statements[1]) else { panic!() };
    let sum = ast.exprs(values)[0];
    assert_eq!(text(ast.stmt_place(statements[1]).tokens), "local x = - y + (z)");
    assert_eq!(text(ast.expr_place(sum).tokens), "- y + (z)");
    assert_eq!(anchor(ast.expr_place(sum).anchor), "+");
}

#[test]
fn a_header_is_for_files() {
    let source = b"\xEF\xBB\xBF#!/usr/bin/lua\nreturn";
    assert_eq!(parse(source).diagnostics, []);
    let strict = Dialect::LUA_5_5.without_file_header();
    let message = |source| parse_with(source, strict).diagnostics[0].message();
    assert_eq!(message(source), "unexpected symbol near '<\\239>'");
    assert_eq!(message(b"#!/usr/bin/lua"), "unexpected symbol near '#'");
    assert!(
        parse(source)
            .tokens
            .all()
            .iter()
            .any(|id| { parse(source).tokens.kind(id) == TokenKind::Shebang })
    );
}
