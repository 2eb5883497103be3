//! The `debug` library: metatables, upvalues, hooks, tracebacks, and an interactive prompt.
//!
//! `info` has `getinfo`, `locals` has `getlocal` and `setlocal`, `names` what makes strings of names.

mod info;
mod locals;
mod names;

use std::io::{BufRead, Write};
use std::sync::Arc;

use gc_arena::Collect;
use luster_value::{
    CallbackReturn, Closure, Context, Error, Function, Hook, InvalidKey, LuaString, Metamethod,
    Poll, Sequence, Stack, StackInsides, Table, Thread, ThreadInsides, ThreadState, Traceback,
    UserData, Value,
};
use luster_vm::traceback;

use crate::c_values::{c_int, c_string};
use crate::joining::{Joining, Purpose};
use crate::work::Work;
use names::Name;

/// What the library holds.
const FUNCTIONS: &[(&str, Function)] = &[
    ("debug", debug),
    ("gethook", gethook),
    ("getinfo", info::getinfo),
    ("getlocal", locals::getlocal),
    ("getmetatable", getmetatable),
    ("getregistry", getregistry),
    ("getupvalue", getupvalue),
    ("getuservalue", getuservalue),
    ("sethook", sethook),
    ("setlocal", locals::setlocal),
    ("setmetatable", setmetatable),
    ("setupvalue", setupvalue),
    ("setuservalue", setuservalue),
    ("traceback", traceback),
    ("upvalueid", upvalueid),
    ("upvaluejoin", upvaluejoin),
];

/// The key in the registry of the table of upvalues' identities.
const UPVALUE_IDS: &str = "_UPVALUEIDS";

/// The key in the registry of the table of hooks.
const HOOKS: &str = "_HOOKKEY";

/// The name of an upvalue whose name has been stripped.
const NO_NAME: &[u8] = b"(no name)";

/// Makes the library's table.
pub(crate) fn open<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    crate::restartable_table_of(ctx, FUNCTIONS, 0)
}

/// A weak table in the registry, made when it is first asked for.
fn weak_registry_table<'gc>(ctx: Context<'gc>, key: &str, mode: &str) -> Table<'gc> {
    if let Value::Table(table) = ctx.registry().get_field(ctx, key) {
        return table;
    }
    let table = Table::new(ctx);
    let metatable = Table::new(ctx);
    metatable.set_field(ctx, "__mode", ctx.string(mode));
    table.set_metatable(&ctx, Some(metatable));
    ctx.registry().set_field(ctx, key, Value::Table(table));
    table
}

/// The coroutine that a function works on: its first argument if that is one, and then the number
/// of arguments to skip is 1; otherwise the running one.
fn thread_argument<'gc>(stack: &Stack<'_, 'gc>) -> (Thread<'gc>, usize) {
    match stack.get(0) {
        Value::Thread(thread) => (thread, 1),
        _ => (stack.thread(), 0),
    }
}

/// Looks at the state of a coroutine; `None` when it is one that waits for the running one and
/// whose state cannot be had.
fn with_state<'gc, R>(
    stack: &Stack<'_, 'gc>,
    thread: Thread<'gc>,
    look: impl FnOnce(&ThreadState<'gc>) -> R,
) -> Option<R> {
    if thread == stack.thread() {
        Some(look(stack.thread_state()))
    } else {
        thread.state().map(|state| look(&state))
    }
}

/// Pays for going down to a level of a coroutine.
fn burn_levels<'gc>(stack: &mut Stack<'_, 'gc>, thread: Thread<'gc>, level: usize) {
    let frames = with_state(stack, thread, |state| state.frames.len());
    stack.burn(level.min(frames.unwrap_or(0)));
}

/// The callback that runs: the value in the slot before its arguments.
fn running_callback<'gc>(stack: &Stack<'_, 'gc>) -> Value<'gc> {
    let slot = stack.base().checked_sub(1);
    match slot.map(|slot| stack.thread_state().registers.get(slot)) {
        Some(callback @ Value::Callback(_)) => callback,
        _ => Value::Nil,
    }
}

