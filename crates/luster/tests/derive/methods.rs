//! `#[methods]`: functions, methods, metamethods, computed fields and constants.

use luster::{Error, Lua, Reply, Result, UserData, Variadic};

use crate::{eval, failure};

#[derive(UserData, Clone, Copy, Debug, PartialEq)]
struct Vec2 {
    pub x: f64,
    pub y: f64,
}

#[luster::methods]
impl Vec2 {
    /// A constant, too.
    pub const DIMENSIONS: u32 = 2;
    #[lua(rename = "origin")]
    pub const ORIGIN: Vec2 = Vec2 { x: 0.0, y: 0.0 };
    #[lua(skip)]
    pub const UNSEEN: i64 = 1;
    const PRIVATE: &'static str = "private";

    pub fn new(x: f64, y: f64) -> Self {
        Vec2 { x, y }
    }

    pub fn parse(text: &str) -> Result<Self> {
        let (x, y) = text.split_once(',').ok_or_else(|| Error::new("a comma is missing"))?;
        Ok(Vec2 { x: x.parse().map_err(Error::external)?, y: y.parse().map_err(Error::external)? })
    }

    pub fn dot(&self, other: &Vec2) -> f64 {
        self.x * other.x + self.y * other.y
    }

    pub fn scale(&mut self, factor: f64) {
        self.x *= factor;
        self.y *= factor;
    }

    pub fn into_parts(self) -> (f64, f64) {
        (self.x, self.y)
    }

    #[lua(rename = "length")]
    #[expect(clippy::needless_arbitrary_self_type, reason = "this can be written, too")]
    pub fn norm(self: &Self) -> f64 {
        self.dot(self).sqrt()
    }

    #[lua(skip)]
    pub fn for_rust<T: Into<f64>>(&self, by: T) -> f64 {
        self.x * by.into()
    }

    #[lua(meta)]
    pub fn add(&self, other: &Vec2) -> Vec2 {
        Vec2 { x: self.x + other.x, y: self.y + other.y }
    }

    #[lua(meta)]
    fn unm(&self) -> Vec2 {
        Vec2 { x: -self.x, y: -self.y }
    }

    #[lua(meta)]
    pub fn eq(&self, other: &Vec2) -> bool {
        self == other
    }

    #[lua(meta)]
    #[expect(clippy::inherent_to_string, clippy::wrong_self_convention, reason = "for scripts")]
    pub fn to_string(&self) -> String {
        format!("({}, {})", self.x, self.y)
    }

    #[lua(meta = "__concat")]
    pub fn join(left: luster::Value, right: luster::Value) -> String {
        let text = |value: luster::Value| match value {
            luster::Value::String(text) => text.to_string_lossy(),
            _ => "vec".to_owned(),
        };
        text(left) + &text(right)
    }

    #[lua(meta)]
    pub fn index(&self, key: &str) -> Option<f64> {
        (key == "z").then_some(self.x + self.y)
    }

    #[lua(meta)]
    pub fn call(&self, arguments: Variadic<f64>) -> f64 {
        arguments.iter().sum::<f64>() + self.x
    }

    #[lua(meta)]
    pub fn len(&self) -> i64 {
        2
    }

    #[lua(getter)]
    pub fn angle(&self) -> f64 {
        self.y.atan2(self.x)
    }

    #[lua(setter)]
    pub fn set_angle(&mut self, angle: f64) {
        let length = self.norm();
        (self.x, self.y) = (length * angle.cos(), length * angle.sin());
    }

    #[lua(getter, rename = "sum")]
    pub fn get_total(&self) -> f64 {
        self.x + self.y
    }

    #[lua(setter, rename = "sum")]
    pub fn assign_total(&mut self, sum: f64) -> Result<()> {
        if sum < 0.0 {
            return Err(Error::new("the sum is negative"));
        }
        self.x = sum - self.y;
        Ok(())
    }

    fn private(&self) -> &'static str {
        Vec2::PRIVATE
    }

    #[cfg(any())]
    pub fn is_not_compiled(&self, of: NoSuchType) {}

    #[cfg(not(any()))]
    pub fn is_compiled(&self) -> bool {
        true
    }

    pub fn twice(f: luster::Function, n: i64) -> Reply<i64> {
        f.reply(n * 2)
    }

    pub fn r#move(&mut self, by: f64) {
        self.x += by;
    }
}

