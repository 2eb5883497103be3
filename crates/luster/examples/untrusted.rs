//! Scripts of strangers: each is stopped or resumed as the host says, whatever it does, and
//! thousands of them leave nothing behind.
//!
//! Run it with `cargo run --release -p luster --example untrusted`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use luster::{ErrorKind, Fuel, Lua, Result, Step};

/// How much memory a VM may use.
const MEMORY: usize = 2 << 20;

/// How much work a script may do before the host looks at it again.
const SLICE: Fuel = Fuel::new(20_000);

const SCRIPTS: &[(&str, &str)] = &[
    ("ends", "local sum = 0 for i = 1, 100 do sum = sum + i end return sum"),
    ("loops for ever", "while true do end"),
    ("fills the memory", "local t = {} while true do t[#t + 1] = ('x'):rep(10000) .. #t end"),
    ("fills it with little things", "local t while true do t = { t } end"),
    ("asks for too much", "return #string.rep('x', 1 << 40)"),
    ("catches the error and goes on", "local ok, m = pcall(string.rep, 'x', 1 << 40) return m"),
    ("catches every error", "while true do pcall(error, 'again') end"),
    (
        "catches and fills",
        "local t = {} while true do pcall(function() \
        while true do t[#t + 1] = ('x'):rep(10000) .. #t end end) end",
    ),
    ("nests without end", "local function f() return pcall(f) end f() while true do f() end"),
    (
        "yields while sorting",
        "local t = {} for i = 1, 10 do t[i] = i * 7 % 10 end \
        table.sort(t, function(a, b) return coroutine.yield(a, b) end) return t[1]",
    ),
];

/// What became of a script, whose host looks at it so many times before it gives up.
fn fate(lua: &Lua, source: &str, patience: usize) -> Result<String> {
    let mut task = lua.load(source).set_name("=script").start::<luster::Value>()?;
    let (mut slices, mut yields) = (0, 0);
    loop {
        match task.step(SLICE) {
            Ok(Step::Done(value)) => {
                let text = lua.globals().call_function::<String>("tostring", value)?;
                return Ok(format!("done after {yields} yields: {text}"));
            }
            Ok(Step::Yielded(values)) => {
                yields += 1;
                let (a, b) = (values[0].as_integer(), values[1].as_integer());
                task.resume(a < b)?;
            }
            Ok(_) => slices += 1,
            Err(error) if error.kind() == ErrorKind::Memory => {
                return Ok("stopped: memory limit exceeded".to_owned());
            }
            Err(error) => return Ok(format!("failed: {}", error.message())),
        }
        if slices == patience {
            return Ok("stopped: it does not end".to_owned());
        }
    }
}

fn main() -> Result<()> {
    for (what, source) in SCRIPTS {
        let lua = Lua::builder().memory_limit(MEMORY).build();
        println!("{what:30} {}", fate(&lua, source, 100)?);
    }

    // Many of them in one VM, one after the other: it stays as it was.
    let lua = Lua::builder().memory_limit(MEMORY).build();
    let rounds = 10_000 / SCRIPTS.len() + 1;
    let mut settled = 0;
    for round in 0..rounds {
        for (_, source) in SCRIPTS {
            fate(&lua, source, 5)?;
        }
        if round == rounds / 10 {
            lua.collect_garbage();
            settled = lua.used_memory();
        }
    }
    lua.collect_garbage();
    let grown = lua.used_memory().saturating_sub(settled);
    assert!(grown < 64 << 10, "{grown} bytes more than at the beginning");
    assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    println!("{} tasks run, and the memory is flat", rounds * SCRIPTS.len());
    Ok(())
}
