//! `#[derive(FromLua)]`: structs and enums out of values, and what the errors say.

use std::collections::BTreeMap;

use luster::{FromLua, Function, Lua};

use crate::{eval, failure};

fn message<T: FromLua + std::fmt::Debug>(source: &str) -> String {
    let error = Lua::new().load(source).eval::<T>().expect_err("the value is not converted");
    assert_eq!(error.kind(), luster::ErrorKind::Conversion);
    error.message().to_owned()
}

fn value<T: FromLua>(source: &str) -> T {
    eval(&Lua::new(), source)
}

#[derive(FromLua, Debug, PartialEq)]
struct Config {
    name: String,
    servers: Vec<Server>,
    limits: BTreeMap<String, Limit>,
    comment: Option<String>,
}

#[derive(FromLua, Debug, PartialEq)]
struct Server {
    #[lua(default = "localhost".to_owned())]
    host: String,
    port: u16,
    #[lua(default)]
    tags: Vec<String>,
    #[lua(rename = "is-open")]
    is_open: Option<bool>,
    #[lua(skip)]
    connections: usize,
    #[lua(skip, default = 7)]
    retries: usize,
}

#[derive(FromLua, Debug, PartialEq)]
struct Limit(i64);

#[test]
fn tables_become_structs() {
    let config: Config = value(
        "return { name = 'main', limits = { cpu = 4 }, unknown = print, servers = {
            { port = 80, connections = 9, ['is-open'] = true },
            { port = '443', host = 'example.org', tags = { 'tls' } },
        } }",
    );
    let server = |host: &str, port, tags: &[&str], is_open| Server {
        host: host.to_owned(),
        port,
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        is_open,
        connections: 0,
        retries: 7,
    };
    let expected = Config {
        name: "main".to_owned(),
        servers: vec![
            server("localhost", 80, &[], Some(true)),
            server("example.org", 443, &["tls"], None),
        ],
        limits: [("cpu".to_owned(), Limit(4))].into(),
        comment: None,
    };
    assert_eq!(config, expected);
}

#[test]
fn errors_name_the_path() {
    let config = |rest: &str| {
        message::<Config>(&format!(
            "return {{ name = 'x', servers = {{}}, limits = {{}}, {rest} }}"
        ))
    };
    assert_eq!(config("name = {}"), "name: string expected, got table");
    assert_eq!(config("servers = 1"), "servers: table expected, got number");
    assert_eq!(config("servers = { { port = 1 }, 2 }"), "servers[2]: table expected, got number");
    assert_eq!(
        config("servers = { { port = 1 }, { port = 'x' } }"),
        "servers[2].port: number expected, got string"
    );
    assert_eq!(config("servers = { {} }"), "servers[1].port: number expected, got nil");
    assert_eq!(
        config("servers = { { port = 70000 } }"),
        "servers[1].port: 70000 is out of range for u16"
    );
    assert_eq!(
        config("servers = { { port = 1, tags = { 'a', {} } } }"),
        "servers[1].tags[2]: string expected, got table"
    );
    assert_eq!(
        config("servers = { { port = 1, ['is-open'] = 0 } }"),
        "servers[1][\"is-open\"]: boolean expected, got number"
    );
    assert_eq!(config("limits = { cpu = {} }"), "limits.cpu: number expected, got table");
    assert_eq!(
        message::<BTreeMap<i64, Limit>>("return { [-1] = {} }"),
        "[-1]: number expected, got table"
    );
    assert_eq!(
        message::<BTreeMap<String, BTreeMap<String, Limit>>>("return { a = { ['b c'] = {} } }"),
        "a[\"b c\"]: number expected, got table"
    );
    assert_eq!(message::<Config>("return nil"), "table expected, got nil");
    assert_eq!(message::<Vec<Config>>("return { 5 }"), "[1]: table expected, got number");
}

#[test]
fn errors_in_arguments_name_the_path_too() {
    let lua = Lua::new();
    lua.globals().set("start", lua.function(|_: Server| ())).unwrap();
    assert_eq!(
        failure(&lua, "start { port = true }"),
        "test:1: bad argument #1 to 'start' (port: number expected, got boolean)"
    );
}

#[derive(FromLua, Debug, PartialEq)]
#[lua(rename_all = "camelCase", deny_unknown)]
struct Strict {
    max_players: i64,
    #[lua(rename = "THE_NAME")]
    the_name: String,
    #[lua(skip)]
    hidden: (),
}

#[test]
fn fields_have_a_case_and_unknown_ones_can_be_denied() {
    let strict = value::<Strict>("return { maxPlayers = 3, THE_NAME = 'x' }");
    assert_eq!(strict, Strict { max_players: 3, the_name: "x".into(), hidden: () });
    let denied = |rest| message::<Strict>(&format!("return {{ maxPlayers = 3, {rest} }}"));
    assert_eq!(denied("max_players = 3"), "unknown field 'max_players'");
    assert_eq!(denied("hidden = 1"), "unknown field 'hidden'");
    assert_eq!(denied("'an element'"), "unknown field '1'");
    assert_eq!(
        message::<Vec<Strict>>("return { { maxPlayers = 3, THE_NAME = '', x = 1 } }"),
        "[1]: unknown field 'x'"
    );
}

