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
    alive: RefCell<Vec<Value<'gc>>>,
    /// Resurrected; their finalizers run in this order.
    due: RefCell<VecDeque<Value<'gc>>>,
    /// What both take.
    memory: RefCell<Held>,
}

/// What an object takes here: a value among those that are alive, and room to be moved to the others.
const BYTES: usize = 3 * size_of::<Value<'_>>();

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
            let mut alive = self.alive.borrow_mut();
            if alive.len() == alive.capacity() {
                let more = (alive.len() / 4).max(8);
                alive.reserve_exact(more);
                self.memory.borrow_mut().set(alive.capacity() * BYTES);
            }
            alive.push(value);
        }
    }

    /// Whether any object that has a finalizer is unreachable.
    pub fn has_dead(&self, fc: &Finalization<'gc>) -> bool {
        let alive = self.alive.borrow();
        account::looked_at(alive.len() * size_of::<Value<'_>>());
        account::went_through(alive.len());
        alive.iter().any(|value| value.as_gc().is_some_and(|object| Gc::is_dead(fc, object)))
    }

    /// Moves the dead objects to those whose finalizers are due, the last marked first, and
    /// resurrects them. Tells whether there were any.
    pub fn separate(&self, fc: &Finalization<'gc>) -> bool {
        let mut due = self.due.borrow_mut();
        let before = due.len();
        let mut dead = Vec::new();
        self.alive.borrow_mut().retain(|value| match value.as_gc() {
            Some(object) if Gc::is_dead(fc, object) => {
                dead.push(*value);
                false
            }
            _ => true,
        });
        for value in dead.into_iter().rev() {
            if let Some(object) = value.as_gc() {
                Gc::resurrect(fc, object);
            }
            due.push_back(value);
        }
        due.len() > before
    }

    /// Makes the finalizers of all objects due. Whoever does it sees to it that these are traced: they need not
    /// be marked yet, where what is due has been traced already.
    pub(crate) fn separate_all(&self) {
        self.due.borrow_mut().extend(self.alive.borrow_mut().drain(..).rev());
    }

    /// The next object whose finalizer is due.
    pub fn pop(&self) -> Option<Value<'gc>> {
        let value = self.due.borrow_mut().pop_front()?;
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
