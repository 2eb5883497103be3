//! `#[derive(IntoLua)]`: structs and enums as values for scripts.

use luster::{FromLua, IntoLua, Lua};

use crate::{eval, failure};

fn check(value: impl IntoLua, condition: &str) {
    let lua = Lua::new();
    lua.globals().set("v", value).unwrap();
    assert!(eval::<bool>(&lua, &format!("return {condition}")), "{condition}");
}

#[derive(IntoLua)]
#[lua(rename_all = "camelCase")]
struct Player<'a> {
    full_name: &'a str,
    #[lua(rename = "HP")]
    hit_points: u32,
    weapon: Option<String>,
    #[lua(skip)]
    secret: i64,
    position: Position,
}

#[derive(IntoLua)]
struct Position(f64, f64);

#[derive(IntoLua)]
struct Id(u64);

#[derive(IntoLua)]
struct Unit;

#[test]
fn structs_become_tables() {
    let player = || Player {
        full_name: "Ada",
        hit_points: 3,
        weapon: None,
        secret: 1,
        position: Position(1.0, 2.0),
    };
    check(player(), "v.fullName == 'Ada' and v.HP == 3 and v.weapon == nil and v.secret == nil");
    check(player(), "#v.position == 2 and v.position[2] == 2.0");
    check(Id(5), "v == 5");
    check(Unit, "type(v) == 'table' and next(v) == nil");
}

#[derive(IntoLua, FromLua, Clone, Debug, PartialEq)]
#[lua(rename_all = "kebab-case")]
enum Shape {
    UnitSquare,
    Circle(f64),
    Line(i64, i64),
    #[lua(rename_all = "PascalCase")]
    Rectangle {
        the_width: f64,
        #[lua(skip)]
        cache: i64,
    },
}

#[test]
fn enums_become_strings_or_tables_with_one_key() {
    check(Shape::UnitSquare, "v == 'unit-square'");
    check(Shape::Circle(2.0), "v.circle == 2.0 and next(v, 'circle') == nil");
    check(Shape::Line(1, 2), "v.line[1] == 1 and v.line[2] == 2");
    let rectangle = Shape::Rectangle { the_width: 1.0, cache: 5 };
    check(rectangle, "v.rectangle.TheWidth == 1.0 and v.rectangle.cache == nil");
}

#[test]
fn what_goes_in_comes_out() {
    let lua = Lua::new();
    let shapes = vec![
        Shape::UnitSquare,
        Shape::Circle(2.0),
        Shape::Line(1, 2),
        Shape::Rectangle { the_width: 1.0, cache: 0 },
    ];
    lua.globals().set("shapes", shapes.clone()).unwrap();
    assert_eq!(eval::<Vec<Shape>>(&lua, "return shapes"), shapes);
}

#[derive(IntoLua)]
struct Ids {
    ids: Vec<u64>,
    last: Id,
}

#[derive(IntoLua)]
enum Message {
    Sent { by: Id },
    Lost(Id, Id),
}

#[test]
fn errors_name_the_path() {
    let lua = Lua::new();
    let too_large = "18446744073709551615 is out of range for a Lua integer";
    let error = |value: Ids| lua.globals().set("v", value).unwrap_err().message().to_owned();
    assert_eq!(error(Ids { ids: vec![], last: Id(u64::MAX) }), format!("last: {too_large}"));
    let in_list = error(Ids { ids: vec![1, u64::MAX], last: Id(1) });
    assert_eq!(in_list, format!("ids[2]: {too_large}"));
    lua.globals().set("sent", lua.function(|| Message::Sent { by: Id(u64::MAX) })).unwrap();
    lua.globals().set("lost", lua.function(|| Message::Lost(Id(1), Id(u64::MAX)))).unwrap();
    assert_eq!(failure(&lua, "sent()"), format!("test:1: Sent.by: {too_large}"));
    assert_eq!(failure(&lua, "lost()"), format!("test:1: Lost[2]: {too_large}"));
}

#[derive(IntoLua)]
struct Generic<T, const N: usize> {
    list: [T; N],
}

#[derive(IntoLua)]
enum Never {}

#[test]
fn generic_types_are_converted() {
    check(Generic { list: [1, 2] }, "v.list[2] == 2");
    check(None::<Never>, "v == nil");
}
