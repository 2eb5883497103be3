//! Hexadecimal floats: rounding one that was read, and writing one as C's `%a` does.
//!
//! The grammar of numerals is in `parse`, signs and padding in `format`.

use crate::parse::{hex_digit, is_nonzero, without_zeros};

/// Bits of a float's fraction as it is stored.
const FRACTION_BITS: u32 = 52;
/// What is added to an exponent to store it.
const EXPONENT_BIAS: i64 = 1023;
/// The exponent of the smallest normal float, and of all subnormal ones.
const MIN_EXPONENT: i64 = -1022;

/// The float nearest to `whole.fraction * 2^exponent`, ties to even, from hexadecimal digits.
pub(crate) fn hex_float_from_parts(whole: &[u8], fraction: &[u8], exponent: i64) -> f64 {
    // Sixteen digits from the first one that is not zero hold more bits than a float; of the rest
    // only matters whether they are all zero.
    let mut mantissa = 0u64;
    let mut nonzero_rest = false;
    // The power of two that the mantissa's last bit stands for, without the given exponent.
    let mut scale = 0i64;
    let whole = without_zeros(whole);
    for (index, &byte) in whole.iter().enumerate() {
        if mantissa >> 60 != 0 {
            nonzero_rest = is_nonzero(&whole[index..]);
            scale = 4 * (whole.len() - index) as i64;
            break;
        }
        mantissa = (mantissa << 4) | hex_digit(byte);
    }
    let mut digits = fraction;
    if mantissa == 0 {
        digits = without_zeros(fraction);
        scale -= 4 * (fraction.len() - digits.len()) as i64;
    }
    for (index, &byte) in digits.iter().enumerate() {
        if mantissa >> 60 != 0 {
            nonzero_rest |= is_nonzero(&digits[index..]);
            break;
        }
        mantissa = (mantissa << 4) | hex_digit(byte);
        scale -= 4;
    }
    round_to_float(mantissa, exponent.saturating_add(scale), nonzero_rest)
}

/// The float nearest to `mantissa * 2^exponent`, or to something a little above if `sticky`.
fn round_to_float(mantissa: u64, exponent: i64, sticky: bool) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let zeros = mantissa.leading_zeros();
    let mantissa = mantissa << zeros;
    // The exponent of the leading bit.
    let exponent = exponent.saturating_add(63 - i64::from(zeros));
    if exponent > EXPONENT_BIAS {
        return f64::INFINITY;
    }
    // A subnormal float has fewer bits left, one less for each step below the smallest exponent.
    let missing = (MIN_EXPONENT - exponent.max(MIN_EXPONENT - 64)).max(0) as u32;
    let dropped = 63 - FRACTION_BITS + missing;
    if dropped > 64 {
        return 0.0;
    }
    let kept = mantissa.checked_shr(dropped).unwrap_or(0);
    let rest = mantissa << (64 - dropped);
    const HALF: u64 = 1 << 63;
    let round_up = rest > HALF || rest == HALF && (sticky || kept & 1 == 1);
    let rounded = kept + u64::from(round_up);
    // Adding, rather than setting, the exponent lets a carry out of the fraction raise it, into the
    // normal floats or to infinity as the case may be.
    let biased = if missing > 0 { 0 } else { (exponent + EXPONENT_BIAS - 1) as u64 };
    f64::from_bits((biased << FRACTION_BITS) + rounded)
}

