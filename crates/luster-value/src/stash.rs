//! Values held from outside the arena.
//!
//! A handle owns a share in a slot; when the last one is dropped, the slot's number goes on a queue
//! of plain numbers, from which the slot is used again. So handles are `'static`, may be cloned and
//! dropped anywhere, and never touch the arena when they are.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use gc_arena::Collect;
use gc_arena::collect::Trace;

use crate::context::Context;
use crate::value::Value;

/// The part of a stash that handles share: who uses which slot.
#[derive(Debug, Default)]
struct Shares {
    counts: Vec<u32>,
    released: Vec<usize>,
}

/// The slots of a VM's handles.
#[derive(Default)]
pub struct Stash<'gc> {
    slots: RefCell<Vec<Value<'gc>>>,
    shares: Rc<RefCell<Shares>>,
    /// The slots of handles that other threads have dropped.
    remote: Arc<Mutex<Vec<usize>>>,
}

// SAFETY: all slots are traced, and `stash` runs the write barrier of the state that holds them.
unsafe impl<'gc> Collect<'gc> for Stash<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        self.take_remote();
        let mut slots = self.slots.borrow_mut();
        for &index in &self.shares.borrow().released {
            slots[index] = Value::Nil;
        }
        for value in slots.iter() {
            cc.trace(value);
        }
    }
}

impl<'gc> Stash<'gc> {
    /// Puts the slots that other threads have released with the others.
    fn take_remote(&self) {
        let mut remote = self.remote.lock().unwrap_or_else(PoisonError::into_inner);
        if !remote.is_empty() {
            self.shares.borrow_mut().released.append(&mut remote);
        }
    }

    /// Puts a value into a slot that nobody uses.
    fn put(&self, value: Value<'gc>) -> usize {
        let mut slots = self.slots.borrow_mut();
        let mut shares = self.shares.borrow_mut();
        match shares.released.pop() {
            Some(index) => {
                slots[index] = value;
                shares.counts[index] = 1;
                index
            }
            None => {
                slots.push(value);
                shares.counts.push(1);
                slots.len() - 1
            }
        }
    }

    /// The values that handles hold, with the number of handles of each.
    pub fn held(&self) -> Vec<(Value<'gc>, u32)> {
        self.take_remote();
        let shares = self.shares.borrow();
        let mut counts = shares.counts.clone();
        for &index in &shares.released {
            counts[index] = 0;
        }
        let slots = self.slots.borrow();
        slots.iter().copied().zip(counts).filter(|(_, count)| *count > 0).collect()
    }
}

/// A value held from outside the arena, until all clones of the handle are dropped.
#[derive(Debug)]
pub struct Stashed {
    index: usize,
    shares: Rc<RefCell<Shares>>,
}

impl Clone for Stashed {
    fn clone(&self) -> Self {
        self.shares.borrow_mut().counts[self.index] += 1;
        Stashed { index: self.index, shares: self.shares.clone() }
    }
}

impl Drop for Stashed {
    fn drop(&mut self) {
        let mut shares = self.shares.borrow_mut();
        shares.counts[self.index] -= 1;
        if shares.counts[self.index] == 0 {
            shares.released.push(self.index);
        }
    }
}

impl Stashed {
    /// Whether both belong to the same VM.
    pub fn same_vm(&self, other: &Stashed) -> bool {
        Rc::ptr_eq(&self.shares, &other.shares)
    }
}

/// A value held by what may be on another thread, where nothing can be done with it but dropping it.
#[derive(Debug)]
pub struct RemoteStashed {
    index: usize,
    remote: Arc<Mutex<Vec<usize>>>,
}

impl Drop for RemoteStashed {
    fn drop(&mut self) {
        self.remote.lock().unwrap_or_else(PoisonError::into_inner).push(self.index);
    }
}

impl<'gc> Context<'gc> {
    /// Holds a value from outside the arena.
    pub fn stash_value(self, value: Value<'gc>) -> Stashed {
        self.write_state();
        let stash = self.stash();
        Stashed { index: stash.put(value), shares: stash.shares.clone() }
    }

    /// The value that a handle holds, or `None` when the handle belongs to another VM.
    #[inline]
    pub fn fetch(self, handle: &Stashed) -> Option<Value<'gc>> {
        let stash = self.stash();
        if !Rc::ptr_eq(&stash.shares, &handle.shares) {
            return None;
        }
        // Not by an index that could panic, so that the borrowing costs nothing.
        stash.slots.borrow().get(handle.index).copied()
    }

    /// Holds a value for what may go to another thread.
    pub fn stash_remotely(self, value: Value<'gc>) -> RemoteStashed {
        self.write_state();
        let stash = self.stash();
        stash.take_remote();
        RemoteStashed { index: stash.put(value), remote: stash.remote.clone() }
    }

    /// The value that a handle holds, or `None` when the handle belongs to another VM.
    pub fn fetch_remote(self, handle: &RemoteStashed) -> Option<Value<'gc>> {
        let stash = self.stash();
        Arc::ptr_eq(&stash.remote, &handle.remote).then(|| stash.slots.borrow()[handle.index])
    }
}