/// `debug.getregistry()`: the registry.
fn getregistry<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    stack.replace(Value::Table(ctx.registry()));
    Ok(CallbackReturn::Return)
}

/// `debug.getmetatable(value)`: its metatable, or nil.
fn getmetatable<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let value = stack.any(0)?;
    if let Value::Table(table) = value {
        ctx.fill(table);
    }
    let metatable = ctx.visible_metatable(value);
    stack.replace(metatable.map_or(Value::Nil, Value::Table));
    Ok(CallbackReturn::Return)
}

/// `debug.setmetatable(value, metatable)`: sets the metatable, which may be nil; returns the value.
fn setmetatable<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let metatable = match stack.get(1) {
        Value::Table(metatable) => Some(metatable),
        Value::Nil if stack.len() > 1 => None,
        _ => return Err(stack.type_error(ctx, 1, "nil or table")),
    };
    let value = stack.get(0);
    match value {
        Value::Table(table) => {
            ctx.fill(table);
            if table.is_read_only() {
                return Err(Error::message(InvalidKey::ReadOnly.message()));
            }
            table.set_metatable(&ctx, metatable);
        }
        Value::UserData(userdata) => userdata.set_metatable(&ctx, metatable),
        other => ctx.set_type_metatable(other.type_of(), metatable),
    }
    if let (Value::Table(_) | Value::UserData(_), Some(metatable)) = (value, metatable)
        && !metatable.metamethod(ctx, Metamethod::Gc).is_nil()
    {
        ctx.finalizers().add(value);
    }
    stack.replace(value);
    Ok(CallbackReturn::Return)
}

/// How many user values a userdata may have.
const MAX_USER_VALUES: i64 = u16::MAX as i64;

/// `debug.getuservalue(userdata [, n])`: its `n`th user value and `true`, or nil.
fn getuservalue<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let number = c_int(stack.optional_integer(ctx, 1, 1)?);
    match stack.get(0) {
        Value::UserData(userdata) if (1..=MAX_USER_VALUES).contains(&number) => {
            match userdata.user_value(number as usize - 1) {
                Value::Nil => stack.replace(Value::Nil),
                value => stack.replace2(value, Value::True),
            }
        }
        _ => stack.replace(Value::Nil),
    }
    Ok(CallbackReturn::Return)
}

/// `debug.setuservalue(userdata, value [, n])`: sets its `n`th user value; returns it, or nil when
/// it has none. Only what a host has given user values has any.
fn setuservalue<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let number = c_int(stack.optional_integer(ctx, 2, 1)?);
    let Value::UserData(userdata) = stack.get(0) else {
        return Err(stack.type_error(ctx, 0, "userdata"));
    };
    if userdata.downcast::<UpValueId>().is_some() {
        return Err(Error::argument(1, "userdata expected, got light userdata"));
    }
    let value = stack.any(1)?;
    let exists = (1..=MAX_USER_VALUES).contains(&number)
        && !userdata.user_value(number as usize - 1).is_nil();
    if exists {
        userdata.set_user_value(&ctx, number as usize - 1, value);
        stack.replace(Value::UserData(userdata));
    } else {
        stack.replace(Value::Nil);
    }
    Ok(CallbackReturn::Return)
}

