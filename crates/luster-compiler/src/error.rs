//! What can go wrong while compiling, in the words of PUC-Rio's compiler.
//!
//! Only the error itself lives here; where each one arises is the business of the code that finds
//! it.

use std::fmt;

use luster_syntax::Span;

/// Why a chunk could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// PUC-Rio's text, without the `chunk:line: ` before it. Not always UTF-8, since it may quote
    /// the source.
    pub message: Vec<u8>,
    /// The chunk's name as messages show it.
    pub chunk_id: Vec<u8>,
    /// The line, counted from 1, that PUC-Rio's message gives.
    pub line: u32,
    /// The bytes of the source that are to blame.
    pub span: Span,
    /// Whether the source only ends too early, so that more input could mend it.
    pub incomplete: bool,
    /// When PUC-Rio's compiler would find it.
    pub(crate) found: Moment,
}

/// When PUC-Rio's compiler, whose single pass does everything at once, finds an error. Of two it
/// tells only the one that it comes to first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Where the token begins that it has read and not used yet.
    pub(crate) token: u32,
    pub(crate) stage: Stage,
}

/// What PUC-Rio's compiler does with a token, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It reads it.
    Reading,
    /// It goes on with what the token before has completed.
    Completing,
    /// It looks whether the token may stand there.
    Parsing,
    /// It goes on with what the token begins or ends.
    Beginning,
}

impl CompileError {
    /// The whole message, `chunk:line: message`, with the source's own bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = self.chunk_id.clone();
        text.extend_from_slice(format!(":{}: ", self.line).as_bytes());
        text.extend_from_slice(&self.message);
        text
    }
}

/// Writes `chunk:line: message`; what is not UTF-8 is replaced.
impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
    }
}

impl std::error::Error for CompileError {}

/// The result of compiling a piece. The error is boxed: it is large, and these results are
/// returned from every recursive function.
pub(crate) type Result<T> = std::result::Result<T, Box<CompileError>>;
