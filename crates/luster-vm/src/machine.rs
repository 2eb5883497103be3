//! The machine: the chain of coroutines that resumed each other, driven in slices.
//!
//! A slice runs inside the arena until its fuel is used up or everything is done. Collection and
//! finalizers happen between slices; see `collector`.

use std::cell::RefMut;

use gc_arena::{Collect, Gc, Mutation};
use luster_value::{
    AfterClosing, ClosingFrame, Closure, ClosureInsides, CollectRequest, Context, Descent, Frame,
    HandingOver, ResumeKind, ReturnKind, Stack, State, Status, Thread, ThreadInsides, ThreadState,
    Value, WaitingFrame, WaitsFor,
};
use smallvec::smallvec;

use crate::cursor::push;
use crate::pace::{Pace, Watch};
use crate::run::{Chain, Flow, Run, Switch, live_beside, live_top};
use crate::transfer::{
    VALUES_PER_FUEL, arguments_slot, deliver, deliver_error, give, give_to_resumer, hand_over_many,
};
use crate::unwind::DROPPED;

/// What an arena's root holds: a VM.
#[derive(Collect)]
#[collect(no_drop)]
pub(crate) struct Machine<'gc> {
    state: Gc<'gc, State<'gc>>,
}

impl<'gc> Machine<'gc> {
    /// A new VM. What is random in it comes out of this seed.
    pub(crate) fn new(mc: &'gc Mutation<'gc>, seed: u64) -> Self {
        Machine { state: State::new(mc, seed) }
    }

    /// The VM's context.
    pub(crate) fn context(&self, mc: &'gc Mutation<'gc>) -> Context<'gc> {
        Context::new(mc, self.state)
    }
}

/// Why a slice ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SliceEnd<'gc> {
    /// The function returned; the values are in the main coroutine's registers, up to its top.
    Returned,
    /// The function failed with this error.
    Failed(Value<'gc>),
    /// The main coroutine yielded; see `yielded`.
    Yielded,
    /// The slice's fuel is used up.
    OutOfFuel,
    /// The script asked for a collection; go on afterwards with what it came to.
    Collect(CollectRequest),
    /// Something that the script called waits for the host.
    Waiting,
    /// The script asked to end the process with this status.
    Exit(i32),
}

/// Finds the coroutines of an execution by whom each one waits for: the main one first, the running one
/// last.
fn chain_of(main: Thread<'_>) -> Chain<'_> {
    let mut chain = smallvec![main];
    let mut last = main;
    while let Some(next) = last.state().and_then(|state| match state.status {
        Status::Normal => awaited(&state),
        // The yield of a coroutine that is being closed is a yield of the one that closes it.
        Status::Suspended => closing(&state),
        _ => None,
    }) {
        chain.push(next);
        last = next;
    }
    chain
}

/// Ends the coroutines of an execution that is given up, but for the main one.
pub(crate) fn abandon_resumed<'gc>(ctx: Context<'gc>, main: Thread<'gc>) {
    for thread in chain_of(main).into_iter().skip(1) {
        if let Some(mut state) = thread.state_mut(&ctx) {
            state.abandon();
        }
    }
}

/// Ends an execution in which the script asked for the end of the process: its main coroutine is
/// dead, but for the variables that are to be closed.
pub(crate) fn exit<'gc>(ctx: Context<'gc>, main: Thread<'gc>) {
    abandon_resumed(ctx, main);
    if let Some(mut state) = main.state_mut(&ctx) {
        state.status = Status::Dead;
    }
}

/// The coroutine that a coroutine has resumed, or is closing, and waits for.
fn awaited<'gc>(state: &ThreadState<'gc>) -> Option<Thread<'gc>> {
    match state.frames.last() {
        Some(Frame::Waiting(WaitingFrame {
            function,
            waits_for: WaitsFor::Close | WaitsFor::Coroutine(_),
            ..
        })) => match state.registers.get(*function as usize + 1) {
            Value::Thread(thread) => Some(thread),
            _ => None,
        },
        _ => None,
    }
}

