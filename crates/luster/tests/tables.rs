//! Tables as the host uses them: with and without metamethods, and while they are being changed.

use luster::{Error, ErrorKind, Lua, Result, Table, Value};

fn table(lua: &Lua, source: &str) -> Result<Table> {
    lua.load(source).eval()
}

#[test]
fn keys_of_all_types() -> Result<()> {
    let lua = Lua::new();
    let t = lua.create_table();
    let key = lua.create_table();
    t.set("name", 1)?;
    t.set(1, 2)?;
    t.set(1.5, 3)?;
    t.set(true, 4)?;
    t.set(&key, 5)?;
    t.set(lua.string(b"\xFF")?, 6)?;
    // A float with the value of an integer is that integer.
    assert_eq!(t.get::<i64>(1.0)?, 2);
    assert_eq!(t.get::<i64>(1.5)?, 3);
    assert_eq!(t.get::<i64>(true)?, 4);
    assert_eq!(t.get::<i64>(&key)?, 5);
    assert_eq!(t.get::<Option<i64>>("1")?, None);
    assert!(t.contains_key("name")? && !t.contains_key("other")?);
    for (key, message) in [(Value::Nil, "index is nil"), (Value::Number(f64::NAN), "index is NaN")]
    {
        assert!(t.set(&key, 1).unwrap_err().message().ends_with(message));
        assert!(t.raw_set(&key, 1).unwrap_err().message().ends_with(message));
        assert_eq!(t.get::<Option<i64>>(&key)?, None);
    }
    t.set("name", Value::Nil)?;
    assert!(!t.contains_key("name")?);
    Ok(())
}

#[test]
fn wrong_types() -> Result<()> {
    let lua = Lua::new();
    let t = table(&lua, "{ port = 'http' }")?;
    let error = t.get::<u16>("port").unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Conversion, "number expected, got string")
    );
    assert_eq!(t.get::<u16>("none").unwrap_err().message(), "number expected, got nil");
    Ok(())
}

