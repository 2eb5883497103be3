//! The register file of a coroutine: a growable run of values that the VM reads and writes through
//! raw windows.
//!
//! What it buys: a register access is one unchecked load or store, and dead slots are cleared by
//! the collector itself when it traces, so that calls and coroutine switches never clear anything.

use std::cell::UnsafeCell;

use gc_arena::Collect;
use gc_arena::collect::Trace;

use crate::account;
use crate::depth_limits::MAX_SLOTS;
use crate::table::raw;
use crate::value::Value;

/// How many slots there always are beyond what was reserved, so that small things need not be.
const SLACK: usize = 16;

/// From how many slots on a file does not double when it grows.
const LONG_FILE: usize = 1 << 16;

/// From how many slots on a file asks whether there is memory for it to grow.
const COUNTED_FILE: usize = 1 << 16;

/// How many more slots a message handler may use when the others ran out.
const HANDLER_SLOTS: u32 = 20_000;

/// The place of a value, of which no more is read than what is asked for.
#[derive(Clone, Copy)]
pub struct Slot<'gc>(*const Value<'gc>);

impl<'gc> Slot<'gc> {
    /// A place.
    ///
    /// # Safety
    /// There must be a value, for as long as the slot is used.
    #[inline(always)]
    pub unsafe fn new(place: *const Value<'gc>) -> Self {
        Slot(place)
    }

    #[inline(always)]
    fn tag(self) -> u32 {
        // SAFETY: there is a value, as `new` was promised, and a value begins with its tag.
        unsafe { *self.0.cast::<u32>() }
    }

    /// The value.
    #[inline(always)]
    pub fn value(self) -> Value<'gc> {
        // SAFETY: there is a value, as `new` was promised.
        unsafe { *self.0 }
    }

    /// The integer, if it is one.
    #[inline(always)]
    pub fn integer(self) -> Option<i64> {
        if self.tag() != u32::from(raw::INTEGER) {
            return None;
        }
        // SAFETY: the payload of an integer, at offset 8, is an `i64`.
        Some(unsafe { *self.0.cast::<i64>().add(1) })
    }

    /// The float, if it is one; it is loaded as a float.
    #[inline(always)]
    pub fn float(self) -> Option<f64> {
        if self.tag() != u32::from(raw::FLOAT) {
            return None;
        }
        // SAFETY: the payload of a float, at offset 8, is the bits of an `f64`.
        Some(unsafe { *self.0.cast::<f64>().add(1) })
    }
}

/// A coroutine's registers.
pub struct RegisterFile<'gc> {
    slots: Box<[UnsafeCell<Value<'gc>>]>,
    /// Slots below this one are alive; the collector clears the others.
    live: usize,
    /// Where the last frame may begin.
    limit: u32,
    /// The same when no message handler has been given more room.
    max: u32,
}

// SAFETY: slots below `live` are traced. The others are overwritten with nil, so that no pointer to
// what this cycle frees stays in them; nobody else uses the file while the collector traces.
unsafe impl<'gc> Collect<'gc> for RegisterFile<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        for (index, slot) in self.slots.iter().enumerate() {
            // SAFETY: the collector only traces between slices, when no window is in use.
            let slot = unsafe { &mut *slot.get() };
            if index < self.live {
                cc.trace(slot);
            } else {
                *slot = Value::Nil;
            }
        }
    }
}

impl<'gc> RegisterFile<'gc> {
    /// A file with the smallest useful number of slots, which may grow to so many.
    pub fn new(max: usize) -> Self {
        let max = max.min(MAX_SLOTS) as u32;
        let mut file = RegisterFile { slots: Box::new([]), live: 0, limit: max, max };
        file.resize(2 * SLACK);
        file
    }

