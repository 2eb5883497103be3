//! Asynchronous functions and calls as hosts and scripts see them, on real executors: waiting,
//! cancelling, taking turns, and everything that stops a script. From where in a script functions
//! can be called is in `async_places`.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use luster::{
    Class, Error, ErrorKind, Fuel, Function, Lua, Reply, Result, Step, Table, Task, UserData,
    UserRef, UserRefMut, Variadic,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

/// Runs a future on an executor of this thread, with timers.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    LocalSet::new().block_on(&runtime.expect("a runtime"), future)
}

fn milliseconds(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A VM with `sleep(milliseconds)`.
fn vm() -> Lua {
    let lua = Lua::new();
    let set = lua.globals().set("sleep", lua.async_function(|n: u64| sleep(milliseconds(n))));
    set.expect("a global can be set");
    lua
}

/// Counts when it is dropped.
struct Guard(Rc<Cell<u32>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// Gives scripts `forever()`, and counts how many of its futures have been dropped.
fn count_dropped(lua: &Lua) -> Rc<Cell<u32>> {
    let dropped = Rc::new(Cell::new(0));
    let count = dropped.clone();
    let forever = lua.async_function(move || {
        let guard = Guard(count.clone());
        async move {
            pending::<()>().await;
            drop(guard);
        }
    });
    lua.globals().set("forever", forever).expect("a global can be set");
    dropped
}

/// Polls once, waking nobody.
fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn scripts_wait_for_timers() -> Result<()> {
    let lua = vm();
    let start = Instant::now();
    let n: i64 = block_on(lua.load("sleep(30) sleep(30) return 1").eval_async())?;
    assert_eq!(n, 1);
    assert!(start.elapsed() >= milliseconds(60), "it has waited");
    Ok(())
}

#[test]
fn scripts_wait_side_by_side() -> Result<()> {
    let lua = vm();
    let order = Rc::new(RefCell::new(Vec::new()));
    let log = order.clone();
    lua.globals().set("log", lua.function(move |n: i64| log.borrow_mut().push(n)))?;
    let f: Function = lua.load("function (n) log(n) sleep(n) log(n) return n end").eval()?;
    let start = Instant::now();
    let (a, b, c) = block_on(async {
        tokio::join!(f.call_async::<i64>(90), f.call_async::<i64>(60), f.call_async::<i64>(30))
    });
    assert!(start.elapsed() < milliseconds(170), "they have waited at the same time");
    assert_eq!((a?, b?, c?), (90, 60, 30));
    assert_eq!(*order.borrow(), [90, 60, 30, 30, 60, 90]);
    Ok(())
}

#[test]
fn scripts_talk_over_channels() -> Result<()> {
    let lua = Lua::new();
    let (sender, receiver) = mpsc::channel::<String>(1);
    let receiver = Rc::new(tokio::sync::Mutex::new(receiver));
    lua.globals().set(
        "send",
        lua.async_function(move |text: String| {
            let sender = sender.clone();
            async move { sender.send(text).await }
        }),
    )?;
    lua.globals().set(
        "receive",
        lua.async_function(move || {
            let receiver = receiver.clone();
            async move { receiver.lock().await.recv().await }
        }),
    )?;
    let consumer = lua.load("local all = '' for text in receive do all = all .. text if text == '9' then return all end end");
    let producer = lua.load("for i = 1, 9 do send(tostring(i)) end");
    let (all, sent) =
        block_on(async { tokio::join!(consumer.eval_async::<String>(), producer.exec_async()) });
    sent?;
    assert_eq!(all?, "123456789");
    Ok(())
}

#[test]
fn parameters_and_results_are_converted() -> Result<()> {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set(
        "count",
        lua.async_function(|lua: Lua, name: String, rest: Variadic<i64>| async move {
            let table: Table = lua.table_of([(name, rest.len())])?;
            Ok::<_, Error>((table, Option::<i64>::None, rest))
        }),
    )?;
    globals
        .set("check", lua.async_function(|text: String, n: Option<u8>| async move { (text, n) }))?;
    let chunk =
        lua.load("local t, none, a, b = count('n', 4, 5) assert(none == nil) return t.n + a + b");
    assert_eq!(pollster::block_on(chunk.eval_async::<i64>())?, 11);
    let error = |source: &str| {
        let chunk = lua.load(source).set_name("=script");
        pollster::block_on(chunk.exec_async()).unwrap_err().message().to_owned()
    };
    assert_eq!(
        error("check('x', 256)"),
        "script:1: bad argument #2 to 'check' (256 is out of range for u8)",
    );
    assert_eq!(
        error("check()"),
        "script:1: bad argument #1 to 'check' (string expected, got no value)"
    );
    Ok(())
}

#[test]
fn errors_arise_at_the_call() -> Result<()> {
    let lua = vm();
    lua.globals().set(
        "fail",
        lua.async_function(|message: String| async move {
            sleep(milliseconds(1)).await;
            Err::<(), _>(Error::new(message))
        }),
    )?;
    lua.globals()
        .set("parse", lua.async_function(|text: String| async move { text.parse::<u8>() }))?;
    block_on(async {
        let error = lua
            .load("\nlocal x = fail('boom')")
            .set_name("=script")
            .exec_async()
            .await
            .unwrap_err();
        assert_eq!(error.message(), "script:2: boom");
        assert_eq!(error.traceback().frames()[1].line(), 2);
        let caught = lua.load("select(2, pcall(fail, 'no'))").eval_async::<String>().await?;
        assert_eq!(caught, "no");
        let error = lua.load("parse('300')").exec_async().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Callback);
        assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
        let error = lua.load("x = = 1").set_name("=script").exec_async().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Syntax { incomplete: false });
        let error = lua.load("return 'x'").eval_async::<i64>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conversion);
        Ok(())
    })
}

