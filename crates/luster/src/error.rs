//! What the host is told when something failed.

use std::fmt;
use std::sync::Arc;

use luster_value::{Context, RustError, Value};

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The source is not valid Lua.
    Syntax {
        /// Whether it only ends too early, so that more input could mend it.
        incomplete: bool,
    },
    /// A script raised an error that it did not catch.
    Runtime,
    /// A Rust callback failed, and no script caught its error; it is the error's
    /// [source](std::error::Error::source).
    Callback,
    /// A result was not of the type that the host asked for.
    Conversion,
    /// The script called `os.exit` with this status.
    Exit(i32),
    /// The VM is at work already: it cannot run a second script from inside a callback.
    Busy,
}

/// An error of a VM as its host sees it: plain data, which may go to other threads.
///
/// ```
/// let lua = luster::Lua::new();
/// let error = lua.load("local t = nil; return t.x").set_name("=example").exec().unwrap_err();
/// assert_eq!(error.message(), "example:1: attempt to index a nil value (local 't')");
/// assert!(error.traceback().starts_with("stack traceback:"));
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    traceback: String,
    source: Option<Arc<anyhow::Error>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), traceback: String::new(), source: None }
    }

    pub(crate) fn syntax(error: &luster_compiler::CompileError) -> Self {
        let kind = ErrorKind::Syntax { incomplete: error.incomplete };
        Error::new(kind, String::from_utf8_lossy(&error.to_bytes()))
    }

    /// The error that a script did not catch.
    pub(crate) fn uncaught<'gc>(ctx: Context<'gc>, error: Value<'gc>, traceback: &[u8]) -> Self {
        let mut result = match error {
            Value::UserData(userdata) if let Some(rust) = userdata.downcast::<RustError>() => {
                let mut result = Error::new(ErrorKind::Callback, rust.0.to_string());
                result.source = Some(rust.0.clone());
                result
            }
            Value::String(_) | Value::Integer(_) | Value::Float(_) => {
                let mut text = Vec::new();
                ctx.write_basic(&mut text, error);
                Error::new(ErrorKind::Runtime, String::from_utf8_lossy(&text))
            }
            other => Error::new(
                ErrorKind::Runtime,
                format!("(error object is a {} value)", other.type_name()),
            ),
        };
        result.traceback = String::from_utf8_lossy(traceback).into_owned();
        result
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message, without the traceback.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The functions that were running, in the shape of Lua's `debug.traceback`; empty when none
    /// were.
    pub fn traceback(&self) -> &str {
        &self.traceback
    }

    /// The error of a Rust callback, if it is one of this type.
    pub fn downcast_ref<E: std::error::Error + Send + Sync + 'static>(&self) -> Option<&E> {
        self.source.as_ref()?.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.traceback.is_empty() {
            write!(f, "\n{}", self.traceback)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_ref()
            .map(|error| -> &(dyn std::error::Error + 'static) { error.as_ref().as_ref() })
    }
}
