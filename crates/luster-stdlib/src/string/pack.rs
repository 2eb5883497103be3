//! `string.pack`, `string.packsize` and `string.unpack`: values as bytes.

use gc_arena::Collect;
use luster_value::{
    CallbackReturn, Context, Error, LuaString, Poll, Sequence, Stack, Value, account,
};
use smallvec::SmallVec;

use crate::buffer::{MAX_LENGTH, check, reserve_results};
use crate::counted::CountedMemory;

use super::{copied, start_position};

/// The longest integer, in bytes.
const MAX_INTEGER_SIZE: usize = 16;
/// The length of a Lua integer in bytes.
const INTEGER_SIZE: usize = size_of::<i64>();
/// The largest alignment that a C type asks for: that of a `long double`.
const MAX_NATIVE_ALIGNMENT: usize = 16;

/// How many bytes of a format are read before the fuel is looked at, and how many may be written.
const PORTION: usize = 1 << 14;
const LONG_PORTION: usize = 1 << 18;

/// The longest result of the quick form.
const QUICK_LENGTH: usize = 256;

/// What has been packed.
type Bytes = SmallVec<[u8; 64]>;

/// Makes room for more bytes.
#[inline]
fn grow<'gc>(out: &mut Bytes, more: usize) -> Result<(), Error<'gc>> {
    if out.capacity() - out.len() >= more {
        return Ok(());
    }
    let least = out.len().saturating_add(more);
    check(least)?;
    // While it grows, there may be a second buffer beside it.
    // Never by less than a part of what there is, since all of that is copied.
    for part in [1, 4, 16] {
        let wanted = out.capacity().saturating_add(out.capacity() / part).max(least);
        if account::has_room_for(wanted.saturating_add(out.capacity())) {
            return out.try_reserve_exact(wanted - out.len()).map_err(|_| Error::memory());
        }
    }
    Err(Error::memory())
}

/// Appends bytes.
#[inline]
fn append<'gc>(out: &mut Bytes, bytes: &[u8]) -> Result<(), Error<'gc>> {
    grow(out, bytes.len())?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// What an option is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Float,
    Double,
    /// A string of fixed length.
    Chars,
    /// A string after its length.
    Counted,
    /// A string before a zero.
    ZeroTerminated,
    Padding,
    /// Padding up to an alignment.
    Align,
    /// It only changes how others are read.
    Nothing,
}

/// An option, with the size of its value (of its length, for a counted string) and the padding
/// before it.
#[derive(Clone, Copy, Debug)]
struct Item {
    kind: Kind,
    size: usize,
    padding: usize,
}

/// A format being read.
struct Format<'a> {
    rest: &'a [u8],
    little_endian: bool,
    max_alignment: usize,
}

impl<'a> Format<'a> {
    fn new(format: &'a [u8]) -> Self {
        // To the reference it is a C string.
        let rest = format.split(|&byte| byte == 0).next().unwrap_or_default();
        Format { rest, little_endian: cfg!(target_endian = "little"), max_alignment: 1 }
    }

    /// A number, if there is one here.
    fn number(&mut self) -> Option<usize> {
        let mut value = None;
        while let [digit @ b'0'..=b'9', after @ ..] = self.rest {
            let number = value.unwrap_or(0);
            if value.is_some() && number > (MAX_LENGTH - 9) / 10 {
                break;
            }
            value = Some(number * 10 + usize::from(digit - b'0'));
            self.rest = after;
        }
        value
    }

    /// The size of an integer: a number, or the default.
    fn integer_size<'gc>(&mut self, default: usize) -> Result<usize, Error<'gc>> {
        let size = self.number().unwrap_or(default);
        if (1..=MAX_INTEGER_SIZE).contains(&size) {
            return Ok(size);
        }
        // The reference prints it as a C `int`.
        let size = size as i32;
        Err(Error::message(format!("integral size ({size}) out of limits [1,{MAX_INTEGER_SIZE}]")))
    }

