//! Running one coroutine: returns, and the frames that are not Lua functions.
//!
//! The instructions of Lua functions are in `execute`, calls in `call`, errors in `unwind`, switching between
//! coroutines in `machine`.

use std::cell::RefMut;
use std::cmp::Ordering;

use luster_value::{
    AfterClosing, BoxSequence, ClosureInsides, CollectRequest, Context, Descent, Error,
    FinalizerFrame, Frame, LuaString, Metamethod, Poll, ReturnKind, Stack, Status, Thread,
    ThreadState, Value, WaitingFrame, WaitsFor, account,
};
use smallvec::SmallVec;

use crate::cursor::Cursor;
use crate::execute::{self, Left};
use crate::operate::{Fault, compare_strings};
use crate::pace::Pace;
use crate::unwind::{DROPPED, PORTION, drop_above};

/// Why a coroutine stops running, for the machine to act on.
pub(crate) enum Switch<'gc> {
    /// The slice's fuel is used up.
    OutOfFuel,
    /// It yields `count` values from register `from` on.
    Yielded { from: usize, count: usize },
    /// Its function returned that many values, from register `from` on, which is the first one.
    Finished { from: usize, count: usize },
    /// It died of an error.
    Failed(Value<'gc>),
    /// It was closed; what its variables' closing failed with, if it did.
    Closed(Option<Value<'gc>>),
    /// It resumes another with that many arguments.
    Resume { thread: Thread<'gc>, from: usize, count: usize },
    /// It closes another.
    Close(Thread<'gc>),
    /// A sequence waits for the host.
    Waiting,
    /// It asks for a collection.
    Collect(CollectRequest),
    /// It ends everything.
    Exit(i32),
}

/// Whether one more call that the reference would nest on the C stack may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// It may: there are not too many, or the error about that is being handled.
    Fine,
    /// It is the first one that is too many.
    TooDeep,
    /// It is too many even for handling the error about that.
    Hopeless,
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

/// The coroutines that resumed each other, the last one last.
pub(crate) type Chain<'gc> = SmallVec<[Thread<'gc>; 4]>;

/// A coroutine at work.
pub(crate) struct Run<'gc> {
    pub(crate) ctx: Context<'gc>,
    pub(crate) thread: Thread<'gc>,
    pub(crate) state: RefMut<'gc, ThreadState<'gc>>,
    /// Those that wait for it, each for the next one.
    pub(crate) resumers: Chain<'gc>,
    /// Where the dispatch loop has come to, while it does something outside.
    pub(crate) cursor: Option<Cursor<'gc>>,
    /// What the machine is to do, once there is something.
    pub(crate) switch: Option<Switch<'gc>>,
    /// The error that the dispatch loop was left for.
    pub(crate) error: Option<Error<'gc>>,
    /// How many callbacks answer by calling others, one inside the other.
    pub(crate) nested: u16,
    /// Whether the error that is being raised is that handling another one failed.
    pub(crate) handling_failed: bool,
    /// How the slice is divided into parts, if it is.
    pub(crate) pace: Option<Pace>,
}

/// What it costs to close a variable, beside the call of its metamethod.
const CLOSE_FUEL: i64 = 6;

/// What it costs to call a finalizer: the objects may be anywhere in memory.
const FINALIZER_FUEL: i64 = 8;

/// What it costs to give a sequence its turn, beside what it burns.
const POLL_FUEL: i64 = 2;

impl<'gc> Run<'gc> {
    /// A coroutine that goes to work with so much fuel.
    #[inline]
    pub(crate) fn new(
        ctx: Context<'gc>,
        thread: Thread<'gc>,
        mut state: RefMut<'gc, ThreadState<'gc>>,
        resumers: Chain<'gc>,
        fuel: i64,
    ) -> Self {
        state.fuel = fuel;
        state.status = Status::Running;
        Run {
            ctx,
            thread,
            state,
            resumers,
            cursor: None,
            switch: None,
            error: None,
            nested: 0,
            handling_failed: false,
            pace: None,
        }
    }
}

impl<'gc> Run<'gc> {
    /// How many protected calls, message handlers and coroutines stand inside each other, one more
    /// included, and whether that is too much.
    #[inline]
    pub(crate) fn nesting(&self) -> Nesting {
        let depth = self.state.outer_depth + self.state.depth + 1;
        let max = self.ctx.depth_limits().nesting();
        if depth < max {
            Nesting::Fine
        } else if depth == max {
            Nesting::TooDeep
        } else if depth >= max / 10 * 11 {
            Nesting::Hopeless
        } else {
            Nesting::Fine
        }
    }

    /// Runs until there is something for the machine to do, which is then in `switch`.
    pub(crate) fn run(&mut self) {
        loop {
            let left = match self.state.frames.last() {
                Some(Frame::Lua(_)) if self.state.tracing.is_on() => execute::execute_hooked(self),
                Some(Frame::Lua(_)) => execute::execute(self),
                _ => match self.step_frame() {
                    Ok(Flow::GoOn) => Left::Frames,
                    Ok(Flow::Stop) => return,
                    Err(error) => {
                        self.error = Some(error);
                        Left::Error
                    }
                },
            };
            if self.stops_after(left) {
                return;
            }
        }
    }

    /// The same, when the frame on top is that of a Lua function which most likely returns before
    /// anything else happens.
    #[inline]
    pub(crate) fn run_lua(&mut self) {
        if self.state.tracing.is_on() {
            return self.run();
        }
        let left = execute::execute(self);
        if !matches!(left, Left::Machine) && !self.stops_after(left) {
            self.run();
        }
    }

    /// Whether there is something for the machine to do, after the top frame has been left.
    fn stops_after(&mut self, left: Left) -> bool {
        match left {
            Left::Frames => {}
            Left::Machine => return true,
            Left::Error => {
                if let Some(error) = self.error.take()
                    && self.fail(error) == Flow::Stop
                {
                    return true;
                }
            }
        }
        if self.state.fuel < 0 && !self.begins_part() {
            self.switch = Some(Switch::OutOfFuel);
            return true;
        }
        false
    }

    /// Goes on with the next part of the slice, if there is one and time for it, when one is over.
    #[cold]
    fn begins_part(&mut self) -> bool {
        match &mut self.pace {
            Some(pace) if !account::should_end_slice() => pace.begins_part(&mut self.state.fuel),
            _ => false,
        }
    }

    /// Raises an error.
    pub(crate) fn fail(&mut self, error: Error<'gc>) -> Flow {
        self.raise(error).unwrap_or_else(|error| {
            // An error raised while another one was handled is raised in its turn.
            self.pend(error);
            Flow::GoOn
        })
    }

    /// Stops for the machine.
    #[inline(always)]
    pub(crate) fn stop(&mut self, switch: Switch<'gc>) -> Control<'gc> {
        self.switch = Some(switch);
        Ok(Flow::Stop)
    }

    /// Makes sure that there are registers up to `end`, and a few more.
    #[inline(always)]
    pub(crate) fn reserve(&mut self, end: usize) -> Result<(), Error<'gc>> {
        if self.state.registers.has_room(end) { Ok(()) } else { self.reserve_more(end) }
    }

    /// Has the registers grow, which is paid for where they come to be many: a few calls may take
    /// megabytes.
    #[cold]
    #[inline(never)]
    fn reserve_more(&mut self, end: usize) -> Result<(), Error<'gc>> {
        /// Fewer are no more work than the call that needs them.
        const MANY: usize = 1 << 12;
        let before = self.state.registers.len();
        if !self.state.reserve(end) {
            return Err(self.stack_overflow(end));
        }
        let more = self.state.registers.len() - before;
        if more >= MANY {
            self.state.fuel -= more as i64;
            self.end_slice_if_due();
        }
        Ok(())
    }

    /// Makes sure that there is room for another frame.
    #[inline(always)]
    pub(crate) fn reserve_frame(&mut self) -> Result<(), Error<'gc>> {
        if self.state.frames.has_room() || self.state.grow_frames() {
            return Ok(());
        }
        Err(Error::memory())
    }

    /// The error when there cannot be registers up to `end`.
    #[cold]
    #[inline(never)]
    pub(crate) fn stack_overflow(&mut self, end: usize) -> Error<'gc> {
        if self.state.registers.is_within_limit(end) {
            return Error::memory();
        }
        if self.state.registers.has_handler_room() {
            return self.failed_handling();
        }
        self.fault(Fault::Message("stack overflow"))
    }

    /// Ends the slice when it has allocated much, so that the collector gets its turn.
    #[inline]
    pub(crate) fn end_slice_if_due(&mut self) {
        if account::should_end_slice() && self.state.fuel >= 0 {
            self.state.withheld += self.state.fuel + 1;
            self.state.fuel = -1;
        }
    }

    /// How two strings compare; long ones may use up the slice.
    #[inline(never)]
    pub(crate) fn compare_strings(&mut self, a: LuaString<'gc>, b: LuaString<'gc>) -> Ordering {
        let order = compare_strings(a, b);
        self.end_slice_if_due();
        order
    }

    /// Whether two values are equal without metamethods; long strings may use up the slice.
    #[inline(never)]
    pub(crate) fn raw_equal(&mut self, a: Value<'gc>, b: Value<'gc>) -> bool {
        let is_equal = a.raw_equal(b);
        self.end_slice_if_due();
        is_equal
    }

    /// Calls the next finalizer that is due, over whatever the coroutine is doing.
    pub(crate) fn call_finalizer(&mut self) -> Control<'gc> {
        while let Some(object) = self.ctx.finalizers().pop() {
            let handler = self.ctx.metamethod(object, Metamethod::Gc);
            if handler.is_nil() {
                continue;
            }
            let at = live_top(&self.state);
            self.reserve(at + 2)?;
            let saved_top = std::mem::replace(&mut self.state.top, 0) as u32;
            self.state.registers.set(at, handler);
            self.state.registers.set(at + 1, object);
            let function = at as u32;
            let frame = FinalizerFrame { saved_top, function, pause: self.state.pause() };
            self.state.frames.push(Frame::Finalizer(frame));
            self.state.fuel -= FINALIZER_FUEL;
            self.state.pause_hook();
            return self.call(at, 1, ReturnKind::Frame);
        }
        Ok(Flow::GoOn)
    }

    /// The error of an error handler that fails itself, which calls no handler any more.
    pub(crate) fn failed_handling(&mut self) -> Error<'gc> {
        self.handling_failed = true;
        Error::Value(self.ctx.string("error in error handling"))
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
            ReturnKind::Frame => {
                self.put_results(from, count, function, 0);
                Ok(Flow::GoOn)
            }
            ReturnKind::Call(wanted) => {
                self.put_results(from, count, function, wanted);
                Ok(Flow::GoOn)
            }
            ReturnKind::Tail => self.deliver_tail(from, count),
            other => self.deliver_metamethod(from, count, other),
        }
    }

    /// Puts `count` results from a slot on where a Lua function wants them: one less than `wanted`, or
    /// all, up to the open top, for 0.
    #[inline]
    pub(crate) fn put_results(&mut self, from: usize, count: usize, to: usize, wanted: u8) {
        if wanted == 0 {
            self.state.registers.copy(from, to, count);
            self.state.top = to + count;
            return;
        }
        let wanted = usize::from(wanted) - 1;
        self.state.registers.copy(from, to, count.min(wanted));
        if count < wanted {
            self.state.registers.clear(to + count..to + wanted);
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
            let returns = frame.info.returns();
            if returns != ReturnKind::Tail {
                return self.deliver(from, count, frame.function as usize, returns);
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
                crate::steps::decide(frame, value);
            }
            ReturnKind::Concat(remaining) => {
                let instruction = frame.closure.prototype().instructions[frame.pc() as usize - 1];
                let first = frame.base as usize + instruction.b as usize;
                self.state.registers.set(first + remaining as usize - 1, value);
                return self.concat(remaining);
            }
            ReturnKind::Again => frame.next = frame.next.previous(),
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
                let catcher = frame.catcher as usize;
                self.unwind(catcher, value)
            }
            Some(&Frame::Finalizer(frame)) => {
                self.state.top = frame.saved_top as usize;
                self.state.frames.pop();
                self.state.resume_hook(frame.pause);
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

    pub(crate) fn poll_sequence(&mut self) -> Control<'gc> {
        let top = std::mem::replace(&mut self.state.top, 0);
        let Some(Frame::Sequence(frame)) = self.state.frames.last_mut() else {
            unreachable!("only called with a sequence on top");
        };
        let base = frame.base as usize;
        let Some(mut sequence) = frame.sequence.take() else {
            unreachable!("a sequence is absent only while it is polled");
        };
        self.state.fuel -= POLL_FUEL;
        let mut stack = Stack::new(&mut self.state, self.thread, base, top.saturating_sub(base));
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
        let mut stack = Stack::new(&mut self.state, self.thread, base, bottom);
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
        let can_yield = match poll {
            Ok(Poll::Yield(_)) => self.state.check_yield().map_err(Error::plain),
            _ => Ok(()),
        };
        let is_tracing = self.state.tracing.is_on();
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
            Ok(Poll::CallInPlace(bottom)) if bottom < len => {
                frame.sequence = Some(sequence);
                frame.bottom = bottom as u32;
                let (slot, argc) = (base + bottom, len - bottom - 1);
                match self.state.registers.get(slot) {
                    Value::Closure(closure) if !closure.code().is_vararg => {
                        self.push_plain(closure, slot, argc, ReturnKind::Frame)?;
                        Ok(Flow::GoOn)
                    }
                    _ => self.call(slot, argc, ReturnKind::Frame),
                }
            }
            Ok(Poll::CallInPlace(_)) => {
                unreachable!("a sequence puts a function where it says that there is one")
            }
            Ok(Poll::TailCall(callee)) if is_tracing => {
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
            Ok(Poll::Yield(bottom)) => {
                can_yield?;
                let bottom = bottom.min(len);
                frame.sequence = Some(sequence);
                frame.bottom = bottom as u32;
                self.stop(Switch::Yielded { from: base + bottom, count: len - bottom })
            }
            Ok(wait @ (Poll::Pending | Poll::Wait)) => {
                frame.sequence = Some(sequence);
                frame.bottom = len as u32;
                self.state.top = base + len;
                self.end_slice_if_due();
                if matches!(wait, Poll::Wait) { self.stop(Switch::Waiting) } else { Ok(Flow::GoOn) }
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

    /// Drops a portion of the frames of a coroutine that is closed, under the closing frame on top.
    fn drop_closed(&mut self) {
        let state = &mut *self.state;
        let frames = &mut state.frames;
        let Some(closing) = frames.pop() else { return };
        let left = frames.len().saturating_sub(DROPPED);
        drop_above(state, left);
        if left == 0 {
            state.frames.push(Frame::Bottom);
            state.descent = None;
        }
        // To give back memory takes longer than to drop a portion.
        if left == 0 || state.frames.capacity() - left > PORTION {
            state.shrink_frames(left + 2);
        }
        state.frames.push(closing);
    }

    /// Closes the next to-be-closed variable of the closing frame on top, or ends the closing.
    fn close_next(&mut self) -> Control<'gc> {
        if let (Some(Frame::Closing(frame)), Some(Descent::Dropping(0))) =
            (self.state.frames.last(), self.state.descent)
            && frame.then == AfterClosing::EndCoroutine
        {
            self.drop_closed();
            return Ok(Flow::GoOn);
        }
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
                self.state.fuel -= CLOSE_FUEL;
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
                    // On its way down, it has been past the frame that is on top now.
                    AfterClosing::Raise if self.state.descent.is_some() => {
                        Err(Error::Value(error.unwrap_or(Value::Nil)))
                    }
                    AfterClosing::Raise => self.catch(error.unwrap_or(Value::Nil)),
                    AfterClosing::EndCoroutine => self.stop(Switch::Closed(error)),
                }
            }
        }
    }
}

