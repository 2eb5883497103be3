//! Names for error messages and tracebacks, found by looking at the code: which variable a register
//! stands for, and what an instruction called.
//!
//! The rules, and so the messages, are those of PUC-Rio Lua (`getobjname` and `funcnamefromcode` in
//! `ldebug.c`). The text of messages is made elsewhere.

use std::fmt;

use crate::op::{Flipped, Instruction, Op};
use crate::prototype::{Constant, Prototype};

/// What kind of thing a name found in the code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableKind {
    /// A global variable.
    Global,
    /// A local variable.
    Local,
    /// A local variable of an enclosing function.
    UpValue,
    /// A field of a table.
    Field,
    /// A method.
    Method,
    /// A string in the source.
    Constant,
}

impl VariableKind {
    /// Its word in messages.
    pub fn word(self) -> &'static str {
        match self {
            VariableKind::Global => "global",
            VariableKind::Local => "local",
            VariableKind::UpValue => "upvalue",
            VariableKind::Field => "field",
            VariableKind::Method => "method",
            VariableKind::Constant => "constant",
        }
    }
}

impl fmt::Display for VariableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The name of what has none that could be known.
const UNKNOWN: &[u8] = b"?";

/// What can be said about a register without looking at table accesses.
enum Basic<'a> {
    /// It is this.
    Known(VariableKind, &'a [u8]),
    /// The instruction with this index set it.
    SetBy(usize),
    /// Nothing.
    Unknown,
}

impl Prototype {
    /// The number, among the variables as `debug.getlocal` counts them, of one that only the
    /// reference has in a register: behind the parameters of a function with extra arguments that
    /// have no table of their own. Scripts count on it.
    pub fn hidden_local(&self) -> Option<u32> {
        // The table is made at once when there is one; before that, parameters are put into cells.
        let mut beginning = self.instructions.iter().take(usize::from(self.parameters) + 1);
        let is_hidden = self.is_vararg
            && self.line_defined > 0
            && !self.offsets.is_empty()
            && !beginning.any(|instruction| instruction.op == Op::VarArgTable);
        is_hidden.then(|| u32::from(self.parameters) + 1)
    }

    /// The name of the local variable that a register holds when the instruction `pc` is about to
    /// run, if it holds one and the name has not been stripped.
    pub fn local_name(&self, register: u8, pc: usize) -> Option<&[u8]> {
        let started = self.locals.partition_point(|local| local.start as usize <= pc);
        let holds =
            |local: &&crate::LocalInfo| local.register == register && pc < local.end as usize;
        self.locals[..started].iter().rev().find(holds).map(|local| &*local.name)
    }

    /// What an upvalue is called, `?` when the name has been stripped.
    pub fn describe_upvalue(&self, index: usize) -> (VariableKind, &[u8]) {
        (VariableKind::UpValue, self.upvalue_name(index))
    }

    /// Which variable, field or constant the value in a register is, when the instruction `pc` is
    /// about to run. Costs time in proportion to `pc`.
    pub fn describe_register(&self, pc: usize, register: u8) -> Option<(VariableKind, &[u8])> {
        let pc = match self.basic_name(pc, register) {
            Basic::Known(kind, name) => return Some((kind, name)),
            Basic::Unknown => return None,
            Basic::SetBy(pc) => pc,
        };
        let Instruction { op, a, b, c, .. } = *self.instructions.get(pc)?;
        Some(match op {
            Op::GetUpTable => {
                let table = self.upvalue_name(usize::from(b));
                (field_of(table), self.constant_name(usize::from(c)))
            }
            Op::GetTable => (self.field_of_register(pc, b), self.key_name(pc, c)),
            Op::GetVarArg => (VariableKind::Field, self.key_name(pc, b)),
            Op::GetIndex => (VariableKind::Field, b"integer index"),
            Op::GetField => (self.field_of_register(pc, b), self.constant_name(usize::from(c))),
            // The register after it holds the object, which has no name of its own.
            Op::GetMethod if register == a => {
                (VariableKind::Method, self.constant_name(usize::from(c)))
            }
            _ => return None,
        })
    }

