//! What a library function does in portions: begun by the function, and gone on with by a sequence when
//! there is more than one portion to do, so that the script can be stopped in between.
//!
//! Functions that call others, or that have more than one state, are sequences of their own.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, Poll, Sequence, Stack, Value, account};

/// Work that is done in portions, each of which is charged to the script's fuel.
pub(crate) trait Work<'gc>: Collect<'gc> + Sized + 'gc {
    /// Does a portion. Tells whether the results are on the stack.
    ///
    /// # Errors
    /// Whatever the function fails with.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>>;

    /// Does the first portion. Answers what the function does that has this work.
    ///
    /// # Errors
    /// Whatever the function fails with.
    #[inline]
    fn begin(
        mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        if self.go_on(ctx, stack)? {
            return Ok(CallbackReturn::Return);
        }
        Ok(CallbackReturn::Sequence(Box::new(Begun(self))))
    }
}

/// Pays for reading an argument as a number if it is a string. Tells whether a portion should end with it,
/// since it or those before it are much to read.
#[inline]
pub(crate) fn is_much_to_read(stack: &mut Stack<'_, '_>, index: usize) -> bool {
    /// What a short numeral costs.
    const NUMERAL: usize = 2;
    if !matches!(stack.get(index), Value::String(_)) {
        return false;
    }
    stack.burn(NUMERAL);
    account::should_end_slice()
}

/// Work that has been begun.
#[derive(Collect)]
#[collect(no_drop)]
struct Begun<W>(W);

impl<'gc, W: Work<'gc>> Sequence<'gc> for Begun<W> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if self.0.go_on(ctx, stack)? { Ok(Poll::Return) } else { Ok(Poll::Pending) }
    }
}
