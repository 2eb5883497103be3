//! Conversions by serde as a host sees them: what comes back of what goes in, what scripts see of it,
//! and the messages of what cannot be converted.

mod errors;
mod round_trips;
mod tables;

use std::collections::BTreeMap;
use std::fmt::Debug;

use luster::{DeserializeOptions, ErrorKind, Lua, Table, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What a script's result is as a serde value.
fn read<T: DeserializeOwned>(script: &str) -> luster::Result<T> {
    read_with(script, DeserializeOptions::new())
}

fn read_with<T: DeserializeOwned>(script: &str, options: DeserializeOptions) -> luster::Result<T> {
    let lua = Lua::new();
    lua.globals().set("null", lua.null())?;
    lua.globals().set(
        "array",
        lua.function(|lua: Lua, table: Table| {
            table.set_metatable(Some(&lua.array_metatable())).map(|()| table)
        }),
    )?;
    let value: Value = lua.load(script).eval()?;
    lua.from_value_with(value, options)
}

/// The message of a script's result that is not of a type.
#[track_caller]
fn fault<T: DeserializeOwned + Debug>(script: &str) -> String {
    fault_with::<T>(script, DeserializeOptions::new().sort_keys(true))
}

#[track_caller]
fn fault_with<T: DeserializeOwned + Debug>(script: &str, options: DeserializeOptions) -> String {
    let error = read_with::<T>(script, options).expect_err("it is of another type");
    assert_eq!(error.kind(), ErrorKind::Conversion);
    error.message().to_owned()
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone, Default)]
struct Config {
    name: String,
    servers: Vec<Server>,
    #[serde(default)]
    debug: bool,
    limits: Option<Limits>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Server {
    host: String,
    port: u16,
    #[serde(rename = "max connections", default, skip_serializing_if = "Option::is_none")]
    connections: Option<u8>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Limits {
    memory: u64,
    seconds: f64,
}

fn config() -> Config {
    Config {
        name: "é\0\u{1F980}".to_owned(),
        servers: vec![
            Server { host: "a".to_owned(), port: 80, connections: None },
            Server { host: "b".to_owned(), port: 443, connections: Some(3) },
        ],
        debug: true,
        limits: Some(Limits { memory: 1 << 40, seconds: 0.5 }),
    }
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Unit;

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Meters(f64);

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Pair(i32, String);

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
enum Shape {
    Empty,
    Circle(f64),
    Segment(i32, i32),
    Box { width: u32, height: Option<u32> },
    Maybe(Option<i32>),
    Nothing(()),
    Nested(std::boxed::Box<Shape>),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Tagged {
    Jump { height: i64 },
    Stop,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(i32),
    Pair(i32, i32),
    Stop,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    List(Vec<Untagged>),
    Fields { a: i32 },
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    limits: Limits,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

/// Bytes that are serde's bytes.
#[derive(PartialEq, Debug)]
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Blob;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut bytes: A,
            ) -> Result<Blob, A::Error> {
                let mut blob = Vec::new();
                while let Some(byte) = bytes.next_element()? {
                    blob.push(byte);
                }
                Ok(Blob(blob))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}
