//! Counting the bytes that collected objects own outside the collector's own allocations.
//!
//! Neither `Drop` nor `trace` is told which VM it works for, and several VMs may share a thread.
//! So the counter of the VM at work is installed in a thread-local for as long as it works, and
//! everything here is a plain number: nothing points anywhere.

use std::cell::Cell;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static SLICE_LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
    static REQUEST_LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
}

/// Lets the slice that begins allocate so many bytes before it should end for a collection, and no
/// more than `room` bytes in one go.
pub fn begin_slice(allowance: usize, room: usize) {
    let bytes = BYTES.with(Cell::get);
    SLICE_LIMIT.with(|cell| cell.set(bytes.saturating_add_unsigned(allowance)));
    REQUEST_LIMIT.with(|cell| cell.set(bytes.saturating_add_unsigned(room)));
}

/// Lifts the limits of the slice that has ended.
pub fn end_slice() {
    SLICE_LIMIT.with(|cell| cell.set(isize::MAX));
    REQUEST_LIMIT.with(|cell| cell.set(isize::MAX));
}

/// Whether so many bytes can be allocated without passing the memory limit. Whoever is about to
/// allocate much at once has to ask, and to raise "not enough memory" when it cannot.
#[inline]
#[must_use]
pub fn has_room_for(bytes: usize) -> bool {
    BYTES.with(Cell::get).saturating_add_unsigned(bytes) <= REQUEST_LIMIT.with(Cell::get)
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
