//! `print`, `tostring` and `warn`: values as text.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, Metamethod, Poll, Sequence, Stack, Value};
use luster_vm::operate::{self, Outcome};

use crate::output::Output;
use crate::warning;

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
    let mut printing = Printing { next: 0, bottom: stack.len(), calls: false };
    match printing.write_arguments(ctx, stack) {
        None => Ok(CallbackReturn::Return),
        Some(_) => Ok(CallbackReturn::Sequence(Box::new(printing))),
    }
}

/// `print` among whose arguments there are some with a `__tostring`.
#[derive(Collect)]
#[collect(require_static)]
struct Printing {
    /// The next argument.
    next: usize,
    /// How many arguments there are.
    bottom: usize,
    /// Whether the result of a metamethod is above the arguments.
    calls: bool,
}

impl Printing {
    /// Writes arguments until one has to be converted by the metamethod that is returned.
    fn write_arguments<'gc>(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Option<Value<'gc>> {
        let output = Output::of(ctx);
        let mut text = Vec::new();
        while self.next < self.bottom {
            let value = stack.get(self.next);
            let handler = match value {
                Value::String(_) => Value::Nil,
                _ => ctx.metamethod(value, Metamethod::ToString),
            };
            if !handler.is_nil() {
                let _ = output.write(&text);
                return Some(handler);
            }
            if self.next > 0 {
                text.push(b'\t');
            }
            match value {
                // A long string is written from where it is.
                Value::String(string) if string.len() > 1024 => {
                    stack.burn(string.len() / 64);
                    let _ = output.write(&text);
                    text.clear();
                    let _ = output.write(string.as_bytes());
                }
                _ => ctx.write_basic(&mut text, value),
            }
            self.next += 1;
        }
        text.push(b'\n');
        let _ = output.write(&text);
        stack.burn(self.bottom);
        stack.clear();
        None
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
            stack.burn(text.len() / 64);
            let output = Output::of(ctx);
            if self.next > 0 {
                let _ = output.write(b"\t");
            }
            let _ = output.write(text.as_bytes());
            self.next += 1;
            self.calls = false;
        }
        match self.write_arguments(ctx, stack) {
            None => Ok(Poll::Return),
            Some(handler) => {
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
    let mut message = crate::counted::CountedBuffer::new();
    let count = stack.len().max(1);
    for index in 0..count {
        message.extend(stack.string(ctx, index)?.as_bytes())?;
    }
    stack.burn(message.as_bytes().len() / 64);
    if count == 1 {
        warning::warn(ctx, message.as_bytes());
    } else {
        warning::warn_pieces(ctx, message.as_bytes());
    }
    stack.clear();
    Ok(CallbackReturn::Return)
}
