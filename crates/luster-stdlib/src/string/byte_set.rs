//! Sets of bytes, and the classes of bytes that patterns have letters for.
//!
//! The classes are those of C's `ctype.h` in the "C" locale, which is the only one there is.

/// A set of bytes, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// No byte.
    pub(super) const EMPTY: ByteSet = ByteSet([0; 4]);

    /// Whether a byte is in it.
    #[inline(always)]
    pub(super) const fn contains(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    /// Adds a byte.
    pub(super) const fn insert(&mut self, byte: u8) {
        self.0[(byte >> 6) as usize] |= 1 << (byte & 63);
    }

    /// Adds all bytes from one to another, both included; none if they are in the wrong order.
    pub(super) fn insert_range(&mut self, from: u8, to: u8) {
        for byte in from..=to {
            self.insert(byte);
        }
    }

    /// The bytes of either.
    pub(super) fn union(self, other: &ByteSet) -> ByteSet {
        ByteSet(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    /// The bytes that are not in it.
    pub(super) const fn complement(self) -> ByteSet {
        let [a, b, c, d] = self.0;
        ByteSet([!a, !b, !c, !d])
    }
}

/// The set of the bytes for which a function of the standard library says so.
macro_rules! class {
    ($byte:ident => $condition:expr) => {{
        const CLASS: ByteSet = {
            let mut set = ByteSet::EMPTY;
            let mut $byte = 0_u8;
            loop {
                if $condition {
                    set.insert($byte);
                }
                if $byte == u8::MAX {
                    break;
                }
                $byte += 1;
            }
            set
        };
        static PAIR: [ByteSet; 2] = [CLASS, CLASS.complement()];
        &PAIR
    }};
}

/// The class that a letter after `%` stands for, if it stands for one: an upper case letter for
/// what its lower case one does not.
pub(super) fn named_class(letter: u8) -> Option<&'static ByteSet> {
    let pair: &'static [ByteSet; 2] = match letter.to_ascii_lowercase() {
        b'a' => class!(byte => byte.is_ascii_alphabetic()),
        b'c' => class!(byte => byte.is_ascii_control()),
        b'd' => class!(byte => byte.is_ascii_digit()),
        b'g' => class!(byte => byte.is_ascii_graphic()),
        b'l' => class!(byte => byte.is_ascii_lowercase()),
        b'p' => class!(byte => byte.is_ascii_punctuation()),
        // Rust's definition of white space leaves out the vertical tab.
        b's' => class!(byte => byte.is_ascii_whitespace() || byte == 0x0B),
        b'u' => class!(byte => byte.is_ascii_uppercase()),
        b'w' => class!(byte => byte.is_ascii_alphanumeric()),
        b'x' => class!(byte => byte.is_ascii_hexdigit()),
        b'z' => class!(byte => byte == 0),
        _ => return None,
    };
    Some(&pair[usize::from(letter.is_ascii_uppercase())])
}
