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
use crate::thread::ThreadState;
use crate::value::Value;

/// How many slots there always are beyond what was reserved, so that small things need not be.
const SLACK: usize = 16;

/// From how many slots on a file grows to the most that it may need at once, of which it shows no more than
/// are needed: so they are not moved any more once they are many, and not cleared before they are used. It
/// is half as many where there are many frames.
pub(crate) const LONG_FILE: usize = 1 << 16;

/// From how many slots on a file asks whether there is memory for it to grow. A shorter one may always,
/// since the little that comes after a refusal has to run somewhere.
const COUNTED_FILE: usize = 512;

/// What there is to a coroutine beside its registers.
const STATE_BYTES: usize = size_of::<ThreadState<'_>>();

/// How many bytes a long file, with what grows beside it, takes at once, if it may get so long: 55 hundredths
/// of the memory that there is. It could not grow beyond that in steps either, since the new file is there
/// beside the old one; and what is never used costs no time.
pub(crate) fn reservable() -> usize {
    account::room() / 100 * 55
}

/// How many slots of a long file are shown at a time.
const SHOWN: usize = 1 << 14;

/// How many slots above the live ones are left when the others of a long file are hidden again: more
/// than a frame below may still write to without asking for them.
const KEPT: usize = 1 << 10;

/// What it costs to free a coroutine, as bytes that the collector looks at.
const DROP_WORK: usize = 16_384;

/// How many more slots a message handler may use when the others ran out.
pub(crate) const HANDLER_SLOTS: u32 = 20_000;

/// What is written into dead slots: nil, or in the stress build what no script counts with, so that
/// whoever reads one goes wrong.
#[inline(always)]
fn dead<'gc>() -> Value<'gc> {
    if cfg!(luster_stress) { Value::Integer(0x6465_6164_736C_6F74) } else { Value::Nil }
}

/// Up to so many slots are few enough for the stress build to move them at every call.
const FEW_SLOTS: usize = 512;

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

/// The integer in a place, if it is one, to be changed without its tag being written again.
///
/// # Safety
/// There must be a value, which is neither read nor written otherwise while the integer is borrowed.
#[inline(always)]
pub unsafe fn integer_mut<'a>(place: *mut Value<'_>) -> Option<&'a mut i64> {
    // SAFETY: the caller's promise.
    unsafe { Slot::new(place) }.integer()?;
    // SAFETY: as in `Slot::integer`; and the caller's promise.
    Some(unsafe { &mut *place.cast::<i64>().add(1) })
}

/// A coroutine's registers.
pub struct RegisterFile<'gc> {
    /// Those that are shown; there may be memory for more.
    slots: Vec<UnsafeCell<Value<'gc>>>,
    /// Slots below this one are alive; the collector clears the others.
    live: usize,
    /// Whether slots far above the live ones are about to be used.
    is_approached: bool,
    /// Where the last frame may begin.
    limit: u32,
    /// The same when no message handler has been given more room.
    max: u32,
    /// How many slots may stay where they are, in the stress build: see `stress_move`.
    #[cfg(luster_stress)]
    unmoved: usize,
    /// How often they have moved, in the stress build.
    #[cfg(luster_stress)]
    moves: usize,
}

// SAFETY: slots below `live` are traced. The others are overwritten with nil, so that no pointer to
// what this cycle frees stays in them; nobody else uses the file while the collector traces.
unsafe impl<'gc> Collect<'gc> for RegisterFile<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        self.trace_from(0, cc);
    }
}

/// What the collector does; a deep stack is traced in portions, see `scan`.
impl<'gc> RegisterFile<'gc> {
    /// Traces the live slots of a range.
    pub(crate) fn trace_range<T: Trace<'gc>>(&self, from: usize, to: usize, cc: &mut T) {
        let to = to.min(self.live);
        let from = from.min(to);
        account::traced((to - from) * size_of::<Value<'gc>>());
        for slot in &self.slots[from..to] {
            // SAFETY: the collector only traces between slices, when no window is in use.
            cc.trace(unsafe { &*slot.get() });
        }
    }

    /// Traces the live slots from one on, and clears the others.
    pub(crate) fn trace_from<T: Trace<'gc>>(&self, from: usize, cc: &mut T) {
        self.trace_range(from, self.live, cc);
        let dead_slots = &self.slots[self.live..];
        account::traced(size_of_val(dead_slots));
        for slot in dead_slots {
            // SAFETY: as in `trace_range`; nobody reads a slot that is not alive before it is written.
            unsafe { *slot.get() = dead() };
        }
    }
}

