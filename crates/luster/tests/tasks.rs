//! Tasks: running in steps, yielding to the host from everywhere, and the limits that stop scripts.

use std::time::{Duration, Instant};

use luster::{Error, ErrorKind, Fuel, Function, Library, Lua, Result, Step, Task, Value};

/// Runs a task to its end; what it yields comes back multiplied by ten.
fn drive<T: luster::FromLuaMulti>(task: &mut Task<T>) -> Result<(T, Vec<i64>)> {
    let mut yields = Vec::new();
    loop {
        match task.step(1000)? {
            Step::Done(result) => return Ok((result, yields)),
            Step::Yielded(values) => {
                let value = values[0].as_integer().expect("an integer is yielded");
                yields.push(value);
                task.resume(value * 10)?;
            }
            Step::OutOfFuel => {}
            other => panic!("unexpected: {:?}", std::mem::discriminant(&other)),
        }
    }
}

#[test]
fn steps_and_fuel() -> Result<()> {
    let lua = Lua::new();
    let mut task =
        lua.load("local n = 0 for i = 1, 100000 do n = n + i end return n").start::<i64>()?;
    let mut steps = 0;
    assert!(!task.is_done());
    let result = loop {
        match task.step(Fuel::new(1000))? {
            Step::Done(result) => break result,
            Step::OutOfFuel => steps += 1,
            other => panic!("unexpected: {other:?}"),
        }
    };
    assert_eq!(result, 5_000_050_000);
    assert!((50..1000).contains(&steps), "{steps}");
    assert!(task.is_done());
    assert_eq!(task.step(1).unwrap_err().message(), "the task is over");
    assert_eq!(task.resume(()).unwrap_err().message(), "the task is over");
    assert!(!task.raise("x"));
    Ok(())
}

/// Fuel of a step is used by that step only, and none at all still comes to an end.
#[test]
fn tiny_and_huge_steps() -> Result<()> {
    let lua = Lua::new();
    for fuel in [Fuel::new(1), Fuel::new(2), Fuel::new(u64::MAX), Fuel::UNLIMITED] {
        let mut task = lua
            .load("local t = {} for i = 1, 100 do t[i] = tostring(i) end return #t")
            .start::<i64>()?;
        let mut steps = 0;
        while !matches!(task.step(fuel)?, Step::Done(100)) {
            steps += 1;
            assert!(steps < 100_000, "{fuel:?}");
        }
    }
    assert_eq!(Fuel::from(-5_i64), Fuel::new(0));
    let mut task = lua.load("return 1").start::<i64>()?;
    for _ in 0..3 {
        task.step(0)?;
        if task.is_done() {
            break;
        }
    }
    Ok(())
}

