//! Borrowing: the cells in which a host's values stand while scripts can reach them, and values
//! that are only lent to a VM for a time.
//!
//! What it buys: a host's function gets `&T` and `&mut T` straight out of its arguments, several
//! shared ones at once, and a host may lend what it does not own.

use std::cell::{Ref, RefCell, RefMut};
use std::fmt;
use std::io::Write;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::rc::Rc;

use crate::callback::CallbackReturn;
use crate::context::Context;
use crate::error::Error;
use crate::stack::Stack;

/// Why a value cannot be borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BorrowFault {
    /// It is mutably borrowed already.
    MutablyBorrowed,
    /// It is borrowed already, and was to be borrowed mutably.
    Borrowed,
    /// It was lent for reading only.
    ReadOnly,
    /// It was lent, and is to be kept longer than for a call.
    Lent,
    /// It is a part of another value, which is to be taken out whole.
    Part,
    /// It was taken out, or the scope for which it was lent is over.
    Gone,
}

impl fmt::Display for BorrowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BorrowFault::MutablyBorrowed => "it is being changed",
            BorrowFault::Borrowed => "it is in use",
            BorrowFault::ReadOnly => "it is lent for reading only",
            BorrowFault::Lent => "it is lent for a call only",
            BorrowFault::Part => "it is a part of another value",
            BorrowFault::Gone => "it is not there any more",
        })
    }
}

impl std::error::Error for BorrowFault {}

enum Held<T> {
    Owned(T),
    Lent(NonNull<T>),
    LentMut(NonNull<T>),
    Gone,
}

/// A value that is a part of another one, in that one's cell.
trait Part<T> {
    fn borrow(&self) -> Result<Ref<'_, T>, BorrowFault>;
    fn borrow_mut(&self) -> Result<RefMut<'_, T>, BorrowFault>;
    fn is_lent(&self) -> bool;
}

struct PartOf<P: 'static, S, M> {
    whole: Rc<UserCell<P>>,
    shared: S,
    mutable: M,
}

impl<P, T, S, M> Part<T> for PartOf<P, S, M>
where
    T: 'static,
    S: Fn(&P) -> &T,
    M: Fn(&mut P) -> &mut T,
{
    fn borrow(&self) -> Result<Ref<'_, T>, BorrowFault> {
        Ok(Ref::map(self.whole.borrow()?, &self.shared))
    }

    fn borrow_mut(&self) -> Result<RefMut<'_, T>, BorrowFault> {
        Ok(RefMut::map(self.whole.borrow_mut()?, &self.mutable))
    }

    fn is_lent(&self) -> bool {
        self.whole.is_lent()
    }
}

/// A cell with a host's value, which is borrowed and lent as the borrow checker would have it, but
/// at run time.
pub struct UserCell<T>(Place<T>);

enum Place<T> {
    Here(RefCell<Held<T>>),
    /// In the cell of another value. Borrowing this one borrows that one whole.
    There(Box<dyn Part<T>>),
}

impl<T> UserCell<T> {
    /// A cell that owns its value.
    pub fn new(value: T) -> Self {
        UserCell::here(Held::Owned(value))
    }

    fn here(held: Held<T>) -> Self {
        UserCell(Place::Here(RefCell::new(held)))
    }

