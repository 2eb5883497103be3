//! How the collector goes through a deep stack: in portions, since nothing interrupts it within an object.
//!
//! What is below a frame stays as it is until that frame is gone: the frames and their registers, since only
//! the frame on top is at work. (`debug.setlocal` alone changes something there, and says so.) So where a
//! portion ends, a Lua function's frame is marked, in its [`CallInfo`](crate::CallInfo), and what is below it
//! is not looked at again in this cycle for as long as the mark is there: whatever is pushed in the place of
//! a frame that is gone has none.
//!
//! A coroutine of which something is left is remembered, and the driver has it traced again at its next step.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

use gc_arena::collect::Trace;
use gc_arena::{Collect, Gc, Mutation};

use crate::frames::Frames;
use crate::registers::RegisterFile;
use crate::thread::{LuaFrame, ThreadData, ThreadState};

/// How many frames and registers a portion has: either are traced in about 40 microseconds.
const FRAMES: usize = 1 << 13;
const SLOTS: usize = 1 << 15;

/// The stress build has small portions, of which there are no more than so many.
const STRESS_FRAMES: usize = 3;
const STRESS_PORTIONS: usize = 16;

thread_local! {
    /// The cycle that marks in portions, or 0.
    static CYCLE: Cell<u64> = const { Cell::new(0) };

    /// The addresses of the coroutines of which something is left. It has no destructor, so that VMs work in
    /// the destructors of a thread's other variables.
    static LEFT: RefCell<ManuallyDrop<Vec<usize>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// What is on until it is dropped.
struct InPortions;

impl Drop for InPortions {
    fn drop(&mut self) {
        CYCLE.set(0);
    }
}

/// Lets `f` mark, and trace no more than a portion of a stack at a time. Each cycle of an arena has a number
/// of its own, which is not 0. Even if `f` panics, [`go_on`] has to come next.
pub fn in_portions<T>(cycle: u64, f: impl FnOnce() -> T) -> T {
    CYCLE.set(cycle);
    let _in_portions = InPortions;
    f()
}

/// Has the collector look again at the coroutines of which something is left. Tells whether there are any.
///
/// # Safety
/// What [`in_portions`] did last on this thread was marking the arena of `mc`, of which nothing has been
/// freed since.
pub unsafe fn go_on<'gc>(mc: &Mutation<'gc>) -> bool {
    let left = LEFT.with_borrow_mut(|left| std::mem::take(&mut **left));
    for &address in &left {
        let data = std::ptr::with_exposed_provenance::<ThreadData<'gc>>(address);
        // SAFETY: the address was made from a reference to a `ThreadData` that the collector was tracing, so
        // it is the pointer of a `Gc`; it is alive, as the caller promises.
        let thread = unsafe { Gc::from_ptr(data) };
        mc.backward_barrier(Gc::erase(thread), None);
    }
    !left.is_empty()
}

/// Where a portion ended: below this frame, whose function stands in this slot.
#[derive(Clone, Copy, Default)]
struct End {
    frame: usize,
    slot: usize,
}

/// How far the collector has come in a stack that is deep.
#[derive(Default)]
pub(crate) struct Scan(Cell<Option<Box<Ends>>>);

/// Where portions ended in a cycle, the lowest first.
struct Ends {
    cycle: u64,
    ends: Vec<End>,
}

impl Scan {
    /// Forgets what has been traced, since something there has been changed.
    pub(crate) fn forget(&mut self) {
        self.0 = Cell::default();
    }

    /// Traces a stack, or a portion of it. Tells whether nothing is left.
    fn trace<'gc, T: Trace<'gc>>(
        &self,
        frames: &Frames<'gc>,
        registers: &RegisterFile<'gc>,
        cc: &mut T,
    ) -> bool {
        let cycle = CYCLE.get();
        if cycle == 0 {
            cc.trace(frames);
            cc.trace(registers);
            return true;
        }
        let mut before = self.0.take().filter(|before| before.cycle == cycle);
        let begin = before.as_mut().map_or_else(End::default, |before| {
            while before.ends.pop_if(|end| !frames.is_traced_below(end.frame)).is_some() {}
            before.ends.last().copied().unwrap_or_default()
        });
        let (most_frames, most_slots) = portion(frames.len());
        let is_full = |index: usize, frame: &LuaFrame<'gc>| {
            index - begin.frame >= most_frames
                || frame.function as usize >= begin.slot.saturating_add(most_slots)
        };
        let Some(frame) = frames.trace_portion(begin.frame, is_full, cc) else {
            registers.trace_from(begin.slot, cc);
            self.0.set(before);
            return true;
        };
        let slot = frames.note_traced_below(frame);
        registers.trace_range(begin.slot, slot, cc);
        let mut ends = before.unwrap_or_else(|| Box::new(Ends { cycle, ends: Vec::new() }));
        ends.ends.push(End { frame, slot });
        self.0.set(Some(ends));
        false
    }
}

