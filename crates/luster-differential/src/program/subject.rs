//! What programs are about: general ones, and those made of pieces around one part of the language.

use super::{Generator, Kind};

/// The subjects of programs.
pub const SUBJECTS: &[&str] =
    &["general", "metamethods", "coroutines", "errors", "closing", "tables", "hooks"];

const EVENTS: &[(&str, &str)] = &[
    ("add", "+"),
    ("sub", "-"),
    ("mul", "*"),
    ("div", "/"),
    ("mod", "%"),
    ("pow", "^"),
    ("idiv", "//"),
    ("band", "&"),
    ("bor", "|"),
    ("bxor", "~"),
    ("shl", "<<"),
    ("shr", ">>"),
    ("concat", ".."),
    ("lt", "<"),
    ("le", "<="),
    ("eq", "=="),
];

impl Generator {
    /// Writes a program.
    pub(super) fn write(&mut self, subject: &str) {
        for _ in 0..4 {
            self.budget = 14;
            self.line("SAY('block', pcall(function(...)");
            self.body(true, |this| {
                match subject {
                    "metamethods" => this.metamethods(),
                    "coroutines" => this.coroutines(),
                    "errors" => this.errors(),
                    "closing" => this.closing(),
                    "tables" => this.tables(),
                    "hooks" => this.hooks(),
                    _ => {}
                }
                this.statements(0);
                this.statements(0);
            });
            let arguments = (self.expression(Kind::Number, 0), self.expression(Kind::Text, 0));
            self.line(&format!("end, {}, {}))", arguments.0, arguments.1));
        }
    }

    /// Objects with some metamethods, and what is done to them.
    fn metamethods(&mut self) {
        self.line("local class = { x = 1 }");
        self.line("class.__index = class");
        self.line(
            "local object, other = setmetatable({ 1, 2 }, class), \
                setmetatable({}, class)",
        );
        for (event, _) in EVENTS {
            if self.random.percent(35) {
                let result = self.expression(Kind::Number, 1);
                self.line(&format!(
                    "function class.__{event}(a, b) SAY('{event}', type(a), type(b)) \
                        return {result} end"
                ));
            }
        }
        for (event, body) in [
            ("__len", "return 7"),
            ("__unm", "return -7"),
            ("__bnot", "return 'not'"),
            ("__call", "return select('#', ...), ..."),
            ("__tostring", "return 'object!'"),
            ("__name", ""),
            ("__newindex", "rawset(..., select(2, ...))"),
            ("__index", "SAY('index', select(2, ...)) return 3"),
            ("__close", "SAY('close')"),
        ] {
            if self.random.percent(40) {
                if body.is_empty() {
                    self.line("class.__name = 'Class'");
                } else {
                    self.line(&format!("function class.{event}(...) {body} end"));
                }
            }
        }
        for _ in 0..5 {
            let number = self.expression(Kind::Number, 0);
            let operand =
                *self.random.pick(&["object", "other", "1", "'a'", "nil", "{}", "2.5", "true"]);
            let (_, operator) = *self.random.pick(EVENTS);
            let line = match self.random.below(12) {
                0..=4 => format!("SAY(pcall(function() return object {operator} {operand} end))"),
                5 => format!("SAY(pcall(function() return {operand} {operator} object end))"),
                6 => "SAY(pcall(function() return #object, -object end))".to_owned(),
                7 => format!("SAY(pcall(function() return ~object, object({number}) end))"),
                8 => "SAY(pcall(function() object.y = 1 object[1] = 5 return \
                    rawget(object, 'y'), object.z end))"
                    .to_owned(),
                9 => "SAY(pcall(function() local name = object return name.x.y.z end))".to_owned(),
                10 => "SAY(pcall(function() return (tostring(object):gsub('0x%x+', '')) end))"
                    .to_owned(),
                _ => format!(
                    "SAY(pcall(function() if object < {number} then return 'less' end \
                        return object == other end))"
                ),
            };
            self.line(&line);
        }
        self.locals.push(("object".to_owned(), Kind::Table));
    }

