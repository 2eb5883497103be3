//! A Lua value of any type, and strings, as the host holds them.

use luster_value::{Context, Float, Value as Branded};

use crate::convert::{utf8, with_bytes};
use crate::error::Result;
use crate::handle::{Handle, handle};
use crate::{AnyUserData, FromLua, Function, IntoLua, Table, Thread};

/// A Lua value.
///
/// ```
/// use luster::{Lua, Value};
///
/// let lua = Lua::new();
/// let value: Value = lua.load("'text'").eval()?;
/// assert_eq!(value.type_name(), "string");
/// assert!(matches!(value, Value::String(text) if text.to_str()? == "text"));
/// # Ok::<(), luster::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `nil`
    #[default]
    Nil,
    /// `true` or `false`
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float.
    Number(f64),
    /// A string.
    String(LuaString),
    /// A table.
    Table(Table),
    /// A function, written in Lua or in Rust.
    Function(Function),
    /// A coroutine.
    Thread(Thread),
    /// A value of the host.
    UserData(AnyUserData),
}

impl Value {
    /// The name of its type, as `type` gives it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "nil",
            Value::Boolean(_) => "boolean",
            Value::Integer(_) | Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Table(_) => "table",
            Value::Function(_) => "function",
            Value::Thread(_) => "thread",
            Value::UserData(_) => "userdata",
        }
    }

    /// Whether it is `nil`.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Whether it counts as true: anything but `nil` and `false`.
    pub fn is_truthy(&self) -> bool {
        !matches!(self, Value::Nil | Value::Boolean(false))
    }

    /// Whether it is an integer, and not a float.
    pub fn is_integer(&self) -> bool {
        matches!(self, Value::Integer(_))
    }

    /// The boolean, if it is one.
    pub fn as_boolean(&self) -> Option<bool> {
        match *self {
            Value::Boolean(boolean) => Some(boolean),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_string(&self) -> Option<&LuaString> {
        match self {
            Value::String(string) => Some(string),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match self {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The function, if it is one.
    pub fn as_function(&self) -> Option<&Function> {
        match self {
            Value::Function(function) => Some(function),
            _ => None,
        }
    }

    /// The coroutine, if it is one.
    pub fn as_thread(&self) -> Option<&Thread> {
        match self {
            Value::Thread(thread) => Some(thread),
            _ => None,
        }
    }

    /// The userdata, if it is one.
    pub fn as_userdata(&self) -> Option<&AnyUserData> {
        match self {
            Value::UserData(userdata) => Some(userdata),
            _ => None,
        }
    }

    /// The integer, if it is one or a float with the value of one.
    pub fn as_integer(&self) -> Option<i64> {
        match *self {
            Value::Integer(integer) => Some(integer),
            Value::Number(float) => luster_number::Number::Float(float).to_integer(),
            _ => None,
        }
    }

    /// The number as a float, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match *self {
            Value::Integer(integer) => Some(integer as f64),
            Value::Number(float) => Some(float),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident;)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Value::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Boolean;
    i32 => Integer;
    i64 => Integer;
    u32 => Integer;
    f64 => Number;
    LuaString => String;
    Table => Table;
    Function => Function;
    Thread => Thread;
    AnyUserData => UserData;
}

impl FromLua for Value {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Branded<'gc>) -> Result<Self> {
        Ok(match value {
            Branded::Nil | Branded::Cell(_) => Value::Nil,
            Branded::False => Value::Boolean(false),
            Branded::True => Value::Boolean(true),
            Branded::Integer(integer) => Value::Integer(integer),
            Branded::Float(float) => Value::Number(float.get()),
            Branded::String(_) => Value::String(LuaString(Handle::new(ctx, value))),
            Branded::Table(_) => Value::Table(Table(Handle::new(ctx, value))),
            Branded::Closure(_) | Branded::Callback(_) => {
                Value::Function(Function(Handle::new(ctx, value)))
            }
            Branded::Thread(_) => Value::Thread(Thread(Handle::new(ctx, value))),
            Branded::UserData(_) => Value::UserData(AnyUserData(Handle::new(ctx, value))),
        })
    }
}

impl IntoLua for Value {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Branded<'gc>> {
        (&self).into_lua(ctx)
    }
}

impl IntoLua for &Value {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Branded<'gc>> {
        match self {
            Value::Nil => Ok(Branded::Nil),
            Value::Boolean(boolean) => Ok(Branded::boolean(*boolean)),
            Value::Integer(integer) => Ok(Branded::Integer(*integer)),
            Value::Number(float) => Ok(Branded::float(*float)),
            Value::String(string) => string.0.fetch(ctx),
            Value::Table(table) => table.0.fetch(ctx),
            Value::Function(function) => function.0.fetch(ctx),
            Value::Thread(thread) => thread.0.fetch(ctx),
            Value::UserData(userdata) => userdata.0.fetch(ctx),
        }
    }
}