/// How many frames and slots there are to a portion of a stack of so many frames.
fn portion(frames: usize) -> (usize, usize) {
    if cfg!(luster_stress) {
        ((frames / STRESS_PORTIONS).max(STRESS_FRAMES), usize::MAX)
    } else {
        (FRAMES, SLOTS)
    }
}

// SAFETY: all of it is traced, at once or by and by: what is left of a stack is remembered, and traced before
// the cycle frees anything, as the driver's `go_on` has it.
unsafe impl<'gc> Collect<'gc> for ThreadData<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        let state = self.state.borrow();
        // All fields are named, so that none that has to be traced is forgotten.
        let ThreadState {
            registers,
            frames,
            scan,
            failure,
            hook,
            frame_memory: _,
            to_be_closed: _,
            top: _,
            status: _,
            is_main: _,
            cannot_yield: _,
            outer_depth: _,
            depth: _,
            fuel: _,
            withheld: _,
            traceback: _,
            descent: _,
            tracing: _,
            extra_arguments: _,
            handing_over: _,
            restarted: _,
        } = &*state;
        if !scan.trace(frames, registers, cc) {
            let address = std::ptr::from_ref(self).expose_provenance();
            LEFT.with_borrow_mut(|left| left.push(address));
        }
        cc.trace(failure);
        cc.trace(hook);
    }
}

#[cfg(test)]
mod tests {
    use gc_arena::{Arena, Rootable};

    use super::*;
    use crate::call_info::{CallInfo, ReturnKind};
    use crate::closure::{self, Closure, NextInstruction};
    use crate::context::{Context, State};
    use crate::string::LuaString;
    use crate::thread::{Frame, Thread};
    use crate::value::Value;

    type TestArena = Arena<Rootable![Gc<'_, State<'_>>]>;

    /// How many frames are enough for several portions.
    const MANY: usize = 4 * FRAMES;

    fn thread(ctx: Context<'_>) -> Thread<'_> {
        match ctx.globals().get_field(ctx, "thread") {
            Value::Thread(thread) => thread,
            other => panic!("{other:?}"),
        }
    }

    /// Calls a function until there are so many frames, each with a string of its own in its register.
    fn call<'gc>(ctx: Context<'gc>, state: &mut ThreadState<'gc>, until: usize) {
        let Value::Closure(closure) = ctx.globals().get_field(ctx, "f") else { panic!("kept") };
        for index in state.frames.len()..until {
            assert!(state.reserve(index + 1));
            let text = format!("the string of frame {index:>50}").into_bytes();
            state.registers.set(index, Value::String(LuaString::new_long(&ctx, text)));
            state.frames.push(Frame::Lua(LuaFrame {
                closure,
                base: index as u32 + 1,
                function: index as u32,
                next: NextInstruction::at(&[], 0),
                info: CallInfo::new(ReturnKind::Call(1)),
            }));
        }
        state.registers.set_live(until);
    }

    /// An arena with a coroutine so deep.
    fn deep(frames: usize) -> TestArena {
        let arena = TestArena::new(|mc| State::new(mc, 1));
        arena.mutate(|mc, state| {
            let ctx = Context::new(mc, *state);
            let closure = Closure::new(ctx, closure::tests::code(ctx, 0), 0, |_| unreachable!());
            ctx.globals().set_field(ctx, "f", Value::Closure(closure));
            let thread = Thread::new(ctx, Value::Nil);
            ctx.globals().set_field(ctx, "thread", Value::Thread(thread));
            let mut state = thread.borrow_state_mut(mc).expect("nobody runs it");
            call(ctx, &mut state, frames);
        });
        arena
    }

