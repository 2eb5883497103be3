//! What the token of a literal stands for: the bytes of a string, the value of a numeral.
//!
//! Where such a token ends is the lexer's business; it reads escapes with the same function.

use luster_number::{Number, parse_number};

use crate::{diagnostic::DiagnosticKind, lines::line_break_len};

/// The value of a numeral's token, or nothing if the numeral is malformed.
///
/// Integers in decimal that do not fit are floats; hexadecimal ones wrap around (manual 3.1).
pub fn numeral_value(text: &[u8]) -> Option<Number> {
    // A plain, short integer is by far the most frequent numeral.
    if text.len() <= 18 && !text.is_empty() && text.iter().all(u8::is_ascii_digit) {
        let value = text.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        return Some(Number::Integer(value));
    }
    parse_number(text)
}

/// Appends the bytes that a string's token stands for, in quotes or in long brackets.
///
/// The text must be that of a token of kind `String` or `LongString`.
pub fn append_string_value(text: &[u8], out: &mut Vec<u8>) {
    match text {
        [b'"' | b'\'', body @ .., _] => append_unescaped(body, out),
        [b'[', ..] => append_long(long_body(text), out),
        _ => {}
    }
}

/// The bytes of a string's token, if they stand in the source just as they are.
pub(crate) fn plain_string_value(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'"' | b'\'', body @ .., _] if !body.contains(&b'\\') => Some(body),
        [b'[', ..] => {
            let body = long_body(text);
            (!body.contains(&b'\r') && !body.starts_with(b"\n")).then_some(body)
        }
        _ => None,
    }
}

/// Appends a string's token as PUC-Rio's lexer has it in its buffer, and so in its messages:
/// delimiters kept, escapes resolved, and of a long string the first line break dropped.
pub(crate) fn append_string_buffer(text: &[u8], out: &mut Vec<u8>) {
    let delimiter = match text {
        [b'"' | b'\'', ..] => 1,
        _ => (text.len() - long_body(text).len()) / 2,
    };
    out.extend_from_slice(&text[..delimiter]);
    append_string_value(text, out);
    out.extend_from_slice(&text[text.len() - delimiter..]);
}

/// Appends the text between the quotes of a short string, its escapes resolved. From an escape
/// that is malformed on, the text is appended as it is.
pub(crate) fn append_unescaped(body: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(found) = body[at..].iter().position(|&b| b == b'\\') {
        out.extend_from_slice(&body[at..at + found]);
        at += found;
        let Ok(escape) = read_escape(body, at) else { break };
        match escape.value {
            Escaped::Byte(byte) => out.push(byte),
            Escaped::Char(code) => append_utf8(code, out),
            Escaped::Nothing => {}
        }
        at = escape.end;
    }
    out.extend_from_slice(&body[at..]);
}

/// The text between the brackets of a long string, its first line break included.
fn long_body(text: &[u8]) -> &[u8] {
    let level = text.iter().skip(1).take_while(|&&b| b == b'=').count();
    let delimiter = level + 2;
    text.get(delimiter..text.len().saturating_sub(delimiter)).unwrap_or_default()
}

fn append_long(body: &[u8], out: &mut Vec<u8>) {
    let mut at = line_break_len(body);
    while let Some(found) = body[at..].iter().position(|&b| b == b'\n' || b == b'\r') {
        out.extend_from_slice(&body[at..at + found]);
        out.push(b'\n');
        at += found + line_break_len(&body[at + found..]);
    }
    out.extend_from_slice(&body[at..]);
}

/// Appends a code of up to 31 bits in the original UTF-8, of up to six bytes.
fn append_utf8(code: u32, out: &mut Vec<u8>) {
    if code < 0x80 {
        out.push(code as u8);
        return;
    }
    // Each byte after the first holds 6 bits; in a sequence of n bytes the first holds 7 - n.
    let mut len = 2;
    while len < 6 && code >> (6 * (len - 1) + (7 - len)) != 0 {
        len += 1;
    }
    let lead = !(0xFFu32 >> len) as u8;
    out.push(lead | (code >> (6 * (len - 1))) as u8);
    for rest in (0..len - 1).rev() {
        out.push(0x80 | ((code >> (6 * rest)) & 0x3F) as u8);
    }
}

/// What an escape sequence stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escaped {
    Byte(u8),
    Char(u32),
    /// `\z`, or a backslash with the end of the file after it.
    Nothing,
}

/// A well-formed escape sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Escape {
    pub(crate) value: Escaped,
    /// The offset after the sequence.
    pub(crate) end: usize,
}

/// A malformed escape sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadEscape {
    pub(crate) kind: DiagnosticKind,
    /// The offset after the byte that was wrong, or the end of the text if that came too early.
    pub(crate) end: usize,
}

