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

/// One line says which limit it was, with nothing else, not even a traceback.
#[test]
fn odd_scripts_end_by_their_limit() {
    let fuel = "fuel exhausted";
    let memory = "memory limit exceeded";
    for (script, limit) in [
        ("while true do pcall(function() while true do pcall(error) end end) end", fuel),
        ("coroutine.wrap(function() while true do end end)()", fuel),
        (
            "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
            fuel,
        ),
        ("while true do setmetatable({}, { __gc = function() error('x') end }) end", fuel),
        ("setmetatable({}, { __gc = function() while true do end end }) collectgarbage()", fuel),
        ("setmetatable({}, { __gc = function() while true do end end })", fuel),
        (
            "local x <close> = setmetatable({}, { __close = function() while true do end end })",
            fuel,
        ),
        (
            "while true do pcall(function() local x <close> = setmetatable({}, { __close = error }) error('a') end) end",
            fuel,
        ),
        ("xpcall(error, function() while true do end end)", fuel),
        ("while true do ('a'):rep(1 << 20):find(('a*'):rep(20) .. 'b') end", fuel),
        ("while true do ('x'):rep(1 << 20) end", fuel),
        (
            "local t = {} for i = 1, 10000 do t[i] = i end while true do table.sort(t, function(a, b) return a > b end) end",
            fuel,
        ),
        ("while true do load(('x=1 '):rep(1000)) end", fuel),
        ("while true do collectgarbage() end", fuel),
        (
            "table.concat(setmetatable({}, { __len = function() return 1 << 40 end, __index = function() return 1 end }))",
            fuel,
        ),
        (
            "table.unpack(setmetatable({}, { __index = function() while true do end end }), 1, 3)",
            fuel,
        ),
        ("return ('x'):rep(1 << 40)", memory),
        ("coroutine.wrap(function() return ('x'):rep(1 << 40) end)()", memory),
        ("error(select(2, pcall(string.rep, 'x', 1 << 40)))", memory),
        ("assert(pcall(string.rep, 'x', 1 << 40))", memory),
        ("assert(load(('x = 1 '):rep(100000)))", memory),
        (
            "local t = {} table.sort({ 3, 2, 1 }, function(a, b) while true do t[#t + 1] = ('x'):rep(10000) .. #t end end)",
            memory,
        ),
        ("('x'):rep(1000):gsub('x', function() return ('y'):rep(1 << 20) end)", memory),
        (
            "print(setmetatable({}, { __tostring = function() return ('x'):rep(1 << 40) end }))",
            memory,
        ),
        (
            "local x <close> = setmetatable({}, { __close = function() return ('x'):rep(1 << 40) end })",
            memory,
        ),
        ("local t = {} while true do (function() t = { t } end)() end", memory),
        // That there is no memory is caught, again and again.
        ("local t = {} while true do pcall(function() t = { t } end) end", fuel),
        ("local t = {} while true do t[#t + 1] = coroutine.wrap(function() end) end", memory),
    ] {
        // Filling the memory takes fuel, too: what the collector does meanwhile is the script's to pay.
        let budget = if limit == fuel { "5M" } else { "30M" };
        let arguments = ["--memory", "8M", "--fuel", budget, "--timeout", "60s", "--sandbox", "-"];
        let Run { status, stderr, .. } = run(&arguments, script);
        assert_eq!(status, Some(3), "{script}: {stderr}");
        assert!(stderr.ends_with(&format!(": {limit}\n")), "{script}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{script}: {stderr}");
    }
}

#[test]
fn other_errors_keep_their_status() {
    let arguments = ["--memory", "64M", "--fuel", "100M", "--timeout", "1m", "--sandbox", "-"];
    for script in [
        "error('plain')",
        "error('no', 0)",
        "error({})",
        "error()",
        "x = = 1",
        "nothing()",
        "error('the script says not enough memory to go on')",
        "local function f() return coroutine.wrap(f)() end f()",
    ] {
        assert_eq!(run(&arguments, script).status, Some(1), "{script}");
    }
    // What a handler or a finalizer fails with is caught.
    for script in [
        "xpcall(function() return ('x'):rep(1 << 40) end, function() return ('y'):rep(1 << 40) end)",
        "setmetatable({}, { __gc = function() return ('x'):rep(1 << 40) end }) collectgarbage()",
        "print(pcall(string.rep, 'x', 1 << 40))",
    ] {
        assert_eq!(run(&arguments, script).status, Some(0), "{script}");
    }
}

/// A program that is itself too large for its memory has reached that limit, too.
#[test]
fn a_program_may_be_too_large() {
    let path = file("large.lua", "x = 1 ".repeat(300_000));
    let (status, message) = limited(&["--memory", "4M", &path], "");
    assert_eq!((status, message.as_str()), (Some(3), "memory limit exceeded"));
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
