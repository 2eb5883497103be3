//! What cannot be converted, the limits, and the messages, with the path of what is to blame.

use std::collections::{BTreeMap, HashMap};

use luster::{DeserializeOptions, ErrorKind, Lua};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Blob, Config, Limits, Meters, Server, Shape, Tagged, Untagged, config, fault, fault_with, read,
    read_with,
};

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
fn values_of_another_vm_are_refused() {
    let lua = Lua::new();
    let table = lua.create_table();
    let error = Lua::new().from_value::<serde_json::Value>(&table).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
}