/// Reads the escape sequence whose backslash is at `at`.
pub(crate) fn read_escape(text: &[u8], at: usize) -> Result<Escape, BadEscape> {
    let byte = |value, end| Ok(Escape { value: Escaped::Byte(value), end });
    let bad = |kind, at: usize| Err(BadEscape { kind, end: text.len().min(at + 1) });
    let Some(&letter) = text.get(at + 1) else {
        return Ok(Escape { value: Escaped::Nothing, end: at + 1 });
    };
    match letter {
        b'a' => byte(0x07, at + 2),
        b'b' => byte(0x08, at + 2),
        b'f' => byte(0x0C, at + 2),
        b'n' => byte(b'\n', at + 2),
        b'r' => byte(b'\r', at + 2),
        b't' => byte(b'\t', at + 2),
        b'v' => byte(0x0B, at + 2),
        b'\\' | b'"' | b'\'' => byte(letter, at + 2),
        b'\n' | b'\r' => byte(b'\n', at + 1 + line_break_len(&text[at + 1..])),
        b'x' => {
            let mut value = 0;
            for place in [at + 2, at + 3] {
                let Some(digit) = hex_digit(text, place) else {
                    return bad(DiagnosticKind::HexDigitExpected, place);
                };
                value = value << 4 | digit as u8;
            }
            byte(value, at + 4)
        }
        b'u' => {
            if text.get(at + 2) != Some(&b'{') {
                return bad(DiagnosticKind::MissingOpeningBrace, at + 2);
            }
            let Some(mut code) = hex_digit(text, at + 3) else {
                return bad(DiagnosticKind::HexDigitExpected, at + 3);
            };
            let mut end = at + 4;
            while let Some(digit) = hex_digit(text, end) {
                if code > 0x7FFF_FFFF >> 4 {
                    return bad(DiagnosticKind::Utf8ValueTooLarge, end);
                }
                code = code << 4 | digit;
                end += 1;
            }
            if text.get(end) != Some(&b'}') {
                return bad(DiagnosticKind::MissingClosingBrace, end);
            }
            Ok(Escape { value: Escaped::Char(code), end: end + 1 })
        }
        b'z' => {
            let space = text[at + 2..].iter().take_while(|&&b| is_space(b)).count();
            Ok(Escape { value: Escaped::Nothing, end: at + 2 + space })
        }
        b'0'..=b'9' => {
            let digits = text[at + 1..].iter().take(3).take_while(|b| b.is_ascii_digit());
            let (value, len) = digits
                .fold((0u32, 0), |(value, len), b| (value * 10 + u32::from(b - b'0'), len + 1));
            let end = at + 1 + len;
            match u8::try_from(value) {
                Ok(value) => byte(value, end),
                Err(_) => bad(DiagnosticKind::DecimalEscapeTooLarge, end),
            }
        }
        _ => bad(DiagnosticKind::InvalidEscape, at + 1),
    }
}

fn hex_digit(text: &[u8], at: usize) -> Option<u32> {
    char::from(*text.get(at)?).to_digit(16)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append_string_value(text, &mut out);
        if let Some(plain) = plain_string_value(text) {
            assert_eq!(plain, out);
        }
        out
    }

    #[test]
    fn escapes() {
        assert_eq!(value(br#""\a\b\f\n\r\t\v\\\"\'""#), b"\x07\x08\x0c\n\r\t\x0b\\\"'");
        assert_eq!(value(br"'\x41\x7a\xFF'"), b"Az\xff");
        assert_eq!(value(br"'\0\65\0651\255'"), b"\0AA1\xff");
        assert_eq!(value(b"'a\\z  \r\n\t b'"), b"ab");
        assert_eq!(value(b"'a\\\r\nb\\\rc\\\n\rd'"), b"a\nb\nc\nd");
    }

    #[test]
    fn utf8_up_to_31_bits() {
        for c in ['\0', '\x7f', '\u{80}', '\u{7ff}', '\u{800}', '\u{ffff}', '\u{10000}'] {
            let text = format!("'\\u{{{:x}}}'", c as u32);
            assert_eq!(value(text.as_bytes()), c.to_string().as_bytes());
        }
        assert_eq!(value(br"'\u{7FFFFFFF}'"), b"\xfd\xbf\xbf\xbf\xbf\xbf");
        assert_eq!(value(br"'\u{03FFFFFF}'"), b"\xfb\xbf\xbf\xbf\xbf");
        assert_eq!(value(br"'\u{1FFFFF}'"), b"\xf7\xbf\xbf\xbf");
        assert_eq!(value(br"'\u{200000}'"), b"\xf8\x88\x80\x80\x80");
    }

    #[test]
    fn long_strings() {
        assert_eq!(value(b"[[a]]"), b"a");
        assert_eq!(value(b"[==[\r\na]]\r\n\r]=]\rb\n]==]"), b"a]]\n\n]=]\nb\n");
        assert_eq!(value(b"[[]]"), b"");
        assert_eq!(value(b"[[\n\n]]"), b"\n");
    }

    #[test]
    fn numerals() {
        let cases: &[(&[u8], Option<Number>)] = &[
            (b"0", Some(Number::Integer(0))),
            (b"9223372036854775807", Some(Number::Integer(i64::MAX))),
            (b"9223372036854775808", Some(Number::Float(9_223_372_036_854_775_808.0))),
            (b"0xffffffffffffffffff", Some(Number::Integer(-1))),
            (b"0x.8p1", Some(Number::Float(1.0))),
            (b"3.", Some(Number::Float(3.0))),
            (b".5e1", Some(Number::Float(5.0))),
            (b"3x", None),
            (b"0x", None),
            (b"1e+", None),
        ];
        for (text, expected) in cases {
            let found = numeral_value(text);
            assert_eq!(
                found.map(|n| (matches!(n, Number::Integer(_)), n)),
                expected.map(|n| (matches!(n, Number::Integer(_)), n)),
            );
        }
    }
}
