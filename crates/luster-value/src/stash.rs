//! Values held from outside the arena.
//!
//! A handle owns a slot; dropping it puts the slot's number on a queue of plain numbers, from which
//! the slot is used again. So handles are `'static`, may be dropped anywhere, and never touch the
//! arena when they are.

use std::cell::RefCell;
use std::rc::Rc;

use gc_arena::Collect;
use gc_arena::collect::Trace;

use crate::context::Context;
use crate::value::Value;

/// The slots of a VM's handles.
#[derive(Default)]
pub struct Stash<'gc> {
    slots: RefCell<Vec<Value<'gc>>>,
    released: Rc<RefCell<Vec<usize>>>,
}

// SAFETY: all slots are traced, and `stash` runs the write barrier of the state that holds them.
unsafe impl<'gc> Collect<'gc> for Stash<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        let mut slots = self.slots.borrow_mut();
        for &index in self.released.borrow().iter() {
            slots[index] = Value::Nil;
        }
        for value in slots.iter() {
            cc.trace(value);
        }
    }
}

/// A value held from outside the arena, until dropped.
#[derive(Debug)]
pub struct Stashed {
    index: usize,
    released: Rc<RefCell<Vec<usize>>>,
}

impl Drop for Stashed {
    fn drop(&mut self) {
        self.released.borrow_mut().push(self.index);
    }
}

impl Stashed {
    /// Whether both belong to the same VM.
    pub fn same_vm(&self, other: &Stashed) -> bool {
        Rc::ptr_eq(&self.released, &other.released)
    }
}

impl<'gc> Context<'gc> {
    /// Holds a value from outside the arena.
    pub fn stash_value(self, value: Value<'gc>) -> Stashed {
        self.write_state();
        let stash = self.stash();
        let mut slots = stash.slots.borrow_mut();
        let index = match stash.released.borrow_mut().pop() {
            Some(index) => {
                slots[index] = value;
                index
            }
            None => {
                slots.push(value);
                slots.len() - 1
            }
        };
        Stashed { index, released: stash.released.clone() }
    }

    /// The value that a handle holds, or `None` when the handle belongs to another VM.
    pub fn fetch(self, handle: &Stashed) -> Option<Value<'gc>> {
        let stash = self.stash();
        Rc::ptr_eq(&stash.released, &handle.released).then(|| stash.slots.borrow()[handle.index])
    }
}
