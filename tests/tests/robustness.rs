//! Damaged sources: real Lua files, cut off and with bytes changed, go through the parser, the
//! compiler and some through the VM. None of it may panic or hang, whatever the bytes say.
//!
//! The damage comes from a generator with a fixed seed, so that a failure can be repeated: the
//! message names the file and the number of the case.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use luster::bytecode::{dump, undump};
use luster::compiler::compile;
use luster::syntax::parse;
use luster::{Lua, Output, Step};

/// How many damaged sources are parsed and compiled.
const COMPILED: u64 = 100_000;
/// How many are run, if they compile.
const RUN: u64 = 4_000;
/// How many damaged dumps are read.
const UNDUMPED: u64 = 20_000;
/// The fuel of a run.
const FUEL: i64 = 20_000;
/// Longer sources are represented by a piece of this size, or the tests would take minutes.
const PIECE: usize = 600;
/// No case may take longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Numbers that look random: `SplitMix64`.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Pieces of Lua that are put in at random: what makes a parser change its mind.
const WORDS: &[&str] = &[
    "end",
    "function",
    "(",
    ")",
    "{",
    "}",
    "[[",
    "]]",
    "[=[",
    "--",
    "--[[",
    "local ",
    "goto ",
    "::",
    "<close>",
    "<const>",
    "global ",
    "...",
    "..",
    "=",
    "==",
    "'",
    "\"",
    "\\",
    "\\u{",
    "0x",
    "1e",
    "9223372036854775807",
    "for ",
    " in ",
    "repeat ",
    "until ",
    "return ",
    "break",
    " or ",
    " and ",
    "not ",
    "#",
    "-",
    "~",
    "//",
    ">>",
    ";",
    ",",
    ":",
    ".",
    "\0",
    "\n",
    "\r",
    "\u{FEFF}",
    "é",
];

/// The Lua files of the repository.
fn sources() -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in a folder");
    let mut sources = Vec::new();
    let mut folders = vec![root.join("crates"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "lua") {
                let source = fs::read(&path).expect("a readable file");
                if !source.is_empty() {
                    sources.push((path, source));
                }
            }
        }
    }
    sources.sort();
    assert!(sources.len() > 50, "the repository's Lua files are found");
    sources
}

/// A piece of a source, damaged in one of several ways.
fn damage(generator: &mut Generator, source: &[u8]) -> Vec<u8> {
    let start = if source.len() > PIECE { generator.below(source.len() - PIECE) } else { 0 };
    let mut bytes = source[start..source.len().min(start + PIECE)].to_vec();
    for _ in 0..=generator.below(4) {
        let at = generator.below(bytes.len().max(1)).min(bytes.len());
        match generator.below(8) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << generator.below(8),
            2 if !bytes.is_empty() => bytes[at] = generator.next() as u8,
            3 if !bytes.is_empty() => {
                bytes.remove(at);
            }
            4 => {
                let end = (at + generator.below(40)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = generator.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            5 => {
                let end = (at + generator.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let word = WORDS[generator.below(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    bytes
}

/// Does something with damaged sources, and says which one it was that went wrong.
fn for_damaged(seed: u64, cases: u64, mut each: impl FnMut(&[u8])) {
    let sources = sources();
    let mut generator = Generator(seed);
    for case in 0..cases {
        let (path, source) = &sources[generator.below(sources.len())];
        let bytes = damage(&mut generator, source);
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| each(&bytes)));
        let text =
            || format!("case {case} of {}:\n{}", path.display(), String::from_utf8_lossy(&bytes));
        assert!(outcome.is_ok(), "panic in {}", text());
        assert!(begin.elapsed() < PATIENCE, "{:?} for {}", begin.elapsed(), text());
    }
}

#[test]
fn damaged_sources_are_parsed_and_compiled() {
    let mut accepted = 0;
    for_damaged(1, COMPILED, |bytes| {
        let parse = parse(bytes);
        let tokens: usize =
            parse.tokens.all().iter().map(|token| parse.tokens.text(token, bytes).len()).sum();
        assert_eq!(tokens, bytes.len(), "every byte is in one token");
        accepted += u64::from(compile(bytes, b"=damaged").is_ok());
    });
    println!("{accepted} of {COMPILED} damaged sources compile");
    assert!(accepted > COMPILED / 100, "the damage leaves something to compile");
}

#[test]
fn every_truncation_is_compiled() {
    // Whole files this time, cut at every line and at some other places.
    let mut generator = Generator(2);
    for (path, source) in sources() {
        let cuts = (0..40).map(|_| generator.below(source.len())).collect::<Vec<_>>();
        for cut in cuts {
            let outcome = catch_unwind(|| compile(&source[..cut], b"=cut").is_ok());
            assert!(outcome.is_ok(), "panic in {} cut at {cut}", path.display());
        }
    }
}

#[test]
fn damaged_sources_are_run() {
    let mut finished = 0;
    let mut failed = 0;
    for_damaged(3, RUN, |bytes| {
        // The safe libraries: damaged code must not reach files or processes.
        let lua = Lua::new();
        lua.enter(|ctx| Output::new(std::io::sink()).install(ctx));
        let Ok(mut task) = lua.load(bytes).set_name("=damaged").start::<()>() else { return };
        match task.step(FUEL) {
            Ok(Step::Done(())) => finished += 1,
            Ok(_) => {}
            Err(error) => {
                assert!(!error.to_string().is_empty());
                failed += 1;
            }
        }
    });
    println!("{finished} of {RUN} damaged sources ran to their end, {failed} raised errors");
}

#[test]
fn whole_scripts_stop_anywhere() {
    // The scripts of this package, each stopped after a random amount of work, and dropped there.
    let mut generator = Generator(4);
    let scripts = sources();
    for (path, source) in
        scripts.iter().filter(|(path, _)| path.components().any(|c| c.as_os_str() == "tests"))
    {
        for _ in 0..8 {
            let fuel = 1 + (generator.next() % 50_000) as i64;
            let outcome = catch_unwind(|| {
                let lua = Lua::new();
                lua.enter(|ctx| Output::new(std::io::sink()).install(ctx));
                if let Ok(mut task) = lua.load(source).start::<()>() {
                    let _ = task.step(fuel);
                    lua.collect_garbage();
                }
            });
            assert!(outcome.is_ok(), "panic in {} after {fuel} units of fuel", path.display());
        }
    }
}

#[test]
fn damaged_dumps_are_refused_or_sound() {
    let dumps: Vec<Vec<u8>> = sources()
        .iter()
        .filter_map(|(_, source)| compile(source, b"=dumped").ok())
        .map(|prototype| dump(&prototype, false))
        .collect();
    let mut generator = Generator(5);
    let mut accepted = 0;
    for case in 0..UNDUMPED {
        let mut bytes = dumps[generator.below(dumps.len())].clone();
        for _ in 0..=generator.below(3) {
            let at = generator.below(bytes.len());
            match generator.below(4) {
                0 => bytes.truncate(at + 1),
                1 => bytes[at] = generator.next() as u8,
                2 => bytes[at] ^= 1 << generator.below(8),
                _ => bytes[at] = bytes[at].wrapping_add(1),
            }
        }
        let outcome = catch_unwind(|| undump(&bytes).is_ok());
        match outcome {
            Ok(sound) => accepted += u64::from(sound),
            Err(_) => panic!("panic in case {case}"),
        }
    }
    println!("{accepted} of {UNDUMPED} damaged dumps pass the verifier");
}
