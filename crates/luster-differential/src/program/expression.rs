//! Expressions of a kind.

use super::{Generator, Kind};

const INTEGERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "10",
    "-1",
    "-3",
    "100",
    "255",
    "0x7fffffff",
    "0xff",
    "1 << 40",
    "math.maxinteger",
    "math.mininteger",
    "9007199254740993",
];
const FLOATS: &[&str] = &[
    "0.0",
    "1.0",
    "0.5",
    "-2.5",
    "3.14",
    "1e10",
    "1e100",
    "2^53",
    "1e15",
    "-0.0",
    "1/0",
    "0/0",
    "1e-7",
    "5 // 0.0",
    "123456.75",
];
const TEXTS: &[&str] = &[
    "''", "'a'", "'abc'", "'10'", "'0x10'", "' 7 '", "'3.5'", "'1e2'", "'x y'", "'Hello'",
    "'a\\0b'", "'é'", "'-2'", "'zz'", "[[long]]",
];
const NUMERALS: &[&str] = &["'10'", "'0x10'", "' 7 '", "'3.5'", "'1e2'", "'-2'", "'0'"];
const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "//", "%", "+", "-", "*"];
const BITWISE: &[&str] = &["&", "|", "~", "<<", ">>"];
const COMPARISONS: &[&str] = &["<", "<=", ">", ">=", "==", "~="];

impl Generator {
    /// An expression of a kind, or now and then of any.
    pub(super) fn expression(&mut self, kind: Kind, depth: usize) -> String {
        if self.random.percent(1) {
            return self.anything(depth);
        }
        match kind {
            Kind::Number => self.number(depth),
            Kind::Text => self.string(depth),
            Kind::Table => self.table(depth),
            Kind::Function => self.function(depth),
        }
    }

    /// An expression of any kind.
    pub(super) fn anything(&mut self, depth: usize) -> String {
        match self.random.below(8) {
            0 => "nil".to_owned(),
            1 => (*self.random.pick(&["true", "false"])).to_owned(),
            2 => (*self.random.pick(&["undefined", "undefined.field", "print", "math", "_ENV"]))
                .to_owned(),
            3 if self.is_vararg => "...".to_owned(),
            _ => {
                let kind = *self.random.pick(&super::KINDS);
                match kind {
                    Kind::Number => self.number(depth),
                    Kind::Text => self.string(depth),
                    Kind::Table => self.table(depth),
                    Kind::Function => self.function(depth),
                }
            }
        }
    }

    /// A visible variable of a kind.
    pub(super) fn variable(&mut self, kind: Kind) -> Option<String> {
        let fitting: Vec<usize> =
            (0..self.locals.len()).filter(|&index| self.locals[index].1 == kind).collect();
        if fitting.is_empty() {
            return None;
        }
        let index = *self.random.pick(&fitting);
        Some(self.locals[index].0.clone())
    }

    fn variable_or(&mut self, kind: Kind, other: impl FnOnce(&mut Self) -> String) -> String {
        match self.variable(kind) {
            Some(name) => name,
            None => other(self),
        }
    }

    /// A number. What may turn out to be nil has another one behind it, most of the time.
    fn number(&mut self, depth: usize) -> String {
        let (number, is_sure) = self.possible_number(depth);
        if is_sure || self.random.percent(15) {
            number
        } else {
            format!("({number} or {})", *self.random.pick(INTEGERS))
        }
    }

