//! How long a step may take, beside how much fuel it has.
//!
//! Fuel is a count of instructions and of work that is known beforehand. What it does not know, such as how
//! many of a table's entries are in the processor's caches, may cost many times as much. So a step looks at the
//! clock between its slices, and ends early when it has taken far longer than its fuel is worth.

use std::cell::Cell;
use std::time::Duration;

/// What a unit of fuel may take. Ordinary instructions take less than half of it; not so in builds that are
/// there for their assertions.
const PER_UNIT: Duration = Duration::from_nanos(if cfg!(debug_assertions) { 400 } else { 20 });

/// What any step may take.
const LEAST: Duration = Duration::from_millis(1);

/// How much fuel the slices of a step have whose time is looked at: at first, and at most.
const FIRST_SLICE: i64 = 500;
const LONGEST_SLICE: i64 = 4_000;

/// How short slices become when they take long.
const SHORTEST_SLICE: i64 = 125;

/// Slices become shorter when they take longer than that, and longer when they take a third of it.
const LONG: Duration = Duration::from_micros(300);

/// What the slices of a VM have taken.
#[derive(Debug)]
pub(crate) struct Pace {
    /// How much fuel the next one has.
    slice: Cell<i64>,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Pace { slice: Cell::new(FIRST_SLICE) }
    }

    /// Begins a step that has so much fuel. There is nothing to look at if that is more than any step uses, or
    /// no clock.
    pub(crate) fn begin(&self, fuel: i64) -> Option<Watch<'_>> {
        let units = u32::try_from(fuel).ok()?;
        let begun = now()?;
        self.slice.set(self.slice.get().min(FIRST_SLICE));
        Some(Watch { pace: self, allowed: begun + (PER_UNIT * units).max(LEAST), last: begun })
    }

    /// Says how much fuel the next slice has, after one that took so long.
    fn follow(&self, took: Duration) {
        let slice = self.slice.get();
        if took > LONG {
            self.slice.set((slice / 4).max(SHORTEST_SLICE));
        } else if took < LONG / 3 {
            self.slice.set((slice * 2).min(LONGEST_SLICE));
        }
    }
}

/// The clock of a step.
pub(crate) struct Watch<'a> {
    pace: &'a Pace,
    /// When the step is to end.
    allowed: Duration,
    /// When its last slice ended.
    last: Duration,
}

impl Watch<'_> {
    /// How much fuel the next slice has at most.
    pub(crate) fn slice_fuel(&self) -> i64 {
        self.pace.slice.get()
    }

    /// Looks at the clock after a slice. Tells whether the step is to end.
    pub(crate) fn is_over(&mut self) -> bool {
        let Some(now) = now() else { return false };
        self.pace.follow(now.saturating_sub(self.last));
        self.last = now;
        now >= self.allowed
    }
}

/// The time that the processor has worked for this thread: what else the machine does, does not count.
#[cfg(unix)]
fn now() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(not(unix))]
fn now() -> Option<Duration> {
    #[cfg(not(target_family = "wasm"))]
    return std::time::SystemTime::UNIX_EPOCH.elapsed().ok();
    #[cfg(target_family = "wasm")]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_become_shorter_when_they_take_long() {
        let pace = Pace::new();
        pace.follow(LONG * 2);
        assert_eq!(pace.slice.get(), FIRST_SLICE / 4);
        pace.follow(LONG / 2);
        assert_eq!(pace.slice.get(), FIRST_SLICE / 4);
        for _ in 0..20 {
            pace.follow(LONG / 4);
        }
        assert_eq!(pace.slice.get(), LONGEST_SLICE);
        for _ in 0..20 {
            pace.follow(LONG * 2);
        }
        assert_eq!(pace.slice.get(), SHORTEST_SLICE);
    }

    #[test]
    fn steps_end_when_their_time_is_over() {
        let pace = Pace::new();
        assert!(pace.begin(i64::MAX).is_none());
        let Some(mut watch) = pace.begin(100_000) else { return };
        assert_eq!(watch.slice_fuel(), FIRST_SLICE);
        assert!(!watch.is_over());
        watch.allowed = Duration::ZERO;
        assert!(watch.is_over());
    }
}
