//! Constant folding: which operations on constants are done while compiling.
//!
//! The rules are those of `constfolding` in PUC-Rio's `lcode.c`: nothing that may raise an error
//! is folded, nor anything whose result is a NaN or a zero float.

use luster_number::{ArithmeticOp, Number, arithmetic};
use luster_syntax::ast::{BinaryOp, UnaryOp};

use crate::function::Const;

impl Const {
    /// Its number, if it is one.
    pub(crate) fn number(self) -> Option<Number> {
        match self {
            Const::Integer(value) => Some(Number::Integer(value)),
            Const::Float(value) => Some(Number::Float(value)),
            _ => None,
        }
    }
}

/// The result of an arithmetic operator on two constants.
pub(crate) fn binary(operator: BinaryOp, left: Const, right: Const) -> Option<Const> {
    let (left, right) = (left.number()?, right.number()?);
    let op = match operator {
        BinaryOp::Add => ArithmeticOp::Add,
        BinaryOp::Sub => ArithmeticOp::Sub,
        BinaryOp::Mul => ArithmeticOp::Mul,
        BinaryOp::Div => ArithmeticOp::Div,
        BinaryOp::FloorDiv => ArithmeticOp::FloorDiv,
        BinaryOp::Mod => ArithmeticOp::Mod,
        BinaryOp::Pow => ArithmeticOp::Pow,
        BinaryOp::BitAnd => ArithmeticOp::BitAnd,
        BinaryOp::BitOr => ArithmeticOp::BitOr,
        BinaryOp::BitXor => ArithmeticOp::BitXor,
        BinaryOp::ShiftLeft => ArithmeticOp::ShiftLeft,
        BinaryOp::ShiftRight => ArithmeticOp::ShiftRight,
        _ => return None,
    };
    let divides = matches!(op, ArithmeticOp::Div | ArithmeticOp::FloorDiv | ArithmeticOp::Mod);
    if divides && right.to_float() == 0.0 {
        return None;
    }
    fold(op, left, right)
}

/// The result of a unary operator on a constant.
pub(crate) fn unary(operator: UnaryOp, operand: Const) -> Option<Const> {
    let op = match operator {
        UnaryOp::Negate => ArithmeticOp::Negate,
        UnaryOp::BitNot => ArithmeticOp::BitNot,
        UnaryOp::Not if operand.is_truthy() => return Some(Const::False),
        UnaryOp::Not => return Some(Const::True),
        UnaryOp::Length => return None,
    };
    let number = operand.number()?;
    fold(op, number, number)
}

fn fold(op: ArithmeticOp, left: Number, right: Number) -> Option<Const> {
    match arithmetic(op, left, right).ok()? {
        Number::Integer(value) => Some(Const::Integer(value)),
        Number::Float(value) if value.is_nan() || value == 0.0 => None,
        Number::Float(value) => Some(Const::Float(value)),
    }
}
