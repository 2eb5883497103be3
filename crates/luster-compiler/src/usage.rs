//! The pass before code generation: how each local variable will be used.
//!
//! Code for a variable depends on what comes after its declaration: a variable that an inner
//! function refers to lives in a cell from birth, and a named vararg parameter that is only
//! indexed needs no table. This pass finds both and nothing else. It knows scopes only as far as
//! needed to tell which declaration a name means; errors are left to code generation.

use luster_syntax::{
    Ast, BlockId, ExprId, FunctionId, StmtId, Symbol, TokenId, TokenTable,
    ast::{Expr, List, MethodCall, Stmt, TableItem},
};

use crate::names::{NameId, Names};

/// What the pass found out.
pub(crate) struct Usage {
    /// For each token, whether it declares a variable that an inner function refers to. The hidden
    /// `self` counts as declared by the `function` of its method.
    captured: Vec<bool>,
    /// For each function, whether its named vararg parameter must be a real table.
    needs_table: Vec<bool>,
}

impl Usage {
    /// Looks at a whole tree.
    pub(crate) fn new(ast: &Ast, tokens: &TokenTable, names: &Names<'_>) -> Self {
        let mut walker = Walker {
            ast,
            env: names.env(),
            receiver: names.receiver(),
            bindings: vec![0; names.len()],
            variables: Vec::new(),
            level: 0,
            usage: Usage {
                captured: vec![false; tokens.len()],
                needs_table: vec![false; ast.function_count()],
            },
        };
        walker.function(ast.main());
        walker.usage
    }

    /// Whether the variable that this token declares is used by an inner function.
    pub(crate) fn is_captured(&self, declaration: TokenId) -> bool {
        self.captured[declaration.index()]
    }

    /// Whether a function's named vararg parameter is used as more than `t[key]`.
    pub(crate) fn needs_table(&self, function: FunctionId) -> bool {
        self.needs_table[function.index()]
    }
}

/// A declaration in scope.
struct Variable {
    name: NameId,
    /// One more than the position of the declaration that this one hides, or 0.
    hidden: u32,
    kind: VariableKind,
}

#[derive(Clone, Copy)]
enum VariableKind {
    Global,
    Local { declaration: TokenId, level: u32, vararg_of: Option<FunctionId> },
}

/// How a name is used.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// As what is indexed, to read a field.
    Indexed,
    /// In any other way.
    Any,
}

struct Walker<'a> {
    ast: &'a Ast,
    env: NameId,
    receiver: NameId,
    /// For each name, one more than the position of its innermost declaration, or 0.
    bindings: Vec<u32>,
    variables: Vec<Variable>,
    /// How many functions are around the current place.
    level: u32,
    usage: Usage,
}

