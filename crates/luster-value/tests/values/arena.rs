//! An arena with nothing but a VM's state, and collections of it. No checks.

use gc_arena::{Arena, Gc, Rootable};
use luster_value::{Context, State, Table, marking};

/// A VM's state in an arena.
pub(crate) struct Values(StateArena);

type StateArena = Arena<Rootable![Gc<'_, State<'_>>]>;

impl Values {
    pub(crate) fn new() -> Self {
        Values(Arena::new(|mc| State::new(mc, 7)))
    }

    pub(crate) fn enter<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> T) -> T {
        self.0.mutate(|mc, state| f(Context::new(mc, *state)))
    }

    /// A whole cycle, with that part of the driver's atomic step that these tests need.
    pub(crate) fn collect(&mut self) {
        self.collect_while(|_| {}, usize::MAX);
    }

    /// The first part of a cycle, after which everything is marked.
    pub(crate) fn mark(&mut self) {
        // SAFETY: nothing but the arena's collector traces.
        let marked = unsafe { marking::mark(|| self.0.finish_marking()) };
        assert!(marked.is_some(), "a cycle begins by marking");
    }

    /// A whole cycle, in which between steps of purging so many strings the script does something.
    pub(crate) fn collect_while(&mut self, script: impl Fn(Context<'_>), count: usize) {
        self.mark();
        let marked = self.0.finish_marking().expect("it is marked");
        marked.finalize(|fc, state| Context::new(fc, *state).begin_to_purge_strings());
        self.0.finish_marking().expect("it is still marked").start_sweeping();
        while !self.enter(|ctx| ctx.purge_strings(count).1) {
            self.enter(&script);
        }
        self.0.finish_cycle();
    }
}

/// Puts a value where it stays alive.
pub(crate) fn keep<'gc>(ctx: Context<'gc>, name: &str, table: Table<'gc>) -> Table<'gc> {
    ctx.globals().set_field(ctx, name, luster_value::Value::Table(table));
    table
}

/// The table that was put there.
pub(crate) fn kept<'gc>(ctx: Context<'gc>, name: &str) -> Table<'gc> {
    match ctx.globals().get_field(ctx, name) {
        luster_value::Value::Table(table) => table,
        other => panic!("{name} is {other:?}"),
    }
}
