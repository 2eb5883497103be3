//! The interner: every short string of a VM, once.
//!
//! It holds its strings weakly: it does not trace them, and drops the dead ones once everything is marked
//! and before anything is freed. Many strings are in many small tables, so that no step of dropping, and
//! none of growing, takes long; scripts go on between them.
//!
//! Which strings are alive is noted in them when they are marked (`marking`).

use std::cell::RefCell;

use gc_arena::collect::Trace;
use gc_arena::{Collect, Gc, Mutation};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::string::{Header, LuaString, MAX_SHORT, hash_bytes};

/// How many strings there is room for at first: the names that every VM begins with, and a few more.
const FIRST_STRINGS: usize = 56;

/// A table of so much room is not made smaller: strings that come and go between two cycles would have it
/// grow again each time.
const KEPT_ROOM: usize = 3_584;

/// With more strings than this, the table is taken apart.
const MANY_STRINGS: usize = 32_768;

/// Into how many tables.
const PARTS: usize = 256;

/// A table of strings.
type Strings<'gc> = HashTable<Gc<'gc, Header>>;

/// The short strings of a VM.
pub(crate) struct Interner<'gc> {
    tables: RefCell<Tables<'gc>>,
    seed: u32,
}

struct Tables<'gc> {
    /// All strings, as long as they are not many.
    whole: Strings<'gc>,
    /// The tables that many strings are in, or none.
    parts: Box<[Strings<'gc>]>,
    /// While dead strings are being dropped, the first part in which there may still be some.
    unpurged: usize,
}

// SAFETY: The strings are held weakly: not tracing them is what lets them die. It is sound since
// `begin_purge` and `purge` remove every string that was not marked, after the last marking of a cycle and
// before its sweep frees the first (the collection driver upholds this). A string found here while
// marking is as good as one upgraded from a weak pointer: storing it anywhere goes through a write barrier.
// Between marking and freeing, a string that is dead is not given to anybody.
unsafe impl<'gc> Collect<'gc> for Interner<'gc> {
    fn trace<T: Trace<'gc>>(&self, _: &mut T) {}
}

impl<'gc> Interner<'gc> {
    pub(crate) fn new(seed: u32) -> Self {
        let tables = Tables {
            whole: HashTable::with_capacity(FIRST_STRINGS),
            parts: Box::default(),
            unpurged: usize::MAX,
        };
        Interner { tables: RefCell::new(tables), seed }
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
        let mut tables = self.tables.borrow_mut();
        if !tables.parts.is_empty() {
            return tables.intern_in_part(mc, bytes, hash);
        }
        let place = u64::from(hash).spread();
        match tables.whole.entry(place, |other| is_same(other, bytes, hash), spread_hash) {
            Entry::Occupied(found) => LuaString(*found.get()),
            Entry::Vacant(place) => {
                let string = LuaString::new_short(mc, bytes, hash, false);
                place.insert(string.0);
                if tables.whole.len() > MANY_STRINGS {
                    tables.take_apart();
                }
                string
            }
        }
    }

    /// Begins to drop the strings that were not marked in the cycle whose marking has come to its end.
    /// Until that is done (see [`purge`](Self::purge)), nothing may be freed.
    pub(crate) fn begin_purge(&self) {
        let mut tables = self.tables.borrow_mut();
        purge(&mut tables.whole, KEPT_ROOM);
        tables.unpurged = if tables.parts.is_empty() { usize::MAX } else { 0 };
    }

    /// Goes on with that until it has looked at about so many strings; about 50 ns for each. Tells how
    /// many it has looked at, and whether all is done.
    pub(crate) fn purge(&self, count: usize) -> (usize, bool) {
        let mut tables = self.tables.borrow_mut();
        let mut looked_at = 0;
        while looked_at < count {
            let part = tables.unpurged;
            let Some(strings) = tables.parts.get_mut(part) else {
                tables.unpurged = usize::MAX;
                return (looked_at, true);
            };
            looked_at += 1 + strings.len();
            purge(strings, KEPT_ROOM / PARTS);
            tables.unpurged += 1;
        }
        (looked_at, false)
    }

