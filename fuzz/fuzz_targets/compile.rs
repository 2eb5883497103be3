//! The compiler takes any bytes. What it accepts is code that the verifier accepts, whether it comes
//! from the compiler or has been dumped and read back, and whose disassembly can be shown.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use luster::bytecode::{dump, undump};
use luster::compiler::compile;
use luster_fuzz::source::mutate;

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    mutate(data, size, most, seed)
});

fuzz_target!(|source: &[u8]| {
    match compile(source, b"=fuzz") {
        Ok(prototype) => {
            for strip in [false, true] {
                let read = undump(&dump(&prototype, strip)).expect("what was dumped can be read");
                assert_eq!(read.instructions.len(), prototype.instructions.len());
            }
            assert!(!prototype.disassemble().to_string().is_empty());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
