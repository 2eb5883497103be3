//! What all handles are made of: a slot in which the VM holds a value, and the way to the VM.

use std::fmt;
use std::rc::Weak;

use luster_value::{Context, Stashed, Value};

use crate::error::{Error, Result};
use crate::lua::{Lua, Shared};

/// A value of a VM, held from outside.
#[derive(Clone)]
pub(crate) struct Handle {
    slot: Stashed,
    lua: Weak<Shared>,
}

impl Handle {
    /// Holds a value.
    #[inline]
    pub(crate) fn new<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Self {
        if let Value::Table(table) = value {
            // Hosts look past metamethods.
            ctx.fill(table);
        }
        let lua = ctx.host::<Weak<Shared>>().cloned().unwrap_or_default();
        Handle { slot: ctx.stash_value(value), lua }
    }

    /// The VM.
    #[inline]
    pub(crate) fn lua(&self) -> Result<Lua> {
        self.lua.upgrade().map(Lua::from_shared).ok_or_else(Error::closed)
    }

    /// The value, inside its VM's arena.
    #[inline]
    pub(crate) fn fetch<'gc>(&self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        ctx.fetch(&self.slot).ok_or_else(Error::foreign)
    }

    /// Visits the VM with the value.
    #[inline]
    pub(crate) fn visit<T>(
        &self,
        f: impl for<'gc> FnOnce(Context<'gc>, Value<'gc>) -> Result<T>,
    ) -> Result<T> {
        self.lua()?.visit(|ctx| f(ctx, self.fetch(ctx)?))
    }

    /// Whether both hold the same value, or equal ones.
    pub(crate) fn same(&self, other: &Handle) -> bool {
        self.slot.same_vm(&other.slot)
            && self.visit(|ctx, value| Ok(value.raw_equal(other.fetch(ctx)?))).unwrap_or(false)
    }

    /// The address of what it refers to, as `%p` shows it, or 0.
    pub(crate) fn address(&self) -> usize {
        self.visit(|_, value| Ok(value.address().unwrap_or(0))).unwrap_or(0)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.visit(|ctx, value| {
            let mut text = Vec::new();
            ctx.write_basic(&mut text, value);
            Ok(text)
        });
        match text {
            Ok(text) => f.write_str(&String::from_utf8_lossy(&text)),
            Err(_) => f.write_str("(value of a VM that is at work or gone)"),
        }
    }
}

/// Makes a type of handle: the struct, its conversions, comparison by identity, and `Debug`.
macro_rules! handle {
    ($(#[$attribute:meta])* $name:ident, $expected:literal, $($pattern:pat_param)|+) => {
        $(#[$attribute])*
        #[derive(Clone)]
        pub struct $name(pub(crate) $crate::handle::Handle);

        impl $crate::IntoLua for $name {
            #[inline]
            fn into_lua<'gc>(
                self,
                ctx: luster_value::Context<'gc>,
            ) -> $crate::Result<luster_value::Value<'gc>> {
                self.0.fetch(ctx)
            }
        }

        impl $crate::IntoLua for &$name {
            #[inline]
            fn into_lua<'gc>(
                self,
                ctx: luster_value::Context<'gc>,
            ) -> $crate::Result<luster_value::Value<'gc>> {
                self.0.fetch(ctx)
            }
        }

        impl $crate::FromLua for $name {
            #[inline]
            fn from_lua<'gc>(
                ctx: luster_value::Context<'gc>,
                value: luster_value::Value<'gc>,
            ) -> $crate::Result<Self> {
                match value {
                    $($pattern)|+ => Ok($name($crate::handle::Handle::new(ctx, value))),
                    other => Err($crate::convert::mismatch(ctx, $expected, other)),
                }
            }
        }

        /// Whether both are the same object.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.same(&other.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl $name {
            /// The address that `%p` shows: a number that tells objects apart while they live.
            pub fn to_address(&self) -> usize {
                self.0.address()
            }

            /// The VM that it belongs to.
            ///
            /// # Errors
            /// When that does not exist any more.
            pub fn lua(&self) -> $crate::Result<$crate::Lua> {
                self.0.lua()
            }

            /// The value inside the arena of its VM.
            ///
            /// # Errors
            /// When it belongs to another VM.
            pub fn fetch<'gc>(
                &self,
                ctx: luster_value::Context<'gc>,
            ) -> $crate::Result<luster_value::Value<'gc>> {
                self.0.fetch(ctx)
            }
        }
    };
}

pub(crate) use handle;
