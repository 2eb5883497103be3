//! What the code that `luster-derive` generates stands on, and what the tests of the whole ask. It is no part of the interface: it may
//! change with every version, together with the derives.

use std::marker::PhantomData;

use luster_value::{Context, LuaString, Table, Value};

use crate::convert::{FromLua, IntoLua, IntoLuaMulti, mismatch, table_with_room};
use crate::error::{Error, Result};
use crate::param::{ByRef, ByValue, Param};
use crate::userdata::{Class, UserData};

pub use luster_value::account::take_largest_table;

/// A type whose [`UserData`] is derived.
#[diagnostic::on_unimplemented(
    message = "`#[luster::methods]` needs a type that derives `UserData`, and `{Self}` does not",
    label = "add `#[derive(luster::UserData)]` to this type",
    note = "an implementation of `UserData` that is written by hand says by itself what scripts \
            may do, with `Class::method` and its siblings"
)]
pub trait DerivesUserData: UserData {}

/// A type with an `impl` block that is marked by `methods`.
pub trait Methods: DerivesUserData {
    /// Adds what is in the block.
    fn add(class: &mut Class<Self>);
}

/// Finds the methods of a type, if it has some: a function of the type itself comes before that of
/// a trait, and is there only if its bounds hold.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T: Methods> Probe<T> {
    /// Adds the methods.
    pub fn add_methods(class: &mut Class<T>) {
        T::add(class);
    }
}

/// What is found for a type without methods.
pub trait WithoutMethods<T> {
    /// Adds nothing.
    fn add_methods(_: &mut Class<T>) {}
}

impl<T> WithoutMethods<T> for Probe<T> {}

/// Has the compiler say which parameter it is that scripts cannot give.
#[inline(always)]
pub fn check_parameter<T: Param<How>, How>() {}

/// Has the compiler say that it is the result that scripts cannot take.
#[inline(always)]
pub fn check_result<T: IntoLuaMulti>() {}

/// Adds an asynchronous function.
#[cfg(feature = "async")]
pub fn add_async_function<T: UserData, S: 'static>(
    class: &mut Class<T>,
    name: &str,
    function: impl crate::AsyncFunction<S>,
) {
    class.async_function(name, function);
}

/// Adds an asynchronous method.
#[cfg(feature = "async")]
pub fn add_async_method<T: UserData, S: 'static>(
    class: &mut Class<T>,
    name: &str,
    function: impl crate::AsyncFunction<S>,
) {
    class.async_method(name, function);
}

/// What no function is, since the feature is not there.
#[cfg(not(feature = "async"))]
#[diagnostic::on_unimplemented(
    message = "asynchronous functions for scripts need the feature `async` of luster",
    label = "this is asynchronous",
    note = "leave it out with `#[lua(skip)]` if scripts do not need it"
)]
pub trait AsyncFunction {}

/// Has the compiler say that the feature is not there.
#[cfg(not(feature = "async"))]
pub fn add_async_function<T: UserData>(_: &mut Class<T>, _: &str, _: impl AsyncFunction) {}

/// Has the compiler say that the feature is not there.
#[cfg(not(feature = "async"))]
pub fn add_async_method<T: UserData>(_: &mut Class<T>, _: &str, _: impl AsyncFunction) {}

/// Adds a field that scripts read as a copy.
pub fn add_getter<T: UserData, V: Clone + IntoLua + 'static>(
    class: &mut Class<T>,
    name: &str,
    place: impl Fn(&T) -> &V + 'static,
) {
    class.field(name, move |this: &T| place(this).clone());
}

/// The type of a field that scripts can set. `How` is found out by the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be set by scripts",
    note = "the type of a field has to be `FromLua`, or a `UserData` that is `Clone`",
    note = "mark the field with `#[lua(readonly)]` or `#[lua(skip)]` if it is neither"
)]
pub trait SettableField<How>: Sized {
    /// Lets a field be set that is found by the function.
    fn add_setter<T: UserData>(
        class: &mut Class<T>,
        name: &str,
        place: impl Fn(&mut T) -> &mut Self + 'static,
    );
}

impl<V: FromLua + 'static> SettableField<ByValue> for V {
    fn add_setter<T: UserData>(
        class: &mut Class<T>,
        name: &str,
        place: impl Fn(&mut T) -> &mut V + 'static,
    ) {
        class.setter(name, move |this: &mut T, value: V| *place(this) = value);
    }
}

