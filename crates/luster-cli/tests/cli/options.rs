//! Options, scripts, their arguments and the environment.

use crate::harness::{complaint, file, finish, luster, output, run};

const VERSION: &str = concat!(
    "luster ",
    env!("CARGO_PKG_VERSION"),
    ", Lua 5.5.1 in Rust; the language by Lua.org, PUC-Rio\n"
);

#[test]
fn scripts_run_and_see_their_arguments() {
    let script = file("arguments.lua", "print(..., select('#', ...), arg[0] ~= nil, arg[2], #arg)");
    assert_eq!(output(&[&script, "a", "b"], ""), "a\t2\ttrue\tb\t2\n");
    let script = file("negative.lua", "print(arg[-1], arg[-2], arg[-3] ~= nil, arg[-4])");
    assert_eq!(output(&["-e ", "--", &script], ""), "--\t-e \ttrue\tnil\n");
}

#[test]
fn the_standard_input_is_a_script_too() {
    assert_eq!(output(&[], "print(10)\nprint(...)\n"), "10\n\n");
    assert_eq!(output(&["-", "-h"], "print(arg[1], arg[0])"), "-h\t-\n");
    assert_eq!(output(&["-e", "arg[1] = 100", "-"], "print(...)"), "100\n");
    let complaint = complaint(&["-e", "arg = 1", "-"], "");
    assert_eq!(complaint, "luster: 'arg' is not a table\n");
}

#[test]
fn without_a_script_arg_begins_at_the_program() {
    assert_eq!(output(&["-e", "print(arg[1], arg[-1], #arg)"], ""), "-e\tnil\t2\n");
}

#[test]
fn text_is_run_in_order() {
    assert_eq!(output(&["-eprint(1)", "-ea=3", "-e", "print(a)"], ""), "1\n3\n");
    let run = run(&["-e", "print(1)", "-e", "error('x', 0)", "-e", "print(2)"], "");
    assert_eq!((run.status, run.stdout.as_str()), (Some(1), "1\n"));
}

#[test]
fn libraries_are_required_into_globals() {
    let arguments = ["-l", "str=string", "-lm=math", "-e", "print(str.upper'a', m.max(1, 2))"];
    assert_eq!(output(&arguments, ""), "A\t2\n");
    file("lib_a-v2.lua", "return { x = 15, ... }");
    let mut command = luster(&["-l", "lib_a-v2", "-e", "print(lib_a.x, lib_a[1])"]);
    command.env("LUA_PATH", concat!(env!("CARGO_TARGET_TMPDIR"), "/?.lua"));
    assert_eq!(finish(command, b"").stdout, "15\tlib_a-v2\n");
    let complaint = complaint(&["-l", "no_such_library"], "");
    assert!(complaint.starts_with("luster: module 'no_such_library' not found:\n"), "{complaint}");
    assert!(
        complaint.ends_with("stack traceback:\n\t[C]: in function 'require'\n\t[C]: in ?\n"),
        "{complaint}"
    );
}

#[test]
fn the_version_is_shown() {
    assert_eq!(output(&["-v"], "print(1)"), VERSION);
    assert_eq!(output(&["-v", "-e", "print'hello'"], ""), format!("{VERSION}hello\n"));
}

#[test]
fn bad_options_get_the_usage() {
    for (arguments, message) in [
        (&["-h"][..], "unrecognized option '-h'"),
        (&["---"], "unrecognized option '---'"),
        (&["-vv"], "unrecognized option '-vv'"),
        (&["-e"], "'-e' needs argument"),
        (&["-l", "-i"], "'-l' needs argument"),
    ] {
        let complaint = complaint(arguments, "");
        let usage = format!("luster: {message}\nusage: luster [options] [script [args]]\n");
        assert!(complaint.starts_with(&usage), "{complaint}");
    }
}

#[test]
fn the_environment_can_run_something_first() {
    let with = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = luster(arguments);
        command.envs(variables.iter().copied());
        finish(command, b"")
    };
    let script = file("init.lua", "x = (x or 0) + 10; print(x, arg[1])");
    assert_eq!(with(&[&script, "a"], &[("LUA_INIT", "x = 1")]).stdout, "11\ta\n");
    let both = [("LUA_INIT", "x = 1"), ("LUA_INIT_5_5", "x = 2")];
    assert_eq!(with(&[&script], &both).stdout, "12\tnil\n");
    let at_file = format!("@{script}");
    assert_eq!(with(&[&script], &[("LUA_INIT", &at_file)]).stdout, "10\tnil\n20\tnil\n");
    let failed = with(&["-v"], &[("LUA_INIT", "error('msg')")]);
    assert_eq!(failed.status, Some(1));
    assert!(failed.stderr.starts_with("luster: LUA_INIT:1: msg\nstack traceback:\n"));
    let ignored = [("LUA_INIT", "error('msg')"), ("LUA_PATH", "xxx")];
    let run = with(&["-E", "-e", "print(package.path ~= 'xxx')"], &ignored);
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), "true\n"));
    assert_eq!(with(&["-e", "print(package.path)"], &[("LUA_PATH", "xxx")]).stdout, "xxx\n");
}

#[test]
fn warnings_are_off_until_wanted() {
    let warn = "warn('@allow') warn('a', 'b') warn('@off') warn('c') warn('@on') warn('d')";
    assert_eq!(run(&["-e", warn], "").stderr, "Lua warning: d\n");
    assert_eq!(run(&["-W", "-e", warn], "").stderr, "Lua warning: ab\nLua warning: d\n");
}

#[test]
fn files_may_begin_with_marks_and_comments() {
    for (name, contents) in [
        ("mark.lua", &b"\xEF\xBB\xBFprint(debug.getinfo(1).currentline)"[..]),
        ("both.lua", b"\xEF\xBB\xBF# comment!!\nprint(debug.getinfo(1).currentline - 1)"),
        ("comment.lua", b"#!/usr/bin/luster\nprint(debug.getinfo(1).currentline - 1)"),
    ] {
        assert_eq!(output(&[&file(name, contents)], ""), "1\n");
    }
    assert_eq!(output(&[&file("only.lua", "#comment without an end")], ""), "");
    for (name, contents) in [("half.lua", &b"\xEF\xBB"[..]), ("third.lua", b"\xEFprint(3)")] {
        assert!(complaint(&[&file(name, contents)], "").contains("unexpected symbol"));
    }
}

#[test]
fn binary_chunks_run() {
    let binary = file("dumped.luac", "");
    let dump = "local f = io.open(arg[1], 'wb')
        f:write('#comment\\n', string.dump(load('print(...)'))) f:close()";
    assert_eq!(output(&["-", &binary], dump), "");
    assert_eq!(output(&[&binary, "x"], ""), "x\n");
    let text = complaint(&["-e", "\u{1b}Lua"], "");
    assert_eq!(text, "luster: attempt to load a binary chunk (mode is 't')\n");
}
