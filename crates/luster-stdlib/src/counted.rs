//! Bytes that a library function gathers over several steps: counted as the VM's, so that memory
//! limits see them, and refused rather than fatal when there is not enough memory.

use luster_value::{Context, Error, Stack, Value, account};

/// Up to this length a string needs no memory of its own.
const SHORT: usize = 64;

/// From this length on a string grows by pieces of that length, instead of being moved.
const PIECE: usize = 1 << 18;

/// How many bytes of pieces are put together for a unit of fuel.
const BYTES_PER_FUEL: usize = 16;

/// A growing string. It stands in the buffer itself as long as it is short, and in pieces once it is very
/// long, which are put together at the end.
pub(crate) struct CountedBuffer {
    short: [u8; SHORT],
    short_length: usize,
    /// The string once it is longer, or what there is of it behind the pieces; which shows by its capacity, all
    /// of which is counted.
    long: Vec<u8>,
    pieces: Pieces,
}

gc_arena::static_collect!(CountedBuffer);

impl CountedBuffer {
    /// An empty one.
    pub(crate) fn new() -> Self {
        CountedBuffer { short: [0; SHORT], short_length: 0, long: Vec::new(), pieces: Pieces(None) }
    }

    /// How many bytes there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        // One of them is empty.
        self.pieces.len() + self.short_length + self.long.len()
    }

    /// Whether there is nothing yet.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for this many more bytes than there is room for, and has the string stand in memory of its
    /// own.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline(never)]
    fn reserve<'gc>(&mut self, more: usize) -> Result<(), Error<'gc>> {
        let length = self.len();
        crate::buffer::check_growth(length.saturating_add(more), more)?;
        let before = self.long.capacity();
        if self.long.capacity() == 0 {
            let room = (length + more).max(SHORT * 2);
            self.long.try_reserve_exact(room).map_err(|_| Error::memory())?;
            self.long.extend_from_slice(&self.short[..std::mem::take(&mut self.short_length)]);
        } else if self.long.len() < PIECE {
            crate::buffer::reserve(&mut self.long, more, 0)?;
        } else {
            let room = if account::has_room_for(more.max(PIECE)) { more.max(PIECE) } else { more };
            let mut piece = Vec::new();
            piece.try_reserve_exact(room).map_err(|_| Error::memory())?;
            let long = std::mem::replace(&mut self.long, piece);
            self.pieces.push(long);
        }
        account::add(self.long.capacity());
        account::sub(before);
        Ok(())
    }

    /// Makes room for this many more bytes in one place, unless there is.
    ///
    /// # Errors
    /// There is not that much memory.
    pub(crate) fn make_room<'gc>(&mut self, more: usize) -> Result<(), Error<'gc>> {
        if more > self.long.capacity() - self.long.len() { self.reserve(more) } else { Ok(()) }
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline]
    pub(crate) fn extend<'gc>(&mut self, bytes: &[u8]) -> Result<(), Error<'gc>> {
        if bytes.len() > self.long.capacity() - self.long.len() {
            if self.long.capacity() == 0
                && let Some(room) = self.short[self.short_length..].get_mut(..bytes.len())
            {
                room.copy_from_slice(bytes);
                self.short_length += bytes.len();
                return Ok(());
            }
            self.reserve(bytes.len())?;
        }
        self.long.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends a string, or a number as it prints; tells whether it was one.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline]
    pub(crate) fn extend_value<'gc>(&mut self, value: Value<'gc>) -> Result<bool, Error<'gc>> {
        if let Value::String(string) = value {
            self.extend(string.as_bytes())?;
            return Ok(true);
        }
        match value.as_number() {
            Some(number) => {
                self.make_room(32)?;
                luster_number::write_number(&mut self.long, number);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// The bytes so far. The pieces have to be together.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        debug_assert!(
            self.pieces.is_empty(),
            "a long string is put together before it is looked at"
        );
        if self.long.capacity() == 0 { &self.short[..self.short_length] } else { &self.long }
    }

    /// Puts the pieces together, if there are any: so many bytes of them as may be done before the fuel is
    /// looked at. Tells whether they are together.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline]
    pub(crate) fn gather<'gc>(&mut self, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        if self.pieces.is_empty() {
            return Ok(true);
        }
        // What comes last is counted as a piece from now on.
        let before = self.long.capacity();
        let gathered = self.pieces.gather(&mut self.long, stack);
        account::add(self.long.capacity());
        account::sub(before);
        let Some(long) = gathered? else { return Ok(false) };
        account::add(long.capacity());
        self.long = long;
        Ok(true)
    }

    /// The bytes, which have to be together; the buffer is empty then.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        debug_assert!(self.pieces.is_empty(), "a long string is put together before it is taken");
        if self.long.capacity() == 0 {
            return self.short[..std::mem::take(&mut self.short_length)].to_vec();
        }
        account::sub(self.long.capacity());
        std::mem::take(&mut self.long)
    }

    /// Makes it empty. It keeps its memory, but for pieces.
    pub(crate) fn clear(&mut self) {
        self.short_length = 0;
        self.long.clear();
        self.pieces = Pieces::default();
    }

    /// The bytes as a string, which have to be together; the buffer is empty then.
    pub(crate) fn take_string<'gc>(&mut self, ctx: Context<'gc>) -> Value<'gc> {
        if self.long.capacity() == 0 && self.pieces.is_empty() {
            let length = std::mem::take(&mut self.short_length);
            return Value::String(ctx.intern(&self.short[..length]));
        }
        Value::String(ctx.intern_owned(self.take_bytes()))
    }
}

