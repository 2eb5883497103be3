//! Writes a long Lua source for measuring the front end. It is the same on every machine and for
//! ever (unless this file changes), it has most of the grammar in it in roughly the proportions of
//! ordinary programs, and it can be loaded, though running it means nothing.

use std::fmt::Write as _;

/// A source of at least `size` bytes, and at most one function more.
pub(crate) fn source(size: usize) -> String {
    let mut writer = Writer { text: String::with_capacity(size + 4096), random: 1, number: 0 };
    writer.line(0, "-- A source that was generated to measure lexing, parsing and compiling.");
    writer.line(0, "local M = {}");
    while writer.text.len() < size {
        writer.function();
    }
    writer.line(0, "return M");
    writer.text
}

const NAMES: [&str; 24] = [
    "count", "item", "list", "index", "value", "name", "self_ref", "node", "left", "right",
    "total", "buffer", "state", "x", "y", "i", "position", "width", "height", "result", "options",
    "key", "callback", "n",
];

const WORDS: [&str; 12] =
    ["the", "value", "of", "every", "node", "is", "checked", "before", "it", "moves", "to", "next"];

const OPERATORS: [&str; 18] = [
    "+", "-", "*", "/", "//", "%", "..", "==", "~=", "<", "<=", "and", "or", "&", "|", "~", "<<",
    ">>",
];

struct Writer {
    text: String,
    random: u64,
    /// How many functions there are already; gives each a name of its own.
    number: usize,
}

