//! Scopes: lending values and functions to a VM for the time of a call.

use std::cell::RefCell;
use std::rc::Rc;

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error as Raised, Lender, LentCall, LentFunction,
    Stack, Value,
};

use crate::Function;
use crate::error::Result;
use crate::handle::Handle;
use crate::lua::Lua;
use crate::param::{ScopedFunction, ScopedFunctionMut, call_exclusively};
use crate::userdata::{AnyUserData, UserData, wrap};

/// Lends values and functions to a VM: see [`Lua::scope`].
#[derive(Debug)]
pub struct Scope<'scope, 'env: 'scope> {
    lua: Lua,
    lender: &'scope Lender<'scope, 'env>,
}

impl Lua {
    /// Lends values and functions to the VM while `f` runs. They need not be `'static`, nor belong to
    /// the VM; when `f` has returned, they are gone from it, and using a handle of one is an error.
    ///
    /// ```
    /// use luster::{Class, Function, Lua, UserData};
    ///
    /// struct World {
    ///     score: i64,
    /// }
    ///
    /// impl UserData for World {
    ///     fn build(class: &mut Class<Self>) {
    ///         class.method("add", |this: &mut World, n: i64| this.score += n);
    ///     }
    /// }
    ///
    /// let lua = Lua::new();
    /// let update: Function = lua.load("function (w) kept = w; w:add(7) end").eval()?;
    /// let mut world = World { score: 0 };
    /// lua.scope(|scope| update.call::<()>(scope.lend_mut(&mut world)?))?;
    /// assert_eq!(world.score, 7);
    /// let error = lua.load("kept:add(1)").exec().unwrap_err();
    /// assert!(error.message().ends_with("it is not there any more)"), "{error}");
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Aborts
    /// The process ends when a borrow of what was lent is kept until `f` returns, or leaked. Functions
    /// that scripts call cannot do that, and [`AnyUserData::borrow`] refuses it; only
    /// [`UserCell::borrow`](crate::values::UserCell::borrow) in the branded layer lets it happen.
    pub fn scope<'env, T>(&self, f: impl for<'scope> FnOnce(&Scope<'scope, 'env>) -> T) -> T {
        luster_value::lend(|lender| f(&Scope { lua: self.clone(), lender }))
    }
}

impl<'env> Scope<'_, 'env> {
    /// Lends a value for reading: methods that take it as `&T` work.
    ///
    /// # Errors
    /// When the VM collects garbage just now.
    pub fn lend<T: UserData>(&self, value: &'env T) -> Result<AnyUserData> {
        let cell = self.lender.lend(value);
        self.lua.visit(|ctx| Ok(AnyUserData::handle(Handle::new(ctx, wrap(ctx, cell)?))))
    }

    /// Lends a value for changing it too.
    ///
    /// # Errors
    /// When the VM collects garbage just now.
    pub fn lend_mut<T: UserData>(&self, value: &'env mut T) -> Result<AnyUserData> {
        let cell = self.lender.lend_mut(value);
        self.lua.visit(|ctx| Ok(AnyUserData::handle(Handle::new(ctx, wrap(ctx, cell)?))))
    }

    /// Lends a function, which may borrow what is outside the scope.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let names = vec!["a", "b"];
    /// let found = lua.scope(|scope| {
    ///     let name = scope.function(|index: usize| names.get(index - 1).copied())?;
    ///     lua.globals().set("name", name)?;
    ///     lua.load("name(2)").eval::<String>()
    /// })?;
    /// assert_eq!(found, "b");
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the VM collects garbage just now.
    pub fn function<S: 'env>(&self, function: impl ScopedFunction<S> + 'env) -> Result<Function> {
        self.lend_call(Scoped { function, signature: std::marker::PhantomData })
    }

    /// Lends a function that changes what it has captured. Calling it while it is being called is an
    /// error.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let mut hits = 0;
    /// lua.scope(|scope| {
    ///     lua.globals().set("hit", scope.function_mut(|| hits += 1)?)?;
    ///     lua.load("hit() hit()").exec()
    /// })?;
    /// assert_eq!(hits, 2);
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the VM collects garbage just now.
    pub fn function_mut<S: 'env>(
        &self,
        function: impl ScopedFunctionMut<S> + 'env,
    ) -> Result<Function> {
        let function = RefCell::new(function);
        self.lend_call(ScopedMut { function, signature: std::marker::PhantomData })
    }

    fn lend_call(&self, function: impl LentCall + 'env) -> Result<Function> {
        let lent = Lent(self.lender.lend_function(function));
        self.lua.visit(|ctx| {
            let callback = Value::Callback(Callback::captured(ctx, "?", lent));
            Ok(Function(Handle::new(ctx, callback)))
        })
    }
}

/// A function as it is lent.
struct Scoped<F, S> {
    function: F,
    signature: std::marker::PhantomData<fn(S)>,
}

impl<F: ScopedFunction<S>, S> LentCall for Scoped<F, S> {
    fn call<'gc>(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, Raised<'gc>> {
        self.function.call_scoped(ctx, stack).map_err(|error| error.raise(ctx))
    }
}

/// The same for a function that changes what it has captured.
struct ScopedMut<F, S> {
    function: RefCell<F>,
    signature: std::marker::PhantomData<fn(S)>,
}

impl<F: ScopedFunctionMut<S>, S> LentCall for ScopedMut<F, S> {
    fn call<'gc>(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, Raised<'gc>> {
        call_exclusively(&self.function, ctx, stack)
    }
}

/// A lent function as the VM has it.
#[derive(Collect)]
#[collect(require_static)]
struct Lent(Rc<LentFunction>);

impl<'gc> Captured<'gc> for Lent {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, Raised<'gc>> {
        self.0.call(ctx, stack)
    }
}