#[test]
fn work_of_the_library_is_counted() -> Result<()> {
    let lua = Lua::new();
    for source in [
        "while true do string.rep('x', 10000) end",
        "local t = {} for i = 1, 1000 do t[i] = -i end while true do table.sort(t) t[1], t[1000] = t[1000], t[1] end",
        "while true do ('a'):rep(1000):find('.-.-.-b') end",
        "local t = setmetatable({}, { __index = function(t, k) return k end }) while true do local _ = t[1] end",
        "while true do load('return 1') end",
        "while true do pcall(error) end",
        "local function f() return f() end f()",
        "while true do coroutine.wrap(function() coroutine.yield() end)() end",
        "for _ in (function() return 1 end) do end",
    ] {
        let mut task = lua.load(source).start::<()>()?;
        let start = Instant::now();
        for _ in 0..20 {
            assert_eq!(task.step(10_000)?, Step::OutOfFuel, "{source}");
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{source}");
    }
    Ok(())
}

#[test]
fn many_tasks_in_any_order() -> Result<()> {
    let lua = Lua::new();
    let source = r#"
        local me, rounds = ...
        local sum, co = 0, coroutine.wrap(function(n) while true do n = coroutine.yield(n + me) end end)
        for i = 1, rounds do
            sum = sum + co(i)
            if i % 7 == 0 then coroutine.yield(i) end
        end
        return sum
    "#;
    let f = lua.load(source).into_function()?;
    let mut tasks: Vec<(i64, Option<Task<i64>>)> = Vec::new();
    for me in 0..50 {
        tasks.push((me, Some(f.start((me, 100 + me))?)));
    }
    let mut random: u64 = 42;
    let mut left = tasks.len();
    while left > 0 {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let index = (random >> 33) as usize % tasks.len();
        let (me, slot) = &mut tasks[index];
        let Some(task) = slot else { continue };
        match task.step(random >> 58)? {
            Step::Done(sum) => {
                let rounds = 100 + *me;
                assert_eq!(sum, rounds * (rounds + 1) / 2 + rounds * *me);
                *slot = None;
                left -= 1;
            }
            Step::OutOfFuel | Step::Yielded(_) => {}
            other => panic!("unexpected: {other:?}"),
        }
        if random >> 60 == 0 {
            lua.collect_garbage();
        }
    }
    Ok(())
}

#[test]
fn yields_to_the_host_from_everywhere() -> Result<()> {
    let lua = Lua::new();
    for (source, expected, yields) in [
        ("return coroutine.yield(1) + coroutine.yield(2)", 30, vec![1, 2]),
        (
            "return setmetatable({}, { __index = function(_, k) return coroutine.yield(k) end })[7]",
            70,
            vec![7],
        ),
        (
            "local t = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, coroutine.yield(v)) end }) t.x = 4 return t.x",
            40,
            vec![4],
        ),
        (
            "return setmetatable({}, { __add = function(_, n) return coroutine.yield(n) end }) + 3",
            30,
            vec![3],
        ),
        (
            "return #setmetatable({}, { __len = function() return coroutine.yield(5) end })",
            50,
            vec![5],
        ),
        (
            "return setmetatable({}, { __call = function(_, n) return coroutine.yield(n) end })(6)",
            60,
            vec![6],
        ),
        (
            "return (setmetatable({}, { __lt = function() return coroutine.yield(1) end }) < {}) and 1",
            1,
            vec![1],
        ),
        (
            "return (setmetatable({}, { __eq = function() return coroutine.yield(1) end }) == {}) and 1",
            1,
            vec![1],
        ),
        (
            "return (setmetatable({}, { __concat = function(_, s) return coroutine.yield(s) end }) .. 8)",
            80,
            vec![8],
        ),
        (
            "local n = 0 for v in function() if n < 3 then n = n + 1 return coroutine.yield(n) end end do end return n",
            3,
            vec![1, 2, 3],
        ),
        (
            "local t = { 3, 1 } table.sort(t, function(a, b) return coroutine.yield(a) < b * 10 end) return t[1]",
            1,
            vec![],
        ),
        ("local _, n = pcall(function() return coroutine.yield(9) end) return n", 90, vec![9]),
        (
            "local _, n = xpcall(error, function() return coroutine.yield(2) end) return n",
            20,
            vec![2],
        ),
        (
            "local n do local c <close> = setmetatable({}, { __close = function() n = coroutine.yield(3) end }) end return n",
            30,
            vec![3],
        ),
        (
            "return (string.gsub('x', 'x', function() return coroutine.yield(1) end)) + 0",
            10,
            vec![1],
        ),
        (
            "local n = coroutine.yield(1) local s = tostring(setmetatable({}, { __tostring = function() return '' .. coroutine.yield(2) end })) return n + s",
            30,
            vec![1, 2],
        ),
        (
            "return load(function() local s = n n = nil return s and (s .. coroutine.yield(1)) end)()",
            10,
            vec![1],
        ),
        (
            "for k, v in pairs(setmetatable({}, { __pairs = function() return coroutine.yield(1) and next, { a = 7 } end })) do return v end",
            7,
            vec![1],
        ),
    ] {
        lua.globals().set("n", "return ")?;
        let mut task = lua.load(source).start::<i64>()?;
        let (result, yielded) = drive(&mut task).map_err(|error| error.context(source))?;
        assert_eq!(result, expected, "{source}");
        if !yields.is_empty() {
            assert_eq!(yielded, yields, "{source}");
        }
    }
    Ok(())
}

#[test]
fn yields_and_resumes() -> Result<()> {
    let lua = Lua::new();
    let mut task = lua
        .load("local a, b = coroutine.yield(1, 'two', nil) return b, a")
        .start::<(Value, Value)>()?;
    assert_eq!(task.resume(1).unwrap_err().message(), "the task has not yielded");
    let Step::Yielded(values) = task.step(1000)? else { panic!("it yields") };
    assert_eq!(values.len(), 3);
    task.resume((1, 2))?;
    let Step::Done((b, a)) = task.step(1000)? else { panic!("it is done") };
    assert_eq!((a.as_integer(), b.as_integer()), (Some(1), Some(2)));
    // Without a resume, it gets nothing.
    let mut task = lua.load("return select('#', coroutine.yield())").start::<i64>()?;
    assert!(matches!(task.step(1000)?, Step::Yielded(values) if values.is_empty()));
    assert_eq!(task.step(1000)?, Step::Done(0));
    // Where the host cannot answer, yields are errors.
    let expected = "attempt to yield from outside a coroutine";
    assert_eq!(lua.load("coroutine.yield()").exec().unwrap_err().message(), expected);
    let f: Function = lua.load("coroutine.yield").eval()?;
    assert_eq!(f.call::<()>(()).unwrap_err().message(), expected);
    let task = lua.load("coroutine.yield()").start::<()>()?.forbid_yields();
    assert_eq!(task.finish().unwrap_err().message(), expected);
    let task = lua.load("coroutine.yield()").start::<()>()?;
    assert_eq!(task.finish().unwrap_err().message(), expected);
    assert_eq!(lua.load("return 3").start::<i64>()?.finish()?, 3);
    Ok(())
}

#[test]
fn raising_inside_a_task() -> Result<()> {
    let lua = Lua::new();
    let mut task = lua
        .load("local ok, m = pcall(function()\nwhile true do end\nend) return m")
        .set_name("=s")
        .start::<String>()?;
    assert_eq!(task.step(1000)?, Step::OutOfFuel);
    assert!(task.raise("stop it"));
    let Step::Done(message) = task.step(1000)? else { panic!("it is done") };
    assert!(message.ends_with("stop it"), "{message}");
    let mut task = lua.load("while true do end").start::<()>()?;
    task.step(1000)?;
    assert!(task.raise("stop it"));
    assert!(task.step(1000).unwrap_err().message().ends_with("stop it"));
    Ok(())
}

/// A task that is dropped half-way leaves nothing behind, and closes nothing.
#[test]
fn dropping_half_way() -> Result<()> {
    let lua = Lua::new();
    lua.load(
        "closed = 0 closer = setmetatable({}, { __close = function() closed = closed + 1 end })",
    )
    .exec()?;
    let source = r#"
        local c <close> = closer
        local big = {} for i = 1, 1000 do big[i] = { i } end
        inner = coroutine.create(function() while true do end end)
        coroutine.resume(inner)
    "#;
    let mut settled = 0;
    for round in 0..100 {
        let mut task = lua.load(source).start::<()>()?;
        for _ in 0..20 {
            task.step(3000)?;
        }
        drop(task);
        if round == 20 {
            lua.collect_garbage();
            settled = lua.used_memory();
        }
    }
    lua.collect_garbage();
    assert!(lua.used_memory() < settled + 10_000);
    assert_eq!(lua.globals().get::<i64>("closed")?, 0);
    // The coroutine inside it can be no longer run, and says so.
    let (ok, message): (bool, String) = lua.load("coroutine.resume(inner)").eval()?;
    assert!(!ok, "{message}");
    Ok(())
}

/// Scripts may get hold of the main coroutine of another task: no harm comes of it.
#[test]
fn tasks_that_meddle_with_each_other() -> Result<()> {
    let lua = Lua::new();
    for first in [
        "coroutine.yield(1)",
        "while true do end",
        "coroutine.wrap(function() while true do end end)()",
    ] {
        for second in [
            "coroutine.resume(main)",
            "coroutine.close(main)",
            "coroutine.wrap(function() coroutine.resume(main) end)()",
        ] {
            let mut a =
                lua.load(&format!("main = coroutine.running() {first} return 1")).start::<i64>()?;
            a.step(1000)?;
            for _ in 0..2 {
                let _ = lua.load(second).exec();
            }
            for _ in 0..3 {
                let _ = a.step(1000);
                let _ = a.resume(1);
                let _ = a.raise("x");
            }
            drop(a);
            let _ = lua.load(second).exec();
            assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2, "{first} / {second}");
        }
    }
    Ok(())
}

