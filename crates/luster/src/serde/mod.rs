//! Conversions of everything that serde knows, to Lua values and from them: the functions of [`Lua`]
//! for that, their options, and how null and arrays are told from nil and other tables.
//!
//! The conversions themselves are in `to_value` and `from_value` (with `contents`), their errors in
//! `fault`.

mod contents;
mod fault;
mod from_value;
mod to_value;

use luster_value::{
    Callback, CallbackReturn, Context, Stack, Table as Branded, UserData, Value as BrandedValue,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::convert::{FromLua, IntoLua};
use crate::error::Result;
use crate::handle::Handle;
use crate::lua::Lua;
use crate::table::Table;
use crate::value::Value;

/// How many tables may be inside each other; more of them could overflow the Rust stack.
const MAX_DEPTH: u32 = 128;

/// What serde values become that Lua has no type for: see [`Lua::to_value_with`].
///
/// ```
/// use luster::{Lua, SerializeOptions};
///
/// let lua = Lua::new();
/// let options = SerializeOptions::new().null_as_nil(false);
/// assert!(lua.to_value(&None::<i64>)?.is_nil());
/// assert_eq!(lua.to_value_with(&None::<i64>, options)?, lua.null());
/// # Ok::<(), luster::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until they are handed to `to_value_with`"]
pub struct SerializeOptions {
    null_as_nil: bool,
    mark_arrays: bool,
}

impl Default for SerializeOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl SerializeOptions {
    /// The options of [`Lua::to_value`].
    pub const fn new() -> Self {
        SerializeOptions { null_as_nil: true, mark_arrays: true }
    }

    /// Whether `None` and units are nil as long as nothing is lost by that: when they are the value
    /// itself, and in the fields of structs (true without being set). As elements of lists, tuples
    /// and maps they are [null](Lua::null) in any case, since with nil those would have fewer.
    ///
    /// On the way back, a field that is not there is `None`, but an error for a unit.
    ///
    /// ```
    /// use luster::{Lua, SerializeOptions};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Door {
    ///     key: Option<String>,
    /// }
    ///
    /// let lua = Lua::new();
    /// let door = lua.to_value(&Door { key: None })?;
    /// assert!(door.as_table().is_some_and(luster::Table::is_empty));
    /// let options = SerializeOptions::new().null_as_nil(false);
    /// let door = lua.to_value_with(&Door { key: None }, options)?;
    /// lua.globals().set("door", door)?;
    /// assert_eq!(lua.load("tostring(door.key)").eval::<String>()?, "null");
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub const fn null_as_nil(mut self, null_as_nil: bool) -> Self {
        self.null_as_nil = null_as_nil;
        self
    }

    /// Whether the tables of lists and tuples get the [metatable of arrays](Lua::array_metatable)
    /// (true without being set), by which an empty list is told from an empty map.
    ///
    /// ```
    /// use luster::{Lua, SerializeOptions};
    /// use serde_json::json;
    ///
    /// let lua = Lua::new();
    /// let marked = lua.to_value(&json!([]))?;
    /// let plain = lua.to_value_with(&json!([]), SerializeOptions::new().mark_arrays(false))?;
    /// assert_eq!(lua.from_value::<serde_json::Value>(marked)?, json!([]));
    /// assert_eq!(lua.from_value::<serde_json::Value>(plain)?, json!({}));
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub const fn mark_arrays(mut self, mark_arrays: bool) -> Self {
        self.mark_arrays = mark_arrays;
        self
    }
}

/// What is taken for what when Lua values become serde values: see [`Lua::from_value_with`].
///
/// ```
/// use luster::{DeserializeOptions, Lua};
///
/// let lua = Lua::new();
/// let script = lua.load("return { ports = { 80, 'x' } }").eval::<luster::Table>()?;
/// let options = DeserializeOptions::new().root("config");
/// type Config = std::collections::HashMap<String, Vec<u16>>;
/// let error = lua.from_value_with::<Config>(&script, options).unwrap_err();
/// assert_eq!(error.message(), "config.ports[2]: expected integer, got string");
/// # Ok::<(), luster::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until they are handed to `from_value_with`"]
pub struct DeserializeOptions {
    deny_unsupported_types: bool,
    deny_recursive_tables: bool,
    sort_keys: bool,
    root: Option<String>,
}

impl Default for DeserializeOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl DeserializeOptions {
    /// The options of [`Lua::from_value`].
    pub const fn new() -> Self {
        DeserializeOptions {
            deny_unsupported_types: true,
            deny_recursive_tables: true,
            sort_keys: false,
            root: None,
        }
    }

    /// Whether functions, coroutines and userdata are errors (true without being set). Otherwise
    /// tables seem not to have the fields that hold them, and elsewhere they are like nil.
    ///
    /// ```
    /// use luster::{DeserializeOptions, Lua, Value};
    /// use serde_json::json;
    ///
    /// let lua = Lua::new();
    /// let value: Value = lua.load("{ a = 1, f = print }").eval()?;
    /// let error = lua.from_value::<serde_json::Value>(&value).unwrap_err();
    /// assert_eq!(error.message(), "f: a function cannot be converted");
    /// let options = DeserializeOptions::new().deny_unsupported_types(false);
    /// assert_eq!(lua.from_value_with::<serde_json::Value>(&value, options)?, json!({ "a": 1 }));
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub const fn deny_unsupported_types(mut self, deny: bool) -> Self {
        self.deny_unsupported_types = deny;
        self
    }

    /// Whether a table that is inside itself is an error (true without being set). Otherwise it is
    /// left out where it comes again, as with
    /// [`deny_unsupported_types`](Self::deny_unsupported_types).
    ///
    /// ```
    /// use luster::{DeserializeOptions, Lua, Value};
    /// use serde_json::json;
    ///
    /// let lua = Lua::new();
    /// let value: Value = lua.load("local t = { a = 1 }; t.t = t; return t").eval()?;
    /// let error = lua.from_value::<serde_json::Value>(&value).unwrap_err();
    /// assert_eq!(error.message(), "t: recursive table");
    /// let options = DeserializeOptions::new().deny_recursive_tables(false);
    /// assert_eq!(lua.from_value_with::<serde_json::Value>(&value, options)?, json!({ "a": 1 }));
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub const fn deny_recursive_tables(mut self, deny: bool) -> Self {
        self.deny_recursive_tables = deny;
        self
    }

    /// Whether the entries of a table are visited in the order of their keys (booleans, numbers,
    /// strings), and not in the order of `pairs`, which is another one in every VM. For maps that keep
    /// the order, and to get the same one of several errors every time.
    ///
    /// ```
    /// use luster::{DeserializeOptions, Lua, Value};
    ///
    /// let lua = Lua::new();
    /// let value: Value = lua.load("{ b = 'x', a = 'x', c = 'x' }").eval()?;
    /// let options = DeserializeOptions::new().sort_keys(true);
    /// type Numbers = std::collections::HashMap<String, i64>;
    /// let error = lua.from_value_with::<Numbers>(&value, options).unwrap_err();
    /// assert_eq!(error.message(), "a: expected integer, got string");
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub const fn sort_keys(mut self, sort: bool) -> Self {
        self.sort_keys = sort;
        self
    }

    /// The name of the value, with which errors begin to say where in it they are.
    ///
    /// ```
    /// use luster::{DeserializeOptions, Lua};
    ///
    /// let options = DeserializeOptions::new().root("size");
    /// let error = Lua::new().from_value_with::<u32>("large", options).unwrap_err();
    /// assert_eq!(error.message(), "size: expected integer, got string");
    /// ```
    pub fn root(mut self, name: impl Into<String>) -> Self {
        self.root = Some(name.into());
        self
    }
}

/// A value that goes to Lua and comes from there through serde: for functions that scripts call, and
/// wherever else a value is converted.
///
/// ```
/// use luster::{Lua, Serde};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Size {
///     width: u32,
///     height: u32,
/// }
///
/// let lua = Lua::new();
/// lua.globals().set("turn", lua.function(|Serde(size): Serde<Size>| {
///     Serde(Size { width: size.height, height: size.width })
/// }))?;
/// let width: u32 = lua.load("turn({ width = 1, height = 2 }).width").eval()?;
/// assert_eq!(width, 2);
/// let error = lua.load("turn({ width = {}, height = 2 })").set_name("=script").exec().unwrap_err();
/// assert_eq!(
///     error.message(),
///     "script:1: bad argument #1 to 'turn' (width: expected integer, got table)",
/// );
/// # Ok::<(), luster::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serde<T>(pub T);

impl<T: Serialize> IntoLua for Serde<T> {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<BrandedValue<'gc>> {
        to_value::convert(ctx, &self.0, &SerializeOptions::new())
    }
}

