//! A long string with something before and behind it, put together in portions: what `error` makes of a
//! message, and `debug.traceback`.

use gc_arena::Collect;
use luster_value::{Context, Error, LuaString, Stack, Value};

use crate::buffer::with_room;
use crate::c_values::c_string;
use crate::counted::CountedMemory;
use crate::work::Work;

/// How many bytes are copied before the fuel is looked at. What is no longer is copied at once.
const PORTION: usize = 1 << 18;

/// How many bytes are copied for a unit of fuel.
const BYTES_PER_FUEL: usize = 16;

/// What becomes of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is the function's result, in which no more is shown of the string than is before a zero.
    Traceback,
    /// It is the error that is raised.
    Error,
}

/// A text that is being put together.
#[derive(Collect)]
#[collect(no_drop)]
pub(crate) struct Joining<'gc> {
    #[collect(require_static)]
    purpose: Purpose,
    string: LuaString<'gc>,
    /// How many bytes of the string there are to be in it, and how many there are.
    length: usize,
    copied: usize,
    behind: Vec<u8>,
    text: Vec<u8>,
    memory: CountedMemory,
}

impl<'gc> Joining<'gc> {
    /// A text of something before a string, that itself, and something behind it.
    ///
    /// # Errors
    /// There is not that much memory.
    pub(crate) fn new(
        purpose: Purpose,
        before: &[u8],
        string: LuaString<'gc>,
        behind: Vec<u8>,
    ) -> Result<Self, Error<'gc>> {
        let length = string.len();
        let mut text = with_room(before.len() + length + behind.len())?;
        text.extend_from_slice(before);
        let memory = CountedMemory::default();
        Ok(Joining { purpose, string, length, copied: 0, behind, text, memory })
    }
}

impl<'gc> Work<'gc> for Joining<'gc> {
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let to = self.length.min(self.copied + PORTION);
        let mut portion = &self.string.as_bytes()[self.copied..to];
        stack.burn(portion.len() / BYTES_PER_FUEL);
        if self.purpose == Purpose::Traceback {
            let shown = c_string(portion);
            if shown.len() < portion.len() {
                portion = shown;
                self.length = self.copied + shown.len();
            }
        }
        self.text.extend_from_slice(portion);
        self.copied += portion.len();
        if self.copied < self.length {
            self.memory.set(self.text.capacity());
            return Ok(false);
        }
        self.memory.set(0);
        self.text.extend_from_slice(&self.behind);
        let text = Value::String(ctx.intern_owned(std::mem::take(&mut self.text)));
        match self.purpose {
            Purpose::Traceback => stack.replace(text),
            Purpose::Error => return Err(Error::Value(text)),
        }
        Ok(true)
    }
}
