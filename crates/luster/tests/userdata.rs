//! Userdata written by hand: methods, fields, metamethods, borrows from the inside and the outside.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use luster::{
    AnyUserData, Class, Error, ErrorKind, Function, Lua, MultiValue, Reply, Result, Table,
    UserData, Value,
};

#[derive(Clone, Debug, PartialEq)]
struct Vec2 {
    x: f64,
    y: f64,
}

impl UserData for Vec2 {
    fn build(class: &mut Class<Self>) {
        class
            .constructor("new", |x: f64, y: f64| Vec2 { x, y })
            .function("distance", |a: &Vec2, b: &Vec2| (a.x - b.x).hypot(a.y - b.y))
            .constant("ZERO", Vec2 { x: 0.0, y: 0.0 })
            .constant("DIMENSIONS", 2)
            .field("x", |this: &Vec2| this.x)
            .setter("x", |this: &mut Vec2, x: f64| this.x = x)
            .field("y", |this: &Vec2| this.y)
            .field("length", |this: &Vec2| this.x.hypot(this.y))
            .method("dot", |this: &Vec2, other: &Vec2| this.x * other.x + this.y * other.y)
            .method("scale", |this: &mut Vec2, by: f64| {
                this.x *= by;
                this.y *= by;
            })
            .method("swap", |this: &mut Vec2, other: &mut Vec2| std::mem::swap(this, other))
            .method("into_parts", |this: Vec2| (this.x, this.y))
            .meta("__add", |a: &Vec2, b: &Vec2| Vec2 { x: a.x + b.x, y: a.y + b.y })
            .meta("__mul", |a: &Vec2, by: f64| Vec2 { x: a.x * by, y: a.y * by })
            .meta("__unm", |a: &Vec2| Vec2 { x: -a.x, y: -a.y })
            .meta("__eq", |a: &Vec2, b: &Vec2| a == b)
            .meta("__lt", |a: &Vec2, b: &Vec2| a.x < b.x)
            .meta("__le", |a: &Vec2, b: &Vec2| a.x <= b.x)
            .meta("__tostring", |a: &Vec2| format!("({}, {})", a.x, a.y))
            .meta("__concat", |a: Value, b: Value| {
                let text = |value: &Value| match value {
                    Value::String(text) => text.to_string_lossy(),
                    _ => "v".to_owned(),
                };
                text(&a) + &text(&b)
            })
            .meta("__len", |_: &Vec2| 2)
            .meta("__call", |this: &Vec2, n: f64| this.x * n + this.y);
    }
}

fn lua() -> Result<Lua> {
    let lua = Lua::new();
    lua.register::<Vec2>()?;
    lua.load("v, w = Vec2.new(3, 4), Vec2.new(1, 2)").exec()?;
    Ok(lua)
}

#[track_caller]
fn failure(lua: &Lua, source: &str) -> String {
    let error = lua.load(source).set_name("=s").exec().expect_err("it should fail");
    error.message().to_owned()
}

#[test]
fn the_type_has_a_table() -> Result<()> {
    let lua = lua()?;
    lua.load(
        r#"
        assert(type(Vec2) == 'table' and type(v) == 'userdata')
        assert(Vec2.distance(v, Vec2.ZERO) == 5 and Vec2.DIMENSIONS == 2)
        assert(Vec2.dot(v, w) == 11 and v:dot(w) == 11)
        assert(getmetatable(v) == false)
        assert(not pcall(setmetatable, v, {}))
        "#,
    )
    .exec()?;
    let class: Table = lua.class::<Vec2>()?;
    assert_eq!(class, lua.globals().get::<Table>("Vec2")?);
    let made: AnyUserData = class.call_function("new", (1, 2))?;
    assert_eq!(*made.borrow::<Vec2>()?, Vec2 { x: 1.0, y: 2.0 });
    Ok(())
}

#[test]
fn methods_by_ref_by_mut_and_by_value() -> Result<()> {
    let lua = lua()?;
    lua.load(
        r#"
        assert(v:dot(v) == 25)
        v:scale(2)
        assert(v.x == 6 and v.y == 8)
        v:swap(w)
        assert(v.x == 1 and w.x == 6)
        local x, y = w:into_parts()
        assert(x == 6 and y == 8)
        "#,
    )
    .exec()?;
    let gone = "bad argument #1 to 'dot' (cannot borrow the userdata: it is not there any more)";
    assert_eq!(failure(&lua, "v:dot(w)"), format!("s:1: {gone}"));
    assert_eq!(
        failure(&lua, "w:dot(v)"),
        "s:1: calling 'dot' on bad self (cannot borrow the userdata: it is not there any more)"
    );
    assert_eq!(
        failure(&lua, "v:swap(v)"),
        "s:1: bad argument #1 to 'swap' (cannot borrow the userdata: it is being changed)"
    );
    // The failed call has left no borrow behind.
    lua.load("v:scale(1) v:into_parts()").exec()
}

