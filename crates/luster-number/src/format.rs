//! C's `printf` conversions of numbers, byte for byte as the GNU library writes them, for
//! `string.format`.
//!
//! Reading a format string, and deciding which flags Lua accepts with which conversion, is the
//! string library's business.

use std::io::Write as _;

use crate::{
    hex_float::write_hex_float,
    print::{Digits, write_general, write_scientific, write_unsigned},
};

/// What stands between the `%` and the letter of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormatSpec {
    /// `-`: padding goes to the right; overrides `zero`.
    pub left: bool,
    /// `+`: numbers that are not negative get a plus sign.
    pub plus: bool,
    /// Space: numbers that are not negative get a space, unless `plus` gives them a sign.
    pub space: bool,
    /// `#`: the alternate form, with a prefix, a point or trailing zeros.
    pub alternate: bool,
    /// `0`: padding is zeros, after the sign and prefix.
    pub zero: bool,
    /// The least number of bytes written.
    pub width: usize,
    /// What follows the dot, if there is one: places, digits, or the least number of digits.
    pub precision: Option<usize>,
}

/// The conversions of floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatConversion {
    /// `%f`: a point and six places, or as many as the precision says.
    Fixed,
    /// `%e`: one digit, six places, an exponent.
    ExponentLower,
    /// `%E`
    ExponentUpper,
    /// `%g`: six digits, or as many as the precision says, in the form that suits the size.
    GeneralLower,
    /// `%G`
    GeneralUpper,
    /// `%a`: hexadecimal, exact unless a precision is given.
    HexLower,
    /// `%A`
    HexUpper,
}

/// The conversions of integers; all but the first take the bits as unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntegerConversion {
    /// `%d` and `%i`
    Decimal,
    /// `%u`
    Unsigned,
    /// `%o`
    Octal,
    /// `%x`
    HexLower,
    /// `%X`
    HexUpper,
}

/// Appends an integer as C's `printf` writes a `long long`.
///
/// The output is as long as the width and precision ask: a caller who takes them from strangers
/// bounds them first (Lua allows two digits).
///
/// ```
/// use luster_number::{FormatSpec, IntegerConversion, format_integer};
///
/// let mut out = Vec::new();
/// let spec = FormatSpec { zero: true, width: 5, ..FormatSpec::default() };
/// format_integer(&mut out, &spec, IntegerConversion::Decimal, -42);
/// assert_eq!(out, b"-0042");
/// ```
pub fn format_integer(
    out: &mut Vec<u8>,
    spec: &FormatSpec,
    conversion: IntegerConversion,
    value: i64,
) {
    let start = out.len();
    let bits = value as u64;
    match conversion {
        IntegerConversion::Decimal => write_sign(out, spec, value < 0),
        IntegerConversion::HexLower if spec.alternate && value != 0 => out.extend_from_slice(b"0x"),
        IntegerConversion::HexUpper if spec.alternate && value != 0 => out.extend_from_slice(b"0X"),
        _ => {}
    }
    let prefix_end = out.len();
    // A precision of zero writes the number zero as nothing at all.
    if value != 0 || spec.precision != Some(0) {
        match conversion {
            IntegerConversion::Decimal => write_unsigned(out, value.unsigned_abs()),
            IntegerConversion::Unsigned => write_unsigned(out, bits),
            IntegerConversion::Octal => write_power_of_two_base(out, bits, 3, b"01234567"),
            IntegerConversion::HexLower => write_power_of_two_base(out, bits, 4, LOWER_DIGITS),
            IntegerConversion::HexUpper => write_power_of_two_base(out, bits, 4, UPPER_DIGITS),
        }
    }
    let mut least_digits = spec.precision.unwrap_or(1);
    if conversion == IntegerConversion::Octal && spec.alternate && (value != 0 || least_digits == 0)
    {
        // The alternate form raises the precision just enough for the first digit to be a zero.
        least_digits = least_digits.max(out.len() - prefix_end + 1);
    }
    insert_fill(out, prefix_end, least_digits.saturating_sub(out.len() - prefix_end), b'0');
    // An explicit precision says how many zeros there are, so the flag is ignored.
    pad(out, start, prefix_end, spec, spec.zero && spec.precision.is_none());
}

