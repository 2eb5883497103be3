//! Counting the bytes that collected objects own outside the collector's own allocations.
//!
//! Neither `Drop` nor `trace` is told which VM it works for, and several VMs may share a thread.
//! So the counter of the VM at work is installed in a thread-local for as long as it works, and
//! everything here is a plain number: nothing points anywhere.

use std::cell::Cell;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static SLICE_LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
}

/// Lets the slice that begins allocate so many bytes before it should end for a collection.
pub fn begin_slice(allowance: usize) {
    let limit = BYTES.with(Cell::get).saturating_add_unsigned(allowance);
    SLICE_LIMIT.with(|cell| cell.set(limit));
}

/// Whether the slice has allocated what it may.
#[inline]
pub fn should_end_slice() -> bool {
    BYTES.with(Cell::get) > SLICE_LIMIT.with(Cell::get)
}

/// Counts `bytes` as allocated by the VM at work.
#[inline]
pub fn add(bytes: usize) {
    BYTES.with(|counter| counter.set(counter.get().wrapping_add(bytes as isize)));
}

/// Counts `bytes` as freed by the VM at work.
#[inline]
pub fn sub(bytes: usize) {
    BYTES.with(|counter| counter.set(counter.get().wrapping_sub(bytes as isize)));
}

/// The bytes counted for the VM at work.
#[inline]
pub fn bytes() -> usize {
    BYTES.with(Cell::get).max(0) as usize
}

/// Installs the counter of a VM and returns the one that was installed before.
#[inline]
pub fn install(counter: isize) -> isize {
    BYTES.with(|current| current.replace(counter))
}
