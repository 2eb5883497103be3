//! The verifier: the rules that every prototype obeys, checked before one can exist.
//!
//! It runs in two steps: `shape` looks at each instruction and its neighbours (operands, jumps,
//! windows), `flow` follows control through the function and knows for each register whether it
//! holds a Lua value, a cell or nothing that may be read. This file holds the errors, and the rules
//! about a function as a whole. What the VM checks while running (the types of values, sizes of
//! tables) is not verified here, nor that a shared `Source` has its lines in order: nothing but
//! messages relies on it.

mod flow;
mod registers;
mod shape;

use std::fmt;

use crate::prototype::{Capture, Parts, Prototype, UpValueInfo};
use flow::Flow;
use registers::{Few, Many};
use shape::Shape;

/// How many levels deep functions may nest, the main one included. The compiler's own limit on
/// nesting is lower.
pub(crate) const MAX_DEPTH: u16 = 250;

/// The most instructions, and the most constants, of one function: so many that distances in bytes,
/// as linked code has them, fit 32 bits.
pub const MAX_LENGTH: usize = 1 << 26;

/// Why pieces are not a prototype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The instruction that breaks the rule, when it is one.
    pub pc: Option<usize>,
    /// The rule.
    pub kind: VerifyErrorKind,
}

/// A rule of the verifier, by how it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyErrorKind {
    /// There are no instructions.
    Empty,
    /// There are more than [`MAX_LENGTH`] instructions.
    TooLong,
    /// There are more than [`MAX_LENGTH`] constants.
    TooManyConstants,
    /// Functions nest too deeply.
    TooDeep,
    /// There are more parameters than registers.
    TooManyParameters,
    /// There are more than 255 upvalues.
    TooManyUpValues,
    /// There are source offsets, but not one for each instruction.
    Offsets,
    /// A local variable's register or range is impossible, or it stands out of order.
    Local(usize),
    /// A nested prototype captures a register or an upvalue that this function does not have.
    Capture(usize),
    /// An operand names a register that the function does not have.
    RegisterRange(u8),
    /// Several registers are named, from this one on, and the function does not have all of them.
    Window(u8),
    /// An operand names a constant that the function does not have.
    ConstantRange,
    /// A constant is not of the kind that the op takes.
    ConstantKind,
    /// An operand names an upvalue that the function does not have.
    UpValueRange,
    /// An operand names a nested prototype that the function does not have.
    PrototypeRange,
    /// An operand that is not used, or is room for a cache, is not zero.
    UnusedOperand,
    /// An operand's value means nothing.
    OperandRange,
    /// A jump forward goes backward, or the other way round.
    JumpDirection,
    /// A jump leaves the function.
    JumpRange,
    /// Control could run past the last instruction.
    FallsOff,
    /// The two ends of a loop do not fit each other.
    LoopShape,
    /// Extra arguments are asked for in a function that takes none.
    NotVarArg,
    /// An instruction takes everything up to the top, but the one before it does not set the top,
    /// or sets it for registers below its own, or is not always the one before.
    OpenInput,
    /// An instruction sets the top, but the next one does not take what it made.
    OpenOutput,
    /// A register is read that may not hold a Lua value.
    NotAValue(u8),
    /// A register is used as a captured variable's cell, but may not hold one.
    NotACell(u8),
    /// An op is one that only linked code has.
    LinkedOp,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pc) = self.pc {
            write!(f, "instruction {pc}: ")?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for VerifyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use VerifyErrorKind::*;
        match self {
            Empty => f.write_str("no instructions"),
            TooLong => f.write_str("too many instructions"),
            TooManyConstants => f.write_str("too many constants"),
            TooDeep => f.write_str("functions nest too deeply"),
            TooManyParameters => f.write_str("more parameters than registers"),
            TooManyUpValues => f.write_str("too many upvalues"),
            Offsets => f.write_str("not one source offset for each instruction"),
            Local(index) => write!(f, "local variable {index} has an impossible place"),
            Capture(index) => write!(f, "nested function {index} captures what is not there"),
            RegisterRange(register) => write!(f, "no register {register}"),
            Window(register) => write!(f, "not enough registers from {register} on"),
            ConstantRange => f.write_str("no such constant"),
            ConstantKind => f.write_str("constant of the wrong kind"),
            UpValueRange => f.write_str("no such upvalue"),
            PrototypeRange => f.write_str("no such nested function"),
            LinkedOp => f.write_str("an op of linked code"),
            UnusedOperand => f.write_str("unused operand is not zero"),
            OperandRange => f.write_str("operand out of range"),
            JumpDirection => f.write_str("jump in the wrong direction"),
            JumpRange => f.write_str("jump out of the function"),
            FallsOff => f.write_str("control runs past the end"),
            LoopShape => f.write_str("ends of a loop do not fit"),
            NotVarArg => f.write_str("function takes no extra arguments"),
            OpenInput => f.write_str("takes an open list that is not there"),
            OpenOutput => f.write_str("leaves an open list that is not taken"),
            NotAValue(register) => write!(f, "register {register} may not hold a value"),
            NotACell(register) => write!(f, "register {register} may not hold a cell"),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Makes prototypes of parts that obey all rules, one after the other: what it needs for that it
/// keeps, so that a chunk of many functions takes memory for it only once.
#[derive(Default)]
pub struct Verifier {
    shape: Shape,
    few: Flow<Few>,
    many: Flow<Many>,
}

impl Verifier {
    /// A verifier that has not verified anything yet.
    pub fn new() -> Self {
        Verifier::default()
    }

    /// Checks everything that the VM relies on and makes a prototype of the parts.
    ///
    /// # Errors
    /// The first rule that is broken, and at which instruction.
    pub fn verify(&mut self, parts: Parts) -> Result<Prototype, VerifyError> {
        self.check(&parts)?;
        Ok(Prototype::from_verified(parts))
    }

    /// Checks the parts of a prototype against all rules. Its nested prototypes have been through it
    /// already.
    fn check(&mut self, parts: &Parts) -> Result<(), VerifyError> {
        whole(parts).map_err(|kind| VerifyError { pc: None, kind })?;
        let blocks = self.shape.check(parts)?;
        // Most functions have few registers.
        if parts.registers <= Few::COUNT {
            self.few.check(parts, blocks)
        } else {
            self.many.check(parts, blocks)
        }
    }
}

/// The rules about the function as a whole.
fn whole(parts: &Parts) -> Result<(), VerifyErrorKind> {
    let length = parts.instructions.len();
    if length == 0 {
        return Err(VerifyErrorKind::Empty);
    }
    if length > MAX_LENGTH {
        return Err(VerifyErrorKind::TooLong);
    }
    if parts.constants.len() > MAX_LENGTH {
        return Err(VerifyErrorKind::TooManyConstants);
    }
    if parts.prototypes.iter().any(|nested| nested.depth() >= MAX_DEPTH) {
        return Err(VerifyErrorKind::TooDeep);
    }
    if parts.parameters > parts.registers {
        return Err(VerifyErrorKind::TooManyParameters);
    }
    if parts.upvalues.len() > usize::from(u8::MAX) {
        return Err(VerifyErrorKind::TooManyUpValues);
    }
    if !parts.offsets.is_empty() && parts.offsets.len() != length {
        return Err(VerifyErrorKind::Offsets);
    }
    let mut previous = 0;
    for (index, local) in parts.locals.iter().enumerate() {
        let in_order = previous <= local.start && local.start <= local.end;
        if !in_order || local.end as usize > length || local.register >= parts.registers {
            return Err(VerifyErrorKind::Local(index));
        }
        previous = local.start;
    }
    for (index, nested) in parts.prototypes.iter().enumerate() {
        let exists = |capture: &UpValueInfo| match capture.capture {
            Capture::Register(register) => register < parts.registers,
            Capture::UpValue(upvalue) => usize::from(upvalue) < parts.upvalues.len(),
        };
        if !nested.upvalues.iter().all(exists) {
            return Err(VerifyErrorKind::Capture(index));
        }
    }
    Ok(())
}
