//! Limits of the command: what they end the program with, and what scripts see of them.

use crate::harness::{Run, file, output, run};

/// The status and the standard error output, without the program's name.
fn limited(arguments: &[&str], script: &str) -> (Option<i32>, String) {
    let Run { status, stderr, .. } = run(arguments, script);
    (status, stderr.split(": ").last().unwrap_or_default().trim_end().to_owned())
}

#[test]
fn limits_end_the_program() {
    let endless = "while true do pcall(error) end";
    let fuel = limited(&["--fuel", "1M", "-"], endless);
    assert_eq!(fuel, (Some(3), "fuel exhausted".into()));
    let time = limited(&["--timeout", "50ms", "-"], endless);
    assert_eq!(time, (Some(3), "timed out".into()));
    for filling in [
        "local t while true do t = { t } end",
        "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
        "return ('x'):rep(1 << 30)",
        "local t = {} while true do pcall(function() t = { t } end) end",
    ] {
        let memory = limited(&["--memory", "4M", "-"], filling);
        assert_eq!(memory, (Some(3), "memory limit exceeded".into()), "{filling}");
    }
}

#[test]
fn what_keeps_to_its_limits_is_not_disturbed() {
    let arguments = ["--memory", "64M", "--fuel", "100M", "--timeout", "1m", "-"];
    assert_eq!(output(&arguments, "print(#('x'):rep(1000))"), "1000\n");
    let caught = "print(pcall(string.rep, 'x', 1 << 40))";
    assert_eq!(output(&["--memory", "4M", "-"], caught), "false\tnot enough memory\n");
    // Other errors keep their status.
    let failed = run(&["--memory", "64M", "-e", "error('no', 0)"], "");
    assert_eq!(failed.status, Some(1));
}

#[test]
fn nothing_runs_after_a_limit() {
    let script = "
        local closed <close> = setmetatable({}, { __close = function() print 'close' end })
        setmetatable({}, { __gc = function() print 'gc' end })
        io.write 'written'
        while true do end";
    let Run { status, stdout, .. } = run(&["--fuel", "1M", "-"], script);
    assert_eq!((status, stdout.as_str()), (Some(3), "written"));
}

#[test]
fn a_sandbox_has_the_safe_libraries() {
    let script = "print(io, require, debug, loadfile, os.execute, type(os.time), type(string.rep))";
    let expected = "nil\tnil\tnil\tnil\tnil\tfunction\tfunction\n";
    assert_eq!(output(&["--sandbox", "-"], script), expected);
    let path = file("sandboxed.lua", "#!/usr/bin/env luster\nprint(...)");
    assert_eq!(output(&["--sandbox", &path, "a", "b"], ""), "a\tb\n");
    let missing = run(&["--sandbox", "missing.lua"], "");
    assert_eq!(missing.status, Some(1));
    assert!(missing.stderr.contains("cannot open missing.lua"), "{}", missing.stderr);
}