    /// The next option and its size, without regard to alignment.
    #[inline(always)]
    fn option<'gc>(&mut self) -> Result<Option<(Kind, usize)>, Error<'gc>> {
        let [letter, rest @ ..] = self.rest else { return Ok(None) };
        self.rest = rest;
        Ok(Some(match letter {
            b'b' => (Kind::Signed, 1),
            b'B' => (Kind::Unsigned, 1),
            b'h' => (Kind::Signed, 2),
            b'H' => (Kind::Unsigned, 2),
            b'l' | b'j' => (Kind::Signed, 8),
            b'L' | b'J' | b'T' => (Kind::Unsigned, 8),
            b'f' => (Kind::Float, 4),
            b'n' | b'd' => (Kind::Double, 8),
            b'i' => (Kind::Signed, self.integer_size(4)?),
            b'I' => (Kind::Unsigned, self.integer_size(4)?),
            b's' => (Kind::Counted, self.integer_size(8)?),
            b'c' => match self.number() {
                Some(size) => (Kind::Chars, size),
                None => return Err(Error::message("missing size for format option 'c'")),
            },
            b'z' => (Kind::ZeroTerminated, 0),
            b'x' => (Kind::Padding, 1),
            b'X' => (Kind::Align, 0),
            b' ' => (Kind::Nothing, 0),
            b'<' => {
                self.little_endian = true;
                (Kind::Nothing, 0)
            }
            b'>' => {
                self.little_endian = false;
                (Kind::Nothing, 0)
            }
            b'=' => {
                self.little_endian = cfg!(target_endian = "little");
                (Kind::Nothing, 0)
            }
            b'!' => {
                self.max_alignment = self.integer_size(MAX_NATIVE_ALIGNMENT)?;
                (Kind::Nothing, 0)
            }
            &other => {
                let mut message = b"invalid format option '".to_vec();
                message.push(other);
                message.push(b'\'');
                return Err(Error::message(message));
            }
        }))
    }

    /// The next option, after `total` bytes.
    #[inline(always)]
    fn item<'gc>(&mut self, total: usize) -> Result<Option<Item>, Error<'gc>> {
        let Some((kind, size)) = self.option()? else { return Ok(None) };
        let mut alignment = size;
        if kind == Kind::Align {
            alignment = match self.option()? {
                Some((next, size)) if next != Kind::Chars && size != 0 => size,
                _ => return Err(Error::argument(1, "invalid next option for option 'X'")),
            };
        }
        let padding = if alignment <= 1 || kind == Kind::Chars {
            0
        } else {
            let alignment = alignment.min(self.max_alignment);
            if !alignment.is_power_of_two() {
                return Err(Error::argument(1, "format asks for alignment not power of 2"));
            }
            total.wrapping_neg() & (alignment - 1)
        };
        Ok(Some(Item { kind, size, padding }))
    }
}

/// `string.pack(format, ...)`: the values as bytes.
pub(super) fn pack<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let format = stack.string(ctx, 0)?;
    let little_endian = cfg!(target_endian = "little");
    // To the reference it is a C string.
    let end = memchr::memchr(0, format.as_bytes()).unwrap_or(format.len());
    // As in the reference, the first argument that is missing looks like a nil.
    reserve_results(stack, 1, "too many arguments")?;
    stack.push(Value::Nil);
    let (out, memory) = (Bytes::new(), CountedMemory::default());
    let mut packing =
        Packing { format, read: 0, end, little_endian, max_alignment: 1, index: 0, out, memory };
    match packing.go_on(ctx, stack) {
        Ok(true) => Ok(CallbackReturn::Return),
        Ok(false) => Ok(CallbackReturn::Sequence(Box::new(packing))),
        Err(error) => {
            // The arguments are as they were, for whoever tries again.
            stack.pop();
            Err(error)
        }
    }
}

/// A `pack` at work. The arguments stay on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Packing<'gc> {
    format: LuaString<'gc>,
    /// How much of the format has been read, where it ends, and what it said of what comes after.
    read: usize,
    end: usize,
    little_endian: bool,
    max_alignment: usize,
    /// The value's index, which messages count from 1.
    index: usize,
    #[collect(require_static)]
    out: Bytes,
    memory: CountedMemory,
}

