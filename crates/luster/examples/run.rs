//! Runs a script: the smallest host there is.
//!
//! `cargo run --release -p luster --example run -- script.lua`

use std::error::Error;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: run SCRIPT")?;
    let source = fs::read(&path)?;
    let lua = luster::Lua::with_all_libraries();
    lua.load(&source).set_name(format!("@{path}")).exec()?;
    Ok(())
}
