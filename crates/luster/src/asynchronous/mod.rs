//! Asynchronous functions: Rust functions that scripts call like any others, and that return
//! futures.
//!
//! The future of a call is held by a sequence, in the coroutine that made the call, and by the task
//! that runs the script (see `awaited`). Awaiting scripts is in `call`.

mod call;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use gc_arena::Collect;
use luster_value::{
    BoxSequence, Callback, CallbackReturn, Captured, Context, Error as Raised, Poll as Next,
    Sequence, Stack, Value,
};

use crate::awaited::{Awaited, SharedAwaited};
use crate::continuation::GoOn;
use crate::convert::{IntoLuaMulti, Values};
use crate::error::{Error, Result};
use crate::handle::Handle;
use crate::lua::{Lua, Shared};
use crate::param::{Param, hold};
use crate::{Class, Function, UserData};

pub use call::CallAsync;

/// A Rust function that scripts can call and that returns a future.
///
/// It is implemented for closures and `async fn`s of up to twelve parameters whose future is
/// `'static` and comes to something that is [`IntoLuaMulti`]. A parameter is everything that
/// [`LuaFunction`](crate::LuaFunction)s can have and that is owned: [`FromLua`](crate::FromLua)
/// values, [`UserRef`](crate::UserRef) and [`UserRefMut`](crate::UserRefMut) as borrows of userdata
/// that last as long as the future, [`Variadic`](crate::Variadic) as the last one, and [`Lua`].
/// `Signature` is their shape, which the compiler finds out by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an asynchronous function that scripts can call",
    note = "its parameters have to be owned `Param`s (`FromLua` values, `UserRef<T>`), with their \
            types written out, and it has to return a `'static` future of something that is \
            `IntoLuaMulti`"
)]
pub trait AsyncFunction<Signature>: 'static {
    /// Takes the parameters from the arguments on the stack, and begins the call.
    ///
    /// # Errors
    /// When the arguments are of other types.
    fn begin<'gc>(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>>;
}

macro_rules! async_functions {
    ($($P:ident $How:ident $held:ident)*) => {
        impl<F, R, $($P, $How),*> AsyncFunction<(fn($($P),*) -> R, $($How,)*)> for F
        where
            F: Fn($($P),*) -> R + 'static,
            R: Future<Output: IntoLuaMulti> + 'static,
            $($P: for<'a> Param<$How, Item<'a> = $P>,)*
        {
            #[allow(unused_mut, unused_variables, reason = "without parameters there is less to do")]
            fn begin<'gc>(
                &self,
                ctx: Context<'gc>,
                stack: &mut Stack<'_, 'gc>,
            ) -> Result<CallbackReturn<'gc>> {
                let mut arguments = Values::new(stack.as_slice());
                $(let mut $held = hold::<$P, $How>(ctx, &mut arguments)?;)*
                let future = self($($P::get(&mut $held)),*);
                stack.clear();
                Ok(wait_for(future))
            }
        }
    };
}

async_functions!();
async_functions!(A HowA a);
async_functions!(A HowA a B HowB b);
async_functions!(A HowA a B HowB b C HowC c);
async_functions!(A HowA a B HowB b C HowC c D HowD d);
async_functions!(A HowA a B HowB b C HowC c D HowD d E HowE e);
async_functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g);
async_functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h);
async_functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i);
async_functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i
    J HowJ j);
async_functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i
    J HowJ j K HowK k);
async_functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i
    J HowJ j K HowK k L HowL l);
async_functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i
    J HowJ j K HowK k L HowL l M HowM m);

/// The VM's answer for a call that has begun.
fn wait_for<'gc, F>(future: F) -> CallbackReturn<'gc>
where
    F: Future<Output: IntoLuaMulti> + 'static,
{
    let call = Rc::new(RefCell::new(Call::Running(Box::pin(future))));
    CallbackReturn::Sequence(Box::new(Waiting { call, rest: None }))
}

/// A call of an asynchronous function.
enum Call<F: Future> {
    /// It is under way.
    Running(Pin<Box<F>>),
    /// It came to this, which the script has not got yet.
    Over(Result<F::Output>),
    /// The script has got it; or the future is being polled, or has panicked.
    Gone,
}

impl<F: Future> Awaited for Call<F> {
    fn poll(&mut self, cx: &mut std::task::Context<'_>) -> Poll<()> {
        // A future that panics is not polled again.
        match std::mem::replace(self, Call::Gone) {
            Call::Running(mut future) => match future.as_mut().poll(cx) {
                Poll::Ready(output) => *self = Call::Over(Ok(output)),
                Poll::Pending => {
                    *self = Call::Running(future);
                    return Poll::Pending;
                }
            },
            other => *self = other,
        }
        Poll::Ready(())
    }

