//! Conversions between Rust and Lua: the four traits, and the values that they work on.
//!
//! The implementations are in the files beside this one: numbers, text, collections, and several
//! values at once.

mod collections;
mod multi;
mod scalars;

use luster_value::{CallbackReturn, Context, Stack, Value};

use crate::error::{Error, Result};

#[cfg(feature = "derive")]
pub(crate) use collections::table_with_room;
pub use multi::Variadic;
pub(crate) use scalars::{utf8, with_bytes};

/// A Rust type that can become a Lua value.
///
/// It is implemented for integers, floats, `bool`, strings and bytes, `Option` (`None` is nil),
/// vectors, arrays, slices, maps and sets (tables), the handles of this crate, and every
/// [`UserData`](crate::UserData).
#[cfg_attr(feature = "derive", doc = "The [derive](macro@crate::IntoLua)")]
#[cfg_attr(not(feature = "derive"), doc = "The derive, of the feature `derive`,")]
/// makes tables of structs.
///
/// ```
/// use luster::values::{Context, Value};
/// use luster::{IntoLua, Lua, Result};
///
/// struct Celsius(f64);
///
/// impl IntoLua for Celsius {
///     fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
///         (self.0 + 273.15).into_lua(ctx)
///     }
/// }
///
/// let lua = Lua::new();
/// lua.globals().set("temperature", Celsius(20.0))?;
/// assert_eq!(lua.load("temperature").eval::<f64>()?, 293.15);
/// # Ok::<(), luster::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not become a Lua value",
    note = "implement `IntoLua` or `UserData` for it, or derive one of them"
)]
pub trait IntoLua: Sized {
    /// Whether it always succeeds, and runs no code of others. Functions that return such a type are
    /// called by a shorter way where there is one.
    const NEVER_FAILS: bool = false;

    /// Makes a value.
    ///
    /// # Errors
    /// When there is no Lua value for it: an integer that is out of range, say.
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>>;
}

/// A Rust type that can be made of a Lua value.
///
/// Numbers and strings convert to each other as in Lua, integers are range-checked, and `bool`
/// takes booleans only. `Option` is `None` for nil.
#[cfg_attr(feature = "derive", doc = "The [derive](macro@crate::FromLua)")]
#[cfg_attr(not(feature = "derive"), doc = "The derive, of the feature `derive`,")]
/// makes structs of tables.
///
/// ```
/// use luster::values::{Context, Value};
/// use luster::{FromLua, Lua, Result};
///
/// #[derive(Debug, PartialEq)]
/// struct Percent(f64);
///
/// impl FromLua for Percent {
///     fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
///         Ok(Percent(f64::from_lua(ctx, value)? / 100.0))
///     }
/// }
///
/// assert_eq!(Lua::new().load("25").eval::<Percent>()?, Percent(0.25));
/// # Ok::<(), luster::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made of a Lua value",
    note = "implement or derive `FromLua` for it, or take a userdata as `&{Self}`"
)]
pub trait FromLua: Sized {
    /// Converts a value.
    ///
    /// # Errors
    /// When it is of another type: "string expected, got nil".
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self>;
}

/// What can become several Lua values: arguments of a call, or results of a function.
///
/// Everything that is [`IntoLua`] is one value; `()` is none, tuples are what they consist of, one
/// after the other, and a [`Variadic`] is as many as it has. A `Result` is its value, or the error
/// is raised.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not become Lua values",
    note = "implement `IntoLua` or `UserData` for it, or derive one of them"
)]
pub trait IntoLuaMulti: Sized {
    /// Whether it is one value that [never fails](IntoLua::NEVER_FAILS), or none.
    const AT_MOST_ONE_AND_NEVER_FAILS: bool = false;

    /// The one value, or nil if there is none, if it [never
    /// fails](Self::AT_MOST_ONE_AND_NEVER_FAILS).
    #[inline]
    fn into_one<'gc>(self, _ctx: Context<'gc>) -> Option<Value<'gc>> {
        None
    }

    /// Puts the values on a stack, behind what is there.
    ///
    /// # Errors
    /// When there is no Lua value for one of them.
    fn push_into<'gc>(self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<()>;

    /// Makes them what a function answers the VM. It is to return the values, unless the type says
    /// otherwise: [`Reply`](crate::Reply) does.
    ///
    /// # Errors
    /// As [`push_into`](Self::push_into).
    #[inline]
    fn into_reply<'gc>(
        self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>> {
        stack.clear();
        self.push_into(ctx, stack)?;
        Ok(CallbackReturn::Return)
    }
}

/// What can be made of several Lua values: the results of a call, or the arguments of a function.
///
/// Missing values are nil, and values that are left over are dropped. A `Result` is an error when the
/// first value is nil and the second one is not: `return nil, "no such file"`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made of Lua values",
    note = "implement or derive `FromLua` for it"
)]
pub trait FromLuaMulti: Sized {
    /// Converts as many of the values as it needs.
    ///
    /// # Errors
    /// When one of them is of another type.
    fn from_lua_multi<'gc>(ctx: Context<'gc>, values: &mut Values<'_, 'gc>) -> Result<Self>;
}

/// Values in order, of which one after the other is taken.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a, 'gc> {
    values: &'a [Value<'gc>],
    taken: usize,
}

impl<'a, 'gc> Values<'a, 'gc> {
    /// All of the values.
    #[inline]
    pub fn new(values: &'a [Value<'gc>]) -> Self {
        Values { values, taken: 0 }
    }

    /// Takes the next value; nil when there is none left.
    #[inline]
    pub fn take(&mut self) -> Value<'gc> {
        let value = self.values.get(self.taken).copied().unwrap_or(Value::Nil);
        self.taken += 1;
        value
    }

    /// How many values have been taken, those beyond the end included.
    #[inline]
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// Whether the last one that was taken was none of them.
    pub(crate) fn is_beyond_end(&self) -> bool {
        self.taken > self.values.len()
    }

    /// The values that are left.
    #[inline]
    pub fn rest(&self) -> &'a [Value<'gc>] {
        self.values.get(self.taken..).unwrap_or_default()
    }
}

/// The error that a value is not of the expected type.
#[cold]
pub(crate) fn mismatch<'gc>(ctx: Context<'gc>, expected: &str, value: Value<'gc>) -> Error {
    let actual = ctx.type_name(value);
    Error::conversion(format!("{expected} expected, got {actual}"))
}
