//! Coroutines as the host holds them.

use luster_value::{Callback, CallbackReturn, ResumeKind, Stack, Status, Value};

use crate::convert::{FromLuaMulti, IntoLuaMulti};
use crate::error::Result;
use crate::handle::handle;
use crate::task::call;

handle! {
    /// A coroutine.
    ///
    /// ```
    /// use luster::{Lua, Thread, ThreadStatus};
    ///
    /// let lua = Lua::new();
    /// let count: Thread = lua.load(r#"
    ///     coroutine.create(function (n)
    ///         while true do n = n + coroutine.yield(n) end
    ///     end)
    /// "#).eval()?;
    /// assert_eq!(count.resume::<i64>(1)?, 1);
    /// assert_eq!(count.resume::<i64>(10)?, 11);
    /// assert_eq!(count.status(), ThreadStatus::Suspended);
    /// # Ok::<(), luster::Error>(())
    /// ```
    Thread, "thread", luster_value::Value::Thread(_)
}

/// How far a coroutine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThreadStatus {
    /// It has not started, or it has yielded: it can be resumed.
    Suspended,
    /// It runs, or it has resumed another one that runs.
    Running,
    /// It has returned, failed, or was closed.
    Dead,
}

impl Thread {
    /// Resumes it with values, and converts what it yields or returns.
    ///
    /// # Errors
    /// What it raises and does not catch; when it cannot be resumed; when the results are of other
    /// types.
    pub fn resume<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
        fn resume<'gc>(
            _: luster_value::Context<'gc>,
            stack: &mut Stack<'_, 'gc>,
        ) -> std::result::Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
            match stack.remove(0) {
                Value::Thread(thread) => Ok(CallbackReturn::Resume(thread, ResumeKind::Wrap)),
                _ => unreachable!("the handle of a coroutine holds a coroutine"),
            }
        }
        call(&self.0.lua()?, |ctx, stack| {
            stack.push(self.0.fetch(ctx)?);
            arguments.push_into(ctx, stack)?;
            Ok(Value::Callback(Callback::new(ctx, "resume", resume)))
        })
    }

    /// Closes it: its variables to be closed are closed, and it is dead.
    ///
    /// # Errors
    /// When closing a variable fails, or the coroutine is running.
    pub fn close(&self) -> Result<()> {
        let lua = self.0.lua()?;
        let (closed, error): (bool, crate::Value) = call(&lua, |ctx, stack| {
            stack.push(self.0.fetch(ctx)?);
            Ok(Value::Callback(Callback::new(ctx, "close", close)))
        })?;
        if closed {
            return Ok(());
        }
        lua.visit(|ctx| {
            let error = crate::IntoLua::into_lua(error, ctx)?;
            Err(crate::Error::from_value(ctx, error))
        })
    }

    /// How far it is.
    pub fn status(&self) -> ThreadStatus {
        self.0
            .visit(|_, value| {
                Ok(match value {
                    Value::Thread(thread) => match thread.status() {
                        Status::Suspended => ThreadStatus::Suspended,
                        Status::Running | Status::Normal => ThreadStatus::Running,
                        Status::Dead => ThreadStatus::Dead,
                    },
                    _ => ThreadStatus::Dead,
                })
            })
            .unwrap_or(ThreadStatus::Dead)
    }
}

/// Closes the coroutine that is its argument.
pub(crate) fn close<'gc>(
    _: luster_value::Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> std::result::Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
    match stack.get(0) {
        Value::Thread(thread) => Ok(CallbackReturn::Close(thread)),
        _ => unreachable!("it is called with a coroutine"),
    }
}
