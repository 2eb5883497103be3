//! Conversions of collections, which are tables in Lua: lists, maps and sets.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};

use luster_value::{Context, Table, Value};

use super::{FromLua, IntoLua, mismatch};
use crate::error::{Error, Result};

/// Makes a list of values.
fn list<'gc>(
    ctx: Context<'gc>,
    values: impl ExactSizeIterator<Item: IntoLua>,
) -> Result<Value<'gc>> {
    let table = table_with_room(ctx, values.len(), 0)?;
    for (value, index) in values.zip(1..) {
        let value = value.into_lua(ctx).map_err(|error| error.in_element(index))?;
        table.set_integer(ctx, index, value).map_err(|key| Error::conversion(key.message()))?;
    }
    Ok(Value::Table(table))
}

/// Makes a table of pairs.
fn map<'gc>(
    ctx: Context<'gc>,
    pairs: impl ExactSizeIterator<Item = (impl IntoLua, impl IntoLua)>,
) -> Result<Value<'gc>> {
    let table = table_with_room(ctx, 0, pairs.len())?;
    for (key, value) in pairs {
        let (key, value) = (key.into_lua(ctx)?, value.into_lua(ctx)?);
        table.set(ctx, key, value).map_err(|key| Error::conversion(key.message()))?;
    }
    Ok(Value::Table(table))
}

/// A table with room for so much.
pub(crate) fn table_with_room(ctx: Context<'_>, array: usize, nodes: usize) -> Result<Table<'_>> {
    let too_many = || Error::conversion("too many elements for a table");
    let array = u32::try_from(array).map_err(|_| too_many())?;
    let nodes = u32::try_from(nodes).map_err(|_| too_many())?;
    Table::with_room(ctx, array, nodes).map_err(|_| too_many())
}

fn table<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Table<'gc>> {
    match value {
        Value::Table(table) => {
            ctx.fill(table);
            Ok(table)
        }
        other => Err(mismatch(ctx, "table", other)),
    }
}

/// The elements of a list, up to its length.
fn elements<'gc, T: FromLua>(
    ctx: Context<'gc>,
    value: Value<'gc>,
) -> Result<impl Iterator<Item = Result<T>>> {
    let table = table(ctx, value)?;
    let length = table.length();
    // The border of a table made for it can be anywhere: a script must not make the host loop there.
    let (array, nodes) = table.sizes();
    if length as u64 > (array + nodes) as u64 {
        return Err(Error::conversion(format!("list of {length} elements has too many holes")));
    }
    let level = Level::enter()?;
    Ok((1..=length).map(move |index| {
        let _level = &level;
        T::from_lua(ctx, table.get_integer(index)).map_err(|error| error.in_element(index))
    }))
}

/// How many tables may be converted one inside the other: a script may hand over one that is in itself.
const MAX_DEPTH: u32 = 128;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// A table whose contents are being converted.
struct Level;

impl Level {
    fn enter() -> Result<Self> {
        let depth = DEPTH.get();
        if depth >= MAX_DEPTH {
            return Err(Error::conversion("tables nested too deeply"));
        }
        DEPTH.set(depth + 1);
        Ok(Level)
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// All pairs of a table.
fn pairs<'gc, K: FromLua, V: FromLua>(
    ctx: Context<'gc>,
    value: Value<'gc>,
) -> Result<impl Iterator<Item = Result<(K, V)>>> {
    let table = table(ctx, value)?;
    let mut last = Value::Nil;
    let level = Level::enter()?;
    Ok(std::iter::from_fn(move || {
        let _level = &level;
        let (key, value) = table.next(last).ok()??;
        last = key;
        let pair = K::from_lua(ctx, key).and_then(|k| Ok((k, V::from_lua(ctx, value)?)));
        Some(pair.map_err(|error| in_key(ctx, error, key)))
    }))
}

/// Says that an error is about the pair with this key.
#[cold]
fn in_key<'gc>(ctx: Context<'gc>, error: Error, key: Value<'gc>) -> Error {
    let mut name = Vec::new();
    ctx.write_basic(&mut name, key);
    let name = String::from_utf8_lossy(&name);
    match key {
        Value::String(_) => error.in_field(&name),
        _ => error.in_element(name),
    }
}

