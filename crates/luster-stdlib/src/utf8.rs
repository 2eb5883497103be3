//! The library `utf8`: code points up to 2^31 in sequences of up to six bytes, as the original
//! UTF-8 had them; strict functions take only what Unicode allows.

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error, Function, LuaString, Stack, Table, Value,
};

use crate::counted::CountedBuffer;
use crate::work::{Work, is_much_to_read};

/// The largest code point of Unicode.
const MAX_UNICODE: u32 = 0x10_FFFF;

/// The largest code point that can be written at all.
const MAX_UTF: i64 = 0x7FFF_FFFF;

/// How many bytes are looked at before the fuel is looked at.
const PORTION: usize = 1 << 16;

/// How many characters are read or written before the fuel is looked at.
const CHARACTERS: usize = 1 << 14;

const INVALID: &str = "invalid UTF-8 code";

/// The pattern that matches one character.
const CHARACTER_PATTERN: &[u8] = b"[\0-\x7F\xC2-\xFD][\x80-\xBF]*";

const FUNCTIONS: &[(&str, Function)] =
    &[("char", char), ("codepoint", codepoint), ("len", len), ("offset", offset)];

/// Makes the table of the library.
pub(crate) fn open<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    let table = crate::restartable_table_of(ctx, FUNCTIONS, 2);
    let codes = Codes {
        strict: Callback::new(ctx, "codes_iterator", next_strict),
        lax: Callback::new(ctx, "codes_iterator", next_lax),
    };
    table.set_field(ctx, "codes", Value::Callback(Callback::captured(ctx, "codes", codes)));
    table.set_field(ctx, "charpattern", ctx.string(CHARACTER_PATTERN));
    table
}

/// Whether a byte is one of those that a character goes on with.
#[inline]
fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// A string's byte; beyond the end, the zero that strings end with in C.
#[inline]
fn byte_at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// A position counted from the end when negative; 0 when before the beginning.
fn absolute(position: i64, length: usize) -> i64 {
    if position >= 0 {
        position
    } else if position.unsigned_abs() > length as u64 {
        0
    } else {
        length as i64 + position + 1
    }
}

/// Reads a character at the beginning of some bytes: its code and its length.
fn decode(text: &[u8], strict: bool) -> Option<(u32, usize)> {
    /// The least code that needs so many bytes after the first.
    const LEAST: [u32; 6] = [u32::MAX, 0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];
    let first = byte_at(text, 0);
    if first < 0x80 {
        return Some((u32::from(first), 1));
    }
    let more = first.leading_ones() as usize - 1;
    if more > 5 {
        return None;
    }
    // What is left of the first byte after its length marks.
    let mut code = u32::from(first) & (0x3F >> more);
    for index in 1..=more {
        let byte = byte_at(text, index);
        if !is_continuation(byte) {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3F);
    }
    if code < LEAST[more] {
        return None;
    }
    if strict && (code > MAX_UNICODE || (0xD800..=0xDFFF).contains(&code)) {
        return None;
    }
    Some((code, more + 1))
}

/// The bytes of a character, and how many they are.
fn encode(code: u32) -> ([u8; 6], usize) {
    let mut bytes = [0; 6];
    if code < 0x80 {
        bytes[0] = code as u8;
        return (bytes, 1);
    }
    // From 11 bits in two bytes, each byte more adds five.
    let more = (1..5).find(|more| code < 1 << (5 * more + 6)).unwrap_or(5);
    bytes[0] = (0xFF00u32 >> (more + 1)) as u8 | (code >> (6 * more)) as u8;
    for (index, byte) in bytes[1..=more].iter_mut().rev().enumerate() {
        *byte = 0x80 | (code >> (6 * index) & 0x3F) as u8;
    }
    (bytes, more + 1)
}

/// How many bytes from a position on a character goes on for.
fn continuation_length(text: &[u8], position: usize) -> usize {
    let rest = text.get(position..).unwrap_or_default();
    rest.iter().position(|&byte| !is_continuation(byte)).unwrap_or(rest.len())
}

/// `utf8.char(...)`
fn char<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    Encoding { index: 0, text: CountedBuffer::new() }.begin(ctx, stack)
}

