//! The running Lua function: its instruction and its registers as plain pointers.
//!
//! This is where the dispatch loop's `unsafe` is. Everything rests on what the verifier has checked
//! (jumps stay inside the code, the code ends in a leaving instruction, constants and upvalues
//! exist, register operands are below the number of registers that the prototype asks for) and on
//! the register file having that many slots at a frame's base, reserved when it was pushed.
//!
//! A cursor points into its coroutine's registers and is loaded anew after everything that may
//! move them or change the frames: calls, returns, metamethods.

use std::hint::cold_path;

use luster_bytecode::Op;
use luster_value::{
    CallInfo, Closure, ClosureInsides, Context, Frame, Frames, LinkedInstruction, LinkedOperand,
    LuaFrame, LuaString, NextInstruction, Quick, RegisterFile, ReturnKind, Slot, ThreadState,
    UpValue, Value, integer_mut,
};

/// What the quick form of a function came to.
#[derive(Clone, Copy)]
pub(crate) enum Answer<'gc> {
    /// It is not for calls like this one.
    None,
    /// There is no result.
    Done,
    /// There is one result.
    Value(Value<'gc>),
}

/// The place of the running function.
///
/// The order of the fields is another one than in a frame. Two that are neighbours in both would be loaded
/// from a frame as one, which has to wait when they have just been stored one by one.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Cursor<'gc> {
    /// The instruction after the one that is being run.
    pc: *const LinkedInstruction,
    registers: *mut Value<'gc>,
    pub(crate) closure: Closure<'gc>,
}

impl<'gc> Cursor<'gc> {
    /// Points to where a frame goes on.
    #[inline(always)]
    pub(crate) fn load(registers: &mut RegisterFile<'gc>, frame: &LuaFrame<'gc>) -> Self {
        debug_assert!((frame.pc() as usize) < frame.closure.code().instructions.len());
        Cursor {
            pc: frame.next.as_pointer(),
            // SAFETY: as for `begin`.
            registers: unsafe { registers.window(frame.base as usize) },
            closure: frame.closure,
        }
    }

    /// Points to the beginning of a function whose registers begin at `base`.
    #[inline(always)]
    pub(crate) fn begin(
        registers: &mut RegisterFile<'gc>,
        closure: Closure<'gc>,
        base: usize,
    ) -> Self {
        let code = closure.code().as_ref();
        Cursor {
            pc: code.instructions.as_ptr(),
            // SAFETY: when the frame was pushed, as many registers were reserved at its base as its
            // code needs.
            registers: unsafe { registers.window(base) },
            closure,
        }
    }

