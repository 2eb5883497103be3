//! Scopes: values and functions lent to a VM for the time of a call. That a borrow cannot escape is
//! proven not to compile in `misuse`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use luster::{AnyUserData, Class, ErrorKind, Function, Lua, Result, Table, UserData, Value};

#[derive(Default)]
struct World {
    score: i64,
    names: Vec<String>,
}

impl UserData for World {
    fn build(class: &mut Class<Self>) {
        class
            .method("add", |this: &mut World, n: i64| this.score += n)
            .method("score", |this: &World| this.score)
            .method("name", |this: &World, index: usize| this.names.get(index - 1).cloned())
            .method("same", |this: &World, other: &World| std::ptr::eq(this, other))
            .method("into", |this: World| this.score)
            .field("total", |this: &World| this.score)
            .setter("total", |this: &mut World, n: i64| this.score = n);
    }
}

const GONE: &str = "cannot borrow the userdata: it is not there any more";

#[test]
fn lending_a_value_to_change() -> Result<()> {
    let lua = Lua::new();
    let mut world = World::default();
    let f: Function =
        lua.load("function(w) w:add(3) w.total = w.total * 2 return w:score() end").eval()?;
    for expected in [6, 18] {
        let score: i64 = lua.scope(|scope| f.call(scope.lend_mut(&mut world)?))?;
        assert_eq!(score, expected);
    }
    assert_eq!(world.score, 18);
    Ok(())
}

#[test]
fn lending_a_value_to_read() -> Result<()> {
    let lua = Lua::new();
    let world = World { score: 5, names: vec!["ann".to_owned()] };
    lua.scope(|scope| {
        let lent = scope.lend(&world)?;
        lua.globals().set("w", &lent)?;
        // Twice at once: it is a shared borrow.
        lua.globals().set("again", scope.lend(&world)?)?;
        lua.load("assert(w:score() == 5 and w:name(1) == 'ann' and w:same(w) and w:same(again))").exec()?;
        let error = lua.load("w:add(1)").set_name("=s").exec().unwrap_err();
        assert_eq!(
            error.message(),
            "s:1: calling 'add' on bad self (cannot borrow the userdata: it is lent for reading only)"
        );
        let error = lua.load("w.total = 1").set_name("=s").exec().unwrap_err();
        assert_eq!(error.message(), "s:1: cannot borrow the userdata: it is lent for reading only");
        let error = lua.load("w:into()").set_name("=s").exec().unwrap_err();
        assert_eq!(
            error.message(),
            "s:1: calling 'into' on bad self (cannot borrow the userdata: it is lent for a call only)"
        );
        // The host has the value itself; the handle gives no borrow that could be kept.
        let error = lent.borrow::<World>().map(drop).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Borrow, "cannot borrow the userdata: it is lent for a call only")
        );
        assert!(lent.borrow_mut::<World>().is_err() && lent.take::<World>().is_err());
        assert_eq!(lent.call_method::<i64>("score", ())?, 5);
        assert_eq!(lent.get::<i64>("total")?, 5);
        Ok(())
    })
}

#[test]
fn after_the_scope_it_is_gone() -> Result<()> {
    let lua = Lua::new();
    let mut world = World::default();
    let mut calls = 0;
    let kept: (AnyUserData, Function) = lua.scope(|scope| {
        let lent = scope.lend_mut(&mut world)?;
        let calls = Cell::from_mut(&mut calls);
        let f = scope.function(|| calls.set(calls.get() + 1))?;
        lua.globals().set("w", &lent)?;
        lua.globals().set("f", &f)?;
        lua.load("method, co = w.add, coroutine.wrap(function() while true do coroutine.yield(w:score()) end end)").exec()?;
        lua.load("f() w:add(1) assert(co() == 1)").exec()?;
        Ok::<_, luster::Error>((lent, f))
    })?;
    assert_eq!((world.score, calls), (1, 1));
    for source in ["w:add(1)", "method(w, 1)", "return w.total", "w.total = 1", "co()"] {
        let error = lua.load(source).exec().unwrap_err();
        assert!(error.message().contains(GONE), "{source}: {error}");
    }
    let message = "the function was lent, and is not there any more";
    assert!(lua.load("f()").exec().unwrap_err().message().ends_with(message));
    assert!(kept.1.call::<()>(()).unwrap_err().message().ends_with(message));
    assert!(kept.0.call_method::<()>("add", 1).unwrap_err().message().contains(GONE));
    let error = kept.0.borrow::<World>().map(drop).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Borrow, GONE));
    drop(world);
    lua.collect_garbage();
    assert!(lua.load("pcall(w.add, w, 1)").eval::<bool>().is_ok_and(|ok| !ok));
    Ok(())
}

#[test]
fn functions_that_borrow() -> Result<()> {
    let lua = Lua::new();
    let names = ["a".to_owned(), "b".to_owned()];
    let log = std::cell::RefCell::new(Vec::new());
    lua.scope(|scope| {
        let name = scope.function(|index: usize| names.get(index - 1).map(String::as_str))?;
        let write = scope.function(|text: &str, w: &World| {
            log.borrow_mut().push(format!("{text}{}", w.score))
        })?;
        lua.globals().set("name", name)?;
        lua.globals().set("write", write)?;
        lua.globals().set("w", World { score: 4, names: Vec::new() })?;
        lua.load("write(name(1), w) write(name(2) .. '!', w) assert(name(3) == nil)").exec()?;
        let error = lua.load("write(1)").set_name("=s").exec().unwrap_err();
        assert_eq!(
            error.message(),
            "s:1: bad argument #2 to 'write' (World expected, got no value)"
        );
        Ok::<_, luster::Error>(())
    })?;
    assert_eq!(log.into_inner(), ["a4", "b!4"]);
    Ok(())
}

