//! Reading by formats: what `read` and the iterators of `lines` do.

use std::io;

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, Stack, UserData, Value};
use smallvec::SmallVec;

use super::stream::Stream;
use super::{FileStream, close_stream, stream_of};
use crate::buffer::reserve_results;
use crate::counted::CountedBuffer;
use crate::system_error;
use crate::work::Work;

/// What a byte of a numeral costs: many digits are dear.
const DIGIT_FUEL: usize = 5;

/// The longest numeral: the reference's `L_MAXLENNUM`.
const MAX_NUMERAL: usize = 200;

/// What it costs to read by a format, beside its bytes.
const FORMAT_FUEL: usize = 15;

/// What to read.
#[derive(Clone, Copy)]
enum Format {
    Number,
    /// A line, with its end or without.
    Line {
        keep_end: bool,
    },
    All,
    Bytes(usize),
}

/// What is done with what was read.
#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub(super) enum Purpose {
    /// The results are returned.
    Read,
    /// So they are, but the end of the file ends the iteration, and closes the file if so.
    Iterate {
        /// Whether to close it.
        closes: bool,
    },
}

/// A `read` at work. The formats stand on the stack, the results are pushed behind them.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Reading<'gc> {
    file: UserData<'gc>,
    /// Where the formats begin.
    first: usize,
    /// Where they end.
    end: usize,
    /// The one at work.
    next: usize,
    /// What has been read for it so far.
    partial: CountedBuffer,
    /// Whether that is all, in pieces that are put together.
    is_gathering: bool,
    purpose: Purpose,
    /// Why a format that takes all there is got no more: it counts as read, and those behind it are
    /// looked at, before the results turn out to be none.
    #[collect(require_static)]
    failure: Option<io::Error>,
}

/// How far a step came.
enum Step<'gc> {
    /// The value is read; or it is not, and nothing more will be.
    Read(Option<Value<'gc>>),
    /// There is more to read.
    More,
}

/// Why a step failed.
enum Failure<'gc> {
    /// The system said so.
    System(io::Error),
    /// An error to be raised.
    Raised(Error<'gc>),
}

impl From<io::Error> for Failure<'_> {
    fn from(error: io::Error) -> Self {
        Failure::System(error)
    }
}

/// What most calls read: a line, or so many bytes, of which all has been read ahead. Nothing has
/// happened if it is not so, or there is more than one format.
#[inline]
pub(super) fn read_buffered<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    stream: &FileStream,
    first: usize,
) -> Option<Value<'gc>> {
    let format = match stack.len().saturating_sub(first) {
        0 => Format::Line { keep_end: false },
        1 => format_at(ctx, stack, first).ok()?,
        _ => return None,
    };
    let mut stream = stream.try_borrow_mut().ok()?;
    let stream = stream.as_mut()?;
    let buffered = stream.buffered();
    let (length, consumed) = match format {
        Format::Line { keep_end } => {
            let length = memchr::memchr(b'\n', buffered)?;
            (length + usize::from(keep_end), length + 1)
        }
        Format::Bytes(count) if (1..=buffered.len()).contains(&count) => (count, count),
        _ => return None,
    };
    stack.burn(length / 16);
    let value = Value::String(ctx.intern(&buffered[..length]));
    stream.consume(consumed);
    Some(value)
}

/// Reads by the formats that stand on the stack from `first` on.
pub(super) fn read<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    file: UserData<'gc>,
    first: usize,
    purpose: Purpose,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let end = stack.len().max(first);
    reserve_results(stack, end - first + 3, "too many arguments")?;
    let partial = CountedBuffer::new();
    let is_gathering = false;
    Reading { file, first, end, next: first, partial, is_gathering, purpose, failure: None }
        .begin(ctx, stack)
}

impl<'gc> Work<'gc> for Reading<'gc> {
    /// Goes on until the results are on the stack, or fuel runs out. Tells whether it is done.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        if !self.read_formats(ctx, stack)? {
            return Ok(false);
        }
        self.finish(ctx, stack)?;
        Ok(true)
    }
}

