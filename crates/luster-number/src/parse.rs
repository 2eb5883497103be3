//! Reading numbers from text: Lua's numerals, and integers in any base.
//!
//! [`parse_number`] serves literals, `tonumber`, `io.read("n")` and the coercion of strings alike.
//! All work is linear in the length of the text, however absurd. Rounding hexadecimal floats is in
//! `hex_float`; deciding where a numeral ends in a source file is the lexer's business.

use std::borrow::Cow;

use crate::{Number, hex_float::hex_float_from_parts};

/// Reads a whole text as a Lua numeral, with a sign and white space around it, by the rules of
/// `lua_stringtonumber`; `None` if it is anything else.
///
/// Hexadecimal integers wrap around; decimal integers that do not fit become floats; floats, in
/// either base, are rounded to nearest, ties to even. There is no way to spell an infinity or a
/// NaN other than overflow.
///
/// ```
/// use luster_number::{Number, parse_number};
///
/// assert_eq!(parse_number(b" -0x10 "), Some(Number::Integer(-16)));
/// assert_eq!(parse_number(b"0x.8p1"), Some(Number::Float(1.0)));
/// assert_eq!(parse_number(b"9223372036854775808"), Some(Number::Float(2f64.powi(63))));
/// assert_eq!(parse_number(b"1e400"), Some(Number::Float(f64::INFINITY)));
/// assert_eq!(parse_number(b"inf"), None);
/// assert_eq!(parse_number(b"1 2"), None);
/// ```
pub fn parse_number(text: &[u8]) -> Option<Number> {
    let (negative, digits) = split_sign(trim(text));
    match digits {
        [b'0', b'x' | b'X', digits @ ..] => parse_hexadecimal(negative, digits),
        _ => parse_decimal(negative, digits),
    }
}

/// About how much work it is to read a text as a number, as a number of bytes that are compared with others.
///
/// More digits than fit a word make it much work, if what they spell is close to the middle between two floats.
#[inline]
pub fn parse_work(text: &[u8]) -> usize {
    if text.len() <= FIT { text.len() * DIGIT } else { long_parse_work(text) }
}

/// How many digits fit a word.
const FIT: usize = 19;

/// How much more work it is to read a byte as a digit than to compare it.
const DIGIT: usize = 16;

fn long_parse_work(text: &[u8]) -> usize {
    /// How much it is to shift a digit of a number that is scaled, and by how many digits that is at once.
    const SHIFT: usize = 7;
    const SHIFTED: usize = 18;
    /// So many bytes are condensed to fewer digits.
    const LONG: usize = 1000;
    /// About the exponent of the largest float and the least one.
    const EXPONENT: usize = 330;
    /// What it is at least to scale a number.
    const LEAST: usize = 1024;
    let plain = text.len().saturating_mul(DIGIT);
    let (digits, exponent) = if text.len() > LONG {
        (LONG, EXPONENT)
    } else {
        let marker = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let digits = &text[..marker.unwrap_or(text.len())];
        let count = digits.iter().filter(|byte| byte.is_ascii_digit()).count();
        (count, if marker.is_some() { EXPONENT } else { 0 })
    };
    if digits <= FIT {
        return plain;
    }
    let scaled = (digits + exponent).min(EXPONENT);
    let shifts = 2 + scaled / SHIFTED;
    plain + ((digits + exponent) * shifts * SHIFT).max(LEAST)
}

/// Reads a whole text as an integer in a base from 2 to 36, with a sign and white space around it,
/// as `tonumber(text, base)` does; the value wraps around. Another base gives `None`.
///
/// ```
/// use luster_number::parse_integer_radix;
///
/// assert_eq!(parse_integer_radix(b" -ZZ ", 36), Some(-1295));
/// assert_eq!(parse_integer_radix(b"8", 8), None);
/// assert_eq!(parse_integer_radix(b"7fffffffffffffff7", 16), Some(-9));
/// ```
pub fn parse_integer_radix(text: &[u8], base: u32) -> Option<i64> {
    let (mut reader, digits) = RadixReader::begin(text, base)?;
    if reader.read(digits) { Some(reader.value()) } else { None }
}

