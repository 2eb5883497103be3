//! The verifier: each rule, broken by a few instructions.

use std::sync::Arc;

use luster_bytecode::VerifyErrorKind::*;
use luster_bytecode::{Capture, Instruction, Op, Parts, VerifyErrorKind};

use crate::samples::{bare, local, op, upvalue};

const RETURN: Instruction = op_const(Op::Return0);

const fn op_const(op: Op) -> Instruction {
    Instruction::new(op, 0, 0, 0, 0)
}

/// These parts break this rule at this instruction.
#[track_caller]
fn refused(parts: Parts, pc: impl Into<Option<usize>>, kind: VerifyErrorKind) {
    let error = parts.verify().expect_err("a rule is broken");
    assert_eq!((error.pc, error.kind), (pc.into(), kind), "{error}");
}

#[track_caller]
fn accepted(parts: Parts) {
    if let Err(error) = parts.verify() {
        panic!("{error}");
    }
}

/// A function that captures one variable.
fn capturing(capture: Capture) -> Parts {
    let mut parts = bare(0, &[RETURN]);
    parts.upvalues = vec![upvalue("x", capture)];
    parts
}

/// A function with three registers that hold values and some more.
fn with_values(registers: u8, code: &[Instruction]) -> Parts {
    let mut parts = bare(registers, code);
    parts.parameters = 3;
    parts
}

#[test]
fn functions_as_a_whole() {
    refused(bare(0, &[]), None, Empty);
    let mut parts = bare(1, &[RETURN]);
    parts.parameters = 2;
    refused(parts, None, TooManyParameters);
    let mut parts = bare(1, &[RETURN]);
    parts.upvalues = vec![upvalue("x", Capture::Register(0)); 256];
    refused(parts, None, TooManyUpValues);
    let mut parts = bare(1, &[RETURN]);
    parts.offsets = vec![1, 2];
    refused(parts, None, Offsets);
}

#[test]
fn locals() {
    let with = |locals: &[luster_bytecode::LocalInfo]| {
        let mut parts = bare(1, &[RETURN]);
        parts.locals = locals.to_vec();
        parts
    };
    accepted(with(&[local("x", 0, 0, 1), local("y", 0, 1, 1)]));
    refused(with(&[local("x", 1, 0, 1)]), None, Local(0));
    refused(with(&[local("x", 0, 1, 0)]), None, Local(0));
    refused(with(&[local("x", 0, 0, 2)]), None, Local(0));
    refused(with(&[local("x", 0, 1, 1), local("y", 0, 0, 1)]), None, Local(1));
}

#[test]
fn captures() {
    let with = |capture| {
        let mut parts = bare(1, &[RETURN]);
        parts.prototypes = vec![Arc::new(capturing(capture).verify().expect("valid"))];
        parts
    };
    accepted(with(Capture::Register(0)));
    accepted(with(Capture::UpValue(0)));
    refused(with(Capture::Register(1)), None, Capture(0));
    refused(with(Capture::UpValue(1)), None, Capture(0));
}

#[test]
fn operands() {
    refused(bare(1, &[op(Op::LoadTrue, 1, 0, 0, 0), RETURN]), 0, RegisterRange(1));
    refused(with_values(3, &[op(Op::Move, 0, 3, 0, 0), RETURN]), 0, RegisterRange(3));
    refused(with_values(3, &[op(Op::Add, 0, 1, 3, 0), RETURN]), 0, RegisterRange(3));
    refused(bare(1, &[op(Op::GetCell, 0, 1, 0, 0), RETURN]), 0, RegisterRange(1));
    refused(bare(1, &[op(Op::NewCell, 1, 0, 0, 0), RETURN]), 0, RegisterRange(1));
    refused(bare(1, &[op(Op::GetUpValue, 0, 1, 0, 0), RETURN]), 0, UpValueRange);
    refused(with_values(3, &[op(Op::SetUpTable, 1, 1, 0, 0), RETURN]), 0, UpValueRange);
    refused(bare(1, &[op(Op::Closure, 0, 0, 0, 0), RETURN]), 0, PrototypeRange);
    refused(bare(1, &[op(Op::Closure, 0, 0, 0, -1), RETURN]), 0, PrototypeRange);
}

