//! The machine: the chain of coroutines that resumed each other, driven in slices.
//!
//! A slice runs inside the arena until its fuel is used up or everything is done. Collection and
//! finalizers happen between slices; see `collector`.

use std::cell::RefMut;

use gc_arena::{Collect, Gc, Mutation};
use luster_value::{
    AfterClosing, ClosingFrame, Closure, ClosureInsides, CollectRequest, Context, Descent, Frame,
    ResumeKind, ReturnKind, Stack, State, Status, Thread, ThreadInsides, ThreadState, Value,
    WaitingFrame, WaitsFor,
};
use smallvec::{SmallVec, smallvec};

use crate::cursor::push;
use crate::run::{Flow, Run, Switch, live_top};
use crate::traceback;
use crate::unwind::PORTION;

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

/// The coroutines of an execution: the main one and those that were resumed one from the other, the
/// running one last.
type Chain<'gc> = SmallVec<[Thread<'gc>; 4]>;

/// Finds the coroutines of an execution by whom each one waits for.
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

/// Runs an execution until the fuel is used up or something needs the host.
pub(crate) fn run_slice<'gc>(
    ctx: Context<'gc>,
    main: Thread<'gc>,
    fuel: &mut i64,
) -> SliceEnd<'gc> {
    ctx.set_main_thread(main);
    let mut chain = chain_of(main);
    for closer in &chain[..chain.len() - 1] {
        if let Some(mut state) = closer.state_mut(&ctx) {
            state.status = Status::Normal;
        }
    }
    run_chain(ctx, &mut chain, fuel)
}

/// Calls a function in a main coroutine, with `count` arguments that are on the stack. Most calls of
/// the host are over then, without another look at any coroutine: its values are in the registers,
/// up to the top, and the coroutine has yet to be put by. Otherwise this answers why it stopped.
#[inline]
pub(crate) fn run_first<'gc>(
    ctx: Context<'gc>,
    main: Thread<'gc>,
    state: &mut ThreadState<'gc>,
    function: Value<'gc>,
    count: usize,
    fuel: &mut i64,
) -> Option<Switch<'gc>> {
    ctx.set_main_thread(main);
    make_main(state, function);
    let mut run = Run::new(ctx, main, state, *fuel);
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
    if let Some(Switch::Finished { from, count }) = run.switch {
        *fuel = state.take_fuel();
        state.top = from + count;
        return None;
    }
    run.switch
}

/// Goes on after the first turn of an execution.
#[cold]
pub(crate) fn go_on<'gc>(
    ctx: Context<'gc>,
    main: Thread<'gc>,
    mut state: RefMut<'gc, ThreadState<'gc>>,
    switch: Switch<'gc>,
    fuel: &mut i64,
) -> SliceEnd<'gc> {
    let live = end_turn(&mut state, fuel);
    let mut chain: Chain<'gc> = smallvec![main];
    match take_turn(ctx, &mut chain, main, state, switch, live) {
        Some(end) => end,
        None => run_chain(ctx, &mut chain, fuel),
    }
}

/// Runs the last coroutine of the chain, until there is none or something needs the host.
fn run_chain<'gc>(ctx: Context<'gc>, chain: &mut Chain<'gc>, fuel: &mut i64) -> SliceEnd<'gc> {
    while let Some(&thread) = chain.last() {
        let Some(mut state) = thread.state_mut(&ctx) else {
            unreachable!("nobody else borrows a coroutine that is about to run");
        };
        let mut run = Run::new(ctx, thread, &mut state, *fuel);
        run_thread(&mut run);
        // Never moved: that would cost as much as the turn's other ado.
        let Some(switch) = run.switch else { unreachable!("a coroutine stops for a reason") };
        let live = end_turn(&mut state, fuel);
        if let Some(end) = take_turn(ctx, chain, thread, state, switch, live) {
            return end;
        }
    }
    SliceEnd::Returned
}

