//! What those who know mlua write first: parameters in a tuple, optional borrows, `&Lua`, references
//! and `From` instead of handles, and results that are nil and a message.

use luster::{Bytes, Class, Error, ErrorKind, Lua, MultiValue, Result, Table, UserData, Value};

struct Point(i64);

impl UserData for Point {
    fn build(class: &mut Class<Self>) {
        class.method("plus", |this: &Point, other: Option<&Point>| {
            this.0 + other.map_or(0, |other| other.0)
        });
    }
}

#[test]
fn parameters_may_stand_in_a_tuple() -> Result<()> {
    let lua = Lua::new();
    let f = lua.function(|lua: &Lua, (a, b): (i64, Option<String>)| {
        lua.string(format!("{a}{}", b.unwrap_or_default()))
    });
    lua.globals().set("f", f)?;
    assert_eq!(lua.load("f(1, 'x') .. f(2)").eval::<String>()?, "1x2");
    let error = lua.load("f(1, {})").set_name("=s").exec().unwrap_err();
    assert_eq!(error.message(), "s:1: bad argument #2 to 'f' (string expected, got table)");
    let nothing = lua.function(|(): ()| 1);
    assert_eq!(nothing.call::<i64>(())?, 1);
    Ok(())
}

#[test]
fn borrows_may_be_missing() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("p", Point(3))?;
    lua.globals().set("length", lua.function(|text: Option<&str>| text.map(str::len)))?;
    lua.globals().set("bytes", lua.function(|b: Option<&[u8]>| b.map(<[u8]>::len)))?;
    lua.globals()
        .set("clear", lua.function(|p: Option<&mut Point>| p.into_iter().for_each(|p| p.0 = 0)))?;
    let sums: (i64, i64) = lua.load("return p:plus(), p:plus(p)").eval()?;
    assert_eq!(sums, (3, 6));
    lua.load("assert(length() == nil and length(nil) == nil and length('abc') == 3)").exec()?;
    lua.load("assert(bytes() == nil and bytes('\\xff') == 1)").exec()?;
    let error = lua.load("p:plus({})").set_name("=s").exec().unwrap_err();
    assert_eq!(error.message(), "s:1: bad argument #1 to 'plus' (Point expected, got table)");
    assert_eq!(lua.load("clear() clear(p) return p:plus()").eval::<i64>()?, 0);
    Ok(())
}

#[test]
fn references_and_shared_text_become_values() -> Result<()> {
    let lua = Lua::new();
    let names = vec!["a".to_owned(), "b".to_owned()];
    lua.globals().set("names", &names)?;
    let sizes: &[i64; 3] = &[1, 2, 3];
    lua.globals().set("sizes", sizes)?;
    lua.globals().set("list", lua.list_of([1.5, 2.5].iter())?)?;
    lua.globals().set("text", std::sync::Arc::<str>::from("x"))?;
    assert_eq!(lua.load("names[2] .. #sizes .. list[1] .. text").eval::<String>()?, "b31.5x");
    Ok(())
}

#[test]
fn values_are_made_and_shown() -> Result<()> {
    let lua = Lua::new();
    let values = [Value::from(1_i64), Value::from(0.5), Value::from(true), Value::Nil];
    let texts: Vec<String> = values.iter().map(Value::to_string).collect();
    assert_eq!(texts, ["1", "0.5", "true", "nil"]);
    let text = lua.string("text")?;
    assert_eq!((text.to_string(), Value::from(text).to_string()), ("text".into(), "text".into()));
    let table = Value::from(lua.create_table());
    assert_eq!(lua.load("return tostring(...)").call::<String>(&table)?, table.to_string());
    assert!(Value::from(1_i64).is_integer() && !Value::from(1.0).is_integer());
    assert_eq!(Value::from(false).as_boolean(), Some(false));
    assert!(lua.load("coroutine.create(print)").eval::<Value>()?.as_thread().is_some());
    assert_eq!(MultiValue::from(vec![Value::Nil]).len(), 1);
    assert_eq!(Bytes::from(b"ab".to_vec()).len(), 2);
    Ok(())
}

#[test]
fn nil_and_a_message_are_an_error() -> Result<()> {
    let lua = Lua::new();
    type Outcome = std::result::Result<i64, String>;
    assert_eq!(
        lua.load("return nil, 'no such file'").eval::<Outcome>()?,
        Err("no such file".into())
    );
    assert_eq!(lua.load("return 5, 'ignored'").eval::<Outcome>()?, Ok(5));
    let none = lua.load("return nil").eval::<std::result::Result<Option<i64>, String>>()?;
    assert_eq!(none, Ok(None));
    let error = lua.load("return nil, 'gone'").eval::<Result<Table>>()?.unwrap_err();
    assert_eq!(error.message(), "gone");
    // A Rust error that a script has caught is itself.
    lua.globals().set("fail", lua.function(|| "x".parse::<i32>().map(drop)))?;
    let (ok, error): (bool, Error) = lua.load("pcall(fail)").eval()?;
    assert!(!ok && error.downcast_ref::<std::num::ParseIntError>().is_some());
    Ok(())
}

#[test]
fn tables_and_userdata_are_called() -> Result<()> {
    let lua = Lua::new();
    let double = "setmetatable({}, { __call = function (self, n) return n * 2 end })";
    assert_eq!(lua.load(double).eval::<Table>()?.call::<i64>(4)?, 8);
    let error = lua.create_table().call::<()>(()).unwrap_err();
    assert_eq!(error.message(), "attempt to call a table value");
    Ok(())
}

#[test]
fn lent_functions_may_change_what_they_borrow() -> Result<()> {
    let lua = Lua::new();
    let mut names = Vec::new();
    lua.scope(|scope| {
        lua.globals().set("note", scope.function_mut(|name: &str| names.push(name.to_owned()))?)?;
        lua.load("note('a') note('b')").exec()
    })?;
    assert_eq!(names, ["a", "b"]);
    let error = lua.load("note('c')").set_name("=s").exec().unwrap_err();
    assert_eq!(error.message(), "s:1: the function was lent, and is not there any more");
    Ok(())
}

#[test]
fn memory_that_is_not_there_has_a_kind_of_its_own() {
    let lua = Lua::builder().memory_limit(4 << 20).build();
    let fill = "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end";
    let error = lua.load(fill).exec().unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Memory, "not enough memory"));
    assert_eq!(lua.load("1 + 1").eval::<i64>().ok(), Some(2));
}