#[test]
fn nested_scopes() -> Result<()> {
    let lua = Lua::new();
    let mut outer = World::default();
    let check = "function(kind, w) return select(2, pcall(w.add, w, 1)) == nil end";
    let works: Function = lua.load(check).eval()?;
    lua.scope(|scope| {
        let a = scope.lend_mut(&mut outer)?;
        let mut inner = World::default();
        let b = lua.scope(|scope| {
            let b = scope.lend_mut(&mut inner)?;
            assert!(works.call::<bool>(("a", &a))? && works.call::<bool>(("b", &b))?);
            Ok::<_, luster::Error>(b)
        })?;
        assert_eq!(inner.score, 1);
        assert!(works.call::<bool>(("a", &a))?, "the outer one is still lent");
        assert!(!works.call::<bool>(("b", &b))?, "the inner one is not");
        Ok::<_, luster::Error>(())
    })?;
    assert_eq!(outer.score, 2);
    Ok(())
}

/// A scope inside a callback, with what the callback itself has been lent.
#[test]
fn scopes_inside_callbacks() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set(
        "f",
        lua.function(|lua: Lua, w: &mut World| {
            w.score += 1;
            lua.scope(|scope| {
                let inner = scope.lend_mut(w)?;
                lua.globals().set("inner", &inner)?;
                inner.is::<World>().then_some(()).ok_or_else(|| luster::Error::new("no world"))
            })?;
            w.score += 1;
            Ok::<_, luster::Error>(())
        }),
    )?;
    let mut world = World::default();
    lua.scope(|scope| {
        lua.globals().set("w", scope.lend_mut(&mut world)?)?;
        lua.load("f(w) f(w) assert(w:score() == 4 and not pcall(inner.add, inner, 1))").exec()
    })
}

#[test]
fn panics_end_the_lending() -> Result<()> {
    let lua = Lua::new();
    let mut world = World::default();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        lua.scope(|scope| {
            lua.globals()
                .set("w", scope.lend_mut(&mut world).expect("it can be lent"))
                .expect("it is set");
            panic!("in the scope");
        })
    }));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"in the scope"));
    assert!(lua.load("w:add(1)").exec().unwrap_err().message().contains(GONE));

    // In a function that holds a borrow of what is lent.
    lua.globals().set("f", lua.function(|_: &mut World| -> i64 { panic!("in a function") }))?;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        lua.scope(|scope| {
            lua.globals().set("w", scope.lend_mut(&mut world)?)?;
            lua.load("f(w)").exec()
        })
    }));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"in a function"));
    world.score = 9;
    assert!(lua.load("w:add(1)").exec().unwrap_err().message().contains(GONE));
    assert_eq!(world.score, 9);

    // In a lent function that is being called.
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        lua.scope(|scope| {
            lua.globals().set("g", scope.function(|| -> i64 { panic!("in a lent one") })?)?;
            lua.load("g()").exec()
        })
    }));
    assert!(panicked.is_err());
    assert!(lua.load("g()").exec().unwrap_err().message().ends_with("is not there any more"));
    Ok(())
}

/// A lent function that is called by itself, through a coroutine that it resumes in its place.
#[test]
fn lent_functions_are_called_many_times() -> Result<()> {
    let lua = Lua::new();
    let depth = Cell::new(0);
    lua.scope(|scope| {
        let f = scope.function(|f: Function, n: i64| {
            depth.set(depth.get() + 1);
            if n == 0 {
                luster::Reply::Return((None, 0))
            } else {
                f.reply((Some(f.clone()), n - 1))
            }
        })?;
        f.call::<Value>((&f, 10))
    })?;
    assert_eq!(depth.get(), 11);
    Ok(())
}

/// What is lent, or was, can be anything a userdata can: a key, an element, compared.
#[test]
fn lent_values_are_values() -> Result<()> {
    let lua = Lua::new();
    let world = World::default();
    let keys: Table = lua.create_table();
    for _ in 0..3 {
        lua.scope(|scope| keys.set(scope.lend(&world)?, true))?;
    }
    lua.collect_garbage();
    assert_eq!(keys.pairs::<AnyUserData, bool>().count(), 3);
    for pair in keys.pairs::<AnyUserData, bool>() {
        assert_eq!(pair?.0.borrow::<World>().map(drop).unwrap_err().message(), GONE);
    }
    Ok(())
}

/// Tasks that outlive the scope in which they were started.
#[test]
fn tasks_that_outlive_a_scope() -> Result<()> {
    let lua = Lua::new();
    let mut world = World::default();
    let source = "local w = ... for i = 1, 100000 do w:add(1) end";
    let mut task = lua.scope(|scope| {
        let mut task = lua.load(source).start_with::<()>(scope.lend_mut(&mut world)?)?;
        task.step(10_000)?;
        Ok::<_, luster::Error>(task)
    })?;
    let reached = world.score;
    assert!(reached > 0 && reached < 100_000);
    let error = loop {
        if let Err(error) = task.step(10_000) {
            break error;
        }
    };
    assert!(error.message().contains(GONE), "{error}");
    assert_eq!(world.score, reached);
    Ok(())
}
