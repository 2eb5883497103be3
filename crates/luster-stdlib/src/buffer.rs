//! Buffers that grow as a script asks for: growth that cannot be had is a Lua error.

use luster_value::{Error, Stack, account};

/// The longest string there may be: a length has to be an integer.
pub(crate) const MAX_LENGTH: usize = i64::MAX as usize;

/// The longest buffer. Many systems grant any request and fail when the memory is used, which no
/// script can catch: what no sane script asks for is refused at once.
const MAX_BUFFER: usize = if usize::BITS > 32 { 1 << 32 } else { 1 << 30 };

/// The smallest buffer.
const SMALLEST: usize = 32;

/// Makes room for more bytes in a buffer that is not counted.
///
/// # Errors
/// There is not that much memory.
#[inline]
pub(crate) fn grow<'gc>(buffer: &mut Vec<u8>, more: usize) -> Result<(), Error<'gc>> {
    if buffer.capacity() - buffer.len() >= more {
        return Ok(());
    }
    check(buffer.len().saturating_add(more))?;
    reserve(buffer, more, buffer.capacity())
}

/// Makes room for more bytes in a buffer of which so many bytes are not counted, and for as many again as
/// there are if the memory limit allows. While it grows, there may be a second one beside it.
///
/// # Errors
/// There is not that much memory.
pub(crate) fn reserve<'gc>(
    buffer: &mut Vec<u8>,
    more: usize,
    uncounted: usize,
) -> Result<(), Error<'gc>> {
    let (length, capacity) = (buffer.len(), buffer.capacity());
    if capacity - length >= more {
        return Ok(());
    }
    let least = length.saturating_add(more);
    // Never by less than a part of what there is, since all of that is copied.
    for part in [1, 4, 16] {
        let wanted = capacity.saturating_add(capacity / part);
        let wanted = wanted.max(least).max(SMALLEST);
        if account::has_room_for(wanted.saturating_add(uncounted)) {
            return buffer.try_reserve_exact(wanted - length).map_err(|_| Error::memory());
        }
    }
    Err(Error::memory())
}

/// Checks the length that a buffer is to have, none of which is counted yet.
///
/// # Errors
/// There is not that much memory.
pub(crate) fn check<'gc>(length: usize) -> Result<(), Error<'gc>> {
    check_growth(length, length)
}

/// Checks the length that a buffer is to have, and by how much it grows beyond what is counted.
///
/// # Errors
/// There is not that much memory.
pub(crate) fn check_growth<'gc>(length: usize, more: usize) -> Result<(), Error<'gc>> {
    if length <= MAX_BUFFER && account::has_room_for(more) { Ok(()) } else { Err(Error::memory()) }
}

/// Appends bytes.
///
/// # Errors
/// There is not that much memory.
#[inline]
pub(crate) fn append<'gc>(buffer: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error<'gc>> {
    grow(buffer, bytes.len())?;
    buffer.extend_from_slice(bytes);
    Ok(())
}

/// An empty buffer with room for so many bytes.
///
/// # Errors
/// There is not that much memory.
pub(crate) fn with_room<'gc>(length: usize) -> Result<Vec<u8>, Error<'gc>> {
    check(length)?;
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(length).map_err(|_| Error::memory())?;
    Ok(buffer)
}

/// Makes sure that so many results can be pushed.
///
/// # Errors
/// "stack overflow", with what there would be too much of.
#[inline]
pub(crate) fn reserve_results<'gc>(
    stack: &mut Stack<'_, 'gc>,
    count: usize,
    what: &str,
) -> Result<(), Error<'gc>> {
    if stack.reserve(count) {
        Ok(())
    } else {
        Err(Error::message(format!("stack overflow ({what})")))
    }
}