    /// The instruction that is to be run now; the place is after it from here on.
    #[inline(always)]
    pub(crate) fn fetch(&mut self) -> &'gc LinkedInstruction {
        // SAFETY: the pc is inside the code: it starts there, jumps were verified to land there,
        // and verified code never runs off its end. The code lives as long as the closure, which
        // the frame keeps alive.
        let instruction = unsafe { &*self.pc };
        self.skip();
        instruction
    }

    /// Passes by the next instruction.
    #[inline(always)]
    pub(crate) fn skip(&mut self) {
        self.pc = self.pc.wrapping_add(1);
    }

    /// The instruction that is being run, once it has been fetched.
    #[inline(always)]
    pub(crate) fn current(&self) -> &'gc LinkedInstruction {
        // SAFETY: as for `fetch`, which has been at the instruction before the place, and has passed by
        // it only.
        unsafe { &*self.pc.sub(1) }
    }

    /// The instruction after the one that is being run, to look at.
    #[inline(always)]
    pub(crate) fn peek(&self) -> &'gc LinkedInstruction {
        // SAFETY: as for `fetch`.
        unsafe { &*self.pc }
    }

    /// Has the instruction that is being run done again, as another op from now on.
    #[inline(always)]
    pub(crate) fn redo_as(&mut self, op: Op) {
        self.pc = self.pc.wrapping_sub(1);
        self.peek().op.set(op);
    }

    /// Jumps by a distance from the next instruction, in bytes. The verifier has checked where the
    /// jumps of the code land.
    #[inline(always)]
    pub(crate) fn jump(&mut self, distance: i32) {
        self.pc = self.pc.wrapping_byte_offset(distance as isize);
    }

    /// The instruction after the one that is being run.
    #[inline(always)]
    pub(crate) fn next(&self) -> NextInstruction {
        NextInstruction::from_pointer(self.pc)
    }

    /// A register's value.
    #[inline(always)]
    pub(crate) fn get(&self, register: LinkedOperand) -> Value<'gc> {
        // SAFETY: verified operands are below the code's number of registers, and so many slots
        // follow the base. Nothing has moved the registers since `load`.
        unsafe { *self.registers.byte_add(register.offset()) }
    }

    /// A register, of which no more is read than what is asked for.
    #[inline(always)]
    pub(crate) fn slot(&self, register: LinkedOperand) -> Slot<'gc> {
        // SAFETY: as for `get`; a slot is used before the registers can move.
        unsafe { Slot::new(self.registers.byte_add(register.offset())) }
    }

    /// The same, of the register that comes `n` after another, in the window of an instruction.
    #[inline(always)]
    pub(crate) fn slot_after(&self, register: LinkedOperand, n: usize) -> Slot<'gc> {
        // SAFETY: as for `slot` and `get_after`.
        unsafe { Slot::new(self.registers.byte_add(register.offset()).add(n)) }
    }

    /// Sets a register.
    #[inline(always)]
    pub(crate) fn set(&mut self, register: LinkedOperand, value: Value<'gc>) {
        // SAFETY: as for `get`.
        unsafe { *self.registers.byte_add(register.offset()) = value };
    }

    /// The value of the register that comes `n` after another, in the window of an instruction.
    #[inline(always)]
    pub(crate) fn get_after(&self, register: LinkedOperand, n: usize) -> Value<'gc> {
        // SAFETY: as for `get`: the verifier checks the whole window.
        unsafe { *self.registers.byte_add(register.offset()).add(n) }
    }

    /// Sets the register that comes `n` after another, in the window of an instruction.
    #[inline(always)]
    pub(crate) fn set_after(&mut self, register: LinkedOperand, n: usize, value: Value<'gc>) {
        // SAFETY: as for `get_after`.
        unsafe { *self.registers.byte_add(register.offset()).add(n) = value };
    }

    /// The integer in the register that comes `n` after another, if it is one, to be changed in place.
    #[inline(always)]
    pub(crate) fn integer_after(&mut self, register: LinkedOperand, n: usize) -> Option<&mut i64> {
        // SAFETY: as for `get_after`; the cursor is borrowed as long as the integer is.
        unsafe { integer_mut(self.registers.byte_add(register.offset()).add(n)) }
    }

    /// The constant of an instruction that has one.
    #[inline(always)]
    pub(crate) fn constant(&self, instruction: &LinkedInstruction) -> Value<'gc> {
        // SAFETY: only asked of instructions whose op has a constant, which linking puts there. The
        // code keeps its constants alive, and is kept alive by the closure.
        unsafe { instruction.constant() }
    }

    /// The constant of an instruction that has the name of a field.
    #[inline(always)]
    pub(crate) fn name(&self, instruction: &LinkedInstruction) -> LuaString<'gc> {
        // SAFETY: as for `constant`; the verifier has checked that the constant is a string, and
        // linking makes strings of strings.
        unsafe { instruction.name() }
    }

    /// A constant, by its index.
    #[inline(always)]
    pub(crate) fn indexed_constant(&self, index: LinkedOperand) -> Value<'gc> {
        let constants = self.closure.code().as_ref().constants.as_ptr();
        // SAFETY: the verifier has checked that the constant exists.
        unsafe { *constants.add(index.get() as usize) }
    }

    /// The `count` values after a register.
    ///
    /// # Safety
    /// The registers must be reserved, and must not be written while the values are borrowed.
    #[inline(always)]
    pub(crate) unsafe fn values_after<'a>(
        &self,
        register: LinkedOperand,
        count: usize,
    ) -> &'a [Value<'gc>] {
        // SAFETY: as for `get`; and the caller's promise.
        unsafe {
            let first = self.registers.byte_add(register.offset()).add(1);
            std::slice::from_raw_parts(first, count)
        }
    }

    /// Calls the quick form of a function with the `argc` arguments after a register, when one result
    /// or none is wanted, or any number.
    #[inline(always)]
    pub(crate) fn call_quick(
        &self,
        ctx: Context<'gc>,
        quick: Quick,
        register: LinkedOperand,
        argc: usize,
        is_one_wanted: bool,
    ) -> Answer<'gc> {
        // SAFETY: the arguments of a call are registers, as the verifier has checked, or reach up to
        // the open top; a quick form cannot get at the registers of the running coroutine, which is
        // borrowed.
        let arguments = unsafe { self.values_after(register, argc) };
        match quick {
            Quick::Value(quick) => quick(ctx, arguments).map_or(Answer::None, Answer::Value),
            Quick::First(quick) => {
                quick(ctx, arguments, is_one_wanted).map_or(Answer::None, Answer::Value)
            }
            Quick::Action(quick) if quick(ctx, arguments) => Answer::Done,
            Quick::Action(_) => Answer::None,
        }
    }

    /// An upvalue.
    #[inline(always)]
    pub(crate) fn upvalue(&self, index: LinkedOperand) -> UpValue<'gc> {
        // SAFETY: the verifier has checked that the upvalue exists, and a closure has as many as its
        // prototype.
        unsafe { self.closure.upvalue_unchecked(index.get() as usize) }
    }

    /// Calls a function without extra arguments from the slot `after` a register, with `argc` arguments
    /// behind it, and goes to its beginning. Tells whether that could be done; if not, nothing has happened
    /// but that the place is in the caller's frame: there is no room for its registers or its frame, or it
    /// is a function with extra arguments.
    #[inline(always)]
    pub(crate) fn call(
        &mut self,
        state: &mut ThreadState<'gc>,
        closure: Closure<'gc>,
        register: LinkedOperand,
        after: usize,
        argc: usize,
        returns: ReturnKind,
    ) -> bool {
        // What is asked of the code is asked before anything is stored, which could be a part of it as far
        // as the compiler knows.
        let code = closure.code().as_ref();
        let (room, parameters) = (code.room as usize, code.parameters as usize);
        let first = code.instructions.as_ptr();
        let caller = running_frame(&mut state.frames);
        caller.next = self.next();
        let function = caller.base as usize + register.index() as usize + after;
        let base = function + 1;
        if !state.registers.has_room(base + room) || !state.frames.has_room() {
            return false;
        }
        self.pc = first;
        self.closure = closure;
        // SAFETY: the slots of the function and of its registers are there, as has just been asked. Only
        // the stress build moves them when it is asked.
        self.registers = unsafe {
            match cfg!(luster_stress) {
                true => state.registers.window(base),
                false => self.registers.byte_add(register.offset()).add(after).add(1),
            }
        };
        if argc < parameters {
            cold_path();
            // SAFETY: parameters are registers.
            unsafe { clear(self.registers.add(argc), parameters - argc) };
        }
        let frame = || {
            Frame::Lua(LuaFrame {
                closure,
                base: base as u32,
                function: function as u32,
                next: NextInstruction::from_pointer(first),
                info: CallInfo::new(returns),
            })
        };
        // SAFETY: there is room for a frame, as has been asked above.
        unsafe { state.frames.push_unchecked(frame) };
        true
    }
}

