//! Functions written in Rust, and what they answer the VM.
//!
//! A callback never calls Lua: it returns, and what it returns says what the VM is to do next. So
//! Lua → Rust → Lua never nests on the Rust stack.

use std::cell::Cell;
use std::fmt;

use gc_arena::{Collect, Gc, static_collect};

use crate::account;
use crate::context::Context;
use crate::error::Error;
use crate::sequence::BoxSequence;
use crate::stack::Stack;
use crate::thread::Thread;
use crate::value::Value;

/// A plain Rust function as Lua sees it.
///
/// Its arguments are the values on the stack; it replaces them by its results.
pub type Function =
    for<'gc> fn(Context<'gc>, &mut Stack<'_, 'gc>) -> Result<CallbackReturn<'gc>, Error<'gc>>;

/// The quick form of a function, which is called without a frame of its own when a call is an easy
/// one: so it must neither fail nor call back, and what it does must not take long.
#[derive(Clone, Copy)]
pub enum Quick {
    /// Gives the one result of a call with these arguments; if it is not an easy one, nothing has
    /// happened, and the function itself is called.
    Value(for<'gc> fn(Context<'gc>, &[Value<'gc>]) -> Option<Value<'gc>>),
    /// The same for a function that may have several results. When the last argument tells that no more
    /// than one is wanted, it gives the first of them; otherwise the only one, if it is that.
    First(for<'gc> fn(Context<'gc>, &[Value<'gc>], bool) -> Option<Value<'gc>>),
    /// The same for a function without results: tells whether it has done what is to be done.
    Action(for<'gc> fn(Context<'gc>, &[Value<'gc>]) -> bool),
}

/// What the VM is to do after a callback.
pub enum CallbackReturn<'gc> {
    /// Return to the caller what is on the stack.
    Return,
    /// Call a function with what is on the stack. With a sequence, the results are put on the
    /// sequence's stack and it is polled; without, they are the callback's own results (a tail
    /// call).
    Call(Value<'gc>, Option<BoxSequence<'gc>>),
    /// Call a function in protected mode, with what is on the stack: `true` and the results, or
    /// `false` and the error, are the callback's results. The second value, unless it is nil, is
    /// the message handler.
    ProtectedCall(Value<'gc>, Value<'gc>),
    /// Suspend the running coroutine and hand what is on the stack to the one that resumed it.
    /// What it is resumed with is put on the stack of the sequence, or else is the callback's
    /// results.
    Yield(Option<BoxSequence<'gc>>),
    /// Resume a coroutine with what is on the stack.
    Resume(Thread<'gc>, ResumeKind),
    /// Close a suspended or dead coroutine: close its to-be-closed variables, then answer as
    /// `coroutine.close` does. With the running coroutine, unwind it and end it.
    Close(Thread<'gc>),
    /// Poll a sequence, which finds what is on the stack.
    Sequence(BoxSequence<'gc>),
    /// Leave the arena for a step of collection, then return what is on the stack.
    Collect(CollectRequest),
    /// Return to the caller what is on the stack, after the VM has looked anew at how the running
    /// coroutine is to be run: its debug hook has been changed.
    Reconsider,
    /// End the whole execution: the host gets what is on the stack. `os.exit` is built on it.
    Exit(i32),
}

/// How the results of a resumed coroutine reach the one that resumed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub enum ResumeKind {
    /// As `coroutine.resume` does: `true` and the values, or `false` and the error.
    Resume,
    /// As a function made by `coroutine.wrap` does: the values, or the error is raised again.
    Wrap,
}

/// What kind of collection is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub enum CollectRequest {
    /// A whole cycle, as `collectgarbage "collect"`; finalizers run before it returns.
    Full,
    /// What is due if this many more bytes had been allocated, or a step in any case for 0; the
    /// callback's result becomes whether a cycle was finished.
    Step(usize),
}

/// What a [`Callback`] of captured values does; implemented by closures' structs.
pub trait Captured<'gc>: gc_arena::collect::DynCollect<'gc> {
    /// Runs it.
    ///
    /// # Errors
    /// Whatever the callback raises.
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>>;

    /// Its quick form as a metamethod `__index`: what a call with the object and the key gives, if
    /// that is an easy one. As with [`Quick`], nothing has happened if it is not, and it neither
    /// fails nor calls back.
    fn index(
        &self,
        _ctx: Context<'gc>,
        _object: Value<'gc>,
        _key: Value<'gc>,
    ) -> Option<Value<'gc>> {
        None
    }

    /// Its quick form as a metamethod `__newindex`: tells whether it has done what a call with these
    /// would, under the same conditions.
    fn set_index(
        &self,
        _ctx: Context<'gc>,
        _object: Value<'gc>,
        _key: Value<'gc>,
        _value: Value<'gc>,
    ) -> bool {
        false
    }

    /// Its quick form, as that of [`Quick::Value`] is: the one result of a call with these arguments,
    /// nil if there is none, if that is an easy one.
    fn value(&self, _ctx: Context<'gc>, _arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
        None
    }
}

gc_arena::collect::dyn_collect!(dyn Captured<'gc> + 'gc);

/// Built-ins that the VM knows by value and may run without a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Any other function.
    None,
    /// `next`, in a generic `for` above all.
    Next,
    /// The iterator that `ipairs` returns.
    INext,
    /// `pcall`, whose arguments already stand as its callee's call needs them.
    PCall,
}

static_collect!(Builtin);

enum Kind<'gc> {
    Function(Function),
    Captured(Counted<'gc>),
}

/// Captured values, whose memory is counted.
struct Counted<'gc>(Box<dyn Captured<'gc> + 'gc>);

impl<'gc> Counted<'gc> {
    fn new(captured: Box<dyn Captured<'gc> + 'gc>) -> Self {
        account::add(size_of_val(&*captured));
        Counted(captured)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        account::sub(size_of_val(&*self.0));
    }
}

// SAFETY: a function pointer holds nothing; the captured values are traced.
unsafe impl<'gc> Collect<'gc> for Kind<'gc> {
    fn trace<T: gc_arena::collect::Trace<'gc>>(&self, cc: &mut T) {
        match self {
            Kind::Function(_) => {}
            Kind::Captured(captured) => cc.trace(&*captured.0),
        }
    }
}

#[derive(Collect)]
#[collect(no_drop)]
struct CallbackData<'gc> {
    kind: Kind<'gc>,
    id: u32,
    builtin: Builtin,
    #[collect(require_static)]
    is_restartable: Cell<bool>,
    name: &'static str,
    #[collect(require_static)]
    quick: Cell<Option<Quick>>,
}