/// An integer in some base that is read in portions: [`parse_integer_radix`] of texts that are long.
///
/// ```
/// use luster_number::RadixReader;
///
/// let (mut reader, digits) = RadixReader::begin(b" -1zz ", 36).unwrap();
/// assert_eq!(digits, b"1zz");
/// assert!(reader.read(&digits[..1]) && reader.read(&digits[1..]));
/// assert_eq!(reader.value(), -2591);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RadixReader {
    negative: bool,
    base: u32,
    magnitude: u64,
}

impl RadixReader {
    /// Takes white space and a sign off a text: gives what reads the digits, and these. `None` if there
    /// are none, or the base is not one from 2 to 36.
    #[inline]
    pub fn begin(text: &[u8], base: u32) -> Option<(Self, &[u8])> {
        let (negative, digits) = split_sign(trim(text));
        if digits.is_empty() || !(2..=36).contains(&base) {
            return None;
        }
        Some((RadixReader { negative, base, magnitude: 0 }, digits))
    }

    /// Reads some more digits. Tells whether they are all digits of the base.
    #[inline]
    pub fn read(&mut self, digits: &[u8]) -> bool {
        let base = u64::from(self.base);
        for &byte in digits {
            let Some(digit) = (byte as char).to_digit(self.base) else { return false };
            self.magnitude = self.magnitude.wrapping_mul(base).wrapping_add(u64::from(digit));
        }
        true
    }

    /// The integer that has been read, which wraps around.
    pub fn value(&self) -> i64 {
        apply_sign(self.negative, self.magnitude)
    }
}