/// A `char` at work. The arguments stay on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Encoding {
    /// How many arguments have been written.
    index: usize,
    text: CountedBuffer,
}

impl<'gc> Work<'gc> for Encoding {
    #[inline]
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let end = stack.len().min(self.index + CHARACTERS);
        stack.burn(end - self.index);
        let mut is_due = false;
        while self.index < end && !is_due {
            let code = match stack.get(self.index) {
                Value::Integer(code) => code,
                _ => {
                    is_due = is_much_to_read(stack, self.index);
                    stack.integer(ctx, self.index)?
                }
            };
            self.index += 1;
            if !(0..=MAX_UTF).contains(&code) {
                return Err(Error::argument(self.index, "value out of range"));
            }
            let (bytes, length) = encode(code as u32);
            self.text.extend(&bytes[..length])?;
        }
        if self.index < stack.len() || !self.text.gather(stack)? {
            return Ok(false);
        }
        stack.replace(self.text.take_string(ctx));
        Ok(true)
    }
}

/// `utf8.len(s [, first [, last [, lax]]])`
fn len<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let text = stack.string(ctx, 0)?;
    let first = absolute(stack.optional_integer(ctx, 1, 1)?, text.len());
    let last = absolute(stack.optional_integer(ctx, 2, -1)?, text.len());
    let strict = !stack.get(3).is_truthy();
    if first < 1 || first - 1 > text.len() as i64 {
        return Err(Error::argument(2, "initial position out of bounds"));
    }
    if last > text.len() as i64 {
        return Err(Error::argument(3, "final position out of bounds"));
    }
    let position = (first - 1) as usize;
    Counting { text, position, end: last.max(0) as usize, strict, count: 0 }.begin(ctx, stack)
}

/// A `len` at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Counting<'gc> {
    text: LuaString<'gc>,
    /// Where the next character begins, and where no more does.
    position: usize,
    end: usize,
    strict: bool,
    count: i64,
}

impl<'gc> Work<'gc> for Counting<'gc> {
    #[inline]
    fn go_on(&mut self, _: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let text = self.text.as_bytes();
        let begin = self.position;
        let stop = self.end.min(begin + PORTION);
        while self.position < stop {
            match decode(&text[self.position..], self.strict) {
                Some((_, length)) => self.position += length,
                None => {
                    stack.replace2(Value::Nil, Value::Integer(self.position as i64 + 1));
                    return Ok(true);
                }
            }
            self.count += 1;
        }
        stack.burn((self.position - begin) / 8);
        if self.position < self.end {
            return Ok(false);
        }
        stack.replace(Value::Integer(self.count));
        Ok(true)
    }
}

/// `utf8.codepoint(s [, first [, last [, lax]]])`
fn codepoint<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let text = stack.string(ctx, 0)?;
    let first = absolute(stack.optional_integer(ctx, 1, 1)?, text.len());
    let last = absolute(stack.optional_integer(ctx, 2, first)?, text.len());
    let strict = !stack.get(3).is_truthy();
    if first < 1 {
        return Err(Error::argument(2, "out of bounds"));
    }
    if last > text.len() as i64 {
        return Err(Error::argument(3, "out of bounds"));
    }
    stack.clear();
    if first > last {
        return Ok(CallbackReturn::Return);
    }
    if last - first >= i64::from(i32::MAX) {
        return Err(Error::message("string slice too long"));
    }
    if !stack.has_room_for((last - first) as usize + 1) {
        return Err(Error::message(TOO_LONG));
    }
    let position = (first - 1) as usize;
    Decoding { text, position, end: last as usize, strict }.begin(ctx, stack)
}

/// The error of a string that has too many characters for the stack.
const TOO_LONG: &str = "stack overflow (string slice too long)";

/// A `codepoint` at work. The codes so far are on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Decoding<'gc> {
    text: LuaString<'gc>,
    /// Where the next character begins, and where no more does.
    position: usize,
    end: usize,
    strict: bool,
}