/// Notes how far a coroutine has come, and says where its live registers end.
#[inline(always)]
fn end_turn(state: &mut ThreadState<'_>, fuel: &mut i64) -> usize {
    *fuel = state.take_fuel();
    state.count_frames();
    let live = live_top(state);
    state.registers.set_live(live);
    live
}

/// Does what the last coroutine of the chain has stopped for. Answers how the slice ends, if it does.
#[inline(always)]
fn take_turn<'gc>(
    ctx: Context<'gc>,
    chain: &mut Chain<'gc>,
    thread: Thread<'gc>,
    mut state: RefMut<'gc, ThreadState<'gc>>,
    switch: Switch<'gc>,
    live: usize,
) -> Option<SliceEnd<'gc>> {
    match switch {
        Switch::OutOfFuel => {
            state.registers.hide_dead();
            return Some(SliceEnd::OutOfFuel);
        }
        Switch::Collect(request) => return Some(SliceEnd::Collect(request)),
        Switch::Waiting => return Some(SliceEnd::Waiting),
        Switch::Exit(status) => return Some(SliceEnd::Exit(status)),
        Switch::Resume { thread: other, from, count } => {
            state.status = Status::Normal;
            resume(ctx, chain, &mut state, other, from, count);
            // The arguments have gone over; the coroutine stands where its results will be.
            if chain.last() != Some(&thread) {
                state.registers.set(from, Value::Thread(other));
                state.registers.set_live(live.max(from + 1));
            }
        }
        Switch::Close(other) => {
            state.status = Status::Normal;
            close(ctx, chain, &mut state, other);
        }
        Switch::Yielded { from, count } => {
            state.registers.set_live(live.max(from + count));
            state.status = pass_closers(&ctx, chain);
            if chain.is_empty() {
                state.top = from + count;
                return Some(SliceEnd::Yielded);
            }
            hand_over(ctx, chain, &state, Ok((from, count)));
        }
        Switch::Finished { from, count } => {
            state.status = Status::Dead;
            state.frames.clear();
            chain.pop();
            if chain.is_empty() {
                state.top = from + count;
                return Some(SliceEnd::Returned);
            }
            hand_over(ctx, chain, &state, Ok((from, count)));
            state.drop_frames();
            state.top = 0;
        }
        Switch::Closed(error) => {
            state.status = Status::Dead;
            if !state.is_main {
                state.cannot_yield = None;
            }
            state.drop_frames();
            chain.pop();
            hand_over(ctx, chain, &state, error.map_or(Ok((0, 0)), Err));
        }
        Switch::Failed(error) if is_wrapped(&ctx, chain) => {
            // Nobody but its caller knows a wrapped coroutine, so it is closed at once.
            drop(state);
            begin_closing(&ctx, thread, Some(error));
        }
        Switch::Failed(error) => {
            state.status = Status::Dead;
            state.failure = Some(error);
            chain.pop();
            if chain.is_empty() {
                return Some(SliceEnd::Failed(error));
            }
            hand_over(ctx, chain, &state, Err(error));
        }
    }
    None
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
fn begin_closure<'gc>(run: &mut Run<'_, 'gc>, closure: Closure<'gc>, argc: usize) {
    run.state.top = 0;
    push(run.state, || Frame::Bottom);
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
fn begin(run: &mut Run<'_, '_>) {
    run_thread(run);
}

/// Starts a coroutine that has not run yet, and runs it until `switch` says why it stops.
#[inline(always)]
fn run_thread(run: &mut Run<'_, '_>) {
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

/// Resumes a coroutine with `count` values from the resuming one's registers.
fn resume<'gc>(
    ctx: Context<'gc>,
    chain: &mut Chain<'gc>,
    from_state: &mut ThreadState<'gc>,
    thread: Thread<'gc>,
    from: usize,
    count: usize,
) {
    let resuming = chain.len();
    let mut depth = from_state.outer_depth + from_state.depth + 1;
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
        chain.push(next);
        state.outer_depth = depth;
        if let Some(closed) = closing(&state) {
            state.status = Status::Normal;
            depth += state.depth + 1;
            next = closed;
            continue;
        }
        if give(&mut state, WaitsFor::Resume, None, from_state, from, count) {
            return;
        }
        let to = arguments_slot(&state);
        if !state.reserve(to + count) {
            break "too many arguments to resume";
        }
        for index in 0..count {
            state.registers.set(to + index, from_state.registers.get(from + index));
        }
        state.top = to + count;
        return;
    };
    for closer in chain.drain(resuming..) {
        if closer == thread
            && let Some(mut state) = closer.state_mut(&ctx)
        {
            state.status = Status::Suspended;
        }
    }
    from_state.status = Status::Running;
    deliver_values(ctx, from_state, None, Err(ctx.string(refused)));
}

