//! Weak tables seen while marking, for the collection driver to clear.
//!
//! `trace` is not told which VM it works for, so the list is thread-local for as long as a VM's
//! collector marks; the driver takes it away at the end of every marking step.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use gc_arena::Finalization;

use crate::account;
use crate::table::Table;

/// How a weak table holds its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakMode {
    /// Its keys are weak, and a value lives only as long as its key (an ephemeron).
    Keys,
    /// Its values are weak.
    Values,
    /// Both are weak.
    Both,
}

/// A weak table that was marked in the current cycle: its address, with how it is weak in the bits that
/// are zero in every table's. There may be as many as there are objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen(usize);

/// The bits that tell how a table is weak.
const MODE: usize = 3;

impl Seen {
    fn new(address: usize, mode: WeakMode) -> Self {
        const { assert!(Table::ALIGNMENT > MODE) };
        Seen(address | mode as usize)
    }

    fn address(self) -> usize {
        self.0 & !MODE
    }

    fn is(self, mode: WeakMode) -> bool {
        self.0 & MODE == mode as usize
    }
}

thread_local! {
    /// Has no destructor, so that VMs work in the destructors of a thread's other variables. It is
    /// empty when no VM marks.
    static SEEN: RefCell<ManuallyDrop<Vec<Seen>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// Remembers a weak table that is being traced.
pub(crate) fn remember(address: usize, mode: WeakMode) {
    SEEN.with_borrow_mut(|seen| seen.push(Seen::new(address, mode)));
}

/// Takes all that were remembered.
pub fn take() -> Vec<Seen> {
    SEEN.with_borrow_mut(|seen| std::mem::take(&mut **seen))
}

/// What it costs to go through a small weak table once, as bytes that the collector looks at; large ones cost
/// what they hold.
const TABLE_WORK: usize = 100;

/// Notes that weak tables are gone through, which nothing interrupts.
fn went_through(seen: &[Seen]) {
    account::traced(seen.len() * TABLE_WORK);
    account::went_through(seen.len());
}

/// Notes that going through weak tables a few times is about to be paid for, of which there are so many.
pub fn foresee(tables: usize) {
    account::traced(tables * 3 * TABLE_WORK);
}

/// What the collection driver does with the weak tables seen in a cycle, once everything is marked.
///
/// # Safety
/// All of `seen` must have been taken in the current, still unswept cycle of the arena of `fc`.
pub unsafe fn mark_ephemerons<'gc>(seen: &[Seen], fc: &Finalization<'gc>) -> bool {
    went_through(seen);
    let mut marked = false;
    for table in seen.iter().filter(|table| table.is(WeakMode::Keys)) {
        // SAFETY: the caller's promise.
        marked |= unsafe { Table::from_address(table.address()) }.mark_ephemerons(fc);
    }
    marked
}

/// Clears the entries with dead values of tables whose values are weak.
///
/// # Safety
/// As for [`mark_ephemerons`].
pub unsafe fn clear_values<'gc>(seen: &[Seen], fc: &Finalization<'gc>) {
    went_through(seen);
    for table in seen.iter().filter(|table| !table.is(WeakMode::Keys)) {
        // SAFETY: the caller's promise.
        unsafe { Table::from_address(table.address()) }.clear_dead_values(fc);
    }
}

/// Clears the entries with dead keys of tables whose keys are weak.
///
/// # Safety
/// As for [`mark_ephemerons`].
pub unsafe fn clear_keys<'gc>(seen: &[Seen], fc: &Finalization<'gc>) {
    went_through(seen);
    for table in seen.iter().filter(|table| !table.is(WeakMode::Values)) {
        // SAFETY: the caller's promise.
        unsafe { Table::from_address(table.address()) }.clear_dead_keys(fc);
    }
}

#[cfg(test)]
mod tests {
    use gc_arena::{Arena, Gc, Mutation, Rootable};

    use super::*;
    use crate::context::{Context, State};
    use crate::value::Value;

    type TestArena = Arena<Rootable![Gc<'_, State<'_>>]>;

    /// A whole cycle, as the collection driver goes through it.
    fn collect(arena: &mut TestArena) {
        let mut seen = Vec::new();
        loop {
            // SAFETY: nothing but the arena's collector traces.
            let marked = unsafe { crate::marking::mark(|| arena.finish_marking()) };
            let marked = marked.expect("a cycle begins by marking");
            seen.extend(take());
            // SAFETY: they were seen in this cycle, and nothing has been swept.
            if !marked.finalize(|fc, _| unsafe { mark_ephemerons(&seen, fc) }) {
                break;
            }
        }
        // SAFETY: as above.
        let marked = unsafe { crate::marking::mark(|| arena.finish_marking()) };
        marked.expect("it is marked").finalize(|fc, state| {
            let ctx = Context::new(mutation(fc), *state);
            // SAFETY: as above.
            unsafe { clear_values(&seen, fc) };
            ctx.finalizers().separate(fc);
            // SAFETY: as above.
            unsafe { clear_keys(&seen, fc) };
            ctx.begin_to_purge_strings();
        });
        // SAFETY: as above.
        let marked = unsafe { crate::marking::mark(|| arena.finish_marking()) };
        marked.expect("it is marked").start_sweeping();
        arena.mutate(|mc, state| Context::new(mc, *state).purge_strings(usize::MAX));
        arena.finish_cycle();
    }

