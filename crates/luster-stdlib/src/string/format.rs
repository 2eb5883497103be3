//! `string.format`: reading formats. How numbers are written is in `luster-number`.

use gc_arena::Collect;
use luster_number::{
    FloatConversion, FormatSpec, IntegerConversion, format_float, format_integer, write_integer,
};
use luster_value::{
    CallbackReturn, Context, Error, LuaString, Metamethod, Poll, Sequence, Stack, Value, account,
};

use crate::buffer::{append, grow, reserve_results};
use crate::counted::{CountedMemory, Pieces};
use crate::work::is_much_to_read;

/// The longest specification that there may be, its letter included.
const MAX_SPECIFICATION: usize = 22;

/// Flags of the conversions of floats.
const FLOAT_FLAGS: &[u8] = b"-+#0 ";
/// Flags of `%x`, `%X` and `%o`.
const UNSIGNED_FLAGS: &[u8] = b"-#0";
/// Flags of `%d` and `%i`.
const INTEGER_FLAGS: &[u8] = b"-+0 ";
/// Flags of `%u`.
const DECIMAL_FLAGS: &[u8] = b"-0";
/// Flags of `%c`, `%p` and `%s`.
const TEXT_FLAGS: &[u8] = b"-";

/// From this length on a string without a precision is not padded.
const LONG_TEXT: usize = 100;

/// How many conversions there may be before the fuel is looked at.
const PORTION: usize = 1_000;

/// How much of a string is quoted at a time.
const QUOTED_PORTION: usize = 4096;

/// How many bytes may be written before the fuel is looked at.
const LONG_PORTION: usize = 1 << 16;

/// The longest that a number may become, as `%.99f` of the largest one.
const LONGEST: usize = 448;

/// What the text of a float costs, which has as many digits as tell it apart.
const FLOAT_TEXT: usize = 14;

/// What the text of anything else costs that is no string.
const OTHER_TEXT: usize = 4;

/// What so many digits of a number cost, rounded as `%e` and `%g` do. More digits than fit a word are
/// calculated one by one, from a number that is the longer, the larger the exponent.
fn digits_work(value: Value<'_>, written: usize) -> usize {
    const FIT: usize = 16;
    let exponent = match value {
        Value::Float(value) => (value.get().to_bits() >> 52 & 0x7FF).abs_diff(1023) as usize,
        Value::Integer(_) => 0,
        // A string's is not known.
        _ => 1023,
    };
    let each = if written > FIT { 2 + exponent / 200 } else { 0 };
    FLOAT_TEXT + exponent / 64 + written * each + written / 4
}

/// `string.format(format, ...)`: the format with its conversions replaced by the arguments.
pub(super) fn format<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let format = stack.string(ctx, 0)?;
    let mut formatting = Formatting {
        format,
        at: 0,
        argument: 0,
        arguments: stack.len(),
        // With room for a conversion, so that few results have to be moved.
        result: Vec::with_capacity(format.len().min(1 << 12) + 64 + LONGEST),
        pieces: Pieces::default(),
        memory: CountedMemory::default(),
        is_complete: false,
        quoting: None,
        long: None,
        waiting: None,
    };
    Ok(match formatting.go_on(ctx, stack)? {
        Next::Done => CallbackReturn::Return,
        _ => CallbackReturn::Sequence(Box::new(formatting)),
    })
}

/// What a formatting needs to go on.
enum Next<'gc> {
    /// Nothing: its result is on the stack.
    Done,
    /// Fuel.
    Pause,
    /// The first result of calling this metamethod with this value.
    Call(Value<'gc>, Value<'gc>),
}

/// What stands between a `%` and its letter, the letter included.
#[derive(Clone, Copy)]
struct Specification<'a> {
    text: &'a [u8],
}

