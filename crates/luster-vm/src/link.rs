//! Linking: from a prototype, plain data, to code in a VM.

use std::collections::HashMap;
use std::sync::Arc;

use gc_arena::{Collect, Gc};
use luster_bytecode::{Constant, Instruction, Op, Operand, Prototype};
use luster_value::{
    Closure, Code, Context, LinkedInstruction, LinkedOperand, LuaString, MAX_SHORT, UpValue, Value,
    account,
};

/// Links a prototype and all that is nested in it, strings interned once.
///
/// Equal long strings of one chunk become the same string, as in the reference.
pub fn link<'gc>(ctx: Context<'gc>, prototype: &Arc<Prototype>) -> Gc<'gc, Code<'gc>> {
    let mut linking = Linking::new(prototype.clone());
    loop {
        if let Some(code) = linking.go_on(ctx, &mut { usize::MAX }) {
            return code;
        }
    }
}

/// What linking costs, in fuel.
const FUEL_PER_INSTRUCTION: usize = 3;
const FUEL_PER_CONSTANT: usize = 2;
const FUEL_PER_FUNCTION: usize = 200;
/// How many bytes of a long string cost a unit of fuel.
const BYTES_PER_FUEL: usize = 16;

/// The longest string that is copied in one go.
const LONGEST: usize = 4096;

/// A prototype that is being linked, in portions.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Linking<'gc> {
    function: OpenFunction<'gc>,
    /// The functions around it, the outermost first.
    around: Vec<OpenFunction<'gc>>,
    long: LongStrings<'gc>,
}

/// The strings so far that are not interned by the VM.
#[derive(Collect)]
#[collect(no_drop)]
struct LongStrings<'gc> {
    /// By where the prototypes have them: the compiler and `undump` share what is equal, and to hash long
    /// strings takes long.
    by_address: HashMap<usize, LuaString<'gc>>,
    /// What there is of the copy of a string, which is made in portions.
    copy: Vec<u8>,
    /// What that takes.
    memory: account::Held,
}

/// A function that is being linked: first those inside it are, then its constants, then its instructions.
#[derive(Collect)]
#[collect(no_drop)]
struct OpenFunction<'gc> {
    #[collect(require_static)]
    prototype: Arc<Prototype>,
    prototypes: Vec<Gc<'gc, Code<'gc>>>,
    constants: Vec<Value<'gc>>,
    /// What values stand in them are among the constants, too.
    #[collect(require_static)]
    instructions: Vec<LinkedInstruction>,
    /// Up to where the instructions charge for those before them.
    #[collect(require_static)]
    charged: usize,
}

impl<'gc> Linking<'gc> {
    /// A prototype that is to be linked.
    pub fn new(prototype: Arc<Prototype>) -> Self {
        let function = OpenFunction::new(prototype);
        let (copy, memory) = (Vec::new(), account::Held::default());
        let long = LongStrings { by_address: HashMap::new(), copy, memory };
        Linking { function, around: Vec::new(), long }
    }

    /// Goes on for about so much fuel, which is lowered by what is used, and longer if need be: nothing is
    /// made of less than a function without its constants and instructions. Gives the code, once, when it
    /// is finished.
    pub fn go_on(&mut self, ctx: Context<'gc>, fuel: &mut usize) -> Option<Gc<'gc, Code<'gc>>> {
        // Nesting is bounded by the parser and by `undump`, and so is the number of functions around.
        loop {
            let function = &mut self.function;
            if let Some(nested) = function.prototype.prototypes.get(function.prototypes.len()) {
                let nested = OpenFunction::new(nested.clone());
                self.around.push(std::mem::replace(function, nested));
                continue;
            }
            if !function.link_some(ctx, &mut self.long, fuel) {
                return None;
            }
            let code = function.finish(ctx);
            let Some(outer) = self.around.pop() else { return Some(code) };
            *function = outer;
            function.prototypes.push(code);
            if *fuel == 0 {
                return None;
            }
        }
    }
}

