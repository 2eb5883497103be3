//! The library `os`.

use crate::pools::{ANY, FRACTIONS, HUGE, NOT_NUMBERS, NUMBERS};
use crate::signature::{Pool, Signature, function};

const DATE_FORMATS: Pool = &[
    "'!%Y-%m-%d %H:%M:%S'",
    "'!*t'",
    "'*t'",
    "'!%c'",
    "'!%x %X %p'",
    "'!%A %a %B %b %d %e'",
    "'!%D %F %g %G %h %I %j'",
    "'!%M %n %R %r %S %t %T %u'",
    "'!%U %V %w %W %y %Y %C %%'",
    "'!%Ec %EC %Ex %EX %Ey %EY'",
    "'!%Od %Oe %OH %OI %Om %OM %OS %Ou %OU %OV %Ow %OW %Oy'",
    "'!%s'",
    "'!%z'",
    "'!%Z'",
    "'%c'",
    "'%H:%M'",
    "''",
    "'!'",
    "'%'",
    "'%E'",
    "'%O'",
    "'%Ez'",
    "'%Q'",
    "'!%k'",
    "'%5'",
    "'!*tx'",
    "'*'",
    "'a\\0b%Y'",
    "'!%d%'",
    "'%P'",
    "'%L'",
    "'%+'",
    "'%v'",
    "'!%Ed'",
    "'!%OY'",
];
const TIMES: Pool = &[
    "0",
    "1",
    "-1",
    "1e9",
    "1234567890",
    "951782400",
    "951868799",
    "4102444800",
    "-62135596800",
    "253402300799",
    "1 << 40",
    "1 << 55",
    "1 << 62",
    "1700000000.0",
    "'1000'",
];
const NOT_TIMES: Pool = &["true", "''", "'abc'", "'0x'", "{}", "type", "V.named()", "V.textual()"];
const TIME_TABLES: Pool = &[
    "{ year = 2020, month = 2, day = 29 }",
    "{ year = 2020, month = 14, day = -3, hour = 100, min = -5, sec = \
        1e3 }",
    "{ year = 1970, month = 1, day = 1, hour = 0 }",
    "{ year = 2020 }",
    "{ year = 2020, month = 1 }",
    "{ year = '2020', month = '02', day = ' 3 ' }",
    "{ year = 2020, month = 1.5, day = 1 }",
    "{ year = 'x', month = 1, day = 1 }",
    "{ year = 1 << 40, month = 1, day = 1 }",
    "{ year = 2020, month = 1 << 33, day = 1 }",
    "{ year = 2020, month = 1, day = 1, isdst = true }",
    "{ year = 2020, month = 1, day = 1, isdst = false }",
    "{ year = 2020, month = 1, day = 1, hour = {} }",
    "{ year = 2020, month = 1, day = 1, sec = math.maxinteger }",
    "{ year = math.mininteger, month = 1, day = 1 }",
    "{ year = (1 << 31) + 1899, month = 12, day = 31 }",
    "{ year = (1 << 31) + 1900, month = 1, day = 1 }",
    "{ year = -(1 << 31) + 1900, month = 1, day = 1 }",
    "{ year = 2020, month = (1 << 31), day = 1 }",
    "{ year = 2020, month = (1 << 31) + 1, day = 1 }",
    "{ year = 2020, month = 1, day = (1 << 31) - 1, min = (1 << 31) - 1 }",
    "setmetatable({}, { __index = { year = 2000, month = 1, day = 1 } })",
    "{ year = 0, month = 1, day = 1 }",
    "{ year = -5, month = 1, day = 1 }",
    "{ year = 99999, month = 1, day = 1 }",
    "{ day = 1, month = 1 }",
    "{ year = 2020, day = 1 }",
    "{ year = 1900, month = 2, day = 29, yday = 5, wday = 9 }",
    "os.date('*t', 1e9)",
    "os.date('!*t', 86400)",
    "{ year = 2020, month = 1, day = 1, sec = -1, min = 60, hour = 24 }",
    "{ year = 2020, month = 1, day = 1, hour = 2^40 }",
    "{ year = 2020, month = 1, day = 1, hour = 'a' }",
    "{ year = 2020, month = 1, day = 1, hour = 1e100 }",
    "{}",
];
const LOCALES: Pool = &["nil", "'C'", "'POSIX'", "'xx_YY'", "'C\\0'"];
const CATEGORIES: Pool = &[
    "'all'",
    "'collate'",
    "'ctype'",
    "'monetary'",
    "'numeric'",
    "'time'",
    "nil",
    "''",
    "'x'",
    "5",
    "{}",
];
const PATHS: Pool =
    &["DIR .. '/missing'", "DIR .. '/file'", "DIR .. '/no/file'", "''", "DIR .. '/text/x'"];
const NOT_PATHS: Pool = &["nil", "true", "{}", "type", "V.named()", "V.textual()", "io.stdout"];

pub(super) const FUNCTIONS: &[Signature] = &[
    function("os.clock", &[&[ANY]]).around("math.type"),
    function("os.date", &[&[DATE_FORMATS, ANY], &[TIMES, FRACTIONS, NOT_TIMES, HUGE]]).at_least(2),
    // The present time may be another one on the other engine.
    function("os.date", &[&[DATE_FORMATS], &[&["nil"]]]).around("type"),
    function("os.difftime", &[&[NUMBERS, ANY], &[NUMBERS, ANY]]),
    function("os.execute", &[&[&["'exit 3'", "'true'", "'false'", "'kill -9 $$'", "''"]]]),
    function("os.execute", &[&[&["nil", "{}", "true", "V.named()"]]]),
    function("os.exit", &[&[&["{}", "'x'", "type", "1.5", "V.named()"]], &[&["true"]]]).at_least(1),
    function("os.getenv", &[&[&["'LUSTER_DIFFERENTIAL_UNSET'", "''", "'a=b'", "5"], NOT_NUMBERS]]),
    function("os.remove", &[&[PATHS, NOT_PATHS]]).before("V.file():close()"),
    function("os.rename", &[&[PATHS, NOT_PATHS], &[PATHS, NOT_PATHS]]).before("V.file():close()"),
    function("os.setlocale", &[&[LOCALES], &[CATEGORIES]]).after("os.setlocale('C')"),
    function("os.setlocale", &[&[NOT_PATHS], &[&["'all'"]]]).after("os.setlocale('C')"),
    function("os.time", &[&[TIME_TABLES]]).at_least(1).after("SHOW(a1)"),
    function("os.time", &[&[&["nil"]]]).around("type"),
    function(
        "os.time",
        &[&[
            &["{ year = 2020, month = 2, day = 29 }"],
            &["true", "5", "'x'", "type", "V.named()", "V.failing()", "V.operators()"],
        ]],
    )
    .at_least(1),
    function("os.tmpname", &[&[ANY]])
        .around("REMOVE")
        .before("local function REMOVE(name) return type(name), os.remove(name) end"),
];
