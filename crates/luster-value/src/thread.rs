//! Coroutines: registers, frames and what is to be closed. How they run is the VM's business.

use std::cell::{Ref, RefMut};
use std::fmt;

use gc_arena::lock::RefLock;
use gc_arena::{Collect, Gc, Mutation};

use crate::account;
use crate::call_info::{CallInfo, ReturnKind};
use crate::callback::ResumeKind;
use crate::closure::{Closure, NextInstruction};
use crate::context::Context;
use crate::frames::{Frames, MANY_FRAMES};
use crate::hook::{Hook, HookFrame, Pause, Tracing};
use crate::registers::{HANDLER_SLOTS, LONG_FILE, RegisterFile, reservable};
use crate::scan::Scan;
use crate::sequence::BoxSequence;
use crate::trace::Traceback;
use crate::value::Value;

/// What a function does in a coroutine.
#[derive(Collect)]
#[collect(no_drop)]
pub enum Frame<'gc> {
    /// A Lua function.
    Lua(LuaFrame<'gc>),
    /// A sequence that waits for the function above it, for being resumed, or for its turn.
    Sequence(SequenceFrame<'gc>),
    /// `pcall` or `xpcall`, waiting for the function above it.
    Protected(ProtectedFrame<'gc>),
    /// A callback that yielded, resumed another coroutine or asked for a collection: what it gets
    /// are its results.
    Waiting(WaitingFrame),
    /// To-be-closed variables are being closed.
    Closing(ClosingFrame<'gc>),
    /// A message handler is running over the frames that failed.
    Handler(HandlerFrame<'gc>),
    /// A finalizer is running; what it was called over goes on as if nothing had happened.
    Finalizer(FinalizerFrame),
    /// The debug hook is running; what it was called over goes on when it returns.
    Hook(HookFrame),
    /// The bottom of a coroutine: where its results, or those of its main function, arrive.
    Bottom,
}

/// A Lua function's frame.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct LuaFrame<'gc> {
    /// The function.
    pub closure: Closure<'gc>,
    /// Where its registers begin.
    pub base: u32,
    /// The slot of the function when it was called, where its results go.
    pub function: u32,
    /// The next instruction, when it is not running.
    #[collect(require_static)]
    pub next: NextInstruction,
    /// How it was called, and where its results go.
    pub info: CallInfo,
}

impl LuaFrame<'_> {
    /// The index of the next instruction, when it is not running.
    #[inline]
    pub fn pc(&self) -> u32 {
        self.next.index_in(&self.closure.linked_code().as_ref().instructions)
    }

    /// Sets the index of the next instruction.
    #[inline]
    pub fn set_pc(&mut self, pc: u32) {
        self.next = NextInstruction::at(&self.closure.linked_code().as_ref().instructions, pc);
    }
}

/// A sequence's frame.
#[derive(Collect)]
#[collect(no_drop)]
pub struct SequenceFrame<'gc> {
    /// The sequence; absent only while it is being polled.
    pub sequence: Option<BoxSequence<'gc>>,
    /// The callback that began it.
    pub callback: Value<'gc>,
    /// Where its stack begins.
    pub base: u32,
    /// How many values of its stack stay while it waits.
    pub bottom: u32,
    /// The slot where its results go.
    pub function: u32,
    /// Where its results go.
    #[collect(require_static)]
    pub returns: ReturnKind,
    /// What the sequence takes.
    pub memory: account::Held,
}

/// A protected call's frame.
#[derive(Collect)]
#[collect(no_drop)]
pub struct ProtectedFrame<'gc> {
    /// The message handler, or nil.
    pub handler: Value<'gc>,
    /// `pcall` or `xpcall` itself.
    pub callback: Value<'gc>,
    /// How many protected calls and message handlers are below, this one included.
    pub depth: u16,
    /// Whether it was made by a message handler, or by what one calls.
    pub in_handler: bool,
    /// The slot where its results go, `true` or `false` first.
    pub function: u32,
    /// Where its results go.
    #[collect(require_static)]
    pub returns: ReturnKind,
}

/// A callback that waits for values that become its results.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
pub struct WaitingFrame {
    /// The slot where its results go.
    pub function: u32,
    /// Where its results go.
    pub returns: ReturnKind,
    /// What it waits for.
    pub waits_for: WaitsFor,
}