/// Sets so many values to nil: the parameters for which there are no arguments. Out of line, since
/// the compiler would make a large loop of it.
///
/// # Safety
/// There must be so many values.
#[inline(never)]
unsafe fn clear(values: *mut Value<'_>, count: usize) {
    for index in 0..count {
        // SAFETY: the caller's promise.
        unsafe { *values.add(index) = Value::Nil };
    }
}

impl<'gc> Cursor<'gc> {
    /// The same place, when the function's registers are at `base` now.
    pub(crate) fn rebased(self, registers: &mut RegisterFile<'gc>, base: usize) -> Self {
        // SAFETY: as for `begin`.
        Cursor { registers: unsafe { registers.window(base) }, ..self }
    }

    /// Puts a function without extra arguments, called from a register with `argc` arguments, in the
    /// place of the running one. Tells whether there was room for its registers; if not, nothing has
    /// happened.
    #[inline(always)]
    pub(crate) fn tail_call(
        &mut self,
        state: &mut ThreadState<'gc>,
        closure: Closure<'gc>,
        register: LinkedOperand,
        argc: usize,
    ) -> bool {
        let frame = running_frame(&mut state.frames);
        let function = frame.function as usize;
        let from = frame.base as usize + register.index() as usize;
        let code = closure.code().as_ref();
        if !state.registers.has_room(function + 1 + argc.max(code.registers as usize)) {
            return false;
        }
        frame.closure = closure;
        frame.base = function as u32 + 1;
        frame.next = NextInstruction::at(&code.instructions, 0);
        frame.info = CallInfo::new(frame.info.returns()).in_place();
        // SAFETY: the function and its arguments stand in slots of the running one, or reach up to the
        // open top; as many slots from its own on have just been reserved, and they come first.
        unsafe {
            let (source, target) = (state.registers.window(from), state.registers.window(function));
            for index in 0..=argc {
                *target.add(index) = *source.add(index);
            }
            for missing in argc..code.parameters as usize {
                *target.add(1 + missing) = Value::Nil;
            }
        }
        *self = Cursor::begin(&mut state.registers, closure, function + 1);
        true
    }

