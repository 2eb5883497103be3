//! How long a step may take, beside how much fuel it has.
//!
//! Fuel is a count of instructions and of work that is known beforehand. What it does not know, such as how
//! many of a table's entries are in the processor's caches, may cost many times as much. So a step looks at the
//! clock now and then, and ends early when it has taken far longer than its fuel is worth.
//!
//! It does so between the parts that slices are divided into. Nothing else happens there: but for steps that end
//! early, what a script does and what it costs are the same with a clock and without.

use std::time::Duration;

/// What a unit of fuel may take. Ordinary instructions take less than half of it; not so in builds that are
/// there for their assertions.
const PER_UNIT: Duration = Duration::from_nanos(if cfg!(debug_assertions) { 400 } else { 20 });

/// What any step may take.
const LEAST: Duration = Duration::from_millis(1);

/// How much fuel a part has: the first one of a step, and others at most and at least.
const FIRST_PART: i64 = 500;
const LONGEST_PART: i64 = 4_000;
const SHORTEST_PART: i64 = 125;

/// Parts become shorter when they take longer than that, and longer when they take less than a third of it.
const LONG: Duration = Duration::from_micros(300);

/// The clock of a step.
pub(crate) struct Watch {
    /// When the step is to end.
    allowed: Duration,
    /// When the part that is running has begun.
    begun: Duration,
    /// How much fuel the next one has.
    part: i64,
}

impl Watch {
    /// Begins a step that has so much fuel. There is nothing to look at if that is more than any step uses, or
    /// no clock.
    pub(crate) fn begin(fuel: i64) -> Option<Self> {
        let units = u32::try_from(fuel).ok()?;
        let begun = now()?;
        let allowed = begun + (PER_UNIT * units).max(LEAST);
        Some(Watch { allowed, begun, part: FIRST_PART })
    }

    /// Whether the step is to end.
    pub(crate) fn is_over(&self) -> bool {
        now().is_some_and(|now| now >= self.allowed)
    }

    /// Notes that a part is over. Tells whether the step is to end.
    fn end_part(&mut self) -> bool {
        let Some(now) = now() else { return false };
        self.follow(now.saturating_sub(self.begun));
        self.begun = now;
        now >= self.allowed
    }

    /// Says how much fuel the next part has, after one that took so long.
    fn follow(&mut self, took: Duration) {
        if took > LONG {
            self.part = (self.part / 4).max(SHORTEST_PART);
        } else if took < LONG / 3 {
            self.part = (self.part * 2).min(LONGEST_PART);
        }
    }
}

/// A slice that is divided into parts.
pub(crate) struct Pace {
    watch: Watch,
    /// The fuel of the parts to come.
    kept_back: i64,
}

impl Pace {
    /// Divides a slice, and leaves the fuel of its first part.
    pub(crate) fn new(mut watch: Watch, fuel: &mut i64) -> Self {
        // What is between slices is not a part's.
        watch.begun = now().unwrap_or(watch.begun);
        let mut pace = Pace { watch, kept_back: 0 };
        pace.divide(fuel);
        pace
    }

    fn divide(&mut self, fuel: &mut i64) {
        let part = self.watch.part.min(*fuel);
        self.kept_back = *fuel - part;
        *fuel = part;
    }

    /// Gives back the fuel that was kept back when a part is over, all of it when the slice is to end. Tells
    /// whether there is another part.
    pub(crate) fn begins_part(&mut self, fuel: &mut i64) -> bool {
        *fuel += std::mem::take(&mut self.kept_back);
        if *fuel < 0 || self.watch.end_part() {
            return false;
        }
        self.divide(fuel);
        true
    }

    /// The fuel of the parts that there have not been.
    pub(crate) fn kept_back(&self) -> i64 {
        self.kept_back
    }

    /// The clock of the step, when the slice is over.
    pub(crate) fn watch(self) -> Watch {
        self.watch
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

    fn a_watch() -> Watch {
        Watch { allowed: Duration::MAX, begun: Duration::ZERO, part: FIRST_PART }
    }

    #[test]
    fn parts_become_shorter_when_they_take_long() {
        let mut watch = a_watch();
        watch.follow(LONG * 2);
        assert_eq!(watch.part, FIRST_PART / 4);
        watch.follow(LONG / 2);
        assert_eq!(watch.part, FIRST_PART / 4);
        for _ in 0..20 {
            watch.follow(LONG / 4);
        }
        assert_eq!(watch.part, LONGEST_PART);
        for _ in 0..20 {
            watch.follow(LONG * 2);
        }
        assert_eq!(watch.part, SHORTEST_PART);
    }

    #[test]
    fn parts_have_the_slice_s_fuel_together() {
        let mut fuel = 10_000;
        let mut pace = Pace::new(a_watch(), &mut fuel);
        let (mut burned, mut parts) = (0, 1);
        loop {
            burned += fuel + 3;
            fuel = -3;
            if !pace.begins_part(&mut fuel) {
                break;
            }
            parts += 1;
        }
        assert_eq!((burned + fuel, pace.kept_back()), (10_000, 0));
        assert!(parts >= 10_000 / LONGEST_PART, "{parts} parts");
    }

    #[test]
    fn steps_end_when_their_time_is_over() {
        assert!(Watch::begin(i64::MAX).is_none());
        let Some(mut watch) = Watch::begin(100_000) else { return };
        assert!(!watch.is_over());
        watch.allowed = Duration::ZERO;
        assert!(watch.is_over());
        let mut fuel = 10_000;
        let mut pace = Pace::new(watch, &mut fuel);
        assert_eq!((fuel, pace.kept_back()), (FIRST_PART, 10_000 - FIRST_PART));
        fuel = -1;
        assert!(!pace.begins_part(&mut fuel));
        assert_eq!((fuel, pace.kept_back()), (10_000 - FIRST_PART - 1, 0));
    }
}
