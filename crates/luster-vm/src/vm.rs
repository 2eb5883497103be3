//! A VM seen from outside its arena: entering it, running executions in slices, and collecting
//! between them.

use std::cell::{Cell, RefCell, RefMut};

use gc_arena::Arena;
use luster_value::{
    CollectRequest, Context, Stack, Stashed, Thread, ThreadInsides, ThreadState, Traceback, Value,
    account::{self, Account},
};

use crate::collector::{Collector, RequestedStep, VmArena};
use crate::machine::{self, Machine, SliceEnd};
use crate::pace::Watch;
use crate::stress;

/// How many instructions a slice runs: long enough to cost nothing, short enough to collect often.
const SLICE_FUEL: i64 = 100_000;

/// How many bytes a slice may allocate in buffers before it ends early.
const SLICE_BYTES: usize = 1 << 18;

/// How many bytes of memory that a slice has come to use cost a unit of fuel: memory is dear, since
/// the operating system has to give it and the collector has to look at it.
const BYTES_PER_FUEL: usize = 16;

/// How many bytes a unit of fuel turns into small objects, at most, and how short slices become when there
/// is hardly any room for them.
const BYTES_BY_FUEL: usize = 128;
const SHORT_SLICE: i64 = 2_000;

/// While less than so many bytes are in use, slices end about when the collector has something to do, so that
/// garbage does not come to be more than all that is alive: how many bytes a unit of fuel turns into small
/// objects, as a rule, and how short a slice becomes.
const LITTLE_MEMORY: usize = 512 << 10;
const BYTES_BY_FUEL_AS_A_RULE: usize = 4;
const LEAST_SLICE: i64 = 10_000;

/// By how many bytes the memory limit may be passed where that is what lets finalizers run.
const ROOM_FOR_FINALIZERS: usize = 512 << 10;

/// How many bytes that were looked at cost a unit of fuel.
const BYTES_OF_WORK: usize = 40;

/// A VM.
pub struct Vm {
    /// Always there, but for while it is dropped. Slices and visits share it, and collections have
    /// it to themselves.
    arena: RefCell<Option<VmArena>>,
    collector: RefCell<Collector>,
    /// What is counted of the memory in use. Open while the VM is visited.
    account: Account,
    /// How many bytes may be in use at the end of a slice.
    memory_limit: Cell<usize>,
    /// How many bytes were in use after the last collection for the limit's sake.
    least_used: Cell<usize>,
    /// What has to be counted for the collector to have something to do.
    due: Cell<usize>,
    /// The cycle of the collector that has to be finished before any script goes on.
    awaited_cycle: Cell<Option<u64>>,
    /// Whether the collector has yet to do what was due after the last slice.
    is_owed: Cell<bool>,
}

/// A function that is being executed: its main coroutine, and all that it is in the midst of.
#[derive(Debug)]
pub struct Execution {
    main: Stashed,
    /// Whether the script has asked for the collection that is awaited.
    collects: Cell<bool>,
}

/// What an execution came to, inside the arena.
#[derive(Debug)]
pub enum Outcome<'a, 'gc> {
    /// The function returned these values.
    Returned(&'a [Value<'gc>]),
    /// The function failed.
    Failed {
        /// The error.
        error: Value<'gc>,
        /// Where it was.
        traceback: Option<Box<Traceback>>,
    },
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd<T> {
    /// The execution is over.
    Done(T),
    /// The function yielded; see [`Vm::yielded`].
    Yielded,
    /// The fuel is used up.
    OutOfFuel,
    /// Something that the script called waits for the host; going on polls it again.
    Waiting,
    /// More memory is in use than the limit, after everything that can be freed has been.
    OutOfMemory,
    /// The host asked for a stop.
    Interrupted,
    /// The script asked to end the process with this status.
    Exit(i32),
}

/// The VM cannot run a script now: it is at work already, and the call comes from inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// What is done with an outcome.
trait Finish<T>: for<'gc> FnOnce(Context<'gc>, Outcome<'_, 'gc>) -> T {}

impl<T, F: for<'gc> FnOnce(Context<'gc>, Outcome<'_, 'gc>) -> T> Finish<T> for F {}

impl Execution {
    fn new<'gc>(ctx: Context<'gc>, main: Thread<'gc>) -> Self {
        Execution { main: ctx.stash_value(Value::Thread(main)), collects: Cell::new(false) }
    }
}

