//! The basic library: the functions that are globals by themselves.
//!
//! Loading of chunks is in `load`, what makes text of values in `print`, `collectgarbage` in
//! `collect`.

mod collect;
mod compile;
pub(crate) mod load;
mod numeral;
pub(crate) mod print;

use gc_arena::Collect;
use luster_value::{
    Builtin, Callback, CallbackReturn, Captured, Context, Error, Function, InvalidKey, Metamethod,
    Near, Poll, Sequence, Stack, Table, Value, account,
};
use luster_vm::operate::{self, Outcome};

use crate::c_values::c_int;
use crate::joining::{Joining, Purpose};
use crate::program::fault;
use crate::register;
use crate::work::Work;

const FUNCTIONS: &[(&str, Function)] = &[
    ("assert", assert),
    ("collectgarbage", collect::collectgarbage),
    ("dofile", load::dofile),
    ("error", error),
    ("getmetatable", getmetatable),
    ("load", load::load),
    ("loadfile", load::loadfile),
    ("pcall", pcall),
    ("print", print::print),
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("rawlen", rawlen),
    ("rawset", rawset),
    ("select", select),
    ("setmetatable", setmetatable),
    ("tonumber", tonumber),
    ("tostring", print::tostring),
    ("type", type_of),
    ("warn", print::warn),
    ("xpcall", xpcall),
];

/// Puts the basic functions into the globals.
pub(crate) fn open<'gc>(ctx: Context<'gc>, globals: Table<'gc>) {
    register(ctx, globals, FUNCTIONS);
    let next = Callback::builtin(ctx, "next", Builtin::Next, next);
    let inext = Callback::builtin(ctx, "ipairs_iterator", Builtin::INext, inext);
    for (name, value) in [
        ("next", next),
        ("pcall", Callback::builtin(ctx, "pcall", Builtin::PCall, pcall)),
        ("pairs", Callback::captured(ctx, "pairs", Pairs { next })),
        ("ipairs", Callback::captured(ctx, "ipairs", IPairs { inext })),
    ] {
        globals.set_field(ctx, name, Value::Callback(value));
    }
    globals.set_field(ctx, "_G", Value::Table(globals));
    globals.set_field(ctx, "_VERSION", ctx.string("Lua 5.5"));
}

/// Takes away what reads files, and has `load` refuse binary chunks.
pub(crate) fn forbid_files_and_binaries<'gc>(ctx: Context<'gc>, globals: Table<'gc>) {
    globals.set_field(ctx, "dofile", Value::Nil);
    globals.set_field(ctx, "loadfile", Value::Nil);
    load::forbid_binaries(ctx);
}

/// `assert(value [, message])`
fn assert<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    if stack.any(0)?.is_truthy() {
        return Ok(CallbackReturn::Return);
    }
    match stack.len() {
        1 => Err(Error::message("assertion failed!")),
        _ => raise(ctx, stack, stack.get(1), 1),
    }
}

/// What a protected call costs, with its end.
const PROTECTED_FUEL: usize = 4;

/// What it costs to write a place before a message.
const ERROR_FUEL: usize = 20;

/// `error(message [, level])`
fn error<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let level = c_int(stack.optional_integer(ctx, 1, 1)?);
    // The levels above the one that is meant are gone through.
    let levels = usize::try_from(level).unwrap_or(0);
    stack.burn(ERROR_FUEL + levels.min(stack.thread_state().frames.len()) / 4);
    raise(ctx, stack, stack.get(0), level)
}

/// Raises an error value, with the place of the call at a level before it when it is a string.
fn raise<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    value: Value<'gc>,
    level: i64,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let Value::String(message) = value else { return Err(Error::Value(value)) };
    let place = match usize::try_from(level) {
        Ok(level) if level > 0 => luster_vm::traceback::position(ctx, stack.thread_state(), level),
        _ => Vec::new(),
    };
    if place.is_empty() {
        return Err(Error::Value(value));
    }
    Joining::new(Purpose::Error, &place, message, Vec::new())?.begin(ctx, stack)
}

/// `getmetatable(object)`
fn getmetatable<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let object = stack.any(0)?;
    if let Value::Table(table) = object {
        ctx.fill(table);
    }
    let result = match ctx.visible_metatable(object) {
        None => Value::Nil,
        Some(metatable) => match metatable.metamethod(ctx, Metamethod::Metatable) {
            Value::Nil => Value::Table(metatable),
            instead => instead,
        },
    };
    stack.replace(result);
    Ok(CallbackReturn::Return)
}