impl<'gc> Work<'gc> for Decoding<'gc> {
    #[inline]
    fn go_on(&mut self, _: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let text = self.text.as_bytes();
        let begin = self.position;
        let stop = self.end.min(begin + CHARACTERS);
        if !stack.reserve(stop - begin) {
            return Err(Error::message(TOO_LONG));
        }
        while self.position < stop {
            let Some((code, length)) = decode(&text[self.position..], self.strict) else {
                return Err(Error::message(INVALID));
            };
            stack.push(Value::Integer(i64::from(code)));
            self.position += length;
        }
        stack.burn((self.position - begin) / 4);
        Ok(self.position >= self.end)
    }
}

/// `utf8.offset(s, n [, i])`
fn offset<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let text = stack.string(ctx, 0)?;
    let n = stack.integer(ctx, 1)?;
    let default = if n >= 0 { 1 } else { text.len() as i64 + 1 };
    let start = absolute(stack.optional_integer(ctx, 2, default)?, text.len());
    if start < 1 || start - 1 > text.len() as i64 {
        return Err(Error::argument(3, "position out of bounds"));
    }
    let position = (start - 1) as usize;
    let goal = match n {
        0 => Goal::Begin,
        _ if is_continuation(byte_at(text.as_bytes(), position)) => {
            return Err(Error::message("initial position is a continuation byte"));
        }
        ..0 => Goal::Back(n),
        // The first character is where we are.
        _ => Goal::Forward(n - 1),
    };
    Seeking { text, position, goal }.begin(ctx, stack)
}

/// Where an `offset` goes to.
#[derive(Clone, Copy)]
enum Goal {
    /// The beginning of the character at the position.
    Begin,
    /// So many characters back, which is below zero.
    Back(i64),
    /// So many characters on.
    Forward(i64),
    /// It is there; what is left is the end of the character that begins here.
    End(usize),
}

gc_arena::static_collect!(Goal);

/// An `offset` at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Seeking<'gc> {
    text: LuaString<'gc>,
    position: usize,
    goal: Goal,
}

impl<'gc> Seeking<'gc> {
    /// Goes a portion of the way. Tells whether it is there, or that it cannot get there.
    fn seek(&mut self) -> Result<Option<bool>, Error<'gc>> {
        let text = self.text.as_bytes();
        let continues = |position: usize| is_continuation(byte_at(text, position));
        let mut steps = PORTION;
        while steps > 0 {
            steps -= 1;
            match &mut self.goal {
                Goal::Begin if self.position > 0 && continues(self.position) => self.position -= 1,
                Goal::Back(n @ ..0) if self.position > 0 => {
                    self.position -= 1;
                    *n += i64::from(self.position == 0 || !continues(self.position));
                }
                Goal::Forward(n @ 1..) if self.position < text.len() => {
                    self.position += 1;
                    *n -= i64::from(!continues(self.position));
                }
                Goal::Back(0) | Goal::Forward(0) | Goal::Begin => {
                    self.goal = Goal::End(self.position);
                    if byte_at(text, self.position) & 0x80 == 0 {
                        return Ok(Some(true));
                    }
                    if continues(self.position) {
                        let message = "initial position is a continuation byte";
                        return Err(Error::message(message));
                    }
                }
                Goal::Back(_) | Goal::Forward(_) => return Ok(Some(false)),
                Goal::End(_) if continues(self.position + 1) => self.position += 1,
                Goal::End(_) => return Ok(Some(true)),
            }
        }
        Ok(None)
    }
}

impl<'gc> Work<'gc> for Seeking<'gc> {
    #[inline]
    fn go_on(&mut self, _: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let from = self.position;
        let is_there = self.seek()?;
        stack.burn(self.position.abs_diff(from) / 8);
        match (is_there, self.goal) {
            (None, _) => return Ok(false),
            (Some(true), Goal::End(begin)) => stack.replace2(
                Value::Integer(begin as i64 + 1),
                Value::Integer(self.position as i64 + 1),
            ),
            _ => stack.replace(Value::Nil),
        }
        Ok(true)
    }
}

/// `utf8.codes(s [, lax])`
#[derive(Collect)]
#[collect(no_drop)]
struct Codes<'gc> {
    strict: Callback<'gc>,
    lax: Callback<'gc>,
}

