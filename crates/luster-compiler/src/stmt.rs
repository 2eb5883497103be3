//! Statements other than assignments and loops.

use luster_bytecode::Op;
use luster_syntax::{
    BlockId, ExprId, StmtId, TokenId, TokenKind,
    ast::{Attribute, Expr, IfArm, List, Stmt},
};

use crate::{
    compiler::Compiler,
    error::{Result, Stage},
    scope::Block,
};

impl Compiler<'_> {
    /// The statements of a function and its last return.
    pub(crate) fn function_body(
        &mut self,
        body: BlockId,
        block: &Block,
        end: TokenId,
    ) -> Result<()> {
        self.statements(body, Some(block))?;
        if self.f.is_reachable() {
            let offset = self.tokens.start(end);
            if self.f.to_be_closed > 0 {
                let first = self.f.active_registers;
                self.f.emit(Op::Return, first, 1, 1, 0, offset);
            } else {
                self.f.emit_a(Op::Return0, 0, offset);
            }
        }
        self.end_block(block, end)?;
        self.check_gotos(end)
    }

    /// A block with a scope of its own.
    pub(crate) fn block(&mut self, id: BlockId) -> Result<()> {
        let block = self.enter_block();
        self.statements(id, Some(&block))?;
        let tokens = self.ast.block(id).tokens;
        let last = tokens.last().unwrap_or(tokens.start());
        self.leave_block(&block, last)
    }

    /// The statements of a block. `block` is what a label at the very end is outside of, if that
    /// is so.
    pub(crate) fn statements(&mut self, id: BlockId, block: Option<&Block>) -> Result<()> {
        let ast = self.ast;
        let statements = ast.list(ast.block(id).statements);
        let mut index = 0;
        while let Some(&statement) = statements.get(index) {
            if let Stmt::Label { .. } = ast.stmt(statement) {
                let rest = &statements[index..];
                let run = rest.iter().take_while(|&&id| is_void(ast.stmt(id))).count();
                let block = block.filter(|_| run == rest.len());
                self.label_run(&rest[..run], block)?;
                index += run;
                continue;
            }
            let look = self.f.look_at_fuel(0);
            self.statement(statement)?;
            if let Some(look) = look {
                // Line hooks see no line of its own.
                self.f.join_line(look, look + 1);
            }
            self.f.free = self.f.active_registers;
            index += 1;
        }
        Ok(())
    }

    /// Labels with nothing but semicolons between them. PUC-Rio's parser reads on over what does
    /// nothing before it adds a label, so the last comes first.
    fn label_run(&mut self, run: &[StmtId], end_of: Option<&Block>) -> Result<()> {
        let Some(&last) = run.last() else { return Ok(()) };
        let last = self.statement_end(last);
        for &id in run.iter().rev() {
            if let Stmt::Label { label } = self.ast.stmt(id) {
                let start = self.ast.stmt_place(id).tokens.start();
                let is_named = self.tokens.kind(label.token) == TokenKind::Name;
                if !is_named || self.statement_end(id) <= label.token {
                    // Not a whole label: that is the error that is told.
                    return Ok(());
                }
                self.add_label(label.symbol.into(), start, end_of, last)?;
            }
        }
        Ok(())
    }

    fn statement(&mut self, id: StmtId) -> Result<()> {
        match self.ast.stmt(id) {
            // A tree with errors is refused before; labels are compiled in runs.
            Stmt::Error | Stmt::Empty | Stmt::Label { .. } => Ok(()),
            Stmt::Call(call) => self.call(call, 1).map(|_| ()),
            // Only for the errors in it that come before its own.
            Stmt::Expression(expr) => self.expr(expr, None, self.last_token(expr)).map(|_| ()),
            Stmt::Assign { targets, values } => self.assign(id, targets, values),
            Stmt::Local { names, values } => self.local(id, names, values),
            Stmt::LocalFunction { name, function } => self.local_function(name, function),
            Stmt::Global { names, values } => self.global_statement(id, names, values),
            Stmt::GlobalAll { attribute } => {
                self.scopes.declare_all_globals(attribute == Some(Attribute::Const));
                Ok(())
            }
            Stmt::GlobalFunction { name, function } => self.global_function(id, name, function),
            Stmt::Function { target, function } => self.function_statement(id, target, function),
            Stmt::Do(body) => self.block(body),
            Stmt::While { condition, body } => self.while_loop(id, condition, body),
            Stmt::Repeat { body, condition } => self.repeat_loop(body, condition),
            Stmt::If { arms, otherwise } => self.if_statement(arms, otherwise),
            Stmt::NumericFor { variable, start, limit, step, body } => {
                self.numeric_for(id, variable, [Some(start), Some(limit), step], body)
            }
            Stmt::GenericFor { names, values, body } => self.generic_for(id, names, values, body),
            Stmt::Return { values } => self.return_statement(id, values),
            Stmt::Break => self.break_statement(id),
            Stmt::Goto { label } => {
                let offset = self.tokens.start(self.ast.stmt_place(id).tokens.start());
                self.add_goto(label.symbol.into(), label.token, offset);
                Ok(())
            }
        }
    }

    #[inline(never)]
    fn if_statement(&mut self, arms: List<IfArm>, otherwise: Option<BlockId>) -> Result<()> {
        let arms = self.ast.list(arms);
        let end = self.f.new_label();
        for (index, arm) in arms.iter().enumerate() {
            let next = self.jump_unless(arm.condition)?;
            self.block(arm.body)?;
            let is_last = index + 1 == arms.len() && otherwise.is_none();
            if !is_last && self.f.is_reachable() {
                let last = self.ast.block(arm.body).tokens.last();
                let last = last.unwrap_or_else(|| self.last_token(arm.condition));
                let offset = self.tokens.start(last);
                self.f.emit_jump(end, offset);
            }
            self.f.bind(next);
        }
        if let Some(body) = otherwise {
            self.block(body)?;
        }
        self.f.bind(end);
        Ok(())
    }

    #[inline(never)]
    fn return_statement(&mut self, id: StmtId, values: List<ExprId>) -> Result<()> {
        let ast = self.ast;
        let values = ast.list(values);
        let closes = self.f.to_be_closed > 0;
        let Some((&last, earlier)) = values.split_last() else {
            let offset = self.tokens.start(ast.stmt_place(id).tokens.start());
            if closes {
                self.f.emit(Op::Return, self.f.active_registers, 1, 1, 0, offset);
            } else {
                self.f.emit_a(Op::Return0, 0, offset);
            }
            return Ok(());
        };
        let offset = self.tokens.start(self.last_token(last));
        if earlier.is_empty() && !self.is_multiple(last) {
            let register = self.expr_to_any(last, self.last_token(last))?;
            if closes {
                self.f.emit(Op::Return, register, 2, 1, 0, offset);
            } else {
                self.f.emit_a(Op::Return1, register, offset);
            }
            return Ok(());
        }
        let is_call = ast.expr(last) != Expr::VarArg && self.is_multiple(last);
        if earlier.is_empty() && is_call && !closes {
            return self.tail_call(last);
        }
        let first = self.f.free;
        for &value in earlier {
            self.expr_to_next(value, self.after(self.last_token(value)))?;
        }
        let mut count = 0;
        if self.is_multiple(last) {
            self.open_results(last)?;
        } else {
            self.expr_to_next(last, self.last_token(last))?;
            let Some(one_more) = (self.f.free - first).checked_add(1) else {
                let limit = usize::from(u8::MAX);
                return Err(self.limit_error("returns", limit, self.last_token(last)));
            };
            count = one_more;
        }
        self.f.emit(Op::Return, first, count, u8::from(closes), 0, offset);
        Ok(())
    }

    fn break_statement(&mut self, id: StmtId) -> Result<()> {
        let token = self.ast.stmt_place(id).tokens.start();
        let Some(&innermost) = self.f.loops.last() else {
            return Err(self.near_error("break outside loop", token, Stage::Beginning));
        };
        let offset = self.tokens.start(token);
        if self.f.to_be_closed > innermost.to_be_closed {
            self.f.emit_a(Op::Close, innermost.registers, offset);
        }
        self.f.emit_jump(innermost.exit, offset);
        Ok(())
    }
}

/// Whether a statement does nothing, as labels and semicolons.
fn is_void(statement: Stmt) -> bool {
    matches!(statement, Stmt::Label { .. } | Stmt::Empty)
}