fn lua() -> Lua {
    let lua = Lua::new();
    lua.register::<Vec2>().unwrap();
    lua.load("v, w = Vec2.new(3, 4), Vec2.new(1, 2)").exec().unwrap();
    lua
}

#[test]
fn public_functions_are_functions_of_the_class_or_methods() {
    let lua = lua();
    assert_eq!(eval::<f64>(&lua, "return v:dot(w)"), 11.0);
    assert_eq!(eval::<f64>(&lua, "return Vec2.dot(v, w)"), 11.0);
    assert_eq!(eval::<f64>(&lua, "v:scale(2); v:move(1); return v.x"), 7.0);
    assert_eq!(eval::<f64>(&lua, "return Vec2.parse('1,2').y"), 2.0);
    assert_eq!(eval::<f64>(&lua, "return Vec2.new(3, 4):length()"), 5.0);
    assert_eq!(eval::<i64>(&lua, "return Vec2.twice(function (n) return n + 1 end, 20)"), 41);
    assert!(eval::<bool>(&lua, "return v:is_compiled()"));
    assert_eq!(failure(&lua, "Vec2.parse('1')"), "test:1: a comma is missing");
    assert_eq!(
        failure(&lua, "v:dot(1)"),
        "test:1: bad argument #1 to 'dot' (Vec2 expected, got number)"
    );
}

#[test]
fn a_method_by_value_takes_the_value() {
    let lua = lua();
    assert_eq!(eval::<(f64, f64)>(&lua, "return v:into_parts()"), (3.0, 4.0));
    let message = failure(&lua, "v:into_parts()");
    assert!(message.ends_with("it is not there any more)"), "{message}");
}

#[test]
fn what_is_private_or_skipped_is_not_there() {
    let lua = lua();
    for name in ["private", "for_rust", "norm", "UNSEEN", "PRIVATE", "ORIGIN", "is_not_compiled"] {
        assert!(eval::<bool>(&lua, &format!("return Vec2.{name} == nil")), "{name}");
    }
    assert_eq!(Vec2::ORIGIN.for_rust(2), 0.0);
    assert_eq!(Vec2::UNSEEN, 1);
    assert_eq!(Vec2::ORIGIN.private(), "private");
}

#[test]
fn constants_are_in_the_class() {
    let lua = lua();
    assert_eq!(eval::<i64>(&lua, "return Vec2.DIMENSIONS"), 2);
    assert_eq!(eval::<f64>(&lua, "return Vec2.origin.x"), 0.0);
}

#[test]
fn metamethods_are_found_by_their_names() {
    let lua = lua();
    assert_eq!(eval::<String>(&lua, "return tostring(v + w)"), "(4, 6)");
    assert_eq!(eval::<String>(&lua, "return tostring(-v)"), "(-3, -4)");
    assert!(eval::<bool>(&lua, "return v == Vec2.new(3, 4) and v ~= w"));
    assert_eq!(eval::<String>(&lua, "return v .. '!'"), "vec!");
    assert_eq!(eval::<String>(&lua, "return '!' .. v"), "!vec");
    assert_eq!(eval::<f64>(&lua, "return v(1, 2)"), 6.0);
    assert_eq!(eval::<i64>(&lua, "return #v"), 2);
    assert_eq!(eval::<(f64, bool)>(&lua, "return v.z, v.zz == nil"), (7.0, true));
    assert!(eval::<bool>(&lua, "return Vec2.add == nil and Vec2.join == nil"));
}

#[test]
fn getters_and_setters_are_fields() {
    let lua = lua();
    assert_eq!(eval::<f64>(&lua, "v.angle = 0; return v.x"), 5.0);
    assert_eq!(eval::<f64>(&lua, "return v.angle"), 0.0);
    assert_eq!(eval::<f64>(&lua, "w.sum = 10; return w.x + w.sum"), 18.0);
    assert_eq!(failure(&lua, "w.sum = -1"), "test:1: the sum is negative");
    assert!(eval::<bool>(&lua, "return Vec2.angle == nil and Vec2.set_angle == nil"));
}

