//! Expressions: where their values come to be.
//!
//! An expression is compiled to a [`Value`]: a constant, for which no code has been made yet, or
//! a register. Registers are a stack. The rule that everything here keeps: an expression that is
//! compiled without a wanted register leaves a computed value in the register that was the lowest
//! free one, and takes that; the value of a local variable stays where it is, and nothing is taken.
//! With a wanted register a computed value goes there, and nothing is taken.
//!
//! Conditions and `and`/`or` are in `condition`, operators in `operators`, calls and indexing in
//! `suffix`.

use luster_bytecode::Op;
use luster_syntax::{
    ExprId, FunctionId, TokenId,
    ast::{BinaryOp, Expr, List, UnaryOp},
};

use crate::{
    compiler::Compiler,
    error::Result,
    function::{Const, VarArgForm},
    scope::Variable,
    suffix::Object,
};

/// Where the value of an expression is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nowhere yet: any instruction that can hold it may, or it must be loaded.
    Const(Const),
    /// In a register: a local variable's, or one taken for it.
    Register(u8),
    /// In the cell of a captured variable, to be read when an operator's other operand has been
    /// evaluated, as PUC-Rio does. Only left operands are such values.
    Cell(u8),
}

impl Compiler<'_> {
    /// Compiles an expression to one value; see the module's rule. PUC-Rio reads variables and
    /// fields, and loads constants, only when it has read more, up to the token `late`.
    pub(crate) fn expr(&mut self, id: ExprId, want: Option<u8>, late: TokenId) -> Result<Value> {
        let (outer, id) = (id, self.strip(id));
        // In parentheses it reads them at the closing one.
        let read = if outer == id { late } else { self.after(self.last_token(id)) };
        match self.ast.expr(id) {
            // A tree with errors is refused before.
            Expr::Error | Expr::Nil => Ok(Value::Const(Const::Nil)),
            Expr::True => Ok(Value::Const(Const::True)),
            Expr::False => Ok(Value::Const(Const::False)),
            Expr::Integer(value) => Ok(Value::Const(Const::Integer(value))),
            Expr::Float(value) => Ok(Value::Const(Const::Float(value))),
            Expr::String(symbol) => Ok(Value::Const(Const::String(symbol.into()))),
            Expr::Name(_) | Expr::Paren(_) => self.name_value(id, want, read),
            Expr::VarArg => self.one_vararg(id, want),
            Expr::Function(function) => self.function_value(id, function, want),
            Expr::Table(items) => self.table(id, items, want, late),
            Expr::Unary { operator, operand } => self.unary(id, operator, operand, want, late),
            Expr::Binary { operator: BinaryOp::And | BinaryOp::Or, .. } => {
                self.logical_value(id, want, late)
            }
            Expr::Binary { operator: BinaryOp::Concat, .. } => self.concat(id, want),
            Expr::Binary { .. } => self.binary(id, want, late),
            Expr::Field { .. } | Expr::Index { .. } => self.index_value(id, want, read),
            Expr::Call { .. } | Expr::MethodCall(_) => self.one_result(id, want, late),
        }
    }

    /// The expression inside all parentheses.
    pub(crate) fn strip(&self, id: ExprId) -> ExprId {
        let mut id = id;
        while let Expr::Paren(inner) = self.ast.expr(id) {
            id = inner;
        }
        id
    }

    /// The constant that an expression obviously is, without making code.
    pub(crate) fn literal(&self, id: ExprId) -> Option<Const> {
        Some(match self.ast.expr(self.strip(id)) {
            Expr::Nil => Const::Nil,
            Expr::True => Const::True,
            Expr::False => Const::False,
            Expr::Integer(value) => Const::Integer(value),
            Expr::Float(value) => Const::Float(value),
            Expr::String(symbol) => Const::String(symbol.into()),
            Expr::Name(symbol) => return self.scopes.constant(symbol.into()),
            _ => return None,
        })
    }

    /// Whether an expression can have any number of values.
    pub(crate) fn is_multiple(&self, id: ExprId) -> bool {
        matches!(self.ast.expr(id), Expr::Call { .. } | Expr::MethodCall(_) | Expr::VarArg)
    }

    /// The register for a computed value.
    pub(crate) fn destination(&mut self, want: Option<u8>) -> Result<u8> {
        match want {
            Some(register) => Ok(register),
            None => self.reserve(1),
        }
    }

    /// Compiles an expression into a register that is a variable's or has been taken.
    pub(crate) fn expr_to(&mut self, id: ExprId, register: u8, late: TokenId) -> Result<()> {
        let value = self.expr(id, Some(register), late)?;
        if value != Value::Register(register) {
            let offset = self.late(id, late);
            self.load(value, register, offset);
        }
        Ok(())
    }

    /// Compiles an expression into the lowest free register, and takes it.
    pub(crate) fn expr_to_next(&mut self, id: ExprId, late: TokenId) -> Result<u8> {
        let mark = self.f.free;
        let value = self.expr(id, None, late)?;
        self.settle(value, mark, id, late)
    }

    /// Brings the value of an expression, compiled when `mark` was the lowest free register, into
    /// that register.
    pub(crate) fn settle(
        &mut self,
        value: Value,
        mark: u8,
        id: ExprId,
        late: TokenId,
    ) -> Result<u8> {
        if self.f.free == mark {
            self.position = self.last_token(id);
            self.reserve(1)?;
            let offset = self.late(id, late);
            self.load(value, mark, offset);
        }
        Ok(mark)
    }

    /// Compiles an expression into any register.
    pub(crate) fn expr_to_any(&mut self, id: ExprId, late: TokenId) -> Result<u8> {
        let value = self.expr(id, None, late)?;
        self.late_register(value, id, late)
    }

    /// The register of the value of an expression; what has none is loaded into a free one when the
    /// token `late` has been read.
    pub(crate) fn late_register(&mut self, value: Value, id: ExprId, late: TokenId) -> Result<u8> {
        if let Value::Register(register) = value {
            return Ok(register);
        }
        let offset = self.late(id, late);
        self.in_register(value, offset)
    }

    /// The register of a value; what has none is loaded into a free one.
    pub(crate) fn in_register(&mut self, value: Value, offset: u32) -> Result<u8> {
        match value {
            Value::Register(register) => Ok(register),
            Value::Const(_) | Value::Cell(_) => {
                let register = self.reserve(1)?;
                self.load(value, register, offset);
                Ok(register)
            }
        }
    }

    /// Appends what brings a value into a register.
    pub(crate) fn load(&mut self, value: Value, register: u8, offset: u32) {
        let constant = match value {
            Value::Register(from) => {
                if from != register {
                    self.f.emit_ab(Op::Move, register, from, offset);
                }
                return;
            }
            Value::Cell(cell) => return self.f.emit_ab(Op::GetCell, register, cell, offset),
            Value::Const(constant) => constant,
        };
        match constant {
            Const::Nil => self.f.load_nil(register, 1, offset),
            Const::True => self.f.emit_a(Op::LoadTrue, register, offset),
            Const::False => self.f.emit_a(Op::LoadFalse, register, offset),
            Const::Integer(value) => match i32::try_from(value) {
                Ok(value) => _ = self.f.emit(Op::LoadInteger, register, 0, 0, value, offset),
                Err(_) => self.load_constant(constant, register, offset),
            },
            Const::Float(value) => {
                // The bits tell -0.0 and all that is no small integer.
                let small = value as i32;
                if f64::from(small).to_bits() == value.to_bits() {
                    self.f.emit(Op::LoadFloat, register, 0, 0, small, offset);
                } else {
                    self.load_constant(constant, register, offset);
                }
            }
            Const::String(_) => self.load_constant(constant, register, offset),
        }
    }

    fn load_constant(&mut self, constant: Const, register: u8, offset: u32) {
        let index = self.constant(constant) as i32;
        self.f.emit(Op::LoadConstant, register, 0, 0, index, offset);
    }

    /// A variable by itself.
    #[inline(never)]
    fn name_value(&mut self, id: ExprId, want: Option<u8>, late: TokenId) -> Result<Value> {
        let Expr::Name(symbol) = self.ast.expr(id) else {
            return Ok(Value::Const(Const::Nil));
        };
        let token = self.last_token(id);
        self.position = token;
        let (variable, _) = self.resolve(symbol.into(), token)?;
        let register = match variable {
            Variable::Local(register) => register,
            Variable::Constant(value) => return Ok(Value::Const(value)),
            Variable::Cell(cell) => {
                let register = self.destination(want)?;
                self.f.emit_ab(Op::GetCell, register, cell, self.late(id, late));
                register
            }
            Variable::UpValue(index) => {
                let register = self.destination(want)?;
                self.f.emit_ab(Op::GetUpValue, register, index, self.late(id, late));
                register
            }
            Variable::VarArg => {
                // The first pass finds such uses, and then there is a table; one made for this
                // use alone has the same contents.
                let register = self.destination(want)?;
                self.f.emit_a(Op::VarArgTable, register, self.late(id, late));
                register
            }
            Variable::Global => {
                let mark = self.f.free;
                let target = self.global(symbol.into(), token)?;
                self.f.free = mark;
                let register = self.destination(want)?;
                self.get(target, register, self.late(id, late));
                register
            }
        };
        Ok(Value::Register(register))
    }

    /// `...` cut to one value.
    #[inline(never)]
    fn one_vararg(&mut self, id: ExprId, want: Option<u8>) -> Result<Value> {
        self.position = self.last_token(id);
        let register = self.destination(want)?;
        self.varargs(register, 2, id);
        Ok(Value::Register(register))
    }

    /// Appends what brings extra arguments into registers; `count` is one more than how many, or 0
    /// for all.
    pub(crate) fn varargs(&mut self, register: u8, count: u8, id: ExprId) {
        // PUC-Rio makes the instruction before it has read the dots.
        let offset = self.late(id, self.before(self.place(id).tokens.start()));
        match self.f.vararg {
            VarArgForm::Frame => self.f.emit(Op::VarArg, register, 0, count, 0, offset),
            VarArgForm::Table(table) => {
                self.f.emit(Op::UnpackVarArgTable, register, table, count, 0, offset)
            }
        };
    }

    #[inline(never)]
    fn function_value(
        &mut self,
        id: ExprId,
        function: FunctionId,
        want: Option<u8>,
    ) -> Result<Value> {
        self.position = self.place(id).tokens.start();
        let start = self.after(self.position);
        Ok(Value::Register(self.closure(function, start, want)?))
    }

    /// Makes a closure. `start` is the token on whose line the function counts as defined.
    pub(crate) fn closure(
        &mut self,
        function: FunctionId,
        start: TokenId,
        want: Option<u8>,
    ) -> Result<u8> {
        let index = self.nested_function(function, start)?;
        let register = self.destination(want)?;
        let end = self.ast.function(function).tokens.last().unwrap_or(start);
        let offset = self.tokens.start(end);
        self.f.emit(Op::Closure, register, 0, 0, index as i32, offset);
        Ok(register)
    }

    #[inline(never)]
    fn unary(
        &mut self,
        id: ExprId,
        operator: UnaryOp,
        operand: ExprId,
        want: Option<u8>,
        late: TokenId,
    ) -> Result<Value> {
        if operator == UnaryOp::Not && self.is_condition(operand) {
            return self.boolean_value(id, want, late);
        }
        let mark = self.f.free;
        let last = self.last_token(operand);
        let value = self.expr(operand, None, last)?;
        if let Value::Const(constant) = value
            && let Some(folded) = crate::fold::unary(operator, constant)
        {
            return Ok(Value::Const(folded));
        }
        let register = self.late_register(value, operand, last)?;
        self.f.free = mark;
        let result = self.destination(want)?;
        let offset = match operator {
            UnaryOp::Not => self.late(id, last),
            _ => self.anchor(id),
        };
        let op = match operator {
            UnaryOp::Negate => Op::Negate,
            UnaryOp::Not => Op::Not,
            UnaryOp::Length => Op::Length,
            UnaryOp::BitNot => Op::BitNot,
        };
        self.f.emit_ab(op, result, register, offset);
        Ok(Value::Register(result))
    }

    /// Brings exactly `wanted` values of a list into the lowest free registers, and takes them:
    /// nil for those that are missing, nothing for those that are too many.
    pub(crate) fn expr_list(
        &mut self,
        values: List<ExprId>,
        wanted: usize,
        end: TokenId,
    ) -> Result<()> {
        let values = self.ast.list(values);
        for (index, &value) in values.iter().enumerate() {
            let is_last = index + 1 == values.len();
            if is_last && self.is_multiple(value) {
                return self.fixed_results(value, wanted.saturating_sub(index));
            }
            let late = self.last_token(value);
            let late = if is_last { late } else { self.after(late) };
            if index < wanted {
                self.expr_to_next(value, late)?;
            } else {
                // Evaluated for what it does.
                let mark = self.f.free;
                self.expr(value, None, late)?;
                self.f.free = mark;
            }
        }
        if let Some(missing) = wanted.checked_sub(values.len()).filter(|&missing| missing > 0) {
            self.position = end;
            let first = self.reserve(missing)?;
            let offset = self.tokens.start(end);
            // No more registers than have just been taken.
            self.f.load_nil(first, missing as u8, offset);
        }
        Ok(())
    }

    /// Brings so many values of a call or `...` into the lowest free registers, and takes them.
    fn fixed_results(&mut self, id: ExprId, count: usize) -> Result<()> {
        let mark = self.f.free;
        self.position = self.last_token(id);
        self.check_registers(count)?;
        // No more than registers, as has just been checked.
        let operand = count as u8 + 1;
        if self.ast.expr(id) == Expr::VarArg {
            if count > 0 {
                self.varargs(mark, operand, id);
            }
        } else {
            self.call(id, operand)?;
        }
        self.f.free = mark;
        self.reserve(count)?;
        Ok(())
    }

    /// Leaves all values of a call or `...` from the lowest free register on, for the next
    /// instruction to take. No register counts as taken.
    pub(crate) fn open_results(&mut self, id: ExprId) -> Result<()> {
        let mark = self.f.free;
        if self.ast.expr(id) == Expr::VarArg {
            self.position = self.last_token(id);
            let register = self.reserve(1)?;
            self.varargs(register, 0, id);
        } else {
            self.call(id, 0)?;
        }
        self.f.free = mark;
        Ok(())
    }

    /// What a name is when it is indexed: an upvalue, or a vararg parameter without a table, can
    /// be indexed without being loaded.
    #[inline(never)]
    pub(crate) fn object_leaf(&mut self, id: ExprId, late: TokenId) -> Result<Object> {
        if let Expr::Name(symbol) = self.ast.expr(id) {
            self.position = self.last_token(id);
            match self.resolve(symbol.into(), self.position)? {
                (Variable::UpValue(index), _) => return Ok(Object::UpValue(index)),
                (Variable::VarArg, _) => return Ok(Object::VarArg),
                _ => {}
            }
        }
        Ok(Object::Value(self.expr(id, None, late)?))
    }
}
