//! Userdata of any type as the host holds them.

use luster_value::{UserRef, UserRefMut, Value};

use super::{UserData, shared_cell};
use crate::convert::{FromLua, FromLuaMulti, IntoLua, IntoLuaMulti};
use crate::error::{Error, Result};
use crate::handle::{Handle, handle};
use crate::object;

/// How many user values a userdata may have, as in the reference.
const MAX_USER_VALUES: usize = u16::MAX as usize;

handle! {
    /// A userdata of any type.
    ///
    /// ```
    /// use luster::{AnyUserData, Class, Lua, UserData};
    ///
    /// struct Counter(i64);
    ///
    /// impl UserData for Counter {
    ///     fn build(class: &mut Class<Self>) {
    ///         class.method("add", |this: &mut Counter, n: i64| this.0 += n);
    ///     }
    /// }
    ///
    /// let lua = Lua::new();
    /// let counter: AnyUserData = lua.create_userdata(Counter(1))?;
    /// lua.globals().set("counter", &counter)?;
    /// lua.load("counter:add(41)").exec()?;
    /// assert_eq!(counter.borrow::<Counter>()?.0, 42);
    /// # Ok::<(), luster::Error>(())
    /// ```
    AnyUserData, "userdata", luster_value::Value::UserData(_)
}

impl AnyUserData {
    /// Whether it is a value of this type.
    pub fn is<T: UserData>(&self) -> bool {
        self.0.visit(|ctx, value| shared_cell::<T>(ctx, value)).is_ok()
    }

    /// Borrows the value.
    ///
    /// # Errors
    /// When it is of another type, is mutably borrowed, or is only lent to the VM.
    pub fn borrow<T: UserData>(&self) -> Result<UserRef<T>> {
        self.0.visit(UserRef::from_lua)
    }

    /// Borrows the value to change it.
    ///
    /// # Errors
    /// When it is of another type, is borrowed, or is only lent to the VM.
    pub fn borrow_mut<T: UserData>(&self) -> Result<UserRefMut<T>> {
        self.0.visit(UserRefMut::from_lua)
    }

    /// Takes the value out of the VM, where it is gone then.
    ///
    /// # Errors
    /// When it is of another type, is borrowed, or is only lent to the VM.
    pub fn take<T: UserData>(&self) -> Result<T> {
        self.0.visit(|ctx, value| Ok(shared_cell::<T>(ctx, value)?.take()?))
    }

    /// A user value, from 0: a Lua value that the userdata keeps.
    ///
    /// # Errors
    /// When it is of another type than is asked for.
    pub fn user_value<V: FromLua>(&self, index: usize) -> Result<V> {
        self.0.visit(|ctx, value| match value {
            Value::UserData(userdata) => V::from_lua(ctx, userdata.user_value(index)),
            _ => unreachable!("the handle of a userdata holds a userdata"),
        })
    }

    /// Sets a user value.
    ///
    /// # Errors
    /// When the value cannot be converted, or the index is not below 65535.
    pub fn set_user_value(&self, index: usize, value: impl IntoLua) -> Result<()> {
        if index >= MAX_USER_VALUES {
            let message = format!("a userdata has no more than {MAX_USER_VALUES} user values");
            return Err(Error::new(message));
        }
        self.0.visit(|ctx, this| match this {
            Value::UserData(userdata) => {
                userdata.set_user_value(&ctx, index, value.into_lua(ctx)?);
                Ok(())
            }
            _ => unreachable!("the handle of a userdata holds a userdata"),
        })
    }

    /// A field, as scripts see it.
    ///
    /// # Errors
    /// When there is no such field, or it is of another type than is asked for.
    pub fn get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
        object::get(&self.0, key)
    }

    /// Sets a field, as scripts do.
    ///
    /// # Errors
    /// When there is no such field, or it cannot be set.
    pub fn set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
        object::set(&self.0, key, value)
    }

    /// Calls the userdata itself, by its metamethod `__call`.
    ///
    /// # Errors
    /// When it has none, and what that raises.
    pub fn call<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
        object::call_itself(&self.0, arguments)
    }

    /// Calls a method with the userdata and arguments.
    ///
    /// # Errors
    /// When there is no such method, and what it raises.
    pub fn call_method<R: FromLuaMulti>(
        &self,
        name: &str,
        arguments: impl IntoLuaMulti,
    ) -> Result<R> {
        object::call_method(&self.0, name, arguments)
    }

    pub(crate) fn handle(handle: Handle) -> Self {
        AnyUserData(handle)
    }
}
