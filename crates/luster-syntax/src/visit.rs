//! Walking a tree in the order in which names come into scope, without recursion.
//!
//! A [`Visitor`] hears of every node and every name; [`walk`] drives it with a stack of its own,
//! since left-associative chains are as deep as the source is long.

use crate::{
    ast::{
        Attribute, BlockId, Declared, Expr, ExprId, FunctionId, List, MethodCall, Name, Stmt,
        StmtId, TableItem,
    },
    intern::Symbol,
    token::TokenId,
    tree::Ast,
};

/// What a declared name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declaration {
    /// A variable of a `local`.
    Local(Option<Attribute>),
    /// The name of a `local function`.
    LocalFunction,
    /// A parameter of a function, its named `...` included.
    Parameter,
    /// A variable of a `for`.
    Loop,
    /// A variable of a `global`.
    Global(Option<Attribute>),
    /// The name of a `global function`.
    GlobalFunction,
    /// A label. It is visible in its whole block, before its statement too.
    Label,
}

/// What to do at the nodes of a tree; every method does nothing unless it is written.
///
/// The order is that of scopes: a name is declared when it becomes visible, so the values of a
/// `local x = x` come before its `x` is declared, the variables of a `for` are declared inside
/// the block that is its body, as are the parameters of a function, and the condition of a
/// `repeat` comes before its block is left.
#[expect(unused_variables, reason = "the names of the parameters document what a method gets")]
pub trait Visitor {
    /// Before an expression's parts.
    fn enter_expr(&mut self, ast: &Ast, expr: ExprId) {}
    /// After an expression's parts.
    fn leave_expr(&mut self, ast: &Ast, expr: ExprId) {}
    /// Before a statement's parts.
    fn enter_stmt(&mut self, ast: &Ast, stmt: StmtId) {}
    /// After a statement's parts.
    fn leave_stmt(&mut self, ast: &Ast, stmt: StmtId) {}
    /// At the start of a block, before names are declared in it.
    fn enter_block(&mut self, ast: &Ast, block: BlockId) {}
    /// At the end of a block's scope.
    fn leave_block(&mut self, ast: &Ast, block: BlockId) {}
    /// Before a function's body; the main function is entered first of all.
    fn enter_function(&mut self, ast: &Ast, function: FunctionId) {}
    /// After a function's body.
    fn leave_function(&mut self, ast: &Ast, function: FunctionId) {}
    /// Where a name becomes visible.
    fn declare(&mut self, ast: &Ast, name: Name, declaration: Declaration) {}
    /// Where a variable is read or assigned to, local or global. Fields are no variables.
    fn use_name(&mut self, ast: &Ast, name: Name) {}
}

/// Walks a whole tree, from its main function on.
pub fn walk(ast: &Ast, visitor: &mut impl Visitor) {
    let mut walker = Walker { ast, todo: vec![Step::Function(ast.main())] };
    while let Some(step) = walker.todo.pop() {
        walker.take(step, visitor);
    }
}

enum Step {
    Expr(ExprId),
    LeaveExpr(ExprId),
    Stmt(StmtId),
    LeaveStmt(StmtId),
    Block(BlockId),
    /// A block that is entered already, up to its last statement.
    Statements(BlockId),
    LeaveBlock(BlockId),
    EnterBlock(BlockId),
    Function(FunctionId),
    LeaveFunction(FunctionId),
    Declare(Name, Declaration),
}

struct Walker<'a> {
    ast: &'a Ast,
    /// What is still to be done, the next last.
    todo: Vec<Step>,
}