#[test]
fn calls_that_do_not_wait() -> Result<()> {
    let lua = Lua::new();
    let dropped = count_dropped(&lua);
    lua.globals().set("ready", lua.async_function(|n: i64| ready(n + 1)))?;
    assert_eq!(lua.load("return ready(ready(1))").eval::<i64>()?, 3);
    assert_eq!(lua.load("return ready(4)").start::<i64>()?.finish()?, 5);
    let error = lua.load("forever()").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pending);
    assert_eq!(
        error.message(),
        "the script waits for an asynchronous function: call it by call_async, or step a task",
    );
    assert_eq!(dropped.get(), 1, "the call has been given up");
    let error = lua.load("coroutine.wrap(forever)()").start::<()>()?.finish().unwrap_err();
    assert_eq!((error.kind(), dropped.get()), (ErrorKind::Pending, 2));
    assert_eq!(lua.load("ready(1)").eval::<i64>()?, 2);
    Ok(())
}

#[test]
fn tasks_are_stepped_while_they_wait() -> Result<()> {
    let lua = Lua::new();
    let polls = Rc::new(Cell::new(0));
    let count = polls.clone();
    // It must not be polled once more when it is ready.
    lua.globals().set(
        "third",
        lua.async_function(move || {
            let count = count.clone();
            poll_fn(move |_| {
                count.set(count.get() + 1);
                assert!(count.get() <= 3, "polled when it was over");
                if count.get() == 3 { Poll::Ready("done") } else { Poll::Pending }
            })
        }),
    )?;
    let mut task: Task<String> = lua.load("return third() .. '!'").start()?;
    assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Pending);
    assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Pending);
    assert_eq!(polls.get(), 2);
    lua.interrupt_handle().interrupt();
    assert_eq!(task.step(Fuel::UNLIMITED).unwrap_err().kind(), ErrorKind::Interrupted);
    assert_eq!(polls.get(), 2, "the interrupt came first");
    assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Done("done!".to_owned()));
    assert_eq!(polls.get(), 3);
    Ok(())
}

