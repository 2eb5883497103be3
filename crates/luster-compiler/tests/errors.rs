//! Errors that only the compiler finds, against the texts of PUC-Rio's compiler.

use luster_compiler::compile;

/// Checks that a source is refused with this message, chunk name and line included.
#[track_caller]
fn refuses(source: &str, message: &str) {
    let error = compile(source.as_bytes(), b"=c").expect_err(source);
    assert_eq!(error.to_string(), message, "{source}");
    assert!(!error.incomplete, "{source}");
}

/// Checks that a source is accepted.
#[track_caller]
fn accepts(source: &str) {
    if let Err(error) = compile(source.as_bytes(), b"=c") {
        panic!("{source}: {error}");
    }
}

#[test]
fn syntax_errors_pass_through() {
    refuses("x = = 1", "c:1: unexpected symbol near '='");
    refuses(
        "\nlocal function f() return ... end",
        "c:2: cannot use '...' outside a vararg function near '...'",
    );
}

#[test]
fn the_error_that_comes_first_counts() {
    refuses("local x <const> = 1; x = = 2", "c:1: attempt to assign to const variable 'x'");
    refuses("global a; b = = 1", "c:1: variable 'b' not declared");
    refuses("global a; a = 'x\n", "c:1: unfinished string near ''x'");
    refuses("function f() goto x end @", "c:1: no visible label 'x' for <goto> at line 1");
    refuses("function f() goto x @", "c:1: unexpected symbol near '@'");
    refuses("function f() goto x; do end )", "c:1: unexpected symbol near ')'");
    refuses("do goto x end @", "c:1: unexpected symbol near '@'");
    refuses("x = break", "c:1: unexpected symbol near 'break'");
    refuses(
        "local i <const> = 1; f(4\n i, v)",
        "c:2: ')' expected (to close '(' at line 1) near 'i'",
    );
    refuses("local i <const> = 1; i 3", "c:1: syntax error near '3'");
    refuses("local i <const> = 1; a, i 3", "c:1: attempt to assign to const variable 'i'");
    refuses("::x:: ::x:: 3..2", "c:1: malformed number near '3..2'");
    refuses("::x:: ::x:: 3", "c:1: label 'x' already defined on line 1");
    refuses("::x:: ::x:: ::y 3", "c:1: '::' expected near '3'");
    refuses("::x:: ::x:: :: 3", "c:1: <name> expected near '3'");
    refuses("function f() goto x end 3..2", "c:1: malformed number near '3..2'");
    refuses("global x\nx = 1 (b) return return", "c:2: variable 'b' not declared");
    refuses("global x\nx = b 3..2", "c:2: malformed number near '3..2'");
    refuses("global x; x = b 'ab\\q'", "c:1: invalid escape sequence near ''ab\\q'");
    refuses("global x; function () end", "c:1: <name> expected near '('");
    let many = format!("\nfunction f() local a{} \n", ", a".repeat(200));
    let message = "c:3: too many local variables (limit is 200) in function at line 2 near <eof>";
    refuses(&many, message);
}

#[test]
fn returned_values_are_limited() {
    let message = "c:1: too many returns (limit is 255) in main function near <eof>";
    refuses(&format!("return 1{}", ", 1".repeat(254)), message);
    accepts(&format!("return 1{}", ", 1".repeat(253)));
    accepts(&format!("return 1{}, f()", ", 1".repeat(252)));
}

#[test]
fn constants_are_not_assigned_to() {
    let message = "c:1: attempt to assign to const variable 'x'";
    refuses("local x<const> = 1; x = 2", message);
    refuses("local x<const> = y; x = 2", message);
    refuses("local x<close> = nil; x = 1", message);
    refuses("local x<const> = y; function f() x = 1 end", message);
    refuses("local x<const> = 1; function f() function g() x = 1 end end", message);
    refuses("local x<const> = 1; function x() end", message);
    refuses("local x<const> = 1; y, x = 1, 2", message);
    refuses("for x = 1, 2 do x = 3 end", message);
    refuses("for x, y in a do x = 1 end", message);
    refuses("function f(...x) x = 1 end", message);
    refuses("function f(...x) return function() x = nil end end", message);
    refuses("local x <const> = 3; x \n = \n 5", message);
    accepts("for k, v in a do v = 1 end");
    accepts("function f(...t) t.x = 1 end");
    accepts("local x<const> = 1; x.y = 2; function x.z() end");
}

#[test]
fn globals_are_declared() {
    refuses("global a; b = 1", "c:1: variable 'b' not declared");
    refuses("global none\nlocal x = b", "c:2: variable 'b' not declared");
    refuses("global f; function f() return y end", "c:1: variable 'y' not declared");
    refuses("global b; do global *; c = 1 end c = 1", "c:1: variable 'c' not declared");
    refuses("global _ENV, x; x = 1", "c:1: _ENV is global when accessing variable 'x'");
    accepts("a = 1 do global b end a = 1");
    accepts("global *; b = 1");
    accepts("global b; global *; c = 1");
    accepts("local a; global b; a = b");
}

#[test]
fn globals_may_be_constant() {
    let message = "c:1: attempt to assign to const variable 'a'";
    refuses("global a<const>; a = 1", message);
    refuses("global <const> *; a = 1", message);
    refuses("global <const> b, a; function a() end", message);
    refuses("local a; do global a<const>; a = 1 end", message);
    refuses("global a, a; a = 1; global a<const>; a = 1", message);
    refuses("function f(..._ENV) global <const> a; a = 10 end", message);
    accepts("global <const> *; global b; b = 1");
    accepts("local a<const> = 2; do global a; a = 2 end");
    accepts("global function f() end f = 1");
}

