//! The benchmark programs on disk: where they are, what they are called and what they are marked as.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders under `programs/`, in the order in which they are run.
pub(crate) const GROUPS: [&str; 3] = ["micro", "macro", "library"];

/// One Lua program.
pub(crate) struct Program {
    /// Folder and file without its ending, such as `micro/fib`.
    pub(crate) name: String,
    /// One of [`GROUPS`].
    pub(crate) group: &'static str,
    /// Whether the first line says `-- bench: alloc`: such a program is mostly about memory, and
    /// only these count for the mean of the memory ratios.
    pub(crate) allocates: bool,
    /// The file itself.
    pub(crate) file: PathBuf,
}

/// The programs whose name contains `filter`, sorted by group and name.
pub(crate) fn find(filter: &str) -> Result<Vec<Program>, String> {
    let mut programs = Vec::new();
    for group in GROUPS {
        let folder = folder().join(group);
        let describe = |error: std::io::Error| format!("{}: {error}", folder.display());
        let mut of_group = Vec::new();
        for entry in fs::read_dir(&folder).map_err(describe)? {
            let file = entry.map_err(describe)?.path();
            if file.extension().is_some_and(|ending| ending == "lua") {
                of_group.push(open(group, file)?);
            }
        }
        of_group.sort_by(|a, b| a.name.cmp(&b.name));
        programs.extend(of_group);
    }
    programs.retain(|program| program.name.contains(filter));
    if programs.is_empty() {
        return Err(format!("no program's name contains '{filter}'"));
    }
    Ok(programs)
}

/// The script that does nothing.
pub(crate) fn empty() -> PathBuf {
    folder().join("empty.lua")
}

fn open(group: &'static str, file: PathBuf) -> Result<Program, String> {
    let source = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Program {
        name: format!("{group}/{stem}"),
        group,
        allocates: source.starts_with(b"-- bench: alloc\n"),
        file,
    })
}

/// The runner is never installed, so the programs are where they were when it was built.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_its_programs() {
        let programs = find("").expect("the programs are in the repository");
        let count = |group| programs.iter().filter(|program| program.group == group).count();
        assert!(count("micro") >= 32);
        assert!(count("macro") >= 16);
        assert!(count("library") >= 20);
        assert!(programs.iter().any(|program| program.allocates));
        assert!(programs.iter().any(|program| !program.allocates));
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        assert!(find("no such program").is_err());
    }
}
