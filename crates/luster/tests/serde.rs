//! Conversions by serde as a host sees them: what comes back of what goes in, what scripts see of it,
//! and the messages of what cannot be converted.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::net::IpAddr;

use luster::{DeserializeOptions, ErrorKind, Lua, Serde, SerializeOptions, Table, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Makes a Lua value of a value and that of it again.
#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let lua = Lua::new();
    let there = lua.to_value(&value).expect("it has a Lua value");
    let back: T = lua.from_value(&there).expect("its Lua value is of the right type");
    assert_eq!(back, value);
    let options = SerializeOptions::new().null_as_nil(false).mark_arrays(false);
    let there = lua.to_value_with(&value, options).expect("it has a Lua value");
    let back: T = lua.from_value(&there).expect("its Lua value is of the right type");
    assert_eq!(back, value);
}

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

/// Whether a script that looks at the global `v`, a serde value, holds.
#[track_caller]
fn holds<T: Serialize + ?Sized>(value: &T, script: &str) {
    let lua = Lua::new();
    lua.globals().set("null", lua.null()).unwrap();
    lua.globals().set("v", lua.to_value(value).unwrap()).unwrap();
    assert!(lua.load(script).eval::<bool>().unwrap(), "{script}");
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

#[test]
fn scalars_come_back() {
    round_trip(true);
    round_trip(false);
    round_trip('a');
    round_trip('\u{1F980}');
    round_trip(String::new());
    round_trip("zero \0 and é".to_owned());
    round_trip("long ".repeat(1000));
    round_trip((i8::MIN, i8::MAX, u8::MAX));
    round_trip((i16::MIN, i16::MAX, u16::MAX));
    round_trip((i32::MIN, i32::MAX, u32::MAX));
    round_trip((i64::MIN, i64::MAX, i64::MAX as u64));
    round_trip((i128::from(i64::MIN), i64::MAX as u128));
    round_trip((isize::MIN, i64::MAX as usize));
    round_trip((0.1f32, f32::MAX, f32::MIN_POSITIVE));
    round_trip((0.1f64, -0.0f64, f64::MAX, f64::INFINITY, f64::NEG_INFINITY));
    round_trip(());
    round_trip(Unit);
    round_trip(Meters(2.5));
    round_trip(IpAddr::from([127, 0, 0, 1]));
    round_trip(std::time::Duration::new(3, 5));
    let lua = Lua::new();
    let nan = lua.to_value(&f64::NAN).unwrap();
    assert!(lua.from_value::<f64>(nan).unwrap().is_nan());
}

#[test]
fn collections_come_back() {
    round_trip(Vec::<i32>::new());
    round_trip(vec![1, 2, 3]);
    round_trip(vec![vec![], vec![1.5], vec![2.0, f64::INFINITY]]);
    round_trip(vec![Some(1), None, Some(3), None]);
    round_trip(vec![(), ()]);
    round_trip(vec![Unit, Unit]);
    round_trip((1, "two".to_owned(), 3.5, (true, 'x')));
    round_trip((None::<i32>, Some(1), None::<i32>));
    round_trip([[1, 2], [3, 4]]);
    round_trip(Pair(-1, "x".to_owned()));
    round_trip(std::collections::BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    round_trip(HashMap::from([("a b".to_owned(), 1), (String::new(), 2)]));
    round_trip(BTreeMap::from([(-1i64, "x".to_owned()), (i64::MAX, "y".to_owned())]));
    round_trip(BTreeMap::from([(true, 1), (false, 2)]));
    round_trip(BTreeMap::from([('a', None), ('b', Some(1))]));
    round_trip(BTreeMap::from([(1, BTreeMap::from([("x".to_owned(), vec![1])]))]));
    round_trip(Blob(b"\xFF\0 no text".to_vec()));
    round_trip(vec![Blob(vec![]), Blob(vec![128])]);
    round_trip(Some(vec![Some("x".to_owned())]));
}

#[test]
fn structs_and_enums_come_back() {
    round_trip(config());
    round_trip(Config::default());
    round_trip(vec![
        Shape::Empty,
        Shape::Circle(1.5),
        Shape::Segment(-1, 1),
        Shape::Box { width: 1, height: None },
        Shape::Box { width: 1, height: Some(2) },
        Shape::Maybe(None),
        Shape::Maybe(Some(1)),
        Shape::Nothing(()),
        Shape::Nested(Box::new(Shape::Nested(Box::new(Shape::Empty)))),
    ]);
    round_trip(Ok::<i32, String>(1));
    round_trip(Err::<i32, String>("x".to_owned()));
    round_trip(vec![Tagged::Jump { height: 3 }, Tagged::Stop]);
    round_trip(vec![Adjacent::Number(1), Adjacent::Pair(1, 2), Adjacent::Stop]);
    round_trip(vec![
        Untagged::Number(1),
        Untagged::Text("x".to_owned()),
        Untagged::List(vec![Untagged::Number(2), Untagged::Fields { a: 1 }]),
    ]);
    round_trip(Flat {
        id: 1,
        limits: Limits { memory: 2, seconds: 3.0 },
        rest: BTreeMap::from([("more".to_owned(), json!([1, { "x": "y" }]))]),
    });
}

#[test]
fn json_comes_back() {
    let document = json!({
        "null": null,
        "true": true,
        "integers": [0, -1, i64::MAX, i64::MIN],
        "floats": [0.5, -1e300],
        "text": "é\u{0}",
        "empty": { "list": [], "map": {}, "text": "" },
        "nested": [[], [[]], [{}, [null]], null],
        "1": "a key of digits",
    });
    let lua = Lua::new();
    let value = lua.to_value(&document).unwrap();
    assert_eq!(lua.from_value::<serde_json::Value>(value).unwrap(), document);
}

#[test]
fn scripts_see_plain_values() {
    holds(&config(), "v.servers[2].port == 443 and v.servers[2]['max connections'] == 3");
    holds(&config(), "v.servers[1]['max connections'] == nil and #v.servers == 2");
    holds(&config(), "math.type(v.servers[1].port) == 'integer'");
    holds(&Config::default(), "v.limits == nil and next(v.servers) == nil");
    holds(&Shape::Empty, "v == 'Empty'");
    holds(&Shape::Circle(1.0), "v.Circle == 1 and math.type(v.Circle) == 'float'");
    holds(&Shape::Segment(1, 2), "#v.Segment == 2 and v.Segment[2] == 2");
    holds(&Shape::Box { width: 1, height: None }, "v.Box.width == 1 and v.Box.height == nil");
    holds(&Shape::Maybe(None), "v.Maybe == null");
    holds(&Meters(2.5), "v == 2.5");
    holds(&Pair(1, "x".to_owned()), "v[1] == 1 and v[2] == 'x'");
    holds(&Some(5), "v == 5");
    holds(&None::<i32>, "v == nil");
    holds(&(), "v == nil");
    holds(&Unit, "v == nil");
    holds("text", "v == 'text'");
    holds(&Blob(vec![255, 0]), r"v == '\xFF\0'");
    holds(&BTreeMap::from([(1, 'a'), (2, 'b')]), "v[1] == 'a' and #v == 2");
    holds(&BTreeMap::from([("a", None::<i32>)]), "v.a == null");
    holds(&[None, Some(1)], "#v == 2 and v[1] == null and v[2] == 1");
    // Marks are not in the way of scripts.
    holds(&[3, 1, 2], "table.sort(v); v[#v + 1] = 4; return table.concat(v) == '1234'");
    holds(&[1], "getmetatable(v) == false");
}

#[test]
fn null_is_one_value() {
    let lua = Lua::new();
    assert_eq!(lua.null(), lua.null());
    assert_ne!(lua.null(), Value::Nil);
    lua.globals().set("null", lua.null()).unwrap();
    let text: String = lua.load("tostring(null) .. type(null)").eval().unwrap();
    assert_eq!(text, "nulluserdata");
    let error = lua.load("return null.x").set_name("=script").exec().unwrap_err();
    assert_eq!(error.message(), "script:1: attempt to index a null value (global 'null')");
    lua.collect_garbage();
    let list = lua.to_value(&[(), ()]).unwrap();
    lua.globals().set("list", list).unwrap();
    assert!(lua.load("list[1] == null and rawequal(list[1], list[2])").eval::<bool>().unwrap());
    assert_eq!(read::<Option<i32>>("null").unwrap(), None);
    assert_eq!(read::<Vec<Option<i32>>>("{ 1, null }").unwrap(), [Some(1), None]);
    read::<()>("null").unwrap();
    read::<Unit>("nil").unwrap();
    assert_eq!(fault::<i32>("null"), "expected integer, got null");
    assert_eq!(fault::<Vec<String>>("{ 'a', null }"), "[2]: expected string, got null");
    assert_eq!(
        fault::<Untagged>("null"),
        "data did not match any variant of untagged enum Untagged"
    );
}

#[test]
fn null_may_be_everywhere() {
    let lua = Lua::new();
    let options = SerializeOptions::new().null_as_nil(false);
    let value = lua.to_value_with(&Config::default(), options.clone()).unwrap();
    let limits: Value = value.as_table().unwrap().get("limits").unwrap();
    assert_eq!(limits, lua.null());
    assert_eq!(lua.to_value_with(&(), options).unwrap(), lua.null());
}

#[test]
fn tables_of_any_type_are_lists_or_maps() {
    let json = |script| read::<serde_json::Value>(script).unwrap();
    assert_eq!(json("{}"), json!({}));
    assert_eq!(json("array {}"), json!([]));
    assert_eq!(json("{ 1, 2.5, 'x' }"), json!([1, 2.5, "x"]));
    assert_eq!(json("{ [2] = 'b', [1] = 'a' }"), json!(["a", "b"]));
    assert_eq!(json("{ [2] = 'b' }"), json!({ "2": "b" }));
    assert_eq!(json("{ 1, 2, n = 2 }"), json!({ "1": 1, "2": 2, "n": 2 }));
    assert_eq!(json("{ 1, nil, 3 }"), json!({ "1": 1, "3": 3 }));
    assert_eq!(json("{ [1.5] = true }"), json!({ "1.5": true }));
    assert_eq!(json("array { 1, x = 2 }"), json!([1]));
    assert_eq!(json("local t = {}; t[1] = 1; t[1] = nil; return t"), json!({}));
    assert_eq!(json("setmetatable({ 1 }, { __index = { 1, 2 } })"), json!([1]));
    let lua = Lua::new();
    assert_eq!(lua.array_metatable(), lua.array_metatable());
}

#[test]
fn values_convert_where_nothing_is_lost() {
    assert_eq!(read::<i32>("3.0").unwrap(), 3);
    assert_eq!(read::<u64>("2.0^53").unwrap(), 1 << 53);
    assert_eq!(read::<f64>("3").unwrap(), 3.0);
    assert_eq!(read::<f32>("math.maxinteger").unwrap(), i64::MAX as f32);
    assert_eq!(read::<(i32, Option<i32>)>("{ 1 }").unwrap(), (1, None));
    assert_eq!(read::<Blob>("{ 1, 255 }").unwrap(), Blob(vec![1, 255]));
    assert_eq!(read::<Blob>(r"'\xFF'").unwrap(), Blob(vec![255]));
    assert_eq!(
        read::<HashMap<String, i32>>("{ [10] = 1 }").unwrap(),
        HashMap::from([("10".into(), 1)])
    );
    assert_eq!(
        read::<Shape>("{ Empty = true and nil }").unwrap_err().message(),
        "expected string or table with one key, got empty table"
    );
    assert_eq!(read::<Shape>("'Maybe'").unwrap(), Shape::Maybe(None));
    assert_eq!(read::<Shape>("{ Empty = null }").unwrap(), Shape::Empty);
    // What is not asked for is not looked at.
    let server = read::<Server>("{ host = 'a', port = 1, f = print, deep = { print } }").unwrap();
    assert_eq!(server.port, 1);
}

#[test]
fn errors_say_where() {
    let config = |server: &str| {
        fault::<Config>(&format!(
            "{{ name = 'x', servers = {{ {{ host = 'a', port = 1 }}, {server} }} }}"
        ))
    };
    assert_eq!(
        config("{ host = 'b', port = 'x' }"),
        "servers[2].port: expected integer, got string"
    );
    assert_eq!(
        config("{ host = 'b', port = 70000 }"),
        "servers[2].port: 70000 is out of range for u16"
    );
    assert_eq!(config("{ host = 'b', port = -1 }"), "servers[2].port: -1 is out of range for u16");
    assert_eq!(config("{ host = 'b', port = 1.5 }"), "servers[2].port: expected integer, got 1.5");
    assert_eq!(config("{ host = 'b', port = 1/0 }"), "servers[2].port: expected integer, got inf");
    assert_eq!(config("{ host = 'b', port = {} }"), "servers[2].port: expected integer, got table");
    assert_eq!(
        config("{ host = 'b', port = print }"),
        "servers[2].port: expected integer, got function"
    );
    assert_eq!(
        config("{ host = 'b', port = true }"),
        "servers[2].port: expected integer, got boolean"
    );
    assert_eq!(config("{ host = 'b' }"), "servers[2]: missing field `port`");
    assert_eq!(config("{ host = 5, port = 1 }"), "servers[2].host: expected string, got number");
    assert_eq!(
        config(r"{ host = '\xFF', port = 1 }"),
        "servers[2].host: expected UTF-8 string, got other bytes"
    );
    assert_eq!(
        config("{ host = 'b', port = 1, ['max connections'] = 'many' }"),
        "servers[2][\"max connections\"]: expected integer, got string",
    );
    assert_eq!(config("'server'"), "servers[2]: expected table, got string");
    assert_eq!(config("x = 5"), "servers: expected list, got table with the key \"x\"");
    assert_eq!(config("[10] = 5"), "servers: expected list, got table with the key 10");
    assert_eq!(fault::<Config>("{}"), "missing field `name`");
    assert_eq!(fault::<Config>("nil"), "expected table, got nil");
    assert_eq!(fault::<Vec<i32>>("'x'"), "expected list, got string");
    assert_eq!(fault::<bool>("1"), "expected boolean, got number");
    assert_eq!(fault::<f64>("'1'"), "expected number, got string");
    assert_eq!(fault::<()>("1"), "expected nil, got number");
    assert_eq!(fault::<u64>("-1"), "-1 is out of range for u64");
    assert_eq!(fault::<char>("'ab'"), "expected a character, got string \"ab\"");
    assert_eq!(fault::<Blob>("5"), "expected string, got number");
    assert_eq!(fault::<(i32, i32)>("{ 1 }"), "[2]: expected integer, got nil");
    assert_eq!(fault::<(i32, i32)>("{ 1, 2, 3 }"), "expected list of 2 elements, got 3");
    assert_eq!(fault::<[i32; 2]>("{ 1, 2, x = 3 }"), "expected list, got table with the key \"x\"");
    assert_eq!(
        fault::<HashMap<String, BTreeMap<i64, bool>>>("{ a = { [-2] = 1 } }"),
        "a[-2]: expected boolean, got number",
    );
    assert_eq!(fault::<HashMap<i32, i32>>("{ a = 1 }"), "expected integer, got string");
    assert_eq!(
        fault::<HashMap<bool, bool>>("{ [true] = 1 }"),
        "[true]: expected boolean, got number"
    );
    assert_eq!(
        fault::<HashMap<String, i32>>("{ ['end'] = '' }"),
        "[\"end\"]: expected integer, got string"
    );
    assert_eq!(
        fault::<HashMap<String, i32>>("{ ['a\"\\n'] = '' }"),
        "[\"a\\\"\\n\"]: expected integer, got string"
    );
    assert_eq!(
        fault::<HashMap<String, HashMap<String, i32>>>("{ ['a b'] = { c = '' } }"),
        "[\"a b\"].c: expected integer, got string",
    );
}

#[test]
fn errors_of_enums_say_where() {
    type Shapes = HashMap<String, Shape>;
    assert_eq!(
        fault::<Shapes>("{ s = { Circle = 'x' } }"),
        "s.Circle: expected number, got string"
    );
    assert_eq!(
        fault::<Shapes>("{ s = { Segment = { 1, 'x' } } }"),
        "s.Segment[2]: expected integer, got string"
    );
    assert_eq!(
        fault::<Shapes>("{ s = { Box = { width = -1 } } }"),
        "s.Box.width: -1 is out of range for u32"
    );
    assert_eq!(fault::<Shapes>("{ s = { Box = {} } }"), "s.Box: missing field `width`");
    assert_eq!(fault::<Shapes>("{ s = 'Circle' }"), "s.Circle: expected number, got nil");
    assert_eq!(fault::<Shapes>("{ s = { Empty = 1 } }"), "s.Empty: expected nil, got number");
    assert_eq!(
        fault::<Shapes>("{ s = 5 }"),
        "s: expected string or table with one key, got number"
    );
    assert_eq!(
        fault::<Shapes>("{ s = { Empty = 1, Circle = 2 } }"),
        "s: expected string or table with one key, got table with more keys",
    );
    assert_eq!(
        fault::<Shapes>("{ s = 'Ball' }"),
        "s: unknown variant `Ball`, expected one of `Empty`, `Circle`, `Segment`, `Box`, `Maybe`, \
         `Nothing`, `Nested`",
    );
    assert_eq!(fault::<Tagged>("{ type = 'jump', height = 'x' }"), "expected integer, got string");
    assert_eq!(fault::<Tagged>("{ height = 1 }"), "missing field `type`");
    assert_eq!(
        fault::<Vec<Untagged>>("{ true }"),
        "[1]: data did not match any variant of untagged enum Untagged",
    );
}

#[test]
fn fields_may_be_known_ones_only() {
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is never made")]
    struct Strict {
        port: u16,
        host: String,
    }
    assert_eq!(
        fault::<Vec<Strict>>("{ { prt = 1 } }"),
        "[1]: unknown field `prt`, expected `port` or `host`",
    );
    assert_eq!(fault::<Strict>("{ 1 }"), "unknown field `1`, expected `port` or `host`");
}

#[test]
fn errors_begin_with_the_root() {
    let fault = |script| fault_with::<Config>(script, DeserializeOptions::new().root("config"));
    assert_eq!(
        fault("{ servers = { { port = 'x' } } }"),
        "config.servers[1].port: expected integer, got string",
    );
    assert_eq!(fault("5"), "config: expected table, got number");
    assert_eq!(fault("{}"), "config: missing field `name`");
    let error = read_with::<Vec<i32>>("{ '' }", DeserializeOptions::new().root("list"));
    assert_eq!(error.unwrap_err().message(), "list[1]: expected integer, got string");
}

#[test]
fn unsupported_types_are_errors_or_left_out() {
    let skip = || DeserializeOptions::new().deny_unsupported_types(false);
    type Json = serde_json::Value;
    assert_eq!(fault::<Json>("{ a = { print } }"), "a[1]: a function cannot be converted");
    assert_eq!(fault::<Json>("coroutine.create(print)"), "a thread cannot be converted");
    assert_eq!(fault::<Option<i32>>("print"), "expected integer, got function");
    let script =
        "{ a = print, [print] = 1, b = { 1, print }, c = coroutine.create(print), d = null }";
    assert_eq!(read_with::<Json>(script, skip()).unwrap(), json!({ "b": [1, null], "d": null }));
    assert_eq!(read_with::<Json>("print", skip()).unwrap(), json!(null));
    assert_eq!(read_with::<Option<i32>>("print", skip()).unwrap(), None);
    assert_eq!(fault_with::<i32>("print", skip()), "expected integer, got function");
    assert_eq!(fault_with::<Server>("{ host = print, port = 1 }", skip()), "missing field `host`");

    struct Secret;
    impl luster::UserData for Secret {
        fn build(_: &mut luster::Class<Self>) {}
    }
    let lua = Lua::new();
    let secret = lua.create_userdata(Secret).unwrap();
    let error = lua.from_value::<Json>(&secret).unwrap_err();
    assert_eq!(error.message(), "a Secret cannot be converted");
    assert_eq!(
        lua.from_value::<i32>(&secret).unwrap_err().message(),
        "expected integer, got Secret"
    );
}

#[test]
fn cycles_are_errors_or_left_out() {
    type Json = serde_json::Value;
    let cycle = "local t = { a = 1, list = {} }; t.list[1] = t; return t";
    assert_eq!(fault::<Json>(cycle), "list[1]: recursive table");
    let options = DeserializeOptions::new().deny_recursive_tables(false);
    assert_eq!(
        read_with::<Json>(cycle, options.clone()).unwrap(),
        json!({ "a": 1, "list": [null] })
    );

    #[derive(Deserialize, Debug, PartialEq)]
    struct Node {
        value: i32,
        next: Option<Box<Node>>,
    }
    let ring = "local a = { value = 1 }; a.next = { value = 2, next = a }; return a";
    assert_eq!(fault::<Node>(ring), "next.next: recursive table");
    let end = Some(Box::new(Node { value: 2, next: None }));
    assert_eq!(read_with::<Node>(ring, options).unwrap(), Node { value: 1, next: end });

    // The same table twice, but not in itself.
    let shared = "local t = { 1 }; return { t, t, { t } }";
    assert_eq!(read::<Json>(shared).unwrap(), json!([[1], [1], [[1]]]));
}

#[derive(Serialize, Deserialize, Debug)]
struct Chain(Vec<Chain>);

#[test]
fn nesting_has_a_limit() {
    let nested =
        |depth: u32| format!("local t = {{}}; for _ = 2, {depth} do t = {{ t }} end; return t");
    read::<Chain>(&nested(128)).unwrap();
    read::<serde_json::Value>(&nested(128)).unwrap();
    let path = "[1]".repeat(128);
    assert_eq!(fault::<Chain>(&nested(129)), format!("{path}: tables nested too deeply"));
    assert_eq!(
        fault::<serde_json::Value>(&nested(100_000)),
        format!("{path}: tables nested too deeply")
    );
    // What nobody asks for may be as deep as it likes.
    read::<Meters>("1").unwrap();
    let script = format!(
        "{}, host = 'a', port = 1 }}",
        "return { x = (function () ".to_owned() + &nested(100_000) + " end)()"
    );
    assert_eq!(read::<Server>(&script).unwrap().port, 1);

    let lua = Lua::new();
    let chain = |depth| (1..depth).fold(Chain(vec![]), |chain, _| Chain(vec![chain]));
    lua.to_value(&chain(128)).unwrap();
    let error = lua.to_value(&chain(129)).unwrap_err();
    assert_eq!(error.message(), format!("{path}: tables nested too deeply"));
    let nested = |depth| (1..depth).fold(Shape::Empty, |shape, _| Shape::Nested(Box::new(shape)));
    lua.to_value(&nested(129)).unwrap();
    let error = lua.to_value(&nested(130)).unwrap_err();
    assert!(error.message().ends_with(".Nested: tables nested too deeply"));
}

#[test]
fn what_has_no_lua_value_is_an_error() {
    #[track_caller]
    fn fault<T: Serialize>(value: T) -> String {
        let error = Lua::new().to_value(&value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conversion);
        error.message().to_owned()
    }
    assert_eq!(fault(u64::MAX), "18446744073709551615 is out of range for a Lua integer");
    assert_eq!(
        fault(i128::from(i64::MIN) - 1),
        "-9223372036854775809 is out of range for a Lua integer"
    );
    assert_eq!(fault(u128::MAX), format!("{} is out of range for a Lua integer", u128::MAX));
    let limits = Limits { memory: 1 << 63, seconds: 0.0 };
    let config = Config { limits: Some(limits), ..config() };
    assert_eq!(
        fault(&[config]),
        "[1].limits.memory: 9223372036854775808 is out of range for a Lua integer"
    );
    assert_eq!(
        fault(BTreeMap::from([("a b", Ok::<_, ()>((1, u64::MAX)))])),
        "[\"a b\"].Ok[2]: 18446744073709551615 is out of range for a Lua integer",
    );
    assert_eq!(fault([BTreeMap::from([((1, 2), 3)])]), "[1]: a table cannot be a key");
    assert_eq!(fault(BTreeMap::from([(None::<i32>, 3)])), "nil cannot be a key");

    #[derive(Serialize)]
    struct Field {
        #[serde(serialize_with = "fail")]
        inner: i32,
    }
    fn fail<S: serde::Serializer>(_: &i32, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no such thing"))
    }
    assert_eq!(fault(Field { inner: 1 }), "inner: no such thing");
}

#[test]
fn sorted_keys_keep_their_order() {
    /// The keys of a map in the order of the visit.
    #[derive(Debug, PartialEq)]
    struct Keys(Vec<String>);
    impl<'de> Deserialize<'de> for Keys {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Keys;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a map")
                }

                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Keys, A::Error> {
                    let mut keys = Vec::new();
                    while let Some((key, serde::de::IgnoredAny)) = map.next_entry()? {
                        keys.push(key);
                    }
                    Ok(Keys(keys))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    let script = "{ b = 1, a = 1, [10] = 1, [9] = 1, [-1.5] = 1, [2^63] = 1, [math.maxinteger] = 1,
        [math.maxinteger - 1] = 1, ['10'] = 1, B = 1, [''] = 1 }";
    let keys = read_with::<Keys>(script, DeserializeOptions::new().sort_keys(true)).unwrap();
    assert_eq!(
        keys.0,
        [
            "-1.5",
            "9",
            "10",
            "9223372036854775806",
            "9223372036854775807",
            "9.2233720368547758e+18",
            "",
            "10",
            "B",
            "a",
            "b",
        ]
    );
}

#[test]
fn functions_take_and_return_serde_types() {
    let lua = Lua::new();
    let double = lua.function(|Serde(shape): Serde<Shape>, n: f64| match shape {
        Shape::Circle(radius) => Some(Serde(Shape::Circle(radius * n))),
        _ => None,
    });
    lua.globals().set("scale", double).unwrap();
    assert_eq!(lua.load("scale({ Circle = 2 }, 3).Circle").eval::<f64>().unwrap(), 6.0);
    let nothing: Option<Serde<Shape>> = lua.load("scale('Empty', 2)").eval().unwrap();
    assert_eq!(nothing, None);
    let circle: Serde<Shape> = lua.load("scale({ Circle = 1 }, 0.5)").eval().unwrap();
    assert_eq!(circle, Serde(Shape::Circle(0.5)));
    let message = |script: &str| {
        let error = lua.load(script).set_name("=script").exec().unwrap_err();
        error.message().to_owned()
    };
    assert_eq!(
        message("scale({ Circle = 'x' }, 2)"),
        "script:1: bad argument #1 to 'scale' (Circle: expected number, got string)",
    );
    lua.globals()
        .set("first", lua.function(|Serde(list): Serde<Vec<Server>>| list[0].port))
        .unwrap();
    assert_eq!(
        message("first()"),
        "script:1: bad argument #1 to 'first' (expected list, got no value)"
    );
    assert_eq!(
        message("first { { host = 'a', port = {} } }"),
        "script:1: bad argument #1 to 'first' ([1].port: expected integer, got table)",
    );
    lua.globals().set("big", lua.function(|| Serde(u64::MAX))).unwrap();
    assert_eq!(
        message("big()"),
        "script:1: 18446744073709551615 is out of range for a Lua integer"
    );
}

#[test]
fn values_of_another_vm_are_refused() {
    let lua = Lua::new();
    let table = lua.create_table();
    let error = Lua::new().from_value::<serde_json::Value>(&table).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
}

#[test]
fn conversions_work_while_a_script_runs() {
    let lua = Lua::new();
    let echo = lua.function(|lua: Lua, value: Value| -> luster::Result<Value> {
        lua.to_value(&lua.from_value::<serde_json::Value>(value)?)
    });
    lua.globals().set("echo", echo).unwrap();
    assert!(lua.load("echo({ a = { 1, 2 } }).a[2] == 2").eval::<bool>().unwrap());
}

#[test]
fn long_lists_are_quick() {
    let lua = Lua::new();
    let list: Vec<Server> = (0..100_000)
        .map(|n| Server { host: format!("host {n}"), port: n as u16, connections: None })
        .collect();
    let start = std::time::Instant::now();
    let value = lua.to_value(&list).unwrap();
    assert_eq!(value.as_table().unwrap().len().unwrap(), 100_000);
    let back: Vec<Server> = lua.from_value(&value).unwrap();
    let json: serde_json::Value = lua.from_value(&value).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(back, list);
    assert_eq!(json[99_999]["host"], "host 99999");
    assert!(seconds < 5.0, "it took {seconds} s");
}
