//! Sizes that matter: code is read all the time, constants and names are many.

use std::mem::size_of;

use luster_bytecode::{Capture, Constant, Instruction, LocalInfo, Op, UpValueInfo};

#[test]
fn sizes() {
    assert_eq!(size_of::<Instruction>(), 8);
    assert_eq!(size_of::<Op>(), 1);
    assert_eq!(size_of::<Option<Op>>(), 1);
    assert_eq!(size_of::<Constant>(), 24);
    assert_eq!(size_of::<Capture>(), 2);
    assert_eq!(size_of::<UpValueInfo>(), 24);
    assert_eq!(size_of::<LocalInfo>(), 32);
}

#[test]
fn ops_are_numbered_in_order() {
    for (number, &op) in Op::ALL.iter().enumerate() {
        assert_eq!(op as usize, number);
        assert_eq!(Op::from_u8(number as u8), Some(op));
    }
    assert_eq!(Op::from_u8(Op::ALL.len() as u8), None);
}

#[test]
fn prototypes_cross_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<luster_bytecode::Prototype>();
    check::<luster_bytecode::VerifyError>();
    check::<luster_bytecode::UndumpError>();
}
