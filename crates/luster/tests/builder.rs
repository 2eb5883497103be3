//! Choosing what a VM has: libraries, sinks, seed and limits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;

use luster::{ErrorKind, Function, Library, Lua, Result, Table, Value};

/// The names of all globals and of what is in the libraries.
fn names(lua: &Lua) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for pair in lua.globals().pairs::<String, Value>() {
        let (name, value) = pair?;
        if let Value::Table(library) = &value
            && name != "_G"
        {
            for pair in library.pairs::<String, Value>() {
                names.push(format!("{name}.{}", pair?.0));
            }
        }
        names.push(name);
    }
    names.sort();
    Ok(names)
}

#[test]
fn the_safe_libraries() -> Result<()> {
    let lua = Lua::new();
    let names = names(&lua)?;
    let has = |name: &str| names.iter().any(|other| other == name);
    for name in [
        "print",
        "pcall",
        "load",
        "table.concat",
        "string.format",
        "math.floor",
        "utf8.char",
        "coroutine.wrap",
        "os.time",
        "os.clock",
        "os.date",
    ] {
        assert!(has(name), "{name} is missing");
    }
    for name in [
        "io",
        "debug",
        "package",
        "require",
        "dofile",
        "loadfile",
        "os.execute",
        "os.exit",
        "os.remove",
        "os.rename",
        "os.getenv",
        "os.tmpname",
    ] {
        assert!(!has(name), "{name} is there");
    }
    // Source text only.
    let dump = "return load(string.dump(function() end), 'chunk', 'b')";
    let (function, message): (Value, String) = lua.load(dump).eval()?;
    assert!(function.is_nil());
    assert_eq!(message, "attempt to load a binary chunk (mode is 't')");
    Ok(())
}

#[test]
fn binary_chunks_are_asked_for() -> Result<()> {
    let lua = Lua::new();
    let binary: luster::Bytes = lua.load("string.dump(function(...) return ... end)").eval()?;
    let error = lua.load(&binary).exec().unwrap_err();
    assert_eq!(error.message(), "attempt to load a binary chunk (text is expected)");
    assert!(lua.load(&binary).allow_binary().text_only().exec().is_err());
    assert_eq!(lua.load(&binary).allow_binary().call::<i64>(5)?, 5);
    let mut broken = binary.0.clone();
    broken.truncate(binary.0.len() / 2);
    assert!(lua.load(&broken).allow_binary().exec().is_err());
    for index in 0..binary.0.len() {
        let mut changed = binary.0.clone();
        changed[index] ^= 0x41;
        let _ = lua.load(&changed).allow_binary().call::<Value>(5);
    }
    Ok(())
}

#[test]
fn libraries_one_by_one() -> Result<()> {
    let none = Lua::builder().libraries([]).build();
    assert!(names(&none)?.is_empty());
    assert_eq!(none.load("1 + 1").eval::<i64>()?, 2);
    let some = Lua::builder().libraries([Library::Base, Library::String]).build();
    some.load("assert(string and ('x'):rep(2) == 'xx' and not table and not os and not math)")
        .exec()?;
    let all = Lua::with_all_libraries();
    all.load("assert(io.open and os.getenv and debug.traceback and require and dofile)").exec()?;
    let io = Lua::builder().libraries([Library::Io]).build();
    assert!(names(&io)?.iter().any(|name| name == "io.open"));
    Ok(())
}

/// A sink whose content can be looked at.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.borrow_mut())).expect("UTF-8")
    }
}

#[test]
fn output_goes_to_the_sink() -> Result<()> {
    let sink = Sink::default();
    let lua = Lua::builder().libraries([Library::Base, Library::Io]).output(sink.clone()).build();
    lua.load("print('a', 1, nil) io.write('b', 2, '\\n') io.stdout:write('c\\n')").exec()?;
    assert_eq!(sink.take(), "a\t1\tnil\nb2\nc\n");
    let safe = Lua::builder().output(sink.clone()).build();
    safe.load("print(setmetatable({}, { __tostring = function() return 'shown' end }))").exec()?;
    assert_eq!(sink.take(), "shown\n");
    Ok(())
}

