//! The collection driver: the one place that moves the arena through a cycle.
//!
//! gc-arena's own stepping functions that may go on from marking to sweeping (`collect_debt`, and
//! `cycle_debt` while marking) must never be called while marking: they would pass by the atomic
//! step, in which weak tables are cleared, finalizers made due and dead strings dropped, and leave
//! pointers to freed objects behind.
//!
//! Between the atomic step and the sweep, dead strings are forgotten by the interner, in steps; nothing
//! may be freed before that is done.
//!
//! While marking in steps, deep stacks are traced in portions (`scan`).
//!
//! Pacing is by bytes: the collector sleeps until what is counted reaches so many times what
//! survived the last cycle (`collectgarbage`'s parameter `pause`), and a little more for a large heap, then
//! does work in proportion to what is allocated. A small heap is collected in one go, which is cheaper than
//! any stepping.

use std::cell::Cell;

use gc_arena::arena::{CollectionPhase, MarkedArena};
use gc_arena::metrics::Pacing;
use gc_arena::{Arena, Finalization, Mutation, Rootable};
use luster_value::{CollectorParameter, Context, account, marking, scan, weak};

use crate::machine::Machine;
use crate::pace::Watch;
use crate::stress::{self, Turn};

/// The arena of a VM.
pub(crate) type VmArena = Arena<VmRoot>;

type VmRoot = Rootable![Machine<'_>];

/// What an object counts beside the bytes that it owns.
const OBJECT_BYTES: usize = 64;
/// What an object counts for the memory limit beside the bytes that it owns: what the largest of those that
/// own nothing take of the allocator (tables), with their places in the collector's queue. That is more than
/// `OBJECT_BYTES`, by which the collector keeps time and scripts are told how much they use.
const LIMITED_OBJECT_BYTES: usize = 96;
/// The collector sleeps at least until so much is counted.
const MIN_THRESHOLD: usize = 80 << 10;
/// A heap with fewer objects, and with less memory that they own, is collected in one go.
const SMALL_HEAP: usize = 10_000;
const SMALL_HEAP_BYTES: usize = 2 << 20;
/// A heap that counts more is dear to trace, since it does not stay in the processor's caches: it may grow by
/// a part of itself more than the parameter says before the next cycle.
const LARGE_HEAP: usize = 4 << 20;
const SPARE: usize = 4;
/// The least work of a step, in units of gc-arena's debt: about an object traced twice over.
const MIN_STEP: usize = 2_000;

/// How many times a small heap that is collected in one go is gone through for its ephemerons.
const SMALL_PASSES: usize = 8;

/// How many weak tables take long to be gone through.
const MANY_WEAK: usize = 1 << 12;

/// How many times in a cycle objects to be finalized are looked for before the atomic step.
const MAX_SEPARATIONS: usize = 2;

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
    /// Whether there may be dead strings left in the interner, so that nothing may be freed.
    is_purging: bool,
    /// How many strings are to be looked at before the work that is due is done; below zero, how many more
    /// have been.
    strings_due: isize,
    /// Whether going through the weak tables, which are many, has been paid for in part.
    is_foreseen: bool,
    /// How many units of debt the next step of sweeping is.
    sweep: usize,
    /// Whether nothing is left to mark but portions of deep stacks.
    is_in_stacks: bool,
    /// How many times objects to be finalized were found in this cycle.
    separations: usize,
    /// How many cycles have been finished.
    cycles: u64,
    /// How many units of debt the scripts that run have yet to pay for.
    owed: usize,
    /// How often its turn has come, in the stress build.
    turns: usize,
    /// How many pieces of memory have been freed since the allocator last put them together, about.
    pieces: usize,
}

/// What came of a step that a script has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestedStep {
    /// It is done.
    Done { finished_cycle: bool },
    /// It is too long for one go: it comes to finishing this cycle.
    Awaits(u64),
}

/// What a unit of gc-arena's debt, which is about an object traced twice over, costs in fuel: so much that
/// a slice of nothing but collection takes no longer than one or two milliseconds.
const FUEL_PER_UNIT: usize = 16;

