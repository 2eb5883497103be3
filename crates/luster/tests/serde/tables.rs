//! What scripts see of serde values, what their values are to serde, and functions that take and return
//! them.

use std::collections::{BTreeMap, HashMap};

use luster::{DeserializeOptions, Lua, Serde, SerializeOptions, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Blob, Config, Meters, Pair, Server, Shape, Unit, Untagged, config, fault, read, read_with,
};

/// Whether a script that looks at the global `v`, a serde value, holds.
#[track_caller]
fn holds<T: Serialize + ?Sized>(value: &T, script: &str) {
    let lua = Lua::new();
    lua.globals().set("null", lua.null()).unwrap();
    lua.globals().set("v", lua.to_value(value).unwrap()).unwrap();
    assert!(lua.load(script).eval::<bool>().unwrap(), "{script}");
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
fn conversions_work_while_a_script_runs() {
    let lua = Lua::new();
    let echo = lua.function(|lua: Lua, value: Value| -> luster::Result<Value> {
        lua.to_value(&lua.from_value::<serde_json::Value>(value)?)
    });
    lua.globals().set("echo", echo).unwrap();
    assert!(lua.load("echo({ a = { 1, 2 } }).a[2] == 2").eval::<bool>().unwrap());
}