/// A `format` at work. The arguments stay on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Formatting<'gc> {
    format: LuaString<'gc>,
    /// How much of the format has been read.
    at: usize,
    /// The argument converted last, numbered from 0, the format itself being the first.
    argument: usize,
    /// How many there are.
    arguments: usize,
    result: Vec<u8>,
    /// What has been put by of a very long result.
    pieces: Pieces,
    memory: CountedMemory,
    /// Whether all has been written.
    is_complete: bool,
    /// How much has been written of the string for a `%q`.
    quoting: Option<usize>,
    /// The long string of a `%s`.
    long: Option<LongText<'gc>>,
    /// The end of the `%s` that waits for a metamethod, and the function to call unless it has been.
    waiting: Option<Waiting<'gc>>,
}

/// A long string that is written in portions.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct LongText<'gc> {
    text: LuaString<'gc>,
    /// How much of it has been written, or searched.
    done: usize,
    /// Whether it is still searched for zeros, before anything is written.
    is_searched: bool,
}

#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct Waiting<'gc> {
    function: Value<'gc>,
    value: Value<'gc>,
    called: bool,
}

impl<'gc> Formatting<'gc> {
    /// Converts arguments until it is done or needs something.
    fn go_on(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Next<'gc>, Error<'gc>> {
        let format = self.format.as_bytes();
        let mut portion = PORTION;
        if self.is_complete {
            return self.finish(ctx, stack);
        }
        self.put_by();
        let mut charged = self.written();
        let mut is_due = false;
        loop {
            // Everything that takes long shows in the portion or in the length.
            let written = self.written() - charged;
            if portion == 0 || is_due || written > LONG_PORTION {
                stack.burn(PORTION - portion + written / 8);
                self.put_by();
                (portion, charged, is_due) = (PORTION, self.written(), false);
                self.count_memory();
                if stack.out_of_fuel() || account::should_end_slice() {
                    return Ok(Next::Pause);
                }
            }
            portion = portion.saturating_sub(1);
            if let Some(from) = self.quoting {
                self.quote(stack, from)?;
                portion = portion.saturating_sub(QUOTED_PORTION / 4);
                continue;
            }
            if let Some(long) = self.long {
                let searched = self.go_on_with(long)?;
                stack.burn((searched / 32).saturating_sub(portion));
                portion = portion.saturating_sub(searched / 32);
                continue;
            }
            let rest = &format[self.at..];
            let near = &rest[..rest.len().min(LONG_PORTION)];
            let literal = memchr::memchr(b'%', near).unwrap_or(near.len());
            if literal > 0 {
                append(&mut self.result, &rest[..literal])?;
                self.at += literal;
                continue;
            }
            if rest.is_empty() {
                break;
            }
            self.at += 1;
            if rest.get(1) == Some(&b'%') {
                self.result.push(b'%');
                self.at += 1;
                continue;
            }
            self.argument += 1;
            if self.argument >= self.arguments {
                return Err(Error::argument(self.argument + 1, "no value"));
            }
            let specification = Specification::read(&format[self.at..])?;
            self.at += specification.text.len();
            grow(&mut self.result, LONGEST)?;
            let before = self.result.len();
            let function = self.convert(ctx, stack, specification)?;
            // Digits of floats are work, and more so the more there are: each takes a number as long as
            // all of them. So is to look for zeros in a string that may be cut. (Only what comes before a
            // long string may have been put by.)
            let written = self.result.len().saturating_sub(before);
            let argument = stack.get(self.argument);
            let work = match (specification.letter(), argument) {
                (b's', Value::String(text)) if self.long.is_none() && !specification.is_plain() => {
                    text.len() / 32
                }
                (b's', Value::String(_)) => 0,
                (b's', Value::Float(_)) => FLOAT_TEXT,
                (b's', _) => OTHER_TEXT,
                (b'f', _) => FLOAT_TEXT / 2 + written / 4 + written * written / 120,
                (b'e' | b'E' | b'g' | b'G', value) => digits_work(value, written),
                _ => written / 4,
            };
            stack.burn(work.saturating_sub(portion));
            portion = portion.saturating_sub(work);
            is_due = matches!(argument, Value::String(_))
                && specification.letter() != b's'
                && is_much_to_read(stack, self.argument);
            if let Some(function) = function {
                let value = stack.get(self.argument);
                self.waiting = Some(Waiting { function, value, called: false });
                stack.burn(PORTION - portion + (self.written() - charged) / 16);
                self.count_memory();
                return Ok(Next::Call(function, value));
            }
        }
        stack.burn(PORTION - portion + (self.written() - charged) / 16);
        self.is_complete = true;
        self.finish(ctx, stack)
    }

    /// Counts what it holds while it waits.
    fn count_memory(&mut self) {
        self.memory.set(size_of::<Self>() + self.result.capacity());
    }

    /// Puts the result on the stack, once its pieces are together.
    #[inline]
    fn finish(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Next<'gc>, Error<'gc>> {
        self.memory.set(0);
        let Some(result) = self.pieces.gather(&mut self.result, stack)? else {
            return Ok(Next::Pause);
        };
        // A result of ordinary length is copied, so that its buffer's spare room does not stay.
        let result =
            if result.len() < 4096 { ctx.intern(&result) } else { ctx.intern_owned(result) };
        stack.replace(Value::String(result));
        Ok(Next::Done)
    }

    /// Converts the current argument, or says what to call to make it a string.
    fn convert(
        &mut self,
        ctx: Context<'gc>,
        stack: &Stack<'_, 'gc>,
        specification: Specification<'_>,
    ) -> Result<Option<Value<'gc>>, Error<'gc>> {
        let (index, out) = (self.argument, &mut self.result);
        match specification.letter() {
            b'd' | b'i' => {
                let value = stack.integer(ctx, index)?;
                if specification.is_plain() {
                    write_integer(out, value);
                } else {
                    let spec = specification.check(INTEGER_FLAGS, true)?;
                    format_integer(out, &spec, IntegerConversion::Decimal, value);
                }
            }
            b'u' => {
                let value = stack.integer(ctx, index)?;
                let spec = specification.check(DECIMAL_FLAGS, true)?;
                format_integer(out, &spec, IntegerConversion::Unsigned, value);
            }
            letter @ (b'o' | b'x' | b'X') => {
                let value = stack.integer(ctx, index)?;
                let spec = specification.check(UNSIGNED_FLAGS, true)?;
                let conversion = match letter {
                    b'o' => IntegerConversion::Octal,
                    b'x' => IntegerConversion::HexLower,
                    _ => IntegerConversion::HexUpper,
                };
                format_integer(out, &spec, conversion, value);
            }
            letter @ (b'a' | b'A') => {
                let spec = specification.check(FLOAT_FLAGS, true)?;
                let value = stack.float(ctx, index)?;
                let conversion = match letter {
                    b'a' => FloatConversion::HexLower,
                    _ => FloatConversion::HexUpper,
                };
                format_float(out, &spec, conversion, value);
            }
            letter @ (b'f' | b'e' | b'E' | b'g' | b'G') => {
                let value = stack.float(ctx, index)?;
                let spec = specification.check(FLOAT_FLAGS, true)?;
                let conversion = match letter {
                    b'f' => FloatConversion::Fixed,
                    b'e' => FloatConversion::ExponentLower,
                    b'E' => FloatConversion::ExponentUpper,
                    b'g' => FloatConversion::GeneralLower,
                    _ => FloatConversion::GeneralUpper,
                };
                format_float(out, &spec, conversion, value);
            }
            b'c' => {
                let spec = specification.check(TEXT_FLAGS, false)?;
                // As C's `%c`, the lowest byte counts.
                let byte = stack.integer(ctx, index)? as u8;
                pad(out, &spec, &[byte])?;
            }
            b'p' => {
                let spec = specification.check(TEXT_FLAGS, false)?;
                let text = match stack.get(index).address() {
                    Some(address) => format!("{address:#x}"),
                    None => "(null)".into(),
                };
                pad(out, &spec, text.as_bytes())?;
            }
            b'q' => {
                if !specification.is_plain() {
                    return Err(Error::message("specifier '%q' cannot have modifiers"));
                }
                match stack.get(index) {
                    Value::String(text) if text.len() > QUOTED_PORTION => {
                        append(out, b"\"")?;
                        self.quoting = Some(0);
                    }
                    value => write_literal(out, index, value)?,
                }
            }
            b's' => {
                let value = stack.get(index);
                match value {
                    Value::String(text) => self.write_string(specification, text)?,
                    _ => match ctx.metamethod(value, Metamethod::ToString) {
                        Value::Nil if specification.is_plain() => ctx.write_basic(out, value),
                        Value::Nil => {
                            let mut text = Vec::new();
                            ctx.write_basic(&mut text, value);
                            write_text(out, index, specification, &text)?;
                        }
                        function => return Ok(Some(function)),
                    },
                }
            }
            _ => {
                let mut message = b"invalid conversion '".to_vec();
                message.extend(specification.shown());
                message.extend(b"' to 'format'");
                return Err(Error::message(message));
            }
        }
        Ok(None)
    }

    /// Writes a piece of the long string that is the current argument, as a `%q` does.
    fn quote(&mut self, stack: &Stack<'_, 'gc>, from: usize) -> Result<(), Error<'gc>> {
        let Value::String(text) = stack.get(self.argument) else {
            unreachable!("only strings are quoted in pieces");
        };
        let text = text.as_bytes();
        let to = text.len().min(from + QUOTED_PORTION);
        write_escaped(&mut self.result, text, from, to)?;
        self.quoting = Some(to);
        if to == text.len() {
            append(&mut self.result, b"\"")?;
            self.quoting = None;
        }
        Ok(())
    }

    /// Writes what the metamethod gave for the argument of a `%s`.
    fn write_result(&mut self, ctx: Context<'gc>, value: Value<'gc>) -> Result<(), Error<'gc>> {
        let text = match value {
            Value::String(text) => text,
            other => ctx.number_to_string(other).ok_or_else(not_a_string)?,
        };
        self.write_string(self.last_specification(), text)
    }

