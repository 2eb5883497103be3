//! The running Lua function: its next instruction, registers and constants as plain pointers.
//!
//! This is where the dispatch loop's `unsafe` is. Everything rests on what the verifier has checked
//! (jumps stay inside the code, the code ends in a leaving instruction, constants and upvalues
//! exist, register operands are below the number of registers that the prototype asks for) and on
//! the register file having that many slots at the frame's base, which `begin` checks.
//!
//! A cursor points into its coroutine's registers and is loaded anew after everything that may
//! move them or change the frames: calls, returns, metamethods.

use luster_value::{Closure, LinkedInstruction, LuaFrame, LuaString, RegisterFile, UpValue, Value};

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
            registers: registers.window(base, code.registers as usize),
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
