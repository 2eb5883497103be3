//! The frames of a coroutine: a growable stack that the VM pushes to and drops from without asking twice.
//! What a frame is stands in `thread`.
//!
//! What it buys: the running frame is found by one load, where a vector's length has to be multiplied by
//! the size of a frame first, so that calls and returns of Lua functions are a tenth quicker.

use std::ops::{Deref, DerefMut};

use gc_arena::Collect;
use gc_arena::collect::Trace;

use crate::account;
use crate::thread::{Frame, LuaFrame};

/// So many places of a large stack are kept for frames that have to be pushed when there is no memory for
/// more, as those are that an error is caught or shown with.
const SPARE: usize = 16;

/// From how many places on a stack is large.
pub(crate) const MANY_FRAMES: usize = 1 << 12;

/// A coroutine's frames, the running one last.
pub struct Frames<'gc> {
    /// The place after the last one.
    top: *mut Frame<'gc>,
    /// The place that no frame is pushed to before somebody has asked for room: there is no memory from here
    /// on, or what is kept for those that must be pushed.
    end: *mut Frame<'gc>,
    /// The memory. As the vector sees it, it is all spare: see `with_vector`.
    memory: Vec<Frame<'gc>>,
}

// SAFETY: all frames are traced.
unsafe impl<'gc> Collect<'gc> for Frames<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        for frame in self.iter() {
            cc.trace(frame);
        }
    }
}

/// What the collector does with a deep stack; see `scan`.
impl<'gc> Frames<'gc> {
    /// Traces the frames from an index on, up to a Lua function's with which a portion is full. Answers the
    /// index of that one, or nothing when there are no more.
    pub(crate) fn trace_portion<T: Trace<'gc>>(
        &self,
        from: usize,
        is_full: impl Fn(usize, &LuaFrame<'gc>) -> bool,
        cc: &mut T,
    ) -> Option<usize> {
        for (index, frame) in self.iter().enumerate().skip(from) {
            if let Frame::Lua(frame) = frame
                && is_full(index, frame)
            {
                account::traced((index - from) * size_of::<Frame<'gc>>());
                return Some(index);
            }
            cc.trace(frame);
        }
        None
    }

    /// Notes that everything below a Lua function's frame has been traced, and answers the slot in which
    /// that function was called.
    ///
    /// # Panics
    /// When there is no such frame.
    pub(crate) fn note_traced_below(&self, index: usize) -> usize {
        assert!(index < self.len());
        // SAFETY: there is such a frame, of which nobody holds a reference while the collector traces.
        match unsafe { &mut *self.top.sub(self.len() - index) } {
            Frame::Lua(frame) => {
                frame.info = frame.info.traced_below();
                frame.function as usize
            }
            _ => unreachable!("a portion ends at a Lua function's frame"),
        }
    }

    /// Whether that has been noted of a frame that is still there.
    pub(crate) fn is_traced_below(&self, index: usize) -> bool {
        matches!(self.get(index), Some(Frame::Lua(frame)) if frame.info.is_traced_below())
    }
}

impl<'gc> Frames<'gc> {
    /// No frames, and no memory for any.
    pub(crate) fn new() -> Self {
        let mut memory = Vec::new();
        let start = memory.as_mut_ptr();
        Frames { top: start, end: start, memory }
    }

    /// Does something with the frames as a vector.
    fn with_vector<R>(&mut self, act: impl FnOnce(&mut Vec<Frame<'gc>>) -> R) -> R {
        let len = self.len();
        // If it panics, there are no frames, and the vector drops its own with the rest.
        self.top = self.memory.as_mut_ptr();
        // SAFETY: there are as many frames from the start of the memory on, which are the vector's from
        // here on.
        unsafe { self.memory.set_len(len) };
        let result = act(&mut self.memory);
        let (len, capacity) = (self.memory.len(), self.memory.capacity());
        // SAFETY: fewer than there are; the others are this stack's from here on.
        unsafe { self.memory.set_len(0) };
        let start = self.memory.as_mut_ptr();
        self.top = start.wrapping_add(len);
        let kept = if capacity < MANY_FRAMES { 0 } else { SPARE };
        self.end = start.wrapping_add((capacity - kept).max(len));
        result
    }

    /// How many frames there are.
    #[inline]
    pub fn len(&self) -> usize {
        (self.top.addr() - self.memory.as_ptr().addr()) / size_of::<Frame<'gc>>()
    }

    /// The address where they end: another one when frames have been pushed or dropped, or all have moved.
    #[inline(always)]
    pub fn end_address(&self) -> usize {
        self.top.addr()
    }

    /// Whether there are none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.top.cast_const() == self.memory.as_ptr()
    }

