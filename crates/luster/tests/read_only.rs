//! Read-only tables: whatever a script or its host tries, they stay as they are, and everything that
//! reads them works as before. What a sandbox can reach is looked at here, too.

use luster::{Lua, Result, Table};

const MESSAGE: &str = "attempt to modify a readonly table";

/// A VM with a read-only table `shared` that has a list, fields and a metatable.
fn lua() -> Result<Lua> {
    let lua = Lua::builder().all_libraries().build();
    lua.load(
        "shared = setmetatable({ 10, 20, 30, x = 1, [2.5] = 'half', [true] = 'yes', [1000] = 'far' }, \
         { __len = nil }) \
         plain = { 10, 20, 30, x = 1, [1000] = 'far' } \
         growing = table.create(10, 10) growing[1] = 1",
    )
    .exec()?;
    for name in ["shared", "plain", "growing"] {
        lua.globals().get::<Table>(name)?.set_read_only(true)?;
    }
    Ok(lua)
}

#[test]
fn nothing_changes_a_read_only_table() -> Result<()> {
    let lua = lua()?;
    for table in ["shared", "plain", "growing"] {
        for change in [
            "T.x = 2",
            "T.x = nil",
            "T.new = 1",
            "T[1] = 2",
            "T[1] = nil",
            "T[4] = 2",
            "T[#T + 1] = 2",
            "T[1000] = 2",
            "T[2000] = 2",
            "T[2.5] = 2",
            "T[2.0] = 2",
            "T[true] = 2",
            "T[{}] = 2",
            "T[('long'):rep(20)] = 2",
            "local k = 'x' T[k] = 2",
            "local k = 1 T[k] = 2",
            "for k in pairs(T) do T[k] = nil end",
            "for i = 1, 3 do T[i] = i end",
            "T.x, T.y = 1, 2",
            "rawset(T, 'x', 2)",
            "rawset(T, 1, 2)",
            "rawset(T, 'new', 2)",
            "table.insert(T, 4)",
            "table.insert(T, 1, 4)",
            "table.remove(T)",
            "table.remove(T, 1)",
            "table.sort(T, function(a, b) return a > b end)",
            "table.move({ 1, 2 }, 1, 2, 1, T)",
            "table.move(T, 1, 2, 2)",
            "setmetatable(T, {})",
            "setmetatable(T, nil)",
            "debug.setmetatable(T, {})",
            "local function f(t) t.x = 5 end f({ x = 1 }) f({ x = 2 }) f(T)",
            "local function f(t, i) t[i] = 5 end f({ 1 }, 1) f({ 1, 2 }, 2) f(T, 1)",
            "local function f(t) t[#t + 1] = 5 end f({ 1 }) f({}) f(T)",
            "_ENV = T x = 2",
            "_ENV = T y = 2",
            "_ENV = T function f() end",
            "for T.x in pairs({ 1 }) do end",
        ] {
            if change.starts_with("for T.x") || table == "growing" && change.contains("sort") {
                // The one is no Lua, the other changes nothing.
                continue;
            }
            let before = contents(&lua, table)?;
            let error = lua.load(&change.replace('T', table)).exec().expect_err(change);
            assert!(error.message().contains(MESSAGE), "{change}: {error}");
            assert_eq!(contents(&lua, table)?, before, "{change}");
        }
        let handle: Table = lua.globals().get(table)?;
        assert!(handle.is_read_only());
        assert!(handle.set("x", 2).unwrap_err().message().contains(MESSAGE));
        assert!(handle.set(1, 2).unwrap_err().message().contains(MESSAGE));
        assert!(handle.set_metatable(None).unwrap_err().message().contains(MESSAGE));
    }
    Ok(())
}

/// All entries, sorted, and the metatable.
fn contents(lua: &Lua, table: &str) -> Result<String> {
    lua.load(&format!(
        "local all = {{}} for k, v in next, {table} do all[#all + 1] = tostring(k) .. '=' .. tostring(v) end \
         table.sort(all) return table.concat(all, ' ') .. tostring(getmetatable({table}))"
    ))
    .eval()
}

