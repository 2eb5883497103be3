//! Sources made to break a compiler: nothing may panic, overflow the stack or take more than
//! about linear time.

use std::thread;

use luster_bytecode::Prototype;
use luster_compiler::{CompileError, compile};

/// Compiles on a stack of the size that threads have by default.
fn compiled(source: String) -> Result<Prototype, CompileError> {
    thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || compile(source.as_bytes(), b"=c"))
        .unwrap()
        .join()
        .unwrap()
}

#[track_caller]
fn accepts(source: String) -> Prototype {
    match compiled(source) {
        Ok(prototype) => prototype,
        Err(error) => panic!("{error}"),
    }
}

const LONG: usize = 100_000;

#[test]
fn long_chains_of_logic() {
    accepts(format!("local x = f\nreturn {}", vec!["x"; LONG].join(" and ")));
    accepts(format!("local x = f\nx = {}", vec!["x.y"; LONG].join(" or ")));
    accepts(format!("return {}z", "x and y or ".repeat(LONG)));
    accepts(format!("if {} then f() end", vec!["x == 1"; LONG].join(" or ")));
}

#[test]
fn long_chains_of_operators() {
    accepts(format!("return x{}", "+1".repeat(LONG)));
    accepts(format!("return 1{}", "+1".repeat(LONG)));
    accepts(format!("return x{}", " < 2".repeat(LONG)));
}

#[test]
fn long_chains_of_suffixes() {
    let parts = [".a", "()", "[1]", ":m()", "{}", "'s'"].map(|part| part.repeat(LONG));
    accepts(format!("return x{}", parts.concat()));
}

#[test]
fn many_arms() {
    let arms: String = (0..40_000).map(|n| format!("elseif x == {n} then f({n})\n")).collect();
    accepts(format!("if x then f() {arms} end"));
}

#[test]
fn many_labels() {
    let gotos: String = (0..20_000).map(|n| format!("goto l{n}\n")).collect();
    let labels: String = (0..20_000).map(|n| format!("::l{n}:: x = 1\n")).collect();
    accepts(gotos + &labels);
}

#[test]
fn large_constructors() {
    let items: Vec<String> = (0..1_000_000).map(|n| n.to_string()).collect();
    accepts(format!("return {{{}}}", items.join(",")));
}

#[test]
fn many_constants() {
    let mut source = "local t = {}\n".to_owned();
    for n in 0..LONG {
        source += &format!("t.a{n} = 'x{n}' if t.a{n} == 'y{n}' then t:b{n}() end\n");
    }
    let prototype = accepts(source);
    assert!(prototype.constants.len() > 2 * LONG);
}

#[test]
fn long_jumps() {
    let body = "x = 1\n".repeat(300_000);
    accepts(format!("while x do\n{body} if y then break end end"));
    accepts(format!("for i = 1, 2 do\n{body} if y then goto continue end ::continue:: end"));
}

#[test]
fn deep_nesting() {
    const DEEP: usize = 60;
    let nests = [
        ("return ", "(", "x", ")", 180),
        ("return ", "{", "x", "}", 90),
        ("return ", "(x or x.y and ", "x", ")", DEEP),
        ("return ", "(1 + x < 2 and not x .. ", "x", ")", 45),
        ("return ", "f(", "x", ")", 90),
        ("return ", "function() return ", "x", " end", 90),
        ("", "if a then while b do ", "x()", " end end", 90),
        ("", "for i = a, b do ", "x()", " end", 60),
        ("", "local function f() local x = f ", "x()", " end", 90),
        ("return ", "not ", "x", "", 180),
        ("return ", "x ^ ", "x", "", 180),
    ];
    for (start, open, middle, close, depth) in nests {
        let source =
            |depth: usize| [start, &open.repeat(depth), middle, &close.repeat(depth)].concat();
        if let Err(error) = compiled(source(depth)) {
            panic!("{open}: {error}");
        }
        let error = compiled(source(100_000)).expect_err(open);
        assert!(
            error.to_string().contains("overflow") || error.to_string().contains("too many"),
            "{open}: {error}"
        );
    }
}

#[test]
fn truncated_and_garbled_sources() {
    let source = include_bytes!("sample.lua");
    for end in 0..source.len() {
        drop(compile(&source[..end], b"=c"));
    }
    // A small generator, so that every run is the same.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let words: Vec<&[u8]> = source.split(|&byte| byte == b' ' || byte == b'\n').collect();
    for _ in 0..5_000 {
        let mut mixed = Vec::new();
        for _ in 0..next() % 40 {
            mixed.extend_from_slice(words[(next() % words.len() as u64) as usize]);
            mixed.push(b' ');
        }
        drop(compile(&mixed, b"=c"));
    }
}
