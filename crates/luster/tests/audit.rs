//! What hosts and scripts may do that they should not: panics at bad times, VMs inside each other,
//! coroutines that are reached from where they are not expected. Nothing of it may break the VM.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use luster::{
    Class, ErrorKind, FromLua, Fuel, Function, Lua, Result, Step, Task, Thread, ThreadStatus,
    UserData, Value,
};

/// A value that scripts can count up.
struct Counter(i64);

impl UserData for Counter {
    fn build(class: &mut Class<Self>) {
        class.method("add", |this: &mut Counter, n: i64| this.0 += n);
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("the bomb goes off");
        }
    }
}

impl UserData for Bomb {
    fn build(_: &mut Class<Self>) {}
}

fn panics<T>(f: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// A lending ends, whatever the destructors of the others that were lent do.
#[test]
fn lendings_end_when_a_destructor_panics() -> Result<()> {
    let lua = Lua::new();
    let mut counter = Box::new(Counter(1));
    let has_panicked = panics(|| {
        lua.scope(|scope| -> Result<()> {
            lua.globals().set("counter", scope.lend_mut(&mut *counter)?)?;
            let bomb = Bomb;
            lua.globals().set(
                "f",
                scope.function(move || {
                    let _ = &bomb;
                })?,
            )?;
            lua.load("counter:add(1)").exec()
        })
    });
    assert!(has_panicked);
    assert_eq!(counter.0, 2);
    drop(counter);
    let error = lua.load("counter:add(1)").exec().unwrap_err();
    assert!(error.message().ends_with("it is not there any more)"), "{error}");
    Ok(())
}

/// A task in whose step the host has panicked is over.
#[test]
fn tasks_are_over_after_a_panic() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("boom", lua.function(|| -> () { panic!("boom") }))?;
    lua.globals().set("quick", lua.function(|_: Picky| 1))?;
    for text in [
        "boom()",
        "for i = 1, 10 do boom() end",
        "local t = setmetatable({}, { __index = function () boom() end }) return t.x + 1",
        "table.sort({ 3, 2, 1 }, function (a, b) boom() return a < b end)",
        "coroutine.wrap(function () pcall(boom) end)()",
        "return pcall(string.gsub, 'abc', '.', boom)",
        "local c <close> = setmetatable({}, { __close = boom })",
        "return quick(1)",
        "return 1 + quick(1)",
    ] {
        let mut task: Task<()> = lua.load(text).start()?;
        assert!(panics(|| task.step(Fuel::UNLIMITED)), "{text}");
        assert!(task.is_done(), "{text}");
        let error = task.step(Fuel::UNLIMITED).unwrap_err();
        assert_eq!(error.message(), "the task is over", "{text}");
        assert!(!task.raise("x"));
        drop(task);
        assert_eq!(lua.load("return 1 + 1").eval::<i64>()?, 2, "{text}");
        lua.collect_garbage();
    }
    Ok(())
}

/// A parameter whose conversion panics.
struct Picky;

impl FromLua for Picky {
    fn from_lua<'gc>(
        _: luster::values::Context<'gc>,
        _: luster::values::Value<'gc>,
    ) -> Result<Self> {
        panic!("it is picky")
    }
}

/// The results of a task are converted once, when that panics too.
#[test]
fn results_are_not_called() -> Result<()> {
    let lua = Lua::new();
    let chunk = lua.load("called = 0 return function () called = called + 1 end");
    let mut task: Task<Picky> = chunk.start()?;
    assert!(panics(|| task.step(Fuel::UNLIMITED)));
    assert!(task.step(Fuel::UNLIMITED).is_err());
    assert_eq!(lua.globals().get::<i64>("called")?, 0);
    assert!(panics(|| lua.load("return 1").eval::<Picky>()));
    assert_eq!(lua.load("return 1").eval::<i64>()?, 1);
    Ok(())
}

