//! Properties of the whole crate on many pseudo-random numbers, always the same ones.
//!
//! Tables of known answers are in `printf.rs` and beside the code.

use luster_number::{
    ArithmeticOp, FloatConversion, FormatSpec, IntegerConversion, Number, arithmetic, equal,
    floor_div_float, floor_div_integer, for_count, for_limit, format_float, format_integer, less,
    less_equal, modulo_float, modulo_integer, parse_integer_radix, parse_number, remainder_float,
    write_float, write_integer,
};

const ROUNDS: usize = 20_000;

/// The SplitMix64 generator.
struct Generator(u64);

impl Generator {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }

    /// Integers of all sizes, with the edges more often than chance would.
    fn integer(&mut self) -> i64 {
        match self.below(4) {
            0 => [0, 1, -1, i64::MAX, i64::MIN, 1 << 53, -(1 << 53)][self.below(7) as usize],
            _ => {
                let shift = self.below(64);
                self.bits() as i64 >> shift
            }
        }
    }

    /// Floats of every kind: any bits, integers, decimals, and special values.
    fn float(&mut self) -> f64 {
        match self.below(6) {
            0 => f64::from_bits(self.bits()),
            1 => self.integer() as f64,
            2 => self.below(1_000_000) as f64 / 100.0,
            3 => -(self.below(1 << 40) as f64) / 2f64.powi(self.below(60) as i32),
            4 => f64::from_bits(self.below(1 << 53)),
            _ => [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 2f64.powi(63)]
                [self.below(6) as usize],
        }
    }

    fn number(&mut self) -> Number {
        if self.below(2) == 0 {
            Number::Integer(self.integer())
        } else {
            Number::Float(self.float())
        }
    }

    fn finite_float(&mut self) -> f64 {
        loop {
            let value = self.float();
            if value.is_finite() {
                return value;
            }
        }
    }
}

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("numbers are written in ASCII")
}

#[test]
fn written_numbers_read_back_as_themselves() {
    let mut generator = Generator(1);
    for _ in 0..ROUNDS {
        let integer = generator.integer();
        let written = text(|out| write_integer(out, integer));
        assert_eq!(written, integer.to_string());
        let Some(Number::Integer(read)) = parse_number(written.as_bytes()) else {
            panic!("{written} is no integer");
        };
        assert_eq!(read, integer);
        assert_eq!(parse_integer_radix(written.as_bytes(), 10), Some(integer));

        let float = generator.finite_float();
        let written = text(|out| write_float(out, float));
        let Some(Number::Float(read)) = parse_number(written.as_bytes()) else {
            panic!("{written} is no float");
        };
        assert_eq!(read.to_bits(), float.to_bits(), "{written}");
        let hexadecimal =
            text(|out| format_float(out, &FormatSpec::default(), FloatConversion::HexLower, float));
        let read = parse_number(hexadecimal.as_bytes()).expect("a hexadecimal float");
        assert_eq!(read.to_float().to_bits(), float.to_bits(), "{hexadecimal}");
    }
}

#[test]
fn decimal_floats_are_read_as_rust_reads_them() {
    let mut generator = Generator(2);
    for _ in 0..ROUNDS {
        let digits = generator.bits();
        let places = generator.below(20) as usize;
        let exponent = generator.below(700) as i64 - 350;
        let numeral = format!("{digits}.{:0places$}e{exponent}", generator.below(1000));
        let expected: f64 = numeral.parse().expect("a float in Rust's grammar");
        let read = parse_number(numeral.as_bytes()).expect("a float in Lua's grammar");
        assert_eq!(read.to_float().to_bits(), expected.to_bits(), "{numeral}");
        // Zeros that say nothing make the numeral long enough to be condensed.
        let padded = format!("{}{numeral}", "0".repeat(1500));
        let read = parse_number(padded.as_bytes()).expect("a float in Lua's grammar");
        assert_eq!(read.to_float().to_bits(), expected.to_bits(), "{numeral}");
    }
}

