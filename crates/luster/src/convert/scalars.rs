//! Conversions of single values: numbers, booleans, strings and bytes, what may be missing.

use std::borrow::Cow;
use std::ffi::{CString, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use luster_number::Number;
use luster_value::{Context, Value};

use super::{FromLua, IntoLua, mismatch};
use crate::error::{Error, Result};

macro_rules! small_integers {
    ($($integer:ty)*) => {$(
        impl IntoLua for $integer {
            const NEVER_FAILS: bool = true;

            #[inline]
            fn into_lua<'gc>(self, _: Context<'gc>) -> Result<Value<'gc>> {
                Ok(Value::Integer(self.into()))
            }
        }

        from_integer!($integer);
    )*};
}

macro_rules! large_integers {
    ($($integer:ty)*) => {$(
        impl IntoLua for $integer {
            #[inline]
            fn into_lua<'gc>(self, _: Context<'gc>) -> Result<Value<'gc>> {
                self.try_into().map(Value::Integer).map_err(|_| {
                    Error::conversion(format!("{self} is out of range for a Lua integer"))
                })
            }
        }

        from_integer!($integer);
    )*};
}

macro_rules! from_integer {
    ($integer:ty) => {
        impl FromLua for $integer {
            #[inline]
            fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
                let integer = match value {
                    Value::Integer(integer) => integer,
                    value => to_integer(ctx, value)?,
                };
                integer.try_into().map_err(|_| {
                    let name = stringify!($integer);
                    Error::conversion(format!("{integer} is out of range for {name}"))
                })
            }
        }
    };
}

small_integers!(i8 i16 i32 i64 u8 u16 u32);
large_integers!(isize u64 usize i128 u128);

/// An integer out of a float or a string, with the reference's messages.
#[cold]
fn to_integer<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<i64> {
    match value.to_number() {
        Some(number) => number
            .to_integer()
            .ok_or_else(|| Error::conversion("number has no integer representation")),
        None => Err(mismatch(ctx, "number", value)),
    }
}

macro_rules! floats {
    ($($float:ty)*) => {$(
        impl IntoLua for $float {
            const NEVER_FAILS: bool = true;

            #[inline]
            fn into_lua<'gc>(self, _: Context<'gc>) -> Result<Value<'gc>> {
                Ok(Value::float(self.into()))
            }
        }

        impl FromLua for $float {
            #[inline]
            fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
                match value {
                    Value::Float(float) => Ok(float.get() as $float),
                    value => match value.to_number() {
                        Some(number) => Ok(Number::to_float(number) as $float),
                        None => Err(mismatch(ctx, "number", value)),
                    },
                }
            }
        }
    )*};
}

floats!(f32 f64);

impl IntoLua for bool {
    const NEVER_FAILS: bool = true;

    #[inline]
    fn into_lua<'gc>(self, _: Context<'gc>) -> Result<Value<'gc>> {
        Ok(Value::boolean(self))
    }
}

impl FromLua for bool {
    #[inline]
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        match value {
            Value::True => Ok(true),
            Value::False => Ok(false),
            other => Err(mismatch(ctx, "boolean", other)),
        }
    }
}

/// What iterators over slices give.
macro_rules! by_reference {
    ($($scalar:ty)*) => {$(
        impl IntoLua for &$scalar {
            const NEVER_FAILS: bool = <$scalar>::NEVER_FAILS;

            #[inline]
            fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
                (*self).into_lua(ctx)
            }
        }
    )*};
}

by_reference!(i8 i16 i32 i64 u8 u16 u32 isize u64 usize f32 f64 bool char &str);

impl<T: IntoLua> IntoLua for Option<T> {
    const NEVER_FAILS: bool = T::NEVER_FAILS;

    #[inline]
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        match self {
            Some(value) => value.into_lua(ctx),
            None => Ok(Value::Nil),
        }
    }
}

impl<T: FromLua> FromLua for Option<T> {
    #[inline]
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        match value {
            Value::Nil => Ok(None),
            value => T::from_lua(ctx, value).map(Some),
        }
    }
}

/// The bytes of a string or of what a number prints as.
pub(crate) fn with_bytes<'gc, R>(
    ctx: Context<'gc>,
    value: Value<'gc>,
    f: impl FnOnce(&[u8]) -> Result<R>,
) -> Result<R> {
    match value {
        Value::String(string) => f(string.as_bytes()),
        Value::Integer(_) | Value::Float(_) => {
            let mut text = Vec::new();
            ctx.write_basic(&mut text, value);
            f(&text)
        }
        other => Err(mismatch(ctx, "string", other)),
    }
}

pub(crate) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes)
        .map_err(|_| Error::conversion("UTF-8 string expected, got other bytes"))
}

macro_rules! texts {
    ($($text:ty => $bytes:ident;)*) => {$(
        impl IntoLua for $text {
            const NEVER_FAILS: bool = true;

            #[inline]
            fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
                Ok(ctx.string(self.$bytes()))
            }
        }
    )*};
}

texts! {
    &str => as_bytes;
    &String => as_bytes;
    Box<str> => as_bytes;
    Rc<str> => as_bytes;
    Arc<str> => as_bytes;
    Cow<'_, str> => as_bytes;
    CString => into_bytes;
}

impl IntoLua for String {
    const NEVER_FAILS: bool = true;

    #[inline]
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        Ok(Value::String(ctx.intern_owned(self.into_bytes())))
    }
}

impl IntoLua for char {
    const NEVER_FAILS: bool = true;

    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        Ok(ctx.string(self.encode_utf8(&mut [0; 4])))
    }
}

impl FromLua for String {
    #[inline]
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        with_bytes(ctx, value, |bytes| utf8(bytes).map(str::to_owned))
    }
}

impl FromLua for Box<str> {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        String::from_lua(ctx, value).map(String::into_boxed_str)
    }
}

impl FromLua for char {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        with_bytes(ctx, value, |bytes| {
            let mut chars = utf8(bytes)?.chars();
            match (chars.next(), chars.next()) {
                (Some(char), None) => Ok(char),
                _ => Err(Error::conversion("string of one character expected")),
            }
        })
    }
}

impl FromLua for CString {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        with_bytes(ctx, value, |bytes| {
            CString::new(bytes).map_err(|_| Error::conversion("string without zeros expected"))
        })
    }
}

macro_rules! paths {
    ($($path:ty)*) => {$(
        impl IntoLua for $path {
            fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
                Ok(ctx.string(AsRef::<std::ffi::OsStr>::as_ref(&self).as_encoded_bytes()))
            }
        }
    )*};
}

paths!(PathBuf &Path OsString);

impl FromLua for PathBuf {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        String::from_lua(ctx, value).map(PathBuf::from)
    }
}
