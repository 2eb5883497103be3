//! Continuations: Rust functions that call Lua and go on with what it returns, without any nesting on
//! the Rust stack.

use std::marker::PhantomData;

use gc_arena::Collect;
use luster_value::{
    BoxSequence, CallbackReturn, Context, Error as Raised, Poll, Sequence, Stack, Value,
};

use crate::Function;
use crate::convert::{FromLuaMulti, IntoLuaMulti, Values};
use crate::error::{Error, Result};

/// What a Rust function answers that calls Lua and goes on afterwards: see [`Function::then`].
pub struct Then<A, R, F> {
    function: Function,
    arguments: A,
    go_on: F,
    catches: bool,
    results: PhantomData<fn(R)>,
}

impl<A, R, F> std::fmt::Debug for Then<A, R, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Then").field("function", &self.function).finish_non_exhaustive()
    }
}

impl Function {
    /// Calls it for the Rust function that returns this, and goes on with its results: what `go_on`
    /// returns is what the Rust function returns. That may be another `Then`, or a
    /// [`Reply`](crate::Reply).
    ///
    /// Nothing nests on the Rust stack, so the called function may yield, run out of fuel, wait, or
    /// call back as deep as it likes.
    ///
    /// ```
    /// use luster::{Function, Lua};
    ///
    /// let lua = Lua::new();
    /// let twice = lua.function(|f: Function, n: i64| {
    ///     let again = f.clone();
    ///     f.then(n, move |n: i64| again.then(n, |n: i64| format!("{n}!")))
    /// });
    /// lua.globals().set("twice", twice)?;
    /// let text: String = lua.load("twice(function (n) return n * 3 end, 2)").eval()?;
    /// assert_eq!(text, "18!");
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn then<A, R, T, F>(
        &self,
        arguments: A,
        go_on: F,
    ) -> Then<A, R, impl FnOnce(Result<R>) -> Result<T> + 'static + use<A, R, T, F>>
    where
        A: IntoLuaMulti,
        R: FromLuaMulti + 'static,
        T: IntoLuaMulti,
        F: FnOnce(R) -> T + 'static,
    {
        Then {
            function: self.clone(),
            arguments,
            go_on: move |results: Result<R>| results.map(go_on),
            catches: false,
            results: PhantomData,
        }
    }

    /// The same, where `go_on` is given the error of the function too, when that fails.
    ///
    /// ```
    /// use luster::{Function, Lua, Result};
    ///
    /// let lua = Lua::new();
    /// let guarded = lua.function(|f: Function| {
    ///     f.then_result((), |result: Result<String>| match result {
    ///         Ok(text) => text,
    ///         Err(error) => format!("caught: {}", error.message()),
    ///     })
    /// });
    /// lua.globals().set("guarded", guarded)?;
    /// let text: String = lua.load("guarded(function () error('oh', 0) end)").eval()?;
    /// assert_eq!(text, "caught: oh");
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn then_result<A, R, T, F>(&self, arguments: A, go_on: F) -> Then<A, R, F>
    where
        A: IntoLuaMulti,
        R: FromLuaMulti + 'static,
        T: IntoLuaMulti,
        F: FnOnce(Result<R>) -> T + 'static,
    {
        let function = self.clone();
        Then { function, arguments, go_on, catches: true, results: PhantomData }
    }
}

impl<A, R, T, F> IntoLuaMulti for Then<A, R, F>
where
    A: IntoLuaMulti,
    R: FromLuaMulti + 'static,
    T: IntoLuaMulti,
    F: FnOnce(Result<R>) -> T + 'static,
{
    /// # Errors
    /// Always: it is no value, but what a function does.
    fn push_into<'gc>(self, _: Context<'gc>, _: &mut Stack<'_, 'gc>) -> Result<()> {
        Err(Error::new("a continuation is not a value: a function has to return it"))
    }

    fn into_reply<'gc>(
        self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>> {
        stack.clear();
        self.arguments.push_into(ctx, stack)?;
        let step = Step::Waits(Box::new(Once { go_on: self.go_on, results: PhantomData }));
        let sequence = GoOn { step, catches: self.catches };
        Ok(CallbackReturn::Call(self.function.fetch(ctx)?, Some(Box::new(sequence))))
    }
}

/// What is done with a call's results.
trait Continue {
    fn go_on<'gc>(
        self: Box<Self>,
        ctx: Context<'gc>,
        error: Option<Error>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>>;
}