    /// A coroutine, and what is done to it.
    fn coroutines(&mut self) {
        let body = self.random.below(4);
        self.line("local thread = coroutine.create(function(a, b)");
        self.body(false, |this| {
            this.locals.push(("a".to_owned(), Kind::Number));
            this.locals.push(("b".to_owned(), Kind::Text));
            match body {
                0 => this.line("for i = 1, 3 do a = coroutine.yield(i, a) end"),
                1 => this.line("SAY(pcall(coroutine.yield, 'from pcall')) SAY(pcall(error, 'in'))"),
                2 => {
                    this.line(
                        "local object = setmetatable({}, { __index = function(_, k) \
                            return coroutine.yield(k) end, __add = coroutine.yield })",
                    );
                    this.line("SAY(STR(object.field), STR(object + 1))");
                }
                _ => this.line(
                    "local x <close> = setmetatable({}, { __close = function(_, e) \
                        SAY('closing', STR(e)) coroutine.yield('in close') end }) \
                        coroutine.yield('before')",
                ),
            }
            this.statements(2);
            let result = this.expression(Kind::Number, 2);
            this.line(&format!("return {result}, a"));
        });
        self.line("end)");
        for _ in 0..6 {
            let argument = self.expression(Kind::Number, 1);
            let line = *self.random.pick(&[
                "SAY(coroutine.resume(thread, {}))",
                "SAY(coroutine.resume(thread, {}))",
                "SAY(coroutine.status(thread))",
                "SAY(coroutine.close(thread))",
                "SAY(coroutine.isyieldable(thread), coroutine.isyieldable())",
                "SAY(pcall(coroutine.wrap(function(...) return \
                    coroutine.yield(...) end), {}))",
                "local wrapped = coroutine.wrap(function() error({}) end) \
                    SAY(pcall(wrapped)) SAY(pcall(wrapped))",
                "SAY(coroutine.wrap(function() return \
                    coroutine.resume(coroutine.running()) end)())",
                "SAY(coroutine.wrap(function() return coroutine.status(thread), \
                    coroutine.resume(thread, 1) end)())",
                "for v in coroutine.wrap(function() for i = 1, 3 do \
                    coroutine.yield(i + {}) end end) do SAY(v) end",
            ]);
            self.line(&line.replace("{}", &argument));
        }
    }

    /// Errors through several levels of functions.
    fn errors(&mut self) {
        let level = *self.random.pick(&["0", "1", "2", "3", "4", "nil", "-1", "100"]);
        let value = *self.random.pick(&[
            "'message'",
            "{}",
            "nil",
            "12",
            "12.5",
            "setmetatable({}, { __tostring = function() return 'custom' end })",
            "true",
        ]);
        self.line(&format!("local function raise() error({value}, {level}) end"));
        self.line("local function through() raise() return 1 end");
        self.line("local object = { through = through, field = {} }");
        self.line("function object:method() self.field.deep.deeper = 1 end");
        for _ in 0..5 {
            let number = self.expression(Kind::Number, 1);
            let line = *self.random.pick(&[
                "SAY(pcall(through))",
                "local function deep(n) if n == 0 then return (through()) end return (deep(n - 1)) end \
                    SAY(xpcall(deep, debug.traceback, 30)) SAY(pcall(deep, 3))",
                "SAY(pcall(raise))",
                "SAY(pcall(object.method, object))",
                "SAY(pcall(object.method))",
                "SAY(xpcall(through, function(m) return 'handled', m end))",
                "SAY(xpcall(through, function(m) return debug.traceback(STR(m)) end))",
                "SAY(xpcall(through, debug.traceback))",
                "SAY(xpcall(raise, function(m) error(m, 0) end))",
                "SAY(pcall(function() return through() end))",
                "SAY(pcall(function() local v = object.field.missing() end))",
                "SAY(pcall(function() return object.through.x.y end))",
                "SAY(pcall(function() return object:nomethod({}) end))",
                "SAY(pcall(function() return ({})() end))",
                "SAY(pcall(function() return object .. {} end))",
                "SAY(pcall(function() return {} < object end))",
                "SAY(pcall(function() return object.field + {} end))",
                "SAY(pcall(function() undefinedglobal() end))",
                "SAY(pcall(function() undefinedglobal.x = {} end))",
                "SAY(pcall(function() local t <const> = nil; t.x = 1 end))",
                "SAY(pcall(function() return #{} end))",
                "SAY(pcall(function() return -object, ~1.5 end))",
                "SAY(pcall(function() return 1 << 2.5 end))",
                "SAY(pcall(function() return ({}) & '1.5' end))",
                "SAY(pcall(function() return math.maxinteger // 0 end))",
                "SAY(pcall(function() for i = 1, {}, 0 do end end))",
                "SAY(pcall(assert, false, {}))",
                "SAY(pcall(assert, nil))",
                "SAY(select(2, load('x = = {}')))",
                "SAY(select(2, load('local a <const> = 1; a = {}', '=chunk')))",
                "SAY(select(2, load('goto nowhere; return {}', '@file')))",
                "SAY(pcall(string.rep)) SAY(pcall(string.rep, {}))",
                "SAY(pcall(('x').rep, 'x', 'y'))",
                "SAY(pcall(function() return ('x'):rep({}, object) end))",
                "SAY(pcall(function() local s = 'x' return s:bad() end))",
                "SAY(pcall(setmetatable, {}))",
                "SAY(pcall(next, {}, 1))",
                "SAY(pcall(ipairs))",
            ]);
            self.line(&line.replace("{}", &number));
        }
    }

