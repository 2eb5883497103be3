//! The shortest program: run a script, give it a function, and get something back.
//!
//! Run it with `cargo run -p luster --example hello`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use luster::{Lua, Result};

fn main() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("shout", lua.function(|text: &str| text.to_uppercase()))?;
    lua.load("print('hello from Lua, ' .. shout('world'))").exec()?;
    let sum: i64 = lua.load("1 + 2").eval()?;
    println!("and {sum} from Rust");
    Ok(())
}
