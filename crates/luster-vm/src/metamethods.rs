//! Instructions whose operands have metamethods, and what such instructions mean otherwise.
//!
//! Metamethods that are Lua functions, as most are, are entered from here; what operators mean is in
//! `operate`.

use luster_bytecode::{Flipped, Op};
use luster_number::ArithmeticOp;
use luster_value::{ClosureInsides, Metamethod, ReturnKind, Table, Value};

use crate::cursor::call_above;
use crate::operate::{self, Fault, Outcome, SetOutcome};
use crate::run::{Control, Flow, Run};

/// What a call of a metamethod costs beside its instructions, which may never come to one that charges:
/// a metamethod in a metamethod, and so on.
const METAMETHOD_FUEL: i64 = 4;

impl<'gc> Run<'gc> {
    /// Enters a metamethod that is a Lua function without extra arguments, or calls any other.
    #[inline(always)]
    pub(crate) fn enter_metamethod<const N: usize>(
        &mut self,
        function: Value<'gc>,
        arguments: [Value<'gc>; N],
        returns: ReturnKind,
    ) -> Control<'gc> {
        self.state.fuel -= METAMETHOD_FUEL;
        match function {
            Value::Closure(closure) if !closure.code().is_vararg => {
                if call_above(&mut self.state, closure, arguments, returns) {
                    Ok(Flow::GoOn)
                } else {
                    self.call_metamethod(function, &arguments, returns)
                }
            }
            _ => self.call_metamethod(function, &arguments, returns),
        }
    }

    /// The metamethod of a table, or nil.
    #[inline(always)]
    pub(crate) fn table_metamethod(&self, table: Table<'gc>, which: Metamethod) -> Value<'gc> {
        match table.metatable() {
            Some(metatable) => metatable.metamethod(self.ctx, which),
            None => Value::Nil,
        }
    }

    /// The metamethod of a binary operation on a table and something, which is a Lua function.
    #[inline(always)]
    pub(crate) fn lua_metamethod(
        &self,
        a: Value<'gc>,
        b: Value<'gc>,
        which: Metamethod,
    ) -> Option<Value<'gc>> {
        let mut handler = match a {
            Value::Table(table) => self.table_metamethod(table, which),
            _ => Value::Nil,
        };
        if let (Value::Nil, Value::Table(table)) = (handler, b)
            && matches!(a, Value::Table(_) | Value::Integer(_) | Value::Float(_))
        {
            handler = self.table_metamethod(table, which);
        }
        matches!(handler, Value::Closure(_)).then_some(handler)
    }

    /// Calls a metamethod above the function's registers.
    #[inline(never)]
    pub(crate) fn call_metamethod(
        &mut self,
        function: Value<'gc>,
        arguments: &[Value<'gc>],
        returns: ReturnKind,
    ) -> Control<'gc> {
        let at = self.above();
        self.reserve(at + arguments.len() + 1)?;
        self.state.registers.set(at, function);
        for (index, argument) in arguments.iter().enumerate() {
            self.state.registers.set(at + 1 + index, *argument);
        }
        self.call(at, arguments.len(), returns)
    }

