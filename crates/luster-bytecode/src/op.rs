//! The instruction set, defined once.
//!
//! One row of the table below is an op: its name, what each operand means, and what it does as a
//! pseudo-assignment. The enum, the mnemonics, the disassembler and the verifier come from it.
//! What an op does when it runs is the VM's business.
//!
//! Notation: `R[x]` a register of the running function, `K[x]` a constant, `U[x]` an upvalue,
//! `P[x]` a nested prototype, `..top` everything up to the end of the last open result (see
//! `Call`). A jump's distance is relative to the instruction after it.

/// What an operand of an op means; the verifier and the disassembler go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Not used; must be zero.
    None,
    /// A register that is written.
    Write,
    /// A register that is read; it holds a Lua value.
    Read,
    /// A register that is read and written.
    ReadWrite,
    /// A register that holds a cell (a captured variable).
    Cell,
    /// A register that held a Lua value and holds a cell from now on.
    MakeCell,
    /// The first register of several; the op's own rule says which are read and written.
    Window,
    /// An upvalue.
    UpValue,
    /// A constant: any.
    Constant,
    /// A constant: a number.
    NumberConstant,
    /// A constant: a string of at most 40 bytes, as field names are.
    NameConstant,
    /// A constant: a string of any length.
    StringConstant,
    /// A nested prototype.
    Prototype,
    /// An unsigned number; the op says what it counts.
    Count,
    /// A signed immediate number.
    Immediate,
    /// How an arithmetic op with a constant stood in the source, a [`Flipped`](crate::Flipped).
    Flipped,
    /// A jump forward: zero or more.
    JumpForward,
    /// A jump backward: less than zero; or zero, in a plain jump, to the next instruction.
    JumpBack,
    /// Room for what the VM learns while running; zero in a prototype.
    Cache,
    /// The low half of a 16-bit operand whose high half is the next one.
    Wide(WideOperand),
    /// The high half of the 16-bit operand before it.
    High,
}

/// What a 16-bit operand made of `b` (low) and `c` (high) means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WideOperand {
    /// A signed immediate.
    Immediate,
    /// A constant: any.
    Constant,
}

/// Where control goes after an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the next instruction.
    Next,
    /// To the next instruction or to its jump's target.
    Branch,
    /// To its jump's target only.
    Jump,
    /// Over the next instruction.
    Skip,
    /// Out of the function.
    Leave,
}

macro_rules! ops {
    ($($(#[doc = $doc:literal])* $name:ident $mnemonic:literal
        $a:expr, $b:expr, $c:expr, $d:expr; $flow:ident;)*
    => $($pair:ident $first:ident $second:ident;)*) => {
        /// An operation of the virtual machine.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op {
            $($(#[doc = $doc])* $name,)*
            $(
                #[doc = concat!("`", stringify!($first), "`, and `", stringify!($second),
                    "` if that is the next instruction; only in linked code")]
                $pair,
            )*
        }

        impl Op {
            /// The ops that only linked code has, each with the two ops that it does the work of.
            pub const PAIRS: &[(Op, [Op; 2])] = &[$((Op::$pair, [Op::$first, Op::$second])),*];

            /// All ops of bytecode, in the order of their numbers.
            pub const ALL: &[Op] = &[$(Op::$name),*];

            /// Whether only linked code has it.
            pub const fn is_pair(self) -> bool {
                self as usize >= Op::ALL.len()
            }

            /// The op itself, or the first of the two that it does the work of.
            pub const fn plain(self) -> Op {
                match self { $(Op::$pair => Op::$first,)* op => op }
            }

            /// The op with this number.
            pub fn from_u8(number: u8) -> Option<Op> {
                Op::ALL.get(usize::from(number)).copied()
            }

            /// Its name in a disassembly.
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Op::$name => $mnemonic,)* $(Op::$pair => Op::$first.mnemonic(),)* }
            }

            /// What its operands `a`, `b`, `c` and `d` mean.
            pub const fn operands(self) -> [Operand; 4] {
                use Operand::*;
                match self { $(Op::$name => [$a, $b, $c, $d],)* $(Op::$pair => Op::$first.operands(),)* }
            }

            /// Where control goes after it.
            pub const fn flow(self) -> Flow {
                match self { $(Op::$name => Flow::$flow,)* $(Op::$pair => Op::$first.flow(),)* }
            }
        }
    };
}