/// What a script would use to notice that it was stopped.
const WATCHFUL: &str = r#"
    closed, caught, finalized = 0, 0, 0
    setmetatable({}, { __gc = function() finalized = finalized + 1 end })
    local c <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
    while true do
        local ok = pcall(function() while true do body() end end)
        caught = caught + 1
    end
"#;

#[track_caller]
fn assert_unnoticed(lua: &Lua) {
    let counts: (i64, i64) = lua.load("caught, closed").eval().expect("the VM is usable");
    assert_eq!(counts, (0, 0));
    assert_eq!(lua.load("return 1 + 1").eval::<i64>().expect("the VM is usable"), 2);
}

#[test]
fn deadlines() -> Result<()> {
    let lua = Lua::new();
    lua.load("function body() end").exec()?;
    lua.set_deadline(Some(Instant::now() + Duration::from_millis(30)));
    let error = lua.load(WATCHFUL).exec().unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::TimedOut, "timed out"));
    lua.set_deadline(None);
    assert_unnoticed(&lua);
    // A task goes on after it.
    let mut task = lua.load("for i = 1, 1e6 do end return 'done'").start::<String>()?;
    lua.set_deadline(Some(Instant::now()));
    assert_eq!(task.step(Fuel::UNLIMITED).unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(!task.is_done());
    lua.set_deadline(None);
    assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Done("done".to_owned()));
    Ok(())
}

