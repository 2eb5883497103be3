//! Debug hooks: what they are told of instructions, calls and returns, and when.
//!
//! A hook is a call over what runs, with a [`Frame::Hook`] under it that says how to go on. The rules
//! of what is a new line and what is counted are those of `luaG_traceexec`, `luaD_hookcall` and
//! `rethook` in PUC-Rio's `ldebug.c` and `ldo.c`. Nothing here is ever called for a coroutine that
//! has no hook.

use luster_bytecode::{Instruction, Op, Operand};
use luster_value::{
    AfterHook, Callback, Error, Frame, HookFrame, Pause, ReturnKind, Told, Value, WaitingFrame,
    WaitsFor,
};

use crate::execute::Left;
use crate::run::{Control, Flow, Run, live_top};

/// What a call of a hook costs in fuel, beyond what it does itself.
const HOOK_FUEL: i64 = 4;

/// What a hook is told of, with the name that it gets as its first argument.
#[derive(Clone, Copy)]
enum Event {
    Call,
    TailCall,
    Return,
    Count,
    Line,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Event::Call => "call",
            Event::TailCall => "tail call",
            Event::Return => "return",
            Event::Count => "count",
            Event::Line => "line",
        }
    }
}

impl<'gc> Run<'gc> {
    /// Tells the hook of the instruction that the dispatch loop is about to fetch; of the call
    /// first, if the function is only being entered. Tells why the loop is to be left, if it is: the
    /// hook has been called.
    #[inline(never)]
    pub(crate) fn trace(&mut self, is_fresh: bool) -> Option<Left> {
        self.sync();
        self.tell_instruction(is_fresh).map(|control| self.left_for(control))
    }

    /// Tells the hook that the Lua function on top, which is at its return instruction, returns
    /// `count` values from a register on. Tells why the dispatch loop is to be left, if it is.
    #[inline(never)]
    pub(crate) fn trace_return(&mut self, register: u8, count: usize) -> Option<Left> {
        self.sync();
        self.tell_return(register, count).map(|control| self.left_for(control))
    }

    /// Why the dispatch loop is left after a hook was called.
    fn left_for(&mut self, control: Control<'gc>) -> Left {
        match control {
            Ok(Flow::GoOn) => Left::Frames,
            Ok(Flow::Stop) => Left::Machine,
            Err(error) => {
                self.error = Some(error);
                Left::Error
            }
        }
    }

