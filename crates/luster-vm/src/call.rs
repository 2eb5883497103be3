//! Calls: of Lua functions, of callbacks, and what callbacks answer.
//!
//! The quickest calls are the dispatch loop's own (see `cursor`). Where results go is in `run`.

use luster_value::{
    AfterClosing, BoxSequence, Builtin, CallInfo, Callback, CallbackReturn, ClosingFrame, Closure,
    ClosureInsides, Error, Frame, LinkedOperand, Metamethod, ProtectedFrame, Quick, ReturnKind,
    SequenceFrame, Stack, Value, WaitingFrame, WaitsFor, account,
};

use crate::cursor::{Answer, push, push_frame, running_frame};
use crate::execute::Left;
use crate::operate::Fault;
use crate::run::{Control, Flow, Nesting, Run, Switch};
use crate::slow::Next;

/// What a protected call costs beside the instruction that makes it.
const NESTED_FUEL: i64 = 4;

/// What a sequence costs, which is a frame and a piece of memory.
const SEQUENCE_FUEL: i64 = 8;

/// How many callbacks may answer by calling others, one inside the other: that does take some of the
/// Rust stack.
const MAX_NESTED: u16 = 200;

/// How many `__call` metamethods may stand behind each other: the reference's `MAX_CCMT`.
pub(crate) const MAX_CALL_CHAIN: usize = 15;