#[test]
fn interrupts_from_another_thread() -> Result<()> {
    let lua = Lua::new();
    lua.load("function body() end").exec()?;
    let handle = lua.interrupt_handle();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        handle.interrupt();
    });
    let error = lua.load(WATCHFUL).exec().unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Interrupted, "interrupted"));
    stopper.join().expect("it does not panic");
    assert_unnoticed(&lua);
    // It is noticed once, also when nothing ran; and it can be taken back.
    let handle = lua.interrupt_handle();
    handle.interrupt();
    assert_eq!(lua.load(WATCHFUL).exec().unwrap_err().kind(), ErrorKind::Interrupted);
    assert!(!handle.clear());
    handle.interrupt();
    assert!(handle.clear());
    assert_unnoticed(&lua);
    Ok(())
}

#[test]
fn fuel_is_not_noticed() -> Result<()> {
    let lua = Lua::new();
    lua.load("function body() end").exec()?;
    let mut task = lua.load(WATCHFUL).start::<()>()?;
    for _ in 0..10 {
        assert_eq!(task.step(5000)?, Step::OutOfFuel);
    }
    drop(task);
    lua.collect_garbage();
    assert_unnoticed(&lua);
    Ok(())
}

/// Too much at once is an error for the script, which may catch it; too much for too long is the
/// end of it.
#[test]
fn memory_limits() -> Result<()> {
    let lua = Lua::builder().memory_limit(1 << 20).build();
    let (ok, message): (bool, String) = lua.load("pcall(string.rep, 'x', 1 << 30)").eval()?;
    assert_eq!((ok, &*message), (false, "not enough memory"));
    let error = lua.load("('x'):rep(1 << 30)").exec().unwrap_err();
    assert!(error.message().contains("not enough memory"), "{error}");
    lua.load("function body() kept = { kept } end").exec()?;
    let error = lua.load(WATCHFUL).exec().unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Memory, "memory limit exceeded"));
    lua.globals().set("kept", Value::Nil)?;
    assert_unnoticed(&lua);
    lua.collect_garbage();
    assert!(lua.used_memory() < 1 << 19);
    // Garbage does not count: a script may make as much as it likes.
    lua.load("for i = 1, 10000 do local t = { i, tostring(i), ('x'):rep(1000) } end").exec()?;
    lua.set_memory_limit(None);
    lua.load("local t = {} for i = 1, 100000 do t[i] = {} end").exec()
}

