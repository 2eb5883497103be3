//! Binary chunks: dumps that were cut off, changed, or made up. A damaged one is a Lua error or a
//! function that does anything at all, but nothing beyond the language.

use super::Topic;

/// A function with something of everything in it.
const SUBJECT: &str = "local up = 1 local function f(a, b, ...) local t = { a, b, x = 1.5, [\"long string that is not interned, being longer than forty bytes\"] = up } \
    for i = 1, 3 do t[i] = i * 2 // 3 % 5 & 7 end for k, v in pairs(t) do up = up + #tostring(k) end \
    local c <close> = setmetatable({}, { __close = function() up = 0 end }) goto on ::on:: \
    while a do a = a > 1 and a - 1 or nil end return f and t, select('#', ...), function() return up, t end end ";

pub(super) fn add(topic: &mut Topic) {
    // Each run changes other bytes: the seed is the case's.
    for (name, change) in [
        (
            "a byte",
            "local at = math.random(#d) c = d:sub(1, at - 1) .. string.char(math.random(0, 255)) .. d:sub(at + 1)",
        ),
        (
            "a bit",
            "local at = math.random(#d) c = d:sub(1, at - 1) .. string.char(d:byte(at) ~ (1 << math.random(0, 7))) .. d:sub(at + 1)",
        ),
        (
            "three bytes",
            "c = d for i = 1, 3 do local at = math.random(#d) c = c:sub(1, at - 1) .. string.char(math.random(0, 255)) .. c:sub(at + 1) end",
        ),
        ("the end", "c = d:sub(1, math.random(0, #d - 1))"),
        (
            "a piece",
            "local at = math.random(#d) c = d:sub(1, at) .. d:sub(at + math.random(1, 20))",
        ),
        (
            "a piece doubled",
            "local at = math.random(#d) c = d:sub(1, at) .. d:sub(math.max(1, at - math.random(1, 20)))",
        ),
        (
            "a great number",
            "local at = math.random(#d) c = d:sub(1, at) .. ('\\xFF'):rep(math.random(1, 9)) .. d:sub(at + 10)",
        ),
        ("zeros", "local at = math.random(#d) c = d:sub(1, at) .. ('\\0'):rep(8) .. d:sub(at + 9)"),
    ] {
        for strip in ["false", "true"] {
            topic.returns(format!("dumps with {name} changed, stripped: {strip}"), format!(
                "{SUBJECT} local d = string.dump(f, {strip}) local loaded = 0 for i = 1, 400 do local c {change} \
                local g = load(c, 'x', 'b') if g then loaded = loaded + 1 \
                local co = coroutine.create(g) debug.sethook(co, function() error('enough') end, '', 2000) \
                pcall(coroutine.resume, co, 3, {{}}, 1, 2) pcall(coroutine.close, co) end end \
                setmetatable(_G, nil) return 'survived'"), "survived").fuel = 50_000_000;
        }
    }
    topic.returns("a header alone", "return load('\\27')", "nil");
    topic.returns(
        "a header of PUC-Rio's",
        "return load('\\27Lua\\x55\\0\\x19\\x93\\r\\n\\x1a\\n' .. ('\\0'):rep(100))",
        "nil",
    );
    topic.returns("zeros behind the escape", "return load('\\27' .. ('\\0'):rep(1 << 20))", "nil");
    topic.returns("255s behind the escape", "return load('\\27' .. ('\\xFF'):rep(1 << 20))", "nil");
    topic.returns(
        "mode t",
        "return load(string.dump(function() end), 'x', 't')",
        "attempt to load a binary chunk",
    );
    topic.returns("mode b", "return load('x = 1', 'x', 'b')", "attempt to load a text chunk");
    topic.returns("a dump from pieces",
        "local d = string.dump(function() return 42 end) local i = 0 return load(function() i = i + 1 return i <= #d and d:sub(i, i) or nil end)()", "42");
    topic.returns("a dump of a dump of a dump", "local f = function(x) return x end for i = 1, 50 do f = load(string.dump(f, i % 2 == 0)) end return f(7)", "7");
    topic.fails("dump of a built-in", "return string.dump(print)", "unable to dump").expect =
        super::Expect::Control;
    topic.fails("a binary chunk as the host's source", b"\x1bLua".to_vec(), "");
    topic.endless("dumps for ever", format!("{SUBJECT} while true do load(string.dump(f)) end"));
}
