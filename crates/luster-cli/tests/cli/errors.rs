//! Messages about what went wrong, and the status that tells of it.

use crate::harness::{complaint, file};

#[test]
fn errors_have_a_traceback() {
    let script = "local function f() error('boo') end\nf()";
    assert_eq!(
        complaint(&["-"], script),
        "luster: stdin:1: boo
stack traceback:
\t[C]: in global 'error'
\tstdin:1: in local 'f'
\tstdin:2: in main chunk
\t[C]: in ?
"
    );
    assert_eq!(
        complaint(&["-e", "string.rep()"], ""),
        "luster: (command line):1: bad argument #1 to 'rep' (string expected, got no value)
stack traceback:
\t[C]: in field 'rep'
\t(command line):1: in main chunk
\t[C]: in ?
"
    );
}

#[test]
fn errors_that_are_no_text_are_described() {
    let expected = |kind| {
        format!(
            "luster: (error object is a {kind} value)
stack traceback:
\t[C]: in global 'error'
\t(command line):1: in main chunk
\t[C]: in ?
"
        )
    };
    assert_eq!(complaint(&["-e", "error({})"], ""), expected("table"));
    assert_eq!(complaint(&["-e", "error()"], ""), expected("nil"));
    // What is no string does not describe anything.
    let number = "error(setmetatable({}, { __tostring = function() return 12 end }))";
    assert_eq!(complaint(&["-e", number], ""), expected("table"));
    let text = "error(setmetatable({}, { __tostring = function() return 'mine' end }))";
    assert_eq!(complaint(&["-e", text], ""), "luster: mine\n");
}

#[test]
fn errors_describe_themselves_on_top_of_what_failed() {
    let script = "
        m = setmetatable({ x = 0 }, { __tostring = function(x)
            return tostring(debug.getinfo(4).currentline + x.x)
        end })
        error(m)";
    assert_eq!(complaint(&["-"], script), "luster: 5\n");
}

#[test]
fn errors_in_describing_do_not_go_on_for_ever() {
    let script = "error(setmetatable({}, { __tostring = function(x) error(x) end }))";
    assert!(complaint(&["-e", script], "").starts_with("luster: "));
}

#[test]
fn what_is_no_lua_has_no_traceback() {
    assert_eq!(complaint(&["-e", "x y"], ""), "luster: (command line):1: syntax error near 'y'\n");
    let script = file("unfinished.lua", "print(1\n");
    assert_eq!(
        complaint(&[&script], ""),
        format!("luster: {script}:2: ')' expected (to close '(' at line 1) near <eof>\n")
    );
}

#[test]
fn files_that_are_not_there_are_named() {
    assert_eq!(
        complaint(&["no/such/file.lua"], ""),
        "luster: cannot open no/such/file.lua: No such file or directory\n"
    );
    // Option-like words after `--` are files.
    assert_eq!(complaint(&["--", "-i"], ""), "luster: cannot open -i: No such file or directory\n");
}