/// Makes a coroutine ready to call a function as a main one, with arguments that are on the stack
/// behind it. It cannot yield, unless the host allows that.
pub(crate) fn prepare<'gc>(state: &mut ThreadState<'gc>, function: Value<'gc>, count: usize) {
    make_main(state, function);
    state.top = count + 1;
    state.registers.set_live(count + 1);
}

#[inline]
fn make_main<'gc>(state: &mut ThreadState<'gc>, function: Value<'gc>) {
    state.is_main = true;
    state.cannot_yield = Some("attempt to yield from outside a coroutine");
    state.registers.set(0, function);
}

/// The coroutine whose yield it is that an execution has stopped at.
fn yielder(main: Thread<'_>) -> Option<Thread<'_>> {
    let is_suspended = main
        .state()
        .is_some_and(|state| state.status == Status::Suspended && !state.frames.is_empty());
    if is_suspended { chain_of(main).last().copied() } else { None }
}

/// Takes what an execution has yielded.
pub(crate) fn yielded<'gc>(ctx: Context<'gc>, main: Thread<'gc>) -> Vec<Value<'gc>> {
    let Some(mut state) = yielder(main).and_then(|thread| thread.state_mut(&ctx)) else {
        return Vec::new();
    };
    let from = arguments_slot(&state);
    let values = (from..state.top).map(|slot| state.registers.get(slot)).collect();
    state.top = from;
    values
}

/// Lets `f` put on the stack what an execution gets back that has yielded; `None` when it has not.
pub(crate) fn resume_with<'gc, T>(
    ctx: Context<'gc>,
    main: Thread<'gc>,
    f: impl FnOnce(&mut Stack<'_, 'gc>) -> T,
) -> Option<T> {
    let thread = yielder(main)?;
    let mut state = thread.state_mut(&ctx)?;
    let from = arguments_slot(&state);
    let mut stack = Stack::new(&mut state, thread, from, 0);
    let result = f(&mut stack);
    let top = from + stack.len();
    state.top = top;
    state.registers.set_live(top);
    Some(result)
}

/// Runs an execution until the fuel is used up, the time is over or something needs the host.
pub(crate) fn run_slice<'gc>(
    ctx: Context<'gc>,
    main: Thread<'gc>,
    fuel: &mut i64,
    watch: &mut Option<Watch>,
) -> SliceEnd<'gc> {
    ctx.set_main_thread(main);
    let mut resumers = chain_of(main);
    let thread = resumers.pop().unwrap_or(main);
    for resumer in &resumers {
        if let Some(mut state) = resumer.state_mut(&ctx) {
            state.status = Status::Normal;
        }
    }
    let mut run = Run::new(ctx, thread, borrow(ctx, thread), resumers, *fuel);
    run.pace = watch.take().map(|watch| Pace::new(watch, &mut run.state.fuel));
    let end = take_turns(&mut run);
    *fuel = run.state.take_fuel();
    if let Some(pace) = run.pace.take() {
        *fuel += pace.kept_back();
        *watch = Some(pace.watch());
    }
    end
}

/// The state of a coroutine that is about to run.
#[inline]
fn borrow<'gc>(ctx: Context<'gc>, thread: Thread<'gc>) -> RefMut<'gc, ThreadState<'gc>> {
    match thread.state_mut(&ctx) {
        Some(state) => state,
        None => unreachable!("nobody else borrows a coroutine that is about to run"),
    }
}

/// What the first slice of a call came to.
pub(crate) enum First<'gc> {
    /// The function returned. The values are in the main coroutine's registers, up to the top, and it
    /// has yet to be put by.
    Returned(RefMut<'gc, ThreadState<'gc>>),
    /// Anything else.
    Ended(SliceEnd<'gc>),
}

