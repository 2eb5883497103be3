//! A console inside a host: it reads statements and expressions, over several lines when they are not
//! complete, and shows their values or what is wrong.
//!
//! Run it with `cargo run -p luster --example repl`, and type, or give it lines on its standard input.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::io::{self, BufRead, Write};

use luster::{ErrorKind, Lua, MultiValue, Result};

/// Runs a piece of input; `None` when there has to come more.
fn evaluate(lua: &Lua, input: &str) -> Option<Result<MultiValue>> {
    let result = lua.load(input).set_name("=console").eval::<MultiValue>();
    match &result {
        Err(error) if matches!(error.kind(), ErrorKind::Syntax { incomplete: true }) => None,
        _ => Some(result),
    }
}

/// Shows values as `print` does.
fn show(lua: &Lua, values: MultiValue) -> Result<()> {
    if !values.is_empty() {
        lua.globals().call_function::<()>("print", values)?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let lua = Lua::new();
    let mut input = String::new();
    print!("> ");
    io::stdout().flush()?;
    for line in io::stdin().lock().lines() {
        input.push_str(&line?);
        input.push('\n');
        match evaluate(&lua, &input) {
            None => print!(">> "),
            Some(result) => {
                if let Err(error) = result.and_then(|values| show(&lua, values)) {
                    println!("{}", error.render());
                }
                input.clear();
                print!("> ");
            }
        }
        io::stdout().flush()?;
    }
    println!();
    Ok(())
}
