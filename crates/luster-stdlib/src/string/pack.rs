//! `string.pack` and `string.packsize`: values as bytes, by a format, which both read in portions.
//!
//! How they are read back is in `unpack`.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, LuaString, Stack, Value, account};
use smallvec::SmallVec;

use crate::buffer::{MAX_LENGTH, check, reserve_results};
use crate::counted::{CountedMemory, Pieces};
use crate::work::{Work, is_much_to_read};

/// The longest integer, in bytes.
pub(super) const MAX_INTEGER_SIZE: usize = 16;
/// The length of a Lua integer in bytes.
pub(super) const INTEGER_SIZE: usize = size_of::<i64>();
/// The largest alignment that a C type asks for: that of a `long double`.
const MAX_NATIVE_ALIGNMENT: usize = 16;

/// How many bytes of a format are read before the fuel is looked at, and how many may be written.
pub(super) const PORTION: usize = 1 << 14;
pub(super) const LONG_PORTION: usize = 1 << 18;

/// The longest format that the quick form reads, and the longest result that it makes.
const QUICK_FORMAT: usize = 256;
const QUICK_LENGTH: usize = 128;

/// What has been packed.
pub(super) type Bytes = SmallVec<[u8; 64]>;

/// What packed values are appended to.
pub(super) trait Output {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Output for Bytes {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// What the quick form has packed: a few bytes.
struct FewBytes {
    bytes: [u8; QUICK_LENGTH],
    len: usize,
    /// Whether there were too many.
    is_full: bool,
}

impl FewBytes {
    /// Appends zeros.
    #[inline(always)]
    fn skip(&mut self, count: usize) {
        // They are all zero from the start.
        self.len += count;
        if self.len > QUICK_LENGTH {
            (self.len, self.is_full) = (0, true);
        }
    }
}

impl Output for FewBytes {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        match self.bytes.get_mut(self.len..self.len + bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            None => self.is_full = true,
        }
    }
}

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
pub(super) enum Kind {
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
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) size: usize,
    pub(super) padding: usize,
}

/// A format being read.
pub(super) struct Format<'a> {
    pub(super) rest: &'a [u8],
    pub(super) little_endian: bool,
    max_alignment: usize,
}

/// How far a format has been read, where it ends, and what it said of what comes after.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Place<'gc> {
    format: LuaString<'gc>,
    read: usize,
    end: usize,
    little_endian: bool,
    max_alignment: usize,
}

impl<'gc> Place<'gc> {
    /// The beginning of a format.
    #[inline]
    pub(super) fn begin(format: LuaString<'gc>) -> Self {
        // To the reference it is a C string.
        let bytes = format.as_bytes();
        let end = if bytes.len() <= QUICK_LENGTH {
            bytes.iter().position(|&byte| byte == 0)
        } else {
            memchr::memchr(0, bytes)
        };
        let end = end.unwrap_or(bytes.len());
        let little_endian = cfg!(target_endian = "little");
        Place { format, read: 0, end, little_endian, max_alignment: 1 }
    }

    /// The format from here on.
    #[inline]
    pub(super) fn format(&self) -> Format<'gc> {
        let rest = &self.format.as_bytes()[self.read..self.end];
        Format { rest, little_endian: self.little_endian, max_alignment: self.max_alignment }
    }

    /// Goes to where the format has been read to. Tells how many bytes there were.
    #[inline]
    pub(super) fn go_to(&mut self, format: &Format<'_>) -> usize {
        (self.little_endian, self.max_alignment) = (format.little_endian, format.max_alignment);
        let read = self.end - format.rest.len();
        read - std::mem::replace(&mut self.read, read)
    }
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
        // There may be megabytes of them.
        if let [b'0', ..] = self.rest {
            value = Some(0);
            while let Some((chunk, after)) = self.rest.split_first_chunk::<64>()
                && *chunk == [b'0'; 64]
            {
                self.rest = after;
            }
            let zeros = self.rest.iter().position(|&digit| digit != b'0');
            self.rest = &self.rest[zeros.unwrap_or(self.rest.len())..];
        }
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
    pub(super) fn item<'gc>(&mut self, total: usize) -> Result<Option<Item>, Error<'gc>> {
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
    let place = Place::begin(stack.string(ctx, 0)?);
    // As in the reference, the first argument that is missing looks like a nil.
    reserve_results(stack, 1, "too many arguments")?;
    stack.push(Value::Nil);
    let (out, pieces, memory) = (Bytes::new(), Pieces::default(), CountedMemory::default());
    let packing = Packing { place, index: 0, out, pieces, text: None, is_complete: false, memory };
    let result = packing.begin(ctx, stack);
    if result.is_err() {
        // The arguments are as they were, for whoever tries again.
        stack.pop();
    }
    result
}

