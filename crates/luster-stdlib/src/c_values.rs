//! Values as the reference sees them when it hands them to C, where scripts can tell: integers that
//! become an `int`, and text that ends at a zero.

use luster_value::LONGEST_QUOTED;

/// An integer as an `int`: its lowest 32 bits.
pub(crate) fn c_int(number: i64) -> i64 {
    i64::from(number as i32)
}

/// Text up to the first zero.
pub(crate) fn c_string(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(0, text).unwrap_or(text.len())]
}

/// Text up to the first zero, or its beginning when it is longer than this: one byte more, which tells that it
/// is. The rest is not looked at.
pub(crate) fn c_beginning(text: &[u8], longest: usize) -> &[u8] {
    c_string(&text[..text.len().min(longest + 1)])
}

/// The name of a file or of a variable: up to the first zero, and no more of it than messages quote, which is
/// more than any system takes.
pub(crate) fn c_name(name: &[u8]) -> &[u8] {
    c_beginning(name, LONGEST_QUOTED)
}

/// A word of which there are a few, such as a mode; a longer one is none of them.
pub(crate) fn c_word(word: &[u8]) -> &[u8] {
    c_beginning(word, LONGEST_WORD)
}

/// The longest of these words.
pub(crate) const LONGEST_WORD: usize = 16;