    /// The specification that has been read last.
    fn last_specification(&self) -> Specification<'gc> {
        // It ends where reading goes on; what can be in it is no `%`.
        let read = &self.format.as_bytes()[..self.at];
        let start = read.iter().rposition(|&byte| byte == b'%').map_or(0, |percent| percent + 1);
        Specification { text: &read[start..] }
    }

    /// Writes the text of a `%s`, or begins to if it is long.
    fn write_string(
        &mut self,
        specification: Specification<'_>,
        text: LuaString<'gc>,
    ) -> Result<(), Error<'gc>> {
        if text.len() <= LONG_PORTION {
            return write_text(&mut self.result, self.argument, specification, text.as_bytes());
        }
        let is_searched = !specification.is_plain();
        if !is_searched {
            self.make_room(text.len())?;
        }
        self.long = Some(LongText { text, done: 0, is_searched });
        Ok(())
    }

    /// How much has been written.
    #[inline]
    fn written(&self) -> usize {
        self.pieces.len() + self.result.len()
    }

    /// Puts by what there is of a very long result, unless what comes has its room.
    #[inline]
    fn put_by(&mut self) {
        if self.long.is_none() && self.at < self.format.len() {
            self.pieces.put_by(&mut self.result);
        }
    }

    /// Makes room for a long string in one place.
    fn make_room(&mut self, more: usize) -> Result<(), Error<'gc>> {
        self.pieces.make_room(&mut self.result, more)
    }

    /// Writes a portion of the long string, or searches it for zeros. Tells how much was searched.
    fn go_on_with(&mut self, long: LongText<'gc>) -> Result<usize, Error<'gc>> {
        let text = long.text.as_bytes();
        let to = text.len().min(long.done + LONG_PORTION);
        let portion = &text[long.done..to];
        self.long = (to < text.len()).then_some(LongText { done: to, ..long });
        if !long.is_searched {
            append(&mut self.result, portion)?;
            return Ok(0);
        }
        refuse_zeros(self.argument, portion)?;
        if self.long.is_none() {
            let spec = self.last_specification().check(TEXT_FLAGS, true)?;
            match spec.precision {
                Some(precision) => {
                    pad(&mut self.result, &spec, &text[..text.len().min(precision)])?;
                }
                // It is too long to be padded.
                None => {
                    self.make_room(text.len())?;
                    self.long = Some(LongText { done: 0, is_searched: false, ..long });
                }
            }
        }
        Ok(portion.len())
    }
}

