//! What is tried again after a full collection, when there was no memory for it at first: instructions
//! that have not changed anything yet, concatenations, and the library's functions that say of
//! themselves that they can begin anew.
//!
//! Nothing can be collected while a slice runs. So what was refused ends the slice, wishes for a
//! collection (`account::wish_collection`), and begins again in the next one. What is refused again
//! fails. Everything else fails at once.

use gc_arena::Collect;
use luster_bytecode::Op;
use luster_value::{
    BoxSequence, Callback, CallbackReturn, Context, Error, Frame, Poll, Raised, ReturnKind,
    Sequence, Stack, Value, account,
};

use crate::concat::Concatenation;
use crate::run::{Control, Flow, Run};

impl<'gc> Run<'gc> {
    /// Calls a callback again after a collection, if it has failed for want of memory, is one that can
    /// be, and all of its `argc` arguments are still there. Or gives the error back.
    #[cold]
    #[inline(never)]
    pub(crate) fn call_again(
        &mut self,
        error: Error<'gc>,
        callback: Callback<'gc>,
        function: usize,
        argc: usize,
        count: usize,
        returns: ReturnKind,
    ) -> Result<(), Error<'gc>> {
        if !is_memory(&error)
            || count != argc
            || !callback.is_restartable()
            || self.state.tracing.is_on()
            || !account::wish_collection()
        {
            return Err(error);
        }
        let again = Box::new(CallAgain { callback, state: State::Waits });
        self.push_sequence(again, Value::Callback(callback), function, returns)?;
        self.wait_for_collection(function + 1, argc);
        Ok(())
    }

    /// Ends the slice with the sequence on top, which has so many values.
    fn wait_for_collection(&mut self, base: usize, count: usize) {
        if let Some(Frame::Sequence(frame)) = self.state.frames.last_mut() {
            frame.bottom = count as u32;
        }
        self.state.top = base + count;
        self.end_slice_if_due();
    }

    /// Sees to it that the instruction that has failed is run again after a collection, if it is one
    /// that has done nothing yet and the error is about memory. Tells whether it is.
    pub(crate) fn restarts_instruction(&mut self, error: &Error<'gc>) -> bool {
        if !is_memory(error) || self.state.tracing.is_on() {
            return false;
        }
        let depth = self.state.frames.len() as u32;
        let Some(Frame::Lua(frame)) = self.state.frames.last() else { return false };
        let Some(pc) = frame.pc().checked_sub(1) else { return false };
        let instruction = frame.closure.prototype().instructions[pc as usize];
        let is_new = match instruction.op {
            Op::NewTable
            | Op::SetTable
            | Op::SetTableConstant
            | Op::SetIndex
            | Op::SetField
            | Op::SetFieldConstant
            | Op::SetUpTable => true,
            // With an open end, its values are gone from the top.
            Op::SetList => instruction.b != 0,
            _ => false,
        };
        let slice = account::slice_number();
        if !is_new || self.state.restarted == (depth, pc, slice) || !account::wish_collection() {
            return false;
        }
        self.state.restarted = (depth, pc, slice.wrapping_add(1));
        if let Some(Frame::Lua(frame)) = self.state.frames.last_mut() {
            frame.set_pc(pc);
        }
        self.end_slice_if_due();
        true
    }

    /// Makes one string of strings and numbers after a collection, and then goes on with the
    /// concatenation that the running function is at, with so many operands.
    #[cold]
    pub(crate) fn concat_again(
        &mut self,
        from: usize,
        count: usize,
        remaining: u8,
    ) -> Control<'gc> {
        let at = self.above();
        self.reserve(at + count + 1)?;
        self.state.registers.copy(from, at + 1, count);
        let again = Box::new(ConcatAgain::default());
        self.push_sequence(again, Value::Nil, at, ReturnKind::Concat(remaining))?;
        self.wait_for_collection(at + 1, count);
        Ok(Flow::GoOn)
    }
}

fn is_memory(error: &Error<'_>) -> bool {
    matches!(error, Error::Raised(raised) if matches!(**raised, Raised::Memory))
}

/// A callback that is called again, its arguments on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct CallAgain<'gc> {
    callback: Callback<'gc>,
    state: State<'gc>,
}

#[derive(Collect)]
#[collect(no_drop)]
enum State<'gc> {
    /// It waits for the collection.
    Waits,
    /// It has been called, and this goes on for it.
    Called(BoxSequence<'gc>),
}

impl<'gc> Sequence<'gc> for CallAgain<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if let State::Called(sequence) = &mut self.state {
            return sequence.poll(ctx, stack);
        }
        match self.callback.call(ctx, stack)? {
            CallbackReturn::Return => Ok(Poll::Return),
            CallbackReturn::Call(function, None) => Ok(Poll::TailCall(function)),
            CallbackReturn::Call(function, Some(sequence)) => {
                self.state = State::Called(sequence);
                Ok(Poll::Call(function, 0))
            }
            CallbackReturn::Sequence(mut sequence) => {
                let poll = sequence.poll(ctx, stack);
                self.state = State::Called(sequence);
                poll
            }
            _ => unreachable!("no function that can begin anew asks for anything else"),
        }
    }

    fn error(
        &mut self,
        ctx: Context<'gc>,
        error: Error<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        match &mut self.state {
            State::Called(sequence) => sequence.error(ctx, error, stack),
            State::Waits => Err(error),
        }
    }

    fn catches_errors(&self) -> bool {
        matches!(&self.state, State::Called(sequence) if sequence.catches_errors())
    }
}

/// Strings and numbers on the stack that are to become one string.
#[derive(Default, Collect)]
#[collect(no_drop)]
struct ConcatAgain(Option<Concatenation>);

impl<'gc> Sequence<'gc> for ConcatAgain {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let concatenation = match &mut self.0 {
            Some(concatenation) => concatenation,
            None => self.0.insert(Concatenation::new(stack.as_slice())?),
        };
        concatenation.poll(ctx, stack)
    }
}
