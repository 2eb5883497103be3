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
        lua.load(source).set_name("=cases").start::<luster::Bytes>()?.forbid_yields().step(FUEL)
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(Step::Done(text))) => Ok(text.0),
        Ok(Ok(_)) => Err("not done after as much fuel as cases get".to_owned()),
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
    // SAFETY: the scripts are those of this workspace; see `run_reference`.
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
