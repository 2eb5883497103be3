//! Running one coroutine: calls, returns, and the frames that are not Lua functions.
//!
//! The instructions of Lua functions are in `execute`, errors in `unwind`, switching between
//! coroutines in `machine`.

use luster_value::{
    AfterClosing, BoxSequence, Builtin, Callback, CallbackReturn, ClosingFrame, Closure,
    CollectRequest, Context, Error, FinalizerFrame, Frame, LinkedOperand, Metamethod, Poll,
    ProtectedFrame, Quick, ReturnKind, SequenceFrame, Stack, Thread, ThreadState, Value,
    WaitingFrame, WaitsFor, account,
};

use crate::cursor::{Cursor, push, push_frame};
use crate::execute::{self, Left};
use crate::operate::Fault;
use crate::slow::Next;

/// How deep protected calls, message handlers and resumed coroutines may stand inside each other:
/// the reference's `LUAI_MAXCCALLS`. That one is about the C stack, of which nothing is used here;
/// but programs rely on an end.
pub(crate) const MAX_DEPTH: u16 = 200;

/// How deep when errors about the former are being handled.
pub(crate) const MAX_ERROR_DEPTH: u16 = MAX_DEPTH / 10 * 11;

/// How many `__call` metamethods may stand behind each other: the reference's `MAX_CCMT`.
const MAX_CALL_CHAIN: usize = 15;

