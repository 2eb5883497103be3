//! Names of registers and calls.

use luster_bytecode::{Op, VariableKind};

use crate::samples::{bare, local, odds_and_ends, op, tour, upvalue};

fn name(found: Option<(VariableKind, &[u8])>) -> Option<String> {
    found.map(|(kind, name)| format!("{kind} {}", String::from_utf8_lossy(name)))
}

fn call(found: Option<(&str, &[u8])>) -> Option<String> {
    found.map(|(kind, name)| format!("{kind} {}", String::from_utf8_lossy(name)))
}

#[test]
fn registers() {
    let tour = tour();
    let at = |pc, register| name(tour.describe_register(pc, register));
    // A table constructor's registers are nobody's.
    assert_eq!(at(4, 0), None);
    assert_eq!(at(4, 1), None);
    assert_eq!(at(15, 0).as_deref(), Some("local t"));
    assert_eq!(at(15, 5).as_deref(), Some("local i"));
    // A call has set it.
    assert_eq!(at(15, 6), None);
    assert_eq!(at(14, 6).as_deref(), Some("local f"));
    assert_eq!(at(19, 3).as_deref(), Some("global pairs"));
    assert_eq!(at(24, 10).as_deref(), Some("local k"));
    // The value of a captured variable is still that variable.
    assert_eq!(at(30, 3).as_deref(), Some("local n"));
    assert_eq!(at(36, 3).as_deref(), Some("method m"));
    assert_eq!(at(36, 4), None);
    let nested = &tour.prototypes[0];
    assert_eq!(name(nested.describe_register(1, 1)).as_deref(), Some("upvalue n"));
    assert_eq!(name(nested.describe_register(1, 0)).as_deref(), Some("local x"));
    assert_eq!(name(Some(nested.describe_upvalue(0))).as_deref(), Some("upvalue n"));
    assert_eq!(name(Some(nested.describe_upvalue(9))).as_deref(), Some("upvalue ?"));
}

#[test]
fn registers_out_of_range_have_no_name() {
    let tour = tour();
    assert_eq!(tour.describe_register(1_000_000, 255), None);
    assert_eq!(tour.describe_call(1_000_000), None);
    assert_eq!(tour.local_name(0, usize::MAX), None);
}

#[test]
fn calls() {
    let tour = tour();
    let at = |pc| call(tour.describe_call(pc));
    assert_eq!(at(14).as_deref(), Some("local f"));
    assert_eq!(at(15).as_deref(), Some("metamethod newindex"));
    assert_eq!(at(19).as_deref(), Some("global pairs"));
    assert_eq!(at(24).as_deref(), Some("metamethod concat"));
    assert_eq!(at(25).as_deref(), Some("global print"));
    assert_eq!(at(26).as_deref(), Some("for iterator for iterator"));
    assert_eq!(at(28).as_deref(), Some("metamethod close"));
    assert_eq!(at(30).as_deref(), Some("metamethod lt"));
    assert_eq!(at(32).as_deref(), Some("metamethod index"));
    assert_eq!(at(36).as_deref(), Some("method m"));
    let odds = odds_and_ends();
    let at = |pc| call(odds.describe_call(pc));
    assert_eq!(at(4), None);
    assert_eq!(at(10).as_deref(), Some("metamethod sub"));
    assert_eq!(at(11).as_deref(), Some("metamethod add"));
    assert_eq!(at(30).as_deref(), Some("metamethod close"));
}

#[test]
fn fields() {
    let mut parts = bare(
        6,
        &[
            op(Op::GetField, 1, 0, 1, 0),
            op(Op::LoadConstant, 2, 0, 0, 2),
            op(Op::GetTable, 2, 1, 2, 0),
            op(Op::GetIndex, 3, 2, 4, 0),
            op(Op::GetTable, 4, 3, 3, 0),
            op(Op::GetUpTable, 5, 0, 1, 0),
            op(Op::Return1, 5, 0, 0, 0),
        ],
    );
    parts.parameters = 1;
    parts.locals = vec![local("_ENV", 0, 0, 7)];
    parts.upvalues = vec![upvalue("other", luster_bytecode::Capture::UpValue(0))];
    let prototype = parts.verify().expect("valid");
    let at = |pc, register| name(prototype.describe_register(pc, register));
    assert_eq!(at(6, 1).as_deref(), Some("global name"));
    assert_eq!(at(2, 2), Some(format!("constant {}", "x".repeat(41))));
    assert_eq!(at(6, 2), Some(format!("field {}", "x".repeat(41))));
    assert_eq!(at(6, 3).as_deref(), Some("field integer index"));
    assert_eq!(at(6, 4).as_deref(), Some("field ?"));
    assert_eq!(at(6, 5).as_deref(), Some("field name"));
}

#[test]
fn what_a_jump_may_pass_over_has_no_name() {
    let mut parts = bare(
        2,
        &[
            op(Op::GetUpTable, 1, 0, 1, 0),
            op(Op::JumpIf, 1, 0, 0, 1),
            op(Op::GetUpTable, 1, 0, 1, 0),
            op(Op::Call, 1, 1, 1, 0),
            op(Op::Return0, 0, 0, 0, 0),
        ],
    );
    let prototype = parts.clone().verify().expect("valid");
    assert_eq!(prototype.describe_call(3), None);
    // Unless the jump passes over the use as well.
    parts.instructions[1].d = 2;
    let prototype = parts.verify().expect("valid");
    assert_eq!(call(prototype.describe_call(3)).as_deref(), Some("global name"));
}
