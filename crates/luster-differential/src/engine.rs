//! The two engines, each behind one verb: run a chunk with the harness and return its text.

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

/// Sets the global that names the folder.
fn set_folder(folder: &Path) -> String {
    format!("DIR = [==[{}]==]", folder.display())
}

/// Runs a chunk on luster. What keeps it from coming to its end is an error.
pub(crate) fn run_luster(source: &str, folder: &Path) -> Result<Vec<u8>, String> {
    let run = || {
        let lua = luster::Lua::with_all_libraries();
        lua.load(&set_folder(folder)).exec()?;
        lua.load(HARNESS).set_name("=harness").exec()?;
        lua.load(source).set_name("=cases").start::<Vec<u8>>()?.step(FUEL)
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(Step::Done(text))) => Ok(text),
        Ok(Ok(Step::OutOfFuel)) => Err("not done after as much fuel as cases get".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it panicked".to_owned()),
    }
}

/// Runs a chunk on PUC-Rio's Lua.
pub(crate) fn run_reference(source: &str, folder: &Path) -> Result<Vec<u8>, String> {
    // With its default options mlua leaves `pcall` and `xpcall` as they are.
    let options = LuaOptions::new();
    // SAFETY: the cases are this crate's own; they load no code but Lua's text, and of the library
    // `debug` nothing that can break the reference.
    let lua = unsafe { mlua::Lua::unsafe_new_with(StdLib::ALL, options) };
    let run = || -> mlua::Result<Vec<u8>> {
        // Without a limit, mlua ends the process when the system refuses memory.
        lua.set_memory_limit(MEMORY)?;
        lua.load(set_folder(folder)).exec()?;
        lua.load(HARNESS).set_name("=harness").exec()?;
        let main = lua.load(source).set_name("=cases").into_function()?;
        // As under the `lua` command, a function in C is what the main chunk is called by.
        let host =
            lua.create_function(|_, main: mlua::Function| main.call::<mlua::LuaString>(()))?;
        let text: mlua::LuaString = host.call(main)?;
        Ok(text.as_bytes().to_vec())
    };
    run().map_err(|error| error.to_string())
}
