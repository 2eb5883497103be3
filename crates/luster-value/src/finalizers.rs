//! Objects with a `__gc` metamethod: those that are alive, and those whose finalizer is due.

use std::cell::RefCell;
use std::collections::VecDeque;

use gc_arena::collect::Trace;
use gc_arena::{Collect, Finalization, Gc};

use crate::account::{self, Held};
use crate::value::Value;

/// The objects to be finalized.
#[derive(Default)]
pub struct Finalizers<'gc> {
    /// Held weakly, in the order in which they were marked for finalization.
    alive: RefCell<List<'gc>>,
    /// Resurrected; their finalizers run in this order.
    due: RefCell<List<'gc>>,
    /// What both take, and the place that those that are alive will take among those that are due.
    memory: RefCell<Held>,
}

// SAFETY: `due` is traced. `alive` is held weakly: `separate` takes out everything unmarked before
// the sweep of each cycle (the collection driver upholds this), so nothing freed stays in it. What
// `separate` puts into `due` it marks itself, and before `separate_all` there is a barrier.
unsafe impl<'gc> Collect<'gc> for Finalizers<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        for value in self.due.borrow().iter() {
            cc.trace(value);
        }
    }
}

impl<'gc> Finalizers<'gc> {
    /// Marks an object (a table or userdata) for finalization, once.
    pub fn add(&self, value: Value<'gc>) {
        let is_new = match value {
            Value::Table(table) => table.note_finalizer(),
            Value::UserData(userdata) => userdata.note_finalizer(),
            _ => false,
        };
        if is_new {
            let has_grown = self.alive.borrow_mut().push_back(value);
            if has_grown {
                self.count_memory();
            }
        }
    }

    /// Counts what is held.
    #[cold]
    fn count_memory(&self) {
        let values = 2 * self.alive.borrow().capacity() + self.due.borrow().capacity();
        self.memory.borrow_mut().set(values * size_of::<Value<'_>>());
    }

    /// Whether any object that has a finalizer is unreachable.
    pub fn has_dead(&self, fc: &Finalization<'gc>) -> bool {
        let alive = self.alive.borrow();
        account::looked_at(alive.len() * size_of::<Value<'_>>());
        account::went_through(alive.len());
        alive.iter().any(|value| is_dead(value, fc))
    }

    /// Moves the dead objects to those whose finalizers are due, the last marked first, and
    /// resurrects them. Tells whether there were any.
    pub fn separate(&self, fc: &Finalization<'gc>) -> bool {
        let dead = {
            let (mut alive, mut due) = (self.alive.borrow_mut(), self.due.borrow_mut());
            let before = due.len();
            alive.iter().rev().filter(|value| is_dead(value, fc)).for_each(|&value| {
                due.push_back(value);
            });
            let dead = due.len() - before;
            if dead > 0 {
                alive.retain(|value| !is_dead(value, fc));
            }
            due.iter().rev().take(dead).filter_map(|value| value.as_gc()).for_each(|object| {
                Gc::resurrect(fc, object);
            });
            dead
        };
        self.count_memory();
        dead > 0
    }

    /// Makes the finalizers of all objects due. Whoever does it sees to it that these are traced: they need not
    /// be marked yet, where what is due has been traced already.
    pub(crate) fn separate_all(&self) {
        let alive = self.alive.take();
        let mut due = self.due.borrow_mut();
        for &value in alive.iter().rev() {
            due.push_back(value);
        }
        drop(due);
        self.count_memory();
    }

    /// The next object whose finalizer is due.
    pub fn pop(&self) -> Option<Value<'gc>> {
        let (value, is_chunk_freed) = {
            let mut due = self.due.borrow_mut();
            (due.pop_front()?, due.taken == 0)
        };
        if is_chunk_freed {
            self.count_memory();
        }
        match value {
            Value::Table(table) => table.forget_finalizer(),
            Value::UserData(userdata) => userdata.forget_finalizer(),
            _ => {}
        }
        Some(value)
    }

    /// Whether any finalizer is due.
    #[inline]
    pub fn is_due(&self) -> bool {
        !self.due.borrow().is_empty()
    }
}

/// Whether nothing that is marked holds an object.
fn is_dead<'gc>(value: &Value<'gc>, fc: &Finalization<'gc>) -> bool {
    value.as_gc().is_some_and(|object| Gc::is_dead(fc, object))
}

/// How many values a full chunk holds.
const CHUNK: usize = 1 << 10;

/// A list of values that grows by a chunk at a time, so that very many of them are never moved, and there are
/// not two of them while it grows. All chunks are full but the last one.
#[derive(Default)]
struct List<'gc> {
    chunks: VecDeque<Vec<Value<'gc>>>,
    /// How many values of the first chunk have been taken.
    taken: usize,
}

