//! Tokens and trees as text, to read and to compare in tests.
//!
//! The text of the tree is nested lists, `(what parts...)`, a part that has parts itself on a
//! line of its own. Beyond a certain depth lines are no longer indented further: otherwise the
//! text of a long chain of operators would be quadratic.

use std::fmt::{self, Display, Write as _};

use crate::{
    ast::{
        Attribute, BinaryOp, BlockId, Declared, Expr, ExprId, FunctionId, List, MethodCall, Name,
        Stmt, StmtId, TableItem, UnaryOp,
    },
    intern::Symbol,
    parser::Parse,
};

/// The deepest indentation, in levels.
const DEEPEST: usize = 32;

impl Parse {
    /// The tokens, one a line: where each starts and ends, its kind, and its text. The source
    /// must be the one that was parsed.
    pub fn dump_tokens<'a>(&'a self, source: &'a [u8]) -> impl Display + 'a {
        fmt::from_fn(move |f| {
            for id in self.tokens.all().iter() {
                let span = self.tokens.span(id);
                let text = self.tokens.text(id, source).escape_ascii();
                let kind = self.tokens.kind(id);
                writeln!(f, "{}..{} {kind:?} \"{text}\"", span.start, span.end)?;
            }
            Ok(())
        })
    }

    /// The tree, as nested lists.
    pub fn dump_ast(&self) -> impl Display {
        fmt::from_fn(move |f| {
            let mut dumper = Dumper { parse: self, todo: Vec::new(), depth: 0 };
            dumper.open("chunk".to_owned());
            dumper.push_statements(self.ast.function(self.ast.main()).body);
            dumper.todo.push(Step::Close);
            dumper.todo.reverse();
            while let Some(step) = dumper.todo.pop() {
                dumper.take(step, f)?;
            }
            f.write_char('\n')
        })
    }
}

enum Step {
    /// A new line with a list whose parts follow.
    Open(String),
    /// The end of a list.
    Close,
    /// A new line with a part that has no parts.
    Leaf(String),
    Expr(ExprId),
    Stmt(StmtId),
    Block(&'static str, BlockId),
    Function(FunctionId),
}

struct Dumper<'a> {
    parse: &'a Parse,
    /// What is still to be written, the next last.
    todo: Vec<Step>,
    depth: usize,
}