#[test]
fn dropping_a_call_drops_what_it_waits_for() -> Result<()> {
    let lua = Lua::new();
    let dropped = count_dropped(&lua);
    lua.globals().set("await", lua.async_function(|f: Function| f.call_async::<()>(())))?;
    let scripts = [
        "forever()",
        "pcall(forever)",
        "coroutine.wrap(forever)()",
        "coroutine.wrap(function () coroutine.resume(coroutine.create(forever)) end)()",
        "local t <close> = setmetatable({}, { __close = forever })",
        "await(forever)",
        "await(function () await(coroutine.wrap(forever)) end)",
    ];
    for (index, script) in scripts.iter().enumerate() {
        let mut call = lua.load(script).exec_async();
        for _ in 0..3 {
            assert!(poll_once(&mut call).is_pending(), "{script}");
        }
        assert_eq!(dropped.get(), index as u32, "{script}");
        drop(call);
        assert_eq!(dropped.get(), index as u32 + 1, "{script}");
    }
    Ok(())
}

#[test]
fn coroutines_of_a_cancelled_call_are_dead() -> Result<()> {
    let lua = Lua::new();
    count_dropped(&lua);
    let mut call = lua
        .load("co = coroutine.create(function () inner = coroutine.create(forever) coroutine.resume(inner) end) coroutine.resume(co)")
        .exec_async();
    assert!(poll_once(&mut call).is_pending());
    assert_eq!(lua.load("coroutine.status(co)").eval::<String>()?, "normal");
    assert_eq!(
        lua.load("select(2, coroutine.resume(inner))").eval::<String>()?,
        "cannot resume non-suspended coroutine",
    );
    drop(call);
    let statuses = lua.load("return coroutine.status(co), coroutine.status(inner)");
    assert_eq!(statuses.eval::<(String, String)>()?, ("dead".into(), "dead".into()));
    assert_eq!(
        lua.load("select(2, coroutine.resume(co))").eval::<String>()?,
        "cannot resume dead coroutine",
    );
    lua.load("assert(coroutine.close(co) and coroutine.close(inner))").exec()
}

#[test]
fn an_endless_loop_is_timed_out() -> Result<()> {
    let lua = vm();
    block_on(async {
        for script in
            ["while true do end", "while true do sleep(0) end", "while true do pcall(error) end"]
        {
            let call = lua.load(script).exec_async().fuel_per_poll(5_000);
            assert!(timeout(milliseconds(20), call).await.is_err(), "{script}");
        }
        tokio::select! {
            _ = lua.load("while true do end").exec_async() => unreachable!("it does not end"),
            () = sleep(milliseconds(10)) => {}
        }
        assert_eq!(lua.load("1 + 1").eval_async::<i64>().await?, 2);
        Ok(())
    })
}

#[test]
fn scripts_that_never_wait_take_turns() -> Result<()> {
    let lua = Lua::new();
    let log = Rc::new(RefCell::new(String::new()));
    let turns = log.clone();
    lua.globals().set("log", lua.function(move |c: &str| turns.borrow_mut().push_str(c)))?;
    let busy: Function = lua
        .load("function (name) for i = 1, 50 do for j = 1, 1000 do end log(name) end end")
        .eval()?;
    block_on(async {
        let calls = ["a", "b", "c"].map(|name| busy.call_async::<()>(name).fuel_per_poll(10_000));
        let mut set = JoinSet::new();
        for call in calls {
            set.spawn_local(call);
        }
        for result in set.join_all().await {
            result?;
        }
        Ok::<_, Error>(())
    })?;
    let log = log.borrow();
    let changes = log.as_bytes().windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(log.len(), 150);
    assert!((10..60).contains(&changes), "{changes} turns: {log}");
    Ok(())
}

