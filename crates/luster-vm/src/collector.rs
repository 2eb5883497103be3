//! The collection driver: the one place that moves the arena through a cycle.
//!
//! gc-arena's own stepping functions that may go on from marking to sweeping (`collect_debt`, and
//! `cycle_debt` while marking) must never be called while marking: they would pass by the atomic
//! step, in which weak tables are cleared, finalizers made due and dead strings dropped, and leave
//! pointers to freed objects behind.
//!
//! Pacing is by bytes: the collector sleeps until what is counted reaches so many times what
//! survived the last cycle (`collectgarbage`'s parameter `pause`), then does work in proportion to what is allocated. A small heap is collected in one
//! go, which is cheaper than any stepping.

use gc_arena::arena::CollectionPhase;
use gc_arena::metrics::Pacing;
use gc_arena::{Arena, Finalization, Mutation, Rootable};
use luster_value::{CollectorParameter, Context, account, weak};

use crate::machine::Machine;
use crate::stress::{self, Turn};

/// The arena of a VM.
pub(crate) type VmArena = Arena<Rootable![Machine<'_>]>;

/// What an object counts beside the bytes that it owns.
const OBJECT_BYTES: usize = 64;
/// The collector sleeps at least until so much is counted.
const MIN_THRESHOLD: usize = 256 << 10;
/// A heap with fewer objects is collected in one go.
const SMALL_HEAP: usize = 10_000;
/// The least work of a step, in units of gc-arena's debt: about an object traced twice over.
const MIN_STEP: usize = 2_000;

/// How many times a step goes through the ephemerons.
const PASSES: usize = 2;

/// How much is allocated between two steps of a cycle that is under way, when no slice ends.
const STEP_BYTES: usize = 32 << 10;

/// The state of a VM's collector between slices.
#[derive(Debug)]
pub(crate) struct Collector {
    /// What has to be counted for the next cycle to begin.
    threshold: usize,
    /// What was counted at the last step.
    last: usize,
    /// What scripts have asked to count as allocated since the last cycle, by steps of some size.
    prepaid: usize,
    /// The weak tables marked in this cycle.
    seen: Vec<weak::Seen>,
    /// How many cycles have been finished.
    cycles: u64,
    /// How many units of debt the scripts that run have yet to pay for.
    owed: usize,
    /// How often its turn has come, in the stress build.
    turns: usize,
}

/// What came of a step that a script has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestedStep {
    /// It is done.
    Done { finished_cycle: bool },
    /// It is too long for one go: it comes to finishing this cycle.
    Awaits(u64),
}

/// What a unit of gc-arena's debt, which is about an object traced twice over, costs in fuel.
const FUEL_PER_UNIT: usize = 6;

/// How many bytes that are freed cost a unit of debt.
const FREED_PER_UNIT: usize = 512;

/// How many objects that stay are passed by in sweeping for a unit of debt.
const KEPT_PER_UNIT: usize = 20;

/// How many units of debt are done at most before the fuel is looked at while sweeping.
const SHORT_SWEEP: usize = 250;

/// How many units of debt are done at most before the fuel is looked at.
const SHORT_STEP: usize = 2_000;

impl Collector {
    /// The collector of a new arena, which it prepares.
    pub(crate) fn new(arena: &VmArena) -> Self {
        arena.metrics().set_pacing(Pacing { sleep_factor: 0.0, min_sleep: 0, ..Pacing::DEFAULT });
        Collector {
            threshold: MIN_THRESHOLD,
            last: 0,
            prepaid: 0,
            seen: Vec::new(),
            cycles: 0,
            owed: 0,
            turns: 0,
        }
    }

    /// What is counted: bytes owned, and every object.
    pub(crate) fn counted(arena: &VmArena) -> usize {
        Self::count(account::bytes(), arena.metrics().total_gc_count())
    }

    /// The same, of bytes and objects.
    #[inline]
    pub(crate) fn count(bytes: usize, objects: usize) -> usize {
        bytes + OBJECT_BYTES * objects
    }

    /// The same, from inside the arena.
    pub(crate) fn counted_in(ctx: Context<'_>) -> usize {
        Self::count(account::bytes(), ctx.mutation().metrics().total_gc_count())
    }

    /// What has to be counted for there to be something to do.
    pub(crate) fn due(&self, arena: &VmArena) -> usize {
        if Self::is_stopped(arena) {
            // A script may let it run again, so this is asked again.
            Self::counted(arena) + MIN_THRESHOLD
        } else if stress::IS_ON {
            0
        } else if arena.collection_phase() == CollectionPhase::Sleeping {
            self.threshold
        } else {
            self.last + STEP_BYTES
        }
    }

    fn is_stopped(arena: &VmArena) -> bool {
        arena.mutate(|mc, machine| machine.context(mc).collector_settings().is_stopped())
    }

