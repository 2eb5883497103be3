//! The interactive mode, its input not a terminal.

use crate::harness::{Run, finish, luster, run};

/// What a dialogue without prompts comes to, the version and the last newline left away.
#[track_caller]
fn dialogue(input: &str) -> (String, String) {
    let Run { status, stdout, stderr } = run(&["-e", "_PROMPT, _PROMPT2 = '', ''", "-i"], input);
    assert_eq!(status, Some(0), "{stderr}");
    let (version, rest) = stdout.split_once('\n').expect("the version comes first");
    assert!(version.starts_with("luster "), "{version}");
    (rest.strip_suffix('\n').expect("a newline comes last").to_owned(), stderr)
}

#[test]
fn expressions_are_printed() {
    let (out, err) = dialogue("(6*2-6) -- ===\na =\n10\nprint(a)\na\n= a + 1\nnil, 2\n");
    assert_eq!((out.as_str(), err.as_str()), ("6\n10\n10\n11\nnil\t2\n", ""));
}

#[test]
fn statements_may_take_several_lines() {
    let input = "a = [[b\nc\n]]\na\nfunction f(x)\n  return x,\n  x + 1\nend\nreturn f(1)\n";
    let (out, err) = dialogue(input);
    assert_eq!((out.as_str(), err.as_str()), ("b\nc\n\n1\t2\n", ""));
}

#[test]
fn errors_do_not_end_it_and_do_not_name_the_program() {
    let (out, err) = dialogue("error('boo')\nx y\n'still' .. 'here'\na.\n");
    assert_eq!(out, "stillhere\n");
    assert_eq!(
        err,
        "stdin:1: boo
stack traceback:
\t[C]: in global 'error'
\tstdin:1: in main chunk
\t[C]: in ?
stdin:1: syntax error near 'y'
stdin:1: <name> expected near <eof>
"
    );
}

#[test]
fn prompts_are_globals() {
    let Run { stdout, .. } = run(&["-i"], "a = 2\na =\n3\n");
    assert_eq!(stdout.split_once('\n').expect("lines").1, "> > >> > \n");
    let prompt = "local C = 'X'
        _PROMPT = setmetatable({}, { __tostring = function() C = C .. 'X' return C end })";
    let Run { stdout, .. } = run(&["-e", prompt, "-i"], " --\na = 2\n");
    assert_eq!(stdout.split_once('\n').expect("lines").1, "XXXXXXXXX\n");
}

#[test]
fn it_shares_its_input_with_scripts() {
    let (out, err) = dialogue("x = io.read()\nhello\nprint(x)\n");
    assert_eq!((out.as_str(), err.as_str()), ("hello\n", ""));
}

#[test]
fn locals_are_warned_of() {
    let warning = "warning: locals do not survive across lines in interactive mode\n";
    assert_eq!(dialogue("  \t\tlocal x\n").1, warning);
    assert_eq!(dialogue("local1 = 10\nlocal1 + 3\n"), ("13\n".into(), String::new()));
}

#[test]
fn a_print_that_fails_is_told_of() {
    let (_, err) = dialogue("print = nil\n10\nprint = function() error({}) end\n10\n");
    assert_eq!(
        err,
        "error calling 'print' (attempt to call a nil value)\nerror calling 'print' ((null))\n"
    );
}

#[test]
fn it_can_be_left_with_a_status() {
    let run = run(&["-i"], "os.exit(3)\nprint(1)\n");
    assert_eq!(run.status, Some(3));
    assert!(run.stdout.ends_with("\n> "), "{}", run.stdout);
}

#[test]
fn no_library_for_editing_can_be_loaded() {
    let warned = |arguments: &[&str]| {
        let mut command = luster(arguments);
        command.env("LUA_READLINELIB", "xuxu");
        finish(command, b"").stderr
    };
    let warning = "Lua warning: unable to load readline library 'xuxu'\n";
    assert_eq!(warned(&["-W", "-i"]), warning);
    assert_eq!(warned(&["-E", "-W", "-i"]), "");
}
