//! Bytes that a library function gathers over several steps: counted as the VM's, so that memory
//! limits see them, and refused rather than fatal when there is not enough memory.

use luster_value::{Context, Error, Value, account};

/// Up to this length a string needs no memory of its own.
const SHORT: usize = 64;

/// A growing string. It stands in the buffer itself as long as it is short.
pub(crate) struct CountedBuffer {
    short: [u8; SHORT],
    short_length: usize,
    /// The string once it is longer, which shows by its capacity.
    long: Vec<u8>,
    counted: usize,
}

gc_arena::static_collect!(CountedBuffer);

impl CountedBuffer {
    /// An empty one.
    pub(crate) fn new() -> Self {
        CountedBuffer { short: [0; SHORT], short_length: 0, long: Vec::new(), counted: 0 }
    }

    /// Makes room for this many more bytes, and has the string stand in memory of its own.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline(never)]
    pub(crate) fn reserve<'gc>(&mut self, more: usize) -> Result<(), Error<'gc>> {
        let length = self.as_bytes().len();
        crate::buffer::check_growth(length.saturating_add(more), more)?;
        if self.long.capacity() == 0 {
            let room = (length + more).max(SHORT * 2);
            self.long.try_reserve_exact(room).map_err(|_| Error::memory())?;
            self.long.extend_from_slice(&self.short[..self.short_length]);
        } else {
            crate::buffer::reserve(&mut self.long, more, 0)?;
        }
        let capacity = self.long.capacity();
        account::add(capacity - self.counted);
        self.counted = capacity;
        Ok(())
    }

    /// Makes room for this many more bytes, unless there is.
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
                self.reserve(32)?;
                luster_number::write_number(&mut self.long, number);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// The bytes so far.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        if self.long.capacity() == 0 { &self.short[..self.short_length] } else { &self.long }
    }

    /// The bytes; the buffer is empty then.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        if self.long.capacity() == 0 {
            return self.short[..std::mem::take(&mut self.short_length)].to_vec();
        }
        self.short_length = 0;
        account::sub(std::mem::take(&mut self.counted));
        std::mem::take(&mut self.long)
    }

    /// Makes it empty. It keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.short_length = 0;
        self.long.clear();
    }

    /// The bytes as a string; the buffer is empty then.
    pub(crate) fn take_string<'gc>(&mut self, ctx: Context<'gc>) -> Value<'gc> {
        if self.long.capacity() == 0 {
            let length = std::mem::take(&mut self.short_length);
            return Value::String(ctx.intern(&self.short[..length]));
        }
        Value::String(ctx.intern_owned(self.take_bytes()))
    }
}

impl Drop for CountedBuffer {
    fn drop(&mut self) {
        account::sub(self.counted);
    }
}

/// Memory of any kind that a library function holds over several steps, counted as the VM's.
#[derive(Default)]
pub(crate) struct CountedMemory(usize);

gc_arena::static_collect!(CountedMemory);

impl CountedMemory {
    /// Sets how many bytes are held.
    pub(crate) fn set(&mut self, bytes: usize) {
        account::sub(self.0);
        account::add(bytes);
        self.0 = bytes;
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
