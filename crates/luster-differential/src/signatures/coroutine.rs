//! The library `coroutine`.

use crate::pools::{ANY, FUNCTIONS as CALLABLE, THREADS};
use crate::signature::{Signature, function};

pub(super) const FUNCTIONS: &[Signature] = &[
    function("coroutine.close", &[&[THREADS, ANY]]).after("SHOW(pcall(coroutine.status, a1))"),
    function("coroutine.create", &[&[CALLABLE, ANY]]),
    function("coroutine.isyieldable", &[&[THREADS, ANY]]),
    function("coroutine.resume", &[&[THREADS, ANY], &[ANY], &[ANY]]).after(
        "SHOW(pcall(coroutine.status, a1)) SHOW(pcall(coroutine.resume, \
            a1, a2))",
    ),
    function("coroutine.running", &[&[ANY]]).around("select"),
    function("coroutine.running", &[]),
    function("coroutine.status", &[&[THREADS, ANY]]),
    function("coroutine.wrap", &[&[CALLABLE, ANY]]),
    function("WRAPPED", &[&[CALLABLE, ANY], &[ANY], &[ANY]]).before(
        "local function WRAPPED(f, ...) local w = coroutine.wrap(f) \
            return w(...), pcall(w, ...) end",
    ),
    function("coroutine.yield", &[&[ANY]]),
];
