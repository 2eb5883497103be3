//! Programs that a generator writes, each of its choices a byte: they have to print the same on luster
//! and on PUC-Rio's Lua.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luster_differential::{chosen_program, compare};

fuzz_target!(|choices: &[u8]| {
    compare("fuzz", &[chosen_program(choices)]).check();
});