impl<'gc> Sequence<'gc> for Packing<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if self.go_on(ctx, stack)? { Ok(Poll::Return) } else { Ok(Poll::Pending) }
    }
}

impl<'gc> Packing<'gc> {
    /// Packs values until it is done, or has done much. Tells whether the result is on the stack.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let rest = &self.format.as_bytes()[self.read..self.end];
        let (little_endian, max_alignment) = (self.little_endian, self.max_alignment);
        let mut format = Format { rest, little_endian, max_alignment };
        let (length, rest) = (self.out.len(), format.rest.len());
        let mut index = self.index;
        let is_done = pack_some(ctx, stack, &mut format, &mut self.out, &mut index)?;
        (self.little_endian, self.max_alignment) = (format.little_endian, format.max_alignment);
        self.read += rest - format.rest.len();
        self.index = index;
        stack.burn((rest - format.rest.len()) / 4 + (self.out.len() - length) / 64);
        if !is_done {
            self.memory.set(self.out.capacity());
            return Ok(false);
        }
        self.memory.set(0);
        let out = std::mem::take(&mut self.out);
        let result =
            if out.len() < 4096 { ctx.intern(&out) } else { ctx.intern_owned(out.into_vec()) };
        stack.replace(Value::String(result));
        Ok(true)
    }
}

/// Packs values by the options of a format, not too many at once. Tells whether the format is at its
/// end.
fn pack_some<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    format: &mut Format<'_>,
    out: &mut Bytes,
    index: &mut usize,
) -> Result<bool, Error<'gc>> {
    let begin = out.len();
    let end = format.rest.len().saturating_sub(PORTION);
    let mut at = *index;
    while format.rest.is_empty() || format.rest.len() > end && out.len() - begin < LONG_PORTION {
        let Some(Item { kind, size, padding }) = format.item(out.len())? else {
            *index = at;
            return Ok(true);
        };
        let more = size.saturating_add(padding);
        if more > MAX_LENGTH - out.len() {
            return Err(Error::argument(at + 1, "result too long"));
        }
        // A string of a given length is checked before there has to be room for it.
        grow(out, if kind == Kind::Chars { padding } else { more })?;
        out.resize(out.len() + padding, 0);
        let little = format.little_endian;
        if !matches!(kind, Kind::Padding | Kind::Align | Kind::Nothing) {
            at += 1;
        }
        match kind {
            Kind::Signed => {
                let value = stack.integer(ctx, at)?;
                if !put_number(out, kind, size, little, Value::Integer(value)) {
                    return Err(Error::argument(at + 1, "integer overflow"));
                }
            }
            Kind::Unsigned => {
                let value = stack.integer(ctx, at)?;
                if !put_number(out, kind, size, little, Value::Integer(value)) {
                    return Err(Error::argument(at + 1, "unsigned overflow"));
                }
            }
            Kind::Float | Kind::Double => {
                let value = stack.float(ctx, at)?;
                put_number(out, kind, size, little, Value::float(value));
            }
            Kind::Chars => {
                let text = stack.string(ctx, at)?;
                let text = text.as_bytes();
                if text.len() > size {
                    return Err(Error::argument(at + 1, "string longer than given size"));
                }
                grow(out, size)?;
                out.extend_from_slice(text);
                out.resize(out.len() + (size - text.len()), 0);
            }
            Kind::Counted => {
                let text = stack.string(ctx, at)?;
                let text = text.as_bytes();
                if size < INTEGER_SIZE && text.len() as u64 >= 1 << (size * 8) {
                    let message = "string length does not fit in given size";
                    return Err(Error::argument(at + 1, message));
                }
                write_integer(out, text.len() as i64, false, size, little);
                append(out, text)?;
            }
            Kind::ZeroTerminated => {
                let text = stack.string(ctx, at)?;
                let text = text.as_bytes();
                if text.contains(&0) {
                    return Err(Error::argument(at + 1, "string contains zeros"));
                }
                grow(out, text.len() + 1)?;
                append(out, text)?;
                append(out, &[0])?;
            }
            Kind::Padding => out.push(0),
            Kind::Align | Kind::Nothing => {}
        }
    }
    *index = at;
    Ok(false)
}

