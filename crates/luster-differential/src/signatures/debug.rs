//! The library `debug`.

use crate::pools::{ANY, FRACTIONS, FUNCTIONS as CALLABLE, HUGE, NOT_NUMBERS, STRINGS, THREADS};
use crate::signature::{Pool, Signature, function};

const LEVELS: Pool = &["0", "1", "2", "3", "100", "-1", "'1'", "1.0", "1 << 31", "1 << 32"];
const SUBJECTS: Pool =
    &["1", "0", "2", "FUNCTION", "type", "100", "-1", "coroutine.running()", "V.suspended()"];
const WHATS: Pool = &[
    "'n'",
    "'S'",
    "'l'",
    "'u'",
    "'t'",
    "'f'",
    "'L'",
    "'r'",
    "'nSlutfrL'",
    "''",
    "'x'",
    "'>S'",
    "'S>'",
    "'nx'",
];
const PLACES: Pool = &["1", "2", "3", "4", "0", "-1", "-2", "-3", "100", "'1'", "2.0", "1 << 32"];
const CLOSURES: Pool = &["FUNCTION", "OTHER", "type", "load('return x')", "load('return 1')"];
const METATABLES: Pool = &["{}", "nil", "{ __metatable = 1 }", "{ __index = { x = 1 } }"];

const SETTING: &str = "local one, two, three = 1, 2, 3 \
    local function FUNCTION(a, b, ...) local c <const> = 5; return one, two, a, b, c, ... end \
    local function OTHER() return three end";

pub(super) const FUNCTIONS: &[Signature] = &[
    function("debug.gethook", &[&[THREADS, ANY]]),
    function("debug.getinfo", &[&[SUBJECTS, LEVELS, ANY], &[WHATS, ANY]]).before(SETTING),
    function("debug.getinfo", &[&[THREADS], &[LEVELS, ANY], &[WHATS, ANY]]).before(SETTING),
    function("debug.getlocal", &[&[SUBJECTS, ANY], &[PLACES, FRACTIONS, NOT_NUMBERS, HUGE]])
        .before(SETTING),
    function("debug.getlocal", &[&[THREADS], &[LEVELS, FRACTIONS], &[PLACES, NOT_NUMBERS]])
        .before(SETTING),
    function("debug.getmetatable", &[&[ANY]]).around("type"),
    function("debug.getregistry", &[&[ANY]]).around("type"),
    function("debug.getupvalue", &[&[CLOSURES, ANY], &[PLACES, FRACTIONS, NOT_NUMBERS, HUGE]])
        .before(SETTING),
    function("debug.getuservalue", &[&[ANY], &[PLACES, FRACTIONS, NOT_NUMBERS, HUGE]]),
    function(
        "debug.sethook",
        &[
            &[&["nil", "function() end"], ANY],
            &[&["''", "'x'"], ANY],
            &[&["0", "1000000000"], FRACTIONS, NOT_NUMBERS],
        ],
    )
    .after("SHOW(debug.gethook()) debug.sethook()"),
    function(
        "debug.setlocal",
        &[&[LEVELS, FRACTIONS, NOT_NUMBERS], &[PLACES, NOT_NUMBERS], &[ANY]],
    )
    .before("local one, two = 1, 2")
    .after("SHOW(one, two)"),
    function("debug.setlocal", &[&[THREADS], &[LEVELS, FRACTIONS], &[PLACES, NOT_NUMBERS], &[ANY]]),
    function("debug.setmetatable", &[&[ANY], &[METATABLES, ANY]])
        .around("type")
        .after("SHOW(debug.getmetatable(a1) == a2)"),
    function(
        "debug.setupvalue",
        &[&[CLOSURES, ANY], &[PLACES, FRACTIONS, NOT_NUMBERS, HUGE], &[ANY]],
    )
    .before(SETTING)
    .after("SHOW(one, two, three)"),
    function("debug.setuservalue", &[&[ANY], &[ANY], &[PLACES, FRACTIONS, NOT_NUMBERS, HUGE]]),
    function("debug.traceback", &[&[STRINGS, ANY], &[LEVELS, FRACTIONS, NOT_NUMBERS]]),
    function("debug.traceback", &[&[THREADS], &[STRINGS, ANY], &[LEVELS, FRACTIONS, NOT_NUMBERS]]),
    function(
        "debug.upvalueid",
        &[&[CLOSURES, CALLABLE, ANY], &[PLACES, FRACTIONS, NOT_NUMBERS, HUGE]],
    )
    .before(SETTING)
    .around("type"),
    function(
        "debug.upvaluejoin",
        &[
            &[CLOSURES, ANY],
            &[PLACES, NOT_NUMBERS],
            &[CLOSURES, ANY],
            &[PLACES, FRACTIONS, NOT_NUMBERS, HUGE],
        ],
    )
    .before(SETTING)
    .after("SHOW(pcall(FUNCTION, 7)) SHOW(pcall(OTHER))"),
];