/// A `pack` at work. The arguments stay on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Packing<'gc> {
    place: Place<'gc>,
    /// The value's index, which messages count from 1.
    index: usize,
    #[collect(require_static)]
    out: Bytes,
    /// What has been put by of a very long result.
    pieces: Pieces,
    text: Option<LongText<'gc>>,
    /// Whether all has been packed.
    is_complete: bool,
    memory: CountedMemory,
}

impl<'gc> Work<'gc> for Packing<'gc> {
    /// Packs values until it is done, or has done much. Tells whether the result is on the stack.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        if self.is_complete {
            return self.finish(ctx, stack);
        }
        let mut format = self.place.format();
        let (length, index) = (self.written(), self.index);
        let is_complete = match &mut self.text {
            Some(text) => {
                let is_appended = text.append_some(&mut self.out, self.index);
                if let Ok(true) = is_appended {
                    self.text = None;
                }
                is_appended.map(|_| false)
            }
            None => self.pack_some(ctx, stack, &mut format),
        };
        let read = self.place.go_to(&format);
        let values = self.index - index;
        stack.burn(read / 2 + values + self.written().saturating_sub(length) / 16);
        self.is_complete = is_complete?;
        if self.is_complete {
            return self.finish(ctx, stack);
        }
        // A long string has its room.
        if self.text.is_none()
            && self.out.len() >= LONG_PORTION
            && !self.place.format().rest.is_empty()
        {
            let mut out = std::mem::take(&mut self.out).into_vec();
            self.pieces.put_by(&mut out);
            self.out = out.into();
        }
        self.memory.set(self.out.capacity());
        Ok(false)
    }
}

impl<'gc> Packing<'gc> {
    /// How many bytes have been written.
    fn written(&self) -> usize {
        self.pieces.len() + self.out.len()
    }

    /// Puts the result on the stack, once its pieces are together. Tells whether it is there.
    fn finish(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<bool, Error<'gc>> {
        self.memory.set(0);
        let result = if self.pieces.is_empty() && self.out.len() < 4096 {
            ctx.intern(&self.out)
        } else {
            let mut last = std::mem::take(&mut self.out).into_vec();
            let Some(result) = self.pieces.gather(&mut last, stack)? else { return Ok(false) };
            ctx.intern_owned(result)
        };
        stack.replace(Value::String(result));
        Ok(true)
    }

