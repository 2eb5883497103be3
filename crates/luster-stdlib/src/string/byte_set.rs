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
        if from > to {
            return;
        }
        for (index, word) in (0..).zip(&mut self.0) {
            // What is below the end, but not below the beginning.
            let below = |byte: u16| match byte.saturating_sub(64 * index) {
                bits @ 0..64 => (1_u64 << bits) - 1,
                _ => u64::MAX,
            };
            *word |= below(u16::from(to) + 1) & !below(u16::from(from));
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

/// The set of the bytes of which something holds.
macro_rules! class {
    ($byte:ident => $condition:expr) => {{
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
    }};
}

/// A class that has a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamedClass(u8);

/// The letters of the classes.
const LETTERS: &[u8; 11] = b"acdglpsuwxz";

/// The classes, in the order of their letters.
static CLASSES: [ByteSet; LETTERS.len()] = [
    class!(byte => byte.is_ascii_alphabetic()),
    class!(byte => byte.is_ascii_control()),
    class!(byte => byte.is_ascii_digit()),
    class!(byte => byte.is_ascii_graphic()),
    class!(byte => byte.is_ascii_lowercase()),
    class!(byte => byte.is_ascii_punctuation()),
    // Rust's definition of white space leaves out the vertical tab.
    class!(byte => byte.is_ascii_whitespace() || byte == 0x0B),
    class!(byte => byte.is_ascii_uppercase()),
    class!(byte => byte.is_ascii_alphanumeric()),
    class!(byte => byte.is_ascii_hexdigit()),
    class!(byte => byte == 0),
];

/// What the upper case letters of the classes stand for: what is in none of them.
static COMPLEMENTS: [ByteSet; LETTERS.len()] = {
    let mut complements = [ByteSet::EMPTY; LETTERS.len()];
    let mut index = 0;
    while index < LETTERS.len() {
        complements[index] = CLASSES[index].complement();
        index += 1;
    }
    complements
};

impl NamedClass {
    /// The class that a letter after `%` stands for, if it stands for one.
    pub(super) fn of_letter(letter: u8) -> Option<NamedClass> {
        let lower = letter.to_ascii_lowercase();
        let index = LETTERS.iter().position(|&known| known == lower)? as u8;
        Some(NamedClass(index * 2 + u8::from(letter.is_ascii_uppercase())))
    }

    /// Its bytes.
    #[inline]
    pub(super) fn set(self) -> &'static ByteSet {
        let index = usize::from(self.0 / 2);
        if self.0 & 1 == 0 { &CLASSES[index] } else { &COMPLEMENTS[index] }
    }
}
