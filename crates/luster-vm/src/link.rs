//! Linking: from a prototype, plain data, to code in a VM.

use std::collections::HashMap;
use std::sync::Arc;

use gc_arena::Gc;
use luster_bytecode::{Constant, Instruction, Op, Operand, Prototype};
use luster_value::{
    Closure, Code, Context, LinkedInstruction, LinkedOperand, LuaString, MAX_SHORT, UpValue, Value,
    account,
};

/// Links a prototype and all that is nested in it, strings interned once.
///
/// Equal long strings of one chunk become the same string, as in the reference.
pub fn link<'gc>(ctx: Context<'gc>, prototype: &Arc<Prototype>) -> Gc<'gc, Code<'gc>> {
    link_into(ctx, prototype, &mut HashMap::new())
}

fn link_into<'gc>(
    ctx: Context<'gc>,
    prototype: &Arc<Prototype>,
    long: &mut HashMap<Arc<[u8]>, LuaString<'gc>>,
) -> Gc<'gc, Code<'gc>> {
    // Nesting is bounded by the parser and by `undump`, so this recursion is too.
    let prototypes =
        prototype.prototypes.iter().map(|nested| link_into(ctx, nested, long)).collect();
    let constants: Box<[Value<'gc>]> = prototype
        .constants
        .iter()
        .map(|constant| match constant {
            Constant::Nil => Value::Nil,
            Constant::False => Value::False,
            Constant::True => Value::True,
            Constant::Integer(i) => Value::Integer(*i),
            Constant::Float(x) => Value::float(*x),
            Constant::String(bytes) if bytes.len() <= MAX_SHORT => Value::String(ctx.intern(bytes)),
            Constant::String(bytes) => {
                Value::String(*long.entry(bytes.clone()).or_insert_with(|| ctx.intern(bytes)))
            }
        })
        .collect();
    let mut charged = 0;
    let instructions = prototype
        .instructions
        .iter()
        .enumerate()
        .map(|(index, instruction)| {
            // Calls and returns charge the straight run of instructions that led to them.
            let mut cost = 0;
            if is_charging(instruction.op) {
                cost = index + 1 - charged;
                charged = index + 1;
            }
            link_instruction(*instruction, cost, &constants)
        })
        .collect();
    Gc::new(
        &ctx,
        Code {
            prototype: prototype.clone(),
            instructions,
            constants,
            prototypes,
            parameters: prototype.parameters,
            is_vararg: prototype.is_vararg,
            registers: prototype.registers,
            memory: account::Held::of(size_in_memory(prototype)),
        },
    )
}

/// About how many bytes a prototype and its code take, without the functions inside it.
fn size_in_memory(prototype: &Prototype) -> usize {
    let texts = prototype.constants.iter().map(|constant| match constant {
        Constant::String(bytes) => bytes.len(),
        _ => 0,
    });
    size_of_val(&prototype.instructions[..])
        + prototype.instructions.len() * size_of::<LinkedInstruction>()
        + size_of_val(&prototype.offsets[..])
        + prototype.constants.len() * (size_of::<Constant>() + size_of::<Value<'_>>())
        + texts.sum::<usize>()
        + size_of_val(&prototype.locals[..])
        + size_of_val(&prototype.upvalues[..])
        + size_of::<Prototype>()
        // The names of variables, and lines of the source, by a guess.
        + 32 * (prototype.locals.len() + prototype.upvalues.len())
}

/// An instruction in the form that runs. One that charges fuel before it leaves the function costs
/// so much; one that jumps back costs what it jumps over.
fn link_instruction(
    instruction: Instruction,
    cost: usize,
    constants: &[Value<'_>],
) -> LinkedInstruction {
    const STRIDE: i32 = size_of::<LinkedInstruction>() as i32;
    let Instruction { op, a, b, c, d } = instruction;
    let [kind_a, kind_b, kind_c, kind_d] = op.operands();
    let narrow = |kind, byte| match kind {
        Operand::Write
        | Operand::Read
        | Operand::ReadWrite
        | Operand::Cell
        | Operand::MakeCell
        | Operand::Window => LinkedOperand::slot(byte),
        Operand::Wide(_) => LinkedOperand::number(instruction.wide_constant()),
        _ => LinkedOperand::number(u16::from(byte)),
    };
    let operands = [narrow(kind_a, a), narrow(kind_b, b), narrow(kind_c, c)];
    // Field accesses have their registers in `a` and `b`, and a cache in `c`.
    if kind_c == Operand::NameConstant {
        let operands = [operands[0], operands[1], LinkedOperand::number(0)];
        return LinkedInstruction::with_constant(op, operands, constants[usize::from(c)]);
    }
    if kind_b == Operand::NameConstant {
        // The verifier has checked that the index of a constant to set a field to is small enough.
        let value = match kind_d {
            Operand::Constant => LinkedOperand::number(d as u16),
            _ => operands[2],
        };
        let operands = [operands[0], value, LinkedOperand::number(0)];
        return LinkedInstruction::with_constant(op, operands, constants[usize::from(b)]);
    }
    // The verifier has checked that distances are small enough.
    let (d, e) = match kind_d {
        Operand::Constant | Operand::NumberConstant | Operand::StringConstant => {
            return LinkedInstruction::with_constant(op, operands, constants[d as usize]);
        }
        Operand::JumpForward => (d * STRIDE, 0),
        Operand::JumpBack => (d * STRIDE, d.unsigned_abs()),
        _ => (d, u32::try_from(cost).unwrap_or(u32::MAX)),
    };
    LinkedInstruction::new(op, operands, d, e)
}

fn is_charging(op: Op) -> bool {
    matches!(op, Op::Call | Op::TailCall | Op::Return | Op::Return0 | Op::Return1)
}

/// A closure of a main function: its first upvalue is a new cell with the environment, the others
/// (a dumped function may have some) are new cells with nil.
pub fn load_closure<'gc>(
    ctx: Context<'gc>,
    prototype: &Arc<Prototype>,
    environment: Value<'gc>,
) -> Closure<'gc> {
    let code = link(ctx, prototype);
    let cells: Vec<UpValue<'gc>> = (0..prototype.upvalues.len())
        .map(|index| UpValue::new(&ctx, if index == 0 { environment } else { Value::Nil }))
        .collect();
    Closure::new(ctx, code, cells.into_iter())
}
