//! Statements, and the blocks that a program is made of.

use super::{Generator, KINDS, Kind};

/// How deep blocks are nested.
const DEPTH: usize = 3;

const BOUNDS: &[&str] = &[
    "1",
    "3",
    "0",
    "-2",
    "math.maxinteger",
    "math.maxinteger - 1",
    "math.mininteger",
    "math.mininteger + 2",
    "1.5",
    "-0.0",
    "1e308",
    "math.huge",
    "-math.huge",
    "'3'",
    "2^53",
    "2^63",
    "-2^63",
    "nil",
    "{}",
];
const STEPS: &[&str] = &[
    "1",
    "-1",
    "2",
    "0",
    "0.5",
    "-0.25",
    "math.maxinteger",
    "math.mininteger",
    "0.0",
    "1e308",
    "'1'",
    "nil",
    "-3",
];

impl Generator {
    /// Statements in a block.
    pub(super) fn statements(&mut self, depth: usize) {
        for _ in 0..=self.random.below(4) {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: usize) {
        let choice = if depth >= DEPTH { self.random.below(9) } else { self.random.below(20) };
        match choice {
            0 | 1 => self.declare(),
            2 | 3 => self.assign(),
            4 | 5 => {
                let (a, b) = (self.anything(2), self.expression(Kind::Number, 2));
                self.line(&format!("SAY(STR({a}), STR({b}))"));
            }
            6 => {
                let table = self.operand(Kind::Table, 0);
                let call = *self.random.pick(&[
                    "table.insert({}, 1, 9)",
                    "table.insert({}, 8)",
                    "table.remove({})",
                    "table.remove({}, 1)",
                    "table.sort({})",
                    "SAY(table.unpack({}))",
                    "SAY(select('#', table.unpack({}, 1, 3)))",
                    "SAY(next({}) == nil)",
                    "table.move({}, 1, 2, 2)",
                    "rawset({}, 'x', 1)",
                    "setmetatable({}, nil)",
                ]);
                self.line(&call.replace("{}", &table));
            }
            7 if self.loops > 0 => {
                let condition = self.condition(1);
                self.line(&format!("if {condition} then break end"));
            }
            7 | 8 => {
                let value = *self.random.pick(&[
                    "'failed'",
                    "{ 'failed' }",
                    "nil",
                    "12",
                    "'failed', 0",
                    "'failed', 2",
                    "'failed', 3",
                    "undefined.field.field",
                ]);
                let condition = self.condition(1);
                self.line(&format!("if {condition} then error({value}) end"));
            }
            9 | 10 => {
                let condition = self.condition(2);
                self.line(&format!("if {condition} then"));
                self.block(|this| this.statements(depth + 1));
                if self.random.percent(40) {
                    let condition = self.condition(1);
                    self.line(&format!("elseif {condition} then"));
                    self.block(|this| this.statements(depth + 1));
                }
                if self.random.percent(50) {
                    self.line("else");
                    self.block(|this| this.statements(depth + 1));
                }
                self.line("end");
            }
            11 | 12 => self.numeric_for(depth),
            13 => self.generic_for(depth),
            14 => {
                let count = self.fresh("n");
                self.line(&format!("local {count} = 0"));
                let condition = self.condition(1);
                if self.random.percent(50) {
                    self.line(&format!(
                        "while {count} < 4 and ({condition}) do {count} = {count} + 1"
                    ));
                    self.looped(|this| this.statements(depth + 1));
                    self.line("end");
                } else {
                    self.line(&format!("repeat {count} = {count} + 1"));
                    self.looped(|this| this.statements(depth + 1));
                    self.line(&format!("until {count} > 3 or ({condition})"));
                }
            }
            15 | 16 => self.local_function(depth),
            17 => {
                self.line("do");
                self.block(|this| this.statements(depth + 1));
                self.line("end");
            }
            18 => {
                self.line("SAY(pcall(function(...)");
                self.body(true, |this| {
                    this.statements(depth + 1);
                    let result = this.anything(1);
                    this.line(&format!("return STR({result})"));
                });
                let argument = self.expression(Kind::Number, 0);
                self.line(&format!("end, {argument}, 'second'))"));
            }
            _ => {
                let label = self.fresh("label");
                let condition = self.condition(1);
                self.line("do");
                self.block(|this| {
                    this.line(&format!("if {condition} then goto {label} end"));
                    this.line("do");
                    this.block(|this| this.statements(depth + 1));
                    this.line("end");
                    this.line(&format!("::{label}::"));
                });
                self.line("end");
            }
        }
    }

    /// What is inside a loop.
    pub(super) fn looped(&mut self, write: impl FnOnce(&mut Self)) {
        self.loops += 1;
        self.block(write);
        self.loops -= 1;
    }

    fn declare(&mut self) {
        let kind = *self.random.pick(&[
            Kind::Number,
            Kind::Number,
            Kind::Text,
            Kind::Table,
            Kind::Function,
        ]);
        let name = (*self.random.pick(&["a", "b", "c", "d", "e", "f"])).to_owned();
        let value = self.expression(kind, 3);
        match self.random.below(8) {
            0 => {
                self.line(&format!("local {name} <const> = {value}"));
                // It is not assigned to: no other variable of the name may be meant.
                let constant = self.fresh("constant");
                self.line(&format!("local {constant} = {name}"));
                self.locals.push((constant, kind));
                return;
            }
            1 => {
                let other = self.expression(Kind::Number, 2);
                self.line(&format!("local {name}, other = {value}, {other}"));
            }
            _ => self.line(&format!("local {name} = {value}")),
        }
        // An older variable of the same name cannot be seen any more.
        self.locals.retain(|(other, _)| *other != name);
        self.locals.push((name, kind));
    }

    fn assign(&mut self) {
        let kind = *self.random.pick(&KINDS);
        match self.random.below(6) {
            0 => {
                let table = self.operand(Kind::Table, 0);
                let key = *self
                    .random
                    .pick(&[".x", ".y", "[1]", "[0]", "[1.0]", "[0/0]", "[nil]", ".x.y"]);
                let value = self.element(2);
                self.line(&format!(";{table}{key} = {value}"));
            }
            1 => {
                let value = self.expression(kind, 2);
                let name = *self.random.pick(&["global1", "global2"]);
                self.line(&format!("{name} = {value}"));
                self.line(&format!("SAY(STR({name}))"));
            }
            2 => {
                if let (Some(a), Some(b)) = (self.variable(Kind::Number), self.variable(Kind::Text))
                {
                    let (x, y) = (self.expression(Kind::Number, 1), self.expression(Kind::Text, 1));
                    self.line(&format!("{a}, {b} = {x}, {y}"));
                }
            }
            _ => {
                if let Some(name) = self.variable(kind) {
                    let value = self.expression(kind, 3);
                    self.line(&format!("{name} = {value}"));
                }
            }
        }
    }

    fn numeric_for(&mut self, depth: usize) {
        let turns = self.fresh("n");
        let (from, to) = (*self.random.pick(BOUNDS), *self.random.pick(BOUNDS));
        let step = if self.random.percent(50) { "" } else { *self.random.pick(STEPS) };
        let step = if step.is_empty() { String::new() } else { format!(", {step}") };
        let name = self.fresh("i");
        self.line(&format!("local {turns} = 0"));
        self.line(&format!("for {name} = {from}, {to}{step} do"));
        self.looped(|this| {
            this.line(&format!("{turns} = {turns} + 1 SAY({name}) if {turns} > 3 then break end"));
            this.locals.push((name, Kind::Number));
            // The control variable cannot be assigned to.
            let copy = this.fresh("copy");
            let (control, _) = this.locals.pop().unwrap_or((copy.clone(), Kind::Number));
            this.line(&format!("local {copy} = {control}"));
            this.locals.push((copy, Kind::Number));
            this.statements(depth + 1);
        });
        self.line("end");
    }

    fn generic_for(&mut self, depth: usize) {
        let (key, value, turns) = (self.fresh("k"), self.fresh("v"), self.fresh("n"));
        self.line(&format!("local {turns} = 0"));
        let table = self.expression(Kind::Table, 1);
        let text = self.expression(Kind::Text, 1);
        let iterator = match self.random.below(6) {
            0 | 1 => format!("ipairs({table})"),
            2 => format!("string.gmatch({text}, '.')"),
            3 => table,
            4 => "COUNT, 3, 0".to_owned(),
            _ => format!("utf8.codes({text})"),
        };
        self.line(&format!("for {key}, {value} in {iterator} do"));
        self.looped(|this| {
            this.line(&format!("{turns} = {turns} + 1 if {turns} > 4 then break end"));
            this.line(&format!("local copy{value} = {value}"));
            this.line(&format!("SAY(STR({key}), STR({value}))"));
            this.locals.push((format!("copy{value}"), Kind::Number));
            this.statements(depth + 1);
        });
        self.line("end");
    }

    fn local_function(&mut self, depth: usize) {
        let name = self.fresh("f");
        let is_vararg = self.random.percent(40);
        let (a, b) = (self.fresh("p"), self.fresh("q"));
        let rest = if is_vararg { ", ..." } else { "" };
        self.line(&format!("local function {name}({a}, {b}{rest})"));
        self.body(is_vararg, |this| {
            this.locals.push((a, Kind::Number));
            this.locals.push((b, Kind::Number));
            this.statements(depth + 1);
            let result = this.expression(Kind::Number, 2);
            this.line(&format!("return {result}"));
        });
        self.line("end");
        self.locals.push((name, Kind::Function));
    }
}
