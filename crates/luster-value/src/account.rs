//! Counting the bytes that collected objects own outside the collector's own allocations.
//!
//! Neither `Drop` nor `trace` is told which VM it works for, and several VMs may share a thread.
//! So the counter of the VM at work is installed in a thread-local for as long as it works, and
//! everything here is a plain number: nothing points anywhere.

use std::cell::Cell;

/// Which VM it is that a counter belongs to: its address, which stays the same while it is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner(usize);

impl Owner {
    /// Nobody.
    pub const NONE: Owner = Owner(0);

    /// The owner at an address.
    #[inline]
    pub fn at<T>(place: &T) -> Self {
        Owner(std::ptr::from_ref(place).addr())
    }
}

/// A counter that was installed, with its limits.
#[derive(Debug)]
pub struct Installed {
    owner: Owner,
    bytes: isize,
    slice_limit: isize,
    request_limit: isize,
}

thread_local! {
    static OWNER: Cell<Owner> = const { Cell::new(Owner::NONE) };
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

/// Whether this VM's counter is the one that is installed.
#[inline]
pub fn is_installed(vm: Owner) -> bool {
    OWNER.with(Cell::get) == vm
}

/// Installs the counter of a VM, without limits, and returns what was installed before.
#[inline]
pub fn install(vm: Owner, bytes: isize) -> Installed {
    Installed {
        owner: OWNER.with(|cell| cell.replace(vm)),
        bytes: BYTES.with(|cell| cell.replace(bytes)),
        slice_limit: SLICE_LIMIT.with(|cell| cell.replace(isize::MAX)),
        request_limit: REQUEST_LIMIT.with(|cell| cell.replace(isize::MAX)),
    }
}

/// Installs again what was installed before, and returns the bytes counted meanwhile.
#[inline]
pub fn restore(outer: &Installed) -> isize {
    OWNER.with(|cell| cell.set(outer.owner));
    SLICE_LIMIT.with(|cell| cell.set(outer.slice_limit));
    REQUEST_LIMIT.with(|cell| cell.set(outer.request_limit));
    BYTES.with(|cell| cell.replace(outer.bytes))
}