    pub(crate) fn inherit_value(
        &mut self,
        mut table: Table<'gc>,
        key: Value<'gc>,
        register: u8,
    ) -> Control<'gc> {
        for links in 0..operate::MAX_CHAIN {
            operate::count_link(links);
            let handler = self.table_metamethod(table, Metamethod::Index);
            let value = match handler {
                Value::Nil => Value::Nil,
                Value::Table(next) => {
                    table = next;
                    match next.get(key) {
                        Value::Nil => continue,
                        value => value,
                    }
                }
                Value::Callback(callback)
                    if let Some(value) = callback.index(self.ctx, Value::Table(table), key) =>
                {
                    self.end_slice_if_due();
                    value
                }
                Value::Closure(_) | Value::Callback(_) => {
                    let arguments = [Value::Table(table), key];
                    return self.enter_metamethod(
                        handler,
                        arguments,
                        ReturnKind::Register(register),
                    );
                }
                object => return self.get_value(object, key, register),
            };
            self.set_register(register, value);
            self.end_slice_if_due();
            return Ok(Flow::GoOn);
        }
        self.end_slice_if_due();
        Err(self.fault(Fault::Message("'__index' chain too long; possible loop")))
    }

    pub(crate) fn outcome(
        &mut self,
        outcome: Result<Outcome<'gc>, Fault<'gc>>,
        register: u8,
    ) -> Control<'gc> {
        match outcome {
            Ok(Outcome::Value(value)) => {
                self.set_register(register, value);
                // The value may have been made by the quick form of a metamethod.
                self.end_slice_if_due();
                Ok(Flow::GoOn)
            }
            Ok(Outcome::Call(function, arguments)) => {
                self.call_metamethod(function, &arguments, ReturnKind::Register(register))
            }
            Err(fault) => Err(self.fault(fault)),
        }
    }

    pub(crate) fn get_value(
        &mut self,
        object: Value<'gc>,
        key: Value<'gc>,
        register: u8,
    ) -> Control<'gc> {
        self.outcome(operate::get(self.ctx, object, key), register)
    }

    pub(crate) fn set_value(
        &mut self,
        mut object: Value<'gc>,
        key: Value<'gc>,
        value: Value<'gc>,
    ) -> Control<'gc> {
        for links in 0..operate::MAX_CHAIN {
            operate::count_link(links);
            let Value::Table(table) = object else { break };
            let handler = self.table_metamethod(table, Metamethod::NewIndex);
            if handler.is_nil() || !table.get(key).is_nil() {
                return match table.set(self.ctx, key, value) {
                    Ok(()) => {
                        // The table may have grown.
                        self.end_slice_if_due();
                        Ok(Flow::GoOn)
                    }
                    Err(key) => Err(self.fault(Fault::Key(key))),
                };
            }
            match handler {
                Value::Table(next) => {
                    if let Value::String(name) = key
                        && name.is_short()
                        && next.try_set_short(&self.ctx, name, value)
                    {
                        self.end_slice_if_due();
                        return Ok(Flow::GoOn);
                    }
                    object = handler;
                }
                Value::Closure(_) => {
                    let arguments = [object, key, value];
                    return self.enter_metamethod(handler, arguments, ReturnKind::Discard);
                }
                _ => break,
            }
        }
        let outcome = operate::set(self.ctx, object, key, value);
        self.end_slice_if_due();
        match outcome {
            Ok(SetOutcome::Done) => Ok(Flow::GoOn),
            Ok(SetOutcome::Call(function, arguments)) => {
                self.call_metamethod(function, &arguments, ReturnKind::Discard)
            }
            Err(fault) => Err(self.fault(fault)),
        }
    }

    pub(crate) fn length_of(&mut self, value: Value<'gc>, register: u8) -> Control<'gc> {
        if let Value::Table(table) = value
            && let handler @ Value::Closure(_) = self.table_metamethod(table, Metamethod::Len)
        {
            return self.enter_metamethod(handler, [value; 2], ReturnKind::Register(register));
        }
        self.outcome(operate::length(self.ctx, value), register)
    }

    pub(crate) fn calculate(&mut self) -> Control<'gc> {
        let cursor = self.running();
        let i = cursor.current();
        let (b, c) = (cursor.get(i.b), i.c.get());
        let constant = || cursor.constant(i);
        let immediate = || Value::Integer(i64::from(i.d()));
        let is_flipped = c.get() == Flipped::Yes as u16;
        let (op, a, b) = match i.op.get().plain() {
            Op::Add => (ArithmeticOp::Add, b, cursor.get(c)),
            Op::Sub => (ArithmeticOp::Sub, b, cursor.get(c)),
            Op::Mul => (ArithmeticOp::Mul, b, cursor.get(c)),
            Op::Div => (ArithmeticOp::Div, b, cursor.get(c)),
            Op::Mod => (ArithmeticOp::Mod, b, cursor.get(c)),
            Op::Pow => (ArithmeticOp::Pow, b, cursor.get(c)),
            Op::FloorDiv => (ArithmeticOp::FloorDiv, b, cursor.get(c)),
            Op::BitAnd => (ArithmeticOp::BitAnd, b, cursor.get(c)),
            Op::BitOr => (ArithmeticOp::BitOr, b, cursor.get(c)),
            Op::BitXor => (ArithmeticOp::BitXor, b, cursor.get(c)),
            Op::ShiftLeft => (ArithmeticOp::ShiftLeft, b, cursor.get(c)),
            Op::ShiftRight => (ArithmeticOp::ShiftRight, b, cursor.get(c)),
            Op::AddImmediate if c.get() == Flipped::Subtraction as u16 => {
                (ArithmeticOp::Sub, b, Value::Integer(-i64::from(i.d())))
            }
            Op::AddImmediate => flip(ArithmeticOp::Add, is_flipped, b, immediate()),
            Op::AddConstant => flip(ArithmeticOp::Add, is_flipped, b, constant()),
            Op::SubConstant => (ArithmeticOp::Sub, b, constant()),
            Op::MulConstant => flip(ArithmeticOp::Mul, is_flipped, b, constant()),
            Op::DivConstant => (ArithmeticOp::Div, b, constant()),
            Op::ModConstant => (ArithmeticOp::Mod, b, constant()),
            Op::PowConstant => (ArithmeticOp::Pow, b, constant()),
            Op::FloorDivConstant => (ArithmeticOp::FloorDiv, b, constant()),
            Op::BitAndConstant => flip(ArithmeticOp::BitAnd, is_flipped, b, constant()),
            Op::BitOrConstant => flip(ArithmeticOp::BitOr, is_flipped, b, constant()),
            Op::BitXorConstant => flip(ArithmeticOp::BitXor, is_flipped, b, constant()),
            Op::ShiftLeftImmediate => (ArithmeticOp::ShiftLeft, b, immediate()),
            Op::ShiftRightImmediate => (ArithmeticOp::ShiftRight, b, immediate()),
            Op::ConstantSub => (ArithmeticOp::Sub, constant(), b),
            Op::ConstantDiv => (ArithmeticOp::Div, constant(), b),
            Op::Negate => (ArithmeticOp::Negate, b, b),
            Op::BitNot => (ArithmeticOp::BitNot, b, b),
            _ => unreachable!("only arithmetic instructions come here"),
        };
        if let Some(handler) = self.lua_metamethod(a, b, operate::arithmetic_metamethod(op)) {
            return self.enter_metamethod(handler, [a, b], ReturnKind::Register(i.a.index()));
        }
        self.outcome(operate::arithmetic(self.ctx, op, a, b), i.a.index())
    }

    pub(crate) fn compare_values(
        &mut self,
        which: Metamethod,
        a: Value<'gc>,
        b: Value<'gc>,
    ) -> Control<'gc> {
        if let Some(handler) = self.lua_metamethod(a, b, which) {
            return self.enter_metamethod(handler, [a, b], ReturnKind::Condition);
        }
        let outcome = match which {
            Metamethod::Eq => Ok(operate::equal(self.ctx, a, b)),
            Metamethod::Lt => operate::less(self.ctx, a, b),
            _ => operate::less_equal(self.ctx, a, b),
        };
        match outcome {
            Ok(Outcome::Value(value)) => {
                let at = self.above();
                self.reserve(at)?;
                self.state.registers.set(at, value);
                self.deliver(at, 1, at, ReturnKind::Condition)
            }
            Ok(Outcome::Call(function, arguments)) => {
                self.call_metamethod(function, &arguments, ReturnKind::Condition)
            }
            Err(fault) => Err(self.fault(fault)),
        }
    }
}

fn flip<'gc>(
    op: ArithmeticOp,
    is_flipped: bool,
    register: Value<'gc>,
    constant: Value<'gc>,
) -> (ArithmeticOp, Value<'gc>, Value<'gc>) {
    if is_flipped { (op, constant, register) } else { (op, register, constant) }
}