/// `string.pack(format, ...)` of numbers, and of strings that are not long: the quick form, which
/// leaves to the function whatever has to be converted or is wrong.
pub(crate) fn quick_pack<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    let [Value::String(format), ref values @ ..] = *arguments else { return None };
    let mut format = Format::new(format.as_bytes());
    let mut values = values.iter();
    let mut out = Bytes::new();
    while let Some(Item { kind, size, padding }) = format.item(out.len()).ok()? {
        if size.max(out.len()) > QUICK_LENGTH {
            return None;
        }
        out.resize(out.len() + padding, 0);
        match kind {
            Kind::Padding => out.push(0),
            Kind::Align | Kind::Nothing => {}
            Kind::Chars | Kind::Counted | Kind::ZeroTerminated => {
                let Value::String(text) = *values.next()? else { return None };
                put_text(&mut out, kind, size, format.little_endian, text.as_bytes())?;
            }
            _ => {
                let value = *values.next()?;
                if !put_number(&mut out, kind, size, format.little_endian, value) {
                    return None;
                }
            }
        }
    }
    Some(Value::String(ctx.intern(&out)))
}

/// Appends a string that is not long, if the option can hold it.
fn put_text(
    out: &mut Bytes,
    kind: Kind,
    size: usize,
    little_endian: bool,
    text: &[u8],
) -> Option<()> {
    if text.len() > QUICK_LENGTH {
        return None;
    }
    match kind {
        Kind::Chars => {
            let missing = size.checked_sub(text.len())?;
            out.extend_from_slice(text);
            out.resize(out.len() + missing, 0);
        }
        Kind::Counted => {
            if size < INTEGER_SIZE && text.len() as u64 >= 1 << (size * 8) {
                return None;
            }
            write_integer(out, text.len() as i64, false, size, little_endian);
            out.extend_from_slice(text);
        }
        _ => {
            if text.contains(&0) {
                return None;
            }
            out.extend_from_slice(text);
            out.push(0);
        }
    }
    Some(())
}

/// Appends a number that need not be converted to another type of number, but from an integer to a
/// float. Tells whether it is one, and the option can hold it.
#[inline]
fn put_number(
    out: &mut Bytes,
    kind: Kind,
    size: usize,
    little_endian: bool,
    value: Value<'_>,
) -> bool {
    match (kind, value) {
        (Kind::Signed, Value::Integer(value)) => {
            let unused = 64_usize.saturating_sub(size * 8);
            if value << unused >> unused != value {
                return false;
            }
            write_integer(out, value, true, size, little_endian);
        }
        (Kind::Unsigned, Value::Integer(value)) => {
            if size < INTEGER_SIZE && value as u64 >> (size * 8) != 0 {
                return false;
            }
            write_integer(out, value, false, size, little_endian);
        }
        (Kind::Float | Kind::Double, Value::Integer(value)) => {
            put_float(out, kind, little_endian, value as f64);
        }
        (Kind::Float | Kind::Double, Value::Float(value)) => {
            put_float(out, kind, little_endian, value.get());
        }
        _ => return false,
    }
    true
}

/// Appends a float, of single or double precision.
#[inline]
fn put_float(out: &mut Bytes, kind: Kind, little_endian: bool, value: f64) {
    match (kind, little_endian) {
        (Kind::Float, true) => out.extend_from_slice(&(value as f32).to_le_bytes()),
        (Kind::Float, false) => out.extend_from_slice(&(value as f32).to_be_bytes()),
        (_, true) => out.extend_from_slice(&value.to_le_bytes()),
        (_, false) => out.extend_from_slice(&value.to_be_bytes()),
    }
}