/// Where the live registers of a coroutine that does not run end.
#[inline]
pub(crate) fn live_top(state: &ThreadState<'_>) -> usize {
    let extent = match state.frames.last() {
        Some(Frame::Lua(frame)) => frame.base as usize + frame.closure.code().registers as usize,
        Some(Frame::Sequence(frame)) => (frame.base + frame.bottom) as usize,
        Some(Frame::Protected(frame)) => frame.function as usize + 1,
        Some(Frame::Waiting(WaitingFrame {
            function,
            waits_for: WaitsFor::Close | WaitsFor::Coroutine(_),
            ..
        })) => *function as usize + 2,
        Some(Frame::Waiting(frame)) => frame.function as usize + 1,
        Some(Frame::Closing(frame)) => frame.top.max(frame.floor) as usize,
        Some(Frame::Handler(frame)) => frame.top as usize,
        Some(Frame::Finalizer(frame)) => frame.function as usize,
        Some(Frame::Hook(frame)) => frame.function as usize,
        Some(Frame::Bottom) | None => 0,
    };
    live_beside(state, extent)
}

/// The same, when the frame on top needs the registers up to `extent`.
#[inline]
pub(crate) fn live_beside(state: &ThreadState<'_>, extent: usize) -> usize {
    let closing = state.to_be_closed.last().map_or(0, |&slot| slot as usize + 1);
    extent.max(state.top).max(closing)
}