/// Gives values, and one before them if there is one, straight to the Lua function that called the waiting
/// callback on top, if it waits for that. Tells whether it did; if not, nothing has happened.
#[inline(always)]
fn give<'gc>(
    state: &mut ThreadState<'gc>,
    waits_for: WaitsFor,
    first: Option<Value<'gc>>,
    source: &ThreadState<'gc>,
    from: usize,
    count: usize,
) -> bool {
    let Some(Frame::Waiting(frame)) = state.frames.last() else { return false };
    let ReturnKind::Call(wanted) = frame.returns else { return false };
    if frame.waits_for != waits_for || state.tracing.is_on() {
        return false;
    }
    let start = frame.function as usize;
    let given = count + usize::from(first.is_some());
    let end = start + if wanted == 0 { given } else { usize::from(wanted) - 1 };
    if !state.reserve(end) {
        return false;
    }
    state.frames.pop();
    let mut to = start;
    if let Some(first) = first
        && to < end
    {
        state.registers.set(to, first);
        to += 1;
    }
    for index in 0..count.min(end - to) {
        state.registers.set(to + index, source.registers.get(from + index));
    }
    if wanted == 0 {
        state.top = end;
    } else {
        state.registers.clear((to + count).min(end)..end);
        state.top = 0;
    }
    true
}