#[test]
fn polls_use_the_fuel_that_they_may() -> Result<()> {
    let lua = Lua::new();
    let polls = |fuel: u64| {
        let mut call = lua.load("for i = 1, 1e6 do end").exec_async().fuel_per_poll(fuel);
        let mut polls = 1;
        while poll_once(&mut call).is_pending() {
            polls += 1;
        }
        polls
    };
    assert!((900..1_100).contains(&polls(1_000)), "{} polls", polls(1_000));
    // More, when the machine is so slow that steps end early, which those that are this long never do.
    assert!((9..200).contains(&polls(100_000)), "{} polls", polls(100_000));
    assert_eq!(polls(1 << 32), 1);
    Ok(())
}

#[test]
fn a_call_wakes_itself_only_when_it_has_more_to_do() -> Result<()> {
    #[derive(Default)]
    struct Wakes(AtomicU32);
    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let lua = Lua::new();
    let (sender, receiver) = oneshot::channel::<i64>();
    let receiver = RefCell::new(Some(receiver));
    let receive = lua.async_function(move || {
        let receiver = receiver.take().expect("it is called once");
        async move { receiver.await.map_err(Error::external) }
    });
    lua.globals().set("receive", receive)?;
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut cx = Context::from_waker(&waker);
    let mut call = pin!(
        lua.load("for i = 1, 1e4 do end return receive()").eval_async::<i64>().fuel_per_poll(1_000)
    );
    let mut polls = 0;
    while wakes.0.load(Ordering::Relaxed) == polls {
        assert!(call.as_mut().poll(&mut cx).is_pending());
        polls += 1;
    }
    assert!(polls >= 10, "{polls} polls");
    assert_eq!(wakes.0.load(Ordering::Relaxed), polls - 1, "it waits, and has not woken itself");
    // It wakes the one who polled last.
    let last = Arc::new(Wakes::default());
    let waker = Waker::from(last.clone());
    assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    sender.send(7).expect("it waits");
    assert_eq!(wakes.0.load(Ordering::Relaxed), polls - 1);
    assert_eq!(last.0.load(Ordering::Relaxed), 1);
    assert!(matches!(call.as_mut().poll(&mut cx), Poll::Ready(Ok(7))));
    Ok(())
}

#[test]
fn a_thousand_tasks_in_one_vm() -> Result<()> {
    let lua = vm();
    let before = lua.held_values().len();
    let f: Function = lua.load("function (n) local t = {} for i = 1, 5 do sleep(n % 7) t[i] = n + i end return #t + t[1] end").eval()?;
    let sum = block_on(async {
        let mut set = JoinSet::new();
        for n in 0..1_000 {
            set.spawn_local(f.call_async::<i64>(n));
        }
        let results: Result<Vec<i64>> = set.join_all().await.into_iter().collect();
        Ok::<_, Error>(results?.into_iter().sum::<i64>())
    })?;
    assert_eq!(sum, (0..1_000).map(|n| n + 6).sum::<i64>());
    drop(f);
    assert_eq!(lua.held_values().len(), before, "nothing is left of the calls");
    Ok(())
}

#[test]
fn a_vm_on_each_of_several_threads() {
    let (sender, mut results) = mpsc::unbounded_channel::<i64>();
    let threads = [1, 2, 3].map(|thread| {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let lua = vm();
            block_on(async {
                let f: Function = lua.load("function (n) sleep(n % 3) return n end").eval()?;
                let mut set = JoinSet::new();
                for n in 0..50 {
                    set.spawn_local(f.call_async::<i64>(thread * n));
                }
                for result in set.join_all().await {
                    sender.send(result?).expect("the receiver is there");
                }
                Ok::<_, Error>(())
            })
        })
    });
    for thread in threads {
        thread.join().expect("it does not panic").expect("the scripts do not fail");
    }
    drop(sender);
    let mut sum = 0;
    while let Some(n) = results.blocking_recv() {
        sum += n;
    }
    assert_eq!(sum, (0..50).sum::<i64>() * 6);
}

