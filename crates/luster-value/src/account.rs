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

/// What counts for the VM at work.
struct Counter {
    owner: Cell<Owner>,
    bytes: Cell<isize>,
    slice_limit: Cell<isize>,
    request_limit: Cell<isize>,
}

thread_local! {
    static COUNTER: Counter = const {
        Counter {
            owner: Cell::new(Owner::NONE),
            bytes: Cell::new(0),
            slice_limit: Cell::new(isize::MAX),
            request_limit: Cell::new(isize::MAX),
        }
    };
}

/// Lets the slice that begins allocate so many bytes before it should end for a collection, and no
/// more than `room` bytes in one go.
#[inline]
pub fn begin_slice(allowance: usize, room: usize) {
    COUNTER.with(|counter| {
        let bytes = counter.bytes.get();
        counter.slice_limit.set(bytes.saturating_add_unsigned(allowance));
        counter.request_limit.set(bytes.saturating_add_unsigned(room));
    });
}

/// Lifts the limits of the slice that has ended.
#[inline]
pub fn end_slice() {
    COUNTER.with(|counter| {
        counter.slice_limit.set(isize::MAX);
        counter.request_limit.set(isize::MAX);
    });
}

/// Whether so many bytes can be allocated without passing the memory limit. Whoever is about to
/// allocate much at once has to ask, and to raise "not enough memory" when it cannot.
#[inline]
#[must_use]
pub fn has_room_for(bytes: usize) -> bool {
    COUNTER.with(|counter| {
        counter.bytes.get().saturating_add_unsigned(bytes) <= counter.request_limit.get()
    })
}

/// Whether the slice has allocated what it may.
#[inline]
pub fn should_end_slice() -> bool {
    COUNTER.with(|counter| counter.bytes.get() > counter.slice_limit.get())
}

/// Counts `bytes` as allocated by the VM at work.
#[inline]
pub fn add(bytes: usize) {
    COUNTER.with(|counter| counter.bytes.set(counter.bytes.get().wrapping_add(bytes as isize)));
}

/// Counts `bytes` as freed by the VM at work.
#[inline]
pub fn sub(bytes: usize) {
    COUNTER.with(|counter| counter.bytes.set(counter.bytes.get().wrapping_sub(bytes as isize)));
}

/// The bytes counted for the VM at work.
#[inline]
pub fn bytes() -> usize {
    COUNTER.with(|counter| counter.bytes.get()).max(0) as usize
}

/// Whether this VM's counter is the one that is installed.
#[inline]
pub fn is_installed(vm: Owner) -> bool {
    COUNTER.with(|counter| counter.owner.get() == vm)
}

/// Installs the counter of a VM, without limits, and returns what was installed before.
#[inline]
pub fn install(vm: Owner, bytes: isize) -> Installed {
    COUNTER.with(|counter| {
        let outer = Installed {
            owner: counter.owner.replace(vm),
            bytes: counter.bytes.replace(bytes),
            slice_limit: counter.slice_limit.get(),
            request_limit: counter.request_limit.get(),
        };
        // Where no VM is at work there are no limits either.
        if outer.owner != Owner::NONE {
            end_slice();
        }
        outer
    })
}

/// Installs again what was installed before, and returns the bytes counted meanwhile.
#[inline]
pub fn restore(outer: &Installed) -> isize {
    COUNTER.with(|counter| {
        counter.owner.set(outer.owner);
        counter.slice_limit.set(outer.slice_limit);
        counter.request_limit.set(outer.request_limit);
        counter.bytes.replace(outer.bytes)
    })
}