impl<'gc> Sequence<'gc> for Formatting<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if let Some(waiting) = &mut self.waiting {
            if !std::mem::replace(&mut waiting.called, true) {
                return call(stack, self.arguments, waiting.function, waiting.value);
            }
            self.waiting = None;
            let result = stack.get(self.arguments);
            stack.resize(self.arguments);
            self.write_result(ctx, result)?;
        }
        match self.go_on(ctx, stack)? {
            Next::Done => Ok(Poll::Return),
            Next::Pause => Ok(Poll::Pending),
            Next::Call(function, value) => {
                if let Some(waiting) = &mut self.waiting {
                    waiting.called = true;
                }
                call(stack, self.arguments, function, value)
            }
        }
    }
}

/// Asks for a metamethod's call above the arguments.
fn call<'gc>(
    stack: &mut Stack<'_, 'gc>,
    bottom: usize,
    function: Value<'gc>,
    value: Value<'gc>,
) -> Result<Poll<'gc>, Error<'gc>> {
    stack.resize(bottom);
    reserve_results(stack, 1, "string slice too long")?;
    stack.push(value);
    Ok(Poll::Call(function, bottom))
}

fn not_a_string<'gc>() -> Error<'gc> {
    Error::message("'__tostring' must return a string")
}

impl<'a> Specification<'a> {
    /// Reads one: flags, width and precision in any order, and whatever comes next.
    fn read<'gc>(format: &'a [u8]) -> Result<Self, Error<'gc>> {
        let modifiers = format
            .iter()
            .take(MAX_SPECIFICATION)
            .take_while(|byte| matches!(byte, b'-' | b'+' | b'#' | b' ' | b'.' | b'0'..=b'9'))
            .count();
        if modifiers + 1 >= MAX_SPECIFICATION {
            return Err(Error::message("invalid format (too long)"));
        }
        Ok(Specification { text: &format[..format.len().min(modifiers + 1)] })
    }

    /// The letter, 0 if there is none.
    fn letter(self) -> u8 {
        self.text.last().copied().unwrap_or(0)
    }

    /// Whether it is only a letter.
    fn is_plain(self) -> bool {
        self.text.len() == 1
    }

    /// As messages show it: as a C string.
    fn shown(self) -> Vec<u8> {
        let text = self.text.split(|&byte| byte == 0).next().unwrap_or_default();
        [b"%", text].concat()
    }

    /// Checks that it has only the flags that its letter takes, then a width, and a precision if
    /// one may follow.
    fn check<'gc>(self, flags: &[u8], precision: bool) -> Result<FormatSpec, Error<'gc>> {
        let mut spec = FormatSpec::default();
        let mut rest = self.text;
        while let [flag, after @ ..] = rest
            && flags.contains(flag)
        {
            match flag {
                b'-' => spec.left = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternate = true,
                _ => spec.zero = true,
            }
            rest = after;
        }
        // A width cannot begin with a zero.
        if rest.first() != Some(&b'0') {
            (spec.width, rest) = two_digits(rest);
            if precision && let [b'.', after @ ..] = rest {
                let (digits, after) = two_digits(after);
                spec.precision = Some(digits);
                rest = after;
            }
        }
        if rest.first().is_some_and(u8::is_ascii_alphabetic) {
            return Ok(spec);
        }
        let mut message = b"invalid conversion specification: '".to_vec();
        message.extend(self.shown());
        message.push(b'\'');
        Err(Error::message(message))
    }
}