#[test]
fn to_string_is_the_shorter_of_two_precisions() {
    let mut generator = Generator(3);
    let general = |precision, value| {
        let spec = FormatSpec { precision: Some(precision), ..FormatSpec::default() };
        text(|out| format_float(out, &spec, FloatConversion::GeneralLower, value))
    };
    for _ in 0..ROUNDS {
        let value = generator.finite_float();
        let mut expected = general(15, value);
        if expected.parse() != Ok(value) {
            expected = general(17, value);
        }
        if !expected.contains(['.', 'e']) {
            expected.push_str(".0");
        }
        assert_eq!(text(|out| write_float(out, value)), expected);
    }
}

#[test]
fn any_bytes_are_read_without_panic() {
    const ALPHABET: &[u8] = b"0123456789abcdefxXpPeE+-.. \t\x0bnifzN_\0\xff";
    let mut generator = Generator(4);
    for _ in 0..ROUNDS {
        let length = generator.below(12);
        let bytes: Vec<u8> = (0..length)
            .map(|_| ALPHABET[generator.below(ALPHABET.len() as u64) as usize])
            .collect();
        let number = parse_number(&bytes);
        // White space around it never matters.
        let padded = [b" \x0b\n", &bytes[..], b"\t\x0c\r "].concat();
        assert_eq!(number, parse_number(&padded), "{bytes:?}");
        let base = generator.below(40) as u32;
        assert_eq!(parse_integer_radix(&bytes, base), parse_integer_radix(&padded, base));
    }
}

#[test]
fn order_is_consistent() {
    let mut generator = Generator(5);
    let is_nan = |number: Number| number.to_float().is_nan();
    for _ in 0..ROUNDS {
        let (a, b, c) = (generator.number(), generator.number(), generator.number());
        if is_nan(a) || is_nan(b) {
            assert!(!less(a, b) && !less_equal(a, b) && !equal(a, b));
            continue;
        }
        let cases = [less(a, b), equal(a, b), less(b, a)];
        assert_eq!(cases.iter().filter(|&&case| case).count(), 1, "{a:?} {b:?} {cases:?}");
        assert_eq!(less_equal(a, b), less(a, b) || equal(a, b), "{a:?} {b:?}");
        if less_equal(a, b) && less_equal(b, c) {
            assert!(less_equal(a, c), "{a:?} {b:?} {c:?}");
        }
    }
}

#[test]
fn division_and_remainder_make_up_the_dividend() {
    let mut generator = Generator(6);
    for _ in 0..ROUNDS {
        let (a, b) = (generator.integer(), generator.integer());
        match (floor_div_integer(a, b), modulo_integer(a, b)) {
            (Some(quotient), Some(remainder)) => {
                assert_eq!(quotient.wrapping_mul(b).wrapping_add(remainder), a, "{a} {b}");
                assert!(remainder == 0 || (remainder < 0) == (b < 0), "{a} {b}");
                assert!(remainder.unsigned_abs() < b.unsigned_abs(), "{a} {b}");
            }
            results => assert_eq!((results, b), ((None, None), 0)),
        }
    }
}

#[test]
fn float_modulo_is_fmod_on_the_side_of_the_divisor() {
    let mut generator = Generator(10);
    for _ in 0..ROUNDS {
        let (a, b) = (generator.float(), generator.float());
        let remainder = a % b;
        let expected = if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) {
            remainder + b
        } else {
            remainder
        };
        let result = modulo_float(a, b);
        assert!(
            result.to_bits() == expected.to_bits() || result.is_nan() && expected.is_nan(),
            "{a:e} % {b:e}: {result:e}, not {expected:e}"
        );
    }
}