#[test]
fn futures_run_lua() -> Result<()> {
    let lua = vm();
    let globals = lua.globals();
    globals.set("now", lua.async_function(|f: Function| async move { f.call::<i64>(1) }))?;
    globals.set(
        "later",
        lua.async_function(|f: Function| async move {
            let (a, b) = tokio::join!(f.call_async::<i64>(1), f.call_async::<i64>(2));
            Ok::<_, Error>(a? + b?)
        }),
    )?;
    globals.set(
        "eval",
        lua.async_function(|lua: Lua, code: String| async move {
            lua.load(&code).eval_async::<i64>().await
        }),
    )?;
    block_on(async {
        assert_eq!(lua.load("now(function (n) return n + 1 end)").eval_async::<i64>().await?, 2);
        let chunk = lua.load("later(function (n) sleep(n) return n * 10 end)");
        assert_eq!(chunk.eval_async::<i64>().await?, 30);
        assert_eq!(lua.load("eval('eval(\"sleep(1) return 5\")')").eval_async::<i64>().await?, 5);
        let error =
            lua.load("now(function () error('deep', 0) end)").exec_async().await.unwrap_err();
        assert_eq!(error.message(), "deep");
        Ok(())
    })
}

#[test]
fn nesting_has_an_end() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set(
        "await",
        lua.async_function(|f: Function| async move { f.call_async::<i64>(()).await }),
    )?;
    let source = "local function deeper() return await(deeper) + 1 end return deeper()";
    let error = pollster::block_on(lua.load(source).set_name("=script").exec_async()).unwrap_err();
    assert!(error.message().ends_with("script:1: C stack overflow"), "{}", error.message());
    let source = "local n = 0 local function deeper() n = n + 1 return await(deeper) end pcall(deeper) return n";
    assert_eq!(pollster::block_on(lua.load(source).eval_async::<i64>())?, 101);
    Ok(())
}

#[test]
fn polling_inside_the_vm_is_an_error() -> Result<()> {
    let lua = Lua::new();
    count_dropped(&lua);
    lua.globals()
        .set("block", lua.function(|f: Function| pollster::block_on(f.call_async::<()>(()))))?;
    let error = lua.load("block(function () end)").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.message().contains("the VM is running already"), "{}", error.message());
    // Another VM is not busy.
    let other = Lua::new();
    other.globals().set("answer", other.async_function(|| async { 42 }))?;
    lua.globals().set(
        "ask",
        lua.function(move || pollster::block_on(other.load("answer()").eval_async::<i64>())),
    )?;
    assert_eq!(lua.load("ask()").eval::<i64>()?, 42);
    Ok(())
}

#[test]
fn stopping_scripts_that_wait() -> Result<()> {
    let lua = vm();
    let dropped = count_dropped(&lua);
    block_on(async {
        lua.set_deadline(Some(Instant::now() + milliseconds(20)));
        let error = lua.load("while true do pcall(sleep, 1) end").exec_async().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        lua.set_deadline(Some(Instant::now() + milliseconds(20)));
        let error = lua.load("while true do end").exec_async().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        lua.set_deadline(None);

        let mut call = lua.load("forever()").exec_async();
        assert!(poll_once(&mut call).is_pending());
        lua.interrupt_handle().interrupt();
        assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Interrupted);
        assert_eq!(dropped.get(), 1);
        assert_eq!(lua.load("1").eval_async::<i64>().await?, 1);
        Ok(())
    })
}

#[test]
fn scripts_do_not_catch_an_interrupt_of_what_their_futures_run() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("await", lua.async_function(|f: Function| f.call_async::<()>(())))?;
    lua.globals().set("call", lua.async_function(|f: Function| async move { f.call::<()>(()) }))?;
    for function in ["await", "call"] {
        lua.interrupt_handle().interrupt();
        let source = format!("pcall({function}, function () while true do end end) escaped = true");
        let error = pollster::block_on(lua.load(&source).exec_async()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert_eq!(lua.globals().get::<Option<bool>>("escaped")?, None, "{function}");
        assert!(!lua.interrupt_handle().clear(), "it is over now");
    }
    Ok(())
}

