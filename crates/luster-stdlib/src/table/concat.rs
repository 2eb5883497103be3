//! `table.concat`.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, LuaString, Stack, Table, Value};

use super::{CHUNK, READ_LENGTH, object, plain};
use crate::counted::CountedBuffer;
use crate::program::{Program, Step, run};

/// `table.concat(list [, separator [, first [, last]]])`
pub(super) fn concat<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let object = object(ctx, stack, 0, READ_LENGTH)?;
    let mut concat = Concat {
        object,
        table: plain(ctx, object),
        separator: None,
        next: 0,
        last: 0,
        text: CountedBuffer::new(),
        numbers: 0,
        state: State::Measure,
    };
    if let Some(table) = concat.table {
        concat.begin(ctx, stack, table.length())?;
    }
    run(ctx, stack, concat)
}

#[derive(Collect)]
#[collect(no_drop)]
struct Concat<'gc> {
    object: Value<'gc>,
    /// The object, when no metamethod has a say in its elements.
    table: Option<Table<'gc>>,
    separator: Option<LuaString<'gc>>,
    next: i64,
    last: i64,
    text: CountedBuffer,
    /// How many numbers have become text that are not paid for.
    numbers: usize,
    #[collect(require_static)]
    state: State,
}

/// What it costs to write a number.
const NUMBER_FUEL: usize = 15;

enum State {
    Measure,
    Begin,
    Ready,
    Read,
}

impl<'gc> Concat<'gc> {
    /// Reads the arguments, once the length is known.
    fn begin(
        &mut self,
        ctx: Context<'gc>,
        stack: &Stack<'_, 'gc>,
        length: i64,
    ) -> Result<(), Error<'gc>> {
        self.separator = stack.optional_string(ctx, 1)?.filter(|text| !text.is_empty());
        self.next = stack.optional_integer(ctx, 2, 1)?;
        self.last = stack.optional_integer(ctx, 3, length)?;
        self.state = State::Ready;
        Ok(())
    }

    /// Appends the element at `next`, and the separator unless it is the last. Tells whether there
    /// are more.
    #[inline]
    fn append(&mut self, value: Value<'gc>) -> Result<bool, Error<'gc>> {
        if !self.text.extend_value(value)? {
            return Err(Error::message(format!(
                "invalid value ({}) at index {} in table for 'concat'",
                // Only the type counts here, whatever its metatable calls it.
                value.type_name(),
                self.next
            )));
        }
        self.numbers += usize::from(!matches!(value, Value::String(_)));
        if self.next == self.last {
            return Ok(false);
        }
        if let Some(separator) = self.separator {
            self.text.extend(separator.as_bytes())?;
        }
        self.next += 1;
        Ok(true)
    }
}

impl<'gc> Program<'gc> for Concat<'gc> {
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        let before = self.text.as_bytes().len();
        stack.burn(std::mem::take(&mut self.numbers) * NUMBER_FUEL);
        let more = match self.state {
            State::Measure => {
                self.state = State::Begin;
                return Ok(Step::Length(self.object));
            }
            State::Begin => {
                self.begin(ctx, stack, input.to_integer().unwrap_or(0))?;
                self.next <= self.last
            }
            State::Ready => self.next <= self.last,
            State::Read => self.append(input)?,
        };
        if more && let Some(table) = self.table {
            for count in 1..=CHUNK {
                if !self.append(table.get_integer(self.next))? {
                    stack.burn(count);
                    break;
                }
                // Long elements may add up to much more than their number.
                if count == CHUNK
                    || self.text.as_bytes().len() - before > CHUNK * 64
                    || self.numbers > CHUNK / NUMBER_FUEL
                {
                    stack.burn(std::mem::take(&mut self.numbers) * NUMBER_FUEL);
                    stack.burn(count + (self.text.as_bytes().len() - before) / 64);
                    return Ok(Step::Pause);
                }
            }
        } else if more {
            stack.burn((self.text.as_bytes().len() - before) / 64);
            self.state = State::Read;
            return Ok(Step::Get(self.object, self.next));
        }
        stack.replace(self.text.take_string(ctx));
        Ok(Step::Done)
    }
}