    /// Does what is due after a slice, for as long as there is fuel. Tells whether all of it is done.
    #[inline]
    pub(crate) fn step(&mut self, arena: &mut VmArena, fuel: &mut i64) -> bool {
        if Self::is_stopped(arena) {
            return true;
        }
        if stress::IS_ON {
            self.take_turn(arena);
            return true;
        }
        let counted = Self::counted(arena);
        if arena.collection_phase() == CollectionPhase::Sleeping && counted < self.threshold {
            return true;
        }
        self.work(arena, counted, fuel)
    }

    /// Works after every slice, as the stress build does.
    fn take_turn(&mut self, arena: &mut VmArena) {
        self.turns += 1;
        match stress::turn(self.turns, arena.metrics().total_gc_count()) {
            Turn::Full => self.collect(arena),
            Turn::Step(units) => {
                self.advance(arena, units);
            }
        }
        // Scripts pay for no more than in other builds, or those would not come to their ends that do there.
        account::take_work();
    }

    #[cold]
    fn work(&mut self, arena: &mut VmArena, counted: usize, fuel: &mut i64) -> bool {
        let objects = arena.metrics().total_gc_count();
        if arena.collection_phase() == CollectionPhase::Sleeping && objects < SMALL_HEAP {
            self.finish_cycle(arena);
            burn(fuel, objects / 2);
            return true;
        }
        let allocated = counted.saturating_sub(self.last) / OBJECT_BYTES;
        self.last = counted;
        self.owed += MIN_STEP.max(2 * allocated);
        while self.owed > 0 {
            if *fuel <= 0 {
                return false;
            }
            let units = self.owed.min(short_step(arena));
            self.owed -= units;
            if self.advance_for(arena, units, fuel) {
                self.owed = 0;
            }
        }
        true
    }

    /// Which cycle has to be finished for everything to be freed that is unreachable now.
    pub(crate) fn next_full_cycle(&self, arena: &VmArena) -> u64 {
        let is_sleeping = arena.collection_phase() == CollectionPhase::Sleeping;
        self.cycles + if is_sleeping { 1 } else { 2 }
    }

    /// Goes on until a cycle is finished, or the fuel used up; tells whether it is finished.
    pub(crate) fn reach(&mut self, arena: &mut VmArena, cycle: u64, fuel: &mut i64) -> bool {
        while self.cycles < cycle {
            if *fuel <= 0 {
                return false;
            }
            let objects = arena.metrics().total_gc_count();
            // A small heap is collected in one go when it costs no more than a step would.
            if objects / 2 < SHORT_STEP {
                self.finish_cycle(arena);
                burn(fuel, objects / 2);
            } else {
                self.advance_for(arena, short_step(arena), fuel);
            }
        }
        true
    }

    /// Does so much work at the cost of the script that runs; tells whether that finished a cycle.
    fn advance_for(&mut self, arena: &mut VmArena, units: usize, fuel: &mut i64) -> bool {
        let (bytes, objects) = (account::bytes(), arena.metrics().total_gc_count());
        let was_sweeping = arena.collection_phase() == CollectionPhase::Sweeping;
        let has_finished = self.advance(arena, units as f64);
        // To free what objects own is work, too, and to pass by those that stay is more than what
        // gc-arena thinks it is.
        let freed_bytes = bytes.saturating_sub(account::bytes());
        let freed = objects.saturating_sub(arena.metrics().total_gc_count());
        let kept = if was_sweeping {
            (units.saturating_sub(freed / 2) * KEPT_PER_UNIT).min(objects)
        } else {
            0
        };
        let work = account::take_work();
        burn(fuel, units + kept / 2 + (freed_bytes + work) / FREED_PER_UNIT);
        has_finished
    }

    /// Does what would be due if so many more bytes had been allocated, and something in any case
    /// when it is none, at the cost of the script that asked for it.
    pub(crate) fn step_by(
        &mut self,
        arena: &mut VmArena,
        bytes: usize,
        fuel: &mut i64,
    ) -> RequestedStep {
        const BYTES_PER_UNIT: usize = 16;
        const LEAST_UNITS: usize = 10_000;
        if bytes > 0 && arena.collection_phase() == CollectionPhase::Sleeping {
            self.prepaid = self.prepaid.saturating_add(bytes);
            if Self::counted(arena).saturating_add(self.prepaid) < self.threshold {
                return RequestedStep::Done { finished_cycle: false };
            }
        }
        let units = (bytes / BYTES_PER_UNIT).max(LEAST_UNITS);
        let objects = arena.metrics().total_gc_count();
        if units > LEAST_UNITS && objects > LEAST_UNITS {
            return RequestedStep::Awaits(self.cycles + 1);
        }
        burn(fuel, units.min(objects));
        RequestedStep::Done { finished_cycle: self.advance(arena, units as f64) }
    }

