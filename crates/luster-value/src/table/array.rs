//! The array part: the values of keys 1 to n, words and tags apart.
//!
//! One allocation holds `capacity` tags, from the last to the first, then the border that was found last,
//! then `capacity` words, from the first to the last: the place where these begin is all it takes to find
//! any of it. Which keys belong here is the table's decision.

use std::alloc::{self, Layout};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;

use gc_arena::collect::Trace;

use super::raw::{self, NIL, Raw, Word};
use crate::account;
use crate::value::Value;

pub(super) struct Array<'gc> {
    words: NonNull<Word>,
    len: u32,
    capacity: Capacity,
    /// The table's notes about itself, for which there is room here and nowhere else.
    pub(super) notes: Notes,
    values: PhantomData<Value<'gc>>,
}

/// What a table remembers of itself.
#[derive(Clone, Default)]
pub(super) struct Notes {
    /// As a metatable: which of the first metamethods are known to be absent, a bit each.
    pub(super) absent: Cell<u8>,
    /// The marks that it has, a bit each: see `Mark`.
    pub(super) marks: Cell<u8>,
}

/// A number of values that there is room for: any up to 2^15, and above that multiples of 2^16.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Capacity(u16);

impl Capacity {
    /// Set in those that are counted in units of 2^16; without a unit, it is half of one.
    const LONG: u16 = 1 << 15;

    /// The least one that is not less.
    #[inline]
    fn at_least(count: u32) -> Option<Self> {
        if count < u32::from(Self::LONG) {
            return Some(Capacity(count as u16));
        }
        let units = if count == 1 << 15 { 0 } else { count.div_ceil(1 << 16) };
        (units < u32::from(Self::LONG)).then_some(Capacity(Self::LONG | units as u16))
    }

    #[inline(always)]
    fn get(self) -> u32 {
        let units = u32::from(self.0 & !Self::LONG);
        if self.0 & Self::LONG == 0 {
            return units;
        }
        std::hint::cold_path();
        if units == 0 { 1 << 15 } else { units << 16 }
    }
}

/// The border that was found last, between the tags and the words.
type Border = u32;

/// An index from 0 that is below the length of the array it was asked of, until that changes.
#[derive(Clone, Copy)]
pub(super) struct Index(u32);

impl<'gc> Array<'gc> {
    pub(super) const fn new() -> Self {
        Array {
            words: NonNull::dangling(),
            len: 0,
            capacity: Capacity(0),
            notes: Notes { absent: Cell::new(0), marks: Cell::new(0) },
            values: PhantomData,
        }
    }

    /// The memory for so many values, and where the words begin in it.
    fn layout(capacity: u32) -> Option<(Layout, usize)> {
        let before = capacity as usize + size_of::<Border>();
        let before = before.next_multiple_of(align_of::<Word>());
        let bytes = (capacity as usize).checked_mul(size_of::<Word>())?.checked_add(before)?;
        Some((Layout::from_size_align(bytes, align_of::<Word>()).ok()?, before))
    }

    #[inline(always)]
    fn tag(&self, index: u32) -> *mut u8 {
        debug_assert!(index < self.capacity());
        // SAFETY: `capacity` tags stand before the border in the same allocation, and
        // `index < capacity`: all callers are below `len` or have just made room.
        unsafe { self.words.as_ptr().cast::<u8>().sub(size_of::<Border>() + 1 + index as usize) }
    }

    #[inline(always)]
    fn word(&self, index: u32) -> *mut Word {
        debug_assert!(index < self.capacity());
        // SAFETY: `capacity` words stand behind the tags, otherwise as for `tag`.
        unsafe { self.words.as_ptr().add(index as usize) }
    }

    /// The index of a positional key, if it is below the length.
    #[inline(always)]
    pub(super) fn index_of(&self, key: i64) -> Option<Index> {
        let index = (key as u64).wrapping_sub(1);
        if index < u64::from(self.len) { Some(Index(index as u32)) } else { None }
    }

