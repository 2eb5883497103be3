//! Binary chunks of what the compiler has made, with some bytes changed: refused, or sound enough to be
//! dumped again and run. Unlike those of `undump`, most of them get as far as the verifier.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use luster::Lua;
use luster::bytecode::{dump, undump};
use luster::compiler::compile;
use luster_fuzz::Input;
use luster_fuzz::source::mutate;

// The source is changed by tokens every other time, and what is done to its dump otherwise.
fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    let head = data.get(1).map_or(0, |count| 2 + 4 * usize::from(count % 8));
    if seed.is_multiple_of(2) && head < size && head < most {
        head + mutate(&mut data[head..], size - head, most - head, seed / 2)
    } else {
        fuzzer_mutate(data, size, most)
    }
});

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let strip = input.byte() % 2 == 0;
    let count = usize::from(input.byte() % 8);
    let changes = input.bytes(4 * count);
    let Ok(prototype) = compile(input.0, b"=fuzz") else { return };
    let mut chunk = dump(&prototype, strip);
    for change in changes.chunks_exact(4) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % chunk.len();
        match change[2] % 4 {
            0 => chunk[place] = change[3],
            1 => chunk[place] ^= 1 << (change[3] % 8),
            2 => chunk[place] = chunk[place].wrapping_add(change[3]),
            // Something from elsewhere.
            _ => chunk[place] = chunk[usize::from(change[3]) * 7 % chunk.len()],
        }
    }
    let Ok(read) = undump(&chunk) else { return };
    let again = dump(&read, false);
    assert!(undump(&again).is_ok(), "what was read once can be read again");
    assert!(!read.disassemble().to_string().is_empty());

    let lua = Lua::builder().output(std::io::sink()).memory_limit(8 << 20).seed(1).build();
    let chunk = lua.load(&again).set_name("=fuzz").allow_binary();
    if let Ok(mut task) = chunk.start::<()>() {
        for _ in 0..10 {
            if !matches!(task.step(2_000), Ok(luster::Step::OutOfFuel)) {
                break;
            }
            lua.collect_garbage();
        }
    }
});
