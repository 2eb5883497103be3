//! Lua functions at run time: closures, the cells of captured variables, and linked code.
//!
//! Linking a prototype and running code are the VM's business.

use std::alloc::Layout;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use gc_arena::lock::Lock;
use gc_arena::{Collect, Gc, Mutation};
use luster_bytecode::{Op, Prototype};

use crate::account;
use crate::context::Context;
use crate::string::LuaString;
use crate::table::raw;
use crate::value::Value;

/// The cell of a captured variable.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
#[repr(transparent)]
pub struct UpValue<'gc>(Gc<'gc, Lock<Value<'gc>>>);

impl<'gc> UpValue<'gc> {
    /// A new cell.
    #[inline]
    pub fn new(mc: &Mutation<'gc>, value: Value<'gc>) -> Self {
        UpValue(Gc::new(mc, Lock::new(value)))
    }

    /// The variable's value.
    #[inline(always)]
    pub fn get(self) -> Value<'gc> {
        self.0.get()
    }

    /// Assigns the variable.
    #[inline(always)]
    pub fn set(self, mc: &Mutation<'gc>, value: Value<'gc>) {
        if let Some(child) = value.as_gc() {
            mc.backward_barrier(self.erase(), Some(child));
        }
        // SAFETY: the barrier above ran if the new value is something to be traced.
        unsafe { gc_arena::barrier::Unlock::unlock_unchecked(&*self.0).set(value) };
    }

    /// The object as the collector sees it.
    #[inline(always)]
    pub fn erase(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }
}

impl PartialEq for UpValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }
}

impl Eq for UpValue<'_> {}

/// An operand of a linked instruction: how far from the first register or constant its own is, in
/// bytes, so that the dispatch loop need not multiply; or a plain number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct LinkedOperand(u16);

