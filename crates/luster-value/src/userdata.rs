//! Values of the host: a Rust value of any `'static` type behind a pointer, with a metatable.

use std::any::Any;
use std::cell::Cell;
use std::fmt;

use gc_arena::lock::{Lock, RefLock};
use gc_arena::{Collect, Gc, Mutation, barrier};

use crate::context::Context;
use crate::table::Table;
use crate::value::Value;

#[derive(Collect)]
#[collect(no_drop)]
struct UserDataData<'gc> {
    #[collect(require_static)]
    value: Box<dyn Any>,
    metatable: Lock<Option<Table<'gc>>>,
    user_values: RefLock<Vec<Value<'gc>>>,
    id: u32,
    #[collect(require_static)]
    has_finalizer: Cell<bool>,
}

/// A value of the host.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
#[repr(transparent)]
pub struct UserData<'gc>(Gc<'gc, UserDataData<'gc>>);

impl<'gc> UserData<'gc> {
    /// Wraps a Rust value. To change it later, let it be a `Cell` or `RefCell`.
    pub fn new<T: 'static>(ctx: Context<'gc>, value: T, metatable: Option<Table<'gc>>) -> Self {
        UserData(Gc::new(
            &ctx,
            UserDataData {
                value: Box::new(value),
                metatable: Lock::new(metatable),
                user_values: RefLock::new(Vec::new()),
                id: ctx.next_id(),
                has_finalizer: Cell::new(false),
            },
        ))
    }

    /// The Rust value, if it is of this type.
    #[inline]
    pub fn downcast<T: 'static>(self) -> Option<&'gc T> {
        self.0.as_ref().value.downcast_ref()
    }

    /// The metatable.
    #[inline]
    pub fn metatable(self) -> Option<Table<'gc>> {
        self.0.metatable.get()
    }

    /// Sets the metatable.
    pub fn set_metatable(self, mc: &Mutation<'gc>, metatable: Option<Table<'gc>>) {
        barrier::unlock!(Gc::write(mc, self.0), UserDataData, metatable).set(metatable);
    }

    /// A user value, nil if it was never set.
    pub fn user_value(self, index: usize) -> Value<'gc> {
        self.0.user_values.borrow().get(index).copied().unwrap_or(Value::Nil)
    }

    /// Sets a user value.
    pub fn set_user_value(self, mc: &Mutation<'gc>, index: usize, value: Value<'gc>) {
        let mut values =
            barrier::unlock!(Gc::write(mc, self.0), UserDataData, user_values).borrow_mut();
        if index >= values.len() {
            values.resize(index + 1, Value::Nil);
        }
        values[index] = value;
    }

    /// Notes that it is to be finalized; tells whether it was not noted before.
    pub fn note_finalizer(self) -> bool {
        !self.0.has_finalizer.replace(true)
    }

    /// Takes the note back, when its finalizer is about to run.
    pub fn forget_finalizer(self) {
        self.0.has_finalizer.set(false);
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

impl PartialEq for UserData<'_> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }
}

impl Eq for UserData<'_> {}

impl fmt::Debug for UserData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "userdata: {:p}", Gc::as_ptr(self.0))
    }
}
