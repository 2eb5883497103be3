//! The `string` library: the functions that need neither patterns nor formats, and the metatable of
//! strings.
//!
//! `transform` has what makes a string as long as it is given, in portions if that takes long, `pattern` has `find match gmatch gsub`, `format` has `format`, `pack` has `pack packsize`, `unpack` has `unpack`,
//! and `arithmetic` the metamethods by which strings that spell numbers can be calculated with.

mod arithmetic;
mod byte_set;
mod compiled;
mod format;
mod long;
mod matcher;
pub(crate) mod pack;
mod pattern;
mod plain;
mod transform;
mod unpack;

use gc_arena::Collect;
use luster_bytecode::{DumpSize, Dumping};
use luster_value::{
    CallbackReturn, Closure, Context, Error, Function, LuaString, Poll, Sequence, Stack, Table,
    Type, Value,
};

use crate::buffer::{MAX_LENGTH, with_room};
use crate::counted::CountedMemory;
use crate::work::{Work, is_much_to_read};
use transform::Change;

/// How many bytes are filled or changed before the fuel is looked at.
const PORTION: usize = 1 << 18;

/// What the library holds.
const FUNCTIONS: &[(&str, Function)] = &[
    ("byte", byte),
    ("char", char),
    ("dump", dump),
    ("find", pattern::find),
    ("format", format::format),
    ("gmatch", pattern::gmatch),
    ("gsub", pattern::gsub),
    ("len", len),
    ("lower", lower),
    ("match", pattern::r#match),
    ("pack", pack::pack),
    ("packsize", pack::packsize),
    ("rep", rep),
    ("reverse", reverse),
    ("sub", sub),
    ("unpack", unpack::unpack),
    ("upper", upper),
];

/// Makes the library's table and sets the metatable of strings.
pub(crate) fn open<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    crate::restartable_table_of(ctx, FUNCTIONS, 0)
}

/// Gives strings their methods, the functions of the library.
pub(crate) fn open_methods<'gc>(ctx: Context<'gc>, library: Table<'gc>) {
    let metatable = Table::new(ctx);
    arithmetic::fill(ctx, metatable);
    metatable.set_field(ctx, "__index", Value::Table(library));
    ctx.set_type_metatable(Type::String, Some(metatable));
}

/// A position that may count back from the end, as one from 1 on that may lie behind the end: the
/// reference's `posrelatI`.
#[inline]
pub(crate) fn start_position(position: i64, length: usize) -> usize {
    match position {
        0 => 1,
        1.. => position as usize,
        _ => (length as i64).checked_add(position).map_or(1, |at| at.max(0) as usize + 1),
    }
}

/// A position that may count back from the end, as one from 0 to the length: the reference's
/// `getendpos`.
#[inline]
pub(crate) fn end_position(position: i64, length: usize) -> usize {
    if position >= 0 {
        (position as usize).min(length)
    } else {
        (length as i64 + 1).saturating_add(position).max(0) as usize
    }
}

/// A piece of a string as a string of its own, without a copy if it is the whole.
///
/// # Errors
/// There is not that much memory.
#[inline]
fn slice<'gc>(
    ctx: Context<'gc>,
    string: LuaString<'gc>,
    from: usize,
    to: usize,
) -> Result<LuaString<'gc>, Error<'gc>> {
    let bytes = string.as_bytes();
    if from == 0 && to == bytes.len() { Ok(string) } else { copied(ctx, &bytes[from..to]) }
}

/// Bytes as a string.
///
/// # Errors
/// There is not that much memory.
#[inline]
fn copied<'gc>(ctx: Context<'gc>, bytes: &[u8]) -> Result<LuaString<'gc>, Error<'gc>> {
    /// What is shorter is not asked for.
    const SHORT: usize = 256;
    if bytes.len() > SHORT {
        Error::check_room(bytes.len())?;
    }
    Ok(ctx.intern(bytes))
}

/// `string.len(s)`: its length in bytes.
fn len<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let length = stack.string(ctx, 0)?.len();
    stack.replace(Value::Integer(length as i64));
    Ok(CallbackReturn::Return)
}

/// `string.sub(s, i [, j])`: the piece from one position to another, both included.
fn sub<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let string = stack.string(ctx, 0)?;
    let length = string.len();
    let start = start_position(stack.integer(ctx, 1)?, length);
    let end = end_position(stack.optional_integer(ctx, 2, -1)?, length);
    let piece = if start <= end {
        if end + 1 - start > PORTION && (start, end) != (1, length) {
            return transform::copy(ctx, stack, string, start - 1, end);
        }
        stack.burn((end - start) / 16);
        slice(ctx, string, start - 1, end)?
    } else {
        ctx.intern(b"")
    };
    stack.replace(Value::String(piece));
    Ok(CallbackReturn::Return)
}

/// `string.upper(s)`: the string with its lower case letters made upper case.
fn upper<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    transform::transform(ctx, stack, Change::Upper)
}