/// A coroutine in whose turn the host has panicked stays as it is, and can be closed.
#[test]
fn coroutines_after_a_panic() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("boom", lua.function(|| -> () { panic!("boom") }))?;
    lua.load("co = coroutine.create(function () local s <close> = setmetatable({}, { __close = print }) boom() end)")
        .exec()?;
    assert!(panics(|| lua.load("coroutine.resume(co)").exec()));
    lua.collect_garbage();
    let thread: Thread = lua.globals().get("co")?;
    assert_ne!(thread.status(), ThreadStatus::Suspended);
    assert!(thread.resume::<()>(()).is_err());
    assert!(thread.close().is_err());
    assert_eq!(
        lua.load("return select(2, coroutine.resume(co))").eval::<String>()?,
        "cannot resume non-suspended coroutine"
    );
    lua.load("debug = nil collectgarbage()").exec()?;
    Ok(())
}

/// The bytes of VMs that run inside each other are counted for each.
#[test]
fn bytes_of_nested_vms() -> Result<()> {
    let (outer, inner) = (Lua::new(), Lua::new());
    let table = outer.create_table();
    let strings = table.clone();
    inner.globals().set(
        "fill",
        inner.function(move |from: i64| {
            for index in from..from + 100 {
                strings.set(index, "x".repeat(10_000)).expect("it can be set");
            }
        }),
    )?;
    let call = inner.clone();
    outer.globals().set(
        "call",
        outer.function(move |n: i64| call.globals().get::<Function>("fill")?.call::<()>(n)),
    )?;
    inner.collect_garbage();
    let before = (outer.used_memory(), inner.used_memory());
    outer.load("for i = 1, 10 do call(i * 100) end").exec()?;
    assert!(outer.used_memory() > before.0 + 9_000_000, "{}", outer.used_memory());
    assert!(inner.used_memory() < before.1 + 100_000, "{}", inner.used_memory());
    for index in 1..2000 {
        table.set(index, Value::Nil)?;
    }
    outer.collect_garbage();
    inner.collect_garbage();
    assert!(outer.used_memory() < before.0 + 200_000, "{}", outer.used_memory());
    assert!(inner.used_memory() < before.1 + 10_000, "{}", inner.used_memory());
    assert!(outer.used_memory() + 10_000 > before.0, "{}", outer.used_memory());
    Ok(())
}

/// The memory limit of a VM holds while, and after, it runs another one.
#[test]
fn limits_of_nested_vms() -> Result<()> {
    let (outer, inner) = (Lua::new(), Lua::new());
    outer.set_memory_limit(Some(4 << 20));
    let call = inner.clone();
    outer.globals().set(
        "call",
        outer.function(move || call.load("return #string.rep('x', 32 << 20)").eval::<i64>()),
    )?;
    let (length, fits): (i64, bool) =
        outer.load("local n = call() return n, (pcall(string.rep, 'x', 64 << 20))").eval()?;
    assert_eq!((length, fits), (32 << 20, false));
    Ok(())
}

/// What a slice may allocate is no limit any more when the host has panicked in it.
#[test]
fn limits_after_a_panic() -> Result<()> {
    let lua = Lua::new();
    lua.set_memory_limit(Some(2 << 20));
    lua.globals().set("boom", lua.function(|| -> () { panic!("boom") }))?;
    assert!(panics(|| lua.load("boom()").exec()));
    lua.set_memory_limit(None);
    assert!(lua.enter(|ctx| luster::values::Table::with_room(ctx, 1_000_000, 0).is_ok()));
    Ok(())
}

