//! Strings: immutable bytes behind one pointer.
//!
//! Short ones (up to 40 bytes) hold their bytes inline and are interned, so that they are equal
//! exactly when their pointers are. Long ones are a header and a boxed slice, hashed when first
//! needed. The interner itself is in `intern`.

use std::alloc::Layout;
use std::cell::Cell;
use std::fmt;

use gc_arena::collect::Trace;
use gc_arena::{Collect, Gc, Mutation};

use crate::account;
use crate::marking;

/// The longest string that is interned.
pub const MAX_SHORT: usize = 40;

/// The length that marks a long string.
const LONG: u8 = u8::MAX;

/// Set in a header's `info` when the collector has reached the string in this cycle. Of an interned string,
/// the interner looks at this, and takes it back.
const MARKED: u32 = 1 << 8;

/// What all strings begin with.
#[derive(Collect)]
#[collect(require_static)]
#[repr(C)]
pub(crate) struct Header {
    /// The hash; 0 in a long string means that it is not computed yet.
    hash: Cell<u32>,
    /// In the lowest eight bits the number of bytes that follow, or [`LONG`]; and perhaps [`MARKED`].
    info: Cell<u32>,
}

impl Header {
    fn new(hash: u32, len: u8, is_marked: bool) -> Self {
        let mark = if is_marked { MARKED } else { 0 };
        Header { hash: Cell::new(hash), info: Cell::new(u32::from(len) | mark) }
    }

    #[inline(always)]
    fn len(&self) -> u8 {
        self.info.get() as u8
    }
}

#[derive(Collect)]
#[collect(require_static)]
#[repr(C)]
struct Short<const N: usize> {
    header: Header,
    bytes: [u8; N],
}

#[derive(Collect)]
#[collect(require_static)]
#[repr(C)]
struct Long {
    header: Header,
    /// With some room to spare at times, since giving it back may take a copy.
    bytes: Vec<u8>,
}

impl Drop for Long {
    fn drop(&mut self) {
        account::sub(self.bytes.capacity());
    }
}

/// A Lua string.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct LuaString<'gc>(pub(crate) Gc<'gc, Header>);

// SAFETY: the pointer, which is all there is, is traced. That is also noted in the string itself.
unsafe impl<'gc> Collect<'gc> for LuaString<'gc> {
    #[inline(always)]
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        if marking::is_on() {
            self.set_marked(true);
        }
        cc.trace(&self.0);
    }
}

impl<'gc> LuaString<'gc> {
    /// Makes a short string that is not in the interner yet.
    #[inline(always)]
    pub(crate) fn new_short(mc: &Mutation<'gc>, bytes: &[u8], hash: u32, is_marked: bool) -> Self {
        fn make<'gc, const N: usize>(
            mc: &Mutation<'gc>,
            bytes: &[u8],
            hash: u32,
            is_marked: bool,
        ) -> Gc<'gc, Header> {
            let mut inline = [0; N];
            inline[..bytes.len()].copy_from_slice(bytes);
            let header = Header::new(hash, bytes.len() as u8, is_marked);
            let gc = Gc::new(mc, Short { header, bytes: inline });
            // SAFETY: `Short` is `repr(C)` and begins with its `Header`; the collector keeps the
            // allocation's true type in its own header, so only the pointer's type changes.
            unsafe { Gc::cast(gc) }
        }
        debug_assert!(bytes.len() <= MAX_SHORT);
        LuaString(match bytes.len() {
            0..=8 => make::<8>(mc, bytes, hash, is_marked),
            9..=16 => make::<16>(mc, bytes, hash, is_marked),
            17..=24 => make::<24>(mc, bytes, hash, is_marked),
            25..=32 => make::<32>(mc, bytes, hash, is_marked),
            _ => make::<40>(mc, bytes, hash, is_marked),
        })
    }

    /// Makes a long string of bytes that are not counted yet.
    pub(crate) fn new_long(mc: &Mutation<'gc>, mut bytes: Vec<u8>) -> Self {
        /// What is not worth giving back.
        const SPARE: usize = 16;
        debug_assert!(bytes.len() > MAX_SHORT);
        let (len, capacity) = (bytes.len(), bytes.capacity());
        if capacity - len > len / 16 + SPARE && account::has_room_for(capacity + len) {
            bytes.shrink_to_fit();
        }
        account::add(bytes.capacity());
        let header = Header::new(0, LONG, false);
        let gc = Gc::new(mc, Long { header, bytes });
        // SAFETY: `Long` is `repr(C)` and begins with its `Header`, as above.
        LuaString(unsafe { Gc::cast(gc) })
    }

    /// The bytes of the string.
    #[inline]
    pub fn as_bytes(self) -> &'gc [u8] {
        let header = Gc::as_ptr(self.0);
        let len = self.0.len();
        if len == LONG {
            // SAFETY: only `new_long` sets this length, so the allocation is a `Long`, which is
            // immutable but for its header's hash cell; the slice lives as long as the object,
            // which lives at least as long as `'gc`.
            unsafe { &(*header.cast::<Long>()).bytes }
        } else {
            // SAFETY: only `new_short` sets another length, so `len` initialised bytes follow the
            // header in the same allocation, which the pointer may access as a whole: it was made
            // from a pointer to all of it. They never change.
            unsafe {
                let bytes = header.cast::<u8>().add(Layout::new::<Header>().size());
                std::slice::from_raw_parts(bytes, len as usize)
            }
        }
    }

    /// The number of bytes.
    #[inline]
    pub fn len(self) -> usize {
        match self.0.len() {
            LONG => self.as_bytes().len(),
            len => len as usize,
        }
    }

    /// Whether it has no bytes.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0.len() == 0
    }

    /// Whether it is interned, so that its pointer is its identity.
    #[inline]
    pub fn is_short(self) -> bool {
        self.0.len() != LONG
    }

    /// Whether the collector has reached it in this cycle.
    #[inline]
    pub(crate) fn is_marked(self) -> bool {
        self.0.info.get() & MARKED != 0
    }

    /// Says whether the collector has reached it in this cycle.
    #[inline]
    pub(crate) fn set_marked(self, is_marked: bool) {
        let info = self.0.info.get() & !MARKED;
        self.0.info.set(if is_marked { info | MARKED } else { info });
    }

    /// The hash if it has been computed: always, for short strings.
    #[inline]
    pub(crate) fn known_hash(self) -> u32 {
        self.0.hash.get()
    }

    /// The hash, computed with the VM's seed if it is not known yet.
    #[inline]
    pub(crate) fn hash(self, seed: u32) -> u32 {
        match self.0.hash.get() {
            0 if !self.is_short() => {
                account::looked_at(self.len());
                let hash = hash_bytes(self.as_bytes(), seed).max(1);
                self.0.hash.set(hash);
                hash
            }
            hash => hash,
        }
    }

    /// Whether two strings are the same object.
    #[inline(always)]
    pub fn same_object(self, other: Self) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }

    #[inline(never)]
    fn equals_long(self, other: Self) -> bool {
        if other.is_short() || self.len() != other.len() {
            return false;
        }
        account::looked_at(2 * self.len());
        self.as_bytes() == other.as_bytes()
    }

    /// The object as the collector sees it.
    #[inline(always)]
    pub fn erase(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }

    /// The text, with what is not UTF-8 replaced.
    pub fn to_string_lossy(self) -> std::borrow::Cow<'gc, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// The text, if it is UTF-8.
    pub fn to_str(self) -> Option<&'gc str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }
}

