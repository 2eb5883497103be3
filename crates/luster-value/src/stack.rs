//! What a callback sees: its arguments, which it replaces by its results, in place.
//!
//! Checking and converting arguments as the reference does is in `arguments`.

use crate::account;
use crate::thread::{Thread, ThreadState};
use crate::value::Value;

/// A callback's values: first its arguments, when it returns its results.
///
/// Indices are from 0. Reading beyond the end gives nil, as missing arguments are.
pub struct Stack<'a, 'gc> {
    state: &'a mut ThreadState<'gc>,
    thread: Thread<'gc>,
    base: usize,
    len: usize,
}

impl<'a, 'gc> Stack<'a, 'gc> {
    /// The stack of a callback or sequence: `len` values of a thread's registers from `base` on.
    pub fn new(
        state: &'a mut ThreadState<'gc>,
        thread: Thread<'gc>,
        base: usize,
        len: usize,
    ) -> Self {
        Stack { state, thread, base, len }
    }

    /// How many values there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A value, nil beyond the end.
    #[inline]
    pub fn get(&self, index: usize) -> Value<'gc> {
        if index < self.len { self.state.registers.get(self.base + index) } else { Value::Nil }
    }

    /// Sets a value; what is between the end and it becomes nil.
    ///
    /// # Panics
    /// When the index is not below the limit of stack slots; see [`reserve`](Self::reserve).
    #[inline]
    pub fn set(&mut self, index: usize, value: Value<'gc>) {
        if index >= self.len {
            self.resize(index + 1);
        }
        self.state.registers.set(self.base + index, value);
    }

    /// Makes sure that `more` values can be pushed. Tells whether they can: if not, the reference
    /// says "stack overflow" or "too many results to unpack".
    #[must_use]
    pub fn reserve(&mut self, more: usize) -> bool {
        match self.base.checked_add(self.len).and_then(|top| top.checked_add(more)) {
            Some(top) if top <= self.state.registers.max() => self.state.reserve(top),
            _ => false,
        }
    }

    /// Whether `more` values may be pushed, for which there has to be the memory when it comes to that.
    #[must_use]
    pub fn has_room_for(&self, more: usize) -> bool {
        let top = (self.base + self.len).saturating_add(more);
        top <= self.state.registers.max()
    }

    /// Appends a value.
    ///
    /// # Panics
    /// When the stack is full: [`reserve`](Self::reserve) before pushing more than a few.
    #[inline]
    pub fn push(&mut self, value: Value<'gc>) {
        let top = self.base + self.len;
        if top >= self.state.registers.len() {
            let has_room = account::beyond_limit(|| self.state.reserve(top));
            assert!(has_room, "more stack slots than the limit");
        }
        self.state.registers.set(top, value);
        self.len += 1;
    }

    /// Removes and returns the last value; nil when there is none.
    pub fn pop(&mut self) -> Value<'gc> {
        match self.len.checked_sub(1) {
            Some(len) => {
                self.len = len;
                self.state.registers.get(self.base + len)
            }
            None => Value::Nil,
        }
    }

    /// Makes the number of values `len`, dropping the last ones or adding nils.
    ///
    /// # Panics
    /// When that is more than the limit of stack slots.
    pub fn resize(&mut self, len: usize) {
        if len > self.len {
            let has_room = account::beyond_limit(|| self.state.reserve(self.base + len));
            assert!(has_room, "more slots than the limit");
            self.state.registers.clear(self.base + self.len..self.base + len);
        }
        self.len = len;
    }

    /// Removes all values.
    #[inline]
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Replaces all values by one.
    #[inline]
    pub fn replace(&mut self, value: Value<'gc>) {
        self.state.registers.set(self.base, value);
        self.len = 1;
    }

    /// Replaces all values by two.
    #[inline]
    pub fn replace2(&mut self, first: Value<'gc>, second: Value<'gc>) {
        self.clear();
        self.push(first);
        self.push(second);
    }

    /// Replaces all values by three.
    #[inline]
    pub fn replace3(&mut self, first: Value<'gc>, second: Value<'gc>, third: Value<'gc>) {
        self.clear();
        self.push(first);
        self.push(second);
        self.push(third);
    }

    /// Puts a value before the one at `index`.
    pub fn insert(&mut self, index: usize, value: Value<'gc>) {
        let index = index.min(self.len);
        self.push(Value::Nil);
        let from = self.base + index;
        self.state.registers.copy(from, from + 1, self.len - 1 - index);
        self.state.registers.set(from, value);
    }

    /// Removes the value at `index` and returns it; nil when there is none.
    pub fn remove(&mut self, index: usize) -> Value<'gc> {
        if index >= self.len {
            return Value::Nil;
        }
        let from = self.base + index;
        let value = self.state.registers.get(from);
        self.state.registers.copy(from + 1, from, self.len - 1 - index);
        self.len -= 1;
        value
    }

    /// Removes the first `count` values.
    pub fn drop_front(&mut self, count: usize) {
        let count = count.min(self.len);
        self.state.registers.copy(self.base + count, self.base, self.len - count);
        self.len -= count;
    }

    /// The values as they stand.
    #[inline]
    pub fn as_slice(&self) -> &[Value<'gc>] {
        self.state.registers.values(self.base, self.len)
    }

    /// The values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value<'gc>> + '_ {
        (0..self.len).map(|index| self.get(index))
    }

    /// Appends values.
    ///
    /// # Panics
    /// As [`push`](Self::push).
    pub fn extend(&mut self, values: impl IntoIterator<Item = Value<'gc>>) {
        for value in values {
            self.push(value);
        }
    }

    /// Charges work to the script's fuel: one unit for about 64 bytes or one element.
    #[inline]
    pub fn burn(&mut self, units: usize) {
        self.state.fuel = self.state.fuel.saturating_sub_unsigned(units as u64);
    }

    /// Whether the slice's fuel is used up, so that a sequence should return
    /// [`Poll::Pending`](crate::Poll::Pending).
    #[inline]
    pub fn out_of_fuel(&self) -> bool {
        self.state.fuel < 0
    }

    /// The running coroutine.
    #[inline]
    pub fn thread(&self) -> Thread<'gc> {
        self.thread
    }

    /// The state of the running coroutine, whose own borrow is taken.
    #[inline]
    pub fn thread_state(&self) -> &ThreadState<'gc> {
        self.state
    }

    /// The state of the running coroutine, to change; see `insides`.
    #[inline]
    pub(crate) fn borrow_state_mut(&mut self) -> &mut ThreadState<'gc> {
        self.state
    }

    /// The index of the first value in the coroutine's registers.
    pub fn base(&self) -> usize {
        self.base
    }
}
