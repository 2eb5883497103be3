//! `tonumber` of long texts in a base: they are read in portions, each charged to the script's fuel.

use gc_arena::Collect;
use luster_number::RadixReader;
use luster_value::{CallbackReturn, Context, Error, LuaString, Poll, Sequence, Stack, Value};

/// How many digits are read before the fuel is looked at.
pub(super) const PORTION: usize = 1 << 15;

/// Puts the integer that a text spells in a base in the place of the arguments, or nil.
pub(super) fn read<'gc>(
    stack: &mut Stack<'_, 'gc>,
    text: LuaString<'gc>,
    base: u32,
) -> CallbackReturn<'gc> {
    let bytes = text.as_bytes();
    stack.burn(bytes.len() / 32);
    let Some((reader, digits)) = RadixReader::begin(bytes, base) else {
        stack.replace(Value::Nil);
        return CallbackReturn::Return;
    };
    let at = digits.as_ptr().addr() - bytes.as_ptr().addr();
    let end = at + digits.len();
    CallbackReturn::Sequence(Box::new(LongNumeral { text, reader, at, end }))
}

/// A numeral that is being read.
#[derive(Collect)]
#[collect(no_drop)]
struct LongNumeral<'gc> {
    text: LuaString<'gc>,
    #[collect(require_static)]
    reader: RadixReader,
    /// Where the next digit is, and where they end.
    at: usize,
    end: usize,
}

impl<'gc> Sequence<'gc> for LongNumeral<'gc> {
    fn poll(
        &mut self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let to = self.end.min(self.at + PORTION);
        let are_digits = self.reader.read(&self.text.as_bytes()[self.at..to]);
        stack.burn((to - self.at) / 8);
        self.at = to;
        if are_digits && to < self.end {
            return Ok(Poll::Pending);
        }
        let value = if are_digits { Value::Integer(self.reader.value()) } else { Value::Nil };
        stack.replace(value);
        Ok(Poll::Return)
    }
}
