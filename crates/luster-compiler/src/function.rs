//! The function under construction: its code, constants, registers and jumps.
//!
//! Nothing here knows the syntax tree. What a piece of the tree turns into is decided by the other
//! modules; this one takes care that instructions, constants and labels fit together.

use std::sync::Arc;

use hashbrown::HashMap;
use luster_bytecode::{Constant, Flow, Instruction, LocalInfo, Op, Prototype, UpValueInfo};

use crate::{labels::Labels, names::NameId, numbering::Hidden, scope::Loop};

/// The last register a function may use, plus one.
pub(crate) const MAX_REGISTERS: usize = 255;

/// A constant value, before it is known whether an instruction can hold it itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Const {
    Nil,
    True,
    False,
    Integer(i64),
    Float(f64),
    String(NameId),
}

impl Const {
    /// Whether it counts as true in a condition.
    pub(crate) fn is_truthy(self) -> bool {
        !matches!(self, Const::Nil | Const::False)
    }
}

/// A constant other than a string as the key of the map that makes each one unique. Floats are told
/// apart by their bits, since `0.0` and `-0.0` are equal but not the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum ConstantKey {
    Nil,
    True,
    False,
    Integer(i64),
    Float(u64),
}

/// The most constants of a function for whose map the next one is to keep the room: emptying it
/// takes the longer the larger it is.
const KEPT_CONSTANTS: usize = 64;

/// After how many instructions without one there is an instruction at which the VM looks at the fuel.
const STRAIGHT: usize = 1000;

/// A place that jumps go to, perhaps not yet known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LabelId(u32);

/// The end of a list of jumps that wait for their label.
const NO_JUMP: i32 = -1;

/// Where a function's `...` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VarArgForm {
    /// In the frame of the call.
    Frame,
    /// In the table in this register.
    Table(u8),
}

/// A function under construction.
pub(crate) struct FunctionState {
    pub(crate) code: Vec<Instruction>,
    /// For each instruction, the byte of the source it belongs to.
    pub(crate) offsets: Vec<u32>,
    pub(crate) constants: Vec<Constant>,
    constant_indices: HashMap<ConstantKey, u32>,
    /// What the numbers of string constants, and of upvalues, hide of functions around.
    pub(crate) hidden_constants: Hidden,
    pub(crate) hidden_upvalues: Hidden,
    pub(crate) prototypes: Vec<Arc<Prototype>>,
    pub(crate) upvalues: Vec<UpValueInfo>,
    pub(crate) locals: Vec<LocalInfo>,
    /// The lowest register that is not in use.
    pub(crate) free: u8,
    /// The most registers in use at any time.
    pub(crate) registers: u8,
    /// How many registers the variables in scope take, all from 0 up.
    pub(crate) active_registers: u8,
    /// How many variables are in scope as PUC-Rio's limit counts them.
    pub(crate) local_count: u16,
    /// How many to-be-closed variables are in scope.
    pub(crate) to_be_closed: u32,
    /// The last instruction that a jump goes to, as far as is known.
    pub(crate) last_target: usize,
    /// For each label not yet bound, the last of the jumps that wait for it; each jump's distance
    /// holds the one before.
    pending: Vec<i32>,
    pub(crate) labels: Labels,
    /// The place of the last instruction that was made for the VM to look at the fuel.
    looked_at: usize,
    /// The jumps whose place may change when all are known, in their order.
    jumps: Vec<usize>,
    /// The jumps that others do not pass by, in their order.
    lasting_jumps: Vec<usize>,
    /// The loops around the current place.
    pub(crate) loops: Vec<Loop>,
    pub(crate) vararg: VarArgForm,
    pub(crate) is_vararg: bool,
    pub(crate) parameters: u8,
    /// The line of the function's first token, 0 for the main function.
    pub(crate) line_defined: u32,
}

impl FunctionState {
    /// A function without code.
    pub(crate) fn new(line_defined: u32) -> Self {
        FunctionState {
            code: Vec::new(),
            offsets: Vec::new(),
            constants: Vec::new(),
            constant_indices: HashMap::new(),
            hidden_constants: Hidden::default(),
            hidden_upvalues: Hidden::default(),
            prototypes: Vec::new(),
            upvalues: Vec::new(),
            locals: Vec::new(),
            free: 0,
            registers: 0,
            active_registers: 0,
            local_count: 0,
            to_be_closed: 0,
            last_target: 0,
            looked_at: 0,
            pending: Vec::new(),
            labels: Labels::default(),
            jumps: Vec::new(),
            lasting_jumps: Vec::new(),
            loops: Vec::new(),
            vararg: VarArgForm::Frame,
            is_vararg: false,
            parameters: 0,
            line_defined,
        }
    }

