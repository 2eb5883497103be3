//! `print`, `tostring` and `warn`: values as text.

use gc_arena::Collect;
use luster_value::{
    CallbackReturn, Context, Error, Metamethod, Poll, Sequence, Stack, Value, account,
};
use luster_vm::operate::{self, Outcome};

use crate::counted::CountedBuffer;
use crate::output::Output;
use crate::warning;
use crate::work::Work;

/// `tostring(value)`
pub(super) fn tostring<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    match operate::to_string(ctx, stack.any(0)?) {
        Outcome::Value(text) => {
            stack.replace(text);
            Ok(CallbackReturn::Return)
        }
        Outcome::Call(handler, [value, _]) => {
            stack.replace(value);
            Ok(CallbackReturn::Call(handler, Some(Box::new(TextResult))))
        }
    }
}

/// What `__tostring` has to return: a string, or a number, which becomes one.
pub(crate) fn text_result<'gc>(
    ctx: Context<'gc>,
    result: Value<'gc>,
) -> Result<Value<'gc>, Error<'gc>> {
    match result {
        Value::String(_) => Ok(result),
        _ => match ctx.number_to_string(result) {
            Some(text) => Ok(Value::String(text)),
            None => Err(Error::message("'__tostring' must return a string")),
        },
    }
}

/// Takes the result of a `__tostring` metamethod.
#[derive(Collect)]
#[collect(require_static)]
struct TextResult;

impl<'gc> Sequence<'gc> for TextResult {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let text = text_result(ctx, stack.get(0))?;
        stack.replace(text);
        Ok(Poll::Return)
    }
}

/// `print(...)`
///
/// As in C, that something could not be written is nobody's error here; `io.write` tells.
pub(super) fn print<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let mut printing = Printing { next: 0, written: 0, bottom: stack.len(), calls: false };
    match printing.write_some(ctx, stack) {
        Next::Done => Ok(CallbackReturn::Return),
        _ => Ok(CallbackReturn::Sequence(Box::new(printing))),
    }
}

/// How many values are printed before the fuel is looked at.
const PORTION: usize = 1_000;

/// What it costs to print a value, beside what its length does.
const VALUE_FUEL: usize = 15;

/// How many bytes are gathered before they are written, and how many written before the fuel is looked
/// at.
const GATHERED: usize = 1 << 14;
const LONG_PORTION: usize = 1 << 18;

/// How many bytes of a warning are copied for a unit of fuel.
const COPIED_PER_FUEL: usize = 16;

/// What a `print` needs to go on.
enum Next<'gc> {
    /// Nothing.
    Done,
    /// Fuel.
    Pause,
    /// What this metamethod makes of the next argument.
    Call(Value<'gc>),
}

/// `print` of many values, or of some with a `__tostring`.
#[derive(Collect)]
#[collect(require_static)]
struct Printing {
    /// The next argument.
    next: usize,
    /// How much of it has been written, when it is a long string.
    written: usize,
    /// How many arguments there are.
    bottom: usize,
    /// Whether the result of a metamethod is above the arguments.
    calls: bool,
}

impl Printing {
    /// Writes arguments as `write_arguments` does, and pays for the system's work.
    fn write_some<'gc>(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Next<'gc> {
        let output = Output::of(ctx);
        let next = self.write_arguments(ctx, stack, &output);
        stack.burn(output.take_owed());
        next
    }

