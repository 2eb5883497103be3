//! Lines and columns: where in the text, as people count, a byte offset is.

use crate::token::Span;

/// Where the lines of a source begin.
///
/// `\n`, `\r`, `\r\n` and `\n\r` each break a line once, as in PUC-Rio's lexer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {
    /// The offset of each line's first byte. The first is 0.
    starts: Vec<u32>,
    /// The length of the source.
    end: u32,
}

impl LineIndex {
    /// Finds the lines of a source. Bytes from 4 GiB on are not looked at.
    pub fn new(source: &[u8]) -> LineIndex {
        let source = &source[..source.len().min(u32::MAX as usize)];
        // Lines of code have some thirty bytes.
        let mut starts = Vec::with_capacity(source.len() / 32 + 1);
        starts.push(0);
        let mut at = 0;
        loop {
            // Most sources break lines by `\n` alone: as long as they do, one look tells so of 64
            // bytes, and all the breaks in eight of them are found at once.
            let begin = at;
            while let Some(block) = source[at..].first_chunk::<64>() {
                if block.iter().fold(false, |found, &byte| found | (byte == b'\r')) {
                    break;
                }
                for &bytes in block.as_chunks().0 {
                    let word = u64::from_le_bytes(bytes) ^ each(b'\n');
                    if has_zero_byte(word) {
                        let mut found = zero_bytes(word);
                        while found != 0 {
                            starts.push((at + found.trailing_zeros() as usize / 8 + 1) as u32);
                            found &= found - 1;
                        }
                    }
                    at += 8;
                }
            }
            // A break that is not alone, or the last few bytes.
            let rest = &source[at..];
            match find_line_break(rest) {
                Some(0) if at > begin && rest[0] == b'\r' && source[at - 1] == b'\n' => {
                    // The second half of one that has just been counted.
                    at += 1;
                    starts.pop();
                }
                Some(found) => at += found + line_break_len(&rest[found..]),
                None => break,
            }
            starts.push(at as u32);
        }
        LineIndex { starts, end: source.len() as u32 }
    }

    /// The line that holds the byte at this offset, counted from 1. A line's break belongs to it.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&start| start <= offset) as u32
    }

    /// The column of the byte at this offset, counted in bytes from 1.
    pub fn column(&self, offset: u32) -> u32 {
        offset - self.line_start(self.line(offset)) + 1
    }

    /// The offset of the first byte of each line, the first being 0.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// How many lines there are: one more than there are line breaks.
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The offset of the first byte of a line counted from 1; past the last line, the end.
    pub fn line_start(&self, line: u32) -> u32 {
        self.starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(self.end)
    }

    /// Where a line stands, counted from 1, its break not included.
    pub fn line_span(&self, line: u32, source: &[u8]) -> Span {
        let start = self.line_start(line);
        let mut end = self.line_start(line.saturating_add(1)).max(start);
        // A break has at most two bytes.
        for _ in 0..2 {
            if end > start && matches!(source.get(end as usize - 1), Some(b'\n' | b'\r')) {
                end -= 1;
            }
        }
        Span { start, end }
    }
}

/// A byte eight times.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each of eight bytes that is zero.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    // A sum of seven bits does not reach the next byte.
    !(((word & each(0x7F)) + each(0x7F)) | word | each(0x7F))
}

/// Whether any of eight bytes is zero.
#[inline]
const fn has_zero_byte(word: u64) -> bool {
    word.wrapping_sub(each(1)) & !word & each(0x80) != 0
}

/// The offset of the first byte of a text that breaks a line, found eight bytes at a time.
#[inline]
pub(crate) fn find_line_break(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(&bytes) = text[at..].first_chunk() {
        let word = u64::from_le_bytes(bytes);
        let found = zero_bytes(word ^ each(b'\n')) | zero_bytes(word ^ each(b'\r'));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = text[at..].iter().position(|&b| b == b'\n' || b == b'\r')?;
    Some(at + rest)
}

/// How many bytes the line break at the start of this text has: 1 or 2, or 0 if there is none.
#[inline]
pub(crate) fn line_break_len(text: &[u8]) -> usize {
    match text {
        [b'\n', b'\r', ..] | [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_break_counts_once() {
        let source = b"a\nb\rc\r\nd\n\re\n\nf";
        let lines = LineIndex::new(source);
        assert_eq!(lines.count(), 7);
        let texts: Vec<&[u8]> =
            (1..=7).map(|line| &source[lines.line_span(line, source).range()]).collect();
        assert_eq!(texts, [&b"a"[..], b"b", b"c", b"d", b"e", b"", b"f"]);
        let c = source.iter().position(|&b| b == b'c').unwrap() as u32;
        assert_eq!((lines.line(c), lines.column(c)), (3, 1));
        assert_eq!((lines.line(c + 1), lines.column(c + 1)), (3, 2));
    }

    #[test]
    fn breaks_are_counted_wherever_they_are() {
        // All texts of some letters, at and around where 64 bytes begin.
        const LETTERS: [u8; 3] = [b'\n', b'\r', b'x'];
        for number in 0..3usize.pow(6) {
            let digits = (0..6).map(|place| LETTERS[number / 3usize.pow(place) % 3]);
            let text: Vec<u8> = digits.collect();
            for before in (0..2).chain(56..66) {
                let after = if number % 2 == 0 { 10 } else { 70 };
                let source = [&vec![b'x'; before], &text[..], &vec![b'x'; after], b"\nx"].concat();
                let mut starts = vec![0];
                let mut at = 0;
                while at < source.len() {
                    match line_break_len(&source[at..]) {
                        0 => at += 1,
                        len => {
                            at += len;
                            starts.push(at as u32);
                        }
                    }
                }
                assert_eq!(LineIndex::new(&source).starts(), starts, "{source:?}");
            }
        }
    }

    #[test]
    fn breaks_are_found_wherever_they_are() {
        for len in 0..20 {
            for at in 0..len {
                // Bytes around it that differ from a break by one bit or by one.
                let mut text = vec![[b'\x0b', b'\x8a', b'\x0c', b'\x8d'][at % 4]; len];
                assert_eq!(find_line_break(&text), None);
                for byte in [b'\n', b'\r'] {
                    text[at] = byte;
                    assert_eq!(find_line_break(&text), Some(at));
                }
                text[at..].fill(b'\r');
                assert_eq!(find_line_break(&text), Some(at));
            }
        }
    }

    #[test]
    fn the_end_is_on_the_last_line() {
        let lines = LineIndex::new(b"x\n");
        assert_eq!((lines.line(2), lines.column(2)), (2, 1));
        assert_eq!(LineIndex::new(b"").line(0), 1);
    }
}
