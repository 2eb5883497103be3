//! Any bytes as a binary chunk: refused, or sound enough to be dumped again and run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luster::Lua;
use luster::bytecode::{dump, undump};

fuzz_target!(|bytes: &[u8]| {
    let Ok(prototype) = undump(bytes) else { return };
    let again = dump(&prototype, false);
    assert!(undump(&again).is_ok(), "what was read once can be read again");

    let lua = Lua::builder().output(std::io::sink()).memory_limit(8 << 20).seed(1).build();
    if let Ok(mut task) = lua.load(&again).set_name("=fuzz").allow_binary().start::<()>() {
        let _ = task.step(20_000);
    }
});
