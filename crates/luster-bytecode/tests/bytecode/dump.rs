//! Dumps: what comes back, and that damaged ones do no harm.

use std::sync::Arc;

use luster_bytecode::{
    Constant, DumpSize, Dumping, Op, Prototype, UndumpError, VerifyErrorKind, dump, undump,
};

use crate::samples::{Random, bare, odds_and_ends, op, tour};

/// How many bytes come before the first function.
const HEADER: usize = 52;

#[test]
fn round_trip() {
    for prototype in [tour(), odds_and_ends()] {
        let bytes = dump(&prototype, false);
        assert_eq!(undump(&bytes), Ok(prototype));
    }
}

#[test]
fn portions_make_the_same() {
    let long = |byte: u8, length| Constant::String(vec![byte; length].into());
    let mut parts = bare(0, &[op(Op::Return0, 0, 0, 0, 0)]);
    parts.constants = vec![long(b'a', 256), long(b'b', 257), Constant::Nil, long(b'c', 5000)];
    parts.constants.push(parts.constants[1].clone());
    let long = parts.verify().expect("valid");
    for prototype in [tour(), odds_and_ends(), long] {
        for strip in [false, true] {
            let bytes = dump(&prototype, strip);
            for count in [0, 1, 2, 3, 7, 100, 1000, 1 << 20] {
                let mut size = DumpSize::new(&prototype);
                while !size.go_on(&prototype, count.max(1)) {}
                let mut dumping = Dumping::new(&size, strip);
                while !dumping.go_on(&prototype, count) {}
                assert_eq!(dumping.into_bytes(), bytes, "{count} bytes at a time");
            }
        }
    }
}

#[test]
fn source_is_shared() {
    let prototype = undump(&dump(&tour(), false)).expect("valid");
    assert!(Arc::ptr_eq(&prototype.source, &prototype.prototypes[0].source));
}

#[test]
fn strings_are_written_once() {
    let mut parts = bare(0, &[op(Op::Return0, 0, 0, 0, 0)]);
    parts.upvalues.clear();
    parts.constants = vec![Constant::String(b"a rather long string".as_slice().into())];
    let mut around = parts.clone();
    around.prototypes = vec![Arc::new(parts.verify().expect("valid"))];
    let prototype = around.verify().expect("valid");
    let bytes = dump(&prototype, false);
    let copies = bytes.windows(20).filter(|window| window == b"a rather long string");
    assert_eq!(copies.count(), 1);
    assert_eq!(undump(&bytes), Ok(prototype));
}

#[test]
fn stripped() {
    fn check(stripped: &Prototype, original: &Prototype) {
        assert_eq!(&*stripped.source.name, b"=?");
        assert!(stripped.source.line_starts.is_empty());
        assert!(stripped.offsets.is_empty());
        assert!(stripped.locals.is_empty());
        assert!(stripped.upvalues.iter().all(|upvalue| upvalue.name.is_empty()));
        assert_eq!(stripped.instructions, original.instructions);
        assert_eq!(stripped.constants, original.constants);
        assert_eq!(stripped.line(0), 0);
        assert_eq!(stripped.column(0), 0);
        for (stripped, original) in stripped.prototypes.iter().zip(&original.prototypes) {
            check(stripped, original);
        }
    }
    for prototype in [tour(), odds_and_ends()] {
        let bytes = dump(&prototype, true);
        assert!(bytes.len() < dump(&prototype, false).len());
        check(&undump(&bytes).expect("valid"), &prototype);
    }
}

#[test]
fn every_prefix_is_truncated() {
    for bytes in [dump(&tour(), false), dump(&odds_and_ends(), true)] {
        for length in 0..bytes.len() {
            assert_eq!(undump(&bytes[..length]), Err(UndumpError::Truncated), "{length}");
        }
    }
    assert!(UndumpError::Truncated.to_string().contains("truncated"));
}

#[test]
fn not_a_dump() {
    assert_eq!(undump(b"return 1"), Err(UndumpError::NotADump));
    assert_eq!(undump(b"\x1bLua\x54"), Err(UndumpError::NotADump));
    let mut bytes = dump(&tour(), false);
    bytes[HEADER - 5] += 1;
    assert_eq!(undump(&bytes), Err(UndumpError::Version));
    let mut bytes = dump(&tour(), false);
    bytes[HEADER - 4] ^= 1;
    assert_eq!(undump(&bytes), Err(UndumpError::Version));
}