/// Appends the lowest bytes of an integer, which may have more than the integer itself.
fn write_integer(out: &mut Bytes, value: i64, signed: bool, size: usize, little_endian: bool) {
    match (size, little_endian) {
        (1, _) => out.push(value as u8),
        (2, true) => out.extend_from_slice(&(value as u16).to_le_bytes()),
        (2, false) => out.extend_from_slice(&(value as u16).to_be_bytes()),
        (4, true) => out.extend_from_slice(&(value as u32).to_le_bytes()),
        (4, false) => out.extend_from_slice(&(value as u32).to_be_bytes()),
        (8, true) => out.extend_from_slice(&value.to_le_bytes()),
        (8, false) => out.extend_from_slice(&value.to_be_bytes()),
        _ => {
            let whole = if signed { i128::from(value) } else { i128::from(value as u64) };
            if little_endian {
                out.extend_from_slice(&whole.to_le_bytes()[..size]);
            } else {
                out.extend_from_slice(&whole.to_be_bytes()[MAX_INTEGER_SIZE - size..]);
            }
        }
    }
}

/// `string.packsize(format)`: the length of what `pack` makes with this format.
pub(super) fn packsize<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let format = stack.string(ctx, 0)?;
    stack.burn(format.len() / 4);
    let mut format = Format::new(format.as_bytes());
    let mut total = 0;
    while let Some(Item { kind, size, padding }) = format.item(total)? {
        if matches!(kind, Kind::Counted | Kind::ZeroTerminated) {
            return Err(Error::argument(1, "variable-length format"));
        }
        let more = size.saturating_add(padding);
        if more > MAX_LENGTH || total > MAX_LENGTH - more {
            return Err(Error::argument(1, "format result too large"));
        }
        total += more;
    }
    stack.replace(Value::Integer(total as i64));
    Ok(CallbackReturn::Return)
}

/// `string.unpack(format, s [, position])`: the values that bytes hold, and the position after them.
pub(super) fn unpack<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let format = stack.string(ctx, 0)?;
    let data = stack.string(ctx, 1)?;
    let data = data.as_bytes();
    let start = stack.optional_integer(ctx, 2, 1)?;
    let mut at = start_position(start, data.len()) - 1;
    if at > data.len() {
        return Err(Error::argument(3, "initial position out of string"));
    }
    stack.burn(format.len() / 4);
    let mut format = Format::new(format.as_bytes());
    stack.clear();
    let too_short = || Error::argument(2, "data string too short");
    while let Some(Item { kind, size, padding }) = format.item(at)? {
        if size.saturating_add(padding) > data.len() - at {
            return Err(too_short());
        }
        at += padding;
        reserve_results(stack, 2, "too many results")?;
        let bytes = &data[at..at + size];
        at += size;
        let little = format.little_endian;
        match kind {
            Kind::Signed | Kind::Unsigned => {
                let value = read_integer(bytes, little, kind == Kind::Signed)?;
                stack.push(Value::Integer(value));
            }
            Kind::Float => {
                let bytes = bytes.try_into().unwrap_or([0; 4]);
                let value =
                    if little { f32::from_le_bytes(bytes) } else { f32::from_be_bytes(bytes) };
                stack.push(Value::float(f64::from(value)));
            }
            Kind::Double => {
                let bytes = bytes.try_into().unwrap_or([0; 8]);
                let value =
                    if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) };
                stack.push(Value::float(value));
            }
            Kind::Chars => {
                stack.burn(size / 64);
                stack.push(Value::String(copied(ctx, bytes)?));
            }
            Kind::Counted => {
                let length = read_integer(bytes, little, false)? as u64;
                if length > (data.len() - at) as u64 {
                    return Err(too_short());
                }
                let end = at + length as usize;
                stack.burn(length as usize / 64);
                stack.push(Value::String(copied(ctx, &data[at..end])?));
                at = end;
            }
            Kind::ZeroTerminated => {
                let Some(length) = memchr::memchr(0, &data[at..]) else {
                    return Err(Error::argument(2, "unfinished string for format 'z'"));
                };
                stack.burn(length / 64);
                stack.push(Value::String(copied(ctx, &data[at..at + length])?));
                at += length + 1;
            }
            Kind::Padding | Kind::Align | Kind::Nothing => {}
        }
    }
    reserve_results(stack, 1, "too many results")?;
    stack.burn(stack.len());
    stack.push(Value::Integer(at as i64 + 1));
    Ok(CallbackReturn::Return)
}