#[derive(UserData)]
struct Every;

/// Every metamethod that there is, each of which answers its own name.
#[luster::methods]
impl Every {
    #[lua(meta)]
    pub fn add(_: luster::Value) -> &'static str {
        "add"
    }
    #[lua(meta)]
    pub fn sub(_: luster::Value) -> &'static str {
        "sub"
    }
    #[lua(meta)]
    pub fn mul(_: luster::Value) -> &'static str {
        "mul"
    }
    #[lua(meta)]
    pub fn div(_: luster::Value) -> &'static str {
        "div"
    }
    #[lua(meta)]
    pub fn r#mod(_: luster::Value) -> &'static str {
        "mod"
    }
    #[lua(meta)]
    pub fn pow(_: luster::Value) -> &'static str {
        "pow"
    }
    #[lua(meta)]
    pub fn unm(_: luster::Value) -> &'static str {
        "unm"
    }
    #[lua(meta)]
    pub fn idiv(_: luster::Value) -> &'static str {
        "idiv"
    }
    #[lua(meta)]
    pub fn band(_: luster::Value) -> &'static str {
        "band"
    }
    #[lua(meta)]
    pub fn bor(_: luster::Value) -> &'static str {
        "bor"
    }
    #[lua(meta)]
    pub fn bxor(_: luster::Value) -> &'static str {
        "bxor"
    }
    #[lua(meta)]
    pub fn shl(_: luster::Value) -> &'static str {
        "shl"
    }
    #[lua(meta)]
    pub fn shr(_: luster::Value) -> &'static str {
        "shr"
    }
    #[lua(meta)]
    pub fn bnot(_: luster::Value) -> &'static str {
        "bnot"
    }
    #[lua(meta)]
    pub fn concat(_: luster::Value) -> &'static str {
        "concat"
    }
    #[lua(meta)]
    pub fn len(_: luster::Value) -> &'static str {
        "len"
    }
    #[lua(meta)]
    pub fn lt(_: luster::Value) -> bool {
        true
    }
    #[lua(meta)]
    pub fn le(_: luster::Value) -> bool {
        true
    }
    #[lua(meta)]
    pub fn newindex(lua: Lua, _: &Every, key: luster::Value, value: luster::Value) -> Result<()> {
        lua.globals().raw_set(key, value)
    }
    #[lua(meta)]
    pub fn close(lua: Lua) -> Result<()> {
        lua.globals().raw_set("closed", true)
    }
    #[lua(meta)]
    pub fn gc(lua: Lua) -> Result<()> {
        lua.globals().raw_set("collected", true)
    }
    #[lua(meta)]
    pub fn pairs(_: luster::Value) -> (&'static str, i64) {
        ("pairs", 2)
    }
    #[lua(meta)]
    pub fn tostring(_: luster::Value) -> &'static str {
        "tostring"
    }
}

#[test]
fn every_metamethod_is_reached() {
    let lua = Lua::new();
    lua.globals().set("make", lua.function(|| Every)).unwrap();
    lua.load("e = make()").exec().unwrap();
    let unary = [("-e", "unm"), ("~e", "bnot"), ("#e", "len"), ("tostring(e)", "tostring")];
    for (expression, name) in unary {
        assert_eq!(eval::<String>(&lua, &format!("return {expression}")), name);
    }
    let binary = [
        ("+", "add"),
        ("-", "sub"),
        ("*", "mul"),
        ("/", "div"),
        ("%", "mod"),
        ("^", "pow"),
        ("//", "idiv"),
        ("&", "band"),
        ("|", "bor"),
        ("~", "bxor"),
        ("<<", "shl"),
        (">>", "shr"),
        ("..", "concat"),
    ];
    for (operator, name) in binary {
        assert_eq!(eval::<String>(&lua, &format!("return e {operator} 1")), name);
    }
    assert!(eval::<bool>(&lua, "return e < e and e <= e"));
    assert_eq!(eval::<(String, i64)>(&lua, "return pairs(e)"), ("pairs".into(), 2));
    assert_eq!(eval::<i64>(&lua, "e.stored = 5; return stored"), 5);
    assert!(eval::<bool>(&lua, "do local c <close> = make() end; return closed"));
    assert!(eval::<bool>(&lua, "e = nil; collectgarbage(); collectgarbage(); return collected"));
}