/// A coroutine that a task is in the midst of can be neither resumed nor closed by others.
#[test]
fn coroutines_of_suspended_tasks() -> Result<()> {
    let lua = Lua::new();
    let chunk = lua.load(
        "outer = coroutine.create(function ()
            inner = coroutine.create(function () local n = 0 while n < 1e5 do n = n + 1 end return n end)
            return select(2, coroutine.resume(inner))
        end)
        return select(2, coroutine.resume(outer))",
    );
    let mut task: Task<f64> = chunk.start()?;
    assert_eq!(task.step(Fuel::new(1000))?, Step::OutOfFuel);
    for name in ["outer", "inner"] {
        let thread: Thread = lua.globals().get(name)?;
        assert_eq!(thread.status(), ThreadStatus::Running);
        assert!(thread.resume::<()>(()).is_err());
        let error = thread.close().unwrap_err();
        assert_eq!(error.message(), "cannot close a running coroutine", "{name}");
        assert!(lua.load(&format!("coroutine.close({name})")).exec().is_err());
    }
    assert_eq!(task.finish()?, 1e5);
    Ok(())
}

/// The main coroutine of a call is no coroutine that scripts can resume, neither when the call is
/// over nor when it has yielded to the host.
#[test]
fn main_coroutines_are_not_resumed() -> Result<()> {
    let lua = Lua::new();
    lua.load("main = coroutine.running()").exec()?;
    let mut task: Task<(bool, String)> =
        lua.load("coroutine.yield() return coroutine.resume(main, 1)").start()?;
    assert!(matches!(task.step(Fuel::UNLIMITED)?, Step::Yielded(_)));
    // The call that follows has a main coroutine of its own.
    lua.load("main = coroutine.running()").exec()?;
    let Step::Done((resumed, message)) = task.step(Fuel::UNLIMITED)? else { panic!("it ends") };
    assert!(!resumed);
    assert!(message.starts_with("cannot resume"), "{message}");

    let mut waits: Task<i64> =
        lua.load("main = coroutine.running() return coroutine.yield()").start()?;
    assert!(matches!(waits.step(Fuel::UNLIMITED)?, Step::Yielded(_)));
    let main: Thread = lua.globals().get("main")?;
    assert!(main.resume::<()>(7).is_err());
    assert!(main.close().is_err());
    let text = "return coroutine.resume(main, 7)";
    assert!(!lua.load(text).eval::<(bool, String)>()?.0);
    assert!(lua.load("coroutine.close(main)").exec().is_err());
    waits.resume(42)?;
    assert_eq!(waits.step(Fuel::UNLIMITED)?, Step::Done(42));
    Ok(())
}

/// A main coroutine that was closed by a script between two calls is fit for the next.
#[test]
fn idle_coroutines_can_be_closed() -> Result<()> {
    let lua = Lua::new();
    let mut task: Task<i64> = lua
        .load("coroutine.yield() pcall(coroutine.close, main) coroutine.yield() return 5")
        .start()?;
    assert!(matches!(task.step(Fuel::UNLIMITED)?, Step::Yielded(_)));
    lua.load("main = coroutine.running()").exec()?;
    assert!(matches!(task.step(Fuel::UNLIMITED)?, Step::Yielded(_)));
    assert_eq!(lua.load("return 3").eval::<i64>()?, 3);
    assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Done(5));
    let _ = lua.start_closing()?.finish();
    assert_eq!(
        lua.load("return coroutine.status(coroutine.running())").eval::<String>()?,
        "running"
    );
    Ok(())
}

/// A destructor that panics while garbage is collected loses nothing but its own value.
#[test]
fn destructors_that_panic_in_collections() -> Result<()> {
    let lua = Lua::new();
    for _ in 0..3 {
        let mut count = 0;
        for _ in 0..50 {
            // In the stress build the collector works after each of them.
            count += u32::from(panics(|| lua.create_userdata(Bomb).map(drop)));
            count += u32::from(panics(|| lua.create_userdata(Counter(1)).map(drop)));
        }
        while panics(|| lua.collect_garbage()) {
            count += 1;
            assert!(count < 1000);
            // What a script allocates is collected by and by, which may panic too.
            let script = "local t = {} for i = 1, 1000 do t[i] = {} end return #t";
            let result = catch_unwind(AssertUnwindSafe(|| lua.load(script).eval::<i64>()));
            assert!(
                result.is_err()
                    || result.is_ok_and(|length| length.is_ok_and(|length| length == 1000))
            );
        }
        assert!(count > 0);
    }
    assert_eq!(lua.load("return 1").eval::<i64>()?, 1);
    Ok(())
}

