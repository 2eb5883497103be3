//! Nesting bombs of every production of the grammar. What is nested too deep is refused in words, and
//! what only looks deep (operators that associate to the left, arms, chains of suffixes) is taken.

use super::Topic;

/// How deep: far beyond what a recursive parser, visitor or destructor could bear.
const DEPTH: usize = 200_000;

/// Productions that nest: a name, what opens a level, what stands innermost, what closes a level.
const NESTED: &[(&str, &str, &str, &str)] = &[
    ("parentheses", "(", "1", ")"),
    ("table constructors", "{", "1", "}"),
    ("keyed table constructors", "{[1]=", "1", "}"),
    ("named table constructors", "{a=", "1", "}"),
    ("keys of table constructors", "{[", "1", "]=1}"),
    ("calls", "f(", "1", ")"),
    ("calls of parentheses", "(f)(", "1", ")"),
    ("calls with a table", "f{{", "1", "}}"),
    ("indices", "t[", "1", "]"),
    ("method calls", "(t:m(", "1", "))"),
    ("negations", "- ", "1", ""),
    ("nots", "not ", "1", ""),
    ("lengths", "#", "1", ""),
    ("complements", "~", "1", ""),
    ("signs by turns", "-not ~#", "1", ""),
    ("powers", "2^", "1", ""),
    ("concatenations", "a..", "1", ""),
    ("sums of parentheses", "1+(", "1", ")"),
    ("ands of parentheses", "a and (", "1", ")"),
    ("comparisons of parentheses", "1<(", "1", ")"),
    ("functions", "function() return ", "1", " end"),
    ("functions called", "(function() return ", "1", " end)()"),
    ("functions as arguments", "f(function() return ", "1", " end)"),
];

/// Statements that nest.
const BLOCKS: &[(&str, &str, &str, &str)] = &[
    ("do", "do ", "", " end"),
    ("while", "while a do ", "", " end"),
    ("repeat", "repeat ", "", " until a"),
    ("if", "if a then ", "", " end"),
    ("else", "if a then else ", "", " end"),
    ("elseif", "if a then elseif b then ", "", " end"),
    ("numeric for", "for i = 1, 2 do ", "", " end"),
    ("generic for", "for i in f do ", "", " end"),
    ("function statements", "function f() ", "", " end"),
    ("local functions", "local function f() ", "", " end"),
    ("methods", "function a.b:c() ", "", " end"),
    ("local values", "local a = function() ", "", " end"),
    ("returned functions", "return function() ", "", " end"),
    ("condition of while", "while (function() ", "", " end)() do end"),
    ("condition of until", "repeat until (function() ", "", " end)()"),
    ("limits of for", "for i = 1, (function() ", "", " end)() do end"),
    ("iterator of for", "for i in (function() ", "", " end)() do end"),
    ("label in do", "do ::a:: ", "", " end"),
];

/// What repeats without nesting: a name, what begins, what is repeated, what ends.
const FLAT: &[(&str, &str, &str, &str)] = &[
    ("sum", "local a = 1 return 1", "+a", ""),
    ("product", "local a = 1 return 1", "*a", ""),
    ("ors", "local a = false return a", " or a", " or 1"),
    ("ands", "local a = 1 return a", " and a", ""),
    ("parts of a sum", "local a = 1 return 1", "+a*1", " > 0 and 1"),
    ("comparisons", "local a = 1 return 1 == 2", " == 2", " or 1"),
    ("constants", "return 1", "*1", ""),
    ("statements", "local a = 1 ", "a = 1 ", "return a"),
    ("semicolons", "", ";", "return 1"),
    ("elements", "local a = 1 local t = {", "a,", "1} return t[1]"),
    ("empty blocks", "", "do end ", "return 1"),
    ("comments", "", "--\n", "return 1"),
    ("long comments", "", "--[[]]", "return 1"),
    (
        "arms",
        "local a = 1 if a == 2 then return 2 ",
        "elseif a == 2 then return 2 ",
        "end return 1",
    ),
];

pub(super) fn add(topic: &mut Topic) {
    for (name, open, inner, close) in NESTED {
        let source = format!("return {}{inner}{}", open.repeat(DEPTH), close.repeat(DEPTH));
        topic.fails(*name, source, "o");
    }
    for (name, open, inner, close) in BLOCKS {
        let source = format!("{}{inner}{}", open.repeat(DEPTH), close.repeat(DEPTH));
        topic.fails(*name, source, "");
        // The same from a script.
        let source = format!(
            "local s = ('{open}'):rep({DEPTH}) .. ('{close}'):rep({DEPTH}) \
            local f, message = load(s) return f == nil and message"
        );
        topic.returns(format!("{name} by load"), source, ":").memory = 256 << 20;
    }
    for (name, begin, repeated, end) in FLAT {
        // More than 2^16 of each, and within the limits that the reference has, too.
        let source = format!("{begin}{}{end}", repeated.repeat(70_000));
        topic.returns(format!("flat {name}"), source, "1").fuel = 10_000_000;
    }
    // What is left open at the end.
    for open in
        ["(", "{", "[", "f(", "function() ", "if a then ", "do ", "repeat ", "--[[", "[==[", "'"]
    {
        topic.fails(format!("{DEPTH} unclosed {open}"), open.repeat(DEPTH), "case:");
    }
    topic.fails("unopened", "end ".repeat(DEPTH), "<eof> expected");
    // Suffixes go on and on at one level.
    let suffixes = format!("local t = {{}} t.t = t return t{} == t and 1", ".t".repeat(70_000));
    topic.returns("flat fields", suffixes, "1");
    let calls = format!(
        "local function f() return f end f = debug.setmetatable(1, \
        {{ __call = function(s) return s end }}) return f{}",
        "()".repeat(70_000)
    );
    topic.returns("flat calls", calls, "1");
    topic.returns(
        "nested 190 deep",
        format!("return {}1{}", "(".repeat(190), ")".repeat(190)),
        "1",
    );
}
