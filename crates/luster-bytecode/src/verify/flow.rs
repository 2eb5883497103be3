//! What each register holds at each instruction: a Lua value, a cell, or nothing that may be read.
//!
//! An ordinary forward analysis over blocks. A block's entry knows two sets of registers: those
//! that hold a value and those that hold a cell, whichever way control came. Joining two ways keeps
//! what both agree on, so that an entry only ever loses registers, at most 256 times, and a block
//! is looked at again only after its entry has lost some. Only blocks' entries are stored.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::registers::Registers;
use super::shape::{self, Blocks};
use super::{VerifyError, VerifyErrorKind};
use crate::op::{Flow as Goes, Instruction, Op, Operand};
use crate::prototype::{Capture, Parts};

/// What is known of the registers at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State<S> {
    values: S,
    cells: S,
}

impl<S: Registers> State<S> {
    #[inline]
    fn read(&self, register: u8) -> Result<(), VerifyErrorKind> {
        self.read_range(register, 1)
    }

    #[inline]
    fn read_range(&self, first: u8, count: usize) -> Result<(), VerifyErrorKind> {
        match S::range(usize::from(first), count).without(self.values).first() {
            None => Ok(()),
            Some(register) => Err(VerifyErrorKind::NotAValue(register)),
        }
    }

    #[inline]
    fn write_range(&mut self, first: usize, count: usize) {
        let range = S::range(first, count);
        self.values = self.values.with(range);
        self.cells = self.cells.without(range);
    }

    #[inline]
    fn forget(&mut self, range: S) {
        self.values = self.values.without(range);
        self.cells = self.cells.without(range);
    }

    /// Forgets what a register and all above it hold.
    #[inline]
    fn forget_from(&mut self, first: usize) {
        self.values = self.values.shared(S::below(first));
        self.cells = self.cells.shared(S::below(first));
    }
}

/// What an op's row says about registers, prepared for a quick look.
#[derive(Clone, Copy)]
struct Effect {
    /// Whether `a`, `b`, `c` are registers that are read.
    reads: [bool; 3],
    /// Whether `a`, `b` are registers that hold cells.
    cells: [bool; 2],
    /// Whether `a` is written.
    writes: bool,
    /// Whether the op has a rule of its own.
    special: bool,
    /// Where control goes, and whether that is just the next instruction.
    flow: Goes,
    goes_on: bool,
}

/// For each byte, so that none needs to be looked at before it is used as an index.
const EFFECTS: [Effect; 256] = {
    let none = Effect {
        reads: [false; 3],
        cells: [false; 2],
        writes: false,
        special: false,
        flow: Goes::Next,
        goes_on: false,
    };
    let mut effects = [none; 256];
    let mut number = 0;
    while number < Op::ALL.len() {
        let effect = &mut effects[number];
        let op = Op::ALL[number];
        effect.special = matches!(op, Op::Closure);
        effect.flow = op.flow();
        let operands = op.operands();
        let mut index = 0;
        while index < 3 {
            match operands[index] {
                Operand::Read => effect.reads[index] = true,
                Operand::Write => {
                    assert!(index == 0, "only the first operand is written");
                    effect.writes = true;
                }
                Operand::ReadWrite => {
                    assert!(index == 0, "only the first operand is written");
                    effect.reads[index] = true;
                    effect.writes = true;
                }
                Operand::Cell => effect.cells[index] = true,
                Operand::MakeCell | Operand::Window => effect.special = true,
                _ => {}
            }
            index += 1;
        }
        effect.goes_on = matches!(effect.flow, Goes::Next);
        number += 1;
    }
    effects
};

/// A block: what is known at its first instruction.
#[derive(Clone, Copy, Default)]
struct Entry<S> {
    state: State<S>,
    reached: bool,
    waiting: bool,
}

/// This step of the verifier, with the memory that it keeps.
#[derive(Default)]
pub(super) struct Flow<S> {
    entries: Vec<Entry<S>>,
    /// The first instructions of blocks to look at on the way down, the earliest on top.
    work: BinaryHeap<Reverse<u32>>,
    /// Those to look at the next time round: jumps back from everywhere are joined first.
    later: Vec<Reverse<u32>>,
    /// For each nested prototype, the registers whose cells it captures.
    captures: Vec<S>,
}

