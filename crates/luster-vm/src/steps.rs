//! What the dispatch loop's arms do that takes more than a few lines.

use std::cell::Cell;

use luster_number as number;
use luster_value::{
    Builtin, Closure, ClosureInsides, Context, LinkedInstruction, LinkedOperand, LuaFrame,
    LuaString, Metamethod, Near, Slot, Table, ThreadState, Type, UserData, Value, account,
};

use crate::cursor::{Cursor, running_frame};
use crate::execute::jumps_when;

/// Has the comparison that a function is at jump or not, as a metamethod's result says.
#[inline(never)]
pub(crate) fn decide<'gc>(frame: &mut LuaFrame<'gc>, value: Value<'gc>) {
    let instruction = frame.closure.prototype().instructions[frame.pc() as usize - 1];
    if value.is_truthy() == jumps_when(instruction.op) {
        frame.set_pc(frame.pc().wrapping_add_signed(instruction.d));
    }
}

/// How many arguments stand behind a register up to the open top.
#[inline(always)]
pub(crate) fn open_count(state: &mut ThreadState<'_>, register: LinkedOperand) -> usize {
    let base = running_frame(&mut state.frames).base as usize;
    state.top - (base + register.index() as usize) - 1
}

/// The same, and the open top is used up.
#[inline(always)]
pub(crate) fn take_open(state: &mut ThreadState<'_>, register: LinkedOperand) -> usize {
    let count = open_count(state, register);
    state.top = 0;
    count
}

/// Sets the open top behind the results of a call, none or one, in a register.
#[inline(always)]
pub(crate) fn set_open(state: &mut ThreadState<'_>, register: LinkedOperand, count: usize) {
    let base = running_frame(&mut state.frames).base as usize;
    state.top = base + register.index() as usize + count;
}

/// The next value of a numeric loop over floats, if it goes on.
#[inline(always)]
pub(crate) fn step_float_loop(cursor: Cursor<'_>, register: LinkedOperand) -> Option<f64> {
    let (Value::Float(limit), Value::Float(step), Value::Float(variable)) =
        (cursor.get(register), cursor.get_after(register, 1), cursor.get_after(register, 2))
    else {
        // Only damaged bytecode gets here: no `ForPrep` has run.
        return None;
    };
    let (limit, step) = (limit.get(), step.get());
    let next = variable.get() + step;
    let goes_on = if step > 0.0 { next <= limit } else { limit <= next };
    goes_on.then_some(next)
}

/// An operand that can be asked for its number as a float.
pub(crate) trait AnyFloat {
    /// The number as a float.
    fn any_float(self) -> Option<f64>;
}

impl AnyFloat for Slot<'_> {
    #[inline(always)]
    fn any_float(self) -> Option<f64> {
        self.float().or_else(|| self.integer().map(|integer| integer as f64))
    }
}

impl AnyFloat for &LinkedInstruction {
    #[inline(always)]
    fn any_float(self) -> Option<f64> {
        self.float().or_else(|| self.integer().map(|integer| integer as f64))
    }
}

/// A method of a table, its own or its class's (the table's `__index`, when that is a table), by way
/// of both caches of the instruction; or the table of which it is known that it lacks it.
#[inline(always)]
pub(crate) fn find_method<'gc>(
    ctx: Context<'gc>,
    table: Table<'gc>,
    key: LuaString<'gc>,
    class_cache: &Cell<LinkedOperand>,
    index_cache: &Cell<u8>,
) -> Result<Value<'gc>, Table<'gc>> {
    let own = table.get_short(key);
    if !own.is_nil() {
        return Ok(own);
    }
    let Some(metatable) = table.metatable() else { return Ok(Value::Nil) };
    let index = ctx.metamethod_name(Metamethod::Index);
    let Value::Table(class) = metatable.get_cached(index, index_cache) else { return Err(table) };
    let value = class.get_cached(key, class_cache);
    if value.is_nil() { Err(class) } else { Ok(value) }
}

/// A method of strings.
#[inline(never)]
pub(crate) fn find_string_method<'gc>(
    ctx: Context<'gc>,
    key: LuaString<'gc>,
    cache: &Cell<LinkedOperand>,
) -> Option<Value<'gc>> {
    let metatable = ctx.type_metatable(Type::String)?;
    match metatable.metamethod(ctx, Metamethod::Index) {
        Value::Table(methods) => {
            let value = methods.get_cached(key, cache);
            (!value.is_nil()).then_some(value)
        }
        _ => None,
    }
}

/// How many tables a field is looked for in before that is left to the long way.
const MAX_ANCESTORS: usize = 8;

/// A field that a table lacks, of the tables that stand behind it by its metatable; of the first one by
/// way of both caches of the instruction. `None` when there is something else than tables, or many of them.
#[inline(never)]
pub(crate) fn find_inherited<'gc>(
    ctx: Context<'gc>,
    mut metatable: Table<'gc>,
    key: LuaString<'gc>,
    class_cache: &Cell<LinkedOperand>,
    index_cache: &Cell<u8>,
) -> Option<Value<'gc>> {
    for level in 0..MAX_ANCESTORS {
        let index = match level {
            0 => metatable.get_cached(ctx.metamethod_name(Metamethod::Index), index_cache),
            _ => metatable.metamethod(ctx, Metamethod::Index),
        };
        let class = match index {
            Value::Nil => return Some(Value::Nil),
            Value::Table(class) => class,
            _ => return None,
        };
        let value = match level {
            0 => class.get_cached(key, class_cache),
            _ => class.get_short(key),
        };
        metatable = match class.metatable() {
            Some(metatable) if value.is_nil() => metatable,
            _ => return Some(value),
        };
    }
    None
}