#[test]
fn a_task_can_be_raised_out_of_waiting() -> Result<()> {
    let lua = Lua::new();
    let dropped = count_dropped(&lua);
    let mut task: Task<String> = lua
        .load("return select(2, pcall(function () forever() end))")
        .set_name("=script")
        .start()?;
    assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Pending);
    assert!(task.raise("stop it"));
    assert_eq!(dropped.get(), 1);
    let Step::Done(message) = task.step(Fuel::UNLIMITED)? else { panic!("it does not wait") };
    assert!(message.ends_with("stop it"), "{message}");
    Ok(())
}

#[test]
fn panics_go_through() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set(
        "panic",
        lua.async_function(|| async {
            if true {
                panic!("oh no")
            }
        }),
    )?;
    let mut task: Task<()> = lua.load("pcall(panic)").start()?;
    let panic = catch_unwind(AssertUnwindSafe(|| task.step(Fuel::UNLIMITED))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"oh no"));
    assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    // The future is gone; for the script that is an error.
    assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Done(()));
    Ok(())
}

struct Account(i64);

impl UserData for Account {
    fn build(class: &mut Class<Self>) {
        class
            .async_function("open", |balance: i64| async move { Account(balance) })
            .method("balance", |this: &Account| this.0)
            .async_method("add", |mut this: UserRefMut<Account>, n: i64| async move {
                sleep(milliseconds(5)).await;
                this.0 += n;
            })
            .async_method("look", |this: UserRef<Account>| async move {
                sleep(milliseconds(5)).await;
                this.0
            });
    }
}

#[test]
fn methods_of_userdata() -> Result<()> {
    let lua = vm();
    lua.register::<Account>()?;
    block_on(async {
        let chunk = lua.load("account = Account.open(1) account:add(41) return account:look()");
        assert_eq!(chunk.eval_async::<i64>().await?, 42);
        // While a future holds the value, others cannot have it.
        let add = lua.load("account:add(1)").exec_async();
        let mut look = lua.load("account:balance()").set_name("=script").eval_async::<i64>();
        let ((), error) = tokio::try_join!(add, async { Ok(poll_once(&mut look)) })?;
        let Poll::Ready(Err(error)) = error else { panic!("it is borrowed") };
        assert_eq!(
            error.message(),
            "script:1: calling 'balance' on bad self (cannot borrow the userdata: it is being changed)",
        );
        let looks = [lua.load("account:look()"), lua.load("account:look()")];
        let [a, b] = looks.map(|chunk| chunk.eval_async::<i64>());
        assert_eq!(tokio::try_join!(a, b)?, (43, 43));
        // A call that is dropped gives it back.
        let mut add = lua.load("account:add(1)").exec_async();
        assert!(poll_once(&mut add).is_pending());
        drop(add);
        assert_eq!(lua.load("account:balance()").eval::<i64>()?, 43);
        Ok(())
    })
}

#[test]
fn garbage_is_collected_while_scripts_wait() -> Result<()> {
    let lua = Lua::new();
    let (sender, receiver) = oneshot::channel::<i64>();
    let receiver = RefCell::new(Some(receiver));
    lua.globals().set(
        "receive",
        lua.async_function(move || {
            let receiver = receiver.take().expect("it is called once");
            async move { receiver.await.map_err(Error::external) }
        }),
    )?;
    let chunk = lua
        .load("local t = { { 'kept' } } local n = coroutine.wrap(receive)() return t[1][1] .. n");
    let mut call = chunk.eval_async::<String>();
    assert!(poll_once(&mut call).is_pending());
    for _ in 0..3 {
        lua.collect_garbage();
        lua.load("local t = {} for i = 1, 1e4 do t[i] = { i } end").exec()?;
    }
    sender.send(5).expect("it waits");
    assert_eq!(pollster::block_on(call)?, "kept5");
    Ok(())
}