impl<T: DeserializeOwned> FromLua for Serde<T> {
    fn from_lua<'gc>(ctx: Context<'gc>, value: BrandedValue<'gc>) -> Result<Self> {
        from_value::convert(ctx, value, &DeserializeOptions::new()).map(Serde)
    }
}

impl Lua {
    /// Makes a Lua value of a serde value.
    ///
    /// Structs and maps become tables, lists and tuples tables that are
    /// [marked as arrays](Self::array_metatable), bytes strings. An enum is the name of its variant
    /// as a string, or, when the variant has data, a table with the name as its one key. `None` and
    /// units are nil, or [null](Self::null) where nil would be missing.
    ///
    /// ```
    /// use luster::Lua;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Server {
    ///     name: String,
    ///     ports: Vec<u16>,
    /// }
    ///
    /// let lua = Lua::new();
    /// let server = Server { name: "a".to_owned(), ports: vec![80, 443] };
    /// lua.globals().set("server", lua.to_value(&server)?)?;
    /// assert_eq!(lua.load("server.name .. server.ports[2]").eval::<String>()?, "a443");
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// For an integer that is out of range, a key that cannot be one, tables that are nested more
    /// than 128 deep, and what the value's implementation of `Serialize` fails with.
    pub fn to_value<T: Serialize + ?Sized>(&self, value: &T) -> Result<Value> {
        self.to_value_with(value, SerializeOptions::new())
    }

