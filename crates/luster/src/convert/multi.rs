//! Conversions of several values at once: tuples, results, and as many values as there are.

use std::ops::{Deref, DerefMut};

use luster_value::{CallbackReturn, Context, Stack, Value};

use super::{FromLua, FromLuaMulti, IntoLua, IntoLuaMulti, Values};
use crate::error::{Error, Result};

impl<T: IntoLua> IntoLuaMulti for T {
    const AT_MOST_ONE_AND_NEVER_FAILS: bool = T::NEVER_FAILS;

    #[inline]
    fn into_one<'gc>(self, ctx: Context<'gc>) -> Option<Value<'gc>> {
        self.into_lua(ctx).ok()
    }

    #[inline]
    fn push_into<'gc>(self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<()> {
        let value = self.into_lua(ctx)?;
        stack.push(value);
        Ok(())
    }

    #[inline]
    fn into_reply<'gc>(
        self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>> {
        let value = self.into_lua(ctx)?;
        stack.replace(value);
        Ok(CallbackReturn::Return)
    }
}

impl<T: FromLua> FromLuaMulti for T {
    #[inline]
    fn from_lua_multi<'gc>(ctx: Context<'gc>, values: &mut Values<'_, 'gc>) -> Result<Self> {
        T::from_lua(ctx, values.take())
    }
}

impl<T: IntoLuaMulti, E: Into<anyhow::Error>> IntoLuaMulti for std::result::Result<T, E> {
    #[inline]
    fn push_into<'gc>(self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<()> {
        match self {
            Ok(values) => values.push_into(ctx, stack),
            Err(error) => Err(Error::from(error.into())),
        }
    }

    #[inline]
    fn into_reply<'gc>(
        self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>> {
        match self {
            Ok(values) => values.into_reply(ctx, stack),
            Err(error) => Err(Error::from(error.into())),
        }
    }
}

/// The convention of Lua: what failed returns nil and a message, or whatever else it is that says why.
impl<T: FromLuaMulti, E: FromLua> FromLuaMulti for std::result::Result<T, E> {
    fn from_lua_multi<'gc>(ctx: Context<'gc>, values: &mut Values<'_, 'gc>) -> Result<Self> {
        match values.rest() {
            [Value::Nil, why, ..] if !why.is_nil() => {
                values.take();
                E::from_lua(ctx, values.take()).map(Err)
            }
            _ => T::from_lua_multi(ctx, values).map(Ok),
        }
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: IntoLuaMulti),*> IntoLuaMulti for ($($name,)*) {
            const AT_MOST_ONE_AND_NEVER_FAILS: bool = {
                let names: &[&str] = &[$(stringify!($name)),*];
                names.is_empty()
            };

            #[inline]
            fn into_one<'gc>(self, _: Context<'gc>) -> Option<Value<'gc>> {
                Self::AT_MOST_ONE_AND_NEVER_FAILS.then_some(Value::Nil)
            }

            #[inline]
            #[allow(
                unused_variables,
                non_snake_case,
                clippy::unused_unit,
                reason = "the names are those of the types, and `()` has none"
            )]
            fn push_into<'gc>(self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<()> {
                let ($($name,)*) = self;
                $($name.push_into(ctx, stack)?;)*
                Ok(())
            }
        }

        impl<$($name: FromLuaMulti),*> FromLuaMulti for ($($name,)*) {
            #[inline]
            #[allow(unused_variables, clippy::unused_unit, reason = "`()` takes nothing")]
            fn from_lua_multi<'gc>(
                ctx: Context<'gc>,
                values: &mut Values<'_, 'gc>,
            ) -> Result<Self> {
                Ok(($($name::from_lua_multi(ctx, values)?,)*))
            }
        }
    };
}

tuples!();
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);

/// How many values may come behind a [`Variadic`] in the same tuple.
const ROOM_BEHIND: usize = 256;

/// As many values as there are: the `...` of Rust functions.
///
/// ```
/// use luster::{Lua, Variadic};
///
/// let lua = Lua::new();
/// lua.globals().set("sum", lua.function(|numbers: Variadic<i64>| numbers.iter().sum::<i64>()))?;
/// assert_eq!(lua.load("sum(1, 2, 3)").eval::<i64>()?, 6);
/// # Ok::<(), luster::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variadic<T>(pub Vec<T>);

impl<T> Deref for Variadic<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> DerefMut for Variadic<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T> FromIterator<T> for Variadic<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Variadic(Vec::from_iter(values))
    }
}

impl<T> From<Vec<T>> for Variadic<T> {
    fn from(values: Vec<T>) -> Self {
        Variadic(values)
    }
}

impl<T> From<Variadic<T>> for Vec<T> {
    fn from(values: Variadic<T>) -> Self {
        values.0
    }
}

impl<T> IntoIterator for Variadic<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: IntoLua> IntoLuaMulti for Variadic<T> {
    fn push_into<'gc>(self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<()> {
        if !stack.reserve(self.0.len().saturating_add(ROOM_BEHIND)) {
            return Err(Error::conversion("too many values for the stack"));
        }
        for value in self.0 {
            let value = value.into_lua(ctx)?;
            stack.push(value);
        }
        Ok(())
    }
}

impl<T: FromLua> FromLuaMulti for Variadic<T> {
    fn from_lua_multi<'gc>(ctx: Context<'gc>, values: &mut Values<'_, 'gc>) -> Result<Self> {
        let count = values.rest().len();
        (0..count).map(|_| T::from_lua(ctx, values.take())).collect()
    }
}