/// `setmetatable(table, metatable)`
fn setmetatable<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let table = stack.table(ctx, 0)?;
    let metatable = match stack.get(1) {
        Value::Table(metatable) => Some(metatable),
        Value::Nil if stack.len() > 1 => None,
        _ => return Err(stack.type_error(ctx, 1, "nil or table")),
    };
    ctx.fill(table);
    if let Some(old) = table.metatable()
        && !old.metamethod(ctx, Metamethod::Metatable).is_nil()
    {
        return Err(Error::message("cannot change a protected metatable"));
    }
    if table.is_read_only() {
        return Err(Error::message(InvalidKey::ReadOnly.message()));
    }
    table.set_metatable(&ctx, metatable);
    if let Some(metatable) = metatable
        && !metatable.metamethod(ctx, Metamethod::Gc).is_nil()
    {
        ctx.finalizers().add(Value::Table(table));
    }
    stack.replace(Value::Table(table));
    Ok(CallbackReturn::Return)
}

/// `rawequal(a, b)`
fn rawequal<'gc>(
    _: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let equal = stack.any(0)?.raw_equal(stack.any(1)?);
    stack.replace(Value::boolean(equal));
    Ok(CallbackReturn::Return)
}

/// `rawget(table, key)`
fn rawget<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (table, key) = (stack.table(ctx, 0)?, stack.any(1)?);
    ctx.fill(table);
    stack.replace(table.get(key));
    Ok(CallbackReturn::Return)
}

/// `rawlen(table or string)`
fn rawlen<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let length = match stack.get(0) {
        Value::Table(table) => table.length(),
        Value::String(string) => string.len() as i64,
        _ => return Err(stack.type_error(ctx, 0, "table or string")),
    };
    stack.replace(Value::Integer(length));
    Ok(CallbackReturn::Return)
}

/// `rawset(table, key, value)`
fn rawset<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let table = stack.table(ctx, 0)?;
    let (key, value) = (stack.any(1)?, stack.any(2)?);
    ctx.fill(table);
    table.set(ctx, key, value).map_err(Error::invalid_key)?;
    stack.replace(Value::Table(table));
    Ok(CallbackReturn::Return)
}

/// `select(n, ...)`
fn select<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let count = stack.len() as i64;
    if let Value::String(string) = stack.get(0)
        && string.as_bytes().first() == Some(&b'#')
    {
        stack.replace(Value::Integer(count - 1));
        return Ok(CallbackReturn::Return);
    }
    let index = match stack.integer(ctx, 0)? {
        index if index < 0 => count.saturating_add(index),
        index => index.min(count),
    };
    if index < 1 {
        return Err(Error::argument(1, "index out of range"));
    }
    // What stays is moved down: a loop that selects from many arguments is quadratic, and pays.
    stack.burn((count - index) as usize / 8);
    stack.drop_front(index as usize);
    Ok(CallbackReturn::Return)
}

/// `tonumber(value [, base])`
fn tonumber<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let result = if stack.get(1).is_nil() {
        stack.any(0)?.to_number().map(Value::from)
    } else {
        let base = stack.integer(ctx, 1)?;
        let Value::String(text) = stack.get(0) else {
            return Err(stack.type_error(ctx, 0, "string"));
        };
        if !(2..=36).contains(&base) {
            return Err(Error::argument(2, "base out of range"));
        }
        if text.len() > numeral::PORTION {
            return Ok(numeral::read(stack, text, base as u32));
        }
        stack.burn(text.len() / 8);
        luster_number::parse_integer_radix(text.as_bytes(), base as u32).map(Value::Integer)
    };
    stack.replace(result.unwrap_or(Value::Nil));
    Ok(CallbackReturn::Return)
}

/// `pcall(function, ...)`
fn pcall<'gc>(
    _: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let function = stack.any(0)?;
    stack.burn(PROTECTED_FUEL);
    stack.drop_front(1);
    Ok(CallbackReturn::ProtectedCall(function, Value::Nil))
}

/// `xpcall(function, handler, ...)`
fn xpcall<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let handler = stack.function(ctx, 1)?;
    stack.burn(PROTECTED_FUEL);
    let function = stack.get(0);
    stack.drop_front(2);
    Ok(CallbackReturn::ProtectedCall(function, handler))
}

