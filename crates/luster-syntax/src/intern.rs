//! Names and strings as small numbers: equal bytes, equal [`Symbol`].
//!
//! An interner belongs to one parse; the machine has its own strings.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

/// A name or string of an [`Interner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    /// The symbol's position among its interner's: symbols are numbered from 0 in the order in
    /// which they first came, so that a vector can stand for a map of them.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of byte strings, each with a [`Symbol`] to stand for it.
///
/// The hash is seeded at random, so that no source can be made of names that collide; symbols do
/// not depend on it.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    hasher: Hasher,
    /// Where the hash of a text points, or in the next place that was free: one more than the number
    /// of its symbol. There are more places than twice the symbols, a power of two; free ones are 0.
    slots: Vec<u32>,
    bytes: Vec<u8>,
    texts: Vec<Text>,
}

/// Where the bytes of a symbol are, with what tells most texts apart without looking at them.
#[derive(Clone, Copy, Debug)]
struct Text {
    start: usize,
    len: usize,
    head: Head,
}

impl Text {
    #[inline]
    fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.start + self.len]
    }
}

/// The first eight bytes of a text as a number, zeros for those that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head(u64);

impl Head {
    fn of(text: &[u8]) -> Head {
        if text.is_empty() { Head(0) } else { Head::of_start(text, text.len()) }
    }

    /// The head of what `text` starts with, `len` bytes long and not empty.
    #[inline]
    fn of_start(text: &[u8], len: usize) -> Head {
        match text.first_chunk() {
            // Far from the end of the source the whole number can be loaded at once.
            Some(&bytes) => {
                let unused = 8usize.saturating_sub(len) * 8;
                Head(u64::from_le_bytes(bytes) & (u64::MAX >> unused))
            }
            None => Head(text[..len].iter().rev().fold(0, |head, &b| head << 8 | u64::from(b))),
        }
    }
}

/// Hashes short texts, which most are, by their heads.
#[derive(Clone, Debug)]
struct Hasher {
    long: DefaultHashBuilder,
    seeds: [u64; 2],
}

impl Default for Hasher {
    fn default() -> Hasher {
        let long = DefaultHashBuilder::default();
        Hasher { seeds: [long.hash_one(0), long.hash_one(1)], long }
    }
}

impl Hasher {
    #[inline]
    fn hash(&self, text: &[u8], head: Head) -> u64 {
        if text.len() > 8 {
            return self.long.hash_one(text);
        }
        // A folded multiplication, as the standard hash of the map does for such lengths.
        let [first, second] = self.seeds;
        let product = u128::from(head.0 ^ first) * u128::from(second ^ text.len() as u64);
        product as u64 ^ (product >> 64) as u64
    }
}

impl Interner {
    /// An interner with nothing in it.
    pub fn new() -> Interner {
        Interner::default()
    }

    /// The symbol of these bytes, a new one if they have none yet.
    pub fn intern(&mut self, text: &[u8]) -> Symbol {
        self.intern_headed(text, Head::of(text))
    }

    /// The same for what `text` starts with, `len` bytes long and not empty.
    #[inline]
    pub(crate) fn intern_start(&mut self, text: &[u8], len: usize) -> Symbol {
        self.intern_headed(&text[..len], Head::of_start(text, len))
    }

    #[inline]
    fn intern_headed(&mut self, text: &[u8], head: Head) -> Symbol {
        let hash = self.hasher.hash(text, head);
        match self.find(text, head, hash) {
            Some(symbol) => symbol,
            None => self.add(text, head, hash),
        }
    }

    #[inline(always)]
    fn find(&self, text: &[u8], head: Head, hash: u64) -> Option<Symbol> {
        let mut at = hash as usize;
        loop {
            // There is always a free place; without any places, `get` finds none.
            let index = self.slots.get(at & self.slots.len().wrapping_sub(1))?.checked_sub(1)?;
            let known = self.texts[index as usize];
            if known.head == head
                && known.len == text.len()
                && (text.len() <= 8 || known.of(&self.bytes) == text)
            {
                return Some(Symbol(index));
            }
            at = at.wrapping_add(1);
        }
    }

    #[inline(never)]
    fn add(&mut self, text: &[u8], head: Head, hash: u64) -> Symbol {
        let symbol = Symbol(self.texts.len() as u32);
        self.texts.push(Text { start: self.bytes.len(), len: text.len(), head });
        self.bytes.extend_from_slice(text);
        if self.texts.len() * 2 < self.slots.len() {
            self.place(symbol, hash);
        } else {
            self.slots = vec![0; (self.slots.len() * 2).max(64)];
            for index in 0..self.texts.len() {
                let text = self.texts[index];
                let hash = self.hasher.hash(text.of(&self.bytes), text.head);
                self.place(Symbol(index as u32), hash);
            }
        }
        symbol
    }

    /// Puts a symbol into the first free place from where its hash points on.
    fn place(&mut self, symbol: Symbol, hash: u64) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = symbol.0 + 1;
    }

    /// The symbol of these bytes, if they have one.
    pub fn get(&self, text: &[u8]) -> Option<Symbol> {
        let head = Head::of(text);
        self.find(text, head, self.hasher.hash(text, head))
    }

    /// The bytes a symbol of this interner stands for.
    #[inline]
    pub fn resolve(&self, symbol: Symbol) -> &[u8] {
        self.texts[symbol.index()].of(&self.bytes)
    }

    /// How many symbols there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are no symbols.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// All symbols with their bytes, in the order in which they first came.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, &[u8])> {
        (0..self.texts.len() as u32).map(|index| (Symbol(index), self.resolve(Symbol(index))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_have_equal_symbols() {
        let mut interner = Interner::new();
        let words: Vec<Vec<u8>> = (0..1000u32).map(|n| n.to_string().into_bytes()).collect();
        let first: Vec<Symbol> = words.iter().map(|word| interner.intern(word)).collect();
        let again: Vec<Symbol> = words.iter().map(|word| interner.intern(word)).collect();
        assert_eq!(first, again);
        assert_eq!(interner.len(), 1000);
        for (word, &symbol) in words.iter().zip(&first) {
            assert_eq!(interner.resolve(symbol), word);
            assert_eq!(interner.get(word), Some(symbol));
        }
        assert_eq!(interner.get(b"other"), None);
    }

    #[test]
    fn texts_of_any_length_are_told_apart() {
        let mut interner = Interner::new();
        let mut texts = vec![Vec::new()];
        for len in 1..20 {
            // Each differs from the others in one byte, or by zeros at its end.
            texts.push(vec![0; len]);
            for at in 0..len {
                let mut text = vec![0; len];
                text[at] = 1;
                texts.push(text);
            }
        }
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(interner.get(text), None);
            assert_eq!(interner.intern(text).index(), index);
        }
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(interner.intern(text).index(), index);
            assert_eq!(interner.resolve(Symbol(index as u32)), text);
        }
    }

    #[test]
    fn empty_and_binary_strings_are_strings() {
        let mut interner = Interner::new();
        let empty = interner.intern(b"");
        let zero = interner.intern(b"\0");
        let bytes = interner.intern(b"\xff\xfe");
        assert_eq!(interner.resolve(empty), b"");
        assert_eq!(interner.resolve(zero), b"\0");
        assert_eq!(interner.resolve(bytes), b"\xff\xfe");
    }
}
