//! Any bytes as a binary chunk: refused, or sound enough to be dumped again and run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luster::Lua;
use luster::bytecode::{dump, undump};

fuzz_target!(|bytes: &[u8]| {
    let Ok(prototype) = undump(bytes) else { return };
    let again = dump(&prototype, false);
    assert!(undump(&again).is_ok(), "what was read once can be read again");

    // The libraries of the command load binary chunks; the script itself reaches nothing outside.
    let lua = Lua::with_all_libraries();
    let literal: String = again.iter().map(|byte| format!("\\{byte:03}")).collect();
    let script = format!("local f = load(\"{literal}\", 'fuzz', 'b', {{}}) if f then f() end");
    if let Ok(mut task) = lua.load(&script).start::<()>() {
        let _ = task.step(20_000);
    }
});
