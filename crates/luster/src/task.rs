//! Running functions: to their ends, or in steps that the host decides about.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::Ordering;
use std::task::Waker;

use luster_value::{ClosingFrame, Context, Frame, Stack, Status, ThreadInsides, Value};
use luster_vm::{Execution, Outcome, RunEnd, Vm};

use crate::awaited::SharedAwaited;
use crate::convert::{FromLuaMulti, IntoLuaMulti, Values};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Fuel;
use crate::lua::{Lua, Shared};
use crate::value::MultiValue;

/// How far a task is after a step.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step<T> {
    /// It is done, with these results.
    Done(T),
    /// The step's fuel is used up, or it has taken very long for so much; there is more to do.
    OutOfFuel,
    /// The function has yielded these values; [`Task::resume`] says what it gets back.
    Yielded(MultiValue),
    /// It waits for an asynchronous function. The next step asks that one again.
    Pending,
}

/// A function that runs in steps.
///
/// There may be many tasks in a VM, which are stepped in any order. Dropping a task ends it without
/// a trace: variables to be closed are not closed.
///
/// ```
/// use luster::{Fuel, Lua, Step};
///
/// let lua = Lua::new();
/// let mut task = lua.load("local n = 0 while n < 1e6 do n = n + 1 end return n").start::<f64>()?;
/// let mut steps = 0;
/// let n = loop {
///     match task.step(Fuel::new(10_000))? {
///         Step::Done(n) => break n,
///         _ => steps += 1,
///     }
/// };
/// assert_eq!(n, 1e6);
/// assert!(steps > 100);
/// # Ok::<(), luster::Error>(())
/// ```
pub struct Task<T> {
    lua: Lua,
    execution: Option<Execution>,
    /// The future that the script waits for.
    awaited: Option<SharedAwaited>,
    result: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("is_done", &self.execution.is_none()).finish_non_exhaustive()
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(awaited) = self.awaited.take() {
            awaited.cancel();
        }
        if let Some(execution) = self.execution.take() {
            self.lua.shared().vm.give_up(&execution);
        }
    }
}

impl<T> Task<T> {
    pub(crate) fn new(lua: Lua, execution: Execution) -> Self {
        Task { lua, execution: Some(execution), awaited: None, result: PhantomData }
    }

    /// The VM that it runs in.
    pub fn lua(&self) -> &Lua {
        &self.lua
    }

    /// Whether it is over: it has returned or failed.
    pub fn is_done(&self) -> bool {
        self.execution.is_none()
    }

    /// Lets the function yield to the host: the step is [`Step::Yielded`] then. Tasks started by
    /// [`Chunk::start`](crate::Chunk::start) and [`Function::start`](crate::Function::start) may.
    #[must_use]
    pub fn allow_yields(self) -> Self {
        self.set_yields(true)
    }

    /// Makes a yield of the function itself an error, as in a Lua interpreter's main program: it is
    /// "attempt to yield from outside a coroutine". Coroutines inside the script yield as ever.
    #[must_use]
    pub fn forbid_yields(self) -> Self {
        self.set_yields(false)
    }

    fn set_yields(self, are_allowed: bool) -> Self {
        if let Some(execution) = &self.execution {
            self.lua.enter_arena(|ctx| Vm::allow_yields(ctx, execution, are_allowed));
        }
        self
    }

    /// Raises an error in the script that is between two steps, as if what it was doing had failed:
    /// the script can catch it, unlike the end of its fuel. The place is put before the message.
    ///
    /// Tells whether it did: not while a coroutine other than the main one or a finalizer is
    /// running. The host can try again after another step.
    pub fn raise(&mut self, message: &str) -> bool {
        let Some(execution) = &self.execution else { return false };
        let has_raised = self.lua.enter_arena(|ctx| {
            let Some(main) = Vm::main_thread(ctx, execution) else { return false };
            let Some(mut state) = main.state_mut(&ctx) else { return false };
            let in_finalizer =
                state.frames.iter().any(|frame| matches!(frame, Frame::Finalizer(_)));
            if state.status != Status::Running || in_finalizer {
                return false;
            }
            // Level 1 is what is interrupted; the reference names the place that called it.
            let mut text = luster_vm::traceback::position(ctx, &state, 2);
            text.extend(message.bytes());
            state.frames.push(Frame::Closing(ClosingFrame::raising(ctx.string(text))));
            true
        });
        if has_raised && let Some(awaited) = self.awaited.take() {
            awaited.cancel();
        }
        has_raised
    }