#[test]
fn unused_operands() {
    refused(bare(1, &[op(Op::LoadTrue, 0, 1, 0, 0), RETURN]), 0, UnusedOperand);
    refused(bare(1, &[op(Op::LoadTrue, 0, 0, 1, 0), RETURN]), 0, UnusedOperand);
    refused(bare(1, &[op(Op::LoadTrue, 0, 0, 0, 1), RETURN]), 0, UnusedOperand);
    refused(bare(1, &[op(Op::Return0, 1, 0, 0, 0)]), 0, UnusedOperand);
    // The room for a cache.
    refused(bare(1, &[op(Op::Return0, 0, 0, 0, 1)]), 0, UnusedOperand);
    refused(bare(1, &[op(Op::GetUpTable, 0, 0, 1, -1), RETURN]), 0, UnusedOperand);
}

#[test]
fn constants() {
    refused(bare(1, &[op(Op::LoadConstant, 0, 0, 0, 4), RETURN]), 0, ConstantRange);
    refused(bare(1, &[op(Op::LoadConstant, 0, 0, 0, -1), RETURN]), 0, ConstantRange);
    refused(bare(1, &[op(Op::GetUpTable, 0, 0, 4, 0), RETURN]), 0, ConstantRange);
    refused(bare(1, &[op(Op::GetUpTable, 0, 0, 0, 0), RETURN]), 0, ConstantKind);
    // Too long for a name.
    refused(bare(1, &[op(Op::GetUpTable, 0, 0, 2, 0), RETURN]), 0, ConstantKind);
    refused(with_values(3, &[op(Op::AddConstant, 0, 0, 0, 1), RETURN]), 0, ConstantKind);
    refused(with_values(3, &[op(Op::CheckGlobalUndefined, 0, 0, 0, 0), RETURN]), 0, ConstantKind);
    accepted(with_values(3, &[op(Op::CheckGlobalUndefined, 0, 0, 0, 2), RETURN]));
    accepted(with_values(3, &[op(Op::AddConstant, 0, 0, 0, 3), RETURN]));
    // A NaN is equal to nothing, not even to itself.
    refused(with_values(3, &[op(Op::JumpEqualConstant, 0, 3, 0, 0), RETURN]), 0, ConstantKind);
    refused(with_values(3, &[op(Op::JumpNotEqualConstant, 0, 0, 1, 0), RETURN]), 0, ConstantRange);
}

#[test]
fn operand_values() {
    refused(with_values(3, &[op(Op::AddImmediate, 0, 0, 3, 0), RETURN]), 0, OperandRange);
    refused(with_values(3, &[op(Op::AddConstant, 0, 0, 2, 0), RETURN]), 0, OperandRange);
    refused(bare(1, &[op(Op::NewTable, 0, 32, 0, 0), RETURN]), 0, OperandRange);
    refused(bare(1, &[op(Op::NewTable, 0, 0, 0, -1), RETURN]), 0, OperandRange);
    refused(with_values(3, &[op(Op::SetList, 0, 1, 0, -1), RETURN]), 0, OperandRange);
    refused(with_values(3, &[op(Op::Concat, 0, 0, 1, 0), RETURN]), 0, OperandRange);
    refused(with_values(3, &[op(Op::Return, 0, 1, 2, 0)]), 0, OperandRange);
}

