//! Binary operators that compute: arithmetic, comparison as a value, and concatenation.
//!
//! Left-associative chains are walked in a loop. Which operands an instruction can hold itself is
//! decided here.

use luster_bytecode::{Flipped, Op};
use luster_syntax::{
    ExprId, TokenId,
    ast::{BinaryOp, Expr},
};
use smallvec::SmallVec;

use crate::{
    compiler::Compiler,
    condition::is_comparison,
    error::Result,
    expr::Value,
    fold,
    function::{Const, LabelId},
};

impl Compiler<'_> {
    /// A chain of operators other than `and`, `or` and `..`.
    #[inline(never)]
    pub(crate) fn binary(&mut self, id: ExprId, want: Option<u8>, late: TokenId) -> Result<Value> {
        let mut chain: SmallVec<[ExprId; 8]> = SmallVec::new();
        let mut at = id;
        while let Expr::Binary { operator, left, .. } = self.ast.expr(at) {
            if matches!(operator, BinaryOp::And | BinaryOp::Or | BinaryOp::Concat) {
                break;
            }
            chain.push(at);
            at = left;
        }
        let mark = self.f.free;
        let first = chain.last().map_or(late, |&id| self.place(id).anchor);
        let mut value = self.operand(at, first)?;
        while let Some(id) = chain.pop() {
            let Expr::Binary { operator, right, .. } = self.ast.expr(id) else { continue };
            // A left operand is brought into a register when the next operator has been read.
            let (want, late) = match chain.last() {
                Some(&next) => (None, self.place(next).anchor),
                None => (want, late),
            };
            value = self.binary_step(id, operator, value, right, mark, (want, late))?;
        }
        Ok(value)
    }

    /// Compiles a left operand. PUC-Rio reads a variable or field there only once it has seen the
    /// operator, at `operator`.
    pub(crate) fn operand(&mut self, id: ExprId, operator: TokenId) -> Result<Value> {
        if let Expr::Name(symbol) = self.ast.expr(self.strip(id))
            && let Some(cell) = self.scopes.cell(symbol.into(), self.outer.len())
        {
            return Ok(Value::Cell(cell));
        }
        self.expr(id, None, operator)
    }

    /// One operator of a chain, its left operand compiled when `mark` was the lowest free register.
    fn binary_step(
        &mut self,
        id: ExprId,
        operator: BinaryOp,
        left: Value,
        right: ExprId,
        mark: u8,
        (want, late): (Option<u8>, TokenId),
    ) -> Result<Value> {
        let offset = self.anchor(id);
        let right_id = right;
        let last = self.last_token(right);
        let right = self.expr(right, None, last)?;
        if let (Value::Const(left), Value::Const(right)) = (left, right)
            && let Some(folded) = fold::binary(operator, left, right)
        {
            return Ok(Value::Const(folded));
        }
        if is_comparison(operator) {
            let on_true = self.f.new_label();
            let compared = self.late(id, last);
            self.compare(operator, left, right, true, on_true, compared)?;
            self.f.free = mark;
            let result = self.destination(want)?;
            let offset = self.late(id, late);
            self.load_booleans(on_true, result, offset);
            return Ok(Value::Register(result));
        }
        let loaded = match (left, right) {
            // Nothing has to be.
            (Value::Register(_), Value::Register(_)) => offset,
            _ => self.late(right_id, last),
        };
        let (op, b, c, d) = self.arithmetic(operator, left, right, loaded)?;
        self.f.free = mark;
        let result = self.destination(want)?;
        self.f.emit(op, result, b, c, d, offset);
        Ok(Value::Register(result))
    }

    /// The instruction for an arithmetic operator: its op and all operands but the first. What has
    /// to be loaded is loaded at `offset`.
    fn arithmetic(
        &mut self,
        operator: BinaryOp,
        left: Value,
        right: Value,
        offset: u32,
    ) -> Result<(Op, u8, u8, i32)> {
        if let Some((op, constant, flipped)) = constant_right(operator, right) {
            let register = self.in_register(left, offset)?;
            return Ok((op, register, flipped as u8, self.immediate(op, constant)));
        }
        if let Some((op, constant, flipped)) = constant_left(operator, left) {
            let register = self.in_register(right, offset)?;
            return Ok((op, register, flipped as u8, self.immediate(op, constant)));
        }
        let left = self.in_register(left, offset)?;
        let right = self.in_register(right, offset)?;
        let op = match operator {
            BinaryOp::Add => Op::Add,
            BinaryOp::Sub => Op::Sub,
            BinaryOp::Mul => Op::Mul,
            BinaryOp::Div => Op::Div,
            BinaryOp::FloorDiv => Op::FloorDiv,
            BinaryOp::Mod => Op::Mod,
            BinaryOp::Pow => Op::Pow,
            BinaryOp::BitAnd => Op::BitAnd,
            BinaryOp::BitOr => Op::BitOr,
            BinaryOp::BitXor => Op::BitXor,
            BinaryOp::ShiftLeft => Op::ShiftLeft,
            // The others are not arithmetic and do not come here.
            _ => Op::ShiftRight,
        };
        Ok((op, left, right, 0))
    }

    /// The wide operand of an arithmetic op with a constant.
    fn immediate(&mut self, op: Op, constant: Const) -> i32 {
        match (op, constant) {
            (
                Op::AddImmediate | Op::ShiftLeftImmediate | Op::ShiftRightImmediate,
                Const::Integer(value),
            ) => value as i32,
            _ => self.constant(constant) as i32,
        }
    }

    /// Appends a comparison that jumps to a label if its result is `when`.
    pub(crate) fn compare(
        &mut self,
        operator: BinaryOp,
        left: Value,
        right: Value,
        when: bool,
        label: LabelId,
        offset: u32,
    ) -> Result<()> {
        let (op, a, wide) = match operator {
            BinaryOp::Equal => self.equality(left, right, when, offset)?,
            BinaryOp::NotEqual => self.equality(left, right, !when, offset)?,
            BinaryOp::Less => self.order(left, right, false, when, offset)?,
            BinaryOp::LessEqual => self.order(left, right, true, when, offset)?,
            BinaryOp::Greater => self.reversed_order(left, right, false, when, offset)?,
            // The others do not compare and do not come here.
            _ => self.reversed_order(left, right, true, when, offset)?,
        };
        let [b, c] = wide;
        let pc = self.f.emit(op, a, b, c, 0, offset);
        self.f.jump_to(label, pc);
        Ok(())
    }

    fn equality(
        &mut self,
        left: Value,
        right: Value,
        when: bool,
        offset: u32,
    ) -> Result<(Op, u8, [u8; 2])> {
        // Equality is symmetric, so a constant may stand on either side.
        let (left, right) = match (left, right) {
            (Value::Const(_), Value::Register(_)) => (right, left),
            _ => (left, right),
        };
        let register = self.in_register(left, offset)?;
        if let Value::Const(constant) = right
            && let Ok(index) = u16::try_from(self.constant(constant))
        {
            let op = if when { Op::JumpEqualConstant } else { Op::JumpNotEqualConstant };
            return Ok((op, register, index.to_le_bytes()));
        }
        let other = self.in_register(right, offset)?;
        let op = if when { Op::JumpEqual } else { Op::JumpNotEqual };
        Ok((op, register, [other, 0]))
    }

    /// `left < right`, or `left <= right`.
    fn order(
        &mut self,
        left: Value,
        right: Value,
        or_equal: bool,
        when: bool,
        offset: u32,
    ) -> Result<(Op, u8, [u8; 2])> {
        if let Some(immediate) = small_integer(right) {
            let register = self.in_register(left, offset)?;
            let op = match (or_equal, when) {
                (false, true) => Op::JumpLessImmediate,
                (false, false) => Op::JumpNotLessImmediate,
                (true, true) => Op::JumpLessEqualImmediate,
                (true, false) => Op::JumpNotLessEqualImmediate,
            };
            return Ok((op, register, immediate.to_le_bytes()));
        }
        if let Some(immediate) = small_integer(left) {
            let register = self.in_register(right, offset)?;
            let op = match (or_equal, when) {
                (false, true) => Op::JumpGreaterImmediate,
                (false, false) => Op::JumpNotGreaterImmediate,
                (true, true) => Op::JumpGreaterEqualImmediate,
                (true, false) => Op::JumpNotGreaterEqualImmediate,
            };
            return Ok((op, register, immediate.to_le_bytes()));
        }
        let left = self.in_register(left, offset)?;
        let right = self.in_register(right, offset)?;
        let op = match (or_equal, when) {
            (false, true) => Op::JumpLess,
            (false, false) => Op::JumpNotLess,
            (true, true) => Op::JumpLessEqual,
            (true, false) => Op::JumpNotLessEqual,
        };
        Ok((op, left, [right, 0]))
    }

    /// `left > right`, or `left >= right`: the same as `right < left`, which is also what
    /// metamethods see.
    fn reversed_order(
        &mut self,
        left: Value,
        right: Value,
        or_equal: bool,
        when: bool,
        offset: u32,
    ) -> Result<(Op, u8, [u8; 2])> {
        self.order(right, left, or_equal, when, offset)
    }

    /// A chain of `..`, which associates to the right: all operands side by side, then one
    /// instruction.
    #[inline(never)]
    pub(crate) fn concat(&mut self, id: ExprId, want: Option<u8>) -> Result<Value> {
        let first = self.f.free;
        let mut at = id;
        let mut offset = self.anchor(id);
        while let Expr::Binary { operator: BinaryOp::Concat, left, right } = self.ast.expr(at) {
            offset = self.anchor(at);
            let mark = self.f.free;
            let operator = self.place(at).anchor;
            let value = self.operand(left, operator)?;
            self.settle(value, mark, left, operator)?;
            at = right;
        }
        self.expr_to_next(at, self.last_token(at))?;
        let count = self.f.free - first;
        self.f.free = first;
        let result = self.destination(want)?;
        self.f.emit(Op::Concat, result, first, count, 0, offset);
        Ok(Value::Register(result))
    }
}