    /// Writes arguments until one has to be converted by a metamethod, or much has been written.
    fn write_arguments<'gc>(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        output: &Output,
    ) -> Next<'gc> {
        let mut text = Vec::new();
        let from = self.next;
        while self.next < self.bottom {
            // The names of types may be long.
            let is_much =
                self.next - from >= PORTION || self.next > from && account::should_end_slice();
            if is_much {
                let _ = output.write(&text);
                stack.burn((self.next - from) * VALUE_FUEL);
                return Next::Pause;
            }
            if text.len() > GATHERED {
                let _ = output.write(&text);
                text.clear();
            }
            let value = stack.get(self.next);
            let handler = match value {
                Value::String(_) => Value::Nil,
                _ => ctx.metamethod(value, Metamethod::ToString),
            };
            if !handler.is_nil() {
                let _ = output.write(&text);
                stack.burn((self.next - from) * VALUE_FUEL);
                return Next::Call(handler);
            }
            if self.next > 0 && self.written == 0 {
                text.push(b'\t');
            }
            match value {
                // A long string is written from where it is.
                Value::String(string) if string.len() > 1024 => {
                    let _ = output.write(&text);
                    text.clear();
                    let rest = &string.as_bytes()[self.written..];
                    let count = rest.len().min(LONG_PORTION);
                    let _ = output.write(&rest[..count]);
                    stack.burn(count / 32);
                    if count < rest.len() {
                        self.written += count;
                        stack.burn((self.next - from) * VALUE_FUEL);
                        return Next::Pause;
                    }
                    self.written = 0;
                }
                _ => ctx.write_basic(&mut text, value),
            }
            self.next += 1;
        }
        text.push(b'\n');
        let _ = output.write(&text);
        stack.burn((self.bottom - from) * VALUE_FUEL);
        stack.clear();
        Next::Done
    }
}

impl<'gc> Sequence<'gc> for Printing {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if self.calls {
            let Value::String(text) = text_result(ctx, stack.get(self.bottom))? else {
                unreachable!("the result is text");
            };
            stack.resize(self.bottom);
            stack.burn(text.len() / 32);
            let output = Output::of(ctx);
            if self.next > 0 {
                let _ = output.write(b"\t");
            }
            let _ = output.write(text.as_bytes());
            self.next += 1;
            self.calls = false;
        }
        match self.write_some(ctx, stack) {
            Next::Done => Ok(Poll::Return),
            Next::Pause => Ok(Poll::Pending),
            Next::Call(handler) => {
                stack.push(stack.get(self.next));
                self.calls = true;
                Ok(Poll::Call(handler, self.bottom))
            }
        }
    }
}

/// `warn(message, ...)`
pub(super) fn warn<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let first = stack.string(ctx, 0)?;
    if stack.len() > 1 {
        let warning = Warning { next: 0, copied: 0, message: CountedBuffer::new() };
        return warning.begin(ctx, stack);
    }
    stack.burn(first.len() / 32);
    warning::warn(ctx, first.as_bytes());
    stack.clear();
    Ok(CallbackReturn::Return)
}

/// A warning of several pieces, which is put together before it is shown, if it is.
#[derive(Collect)]
#[collect(require_static)]
struct Warning {
    /// The next piece, and how much of it has been copied.
    next: usize,
    copied: usize,
    message: CountedBuffer,
}

impl<'gc> Work<'gc> for Warning {
    /// Copies a portion, or shows the message. Tells whether that has been done.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let is_on = warning::is_on(ctx);
        let (from, before) = (self.next, self.message.len());
        while self.next < stack.len() {
            let copied = self.message.len() - before;
            if self.next - from >= PORTION || copied >= LONG_PORTION {
                stack.burn((self.next - from) * VALUE_FUEL + copied / COPIED_PER_FUEL);
                return Ok(false);
            }
            let piece = stack.string(ctx, self.next)?;
            let rest = if is_on { &piece.as_bytes()[self.copied..] } else { b"" };
            let count = rest.len().min(LONG_PORTION);
            self.message.extend(&rest[..count])?;
            if count < rest.len() {
                self.copied += count;
            } else {
                (self.next, self.copied) = (self.next + 1, 0);
            }
        }
        let copied = self.message.len() - before;
        stack.burn((self.next - from) * VALUE_FUEL + copied / COPIED_PER_FUEL);
        if !self.message.gather(stack)? {
            return Ok(false);
        }
        stack.burn(self.message.len() / 32);
        warning::warn_pieces(ctx, self.message.as_bytes());
        stack.clear();
        Ok(true)
    }
}
