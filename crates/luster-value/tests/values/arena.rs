//! An arena with nothing but a VM's state, and collections of it. No checks.

use gc_arena::{Arena, Gc, Rootable};
use luster_value::{Context, State, Table};

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
        let marked = self.0.finish_marking().expect("a cycle begins by marking");
        marked.finalize(|fc, state| Context::new(fc, *state).purge_strings(fc));
        self.0.finish_marking().expect("it is still marked").start_sweeping();
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
