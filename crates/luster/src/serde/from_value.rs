//! Serde values of Lua values: the deserializer. How it goes through tables is in `contents`.

use luster_number::Number;
use luster_value::{Context, Table, Value};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor,
};

use super::contents::{Elements, Entries, is_list, stray_key};
use super::fault::Fault;
use super::{DeserializeOptions, MAX_DEPTH, is_null, known_array_metatable};
use crate::error::Result;

/// Converts a Lua value.
pub(super) fn convert<'gc, T: DeserializeOwned>(
    ctx: Context<'gc>,
    value: Value<'gc>,
    options: &DeserializeOptions,
) -> Result<T> {
    let shared = Shared { ctx, options, array_metatable: known_array_metatable(ctx) };
    T::deserialize(Reader { shared: &shared, value, above: None, is_key: false })
        .map_err(|fault| fault.into_error(options.root.as_deref()))
}

/// What a conversion has one of.
pub(super) struct Shared<'a, 'gc> {
    pub(super) ctx: Context<'gc>,
    pub(super) options: &'a DeserializeOptions,
    array_metatable: Option<Table<'gc>>,
}

/// A table that is being read, and those that it is in.
pub(super) struct Level<'a, 'gc> {
    pub(super) table: Table<'gc>,
    depth: u32,
    above: Option<&'a Level<'a, 'gc>>,
}

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a, 'gc> {
    pub(super) shared: &'a Shared<'a, 'gc>,
    pub(super) value: Value<'gc>,
    pub(super) above: Option<&'a Level<'a, 'gc>>,
    /// Whether it is a key, for which a number may stand for a string.
    pub(super) is_key: bool,
}

impl<'a, 'gc> Reader<'a, 'gc> {
    /// The type of the value for messages.
    fn got(self) -> String {
        self.shared.ctx.type_name(self.value).into_owned()
    }

    /// The text of a string that is UTF-8.
    fn text(self) -> Option<&'gc str> {
        match self.value {
            Value::String(string) => string.to_str(),
            _ => None,
        }
    }

    fn is_nothing(self) -> bool {
        self.value.is_nil() || is_null(self.value)
    }

    fn is_unsupported(self) -> bool {
        match self.value {
            Value::Closure(_) | Value::Callback(_) | Value::Thread(_) => true,
            Value::UserData(_) => !is_null(self.value),
            _ => false,
        }
    }

    /// Whether the value is a table that it is itself in.
    fn is_recursive(self) -> bool {
        let Value::Table(table) = self.value else { return false };
        let mut above = self.above;
        while let Some(level) = above {
            if level.table == table {
                return true;
            }
            above = level.above;
        }
        false
    }

    /// Whether the value is to be passed over, as far as possible.
    pub(super) fn is_left_out(self) -> bool {
        let options = self.shared.options;
        (!options.deny_unsupported_types && self.is_unsupported())
            || (!options.deny_recursive_tables && self.is_recursive())
    }

    /// Begins to read a table.
    fn enter(self, table: Table<'gc>) -> Result<Level<'a, 'gc>, Fault> {
        if self.is_recursive() {
            return Err(Fault::message("recursive table"));
        }
        self.shared.ctx.fill(table);
        let depth = self.above.map_or(0, |level| level.depth) + 1;
        if depth > MAX_DEPTH {
            return Err(Fault::message("tables nested too deeply"));
        }
        Ok(Level { table, depth, above: self.above })
    }

    fn is_marked(self, table: Table<'gc>) -> bool {
        table.metatable().is_some_and(|metatable| Some(metatable) == self.shared.array_metatable)
    }

    /// Visits a value that is not of the type that was hinted at: it may do nevertheless.
    #[cold]
    fn other<V: Visitor<'gc>>(self, expected: &str, visitor: V) -> Result<V::Value, Fault> {
        let got = match self.value {
            Value::Float(_) if expected == "integer" => {
                let mut text = Vec::new();
                self.shared.ctx.write_basic(&mut text, self.value);
                String::from_utf8_lossy(&text).into_owned()
            }
            Value::String(_) if self.text().is_none() && expected == "UTF-8 string" => {
                "other bytes".to_owned()
            }
            _ => self.got(),
        };
        if self.is_unsupported() && self.shared.options.deny_unsupported_types {
            return Err(Fault::mismatch(expected, got));
        }
        self.deserialize_any(visitor).map_err(|fault| fault.or_mismatch(expected, got))
    }

    /// The integer that the value is, or that it equals.
    fn integer(self) -> Option<i64> {
        match self.value {
            Value::Integer(integer) => Some(integer),
            Value::Float(float) => Number::Float(float.get()).to_integer(),
            _ => None,
        }
    }

    fn visit_list<V: Visitor<'gc>>(
        self,
        table: Table<'gc>,
        length: i64,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let level = self.enter(table)?;
        visitor.visit_seq(Elements::new(self.shared, &level, length))
    }

    fn visit_table<V: Visitor<'gc>>(
        self,
        table: Table<'gc>,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let level = self.enter(table)?;
        visitor.visit_map(Entries::new(self.shared, &level))
    }
}

