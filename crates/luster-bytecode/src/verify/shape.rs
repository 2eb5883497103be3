//! The rules that look at one instruction and its neighbours: operands, jumps, windows, loops and
//! open lists. What registers hold at run time is the business of `flow`.

use super::{VerifyError, VerifyErrorKind};
use crate::op::{Flipped, Flow, Instruction, Op, Operand, WideOperand};
use crate::prototype::{Constant, Parts};

/// The longest string that is a field's name to the VM (a short, interned one).
const MAX_NAME: usize = 40;

/// The largest power of two that a table's constructor may ask room for, plus one.
const MAX_FIELDS_LOG: u8 = 31;

/// What an op's row and this file's rules ask of an instruction, prepared for a quick look.
#[derive(Clone, Copy)]
struct Rule {
    /// The bits of the instruction's word that must be zero.
    zero: u64,
    /// For `a`, `b`, `c`: 0 if it is a register, otherwise more than any byte.
    slack: [u16; 3],
    /// Whether there is nothing to check but the above.
    plain: bool,
    /// Which constants the operand that is one may be, a bit of [`Kinds`], or 0 if none is.
    constant: u8,
    /// Where in the word that operand is: its lowest bit, and a mask for what is left.
    constant_shift: u8,
    constant_mask: u32,
    /// Where in the word an upvalue's number is, or 0 if there is none.
    upvalue_shift: u8,
    /// Whether the op has a rule of its own.
    special: bool,
    /// Where control goes, and whether a jump goes back.
    flow: Flow,
    back: bool,
}

/// For each byte, so that none needs to be looked at before it is used as an index.
const RULES: [Rule; 256] = {
    let none = Rule {
        zero: 0,
        slack: [256; 3],
        plain: false,
        constant: 0,
        constant_shift: 0,
        constant_mask: 0,
        upvalue_shift: 0,
        // What is no op of bytecode is refused where ops are looked at one by one.
        special: true,
        flow: Flow::Next,
        back: false,
    };
    let mut rules = [none; 256];
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
            let (shift, mask) =
                if index < 3 { (8 + index as u8 * 8, 0xFF) } else { (32, u32::MAX) };
            match operands[index] {
                Operand::None | Operand::Cache => rule.zero |= (mask as u64) << shift,
                Operand::Read
                | Operand::Write
                | Operand::ReadWrite
                | Operand::Cell
                | Operand::MakeCell => {
                    assert!(index < 3, "registers are bytes");
                    rule.slack[index] = 0;
                }
                Operand::Window | Operand::Flipped => rule.special = true,
                Operand::Prototype => {
                    assert!(matches!(op, Op::Closure), "`extent` knows which");
                    rule.special = true;
                }
                Operand::JumpBack => rule.back = true,
                Operand::JumpForward
                | Operand::Immediate
                | Operand::High
                | Operand::Wide(WideOperand::Immediate) => {}
                Operand::Count if index == 3 => {
                    assert!(matches!(op, Op::NewTable | Op::SetList), "`extent` knows which");
                    rule.special = true;
                }
                Operand::Count => {}
                Operand::UpValue => {
                    assert!(rule.upvalue_shift == 0, "one upvalue at most");
                    rule.upvalue_shift = shift;
                }
                // It has a name before it, which is looked at here; the constant in `extent`.
                Operand::Constant if rule.constant != 0 => {
                    assert!(matches!(op, Op::SetFieldConstant), "`extent` knows which");
                }
                Operand::Constant
                | Operand::NumberConstant
                | Operand::NameConstant
                | Operand::StringConstant
                | Operand::Wide(WideOperand::Constant) => {
                    assert!(rule.constant == 0, "one constant at most");
                    rule.constant = Kinds::bit(operands[index]);
                    rule.constant_shift = shift;
                    rule.constant_mask = match operands[index] {
                        Operand::Wide(_) => 0xFFFF,
                        _ => mask,
                    };
                }
            }
            index += 1;
        }
        let looks_up = rule.constant != 0 || rule.upvalue_shift != 0;
        rule.plain = !looks_up && !rule.special && matches!(rule.flow, Flow::Next);
        number += 1;
    }
    rules
};

/// For each constant, which operands it can be.
#[derive(Default)]
struct Kinds(Vec<u8>);

