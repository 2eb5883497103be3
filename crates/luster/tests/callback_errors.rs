//! Errors of Rust functions on their way through scripts: what scripts see of them, and that they
//! arrive at the host as themselves. How they are shown is in `errors`.

use std::fmt;

use luster::{Error, ErrorKind, Function, Lua, Result, Table, Value};

#[derive(Debug, PartialEq)]
struct Refused {
    code: u32,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with code {}", self.code)
    }
}

impl std::error::Error for Refused {}

#[derive(Debug)]
struct Outer(Refused);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request failed")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn lua() -> Result<Lua> {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("refuse", lua.function(|code: u32| Err::<(), _>(Refused { code })))?;
    globals.set("fail", lua.function(|text: String| Err::<(), _>(Error::new(text))))?;
    globals.set("parse", lua.function(|text: &str| text.parse::<i32>()))?;
    globals.set("any", lua.function(|| -> anyhow::Result<()> { anyhow::bail!("any of them") }))?;
    Ok(lua)
}

#[test]
fn the_host_gets_the_error_itself() -> Result<()> {
    let lua = lua()?;
    let error = lua.load("refuse(7)").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Callback);
    assert_eq!(error.message(), "refused with code 7");
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused { code: 7 }));
    assert!(error.downcast_ref::<Outer>().is_none());
    assert!(std::error::Error::source(&error).expect("the error itself").is::<Refused>());
    let error = lua.load("parse('x')").exec().unwrap_err();
    assert_eq!(error.message(), "invalid digit found in string");
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    assert_eq!(lua.load("parse('12')").eval::<i32>()?, 12);
    let error = lua.load("any()").exec().unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Callback, "any of them"));
    Ok(())
}

#[test]
fn scripts_catch_and_rethrow_them() -> Result<()> {
    let lua = lua()?;
    let source = r#"
        local ok, e = pcall(refuse, 3)
        assert(not ok and type(e) == 'userdata', type(e))
        assert(tostring(e) == 'refused with code 3')
        kept = e
        local ok, again = pcall(error, e, 0)
        assert(not ok and again == e)
        local ok, seen = xpcall(refuse, function(e) return tostring(e) .. '!' end, 4)
        assert(not ok and seen == 'refused with code 4!')
        local co = coroutine.create(refuse)
        local ok, e = coroutine.resume(co, 5)
        assert(not ok and tostring(e) == 'refused with code 5')
        assert('it was ' .. e == 'it was refused with code 5')
        assert(getmetatable(e) == false)
        error(kept)
    "#;
    let error = lua.load(source).exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Callback, "{error}");
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused { code: 3 }));
    Ok(())
}

/// Through several Rust functions and several layers of Lua.
#[test]
fn they_pass_through_other_rust_functions() -> Result<()> {
    let lua = lua()?;
    lua.globals().set("call", lua.function(|f: Function| f.reply(())))?;
    let error = lua.load("call(function() call(function() refuse(1) end) end)").exec().unwrap_err();
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused { code: 1 }));
    // An error that the host gets and hands on from another function.
    let inner = lua.load("refuse(2)").exec().unwrap_err();
    lua.globals().set("hand_on", lua.function(move || Err::<(), _>(inner.clone())))?;
    let error = lua.load("hand_on()").exec().unwrap_err();
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused { code: 2 }));
    Ok(())
}

#[test]
fn sources_and_contexts_stay() -> Result<()> {
    let lua = Lua::new();
    let outer = || Err::<(), _>(Outer(Refused { code: 9 }));
    lua.globals().set("outer", lua.function(outer))?;
    let error = lua.load("outer()").exec().unwrap_err();
    let own = std::error::Error::source(&error).expect("the error itself");
    assert_eq!(own.to_string(), "the request failed");
    assert_eq!(own.source().expect("its source").to_string(), "refused with code 9");

    let with_context = move || -> anyhow::Result<()> {
        use anyhow::Context;
        outer().context("opening the door")
    };
    lua.globals().set("with_context", lua.function(with_context))?;
    let error = lua.load("with_context()").exec().unwrap_err();
    assert_eq!(error.message(), "opening the door");
    assert!(error.downcast_ref::<Outer>().is_some());

    let own_context =
        || Err::<(), _>(Error::external(Refused { code: 1 }).context("inner").context("outer"));
    lua.globals().set("own_context", lua.function(own_context))?;
    let error = lua.load("own_context()").exec().unwrap_err();
    assert!(error.to_string().starts_with("outer: inner: refused with code 1"), "{error}");
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused { code: 1 }));
    let seen: String = lua.load("return tostring(select(2, pcall(own_context)))").eval()?;
    assert_eq!(seen, "outer: inner: refused with code 1");
    Ok(())
}

/// What a luster error says is a string for scripts, with the place of the call.
#[test]
fn messages_are_strings_with_a_place() -> Result<()> {
    let lua = lua()?;
    let source = "return pcall(function()\n  fail('not today')\nend)";
    let (ok, message): (bool, String) = lua.load(source).set_name("=s").eval()?;
    assert!(!ok);
    assert_eq!(message, "s:2: not today");
    let error = lua.load("\nfail('no')").set_name("=s").exec().unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Runtime, "s:2: no"));
    Ok(())
}