impl<'gc> LongStrings<'gc> {
    /// The string with these bytes, unless there is not enough fuel to finish it.
    fn string(
        &mut self,
        ctx: Context<'gc>,
        bytes: &Arc<[u8]>,
        fuel: &mut usize,
    ) -> Option<LuaString<'gc>> {
        // The prototypes stay until all is linked, and so does the address.
        let address = bytes.as_ptr().addr();
        if let Some(string) = self.by_address.get(&address) {
            return Some(*string);
        }
        let string = if bytes.len() <= LONGEST {
            *fuel = fuel.saturating_sub(bytes.len() / BYTES_PER_FUEL);
            ctx.intern(bytes)
        } else {
            self.copy_some(bytes, fuel);
            if self.copy.len() < bytes.len() {
                return None;
            }
            self.memory.set(0);
            ctx.intern_owned(std::mem::take(&mut self.copy))
        };
        self.by_address.insert(address, string);
        Some(string)
    }

    /// Goes on with the copy of a string.
    fn copy_some(&mut self, bytes: &[u8], fuel: &mut usize) {
        if self.copy.is_empty() {
            self.copy.reserve_exact(bytes.len());
            self.memory.set(self.copy.capacity());
        }
        let done = self.copy.len();
        let count = (bytes.len() - done).min(fuel.saturating_mul(BYTES_PER_FUEL).max(LONGEST));
        self.copy.extend_from_slice(&bytes[done..done + count]);
        *fuel = fuel.saturating_sub(count / BYTES_PER_FUEL);
    }
}

impl<'gc> OpenFunction<'gc> {
    fn new(prototype: Arc<Prototype>) -> Self {
        OpenFunction {
            prototypes: Vec::with_capacity(prototype.prototypes.len()),
            constants: Vec::with_capacity(prototype.constants.len()),
            instructions: Vec::with_capacity(prototype.instructions.len()),
            prototype,
            charged: 0,
        }
    }

    /// Goes on with the constants and instructions. Tells whether they are all there.
    fn link_some(
        &mut self,
        ctx: Context<'gc>,
        long: &mut LongStrings<'gc>,
        fuel: &mut usize,
    ) -> bool {
        let prototype = &self.prototype;
        *fuel = fuel.saturating_sub(FUEL_PER_FUNCTION);
        for constant in &prototype.constants[self.constants.len()..] {
            self.constants.push(match constant {
                Constant::Nil => Value::Nil,
                Constant::False => Value::False,
                Constant::True => Value::True,
                Constant::Integer(i) => Value::Integer(*i),
                Constant::Float(x) => Value::float(*x),
                Constant::String(bytes) if bytes.len() <= MAX_SHORT => {
                    Value::String(ctx.intern(bytes))
                }
                Constant::String(bytes) => match long.string(ctx, bytes, fuel) {
                    Some(string) => Value::String(string),
                    None => return false,
                },
            });
            *fuel = fuel.saturating_sub(FUEL_PER_CONSTANT);
            if *fuel == 0 {
                break;
            }
        }
        if self.constants.len() < prototype.constants.len() {
            return false;
        }
        let first = self.instructions.len();
        let count = (prototype.instructions.len() - first).min(*fuel / FUEL_PER_INSTRUCTION + 1);
        let (constants, charged) = (&self.constants[..], &mut self.charged);
        let instructions = &prototype.instructions;
        self.instructions.extend((first..first + count).map(|index| {
            let instruction = instructions[index];
            let op = op_before(instruction.op, instructions.get(index + 1));
            link_instruction(instruction, op, index, charged, constants)
        }));
        *fuel = fuel.saturating_sub(count * FUEL_PER_INSTRUCTION);
        self.instructions.len() == instructions.len()
    }

    /// The code, when everything is there; nothing is left of it here.
    fn finish(&mut self, ctx: Context<'gc>) -> Gc<'gc, Code<'gc>> {
        let prototype = self.prototype.clone();
        let memory = account::Held::of(size_in_memory(&prototype));
        let code = Code {
            instructions: std::mem::take(&mut self.instructions).into_boxed_slice(),
            constants: std::mem::take(&mut self.constants).into_boxed_slice(),
            prototypes: std::mem::take(&mut self.prototypes).into_boxed_slice(),
            parameters: prototype.parameters,
            is_vararg: prototype.is_vararg,
            registers: prototype.registers,
            room: if prototype.is_vararg { u32::MAX } else { u32::from(prototype.registers) },
            memory,
            prototype,
        };
        Gc::new(&ctx, code)
    }
}

