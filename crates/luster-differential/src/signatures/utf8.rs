//! The library `utf8`.

use crate::pools::{ANY, FRACTIONS, INTEGERS, NOT_NUMBERS};
use crate::signature::{Pool, Signature, function};

const TEXTS: Pool = &[
    "'häß€𝄞'",
    "''",
    "'abc'",
    "'\\xff'",
    "'a\\x80'",
    "'\\xe2\\x82'",
    "'\\xf4\\x90\\x80\\x80'",
    "'\\u{7FFFFFFF}x'",
    "'\\u{D800}'",
    "'\\xc0\\x80'",
    "'\\xe0\\x80\\x80'",
    "'\\0é\\0'",
    "'é\\xffé'",
    "'\\u{10FFFF}'",
    "'\\xfe\\x83'",
    "12",
    "'\\u{110000}'",
];
const FLAGS: Pool = &["nil", "true", "false", "1"];
const CODES: Pool = &[
    "65",
    "0",
    "0x7f",
    "0x80",
    "0x7ff",
    "0x800",
    "0xffff",
    "0x10000",
    "0x10ffff",
    "0x110000",
    "0x7fffffff",
    "0x80000000",
    "-1",
    "0xd800",
    "'65'",
    "65.0",
];

pub(super) const FUNCTIONS: &[Signature] = &[
    function("utf8.char", &[&[CODES, FRACTIONS, ANY], &[CODES, ANY], &[CODES]]),
    function(
        "utf8.codepoint",
        &[
            &[TEXTS, ANY],
            &[INTEGERS, FRACTIONS, NOT_NUMBERS],
            &[INTEGERS, FRACTIONS, NOT_NUMBERS],
            &[FLAGS],
        ],
    ),
    function(
        "utf8.codepoint",
        &[&[TEXTS], &[&["1", "2", "3"]], &[&["-1", "1", "2", "3", "4"]], &[FLAGS]],
    ),
    function("utf8.codes", &[&[TEXTS, ANY], &[FLAGS]]),
    function("CODES", &[&[TEXTS], &[FLAGS]]).before(
        "local function CODES(...) for p, c in utf8.codes(...) do SHOW(p, \
            c) end end",
    ),
    function("STEP", &[&[TEXTS, ANY], &[INTEGERS, FRACTIONS, NOT_NUMBERS], &[FLAGS]]).before(
        "local function STEP(s, i, lax) return (utf8.codes('', lax))(s, \
            i) end",
    ),
    function(
        "utf8.len",
        &[
            &[TEXTS, ANY],
            &[INTEGERS, FRACTIONS, NOT_NUMBERS],
            &[INTEGERS, FRACTIONS, NOT_NUMBERS],
            &[FLAGS],
        ],
    ),
    function(
        "utf8.len",
        &[&[TEXTS], &[&["1", "2", "3", "4"]], &[&["-1", "-2", "1", "2", "3"]], &[FLAGS]],
    ),
    function(
        "utf8.offset",
        &[&[TEXTS, ANY], &[INTEGERS, FRACTIONS, NOT_NUMBERS], &[INTEGERS, FRACTIONS, NOT_NUMBERS]],
    ),
    function(
        "utf8.offset",
        &[&[TEXTS], &[&["1", "0", "-1", "2", "3", "-2"]], &[&["1", "2", "3", "4", "5", "6"]]],
    ),
    function("string.gsub", &[&[TEXTS], &[&["utf8.charpattern"]], &[&["'<%0>'"]]]),
];