#[test]
fn fields() -> Result<()> {
    let lua = lua()?;
    lua.load("v.x = 6 assert(v.x == 6 and v.y == 4 and v.length == math.sqrt(52))").exec()?;
    lua.load("v.x = '7' assert(v.x == 7)").exec()?;
    assert_eq!(failure(&lua, "v.y = 1"), "s:1: field 'y' of Vec2 is read-only");
    assert_eq!(failure(&lua, "v.length = 1"), "s:1: field 'length' of Vec2 is read-only");
    assert_eq!(failure(&lua, "v.dot = 1"), "s:1: field 'dot' of Vec2 is read-only");
    assert_eq!(failure(&lua, "v.z = 1"), "s:1: Vec2 has no field 'z'");
    assert_eq!(failure(&lua, "v[1] = 1"), "s:1: Vec2 has no field '1'");
    assert_eq!(
        failure(&lua, "v.x = 'far'"),
        "s:1: bad value for field 'x' (number expected, got string)"
    );
    assert_eq!(
        failure(&lua, "v.x = nil"),
        "s:1: bad value for field 'x' (number expected, got nil)"
    );
    // Reading what is not there is nil, as in tables.
    assert!(lua.load("v.z == nil and v[1] == nil").eval::<bool>()?);
    assert_eq!(failure(&lua, "v:jump()"), "s:1: attempt to call a nil value (method 'jump')");
    assert_eq!(failure(&lua, "return v.z.w"), "s:1: attempt to index a nil value (field 'z')");
    Ok(())
}

#[test]
fn metamethods() -> Result<()> {
    let lua = lua()?;
    lua.load(
        r#"
        local u = v + w
        assert(u.x == 4 and u.y == 6)
        assert((v * 2).x == 6 and (-v).x == -3)
        assert((v + v).x == 6)
        assert(v == Vec2.new(3, 4) and v ~= w and not rawequal(v, Vec2.new(3, 4)))
        assert(w < v and w <= v and not (v < w) and v >= w)
        assert(tostring(v) == '(3, 4)')
        assert('a' .. v == 'av' and v .. 'b' == 'vb' and v .. w == 'vv')
        assert(#v == 2)
        assert(v(10) == 34)
        assert(string.format('%s', v) == '(3, 4)')
        "#,
    )
    .exec()?;
    assert_eq!(
        failure(&lua, "return v - w"),
        "s:1: attempt to perform arithmetic on a Vec2 value (global 'v')"
    );
    assert_eq!(
        failure(&lua, "return v + 1"),
        "s:1: bad argument #2 to 'add' (Vec2 expected, got number)"
    );
    assert_eq!(
        failure(&lua, "return v & 1"),
        "s:1: attempt to perform bitwise operation on a Vec2 value (global 'v')"
    );
    assert_eq!(
        failure(&lua, "v('x')"),
        "s:1: bad argument #1 to 'v' (number expected, got string)"
    );
    Ok(())
}

/// A type whose members are not known beforehand, with what a script can iterate and close.
#[derive(Default)]
struct Bag {
    items: HashMap<String, i64>,
    closed: Rc<Cell<u32>>,
}

impl UserData for Bag {
    fn name() -> &'static str {
        "game.Bag"
    }

    fn build(class: &mut Class<Self>) {
        class
            .method("count", |this: &Bag| this.items.len())
            .field("kind", |_: &Bag| "bag")
            .setter("total", |this: &mut Bag, total: i64| {
                this.items.insert("total".to_owned(), total);
            })
            .meta("__index", |this: &Bag, key: String| this.items.get(&key).copied())
            .meta("__newindex", |this: &mut Bag, key: String, value: Option<i64>| {
                match value {
                    Some(value) => this.items.insert(key, value),
                    None => this.items.remove(&key),
                };
            })
            .meta("__close", |this: &Bag, error: Value| {
                this.closed.set(this.closed.get() + if error.is_nil() { 1 } else { 100 });
            })
            .meta("__gc", |this: &Bag| this.closed.set(this.closed.get() + 10))
            .meta("__pairs", |lua: Lua, this: &Bag| {
                let mut items: Vec<_> = this.items.clone().into_iter().collect();
                items.sort();
                let mut items = items.into_iter();
                lua.function_mut(move || items.next().unzip())
            });
    }
}

