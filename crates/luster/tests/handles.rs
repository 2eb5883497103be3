//! Handles of Lua's values: kept, compared, and used after the end of their VM. What tables can do
//! is in `tables`.

use luster::{
    AnyUserData, Class, ErrorKind, Function, Lua, LuaString, Result, Table, Thread, ThreadStatus,
    UserData, Value,
};

#[derive(Debug)]
struct Unit;

impl UserData for Unit {
    fn build(class: &mut Class<Self>) {
        class.method("one", |_: &Unit| 1);
    }
}

#[derive(Clone)]
struct Plugin {
    name: LuaString,
    state: Table,
    tick: Function,
    worker: Thread,
    unit: AnyUserData,
    any: Value,
}

fn plugin(lua: &Lua) -> Result<Plugin> {
    let table: Table = lua
        .load(
            r#"{
                name = 'p', state = { n = 1 }, any = { 2 },
                tick = function(s) s.n = s.n + 1 return s.n end,
                worker = coroutine.create(function(n) while true do n = coroutine.yield(n * 2) end end),
            }"#,
        )
        .eval()?;
    Ok(Plugin {
        name: table.get("name")?,
        state: table.get("state")?,
        tick: table.get("tick")?,
        worker: table.get("worker")?,
        unit: lua.create_userdata(Unit)?,
        any: table.get("any")?,
    })
}

#[test]
fn handles_are_kept_and_used() -> Result<()> {
    let lua = Lua::new();
    let plugin = plugin(&lua)?;
    lua.collect_garbage();
    let copy = plugin.clone();
    assert_eq!(copy.tick.call::<i64>(&plugin.state)?, 2);
    assert_eq!(plugin.tick.call::<i64>(&copy.state)?, 3);
    assert_eq!(plugin.worker.resume::<i64>(4)?, 8);
    assert_eq!(copy.worker.resume::<i64>(5)?, 10);
    assert_eq!(plugin.name.to_str()?, "p");
    assert_eq!(plugin.unit.call_method::<i64>("one", ())?, 1);
    assert_eq!(copy.any.as_table().expect("a table").get::<i64>(1)?, 2);
    Ok(())
}

#[test]
fn equality_is_identity() -> Result<()> {
    let lua = Lua::new();
    let (a, b) = (lua.create_table(), lua.create_table());
    lua.globals().set("a", &a)?;
    assert_eq!(a, a.clone());
    assert_eq!(a, lua.globals().get::<Table>("a")?);
    assert_ne!(a, b);
    // Without `__eq`, as `rawequal`.
    lua.load("setmetatable(a, { __eq = function() return true end })").exec()?;
    assert_ne!(a, b);
    assert_ne!(a.to_address(), b.to_address());
    assert_eq!(a.to_address(), a.clone().to_address());
    assert_eq!(lua.string("x")?, lua.string("x")?);
    assert_ne!(lua.string("x")?, lua.string("y")?);
    let f: Function = lua.load("print").eval()?;
    assert_eq!(f, lua.globals().get::<Function>("print")?);
    assert_ne!(a, Lua::new().create_table());
    let expected = format!("{a:?}");
    assert_eq!(lua.load("return (tostring(a))").eval::<String>()?, expected);
    Ok(())
}

#[test]
fn the_end_of_the_vm() -> Result<()> {
    let lua = Lua::new();
    let plugin = plugin(&lua)?;
    let weak = lua.clone();
    drop(lua);
    // A clone is the same VM.
    assert_eq!(plugin.tick.call::<i64>(&plugin.state)?, 2);
    drop(weak);
    let kinds = [
        plugin.state.get::<i64>("n").unwrap_err().kind(),
        plugin.state.set("n", 1).unwrap_err().kind(),
        plugin.state.raw_get::<i64>("n").unwrap_err().kind(),
        plugin.state.raw_set("n", 1).unwrap_err().kind(),
        plugin.state.len().unwrap_err().kind(),
        plugin.state.push(1).unwrap_err().kind(),
        plugin.state.pop::<i64>().unwrap_err().kind(),
        plugin.state.clear().unwrap_err().kind(),
        plugin.state.for_each(|_: Value, _: Value| Ok(())).unwrap_err().kind(),
        plugin.state.call_method::<()>("x", ()).unwrap_err().kind(),
        plugin.state.set_metatable(None).unwrap_err().kind(),
        plugin.tick.call::<()>(()).unwrap_err().kind(),
        plugin.tick.start::<()>(()).unwrap_err().kind(),
        plugin.worker.resume::<()>(()).unwrap_err().kind(),
        plugin.worker.close().unwrap_err().kind(),
        plugin.name.to_str().unwrap_err().kind(),
        plugin.name.to_bytes().unwrap_err().kind(),
        plugin.unit.borrow::<Unit>().unwrap_err().kind(),
        plugin.unit.get::<Value>("x").unwrap_err().kind(),
        plugin.state.lua().unwrap_err().kind(),
    ];
    for (number, kind) in kinds.into_iter().enumerate() {
        assert_eq!(kind, ErrorKind::Closed, "number {number}");
    }
    assert_eq!(plugin.worker.status(), ThreadStatus::Dead);
    assert_eq!(plugin.state.raw_len(), 0);
    assert!(plugin.state.is_empty() && plugin.state.metatable().is_none());
    assert_eq!(plugin.state.pairs::<Value, Value>().count(), 1, "one error");
    assert_eq!(plugin.name.to_string_lossy(), "");
    assert_eq!(format!("{:?}", plugin.state), "(value of a VM that is at work or gone)");
    let error = plugin.tick.call::<()>(()).unwrap_err();
    assert_eq!(error.message(), "the VM of this value is not there any more");
    // Even with a VM at hand, they are of no use.
    let other = Lua::new();
    assert_eq!(other.globals().set("t", &plugin.state).unwrap_err().kind(), ErrorKind::Closed);
    drop(plugin);
    Ok(())
}