    /// The running frame.
    #[inline(always)]
    pub fn last(&self) -> Option<&Frame<'gc>> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: there is a frame before the top.
        Some(unsafe { &*self.top.sub(1) })
    }

    /// The running frame, to change.
    #[inline(always)]
    pub fn last_mut(&mut self) -> Option<&mut Frame<'gc>> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: as for `last`.
        Some(unsafe { &mut *self.top.sub(1) })
    }

    /// The running frame, which is a Lua function's.
    ///
    /// # Safety
    /// It has to be.
    #[inline(always)]
    pub unsafe fn running(&mut self) -> &mut LuaFrame<'gc> {
        debug_assert!(matches!(self.last(), Some(Frame::Lua(_))));
        // SAFETY: there is a last frame, as the caller promises.
        match unsafe { &mut *self.top.sub(1) } {
            Frame::Lua(frame) => frame,
            // SAFETY: the caller's promise.
            _ => unsafe { std::hint::unreachable_unchecked() },
        }
    }

    /// Whether another frame can be pushed.
    #[inline(always)]
    pub fn has_room(&self) -> bool {
        self.top != self.end
    }

    /// Pushes a frame, which `make` builds where it belongs: built elsewhere and copied by wider moves than
    /// it was written by, it would have to wait for its own parts.
    ///
    /// # Safety
    /// There must be room for it.
    #[inline(always)]
    pub unsafe fn push_unchecked(&mut self, make: impl FnOnce() -> Frame<'gc>) {
        debug_assert!(self.has_room());
        // SAFETY: there is room, as the caller promises.
        unsafe { self.top.write(make()) };
        self.top = self.top.wrapping_add(1);
    }

    /// Drops the running frame, which is a Lua function's.
    ///
    /// # Safety
    /// It has to be.
    #[inline(always)]
    pub unsafe fn pop_running(&mut self) {
        debug_assert!(matches!(self.last(), Some(Frame::Lua(_))));
        // A Lua function's frame is `Copy`: there is nothing to drop.
        self.top = self.top.wrapping_sub(1);
    }

    /// Pushes a frame.
    #[inline]
    pub fn push(&mut self, frame: Frame<'gc>) {
        if !self.has_room() && !self.use_spare() {
            self.reserve_exact((self.len() / 16).max(4));
        }
        // SAFETY: there is room, just made sure of: where places are kept, fewer are than have been reserved.
        unsafe { self.push_unchecked(|| frame) };
    }

    /// Makes room for a frame that must be pushed in what is kept for those. Tells whether there was any.
    #[cold]
    pub(crate) fn use_spare(&mut self) -> bool {
        let has_spare = self.len() < self.capacity();
        if has_spare {
            self.end = self.end.max(self.top.wrapping_add(1));
        }
        has_spare
    }

    /// Takes the running frame away.
    #[inline]
    pub fn pop(&mut self) -> Option<Frame<'gc>> {
        if self.is_empty() {
            return None;
        }
        self.top = self.top.wrapping_sub(1);
        // SAFETY: it was the last frame, and is the caller's now.
        Some(unsafe { self.top.read() })
    }

    /// Drops all frames but the first ones.
    pub fn truncate(&mut self, len: usize) {
        self.with_vector(|vector| vector.truncate(len));
    }

    /// Drops all frames.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// For how many frames there is memory.
    pub fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    /// Makes memory for so many more frames.
    #[inline(never)]
    pub fn reserve_exact(&mut self, more: usize) {
        self.with_vector(|vector| vector.reserve_exact(more));
    }

    /// Gives back the memory for more than so many frames.
    pub(crate) fn shrink_to(&mut self, capacity: usize) {
        self.with_vector(|vector| vector.shrink_to(capacity));
    }
}

