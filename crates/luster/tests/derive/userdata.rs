//! `#[derive(UserData)]`: fields.

use std::collections::HashMap;

use luster::{Function, Lua, UserData};

use crate::{eval, failure};

#[derive(UserData, Clone, Debug, PartialEq)]
struct Vec2 {
    pub x: f64,
    pub y: f64,
}

struct NotClone;

#[derive(UserData)]
struct Sprite {
    pub name: String,
    #[lua(readonly)]
    pub id: u32,
    #[lua(rename = "visible")]
    pub is_visible: bool,
    #[lua(skip)]
    pub handle: NotClone,
    pub position: Vec2,
    pub tags: Vec<String>,
    pub on_click: Option<Function>,
    #[lua(readonly)]
    pub r#type: &'static str,
    secret: i64,
    #[lua(rename = "shown")]
    private_but_said: i64,
    pub(crate) of_the_crate: i64,
}

fn sprite() -> Sprite {
    Sprite {
        name: "hero".into(),
        id: 7,
        is_visible: true,
        handle: NotClone,
        position: Vec2 { x: 1.0, y: 2.0 },
        tags: vec!["a".into()],
        on_click: None,
        r#type: "sprite",
        secret: 1,
        private_but_said: 2,
        of_the_crate: 3,
    }
}

fn lua_with_sprite() -> (Lua, luster::AnyUserData) {
    let lua = Lua::new();
    let value = lua.create_userdata(sprite()).unwrap();
    lua.globals().set("s", &value).unwrap();
    (lua, value)
}

#[test]
fn public_fields_are_read_and_set() {
    let (lua, value) = lua_with_sprite();
    assert_eq!(
        eval::<(String, bool, String)>(&lua, "return s.name, s.visible, s.type"),
        ("hero".into(), true, "sprite".into())
    );
    lua.load("s.name = s.name .. '!'; s.visible = false; s.tags = { 'b', 'c' }").exec().unwrap();
    lua.load("function s_clicked() return 5 end; s.on_click = s_clicked").exec().unwrap();
    assert_eq!(eval::<i64>(&lua, "return s.on_click()"), 5);
    let sprite = value.borrow::<Sprite>().unwrap();
    assert_eq!(sprite.name, "hero!");
    assert!(!sprite.is_visible);
    assert_eq!(sprite.tags, ["b", "c"]);
    assert_eq!(sprite.secret, 1);
    let _ = &sprite.handle;
}

#[test]
fn a_field_that_is_a_userdata_is_copied_both_ways() {
    let (lua, value) = lua_with_sprite();
    lua.globals().set("v", Vec2 { x: 5.0, y: 6.0 }).unwrap();
    lua.load("local p = s.position; p.x = 100; assert(s.position.x == 1)").exec().unwrap();
    lua.load("s.position = v; v.x = 0; assert(s.position.x == 5 and v.y == 6)").exec().unwrap();
    assert_eq!(value.borrow::<Sprite>().unwrap().position, Vec2 { x: 5.0, y: 6.0 });
    assert_eq!(
        failure(&lua, "s.position = 3"),
        "test:1: bad value for field 'position' (Vec2 expected, got number)"
    );
}

#[test]
fn what_is_not_a_field_cannot_be_set() {
    let (lua, _) = lua_with_sprite();
    assert_eq!(failure(&lua, "s.id = 8"), "test:1: field 'id' of Sprite is read-only");
    assert_eq!(failure(&lua, "s.handle = 8"), "test:1: Sprite has no field 'handle'");
    assert_eq!(failure(&lua, "s.secret = 8"), "test:1: Sprite has no field 'secret'");
    assert_eq!(failure(&lua, "s.is_visible = 8"), "test:1: Sprite has no field 'is_visible'");
    assert_eq!(failure(&lua, "s.of_the_crate = 8"), "test:1: Sprite has no field 'of_the_crate'");
    let nothing: bool = eval(&lua, "return (s.handle or s.secret or s.of_the_crate) == nil");
    assert!(nothing);
}

#[test]
fn an_attribute_exposes_a_private_field() {
    let (lua, value) = lua_with_sprite();
    lua.load("s.shown = s.shown + 40").exec().unwrap();
    assert_eq!(value.borrow::<Sprite>().unwrap().private_but_said, 42);
}

#[derive(UserData)]
#[lua(name = "Point", rename_all = "camelCase")]
struct Named {
    pub first_axis: i64,
}

#[test]
fn a_type_has_a_name_and_a_case() {
    let lua = Lua::new();
    lua.globals().set("p", Named { first_axis: 3 }).unwrap();
    assert_eq!(eval::<i64>(&lua, "return p.firstAxis"), 3);
    assert_eq!(failure(&lua, "p.x = 1"), "test:1: Point has no field 'x'");
    lua.register::<Named>().unwrap();
    assert!(eval::<bool>(&lua, "return type(Point) == 'table'"));
}