impl LinkedOperand {
    /// A register or a constant.
    #[inline]
    pub const fn slot(index: u8) -> Self {
        LinkedOperand(index as u16 * size_of::<Value<'static>>() as u16)
    }

    /// A plain number.
    #[inline]
    pub const fn number(number: u16) -> Self {
        LinkedOperand(number)
    }

    /// The distance of a register or a constant from the first one, in bytes.
    #[inline(always)]
    pub const fn offset(self) -> usize {
        self.0 as usize
    }

    /// The index of a register or a constant.
    #[inline(always)]
    pub const fn index(self) -> u8 {
        (self.0 / size_of::<Value<'static>>() as u16) as u8
    }

    /// The plain number.
    #[inline(always)]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// An instruction of linked code: a copy of the prototype's in the form that runs quickest, with
/// room for what the VM learns.
///
/// Registers and jumps are distances in bytes; what a prototype's instruction has in two halves is
/// one number here; and a constant is in the instruction itself.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct LinkedInstruction {
    /// What it does.
    pub op: Cell<Op>,
    /// The tag of the constant, or a small inline cache.
    kind: Cell<u8>,
    /// The first operand.
    pub a: LinkedOperand,
    /// The second operand.
    pub b: LinkedOperand,
    /// The third operand, or an inline cache.
    pub c: Cell<LinkedOperand>,
    /// The constant, or `d` and `e`.
    word: raw::Word,
}

impl LinkedInstruction {
    /// An instruction without a constant: `d` is its wide operand, `e` what it costs in fuel.
    pub fn new(op: Op, operands: [LinkedOperand; 3], d: i32, e: u32) -> Self {
        let [a, b, c] = operands;
        let word = raw::Word::new(u64::from(d as u32) | u64::from(e) << 32);
        LinkedInstruction { op: Cell::new(op), kind: Cell::new(0), a, b, c: Cell::new(c), word }
    }

    /// An instruction with a constant. What code it is put into has to keep the constant alive.
    pub fn with_constant(op: Op, operands: [LinkedOperand; 3], constant: Value<'_>) -> Self {
        let [a, b, c] = operands;
        let raw = raw::split(constant);
        // Nil and booleans have no payload; the word is never left uninitialised.
        let word = match constant {
            Value::Nil | Value::False | Value::True => raw::Word::new(0),
            _ => raw.word,
        };
        LinkedInstruction {
            op: Cell::new(op),
            kind: Cell::new(raw.tag),
            a,
            b,
            c: Cell::new(c),
            word,
        }
    }

    /// The wide operand of an instruction without a constant.
    #[inline(always)]
    pub fn d(&self) -> i32 {
        self.number() as i32
    }

    /// The second wide operand of an instruction without a constant.
    #[inline(always)]
    pub fn e(&self) -> u32 {
        (self.number() >> 32) as u32
    }

    #[inline(always)]
    fn number(&self) -> u64 {
        // SAFETY: `new` and `with_constant` leave no word uninitialised.
        unsafe { self.word.assume_init() }
    }

    /// The constant.
    ///
    /// # Safety
    /// The instruction must have been made with a constant that is alive for `'gc`.
    #[inline(always)]
    pub unsafe fn constant<'gc>(&self) -> Value<'gc> {
        // SAFETY: the caller's promise.
        unsafe { raw::join(raw::Raw { tag: self.kind.get(), word: self.word }) }
    }

    /// The constant, if it is an integer.
    #[inline(always)]
    pub fn integer(&self) -> Option<i64> {
        if self.kind.get() != raw::INTEGER {
            return None;
        }
        // SAFETY: the word of an integer is a number.
        Some(unsafe { self.word.assume_init() } as i64)
    }

    /// The constant, if it is a float.
    #[inline(always)]
    pub fn float(&self) -> Option<f64> {
        if self.kind.get() != raw::FLOAT {
            return None;
        }
        // SAFETY: the word of a float is its bits; read as a float, it need not come by way of an
        // integer.
        Some(unsafe { *self.word.as_ptr().cast::<f64>() })
    }

    /// The constant, which is a string.
    ///
    /// # Safety
    /// The instruction must have been made with a string that is alive for `'gc`.
    #[inline(always)]
    pub unsafe fn name<'gc>(&self) -> LuaString<'gc> {
        // SAFETY: the caller's promise.
        match unsafe { raw::join(raw::Raw { tag: raw::STRING, word: self.word }) } {
            Value::String(name) => name,
            _ => unreachable!("the tag is a string's"),
        }
    }

    /// Room for a small inline cache, where the constant is known to be a string.
    #[inline(always)]
    pub fn small_cache(&self) -> &Cell<u8> {
        &self.kind
    }
}

const _: () = assert!(size_of::<LinkedInstruction>() == 16);

/// Where a function goes on: a place in its code, as a plain pointer, so that going on there needs no
/// other look at the code. It can be made and compared by anybody, but only the VM follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextInstruction(*const LinkedInstruction);

impl NextInstruction {
    /// The instruction with an index.
    #[inline(always)]
    pub fn at(instructions: &[LinkedInstruction], index: u32) -> Self {
        NextInstruction(instructions.as_ptr().wrapping_add(index as usize))
    }

    /// The instruction at an address.
    #[inline(always)]
    pub fn from_pointer(pointer: *const LinkedInstruction) -> Self {
        NextInstruction(pointer)
    }

    /// The instruction before it.
    #[inline(always)]
    #[must_use]
    pub fn previous(self) -> Self {
        NextInstruction(self.0.wrapping_sub(1))
    }

    /// Its address.
    #[inline(always)]
    pub fn as_pointer(self) -> *const LinkedInstruction {
        self.0
    }

    /// Its index in the code that it belongs to.
    #[inline]
    pub fn index_in(self, instructions: &[LinkedInstruction]) -> u32 {
        let distance = self.0.addr().wrapping_sub(instructions.as_ptr().addr());
        (distance / size_of::<LinkedInstruction>()) as u32
    }
}

/// A prototype linked into a VM: its constants are values, its instructions may learn.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Code<'gc> {
    /// The prototype.
    #[collect(require_static)]
    pub prototype: Arc<Prototype>,
    /// The instructions; their number never changes.
    #[collect(require_static)]
    pub instructions: Box<[LinkedInstruction]>,
    /// The constants.
    pub constants: Box<[Value<'gc>]>,
    /// The nested functions.
    pub prototypes: Box<[Gc<'gc, Code<'gc>>]>,
    /// The prototype's number of fixed parameters, here for quick calls.
    pub parameters: u8,
    /// Whether the prototype takes extra arguments.
    pub is_vararg: bool,
    /// How many registers the prototype needs.
    pub registers: u8,
    /// How many slots there have to be behind the function for the quickest way to call it: its registers,
    /// or more than there can be, for one with extra arguments.
    pub room: u32,
    /// What all of this takes.
    pub memory: account::Held,
}

/// What all closures begin with.
#[derive(Collect)]
#[collect(no_drop)]
#[repr(C)]
struct Header<'gc> {
    code: Gc<'gc, Code<'gc>>,
    id: u32,
    upvalues: u32,
}

#[derive(Collect)]
#[collect(no_drop)]
#[repr(C)]
struct WithUpValues<'gc, const N: usize> {
    header: Header<'gc>,
    upvalues: [Lock<Option<UpValue<'gc>>>; N],
    #[collect(require_static)]
    beyond: Beyond<N>,
}

/// Counts the upvalues beyond the few that any object is reckoned with.
struct Beyond<const N: usize>;

impl<const N: usize> Beyond<N> {
    const BYTES: usize = N.saturating_sub(8) * size_of::<Lock<Option<UpValue<'_>>>>();