/// Appends the magnitude of a finite float as C's `%a`: `0x1.8p+1`.
///
/// Without a precision, as many digits as are needed; with one, rounded to it, ties to even.
/// `alternate` keeps the point when no digits follow. Subnormal floats show their leading zero, as
/// the GNU library writes them.
pub(crate) fn write_hex_float(
    out: &mut Vec<u8>,
    value: f64,
    precision: Option<usize>,
    alternate: bool,
    uppercase: bool,
) {
    /// Digits in a whole fraction.
    const DIGITS: u32 = FRACTION_BITS / 4;
    let bits = value.to_bits();
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let biased = ((bits >> FRACTION_BITS) & 0x7ff) as i64;
    let (lead, exponent) = match (biased, fraction) {
        (0, 0) => (0, 0),
        (0, _) => (0, MIN_EXPONENT),
        _ => (1, biased - EXPONENT_BIAS),
    };
    let mut mantissa = (lead << FRACTION_BITS) | fraction;
    let (digits, padding) = match precision {
        None => {
            let trailing_zeros = fraction.trailing_zeros().min(FRACTION_BITS);
            (DIGITS - trailing_zeros / 4, 0)
        }
        Some(precision) if precision < DIGITS as usize => {
            let kept = precision as u32;
            let dropped = 4 * (DIGITS - kept);
            let half = 1u64 << (dropped - 1);
            let rest = mantissa & ((1 << dropped) - 1);
            let round_up = rest > half || rest == half && (mantissa >> dropped) & 1 == 1;
            mantissa = ((mantissa >> dropped) + u64::from(round_up)) << dropped;
            (kept, 0)
        }
        Some(precision) => (DIGITS, precision - DIGITS as usize),
    };
    let alphabet: &[u8; 16] = if uppercase { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let digit_at = |shift: u32| alphabet[(mantissa >> shift) as usize & 0xf];
    out.extend_from_slice(if uppercase { b"0X" } else { b"0x" });
    out.push(digit_at(FRACTION_BITS));
    if alternate || digits > 0 || padding > 0 {
        out.push(b'.');
    }
    out.extend((1..=digits).map(|place| digit_at(FRACTION_BITS - 4 * place)));
    out.resize(out.len() + padding, b'0');
    out.push(if uppercase { b'P' } else { b'p' });
    out.push(if exponent < 0 { b'-' } else { b'+' });
    crate::print::write_unsigned(out, exponent.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_parse(whole: &str, fraction: &str, exponent: i64, expected: f64) {
        let value = hex_float_from_parts(whole.as_bytes(), fraction.as_bytes(), exponent);
        assert_eq!(value.to_bits(), expected.to_bits(), "{whole}.{fraction}p{exponent}: {value:e}");
    }

    #[test]
    fn rounding_is_to_nearest_even() {
        let one = 1f64;
        check_parse("1", "00000000000008", 0, one);
        check_parse("1", "000000000000080", 0, one);
        check_parse("1", "000000000000081", 0, one.next_up());
        check_parse("1", &format!("00000000000008{}1", "0".repeat(100)), 0, one.next_up());
        check_parse("1", "00000000000018", 0, one.next_up().next_up());
        check_parse("1", "fffffffffffff8", 0, 2.0);
        check_parse("1", "fffffffffffff7", 0, 2f64.next_down());
        check_parse("", "0000000000000000000000000001", 112, 1.0);
    }

    #[test]
    fn edges_of_the_range() {
        let tiny = f64::from_bits(1);
        check_parse("1", "", -1074, tiny);
        check_parse("1", "", -1075, 0.0);
        check_parse("1", "0000000000000000000000001", -1075, tiny);
        check_parse("1", "8", -1075, tiny);
        check_parse("1", "8", -1074, f64::from_bits(2));
        check_parse("1", "", -1076, 0.0);
        check_parse("f", "ffffffffffffffffffff", -1080, 0.0);
        check_parse("1", "fffffffffffff", -1023, f64::MIN_POSITIVE);
        check_parse("0", "fffffffffffff", -1022, f64::MIN_POSITIVE.next_down());
        check_parse("0", "fffffffffffff8", -1022, f64::MIN_POSITIVE);
        check_parse("1", "fffffffffffff", 1023, f64::MAX);
        check_parse("1", "fffffffffffff7f", 1023, f64::MAX);
        check_parse("1", "fffffffffffff8", 1023, f64::INFINITY);
        check_parse("1", "", 1024, f64::INFINITY);
        check_parse("1", "", i64::MAX, f64::INFINITY);
        check_parse("1", "", i64::MIN, 0.0);
        check_parse("0", "0", i64::MAX, 0.0);
    }
}