/// What a waiting callback waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub enum WaitsFor {
    /// To be resumed.
    Resume,
    /// The coroutine that it resumed, which stands where its first result will be.
    Coroutine(ResumeKind),
    /// The coroutine that it closes, which stands there too.
    Close,
    /// The collector.
    Collection,
    /// Nothing: it failed, and stands here for tracebacks until it is unwound.
    Nothing,
    /// The call hook, after which it is called with the values up to the open top; `__call`
    /// metamethods put that many of them before the others.
    CallHook(u8),
    /// Nothing but its turn to return, once the VM has looked at the coroutine's hook anew.
    Turn,
    /// The function that it called as its last act, seen by the hook.
    Callee,
    /// The return hook.
    ReturnHook,
}

/// The frame under the `__close` metamethods of several variables.
#[derive(Collect)]
#[collect(no_drop)]
pub struct ClosingFrame<'gc> {
    /// The slot of the lowest variable to close.
    pub floor: u32,
    /// Where calls may begin: above everything that has to stay.
    pub top: u32,
    /// The coroutine's open top, to be put back.
    pub saved_top: u32,
    /// The error that is being raised, if it is one that closes them.
    pub error: Option<Value<'gc>>,
    /// What comes when all are closed.
    #[collect(require_static)]
    pub then: AfterClosing,
}

impl<'gc> ClosingFrame<'gc> {
    /// A frame that closes nothing and raises an error, as soon as its turn comes.
    pub fn raising(error: Value<'gc>) -> Self {
        ClosingFrame {
            floor: u32::MAX,
            top: u32::MAX,
            saved_top: 0,
            error: Some(error),
            then: AfterClosing::Raise,
        }
    }
}

/// What happens after to-be-closed variables have been closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub enum AfterClosing {
    /// The Lua function below goes on at its next instruction.
    Continue,
    /// The Lua function below takes up its return instruction again.
    Return,
    /// The error goes on to whatever catches it, which is the frame below.
    Raise,
    /// The coroutine ends, as `coroutine.close` asked for.
    EndCoroutine,
}

/// The frame under a message handler.
#[derive(Collect)]
#[collect(no_drop)]
pub struct HandlerFrame<'gc> {
    /// The handler, for errors in it.
    pub handler: Value<'gc>,
    /// Where calls may begin.
    pub top: u32,
    /// The index of the protected call's frame that gets what the handler returns.
    pub catcher: u32,
    /// How many protected calls and message handlers are below, this one included.
    pub depth: u16,
}

/// The frame under a finalizer.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
pub struct FinalizerFrame {
    /// The coroutine's open top, to be put back.
    pub saved_top: u32,
    /// Where the call begins.
    pub function: u32,
    /// What kept the hook from seeing what it was called over.
    pub pause: Pause,
}

/// How far a coroutine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub enum Status {
    /// Not started, or it yielded.
    Suspended,
    /// It runs.
    Running,
    /// It resumed another coroutine.
    Normal,
    /// It returned or failed.
    Dead,
}

impl Status {
    /// As `coroutine.status` names it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Suspended => "suspended",
            Status::Running => "running",
            Status::Normal => "normal",
            Status::Dead => "dead",
        }
    }
}

/// How far an error has come on its way down a deep stack, which takes it several steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descent {
    /// None of the frames from here up catches it; so many of them are levels of a traceback. It may be
    /// the error of a message handler that failed.
    Searching {
        /// The lowest frame that has been looked at.
        from: usize,
        /// How many levels of a traceback there are above.
        levels: usize,
        /// Whether handling another error failed.
        handling_failed: bool,
    },
    /// This frame catches it, and those above are being dropped.
    Dropping(usize),
}

/// How many values may be moved, or registers made, before the fuel is looked at.
pub const MANY_VALUES: usize = 1 << 15;

/// Very many values on their way to the coroutine that has resumed this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandingOver {
    /// Whether they are yielded, rather than what its function has returned.
    pub is_yield: bool,
    /// The register of the first one.
    pub from: usize,
    /// How many there are.
    pub count: usize,
    /// How many have been copied.
    pub done: usize,
}