/// `next(table [, key])`
fn next<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let table = stack.table(ctx, 0)?;
    let key = stack.get(1);
    ctx.fill(table);
    if let Value::Float(_) = key
        && key.to_integer().is_some()
    {
        // No key is a float with the value of an integer, and here none is converted to one.
        return Err(Error::plain("invalid key to 'next'"));
    }
    match table.next_near(key) {
        Ok(Near::Nothing(position)) => return Search { table, position }.begin(ctx, stack),
        Ok(Near::Entry(_, key, value)) => stack.replace2(key, value),
        Ok(Near::End) => stack.replace(Value::Nil),
        Err(error) => return Err(Error::plain(error.message())),
    }
    Ok(CallbackReturn::Return)
}

/// A `next` that passes very many empty slots.
#[derive(Collect)]
#[collect(no_drop)]
struct Search<'gc> {
    table: Table<'gc>,
    position: u64,
}

impl<'gc> Work<'gc> for Search<'gc> {
    fn go_on(&mut self, _: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        while let Near::Nothing(position) = self.table.entry_near(self.position) {
            self.position = position;
            if account::should_end_slice() {
                return Ok(false);
            }
        }
        match self.table.entry_from(self.position) {
            Some((_, key, value)) => stack.replace2(key, value),
            None => stack.replace(Value::Nil),
        }
        Ok(true)
    }
}

/// The iterator of `ipairs`.
fn inext<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let index = stack.integer(ctx, 1)?.wrapping_add(1);
    let object = stack.get(0);
    let outcome = match object {
        Value::Table(table) if !table.get_integer(index).is_nil() => {
            Outcome::Value(table.get_integer(index))
        }
        _ => operate::get(ctx, object, Value::Integer(index)).map_err(|e| fault(ctx, e))?,
    };
    match outcome {
        Outcome::Value(Value::Nil) => stack.replace(Value::Nil),
        Outcome::Value(value) => stack.replace2(Value::Integer(index), value),
        Outcome::Call(handler, [object, key]) => {
            stack.replace2(object, key);
            return Ok(CallbackReturn::Call(handler, Some(Box::new(IndexResult { index }))));
        }
    }
    Ok(CallbackReturn::Return)
}

/// Takes the result of an `__index` metamethod for the iterator of `ipairs`.
#[derive(Collect)]
#[collect(require_static)]
struct IndexResult {
    index: i64,
}

impl<'gc> Sequence<'gc> for IndexResult {
    fn poll(
        &mut self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        match stack.get(0) {
            Value::Nil => stack.replace(Value::Nil),
            value => stack.replace2(Value::Integer(self.index), value),
        }
        Ok(Poll::Return)
    }
}

/// `pairs(object)`
#[derive(Collect)]
#[collect(no_drop)]
struct Pairs<'gc> {
    next: Callback<'gc>,
}

impl<'gc> Captured<'gc> for Pairs<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let object = stack.any(0)?;
        match ctx.metamethod(object, Metamethod::Pairs) {
            Value::Nil => {
                // The fourth is the value to be closed when the loop ends.
                stack.replace3(Value::Callback(self.next), object, Value::Nil);
                stack.push(Value::Nil);
                Ok(CallbackReturn::Return)
            }
            handler => {
                stack.replace(object);
                Ok(CallbackReturn::Call(handler, Some(Box::new(PairsResults))))
            }
        }
    }
}

/// Takes the results of a `__pairs` metamethod, of which four count.
#[derive(Collect)]
#[collect(require_static)]
struct PairsResults;

impl<'gc> Sequence<'gc> for PairsResults {
    fn poll(
        &mut self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if !stack.reserve(4) {
            return Err(Error::message("stack overflow"));
        }
        stack.resize(4);
        Ok(Poll::Return)
    }
}

/// `ipairs(object)`
#[derive(Collect)]
#[collect(no_drop)]
struct IPairs<'gc> {
    inext: Callback<'gc>,
}

impl<'gc> Captured<'gc> for IPairs<'gc> {
    fn call(
        &self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let object = stack.any(0)?;
        stack.replace3(Value::Callback(self.inext), object, Value::Integer(0));
        Ok(CallbackReturn::Return)
    }
}

/// `type(v)`
fn type_of<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let name = ctx.type_string(stack.any(0)?.type_of());
    stack.replace(Value::String(name));
    Ok(CallbackReturn::Return)
}