#[test]
fn metamethods_of_access() -> Result<()> {
    let lua = Lua::new();
    let t = table(
        &lua,
        r#"
        log = {}
        return setmetatable({ own = 1 }, {
            __index = function(t, k) return k .. '?' end,
            __newindex = function(t, k, v) log[#log + 1] = k .. '=' .. v end,
            __len = function() return 77 end,
        })
        "#,
    )?;
    assert_eq!(t.get::<i64>("own")?, 1);
    assert_eq!(t.get::<String>("other")?, "other?");
    assert!(t.contains_key("anything")?);
    assert_eq!(t.raw_get::<Option<String>>("other")?, None);
    t.set("new", 5)?;
    t.set("own", 6)?;
    assert_eq!(t.raw_get::<i64>("own")?, 6);
    assert!(t.raw_get::<Value>("new")?.is_nil());
    t.raw_set("raw", 7)?;
    let log: Vec<String> = lua.globals().get("log")?;
    assert_eq!(log, ["new=5"]);
    assert_eq!(t.len()?, 77);
    assert_eq!(t.raw_len(), 0);
    // By tables, over several steps.
    let chain = table(
        &lua,
        "setmetatable({}, { __index = setmetatable({}, { __index = { deep = 3 } }), __newindex = log })",
    )?;
    assert_eq!(chain.get::<i64>("deep")?, 3);
    chain.set("x", 1)?;
    assert_eq!(lua.load("log.x").eval::<i64>()?, 1);
    Ok(())
}

#[test]
fn metamethods_that_fail() -> Result<()> {
    let lua = Lua::new();
    let t = table(
        &lua,
        "setmetatable({}, { __index = function() error('no index', 0) end, __newindex = function() error({}) end, __len = function() return 'x' end })",
    )?;
    assert_eq!(t.get::<Value>("x").unwrap_err().message(), "no index");
    assert_eq!(t.set("x", 1).unwrap_err().message(), "(error object is a table value)");
    assert_eq!(t.len().unwrap_err().kind(), ErrorKind::Conversion);
    let t = table(&lua, "setmetatable({}, { __index = true, __newindex = 5 })")?;
    assert_eq!(t.get::<Value>("x").unwrap_err().message(), "attempt to index a boolean value");
    assert_eq!(t.set("x", 1).unwrap_err().message(), "attempt to index a number value");
    let looping = table(&lua, "local t = {} t.__index = t return setmetatable(t, t)")?;
    let error = looping.get::<Value>("x").unwrap_err();
    assert_eq!(error.message(), "'__index' chain too long; possible loop");
    Ok(())
}

#[test]
fn lists() -> Result<()> {
    let lua = Lua::new();
    let list = lua.create_table();
    assert!(list.is_empty());
    for n in 1..=5 {
        list.push(n * 10)?;
    }
    assert_eq!((list.len()?, list.raw_len()), (5, 5));
    assert_eq!(list.pop::<i64>()?, 50);
    assert_eq!(list.sequence::<i64>().collect::<Result<Vec<_>>>()?, [10, 20, 30, 40]);
    list.set(2, Value::Nil)?;
    assert_eq!(list.sequence::<i64>().count(), 1);
    list.clear()?;
    assert!(list.is_empty());
    assert_eq!(list.pop::<Option<i64>>()?, None);
    assert_eq!(list.pop::<i64>().unwrap_err().message(), "number expected, got nil");
    let list = lua.list_of(["a", "b"])?;
    assert_eq!(lua.load("return table.concat(..., '-')").call::<String>(&list)?, "a-b");
    list.push("c")?;
    assert_eq!(
        list.sequence::<i64>().next().expect("one").unwrap_err().kind(),
        ErrorKind::Conversion
    );
    Ok(())
}

#[test]
fn pairs() -> Result<()> {
    let lua = Lua::new();
    let t = table(&lua, "{ 10, 20, x = 30, y = 40 }")?;
    let mut sum = 0;
    for pair in t.pairs::<Value, i64>() {
        sum += pair?.1;
    }
    assert_eq!(sum, 100);
    let mut keys = Vec::new();
    t.for_each(|key: String, value: i64| {
        keys.push(format!("{key}={value}"));
        Ok(())
    })?;
    keys.sort();
    assert_eq!(keys, ["1=10", "2=20", "x=30", "y=40"]);
    // The order is that of `next`.
    let by_next: Vec<String> =
        lua.load("local t, keys = ..., {} for k in pairs(t) do keys[#keys + 1] = tostring(k) end return keys").call(&t)?;
    let by_pairs: Vec<String> =
        t.pairs::<String, i64>().map(|pair| Ok(pair?.0)).collect::<Result<_>>()?;
    assert_eq!(by_pairs, by_next);
    // A pair of another type is an error, and the ones after it still come.
    let (right, wrong): (Vec<_>, Vec<_>) = t.pairs::<i64, i64>().partition(Result::is_ok);
    assert_eq!((right.len(), wrong.len()), (2, 2));
    assert!(t.for_each(|_: i64, _: i64| Ok(())).is_err());
    let error = t.for_each(|_: Value, _: Value| Err(Error::new("enough"))).unwrap_err();
    assert_eq!(error.message(), "enough");
    Ok(())
}

/// Pairs may be changed and removed on the way; nothing panics whatever happens.
#[test]
fn pairs_of_a_changing_table() -> Result<()> {
    let lua = Lua::new();
    let t = lua.table_of((0..100).map(|n| (n, n)))?;
    let mut seen = 0;
    for pair in t.pairs::<i64, i64>() {
        let (key, value) = pair?;
        t.set(key, if value % 2 == 0 { Some(-value) } else { None })?;
        seen += 1;
        lua.collect_garbage();
    }
    assert_eq!(seen, 100);
    assert_eq!(t.pairs::<i64, i64>().count(), 50);
    t.for_each(|key: i64, _: i64| t.set(key, Value::Nil))?;
    assert!(t.is_empty());
    // Growing on the way ends at some time, with all pairs of before seen at least once or not.
    let t = lua.table_of((0..10).map(|n| (n, n)))?;
    for pair in t.pairs::<i64, i64>().take(1000) {
        let (key, _) = pair?;
        t.set(key + 1000, key)?;
    }
    let t = lua.list_of(1..=3)?;
    t.for_each(|key: i64, _: i64| if key < 1000 { t.push(key) } else { t.clear() })?;
    let list = lua.list_of(1..=3)?;
    for value in list.sequence::<i64>().take(10) {
        list.push(value?)?;
    }
    assert_eq!(list.len()?, 13);
    Ok(())
}

#[test]
fn metatables() -> Result<()> {
    let lua = Lua::new();
    let t = lua.create_table();
    assert!(t.metatable().is_none());
    let meta = lua.table_of([("__index", lua.table_of([("x", 5)])?)])?;
    t.set_metatable(Some(&meta))?;
    assert_eq!(t.metatable(), Some(meta));
    assert_eq!(t.get::<i64>("x")?, 5);
    t.set_metatable(None)?;
    assert_eq!(t.get::<Option<i64>>("x")?, None);
    Ok(())
}

#[test]
fn finalizers_of_tables() -> Result<()> {
    let lua = Lua::new();
    let meta = table(&lua, "{ __gc = function(t) finalized = t.name end }")?;
    let t = lua.table_of([("name", "t")])?;
    t.set_metatable(Some(&meta))?;
    lua.collect_garbage();
    lua.load("assert(finalized == nil)").exec()?;
    drop(t);
    lua.collect_garbage();
    assert_eq!(lua.load("finalized").eval::<String>()?, "t");
    Ok(())
}

#[test]
fn functions_and_methods() -> Result<()> {
    let lua = Lua::new();
    let t = table(
        &lua,
        r#"setmetatable(
            { n = 1, add = function(self, by) self.n = self.n + by return self.n end, twice = function(x) return x * 2 end },
            { __index = function(_, name) return function(self, x) return name, self.n, x end end }
        )"#,
    )?;
    assert_eq!(t.call_method::<i64>("add", 4)?, 5);
    assert_eq!(t.call_function::<i64>("twice", 4)?, 8);
    assert_eq!(
        t.call_method::<(String, i64, String)>("any", "x")?,
        ("any".to_owned(), 5, "x".to_owned())
    );
    let plain = table(&lua, "{ x = 1 }")?;
    assert_eq!(
        plain.call_method::<()>("none", ()).unwrap_err().message(),
        "attempt to call a nil value (method 'none')"
    );
    assert_eq!(
        plain.call_method::<()>("x", ()).unwrap_err().message(),
        "attempt to call a number value (method 'x')"
    );
    assert_eq!(
        plain.call_function::<()>("none", ()).unwrap_err().message(),
        "attempt to call a nil value (field 'none')"
    );
    // What can be called is not only functions.
    let callable =
        table(&lua, "{ go = setmetatable({}, { __call = function(_, self, x) return x end }) }")?;
    assert_eq!(callable.call_method::<i64>("go", 3)?, 3);
    assert_eq!(callable.call_function::<i64>("go", (Value::Nil, 3))?, 3);
    Ok(())
}
