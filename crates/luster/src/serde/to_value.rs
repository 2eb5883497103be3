//! Lua values of serde values: the serializer.

use std::cell::Cell;

use luster_value::{Context, InvalidKey, Table, Value};
use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::fault::Fault;
use super::{MAX_DEPTH, SerializeOptions, array_metatable, null};
use crate::error::Result;

/// For how many elements room is made at once on a mere announcement.
const MAX_ROOM: usize = 1 << 20;

/// Makes a Lua value.
pub(super) fn convert<'gc, T: Serialize + ?Sized>(
    ctx: Context<'gc>,
    value: &T,
    options: &SerializeOptions,
) -> Result<Value<'gc>> {
    let shared = Shared {
        ctx,
        array_metatable: options.mark_arrays.then(|| array_metatable(ctx)),
        null: Cell::new(None),
        null_as_nil: options.null_as_nil,
    };
    let writer = Writer { shared: &shared, depth: 0, nil_is_kept: true };
    value.serialize(writer).map_err(|fault| fault.into_error(None))
}

/// What a conversion has one of.
struct Shared<'gc> {
    ctx: Context<'gc>,
    array_metatable: Option<Table<'gc>>,
    /// The null of the VM, once it has been needed.
    null: Cell<Option<Value<'gc>>>,
    null_as_nil: bool,
}

/// Makes one value.
#[derive(Clone, Copy)]
struct Writer<'a, 'gc> {
    shared: &'a Shared<'gc>,
    /// How many tables the value is in.
    depth: u32,
    /// Whether nil means "nothing" at this place, and not that there is no such element.
    nil_is_kept: bool,
}

impl<'a, 'gc> Writer<'a, 'gc> {
    /// What there is for "nothing".
    fn nothing(self) -> Value<'gc> {
        let shared = self.shared;
        if self.nil_is_kept && shared.null_as_nil {
            return Value::Nil;
        }
        shared.null.get().unwrap_or_else(|| {
            let null = null(shared.ctx);
            shared.null.set(Some(null));
            null
        })
    }

    /// A table with room for as many elements as are announced.
    fn table(self, elements: usize, entries: usize) -> Result<Making<'a, 'gc>, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::message("tables nested too deeply"));
        }
        let room = |count: usize| count.min(MAX_ROOM) as u32;
        let table = Table::with_room(self.shared.ctx, room(elements), room(entries))
            .map_err(invalid_key)?;
        Ok(Making { table, writer: Writer { depth: self.depth + 1, ..self } })
    }

    fn list(self, elements: usize) -> Result<ListWriter<'a, 'gc>, Fault> {
        let making = self.table(elements, 0)?;
        let metatable = self.shared.array_metatable;
        if metatable.is_some() {
            making.table.set_metatable(&self.shared.ctx, metatable);
        }
        Ok(ListWriter { making, length: 0, variant: None })
    }

    fn map(self, entries: usize) -> Result<MapWriter<'a, 'gc>, Fault> {
        Ok(MapWriter { making: self.table(0, entries)?, key: Value::Nil, variant: None })
    }

    /// What makes the data of a variant, and what makes the table around it.
    fn variant(self, name: &'static str) -> Result<(Self, Variant<'a, 'gc>), Fault> {
        let making = self.table(0, 1)?;
        Ok((making.writer, Variant { making, name }))
    }
}

fn invalid_key(key: InvalidKey) -> Fault {
    Fault::message(key.message())
}

/// A table that is being made.
#[derive(Clone, Copy)]
struct Making<'a, 'gc> {
    table: Table<'gc>,
    /// Makes the values in it.
    writer: Writer<'a, 'gc>,
}

impl<'gc> Making<'_, 'gc> {
    fn element<T: Serialize + ?Sized>(self, value: &T) -> Result<Value<'gc>, Fault> {
        value.serialize(Writer { nil_is_kept: false, ..self.writer })
    }

    fn set(self, key: Value<'gc>, value: Value<'gc>) -> Result<(), Fault> {
        self.table.set(self.writer.shared.ctx, key, value).map_err(invalid_key)
    }

    fn field<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Fault> {
        let value = value
            .serialize(Writer { nil_is_kept: true, ..self.writer })
            .map_err(|fault| fault.in_field(name))?;
        self.set(self.writer.shared.ctx.string(name), value)
    }
}

/// The table around the data of a variant.
struct Variant<'a, 'gc> {
    making: Making<'a, 'gc>,
    name: &'static str,
}

impl<'gc> Variant<'_, 'gc> {
    fn finish(self, data: Value<'gc>) -> Result<Value<'gc>, Fault> {
        self.making.set(self.making.writer.shared.ctx.string(self.name), data)?;
        Ok(Value::Table(self.making.table))
    }
}

/// Finishes a table, which may be the data of a variant.
fn finish<'gc>(table: Table<'gc>, variant: Option<Variant<'_, 'gc>>) -> Result<Value<'gc>, Fault> {
    match variant {
        Some(variant) => variant.finish(Value::Table(table)),
        None => Ok(Value::Table(table)),
    }
}

/// Says in which variant it happened, if it was in one.
fn in_variant(fault: Fault, variant: Option<&Variant<'_, '_>>) -> Fault {
    match variant {
        Some(variant) => fault.in_field(variant.name),
        None => fault,
    }
}

