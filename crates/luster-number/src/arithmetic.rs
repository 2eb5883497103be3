//! Arithmetic on Lua numbers: the operations whose result differs from Rust's own, and one entry,
//! [`arithmetic`], that performs any operator on any two numbers.
//!
//! Addition, subtraction and multiplication of integers are Rust's `wrapping_*`, of floats Rust's
//! operators, and have no function of their own. Strings and metamethods are the caller's business.

use std::fmt;

use crate::{Number, convert::float_to_integer_floor};

/// Lua's arithmetic and bitwise operators, as section 3.4 of the manual lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticOp {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`, always of floats.
    Div,
    /// `a % b`, with the sign of the divisor.
    Mod,
    /// `a ^ b`, always of floats.
    Pow,
    /// `a // b`, rounded towards minus infinity.
    FloorDiv,
    /// `a & b`
    BitAnd,
    /// `a | b`
    BitOr,
    /// `a ~ b`
    BitXor,
    /// `a << b`
    ShiftLeft,
    /// `a >> b`, filling with zeros.
    ShiftRight,
    /// `-a`
    Negate,
    /// `~a`
    BitNot,
}

impl ArithmeticOp {
    /// Whether the operator has one operand; [`arithmetic`] then ignores the second.
    #[inline]
    pub fn is_unary(self) -> bool {
        matches!(self, ArithmeticOp::Negate | ArithmeticOp::BitNot)
    }

    /// Whether the operator works on integers only, and so converts floats first.
    #[inline]
    pub fn is_bitwise(self) -> bool {
        matches!(
            self,
            ArithmeticOp::BitAnd
                | ArithmeticOp::BitOr
                | ArithmeticOp::BitXor
                | ArithmeticOp::ShiftLeft
                | ArithmeticOp::ShiftRight
                | ArithmeticOp::BitNot
        )
    }
}

/// Why an operation on two numbers has no result. `Display` gives the reference's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticError {
    /// An integer was divided by zero with `//`.
    DivideByZero,
    /// An integer was taken modulo zero.
    ModuloByZero,
    /// A bitwise operator met a float that no integer equals.
    NoIntegerRepresentation,
}

impl ArithmeticError {
    /// The message, without a position, as the reference words it.
    ///
    /// ```
    /// use luster_number::ArithmeticError;
    ///
    /// assert_eq!(ArithmeticError::DivideByZero.message(), "attempt to divide by zero");
    /// ```
    pub fn message(self) -> &'static str {
        match self {
            ArithmeticError::DivideByZero => "attempt to divide by zero",
            ArithmeticError::ModuloByZero => "attempt to perform 'n%0'",
            ArithmeticError::NoIntegerRepresentation => "number has no integer representation",
        }
    }
}

impl fmt::Display for ArithmeticError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for ArithmeticError {}

/// `a // b` of integers, rounded towards minus infinity; `None` when `b` is zero.
///
/// The one quotient that does not fit, of the smallest integer by -1, wraps around.
///
/// ```
/// use luster_number::floor_div_integer;
///
/// assert_eq!(floor_div_integer(-7, 2), Some(-4));
/// assert_eq!(floor_div_integer(i64::MIN, -1), Some(i64::MIN));
/// assert_eq!(floor_div_integer(1, 0), None);
/// ```
#[inline]
pub fn floor_div_integer(a: i64, b: i64) -> Option<i64> {
    // One test sends both divisors that the processor's division cannot take out of the way.
    if (b as u64).wrapping_add(1) <= 1 {
        return if b == 0 { None } else { Some(a.wrapping_neg()) };
    }
    let quotient = a / b;
    // Rust's division rounds towards zero, which is one too many if the signs differ.
    let inexact_negative = (a ^ b) < 0 && quotient * b != a;
    Some(quotient - i64::from(inexact_negative))
}