impl Writer {
    /// A number below `bound`, from a xorshift generator.
    fn below(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 33) as usize % bound
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len())]
    }

    fn line(&mut self, depth: usize, line: &str) {
        for _ in 0..depth {
            self.text.push_str("  ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn function(&mut self) {
        self.number += 1;
        let number = self.number;
        self.text.push('\n');
        self.comment(0);
        let (first, second) = (self.pick(&NAMES), self.pick(&NAMES));
        let header = match self.below(3) {
            0 => format!("function M.{first}_{number}({second}, ...)"),
            1 => format!("function M:{first}_{number}({second})"),
            _ => format!("M.{first}_{number} = function({second}, other)"),
        };
        self.line(0, &header);
        for _ in 0..4 + self.below(10) {
            self.statement(1);
        }
        let result = self.expression(2);
        self.line(1, &format!("return {result}"));
        self.line(0, "end");
    }

    fn comment(&mut self, depth: usize) {
        let mut comment = "--".to_owned();
        for _ in 0..4 + self.below(10) {
            comment.push(' ');
            comment.push_str(self.pick(&WORDS));
        }
        self.line(depth, &comment);
    }

    fn block(&mut self, depth: usize) {
        for _ in 0..1 + self.below(3) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: usize) {
        // Below three levels only the simple ones are left, which bounds the recursion.
        let kind = self.below(if depth < 4 { 17 } else { 10 });
        match kind {
            0..=2 => {
                let (name, value) = (self.pick(&NAMES), self.expression(2));
                self.line(depth, &format!("local {name} = {value}"));
            }
            3 | 4 => {
                let (place, value) = (self.place(), self.expression(2));
                self.line(depth, &format!("{place} = {value}"));
            }
            5 | 6 => {
                let call = self.call(2);
                self.line(depth, &call);
            }
            7 => self.comment(depth),
            8 => {
                let (a, b) = (self.pick(&NAMES), self.pick(&NAMES));
                let (c, d) = (self.expression(1), self.expression(1));
                self.line(depth, &format!("M.{a}, M.{b} = {c}, {d}"));
            }
            9 => {
                // Only fields are ever assigned to, so that a constant is as good as a variable.
                let (name, value) = (self.pick(&NAMES), self.expression(1));
                self.line(depth, &format!("local {name} <const> = {value}"));
            }
            10 | 11 => {
                let condition = self.expression(1);
                self.line(depth, &format!("if {condition} then"));
                self.block(depth + 1);
                if self.below(3) == 0 {
                    let condition = self.expression(1);
                    self.line(depth, &format!("elseif {condition} then"));
                    self.block(depth + 1);
                }
                if self.below(2) == 0 {
                    self.line(depth, "else");
                    self.block(depth + 1);
                }
                self.line(depth, "end");
            }
            12 => {
                let limit = self.expression(1);
                self.line(depth, &format!("for step = 1, {limit} do"));
                self.block(depth + 1);
                self.line(depth, "end");
            }
            13 => {
                let (iterator, name) = (self.pick(&["pairs", "ipairs"]), self.pick(&NAMES));
                self.line(depth, &format!("for k, v in {iterator}({name}) do"));
                self.block(depth + 1);
                self.line(depth, "end");
            }
            14 => {
                self.line(depth, "repeat");
                self.block(depth + 1);
                let condition = self.expression(1);
                self.line(depth, &format!("until {condition}"));
            }
            15 => {
                let condition = self.expression(1);
                self.line(depth, &format!("while {condition} do"));
                self.block(depth + 1);
                self.line(depth + 1, "if done then break end");
                self.line(depth, "end");
            }
            _ => {
                let (name, parameter) = (self.pick(&NAMES), self.pick(&NAMES));
                self.line(depth, &format!("local function {name}({parameter})"));
                self.block(depth + 1);
                let value = self.expression(1);
                self.line(depth + 1, &format!("return {value}"));
                self.line(depth, "end");
            }
        }
    }

    /// Something that can be assigned to.
    fn place(&mut self) -> String {
        let (a, b) = (self.pick(&NAMES), self.pick(&NAMES));
        match self.below(3) {
            0 => format!("{a}.{b}"),
            1 => format!("{a}[{b}]"),
            _ => format!("M.{a}.{b}"),
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let (a, b) = (self.pick(&NAMES), self.pick(&NAMES));
        let argument = self.expression(depth - 1);
        match self.below(5) {
            0 => format!("{a}({argument})"),
            1 => format!("{a}.{b}({argument}, {b})"),
            2 => format!("{a}:{b}({argument})"),
            3 => format!("string.format(\"%s: %d\\n\", {a}, {argument})"),
            _ => format!("table.insert({a}, {argument})"),
        }
    }

    /// An expression with at most `depth` levels of operators, calls and constructors.
    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.simple_expression();
        }
        match self.below(10) {
            0..=2 => self.simple_expression(),
            3 | 4 => {
                let operator = self.pick(&OPERATORS);
                let (left, right) = (self.expression(depth - 1), self.expression(depth - 1));
                format!("{left} {operator} {right}")
            }
            5 => {
                let operator = self.pick(&OPERATORS);
                let (left, right) = (self.expression(depth - 1), self.expression(depth - 1));
                format!("({left}) {operator} ({right})")
            }
            6 => {
                let inner = self.place();
                let operator = self.pick(&["not ", "#", "-", "~"]);
                format!("{operator}{inner}")
            }
            7 | 8 => self.call(depth),
            _ => {
                let mut constructor = "{".to_owned();
                for field in 0..self.below(5) {
                    if field > 0 {
                        constructor.push_str(", ");
                    }
                    let (name, value) = (self.pick(&NAMES), self.expression(depth - 1));
                    match self.below(3) {
                        0 => _ = write!(constructor, "{name} = {value}"),
                        1 => _ = write!(constructor, "[{name}] = {value}"),
                        _ => constructor.push_str(&value),
                    }
                }
                constructor.push('}');
                constructor
            }
        }
    }

    fn simple_expression(&mut self) -> String {
        match self.below(12) {
            0 | 1 => self.below(100).to_string(),
            2 => format!("{}.{}", self.below(1000), self.below(1000)),
            3 => format!("{:#x}", self.below(1 << 24)),
            4 => format!("\"{} {}\"", self.pick(&WORDS), self.pick(&WORDS)),
            5 => format!("'{}\\t{}\\n'", self.pick(&WORDS), self.below(100)),
            6 => self.pick(&["nil", "true", "false"]).to_owned(),
            7 | 8 => self.place(),
            _ => self.pick(&NAMES).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_long_enough_and_always_the_same() {
        let source = source(20_000);
        assert!(source.len() >= 20_000);
        assert!(source.len() < 30_000);
        assert_eq!(source, super::source(20_000));
    }
}