/// Cuts off white space as C's `isspace` knows it, which includes the vertical tab that
/// [`u8::is_ascii_whitespace`] leaves out.
fn trim(mut text: &[u8]) -> &[u8] {
    const fn is_space(byte: u8) -> bool {
        matches!(byte, b' ' | b'\t'..=b'\r')
    }
    if let [first, ..] = text
        && is_space(*first)
    {
        text = &text[prefix(text, |&byte| is_space(byte))..];
    }
    while let [.., b' ' | b'\t'..=b'\r'] = text
        && let Some((rest, last)) = text.split_last_chunk::<WIDE>()
        && last.iter().fold(true, |all, &byte| all & is_space(byte))
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

/// How many bytes are looked at together where a text may be very long.
const WIDE: usize = 32;

/// How many bytes the longest prefix has whose bytes all pass the test. Numerals of megabytes are no
/// use to anybody, but must not take long.
#[inline]
fn prefix(text: &[u8], test: impl Fn(&u8) -> bool) -> usize {
    let mut from = 0;
    while let Some(chunk) = text[from..].first_chunk::<WIDE>()
        && chunk.iter().fold(true, |all, byte| all & test(byte))
    {
        from += WIDE;
    }
    let rest = &text[from..];
    from + rest.iter().position(|byte| !test(byte)).unwrap_or(rest.len())
}

/// Whether all bytes pass the test.
fn is_all(text: &[u8], test: impl Fn(&u8) -> bool) -> bool {
    prefix(text, test) == text.len()
}

/// A text without the zeros that it begins with.
pub(crate) fn without_zeros(text: &[u8]) -> &[u8] {
    match text {
        [b'0', ..] => &text[prefix(text, |&byte| byte == b'0')..],
        _ => text,
    }
}

/// Whether there is a digit that is not zero.
pub(crate) fn is_nonzero(digits: &[u8]) -> bool {
    !is_all(digits, |&byte| byte == b'0')
}

/// Takes one sign off the front; whether it was a minus, and the rest.
#[inline]
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// An integer from its magnitude, wrapping around.
#[inline]
fn apply_sign(negative: bool, magnitude: u64) -> i64 {
    (if negative { magnitude.wrapping_neg() } else { magnitude }) as i64
}

/// Reads what follows the sign of a decimal numeral.
fn parse_decimal(negative: bool, text: &[u8]) -> Option<Number> {
    if let Some(value) = parse_decimal_integer(negative, text) {
        return Some(Number::Integer(value));
    }
    let parts = FloatParts::split(text, u8::is_ascii_digit, b'e')?;
    let value = decimal_from_parts(text, &parts)?;
    Some(Number::Float(if negative { -value } else { value }))
}

/// A decimal integer that fits; `None` for anything else, to be tried as a float.
fn parse_decimal_integer(negative: bool, digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let limit = i64::MAX as u64 + u64::from(negative);
    let mut value = 0u64;
    for &byte in without_zeros(digits) {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
        if value > limit {
            return None;
        }
    }
    Some(apply_sign(negative, value))
}

/// Reads what follows the `0x` of a hexadecimal numeral.
fn parse_hexadecimal(negative: bool, text: &[u8]) -> Option<Number> {
    if is_all(text, u8::is_ascii_hexdigit) {
        if text.is_empty() {
            return None;
        }
        // What stands before the last sixteen digits is shifted out.
        let last = &text[text.len().saturating_sub(16)..];
        let value = last.iter().fold(0u64, |value, &byte| (value << 4) | hex_digit(byte));
        return Some(Number::Integer(apply_sign(negative, value)));
    }
    let parts = FloatParts::split(text, u8::is_ascii_hexdigit, b'p')?;
    let value = hex_float_from_parts(parts.whole, parts.fraction, parts.exponent);
    Some(Number::Float(if negative { -value } else { value }))
}

/// The value of a byte that is a hexadecimal digit.
#[inline]
pub(crate) fn hex_digit(byte: u8) -> u64 {
    u64::from((byte as char).to_digit(16).unwrap_or(0))
}

/// A float numeral taken apart: digits before and after the dot, and the exponent, clamped to a
/// size that no number of digits in memory can make up for.
struct FloatParts<'a> {
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> FloatParts<'a> {
    /// Takes apart `digits [. digits] [marker [sign] decimal-digits]`, where either digits, but not
    /// both, may be missing. `marker` is a lower-case letter and stands for both cases.
    fn split(text: &'a [u8], is_digit: impl Fn(&u8) -> bool + Copy, marker: u8) -> Option<Self> {
        let (whole, rest) = split_while(text, is_digit);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => split_while(rest, is_digit),
            _ => (&[][..], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [letter, rest @ ..] if letter.to_ascii_lowercase() == marker => parse_exponent(rest)?,
            _ => return None,
        };
        Some(FloatParts { whole, fraction, exponent })
    }
}

/// Splits off the longest prefix whose bytes all pass the test.
fn split_while(text: &[u8], test: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(prefix(text, test))
}

/// Reads a decimal exponent with an optional sign, clamping it to ±2^60.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() {
        return None;
    }
    if !is_all(digits, u8::is_ascii_digit) {
        return None;
    }
    // Twenty digits after the zeros are more than enough to come to the greatest.
    let digits = without_zeros(digits);
    let mut value = 0i64;
    for &byte in &digits[..digits.len().min(20)] {
        value = value.saturating_mul(10).saturating_add(i64::from(byte - b'0')).min(1 << 60);
    }
    Some(if negative { -value } else { value })
}

/// The float of a decimal numeral, whose text and parts are given.
///
/// The standard library reads decimal floats exactly, but clamps exponents early; so a long
/// numeral is first boiled down to one of the same value, or the same rounding.
fn decimal_from_parts(text: &[u8], parts: &FloatParts<'_>) -> Option<f64> {
    /// Below this length, no count of leading zeros can bring a clamped exponent into range.
    const SHORT: usize = 1000;
    let text = if text.len() <= SHORT { Cow::Borrowed(text) } else { Cow::Owned(condense(parts)) };
    // The grammar has been checked, so the text is ASCII, and a float in Rust's grammar too.
    std::str::from_utf8(&text).ok()?.parse().ok()
}

