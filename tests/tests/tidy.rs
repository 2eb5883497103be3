//! The house rules that a program can check, checked on the tree itself: which crate may use which,
//! that every file says what lives in it, where `unsafe` may stand, and how long files may grow.
//!
//! The tables below are the rules. To change one is a decision about the architecture, to be told
//! in `docs/architecture.md` in the same change.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each crate may use: crates of the workspace and of the registry, for its own code.
/// Development dependencies are free, as long as they are not crates of the workspace.
const EDGES: &[(&str, &[&str])] = &[
    ("luster-number", &[]),
    ("luster-syntax", &["luster-number", "hashbrown", "smallvec"]),
    ("luster-bytecode", &[]),
    (
        "luster-compiler",
        &["luster-number", "luster-syntax", "luster-bytecode", "hashbrown", "smallvec"],
    ),
    (
        "luster-value",
        &["luster-number", "luster-bytecode", "anyhow", "gc-arena", "hashbrown", "smallvec"],
    ),
    (
        "luster-vm",
        // The last one asks the operating system how long steps take.
        &["luster-number", "luster-value", "luster-bytecode", "gc-arena", "smallvec", "rustix"],
    ),
    (
        "luster-stdlib",
        &[
            "luster-number",
            "luster-vm",
            "luster-value",
            "luster-compiler",
            "luster-bytecode",
            "luster-syntax",
            "gc-arena",
            "smallvec",
            // The small crates for what the operating system is asked.
            "jiff",
            "memchr",
            "rustix",
            "tempfile",
        ],
    ),
    (
        "luster",
        &[
            "luster-number",
            "luster-syntax",
            "luster-bytecode",
            "luster-compiler",
            "luster-value",
            "luster-vm",
            "luster-stdlib",
            "luster-derive",
            "annotate-snippets",
            "anyhow",
            "gc-arena",
            "serde",
        ],
    ),
    // The examples of its documentation use the facade.
    ("luster-derive", &["proc-macro2", "quote", "syn", "luster"]),
    ("luster-cli", &["luster", "lexopt", "mimalloc", "rustyline", "signal-hook"]),
    // It times the layers one by one, and so uses more than the facade.
    ("luster-bench", &["luster", "luster-compiler", "luster-syntax", "lexopt", "libc", "mlua"]),
    // It runs the same sources on luster and on PUC-Rio's Lua, and looks no deeper.
    ("luster-differential", &["luster", "mlua"]),
    ("luster-tests", &["luster"]),
];

/// The modules that may hold `unsafe`, and what it buys there.
const UNSAFE: &[(&str, &str)] = &[
    ("crates/luster-value/src/string.rs", "bytes inline behind a header"),
    ("crates/luster-value/src/intern.rs", "the interner holds strings weakly"),
    ("crates/luster-value/src/marking.rs", "strings that note that they were marked"),
    ("crates/luster-value/tests/values/arena.rs", "marking, as the collection driver does it"),
    ("crates/luster-value/src/table/mod.rs", "access without borrow flags"),
    ("crates/luster-value/src/table/raw.rs", "the parts of a table behind one cell"),
    ("crates/luster-value/src/table/array.rs", "payloads and tags in arrays of their own"),
    ("crates/luster-value/src/table/node.rs", "nodes by number, keys that may be dead"),
    (
        "crates/luster-value/src/closure.rs",
        "upvalues inline behind a header, constants inside instructions",
    ),
    ("crates/luster-value/src/callback.rs", "a Collect implementation for function pointers"),
    (
        "crates/luster-value/src/registers.rs",
        "windows on registers, numbers read in place, dead slots cleared",
    ),
    ("crates/luster-value/src/frames.rs", "frames pushed and found without looking twice"),
    ("crates/luster-value/src/scan.rs", "deep stacks traced in portions, coroutines by address"),
    ("crates/luster-value/src/finalizers.rs", "objects held weakly until they are due"),
    ("crates/luster-value/src/stash.rs", "values that the host holds"),
    ("crates/luster-value/src/userdata.rs", "downcasts of values with the arena's brand"),
    ("crates/luster-value/src/lend.rs", "borrows that are kept, and values lent for a time"),
    ("crates/luster-value/src/weak.rs", "weak tables by address for a cycle"),
    ("crates/luster-vm/src/cursor.rs", "instruction, registers and frame of the running function"),
    ("crates/luster-vm/src/collector.rs", "the phases of a collection"),
    ("crates/luster-derive/src/collect.rs", "what the derive of `Collect` generates for its users"),
    ("crates/luster-differential/src/engine.rs", "a reference with the library `debug`"),
    ("crates/luster-bench/src/counting.rs", "an allocator that counts"),
    ("crates/luster-bench/src/process.rs", "resource usage and limits of child processes"),
];

