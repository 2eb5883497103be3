//! The running Lua function: its next instruction, registers and constants as plain pointers.
//!
//! This is where the dispatch loop's `unsafe` is. Everything rests on what the verifier has checked
//! (jumps stay inside the code, the code ends in a leaving instruction, constants and upvalues
//! exist, register operands are below the number of registers that the prototype asks for) and on
//! the register file having that many slots at a frame's base, reserved when it was pushed.
//!
//! A cursor points into its coroutine's registers and is loaded anew after everything that may
//! move them or change the frames: calls, returns, metamethods.

use luster_value::{
    Closure, Frame, LinkedInstruction, LuaFrame, LuaString, RegisterFile, ReturnKind, UpValue,
    Value,
};

/// The place of the running function.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'gc> {
    pc: *const LinkedInstruction,
    registers: *mut Value<'gc>,
    constants: *const Value<'gc>,
    pub(crate) closure: Closure<'gc>,
}

/// Where in the code of the function on top the loop has come to, until it is written to the frame.
#[derive(Clone, Copy)]
pub(crate) struct Place(*const LinkedInstruction);

impl Place {
    /// No place: nothing runs.
    pub(crate) const NONE: Place = Place(std::ptr::null());

    /// The index of the instruction in the code of the closure that runs.
    #[inline(always)]
    pub(crate) fn index(self, closure: Closure<'_>) -> u32 {
        let start = closure.code().as_ref().instructions.as_ptr() as usize;
        ((self.0 as usize - start) / size_of::<LinkedInstruction>()) as u32
    }
}

impl<'gc> Cursor<'gc> {
    /// Points to where a frame goes on.
    #[inline(always)]
    pub(crate) fn load(registers: &mut RegisterFile<'gc>, frame: &LuaFrame<'gc>) -> Self {
        let mut cursor = Self::begin(registers, frame.closure, frame.base as usize);
        debug_assert!((frame.pc as usize) < frame.closure.code().instructions.len());
        // SAFETY: a frame's pc is 0 or was saved by `pc` below, so it is inside the code.
        cursor.pc = unsafe { cursor.pc.add(frame.pc as usize) };
        cursor
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
            constants: code.constants.as_ptr(),
            closure,
        }
    }

    /// The next instruction, which it steps over.
    #[inline(always)]
    pub(crate) fn fetch(&mut self) -> &'gc LinkedInstruction {
        // SAFETY: the pc is inside the code: it starts there, jumps were verified to land there,
        // and verified code never runs off its end. The code lives as long as the closure, which
        // the frame keeps alive.
        unsafe {
            let instruction = &*self.pc;
            self.pc = self.pc.add(1);
            instruction
        }
    }

    /// Jumps by a distance from the next instruction.
    #[inline(always)]
    pub(crate) fn jump(&mut self, distance: i32) {
        // SAFETY: the verifier has checked where the jumps of the code land.
        self.pc = unsafe { self.pc.offset(distance as isize) };
    }

    /// Where it has come to.
    #[inline(always)]
    pub(crate) fn place(&self) -> Place {
        Place(self.pc)
    }

    /// A register's value.
    #[inline(always)]
    pub(crate) fn get(&self, register: u8) -> Value<'gc> {
        // SAFETY: verified operands are below the code's number of registers, and so many slots
        // follow the base. Nothing has moved the registers since `load`.
        unsafe { *self.registers.add(register as usize) }
    }

    /// Sets a register.
    #[inline(always)]
    pub(crate) fn set(&mut self, register: u8, value: Value<'gc>) {
        // SAFETY: as for `get`.
        unsafe { *self.registers.add(register as usize) = value };
    }

    /// A constant.
    #[inline(always)]
    pub(crate) fn constant(&self, index: usize) -> Value<'gc> {
        // SAFETY: the verifier has checked that the constant exists.
        unsafe { *self.constants.add(index) }
    }

    /// A constant that is the name of a field.
    #[inline(always)]
    pub(crate) fn name(&self, index: u8) -> LuaString<'gc> {
        match self.constant(index as usize) {
            Value::String(name) => name,
            // SAFETY: the verifier has checked that the constant is a string, and linking makes
            // strings of strings.
            _ => unsafe { std::hint::unreachable_unchecked() },
        }
    }

    /// An upvalue.
    #[inline(always)]
    pub(crate) fn upvalue(&self, index: u8) -> UpValue<'gc> {
        // SAFETY: the verifier has checked that the upvalue exists, and a closure has as many as its
        // prototype.
        unsafe { self.closure.upvalue_unchecked(index as usize) }
    }
}

/// Pushes the frame of a Lua function. The frame is built where it belongs: built on the stack and
/// copied by wider moves than it was written by, it would stall every call.
#[inline(always)]
pub(crate) fn push_frame<'gc>(
    frames: &mut Vec<Frame<'gc>>,
    closure: Closure<'gc>,
    base: usize,
    function: usize,
    varargs: usize,
    returns: ReturnKind,
) {
    if frames.len() == frames.capacity() {
        grow(frames);
    }
    let len = frames.len();
    // SAFETY: there is room for one more frame, just made sure of.
    unsafe {
        frames.as_mut_ptr().add(len).write(Frame::Lua(LuaFrame {
            closure,
            base: base as u32,
            function: function as u32,
            pc: 0,
            varargs: varargs as u32,
            returns,
            is_tail_call: false,
            extra_arguments: 0,
        }));
        frames.set_len(len + 1);
    }
}

#[cold]
#[inline(never)]
fn grow(frames: &mut Vec<Frame<'_>>) {
    frames.reserve(1);
}

/// Drops the frame on top if it is a Lua function's. Gives where the function's results go.
#[inline(always)]
pub(crate) fn pop_frame(frames: &mut Vec<Frame<'_>>) -> Option<(usize, ReturnKind)> {
    let (function, returns) = match frames.last() {
        Some(Frame::Lua(frame)) => (frame.function as usize, frame.returns),
        _ => return None,
    };
    // SAFETY: there is a last frame, and a Lua function's frame is `Copy`, so nothing is leaked.
    unsafe { frames.set_len(frames.len() - 1) };
    Some((function, returns))
}