#[test]
fn index_fallbacks_pairs_and_close() -> Result<()> {
    let lua = Lua::new();
    let closed = Rc::new(Cell::new(0));
    let bag = Bag { closed: closed.clone(), ..Bag::default() };
    lua.globals().set("bag", bag)?;
    lua.load(
        r#"
        bag.apples = 3
        bag.pears = 4
        bag.total = 7
        -- Methods and fields come first, then what the type says.
        assert(bag:count() == 3 and bag.kind == 'bag' and bag.apples == 3 and bag.plums == nil)
        bag.pears = nil
        assert(bag:count() == 2)
        local seen = {}
        for k, v in pairs(bag) do seen[#seen + 1] = k .. v end
        assert(table.concat(seen, ' ') == 'apples3 total7')
        assert(tostring(bag):find('^game%.Bag: 0x'), tostring(bag))
        do local b <close> = bag end
        "#,
    )
    .exec()?;
    assert_eq!(closed.get(), 1);
    assert_eq!(failure(&lua, "local b <close> = bag error('x')"), "s:1: x");
    assert_eq!(closed.get(), 101);
    // A setter of the fallback that is not for this key.
    assert_eq!(
        failure(&lua, "bag.apples = 'many'"),
        "s:1: bad argument #3 to 'newindex' (number expected, got string)"
    );
    lua.load("bag = nil").exec()?;
    lua.collect_garbage();
    lua.load("").exec()?;
    assert_eq!(closed.get(), 111);
    Ok(())
}

#[test]
fn from_outside() -> Result<()> {
    let lua = lua()?;
    let v: AnyUserData = lua.globals().get("v")?;
    assert!(v.is::<Vec2>() && !v.is::<Bag>());
    assert_eq!(v.borrow::<Vec2>()?.x, 3.0);
    v.borrow_mut::<Vec2>()?.x = 10.0;
    assert_eq!(lua.load("v.x").eval::<f64>()?, 10.0);
    assert_eq!(v.get::<f64>("length")?, 10.0_f64.hypot(4.0));
    v.set("x", 3)?;
    assert_eq!(v.call_method::<f64>("dot", &v)?, 25.0);
    assert_eq!(v.set("y", 3).unwrap_err().message(), "field 'y' of Vec2 is read-only");
    assert_eq!(
        v.call_method::<()>("jump", ()).unwrap_err().message(),
        "attempt to call a nil value (method 'jump')"
    );
    let error = v.borrow::<Bag>().map(drop).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Conversion, "game.Bag expected, got Vec2")
    );
    let taken: Vec2 = v.take()?;
    assert_eq!(taken, Vec2 { x: 3.0, y: 4.0 });
    let error = v.borrow::<Vec2>().map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Borrow);
    assert_eq!(error.message(), "cannot borrow the userdata: it is not there any more");
    assert_eq!(v.take::<Vec2>().unwrap_err().kind(), ErrorKind::Borrow);
    Ok(())
}

#[test]
fn borrows_from_outside_while_scripts_run() -> Result<()> {
    let lua = lua()?;
    let v: AnyUserData = lua.globals().get("v")?;
    let shared = (v.borrow::<Vec2>()?, v.borrow::<Vec2>()?);
    lua.load("assert(v:dot(v) == 25)").exec()?;
    assert_eq!(
        failure(&lua, "v:scale(2)"),
        "s:1: calling 'scale' on bad self (cannot borrow the userdata: it is in use)"
    );
    assert_eq!(v.borrow_mut::<Vec2>().map(drop).unwrap_err().kind(), ErrorKind::Borrow);
    assert_eq!(v.take::<Vec2>().unwrap_err().message(), "cannot borrow the userdata: it is in use");
    drop(shared);
    let mut unique = v.borrow_mut::<Vec2>()?;
    unique.x = 1.0;
    assert_eq!(failure(&lua, "return v.x"), "s:1: cannot borrow the userdata: it is being changed");
    drop(unique);
    assert_eq!(lua.load("v.x").eval::<f64>()?, 1.0);
    // A borrow outlives everything that refers to its value, the VM too.
    let kept = v.borrow::<Vec2>()?;
    lua.load("v = nil").exec()?;
    drop(v);
    lua.collect_garbage();
    drop(lua);
    assert_eq!(kept.y, 4.0);
    Ok(())
}