    /// Packs values by the options of a format, not too many at once. Tells whether the format is at
    /// its end.
    fn pack_some(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        format: &mut Format<'_>,
    ) -> Result<bool, Error<'gc>> {
        let Packing { out, pieces, .. } = self;
        let put_by = pieces.len();
        let begin = out.len();
        let end = format.rest.len().saturating_sub(PORTION);
        let mut at = self.index;
        let mut is_due = false;
        while !is_due
            && (format.rest.is_empty()
                || format.rest.len() > end && out.len() - begin < LONG_PORTION)
        {
            let total = put_by + out.len();
            let Some(Item { kind, size, padding }) = format.item(total)? else {
                self.index = at;
                return Ok(true);
            };
            let more = size.saturating_add(padding);
            if more > MAX_LENGTH - total {
                return Err(Error::argument(at + 1, "result too long"));
            }
            // A string of a given length is checked before there has to be room for it.
            grow(out, if kind == Kind::Chars { padding } else { more })?;
            out.resize(out.len() + padding, 0);
            let little = format.little_endian;
            if !matches!(kind, Kind::Padding | Kind::Align | Kind::Nothing) {
                at += 1;
                is_due = is_much_to_read(stack, at);
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
                Kind::Chars | Kind::Counted | Kind::ZeroTerminated => {
                    let string = stack.string(ctx, at)?;
                    let text = string.as_bytes();
                    let zeros = match kind {
                        Kind::Chars => {
                            let Some(zeros) = size.checked_sub(text.len()) else {
                                let message = "string longer than given size";
                                return Err(Error::argument(at + 1, message));
                            };
                            zeros
                        }
                        Kind::Counted => {
                            if size < INTEGER_SIZE && text.len() as u64 >= 1 << (size * 8) {
                                let message = "string length does not fit in given size";
                                return Err(Error::argument(at + 1, message));
                            }
                            write_integer(out, text.len() as i64, false, size, little);
                            0
                        }
                        _ => 1,
                    };
                    if text.len() + zeros > LONG_PORTION {
                        let mut long = std::mem::take(out).into_vec();
                        let has_room = pieces.make_room(&mut long, text.len() + zeros);
                        *out = long.into();
                        has_room?;
                        let is_c_string = kind == Kind::ZeroTerminated;
                        self.text = Some(LongText { text: string, done: 0, zeros, is_c_string });
                        break;
                    }
                    if kind == Kind::ZeroTerminated {
                        refuse_zeros(text, at)?;
                    }
                    grow(out, text.len() + zeros)?;
                    out.extend_from_slice(text);
                    out.resize(out.len() + zeros, 0);
                }
                Kind::Padding => out.push(0),
                Kind::Align | Kind::Nothing => {}
            }
        }
        self.index = at;
        Ok(false)
    }
}

/// A long string that is being packed, and the zeros behind it.
#[derive(Collect)]
#[collect(no_drop)]
struct LongText<'gc> {
    text: LuaString<'gc>,
    /// How many of its bytes have been appended.
    done: usize,
    /// How many zeros are still to follow.
    zeros: usize,
    /// Whether it may have none in it.
    is_c_string: bool,
}

/// Raises the error of an argument with zeros in it, where C would take one for its end.
fn refuse_zeros<'gc>(text: &[u8], index: usize) -> Result<(), Error<'gc>> {
    match memchr::memchr(0, text) {
        Some(_) => Err(Error::argument(index + 1, "string contains zeros")),
        None => Ok(()),
    }
}

impl LongText<'_> {
    /// Appends a portion of what is the value of this index. Tells whether that was the last one.
    fn append_some<'gc>(&mut self, out: &mut Bytes, index: usize) -> Result<bool, Error<'gc>> {
        let rest = &self.text.as_bytes()[self.done..];
        let count = rest.len().min(LONG_PORTION);
        let zeros = self.zeros.min(LONG_PORTION - count);
        if self.is_c_string {
            refuse_zeros(&rest[..count], index)?;
        }
        append(out, &rest[..count])?;
        grow(out, zeros)?;
        out.resize(out.len() + zeros, 0);
        self.done += count;
        self.zeros -= zeros;
        Ok(self.done == self.text.len() && self.zeros == 0)
    }
}