/// A VM can be used, and dropped, by the destructors of a thread's variables.
#[test]
fn destructors_of_threads() {
    struct Last(Lua);
    impl Drop for Last {
        fn drop(&mut self) {
            let text = "setmetatable({}, { __gc = function () error('x') end }) collectgarbage()
                local t = setmetatable({}, { __mode = 'k' }) t[{}] = 1
                collectgarbage() print((string.gsub('abc', 'b', 'x')))";
            assert!(self.0.load(text).exec().is_ok());
        }
    }
    thread_local! {
        static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    std::thread::spawn(|| {
        LAST.set(Some(Last(Lua::new())));
        LAST.with_borrow(|last| {
            let lua = &last.as_ref().expect("it was set").0;
            lua.load("collectgarbage() print(('x'):gsub('x', 'y'))").exec().expect("it runs");
        });
    })
    .join()
    .expect("nothing fails");
}

/// Looks at everything when it is dropped.
struct Nosy {
    lua: Lua2,
    seen: Rc<Cell<u32>>,
}

/// A weak way to the VM: what holds one strongly inside the VM keeps the VM.
struct Lua2(RefCell<Option<Task<()>>>, RefCell<Option<Function>>);

impl UserData for Nosy {
    fn build(_: &mut Class<Self>) {}
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.seen.set(self.seen.get() + 1);
        if let Some(function) = self.lua.1.take() {
            assert!(function.call::<()>(()).is_err());
            assert!(function.lua().is_err() || !format!("{function:?}").is_empty());
            let _ = function == function.clone();
        }
        if let Some(task) = self.lua.0.get_mut() {
            assert!(task.step(1).is_err());
        }
    }
}

/// Destructors that use handles while garbage is collected, or the VM is dropped, get errors.
#[test]
fn destructors_that_use_handles() -> Result<()> {
    let seen = Rc::new(Cell::new(0));
    let lua = Lua::new();
    let function: Function = lua.load("return function () end").eval()?;
    let mut task: Task<()> =
        lua.load("coroutine.wrap(function () while true do end end)()").start()?;
    assert_eq!(task.step(100)?, Step::OutOfFuel);
    let nosy = Nosy {
        lua: Lua2(RefCell::new(Some(task)), RefCell::new(Some(function.clone()))),
        seen: seen.clone(),
    };
    drop(lua.create_userdata(nosy)?);
    lua.collect_garbage();
    assert_eq!(seen.get(), 1);
    let nosy =
        Nosy { lua: Lua2(RefCell::new(None), RefCell::new(Some(function))), seen: seen.clone() };
    lua.globals().set("nosy", lua.create_userdata(nosy)?)?;
    drop(lua);
    assert_eq!(seen.get(), 2);
    Ok(())
}

/// Tasks are stepped, dropped and begun inside of callbacks without harm.
#[test]
fn tasks_inside_of_callbacks() -> Result<()> {
    let lua = Lua::new();
    let others: Rc<RefCell<Vec<Task<i64>>>> = Rc::default();
    let tasks = others.clone();
    let text = "return coroutine.wrap(function () local n = 0 while n < 5000 do n = n + 1 end return n end)()";
    lua.globals().set(
        "juggle",
        lua.function(move |lua: Lua| -> Result<()> {
            let mut tasks = tasks.borrow_mut();
            assert_eq!(tasks[0].step(1).unwrap_err().kind(), ErrorKind::Busy);
            tasks.remove(0);
            tasks.push(lua.load(text).start()?);
            assert_eq!(lua.load(text).exec().unwrap_err().kind(), ErrorKind::Busy);
            lua.collect_garbage();
            Ok(())
        }),
    )?;
    for _ in 0..3 {
        let mut task: Task<i64> = lua.load(text).start()?;
        assert_eq!(task.step(100)?, Step::OutOfFuel);
        others.borrow_mut().push(task);
    }
    lua.load("for i = 1, 10 do juggle() collectgarbage() coroutine.wrap(juggle)() end").exec()?;
    assert_eq!(others.borrow().len(), 3);
    for task in others.take() {
        assert_eq!(task.finish()?, 5000);
    }
    others.borrow_mut().clear();
    Ok(())
}