/// The function and the index (from 0) of its upvalue that arguments give, if it has such a one.
fn upvalue_arguments<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    first: usize,
) -> Result<(Value<'gc>, Option<usize>), Error<'gc>> {
    let number = c_int(stack.integer(ctx, first + 1)?);
    let function = stack.function(ctx, first)?;
    let count = upvalue_count(function);
    let index = number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    Ok((function, index.filter(|&index| index < count)))
}

/// Built-ins that have captured something and are functions without upvalues in the reference.
const WITHOUT_UPVALUES: &[&str] = &["codes", "ipairs", "pairs", "type"];

/// How many upvalues a function has.
fn upvalue_count(function: Value<'_>) -> usize {
    match function {
        Value::Closure(closure) => closure.upvalue_count(),
        // What a callback has captured is not to be seen; but it is there.
        Value::Callback(callback) => {
            usize::from(callback.is_captured() && !WITHOUT_UPVALUES.contains(&callback.name()))
        }
        _ => 0,
    }
}

/// The Lua function and the index of its upvalue that arguments give, if it has such a one.
fn closure_upvalue<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
) -> Result<Option<(Closure<'gc>, usize)>, Error<'gc>> {
    Ok(match upvalue_arguments(ctx, stack, 0)? {
        (Value::Closure(closure), Some(index)) => Some((closure, index)),
        _ => None,
    })
}

fn upvalue_name(closure: Closure<'_>, index: usize) -> Name {
    match closure.prototype().upvalues.get(index) {
        Some(upvalue) if !upvalue.name.is_empty() => Name::Written(upvalue.name.clone()),
        _ => Name::Fixed(NO_NAME),
    }
}

/// `debug.getupvalue(function, n)`: the name and the value of its `n`th upvalue, or nothing.
fn getupvalue<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    match upvalue_arguments(ctx, stack, 0)? {
        (Value::Closure(closure), Some(index)) => {
            let value = closure.upvalue(index).get();
            return upvalue_name(closure, index).give(ctx, stack, Some(value));
        }
        // What a callback has captured has no name, and is not shown.
        (_, Some(_)) => stack.replace2(ctx.string(""), Value::Nil),
        _ => stack.clear(),
    }
    Ok(CallbackReturn::Return)
}

/// `debug.setupvalue(function, n, value)`: sets its `n`th upvalue; returns its name, or nothing.
fn setupvalue<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let value = stack.any(2)?;
    match closure_upvalue(ctx, stack)? {
        Some((closure, index)) => {
            closure.upvalue(index).set(&ctx, value);
            upvalue_name(closure, index).give(ctx, stack, None)
        }
        None => {
            stack.clear();
            Ok(CallbackReturn::Return)
        }
    }
}

/// The identity of an upvalue as a value: a userdata, always the same one for the same upvalue as
/// long as somebody has it.
struct UpValueId;

/// `debug.upvalueid(function, n)`: a value that is the same for the same variable, or nil.
fn upvalueid<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let object = match upvalue_arguments(ctx, stack, 0)? {
        (Value::Closure(closure), Some(index)) => closure.upvalue(index).erase(),
        (Value::Callback(callback), Some(_)) => callback.erase(),
        _ => {
            stack.replace(Value::Nil);
            return Ok(CallbackReturn::Return);
        }
    };
    let key = gc_arena::Gc::as_ptr(object) as usize as i64;
    let ids = weak_registry_table(ctx, UPVALUE_IDS, "v");
    let mut id = ids.get_integer(key);
    if id.is_nil() {
        id = Value::UserData(UserData::new(ctx, UpValueId, None));
        ids.set_integer(ctx, key, id).map_err(|error| Error::message(error.message()))?;
    }
    stack.replace(id);
    Ok(CallbackReturn::Return)
}

/// `debug.upvaluejoin(f1, n1, f2, n2)`: makes the `n1`th upvalue of one function refer to the
/// `n2`th of another.
fn upvaluejoin<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let invalid = |argument| Error::argument(argument, "invalid upvalue index");
    let (to, to_index) = upvalue_arguments(ctx, stack, 0)?;
    let to_index = to_index.ok_or_else(|| invalid(2))?;
    let (from, from_index) = upvalue_arguments(ctx, stack, 2)?;
    let from_index = from_index.ok_or_else(|| invalid(4))?;
    let Value::Closure(to) = to else {
        return Err(Error::argument(1, "Lua function expected"));
    };
    let Value::Closure(from) = from else {
        return Err(Error::argument(3, "Lua function expected"));
    };
    to.set_upvalue(&ctx, to_index, from.upvalue(from_index));
    stack.clear();
    Ok(CallbackReturn::Return)
}