#[test]
fn trailing_bytes() {
    let mut bytes = dump(&tour(), false);
    bytes.push(0);
    assert_eq!(undump(&bytes), Err(UndumpError::TrailingBytes));
}

#[test]
fn invalid_functions_are_refused() {
    let valid = bare(1, &[op(Op::Return0, 0, 0, 0, 0)]).verify().expect("valid");
    let mut bytes = dump(&valid, true);
    let at = bytes.windows(8).position(|window| window == [Op::Return0 as u8, 0, 0, 0, 0, 0, 0, 0]);
    bytes[at.expect("the instruction is there")] = Op::Return1 as u8;
    let error = undump(&bytes).expect_err("the register holds nothing");
    let UndumpError::Verify(error) = error else { panic!("{error}") };
    assert_eq!(error.kind, VerifyErrorKind::NotAValue(0));
}

#[test]
fn nesting_is_bounded() {
    let leaf = || {
        let mut parts = bare(0, &[op(Op::Return0, 0, 0, 0, 0)]);
        parts.upvalues.clear();
        parts.constants.clear();
        parts
    };
    let mut prototype = leaf().verify().expect("valid");
    for _ in 1..250 {
        let mut around = leaf();
        around.prototypes = vec![Arc::new(prototype)];
        prototype = around.verify().expect("not too deep yet");
    }
    let bytes = dump(&prototype, false);
    assert_eq!(undump(&bytes).as_ref(), Ok(&prototype));
    let mut around = leaf();
    around.prototypes = vec![Arc::new(prototype)];
    assert_eq!(around.verify().map_err(|error| error.kind), Err(VerifyErrorKind::TooDeep));

    // A function that says it holds another, again and again.
    let one = dump(&leaf().verify().expect("valid"), true);
    let function = HEADER..one.len();
    let mut endless = one[..function.end - 1].to_vec();
    endless.push(1);
    for _ in 0..100_000 {
        endless.extend(&one[function.start..function.end - 1]);
        endless.push(1);
    }
    assert_eq!(undump(&endless), Err(UndumpError::TooDeep));
}

#[test]
fn damaged_dumps() {
    let mut random = Random(1);
    let mut survivors = 0;
    for prototype in [tour(), odds_and_ends()] {
        for strip in [false, true] {
            let bytes = dump(&prototype, strip);
            for _ in 0..20_000 {
                let mut damaged = bytes.clone();
                for _ in 0..=random.below(3) {
                    // Past the header, which would end the matter at once.
                    let at = HEADER + random.below(damaged.len() - HEADER);
                    match random.below(4) {
                        0 => damaged[at] ^= 1 << random.below(8),
                        1 => damaged[at] = random.next() as u8,
                        2 => damaged.insert(at, random.next() as u8),
                        _ => drop(damaged.remove(at)),
                    }
                }
                if let Ok(prototype) = undump(&damaged) {
                    survivors += 1;
                    inspect(&prototype);
                }
            }
        }
    }
    assert!(survivors > 1000, "the damage is too thorough to test anything: {survivors}");
}

#[test]
fn huge_counts_are_refused_before_allocating() {
    let bytes = dump(&bare(0, &[op(Op::Return0, 0, 0, 0, 0)]).verify().expect("valid"), true);
    for at in HEADER..bytes.len() {
        let mut damaged = bytes[..at].to_vec();
        damaged.extend([0xFF; 9]);
        damaged.push(1);
        assert!(undump(&damaged).is_err());
    }
}

/// Whatever has been verified can be shown, described and dumped.
fn inspect(prototype: &Prototype) {
    assert!(!prototype.disassemble().to_string().is_empty());
    for pc in 0..prototype.instructions.len() {
        prototype.describe_call(pc);
        prototype.line(pc);
        prototype.column(pc);
        for register in 0..prototype.registers {
            prototype.describe_register(pc, register);
        }
    }
    let bytes = dump(prototype, false);
    let again = undump(&bytes).expect("what has been verified stays valid");
    assert_eq!(dump(&again, false), bytes);
}