/// A userdata is copied into the field, and stays with the script.
impl<V: UserData + Clone> SettableField<ByRef> for V {
    fn add_setter<T: UserData>(
        class: &mut Class<T>,
        name: &str,
        place: impl Fn(&mut T) -> &mut V + 'static,
    ) {
        class.setter(name, move |this: &mut T, value: &V| place(this).clone_from(value));
    }
}

/// Lets a field be set.
pub fn add_setter<T: UserData, V: SettableField<How>, How>(
    class: &mut Class<T>,
    name: &str,
    place: impl Fn(&mut T) -> &mut V + 'static,
) {
    V::add_setter(class, name, place);
}

/// A table that becomes a struct.
#[derive(Clone, Copy)]
pub struct TableReader<'gc> {
    ctx: Context<'gc>,
    table: Table<'gc>,
}

impl<'gc> TableReader<'gc> {
    /// Takes a value that is to be a table.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(ctx: Context<'gc>, value: Value<'gc>) -> Result<Self> {
        match value {
            Value::Table(table) => {
                ctx.fill(table);
                Ok(TableReader { ctx, table })
            }
            other => Err(mismatch(ctx, "table", other)),
        }
    }

    /// The field of a name.
    ///
    /// # Errors
    /// When it is of another type.
    #[inline]
    pub fn field<T: FromLua>(self, name: &str) -> Result<T> {
        let value = self.table.get_field(self.ctx, name);
        T::from_lua(self.ctx, value).map_err(|error| error.in_field(name))
    }

    /// The field of a name; if there is none, something else.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn field_or<T: FromLua>(self, name: &str, missing: impl FnOnce() -> T) -> Result<T> {
        let value = self.table.get_field(self.ctx, name);
        from_value_or(self.ctx, value, missing).map_err(|error| error.in_field(name))
    }

    /// The element at a position.
    ///
    /// # Errors
    /// When it is of another type.
    #[inline]
    pub fn element<T: FromLua>(self, position: i64) -> Result<T> {
        let value = self.table.get_integer(position);
        T::from_lua(self.ctx, value).map_err(|error| error.in_element(position))
    }

    /// The element at a position; if there is none, something else.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn element_or<T: FromLua>(self, position: i64, missing: impl FnOnce() -> T) -> Result<T> {
        let value = self.table.get_integer(position);
        from_value_or(self.ctx, value, missing).map_err(|error| error.in_element(position))
    }

    /// Checks that there are no fields but these.
    ///
    /// # Errors
    /// When there is another one.
    pub fn has_only_fields(self, names: &[&str]) -> Result<()> {
        let is_known = |key: LuaString<'_>| names.iter().any(|n| n.as_bytes() == key.as_bytes());
        self.has_only(|key| matches!(key, Value::String(key) if is_known(key)))
    }

    /// Checks that there are no more elements than so many.
    ///
    /// # Errors
    /// When there are more, or others.
    pub fn has_only_elements(self, count: usize) -> Result<()> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.has_only(|key| matches!(key, Value::Integer(key) if (1..=count).contains(&key)))
    }

    fn has_only(self, is_known: impl Fn(Value<'gc>) -> bool) -> Result<()> {
        let mut position = 0;
        while let Some((next, key, _)) = self.table.entry_from(position) {
            position = next;
            if !is_known(key) {
                let mut name = Vec::new();
                self.ctx.write_basic(&mut name, key);
                let name = String::from_utf8_lossy(&name);
                return Err(Error::conversion(format!("unknown field '{name}'")));
            }
        }
        Ok(())
    }
}

/// Converts a value.
///
/// # Errors
/// When it is of another type.
#[inline]
pub fn from_value<'gc, T: FromLua>(ctx: Context<'gc>, value: Value<'gc>) -> Result<T> {
    T::from_lua(ctx, value)
}

/// Converts a value; if it is nil, there is something else.
///
/// # Errors
/// When it is of another type.
#[inline]
pub fn from_value_or<'gc, T: FromLua>(
    ctx: Context<'gc>,
    value: Value<'gc>,
    missing: impl FnOnce() -> T,
) -> Result<T> {
    if value.is_nil() { Ok(missing()) } else { T::from_lua(ctx, value) }
}

/// Makes a value.
///
/// # Errors
/// When there is no Lua value for it.
#[inline]
pub fn into_value<'gc, T: IntoLua>(ctx: Context<'gc>, value: T) -> Result<Value<'gc>> {
    value.into_lua(ctx)
}