/// Appends a float as C's `printf` writes a `double`.
///
/// The output is as long as the width and precision ask, as with [`format_integer`].
///
/// ```
/// use luster_number::{FloatConversion, FormatSpec, format_float};
///
/// let mut out = Vec::new();
/// let spec = FormatSpec { width: 8, precision: Some(2), ..FormatSpec::default() };
/// format_float(&mut out, &spec, FloatConversion::Fixed, 3.14159);
/// assert_eq!(out, b"    3.14");
/// ```
pub fn format_float(out: &mut Vec<u8>, spec: &FormatSpec, conversion: FloatConversion, value: f64) {
    use FloatConversion::*;
    let start = out.len();
    write_sign(out, spec, value.is_sign_negative());
    let mut prefix_end = out.len();
    let uppercase = matches!(conversion, ExponentUpper | GeneralUpper | HexUpper);
    let magnitude = value.abs();
    if !magnitude.is_finite() {
        out.extend_from_slice(match (magnitude.is_nan(), uppercase) {
            (true, false) => b"nan",
            (true, true) => b"NAN",
            (false, false) => b"inf",
            (false, true) => b"INF",
        });
        // There is no number for zeros to lead.
        return pad(out, start, prefix_end, spec, false);
    }
    let marker = if uppercase { b'E' } else { b'e' };
    let precision = spec.precision.unwrap_or(6);
    match conversion {
        Fixed => write_fixed(out, magnitude, precision, spec.alternate),
        ExponentLower | ExponentUpper => {
            write_exponent(out, magnitude, precision, spec.alternate, marker);
        }
        GeneralLower | GeneralUpper => {
            let precision = precision.max(1);
            if precision <= SHORT_DIGITS {
                let digits = Digits::<32>::rounded(magnitude, precision);
                write_general(out, &digits, precision, spec.alternate, marker);
            } else {
                let digits = Digits::<LONG_BUFFER>::rounded(magnitude, precision.min(LONG_DIGITS));
                write_general(out, &digits, precision, spec.alternate, marker);
            }
        }
        HexLower | HexUpper => {
            write_hex_float(out, magnitude, spec.precision, spec.alternate, uppercase);
            // Padding zeros go behind the `0x`.
            prefix_end += 2;
        }
    }
    pad(out, start, prefix_end, spec, spec.zero);
}

/// Digits that fit the small buffer: all that are asked for in practice.
const SHORT_DIGITS: usize = 24;
/// No float has more significant digits than this; the rest are zeros.
const LONG_DIGITS: usize = 768;
/// Room for all digits, a point and an exponent.
const LONG_BUFFER: usize = LONG_DIGITS + 8;
/// No float has more places after the point than this; the rest are zeros.
const LONG_PLACES: usize = 1074;

const LOWER_DIGITS: &[u8] = b"0123456789abcdef";
const UPPER_DIGITS: &[u8] = b"0123456789ABCDEF";

/// Appends the sign that the flags give to a number.
#[inline]
fn write_sign(out: &mut Vec<u8>, spec: &FormatSpec, negative: bool) {
    if negative {
        out.push(b'-');
    } else if spec.plus {
        out.push(b'+');
    } else if spec.space {
        out.push(b' ');
    }
}

/// Fills what was written since `start` up to the width, by spaces on either side or by zeros
/// before `digits_start`, which is where sign and prefix end.
#[inline]
fn pad(out: &mut Vec<u8>, start: usize, digits_start: usize, spec: &FormatSpec, zero: bool) {
    let missing = spec.width.saturating_sub(out.len() - start);
    if missing == 0 {
        return;
    }
    if spec.left {
        out.resize(out.len() + missing, b' ');
    } else if zero {
        insert_fill(out, digits_start, missing, b'0');
    } else {
        insert_fill(out, start, missing, b' ');
    }
}

/// Inserts `count` copies of a byte at a place near the end.
fn insert_fill(out: &mut Vec<u8>, at: usize, count: usize, byte: u8) {
    if count == 0 {
        return;
    }
    let end = out.len();
    out.resize(end + count, byte);
    out.copy_within(at..end, at + count);
    out[at..at + count].fill(byte);
}

/// Appends a number in base `2^shift`.
fn write_power_of_two_base(out: &mut Vec<u8>, mut value: u64, shift: u32, digits: &[u8]) {
    // The longest is octal, with 22 digits.
    let mut buffer = [0; 22];
    let mut start = buffer.len();
    let mask = (1 << shift) - 1;
    loop {
        start -= 1;
        buffer[start] = digits[(value & mask) as usize];
        value >>= shift;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[start..]);
}

/// Appends a magnitude as `%f` does.
fn write_fixed(out: &mut Vec<u8>, magnitude: f64, precision: usize, alternate: bool) {
    // The standard library rounds the exact value, as C does, but bounds the precision.
    let places = precision.min(LONG_PLACES);
    // Writing to a vector cannot fail.
    let _ = write!(out, "{magnitude:.places$}");
    if precision == 0 && alternate {
        out.push(b'.');
    }
    out.resize(out.len() + (precision - places), b'0');
}

/// Appends a magnitude as `%e` does.
fn write_exponent(
    out: &mut Vec<u8>,
    magnitude: f64,
    precision: usize,
    alternate: bool,
    marker: u8,
) {
    if precision < SHORT_DIGITS {
        let digits = Digits::<32>::rounded(magnitude, precision + 1);
        write_scientific(out, digits.all(), digits.exponent(), 0, alternate, marker);
    } else {
        let count = precision.min(LONG_DIGITS - 1) + 1;
        let digits = Digits::<LONG_BUFFER>::rounded(magnitude, count);
        let padding = precision - (count - 1);
        write_scientific(out, digits.all(), digits.exponent(), padding, alternate, marker);
    }
}
