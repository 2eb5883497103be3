//! The rules that look at one instruction and its neighbours: operands, jumps, windows, loops and
//! open lists. What registers hold at run time is the business of `flow`.

use super::{VerifyError, VerifyErrorKind};
use crate::op::{Flow, Instruction, Op, Operand, WideOperand};
use crate::prototype::{Constant, Parts};

/// The longest string that is a field's name to the VM (a short, interned one).
const MAX_NAME: usize = 40;

/// The largest power of two that a table's constructor may ask room for, plus one.
const MAX_FIELDS_LOG: u8 = 31;

/// What an op's row and this file's rules ask of an instruction, prepared for a quick look.
#[derive(Clone, Copy)]
struct Rule {
    /// The bits of the instruction that must be zero.
    zero: u64,
    /// Whether `a`, `b`, `c` are registers.
    registers: [bool; 3],
    /// Whether an operand is something else that has to be looked up or compared.
    lookup: bool,
    /// Whether `extent` or `neighbours` have a rule for the op.
    special: bool,
    /// Where control goes, and whether a jump goes back.
    flow: Flow,
    back: bool,
}

const RULES: [Rule; Op::ALL.len()] = {
    let none = Rule {
        zero: 0,
        registers: [false; 3],
        lookup: false,
        special: false,
        flow: Flow::Next,
        back: false,
    };
    let mut rules = [none; Op::ALL.len()];
    let mut number = 0;
    while number < Op::ALL.len() {
        let op = Op::ALL[number];
        let rule = &mut rules[number];
        rule.flow = op.flow();
        rule.special =
            matches!(op, Op::VarArgTable | Op::GetVarArg | Op::NewTable | Op::SetFieldConstant);
        let operands = op.operands();
        let mut index = 0;
        while index < 4 {
            let (shift, bits) = if index < 3 { (index * 8, 0xFF) } else { (32, 0xFFFF_FFFF) };
            match operands[index] {
                Operand::None | Operand::Cache => rule.zero |= bits << shift,
                Operand::Read
                | Operand::Write
                | Operand::ReadWrite
                | Operand::Cell
                | Operand::MakeCell => {
                    assert!(index < 3, "registers are bytes");
                    rule.registers[index] = true;
                }
                Operand::Window => rule.special = true,
                Operand::JumpBack => rule.back = true,
                Operand::JumpForward
                | Operand::Immediate
                | Operand::High
                | Operand::Wide(WideOperand::Immediate) => {}
                Operand::Count => rule.lookup |= index == 3,
                Operand::UpValue
                | Operand::Constant
                | Operand::NumberConstant
                | Operand::NameConstant
                | Operand::StringConstant
                | Operand::Prototype
                | Operand::Flipped
                | Operand::Wide(WideOperand::Constant) => rule.lookup = true,
            }
            index += 1;
        }
        number += 1;
    }
    rules
};

/// Which instructions can be reached other than from the one before.
pub(super) struct Blocks {
    /// For each instruction, one more than the number of the block it begins, or 0.
    heads: Vec<u32>,
    /// How many blocks there are.
    pub(super) count: usize,
}

impl Blocks {
    /// The number of the block that begins at an instruction, if one does.
    #[inline]
    pub(super) fn at(&self, pc: usize) -> Option<usize> {
        (self.heads[pc] as usize).checked_sub(1)
    }

    fn add(&mut self, pc: usize) {
        if self.heads[pc] == 0 {
            self.count += 1;
            self.heads[pc] = self.count as u32;
        }
    }
}

/// Checks each instruction, and finds where blocks begin.
pub(super) fn check(parts: &Parts) -> Result<Blocks, VerifyError> {
    let code = &parts.instructions;
    let mut blocks = Blocks { heads: vec![0; code.len()], count: 0 };
    blocks.add(0);
    let mut open_inputs = Vec::new();
    for (pc, &instruction) in code.iter().enumerate() {
        let at = |kind| VerifyError { pc: Some(pc), kind };
        let rule = &RULES[instruction.op as usize];
        operands(parts, instruction, rule).map_err(at)?;
        if rule.special {
            extent(parts, instruction).map_err(at)?;
        }
        if let Some(target) = flow(code, pc, rule).map_err(at)? {
            blocks.add(target);
        }
        if rule.special && neighbours(code, pc).map_err(at)? {
            open_inputs.push(pc);
        }
    }
    // A jump may land on an instruction from below, so this waits for all of them.
    match open_inputs.into_iter().find(|&pc| blocks.at(pc).is_some()) {
        Some(pc) => Err(VerifyError { pc: Some(pc), kind: VerifyErrorKind::OpenInput }),
        None => Ok(blocks),
    }
}