    /// A number, and whether it is sure not to be nil.
    fn possible_number(&mut self, depth: usize) -> (String, bool) {
        if depth == 0 || self.random.percent(20) {
            let literal = |this: &mut Self| {
                let pool = if this.random.percent(65) { INTEGERS } else { FLOATS };
                (*this.random.pick(pool)).to_owned()
            };
            if self.random.percent(50) {
                return (self.variable_or(Kind::Number, literal), true);
            }
            return (literal(self), true);
        }
        let depth = depth - 1;
        let choice = self.random.below(22);
        let number = match choice {
            0..=5 => {
                let (a, b) =
                    (self.expression(Kind::Number, depth), self.expression(Kind::Number, depth));
                let operator = *self.random.pick(ARITHMETIC);
                format!("({a} {operator} {b})")
            }
            6 | 7 => {
                let (a, b) =
                    (self.expression(Kind::Number, depth), self.expression(Kind::Number, depth));
                let (a, b) = (self.integer(a), self.integer(b));
                let operator = *self.random.pick(BITWISE);
                format!("({a} {operator} {b})")
            }
            8 => {
                let a = self.expression(Kind::Number, depth);
                let b = if self.random.percent(10) {
                    self.expression(Kind::Text, depth)
                } else {
                    (*self.random.pick(NUMERALS)).to_owned()
                };
                let operator = *self.random.pick(ARITHMETIC);
                if self.random.percent(50) {
                    format!("({a} {operator} {b})")
                } else {
                    format!("({b} {operator} {a})")
                }
            }
            9 => {
                let operator = *self.random.pick(&["-", "~", "- -"]);
                let a = self.expression(Kind::Number, depth);
                let a = if operator == "~" { self.integer(a) } else { a };
                format!("({operator}{a})")
            }
            10 => format!("#{}", self.operand(Kind::Text, depth)),
            11 => format!("#{}", self.operand(Kind::Table, depth)),
            12 => {
                let name = *self.random.pick(&[
                    "math.floor",
                    "math.ceil",
                    "math.abs",
                    "math.tointeger",
                    "tonumber",
                    "math.sqrt",
                ]);
                format!("{name}({})", self.expression(Kind::Number, depth))
            }
            13 => {
                let name = *self.random.pick(&["math.max", "math.min", "math.fmod", "math.ult"]);
                let (a, b) =
                    (self.expression(Kind::Number, depth), self.expression(Kind::Number, depth));
                format!("{name}({a}, {b})")
            }
            14 => format!("tonumber({})", self.expression(Kind::Text, depth)),
            15 => {
                let text = self.operand(Kind::Text, depth);
                let method = *self.random.pick(&["byte", "len", "find"]);
                let argument = if method == "find" {
                    self.expression(Kind::Text, 0)
                } else {
                    self.expression(Kind::Number, 0)
                };
                format!("{text}:{method}({argument})")
            }
            16 | 17 => {
                let table = self.operand(Kind::Table, depth);
                let key = *self
                    .random
                    .pick(&[".x", ".y", "[1]", "[2]", "[3]", ".missing", "['x']", ".x.y"]);
                format!("{table}{key}")
            }
            18 | 19 => {
                let function = self.operand(Kind::Function, depth);
                let argument = self.expression(Kind::Number, depth);
                format!("{function}({argument})")
            }
            20 if self.is_vararg => {
                (*self.random.pick(&["select('#', ...)", "(...)", "(select(2, ...))"])).to_owned()
            }
            _ => {
                let condition = self.condition(depth);
                let (a, b) =
                    (self.expression(Kind::Number, depth), self.expression(Kind::Number, depth));
                format!("({condition} and {a} or {b})")
            }
        };
        (number, !matches!(choice, 12..=20))
    }

    /// A number as an integer, most of the time.
    fn integer(&mut self, number: String) -> String {
        if self.random.percent(15) { number } else { format!("INTEGER({number})") }
    }

    /// An expression that can be indexed and called as it stands.
    pub(super) fn operand(&mut self, kind: Kind, depth: usize) -> String {
        if self.random.percent(60)
            && let Some(name) = self.variable(kind)
        {
            return name;
        }
        format!("({})", self.expression(kind, depth))
    }

