//! Functions as the host holds them, and calling them.

use luster_value::{CallbackReturn, Context, Stack};

use crate::convert::{FromLuaMulti, IntoLuaMulti};
use crate::error::Result;
use crate::handle::handle;
use crate::task::{Task, call};

handle! {
    /// A function, written in Lua or in Rust.
    ///
    /// ```
    /// use luster::{Function, Lua};
    ///
    /// struct Plugin {
    ///     tick: Function,
    /// }
    ///
    /// let lua = Lua::new();
    /// let tick = lua.load("return function (dt, name) return dt > 0.1, name .. '!' end").eval()?;
    /// let plugin = Plugin { tick };
    /// let answer: (bool, String) = plugin.tick.call((0.16, "e"))?;
    /// assert_eq!(answer, (true, "e!".to_owned()));
    /// # Ok::<(), luster::Error>(())
    /// ```
    Function, "function", luster_value::Value::Closure(_) | luster_value::Value::Callback(_)
}

impl Function {
    /// Calls it with arguments, runs it to its end, and converts its results.
    ///
    /// # Errors
    /// What it raises and does not catch; when the results are of other types; when the VM is
    /// running already, gone, or a limit is reached.
    #[inline]
    pub fn call<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
        let lua = self.0.lua()?;
        call(&lua, |ctx, stack| {
            arguments.push_into(ctx, stack)?;
            self.0.fetch(ctx)
        })
    }

    /// Begins to call it, in steps that the host decides about.
    ///
    /// # Errors
    /// When the VM is gone, or an argument is not of this VM.
    pub fn start<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<Task<R>> {
        let lua = self.0.lua()?;
        let task = lua.start_with(|ctx, stack| {
            arguments.push_into(ctx, stack)?;
            self.0.fetch(ctx)
        })?;
        Ok(task.allow_yields())
    }

    /// Calls it in the place of the Rust function that returns this: its results are that
    /// function's results. So a function can call Lua without any nesting on the Rust stack.
    ///
    /// ```
    /// use luster::{Function, Lua, Reply, Variadic};
    ///
    /// let lua = Lua::new();
    /// lua.globals().set("twice", lua.function(|f: Function, n: i64| f.reply(n * 2)))?;
    /// assert_eq!(lua.load("twice(function (n) return n + 1 end, 20)").eval::<i64>()?, 41);
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn reply<A: IntoLuaMulti>(&self, arguments: A) -> Reply<A> {
        Reply::Call(self.clone(), arguments)
    }
}

/// What a Rust function answers when it does not simply return.
#[derive(Clone, Debug)]
pub enum Reply<A> {
    /// Return these values.
    Return(A),
    /// Call a function with these values; what it returns is what the Rust function returns.
    Call(Function, A),
    /// Suspend the running coroutine and hand these values to whoever resumed it; what it is
    /// resumed with is what the Rust function returns.
    Yield(A),
}

impl<A: IntoLuaMulti> IntoLuaMulti for Reply<A> {
    fn push_into<'gc>(self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<()> {
        match self {
            Reply::Return(values) | Reply::Call(_, values) | Reply::Yield(values) => {
                values.push_into(ctx, stack)
            }
        }
    }

    fn into_reply<'gc>(
        self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>> {
        stack.clear();
        match self {
            Reply::Return(values) => values.into_reply(ctx, stack),
            Reply::Call(function, values) => {
                values.push_into(ctx, stack)?;
                Ok(CallbackReturn::Call(function.0.fetch(ctx)?, None))
            }
            Reply::Yield(values) => {
                values.push_into(ctx, stack)?;
                Ok(CallbackReturn::Yield(None))
            }
        }
    }
}
