//! What instructions do with extra arguments, of which there may be very many.

use luster_value::{InvalidKey, LinkedOperand, MANY_VALUES, Table, Value};

use crate::cursor::running_frame;
use crate::operate::Fault;
use crate::run::{Control, Flow, Run};
use crate::slow::Next;

/// The largest count that a table of extra arguments may say that it has.
const MAX_VARARGS: i64 = i32::MAX as i64 / 2 - 1;

impl<'gc> Run<'gc> {
    /// Puts the extra arguments into registers: `c` less one of them, or all for 0. Tells whether there
    /// are registers for them.
    #[inline(never)]
    pub(crate) fn spread_varargs(&mut self, register: LinkedOperand, c: u16) -> bool {
        let frame = running_frame(&mut self.state.frames);
        let (base, count) = (frame.base as usize, frame.info.varargs() as usize);
        let to = base + register.index() as usize;
        if c == 0 {
            if !self.state.registers.has_room(to + count) {
                return false;
            }
            self.cursor = Some(self.running().rebased(&mut self.state.registers, base));
        }
        self.put_results(base - count, count, to, c as u8);
        self.state.fuel -= count as i64;
        true
    }

    /// Makes registers for all extra arguments from one on, or some if they are very many, and has the
    /// instruction run again.
    #[cold]
    #[inline(never)]
    pub(crate) fn spread_varargs_later(&mut self, register: LinkedOperand) -> Next {
        self.sync();
        let frame = self.lua_frame();
        let end = frame.base as usize + register.index() as usize + frame.info.varargs() as usize;
        self.prepare(end)
    }

    /// Makes registers up to `end`, or prepares some if they are very many, and has the instruction just fetched
    /// run once more.
    fn prepare(&mut self, end: usize) -> Next {
        if let Some(work) = self.state.approach(end) {
            self.state.fuel -= work as i64;
            self.end_slice_if_due();
        } else if let Err(error) = self.reserve(end) {
            self.error = Some(error);
            return Next::Raise;
        } else {
            // The slice may end before it runs.
            self.state.registers.keep_dead();
        }
        self.run_again()
    }

    /// Puts a table of the extra arguments into a register, very many of them in portions.
    #[inline(never)]
    pub(crate) fn vararg_table(&mut self, register: u8) -> Next {
        let base = self.sync();
        match self.fill_vararg_table(base + register as usize) {
            Ok(true) => self.go_on_at_top(),
            Ok(false) => {
                self.end_slice_if_due();
                self.run_again()
            }
            Err(key) => {
                self.error = Some(self.fault(Fault::Key(key)));
                Next::Raise
            }
        }
    }

    /// Tells whether all extra arguments are in the table.
    fn fill_vararg_table(&mut self, slot: usize) -> Result<bool, InvalidKey> {
        let info = self.lua_frame().info;
        let (base, count) = (self.lua_frame().base as usize, info.varargs() as usize);
        // While the table is being filled, the open top is behind it.
        let begun = (std::mem::replace(&mut self.state.top, 0) == slot + 1)
            .then(|| self.state.registers.get(slot));
        let table = match begun {
            Some(Value::Table(table)) => table,
            _ => Table::with_room(self.ctx, count as u32, 1)?,
        };
        self.state.registers.set(slot, Value::Table(table));
        if !self.append_items(table, 0, base - count, count)? {
            self.state.top = slot + 1;
            return Ok(false);
        }
        table.set_field(self.ctx, "n", Value::Integer(count as i64));
        Ok(true)
    }

    pub(crate) fn index_varargs(&mut self, register: u8, key: Value<'gc>) -> Control<'gc> {
        let frame = *self.lua_frame();
        let count = i64::from(frame.info.varargs());
        let index = match key {
            Value::Float(x) => luster_number::float_to_integer_exact(x.get()),
            Value::Integer(index) => Some(index),
            _ => None,
        };
        let value = match index {
            Some(index) if (1..=count).contains(&index) => {
                let slot = i64::from(frame.base) - count + index - 1;
                self.state.registers.get(slot as usize)
            }
            None if matches!(key, Value::String(s) if s.as_bytes() == b"n") => {
                Value::Integer(count)
            }
            _ => Value::Nil,
        };
        self.set_register(register, value);
        Ok(Flow::GoOn)
    }

    /// Puts the items of a table of extra arguments into registers: `c` less one of them, or all for 0.
    #[inline(never)]
    pub(crate) fn spread_table(&mut self, register: u8, value: Value<'gc>, c: u8) -> Next {
        let base = self.sync();
        let no_count = Fault::Message("vararg table has no proper 'n'");
        let count = match value {
            Value::Table(table) => table.get_field(self.ctx, "n"),
            _ => Value::Nil,
        };
        let (Value::Table(table), Value::Integer(count @ 0..=MAX_VARARGS)) = (value, count) else {
            self.error = Some(self.fault(no_count));
            return Next::Raise;
        };
        let count = count as usize;
        let wanted = if c == 0 { count } else { c as usize - 1 };
        let to = base + register as usize;
        if !self.state.registers.has_room(to + wanted) {
            return self.prepare(to + wanted);
        }
        // After a portion, the open top is where it ended.
        let done = std::mem::replace(&mut self.state.top, 0).saturating_sub(to).min(wanted);
        let end = wanted.min(done + MANY_VALUES);
        for index in done..end {
            let value =
                if index < count { table.get_integer(index as i64 + 1) } else { Value::Nil };
            self.state.registers.set(to + index, value);
        }
        if c == 0 {
            self.state.top = to + end;
        }
        self.state.fuel -= (end - done) as i64;
        if end < wanted {
            return self.run_again();
        }
        self.go_on_at_top()
    }
}