impl<'gc> RegisterFile<'gc> {
    /// A file with the smallest useful number of slots, which may grow to so many.
    pub fn new(max: usize) -> Self {
        let max = max.min(MAX_SLOTS) as u32;
        let mut file = RegisterFile {
            slots: Vec::new(),
            live: 0,
            is_approached: false,
            limit: max,
            max,
            #[cfg(luster_stress)]
            unmoved: 0,
            #[cfg(luster_stress)]
            moves: 0,
        };
        account::add(STATE_BYTES);
        file.move_to(2 * SLACK, 2 * SLACK);
        file
    }

    /// How many slots there is memory for.
    pub(crate) fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Makes memory for so many slots, which moves all of them, and shows up to `shown`.
    fn move_to(&mut self, capacity: usize, shown: usize) {
        let before = self.capacity();
        if cfg!(luster_stress) {
            // Nothing is left where the slots have been, so that it does not go unseen when something
            // still points there.
            let mut slots = Vec::with_capacity(capacity);
            for slot in &mut self.slots {
                slots.push(UnsafeCell::new(std::mem::replace(slot.get_mut(), dead())));
            }
            self.slots = slots;
        } else {
            // Where memory can grow in place or move by pages, nothing is copied.
            self.slots.reserve_exact(capacity - self.slots.len());
        }
        account::add(self.capacity() * size_of::<Value<'gc>>());
        account::sub(before * size_of::<Value<'gc>>());
        self.show(shown);
    }

    /// Shows slots up to this one, for which there is memory.
    fn show(&mut self, end: usize) {
        self.slots.resize_with(end, || UnsafeCell::new(dead()));
    }

    /// Moves the slots, as the stress build does whenever they might: at each call. Many are moved less
    /// often, since each call of a deep recursion would take a time in proportion to its depth.
    #[cfg(luster_stress)]
    fn stress_move(&mut self) {
        let len = self.slots.len();
        self.unmoved += FEW_SLOTS;
        if self.unmoved >= len.max(len * len >> 16) {
            self.unmoved = 0;
            self.moves += 1;
            self.move_to(self.capacity(), len);
        }
    }

    /// Whether there are slots up to `end` and a few beyond. If there are not, nothing has happened, and there
    /// may be when the coroutine is asked for them.
    #[inline(always)]
    #[must_use]
    pub fn has_room(&mut self, end: usize) -> bool {
        let has_room = end + SLACK <= self.slots.len();
        #[cfg(luster_stress)]
        if has_room {
            self.stress_move();
        }
        has_room
    }

    /// Whether frames may end there, if there is the memory.
    pub fn is_within_limit(&self, end: usize) -> bool {
        end <= self.limit as usize
    }

    /// Makes slots up to `end` and a few beyond, which moves all of them. `beside` is how many bytes
    /// something else is to grow by then. Tells whether that is within the limits.
    #[must_use]
    pub(crate) fn grow(&mut self, end: usize, beside: impl Fn(usize) -> usize) -> bool {
        let limit = self.limit as usize;
        if end > limit {
            return false;
        }
        let (wanted, most) = (end + SLACK, limit + SLACK);
        let (len, capacity) = (self.slots.len(), self.capacity());
        if wanted <= capacity {
            self.show(wanted.max(len + SHOWN).min(capacity).min(most));
            return true;
        }
        // The stress build has no slots to spare, while they are few.
        let ample = if cfg!(luster_stress) && len < FEW_SLOTS { 0 } else { len * 2 };
        let mut larger = wanted.max(ample).min(most);
        // For a moment there may be the new slots beside the old ones, and then the same of what grows
        // with them.
        let bytes = |slots: usize| slots * size_of::<Value<'gc>>();
        let fits = |new: usize| {
            let then = bytes(new) - bytes(capacity) + beside(new);
            new < COUNTED_FILE || account::has_room_for(bytes(new).max(then))
        };
        let doubled = capacity * 2;
        let has_many_frames = capacity >= LONG_FILE / 2 && beside(doubled) > bytes(doubled);
        if capacity >= LONG_FILE || has_many_frames {
            let reservable = reservable();
            let is_reserved = |new: usize| bytes(new).saturating_add(beside(new)) <= reservable;
            let least = wanted.max(capacity + capacity / 4).min(most);
            larger = most;
            while larger > least && !is_reserved(larger) {
                larger -= larger / 8;
            }
            larger = larger.max(least);
            if larger == most {
                // A message handler is not to move them either.
                larger = self.max as usize + HANDLER_SLOTS as usize + SLACK;
            }
        }
        if !fits(larger) {
            larger = wanted.max(capacity + capacity / 16).min(most);
            if !fits(larger) {
                return false;
            }
        }
        let shown = if larger < LONG_FILE { larger } else { wanted.max(len + SHOWN) };
        let shown = shown.min(larger).min(most);
        self.move_to(larger, shown);
        true
    }

    /// Sees to it that the slots that there are stay when a slice ends, since they are about to be used.
    pub fn keep_dead(&mut self) {
        self.is_approached = true;
    }

    /// Hides the slots of a long file that are far above the live ones, which the collector need not
    /// look at then.
    pub fn hide_dead(&mut self) {
        if std::mem::take(&mut self.is_approached) {
            return;
        }
        if self.slots.len() > LONG_FILE && self.live + KEPT < self.slots.len() {
            self.slots.truncate(self.live + KEPT);
        }
    }

    /// Gives the memory of a long file back, of which no slots are alive. Answers how many bytes that are.
    pub(crate) fn release(&mut self) -> usize {
        if self.capacity() <= LONG_FILE {
            return 0;
        }
        let bytes = self.capacity() * size_of::<Value<'gc>>();
        account::looked_at(bytes);
        account::sub(bytes);
        self.slots = Vec::new();
        self.live = 0;
        self.move_to(2 * SLACK, 2 * SLACK);
        bytes
    }

    /// Gives a message handler some more room, or takes it back once nothing stands there.
    pub fn set_handler_room(&mut self, extra: bool) {
        self.limit = if extra { self.max + HANDLER_SLOTS } else { self.max };
        let limit = self.limit as usize;
        self.slots.truncate(limit + SLACK);
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

    /// A number that is another one when the slots have moved: how many there is memory for, since they
    /// move when there is to be more.
    #[inline(always)]
    pub fn placement(&self) -> usize {
        #[cfg(luster_stress)]
        return self.capacity() + self.moves * (2 * MAX_SLOTS);
        #[cfg(not(luster_stress))]
        self.capacity()
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

    /// Copies `count` values from a slot on of another coroutine's registers.
    ///
    /// # Panics
    /// When either place is outside.
    pub fn copy_from(&mut self, source: &RegisterFile<'gc>, from: usize, to: usize, count: usize) {
        let values = source.values(from, count);
        for (slot, &value) in self.slots[to..to + count].iter_mut().zip(values) {
            *slot.get_mut() = value;
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
    /// There must be such a slot: `ThreadState::reserve` has made it once, and slots are only
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
        account::sub(self.capacity() * size_of::<Value<'_>>() + STATE_BYTES);
        // A coroutine is several pieces of memory to be freed.
        account::traced(DROP_WORK);
    }
}

#[cfg(test)]
mod tests {
    use gc_arena::{Arena, Rootable};

    use super::*;
    use crate::string::LuaString;

    fn reserve(file: &mut RegisterFile<'_>, end: usize) -> bool {
        file.has_room(end) || file.grow(end, |_| 0)
    }

    fn integer(value: Value<'_>) -> i64 {
        match value {
            Value::Integer(number) => number,
            other => panic!("not an integer: {other:?}"),
        }
    }

    #[test]
    fn slots_are_read_as_what_they_hold_only() {
        for value in [Value::Nil, Value::True, Value::Integer(-7), Value::float(0.5)] {
            // SAFETY: the value lives until the end of this turn.
            let slot = unsafe { Slot::new(&raw const value) };
            assert!(slot.value().raw_equal(value));
            assert_eq!(slot.integer(), matches!(value, Value::Integer(_)).then_some(-7));
            assert_eq!(slot.float(), matches!(value, Value::Float(_)).then_some(0.5));
        }
    }

    #[test]
    fn windows_see_what_the_file_does_and_the_other_way_round() {
        let mut file = RegisterFile::new(1000);
        for base in [0, 5, 90, 400, 990] {
            assert!(reserve(&mut file, base + 10));
            // SAFETY: so many slots have just been reserved.
            let window = unsafe { file.window(base) };
            for index in 0..10 {
                // SAFETY: as above, and nothing has moved them.
                unsafe { *window.add(index) = Value::Integer((base + index) as i64) };
            }
            let values: Vec<i64> = file.values(base, 10).iter().map(|v| integer(*v)).collect();
            assert_eq!(values, (base as i64..base as i64 + 10).collect::<Vec<_>>());
        }
        assert_eq!(integer(file.get(0)), 0, "growing keeps what is there");
        assert!(!reserve(&mut file, 1001), "the limit holds");
        assert!(reserve(&mut file, 1000));
        file.set_handler_room(true);
        assert!(file.has_handler_room() && reserve(&mut file, 2000));
        file.set(1999, Value::True);
        file.set_handler_room(false);
        assert!(file.len() < 1100 && !reserve(&mut file, 1001));
        assert_eq!(integer(file.get(999)), 999);
        assert!(!file.is_empty() && file.max() == 1000);
    }

    #[test]
    fn a_long_file_shows_what_is_needed_and_keeps_what_is_alive() {
        let mut file = RegisterFile::new(MAX_SLOTS);
        let mut moves = 0;
        for end in (1..=MAX_SLOTS).step_by(999) {
            let before = file.placement();
            assert!(reserve(&mut file, end));
            moves += usize::from(file.placement() != before);
            file.set(end - 1, Value::Integer(end as i64));
            assert!(file.len() <= (end + SLACK).max(2 * LONG_FILE) + SHOWN, "{end} {}", file.len());
        }
        assert!(moves < 20, "{moves}");
        file.set_live(100_000);
        file.hide_dead();
        assert_eq!(file.len(), 100_000 + KEPT);
        assert_eq!(integer(file.get(99_900)), 99_901);
        // What is shown again has nothing in it.
        assert!(reserve(&mut file, 900_000));
        assert!((200_000..900_000).all(|slot| file.get(slot).raw_equal(dead())));
        file.release();
        assert!(file.len() < 100 && reserve(&mut file, 1000));
    }

    #[test]
    fn copies_may_overlap() {
        let mut file = RegisterFile::new(200);
        assert!(reserve(&mut file, 120));
        for (from, to, count) in
            [(0, 3, 5), (3, 0, 5), (0, 3, 50), (3, 0, 50), (10, 10, 4), (7, 60, 0), (0, 60, 50)]
        {
            for index in 0..120 {
                file.set(index, Value::Integer(index as i64));
            }
            file.copy(from, to, count);
            for index in 0..120 {
                let is_target = (to..to + count).contains(&index);
                let expected = if is_target { index - to + from } else { index };
                assert_eq!(integer(file.get(index)), expected as i64, "{from} {to} {count}");
            }
        }
        file.clear(3..7);
        assert!(file.get(3).is_nil() && file.get(6).is_nil() && !file.get(7).is_nil());
    }

    #[test]
    fn tracing_keeps_live_slots_and_leaves_nothing_in_dead_ones() {
        let mut arena = Arena::<Rootable![RegisterFile<'_>]>::new(|mc| {
            let mut file = RegisterFile::new(200);
            assert!(reserve(&mut file, 100));
            for index in 0..100 {
                let text = format!("the string that stands in register {index:>8}");
                let string = LuaString::new_long(mc, text.into_bytes());
                file.set(index, Value::String(string));
            }
            file.set_live(40);
            file
        });
        arena.finish_cycle();
        assert_eq!(arena.metrics().total_gc_count(), 40);
        arena.mutate(|_, file| {
            for index in 0..40 {
                let Value::String(string) = file.get(index) else { panic!("{index}") };
                assert!(string.as_bytes().ends_with(format!(" {index}").as_bytes()));
            }
            assert!((40..100).all(|index| file.get(index).raw_equal(dead())));
        });
    }

    #[test]
    fn a_file_may_be_written_through_the_arena() {
        let mut arena = Arena::<Rootable![RegisterFile<'_>]>::new(|_| RegisterFile::new(200));
        for _ in 0..3 {
            arena.mutate_root(|mc, file| {
                let string = LuaString::new_long(mc, vec![b'x'; 100]);
                file.set(0, Value::String(string));
                file.set_live(1);
            });
            arena.finish_cycle();
            assert_eq!(arena.metrics().total_gc_count(), 1);
        }
    }
}
