//! Concatenation: of strings and numbers at once, of anything else by metamethods. Long texts are put
//! together in portions, each charged to the script's fuel.

use gc_arena::Collect;
use luster_value::{
    Context, Error, Frame, Metamethod, Poll, ReturnKind, Sequence, SequenceFrame, Stack, Value,
    account,
};

use crate::cursor::push;
use crate::operate::{self, Fault, Outcome};
use crate::run::{Control, Flow, Run};

/// How many bytes are put together before the fuel is looked at.
const PORTION: usize = 1 << 18;

/// The longest text of a number.
const NUMBER: usize = 24;

impl<'gc> Run<'gc> {
    /// Goes on with the concatenation that the running function is at; `count` operands remain.
    pub(crate) fn concat(&mut self, count: u8) -> Control<'gc> {
        let i = self.instruction();
        let first = self.lua_frame().base as usize + i.b as usize;
        let mut remaining = count as usize;
        let is_text = |value: Value<'gc>| {
            matches!(value, Value::String(_) | Value::Integer(_) | Value::Float(_))
        };
        while remaining > 1 {
            // As many strings and numbers as there are at the end, at once.
            let texts = (0..remaining)
                .rev()
                .take_while(|&index| is_text(self.state.registers.get(first + index)))
                .count();
            if texts >= 2 {
                let from = first + remaining - texts;
                remaining -= texts - 1;
                let Some(value) = self.concat_texts(from, texts, remaining)? else {
                    return Ok(Flow::GoOn);
                };
                self.state.registers.set(first + remaining - 1, value);
                continue;
            }
            let a = self.state.registers.get(first + remaining - 2);
            let b = self.state.registers.get(first + remaining - 1);
            if let Some(handler) = self.lua_metamethod(a, b, Metamethod::Concat) {
                let returns = match remaining {
                    2 => ReturnKind::Register(i.a),
                    _ => ReturnKind::Concat(remaining as u8 - 1),
                };
                return self.enter_metamethod(handler, [a, b], returns);
            }
            match operate::concat(self.ctx, a, b, remaining as u8 - 2) {
                Ok(Outcome::Value(value)) => {
                    remaining -= 1;
                    self.state.registers.set(first + remaining - 1, value);
                }
                Ok(Outcome::Call(function, arguments)) => {
                    let returns = ReturnKind::Concat(remaining as u8 - 1);
                    let at = self.above();
                    self.reserve(at + 3)?;
                    self.state.registers.set(at, function);
                    self.state.registers.set(at + 1, arguments[0]);
                    self.state.registers.set(at + 2, arguments[1]);
                    return self.call(at, 2, returns);
                }
                Err(fault) => return Err(self.fault(fault)),
            }
        }
        let value = self.state.registers.get(first);
        self.set_register(i.a, value);
        Ok(Flow::GoOn)
    }

    /// Puts the texts in so many slots together. When that takes long it is done by a sequence, whose
    /// result is the last of the `remaining` operands, and this answers `None`.
    fn concat_texts(
        &mut self,
        from: usize,
        count: usize,
        remaining: usize,
    ) -> Result<Option<Value<'gc>>, Error<'gc>> {
        let mut len = 0_usize;
        for slot in from..from + count {
            if let Value::String(string) = self.state.registers.get(slot) {
                // An empty string adds nothing to a single other one.
                len = len.saturating_add(string.len());
            }
        }
        let mut text = Vec::new();
        if len > isize::MAX as usize / 2 {
            return Err(self.fault(Fault::Message("string length overflow")));
        }
        if !account::has_room_for(len) && !self.state.tracing.is_on() && account::wish_collection()
        {
            self.concat_again(from, count, remaining as u8)?;
            return Ok(None);
        }
        if !account::has_room_for(len) || text.try_reserve(len + NUMBER).is_err() {
            return Err(Error::memory());
        }
        if len > PORTION && !self.state.tracing.is_on() {
            let concatenation =
                Concatenation { text, operand: 0, copied: 0, memory: account::Held::default() };
            push(&mut self.state, || {
                Frame::Sequence(SequenceFrame {
                    sequence: Some(Box::new(concatenation)),
                    callback: Value::Nil,
                    base: from as u32,
                    bottom: count as u32,
                    function: from as u32,
                    returns: ReturnKind::Concat(remaining as u8),
                    memory: account::Held::default(),
                })
            });
            self.state.top = from + count;
            return Ok(None);
        }
        for slot in from..from + count {
            self.ctx.write_basic(&mut text, self.state.registers.get(slot));
        }
        self.state.fuel -= (text.len() / 16) as i64;
        self.end_slice_if_due();
        Ok(Some(Value::String(self.ctx.intern_owned(text))))
    }
}

/// A long concatenation at work; the operands are its stack.
#[derive(Collect)]
#[collect(no_drop)]
pub(crate) struct Concatenation {
    text: Vec<u8>,
    /// Which operand is copied, and how much of it has been.
    operand: usize,
    copied: usize,
    memory: account::Held,
}

impl Concatenation {
    /// One of these strings and numbers.
    ///
    /// # Errors
    /// There is not that much memory.
    pub(crate) fn new<'gc>(operands: &[Value<'gc>]) -> Result<Self, Error<'gc>> {
        let lengths = operands.iter().map(|operand| match operand {
            Value::String(string) => string.len(),
            _ => NUMBER,
        });
        let room = lengths.fold(0, usize::saturating_add);
        let mut text = Vec::new();
        if !account::has_room_for(room) || text.try_reserve(room).is_err() {
            return Err(Error::memory());
        }
        Ok(Concatenation { text, operand: 0, copied: 0, memory: account::Held::default() })
    }
}

impl<'gc> Sequence<'gc> for Concatenation {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let begin = self.text.len();
        while self.operand < stack.len() && self.text.len() - begin < PORTION {
            let operand = stack.get(self.operand);
            if let Value::String(string) = operand {
                let rest = &string.as_bytes()[self.copied..];
                let count = rest.len().min(PORTION);
                self.text.extend_from_slice(&rest[..count]);
                self.copied += count;
                if count < rest.len() {
                    continue;
                }
            } else {
                ctx.write_basic(&mut self.text, operand);
            }
            (self.operand, self.copied) = (self.operand + 1, 0);
        }
        stack.burn((self.text.len() - begin) / 16);
        if self.operand < stack.len() {
            self.memory.set(self.text.len());
            return Ok(Poll::Pending);
        }
        self.memory.set(0);
        stack.replace(Value::String(ctx.intern_owned(std::mem::take(&mut self.text))));
        Ok(Poll::Return)
    }
}