    /// Returns one value, or none as nil (`count` is 1 or 0), to where a Lua function called the
    /// running one for one value, none, or all, and goes on there. Tells whether that is how it was
    /// called; if not, nothing has happened.
    #[inline(always)]
    pub(crate) fn return_one(
        &mut self,
        state: &mut ThreadState<'gc>,
        value: Value<'gc>,
        count: usize,
    ) -> bool {
        let frame = running_frame(&mut state.frames);
        // Most functions are called so; their results go where the function stands, before the registers.
        match frame.info.plain() {
            Some(2) => {
                // SAFETY: that slot was reserved along with the registers.
                unsafe { *self.registers.sub(1) = value };
            }
            Some(1) => {}
            _ => {
                let function = frame.function as usize;
                match frame.info.returns() {
                    ReturnKind::Call(2) => set_result(state, function, value),
                    ReturnKind::Call(1) => {}
                    ReturnKind::Call(0) => {
                        set_result(state, function, value);
                        state.top = function + count;
                    }
                    _ => return false,
                }
            }
        }
        self.leave(state);
        true
    }

    /// Returns `count` values from a register on to where a Lua function called the running one for
    /// some number of them, and goes on there. Tells whether that is how it was called; if not,
    /// nothing has happened.
    #[inline(always)]
    pub(crate) fn return_many(
        &mut self,
        state: &mut ThreadState<'gc>,
        register: LinkedOperand,
        count: usize,
    ) -> bool {
        let frame = running_frame(&mut state.frames);
        let function = frame.function as usize;
        let wanted = match frame.info.returns() {
            ReturnKind::Call(0) => return false,
            ReturnKind::Call(wanted) => usize::from(wanted) - 1,
            _ => return false,
        };
        for index in 0..count.min(wanted) {
            set_result(state, function + index, self.get_after(register, index));
        }
        for index in count..wanted {
            set_result(state, function + index, Value::Nil);
        }
        self.leave(state);
        true
    }

    /// Drops the frame of the running function and goes on in the one below, a Lua function that
    /// called it.
    #[inline(always)]
    fn leave(&mut self, state: &mut ThreadState<'gc>) {
        // SAFETY: the dispatch loop runs the Lua function whose frame is on top.
        unsafe { state.frames.pop_running() };
        let caller = running_frame(&mut state.frames);
        *self = Cursor::load(&mut state.registers, caller);
    }
}

/// The frame of the Lua function that the dispatch loop runs.
#[inline(always)]
pub(crate) fn running_frame<'a, 'gc>(frames: &'a mut Frames<'gc>) -> &'a mut LuaFrame<'gc> {
    // SAFETY: the dispatch loop runs the Lua function whose frame is on top, and only asks before it
    // pushes or drops one.
    unsafe { frames.running() }
}

/// Keeps the code that leads here apart from other code that ends in the same way; see `Tail` in
/// `execute`.
#[inline(always)]
pub(crate) fn keep_apart() {
    // LLVM copies blocks of up to two instructions without being asked, so it takes three.
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    {
        use std::arch::asm;
        // SAFETY: the assembly is empty.
        unsafe { asm!("", options(nomem, nostack, preserves_flags)) }
        // SAFETY: as above.
        unsafe { asm!("", options(nomem, nostack, preserves_flags)) }
        // SAFETY: as above.
        unsafe { asm!("", options(nomem, nostack, preserves_flags)) }
    }
}

