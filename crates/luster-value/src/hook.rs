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

/// How far a coroutine's hook has been told what happens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing {
    /// Whether there is a hook, and nothing runs that hooks must not see.
    is_on: bool,
    /// How many hooks and finalizers are running, one over the other: hooks do not see them.
    pub(crate) paused: u32,
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

    /// Keeps the hook from seeing what comes, until `resume_hook`.
    pub fn pause_hook(&mut self) {
        self.tracing.paused += 1;
        self.update_tracing();
    }

    /// Ends what `pause_hook` began.
    pub fn resume_hook(&mut self) {
        self.tracing.paused = self.tracing.paused.saturating_sub(1);
        self.update_tracing();
    }

    /// Finds out, after frames have been dropped, whether the hook is to see what comes.
    #[inline]
    pub fn restore_hook(&mut self) {
        self.tracing.told = Told::Nothing;
        if self.tracing.paused > 0 {
            let pauses = |frame: &&Frame<'_>| matches!(frame, Frame::Hook(_) | Frame::Finalizer(_));
            self.tracing.paused = self.frames.iter().filter(pauses).count() as u32;
            self.update_tracing();
        }
    }

    fn update_tracing(&mut self) {
        self.tracing.is_on = !self.hook.function.is_nil() && self.tracing.paused == 0;
    }
}
