//! The basic functions.

use crate::pools::{
    ANY, FRACTIONS, FUNCTIONS as CALLABLE, HUGE, INTEGERS, NOT_NUMBERS, NUMBERS, STRINGS, TABLES,
};
use crate::signature::{Pool, Signature, function};

const OPTIONS: Pool = &[
    "'isrunning'",
    "'stop'",
    "'restart'",
    "'collect'",
    "'incremental'",
    "'generational'",
    "'cou'",
    "''",
    "'setpause'",
    "'param'",
];
const PARAMETERS: Pool = &[
    "'pause'",
    "'stepmul'",
    "'stepsize'",
    "'minormul'",
    "'majorminor'",
    "'minormajor'",
    "''",
    "'pausex'",
];
const PARAMETER_VALUES: Pool = &[
    "100", "-1", "-2", "0", "200", "1000", "10000", "100000", "'50'", "1e3", "12.0", "1234", "127",
];
const METATABLES: Pool = &[
    "{}",
    "nil",
    "{ __metatable = 1 }",
    "{ __name = 'Name' }",
    "{ __index = { x = 1 } }",
    "{ __tostring = function() return 'text' end }",
];
const NUMERALS: Pool = &[
    "'10'",
    "'0x1F'",
    "'  -0x1p4  '",
    "'1e5'",
    "'1e'",
    "'0x'",
    "'.5'",
    "'5.'",
    "'.'",
    "'1 1'",
    "'inf'",
    "'nan'",
    "'0x.8p1'",
    "'zz'",
    "'ZZ'",
    "'7fffffffffffffff'",
    "'8000000000000000'",
    "'-ff'",
    "'- 1'",
    "'1\\0'",
    "'9223372036854775807'",
    "'9223372036854775808'",
    "'-9223372036854775808'",
    "'0xfffffffffffffffff'",
    "'1_000'",
    "'\\t\\n\\v\\f\\r7\\r'",
    "'+5'",
    "'--5'",
    "'0b1'",
    "'1e400'",
    "'-1e400'",
    "'1e-400'",
    "'0x1p99999'",
    "'0x1.8'",
    "'1010'",
    "'12'",
    "'099'",
];
const BASES: Pool = &[
    "10",
    "2",
    "16",
    "36",
    "8",
    "37",
    "1",
    "0",
    "-1",
    "'16'",
    "16.0",
    "nil",
    "36.5",
    "3",
    "math.maxinteger",
];
const CHUNKS: Pool = &[
    "'return 1, ...'",
    "''",
    "'return'",
    "'return return'",
    "'x ='",
    "'\\27Lua'",
    "'\\27'",
    "'# first line\\nreturn 5'",
    "'local x <const> = 1; x = 2'",
    "'goto done'",
    "'break'",
    "\"return 'abc\"",
    "'return [[abc'",
    "'return 0x'",
    "\"return 'a\\\\q'\"",
    "\"return '\\\\u{110000000}'\"",
    "'for i = 1 do end'",
    "'::a:: ::a::'",
    "'local function f() return ... end'",
    "\"error('e')\"",
    "'return a.b.c'",
    "'--[[ unfinished'",
    "'x = }'",
    "'a.b:c = 1'",
    "'f() = 1'",
    "'local a <foo> = 1'",
    "'return 1 .. 2'",
    "'return _ENV'",
    "(function() local n = 0 return function() n = n + 1 return ({ \
        'return ', '1', '+2' })[n] end end)()",
    "(function() local n = 0 return function() n = n + 1 if n < 4 \
        then return n end end end)()",
    "function() return {} end",
    "function() error('reader') end",
    "function() return nil end",
    "function() return '' end",
];
const CHUNK_NAMES: Pool = &[
    "'=name'",
    "'@file.lua'",
    "'text'",
    "''",
    "'='",
    "'@'",
    "'line one\\nline two'",
    "'=' .. V.long",
    "'@' .. V.long",
    "V.long",
    "'=a\\0b'",
];
const MODES: Pool = &["'t'", "'b'", "'bt'", "''", "'x'", "'T'", "nil"];
const ENVIRONMENTS: Pool = &["{}", "nil", "5", "{ a = { b = { c = 1 } } }", "V.failing()"];
const FILES: Pool = &[
    "DIR .. '/good.lua'",
    "DIR .. '/fails.lua'",
    "DIR .. '/wrong.lua'",
    "DIR .. '/missing.lua'",
    "DIR",
    "DIR .. '/text'",
    "''",
    "'a\\0b'",
];
const LEVELS: Pool = &["0", "1", "2", "3", "100", "-1", "'1'", "1.0"];
const MODULES: Pool = &[
    "'string'",
    "'_G'",
    "'missing'",
    "'good'",
    "'fails'",
    "'wrong'",
    "'a.b'",
    "''",
    "'text'",
    "'good-v1'",
];

