//! From Lua's results to Rust values.

use luster_value::{Context, Value};

use crate::error::{Error, ErrorKind};

/// A Rust type that a script's results can be converted to.
///
/// Integers are range-checked, strings have to be UTF-8 for `String` and may be anything for
/// `Vec<u8>`, and `()` takes any results.
pub trait FromResults: Sized {
    /// Converts the results of a call.
    ///
    /// # Errors
    /// When they are of another type.
    fn from_results<'gc>(ctx: Context<'gc>, results: &[Value<'gc>]) -> Result<Self, Error>;
}

fn mismatch<'gc>(ctx: Context<'gc>, expected: &str, actual: Value<'gc>) -> Error {
    let actual = ctx.type_name(actual);
    Error::new(ErrorKind::Conversion, format!("{expected} expected, got {actual}"))
}

fn first<'gc>(results: &[Value<'gc>]) -> Value<'gc> {
    results.first().copied().unwrap_or(Value::Nil)
}

impl FromResults for () {
    fn from_results<'gc>(_: Context<'gc>, _: &[Value<'gc>]) -> Result<Self, Error> {
        Ok(())
    }
}

impl FromResults for bool {
    fn from_results<'gc>(ctx: Context<'gc>, results: &[Value<'gc>]) -> Result<Self, Error> {
        match first(results) {
            Value::True => Ok(true),
            Value::False => Ok(false),
            other => Err(mismatch(ctx, "boolean", other)),
        }
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl FromResults for $integer {
            fn from_results<'gc>(
                ctx: Context<'gc>,
                results: &[Value<'gc>],
            ) -> Result<Self, Error> {
                let value = first(results);
                let integer = value.to_integer().ok_or_else(|| mismatch(ctx, "integer", value))?;
                integer.try_into().map_err(|_| {
                    let message = format!("{integer} is out of range for {}", stringify!($integer));
                    Error::new(ErrorKind::Conversion, message)
                })
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl FromResults for f64 {
    fn from_results<'gc>(ctx: Context<'gc>, results: &[Value<'gc>]) -> Result<Self, Error> {
        let value = first(results);
        value.to_number().map(|n| n.to_float()).ok_or_else(|| mismatch(ctx, "number", value))
    }
}

impl FromResults for Vec<u8> {
    fn from_results<'gc>(ctx: Context<'gc>, results: &[Value<'gc>]) -> Result<Self, Error> {
        match first(results) {
            value @ (Value::String(_) | Value::Integer(_) | Value::Float(_)) => {
                let mut bytes = Vec::new();
                ctx.write_basic(&mut bytes, value);
                Ok(bytes)
            }
            other => Err(mismatch(ctx, "string", other)),
        }
    }
}

impl FromResults for String {
    fn from_results<'gc>(ctx: Context<'gc>, results: &[Value<'gc>]) -> Result<Self, Error> {
        String::from_utf8(Vec::from_results(ctx, results)?)
            .map_err(|_| Error::new(ErrorKind::Conversion, "the string is not UTF-8"))
    }
}

impl<T: FromResults> FromResults for Option<T> {
    fn from_results<'gc>(ctx: Context<'gc>, results: &[Value<'gc>]) -> Result<Self, Error> {
        match first(results) {
            Value::Nil => Ok(None),
            _ => T::from_results(ctx, results).map(Some),
        }
    }
}