    /// Says what a task gets back that has yielded; nothing, when this is not called before the next
    /// step.
    ///
    /// ```
    /// use luster::{Fuel, Lua, Step};
    ///
    /// let lua = Lua::new();
    /// let mut task = lua.load("return coroutine.yield('what?') * 2").start::<i64>()?;
    /// let Step::Yielded(asked) = task.step(Fuel::UNLIMITED)? else { panic!("it yields") };
    /// assert_eq!(asked[0].as_string().expect("a string").to_str()?, "what?");
    /// task.resume(21)?;
    /// assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Done(42));
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the task has not yielded, or a value is of another VM.
    pub fn resume(&mut self, values: impl IntoLuaMulti) -> Result<()> {
        let Some(execution) = &self.execution else { return Err(over()) };
        self.lua.visit(|ctx| {
            let resumed = Vm::resume_with(ctx, execution, |stack| values.push_into(ctx, stack));
            resumed.unwrap_or_else(|| Err(Error::new("the task has not yielded")))
        })
    }
}

#[cold]
fn over() -> Error {
    Error::new("the task is over")
}

impl<T: FromLuaMulti> Task<T> {
    /// Runs with so much fuel. A step that takes more than 20 ns of processor time for each unit, and more than
    /// a millisecond, ends with what is left of it: a script whose memory is far from the processor keeps
    /// the host waiting no longer than others. It does not with 2^32 units and more.
    ///
    /// # Errors
    /// When the script raises an error that it does not catch, calls `os.exit`, or its results are
    /// of another type; the task is over then. When a limit is reached, after which it can go on.
    pub fn step(&mut self, fuel: impl Into<Fuel>) -> Result<Step<T>> {
        self.step_awaiting(fuel.into(), Waker::noop())
    }

    /// Runs with so much fuel, and polls the futures that the script waits for.
    pub(crate) fn step_awaiting(&mut self, fuel: Fuel, waker: &Waker) -> Result<Step<T>> {
        let Fuel(mut fuel) = fuel;
        loop {
            if self.waits(waker)? {
                return Ok(Step::Pending);
            }
            let step = self.run(&mut fuel)?;
            if self.awaited.is_none() {
                return Ok(step);
            }
        }
    }

    /// Polls the future that the script waits for. Tells whether it still has to wait.
    fn waits(&mut self, waker: &Waker) -> Result<bool> {
        let Some(awaited) = &self.awaited else { return Ok(false) };
        let shared = self.lua.shared();
        if shared.vm.is_entered() {
            return Err(Error::busy());
        }
        if shared.should_stop() {
            return Err(stopped(shared));
        }
        let poll = awaited.poll(shared, &mut std::task::Context::from_waker(waker));
        // What stops Lua code that the future ran is meant for the script that waits, too.
        if shared.should_stop() {
            return Err(stopped(shared));
        }
        if poll.is_ready() {
            self.awaited = None;
        }
        Ok(poll.is_pending())
    }

    fn run(&mut self, fuel: &mut i64) -> Result<Step<T>> {
        // Not there while it runs: when the host's code panics in it, it is over.
        let Some(execution) = self.execution.take() else { return Err(over()) };
        let shared = self.lua.shared();
        let end = shared.vm.run(&execution, fuel, || stops_after_slice(&self.lua), finish::<T>);
        let execution = &*self.execution.insert(execution);
        self.awaited = shared.awaited.take();
        settle(&self.lua);
        let step = match end? {
            RunEnd::Done(result) => result.map(Step::Done),
            RunEnd::OutOfFuel => return Ok(Step::OutOfFuel),
            RunEnd::Waiting => return Ok(Step::Pending),
            RunEnd::Yielded => {
                let yielded = self.lua.visit(|ctx| {
                    let values = Vm::yielded(ctx, execution);
                    MultiValue::from_lua_multi(ctx, &mut Values::new(&values))
                });
                return yielded.map(Step::Yielded);
            }
            RunEnd::OutOfMemory => return Err(out_of_memory()),
            RunEnd::Interrupted => return Err(stopped(shared)),
            RunEnd::Exit(status) => Err(exit(status)),
        };
        // It is over, and what it ran in has been put by already.
        self.execution = None;
        step.map_err(|error| self.lua.with_source(error))
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// As [`step`](Self::step), and when the script yields or waits.
    pub fn finish(mut self) -> Result<T> {
        self.run_to_end()
    }

    fn run_to_end(&mut self) -> Result<T> {
        match self.step(Fuel::UNLIMITED)? {
            Step::Done(result) => Ok(result),
            Step::OutOfFuel => Err(out_of_fuel()),
            Step::Yielded(_) => Err(Error::new("attempt to yield from outside a coroutine")),
            Step::Pending => Err(pending()),
        }
    }
}

/// Calls a function that is chosen with its arguments inside the arena, to its end.
#[inline]
pub(crate) fn call<R: FromLuaMulti>(
    lua: &Lua,
    choose: impl for<'gc> FnOnce(Context<'gc>, &mut Stack<'_, 'gc>) -> Result<Value<'gc>>,
) -> Result<R> {
    let shared = lua.shared();
    let mut fuel = i64::MAX;
    let end = shared.vm.call(&mut fuel, || stops_after_slice(lua), choose, finish::<R>);
    settle(lua);
    let (end, execution) = end?;
    match end {
        RunEnd::Done(Ok(result)) => Ok(result),
        RunEnd::Done(Err(error)) => Err(lua.with_source(error)),
        end => stop_or_wait(lua, &end, execution),
    }
}

