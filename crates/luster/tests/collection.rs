//! What a host allocates is collected, though no script runs for long; and the short ways that the
//! VM has for calls, methods and fields do what the long ones do.

use luster::{Class, Function, Lua, UserData};

/// What a VM may hold at most after any of the loops below, each of which allocates much more.
const BOUND: usize = 4 << 20;

struct Point {
    x: f64,
    label: String,
}

impl UserData for Point {
    fn build(class: &mut Class<Self>) {
        class
            .field("x", |this: &Point| this.x)
            .field("label", |this: &Point| this.label.clone())
            .field("length", |this: &Point| this.x.abs())
            .field("checked", |this: &Point| {
                if this.x < 0.0 { Err("below zero".to_owned()) } else { Ok(this.x) }
                    .map_err(luster::Error::new)
            })
            .setter("x", |this: &mut Point, x: f64| this.x = x)
            .method("length", |_: &Point| "the method")
            .method("twice", |this: &Point| this.x * 2.0);
    }
}

fn point(x: f64) -> Point {
    Point { x, label: "p".to_owned() }
}

#[test]
fn values_made_by_the_host_are_collected() {
    let lua = Lua::new();
    for i in 0..100_000 {
        drop(lua.create_userdata(point(f64::from(i))).unwrap());
        drop(lua.function(move || i));
        drop(lua.create_table());
    }
    assert!(lua.used_memory() < BOUND, "{} bytes", lua.used_memory());
}

#[test]
fn garbage_of_short_calls_is_collected() {
    let lua = Lua::new();
    let make: Function = lua.load("function (i) return #{ i, {} } end").eval().unwrap();
    for i in 0..200_000 {
        assert_eq!(make.call::<i64>(i).unwrap(), 2);
    }
    assert!(lua.used_memory() < BOUND, "{} bytes", lua.used_memory());
}

#[test]
fn a_stopped_collector_stays_stopped_until_a_script_restarts_it() {
    let lua = Lua::new();
    let make = |lua: &Lua| (0..50_000).for_each(|_| drop(lua.create_table()));
    lua.load("collectgarbage('stop')").exec().unwrap();
    make(&lua);
    let stopped = lua.used_memory();
    assert!(stopped > 50_000 * 64, "{stopped} bytes");
    lua.load("collectgarbage('restart')").exec().unwrap();
    make(&lua);
    make(&lua);
    assert!(lua.used_memory() < stopped, "{} bytes", lua.used_memory());
}

#[test]
fn long_strings_of_getters_are_collected() {
    let lua = Lua::builder().memory_limit(64 << 20).build();
    let long = Point { x: 0.0, label: "x".repeat(1 << 20) };
    let length: i64 = lua
        .load("local p = ... local n = 0 for i = 1, 500 do n = n + #p.label end return n")
        .call(long)
        .unwrap();
    assert_eq!(length, 500 << 20);
}

#[test]
fn fields_and_methods_found_the_short_way() {
    let lua = Lua::new();
    lua.globals().set("p", lua.create_userdata(point(-3.0)).unwrap()).unwrap();
    let eval = |source: &str| lua.load(source).eval::<luster::Value>().map(|v| format!("{v:?}"));
    let same = |source: &str, expected: &str| {
        let expected = lua.load(expected).eval::<luster::Value>().map(|v| format!("{v:?}"));
        assert_eq!(eval(source).unwrap(), expected.unwrap(), "{source}");
    };
    same("p.x", "-3.0");
    same("p.label", "'p'");
    same("p:twice()", "-6.0");
    // A field hides the method of the same name.
    same("p.length", "3.0");
    same("p.missing", "nil");
    same("p[1]", "nil");
    let error = lua.load("return p.checked").set_name("=test").exec().unwrap_err();
    assert_eq!(error.message(), "test:1: below zero");
    lua.load("p.x = 4").exec().unwrap();
    same("p.checked", "4.0");
}

#[test]
fn getter_of_a_value_that_is_being_changed() {
    struct Busy;
    impl UserData for Busy {
        fn build(class: &mut Class<Self>) {
            class.field("n", |_: &Busy| 1).method("peek", |_: &mut Busy, lua: Lua| {
                lua.globals().get::<luster::AnyUserData>("b").unwrap().get::<i64>("n").is_err()
            });
        }
    }
    let lua = Lua::new();
    lua.globals().set("b", lua.create_userdata(Busy).unwrap()).unwrap();
    assert!(lua.load("b:peek()").eval::<bool>().unwrap());
    assert_eq!(lua.load("b.n").eval::<i64>().unwrap(), 1);
}

#[test]
fn statements_and_expressions_are_told_apart() {
    let lua = Lua::new();
    for (source, expected) in [
        ("return 1", 1),
        ("  return 2", 2),
        ("returned or 3", 3),
        ("do return 4 end", 4),
        ("local x = 5 return x", 5),
        ("(function () return 6 end)()", 6),
        ("--[[c]] return 7", 7),
        ("8", 8),
    ] {
        assert_eq!(lua.load(source).eval::<i64>().unwrap(), expected, "{source}");
    }
}

#[test]
fn calls_that_fail_yield_or_run_long_leave_a_vm_as_it_was() {
    let lua = Lua::new();
    let functions: [(&str, Result<i64, &str>); 6] = [
        ("function () return 1 end", Ok(1)),
        ("function (...) return select('#', ...) end", Ok(2)),
        ("function (a, b) return b, a end", Ok(20)),
        ("function () error('no', 0) end", Err("no")),
        ("function () for i = 1, 1e6 do end return 5 end", Ok(5)),
        (
            "function () return coroutine.yield(1) end",
            Err("attempt to yield from outside a coroutine"),
        ),
    ];
    for _ in 0..3 {
        for (source, expected) in &functions {
            let function: Function = lua.load(*source).eval().unwrap();
            for _ in 0..3 {
                let result = function.call::<i64>((10, 20));
                assert_eq!(
                    result.as_ref().map_err(|error| error.message()),
                    expected.as_ref().map_err(|message| *message),
                    "{source}"
                );
            }
        }
    }
}