    /// Does so much work; tells whether that finished a cycle.
    fn advance(&mut self, arena: &mut VmArena, units: f64) -> bool {
        let metrics = arena.metrics().clone();
        // The debt cannot be read below zero, so it is raised until it shows.
        let mut raise = units;
        while metrics.allocation_debt() < units && raise < 1e15 {
            metrics.adjust_debt((raise - metrics.allocation_debt()).max(1.0));
            raise *= 2.0;
        }
        // That may have been too much by far.
        let excess = metrics.allocation_debt() - units;
        if excess > 0.0 {
            metrics.adjust_debt(-excess);
        }
        if arena.collection_phase() != CollectionPhase::Sweeping {
            let is_marked = arena.mark_debt().is_some();
            self.seen.extend(weak::take());
            if !is_marked || !self.mark_some_ephemerons(arena) {
                return false;
            }
            self.finish_marking(arena);
        }
        arena.cycle_debt();
        if arena.collection_phase() == CollectionPhase::Sleeping {
            self.sleep(arena);
            return true;
        }
        false
    }

    /// Finishes the cycle that is under way, or does a whole one.
    pub(crate) fn finish_cycle(&mut self, arena: &mut VmArena) {
        if arena.collection_phase() != CollectionPhase::Sweeping {
            arena.finish_marking();
            self.seen.extend(weak::take());
            self.finish_marking(arena);
        }
        arena.finish_cycle();
        self.sleep(arena);
    }

    /// Frees everything that is unreachable now.
    pub(crate) fn collect(&mut self, arena: &mut VmArena) {
        if arena.collection_phase() != CollectionPhase::Sleeping {
            self.finish_cycle(arena);
        }
        self.finish_cycle(arena);
    }

    fn sleep(&mut self, arena: &VmArena) {
        self.cycles += 1;
        let live = Self::counted(arena);
        let pause = arena.mutate(|mc, machine| {
            let settings = machine.context(mc).collector_settings();
            settings.parameter(CollectorParameter::Pause).clamp(110, 1000)
        });
        self.threshold = (live / 100).saturating_mul(pause as usize).max(MIN_THRESHOLD);
        self.last = live;
        self.prepaid = 0;
        self.seen.clear();
    }

    /// The atomic step between marking and sweeping, of an arena that is fully marked.
    fn finish_marking(&mut self, arena: &mut VmArena) {
        self.mark_ephemerons(arena);
        let seen = &self.seen;
        // SAFETY: `seen` was filled by this cycle's marking and nothing has been swept since.
        finalize(arena, |fc, _| unsafe { weak::clear_values(seen, fc) });
        let reached = self.seen.len();
        if finalize(arena, |fc, root| root.context(mutation(fc)).finalizers().separate(fc)) {
            self.mark_ephemerons(arena);
        }
        let (seen, new) = (&self.seen, &self.seen[reached..]);
        finalize(arena, |fc, root| {
            // SAFETY: as above.
            unsafe {
                weak::clear_keys(seen, fc);
                weak::clear_values(new, fc);
            }
            // Last, since a resurrected string has to stay interned.
            root.context(mutation(fc)).purge_strings(fc);
        });
        if let Some(marked) = arena.finish_marking() {
            marked.start_sweeping();
        }
    }

    /// Marks what is reachable through weak keys that are alive. Tells whether it came to the fixpoint:
    /// a long chain of ephemerons may take a pass for each link, and the script goes on meanwhile, as
    /// while anything else is marked.
    fn mark_some_ephemerons(&mut self, arena: &mut VmArena) -> bool {
        for _ in 0..PASSES {
            if !self.mark_ephemerons_once(arena) {
                return true;
            }
        }
        false
    }

    /// Marks everything that is reachable through weak keys that are alive, to a fixpoint.
    fn mark_ephemerons(&mut self, arena: &mut VmArena) {
        while self.mark_ephemerons_once(arena) {}
    }

    /// Goes through the ephemerons once. Tells whether there was anything to mark.
    fn mark_ephemerons_once(&mut self, arena: &mut VmArena) -> bool {
        arena.finish_marking();
        self.seen.extend(weak::take());
        let seen = &self.seen;
        // SAFETY: as in `finish_marking`.
        finalize(arena, |fc, _| unsafe { weak::mark_ephemerons(seen, fc) })
    }
}

/// How many units of debt are done at most before the fuel is looked at.
fn short_step(arena: &VmArena) -> usize {
    match arena.collection_phase() {
        CollectionPhase::Sweeping => SHORT_SWEEP,
        _ => SHORT_STEP,
    }
}

/// Charges units of debt to the script that runs.
fn burn(fuel: &mut i64, units: usize) {
    *fuel = fuel.saturating_sub_unsigned(units.saturating_mul(FUEL_PER_UNIT) as u64);
}

fn mutation<'gc>(fc: &'gc Finalization<'gc>) -> &'gc Mutation<'gc> {
    fc
}

/// Looks at the arena once everything is marked.
fn finalize<T: Default>(
    arena: &mut VmArena,
    f: impl for<'gc> FnOnce(&'gc Finalization<'gc>, &'gc Machine<'gc>) -> T,
) -> T {
    match arena.finish_marking() {
        Some(marked) => marked.finalize(f),
        None => T::default(),
    }
}