/// How much of a mask is read. There are three letters.
const LONGEST_MASK: usize = 1 << 10;

/// `debug.sethook([thread,] [hook, mask [, count]])`: has a function called for calls (`c`), returns
/// (`r`), lines (`l`) or every so many instructions; without one, no more.
fn sethook<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (thread, first) = thread_argument(stack);
    let mut hook = Hook::default();
    if !stack.get(first).is_nil() {
        let mask = stack.string(ctx, first + 1)?;
        let mask = c_string(&mask.as_bytes()[..mask.len().min(LONGEST_MASK)]);
        let function = stack.function(ctx, first)?;
        let count = stack.optional_integer(ctx, first + 2, 0)?;
        let [calls, returns, lines] =
            [b'c', b'r', b'l'].map(|letter| memchr::memchr(letter, mask).is_some());
        let count = u32::try_from(count.clamp(0, i64::from(i32::MAX))).unwrap_or(0);
        if calls || returns || lines || count > 0 {
            hook = Hook { function, calls, returns, lines, count };
        }
    }
    // Scripts know the table in which the reference keeps hooks; here it only mirrors them.
    weak_registry_table(ctx, HOOKS, "k")
        .set(ctx, Value::Thread(thread), hook.function)
        .map_err(|error| Error::message(error.message()))?;
    stack.clear();
    if thread == stack.thread() {
        stack.thread_state_mut().set_hook(hook);
        return Ok(CallbackReturn::Reconsider);
    }
    if let Some(mut state) = thread.state_mut(&ctx) {
        state.set_hook(hook);
    }
    Ok(CallbackReturn::Return)
}

/// `debug.gethook([thread])`: the hook function, its mask and its count, or nil.
fn gethook<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (thread, _) = thread_argument(stack);
    let hook = with_state(stack, thread, ThreadState::hook).unwrap_or_default();
    if hook.function.is_nil() {
        stack.replace(Value::Nil);
        return Ok(CallbackReturn::Return);
    }
    let mut mask = Vec::new();
    mask.extend(hook.calls.then_some(b'c'));
    mask.extend(hook.returns.then_some(b'r'));
    mask.extend(hook.lines.then_some(b'l'));
    stack.replace3(hook.function, ctx.string(mask), Value::Integer(i64::from(hook.count)));
    Ok(CallbackReturn::Return)
}

/// `debug.traceback([thread,] [message [, level]])`: a message and where the coroutine is.
fn traceback<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (thread, first) = thread_argument(stack);
    let message = match stack.get(first) {
        Value::Nil => None,
        Value::String(message) => Some(message),
        other => match ctx.number_to_string(other) {
            Some(message) => Some(message),
            None => {
                stack.replace(other);
                return Ok(CallbackReturn::Return);
            }
        },
    };
    let is_own = thread == stack.thread();
    let level = c_int(stack.optional_integer(ctx, first + 1, i64::from(is_own))?);
    let level = usize::try_from(level).unwrap_or(usize::MAX);
    let frames = with_state(stack, thread, |state| state.frames.len()).unwrap_or(0);
    if frames > PORTION {
        let (counted, levels) = (0, 0);
        let joining = None;
        let measuring = MeasuringStack { thread, message, level, counted, levels, joining };
        return Ok(CallbackReturn::Sequence(Box::new(measuring)));
    }
    let running = is_own.then(|| running_callback(stack));
    let traceback =
        with_state(stack, thread, |state| traceback::traceback(ctx, state, running, level));
    // The levels that are shown, and going through the others.
    stack.burn(frames + 20 * frames.min(SHOWN_LEVELS));
    match traceback_text(ctx, stack, message, &traceback.unwrap_or_default())? {
        Some(joining) => joining.begin(ctx, stack),
        None => Ok(CallbackReturn::Return),
    }
}