impl Dumper<'_> {
    fn take(&mut self, step: Step, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = self.todo.len();
        match step {
            Step::Open(head) => {
                self.line(f, &head)?;
                self.depth += 1;
            }
            Step::Leaf(text) => {
                self.line(f, &text)?;
                f.write_char(')')?;
            }
            Step::Close => {
                self.depth -= 1;
                f.write_char(')')?;
            }
            Step::Expr(id) => self.push_expr(self.parse.ast.expr(id)),
            Step::Stmt(id) => self.push_stmt(self.parse.ast.stmt(id)),
            Step::Block(what, id) => {
                self.open(what.to_owned());
                self.push_statements(id);
                self.close();
            }
            Step::Function(id) => self.push_function(id),
        }
        // The steps were pushed in their order; the next is taken from the end.
        self.todo[mark..].reverse();
        Ok(())
    }

    /// Begins a list on a line of its own; its end is left open.
    fn line(&self, f: &mut fmt::Formatter<'_>, head: &str) -> fmt::Result {
        if self.depth > 0 {
            f.write_char('\n')?;
        }
        let indent = 2 * self.depth.min(DEEPEST);
        write!(f, "{:indent$}({head}", "")
    }

    fn open(&mut self, head: String) {
        self.todo.push(Step::Open(head));
    }

    fn close(&mut self) {
        self.todo.push(Step::Close);
    }

    fn leaf(&mut self, text: impl Into<String>) {
        self.todo.push(Step::Leaf(text.into()));
    }

    fn name(&self, name: Name) -> String {
        self.symbol(name.symbol)
    }

    fn symbol(&self, symbol: Symbol) -> String {
        self.parse.symbols.resolve(symbol).escape_ascii().to_string()
    }

    fn push_exprs(&mut self, head: &str, list: List<ExprId>) {
        if !list.is_empty() {
            self.open(head.to_owned());
            self.todo.extend(self.parse.ast.list(list).iter().map(|&expr| Step::Expr(expr)));
            self.close();
        }
    }

    fn push_statements(&mut self, block: BlockId) {
        let ast = &self.parse.ast;
        self.todo
            .extend(ast.list(ast.block(block).statements).iter().map(|&stmt| Step::Stmt(stmt)));
    }

    fn push_function(&mut self, id: FunctionId) {
        let function = self.parse.ast.function(id);
        let mut head = "function (".to_owned();
        let hidden = function.has_self.then(|| "self*".to_owned());
        let names = self.parse.ast.list(function.parameters).iter().map(|&name| self.name(name));
        let vararg = function.vararg.map(|vararg| {
            vararg.name.map_or("...".to_owned(), |name| format!("...{}", self.name(name)))
        });
        let all: Vec<String> = hidden.into_iter().chain(names).chain(vararg).collect();
        head.push_str(&all.join(" "));
        head.push(')');
        self.open(head);
        self.push_statements(function.body);
        self.close();
    }

    fn push_expr(&mut self, expr: Expr) {
        match expr {
            Expr::Error => self.leaf("error"),
            Expr::Nil => self.leaf("nil"),
            Expr::True => self.leaf("true"),
            Expr::False => self.leaf("false"),
            Expr::Integer(value) => self.leaf(format!("integer {value}")),
            Expr::Float(value) => self.leaf(format!("float {value:?}")),
            Expr::String(symbol) => self.leaf(format!("string \"{}\"", self.symbol(symbol))),
            Expr::VarArg => self.leaf("..."),
            Expr::Function(function) => self.todo.push(Step::Function(function)),
            Expr::Name(symbol) => self.leaf(format!("name {}", self.symbol(symbol))),
            Expr::Field { object, name } => {
                self.open(format!("field {}", self.name(name)));
                self.todo.push(Step::Expr(object));
                self.close();
            }
            Expr::Index { object, key } => {
                self.open("index".to_owned());
                self.todo.push(Step::Expr(object));
                self.todo.push(Step::Expr(key));
                self.close();
            }
            Expr::Call { callee, arguments } => {
                self.open("call".to_owned());
                self.todo.push(Step::Expr(callee));
                self.todo.extend(self.parse.ast.list(arguments).iter().map(|&e| Step::Expr(e)));
                self.close();
            }
            Expr::MethodCall(id) => {
                let MethodCall { object, name, arguments } = self.parse.ast.method_call(id);
                self.open(format!("method-call {}", self.name(name)));
                self.todo.push(Step::Expr(object));
                self.todo.extend(self.parse.ast.list(arguments).iter().map(|&e| Step::Expr(e)));
                self.close();
            }
            Expr::Unary { operator, operand } => {
                self.open(unary_text(operator).to_owned());
                self.todo.push(Step::Expr(operand));
                self.close();
            }
            Expr::Binary { operator, left, right } => {
                self.open(binary_text(operator).to_owned());
                self.todo.push(Step::Expr(left));
                self.todo.push(Step::Expr(right));
                self.close();
            }
            Expr::Paren(inner) => {
                self.open("paren".to_owned());
                self.todo.push(Step::Expr(inner));
                self.close();
            }
            Expr::Table(items) => {
                self.open("table".to_owned());
                for &item in self.parse.ast.list(items) {
                    self.push_item(item);
                }
                self.close();
            }
        }
    }

    fn push_item(&mut self, item: TableItem) {
        match item {
            TableItem::Positional(value) => self.todo.push(Step::Expr(value)),
            TableItem::Named { name, value } => {
                self.open(format!("item {}", self.name(name)));
                self.todo.push(Step::Expr(value));
                self.close();
            }
            TableItem::Keyed { key, value } => {
                self.open("item".to_owned());
                self.todo.push(Step::Expr(key));
                self.todo.push(Step::Expr(value));
                self.close();
            }
        }
    }

    /// The head of a declaration: its names with their attributes.
    fn declared(&self, what: &str, names: List<Declared>) -> String {
        self.parse.ast.list(names).iter().fold(what.to_owned(), |head, declared| {
            head + " " + &self.name(declared.name) + attribute_text(declared.attribute)
        })
    }

    fn push_stmt(&mut self, stmt: Stmt) {
        match stmt {
            Stmt::Error => self.leaf("error-statement"),
            Stmt::Empty => self.leaf(";"),
            Stmt::Call(call) => self.todo.push(Step::Expr(call)),
            Stmt::Expression(expr) => {
                self.open("error-statement".to_owned());
                self.todo.push(Step::Expr(expr));
                self.close();
            }
            Stmt::Assign { targets, values } => {
                self.open("assign".to_owned());
                self.push_exprs("targets", targets);
                self.push_exprs("values", values);
                self.close();
            }
            Stmt::Local { names, values } => {
                self.open(self.declared("local", names));
                self.push_exprs("values", values);
                self.close();
            }
            Stmt::LocalFunction { name, function } => {
                self.open(format!("local-function {}", self.name(name)));
                self.todo.push(Step::Function(function));
                self.close();
            }
            Stmt::Global { names, values } => {
                self.open(self.declared("global", names));
                self.push_exprs("values", values);
                self.close();
            }
            Stmt::GlobalAll { attribute } => {
                self.leaf(format!("global *{}", attribute_text(attribute)));
            }
            Stmt::GlobalFunction { name, function } => {
                self.open(format!("global-function {}", self.name(name)));
                self.todo.push(Step::Function(function));
                self.close();
            }
            Stmt::Function { target, function } => {
                self.open("function-statement".to_owned());
                self.todo.push(Step::Expr(target));
                self.todo.push(Step::Function(function));
                self.close();
            }
            Stmt::Do(body) => self.todo.push(Step::Block("do", body)),
            Stmt::While { condition, body } => {
                self.open("while".to_owned());
                self.todo.push(Step::Expr(condition));
                self.todo.push(Step::Block("do", body));
                self.close();
            }
            Stmt::Repeat { body, condition } => {
                self.open("repeat".to_owned());
                self.todo.push(Step::Block("do", body));
                self.todo.push(Step::Expr(condition));
                self.close();
            }
            Stmt::If { arms, otherwise } => {
                self.open("if".to_owned());
                for arm in self.parse.ast.list(arms) {
                    self.todo.push(Step::Expr(arm.condition));
                    self.todo.push(Step::Block("then", arm.body));
                }
                self.todo.extend(otherwise.map(|body| Step::Block("else", body)));
                self.close();
            }
            Stmt::NumericFor { variable, start, limit, step, body } => {
                self.open(format!("numeric-for {}", self.name(variable)));
                self.todo.push(Step::Expr(start));
                self.todo.push(Step::Expr(limit));
                self.todo.extend(step.map(Step::Expr));
                self.todo.push(Step::Block("do", body));
                self.close();
            }
            Stmt::GenericFor { names, values, body } => {
                let names = self.parse.ast.list(names).iter();
                let head = names
                    .fold("generic-for".to_owned(), |head, &name| head + " " + &self.name(name));
                self.open(head);
                self.push_exprs("in", values);
                self.todo.push(Step::Block("do", body));
                self.close();
            }
            Stmt::Return { values } => {
                self.open("return".to_owned());
                self.todo.extend(self.parse.ast.list(values).iter().map(|&e| Step::Expr(e)));
                self.close();
            }
            Stmt::Break => self.leaf("break"),
            Stmt::Goto { label } => self.leaf(format!("goto {}", self.name(label))),
            Stmt::Label { label } => self.leaf(format!("label {}", self.name(label))),
        }
    }
}

fn attribute_text(attribute: Option<Attribute>) -> &'static str {
    match attribute {
        None => "",
        Some(Attribute::Const) => "<const>",
        Some(Attribute::Close) => "<close>",
    }
}

fn unary_text(operator: UnaryOp) -> &'static str {
    match operator {
        UnaryOp::Negate => "negate",
        UnaryOp::Not => "not",
        UnaryOp::Length => "#",
        UnaryOp::BitNot => "~",
    }
}

fn binary_text(operator: BinaryOp) -> &'static str {
    match operator {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "^",
        BinaryOp::Concat => "..",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "~",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "~=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
    }
}