/// `string.pack(format, ...)` of numbers, and of strings that are not long: the quick form, which
/// leaves to the function whatever has to be converted or is wrong.
pub(crate) fn quick_pack<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    let [Value::String(format), ref values @ ..] = *arguments else { return None };
    if format.len() > QUICK_FORMAT {
        return None;
    }
    let mut format = Format::new(format.as_bytes());
    let mut values = values.iter();
    let mut out = FewBytes { bytes: [0; QUICK_LENGTH], len: 0, is_full: false };
    while let Some(Item { kind, size, padding }) = format.item(out.len).ok()? {
        if out.is_full || size > QUICK_LENGTH {
            return None;
        }
        out.skip(padding);
        match kind {
            Kind::Padding => out.skip(1),
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
    if out.is_full {
        return None;
    }
    Some(Value::String(ctx.intern(&out.bytes[..out.len])))
}

/// Appends a string that is not long, if the option can hold it.
fn put_text(
    out: &mut FewBytes,
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
            out.put(text);
            out.skip(missing);
        }
        Kind::Counted => {
            if size < INTEGER_SIZE && text.len() as u64 >= 1 << (size * 8) {
                return None;
            }
            write_integer(out, text.len() as i64, false, size, little_endian);
            out.put(text);
        }
        _ => {
            if text.contains(&0) {
                return None;
            }
            out.put(text);
            out.skip(1);
        }
    }
    Some(())
}

/// Appends a number that need not be converted to another type of number, but from an integer to a
/// float. Tells whether it is one, and the option can hold it.
#[inline]
fn put_number(
    out: &mut impl Output,
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
fn put_float(out: &mut impl Output, kind: Kind, little_endian: bool, value: f64) {
    match (kind, little_endian) {
        (Kind::Float, true) => out.put(&(value as f32).to_le_bytes()),
        (Kind::Float, false) => out.put(&(value as f32).to_be_bytes()),
        (_, true) => out.put(&value.to_le_bytes()),
        (_, false) => out.put(&value.to_be_bytes()),
    }
}

/// Appends the lowest bytes of an integer, which may have more than the integer itself.
#[inline]
pub(super) fn write_integer(
    out: &mut impl Output,
    value: i64,
    signed: bool,
    size: usize,
    little_endian: bool,
) {
    match (size, little_endian) {
        (1, _) => out.put(&[value as u8]),
        (2, true) => out.put(&(value as u16).to_le_bytes()),
        (2, false) => out.put(&(value as u16).to_be_bytes()),
        (4, true) => out.put(&(value as u32).to_le_bytes()),
        (4, false) => out.put(&(value as u32).to_be_bytes()),
        (8, true) => out.put(&value.to_le_bytes()),
        (8, false) => out.put(&value.to_be_bytes()),
        _ => {
            let whole = if signed { i128::from(value) } else { i128::from(value as u64) };
            if little_endian {
                out.put(&whole.to_le_bytes()[..size]);
            } else {
                out.put(&whole.to_be_bytes()[MAX_INTEGER_SIZE - size..]);
            }
        }
    }
}

/// `string.packsize(format)`: the length of what `pack` makes with this format.
pub(super) fn packsize<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let measurement = Measurement { place: Place::begin(stack.string(ctx, 0)?), total: 0 };
    measurement.begin(ctx, stack)
}

/// A `packsize` at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Measurement<'gc> {
    place: Place<'gc>,
    total: usize,
}

impl<'gc> Work<'gc> for Measurement<'gc> {
    /// Reads a portion of the format. Tells whether the result is on the stack.
    #[inline]
    fn go_on(&mut self, _: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let mut format = self.place.format();
        let end = format.rest.len().saturating_sub(PORTION);
        while format.rest.is_empty() || format.rest.len() > end {
            let Some(Item { kind, size, padding }) = format.item(self.total)? else {
                stack.burn(self.place.go_to(&format) / 2);
                stack.replace(Value::Integer(self.total as i64));
                return Ok(true);
            };
            if matches!(kind, Kind::Counted | Kind::ZeroTerminated) {
                return Err(Error::argument(1, "variable-length format"));
            }
            let more = size.saturating_add(padding);
            if more > MAX_LENGTH || self.total > MAX_LENGTH - more {
                return Err(Error::argument(1, "format result too large"));
            }
            self.total += more;
        }
        stack.burn(self.place.go_to(&format) / 2);
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
