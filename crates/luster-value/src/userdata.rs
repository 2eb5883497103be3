//! Values of the host: a Rust value behind a pointer, with a metatable.
//!
//! A value is either of a `'static` type, which is all that most hosts need, or of a type with the
//! arena's brand, which is traced and so may hold Lua values. Borrowing values that scripts can
//! reach is the business of [`UserCell`], in `lend`.

use std::any::{Any, TypeId};
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use gc_arena::arena::Root;
use gc_arena::barrier::Write;
use gc_arena::collect::{DynCollect, Trace};
use gc_arena::lock::{Lock, RefLock};
use gc_arena::{Collect, Gc, Mutation, Rootable, barrier};

use crate::account;
use crate::context::Context;
use crate::lend::UserCell;
use crate::table::Table;
use crate::value::Value;

/// A value of any type that is traced.
trait Traced<'gc>: DynCollect<'gc> {}

impl<'gc, T: Collect<'gc>> Traced<'gc> for T {}

gc_arena::collect::dyn_collect!(dyn Traced<'gc> + 'gc);

/// What a userdata holds.
enum Payload<'gc> {
    Plain(Rc<dyn Any>),
    /// A value of the type that belongs to this type's brand.
    Traced(TypeId, Box<dyn Traced<'gc> + 'gc>),
}

impl Payload<'_> {
    /// How many bytes the value takes, with what a userdata is larger than other objects.
    fn size(&self) -> usize {
        /// The counters of the value, its own allocation, user values, and so on.
        const MORE: usize = 64;
        MORE + match self {
            Payload::Plain(value) => size_of_val(&**value),
            Payload::Traced(_, value) => size_of_val(&**value),
        }
    }
}

impl Drop for Payload<'_> {
    fn drop(&mut self) {
        account::sub(self.size());
    }
}

// SAFETY: a `'static` value cannot hold pointers of the arena; others are traced.
unsafe impl<'gc> Collect<'gc> for Payload<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        match self {
            Payload::Plain(_) => {}
            Payload::Traced(_, value) => cc.trace(&**value),
        }
    }
}

#[derive(Collect)]
#[collect(no_drop)]
struct UserDataData<'gc> {
    payload: Payload<'gc>,
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
    fn with_payload(
        ctx: Context<'gc>,
        payload: Payload<'gc>,
        metatable: Option<Table<'gc>>,
    ) -> Self {
        account::add(payload.size());
        UserData(Gc::new(
            &ctx,
            UserDataData {
                payload,
                metatable: Lock::new(metatable),
                user_values: RefLock::new(Vec::new()),
                id: ctx.next_id(),
                has_finalizer: Cell::new(false),
            },
        ))
    }

    /// Wraps a Rust value. To change it later, let it be a `Cell`, a `RefCell`, or a [`UserCell`].
    pub fn new<T: 'static>(ctx: Context<'gc>, value: T, metatable: Option<Table<'gc>>) -> Self {
        Self::with_payload(ctx, Payload::Plain(Rc::new(value)), metatable)
    }

    /// Wraps a value that others share.
    pub fn from_rc(ctx: Context<'gc>, value: Rc<dyn Any>, metatable: Option<Table<'gc>>) -> Self {
        Self::with_payload(ctx, Payload::Plain(value), metatable)
    }

    /// Wraps a value that may hold Lua values; `R` is its type without the brand, as
    /// `Rootable![Node<'_>]` gives it.
    ///
    /// ```
    /// use gc_arena::{Collect, Rootable};
    /// use luster_value::{Context, Table, UserData};
    ///
    /// #[derive(Collect)]
    /// #[collect(no_drop)]
    /// struct Node<'gc> {
    ///     children: Table<'gc>,
    /// }
    ///
    /// fn node<'gc>(ctx: Context<'gc>) -> UserData<'gc> {
    ///     let node = Node { children: Table::new(ctx) };
    ///     UserData::traced::<Rootable![Node<'_>]>(ctx, node, None)
    /// }
    /// ```
    pub fn traced<R>(ctx: Context<'gc>, value: Root<'gc, R>, metatable: Option<Table<'gc>>) -> Self
    where
        R: for<'a> Rootable<'a> + 'static,
        Root<'gc, R>: Sized + Collect<'gc>,
    {
        let payload = Payload::Traced(TypeId::of::<R>(), Box::new(value));
        Self::with_payload(ctx, payload, metatable)
    }

    /// The Rust value, if it is of this type.
    #[inline]
    pub fn downcast<T: 'static>(self) -> Option<&'gc T> {
        match &self.0.as_ref().payload {
            Payload::Plain(value) => value.downcast_ref(),
            Payload::Traced(..) => None,
        }
    }

    /// A share in the cell that holds the Rust value, if it is of this type.
    pub fn downcast_cell<T: 'static>(self) -> Option<Rc<UserCell<T>>> {
        match &self.0.as_ref().payload {
            Payload::Plain(value) => value.clone().downcast().ok(),
            Payload::Traced(..) => None,
        }
    }

    /// The value that was wrapped by [`traced`](Self::traced), if it is of this type.
    pub fn downcast_traced<R>(self) -> Option<&'gc Root<'gc, R>>
    where
        R: for<'a> Rootable<'a> + 'static,
        Root<'gc, R>: Sized,
    {
        match &self.0.as_ref().payload {
            Payload::Traced(id, value) if *id == TypeId::of::<R>() => {
                let value: *const (dyn Traced<'gc> + 'gc) = &**value;
                // SAFETY: `traced` put the id of `R` beside a value of type `Root<'gc, R>`, of this
                // very brand, and the box is never replaced.
                Some(unsafe { &*value.cast::<Root<'gc, R>>() })
            }
            _ => None,
        }
    }

    /// The same, to change what it holds in `Lock`s: with the write barrier that this takes.
    pub fn write_traced<R>(self, mc: &Mutation<'gc>) -> Option<&'gc Write<Root<'gc, R>>>
    where
        R: for<'a> Rootable<'a> + 'static,
        Root<'gc, R>: Sized,
    {
        let value = self.downcast_traced::<R>()?;
        let _ = Gc::write(mc, self.0);
        // SAFETY: the barrier of the object that owns the value has just been run, and the write
        // access cannot outlive this visit to the arena.
        Some(unsafe { Write::assume(value) })
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