impl<'gc> Captured<'gc> for Codes<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let text = stack.string(ctx, 0)?;
        if is_continuation(byte_at(text.as_bytes(), 0)) {
            return Err(Error::argument(1, INVALID));
        }
        let iterator = if stack.get(1).is_truthy() { self.lax } else { self.strict };
        stack.replace3(Value::Callback(iterator), Value::String(text), Value::Integer(0));
        Ok(CallbackReturn::Return)
    }
}

/// The iterator of `codes`.
fn next_strict<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    next(ctx, stack, true)
}

/// The iterator of `codes` in lax mode.
fn next_lax<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    next(ctx, stack, false)
}

fn next<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    strict: bool,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let text = stack.string(ctx, 0)?;
    // The position of the last character, from 1, is the index of the byte after its first.
    let index = match usize::try_from(stack.get(1).to_integer().unwrap_or(0)) {
        Ok(index) if index < text.len() => index,
        _ => text.len(),
    };
    let next = after_continuation(stack, text, index);
    if next == index + PORTION && next < text.len() {
        return Advancing { text, index: next, strict }.begin(ctx, stack);
    }
    give_next(stack, text.as_bytes(), next, strict)?;
    Ok(CallbackReturn::Return)
}

/// Where the bytes from a position on that continue a character end, or as far as they are looked at in one go:
/// there may be megabytes of them, where they do not belong.
#[inline]
fn after_continuation<'gc>(
    stack: &mut Stack<'_, 'gc>,
    text: LuaString<'gc>,
    index: usize,
) -> usize {
    let near = text.len().min(index + PORTION);
    let rest = continuation_length(&text.as_bytes()[..near], index);
    stack.burn(rest / 8);
    index + rest
}

/// Gives the character at a position and where it is, or nothing at the end.
#[inline(always)]
fn give_next<'gc>(
    stack: &mut Stack<'_, 'gc>,
    text: &[u8],
    index: usize,
    strict: bool,
) -> Result<(), Error<'gc>> {
    if index >= text.len() {
        stack.clear();
        return Ok(());
    }
    match decode(&text[index..], strict) {
        Some((code, length)) if !is_continuation(byte_at(text, index + length)) => {
            stack.replace2(Value::Integer(index as i64 + 1), Value::Integer(i64::from(code)));
            Ok(())
        }
        _ => Err(Error::message(INVALID)),
    }
}

/// The iterator of `codes` on a long way.
#[derive(Collect)]
#[collect(no_drop)]
struct Advancing<'gc> {
    text: LuaString<'gc>,
    /// Where the next character is looked for.
    index: usize,
    strict: bool,
}

impl<'gc> Work<'gc> for Advancing<'gc> {
    #[inline]
    fn go_on(&mut self, _: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let from = self.index;
        self.index = after_continuation(stack, self.text, from);
        if self.index == from + PORTION && self.index < self.text.len() {
            return Ok(false);
        }
        give_next(stack, self.text.as_bytes(), self.index, self.strict)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn every_code_comes_back() {
        let edges = [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x1_0000, 0x10_FFFF];
        for code in edges {
            let (bytes, length) = encode(code);
            let text = &bytes[..length];
            assert_eq!(std::str::from_utf8(text).map(|text| text.chars().count()), Ok(1));
            assert_eq!(decode(text, true), Some((code, length)));
        }
        for (code, length) in
            [(0x1F_FFFF, 4), (0x20_0000, 5), (0x3FF_FFFF, 5), (0x400_0000, 6), (0x7FFF_FFFF, 6)]
        {
            let (bytes, written) = encode(code);
            let text = &bytes[..written];
            assert_eq!(decode(text, false), Some((code, length)));
            assert_eq!(decode(text, true), None);
        }
    }

    #[test]
    fn invalid_bytes_are_refused() {
        let invalid: [&[u8]; 7] = [
            b"\x80",
            b"\xC0\x80",
            b"\xC3",
            b"\xED\xA0\x80",
            b"\xF4\x90\x80\x80",
            b"\xFF",
            b"\xFE\x80\x80\x80\x80\x80\x80",
        ];
        for text in invalid {
            assert_eq!(decode(text, true), None, "{text:?}");
        }
    }
}