/// What a visit with a slice came to.
enum Visit<T> {
    Done(T),
    /// There has been none: a collection is to be finished first.
    Postponed,
    Left(Option<CollectRequest>),
    Ended(RunEnd<T>),
}

/// What the first slice of a call came to: mostly the end.
enum First<T, F> {
    Done(T),
    Going(Box<Going<T, F>>),
}

/// A call that has not come to its end in its first slice.
struct Going<T, F> {
    visit: Visit<T>,
    execution: Execution,
    finish: Option<F>,
}

impl Vm {
    /// A new VM. What is random in it comes out of this seed.
    pub fn new(seed: u64) -> Self {
        let account = Account::default();
        let arena = {
            let _open = account.open();
            Arena::new(|mc| Machine::new(mc, seed))
        };
        let collector = Collector::new(&arena);
        let due = Cell::new(collector.due(&arena));
        Vm {
            arena: RefCell::new(Some(arena)),
            collector: RefCell::new(collector),
            account,
            memory_limit: Cell::new(usize::MAX),
            least_used: Cell::new(0),
            due,
            awaited_cycle: Cell::new(None),
            is_owed: Cell::new(false),
        }
    }

    /// Whether the VM is being visited, by `enter` or by a script that runs.
    pub fn is_entered(&self) -> bool {
        self.account.is_open()
    }