macro_rules! integers {
    ($($serialize:ident: $integer:ty;)*) => {$(
        fn $serialize(self, value: $integer) -> Result<Value<'gc>, Fault> {
            match i64::try_from(value) {
                Ok(integer) => Ok(Value::Integer(integer)),
                Err(_) => Err(Fault::out_of_range(value, "a Lua integer")),
            }
        }
    )*};
}

impl<'a, 'gc> Serializer for Writer<'a, 'gc> {
    type Ok = Value<'gc>;
    type Error = Fault;
    type SerializeSeq = ListWriter<'a, 'gc>;
    type SerializeTuple = ListWriter<'a, 'gc>;
    type SerializeTupleStruct = ListWriter<'a, 'gc>;
    type SerializeTupleVariant = ListWriter<'a, 'gc>;
    type SerializeMap = MapWriter<'a, 'gc>;
    type SerializeStruct = MapWriter<'a, 'gc>;
    type SerializeStructVariant = MapWriter<'a, 'gc>;

    integers! {
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
    }

    fn serialize_bool(self, value: bool) -> Result<Value<'gc>, Fault> {
        Ok(Value::boolean(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Value<'gc>, Fault> {
        Ok(Value::float(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<Value<'gc>, Fault> {
        Ok(Value::float(value))
    }

    fn serialize_char(self, value: char) -> Result<Value<'gc>, Fault> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Value<'gc>, Fault> {
        Ok(self.shared.ctx.string(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value<'gc>, Fault> {
        Ok(self.shared.ctx.string(value))
    }

    fn serialize_none(self) -> Result<Value<'gc>, Fault> {
        Ok(self.nothing())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value<'gc>, Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value<'gc>, Fault> {
        Ok(self.nothing())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value<'gc>, Fault> {
        Ok(self.nothing())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value<'gc>, Fault> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value<'gc>, Fault> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value<'gc>, Fault> {
        let (_, around) = self.variant(variant)?;
        let data = around.making.element(value).map_err(|fault| fault.in_field(variant))?;
        around.finish(data)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<ListWriter<'a, 'gc>, Fault> {
        self.list(length.unwrap_or(0))
    }

    fn serialize_tuple(self, length: usize) -> Result<ListWriter<'a, 'gc>, Fault> {
        self.list(length)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<ListWriter<'a, 'gc>, Fault> {
        self.list(length)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<ListWriter<'a, 'gc>, Fault> {
        let (writer, around) = self.variant(variant)?;
        Ok(ListWriter { variant: Some(around), ..writer.list(length)? })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<MapWriter<'a, 'gc>, Fault> {
        self.map(length.unwrap_or(0))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<MapWriter<'a, 'gc>, Fault> {
        self.map(length)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<MapWriter<'a, 'gc>, Fault> {
        let (writer, around) = self.variant(variant)?;
        Ok(MapWriter { variant: Some(around), ..writer.map(length)? })
    }
}

/// Makes a table of elements.
struct ListWriter<'a, 'gc> {
    making: Making<'a, 'gc>,
    length: i64,
    variant: Option<Variant<'a, 'gc>>,
}

impl<'gc> ListWriter<'_, 'gc> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.length += 1;
        let value = self
            .making
            .element(value)
            .map_err(|fault| in_variant(fault.in_element(self.length), self.variant.as_ref()))?;
        let ctx = self.making.writer.shared.ctx;
        self.making.table.set_integer(ctx, self.length, value).map_err(invalid_key)
    }

    fn finish(self) -> Result<Value<'gc>, Fault> {
        finish(self.making.table, self.variant)
    }
}

macro_rules! lists {
    ($($list:ident, $push:ident;)*) => {$(
        impl<'gc> $list for ListWriter<'_, 'gc> {
            type Ok = Value<'gc>;
            type Error = Fault;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.push(value)
            }

            fn end(self) -> Result<Value<'gc>, Fault> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

/// Makes a table of fields or of keys and values.
struct MapWriter<'a, 'gc> {
    making: Making<'a, 'gc>,
    /// The key whose value comes next.
    key: Value<'gc>,
    variant: Option<Variant<'a, 'gc>>,
}

impl<'gc> MapWriter<'_, 'gc> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Fault> {
        self.making.field(name, value).map_err(|fault| in_variant(fault, self.variant.as_ref()))
    }
}

impl<'gc> SerializeMap for MapWriter<'_, 'gc> {
    type Ok = Value<'gc>;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.key = key.serialize(Writer { nil_is_kept: true, ..self.making.writer })?;
        let what = match self.key {
            Value::Nil | Value::UserData(_) => "nil",
            Value::Table(_) => "a table",
            Value::Float(float) if float.get().is_nan() => "NaN",
            _ => return Ok(()),
        };
        Err(Fault::message(format!("{what} cannot be a key")))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let (making, key) = (self.making, self.key);
        let value =
            making.element(value).map_err(|fault| fault.at_key(making.writer.shared.ctx, key))?;
        making.set(key, value)
    }

    fn end(self) -> Result<Value<'gc>, Fault> {
        finish(self.making.table, self.variant)
    }
}

macro_rules! structs {
    ($($fields:ident)*) => {$(
        impl<'gc> $fields for MapWriter<'_, 'gc> {
            type Ok = Value<'gc>;
            type Error = Fault;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Fault> {
                self.field(name, value)
            }

            fn end(self) -> Result<Value<'gc>, Fault> {
                finish(self.making.table, self.variant)
            }
        }
    )*};
}

structs!(SerializeStruct SerializeStructVariant);
