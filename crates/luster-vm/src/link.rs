//! Linking: from a prototype, plain data, to code in a VM.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use gc_arena::Gc;
use luster_bytecode::{Constant, Instruction, Op, Operand, Prototype, WideOperand};
use luster_value::{
    Closure, Code, Context, LinkedInstruction, LinkedOperand, LuaString, MAX_SHORT, UpValue, Value,
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
    let constants = prototype
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
            link_instruction(*instruction, cost)
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
        },
    )
}

/// An instruction in the form that runs. One that charges fuel before it leaves the function costs
/// so much; one that jumps back costs what it jumps over.
fn link_instruction(instruction: Instruction, cost: usize) -> LinkedInstruction {
    const STRIDE: i32 = size_of::<LinkedInstruction>() as i32;
    const SLOT: i32 = size_of::<Value<'static>>() as i32;
    let [a, b, c, d] = instruction.op.operands();
    let wide = match b {
        Operand::Wide(_) => Some(instruction.wide_constant()),
        _ => None,
    };
    let narrow = |kind, byte| match kind {
        Operand::None
        | Operand::UpValue
        | Operand::Count
        | Operand::Flipped
        | Operand::High
        | Operand::Cache => LinkedOperand::number(u16::from(byte)),
        _ => LinkedOperand::slot(byte),
    };
    // The verifier has checked that distances and constants' indices are small enough.
    let (d, e) = match (d, b) {
        (Operand::JumpForward, Operand::Wide(WideOperand::Constant)) => {
            (instruction.d * STRIDE, u32::from(instruction.wide_constant()) * SLOT as u32)
        }
        (Operand::JumpForward, _) => (instruction.d * STRIDE, 0),
        (Operand::JumpBack, _) => (instruction.d * STRIDE, instruction.d.unsigned_abs()),
        (Operand::Constant | Operand::NumberConstant | Operand::StringConstant, _) => {
            (instruction.d * SLOT, 0)
        }
        _ => (instruction.d, u32::try_from(cost).unwrap_or(u32::MAX)),
    };
    LinkedInstruction {
        op: Cell::new(instruction.op),
        a: narrow(a, instruction.a),
        b: wide.map_or_else(|| narrow(b, instruction.b), LinkedOperand::number),
        c: narrow(c, instruction.c),
        d: Cell::new(d),
        e: Cell::new(e),
    }
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