    /// What the instruction `pc` called, as a word for its kind and a name: `("global", "print")`,
    /// `("method", "close")`, `("for iterator", "for iterator")`, `("metamethod", "add")`. Costs
    /// time in proportion to `pc`.
    pub fn describe_call(&self, pc: usize) -> Option<(&'static str, &[u8])> {
        let instruction = *self.instructions.get(pc)?;
        match instruction.op {
            Op::Call | Op::TailCall => {
                self.describe_register(pc, instruction.a).map(|(kind, name)| (kind.word(), name))
            }
            Op::GenericForCall => Some(("for iterator", b"for iterator")),
            _ => metamethod(instruction).map(|event| ("metamethod", event.as_bytes())),
        }
    }

    fn upvalue_name(&self, index: usize) -> &[u8] {
        match self.upvalues.get(index) {
            Some(upvalue) if !upvalue.name.is_empty() => &upvalue.name,
            _ => UNKNOWN,
        }
    }

    fn constant_name(&self, index: usize) -> &[u8] {
        match self.constants.get(index) {
            Some(Constant::String(name)) => name,
            _ => UNKNOWN,
        }
    }

    /// The name of a key in a register: known only when it is a constant string.
    fn key_name(&self, pc: usize, register: u8) -> &[u8] {
        match self.basic_name(pc, register) {
            Basic::Known(VariableKind::Constant, name) => name,
            _ => UNKNOWN,
        }
    }

    /// What a field of the table in a register is: a global variable if that table is `_ENV`.
    fn field_of_register(&self, pc: usize, register: u8) -> VariableKind {
        match self.basic_name(pc, register) {
            Basic::Known(VariableKind::Local | VariableKind::UpValue, name) => field_of(name),
            _ => VariableKind::Field,
        }
    }

    /// Which variable or constant a register holds, looking through moves.
    fn basic_name(&self, mut pc: usize, mut register: u8) -> Basic<'_> {
        loop {
            if let Some(name) = self.local_name(register, pc) {
                return Basic::Known(VariableKind::Local, name);
            }
            let Some(set) = self.find_set(pc, register) else { return Basic::Unknown };
            let Instruction { op, a, b, d, .. } = self.instructions[set];
            match op {
                // A move down is from a temporary, and a chain of moves up must end.
                Op::Move if b < a => (pc, register) = (set, b),
                Op::GetCell => {
                    return match self.local_name(b, set) {
                        Some(name) => Basic::Known(VariableKind::Local, name),
                        None => Basic::Unknown,
                    };
                }
                Op::GetUpValue => {
                    return Basic::Known(VariableKind::UpValue, self.upvalue_name(usize::from(b)));
                }
                Op::LoadConstant => {
                    return match self.constants.get(d as usize) {
                        Some(Constant::String(text)) => Basic::Known(VariableKind::Constant, text),
                        _ => Basic::Unknown,
                    };
                }
                _ => return Basic::SetBy(set),
            }
        }
    }

    /// The last instruction before `last` that set a register, unless it is one that jumps may
    /// pass over.
    fn find_set(&self, last: usize, register: u8) -> Option<usize> {
        let mut set = None;
        // What stands before this instruction may have been jumped over.
        let mut conditional_until = 0;
        for (pc, &instruction) in self.instructions.iter().enumerate().take(last) {
            if let Some(target) = jump_target(pc, instruction)
                && target <= last
            {
                conditional_until = conditional_until.max(target);
            }
            if sets(instruction, register) {
                set = (pc >= conditional_until).then_some(pc);
            }
        }
        set
    }
}

/// What a field of a table with this name is.
fn field_of(table: &[u8]) -> VariableKind {
    if table == b"_ENV" { VariableKind::Global } else { VariableKind::Field }
}

