//! The hash part: nodes in one array, chained through it (Brent's variation of coalesced
//! hashing, as in PUC-Rio's `ltable.c`), so that a key's slot number is stable until the next
//! rehash: `next` goes by it and inline caches hold it.
//!
//! The seed of hashes stands before the nodes. A single node, and none, do without: every hash leads there,
//! and none is kept.

use std::alloc::{self, Layout};
use std::marker::PhantomData;

use gc_arena::collect::Trace;

use super::raw::{self, DEAD, INTEGER, NIL, Raw, STRING, Word};
use crate::account;
use crate::string::LuaString;
use crate::value::Value;

/// An entry of the hash part.
struct Node {
    value: Word,
    key: Word,
    value_tag: u8,
    key_tag: u8,
    /// The lower half of the key's hash, all that small parts need of it: so keys are not looked into,
    /// which may be far away, when others are put in or all are moved.
    hash: u16,
    /// The distance to the next node of the chain; 0 ends it.
    next: i32,
}

/// What an empty hash part points to, so that looking up needs no test for it.
static NO_NODE: Node =
    Node { value: Word::new(0), key: Word::new(0), value_tag: NIL, key_tag: NIL, hash: 0, next: 0 };

/// What stands before the nodes where there are several.
struct Header {
    /// The VM's hash seed.
    seed: u32,
    /// All nodes at and above this one are in use.
    last_free: u32,
}

pub(super) struct Nodes<'gc> {
    nodes: *mut Node,
    mask: u32,
    /// The table's own number, for which there is room here and nowhere else.
    pub(super) id: u32,
    values: PhantomData<Value<'gc>>,
}

/// Where a key stands, or that it does not.
pub(super) type Place = Option<u32>;

impl<'gc> Nodes<'gc> {
    /// The hash part, without a node, of the table with this number.
    pub(super) const fn new(id: u32) -> Self {
        Nodes { nodes: (&raw const NO_NODE).cast_mut(), mask: 0, id, values: PhantomData }
    }

    /// A hash part of the same table with room for `count` keys, which are hashed with this seed, or `None`
    /// when the memory cannot be had.
    pub(super) fn with_room(&self, count: u32, seed: u32) -> Option<Self> {
        if count == 0 {
            return Some(Nodes::new(self.id));
        }
        let size = count.checked_next_power_of_two()?;
        let (layout, before) = Self::layout(size)?;
        if !account::has_room_for(layout.size()) {
            return None;
        }
        // SAFETY: the layout is not empty. All-zero bytes are a valid, empty `Node`.
        let memory = unsafe { alloc::alloc_zeroed(layout) };
        if memory.is_null() {
            return None;
        }
        account::add(layout.size());
        // SAFETY: the nodes begin within the allocation, behind the header.
        let nodes = unsafe { memory.byte_add(before) }.cast();
        let part = Nodes { nodes, mask: size - 1, id: self.id, values: PhantomData };
        if let Some(header) = part.header() {
            // SAFETY: the header is within the allocation.
            unsafe { header.write(Header { seed, last_free: size }) };
        }
        Some(part)
    }

    /// The memory for so many nodes, and where they begin in it.
    fn layout(size: u32) -> Option<(Layout, usize)> {
        let nodes = Layout::array::<Node>(size as usize).ok()?;
        let header = if size > 1 { Layout::new::<Header>() } else { Layout::new::<()>() };
        header.extend(nodes).ok()
    }

    /// What stands before the nodes, if there are several.
    #[inline(always)]
    fn header(&self) -> Option<*mut Header> {
        // SAFETY: `with_room` has placed several nodes behind a header, in the same allocation.
        (self.mask != 0).then(|| unsafe { self.nodes.cast::<Header>().sub(1) })
    }

    /// The seed that keys are hashed with; any where no hash counts.
    #[inline(always)]
    pub(super) fn seed(&self) -> u32 {
        // SAFETY: the header is initialised where there is one.
        self.header().map_or(0, |header| unsafe { (*header).seed })
    }

    /// Whether it matters what the hash of a key is.
    #[inline(always)]
    pub(super) fn has_hashes(&self) -> bool {
        self.mask != 0
    }

