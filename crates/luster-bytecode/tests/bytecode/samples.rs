//! Prototypes made by hand, a random generator, and short ways to write code. No checks.

use std::sync::Arc;

use luster_bytecode::{
    Capture, Constant, Instruction, LocalInfo, Op, Parts, Prototype, Source, UpValueInfo,
};

/// An instruction, its operands in order.
pub(crate) fn op(op: Op, a: u8, b: u8, c: u8, d: i32) -> Instruction {
    Instruction::new(op, a, b, c, d)
}

pub(crate) fn string(text: &str) -> Constant {
    Constant::String(Arc::from(text.as_bytes()))
}

pub(crate) fn upvalue(name: &str, capture: Capture) -> UpValueInfo {
    UpValueInfo { name: Arc::from(name.as_bytes()), capture }
}

pub(crate) fn local(name: &str, register: u8, start: u32, end: u32) -> LocalInfo {
    LocalInfo { name: Arc::from(name.as_bytes()), register, start, end }
}

/// A main function with nothing but code, one upvalue `_ENV`, and these constants: 0 an integer,
/// 1 a name, 2 a string too long for a name, 3 a NaN.
pub(crate) fn bare(registers: u8, code: &[Instruction]) -> Parts {
    Parts {
        source: Arc::new(Source { name: Arc::from(b"=bare".as_slice()), line_starts: vec![] }),
        line_defined: 0,
        last_line_defined: 0,
        parameters: 0,
        is_vararg: false,
        registers,
        instructions: code.to_vec(),
        constants: vec![
            Constant::Integer(7),
            string("name"),
            string(&"x".repeat(41)),
            Constant::Float(f64::NAN),
        ],
        prototypes: vec![],
        upvalues: vec![upvalue("_ENV", Capture::Register(0))],
        offsets: vec![],
        locals: vec![],
    }
}

const SOURCE: &str = "\
local t = {10, 20, ...}
local n = 0
local function f(x) n = n + x; return n end
for i = 1, 10 do t[i] = f(i) end
for k, v in pairs(t) do print(k .. v) end
if n < 5 then return end
return t:m(f(1))
";

/// What a compiler might make of [`SOURCE`]: two loops, a captured variable, calls with open lists.
pub(crate) fn tour() -> Prototype {
    let mut line_starts = vec![0];
    line_starts.extend(SOURCE.match_indices('\n').map(|(at, _)| at as u32 + 1));
    let source =
        Arc::new(Source { name: Arc::from(SOURCE.as_bytes()), line_starts: line_starts.clone() });
    let at = |line: usize| line_starts[line - 1];
    let nested = Parts {
        source: source.clone(),
        line_defined: 3,
        last_line_defined: 3,
        parameters: 1,
        is_vararg: false,
        registers: 2,
        instructions: vec![
            op(Op::GetUpValue, 1, 0, 0, 0),
            op(Op::Add, 1, 1, 0, 0),
            op(Op::SetUpValue, 1, 0, 0, 0),
            op(Op::GetUpValue, 1, 0, 0, 0),
            op(Op::Return1, 1, 0, 0, 0),
        ],
        constants: vec![],
        prototypes: vec![],
        upvalues: vec![upvalue("n", Capture::Register(1))],
        offsets: vec![at(3) + 24, at(3) + 26, at(3) + 20, at(3) + 38, at(3) + 31],
        locals: vec![local("x", 0, 0, 5)],
    };
    let code = [
        (1, op(Op::NewTable, 0, 0, 0, 2)),
        (1, op(Op::LoadInteger, 1, 0, 0, 10)),
        (1, op(Op::LoadInteger, 2, 0, 0, 20)),
        (1, op(Op::VarArg, 3, 0, 0, 0)),
        (1, op(Op::SetList, 0, 0, 0, 0)),
        (2, op(Op::LoadInteger, 1, 0, 0, 0)),
        (2, op(Op::NewCell, 1, 0, 0, 0)),
        (3, op(Op::Closure, 2, 0, 0, 0)),
        (4, op(Op::LoadInteger, 3, 0, 0, 1)),
        (4, op(Op::LoadInteger, 4, 0, 0, 10)),
        (4, op(Op::LoadInteger, 5, 0, 0, 1)),
        (4, op(Op::ForPrep, 3, 0, 0, 5)),
        (4, op(Op::Move, 6, 2, 0, 0)),
        (4, op(Op::Move, 7, 5, 0, 0)),
        (4, op(Op::Call, 6, 2, 2, 0)),
        (4, op(Op::SetTable, 0, 5, 6, 0)),
        (4, op(Op::ForLoop, 3, 0, 0, -5)),
        (5, op(Op::GetUpTable, 3, 0, 0, 0)),
        (5, op(Op::Move, 4, 0, 0, 0)),
        (5, op(Op::Call, 3, 2, 5, 0)),
        (5, op(Op::GenericForPrep, 3, 0, 0, 5)),
        (5, op(Op::GetUpTable, 9, 0, 1, 0)),
        (5, op(Op::Move, 10, 7, 0, 0)),
        (5, op(Op::Move, 11, 8, 0, 0)),
        (5, op(Op::Concat, 10, 10, 2, 0)),
        (5, op(Op::Call, 9, 2, 1, 0)),
        (5, op(Op::GenericForCall, 3, 0, 2, 0)),
        (5, op(Op::GenericForLoop, 3, 0, 0, -7)),
        (5, op(Op::Close, 3, 0, 0, 0)),
        (6, op(Op::GetCell, 3, 1, 0, 0)),
        (6, op(Op::JumpNotLessImmediate, 3, 5, 0, 1)),
        (6, op(Op::Return0, 0, 0, 0, 0)),
        (7, op(Op::GetMethod, 3, 0, 2, 0)),
        (7, op(Op::Move, 5, 2, 0, 0)),
        (7, op(Op::LoadInteger, 6, 0, 0, 1)),
        (7, op(Op::Call, 5, 2, 0, 0)),
        (7, op(Op::TailCall, 3, 0, 0, 0)),
    ];
    let parts = Parts {
        source,
        line_defined: 0,
        last_line_defined: 0,
        parameters: 0,
        is_vararg: true,
        registers: 12,
        instructions: code.iter().map(|&(_, instruction)| instruction).collect(),
        constants: vec![string("pairs"), string("print"), string("m")],
        prototypes: vec![Arc::new(nested.verify().expect("the nested sample is valid"))],
        upvalues: vec![upvalue("_ENV", Capture::Register(0))],
        offsets: code.iter().map(|&(line, _)| at(line)).collect(),
        locals: vec![
            local("t", 0, 5, 37),
            local("n", 1, 7, 37),
            local("f", 2, 8, 37),
            local("(for state)", 3, 11, 17),
            local("(for state)", 4, 11, 17),
            local("i", 5, 12, 16),
            local("(for state)", 3, 20, 29),
            local("(for state)", 4, 20, 29),
            local("(for state)", 5, 20, 29),
            local("(for state)", 6, 20, 29),
            local("k", 7, 21, 26),
            local("v", 8, 21, 26),
        ],
    };
    parts.verify().expect("the sample is valid")
}