/// An integer of up to 16 bytes, whose bytes beyond the eighth may only extend its sign.
fn read_integer<'gc>(bytes: &[u8], little_endian: bool, signed: bool) -> Result<i64, Error<'gc>> {
    // The usual sizes first.
    match (bytes, little_endian) {
        (&[byte], _) => return Ok(if signed { i64::from(byte as i8) } else { i64::from(byte) }),
        (&[a, b], true) => return Ok(two_bytes([a, b], signed)),
        (&[a, b], false) => return Ok(two_bytes([b, a], signed)),
        (&[a, b, c, d], true) => return Ok(four_bytes([a, b, c, d], signed)),
        (&[a, b, c, d], false) => return Ok(four_bytes([d, c, b, a], signed)),
        _ => {}
    }
    if let Ok(bytes) = <[u8; INTEGER_SIZE]>::try_from(bytes) {
        let value =
            if little_endian { i64::from_le_bytes(bytes) } else { i64::from_be_bytes(bytes) };
        return Ok(value);
    }
    let size = bytes.len();
    let mut value = 0_u128;
    for index in 0..size {
        let byte = bytes[if little_endian { size - 1 - index } else { index }];
        value = value << 8 | u128::from(byte);
    }
    if size <= INTEGER_SIZE {
        let unused = 64 - 8 * size as u32;
        let value = (value as u64) << unused;
        return Ok(if signed { value as i64 >> unused } else { (value >> unused) as i64 });
    }
    let unused = 128 - 8 * size as u32;
    let low = value as i64;
    let fits = if signed {
        ((value << unused) as i128 >> unused) == i128::from(low)
    } else {
        value <= u128::from(u64::MAX)
    };
    if fits {
        Ok(low)
    } else {
        Err(Error::message(format!("{size}-byte integer does not fit into Lua Integer")))
    }
}

/// An integer of two bytes, the lowest first.
fn two_bytes(bytes: [u8; 2], signed: bool) -> i64 {
    let value = u16::from_le_bytes(bytes);
    if signed { i64::from(value as i16) } else { i64::from(value) }
}

/// An integer of four bytes, the lowest first.
fn four_bytes(bytes: [u8; 4], signed: bool) -> i64 {
    let value = u32::from_le_bytes(bytes);
    if signed { i64::from(value as i32) } else { i64::from(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_all_sizes_are_read_back() {
        for size in 1..=MAX_INTEGER_SIZE {
            for little in [false, true] {
                for value in [0_i64, 1, -1, 127, -128] {
                    let mut out = Bytes::new();
                    write_integer(&mut out, value, true, size, little);
                    assert_eq!(out.len(), size);
                    assert_eq!(read_integer(&out, little, true).unwrap(), value);
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut bytes = [0; 12];
        bytes[8] = 1;
        assert!(read_integer(&bytes, true, false).is_err());
        assert!(read_integer(&bytes, true, true).is_err());
        let bytes = [0xFF; 12];
        assert_eq!(read_integer(&bytes, true, true).unwrap(), -1);
        assert!(read_integer(&bytes, true, false).is_err());
    }

    #[test]
    fn alignment_follows_the_options() {
        let mut format = Format::new(b"!4 b i8 Xd");
        let mut total = 0;
        let mut paddings = Vec::new();
        while let Some(item) = format.item(total).unwrap() {
            total += item.size + item.padding;
            paddings.push(item.padding);
        }
        assert_eq!(paddings, [0, 0, 0, 0, 3, 0, 0]);
        assert_eq!(total, 12);
    }
}