impl<S: Registers> Flow<S> {
    /// Follows control from the first instruction and checks every register that is read on the way.
    /// Code that cannot be reached is not looked at.
    pub(super) fn check(&mut self, parts: &Parts, blocks: &Blocks) -> Result<(), VerifyError> {
        self.captures.clear();
        self.captures.extend(parts.prototypes.iter().map(|nested| {
            let mut captured = S::default();
            for upvalue in &nested.upvalues {
                if let Capture::Register(register) = upvalue.capture {
                    captured.insert_if(true, register);
                }
            }
            captured
        }));
        self.entries.clear();
        self.entries.resize(blocks.count, Entry::default());
        self.work.clear();
        self.later.clear();
        self.later.push(Reverse(0));
        let mut analysis = Analysis { parts, blocks, flow: self };
        let mut state = State::default();
        state.write_range(0, usize::from(parts.parameters));
        if let Some(entry) = analysis.flow.entries.first_mut() {
            *entry = Entry { state, reached: true, waiting: true };
        }
        while !analysis.flow.later.is_empty() {
            analysis.flow.work.extend(analysis.flow.later.drain(..));
            while let Some(Reverse(head)) = analysis.flow.work.pop() {
                analysis.walk(head as usize)?;
            }
        }
        Ok(())
    }
}

/// A function being looked at.
struct Analysis<'a, S> {
    parts: &'a Parts,
    blocks: &'a Blocks,
    flow: &'a mut Flow<S>,
}