/// As `tostring` shows it, but without the metamethod `__tostring`.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Boolean(boolean) => write!(f, "{boolean}"),
            Value::Integer(integer) => write!(f, "{integer}"),
            Value::Number(float) => f.write_str(&luster_number::Number::Float(*float).to_string()),
            Value::String(string) => f.write_str(&string.to_string_lossy()),
            Value::Table(table) => write!(f, "table: {:#x}", table.to_address()),
            Value::Function(function) => write!(f, "function: {:#x}", function.to_address()),
            Value::Thread(thread) => write!(f, "thread: {:#x}", thread.to_address()),
            Value::UserData(userdata) => write!(f, "userdata: {:#x}", userdata.to_address()),
        }
    }
}

handle! {
    /// A Lua string: any bytes, not only UTF-8.
    LuaString, "string", luster_value::Value::String(_)
}

impl LuaString {
    /// The bytes.
    ///
    /// # Errors
    /// When the VM does not exist any more.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.with_bytes(<[u8]>::to_vec)
    }

    /// Looks at the bytes without copying them.
    ///
    /// # Errors
    /// When the VM does not exist any more.
    pub fn with_bytes<T>(&self, f: impl FnOnce(&[u8]) -> T) -> Result<T> {
        self.0.visit(|ctx, value| with_bytes(ctx, value, |bytes| Ok(f(bytes))))
    }

    /// The text.
    ///
    /// # Errors
    /// When it is not UTF-8, or the VM does not exist any more.
    pub fn to_str(&self) -> Result<String> {
        self.0.visit(|ctx, value| with_bytes(ctx, value, |bytes| utf8(bytes).map(str::to_owned)))
    }

    /// The text, with what is not UTF-8 replaced.
    pub fn to_string_lossy(&self) -> String {
        self.with_bytes(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }
}

/// The text, with what is not UTF-8 replaced.
impl std::fmt::Display for LuaString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

/// Bytes that become a string, and are made of one: `Vec<u8>` is a list of numbers instead.
///
/// ```
/// use luster::{Bytes, Lua};
///
/// let lua = Lua::new();
/// let bytes: Bytes = lua.load(r"'\xFF\0'").eval()?;
/// assert_eq!(bytes.0, [0xFF, 0]);
/// # Ok::<(), luster::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes(bytes)
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl IntoLua for Bytes {
    fn into_lua<'gc>(self, ctx: Context<'gc>) -> Result<Branded<'gc>> {
        Ok(Branded::String(ctx.intern_owned(self.0)))
    }
}

impl FromLua for Bytes {
    fn from_lua<'gc>(ctx: Context<'gc>, value: Branded<'gc>) -> Result<Self> {
        with_bytes(ctx, value, |bytes| Ok(Bytes(bytes.to_vec())))
    }
}

/// Some values of a call, of any number and types.
pub type MultiValue = crate::Variadic<Value>;

/// A value that needs no VM.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlainValue {
    Nil,
    Boolean(bool),
    Integer(i64),
    Float(f64),
}

impl PlainValue {
    /// The plain value that a value is; nil for others.
    pub(crate) fn new(value: Branded<'_>) -> Self {
        match value {
            Branded::False => PlainValue::Boolean(false),
            Branded::True => PlainValue::Boolean(true),
            Branded::Integer(integer) => PlainValue::Integer(integer),
            Branded::Float(float) => PlainValue::Float(float.get()),
            _ => PlainValue::Nil,
        }
    }

    pub(crate) fn get<'gc>(self) -> Branded<'gc> {
        match self {
            PlainValue::Nil => Branded::Nil,
            PlainValue::Boolean(boolean) => Branded::boolean(boolean),
            PlainValue::Integer(integer) => Branded::Integer(integer),
            PlainValue::Float(float) => Branded::Float(Float::new(float)),
        }
    }
}