#[derive(UserData)]
struct Unit;

#[derive(UserData)]
struct Meters(pub f64);

#[derive(UserData)]
struct Pixel(#[lua(rename = "r")] u8, #[lua(rename = "g", readonly)] pub u8, pub u8);

#[derive(UserData)]
enum State {
    Idle,
    Moving { speed: f64 },
}

#[test]
fn types_without_named_fields_are_userdata_without_fields() {
    let lua = Lua::new();
    lua.globals().set("unit", Unit).unwrap();
    lua.globals().set("meters", Meters(1.0)).unwrap();
    lua.globals().set("idle", State::Idle).unwrap();
    let state = lua.create_userdata(State::Moving { speed: 2.0 }).unwrap();
    assert!(matches!(&*state.borrow::<State>().unwrap(), State::Moving { speed } if *speed == 2.0));
    for name in ["unit", "meters", "idle"] {
        assert_eq!(eval::<String>(&lua, &format!("return type({name})")), "userdata");
        assert!(eval::<bool>(&lua, &format!("return {name}.speed == nil")));
    }
    lua.globals().set("pixel", Pixel(1, 2, 3)).unwrap();
    assert_eq!(eval::<(u8, u8)>(&lua, "pixel.r = 9; return pixel.r, pixel.g"), (9, 2));
    assert_eq!(failure(&lua, "pixel.g = 1"), "test:1: field 'g' of Pixel is read-only");
}

#[derive(UserData)]
struct Wrapper<T, const N: usize = 0> {
    pub value: T,
    pub list: Vec<T>,
    #[lua(readonly)]
    pub size: [T; N],
}

#[derive(UserData)]
#[lua(bound = "K: std::fmt::Debug + Eq + std::hash::Hash")]
struct Store<K> {
    #[lua(skip)]
    pub map: HashMap<K, i64>,
}

#[test]
fn generic_types_have_fields() {
    let lua = Lua::new();
    let value = Wrapper::<i64, 2> { value: 1, list: vec![2], size: [3, 4] };
    lua.globals().set("w", value).unwrap();
    lua.load("w.value = w.value + w.list[1]; w.list = { 5 }").exec().unwrap();
    assert_eq!(eval::<(i64, i64, i64)>(&lua, "return w.value, w.list[1], w.size[2]"), (3, 5, 4));
    assert_eq!(
        failure(&lua, "w.value = {}"),
        "test:1: bad value for field 'value' (number expected, got table)"
    );
    lua.globals().set("store", Store::<String> { map: HashMap::new() }).unwrap();
    assert!(eval::<bool>(&lua, "return store.map == nil"));
}

/// A type whose methods are not marked may have functions with the names that the generated code
/// uses.
#[derive(UserData)]
struct Clashing {
    pub name: i64,
    pub build: i64,
}

#[expect(dead_code, reason = "only the names matter")]
impl Clashing {
    fn name() {}
    fn build() {}
    fn add_methods() {}
    fn add() {}
}

#[test]
fn names_do_not_clash() {
    let lua = Lua::new();
    lua.globals().set("c", Clashing { name: 1, build: 2 }).unwrap();
    assert_eq!(eval::<i64>(&lua, "return c.name + c.build"), 3);
}

mod renamed {
    //! The facade by another path.
    pub(crate) use luster as moon;
}

#[derive(luster::UserData)]
#[lua(crate = "crate::userdata::renamed::moon")]
struct Elsewhere {
    pub x: i64,
}

#[luster::methods(crate = "crate::userdata::renamed::moon")]
impl Elsewhere {
    pub fn double(&self) -> i64 {
        self.x * 2
    }
}

#[test]
fn the_facade_may_have_another_path() {
    let lua = Lua::new();
    lua.globals().set("e", Elsewhere { x: 21 }).unwrap();
    assert_eq!(eval::<(i64, i64)>(&lua, "return e.x, e:double()"), (21, 42));
}

/// A macro that declares a type: names in it are of another hygiene than those outside.
macro_rules! declare {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(UserData)]
        struct $name {
            $(pub $field: $ty,)*
            pub hidden: i64,
        }

        #[luster::methods]
        impl $name {
            pub fn sum(&self, more: i64) -> i64 {
                0 $(+ self.$field)* + self.hidden + more
            }
        }
    };
}

declare!(Declared { first: i64, second: i64 });

#[test]
fn types_may_be_declared_by_macros() {
    let lua = Lua::new();
    lua.globals().set("d", Declared { first: 1, second: 2, hidden: 3 }).unwrap();
    assert_eq!(eval::<i64>(&lua, "d.first = 10; d.hidden = 30; return d:sum(100)"), 142);
}