    /// Enters the arena. Visits may be made inside each other: from a callback, too. After the
    /// outermost one the collector does what is due, since a host may allocate without ever running
    /// a script.
    ///
    /// # Panics
    /// When called while the VM collects garbage, by a destructor of a value of the host.
    #[inline]
    pub fn enter<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> T) -> T {
        let mut is_due = false;
        let result = self.mutate(|ctx| {
            // Asked before, so that the result need not wait for the answer.
            is_due = self.is_due(ctx);
            f(ctx)
        });
        if is_due && !self.is_entered() {
            self.step_collector();
        }
        result
    }

    /// Enters the arena, and leaves the collector alone.
    #[inline]
    fn mutate<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> T) -> T {
        let arena = self.arena.borrow();
        let Some(arena) = &*arena else { unreachable!("it is only taken when dropped") };
        let _open = self.account.open();
        arena.mutate(|mc, machine| f(machine.context(mc)))
    }

    /// Whether the arena can be entered: not while garbage is collected.
    pub fn can_enter(&self) -> bool {
        self.arena.try_borrow().is_ok_and(|arena| arena.is_some())
    }

    /// Sets how many bytes may be in use at the end of a slice.
    pub fn set_memory_limit(&self, limit: usize) {
        self.memory_limit.set(limit);
    }

    /// How many bytes may be in use at the end of a slice.
    pub fn memory_limit(&self) -> usize {
        self.memory_limit.get()
    }

    /// Begins to execute a function that `f` gives, with the arguments that it puts on the stack.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn start<E>(
        &self,
        f: impl for<'gc> FnOnce(Context<'gc>, &mut Stack<'_, 'gc>) -> Result<Value<'gc>, E>,
    ) -> Result<Execution, E> {
        self.mutate(|ctx| {
            let (main, mut state, function, count) = take_main(ctx, f)?;
            machine::prepare(&mut state, function, count);
            Ok(Execution::new(ctx, main))
        })
    }

    /// Executes a function to its end, or until the fuel is used up, and looks at what it came to:
    /// `start` and `run` in one, and quicker than both for what takes no longer than a slice. What
    /// is not over then is an execution, which can go on or has to be given up.
    ///
    /// # Errors
    /// [`Busy`] when called from inside the VM, and what `f` returns.
    pub fn call<T, E: From<Busy>>(
        &self,
        fuel: &mut i64,
        should_stop: impl Fn() -> bool,
        f: impl for<'gc> FnOnce(Context<'gc>, &mut Stack<'_, 'gc>) -> Result<Value<'gc>, E>,
        finish: impl for<'gc> FnOnce(Context<'gc>, Outcome<'_, 'gc>) -> T,
    ) -> Result<(RunEnd<T>, Option<Execution>), E> {
        if self.is_entered() {
            return Err(Busy.into());
        }
        let mut slice = self.slice_fuel().min(*fuel);
        let mut before = slice;
        let (first, is_due) = self.mutate(|ctx| {
            let (main, state, function, count) = take_main(ctx, f)?;
            let (is_due, begun) = self.begin_slice(ctx, &mut slice);
            before = slice;
            let first = match machine::run_first(ctx, main, state, function, count, &mut slice) {
                machine::First::Returned(state) => {
                    drop(begun);
                    let values = state.registers.values(0, state.top);
                    let result = finish(ctx, Outcome::Returned(values));
                    ctx.leave_returned_state(main, state);
                    First::Done(result)
                }
                machine::First::Ended(end) => {
                    drop(begun);
                    self.look_at_first(ctx, main, end, finish)
                }
            };
            Ok::<_, E>((first, is_due))
        })?;
        *fuel -= before - slice;
        let result = match first {
            First::Done(result) => result,
            First::Going(going) => {
                let Going { visit, execution, mut finish } = *going;
                let end = self.go_on(visit, &execution, fuel, None, &should_stop, &mut finish);
                let is_over = matches!(end, RunEnd::Done(_));
                return Ok((end, (!is_over).then_some(execution)));
            }
        };
        if is_due {
            self.step_collector();
        }
        Ok((RunEnd::Done(result), None))
    }

    /// Goes on with an execution until it is over or the fuel is used up, collecting as it goes; or until it has
    /// taken far longer than the fuel is worth, see `pace`.
    ///
    /// # Errors
    /// [`Busy`] when called from inside the VM.
    pub fn run<T>(
        &self,
        execution: &Execution,
        fuel: &mut i64,
        should_stop: impl Fn() -> bool,
        finish: impl for<'gc> FnOnce(Context<'gc>, Outcome<'_, 'gc>) -> T,
    ) -> Result<RunEnd<T>, Busy> {
        if self.is_entered() {
            return Err(Busy);
        }
        let mut finish = Some(finish);
        let mut watch = Watch::begin(*fuel);
        let visit = if self.awaited_cycle.get().is_some() || self.is_owed.get() {
            Visit::Postponed
        } else {
            self.slice(execution, fuel, &mut watch, &mut finish)
        };
        Ok(self.go_on(visit, execution, fuel, watch, &should_stop, &mut finish))
    }

    /// Gives up an execution, without closing anything in it. What its frames hold is dropped, and
    /// the coroutines that it is in the midst of are dead.
    pub fn give_up(&self, execution: &Execution) {
        if self.can_enter() {
            self.enter(|ctx| {
                if let Some(Value::Thread(main)) = ctx.fetch(&execution.main) {
                    machine::abandon_resumed(ctx, main);
                    ctx.leave_idle_thread(main);
                }
            });
        }
    }

    /// Says whether the function of an execution may yield to the host. At first it may not.
    pub fn allow_yields(ctx: Context<'_>, execution: &Execution, are_allowed: bool) {
        if let Some(mut state) =
            Vm::main_thread(ctx, execution).and_then(|main| main.state_mut(&ctx))
        {
            state.cannot_yield =
                (!are_allowed).then_some("attempt to yield from outside a coroutine");
        }
    }

    /// Takes what an execution has yielded.
    pub fn yielded<'gc>(ctx: Context<'gc>, execution: &Execution) -> Vec<Value<'gc>> {
        let main = Vm::main_thread(ctx, execution);
        main.map(|main| machine::yielded(ctx, main)).unwrap_or_default()
    }

    /// Lets `f` put on the stack what an execution gets back that has yielded; `None` when it has
    /// not.
    pub fn resume_with<'gc, T>(
        ctx: Context<'gc>,
        execution: &Execution,
        f: impl FnOnce(&mut Stack<'_, 'gc>) -> T,
    ) -> Option<T> {
        machine::resume_with(ctx, Vm::main_thread(ctx, execution)?, f)
    }

    /// The main coroutine of an execution.
    pub fn main_thread<'gc>(ctx: Context<'gc>, execution: &Execution) -> Option<Thread<'gc>> {
        match ctx.fetch(&execution.main) {
            Some(Value::Thread(main)) => Some(main),
            _ => None,
        }
    }

    /// How much fuel a slice has at most.
    #[inline(always)]
    fn slice_fuel(&self) -> i64 {
        if stress::IS_ON { stress::slice_fuel(self.used_memory()) } else { SLICE_FUEL }
    }

    fn slice<T>(
        &self,
        execution: &Execution,
        fuel: &mut i64,
        watch: &mut Option<Watch>,
        finish: &mut Option<impl Finish<T>>,
    ) -> Visit<T> {
        let mut slice = self.slice_fuel().min(*fuel);
        let (visit, before) = self.mutate(|ctx| match ctx.fetch(&execution.main) {
            Some(Value::Thread(main)) => self.visit(ctx, main, &mut slice, watch, finish),
            _ => unreachable!("an execution holds its main coroutine"),
        });
        *fuel -= before - slice;
        visit
    }

    /// Runs a slice of an execution, and looks at what it came to when it is over. Answers how much fuel
    /// the slice had, too.
    fn visit<'gc, T>(
        &self,
        ctx: Context<'gc>,
        main: Thread<'gc>,
        slice: &mut i64,
        watch: &mut Option<Watch>,
        finish: &mut Option<impl Finish<T>>,
    ) -> (Visit<T>, i64) {
        let (_, begun) = self.begin_slice(ctx, slice);
        let fuel = *slice;
        let before = Collector::counted_in(ctx);
        let end = machine::run_slice(ctx, main, slice, watch);
        drop(begun);
        let grown = Collector::counted_in(ctx).saturating_sub(before);
        let cost = grown / BYTES_PER_FUEL + account::take_work() / BYTES_OF_WORK;
        *slice = slice.saturating_sub_unsigned(cost as u64);
        (self.look_at(ctx, main, end, finish), fuel)
    }

    /// Says how much the slice that begins may allocate, and shortens it when there is little room: small
    /// objects are not asked for, but counted at its end. Tells whether the collector has something to do.
    #[inline]
    fn begin_slice(&self, ctx: Context<'_>, fuel: &mut i64) -> (bool, account::Slice) {
        let used = Collector::counted_in(ctx);
        let limit = self.memory_limit.get();
        let room = if limit == usize::MAX {
            limit
        } else {
            let room = limit.saturating_sub(Collector::used_in(ctx));
            *fuel = (*fuel).min(((room / BYTES_BY_FUEL) as i64).max(SHORT_SLICE));
            room
        };
        if used < LITTLE_MEMORY {
            let until_due = self.due.get().saturating_sub(used) / BYTES_BY_FUEL_AS_A_RULE;
            *fuel = (*fuel).min((until_due as i64).max(LEAST_SLICE));
        }
        let allowance = if stress::IS_ON {
            stress::slice_bytes(used).min(room)
        } else {
            SLICE_BYTES.max(account::bytes() / 4).min(room)
        };
        (used >= self.due.get(), account::begin_slice(allowance, room))
    }

    /// Looks at what the first slice of a call came to, when its function has not just returned.
    #[cold]
    fn look_at_first<'gc, T, F: Finish<T>>(
        &self,
        ctx: Context<'gc>,
        main: Thread<'gc>,
        end: SliceEnd<'gc>,
        finish: F,
    ) -> First<T, F> {
        let mut finish = Some(finish);
        match self.look_at(ctx, main, end, &mut finish) {
            Visit::Done(result) => First::Done(result),
            visit => {
                let execution = Execution::new(ctx, main);
                First::Going(Box::new(Going { visit, execution, finish }))
            }
        }
    }

    /// Looks at what a slice came to.
    fn look_at<'gc, T>(
        &self,
        ctx: Context<'gc>,
        main: Thread<'gc>,
        end: SliceEnd<'gc>,
        finish: &mut Option<impl Finish<T>>,
    ) -> Visit<T> {
        let result = match end {
            SliceEnd::Returned => {
                let Some(state) = main.state() else { unreachable!("it does not run any more") };
                let values = state.registers.values(0, state.top);
                finish_once(finish, ctx, Outcome::Returned(values))
            }
            SliceEnd::Failed(error) => {
                let traceback = main.state_mut(&ctx).and_then(|mut state| state.traceback.take());
                finish_once(finish, ctx, Outcome::Failed { error, traceback })
            }
            SliceEnd::Yielded => return Visit::Ended(RunEnd::Yielded),
            SliceEnd::OutOfFuel => return Visit::Left(None),
            SliceEnd::Collect(request) => return Visit::Left(Some(request)),
            SliceEnd::Waiting => return Visit::Ended(RunEnd::Waiting),
            SliceEnd::Exit(status) => {
                machine::exit(ctx, main);
                return Visit::Ended(RunEnd::Exit(status));
            }
        };
        ctx.leave_idle_thread(main);
        Visit::Done(result)
    }

    /// Does what comes after a slice, and runs others.
    fn go_on<T>(
        &self,
        mut visit: Visit<T>,
        execution: &Execution,
        fuel: &mut i64,
        mut watch: Option<Watch>,
        should_stop: &dyn Fn() -> bool,
        finish: &mut Option<impl Finish<T>>,
    ) -> RunEnd<T> {
        loop {
            match visit {
                Visit::Done(result) => {
                    self.collect_a_little(watch.as_ref());
                    return RunEnd::Done(result);
                }
                Visit::Ended(end) => {
                    // A script may stop so often that none of its slices is ever full.
                    self.collect_a_little(watch.as_ref());
                    if matches!(end, RunEnd::Waiting) && self.is_over_limit() {
                        self.collect_garbage();
                        self.least_used.set(self.used_memory());
                        if self.is_over_limit() {
                            return RunEnd::OutOfMemory;
                        }
                    }
                    return end;
                }
                Visit::Postponed if !self.is_owed.get() => {}
                Visit::Postponed | Visit::Left(None) => {
                    let is_done =
                        self.with_collector(|c, arena| c.step(arena, fuel, watch.as_ref()));
                    self.is_owed.set(!is_done);
                }
                Visit::Left(Some(CollectRequest::Full)) => {
                    self.await_full_cycle();
                    execution.collects.set(true);
                }
                Visit::Left(Some(CollectRequest::Step(bytes))) => {
                    match self.with_collector(|c, arena| c.step_by(arena, bytes, fuel)) {
                        RequestedStep::Done { finished_cycle } => {
                            self.tell_collected(execution, finished_cycle);
                        }
                        RequestedStep::Awaits(cycle) => {
                            self.await_cycle(cycle);
                            execution.collects.set(true);
                        }
                    }
                }
            }
            if account::take_wish() {
                self.await_full_cycle();
            }
            if !self.reach_awaited_cycle(fuel, watch.as_ref()) {
                self.collector.borrow_mut().settle_allocator();
                return if should_stop() { RunEnd::Interrupted } else { RunEnd::OutOfFuel };
            }
            if execution.collects.take() {
                self.tell_collected(execution, true);
            }
            if self.waits_for_finalizers() {
                // What they leave behind is collected when they have run.
                self.least_used.set(0);
            } else if self.should_collect_for_limit() {
                self.await_full_cycle();
                visit = Visit::Postponed;
                continue;
            } else if self.is_over_limit() {
                return RunEnd::OutOfMemory;
            }
            if should_stop() {
                return RunEnd::Interrupted;
            }
            if *fuel <= 0 || watch.as_ref().is_some_and(Watch::is_over) {
                self.collector.borrow_mut().settle_allocator();
                return RunEnd::OutOfFuel;
            }
            visit = self.slice(execution, fuel, &mut watch, finish);
        }
    }

    /// Gives the callback that asked for a collection its result.
    fn tell_collected(&self, execution: &Execution, finished_cycle: bool) {
        self.mutate(|ctx| {
            if let Some(Value::Thread(main)) = ctx.fetch(&execution.main) {
                machine::collected(ctx, main, finished_cycle);
            }
        });
    }

    /// Has everything freed that is unreachable now before any script goes on.
    fn await_full_cycle(&self) {
        let next = self.with_collector(|collector, arena| collector.next_full_cycle(arena));
        self.await_cycle(next);
    }

    /// Has a cycle of the collector finished before any script goes on.
    fn await_cycle(&self, cycle: u64) {
        self.awaited_cycle.set(Some(cycle.max(self.awaited_cycle.get().unwrap_or(0))));
    }

    /// Goes on with a collection that is awaited. Tells whether there is none any more.
    fn reach_awaited_cycle(&self, fuel: &mut i64, watch: Option<&Watch>) -> bool {
        let Some(cycle) = self.awaited_cycle.get() else { return true };
        let has_finished =
            self.with_collector(|collector, arena| collector.reach(arena, cycle, fuel, watch));
        if has_finished {
            self.awaited_cycle.set(None);
            self.least_used.set(self.used_memory());
        }
        has_finished
    }

    /// Whether so much is in use that what can be freed should be, for the limit's sake.
    ///
    /// That is before the limit already: what a script asks for at once is refused when it does not
    /// fit beside what is in use, and that should not be garbage.
    fn should_collect_for_limit(&self) -> bool {
        let limit = self.memory_limit.get();
        if limit == usize::MAX {
            return false;
        }
        let used = self.used_memory();
        let least = self.least_used.get();
        // Over the limit, a collection that has just been is not repeated.
        used > least && (used > limit || used > limit / 2 && used > least.saturating_add(least / 4))
    }

    /// Whether more memory is in use than may be, but by little, and there are finalizers to run, without
    /// which nothing of what they hold can be freed. They run before anything else does.
    fn waits_for_finalizers(&self) -> bool {
        self.is_over_limit()
            && self.used_memory() <= self.memory_limit.get().saturating_add(ROOM_FOR_FINALIZERS)
            && self.mutate(|ctx| ctx.finalizers().is_due())
    }

    /// Whether more memory is in use than may be.
    fn is_over_limit(&self) -> bool {
        let limit = self.memory_limit.get();
        limit != usize::MAX && self.used_memory() > limit
    }

    fn with_collector<T>(&self, f: impl FnOnce(&mut Collector, &mut VmArena) -> T) -> T {
        let mut arena = self.arena.borrow_mut();
        let Some(arena) = &mut *arena else { unreachable!("it is only taken when dropped") };
        let _open = self.account.open();
        let mut collector = self.collector.borrow_mut();
        let result = f(&mut collector, arena);
        self.due.set(collector.due(arena));
        result
    }

    /// Whether the collector has something to do.
    #[inline]
    fn is_due(&self, ctx: Context<'_>) -> bool {
        Collector::counted_in(ctx) >= self.due.get()
    }

    /// Lets the collector do what is due, or as much of it as costs no more than a slice; the next run
    /// begins with the rest.
    fn collect_a_little(&self, watch: Option<&Watch>) {
        if self.mutate(|ctx| self.is_due(ctx)) {
            let mut fuel = SLICE_FUEL / 2;
            let is_done = self.with_collector(|c, arena| c.step(arena, &mut fuel, watch));
            self.is_owed.set(!is_done);
        }
    }

    #[cold]
    fn step_collector(&self) {
        self.with_collector(|collector, arena| collector.step(arena, &mut { i64::MAX }, None));
    }

    /// Frees everything that is unreachable. Finalizers that become due run with the next slice.
    ///
    /// Does nothing when called from inside the VM.
    pub fn collect_garbage(&self) {
        if !self.is_entered() {
            self.with_collector(Collector::collect);
        }
    }

    /// The bytes in use, as counted for the limit: what objects own, and 96 for each object.
    pub fn used_memory(&self) -> usize {
        let Ok(arena) = self.arena.try_borrow() else { return 0 };
        let _open = self.account.open();
        arena.as_ref().map_or(0, Collector::used)
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        let arena = self.arena.get_mut().take();
        let _open = self.account.open();
        drop(arena);
    }
}

