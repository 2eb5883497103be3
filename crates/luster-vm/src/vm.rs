//! A VM seen from outside its arena: entering it, running slices, and collecting between them.

use std::cell::Cell;

use gc_arena::{Arena, Mutation};
use luster_value::{CollectRequest, Context, Value, account};

use crate::collector::{Collector, VmArena};
use crate::machine::{Machine, SliceEnd};

/// How many instructions a slice runs: long enough to cost nothing, short enough to collect often.
const SLICE_FUEL: i64 = 100_000;

/// How many bytes a slice may allocate in buffers before it ends early.
const SLICE_BYTES: usize = 1 << 18;

/// A VM.
pub struct Vm {
    /// Always there, but for while it is dropped.
    arena: Option<VmArena>,
    collector: Collector,
    /// The bytes counted, while the VM is not at work.
    bytes: Cell<isize>,
    is_entered: Cell<bool>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// The execution is over.
    Done,
    /// The fuel is used up.
    OutOfFuel,
    /// The script asked to end the process with this status.
    Exit(i32),
}

impl Vm {
    /// A new VM. What is random in it comes out of this seed.
    pub fn new(seed: u64) -> Self {
        let outer = account::install(0);
        let arena = Arena::new(|mc| Machine::new(mc, seed));
        let bytes = Cell::new(account::install(outer));
        let collector = Collector::new(&arena);
        Vm { arena: Some(arena), collector, bytes, is_entered: Cell::new(false) }
    }

    /// Runs `f` with this VM's byte counter installed.
    fn work<T>(bytes: &Cell<isize>, is_entered: &Cell<bool>, f: impl FnOnce() -> T) -> T {
        struct Leave<'a> {
            bytes: &'a Cell<isize>,
            is_entered: &'a Cell<bool>,
            outer: isize,
        }
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.bytes.set(account::install(self.outer));
                self.is_entered.set(false);
            }
        }
        if is_entered.replace(true) {
            return f();
        }
        let _leave = Leave { bytes, is_entered, outer: account::install(bytes.get()) };
        f()
    }

    fn arena(&self) -> &VmArena {
        self.arena.as_ref().expect("only taken when dropped")
    }

    /// Enters the arena.
    pub fn enter<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> T) -> T {
        Self::work(&self.bytes, &self.is_entered, || {
            self.arena().mutate(|mc, machine| f(machine.context(mc)))
        })
    }

    /// Enters the arena with the machine, to start an execution or take what it came to.
    pub fn enter_machine<T>(
        &mut self,
        f: impl for<'gc> FnOnce(&'gc Mutation<'gc>, &'gc mut Machine<'gc>) -> T,
    ) -> T {
        let arena = self.arena.as_mut().expect("only taken when dropped");
        Self::work(&self.bytes, &self.is_entered, || arena.mutate_root(f))
    }

    /// Begins to execute a function, chosen together with its arguments inside the arena.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn start<E>(
        &mut self,
        f: impl for<'gc> FnOnce(Context<'gc>) -> Result<(Value<'gc>, Vec<Value<'gc>>), E>,
    ) -> Result<(), E> {
        self.enter_machine(|mc, machine| {
            let (function, arguments) = f(machine.context(mc))?;
            machine.start(mc, function, &arguments);
            Ok(())
        })
    }

    /// Runs what was started until it is over or the fuel is used up, collecting as it goes.
    pub fn run(&mut self, fuel: &mut i64) -> RunEnd {
        let arena = self.arena.as_mut().expect("only taken when dropped");
        let collector = &mut self.collector;
        Self::work(&self.bytes, &self.is_entered, || {
            loop {
                let slice = SLICE_FUEL.min(*fuel);
                account::begin_slice(SLICE_BYTES.max(account::bytes() / 4));
                let mut left = slice;
                let end = arena.mutate_root(|mc, machine| machine.run_slice(mc, &mut left));
                *fuel -= slice - left;
                match end {
                    SliceEnd::Done => return RunEnd::Done,
                    SliceEnd::Exit(status) => return RunEnd::Exit(status),
                    SliceEnd::OutOfFuel => {
                        if !arena.mutate(|mc, machine| machine.is_collector_stopped(mc)) {
                            collector.step(arena);
                        }
                    }
                    SliceEnd::Collect(request) => {
                        let finished = match request {
                            CollectRequest::Full => {
                                collector.collect(arena);
                                true
                            }
                            CollectRequest::Step(bytes) => collector.step_by(arena, bytes),
                        };
                        arena.mutate_root(|mc, machine| machine.collected(mc, finished));
                    }
                }
                if *fuel <= 0 {
                    return RunEnd::OutOfFuel;
                }
            }
        })
    }

    /// Frees everything that is unreachable. Finalizers that become due run with the next slice.
    pub fn collect_garbage(&mut self) {
        let arena = self.arena.as_mut().expect("only taken when dropped");
        let collector = &mut self.collector;
        Self::work(&self.bytes, &self.is_entered, || collector.collect(arena));
    }

    /// The bytes in use, as counted: what objects own, and 64 for each object.
    pub fn used_memory(&self) -> usize {
        Self::work(&self.bytes, &self.is_entered, || Collector::counted(self.arena()))
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        let arena = self.arena.take();
        Self::work(&self.bytes, &self.is_entered, || drop(arena));
    }
}