struct Once<R, F> {
    go_on: F,
    results: PhantomData<fn(R)>,
}

impl<R: FromLuaMulti, T: IntoLuaMulti, F: FnOnce(Result<R>) -> T> Continue for Once<R, F> {
    fn go_on<'gc>(
        self: Box<Self>,
        ctx: Context<'gc>,
        error: Option<Error>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>> {
        let results = match error {
            Some(error) => Err(error),
            None => R::from_lua_multi(ctx, &mut Values::new(stack.as_slice())),
        };
        (self.go_on)(results).into_reply(ctx, stack)
    }
}

/// How far a continuation is.
#[derive(Collect)]
#[collect(no_drop)]
enum Step<'gc> {
    /// It waits for the results of a call.
    Waits(#[collect(require_static)] Box<dyn Continue>),
    /// What it answered is a sequence itself.
    Inner(BoxSequence<'gc>),
    /// It yielded, and returns what it gets back.
    Yielded,
    /// It is over.
    Over,
}

/// What is left of a function that has answered something else than its results.
#[derive(Collect)]
#[collect(no_drop)]
pub(crate) struct GoOn<'gc> {
    step: Step<'gc>,
    catches: bool,
}

impl<'gc> GoOn<'gc> {
    /// Nothing is left yet.
    #[cfg(feature = "async")]
    pub(crate) fn new() -> Self {
        GoOn { step: Step::Over, catches: false }
    }

    /// Leaves the rest to a sequence; to the innermost one, so that a long chain of continuations is
    /// not a deep one.
    fn keep(&mut self, mut sequence: BoxSequence<'gc>) {
        while let Some(inner) = sequence.take_delegate() {
            sequence = inner;
        }
        self.catches = sequence.catches_errors();
        self.step = Step::Inner(sequence);
    }

    fn next(
        &mut self,
        ctx: Context<'gc>,
        go_on: Box<dyn Continue>,
        error: Option<Error>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<Poll<'gc>, Raised<'gc>> {
        let answer = go_on.go_on(ctx, error, stack).map_err(|error| error.raise(ctx))?;
        self.answer(ctx, answer, stack)
    }

    /// Takes what a function has answered.
    pub(crate) fn answer(
        &mut self,
        ctx: Context<'gc>,
        answer: CallbackReturn<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<Poll<'gc>, Raised<'gc>> {
        Ok(match answer {
            CallbackReturn::Return => Poll::Return,
            CallbackReturn::Call(function, None) => Poll::TailCall(function),
            CallbackReturn::Call(function, Some(sequence)) => {
                self.keep(sequence);
                Poll::Call(function, 0)
            }
            CallbackReturn::Yield(None) => {
                self.step = Step::Yielded;
                Poll::Yield(0)
            }
            CallbackReturn::Yield(Some(sequence)) => {
                self.keep(sequence);
                Poll::Yield(0)
            }
            CallbackReturn::Sequence(mut sequence) => {
                let poll = sequence.poll(ctx, stack)?;
                self.keep(sequence);
                poll
            }
            _ => return Err(Raised::message("a continuation cannot do that")),
        })
    }
}

impl<'gc> Sequence<'gc> for GoOn<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<Poll<'gc>, Raised<'gc>> {
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::Waits(go_on) => {
                self.catches = false;
                self.next(ctx, go_on, None, stack)
            }
            Step::Inner(mut sequence) => {
                let poll = sequence.poll(ctx, stack);
                self.keep(sequence);
                poll
            }
            Step::Yielded | Step::Over => Ok(Poll::Return),
        }
    }

    fn error(
        &mut self,
        ctx: Context<'gc>,
        error: Raised<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<Poll<'gc>, Raised<'gc>> {
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::Waits(go_on) => {
                self.catches = false;
                let value: Value<'gc> = error.into_value(ctx);
                let error = Error::from_value(ctx, value);
                self.next(ctx, go_on, Some(error), stack)
            }
            Step::Inner(mut sequence) => {
                let poll = sequence.error(ctx, error, stack);
                self.keep(sequence);
                poll
            }
            Step::Yielded | Step::Over => Err(error),
        }
    }

    fn catches_errors(&self) -> bool {
        self.catches
    }

    fn take_delegate(&mut self) -> Option<BoxSequence<'gc>> {
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::Inner(sequence) => Some(sequence),
            step => {
                self.step = step;
                None
            }
        }
    }
}