/// A number of at most two digits, 0 if there are none, and what follows it.
fn two_digits(text: &[u8]) -> (usize, &[u8]) {
    let digits = text.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let value =
        text[..digits].iter().fold(0, |value, digit| value * 10 + usize::from(digit - b'0'));
    (value, &text[digits..])
}

/// Appends text, filled with spaces to the width.
fn pad<'gc>(out: &mut Vec<u8>, spec: &FormatSpec, text: &[u8]) -> Result<(), Error<'gc>> {
    let missing = spec.width.saturating_sub(text.len());
    grow(out, text.len() + missing)?;
    if !spec.left {
        out.resize(out.len() + missing, b' ');
    }
    out.extend_from_slice(text);
    if spec.left {
        out.resize(out.len() + missing, b' ');
    }
    Ok(())
}

/// Raises the error of an argument with zeros in it, where C would take one for its end.
fn refuse_zeros<'gc>(index: usize, text: &[u8]) -> Result<(), Error<'gc>> {
    match memchr::memchr(0, text) {
        Some(_) => Err(Error::argument(index + 1, "string contains zeros")),
        None => Ok(()),
    }
}

/// Appends the text of a `%s` that is not long.
fn write_text<'gc>(
    out: &mut Vec<u8>,
    index: usize,
    specification: Specification<'_>,
    text: &[u8],
) -> Result<(), Error<'gc>> {
    if specification.is_plain() {
        return append(out, text);
    }
    refuse_zeros(index, text)?;
    let spec = specification.check(TEXT_FLAGS, true)?;
    match spec.precision {
        None if text.len() >= LONG_TEXT => append(out, text),
        None => pad(out, &spec, text),
        Some(precision) => pad(out, &spec, &text[..text.len().min(precision)]),
    }
}

