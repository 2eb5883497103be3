//! Choosing what a VM has: its libraries, its limits, and its share of the world around it.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;

use luster_stdlib::{Library, Output, WarningSink};
use luster_value::Context;
use luster_vm::Vm;

use crate::lua::Lua;

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
    memory_limit: Option<usize>,
    seed: Option<u64>,
    output: Option<Output>,
    warnings: Option<WarningSink>,
}

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
            memory_limit: None,
            seed: None,
            output: None,
            warnings: None,
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

    /// Limits the memory, as [`Lua::set_memory_limit`] does.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// The seed of all that is random: the order of `pairs`, and the numbers of `math.random`. With
    /// the same seed, a VM does the same in every run. Without one, it is random, which keeps scripts
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

    /// Makes the VM.
    pub fn build(self) -> Lua {
        self.build_with(|_| {})
    }

    /// Makes the VM, and sets it up inside its arena before the libraries are opened.
    pub fn build_with(self, set_up: impl for<'gc> FnOnce(Context<'gc>)) -> Lua {
        let seed = self.seed.unwrap_or_else(random_seed);
        let lua = Lua::from_vm(Vm::new(seed));
        lua.enter(|ctx| {
            set_up(ctx);
            if let Some(output) = self.output {
                output.install(ctx);
            }
            if let Some(sink) = self.warnings {
                luster_stdlib::set_warnings(ctx, true, Some(sink));
            }
            match &self.libraries {
                Libraries::Safe => luster_stdlib::open_safe(ctx),
                Libraries::Chosen(libraries) => luster_stdlib::open(ctx, libraries),
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