const WIDE_IMMEDIATE: Operand = Operand::Wide(WideOperand::Immediate);
const WIDE_CONSTANT: Operand = Operand::Wide(WideOperand::Constant);

ops! {
    // Loads and moves.

    /// `R[a] := R[b]`
    Move "move" Write, Read, None, None; Next;
    /// `R[a], ..., R[a + b] := nil`
    LoadNil "load_nil" Window, Count, None, None; Next;
    /// `R[a] := false`
    LoadFalse "load_false" Write, None, None, None; Next;
    /// `R[a] := true`
    LoadTrue "load_true" Write, None, None, None; Next;
    /// `R[a] := false; skip the next instruction` (the end of a comparison used as a value)
    LoadFalseSkip "load_false_skip" Write, None, None, None; Skip;
    /// `R[a] := d` as an integer
    LoadInteger "load_integer" Write, None, None, Immediate; Next;
    /// `R[a] := d` as a float
    LoadFloat "load_float" Write, None, None, Immediate; Next;
    /// `R[a] := K[d]`
    LoadConstant "load_constant" Write, None, None, Constant; Next;

    // Captured variables live in cells from birth.

    /// `R[a] := new cell holding R[a]`
    NewCell "new_cell" MakeCell, None, None, None; Next;
    /// `R[a] := value of cell R[b]`
    GetCell "get_cell" Write, Cell, None, None; Next;
    /// `value of cell R[a] := R[b]`
    SetCell "set_cell" Cell, Read, None, None; Next;
    /// `R[a] := U[b]`
    GetUpValue "get_upvalue" Write, UpValue, None, None; Next;
    /// `U[b] := R[a]`
    SetUpValue "set_upvalue" Read, UpValue, None, None; Next;

    // Tables.

    /// `R[a] := U[b][K[c]]`
    GetUpTable "get_up_table" Write, UpValue, NameConstant, Cache; Next;
    /// `U[a][K[b]] := R[c]`
    SetUpTable "set_up_table" UpValue, NameConstant, Read, Cache; Next;
    /// `R[a] := R[b][R[c]]`
    GetTable "get_table" Write, Read, Read, None; Next;
    /// `R[a] := R[b][c]`, `c` an integer
    GetIndex "get_index" Write, Read, Count, None; Next;
    /// `R[a] := R[b][K[c]]`
    GetField "get_field" Write, Read, NameConstant, Cache; Next;
    /// `R[a][R[b]] := R[c]`
    SetTable "set_table" Read, Read, Read, None; Next;
    /// `R[a][R[b]] := K[d]`
    SetTableConstant "set_table_constant" Read, Read, None, Constant; Next;
    /// `R[a][b] := R[c]`, `b` an integer
    SetIndex "set_index" Read, Count, Read, None; Next;
    /// `R[a][K[b]] := R[c]`
    SetField "set_field" Read, NameConstant, Read, Cache; Next;
    /// `R[a][K[b]] := K[d]`, `d` below 65536
    SetFieldConstant "set_field_constant" Read, NameConstant, None, Constant; Next;
    /// `R[a + 1] := R[b]; R[a] := R[b][K[c]]` (the start of a method call)
    GetMethod "get_method" Window, Read, NameConstant, Cache; Next;
    /// `R[a] := {}` with room for `d` positional items and, when `b` is not 0, `2^(b-1)` others
    NewTable "new_table" Write, Count, None, Count; Next;
    /// `R[a][d + i] := R[a + i], 1 <= i <= b`, or up to the top when `b` is 0
    SetList "set_list" Window, Count, None, Count; Next;

    // Arithmetic on registers.

    /// `R[a] := R[b] + R[c]`
    Add "add" Write, Read, Read, None; Next;
    /// `R[a] := R[b] - R[c]`
    Sub "sub" Write, Read, Read, None; Next;
    /// `R[a] := R[b] * R[c]`
    Mul "mul" Write, Read, Read, None; Next;
    /// `R[a] := R[b] / R[c]`
    Div "div" Write, Read, Read, None; Next;
    /// `R[a] := R[b] % R[c]`
    Mod "mod" Write, Read, Read, None; Next;
    /// `R[a] := R[b] ^ R[c]`
    Pow "pow" Write, Read, Read, None; Next;
    /// `R[a] := R[b] // R[c]`
    FloorDiv "floor_div" Write, Read, Read, None; Next;
    /// `R[a] := R[b] & R[c]`
    BitAnd "bit_and" Write, Read, Read, None; Next;
    /// `R[a] := R[b] | R[c]`
    BitOr "bit_or" Write, Read, Read, None; Next;
    /// `R[a] := R[b] ~ R[c]`
    BitXor "bit_xor" Write, Read, Read, None; Next;
    /// `R[a] := R[b] << R[c]`
    ShiftLeft "shift_left" Write, Read, Read, None; Next;
    /// `R[a] := R[b] >> R[c]`
    ShiftRight "shift_right" Write, Read, Read, None; Next;

    // Arithmetic with a constant; `c` tells how the source had it, for metamethods and messages.

    /// `R[a] := R[b] + d`
    AddImmediate "add_immediate" Write, Read, Flipped, Immediate; Next;
    /// `R[a] := R[b] + K[d]`
    AddConstant "add_constant" Write, Read, Flipped, NumberConstant; Next;
    /// `R[a] := R[b] - K[d]`
    SubConstant "sub_constant" Write, Read, None, NumberConstant; Next;
    /// `R[a] := R[b] * K[d]`
    MulConstant "mul_constant" Write, Read, Flipped, NumberConstant; Next;
    /// `R[a] := R[b] / K[d]`
    DivConstant "div_constant" Write, Read, None, NumberConstant; Next;
    /// `R[a] := R[b] % K[d]`
    ModConstant "mod_constant" Write, Read, None, NumberConstant; Next;
    /// `R[a] := R[b] ^ K[d]`
    PowConstant "pow_constant" Write, Read, None, NumberConstant; Next;
    /// `R[a] := R[b] // K[d]`
    FloorDivConstant "floor_div_constant" Write, Read, None, NumberConstant; Next;
    /// `R[a] := R[b] & K[d]`
    BitAndConstant "bit_and_constant" Write, Read, Flipped, NumberConstant; Next;
    /// `R[a] := R[b] | K[d]`
    BitOrConstant "bit_or_constant" Write, Read, Flipped, NumberConstant; Next;
    /// `R[a] := R[b] ~ K[d]`
    BitXorConstant "bit_xor_constant" Write, Read, Flipped, NumberConstant; Next;
    /// `R[a] := R[b] << d`
    ShiftLeftImmediate "shift_left_immediate" Write, Read, None, Immediate; Next;
    /// `R[a] := R[b] >> d`
    ShiftRightImmediate "shift_right_immediate" Write, Read, None, Immediate; Next;
    /// `R[a] := K[d] - R[b]`
    ConstantSub "constant_sub" Write, Read, None, NumberConstant; Next;
    /// `R[a] := K[d] / R[b]`
    ConstantDiv "constant_div" Write, Read, None, NumberConstant; Next;

    // Other operators.

    /// `R[a] := -R[b]`
    Negate "negate" Write, Read, None, None; Next;
    /// `R[a] := not R[b]`
    Not "not" Write, Read, None, None; Next;
    /// `R[a] := #R[b]`
    Length "length" Write, Read, None, None; Next;
    /// `R[a] := ~R[b]`
    BitNot "bit_not" Write, Read, None, None; Next;
    /// `R[a] := R[b] .. ... .. R[b + c - 1]`; those registers are scratch afterwards
    Concat "concat" Write, Window, Count, None; Next;

    // Jumps and tests. Conditional jumps only go forward.

    /// `jump d`
    Jump "jump" None, None, None, JumpForward; Jump;
    /// `jump d`, to an earlier instruction; or to the next one, only for the VM to look at the fuel
    JumpBack "jump_back" None, None, None, JumpBack; Jump;
    /// `if R[a] then jump d`
    JumpIf "jump_if" Read, None, None, JumpForward; Branch;
    /// `if not R[a] then jump d`
    JumpIfNot "jump_if_not" Read, None, None, JumpForward; Branch;
    /// `if R[a] == R[b] then jump d`
    JumpEqual "jump_equal" Read, Read, None, JumpForward; Branch;
    /// `if R[a] ~= R[b] then jump d`
    JumpNotEqual "jump_not_equal" Read, Read, None, JumpForward; Branch;
    /// `if R[a] < R[b] then jump d`
    JumpLess "jump_less" Read, Read, None, JumpForward; Branch;
    /// `if not (R[a] < R[b]) then jump d`
    JumpNotLess "jump_not_less" Read, Read, None, JumpForward; Branch;
    /// `if R[a] <= R[b] then jump d`
    JumpLessEqual "jump_less_equal" Read, Read, None, JumpForward; Branch;
    /// `if not (R[a] <= R[b]) then jump d`
    JumpNotLessEqual "jump_not_less_equal" Read, Read, None, JumpForward; Branch;
    /// `if R[a] == K[bc] then jump d`; the constant is never a NaN
    JumpEqualConstant "jump_equal_constant" Read, WIDE_CONSTANT, High, JumpForward; Branch;
    /// `if R[a] ~= K[bc] then jump d`
    JumpNotEqualConstant "jump_not_equal_constant" Read, WIDE_CONSTANT, High, JumpForward; Branch;
    /// `if R[a] < bc then jump d`
    JumpLessImmediate "jump_less_immediate" Read, WIDE_IMMEDIATE, High, JumpForward; Branch;
    /// `if not (R[a] < bc) then jump d`
    JumpNotLessImmediate "jump_not_less_immediate" Read, WIDE_IMMEDIATE, High, JumpForward; Branch;
    /// `if R[a] <= bc then jump d`
    JumpLessEqualImmediate "jump_less_equal_immediate" Read, WIDE_IMMEDIATE, High, JumpForward; Branch;
    /// `if not (R[a] <= bc) then jump d`
    JumpNotLessEqualImmediate "jump_not_less_equal_immediate" Read, WIDE_IMMEDIATE, High, JumpForward; Branch;
    /// `if R[a] > bc then jump d` (`bc < R[a]` for metamethods)
    JumpGreaterImmediate "jump_greater_immediate" Read, WIDE_IMMEDIATE, High, JumpForward; Branch;
    /// `if not (R[a] > bc) then jump d`
    JumpNotGreaterImmediate "jump_not_greater_immediate" Read, WIDE_IMMEDIATE, High, JumpForward; Branch;
    /// `if R[a] >= bc then jump d` (`bc <= R[a]` for metamethods)
    JumpGreaterEqualImmediate "jump_greater_equal_immediate" Read, WIDE_IMMEDIATE, High, JumpForward; Branch;
    /// `if not (R[a] >= bc) then jump d`
    JumpNotGreaterEqualImmediate "jump_not_greater_equal_immediate" Read, WIDE_IMMEDIATE, High, JumpForward; Branch;

    // Calls.

    /// `R[a], ... := R[a](R[a + 1], ..., R[a + b - 1])`: `b` is one more than the number of
    /// arguments, 0 means up to the top; `c` is one more than the number of results kept, 0 means
    /// all, and sets the top.
    Call "call" Window, Count, Count, Cache; Next;
    /// `return R[a](R[a + 1], ..., R[a + b - 1])`, in this function's place
    TailCall "tail_call" Window, Count, None, Cache; Leave;
    /// `return R[a], ..., R[a + b - 2]`: `b` is one more than the number of results, 0 means up to
    /// the top; when `c` is 1, to-be-closed variables are closed first
    Return "return" Window, Count, Count, Cache; Leave;
    /// `return`
    Return0 "return0" None, None, None, Cache; Leave;
    /// `return R[a]`
    Return1 "return1" Read, None, None, Cache; Leave;
    /// `R[a] := closure of P[d]`
    Closure "closure" Write, None, None, Prototype; Next;
    /// `R[a], ..., R[a + c - 2] := ...`; `c` 0 means all, and sets the top
    VarArg "vararg" Window, None, Count, None; Next;
    /// `R[a] := table of the extra arguments`, with their number in `n`
    VarArgTable "vararg_table" Write, None, None, None; Next;
    /// `R[a] := the extra argument numbered R[b]`, or their number when `R[b]` is `"n"`, or nil
    GetVarArg "get_vararg" Write, Read, None, None; Next;
    /// `R[a], ..., R[a + c - 2] := R[b][1], ..., R[b][R[b].n]`; `c` 0 means all, and sets the top
    UnpackVarArgTable "unpack_vararg_table" Window, Read, Count, None; Next;

    // Loops.

    /// Prepares the numeric loop over start `R[a]`, limit `R[a + 1]` and step `R[a + 2]`: from
    /// here on `R[a]` is a count (or the limit, for floats), `R[a + 1]` the step and `R[a + 2]` the
    /// control variable. Jumps `d`, over the `ForLoop`, when the loop does not run.
    ForPrep "for_prep" Window, None, None, JumpForward; Branch;
    /// Steps `R[a + 2]` and jumps `d` while the loop goes on
    ForLoop "for_loop" Window, None, None, JumpBack; Branch;
    /// Prepares the generic loop over iterator `R[a]`, state `R[a + 1]`, initial value `R[a + 2]`
    /// and closing value `R[a + 3]`, which is marked to be closed; jumps to its `GenericForCall`
    GenericForPrep "generic_for_prep" Window, None, None, JumpForward; Jump;
    /// `R[a + 4], ..., R[a + 3 + c] := R[a](R[a + 1], R[a + 2])`; a `GenericForLoop` follows
    GenericForCall "generic_for_call" Window, None, Count, Cache; Next;
    /// `if R[a + 4] ~= nil then R[a + 2] := R[a + 4]; jump d`
    GenericForLoop "generic_for_loop" Window, None, None, JumpBack; Branch;

    // Scopes.

    /// Marks `R[a]` to be closed; an error unless it is nil, false or has `__close`
    MarkToBeClosed "mark_to_be_closed" Read, None, None, None; Next;
    /// Closes the to-be-closed variables at `R[a]` and above, the last first
    Close "close" Window, None, None, None; Next;
    /// `error "global 'K[d]' already defined" unless R[a] is nil`
    CheckGlobalUndefined "check_global_undefined" Read, None, None, StringConstant; Next;

    =>
    // Two instructions in one step. What they are is what benchmarks and programs of others do most often
    // one after the other, where the first is short enough to gain from it.
    MoveMove Move Move;
    GetUpValueMove GetUpValue Move;
    GetTableGetTable GetTable GetTable;
    GetTableAdd GetTable Add;
    GetTableMul GetTable Mul;
    GetFieldGetField GetField GetField;
    GetFieldGetTable GetField GetTable;
    GetFieldMul GetField Mul;
    GetUpTableGetField GetUpTable GetField;
    AddImmediateGetTable AddImmediate GetTable;
    MulAdd Mul Add;
    MulSub Mul Sub;
    MulMul Mul Mul;
    AddForLoop Add ForLoop;
    SetTableForLoop SetTable ForLoop;
    SetTableConstantForLoop SetTableConstant ForLoop;
}