/// Quotients near integers, large and small, are where a remainder by division might go wrong.
#[test]
fn float_remainder_is_exact() {
    let mut random = Generator(11);
    for _ in 0..ROUNDS {
        let b = match random.below(3) {
            0 => random.float(),
            1 => 2f64.powi(random.below(40) as i32 - 20) * (random.bits() as f64),
            _ => random.below(1000) as f64 / [1.0, 3.0, 10.0][random.below(3) as usize],
        };
        let quotient = (random.bits() >> random.below(64)) as f64;
        let near = quotient * b;
        for a in [near, near.next_up(), near.next_down(), near + b / 2.0, random.float()] {
            for (a, b) in [(a, b), (-a, b), (a, -b)] {
                let (result, expected) = (remainder_float(a, b), a % b);
                assert!(
                    result.to_bits() == expected.to_bits() || result.is_nan() && expected.is_nan(),
                    "{a:e} % {b:e}: {result:e}, not {expected:e}"
                );
                let (result, expected) = (floor_div_float(a, b), (a / b).floor());
                assert!(
                    result.to_bits() == expected.to_bits() || result.is_nan() && expected.is_nan(),
                    "{a:e} // {b:e}: {result:e}, not {expected:e}"
                );
            }
        }
    }
}

#[test]
fn arithmetic_takes_any_operands() {
    use ArithmeticOp::*;
    let all = [
        Add, Sub, Mul, Div, Mod, Pow, FloorDiv, BitAnd, BitOr, BitXor, ShiftLeft, ShiftRight,
        Negate, BitNot,
    ];
    let mut generator = Generator(7);
    for _ in 0..ROUNDS {
        let (a, b) = (generator.number(), generator.number());
        for op in all {
            let result = arithmetic(op, a, b);
            let both_integers = matches!((a, b), (Number::Integer(_), Number::Integer(_)));
            match result {
                Ok(Number::Integer(_)) => assert!(
                    op.is_bitwise()
                        || both_integers
                        || matches!((op, a), (Negate, Number::Integer(_)))
                ),
                Ok(Number::Float(_)) => assert!(!op.is_bitwise()),
                Err(_) => assert!(op.is_bitwise() || both_integers),
            }
        }
    }
}

#[test]
fn loops_count_what_stepping_would() {
    let mut generator = Generator(8);
    for _ in 0..ROUNDS {
        let init = generator.integer();
        let step = loop {
            let step = generator.integer();
            if step != 0 {
                break step;
            }
        };
        let bound = generator.number();
        let Some(limit) = for_limit(init, bound, step) else {
            let start = Number::Integer(init);
            let runs = if step > 0 { less_equal(start, bound) } else { less_equal(bound, start) };
            assert!(!runs, "{init} {bound:?} {step}");
            continue;
        };
        let count = i128::from(for_count(init, limit, step));
        let last = i128::from(init) + count * i128::from(step);
        let limit = i128::from(limit);
        let (inside, beyond) = if step > 0 {
            (last <= limit, last + i128::from(step) > limit)
        } else {
            (last >= limit, last + i128::from(step) < limit)
        };
        assert!(inside && beyond, "{init} {bound:?} {step}");
    }
}

#[test]
fn formats_keep_their_width() {
    use FloatConversion::*;
    let floats =
        [Fixed, ExponentLower, ExponentUpper, GeneralLower, GeneralUpper, HexLower, HexUpper];
    use IntegerConversion as I;
    let integers = [I::Decimal, I::Unsigned, I::Octal, I::HexLower, I::HexUpper];
    let mut generator = Generator(9);
    for _ in 0..ROUNDS {
        let flags = generator.bits();
        let narrow = FormatSpec {
            left: flags & 1 != 0,
            plus: flags & 2 != 0,
            space: flags & 4 != 0,
            alternate: flags & 8 != 0,
            zero: flags & 16 != 0,
            width: 0,
            precision: (flags & 32 != 0).then(|| generator.below(100) as usize),
        };
        let wide = FormatSpec { width: generator.below(200) as usize, ..narrow };
        let float = generator.float();
        let conversion = floats[generator.below(floats.len() as u64) as usize];
        let short = text(|out| format_float(out, &narrow, conversion, float));
        let long = text(|out| format_float(out, &wide, conversion, float));
        assert_eq!(long.len(), short.len().max(wide.width), "{wide:?} {conversion:?} {float:e}");

        let integer = generator.integer();
        let conversion = integers[generator.below(integers.len() as u64) as usize];
        let short = text(|out| format_integer(out, &narrow, conversion, integer));
        let long = text(|out| format_integer(out, &wide, conversion, integer));
        assert_eq!(long.len(), short.len().max(wide.width), "{wide:?} {conversion:?} {integer}");
    }
}