#[test]
fn values_of_another_vm() -> Result<()> {
    let (lua, other) = (Lua::new(), Lua::new());
    let table = other.create_table();
    let f: Function = lua.load("function(x) return x end").eval()?;
    for error in [
        f.call::<Value>(&table).unwrap_err(),
        f.start::<Value>(&table).unwrap_err(),
        lua.globals().set(&table, 1).unwrap_err(),
        lua.create_table().set_metatable(Some(&table)).unwrap_err(),
        lua.list_of([&table]).unwrap_err(),
        lua.load("return x").environment(&table).exec().unwrap_err(),
        lua.convert::<Value>(&table).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Closed);
        assert_eq!(error.message(), "the value belongs to another VM");
    }
    assert_eq!(f.call::<i64>(1)?, 1);
    Ok(())
}

#[test]
fn dropping_handles_frees_what_they_hold() -> Result<()> {
    let lua = Lua::new();
    lua.load("weak = setmetatable({}, { __mode = 'v' })").exec()?;
    let weak: Table = lua.globals().get("weak")?;
    lua.collect_garbage();
    let before = lua.used_memory();
    {
        let big = lua.list_of(0..10_000)?;
        let f: Function = lua.load("local x = {} return function() return x end").eval()?;
        weak.set(1, &big)?;
        weak.set(2, &f)?;
        lua.collect_garbage();
        assert!(lua.used_memory() > before + 50_000);
        assert_eq!(weak.get::<Table>(1)?, big);
        assert_eq!(weak.get::<Function>(2)?, f);
    }
    lua.collect_garbage();
    assert!(weak.get::<Value>(1)?.is_nil() && weak.get::<Value>(2)?.is_nil());
    let left = lua.used_memory().saturating_sub(before);
    assert!(left < 10_000, "{left} bytes are left");
    Ok(())
}

/// Handles that come and go use the same slots again.
#[test]
fn handles_leave_nothing_behind() -> Result<()> {
    let lua = Lua::new();
    let f: Function = lua.load("function(t) return { t } end").eval()?;
    let mut settled = 0;
    for round in 0..20_000 {
        let table: Table = f.call(lua.create_table())?;
        drop(table.clone());
        if round == 1000 {
            lua.collect_garbage();
            settled = lua.used_memory();
        }
    }
    lua.collect_garbage();
    assert!(lua.used_memory() <= settled + 4096, "{} after {settled}", lua.used_memory());
    assert_eq!(lua.held_values().len(), Lua::new().held_values().len() + 1);
    Ok(())
}

#[test]
fn a_report_of_what_is_held() -> Result<()> {
    let lua = Lua::new();
    let before = lua.held_values().len();
    let f: Function = lua.load("\nreturn function() end").set_name("@plugin.lua").eval()?;
    let copies = [f.clone(), f.clone()];
    let text = lua.string("a string")?;
    let held = lua.held_values();
    assert_eq!(held.len(), before + 2);
    let function = held.iter().find(|held| held.description.contains("plugin.lua:2"));
    assert_eq!(function.expect("it is held").handles, 3);
    assert!(held.iter().any(|held| held.description == "a string" && held.handles == 1));
    drop((f, copies, text));
    assert_eq!(lua.held_values().len(), before);
    Ok(())
}

/// Handles inside callbacks: stored there, called from the outside, and dropped anywhere.
#[test]
fn callbacks_own_handles() -> Result<()> {
    let lua = Lua::new();
    let log = lua.create_table();
    let shared = log.clone();
    lua.globals().set("log", lua.function(move |text: LuaString| shared.push(text)))?;
    lua.load("log('a') log('b')").exec()?;
    assert_eq!(log.sequence::<String>().collect::<Result<Vec<_>>>()?, ["a", "b"]);
    // When the function dies, so does the handle in it.
    let before = lua.held_values().len();
    lua.load("log = nil").exec()?;
    lua.collect_garbage();
    lua.collect_garbage();
    assert_eq!(lua.held_values().len(), before);
    assert_eq!(lua.held_values().iter().filter(|held| held.handles == 2).count(), 0);
    Ok(())
}