/// Says in which field it is that something failed.
///
/// # Errors
/// Those of the function.
#[inline]
pub fn within<T>(name: &str, f: impl FnOnce() -> Result<T>) -> Result<T> {
    f().map_err(|error| error.in_field(name))
}

/// The name of the variant that a value is, and what it holds if it is a table: one of the names
/// that stand alone, or a table with one key, which is one of the others.
///
/// # Errors
/// When it is neither.
pub fn variant<'gc>(
    ctx: Context<'gc>,
    value: Value<'gc>,
    units: &[&str],
    tables: &[&str],
) -> Result<(&'gc [u8], Option<Value<'gc>>)> {
    match value {
        Value::String(name) => Ok((name.as_bytes(), None)),
        Value::Table(table) => {
            if let Some((next, Value::String(name), content)) = table.entry_from(0)
                && table.entry_from(next).is_none()
            {
                return Ok((name.as_bytes(), Some(content)));
            }
            let message = "table with one key, the name of a variant, expected";
            Err(Error::conversion(message))
        }
        other => {
            let expected = match (units.is_empty(), tables.is_empty()) {
                (false, true) => "string",
                (true, false) => "table",
                _ => "string or table",
            };
            Err(mismatch(ctx, expected, other))
        }
    }
}

/// The error that there is no variant of a name, or none that stands alone or is a table.
#[cold]
pub fn unknown_variant(name: &[u8], is_table: bool, units: &[&str], tables: &[&str]) -> Error {
    let shown = String::from_utf8_lossy(name);
    let is_in = |names: &[&str]| names.iter().any(|known| known.as_bytes() == name);
    if is_table && is_in(units) {
        let message = format!("variant '{shown}' holds nothing: string '{shown}' expected");
        return Error::conversion(message);
    }
    if !is_table && is_in(tables) {
        let message =
            format!("variant '{shown}' holds something: table {{ {shown} = .. }} expected");
        return Error::conversion(message);
    }
    let known: Vec<String> = units.iter().chain(tables).map(|name| format!("'{name}'")).collect();
    let known = match known.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "none".to_owned(),
    };
    Error::conversion(format!("unknown variant '{shown}', expected {known}"))
}

/// A struct that becomes a table.
#[derive(Clone, Copy)]
pub struct TableWriter<'gc> {
    ctx: Context<'gc>,
    table: Table<'gc>,
}

impl<'gc> TableWriter<'gc> {
    /// Makes a table with room for so many elements and fields.
    ///
    /// # Errors
    /// When there is no room for so many.
    pub fn new(ctx: Context<'gc>, elements: usize, fields: usize) -> Result<Self> {
        Ok(TableWriter { ctx, table: table_with_room(ctx, elements, fields)? })
    }

    /// Sets a field.
    ///
    /// # Errors
    /// When there is no Lua value for it.
    #[inline]
    pub fn field<T: IntoLua>(self, name: &str, value: T) -> Result<()> {
        let value = value.into_lua(self.ctx).map_err(|error| error.in_field(name))?;
        self.table.set_field(self.ctx, name, value);
        Ok(())
    }

    /// Sets an element.
    ///
    /// # Errors
    /// When there is no Lua value for it.
    pub fn element<T: IntoLua>(self, position: i64, value: T) -> Result<()> {
        let value = value.into_lua(self.ctx).map_err(|error| error.in_element(position))?;
        let set = self.table.set_integer(self.ctx, position, value);
        set.map_err(|key| Error::conversion(key.message()))
    }

    /// The table as a value.
    pub fn finish(self) -> Value<'gc> {
        Value::Table(self.table)
    }
}

/// Makes the table of a variant that holds something: its name is the only key.
///
/// # Errors
/// Those of the function that makes what it holds.
pub fn into_variant<'gc>(
    ctx: Context<'gc>,
    name: &str,
    content: impl FnOnce() -> Result<Value<'gc>>,
) -> Result<Value<'gc>> {
    let content = within(name, content)?;
    let table = table_with_room(ctx, 0, 1)?;
    table.set_field(ctx, name, content);
    Ok(Value::Table(table))
}

/// Is implemented for every type with `Drop`, so that implementing it says that a type has none.
pub trait MustNotImplementDrop {}

#[expect(drop_bounds, reason = "the types that implement `Drop` themselves are meant")]
impl<T: Drop> MustNotImplementDrop for T {}
