//! Every function of the library, called with all kinds of arguments.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

use luster_differential::{TEXT_KINDS, calls, compare, text_calls};

fn check(library: &str) {
    let comparison = compare(library, &calls(library));
    println!(
        "{library}: {} calls, {} lines, {} known differences",
        comparison.cases, comparison.lines, comparison.exempt
    );
    comparison.check();
}

#[test]
fn base() {
    check("base");
}

#[test]
fn coroutine() {
    check("coroutine");
}

#[test]
fn debug() {
    check("debug");
}

#[test]
fn io() {
    check("io");
}

#[test]
fn math() {
    check("math");
}

#[test]
fn os() {
    check("os");
}

#[test]
fn package() {
    check("package");
}

#[test]
fn string() {
    check("string");
}

#[test]
fn table() {
    check("table");
}

#[test]
fn utf8() {
    check("utf8");
}

/// Formats, patterns and the like, put together at random.
#[test]
fn texts() {
    for kind in TEXT_KINDS {
        let comparison = compare(kind, &text_calls(kind, 4000));
        println!(
            "{kind}: {} calls, {} lines, {} known differences",
            comparison.cases, comparison.lines, comparison.exempt
        );
        comparison.check();
    }
}
