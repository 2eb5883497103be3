//! Weak tables seen while marking, for the collection driver to clear.
//!
//! `trace` is not told which VM it works for, so the list is thread-local for as long as a VM's
//! collector marks; the driver takes it away at the end of every marking step.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use gc_arena::Finalization;

use crate::table::Table;

/// How a weak table holds its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakMode {
    /// Its keys are weak, and a value lives only as long as its key (an ephemeron).
    Keys,
    /// Its values are weak.
    Values,
    /// Both are weak.
    Both,
}

/// A weak table that was marked in the current cycle, by its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub(crate) address: usize,
    /// How it is weak.
    pub mode: WeakMode,
}

thread_local! {
    /// Has no destructor, so that VMs work in the destructors of a thread's other variables. It is
    /// empty when no VM marks.
    static SEEN: RefCell<ManuallyDrop<Vec<Seen>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// Remembers a weak table that is being traced.
pub(crate) fn remember(address: usize, mode: WeakMode) {
    SEEN.with_borrow_mut(|seen| seen.push(Seen { address, mode }));
}

/// Takes all that were remembered.
pub fn take() -> Vec<Seen> {
    SEEN.with_borrow_mut(|seen| std::mem::take(&mut **seen))
}

/// What the collection driver does with the weak tables seen in a cycle, once everything is marked.
///
/// # Safety
/// All of `seen` must have been taken in the current, still unswept cycle of the arena of `fc`.
pub unsafe fn mark_ephemerons<'gc>(seen: &[Seen], fc: &Finalization<'gc>) -> bool {
    let mut marked = false;
    for table in seen.iter().filter(|table| table.mode == WeakMode::Keys) {
        // SAFETY: the caller's promise.
        marked |= unsafe { Table::from_address(table.address) }.mark_ephemerons(fc);
    }
    marked
}

/// Clears the entries with dead values of tables whose values are weak.
///
/// # Safety
/// As for [`mark_ephemerons`].
pub unsafe fn clear_values<'gc>(seen: &[Seen], fc: &Finalization<'gc>) {
    for table in seen.iter().filter(|table| table.mode != WeakMode::Keys) {
        // SAFETY: the caller's promise.
        unsafe { Table::from_address(table.address) }.clear_dead_values(fc);
    }
}

/// Clears the entries with dead keys of tables whose keys are weak.
///
/// # Safety
/// As for [`mark_ephemerons`].
pub unsafe fn clear_keys<'gc>(seen: &[Seen], fc: &Finalization<'gc>) {
    for table in seen.iter().filter(|table| table.mode != WeakMode::Values) {
        // SAFETY: the caller's promise.
        unsafe { Table::from_address(table.address) }.clear_dead_keys(fc);
    }
}