/// What a coroutine is made of. What the collector traces of it stands in `scan`.
pub struct ThreadState<'gc> {
    /// The registers of all frames.
    pub registers: RegisterFile<'gc>,
    /// The frames, the running one last.
    pub frames: Frames<'gc>,
    /// What the frames and the list of variables to be closed take.
    pub(crate) frame_memory: account::Held,
    /// How far the collector has come in them.
    pub(crate) scan: Scan,
    /// The slots of the to-be-closed variables, the innermost last.
    pub to_be_closed: Vec<u32>,
    /// The end of the last open result.
    pub top: usize,
    /// How far it is.
    pub status: Status,
    /// Whether it is a main coroutine, called by the host.
    pub is_main: bool,
    /// Why it cannot yield, finalizers aside: it is a main coroutine, or closed by one that cannot.
    pub cannot_yield: Option<&'static str>,
    /// How many calls that the reference would nest on the C stack are below its first frame: those
    /// of the coroutines that resumed it.
    pub outer_depth: u16,
    /// How many protected calls and message handlers it has, one inside the other.
    pub depth: u16,
    /// What is left of the slice's fuel while it runs.
    pub fuel: i64,
    /// Fuel taken away to end the slice early, to be given back after it.
    pub withheld: i64,
    /// The error that it died of.
    pub failure: Option<Value<'gc>>,
    /// Where a main coroutine was when it failed.
    pub traceback: Option<Box<Traceback>>,
    /// How far the error that is being raised has come.
    pub descent: Option<Descent>,
    /// What it is handing over, which takes it several steps.
    pub handing_over: Option<HandingOver>,
    /// The debug hook; see `set_hook`.
    pub(crate) hook: Hook<'gc>,
    /// How far the hook has been told what happens.
    pub tracing: Tracing,
    /// How many arguments `__call` metamethods put before those of the callback that runs.
    pub extra_arguments: u8,
    /// The instruction that is run again after a collection, and in which slice: how many frames there
    /// are, and its index.
    pub restarted: (u32, u32, u32),
}

