//! Running cases on both engines, and telling where they differ.
//!
//! A case is a piece of Lua source, the body of a function that puts what it finds out into the
//! output with `SHOW` and `SAY`. Many cases go into one chunk, each on a line of its own.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::engine::{Engine, Luster, Reference};
use crate::exempt::is_exempt;

/// How many cases a chunk has.
const BATCH: usize = 100;

/// How many differences are reported.
const MAX_REPORTED: usize = 20;

/// A folder for the files of one test on one engine, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(test: &str, engine: &str) -> Folder {
        let name = format!("luster-differential-{}-{test}-{engine}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder for temporary files");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed does no harm where it is.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What became of the cases of a test.
#[derive(Debug, Default)]
pub struct Comparison {
    /// How many cases were run.
    pub cases: usize,
    /// How many lines both engines agree on, of those that they printed.
    pub lines: usize,
    /// How many cases differ where they are known to.
    pub exempt: usize,
    /// How many cases differ.
    pub differences: usize,
    /// The first of each kind.
    pub report: String,
    kinds: HashSet<String>,
}

impl Comparison {
    /// Fails with the differences, if there are any.
    ///
    /// # Panics
    /// When the engines differ.
    pub fn check(&self) {
        assert!(
            self.differences == 0,
            "{} of {} cases differ; the first:\n{}",
            self.differences,
            self.cases,
            self.report
        );
    }

    pub(crate) fn add(&mut self, case: &str, reference: &[String], luster: &[String]) {
        self.cases += 1;
        let longest = reference.len().max(luster.len());
        let Some(first) = (0..longest).find(|&i| reference.get(i) != luster.get(i)) else {
            self.lines += reference.len();
            return;
        };
        let get = |lines: &[String]| lines.get(first).map_or("(nothing)", |line| line).to_owned();
        let (reference, luster) = (get(reference), get(luster));
        if is_exempt(case, &reference, &luster) {
            self.exempt += 1;
            return;
        }
        self.differences += 1;
        // Where only numbers differ, the fault is likely to be the same.
        let mut kind = format!("{reference}\n{luster}");
        kind.retain(|char| !char.is_ascii_digit());
        if self.kinds.len() < MAX_REPORTED && self.kinds.insert(kind) {
            let _ = writeln!(self.report, "\n{case}\n  PUC-Rio: {reference}\n  luster:  {luster}");
        }
    }
}

/// Runs cases on both engines. `test` is the name of the test, which names its folders.
pub fn compare(test: &str, cases: &[String]) -> Comparison {
    let mut comparison = Comparison::default();
    let reference_folder = Folder::new(test, "reference");
    let luster_folder = Folder::new(test, "luster");
    for batch in cases.chunks(BATCH) {
        let reference = run::<Reference>(batch, &reference_folder.0);
        let luster = run::<Luster>(batch, &luster_folder.0);
        for ((case, reference), luster) in batch.iter().zip(&reference).zip(&luster) {
            comparison.add(case, reference, luster);
        }
    }
    comparison
}

/// The output of each case of a batch. When the batch does not come to its end, each case is run
/// alone, to find out which one it is.
fn run<E: Engine>(batch: &[String], folder: &Path) -> Vec<Vec<String>> {
    match E::new(folder).and_then(|engine| engine.run(&chunk(batch))) {
        Ok(text) => outputs(&text, batch.len()),
        Err(error) if batch.len() == 1 => vec![does_not_end(&error)],
        Err(_) => batch.chunks(1).flat_map(|case| run::<E>(case, folder)).collect(),
    }
}

/// The chunk that runs some cases.
pub(crate) fn chunk<T: AsRef<str>>(batch: &[T]) -> String {
    let mut source = String::new();
    for (number, case) in batch.iter().enumerate() {
        let _ = writeln!(source, "CASE({number}, function() {} end)", case.as_ref());
    }
    source.push_str("return FINISH()\n");
    source
}

/// The output of a case that does not come to its end.
pub(crate) fn does_not_end(error: &str) -> Vec<String> {
    vec![format!("does not end: {error}")]
}

/// Sorts the lines of an output by the number of the case that stands before each.
pub(crate) fn outputs(text: &[u8], count: usize) -> Vec<Vec<String>> {
    let mut outputs = vec![Vec::new(); count];
    for line in text.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line);
        let Some((number, text)) = line.split_once(' ') else { continue };
        if let Some(output) = number.parse().ok().and_then(|number: usize| outputs.get_mut(number))
        {
            output.push(text.to_owned());
        }
    }
    outputs
}
