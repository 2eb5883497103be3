//! The library `math`.

use crate::pools::{ANY, FRACTIONS, INTEGERS, NOT_NUMBERS, NUMBERS};
use crate::signature::{Signature, function};

/// Calls with a seed before each, since the first seed is another one each time.
const SEEDED: &str = "math.randomseed(42)";

pub(super) const FUNCTIONS: &[Signature] = &[
    function("math.abs", &[&[NUMBERS, ANY]]),
    function("math.acos", &[&[NUMBERS, ANY]]),
    function("math.asin", &[&[NUMBERS, ANY]]),
    function("math.atan", &[&[NUMBERS, ANY], &[NUMBERS, ANY]]),
    function("math.ceil", &[&[NUMBERS, ANY]]),
    function("math.cos", &[&[NUMBERS, ANY]]),
    function("math.deg", &[&[NUMBERS, ANY]]),
    function("math.exp", &[&[NUMBERS, ANY]]),
    function("math.floor", &[&[NUMBERS, ANY]]),
    function("math.fmod", &[&[NUMBERS, ANY], &[NUMBERS, ANY]]),
    function("math.frexp", &[&[NUMBERS, ANY]]),
    function("math.ldexp", &[&[NUMBERS, ANY], &[INTEGERS, FRACTIONS, ANY]]),
    function(
        "math.log",
        &[&[NUMBERS, ANY], &[&["2", "10", "3", "0", "1", "-1", "2.0"], NUMBERS, ANY]],
    ),
    function("math.max", &[&[NUMBERS, ANY], &[NUMBERS, ANY], &[NUMBERS]]),
    function("math.min", &[&[NUMBERS, ANY], &[NUMBERS, ANY], &[NUMBERS]]),
    function("math.modf", &[&[NUMBERS, ANY]]),
    function("math.rad", &[&[NUMBERS, ANY]]),
    function(
        "math.random",
        &[&[INTEGERS, NUMBERS, NOT_NUMBERS], &[INTEGERS, NUMBERS, NOT_NUMBERS]],
    )
    .before(SEEDED),
    function("math.randomseed", &[&[NUMBERS, ANY], &[INTEGERS, FRACTIONS, NOT_NUMBERS]])
        .at_least(1)
        .before(SEEDED)
        .after("SHOW(math.random(0), math.random(), math.random(1000))"),
    function("math.sin", &[&[NUMBERS, ANY]]),
    function("math.sqrt", &[&[NUMBERS, ANY]]),
    function("math.tan", &[&[NUMBERS, ANY]]),
    function("math.tointeger", &[&[NUMBERS, ANY]]),
    function("math.type", &[&[NUMBERS, ANY]]),
    function("math.ult", &[&[INTEGERS, FRACTIONS, ANY], &[INTEGERS, FRACTIONS, ANY]]),
    function("math.pi", &[&[ANY]]),
];
