//! A VM's own state, and the handle to it that everything inside the arena is given.

use std::any::Any;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefMut};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;

use gc_arena::lock::Lock;
use gc_arena::{Collect, Gc, Mutation, barrier};

use crate::account;
use crate::collector_settings::CollectorSettings;
use crate::depth_limits::DepthLimits;
use crate::error::quoted;
use crate::finalizers::Finalizers;
use crate::intern::Interner;
use crate::metamethod::Metamethod;
use crate::stash::Stash;
use crate::string::LuaString;
use crate::table::Table;
use crate::thread::{Thread, ThreadState};
use crate::unopened::Unopened;
use crate::value::{Type, Value};

/// What a VM has one of.
#[derive(Collect)]
#[collect(no_drop)]
pub struct State<'gc> {
    interner: Interner<'gc>,
    metamethod_names: Box<[LuaString<'gc>]>,
    type_names: [LuaString<'gc>; Type::COUNT],
    globals: Lock<Option<Table<'gc>>>,
    registry: Lock<Option<Table<'gc>>>,
    rust_error_metatable: Lock<Option<Table<'gc>>>,
    #[collect(require_static)]
    rust_error_set_up: Cell<Option<SetUp>>,
    main_thread: Lock<Option<Thread<'gc>>>,
    /// The main coroutine that was left by an execution, or that an execution has taken since.
    idle_thread: Lock<Option<Thread<'gc>>>,
    #[collect(require_static)]
    has_idle_thread: Cell<bool>,
    type_metatables: [Lock<Option<Table<'gc>>>; Type::COUNT],
    pub(crate) unopened: Unopened<'gc>,
    finalizers: Finalizers<'gc>,
    stash: Stash<'gc>,
    #[collect(require_static)]
    collector_settings: CollectorSettings,
    #[collect(require_static)]
    depth_limits: DepthLimits,
    #[collect(require_static)]
    next_id: Cell<u32>,
    #[collect(require_static)]
    random: RandomWords,
    #[collect(require_static)]
    host: OnceCell<Box<dyn Any>>,
}

/// Fills a table that the VM has made.
pub type SetUp = for<'gc> fn(Context<'gc>, Table<'gc>);

/// Random words out of a VM's seed. None of them tells of the seed or of the others.
struct RandomWords {
    seed: u64,
    drawn: Cell<u64>,
}

impl RandomWords {
    fn next(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.drawn.replace(self.drawn.get() + 1)).hash(&mut hasher);
        hasher.finish()
    }
}

/// The handle to a VM from inside its arena. `Copy`, and dereferences to the arena's [`Mutation`].
#[derive(Clone, Copy)]
pub struct Context<'gc> {
    mutation: &'gc Mutation<'gc>,
    pub(crate) state: Gc<'gc, State<'gc>>,
}

impl<'gc> Deref for Context<'gc> {
    type Target = Mutation<'gc>;

    #[inline(always)]
    fn deref(&self) -> &Mutation<'gc> {
        self.mutation
    }
}

impl<'gc> State<'gc> {
    /// The state of a new VM. What is random in it comes out of this seed: its hashes, and the
    /// numbers of `math.random`.
    pub fn new(mc: &'gc Mutation<'gc>, seed: u64) -> Gc<'gc, State<'gc>> {
        let random = RandomWords { seed, drawn: Cell::new(0) };
        let interner = Interner::new(random.next() as u32);
        let metamethod_names =
            Metamethod::ALL.iter().map(|m| interner.intern(mc, m.name().as_bytes())).collect();
        let type_names = Type::ALL.map(|of| interner.intern(mc, of.name().as_bytes()));
        let state = Gc::new(
            mc,
            State {
                interner,
                metamethod_names,
                type_names,
                globals: Lock::new(None),
                registry: Lock::new(None),
                rust_error_metatable: Lock::new(None),
                rust_error_set_up: Cell::new(None),
                main_thread: Lock::new(None),
                idle_thread: Lock::new(None),
                has_idle_thread: Cell::new(false),
                type_metatables: std::array::from_fn(|_| Lock::new(None)),
                unopened: Unopened::default(),
                finalizers: Finalizers::default(),
                stash: Stash::default(),
                collector_settings: CollectorSettings::default(),
                depth_limits: DepthLimits::default(),
                next_id: Cell::new(1),
                random,
                host: OnceCell::new(),
            },
        );
        let ctx = Context::new(mc, state);
        let write = Gc::write(mc, state);
        barrier::unlock!(write, State, globals).set(Some(Table::new(ctx)));
        barrier::unlock!(write, State, registry).set(Some(Table::new(ctx)));
        let main = Thread::new(ctx, Value::Nil);
        barrier::unlock!(write, State, main_thread).set(Some(main));
        // The first execution takes it.
        barrier::unlock!(write, State, idle_thread).set(Some(main));
        state.as_ref().has_idle_thread.set(true);
        state
    }
}

impl<'gc> Context<'gc> {
    /// The handle to a VM's state.
    #[inline(always)]
    pub fn new(mutation: &'gc Mutation<'gc>, state: Gc<'gc, State<'gc>>) -> Self {
        Context { mutation, state }
    }