/// How the operands of an arithmetic op with a constant stood in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Flipped {
    /// `R[b] op constant`
    No = 0,
    /// `constant op R[b]`
    Yes = 1,
    /// `R[b] - constant`, done by [`Op::AddImmediate`] of the constant negated
    Subtraction = 2,
}

/// An instruction: an op and its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Instruction {
    /// What it does.
    pub op: Op,
    /// The first operand.
    pub a: u8,
    /// The second operand.
    pub b: u8,
    /// The third operand.
    pub c: u8,
    /// The wide operand.
    pub d: i32,
}

impl Instruction {
    /// An instruction with all four operands.
    pub const fn new(op: Op, a: u8, b: u8, c: u8, d: i32) -> Self {
        Instruction { op, a, b, c, d }
    }

    /// All of it as one number: the op in the lowest byte, then `a`, `b`, `c` and `d`.
    #[inline]
    pub(crate) const fn word(self) -> u64 {
        let [d0, d1, d2, d3] = self.d.to_le_bytes();
        u64::from_le_bytes([self.op as u8, self.a, self.b, self.c, d0, d1, d2, d3])
    }

    /// The 16-bit operand in `b` and `c`, signed.
    #[inline]
    pub const fn wide_immediate(self) -> i16 {
        i16::from_le_bytes([self.b, self.c])
    }

    /// The 16-bit operand in `b` and `c`, as a constant's index.
    #[inline]
    pub const fn wide_constant(self) -> u16 {
        u16::from_le_bytes([self.b, self.c])
    }
}
