//! The interner: every short string of a VM, once.
//!
//! It holds its strings weakly. It does not trace them; instead the collection driver drops the
//! dead ones once everything is marked and before anything is freed.

use std::cell::RefCell;

use gc_arena::collect::Trace;
use gc_arena::{Collect, Finalization, Gc, Mutation};
use hashbrown::HashTable;

use crate::string::{Header, LuaString, MAX_SHORT, hash_bytes};

/// How many strings there is room for at first: the names that a VM begins with are nearly as many.
const FIRST_STRINGS: usize = 112;

/// The short strings of a VM.
pub(crate) struct Interner<'gc> {
    strings: RefCell<HashTable<Gc<'gc, Header>>>,
    seed: u32,
}

// SAFETY: The strings are held weakly: not tracing them is what lets them die. It is sound since
// `purge` removes every unmarked string after the last marking of a cycle and before its sweep (the
// collection driver upholds this), and a string found here while marking is as good as one upgraded
// from a weak pointer: storing it anywhere goes through a write barrier.
unsafe impl<'gc> Collect<'gc> for Interner<'gc> {
    fn trace<T: Trace<'gc>>(&self, _: &mut T) {}
}

impl<'gc> Interner<'gc> {
    pub(crate) fn new(seed: u32) -> Self {
        Interner { strings: RefCell::new(HashTable::with_capacity(FIRST_STRINGS)), seed }
    }

    pub(crate) fn seed(&self) -> u32 {
        self.seed
    }

    /// The string with these bytes, interned when it is short.
    #[inline]
    pub(crate) fn intern(&self, mc: &Mutation<'gc>, bytes: &[u8]) -> LuaString<'gc> {
        if bytes.len() > MAX_SHORT {
            return LuaString::new_long(mc, bytes.to_vec());
        }
        self.intern_short(mc, bytes)
    }

    /// The string with these bytes, which are taken over when it is long.
    #[inline]
    pub(crate) fn intern_owned(&self, mc: &Mutation<'gc>, bytes: Vec<u8>) -> LuaString<'gc> {
        if bytes.len() > MAX_SHORT {
            return LuaString::new_long(mc, bytes);
        }
        self.intern_short(mc, &bytes)
    }

    fn intern_short(&self, mc: &Mutation<'gc>, bytes: &[u8]) -> LuaString<'gc> {
        let hash = hash_bytes(bytes, self.seed);
        let mut strings = self.strings.borrow_mut();
        let same = |other: &Gc<'gc, Header>| {
            let other = LuaString(*other);
            // Comparing nothing is not free: the address of an empty slice is made up.
            other.known_hash() == hash
                && other.len() == bytes.len()
                && (bytes.is_empty() || other.as_bytes() == bytes)
        };
        let rehash = |other: &Gc<'gc, Header>| u64::from(LuaString(*other).known_hash()).spread();
        match strings.entry(u64::from(hash).spread(), same, rehash) {
            hashbrown::hash_table::Entry::Occupied(found) => LuaString(*found.get()),
            hashbrown::hash_table::Entry::Vacant(place) => {
                let string = LuaString::new_short(mc, bytes, hash);
                place.insert(string.0);
                string
            }
        }
    }

    /// Drops the strings that are not marked. Costs about 50 ns a string.
    pub(crate) fn purge(&self, fc: &Finalization<'gc>) {
        let mut strings = self.strings.borrow_mut();
        strings.retain(|string| !Gc::is_dead(fc, *string));
        let len = strings.len();
        if len * 4 < strings.capacity() {
            strings
                .shrink_to(len * 2, |string| u64::from(LuaString(*string).known_hash()).spread());
        }
    }

    /// How many strings it holds.
    pub(crate) fn len(&self) -> usize {
        self.strings.borrow().len()
    }
}

/// hashbrown looks at a hash's highest seven bits too, which a 32-bit one leaves empty.
trait Spread {
    fn spread(self) -> u64;
}

impl Spread for u64 {
    #[inline(always)]
    fn spread(self) -> u64 {
        self | (self << 32)
    }
}