pub(super) const FUNCTIONS: &[Signature] = &[
    function("assert", &[&[ANY], &[ANY], &[STRINGS]]),
    function(
        "collectgarbage",
        &[
            &[OPTIONS, ANY],
            &[PARAMETERS, &["nil"]],
            &[PARAMETER_VALUES, FRACTIONS, NOT_NUMBERS, HUGE],
        ],
    ),
    function(
        "collectgarbage",
        &[&[&["'param'"]], &[PARAMETERS, ANY], &[PARAMETER_VALUES, &["-1"]], &[&["nil"]]],
    )
    .after("SHOW(collectgarbage('param', a2))"),
    function("dofile", &[&[FILES, &["5", "{}", "true", "V.named()"]]]).at_least(1),
    function("error", &[&[ANY], &[LEVELS, FRACTIONS, NOT_NUMBERS, HUGE]]),
    function("getmetatable", &[&[ANY]]).around("type"),
    function("getmetatable", &[&[&["V.protected()", "{}", "nil", "1", "true", "type"]]]),
    function("ipairs", &[&[TABLES, ANY]]),
    function(
        "load",
        &[&[CHUNKS, ANY], &[CHUNK_NAMES, ANY], &[MODES, NOT_NUMBERS], &[ENVIRONMENTS]],
    ),
    function("LOAD", &[&[CHUNKS], &[CHUNK_NAMES], &[MODES], &[ENVIRONMENTS]]).before(
        "local function LOAD(...) local f, m = load(...) if f then return \
            pcall(f, 7, 8) end return f, m end",
    ),
    function(
        "loadfile",
        &[&[FILES, &["5", "{}", "true", "V.named()"]], &[MODES, NOT_NUMBERS], &[ENVIRONMENTS]],
    )
    .at_least(1),
    function("next", &[&[TABLES, ANY], &[ANY]]).exact(),
    function("pairs", &[&[TABLES, ANY]]),
    function("pcall", &[&[CALLABLE, ANY], &[ANY], &[ANY]]),
    function("pcall", &[&[&["print"]], &[&["V.textless()", "V.failing()"]], &[ANY]])
        .at_least(2)
        .exact(),
    function("rawequal", &[&[ANY], &[ANY]]),
    function("rawget", &[&[TABLES, ANY], &[ANY]]),
    function("rawlen", &[&[TABLES, STRINGS, ANY]]),
    function("rawset", &[&[TABLES, ANY], &[ANY], &[ANY]]).after("SHOW(a1)"),
    function("require", &[&[MODULES, &["5", "{}", "nil", "V.named()"]], &[ANY]]),
    function(
        "select",
        &[&[INTEGERS, &["'#'", "'#1'", "'##'"], FRACTIONS, ANY], &[ANY], &[ANY], &[ANY]],
    ),
    function("setmetatable", &[&[&["{}", "{ 1 }"], ANY], &[METATABLES, ANY]])
        .after("SHOW(type(a1), getmetatable(a1) == a2)"),
    function("tonumber", &[&[NUMERALS, NUMBERS, ANY], &[BASES, ANY]]),
    function("tonumber", &[&[NUMERALS, NUMBERS, STRINGS, ANY]]),
    function("tostring", &[&[NUMBERS, STRINGS, ANY]]),
    function("type", &[&[ANY]]),
    function("warn", &[&[&["'@unknown'", "'@off'", "5"], NOT_NUMBERS], &[NOT_NUMBERS]]),
    function("xpcall", &[&[CALLABLE, ANY], &[CALLABLE, ANY], &[ANY], &[ANY]]),
];