#[test]
fn scripts_that_stop_often_leave_no_garbage() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("ready", lua.async_function(|t: Table| async move { drop(t) }))?;
    lua.load("for i = 1, 2e5 do ready({ i }) end").exec()?;
    assert!(lua.used_memory() < 4 << 20, "{} bytes", lua.used_memory());
    lua.set_memory_limit(Some(lua.used_memory() + (1 << 20)));
    let source = "t = {} while true do t[#t + 1] = { #t } ready(t) end";
    assert_eq!(lua.load(source).exec().unwrap_err().kind(), ErrorKind::Memory);
    Ok(())
}

#[test]
fn futures_may_hold_the_vm() -> Result<()> {
    struct Kept(#[expect(dead_code, reason = "it is only dropped")] Guard);
    impl UserData for Kept {
        fn build(_: &mut Class<Self>) {}
    }
    let dropped = Rc::new(Cell::new(0));
    let lua = vm();
    lua.globals().set("kept", Kept(Guard(dropped.clone())))?;
    lua.globals().set(
        "hold",
        lua.async_function(|lua: Lua, f: Function| async move {
            pending::<()>().await;
            f.call::<()>(lua.globals())
        }),
    )?;
    let mut call = lua.load("local function f() hold(f) end f()").exec_async();
    assert!(poll_once(&mut call).is_pending());
    drop(lua);
    assert_eq!(dropped.get(), 0, "the call keeps the VM");
    drop(call);
    assert_eq!(dropped.get(), 1, "nothing keeps it any more");
    Ok(())
}

#[test]
fn answers_other_than_results() -> Result<()> {
    let lua = vm();
    lua.globals().set(
        "after",
        lua.async_function(|f: Function| async move {
            sleep(milliseconds(1)).await;
            f.reply((1, 2))
        }),
    )?;
    lua.globals().set(
        "give",
        lua.async_function(|n: i64| async move {
            sleep(milliseconds(1)).await;
            Reply::Yield(n)
        }),
    )?;
    lua.globals().set(
        "later",
        lua.async_function(|f: Function| async move {
            sleep(milliseconds(1)).await;
            let again = f.clone();
            f.then(8, move |n: i64| again.then(n, |n: i64| n * 2))
        }),
    )?;
    lua.globals().set(
        "catch",
        lua.async_function(|f: Function| async move {
            f.then_result((), |result: Result<()>| match result {
                Ok(()) => "fine".to_owned(),
                Err(error) => format!("caught {}", error.message()),
            })
        }),
    )?;
    block_on(async {
        let n = lua
            .load("after(function (a, b) sleep(1) return a + b end)")
            .eval_async::<i64>()
            .await?;
        assert_eq!(n, 3);
        let chunk = lua.load("local f = coroutine.wrap(function () return give(1) + give(2) end) return f(), f(10), f(20)");
        assert_eq!(chunk.eval_async::<(i64, i64, i64)>().await?, (1, 2, 30));
        let n =
            lua.load("later(function (n) sleep(1) return n + 1 end)").eval_async::<i64>().await?;
        assert_eq!(n, 20);
        let caught = lua
            .load("catch(function () sleep(1) error('no', 0) end)")
            .eval_async::<String>()
            .await?;
        assert_eq!(caught, "caught no");
        let error = lua.load("coroutine.yield(1)").exec_async().await.unwrap_err();
        assert_eq!(error.message(), "attempt to yield from outside a coroutine");
        Ok(())
    })
}

#[test]
fn a_call_is_over_once() -> Result<()> {
    let lua = Lua::new();
    let mut call = lua.load("return 1").eval_async::<i64>();
    assert!(matches!(poll_once(&mut call), Poll::Ready(Ok(1))));
    let Poll::Ready(Err(error)) = poll_once(&mut call) else { panic!("it is over") };
    assert_eq!(error.message(), "the call is over");
    let gone = { Lua::new().load("function () end").eval::<Function>()? };
    let error = pollster::block_on(gone.call_async::<()>(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    Ok(())
}