/// `string.lower(s)`: the string with its upper case letters made lower case.
fn lower<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    transform::transform(ctx, stack, Change::Lower)
}

/// `string.reverse(s)`: the string's bytes in reverse order.
fn reverse<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    transform::transform(ctx, stack, Change::Reverse)
}

/// `string.rep(s, n [, sep])`: the string so many times, with a separator between.
fn rep<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let string = stack.string(ctx, 0)?;
    let count = stack.integer(ctx, 1)?;
    let separator = stack.optional_string(ctx, 2)?.unwrap_or_else(|| ctx.intern(b""));
    let both = string.len() + separator.len();
    if count <= 0 || both == 0 {
        stack.replace(Value::String(ctx.intern(b"")));
        return Ok(CallbackReturn::Return);
    }
    // The count is positive.
    let total = match both.checked_mul(count as usize) {
        Some(total) if total <= MAX_LENGTH => total - separator.len(),
        _ => return Err(Error::message("resulting string too large")),
    };
    let (result, memory) = (with_room(total)?, CountedMemory::default());
    let mut repetition = Repetition { string, separator, total, result, memory };
    if repetition.fill(total.min(PORTION), stack) {
        repetition.finish(ctx, stack);
        return Ok(CallbackReturn::Return);
    }
    Ok(CallbackReturn::Sequence(Box::new(repetition)))
}

/// A `rep` at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Repetition<'gc> {
    string: LuaString<'gc>,
    separator: LuaString<'gc>,
    total: usize,
    result: Vec<u8>,
    memory: CountedMemory,
}

impl<'gc> Repetition<'gc> {
    /// Fills up to so many more bytes, or a little more. Tells whether all is done.
    fn fill(&mut self, more: usize, stack: &mut Stack<'_, 'gc>) -> bool {
        let (string, separator) = (self.string.as_bytes(), self.separator.as_bytes());
        let unit = string.len() + separator.len();
        let begin = self.result.len();
        if let (&[byte], []) = (string, separator) {
            self.result.resize((begin + more).min(self.total), byte);
        }
        // Once the string and the separator are there, they are copied from the result itself, twice
        // as many each time. What is long is copied in pieces.
        while self.result.len() < self.total {
            let done = self.result.len();
            if done - begin >= more {
                break;
            }
            let left = (self.total - done).min(PORTION);
            let place = done % unit;
            if done >= unit {
                let length = left.min(done - place);
                self.result.extend_from_within(place..place + length);
                continue;
            }
            let source = if place < string.len() {
                &string[place..]
            } else {
                &separator[place - string.len()..]
            };
            self.result.extend_from_slice(&source[..source.len().min(left)]);
        }
        stack.burn((self.result.len() - begin) / 16);
        // What is done at once is counted as the string's.
        if self.result.len() > PORTION {
            self.memory.set(self.result.capacity());
        }
        self.result.len() >= self.total
    }

    fn finish(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) {
        self.memory.set(0);
        let result = ctx.intern_owned(std::mem::take(&mut self.result));
        stack.replace(Value::String(result));
    }
}

impl<'gc> Sequence<'gc> for Repetition<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if self.fill(PORTION, stack) {
            self.finish(ctx, stack);
            return Ok(Poll::Return);
        }
        Ok(Poll::Pending)
    }
}

/// `string.byte(s [, i [, j]])`: the bytes from one position to another, as integers.
fn byte<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let string = stack.string(ctx, 0)?;
    let bytes = string.as_bytes();
    let first = stack.optional_integer(ctx, 1, 1)?;
    let start = start_position(first, bytes.len());
    let end = end_position(stack.optional_integer(ctx, 2, first)?, bytes.len());
    stack.clear();
    if start <= end {
        let piece = &bytes[start - 1..end];
        if piece.len() >= i32::MAX as usize {
            return Err(Error::message("string slice too long"));
        }
        if !stack.has_room_for(piece.len()) {
            return Err(Error::message(TOO_LONG));
        }
        return Spelling { string, next: start - 1, end }.begin(ctx, stack);
    }
    Ok(CallbackReturn::Return)
}

/// The error of a string that has too many bytes for the stack.
const TOO_LONG: &str = "stack overflow (string slice too long)";

/// How many bytes become integers before the fuel is looked at.
const SPELT: usize = 1 << 14;

/// A `byte` at work. The bytes so far are on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Spelling<'gc> {
    string: LuaString<'gc>,
    next: usize,
    end: usize,
}

impl<'gc> Work<'gc> for Spelling<'gc> {
    #[inline]
    fn go_on(&mut self, _: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let stop = self.end.min(self.next + SPELT);
        let piece = &self.string.as_bytes()[self.next..stop];
        if !stack.reserve(piece.len()) {
            return Err(Error::message(TOO_LONG));
        }
        stack.burn(piece.len() / 2);
        stack.extend(piece.iter().map(|&byte| Value::Integer(i64::from(byte))));
        self.next = stop;
        Ok(stop == self.end)
    }
}

