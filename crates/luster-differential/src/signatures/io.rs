//! The library `io` and the methods of files.

use crate::pools::{ANY, FRACTIONS, INTEGERS, NOT_NUMBERS, STRINGS};
use crate::signature::{Pool, Signature, function};

const PATHS: Pool = &[
    "DIR .. '/text'",
    "DIR .. '/numbers'",
    "DIR .. '/missing'",
    "DIR",
    "DIR .. '/no/file'",
    "''",
    "DIR .. '/good.lua'",
    "DIR .. '/text\\0b'",
];
/// What is no text. The standard output is not among it: it would be written to.
const NOT_TEXT: Pool = &["nil", "true", "{}", "type", "V.named()", "V.textual()"];
const WRITTEN: Pool = &["DIR .. '/written'", "DIR", "DIR .. '/no/file'", "''"];
const MODES: Pool = &[
    "'r'", "'w'", "'a'", "'r+'", "'w+'", "'a+'", "'rb'", "'r+b'", "'rb+'", "''", "'rw'", "'x'",
    "'rbb'", "'+r'", "'R'", "'r\\0'", "nil", "5", "{}",
];
const READ_MODES: Pool = &["'r'", "'rb'", "'r+'", "'rw'", "''", "nil"];
const FORMATS: Pool = &[
    "'l'", "'n'", "'a'", "'L'", "0", "1", "5", "1000", "'*l'", "'*n'", "'*a'", "'*L'", "'x'", "''",
    "'*'", "'**l'", "'line'", "'number'", "'10'", "3.0",
];
const BAD_FORMATS: Pool =
    &["-1", "2.5", "{}", "true", "nil", "V.named()", "type", "math.mininteger"];
const WHENCES: Pool = &["'set'", "'cur'", "'end'", "''", "'SET'", "nil", "5", "{}"];
const BUFFERINGS: Pool = &["'no'", "'full'", "'line'", "''", "'none'", "nil", "5", "{}"];
const FILES: Pool = &["V.file()", "V.file('r+')", "V.closed()"];

const READ: &str = "local f = V.file()";
const WRITE: &str = "local f = V.file('w+')";
const READ_ON: &str = "SHOW(f:read('a')) f:close()";
const READ_BACK: &str = "SHOW(f:seek()) f:seek('set') SHOW(f:read('a')) f:close()";

