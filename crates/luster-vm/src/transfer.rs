//! Values on their way from one coroutine to another: arguments of a resumption, what is yielded, results and
//! errors.

use luster_value::{
    ClosingFrame, Context, Frame, HandingOver, MANY_VALUES, ResumeKind, ReturnKind, ThreadInsides,
    ThreadState, Value, WaitsFor,
};

use crate::run::Run;
use crate::traceback;

/// How many values go from one coroutine to another for a unit of fuel.
pub(crate) const VALUES_PER_FUEL: usize = 1;

/// Where a suspended coroutine wants the values that it is resumed with.
pub(crate) fn arguments_slot(state: &ThreadState<'_>) -> usize {
    match state.frames.last() {
        None => 1,
        Some(Frame::Waiting(frame)) => frame.function as usize + 1,
        Some(Frame::Sequence(frame)) => (frame.base + frame.bottom) as usize,
        Some(_) => state.top,
    }
}

/// Gives values, and one before them if there is one, straight to the Lua function that called the waiting
/// callback on top, if it waits for that. Tells whether it did; if not, nothing has happened.
#[inline(always)]
pub(crate) fn give<'gc>(
    state: &mut ThreadState<'gc>,
    waits_for: WaitsFor,
    first: Option<Value<'gc>>,
    source: &ThreadState<'gc>,
    from: usize,
    count: usize,
) -> bool {
    /// As many values go over without a look at what it costs.
    const FEW: usize = 256;
    let Some(Frame::Waiting(frame)) = state.frames.last() else { return false };
    let ReturnKind::Call(wanted) = frame.returns else { return false };
    if count > FEW || frame.waits_for != waits_for || state.tracing.is_on() {
        return false;
    }
    let start = frame.function as usize;
    let given = count + usize::from(first.is_some());
    let end = start + if wanted == 0 { given } else { usize::from(wanted) - 1 };
    if !state.reserve(end) {
        return false;
    }
    // It is a waiting frame, of which there is nothing to drop.
    std::mem::forget(state.frames.pop());
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
        if to + count < end {
            state.registers.clear(to + count..end);
        }
        state.top = 0;
    }
    true
}

/// Gives values to a coroutine that has resumed another, as `give` does.
#[inline]
pub(crate) fn give_to_resumer<'gc>(
    state: &mut ThreadState<'gc>,
    source: &ThreadState<'gc>,
    from: usize,
    count: usize,
) -> bool {
    let wrapped = WaitsFor::Coroutine(ResumeKind::Wrap);
    let resumed = WaitsFor::Coroutine(ResumeKind::Resume);
    give(state, wrapped, None, source, from, count)
        || give(state, resumed, Some(Value::True), source, from, count)
}

/// The message of the error that there is not enough memory.
const OUT_OF_MEMORY: &[u8] = b"not enough memory";

/// Puts values of another coroutine, of which so many have been copied, or an error, where the waiting callback
/// on top gives them to its caller.
pub(crate) fn deliver<'gc>(
    ctx: Context<'gc>,
    state: &mut ThreadState<'gc>,
    source: &ThreadState<'gc>,
    values: Result<(usize, usize), Value<'gc>>,
    done: usize,
) {
    let Some(Frame::Waiting(frame)) = state.frames.last() else { return };
    let (slot, waits_for) = (frame.function as usize + 1, frame.waits_for);
    let (from, count) = match values {
        Ok(_) if waits_for == WaitsFor::Close => (0, 0),
        Ok(values) => values,
        Err(error) => return deliver_error(ctx, state, error),
    };
    if !state.reserve(slot + 1 + count) {
        return deliver_error(ctx, state, ctx.string("too many results to resume"));
    }
    let mut to = slot;
    if has_status(waits_for) {
        state.registers.set(to, Value::True);
        to += 1;
    }
    if count > 0 {
        state.registers.copy_from(&source.registers, from, to, 1);
        let begin = done.max(1);
        state.registers.copy_from(&source.registers, from + begin, to + begin, count - begin);
    }
    state.top = to + count;
}

/// Whether what a callback waits for comes after a boolean that says whether it is an error.
fn has_status(waits_for: WaitsFor) -> bool {
    matches!(waits_for, WaitsFor::Close | WaitsFor::Coroutine(ResumeKind::Resume))
}

/// Puts an error where the waiting callback on top gives it to its caller, or raises it there.
pub(crate) fn deliver_error<'gc>(
    ctx: Context<'gc>,
    state: &mut ThreadState<'gc>,
    error: Value<'gc>,
) {
    let Some(Frame::Waiting(frame)) = state.frames.last() else { return };
    let slot = frame.function as usize + 1;
    if has_status(frame.waits_for) {
        // It has two slots, of which the first one said whom it waits for.
        state.registers.set(slot, Value::False);
        state.registers.set(slot + 1, error);
        state.top = slot + 2;
        return;
    }
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

/// Pays for the values that the running coroutine hands over, and copies very many of them in portions: all but
/// the last one, which `hand_over` copies, and the first value. Tells whether that is done; if not, the fuel is
/// used up.
pub(crate) fn hand_over_many(run: &mut Run<'_>, is_yield: bool, from: usize, count: usize) -> bool {
    let mut done = run.state.handing_over.take().map_or(0, |handing_over| handing_over.done);
    while count - done > MANY_VALUES
        && let Some(next) = hand_over_portion(run, from, done)
    {
        run.state.fuel -= ((next - done) / VALUES_PER_FUEL) as i64;
        done = next;
        run.state.handing_over = Some(HandingOver { is_yield, from, count, done });
        run.end_slice_if_due();
        if run.state.fuel < 0 {
            return false;
        }
    }
    run.state.fuel -= ((count - done) / VALUES_PER_FUEL) as i64;
    true
}

/// Copies a portion of the values from a slot on, of which so many have been copied, to who has resumed the
/// running coroutine. Answers how many have been copied then, or nothing if it has to be seen what becomes of
/// them.
fn hand_over_portion(run: &Run<'_>, from: usize, done: usize) -> Option<usize> {
    let mut state = run.resumers.last()?.state_mut(&run.ctx)?;
    let Some(Frame::Waiting(frame)) = state.frames.last() else { return None };
    let WaitsFor::Coroutine(kind) = frame.waits_for else { return None };
    let to = frame.function as usize + 1 + usize::from(kind == ResumeKind::Resume);
    let next = done + MANY_VALUES;
    if !state.reserve(to + next) {
        return None;
    }
    // Until all are there, the slot of the first one says whom it waits for.
    let begin = done.max(1);
    state.registers.copy_from(&run.state.registers, from + begin, to + begin, next - begin);
    state.registers.set_live(to + next);
    Some(next)
}