#[test]
fn a_read_only_table_is_read_as_any_other() -> Result<()> {
    let lua = lua()?;
    let read: String = lua
        .load(
            "local keys = 0 for _ in pairs(shared) do keys = keys + 1 end \
             local list = 0 for _, v in ipairs(plain) do list = list + v end \
             return table.concat({ shared.x, shared[2.5], #plain, keys, list, next({}, nil) == nil and 'ok' or 'bad', \
             rawget(shared, 1), rawlen(plain), select('#', table.unpack(plain)), table.concat(plain, '+') }, ' ')",
        )
        .eval()?;
    assert_eq!(read, "1 half 3 7 60 ok 10 3 3 10+20+30");
    Ok(())
}

#[test]
fn a_read_only_table_shows_no_metatable_that_it_has_not() -> Result<()> {
    let lua = lua()?;
    assert!(
        lua.load("return getmetatable(plain) == nil and debug.getmetatable(plain) == nil")
            .eval::<bool>()?
    );
    assert!(lua.load("return getmetatable(shared) ~= nil").eval::<bool>()?);
    let plain: Table = lua.globals().get("plain")?;
    assert!(plain.metatable().is_none());
    plain.set_read_only(false)?;
    plain.set_read_only(false)?;
    assert!(
        lua.load("local mt = {} return getmetatable(setmetatable(plain, mt)) == mt")
            .eval::<bool>()?
    );
    // One that was there stays.
    plain.set_read_only(true)?;
    plain.set_read_only(false)?;
    assert!(plain.metatable().is_some());
    Ok(())
}

#[test]
fn a_metamethod_still_takes_new_keys() -> Result<()> {
    let lua = Lua::new();
    lua.load(
        "taken = {} proxy = setmetatable({ old = 1 }, { __newindex = taken, __index = taken })",
    )
    .exec()?;
    lua.globals().get::<Table>("proxy")?.set_read_only(true)?;
    assert_eq!(lua.load("proxy.new = 5 return proxy.new + taken.new").eval::<i64>()?, 10);
    assert!(lua.load("proxy.old = 5").exec().unwrap_err().message().contains(MESSAGE));
    Ok(())
}

#[test]
fn a_metamethod_does_not_lead_into_a_read_only_table() -> Result<()> {
    let lua = Lua::new();
    lua.load("taken = { old = 1, 2 } proxy = setmetatable({}, { __newindex = taken })").exec()?;
    lua.globals().get::<Table>("taken")?.set_read_only(true)?;
    for assignment in
        ["proxy.old = 5", "proxy.new = 5", "proxy[1] = 5", "local k = 'old' proxy[k] = 5"]
    {
        let error = lua.load(assignment).exec().unwrap_err();
        assert!(error.message().contains(MESSAGE), "{assignment}: {error}");
    }
    assert_eq!(lua.load("return taken.old + taken[1]").eval::<i64>()?, 3);
    Ok(())
}

#[test]
fn a_table_can_be_changed_again() -> Result<()> {
    let lua = Lua::new();
    lua.load("t = { 1 } function set() t.x = 1 t[1] = 2 t[2] = 3 return t.x + t[1] + t[2] end")
        .exec()?;
    let table: Table = lua.globals().get("t")?;
    for _ in 0..3 {
        table.set_read_only(true)?;
        assert!(lua.load("set()").exec().unwrap_err().message().contains(MESSAGE));
        table.set_read_only(false)?;
        assert_eq!(lua.load("return set()").eval::<i64>()?, 6);
    }
    Ok(())
}

#[test]
fn read_only_does_not_go_further_down() -> Result<()> {
    let lua = Lua::new();
    lua.load("t = { inner = {} }").exec()?;
    lua.globals().get::<Table>("t")?.set_read_only(true)?;
    assert_eq!(lua.load("t.inner.x = 1 return t.inner.x").eval::<i64>()?, 1);
    Ok(())
}

