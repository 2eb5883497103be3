//! The tools for looking at code: `check`, `dis`, `ast`, `tokens` and `help`.
//!
//! Nothing here runs any Lua.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use luster::bytecode::{Prototype, undump};
use luster::compiler::{CompileError, compile_parse};
use luster::syntax::{Diagnostic, DiagnosticKind, Near, Parse, parse};

use crate::args;
use crate::session::BINARY;

/// A tool, by its word on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Check,
    Disassemble,
    Tree,
    Tokens,
    Help,
}

const TOOLS: [(&str, Tool); 5] = [
    ("check", Tool::Check),
    ("dis", Tool::Disassemble),
    ("ast", Tool::Tree),
    ("tokens", Tool::Tokens),
    ("help", Tool::Help),
];

/// A file's contents, under the name that messages call it by.
struct Source {
    name: String,
    contents: Vec<u8>,
}

impl Tool {
    /// The tool that is meant by the arguments of the command, unless its word is a file's name.
    pub(crate) fn from_arguments(argv: &[OsString]) -> Option<Tool> {
        let word = argv.get(1)?;
        let (_, tool) = TOOLS.iter().find(|(name, _)| word.to_str() == Some(name))?;
        (!Path::new(word).exists()).then_some(*tool)
    }

    fn word(self) -> &'static str {
        TOOLS.iter().find(|(_, tool)| *tool == self).map_or("", |(name, _)| name)
    }

    /// Runs it on files. Gives the status to exit with.
    pub(crate) fn run(self, files: &[OsString]) -> i32 {
        let is_good = match (self, files) {
            (Tool::Help, _) => {
                print(&args::usage("luster"));
                true
            }
            // Every file is checked, whatever the others are like.
            (Tool::Check, [_, ..]) => files.iter().filter(|file| !self.run_on(file)).count() == 0,
            (_, [file]) => self.run_on(file),
            _ => {
                let files = if self == Tool::Check { "FILE..." } else { "FILE" };
                say(&format!("usage: luster {} {files}", self.word()));
                false
            }
        };
        i32::from(!is_good)
    }

    fn run_on(self, file: &OsString) -> bool {
        let source = match Source::read(file) {
            Ok(source) => source,
            Err(message) => {
                say(&format!("luster: {message}"));
                return false;
            }
        };
        let contents = source.contents.as_slice();
        if let Some(binary) = source.binary_chunk() {
            return match undump(binary) {
                Ok(prototype) if self == Tool::Disassemble => disassemble(&prototype),
                Ok(_) if self == Tool::Check => true,
                Ok(_) => {
                    say(&format!("{}: a binary chunk has no source", source.name));
                    false
                }
                Err(error) => {
                    say(&format!("{}: {error}", source.name));
                    false
                }
            };
        }
        let parse = parse(contents);
        match self {
            Tool::Tokens => print(&parse.dump_tokens(contents)),
            Tool::Tree => print(&parse.dump_ast()),
            Tool::Check | Tool::Disassemble | Tool::Help => {}
        }
        for diagnostic in &parse.diagnostics {
            say(&diagnostic.render(contents, &source.name));
        }
        if !parse.diagnostics.is_empty() || matches!(self, Tool::Tokens | Tool::Tree) {
            return parse.diagnostics.is_empty();
        }
        match source.compile(&parse) {
            Ok(prototype) if self == Tool::Disassemble => disassemble(&prototype),
            Ok(_) => true,
            Err(error) => {
                say(&render(&error, &source));
                false
            }
        }
    }
}

impl Source {
    /// Reads a file, or the standard input for `-`.
    fn read(file: &OsString) -> Result<Source, String> {
        let is_stdin = file == "-";
        let name = if is_stdin { "stdin".into() } else { file.to_string_lossy().into_owned() };
        let result = if is_stdin {
            let mut contents = Vec::new();
            io::stdin().lock().read_to_end(&mut contents).map(|_| contents)
        } else {
            std::fs::read(file)
        };
        match result {
            Ok(contents) => Ok(Source { name, contents }),
            Err(error) => {
                let text = error.to_string();
                let text = text.split(" (os error").next().unwrap_or_default();
                Err(format!("cannot read {name}: {text}"))
            }
        }
    }

    /// The chunk, if it is a binary one; a byte order mark and a line with `#` may stand before it.
    fn binary_chunk(&self) -> Option<&[u8]> {
        let chunk = self.contents.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.contents);
        let chunk = match chunk {
            [b'#', ..] => {
                let newline = chunk.iter().position(|&byte| byte == b'\n')?;
                &chunk[newline + 1..]
            }
            chunk => chunk,
        };
        (chunk.first() == Some(&BINARY)).then_some(chunk)
    }

    fn compile(&self, parse: &Parse) -> Result<Prototype, CompileError> {
        compile_parse(&self.contents, parse, format!("@{}", self.name).as_bytes())
    }
}

fn disassemble(prototype: &Prototype) -> bool {
    print(&prototype.disassemble());
    true
}

/// What the compiler found, with the line of the source and a caret as the parser's findings have.
fn render(error: &CompileError, source: &Source) -> String {
    let message = String::from_utf8_lossy(&error.message);
    let mut text = format!("{}:{}: {message}", source.name, error.line);
    let place = Diagnostic {
        kind: DiagnosticKind::SyntaxError,
        span: error.span,
        position: error.span.start,
        near: Near::Nothing,
    };
    // The first line is the message of the stand-in; the others show the place.
    if let Some((_, picture)) = place.render(&source.contents, "").split_once('\n') {
        text.push('\n');
        text.push_str(picture);
    }
    text
}

/// Writes to the standard output.
fn print(text: &impl Display) {
    let mut out = BufWriter::new(io::stdout().lock());
    // When nobody reads it, nobody needs it.
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Writes a line to the standard error output.
fn say(text: &str) {
    // There is nowhere to report that a report could not be made.
    let _ = writeln!(io::stderr(), "{text}");
}
