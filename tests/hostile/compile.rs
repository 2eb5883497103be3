//! The compiler's limits: locals, upvalues, constants, registers, jumps, labels. One less than too
//! many works.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    let locals =
        |count: usize| (1..=count).map(|n| format!("local a{n} = {n}\n")).collect::<String>();
    topic.returns("200 locals", locals(200) + "return a200", "200");
    topic.fails("201 locals", locals(201), "too many local variables");
    topic.fails("100000 locals", locals(100_000), "too many local variables");
    let names: Vec<String> = (1..=255).map(|n| format!("a{n}")).collect();
    topic.fails(
        "255 locals in one statement",
        format!("local {}", names.join(",")),
        "too many local",
    );
    topic.fails(
        "255 parameters",
        format!("return function({}) end", names.join(",")),
        "too many local",
    );
    topic.fails(
        "300 variables of a loop",
        format!(
            "for {} in f do end",
            (0..300).map(|n| format!("a{n}")).collect::<Vec<_>>().join(",")
        ),
        "too many",
    );
    // Upvalues come from two functions, or there would be too many locals first.
    let upvalues = |count: usize| {
        let half = |from: usize, to: usize| {
            (from..to).map(|n| format!("local a{n} = {n}\n")).collect::<String>()
        };
        let sum: Vec<String> = (0..count).map(|n| format!("a{n}")).collect();
        format!(
            "{} return (function() {} return (function() return {} end)() end)()",
            half(0, count / 2),
            half(count / 2, count),
            sum.join("+")
        )
    };
    topic.returns("255 upvalues", upvalues(255), "32385");
    topic.fails("256 upvalues", upvalues(256), "too many upvalues");
    let numbers: Vec<String> = (0..300_000).map(|n| format!("{n}.5")).collect();
    topic
        .returns(
            "300000 constants",
            format!("local t = {{{}}} return t[300000]", numbers.join(",")),
            "299999.5",
        )
        .fuel = 20_000_000;
    let names: String = (0..150_000).map(|n| format!("g{n}=1 ")).collect();
    topic.returns("150000 globals", names + "return g149999", "1").memory = 128 << 20;
    // Jumps across a body longer than 2^16 and than 2^17 instructions.
    let body = "x = x ".repeat(140_000);
    topic.returns("a long jump ahead", format!("x = 1 if x == 2 then {body} end return x"), "1");
    topic.returns("a long jump back",
        format!("x = 1 local n = 0 while n < 2 do n = n + 1 if n == 1 then goto on end {body} ::on:: \
            end return n"), "2").fuel = 20_000_000;
    topic.returns("a long goto", format!("x = 1 goto out do {body} end ::out:: return x"), "1");
    let labels: String = (0..20_000).map(|n| format!("goto l{n} ::l{n}:: ")).collect();
    topic.returns("20000 labels", labels + "do return 1 end", "1");
    topic.fails("a label twice", "::a:: ::a::", "label 'a' already defined");
    topic.fails("100000 gotos without a label", "goto a ".repeat(100_000), "no visible label");
    topic.fails("100000 breaks outside of loops", "break ".repeat(100_000), "break outside");
    let inside: String = "do goto on end ".repeat(30_000);
    topic.returns("30000 gotos to one label", format!("{inside} ::on:: return 1"), "1");
    let breaks = "if x then break end ".repeat(30_000);
    topic.returns("30000 breaks", format!("while true do {breaks} do break end end return 1"), "1");
    // Expressions that want many registers.
    let arguments = |n: usize| vec!["a"; n].join(",");
    topic.fails("300 arguments", format!("return f({})", arguments(300)), "too many registers");
    topic.fails("300 results", format!("return {}", arguments(300)), "too many registers");
    topic.whatever("300 values", format!("local a = {}", arguments(300)));
    topic.whatever("a chain of 100000 assignments", format!("{} = 1", arguments(100_000)));
    topic.returns(
        "a concatenation of 150",
        format!("local a = 'x' return #({})", vec!["a"; 150].join("..")),
        "150",
    );
    topic.fails(
        "a concatenation of 300",
        format!("local a = 'x' return {}", vec!["a"; 300].join("..")),
        "",
    );
    let functions = "local function f() end ".repeat(150);
    topic.returns(
        "many functions",
        format!("{} return 1", format!("do {functions} end ").repeat(500)),
        "1",
    );
    topic.fails("close and close", "local a <close>, b <close> = 1, 2", "multiple to-be-closed");
    topic.fails("an unknown attribute", "local a <what> = 1", "unknown attribute");
    topic.fails(
        "assignment to a constant",
        "local a <const> = 1 a = 2",
        "attempt to assign to const",
    );
    topic.fails(
        "assignment to a control variable",
        "for i = 1, 2 do i = 3 end",
        "attempt to assign to const",
    );
    topic.fails("goto into a scope", "goto f local x ::f:: print(x)", "jumps into the scope");
    topic.fails(
        "varargs where there are none",
        "return function() return ... end",
        "outside a vararg function",
    );
}
