//! What goes wrong in a conversion: a message, and the steps that lead to where it went wrong.
//!
//! The steps are added on the way out, so that a conversion that succeeds does nothing for them. Text
//! is made of them when the host is told.

use std::fmt::{self, Display, Write};

use luster_syntax::TokenKind;
use luster_value::{Context, Value};
use serde::de::{Expected, Unexpected};

use crate::error::Error;

/// One step from a table to what is in it.
enum Step {
    Name(String),
    /// A key that is no string, as it is written.
    Key(String),
}

enum Problem {
    /// A value is of another type.
    Mismatch {
        expected: String,
        got: String,
    },
    Message(String),
}

struct Inner {
    problem: Problem,
    /// The innermost step first.
    steps: Vec<Step>,
}

/// Why a conversion failed.
pub(super) struct Fault(Box<Inner>);

impl Fault {
    #[cold]
    fn new(problem: Problem) -> Self {
        Fault(Box::new(Inner { problem, steps: Vec::new() }))
    }

    #[cold]
    pub(super) fn message(message: impl Into<String>) -> Self {
        Fault::new(Problem::Message(message.into()))
    }

    #[cold]
    pub(super) fn mismatch(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Fault::new(Problem::Mismatch { expected: expected.into(), got: got.into() })
    }

    #[cold]
    pub(super) fn out_of_range(number: impl Display, of: &str) -> Self {
        Fault::message(format!("{number} is out of range for {of}"))
    }

    /// Says more precisely what was expected and what there is, if the fault is that the value
    /// itself is of another type.
    pub(super) fn or_mismatch(self, expected: &str, got: impl Into<String>) -> Self {
        match self.0.problem {
            Problem::Mismatch { .. } if self.0.steps.is_empty() => Fault::mismatch(expected, got),
            _ => self,
        }
    }

    /// Says in which field it happened.
    #[cold]
    pub(super) fn in_field(mut self, name: &str) -> Self {
        self.0.steps.push(Step::Name(name.to_owned()));
        self
    }

    /// Says in which element of a list it happened.
    #[cold]
    pub(super) fn in_element(mut self, index: i64) -> Self {
        self.0.steps.push(Step::Key(index.to_string()));
        self
    }

    /// Says at which key of a table it happened.
    #[cold]
    pub(super) fn at_key<'gc>(mut self, ctx: Context<'gc>, key: Value<'gc>) -> Self {
        let mut text = Vec::new();
        ctx.write_basic(&mut text, key);
        let text = String::from_utf8_lossy(&text).into_owned();
        self.0.steps.push(match key {
            Value::String(_) => Step::Name(text),
            _ => Step::Key(text),
        });
        self
    }

    /// The error that the host gets. The root is the name of the value that was converted.
    #[cold]
    pub(super) fn into_error(self, root: Option<&str>) -> Error {
        let mut text = root.unwrap_or_default().to_owned();
        for step in self.0.steps.iter().rev() {
            // A `String` takes everything that is written.
            let _ = match step {
                Step::Name(name) if !is_name(name) => write!(text, "[{name:?}]"),
                Step::Name(name) if text.is_empty() => write!(text, "{name}"),
                Step::Name(name) => write!(text, ".{name}"),
                Step::Key(key) => write!(text, "[{key}]"),
            };
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        let _ = write!(text, "{}", self.0.problem);
        Error::conversion(text)
    }
}

/// Whether a field of this name can be written behind a dot.
fn is_name(text: &str) -> bool {
    let tokens = luster_syntax::parse(text.as_bytes()).tokens;
    // Behind the name there is the end of the text only.
    tokens.len() == 2 && tokens.get(0).is_some_and(|token| tokens.kind(token) == TokenKind::Name)
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Mismatch { expected, got } => write!(f, "expected {expected}, got {got}"),
            Problem::Message(message) => f.write_str(message),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.problem.fmt(f)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.problem.fmt(f)
    }
}

impl std::error::Error for Fault {}

impl serde::ser::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Fault::message(message.to_string())
    }
}

/// The names that serde gives Rust's integers when it expects one.
const INTEGERS: &[&str] =
    &["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];

/// What serde expects, in Lua's words where it has some.
fn expectation(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    let word = match &*text {
        text if INTEGERS.contains(&text) => "integer",
        "f32" | "f64" => "number",
        "a string" => "string",
        "a boolean" => "boolean",
        "a sequence" => "list",
        "a map" => "table",
        "unit" => "nil",
        _ => return text,
    };
    word.to_owned()
}

/// The Lua type of what serde has.
fn type_name(unexpected: Unexpected<'_>) -> String {
    let name = match unexpected {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "string",
        Unexpected::Unit => "nil",
        Unexpected::Seq | Unexpected::Map => "table",
        other => return other.to_string(),
    };
    name.to_owned()
}

impl serde::de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Fault::message(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Fault::mismatch(expectation(expected), type_name(unexpected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let of = expected.to_string();
        match unexpected {
            Unexpected::Unsigned(number) if INTEGERS.contains(&&*of) => {
                Fault::out_of_range(number, &of)
            }
            Unexpected::Signed(number) if INTEGERS.contains(&&*of) => {
                Fault::out_of_range(number, &of)
            }
            other => Fault::mismatch(expectation(expected), other.to_string()),
        }
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let plural = if length == 1 { "" } else { "s" };
        Fault::message(format!("expected {expected}, got {length} element{plural}"))
    }
}