/// What comes of a call that has stopped before its end: it goes on if it waits for something that
/// is ready at once, and is given up otherwise.
#[cold]
fn stop_or_wait<T: FromLuaMulti, U>(
    lua: &Lua,
    end: &RunEnd<U>,
    execution: Option<Execution>,
) -> Result<T> {
    if let RunEnd::Exit(status) = end {
        // Its variables may still have to be closed: see `Lua::start_closing`.
        return Err(exit(*status));
    }
    let shared = lua.shared();
    let Some(execution) = execution else { return Err(over()) };
    let mut task = Task::new(lua.clone(), execution);
    task.awaited = shared.awaited.take();
    match end {
        RunEnd::Waiting if task.awaited.is_some() => task.run_to_end(),
        RunEnd::Waiting => Err(pending()),
        RunEnd::OutOfFuel => Err(out_of_fuel()),
        RunEnd::OutOfMemory => Err(out_of_memory()),
        RunEnd::Interrupted => Err(stopped(shared)),
        RunEnd::Done(_) | RunEnd::Yielded | RunEnd::Exit(_) => Err(over()),
    }
}

/// What an execution came to, as the host wants it.
#[inline]
fn finish<'gc, T: FromLuaMulti>(ctx: Context<'gc>, outcome: Outcome<'_, 'gc>) -> Result<T> {
    match outcome {
        Outcome::Returned(values) => T::from_lua_multi(ctx, &mut Values::new(values)),
        Outcome::Failed { error, traceback } => Err(Error::uncaught(ctx, error, traceback)),
    }
}

/// Passes on what scripts have written, so that it comes before what the host writes next, and what
/// finalizers have failed with.
#[inline]
fn settle(lua: &Lua) {
    lua.shared().output.settle();
    if luster_vm::has_warnings() {
        show_warnings(lua);
    }
}

/// Whether the host wants a script to stop, whose slice is over. Warnings do not wait until it has ended.
#[inline]
fn stops_after_slice(lua: &Lua) -> bool {
    if luster_vm::has_warnings() {
        show_warnings(lua);
    }
    lua.shared().should_stop()
}

/// Says what finalizers have failed with.
#[cold]
fn show_warnings(lua: &Lua) {
    for warning in luster_vm::take_warnings() {
        lua.enter_arena(|ctx| luster_stdlib::warn(ctx, &warning));
    }
}

#[cold]
fn exit(status: i32) -> Error {
    Error::of_kind(ErrorKind::Exit(status), format!("exit with status {status}"))
}

#[cold]
fn out_of_memory() -> Error {
    Error::of_kind(ErrorKind::Memory, "memory limit exceeded")
}

#[cold]
fn out_of_fuel() -> Error {
    Error::of_kind(ErrorKind::Fuel, "fuel exhausted")
}

#[cold]
fn pending() -> Error {
    Error::of_kind(
        ErrorKind::Pending,
        "the script waits for an asynchronous function: call it by call_async, or step a task",
    )
}

/// The error of a script that the host wanted to stop.
#[cold]
fn stopped(shared: &Shared) -> Error {
    // An interrupt is over when the outermost script knows of it: others wait for this one.
    let is_interrupted = if shared.polling.get() > 0 {
        shared.interrupted.load(Ordering::Relaxed)
    } else {
        shared.interrupted.swap(false, Ordering::Relaxed)
    };
    if is_interrupted {
        Error::of_kind(ErrorKind::Interrupted, "interrupted")
    } else {
        Error::of_kind(ErrorKind::TimedOut, "timed out")
    }
}
