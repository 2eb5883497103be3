//! The insides of functions and coroutines, which are the VM's to change and its library's.
//!
//! The VM relies on what stands there: that frames have their registers, and that instructions and
//! what they have learnt are those that were verified. So this is not for hosts. The facade shows
//! the types and not these traits, without which nobody gets at the insides.

use std::cell::RefMut;

use gc_arena::{Gc, Mutation};

use crate::closure::{Closure, Code};
use crate::stack::Stack;
use crate::thread::{Thread, ThreadState};

/// The insides of a function.
pub trait ClosureInsides<'gc> {
    /// Its code.
    fn code(self) -> Gc<'gc, Code<'gc>>;
}

impl<'gc> ClosureInsides<'gc> for Closure<'gc> {
    #[inline(always)]
    fn code(self) -> Gc<'gc, Code<'gc>> {
        self.linked_code()
    }
}

/// The insides of a coroutine.
pub trait ThreadInsides<'gc> {
    /// Its state, to change; with the write barrier that this takes.
    ///
    /// Returns `None` while it runs.
    fn state_mut(self, mc: &Mutation<'gc>) -> Option<RefMut<'gc, ThreadState<'gc>>>;
}

impl<'gc> ThreadInsides<'gc> for Thread<'gc> {
    #[inline(always)]
    fn state_mut(self, mc: &Mutation<'gc>) -> Option<RefMut<'gc, ThreadState<'gc>>> {
        self.borrow_state_mut(mc)
    }
}

/// The insides of the coroutine that calls a callback.
pub trait StackInsides<'gc> {
    /// The state of the running coroutine, to change: what `debug` needs.
    fn thread_state_mut(&mut self) -> &mut ThreadState<'gc>;
}

impl<'gc> StackInsides<'gc> for Stack<'_, 'gc> {
    #[inline]
    fn thread_state_mut(&mut self) -> &mut ThreadState<'gc> {
        self.borrow_state_mut()
    }
}
