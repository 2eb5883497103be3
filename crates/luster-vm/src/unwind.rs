//! Errors: completing them with places and names, message handlers, and unwinding to what
//! catches them.

use luster_value::{
    AfterClosing, ClosingFrame, Context, Descent, Error, Frame, HandlerFrame, InvalidKey, Raised,
    ReturnKind, ThreadState, Value, account, quoted,
};

use crate::collector::put_pieces_together;
use crate::cursor::push;
use crate::operate::{Fault, Operand};
use crate::run::{Control, Flow, Nesting, Run, Switch, live_top};
use crate::traceback;

/// How many frames are looked at before the fuel is looked at.
pub(crate) const PORTION: usize = 1 << 14;

/// How many are dropped before the fuel is looked at.
pub(crate) const DROPPED: usize = 1 << 11;

/// How many frames that are dropped at last may have been part of a deep stack.
const MANY_FRAMES: usize = 1 << 10;

/// How many times as many frames there may be as are left in the end for their memory to be kept.
const MUCH_DEEPER: usize = 16;

/// How many frames whose memory is given back cost a unit of fuel.
const RELEASED_PER_FUEL: usize = 5;

/// What it costs to look at a frame, or to drop it.
pub(crate) const FUEL_PER_FRAME: usize = 2;

/// What it costs beside that to drop a sequence.
const FUEL_PER_SEQUENCE: usize = 8;

/// After the end of how many of them the allocator is to put together the pieces of memory that they were.
const MANY_SEQUENCES: usize = 500;

/// How often a message is copied while it is put together.
const COPIES: usize = 4;

/// What it costs to raise an error, beside the way to what catches it.
const RAISE_FUEL: i64 = 16;

/// Where an error is caught.
enum Caught {
    /// By this frame; there are so many levels of a traceback from there up.
    By { catcher: usize, levels: usize },
    /// By this frame, to which the stack is already being unwound.
    Found(usize),
    /// Nowhere.
    Nowhere,
    /// That is not known yet: there are many frames.
    NotYet,
}

impl<'gc> Run<'gc> {
    /// The error of a fault of the running function, with the place and the variable's name.
    #[cold]
    #[inline(never)]
    pub(crate) fn fault(&self, fault: Fault<'gc>) -> Error<'gc> {
        if matches!(fault, Fault::Key(InvalidKey::Memory)) {
            return Error::memory();
        }
        let mut text = traceback::position_of_top(&self.state);
        let variable = match self.state.frames.last() {
            Some(Frame::Lua(_)) => describe(&self.state, &fault),
            _ => Vec::new(),
        };
        text.extend(fault.message(self.ctx, &variable));
        account::looked_at(text.len() * COPIES);
        Error::Value(Value::String(self.ctx.intern_owned(text)))
    }

    /// Completes an error of a callback: with the place of its caller, and for argument errors with
    /// its name. `extra` arguments were put in by `__call` metamethods.
    #[cold]
    #[inline(never)]
    pub(crate) fn complete(
        &self,
        error: Error<'gc>,
        callback: Value<'gc>,
        extra: usize,
    ) -> Error<'gc> {
        let Error::Raised(raised) = error else { return error };
        if let Raised::Message(message) | Raised::Argument(_, message) = &*raised
            && Error::check_message(message.len()).is_err()
        {
            return Error::Value(Error::memory().into_value(self.ctx));
        }
        let message = match *raised {
            Raised::Message(message) => message,
            Raised::Argument(number, message) => {
                let call = traceback::call_description(&self.state);
                argument_message(self.ctx, number, extra, call, callback, &message)
            }
            _ => return Error::Value(Error::Raised(raised).into_value(self.ctx)),
        };
        let mut text = traceback::position_of_top(&self.state);
        text.extend(message);
        account::looked_at(text.len() * COPIES);
        Error::Value(Value::String(self.ctx.intern_owned(text)))
    }