    fn resize(&mut self, len: usize) {
        account::add(len * size_of::<Value<'gc>>());
        account::sub(self.slots.len() * size_of::<Value<'gc>>());
        // Where memory can grow in place or move by pages, nothing is copied.
        let mut slots = std::mem::take(&mut self.slots).into_vec();
        slots.reserve_exact(len.saturating_sub(slots.len()));
        slots.resize_with(len, || UnsafeCell::new(Value::Nil));
        self.slots = slots.into_boxed_slice();
    }

    /// Makes sure that there are slots up to `end` and a few beyond, which may move all slots. Tells
    /// whether that is within the limit.
    #[inline(always)]
    #[must_use]
    pub fn reserve(&mut self, end: usize) -> bool {
        end + SLACK <= self.slots.len() || self.grow(end)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, end: usize) -> bool {
        let limit = self.limit as usize;
        if end > limit {
            return false;
        }
        // A long file grows more slowly, so that no step takes long.
        let len = self.slots.len();
        let larger = if len < LONG_FILE { len * 2 } else { len + len / 4 };
        let larger = (end + SLACK).max(larger).min(limit + SLACK);
        // Beyond the memory limit, the stack is as full as it is beyond its own.
        if len >= COUNTED_FILE && !account::has_room_for((larger - len) * size_of::<Value<'gc>>()) {
            return false;
        }
        self.resize(larger);
        true
    }

    /// Gives a message handler some more room, or takes it back once nothing stands there.
    pub fn set_handler_room(&mut self, extra: bool) {
        self.limit = if extra { self.max + HANDLER_SLOTS } else { self.max };
        let limit = self.limit as usize;
        if self.slots.len() > limit + SLACK {
            self.resize(limit + SLACK);
        }
    }

    /// Whether a message handler was given more room.
    #[inline]
    pub fn has_handler_room(&self) -> bool {
        self.limit > self.max
    }

    /// Where frames have to end, message handlers aside.
    pub fn max(&self) -> usize {
        self.max as usize
    }

    /// How many slots there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none: never.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The value in a slot.
    ///
    /// # Panics
    /// When there is no such slot.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Value<'gc> {
        // SAFETY: slots are only written through `&mut self`, or by a window while nobody else uses
        // the file; the value is copied out at once.
        unsafe { *self.slots[index].get() }
    }

    /// The values of some slots.
    ///
    /// # Panics
    /// When one of them is outside.
    pub fn values(&self, from: usize, count: usize) -> &[Value<'gc>] {
        let slots = &self.slots[from..from + count];
        // SAFETY: as for `get`, nothing is written while the file is borrowed; `UnsafeCell` has the
        // layout of what it holds.
        unsafe { &*(std::ptr::from_ref(slots) as *const [Value<'gc>]) }
    }

    /// Sets a slot.
    ///
    /// # Panics
    /// When there is no such slot.
    #[inline(always)]
    pub fn set(&mut self, index: usize, value: Value<'gc>) {
        *self.slots[index].get_mut() = value;
    }

    /// Copies `count` values from one place to another; they may overlap.
    ///
    /// # Panics
    /// When either place is outside.
    #[inline]
    pub fn copy(&mut self, from: usize, to: usize, count: usize) {
        /// Up to so many values are copied one by one: most have just been written, and a wider load
        /// than the store before it has to wait for that to reach the cache.
        const FEW: usize = 8;
        assert!(from + count <= self.slots.len() && to + count <= self.slots.len());
        let slots = self.slots.as_mut_ptr().cast::<Value<'gc>>();
        // SAFETY: both ranges are inside, just checked; values are `Copy`, and `UnsafeCell` has the
        // layout of what it holds.
        unsafe {
            let (source, target) = (slots.add(from), slots.add(to));
            if count > FEW {
                std::ptr::copy(source, target, count);
            } else if to <= from {
                for index in 0..count {
                    *target.add(index) = *source.add(index);
                }
            } else {
                for index in (0..count).rev() {
                    *target.add(index) = *source.add(index);
                }
            }
        }
    }

    /// Sets all slots of a range to nil.
    ///
    /// # Panics
    /// When the range is outside.
    #[inline]
    pub fn clear(&mut self, range: std::ops::Range<usize>) {
        for slot in &mut self.slots[range] {
            *slot.get_mut() = Value::Nil;
        }
    }

    /// Tells which slots are alive: those below `live`.
    #[inline]
    pub fn set_live(&mut self, live: usize) {
        self.live = live.min(self.slots.len());
    }

    /// A pointer to a slot.
    ///
    /// # Safety
    /// There must be such a slot: [`reserve`](Self::reserve) has made it once, and slots are only
    /// taken away from above all frames, when a message handler gives its room back.
    #[inline(always)]
    pub unsafe fn window(&mut self, base: usize) -> *mut Value<'gc> {
        debug_assert!(base <= self.slots.len());
        // SAFETY: the caller's promise; `UnsafeCell` has the layout of what it holds.
        unsafe { self.slots.as_mut_ptr().add(base).cast() }
    }
}

impl Drop for RegisterFile<'_> {
    fn drop(&mut self) {
        account::sub(self.slots.len() * size_of::<Value<'_>>());
    }
}
