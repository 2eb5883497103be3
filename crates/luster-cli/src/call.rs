//! Protected calls: a function called so that its error comes back as text, with a traceback.
//!
//! This is the part that works inside the arena. Running the call in slices is in `session`.

use luster::gc_arena::static_collect;
use luster::values::{
    Callback, CallbackReturn, Context, Error, Function, Metamethod, Poll, Sequence, Stack, Stashed,
    Value, traceback,
};
use luster::{FromLuaMulti, Values};

/// What a protected call came to.
pub(crate) enum Outcome {
    /// The function returned these values.
    Returned(Vec<Stashed>),
    /// It failed with this message; `None` is an error that is no text.
    Failed(Option<Vec<u8>>),
}

impl FromLuaMulti for Outcome {
    fn from_lua_multi<'gc>(
        ctx: Context<'gc>,
        results: &mut Values<'_, 'gc>,
    ) -> Result<Self, luster::Error> {
        Ok(match results.rest() {
            [Value::True, values @ ..] => {
                Outcome::Returned(values.iter().map(|&value| ctx.stash_value(value)).collect())
            }
            [_, error, ..] => Outcome::Failed(text(ctx, *error)),
            _ => Outcome::Failed(None),
        })
    }
}

/// A string's or number's text.
pub(crate) fn text<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Option<Vec<u8>> {
    match value {
        Value::String(_) | Value::Integer(_) | Value::Float(_) => {
            let mut text = Vec::new();
            ctx.write_basic(&mut text, value);
            Some(text)
        }
        _ => None,
    }
}

/// The function to call for a protected call of its first argument with the others. Errors get a
/// traceback.
pub(crate) fn with_traceback(ctx: Context<'_>) -> Value<'_> {
    callback(ctx, |ctx, stack| {
        let function = stack.remove(0);
        Ok(CallbackReturn::ProtectedCall(function, callback(ctx, handle)))
    })
}

/// The same, but errors are left as they are.
pub(crate) fn plain(ctx: Context<'_>) -> Value<'_> {
    callback(ctx, |_, stack| {
        let function = stack.remove(0);
        Ok(CallbackReturn::ProtectedCall(function, Value::Nil))
    })
}

fn callback(ctx: Context<'_>, function: Function) -> Value<'_> {
    Value::Callback(Callback::new(ctx, "luster", function))
}

/// The message handler: makes text of an error, with a traceback.
fn handle<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let error = stack.get(0);
    if text(ctx, error).is_none() && !ctx.metamethod(error, Metamethod::ToString).is_nil() {
        return Ok(CallbackReturn::Sequence(Box::new(Describe { called: false })));
    }
    let message = trace(ctx, stack, error, 0);
    stack.replace(message);
    Ok(CallbackReturn::Return)
}

/// The message of an error that does not describe itself, with the functions from a level on.
fn trace<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    error: Value<'gc>,
    level: usize,
) -> Value<'gc> {
    let message = text(ctx, error)
        .unwrap_or_else(|| format!("(error object is a {} value)", error.type_name()).into_bytes());
    let state = stack.thread_state();
    let mut text = message;
    text.push(b'\n');
    traceback::traceback(ctx, state, None, level).write_to(&mut text);
    // The protected call is a level of its own, and the host's call of it is not to be another.
    if text.ends_with(b"\n\t[C]: in ?\n\t[C]: in ?") {
        text.truncate(text.len() - b"\n\t[C]: in ?".len());
    }
    Value::String(ctx.intern_owned(text))
}

/// Asks an error's `__tostring` for the message. The error stays at the bottom of the stack.
struct Describe {
    called: bool,
}

static_collect!(Describe);

impl<'gc> Sequence<'gc> for Describe {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let error = stack.get(0);
        if !self.called {
            self.called = true;
            stack.push(error);
            return Ok(Poll::Call(ctx.metamethod(error, Metamethod::ToString), 1));
        }
        let message = match stack.get(1) {
            message @ Value::String(_) => message,
            // Level 0 is this sequence.
            _ => trace(ctx, stack, error, 1),
        };
        stack.replace(message);
        Ok(Poll::Return)
    }
}