/// Coroutines whose closing yields, given up at every point, leave the VM as it was.
#[test]
fn closers_that_yield_are_given_up() -> Result<()> {
    let lua = Lua::new();
    let text = "local function closable(n)
            return setmetatable({}, { __close = function () for i = 1, n do coroutine.yield(i) end end })
        end
        local inner = coroutine.create(function () local a <close> = closable(3) coroutine.yield(0) end)
        coroutine.resume(inner)
        local middle = coroutine.create(function () local b <close> = closable(2) coroutine.close(inner) end)
        for i = 1, 3 do coroutine.resume(middle) end
        pcall(coroutine.close, inner) coroutine.close(middle) coroutine.close(middle)
        coroutine.close(inner)
        local last = coroutine.create(function () local c <close> = closable(4) coroutine.yield() end)
        coroutine.resume(last)
        coroutine.close(last)
        return coroutine.status(inner), coroutine.status(middle)";
    let mut memory = Vec::new();
    for steps in 0..200 {
        let mut task: Task<(String, String)> = lua.load(text).set_name("=closers").start()?;
        for _ in 0..steps {
            match task.step(3) {
                Ok(Step::Done(done)) => {
                    assert_eq!(done, ("dead".to_owned(), "dead".to_owned()));
                    break;
                }
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
            if steps % 3 == 0 {
                lua.collect_garbage();
            }
        }
        drop(task);
        lua.collect_garbage();
        memory.push(lua.used_memory());
    }
    assert!(memory[199] < memory[20] + 20_000, "{memory:?}");
    let value: Value = lua.load("return 1").eval()?;
    assert_eq!(value.as_integer(), Some(1));
    Ok(())
}

/// A tree of the host, which a script may make of a table that is in itself.
#[derive(Debug, FromLua)]
struct Tree {
    children: Vec<Tree>,
}

#[derive(Debug, FromLua)]
struct Graph {
    edges: HashMap<String, Graph>,
}

/// Tables that are in themselves are no endless values of the host.
#[test]
fn endless_tables() -> Result<()> {
    let lua = Lua::new();
    let endless = "local t = {} t.children = { t } t.edges = { a = t } return t";
    for error in [
        lua.load(endless).eval::<Tree>().unwrap_err(),
        lua.load(endless).eval::<Graph>().unwrap_err(),
    ] {
        assert!(error.message().contains("tables nested too deeply"), "{}", error.message());
    }
    let deep =
        "local t = { children = {} } for i = 1, 100 do t = { children = { t } } end return t";
    let tree: Tree = lua.load(deep).eval()?;
    assert_eq!(tree.children.len(), 1);
    let graph: Graph = lua.load("return { edges = { a = { edges = {} } } }").eval()?;
    assert!(graph.edges["a"].edges.is_empty());
    Ok(())
}

/// What `debug` changes in a waiting coroutine does not let a task run in circles.
#[test]
fn chains_that_debug_has_changed() -> Result<()> {
    let lua = Lua::with_all_libraries();
    let text = "local main = coroutine.running()
        local co = coroutine.create(function ()
            for level = 0, 3 do
                for n = 1, 5 do pcall(debug.setlocal, main, level, n, main) end
            end
            local n = 0
            while n < 1000 do n = n + 1 end
            return n
        end)
        return coroutine.resume(co)";
    for steps in 1..40 {
        let mut task: Task<Value> = lua.load(text).start()?;
        for _ in 0..steps {
            if !matches!(task.step(100), Ok(Step::OutOfFuel)) {
                break;
            }
        }
    }
    assert_eq!(lua.load("return 1").eval::<i64>()?, 1);
    Ok(())
}