#[test]
fn warnings_go_to_the_sink() -> Result<()> {
    let warnings = Rc::new(RefCell::new(Vec::new()));
    let seen = warnings.clone();
    let lua = Lua::builder()
        .warnings(move |text| seen.borrow_mut().push(String::from_utf8_lossy(text).into_owned()))
        .build();
    lua.load("warn('one ', 'two')").exec()?;
    lua.load("setmetatable({}, { __gc = function() error('in gc', 0) end })").exec()?;
    lua.collect_garbage();
    lua.load("").exec()?;
    let warnings = warnings.borrow().concat();
    assert!(warnings.contains("one two"), "{warnings:?}");
    assert!(warnings.contains("in gc"), "{warnings:?}");
    Ok(())
}

/// With a seed, everything random is the same in every run.
#[test]
fn seeds() -> Result<()> {
    let source = r#"
        local out = {}
        for i = 1, 5 do out[#out + 1] = math.random(1000000) end
        local t = {}
        for i = 1, 50 do t['key' .. i] = i end
        for k in pairs(t) do out[#out + 1] = k end
        return table.concat(out, ' ')
    "#;
    let run = |lua: Lua| lua.load(source).eval::<String>();
    let first = run(Lua::builder().seed(1).build())?;
    assert_eq!(run(Lua::builder().seed(1).build())?, first);
    let second = run(Lua::builder().seed(2).build())?;
    let numbers = |text: &str| text.split(' ').take(5).map(str::to_owned).collect::<Vec<_>>();
    assert_ne!(numbers(&second), numbers(&first));
    let keys = |text: &str| text.split(' ').skip(5).map(str::to_owned).collect::<Vec<_>>();
    assert_ne!(keys(&second), keys(&first));
    // Without one, nobody can foretell it.
    assert_ne!(run(Lua::new())?, run(Lua::new())?);
    Ok(())
}

#[test]
fn memory_limit() -> Result<()> {
    let lua = Lua::builder().memory_limit(1 << 20).build();
    let error = lua.load("local t = {} while true do t[#t + 1] = {} end").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    assert!(lua.used_memory() < 4 << 20);
    // A limit below what the libraries need: nothing runs, and nothing breaks.
    let tiny = Lua::builder().memory_limit(1).build();
    let _ = tiny.load("local t = {} for i = 1, 1e5 do t[i] = { i } end").exec().unwrap_err();
    tiny.set_memory_limit(None);
    assert_eq!(tiny.load("1 + 1").eval::<i64>()?, 2);
    Ok(())
}

#[test]
fn set_up_inside_the_arena() -> Result<()> {
    let lua = Lua::builder().build_with(|ctx| {
        ctx.globals().set_field(ctx, "before", ctx.string("the libraries"));
    });
    assert_eq!(lua.load("before").eval::<String>()?, "the libraries");
    Ok(())
}

/// Libraries are opened when scripts first touch them; whoever looks finds them open.
#[test]
fn untouched_libraries_are_open_to_hosts() -> Result<()> {
    let fresh = Lua::with_all_libraries;
    // By handles, past metamethods too.
    let lua = fresh();
    let string: Table = lua.globals().get("string")?;
    assert!(string.raw_get::<Option<Function>>("format")?.is_some());
    assert!(string.metatable().is_none());
    let lua = fresh();
    for pair in lua.globals().pairs::<String, Value>() {
        if let (name, Value::Table(library)) = pair? {
            assert!(!library.is_empty(), "{name}");
        }
    }
    // By conversions.
    let lua = fresh();
    let math: HashMap<String, Value> = lua.globals().get("math")?;
    assert!(math.len() > 20);
    let lua = fresh();
    let os: HashMap<String, Value> = lua.load("return os").eval()?;
    assert!(os.contains_key("time"));
    // Inside the arena.
    let lua = fresh();
    let is_there = lua.enter(|ctx| match ctx.globals().get_field(ctx, "utf8") {
        luster::values::Value::Table(utf8) => !utf8.get_field(ctx, "char").is_nil(),
        _ => false,
    });
    assert!(is_there);
    // What a host takes away stays away.
    let lua = fresh();
    lua.globals().get::<Table>("os")?.set("exit", Value::Nil)?;
    assert_eq!(
        lua.load("return type(os.exit), type(os.time)").eval::<(String, String)>()?,
        ("nil".into(), "function".into())
    );
    // In an arena that is entered as it is, the tables are yet to be filled.
    let lua = fresh();
    lua.enter_arena(|ctx| {
        let luster::values::Value::Table(io) = ctx.globals().get_field(ctx, "io") else { panic!() };
        assert!(io.get_field(ctx, "write").is_nil());
        ctx.fill(io);
        assert!(!io.get_field(ctx, "write").is_nil() && io.metatable().is_none());
    });
    Ok(())
}

/// The globals are filled when they are first touched, in whatever way that is.
#[test]
fn untouched_globals_are_full_to_whoever_looks() -> Result<()> {
    for fresh in [Lua::new as fn() -> Lua, Lua::with_all_libraries] {
        for (script, result) in [
            ("return _ENV['print'] ~= nil", true),
            ("return _ENV.nothing == nil and _ENV[1] == nil", true),
            ("_ENV.x = 1 return x == 1 and type(_G) == 'table'", true),
            ("_ENV.print = 5 return _ENV.print == 5 and _G.print == 5", true),
            ("print = nil return print == nil and rawget(_G, 'print') == nil", true),
            ("global x = 1 return x == 1", true),
            ("return #_ENV == 0 and _ENV == _ENV._G", true),
            ("return ('x'):rep(3) == 'xxx'", true),
            ("return '10' + 1 == 11 and -'2' == -2", true),
            ("return (('x').upper or 0) == string.upper", true),
            ("local s = 'x' string = nil return s:upper() == 'X'", true),
            ("package = package return require == nil or require 'string' == string", true),
            ("return getmetatable(_ENV) == nil and getmetatable(_G) == nil", true),
            ("return getmetatable('').__index == string and getmetatable('').__add ~= nil", true),
            ("_ENV[{}] = 1 local n = 0 for _ in pairs(_G) do n = n + 1 end return n > 25", true),
            ("local n = 0 for _ in next, _ENV do n = n + 1 end return n > 25", true),
            ("return pcall(function() _ENV[nil] = 1 end)", false),
        ] {
            assert_eq!(fresh().load(script).eval::<bool>()?, result, "{script}");
        }
        // What a host puts there first stays, and so does what it takes away.
        let lua = fresh();
        lua.globals().raw_set("print", 5)?;
        lua.globals().set("type", Value::Nil)?;
        assert!(lua.load("return print == 5 and type == nil and select ~= nil").eval::<bool>()?);
        let lua = fresh();
        lua.enter_arena(|ctx| {
            ctx.globals().set_field(ctx, "print", luster::values::Value::Integer(5));
            assert!(!ctx.environment().get_field(ctx, "select").is_nil());
        });
        assert!(lua.load("return print == 5 and select ~= nil").eval::<bool>()?);
        // A function of the host's gets the table full.
        let lua = fresh();
        let count = lua.function(|table: Table| table.pairs::<Value, Value>().count());
        let function = lua.load("local count = ... return count(_ENV)").into_function()?;
        assert!(function.call::<i64>(count)? > 25);
        let lua = fresh();
        let globals: HashMap<String, Value> = lua.load("return _ENV").eval()?;
        assert!(globals.contains_key("pairs") && globals.contains_key("string"));
        assert!(lua.globals().metatable().is_none());
        // The metatable of strings is there for hosts too, and may be another one.
        let lua = fresh();
        lua.enter_arena(|ctx| {
            let of = luster::values::Type::String;
            assert!(ctx.type_metatable(of).is_some());
            ctx.set_type_metatable(of, None);
            assert!(ctx.type_metatable(of).is_none());
        });
        assert!(lua.load("return getmetatable('') == nil and string ~= nil").eval::<bool>()?);
        let lua = fresh();
        lua.enter_arena(|ctx| ctx.set_type_metatable(luster::values::Type::String, None));
        assert!(lua.load("return getmetatable('') == nil").eval::<bool>()?);
    }
    Ok(())
}

#[test]
fn the_stack_limit_holds_in_every_execution_and_coroutine() -> Result<()> {
    let lua = Lua::builder().stack_limit(1_000).build();
    let source = "local depth = 0 \
        local function f() depth = depth + 1 return 1 + f() end \
        local ok, message = pcall(f) \
        assert(not ok and message:find('stack overflow')) return depth";
    for _ in 0..2 {
        let depth: i64 = lua.load(source).eval()?;
        assert!((100..1_000).contains(&depth), "{depth} calls");
        let wrapped = format!("return coroutine.wrap(function() {source} end)()");
        let depth: i64 = lua.load(&wrapped).eval()?;
        assert!((100..1_000).contains(&depth), "{depth} calls in a coroutine");
    }
    Ok(())
}
