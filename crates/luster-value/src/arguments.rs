//! Checking and converting a callback's arguments, with the reference's messages
//! (`luaL_check...`, `luaL_opt...` in PUC-Rio's `lauxlib.c`).
//!
//! Arguments are numbered from 0 here, as on the stack; messages number them from 1.

use luster_number::Number;

use crate::context::Context;
use crate::error::{Error, quoted};
use crate::stack::Stack;
use crate::string::LuaString;
use crate::table::Table;
use crate::value::Value;

impl<'gc> Stack<'_, 'gc> {
    /// The error that an argument is not of the expected type.
    pub fn type_error(&self, ctx: Context<'gc>, index: usize, expected: &str) -> Error<'gc> {
        let actual =
            if index < self.len() { ctx.type_name(self.get(index)) } else { "no value".into() };
        Error::argument(index + 1, format!("{expected} expected, got {actual}"))
    }

    /// An argument of any type, which has to be there.
    ///
    /// # Errors
    /// "value expected" when it is missing.
    pub fn any(&self, index: usize) -> Result<Value<'gc>, Error<'gc>> {
        if index < self.len() {
            Ok(self.get(index))
        } else {
            Err(Error::argument(index + 1, "value expected"))
        }
    }

    /// A table.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn table(&self, ctx: Context<'gc>, index: usize) -> Result<Table<'gc>, Error<'gc>> {
        match self.get(index) {
            Value::Table(table) => Ok(table),
            _ => Err(self.type_error(ctx, index, "table")),
        }
    }

    /// A function.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn function(&self, ctx: Context<'gc>, index: usize) -> Result<Value<'gc>, Error<'gc>> {
        match self.get(index) {
            value @ (Value::Closure(_) | Value::Callback(_)) => Ok(value),
            _ => Err(self.type_error(ctx, index, "function")),
        }
    }

    /// An integer, or what converts to one.
    ///
    /// # Errors
    /// When it does not.
    #[inline]
    pub fn integer(&self, ctx: Context<'gc>, index: usize) -> Result<i64, Error<'gc>> {
        match self.get(index) {
            Value::Integer(i) => Ok(i),
            value => match value.to_integer() {
                Some(i) => Ok(i),
                None if value.to_number().is_some() => {
                    Err(Error::argument(index + 1, "number has no integer representation"))
                }
                None => Err(self.type_error(ctx, index, "number")),
            },
        }
    }

    /// An integer, or what converts to one, or `default` when missing or nil.
    ///
    /// # Errors
    /// When it is there and does not convert.
    #[inline]
    pub fn optional_integer(
        &self,
        ctx: Context<'gc>,
        index: usize,
        default: i64,
    ) -> Result<i64, Error<'gc>> {
        match self.get(index) {
            Value::Nil => Ok(default),
            _ => self.integer(ctx, index),
        }
    }

    /// A number, or a string that spells one.
    ///
    /// # Errors
    /// When it is anything else.
    #[inline]
    pub fn number(&self, ctx: Context<'gc>, index: usize) -> Result<Number, Error<'gc>> {
        match self.get(index).to_number() {
            Some(number) => Ok(number),
            None => Err(self.type_error(ctx, index, "number")),
        }
    }

    /// A number as a float.
    ///
    /// # Errors
    /// When it is not a number.
    #[inline]
    pub fn float(&self, ctx: Context<'gc>, index: usize) -> Result<f64, Error<'gc>> {
        match self.get(index) {
            Value::Float(x) => Ok(x.get()),
            _ => Ok(self.number(ctx, index)?.to_float()),
        }
    }

    /// A string, or a number as a string.
    ///
    /// # Errors
    /// When it is anything else.
    #[inline]
    pub fn string(&self, ctx: Context<'gc>, index: usize) -> Result<LuaString<'gc>, Error<'gc>> {
        match self.get(index) {
            Value::String(string) => Ok(string),
            value => match ctx.number_to_string(value) {
                Some(string) => Ok(string),
                None => Err(self.type_error(ctx, index, "string")),
            },
        }
    }

    /// A string, or a number as a string, or `None` when missing or nil.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn optional_string(
        &self,
        ctx: Context<'gc>,
        index: usize,
    ) -> Result<Option<LuaString<'gc>>, Error<'gc>> {
        match self.get(index) {
            Value::Nil => Ok(None),
            _ => self.string(ctx, index).map(Some),
        }
    }

    /// The position in `options` of a string argument, or of `default` when missing or nil.
    ///
    /// # Errors
    /// When it is no string or none of them.
    pub fn option(
        &self,
        ctx: Context<'gc>,
        index: usize,
        default: Option<&str>,
        options: &[&str],
    ) -> Result<usize, Error<'gc>> {
        let given = match (self.get(index), default) {
            (Value::Nil, Some(default)) => default.as_bytes(),
            _ => self.string(ctx, index)?.as_bytes(),
        };
        options.iter().position(|option| option.as_bytes() == given).ok_or_else(|| {
            let mut message = b"invalid option '".to_vec();
            message.extend(&*quoted(given));
            message.push(b'\'');
            Error::argument(index + 1, message)
        })
    }
}

impl<'gc> Context<'gc> {
    /// A number as the string that it prints as; `None` for other values.
    pub fn number_to_string(self, value: Value<'gc>) -> Option<LuaString<'gc>> {
        let mut text = Vec::new();
        luster_number::write_number(&mut text, value.as_number()?);
        Some(self.intern(&text))
    }

    /// A value as the bytes that `tostring` gives without metamethods.
    pub fn write_basic(self, out: &mut Vec<u8>, value: Value<'gc>) {
        match value {
            Value::Nil => out.extend(b"nil"),
            Value::False => out.extend(b"false"),
            Value::True => out.extend(b"true"),
            Value::Integer(i) => luster_number::write_integer(out, i),
            Value::Float(x) => luster_number::write_float(out, x.get()),
            Value::String(s) => out.extend(s.as_bytes()),
            other => {
                let name = self.type_name(other);
                out.extend(format!("{name}: {:#x}", other.address().unwrap_or(0)).bytes());
            }
        }
    }
}