/// Where an instruction's jump lands. Only for instructions that have been checked.
#[inline]
pub(super) fn target(pc: usize, instruction: Instruction) -> usize {
    pc.wrapping_add(1).wrapping_add_signed(instruction.d as isize)
}

/// The first register of the open list that an instruction makes.
fn open_output(instruction: Instruction) -> Option<u8> {
    let makes_one = matches!(instruction.op, Op::Call | Op::VarArg | Op::UnpackVarArgTable);
    (makes_one && instruction.c == 0).then_some(instruction.a)
}

/// The lowest register at which the open list that an instruction takes may begin.
fn open_input(instruction: Instruction) -> Option<u16> {
    let first = u16::from(instruction.a);
    match instruction.op {
        Op::Call | Op::TailCall | Op::SetList if instruction.b == 0 => Some(first + 1),
        Op::Return if instruction.b == 0 => Some(first),
        _ => None,
    }
}

/// Checks what the op's row says about each operand, jumps aside.
#[inline]
fn operands(parts: &Parts, instruction: Instruction, rule: &Rule) -> Result<(), VerifyErrorKind> {
    let Instruction { a, b, c, d, .. } = instruction;
    // One branch for all registers: which operands are some follows no pattern that a processor
    // could predict.
    let beyond = rule.registers[0] & (a >= parts.registers)
        | rule.registers[1] & (b >= parts.registers)
        | rule.registers[2] & (c >= parts.registers);
    if beyond {
        let found = [a, b, c]
            .into_iter()
            .zip(rule.registers)
            .find(|&(register, is_register)| is_register && register >= parts.registers);
        return Err(VerifyErrorKind::RegisterRange(found.map_or(a, |(register, _)| register)));
    }
    let narrow = u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16;
    if (narrow | u64::from(d as u32) << 32) & rule.zero != 0 {
        return Err(VerifyErrorKind::UnusedOperand);
    }
    if rule.lookup { lookups(parts, instruction) } else { Ok(()) }
}

/// Checks the operands that are neither registers nor unused.
fn lookups(parts: &Parts, instruction: Instruction) -> Result<(), VerifyErrorKind> {
    let [a, b, c, d] = instruction.op.operands();
    lookup(parts, instruction, a, instruction.a)?;
    lookup(parts, instruction, b, instruction.b)?;
    lookup(parts, instruction, c, instruction.c)?;
    match d {
        Operand::Count if instruction.d < 0 => Err(VerifyErrorKind::OperandRange),
        Operand::Prototype => match usize::try_from(instruction.d) {
            Ok(index) if index < parts.prototypes.len() => Ok(()),
            _ => Err(VerifyErrorKind::PrototypeRange),
        },
        Operand::Constant | Operand::NumberConstant | Operand::StringConstant => {
            let index =
                usize::try_from(instruction.d).map_err(|_| VerifyErrorKind::ConstantRange)?;
            constant(parts, d, index)
        }
        _ => Ok(()),
    }
}