/// Writes a decimal numeral with as few digits as decide its rounding.
fn condense(parts: &FloatParts<'_>) -> Vec<u8> {
    /// Halfway points between floats have at most 767 significant digits; any difference beyond
    /// them shows in whether the rest is zero.
    const SIGNIFICANT: usize = 780;
    // Leading zeros say nothing but where the point is.
    let whole = without_zeros(parts.whole);
    let mut exponent = parts.exponent.saturating_add(whole.len() as i64);
    let mut fraction = parts.fraction;
    if whole.is_empty() {
        fraction = without_zeros(fraction);
        exponent = exponent.saturating_sub((parts.fraction.len() - fraction.len()) as i64);
    }
    let (first, rest) = whole.split_at(whole.len().min(SIGNIFICANT));
    let (second, other_rest) = fraction.split_at(fraction.len().min(SIGNIFICANT - first.len()));
    let nonzero_rest = is_nonzero(rest) || is_nonzero(other_rest);
    let mut text = b"0.".to_vec();
    text.extend_from_slice(first);
    text.extend_from_slice(second);
    if nonzero_rest {
        text.push(b'1');
    } else if text.len() == 2 {
        text.push(b'0');
    }
    text.push(b'e');
    text.extend_from_slice(exponent.clamp(-9999, 9999).to_string().as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Debug text tells the subtypes and the signs of zeros apart, where equality would not.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let result = match parse_number(text.as_bytes()) {
            None => "none".to_owned(),
            Some(Number::Integer(value)) => value.to_string(),
            Some(Number::Float(value)) => format!("{value:?}"),
        };
        assert_eq!(result, expected, "{text:?}");
    }

    #[test]
    fn integers() {
        check("0", "0");
        check("+1", "1");
        check("-0", "0");
        check(" \t\n\u{b}\u{c}\r1 \t\n\u{b}\u{c}\r", "1");
        check("9223372036854775807", "9223372036854775807");
        check("9223372036854775808", "9.223372036854776e18");
        check("-9223372036854775808", "-9223372036854775808");
        check("-9223372036854775809", "-9.223372036854776e18");
        check("18446744073709551616", "1.8446744073709552e19");
        check("00000000000000000000000000000000007", "7");
        check("0xffffffffffffffffff", "-1");
        check("0x1e5", "485");
        check("-0x8000000000000000", "-9223372036854775808");
        check(&format!("0x{}1", "0".repeat(100)), "1");
    }

    #[test]
    fn decimal_floats() {
        check("1.", "1.0");
        check(".5", "0.5");
        check("-.5e-1", "-0.05");
        check("5e3", "5000.0");
        check("1E+2", "100.0");
        check("0e12", "0.0");
        check("-0.0", "-0.0");
        check("1e400", "inf");
        check("-1e400", "-inf");
        check("1e-999", "0.0");
        check("1e99999999999999999999999999", "inf");
        check("0e99999999999999999999999999", "0.0");
    }

    #[test]
    fn hexadecimal_floats() {
        check("0x.8", "0.5");
        check("0x8.", "8.0");
        check("0X1P+2", "4.0");
        check("+0x1p4", "16.0");
        check("-0x0p0", "-0.0");
        check("0xA.8p-1", "5.25");
        check("0x1p99999999999999999999", "inf");
        check("0x0p99999999999999999999", "0.0");
        check("0x1p-99999999999999999999", "0.0");
    }

    #[test]
    fn what_is_no_numeral() {
        for text in [
            "", "  ", "+", "-", ".", "e1", ".e1", "0x", "0x.", "0x.p1", "1e", "1e+", "0x1p", "- 1",
            "--1", "+-1", "1 2", "1\0", "\0", "1_0", "inf", "-inf", "nan", "infinity", "NaN", "1n",
            "1.5n", "0x1n", "0xnan", "0xinf", "1x", "1f", "1.5f", "0x-1", "0x+1p1", "0x1.8p1.",
            "1e5.", "0x1e+5", "0x1p+ 1", "1e 1", "1..2", "1.2.3", "0x1pf", "1e0x1", "\u{e9}",
            "1\u{a0}", "0b1", "1e1e1",
        ] {
            check(text, "none");
        }
        assert_eq!(parse_number(&[0xff, b'1']), None);
    }

    #[test]
    fn huge_numerals_are_exact_and_quick() {
        const LENGTH: usize = 1 << 20;
        check(&"9".repeat(LENGTH), "inf");
        check(&format!("0.{}1", "0".repeat(LENGTH)), "0.0");
        check(&format!("0.{}1e{}", "0".repeat(LENGTH), LENGTH + 1), "1.0");
        check(&format!("1{}e-{LENGTH}", "0".repeat(LENGTH)), "1.0");
        check(&format!("0x{}", "0".repeat(LENGTH)), "0");
        check(&format!("0x.{}1p{}", "0".repeat(LENGTH), 4 * LENGTH + 4), "1.0");
        check(&format!("0x1{}p-{}", "0".repeat(LENGTH), 4 * LENGTH), "1.0");
        check(&format!("{}.{}", "0".repeat(LENGTH), "0".repeat(LENGTH)), "0.0");
        check(&" ".repeat(LENGTH), "none");
        // Exactly between two floats, the last digit of a million decides.
        check(&format!("9007199254740993.{}", "0".repeat(LENGTH)), "9007199254740992.0");
        check(&format!("9007199254740993.{}1", "0".repeat(LENGTH)), "9007199254740994.0");
    }

    #[test]
    fn condensing_keeps_the_value() {
        let smallest = format!("{:.1074}", f64::from_bits(1));
        check(&smallest, "5e-324");
        check(&format!("{smallest}{}", "0".repeat(2000)), "5e-324");
        // Half of it has the most significant digits that ever matter: a tenth of five times it.
        let mut half = Vec::new();
        let mut carry = 0;
        for digit in smallest.bytes().rev().filter(u8::is_ascii_digit) {
            let product = (digit - b'0') * 5 + carry;
            half.push(char::from(b'0' + product % 10));
            carry = product / 10;
        }
        let half: String = half.into_iter().rev().collect();
        let half = format!("0.0{}", &half[1..]);
        check(&half, "0.0");
        check(&format!("{half}{}", "0".repeat(2000)), "0.0");
        check(&format!("{half}1"), "5e-324");
        check(&format!("{half}{}1", "0".repeat(2000)), "5e-324");
        let below = half.strip_suffix('5').expect("a power of a half ends in five");
        check(&format!("{below}4{}", "9".repeat(2000)), "0.0");
    }

    #[test]
    fn integers_in_a_base() {
        let table: &[(&str, u32, Option<i64>)] = &[
            ("ff", 16, Some(255)),
            ("FF", 16, Some(255)),
            (" -zz\u{b}", 36, Some(-1295)),
            ("+1", 10, Some(1)),
            ("-", 10, None),
            ("", 10, None),
            ("8", 8, None),
            ("1 1", 10, None),
            ("- 1", 10, None),
            ("--1", 10, None),
            ("1e", 10, None),
            ("1\0", 10, None),
            ("1.0", 10, None),
            ("0x10", 16, None),
            ("7fffffffffffffff7", 16, Some(-9)),
            ("9223372036854775808", 10, Some(i64::MIN)),
            ("1", 1, None),
            ("1", 37, None),
        ];
        for &(text, base, expected) in table {
            assert_eq!(parse_integer_radix(text.as_bytes(), base), expected, "{text:?} {base}");
        }
    }
}