impl Walker<'_> {
    fn declare(&mut self, name: NameId, kind: VariableKind) {
        let hidden = self.bindings[name.index()];
        self.variables.push(Variable { name, hidden, kind });
        // Positions fit in 32 bits as the tokens that declare do.
        self.bindings[name.index()] = self.variables.len() as u32;
    }

    fn declare_local(&mut self, name: impl Into<NameId>, declaration: TokenId) {
        let level = self.level;
        self.declare(name.into(), VariableKind::Local { declaration, level, vararg_of: None });
    }

    /// Ends the scope of all variables from this position on.
    fn leave(&mut self, mark: usize) {
        while self.variables.len() > mark {
            if let Some(variable) = self.variables.pop() {
                self.bindings[variable.name.index()] = variable.hidden;
            }
        }
    }

    fn name(&mut self, symbol: Symbol, how: Use) {
        if !self.variable(NameId::from(symbol), how) {
            // A global is a field of `_ENV`.
            self.variable(self.env, Use::Indexed);
        }
    }

    /// A name that is assigned to.
    fn assigned(&mut self, symbol: Symbol) {
        if !self.variable(NameId::from(symbol), Use::Any) {
            self.variable(self.env, Use::Any);
        }
    }

    /// Notes the use of a variable; false if it is a global.
    fn variable(&mut self, name: NameId, how: Use) -> bool {
        let Some(index) = (self.bindings[name.index()] as usize).checked_sub(1) else {
            return false;
        };
        let VariableKind::Local { declaration, level, vararg_of } = self.variables[index].kind
        else {
            return false;
        };
        let outer = level != self.level;
        if outer {
            self.usage.captured[declaration.index()] = true;
        }
        if let Some(function) = vararg_of
            && (outer || how == Use::Any)
        {
            self.usage.needs_table[function.index()] = true;
        }
        true
    }

    fn function(&mut self, id: FunctionId) {
        let function = self.ast.function(id);
        let mark = self.variables.len();
        self.level += 1;
        if function.has_self {
            self.declare_local(self.receiver, function.tokens.start());
        }
        for parameter in self.ast.list(function.parameters) {
            self.declare_local(parameter.symbol, parameter.token);
        }
        if let Some(name) = function.vararg.and_then(|vararg| vararg.name) {
            let kind = VariableKind::Local {
                declaration: name.token,
                level: self.level,
                vararg_of: Some(id),
            };
            self.declare(name.symbol.into(), kind);
        }
        self.block(function.body);
        self.leave(mark);
        self.level -= 1;
    }

    fn block(&mut self, id: BlockId) {
        let mark = self.variables.len();
        self.statements(id);
        self.leave(mark);
    }

    fn statements(&mut self, id: BlockId) {
        for &statement in self.ast.list(self.ast.block(id).statements) {
            self.statement(statement);
        }
    }

    fn statement(&mut self, id: StmtId) {
        let ast = self.ast;
        match ast.stmt(id) {
            Stmt::Error
            | Stmt::Empty
            | Stmt::Break
            | Stmt::Goto { .. }
            | Stmt::Label { .. }
            | Stmt::GlobalAll { .. } => {}
            Stmt::Call(call) | Stmt::Expression(call) => self.expr(call),
            Stmt::Assign { targets, values } => {
                for &target in ast.list(targets) {
                    self.target(target);
                }
                self.exprs(values);
            }
            Stmt::Local { names, values } => {
                self.exprs(values);
                for declared in ast.list(names) {
                    self.declare_local(declared.name.symbol, declared.name.token);
                }
            }
            Stmt::LocalFunction { name, function } => {
                self.declare_local(name.symbol, name.token);
                self.function(function);
            }
            Stmt::Global { names, values } => {
                self.exprs(values);
                if !values.is_empty() {
                    self.variable(self.env, Use::Any);
                }
                for declared in ast.list(names) {
                    self.declare(declared.name.symbol.into(), VariableKind::Global);
                }
            }
            Stmt::GlobalFunction { name, function } => {
                self.declare(name.symbol.into(), VariableKind::Global);
                self.variable(self.env, Use::Any);
                self.function(function);
            }
            Stmt::Function { target, function } => {
                self.target(target);
                self.function(function);
            }
            Stmt::Do(body) => self.block(body),
            Stmt::While { condition, body } => {
                self.expr(condition);
                self.block(body);
            }
            Stmt::Repeat { body, condition } => {
                let mark = self.variables.len();
                self.statements(body);
                self.expr(condition);
                self.leave(mark);
            }
            Stmt::If { arms, otherwise } => {
                for arm in ast.list(arms) {
                    self.expr(arm.condition);
                    self.block(arm.body);
                }
                if let Some(block) = otherwise {
                    self.block(block);
                }
            }
            Stmt::NumericFor { variable, start, limit, step, body } => {
                self.expr(start);
                self.expr(limit);
                if let Some(step) = step {
                    self.expr(step);
                }
                let mark = self.variables.len();
                self.declare_local(variable.symbol, variable.token);
                self.block(body);
                self.leave(mark);
            }
            Stmt::GenericFor { names, values, body } => {
                self.exprs(values);
                let mark = self.variables.len();
                for name in ast.list(names) {
                    self.declare_local(name.symbol, name.token);
                }
                self.block(body);
                self.leave(mark);
            }
            Stmt::Return { values } => self.exprs(values),
        }
    }

    /// What is assigned to.
    fn target(&mut self, id: ExprId) {
        match self.ast.expr(id) {
            Expr::Name(symbol) => self.assigned(symbol),
            Expr::Field { object, .. } => self.expr(object),
            Expr::Index { object, key } => {
                self.expr(object);
                self.expr(key);
            }
            _ => self.expr(id),
        }
    }

    fn exprs(&mut self, list: List<ExprId>) {
        for &expr in self.ast.list(list) {
            self.expr(expr);
        }
    }

    /// Walks an expression: its left spine in a loop, everything else by recursion.
    fn expr(&mut self, id: ExprId) {
        let ast = self.ast;
        let mut id = id;
        loop {
            match ast.expr(id) {
                Expr::Error
                | Expr::Nil
                | Expr::True
                | Expr::False
                | Expr::Integer(_)
                | Expr::Float(_)
                | Expr::String(_)
                | Expr::VarArg => return,
                Expr::Function(function) => return self.function(function),
                Expr::Name(symbol) => return self.name(symbol, Use::Any),
                Expr::Field { object, .. } => id = object,
                Expr::Index { object, key } => {
                    self.expr(key);
                    id = object;
                }
                Expr::Call { callee, arguments } => {
                    self.exprs(arguments);
                    id = callee;
                    continue;
                }
                Expr::MethodCall(call) => {
                    let MethodCall { object, arguments, .. } = ast.method_call(call);
                    self.exprs(arguments);
                    id = object;
                    continue;
                }
                Expr::Unary { operand, .. } => {
                    id = operand;
                    continue;
                }
                Expr::Binary { left, right, .. } => {
                    self.expr(right);
                    id = left;
                    continue;
                }
                Expr::Paren(inner) => {
                    id = inner;
                    continue;
                }
                Expr::Table(items) => {
                    for item in ast.list(items) {
                        match *item {
                            TableItem::Positional(value) | TableItem::Named { value, .. } => {
                                self.expr(value);
                            }
                            TableItem::Keyed { key, value } => {
                                self.expr(key);
                                self.expr(value);
                            }
                        }
                    }
                    return;
                }
            }
            // Only fields that are read come here: `t[key]` needs no real table.
            if let Expr::Name(symbol) = ast.expr(id) {
                return self.name(symbol, Use::Indexed);
            }
        }
    }
}