    #[inline(always)]
    fn new() -> Self {
        if Self::BYTES > 0 {
            account::add(Self::BYTES);
        }
        Beyond
    }
}

impl<const N: usize> Drop for Beyond<N> {
    #[inline(always)]
    fn drop(&mut self) {
        if Self::BYTES > 0 {
            account::sub(Self::BYTES);
        }
    }
}

/// A function written in Lua, with its upvalues inline.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
#[repr(transparent)]
pub struct Closure<'gc>(Gc<'gc, Header<'gc>>);

impl<'gc> Closure<'gc> {
    /// A closure of linked code with so many upvalues, as many as the prototype has; `upvalue` gives them by
    /// their numbers, in order.
    #[inline]
    pub fn new(
        ctx: Context<'gc>,
        code: Gc<'gc, Code<'gc>>,
        count: usize,
        upvalue: impl FnMut(usize) -> UpValue<'gc>,
    ) -> Self {
        #[inline]
        fn make<'gc, const N: usize>(
            ctx: Context<'gc>,
            code: Gc<'gc, Code<'gc>>,
            count: usize,
            mut upvalue: impl FnMut(usize) -> UpValue<'gc>,
        ) -> Closure<'gc> {
            let inline = std::array::from_fn(|index| {
                Lock::new(if index < count { Some(upvalue(index)) } else { None })
            });
            let header = Header { code, id: ctx.next_id(), upvalues: count as u32 };
            let gc = Gc::new(
                &ctx,
                WithUpValues::<N> { header, upvalues: inline, beyond: Beyond::new() },
            );
            // SAFETY: `WithUpValues` is `repr(C)` and begins with its `Header`; the collector keeps the
            // allocation's true type in its own header.
            Closure(unsafe { Gc::cast(gc) })
        }
        match count {
            0 => make::<0>(ctx, code, count, upvalue),
            1 => make::<1>(ctx, code, count, upvalue),
            2 => make::<2>(ctx, code, count, upvalue),
            3 => make::<3>(ctx, code, count, upvalue),
            4 => make::<4>(ctx, code, count, upvalue),
            5..=8 => make::<8>(ctx, code, count, upvalue),
            9..=16 => make::<16>(ctx, code, count, upvalue),
            17..=64 => make::<64>(ctx, code, count, upvalue),
            _ => make::<255>(ctx, code, count, upvalue),
        }
    }

    /// Its code; see `insides`.
    #[inline(always)]
    pub(crate) fn linked_code(self) -> Gc<'gc, Code<'gc>> {
        self.0.code
    }

    /// Its prototype.
    #[inline]
    pub fn prototype(self) -> &'gc Arc<Prototype> {
        &self.0.code.as_ref().prototype
    }

    /// A number that stays the closure's own, the same in every run.
    #[inline]
    pub fn id(self) -> u32 {
        self.0.id
    }

    /// How many upvalues it has.
    #[inline]
    pub fn upvalue_count(self) -> usize {
        self.0.upvalues as usize
    }

    #[inline(always)]
    fn slots(self) -> &'gc [Lock<Option<UpValue<'gc>>>] {
        let header = Gc::as_ptr(self.0);
        // SAFETY: only `new` makes closures: as many initialised slots as the header says follow
        // it in the same allocation, at an offset that `repr(C)` fixes (both are pointer-aligned).
        unsafe {
            let slots = header.cast::<u8>().add(Layout::new::<Header<'gc>>().size());
            std::slice::from_raw_parts(slots.cast(), self.0.upvalues as usize)
        }
    }

    /// One of its upvalues.
    ///
    /// # Panics
    /// When it has no such upvalue.
    #[inline(always)]
    pub fn upvalue(self, index: usize) -> UpValue<'gc> {
        match self.slots()[index].get() {
            Some(upvalue) => upvalue,
            None => unreachable!("every upvalue is set when a closure is made"),
        }
    }

    /// One of its upvalues, unchecked.
    ///
    /// # Safety
    /// `index` must be below [`upvalue_count`](Self::upvalue_count).
    #[inline(always)]
    pub unsafe fn upvalue_unchecked(self, index: usize) -> UpValue<'gc> {
        // SAFETY: the caller's promise, and every upvalue is set when a closure is made.
        unsafe { self.slots().get_unchecked(index).get().unwrap_unchecked() }
    }

    /// Puts another cell in the place of an upvalue, as `debug.upvaluejoin` does.
    ///
    /// # Panics
    /// When it has no such upvalue.
    pub fn set_upvalue(self, mc: &Mutation<'gc>, index: usize, upvalue: UpValue<'gc>) {
        mc.backward_barrier(self.erase(), Some(upvalue.erase()));
        // SAFETY: the barrier just ran.
        unsafe {
            gc_arena::barrier::Unlock::unlock_unchecked(&self.slots()[index]).set(Some(upvalue));
        }
    }

    /// The object as the collector sees it.
    #[inline(always)]
    pub fn erase(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }
}