#[test]
fn windows() {
    refused(bare(2, &[op(Op::LoadNil, 1, 1, 0, 0), RETURN]), 0, Window(1));
    refused(bare(255, &[op(Op::LoadNil, 255, 255, 0, 0), RETURN]), 0, Window(255));
    refused(with_values(3, &[op(Op::GetMethod, 2, 0, 1, 0), RETURN]), 0, Window(2));
    refused(with_values(3, &[op(Op::SetList, 1, 2, 0, 0), RETURN]), 0, Window(1));
    refused(with_values(3, &[op(Op::Concat, 0, 2, 2, 0), RETURN]), 0, Window(2));
    refused(with_values(3, &[op(Op::Call, 1, 3, 1, 0), RETURN]), 0, Window(1));
    refused(with_values(3, &[op(Op::Call, 1, 1, 4, 0), RETURN]), 0, Window(1));
    refused(with_values(3, &[op(Op::Call, 3, 1, 1, 0), RETURN]), 0, Window(3));
    refused(with_values(3, &[op(Op::TailCall, 2, 2, 0, 0)]), 0, Window(2));
    refused(with_values(3, &[op(Op::Return, 2, 3, 0, 0)]), 0, Window(2));
    accepted(with_values(3, &[op(Op::Return, 3, 1, 0, 0)]));
    refused(with_values(3, &[op(Op::Return, 4, 1, 0, 0)]), 0, Window(4));
    refused(with_values(3, &[op(Op::Close, 4, 0, 0, 0), RETURN]), 0, Window(4));
    refused(with_values(3, &[op(Op::ForPrep, 1, 0, 0, 0), RETURN]), 0, Window(1));
    refused(with_values(3, &[op(Op::UnpackVarArgTable, 2, 0, 3, 0), RETURN]), 0, Window(2));
    let mut parts = bare(1, &[op(Op::VarArg, 0, 0, 3, 0), RETURN]);
    parts.is_vararg = true;
    refused(parts, 0, Window(0));
}

#[test]
fn extra_arguments() {
    refused(bare(1, &[op(Op::VarArg, 0, 0, 2, 0), RETURN]), 0, NotVarArg);
    refused(bare(1, &[op(Op::VarArgTable, 0, 0, 0, 0), RETURN]), 0, NotVarArg);
    refused(with_values(3, &[op(Op::GetVarArg, 0, 0, 0, 0), RETURN]), 0, NotVarArg);
}

#[test]
fn jumps() {
    refused(bare(0, &[op(Op::Jump, 0, 0, 0, -1), RETURN]), 0, JumpDirection);
    refused(bare(0, &[RETURN, op(Op::JumpBack, 0, 0, 0, 1), RETURN, RETURN]), 1, JumpDirection);
    accepted(bare(0, &[op(Op::JumpBack, 0, 0, 0, 0), RETURN]));
    refused(bare(0, &[op(Op::JumpBack, 0, 0, 0, 0)]), 0, JumpRange);
    refused(with_values(3, &[op(Op::ForLoop, 0, 0, 0, 0), RETURN]), 0, JumpDirection);
    refused(bare(0, &[op(Op::Jump, 0, 0, 0, 1), RETURN]), 0, JumpRange);
    refused(bare(0, &[op(Op::Jump, 0, 0, 0, i32::MAX), RETURN]), 0, JumpRange);
    refused(bare(0, &[op(Op::JumpBack, 0, 0, 0, -2), RETURN]), 0, JumpRange);
    refused(bare(0, &[op(Op::JumpBack, 0, 0, 0, i32::MIN), RETURN]), 0, JumpRange);
    refused(with_values(3, &[op(Op::JumpIf, 0, 0, 0, 1), RETURN]), 0, JumpRange);
    accepted(bare(0, &[op(Op::JumpBack, 0, 0, 0, -1)]));
}

#[test]
fn ops_that_only_linked_code_has() {
    for &(pair, [first, second]) in Op::PAIRS {
        assert!(pair.is_pair() && !first.is_pair() && !second.is_pair());
        assert_eq!((pair.mnemonic(), pair.operands()), (first.mnemonic(), first.operands()));
        refused(with_values(3, &[op(pair, 0, 0, 0, 0), RETURN]), 0, LinkedOp);
        assert_eq!(Op::from_u8(pair as u8), None);
    }
}

#[test]
fn falling_off_the_end() {
    refused(bare(1, &[op(Op::LoadTrue, 0, 0, 0, 0)]), 0, FallsOff);
    refused(with_values(3, &[RETURN, op(Op::JumpIf, 0, 0, 0, 0)]), 1, FallsOff);
    refused(bare(1, &[op(Op::LoadFalseSkip, 0, 0, 0, 0), RETURN]), 0, FallsOff);
    accepted(bare(1, &[op(Op::LoadFalseSkip, 0, 0, 0, 0), RETURN, RETURN]));
}

#[test]
fn numeric_loops() {
    let prep = |d| op(Op::ForPrep, 0, 0, 0, d);
    accepted(with_values(3, &[prep(1), op(Op::ForLoop, 0, 0, 0, -1), RETURN]));
    refused(with_values(3, &[prep(0), op(Op::ForLoop, 0, 0, 0, -1), RETURN]), 0, LoopShape);
    refused(with_values(4, &[prep(1), op(Op::ForLoop, 1, 0, 0, -1), RETURN]), 0, LoopShape);
}

