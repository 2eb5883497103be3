//! What instructions do out of line: metamethods, faults, and whatever is rare or long.

use std::ops::Range;

use luster_bytecode::Instruction;
use luster_value::{
    AfterClosing, ClosingFrame, ClosureInsides, Error, Frame, InvalidKey, LinkedOperand, LuaFrame,
    MANY_VALUES, Metamethod, ReturnKind, Table, Told, Value,
};

use crate::call::MAX_CALL_CHAIN;
use crate::cursor::{Cursor, call_with_extra, pop_frame, push, running_frame};
use crate::machine;
use crate::operate::{self, Fault};
use crate::run::{Control, Flow, Run, Switch};
use crate::steps::LoopFault;

/// How the dispatch loop goes on after a slow path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// At `Run::cursor`, in whatever Lua function is on top by now.
    GoOn,
    /// By looking at the frame on top, which may not be a Lua function's.
    Reload,
    /// Not at all: the machine has something to do.
    Stop,
    /// Not at all: `Run::error` is to be raised.
    Raise,
}

/// Whether a slow path leaves the place of the function on top alone, unless it calls.
enum Place {
    /// It goes on at the next instruction.
    Kept,
    /// It jumps, or another function has come into its place.
    Moved,
}

/// Where the frames of a coroutine end and where its slots are: while neither changes, the dispatch loop's
/// place stays right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    frames: usize,
    slots: usize,
}

impl Extent {
    /// As no coroutine has.
    const UNKNOWN: Extent = Extent { frames: 0, slots: 0 };
}

