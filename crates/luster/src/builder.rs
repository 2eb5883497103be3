//! Choosing what a VM has: its libraries, its limits, and its share of the world around it.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
#[cfg(feature = "os")]
use std::time::SystemTime;

use luster_stdlib::{Library, Output, WarningSink};
use luster_value::Context;
use luster_vm::Vm;

use crate::lua::Lua;
#[cfg(feature = "package")]
use crate::{
    Value,
    error::Result,
    param::{LuaFunction, native},
};

/// Chooses the libraries of a VM, its limits, and what it has of the world around it.
///
/// ```
/// use luster::{Library, Lua};
///
/// let lua = Lua::builder()
///     .libraries([Library::Base, Library::String, Library::Math])
///     .memory_limit(8 << 20)
///     .seed(42)
///     .build();
/// let first: i64 = lua.load("math.random(1000)").eval()?;
/// let again = Lua::builder().seed(42).build();
/// assert_eq!(again.load("math.random(1000)").eval::<i64>()?, first);
/// # Ok::<(), luster::Error>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    libraries: Libraries,
    has_read_only_libraries: bool,
    memory_limit: Option<usize>,
    seed: Option<u64>,
    output: Option<Output>,
    warnings: Option<WarningSink>,
    #[cfg(feature = "os")]
    clock: Option<Box<dyn Fn() -> SystemTime>>,
    stack_limit: Option<usize>,
    nesting_limit: Option<u16>,
    #[cfg(feature = "package")]
    modules: Vec<SetUp>,
}

/// Puts something into a VM whose libraries are open.
#[cfg(feature = "package")]
type SetUp = Box<dyn for<'gc> FnOnce(Context<'gc>)>;