    /// What there is to tell before an instruction; `None` when there is nothing (more).
    fn tell_instruction(&mut self, is_fresh: bool) -> Option<Control<'gc>> {
        let told = std::mem::take(&mut self.state.tracing.told);
        let has_jumped = std::mem::take(&mut self.state.tracing.has_jumped);
        if told == Told::Return {
            // The instruction itself asks for this one.
            self.state.tracing.told = told;
            return None;
        }
        let hook = self.state.hook();
        let frame = *self.lua_frame();
        let prototype = frame.closure.prototype();
        if is_fresh && told < Told::Call {
            self.state.tracing.last_pc = 0;
            if hook.calls {
                let event = if frame.info.is_tail_call() { Event::TailCall } else { Event::Call };
                let transferred = (1, u32::from(prototype.parameters));
                return Some(self.call_over_instruction(event, None, transferred, Told::Call));
            }
        }
        if hook.count > 0 && told < Told::Count {
            self.state.tracing.countdown = self.state.tracing.countdown.saturating_sub(1);
            if self.state.tracing.countdown == 0 {
                self.state.tracing.countdown = hook.count;
                return Some(self.call_over_instruction(Event::Count, None, (0, 0), Told::Count));
            }
        }
        if hook.lines && told < Told::Line {
            let pc = frame.pc() as usize;
            let mut last = self.state.tracing.last_pc as usize;
            if last >= prototype.instructions.len() {
                // It is of another function; a wrong one at most tells of a line once too often.
                last = 0;
            }
            if is_passed_by(&prototype.instructions, last, pc, has_jumped) {
                return None;
            }
            self.state.tracing.last_pc = frame.pc();
            // A jump back is a new line, too: each run through a loop on one line counts.
            let line = prototype.line(pc);
            if pc <= last || prototype.line(last) != line {
                let line = (line > 0).then_some(line);
                return Some(self.call_over_instruction(Event::Line, line, (0, 0), Told::Line));
            }
        }
        None
    }

    /// What there is to tell of a return from the function on top; `None` when there is nothing.
    pub(crate) fn tell_return(&mut self, register: u8, count: usize) -> Option<Control<'gc>> {
        let told = std::mem::take(&mut self.state.tracing.told);
        if told != Told::Return && self.state.hook().returns {
            let transferred = (self.number_of(u32::from(register)), count as u32);
            let at = live_top(&self.state);
            let then = AfterHook::Instruction(Told::Return);
            return Some(self.call_hook(Event::Return, None, transferred, at, then));
        }
        self.trace_caller();
        None
    }

    /// The number of a register of the Lua function on top as `debug.getlocal` counts.
    fn number_of(&self, register: u32) -> u32 {
        match self.lua_frame().closure.prototype().hidden_local() {
            Some(hidden) if register + 1 >= hidden => register + 2,
            _ => register + 1,
        }
    }

    /// Sets the last instruction that was looked at to the one at which the Lua function under the
    /// frame on top is, if there is one: the frame on top is about to be dropped.
    fn trace_caller(&mut self) {
        let caller = self.state.frames.len().checked_sub(2).map(|index| &self.state.frames[index]);
        if let Some(Frame::Lua(frame)) = caller {
            self.state.tracing.last_pc = frame.pc().saturating_sub(1);
        }
    }

    /// The same when the Lua function is on top already.
    pub(crate) fn trace_top(&mut self) {
        if self.state.tracing.is_on()
            && let Some(Frame::Lua(frame)) = self.state.frames.last()
        {
            self.state.tracing.last_pc = frame.pc().saturating_sub(1);
        }
    }

    /// The same, and the Lua function on top takes up its return instruction again, of which the
    /// hook has been told that it was run: only not that it returns.
    pub(crate) fn trace_return_again(&mut self) {
        if self.state.tracing.is_on()
            && let Some(Frame::Lua(frame)) = self.state.frames.last()
        {
            self.state.tracing.last_pc = frame.pc();
            self.state.tracing.told = Told::Line;
        }
    }

    /// Calls the hook before an instruction of the Lua function on top. Meanwhile the frame is as if
    /// the instruction had been fetched, which is what everybody who looks at it expects.
    fn call_over_instruction(
        &mut self,
        event: Event,
        line: Option<u32>,
        transferred: (u32, u32),
        told: Told,
    ) -> Control<'gc> {
        if let Some(Frame::Lua(frame)) = self.state.frames.last_mut() {
            frame.set_pc(frame.pc() + 1);
        }
        let at = live_top(&self.state);
        self.call_hook(event, line, transferred, at, AfterHook::Instruction(told))
    }

    /// Calls the hook in a slot above everything that is alive.
    fn call_hook(
        &mut self,
        event: Event,
        line: Option<u32>,
        transferred: (u32, u32),
        at: usize,
        then: AfterHook,
    ) -> Control<'gc> {
        self.reserve(at + 3)?;
        self.state.fuel -= HOOK_FUEL;
        let hook = self.state.hook().function;
        self.state.registers.set(at, hook);
        self.state.registers.set(at + 1, self.ctx.string(event.name()));
        let line = line.map_or(Value::Nil, |line| Value::Integer(i64::from(line)));
        self.state.registers.set(at + 2, line);
        let saved_top = std::mem::replace(&mut self.state.top, 0) as u32;
        self.state.frames.push(Frame::Hook(HookFrame { saved_top, function: at as u32, then }));
        self.state.pause_hook();
        self.state.tracing.transferred = transferred;
        self.call(at, 2, ReturnKind::Frame)
    }

    /// Goes on with what the hook was called over: it has returned.
    pub(crate) fn end_hook(&mut self, hook: HookFrame) -> Control<'gc> {
        self.state.frames.pop();
        // No hook runs above anything that keeps it from seeing what runs.
        self.state.resume_hook(Pause::No);
        let top = hook.saved_top as usize;
        match hook.then {
            AfterHook::Instruction(told) => {
                self.state.top = top;
                if let Some(Frame::Lua(frame)) = self.state.frames.last_mut() {
                    frame.set_pc(frame.pc() - 1);
                }
                if self.state.tracing.is_on() {
                    self.state.tracing.told = told;
                }
                Ok(Flow::GoOn)
            }
            AfterHook::Callback => {
                self.state.top = top;
                Ok(Flow::GoOn)
            }
            AfterHook::Tail(from) => self.finish_tail(from as usize, top - from as usize),
        }
    }

    /// Tells the hook that a callback is called, then calls it.
    #[cold]
    pub(crate) fn call_watched(
        &mut self,
        callback: Callback<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
        extra: usize,
    ) -> Control<'gc> {
        if !self.state.hook().calls {
            return self.call_seen(callback, function, argc, returns, extra);
        }
        self.state.frames.push(Frame::Waiting(WaitingFrame {
            function: function as u32,
            returns,
            waits_for: WaitsFor::CallHook(extra as u8),
        }));
        let top = function + 1 + argc;
        self.state.top = top;
        self.call_hook(Event::Call, None, (1, argc as u32), top, AfterHook::Callback)
    }

    /// Calls a callback, of whose call the hook knows if there is one.
    #[cold]
    pub(crate) fn call_seen(
        &mut self,
        callback: Callback<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
        extra: usize,
    ) -> Control<'gc> {
        self.state.extra_arguments = extra as u8;
        let control = self.call_callback::<true>(callback, function, argc, returns, extra);
        self.state.extra_arguments = 0;
        control
    }

    /// Gives a callback's results, `count` values from a slot on, to its caller; the hook is told
    /// first. The callback's own slot may have been used for something else in the meantime.
    pub(crate) fn finish(
        &mut self,
        callback: Value<'gc>,
        from: usize,
        count: usize,
        function: usize,
        returns: ReturnKind,
    ) -> Control<'gc> {
        if !self.state.tracing.is_on() {
            return self.deliver(from, count, function, returns);
        }
        let base = function + 1;
        self.reserve(base + count)?;
        self.state.registers.copy(from, base, count);
        self.state.registers.set(function, callback);
        self.state.top = base + count;
        let function = function as u32;
        let waits_for = WaitsFor::ReturnHook;
        self.state.frames.push(Frame::Waiting(WaitingFrame { function, returns, waits_for }));
        self.finish_waiting()
    }

    /// Tells the hook that the callback whose waiting frame is on top returns the values up to the
    /// open top.
    pub(crate) fn finish_waiting(&mut self) -> Control<'gc> {
        self.trace_caller();
        let top = self.state.top;
        let Some(Frame::Waiting(frame)) = self.state.frames.last_mut() else {
            unreachable!("only called with a waiting frame on top");
        };
        frame.waits_for = WaitsFor::ReturnHook;
        let base = frame.function as usize + 1;
        if !self.state.hook().returns {
            return Ok(Flow::GoOn);
        }
        let transferred = (1, top.saturating_sub(base) as u32);
        self.call_hook(Event::Return, None, transferred, top.max(base), AfterHook::Callback)
    }

    /// Tells the hook that the Lua function on top returns the results of a callback that it called
    /// as its last act.
    pub(crate) fn watch_tail(&mut self, from: usize, count: usize) -> Control<'gc> {
        if !self.state.hook().returns {
            return self.finish_tail(from, count);
        }
        self.state.top = from + count;
        let first = self.number_of(from.saturating_sub(self.lua_frame().base as usize) as u32);
        let at = live_top(&self.state);
        let then = AfterHook::Tail(from as u32);
        self.call_hook(Event::Return, None, (first, count as u32), at, then)
    }

    /// Drops the Lua function on top and gives its results to its caller.
    fn finish_tail(&mut self, from: usize, count: usize) -> Control<'gc> {
        loop {
            self.trace_caller();
            let Some(Frame::Lua(frame)) = self.state.frames.pop() else {
                unreachable!("only Lua functions make tail calls");
            };
            let returns = frame.info.returns();
            if returns != ReturnKind::Tail {
                return self.deliver(from, count, frame.function as usize, returns);
            }
            if self.state.tracing.is_on() && self.state.hook().returns {
                return self.watch_tail(from, count);
            }
        }
    }

    /// Calls a function in the place of a callback whose last act it is; the callback stays to be
    /// seen returning.
    #[cold]
    pub(crate) fn call_last_watched(
        &mut self,
        callee: Value<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
    ) -> Control<'gc> {
        self.state.frames.push(Frame::Waiting(WaitingFrame {
            function: function as u32,
            returns,
            waits_for: WaitsFor::Callee,
        }));
        self.insert(function + 1, argc, callee)?;
        self.call(function + 1, argc, ReturnKind::Frame)
    }

    /// Goes on with the callback whose call the hook has been told of.
    pub(crate) fn call_told(&mut self, frame: WaitingFrame, top: usize, extra: u8) -> Control<'gc> {
        let function = frame.function as usize;
        let argc = top.saturating_sub(function + 1);
        let Value::Callback(callback) = self.state.registers.get(function) else {
            return Err(Error::message("the hook has overwritten the function"));
        };
        self.call_seen(callback, function, argc, frame.returns, extra.into())
    }
}

/// Whether the instruction at `pc` is a jump back to which the one at `last` has jumped: in the
/// reference jumps go to where such a jump goes. Where a condition jumps to the next instruction, only it
/// knows whether it has jumped.
fn is_passed_by(instructions: &[Instruction], last: usize, pc: usize, has_jumped: bool) -> bool {
    let op = instructions[last].op;
    let jumps =
        op.operands()[3] == Operand::JumpForward && !matches!(op, Op::ForPrep | Op::GenericForPrep);
    // What ends a `repeat` loop goes on at the next instruction there.
    let target = |pc: usize| pc.wrapping_add_signed(instructions[pc].d as isize);
    let ends_repeat = pc == last + 2
        && instructions[last + 1].op == Op::JumpBack
        && target(last + 1) != target(pc);
    let has_jumped = pc > last + 1 || op == Op::Jump || has_jumped;
    jumps && has_jumped && !ends_repeat && instructions[pc].op == Op::JumpBack
}
