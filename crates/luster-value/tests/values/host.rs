//! What the host has in a VM: userdata, borrows, lent values, handles, callbacks, finalizers.

use std::cell::Cell;
use std::rc::Rc;

use gc_arena::lock::Lock;
use gc_arena::{Collect, Rootable, barrier};
use luster_value::{
    BorrowFault, Callback, CallbackReturn, Captured, Context, Error, LentCall, Stack, Table,
    Thread, UserCell, UserData, UserRef, UserRefMut, Value, lend,
};

use crate::arena::{Values, keep, kept};

/// Counts how many of it have been dropped.
struct Dropped(Rc<Cell<u32>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// A value of the host that holds a Lua value.
#[derive(Collect)]
#[collect(no_drop)]
struct Node<'gc> {
    next: Lock<Value<'gc>>,
}

#[test]
fn userdata_are_found_by_their_type_and_dropped_once() {
    let drops = Rc::new(Cell::new(0));
    let mut values = Values::new();
    values.enter(|ctx| {
        let table = keep(ctx, "kept", Table::new(ctx));
        let userdata = UserData::new(ctx, Dropped(drops.clone()), None);
        assert!(userdata.downcast::<Dropped>().is_some() && userdata.downcast::<u32>().is_none());
        assert!(userdata.downcast_traced::<Rootable![Node<'_>]>().is_none());
        userdata.set_user_value(
            &ctx,
            3,
            ctx.string("a user value that is too long to be interned"),
        );
        table.set_integer(ctx, 1, Value::UserData(userdata)).expect("a valid key");
        UserData::new(ctx, Dropped(drops.clone()), None);
    });
    values.collect();
    assert_eq!(drops.get(), 1, "the one that nothing holds");
    values.enter(|ctx| {
        let Value::UserData(userdata) = kept(ctx, "kept").get_integer(1) else { panic!("kept") };
        assert!(matches!(userdata.user_value(3), Value::String(s) if s.len() == 44));
        assert!(userdata.user_value(4).is_nil());
    });
    drop(values);
    assert_eq!(drops.get(), 2);
}

#[test]
fn values_with_the_brand_are_traced_and_changed_behind_a_barrier() {
    let mut values = Values::new();
    values.enter(|ctx| {
        let node = Node { next: Lock::new(ctx.string("the first")) };
        let userdata = UserData::traced::<Rootable![Node<'_>]>(ctx, node, None);
        assert!(userdata.downcast::<u32>().is_none());
        assert!(userdata.downcast_traced::<Rootable![Value<'_>]>().is_none());
        keep(ctx, "kept", Table::new(ctx))
            .set_integer(ctx, 1, Value::UserData(userdata))
            .expect("a valid key");
    });
    for round in 0..3 {
        values.collect();
        values.enter(|ctx| {
            let Value::UserData(userdata) = kept(ctx, "kept").get_integer(1) else {
                panic!("kept")
            };
            let node = userdata.downcast_traced::<Rootable![Node<'_>]>().expect("it is a node");
            assert!(
                matches!(node.next.get(), Value::String(s) if s.as_bytes().starts_with(b"the "))
            );
            let write = userdata.write_traced::<Rootable![Node<'_>]>(&ctx).expect("it is a node");
            barrier::unlock!(write, Node, next).set(ctx.string(format!("the next after {round}")));
        });
    }
}

#[test]
fn borrows_that_are_kept_own_a_share_in_the_cell() {
    let drops = Rc::new(Cell::new(0));
    let cell = Rc::new(UserCell::new((Dropped(drops.clone()), 1)));
    let (first, second) = (UserRef::new(cell.clone()), UserRef::new(cell.clone()));
    let (Ok(first), Ok(second)) = (first, second) else { panic!("several may be held") };
    assert_eq!(UserRefMut::new(cell.clone()).err(), Some(BorrowFault::Borrowed));
    assert_eq!(first.1 + second.1, 2);
    drop((first, second));
    let mut only = UserRefMut::new(cell.clone()).expect("nobody else holds it");
    only.1 = 5;
    assert_eq!(UserRef::new(cell.clone()).err(), Some(BorrowFault::MutablyBorrowed));
    // The cell goes away with the last share, which is the borrow's.
    drop(cell);
    assert_eq!((drops.get(), only.1), (0, 5));
    drop(only);
    assert_eq!(drops.get(), 1);
}

#[test]
fn what_was_lent_is_gone_afterwards() {
    let (shared, mut own) = (String::from("shared"), String::from("own"));
    let (read, written) = lend(|lender| {
        let (read, written) = (lender.lend(&shared), lender.lend_mut(&mut own));
        assert_eq!(*read.borrow().expect("it is there"), "shared");
        assert_eq!(read.borrow_mut().err(), Some(BorrowFault::ReadOnly));
        written.borrow_mut().expect("it is there").push_str(" and changed");
        assert_eq!(*written.borrow().expect("it is there"), "own and changed");
        assert_eq!(UserRef::new(read.clone()).err(), Some(BorrowFault::Lent));
        assert_eq!(read.take().err(), Some(BorrowFault::Lent));
        let part = UserCell::part_of(written.clone(), |own| own, |own| own);
        part.borrow_mut().expect("it is there").push('!');
        (read, written)
    });
    assert_eq!(own, "own and changed!");
    assert_eq!(read.borrow().err(), Some(BorrowFault::Gone));
    assert_eq!(written.borrow_mut().err(), Some(BorrowFault::Gone));
    assert_eq!(written.take().err(), Some(BorrowFault::Gone));
}

/// A function that borrows what it counts.
struct Counting<'a>(&'a Cell<usize>);

impl LentCall for Counting<'_> {
    fn call<'gc>(
        &self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        self.0.set(self.0.get() + stack.len());
        Ok(CallbackReturn::Return)
    }
}

#[test]
fn functions_that_were_lent_can_be_called_until_then() {
    let values = Values::new();
    let count = Cell::new(0);
    let call = |function: &luster_value::LentFunction| {
        values.enter(|ctx| {
            let thread = Thread::new(ctx, Value::Nil);
            let mut state =
                luster_value::ThreadInsides::state_mut(thread, &ctx).expect("it is idle");
            let mut stack = Stack::new(&mut state, thread, 1, 2);
            function.call(ctx, &mut stack).is_ok()
        })
    };
    let function = lend(|lender| {
        let function = lender.lend_function(Counting(&count));
        assert!(call(&function));
        function
    });
    assert_eq!(count.get(), 2);
    assert!(!call(&function), "it is gone");
    assert_eq!(count.get(), 2);
}

#[test]
fn handles_hold_values_until_the_last_is_dropped() {
    let drops = Rc::new(Cell::new(0));
    let mut values = Values::new();
    let make = |values: &Values| {
        let drops = drops.clone();
        values
            .enter(|ctx| ctx.stash_value(Value::UserData(UserData::new(ctx, Dropped(drops), None))))
    };
    let first = make(&values);
    let (second, remote) = (first.clone(), make(&values));
    drop(first);
    values.collect();
    assert_eq!(drops.get(), 0);
    values.enter(|ctx| assert!(matches!(ctx.fetch(&second), Some(Value::UserData(_)))));
    drop((second, remote));
    values.collect();
    assert_eq!(drops.get(), 2);

    let far = values.enter(|ctx| ctx.stash_remotely(ctx.string("far away")));
    values.collect();
    values.enter(|ctx| assert!(matches!(ctx.fetch_remote(&far), Some(Value::String(_)))));
    std::thread::spawn(move || drop(far)).join().expect("it does not panic");
    values.collect();
    assert!(values.enter(|ctx| ctx.stash().held().is_empty()));
}

/// A callback that holds a value.
#[derive(Collect)]
#[collect(no_drop)]
struct Constant<'gc>(Value<'gc>);

impl<'gc> Captured<'gc> for Constant<'gc> {
    fn call(
        &self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        stack.replace(self.0);
        Ok(CallbackReturn::Return)
    }
}

#[test]
fn callbacks_keep_what_they_capture() {
    let mut values = Values::new();
    values.enter(|ctx| {
        let table = keep(ctx, "kept", Table::new(ctx));
        let captured = Constant(ctx.string("captured"));
        let callback = Callback::captured(ctx, "constant", captured);
        table.set_integer(ctx, 1, Value::Callback(callback)).expect("a valid key");
        let plain = Callback::new(ctx, "plain", |_, _| Ok(CallbackReturn::Return));
        table.set_integer(ctx, 2, Value::Callback(plain)).expect("a valid key");
    });
    values.collect();
    values.enter(|ctx| {
        let thread = Thread::new(ctx, Value::Nil);
        let mut state = luster_value::ThreadInsides::state_mut(thread, &ctx).expect("it is idle");
        let mut stack = Stack::new(&mut state, thread, 1, 0);
        for (key, expected) in [(1, 1), (2, 1)] {
            let Value::Callback(callback) = kept(ctx, "kept").get_integer(key) else { panic!() };
            assert!(callback.call(ctx, &mut stack).is_ok());
            assert_eq!(stack.len(), expected);
        }
        assert!(matches!(stack.get(0), Value::String(s) if s.as_bytes() == b"captured"));
    });
}

#[test]
fn finalizers_that_are_due_hold_their_objects() {
    let mut values = Values::new();
    values.enter(|ctx| {
        for number in 1..=3 {
            let table = Table::new(ctx);
            table.set_integer(ctx, 1, Value::Integer(number)).expect("a valid key");
            ctx.finalizers().add(Value::Table(table));
            ctx.finalizers().add(Value::Table(table));
        }
    });
    // They are due when everything else is marked, and nothing else holds them.
    values.mark();
    values.enter(|ctx| ctx.finalize_all());
    values.collect();
    values.enter(|ctx| {
        for number in (1..=3).rev() {
            let Some(Value::Table(table)) = ctx.finalizers().pop() else { panic!("{number}") };
            assert!(table.get_integer(1).raw_equal(Value::Integer(number)));
        }
        assert!(!ctx.finalizers().is_due());
    });
}