#[test]
fn generic_loops() {
    let nil = op(Op::LoadNil, 3, 0, 0, 0);
    let prep = |d| op(Op::GenericForPrep, 0, 0, 0, d);
    let call = |a, c| op(Op::GenericForCall, a, 0, c, 0);
    let step = |a| op(Op::GenericForLoop, a, 0, 0, -2);
    accepted(with_values(7, &[nil, prep(0), call(0, 1), step(0), RETURN]));
    refused(with_values(7, &[nil, prep(1), call(0, 1), step(0), RETURN]), 1, LoopShape);
    refused(with_values(8, &[nil, prep(0), call(1, 1), step(1), RETURN]), 1, LoopShape);
    refused(with_values(7, &[nil, prep(0), call(0, 1), nil, step(0), RETURN]), 2, LoopShape);
    refused(with_values(8, &[nil, prep(0), call(0, 1), step(1), RETURN]), 2, LoopShape);
    refused(with_values(8, &[nil, step(0), RETURN]), 1, LoopShape);
    refused(with_values(7, &[nil, prep(0), call(0, 0), step(0), RETURN]), 2, OperandRange);
    // The call needs room for the iterator and two arguments.
    refused(with_values(6, &[nil, prep(0), call(0, 1), step(0), RETURN]), 2, Window(0));
    refused(with_values(7, &[nil, prep(0), call(0, 4), step(0), RETURN]), 2, Window(0));
    refused(with_values(3, &[prep(0), call(0, 1), step(0), RETURN]), 0, Window(0));
    // The values of the loop are there in its body only.
    let read = op(Op::Move, 0, 4, 0, 0);
    accepted(with_values(
        7,
        &[nil, prep(1), read, call(0, 1), op(Op::GenericForLoop, 0, 0, 0, -3), RETURN],
    ));
    refused(with_values(7, &[nil, read, prep(0), call(0, 1), step(0), RETURN]), 1, NotAValue(4));
}

#[test]
fn open_lists() {
    let call = |a, b, c| op(Op::Call, a, b, c, 0);
    let give = |a| op(Op::Return, a, 0, 0, 0);
    accepted(with_values(3, &[call(2, 1, 0), give(0)]));
    accepted(with_values(3, &[call(2, 1, 0), call(1, 0, 0), call(0, 0, 1), RETURN]));
    accepted(with_values(3, &[call(2, 1, 0), op(Op::SetList, 0, 0, 0, 0), RETURN]));
    accepted(with_values(3, &[call(2, 1, 0), op(Op::TailCall, 0, 0, 0, 0)]));
    accepted(with_values(3, &[op(Op::UnpackVarArgTable, 1, 0, 0, 0), give(0)]));
    // Nobody takes it.
    refused(with_values(3, &[call(2, 1, 0), RETURN]), 0, OpenOutput);
    refused(with_values(3, &[RETURN, op(Op::UnpackVarArgTable, 1, 0, 0, 0)]), 1, FallsOff);
    // Nobody gives it.
    refused(with_values(3, &[give(0)]), 0, OpenInput);
    refused(with_values(3, &[call(2, 1, 1), give(0)]), 1, OpenInput);
    refused(with_values(3, &[call(0, 0, 1), RETURN]), 0, OpenInput);
    refused(with_values(3, &[op(Op::SetList, 0, 0, 0, 0), RETURN]), 0, OpenInput);
    refused(with_values(3, &[op(Op::TailCall, 0, 0, 0, 0)]), 0, OpenInput);
    // It begins below what takes it.
    refused(with_values(3, &[call(0, 1, 0), give(1)]), 1, OpenInput);
    accepted(with_values(3, &[call(1, 1, 0), give(1)]));
    refused(with_values(3, &[call(1, 1, 0), call(1, 0, 1), RETURN]), 1, OpenInput);
    refused(with_values(3, &[call(1, 1, 0), op(Op::SetList, 1, 0, 0, 0), RETURN]), 1, OpenInput);
    // A jump lands between the two.
    let jump = op(Op::JumpIf, 0, 0, 0, 1);
    refused(with_values(3, &[jump, call(2, 1, 0), give(0)]), 2, OpenInput);
    let skip = op(Op::LoadFalseSkip, 0, 0, 0, 0);
    refused(with_values(3, &[skip, call(2, 1, 0), give(0)]), 2, OpenInput);
    // What stands before it must hold values.
    refused(with_values(5, &[op(Op::UnpackVarArgTable, 4, 0, 0, 0), give(2)]), 1, NotAValue(3));
    refused(
        with_values(
            6,
            &[op(Op::UnpackVarArgTable, 5, 0, 0, 0), op(Op::SetList, 2, 0, 0, 0), RETURN],
        ),
        1,
        NotAValue(3),
    );
}

