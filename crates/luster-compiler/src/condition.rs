//! Conditions, `and`, `or` and `not`: expressions that become jumps.
//!
//! A condition is compiled with two labels, one to reach when it is true and one when it is false,
//! of which one may simply come next. Where `and` and `or` are used for their value, either label
//! may also ask for the value in the target register. Chains of operators are walked in a loop:
//! they may be of any length on their left side.

use luster_bytecode::Op;
use luster_syntax::{
    ExprId, TokenId,
    ast::{BinaryOp, Expr, UnaryOp},
};
use smallvec::SmallVec;

use crate::{
    compiler::Compiler,
    error::Result,
    expr::Value,
    function::{Const, LabelId},
};

/// How many nodes are looked at to see whether an expression uses a variable.
const MENTION_BUDGET: u32 = 48;

/// Which label stands where the code of a condition ends.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    True,
    False,
    Both,
}

/// Where to go from a condition.
#[derive(Clone, Copy)]
struct Exits {
    on_true: LabelId,
    on_false: LabelId,
    /// Whether the label for true wants the value in the target register.
    true_value: bool,
    /// Whether the label for false does. If both do they are the same label.
    false_value: bool,
    next: Next,
    /// The token that PUC-Rio has read when the value is complete.
    end: TokenId,
}

impl Compiler<'_> {
    /// Whether an expression is one that is best compiled as jumps.
    pub(crate) fn is_condition(&self, id: ExprId) -> bool {
        match self.ast.expr(self.strip(id)) {
            Expr::Binary { operator, .. } => {
                is_comparison(operator) || matches!(operator, BinaryOp::And | BinaryOp::Or)
            }
            Expr::Unary { operator: UnaryOp::Not, .. } => true,
            _ => false,
        }
    }

    /// Goes on with the next instruction if a condition holds; returns the label to reach if not.
    pub(crate) fn jump_unless(&mut self, condition: ExprId) -> Result<LabelId> {
        let (on_true, on_false) = (self.f.new_label(), self.f.new_label());
        let next = Next::True;
        let last = self.last_token(condition);
        let exits =
            Exits { on_true, on_false, true_value: false, false_value: false, next, end: last };
        self.branch(condition, exits, 0, last, last)?;
        self.f.bind(on_true);
        Ok(on_false)
    }

    /// Goes on with the next instruction if a condition does not hold; returns the label to reach
    /// if it does.
    pub(crate) fn jump_if(&mut self, condition: ExprId) -> Result<LabelId> {
        let (on_true, on_false) = (self.f.new_label(), self.f.new_label());
        let next = Next::False;
        let last = self.last_token(condition);
        let exits =
            Exits { on_true, on_false, true_value: false, false_value: false, next, end: last };
        self.branch(condition, exits, 0, last, last)?;
        self.f.bind(on_false);
        Ok(on_true)
    }

    /// The truth of a condition as a value.
    #[inline(never)]
    pub(crate) fn boolean_value(
        &mut self,
        id: ExprId,
        want: Option<u8>,
        late: TokenId,
    ) -> Result<Value> {
        let on_true = self.jump_if(id)?;
        self.position = self.last_token(id);
        let register = self.destination(want)?;
        let offset = self.late(id, late);
        self.load_booleans(on_true, register, offset);
        Ok(Value::Register(register))
    }

    /// Ends a comparison used as a value: false comes here, true to the label.
    pub(crate) fn load_booleans(&mut self, on_true: LabelId, register: u8, offset: u32) {
        self.f.emit_a(Op::LoadFalseSkip, register, offset);
        self.f.bind(on_true);
        self.f.emit_a(Op::LoadTrue, register, offset);
        self.f.mark_target();
    }

    /// `and` and `or` for their value.
    #[inline(never)]
    pub(crate) fn logical_value(
        &mut self,
        id: ExprId,
        want: Option<u8>,
        late: TokenId,
    ) -> Result<Value> {
        if let Some(id) = self.without_constants(id) {
            return self.expr(id, want, late);
        }
        let mark = self.f.free;
        // Operands are evaluated into the target one after the other. A variable can be the
        // target only if no operand but the first reads it.
        let target = match want {
            Some(register) if !self.mentions(id, register) => register,
            _ => self.reserve(1)?,
        };
        let end = self.f.new_label();
        let exits = Exits {
            on_true: end,
            on_false: end,
            true_value: true,
            false_value: true,
            next: Next::Both,
            end: late,
        };
        self.branch(id, exits, target, late, late)?;
        self.f.bind(end);
        match want {
            Some(register) => {
                self.f.free = mark;
                let offset = self.late(id, late);
                self.load(Value::Register(target), register, offset);
                Ok(Value::Register(register))
            }
            None => {
                self.f.free = mark + 1;
                Ok(Value::Register(target))
            }
        }
    }

    /// The expression left when constants that decide nothing are taken off the left end of a
    /// chain of `and` and `or`, if that leaves no chain.
    fn without_constants(&self, id: ExprId) -> Option<ExprId> {
        let Expr::Binary { operator, left, right } = self.ast.expr(id) else { return Some(id) };
        let constant = self.literal(left)?;
        let goes_on = match operator {
            BinaryOp::And => constant.is_truthy(),
            _ => !constant.is_truthy(),
        };
        goes_on.then_some(right)
    }

    /// Whether any operand of `and` or `or` but the very first reads a local variable. May say so
    /// where it does not.
    fn mentions(&mut self, id: ExprId, register: u8) -> bool {
        if register >= self.f.active_registers {
            return false;
        }
        if let Expr::Binary { left, right, .. } = self.ast.expr(id)
            && self.is_in_register(left, register)
            && !self.is_logical(right)
        {
            // `x = x and x.y`: the second operand has read all it needs when it is written.
            return false;
        }
        let mut budget = MENTION_BUDGET;
        let mut id = id;
        while let Expr::Binary { operator: BinaryOp::And | BinaryOp::Or, left, right } =
            self.ast.expr(id)
        {
            if self.mentions_within(right, register, &mut budget) {
                return true;
            }
            id = left;
        }
        !matches!(self.ast.expr(id), Expr::Name(_))
            && self.mentions_within(id, register, &mut budget)
    }

    /// Whether an expression is the local variable in a register.
    fn is_in_register(&self, id: ExprId, register: u8) -> bool {
        match self.ast.expr(self.strip(id)) {
            Expr::Name(symbol) => {
                self.scopes.is_register(symbol.into(), self.outer.len(), register)
            }
            _ => false,
        }
    }

    /// Whether an expression is an `and` or `or`.
    fn is_logical(&self, id: ExprId) -> bool {
        matches!(
            self.ast.expr(self.strip(id)),
            Expr::Binary { operator: BinaryOp::And | BinaryOp::Or, .. }
        )
    }

    fn mentions_within(&mut self, id: ExprId, register: u8, budget: &mut u32) -> bool {
        let ast = self.ast;
        let mut pending: SmallVec<[ExprId; 16]> = SmallVec::new();
        pending.push(id);
        while let Some(id) = pending.pop() {
            if *budget == 0 {
                return true;
            }
            *budget -= 1;
            match ast.expr(id) {
                Expr::Name(symbol) => {
                    let is_it = self.scopes.is_register(symbol.into(), self.outer.len(), register);
                    // Any other name may be a global in an `_ENV` that is the variable.
                    let env = self.names.env();
                    if is_it || self.scopes.is_register(env, self.outer.len(), register) {
                        return true;
                    }
                }
                Expr::Field { object, .. } => pending.push(object),
                Expr::Index { object, key } => pending.extend([object, key]),
                Expr::Binary { left, right, .. } => pending.extend([left, right]),
                Expr::Unary { operand, .. } => pending.push(operand),
                Expr::Paren(inner) => pending.push(inner),
                call @ (Expr::Call { .. } | Expr::MethodCall(_)) => {
                    let Some((object, arguments)) = ast.call(call) else { continue };
                    pending.push(object);
                    let arguments = ast.list(arguments);
                    if arguments.len() > *budget as usize {
                        return true;
                    }
                    pending.extend_from_slice(arguments);
                }
                Expr::Table(items) if !items.is_empty() => return true,
                // A function uses captured variables only, which have no register of their own.
                _ => {}
            }
        }
        false
    }

    /// Compiles a condition. PUC-Rio tests it when it has read the token `late`, and reads what it
    /// is made of at the token `read`.
    fn branch(
        &mut self,
        id: ExprId,
        exits: Exits,
        target: u8,
        late: TokenId,
        read: TokenId,
    ) -> Result<()> {
        let mut waiting: SmallVec<[(ExprId, Exits, LabelId, TokenId); 4]> = SmallVec::new();
        let (mut id, mut exits, mut late, mut read) = (id, exits, late, read);
        loop {
            let outer = id;
            id = self.strip(id);
            if outer != id {
                read = self.after(self.last_token(id));
            }
            match self.ast.expr(id) {
                Expr::Binary { operator: BinaryOp::And, left, right } => {
                    let start = self.f.new_label();
                    waiting.push((right, exits, start, late));
                    exits = Exits { on_true: start, true_value: false, next: Next::True, ..exits };
                    late = self.place(id).anchor;
                    read = late;
                    id = left;
                }
                Expr::Binary { operator: BinaryOp::Or, left, right } => {
                    let start = self.f.new_label();
                    waiting.push((right, exits, start, late));
                    late = self.place(id).anchor;
                    read = late;
                    exits =
                        Exits { on_false: start, false_value: false, next: Next::False, ..exits };
                    id = left;
                }
                Expr::Unary { operator: UnaryOp::Not, operand }
                    if !exits.true_value && !exits.false_value =>
                {
                    exits = exits.negated();
                    read = self.last_token(id);
                    id = operand;
                }
                _ => break,
            }
        }
        self.branch_leaf(id, exits, target, late, read)?;
        while let Some((right, exits, start, late)) = waiting.pop() {
            self.f.bind(start);
            let read = self.last_token(right);
            self.branch(right, exits, target, late, read)?;
        }
        Ok(())
    }

    /// Compiles a condition that is not `and` or `or`.
    #[inline(never)]
    fn branch_leaf(
        &mut self,
        id: ExprId,
        exits: Exits,
        target: u8,
        late: TokenId,
        read: TokenId,
    ) -> Result<()> {
        let offset = self.late(id, late);
        if let Some(constant) = self.literal(id) {
            self.branch_constant(constant, exits, target, offset);
            return Ok(());
        }
        if exits.true_value && exits.false_value {
            return self.operand_to(id, target, late, read);
        }
        if self.is_condition(id) {
            return self.branch_boolean(id, exits, target, late);
        }
        let mark = self.f.free;
        if !exits.true_value && !exits.false_value {
            let value = self.expr(id, None, read)?;
            if let Value::Const(constant) = value {
                self.branch_constant(constant, exits, target, offset);
                return Ok(());
            }
            let register = self.in_register(value, offset)?;
            self.f.free = mark;
            match exits.next {
                Next::True => self.f.emit_test(register, false, exits.on_false, offset),
                _ => self.f.emit_test(register, true, exits.on_true, offset),
            }
            return Ok(());
        }
        self.operand_to(id, target, late, read)?;
        if exits.true_value {
            self.f.emit_test(target, true, exits.on_true, offset);
            if exits.next != Next::False {
                self.f.emit_jump(exits.on_false, offset);
            }
        } else {
            self.f.emit_test(target, false, exits.on_false, offset);
            if exits.next != Next::True {
                self.f.emit_jump(exits.on_true, offset);
            }
        }
        Ok(())
    }

    /// Evaluates an operand into the target of a chain.
    fn operand_to(&mut self, id: ExprId, target: u8, late: TokenId, read: TokenId) -> Result<()> {
        let mark = self.f.free;
        if target + 1 == mark && target >= self.f.active_registers {
            // The target is the highest register taken and holds nothing yet: the operand may use
            // it from the start.
            self.f.free = target;
            let value = self.expr(id, None, read)?;
            self.settle(value, target, id, late)?;
        } else {
            let value = self.expr(id, Some(target), read)?;
            let offset = self.late(id, late);
            self.load(value, target, offset);
        }
        self.f.free = mark;
        Ok(())
    }

    fn branch_constant(&mut self, constant: Const, exits: Exits, target: u8, offset: u32) {
        let (label, wants_value, is_next) = match constant.is_truthy() {
            true => (exits.on_true, exits.true_value, exits.next != Next::False),
            false => (exits.on_false, exits.false_value, exits.next != Next::True),
        };
        if wants_value {
            self.load(Value::Const(constant), target, offset);
        }
        if !is_next {
            self.f.emit_lasting_jump(label, offset);
        }
    }

    /// A comparison or `not`, whose value is `true` or `false`, so that only one of the two needs
    /// loading.
    fn branch_boolean(
        &mut self,
        id: ExprId,
        exits: Exits,
        target: u8,
        late: TokenId,
    ) -> Result<()> {
        let offset = self.late(id, exits.end);
        if !exits.true_value && !exits.false_value {
            return self.branch_comparison(id, exits);
        }
        let here = self.f.new_label();
        if exits.true_value {
            let inner = Exits { on_true: here, true_value: false, next: Next::True, ..exits };
            self.branch(id, inner, target, late, late)?;
            self.f.bind(here);
            self.load(Value::Const(Const::True), target, offset);
            if exits.next == Next::False {
                self.f.emit_jump(exits.on_true, offset);
            }
        } else {
            let inner = Exits { on_false: here, false_value: false, next: Next::False, ..exits };
            self.branch(id, inner, target, late, late)?;
            self.f.bind(here);
            self.load(Value::Const(Const::False), target, offset);
            if exits.next == Next::True {
                self.f.emit_jump(exits.on_false, offset);
            }
        }
        Ok(())
    }

    fn branch_comparison(&mut self, id: ExprId, exits: Exits) -> Result<()> {
        let Expr::Binary { operator, left, right } = self.ast.expr(id) else { return Ok(()) };
        let mark = self.f.free;
        let left = self.operand(left, self.place(id).anchor)?;
        let last = self.last_token(right);
        let right = self.expr(right, None, last)?;
        let offset = self.late(id, last);
        let (when, label) = match exits.next {
            Next::True => (false, exits.on_false),
            _ => (true, exits.on_true),
        };
        self.compare(operator, left, right, when, label, offset)?;
        self.f.free = mark;
        Ok(())
    }
}

impl Exits {
    /// The exits of the operand of a `not`.
    fn negated(self) -> Self {
        Exits {
            on_true: self.on_false,
            on_false: self.on_true,
            true_value: self.false_value,
            false_value: self.true_value,
            next: match self.next {
                Next::True => Next::False,
                Next::False => Next::True,
                Next::Both => Next::Both,
            },
            end: self.end,
        }
    }
}

/// Whether an operator compares.
pub(crate) fn is_comparison(operator: BinaryOp) -> bool {
    matches!(
        operator,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
    )
}