enum Libraries {
    Safe,
    Chosen(Vec<Library>),
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder {
            libraries: Libraries::Safe,
            has_read_only_libraries: false,
            memory_limit: None,
            seed: None,
            output: None,
            warnings: None,
            #[cfg(feature = "os")]
            clock: None,
            stack_limit: None,
            nesting_limit: None,
            #[cfg(feature = "package")]
            modules: Vec::new(),
        }
    }

    /// Opens these libraries only, whole. Without a choice, a VM has the safe ones: `coroutine`,
    /// `table`, `string`, `math`, `utf8`, what tells the time from `os`, and the basic functions
    /// without `dofile` and `loadfile` and with a `load` that takes source text only.
    pub fn libraries(mut self, libraries: impl IntoIterator<Item = Library>) -> Self {
        self.libraries = Libraries::Chosen(libraries.into_iter().collect());
        self
    }

    /// Opens all libraries: scripts can read and write files, start programs, and look into the VM.
    pub fn all_libraries(self) -> Self {
        self.libraries(Library::ALL.iter().copied())
    }

    /// Makes the tables of the libraries read-only, and the metatable of strings: so a script cannot
    /// change what `string.format` or `("x"):rep` are for others in the VM. The table of the globals
    /// can still be changed: give each script an [environment](crate::Chunk::environment) of its
    /// own, or make it [read-only](crate::Table::set_read_only), too.
    ///
    /// ```
    /// let lua = luster::Lua::builder().read_only_libraries().build();
    /// for change in ["string.rep = nil", "getmetatable('').__index = {}", "math.pi = 3"] {
    ///     let error = lua.load(change).exec().unwrap_err();
    ///     assert!(error.message().ends_with("attempt to modify a readonly table"));
    /// }
    /// ```
    pub fn read_only_libraries(mut self) -> Self {
        self.has_read_only_libraries = true;
        self
    }

    /// Limits the memory, as [`Lua::set_memory_limit`] does.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// How many stack slots a coroutine may have: a million, unless this says less. A call takes about
    /// as many as the function has local variables. Beyond, there is the error "stack overflow".
    ///
    /// ```
    /// let lua = luster::Lua::builder().stack_limit(1_000).build();
    /// let error = lua.load("local function f() return 1 + f() end f()").exec().unwrap_err();
    /// assert!(error.message().contains("stack overflow"));
    /// ```
    pub fn stack_limit(mut self, slots: usize) -> Self {
        self.stack_limit = Some(slots);
        self
    }

    /// How deep protected calls, message handlers and resumed coroutines may stand inside each other:
    /// 200, as in PUC-Rio's Lua, unless this says otherwise (10 to 10,000). Beyond, there is the error
    /// "C stack overflow", though nothing of the Rust stack is used.
    pub fn nesting_limit(mut self, depth: u16) -> Self {
        self.nesting_limit = Some(depth);
        self
    }

    /// The seed of all that is random: the order of `pairs`, and the numbers of `math.random`. With
    /// the same seed, a VM does the same in every run, unless steps end early (see
    /// [`Task::step`](crate::Task::step)). Without one, it is random, which keeps scripts
    /// from making keys that collide.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Where `print` and `io.write` write, instead of the standard output of the process.
    pub fn output(mut self, sink: impl Write + 'static) -> Self {
        self.output = Some(Output::new(sink));
        self
    }

    /// What takes the warnings of `warn` and of finalizers that fail, which are off otherwise.
    pub fn warnings(mut self, sink: impl FnMut(&[u8]) + 'static) -> Self {
        self.warnings = Some(Box::new(sink));
        self
    }

    /// What time it is for `os.time` and `os.date`; `os.clock` tells what has passed on it. Together
    /// with a [`seed`](Self::seed), this makes what a script does the same in every run.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let lua = luster::Lua::builder().clock(|| UNIX_EPOCH + Duration::from_secs(86_400)).build();
    /// let (date, clock): (String, f64) =
    ///     lua.load("return os.date('!%Y-%m-%d'), os.clock()").eval()?;
    /// assert_eq!((date.as_str(), clock), ("1970-01-02", 0.0));
    /// # Ok::<(), luster::Error>(())
    /// ```
    #[cfg(feature = "os")]
    pub fn clock(mut self, now: impl Fn() -> SystemTime + 'static) -> Self {
        self.clock = Some(Box::new(now));
        self
    }

    /// A module that scripts can `require`: the function makes it, when it is required first.
    ///
    /// Without the library `package`, `require` finds the host's modules only, and no files.
    ///
    /// ```
    /// use luster::{Lua, Result, Table};
    ///
    /// let lua = Lua::builder()
    ///     .module("colors", |lua: Lua| -> Result<Table> { lua.table_of([("red", 0xFF0000)]) })
    ///     .build();
    /// assert_eq!(lua.load("require('colors').red").eval::<i64>()?, 0xFF0000);
    /// # Ok::<(), luster::Error>(())
    /// ```
    #[cfg(feature = "package")]
    pub fn module<S: 'static>(
        mut self,
        name: impl Into<String>,
        load: impl LuaFunction<S>,
    ) -> Self {
        let name = name.into();
        self.modules.push(Box::new(move |ctx| {
            let loader = native(ctx, load);
            luster_stdlib::preload(ctx, &name, loader);
        }));
        self
    }

    /// Where the sources of modules come from that are no [`module`](Self::module): a function from
    /// the name to the source text, if there is such a module. It is asked once for each module.
    ///
    /// ```
    /// let sources = |name: &str| (name == "answer").then(|| "return 42".to_owned());
    /// let lua = luster::Lua::builder().module_sources(sources).build();
    /// assert_eq!(lua.load("(require 'answer')").eval::<i64>()?, 42);
    /// let error = lua.load("require 'question'").exec().unwrap_err();
    /// assert!(error.message().contains("module 'question' not found"));
    /// # Ok::<(), luster::Error>(())
    /// ```
    #[cfg(feature = "package")]
    pub fn module_sources(mut self, find: impl Fn(&str) -> Option<String> + 'static) -> Self {
        let search = move |lua: Lua, name: &str| -> Result<(Value, String)> {
            match find(name) {
                Some(source) => {
                    let chunk_name = format!("@{name}");
                    let function = lua.load(&source).set_name(&chunk_name).into_function()?;
                    Ok((Value::Function(function), name.to_owned()))
                }
                None => {
                    let message = lua.string(format!("the host has no module '{name}'"))?;
                    Ok((Value::String(message), String::new()))
                }
            }
        };
        self.modules.push(Box::new(move |ctx| {
            let searcher = native(ctx, search);
            luster_stdlib::add_searcher(ctx, searcher);
        }));
        self
    }

    /// Makes the VM.
    pub fn build(self) -> Lua {
        self.build_with(|_| {})
    }

    /// Makes the VM, and sets it up inside its arena before the libraries are opened.
    pub fn build_with(self, set_up: impl for<'gc> FnOnce(Context<'gc>)) -> Lua {
        let seed = self.seed.unwrap_or_else(random_seed);
        let output = self.output.unwrap_or_else(Output::stdout);
        let lua = Lua::from_vm(Vm::new(seed), output);
        lua.enter_arena(|ctx| {
            if let Some(slots) = self.stack_limit {
                ctx.set_stack_limit(slots);
            }
            if let Some(depth) = self.nesting_limit {
                ctx.depth_limits().set_nesting(depth);
            }
            set_up(ctx);
            if let Some(sink) = self.warnings {
                luster_stdlib::set_warnings(ctx, true, Some(sink));
            }
            #[cfg(feature = "os")]
            if let Some(clock) = self.clock {
                luster_stdlib::set_clock(ctx, clock);
            }
            match &self.libraries {
                Libraries::Safe => luster_stdlib::open_safe(ctx),
                Libraries::Chosen(libraries) => luster_stdlib::open(ctx, libraries),
            }
            #[cfg(feature = "package")]
            if !self.modules.is_empty() {
                luster_stdlib::open_modules(ctx);
                self.modules.into_iter().for_each(|set_up| set_up(ctx));
            }
            if self.has_read_only_libraries {
                luster_stdlib::make_read_only(ctx);
            }
        });
        lua.set_memory_limit(self.memory_limit);
        lua
    }
}

/// A seed that nobody can foretell: what the standard library seeds its own hashing with.
fn random_seed() -> u64 {
    RandomState::new().hash_one(0)
}
