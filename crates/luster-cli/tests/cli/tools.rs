//! The tools for looking at code.

use crate::harness::{Run, complaint, file, output, run};

#[test]
fn check_is_quiet_about_what_is_right() {
    let script = file("right.lua", "#!/bin/luster\nlocal x <const> = 1 return x");
    assert_eq!(output(&["check", &script, "-"], "return 1"), "");
}

#[test]
fn check_shows_everything_that_is_wrong() {
    let script = file("wrong.lua", "local x = = 1\nprint(x)\nreturn }\n");
    assert_eq!(
        complaint(&["check", &script], ""),
        format!(
            "{script}:1: unexpected symbol near '='
   |
 1 | local x = = 1
   |           ^
{script}:3: unexpected symbol near '}}'
   |
 3 | return }}
   |        ^
"
        )
    );
}

#[test]
fn check_shows_what_the_compiler_finds() {
    let complaint = complaint(&["check", "-"], "do\n  goto nowhere\nend\n");
    let mut lines = complaint.lines();
    let first = lines.next().expect("a message");
    assert!(first.starts_with("stdin:"), "{complaint}");
    assert!(first.contains("no visible label 'nowhere' for <goto> at line 2"), "{complaint}");
    assert!(lines.any(|line| line == " 2 |   goto nowhere"), "{complaint}");
    assert!(complaint.trim_end().ends_with('^'), "{complaint}");
}

#[test]
fn check_looks_at_every_file() {
    let good = file("good.lua", "return 1");
    let bad = file("bad.lua", "return return");
    let complaint = complaint(&["check", "no/such.lua", &bad, &good], "");
    assert!(complaint.starts_with("luster: cannot read no/such.lua: "), "{complaint}");
    assert!(complaint.contains("bad.lua:1: "), "{complaint}");
}

#[test]
fn check_survives_any_bytes() {
    let every: Vec<u8> = (0..=255).collect();
    let cases: [&[u8]; 6] =
        [&every, b"\x1BLua", b"\x1B", b"#\n\x1Bxyz", b"\xEF\xBB\xBF\xFF", b"return '\0\xFF"];
    for (index, case) in cases.into_iter().enumerate() {
        let path = file(&format!("bytes_{index}"), case);
        for tool in ["check", "dis", "ast", "tokens"] {
            let run = run(&[tool, &path], "");
            assert_eq!(run.status, Some(1), "{tool} {index}: {}", run.stderr);
            assert!(!run.stderr.is_empty());
        }
    }
    let deep = file("deep.lua", "(".repeat(1_000_000));
    assert!(complaint(&["check", &deep], "").contains("too many syntax levels"));
}

#[test]
fn dis_shows_bytecode_of_source_and_of_dumps() {
    let source = "local function f(x) return x + 1 end return f(2)";
    let text = output(&["dis", "-"], source);
    assert!(text.starts_with("main (vararg, "), "{text}");
    assert!(text.contains("\nfunction 0 (lines 1-1, 1 parameter, "), "{text}");
    let dump = file("shown.luac", "");
    let script = "local f = io.open(arg[1], 'wb') f:write(string.dump(load(arg[2]))) f:close()";
    assert_eq!(output(&["-", &dump, source], script), "");
    assert_eq!(output(&["dis", &dump], ""), text);
}

#[test]
fn ast_shows_the_tree() {
    let tree = output(&["ast", "-"], "break_it = 1");
    assert!(tree.starts_with("(chunk\n"), "{tree}");
    let Run { status, stdout, stderr } = run(&["ast", "-"], "x = = 1");
    assert_eq!(status, Some(1));
    assert!(stdout.starts_with("(chunk"), "{stdout}");
    assert!(stderr.starts_with("stdin:1: unexpected symbol near '='\n"), "{stderr}");
}

#[test]
fn tokens_shows_all_bytes() {
    let text = output(&["tokens", "-"], "x=1--c");
    assert!(text.starts_with("0..1 Name \"x\"\n"), "{text}");
    assert!(text.contains("\"--c\"\n"), "{text}");
}

#[test]
fn help_and_wrong_numbers_of_files() {
    assert!(output(&["help"], "").starts_with("usage: luster [options] [script [args]]\n"));
    assert_eq!(complaint(&["dis"], ""), "usage: luster dis FILE\n");
    assert_eq!(complaint(&["check"], ""), "usage: luster check FILE...\n");
}