impl PartialEq for LuaString<'_> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.same_object(*other) || (!self.is_short() && self.equals_long(*other))
    }
}

impl Eq for LuaString<'_> {}

impl fmt::Debug for LuaString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

/// The bytes after the last whole eight, as a number whose lowest byte is the first of them.
#[inline]
fn remainder(bytes: &[u8]) -> u64 {
    let len = bytes.len() % 8;
    if let Some(&last) = bytes.last_chunk() {
        return if len == 0 { 0 } else { u64::from_le_bytes(last) >> (64 - 8 * len) };
    }
    // Loads that overlap say the same where they do.
    if let (Some(&low), Some(&high)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let high = u64::from(u32::from_le_bytes(high)) << (8 * (len - 4));
        return u64::from(u32::from_le_bytes(low)) | high;
    }
    let byte = |at: usize| u64::from(bytes[at]) << (8 * at);
    if len == 0 { 0 } else { byte(0) | byte(len / 2) | byte(len - 1) }
}

const FIRST: u64 = 0x9E37_79B9_7F4A_7C15;
const SECOND: u64 = 0xD6E8_FEB8_6659_FD93;

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    (wide as u64) ^ ((wide >> 64) as u64)
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

/// A seeded hash of a string's bytes: eight at a time, folded multiplication.
#[inline]
pub(crate) fn hash_bytes(bytes: &[u8], seed: u32) -> u32 {
    /// What is shorter is done before the lanes are joined.
    const LONG: usize = 256;
    let mut state = u64::from(seed).wrapping_mul(SECOND) ^ (bytes.len() as u64);
    let mut rest = bytes;
    if bytes.len() >= LONG {
        (state, rest) = hash_lanes(bytes, state);
    }
    for chunk in rest.chunks_exact(8) {
        state = fold(state ^ word(chunk), FIRST);
    }
    state = fold(state ^ remainder(bytes) ^ SECOND, FIRST ^ (u64::from(seed) << 32));
    (state ^ (state >> 32)) as u32
}

/// The state after all of a long string but its last bytes, which it gives too. Four words are folded at once,
/// since a multiplication takes longer than a processor has to wait for another one.
#[cold]
#[inline(never)]
fn hash_lanes(bytes: &[u8], mut state: u64) -> (u64, &[u8]) {
    let mut lanes = [state, state ^ FIRST, state ^ SECOND, !state];
    let blocks = bytes.chunks_exact(32);
    let rest = blocks.remainder();
    for block in blocks {
        for (lane, bytes) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            *lane = fold(*lane ^ word(bytes), FIRST);
        }
    }
    for lane in lanes {
        state = fold(state ^ lane, FIRST);
    }
    (state, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_string_is_its_last_bytes() {
        let text: Vec<u8> = (1..=40).map(|byte| byte * 6 + 1).collect();
        for len in 0..=text.len() {
            let rest = text[..len].chunks_exact(8).remainder();
            let expected = rest.iter().rev().fold(0, |number, &b| number << 8 | u64::from(b));
            assert_eq!(remainder(&text[..len]), expected, "{len} bytes");
        }
    }
}