impl Kinds {
    const ANY: u8 = 1;
    const NOT_NAN: u8 = 2;
    const NUMBER: u8 = 4;
    const STRING: u8 = 8;
    const NAME: u8 = 16;

    /// The bit for constants that an operand can be.
    const fn bit(operand: Operand) -> u8 {
        match operand {
            Operand::NumberConstant => Kinds::NUMBER,
            Operand::StringConstant => Kinds::STRING,
            Operand::NameConstant => Kinds::NAME,
            Operand::Wide(_) => Kinds::NOT_NAN,
            _ => Kinds::ANY,
        }
    }

    fn look_at(&mut self, constants: &[Constant]) {
        let kind = |constant: &Constant| match constant {
            Constant::Nil | Constant::False | Constant::True => Kinds::ANY | Kinds::NOT_NAN,
            Constant::Integer(_) => Kinds::ANY | Kinds::NOT_NAN | Kinds::NUMBER,
            Constant::Float(float) if float.is_nan() => Kinds::ANY | Kinds::NUMBER,
            Constant::Float(_) => Kinds::ANY | Kinds::NOT_NAN | Kinds::NUMBER,
            Constant::String(text) if text.len() > MAX_NAME => {
                Kinds::ANY | Kinds::NOT_NAN | Kinds::STRING
            }
            Constant::String(_) => Kinds::ANY | Kinds::NOT_NAN | Kinds::STRING | Kinds::NAME,
        };
        self.0.clear();
        self.0.extend(constants.iter().map(kind));
    }

    /// Checks that a constant exists and can be what is asked for.
    #[inline]
    fn check(&self, index: u32, bit: u8) -> Result<(), VerifyErrorKind> {
        match self.0.get(index as usize) {
            Some(kinds) if kinds & bit != 0 => Ok(()),
            Some(_) => Err(VerifyErrorKind::ConstantKind),
            None => Err(VerifyErrorKind::ConstantRange),
        }
    }
}

/// Which instructions can be reached other than from the one before.
#[derive(Default)]
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

    /// Begins with a function of so many instructions.
    fn begin(&mut self, length: usize) {
        self.heads.clear();
        self.heads.resize(length, 0);
        self.count = 0;
        self.add(0);
    }

    fn add(&mut self, pc: usize) {
        if self.heads[pc] == 0 {
            self.count += 1;
            self.heads[pc] = self.count as u32;
        }
    }
}

/// This step of the verifier, with the memory that it keeps.
#[derive(Default)]
pub(super) struct Shape {
    kinds: Kinds,
    blocks: Blocks,
    /// The instructions that take open lists.
    open_inputs: Vec<usize>,
}