impl Drop for CountedBuffer {
    fn drop(&mut self) {
        account::sub(self.long.capacity());
    }
}

/// A very long string in pieces: what grows is put by when it is long, so that nothing of it has to be moved
/// until all is there, and then a portion at a time. They are counted.
#[derive(Default)]
pub(crate) struct Pieces(Option<Box<Parts>>);

gc_arena::static_collect!(Pieces);

#[derive(Default)]
struct Parts {
    /// Those that have been copied are empty.
    parts: Vec<Vec<u8>>,
    /// How long they are together.
    length: usize,
    /// How many have been copied, and how much of the one after them.
    copied: usize,
    within: usize,
    whole: Vec<u8>,
    memory: CountedMemory,
}

impl Pieces {
    /// How many bytes there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |parts| parts.length)
    }

    /// Whether there are none.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds a piece.
    fn push(&mut self, piece: Vec<u8>) {
        let parts = self.0.get_or_insert_default();
        parts.length += piece.len();
        parts.memory.set(parts.memory.0 + piece.capacity());
        parts.parts.push(piece);
    }

    /// Puts by what is in a buffer, if that is much and there is hardly any room left; it is empty then, with
    /// room for some more.
    #[inline]
    pub(crate) fn put_by(&mut self, buffer: &mut Vec<u8>) {
        if buffer.len() >= PIECE && buffer.capacity() - buffer.len() < PIECE / 4 {
            self.push(std::mem::take(buffer));
            if account::has_room_for(PIECE) {
                // Where there is none, whoever needs it fails.
                let _ = buffer.try_reserve_exact(PIECE);
            }
        }
    }

    /// Makes room for this many more bytes in a buffer that is not counted, in one place. A long buffer is put
    /// by instead of being moved.
    ///
    /// # Errors
    /// There is not that much memory.
    pub(crate) fn make_room<'gc>(
        &mut self,
        buffer: &mut Vec<u8>,
        more: usize,
    ) -> Result<(), Error<'gc>> {
        if buffer.len() >= PIECE && buffer.capacity() - buffer.len() < more {
            self.push(std::mem::take(buffer));
        }
        crate::buffer::grow(buffer, more)
    }

    /// Puts together all pieces and what is in a buffer, which comes last; or some of them, as many as may
    /// be before the fuel is looked at, and `None`.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline]
    pub(crate) fn gather<'gc>(
        &mut self,
        last: &mut Vec<u8>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Option<Vec<u8>>, Error<'gc>> {
        if self.is_empty() { Ok(Some(std::mem::take(last))) } else { self.gather_some(last, stack) }
    }

    #[cold]
    #[inline(never)]
    fn gather_some<'gc>(
        &mut self,
        last: &mut Vec<u8>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Option<Vec<u8>>, Error<'gc>> {
        if !last.is_empty() {
            self.push(std::mem::take(last));
        }
        let Some(parts) = &mut self.0 else { return Ok(Some(Vec::new())) };
        if parts.whole.capacity() == 0 {
            crate::buffer::check(parts.length)?;
            parts.whole.try_reserve_exact(parts.length).map_err(|_| Error::memory())?;
            parts.memory.set(parts.memory.0 + parts.whole.capacity());
        }
        let begin = parts.whole.len();
        while let Some(piece) = parts.parts.get_mut(parts.copied)
            && parts.whole.len() - begin < PIECE
        {
            let rest = &piece[parts.within..];
            let portion = &rest[..rest.len().min(PIECE)];
            parts.whole.extend_from_slice(portion);
            parts.within += portion.len();
            if parts.within == piece.len() {
                let memory = std::mem::take(piece).capacity();
                parts.memory.set(parts.memory.0 - memory);
                (parts.copied, parts.within) = (parts.copied + 1, 0);
            }
        }
        stack.burn((parts.whole.len() - begin) / BYTES_PER_FUEL);
        if parts.copied < parts.parts.len() {
            return Ok(None);
        }
        let whole = std::mem::take(&mut parts.whole);
        self.0 = None;
        Ok(Some(whole))
    }
}

/// Memory of any kind that a library function holds over several steps, counted as the VM's.
#[derive(Default)]
pub(crate) struct CountedMemory(usize);

gc_arena::static_collect!(CountedMemory);

impl CountedMemory {
    /// Sets how many bytes are held.
    #[inline]
    pub(crate) fn set(&mut self, bytes: usize) {
        if bytes != self.0 {
            account::sub(self.0);
            account::add(bytes);
            self.0 = bytes;
        }
    }
}

impl Drop for CountedMemory {
    fn drop(&mut self) {
        account::sub(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_about_as_large_as_what_is_in_it() {
        let mut buffer = CountedBuffer::new();
        for number in 0..10_000 {
            assert!(buffer.extend_value(Value::Integer(number)).is_ok_and(|is_text| is_text));
            assert!(buffer.long.capacity() <= 2 * buffer.as_bytes().len() + 128);
        }
        assert_eq!(buffer.as_bytes().len(), 38_890);
        let bytes = buffer.take_bytes();
        assert!(bytes.starts_with(b"0123456789101112") && bytes.ends_with(b"99989999"));
        assert!(buffer.as_bytes().is_empty());
    }
}
