//! The array part: the values of keys 1 to n, words and tags apart.
//!
//! One allocation holds `capacity` tags, from the last to the first, and behind them `capacity`
//! words, from the first to the last: the place between the two is all it takes to find either.
//! Which keys belong here is the table's decision.

use std::alloc::{self, Layout};
use std::marker::PhantomData;
use std::ptr::NonNull;

use gc_arena::collect::Trace;

use super::raw::{self, NIL, Raw, Word};
use crate::account;
use crate::value::Value;

pub(super) struct Array<'gc> {
    words: NonNull<Word>,
    len: u32,
    capacity: u32,
    values: PhantomData<Value<'gc>>,
}

/// An index from 0 that is below the length of the array it was asked of, until that changes.
#[derive(Clone, Copy)]
pub(super) struct Index(u32);

impl<'gc> Array<'gc> {
    pub(super) const fn new() -> Self {
        Array { words: NonNull::dangling(), len: 0, capacity: 0, values: PhantomData }
    }

    /// The memory for so many values, and where the words begin in it.
    fn layout(capacity: u32) -> Option<(Layout, usize)> {
        let tags = (capacity as usize).next_multiple_of(align_of::<Word>());
        let bytes = (capacity as usize).checked_mul(size_of::<Word>())?.checked_add(tags)?;
        Some((Layout::from_size_align(bytes, align_of::<Word>()).ok()?, tags))
    }

    #[inline(always)]
    fn tag(&self, index: u32) -> *mut u8 {
        debug_assert!(index < self.capacity);
        // SAFETY: `capacity` tags stand before the words in the same allocation, and
        // `index < capacity`: all callers are below `len` or have just made room.
        unsafe { self.words.as_ptr().cast::<u8>().sub(index as usize + 1) }
    }

    #[inline(always)]
    fn word(&self, index: u32) -> *mut Word {
        debug_assert!(index < self.capacity);
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
    pub(super) fn capacity(&self) -> u32 {
        self.capacity
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
        assert!(self.len < self.capacity);
        self.len += 1;
        self.set_at(Index(self.len - 1), value);
    }

    /// Makes the part `len` long, new slots being nil, with room for exactly `capacity`. Values
    /// beyond `len` are dropped. Tells whether the memory could be had.
    #[must_use]
    pub(super) fn resize(&mut self, len: u32, capacity: u32) -> bool {
        debug_assert!(len <= capacity);
        if capacity != self.capacity {
            let mut new = Array::new();
            if capacity > 0 {
                let Some((layout, tags)) = Self::layout(capacity) else { return false };
                if !account::has_room_for(layout.size()) {
                    return false;
                }
                // SAFETY: the layout is not empty.
                let Some(memory) = NonNull::new(unsafe { alloc::alloc(layout) }) else {
                    return false;
                };
                account::add(layout.size());
                // SAFETY: the words begin within the allocation, behind the tags.
                new.words = unsafe { memory.byte_add(tags) }.cast();
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
        if self.capacity > 0
            && let Some((layout, tags)) = Self::layout(self.capacity)
        {
            account::sub(layout.size());
            // SAFETY: allocated with this layout in `resize`, where the words begin behind the tags.
            unsafe { alloc::dealloc(self.words.as_ptr().byte_sub(tags).cast(), layout) };
        }
    }
}