impl<'gc> List<'gc> {
    /// How many values there are.
    fn len(&self) -> usize {
        let last = self.chunks.back().map_or(0, Vec::len);
        self.chunks.len().saturating_sub(1) * CHUNK + last - self.taken
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// How many values there is memory for. A single chunk may be smaller than the others.
    fn capacity(&self) -> usize {
        let last = self.chunks.back().map_or(0, Vec::capacity);
        self.chunks.len().saturating_sub(1) * CHUNK + last
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &Value<'gc>> {
        let taken = self.taken;
        self.chunks.iter().enumerate().flat_map(move |(index, chunk)| match index {
            0 => chunk[taken..].iter(),
            _ => chunk.iter(),
        })
    }

    /// Appends a value. Tells whether there is memory for more now.
    #[inline]
    fn push_back(&mut self, value: Value<'gc>) -> bool {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.len() < chunk.capacity().min(CHUNK) => {
                chunk.push(value);
                return false;
            }
            Some(chunk) if chunk.len() < CHUNK => chunk.push(value),
            last => {
                let mut chunk = Vec::with_capacity(if last.is_some() { CHUNK } else { 4 });
                chunk.push(value);
                self.chunks.push_back(chunk);
            }
        }
        true
    }

    #[inline]
    fn pop_front(&mut self) -> Option<Value<'gc>> {
        let chunk = self.chunks.front()?;
        let value = chunk[self.taken];
        self.taken += 1;
        if self.taken == chunk.len() {
            self.chunks.pop_front();
            self.taken = 0;
        }
        Some(value)
    }

    /// Takes out all values but some of a list of which none has been taken at the front.
    fn retain(&mut self, is_kept: impl Fn(&Value<'gc>) -> bool) {
        assert_eq!(self.taken, 0);
        let mut kept = 0;
        for read in 0..self.len() {
            let value = self.chunks[read / CHUNK][read % CHUNK];
            if is_kept(&value) {
                self.chunks[kept / CHUNK][kept % CHUNK] = value;
                kept += 1;
            }
        }
        self.chunks.truncate(kept.div_ceil(CHUNK));
        if let Some(last) = self.chunks.back_mut() {
            last.truncate((kept - 1) % CHUNK + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(numbers: std::ops::Range<i64>) -> List<'static> {
        let mut list = List::default();
        for number in numbers {
            let capacity = list.capacity();
            assert_eq!(list.push_back(Value::Integer(number)), list.capacity() > capacity);
        }
        list
    }

    fn number(value: &Value<'_>) -> i64 {
        match value {
            Value::Integer(number) => *number,
            value => panic!("{}", value.type_name()),
        }
    }

    fn numbers(list: &List<'_>) -> Vec<i64> {
        list.iter().map(number).collect()
    }

    fn last(list: &List<'_>) -> Option<i64> {
        list.iter().next_back().map(number)
    }

    fn take(list: &mut List<'_>) -> Option<i64> {
        list.pop_front().as_ref().map(number)
    }

    #[test]
    fn a_list_takes_at_the_front_what_came_first() {
        for count in [0, 1, 5, CHUNK as i64, CHUNK as i64 + 1, 3 * CHUNK as i64] {
            let mut list = list(0..count);
            assert!(list.capacity() >= list.len());
            for number in 0..count {
                assert_eq!(list.len() as i64, count - number);
                assert_eq!(last(&list), Some(count - 1));
                assert_eq!(take(&mut list), Some(number));
            }
            assert!(list.is_empty() && list.pop_front().is_none() && list.capacity() == 0);
        }
    }

    #[test]
    fn a_list_goes_on_at_the_end_while_values_are_taken() {
        let mut list = list(0..2000);
        for number in 0..5000 {
            assert_eq!(take(&mut list), Some(number));
            list.push_back(Value::Integer(number + 2000));
        }
        assert_eq!(numbers(&list), Vec::from_iter(5000..7000));
        assert!(list.capacity() <= 2000 + 2 * CHUNK);
    }

    #[test]
    fn a_list_keeps_what_is_to_stay_in_order() {
        for (count, divisor) in [(0, 1), (3000, 1), (3000, 3), (3000, 4000), (2048, 2), (1, 1)] {
            let mut list = list(0..count);
            list.retain(|value| number(value) % divisor == divisor - 1);
            let kept: Vec<_> = (0..count).filter(|n| n % divisor == divisor - 1).collect();
            assert_eq!((numbers(&list), list.len()), (kept.clone(), kept.len()));
            list.push_back(Value::Integer(-1));
            assert_eq!(last(&list), Some(-1));
        }
    }
}
