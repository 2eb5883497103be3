//! The end of a run: `os.exit`, finalizers, what is still to be written, interrupts.

use crate::harness::{Run, file, output, run};

#[test]
fn statuses_are_handed_on() {
    for (code, status) in [
        ("os.exit()", 0),
        ("os.exit(nil, true)", 0),
        ("os.exit(true, true)", 0),
        ("os.exit(false)", 1),
        ("os.exit(7)", 7),
        ("os.exit(8, true)", 8),
        ("pcall(os.exit, 9)", 9),
        ("coroutine.wrap(function() os.exit(10, true) end)()", 10),
    ] {
        let expected = Run { status: Some(status), stdout: "1".into(), stderr: String::new() };
        assert_eq!(run(&["-e", &format!("io.write(1) {code} print(2)")], ""), expected);
    }
}

#[test]
fn exits_that_close_close_variables_first() {
    let script = "
        local finalized = setmetatable({}, { __gc = function() print 'gc' end })
        local x <close> = setmetatable({}, { __close = function(_, e) print('Ok', e) end })
        local y <close> = setmetatable({}, { __close = function() print(120) end })
        os.exit(true, true)";
    assert_eq!(output(&["-"], script), "120\nOk\tnil\ngc\n");
    let in_coroutine = "
        local x <close> = setmetatable({}, { __close = function() print 'main' end })
        coroutine.wrap(function() os.exit(0, true) end)()";
    assert_eq!(output(&["-"], in_coroutine), "main\n");
    let not_closing = "
        setmetatable({}, { __gc = function() print 'gc' end })
        local x <close> = setmetatable({}, { __close = function() print 'close' end })
        os.exit(true)";
    assert_eq!(output(&["-"], not_closing), "");
}

#[test]
fn finalizers_run_at_the_end() {
    let script = "
        collectgarbage 'stop'
        setmetatable({}, { __gc = function() print(1) end })
        setmetatable({}, { __gc = function()
            print(2)
            setmetatable({}, { __gc = function() print(3) end })
            print(collectgarbage() or false)
            os.exit(0, true)
        end })";
    assert_eq!(output(&["-"], script), "2\nfalse\n1\n");
}

#[test]
fn errors_in_finalizers_are_warnings() {
    let script = "
        u1 = setmetatable({}, { __gc = function() error('XYZ', 0) end })
        u2 = setmetatable({}, { __gc = function() error('ZYX', 0) end })";
    let run = run(&["-W", "-"], script);
    assert_eq!(run.status, Some(0));
    assert_eq!(run.stderr, "Lua warning: error in __gc (ZYX)\nLua warning: error in __gc (XYZ)\n");
}

#[test]
fn open_files_are_written() {
    let path = file("left_open.txt", "");
    let script = format!("io.output([[{path}]]) io.write('alo')");
    assert_eq!(output(&["-e", &script], ""), "");
    assert_eq!(std::fs::read(path).expect("the file is there"), b"alo");
}

/// Interrupts come from `kill`, which only some systems have.
#[cfg(unix)]
mod interrupts {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Child, Command};

    use crate::harness::luster;

    fn interrupt(child: &Child) {
        let id = child.id().to_string();
        let status = Command::new("kill").args(["-INT", &id]).status().expect("there is `kill`");
        assert!(status.success());
    }

    /// Starts a script, interrupts it once it has said something, and gives what it says then.
    fn run_interrupted(script: &str) -> (Option<i32>, String, String) {
        let mut child = luster(&["-e", script]).spawn().expect("the command can be run");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it says something");
        interrupt(&child);
        let (mut out, mut err) = (String::new(), String::new());
        stdout.read_to_string(&mut out).expect("text");
        child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
        let status = child.wait().expect("it comes to an end");
        (status.code(), out, err)
    }

    #[test]
    fn a_script_can_catch_an_interrupt() {
        let script = "print(pcall(function() print(12) while true do end end))";
        let expected = (Some(0), "false\tinterrupted!\n".to_owned());
        let (status, out, err) = run_interrupted(script);
        assert_eq!((status, out), expected, "{err}");
    }

    #[test]
    fn an_interrupt_is_an_error() {
        let (status, _, err) = run_interrupted("print(12) while true do end");
        assert_eq!(status, Some(1));
        let expected = ": interrupted!
stack traceback:
\t(command line):1: in main chunk
\t[C]: in ?
";
        assert!(err.ends_with(expected), "{err}");
    }

    #[test]
    fn long_library_functions_can_be_interrupted() {
        let script = "print(15) string.find(string.rep('a', 100000), '.*.*b')";
        let (status, _, err) = run_interrupted(script);
        assert_eq!(status, Some(1), "{err}");
        assert!(err.contains("interrupted!"), "{err}");
    }

    #[test]
    fn the_second_interrupt_ends_the_process() {
        let script = "while true do pcall(function() print(12) while true do end end) end";
        let mut child = luster(&["-e", script]).spawn().expect("the command can be run");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        for _ in 0..2 {
            stdout.read_line(&mut String::new()).expect("it says something");
            interrupt(&child);
        }
        let status = child.wait().expect("it comes to an end");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2));
    }
}
