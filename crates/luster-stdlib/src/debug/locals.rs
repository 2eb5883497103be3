//! `debug.getlocal` and `debug.setlocal`: the variables and other values of functions that are being
//! called.

use luster_bytecode::{LocalInfo, Prototype};
use luster_value::{
    CallbackReturn, Context, Error, Frame, LuaFrame, Stack, StackInsides, ThreadInsides,
    ThreadState, Value, account,
};
use luster_vm::traceback;

use super::names::Name;
use super::{burn_levels, thread_argument, with_state};
use crate::c_values::c_int;

/// The variable that the reference has behind the parameters of a function with extra arguments that
/// have no name. Here it has no register, and its value is always nil; but it counts.
const VARARG_TABLE: &[u8] = b"(vararg table)";

/// A value on a coroutine's stack that has a name.
struct Place {
    name: Name,
    /// Its register, if it has one.
    slot: Option<usize>,
}

/// `debug.getlocal([thread,] function or level, n)`: the name and the value of a level's `n`th
/// variable (for a negative one, of its extra arguments), or the name of a function's `n`th
/// parameter; nil if there is none.
pub(super) fn getlocal<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (thread, first) = thread_argument(stack);
    let number = c_int(stack.integer(ctx, first + 1)?);
    match stack.get(first) {
        Value::Closure(closure) => {
            let local = active_local(closure.prototype(), number, 0);
            if let Some(local) = local {
                return Name::Written(local.name.clone()).give(ctx, stack, None);
            }
            stack.replace(Value::Nil);
            return Ok(CallbackReturn::Return);
        }
        Value::Callback(_) => {
            stack.replace(Value::Nil);
            return Ok(CallbackReturn::Return);
        }
        _ => {}
    }
    let level = c_int(stack.integer(ctx, first)?);
    let limit = stack.base();
    let is_own = thread == stack.thread();
    let found = if is_own && level == 0 {
        Some(own_place(stack, number).map(|place| {
            let value = value_at(stack.thread_state(), &place);
            (place.name, value)
        }))
    } else {
        burn_levels(stack, thread, usize::try_from(level).unwrap_or(0));
        with_state(stack, thread, |state| {
            let place = find(state, level, number, is_own.then_some(limit))?;
            Some(place.map(|place| {
                let value = value_at(state, &place);
                (place.name, value)
            }))
        })
        .flatten()
    };
    match found {
        None => Err(Error::argument(first + 1, "level out of range")),
        Some(None) => {
            stack.replace(Value::Nil);
            Ok(CallbackReturn::Return)
        }
        Some(Some((name, value))) => name.give(ctx, stack, Some(value)),
    }
}

/// `debug.setlocal([thread,] level, n, value)`: sets a level's `n`th variable; returns its name, or
/// nil if there is none.
pub(super) fn setlocal<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (thread, first) = thread_argument(stack);
    let level = c_int(stack.integer(ctx, first)?);
    let number = c_int(stack.integer(ctx, first + 1)?);
    let is_own = thread == stack.thread();
    let limit = is_own.then_some(stack.base());
    let found = if is_own && level == 0 {
        Some(own_place(stack, number))
    } else {
        burn_levels(stack, thread, usize::try_from(level).unwrap_or(0));
        with_state(stack, thread, |state| find(state, level, number, limit)).flatten()
    };
    let Some(found) = found else {
        return Err(Error::argument(first + 1, "level out of range"));
    };
    let value = stack.any(first + 2)?;
    let Some(place) = found else {
        stack.replace(Value::Nil);
        return Ok(CallbackReturn::Return);
    };
    let set = |state: &mut ThreadState<'gc>| {
        let Some(slot) = place.slot else { return };
        match state.registers.get(slot) {
            Value::Cell(cell) => cell.set(&ctx, value),
            _ => {
                state.touch_lower_frames();
                state.registers.set(slot, value);
            }
        }
    };
    if is_own {
        set(stack.thread_state_mut());
    } else if let Some(mut state) = thread.state_mut(&ctx) {
        set(&mut state);
    }
    place.name.give(ctx, stack, None)
}

/// The value of a variable; never the cell of a captured one.
fn value_at<'gc>(state: &ThreadState<'gc>, place: &Place) -> Value<'gc> {
    match place.slot.map(|slot| state.registers.get(slot)) {
        Some(Value::Cell(cell)) => cell.get(),
        Some(value) => value,
        None => Value::Nil,
    }
}