#[test]
fn the_collector_still_clears_weak_tables() -> Result<()> {
    let lua = Lua::new();
    lua.load("weak = setmetatable({ {}, x = {}, [{}] = 1 }, { __mode = 'kv' })").exec()?;
    lua.globals().get::<Table>("weak")?.set_read_only(true)?;
    lua.load("collectgarbage()").exec()?;
    assert!(lua.load("return next(weak) == nil").eval::<bool>()?);
    Ok(())
}

#[test]
fn libraries_can_be_read_only() -> Result<()> {
    let lua = Lua::builder().all_libraries().read_only_libraries().build();
    for library in ["string", "table", "math", "utf8", "coroutine", "os", "io", "debug", "package"]
    {
        let change = format!("{library}.extra = 1");
        let error = lua.load(&change).exec().expect_err(&change);
        assert!(error.message().contains(MESSAGE), "{change}: {error}");
        let change = format!("rawset({library}, next({library}), nil)");
        assert!(lua.load(&change).exec().is_err(), "{change}");
    }
    for change in ["getmetatable('').__index = nil", "rawset(getmetatable(''), '__add', print)"] {
        assert!(lua.load(change).exec().unwrap_err().message().contains(MESSAGE), "{change}");
    }
    // They work, and the globals are the script's.
    let text: String = lua
        .load("x = 1 package.loaded.mine = { 7 } return ('x'):rep(3) .. math.type(x) .. require('mine')[1]")
        .eval()?;
    assert_eq!(text, "xxxinteger7");
    Ok(())
}

/// What the names of a sandbox's globals and library fields are; any more have to be thought about
/// in docs/sandboxing.md first.
#[test]
fn a_sandbox_has_these_capabilities_only() -> Result<()> {
    let lua = Lua::new();
    let names: String = lua
        .load(
            "local names, seen = {}, {} \
             local function visit(path, t) \
               if seen[t] then return end seen[t] = true \
               for k, v in next, t do \
                 local name = path .. tostring(k) \
                 if type(v) == 'table' then visit(name .. '.', v) else names[#names + 1] = name end \
               end \
             end \
             visit('', _G) visit('metatable.', getmetatable('')) table.sort(names) \
             return table.concat(names, ' ')",
        )
        .eval()?;
    let globals: Vec<&str> = names.split(' ').filter(|name| !name.contains('.')).collect();
    assert_eq!(
        globals.join(" "),
        "_VERSION assert collectgarbage error getmetatable ipairs load next pairs pcall print rawequal \
         rawget rawlen rawset select setmetatable tonumber tostring type warn xpcall"
    );
    let mut libraries: Vec<&str> =
        names.split(' ').filter_map(|name| Some(name.split_once('.')?.0)).collect();
    libraries.dedup();
    assert_eq!(libraries.join(" "), "coroutine math metatable os string table utf8");
    let os: Vec<&str> = names.split(' ').filter(|name| name.starts_with("os.")).collect();
    // The one locale that `os.setlocale` knows is there already.
    assert_eq!(os, ["os.clock", "os.date", "os.difftime", "os.setlocale", "os.time"]);
    Ok(())
}

#[test]
fn a_sandbox_loads_no_binary_chunks() -> Result<()> {
    let lua = Lua::new();
    for load in [
        "load(string.dump(function() return 1 end))",
        "load(string.dump(function() return 1 end), 'x', 'b')",
        "load(string.dump(function() return 1 end), 'x', 'bt')",
        "load((function() local s = string.dump(function() end) return function() local r = s s = nil return r end end)())",
        "load('\\27Lua')",
        "load('\\27')",
    ] {
        let message: String = lua.load(&format!("return select(2, {load})")).eval()?;
        assert!(message.contains("attempt to load a binary chunk"), "{load}: {message}");
    }
    Ok(())
}
