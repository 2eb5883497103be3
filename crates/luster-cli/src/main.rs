//! The `luster` command: PUC-Rio's `lua` with luster inside, and a few tools for looking at code.
//!
//! Here is only the choice between the two. Running programs is in `run` and what it uses (`args`,
//! `session`, `call`, `interrupt`, `repl`), the tools are in `inspect`.

#![forbid(unsafe_code)]

mod args;
mod call;
mod inspect;
mod interrupt;
mod repl;
mod run;
mod session;

use std::ffi::OsString;
use std::process::exit;

/// The command chooses its allocator; the library leaves that to its host. AddressSanitizer has to see
/// what is allocated, and brings its own.
#[cfg(not(luster_system_allocator))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    interrupt::end_on_broken_pipes();
    let argv: Vec<OsString> = std::env::args_os().collect();
    let status = match inspect::Tool::from_arguments(&argv) {
        Some(tool) => tool.run(&argv[2..]),
        None => run::run(argv.into_iter().map(OsString::into_encoded_bytes).collect()),
    };
    exit(status);
}