impl PartialEq for Closure<'_> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }
}

impl Eq for Closure<'_> {}

impl fmt::Debug for Closure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function: {:p}", Gc::as_ptr(self.0))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use gc_arena::{Arena, Rootable};
    use luster_bytecode::{Capture, Instruction, Parts, Source, UpValueInfo};

    use super::*;
    use crate::context::State;

    /// The prototype of a function that returns at once, with so many upvalues.
    fn prototype(upvalues: usize) -> Arc<Prototype> {
        let source = Arc::new(Source { name: Arc::from(b"=test".as_slice()), line_starts: vec![] });
        let info = UpValueInfo { name: Arc::from(b"u".as_slice()), capture: Capture::Register(0) };
        let parts = Parts {
            source,
            line_defined: 0,
            last_line_defined: 0,
            parameters: 0,
            is_vararg: false,
            registers: 1,
            instructions: vec![Instruction::new(Op::Return0, 0, 0, 0, 0)],
            constants: vec![],
            prototypes: vec![],
            upvalues: vec![info; upvalues],
            offsets: vec![],
            locals: vec![],
        };
        Arc::new(parts.verify().expect("a sound prototype"))
    }

    /// Code that does nothing.
    pub(crate) fn code<'gc>(ctx: Context<'gc>, upvalues: usize) -> Gc<'gc, Code<'gc>> {
        let operands = [LinkedOperand::number(0); 3];
        Gc::new(
            &ctx,
            Code {
                prototype: prototype(upvalues),
                instructions: Box::new([LinkedInstruction::new(Op::Return0, operands, 0, 1)]),
                constants: Box::new([]),
                prototypes: Box::new([]),
                parameters: 0,
                is_vararg: false,
                registers: 1,
                room: 1,
                memory: crate::account::Held::default(),
            },
        )
    }

    #[test]
    fn instructions_give_back_what_they_were_made_with() {
        let operands = [LinkedOperand::slot(255), LinkedOperand::number(9), LinkedOperand::slot(0)];
        let plain = LinkedInstruction::new(Op::Jump, operands, -16, u32::MAX);
        assert_eq!((plain.d(), plain.e()), (-16, u32::MAX));
        assert_eq!((plain.a.index(), plain.a.offset(), plain.b.get()), (255, 255 * 16, 9));
        let mut arena = Arena::<Rootable![Gc<'_, State<'_>>]>::new(|mc| State::new(mc, 1));
        arena.mutate(|mc, state| {
            let name = Context::new(mc, *state).intern(b"name");
            let constants = [
                Value::Nil,
                Value::False,
                Value::True,
                Value::Integer(i64::MIN),
                Value::float(-0.0),
                Value::String(name),
            ];
            for constant in constants {
                let linked = LinkedInstruction::with_constant(Op::LoadConstant, operands, constant);
                // SAFETY: the instruction was made with a constant that is alive here.
                assert!(unsafe { linked.constant() }.raw_equal(constant));
                assert_eq!(
                    linked.integer(),
                    matches!(constant, Value::Integer(_)).then_some(i64::MIN)
                );
                assert_eq!(linked.float(), matches!(constant, Value::Float(_)).then_some(-0.0));
            }
            let linked =
                LinkedInstruction::with_constant(Op::GetField, operands, Value::String(name));
            linked.small_cache().set(77);
            // SAFETY: the instruction was made with a string that is alive here.
            assert!(unsafe { linked.name() }.same_object(name));
        });
        arena.finish_marking();
    }

    #[test]
    fn places_in_code_are_found_again() {
        let operands = [LinkedOperand::number(0); 3];
        let code: Vec<_> =
            (0..5).map(|d| LinkedInstruction::new(Op::Jump, operands, d, 0)).collect();
        for index in 0..5 {
            let next = NextInstruction::at(&code, index);
            assert_eq!(next.index_in(&code), index);
            assert_eq!(NextInstruction::from_pointer(next.as_pointer()), next);
        }
    }

    #[test]
    fn upvalues_of_every_number_stay_with_their_closure() {
        for count in [0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 64, 65, 255] {
            let mut arena = Arena::<Rootable![Gc<'_, State<'_>>]>::new(|mc| State::new(mc, 1));
            arena.mutate(|mc, state| {
                let ctx = Context::new(mc, *state);
                let cells: Vec<UpValue<'_>> =
                    (0..count).map(|i| UpValue::new(mc, ctx.string(format!("{i:>50}")))).collect();
                let closure = Closure::new(ctx, code(ctx, count), count, |index| cells[index]);
                ctx.globals().set_field(ctx, "f", Value::Closure(closure));
            });
            for round in 0..3 {
                // No short string of this test dies, so that the interner need not be purged.
                arena.finish_cycle();
                arena.mutate(|mc, state| {
                    let ctx = Context::new(mc, *state);
                    let Value::Closure(closure) = ctx.globals().get_field(ctx, "f") else {
                        panic!("it is kept")
                    };
                    assert_eq!(
                        (closure.upvalue_count(), closure.prototype().upvalues.len()),
                        (count, count)
                    );
                    for index in 0..count {
                        // SAFETY: the index is below the number of upvalues.
                        let upvalue = unsafe { closure.upvalue_unchecked(index) };
                        assert!(upvalue == closure.upvalue(index));
                        let Value::String(text) = upvalue.get() else { panic!("{index}") };
                        let expected = format!("{:>50}", index * (1 + round % 2));
                        assert_eq!(text.as_bytes(), expected.as_bytes());
                        // Once by assigning the variable, once by another variable.
                        let new = ctx.string(format!("{:>50}", index * (2 - round % 2)));
                        match round {
                            0 => upvalue.set(mc, new),
                            _ => closure.set_upvalue(mc, index, UpValue::new(mc, new)),
                        }
                    }
                });
            }
        }
    }
}