/// A Lua error that the host got from one call and returns from a function stays what it was.
#[test]
fn lua_values_go_through_rust_unchanged() -> Result<()> {
    let lua = Lua::new();
    lua.load("thrown = { code = 1 }").exec()?;
    let error = lua.load("error(thrown)").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert_eq!(error.message(), "(error object is a table value)");
    let thrown: Table = lua.globals().get("thrown")?;
    assert_eq!(error.value(&lua)?, Value::Table(thrown));
    lua.globals().set("rethrow", lua.function(move || Err::<(), _>(error.clone())))?;
    lua.load("local ok, e = pcall(rethrow) assert(not ok and e == thrown)").exec()?;

    for (source, expected) in [
        ("error(false)", Value::Boolean(false)),
        ("error(42, 0)", Value::Integer(42)),
        ("error(0.5)", Value::Number(0.5)),
    ] {
        let error = lua.load(source).exec().unwrap_err();
        assert_eq!(error.value(&lua)?, expected, "{source}");
        lua.globals().set("rethrow", lua.function(move || Err::<(), _>(error.clone())))?;
        let again: Value = lua.load("select(2, pcall(rethrow))").eval()?;
        assert_eq!(again, expected, "{source}");
    }

    let error = lua.load(r"error('\xFF!', 0)").exec().unwrap_err();
    assert_eq!(error.message(), "\u{FFFD}!");
    let Value::String(bytes) = error.value(&lua)? else { panic!("a string was raised") };
    assert_eq!(bytes.to_bytes()?, b"\xFF!");
    Ok(())
}

/// The value of an error belongs to its VM: another one says so, and its end does no harm.
#[test]
fn values_of_errors_and_their_vm() -> Result<()> {
    let lua = Lua::new();
    let error = lua.load("error({})").exec().unwrap_err();
    let other = Lua::new();
    assert_eq!(error.value(&other).unwrap_err().kind(), ErrorKind::Closed);
    drop(lua);
    assert_eq!(error.message(), "(error object is a table value)");
    other.globals().set("f", other.function(move || Err::<(), _>(error.clone())))?;
    let message: String = other.load("return select(2, pcall(f))").set_name("=s").eval()?;
    assert!(message.ends_with("(error object is a table value)"), "{message}");
    Ok(())
}

#[test]
fn errors_go_to_other_threads() -> Result<()> {
    fn assert_send<T: Send + Sync + std::error::Error + 'static>() {}
    assert_send::<Error>();
    let lua = lua()?;
    let error = lua.load("error({ big = 'table' })").exec().unwrap_err();
    let message = std::thread::spawn(move || error.message().to_owned()).join().expect("no panic");
    assert_eq!(message, "(error object is a table value)");
    // The table that it held has been let go, though the error died elsewhere.
    lua.load("weak = setmetatable({}, { __mode = 'v' }) weak[1] = {}").exec()?;
    let error = lua.load("error(weak[1])").exec().unwrap_err();
    lua.collect_garbage();
    assert!(lua.load("weak[1] ~= nil").eval::<bool>()?);
    std::thread::spawn(move || drop(error)).join().expect("no panic");
    lua.collect_garbage();
    assert!(lua.load("weak[1] == nil").eval::<bool>()?);
    Ok(())
}

/// Errors of a VM that a function of another one runs.
#[test]
fn vms_inside_vms() -> Result<()> {
    let lua = Lua::new();
    let inner = Lua::new();
    lua.globals().set(
        "run",
        lua.function(move |source: String| {
            inner.load(&source).set_name("=inner").eval::<Value>().map(drop)
        }),
    )?;
    let error = lua.load("run('error(\"deep\")')").set_name("=outer").exec().unwrap_err();
    assert_eq!(error.message(), "inner:1: deep");
    let error = lua.load("run('error({})')").exec().unwrap_err();
    assert!(error.message().ends_with("(error object is a table value)"), "{error}");
    let error = lua.load("run('x x')").exec().unwrap_err();
    assert!(error.message().starts_with("inner:1: syntax error"), "{error}");
    // What stops a VM keeps its kind: here, its memory.
    let small = Lua::builder().memory_limit(1 << 20).build();
    let fill = "local t = {} while true do t = { t } end";
    lua.globals().set("fill", lua.function(move || small.load(fill).exec()))?;
    let error = lua.load("fill()").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    assert!(lua.load("tostring(select(2, pcall(fill)))").eval::<String>()?.contains("memory"));
    Ok(())
}

#[test]
fn handles_of_another_vm_are_refused() -> Result<()> {
    let (lua, other) = (Lua::new(), Lua::new());
    let table = other.create_table();
    let error = lua.globals().set("t", &table).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Closed, "the value belongs to another VM")
    );
    lua.globals().set("f", lua.function(move || table.clone()))?;
    let error = lua.load("f()").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    Ok(())
}