    fn refuse(&mut self, error: Error) {
        *self = Call::Over(Err(error));
    }
}

/// The script's side of a call: it waits until the task has polled the future to its end.
#[derive(Collect)]
#[collect(no_drop)]
struct Waiting<'gc, F: Future + 'static> {
    #[collect(require_static)]
    call: Rc<RefCell<Call<F>>>,
    /// What is left to do after the future.
    rest: Option<GoOn<'gc>>,
}

impl<'gc, F: Future<Output: IntoLuaMulti> + 'static> Sequence<'gc> for Waiting<'gc, F> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<Next<'gc>, Raised<'gc>> {
        if let Some(rest) = &mut self.rest {
            return rest.poll(ctx, stack);
        }
        let call = self.call.replace(Call::Gone);
        let answer = match call {
            Call::Over(Ok(output)) => output.into_reply(ctx, stack),
            Call::Over(Err(error)) => Err(error),
            Call::Gone => Err(Error::new("the asynchronous function has panicked")),
            Call::Running(_) => {
                self.call.replace(call);
                let shared = ctx.host::<Weak<Shared>>().and_then(Weak::upgrade);
                let shared = shared.ok_or_else(|| Error::closed().raise(ctx))?;
                shared.awaited.set(Some(SharedAwaited::new(self.call.clone())));
                return Ok(Next::Wait);
            }
        };
        match answer.map_err(|error| error.raise(ctx))? {
            CallbackReturn::Return => Ok(Next::Return),
            answer => self.rest.insert(GoOn::new()).answer(ctx, answer, stack),
        }
    }

    fn error(
        &mut self,
        ctx: Context<'gc>,
        error: Raised<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<Next<'gc>, Raised<'gc>> {
        match &mut self.rest {
            Some(rest) => rest.error(ctx, error, stack),
            None => Err(error),
        }
    }

    fn take_delegate(&mut self) -> Option<BoxSequence<'gc>> {
        self.rest.as_mut()?.take_delegate()
    }

    fn catches_errors(&self) -> bool {
        self.rest.as_ref().is_some_and(GoOn::catches_errors)
    }
}

/// An asynchronous function as the VM has it.
#[derive(Collect)]
#[collect(require_static)]
struct Native<F, S> {
    function: F,
    signature: std::marker::PhantomData<fn(S)>,
}

impl<'gc, S: 'static, F: AsyncFunction<S>> Captured<'gc> for Native<F, S> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, Raised<'gc>> {
        self.function.begin(ctx, stack).map_err(|error| error.raise(ctx))
    }
}