impl ThreadState<'_> {
    /// Whether it can yield now.
    ///
    /// # Errors
    /// The message of the error that a yield is.
    pub fn check_yield(&self) -> Result<(), &'static str> {
        match self.cannot_yield {
            Some(reason) => Err(reason),
            None if self.runs_finalizer() => Err("attempt to yield across a C-call boundary"),
            None => Ok(()),
        }
    }

    /// Drops all frames, none of whose registers is alive any more. The memory of a deep stack is given
    /// back; answers how many bytes that are.
    pub fn drop_frames(&mut self) -> usize {
        self.frames.clear();
        self.registers.set_live(0);
        self.registers.release() + self.release_frames() * size_of::<Frame<'_>>()
    }

    /// Gives back memory that was for many more frames than there are. Answers how many.
    pub fn release_frames(&mut self) -> usize {
        /// For how many frames it is worth the while.
        const MANY: usize = 1 << 12;
        let before = self.frames.capacity();
        if before > MANY && before / 16 > self.frames.len() {
            self.shrink_frames(2 * self.frames.len());
        }
        before - self.frames.capacity()
    }

    /// Gives back the memory for more than so many frames, if there is memory for those beside the old ones:
    /// an allocator may copy them.
    pub fn shrink_frames(&mut self, capacity: usize) {
        let before = self.frames.capacity();
        if capacity > MANY_FRAMES && capacity * size_of::<Frame<'_>>() > account::room() {
            return;
        }
        self.frames.shrink_to(capacity);
        self.count_frames();
        account::looked_at((before - self.frames.capacity()) * size_of::<Frame<'_>>());
    }

    /// Counts what the frames take, and the list of variables to be closed.
    #[inline]
    pub fn count_frames(&mut self) {
        let frames = self.frames.capacity() * size_of::<Frame<'_>>();
        self.frame_memory.set(frames + self.to_be_closed.capacity() * size_of::<u32>());
    }

    /// Notes the slot of a variable that is to be closed. Tells whether there is memory for that.
    #[must_use]
    pub fn note_to_be_closed(&mut self, slot: u32) -> bool {
        let count = self.to_be_closed.len();
        if count == self.to_be_closed.capacity() {
            let more = count.max(4);
            if count >= MANY_FRAMES && !account::has_room_for((count + more) * size_of::<u32>()) {
                return false;
            }
            self.to_be_closed.reserve_exact(more);
            self.count_frames();
        }
        self.to_be_closed.push(slot);
        true
    }

    /// Makes sure that there are registers up to `end` and a few beyond, which may move all of them.
    /// Tells whether that is within the limits.
    #[inline(always)]
    #[must_use]
    pub fn reserve(&mut self, end: usize) -> bool {
        self.registers.has_room(end) || self.grow(end)
    }

    /// Makes some of very many registers that are needed up to `end`, since the memory for them has never been
    /// used: as many as may be before the fuel is looked at, of which that much is to be burned. Answers nothing
    /// when no more than that are missing, or they cannot be.
    #[must_use]
    pub fn approach(&mut self, end: usize) -> Option<usize> {
        let near = self.registers.len() + MANY_VALUES;
        let can_be = near < end && self.registers.is_within_limit(end) && self.reserve(near);
        can_be.then(|| {
            self.registers.keep_dead();
            MANY_VALUES
        })
    }

    /// The frames grow along with the registers, so that both are refused together.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, end: usize) -> bool {
        /// So few frames grow by themselves.
        const FEW: usize = 64;
        /// From how many slots on it is paid for that they are moved, and what a byte costs: the system
        /// has to give the memory that it is moved to.
        const MOVED_SLOTS: usize = 1 << 14;
        const MOVING_WORK: usize = 4;
        let (slots, frames, capacity) =
            (self.registers.capacity(), self.frames.len(), self.frames.capacity());
        let max = self.registers.max();
        let wanted = |new: usize| match frames {
            ..FEW => 0,
            _ => {
                // What a message handler calls may have fewer slots for each frame.
                let more = if new > max { HANDLER_SLOTS as usize } else { FEW };
                (frames as u64 * new as u64 / slots as u64) as usize + more
            }
        };
        let beside = |new: usize| match wanted(new) {
            wanted if wanted > capacity => wanted * size_of::<Frame<'_>>(),
            _ => 0,
        };
        if !self.registers.grow(end, beside) {
            return false;
        }
        if self.registers.capacity() == slots {
            // There was memory for them.
            return true;
        }
        let wanted = wanted(self.registers.capacity());
        if wanted > capacity {
            self.frames.reserve_exact(wanted - frames);
            self.count_frames();
        }
        if slots >= MOVED_SLOTS {
            let moved = slots * size_of::<Value<'_>>() + frames * size_of::<Frame<'_>>();
            account::looked_at(moved * MOVING_WORK);
        }
        true
    }

    /// Makes room for another frame, if there is memory for the new ones beside the old ones. Tells whether
    /// there is.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn grow_frames(&mut self) -> bool {
        let len = self.frames.len();
        let least = self.least_growth();
        let fits = |more: usize| {
            len < MANY_FRAMES || account::has_room_for((len + more) * size_of::<Frame<'_>>())
        };
        let mut more = if len < MANY_FRAMES { least } else { self.foreseen_frames(least) };
        if !fits(more) {
            more = least;
            if !fits(more) {
                return false;
            }
        }
        self.move_frames(more);
        true
    }

    /// Makes room for a frame that must be pushed, whether or not there is memory: a few have a place that is
    /// kept for them.
    #[cold]
    #[inline(never)]
    pub fn make_room_for_frame(&mut self) {
        if !self.grow_frames() && !self.frames.use_spare() {
            self.move_frames(self.least_growth());
        }
    }

    /// How many more frames there are to be at least when they grow by themselves: as many again, but fewer
    /// where they are very many.
    fn least_growth(&self) -> usize {
        const VERY_MANY: usize = 1 << 16;
        let len = self.frames.len();
        match len {
            ..MANY_FRAMES => len.max(4),
            MANY_FRAMES..VERY_MANY => len / 4,
            _ => len / 16,
        }
    }

    fn move_frames(&mut self, more: usize) {
        account::looked_at(size_of_val(&*self.frames));
        self.frames.reserve_exact(more);
        self.count_frames();
    }

    /// How many more frames there would be with as many registers as there is memory for, so that they need not be
    /// moved again; or this many, if that is more or they were to take too much of the memory that is left.
    fn foreseen_frames(&self, least: usize) -> usize {
        /// So few frames from the top on, there is mostly one of a Lua function, which knows its registers.
        const NEAR: usize = 64;
        let base = self.frames.iter().rev().take(NEAR).find_map(|frame| match frame {
            Frame::Lua(frame) => Some(frame.base as usize),
            _ => None,
        });
        let (len, slots) = (self.frames.len(), self.registers.capacity());
        let Some(base) = base.filter(|&base| slots >= LONG_FILE && base > len / 2) else {
            return least;
        };
        let more = ((len as u64 * slots as u64 / base as u64) as usize).saturating_sub(len);
        let is_reserved = more * size_of::<Frame<'_>>() <= reservable();
        if is_reserved { more.max(least) } else { least }
    }

    /// Says that something is about to be changed below the frame on top.
    pub fn touch_lower_frames(&mut self) {
        self.scan.forget();
    }

    /// Takes what is left of the slice's fuel, with what was withheld of it.
    #[inline]
    pub fn take_fuel(&mut self) -> i64 {
        self.fuel + std::mem::take(&mut self.withheld)
    }

    /// The same as [`reset`](Self::reset), when its main function has just returned: nothing is to be
    /// closed, nothing has failed, and no protected call is under way.
    #[inline]
    pub(crate) fn reset_returned(&mut self) {
        let is_plain = matches!(&*self.frames, [Frame::Bottom])
            && !self.registers.has_handler_room()
            && self.tracing.pause == Pause::No;
        if !is_plain {
            return self.reset();
        }
        debug_assert!(self.to_be_closed.is_empty() && self.failure.is_none());
        debug_assert!(self.outer_depth == 0 && self.depth == 0 && self.traceback.is_none());
        self.registers.set_live(0);
        // It is the bottom, of which there is nothing to drop.
        std::mem::forget(self.frames.pop());
        self.top = 1;
        self.status = Status::Suspended;
        self.extra_arguments = 0;
        self.restore_hook();
    }

    /// Makes it as good as new, but for its hook: nothing runs in it, and it can run again.
    pub(crate) fn reset(&mut self) {
        self.registers.set_handler_room(false);
        self.drop_frames();
        self.to_be_closed.clear();
        self.descent = None;
        self.handing_over = None;
        self.top = 1;
        self.status = Status::Suspended;
        self.outer_depth = 0;
        self.depth = 0;
        self.fuel = 0;
        self.withheld = 0;
        self.failure = None;
        self.traceback = None;
        self.extra_arguments = 0;
        self.restore_hook();
    }

    /// Ends it where it is, without closing anything.
    pub fn abandon(&mut self) {
        self.reset();
        self.top = 0;
        self.status = Status::Dead;
    }

    /// Whether it is in the middle of a finalizer.
    pub fn runs_finalizer(&self) -> bool {
        matches!(self.tracing.pause, Pause::Finalizer(_))
    }
}