/// How many bytes that are freed cost a unit of debt.
const FREED_PER_UNIT: usize = 512;

/// How many objects that stay are passed by in sweeping for a unit of debt.
const KEPT_PER_UNIT: usize = 20;

/// How many strings the interner looks at for a unit of debt.
const STRINGS_PER_UNIT: usize = 2;

/// How many units of debt are done at most before the fuel is looked at while sweeping: more and more as long
/// as what is freed is not dear, as files are.
const SHORTEST_SWEEP: usize = 30;
const SHORT_SWEEP: usize = 100;

/// The same where there are many dear things, and how many that is.
const FIRST_SWEEP: usize = 8;
const MANY_DEAR: usize = 16;

/// How many units of debt are done at most before the fuel is looked at.
const SHORT_STEP: usize = 2_000;

/// How many bytes of objects that is at most, if they are all of the same size.
const MARKED_BYTES: usize = 4 << 20;

/// The same when nothing is left to mark but portions of deep stacks, which are paid for by what they hold.
const STACK_STEP: usize = 50;

/// How many pieces of memory may be freed, about, before the allocator is asked to put them together, and how
/// many bytes a piece has, that objects own.
const MANY_PIECES: usize = 4_000;
const BYTES_OF_PIECE: usize = 64;

/// Asks the allocator for something that is not small.
pub(crate) fn put_pieces_together() {
    /// So much is not.
    const LARGER: usize = 4096;
    std::hint::black_box(Vec::<u8>::with_capacity(LARGER));
}

/// Whether a step is over.
fn is_over(fuel: i64, watch: Option<&Watch>) -> bool {
    fuel <= 0 || watch.is_some_and(Watch::is_over)
}

/// How many objects have so many bytes together, on average; not too few, so that all comes to an end.
fn objects_of(bytes: usize, arena: &VmArena) -> usize {
    let size = account::bytes() / arena.metrics().total_gc_count().max(1);
    (bytes / size.max(1)).max(STACK_STEP)
}

impl Collector {
    /// Has the allocator put together the small pieces of memory that were freed, if they have become many.
    ///
    /// Some allocators (glibc's) keep them as they are until something larger is asked for, and then take
    /// milliseconds for hundreds of thousands. A host that waits for the end of a step should not wait for
    /// that. Programs that make garbage are quicker without it, so it is done when fuel runs out only.
    pub(crate) fn settle_allocator(&mut self) {
        if self.pieces > MANY_PIECES {
            self.pieces = 0;
            put_pieces_together();
        }
    }