/// Calls a function in a main coroutine, with `count` arguments that are on the stack. Most calls of
/// the host are over then, without another look at any coroutine.
#[inline]
pub(crate) fn run_first<'gc>(
    ctx: Context<'gc>,
    main: Thread<'gc>,
    mut state: RefMut<'gc, ThreadState<'gc>>,
    function: Value<'gc>,
    count: usize,
    fuel: &mut i64,
) -> First<'gc> {
    ctx.set_main_thread(main);
    make_main(&mut state, function);
    let mut run = Run::new(ctx, main, state, Chain::new(), *fuel);
    match function {
        Value::Closure(closure) if !closure.code().is_vararg && !ctx.finalizers().is_due() => {
            begin_closure(&mut run, closure, count);
        }
        _ => {
            run.state.top = count + 1;
            begin(&mut run);
        }
    }
    // Looked at in place: a switch that is moved, or taken apart, costs as much as a call.
    if let Some(Switch::Finished { from, count }) = run.switch
        && run.resumers.is_empty()
    {
        *fuel = run.state.take_fuel();
        run.state.top = from + count;
        return First::Returned(run.state);
    }
    let end = go_on(&mut run);
    *fuel = run.state.take_fuel();
    First::Ended(end)
}

/// Goes on after the first turn of an execution.
#[cold]
fn go_on<'gc>(run: &mut Run<'gc>) -> SliceEnd<'gc> {
    match end_turn(run) {
        Some(end) => end,
        None => take_turns(run),
    }
}

/// Runs the coroutines of an execution, until all are done or something needs the host.
fn take_turns<'gc>(run: &mut Run<'gc>) -> SliceEnd<'gc> {
    loop {
        run_thread(run);
        if let Some(end) = end_turn(run) {
            return end;
        }
    }
}

/// How many bytes of registers are given back to the system for a unit of fuel.
const FREED_PER_FUEL: usize = 512;

/// Does what the running coroutine has stopped for. Answers how the slice ends, if it does.
fn end_turn<'gc>(run: &mut Run<'gc>) -> Option<SliceEnd<'gc>> {
    let extent = live_top(&run.state);
    let live = put_by(&mut run.state, extent);
    let Some(switch) = run.switch.take() else { unreachable!("a coroutine stops for a reason") };
    match switch {
        Switch::Resume { count, .. } => run.state.fuel -= (count / VALUES_PER_FUEL) as i64,
        Switch::Yielded { from, count } if !hand_over_many(run, true, from, count) => {
            run.state.registers.set_live(live.max(from + count));
            return Some(SliceEnd::OutOfFuel);
        }
        Switch::Finished { from, count } if !hand_over_many(run, false, from, count) => {
            run.state.registers.set_live(live.max(from + count));
            return Some(SliceEnd::OutOfFuel);
        }
        _ => {}
    }
    match switch {
        Switch::OutOfFuel => {
            run.state.registers.hide_dead();
            return Some(SliceEnd::OutOfFuel);
        }
        Switch::Collect(request) => return Some(SliceEnd::Collect(request)),
        Switch::Waiting => return Some(SliceEnd::Waiting),
        Switch::Exit(status) => return Some(SliceEnd::Exit(status)),
        Switch::Resume { thread, from, count } => resume(run, thread, from, count, live),
        Switch::Close(thread) => close(run, thread),
        Switch::Yielded { from, count } => {
            run.state.registers.set_live(live.max(from + count));
            run.state.status = pass_closers(run);
            if run.resumers.is_empty() {
                run.state.top = from + count;
                return Some(SliceEnd::Yielded);
            }
            hand_over(run, Ok((from, count)));
        }
        Switch::Finished { from, count } => {
            run.state.status = Status::Dead;
            run.state.frames.clear();
            if run.resumers.is_empty() {
                run.state.top = from + count;
                return Some(SliceEnd::Returned);
            }
            let mut state = hand_over(run, Ok((from, count)));
            let freed = state.drop_frames();
            state.top = 0;
            run.state.fuel -= (freed / FREED_PER_FUEL) as i64;
        }
        Switch::Closed(error) => {
            run.state.status = Status::Dead;
            if !run.state.is_main {
                run.state.cannot_yield = None;
            }
            let freed = run.state.drop_frames();
            run.state.fuel -= (freed / FREED_PER_FUEL) as i64;
            if run.resumers.is_empty() {
                // It is a main coroutine that has closed itself.
                return Some(SliceEnd::Returned);
            }
            hand_over(run, error.map_or(Ok((0, 0)), Err));
        }
        Switch::Failed(error) if is_wrapped(run) => {
            // Nobody but its caller knows a wrapped coroutine, so it is closed at once.
            begin_closing(run.ctx, &mut run.state, Some(error));
        }
        Switch::Failed(error) => {
            run.state.status = Status::Dead;
            run.state.failure = Some(error);
            if run.resumers.is_empty() {
                return Some(SliceEnd::Failed(error));
            }
            hand_over(run, Err(error));
        }
    }
    None
}