/// Where an instruction may jump forward to within a statement or expression. Loops, which
/// enclose whole statements, say nothing about the registers used after them.
fn jump_target(pc: usize, instruction: Instruction) -> Option<usize> {
    match instruction.op {
        Op::ForPrep | Op::GenericForPrep => None,
        op if op.operands()[3] == crate::Operand::JumpForward => {
            Some(pc.saturating_add(1).saturating_add_signed(instruction.d as isize))
        }
        _ => None,
    }
}

/// Whether an instruction changes a register.
fn sets(instruction: Instruction, register: u8) -> bool {
    let Instruction { op, a, b, c, .. } = instruction;
    let [register, a, b, c] = [register, a, b, c].map(u16::from);
    match op {
        // Its variable keeps its value, in a cell.
        Op::NewCell => false,
        Op::LoadNil => (a..=a + b).contains(&register),
        Op::GetMethod => register == a || register == a + 1,
        Op::Concat => register == a || (b..b + c).contains(&register),
        Op::Call | Op::TailCall => register >= a,
        Op::VarArg | Op::UnpackVarArgTable if c == 0 => register >= a,
        Op::VarArg | Op::UnpackVarArgTable => (a..a + c - 1).contains(&register),
        Op::ForPrep => (a..a + 3).contains(&register),
        Op::ForLoop => register == a || register == a + 2,
        Op::GenericForCall => register >= a + 4,
        Op::GenericForLoop => register == a + 2,
        _ => op.operands()[0] == crate::Operand::Write && register == a,
    }
}

/// The event whose metamethod an instruction may call.
fn metamethod(instruction: Instruction) -> Option<&'static str> {
    Some(match instruction.op {
        Op::GetUpTable | Op::GetTable | Op::GetIndex | Op::GetField | Op::GetMethod => "index",
        Op::SetUpTable
        | Op::SetTable
        | Op::SetTableConstant
        | Op::SetIndex
        | Op::SetField
        | Op::SetFieldConstant => "newindex",
        Op::AddImmediate if instruction.c == Flipped::Subtraction as u8 => "sub",
        Op::Add | Op::AddImmediate | Op::AddConstant => "add",
        Op::Sub | Op::SubConstant | Op::ConstantSub => "sub",
        Op::Mul | Op::MulConstant => "mul",
        Op::Div | Op::DivConstant | Op::ConstantDiv => "div",
        Op::Mod | Op::ModConstant => "mod",
        Op::Pow | Op::PowConstant => "pow",
        Op::FloorDiv | Op::FloorDivConstant => "idiv",
        Op::BitAnd | Op::BitAndConstant => "band",
        Op::BitOr | Op::BitOrConstant => "bor",
        Op::BitXor | Op::BitXorConstant => "bxor",
        Op::ShiftLeft | Op::ShiftLeftImmediate => "shl",
        Op::ShiftRight | Op::ShiftRightImmediate => "shr",
        Op::Negate => "unm",
        Op::BitNot => "bnot",
        Op::Length => "len",
        Op::Concat => "concat",
        // Comparing with a constant calls nothing: only tables and userdata have `__eq`.
        Op::JumpEqual | Op::JumpNotEqual => "eq",
        Op::JumpLess
        | Op::JumpNotLess
        | Op::JumpLessImmediate
        | Op::JumpNotLessImmediate
        | Op::JumpGreaterImmediate
        | Op::JumpNotGreaterImmediate => "lt",
        Op::JumpLessEqual
        | Op::JumpNotLessEqual
        | Op::JumpLessEqualImmediate
        | Op::JumpNotLessEqualImmediate
        | Op::JumpGreaterEqualImmediate
        | Op::JumpNotGreaterEqualImmediate => "le",
        Op::Close => "close",
        Op::Return if instruction.c == 1 => "close",
        _ => return None,
    })
}