#[test]
fn uninitialised_registers() {
    refused(bare(2, &[op(Op::Move, 0, 1, 0, 0), RETURN]), 0, NotAValue(1));
    refused(bare(1, &[op(Op::Return1, 0, 0, 0, 0)]), 0, NotAValue(0));
    refused(with_values(5, &[op(Op::Return, 2, 4, 0, 0)]), 0, NotAValue(3));
    refused(with_values(5, &[op(Op::Call, 2, 2, 1, 0), RETURN]), 0, NotAValue(3));
    refused(with_values(5, &[op(Op::TailCall, 3, 1, 0, 0)]), 0, NotAValue(3));
    refused(with_values(5, &[op(Op::SetList, 1, 2, 0, 0), RETURN]), 0, NotAValue(3));
    refused(with_values(5, &[op(Op::Concat, 0, 2, 2, 0), RETURN]), 0, NotAValue(3));
    refused(
        with_values(5, &[op(Op::ForPrep, 2, 0, 0, 1), op(Op::ForLoop, 2, 0, 0, -1), RETURN]),
        0,
        NotAValue(3),
    );
    refused(
        with_values(
            7,
            &[
                op(Op::GenericForPrep, 0, 0, 0, 0),
                op(Op::GenericForCall, 0, 0, 1, 0),
                op(Op::GenericForLoop, 0, 0, 0, -2),
                RETURN,
            ],
        ),
        0,
        NotAValue(3),
    );
    refused(bare(1, &[op(Op::NewCell, 0, 0, 0, 0), RETURN]), 0, NotAValue(0));
    // Code that cannot be reached reads nothing.
    accepted(bare(1, &[RETURN, op(Op::Return1, 0, 0, 0, 0)]));
}

#[test]
fn calls_leave_only_results() {
    let call = |c| op(Op::Call, 0, 3, c, 0);
    let read = |register| op(Op::Return1, register, 0, 0, 0);
    accepted(with_values(3, &[call(2), read(0)]));
    refused(with_values(3, &[call(2), read(1)]), 1, NotAValue(1));
    refused(with_values(3, &[call(1), read(0)]), 1, NotAValue(0));
    accepted(with_values(3, &[call(4), read(2)]));
    // Above the window as well: the callee stood there.
    refused(with_values(3, &[op(Op::Call, 0, 1, 2, 0), read(2)]), 1, NotAValue(2));
    accepted(with_values(3, &[op(Op::Call, 1, 1, 1, 0), read(0)]));
}

#[test]
fn scratch_registers() {
    let read = |register| op(Op::Return1, register, 0, 0, 0);
    let concat = |a| op(Op::Concat, a, 1, 2, 0);
    accepted(with_values(3, &[concat(0), read(0)]));
    accepted(with_values(3, &[concat(1), read(1)]));
    refused(with_values(3, &[concat(0), read(1)]), 1, NotAValue(1));
    refused(with_values(3, &[concat(1), read(2)]), 1, NotAValue(2));
}

