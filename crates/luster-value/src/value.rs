//! A Lua value: 16 bytes, `Copy`, and nothing but a tag and one word.
//!
//! What the referenced objects are lives in their own modules; what operators do with values in
//! the VM.

use std::fmt;

use gc_arena::{Collect, Gc};
use luster_number::Number;

use crate::{Callback, Closure, LuaString, Table, Thread, UpValue, UserData, account};

/// A float as its bits, so that every payload of [`Value`] is one integer word and copies of
/// values stay two plain 8-byte moves.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
pub struct Float(u64);

impl Float {
    /// Wraps a float.
    #[inline(always)]
    pub const fn new(value: f64) -> Self {
        Float(value.to_bits())
    }

    /// The float itself.
    #[inline(always)]
    pub const fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl fmt::Debug for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// A Lua value.
///
/// The order of the variants is relied upon: what is false comes first, what the collector has to
/// look at comes last. The tag has four bytes, not one: what reads it to pass it on reads four, and a
/// load that is wider than the store before it has to wait for that to reach the cache.
#[derive(Clone, Copy, Collect, Default)]
#[collect(no_drop)]
#[repr(u32)]
pub enum Value<'gc> {
    /// `nil`
    #[default]
    Nil,
    /// `false`
    False,
    /// `true`
    True,
    /// An integer.
    Integer(i64),
    /// A float.
    Float(Float),
    /// A string.
    String(LuaString<'gc>),
    /// A table.
    Table(Table<'gc>),
    /// A function written in Lua.
    Closure(Closure<'gc>),
    /// A function written in Rust.
    Callback(Callback<'gc>),
    /// A value of the host.
    UserData(UserData<'gc>),
    /// A coroutine.
    Thread(Thread<'gc>),
    /// The cell of a captured variable, which only ever stands in a register and is never seen by
    /// a script: the verifier sees to that.
    Cell(UpValue<'gc>),
}

/// The eight types of Lua.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Type {
    /// `nil`
    Nil,
    /// `boolean`
    Boolean,
    /// `number`
    Number,
    /// `string`
    String,
    /// `table`
    Table,
    /// `function`
    Function,
    /// `userdata`
    UserData,
    /// `thread`
    Thread,
}

impl Type {
    /// How many types there are.
    pub const COUNT: usize = 8;

    /// All types, in the order of their numbers.
    pub const ALL: [Type; Type::COUNT] = [
        Type::Nil,
        Type::Boolean,
        Type::Number,
        Type::String,
        Type::Table,
        Type::Function,
        Type::UserData,
        Type::Thread,
    ];

    /// The type's name, as `type` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Type::Nil => "nil",
            Type::Boolean => "boolean",
            Type::Number => "number",
            Type::String => "string",
            Type::Table => "table",
            Type::Function => "function",
            Type::UserData => "userdata",
            Type::Thread => "thread",
        }
    }
}

impl<'gc> Value<'gc> {
    /// A float value.
    #[inline(always)]
    pub const fn float(value: f64) -> Self {
        Value::Float(Float::new(value))
    }

    /// A boolean value.
    #[inline(always)]
    pub const fn boolean(value: bool) -> Self {
        if value { Value::True } else { Value::False }
    }

    /// Whether it is `nil`.
    #[inline(always)]
    pub fn is_nil(self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Whether it counts as true: anything but `nil` and `false`.
    #[inline(always)]
    pub fn is_truthy(self) -> bool {
        !matches!(self, Value::Nil | Value::False)
    }

    /// Its type.
    pub fn type_of(self) -> Type {
        match self {
            Value::Nil | Value::Cell(_) => Type::Nil,
            Value::False | Value::True => Type::Boolean,
            Value::Integer(_) | Value::Float(_) => Type::Number,
            Value::String(_) => Type::String,
            Value::Table(_) => Type::Table,
            Value::Closure(_) | Value::Callback(_) => Type::Function,
            Value::UserData(_) => Type::UserData,
            Value::Thread(_) => Type::Thread,
        }
    }

    /// The name of its type.
    pub fn type_name(self) -> &'static str {
        self.type_of().name()
    }

    /// The number it is, without any conversion.
    #[inline]
    pub fn as_number(self) -> Option<Number> {
        match self {
            Value::Integer(i) => Some(Number::Integer(i)),
            Value::Float(f) => Some(Number::Float(f.get())),
            _ => None,
        }
    }

    /// The number it is or, when a string, spells.
    pub fn to_number(self) -> Option<Number> {
        match self {
            Value::String(s) => {
                account::looked_at(luster_number::parse_work(s.as_bytes()));
                luster_number::parse_number(s.as_bytes())
            }
            _ => self.as_number(),
        }
    }

    /// The integer it is, or that a float equals, or that a string spells.
    pub fn to_integer(self) -> Option<i64> {
        match self {
            Value::Integer(i) => Some(i),
            _ => self.to_number()?.to_integer(),
        }
    }

    /// Equality without metamethods. Integers and strings are compared in place.
    #[inline(always)]
    pub fn raw_equal(self, other: Value<'gc>) -> bool {
        match (self, other) {
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            _ => self.equals_other(other),
        }
    }

    #[inline(never)]
    fn equals_other(self, other: Value<'gc>) -> bool {
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::False, Value::False) => true,
            (Value::True, Value::True) => true,
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.get() == b.get(),
            (Value::Integer(a), Value::Float(b)) | (Value::Float(b), Value::Integer(a)) => {
                luster_number::equal(Number::Integer(a), Number::Float(b.get()))
            }
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Table(a), Value::Table(b)) => a == b,
            (Value::Closure(a), Value::Closure(b)) => a == b,
            (Value::Callback(a), Value::Callback(b)) => a == b,
            (Value::UserData(a), Value::UserData(b)) => a == b,
            (Value::Thread(a), Value::Thread(b)) => a == b,
            _ => false,
        }
    }

    /// The object it refers to, as the collector sees it.
    #[inline(always)]
    pub fn as_gc(self) -> Option<Gc<'gc, ()>> {
        match self {
            Value::Nil | Value::False | Value::True | Value::Integer(_) | Value::Float(_) => None,
            Value::String(s) => Some(s.erase()),
            Value::Table(t) => Some(t.erase()),
            Value::Closure(c) => Some(c.erase()),
            Value::Callback(c) => Some(c.erase()),
            Value::UserData(u) => Some(u.erase()),
            Value::Thread(t) => Some(t.erase()),
            Value::Cell(c) => Some(c.erase()),
        }
    }

    /// A number that tells objects apart for as long as they live, as `%p` prints it.
    pub fn address(self) -> Option<usize> {
        self.as_gc().map(|object| Gc::as_ptr(object) as usize)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Value::Nil => f.write_str("nil"),
            Value::False => f.write_str("false"),
            Value::True => f.write_str("true"),
            Value::Integer(i) => i.fmt(f),
            Value::Float(x) => x.fmt(f),
            Value::String(s) => s.fmt(f),
            other => write!(f, "{}: {:#x}", other.type_name(), other.address().unwrap_or(0)),
        }
    }
}

impl From<Number> for Value<'_> {
    #[inline]
    fn from(number: Number) -> Self {
        match number {
            Number::Integer(i) => Value::Integer(i),
            Number::Float(f) => Value::float(f),
        }
    }
}
