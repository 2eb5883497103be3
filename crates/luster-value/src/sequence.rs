//! Callbacks that take several steps: call Lua, yield, and go on where they left off.

use gc_arena::collect::DynCollect;

use crate::context::Context;
use crate::error::Error;
use crate::stack::Stack;
use crate::value::Value;

/// What the VM is to do after a step of a [`Sequence`].
pub enum Poll<'gc> {
    /// The sequence is done: return to its caller what is on its stack.
    Return,
    /// Call a function with the values from index `bottom` of the sequence's stack on, put the
    /// results in their place, and poll again. What is below `bottom` stays.
    Call(Value<'gc>, usize),
    /// The same with the function at the index and the arguments behind it, where they need not be
    /// moved.
    CallInPlace(usize),
    /// The sequence is done: call a function with what is on its stack, in its place.
    TailCall(Value<'gc>),
    /// Suspend the running coroutine, handing out the values from index `bottom` of the sequence's
    /// stack on; what it is resumed with is put in their place, and the sequence is polled again.
    Yield(usize),
    /// Poll again after the VM had a chance to stop: the sequence has done much work in this step.
    Pending,
    /// Poll again when the host goes on with the execution, which is told that something waits for
    /// it: for a future to be ready, say.
    Wait,
}

/// A state machine that the VM polls: the way for a callback to call Lua functions.
///
/// It has a stack of its own values, which stays from poll to poll, and traces what it holds.
/// State machines should burn fuel ([`Stack::burn`]) for long work and return [`Poll::Pending`]
/// now and then, so that a script can be stopped inside them.
pub trait Sequence<'gc>: DynCollect<'gc> {
    /// Takes the next step.
    ///
    /// # Errors
    /// An error ends the sequence and is raised in its caller.
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>>;

    /// Takes an error of the function that it called. By default the sequence ends and the error
    /// goes on to its caller.
    ///
    /// # Errors
    /// As for [`Sequence::poll`].
    fn error(
        &mut self,
        ctx: Context<'gc>,
        error: Error<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let _ = (ctx, stack);
        Err(error)
    }

    /// Takes out the sequence that does everything that is left, if this one has only been passing
    /// everything on to it. Whoever does the same for this one need not pass through both then.
    fn take_delegate(&mut self) -> Option<BoxSequence<'gc>> {
        None
    }

    /// Whether it wants to see errors at all: only then `error` is called.
    fn catches_errors(&self) -> bool {
        false
    }
}

gc_arena::collect::dyn_collect!(dyn Sequence<'gc> + 'gc);

/// A sequence behind a pointer.
pub type BoxSequence<'gc> = Box<dyn Sequence<'gc> + 'gc>;