/// Why a coroutine stops running, for the machine to act on.
pub(crate) enum Switch<'gc> {
    /// The slice's fuel is used up.
    OutOfFuel,
    /// It yields `count` values from register `from` on.
    Yielded { from: usize, count: usize },
    /// Its function returned that many values.
    Finished { from: usize, count: usize },
    /// It died of an error.
    Failed(Value<'gc>),
    /// It was closed; what its variables' closing failed with, if it did.
    Closed(Option<Value<'gc>>),
    /// It resumes another with that many arguments.
    Resume { thread: Thread<'gc>, from: usize, count: usize },
    /// It closes another.
    Close(Thread<'gc>),
    /// It asks for a collection.
    Collect(CollectRequest),
    /// It ends everything.
    Exit(i32),
}

/// What a step came to, unless it raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// The frame on top goes on.
    GoOn,
    /// The machine has something to do: what `Run::switch` says. That is not part of the answer, since
    /// moving it about would cost more than making it.
    Stop,
}

/// What a step came to: go on with the top frame, stop for the machine, or raise.
pub(crate) type Control<'gc> = Result<Flow, Error<'gc>>;

/// A coroutine at work.
pub(crate) struct Run<'a, 'gc> {
    pub(crate) ctx: Context<'gc>,
    pub(crate) thread: Thread<'gc>,
    pub(crate) state: &'a mut ThreadState<'gc>,
    /// Where the dispatch loop has come to, while it does something outside.
    pub(crate) cursor: Option<Cursor<'gc>>,
    /// What the machine is to do, once there is something.
    pub(crate) switch: Option<Switch<'gc>>,
    /// The error that the dispatch loop was left for.
    pub(crate) error: Option<Error<'gc>>,
    /// Whether the error that is being raised is that handling another one failed.
    pub(crate) handling_failed: bool,
}

impl<'gc> Run<'_, 'gc> {
    /// Runs until there is something for the machine to do, which is then in `switch`.
    pub(crate) fn run(&mut self) {
        loop {
            let left = match self.state.frames.last() {
                Some(Frame::Lua(_)) if self.state.tracing.is_on() => execute::execute::<true>(self),
                Some(Frame::Lua(_)) => execute::execute::<false>(self),
                _ => match self.step_frame() {
                    Ok(Flow::GoOn) => Left::ForFrames,
                    Ok(Flow::Stop) => return,
                    Err(error) => {
                        self.error = Some(error);
                        Left::ForError
                    }
                },
            };
            match left {
                Left::ForFrames => {}
                Left::ForMachine => return,
                Left::ForError => {
                    if let Some(error) = self.error.take() {
                        match self.raise(error) {
                            Ok(Flow::GoOn) => {}
                            Ok(Flow::Stop) => return,
                            // An error raised while another one was handled is raised in its turn.
                            Err(error) => self.pend(error),
                        }
                    }
                }
            }
            if self.state.fuel < 0 {
                self.switch = Some(Switch::OutOfFuel);
                return;
            }
        }
    }

    /// Stops for the machine.
    #[inline(always)]
    pub(crate) fn stop(&mut self, switch: Switch<'gc>) -> Control<'gc> {
        self.switch = Some(switch);
        Ok(Flow::Stop)
    }

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
                        frame.extra_arguments = extra as u8;
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
                    push(&mut self.state.frames, || {
                        Frame::Protected(ProtectedFrame {
                            handler: Value::Nil,
                            callback,
                            depth,
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

    /// Makes sure that there are registers up to `end`, and a few more.
    #[inline(always)]
    pub(crate) fn reserve(&mut self, end: usize) -> Result<(), Error<'gc>> {
        if self.state.registers.reserve(end) { Ok(()) } else { Err(self.stack_overflow()) }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn stack_overflow(&mut self) -> Error<'gc> {
        if self.state.registers.has_handler_room() {
            return self.failed_handling();
        }
        self.fault(Fault::Message("stack overflow"))
    }

    /// Pushes the frame of a Lua function that was called in a slot with `argc` arguments.
    fn push_closure(
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
        for missing in argc..parameters {
            self.state.registers.set(base + missing, Value::Nil);
        }
        push_frame(&mut self.state.frames, closure, base, function, 0, returns);
        Ok(base)
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
        if argc < parameters {
            self.state.registers.clear(first + argc..first + parameters);
        }
        self.state.registers.copy(first, base, parameters);
        self.state.registers.clear(first..first + parameters);
        let varargs = argc.saturating_sub(parameters);
        push_frame(&mut self.state.frames, closure, base, function, varargs, returns);
        Ok(base)
    }

    /// Calls a callback that a hook sees, or that stands behind `__call` metamethods.
    #[cold]
    fn call_unusual(
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
        let base = function + 1;
        self.reserve(base + argc)?;
        let mut stack = Stack::new(self.state, self.thread, base, argc);
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
                let error = self.complete(error, Value::Callback(callback), extra);
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
    ) -> Option<Value<'gc>> {
        let result = self.running().call_quick(self.ctx, quick, register, argc);
        self.end_slice_if_due();
        result
    }

    /// Calls a callback in a register of the running Lua function.
    #[inline(never)]
    pub(crate) fn call_rust(
        &mut self,
        callback: Callback<'gc>,
        register: LinkedOperand,
        argc: usize,
        returns: ReturnKind,
    ) -> Next {
        let function = self.sync() + register.index() as usize;
        let base = function + 1;
        let before = self.extent();
        let mut stack = Stack::new(self.state, self.thread, base, argc);
        let result = callback.call(self.ctx, &mut stack);
        let count = stack.len();
        self.end_slice_if_due();
        let control = match result {
            Ok(CallbackReturn::Return) => self.deliver(base, count, function, returns),
            Ok(other) => self.callback_return(other, callback, function, count, returns),
            Err(error) => {
                let error = self.complete(error, Value::Callback(callback), 0);
                self.push_failed(function);
                Err(error)
            }
        };
        self.go_on_after(control, before)
    }

    /// Ends the slice when it has allocated much, so that the collector gets its turn.
    #[inline]
    pub(crate) fn end_slice_if_due(&mut self) {
        if account::should_end_slice() && self.state.fuel >= 0 {
            self.state.withheld += self.state.fuel + 1;
            self.state.fuel = -1;
        }
    }

    /// Lets a callback that failed be seen in tracebacks.
    #[cold]
    fn push_failed(&mut self, function: usize) {
        self.push_waiting(function, ReturnKind::Discard, WaitsFor::Nothing);
    }

    /// Lets a callback wait for its results.
    #[inline(always)]
    fn push_waiting(&mut self, function: usize, returns: ReturnKind, waits_for: WaitsFor) {
        let function = function as u32;
        push(&mut self.state.frames, || {
            Frame::Waiting(WaitingFrame { function, returns, waits_for })
        });
    }

    /// Calls the next finalizer that is due, over whatever the coroutine is doing.
    pub(crate) fn call_finalizer(&mut self) -> Control<'gc> {
        while let Some(object) = self.ctx.finalizers().pop() {
            let handler = self.ctx.metamethod(object, Metamethod::Gc);
            if handler.is_nil() {
                continue;
            }
            let at = live_top(self.state);
            self.reserve(at + 2)?;
            let saved_top = std::mem::replace(&mut self.state.top, 0) as u32;
            self.state.registers.set(at, handler);
            self.state.registers.set(at + 1, object);
            let function = at as u32;
            self.state.frames.push(Frame::Finalizer(FinalizerFrame { saved_top, function }));
            self.state.pause_hook();
            return self.call(at, 1, ReturnKind::Frame);
        }
        Ok(Flow::GoOn)
    }

    /// Does what a callback asks for; its `count` values stand behind its slot.
    fn callback_return(
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
                self.push_sequence(sequence, callback, function, returns);
                self.insert(base, count, callee)?;
                self.call(base, count, ReturnKind::Frame)
            }
            CallbackReturn::ProtectedCall(callee, handler) => {
                let depth = self.nest(&callback, function)?;
                push(&mut self.state.frames, || {
                    Frame::Protected(ProtectedFrame {
                        handler,
                        callback,
                        depth,
                        function: function as u32,
                        returns,
                    })
                });
                self.insert(base, count, callee)?;
                self.call(base, count, ReturnKind::Frame)
            }
            CallbackReturn::Yield(sequence) => {
                if self.state.is_main {
                    return Err(Error::message("attempt to yield from outside a coroutine"));
                }
                match sequence {
                    Some(sequence) => self.push_sequence(sequence, callback, function, returns),
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
                self.push_waiting(function, returns, WaitsFor::Close);
                self.stop(Switch::Close(thread))
            }
            CallbackReturn::Sequence(sequence) => {
                self.push_sequence(sequence, callback, function, returns);
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
    fn nest(&mut self, callback: &Value<'gc>, function: usize) -> Result<u16, Error<'gc>> {
        match self.state.outer_depth + self.state.depth + 1 {
            MAX_DEPTH => {
                let error = self.complete(Error::message("C stack overflow"), *callback, 0);
                self.push_failed(function);
                Err(error)
            }
            depth if depth >= MAX_ERROR_DEPTH => Err(self.failed_handling()),
            _ => {
                self.state.depth += 1;
                Ok(self.state.depth)
            }
        }
    }

    /// The error of an error handler that fails itself, which calls no handler any more.
    pub(crate) fn failed_handling(&mut self) -> Error<'gc> {
        self.handling_failed = true;
        Error::Value(self.ctx.string("error in error handling"))
    }

    fn push_sequence(
        &mut self,
        sequence: BoxSequence<'gc>,
        callback: Value<'gc>,
        function: usize,
        returns: ReturnKind,
    ) {
        push(&mut self.state.frames, || {
            Frame::Sequence(SequenceFrame {
                sequence: Some(sequence),
                callback,
                base: function as u32 + 1,
                bottom: 0,
                function: function as u32,
                returns,
            })
        });
    }

    /// Takes `count` results from register `from` on to where they belong.
    #[inline]
    pub(crate) fn deliver(
        &mut self,
        from: usize,
        count: usize,
        function: usize,
        returns: ReturnKind,
    ) -> Control<'gc> {
        match returns {
            ReturnKind::Call(2) => {
                let value = if count > 0 { self.state.registers.get(from) } else { Value::Nil };
                self.state.registers.set(function, value);
                Ok(Flow::GoOn)
            }
            ReturnKind::Call(1) => Ok(Flow::GoOn),
            ReturnKind::Call(0) | ReturnKind::Frame => {
                self.state.registers.copy(from, function, count);
                self.state.top = function + count;
                Ok(Flow::GoOn)
            }
            ReturnKind::Call(wanted) => {
                let wanted = wanted as usize - 1;
                self.state.registers.copy(from, function, count.min(wanted));
                if count < wanted {
                    self.state.registers.clear(function + count..function + wanted);
                }
                Ok(Flow::GoOn)
            }
            ReturnKind::Tail => self.deliver_tail(from, count),
            other => self.deliver_metamethod(from, count, other),
        }
    }

    /// Takes the results of a callback that Lua functions called as their last acts.
    #[inline(never)]
    fn deliver_tail(&mut self, from: usize, count: usize) -> Control<'gc> {
        if self.state.tracing.is_on() {
            return self.watch_tail(from, count);
        }
        loop {
            let Some(Frame::Lua(frame)) = self.state.frames.pop() else {
                unreachable!("only Lua functions make tail calls");
            };
            if frame.returns != ReturnKind::Tail {
                return self.deliver(from, count, frame.function as usize, frame.returns);
            }
        }
    }

    #[inline(never)]
    fn deliver_metamethod(
        &mut self,
        from: usize,
        count: usize,
        returns: ReturnKind,
    ) -> Control<'gc> {
        let value = if count > 0 { self.state.registers.get(from) } else { Value::Nil };
        let Some(Frame::Lua(frame)) = self.state.frames.last_mut() else {
            unreachable!("only Lua functions call metamethods by instructions");
        };
        match returns {
            ReturnKind::Register(register) => {
                let slot = frame.base as usize + register as usize;
                self.state.registers.set(slot, value);
            }
            ReturnKind::Condition => {
                execute::decide(frame, value);
            }
            ReturnKind::Concat(remaining) => {
                let instruction = frame.closure.prototype().instructions[frame.pc as usize - 1];
                let first = frame.base as usize + instruction.b as usize;
                self.state.registers.set(first + remaining as usize - 1, value);
                return self.concat(remaining);
            }
            ReturnKind::Discard | ReturnKind::Call(_) | ReturnKind::Frame | ReturnKind::Tail => {}
        }
        Ok(Flow::GoOn)
    }

    /// Goes on with a top frame that is not a Lua function, whose values end at the open top.
    fn step_frame(&mut self) -> Control<'gc> {
        let top = std::mem::replace(&mut self.state.top, 0);
        match self.state.frames.last() {
            Some(Frame::Sequence(_)) => {
                self.state.top = top;
                self.poll_sequence()
            }
            Some(Frame::Protected(frame)) => {
                let (function, returns) = (frame.function as usize, frame.returns);
                let callback = frame.callback;
                self.state.depth = frame.depth - 1;
                self.state.frames.pop();
                self.state.registers.set(function, Value::True);
                self.finish(callback, function, top - function, function, returns)
            }
            Some(Frame::Closing(_)) => self.close_next(),
            Some(Frame::Handler(frame)) => {
                let slot = frame.top as usize;
                let value = if top > slot { self.state.registers.get(slot) } else { Value::Nil };
                self.handled(value)
            }
            Some(Frame::Finalizer(frame)) => {
                self.state.top = frame.saved_top as usize;
                self.state.frames.pop();
                self.state.resume_hook();
                self.call_finalizer()
            }
            Some(&Frame::Hook(frame)) => self.end_hook(frame),
            Some(&Frame::Waiting(frame)) => self.go_on(frame, top),
            Some(Frame::Bottom) | None => self.stop(Switch::Finished { from: 0, count: top }),
            Some(Frame::Lua(_)) => Ok(Flow::GoOn),
        }
    }

    /// Gives what a waiting callback waited for, up to the open top, to its caller.
    fn go_on(&mut self, frame: WaitingFrame, top: usize) -> Control<'gc> {
        match frame.waits_for {
            WaitsFor::CallHook(extra) => {
                self.state.frames.pop();
                return self.call_told(frame, top, extra);
            }
            WaitsFor::ReturnHook => {}
            _ if self.state.tracing.is_on() => {
                self.state.top = top;
                return self.finish_waiting();
            }
            _ => {}
        }
        self.state.frames.pop();
        let base = frame.function as usize + 1;
        self.deliver(base, top.saturating_sub(base), frame.function as usize, frame.returns)
    }

    fn poll_sequence(&mut self) -> Control<'gc> {
        let top = std::mem::replace(&mut self.state.top, 0);
        let Some(Frame::Sequence(frame)) = self.state.frames.last_mut() else {
            unreachable!("only called with a sequence on top");
        };
        let base = frame.base as usize;
        let Some(mut sequence) = frame.sequence.take() else {
            unreachable!("a sequence is absent only while it is polled");
        };
        let mut stack = Stack::new(self.state, self.thread, base, top.saturating_sub(base));
        let poll = sequence.poll(self.ctx, &mut stack);
        let len = stack.len();
        self.after_poll(sequence, poll, base, len)
    }

    /// Lets the sequence on top, which catches errors, have one.
    pub(crate) fn sequence_error(&mut self, value: Value<'gc>) -> Control<'gc> {
        let Some(Frame::Sequence(frame)) = self.state.frames.last_mut() else {
            unreachable!("only called with a sequence on top");
        };
        let (base, bottom) = (frame.base as usize, frame.bottom as usize);
        let Some(mut sequence) = frame.sequence.take() else {
            unreachable!("a sequence is absent only while it is polled");
        };
        let mut stack = Stack::new(self.state, self.thread, base, bottom);
        let poll = sequence.error(self.ctx, Error::Value(value), &mut stack);
        let len = stack.len();
        self.after_poll(sequence, poll, base, len)
    }

    fn after_poll(
        &mut self,
        sequence: BoxSequence<'gc>,
        poll: Result<Poll<'gc>, Error<'gc>>,
        base: usize,
        len: usize,
    ) -> Control<'gc> {
        let is_main = self.state.is_main;
        let Some(Frame::Sequence(frame)) = self.state.frames.last_mut() else {
            unreachable!("polling does not change the frames");
        };
        let (function, returns) = (frame.function as usize, frame.returns);
        match poll {
            Ok(Poll::Return) => {
                let callback = frame.callback;
                self.state.frames.pop();
                self.finish(callback, base, len, function, returns)
            }
            Ok(Poll::Call(callee, bottom)) => {
                let bottom = bottom.min(len);
                frame.sequence = Some(sequence);
                frame.bottom = bottom as u32;
                self.insert(base + bottom, len - bottom, callee)?;
                self.call(base + bottom, len - bottom, ReturnKind::Frame)
            }
            Ok(Poll::TailCall(callee)) if self.state.tracing.is_on() => {
                let callback = frame.callback;
                self.state.frames.pop();
                self.state.registers.set(function, callback);
                self.call_last_watched(callee, function, len, returns)
            }
            Ok(Poll::TailCall(callee)) => {
                self.state.frames.pop();
                self.state.registers.set(function, callee);
                self.call(function, len, returns)
            }
            Ok(Poll::Yield(bottom)) if !is_main => {
                let bottom = bottom.min(len);
                frame.sequence = Some(sequence);
                frame.bottom = bottom as u32;
                self.stop(Switch::Yielded { from: base + bottom, count: len - bottom })
            }
            Ok(Poll::Yield(_)) => Err(Error::message("attempt to yield from outside a coroutine")),
            Ok(Poll::Pending) => {
                frame.sequence = Some(sequence);
                frame.bottom = len as u32;
                self.state.top = base + len;
                Ok(Flow::GoOn)
            }
            Err(error) => {
                let callback = frame.callback;
                self.state.frames.pop();
                let error = self.complete(error, callback, 0);
                self.push_failed(function);
                Err(error)
            }
        }
    }

    /// The error that a variable to be closed has lost its metamethod, at the place of the function
    /// whose variable it is.
    #[cold]
    fn no_close_metamethod(&self) -> Error<'gc> {
        let mut text = match self.state.frames.iter().rev().nth(1) {
            Some(Frame::Lua(frame)) => crate::traceback::position_of(frame),
            _ => Vec::new(),
        };
        text.extend(b"attempt to call a nil value (metamethod 'close')");
        Error::Value(Value::String(self.ctx.intern_owned(text)))
    }

    /// Closes the next to-be-closed variable of the closing frame on top, or ends the closing.
    fn close_next(&mut self) -> Control<'gc> {
        let Some(Frame::Closing(frame)) = self.state.frames.last() else {
            unreachable!("only called with a closing frame on top");
        };
        match self.state.to_be_closed.last() {
            Some(&slot) if slot >= frame.floor => {
                let value = match self.state.registers.get(slot as usize) {
                    Value::Cell(cell) => cell.get(),
                    value => value,
                };
                let at = if frame.top == 0 { slot as usize + 1 } else { frame.top as usize };
                let error = frame.error;
                self.state.to_be_closed.pop();
                self.reserve(at + 3)?;
                let handler = self.ctx.metamethod(value, Metamethod::Close);
                if handler.is_nil() {
                    return Err(self.no_close_metamethod());
                }
                self.state.registers.set(at, handler);
                self.state.registers.set(at + 1, value);
                let mut argc = 1;
                if let Some(error) = error {
                    self.state.registers.set(at + 2, error);
                    argc = 2;
                }
                self.call(at, argc, ReturnKind::Frame)
            }
            _ => {
                let (then, error) = (frame.then, frame.error);
                let saved_top = frame.saved_top as usize;
                self.state.frames.pop();
                match then {
                    AfterClosing::Continue => {
                        self.state.top = saved_top;
                        self.trace_top();
                        Ok(Flow::GoOn)
                    }
                    AfterClosing::Return => {
                        self.state.top = saved_top;
                        self.trace_return_again();
                        Ok(Flow::GoOn)
                    }
                    AfterClosing::Raise => self.catch(error.unwrap_or(Value::Nil)),
                    AfterClosing::EndCoroutine => self.stop(Switch::Closed(error)),
                }
            }
        }
    }
}

/// Where the live registers of a coroutine that does not run end.
pub(crate) fn live_top(state: &ThreadState<'_>) -> usize {
    let extent = match state.frames.last() {
        Some(Frame::Lua(frame)) => frame.base as usize + frame.closure.code().registers as usize,
        Some(Frame::Sequence(frame)) => (frame.base + frame.bottom) as usize,
        Some(Frame::Protected(frame)) => frame.function as usize + 1,
        Some(Frame::Waiting(frame)) => frame.function as usize + 1,
        Some(Frame::Closing(frame)) => frame.top.max(frame.floor) as usize,
        Some(Frame::Handler(frame)) => frame.top as usize,
        Some(Frame::Finalizer(frame)) => frame.function as usize,
        Some(Frame::Hook(frame)) => frame.function as usize,
        Some(Frame::Bottom) | None => 0,
    };
    let closing = state.to_be_closed.last().map_or(0, |&slot| slot as usize + 1);
    extent.max(state.top).max(closing)
}
