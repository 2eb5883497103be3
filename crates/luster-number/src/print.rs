//! Writing numbers as `tostring` does.
//!
//! C's `printf` conversions, for `string.format`, are in `format`.

use std::{
    fmt::{self, Write as _},
    str,
};

use crate::Number;

/// Appends a number as `tostring` writes it.
///
/// ```
/// use luster_number::{Number, write_number};
///
/// let mut out = Vec::new();
/// write_number(&mut out, Number::Integer(1));
/// write_number(&mut out, Number::Float(1.0));
/// assert_eq!(out, b"11.0");
/// ```
#[inline]
pub fn write_number(out: &mut Vec<u8>, value: Number) {
    match value {
        Number::Integer(value) => write_integer(out, value),
        Number::Float(value) => write_float(out, value),
    }
}

/// Appends an integer in decimal.
///
/// ```
/// use luster_number::write_integer;
///
/// let mut out = Vec::new();
/// write_integer(&mut out, i64::MIN);
/// assert_eq!(out, b"-9223372036854775808");
/// ```
#[inline]
pub fn write_integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    write_unsigned(out, value.unsigned_abs());
}

/// Appends an unsigned integer in decimal, two digits a step.
#[inline]
pub(crate) fn write_unsigned(out: &mut Vec<u8>, mut value: u64) {
    const PAIRS: &[u8; 200] = b"00010203040506070809\
        10111213141516171819\
        20212223242526272829\
        30313233343536373839\
        40414243444546474849\
        50515253545556575859\
        60616263646566676869\
        70717273747576777879\
        80818283848586878889\
        90919293949596979899";
    // The largest has twenty digits.
    let mut buffer = [0; 20];
    let mut start = buffer.len();
    while value >= 100 {
        let pair = (value % 100) as usize * 2;
        value /= 100;
        start -= 2;
        buffer[start] = PAIRS[pair];
        buffer[start + 1] = PAIRS[pair + 1];
    }
    if value >= 10 {
        let pair = value as usize * 2;
        start -= 2;
        buffer[start] = PAIRS[pair];
        buffer[start + 1] = PAIRS[pair + 1];
    } else {
        start -= 1;
        buffer[start] = b'0' + value as u8;
    }
    out.extend_from_slice(&buffer[start..]);
}

/// Appends a float as `tostring` writes it: C's `%.15g`, or `%.17g` where that would not read back
/// as the same float, and with `.0` at the end where it would look like an integer.
///
/// A NaN shows its sign, as the reference on Linux does.
///
/// ```
/// use luster_number::write_float;
///
/// let text = |value| {
///     let mut out = Vec::new();
///     write_float(&mut out, value);
///     String::from_utf8(out).unwrap()
/// };
/// assert_eq!(text(3.0), "3.0");
/// assert_eq!(text(0.1), "0.1");
/// assert_eq!(text(1.0 / 3.0), "0.33333333333333331");
/// assert_eq!(text(1e15), "1e+15");
/// assert_eq!(text(f64::NEG_INFINITY), "-inf");
/// ```
#[inline]
pub fn write_float(out: &mut Vec<u8>, value: f64) {
    // Integral floats of up to fifteen digits are what programs print most.
    let magnitude = value.abs();
    if magnitude < 1e15 {
        let integer = magnitude as u64;
        if integer as f64 == magnitude {
            if value.is_sign_negative() {
                out.push(b'-');
            }
            write_unsigned(out, integer);
            out.extend_from_slice(b".0");
            return;
        }
    }
    write_other_float(out, value);
}

/// Appends a float that is not an integer of at most fifteen digits.
fn write_other_float(out: &mut Vec<u8>, value: f64) {
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let magnitude = value.abs();
    if !magnitude.is_finite() {
        out.extend_from_slice(if magnitude.is_nan() { b"nan" } else { b"inf" });
        return;
    }
    if write_short_decimal(out, magnitude) {
        return;
    }
    let (digits, precision) = roundtrip_digits(magnitude);
    write_general(out, &digits, precision, false, b'e');
    // A float this large without a point or an exponent would take `%.17g` of an integer.
    if digits.fits_fixed(precision) && digits.is_integral() {
        out.extend_from_slice(b".0");
    }
}