/// The op for an operator whose right operand is a constant that the op can hold.
fn constant_right(operator: BinaryOp, right: Value) -> Option<(Op, Const, Flipped)> {
    let Value::Const(constant) = right else { return None };
    constant.number()?;
    let integer = match constant {
        Const::Integer(value) => Some(value),
        _ => None,
    };
    let immediate = integer.filter(|&value| i32::try_from(value).is_ok());
    let (op, constant, flipped) = match operator {
        BinaryOp::Add if immediate.is_some() => (Op::AddImmediate, constant, Flipped::No),
        BinaryOp::Add => (Op::AddConstant, constant, Flipped::No),
        BinaryOp::Sub => {
            // The constant is negated; what metamethods see is its own negation.
            match integer.and_then(i64::checked_neg).filter(|&value| i32::try_from(value).is_ok()) {
                Some(value) => (Op::AddImmediate, Const::Integer(value), Flipped::Subtraction),
                None => (Op::SubConstant, constant, Flipped::No),
            }
        }
        BinaryOp::Mul => (Op::MulConstant, constant, Flipped::No),
        BinaryOp::Div => (Op::DivConstant, constant, Flipped::No),
        BinaryOp::FloorDiv => (Op::FloorDivConstant, constant, Flipped::No),
        BinaryOp::Mod => (Op::ModConstant, constant, Flipped::No),
        BinaryOp::Pow => (Op::PowConstant, constant, Flipped::No),
        BinaryOp::BitAnd if integer.is_some() => (Op::BitAndConstant, constant, Flipped::No),
        BinaryOp::BitOr if integer.is_some() => (Op::BitOrConstant, constant, Flipped::No),
        BinaryOp::BitXor if integer.is_some() => (Op::BitXorConstant, constant, Flipped::No),
        BinaryOp::ShiftLeft if immediate.is_some() => {
            (Op::ShiftLeftImmediate, constant, Flipped::No)
        }
        BinaryOp::ShiftRight if immediate.is_some() => {
            (Op::ShiftRightImmediate, constant, Flipped::No)
        }
        _ => return None,
    };
    Some((op, constant, flipped))
}

/// The op for an operator whose left operand is a constant that the op can hold.
fn constant_left(operator: BinaryOp, left: Value) -> Option<(Op, Const, Flipped)> {
    let Value::Const(constant) = left else { return None };
    match operator {
        BinaryOp::Add | BinaryOp::Mul | BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => {
            constant_right(operator, left).map(|(op, constant, _)| (op, constant, Flipped::Yes))
        }
        BinaryOp::Sub if constant.number().is_some() => {
            Some((Op::ConstantSub, constant, Flipped::No))
        }
        BinaryOp::Div if constant.number().is_some() => {
            Some((Op::ConstantDiv, constant, Flipped::No))
        }
        _ => None,
    }
}

/// An integer constant that a comparison can hold itself.
fn small_integer(value: Value) -> Option<i16> {
    match value {
        Value::Const(Const::Integer(value)) => i16::try_from(value).ok(),
        _ => None,
    }
}
