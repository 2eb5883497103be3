//! Tables as the host holds them.

use std::marker::PhantomData;

use luster_value::{Context, InvalidKey, Metamethod, Table as Branded, Value};
use luster_vm::operate;

use crate::convert::{FromLua, FromLuaMulti, IntoLua, IntoLuaMulti};
use crate::error::{Error, Result};
use crate::handle::{Handle, handle};
use crate::lua::Lua;
use crate::object::{self, Visit};
use crate::task::call;

handle! {
    /// A table.
    ///
    /// ```
    /// use luster::Lua;
    ///
    /// let lua = Lua::new();
    /// let config = lua.create_table();
    /// config.set("name", "luster")?;
    /// config.set(1, 5.5)?;
    /// assert_eq!(config.get::<String>("name")?, "luster");
    /// assert_eq!(config.get::<Option<i64>>("missing")?, None);
    /// assert_eq!(config.len()?, 1);
    /// # Ok::<(), luster::Error>(())
    /// ```
    Table, "table", luster_value::Value::Table(_)
}

/// The table of a handle.
fn table<'gc>(value: Value<'gc>) -> Branded<'gc> {
    match value {
        Value::Table(table) => table,
        _ => unreachable!("the handle of a table holds a table"),
    }
}

impl Table {
    fn visit<T>(
        &self,
        f: impl for<'gc> FnOnce(Context<'gc>, Branded<'gc>) -> Result<T>,
    ) -> Result<T> {
        self.0.visit(|ctx, value| f(ctx, table(value)))
    }