/// Notes how far a coroutine has come, whose frame on top needs the registers up to `extent`. Says where
/// its live registers end.
#[inline(always)]
fn put_by(state: &mut ThreadState<'_>, extent: usize) -> usize {
    state.count_frames();
    let live = live_beside(state, extent);
    state.registers.set_live(live);
    live
}

/// Switches to the coroutine that the running one has stopped for, if it yields to a Lua function or resumes
/// one that has yielded: most turns end so, in the midst of the dispatch loop. Tells whether it did; if not,
/// nothing has happened.
#[inline]
pub(crate) fn switch_directly(run: &mut Run<'_>) -> bool {
    match run.switch {
        Some(Switch::Resume { thread, from, count }) => resume_directly(run, thread, from, count),
        Some(Switch::Yielded { from, count }) => yield_directly(run, from, count),
        _ => false,
    }
}

fn resume_directly<'gc>(
    run: &mut Run<'gc>,
    thread: Thread<'gc>,
    from: usize,
    count: usize,
) -> bool {
    let depth = run.state.outer_depth + run.state.depth + 1;
    let Some(mut state) = thread.state_mut(&run.ctx) else { return false };
    if state.status != Status::Suspended
        || state.is_main
        || depth >= run.ctx.depth_limits().nesting()
        || !give(&mut state, WaitsFor::Resume, None, &run.state, from, count)
    {
        return false;
    }
    state.outer_depth = depth;
    run.state.status = Status::Normal;
    run.state.registers.set(from, Value::Thread(thread));
    put_by(&mut run.state, from + 1);
    run.resumers.push(run.thread);
    enter(run, thread, state);
    true
}

fn yield_directly(run: &mut Run<'_>, from: usize, count: usize) -> bool {
    let Some(&resumer) = run.resumers.last() else { return false };
    let Some(mut state) = resumer.state_mut(&run.ctx) else { return false };
    if !give_to_resumer(&mut state, &run.state, from, count) {
        return false;
    }
    run.state.status = Status::Suspended;
    put_by(&mut run.state, from);
    run.resumers.pop();
    enter(run, resumer, state);
    true
}

/// Goes on with another coroutine, with the fuel that is left. Gives the state of the one before.
#[inline]
fn enter<'gc>(
    run: &mut Run<'gc>,
    thread: Thread<'gc>,
    mut state: RefMut<'gc, ThreadState<'gc>>,
) -> RefMut<'gc, ThreadState<'gc>> {
    state.fuel = run.state.fuel;
    state.withheld = std::mem::take(&mut run.state.withheld);
    state.status = Status::Running;
    run.switch = None;
    run.thread = thread;
    std::mem::replace(&mut run.state, state)
}

/// Gives the callback that asked for a collection its result.
pub(crate) fn collected<'gc>(ctx: Context<'gc>, main: Thread<'gc>, finished_cycle: bool) {
    if let Some(thread) = chain_of(main).last()
        && let Some(mut state) = thread.state_mut(&ctx)
        && let Some(Frame::Waiting(frame)) = state.frames.last()
    {
        let slot = frame.function as usize + 1;
        if let Value::False | Value::True = state.registers.get(slot) {
            state.registers.set(slot, Value::boolean(finished_cycle));
        }
    }
}

/// Starts a coroutine whose function is a Lua function without extra arguments, and runs it until
/// `switch` says why it stops.
#[inline]
fn begin_closure<'gc>(run: &mut Run<'gc>, closure: Closure<'gc>, argc: usize) {
    run.state.top = 0;
    push(&mut run.state, || Frame::Bottom);
    match run.push_plain(closure, 0, argc, ReturnKind::Frame) {
        Ok(_) => run.run_lua(),
        Err(error) => {
            if run.fail(error) == Flow::GoOn {
                run.run();
            }
        }
    }
}