impl Shape {
    /// Checks each instruction, and finds where blocks begin.
    pub(super) fn check(&mut self, parts: &Parts) -> Result<&Blocks, VerifyError> {
        let code = &parts.instructions;
        let Shape { kinds, blocks, open_inputs } = self;
        kinds.look_at(&parts.constants);
        blocks.begin(code.len());
        open_inputs.clear();
        for (pc, &instruction) in code.iter().enumerate() {
            let at = |kind| VerifyError { pc: Some(pc), kind };
            let rule = &RULES[instruction.op as usize];
            registers(parts, instruction, rule).map_err(at)?;
            if rule.plain {
                continue;
            }
            lookups(parts, kinds, instruction, rule).map_err(at)?;
            if let Some(target) = flow(code, pc, rule).map_err(at)? {
                blocks.add(target);
            }
            if rule.special && special(parts, kinds, pc).map_err(at)? {
                open_inputs.push(pc);
            }
        }
        if code.last().is_some_and(|last| RULES[last.op as usize].plain) {
            let pc = Some(code.len() - 1);
            return Err(VerifyError { pc, kind: VerifyErrorKind::FallsOff });
        }
        // A jump may land on an instruction from below, so this waits for all of them.
        match open_inputs.iter().find(|&&pc| blocks.at(pc).is_some()) {
            Some(&pc) => Err(VerifyError { pc: Some(pc), kind: VerifyErrorKind::OpenInput }),
            None => Ok(blocks),
        }
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

/// Checks that operands that are registers exist, and that those that are nothing are zero.
#[inline]
fn registers(parts: &Parts, instruction: Instruction, rule: &Rule) -> Result<(), VerifyErrorKind> {
    let operands = [instruction.a, instruction.b, instruction.c];
    let is_beyond =
        |index: usize| u16::from(operands[index]) >= u16::from(parts.registers) + rule.slack[index];
    // One branch for all registers: which operands are some follows no pattern that a processor
    // could predict.
    if is_beyond(0) | is_beyond(1) | is_beyond(2) {
        let found = (0..3).find(|&index| is_beyond(index)).unwrap_or(0);
        return Err(VerifyErrorKind::RegisterRange(operands[found]));
    }
    if instruction.word() & rule.zero != 0 {
        return Err(VerifyErrorKind::UnusedOperand);
    }
    Ok(())
}

/// Checks that upvalues and constants exist and are what the op takes.
#[inline]
fn lookups(
    parts: &Parts,
    kinds: &Kinds,
    instruction: Instruction,
    rule: &Rule,
) -> Result<(), VerifyErrorKind> {
    let word = instruction.word();
    if rule.upvalue_shift != 0 {
        let upvalue = (word >> rule.upvalue_shift) as u8;
        if usize::from(upvalue) >= parts.upvalues.len() {
            return Err(VerifyErrorKind::UpValueRange);
        }
    }
    if rule.constant != 0 {
        let index = (word >> rule.constant_shift) as u32 & rule.constant_mask;
        return kinds.check(index, rule.constant);
    }
    Ok(())
}

/// Checks what is not the same for all ops. Returns whether the instruction takes an open list.
#[inline(never)]
fn special(parts: &Parts, kinds: &Kinds, pc: usize) -> Result<bool, VerifyErrorKind> {
    extent(parts, kinds, parts.instructions[pc])?;
    neighbours(&parts.instructions, pc)
}

/// Checks the rules of ops that name several registers, or whose operands have a meaning of their
/// own.
fn extent(parts: &Parts, kinds: &Kinds, instruction: Instruction) -> Result<(), VerifyErrorKind> {
    let Instruction { op, a, b, c, d } = instruction;
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
        Op::NewTable => needs(b <= MAX_FIELDS_LOG && d >= 0, VerifyErrorKind::OperandRange),
        Op::SetFieldConstant => {
            kinds.check(d as u32, Kinds::ANY)?;
            needs(u16::try_from(d).is_ok(), VerifyErrorKind::OperandRange)
        }
        Op::SetList => {
            needs(d >= 0, VerifyErrorKind::OperandRange)?;
            fits(a, count_b + 1)
        }
        Op::Closure => {
            needs((d as u32 as usize) < parts.prototypes.len(), VerifyErrorKind::PrototypeRange)
        }
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
        // Only a sum can stand for a difference.
        Op::AddImmediate => needs(c <= Flipped::Subtraction as u8, VerifyErrorKind::OperandRange),
        _ if op.is_pair() => Err(VerifyErrorKind::LinkedOp),
        _ => match op.operands()[2] {
            Operand::Flipped => needs(c <= Flipped::Yes as u8, VerifyErrorKind::OperandRange),
            _ => Ok(()),
        },
    }
}

/// Checks where an instruction's jump goes; returns where control goes other than to the next.
#[inline]
fn flow(code: &[Instruction], pc: usize, rule: &Rule) -> Result<Option<usize>, VerifyErrorKind> {
    // Most go nowhere else, which is foreseen better than where a table of jumps leads.
    if matches!(rule.flow, Flow::Next) && pc + 1 < code.len() {
        return Ok(None);
    }
    match rule.flow {
        Flow::Leave => return Ok(None),
        Flow::Next | Flow::Branch if pc + 1 == code.len() => return Err(VerifyErrorKind::FallsOff),
        Flow::Next => return Ok(None),
        Flow::Skip if pc + 2 >= code.len() => return Err(VerifyErrorKind::FallsOff),
        Flow::Skip => return Ok(Some(pc + 2)),
        Flow::Branch | Flow::Jump => {}
    }
    let distance = code[pc].d;
    // A plain jump back may go to the next instruction: long straight code has some of these.
    let goes_back = distance < 0 || distance == 0 && rule.back && matches!(rule.flow, Flow::Jump);
    if rule.back != goes_back {
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