    /// The same with options.
    ///
    /// ```
    /// use luster::{Lua, SerializeOptions};
    ///
    /// let lua = Lua::new();
    /// let options = SerializeOptions::new().mark_arrays(false);
    /// let list = lua.to_value_with(&[1, 2], options)?;
    /// assert!(list.as_table().is_some_and(|list| list.metatable().is_none()));
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`to_value`](Self::to_value).
    pub fn to_value_with<T: Serialize + ?Sized>(
        &self,
        value: &T,
        options: SerializeOptions,
    ) -> Result<Value> {
        self.visit(|ctx| Value::from_lua(ctx, to_value::convert(ctx, value, &options)?))
    }

    /// Makes a serde value of a Lua value.
    ///
    /// Values are of the type that is asked for, or it is an error that says where: unlike
    /// [`FromLua`], strings and numbers do not become each other. But floats with the value of an
    /// integer become integers, integers floats, and numbers that are keys become strings if those are
    /// asked for. Tables are looked at without metamethods. Where a value of any type is asked
    /// for, a table is a list when it is [marked](Self::array_metatable), or has the keys from 1 up
    /// to their number and no other ones; an empty one is a map.
    ///
    /// ```
    /// use luster::{Lua, Value};
    ///
    /// #[derive(Debug, serde::Deserialize)]
    /// struct Config {
    ///     servers: Vec<Server>,
    /// }
    ///
    /// #[derive(Debug, serde::Deserialize)]
    /// struct Server {
    ///     port: u16,
    /// }
    ///
    /// let lua = Lua::new();
    /// let value: Value = lua.load("{ servers = { { port = 80 }, { port = '443' } } }").eval()?;
    /// let error = lua.from_value::<Config>(&value).unwrap_err();
    /// assert_eq!(error.message(), "servers[2].port: expected integer, got string");
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is, or has in it, something else than is asked for. They are of the kind
    /// [`Conversion`](crate::ErrorKind::Conversion).
    pub fn from_value<T: DeserializeOwned>(&self, value: impl IntoLua) -> Result<T> {
        self.from_value_with(value, DeserializeOptions::new())
    }

    /// The same with options.
    ///
    /// ```
    /// use luster::{DeserializeOptions, Lua, Table};
    ///
    /// let lua = Lua::new();
    /// let table: Table = lua.load("{ 1, 'x' }").eval()?;
    /// let options = DeserializeOptions::new().root("sizes");
    /// let error = lua.from_value_with::<Vec<u32>>(&table, options).unwrap_err();
    /// assert_eq!(error.message(), "sizes[2]: expected integer, got string");
    /// # Ok::<(), luster::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_value`](Self::from_value).
    pub fn from_value_with<T: DeserializeOwned>(
        &self,
        value: impl IntoLua,
        options: DeserializeOptions,
    ) -> Result<T> {
        self.visit(|ctx| from_value::convert(ctx, value.into_lua(ctx)?, &options))
    }

    /// The value that stands for "nothing" inside tables, as the null of JSON does, where nil would
    /// mean that there is no such element. It is the same one in the whole VM, prints as `null`,
    /// and counts as true. [`from_value`](Self::from_value) takes it for `None` and `()`, as it does nil.
    ///
    /// ```
    /// use luster::Lua;
    ///
    /// let lua = Lua::new();
    /// lua.globals().set("null", lua.null())?;
    /// lua.globals().set("list", lua.to_value(&[Some(1), None, Some(3)])?)?;
    /// assert!(lua.load("#list == 3 and list[2] == null").eval::<bool>()?);
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn null(&self) -> Value {
        self.enter_arena(|ctx| {
            Value::UserData(crate::AnyUserData::handle(Handle::new(ctx, null(ctx))))
        })
    }

    /// The metatable that marks tables as arrays: what is a list even when it is empty.
    ///
    /// ```
    /// use luster::Lua;
    /// use serde_json::{Value, json};
    ///
    /// let lua = Lua::new();
    /// let table = lua.create_table();
    /// assert_eq!(lua.from_value::<Value>(&table)?, json!({}));
    /// table.set_metatable(Some(&lua.array_metatable()))?;
    /// assert_eq!(lua.from_value::<Value>(&table)?, json!([]));
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn array_metatable(&self) -> Table {
        self.enter_arena(|ctx| Table(Handle::new(ctx, BrandedValue::Table(array_metatable(ctx)))))
    }
}