pub(super) const FUNCTIONS: &[Signature] = &[
    function("io.open", &[&[PATHS, NOT_TEXT], &[READ_MODES, MODES]]),
    function("io.open", &[&[WRITTEN], &[MODES]]),
    function("io.close", &[&[FILES, &["nil", "5", "{}", "V.named()"]]]),
    function("io.type", &[&[FILES, ANY]]),
    function("io.lines", &[&[PATHS, NOT_TEXT], &[FORMATS, BAD_FORMATS], &[FORMATS]]),
    function("LINES", &[&[PATHS], &[FORMATS, BAD_FORMATS], &[FORMATS]]).before(
        "local function LINES(...) local n = 0 for a, b, c in \
            io.lines(...) do SHOW(a, b, c) n = n + 1 if n > 9 then return \
            'more' end end end",
    ),
    function("io.input", &[&[PATHS, FILES, &["{}", "true"]]]).around("io.type"),
    function("io.output", &[&[WRITTEN, FILES, &["{}", "true"]]]).around("io.type"),
    function("io.read", &[&[FORMATS, BAD_FORMATS], &[FORMATS, BAD_FORMATS], &[FORMATS]])
        .before("io.input(DIR .. '/text')"),
    function(
        "io.read",
        &[
            &[&["'n'"], FORMATS],
            &[&["'n'"], FORMATS],
            &[&["'n'"], FORMATS],
            &[&["'n'"], FORMATS],
            &[&["'n'"], FORMATS],
            &[&["'n'"], FORMATS],
            &[&["'n'"], FORMATS],
        ],
    )
    .before("io.input(DIR .. '/numbers')"),
    function("io.write", &[&[STRINGS, INTEGERS, FRACTIONS, NOT_TEXT], &[STRINGS, NOT_TEXT]])
        .before("io.output(DIR .. '/written')")
        .after("io.output():close() SHOW(io.open(DIR .. '/written'):read('a'))"),
    function("io.popen", &[&[&["nil", "{}", "true"]], &[&["'r'", "'x'"]]]),
    function("io.popen", &[&[&["'true'"]], &[&["'rw'", "'x'", "''", "{}", "'r+'", "'rb'"]]]),
    function("io.tmpfile", &[&[ANY]]),
    function("f:read", &[&[FORMATS, BAD_FORMATS], &[FORMATS, BAD_FORMATS], &[FORMATS]])
        .before(READ)
        .after(READ_ON),
    function("f:read", &[&[FORMATS, BAD_FORMATS]]).before(WRITE),
    function("f:read", &[&[FORMATS, BAD_FORMATS]]).before("local f = V.closed()"),
    function("f:read", &[&[FORMATS, BAD_FORMATS]]).before("local f = V.file('w')"),
    function("f:lines", &[&[FORMATS, BAD_FORMATS], &[FORMATS]]).before(READ),
    function("LINES", &[&[FORMATS, BAD_FORMATS], &[FORMATS]]).before(
        "local f = V.file() local function LINES(...) local n = 0 for a, \
            b, c in f:lines(...) do SHOW(a, b, c) n = n + 1 if n > 9 then \
            return 'more' end end return io.type(f) end",
    ),
    function("f:write", &[&[STRINGS, INTEGERS, FRACTIONS, NOT_TEXT], &[STRINGS, NOT_TEXT]])
        .before(WRITE)
        .around("io.type")
        .after(READ_BACK),
    function("f:write", &[&[STRINGS, NOT_TEXT], &[STRINGS]]).before(READ),
    function("f:seek", &[&[WHENCES], &[INTEGERS, FRACTIONS, NOT_NUMBERS]])
        .before(READ)
        .after(READ_ON),
    function("f:seek", &[&[WHENCES], &[INTEGERS, FRACTIONS, NOT_NUMBERS]])
        .before("local f = V.closed()"),
    function("f:setvbuf", &[&[BUFFERINGS], &[&["1024", "0", "1", "'16'"], FRACTIONS, NOT_NUMBERS]])
        .before(WRITE)
        .after(READ_BACK),
    function("f:flush", &[&[ANY]]).before(WRITE).around("io.type"),
    function("f:flush", &[&[ANY]]).before("local f = V.closed()"),
    function("f:close", &[&[ANY]]).before(READ).after("SHOW(f)"),
    function("f:close", &[&[ANY]]).before("local f = V.closed()"),
    function("f:__tostring", &[&[ANY]]).before("local f = V.closed()"),
    function("f:missing", &[&[ANY]]).before(READ),
    function("FILE.read", &[&[FILES, ANY], &[FORMATS]])
        .before("local FILE = getmetatable(io.stdout).__index"),
    // Not of the standard output, which may be a file that somebody wants to read.
    function("FILE.seek", &[&[&["V.file()", "V.closed()", "nil", "1", "{}", "type"]], &[WHENCES]])
        .before("local FILE = getmetatable(io.stdout).__index"),
    function("FILE.write", &[&[&["V.file('w')", "V.closed()"], NOT_TEXT], &[STRINGS]])
        .before("local FILE = getmetatable(io.stdout).__index")
        .around("io.type"),
    function("FILE.close", &[&[&["V.file()", "V.closed()"], NOT_TEXT]])
        .before("local FILE = getmetatable(io.stdout).__index"),
    function("FILE.lines", &[&[&["V.file()", "V.closed()"], NOT_TEXT]])
        .before("local FILE = getmetatable(io.stdout).__index"),
    function("META.__tostring", &[&[&["V.file()", "V.closed()"], NOT_TEXT]])
        .before("local META = getmetatable(io.stdout)")
        .around("type"),
    function("META.__gc", &[&[&["V.file()", "V.closed()"], NOT_TEXT]])
        .before("local META = getmetatable(io.stdout)"),
    function("META.__close", &[&[&["V.file()", "V.closed()"], NOT_TEXT]])
        .before("local META = getmetatable(io.stdout)"),
];