    /// Forgets the function, except for the memory that it has taken: the next one can use that.
    pub(crate) fn renew(self) -> Self {
        let FunctionState {
            mut code,
            mut offsets,
            mut constants,
            mut constant_indices,
            hidden_constants,
            hidden_upvalues,
            mut prototypes,
            mut upvalues,
            mut locals,
            mut pending,
            labels,
            mut jumps,
            mut lasting_jumps,
            mut loops,
            ..
        } = self;
        code.clear();
        offsets.clear();
        constants.clear();
        if constant_indices.capacity() > KEPT_CONSTANTS {
            constant_indices = HashMap::new();
        }
        constant_indices.clear();
        prototypes.clear();
        upvalues.clear();
        locals.clear();
        pending.clear();
        jumps.clear();
        lasting_jumps.clear();
        loops.clear();
        FunctionState {
            code,
            offsets,
            constants,
            constant_indices,
            hidden_constants,
            hidden_upvalues,
            prototypes,
            upvalues,
            locals,
            pending,
            labels,
            jumps,
            lasting_jumps,
            loops,
            ..FunctionState::new(0)
        }
    }

    /// The place of the next instruction.
    pub(crate) fn here(&self) -> usize {
        self.code.len()
    }

    /// Appends an instruction.
    pub(crate) fn emit(&mut self, op: Op, a: u8, b: u8, c: u8, d: i32, offset: u32) -> usize {
        self.code.push(Instruction::new(op, a, b, c, d));
        self.offsets.push(offset);
        self.code.len() - 1
    }

    /// Appends an instruction with one operand.
    pub(crate) fn emit_a(&mut self, op: Op, a: u8, offset: u32) {
        self.emit(op, a, 0, 0, 0, offset);
    }

    /// Appends what puts a variable into a cell. Line hooks see no line of its own.
    pub(crate) fn emit_new_cell(&mut self, register: u8, offset: u32) {
        let offset = self.offsets.last().copied().unwrap_or(offset);
        self.emit_a(Op::NewCell, register, offset);
    }

    /// Appends an instruction with two operands.
    pub(crate) fn emit_ab(&mut self, op: Op, a: u8, b: u8, offset: u32) {
        self.emit(op, a, b, 0, 0, offset);
    }

    /// Whether control can come to the next instruction.
    pub(crate) fn is_reachable(&self) -> bool {
        match self.code.last() {
            Some(last) if self.last_target < self.code.len() => {
                !matches!(last.op.flow(), Flow::Jump | Flow::Leave)
            }
            _ => true,
        }
    }

    /// Notes that a jump goes, or may go, to the next instruction.
    pub(crate) fn mark_target(&mut self) -> usize {
        self.last_target = self.code.len();
        self.last_target
    }

    /// The index of a constant other than a string, which is added if the function does not have it
    /// yet.
    pub(crate) fn constant(&mut self, value: Const) -> Option<u32> {
        let (key, constant) = match value {
            Const::Nil => (ConstantKey::Nil, Constant::Nil),
            Const::True => (ConstantKey::True, Constant::True),
            Const::False => (ConstantKey::False, Constant::False),
            Const::Integer(value) => (ConstantKey::Integer(value), Constant::Integer(value)),
            Const::Float(value) => (ConstantKey::Float(value.to_bits()), Constant::Float(value)),
            Const::String(_) => return None,
        };
        let constants = &mut self.constants;
        Some(*self.constant_indices.entry(key).or_insert_with(|| {
            constants.push(constant);
            // Each constant takes at least a byte of source, of which there are less than 2^32.
            (constants.len() - 1) as u32
        }))
    }

    /// Sets registers to nil, by the instruction before if that sets others that these are next to, or some
    /// of these.
    pub(crate) fn load_nil(&mut self, first: u8, count: u8, offset: u32) {
        if self.last_target < self.code.len()
            && let Some(last) = self.code.last_mut()
            && last.op == Op::LoadNil
        {
            // Both ranges as the first register and the one behind the last.
            let (before, wanted) = ((last.a, last.a + last.b + 1), (first, first + count));
            if wanted.0 <= before.1 && before.0 <= wanted.1 {
                last.a = before.0.min(wanted.0);
                last.b = before.1.max(wanted.1) - last.a - 1;
                return;
            }
        }
        self.emit(Op::LoadNil, first, count - 1, 0, 0, offset);
    }

    /// A label for jumps forward, not yet bound.
    pub(crate) fn new_label(&mut self) -> LabelId {
        self.pending.push(NO_JUMP);
        // There are fewer labels than bytes of source.
        LabelId((self.pending.len() - 1) as u32)
    }

    /// Makes the jump at `pc`, the last instruction, go to a label.
    pub(crate) fn jump_to(&mut self, label: LabelId, pc: usize) {
        self.jumps.push(pc);
        let head = &mut self.pending[label.0 as usize];
        self.code[pc].d = *head;
        *head = pc as i32;
    }

    /// Appends a jump to a label.
    pub(crate) fn emit_jump(&mut self, label: LabelId, offset: u32) {
        let pc = self.emit(Op::Jump, 0, 0, 0, 0, offset);
        self.jump_to(label, pc);
    }

