//! Values of the host in scripts: types that are userdata, and how they get there and back.
//!
//! What scripts may do with a type is said with a [`Class`], in `class`.

mod class;
mod handle;
mod part;

use std::rc::Rc;

use luster_value::{Context, UserCell, UserData as Branded, UserRef, UserRefMut, Value};

use crate::convert::{FromLua, IntoLua, mismatch};
use crate::error::{Error, Result};
use crate::lua::Lua;

pub use class::Class;
pub use handle::AnyUserData;

pub(crate) use class::{StashedClass, TypeIdHasher, metatable};

/// A type of the host whose values scripts may hold, and what they may do with them.
///
/// A value that goes into the VM belongs to it; functions borrow it as `&T` or `&mut T`.
#[cfg_attr(
    feature = "derive",
    doc = "The [derive](macro@crate::UserData) and [`methods`](macro@crate::methods)"
)]
#[cfg_attr(not(feature = "derive"), doc = "The derive and `methods`, of the feature `derive`,")]
/// write the implementation, with the public fields and methods of a type; or it can be written by
/// hand:
///
/// ```
/// use luster::{Class, Lua, UserData};
///
/// struct Vec2 {
///     x: f64,
///     y: f64,
/// }
///
/// impl UserData for Vec2 {
///     fn build(class: &mut Class<Self>) {
///         class
///             .constructor("new", |x: f64, y: f64| Vec2 { x, y })
///             .field("x", |this: &Vec2| this.x)
///             .setter("x", |this: &mut Vec2, x: f64| this.x = x)
///             .field("y", |this: &Vec2| this.y)
///             .method("dot", |this: &Vec2, other: &Vec2| this.x * other.x + this.y * other.y)
///             .meta("__add", |a: &Vec2, b: &Vec2| Vec2 { x: a.x + b.x, y: a.y + b.y });
///     }
/// }
///
/// let lua = Lua::new();
/// lua.register::<Vec2>()?;
/// let dot: f64 = lua.load(r#"
///     local v = Vec2.new(1, 2)
///     v.x = 3
///     return (v + v):dot(v)
/// "#).eval()?;
/// assert_eq!(dot, 26.0);
/// # Ok::<(), luster::Error>(())
/// ```
///
/// A value that holds handles ([`Table`](crate::Table), [`Function`](crate::Function)) keeps what they
/// hold from being freed. If that leads back to the value itself, neither is ever freed before the
/// VM is: let such a type hold [branded values](crate::values) instead, and be traced.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a userdata",
    note = "derive `UserData` for it, or implement it with what scripts may do with it"
)]
pub trait UserData: Sized + 'static {
    /// The name of the type for scripts and in messages; the Rust name, unless it is said.
    fn name() -> &'static str {
        short_name::<Self>()
    }

    /// Says what scripts may do with values of the type.
    fn build(class: &mut Class<Self>);
}

/// The name of a type without the path of its module and without parameters.
fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    let name = name.split('<').next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name)
}

/// Puts a value into the VM, in the cell that holds it.
#[inline]
pub(crate) fn wrap<'gc, T: UserData>(
    ctx: Context<'gc>,
    cell: Rc<UserCell<T>>,
) -> Result<Value<'gc>> {
    let class = metatable::<T>(ctx)?;
    let userdata = Branded::from_rc(ctx, cell, Some(class.table));
    if class.has_finalizer {
        ctx.finalizers().add(Value::UserData(userdata));
    }
    Ok(Value::UserData(userdata))
}

impl<T: UserData> IntoLua for T {
    #[inline]
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        wrap(ctx, Rc::new(UserCell::new(self)))
    }
}

/// The cell of a value of a type, to share.
pub(crate) fn shared_cell<'gc, T: UserData>(
    ctx: Context<'gc>,
    value: Value<'gc>,
) -> Result<Rc<UserCell<T>>> {
    match value {
        Value::UserData(userdata) if let Some(cell) = userdata.downcast_cell::<T>() => Ok(cell),
        other => Err(mismatch(ctx, T::name(), other)),
    }
}

/// A shared borrow of a userdata that can be kept, also over the steps of an asynchronous function.
impl<T: UserData> FromLua for UserRef<T> {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        UserRef::new(shared_cell(ctx, value)?).map_err(Error::from)
    }
}

/// A mutable borrow of a userdata that can be kept.
impl<T: UserData> FromLua for UserRefMut<T> {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        UserRefMut::new(shared_cell(ctx, value)?).map_err(Error::from)
    }
}

impl Lua {
    /// Puts a value into the VM.
    ///
    /// # Errors
    /// When the VM collects garbage just now.
    pub fn create_userdata<T: UserData>(&self, value: T) -> Result<AnyUserData> {
        self.convert(value)
    }

    /// The table with the constructors, functions and methods of a type.
    ///
    /// # Errors
    /// When the VM collects garbage just now.
    pub fn class<T: UserData>(&self) -> Result<crate::Table> {
        self.visit(|ctx| {
            let class = metatable::<T>(ctx)?;
            crate::Table::from_lua(ctx, class.functions)
        })
    }

    /// Makes a type known to scripts: the table of its constructors, functions and methods becomes
    /// the global variable with its name.
    ///
    /// # Errors
    /// When the global cannot be set.
    pub fn register<T: UserData>(&self) -> Result<()> {
        self.globals().raw_set(T::name(), self.class::<T>()?)
    }
}