/// `a % b` of integers, with the sign of `b`; `None` when `b` is zero.
///
/// ```
/// use luster_number::modulo_integer;
///
/// assert_eq!(modulo_integer(-7, 3), Some(2));
/// assert_eq!(modulo_integer(7, -3), Some(-2));
/// assert_eq!(modulo_integer(i64::MIN, -1), Some(0));
/// assert_eq!(modulo_integer(1, 0), None);
/// ```
#[inline]
pub fn modulo_integer(a: i64, b: i64) -> Option<i64> {
    if (b as u64).wrapping_add(1) <= 1 {
        return if b == 0 { None } else { Some(0) };
    }
    let remainder = a % b;
    Some(if remainder != 0 && (remainder ^ b) < 0 { remainder + b } else { remainder })
}

/// `a // b` of floats: the quotient rounded towards minus infinity.
///
/// ```
/// use luster_number::floor_div_float;
///
/// assert_eq!(floor_div_float(-5.5, 2.0), -3.0);
/// assert_eq!(floor_div_float(1.0, 0.0), f64::INFINITY);
/// ```
#[inline]
pub fn floor_div_float(a: f64, b: f64) -> f64 {
    let quotient = a / b;
    match float_to_integer_floor(quotient) {
        Some(integer) => (integer as f64).copysign(quotient),
        // It is so large that it has no fraction, or is no number.
        None => quotient,
    }
}

/// `a % b` of floats, with the sign of `b`: C's `fmod`, moved into the divisor's half-line.
///
/// A zero result keeps the sign of `a`, and an infinite divisor of the other sign gives that
/// infinity, as in the reference's `luai_nummod`.
///
/// ```
/// use luster_number::modulo_float;
///
/// assert_eq!(modulo_float(-5.5, 2.0), 0.5);
/// assert_eq!(modulo_float(5.5, f64::NEG_INFINITY), f64::NEG_INFINITY);
/// assert_eq!(modulo_float(-5.5, f64::NEG_INFINITY), -5.5);
/// assert!(modulo_float(1.0, 0.0).is_nan());
/// ```
#[inline]
pub fn modulo_float(a: f64, b: f64) -> f64 {
    let remainder = remainder_float(a, b);
    let other_sign = if remainder > 0.0 { b < 0.0 } else { remainder < 0.0 && b > 0.0 };
    if other_sign { remainder + b } else { remainder }
}

/// C's `fmod`: the remainder of a division that rounds towards zero, with the sign of `a`.
///
/// ```
/// use luster_number::remainder_float;
///
/// assert_eq!(remainder_float(-5.5, 2.0), -1.5);
/// assert!(remainder_float(1.0, 0.0).is_nan());
/// ```
///
/// It is found by a division where the quotient is small, and by one of integers where both operands are
/// integers that a float holds exactly.
///
/// The general algorithm works bit by bit; hardly any program has to pay that.
#[inline]
pub fn remainder_float(a: f64, b: f64) -> f64 {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    let (magnitude_a, magnitude_b) = (a.abs(), b.abs());
    if let Some(remainder) = small_remainder(magnitude_a, magnitude_b) {
        return remainder.copysign(a);
    }
    if magnitude_a < LIMIT && (1.0..LIMIT).contains(&magnitude_b) {
        let (integer_a, integer_b) = (magnitude_a as i64, magnitude_b as i64);
        if integer_a as f64 == magnitude_a && integer_b as f64 == magnitude_b {
            // The divisor is known to be positive; `None` is there for the type only.
            let remainder = integer_a.checked_rem(integer_b).unwrap_or(0);
            return (remainder as f64).copysign(a);
        }
    }
    a % b
}

