//! Awaiting scripts: calls, chunks and tasks as futures.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::convert::{FromLuaMulti, IntoLuaMulti};
use crate::error::{Error, Result};
use crate::limits::Fuel;
use crate::lua::Shared;
use crate::task::{Step, Task};
use crate::{Chunk, Function};

/// How much fuel a poll uses, unless it is said: what takes some milliseconds at most.
const FUEL_PER_POLL: u64 = 100_000;

/// The future of a call: what [`Function::call_async`] and [`Chunk::eval_async`] return, and what a
/// [`Task`] is when it is awaited.
///
/// A poll runs the script with a limited amount of fuel. When that is used up, the future wakes
/// itself, so that other tasks of the executor have their turn. When the script waits for an
/// [asynchronous function](crate::Lua::async_function), that one's future wakes it.
///
/// Several calls in one VM run side by side, each as far as its polls take it. They stay on the
/// VM's thread: the future is not `Send`.
///
/// Dropping it cancels the call: the futures that the script waits for are dropped at once.
/// Variables to be closed are not closed, and coroutines that the script was in the midst of are
/// dead.
///
/// A [deadline](crate::Lua::set_deadline) and an [interrupt](crate::Lua::interrupt_handle) are looked
/// at whenever the future is polled, and while it runs the script. They do not wake it: an executor
/// that should end a call in time while the script waits has to drop the future.
///
/// ```
/// use std::time::Duration;
///
/// use luster::Lua;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let lua = Lua::new();
/// let endless = lua.load("while true do end").exec_async().fuel_per_poll(10_000);
/// let result = tokio::time::timeout(Duration::from_millis(20), endless).await;
/// assert!(result.is_err(), "the time is over");
/// # });
/// ```
#[must_use = "futures do nothing until they are polled"]
#[derive(Debug)]
pub struct CallAsync<R> {
    call: Result<Task<R>, Option<Error>>,
    fuel: Fuel,
}

impl<R> CallAsync<R> {
    fn new(call: Result<Task<R>>) -> Self {
        CallAsync { call: call.map_err(Some), fuel: Fuel::new(FUEL_PER_POLL) }
    }

    /// How much fuel a poll uses, 100,000 unless it is said. The script's part of a poll takes about
    /// a millisecond for that.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let call = lua.load("local n = 0 for i = 1, 1e5 do n = n + i end return n").eval_async::<f64>();
    /// assert_eq!(pollster::block_on(call.fuel_per_poll(1_000))?, 5_000_050_000.0);
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn fuel_per_poll(mut self, fuel: impl Into<Fuel>) -> Self {
        self.fuel = fuel.into();
        self
    }
}

impl<R: FromLuaMulti> Future for CallAsync<R> {
    type Output = Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<R>> {
        let fuel = self.fuel;
        let task = match &mut self.call {
            Ok(task) => task,
            Err(error) => {
                let error = error.take();
                return Poll::Ready(Err(error.unwrap_or_else(|| Error::new("the call is over"))));
            }
        };
        let result = match task.poll_step(cx, fuel) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(Step::OutOfFuel)) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(Ok(Step::Done(result))) => Ok(result),
            Poll::Ready(Ok(Step::Yielded(_))) => {
                Err(Error::new("attempt to yield from outside a coroutine"))
            }
            Poll::Ready(Ok(Step::Pending)) => unreachable!("a step that waits is a pending poll"),
            Poll::Ready(Err(error)) => Err(error),
        };
        self.call = Err(None);
        Poll::Ready(result)
    }
}

/// Awaiting a task runs it to its end. A task that yields to the host fails.
///
/// ```
/// let lua = luster::Lua::new();
/// let task = lua.load("return ... * 2").start_with::<i64>(21)?;
/// assert_eq!(pollster::block_on(async { task.await })?, 42);
/// # Ok::<(), luster::Error>(())
/// ```
impl<T: FromLuaMulti> IntoFuture for Task<T> {
    type Output = Result<T>;
    type IntoFuture = CallAsync<T>;