/// A method or a field of a userdata, if it has a table of them or its `__index` has a quick form.
#[inline(never)]
pub(crate) fn find_in_userdata<'gc>(
    ctx: Context<'gc>,
    userdata: UserData<'gc>,
    key: LuaString<'gc>,
    class_cache: &Cell<LinkedOperand>,
    index_cache: &Cell<u8>,
) -> Option<Value<'gc>> {
    let index = ctx.metamethod_name(Metamethod::Index);
    match userdata.metatable()?.get_cached(index, index_cache) {
        Value::Table(methods) => {
            let value = methods.get_cached(key, class_cache);
            (!value.is_nil()).then_some(value)
        }
        // What it makes is allocated, and the long way ends the slice when that is too much.
        Value::Callback(index) if !account::should_end_slice() => {
            index.index(ctx, Value::UserData(userdata), Value::String(key))
        }
        _ => None,
    }
}

/// A closure of a nested prototype, its upvalues taken from the running function.
#[inline(never)]
pub(crate) fn make_closure<'gc>(
    ctx: Context<'gc>,
    cursor: Cursor<'gc>,
    index: usize,
) -> Closure<'gc> {
    let code = cursor.closure.code().as_ref().prototypes[index];
    let upvalues = &code.as_ref().prototype.upvalues[..];
    Closure::new(ctx, code, upvalues.len(), |index| match upvalues[index].capture {
        luster_bytecode::Capture::Register(register) => {
            match cursor.get(LinkedOperand::slot(register)) {
                Value::Cell(cell) => cell,
                _ => unreachable!("verified: the register holds a cell"),
            }
        }
        luster_bytecode::Capture::UpValue(index) => {
            cursor.upvalue(LinkedOperand::number(u16::from(index)))
        }
    })
}

/// Sets a key that is not in a table, if the table takes it, and the slice need not end for what tables have
/// grown by. Tells whether it did.
#[inline(never)]
pub(crate) fn set_new<'gc>(
    ctx: Context<'gc>,
    table: Table<'gc>,
    key: Value<'gc>,
    value: Value<'gc>,
) -> bool {
    !account::should_end_slice() && table.set(ctx, key, value).is_ok()
}

/// A step of an iterator that the loop knows, when it needs no metamethod and no error.
#[inline(never)]
pub(crate) fn step_builtin<'gc>(
    ctx: Context<'gc>,
    builtin: Builtin,
    table: Table<'gc>,
    control: Value<'gc>,
) -> Option<[Value<'gc>; 2]> {
    match builtin {
        Builtin::Next => {
            if control.is_nil() {
                ctx.fill(table);
            }
            match table.next_near(control) {
                Ok(Near::Entry(_, key, value)) => Some([key, value]),
                Ok(Near::End) => Some([Value::Nil; 2]),
                Ok(Near::Nothing(_)) | Err(_) => None,
            }
        }
        Builtin::INext => {
            let Value::Integer(index) = control else { return None };
            let index = index.wrapping_add(1);
            match table.get_integer(index) {
                Value::Nil if table.metatable().is_some() => None,
                Value::Nil => Some([Value::Nil; 2]),
                value => Some([Value::Integer(index), value]),
            }
        }
        Builtin::None | Builtin::PCall => None,
    }
}

/// What is wrong with a numeric loop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LoopFault {
    Start,
    Limit,
    Step,
    ZeroStep,
}

/// Prepares a numeric loop: its count or limit, its step and its variable, or `None` when it does
/// not run.
#[inline(never)]
pub(crate) fn prepare_loop<'gc>(
    start: Value<'gc>,
    limit: Value<'gc>,
    step: Value<'gc>,
) -> Result<Option<[Value<'gc>; 3]>, LoopFault> {
    if let (Value::Integer(first), Value::Integer(by)) = (start, step) {
        if by == 0 {
            return Err(LoopFault::ZeroStep);
        }
        let limit = limit.to_number().ok_or(LoopFault::Limit)?;
        let Some(last) = number::for_limit(first, limit, by) else { return Ok(None) };
        if if by > 0 { first > last } else { first < last } {
            return Ok(None);
        }
        let count = number::for_count(first, last, by) as i64;
        return Ok(Some([Value::Integer(count), step, start]));
    }
    let limit = limit.to_number().ok_or(LoopFault::Limit)?.to_float();
    let by = step.to_number().ok_or(LoopFault::Step)?.to_float();
    let first = start.to_number().ok_or(LoopFault::Start)?.to_float();
    if by == 0.0 {
        return Err(LoopFault::ZeroStep);
    }
    // A loop that begins at what is not a number runs once, as in the reference.
    let is_over = if by > 0.0 { limit < first } else { first < limit };
    Ok((!is_over).then(|| [Value::float(limit), Value::float(by), Value::float(first)]))
}