/// `string.char(...)`: the string of these bytes.
fn char<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let mut short = [0; 16];
    let count = stack.len();
    let Some(bytes) = short.get_mut(..count) else {
        let (bytes, memory) = (with_room(count)?, CountedMemory::default());
        return Spelled { bytes, memory }.begin(ctx, stack);
    };
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = byte_argument(ctx, stack, index)?;
    }
    let result = ctx.intern(bytes);
    stack.replace(Value::String(result));
    Ok(CallbackReturn::Return)
}

/// An argument that is a byte.
#[inline]
fn byte_argument<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    index: usize,
) -> Result<u8, Error<'gc>> {
    u8::try_from(stack.integer(ctx, index)?)
        .map_err(|_| Error::argument(index + 1, "value out of range"))
}

/// A `char` of more than a few bytes at work. The arguments stay on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Spelled {
    /// There is room for all of them.
    bytes: Vec<u8>,
    memory: CountedMemory,
}

impl<'gc> Work<'gc> for Spelled {
    #[inline]
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let end = stack.len().min(self.bytes.len() + SPELT);
        stack.burn((end - self.bytes.len()) / 4);
        let mut is_due = false;
        while self.bytes.len() < end && !is_due {
            let index = self.bytes.len();
            let byte = match stack.get(index) {
                Value::Integer(code @ 0..=0xFF) => code as u8,
                _ => {
                    is_due = is_much_to_read(stack, index);
                    byte_argument(ctx, stack, index)?
                }
            };
            self.bytes.push(byte);
        }
        if self.bytes.len() < stack.len() {
            self.memory.set(self.bytes.capacity());
            return Ok(false);
        }
        self.memory.set(0);
        let result = ctx.intern_owned(std::mem::take(&mut self.bytes));
        stack.replace(Value::String(result));
        Ok(true)
    }
}

/// What a dump costs beside what its length does.
const DUMP_FUEL: usize = 150;

/// How many functions are looked at for how long a dump will be before the fuel is looked at, and what that
/// costs for each.
const DUMPED_FUNCTIONS: usize = 1 << 12;
const FUNCTION_FUEL: usize = 5;

/// How many bytes of a dump are written before the fuel is looked at.
const DUMP_PORTION: usize = 1 << 16;

/// `string.dump(function [, strip])`: a Lua function as a binary chunk.
fn dump<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let Value::Closure(closure) = stack.get(0) else {
        return Err(Error::argument(1, "Lua function expected"));
    };
    let size = DumpSize::new(closure.prototype());
    let strip = stack.get(1).is_truthy();
    stack.burn(DUMP_FUEL);
    Dump { closure, strip, size, written: None, memory: CountedMemory::default() }.begin(ctx, stack)
}

/// A `dump` at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Dump<'gc> {
    closure: Closure<'gc>,
    strip: bool,
    /// How much there will be, which is found out first.
    #[collect(require_static)]
    size: DumpSize,
    /// What there is of it, until it is a string.
    #[collect(require_static)]
    written: Option<Dumping>,
    memory: CountedMemory,
}

impl<'gc> Work<'gc> for Dump<'gc> {
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let prototype = self.closure.prototype();
        let Some(written) = &mut self.written else {
            let before = self.size.functions();
            let is_known = self.size.go_on(prototype, DUMPED_FUNCTIONS);
            stack.burn((self.size.functions() - before) * FUNCTION_FUEL);
            if is_known {
                Error::check_room(self.size.memory())?;
                self.written = Some(Dumping::new(&self.size, self.strip));
                if self.size.functions() < DUMPED_FUNCTIONS {
                    return self.go_on(ctx, stack);
                }
            }
            return Ok(false);
        };
        let before = written.as_bytes().len();
        let is_complete = written.go_on(prototype, DUMP_PORTION);
        stack.burn((written.as_bytes().len() - before) / 2);
        if !is_complete {
            self.memory.set(written.memory());
            return Ok(false);
        }
        self.memory.set(0);
        let chunk = self.written.take().map(Dumping::into_bytes);
        stack.replace(Value::String(ctx.intern_owned(chunk.unwrap_or_default())));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_either_end() {
        assert_eq!(start_position(3, 5), 3);
        assert_eq!(start_position(0, 5), 1);
        assert_eq!(start_position(-5, 5), 1);
        assert_eq!(start_position(-1, 5), 5);
        assert_eq!(start_position(-6, 5), 1);
        assert_eq!(start_position(i64::MIN, 5), 1);
        assert_eq!(start_position(i64::MAX, 5), i64::MAX as usize);
        assert_eq!(end_position(3, 5), 3);
        assert_eq!(end_position(9, 5), 5);
        assert_eq!(end_position(0, 5), 0);
        assert_eq!(end_position(-1, 5), 5);
        assert_eq!(end_position(-5, 5), 1);
        assert_eq!(end_position(-6, 5), 0);
        assert_eq!(end_position(i64::MIN, 5), 0);
    }
}