    /// The collector of a new arena, which it prepares.
    pub(crate) fn new(arena: &VmArena) -> Self {
        arena.metrics().set_pacing(Pacing { sleep_factor: 0.0, min_sleep: 0, ..Pacing::DEFAULT });
        Collector {
            threshold: MIN_THRESHOLD,
            last: 0,
            prepaid: 0,
            seen: Vec::new(),
            is_purging: false,
            strings_due: 0,
            is_foreseen: false,
            sweep: SHORTEST_SWEEP,
            is_in_stacks: false,
            separations: 0,
            cycles: 0,
            owed: 0,
            turns: 0,
            pieces: 0,
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

    /// What is counted for the memory limit.
    pub(crate) fn used(arena: &VmArena) -> usize {
        Self::limited(arena.metrics().total_gc_count())
    }

    /// The same, from inside the arena.
    pub(crate) fn used_in(ctx: Context<'_>) -> usize {
        Self::limited(ctx.mutation().metrics().total_gc_count())
    }

    #[inline]
    fn limited(objects: usize) -> usize {
        account::bytes() + LIMITED_OBJECT_BYTES * objects
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
    pub(crate) fn step(
        &mut self,
        arena: &mut VmArena,
        fuel: &mut i64,
        watch: Option<&Watch>,
    ) -> bool {
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
        self.work(arena, counted, fuel, watch)
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
    fn work(
        &mut self,
        arena: &mut VmArena,
        counted: usize,
        fuel: &mut i64,
        watch: Option<&Watch>,
    ) -> bool {
        let objects = arena.metrics().total_gc_count();
        if arena.collection_phase() == CollectionPhase::Sleeping
            && objects < SMALL_HEAP
            && account::bytes() < SMALL_HEAP_BYTES
            && account::dear() < MANY_DEAR
            && self.finish_small_cycle(arena, fuel)
        {
            return true;
        }
        let allocated = counted.saturating_sub(self.last) / OBJECT_BYTES;
        self.last = counted;
        self.owed += MIN_STEP.max(2 * allocated);
        while self.owed > 0 {
            if is_over(*fuel, watch) {
                return false;
            }
            let units = self.owed.min(self.short_step(arena));
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

    /// Goes on until a cycle is finished, or the fuel or the time used up; tells whether it is finished.
    pub(crate) fn reach(
        &mut self,
        arena: &mut VmArena,
        cycle: u64,
        fuel: &mut i64,
        watch: Option<&Watch>,
    ) -> bool {
        while self.cycles < cycle {
            if is_over(*fuel, watch) {
                return false;
            }
            let objects = arena.metrics().total_gc_count();
            // A small heap is collected in one go when it costs no more than a step would.
            let is_small = objects / 2 < SHORT_STEP
                && account::bytes() < SMALL_HEAP_BYTES / 2
                && account::dear() < MANY_DEAR;
            if !is_small || !self.finish_small_cycle(arena, fuel) {
                self.advance_for(arena, self.short_step(arena), fuel);
            }
        }
        true
    }

    /// Does so much work at the cost of the script that runs; tells whether that finished a cycle.
    fn advance_for(&mut self, arena: &mut VmArena, units: usize, fuel: &mut i64) -> bool {
        let (bytes, objects) = (account::bytes(), arena.metrics().total_gc_count());
        let was_purging = self.is_purging;
        let was_sweeping = arena.collection_phase() == CollectionPhase::Sweeping && !was_purging;
        let has_finished = self.advance(arena, units as f64);
        // To free what objects own is work, too, and to pass by those that stay is more than what
        // gc-arena thinks it is.
        let freed_bytes = bytes.saturating_sub(account::bytes());
        let freed = objects.saturating_sub(arena.metrics().total_gc_count());
        self.pieces += freed + freed_bytes / BYTES_OF_PIECE;
        let kept = if was_sweeping {
            (units.saturating_sub(freed / 2) * KEPT_PER_UNIT).min(objects)
        } else {
            0
        };
        let work = account::take_work();
        let units = if was_purging { units * STRINGS_PER_UNIT } else { units };
        let extra = (freed_bytes + work) / FREED_PER_UNIT;
        let is_dear = extra > 8 * units;
        self.sweep = if is_dear { first_sweep() } else { SHORT_SWEEP.min(2 * self.sweep) };
        burn(fuel, units + kept + extra);
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
        const LEAST_UNITS: usize = 2_000;
        if arena.mutate(|mc, root| root.context(mc).collector_settings().is_generational()) {
            // A step is a collection then, if only of what is young.
            return RequestedStep::Awaits(self.cycles + 1);
        }
        if bytes > 0 && arena.collection_phase() == CollectionPhase::Sleeping {
            self.prepaid = self.prepaid.saturating_add(bytes);
            if Self::counted(arena).saturating_add(self.prepaid) < self.threshold {
                return RequestedStep::Done { finished_cycle: false };
            }
        }
        let least = LEAST_UNITS.min(objects_of(MARKED_BYTES, arena));
        let units = (bytes / BYTES_PER_UNIT).max(least);
        let objects = arena.metrics().total_gc_count();
        if units > least && objects > least {
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
            let (is_marked, is_left) = mark_in_portions(arena, self.cycles + 1);
            self.take_seen();
            self.is_in_stacks = is_marked && is_left;
            if !is_marked || is_left {
                return false;
            }
            if self.seen.len() >= MANY_WEAK && !std::mem::replace(&mut self.is_foreseen, true) {
                // Nothing interrupts what comes, so it should begin with a step of its own.
                weak::foresee(self.seen.len());
                return false;
            }
            self.is_foreseen = false;
            self.sweep = first_sweep();
            if !self.is_settled(arena) {
                return false;
            }
            self.finish_marking(arena, true);
        }
        if self.is_purging {
            self.strings_due += (units as usize * STRINGS_PER_UNIT) as isize;
            if let Ok(count) = usize::try_from(self.strings_due) {
                self.purge_strings(arena, count);
            }
            return false;
        }
        arena.cycle_debt();
        if arena.collection_phase() == CollectionPhase::Sleeping {
            self.sleep(arena);
            return true;
        }
        false
    }

    /// Takes over the weak tables that have been marked.
    fn take_seen(&mut self) {
        let seen = weak::take();
        // They may be many, and need not be there twice.
        if self.seen.is_empty() {
            self.seen = seen;
        } else {
            self.seen.extend(seen);
        }
    }

    /// Does all that is left of a cycle when the heap is small, unless ephemerons or finalizers make that
    /// too long. Tells whether it is done.
    fn finish_small_cycle(&mut self, arena: &mut VmArena, fuel: &mut i64) -> bool {
        let objects = arena.metrics().total_gc_count();
        if arena.collection_phase() != CollectionPhase::Sweeping {
            let is_settled = (0..SMALL_PASSES).any(|_| {
                mark_all(arena);
                self.take_seen();
                self.is_settled(arena)
            });
            if is_settled {
                self.finish_marking(arena, true);
            }
        }
        let is_done = arena.collection_phase() == CollectionPhase::Sweeping;
        if is_done {
            if self.is_purging {
                self.purge_strings(arena, usize::MAX);
            }
            arena.finish_cycle();
            self.sleep(arena);
        }
        burn(fuel, objects / 2 + account::take_work() / FREED_PER_UNIT);
        is_done
    }

    /// Finishes the cycle that is under way, or does a whole one.
    fn finish_cycle(&mut self, arena: &mut VmArena) {
        if arena.collection_phase() != CollectionPhase::Sweeping {
            mark_all(arena);
            self.take_seen();
            self.finish_marking(arena, false);
        }
        if self.is_purging {
            self.purge_strings(arena, usize::MAX);
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
        let spare = if live > LARGE_HEAP { live / SPARE } else { 0 };
        self.threshold =
            (live / 100).saturating_mul(pause as usize).saturating_add(spare).max(MIN_THRESHOLD);
        self.last = live;
        self.prepaid = 0;
        self.seen = Vec::new();
        self.separations = 0;
    }

    /// How many units of debt are done at most before the fuel is looked at.
    fn short_step(&self, arena: &VmArena) -> usize {
        match arena.collection_phase() {
            CollectionPhase::Sweeping if !self.is_purging => self.sweep,
            _ if self.is_in_stacks => STACK_STEP,
            _ => SHORT_STEP.min(objects_of(MARKED_BYTES, arena)),
        }
    }

    /// The atomic step between marking and sweeping, of an arena that is fully marked, and may have been
    /// found to be settled.
    fn finish_marking(&mut self, arena: &mut VmArena, is_settled: bool) {
        if !is_settled {
            self.mark_ephemerons(arena);
        }
        let seen = &self.seen;
        // SAFETY: `seen` was filled by this cycle's marking and nothing has been swept since.
        finalize(arena, |fc, _| unsafe { weak::clear_values(seen, fc) });
        let reached = self.seen.len();
        if (!is_settled || self.separations >= MAX_SEPARATIONS)
            && finalize(arena, |fc, root| root.context(mutation(fc)).finalizers().separate(fc))
        {
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
            root.context(mutation(fc)).begin_to_purge_strings();
        });
        self.is_purging = true;
        if let Some(marked) = mark_all(arena) {
            // Nothing is freed yet.
            marked.start_sweeping();
        }
    }

    /// Has the interner look at about so many strings for dead ones.
    fn purge_strings(&mut self, arena: &VmArena, count: usize) {
        let (looked_at, is_done) = arena.mutate(|mc, root| root.context(mc).purge_strings(count));
        self.strings_due -= looked_at as isize;
        self.is_purging = !is_done;
        if is_done {
            self.strings_due = 0;
        }
    }

    /// Whether an arena that is fully marked stays so when ephemerons are gone through, and when the
    /// objects to be finalized are marked, which are still to be used. If not, there is more to mark, and
    /// the script goes on meanwhile, as while anything else is marked: a chain of ephemerons may take a
    /// pass for each link, and a finalizer may hold any number of objects.
    fn is_settled(&mut self, arena: &mut VmArena) -> bool {
        !self.mark_ephemerons_once(arena) && !self.separate(arena)
    }

    /// Makes finalizers due, and marks their objects. Tells whether there are any.
    ///
    /// As in the atomic step, they leave the weak values before that: no script gets at them any more but
    /// as weak keys, by which they are resurrected as by their finalizers.
    fn separate(&mut self, arena: &mut VmArena) -> bool {
        if self.separations >= MAX_SEPARATIONS {
            return false;
        }
        let seen = &self.seen;
        let has_any = finalize(arena, |fc, root| {
            let finalizers = root.context(mutation(fc)).finalizers();
            if !finalizers.has_dead(fc) {
                return false;
            }
            // SAFETY: as in `finish_marking`.
            unsafe { weak::clear_values(seen, fc) };
            finalizers.separate(fc)
        });
        self.separations += usize::from(has_any);
        has_any
    }

    /// Marks everything that is reachable through weak keys that are alive, to a fixpoint.
    fn mark_ephemerons(&mut self, arena: &mut VmArena) {
        while self.mark_ephemerons_once(arena) {}
    }

    /// Goes through the ephemerons once. Tells whether there was anything to mark.
    fn mark_ephemerons_once(&mut self, arena: &mut VmArena) -> bool {
        mark_all(arena);
        self.take_seen();
        let seen = &self.seen;
        // SAFETY: as in `finish_marking`.
        finalize(arena, |fc, _| unsafe { weak::mark_ephemerons(seen, fc) })
    }
}

/// How many units of debt the first step of sweeping is, and each while what is freed is dear.
fn first_sweep() -> usize {
    if account::dear() < MANY_DEAR { SHORTEST_SWEEP } else { FIRST_SWEEP }
}

/// Charges units of debt to the script that runs.
fn burn(fuel: &mut i64, units: usize) {
    *fuel = fuel.saturating_sub_unsigned(units.saturating_mul(FUEL_PER_UNIT) as u64);
}

fn mutation<'gc>(fc: &'gc Finalization<'gc>) -> &'gc Mutation<'gc> {
    fc
}

/// Marks as much as is due, deep stacks in portions. Tells whether everything is marked, but for what is left of
/// stacks, and whether anything is.
fn mark_in_portions(arena: &mut VmArena, cycle: u64) -> (bool, bool) {
    /// Has what is left of stacks looked at again, come what may: a host's `Collect` may panic.
    struct Portions<'a> {
        arena: &'a mut VmArena,
        is_left: &'a Cell<bool>,
    }

    impl Drop for Portions<'_> {
        fn drop(&mut self) {
            // SAFETY: this arena was marked last, and nothing has been freed since.
            self.is_left.set(self.arena.mutate(|mc, _| unsafe { scan::go_on(mc) }));
        }
    }

    let is_left = Cell::new(false);
    let portions = Portions { arena, is_left: &is_left };
    let mark_debt = || portions.arena.mark_debt().is_some();
    // SAFETY: nothing but the arena's collector traces.
    let is_marked = unsafe { marking::mark(|| scan::in_portions(cycle, mark_debt)) };
    drop(portions);
    (is_marked, is_left.get())
}

/// Marks until everything is marked.
fn mark_all(arena: &mut VmArena) -> Option<MarkedArena<'_, VmRoot>> {
    // SAFETY: nothing but the arena's collector traces.
    unsafe { marking::mark(|| arena.finish_marking()) }
}

/// Looks at the arena once everything is marked.
fn finalize<T: Default>(
    arena: &mut VmArena,
    f: impl for<'gc> FnOnce(&'gc Finalization<'gc>, &'gc Machine<'gc>) -> T,
) -> T {
    match mark_all(arena) {
        Some(marked) => marked.finalize(f),
        None => T::default(),
    }
}
