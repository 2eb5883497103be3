//! Comparison of numbers by their mathematical value, exact between integers and floats.
//!
//! Converting an integer to a float to compare would lose bits above 2^53; these functions do that
//! only where nothing is lost. Any comparison with a NaN is false.

use crate::{
    Number,
    convert::{float_to_integer_ceil, float_to_integer_exact, float_to_integer_floor},
};

/// Whether every integer of this size is a float exactly, so that comparing as floats is right.
#[inline]
fn fits_float(value: i64) -> bool {
    const LIMIT: u64 = 1 << 53;
    (value as u64).wrapping_add(LIMIT) <= 2 * LIMIT
}

/// `a == b` across the subtypes.
///
/// ```
/// use luster_number::integer_equal_float;
///
/// assert!(integer_equal_float(1, 1.0));
/// assert!(!integer_equal_float(i64::MAX, 2f64.powi(63)));
/// ```
#[inline]
pub fn integer_equal_float(a: i64, b: f64) -> bool {
    float_to_integer_exact(b) == Some(a)
}

/// `a < b`, exactly.
///
/// ```
/// use luster_number::integer_less_float;
///
/// assert!(integer_less_float(i64::MAX, 2f64.powi(63)));
/// assert!(!integer_less_float((1 << 53) + 1, 2f64.powi(53)));
/// assert!(!integer_less_float(0, f64::NAN));
/// ```
#[inline]
pub fn integer_less_float(a: i64, b: f64) -> bool {
    if fits_float(a) {
        return (a as f64) < b;
    }
    match float_to_integer_ceil(b) {
        Some(ceil) => a < ceil,
        // Beyond all integers on one side or the other, or a NaN.
        None => b > 0.0,
    }
}

/// `a <= b`, exactly.
///
/// ```
/// use luster_number::integer_less_equal_float;
///
/// assert!(integer_less_equal_float(i64::MAX, 2f64.powi(63)));
/// assert!(!integer_less_equal_float((1 << 53) + 1, 2f64.powi(53)));
/// ```
#[inline]
pub fn integer_less_equal_float(a: i64, b: f64) -> bool {
    if fits_float(a) {
        return a as f64 <= b;
    }
    match float_to_integer_floor(b) {
        Some(floor) => a <= floor,
        None => b > 0.0,
    }
}

/// `a < b`, exactly.
///
/// ```
/// use luster_number::float_less_integer;
///
/// assert!(float_less_integer(2f64.powi(53), (1 << 53) + 1));
/// assert!(!float_less_integer(2f64.powi(63), i64::MAX));
/// ```
#[inline]
pub fn float_less_integer(a: f64, b: i64) -> bool {
    if fits_float(b) {
        return a < b as f64;
    }
    match float_to_integer_floor(a) {
        Some(floor) => floor < b,
        None => a < 0.0,
    }
}

/// `a <= b`, exactly.
///
/// ```
/// use luster_number::float_less_equal_integer;
///
/// assert!(float_less_equal_integer(-2f64.powi(63), i64::MIN));
/// assert!(!float_less_equal_integer(2f64.powi(63), i64::MAX));
/// ```
#[inline]
pub fn float_less_equal_integer(a: f64, b: i64) -> bool {
    if fits_float(b) {
        return a <= b as f64;
    }
    match float_to_integer_ceil(a) {
        Some(ceil) => ceil <= b,
        None => a < 0.0,
    }
}

/// Lua's `a == b` on numbers.
///
/// ```
/// use luster_number::{Number, equal};
///
/// assert!(equal(Number::Integer(0), Number::Float(-0.0)));
/// ```
#[inline]
pub fn equal(a: Number, b: Number) -> bool {
    match (a, b) {
        (Number::Integer(a), Number::Integer(b)) => a == b,
        (Number::Float(a), Number::Float(b)) => a == b,
        (Number::Integer(a), Number::Float(b)) | (Number::Float(b), Number::Integer(a)) => {
            integer_equal_float(a, b)
        }
    }
}

/// Lua's `a < b` on numbers.
///
/// ```
/// use luster_number::{Number, less};
///
/// assert!(less(Number::Integer(1), Number::Float(1.5)));
/// ```
#[inline]
pub fn less(a: Number, b: Number) -> bool {
    match (a, b) {
        (Number::Integer(a), Number::Integer(b)) => a < b,
        (Number::Float(a), Number::Float(b)) => a < b,
        (Number::Integer(a), Number::Float(b)) => integer_less_float(a, b),
        (Number::Float(a), Number::Integer(b)) => float_less_integer(a, b),
    }
}

/// Lua's `a <= b` on numbers.
///
/// ```
/// use luster_number::{Number, less_equal};
///
/// assert!(less_equal(Number::Float(2.0), Number::Integer(2)));
/// ```
#[inline]
pub fn less_equal(a: Number, b: Number) -> bool {
    match (a, b) {
        (Number::Integer(a), Number::Integer(b)) => a <= b,
        (Number::Float(a), Number::Float(b)) => a <= b,
        (Number::Integer(a), Number::Float(b)) => integer_less_equal_float(a, b),
        (Number::Float(a), Number::Integer(b)) => float_less_equal_integer(a, b),
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    /// The order of an integer and a float, found with wider integers instead of case analysis.
    fn exact_order(a: i64, b: f64) -> Option<Ordering> {
        if b.is_nan() {
            return None;
        }
        // Beyond 2^65 the cast to 128 bits keeps the order, and saturates at worst.
        let whole = b.trunc() as i128;
        let fraction = if b.abs() < 2f64.powi(53) { b - b.trunc() } else { 0.0 };
        Some(i128::from(a).cmp(&whole).then(0.0f64.total_cmp(&(fraction + 0.0))))
    }

    #[test]
    fn edges_compare_exactly() {
        let mut integers = vec![0, 1, -1, i64::MAX, i64::MIN];
        let mut floats =
            vec![0.0, -0.0, 0.5, -0.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e300, -1e300];
        for exponent in [52, 53, 54, 62, 63] {
            let power = 1i64.checked_shl(exponent).unwrap_or(0);
            for delta in -3..=3 {
                integers.push(power.wrapping_add(delta));
                integers.push(power.wrapping_neg().wrapping_add(delta));
            }
            let power = 2f64.powi(exponent as i32);
            for value in [power, power.next_up(), power.next_down(), power + 0.5] {
                floats.extend([value, -value]);
            }
        }
        for &a in &integers {
            for &b in &floats {
                let order = exact_order(a, b);
                let is = |wanted: &[Ordering]| order.is_some_and(|order| wanted.contains(&order));
                use Ordering::*;
                assert_eq!(integer_less_float(a, b), is(&[Less]), "{a} < {b}");
                assert_eq!(integer_less_equal_float(a, b), is(&[Less, Equal]), "{a} <= {b}");
                assert_eq!(float_less_integer(b, a), is(&[Greater]), "{b} < {a}");
                assert_eq!(float_less_equal_integer(b, a), is(&[Greater, Equal]), "{b} <= {a}");
                assert_eq!(integer_equal_float(a, b), is(&[Equal]), "{a} == {b}");
            }
        }
    }
}
