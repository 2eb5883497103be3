//! Any source that compiles, run with the safe libraries and little fuel, in steps, with a
//! collection between them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luster::{Lua, Output, Step};

fuzz_target!(|source: &[u8]| {
    let lua = Lua::new();
    lua.enter(|ctx| Output::new(std::io::sink()).install(ctx));
    let Ok(mut task) = lua.load(source).set_name("=fuzz").start::<()>() else { return };
    for _ in 0..10 {
        match task.step(2_000) {
            Ok(Step::OutOfFuel) => lua.collect_garbage(),
            Ok(Step::Done(())) | Err(_) => break,
        }
    }
});