impl<S: Registers> Analysis<'_, S> {
    /// Control may come to a block's first instruction with this state. Returns whether the block
    /// has to be looked at again for it, and does not wait for that yet.
    fn join(&mut self, block: usize, state: &State<S>) -> bool {
        let entry = &mut self.flow.entries[block];
        let joined = State {
            values: entry.state.values.shared(state.values),
            cells: entry.state.cells.shared(state.cells),
        };
        if !entry.reached {
            entry.reached = true;
            entry.state = *state;
        } else if joined != entry.state {
            entry.state = joined;
        } else {
            return false;
        }
        !entry.waiting
    }

    /// Control may jump from one instruction to another, which begins a block, with this state.
    fn arrive(&mut self, from: usize, to: usize, state: &State<S>) {
        if let Some(block) = self.blocks.at(to)
            && self.join(block, state)
        {
            self.flow.entries[block].waiting = true;
            let head = Reverse(to as u32);
            if to > from {
                self.flow.work.push(head);
            } else {
                self.flow.later.push(head);
            }
        }
    }

    /// Follows control through one block, and on into the next ones while nothing before them
    /// waits.
    fn walk(&mut self, head: usize) -> Result<(), VerifyError> {
        let Some(block) = self.blocks.at(head) else { return Ok(()) };
        let entry = &mut self.flow.entries[block];
        entry.waiting = false;
        let mut state = entry.state;
        let mut pc = head;
        loop {
            let instruction = self.parts.instructions[pc];
            let effect = &EFFECTS[instruction.op as usize];
            self.step(&mut state, pc, instruction, effect)
                .map_err(|kind| VerifyError { pc: Some(pc), kind })?;
            match effect.flow {
                // Most go nowhere else, which is foreseen better than where a table of jumps leads.
                _ if effect.goes_on => {}
                Goes::Next => {}
                Goes::Branch => self.arrive(pc, shape::target(pc, instruction), &state),
                Goes::Jump => {
                    self.arrive(pc, shape::target(pc, instruction), &state);
                    return Ok(());
                }
                Goes::Skip => {
                    self.arrive(pc, pc + 2, &state);
                    return Ok(());
                }
                Goes::Leave => return Ok(()),
            }
            pc += 1;
            if let Some(block) = self.blocks.at(pc) {
                if !self.join(block, &state) {
                    return Ok(());
                }
                if self.flow.work.peek().is_some_and(|&Reverse(first)| (first as usize) < pc) {
                    self.flow.entries[block].waiting = true;
                    self.flow.work.push(Reverse(pc as u32));
                    return Ok(());
                }
                state = self.flow.entries[block].state;
            }
        }
    }

    /// What one instruction reads and what it leaves.
    #[inline]
    fn step(
        &self,
        state: &mut State<S>,
        pc: usize,
        instruction: Instruction,
        effect: &Effect,
    ) -> Result<(), VerifyErrorKind> {
        let Instruction { a, b, c, .. } = instruction;
        // One branch for all operands: which of them are registers follows no pattern that a
        // processor could predict.
        let missing = state.values.lacks(effect.reads[0], a)
            | state.values.lacks(effect.reads[1], b)
            | state.values.lacks(effect.reads[2], c)
            | state.cells.lacks(effect.cells[0], a)
            | state.cells.lacks(effect.cells[1], b);
        if missing != 0 {
            return Err(first_missing(state, instruction));
        }
        if effect.special {
            self.special(state, pc, instruction)?;
        }
        state.values.insert_if(effect.writes, a);
        state.cells.remove_if(effect.writes, a);
        Ok(())
    }

    /// The ops that use several registers or change what one holds.
    fn special(
        &self,
        state: &mut State<S>,
        pc: usize,
        instruction: Instruction,
    ) -> Result<(), VerifyErrorKind> {
        let Instruction { op, a, b, c, d } = instruction;
        let [first, b_count, c_count] = [a, b, c].map(usize::from);
        // The fixed registers before an open list: that list begins where the instruction before
        // says, as `shape` has checked.
        let fixed = |count: usize| match count {
            0 => usize::from(self.parts.instructions[pc - 1].a) - first,
            _ => count,
        };
        match op {
            Op::NewCell => {
                state.read(a)?;
                state.values.remove_if(true, a);
                state.cells.insert_if(true, a);
            }
            Op::LoadNil => state.write_range(first, b_count + 1),
            Op::GetMethod => state.write_range(first, 2),
            Op::SetList => {
                state.read_range(a, if b == 0 { fixed(0) } else { b_count + 1 })?;
            }
            Op::Concat => {
                state.read_range(b, c_count)?;
                state.forget(S::range(b_count, c_count));
            }
            Op::Call => {
                state.read_range(a, fixed(b_count))?;
                // The callee's frame stood on the window.
                state.forget_from(first);
                state.write_range(first, c_count.saturating_sub(1));
            }
            Op::TailCall => state.read_range(a, fixed(b_count))?,
            Op::Return => {
                state.read_range(a, if b == 0 { fixed(0) } else { b_count - 1 })?;
            }
            Op::VarArg | Op::UnpackVarArgTable => match c_count {
                0 => state.forget_from(first),
                _ => state.write_range(first, c_count - 1),
            },
            Op::Closure => {
                let missing = self.flow.captures[d as usize].without(state.cells);
                if let Some(register) = missing.first() {
                    return Err(VerifyErrorKind::NotACell(register));
                }
            }
            Op::ForPrep | Op::ForLoop => state.read_range(a, 3)?,
            Op::GenericForPrep => state.read_range(a, 4)?,
            Op::GenericForCall => {
                state.read_range(a, 3)?;
                state.forget_from(first + 4);
                state.write_range(first + 4, c_count);
            }
            Op::GenericForLoop => {
                state.read_range(a + 4, 1)?;
                state.write_range(first + 2, 1);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Which operand of an instruction is not there, when one is not.
#[cold]
fn first_missing<S: Registers>(state: &State<S>, instruction: Instruction) -> VerifyErrorKind {
    let effect = &EFFECTS[instruction.op as usize];
    let registers = [instruction.a, instruction.b, instruction.c];
    for (register, reads) in registers.into_iter().zip(effect.reads) {
        if state.values.lacks(reads, register) != 0 {
            return VerifyErrorKind::NotAValue(register);
        }
    }
    let has_first = state.cells.lacks(effect.cells[0], instruction.a) == 0;
    VerifyErrorKind::NotACell(registers[usize::from(has_first)])
}
