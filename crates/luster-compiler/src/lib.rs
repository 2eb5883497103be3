//! Compiles Lua source to luster bytecode.
//!
//! [`compile`] takes source text to a verified [`Prototype`], by way of `luster-syntax`'s tree:
//! first a pass finds which variables inner functions use, then another resolves names, allots
//! registers and makes code. What is wrong with a chunk is told in PUC-Rio's words
//! ([`CompileError`]).
//!
//! ```
//! let prototype = luster_compiler::compile(b"return 1 + x", b"=example").unwrap();
//! assert!(prototype.is_vararg);
//!
//! let error = luster_compiler::compile(b"goto nowhere", b"=example").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "example:1: no visible label 'nowhere' for <goto> at line 1"
//! );
//! ```
//!
//! Architecture invariant: nothing here knows the collector or a running machine; the result is
//! plain data, and so can be tested as text.

#![forbid(unsafe_code)]

mod assign;
mod compiler;
mod condition;
mod error;
mod expr;
mod fold;
mod function;
mod labels;
mod loops;
mod names;
mod numbering;
mod operators;
mod scope;
mod stmt;
mod suffix;
mod table;
mod usage;

use std::sync::Arc;

pub use error::CompileError;
pub use luster_bytecode::chunk_id;

use error::{Moment, Stage};
use luster_bytecode::{Prototype, Source};
use luster_syntax::{LineIndex, Parse, parse};

/// Compiles a chunk: source text to the prototype of its main function, which takes any arguments
/// and has one upvalue, `_ENV`.
///
/// The name is as `load` takes it: `@file`, `=name`, or the source itself.
///
/// # Errors
/// The first thing that is wrong with the source, in the order of PUC-Rio's compiler.
pub fn compile(source: &[u8], chunk_name: &[u8]) -> Result<Prototype, CompileError> {
    compile_parse(source, &parse(source), chunk_name)
}

/// What stands before an expression to make a chunk of it.
const RETURN: &[u8] = b"return ";

/// The same for an expression, or several with commas between them: the chunk returns their values.
///
/// ```
/// assert!(luster_compiler::compile_expression(b"1 + 2", b"=example").is_ok());
/// assert!(luster_compiler::compile_expression(b"x = 1", b"=example").is_err());
/// ```
///
/// # Errors
/// As [`compile`], as if a `return` stood before the text. When that is no chunk, the text may be one
/// by itself.
pub fn compile_expression(source: &[u8], chunk_name: &[u8]) -> Result<Prototype, CompileError> {
    let text = [RETURN, source].concat();
    let hidden = RETURN.len() as u32;
    compile_hiding(&text, &parse(&text), chunk_name, hidden).map_err(|mut error| {
        error.span.start = error.span.start.saturating_sub(hidden);
        error.span.end = error.span.end.saturating_sub(hidden);
        error
    })
}

/// The same for a source that has been parsed already.
///
/// # Errors
/// As [`compile`].
pub fn compile_parse(
    source: &[u8],
    parse: &Parse,
    chunk_name: &[u8],
) -> Result<Prototype, CompileError> {
    compile_hiding(source, parse, chunk_name, 0)
}

/// The same for a source whose first bytes are not to be seen by who reads messages.
fn compile_hiding(
    source: &[u8],
    parse: &Parse,
    chunk_name: &[u8],
    hidden: u32,
) -> Result<Prototype, CompileError> {
    let lines = LineIndex::new(source);
    let line_starts = lines.starts().to_vec();
    let chunk = Arc::new(Source { name: Arc::from(chunk_name), line_starts });
    let compiled =
        compiler::Compiler::new(source, parse, chunk, hidden).main().map_err(|error| *error);
    let Some(first) = parse.diagnostics.first() else { return compiled };
    let found = Moment {
        token: parse.tokens.start(parse.tokens.at_offset(first.span.start)),
        stage: if first.kind.is_lexical() { Stage::Reading } else { Stage::Parsing },
    };
    match compiled {
        Err(error) if error.found < found => Err(error),
        _ => Err(CompileError {
            message: first.message_bytes(),
            chunk_id: chunk_id(chunk_name),
            line: first.line(&lines),
            span: first.span,
            incomplete: parse.is_incomplete(),
            found,
        }),
    }
}
