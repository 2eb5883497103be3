//! The stress build: what the VM does differently when it is compiled with `--cfg luster_stress`.
//!
//! Slices are of a few instructions, and the collector works after every one of them, by turns a whole
//! cycle and a step of one, so that both a value that nothing holds and a write barrier that is missing
//! come to light. Registers move at every call and dead ones are poisoned; that is in `luster-value`
//! (`registers`). How to build and run it is in `docs/testing.md`. In other builds [`IS_ON`] is false,
//! and nothing of this is left.

/// Whether this is the stress build.
pub(crate) const IS_ON: bool = cfg!(luster_stress);

/// What is in use beyond so much lets slices be longer. A collection takes time in proportion to what is in
/// use, and a program with a large heap should come to its end nevertheless.
const LARGE: usize = 1 << 20;

/// How long a slice may be with so many bytes in use, in fuel: a unit for each 16 KB, and two for each KB
/// of what is much.
pub(crate) fn slice_fuel(used: usize) -> i64 {
    ((used >> 14) + (used.saturating_sub(LARGE) >> 9)).max(1) as i64
}

/// How many bytes a slice may allocate before it ends: none, so that whatever a callback allocates ends it,
/// and a little with much in use.
pub(crate) fn slice_bytes(used: usize) -> usize {
    used.saturating_sub(LARGE) >> 8
}

/// What the collector does when its turn comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Turn {
    /// Frees everything that is unreachable.
    Full,
    /// Does so many units of work.
    Step(f64),
}

/// What the collector does in its turn with this number, with so many objects alive.
pub(crate) fn turn(number: usize, objects: usize) -> Turn {
    /// How many turns it takes until the pattern repeats.
    const PERIOD: usize = 16;
    /// How many of them are full collections; in the others a cycle comes to its end, or nearly.
    const FULL: usize = 7;
    /// In how many steps a cycle is done, about.
    const STEPS: usize = 8;
    if number % PERIOD < FULL { Turn::Full } else { Turn::Step((objects / STEPS) as f64) }
}