    /// The value at an index that was found just before.
    #[inline(always)]
    pub(super) fn at(&self, index: Index) -> Value<'gc> {
        debug_assert!(index.0 < self.len);
        // SAFETY: as for `get`; the index was below the length, which has not changed since.
        unsafe { raw::join(Raw { tag: *self.tag(index.0), word: *self.word(index.0) }) }
    }

    /// Whether the value at an index that was found just before is nil.
    #[inline(always)]
    pub(super) fn is_nil_at(&self, index: Index) -> bool {
        debug_assert!(index.0 < self.len);
        // SAFETY: tags below `len` are initialised; otherwise as for `at`.
        unsafe { *self.tag(index.0) == NIL }
    }

    /// Sets the value at an index that was found just before.
    #[inline(always)]
    pub(super) fn set_at(&mut self, index: Index, value: Value<'gc>) {
        debug_assert!(index.0 < self.len);
        let raw = raw::split(value);
        // The place of the word is found first: what a byte is written to might be anything.
        let word = self.word(index.0);
        // SAFETY: as for `at`.
        unsafe {
            *self.tag(index.0) = raw.tag;
            *word = raw.word;
        }
    }

    /// How many keys belong here.
    #[inline(always)]
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// How many have room.
    #[inline(always)]
    pub(super) fn capacity(&self) -> u32 {
        self.capacity.get()
    }

    /// Whether there is room for one more.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.len < self.capacity()
    }

    /// The border that was found last, where the search for one begins: in the middle of a part that has
    /// been resized, as the reference's. 0 when the part is empty.
    #[inline(always)]
    pub(super) fn border(&self) -> u32 {
        if self.len == 0 {
            return 0;
        }
        // SAFETY: there are values, so the border stands before the words.
        unsafe { *self.words.as_ptr().cast::<Border>().sub(1) }
    }

    /// Sets the border that was found last in a part that is not empty.
    #[inline(always)]
    pub(super) fn set_border(&mut self, border: u32) {
        assert!(self.len != 0);
        // SAFETY: as for `border`.
        unsafe { *self.words.as_ptr().cast::<Border>().sub(1) = border };
    }

    /// The value at an index from 0.
    #[inline(always)]
    pub(super) fn get(&self, index: u32) -> Value<'gc> {
        assert!(index < self.len);
        // SAFETY: the slots below `len` are initialised by `set` or `resize`, and what they hold is
        // alive since tracing the table marks it (or clears it, for a weak one).
        unsafe { raw::join(Raw { tag: *self.tag(index), word: *self.word(index) }) }
    }

    /// Whether the value at an index from 0 is nil.
    #[inline(always)]
    pub(super) fn is_nil(&self, index: u32) -> bool {
        assert!(index < self.len);
        // SAFETY: tags below `len` are initialised.
        unsafe { *self.tag(index) == NIL }
    }

    /// Whether all values from index `from` on up to `to` are nil, all of which are looked at.
    pub(super) fn are_nil(&self, from: u32, to: u32) -> bool {
        assert!(to <= self.len);
        (from..to).fold(true, |are_nil, index| are_nil & self.is_nil(index))
    }

    /// Sets the value at an index from 0.
    #[inline(always)]
    pub(super) fn set(&mut self, index: u32, value: Value<'gc>) {
        assert!(index < self.len);
        let raw = raw::split(value);
        // SAFETY: the slot is within the allocation.
        unsafe {
            *self.tag(index) = raw.tag;
            *self.word(index) = raw.word;
        }
    }

    /// Appends a value; there must be room.
    #[inline(always)]
    pub(super) fn push(&mut self, value: Value<'gc>) {
        assert!(self.has_room());
        self.len += 1;
        self.set_at(Index(self.len - 1), value);
    }

    /// Makes the part `len` long, new slots being nil, with room for `capacity`, or a little more when that is
    /// large. Values beyond `len` are dropped. Tells whether the memory could be had.
    #[must_use]
    pub(super) fn resize(&mut self, len: u32, capacity: u32) -> bool {
        debug_assert!(len <= capacity);
        let Some(capacity) = Capacity::at_least(capacity) else { return false };
        if capacity != self.capacity {
            let mut new = Array { notes: self.notes.clone(), ..Array::new() };
            if capacity.get() > 0 {
                let Some((layout, before)) = Self::layout(capacity.get()) else { return false };
                if !account::has_room_for(layout.size()) {
                    return false;
                }
                // SAFETY: the layout is not empty.
                let Some(memory) = NonNull::new(unsafe { alloc::alloc(layout) }) else {
                    return false;
                };
                account::add(layout.size());
                // SAFETY: the words begin within the allocation, behind the tags and the border.
                unsafe {
                    new.words = memory.byte_add(before).cast();
                    new.words.cast::<Border>().sub(1).write(capacity.get() / 2);
                }
                new.capacity = capacity;
            }
            let kept = self.len.min(len);
            if kept > 0 {
                // SAFETY: `kept` is within both allocations, which are distinct.
                unsafe {
                    new.words.copy_from_nonoverlapping(self.words, kept as usize);
                    let last = kept - 1;
                    new.tag(last).copy_from_nonoverlapping(self.tag(last), kept as usize);
                }
            }
            new.len = kept;
            *self = new;
        }
        if len > self.len {
            // SAFETY: the tags from the old length to the new one are within the allocation.
            unsafe { self.tag(len - 1).write_bytes(NIL, (len - self.len) as usize) };
        }
        self.len = len;
        true
    }

    /// How many values from index `from` on up to `to` are not nil.
    pub(super) fn count(&self, from: u32, to: u32) -> u32 {
        (from..to).filter(|&index| !self.is_nil(index)).count() as u32
    }

    pub(super) fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        for index in 0..self.len {
            // SAFETY: tags below `len` are initialised.
            if raw::is_object(unsafe { *self.tag(index) }) {
                cc.trace(&self.get(index));
            }
        }
    }
}

impl Drop for Array<'_> {
    fn drop(&mut self) {
        if self.capacity.0 != 0
            && let Some((layout, before)) = Self::layout(self.capacity())
        {
            account::sub(layout.size());
            // SAFETY: allocated with this layout in `resize`, where the words begin that far behind.
            unsafe { alloc::dealloc(self.words.as_ptr().byte_sub(before).cast(), layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_are_no_less_than_wanted() {
        for count in (0..1 << 15).chain((15..31).map(|bits| 1 << bits)) {
            assert_eq!(Capacity::at_least(count).map(Capacity::get), Some(count), "{count}");
        }
        assert_eq!(
            Capacity::at_least((1 << 20) + 1).map(Capacity::get),
            Some((1 << 20) + (1 << 16))
        );
        let largest = (1 << 31) - (1 << 16);
        assert_eq!(Capacity::at_least(largest).map(Capacity::get), Some(largest));
        assert!(Capacity::at_least(largest + 1).is_none());
    }
}