    /// A whole cycle that marks in portions, between which something is done with the coroutine. Answers how
    /// many portions there were.
    fn collect(
        arena: &mut TestArena,
        cycle: u64,
        between: impl for<'gc> Fn(usize, Context<'gc>, Thread<'gc>),
    ) -> usize {
        let mut portions = 0;
        loop {
            portions += 1;
            let mark = || in_portions(cycle, || arena.finish_marking().is_some());
            // SAFETY: nothing but the arena's collector traces.
            assert!(unsafe { crate::marking::mark(mark) });
            // SAFETY: this arena was marked last, and nothing is freed while marking.
            if !arena.mutate(|mc, _| unsafe { go_on(mc) }) {
                break;
            }
            arena.mutate(|mc, state| {
                let ctx = Context::new(mc, *state);
                between(portions, ctx, thread(ctx));
            });
        }
        // SAFETY: as above.
        let marked = unsafe { crate::marking::mark(|| arena.finish_marking()) };
        marked.expect("it is marked").finalize(|fc, state| {
            Context::new(fc, *state).begin_to_purge_strings();
        });
        // SAFETY: as above.
        let marked = unsafe { crate::marking::mark(|| arena.finish_marking()) };
        marked.expect("it is marked").start_sweeping();
        arena.mutate(|mc, state| Context::new(mc, *state).purge_strings(usize::MAX));
        arena.finish_cycle();
        portions
    }

    /// Looks whether there are so many frames, with their strings.
    fn check(arena: &TestArena, frames: usize) {
        arena.mutate(|mc, state| {
            let state = thread(Context::new(mc, *state)).state().expect("nobody runs it");
            assert_eq!(state.frames.len(), frames);
            for index in 0..frames {
                let Value::String(text) = state.registers.get(index) else { panic!("{index}") };
                let expected = format!("the string of frame {index:>50}");
                assert_eq!(text.as_bytes(), expected.as_bytes());
            }
        });
    }

    #[test]
    fn a_deep_stack_is_traced_in_portions_and_a_shallow_one_at_once() {
        let mut arena = deep(MANY);
        for cycle in 1..4 {
            assert!(collect(&mut arena, cycle, |_, _, _| {}) > 3, "{cycle}");
            check(&arena, MANY);
        }
        let mut arena = deep(STRESS_FRAMES);
        assert_eq!(collect(&mut arena, 1, |_, _, _| {}), 1);
        check(&arena, STRESS_FRAMES);
    }

    #[test]
    fn frames_that_are_gone_and_others_in_their_place_are_traced() {
        let mut arena = deep(MANY);
        for (cycle, left) in [(1, 1), (2, FRAMES / 2), (3, FRAMES), (4, FRAMES + 1), (5, MANY - 1)]
        {
            collect(&mut arena, cycle, |portions, ctx, thread| {
                if portions > 6 {
                    return;
                }
                let mut state = thread.borrow_state_mut(&ctx).expect("nobody runs it");
                state.frames.truncate(left);
                call(ctx, &mut state, MANY);
            });
            check(&arena, MANY);
        }
    }

    #[test]
    fn what_is_changed_below_is_traced_once_it_is_said() {
        let mut arena = deep(MANY);
        collect(&mut arena, 1, |portions, ctx, thread| {
            let mut state = thread.borrow_state_mut(&ctx).expect("nobody runs it");
            if portions == 2 {
                state.touch_lower_frames();
                let text = format!("the string of frame {:>50}", 7).into_bytes();
                state.registers.set(7, Value::String(LuaString::new_long(&ctx, text)));
            }
        });
        check(&arena, MANY);
    }

    #[test]
    fn what_is_left_of_a_stack_is_looked_at_again_when_the_slots_are_dead() {
        let mut arena = deep(MANY);
        collect(&mut arena, 1, |portions, ctx, thread| {
            if portions == 2 {
                let mut state = thread.borrow_state_mut(&ctx).expect("nobody runs it");
                state.frames.truncate(100);
                state.registers.set_live(100);
            }
        });
        check(&arena, 100);
    }
}