/// A function written in Rust.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
#[repr(transparent)]
pub struct Callback<'gc>(Gc<'gc, CallbackData<'gc>>);

impl<'gc> Callback<'gc> {
    /// A callback of a plain function. The name is for tracebacks of last resort.
    pub fn new(ctx: Context<'gc>, name: &'static str, function: Function) -> Self {
        Self::with_kind(ctx, name, Builtin::None, Kind::Function(function))
    }

    /// A callback that the VM may recognise and run by itself.
    pub fn builtin(
        ctx: Context<'gc>,
        name: &'static str,
        builtin: Builtin,
        function: Function,
    ) -> Self {
        Self::with_kind(ctx, name, builtin, Kind::Function(function))
    }

    /// A callback of captured values.
    pub fn captured<C: Captured<'gc> + 'gc>(
        ctx: Context<'gc>,
        name: &'static str,
        captured: C,
    ) -> Self {
        Self::with_kind(ctx, name, Builtin::None, Kind::Captured(Counted::new(Box::new(captured))))
    }

    fn with_kind(ctx: Context<'gc>, name: &'static str, builtin: Builtin, kind: Kind<'gc>) -> Self {
        let (quick, is_restartable) = (Cell::new(None), Cell::new(false));
        let id = ctx.next_id();
        Callback(Gc::new(&ctx, CallbackData { kind, id, builtin, is_restartable, name, quick }))
    }

    /// Runs it.
    ///
    /// # Errors
    /// Whatever the callback raises.
    #[inline]
    pub fn call(
        self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        match &self.0.kind {
            Kind::Function(function) => function(ctx, stack),
            Kind::Captured(captured) => captured.0.call(ctx, stack),
        }
    }

    /// What a call as a metamethod `__index` gives, if that can be told without one.
    #[inline]
    pub fn index(
        self,
        ctx: Context<'gc>,
        object: Value<'gc>,
        key: Value<'gc>,
    ) -> Option<Value<'gc>> {
        match &self.0.as_ref().kind {
            Kind::Function(_) => None,
            Kind::Captured(captured) => captured.0.index(ctx, object, key),
        }
    }

    /// Does what a call as a metamethod `__newindex` does, if that can be done without one. Tells
    /// whether it has.
    #[inline]
    pub fn set_index(
        self,
        ctx: Context<'gc>,
        object: Value<'gc>,
        key: Value<'gc>,
        value: Value<'gc>,
    ) -> bool {
        match &self.0.as_ref().kind {
            Kind::Function(_) => false,
            Kind::Captured(captured) => captured.0.set_index(ctx, object, key, value),
        }
    }

    /// The one result of a call with these arguments, if that can be told without a stack: see
    /// [`Captured::value`].
    #[inline]
    pub fn value(self, ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
        match &self.0.as_ref().kind {
            Kind::Function(_) => None,
            Kind::Captured(captured) => captured.0.value(ctx, arguments),
        }
    }

    /// Says that it can be called again when it has failed for want of memory and has left its arguments
    /// on the stack: nothing has happened then. It may return, call a function, or be a sequence.
    pub fn set_restartable(self) {
        self.0.is_restartable.set(true);
    }

    /// Whether it can be called again when it has failed for want of memory.
    pub fn is_restartable(self) -> bool {
        self.0.is_restartable.get()
    }

    /// Gives it a quick form, which has to do just what the function does.
    pub fn set_quick(self, quick: Quick) {
        self.0.quick.set(Some(quick));
    }

    /// Its quick form, if it has one.
    #[inline(always)]
    pub fn quick(self) -> Option<Quick> {
        self.0.quick.get()
    }

    /// Which built-in it is, if it is one that the VM knows.
    #[inline]
    pub fn which_builtin(self) -> Builtin {
        self.0.builtin
    }

    /// Whether it has captured values.
    pub fn is_captured(self) -> bool {
        matches!(self.0.kind, Kind::Captured(_))
    }

    /// The name it was made with.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// A number that stays the callback's own, the same in every run.
    #[inline]
    pub fn id(self) -> u32 {
        self.0.id
    }

    /// The object as the collector sees it.
    #[inline(always)]
    pub fn erase(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }
}

impl PartialEq for Callback<'_> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }
}

impl Eq for Callback<'_> {}

impl fmt::Debug for Callback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function: builtin: {:p}", Gc::as_ptr(self.0))
    }
}
