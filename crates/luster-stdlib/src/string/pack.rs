//! `string.pack`, `string.packsize` and `string.unpack`: values as bytes.

use luster_value::{CallbackReturn, Context, Error, Stack, Value};

use crate::buffer::{MAX_LENGTH, append, grow, reserve_results};

use super::start_position;

/// The longest integer, in bytes.
const MAX_INTEGER_SIZE: usize = 16;
/// The length of a Lua integer in bytes.
const INTEGER_SIZE: usize = size_of::<i64>();
/// The largest alignment that a C type asks for: that of a `long double`.
const MAX_NATIVE_ALIGNMENT: usize = 16;

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
    let mut format = Format::new(format.as_bytes());
    // As in the reference, the first argument that is missing looks like a nil.
    reserve_results(stack, 1, "too many arguments")?;
    stack.push(Value::Nil);
    let mut out = Vec::with_capacity(64);
    // The value's index, which messages count from 1.
    let mut index = 0;
    while let Some(Item { kind, size, padding }) = format.item(out.len())? {
        let more = size.saturating_add(padding);
        if more > MAX_LENGTH - out.len() {
            return Err(Error::argument(index + 1, "result too long"));
        }
        // A string of a given length is checked before there has to be room for it.
        grow(&mut out, if kind == Kind::Chars { padding } else { more })?;
        out.resize(out.len() + padding, 0);
        let little = format.little_endian;
        if !matches!(kind, Kind::Padding | Kind::Align | Kind::Nothing) {
            index += 1;
        }
        match kind {
            Kind::Signed => {
                let value = stack.integer(ctx, index)?;
                if size < INTEGER_SIZE {
                    let limit = 1_i64 << (size * 8 - 1);
                    if !(-limit..limit).contains(&value) {
                        return Err(Error::argument(index + 1, "integer overflow"));
                    }
                }
                write_integer(&mut out, i128::from(value), size, little);
            }
            Kind::Unsigned => {
                let value = stack.integer(ctx, index)? as u64;
                if size < INTEGER_SIZE && value >= 1 << (size * 8) {
                    return Err(Error::argument(index + 1, "unsigned overflow"));
                }
                write_integer(&mut out, i128::from(value), size, little);
            }
            Kind::Float => {
                let value = stack.float(ctx, index)? as f32;
                out.extend(if little { value.to_le_bytes() } else { value.to_be_bytes() });
            }
            Kind::Double => {
                let value = stack.float(ctx, index)?;
                out.extend(if little { value.to_le_bytes() } else { value.to_be_bytes() });
            }
            Kind::Chars => {
                let text = stack.string(ctx, index)?;
                let text = text.as_bytes();
                if text.len() > size {
                    return Err(Error::argument(index + 1, "string longer than given size"));
                }
                grow(&mut out, size)?;
                out.extend_from_slice(text);
                out.resize(out.len() + (size - text.len()), 0);
            }
            Kind::Counted => {
                let text = stack.string(ctx, index)?;
                let text = text.as_bytes();
                if size < INTEGER_SIZE && text.len() as u64 >= 1 << (size * 8) {
                    let message = "string length does not fit in given size";
                    return Err(Error::argument(index + 1, message));
                }
                write_integer(&mut out, text.len() as i128, size, little);
                append(&mut out, text)?;
            }
            Kind::ZeroTerminated => {
                let text = stack.string(ctx, index)?;
                let text = text.as_bytes();
                if text.contains(&0) {
                    return Err(Error::argument(index + 1, "string contains zeros"));
                }
                append(&mut out, text)?;
                append(&mut out, &[0])?;
            }
            Kind::Padding => out.push(0),
            Kind::Align | Kind::Nothing => {}
        }
    }
    stack.burn(index + out.len() / 64);
    let result = if out.len() < 4096 { ctx.intern(&out) } else { ctx.intern_owned(out) };
    stack.replace(Value::String(result));
    Ok(CallbackReturn::Return)
}

/// Appends the lowest bytes of an integer.
fn write_integer(out: &mut Vec<u8>, value: i128, size: usize, little_endian: bool) {
    let bytes = value.to_le_bytes();
    let bytes = &bytes[..size];
    if little_endian {
        out.extend_from_slice(bytes);
    } else {
        out.extend(bytes.iter().rev());
    }
}

/// `string.packsize(format)`: the length of what `pack` makes with this format.
pub(super) fn packsize<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let format = stack.string(ctx, 0)?;
    stack.burn(format.len() / 16);
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
                stack.push(Value::String(ctx.intern(bytes)));
            }
            Kind::Counted => {
                let length = read_integer(bytes, little, false)? as u64;
                if length > (data.len() - at) as u64 {
                    return Err(too_short());
                }
                let end = at + length as usize;
                stack.burn(length as usize / 64);
                stack.push(Value::String(ctx.intern(&data[at..end])));
                at = end;
            }
            Kind::ZeroTerminated => {
                let Some(length) = memchr::memchr(0, &data[at..]) else {
                    return Err(Error::argument(2, "unfinished string for format 'z'"));
                };
                stack.burn(length / 64);
                stack.push(Value::String(ctx.intern(&data[at..at + length])));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_all_sizes_are_read_back() {
        for size in 1..=MAX_INTEGER_SIZE {
            for little in [false, true] {
                for value in [0_i64, 1, -1, 127, -128] {
                    let mut out = Vec::new();
                    write_integer(&mut out, i128::from(value), size, little);
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
