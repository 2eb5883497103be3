//! Files, their names and what the system does for a script: work that no instruction shows.

use super::Topic;

/// What is done again and again, with a long string `S`, many formats `many(format)` and a file `f`.
const AGAIN: &[(&str, &str)] = &[
    ("renaming by long names", "os.rename(S, S)"),
    ("removing by a long name", "os.remove(S)"),
    ("a variable of a long name", "os.getenv(S)"),
    ("a long locale", "os.setlocale(S)"),
    ("opening by a long name", "io.open(S)"),
    ("a long mode", "pcall(io.open, 'x', S)"),
    ("a long mode of a command", "pcall(io.popen, 'true', S)"),
    ("lines of a long name", "pcall(io.lines, S)"),
    ("the input of a long name", "pcall(io.input, S)"),
    ("a long command", "os.execute(S)"),
    ("loadfile of a long name", "loadfile(S)"),
    ("dofile of a long name", "pcall(dofile, S)"),
    ("require of a long name", "pcall(require, S)"),
    ("searchers of a long name", "for i = 1, 4 do package.searchers[i](S) end"),
    ("searchpath of long texts", "package.searchpath(S, S, S, S)"),
    ("searchpath with a long replacement", "package.searchpath('a.b', '?', '.', S)"),
    ("searchpath with a long separator", "package.searchpath(D, '?', D:sub(1, 2 << 20), '//')"),
    ("warnings of long pieces", "warn(S, 'y')"),
    ("warnings of many pieces", "warn(many('y'))"),
    ("warnings of many numbers", "warn(many(1))"),
    ("names of new files", "os.remove(os.tmpname())"),
    ("files that are not there", "os.remove('/nonexistent') os.rename('/nonexistent', '/none')"),
    ("clocks", "os.clock() os.time()"),
    ("reading numbers", "f:seek('set') f:read(many('n'))"),
    ("reading lines", "f:seek('set') f:read(many('l'))"),
    ("reading nothing", "f:seek('set') f:read(many(0))"),
    ("reading bytes", "f:seek('set') f:read(many(1))"),
    ("reading all there is", "f:seek('set') f:read(many('a'))"),
    ("lines by many formats", "f:seek('set') for l in f:lines(many('l', 250)) do end"),
    ("reading and writing in turns", "f:seek('set') f:read(1) f:write('y') f:seek('cur', 0)"),
    ("seeking and reading", "f:seek('set') f:read(1)"),
    ("flushing", "f:seek('set') f:write('x') f:flush()"),
    ("writing without a buffer", "f:setvbuf('no') f:seek('set') f:write(many('x'))"),
    ("writing lines", "f:setvbuf('line') f:seek('set') f:write(many('\\n'))"),
    ("writing fractions", "f:seek('set') f:write(many(1 / 3))"),
    ("printing fractions", "print(many(1 / 3))"),
    ("devices", "local d <close> = io.open('/dev/urandom') d:read(1 << 20)"),
];

/// Writes a file of that content and has it loaded, again and again.
fn loads(content: &str, load: &str) -> String {
    format!(
        "local name = os.tmpname() local f = io.open(name, 'w') f:write({content}) f:close() \
        package.path = name for i = 1, 3 do {load} end os.remove(name)"
    )
}

pub(super) fn add(topic: &mut Topic) {
    for (name, statement) in AGAIN {
        let source = format!(
            "local S, D = ('x'):rep(8 << 20), ('.'):rep(4 << 20) \
            local f = io.tmpfile() for i = 1, 2000 do f:write('2.', ('1'):rep(150), 'e-324\\n') end \
            local function many(format, n) local t = {{}} for i = 1, n or 5000 do t[i] = format end \
            return table.unpack(t) end while true do {statement} end"
        );
        topic.endless(*name, source).memory = 64 << 20;
    }
    for load in ["loadfile(name)", "dofile(name)", "require('x' .. i)", "io.open(name):close()"] {
        let name = format!("1 MB of statements and {load}");
        let case = topic.whatever(name, loads("('x=1 '):rep(1 << 18)", load));
        (case.memory, case.fuel) = (256 << 20, 20_000_000);
    }
    topic
        .whatever("a long first line", loads("'#', ('x'):rep(16 << 20)", "loadfile(name)"))
        .memory = 64 << 20;
    topic
        .whatever("a long dump", loads("string.dump(load(('x=1 '):rep(1 << 16)))", "dofile(name)"));
    topic
        .hungry(
            "iterators of many formats",
            "local t, F, f = {}, {}, io.tmpfile() for i = 1, 250 do F[i] = 'l' end \
        for i = 1, math.huge do t[i] = f:lines(table.unpack(F)) end",
        )
        .fuel = 20_000_000;
    topic
        .whatever(
            "many files that are flushed for a command",
            "local t, s = {}, ('x'):rep(30000) for i = 1, 200 do t[i] = io.tmpfile() end \
            for i = 1, 5 do for i = 1, #t do t[i]:write(s) end io.popen('true'):close() end",
        )
        .fuel = 20_000_000;
    topic.endless(
        "dumps that are refused",
        "local s, t = string.dump(load(('x = function() end '):rep(1000)), true), {} \
        while true do t[#t % 400 + 1] = load(s) end",
    );
}