#[test]
fn user_values() -> Result<()> {
    let lua = lua()?;
    let v: AnyUserData = lua.globals().get("v")?;
    assert_eq!(v.user_value::<Option<i64>>(0)?, None);
    v.set_user_value(0, "kept")?;
    v.set_user_value(3, lua.list_of([1, 2])?)?;
    lua.collect_garbage();
    assert_eq!(v.user_value::<String>(0)?, "kept");
    assert_eq!(v.user_value::<Option<i64>>(1)?, None);
    assert_eq!(v.user_value::<Vec<i64>>(3)?, [1, 2]);
    assert_eq!(v.user_value::<i64>(0).unwrap_err().kind(), ErrorKind::Conversion);
    // There are not more than anyone needs.
    assert_eq!(
        v.set_user_value(usize::MAX, 1).unwrap_err().message(),
        "a userdata has no more than 65535 user values"
    );
    assert_eq!(v.user_value::<Option<i64>>(usize::MAX)?, None);
    Ok(())
}

/// A generic type: each instance is a type of its own, with the name of all.
struct Stack<T>(Vec<T>);

impl<T: luster::IntoLua + luster::FromLua + Clone + 'static> UserData for Stack<T> {
    fn build(class: &mut Class<Self>) {
        class
            .constructor("new", || Stack::<T>(Vec::new()))
            .method("push", |this: &mut Stack<T>, value: T| this.0.push(value))
            .method("pop", |this: &mut Stack<T>| this.0.pop());
    }
}

#[test]
fn generic_types() -> Result<()> {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("Numbers", lua.class::<Stack<i64>>()?)?;
    globals.set("Texts", lua.class::<Stack<String>>()?)?;
    lua.load(
        r#"
        n, t = Numbers.new(), Texts.new()
        n:push(1) n:push(2) t:push('a') t:push(5)
        assert(n:pop() == 2 and t:pop() == '5' and t:pop() == 'a' and t:pop() == nil)
        "#,
    )
    .exec()?;
    assert_eq!(
        failure(&lua, "n:push('x')"),
        "s:1: bad argument #1 to 'push' (number expected, got string)"
    );
    assert_eq!(
        failure(&lua, "Numbers.pop(t)"),
        "s:1: bad argument #1 to 'pop' (Stack expected, got Stack)"
    );
    Ok(())
}

#[test]
fn as_keys_and_by_identity() -> Result<()> {
    let lua = lua()?;
    lua.load(
        r#"
        local t = { [v] = 'v', [w] = 'w' }
        assert(t[v] == 'v' and t[w] == 'w' and t[Vec2.new(3, 4)] == nil)
        "#,
    )
    .exec()?;
    let v: AnyUserData = lua.globals().get("v")?;
    let same: AnyUserData = lua.load("v").eval()?;
    let equal: AnyUserData = lua.load("Vec2.new(3, 4)").eval()?;
    assert_eq!(v, same);
    assert_ne!(v, equal);
    Ok(())
}

/// Methods may call Lua in their place, yield, and see all of their arguments.
struct Caller;

impl UserData for Caller {
    fn build(class: &mut Class<Self>) {
        class
            .method("call", |_: &Caller, f: Function, all: MultiValue| Reply::Call(f, all))
            .method("wait", |_: &Caller| Reply::Yield("waiting"))
            .method("fail", |_: &Caller| Err::<(), _>(Error::new("on purpose")))
            .field("failing", |_: &Caller| "x".parse::<i64>())
            .field("deferred", |_: &Caller| Reply::Yield("a field"));
        let mut calls = 0;
        class.method_mut("calls", move |_: &Caller| {
            calls += 1;
            calls
        });
    }
}

#[test]
fn methods_that_do_more_than_return() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("c", Caller)?;
    lua.load(
        r#"
        assert(c:call(math.max, 3, 9, 4) == 9)
        local co = coroutine.wrap(function() return c:wait(), c.deferred end)
        assert(co() == 'waiting' and co('first') == 'a field')
        local a, b = co('second')
        assert(a == 'first' and b == 'second')
        assert(c:calls() + c:calls() == 3)
        "#,
    )
    .exec()?;
    assert_eq!(failure(&lua, "c:fail()"), "s:1: on purpose");
    let error = lua.load("return c.failing").exec().unwrap_err();
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    Ok(())
}