/// The remainder of a division of two positive floats whose quotient has no more than half of a float's
/// digits: it is exact, since the quotient is multiplied by both halves of the divisor's digits in turn.
#[inline]
fn small_remainder(a: f64, b: f64) -> Option<f64> {
    /// Quotients below this one times a half of a divisor's digits are exact.
    const MAX_QUOTIENT: f64 = 67_108_864.0;
    /// The lower half of the digits.
    const LOW_DIGITS: u64 = (1 << 27) - 1;
    /// What is in this range has halves that are as exact.
    const DIVISORS: std::ops::Range<f64> = 1e-200..1e200;
    let quotient = a / b;
    if !(quotient < MAX_QUOTIENT && DIVISORS.contains(&b)) {
        return None;
    }
    if a < b {
        return Some(a);
    }
    let quotient = f64::from(quotient as i32);
    let high = f64::from_bits(b.to_bits() & !LOW_DIGITS);
    let remainder = (a - quotient * high) - quotient * (b - high);
    // A quotient that was rounded to the next integer is too large by one.
    Some(if remainder < 0.0 { remainder + b } else { remainder })
}

/// `a ^ b`: C's `pow`, with the square, which programs use most, as a multiplication.
///
/// ```
/// use luster_number::pow;
///
/// assert_eq!(pow(3.0, 2.0), 9.0);
/// assert_eq!(pow(2.0, 0.5), 2f64.sqrt());
/// ```
#[inline]
pub fn pow(a: f64, b: f64) -> f64 {
    if b == 2.0 { a * a } else { a.powf(b) }
}

/// `a << b`, logical: a negative `b` shifts right, and 64 or more leave nothing.
///
/// ```
/// use luster_number::shift_left;
///
/// assert_eq!(shift_left(1, 63), i64::MIN);
/// assert_eq!(shift_left(1, 64), 0);
/// assert_eq!(shift_left(-1, -1), i64::MAX);
/// ```
#[inline]
pub fn shift_left(a: i64, b: i64) -> i64 {
    if (0..64).contains(&b) {
        a << b
    } else if -64 < b && b < 0 {
        ((a as u64) >> -b) as i64
    } else {
        0
    }
}

/// `a >> b`, logical: zeros come in from the left, and a negative `b` shifts left.
///
/// ```
/// use luster_number::shift_right;
///
/// assert_eq!(shift_right(-1, 63), 1);
/// assert_eq!(shift_right(1, -4), 16);
/// assert_eq!(shift_right(-1, i64::MIN), 0);
/// ```
#[inline]
pub fn shift_right(a: i64, b: i64) -> i64 {
    if (0..64).contains(&b) {
        ((a as u64) >> b) as i64
    } else if -64 < b && b < 0 {
        a << -b
    } else {
        0
    }
}

/// Performs `op` on two numbers by Lua's rules (section 3.4 of the manual); a unary operator
/// ignores `b`.
///
/// ```
/// use luster_number::{ArithmeticError, ArithmeticOp, Number, arithmetic};
///
/// let add = arithmetic(ArithmeticOp::Add, Number::Integer(i64::MAX), Number::Integer(1));
/// assert_eq!(add, Ok(Number::Integer(i64::MIN)));
/// let or = arithmetic(ArithmeticOp::BitOr, Number::Float(1.5), Number::Integer(1));
/// assert_eq!(or, Err(ArithmeticError::NoIntegerRepresentation));
/// ```
pub fn arithmetic(op: ArithmeticOp, a: Number, b: Number) -> Result<Number, ArithmeticError> {
    if op.is_bitwise() {
        let a = a.to_integer().ok_or(ArithmeticError::NoIntegerRepresentation)?;
        if op == ArithmeticOp::BitNot {
            return Ok(Number::Integer(!a));
        }
        let b = b.to_integer().ok_or(ArithmeticError::NoIntegerRepresentation)?;
        return integer_arithmetic(op, a, b);
    }
    match (op, a, b) {
        (ArithmeticOp::Negate, Number::Integer(a), _) => Ok(Number::Integer(a.wrapping_neg())),
        (ArithmeticOp::Negate, Number::Float(a), _) => Ok(Number::Float(-a)),
        (_, Number::Integer(a), Number::Integer(b)) => integer_arithmetic(op, a, b),
        _ => Ok(Number::Float(float_arithmetic(op, a.to_float(), b.to_float()))),
    }
}