/// The keys in the registry.
const NULL: &str = "_NULL";
const ARRAY: &str = "_ARRAY";

/// What the userdata of null holds.
struct Null;

/// Whether a value is the null of its VM.
fn is_null(value: BrandedValue<'_>) -> bool {
    matches!(value, BrandedValue::UserData(userdata) if userdata.downcast::<Null>().is_some())
}

/// The null of the VM, which is made when it is needed first.
fn null<'gc>(ctx: Context<'gc>) -> BrandedValue<'gc> {
    fn to_string<'gc>(
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
        stack.replace(ctx.string("null"));
        Ok(CallbackReturn::Return)
    }
    let there = ctx.registry().get_field(ctx, NULL);
    if !there.is_nil() {
        return there;
    }
    let metatable = Branded::new(ctx);
    let to_string = BrandedValue::Callback(Callback::new(ctx, "__tostring", to_string));
    metatable.set_field(ctx, "__tostring", to_string);
    metatable.set_field(ctx, "__name", ctx.string("null"));
    metatable.set_field(ctx, "__metatable", BrandedValue::False);
    let null = BrandedValue::UserData(UserData::new(ctx, Null, Some(metatable)));
    ctx.registry().set_field(ctx, NULL, null);
    null
}

/// The metatable of arrays, if there is any array yet.
fn known_array_metatable<'gc>(ctx: Context<'gc>) -> Option<Branded<'gc>> {
    match ctx.registry().get_field(ctx, ARRAY) {
        BrandedValue::Table(table) => Some(table),
        _ => None,
    }
}

/// The metatable of arrays, which is made when it is needed first.
fn array_metatable<'gc>(ctx: Context<'gc>) -> Branded<'gc> {
    known_array_metatable(ctx).unwrap_or_else(|| {
        let metatable = Branded::new(ctx);
        // All arrays share it, so that scripts had better not change it.
        metatable.set_field(ctx, "__metatable", BrandedValue::False);
        ctx.registry().set_field(ctx, ARRAY, BrandedValue::Table(metatable));
        metatable
    })
}