#[test]
fn labels_are_visible() {
    refuses("goto x", "c:1: no visible label 'x' for <goto> at line 1");
    refuses("goto x\n goto y", "c:2: no visible label 'x' for <goto> at line 1");
    refuses("do ::x:: end goto x", "c:1: no visible label 'x' for <goto> at line 1");
    refuses("goto x; do ::x:: end", "c:1: no visible label 'x' for <goto> at line 1");
    refuses(
        "local function f() goto a end ::a::",
        "c:1: no visible label 'a' for <goto> at line 1",
    );
    refuses("function f()\n goto x \n end \n", "c:3: no visible label 'x' for <goto> at line 2");
}

#[test]
fn goto_enters_no_scope() {
    let message = "c:1: <goto x> at line 1 jumps into the scope of 'a'";
    refuses("goto x; local a; ::x:: print(a)", message);
    refuses("do goto x end ; local a; ::x:: local b", message);
    refuses("repeat goto x; local a; ::x:: until a", message);
    refuses("goto x; local a<const> = 1; ::x:: print(a)", message);
    refuses("goto x; global a; ::x:: a = 1", message);
    refuses("goto x; global *; ::x:: a = 1", &message.replace("'a'", "'*'"));
    refuses(
        "do goto x\n end \n local a \n ::x:: b=1\n",
        "c:4: <goto x> at line 1 jumps into the scope of 'a'",
    );
    accepts("goto x; local a; ::x::");
    accepts("do goto x; local a; ::x:: ; ::y:: end");
    accepts("for i = 1, 2 do goto continue; local x; ::continue:: end");
}

#[test]
fn labels_are_unique() {
    refuses("::x:: f() ::x::", "c:1: label 'x' already defined on line 1");
    refuses("::x:: do ::x:: end", "c:1: label 'x' already defined on line 1");
    // A run of labels is added from its end.
    refuses(
        "::a:: \n ; \n ::a:: \n ; \n ::b:: ; \n c=1",
        "c:5: label 'a' already defined on line 3",
    );
    refuses("::a:: ::\na:: ::\nb:: ", "c:3: label 'a' already defined on line 1");
    accepts("do ::x:: end ::x:: local function f() ::x:: end");
}

#[test]
fn break_stands_in_a_loop() {
    refuses("break", "c:1: break outside loop near 'break'");
    refuses("if x\n then \n break \nend", "c:3: break outside loop near 'break'");
    refuses(
        "while true do local function f() break end end",
        "c:1: break outside loop near 'break'",
    );
    accepts("while true do do break end f() end");
}

fn names(count: usize, separator: &str) -> String {
    let names: Vec<String> = (1..=count).map(|n| format!("v{n}")).collect();
    names.join(separator)
}

#[test]
fn locals_are_limited() {
    let main = "too many local variables (limit is 200) in main function near";
    refuses(&format!("local {}\nlocal b", names(200, ",")), &format!("c:2: {main} <eof>"));
    refuses(
        &format!("local {}\nlocal function f() end", names(200, ",")),
        &format!("c:2: {main} '('"),
    );
    accepts(&format!("local {}", names(200, ",")));
    accepts(&format!("local {} local c<const> = 1 do global g end", names(200, ",")));
    accepts(&format!("do local {} end local b", names(200, ",")));
    accepts(&format!("local function f({},...) end", names(199, ",")));
    refuses(
        &format!("local function f(\n{},b,\nc) end", names(199, ",\n")),
        "c:201: too many local variables (limit is 200) in function at line 1 near ')'",
    );
}

#[test]
fn registers_are_limited() {
    let message = "too many registers (limit is 255) in main function near 'v'";
    let list = |separator: &str| vec!["v"; 300].join(separator);
    refuses(&format!("f({})", list(",")), &format!("c:1: {message}"));
    refuses(&format!("f(\n{})", list(",\n")), &format!("c:257: {message}"));
    refuses(&format!("return {}", list(",")), &format!("c:1: {message}"));
    accepts(&format!("return {{{}}}", list(",")));
}

#[test]
fn upvalues_are_limited() {
    let mut source = String::new();
    for level in 0..2 {
        for n in 0..130 {
            source += &format!("local v{level}_{n}\n");
        }
        source += "function f()\n";
    }
    source += "function g()\nreturn ";
    let reads: Vec<String> = (0..260).map(|n| format!("v{}_{}", n / 130, n % 130)).collect();
    source += &reads.join("+\n");
    source += " end end end";
    refuses(&source, "c:518: too many upvalues (limit is 255) in function at line 262 near '+'");
}

#[test]
fn incomplete_sources_say_so() {
    for source in ["x =", "if x then", "f(", "local function g()", "do do goto l end"] {
        let error = compile(source.as_bytes(), b"=c").unwrap_err();
        assert!(error.incomplete, "{source}: {error}");
    }
    let error = compile(b"global x; local function ", b"=c").unwrap_err();
    assert_eq!(error.to_string(), "c:1: <name> expected near <eof>");
    assert!(!compile(b"x = = 1", b"=c").unwrap_err().incomplete);
}