/// What linking makes of an op's operands, prepared for a quick look.
#[derive(Clone, Copy)]
struct Form {
    /// Whether `a`, `b`, `c` are registers.
    slots: [bool; 3],
    /// Whether `b` and `c` are one number.
    is_wide: bool,
    rest: Rest,
}

/// What becomes of the operands that are no registers.
#[derive(Clone, Copy)]
enum Rest {
    /// They stay numbers.
    Numbers,
    /// They stay numbers, and the instruction charges fuel before it leaves the function.
    Charging,
    JumpForward,
    /// A jump that costs what it jumps over.
    JumpBack,
    /// `d` is a constant, which goes into the instruction.
    Constant,
    /// `c` is a name, which goes into the instruction and leaves room for a cache.
    LastName,
    /// `b` is a name, and what the field is set to is in `c`.
    MiddleName,
    /// `b` is a name, and what the field is set to is the constant `d`.
    MiddleNameConstant,
}

/// For each byte, so that none needs to be looked at before it is used as an index.
const FORMS: [Form; 256] = {
    let none = Form { slots: [false; 3], is_wide: false, rest: Rest::Numbers };
    let mut forms = [none; 256];
    let mut number = 0;
    while number < Op::ALL.len() {
        let op = Op::ALL[number];
        let [a, b, c, d] = op.operands();
        forms[number] = Form {
            slots: [is_register(a), is_register(b), is_register(c)],
            is_wide: matches!(b, Operand::Wide(_)),
            rest: match (b, c, d) {
                (_, Operand::NameConstant, _) => Rest::LastName,
                (Operand::NameConstant, _, Operand::Constant) => Rest::MiddleNameConstant,
                (Operand::NameConstant, _, _) => Rest::MiddleName,
                (_, _, Operand::Constant | Operand::NumberConstant | Operand::StringConstant) => {
                    Rest::Constant
                }
                (_, _, Operand::JumpForward) => Rest::JumpForward,
                (_, _, Operand::JumpBack) => Rest::JumpBack,
                _ if is_charging(op) => Rest::Charging,
                _ => Rest::Numbers,
            },
        };
        number += 1;
    }
    forms
};

/// For two ops, by their numbers, the op that does the work of both, or the first.
static PAIRED: [[Op; Op::ALL.len()]; Op::ALL.len()] = {
    let mut paired = [[Op::Move; Op::ALL.len()]; Op::ALL.len()];
    let mut first = 0;
    while first < paired.len() {
        paired[first] = [Op::ALL[first]; Op::ALL.len()];
        first += 1;
    }
    let mut number = 0;
    while number < Op::PAIRS.len() {
        let (op, [first, second]) = Op::PAIRS[number];
        paired[first as usize][second as usize] = op;
        number += 1;
    }
    paired
};

/// What an instruction becomes before the next one: the op that does the work of both, where there is one.
/// The next one stays: it may be jumped to, and it is done by itself when it has more to do than is usual.
#[inline]
fn op_before(op: Op, next: Option<&Instruction>) -> Op {
    next.map_or(op, |next| PAIRED[op as usize][next.op as usize])
}

const fn is_register(operand: Operand) -> bool {
    matches!(
        operand,
        Operand::Write
            | Operand::Read
            | Operand::ReadWrite
            | Operand::Cell
            | Operand::MakeCell
            | Operand::Window
    )
}

const fn is_charging(op: Op) -> bool {
    matches!(op, Op::Call | Op::TailCall | Op::Return | Op::Return0 | Op::Return1)
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
        + size_of::<Code<'_>>()
        + if prototype.line_defined == 0 {
            // Those inside have the same.
            prototype.source.name.len() + size_of_val(&prototype.source.line_starts[..])
        } else {
            0
        }
        // The names of variables, and lines of the source, by a guess.
        + 32 * (prototype.locals.len() + prototype.upvalues.len())
}