#[test]
fn threads() -> Result<()> {
    let lua = Lua::new();
    let f: Function =
        lua.load("function(a) local b = coroutine.yield(a + 1) return b * 2, 'end' end").eval()?;
    let thread = lua.create_thread(&f)?;
    assert_eq!(thread.status(), ThreadStatus::Suspended);
    assert_eq!(thread.resume::<i64>(1)?, 2);
    assert_eq!(thread.status(), ThreadStatus::Suspended);
    assert_eq!(thread.resume::<(i64, String)>(21)?, (42, "end".to_owned()));
    assert_eq!(thread.status(), ThreadStatus::Dead);
    let error = thread.resume::<()>(()).unwrap_err();
    assert_eq!(error.message(), "cannot resume dead coroutine");
    thread.close()?;
    Ok(())
}

#[test]
fn threads_that_fail() -> Result<()> {
    let lua = Lua::new();
    let f: Function = lua.load("function() local t; return t.x end").set_name("=s").eval()?;
    let thread = lua.create_thread(&f)?;
    let error = thread.resume::<()>(()).unwrap_err();
    assert_eq!(error.message(), "s:1: attempt to index a nil value (local 't')");
    assert_eq!(thread.status(), ThreadStatus::Dead);
    thread.close()?;
    let table: Thread = lua.load("coroutine.create(function() error({ code = 3 }) end)").eval()?;
    let error = table.resume::<()>(()).unwrap_err();
    assert_eq!(error.value(&lua)?.as_table().expect("a table").get::<i64>("code")?, 3);
    Ok(())
}

#[test]
fn closing_threads() -> Result<()> {
    let lua = Lua::new();
    let source = r#"
        closed = 0
        local function closer(message)
            return setmetatable({}, { __close = function() closed = closed + 1 if message then error(message, 0) end end })
        end
        function make(message)
            return coroutine.create(function() local x <close> = closer(message) coroutine.yield() end)
        end
    "#;
    lua.load(source).exec()?;
    let make: Function = lua.globals().get("make")?;
    let thread: Thread = make.call(())?;
    thread.resume::<()>(())?;
    thread.close()?;
    assert_eq!(thread.status(), ThreadStatus::Dead);
    assert_eq!(lua.globals().get::<i64>("closed")?, 1);
    let thread: Thread = make.call("no end")?;
    thread.resume::<()>(())?;
    assert_eq!(thread.close().unwrap_err().message(), "no end");
    assert_eq!(lua.globals().get::<i64>("closed")?, 2);
    // One that has never run.
    make.call::<Thread>(())?.close()
}

/// The coroutine that a call ran in is of no use when the call is over, and does no harm.
#[test]
fn main_threads() -> Result<()> {
    let lua = Lua::new();
    let main: Thread = lua.load("main = coroutine.running() return main").eval()?;
    for _ in 0..2 {
        main.status();
        let error = main.resume::<()>(()).unwrap_err();
        assert!(!error.message().is_empty());
        let _ = main.close();
        let _ = lua.load("coroutine.close(main)").exec();
        let _ = lua.load("coroutine.resume(main)").exec();
        let _ = lua.load("coroutine.wrap(function() return coroutine.close(main) end)()").exec();
        assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    }
    Ok(())
}

#[test]
fn strings() -> Result<()> {
    let lua = Lua::new();
    let text = lua.string("héllo")?;
    assert_eq!(text.to_str()?, "héllo");
    assert_eq!(text.to_bytes()?, "héllo".as_bytes());
    assert_eq!(text.with_bytes(<[u8]>::len)?, 6);
    let bytes = lua.string(b"\xFFx")?;
    assert_eq!(bytes.to_str().unwrap_err().message(), "UTF-8 string expected, got other bytes");
    assert_eq!(bytes.to_string_lossy(), "\u{FFFD}x");
    assert_eq!(bytes.to_bytes()?, b"\xFFx");
    let long = "x".repeat(100_000);
    assert_eq!(lua.string(&long)?.to_str()?, long);
    // A string is a string: a number is one only where it is converted.
    assert_eq!(lua.load("10").eval::<String>()?, "10");
    Ok(())
}

#[test]
fn environments() -> Result<()> {
    let lua = Lua::new();
    let environment = lua.table_of([("x", 1)])?;
    environment.set("assert", lua.globals().get::<Function>("assert")?)?;
    lua.load("assert(x == 1 and print == nil) y = x + 1").environment(&environment).exec()?;
    assert_eq!(environment.get::<i64>("y")?, 2);
    assert!(lua.globals().get::<Value>("y")?.is_nil());
    let f = lua.load("z = ... return z").environment(&environment).into_function()?;
    assert_eq!(f.call::<i64>(7)?, 7);
    assert_eq!(environment.get::<i64>("z")?, 7);
    // An environment that inherits the globals.
    let meta = lua.table_of([("__index", lua.globals())])?;
    environment.set_metatable(Some(&meta))?;
    lua.load("assert(print and x == 1)").environment(&environment).exec()
}