/// The `number`th variable that is in scope at an instruction.
fn active_local(prototype: &Prototype, number: i64, pc: usize) -> Option<&LocalInfo> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    // There may be very many that are not in scope.
    account::looked_at(size_of_val(&*prototype.locals));
    prototype
        .locals
        .iter()
        .take_while(|local| local.start as usize <= pc)
        .filter(|local| pc < local.end as usize)
        .nth(index)
}

/// A value of the running callback itself.
fn own_place<'gc>(stack: &Stack<'_, 'gc>, number: i64) -> Option<Place> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    let slot = stack.base() + index;
    (index < stack.len()).then_some(Place { name: Name::Fixed(b"(C temporary)"), slot: Some(slot) })
}

/// A value of a level. The outer `None` means that there is no such level.
#[expect(clippy::option_option, reason = "the two are told apart by different errors")]
fn find(
    state: &ThreadState<'_>,
    level: i64,
    number: i64,
    running: Option<usize>,
) -> Option<Option<Place>> {
    // The running callback, which has no frame, is level 0 of its own coroutine.
    let level = usize::try_from(level).ok()?.checked_sub(usize::from(running.is_some()))?;
    let index = traceback::level(state, level)?.index;
    // Where the values of the frame end: at the function that it has called.
    let end = state.frames[index + 1..].iter().find_map(first_slot).or_else(|| match running {
        Some(base) => Some(base.saturating_sub(1)),
        None => Some(state.top),
    });
    let end = end.unwrap_or(0).min(state.registers.len());
    let temporary = |base: usize, number: i64, name: &'static str| {
        let slot = base.checked_add(usize::try_from(number.checked_sub(1)?).ok()?)?;
        (slot < end).then_some(Place { name: Name::Fixed(name.as_bytes()), slot: Some(slot) })
    };
    Some(match &state.frames[index] {
        Frame::Lua(frame) if number < 0 => extra_argument(frame, number),
        Frame::Lua(frame) => match frame.closure.prototype().hidden_local().map(i64::from) {
            Some(hidden) if number == hidden => {
                Some(Place { name: Name::Fixed(VARARG_TABLE), slot: None })
            }
            hidden => {
                let number = number - i64::from(hidden.is_some_and(|hidden| number > hidden));
                named(frame, number)
                    .or_else(|| temporary(frame.base as usize, number, "(temporary)"))
            }
        },
        Frame::Sequence(frame) => {
            let bottom = frame.base as usize + frame.bottom as usize;
            temporary(frame.base as usize, number, "(C temporary)")
                .filter(|place| place.slot < Some(bottom))
        }
        Frame::Waiting(frame) => temporary(frame.function as usize + 1, number, "(C temporary)"),
        _ => None,
    })
}

/// A variable in scope, by its number.
fn named(frame: &LuaFrame<'_>, number: i64) -> Option<Place> {
    let pc = (frame.pc() as usize).saturating_sub(1);
    let prototype = frame.closure.prototype();
    let local = active_local(prototype, number, pc)?;
    let slot = Some(frame.base as usize + usize::from(local.register));
    Some(Place { name: Name::Written(local.name.clone()), slot })
}

/// An extra argument, by its negative number.
fn extra_argument(frame: &LuaFrame<'_>, number: i64) -> Option<Place> {
    let index = number.unsigned_abs() - 1;
    if index >= u64::from(frame.info.varargs()) {
        return None;
    }
    let first = (frame.base as usize).checked_sub(frame.info.varargs() as usize)?;
    Some(Place { name: Name::Fixed(b"(vararg)"), slot: Some(first + index as usize) })
}

/// The slot of the function that a frame is for, if it has one.
fn first_slot(frame: &Frame<'_>) -> Option<usize> {
    match frame {
        Frame::Lua(frame) => Some(frame.function as usize),
        Frame::Sequence(frame) => Some(frame.function as usize),
        Frame::Protected(frame) => Some(frame.function as usize),
        Frame::Waiting(frame) => Some(frame.function as usize),
        Frame::Finalizer(frame) => Some(frame.function as usize),
        Frame::Hook(frame) => Some(frame.function as usize),
        _ => None,
    }
}