    /// How many strings it holds.
    pub(crate) fn len(&self) -> usize {
        let tables = self.tables.borrow();
        tables.whole.len() + tables.parts.iter().map(HashTable::len).sum::<usize>()
    }
}

impl<'gc> Tables<'gc> {
    /// The string with these bytes, out of its part.
    #[inline(never)]
    fn intern_in_part(&mut self, mc: &Mutation<'gc>, bytes: &[u8], hash: u32) -> LuaString<'gc> {
        let part = part_of(hash);
        let is_unpurged = part >= self.unpurged;
        let place = u64::from(hash).spread();
        match self.parts[part].entry(place, |other| is_same(other, bytes, hash), spread_hash) {
            Entry::Occupied(mut found) => {
                let string = LuaString(*found.get());
                if !is_unpurged || string.is_marked() {
                    return string;
                }
                // It is dead, and another one takes its place.
                let string = LuaString::new_short(mc, bytes, hash, true);
                *found.get_mut() = string.0;
                string
            }
            Entry::Vacant(place) => {
                // What is new is alive for the purge that comes.
                let string = LuaString::new_short(mc, bytes, hash, is_unpurged);
                place.insert(string.0);
                string
            }
        }
    }

    #[cold]
    fn take_apart(&mut self) {
        let whole = std::mem::take(&mut self.whole);
        let room = 2 * whole.len() / PARTS;
        self.parts = (0..PARTS).map(|_| HashTable::with_capacity(room)).collect();
        for string in whole {
            let hash = LuaString(string).known_hash();
            self.parts[part_of(hash)].insert_unique(u64::from(hash).spread(), string, spread_hash);
        }
    }
}

/// Whether a string has these bytes and their hash.
#[inline(always)]
fn is_same(other: &Gc<'_, Header>, bytes: &[u8], hash: u32) -> bool {
    let other = LuaString(*other);
    // Comparing nothing is not free: the address of an empty slice is made up.
    other.known_hash() == hash
        && other.len() == bytes.len()
        && (bytes.is_empty() || other.as_bytes() == bytes)
}

/// Drops the strings that were not marked, and takes the marks of the others back.
fn purge(strings: &mut Strings<'_>, kept_room: usize) {
    strings.retain(|string| {
        let string = LuaString(*string);
        let is_alive = string.is_marked();
        string.set_marked(false);
        is_alive
    });
    let wanted = (strings.len() * 2).max(kept_room);
    if wanted * 2 < strings.capacity() {
        strings.shrink_to(wanted, spread_hash);
    }
}

/// The part for strings of a hash. The last part gets twice as many strings as the first, and the others
/// something in between, so that they do not all grow at the same time.
#[inline]
fn part_of(hash: u32) -> usize {
    // A number below 4096 of bits that are neither at the hash's end, by which a table finds a string's
    // place, nor the first, which it compares.
    let share = (hash >> 13) & 0xFFF;
    // `share / 4096` is `x`; this is about 256 times the binary logarithm of `1 + x`.
    let curve = (share * (4096 - share)) >> 12;
    ((share + ((curve * 88) >> 8)) >> 4) as usize % PARTS
}

fn spread_hash(string: &Gc<'_, Header>) -> u64 {
    u64::from(LuaString(*string).known_hash()).spread()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_between_one_and_two_shares_large() {
        let mut shares = [0_u32; PARTS];
        for share in 0..4096 {
            shares[part_of(share << 13)] += 1;
        }
        let (first, last) = (&shares[..32], &shares[PARTS - 32..]);
        let (first, last): (u32, u32) = (first.iter().sum(), last.iter().sum());
        assert!(first * 17 < last * 10 && last < first * 2, "{first} and {last}");
        assert!(shares.iter().all(|count| (10..=25).contains(count)), "{shares:?}");
    }
}