    /// Variables to be closed.
    fn closing(&mut self) {
        self.line(
            "local function guard(name, fails) return setmetatable({}, { \
                __close = function(_, e) SAY('close', name, STR(e)) if fails then \
                error(fails, 0) end end }) end",
        );
        for _ in 0..3 {
            let fails = *self.random.pick(&["nil", "nil", "'in close'", "false"]);
            let exit = *self.random.pick(&[
                "",
                "error('body')",
                "return 1, 2",
                "return guard('returned')",
                "do return end",
                "goto out",
                "break",
            ]);
            let value = *self.random.pick(&[
                "guard('a')",
                "nil",
                "false",
                "12",
                "{}",
                "guard('a')",
                "guard('a')",
            ]);
            self.line("SAY(pcall(function()");
            self.line(" for turn = 1, 2 do");
            self.line(&format!(" local first <close> = {value}"));
            self.line(&format!(" local second <close> = guard('second', {fails})"));
            self.line(" SAY('turn', turn)");
            self.line(&format!(" do {exit} end"));
            self.line(" ::out::");
            self.line(" end");
            self.line("end))");
            let iterator = *self.random.pick(&[
                "COUNT, 2, 0, guard('iterator')",
                "COUNT, 2, 0, guard('iterator', 'fails')",
                "COUNT, 2, 0, 5",
                "COUNT, 2, 0, nil",
            ]);
            let exit = *self.random.pick(&["", "break", "error('loop')", "return 'out'"]);
            self.line(&format!(
                "SAY(pcall(function() for i in {iterator} do SAY(i) do {exit} end \
                    end end))"
            ));
        }
    }

    /// Lists, and what the library does with them. The block ends when a list cannot be sorted:
    /// here it is as it was then, in the reference it is not.
    fn tables(&mut self) {
        let count = self.random.below(8);
        let elements: Vec<String> = (0..count).map(|_| self.element(0)).collect();
        self.line(&format!("local list = {{ {} }}", elements.join(", ")));
        for _ in 0..6 {
            let (a, b) = (self.random.below(10) as i64 - 2, self.random.below(10) as i64 - 2);
            let line = *self.random.pick(&[
                "SAY(pcall(table.insert, list, A, B))",
                "SAY(pcall(table.remove, list, A))",
                "SAY(pcall(table.concat, list, '-', A, B))",
                "SAY(pcall(table.unpack, list, A, B))",
                "SAY(pcall(table.move, list, 1, #list, 2))",
                "SAY(pcall(table.move, list, 2, #list, 1))",
                "SAY(pcall(table.move, list, A, B, 1, {}))",
                "if not CHECK(pcall(table.sort, list)) then return end",
                "if not CHECK(pcall(table.sort, list, function(a, b) return a > b \
                    end)) then return end",
                "SAY(#list)",
                "list[#list + 1] = A",
                "SAY(list[3], list[4])",
                "for i, v in ipairs(list) do SAY(i, v) end",
                "SAY(next(list) == nil)",
                "SAY(table.unpack(table.pack(table.unpack(list)), 1, 3))",
                "SAY(pcall(select, A, table.unpack(list)))",
                "SAY(rawlen(list), rawequal(list, list))",
            ]);
            self.line(&line.replace(" A", &format!(" {a}")).replace(" B", &format!(" {b}")));
        }
        self.locals.push(("list".to_owned(), Kind::Table));
    }

    /// A hook that tells which calls, returns and lines there are. Lines are left out where inner
    /// functions may capture variables, since the reference has an instruction that ends their
    /// scope, and where a condition decides nothing, since luster jumps nowhere then.
    fn hooks(&mut self) {
        let before = self.text.len();
        self.line("local ok, message = pcall(function(...)");
        self.budget = 8;
        self.body(true, |this| this.statements(1));
        self.line("end)");
        let body = self.text.split_off(before);
        let words: Vec<&str> = body.split_whitespace().collect();
        let captures = body.matches("function").count() > 1;
        let mask = match captures || words.windows(2).any(|pair| pair == ["then", "end"]) {
            false => *self.random.pick(&["l", "cl", "crl"]),
            true => *self.random.pick(&["c", "r", "cr"]),
        };
        let what = *self.random.pick(&["n", "t", "S", "nt"]);
        self.line(&format!(
            "debug.sethook(function(event, line) local i = debug.getinfo(2, '{what}') \
                SAY(event, line, i.name, i.namewhat, i.istailcall, i.what, i.linedefined) \
                end, '{mask}')"
        ));
        self.text.push_str(&body);
        self.line("debug.sethook()");
        self.line("SAY(ok, message)");
    }
}