    fn string(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.percent(25) {
            let literal = |this: &mut Self| (*this.random.pick(TEXTS)).to_owned();
            if self.random.percent(50) {
                return self.variable_or(Kind::Text, literal);
            }
            return literal(self);
        }
        let depth = depth - 1;
        match self.random.below(12) {
            0..=2 => {
                let a = self.expression(Kind::Text, depth);
                let kind = if self.random.percent(60) { Kind::Text } else { Kind::Number };
                let b = self.expression(kind, depth);
                format!("LIMIT({a} .. {b})")
            }
            3 => {
                let text = self.operand(Kind::Text, depth);
                let (from, to) =
                    (self.expression(Kind::Number, 0), self.expression(Kind::Number, 0));
                format!("{text}:sub({from}, {to})")
            }
            4 => {
                let text = self.operand(Kind::Text, depth);
                let method = *self.random.pick(&["upper", "lower", "reverse"]);
                format!("{text}:{method}()")
            }
            5 => {
                let text = self.operand(Kind::Text, depth);
                format!(
                    "{text}:rep({})",
                    *self.random.pick(&["0", "1", "2", "3", "-1", "2.0", "'2'", "1.5"])
                )
            }
            6 => {
                let format =
                    *self.random.pick(&["%d", "%5.1f", "%g", "%x", "%5d|", "%i", "%e", "%c"]);
                format!("string.format('{format}', {})", self.expression(Kind::Number, depth))
            }
            7 => {
                let format = *self.random.pick(&["%s", "%q", "%5s|", "%-5s|", "%.2s"]);
                format!("string.format('{format}', STR({}))", self.expression(Kind::Text, depth))
            }
            8 => format!("STR({})", self.anything(depth)),
            9 => {
                let separator = *self.random.pick(&["','", "''", "1"]);
                format!("table.concat({}, {separator})", self.expression(Kind::Table, depth))
            }
            10 => {
                let text = self.operand(Kind::Text, depth);
                let call = *self.random.pick(&[
                    "gsub('%w', '<%0>')",
                    "gsub('.', { a = 'A' })",
                    "match('%d+')",
                    "match('(%a)(%a)')",
                    "gsub('a', '%1')",
                    "gsub('(', '')",
                ]);
                format!("({text}:{call})")
            }
            _ => {
                let condition = self.condition(depth);
                let (a, b) =
                    (self.expression(Kind::Text, depth), self.expression(Kind::Text, depth));
                format!("({condition} and {a} or {b})")
            }
        }
    }

    pub(super) fn condition(&mut self, depth: usize) -> String {
        let next = depth.saturating_sub(1);
        match self.random.below(8) {
            0..=2 => {
                let (a, b) =
                    (self.expression(Kind::Number, next), self.expression(Kind::Number, next));
                format!("{a} {} {b}", *self.random.pick(COMPARISONS))
            }
            3 => {
                let (a, b) = (self.expression(Kind::Text, next), self.expression(Kind::Text, next));
                format!("{a} {} {b}", *self.random.pick(COMPARISONS))
            }
            4 if depth > 0 => format!("not ({})", self.condition(next)),
            5 if depth > 0 => {
                let (a, b) = (self.condition(next), self.condition(next));
                format!("({a} {} {b})", *self.random.pick(&["and", "or"]))
            }
            6 => {
                let (a, b) = (self.anything(0), self.anything(0));
                format!("{a} {} {b}", *self.random.pick(&["==", "~=", "=="]))
            }
            _ => self.anything(0),
        }
    }

    /// A table. It has no holes, so that its length is not open, and nothing asks for the order of
    /// its keys.
    fn table(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.percent(40) {
            return self.variable_or(Kind::Table, |this| {
                (*this.random.pick(&["{}", "{ 1, 2, 3 }", "{ x = 1 }"])).to_owned()
            });
        }
        let depth = depth - 1;
        match self.random.below(6) {
            0 | 1 => {
                let count = self.random.below(4);
                let elements: Vec<String> = (0..count).map(|_| self.element(depth)).collect();
                format!("{{ {} }}", elements.join(", "))
            }
            2 => {
                let (x, y) =
                    (self.expression(Kind::Number, depth), self.expression(Kind::Number, depth));
                format!("{{ x = {x}, ['y'] = {y} }}")
            }
            3 if self.is_vararg => {
                (*self.random.pick(&["{ (...) }", "{ n = select('#', ...) }", "{ 0, (...) }"]))
                    .to_owned()
            }
            4 => {
                let index = self.expression(Kind::Table, depth);
                format!("setmetatable({{ 5 }}, {{ __index = {index} }})")
            }
            _ => {
                let (function, argument) =
                    (self.expression(Kind::Function, 0), self.expression(Kind::Number, 0));
                format!("{{ ({function})({argument}), x = 2 }}")
            }
        }
    }

    /// An element of a list.
    pub(super) fn element(&mut self, depth: usize) -> String {
        format!("{} or 0", self.expression(Kind::Number, depth))
    }

    fn function(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.percent(50) {
            return self.variable_or(Kind::Function, |this| {
                (*this.random.pick(&["math.floor", "STR", "type", "select"])).to_owned()
            });
        }
        let parameter = self.fresh("p");
        let is_vararg = self.random.percent(25);
        let around = self.is_vararg;
        self.is_vararg = is_vararg;
        self.locals.push((parameter.clone(), Kind::Number));
        let result = self.expression(Kind::Number, depth - 1);
        self.locals.pop();
        self.is_vararg = around;
        let parameters = if is_vararg { format!("{parameter}, ...") } else { parameter };
        format!("function({parameters}) return {result} end")
    }
}