/// What a call costs beside being an instruction: the frame and the registers may be memory that nobody has
/// used yet.
fn call_cost(op: Op) -> u32 {
    /// About what an instruction takes, so many times.
    const CALL: u32 = 2;
    if matches!(op, Op::Call | Op::TailCall) { CALL } else { 0 }
}

/// An instruction in the form that runs, with the op that it has there. One that charges fuel before it
/// leaves the function costs as much as there are instructions since the one before it, which is what
/// `charged` tells.
#[inline]
fn link_instruction(
    instruction: Instruction,
    linked_op: Op,
    index: usize,
    charged: &mut usize,
    constants: &[Value<'_>],
) -> LinkedInstruction {
    const STRIDE: i32 = size_of::<LinkedInstruction>() as i32;
    let Instruction { op, a, b, c, d } = instruction;
    let form = &FORMS[op as usize];
    let narrow = |is_slot: bool, byte: u8| {
        if is_slot { LinkedOperand::slot(byte) } else { LinkedOperand::number(u16::from(byte)) }
    };
    let a = narrow(form.slots[0], a);
    let wide = LinkedOperand::number(instruction.wide_constant());
    let middle = if form.is_wide { wide } else { narrow(form.slots[1], b) };
    let last = narrow(form.slots[2], c);
    let cache = LinkedOperand::number(0);
    let mut cost = || {
        let cost = index + 1 - *charged;
        *charged = index + 1;
        u32::try_from(cost).unwrap_or(u32::MAX)
    };
    // The verifier has checked that constants are there, that the index of one that a field is set
    // to is small enough, and that distances are.
    let (d, e) = match form.rest {
        Rest::Numbers => (d, 0),
        Rest::Charging => (d, cost() + call_cost(op)),
        Rest::JumpForward => (d * STRIDE, 0),
        // It is only there to charge.
        Rest::JumpBack if d == 0 => (d, cost()),
        Rest::JumpBack => (d * STRIDE, d.unsigned_abs()),
        Rest::Constant => {
            let constant = constants[d as usize];
            return LinkedInstruction::with_constant(linked_op, [a, middle, last], constant);
        }
        Rest::LastName => {
            let name = constants[usize::from(c)];
            return LinkedInstruction::with_constant(linked_op, [a, middle, cache], name);
        }
        Rest::MiddleName => {
            let name = constants[usize::from(b)];
            return LinkedInstruction::with_constant(linked_op, [a, last, cache], name);
        }
        Rest::MiddleNameConstant => {
            let value = LinkedOperand::number(d as u16);
            let name = constants[usize::from(b)];
            return LinkedInstruction::with_constant(linked_op, [a, value, cache], name);
        }
    };
    LinkedInstruction::new(linked_op, [a, middle, last], d, e)
}

/// A closure of a main function, as [`closure_of`] makes it of its code.
pub fn load_closure<'gc>(
    ctx: Context<'gc>,
    prototype: &Arc<Prototype>,
    environment: Value<'gc>,
) -> Closure<'gc> {
    closure_of(ctx, link(ctx, prototype), environment)
}

/// A closure of a main function: its first upvalue is a new cell with the environment, the others
/// (a dumped function may have some) are new cells with nil.
///
/// An environment that is filled when it is first touched is filled now, if the function touches it: filled
/// in the end, by the `print` of a result, it would lie among the garbage of a whole run, and allocators
/// tidy up all of that before they give so much memory in one piece.
pub fn closure_of<'gc>(
    ctx: Context<'gc>,
    code: Gc<'gc, Code<'gc>>,
    environment: Value<'gc>,
) -> Closure<'gc> {
    let prototype = &code.as_ref().prototype;
    if let Value::Table(table) = environment
        && prototype.instructions.iter().any(|i| matches!(i.op, Op::GetUpTable | Op::SetUpTable))
    {
        ctx.fill(table);
    }
    Closure::new(ctx, code, prototype.upvalues.len(), |index| {
        UpValue::new(&ctx, if index == 0 { environment } else { Value::Nil })
    })
}