    /// A cell whose value is a part of another cell's: it is borrowed with that one, and gone when
    /// that one is.
    pub fn part_of<P: 'static>(
        whole: Rc<UserCell<P>>,
        shared: impl Fn(&P) -> &T + 'static,
        mutable: impl Fn(&mut P) -> &mut T + 'static,
    ) -> Self
    where
        T: 'static,
    {
        UserCell(Place::There(Box::new(PartOf { whole, shared, mutable })))
    }

    /// Borrows the value. Several borrows may be held at once.
    ///
    /// # Errors
    /// When it is mutably borrowed, or gone.
    #[inline]
    pub fn borrow(&self) -> Result<Ref<'_, T>, BorrowFault> {
        let cell = match &self.0 {
            Place::Here(cell) => cell,
            Place::There(part) => return part.borrow(),
        };
        let held = cell.try_borrow().map_err(|_| BorrowFault::MutablyBorrowed)?;
        Ref::filter_map(held, |held| match held {
            Held::Owned(value) => Some(value),
            // SAFETY: the value is there for as long as `lend` runs, which ends the lending before
            // it returns, and would not get past this borrow.
            Held::Lent(value) | Held::LentMut(value) => Some(unsafe { value.as_ref() }),
            Held::Gone => None,
        })
        .map_err(|_| BorrowFault::Gone)
    }

    /// Borrows the value to change it.
    ///
    /// # Errors
    /// When it is borrowed, lent for reading only, or gone.
    #[inline]
    pub fn borrow_mut(&self) -> Result<RefMut<'_, T>, BorrowFault> {
        let cell = match &self.0 {
            Place::Here(cell) => cell,
            Place::There(part) => return part.borrow_mut(),
        };
        let held = cell.try_borrow_mut().map_err(|_| match cell.try_borrow() {
            Ok(_) => BorrowFault::Borrowed,
            Err(_) => BorrowFault::MutablyBorrowed,
        })?;
        let fault = match &*held {
            Held::Lent(_) => BorrowFault::ReadOnly,
            _ => BorrowFault::Gone,
        };
        RefMut::filter_map(held, |held| match held {
            Held::Owned(value) => Some(value),
            // SAFETY: as in `borrow`; it was lent by a mutable reference, and the cell lets nobody
            // else borrow it meanwhile.
            Held::LentMut(value) => Some(unsafe { value.as_mut() }),
            Held::Lent(_) | Held::Gone => None,
        })
        .map_err(|_| fault)
    }

    /// Takes the value out; it is gone from the cell then.
    ///
    /// # Errors
    /// When it is borrowed, lent, a part of another value, or gone.
    pub fn take(&self) -> Result<T, BorrowFault> {
        let Place::Here(cell) = &self.0 else { return Err(BorrowFault::Part) };
        let mut held = cell.try_borrow_mut().map_err(|_| BorrowFault::Borrowed)?;
        match std::mem::replace(&mut *held, Held::Gone) {
            Held::Owned(value) => Ok(value),
            Held::Gone => Err(BorrowFault::Gone),
            lent => {
                *held = lent;
                Err(BorrowFault::Lent)
            }
        }
    }

    fn is_lent(&self) -> bool {
        match &self.0 {
            Place::Here(cell) => {
                matches!(cell.try_borrow().as_deref(), Ok(Held::Lent(_) | Held::LentMut(_)))
            }
            Place::There(part) => part.is_lent(),
        }
    }
}

impl<T> fmt::Debug for UserCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCell { .. }")
    }
}

/// A borrow of a host's value that can be kept: it owns a share in the cell.
pub struct UserRef<T: 'static> {
    borrow: ManuallyDrop<Ref<'static, T>>,
    cell: ManuallyDrop<Rc<UserCell<T>>>,
}

impl<T> UserRef<T> {
    /// Borrows the value in a cell.
    ///
    /// # Errors
    /// As [`UserCell::borrow`], or when the value is lent.
    pub fn new(cell: Rc<UserCell<T>>) -> Result<Self, BorrowFault> {
        if cell.is_lent() {
            return Err(BorrowFault::Lent);
        }
        let borrow = cell.borrow()?;
        // SAFETY: the cell stays where it is for as long as `cell`, which is dropped after `borrow`;
        // what it borrows is owned by the cell.
        let borrow = unsafe { std::mem::transmute::<Ref<'_, T>, Ref<'static, T>>(borrow) };
        Ok(UserRef { borrow: ManuallyDrop::new(borrow), cell: ManuallyDrop::new(cell) })
    }
}

impl<T> Drop for UserRef<T> {
    fn drop(&mut self) {
        // SAFETY: both are dropped once, here, the borrow first.
        unsafe {
            ManuallyDrop::drop(&mut self.borrow);
            ManuallyDrop::drop(&mut self.cell);
        }
    }
}

impl<T> Deref for UserRef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.borrow
    }
}

impl<T: fmt::Debug> fmt::Debug for UserRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A mutable borrow of a host's value that can be kept: it owns a share in the cell.
pub struct UserRefMut<T: 'static> {
    borrow: ManuallyDrop<RefMut<'static, T>>,
    cell: ManuallyDrop<Rc<UserCell<T>>>,
}

impl<T> UserRefMut<T> {
    /// Borrows the value in a cell to change it.
    ///
    /// # Errors
    /// As [`UserCell::borrow_mut`], or when the value is lent.
    pub fn new(cell: Rc<UserCell<T>>) -> Result<Self, BorrowFault> {
        if cell.is_lent() {
            return Err(BorrowFault::Lent);
        }
        let borrow = cell.borrow_mut()?;
        // SAFETY: as in `UserRef::new`.
        let borrow = unsafe { std::mem::transmute::<RefMut<'_, T>, RefMut<'static, T>>(borrow) };
        Ok(UserRefMut { borrow: ManuallyDrop::new(borrow), cell: ManuallyDrop::new(cell) })
    }
}

impl<T> Drop for UserRefMut<T> {
    fn drop(&mut self) {
        // SAFETY: both are dropped once, here, the borrow first.
        unsafe {
            ManuallyDrop::drop(&mut self.borrow);
            ManuallyDrop::drop(&mut self.cell);
        }
    }
}