/// What has a finalizer is only freed after that has run, which the limit must not prevent.
#[test]
fn finalizers_run_beyond_the_memory_limit() -> Result<()> {
    let lua = Lua::builder().memory_limit(1 << 20).build();
    lua.load(
        "finalized = 0
        local meta = { __gc = function() finalized = finalized + 1 end }
        function fill() local t while true do t = setmetatable({ t }, meta) end end",
    )
    .exec()?;
    for round in 1..=3 {
        let error = lua.load("fill()").exec().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Memory, "round {round}: {error}");
        lua.load("local t = {} for i = 1, 1000 do t[i] = i end").exec()?;
        // They have all run, and nothing holds their objects any more.
        assert!(lua.globals().get::<i64>("finalized")? > 1000 * round);
        lua.collect_garbage();
        assert!(lua.used_memory() < 1 << 19, "round {round}: {} bytes", lua.used_memory());
    }
    Ok(())
}

#[test]
fn tasks_after_an_error() -> Result<()> {
    let lua = Lua::new();
    let mut task = lua.load("error('over', 0)").start::<i64>()?;
    assert_eq!(task.step(1000).unwrap_err().message(), "over");
    assert!(task.is_done());
    assert_eq!(task.step(1000).unwrap_err().message(), "the task is over");
    // Results of another type end it too.
    let mut task = lua.load("return 'x'").start::<i64>()?;
    let error: Error = task.step(1000).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Conversion, "number expected, got string")
    );
    assert!(task.is_done());
    assert!(lua.load("return +").start::<()>().is_err());
    Ok(())
}

#[test]
fn os_exit_tells_the_host() -> Result<()> {
    let lua = Lua::builder().libraries([Library::Base, Library::Os]).build();
    for (source, status) in [
        ("os.exit()", 0),
        ("os.exit(3)", 3),
        ("os.exit(true)", 0),
        ("os.exit(false)", 1),
        ("pcall(os.exit, 7)", 7),
    ] {
        let error = lua.load(source).exec().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exit(status), "{source}");
    }
    let mut task = lua.load("os.exit(4)").start::<()>()?;
    assert_eq!(task.step(1000).unwrap_err().kind(), ErrorKind::Exit(4));
    assert!(task.is_done());
    assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    Ok(())
}

#[test]
fn a_step_inside_a_callback_is_busy() -> Result<()> {
    let lua = Lua::new();
    let task = std::cell::RefCell::new(lua.load("return 5").start::<i64>()?);
    lua.scope(|scope| {
        let step = scope.function(|| match task.borrow_mut().step(1000) {
            Err(error) => error.kind() == ErrorKind::Busy,
            Ok(_) => false,
        })?;
        assert!(step.call::<bool>(())?);
        Ok::<_, Error>(())
    })?;
    assert_eq!(task.borrow_mut().step(1000)?, Step::Done(5));
    Ok(())
}

/// The depth of everything is limited by errors that scripts can catch.
#[test]
fn depth_limits() -> Result<()> {
    let lua = Lua::new();
    for source in [
        "local function f() return 1 + f() end return f()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end return t[1]",
        "local function f() return coroutine.wrap(f)() end return f()",
        "return load(('('):rep(10000) .. '1')",
        "local s = ('a'):rep(300000) return s:find(('(a'):rep(40) .. (')'):rep(40))",
        "local function f() return pcall(f) end error(select(2, f()))",
        "return string.rep('x', -1), table.unpack({}, 1, 1e7)",
        "local function f(e) error(f(e)) end return xpcall(f, f)",
    ] {
        let result = lua.load(source).exec();
        if let Err(error) = result {
            assert!(!error.message().is_empty(), "{source}");
        }
        assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    }
    Ok(())
}
