//! A VM as its host holds it.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use luster_stdlib::Output;
use luster_value::{Callback, Context, Stack, Value};
use luster_vm::Vm;

use crate::awaited::SharedAwaited;
use crate::builder::Builder;
use crate::chunk::Chunk;
use crate::convert::{FromLua, FromLuaMulti, IntoLua};
use crate::error::{Error, Result};
use crate::handle::Handle;
use crate::limits::InterruptHandle;
use crate::param::{self, LuaFunction, LuaFunctionMut};
use crate::render::SourceText;
use crate::rust_error;
use crate::task::Task;
use crate::userdata::{StashedClass, TypeIdHasher};
use crate::value::LuaString;
use crate::{Function, Thread, thread};

/// How many bytes of sources are kept to show errors with.
const KEPT_SOURCES: usize = 1 << 20;

/// What belongs to a VM outside its arena.
pub(crate) struct Shared {
    pub(crate) vm: Vm,
    pub(crate) interrupted: Arc<AtomicBool>,
    pub(crate) deadline: Cell<Option<Instant>>,
    /// The metatables of the host's types.
    pub(crate) metatables: RefCell<HashMap<TypeId, StashedClass, BuildHasherDefault<TypeIdHasher>>>,
    /// Where the VM writes.
    pub(crate) output: Output,
    /// What the execution waits for that has just stopped to wait.
    pub(crate) awaited: Cell<Option<SharedAwaited>>,
    /// How many futures are being polled, one inside the other.
    pub(crate) polling: Cell<u32>,
    /// Who is to be woken when what a script waits for is ready.
    #[cfg(feature = "async")]
    pub(crate) waker: RefCell<Option<std::task::Waker>>,
    sources: RefCell<VecDeque<SourceText>>,
}

