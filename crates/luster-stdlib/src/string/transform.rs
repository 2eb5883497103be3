//! Functions that make a string of the bytes of another one: `upper`, `lower`, `reverse`, and long
//! pieces for `sub`. Long strings are gone through in portions, each charged to the script's fuel.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, LuaString, Poll, Sequence, Stack, Value};

use super::PORTION;
use crate::buffer::with_room;
use crate::counted::CountedMemory;

/// What becomes of the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// They stay.
    None,
    Upper,
    Lower,
    Reverse,
}

impl Change {
    fn apply(self, bytes: &mut [u8]) {
        match self {
            Change::None => {}
            Change::Upper => bytes.make_ascii_uppercase(),
            Change::Lower => bytes.make_ascii_lowercase(),
            Change::Reverse => bytes.reverse(),
        }
    }
}

/// Replaces the argument by the changed string; a short one without an allocation.
#[inline]
pub(super) fn transform<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    change: Change,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let string = stack.string(ctx, 0)?;
    let bytes = string.as_bytes();
    let mut short = [0; luster_value::MAX_SHORT];
    if let Some(copy) = short.get_mut(..bytes.len()) {
        copy.copy_from_slice(bytes);
        change.apply(copy);
        stack.replace(Value::String(ctx.intern(copy)));
        return Ok(CallbackReturn::Return);
    }
    make(ctx, stack, string, 0, bytes.len(), change)
}

/// Replaces the arguments by a piece of a string.
pub(super) fn copy<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    string: LuaString<'gc>,
    from: usize,
    to: usize,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    make(ctx, stack, string, from, to, Change::None)
}

fn make<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    string: LuaString<'gc>,
    from: usize,
    to: usize,
    change: Change,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (result, memory) = (with_room(to - from)?, CountedMemory::default());
    let mut transformation = Transformation { string, from, to, change, result, memory };
    if transformation.go_on(ctx, stack) {
        return Ok(CallbackReturn::Return);
    }
    Ok(CallbackReturn::Sequence(Box::new(transformation)))
}

/// A piece of a string that is being changed.
#[derive(Collect)]
#[collect(no_drop)]
struct Transformation<'gc> {
    string: LuaString<'gc>,
    from: usize,
    to: usize,
    #[collect(require_static)]
    change: Change,
    result: Vec<u8>,
    memory: CountedMemory,
}

impl<'gc> Transformation<'gc> {
    /// Does a portion. Tells whether the result is on the stack.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> bool {
        let bytes = &self.string.as_bytes()[self.from..self.to];
        let done = self.result.len();
        let count = (bytes.len() - done).min(PORTION);
        let portion = match self.change {
            Change::Reverse => &bytes[bytes.len() - done - count..bytes.len() - done],
            _ => &bytes[done..done + count],
        };
        self.result.extend_from_slice(portion);
        self.change.apply(&mut self.result[done..]);
        stack.burn(count / 16);
        if self.result.len() < bytes.len() {
            self.memory.set(self.result.capacity());
            return false;
        }
        self.memory.set(0);
        stack.replace(Value::String(ctx.intern_owned(std::mem::take(&mut self.result))));
        true
    }
}

impl<'gc> Sequence<'gc> for Transformation<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if self.go_on(ctx, stack) { Ok(Poll::Return) } else { Ok(Poll::Pending) }
    }
}
