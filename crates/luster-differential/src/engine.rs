//! The two engines, each a VM with the harness, which runs chunks and gives their text.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use luster::Step;
use mlua::{LuaOptions, StdLib};

/// The Lua source that defines what the cases use.
const HARNESS: &str = include_str!("../lua/harness.lua");

/// More fuel than any batch of cases needs: one that hangs is to fail, not to hang the test.
const FUEL: i64 = 1_000_000_000;

/// How much memory the reference may use.
const MEMORY: usize = 1 << 30;

/// What runs chunks that end with `return FINISH()`, one after the other.
pub(crate) trait Engine: Sized {
    /// A VM with the harness, whose files are in a folder.
    fn new(folder: &Path) -> Result<Self, String>;

    /// Runs a chunk. What keeps it from coming to its end is an error.
    fn run(&self, source: &str) -> Result<Vec<u8>, String>;
}

/// Sets the global that names the folder.
fn set_folder(folder: &Path) -> String {
    format!("DIR = [==[{}]==]", folder.display())
}

/// luster.
pub(crate) struct Luster(luster::Lua);

impl Engine for Luster {
    fn new(folder: &Path) -> Result<Self, String> {
        let lua = luster::Lua::with_all_libraries();
        let prepare = || -> luster::Result<()> {
            lua.load(&set_folder(folder)).exec()?;
            lua.load(HARNESS).set_name("=harness").exec()
        };
        prepare().map_err(|error| error.to_string())?;
        Ok(Luster(lua))
    }

    fn run(&self, source: &str) -> Result<Vec<u8>, String> {
        self.run_guarded(|| self.start(source)?.step(FUEL))
    }
}

impl Luster {
    /// Runs a chunk in steps of so much fuel. After each of the first steps everything that is garbage is
    /// collected.
    pub(crate) fn run_in_steps(&self, source: &str, fuel: i64) -> Result<Vec<u8>, String> {
        /// After so many the program has seen what it can, and the rest may be quick.
        const COLLECTIONS: usize = 100;
        self.run_guarded(|| {
            let mut task = self.start(source)?;
            for _ in 0..COLLECTIONS {
                match task.step(fuel)? {
                    Step::OutOfFuel => self.0.collect_garbage(),
                    other => return Ok(other),
                }
            }
            task.step(FUEL)
        })
    }

    fn start(&self, source: &str) -> luster::Result<luster::Task<luster::Bytes>> {
        Ok(self.0.load(source).set_name("=cases").start::<luster::Bytes>()?.forbid_yields())
    }

    fn run_guarded(
        &self,
        run: impl FnOnce() -> luster::Result<Step<luster::Bytes>>,
    ) -> Result<Vec<u8>, String> {
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(Step::Done(text))) => Ok(text.0),
            Ok(Ok(_)) => Err("not done after as much fuel as cases get".to_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it panicked".to_owned()),
        }
    }
}

/// PUC-Rio's Lua.
pub(crate) struct Reference(mlua::Lua);

impl Engine for Reference {
    fn new(folder: &Path) -> Result<Self, String> {
        // With its default options mlua leaves `pcall` and `xpcall` as they are.
        let options = LuaOptions::new();
        // SAFETY: the cases are this crate's own; they load no code but Lua's text, and of the library
        // `debug` nothing that can break the reference.
        let lua = unsafe { mlua::Lua::unsafe_new_with(StdLib::ALL, options) };
        let prepare = || -> mlua::Result<()> {
            // Without a limit, mlua ends the process when the system refuses memory.
            lua.set_memory_limit(MEMORY)?;
            lua.load(set_folder(folder)).exec()?;
            lua.load(HARNESS).set_name("=harness").exec()
        };
        prepare().map_err(|error| error.to_string())?;
        Ok(Reference(lua))
    }

    fn run(&self, source: &str) -> Result<Vec<u8>, String> {
        let run = || -> mlua::Result<Vec<u8>> {
            let main = self.0.load(source).set_name("=cases").into_function()?;
            // As under the `lua` command, a function in C is what the main chunk is called by.
            let host = self
                .0
                .create_function(|_, main: mlua::Function| main.call::<mlua::LuaString>(()))?;
            let text: mlua::LuaString = host.call(main)?;
            Ok(text.as_bytes().to_vec())
        };
        run().map_err(|error| error.to_string())
    }
}

/// Lua source that keeps what a script prints.
const CAPTURE: &str = "\
    local parts, concat, pack, tostring = {}, table.concat, table.pack, tostring \
    local function put(separator, ending, ...) \
        local texts = pack(...) \
        for i = 1, texts.n do texts[i] = tostring(texts[i]) end \
        parts[#parts + 1] = concat(texts, separator) .. ending \
    end \
    function print(...) put('\\t', '\\n', ...) end \
    function io.write(...) put('', '', ...) return io.stdout end \
    return function() return concat(parts) end";

/// Lua source of a function that runs a script and returns the text of the error that it ends with.
const GUARD: &str = "return function(main) \
    local ok, message = pcall(main) \
    return not ok and tostring(message) or nil end";

/// Runs a script on PUC-Rio's Lua. Gives what it prints, and the message of the error that it ends
/// with.
///
/// # Panics
/// When the script cannot be run at all.
pub fn run_script_on_reference(source: &[u8], name: &str) -> (String, Option<String>) {
    // SAFETY: the scripts are those of this workspace; see `Reference`.
    let lua = unsafe { mlua::Lua::unsafe_new_with(StdLib::ALL, LuaOptions::new()) };
    let run = || -> mlua::Result<(String, Option<String>)> {
        let printed: mlua::Function = lua.load(CAPTURE).eval()?;
        let main = lua.load(source).set_name(name).into_function()?;
        let guard: mlua::Function = lua.load(GUARD).eval()?;
        let host = lua.create_function(|_, (guard, main): (mlua::Function, mlua::Function)| {
            guard.call::<Option<mlua::LuaString>>(main)
        })?;
        let text = |text: mlua::LuaString| String::from_utf8_lossy(&text.as_bytes()).into_owned();
        let error = host.call::<Option<mlua::LuaString>>((guard, main))?.map(text);
        Ok((text(printed.call(())?), error))
    };
    run().unwrap_or_else(|error| panic!("{name}: {error}"))
}