impl Shared {
    /// Whether the host wants what runs to stop.
    #[inline]
    pub(crate) fn should_stop(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
            || self.deadline.get().is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// A Lua VM. Clones are the same VM.
///
/// A VM stays on its thread. It lives for as long as a clone of it, or a [`Task`]; handles such as
/// [`Table`](crate::Table) do not keep it alive.
///
/// ```
/// let lua = luster::Lua::new();
/// let n: i64 = lua.load("return 1 + 2").eval()?;
/// assert_eq!(n, 3);
/// # Ok::<(), luster::Error>(())
/// ```
#[derive(Clone)]
pub struct Lua(Rc<Shared>);

impl Default for Lua {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Lua {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lua").field("used_memory", &self.used_memory()).finish_non_exhaustive()
    }
}

impl Lua {
    /// A VM with the safe libraries: nothing in it reaches files, processes, the environment, or
    /// the VM's own insides.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A VM with all libraries, `io`, `os`, `package` and `debug` too, as the `luster` command has.
    pub fn with_all_libraries() -> Self {
        Self::builder().all_libraries().build()
    }

    /// Chooses the libraries of a VM, its limits, and what it has of the world around it.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn from_vm(vm: Vm, output: Output) -> Self {
        let shared = Rc::new(Shared {
            vm,
            interrupted: Arc::default(),
            deadline: Cell::new(None),
            metatables: RefCell::default(),
            output,
            awaited: Cell::default(),
            polling: Cell::default(),
            #[cfg(feature = "async")]
            waker: RefCell::default(),
            sources: RefCell::default(),
        });
        shared.vm.enter(|ctx| {
            ctx.set_host(Rc::downgrade(&shared));
            shared.output.clone().install(ctx);
            ctx.set_rust_error_set_up(rust_error::set_up);
        });
        Lua(shared)
    }

    pub(crate) fn from_shared(shared: Rc<Shared>) -> Self {
        Lua(shared)
    }

    #[inline]
    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// The VM that a callback is called by.
    ///
    /// # Errors
    /// When it is being dropped.
    pub fn of(ctx: Context<'_>) -> Result<Lua> {
        let shared = ctx.host::<Weak<Shared>>().and_then(Weak::upgrade);
        shared.map(Lua).ok_or_else(Error::closed)
    }

    /// Takes source text to run. Its name, for messages, is the text itself until
    /// [`Chunk::set_name`].
    pub fn load<'s>(&self, source: &'s (impl AsRef<[u8]> + ?Sized)) -> Chunk<'s> {
        Chunk::new(self.clone(), source.as_ref())
    }

    /// Enters the arena, where values are what they are to the VM itself: `Copy`, branded by the
    /// visit, and used at no cost. Visits may be made inside each other, and from callbacks.
    ///
    /// ```
    /// use luster::Lua;
    /// use luster::values::{Table, Value};
    ///
    /// let lua = Lua::new();
    /// lua.enter(|ctx| {
    ///     let table = Table::new(ctx);
    ///     table.set_field(ctx, "answer", Value::Integer(42));
    ///     ctx.globals().set_field(ctx, "t", Value::Table(table));
    /// });
    /// assert_eq!(lua.load("t.answer").eval::<i64>()?, 42);
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Panics
    /// When called while the VM collects garbage: by the destructor of a value that it owned.
    #[inline]
    pub fn enter<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> T) -> T {
        self.enter_arena(|ctx| {
            // Libraries are opened when scripts first touch them, which nobody would notice here.
            ctx.fill_all();
            f(ctx)
        })
    }

    /// Enters the arena as [`enter`](Self::enter) does, but leaves the libraries that no script has
    /// touched yet as they are: tables that are filled when one does, or by
    /// [`Context::fill`](crate::values::Context::fill). That takes microseconds which a VM for a short
    /// script may not want to spend.
    ///
    /// ```
    /// use luster::{Lua, values::Value};
    ///
    /// let lua = Lua::new();
    /// lua.enter_arena(|ctx| ctx.globals().set_field(ctx, "answer", Value::Integer(42)));
    /// assert_eq!(lua.load("return answer").eval::<i64>()?, 42);
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`enter`](Self::enter) does.
    #[inline]
    pub fn enter_arena<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> T) -> T {
        self.0.vm.enter(f)
    }

    /// Enters the arena, where that is possible.
    #[inline]
    pub(crate) fn visit<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> Result<T>) -> Result<T> {
        if self.0.vm.can_enter() { self.0.vm.enter(f) } else { Err(Error::busy()) }
    }

    /// A Lua string of text or bytes.
    ///
    /// # Errors
    /// When the VM collects garbage just now.
    pub fn string(&self, text: impl AsRef<[u8]>) -> Result<LuaString> {
        self.visit(|ctx| Ok(LuaString(Handle::new(ctx, ctx.string(text)))))
    }

    /// A function that scripts can call, made of a closure or a `fn`.
    ///
    /// Its parameters are converted from the arguments, and a wrong argument is an error as Lua's own
    /// functions have it. Userdata can be borrowed (`&T`, `&mut T`), strings too (`&str`). It
    /// returns anything that is [`IntoLuaMulti`](crate::IntoLuaMulti), or a `Result` of that with
    /// any error that `anyhow` takes.
    ///
    /// ```
    /// use luster::Lua;
    ///
    /// let lua = Lua::new();
    /// let greet = lua.function(|name: &str, times: Option<u8>| name.repeat(times.unwrap_or(1).into()));
    /// lua.globals().set("greet", greet)?;
    /// assert_eq!(lua.load("greet('hi', 2)").eval::<String>()?, "hihi");
    /// let error = lua.load("greet('hi', 'x')").set_name("=script").exec().unwrap_err();
    /// assert_eq!(
    ///     error.message(),
    ///     "script:1: bad argument #2 to 'greet' (number expected, got string)",
    /// );
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`enter`](Self::enter).
    pub fn function<S: 'static>(&self, function: impl LuaFunction<S>) -> Function {
        self.enter_arena(|ctx| Function(Handle::new(ctx, param::native(ctx, function))))
    }

    /// The same for a function that changes what it has captured. Calling it while it is being
    /// called is an error.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let mut count = 0;
    /// lua.globals().set("count", lua.function_mut(move || { count += 1; count }))?;
    /// assert_eq!(lua.load("count() + count()").eval::<i64>()?, 3);
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`enter`](Self::enter).
    pub fn function_mut<S: 'static>(&self, function: impl LuaFunctionMut<S>) -> Function {
        self.enter_arena(|ctx| Function(Handle::new(ctx, param::native_mut(ctx, function))))
    }

    /// A coroutine that will call a function when it is first resumed.
    ///
    /// # Errors
    /// When the function is of another VM.
    pub fn create_thread(&self, function: &Function) -> Result<Thread> {
        self.visit(|ctx| {
            let thread = luster_value::Thread::new(ctx, function.0.fetch(ctx)?);
            Ok(Thread(Handle::new(ctx, Value::Thread(thread))))
        })
    }

    /// Converts a Rust value to a Lua value and that to another Rust type.
    ///
    /// # Errors
    /// When one of the conversions fails.
    pub fn convert<T: FromLua>(&self, value: impl IntoLua) -> Result<T> {
        self.visit(|ctx| T::from_lua(ctx, value.into_lua(ctx)?))
    }

    /// Frees everything that is unreachable. Finalizers run with the next call. Does nothing when
    /// called by a callback.
    pub fn collect_garbage(&self) {
        self.0.vm.collect_garbage();
    }

    /// The bytes in use, as the VM counts them for the limit: what objects own, and 96 for each object,
    /// which is rather more than what the allocator was asked for.
    pub fn used_memory(&self) -> usize {
        self.0.vm.used_memory()
    }

    /// Sets the limit of memory, in bytes as [`used_memory`](Self::used_memory) counts them, or
    /// lifts it.
    ///
    /// A script that asks for more at once gets the error "not enough memory", which it may catch.
    /// When more is in use at the end of a slice, after everything that can be freed has been, the
    /// host gets an error of the kind [`Memory`](crate::ErrorKind::Memory).
    pub fn set_memory_limit(&self, limit: Option<usize>) {
        self.0.vm.set_memory_limit(limit.unwrap_or(usize::MAX));
    }

    /// Sets the time at which whatever runs is stopped, or lifts that. The host gets an error of the
    /// kind [`TimedOut`](crate::ErrorKind::TimedOut), which scripts neither see nor catch.
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.0.deadline.set(deadline);
    }

    /// A handle to stop what runs from another thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle(self.0.interrupted.clone())
    }

    /// Begins to call a function that is chosen, and whose arguments are put on the stack, inside
    /// the arena.
    ///
    /// # Errors
    /// What `choose` returns.
    pub fn start_with<T: FromLuaMulti>(
        &self,
        choose: impl for<'gc> FnOnce(Context<'gc>, &mut Stack<'_, 'gc>) -> Result<Value<'gc>>,
    ) -> Result<Task<T>> {
        if !self.0.vm.can_enter() {
            return Err(Error::busy());
        }
        let execution = self.0.vm.start(choose)?;
        Ok(Task::new(self.clone(), execution))
    }

    /// Begins to close the variables that were to be closed when a script called `os.exit`.
    ///
    /// # Errors
    /// When the VM is collecting garbage.
    pub fn start_closing(&self) -> Result<Task<()>> {
        self.start_with(|ctx, stack| {
            stack.push(Value::Thread(ctx.main_thread()));
            Ok(Value::Callback(Callback::new(ctx, "close", thread::close)))
        })
    }

    /// Makes the finalizers of all objects due, the objects that scripts still hold too: what
    /// should happen before the VM is dropped. [`start_finalizing`](Self::start_finalizing) runs
    /// them.
    ///
    /// # Panics
    /// As [`enter`](Self::enter).
    pub fn doom(&self) {
        self.enter_arena(|ctx| ctx.finalize_all());
    }

    /// Begins to run the finalizers that are due.
    ///
    /// # Errors
    /// When the VM is collecting garbage.
    pub fn start_finalizing(&self) -> Result<Task<()>> {
        // Due finalizers run before anything else does.
        self.load("").start()
    }

    /// Keeps a chunk's source, so that errors can show it.
    pub(crate) fn keep_source(&self, text: SourceText) {
        let mut sources = self.0.sources.borrow_mut();
        sources.retain(|kept| kept.chunk != text.chunk);
        sources.push_back(text);
        let mut bytes: usize = sources.iter().map(|kept| kept.source.len()).sum();
        while bytes > KEPT_SOURCES && sources.len() > 1 {
            bytes -= sources.pop_front().map_or(0, |dropped| dropped.source.len());
        }
    }

    /// Adds the source to an error, when it is known.
    pub(crate) fn with_source(&self, error: Error) -> Error {
        let frames = error.traceback().frames();
        let Some(frame) = frames.iter().find(|frame| frame.line() > 0) else { return error };
        let sources = self.0.sources.borrow();
        match sources.iter().find(|kept| *kept.chunk == *frame.chunk()).cloned() {
            Some(text) => error.with_text(text),
            None => error,
        }
    }

    /// What handles hold of the VM's values: the way to find handles that are kept for too long. An
    /// entry for each value, with the number of its handles.
    ///
    /// A value that a handle holds is never freed, and neither is what it refers to. When a handle is
    /// held by a userdata of the VM itself, and the value of the handle leads to that userdata, both
    /// stay for as long as the VM. Userdata that hold Lua values should therefore be traced: see
    /// [`values::UserData::traced`](crate::values::UserData::traced).
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let before = lua.held_values().len();
    /// let table = lua.create_table();
    /// let held = lua.held_values();
    /// assert_eq!(held.len(), before + 1);
    /// assert!(held.iter().any(|held| held.description.starts_with("table: ") && held.handles == 1));
    /// # drop(table);
    /// ```
    ///
    /// # Panics
    /// As [`enter`](Self::enter).
    pub fn held_values(&self) -> Vec<HeldValue> {
        self.enter_arena(|ctx| {
            let held = ctx.stash().held().into_iter();
            held.map(|(value, handles)| HeldValue { description: describe(ctx, value), handles })
                .collect()
        })
    }
}

/// A value as `tostring` shows it, and where it begins when it is a function.
fn describe<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> String {
    let mut text = Vec::new();
    ctx.write_basic(&mut text, value);
    if let Value::Closure(closure) = value {
        let prototype = closure.prototype();
        text.extend(b", ");
        text.extend(luster_bytecode::chunk_id(&prototype.source.name));
        text.extend(format!(":{}", prototype.line_defined).bytes());
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// A value of a VM that handles hold; see [`Lua::held_values`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldValue {
    /// The value as `tostring` shows it; for functions, with the place where they begin.
    pub description: String,
    /// How many handles hold it.
    pub handles: u32,
}