#[derive(FromLua, Debug, PartialEq)]
struct Point(f64, f64, #[lua(default = 1.5)] f64);

#[derive(FromLua, Debug, PartialEq)]
#[lua(deny_unknown)]
struct Exactly(i64, #[lua(skip)] String, i64);

#[derive(FromLua, Debug, PartialEq)]
struct OrFive(#[lua(default = 5)] i64);

#[derive(FromLua, Debug, PartialEq)]
struct Unit;

#[test]
fn tuple_structs_are_lists_or_what_they_hold() {
    assert_eq!(value::<Point>("return { 1, 2 }"), Point(1.0, 2.0, 1.5));
    assert_eq!(message::<Point>("return { 1 }"), "[2]: number expected, got nil");
    assert_eq!(message::<Point>("return { 1, 2, {} }"), "[3]: number expected, got table");
    assert_eq!(value::<Exactly>("return { 1, 2 }"), Exactly(1, String::new(), 2));
    assert_eq!(message::<Exactly>("return { 1, 2, 3 }"), "unknown field '3'");
    assert_eq!(value::<Limit>("return 3"), Limit(3));
    assert_eq!(message::<Limit>("return {}"), "number expected, got table");
    assert_eq!((value("return nil"), value("return 1")), (OrFive(5), OrFive(1)));
    assert_eq!(value::<Unit>("return {}"), Unit);
    assert_eq!(message::<Unit>("return 1"), "table expected, got number");
}

#[derive(FromLua, Debug, PartialEq)]
#[lua(rename_all = "snake_case")]
enum Shape {
    Nothing,
    UnitSquare,
    Circle(f64),
    Line(Limit, Limit),
    #[lua(rename_all = "UPPERCASE", rename = "rect")]
    Rectangle {
        width: f64,
        #[lua(default = 1.0)]
        height: f64,
    },
}

#[derive(FromLua, Debug, PartialEq)]
enum Level {
    Low,
    High,
}

#[derive(FromLua, Debug, PartialEq)]
#[lua(deny_unknown)]
enum Event {
    Key { code: i64 },
}

#[test]
fn enums_are_strings_or_tables_with_one_key() {
    assert_eq!(value::<Shape>("return 'nothing'"), Shape::Nothing);
    assert_eq!(value::<Shape>("return 'unit_square'"), Shape::UnitSquare);
    assert_eq!(value::<Shape>("return { circle = 2 }"), Shape::Circle(2.0));
    assert_eq!(value::<Shape>("return { line = { 1, 2 } }"), Shape::Line(Limit(1), Limit(2)));
    let rectangle = value::<Shape>("return { rect = { WIDTH = 3 } }");
    assert_eq!(rectangle, Shape::Rectangle { width: 3.0, height: 1.0 });
    assert_eq!(value::<Level>("return 'High'"), Level::High);
}

#[test]
fn errors_of_enums_say_what_there_is() {
    let all = "expected 'nothing', 'unit_square', 'circle', 'line' or 'rect'";
    assert_eq!(message::<Shape>("return 'cube'"), format!("unknown variant 'cube', {all}"));
    assert_eq!(message::<Shape>("return { cube = 1 }"), format!("unknown variant 'cube', {all}"));
    assert_eq!(message::<Level>("return 'low'"), "unknown variant 'low', expected 'Low' or 'High'");
    assert_eq!(message::<Event>("return ''"), "unknown variant '', expected 'Key'");
    assert_eq!(message::<Shape>("return 5"), "string or table expected, got number");
    assert_eq!(message::<Level>("return nil"), "string expected, got nil");
    assert_eq!(message::<Event>("return print"), "table expected, got function");
    let one_key = "table with one key, the name of a variant, expected";
    assert_eq!(message::<Shape>("return {}"), one_key);
    assert_eq!(message::<Shape>("return { circle = 1, rect = {} }"), one_key);
    assert_eq!(message::<Shape>("return { 'circle' }"), one_key);
    assert_eq!(
        message::<Shape>("return 'circle'"),
        "variant 'circle' holds something: table { circle = .. } expected"
    );
    assert_eq!(
        message::<Shape>("return { nothing = true }"),
        "variant 'nothing' holds nothing: string 'nothing' expected"
    );
    assert_eq!(message::<Shape>("return { circle = {} }"), "circle: number expected, got table");
    assert_eq!(
        message::<Shape>("return { line = { 1, {} } }"),
        "line[2]: number expected, got table"
    );
    assert_eq!(
        message::<Vec<Shape>>("return { { rect = {} } }"),
        "[1].rect.WIDTH: number expected, got nil"
    );
    assert_eq!(message::<Event>("return { Key = { code = 1, x = 2 } }"), "Key: unknown field 'x'");
}

#[derive(FromLua, Debug, PartialEq)]
struct Generic<T, U> {
    value: T,
    list: Vec<U>,
    #[lua(default)]
    missing: T,
}

struct NoConversion;

#[derive(FromLua)]
#[lua(bound = "")]
struct Marked<T> {
    value: i64,
    #[lua(skip)]
    of: std::marker::PhantomData<T>,
}

#[derive(FromLua)]
struct Hooks {
    r#type: String,
    on_start: Function,
}

#[test]
fn generic_types_and_handles_are_converted() {
    let generic = value::<Generic<i64, String>>("return { value = 1, list = { 'a' } }");
    assert_eq!(generic, Generic { value: 1, list: vec!["a".into()], missing: 0 });
    assert_eq!(value::<Marked<NoConversion>>("return { value = 1 }").value, 1);
    let lua = Lua::new();
    let hooks: Hooks = eval(&lua, "return { type = 't', on_start = function () return 3 end }");
    assert_eq!((hooks.r#type.as_str(), hooks.on_start.call::<i64>(()).unwrap()), ("t", 3));
}
