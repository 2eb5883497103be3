//! The verifier against a machine that knows only what each op does to registers: whatever passes
//! the one must never go wrong in the other, whichever way its branches go.

use luster_bytecode::{Capture, Flow, Op, Operand, Parts, Prototype};

use crate::samples::{Random, odds_and_ends, tour};

/// What a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Nothing,
    Value,
    Cell,
}

struct Machine<'a> {
    prototype: &'a Prototype,
    registers: Vec<Holds>,
    /// Where the open list begins, while there is one.
    open: Option<usize>,
    pc: usize,
}

impl Machine<'_> {
    fn new(prototype: &Prototype) -> Machine<'_> {
        let mut registers = vec![Holds::Nothing; usize::from(prototype.registers)];
        registers[..usize::from(prototype.parameters)].fill(Holds::Value);
        Machine { prototype, registers, open: None, pc: 0 }
    }

    #[track_caller]
    fn read(&self, register: usize) {
        assert_eq!(self.registers[register], Holds::Value, "r{register} at {}", self.pc);
    }

    #[track_caller]
    fn read_cell(&self, register: usize) {
        assert_eq!(self.registers[register], Holds::Cell, "r{register} at {}", self.pc);
    }

    /// Reads `fixed` registers, or those up to the top, which are used up.
    #[track_caller]
    fn read_list(&mut self, first: usize, fixed: Option<usize>) {
        let end = match fixed {
            Some(count) => first + count,
            None => {
                let start = self.open.take().expect("there is an open list");
                assert!(first <= start);
                start
            }
        };
        for register in first..end {
            self.read(register);
        }
    }

    /// Writes `fixed` registers, or begins an open list.
    fn write_list(&mut self, first: usize, fixed: Option<usize>) {
        match fixed {
            Some(count) => self.registers[first..first + count].fill(Holds::Value),
            None => {
                self.registers[first..].fill(Holds::Nothing);
                self.open = Some(first);
            }
        }
    }

    /// Runs one instruction, taking the branch or not; false when the function has ended.
    fn step(&mut self, branch: bool) -> bool {
        let i = self.prototype.instructions[self.pc];
        let [a, b, c] = [i.a, i.b, i.c].map(usize::from);
        let list = |count: usize| count.checked_sub(1);
        let takes_open = match i.op {
            Op::Call | Op::TailCall | Op::Return | Op::SetList => b == 0,
            _ => false,
        };
        assert_eq!(self.open.is_some(), takes_open, "open list at {}", self.pc);
        match i.op {
            Op::LoadNil => self.write_list(a, Some(b + 1)),
            Op::GetMethod => {
                self.read(b);
                self.write_list(a, Some(2));
            }
            Op::SetList => {
                self.read(a);
                self.read_list(a + 1, (b != 0).then_some(b));
            }
            Op::Concat => {
                self.read_list(b, Some(c));
                self.registers[b..b + c].fill(Holds::Nothing);
                self.registers[a] = Holds::Value;
            }
            Op::Call => {
                self.read(a);
                self.read_list(a + 1, list(b));
                self.registers[a..].fill(Holds::Nothing);
                self.write_list(a, list(c));
            }
            Op::TailCall => {
                self.read(a);
                self.read_list(a + 1, list(b));
            }
            Op::Return => self.read_list(a, list(b)),
            Op::VarArg => {
                assert!(self.prototype.is_vararg);
                self.write_list(a, list(c));
            }
            Op::UnpackVarArgTable => {
                self.read(b);
                self.write_list(a, list(c));
            }
            Op::NewCell => {
                self.read(a);
                self.registers[a] = Holds::Cell;
            }
            Op::Closure => {
                for upvalue in &self.prototype.prototypes[i.d as usize].upvalues {
                    match upvalue.capture {
                        Capture::Register(register) => self.read_cell(usize::from(register)),
                        Capture::UpValue(index) => {
                            assert!(usize::from(index) < self.prototype.upvalues.len());
                        }
                    }
                }
                self.registers[a] = Holds::Value;
            }
            Op::ForPrep | Op::ForLoop => self.read_list(a, Some(3)),
            Op::GenericForPrep => self.read_list(a, Some(4)),
            Op::GenericForCall => {
                self.read_list(a, Some(3));
                assert!(a + 7 <= self.registers.len());
                self.registers[a + 4..].fill(Holds::Nothing);
                self.write_list(a + 4, Some(c));
            }
            Op::GenericForLoop => {
                self.read(a + 4);
                self.registers[a + 2] = Holds::Value;
            }
            _ => {
                let operands = i.op.operands();
                for (operand, register) in operands.into_iter().zip([a, b, c]) {
                    match operand {
                        Operand::Read => self.read(register),
                        Operand::Cell => self.read_cell(register),
                        _ => {}
                    }
                }
                if operands[0] == Operand::Write {
                    self.registers[a] = Holds::Value;
                }
            }
        }
        let jumped = (self.pc as i64 + 1 + i64::from(i.d)) as usize;
        match i.op.flow() {
            Flow::Leave => return false,
            Flow::Next => self.pc += 1,
            Flow::Skip => self.pc += 2,
            Flow::Jump => self.pc = jumped,
            Flow::Branch => self.pc = if branch { jumped } else { self.pc + 1 },
        }
        assert!(self.pc < self.prototype.instructions.len());
        true
    }
}

fn copy(prototype: &Prototype) -> Parts {
    Parts::clone(prototype)
}

#[test]
fn what_is_verified_runs() {
    let mut random = Random(2);
    let mut verified = 0;
    for original in [tour(), odds_and_ends()] {
        for _ in 0..30_000 {
            let mut parts = copy(&original);
            parts.offsets.clear();
            parts.locals.clear();
            for _ in 0..random.below(3) {
                let length = parts.instructions.len();
                let at = random.below(length);
                let small = random.below(13) as u8;
                match random.below(7) {
                    0 => parts.instructions[at].a = small,
                    1 => parts.instructions[at].b = small,
                    2 => parts.instructions[at].c = small,
                    3 => parts.instructions[at].d = random.below(16) as i32 - 8,
                    4 => parts.instructions[at].op = Op::ALL[random.below(Op::ALL.len())],
                    5 => parts.instructions.swap(at, (at + 1) % length),
                    _ => parts.instructions[at] = parts.instructions[random.below(length)],
                }
            }
            let Ok(prototype) = parts.verify() else { continue };
            verified += 1;
            for _ in 0..4 {
                let mut machine = Machine::new(&prototype);
                for _ in 0..300 {
                    if !machine.step(random.below(2) == 0) {
                        break;
                    }
                }
            }
        }
    }
    assert!(verified > 10_000, "too little was put to the test: {verified}");
}