/// What the host gave is dropped when scripts have let go of it, or with the VM.
#[test]
fn values_are_dropped_once() -> Result<()> {
    struct Counted(Rc<Cell<u32>>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    impl UserData for Counted {
        fn build(class: &mut Class<Self>) {
            class.method("swallow", |this: Counted| drop(this));
        }
    }
    let drops = Rc::new(Cell::new(0));
    let lua = Lua::new();
    lua.globals().set("a", Counted(drops.clone()))?;
    lua.globals().set("b", Counted(drops.clone()))?;
    lua.globals().set("c", Counted(drops.clone()))?;
    lua.load("a:swallow()").exec()?;
    assert_eq!(drops.get(), 1);
    lua.load("a, b = nil").exec()?;
    lua.collect_garbage();
    assert_eq!(drops.get(), 2);
    drop(lua);
    assert_eq!(drops.get(), 3);
    Ok(())
}

/// A destructor runs while the VM collects garbage: what it does with the VM is refused.
#[test]
fn destructors_that_use_the_vm() -> Result<()> {
    struct Meddler {
        lua: std::rc::Weak<Lua>,
        table: Table,
        seen: Rc<Cell<Option<ErrorKind>>>,
    }
    impl Drop for Meddler {
        fn drop(&mut self) {
            let kind = self.table.get::<Value>("x").unwrap_err().kind();
            if let Some(lua) = self.lua.upgrade() {
                assert_eq!(lua.load("return 1").exec().unwrap_err().kind(), ErrorKind::Busy);
                assert_eq!(lua.load("return 1").start::<()>().unwrap_err().kind(), ErrorKind::Busy);
                lua.collect_garbage();
                lua.used_memory();
            }
            self.seen.set(Some(kind));
        }
    }
    impl UserData for Meddler {
        fn build(_: &mut Class<Self>) {}
    }
    let lua = Rc::new(Lua::new());
    let seen = Rc::new(Cell::new(None));
    let meddler =
        Meddler { lua: Rc::downgrade(&lua), table: lua.create_table(), seen: seen.clone() };
    drop(lua.create_userdata(meddler)?);
    lua.collect_garbage();
    assert_eq!(seen.get(), Some(ErrorKind::Busy));
    let meddler =
        Meddler { lua: Rc::downgrade(&lua), table: lua.create_table(), seen: seen.clone() };
    lua.globals().set("m", meddler)?;
    drop(lua);
    assert_eq!(seen.get(), Some(ErrorKind::Closed));
    Ok(())
}

struct Page(String);

impl UserData for Page {
    fn build(class: &mut Class<Self>) {
        class
            .field("text", |page: &Page| page.0.clone())
            .setter("text", |page: &mut Page, text: String| page.0 = text)
            // Takes what it is given out of its userdata.
            .setter("source", |page: &mut Page, source: Page| page.0 = source.0);
    }
}

#[test]
fn garbage_of_fields_is_collected_as_they_are_got() -> Result<()> {
    let lua = Lua::builder().memory_limit(8 << 20).build();
    lua.globals().set("page", Page("x".repeat(100_000)))?;
    lua.load("for i = 1, 2000 do local text = page.text end").exec()?;
    lua.load("for i = 1, 2000 do page.text = page.text end").exec()
}

#[test]
fn fields_that_are_set_wrongly_stay_as_they_are() -> Result<()> {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("page", Page("a".into()))?;
    globals.set("other", Page("b".into()))?;
    let error = failure(&lua, "page.text = {}");
    assert!(error.ends_with("bad value for field 'text' (string expected, got table)"), "{error}");
    assert_eq!(lua.load("return page.text").eval::<String>()?, "a");
    // What is taken away is taken once.
    lua.load("page.source = other").exec()?;
    assert_eq!(lua.load("return page.text").eval::<String>()?, "b");
    let error = failure(&lua, "return other.text");
    assert!(error.ends_with("it is not there any more"), "{error}");
    // The value itself cannot be taken while it is being set.
    assert!(failure(&lua, "page.source = page").contains("bad value for field 'source'"));
    assert_eq!(lua.load("return page.text").eval::<String>()?, "b");
    // The same key is a field of one value and not of another.
    let read = lua.load("local n = 0 for _, v in ipairs { page, { text = 'c' }, page, 'd' } do n = n .. tostring(v.text) end return n");
    assert_eq!(read.eval::<String>()?, "0bcbnil");
    Ok(())
}