impl Walker<'_> {
    fn take(&mut self, step: Step, visitor: &mut impl Visitor) {
        let ast = self.ast;
        // The parts of a node are pushed in their order and then turned around.
        let mark = self.todo.len();
        match step {
            Step::Expr(id) => {
                visitor.enter_expr(ast, id);
                if let Expr::Name(symbol) = ast.expr(id) {
                    let token: TokenId = ast.expr_place(id).anchor;
                    visitor.use_name(ast, name_at(symbol, token));
                }
                self.push_expr_parts(ast.expr(id));
                self.todo.push(Step::LeaveExpr(id));
            }
            Step::Stmt(id) => {
                visitor.enter_stmt(ast, id);
                self.push_stmt_parts(ast.stmt(id));
                self.todo.push(Step::LeaveStmt(id));
            }
            Step::Block(id) => {
                self.todo.push(Step::EnterBlock(id));
                self.todo.push(Step::Statements(id));
                self.todo.push(Step::LeaveBlock(id));
            }
            Step::Statements(id) => {
                let statements = ast.list(ast.block(id).statements);
                self.todo.extend(statements.iter().map(|&stmt| Step::Stmt(stmt)));
            }
            Step::Function(id) => {
                visitor.enter_function(ast, id);
                let function = ast.function(id);
                self.todo.push(Step::EnterBlock(function.body));
                let named_vararg = function.vararg.and_then(|vararg| vararg.name);
                let parameters = ast.list(function.parameters).iter().copied().chain(named_vararg);
                self.todo.extend(parameters.map(|n| Step::Declare(n, Declaration::Parameter)));
                self.todo.push(Step::Statements(function.body));
                self.todo.push(Step::LeaveBlock(function.body));
                self.todo.push(Step::LeaveFunction(id));
            }
            Step::EnterBlock(id) => visitor.enter_block(ast, id),
            Step::LeaveExpr(id) => visitor.leave_expr(ast, id),
            Step::LeaveStmt(id) => visitor.leave_stmt(ast, id),
            Step::LeaveBlock(id) => visitor.leave_block(ast, id),
            Step::LeaveFunction(id) => visitor.leave_function(ast, id),
            Step::Declare(name, declaration) => visitor.declare(ast, name, declaration),
        }
        self.todo[mark..].reverse();
    }

    fn push_exprs(&mut self, list: List<ExprId>) {
        self.todo.extend(self.ast.list(list).iter().map(|&expr| Step::Expr(expr)));
    }

    fn push_declared(
        &mut self,
        list: List<Declared>,
        declaration: fn(Option<Attribute>) -> Declaration,
    ) {
        let declared = self.ast.list(list).iter();
        self.todo.extend(declared.map(|d| Step::Declare(d.name, declaration(d.attribute))));
    }

    /// The body of a loop with variables of its own.
    fn push_loop(&mut self, names: impl Iterator<Item = Name>, body: BlockId) {
        self.todo.push(Step::EnterBlock(body));
        self.todo.extend(names.map(|name| Step::Declare(name, Declaration::Loop)));
        self.todo.push(Step::Statements(body));
        self.todo.push(Step::LeaveBlock(body));
    }

    fn push_expr_parts(&mut self, expr: Expr) {
        match expr {
            Expr::Error
            | Expr::Nil
            | Expr::True
            | Expr::False
            | Expr::Integer(_)
            | Expr::Float(_)
            | Expr::String(_)
            | Expr::VarArg
            | Expr::Name(_) => {}
            Expr::Function(function) => self.todo.push(Step::Function(function)),
            Expr::Field { object, name: _ } => self.todo.push(Step::Expr(object)),
            Expr::Index { object, key } => {
                self.todo.push(Step::Expr(object));
                self.todo.push(Step::Expr(key));
            }
            Expr::Call { callee, arguments } => {
                self.todo.push(Step::Expr(callee));
                self.push_exprs(arguments);
            }
            Expr::MethodCall(id) => {
                let MethodCall { object, name: _, arguments } = self.ast.method_call(id);
                self.todo.push(Step::Expr(object));
                self.push_exprs(arguments);
            }
            Expr::Unary { operator: _, operand } => self.todo.push(Step::Expr(operand)),
            Expr::Binary { operator: _, left, right } => {
                self.todo.push(Step::Expr(left));
                self.todo.push(Step::Expr(right));
            }
            Expr::Paren(inner) => self.todo.push(Step::Expr(inner)),
            Expr::Table(items) => {
                for &item in self.ast.list(items) {
                    match item {
                        TableItem::Positional(value) | TableItem::Named { name: _, value } => {
                            self.todo.push(Step::Expr(value));
                        }
                        TableItem::Keyed { key, value } => {
                            self.todo.push(Step::Expr(key));
                            self.todo.push(Step::Expr(value));
                        }
                    }
                }
            }
        }
    }

    fn push_stmt_parts(&mut self, stmt: Stmt) {
        match stmt {
            Stmt::Error | Stmt::Empty | Stmt::Break | Stmt::Goto { .. } => {}
            Stmt::GlobalAll { attribute: _ } => {}
            Stmt::Call(call) | Stmt::Expression(call) => self.todo.push(Step::Expr(call)),
            Stmt::Assign { targets, values } => {
                self.push_exprs(targets);
                self.push_exprs(values);
            }
            Stmt::Local { names, values } => {
                self.push_exprs(values);
                self.push_declared(names, Declaration::Local);
            }
            Stmt::LocalFunction { name, function } => {
                self.todo.push(Step::Declare(name, Declaration::LocalFunction));
                self.todo.push(Step::Function(function));
            }
            Stmt::Global { names, values } => {
                self.push_exprs(values);
                self.push_declared(names, Declaration::Global);
            }
            Stmt::GlobalFunction { name, function } => {
                self.todo.push(Step::Declare(name, Declaration::GlobalFunction));
                self.todo.push(Step::Function(function));
            }
            Stmt::Function { target, function } => {
                self.todo.push(Step::Expr(target));
                self.todo.push(Step::Function(function));
            }
            Stmt::Do(body) => self.todo.push(Step::Block(body)),
            Stmt::While { condition, body } => {
                self.todo.push(Step::Expr(condition));
                self.todo.push(Step::Block(body));
            }
            Stmt::Repeat { body, condition } => {
                self.todo.push(Step::EnterBlock(body));
                self.todo.push(Step::Statements(body));
                self.todo.push(Step::Expr(condition));
                self.todo.push(Step::LeaveBlock(body));
            }
            Stmt::If { arms, otherwise } => {
                for arm in self.ast.list(arms) {
                    self.todo.push(Step::Expr(arm.condition));
                    self.todo.push(Step::Block(arm.body));
                }
                self.todo.extend(otherwise.map(Step::Block));
            }
            Stmt::NumericFor { variable, start, limit, step, body } => {
                self.todo.push(Step::Expr(start));
                self.todo.push(Step::Expr(limit));
                self.todo.extend(step.map(Step::Expr));
                self.push_loop(std::iter::once(variable), body);
            }
            Stmt::GenericFor { names, values, body } => {
                self.push_exprs(values);
                self.push_loop(self.ast.list(names).iter().copied(), body);
            }
            Stmt::Return { values } => self.push_exprs(values),
            Stmt::Label { label } => self.todo.push(Step::Declare(label, Declaration::Label)),
        }
    }
}

fn name_at(symbol: Symbol, token: TokenId) -> Name {
    Name { symbol, token }
}