    fn mutation<'gc>(fc: &'gc Finalization<'gc>) -> &'gc Mutation<'gc> {
        fc
    }

    fn object<'gc>(ctx: Context<'gc>, number: i64) -> Value<'gc> {
        let table = Table::new(ctx);
        table.set_integer(ctx, 1, Value::Integer(number)).expect("a valid key");
        Value::Table(table)
    }

    /// Fills a global table of this mode: entries 1 to 20 from objects to objects, and the same
    /// objects in its array part. Objects of entries that can be divided by 2 are held as keys, by 3
    /// as values.
    fn fill(ctx: Context<'_>, mode: &str) {
        let (table, held) = (Table::new(ctx), Table::new(ctx));
        let metatable = Table::new(ctx);
        metatable.set_field(ctx, "__mode", ctx.string(mode));
        table.set_metatable(&ctx, Some(metatable));
        for number in 1..=20 {
            let (key, value) = (object(ctx, number), object(ctx, -number));
            table.set(ctx, key, value).expect("a valid key");
            table.set_integer(ctx, number, value).expect("a valid key");
            if number % 2 == 0 {
                held.set_integer(ctx, number, key).expect("a valid key");
            }
            if number % 3 == 0 {
                held.set_integer(ctx, -number, value).expect("a valid key");
            }
        }
        ctx.globals().set_field(ctx, "table", Value::Table(table));
        ctx.globals().set_field(ctx, "held", Value::Table(held));
    }

    /// The numbers of the entries between objects that are left, and of those in the array part.
    fn left(ctx: Context<'_>) -> (Vec<i64>, Vec<i64>) {
        let number = |value: Value<'_>| match value {
            Value::Table(table) => match table.get_integer(1) {
                Value::Integer(number) => number,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        let Value::Table(table) = ctx.globals().get_field(ctx, "table") else { panic!("kept") };
        let (mut entries, mut items) = (Vec::new(), Vec::new());
        let mut key = Value::Nil;
        while let Some((next, value)) = table.next(key).expect("a key of the table") {
            match next {
                Value::Integer(index) => items.push(index),
                object => {
                    assert_eq!(number(object), -number(value));
                    entries.push(number(object));
                }
            }
            key = next;
        }
        entries.sort_unstable();
        items.sort_unstable();
        (entries, items)
    }

    #[test]
    fn entries_go_with_what_they_hold_weakly() {
        let every = |n: i64| (1..=20).filter(|number| number % n == 0).collect::<Vec<i64>>();
        let all: Vec<i64> = every(1);
        for (mode, entries, items) in
            [("k", every(2), all), ("v", every(3), every(3)), ("kv", every(6), every(3))]
        {
            let mut arena = TestArena::new(|mc| State::new(mc, 1));
            arena.mutate(|mc, state| fill(Context::new(mc, *state), mode));
            for _ in 0..3 {
                collect(&mut arena);
                let left = arena.mutate(|mc, state| left(Context::new(mc, *state)));
                assert_eq!(left, (entries.clone(), items.clone()), "mode {mode}");
            }
        }
    }

    #[test]
    fn a_chain_of_ephemerons_lives_from_its_first_key() {
        let mut arena = TestArena::new(|mc| State::new(mc, 1));
        arena.mutate(|mc, state| {
            let ctx = Context::new(mc, *state);
            fill(ctx, "k");
            let Value::Table(table) = ctx.globals().get_field(ctx, "table") else { panic!("kept") };
            let first = object(ctx, 100);
            let mut last = first;
            for number in 101..150 {
                let next = object(ctx, number);
                table.set(ctx, last, next).expect("a valid key");
                last = next;
            }
            ctx.globals().set_field(ctx, "first", first);
        });
        let length = |arena: &TestArena| {
            arena.mutate(|mc, state| {
                let ctx = Context::new(mc, *state);
                let Value::Table(table) = ctx.globals().get_field(ctx, "table") else {
                    panic!("kept")
                };
                let mut object = ctx.globals().get_field(ctx, "first");
                let mut length = 0;
                while let value @ Value::Table(_) = table.get(object) {
                    object = value;
                    length += 1;
                }
                length
            })
        };
        collect(&mut arena);
        assert_eq!(length(&arena), 49);
        let before = arena.metrics().total_gc_count();
        arena.mutate(|mc, state| {
            let ctx = Context::new(mc, *state);
            ctx.globals().set_field(ctx, "first", Value::Nil);
        });
        collect(&mut arena);
        // The name of the global may have died too, in whose place nothing stands any more.
        let died = before - arena.metrics().total_gc_count();
        assert!((50..=51).contains(&died), "{died}");
    }

    #[test]
    fn objects_to_be_finalized_are_resurrected_once() {
        let mut arena = TestArena::new(|mc| State::new(mc, 1));
        arena.mutate(|mc, state| {
            let ctx = Context::new(mc, *state);
            for number in 1..=3 {
                ctx.finalizers().add(object(ctx, number));
            }
        });
        collect(&mut arena);
        arena.mutate(|mc, state| {
            let ctx = Context::new(mc, *state);
            for number in (1..=3).rev() {
                let Some(Value::Table(table)) = ctx.finalizers().pop() else { panic!("{number}") };
                assert!(table.get_integer(1).raw_equal(Value::Integer(number)));
            }
            assert!(!ctx.finalizers().is_due());
        });
        let before = arena.metrics().total_gc_count();
        collect(&mut arena);
        assert!(arena.metrics().total_gc_count() <= before - 3);
    }
}