/// Appends a float that is a decimal of a few places, like 3.14, and says whether it was one.
///
/// If `m / 10^k`, computed in floats, gives the value back, with `m` an integer of at most fifteen
/// digits, then the decimal `m * 10^-k` reads as the value, since both operands are exact and
/// division rounds once; and a decimal of that many digits is what `%.15g` prints.
fn write_short_decimal(out: &mut Vec<u8>, magnitude: f64) -> bool {
    // Smaller values would be written with an exponent.
    if !(1e-4..1e15).contains(&magnitude) {
        return false;
    }
    const POWERS: [f64; 7] = [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
    for power in POWERS {
        let scaled = magnitude * power;
        if scaled >= 1e15 {
            return false;
        }
        let integer = scaled as u64;
        if integer as f64 == scaled && scaled / power == magnitude {
            let divisor = power as u64;
            write_unsigned(out, integer / divisor);
            let point = out.len();
            // A digit above the fraction keeps its leading zeros, and then makes room for the dot.
            write_unsigned(out, divisor + integer % divisor);
            out[point] = b'.';
            // A smaller power would have done but for the rounding of its product.
            while out.last() == Some(&b'0') {
                out.pop();
            }
            return true;
        }
    }
    false
}

/// The digits that `tostring` shows of a positive finite float, and the precision they were made
/// with.
fn roundtrip_digits(magnitude: f64) -> (Digits<32>, usize) {
    if magnitude >= f64::MIN_POSITIVE {
        // A normal float is read back from fifteen digits just if its shortest numeral has no more,
        // and then the two are the same digits.
        let shortest = Digits::shortest(magnitude);
        if shortest.significant().len() <= 15 {
            return (shortest, 15);
        }
    } else {
        // Subnormal floats are so few that fifteen digits often say more than the shortest.
        let fifteen = Digits::rounded(magnitude, 15);
        if fifteen.reads_as(magnitude) {
            return (fifteen, 15);
        }
    }
    (Digits::rounded(magnitude, 17), 17)
}

/// The decimal digits of a positive finite float, in scientific form, in a buffer of `N` bytes.
pub(crate) struct Digits<const N: usize> {
    /// The text as written, `d.ddde-5`; after [`Digits::finish`], digits without the dot first.
    buffer: [u8; N],
    /// How much of the buffer the formatter wrote.
    length: usize,
    /// How many digits stand at the front of the buffer.
    count: usize,
    /// The decimal exponent of the first digit.
    exponent: i32,
}

impl<const N: usize> Digits<N> {
    /// The fewest digits that read back as the value.
    fn shortest(magnitude: f64) -> Self {
        Self::format(format_args!("{magnitude:e}"))
    }

    /// Exactly `count` digits, at least one, correctly rounded. The buffer must have room for them
    /// and for a dot and an exponent.
    pub(crate) fn rounded(magnitude: f64, count: usize) -> Self {
        debug_assert!(count + 6 <= N);
        Self::format(format_args!("{:.*e}", count.saturating_sub(1), magnitude))
    }

    /// Lets the standard library write `d.ddde-5` and takes it apart.
    fn format(text: fmt::Arguments<'_>) -> Self {
        let mut digits = Digits { buffer: [0; N], length: 0, count: 0, exponent: 0 };
        // Writing fails only when the buffer is too small, which the callers' counts exclude; then
        // the tail would be missing, and nothing worse.
        let _ = digits.write_fmt(text);
        digits.finish();
        digits
    }

    /// Closes the gap of the dot and reads the exponent.
    fn finish(&mut self) {
        let text = &self.buffer[..self.length];
        let marker = text.iter().position(|&byte| byte == b'e').unwrap_or(self.length);
        let exponent = text.get(marker + 1..).unwrap_or_default();
        self.exponent = str::from_utf8(exponent).ok().and_then(|e| e.parse().ok()).unwrap_or(0);
        if marker > 2 {
            self.buffer.copy_within(2..marker, 1);
            self.count = marker - 1;
        } else {
            self.count = marker.min(1);
        }
    }

    /// The decimal exponent of the first digit.
    pub(crate) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// All digits, trailing zeros included.
    pub(crate) fn all(&self) -> &[u8] {
        &self.buffer[..self.count]
    }

    /// The digits without trailing zeros.
    fn significant(&self) -> &[u8] {
        let mut digits = self.all();
        while let [rest @ .., b'0'] = digits
            && !rest.is_empty()
        {
            digits = rest;
        }
        digits
    }

    /// Whether `%g` writes the value without an exponent.
    fn fits_fixed(&self, precision: usize) -> bool {
        self.exponent >= -4
            && i64::from(self.exponent) < i64::try_from(precision).unwrap_or(i64::MAX)
    }

    /// Whether all significant digits stand before the point.
    fn is_integral(&self) -> bool {
        self.exponent >= 0 && self.significant().len() as i64 <= i64::from(self.exponent) + 1
    }

    /// Whether these digits, rounded as they may be, are read as this float.
    fn reads_as(&self, magnitude: f64) -> bool {
        let mut text = Vec::with_capacity(N);
        write_scientific(&mut text, self.significant(), self.exponent, 0, false, b'e');
        str::from_utf8(&text).is_ok_and(|text| text.parse() == Ok(magnitude))
    }
}

impl<const N: usize> fmt::Write for Digits<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.buffer.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// Appends digits as C's `%g`, made with `precision` (at least one) digits or the fewest that say
/// the same; `alternate` keeps trailing zeros and the point.
pub(crate) fn write_general<const N: usize>(
    out: &mut Vec<u8>,
    digits: &Digits<N>,
    precision: usize,
    alternate: bool,
    marker: u8,
) {
    let shown = if alternate { digits.all() } else { digits.significant() };
    let padding = if alternate { precision.saturating_sub(shown.len()) } else { 0 };
    if !digits.fits_fixed(precision) {
        return write_scientific(out, shown, digits.exponent, padding, alternate, marker);
    }
    let Ok(exponent) = usize::try_from(digits.exponent) else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + digits.exponent.unsigned_abs() as usize - 1, b'0');
        out.extend_from_slice(shown);
        out.resize(out.len() + padding, b'0');
        return;
    };
    let whole = exponent + 1;
    if let Some((whole, fraction)) = shown.split_at_checked(whole) {
        out.extend_from_slice(whole);
        if alternate || !fraction.is_empty() {
            out.push(b'.');
        }
        out.extend_from_slice(fraction);
        out.resize(out.len() + padding, b'0');
    } else {
        // The digits end before the point: zeros fill the places up to it.
        let missing = whole - shown.len();
        out.extend_from_slice(shown);
        out.resize(out.len() + missing, b'0');
        if alternate {
            out.push(b'.');
            out.resize(out.len() + padding.saturating_sub(missing), b'0');
        }
    }
}

