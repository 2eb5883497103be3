//! Names and strings as small numbers: equal bytes, equal [`Symbol`].
//!
//! An interner belongs to one parse; the machine has its own strings.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

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
    hasher: DefaultHashBuilder,
    table: HashTable<Symbol>,
    bytes: Vec<u8>,
    /// For each symbol, where its bytes end. They begin where those of the one before end.
    ends: Vec<usize>,
}

impl Interner {
    /// An interner with nothing in it.
    pub fn new() -> Interner {
        Interner::default()
    }

    /// The symbol of these bytes, a new one if they have none yet.
    pub fn intern(&mut self, text: &[u8]) -> Symbol {
        let hash = self.hasher.hash_one(text);
        if let Some(&symbol) = self.table.find(hash, |&symbol| self.resolve(symbol) == text) {
            return symbol;
        }
        let symbol = Symbol(self.ends.len() as u32);
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
        let Interner { hasher, table, bytes, ends } = self;
        table
            .insert_unique(hash, symbol, |&symbol| hasher.hash_one(&bytes[range_of(ends, symbol)]));
        symbol
    }

    /// The symbol of these bytes, if they have one.
    pub fn get(&self, text: &[u8]) -> Option<Symbol> {
        let hash = self.hasher.hash_one(text);
        self.table.find(hash, |&symbol| self.resolve(symbol) == text).copied()
    }

    /// The bytes a symbol of this interner stands for.
    pub fn resolve(&self, symbol: Symbol) -> &[u8] {
        &self.bytes[range_of(&self.ends, symbol)]
    }

    /// How many symbols there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no symbols.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All symbols with their bytes, in the order in which they first came.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, &[u8])> {
        (0..self.ends.len() as u32).map(|index| (Symbol(index), self.resolve(Symbol(index))))
    }
}

fn range_of(ends: &[usize], symbol: Symbol) -> std::ops::Range<usize> {
    let index = symbol.index();
    let start = if index == 0 { 0 } else { ends[index - 1] };
    start..ends[index]
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