    /// The value of a key, with the metamethod `__index`.
    ///
    /// # Errors
    /// When it is of another type than is asked for, or `__index` fails.
    #[inline]
    pub fn get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
        object::get(&self.0, key)
    }

    /// Sets the value of a key, with the metamethod `__newindex`.
    ///
    /// # Errors
    /// When the key is nil or NaN, or `__newindex` fails.
    #[inline]
    pub fn set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
        object::set(&self.0, key, value)
    }

    /// The value of a key, without metamethods.
    ///
    /// # Errors
    /// When it is of another type than is asked for.
    #[inline]
    pub fn raw_get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
        self.visit(|ctx, table| V::from_lua(ctx, table.get(key.into_lua(ctx)?)))
    }

    /// Sets the value of a key, without metamethods.
    ///
    /// # Errors
    /// When the key is nil or NaN.
    #[inline]
    pub fn raw_set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
        self.visit(|ctx, table| set(ctx, table, key.into_lua(ctx)?, value.into_lua(ctx)?))
    }

    /// Whether a key has a value other than nil, with the metamethod `__index`.
    ///
    /// # Errors
    /// When `__index` fails.
    pub fn contains_key(&self, key: impl IntoLua) -> Result<bool> {
        self.get::<crate::Value>(key).map(|value| !value.is_nil())
    }

    /// Appends a value to a list, without metamethods.
    ///
    /// # Errors
    /// When the value cannot be converted.
    pub fn push(&self, value: impl IntoLua) -> Result<()> {
        self.visit(|ctx, table| {
            let value = value.into_lua(ctx)?;
            match table.length().checked_add(1) {
                Some(index) => set(ctx, table, Value::Integer(index), value),
                None => Err(Error::new("the list is full")),
            }
        })
    }

    /// Removes the last value of a list, without metamethods.
    ///
    /// # Errors
    /// When it is of another type than is asked for.
    pub fn pop<V: FromLua>(&self) -> Result<V> {
        self.visit(|ctx, table| {
            let last = table.length();
            let value = table.get_integer(last);
            if last > 0 {
                set(ctx, table, Value::Integer(last), Value::Nil)?;
            }
            V::from_lua(ctx, value)
        })
    }

    /// The length, as `#` gives it, with the metamethod `__len`.
    ///
    /// # Errors
    /// When `__len` fails.
    pub fn len(&self) -> Result<i64> {
        object::visit(&self.0, |ctx, value| Visit::new(ctx, operate::length(ctx, value)))
    }

    /// The length without metamethods.
    pub fn raw_len(&self) -> usize {
        self.visit(|_, table| Ok(table.length() as usize)).unwrap_or(0)
    }

    /// Whether it has no keys at all.
    pub fn is_empty(&self) -> bool {
        self.visit(|_, table| Ok(matches!(table.next(Value::Nil), Ok(None)))).unwrap_or(true)
    }

    /// Removes all keys, without metamethods.
    ///
    /// # Errors
    /// When the VM does not exist any more.
    pub fn clear(&self) -> Result<()> {
        self.visit(|ctx, table| {
            let mut last = Value::Nil;
            while let Ok(Some((key, _))) = table.next(last) {
                set(ctx, table, key, Value::Nil)?;
                last = key;
            }
            Ok(())
        })
    }

    /// The metatable.
    pub fn metatable(&self) -> Option<Table> {
        self.visit(|ctx, table| {
            Ok(ctx
                .visible_metatable(Value::Table(table))
                .map(|table| Table(Handle::new(ctx, Value::Table(table)))))
        })
        .unwrap_or(None)
    }

    /// Sets or removes the metatable. A field `__gc` in it makes the table one to be finalized, if it
    /// is there already.
    ///
    /// # Errors
    /// When the metatable is of another VM, and when the table is read-only.
    pub fn set_metatable(&self, metatable: Option<&Table>) -> Result<()> {
        self.visit(|ctx, this| {
            let metatable = match metatable {
                Some(handle) => Some(table(handle.0.fetch(ctx)?)),
                None => None,
            };
            if this.is_read_only() {
                return Err(Error::new(InvalidKey::ReadOnly.message()));
            }
            this.set_metatable(&ctx, metatable);
            if metatable.is_some_and(|m| !m.metamethod(ctx, Metamethod::Gc).is_nil()) {
                ctx.finalizers().add(Value::Table(this));
            }
            Ok(())
        })
    }

    /// Makes the table read-only, or lets it be changed again.
    ///
    /// Whoever changes a read-only table, or its metatable, gets the error "attempt to modify a readonly
    /// table": assignments, `rawset`, `table.insert` and its like, `setmetatable`, and
    /// [`set`](Self::set) too. A metamethod `__newindex` is still asked about new keys. What the
    /// table's fields refer to can be changed, unless it is read-only itself. Reading costs nothing
    /// more.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let shared = lua.table_of([("answer", 42)])?;
    /// shared.set_read_only(true)?;
    /// lua.globals().set("shared", &shared)?;
    /// let error = lua.load("shared.answer = 43").exec().unwrap_err();
    /// assert!(error.message().ends_with("attempt to modify a readonly table"));
    /// shared.set_read_only(false)?;
    /// shared.set("answer", 43)?;
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the VM is gone.
    pub fn set_read_only(&self, is_read_only: bool) -> Result<()> {
        self.visit(|ctx, table| {
            table.set_read_only(ctx, is_read_only);
            Ok(())
        })
    }

    /// Whether the table is read-only.
    pub fn is_read_only(&self) -> bool {
        self.visit(|_, table| Ok(table.is_read_only())).unwrap_or(false)
    }

    /// Calls the table itself, by its metamethod `__call`.
    ///
    /// # Errors
    /// When it has none, and what that raises.
    pub fn call<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
        object::call_itself(&self.0, arguments)
    }

    /// Calls the function of a key, found with the metamethod `__index`, with arguments.
    ///
    /// # Errors
    /// When there is no such function, and what it raises.
    pub fn call_function<R: FromLuaMulti>(
        &self,
        name: &str,
        arguments: impl IntoLuaMulti,
    ) -> Result<R> {
        let function = self.get::<crate::Value>(name)?;
        call(&self.0.lua()?, |ctx, stack| {
            arguments.push_into(ctx, stack)?;
            object::callable(ctx, function.into_lua(ctx)?, "field", name)
        })
    }

    /// Calls the method of a name with the table and arguments.
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

    /// All pairs, in the order of `next`, without metamethods.
    ///
    /// Pairs may be changed or removed meanwhile; after keys have been added, some pairs may be
    /// missing or come twice.
    ///
    /// ```
    /// use luster::Lua;
    ///
    /// let lua = Lua::new();
    /// let table: luster::Table = lua.load("{ a = 1, b = 2 }").eval()?;
    /// let mut sum = 0;
    /// for pair in table.pairs::<String, i64>() {
    ///     let (_, value) = pair?;
    ///     sum += value;
    /// }
    /// assert_eq!(sum, 3);
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn pairs<K: FromLua, V: FromLua>(&self) -> Pairs<K, V> {
        Pairs { table: self.clone(), position: Some(0), types: PhantomData }
    }

    /// The values of the keys 1, 2, and so on, up to the first that is nil, without metamethods.
    pub fn sequence<V: FromLua>(&self) -> Sequence<V> {
        Sequence { table: self.clone(), index: 1, types: PhantomData }
    }

    /// Calls a function for all pairs, in one visit to the VM: quicker than [`pairs`](Self::pairs).
    ///
    /// # Errors
    /// When a pair is of other types than asked for, and what the function returns.
    pub fn for_each<K: FromLua, V: FromLua>(
        &self,
        mut f: impl FnMut(K, V) -> Result<()>,
    ) -> Result<()> {
        self.visit(|ctx, table| {
            let mut position = 0;
            while let Some((next, key, value)) = table.entry_from(position) {
                position = next;
                f(K::from_lua(ctx, key)?, V::from_lua(ctx, value)?)?;
            }
            Ok(())
        })
    }
}