// The dispatch loop calls these: each writes the place to the frame, does its work out of line, finds
// the place to go on at, and puts what leaves the loop aside, so that what the loop gets back is one
// byte.
macro_rules! out_of_line {
    ($($(#[$doc:meta])* $name:ident = $place:ident $inner:ident($($argument:ident: $of:ty),*);)*) => {
        impl<'gc> Run<'gc> {$(
            $(#[$doc])*
            #[inline(never)]
            pub(crate) fn $name(&mut self, $($argument: $of),*) -> Next {
                self.sync();
                let before = match Place::$place {
                    Place::Kept => self.extent(),
                    Place::Moved => Extent::UNKNOWN,
                };
                let control = self.$inner($($argument),*);
                self.go_on_after(control, before)
            }
        )*}
    };
}

out_of_line! {
    /// `register := object[key]`
    get = Kept get_value(object: Value<'gc>, key: Value<'gc>, register: u8);
    /// `object[key] := value`
    set = Kept set_value(object: Value<'gc>, key: Value<'gc>, value: Value<'gc>);
    /// `register := table[key]`, a key that the table lacks.
    inherit = Kept inherit_value(table: Table<'gc>, key: Value<'gc>, register: u8);
    /// `register := #value`
    length = Kept length_of(value: Value<'gc>, register: u8);
    /// The arithmetic instruction just fetched, with whatever operands.
    arithmetic = Kept calculate();
    /// The comparison just fetched, of any two values by a metamethod; it may jump.
    compare = Moved compare_values(which: Metamethod, a: Value<'gc>, b: Value<'gc>);
    /// The concatenation just fetched.
    concat_step = Kept concat(count: u8);
    /// Calls the value in a register.
    call_value = Kept call_register(register: u8, argc: usize, returns: ReturnKind);
    /// The tail call just fetched.
    tail_call = Moved call_in_place();
    /// The return just fetched.
    return_from = Moved return_values();
    /// The same, when a hook is told.
    return_watched = Moved return_values_watched();
    /// Closes variables from a register up.
    close = Kept close_from(register: u8);
    /// Marks a register's variable to be closed.
    mark_to_be_closed = Kept mark(register: u8);
    /// Puts one of the extra arguments into a register.
    get_vararg = Kept index_varargs(register: u8, key: Value<'gc>);
}

impl<'gc> Run<'gc> {
    /// Writes the place that the loop has come to into the frame on top. Gives the slot of the
    /// function's first register.
    #[inline]
    pub(crate) fn sync(&mut self) -> usize {
        let next = self.running().next();
        let frame = running_frame(&mut self.state.frames);
        frame.next = next;
        frame.base as usize
    }

    /// Where the dispatch loop has come to.
    #[inline]
    pub(crate) fn running(&self) -> Cursor<'gc> {
        match self.cursor {
            Some(cursor) => cursor,
            None => unreachable!("the dispatch loop writes it back before it calls"),
        }
    }

    /// Takes the one result, or none, of a function that was not called by a plain call.
    #[inline(never)]
    pub(crate) fn return_special(
        &mut self,
        value: Value<'gc>,
        count: usize,
        function: usize,
        returns: ReturnKind,
    ) -> Next {
        self.state.registers.set(function, value);
        if returns == ReturnKind::Frame && self.is_at_bottom() {
            self.switch = Some(Switch::Finished { from: function, count });
            return Next::Stop;
        }
        if returns == ReturnKind::Frame
            && let Some(next) = self
                .return_protected(function, count)
                .or_else(|| self.return_to_sequence(function, count, function))
        {
            return next;
        }
        let control = self.deliver(function, count, function, returns);
        self.go_on_after(control, Extent::UNKNOWN)
    }

    /// Takes several results, or all up to the open top when `b` is 0, from a returning Lua function
    /// that has nothing to close to its caller; `b` is otherwise one more than their number.
    #[inline(never)]
    pub(crate) fn return_many(&mut self, register: LinkedOperand, b: u16) -> Next {
        let base = running_frame(&mut self.state.frames).base as usize;
        let from = base + register.index() as usize;
        let count = match b {
            0 => std::mem::replace(&mut self.state.top, 0).saturating_sub(from),
            b => usize::from(b) - 1,
        };
        let (function, returns) = pop_frame(&mut self.state.frames);
        if let ReturnKind::Call(wanted) = returns {
            self.put_results(from, count, function, wanted);
            return self.go_on_at_top();
        }
        if returns == ReturnKind::Frame
            && let Some(next) = self
                .return_protected(from, count)
                .or_else(|| self.return_to_sequence(from, count, function))
        {
            return next;
        }
        if returns == ReturnKind::Frame && self.is_at_bottom() {
            self.state.registers.copy(from, function, count);
            self.switch = Some(Switch::Finished { from: function, count });
            return Next::Stop;
        }
        let control = self.deliver(from, count, function, returns);
        self.go_on_after(control, Extent::UNKNOWN)
    }

    /// Takes `count` results from a slot on, which come after `true`, to the Lua function that called the
    /// `pcall` on top. Answers nothing, and has done nothing, if that is not what is on top, or a hook is to
    /// be told.
    #[inline]
    fn return_protected(&mut self, from: usize, count: usize) -> Option<Next> {
        let Some(Frame::Protected(frame)) = self.state.frames.last() else { return None };
        let ReturnKind::Call(wanted) = frame.returns else { return None };
        if self.state.tracing.is_on() {
            return None;
        }
        let function = frame.function as usize;
        self.state.depth = frame.depth - 1;
        self.state.frames.pop();
        if wanted != 1 {
            self.put_results(from, count, function + 1, wanted.saturating_sub(1));
            self.state.registers.set(function, Value::True);
        }
        Some(self.go_on_at_top())
    }

    /// Takes `count` results from a slot on to the sequence on top, which called a function in the slot
    /// `function`, and gives it its turn: most have another function called. Answers nothing, and has done
    /// nothing, if that is not what is on top, or it is not the time.
    #[inline]
    fn return_to_sequence(&mut self, from: usize, count: usize, function: usize) -> Option<Next> {
        let is_sequence = matches!(self.state.frames.last(), Some(Frame::Sequence(_)));
        if !is_sequence || self.state.fuel < 0 || self.state.tracing.is_on() {
            return None;
        }
        self.put_results(from, count, function, 0);
        let control = self.poll_sequence();
        Some(self.go_on_after(control, Extent::UNKNOWN))
    }

    /// Whether the coroutine's main function has just returned.
    #[inline(always)]
    fn is_at_bottom(&self) -> bool {
        matches!(self.state.frames.last(), Some(Frame::Bottom))
    }

    /// Where the frames end, and where the slots are.
    #[inline(always)]
    pub(crate) fn extent(&self) -> Extent {
        Extent { frames: self.state.frames.end_address(), slots: self.state.registers.placement() }
    }

    /// How the dispatch loop goes on after something that may have changed the frames, which were
    /// so many before.
    ///
    /// It could always look at the frame on top; but it does better to go on where it is, from an
    /// instruction that is often followed by the same one.
    #[inline]
    pub(crate) fn go_on_after(&mut self, control: Control<'gc>, before: Extent) -> Next {
        match control {
            Ok(Flow::GoOn) => {}
            Ok(Flow::Stop) => return self.switch_coroutine(),
            Err(error) => {
                self.error = Some(error);
                return Next::Raise;
            }
        }
        if self.extent() == before && matches!(self.state.frames.last(), Some(Frame::Lua(_))) {
            return Next::GoOn;
        }
        self.go_on_at_top()
    }

    /// Goes on in the coroutine for which the running one has stopped, if that is all there is to do.
    #[inline(never)]
    fn switch_coroutine(&mut self) -> Next {
        if machine::switch_directly(self) { self.go_on_at_top() } else { Next::Stop }
    }

    #[inline]
    pub(crate) fn go_on_at_top(&mut self) -> Next {
        let state = &mut *self.state;
        match state.frames.last() {
            Some(Frame::Lua(frame)) if state.fuel >= 0 && !state.tracing.is_on() => {
                self.cursor = Some(Cursor::load(&mut state.registers, frame));
                Next::GoOn
            }
            _ => Next::Reload,
        }
    }

    /// The frame of the running Lua function. Not a copy of it: what has just been written there would be
    /// read by wider loads, which would have to wait.
    #[inline(always)]
    pub(crate) fn lua_frame(&self) -> &LuaFrame<'gc> {
        match self.state.frames.last() {
            Some(Frame::Lua(frame)) => frame,
            _ => unreachable!("instructions run in Lua functions"),
        }
    }

    /// Where a call that an instruction makes may begin: above the function's registers.
    pub(crate) fn above(&self) -> usize {
        match self.state.frames.last() {
            Some(Frame::Lua(frame)) => {
                frame.base as usize + frame.closure.code().registers as usize
            }
            _ => unreachable!("instructions run in Lua functions"),
        }
    }

    pub(crate) fn set_register(&mut self, register: u8, value: Value<'gc>) {
        let slot = self.lua_frame().base as usize + register as usize;
        self.state.registers.set(slot, value);
    }

    fn call_register(&mut self, register: u8, argc: usize, returns: ReturnKind) -> Control<'gc> {
        let base = running_frame(&mut self.state.frames).base as usize;
        let function = base + register as usize;
        if let Value::Table(table) = self.state.registers.get(function)
            && let Value::Closure(closure) = self.table_metamethod(table, Metamethod::Call)
            && call_with_extra(&mut self.state, closure, function, argc, returns)
        {
            return Ok(Flow::GoOn);
        }
        self.call(function, argc, returns)
    }

    /// The instruction that is being run.
    pub(crate) fn instruction(&self) -> Instruction {
        let frame = self.lua_frame();
        frame.closure.prototype().instructions[frame.pc() as usize - 1]
    }

    pub(crate) fn register(&self, register: u8) -> Value<'gc> {
        self.state.registers.get(self.lua_frame().base as usize + register as usize)
    }

    /// Has the instruction just fetched run once more, when the fuel has been looked at.
    pub(crate) fn run_again(&mut self) -> Next {
        if self.state.tracing.is_on() {
            // The hook has been told of it.
            self.state.tracing.told = Told::Line;
        }
        let frame = running_frame(&mut self.state.frames);
        frame.next = frame.next.previous();
        Next::Reload
    }

    /// The items of the constructor just fetched. Very many are set in portions.
    #[inline(never)]
    pub(crate) fn set_list(&mut self) -> Next {
        self.sync();
        match self.set_items() {
            Ok(true) => self.go_on_after(Ok(Flow::GoOn), self.extent()),
            Ok(false) => {
                self.end_slice_if_due();
                self.run_again()
            }
            Err(error) => {
                self.error = Some(error);
                Next::Raise
            }
        }
    }

    /// Tells whether all items are set.
    fn set_items(&mut self) -> Result<bool, Error<'gc>> {
        let i = self.instruction();
        let Value::Table(table) = self.register(i.a) else {
            return Err(self.fault(Fault::Message("table expected in a constructor")));
        };
        let first = self.lua_frame().base as usize + i.a as usize + 1;
        let count = match i.b {
            0 => std::mem::replace(&mut self.state.top, 0).saturating_sub(first),
            count => count as usize,
        };
        let total = (i.d as usize).saturating_add(count);
        let total = u32::try_from(total).map_err(|_| InvalidKey::Overflow);
        if let Err(key) = total.and_then(|total| table.reserve_array(total)) {
            return Err(self.fault(Fault::Key(key)));
        }
        match self.append_items(table, i.d as usize, first, count) {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.state.top = first + count;
                Ok(false)
            }
            Err(key) => Err(self.fault(Fault::Key(key))),
        }
    }

    /// Puts `count` values from a slot on behind the first `last` items of a table that has room for them in its
    /// array part: all, or a portion of very many behind those that are there already. Tells whether all are.
    pub(crate) fn append_items(
        &mut self,
        table: Table<'gc>,
        last: usize,
        first: usize,
        count: usize,
    ) -> Result<bool, InvalidKey> {
        let is_many = count > MANY_VALUES;
        let there = if is_many { table.array_len().saturating_sub(last) } else { 0 };
        let done = if there < count { there } else { 0 };
        let end = if is_many { count.min(done + MANY_VALUES) } else { count };
        self.append_range(table, last, first, done..end)?;
        if end == count {
            return Ok(true);
        }
        if table.array_len() == last + end {
            return Ok(false);
        }
        // Somebody has been at the table, whose length does not say how far this is.
        self.append_range(table, last, first, end..count)?;
        Ok(true)
    }

    fn append_range(
        &mut self,
        table: Table<'gc>,
        last: usize,
        first: usize,
        range: Range<usize>,
    ) -> Result<(), InvalidKey> {
        let values = self.state.registers.values(first + range.start, range.len());
        let appended = table.append(&self.ctx, (last + range.start) as i64, values);
        for index in range.start + appended..range.end {
            let value = self.state.registers.get(first + index);
            table.append_or_set(self.ctx, (last + index) as i64 + 1, value)?;
        }
        self.state.fuel -= range.len() as i64;
        Ok(())
    }

    /// Calls a function in the place of the running one.
    fn call_in_place(&mut self) -> Control<'gc> {
        let i = self.instruction();
        let frame = *self.lua_frame();
        let from = frame.base as usize + i.a as usize;
        let argc = match i.b {
            0 => std::mem::replace(&mut self.state.top, 0) - from - 1,
            b => b as usize - 1,
        };
        let mut callee = self.state.registers.get(from);
        for _ in 0..MAX_CALL_CHAIN {
            if operate::is_function(callee) {
                break;
            }
            callee = self.ctx.metamethod(callee, Metamethod::Call);
        }
        let Value::Closure(_) = callee else {
            // A callback has no frame that could pile up, and its errors name this function, as
            // those of what cannot be called do.
            return self.call(from, argc, ReturnKind::Tail);
        };
        let function = frame.function as usize;
        let depth = self.state.frames.len();
        self.state.frames.pop();
        self.state.registers.copy(from, function, argc + 1);
        let control = self.call(function, argc, frame.info.returns())?;
        if self.state.frames.len() == depth
            && let Some(Frame::Lua(frame)) = self.state.frames.last_mut()
            && frame.pc() == 0
        {
            frame.info = frame.info.in_place();
        }
        Ok(control)
    }

    /// Returns the open results from a slot on.
    fn return_open(&mut self, from: usize) -> Control<'gc> {
        let top = std::mem::replace(&mut self.state.top, 0);
        let Some(Frame::Lua(frame)) = self.state.frames.pop() else {
            unreachable!("instructions run in Lua functions");
        };
        let (function, returns) = (frame.function as usize, frame.info.returns());
        self.deliver(from, top.saturating_sub(from), function, returns)
    }

    fn return_values(&mut self) -> Control<'gc> {
        let Instruction { a, b, c, .. } = self.instruction();
        let frame = *self.lua_frame();
        if c != 0 && self.state.to_be_closed.last().is_some_and(|&slot| slot >= frame.base) {
            // Open results stand where the metamethod's registers would be.
            match self.close_handler().filter(|_| b != 0) {
                Some(handler) => return self.close_last(handler),
                None => {
                    self.close_before_return();
                    return Ok(Flow::GoOn);
                }
            }
        }
        let from = frame.base as usize + a as usize;
        match b {
            0 => self.return_open(from),
            b => {
                self.state.frames.pop();
                let (function, returns) = (frame.function as usize, frame.info.returns());
                self.deliver(from, b as usize - 1, function, returns)
            }
        }
    }

    fn return_values_watched(&mut self) -> Control<'gc> {
        let Instruction { a, b, c, .. } = self.instruction();
        if c != 0 && self.close_before_return() {
            return Ok(Flow::GoOn);
        }
        let from = self.lua_frame().base as usize + a as usize;
        let count = match b {
            0 => self.state.top.saturating_sub(from),
            b => b as usize - 1,
        };
        match self.tell_return(a, count) {
            Some(control) => control,
            None => self.return_values(),
        }
    }

    /// Begins to close the variables of the function on top, which returns; it comes back to its
    /// return instruction afterwards. Tells whether there are any.
    fn close_before_return(&mut self) -> bool {
        let frame = *self.lua_frame();
        if self.state.to_be_closed.last().is_some_and(|&slot| slot >= frame.base) {
            // Close first, then come back to this instruction.
            let top = self.above().max(self.state.top);
            let saved_top = self.state.top as u32;
            if let Some(Frame::Lua(frame)) = self.state.frames.last_mut() {
                frame.set_pc(frame.pc() - 1);
            }
            push(&mut self.state, || {
                Frame::Closing(ClosingFrame {
                    floor: frame.base,
                    top: top as u32,
                    saved_top,
                    error: None,
                    then: AfterClosing::Return,
                })
            });
            return true;
        }
        false
    }

    fn close_from(&mut self, register: u8) -> Control<'gc> {
        let floor = self.lua_frame().base + u32::from(register);
        if self.state.to_be_closed.last().is_none_or(|&slot| slot < floor) {
            return Ok(Flow::GoOn);
        }
        if let Some(handler) = self.close_handler() {
            return self.close_last(handler);
        }
        let top = self.above() as u32;
        push(&mut self.state, || {
            Frame::Closing(ClosingFrame {
                floor,
                top,
                saved_top: 0,
                error: None,
                then: AfterClosing::Continue,
            })
        });
        Ok(Flow::GoOn)
    }

    /// The `__close` metamethod of the last variable to be closed, if it is a Lua function that can be
    /// called right away.
    #[inline(always)]
    fn close_handler(&self) -> Option<(Value<'gc>, Value<'gc>)> {
        if self.state.tracing.is_on() {
            return None;
        }
        let value = match self.state.registers.get(*self.state.to_be_closed.last()? as usize) {
            Value::Cell(cell) => cell.get(),
            value => value,
        };
        let Value::Table(table) = value else { return None };
        let handler = self.table_metamethod(table, Metamethod::Close);
        matches!(handler, Value::Closure(_)).then_some((handler, value))
    }

    /// Closes the last variable that is to be closed, as [`close_handler`](Self::close_handler) says. The
    /// instruction is done again afterwards, for those that are left.
    #[inline]
    fn close_last(&mut self, (handler, value): (Value<'gc>, Value<'gc>)) -> Control<'gc> {
        self.state.to_be_closed.pop();
        self.enter_metamethod(handler, [value], ReturnKind::Again)
    }

    fn mark(&mut self, register: u8) -> Control<'gc> {
        let frame = *self.lua_frame();
        let slot = frame.base as usize + register as usize;
        let value = match self.state.registers.get(slot) {
            Value::Cell(cell) => cell.get(),
            value => value,
        };
        if !value.is_truthy() {
            return Ok(Flow::GoOn);
        }
        let handler = match value {
            Value::Table(table) => self.table_metamethod(table, Metamethod::Close),
            _ => self.ctx.metamethod(value, Metamethod::Close),
        };
        if handler.is_nil() {
            let prototype = frame.closure.prototype();
            let name = prototype.local_name(register, frame.pc() as usize).unwrap_or(b"?");
            let mut text = crate::traceback::position_of_top(&self.state);
            text.extend(b"variable '");
            text.extend(name);
            text.extend(b"' got a non-closable value");
            return Err(Error::Value(Value::String(self.ctx.intern_owned(text))));
        }
        if !self.state.note_to_be_closed(slot as u32) {
            return Err(Error::memory());
        }
        Ok(Flow::GoOn)
    }

    /// The error of a numeric loop that cannot be.
    #[cold]
    pub(crate) fn loop_fault(
        &self,
        what: LoopFault,
        start: Value<'gc>,
        limit: Value<'gc>,
        step: Value<'gc>,
    ) -> Error<'gc> {
        let (name, value) = match what {
            LoopFault::Start => ("initial value", start),
            LoopFault::Limit => ("limit", limit),
            LoopFault::Step => ("step", step),
            LoopFault::ZeroStep => return self.fault(Fault::Message("'for' step is zero")),
        };
        let mut text = crate::traceback::position_of_top(&self.state);
        let actual = self.ctx.type_name(value);
        text.extend(format!("bad 'for' {name} (number expected, got {actual})").bytes());
        Error::Value(Value::String(self.ctx.intern_owned(text)))
    }

    /// The error of a global that is declared with a value although it has one.
    #[cold]
    pub(crate) fn global_defined(&self, name: Value<'gc>) -> Error<'gc> {
        let mut text = crate::traceback::position_of_top(&self.state);
        text.extend(b"global '");
        self.ctx.write_basic(&mut text, name);
        text.extend(b"' already defined");
        Error::Value(Value::String(self.ctx.intern_owned(text)))
    }
}