/// Starts a coroutine whose function is any other.
#[inline(never)]
fn begin(run: &mut Run<'_>) {
    run_thread(run);
}

/// Starts a coroutine that has not run yet, and runs it until `switch` says why it stops.
#[inline(always)]
fn run_thread(run: &mut Run<'_>) {
    if let Some(HandingOver { is_yield, from, count, .. }) = run.state.handing_over {
        let switch = if is_yield {
            Switch::Yielded { from, count }
        } else {
            Switch::Finished { from, count }
        };
        run.switch = Some(switch);
        return;
    }
    if run.state.frames.is_empty() {
        let argc = std::mem::replace(&mut run.state.top, 0).saturating_sub(1);
        run.state.frames.push(Frame::Bottom);
        match run.call(0, argc, ReturnKind::Frame) {
            Ok(Flow::GoOn) => {}
            Ok(Flow::Stop) => return,
            Err(error) => {
                if run.fail(error) == Flow::Stop {
                    return;
                }
            }
        }
    }
    if run.ctx.finalizers().is_due()
        && !runs_finalizer(run)
        && matches!(
            run.state.frames.last(),
            Some(Frame::Lua(_) | Frame::Waiting(_) | Frame::Hook(_))
        )
        && let Err(error) = run.call_finalizer()
    {
        run.pend(error);
    }
    run.run();
}

/// Whether a finalizer is running, which is to end before the next one is called.
#[cold]
fn runs_finalizer(run: &Run<'_>) -> bool {
    let is_in_one =
        |thread: &Thread<'_>| thread.state().is_some_and(|state| state.runs_finalizer());
    run.state.runs_finalizer() || run.resumers.iter().any(is_in_one)
}

/// Resumes a coroutine with `count` values from the running one's registers, of which those below `live` are
/// alive.
fn resume<'gc>(run: &mut Run<'gc>, thread: Thread<'gc>, from: usize, count: usize, live: usize) {
    let ctx = run.ctx;
    let resuming = run.resumers.len();
    run.resumers.push(run.thread);
    run.state.status = Status::Normal;
    let mut depth = run.state.outer_depth + run.state.depth + 1;
    let mut next = thread;
    let refused = loop {
        if depth >= ctx.depth_limits().nesting() {
            break "C stack overflow";
        }
        let mut state = match next.state_mut(&ctx) {
            // What a host's call runs in goes on when the host wants that.
            Some(state) if state.is_main && state.status != Status::Dead => {
                break "cannot resume non-suspended coroutine";
            }
            // One that is being closed by another goes on when that one is resumed.
            Some(state) if state.status == Status::Suspended || next != thread => state,
            Some(state) if state.status == Status::Dead => break "cannot resume dead coroutine",
            _ => break "cannot resume non-suspended coroutine",
        };
        state.outer_depth = depth;
        if let Some(closed) = closing(&state) {
            state.status = Status::Normal;
            run.resumers.push(next);
            depth += state.depth + 1;
            next = closed;
            continue;
        }
        if !give(&mut state, WaitsFor::Resume, None, &run.state, from, count) {
            let to = arguments_slot(&state);
            if !state.reserve(to + count) {
                break "too many arguments to resume";
            }
            state.registers.copy_from(&run.state.registers, from, to, count);
            state.top = to + count;
        }
        // The arguments have gone over; the coroutine stands where its results will be.
        run.state.registers.set(from, Value::Thread(thread));
        run.state.registers.set_live(live.max(from + 1));
        enter(run, next, state);
        return;
    };
    // Of those that close each other only the first can be resumed.
    if run.resumers.len() > resuming + 1
        && let Some(mut state) = thread.state_mut(&ctx)
    {
        state.status = Status::Suspended;
    }
    run.resumers.truncate(resuming);
    run.state.status = Status::Running;
    deliver_error(ctx, &mut run.state, ctx.string(refused));
}

