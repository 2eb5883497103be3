//! How deep scripts may go before they get an error.

use std::cell::Cell;

/// The most slots that a coroutine may have, unless the host says otherwise: the reference's
/// `LUAI_MAXSTACK`.
pub const MAX_SLOTS: usize = 1_000_000;

/// How deep protected calls, message handlers and resumed coroutines may stand inside each other,
/// unless the host says otherwise: the reference's `LUAI_MAXCCALLS`. That one is about the C stack, of
/// which nothing is used here; but programs rely on an end.
pub const MAX_NESTING: u16 = 200;

/// How deep scripts may go.
#[derive(Debug)]
pub struct DepthLimits {
    slots: Cell<usize>,
    nesting: Cell<u16>,
}

impl Default for DepthLimits {
    fn default() -> Self {
        DepthLimits { slots: Cell::new(MAX_SLOTS), nesting: Cell::new(MAX_NESTING) }
    }
}

impl DepthLimits {
    /// How many stack slots a coroutine may have; then there is a "stack overflow".
    pub fn slots(&self) -> usize {
        self.slots.get()
    }

    /// Sets how many stack slots coroutines may have that are made from now on: at most a million.
    pub(crate) fn set_slots(&self, slots: usize) {
        self.slots.set(slots.clamp(256, MAX_SLOTS));
    }

    /// How deep protected calls, message handlers and resumed coroutines may stand inside each other;
    /// then there is a "C stack overflow".
    pub fn nesting(&self) -> u16 {
        self.nesting.get()
    }

    /// Sets how deep they may stand: from 10 to 10,000.
    pub fn set_nesting(&self, nesting: u16) {
        self.nesting.set(nesting.clamp(10, 10_000));
    }
}