#[derive(UserData)]
struct Person {
    name: String,
    nicknames: Vec<String>,
    parent: Option<Box<Person>>,
}

impl Clone for Person {
    fn clone(&self) -> Self {
        Person {
            name: self.name.clone(),
            nicknames: self.nicknames.clone(),
            parent: self.parent.clone(),
        }
    }
}

/// Results that are borrows.
#[luster::methods]
impl Person {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn nicknames(&self) -> &[String] {
        &self.nicknames
    }

    pub fn nickname(&self, index: usize) -> Option<&str> {
        self.nicknames.get(index).map(String::as_str)
    }

    pub fn parent(&self) -> std::result::Result<&Person, Error> {
        self.parent.as_deref().ok_or_else(|| Error::new("no parent is known"))
    }

    pub fn longer<'a>(&'a self, other: &'a Person) -> &'a str {
        if self.name.len() < other.name.len() { &other.name } else { &self.name }
    }

    #[lua(getter)]
    pub fn initial(&self) -> &str {
        &self.name[..1]
    }
}

#[test]
fn borrowed_results_are_copied() {
    let lua = Lua::new();
    let child = Person {
        name: "Ada".into(),
        nicknames: vec!["A".into()],
        parent: Some(Box::new(Person {
            name: "Anabella".into(),
            nicknames: Vec::new(),
            parent: None,
        })),
    };
    lua.globals().set("p", child).unwrap();
    assert_eq!(
        eval::<(String, String)>(&lua, "return p:name(), p.initial"),
        ("Ada".into(), "A".into())
    );
    assert_eq!(eval::<String>(&lua, "return p:nicknames()[1]"), "A");
    assert_eq!(
        eval::<(String, bool)>(&lua, "return p:nickname(0), p:nickname(1) == nil"),
        ("A".into(), true)
    );
    assert_eq!(eval::<String>(&lua, "return p:parent():name()"), "Anabella");
    assert_eq!(eval::<String>(&lua, "return p:longer(p:parent())"), "Anabella");
    assert_eq!(failure(&lua, "p:parent():parent()"), "test:1: no parent is known");
}

#[derive(UserData)]
#[lua(bound = "T: Clone + luster::IntoLua + luster::FromLua")]
struct Pair<T> {
    pub first: T,
    pub second: T,
}

#[luster::methods]
impl<T: Clone + luster::IntoLua + luster::FromLua> Pair<T> {
    pub fn swap(&mut self) {
        std::mem::swap(&mut self.first, &mut self.second);
    }

    pub fn with_first(&self, first: T) -> Self {
        Pair { first, second: self.second.clone() }
    }
}

#[test]
fn generic_types_have_methods() {
    let lua = Lua::new();
    lua.globals().set("p", Pair { first: 1, second: 2 }).unwrap();
    assert_eq!(eval::<(i64, i64)>(&lua, "p:swap(); return p.first, p.second"), (2, 1));
    assert_eq!(eval::<i64>(&lua, "return p:with_first(7).first"), 7);
}

#[derive(UserData)]
#[lua(name = "Light")]
enum TrafficLight {
    Red,
    Green,
}

#[luster::methods]
impl TrafficLight {
    pub fn next(&mut self) {
        *self = match self {
            TrafficLight::Red => TrafficLight::Green,
            TrafficLight::Green => TrafficLight::Red,
        };
    }

    pub fn red() -> Self {
        TrafficLight::Red
    }

    #[lua(getter)]
    pub fn may_go(&self) -> bool {
        matches!(self, TrafficLight::Green)
    }
}

#[test]
fn enums_have_methods() {
    let lua = Lua::new();
    lua.register::<TrafficLight>().unwrap();
    let went: (bool, bool) =
        eval(&lua, "local l = Light.red(); local a = l.may_go; l:next(); return a, l.may_go");
    assert_eq!(went, (false, true));
}