/// Passes by those that wait for the running coroutine, which has yielded, to be closed, one for the other:
/// what is yielded while a coroutine is closed is yielded by who closes it. Answers how far the running one
/// is now.
fn pass_closers(run: &mut Run<'_>) -> Status {
    let mut closer = None;
    while let Some(&thread) = run.resumers.last()
        && thread.state().is_some_and(|state| closing(&state).is_some())
    {
        closer = run.resumers.pop();
    }
    // Only the one that closes all the others can be resumed.
    match closer.and_then(|thread| thread.state_mut(&run.ctx)) {
        Some(mut state) => {
            state.status = Status::Suspended;
            Status::Normal
        }
        None => Status::Suspended,
    }
}

/// The coroutine that a coroutine is closing.
fn closing<'gc>(state: &ThreadState<'gc>) -> Option<Thread<'gc>> {
    match state.frames.last() {
        Some(Frame::Waiting(frame)) if frame.waits_for == WaitsFor::Close => awaited(state),
        _ => None,
    }
}

/// Whether a coroutine can be closed: not when it runs or has resumed another one, be it in a task that
/// is between two steps, nor when it is what a host's call runs in.
fn can_be_closed(state: &ThreadState<'_>) -> bool {
    match state.status {
        Status::Dead => true,
        Status::Suspended => !state.is_main,
        Status::Running | Status::Normal => false,
    }
}

/// Closes a suspended or dead coroutine.
fn close<'gc>(run: &mut Run<'gc>, thread: Thread<'gc>) {
    let ctx = run.ctx;
    let depth = run.state.outer_depth + run.state.depth + 1;
    let refused = match thread.state_mut(&ctx).filter(|state| can_be_closed(state)) {
        None => "cannot close a running coroutine",
        Some(_) if depth >= ctx.depth_limits().nesting() => "C stack overflow",
        Some(mut state) => {
            let error = state.failure.take();
            state.outer_depth = depth;
            state.cannot_yield = run.state.check_yield().err();
            begin_closing(ctx, &mut state, error);
            run.state.status = Status::Normal;
            run.resumers.push(run.thread);
            enter(run, thread, state);
            return;
        }
    };
    deliver_error(ctx, &mut run.state, ctx.string(refused));
}

/// Unwinds a coroutine and lets it close its variables, then end.
fn begin_closing<'gc>(ctx: Context<'gc>, state: &mut ThreadState<'gc>, error: Option<Value<'gc>>) {
    if let Some(mut closed) = closing(state).and_then(|thread| thread.state_mut(&ctx)) {
        // Nobody waits for it any more.
        closed.status = Status::Suspended;
    }
    if state.frames.len() > DROPPED {
        // They are dropped in portions, under the frame that closes the variables.
        state.descent = Some(Descent::Dropping(0));
    } else {
        state.frames.clear();
        state.frames.push(Frame::Bottom);
        state.descent = None;
    }
    state.restore_hook();
    state.top = 0;
    state.depth = 0;
    state.registers.set_handler_room(false);
    state.frames.push(Frame::Closing(ClosingFrame {
        floor: 0,
        top: 0,
        saved_top: 0,
        error,
        then: AfterClosing::EndCoroutine,
    }));
}

/// Whether the running coroutine was resumed as a wrapped one.
fn is_wrapped(run: &Run<'_>) -> bool {
    run.resumers.last().and_then(|thread| thread.state()).is_some_and(|state| {
        match state.frames.last() {
            Some(Frame::Waiting(frame)) => frame.waits_for == WaitsFor::Coroutine(ResumeKind::Wrap),
            _ => false,
        }
    })
}

/// Hands what the running coroutine came to over to the one that resumed it, and goes on with that. Gives the
/// state of the one before.
fn hand_over<'gc>(
    run: &mut Run<'gc>,
    values: Result<(usize, usize), Value<'gc>>,
) -> RefMut<'gc, ThreadState<'gc>> {
    let Some(thread) = run.resumers.pop() else {
        unreachable!("what a main coroutine comes to is its execution's end");
    };
    let mut state = borrow(run.ctx, thread);
    let done = run.state.handing_over.take().map_or(0, |handing_over| handing_over.done);
    let given = match values {
        Ok((from, count)) => give_to_resumer(&mut state, &run.state, from, count),
        Err(_) => false,
    };
    if !given {
        deliver(run.ctx, &mut state, &run.state, values, done);
    }
    enter(run, thread, state)
}