/// Puts a traceback in the place of the arguments, or answers what does that with a message before it.
fn traceback_text<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    message: Option<LuaString<'gc>>,
    traceback: &Traceback,
) -> Result<Option<Joining<'gc>>, Error<'gc>> {
    let mut text = Vec::new();
    if let Some(message) = message {
        text.push(b'\n');
        traceback.write_to(&mut text);
        return Joining::new(Purpose::Traceback, b"", message, text).map(Some);
    }
    traceback.write_to(&mut text);
    stack.replace(Value::String(ctx.intern_owned(text)));
    Ok(None)
}

/// How many frames are counted before the fuel is looked at.
const PORTION: usize = 1 << 14;

/// How many levels of a long stack are shown, which cost more than those that are passed by.
const SHOWN_LEVELS: usize = 21;

/// A `traceback` of a deep stack, whose levels are counted first. It is one of them itself.
#[derive(Collect)]
#[collect(no_drop)]
struct MeasuringStack<'gc> {
    thread: Thread<'gc>,
    message: Option<LuaString<'gc>>,
    level: usize,
    /// How many frames have been looked at, and how many levels there are among them.
    counted: usize,
    levels: usize,
    /// What puts the message before it, in the end.
    joining: Option<Joining<'gc>>,
}

impl<'gc> Sequence<'gc> for MeasuringStack<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if let Some(joining) = &mut self.joining {
            return Ok(if joining.go_on(ctx, stack)? { Poll::Return } else { Poll::Pending });
        }
        let from = self.counted;
        let counted = with_state(stack, self.thread, |state| {
            let end = state.frames.len().min(from + PORTION);
            let levels = traceback::count_levels(&state.frames[from.min(end)..end]);
            (end, levels, end == state.frames.len())
        });
        let (end, levels, is_done) = counted.unwrap_or((from, 0, true));
        self.counted = end;
        self.levels += levels;
        stack.burn((end - from) / 2);
        if !is_done {
            return Ok(Poll::Pending);
        }
        let (level, levels) = (self.level, self.levels);
        let traceback = with_state(stack, self.thread, |state| {
            traceback::of_levels(ctx, state, None, level, levels)
        });
        self.joining = traceback_text(ctx, stack, self.message, &traceback.unwrap_or_default())?;
        Ok(if self.joining.is_some() { Poll::Pending } else { Poll::Return })
    }
}

/// `debug.debug()`: reads commands from the standard input and runs them, until one is `cont`.
fn debug<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    // What has been printed should be read before the prompt.
    let _ = crate::Output::of(ctx).flush();
    stack.clear();
    Ok(CallbackReturn::Sequence(Box::new(Prompt)))
}

/// The interactive prompt.
#[derive(Collect)]
#[collect(require_static)]
struct Prompt;

impl Prompt {
    fn report(&self, message: &[u8]) {
        // Nobody is left to be told of an error of this one.
        let _ = std::io::stderr().write_all(&[message, b"\n"].concat());
    }
}

impl<'gc> Sequence<'gc> for Prompt {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        stack.clear();
        let _ = std::io::stderr().write_all(b"lua_debug> ");
        let mut line = Vec::new();
        let read = std::io::stdin().lock().read_until(b'\n', &mut line);
        if read.is_err() || line.is_empty() || line == b"cont\n" {
            return Ok(Poll::Return);
        }
        stack.burn(1 + line.len());
        match luster_compiler::compile(&line, b"=(debug command)") {
            Ok(prototype) => {
                let environment = Value::Table(ctx.environment());
                let command = luster_vm::load_closure(ctx, &Arc::new(prototype), environment);
                Ok(Poll::Call(Value::Closure(command), 0))
            }
            Err(error) => {
                self.report(&error.to_bytes());
                Ok(Poll::Pending)
            }
        }
    }

    fn error(
        &mut self,
        ctx: Context<'gc>,
        error: Error<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        stack.clear();
        let mut message = Vec::new();
        ctx.write_basic(&mut message, error.into_value(ctx));
        self.report(&message);
        Ok(Poll::Pending)
    }

    fn catches_errors(&self) -> bool {
        true
    }
}
