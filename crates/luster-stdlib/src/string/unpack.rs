//! `string.unpack`: the values that bytes hold, by a format that is read in portions.
//!
//! Formats, and how values become bytes, are in `pack`.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, LuaString, Stack, Value};

use crate::buffer::{reserve_results, with_room};
use crate::counted::CountedMemory;
use crate::work::Work;

use super::pack::{Format, INTEGER_SIZE, Item, Kind, LONG_PORTION, PORTION, Place};
use super::{copied, start_position};

/// `string.unpack(format, s [, position])`: the values that bytes hold, and the position after them.
pub(super) fn unpack<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let format = stack.string(ctx, 0)?;
    let data = stack.string(ctx, 1)?;
    let start = stack.optional_integer(ctx, 2, 1)?;
    let at = start_position(start, data.len()) - 1;
    if at > data.len() {
        return Err(Error::argument(3, "initial position out of string"));
    }
    stack.clear();
    let unpacking = Unpacking { place: Place::begin(format), data, at, long: None };
    unpacking.begin(ctx, stack)
}

/// An `unpack` at work. The values so far are on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Unpacking<'gc> {
    place: Place<'gc>,
    data: LuaString<'gc>,
    /// Where the next value begins.
    at: usize,
    long: Option<Long>,
}

/// A long string in the data.
enum Long {
    /// One whose end is looked for, so far up to a place.
    Endless(usize),
    /// One that is being copied.
    Copied(LongCopy),
}

gc_arena::static_collect!(Long);

/// The end of a long string in the data, and what has been copied of it.
struct LongCopy {
    end: usize,
    /// Where what comes after it begins: the zero behind it may have to be passed by.
    after: usize,
    copy: Vec<u8>,
    memory: CountedMemory,
}

impl LongCopy {
    /// The copy of what stands between two positions.
    fn of<'gc>(from: usize, end: usize, after: usize) -> Result<Self, Error<'gc>> {
        let (copy, memory) = (with_room(end - from)?, CountedMemory::default());
        Ok(LongCopy { end, after, copy, memory })
    }
}

/// How many bytes are searched for the end of a string for a unit of fuel.
const SEARCHED_PER_FUEL: usize = 32;

/// What it costs to make a string of some bytes.
const STRING_FUEL: usize = 12;

impl<'gc> Work<'gc> for Unpacking<'gc> {
    /// Unpacks values until it is done, or has done much. Tells whether all results are on the stack.
    #[inline]
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        if self.long.is_some() {
            return self.go_on_with_long(ctx, stack).map(|()| false);
        }
        let mut format = self.place.format();
        let count = stack.len();
        let is_complete = self.unpack_some(ctx, stack, &mut format);
        stack.burn(self.place.go_to(&format) / 4 + stack.len() - count);
        is_complete
    }
}

impl<'gc> Unpacking<'gc> {
    /// Unpacks values, not too many at once. Tells whether all results are on the stack.
    #[inline]
    fn unpack_some(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        format: &mut Format<'_>,
    ) -> Result<bool, Error<'gc>> {
        let data = self.data.as_bytes();
        let end = format.rest.len().saturating_sub(PORTION);
        let begin = self.at;
        let mut at = begin;
        let too_short = || Error::argument(2, "data string too short");
        while format.rest.is_empty() || format.rest.len() > end && at - begin < LONG_PORTION {
            let Some(Item { kind, size, padding }) = format.item(at)? else {
                reserve_results(stack, 1, "too many results")?;
                stack.push(Value::Integer(at as i64 + 1));
                return Ok(true);
            };
            if size.saturating_add(padding) > data.len() - at {
                return Err(too_short());
            }
            at += padding;
            reserve_results(stack, 2, "too many results")?;
            let bytes = &data[at..at + size];
            at += size;
            let little = format.little_endian;
            // Where the bytes of a string end, and those after it begin.
            let (end, after) = match kind {
                Kind::Signed | Kind::Unsigned => {
                    let value = read_integer(bytes, little, kind == Kind::Signed)?;
                    stack.push(Value::Integer(value));
                    continue;
                }
                Kind::Float => {
                    let bytes = bytes.try_into().unwrap_or([0; 4]);
                    let value =
                        if little { f32::from_le_bytes(bytes) } else { f32::from_be_bytes(bytes) };
                    stack.push(Value::float(f64::from(value)));
                    continue;
                }
                Kind::Double => {
                    let bytes = bytes.try_into().unwrap_or([0; 8]);
                    let value =
                        if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) };
                    stack.push(Value::float(value));
                    continue;
                }
                Kind::Padding | Kind::Align | Kind::Nothing => continue,
                Kind::Chars => {
                    at -= size;
                    (at + size, at + size)
                }
                Kind::Counted => {
                    let length = read_integer(bytes, little, false)? as u64;
                    if length > (data.len() - at) as u64 {
                        return Err(too_short());
                    }
                    (at + length as usize, at + length as usize)
                }
                Kind::ZeroTerminated => {
                    let near = data.len().min(at + LONG_PORTION);
                    match memchr::memchr(0, &data[at..near]) {
                        Some(length) => (at + length, at + length + 1),
                        None if near < data.len() => {
                            self.long = Some(Long::Endless(at));
                            break;
                        }
                        None => {
                            stack.burn((near - at) / SEARCHED_PER_FUEL);
                            return Err(unfinished());
                        }
                    }
                }
            };
            if end - at > LONG_PORTION {
                self.long = Some(Long::Copied(LongCopy::of(at, end, after)?));
                break;
            }
            stack.burn(STRING_FUEL + (end - at) / 16);
            stack.push(Value::String(copied(ctx, &data[at..end])?));
            at = after;
        }
        self.at = at;
        Ok(false)
    }

    /// Goes on with a long string.
    fn go_on_with_long(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<(), Error<'gc>> {
        let &Some(Long::Endless(from)) = &self.long else {
            self.copy_some(ctx, stack);
            return Ok(());
        };
        let data = self.data.as_bytes();
        let to = data.len().min(from + LONG_PORTION);
        let found = memchr::memchr(0, &data[from..to]);
        stack.burn(found.unwrap_or(to - from) / SEARCHED_PER_FUEL);
        self.long = Some(match found {
            Some(length) => {
                let end = from + length;
                Long::Copied(LongCopy::of(self.at, end, end + 1)?)
            }
            None if to < data.len() => Long::Endless(to),
            None => return Err(unfinished()),
        });
        Ok(())
    }

    /// Goes on with the copy of a long string; pushes the string when it is complete.
    fn copy_some(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) {
        let Some(Long::Copied(copied)) = &mut self.long else { return };
        let LongCopy { end, after, copy, memory } = copied;
        let rest = &self.data.as_bytes()[self.at..*end];
        let count = rest.len().min(LONG_PORTION);
        copy.extend_from_slice(&rest[..count]);
        stack.burn(count / 16);
        self.at += count;
        memory.set(copy.len());
        if count == rest.len() {
            memory.set(0);
            let copy = std::mem::take(copy);
            self.at = *after;
            self.long = None;
            stack.push(Value::String(ctx.intern_owned(copy)));
        }
    }
}

fn unfinished<'gc>() -> Error<'gc> {
    Error::argument(2, "unfinished string for format 'z'")
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
    use super::super::pack::{Bytes, MAX_INTEGER_SIZE, write_integer};
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
}