/// The crates whose root cannot forbid `unsafe`, since a module of theirs is in [`UNSAFE`].
const UNSAFE_CRATES: &[&str] =
    &["luster-value", "luster-vm", "luster-bench", "luster-differential"];

/// How many lines a file may have.
const MAX_LINES: usize = 800;

/// Files with more lines, and why they hold one concept nevertheless.
const LONG_FILES: &[(&str, &str)] = &[
    ("crates/luster-value/src/table/mod.rs", "a table's operations share its invariants"),
    ("crates/luster-vm/src/execute.rs", "the dispatch loop: one arm per op"),
];

/// A Rust file of the tree.
struct File {
    /// Relative to the root, with forward slashes.
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in a folder").into()
}

/// All Rust files of the workspace and of `fuzz`, in order.
fn rust_files() -> Vec<File> {
    let root = root();
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["crates", "tests", "fuzz"].iter().map(|name| root.join(name)).collect();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for entry in entries {
            let path = entry.expect("a readable entry").path();
            let name = path.file_name().expect("entries have names").to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).expect("source is UTF-8");
                let path = path.strip_prefix(&root).expect("it was found there");
                files.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Fails with all complaints at once.
fn report(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The names in the sections of a manifest that start with `[dependencies` or
/// `[target.….dependencies`, and those of the development and build dependencies.
fn dependencies(manifest: &str) -> (Vec<String>, Vec<String>) {
    let (mut normal, mut other) = (Vec::new(), Vec::new());
    let mut section = String::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            if let Some(name) = section.strip_prefix("dependencies.") {
                normal.push(name.to_owned());
            }
            continue;
        }
        let Some((name, _)) = line.split_once('=') else { continue };
        let name = name.trim().split('.').next().unwrap_or_default().to_owned();
        if name.is_empty() || name.starts_with('#') {
            continue;
        }
        if section.ends_with("dev-dependencies") || section.ends_with("build-dependencies") {
            other.push(name);
        } else if section == "dependencies" || section.ends_with(".dependencies") {
            normal.push(name);
        }
    }
    (normal, other)
}

#[test]
fn crates_use_only_what_they_may() {
    let mut complaints = Vec::new();
    let mut manifests: Vec<PathBuf> = fs::read_dir(root().join("crates"))
        .expect("there are crates")
        .map(|entry| entry.expect("a readable entry").path().join("Cargo.toml"))
        .filter(|path| path.exists())
        .collect();
    manifests.push(root().join("tests/Cargo.toml"));
    let edges: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let mut seen = Vec::new();
    for path in manifests {
        let manifest = fs::read_to_string(&path).expect("a manifest is UTF-8");
        let name = manifest
            .lines()
            .find_map(|line| line.strip_prefix("name = "))
            .expect("a package has a name")
            .trim_matches('"')
            .to_owned();
        let Some(allowed) = edges.get(name.as_str()) else {
            complaints.push(format!("{name}: has no row in EDGES"));
            continue;
        };
        let (normal, other) = dependencies(&manifest);
        for used in &normal {
            if !allowed.contains(&used.as_str()) {
                complaints.push(format!("{name} must not use {used}"));
            }
        }
        for used in &other {
            // A crate may use in its tests what it uses otherwise, and itself to switch a feature.
            let is_ours = used == "luster" || used.starts_with("luster-");
            if is_ours && *used != name && !allowed.contains(&used.as_str()) {
                complaints.push(format!("the tests of {name} must not use {used}"));
            }
        }
        if !manifest.contains("[lints]\nworkspace = true") {
            complaints.push(format!("{name}: does not take over the workspace's lints"));
        }
        seen.push(name);
    }
    for (name, _) in EDGES {
        if !seen.iter().any(|seen| seen == name) {
            complaints.push(format!("{name}: has a row in EDGES and is not there"));
        }
    }
    report(&complaints);
}

#[test]
fn every_file_says_what_lives_in_it() {
    let complaints: Vec<String> = rust_files()
        .iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| format!("{}: does not begin with a `//!` comment", file.path))
        .collect();
    report(&complaints);
}

