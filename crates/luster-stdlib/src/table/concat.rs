//! `table.concat`.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, LuaString, Stack, Table, Value};

use super::{CHUNK, READ_LENGTH, access_fuel, object, plain};
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
        long: None,
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
    /// What is being appended in portions.
    long: Option<LongPiece<'gc>>,
    #[collect(require_static)]
    state: State,
}

/// What it costs to write a number.
const NUMBER_FUEL: usize = 15;

/// How many bytes cost a unit of fuel.
const BYTES_PER_FUEL: usize = 16;

/// The longest element and the longest separator that are appended in one go.
const LONGEST: usize = 1 << 17;

/// How much of a longer one is appended before the fuel is looked at.
const PORTION: usize = 1 << 18;

enum State {
    Measure,
    Begin,
    Ready,
    Read,
    /// There is a long piece to go on with.
    Append,
    /// All is there, in pieces that are to be put together.
    Gather,
}

/// A long element or separator.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct LongPiece<'gc> {
    text: LuaString<'gc>,
    /// How much of it has been appended.
    done: usize,
    is_separator: bool,
}

/// What there is to do after a piece.
enum Next {
    /// There are more elements.
    More,
    /// There are none.
    Finish,
    /// A long piece is to be appended.
    Append,
}

impl Next {
    /// For as long as there are elements.
    fn more_if(condition: bool) -> Self {
        if condition { Next::More } else { Next::Finish }
    }
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

    /// Appends the element at `next`, and the separator unless it is the last.
    #[inline]
    fn append(&mut self, value: Value<'gc>) -> Result<Next, Error<'gc>> {
        if let Value::String(text) = value {
            if text.len() > LONGEST {
                return self.begin_long(text, false);
            }
            self.text.extend(text.as_bytes())?;
        } else {
            self.append_number(value)?;
        }
        self.end_element()
    }

    /// Appends the element at `next`, which has to be a number.
    #[inline]
    fn append_number(&mut self, value: Value<'gc>) -> Result<(), Error<'gc>> {
        if !self.text.extend_value(value)? {
            return Err(Error::message(format!(
                "invalid value ({}) at index {} in table for 'concat'",
                // Only the type counts here, whatever its metatable calls it.
                value.type_name(),
                self.next
            )));
        }
        self.numbers += 1;
        Ok(())
    }

    /// Appends the separator after an element, unless that is the last.
    #[inline]
    fn end_element(&mut self) -> Result<Next, Error<'gc>> {
        if self.next == self.last {
            return Ok(Next::Finish);
        }
        if let Some(separator) = self.separator {
            if separator.len() > LONGEST {
                return self.begin_long(separator, true);
            }
            self.text.extend(separator.as_bytes())?;
        }
        self.next += 1;
        Ok(Next::More)
    }

    /// Makes room for a long piece, which is appended in portions.
    #[cold]
    fn begin_long(&mut self, text: LuaString<'gc>, is_separator: bool) -> Result<Next, Error<'gc>> {
        self.text.make_room(text.len())?;
        self.long = Some(LongPiece { text, done: 0, is_separator });
        Ok(Next::Append)
    }

    /// Appends a portion of the long piece, if there is one, and what follows its end.
    fn append_portion(&mut self) -> Result<Next, Error<'gc>> {
        let Some(long) = &mut self.long else { return Ok(Next::More) };
        let rest = &long.text.as_bytes()[long.done..];
        let portion = &rest[..rest.len().min(PORTION)];
        self.text.extend(portion)?;
        long.done += portion.len();
        if portion.len() < rest.len() {
            return Ok(Next::Append);
        }
        let is_separator = long.is_separator;
        self.long = None;
        if is_separator {
            self.next += 1;
            return Ok(Next::More);
        }
        self.end_element()
    }
}

impl<'gc> Program<'gc> for Concat<'gc> {
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        let before = self.text.len();
        stack.burn(std::mem::take(&mut self.numbers) * NUMBER_FUEL);
        let mut next = match self.state {
            State::Measure => {
                self.state = State::Begin;
                return Ok(Step::Length(self.object));
            }
            State::Begin => {
                self.begin(ctx, stack, input.to_integer().unwrap_or(0))?;
                Next::more_if(self.next <= self.last)
            }
            State::Ready => Next::more_if(self.next <= self.last),
            State::Read => self.append(input)?,
            State::Append => self.append_portion()?,
            State::Gather => Next::Finish,
        };
        if let (Next::More, Some(table)) = (&next, self.table) {
            self.state = State::Ready;
            let first = self.next;
            for count in 1..=CHUNK {
                next = self.append(table.get_integer(self.next))?;
                if !matches!(next, Next::More) {
                    stack.burn(access_fuel(table, first, count));
                    break;
                }
                // Long elements may add up to much more than their number.
                if count == CHUNK
                    || self.text.len() - before > CHUNK * 64
                    || self.numbers > CHUNK / NUMBER_FUEL
                {
                    stack.burn(std::mem::take(&mut self.numbers) * NUMBER_FUEL);
                    stack.burn(access_fuel(table, first, count));
                    stack.burn((self.text.len() - before) / BYTES_PER_FUEL);
                    return Ok(Step::Pause);
                }
            }
        }
        stack.burn((self.text.len() - before) / BYTES_PER_FUEL);
        match next {
            Next::More => {
                self.state = State::Read;
                Ok(Step::Get(self.object, self.next))
            }
            Next::Append => {
                self.state = State::Append;
                Ok(Step::Pause)
            }
            Next::Finish if self.text.gather(stack)? => {
                stack.replace(self.text.take_string(ctx));
                Ok(Step::Done)
            }
            Next::Finish => {
                self.state = State::Gather;
                Ok(Step::Pause)
            }
        }
    }
}