/// Makes a value of an asynchronous function.
fn native<'gc, S: 'static, F: AsyncFunction<S>>(ctx: Context<'gc>, function: F) -> Value<'gc> {
    let native = Native { function, signature: std::marker::PhantomData };
    Value::Callback(Callback::captured(ctx, "?", native))
}

impl Lua {
    /// A function that scripts can call, made of a closure that returns a future, or of an
    /// `async fn`.
    ///
    /// To scripts it is a function like any other: while its future is pending, the whole script
    /// waits, wherever the call is made: under `pcall`, in a coroutine, a metamethod, an iterator or
    /// a comparator of `table.sort`. The host has to run the script by [`Function::call_async`],
    /// [`Chunk::eval_async`](crate::Chunk::eval_async) and the like, or step by step as a
    /// [`Task`](crate::Task). In a call that does not wait, the function works if its future is ready at
    /// once; otherwise the call is given up, with an error of the kind
    /// [`Pending`](crate::ErrorKind::Pending).
    ///
    /// The parameters are owned values: see [`AsyncFunction`]. The future is polled while the VM
    /// does nothing else, so it may use the VM as the host does: call functions
    /// ([`Function::call`]), and await them ([`Function::call_async`]).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use luster::{Function, Lua, Result};
    ///
    /// async fn fetch(url: String) -> std::io::Result<String> {
    ///     Ok(format!("the page at {url}"))
    /// }
    ///
    /// /// Calls a function until it does not fail.
    /// async fn retry(function: Function, times: u32) -> Result<String> {
    ///     let mut result = function.call_async(()).await;
    ///     for _ in 1..times {
    ///         if result.is_err() {
    ///             result = function.call_async(()).await;
    ///         }
    ///     }
    ///     result
    /// }
    ///
    /// let lua = Lua::new();
    /// lua.globals().set("fetch", lua.async_function(fetch))?;
    /// lua.globals().set("retry", lua.async_function(retry))?;
    /// lua.globals().set("sleep", lua.async_function(|seconds: f64| {
    ///     # let seconds = seconds / 1000.0;
    ///     tokio::time::sleep(Duration::from_secs_f64(seconds))
    /// }))?;
    ///
    /// let page: String = tokio::runtime::Builder::new_current_thread()
    ///     .enable_time()
    ///     .build()
    ///     .expect("a runtime")
    ///     .block_on(lua.load(r#"
    ///         local tries = 0
    ///         return retry(function ()
    ///             tries = tries + 1
    ///             sleep(0.5)
    ///             if tries < 3 then error("not yet") end
    ///             return fetch("https://example.com")
    ///         end, 5)
    ///     "#).eval_async())?;
    /// assert_eq!(page, "the page at https://example.com");
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// What the *function* has captured lives as long as the VM keeps the function. If that is a
    /// [`Lua`] or leads to one, the VM keeps itself; so let the function have a parameter of that
    /// type, which is no argument but the VM. And a handle that the function has captured keeps its
    /// value, and what that refers to, which should not be the function itself. What a *future*
    /// holds is dropped with it, at the end of the call or when the task that waits for it is
    /// dropped: it may hold both.
    ///
    /// Futures that run Lua code which waits for futures may be polled one inside the other to a
    /// depth of 100; beyond that, the call is an error, "C stack overflow".
    pub fn async_function<S: 'static>(&self, function: impl AsyncFunction<S>) -> Function {
        self.enter_arena(|ctx| Function(Handle::new(ctx, native(ctx, function))))
    }

    /// Who is to be woken when a script that waits can go on: for
    /// [sequences](crate::values::Sequence) that answer [`Poll::Wait`](crate::values::Poll::Wait),
    /// which have to see to it that somebody wakes it. For scripts that are not awaited, this wakes
    /// nobody.
    ///
    /// ```
    /// use luster::Lua;
    /// use luster::gc_arena::Collect;
    /// use luster::values::{CallbackReturn, Context, Error, Poll, Sequence, Stack, Value, Callback};
    ///
    /// /// Waits until it is asked again.
    /// #[derive(Collect)]
    /// #[collect(require_static)]
    /// struct Once(bool);
    ///
    /// impl<'gc> Sequence<'gc> for Once {
    ///     fn poll(
    ///         &mut self,
    ///         ctx: Context<'gc>,
    ///         _: &mut Stack<'_, 'gc>,
    ///     ) -> Result<Poll<'gc>, Error<'gc>> {
    ///         if std::mem::replace(&mut self.0, true) {
    ///             return Ok(Poll::Return);
    ///         }
    ///         let lua = Lua::of(ctx).map_err(anyhow::Error::new)?;
    ///         lua.waker().wake();
    ///         Ok(Poll::Wait)
    ///     }
    /// }
    ///
    /// let lua = Lua::new();
    /// lua.enter(|ctx| {
    ///     let once = Callback::new(ctx, "once", |_, _| {
    ///         Ok(CallbackReturn::Sequence(Box::new(Once(false))))
    ///     });
    ///     ctx.globals().set_field(ctx, "once", Value::Callback(once));
    /// });
    /// let n: i64 = pollster::block_on(lua.load("once() return 1").eval_async())?;
    /// assert_eq!(n, 1);
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn waker(&self) -> Waker {
        self.shared().waker.borrow().clone().unwrap_or_else(|| Waker::noop().clone())
    }
}

impl<T: UserData> Class<T> {
    /// Adds an asynchronous function to the type's table, as [`Lua::async_function`] makes one.
    pub fn async_function<S: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl AsyncFunction<S>,
    ) -> &mut Self {
        self.add_function(name.into(), Box::new(|ctx| Ok(native(ctx, function))));
        self
    }

    /// Adds an asynchronous method. Its first parameter is a [`UserRef`](crate::UserRef) or
    /// [`UserRefMut`](crate::UserRefMut), which borrows the value until the future is dropped or gives
    /// it back: while that is mutable, other methods of the value are errors.
    ///
    /// ```
    /// use luster::{Class, Lua, UserData, UserRef};
    ///
    /// struct Client {
    ///     host: String,
    /// }
    ///
    /// impl UserData for Client {
    ///     fn build(class: &mut Class<Self>) {
    ///         class
    ///             .async_function("connect", |host: String| async { Client { host } })
    ///             .async_method("get", |this: UserRef<Client>, path: String| async move {
    ///                 format!("{}{path}", this.host)
    ///             });
    ///     }
    /// }
    ///
    /// let lua = Lua::new();
    /// lua.register::<Client>()?;
    /// let chunk = lua.load("return Client.connect('example.com'):get('/index')");
    /// assert_eq!(pollster::block_on(chunk.eval_async::<String>())?, "example.com/index");
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn async_method<S: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl AsyncFunction<S>,
    ) -> &mut Self {
        self.add_method(name.into(), Box::new(|ctx| Ok(native(ctx, function))));
        self
    }
}
