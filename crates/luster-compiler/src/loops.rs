//! Loops.

use luster_bytecode::Op;
use luster_syntax::{
    BlockId, ExprId, StmtId,
    ast::{List, Name},
};

use crate::{
    compiler::Compiler,
    error::Result,
    expr::Value,
    function::{Const, LabelId},
    scope::Loop,
};

/// How many registers the call of an iterator needs above the state of its loop.
const ITERATOR_CALL: usize = 3;

impl Compiler<'_> {
    fn enter_loop(&mut self) -> LabelId {
        self.enter_loop_from(self.f.to_be_closed, self.f.active_registers)
    }

    /// Begins a loop outside of which so many variables are to be closed and registers in use.
    fn enter_loop_from(&mut self, to_be_closed: u32, registers: u8) -> LabelId {
        let exit = self.f.new_label();
        self.f.loops.push(Loop { exit, to_be_closed, registers });
        exit
    }

    /// `while condition do body end`
    #[inline(never)]
    pub(crate) fn while_loop(
        &mut self,
        id: StmtId,
        condition: ExprId,
        body: BlockId,
    ) -> Result<()> {
        let start = self.f.mark_target();
        let exit = self.enter_loop();
        let done = self.jump_unless(condition)?;
        self.block(body)?;
        if self.f.is_reachable() {
            let last = self.before(self.statement_end(id));
            let offset = self.tokens.start(last);
            self.f.emit_jump_back(start, offset);
        }
        self.f.bind(done);
        self.f.bind(exit);
        self.f.loops.pop();
        Ok(())
    }

    /// `repeat body until condition`; the condition sees the body's variables.
    #[inline(never)]
    pub(crate) fn repeat_loop(&mut self, body: BlockId, condition: ExprId) -> Result<()> {
        let start = self.f.mark_target();
        let exit = self.enter_loop();
        let block = self.enter_block();
        self.statements(body, None)?;
        let last = self.last_token(condition);
        let offset = self.tokens.start(last);
        let closes = self.f.to_be_closed > block.to_be_closed();
        let done = self.jump_if(condition)?;
        // One that is known to hold in the end goes on with what comes next.
        if !self.f.take_back_jump(done) {
            if closes && self.f.is_reachable() {
                self.f.emit_a(Op::Close, block.registers(), offset);
            }
            if self.f.is_reachable() {
                self.f.emit_jump_back(start, offset);
            }
        }
        self.f.bind(done);
        if closes && self.f.is_reachable() {
            self.f.emit_a(Op::Close, block.registers(), offset);
        }
        self.end_block(&block, last)?;
        self.f.bind(exit);
        self.f.loops.pop();
        Ok(())
    }

    /// `for variable = start, limit, step do body end`
    #[inline(never)]
    pub(crate) fn numeric_for(
        &mut self,
        id: StmtId,
        variable: Name,
        [start, limit, step]: [Option<ExprId>; 3],
        body: BlockId,
    ) -> Result<()> {
        let tokens = self.ast.stmt_place(id).tokens;
        let end = self.statement_end(id);
        let offset = self.tokens.start(tokens.start());
        let block = self.enter_block();
        let base = self.f.free;
        for value in [start, limit].into_iter().flatten() {
            self.expr_to_next(value, self.last_token(value))?;
        }
        match step {
            Some(step) => _ = self.expr_to_next(step, self.last_token(step))?,
            None => {
                let register = self.reserve(1)?;
                let late = limit.map_or(offset, |limit| self.read(self.last_token(limit)));
                let offset = self.late_offset(offset, late);
                self.load(Value::Const(Const::Integer(1)), register, offset);
            }
        }
        let last = step.or(limit).map_or(end, |value| self.last_token(value));
        self.position = last;
        let exit = self.enter_loop();
        let captured = self.usage.is_captured(variable.token);
        for register in [base, base + 1] {
            self.count_local(self.position)?;
            self.declare_hidden(register);
        }
        // PUC-Rio prepares the loop when it has read the `do`.
        let late = self.tokens.start(self.after(self.position));
        let prepare = self.f.emit(Op::ForPrep, base, 0, 0, 0, self.late_offset(offset, late));
        let start = self.f.mark_target();
        self.count_local(self.position)?;
        let name = variable.symbol.into();
        if captured {
            // The loop's own copy stays a value; each turn has a cell of its own.
            self.f.active_registers = base + 3;
            let register = self.reserve(1)?;
            self.f.emit_ab(Op::Move, register, base + 2, offset);
            self.f.emit_a(Op::NewCell, register, offset);
            self.declare_local(name, register, true, true);
        } else {
            self.declare_local(name, base + 2, false, true);
        }
        let first = self.f.here();
        self.block(body)?;
        let back = self.f.here();
        self.f.emit(Op::ForLoop, base, 0, 0, start as i32 - back as i32 - 1, offset);
        self.f.code[prepare].d = (back - prepare) as i32;
        self.f.join_line(start, first);
        self.f.mark_target();
        // Nothing of the loop itself needs closing.
        self.end_block(&block, end)?;
        self.f.bind(exit);
        self.f.loops.pop();
        Ok(())
    }

    /// `for names in values do body end`
    #[inline(never)]
    pub(crate) fn generic_for(
        &mut self,
        id: StmtId,
        names: List<Name>,
        values: List<ExprId>,
        body: BlockId,
    ) -> Result<()> {
        let ast = self.ast;
        let names = ast.list(names);
        let end = self.statement_end(id);
        let values_list = ast.list(values);
        let first = values_list.first().map_or(end, |&value| self.place(value).tokens.start());
        let last = values_list.last().map_or(end, |&value| self.last_token(value));
        let offset = self.tokens.start(first);
        let block = self.enter_block();
        let base = self.f.free;
        self.expr_list(values, 4, last)?;
        // PUC-Rio has three such variables, the last of which is the one to be closed.
        for register in [base, base + 1, base + 3] {
            self.count_local(last)?;
            self.declare_hidden(register);
        }
        self.f.to_be_closed += 1;
        let exit = self.enter_loop_from(block.to_be_closed(), block.registers());
        self.check_registers(names.len().max(ITERATOR_CALL))?;
        let late = self.late_offset(offset, self.tokens.start(self.after(last)));
        let prepare = self.f.emit(Op::GenericForPrep, base, 0, 0, 0, late);
        let start = self.f.mark_target();
        self.position = last;
        let variables = self.reserve(names.len())?;
        for (register, name) in (variables..).zip(names) {
            self.count_local(last)?;
            let captured = self.usage.is_captured(name.token);
            if captured {
                self.f.emit_a(Op::NewCell, register, offset);
            }
            let is_control = register == variables;
            self.declare_local(name.symbol.into(), register, captured, is_control);
        }
        let first_of_body = self.f.here();
        self.block(body)?;
        let call = self.f.mark_target();
        self.f.code[prepare].d = (call - prepare - 1) as i32;
        // No more names than registers, as has been checked.
        self.f.emit(Op::GenericForCall, base, 0, names.len() as u8, 0, offset);
        self.f.join_line(start, first_of_body);
        let back = self.f.here();
        self.f.emit(Op::GenericForLoop, base, 0, 0, start as i32 - back as i32 - 1, offset);
        self.f.loops.pop();
        self.leave_block(&block, end)?;
        // A `break` has closed what there is to close.
        self.f.bind(exit);
        Ok(())
    }
}