pub(crate) struct ThreadData<'gc> {
    pub(crate) state: RefLock<ThreadState<'gc>>,
    id: u32,
}

/// A coroutine.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
#[repr(transparent)]
pub struct Thread<'gc>(Gc<'gc, ThreadData<'gc>>);

impl<'gc> Thread<'gc> {
    /// A coroutine that will call `function` when it is first resumed.
    pub fn new(ctx: Context<'gc>, function: Value<'gc>) -> Self {
        let mut registers = RegisterFile::new(ctx.depth_limits().slots());
        registers.set(0, function);
        registers.set_live(1);
        let state = ThreadState {
            registers,
            frames: Frames::new(),
            frame_memory: account::Held::default(),
            scan: Scan::default(),
            to_be_closed: Vec::new(),
            top: 1,
            status: Status::Suspended,
            is_main: false,
            cannot_yield: None,
            outer_depth: 0,
            depth: 0,
            fuel: 0,
            withheld: 0,
            failure: None,
            traceback: None,
            descent: None,
            handing_over: None,
            hook: Hook::default(),
            tracing: Tracing::default(),
            extra_arguments: 0,
            restarted: (0, 0, 0),
        };
        Thread(Gc::new(&ctx, ThreadData { state: RefLock::new(state), id: ctx.next_id() }))
    }

    /// Its state, to read.
    ///
    /// Returns `None` while it runs: whoever runs it has the state.
    #[inline]
    pub fn state(self) -> Option<Ref<'gc, ThreadState<'gc>>> {
        self.0.as_ref().state.try_borrow().ok()
    }

    /// Its state, to change; see `insides`.
    #[inline]
    pub(crate) fn borrow_state_mut(
        self,
        mc: &Mutation<'gc>,
    ) -> Option<RefMut<'gc, ThreadState<'gc>>> {
        let data = Gc::write(mc, self.0);
        gc_arena::barrier::unlock!(data, ThreadData, state).try_borrow_mut().ok()
    }

    /// How far it is.
    pub fn status(self) -> Status {
        self.state().map_or(Status::Running, |state| state.status)
    }

    /// A number that stays its own, the same in every run.
    #[inline]
    pub fn id(self) -> u32 {
        self.0.id
    }

    /// The object as the collector sees it.
    #[inline(always)]
    pub fn erase(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }
}

impl PartialEq for Thread<'_> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }
}

impl Eq for Thread<'_> {}

impl fmt::Debug for Thread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread: {:p}", Gc::as_ptr(self.0))
    }
}
