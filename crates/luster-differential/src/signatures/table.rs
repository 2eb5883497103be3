//! The library `table`.

use crate::pools::{ANY, FRACTIONS, HUGE, INTEGERS, NOT_NUMBERS, SMALL, STRINGS, TABLES};
use crate::signature::{Pool, Signature, function};

const COMPARATORS: Pool = &[
    "function(a, b) return a < b end",
    "nil",
    "function(a, b) return a > b end",
    "function() return true end",
    "function() return false end",
    "function() error('less') end",
    "function(a, b) return tostring(a) < tostring(b) end",
    "math.ult",
    "rawequal",
    "V.callable()",
    "type",
];
/// Tables that are long enough for a quicksort to go its ways, and short enough for the reference
/// not to choose its pivots by the clock.
const LONG_TABLES: Pool = &[
    "(function() local t = {} for i = 1, 50 do t[i] = i * 37 % 50 end \
        return t end)()",
    "(function() local t = {} for i = 1, 90 do t[i] = -i end return t \
        end)()",
    "(function() local t = {} for i = 1, 80 do t[i] = i % 3 end \
        return t end)()",
    "{ 3, 1, '2' }",
    "{ 5, 3, 0/0, 1 }",
    "{ 'b', 'a', 'B', '' }",
    "{ 1.5, 1, 2, -0.0, 0 }",
    "{ 1, {}, 2 }",
    "V.proxy(5, 3, 9, 1)",
    "{ V.operators(), V.operators(), V.operators() }",
    "{ V.failing(), V.failing() }",
    "V.length(3)",
    "V.length(1 << 40)",
    "V.length(math.maxinteger)",
    "V.length(-5)",
    "{ true, false }",
];
/// Ends of ranges: anything out of reach of a table's elements fails at once.
const ENDS: Pool = &["3", "1", "2", "0", "-1", "4", "6", "'2'", "2.0", "nil"];
const WRONG: Pool = &["{}", "'x'", "true", "2.5", "math.huge", "0/0", "V.named()", "type"];
const EDGES: Pool =
    &["math.maxinteger", "math.maxinteger - 1", "math.mininteger", "math.mininteger + 1"];

/// A list that could not be sorted is left as it was; in the reference it is as far as it came.
const UNLESS_FAILED: &str = "if SUCCESS then SHOW(a1) end";

pub(super) const FUNCTIONS: &[Signature] = &[
    function(
        "table.concat",
        &[
            &[TABLES, &["{ 1, 2.5, 'x' }"], NOT_NUMBERS],
            &[STRINGS, NOT_NUMBERS],
            &[ENDS, WRONG],
            &[ENDS, WRONG],
        ],
    ),
    function(
        "table.concat",
        &[
            &[&["{ [math.maxinteger] = 'end', [math.mininteger] = 'first' }"]],
            &[&["'-'"]],
            &[EDGES],
            &[EDGES],
        ],
    ),
    function(
        "table.create",
        &[&[SMALL, HUGE, FRACTIONS, NOT_NUMBERS], &[SMALL, HUGE, FRACTIONS, NOT_NUMBERS]],
    ),
    function("table.insert", &[&[TABLES, ANY], &[INTEGERS, FRACTIONS, ANY], &[ANY]])
        .after("SHOW(a1)"),
    function("table.insert", &[&[TABLES], &[ANY]]).exact().after("SHOW(a1)"),
    function(
        "table.move",
        &[&[TABLES, ANY], &[ENDS, WRONG], &[ENDS, WRONG], &[ENDS, WRONG, EDGES], &[TABLES, ANY]],
    )
    .after("SHOW(a1) SHOW(a5)"),
    function(
        "table.move",
        &[
            &[&["{ 1, 2, 3, [math.maxinteger] = 'end', [math.mininteger] = 'first' }"]],
            &[EDGES],
            &[EDGES],
            &[EDGES],
        ],
    )
    .after("SHOW(a1)")
    .before(
        "if a3 and a3 - a2 > 0 and a3 - a2 > 1e6 or a3 and a3 - a2 < 0 \
            then a3 = a2 end",
    ),
    function("table.pack", &[&[ANY], &[ANY], &[ANY]]),
    function("table.remove", &[&[TABLES, ANY], &[INTEGERS, FRACTIONS, ANY]]).after("SHOW(a1)"),
    function("table.sort", &[&[TABLES, LONG_TABLES, ANY], &[COMPARATORS, NOT_NUMBERS]])
        .after(UNLESS_FAILED),
    function("table.sort", &[&[LONG_TABLES], &[COMPARATORS]]).after(UNLESS_FAILED),
    function(
        "table.unpack",
        &[&[TABLES, ANY], &[INTEGERS, FRACTIONS, NOT_NUMBERS], &[ENDS, WRONG, EDGES]],
    ),
    function("table.unpack", &[&[TABLES], &[ENDS, EDGES], &[ENDS, EDGES]]),
    function("next", &[&[TABLES], &[SMALL]]),
];
