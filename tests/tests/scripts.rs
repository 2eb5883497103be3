//! Runs every script of `tests/lua` through the facade and compares what it prints with what it
//! says that it prints.
//!
//! A comment `-- expect: text`, alone on its line or behind code, is the next line of output; the
//! comments of a script stand in the order of the lines. Since tabs do not show, a tab of the
//! output stands in the comment as a space. A script that ends with an error says
//! `-- expect-error: text`, which is the whole message. The expectations are what PUC-Rio's Lua 5.5
//! prints.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use luster::{Lua, Step};

/// More fuel than any of the scripts needs: one that hangs is to fail, not to hang the tests.
const FUEL: i64 = 2_000_000_000;

/// A writer whose bytes can be looked at afterwards.
#[derive(Clone, Default)]
struct Captured(Rc<RefCell<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a script says of itself, and what it did.
#[derive(Debug, Default, PartialEq)]
struct Report {
    lines: Vec<String>,
    error: Option<String>,
}

/// The comments of a script.
fn expected(source: &str) -> Report {
    let mut report = Report::default();
    for line in source.lines() {
        if let Some((_, text)) = line.split_once("-- expect:") {
            report.lines.push(text.trim().to_owned());
        } else if let Some((_, text)) = line.split_once("-- expect-error:") {
            report.error = Some(text.trim().to_owned());
        }
    }
    report
}

/// Runs a script whose chunk is named after its file, as when it is run from its own folder.
fn run(path: &Path, source: &[u8]) -> Report {
    let output = Captured::default();
    let lua = Lua::builder().all_libraries().output(output.clone()).build();
    let name = format!("@{}", path.file_name().expect("scripts have names").to_string_lossy());
    let result = lua
        .load(source)
        .set_name(name)
        .start::<()>()
        .and_then(|task| task.forbid_yields().step(FUEL));
    let error = match result {
        Ok(Step::Done(())) => None,
        Ok(_) => Some("not done after as much fuel as a script gets".to_owned()),
        Err(error) => Some(error.message().to_owned()),
    };
    drop(lua);
    let text = String::from_utf8_lossy(&output.0.borrow()).replace('\t', " ");
    Report { lines: text.lines().map(|line| line.trim().to_owned()).collect(), error }
}

/// The first difference, with some lines around it.
fn difference(expected: &Report, actual: &Report) -> Option<String> {
    if expected == actual {
        return None;
    }
    let mut text = String::new();
    let longest = expected.lines.len().max(actual.lines.len());
    let get = |report: &Report, index: usize| -> String {
        report.lines.get(index).map_or_else(|| "(nothing)".to_owned(), |line| format!("`{line}`"))
    };
    if let Some(first) = (0..longest).find(|&i| expected.lines.get(i) != actual.lines.get(i)) {
        let _ = writeln!(text, "  line {} of the output", first + 1);
        let _ = writeln!(text, "    expected {}", get(expected, first));
        let _ = writeln!(text, "    printed  {}", get(actual, first));
    }
    if expected.error != actual.error {
        let _ = writeln!(text, "  error: expected {:?}, got {:?}", expected.error, actual.error);
    }
    Some(text)
}

fn scripts() -> Vec<PathBuf> {
    let mut scripts = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("lua")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "lua") {
                scripts.push(path);
            }
        }
    }
    scripts.sort();
    scripts
}

/// `LUSTER_SCRIPT` in the environment picks the scripts whose path has it in it.
#[test]
fn scripts_print_what_they_say() {
    let only = std::env::var("LUSTER_SCRIPT").unwrap_or_default();
    let mut failures = String::new();
    let mut lines = 0;
    let mut count = 0;
    for path in scripts().iter().filter(|path| path.to_string_lossy().contains(&only)) {
        let source = fs::read(path).expect("a readable script");
        let expected = expected(&String::from_utf8_lossy(&source));
        assert!(
            !expected.lines.is_empty() || expected.error.is_some(),
            "{}: says nothing of what it prints",
            path.display()
        );
        count += 1;
        lines += expected.lines.len();
        // A panic is that script's failure; the others run all the same.
        let report = catch_unwind(|| run(path, &source)).unwrap_or_else(|_| Report {
            lines: Vec::new(),
            error: Some("it panicked".to_owned()),
        });
        if let Some(difference) = difference(&expected, &report) {
            let _ = write!(failures, "\n{}\n{difference}", path.display());
        }
    }
    println!("{count} scripts, {lines} lines of output");
    assert!(failures.is_empty(), "{failures}");
}