    fn into_future(self) -> CallAsync<T> {
        CallAsync::new(Ok(self))
    }
}

impl<T: FromLuaMulti> Task<T> {
    /// [Steps](Self::step) the task as part of a future: while the script waits for an asynchronous
    /// function, this is pending, and that function's future wakes the one that is polled.
    ///
    /// This is for hosts that decide about the steps themselves; others await the task, which
    /// is a future too.
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// use luster::{Fuel, Lua, Step};
    ///
    /// let lua = Lua::new();
    /// let mut task = lua.load("for i = 1, 3 do coroutine.yield(i) end").start::<()>()?;
    /// let mut yields = 0;
    /// pollster::block_on(async {
    ///     while let Step::Yielded(_) = poll_fn(|cx| task.poll_step(cx, Fuel::UNLIMITED)).await? {
    ///         yields += 1;
    ///     }
    ///     Ok::<_, luster::Error>(())
    /// })?;
    /// assert_eq!(yields, 3);
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn poll_step(
        &mut self,
        cx: &mut Context<'_>,
        fuel: impl Into<Fuel>,
    ) -> Poll<Result<Step<T>>> {
        let lua = self.lua().clone();
        let _installed = Installed::new(lua.shared(), cx.waker());
        match self.step_awaiting(fuel.into(), cx.waker()) {
            Ok(Step::Pending) => Poll::Pending,
            step => Poll::Ready(step),
        }
    }
}

/// The waker of a VM while a poll runs in it; the one before comes back when the poll is over.
struct Installed<'a> {
    shared: &'a Shared,
    outer: Option<Waker>,
}

impl<'a> Installed<'a> {
    fn new(shared: &'a Shared, waker: &Waker) -> Self {
        Installed { shared, outer: shared.waker.replace(Some(waker.clone())) }
    }
}

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        self.shared.waker.replace(self.outer.take());
    }
}

impl Function {
    /// Calls it with arguments, and awaits its results. The call begins with the first poll.
    ///
    /// ```
    /// use luster::{Function, Lua};
    ///
    /// let lua = Lua::new();
    /// lua.globals().set("fetch", lua.async_function(|n: i64| async move { n * 2 }))?;
    /// let f: Function = lua.load("function (n) return fetch(n) + 1 end").eval()?;
    /// let n: i64 = pollster::block_on(f.call_async(20))?;
    /// assert_eq!(n, 41);
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// The future comes to an error for what the function raises and does not catch; when the
    /// results are of other types; when it is polled by what the VM is running; when the VM is
    /// gone, or a limit is reached, which cancels the call.
    pub fn call_async<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> CallAsync<R> {
        CallAsync::new(self.start(arguments).map(Task::forbid_yields))
    }
}

impl Chunk<'_> {
    /// Runs the chunk, and awaits its end.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let ready = lua.async_function(|| async { "ready" });
    /// lua.globals().set("ready", ready)?;
    /// pollster::block_on(lua.load("assert(ready() == 'ready')").exec_async())?;
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// The future comes to an error when the chunk does not compile, and as for
    /// [`Function::call_async`].
    pub fn exec_async(self) -> CallAsync<()> {
        self.call_async(())
    }

    /// Runs the chunk, and awaits its results. An expression may stand without its `return`.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let n: i64 = pollster::block_on(lua.load("1 + 2").eval_async())?;
    /// assert_eq!(n, 3);
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`exec_async`](Self::exec_async).
    pub fn eval_async<R: FromLuaMulti>(self) -> CallAsync<R> {
        CallAsync::new(self.start_expression().map(Task::forbid_yields))
    }

    /// Runs the chunk with arguments, which it sees as `...`, and awaits its results.
    ///
    /// # Errors
    /// As for [`exec_async`](Self::exec_async).
    pub fn call_async<R: FromLuaMulti>(self, arguments: impl IntoLuaMulti) -> CallAsync<R> {
        CallAsync::new(self.start_with(arguments).map(Task::forbid_yields))
    }
}
