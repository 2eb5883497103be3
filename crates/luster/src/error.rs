//! What the host is told when something failed, and how errors go into and out of scripts.
//!
//! Showing an error with the source is in `render`.

use std::fmt;
use std::sync::Arc;

use luster_value::{Context, RemoteStashed, RustError, Traceback, Value};

use crate::render::SourceText;
use crate::{Lua, value};

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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
    /// A Rust function failed, and no script caught its error; it is the error's
    /// [source](std::error::Error::source).
    Callback,
    /// A value could not be converted to what was asked for.
    Conversion,
    /// The script called `os.exit` with this status.
    Exit(i32),
    /// The VM is at work already: a callback cannot run Lua and wait for it. It can answer with a
    /// [`Reply`](crate::Reply), be a [sequence](crate::values::Sequence), or be asynchronous.
    Busy,
    /// The script needs more memory than the limit, and has not caught the error about that, or has
    /// more in use than that nevertheless.
    Memory,
    /// The fuel of a call is used up.
    Fuel,
    /// The script was stopped by an [`InterruptHandle`](crate::InterruptHandle).
    Interrupted,
    /// The script has run past its deadline.
    TimedOut,
    /// The script waits for an asynchronous function, and was not called asynchronously.
    Pending,
    /// The VM of a handle does not exist any more, or is another one.
    Closed,
    /// A value of the host cannot be borrowed: it is in use, or not there any more.
    Borrow,
}

/// What an error is to scripts.
#[derive(Clone, Debug)]
enum ErrorValue {
    /// A message that says where it comes from.
    Message,
    /// A message that is to be given the place of whoever called the function that failed.
    Unplaced,
    /// The argument of a callback with this number.
    Argument(usize),
    /// A string that is not UTF-8.
    Bytes(Arc<[u8]>),
    /// Another value: nil, a boolean, a number.
    Plain(value::PlainValue),
    /// A table, function, coroutine or userdata.
    Held(Arc<RemoteStashed>),
}

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    /// Whether the message begins with the path to an element of a collection.
    has_path: bool,
    context: Vec<String>,
    traceback: Traceback,
    source: Option<Arc<anyhow::Error>>,
    value: ErrorValue,
    text: Option<SourceText>,
    place: Option<(u32, u32)>,
}

/// An error of a VM as its host sees it: plain data, which may go to other threads.
///
/// ```
/// let lua = luster::Lua::new();
/// let error = lua.load("local t = nil; return t.x").set_name("=example").exec().unwrap_err();
/// assert_eq!(error.message(), "example:1: attempt to index a nil value (local 't')");
/// let frame = &error.traceback().frames()[0];
/// assert_eq!((frame.line(), frame.column()), (1, 25));
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

