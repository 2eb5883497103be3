//! The scripts of `tests/lua`, run on PUC-Rio's Lua: what they expect has to be what it prints.

use std::fs;
use std::path::{Path, PathBuf};

use luster_differential::run_script_on_reference;

/// Scripts that are about what luster does otherwise, or about itself.
const OTHERWISE: &[(&str, &str)] = &[
    ("close_yields.lua", "yields where the reference has a C-call boundary"),
    ("yields_anywhere.lua", "yields where the reference has a C-call boundary"),
];

fn scripts() -> Vec<PathBuf> {
    let mut scripts = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/lua")];
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

/// Lines as the scripts' comments show them: tabs are spaces.
fn trimmed(line: &str) -> String {
    line.replace('\t', " ").trim().to_owned()
}

#[test]
fn expectations_are_what_the_reference_prints() {
    let mut complaints = Vec::new();
    for path in scripts() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if OTHERWISE.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let source = fs::read(&path).expect("a readable script");
        let text = String::from_utf8_lossy(&source);
        let after = |mark: &str| -> Vec<String> {
            text.lines()
                .filter_map(|line| line.split_once(mark))
                .map(|(_, text)| trimmed(text))
                .collect()
        };
        let (expected, expected_error) = (after("-- expect:"), after("-- expect-error:"));
        let (output, error) = run_script_on_reference(&source, &format!("@{name}"));
        let printed: Vec<String> = output.lines().map(trimmed).collect();
        let longest = printed.len().max(expected.len());
        if let Some(line) = (0..longest).find(|&line| printed.get(line) != expected.get(line)) {
            complaints.push(format!(
                "{name}: line {} of the output\n  expected {:?}\n  printed  {:?}",
                line + 1,
                expected.get(line),
                printed.get(line)
            ));
        }
        let error: Vec<String> = error.as_deref().map(trimmed).into_iter().collect();
        if error != expected_error {
            complaints.push(format!("{name}: expected {expected_error:?}, failed with {error:?}"));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