impl<'gc> Reading<'gc> {
    /// Reads until all is read, or fuel runs out. Tells whether it is done.
    fn read_formats(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<bool, Error<'gc>> {
        let mut stream = stream_of(self.file)
            .and_then(|stream| stream.try_borrow_mut().ok())
            .ok_or_else(closed_file)?;
        let stream = stream.as_mut().ok_or_else(closed_file)?;
        loop {
            let format = if self.first == self.end {
                Format::Line { keep_end: false }
            } else {
                format_at(ctx, stack, self.next)?
            };
            let step = match format {
                _ if self.is_gathering => self.finish_partial(ctx, stack).map_err(Failure::Raised),
                Format::Number => read_number(stream, stack),
                Format::Line { keep_end } => self.read_line(ctx, stream, stack, keep_end),
                Format::All => self.read_bytes(ctx, stream, stack, None),
                Format::Bytes(0) => match stream.available() {
                    Ok([]) => Ok(Step::Read(None)),
                    Ok(_) => Ok(Step::Read(Some(Value::String(ctx.intern(b""))))),
                    Err(error) => Err(Failure::System(error)),
                },
                Format::Bytes(count) => self.read_bytes(ctx, stream, stack, Some(count)),
            };
            stack.burn(FORMAT_FUEL + stream.take_owed());
            match step {
                Ok(Step::More) => {}
                Ok(Step::Read(value)) => {
                    self.next += 1;
                    stack.push(value.unwrap_or(Value::Nil));
                    if value.is_none() || self.next >= self.end {
                        break;
                    }
                }
                Err(Failure::System(error)) => {
                    self.failure = Some(error);
                    self.partial = CountedBuffer::new();
                    self.next += 1;
                    if !matches!(format, Format::All) || self.next >= self.end {
                        break;
                    }
                }
                Err(Failure::Raised(error)) => return Err(error),
            }
            if stack.out_of_fuel() {
                return Ok(false);
            }
        }
        match self.failure.take() {
            Some(error) => system_error::file_result(ctx, stack, Err(error), None),
            None => stack.drop_front(self.end),
        }
        Ok(true)
    }

    /// Reads a line, or a part of it.
    fn read_line(
        &mut self,
        ctx: Context<'gc>,
        stream: &mut Stream,
        stack: &mut Stack<'_, 'gc>,
        keep_end: bool,
    ) -> Result<Step<'gc>, Failure<'gc>> {
        let available = stream.available()?;
        let count = available.len();
        let line_end = memchr::memchr(b'\n', available);
        let taken = match line_end {
            Some(end) if keep_end => &available[..=end],
            Some(end) => &available[..end],
            None => available,
        };
        stack.burn(taken.len() / 16);
        let is_partial = !self.partial.is_empty();
        if line_end.is_some() && !is_partial {
            let line = ctx.intern(taken);
            stream.consume(line_end.map_or(0, |end| end + 1));
            return Ok(Step::Read(Some(Value::String(line))));
        }
        self.partial.extend(taken).map_err(Failure::Raised)?;
        stream.consume(line_end.map_or(count, |end| end + 1));
        Ok(if line_end.is_none() && count > 0 {
            Step::More
        } else if line_end.is_none() && !is_partial {
            Step::Read(None)
        } else {
            return self.finish_partial(ctx, stack).map_err(Failure::Raised);
        })
    }

    /// Reads so many bytes, or all of them, or a part. All there are may be none, but so many may
    /// not.
    fn read_bytes(
        &mut self,
        ctx: Context<'gc>,
        stream: &mut Stream,
        stack: &mut Stack<'_, 'gc>,
        count: Option<usize>,
    ) -> Result<Step<'gc>, Failure<'gc>> {
        let missing = count.map_or(usize::MAX, |count| count - self.partial.len());
        let available = stream.available()?;
        let taken = &available[..available.len().min(missing)];
        stack.burn(taken.len() / 16);
        let length = taken.len();
        if length == missing && self.partial.is_empty() {
            let bytes = ctx.intern(taken);
            stream.consume(length);
            return Ok(Step::Read(Some(Value::String(bytes))));
        }
        self.partial.extend(taken).map_err(Failure::Raised)?;
        stream.consume(length);
        Ok(if length > 0 && length < missing {
            Step::More
        } else if count.is_some() && self.partial.is_empty() {
            Step::Read(None)
        } else {
            return self.finish_partial(ctx, stack).map_err(Failure::Raised);
        })
    }

    /// Makes a string of what has been read in portions.
    fn finish_partial(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        self.is_gathering = !self.partial.gather(stack)?;
        if self.is_gathering {
            return Ok(Step::More);
        }
        Ok(Step::Read(Some(self.partial.take_string(ctx))))
    }

    /// What the iterator of `lines` makes of the results.
    fn finish(&self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<(), Error<'gc>> {
        let Purpose::Iterate { closes } = self.purpose else { return Ok(()) };
        if stack.get(0).is_truthy() {
            return Ok(());
        }
        if stack.len() > 1 {
            let mut message = Vec::new();
            ctx.write_basic(&mut message, stack.get(1));
            return Err(Error::message(message));
        }
        stack.clear();
        if closes {
            // The reference drops the result of closing, too.
            let _ = close_stream(self.file);
        }
        Ok(())
    }
}

