//! Any source that compiles, run with the safe libraries, little memory and little fuel, in steps, with
//! a collection between them. What it yields to the host it gets back.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use luster::{Lua, Step};
use luster_fuzz::source::mutate;

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    mutate(data, size, most, seed)
});

fuzz_target!(|source: &[u8]| {
    let lua = Lua::builder().output(std::io::sink()).memory_limit(8 << 20).seed(1).build();
    let Ok(mut task) = lua.load(source).set_name("=fuzz").start::<()>() else { return };
    for _ in 0..10 {
        match task.step(2_000) {
            Ok(Step::OutOfFuel) => lua.collect_garbage(),
            Ok(Step::Yielded(values)) => task.resume(values).expect("it has yielded"),
            _ => break,
        }
    }
});