/// Takes a coroutine that yielded off the chain, and with it those that wait for it to be closed,
/// one for the other: what is yielded while a coroutine is closed is yielded by who closes it.
/// Answers how far the coroutine is now.
fn pass_closers<'gc>(mc: &Mutation<'gc>, chain: &mut Chain<'gc>) -> Status {
    chain.pop();
    let mut closer = None;
    while let Some(&thread) = chain.last()
        && thread.state().is_some_and(|state| closing(&state).is_some())
    {
        closer = chain.pop();
    }
    // Only the one that closes all the others can be resumed.
    match closer.and_then(|thread| thread.state_mut(mc)) {
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

/// Where a suspended coroutine wants the values that it is resumed with.
fn arguments_slot(state: &ThreadState<'_>) -> usize {
    match state.frames.last() {
        None => 1,
        Some(Frame::Waiting(frame)) => frame.function as usize + 1,
        Some(Frame::Sequence(frame)) => (frame.base + frame.bottom) as usize,
        Some(_) => state.top,
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
fn close<'gc>(
    ctx: Context<'gc>,
    chain: &mut Chain<'gc>,
    from_state: &mut ThreadState<'gc>,
    thread: Thread<'gc>,
) {
    let Some(mut state) = thread.state_mut(&ctx).filter(|state| can_be_closed(state)) else {
        from_state.status = Status::Running;
        let error = ctx.string("cannot close a running coroutine");
        return deliver_values(ctx, from_state, None, Err(error));
    };
    let depth = from_state.outer_depth + from_state.depth + 1;
    if depth >= ctx.depth_limits().nesting() {
        from_state.status = Status::Running;
        return deliver_values(ctx, from_state, None, Err(ctx.string("C stack overflow")));
    }
    let error = state.failure.take();
    state.outer_depth = depth;
    state.cannot_yield = from_state.check_yield().err();
    drop(state);
    begin_closing(&ctx, thread, error);
    chain.push(thread);
}

/// Unwinds a coroutine and lets it close its variables, then end.
fn begin_closing<'gc>(mc: &Mutation<'gc>, thread: Thread<'gc>, error: Option<Value<'gc>>) {
    let Some(mut state) = thread.state_mut(mc) else { return };
    if let Some(mut closed) = closing(&state).and_then(|thread| thread.state_mut(mc)) {
        // Nobody waits for it any more.
        closed.status = Status::Suspended;
    }
    state.status = Status::Suspended;
    if state.frames.len() > PORTION {
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

/// Whether the coroutine at the end of the chain was resumed as a wrapped one.
fn is_wrapped<'gc>(mc: &Mutation<'gc>, chain: &[Thread<'gc>]) -> bool {
    let Some(parent) = chain.len().checked_sub(2).map(|index| chain[index]) else { return false };
    parent.state_mut(mc).is_some_and(|state| match state.frames.last() {
        Some(Frame::Waiting(frame)) => frame.waits_for == WaitsFor::Coroutine(ResumeKind::Wrap),
        _ => false,
    })
}

/// Hands what a coroutine came to over to the one that resumed it, the last of the chain.
fn hand_over<'gc>(
    ctx: Context<'gc>,
    chain: &[Thread<'gc>],
    from_state: &ThreadState<'gc>,
    values: Result<(usize, usize), Value<'gc>>,
) {
    let Some(parent) = chain.last() else { return };
    let Some(mut state) = parent.state_mut(&ctx) else {
        unreachable!("a coroutine that resumed another is not borrowed");
    };
    state.status = Status::Running;
    if let Ok((from, count)) = values {
        let wrapped = WaitsFor::Coroutine(ResumeKind::Wrap);
        let resumed = WaitsFor::Coroutine(ResumeKind::Resume);
        if give(&mut state, wrapped, None, from_state, from, count)
            || give(&mut state, resumed, Some(Value::True), from_state, from, count)
        {
            return;
        }
    }
    deliver_values(ctx, &mut state, Some(from_state), values);
}

/// The message of the error that there is not enough memory.
const OUT_OF_MEMORY: &[u8] = b"not enough memory";

/// Puts values, or an error, where the waiting callback on top gives them to its caller.
fn deliver_values<'gc>(
    ctx: Context<'gc>,
    state: &mut ThreadState<'gc>,
    from_state: Option<&ThreadState<'gc>>,
    values: Result<(usize, usize), Value<'gc>>,
) {
    let Some(Frame::Waiting(frame)) = state.frames.last() else { return };
    let (mut to, waits_for) = (frame.function as usize + 1, frame.waits_for);
    let has_status = matches!(waits_for, WaitsFor::Close | WaitsFor::Coroutine(ResumeKind::Resume));
    match values {
        Ok((from, count)) => {
            if !state.reserve(to + count + 1) {
                state.failure = None;
            }
            if has_status {
                state.registers.set(to, Value::True);
                to += 1;
            }
            let count = if waits_for == WaitsFor::Close { 0 } else { count };
            if let Some(source) = from_state {
                for index in 0..count.min(state.registers.len().saturating_sub(to)) {
                    state.registers.set(to + index, source.registers.get(from + index));
                }
            }
            state.top = to + count;
        }
        Err(error) if has_status => {
            state.registers.set(to, Value::False);
            state.registers.set(to + 1, error);
            state.top = to + 2;
        }
        Err(error) => {
            // A wrapped coroutine's error is raised where it was called.
            state.frames.pop();
            let error = match error {
                // The reference does not put a place before errors of memory either.
                Value::String(message) if message.as_bytes() != OUT_OF_MEMORY => {
                    let mut text = traceback::position_of_top(state);
                    text.extend(message.as_bytes());
                    Value::String(ctx.intern_owned(text))
                }
                other => other,
            };
            state.frames.push(Frame::Closing(ClosingFrame::raising(error)));
        }
    }
}