    /// The arena's mutation context.
    #[inline(always)]
    pub fn mutation(self) -> &'gc Mutation<'gc> {
        self.mutation
    }

    /// The string with these bytes.
    #[inline]
    pub fn intern(self, bytes: &[u8]) -> LuaString<'gc> {
        self.state.interner.intern(self.mutation, bytes)
    }

    /// The string with these bytes, taken over without a copy if it is long.
    #[inline]
    pub fn intern_owned(self, bytes: Vec<u8>) -> LuaString<'gc> {
        self.state.interner.intern_owned(self.mutation, bytes)
    }

    /// A string value with these bytes.
    #[inline]
    pub fn string(self, bytes: impl AsRef<[u8]>) -> Value<'gc> {
        Value::String(self.intern(bytes.as_ref()))
    }

    /// The table of globals, with the libraries in it.
    pub fn globals(self) -> Table<'gc> {
        let globals = self.environment();
        self.fill(globals);
        globals
    }

    /// The table of globals as it is: it may be one that is filled when it is first touched. That is
    /// enough for an environment of functions, whose scripts find it full whenever they look.
    pub fn environment(self) -> Table<'gc> {
        self.state.globals.get().expect("set when the state is made")
    }

    /// The registry: a table that scripts do not see.
    pub fn registry(self) -> Table<'gc> {
        self.state.registry.get().expect("set when the state is made")
    }

    /// The metatable of Rust errors seen as Lua values.
    pub fn rust_error_metatable(self) -> Table<'gc> {
        self.state.rust_error_metatable.get().unwrap_or_else(|| {
            let metatable = Table::new(self);
            let write = Gc::write(self.mutation, self.state);
            barrier::unlock!(write, State, rust_error_metatable).set(Some(metatable));
            if let Some(set_up) = self.state.as_ref().rust_error_set_up.get() {
                set_up(self, metatable);
            }
            metatable
        })
    }

    /// Says how the metatable of Rust errors is filled when there is the first one.
    pub fn set_rust_error_set_up(self, set_up: SetUp) {
        self.state.as_ref().rust_error_set_up.set(Some(set_up));
    }

    /// The main coroutine.
    pub fn main_thread(self) -> Thread<'gc> {
        self.state.main_thread.get().expect("set when the state is made")
    }

    /// Makes a coroutine the main one: the one whose execution goes on.
    pub fn set_main_thread(self, thread: Thread<'gc>) {
        if self.main_thread() != thread {
            let write = Gc::write(self.mutation, self.state);
            barrier::unlock!(write, State, main_thread).set(Some(thread));
        }
    }

    /// A main coroutine for an execution: the one that was left by an earlier one, or a fresh one.
    pub fn take_idle_thread(self) -> Thread<'gc> {
        match self.state.idle_thread.get() {
            Some(thread) if self.state.has_idle_thread.replace(false) => thread,
            _ => Thread::new(self, Value::Nil),
        }
    }

    /// Sets how many stack slots coroutines may have that are made from now on, at most a million; the
    /// main coroutines of executions that begin from now on are among them.
    pub fn set_stack_limit(self, slots: usize) {
        self.depth_limits().set_slots(slots);
        // It has been made already, for as many as there were.
        self.state.has_idle_thread.set(false);
    }

    /// Leaves a main coroutine, whose execution is over, to the next one.
    pub fn leave_idle_thread(self, thread: Thread<'gc>) {
        if let Some(state) = thread.borrow_state_mut(self.mutation) {
            self.leave_idle_state(thread, state);
        }
    }

    /// The same, when its state is at hand.
    #[inline]
    pub fn leave_idle_state(self, thread: Thread<'gc>, mut state: RefMut<'gc, ThreadState<'gc>>) {
        state.reset();
        drop(state);
        self.set_idle_thread(thread);
    }

    /// The same for a coroutine whose main function has just returned, so that there is little to be
    /// made good.
    #[inline]
    pub fn leave_returned_state(
        self,
        thread: Thread<'gc>,
        mut state: RefMut<'gc, ThreadState<'gc>>,
    ) {
        state.reset_returned();
        drop(state);
        self.set_idle_thread(thread);
    }

    #[inline]
    fn set_idle_thread(self, thread: Thread<'gc>) {
        self.state.has_idle_thread.set(true);
        // Most often it is the one that was taken.
        if self.state.idle_thread.get() != Some(thread) {
            let write = Gc::write(self.mutation, self.state);
            barrier::unlock!(write, State, idle_thread).set(Some(thread));
        }
    }

    /// What the host has put here for its callbacks to find, if it is of this type.
    pub fn host<T: 'static>(self) -> Option<&'gc T> {
        self.state.as_ref().host.get()?.downcast_ref()
    }

    /// Puts something here for callbacks to find, once and for all. Tells whether nothing was here
    /// before.
    pub fn set_host<T: 'static>(self, host: T) -> bool {
        self.state.host.set(Box::new(host)).is_ok()
    }

    /// The metatable that all values of a type share; tables and userdata have their own.
    #[inline]
    pub fn type_metatable(self, of: Type) -> Option<Table<'gc>> {
        match self.type_metatable_as_is(of) {
            None if of == Type::String => self.open_string_metatable(),
            found => found,
        }
    }

    /// The same, without opening the library that makes it.
    #[inline]
    pub(crate) fn type_metatable_as_is(self, of: Type) -> Option<Table<'gc>> {
        self.state.type_metatables[of as usize].get()
    }

    /// Sets the metatable that all values of a type share.
    pub fn set_type_metatable(self, of: Type, metatable: Option<Table<'gc>>) {
        if of == Type::String {
            // A library that is opened later must not set it again.
            self.open_string_metatable();
        }
        let write = Gc::write(self.mutation, self.state);
        let all = barrier::field!(write, State, type_metatables);
        all[of as usize].unlock().set(metatable);
    }

    /// A value's metatable.
    #[inline]
    pub fn metatable(self, value: Value<'gc>) -> Option<Table<'gc>> {
        match value {
            Value::Table(table) => table.metatable(),
            Value::UserData(userdata) => userdata.metatable(),
            other => self.type_metatable(other.type_of()),
        }
    }

    /// A value's metatable as scripts and hosts may see it: not the empty one that read-only tables have
    /// when they have no other.
    pub fn visible_metatable(self, value: Value<'gc>) -> Option<Table<'gc>> {
        self.metatable(value).filter(|metatable| !metatable.is_hidden())
    }

    /// A value's metamethod, nil if it has none.
    #[inline]
    pub fn metamethod(self, value: Value<'gc>, which: Metamethod) -> Value<'gc> {
        match self.metatable(value) {
            Some(metatable) => metatable.metamethod(self, which),
            None => Value::Nil,
        }
    }

    /// The interned name of a metamethod.
    #[inline]
    pub fn metamethod_name(self, which: Metamethod) -> LuaString<'gc> {
        self.state.metamethod_names[which as usize]
    }

    /// The name of a type, as `type` gives it.
    #[inline]
    pub fn type_string(self, of: Type) -> LuaString<'gc> {
        self.state.as_ref().type_names[of as usize]
    }

    /// The type name that error messages use: the metatable's `__name` if it is a string.
    pub fn type_name(self, value: Value<'gc>) -> Cow<'gc, str> {
        /// How often a name is copied until it is in a message.
        const COPIES: usize = 8;
        match self.metamethod(value, Metamethod::Name) {
            Value::String(name) => {
                let name = quoted(name.as_bytes());
                account::looked_at(name.len() * COPIES);
                match name {
                    Cow::Borrowed(name) => String::from_utf8_lossy(name),
                    Cow::Owned(name) => String::from_utf8_lossy(&name).into_owned().into(),
                }
            }
            _ => value.type_name().into(),
        }
    }

    /// The seed of all hashes.
    #[inline]
    pub(crate) fn hash_seed(self) -> u32 {
        self.state.interner.seed()
    }

    /// A random word: another one each time, the same ones for VMs with the same seed.
    pub fn random_word(self) -> u64 {
        self.state.random.next()
    }

    /// A number for a new object, which no other one has (until they wrap around).
    #[inline(always)]
    pub fn next_id(self) -> u32 {
        let id = self.state.next_id.get();
        self.state.next_id.set(id.wrapping_add(1));
        id
    }

    /// The objects to be finalized.
    pub fn finalizers(self) -> &'gc Finalizers<'gc> {
        &self.state.as_ref().finalizers
    }

    /// Makes the finalizers of all objects due, as closing a VM does.
    pub fn finalize_all(self) {
        Gc::write(self.mutation, self.state);
        self.finalizers().separate_all();
    }

    /// What the script has set about the collector.
    pub fn collector_settings(self) -> &'gc CollectorSettings {
        &self.state.as_ref().collector_settings
    }

    /// How deep scripts may go.
    #[inline]
    pub fn depth_limits(self) -> &'gc DepthLimits {
        &self.state.as_ref().depth_limits
    }

    /// The values that handles outside the arena hold.
    pub fn stash(self) -> &'gc Stash<'gc> {
        &self.state.as_ref().stash
    }

    /// Tells the collector that the stash is about to change.
    pub(crate) fn write_state(self) {
        let _ = Gc::write(self.mutation, self.state);
    }

    /// How many short strings are interned.
    pub fn interned_strings(self) -> usize {
        self.state.interner.len()
    }

    /// Begins to forget the interned strings that are dead, which were not marked: the collection driver's
    /// last act before the sweep. Until [`purge_strings`](Self::purge_strings) has come to its end, nothing
    /// may be freed.
    pub fn begin_to_purge_strings(self) {
        self.state.interner.begin_purge();
    }

    /// Goes on to forget the interned strings that are dead, until it has looked at about so many. Tells
    /// how many it has looked at, and whether it has come to its end.
    pub fn purge_strings(self, count: usize) -> (usize, bool) {
        self.state.interner.purge(count)
    }
}