#[test]
fn ways_that_join() {
    let set = op(Op::LoadTrue, 3, 0, 0, 0);
    let read = op(Op::Return1, 3, 0, 0, 0);
    let either = op(Op::JumpIf, 0, 0, 0, 1);
    refused(with_values(4, &[either, set, read]), 2, NotAValue(3));
    accepted(with_values(4, &[op(Op::JumpIf, 0, 0, 0, 2), set, read, RETURN]));
    accepted(with_values(4, &[set, either, set, read]));
    // The second time round, the call has taken the register away.
    let around =
        [set, op(Op::Move, 1, 3, 0, 0), op(Op::Call, 2, 1, 2, 0), op(Op::JumpBack, 0, 0, 0, -3)];
    refused(with_values(4, &around), 1, NotAValue(3));
    // One way makes a cell, the other does not: it is neither.
    let cell = op(Op::NewCell, 1, 0, 0, 0);
    refused(with_values(4, &[either, cell, op(Op::Return1, 1, 0, 0, 0)]), 2, NotAValue(1));
    refused(with_values(4, &[either, cell, op(Op::GetCell, 0, 1, 0, 0), RETURN]), 2, NotACell(1));
}

#[test]
fn cells() {
    let cell = op(Op::NewCell, 1, 0, 0, 0);
    accepted(with_values(3, &[cell, op(Op::GetCell, 0, 1, 0, 0), RETURN]));
    accepted(with_values(3, &[cell, op(Op::SetCell, 1, 0, 0, 0), RETURN]));
    refused(with_values(3, &[op(Op::GetCell, 0, 1, 0, 0), RETURN]), 0, NotACell(1));
    refused(with_values(3, &[op(Op::SetCell, 1, 0, 0, 0), RETURN]), 0, NotACell(1));
    refused(with_values(3, &[cell, op(Op::SetCell, 1, 1, 0, 0), RETURN]), 1, NotAValue(1));
    refused(with_values(3, &[cell, op(Op::Move, 0, 1, 0, 0), RETURN]), 1, NotAValue(1));
    refused(with_values(3, &[cell, cell, RETURN]), 1, NotAValue(1));
    refused(with_values(3, &[cell, op(Op::Call, 0, 2, 1, 0), RETURN]), 1, NotAValue(1));
    refused(with_values(3, &[cell, op(Op::Return, 0, 3, 0, 0)]), 1, NotAValue(1));
    // What is written over it is a value again, and a call takes it away.
    accepted(with_values(3, &[cell, op(Op::LoadTrue, 1, 0, 0, 0), op(Op::Return1, 1, 0, 0, 0)]));
    refused(
        with_values(3, &[cell, op(Op::Call, 0, 1, 1, 0), op(Op::GetCell, 0, 1, 0, 0), RETURN]),
        2,
        NotACell(1),
    );
}

#[test]
fn closures_capture_cells() {
    let with = |code: &[Instruction]| {
        let mut parts = with_values(3, code);
        let nested = capturing(Capture::Register(1)).verify().expect("valid");
        parts.prototypes = vec![Arc::new(nested)];
        parts
    };
    let closure = |a| op(Op::Closure, a, 0, 0, 0);
    let cell = op(Op::NewCell, 1, 0, 0, 0);
    accepted(with(&[cell, closure(0), RETURN]));
    accepted(with(&[cell, closure(1), op(Op::Return1, 1, 0, 0, 0)]));
    refused(with(&[closure(0), RETURN]), 0, NotACell(1));
    refused(with(&[cell, closure(1), closure(0), RETURN]), 2, NotACell(1));
}

#[test]
fn long_code_is_quick() {
    // A million instructions in loops that reach back to the beginning, each taking a register
    // away from the ones before.
    let mut code = vec![op(Op::LoadNil, 0, 253, 0, 0)];
    for round in 0..250_000_i32 {
        let register = (round % 200) as u8;
        code.push(op(Op::Call, 220 - register % 20, 1, 2, 0));
        code.push(op(Op::Move, register, 0, 0, 0));
        code.push(op(Op::JumpIf, 0, 0, 0, 1));
        code.push(op(Op::JumpBack, 0, 0, 0, -(round % 1000) * 4 - 4));
    }
    code.push(RETURN);
    // Whether it is valid does not matter, only that an answer comes.
    let _ = bare(254, &code).verify();
}

#[test]
fn messages() {
    let error = bare(1, &[RETURN, op(Op::LoadTrue, 7, 0, 0, 0)]).verify().expect_err("no register");
    assert_eq!(error.to_string(), "instruction 1: no register 7");
    assert_eq!(bare(1, &[]).verify().expect_err("no code").to_string(), "no instructions");
}
