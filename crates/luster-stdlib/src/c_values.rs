//! Values as the reference sees them when it hands them to C, where scripts can tell: integers that
//! become an `int`, and text that ends at a zero.

/// An integer as an `int`: its lowest 32 bits.
pub(crate) fn c_int(number: i64) -> i64 {
    i64::from(number as i32)
}

/// Text up to the first zero.
pub(crate) fn c_string(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(0, text).unwrap_or(text.len())]
}