/// Checks an operand of one byte.
fn lookup(
    parts: &Parts,
    instruction: Instruction,
    operand: Operand,
    value: u8,
) -> Result<(), VerifyErrorKind> {
    match operand {
        Operand::UpValue if usize::from(value) >= parts.upvalues.len() => {
            Err(VerifyErrorKind::UpValueRange)
        }
        Operand::Constant
        | Operand::NumberConstant
        | Operand::NameConstant
        | Operand::StringConstant => constant(parts, operand, usize::from(value)),
        // Only a sum can stand for a difference.
        Operand::Flipped if value > 1 && (value > 2 || instruction.op != Op::AddImmediate) => {
            Err(VerifyErrorKind::OperandRange)
        }
        Operand::Wide(WideOperand::Constant) => {
            let index = usize::from(instruction.wide_constant());
            constant(parts, Operand::Constant, index)?;
            match parts.constants[index] {
                Constant::Float(float) if float.is_nan() => Err(VerifyErrorKind::ConstantKind),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Checks that a constant exists and is of the kind that an operand asks for.
fn constant(parts: &Parts, operand: Operand, index: usize) -> Result<(), VerifyErrorKind> {
    let constant = parts.constants.get(index).ok_or(VerifyErrorKind::ConstantRange)?;
    let fits = match operand {
        Operand::NumberConstant => matches!(constant, Constant::Integer(_) | Constant::Float(_)),
        Operand::StringConstant => matches!(constant, Constant::String(_)),
        Operand::NameConstant => {
            matches!(constant, Constant::String(name) if name.len() <= MAX_NAME)
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(VerifyErrorKind::ConstantKind) }
}

/// Checks the rules of ops that name several registers, or whose counts have a meaning of their
/// own.
fn extent(parts: &Parts, instruction: Instruction) -> Result<(), VerifyErrorKind> {
    let Instruction { op, a, b, c, .. } = instruction;
    let [count_b, count_c] = [b, c].map(usize::from);
    let fits = |first: u8, count: usize| {
        if usize::from(first) + count <= usize::from(parts.registers) {
            Ok(())
        } else {
            Err(VerifyErrorKind::Window(first))
        }
    };
    let needs = |condition: bool, kind| if condition { Ok(()) } else { Err(kind) };
    match op {
        Op::LoadNil => fits(a, count_b + 1),
        Op::GetMethod => fits(a, 2),
        Op::NewTable => needs(b <= MAX_FIELDS_LOG, VerifyErrorKind::OperandRange),
        Op::SetFieldConstant => {
            needs(u16::try_from(instruction.d).is_ok(), VerifyErrorKind::OperandRange)
        }
        Op::SetList => fits(a, count_b + 1),
        Op::Concat => {
            needs(c >= 2, VerifyErrorKind::OperandRange)?;
            fits(b, count_c)
        }
        Op::Call => fits(a, count_b.max(count_c.saturating_sub(1)).max(1)),
        Op::TailCall => fits(a, count_b.max(1)),
        Op::Return => {
            needs(c <= 1, VerifyErrorKind::OperandRange)?;
            fits(a, count_b.saturating_sub(1))
        }
        Op::VarArg => {
            needs(parts.is_vararg, VerifyErrorKind::NotVarArg)?;
            fits(a, count_c.checked_sub(1).unwrap_or(1))
        }
        Op::VarArgTable | Op::GetVarArg => needs(parts.is_vararg, VerifyErrorKind::NotVarArg),
        Op::UnpackVarArgTable => fits(a, count_c.checked_sub(1).unwrap_or(1)),
        Op::ForPrep | Op::ForLoop => fits(a, 3),
        Op::GenericForPrep => fits(a, 4),
        Op::GenericForCall => {
            needs(c >= 1, VerifyErrorKind::OperandRange)?;
            // The call's own window holds the function and two arguments.
            fits(a, 4 + count_c.max(3))
        }
        Op::GenericForLoop => fits(a, 5),
        Op::Close => fits(a, 0),
        _ => Ok(()),
    }
}

/// Checks where control goes after an instruction; returns where it goes other than to the next.
#[inline]
fn flow(code: &[Instruction], pc: usize, rule: &Rule) -> Result<Option<usize>, VerifyErrorKind> {
    match rule.flow {
        Flow::Leave => return Ok(None),
        Flow::Next | Flow::Branch if pc + 1 == code.len() => return Err(VerifyErrorKind::FallsOff),
        Flow::Next => return Ok(None),
        Flow::Skip if pc + 2 >= code.len() => return Err(VerifyErrorKind::FallsOff),
        Flow::Skip => return Ok(Some(pc + 2)),
        Flow::Branch | Flow::Jump => {}
    }
    if rule.back != (code[pc].d < 0) {
        return Err(VerifyErrorKind::JumpDirection);
    }
    // Going below zero wraps round to something out of range.
    let target = target(pc, code[pc]);
    if target < code.len() { Ok(Some(target)) } else { Err(VerifyErrorKind::JumpRange) }
}

/// Checks that an instruction fits those around it: the ends of loops, and what makes and takes
/// open lists. Its jump has been checked. Returns whether it takes an open list.
fn neighbours(code: &[Instruction], pc: usize) -> Result<bool, VerifyErrorKind> {
    loops(code, pc)?;
    if open_output(code[pc]).is_some() && code.get(pc + 1).copied().and_then(open_input).is_none() {
        return Err(VerifyErrorKind::OpenOutput);
    }
    let Some(first) = open_input(code[pc]) else { return Ok(false) };
    match pc.checked_sub(1).and_then(|before| open_output(code[before])) {
        Some(start) if u16::from(start) >= first => Ok(true),
        _ => Err(VerifyErrorKind::OpenInput),
    }
}

/// Checks that the ends of a loop fit each other.
fn loops(code: &[Instruction], pc: usize) -> Result<(), VerifyErrorKind> {
    let instruction = code[pc];
    let is = |at: Option<usize>, op| {
        at.and_then(|at| code.get(at)).is_some_and(|end| end.op == op && end.a == instruction.a)
    };
    let fits = match instruction.op {
        Op::ForPrep => is(target(pc, instruction).checked_sub(1), Op::ForLoop),
        Op::GenericForPrep => is(Some(target(pc, instruction)), Op::GenericForCall),
        Op::GenericForCall => is(Some(pc + 1), Op::GenericForLoop),
        Op::GenericForLoop => is(pc.checked_sub(1), Op::GenericForCall),
        _ => true,
    };
    if fits { Ok(()) } else { Err(VerifyErrorKind::LoopShape) }
}