impl<'gc> Deref for Frames<'gc> {
    type Target = [Frame<'gc>];

    #[inline]
    fn deref(&self) -> &[Frame<'gc>] {
        // SAFETY: there are as many frames from the start of the memory on.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr(), self.len()) }
    }
}

impl DerefMut for Frames<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: as for `deref`.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_mut_ptr(), self.len()) }
    }
}

impl Drop for Frames<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::Pause;
    use crate::thread::{FinalizerFrame, HandlerFrame};
    use crate::value::Value;

    fn numbered<'gc>(number: u32) -> Frame<'gc> {
        Frame::Finalizer(FinalizerFrame { saved_top: number, function: 0, pause: Pause::No })
    }

    fn number(frame: Option<&Frame<'_>>) -> Option<u32> {
        match frame? {
            Frame::Finalizer(frame) => Some(frame.saved_top),
            _ => None,
        }
    }

    #[test]
    fn frames_are_a_stack() {
        let mut frames = Frames::new();
        assert!(frames.is_empty() && !frames.has_room() && frames.last().is_none());
        assert!(frames.pop().is_none() && frames.last_mut().is_none());
        for n in 0..100 {
            frames.push(numbered(n));
            assert_eq!(frames.len(), n as usize + 1);
            assert_eq!(number(frames.last()), Some(n));
            assert!(frames.capacity() >= frames.len());
        }
        assert_eq!(number(frames.get(37)), Some(37));
        assert_eq!(number(frames.pop().as_ref()), Some(99));
        frames.truncate(50);
        assert_eq!((frames.len(), number(frames.last())), (50, Some(49)));
        if let Some(frame) = frames.last_mut() {
            *frame = numbered(7);
        }
        assert_eq!(number(frames.last()), Some(7));
        frames.shrink_to(60);
        assert!(frames.capacity() < 100);
        assert_eq!((frames.len(), number(frames.first())), (50, Some(0)));
        frames.clear();
        assert!(frames.is_empty() && frames.has_room());
    }

    #[test]
    fn frames_are_pushed_in_place_where_there_is_room() {
        let mut frames = Frames::new();
        frames.reserve_exact(2);
        assert!(frames.has_room());
        // SAFETY: there is room.
        unsafe { frames.push_unchecked(|| numbered(1)) };
        assert_eq!((frames.len(), number(frames.last())), (1, Some(1)));
    }

    #[test]
    fn a_large_stack_keeps_places_for_what_must_be_pushed() {
        let mut frames = Frames::new();
        frames.reserve_exact(MANY_FRAMES);
        let (capacity, mut count) = (frames.capacity(), 0);
        let mut fill = |frames: &mut Frames<'_>| {
            while frames.has_room() {
                // SAFETY: there is room.
                unsafe { frames.push_unchecked(|| numbered(count)) };
                count += 1;
            }
            frames.len()
        };
        assert_eq!(fill(&mut frames), capacity - SPARE);
        for used in 1..=SPARE {
            assert!(frames.use_spare() && frames.has_room());
            assert_eq!(fill(&mut frames), capacity - SPARE + used);
        }
        assert!(!frames.use_spare() && !frames.has_room());
        assert_eq!(number(frames.last()), Some(capacity as u32 - 1));
        // What is kept is kept again when frames have been dropped, as far as they have.
        frames.truncate(capacity - 2);
        assert!(!frames.has_room() && frames.use_spare() && frames.has_room());
        frames.truncate(capacity - 2 * SPARE);
        assert!(frames.has_room());
        frames.push(numbered(0));
        assert_eq!(frames.capacity(), capacity);
    }

    #[test]
    fn a_stack_of_frames_drops_what_it_holds() {
        let mut frames = Frames::new();
        let handler = Value::Integer(1);
        frames.push(Frame::Handler(HandlerFrame { handler, top: 0, catcher: 0, depth: 1 }));
        frames.push(Frame::Bottom);
        drop(frames);
    }
}