macro_rules! integers {
    ($($deserialize:ident, $visit:ident: $integer:ty;)*) => {$(
        fn $deserialize<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.integer() {
                Some(integer) => match <$integer>::try_from(integer) {
                    Ok(integer) => visitor.$visit(integer),
                    Err(_) => Err(Fault::out_of_range(integer, stringify!($integer))),
                },
                None => self.other("integer", visitor),
            }
        }
    )*};
}

impl<'gc> Deserializer<'gc> for Reader<'_, 'gc> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Nil => visitor.visit_unit(),
            Value::False => visitor.visit_bool(false),
            Value::True => visitor.visit_bool(true),
            // As from JSON: visitors that know one sort of integers only were written for that.
            Value::Integer(integer) => match u64::try_from(integer) {
                Ok(natural) => visitor.visit_u64(natural),
                Err(_) => visitor.visit_i64(integer),
            },
            Value::Float(float) => visitor.visit_f64(float.get()),
            Value::String(string) => match string.to_str() {
                Some(text) => visitor.visit_borrowed_str(text),
                None => visitor.visit_borrowed_bytes(string.as_bytes()),
            },
            _ if self.is_nothing() || self.is_left_out() => visitor.visit_unit(),
            Value::Table(table) => {
                let length = table.length();
                if self.is_marked(table) || is_list(table, length) {
                    self.visit_list(table, length, visitor)
                } else {
                    self.visit_table(table, visitor)
                }
            }
            _ => Err(Fault::message(format!("a {} cannot be converted", self.got()))),
        }
    }

    integers! {
        deserialize_i8, visit_i8: i8;
        deserialize_i16, visit_i16: i16;
        deserialize_i32, visit_i32: i32;
        deserialize_i64, visit_i64: i64;
        deserialize_i128, visit_i128: i128;
        deserialize_u8, visit_u8: u8;
        deserialize_u16, visit_u16: u16;
        deserialize_u32, visit_u32: u32;
        deserialize_u64, visit_u64: u64;
        deserialize_u128, visit_u128: u128;
    }

    fn deserialize_bool<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::False => visitor.visit_bool(false),
            Value::True => visitor.visit_bool(true),
            _ => self.other("boolean", visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value.as_number() {
            Some(number) => visitor.visit_f32(number.to_float() as f32),
            None => self.other("number", visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value.as_number() {
            Some(number) => visitor.visit_f64(number.to_float()),
            None => self.other("number", visitor),
        }
    }

    fn deserialize_str<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::String(string) => match string.to_str() {
                Some(text) => visitor.visit_borrowed_str(text),
                None => self.other("UTF-8 string", visitor),
            },
            Value::Integer(_) | Value::Float(_) if self.is_key => {
                let mut text = Vec::new();
                self.shared.ctx.write_basic(&mut text, self.value);
                visitor.visit_str(&String::from_utf8_lossy(&text))
            }
            _ => self.other("string", visitor),
        }
    }

    fn deserialize_string<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::String(string) => visitor.visit_borrowed_bytes(string.as_bytes()),
            Value::Table(_) => self.deserialize_seq(visitor),
            _ => self.other("string", visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_nothing() || self.is_left_out() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_nothing() { visitor.visit_unit() } else { self.other("nil", visitor) }
    }

    fn deserialize_unit_struct<V: Visitor<'gc>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'gc>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Table(table) if !self.is_left_out() => {
                let length = table.length();
                if !self.is_marked(table)
                    && let Some(key) = stray_key(table, length)
                {
                    return Err(self.not_a_list(key));
                }
                self.visit_list(table, length, visitor)
            }
            _ => self.other("list", visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'gc>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value {
            Value::Table(table) if !self.is_left_out() => {
                // Elements at the end may be nil, and so not be there.
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                let length = table.length();
                if length > count {
                    let plural = if count == 1 { "" } else { "s" };
                    let expected = format!("list of {count} element{plural}");
                    return Err(Fault::mismatch(expected, length.to_string()));
                }
                match stray_key(table, count) {
                    Some(key) if !self.is_marked(table) => Err(self.not_a_list(key)),
                    _ => self.visit_list(table, count, visitor),
                }
            }
            _ => self.other("list", visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'gc>>(
        self,
        _: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Table(table) if !self.is_left_out() => self.visit_table(table, visitor),
            _ => self.other("table", visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'gc>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'gc>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        const EXPECTED: &str = "string or table with one key";
        match self.value {
            Value::String(_) => {
                let data = Reader { value: Value::Nil, ..self };
                visitor.visit_enum(Variant { name: self, data })
            }
            Value::Table(table) if !self.is_left_out() => {
                let level = self.enter(table)?;
                let Some((second, key, value)) = table.entry_from(0) else {
                    return Err(Fault::mismatch(EXPECTED, "empty table"));
                };
                if table.entry_from(second).is_some() {
                    return Err(Fault::mismatch(EXPECTED, "table with more keys"));
                }
                let data = Reader { value, above: Some(&level), ..self };
                visitor.visit_enum(Variant { name: Reader { value: key, ..data }, data })
            }
            _ => self.other(EXPECTED, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'gc>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

impl<'gc> Reader<'_, 'gc> {
    #[cold]
    fn not_a_list(self, key: Value<'gc>) -> Fault {
        let mut text = Vec::new();
        self.shared.ctx.write_basic(&mut text, key);
        let text = String::from_utf8_lossy(&text).into_owned();
        let got = match key {
            Value::String(_) => format!("table with the key {text:?}"),
            _ => format!("table with the key {text}"),
        };
        Fault::mismatch("list", got)
    }
}

/// An enum: the name of its variant, and the data of that, nil if there is none.
struct Variant<'a, 'gc> {
    name: Reader<'a, 'gc>,
    data: Reader<'a, 'gc>,
}

impl<'a, 'gc> Variant<'a, 'gc> {
    fn at_name<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at_key(self.name.shared.ctx, self.name.value))
    }
}

impl<'a, 'gc> EnumAccess<'gc> for Variant<'a, 'gc> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'gc>>(self, seed: T) -> Result<(T::Value, Self), Fault> {
        Ok((seed.deserialize(self.name)?, self))
    }
}

impl<'gc> VariantAccess<'gc> for Variant<'_, 'gc> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        let result = <() as serde::Deserialize>::deserialize(self.data);
        self.at_name(result)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'gc>>(self, seed: T) -> Result<T::Value, Fault> {
        let result = seed.deserialize(self.data);
        self.at_name(result)
    }

    fn tuple_variant<V: Visitor<'gc>>(self, count: usize, visitor: V) -> Result<V::Value, Fault> {
        let result = self.data.deserialize_tuple(count, visitor);
        self.at_name(result)
    }

    fn struct_variant<V: Visitor<'gc>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let result = self.data.deserialize_struct("", fields, visitor);
        self.at_name(result)
    }
}
