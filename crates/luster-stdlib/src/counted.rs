//! Bytes that a library function gathers over several steps: counted as the VM's, so that memory
//! limits see them, and refused rather than fatal when there is not enough memory.

use luster_value::{Context, Error, Value, account};

/// The least room that is made at once.
const LEAST: usize = 64;

/// A growing string.
#[derive(Default)]
pub(crate) struct CountedBuffer {
    bytes: Vec<u8>,
    counted: usize,
}

gc_arena::static_collect!(CountedBuffer);

impl CountedBuffer {
    /// An empty one.
    pub(crate) fn new() -> Self {
        CountedBuffer::default()
    }

    /// Makes room for this many more bytes.
    ///
    /// # Errors
    /// There is not that much memory.
    pub(crate) fn reserve<'gc>(&mut self, more: usize) -> Result<(), Error<'gc>> {
        crate::buffer::check(self.bytes.len().saturating_add(more))?;
        self.bytes.try_reserve(more.max(LEAST)).map_err(|_| Error::memory())?;
        let capacity = self.bytes.capacity();
        account::add(capacity - self.counted);
        self.counted = capacity;
        Ok(())
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline]
    pub(crate) fn extend<'gc>(&mut self, bytes: &[u8]) -> Result<(), Error<'gc>> {
        if bytes.len() > self.bytes.capacity() - self.bytes.len() {
            self.reserve(bytes.len())?;
        }
        self.bytes.extend_from_slice(bytes);
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
                luster_number::write_number(&mut self.bytes, number);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// The bytes so far.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes as a string; the buffer is empty then.
    pub(crate) fn take_string<'gc>(&mut self, ctx: Context<'gc>) -> Value<'gc> {
        account::sub(std::mem::take(&mut self.counted));
        Value::String(ctx.intern_owned(std::mem::take(&mut self.bytes)))
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
