//! Lua's numbers, once: what the lexer, the constant folder, the machine and the library all need
//! to agree on.
//!
//! A Lua number is a 64-bit integer or a 64-bit float ([`Number`]). This crate says how the two do
//! arithmetic ([`arithmetic`] and the pieces Rust lacks), compare ([`less`] and its kin, exact
//! between the two kinds), convert into each other, bound a numeric `for` ([`for_limit`],
//! [`for_count`]), are read ([`parse_number`]) and are written ([`write_float`], [`format_float`]).
//!
//! What does not live here: values and strings of the machine, coercion of strings in arithmetic
//! (a caller parses first), metamethods, and error messages that name a variable.
//!
//! Nothing here panics, allocates more than its output, or takes more than linear time.

#![forbid(unsafe_code)]

mod arithmetic;
mod compare;
mod convert;
mod format;
mod hex_float;
mod numeric_for;
mod parse;
mod print;

use std::fmt;

pub use crate::{
    arithmetic::{
        ArithmeticError, ArithmeticOp, arithmetic, floor_div_float, floor_div_integer,
        modulo_float, modulo_integer, pow, remainder_float, shift_left, shift_right,
    },
    compare::{
        equal, float_less_equal_integer, float_less_integer, integer_equal_float,
        integer_less_equal_float, integer_less_float, less, less_equal,
    },
    convert::{float_to_integer_ceil, float_to_integer_exact, float_to_integer_floor},
    format::{FloatConversion, FormatSpec, IntegerConversion, format_float, format_integer},
    numeric_for::{for_count, for_limit},
    parse::{RadixReader, parse_integer_radix, parse_number, parse_work},
    print::{write_float, write_integer, write_number},
};

/// A Lua number: one of the two subtypes, which `math.type` tells apart.
///
/// Equality is Lua's: by mathematical value across the subtypes, and a NaN equals nothing.
///
/// ```
/// use luster_number::Number;
///
/// assert_eq!(Number::from(1), Number::from(1.0));
/// assert_ne!(Number::from(f64::NAN), Number::from(f64::NAN));
/// assert_eq!(Number::from(2.0).to_string(), "2.0");
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// An integer; arithmetic on it wraps around.
    Integer(i64),
    /// A double-precision float.
    Float(f64),
}

impl Number {
    /// The integer with exactly this value, if there is one.
    ///
    /// ```
    /// use luster_number::Number;
    ///
    /// assert_eq!(Number::Float(3.0).to_integer(), Some(3));
    /// assert_eq!(Number::Float(3.5).to_integer(), None);
    /// assert_eq!(Number::Float(2f64.powi(63)).to_integer(), None);
    /// ```
    #[inline]
    pub fn to_integer(self) -> Option<i64> {
        match self {
            Number::Integer(value) => Some(value),
            Number::Float(value) => float_to_integer_exact(value),
        }
    }

    /// The float nearest to this value; large integers are rounded.
    ///
    /// ```
    /// use luster_number::Number;
    ///
    /// assert_eq!(Number::Integer(i64::MAX).to_float(), 2f64.powi(63));
    /// ```
    #[inline]
    pub fn to_float(self) -> f64 {
        match self {
            Number::Integer(value) => value as f64,
            Number::Float(value) => value,
        }
    }
}

impl From<i64> for Number {
    #[inline]
    fn from(value: i64) -> Self {
        Number::Integer(value)
    }
}

impl From<f64> for Number {
    #[inline]
    fn from(value: f64) -> Self {
        Number::Float(value)
    }
}

impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        equal(*self, *other)
    }
}

/// Writes the number as Lua's `tostring` does.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(32);
        write_number(&mut text, *self);
        // The writers only ever emit ASCII, so the conversion loses nothing.
        f.pad(&String::from_utf8_lossy(&text))
    }
}