/// The code of a line, without a line comment. Strings are not looked into: what is in one
/// only matters when it looks like code.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Whether a line of code has `unsafe` in it as a keyword.
fn has_unsafe(line: &str) -> bool {
    let line = code(line);
    line.match_indices("unsafe").any(|(at, word)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].trim_start();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"')
            && (after.is_empty()
                || ["{", "fn ", "impl", "trait ", "extern ", "("]
                    .iter()
                    .any(|s| after.starts_with(s)))
    })
}

/// Whether the comment lines just above line `index`, or that line's own comment, hold `text`. An
/// attribute or the beginning of the same statement may stand between.
fn is_explained(lines: &[&str], index: usize, text: &str) -> bool {
    let mut above = index;
    let mut code_lines = 0;
    loop {
        let line = lines[above].trim_start();
        if line.split_once("//").is_some_and(|(_, comment)| comment.contains(text)) {
            return true;
        }
        let is_comment = line.starts_with("//");
        code_lines += usize::from(!is_comment && !line.starts_with("#["));
        if above == 0 || line.is_empty() || code_lines > 3 {
            return false;
        }
        above -= 1;
    }
}

#[test]
fn unsafe_stands_where_it_may_and_is_explained() {
    let mut complaints = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for file in rust_files() {
        let lines: Vec<&str> = file.text.lines().collect();
        let allowed = UNSAFE.iter().any(|(path, _)| *path == file.path);
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| has_unsafe(line)) {
            let place = format!("{}:{}", file.path, index + 1);
            if !allowed {
                complaints.push(format!("{place}: this module has no row in UNSAFE"));
            }
            let declares = code(line).contains("unsafe fn") || code(line).contains("unsafe trait");
            if declares {
                counts.entry(file.path.clone()).or_default();
                if !is_explained(&lines, index, "# Safety") {
                    complaints.push(format!("{place}: no `# Safety` section"));
                }
            } else {
                *counts.entry(file.path.clone()).or_default() += 1;
                if !is_explained(&lines, index, "SAFETY:") {
                    complaints.push(format!("{place}: no `// SAFETY:` comment"));
                }
            }
        }
    }
    for (path, reason) in UNSAFE {
        match counts.get(*path) {
            Some(count) => println!("{count:4} unsafe blocks in {path}: {reason}"),
            None => complaints.push(format!("{path}: has a row in UNSAFE and needs none")),
        }
    }
    println!("{:4} unsafe blocks and implementations in all", counts.values().sum::<usize>());
    report(&complaints);
}

#[test]
fn every_other_crate_forbids_unsafe() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        let parts: Vec<&str> = file.path.split('/').collect();
        let [_, name, "src", "lib.rs" | "main.rs"] = parts[..] else { continue };
        let forbids = file.text.contains("#![forbid(unsafe_code)]");
        if forbids == UNSAFE_CRATES.contains(&name) {
            complaints.push(format!(
                "{}: {}",
                file.path,
                if forbids {
                    "forbids unsafe code and is in UNSAFE_CRATES"
                } else {
                    "does not forbid unsafe code"
                }
            ));
        }
    }
    report(&complaints);
}

#[test]
fn no_file_outgrows_its_reader() {
    let mut complaints = Vec::new();
    let files = rust_files();
    for file in &files {
        let lines = file.text.lines().count();
        let is_listed = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        if lines > MAX_LINES && !is_listed {
            complaints.push(format!("{}: {lines} lines; does it hold one thing?", file.path));
        } else if lines <= MAX_LINES && is_listed {
            complaints.push(format!("{}: {lines} lines, and has a row in LONG_FILES", file.path));
        }
    }
    for (path, _) in LONG_FILES {
        if !files.iter().any(|file| file.path == *path) {
            complaints.push(format!("{path}: has a row in LONG_FILES and is not there"));
        }
    }
    report(&complaints);
}

#[test]
fn modules_are_not_drawers() {
    let complaints: Vec<String> = rust_files()
        .iter()
        .filter(|file| {
            let stem = Path::new(&file.path).file_stem().unwrap_or_default().to_string_lossy();
            ["utils", "util", "helpers", "misc", "common"].contains(&stem.as_ref())
        })
        .map(|file| format!("{}: the name says nothing of what lives there", file.path))
        .collect();
    report(&complaints);
}
