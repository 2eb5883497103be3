//! Linking: from a prototype, plain data, to code in a VM.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use gc_arena::Gc;
use luster_bytecode::{Constant, Op, Prototype};
use luster_value::{
    Closure, Code, Context, LinkedInstruction, LuaString, MAX_SHORT, UpValue, Value,
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
            let mut d = instruction.d;
            // Calls and returns charge the straight run of instructions that led to them.
            if is_charging(instruction.op) {
                d = (index + 1 - charged).min(i32::MAX as usize) as i32;
                charged = index + 1;
            }
            LinkedInstruction {
                op: Cell::new(instruction.op),
                a: instruction.a,
                b: instruction.b,
                c: instruction.c,
                d: Cell::new(d),
            }
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