/// `op` on two integers; division and exponentiation leave the integers.
fn integer_arithmetic(op: ArithmeticOp, a: i64, b: i64) -> Result<Number, ArithmeticError> {
    Ok(Number::Integer(match op {
        ArithmeticOp::Add => a.wrapping_add(b),
        ArithmeticOp::Sub => a.wrapping_sub(b),
        ArithmeticOp::Mul => a.wrapping_mul(b),
        ArithmeticOp::Mod => modulo_integer(a, b).ok_or(ArithmeticError::ModuloByZero)?,
        ArithmeticOp::FloorDiv => floor_div_integer(a, b).ok_or(ArithmeticError::DivideByZero)?,
        ArithmeticOp::BitAnd => a & b,
        ArithmeticOp::BitOr => a | b,
        ArithmeticOp::BitXor => a ^ b,
        ArithmeticOp::ShiftLeft => shift_left(a, b),
        ArithmeticOp::ShiftRight => shift_right(a, b),
        ArithmeticOp::Negate => a.wrapping_neg(),
        ArithmeticOp::BitNot => !a,
        ArithmeticOp::Div | ArithmeticOp::Pow => {
            return Ok(Number::Float(float_arithmetic(op, a as f64, b as f64)));
        }
    }))
}

/// `op` on two floats; the caller has sent the bitwise operators elsewhere.
fn float_arithmetic(op: ArithmeticOp, a: f64, b: f64) -> f64 {
    match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Sub => a - b,
        ArithmeticOp::Mul => a * b,
        ArithmeticOp::Div => a / b,
        ArithmeticOp::Mod => modulo_float(a, b),
        ArithmeticOp::Pow => pow(a, b),
        ArithmeticOp::FloorDiv => floor_div_float(a, b),
        ArithmeticOp::Negate => -a,
        // Bitwise operators have no meaning on floats; a NaN is the honest answer to a question
        // that no caller asks.
        ArithmeticOp::BitAnd
        | ArithmeticOp::BitOr
        | ArithmeticOp::BitXor
        | ArithmeticOp::ShiftLeft
        | ArithmeticOp::ShiftRight
        | ArithmeticOp::BitNot => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_division_and_modulo_follow_the_divisor() {
        let table = [
            (7, 2, 3, 1),
            (-7, 2, -4, 1),
            (7, -2, -4, -1),
            (-7, -2, 3, -1),
            (6, -3, -2, 0),
            (0, 5, 0, 0),
            (0, -5, 0, 0),
            (i64::MIN, -1, i64::MIN, 0),
            (i64::MIN, 1, i64::MIN, 0),
            (i64::MIN, i64::MAX, -2, i64::MAX - 1),
            (i64::MAX, i64::MIN, -1, -1),
            (i64::MIN, i64::MIN, 1, 0),
            (i64::MIN, 2, i64::MIN / 2, 0),
        ];
        for (a, b, quotient, remainder) in table {
            assert_eq!(floor_div_integer(a, b), Some(quotient), "{a} // {b}");
            assert_eq!(modulo_integer(a, b), Some(remainder), "{a} % {b}");
        }
    }

    #[test]
    fn float_modulo_keeps_signs() {
        let infinity = f64::INFINITY;
        let table = [
            (5.5, -infinity, -infinity),
            (-5.5, infinity, infinity),
            (3.0, infinity, 3.0),
            (-3.0, -infinity, -3.0),
            (0.0, -1.0, 0.0),
            (-0.0, 1.0, -0.0),
            (5.0, -5.0, 0.0),
            (-5.0, 5.0, -0.0),
            (5.0, 3.0, 2.0),
            (-5.0, 3.0, 1.0),
            (5.0, -3.0, -1.0),
            (-5.0, -3.0, -2.0),
            (6.0, 3.0, 0.0),
            (5.5, 2.0, 1.5),
            (1e308, 3.0, 2.0),
            (4294967296.0, 3.0, 1.0),
        ];
        for (a, b, expected) in table {
            assert_eq!(modulo_float(a, b).to_bits(), f64::to_bits(expected), "{a} % {b}");
        }
        for (a, b) in [(1.0, 0.0), (infinity, 2.0), (f64::NAN, 1.0), (1.0, f64::NAN)] {
            assert!(modulo_float(a, b).is_nan(), "{a} % {b}");
        }
    }

    #[test]
    fn float_floor_division_rounds_down() {
        let table = [
            (-0.0, 1.0, -0.0),
            (1.0, 0.0, f64::INFINITY),
            (-1.0, 0.0, f64::NEG_INFINITY),
            (-5.5, 2.0, -3.0),
            (5.0, f64::NEG_INFINITY, -0.0),
            (1e300, 1.0, 1e300),
            (-0.5, 1.0, -1.0),
            (0.5, 1.0, 0.0),
        ];
        for (a, b, expected) in table {
            assert_eq!(floor_div_float(a, b).to_bits(), f64::to_bits(expected), "{a} // {b}");
        }
        assert!(floor_div_float(0.0, 0.0).is_nan());
    }

    #[test]
    fn shifts_take_any_distance() {
        for distance in [64, 65, 1000, i64::MAX, i64::MIN, i64::MIN + 1, -64, -65] {
            assert_eq!(shift_left(-1, distance), 0, "<< {distance}");
            assert_eq!(shift_right(-1, distance), 0, ">> {distance}");
        }
        for distance in 0..64 {
            assert_eq!(shift_left(-1, distance), shift_right(-1, -distance));
            assert_eq!(shift_left(-1, -distance), shift_right(-1, distance));
        }
    }

    #[test]
    fn operators_choose_their_subtype() {
        use ArithmeticOp::*;
        let integer = Number::Integer;
        let float = Number::Float;
        // Debug text tells the subtypes apart, where equality would not.
        let show = |op, a, b| format!("{:?}", arithmetic(op, a, b));
        assert_eq!(show(Add, integer(1), integer(2)), "Ok(Integer(3))");
        assert_eq!(show(Add, integer(1), float(2.0)), "Ok(Float(3.0))");
        assert_eq!(show(Div, integer(4), integer(2)), "Ok(Float(2.0))");
        assert_eq!(show(Pow, integer(2), integer(10)), "Ok(Float(1024.0))");
        assert_eq!(show(FloorDiv, integer(7), float(2.0)), "Ok(Float(3.0))");
        assert_eq!(show(Mod, integer(-7), integer(3)), "Ok(Integer(2))");
        assert_eq!(show(BitAnd, float(7.0), integer(3)), "Ok(Integer(3))");
        assert_eq!(show(BitXor, integer(5), integer(1)), "Ok(Integer(4))");
        assert_eq!(show(ShiftRight, integer(-1), float(60.0)), "Ok(Integer(15))");
        assert_eq!(show(BitNot, integer(0), integer(0)), "Ok(Integer(-1))");
        assert_eq!(show(BitNot, float(0.5), integer(0)), "Err(NoIntegerRepresentation)");
        assert_eq!(show(BitNot, integer(1), float(0.5)), "Ok(Integer(-2))");
        assert_eq!(
            show(Negate, integer(i64::MIN), integer(0)),
            format!("Ok(Integer({}))", i64::MIN)
        );
        assert_eq!(show(Negate, float(0.0), integer(0)), "Ok(Float(-0.0))");
        assert_eq!(show(FloorDiv, integer(1), integer(0)), "Err(DivideByZero)");
        assert_eq!(show(Mod, integer(1), integer(0)), "Err(ModuloByZero)");
        assert_eq!(show(FloorDiv, integer(1), float(0.0)), "Ok(Float(inf))");
        assert_eq!(show(Add, float(f64::MAX), float(f64::MAX)), "Ok(Float(inf))");
    }
}