    /// Appends a jump that will go to a place that is not known yet, and until then to the next
    /// instruction.
    pub(crate) fn emit_open_jump(&mut self, offset: u32) -> usize {
        let pc = self.emit(Op::Jump, 0, 0, 0, 0, offset);
        self.jumps.push(pc);
        pc
    }

    /// Appends a jump to a label that is taken even by what jumps to it: PUC-Rio has other
    /// instructions there, whose line is told to hooks.
    pub(crate) fn emit_lasting_jump(&mut self, label: LabelId, offset: u32) {
        self.lasting_jumps.push(self.code.len());
        self.emit_jump(label, offset);
    }

    /// Takes back a jump to a label if it is what has just been appended, and nothing goes to what would
    /// come behind it. Tells whether it was.
    pub(crate) fn take_back_jump(&mut self, label: LabelId) -> bool {
        let Some(last) = self.code.len().checked_sub(1) else { return false };
        let head = &mut self.pending[label.0 as usize];
        let is_it = *head == last as i32 && self.code[last].op == Op::Jump;
        if !is_it || self.last_target > last {
            return false;
        }
        *head = self.code[last].d;
        self.code.pop();
        self.offsets.pop();
        self.jumps.pop();
        self.lasting_jumps.pop_if(|pc| *pc == last);
        true
    }

    /// Appends a test of a register that jumps to a label if its truth is `when`.
    pub(crate) fn emit_test(&mut self, register: u8, when: bool, label: LabelId, offset: u32) {
        let op = if when { Op::JumpIf } else { Op::JumpIfNot };
        let pc = self.emit(op, register, 0, 0, 0, offset);
        self.jump_to(label, pc);
    }

    /// Puts a label before the next instruction.
    pub(crate) fn bind(&mut self, label: LabelId) {
        let here = self.code.len();
        let mut at = std::mem::replace(&mut self.pending[label.0 as usize], NO_JUMP);
        if at != NO_JUMP {
            self.last_target = here;
        }
        while at != NO_JUMP {
            let jump = &mut self.code[at as usize];
            let next = jump.d;
            jump.d = (here - at as usize - 1) as i32;
            at = next;
        }
    }

    /// Lets the instructions from `start` on belong to the same place as the one at `next`, so
    /// that line hooks see no line of their own: for what prepares captured variables.
    pub(crate) fn join_line(&mut self, start: usize, next: usize) {
        if let Some(&offset) = self.offsets.get(next) {
            self.offsets[start..next].fill(offset);
        }
    }

    /// Appends a jump to an earlier instruction.
    pub(crate) fn emit_jump_back(&mut self, target: usize, offset: u32) {
        let here = self.code.len();
        self.emit(Op::JumpBack, 0, 0, 0, distance(here, target), offset);
    }

    /// Appends, now and then, a jump to the next instruction, at which the VM looks at the fuel: code
    /// without loops and calls could not be interrupted otherwise. Gives its place.
    pub(crate) fn look_at_fuel(&mut self, offset: u32) -> Option<usize> {
        let here = self.code.len();
        if here - self.looked_at < STRAIGHT || !self.is_reachable() {
            return None;
        }
        self.looked_at = here;
        self.emit(Op::JumpBack, 0, 0, 0, 0, offset);
        self.mark_target();
        Some(here)
    }

    /// Makes the jump at `pc` go to a known place, before or after it.
    pub(crate) fn patch(&mut self, pc: usize, target: usize) {
        let jump = &mut self.code[pc];
        jump.op = if target > pc { Op::Jump } else { Op::JumpBack };
        jump.d = distance(pc, target);
    }

    /// Lets jumps that go to jumps go on to where those go.
    pub(crate) fn thread_jumps(&mut self) {
        // PUC-Rio's bound, against jumps in a circle.
        const HOPS: usize = 100;
        for index in 0..self.jumps.len() {
            let pc = self.jumps[index];
            let jump = self.code[pc];
            if matches!(jump.op, Op::JumpBack | Op::Close) {
                // What a `goto` has become.
                continue;
            }
            let mut target = pc + 1 + jump.d as usize;
            for _ in 0..HOPS {
                match self.code.get(target) {
                    Some(next)
                        if next.op == Op::Jump
                            && self.lasting_jumps.binary_search(&target).is_err() =>
                    {
                        target += 1 + next.d as usize;
                    }
                    _ => break,
                }
            }
            match self.code.get(target).copied() {
                // Only an unconditional jump can turn back, and one that lasts stays what it is:
                // hooks are told of its line.
                Some(next)
                    if next.op == Op::JumpBack
                        && jump.op == Op::Jump
                        && self.lasting_jumps.binary_search(&pc).is_err() =>
                {
                    let back = (target + 1).wrapping_add_signed(next.d as isize);
                    self.patch(pc, back);
                }
                _ => self.code[pc].d = distance(pc, target),
            }
        }
    }
}

/// The distance of a jump. Code has less than 2^31 instructions: each comes from some byte of the
/// source, and the compiler refuses larger functions when it finishes them.
fn distance(pc: usize, target: usize) -> i32 {
    (target as i64 - pc as i64 - 1) as i32
}
