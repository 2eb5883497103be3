//! Sources made to hurt: deep nesting, long chains, many errors. All must be over soon, in linear
//! time and on a small stack.

use std::{
    thread,
    time::{Duration, Instant},
};

use luster_syntax::{
    Ast, DiagnosticKind, ExprId, NESTING_LIMIT, Parse, Visitor, parse, visit::walk,
};

/// Does something on a stack far smaller than any thread's, and within a time that a quadratic
/// parser would not keep.
fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let start = Instant::now();
    let thread = thread::Builder::new().stack_size(512 * 1024).spawn(work);
    let result = thread.expect("threads can be made").join().expect("no panic");
    assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}", start.elapsed());
    result
}

fn parse_hostile(source: String) -> Parse {
    on_small_stack(move || {
        let parse = parse(source.as_bytes());
        let _ = parse.dump_ast().to_string();
        for diagnostic in parse.diagnostics.iter().take(10) {
            let _ = diagnostic.render(source.as_bytes(), "hostile");
        }
        parse
    })
}

/// Every production that nests: what comes before, what repeats on the way in, what is innermost,
/// what repeats on the way out.
const NESTING: &[(&str, &str, &str, &str)] = &[
    ("x = ", "(", "1", ")"),
    ("x = ", "{", "", "}"),
    ("x = ", "{a=", "1", "}"),
    ("x = ", "{[", "1", "]=1}"),
    ("x = ", "f(", "", ")"),
    ("", "f(", "", ")"),
    ("x = ", "a[", "1", "]"),
    ("x = ", "a:b{", "", "}"),
    ("x = ", "f{", "", "}"),
    ("x = ", "- ", "1", ""),
    ("x = ", "not ", "1", ""),
    ("x = ", "1 .. ", "1", ""),
    ("x = ", "2 ^ ", "1", ""),
    ("x = ", "a + (", "1", ")"),
    ("x = ", "function() return ", "1", " end"),
    ("", "function f() ", "", " end"),
    ("", "local function f() ", "", " end"),
    ("", "global function f() ", "", " end"),
    ("", "do ", "", " end"),
    ("", "while x do ", "", " end"),
    ("", "repeat ", "", " until x"),
    ("", "if x then ", "", " end"),
    ("", "if x then else ", "", " end"),
    ("", "for i = 1, 2 do ", "", " end"),
    ("", "for i in x do ", "", " end"),
    ("", "a, ", "a = 1", ""),
    ("", "a.b, ", "a = 1", ""),
];

#[test]
fn nesting_is_bounded() {
    for &(init, enter, inner, leave) in NESTING {
        let source =
            |depth: usize| format!("{init}{}{inner}{}", enter.repeat(depth), leave.repeat(depth));
        let parse = parse_hostile(source(90));
        assert_eq!(parse.diagnostics, [], "90 levels of {enter} are allowed");
        for depth in [NESTING_LIMIT as usize + 10, 200_000] {
            let parse = parse_hostile(source(depth));
            let kinds: Vec<_> = parse.diagnostics.iter().map(|d| &d.kind).collect();
            assert_eq!(kinds, [&DiagnosticKind::TooManyLevels], "{depth} levels of {enter}");
            assert!(parse.diagnostics[0].message().contains("C stack overflow"));
        }
        // Without the ways out, and with the ways out alone.
        parse_hostile(format!("{init}{}", enter.repeat(200_000)));
        parse_hostile(format!("{init}{inner}{}", leave.repeat(200_000)));
    }
}

#[test]
fn globals_that_are_assigned_are_bounded() {
    let names = vec!["a"; 1000].join(", ");
    assert_eq!(parse_hostile(format!("global {names}")).diagnostics, []);
    assert_eq!(parse_hostile(format!("global {names} = 1")).diagnostics.len(), 1);
}

#[derive(Default)]
struct Count {
    open: usize,
    exprs: usize,
}

impl Visitor for Count {
    fn enter_expr(&mut self, _: &Ast, _: ExprId) {
        self.open += 1;
        self.exprs += 1;
    }

    fn leave_expr(&mut self, _: &Ast, _: ExprId) {
        self.open -= 1;
    }
}

#[test]
fn chains_are_not() {
    const N: usize = 100_000;
    let chains = [
        format!("x = 1{}", " + 1".repeat(N)),
        format!("x = a{}", " and a or b".repeat(N)),
        format!("x = a{}", " == b".repeat(N)),
        format!("x = a{}", ".b".repeat(N)),
        format!("x = a{}", "[1]".repeat(N)),
        format!("f{}", "()".repeat(N)),
        format!("f{}", ":m()".repeat(N)),
        format!("f{}", "''".repeat(N)),
        format!("x = {{{}}}", "1,".repeat(N)),
        format!("f({}1)", "1,".repeat(N)),
        format!("function a{}() end", ".b".repeat(N)),
        format!("if a then {} end", "elseif a then ".repeat(N)),
        format!("local {}a", "a, ".repeat(N)),
        format!("function f({}a) end", "a, ".repeat(N)),
        format!("for {}a in b do end", "a, ".repeat(N)),
        "::a::".repeat(N),
        ";".repeat(N),
        "do end ".repeat(N),
        "return".to_owned() + &" ".repeat(N),
        "--[[]]".repeat(N),
        format!("x = '{}'", "\\z ".repeat(N)),
        format!("x = [{0}[{1}]{0}]", "=".repeat(N), "]=".repeat(N)),
    ];
    for source in chains {
        let start: String = source.chars().take(20).collect();
        let parse = parse_hostile(source);
        assert_eq!(parse.diagnostics, [], "{start}");
        let mut count = Count::default();
        walk(&parse.ast, &mut count);
        assert_eq!(count.open, 0);
        assert!(count.exprs <= parse.ast.expr_count());
    }
}

#[test]
fn many_errors_are_cheap_and_bounded() {
    const N: usize = 100_000;
    let sources = [
        "$".repeat(N),
        "'".repeat(N),
        "'\n".repeat(N),
        "'\\q".repeat(N),
        format!("'{}", "\\q".repeat(N)),
        "3x ".repeat(N),
        "[=".repeat(N),
        "--[=\n[==".repeat(N),
        "end ".repeat(N),
        "until ".repeat(N),
        "else ".repeat(N),
        "then ".repeat(N),
        "x ".repeat(N),
        "x\n".repeat(N),
        "= ".repeat(N),
        ", ".repeat(N),
        "x = ) ".repeat(N),
        "local = ".repeat(N),
        "function ".repeat(N),
        "function f ".repeat(150),
        "f(1 ".repeat(150),
        "{1 1 ".repeat(150),
        "x = {1 1 1 = 2} ".repeat(N),
        "for ".repeat(150),
        "while ".repeat(150),
        "repeat end ".repeat(150),
        "if x then until ".repeat(150),
        "return return ".repeat(N),
        "global ".repeat(N + 1),
        "local x <a> ".repeat(N),
        "a:b ".repeat(N),
        "goto ".repeat(N),
        ":: ".repeat(N),
        format!("x = [[{}]] )", "a".repeat(N)),
        format!("{} x", "\n ".repeat(N)),
    ];
    for source in sources {
        let start: String = source.chars().take(20).collect();
        let parse = parse_hostile(source);
        assert!(!parse.diagnostics.is_empty(), "{start}");
        assert!(parse.diagnostics.len() <= 1000, "{start}");
    }
}