/// Appends digits in scientific form, `d.ddde+05`, followed by `padding` zeros before the exponent;
/// `alternate` keeps the point without a fraction.
pub(crate) fn write_scientific(
    out: &mut Vec<u8>,
    digits: &[u8],
    exponent: i32,
    padding: usize,
    alternate: bool,
    marker: u8,
) {
    let (first, fraction) = digits.split_at(digits.len().min(1));
    out.extend_from_slice(first);
    if alternate || !fraction.is_empty() || padding > 0 {
        out.push(b'.');
    }
    out.extend_from_slice(fraction);
    out.resize(out.len() + padding, b'0');
    out.push(marker);
    out.push(if exponent < 0 { b'-' } else { b'+' });
    let exponent = exponent.unsigned_abs();
    if exponent < 10 {
        out.push(b'0');
    }
    write_unsigned(out, u64::from(exponent));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, expected: &str) {
        let mut out = b"<".to_vec();
        write_float(&mut out, value);
        assert_eq!(String::from_utf8_lossy(&out), format!("<{expected}"), "{value:e}");
    }

    #[test]
    fn integers() {
        let mut values = vec![0, 9, 10, 99, 100, 101, i64::MAX];
        values.extend((0..19).map(|exponent| 10i64.pow(exponent)));
        for magnitude in values {
            for value in [magnitude, -magnitude, magnitude - 1, !magnitude] {
                let mut out = Vec::new();
                write_integer(&mut out, value);
                assert_eq!(String::from_utf8_lossy(&out), value.to_string());
            }
        }
        let mut out = Vec::new();
        write_unsigned(&mut out, u64::MAX);
        assert_eq!(out, u64::MAX.to_string().as_bytes());
    }

    #[test]
    fn floats() {
        // What the reference prints for each.
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(3.0, "3.0");
        check(-17.0, "-17.0");
        check(3.15, "3.15");
        check(-0.5, "-0.5");
        check(0.1, "0.1");
        check(0.1 + 0.2, "0.30000000000000004");
        check(1.0 / 3.0, "0.33333333333333331");
        check(2.0 / 3.0, "0.66666666666666663");
        check(100.25, "100.25");
        check(298.47, "298.47");
        check(-257.311, "-257.311");
        check(0.0001, "0.0001");
        check(0.00012345, "0.00012345");
        check(1e-5, "1e-05");
        check(1.5e-7, "1.5e-07");
        check(1e14, "100000000000000.0");
        check(999999999999999.0, "999999999999999.0");
        check(1e15, "1e+15");
        check(1e16, "1e+16");
        check(1e100, "1e+100");
        check(123456789012345.0, "123456789012345.0");
        check(1234567890123456.0, "1234567890123456.0");
        check(12345678901234567.0, "12345678901234568.0");
        check(9007199254740992.0, "9007199254740992.0");
        check(9007199254740993.5, "9007199254740994.0");
        check(2f64.powi(63), "9.2233720368547758e+18");
        check(123456789.5, "123456789.5");
        check(f64::MAX, "1.7976931348623157e+308");
        check(f64::MIN_POSITIVE, "2.2250738585072014e-308");
        check(5e-324, "4.94065645841247e-324");
        check(f64::EPSILON, "2.2204460492503131e-16");
        check(f64::INFINITY, "inf");
        check(f64::NEG_INFINITY, "-inf");
        check(f64::NAN.copysign(1.0), "nan");
        check(f64::NAN.copysign(-1.0), "-nan");
    }

    #[test]
    fn displaying_a_number_pads() {
        assert_eq!(format!("{:>6}|{}", Number::Integer(7), Number::Float(0.5)), "     7|0.5");
    }
}