    /// Raises an error: calls the message handler if there is one, or unwinds.
    #[cold]
    #[inline(never)]
    pub(crate) fn raise(&mut self, error: Error<'gc>) -> Control<'gc> {
        if self.restarts_instruction(&error) {
            return Ok(Flow::GoOn);
        }
        self.state.fuel -= RAISE_FUEL;
        let error = self.complete(error, Value::Nil, 0);
        self.end_slice_if_due();
        let mut value = error.into_value(self.ctx);
        let (catcher, levels) = match self.find_catcher() {
            Caught::By { catcher, levels } => (catcher, levels),
            Caught::Found(catcher) => return self.unwind(catcher, value),
            Caught::Nowhere => return self.stop(Switch::Failed(value)),
            Caught::NotYet => {
                self.pend(Error::Value(value));
                return Ok(Flow::GoOn);
            }
        };
        if std::mem::take(&mut self.handling_failed) {
            let catcher = match &self.state.frames[catcher] {
                Frame::Handler(frame) => frame.catcher as usize,
                _ => catcher,
            };
            return self.unwind(catcher, value);
        }
        // An error of a handler is handled by the same one, for the same protected call.
        let (handler, catcher) = match &self.state.frames[catcher] {
            Frame::Protected(frame) if !frame.handler.is_nil() => (frame.handler, catcher),
            Frame::Handler(frame) => (frame.handler, frame.catcher as usize),
            catcher_frame => {
                if self.state.is_main && matches!(catcher_frame, Frame::Bottom) {
                    let traceback = traceback::of_levels(self.ctx, &self.state, None, 0, levels);
                    self.state.traceback = Some(Box::new(traceback));
                }
                return self.unwind(catcher, value);
            }
        };
        match self.nesting() {
            Nesting::TooDeep => value = self.ctx.string("C stack overflow"),
            Nesting::Hopeless => {
                value = self.ctx.string("error in error handling");
                return self.unwind(catcher, value);
            }
            Nesting::Fine => {}
        }
        self.state.depth += 1;
        let depth = self.state.depth;
        // The handler runs above everything, so that it can look at the frames that failed.
        let top = live_top(&self.state);
        self.state.registers.set_handler_room(true);
        self.state.top = 0;
        let frame = HandlerFrame { handler, top: top as u32, catcher: catcher as u32, depth };
        self.state.frames.push(Frame::Handler(frame));
        if self.reserve(top + 2).is_err() {
            return self.unwind(catcher, value);
        }
        self.state.registers.set(top, handler);
        self.state.registers.set(top + 1, value);
        self.call(top, 1, ReturnKind::Frame)
    }

    /// Looks for the frame that catches an error; in a portion of the frames, if they are many.
    fn find_catcher(&mut self) -> Caught {
        let (from, mut levels) = match self.state.descent.take() {
            Some(Descent::Dropping(catcher)) => return Caught::Found(catcher),
            Some(Descent::Searching { from, levels, handling_failed }) => {
                self.handling_failed |= handling_failed;
                (from, levels)
            }
            None => (self.state.frames.len(), 0),
        };
        let end = from.saturating_sub(PORTION);
        let catcher = self.state.frames[end..from].iter().rposition(|frame| {
            levels += usize::from(traceback::is_level(frame));
            match frame {
                Frame::Protected(_) | Frame::Handler(_) | Frame::Finalizer(_) | Frame::Bottom => {
                    true
                }
                Frame::Closing(frame) => frame.then == AfterClosing::EndCoroutine,
                Frame::Sequence(frame) => {
                    frame.sequence.as_ref().is_some_and(|sequence| sequence.catches_errors())
                }
                Frame::Lua(_) | Frame::Waiting(_) | Frame::Hook(_) => false,
            }
        });
        if let Some(index) = catcher {
            return Caught::By { catcher: end + index, levels };
        }
        self.state.fuel -= ((from - end) * FUEL_PER_FRAME) as i64;
        if end == 0 {
            return Caught::Nowhere;
        }
        let handling_failed = std::mem::take(&mut self.handling_failed);
        self.state.descent = Some(Descent::Searching { from: end, levels, handling_failed });
        Caught::NotYet
    }

    /// Raises an error that came up while another was being handled, at the next step.
    pub(crate) fn pend(&mut self, error: Error<'gc>) {
        let value = error.into_value(self.ctx);
        push(&mut self.state, || Frame::Closing(ClosingFrame::raising(value)));
    }

    /// Drops the frames above the one that catches an error, closes their variables, and gives it
    /// the error.
    pub(crate) fn unwind(&mut self, catcher: usize, mut value: Value<'gc>) -> Control<'gc> {
        if value.is_nil() {
            value = self.ctx.string("<no error object>");
        }
        let dies = !self.state.is_main
            && matches!(self.state.frames[catcher], Frame::Bottom | Frame::Handler(_));
        let above = self.state.frames.len() - catcher - 1;
        if above > DROPPED && !dies {
            // They are dropped in portions: the topmost first, and this comes back for the others.
            let left = catcher + 1 + above - DROPPED;
            drop_above(&mut self.state, left);
            // To give back the memory of very many at once takes long, too.
            let capacity = self.state.frames.capacity();
            if capacity / MUCH_DEEPER > catcher && capacity - left > 2 * PORTION {
                self.state.shrink_frames(left + PORTION / 2);
            }
            self.state.descent = Some(Descent::Dropping(catcher));
            self.pend(Error::Value(value));
            return Ok(Flow::GoOn);
        }
        let state = &mut *self.state;
        let floor = match &mut state.frames[catcher] {
            Frame::Protected(frame) => frame.function,
            Frame::Sequence(frame) => frame.base + frame.bottom,
            Frame::Finalizer(frame) => frame.function,
            Frame::Closing(frame) => {
                frame.error = Some(value);
                state.frames.truncate(catcher + 1);
                state.restore_hook();
                return Ok(Flow::GoOn);
            }
            // A coroutine that dies keeps its frames for tracebacks, and its variables for
            // `coroutine.close`. The main one has nobody to close them later.
            _ if !state.is_main => return self.stop(Switch::Failed(value)),
            _ => 0,
        };
        drop_above(state, catcher + 1);
        if above > MANY_FRAMES {
            state.fuel -= (state.release_frames() / RELEASED_PER_FUEL) as i64;
        }
        state.restore_hook();
        if let Some(Frame::Protected(frame)) = state.frames.last() {
            state.depth = frame.depth;
            if state.registers.has_handler_room() {
                state.registers.set_handler_room(frame.in_handler);
            }
        } else {
            self.look_for_depth();
        }
        self.state.top = 0;
        if self.state.to_be_closed.last().is_some_and(|&slot| slot >= floor) {
            push(&mut self.state, || {
                Frame::Closing(ClosingFrame {
                    floor,
                    top: 0,
                    saved_top: 0,
                    error: Some(value),
                    then: AfterClosing::Raise,
                })
            });
            return Ok(Flow::GoOn);
        }
        self.catch(value)
    }

    /// Finds out how many protected calls and message handlers there are, for a frame that does not know.
    fn look_for_depth(&mut self) {
        self.state.fuel -= (self.state.frames.len() * FUEL_PER_FRAME) as i64;
        let mut frames = self.state.frames.iter().rev();
        let (depth, in_handler) = frames
            .find_map(|frame| match frame {
                Frame::Protected(frame) => Some((frame.depth, frame.in_handler)),
                Frame::Handler(frame) => Some((frame.depth, true)),
                _ => None,
            })
            .unwrap_or_default();
        self.state.depth = depth;
        if self.state.registers.has_handler_room() {
            self.state.registers.set_handler_room(in_handler);
        }
    }

    /// Gives an error to the frame on top, which catches it, or raises it again.
    pub(crate) fn catch(&mut self, value: Value<'gc>) -> Control<'gc> {
        match self.state.frames.last() {
            Some(Frame::Protected(frame)) => {
                let (function, returns) = (frame.function as usize, frame.returns);
                let callback = frame.callback;
                self.state.depth = frame.depth - 1;
                self.state.frames.pop();
                self.state.registers.set(function, Value::False);
                self.state.registers.set(function + 1, value);
                self.finish(callback, function, 2, function, returns)
            }
            Some(Frame::Sequence(_)) => self.sequence_error(value),
            Some(&Frame::Finalizer(frame)) => {
                self.state.top = frame.saved_top as usize;
                self.state.frames.pop();
                self.state.resume_hook(frame.pause);
                crate::warning::finalizer_failed(value);
                self.end_slice_if_due();
                self.call_finalizer()
            }
            Some(Frame::Bottom) | None => self.stop(Switch::Failed(value)),
            _ => Err(Error::Value(value)),
        }
    }
}

/// Drops the frames from an index on, for what that costs.
pub(crate) fn drop_above(state: &mut ThreadState<'_>, left: usize) {
    let is_sequence = |frame: &&Frame<'_>| matches!(frame, Frame::Sequence(_));
    let sequences = state.frames[left..].iter().filter(is_sequence).count();
    let dropped = state.frames.len() - left;
    state.fuel -= (dropped * FUEL_PER_FRAME + sequences * FUEL_PER_SEQUENCE) as i64;
    state.frames.truncate(left);
    if sequences > MANY_SEQUENCES {
        // There may be as many portions to come.
        put_pieces_together();
    }
}

/// The reference's message about an argument: `luaL_argerror`.
fn argument_message<'gc>(
    ctx: Context<'gc>,
    number: usize,
    extra: usize,
    call: Option<(&'static str, Vec<u8>)>,
    callback: Value<'gc>,
    message: &[u8],
) -> Vec<u8> {
    let mut number = number;
    let mut word = "argument";
    if number <= extra {
        word = "extra argument";
    } else {
        number -= extra;
        if let Some((kind, name)) = &call
            && *kind == "method"
        {
            number -= 1;
            if number == 0 {
                let mut text = b"calling '".to_vec();
                text.extend(&*quoted(name));
                text.extend(b"' on bad self (");
                text.extend(message);
                text.push(b')');
                return text;
            }
        }
    }
    let name = match call {
        Some((_, name)) => name,
        None => traceback::global_function_name(ctx, callback).unwrap_or_else(|| b"?".into()),
    };
    let mut text = format!("bad {word} #{number} to '").into_bytes();
    text.extend(&*quoted(&name));
    text.extend(b"' (");
    text.extend(message);
    text.push(b')');
    text
}

/// What the code tells about the variable that a fault is about, as ` (local 'x')`.
fn describe<'gc>(state: &ThreadState<'gc>, fault: &Fault<'gc>) -> Vec<u8> {
    use luster_bytecode::Op;
    let Some(Frame::Lua(frame)) = state.frames.last() else { return Vec::new() };
    let prototype = frame.closure.prototype();
    let Some(pc) = (frame.pc() as usize).checked_sub(1) else { return Vec::new() };
    let instruction = prototype.instructions[pc];
    account::looked_at(pc * traceback::WORK_PER_INSTRUCTION);
    let register = match fault {
        Fault::Index(..) => match instruction.op {
            Op::GetUpTable => {
                let (kind, name) = prototype.describe_upvalue(instruction.b as usize);
                return in_parentheses(kind.word(), name);
            }
            Op::SetUpTable => {
                let (kind, name) = prototype.describe_upvalue(instruction.a as usize);
                return in_parentheses(kind.word(), name);
            }
            Op::SetTable
            | Op::SetTableConstant
            | Op::SetIndex
            | Op::SetField
            | Op::SetFieldConstant => instruction.a,
            _ => instruction.b,
        },
        Fault::Call(_) => {
            return match prototype.describe_call(pc) {
                Some((kind, name)) => in_parentheses(kind, name),
                None => Vec::new(),
            };
        }
        Fault::Arithmetic(value, _) | Fault::Bitwise(value, _) => {
            // The operand that is at fault: the one whose register holds the value.
            let base = frame.base as usize;
            let holds =
                |register: u8| state.registers.get(base + register as usize).raw_equal(*value);
            match instruction.op.operands()[2] {
                luster_bytecode::Operand::Read
                    if !holds(instruction.b) || is_right(fault) && holds(instruction.c) =>
                {
                    instruction.c
                }
                _ => instruction.b,
            }
        }
        Fault::NoInteger(operand) => match instruction.op.operands()[2] {
            luster_bytecode::Operand::Read if *operand == Operand::Right => instruction.c,
            _ => instruction.b,
        },
        Fault::Concat(_, before) => instruction.b.saturating_add(*before),
        Fault::Length(_) => instruction.b,
        Fault::Compare(..) | Fault::Key(_) | Fault::Message(_) => return Vec::new(),
    };
    match prototype.describe_register(pc, register) {
        Some((kind, name)) => in_parentheses(kind.word(), name),
        None => Vec::new(),
    }
}

fn is_right(fault: &Fault<'_>) -> bool {
    matches!(fault, Fault::Arithmetic(_, Operand::Right) | Fault::Bitwise(_, Operand::Right))
}

fn in_parentheses(kind: &str, name: &[u8]) -> Vec<u8> {
    let mut text = format!(" ({kind} '").into_bytes();
    text.extend(&*quoted(name));
    text.extend(b"')");
    text
}
