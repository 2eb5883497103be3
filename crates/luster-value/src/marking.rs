//! Whether a VM's collector is marking on this thread.
//!
//! `trace` is told neither that nor its VM, and anybody may have a value traced for reasons of their own.
//! Strings note that they were reached only while the collection driver says that it marks.

use std::cell::Cell;

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
}

/// What is on until it is dropped.
struct Marking;

impl Drop for Marking {
    fn drop(&mut self) {
        IS_ON.set(false);
    }
}

/// Whether the collector is marking.
#[inline(always)]
pub(crate) fn is_on() -> bool {
    // As `get`, which is not always inlined.
    IS_ON.try_with(Cell::get).unwrap_or(false)
}

/// Marks: does what has the collector trace objects, and nothing else.
///
/// # Safety
/// All of an arena's marking has to be done in this way, and what is traced meanwhile only by the
/// collector of an arena: the interner believes the notes that strings take, and forgets those that were
/// not reached.
pub unsafe fn mark<T>(f: impl FnOnce() -> T) -> T {
    IS_ON.set(true);
    let _marking = Marking;
    f()
}