impl Error {
    #[cold]
    fn with_value(kind: ErrorKind, message: impl Into<String>, value: ErrorValue) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            has_path: false,
            context: Vec::new(),
            traceback: Traceback::default(),
            source: None,
            value,
            text: None,
            place: None,
        }))
    }

    /// An error with a message, for functions that scripts call. They see the message with the
    /// place of the call before it, as from `error`.
    ///
    /// ```
    /// use luster::{Error, Lua, Result};
    ///
    /// fn half(n: i64) -> Result<i64> {
    ///     if n % 2 == 0 { Ok(n / 2) } else { Err(Error::new("an even number is needed")) }
    /// }
    ///
    /// let lua = Lua::new();
    /// lua.globals().set("half", lua.function(half))?;
    /// let error = lua.load("return half(3)").set_name("=game").exec().unwrap_err();
    /// assert_eq!(error.message(), "game:1: an even number is needed");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(message: impl Into<String>) -> Self {
        Error::with_value(ErrorKind::Runtime, message, ErrorValue::Unplaced)
    }

    /// An error that is another Rust error.
    ///
    /// Functions need not do this: they may return every error that `anyhow` takes.
    pub fn external(error: impl Into<anyhow::Error>) -> Self {
        Error::from(error.into())
    }

    /// The error that a value is not of the expected type, for implementations of
    /// [`FromLua`](crate::FromLua).
    pub fn conversion(message: impl Into<String>) -> Self {
        Error::with_value(ErrorKind::Conversion, message, ErrorValue::Unplaced)
    }

    pub(crate) fn of_kind(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error::with_value(kind, message, ErrorValue::Unplaced)
    }

    #[cold]
    pub(crate) fn busy() -> Self {
        Error::of_kind(
            ErrorKind::Busy,
            "the VM is running already: a callback cannot call Lua and wait for it (return a Reply, \
             use a sequence, or let it be asynchronous)",
        )
    }

    #[cold]
    pub(crate) fn closed() -> Self {
        Error::of_kind(ErrorKind::Closed, "the VM of this value is not there any more")
    }

    #[cold]
    pub(crate) fn foreign() -> Self {
        Error::of_kind(ErrorKind::Closed, "the value belongs to another VM")
    }

    pub(crate) fn syntax(error: &luster_compiler::CompileError) -> Self {
        let kind = ErrorKind::Syntax { incomplete: error.incomplete };
        let bytes = error.to_bytes();
        let mut result = Error::of_text(kind, &bytes);
        result.0.place = Some((error.line, 0));
        result
    }

    /// An error whose message says where it comes from.
    fn of_text(kind: ErrorKind, text: &[u8]) -> Self {
        match std::str::from_utf8(text) {
            Ok(message) => Error::with_value(kind, message, ErrorValue::Message),
            Err(_) => {
                let message = String::from_utf8_lossy(text);
                Error::with_value(kind, message, ErrorValue::Bytes(text.into()))
            }
        }
    }

    /// The error that a script did not catch.
    pub(crate) fn uncaught<'gc>(
        ctx: Context<'gc>,
        error: Value<'gc>,
        traceback: Option<Box<Traceback>>,
    ) -> Self {
        let mut result = Error::from_value(ctx, error);
        if matches!(error, Value::String(text) if text.as_bytes() == b"not enough memory") {
            result.0.kind = ErrorKind::Memory;
        }
        if let Some(traceback) = traceback {
            result.0.place = traceback
                .frames()
                .iter()
                .find(|frame| frame.line() > 0)
                .map(|frame| (frame.line(), frame.column()));
            result.0.traceback = *traceback;
        }
        result
    }

    /// The error that a Lua value is when it is raised.
    pub(crate) fn from_value<'gc>(ctx: Context<'gc>, error: Value<'gc>) -> Self {
        match error {
            Value::UserData(userdata) if let Some(rust) = userdata.downcast::<RustError>() => {
                Error::from_rust(rust.0.clone())
            }
            Value::String(text) => Error::of_text(ErrorKind::Runtime, text.as_bytes()),
            Value::Integer(_) | Value::Float(_) => {
                let mut text = Vec::new();
                ctx.write_basic(&mut text, error);
                let mut result = Error::of_text(ErrorKind::Runtime, &text);
                result.0.value = ErrorValue::Plain(value::PlainValue::new(error));
                result
            }
            other => {
                let message = format!("(error object is a {} value)", other.type_name());
                let value = match other {
                    Value::Nil | Value::False | Value::True => {
                        ErrorValue::Plain(value::PlainValue::new(other))
                    }
                    other => ErrorValue::Held(Arc::new(ctx.stash_remotely(other))),
                };
                Error::with_value(ErrorKind::Runtime, message, value)
            }
        }
    }

    fn from_rust(error: Arc<anyhow::Error>) -> Self {
        if let Some(own) = error.downcast_ref::<Error>() {
            return own.clone();
        }
        let message = error.to_string();
        let mut result = Error::with_value(ErrorKind::Callback, message, ErrorValue::Unplaced);
        result.0.source = Some(error);
        result
    }

    /// The error as a callback raises it.
    #[cold]
    pub(crate) fn raise<'gc>(self, ctx: Context<'gc>) -> luster_value::Error<'gc> {
        use luster_value::Error as Raised;
        if !self.0.context.is_empty() || self.is_of_the_host() {
            return Raised::from(anyhow::Error::new(self));
        }
        let Inner { message, source, value, .. } = *self.0;
        if let Some(source) = source {
            return Raised::Value(luster_value::rust_error(ctx, source));
        }
        match value {
            ErrorValue::Message => Raised::plain(message),
            ErrorValue::Unplaced => Raised::message(message),
            ErrorValue::Argument(number) => Raised::argument(number, message),
            ErrorValue::Bytes(bytes) => Raised::plain(bytes.to_vec()),
            ErrorValue::Plain(value) => Raised::Value(value.get()),
            ErrorValue::Held(held) => match ctx.fetch_remote(&held) {
                Some(value) => Raised::Value(value),
                None => Raised::message(message),
            },
        }
    }

    /// Whether it says something about the host's dealings with a VM, and nothing about the script
    /// that it passes through: such an error keeps its kind on its way.
    fn is_of_the_host(&self) -> bool {
        match self.0.kind {
            ErrorKind::Busy
            | ErrorKind::Closed
            | ErrorKind::Exit(_)
            | ErrorKind::Fuel
            | ErrorKind::Interrupted
            | ErrorKind::Memory
            | ErrorKind::Pending
            | ErrorKind::TimedOut => true,
            ErrorKind::Borrow
            | ErrorKind::Callback
            | ErrorKind::Conversion
            | ErrorKind::Runtime
            | ErrorKind::Syntax { .. } => false,
        }
    }

    /// Says that it is about an argument of the function that is being called, numbered from 1.
    #[must_use]
    pub fn with_argument(mut self, number: usize) -> Self {
        self.0.value = ErrorValue::Argument(number);
        self
    }

    /// The same for an argument that was looked at, which may not have been given.
    pub(crate) fn about_argument(mut self, number: usize, is_missing: bool) -> Self {
        let message = &mut self.0.message;
        if is_missing && message.ends_with(", got nil") {
            message.truncate(message.len() - "nil".len());
            message.push_str("no value");
        }
        self.with_argument(number)
    }

    /// Says in which field of a table the value is that could not be converted:
    /// `servers[2].port: number expected, got string`.
    pub(crate) fn in_field(self, name: &str) -> Self {
        let is_name = !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        self.behind(if is_name { name.to_owned() } else { format!("[{name:?}]") })
    }

    /// The same for a key that is no string.
    pub(crate) fn in_element(self, key: impl fmt::Display) -> Self {
        self.behind(format!("[{key}]"))
    }

    fn behind(mut self, step: String) -> Self {
        let rest = std::mem::replace(&mut self.0.message, step);
        self.0.message += match self.0.has_path {
            true if rest.starts_with('[') => "",
            true => ".",
            false => ": ",
        };
        self.0.message += &rest;
        self.0.has_path = true;
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message, without the traceback. What is not UTF-8 in it is replaced.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The functions that were running, the innermost first; none, when none were.
    pub fn traceback(&self) -> &Traceback {
        &self.0.traceback
    }

    /// The error of a Rust function, if it is one of this type.
    ///
    /// ```
    /// use luster::{ErrorKind, Lua};
    ///
    /// let lua = Lua::new();
    /// lua.globals().set("parse", lua.function(|text: &str| text.parse::<u8>()))?;
    /// let error = lua.load("parse('300')").exec().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Callback);
    /// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn downcast_ref<E: fmt::Display + fmt::Debug + Send + Sync + 'static>(&self) -> Option<&E> {
        self.0.source.as_ref()?.downcast_ref()
    }

    /// The value that was raised, as it was.
    ///
    /// ```
    /// use luster::{Lua, Table, Value};
    ///
    /// let lua = Lua::new();
    /// let error = lua.load("error { code = 42 }").exec().unwrap_err();
    /// let Value::Table(table) = error.value(&lua)? else { panic!("a table was raised") };
    /// assert_eq!(table.get::<i64>("code")?, 42);
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it was raised in another VM.
    pub fn value(&self, lua: &Lua) -> Result<value::Value> {
        let of_text = |text: &[u8]| lua.string(text).map(value::Value::String);
        match &self.0.value {
            ErrorValue::Message | ErrorValue::Unplaced | ErrorValue::Argument(_) => {
                of_text(self.0.message.as_bytes())
            }
            ErrorValue::Bytes(bytes) => of_text(bytes),
            ErrorValue::Plain(value) => lua.visit(|ctx| crate::FromLua::from_lua(ctx, value.get())),
            ErrorValue::Held(held) => lua.visit(|ctx| {
                let value = ctx.fetch_remote(held).ok_or_else(Error::foreign)?;
                crate::FromLua::from_lua(ctx, value)
            }),
        }
    }

    /// Says what was being done when it happened; [`Display`](fmt::Display) shows that first.
    ///
    /// ```
    /// let error = luster::Error::new("no such file").context("loading the level");
    /// assert_eq!(error.to_string(), "loading the level: no such file");
    /// ```
    #[must_use]
    pub fn context(mut self, what: impl fmt::Display) -> Self {
        self.0.context.push(what.to_string());
        self
    }

    /// The message, with what was being done before it.
    pub(crate) fn title(&self) -> String {
        let mut title = String::new();
        for what in self.0.context.iter().rev() {
            title.push_str(what);
            title.push_str(": ");
        }
        title.push_str(&self.0.message);
        title
    }

    pub(crate) fn with_text(mut self, text: SourceText) -> Self {
        self.0.text = Some(text);
        self
    }

    pub(crate) fn place(&self) -> Option<(u32, u32)> {
        self.0.place
    }

    /// The bytes of the source that are to blame, when they are known.
    pub(crate) fn span(&self) -> Option<(usize, usize)> {
        self.0.text.as_ref()?.span
    }

    pub(crate) fn text(&self) -> Option<&SourceText> {
        self.0.text.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title())?;
        if !self.0.traceback.is_empty() {
            write!(f, "\n{}", self.0.traceback)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("context", &self.0.context)
            .field("source", &self.0.source.as_ref().map(|error| error.to_string()))
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|error| -> &(dyn std::error::Error + 'static) { error.as_ref().as_ref() })
    }
}

/// The error that a value is when it is raised: a caught one, say, or a message.
impl crate::FromLua for Error {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        Ok(Error::from_value(ctx, value))
    }
}

/// What a Rust function failed with; an [`Error`] of luster stays what it is.
impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(error) => Error::from_rust(Arc::new(error)),
        }
    }
}

impl From<luster_vm::Busy> for Error {
    fn from(_: luster_vm::Busy) -> Self {
        Error::busy()
    }
}

impl From<luster_value::BorrowFault> for Error {
    fn from(fault: luster_value::BorrowFault) -> Self {
        Error::of_kind(ErrorKind::Borrow, format!("cannot borrow the userdata: {fault}"))
    }
}
