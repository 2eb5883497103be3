//! The two engines, each behind the same few verbs: run a source, and load one without running it.
//! Besides, `slices` and `embedding` name `luster`, and `embedding` names `mlua`: the facades are what
//! they measure.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use mlua::state::{GcGenParams, GcMode};
use mlua::{LuaOptions, StdLib};

/// Which virtual machine a child process runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    /// The one this workspace builds.
    Luster,
    /// PUC-Rio Lua 5.5 with the collector in its default, incremental mode.
    Puc,
    /// PUC-Rio Lua 5.5 with the generational collector, which its `lua` command switches on.
    PucGenerational,
}

impl Engine {
    /// The name that `--child` takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Luster => "luster",
            Engine::Puc => "puc",
            Engine::PucGenerational => "puc-generational",
        }
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(name: &str) -> Result<Engine, String> {
        [Engine::Luster, Engine::Puc, Engine::PucGenerational]
            .into_iter()
            .find(|engine| engine.name() == name)
            .ok_or_else(|| format!("no engine is called '{name}'"))
    }
}

/// Runs a Lua file in this process; its output goes to standard output.
pub(crate) fn run_file(engine: Engine, file: &Path) -> Result<(), String> {
    let source = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let name = format!("@{}", file.file_name().unwrap_or_default().to_string_lossy());
    match engine {
        Engine::Luster => run_luster(&source, &name),
        Engine::Puc => run_puc(&source, &name, false),
        Engine::PucGenerational => run_puc(&source, &name, true),
    }
}

fn run_luster(source: &[u8], name: &str) -> Result<(), String> {
    let lua = luster::Lua::with_all_libraries();
    lua.load(source).set_name(name).exec().map_err(|error| error.to_string())
}

fn run_puc(source: &[u8], name: &str, generational: bool) -> Result<(), String> {
    let lua = new_puc()?;
    if generational {
        lua.gc_set_mode(GcMode::Generational(GcGenParams::default()));
    }
    lua.load(source).set_name(name).exec().map_err(|error| error.to_string())
}

/// A PUC-Rio VM as close to the bare one as mlua allows: without `catch_rust_panics`, which is on by
/// default, mlua would put slower functions of its own in the place of `pcall` and `xpcall`.
fn new_puc() -> Result<mlua::Lua, String> {
    mlua::Lua::new_with(StdLib::ALL_SAFE, LuaOptions::new()).map_err(|error| error.to_string())
}

/// Fills luster's token table and returns the number of tokens.
pub(crate) fn lex_luster(source: &[u8]) -> usize {
    luster_syntax::lexer::lex(source).len()
}

/// Builds luster's syntax tree and returns the number of faults found in the source.
pub(crate) fn parse_luster(source: &[u8]) -> usize {
    luster_syntax::parse(source).diagnostics.len()
}

/// Lexes, parses and compiles a source to luster's bytecode and drops it.
pub(crate) fn compile_luster(source: &[u8]) -> Result<(), String> {
    let parse = luster_syntax::parse(source);
    luster_compiler::compile_parse(source, &parse, b"=generated")
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Makes a function of a source and drops it, in a luster VM that is used again and again.
pub(crate) struct LusterLoader(luster::Lua);

impl LusterLoader {
    /// A fresh VM.
    pub(crate) fn new() -> LusterLoader {
        LusterLoader(luster::Lua::with_all_libraries())
    }

    /// Lexes, parses, compiles, verifies and links `source`.
    pub(crate) fn load(&self, source: &[u8]) -> Result<(), String> {
        let chunk = self.0.load(source).set_name("=generated");
        chunk.into_function().map(drop).map_err(|error| error.to_string())
    }

    /// Frees what the loads before have left behind.
    pub(crate) fn collect(&self) {
        self.0.collect_garbage();
    }
}

/// Loads a source without running it, in a PUC-Rio VM that is used again and again.
pub(crate) struct PucLoader(mlua::Lua);

impl PucLoader {
    /// A fresh VM.
    pub(crate) fn new() -> Result<PucLoader, String> {
        new_puc().map(PucLoader)
    }

    /// Compiles `source` to a function and drops it.
    pub(crate) fn load(&self, source: &[u8]) -> Result<(), String> {
        self.0.load(source).into_function().map(drop).map_err(|error| error.to_string())
    }

    /// Frees what the loads before have left behind.
    pub(crate) fn collect(&self) -> Result<(), String> {
        self.0.gc_collect().map_err(|error| error.to_string())
    }
}
