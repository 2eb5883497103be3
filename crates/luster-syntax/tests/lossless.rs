//! The tokens are the file, byte for byte, and nothing panics: for whole sources, for sources cut
//! off anywhere, and for sources with damaged bytes.
//!
//! What the tree looks like is in `trees`, what the messages say in `errors`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use luster_syntax::{Parse, TokenKind, Visitor, parse, visit::walk};

const SAMPLES: &[(&str, &[u8])] = &[
    ("everything", include_bytes!("samples/everything.lua")),
    ("bytes", include_bytes!("samples/bytes.lua")),
    ("broken", include_bytes!("samples/broken.lua")),
];

struct Nothing;

impl Visitor for Nothing {}

/// Parses, and checks what holds for every source.
fn check(source: &[u8]) -> Parse {
    let parse = parse(source);
    let tokens = &parse.tokens;
    let mut at = 0;
    for id in tokens.all().iter() {
        let span = tokens.span(id);
        assert_eq!(span.start, at, "tokens follow one another");
        let is_end = tokens.kind(id) == TokenKind::EndOfFile;
        assert_eq!(span.is_empty(), is_end, "only the end of the file is empty");
        assert_eq!(tokens.at_offset(span.start), id);
        at = span.end;
    }
    assert_eq!(at as usize, source.len(), "tokens reach to the end");
    walk(&parse.ast, &mut Nothing);
    for diagnostic in &parse.diagnostics {
        assert!(diagnostic.span.start <= diagnostic.span.end);
        assert!(diagnostic.span.end as usize <= source.len());
        assert!(diagnostic.position as usize <= source.len());
    }
    parse
}

#[test]
fn samples() {
    for (name, source) in SAMPLES {
        let parse = check(source);
        assert_eq!(parse.diagnostics.is_empty(), *name != "broken", "{name}");
    }
}

/// A generator of numbers that is the same on every run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn cut_off_anywhere() {
    for (_, source) in SAMPLES {
        for end in 0..source.len() {
            let parse = check(&source[..end]);
            for diagnostic in parse.diagnostics.iter().take(1) {
                let _ = diagnostic.render(&source[..end], "cut");
            }
            check(&source[end..]);
        }
    }
}

#[test]
fn damaged_bytes() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let telling = b"\"'[]=(){}<>-~.:;,\\\n\r\0 aexz09\xff#$";
    for (_, source) in SAMPLES {
        for _ in 0..2000 {
            let mut source = source.to_vec();
            for _ in 0..=random.below(4) {
                let at = random.below(source.len());
                match random.below(4) {
                    0 => source[at] ^= 1 << random.below(8),
                    1 => source[at] = telling[random.below(telling.len())],
                    2 => source.insert(at, telling[random.below(telling.len())]),
                    _ => drop(source.remove(at)),
                }
            }
            let parse = check(&source);
            for diagnostic in &parse.diagnostics {
                let _ = diagnostic.render(&source, "damaged");
            }
            let _ = parse.dump_ast().to_string();
        }
    }
}

/// All `.lua` files below the folder that `LUSTER_LUA_FILES` names, if it names one.
#[test]
fn files_of_a_folder() {
    let Some(folder) = std::env::var_os("LUSTER_LUA_FILES") else { return };
    let mut folders = vec![PathBuf::from(folder)];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).expect("the folder can be read");
        for path in entries.map(|entry| entry.expect("the folder can be read").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some("lua".as_ref()) {
                check_file(&path);
                count += 1;
            }
        }
    }
    assert!(count > 0, "there are no .lua files");
}

fn check_file(path: &Path) {
    let source = fs::read(path).expect("the file can be read");
    let parse = check(&source);
    if let Some(diagnostic) = parse.diagnostics.first() {
        panic!("{}", diagnostic.render(&source, &path.to_string_lossy()));
    }
}
