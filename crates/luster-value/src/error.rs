//! Errors inside the arena: a Lua value on its way up, or something that becomes one.
//!
//! Messages that need the place or the name of a call are completed by the VM, which knows the
//! frames; so a callback only says what is wrong.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::account;
use crate::context::Context;
use crate::table::InvalidKey;
use crate::userdata::UserData;
use crate::value::Value;

/// From how many bytes on a message asks whether there is memory for it.
const LONG_MESSAGE: usize = 16 << 10;

/// The longest text that a message quotes as a whole.
pub const LONGEST_QUOTED: usize = 1 << 18;

/// What a message shows of a text: all of it, or of a very long one the beginning and `...`. To copy
/// megabytes takes long, and nobody reads them.
pub fn quoted(text: &[u8]) -> Cow<'_, [u8]> {
    match text.get(..LONGEST_QUOTED) {
        Some(beginning) if text.len() > LONGEST_QUOTED => [beginning, b"..."].concat().into(),
        _ => text.into(),
    }
}

/// An error that is being raised.
pub enum Error<'gc> {
    /// A Lua value, as `error` raises it.
    Value(Value<'gc>),
    /// Something that the VM makes a value of.
    Raised(Box<Raised>),
}

/// An error raised by Rust code.
#[derive(Debug)]
pub enum Raised {
    /// A message. The place of the function that called the callback is put before it.
    Message(Vec<u8>),
    /// A message that is complete as it is.
    Plain(Vec<u8>),
    /// Something is wrong with an argument, numbered from 1; the function's name and the place are
    /// added.
    Argument(usize, Vec<u8>),
    /// A Rust error. Lua code sees a userdata that prints as the error does; the host gets the
    /// error itself back.
    Rust(anyhow::Error),
    /// There is not enough memory.
    Memory,
}

/// A Rust error as a Lua value: the userdata that holds it.
pub struct RustError(pub Arc<anyhow::Error>);

/// A Rust error as a Lua value.
pub fn rust_error<'gc>(ctx: Context<'gc>, error: Arc<anyhow::Error>) -> Value<'gc> {
    Value::UserData(UserData::new(ctx, RustError(error), Some(ctx.rust_error_metatable())))
}

impl<'gc> Error<'gc> {
    /// An error with a message, before which the caller's place is put.
    pub fn message(message: impl Into<Vec<u8>>) -> Self {
        Error::Raised(Box::new(Raised::Message(message.into())))
    }

    /// An error with a message that is complete as it is.
    pub fn plain(message: impl Into<Vec<u8>>) -> Self {
        Error::Raised(Box::new(Raised::Plain(message.into())))
    }

    /// An error about an argument, numbered from 1.
    pub fn argument(number: usize, message: impl Into<Vec<u8>>) -> Self {
        Error::Raised(Box::new(Raised::Argument(number, message.into())))
    }

    /// The error of an allocation that cannot be made.
    pub fn memory() -> Self {
        Error::Raised(Box::new(Raised::Memory))
    }

    /// The error of a key that cannot be set, complete as it is.
    pub fn invalid_key(key: InvalidKey) -> Self {
        match key {
            InvalidKey::Memory => Error::memory(),
            key => Error::plain(key.message()),
        }
    }

    /// Looks whether there is room for so many bytes.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline]
    pub fn check_room(bytes: usize) -> Result<(), Self> {
        if account::has_room_for(bytes) { Ok(()) } else { Err(Error::memory()) }
    }

    /// Looks whether a message may have a text of that length put into it, which most have no need to
    /// ask: it is there several times over while the message is made.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline]
    pub fn check_message(bytes: usize) -> Result<(), Self> {
        if bytes < LONG_MESSAGE { Ok(()) } else { Self::check_room(bytes.saturating_mul(4)) }
    }

    /// The error as the value that a handler sees, without adding any place.
    pub fn into_value(self, ctx: Context<'gc>) -> Value<'gc> {
        match self {
            Error::Value(value) => value,
            Error::Raised(raised) => match *raised {
                Raised::Message(message) | Raised::Plain(message) => {
                    Value::String(ctx.intern_owned(message))
                }
                Raised::Argument(number, message) => {
                    let mut text = format!("bad argument #{number} (").into_bytes();
                    text.extend(message);
                    text.push(b')');
                    Value::String(ctx.intern_owned(text))
                }
                Raised::Rust(error) => rust_error(ctx, error.into()),
                Raised::Memory => Value::String(ctx.intern(b"not enough memory")),
            },
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Error<'_> {
    fn from(error: E) -> Self {
        Error::Raised(Box::new(Raised::Rust(error.into())))
    }
}

impl fmt::Debug for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Value(value) => value.fmt(f),
            Error::Raised(raised) => raised.fmt(f),
        }
    }
}
