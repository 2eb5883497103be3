//! A coroutine's debug hook: what it is called for, and how far it has been told what happens.
//!
//! When it is called, and how what it was called over goes on, is the VM's business.

use gc_arena::Collect;

use crate::thread::{Frame, ThreadState};
use crate::value::Value;

/// A coroutine's debug hook.
#[derive(Clone, Copy, Collect, Default)]
#[collect(no_drop)]
pub struct Hook<'gc> {
    /// The hook function, or nil.
    pub function: Value<'gc>,
    /// Whether it is called for calls.
    pub calls: bool,
    /// Whether it is called for returns.
    pub returns: bool,
    /// Whether it is called for new lines.
    pub lines: bool,
    /// It is called every so many instructions, unless 0.
    pub count: u32,
}

/// How much of what there is to tell of an instruction the hook has been told, in the order in
/// which it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// Nothing.
    #[default]
    Nothing,
    /// That the function was called, if this is its first instruction.
    Call,
    /// That enough instructions have been run.
    Count,
    /// That there is a new line.
    Line,
    /// That the function returns: this is its return instruction.
    Return,
}

/// What keeps a coroutine's hook from seeing what runs: the topmost frame of those that do, with its index.
/// Hooks and finalizers do; no hook runs above any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pause {
    /// Nothing.
    #[default]
    No,
    /// The hook itself.
    Hook(u32),
    /// A finalizer. There may be others below it, and the hook.
    Finalizer(u32),
}

/// How far a coroutine's hook has been told what happens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing {
    /// Whether there is a hook, and nothing runs that hooks must not see.
    is_on: bool,
    /// What keeps the hook from seeing what runs.
    pub(crate) pause: Pause,
    /// How many instructions are left until the hook is called for their count.
    pub countdown: u32,
    /// The last instruction of the running function that was looked at for a new line.
    pub last_pc: u32,
    /// Whether the last instruction was a condition that jumped, be it to the next one.
    pub has_jumped: bool,
    /// What of the next instruction has been told already.
    pub told: Told,
    /// The number of the first argument or result of the call that the hook is told of, as
    /// `debug.getlocal` numbers them, and how many there are.
    pub transferred: (u32, u32),
}

impl Tracing {
    /// Whether there is a hook that is to see what runs now.
    #[inline(always)]
    pub fn is_on(&self) -> bool {
        self.is_on
    }
}

/// The frame under a hook function.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
pub struct HookFrame {
    /// The coroutine's open top, to be put back.
    pub saved_top: u32,
    /// Where the call begins.
    pub function: u32,
    /// What comes after it.
    pub then: AfterHook,
}

/// What happens after a hook has been called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub enum AfterHook {
    /// The Lua function below runs its instruction, of which that much has been told.
    Instruction(Told),
    /// The callback below goes on, whose frame is a waiting one.
    Callback,
    /// The Lua function below returns the values from this slot on, the results of a callback that
    /// it called as its last act.
    Tail(u32),
}

impl<'gc> ThreadState<'gc> {
    /// The debug hook.
    pub fn hook(&self) -> Hook<'gc> {
        self.hook
    }

    /// Sets the debug hook, or removes it when its function is nil. What runs now sees it only once
    /// the VM has had its turn: [`CallbackReturn::Reconsider`](crate::CallbackReturn::Reconsider).
    pub fn set_hook(&mut self, hook: Hook<'gc>) {
        self.hook = hook;
        self.tracing.countdown = hook.count;
        self.tracing.told = Told::Nothing;
        self.update_tracing();
    }

    /// What keeps the hook from seeing what runs.
    pub fn pause(&self) -> Pause {
        self.tracing.pause
    }

    /// Keeps the hook from seeing what comes, until `resume_hook`: a frame has been pushed for it or for a
    /// finalizer.
    pub fn pause_hook(&mut self) {
        if let Some(index) = self.frames.len().checked_sub(1) {
            self.tracing.pause = self.pause_at(index);
            self.update_tracing();
        }
    }

    /// Ends what `pause_hook` began, before which this was what kept it.
    pub fn resume_hook(&mut self, before: Pause) {
        self.tracing.pause = before;
        self.update_tracing();
    }

    /// What a frame is to the hook.
    fn pause_at(&self, index: usize) -> Pause {
        match self.frames.get(index) {
            Some(Frame::Hook(_)) => Pause::Hook(index as u32),
            Some(Frame::Finalizer(_)) => Pause::Finalizer(index as u32),
            _ => Pause::No,
        }
    }

    /// Finds out, after frames have been dropped, whether the hook is to see what comes.
    #[inline]
    pub fn restore_hook(&mut self) {
        self.tracing.told = Told::Nothing;
        if self.tracing.pause != Pause::No {
            self.find_pause();
        }
    }

    #[cold]
    fn find_pause(&mut self) {
        /// How many frames are looked at for a unit of fuel.
        const FRAMES_PER_FUEL: usize = 8;
        let is_there = |index| self.pause_at(index as usize) != Pause::No;
        match self.tracing.pause {
            Pause::Hook(index) | Pause::Finalizer(index) if is_there(index) => return,
            Pause::Finalizer(_) => {
                self.fuel -= (self.frames.len() / FRAMES_PER_FUEL) as i64;
                let mut pauses = (0..self.frames.len()).rev().map(|index| self.pause_at(index));
                let pause = pauses.find(|pause| *pause != Pause::No);
                self.tracing.pause = pause.unwrap_or_default();
            }
            _ => self.tracing.pause = Pause::No,
        }
        self.update_tracing();
    }

    fn update_tracing(&mut self) {
        self.tracing.is_on = !self.hook.function.is_nil() && self.tracing.pause == Pause::No;
    }
}
