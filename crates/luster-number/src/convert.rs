//! Conversion of floats to integers.
//!
//! Reading numbers from text is in `parse`; writing them in `print` and `format`.

/// 2^63, the first float above all integers; its negative is the smallest integer exactly.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// Whether a float lies in the integers' range, so that a cast truncates and never saturates.
#[inline]
fn in_integer_range(value: f64) -> bool {
    (-TWO_TO_63..TWO_TO_63).contains(&value)
}

/// The integer with exactly this value, if there is one.
///
/// ```
/// use luster_number::float_to_integer_exact;
///
/// assert_eq!(float_to_integer_exact(-0.0), Some(0));
/// assert_eq!(float_to_integer_exact(0.5), None);
/// assert_eq!(float_to_integer_exact(-2f64.powi(63)), Some(i64::MIN));
/// assert_eq!(float_to_integer_exact(2f64.powi(63)), None);
/// assert_eq!(float_to_integer_exact(f64::NAN), None);
/// ```
#[inline]
pub fn float_to_integer_exact(value: f64) -> Option<i64> {
    let integer = value as i64;
    // A saturated cast of 2^63 gives the largest integer, which converts back to 2^63: hence the
    // second test.
    (integer as f64 == value && value != TWO_TO_63).then_some(integer)
}

/// The largest integer not above the value, if it fits.
///
/// ```
/// use luster_number::float_to_integer_floor;
///
/// assert_eq!(float_to_integer_floor(-0.5), Some(-1));
/// assert_eq!(float_to_integer_floor(1e300), None);
/// ```
#[inline]
pub fn float_to_integer_floor(value: f64) -> Option<i64> {
    if !in_integer_range(value) {
        return None;
    }
    let integer = value as i64;
    // A float with a fraction is far from the smallest integer, so this cannot overflow.
    Some(integer - i64::from(integer as f64 > value))
}

/// The smallest integer not below the value, if it fits.
///
/// ```
/// use luster_number::float_to_integer_ceil;
///
/// assert_eq!(float_to_integer_ceil(0.5), Some(1));
/// assert_eq!(float_to_integer_ceil(f64::INFINITY), None);
/// ```
#[inline]
pub fn float_to_integer_ceil(value: f64) -> Option<i64> {
    if !in_integer_range(value) {
        return None;
    }
    let integer = value as i64;
    Some(integer + i64::from((integer as f64) < value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_agrees_with_the_standard_library() {
        let mut values = vec![0.0, 0.3, 0.5, 0.999, 1.0, 1.5, 2.5, 1e15, 1e300, f64::INFINITY];
        for exponent in [51, 52, 53, 62, 63, 64] {
            let power = 2f64.powi(exponent);
            values.extend([power, power.next_up(), power.next_down(), power - 0.5]);
        }
        values.extend([f64::MIN_POSITIVE, 5e-324, f64::MAX]);
        for magnitude in values {
            for value in [magnitude, -magnitude] {
                let fits = value.floor() as i128 == i128::from(value.floor() as i64);
                let floor = fits.then_some(value.floor() as i64);
                assert_eq!(float_to_integer_floor(value), floor, "{value}");
                let fits = value.ceil() as i128 == i128::from(value.ceil() as i64);
                let ceil = fits.then_some(value.ceil() as i64);
                assert_eq!(float_to_integer_ceil(value), ceil, "{value}");
                let exact = floor.filter(|_| value.fract() == 0.0);
                assert_eq!(float_to_integer_exact(value), exact, "{value}");
            }
        }
        for convert in [float_to_integer_exact, float_to_integer_floor, float_to_integer_ceil] {
            assert_eq!(convert(f64::NAN), None);
        }
    }
}