    /// Whether there is no node at all.
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        std::ptr::eq(self.nodes, &raw const NO_NODE)
    }

    /// How many nodes there are, used or not.
    pub(super) fn size(&self) -> u32 {
        if self.is_empty() { 0 } else { self.mask + 1 }
    }

    #[inline(always)]
    fn node(&self, slot: u32) -> *mut Node {
        // SAFETY: masking keeps the slot within the allocation of `mask + 1` nodes (one, for
        // `NO_NODE`).
        unsafe { self.nodes.add((slot & self.mask) as usize) }
    }

    /// The slot of a short string.
    #[inline(always)]
    pub(super) fn find_short(&self, key: LuaString<'gc>) -> Place {
        let mut slot = key.known_hash() & self.mask;
        loop {
            if self.holds_short(slot, key) {
                return Some(slot);
            }
            slot = self.after(slot)?;
        }
    }

    /// Whether a slot (any number: it is masked) holds this short string as its key.
    #[inline(always)]
    pub(super) fn holds_short(&self, slot: u32, key: LuaString<'gc>) -> bool {
        let node = self.node(slot);
        // SAFETY: `node` is valid; the key's word is initialised, as the tag says.
        unsafe {
            (*node).key_tag == STRING
                && (*node).key.assume_init() == raw::split(Value::String(key)).word.assume_init()
        }
    }

    /// The value of the string key with these bytes, for when there is no string to compare with.
    pub(super) fn find_bytes(&self, key: &[u8], hash: u32) -> Value<'gc> {
        let mut slot = hash & self.mask;
        loop {
            if let Value::String(s) = self.key(slot)
                && s.as_bytes() == key
            {
                return self.value(slot);
            }
            match self.after(slot) {
                Some(next) => slot = next,
                None => return Value::Nil,
            }
        }
    }

    /// The slot of an integer.
    #[inline(always)]
    pub(super) fn find_integer(&self, key: i64, hash: u32) -> Place {
        let mut slot = hash & self.mask;
        loop {
            let node = self.node(slot);
            // SAFETY: as in `holds_short`.
            if unsafe { (*node).key_tag == INTEGER && (*node).key.assume_init() == key as u64 } {
                return Some(slot);
            }
            slot = self.after(slot)?;
        }
    }

    /// The slot of any key. With `or_dead`, a key that died still has its place.
    pub(super) fn find(&self, key: Value<'gc>, hash: u32, or_dead: bool) -> Place {
        let mut slot = hash & self.mask;
        let wanted = raw::split(key);
        loop {
            let node = self.node(slot);
            // SAFETY: `node` is valid.
            let tag = unsafe { (*node).key_tag };
            if tag == wanted.tag || (or_dead && tag == wanted.tag | DEAD) {
                // Equal keys have equal words, but for long strings; booleans have none. A dead key's is
                // compared, never followed.
                // SAFETY: `node` is valid, and both words are initialised, as the tag says.
                let is_same = tag < INTEGER
                    || unsafe { (*node).key.assume_init() == wanted.word.assume_init() };
                if is_same || (tag == STRING && self.key(slot).raw_equal(key)) {
                    return Some(slot);
                }
            }
            slot = self.after(slot)?;
        }
    }

    #[inline(always)]
    fn after(&self, slot: u32) -> Place {
        // SAFETY: `node` is valid.
        match unsafe { (*self.node(slot)).next } {
            0 => None,
            next => Some(slot.wrapping_add_signed(next)),
        }
    }

    /// The key in a slot; nil when the slot was never used or its key died.
    #[inline(always)]
    pub(super) fn key(&self, slot: u32) -> Value<'gc> {
        let node = self.node(slot);
        // SAFETY: `node` is valid. A key without the dead mark is alive: it was traced, or its
        // value has become nil since the last trace.
        unsafe {
            match (*node).key_tag {
                tag if tag & DEAD != 0 => Value::Nil,
                tag => raw::join(Raw { tag, word: (*node).key }),
            }
        }
    }

    /// The value in a slot.
    #[inline(always)]
    pub(super) fn value(&self, slot: u32) -> Value<'gc> {
        let node = self.node(slot);
        // SAFETY: `node` is valid, and values are traced, or cleared in weak tables.
        unsafe { raw::join(Raw { tag: (*node).value_tag, word: (*node).value }) }
    }

    /// Whether the value in a slot is nil.
    #[inline(always)]
    pub(super) fn is_nil(&self, slot: u32) -> bool {
        // SAFETY: `node` is valid.
        unsafe { (*self.node(slot)).value_tag == NIL }
    }

    /// Whether a key, perhaps dead by now, has ever been in a slot.
    #[inline(always)]
    pub(super) fn was_used(&self, slot: u32) -> bool {
        // SAFETY: `node` is valid.
        unsafe { (*self.node(slot)).key_tag != NIL }
    }

    /// Sets the value in the slot of a key that was found there.
    #[inline(always)]
    pub(super) fn set(&mut self, slot: u32, value: Value<'gc>) {
        debug_assert!(!self.is_empty());
        let raw = raw::split(value);
        let node = self.node(slot);
        // SAFETY: `node` is valid, and not `NO_NODE`, in which no key is ever found.
        unsafe {
            (*node).value_tag = raw.tag;
            (*node).value = raw.word;
        }
    }

    #[inline(always)]
    fn set_key(&mut self, slot: u32, key: Value<'gc>, hash: u32) {
        let raw = raw::split(key);
        let node = self.node(slot);
        // SAFETY: `node` is valid, and not `NO_NODE`: `insert` has returned before.
        unsafe {
            (*node).key_tag = raw.tag;
            (*node).key = raw.word;
            (*node).hash = hash as u16;
        }
    }

    /// As much of the hash of a slot's key as this part looks at, if that is kept.
    #[inline(always)]
    fn short_hash(&self, slot: u32) -> Option<u32> {
        self.hash_for(slot, self)
    }

    /// As much of the hash of a slot's key as another part looks at, if that is kept.
    #[inline(always)]
    pub(super) fn hash_for(&self, slot: u32, other: &Nodes<'gc>) -> Option<u32> {
        // SAFETY: `node` is valid.
        let hash = unsafe { (*self.node(slot)).hash };
        (self.has_hashes() && other.mask <= u32::from(u16::MAX)).then_some(hash.into())
    }

    /// Puts in a key that is not there. `hash_of` hashes keys that are. Tells whether there was
    /// room: if not, nothing has changed and the table has to be rehashed.
    #[must_use]
    pub(super) fn insert(
        &mut self,
        key: Value<'gc>,
        hash: u32,
        value: Value<'gc>,
        hash_of: impl Fn(Value<'gc>) -> u32,
    ) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut slot = hash & self.mask;
        if !self.is_nil(slot) {
            let Some(free) = self.free_slot(slot) else { return false };
            let home = match self.short_hash(slot) {
                Some(hash) => hash,
                None => hash_of(self.key(slot)),
            } & self.mask;
            if home == slot {
                // The occupant is at home: the new key goes to the free slot, next in its chain.
                // SAFETY: both nodes are valid, and not `NO_NODE`.
                unsafe {
                    let (here, there) = (self.node(slot), self.node(free));
                    (*there).next = match (*here).next {
                        0 => 0,
                        next => slot.wrapping_add_signed(next).wrapping_sub(free) as i32,
                    };
                    (*here).next = free.wrapping_sub(slot) as i32;
                }
                slot = free;
            } else {
                // The occupant is a guest: it moves to the free slot, and its chain is mended.
                let mut before = home;
                while let Some(next) = self.after(before)
                    && next != slot
                {
                    before = next;
                }
                // SAFETY: all three nodes are valid, and not `NO_NODE`.
                unsafe {
                    let (from, to) = (self.node(slot), self.node(free));
                    (*self.node(before)).next = free.wrapping_sub(before) as i32;
                    to.copy_from_nonoverlapping(from, 1);
                    if (*from).next != 0 {
                        (*to).next =
                            slot.wrapping_add_signed((*from).next).wrapping_sub(free) as i32;
                        (*from).next = 0;
                    }
                }
            }
        }
        self.set_key(slot, key, hash);
        self.set(slot, value);
        true
    }

    /// Puts in a short string that is not there, if its own slot was never used. Tells whether it
    /// was not.
    #[inline(always)]
    pub(super) fn insert_at_home(&mut self, key: LuaString<'gc>, value: Value<'gc>) -> bool {
        let hash = key.known_hash();
        let slot = hash & self.mask;
        if self.was_used(slot) || self.is_empty() || value.is_nil() {
            return false;
        }
        self.set_key(slot, Value::String(key), hash);
        self.set(slot, value);
        true
    }

    /// A slot that no key ever used: one near another, so that a chain stays within a few cache lines,
    /// or else from the end down.
    fn free_slot(&mut self, near: u32) -> Place {
        const NEAR: u32 = 3;
        for distance in 1..=NEAR {
            for slot in [near.wrapping_add(distance), near.wrapping_sub(distance)] {
                if !self.was_used(slot) {
                    return Some(slot & self.mask);
                }
            }
        }
        // SAFETY: the header is initialised, and nobody else looks at it meanwhile.
        let last_free = unsafe { &mut (*self.header()?).last_free };
        while *last_free > 0 {
            *last_free -= 1;
            if !self.was_used(*last_free) {
                return Some(*last_free);
            }
        }
        None
    }

    pub(super) fn trace<T: Trace<'gc>>(&mut self, cc: &mut T) {
        for slot in 0..self.size() {
            if self.is_nil(slot) {
                self.bury(slot);
            } else {
                cc.trace(&self.key(slot));
                cc.trace(&self.value(slot));
            }
        }
    }

    /// Marks the key of a slot whose value is nil as dead, so that its pointer is never followed.
    pub(super) fn bury(&mut self, slot: u32) {
        let node = self.node(slot);
        // SAFETY: `node` is valid; `NO_NODE`'s key is no object, so it is never written.
        unsafe {
            if raw::is_object((*node).key_tag) {
                (*node).key_tag |= DEAD;
            }
        }
    }
}

impl Drop for Nodes<'_> {
    fn drop(&mut self) {
        if !self.is_empty()
            && let Some((layout, before)) = Self::layout(self.mask + 1)
        {
            account::sub(layout.size());
            // SAFETY: allocated with this layout in `with_room`, where the nodes begin that far behind.
            unsafe { alloc::dealloc(self.nodes.byte_sub(before).cast(), layout) };
        }
    }
}
