//! The library `package`; `require` is among the basic functions.

use crate::pools::{NOT_NUMBERS, STRINGS};
use crate::signature::{Pool, Signature, function};

const NAMES: Pool =
    &["'good'", "'missing'", "'a.b'", "'text'", "''", "'a/b'", "'a-b'", "'good\\0x'"];
const PATHS: Pool = &[
    "DIR .. '/?.lua'",
    "'?;?'",
    "''",
    "';;'",
    "'DIR/?.x;DIR/?/?'",
    "DIR .. '/?.none;' .. DIR .. '/?.lua'",
    "DIR .. '/good.lua'",
    "'?'",
];
const SEPARATORS: Pool = &["'.'", "''", "'-'", "'/'", "'oo'", "nil"];
const DIRECTORIES: Pool = &["'/'", "''", "'::'", "nil", "'%'"];

pub(super) const FUNCTIONS: &[Signature] = &[
    function(
        "package.searchpath",
        &[
            &[NAMES, NOT_NUMBERS],
            &[PATHS, NOT_NUMBERS],
            &[SEPARATORS, NOT_NUMBERS],
            &[DIRECTORIES, NOT_NUMBERS],
        ],
    ),
    function("package.searchers[1]", &[&[NAMES, NOT_NUMBERS], &[STRINGS]]),
    function("package.searchers[2]", &[&[NAMES, NOT_NUMBERS], &[STRINGS]]),
    function("require", &[&[NAMES, NOT_NUMBERS]])
        .before("package.path = nil")
        .after("package.path = DIR .. '/?.lua'"),
    function("require", &[&[NAMES]]).before("package.searchers = {}"),
    function("require", &[&[NAMES]]).before(
        "package.preload.good = function(...) SHOW(...) end \
            package.loaded.good = nil",
    ),
    function("require", &[&[NAMES]]).before(
        "package.preload.missing = function(...) return false end \
            package.loaded.missing = nil",
    ),
];