/// Ops that [`tour`] has not: one of each kind of operand, skips, comparisons with constants.
pub(crate) fn odds_and_ends() -> Prototype {
    let nested = |captures: &[Capture]| {
        let mut parts = bare(1, &[op(Op::LoadNil, 0, 0, 0, 0), op(Op::Return, 0, 1, 1, 0)]);
        parts.upvalues = captures.iter().map(|&capture| upvalue("up", capture)).collect();
        parts.constants.clear();
        parts.line_defined = 2;
        parts.last_line_defined = 4;
        parts
    };
    let mut middle = nested(&[Capture::Register(3), Capture::UpValue(1)]);
    middle.prototypes = vec![
        Arc::new(nested(&[]).verify().expect("valid")),
        Arc::new(nested(&[Capture::UpValue(1)]).verify().expect("valid")),
    ];
    let code = [
        op(Op::LoadNil, 3, 1, 0, 0),
        op(Op::NewCell, 3, 0, 0, 0),
        op(Op::Closure, 4, 0, 0, 0),
        op(Op::SetCell, 3, 4, 0, 0),
        op(Op::JumpEqualConstant, 0, 2, 0, 3),
        op(Op::JumpLess, 0, 1, 0, 1),
        op(Op::LoadFalseSkip, 5, 0, 0, 0),
        op(Op::LoadTrue, 5, 0, 0, 0),
        op(Op::LoadConstant, 5, 0, 0, 2),
        op(Op::LoadFloat, 6, 0, 0, -3),
        op(Op::AddImmediate, 6, 6, 2, -1),
        op(Op::AddConstant, 6, 6, 1, 1),
        op(Op::ConstantSub, 6, 6, 0, 0),
        op(Op::GetIndex, 6, 5, 200, 0),
        op(Op::GetField, 6, 6, 3, 0),
        op(Op::SetField, 0, 3, 6, 0),
        op(Op::SetIndex, 0, 1, 6, 0),
        op(Op::SetUpTable, 0, 3, 6, 0),
        op(Op::NewTable, 7, 3, 0, 0),
        op(Op::MarkToBeClosed, 7, 0, 0, 0),
        op(Op::VarArgTable, 8, 0, 0, 0),
        op(Op::GetVarArg, 9, 0, 0, 0),
        op(Op::UnpackVarArgTable, 9, 8, 3, 0),
        op(Op::Not, 9, 10, 0, 0),
        op(Op::JumpIf, 9, 0, 0, 1),
        op(Op::JumpBack, 0, 0, 0, -17),
        op(Op::GetUpTable, 9, 0, 3, 0),
        op(Op::CheckGlobalUndefined, 9, 0, 0, 3),
        op(Op::LoadFalse, 9, 0, 0, 0),
        op(Op::UnpackVarArgTable, 10, 8, 0, 0),
        op(Op::Return, 9, 0, 1, 0),
    ];
    let mut parts = bare(11, &code);
    parts.parameters = 3;
    parts.is_vararg = true;
    parts.line_defined = 1;
    parts.last_line_defined = 9;
    parts.constants = vec![
        Constant::Integer(-4),
        Constant::Float(0.5),
        string("a \"quoted\"\nline \u{e9}"),
        string("field"),
        Constant::Nil,
        Constant::True,
        Constant::False,
    ];
    parts.upvalues.push(upvalue("", Capture::UpValue(3)));
    parts.prototypes = vec![Arc::new(middle.verify().expect("valid"))];
    parts.verify().expect("the sample is valid")
}

/// A small deterministic generator (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}