macro_rules! lists {
    ($($list:ident [$($bound:path),*];)*) => {$(
        impl<T: IntoLua> IntoLua for $list<T> {
            fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
                list(ctx, self.into_iter())
            }
        }

        impl<T: FromLua $(+ $bound)*> FromLua for $list<T> {
            fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
                elements(ctx, value)?.collect()
            }
        }
    )*};
}

lists! {
    Vec [];
    VecDeque [];
}

impl<T: IntoLua> IntoLua for Box<[T]> {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        list(ctx, self.into_vec().into_iter())
    }
}

impl<T: FromLua> FromLua for Box<[T]> {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        elements(ctx, value)?.collect()
    }
}

impl<T: IntoLua + Clone> IntoLua for &[T] {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        list(ctx, self.iter().cloned())
    }
}

impl<T: IntoLua + Clone, const N: usize> IntoLua for &[T; N] {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        list(ctx, self.iter().cloned())
    }
}

impl<T: IntoLua + Clone> IntoLua for &Vec<T> {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        list(ctx, self.iter().cloned())
    }
}

impl<T: IntoLua, const N: usize> IntoLua for [T; N] {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        list(ctx, self.into_iter())
    }
}

impl<T: FromLua, const N: usize> FromLua for [T; N] {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        let list = Vec::from_lua(ctx, value)?;
        list.try_into().map_err(|list: Vec<T>| {
            Error::conversion(format!("list of {N} elements expected, got {}", list.len()))
        })
    }
}

impl<K: IntoLua, V: IntoLua, S> IntoLua for HashMap<K, V, S> {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        map(ctx, self.into_iter())
    }
}

impl<K: FromLua + Eq + Hash, V: FromLua, S: BuildHasher + Default> FromLua for HashMap<K, V, S> {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        pairs(ctx, value)?.collect()
    }
}

impl<K: IntoLua, V: IntoLua> IntoLua for BTreeMap<K, V> {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
        map(ctx, self.into_iter())
    }
}

impl<K: FromLua + Ord, V: FromLua> FromLua for BTreeMap<K, V> {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        pairs(ctx, value)?.collect()
    }
}

/// The members of a set: the keys whose values are true, or the elements of a list.
fn members<'gc, T: FromLua>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Vec<T>> {
    let table = table(ctx, value)?;
    if !table.get_integer(1).is_nil() && !matches!(table.get_integer(1), Value::True) {
        return elements(ctx, value)?.collect();
    }
    let _level = Level::enter()?;
    let mut members = Vec::new();
    let mut last = Value::Nil;
    while let Ok(Some((key, value))) = table.next(last) {
        last = key;
        if value.is_truthy() {
            members.push(T::from_lua(ctx, key).map_err(|error| in_key(ctx, error, key))?);
        }
    }
    Ok(members)
}

macro_rules! sets {
    ($(impl [$($generics:tt)*] for $set:ty, [$($bound:tt)*];)*) => {$(
        impl<T: IntoLua, $($generics)*> IntoLua for $set {
            /// A table whose keys are the members, with `true` for each.
            fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Value<'gc>> {
                map(ctx, self.into_iter().map(|member| (member, true)))
            }
        }

        impl<T: FromLua + $($bound)*> FromLua for $set {
            /// The keys of a table whose values are true, or the elements of a list.
            fn from_lua<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
                Ok(members(ctx, value)?.into_iter().collect())
            }
        }
    )*};
}

sets! {
    impl [S] for HashSet<T, S>, [Eq + Hash, S: BuildHasher + Default];
    impl [] for BTreeSet<T>, [Ord];
}