/// A main coroutine and its state, and the function that `f` gives, with the number of the arguments
/// that it has put on the stack.
#[inline]
fn take_main<'gc, E>(
    ctx: Context<'gc>,
    f: impl FnOnce(Context<'gc>, &mut Stack<'_, 'gc>) -> Result<Value<'gc>, E>,
) -> Result<(Thread<'gc>, RefMut<'gc, ThreadState<'gc>>, Value<'gc>, usize), E> {
    let main = ctx.take_idle_thread();
    let Some(mut state) = main.state_mut(&ctx) else {
        unreachable!("nobody borrows a coroutine that does not run");
    };
    let mut stack = Stack::new(&mut state, main, 1, 0);
    let function = f(ctx, &mut stack);
    let count = stack.len();
    match function {
        Ok(function) => Ok((main, state, function, count)),
        Err(error) => {
            ctx.leave_idle_state(main, state);
            Err(error)
        }
    }
}

/// Does with an outcome what is to be done.
#[inline]
fn finish_once<'gc, T>(
    finish: &mut Option<impl Finish<T>>,
    ctx: Context<'gc>,
    outcome: Outcome<'_, 'gc>,
) -> T {
    let Some(finish) = finish.take() else { unreachable!("an execution is over once") };
    finish(ctx, outcome)
}
