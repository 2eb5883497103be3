//! Any bytes as a binary chunk: refused, or sound enough to be dumped again and run. Most inputs are what
//! follows the header of a chunk, which the target puts before them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luster::Lua;
use luster::bytecode::{dump, undump};
use luster::compiler::compile;

/// How a binary chunk begins.
const MARK: u8 = 0x1B;

thread_local! {
    static HEADER: Vec<u8> = header();
}

/// What all chunks begin with, and the byte after it, which says that the name of a source follows.
fn header() -> Vec<u8> {
    let chunk = |name| dump(&compile(b"", name).expect("an empty chunk"), false);
    let (one, other) = (chunk(b"=one"), chunk(b"=another"));
    let same = one.iter().zip(&other).take_while(|(one, other)| one == other);
    same.map(|(byte, _)| *byte).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let chunk = match bytes.first() {
        Some(&MARK) => bytes.to_vec(),
        _ => HEADER.with(|header| [header, bytes].concat()),
    };
    let Ok(prototype) = undump(&chunk) else { return };
    let again = dump(&prototype, false);
    assert!(undump(&again).is_ok(), "what was read once can be read again");
    assert!(!prototype.disassemble().to_string().is_empty());

    let lua = Lua::builder().output(std::io::sink()).memory_limit(8 << 20).seed(1).build();
    if let Ok(mut task) = lua.load(&again).set_name("=fuzz").allow_binary().start::<()>() {
        for _ in 0..10 {
            if !matches!(task.step(2_000), Ok(luster::Step::OutOfFuel)) {
                break;
            }
            lua.collect_garbage();
        }
    }
});
