//! Programs that a generator writes, each of its choices a byte: they have to print the same on luster
//! and on PUC-Rio's Lua, whether they run in one go or in small steps, with collections between them.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use luster_differential::{Kept, chosen_program};

thread_local! {
    static ENGINES: RefCell<Kept> = RefCell::new(Kept::new("fuzz"));
}

fuzz_target!(|choices: &[u8]| {
    // The first byte says how long the steps are; half of the programs have none.
    let Some((&first, choices)) = choices.split_first() else { return };
    let fuel = first.is_multiple_of(2).then(|| 20 + 8 * i64::from(first));
    ENGINES.with_borrow_mut(|engines| engines.check(&chosen_program(choices), fuel));
});