impl<T> Deref for UserRefMut<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.borrow
    }
}

impl<T> DerefMut for UserRefMut<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.borrow
    }
}

impl<T: fmt::Debug> fmt::Debug for UserRefMut<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A function that is lent to a VM: it need not live longer than the lending.
pub trait LentCall {
    /// Runs it.
    ///
    /// # Errors
    /// Whatever it raises.
    fn call<'gc>(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>>;
}

/// A function that is lent to a VM, or was.
pub struct LentFunction(RefCell<Option<Box<dyn LentCall>>>);

impl LentFunction {
    /// Runs it.
    ///
    /// # Errors
    /// When the lending is over, and whatever the function raises.
    pub fn call<'gc>(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        match self.0.try_borrow().as_deref() {
            Ok(Some(function)) => function.call(ctx, stack),
            _ => Err(Error::message("the function was lent, and is not there any more")),
        }
    }
}

impl fmt::Debug for LentFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LentFunction { .. }")
    }
}

/// What has to be ended when a lending is over.
trait Lending {
    fn end(&self);
}

/// Ends the process. The calls that scripts make have given their borrows back by now, so somebody
/// has kept one, or leaked it, who got it from [`UserCell::borrow`] itself. Nothing else is left to
/// be done: not even a panic may let what was lent come to its end while it is borrowed.
#[cold]
fn cannot_end() -> ! {
    let message =
        "luster: a value that was lent to a VM is still borrowed at the end of the lending";
    // What cannot be said is not: the process ends in any case.
    let _ = writeln!(std::io::stderr(), "{message}");
    std::process::abort()
}

impl<T> Lending for UserCell<T> {
    fn end(&self) {
        let Place::Here(cell) = &self.0 else { unreachable!("only values are lent, not parts") };
        match cell.try_borrow_mut() {
            Ok(mut held) => *held = Held::Gone,
            Err(_) => cannot_end(),
        }
    }
}

impl Lending for LentFunction {
    fn end(&self) {
        match self.0.try_borrow_mut() {
            Ok(mut function) => *function = None,
            Err(_) => cannot_end(),
        }
    }
}

/// Lends values and functions to a VM for as long as [`lend`] runs.
pub struct Lender<'scope, 'env: 'scope> {
    lent: RefCell<Vec<Rc<dyn Lending>>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// Calls `f` with a lender. Whatever that has lent is gone from its cells when this returns, be it by
/// a panic.
///
/// # Aborts
/// When a borrow of what was lent, got by [`UserCell::borrow`] or [`UserCell::borrow_mut`], is kept
/// until then, or leaked.
pub fn lend<'env, T>(f: impl for<'scope> FnOnce(&'scope Lender<'scope, 'env>) -> T) -> T {
    struct End<'a>(&'a RefCell<Vec<Rc<dyn Lending>>>);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            loop {
                let Some(lent) = self.0.borrow_mut().pop() else { return };
                // Dropping a function may run code of the host, which may panic. The others have to
                // be ended then, too.
                let others = End(self.0);
                lent.end();
                std::mem::forget(others);
            }
        }
    }
    let lender = Lender { lent: RefCell::default(), scope: PhantomData, env: PhantomData };
    let _end = End(&lender.lent);
    f(&lender)
}

impl<'env> Lender<'_, 'env> {
    /// Lends a value for reading.
    pub fn lend<T: 'static>(&self, value: &'env T) -> Rc<UserCell<T>> {
        let cell = Rc::new(UserCell::here(Held::Lent(NonNull::from(value))));
        self.lent.borrow_mut().push(cell.clone());
        cell
    }

    /// Lends a value for changing it too.
    pub fn lend_mut<T: 'static>(&self, value: &'env mut T) -> Rc<UserCell<T>> {
        let cell = Rc::new(UserCell::here(Held::LentMut(NonNull::from(value))));
        self.lent.borrow_mut().push(cell.clone());
        cell
    }

    /// Lends a function.
    pub fn lend_function(&self, function: impl LentCall + 'env) -> Rc<LentFunction> {
        let function: Box<dyn LentCall + 'env> = Box::new(function);
        // SAFETY: only the lifetime changes. The box is dropped by `end`, before `lend` returns, and
        // `'env` is longer than that.
        let function = unsafe {
            std::mem::transmute::<Box<dyn LentCall + 'env>, Box<dyn LentCall + 'static>>(function)
        };
        let lent = Rc::new(LentFunction(RefCell::new(Some(function))));
        self.lent.borrow_mut().push(lent.clone());
        lent
    }
}

impl fmt::Debug for Lender<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lender { .. }")
    }
}
