//! Values taken apart into a tag and a word, as a table's parts and instructions store them.

use std::mem::{MaybeUninit, transmute};

use crate::value::Value;

/// The tag of `nil`, and of an empty slot.
pub(crate) const NIL: u8 = 0;
/// The tag of integers.
pub(crate) const INTEGER: u8 = 3;
/// The tag of floats.
pub(crate) const FLOAT: u8 = 4;
/// The tag of strings, the first that the collector has to look at.
pub(crate) const STRING: u8 = 5;
/// Set in the tag of a key that died: its word is an identity, never followed again.
pub(crate) const DEAD: u8 = 0x80;

/// A word that only its tag can tell the meaning of.
pub(crate) type Word = MaybeUninit<u64>;

/// A value taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Raw {
    pub(crate) tag: u8,
    pub(crate) word: Word,
}

/// A value's memory: the layout that `repr(u32)` gives an enum whose payloads are all one word.
#[derive(Clone, Copy)]
#[repr(C)]
struct Memory {
    tag: u32,
    word: Word,
}

/// Takes a value apart.
#[inline(always)]
pub(crate) fn split(value: Value<'_>) -> Raw {
    // SAFETY: `Value` is `repr(u32)`, so it is laid out as a C union of structs that begin with the
    // `u32` tag, and every payload is one 8-byte word at offset 8 (sizes pinned below). The tag is
    // always initialised; the word may not be, which `MaybeUninit` allows.
    let memory = unsafe { transmute::<Value<'_>, Memory>(value) };
    Raw { tag: memory.tag as u8, word: memory.word }
}

/// Puts a value together.
///
/// # Safety
/// `raw` must come from [`split`] of a value whose objects are still alive.
#[inline(always)]
pub(crate) unsafe fn join<'gc>(raw: Raw) -> Value<'gc> {
    // SAFETY: the caller got it from `split`, the inverse of this.
    unsafe { transmute::<Memory, Value<'gc>>(Memory { tag: u32::from(raw.tag), word: raw.word }) }
}

/// Whether the collector has to look at values with this tag.
#[inline(always)]
pub(crate) fn is_object(tag: u8) -> bool {
    tag >= STRING
}

const _: () = assert!(size_of::<Value<'static>>() == 16 && size_of::<Memory>() == 16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_what_the_constants_say() {
        assert_eq!(split(Value::Nil).tag, NIL);
        assert_eq!(split(Value::Integer(7)).tag, INTEGER);
        gc_arena::arena::rootless_mutate(|mc| {
            let string = crate::string::LuaString::new_short(mc, b"x", 1, false);
            assert_eq!(split(Value::String(string)).tag, STRING);
            assert_eq!(split(Value::float(0.5)).tag, FLOAT);
        });
    }
}
