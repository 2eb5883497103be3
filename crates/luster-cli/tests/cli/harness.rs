//! Running the command and catching what comes out of it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where the command is.
const LUSTER: &str = env!("CARGO_BIN_EXE_luster");

/// What a run came to. The command's path is written `luster` wherever it comes up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The command with arguments, in an environment without any Lua.
pub(crate) fn luster(arguments: &[&str]) -> Command {
    let mut command = Command::new(LUSTER);
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LUA_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command with some input.
pub(crate) fn finish(mut command: Command, input: &[u8]) -> Run {
    let mut child = command.spawn().expect("the command can be run");
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    // A command that does not read its input may be gone already.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().expect("the command comes to an end");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace(LUSTER, "luster");
    Run { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the command with arguments and input.
pub(crate) fn run(arguments: &[&str], input: &str) -> Run {
    finish(luster(arguments), input.as_bytes())
}

/// What is written by a run that succeeds and has nothing to complain about.
#[track_caller]
pub(crate) fn output(arguments: &[&str], input: &str) -> String {
    let Run { status, stdout, stderr } = run(arguments, input);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    stdout
}

/// What is complained about by a run that fails.
#[track_caller]
pub(crate) fn complaint(arguments: &[&str], input: &str) -> String {
    let Run { status, stderr, .. } = run(arguments, input);
    assert_eq!(status, Some(1), "{stderr}");
    stderr
}

/// Makes a file for a test; gives its path. Every test uses names of its own.
pub(crate) fn file(name: &str, contents: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, contents).expect("the tests' directory can be written");
    path.to_str().expect("the tests' directory has a plain name").to_owned()
}
