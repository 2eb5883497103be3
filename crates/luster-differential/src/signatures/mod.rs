//! The functions of the manual's chapter 6, one file for each library.
//!
//! What is not called: what ends the process or waits for input (`os.exit` but with wrong
//! arguments, `debug.debug`), and what prints to the standard output.

mod base;
mod coroutine;
mod debug;
mod io;
mod math;
mod os;
mod package;
mod string;
mod table;
mod utf8;

use crate::signature::Signature;

/// The functions of a library.
fn functions(library: &str) -> &'static [Signature] {
    match library {
        "base" => base::FUNCTIONS,
        "coroutine" => coroutine::FUNCTIONS,
        "debug" => debug::FUNCTIONS,
        "io" => io::FUNCTIONS,
        "math" => math::FUNCTIONS,
        "os" => os::FUNCTIONS,
        "package" => package::FUNCTIONS,
        "string" => string::FUNCTIONS,
        "table" => table::FUNCTIONS,
        "utf8" => utf8::FUNCTIONS,
        _ => unreachable!("the tests name libraries that there are"),
    }
}

/// Calls of all functions of a library.
pub fn calls(library: &str) -> Vec<String> {
    let mut calls = Vec::new();
    for function in functions(library) {
        function.calls(&mut calls);
    }
    calls
}
