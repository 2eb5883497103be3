//! How long a step may take, beside how much fuel it has.
//!
//! Fuel is a count of instructions and of work that is known beforehand. What it does not know, such as how
//! many of a table's entries are in the processor's caches, may cost many times as much. So a step looks at the
//! clock now and then, and ends early when it has taken far longer than its fuel is worth.
//!
//! It does so between the parts that slices are divided into. Nothing else happens there: but for steps that end
//! early, what a script does and what it costs are the same with a clock and without.

use std::time::{Duration, Instant};

/// What a unit of fuel may take. Ordinary instructions take less than half of it; not so in builds that are
/// there for their assertions.
const PER_UNIT: Duration = Duration::from_nanos(if cfg!(debug_assertions) { 400 } else { 20 });

/// What any step may take.
const LEAST: Duration = Duration::from_millis(1);

/// Steps with less fuel are not looked at.
const SHORT_STEP: i64 = 2_000;

/// How much fuel a part has: the first one of a step, and others at most and at least.
const FIRST_PART: i64 = 500;
const LONGEST_PART: i64 = 5_000;
const SHORTEST_PART: i64 = 125;

/// Parts become shorter when they take longer than that, and longer when they take less than a third of it.
const LONG: Duration = Duration::from_micros(300);

/// The clocks of a step: the one on the wall, which is quick to look at, and the processor's, which counts what
/// this thread has worked and not what else the machine does.
pub(crate) struct Watch {
    begun: Instant,
    /// What the thread had worked by then.
    worked: Duration,
    /// How long the step may take.
    allowed: Duration,
    /// When the part that is running has begun.
    part_begun: Instant,
    /// How much fuel the next one has.
    part: i64,
}

impl Watch {
    /// Begins a step that has so much fuel. There is nothing to look at if that is hardly any, or more than any
    /// step uses, or if there is no clock.
    pub(crate) fn begin(fuel: i64) -> Option<Self> {
        let units = u32::try_from(fuel).ok()?;
        if fuel < SHORT_STEP || cfg!(target_family = "wasm") {
            return None;
        }
        let (begun, worked) = (Instant::now(), work_of_thread()?);
        let allowed = (PER_UNIT * units).max(LEAST);
        Some(Watch { begun, worked, allowed, part_begun: begun, part: FIRST_PART })
    }

    /// Whether the step is to end.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over_at(Instant::now())
    }

    fn is_over_at(&self, now: Instant) -> bool {
        now - self.begun >= self.allowed
            && work_of_thread().is_none_or(|worked| worked - self.worked >= self.allowed)
    }

    /// Notes that a part is over. Tells whether the step is.
    fn end_part(&mut self) -> bool {
        let now = Instant::now();
        self.follow(now - self.part_begun);
        self.part_begun = now;
        self.is_over_at(now)
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
        watch.part_begun = Instant::now();
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

/// How long the processor has worked for this thread.
#[cfg(unix)]
fn work_of_thread() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// Where that is not known, the clock on the wall has to do.
#[cfg(not(unix))]
fn work_of_thread() -> Option<Duration> {
    use std::sync::OnceLock;
    static FIRST: OnceLock<Instant> = OnceLock::new();
    Some(FIRST.get_or_init(Instant::now).elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_watch() -> Watch {
        let begun = Instant::now();
        let (worked, allowed) = (Duration::ZERO, Duration::MAX);
        Watch { begun, worked, allowed, part_begun: begun, part: FIRST_PART }
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
        assert!(Watch::begin(i64::MAX).is_none() && Watch::begin(100).is_none());
        let Some(mut watch) = Watch::begin(100_000) else { return };
        assert!(!watch.is_over());
        watch.allowed = Duration::ZERO;
        assert!(watch.is_over());
        let mut fuel = 10_000;
        let mut pace = Pace::new(watch, &mut fuel);
        assert!(fuel < LONGEST_PART && fuel + pace.kept_back() == 10_000);
        fuel -= 1;
        assert!(!pace.begins_part(&mut fuel));
        assert_eq!((fuel, pace.kept_back()), (9_999, 0));
    }
}
