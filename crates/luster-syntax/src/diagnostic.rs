//! What can be wrong with a source, and the one place where that becomes words.
//!
//! The words are PUC-Rio's (`llex.c`, `lparser.c`), since scripts see them through `load`. The
//! rendering with the source line and a caret is in `render`.

use std::fmt;

use crate::{
    lines::LineIndex,
    token::{Span, TokenKind},
};

/// Something that is wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub kind: DiagnosticKind,
    /// The bytes that are to blame.
    pub span: Span,
    /// The offset on whose line PUC-Rio's message puts the error: how far its lexer had read.
    pub position: u32,
    /// What the message calls the place.
    pub near: Near,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiagnosticKind {
    /// A numeral that is none, as `3x`.
    MalformedNumber,
    /// A string in quotes without its end.
    UnfinishedString,
    /// A string in long brackets without its end.
    UnfinishedLongString {
        /// The line it starts on.
        line: u32,
    },
    /// A comment in long brackets without its end.
    UnfinishedLongComment {
        /// The line it starts on.
        line: u32,
    },
    /// `[=` without a second bracket.
    InvalidLongStringDelimiter,
    /// A backslash before what cannot be escaped.
    InvalidEscape,
    /// `\x` or `\u{` without its digits.
    HexDigitExpected,
    /// `\u` without its `{`.
    MissingOpeningBrace,
    /// `\u{` without its `}`.
    MissingClosingBrace,
    /// `\u{...}` of more than 31 bits.
    Utf8ValueTooLarge,
    /// `\ddd` of more than 255.
    DecimalEscapeTooLarge,
    /// A token of a certain kind should stand here.
    Expected(TokenKind),
    /// The token that ends a construct should stand here.
    ExpectedToClose {
        /// What should stand here.
        expected: TokenKind,
        /// What began the construct.
        opener: TokenKind,
        /// The line of the opener.
        line: u32,
    },
    /// An expression or statement should begin here, but nothing that can stands here.
    UnexpectedSymbol,
    /// An expression that is no call stands as a statement, or something is assigned to that
    /// cannot be.
    SyntaxError,
    /// `a:b` without arguments.
    FunctionArgumentsExpected,
    /// `for` and a name, but neither `=` nor `in` after it.
    EqualOrInExpected,
    /// Something in a parameter list that is no parameter.
    ParameterExpected,
    /// `...` in a function that does not take it.
    VarArgOutsideVarArgFunction,
    /// An attribute that is neither `const` nor `close`.
    UnknownAttribute(Box<[u8]>),
    /// More than one `<close>` in one `local`.
    MultipleToBeClosed,
    /// `<close>` in a `global`.
    GlobalToBeClosed,
    /// Too much is nested; nothing after this place was parsed.
    TooManyLevels,
    /// The source has 4 GiB or more; nothing of it was read.
    SourceTooLong,
}

/// What a message calls the place of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Near {
    /// It does not.
    Nothing,
    /// `<eof>`
    EndOfFile,
    /// A reserved word or symbol.
    Token(TokenKind),
    /// A byte that begins no token.
    Byte(u8),
    /// A name, numeral or string, its escapes resolved as far as the lexer came.
    Text(Box<[u8]>),
}

impl Diagnostic {
    /// PUC-Rio's message after the `chunk:line: `. What is not UTF-8 in it is replaced; where
    /// that matters, see [`Diagnostic::message_bytes`].
    pub fn message(&self) -> String {
        String::from_utf8_lossy(&self.message_bytes()).into_owned()
    }