/// Pushes a frame, which `make` builds where it belongs, whether or not there is memory for it. Where they may
/// come to be very many, somebody has asked before.
#[inline(always)]
pub(crate) fn push<'gc>(state: &mut ThreadState<'gc>, make: impl FnOnce() -> Frame<'gc>) {
    if !state.frames.has_room() {
        state.make_room_for_frame();
    }
    // SAFETY: there is room for one more frame, just made sure of.
    unsafe { state.frames.push_unchecked(make) };
}

/// Pushes the frame of a Lua function.
#[inline(always)]
pub(crate) fn push_frame<'gc>(
    state: &mut ThreadState<'gc>,
    closure: Closure<'gc>,
    base: usize,
    function: usize,
    info: CallInfo,
) {
    push(state, || {
        Frame::Lua(LuaFrame {
            closure,
            base: base as u32,
            function: function as u32,
            next: NextInstruction::at(&closure.code().as_ref().instructions, 0),
            info,
        })
    });
}

/// Calls a function without extra arguments above the registers of the running one. Tells whether
/// there was room; if not, nothing has happened.
#[inline(always)]
pub(crate) fn call_above<'gc, const N: usize>(
    state: &mut ThreadState<'gc>,
    closure: Closure<'gc>,
    arguments: [Value<'gc>; N],
    returns: ReturnKind,
) -> bool {
    let caller = running_frame(&mut state.frames);
    let function = caller.base as usize + caller.closure.code().registers as usize;
    let code = closure.code().as_ref();
    let end = function + 1 + (code.registers as usize).max(N);
    if !state.registers.has_room(end) || !state.frames.has_room() {
        return false;
    }
    // SAFETY: the slots of the function, its registers and its arguments have just been reserved, and
    // parameters are registers.
    unsafe {
        let slot = state.registers.window(function);
        *slot = Value::Closure(closure);
        for (index, &argument) in arguments.iter().enumerate() {
            *slot.add(1 + index) = argument;
        }
        for missing in N..code.parameters as usize {
            *slot.add(1 + missing) = Value::Nil;
        }
    }
    push_frame(state, closure, function + 1, function, CallInfo::new(returns));
    true
}

/// Calls a function without extra arguments for the value in a slot, a register of the running one, which
/// becomes the first of its arguments: it is the value's `__call` metamethod. Tells whether that could be
/// done; if not, nothing has happened.
#[inline(always)]
pub(crate) fn call_with_extra<'gc>(
    state: &mut ThreadState<'gc>,
    closure: Closure<'gc>,
    function: usize,
    argc: usize,
    returns: ReturnKind,
) -> bool {
    let code = closure.code().as_ref();
    let (registers, parameters) = (code.registers as usize, code.parameters as usize);
    let end = function + 2 + argc.max(registers);
    if code.is_vararg || !state.registers.has_room(end) || !state.frames.has_room() {
        return false;
    }
    // SAFETY: the slots of the function, its registers and its arguments are there, as has just been asked,
    // and parameters are registers.
    unsafe {
        let slot = state.registers.window(function);
        for index in (0..=argc).rev() {
            *slot.add(index + 1) = *slot.add(index);
        }
        *slot = Value::Closure(closure);
        for missing in argc + 1..parameters {
            *slot.add(1 + missing) = Value::Nil;
        }
    }
    let info = CallInfo::new(returns).with_extra_arguments(1);
    push_frame(state, closure, function + 1, function, info);
    true
}

/// Drops the frame of the Lua function that the dispatch loop runs. Gives where its results go.
#[inline(always)]
pub(crate) fn pop_frame(frames: &mut Frames<'_>) -> (usize, ReturnKind) {
    let frame = running_frame(frames);
    let place = (frame.function as usize, frame.info.returns());
    // SAFETY: as for `running_frame`.
    unsafe { frames.pop_running() };
    place
}

/// Sets a slot below the registers of the function that has just returned.
#[inline(always)]
pub(crate) fn set_result<'gc>(state: &mut ThreadState<'gc>, slot: usize, value: Value<'gc>) {
    debug_assert!(slot < state.registers.len());
    // SAFETY: the slot of a function that was called, or a register of its caller; both were
    // reserved when the frames were pushed.
    unsafe { *state.registers.window(slot) = value };
}