fn set<'gc>(
    ctx: Context<'gc>,
    table: Branded<'gc>,
    key: Value<'gc>,
    value: Value<'gc>,
) -> Result<()> {
    table.set(ctx, key, value).map_err(|key| Error::new(key.message()))
}

/// The pairs of a table; see [`Table::pairs`].
#[derive(Clone, Debug)]
pub struct Pairs<K, V> {
    table: Table,
    position: Option<u64>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: FromLua, V: FromLua> Iterator for Pairs<K, V> {
    type Item = Result<(K, V)>;

    fn next(&mut self) -> Option<Self::Item> {
        let position = self.position?;
        let pair = self.table.visit(|ctx, table| {
            Ok(match table.entry_from(position) {
                Some((next, key, value)) => {
                    let pair =
                        K::from_lua(ctx, key).and_then(|key| Ok((key, V::from_lua(ctx, value)?)));
                    Some((next, pair))
                }
                None => None,
            })
        });
        match pair {
            Ok(Some((next, pair))) => {
                self.position = Some(next);
                Some(pair)
            }
            Ok(None) => {
                self.position = None;
                None
            }
            Err(error) => {
                self.position = None;
                Some(Err(error))
            }
        }
    }
}

/// The values of a list; see [`Table::sequence`].
#[derive(Clone, Debug)]
pub struct Sequence<V> {
    table: Table,
    index: i64,
    types: PhantomData<fn() -> V>,
}

impl<V: FromLua> Iterator for Sequence<V> {
    type Item = Result<V>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.index;
        self.table
            .visit(|ctx, table| match table.get_integer(index) {
                Value::Nil => Ok(None),
                value => V::from_lua(ctx, value).map(Some),
            })
            .transpose()
            .inspect(|_| self.index += 1)
    }
}

impl Lua {
    /// The table of global variables.
    ///
    /// # Panics
    /// As [`enter`](Self::enter).
    pub fn globals(&self) -> Table {
        self.enter_arena(|ctx| Table(Handle::new(ctx, Value::Table(ctx.globals()))))
    }

    /// An empty table.
    ///
    /// # Panics
    /// As [`enter`](Self::enter).
    pub fn create_table(&self) -> Table {
        self.enter_arena(|ctx| Table(Handle::new(ctx, Value::Table(Branded::new(ctx)))))
    }

    /// A table of pairs.
    ///
    /// # Errors
    /// When a key is nil or NaN, or something is of another VM.
    pub fn table_of(
        &self,
        pairs: impl IntoIterator<Item = (impl IntoLua, impl IntoLua)>,
    ) -> Result<Table> {
        self.visit(|ctx| {
            let table = Branded::new(ctx);
            for (key, value) in pairs {
                set(ctx, table, key.into_lua(ctx)?, value.into_lua(ctx)?)?;
            }
            Ok(Table(Handle::new(ctx, Value::Table(table))))
        })
    }

    /// A list of values.
    ///
    /// # Errors
    /// When something is of another VM.
    pub fn list_of(&self, values: impl IntoIterator<Item = impl IntoLua>) -> Result<Table> {
        self.table_of((1..).zip(values))
    }
}