    /// PUC-Rio's message after the `chunk:line: `, with the source's own bytes.
    pub fn message_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.kind.append(&mut out);
        self.near.append(&mut out);
        out
    }

    /// The line PUC-Rio's message gives.
    pub fn line(&self, lines: &LineIndex) -> u32 {
        lines.line(self.position)
    }

    /// Whether the error is that the source ends too early, so that more input could mend it.
    pub fn is_at_end(&self) -> bool {
        self.near == Near::EndOfFile
    }

    /// The message for people: `chunk:line: message`, the line of the source, and a caret.
    ///
    /// Several lines, the last without a line break. The source must be the one that was parsed.
    pub fn render(&self, source: &[u8], chunk_name: &str) -> String {
        crate::render::render(self, source, chunk_name)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Diagnostic {}

impl DiagnosticKind {
    /// Whether no token could be made; what is wrong with the tokens before is found later.
    pub fn is_lexical(&self) -> bool {
        matches!(
            self,
            DiagnosticKind::MalformedNumber
                | DiagnosticKind::UnfinishedString
                | DiagnosticKind::UnfinishedLongString { .. }
                | DiagnosticKind::UnfinishedLongComment { .. }
                | DiagnosticKind::InvalidLongStringDelimiter
                | DiagnosticKind::InvalidEscape
                | DiagnosticKind::HexDigitExpected
                | DiagnosticKind::MissingOpeningBrace
                | DiagnosticKind::MissingClosingBrace
                | DiagnosticKind::Utf8ValueTooLarge
                | DiagnosticKind::DecimalEscapeTooLarge
        )
    }

    fn append(&self, out: &mut Vec<u8>) {
        let fixed = match self {
            DiagnosticKind::MalformedNumber => "malformed number",
            DiagnosticKind::UnfinishedString => "unfinished string",
            DiagnosticKind::InvalidLongStringDelimiter => "invalid long string delimiter",
            DiagnosticKind::InvalidEscape => "invalid escape sequence",
            DiagnosticKind::HexDigitExpected => "hexadecimal digit expected",
            DiagnosticKind::MissingOpeningBrace => "missing '{'",
            DiagnosticKind::MissingClosingBrace => "missing '}'",
            DiagnosticKind::Utf8ValueTooLarge => "UTF-8 value too large",
            DiagnosticKind::DecimalEscapeTooLarge => "decimal escape too large",
            DiagnosticKind::UnexpectedSymbol => "unexpected symbol",
            DiagnosticKind::SyntaxError => "syntax error",
            DiagnosticKind::FunctionArgumentsExpected => "function arguments expected",
            DiagnosticKind::EqualOrInExpected => "'=' or 'in' expected",
            DiagnosticKind::ParameterExpected => "<name> or '...' expected",
            DiagnosticKind::VarArgOutsideVarArgFunction => {
                "cannot use '...' outside a vararg function"
            }
            DiagnosticKind::MultipleToBeClosed => "multiple to-be-closed variables in local list",
            DiagnosticKind::GlobalToBeClosed => "global variables cannot be to-be-closed",
            DiagnosticKind::TooManyLevels => "chunk has too many syntax levels (C stack overflow)",
            DiagnosticKind::SourceTooLong => "source too long (limit is 4 GiB)",
            DiagnosticKind::UnfinishedLongString { line } => {
                out.extend(format!("unfinished long string (starting at line {line})").bytes());
                return;
            }
            DiagnosticKind::UnfinishedLongComment { line } => {
                out.extend(format!("unfinished long comment (starting at line {line})").bytes());
                return;
            }
            DiagnosticKind::Expected(kind) => {
                append_kind(*kind, out);
                " expected"
            }
            DiagnosticKind::ExpectedToClose { expected, opener, line } => {
                append_kind(*expected, out);
                out.extend_from_slice(b" expected (to close ");
                append_kind(*opener, out);
                out.extend(format!(" at line {line})").bytes());
                return;
            }
            DiagnosticKind::UnknownAttribute(name) => {
                out.extend_from_slice(b"unknown attribute '");
                out.extend_from_slice(name);
                "'"
            }
        };
        out.extend_from_slice(fixed.as_bytes());
    }
}

impl Near {
    fn append(&self, out: &mut Vec<u8>) {
        if *self != Near::Nothing {
            out.extend_from_slice(b" near ");
        }
        match self {
            Near::Nothing => {}
            Near::EndOfFile => out.extend_from_slice(b"<eof>"),
            Near::Token(kind) => append_kind(*kind, out),
            Near::Byte(byte @ b' '..=b'~') => out.extend_from_slice(&[b'\'', *byte, b'\'']),
            Near::Byte(byte) => out.extend(format!("'<\\{byte}>'").bytes()),
            Near::Text(text) => {
                out.push(b'\'');
                out.extend_from_slice(text);
                out.push(b'\'');
            }
        }
    }

    /// Text as PUC-Rio's messages show it, which are C strings: nothing from a zero byte on.
    pub(crate) fn text(mut text: Vec<u8>) -> Near {
        if let Some(zero) = text.iter().position(|&b| b == 0) {
            text.truncate(zero);
        }
        Near::Text(text.into_boxed_slice())
    }
}

/// Appends a kind of token as messages name it: fixed texts in quotes, others in `<>`.
fn append_kind(kind: TokenKind, out: &mut Vec<u8>) {
    if kind.is_fixed() {
        out.push(b'\'');
        out.extend_from_slice(kind.text().as_bytes());
        out.push(b'\'');
    } else {
        out.extend_from_slice(kind.text().as_bytes());
    }
}