impl<'gc> Run<'gc> {
    /// Calls the value in a slot with the `argc` values behind it.
    pub(crate) fn call(
        &mut self,
        mut function: usize,
        mut argc: usize,
        mut returns: ReturnKind,
    ) -> Control<'gc> {
        let mut extra = 0;
        while extra <= MAX_CALL_CHAIN {
            match self.state.registers.get(function) {
                Value::Closure(closure) => {
                    self.push_closure(closure, function, argc, returns)?;
                    if extra > 0
                        && let Some(Frame::Lua(frame)) = self.state.frames.last_mut()
                    {
                        frame.info = frame.info.with_extra_arguments(extra as u8);
                    }
                    return Ok(Flow::GoOn);
                }
                Value::Callback(callback) if extra > 0 || self.state.tracing.is_on() => {
                    return self.call_unusual(callback, function, argc, returns, extra);
                }
                Value::Callback(callback)
                    if callback.which_builtin() == Builtin::PCall && argc > 0 =>
                {
                    let callback = Value::Callback(callback);
                    let depth = self.nest(&callback, function)?;
                    let in_handler = self.state.registers.has_handler_room();
                    push(&mut self.state, || {
                        Frame::Protected(ProtectedFrame {
                            handler: Value::Nil,
                            callback,
                            depth,
                            in_handler,
                            function: function as u32,
                            returns,
                        })
                    });
                    function += 1;
                    argc -= 1;
                    returns = ReturnKind::Frame;
                    continue;
                }
                Value::Callback(callback) => {
                    return self.call_callback::<false>(callback, function, argc, returns, 0);
                }
                value => {
                    let handler = self.ctx.metamethod(value, Metamethod::Call);
                    if handler.is_nil() {
                        return Err(self.fault(Fault::Call(value)));
                    }
                    self.insert(function, argc + 1, handler)?;
                    argc += 1;
                    extra += 1;
                }
            }
        }
        Err(self.fault(Fault::Message("'__call' chain too long")))
    }

    /// Puts a value into a slot, moving the `count` values that start there up by one.
    pub(crate) fn insert(
        &mut self,
        slot: usize,
        count: usize,
        value: Value<'gc>,
    ) -> Result<(), Error<'gc>> {
        self.reserve(slot + count + 1)?;
        self.state.registers.copy(slot, slot + 1, count);
        self.state.registers.set(slot, value);
        Ok(())
    }

    /// Pushes the frame of a Lua function that was called in a slot with `argc` arguments.
    pub(crate) fn push_closure(
        &mut self,
        closure: Closure<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
    ) -> Result<(), Error<'gc>> {
        if closure.code().is_vararg {
            self.push_vararg(closure, function, argc, returns)?;
        } else {
            self.push_plain(closure, function, argc, returns)?;
        }
        Ok(())
    }

    /// Pushes the frame of a function without extra arguments, which finds its parameters in place.
    /// Gives the slot of its first register.
    #[inline(always)]
    pub(crate) fn push_plain(
        &mut self,
        closure: Closure<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
    ) -> Result<usize, Error<'gc>> {
        let code = closure.code().as_ref();
        let parameters = code.parameters as usize;
        let base = function + 1;
        self.reserve(base + code.registers as usize)?;
        self.reserve_frame()?;
        for missing in argc..parameters {
            self.state.registers.set(base + missing, Value::Nil);
        }
        push_frame(&mut self.state, closure, base, function, CallInfo::new(returns));
        Ok(base)
    }

    /// Calls a function from the slot `after` a register of the running one, as the dispatch loop does,
    /// when the registers or the frames have to grow for it.
    #[cold]
    #[inline(never)]
    pub(crate) fn call_with_more_room(
        &mut self,
        closure: Closure<'gc>,
        register: LinkedOperand,
        after: usize,
        argc: usize,
        returns: ReturnKind,
    ) -> Left {
        let base = running_frame(&mut self.state.frames).base as usize;
        let function = base + register.index() as usize + after;
        match self.push_plain(closure, function, argc, returns) {
            Ok(_) => Left::Frames,
            Err(error) => {
                self.error = Some(error);
                Left::Error
            }
        }
    }

    /// Pushes the frame of a function with extra arguments. They stay where they are, below the
    /// registers; the fixed ones move up. Gives the slot of the first register.
    #[inline(never)]
    pub(crate) fn push_vararg(
        &mut self,
        closure: Closure<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
    ) -> Result<usize, Error<'gc>> {
        let code = closure.code().as_ref();
        let parameters = code.parameters as usize;
        let first = function + 1;
        let base = first + argc.max(parameters);
        self.reserve(base + code.registers as usize)?;
        self.reserve_frame()?;
        if argc < parameters {
            self.state.registers.clear(first + argc..first + parameters);
        }
        self.state.registers.copy(first, base, parameters);
        self.state.registers.clear(first..first + parameters);
        let info = CallInfo::with_varargs(returns, argc.saturating_sub(parameters) as u32);
        push_frame(&mut self.state, closure, base, function, info);
        Ok(base)
    }

    /// Calls a callback that a hook sees, or that stands behind `__call` metamethods.
    #[cold]
    pub(crate) fn call_unusual(
        &mut self,
        callback: Callback<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
        extra: usize,
    ) -> Control<'gc> {
        if self.state.tracing.is_on() {
            return self.call_watched(callback, function, argc, returns, extra);
        }
        self.call_seen(callback, function, argc, returns, extra)
    }

    /// Calls a callback. The hook, if there is one, is told when it returns, unless the caller knows
    /// that there is none and the call is not `WATCHED`.
    #[inline(always)]
    pub(crate) fn call_callback<const WATCHED: bool>(
        &mut self,
        callback: Callback<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
        extra: usize,
    ) -> Control<'gc> {
        // Callbacks that answer by calling others stand on the Rust stack until one calls Lua.
        self.nested += 1;
        let control = self.call_nested::<WATCHED>(callback, function, argc, returns, extra);
        self.nested -= 1;
        control
    }

    fn call_nested<const WATCHED: bool>(
        &mut self,
        callback: Callback<'gc>,
        function: usize,
        argc: usize,
        returns: ReturnKind,
        extra: usize,
    ) -> Control<'gc> {
        if self.nested > MAX_NESTED {
            let error =
                self.complete(Error::message("C stack overflow"), Value::Callback(callback), extra);
            self.push_failed(function);
            return Err(error);
        }
        let base = function + 1;
        self.reserve(base + argc)?;
        let mut stack = Stack::new(&mut self.state, self.thread, base, argc);
        let result = callback.call(self.ctx, &mut stack);
        let count = stack.len();
        self.end_slice_if_due();
        match result {
            Ok(CallbackReturn::Return) if WATCHED => {
                self.finish(Value::Callback(callback), base, count, function, returns)
            }
            Ok(CallbackReturn::Return) => self.deliver(base, count, function, returns),
            Ok(other) => self.callback_return(other, callback, function, count, returns),
            Err(error) => {
                let error = match self.call_again(error, callback, function, argc, count, returns) {
                    Ok(()) => return Ok(Flow::GoOn),
                    Err(error) => self.complete(error, Value::Callback(callback), extra),
                };
                self.push_failed(function);
                Err(error)
            }
        }
    }

    /// Calls the quick form of a function with the `argc` arguments after a register of the running
    /// function.
    #[inline(never)]
    pub(crate) fn call_quick(
        &mut self,
        quick: Quick,
        register: LinkedOperand,
        argc: usize,
        is_one_wanted: bool,
    ) -> Answer<'gc> {
        let result = self.running().call_quick(self.ctx, quick, register, argc, is_one_wanted);
        self.end_slice_if_due();
        result
    }

    /// Calls a callback in a register of the running Lua function.
    #[inline(never)]
    pub(crate) fn call_rust(
        &mut self,
        callback: Callback<'gc>,
        register: u8,
        argc: usize,
        returns: ReturnKind,
    ) -> Next {
        let function = self.sync() + register as usize;
        let base = function + 1;
        let before = self.extent();
        let mut stack = Stack::new(&mut self.state, self.thread, base, argc);
        let result = callback.call(self.ctx, &mut stack);
        let count = stack.len();
        self.end_slice_if_due();
        let control = match result {
            Ok(CallbackReturn::Return) => self.deliver(base, count, function, returns),
            Ok(other) => self.callback_return(other, callback, function, count, returns),
            Err(error) => match self.call_again(error, callback, function, argc, count, returns) {
                Ok(()) => Ok(Flow::GoOn),
                Err(error) => {
                    let error = self.complete(error, Value::Callback(callback), 0);
                    self.push_failed(function);
                    Err(error)
                }
            },
        };
        self.go_on_after(control, before)
    }

    /// Lets a callback that failed be seen in tracebacks.
    #[cold]
    pub(crate) fn push_failed(&mut self, function: usize) {
        self.push_waiting(function, ReturnKind::Discard, WaitsFor::Nothing);
    }

    /// Lets a callback wait for its results.
    #[inline(always)]
    pub(crate) fn push_waiting(
        &mut self,
        function: usize,
        returns: ReturnKind,
        waits_for: WaitsFor,
    ) {
        let function = function as u32;
        push(&mut self.state, || Frame::Waiting(WaitingFrame { function, returns, waits_for }));
    }

    /// Does what a callback asks for; its `count` values stand behind its slot.
    pub(crate) fn callback_return(
        &mut self,
        wish: CallbackReturn<'gc>,
        callback: Callback<'gc>,
        function: usize,
        count: usize,
        returns: ReturnKind,
    ) -> Control<'gc> {
        let base = function + 1;
        let callback = Value::Callback(callback);
        self.state.extra_arguments = 0;
        match wish {
            CallbackReturn::Return => self.finish(callback, base, count, function, returns),
            CallbackReturn::Call(callee, None) if self.state.tracing.is_on() => {
                self.call_last_watched(callee, function, count, returns)
            }
            CallbackReturn::Call(callee, None) => {
                self.state.registers.set(function, callee);
                self.call(function, count, returns)
            }
            CallbackReturn::Call(callee, Some(sequence)) => {
                self.push_sequence(sequence, callback, function, returns)?;
                self.insert(base, count, callee)?;
                self.call(base, count, ReturnKind::Frame)
            }
            CallbackReturn::ProtectedCall(callee, handler) => {
                let depth = self.nest(&callback, function)?;
                let in_handler = self.state.registers.has_handler_room();
                push(&mut self.state, || {
                    Frame::Protected(ProtectedFrame {
                        handler,
                        callback,
                        depth,
                        in_handler,
                        function: function as u32,
                        returns,
                    })
                });
                self.insert(base, count, callee)?;
                self.call(base, count, ReturnKind::Frame)
            }
            CallbackReturn::Yield(sequence) => {
                if let Err(message) = self.state.check_yield() {
                    self.push_failed(function);
                    return Err(Error::plain(message));
                }
                match sequence {
                    Some(sequence) => self.push_sequence(sequence, callback, function, returns)?,
                    None => self.push_waiting(function, returns, WaitsFor::Resume),
                }
                self.stop(Switch::Yielded { from: base, count })
            }
            CallbackReturn::Resume(thread, kind) => {
                self.push_waiting(function, returns, WaitsFor::Coroutine(kind));
                self.stop(Switch::Resume { thread, from: base, count })
            }
            CallbackReturn::Close(thread) if thread == self.thread => {
                // A coroutine that closes itself ends here, once its variables are closed.
                self.state.frames.truncate(1);
                self.state.restore_hook();
                self.state.frames.push(Frame::Closing(ClosingFrame {
                    floor: 0,
                    top: 0,
                    saved_top: 0,
                    error: None,
                    then: AfterClosing::EndCoroutine,
                }));
                Ok(Flow::GoOn)
            }
            CallbackReturn::Close(thread) => {
                self.state.registers.set(base, Value::Thread(thread));
                self.push_waiting(function, returns, WaitsFor::Close);
                self.stop(Switch::Close(thread))
            }
            CallbackReturn::Sequence(sequence) => {
                self.push_sequence(sequence, callback, function, returns)?;
                self.state.top = base + count;
                self.poll_sequence()
            }
            CallbackReturn::Collect(request) => {
                self.push_waiting(function, returns, WaitsFor::Collection);
                self.state.top = base + count;
                self.stop(Switch::Collect(request))
            }
            CallbackReturn::Reconsider => {
                // The frame has the dispatch loop left, and the right one entered afterwards.
                self.push_waiting(function, returns, WaitsFor::Turn);
                self.state.top = base + count;
                Ok(Flow::GoOn)
            }
            CallbackReturn::Exit(status) => self.stop(Switch::Exit(status)),
        }
    }

    /// Counts one more protected call, as the reference counts the C calls that its own takes.
    pub(crate) fn nest(
        &mut self,
        callback: &Value<'gc>,
        function: usize,
    ) -> Result<u16, Error<'gc>> {
        match self.nesting() {
            Nesting::TooDeep => {
                let error = self.complete(Error::message("C stack overflow"), *callback, 0);
                self.push_failed(function);
                Err(error)
            }
            Nesting::Hopeless => Err(self.failed_handling()),
            Nesting::Fine => {
                self.state.fuel -= NESTED_FUEL;
                self.state.depth += 1;
                Ok(self.state.depth)
            }
        }
    }

    pub(crate) fn push_sequence(
        &mut self,
        sequence: BoxSequence<'gc>,
        callback: Value<'gc>,
        function: usize,
        returns: ReturnKind,
    ) -> Result<(), Error<'gc>> {
        let size = size_of_val(&*sequence);
        // They may be as many as there are calls.
        if !account::has_room_for(size) || self.reserve_frame().is_err() {
            self.push_failed(function);
            return Err(Error::memory());
        }
        let memory = account::Held::of(size);
        self.state.fuel -= SEQUENCE_FUEL;
        push(&mut self.state, || {
            Frame::Sequence(SequenceFrame {
                sequence: Some(sequence),
                callback,
                base: function as u32 + 1,
                bottom: 0,
                function: function as u32,
                returns,
                memory,
            })
        });
        Ok(())
    }
}