/// Appends a value as the source of a program would have it.
fn write_literal<'gc>(
    out: &mut Vec<u8>,
    index: usize,
    value: Value<'gc>,
) -> Result<(), Error<'gc>> {
    match value {
        Value::String(text) => write_quoted(out, text.as_bytes()),
        Value::Float(value) => {
            let value = value.get();
            if value.is_nan() {
                out.extend(b"(0/0)");
            } else if value.is_infinite() {
                out.extend(if value > 0.0 { &b"1e9999"[..] } else { b"-1e9999" });
            } else {
                format_float(out, &FormatSpec::default(), FloatConversion::HexLower, value);
            }
            Ok(())
        }
        // Its magnitude is no integer.
        Value::Integer(i64::MIN) => append(out, b"0x8000000000000000"),
        Value::Integer(value) => {
            write_integer(out, value);
            Ok(())
        }
        Value::Nil => append(out, b"nil"),
        Value::False => append(out, b"false"),
        Value::True => append(out, b"true"),
        _ => Err(Error::argument(index + 1, "value has no literal form")),
    }
}

/// Appends a string in quotes, with escapes that the lexer undoes.
fn write_quoted<'gc>(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Error<'gc>> {
    grow(out, text.len() + 2)?;
    out.push(b'"');
    write_escaped(out, text, 0, text.len())?;
    append(out, b"\"")
}

/// Appends a piece of what stands in quotes.
fn write_escaped<'gc>(
    out: &mut Vec<u8>,
    text: &[u8],
    from: usize,
    to: usize,
) -> Result<(), Error<'gc>> {
    for (index, &byte) in text.iter().enumerate().take(to).skip(from) {
        match byte {
            b'"' | b'\\' | b'\n' => append(out, &[b'\\', byte])?,
            _ if byte.is_ascii_control() => {
                // A digit that follows would count as the escape's.
                let is_followed = text.get(index + 1).is_some_and(u8::is_ascii_digit);
                let digits = [b'\\', b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10];
                let skipped = match byte {
                    0..10 if !is_followed => 2,
                    10..100 if !is_followed => 1,
                    _ => 0,
                };
                append(out, &digits[..1])?;
                append(out, &digits[1 + skipped..])?;
            }
            _ => append(out, &[byte])?,
        }
    }
    Ok(())
}