fn closed_file<'gc>() -> Error<'gc> {
    Error::message("attempt to use a closed file")
}

/// The format at a place of the stack.
fn format_at<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    index: usize,
) -> Result<Format, Error<'gc>> {
    if let Value::Integer(_) | Value::Float(_) = stack.get(index) {
        // As in the reference, a negative number is a very large one.
        let count = stack.integer(ctx, index)? as u64;
        return match usize::try_from(count) {
            Ok(count) if count <= crate::buffer::MAX_LENGTH => Ok(Format::Bytes(count)),
            _ => Err(Error::message("resulting string too large")),
        };
    }
    let name = stack.string(ctx, index)?;
    let name = name.as_bytes();
    match name.strip_prefix(b"*").unwrap_or(name).first() {
        Some(b'n') => Ok(Format::Number),
        Some(b'l') => Ok(Format::Line { keep_end: false }),
        Some(b'L') => Ok(Format::Line { keep_end: true }),
        Some(b'a') => Ok(Format::All),
        _ => Err(Error::argument(index + 1, "invalid format")),
    }
}

/// The numeral that is being read.
struct Numeral<'a> {
    stream: &'a mut Stream,
    bytes: SmallVec<[u8; 64]>,
    overflown: bool,
}

impl Numeral<'_> {
    #[inline]
    fn peek(&mut self) -> io::Result<Option<u8>> {
        match self.stream.buffered().first() {
            Some(&byte) => Ok(Some(byte)),
            None => Ok(self.stream.available()?.first().copied()),
        }
    }

    /// Takes the next byte if it is one of these.
    #[inline]
    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> io::Result<bool> {
        match self.peek()? {
            Some(byte) if wanted(byte) => {
                if self.bytes.len() >= MAX_NUMERAL {
                    self.overflown = true;
                    return Ok(false);
                }
                self.bytes.push(byte);
                self.stream.consume(1);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Takes digits; tells whether there were any.
    fn digits(&mut self, hexadecimal: bool) -> io::Result<bool> {
        let is_digit = |byte: u8| {
            if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() }
        };
        // Those that have been read ahead at once.
        let room = MAX_NUMERAL.saturating_sub(self.bytes.len());
        let buffered = self.stream.buffered();
        let count = buffered.iter().take(room).take_while(|byte| is_digit(**byte)).count();
        self.bytes.extend_from_slice(&buffered[..count]);
        self.stream.consume(count);
        let mut any = count > 0;
        while self.take(is_digit)? {
            any = true;
        }
        Ok(any)
    }

    /// Takes the longest prefix that a numeral may have.
    fn read(&mut self) -> io::Result<()> {
        self.take(|b| matches!(b, b'-' | b'+'))?;
        let mut any = false;
        let mut hexadecimal = false;
        if self.take(|b| b == b'0')? {
            hexadecimal = self.take(|b| matches!(b, b'x' | b'X'))?;
            any = !hexadecimal;
        }
        any |= self.digits(hexadecimal)?;
        if self.take(|b| b == b'.')? {
            any |= self.digits(hexadecimal)?;
        }
        let exponent = if hexadecimal { b'p' } else { b'e' };
        if any && self.take(|b| b.to_ascii_lowercase() == exponent)? {
            self.take(|b| matches!(b, b'-' | b'+'))?;
            self.digits(false)?;
        }
        Ok(())
    }
}

/// Skips white space and reads a number.
fn read_number<'gc>(
    stream: &mut Stream,
    stack: &mut Stack<'_, 'gc>,
) -> Result<Step<'gc>, Failure<'gc>> {
    let available = stream.available()?;
    let is_space = |byte: u8| byte.is_ascii_whitespace() || byte == 0x0B;
    let spaces = available.iter().take_while(|&&byte| is_space(byte)).count();
    let only_spaces = spaces > 0 && spaces == available.len();
    stack.burn(spaces / 16);
    stream.consume(spaces);
    if only_spaces {
        return Ok(Step::More);
    }
    let mut numeral = Numeral { stream, bytes: SmallVec::new(), overflown: false };
    numeral.read()?;
    stack.burn(numeral.bytes.len() * DIGIT_FUEL);
    if numeral.overflown {
        return Ok(Step::Read(None));
    }
    Ok(Step::Read(luster_number::parse_number(&numeral.bytes).map(Value::from)))
}
