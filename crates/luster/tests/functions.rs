//! Rust functions that scripts call: their parameters, their results, and the errors of wrong
//! arguments. How their own errors travel is in `callback_errors`.

use luster::{
    AnyUserData, Class, Error, ErrorKind, Function, Lua, LuaString, MultiValue, Reply, Result,
    Table, Thread, UserData, Value, Variadic,
};

struct Point {
    x: i64,
}

impl UserData for Point {
    fn build(class: &mut Class<Self>) {
        class
            .constructor("new", |x: i64| Point { x })
            .method("x", |this: &Point| this.x)
            .method("add", |this: &mut Point, n: i64| this.x += n)
            .method("join", |this: &Point, other: &Point, text: &str| {
                format!("{}{text}{}", this.x, other.x)
            });
    }
}

/// A VM with a function `f`.
fn with<S: 'static>(f: impl luster::LuaFunction<S>) -> Lua {
    let lua = Lua::new();
    lua.globals().set("f", lua.function(f)).expect("a global can be set");
    lua
}

/// The message of the error that a chunk raises.
#[track_caller]
fn failure(lua: &Lua, source: &str) -> String {
    let error = lua.load(source).set_name("=s").exec().expect_err("it should fail");
    error.message().to_owned()
}

#[test]
fn up_to_twelve_parameters() -> Result<()> {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("f0", lua.function(|| 0))?;
    globals.set("f1", lua.function(|a: i64| a))?;
    globals.set("f2", lua.function(|a: i64, b: i64| a + b))?;
    globals.set("f3", lua.function(|a: i64, b: i64, c: i64| a + b + c))?;
    globals.set("f4", lua.function(|a: i64, b: i64, c: i64, d: i64| a + b + c + d))?;
    globals.set("f5", lua.function(|a: i64, b: i64, c: i64, d: i64, e: i64| a + b + c + d + e))?;
    globals.set(
        "f6",
        lua.function(|a: i64, b: i64, c: i64, d: i64, e: i64, f: i64| a + b + c + d + e + f),
    )?;
    globals.set(
        "f7",
        lua.function(|a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64| {
            a + b + c + d + e + f + g
        }),
    )?;
    globals.set(
        "f8",
        lua.function(|a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64| {
            a + b + c + d + e + f + g + h
        }),
    )?;
    globals.set(
        "f9",
        lua.function(|a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: i64| {
            a + b + c + d + e + f + g + h + i
        }),
    )?;
    type I = i64;
    globals.set(
        "f10",
        lua.function(|a: I, b: I, c: I, d: I, e: I, f: I, g: I, h: I, i: I, j: I| {
            a + b + c + d + e + f + g + h + i + j
        }),
    )?;
    globals.set(
        "f11",
        lua.function(|a: I, b: I, c: I, d: I, e: I, f: I, g: I, h: I, i: I, j: I, k: I| {
            a + b + c + d + e + f + g + h + i + j + k
        }),
    )?;
    globals.set(
        "f12",
        lua.function(|a: I, b: I, c: I, d: I, e: I, f: I, g: I, h: I, i: I, j: I, k: I, l: I| {
            a + b + c + d + e + f + g + h + i + j + k + l
        }),
    )?;
    for count in 0..=12 {
        let arguments: Vec<String> = (1..=count).map(|n| n.to_string()).collect();
        let source = format!("f{count}({})", arguments.join(", "));
        assert_eq!(lua.load(&source).eval::<i64>()?, count * (count + 1) / 2, "{source}");
    }
    assert_eq!(
        failure(&lua, "f12(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, {})"),
        "s:1: bad argument #12 to 'f12' (number expected, got table)"
    );
    Ok(())
}

fn halve(n: i64) -> Option<i64> {
    (n % 2 == 0).then_some(n / 2)
}

mod outside {
    pub(crate) fn shout(text: &str) -> String {
        text.to_uppercase()
    }
}

#[test]
fn fn_items_and_fn_pointers() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("halve", lua.function(halve))?;
    lua.globals().set("shout", lua.function(outside::shout))?;
    let pointer: fn(f64) -> f64 = f64::sqrt;
    lua.globals().set("root", lua.function(pointer))?;
    lua.globals().set("abs", lua.function(i64::wrapping_abs))?;
    let results: (i64, Option<i64>, String, f64, i64) =
        lua.load("halve(8), halve(7), shout('hey'), root(9), abs(-3)").eval()?;
    assert_eq!(results, (4, None, "HEY".to_owned(), 3.0, 3));
    Ok(())
}

#[test]
fn borrowed_text_and_bytes() -> Result<()> {
    let lua = with(|text: &str, bytes: &[u8]| (text.len(), bytes.to_vec()));
    let (length, bytes): (usize, Vec<u8>) = lua.load(r"f('héllo', '\xFF\0')").eval()?;
    assert_eq!((length, bytes), (6, vec![0xFF, 0]));
    // Numbers are strings where strings are expected, as everywhere in Lua.
    assert_eq!(lua.load("f(10, 2.5)").eval::<(usize, Vec<u8>)>()?, (2, b"2.5".to_vec()));
    assert_eq!(
        failure(&lua, r"f('\xFF', '')"),
        "s:1: bad argument #1 to 'f' (UTF-8 string expected, got other bytes)"
    );
    assert_eq!(
        failure(&lua, "f('')"),
        "s:1: bad argument #2 to 'f' (string expected, got no value)"
    );
    Ok(())
}

#[test]
fn userdata_by_reference_and_by_value() -> Result<()> {
    let lua = Lua::new();
    lua.register::<Point>()?;
    lua.globals().set("look", lua.function(|p: &Point| p.x))?;
    lua.globals().set("both", lua.function(|p: &Point, q: &Point| p.x + q.x))?;
    lua.globals().set("change", lua.function(|p: &mut Point, n: i64| p.x = n))?;
    lua.globals().set("swallow", lua.function(|p: Point| p.x))?;
    lua.globals().set("one_each", lua.function(|p: &mut Point, q: &Point| p.x = q.x))?;
    lua.load(
        r#"
        p = Point.new(1)
        assert(look(p) == 1 and both(p, p) == 2)
        change(p, 5)
        assert(look(p) == 5)
        q = Point.new(7)
        one_each(p, q)
        assert(look(p) == 7)
        "#,
    )
    .exec()?;
    assert_eq!(
        failure(&lua, "one_each(p, p)"),
        "s:1: bad argument #2 to 'one_each' (cannot borrow the userdata: it is being changed)"
    );
    assert_eq!(
        failure(&lua, "look({})"),
        "s:1: bad argument #1 to 'look' (Point expected, got table)"
    );
    assert_eq!(
        failure(&lua, "look()"),
        "s:1: bad argument #1 to 'look' (Point expected, got no value)"
    );
    assert_eq!(lua.load("swallow(p)").eval::<i64>()?, 7);
    assert_eq!(
        failure(&lua, "look(p)"),
        "s:1: bad argument #1 to 'look' (cannot borrow the userdata: it is not there any more)"
    );
    // The failed calls have left no borrow behind.
    lua.load("change(q, 1) swallow(q)").exec()
}

#[test]
fn options_are_nil_or_missing() -> Result<()> {
    let lua = with(|a: Option<i64>, b: Option<String>| format!("{a:?} {b:?}"));
    for (call, expected) in [
        ("f()", "None None"),
        ("f(nil, nil)", "None None"),
        ("f(1)", "Some(1) None"),
        ("f(nil, 'x')", "None Some(\"x\")"),
        ("f(1, 'x', 'more')", "Some(1) Some(\"x\")"),
    ] {
        assert_eq!(lua.load(call).eval::<String>()?, expected, "{call}");
    }
    assert_eq!(
        failure(&lua, "f('no')"),
        "s:1: bad argument #1 to 'f' (number expected, got string)"
    );
    Ok(())
}

#[test]
fn variadic_takes_the_rest() -> Result<()> {
    let lua = with(|first: String, rest: Variadic<i64>| {
        let rest: Vec<String> = rest.iter().map(i64::to_string).collect();
        format!("{first}:{}", rest.join(","))
    });
    assert_eq!(lua.load("f('a')").eval::<String>()?, "a:");
    assert_eq!(lua.load("f('a', 1, 2, 3)").eval::<String>()?, "a:1,2,3");
    // The message counts all arguments, and does not stop at the parameter.
    assert_eq!(
        failure(&lua, "f('a', 1, {}, 3)"),
        "s:1: bad argument #3 to 'f' (number expected, got table)"
    );
    let lua = with(|all: MultiValue| all.len());
    assert_eq!(lua.load("f(nil, nil, nil)").eval::<usize>()?, 3);
    assert_eq!(lua.load("f()").eval::<usize>()?, 0);
    Ok(())
}

#[test]
fn the_vm_is_a_parameter_and_no_argument() -> Result<()> {
    let with_lua = with(|lua: Lua, n: i64| {
        let table = lua.create_table();
        table.set("n", n)?;
        Ok::<_, Error>(table)
    });
    assert_eq!(with_lua.load("f(4).n").eval::<i64>()?, 4);
    assert_eq!(
        failure(&with_lua, "f('x')"),
        "s:1: bad argument #1 to 'f' (number expected, got string)"
    );
    let behind = with(|n: i64, lua: Lua, m: i64| lua.list_of([m, n]));
    assert_eq!(behind.load("f(1, 2)").eval::<Vec<i64>>()?, [2, 1]);
    Ok(())
}

#[test]
fn handles_are_parameters() -> Result<()> {
    let lua =
        with(|table: Table, function: Function, text: LuaString, thread: Thread, value: Value| {
            Ok::<_, Error>(format!(
                "{} {} {:?} {} {}",
                table.len()?,
                function.to_address() != 0,
                text.to_str()?,
                thread.to_address() != 0,
                value.type_name()
            ))
        });
    let text: String = lua.load("f({1, 2}, print, 'x', coroutine.create(print))").eval()?;
    assert_eq!(text, "2 true \"x\" true nil");
    for (arguments, expected) in [
        ("1", "#1 to 'f' (table expected, got number)"),
        ("{}, {}", "#2 to 'f' (function expected, got table)"),
        ("{}, print, nil", "#3 to 'f' (string expected, got nil)"),
        ("{}, print, 'x'", "#4 to 'f' (thread expected, got no value)"),
    ] {
        assert_eq!(
            failure(&lua, &format!("f({arguments})")),
            format!("s:1: bad argument {expected}")
        );
    }
    let lua = with(|userdata: AnyUserData| userdata.is::<Point>());
    lua.register::<Point>()?;
    assert!(lua.load("f(Point.new(1))").eval::<bool>()?);
    assert_eq!(
        failure(&lua, "f(true)"),
        "s:1: bad argument #1 to 'f' (userdata expected, got boolean)"
    );
    Ok(())
}

/// Whatever the call looks like, the message names the function as Lua's own does.
#[test]
fn names_of_functions_in_messages() -> Result<()> {
    let lua = with(|n: i64| n);
    lua.load(
        r#"
        t = { f = f, deep = { f = f } }
        local up = f
        function via_upvalue() up('x') end
        "#,
    )
    .exec()?;
    for (call, name) in [
        ("f('x')", "'f'"),
        ("t.f('x')", "'f'"),
        ("t.deep.f('x')", "'f'"),
        ("local g = f; g('x')", "'g'"),
        ("via_upvalue()", "'up'"),
        ("t['f']('x')", "'f'"),
    ] {
        let message = failure(&lua, call);
        assert!(
            message.ends_with(&format!("bad argument #1 to {name} (number expected, got string)")),
            "{call}: {message}"
        );
    }
    // Functions that nobody has named are called by the name of a global, if there is one.
    let message: String = lua.load("local _, m = pcall(f, 'x') return m").eval()?;
    assert_eq!(message, "bad argument #1 to 'f' (number expected, got string)");
    let message: String = lua.load("f = nil; local _, m = pcall(t.f, 'x') return m").eval()?;
    assert_eq!(message, "bad argument #1 to '?' (number expected, got string)");
    Ok(())
}

#[test]
fn methods_do_not_count_self() -> Result<()> {
    let lua = Lua::new();
    lua.register::<Point>()?;
    lua.load("p = Point.new(1)").exec()?;
    for (call, expected) in [
        ("p:add('x')", "bad argument #1 to 'add' (number expected, got string)"),
        ("p:add()", "bad argument #1 to 'add' (number expected, got no value)"),
        ("p:join(p)", "bad argument #2 to 'join' (string expected, got no value)"),
        ("p:join({}, '')", "bad argument #1 to 'join' (Point expected, got table)"),
        // Called as a plain function, all are counted.
        ("p.add(p, 'x')", "bad argument #2 to 'add' (number expected, got string)"),
        ("p.add(1, 2)", "bad argument #1 to 'add' (Point expected, got number)"),
        (
            "local o = { add = p.add } o:add(2)",
            "calling 'add' on bad self (Point expected, got table)",
        ),
    ] {
        assert_eq!(failure(&lua, call), format!("s:1: {expected}"), "{call}");
    }
    Ok(())
}

#[test]
fn integers_are_checked() -> Result<()> {
    let lua = with(|n: u8| n);
    assert_eq!(lua.load("f(255) + f(3.0) + f('7')").eval::<i64>()?, 265);
    for (call, expected) in [
        ("f(256)", "256 is out of range for u8"),
        ("f(-1)", "-1 is out of range for u8"),
        ("f(1.5)", "number has no integer representation"),
        ("f('1.5')", "number has no integer representation"),
        ("f(true)", "number expected, got boolean"),
        ("f('ten')", "number expected, got string"),
    ] {
        assert_eq!(failure(&lua, call), format!("s:1: bad argument #1 to 'f' ({expected})"));
    }
    Ok(())
}

#[test]
fn results_of_all_kinds() -> Result<()> {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("nothing", lua.function(|| ()))?;
    globals.set("none", lua.function(|| None::<i64>))?;
    globals.set("pair", lua.function(|| (1, "two")))?;
    globals.set("nested", lua.function(|| ((1, 2), (3, Variadic(vec![4, 5])), 6)))?;
    globals.set("many", lua.function(|n: usize| (0..n).collect::<Variadic<usize>>()))?;
    globals.set(
        "maybe",
        lua.function(|ok: bool| if ok { Ok((1, 2)) } else { Err(Error::new("no")) }),
    )?;
    globals.set("text", lua.function(|| "static"))?;
    let counts: Vec<i64> = lua
        .load("{ select('#', nothing()), select('#', none()), select('#', pair()), select('#', nested()), select('#', many(100)), select('#', maybe(true)) }")
        .eval()?;
    assert_eq!(counts, [0, 1, 2, 6, 100, 2]);
    assert_eq!(lua.load("{ nested() }").eval::<Vec<i64>>()?, [1, 2, 3, 4, 5, 6]);
    assert_eq!(lua.load("text()").eval::<String>()?, "static");
    assert_eq!(failure(&lua, "maybe(false)"), "s:1: no");
    assert_eq!(failure(&lua, "many(10000000)"), "s:1: too many values for the stack");
    Ok(())
}

#[test]
fn results_that_do_not_convert_are_errors() {
    let lua = with(|| u64::MAX);
    assert_eq!(failure(&lua, "f()"), "s:1: 18446744073709551615 is out of range for a Lua integer");
}

#[test]
fn replies() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set(
        "choose",
        lua.function(|how: &str, f: Function, n: i64| match how {
            "return" => Ok(Reply::Return((n, "returned"))),
            "call" => Ok(Reply::Call(f, (n, "called"))),
            "yield" => Ok(Reply::Yield((n, "yielded"))),
            other => Err(Error::new(format!("how is '{other}'?"))),
        }),
    )?;
    lua.load(
        r#"
        local function f(n, how) return n * 2, how .. '!' end
        local n, how = choose('return', f, 1)
        assert(n == 1 and how == 'returned')
        n, how = choose('call', f, 4)
        assert(n == 8 and how == 'called!')
        local co = coroutine.wrap(function() return choose('yield', f, 5) end)
        n, how = co()
        assert(n == 5 and how == 'yielded')
        assert(co('back') == 'back')
        "#,
    )
    .exec()?;
    assert_eq!(failure(&lua, "choose('x', print, 1)"), "s:1: how is 'x'?");
    assert_eq!(
        failure(&lua, "choose('yield', print, 1)"),
        "attempt to yield from outside a coroutine"
    );
    Ok(())
}

/// A call in the place of the Rust function needs no Rust stack.
#[test]
fn replies_do_not_nest() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("again", lua.function(|f: Function, n: i64| f.reply(n)))?;
    let source = r#"
        local function loop(n)
            if n == 0 then return 'done' end
            return again(loop, n - 1)
        end
        return loop(50000)
    "#;
    assert_eq!(lua.load(source).eval::<String>()?, "done");
    Ok(())
}

#[test]
fn function_mut_changes_what_it_captured() -> Result<()> {
    let lua = Lua::new();
    let mut log = Vec::new();
    let push = lua.function_mut(move |text: String| {
        log.push(text);
        log.len()
    });
    assert_eq!(push.call::<usize>("a")?, 1);
    assert_eq!(push.call::<usize>("b")?, 2);
    // It is not being called any more when it has failed.
    let error = push.call::<usize>(Value::Nil).unwrap_err();
    assert_eq!(error.message(), "bad argument #1 to '?' (string expected, got nil)");
    assert_eq!(push.call::<usize>("c")?, 3);
    Ok(())
}

#[test]
fn function_mut_is_free_again_when_its_reply_runs() -> Result<()> {
    // A reply runs after the function has returned, so it may lead to the function itself.
    let lua = Lua::new();
    let mut depth = 0;
    let f = lua.function_mut(move |f: Function, n: i64| {
        depth += 1;
        if n == 0 { Reply::Return((f, depth)) } else { Reply::Call(f.clone(), (f, n - 1)) }
    });
    let (_, depth): (Value, i64) = f.call((&f, 3))?;
    assert_eq!(depth, 4);
    Ok(())
}

#[test]
fn callbacks_cannot_wait_for_lua() -> Result<()> {
    let lua = with(|f: Function| f.call::<i64>(1));
    let error = lua.load("f(function(n) return n end)").set_name("=s").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(
        error.message(),
        "the VM is running already: a callback cannot call Lua and wait for it \
         (return a Reply, use a sequence, or let it be asynchronous)"
    );
    for source in ["lua.load", "resume", "task", "chunk"] {
        let f = match source {
            "lua.load" => lua.function(|lua: Lua| lua.load("return 1").eval::<i64>()),
            "resume" => lua.function(|lua: Lua| {
                let f = lua.function(|| 1);
                lua.create_thread(&f)?.resume::<i64>(())
            }),
            "task" => lua.function(|lua: Lua| {
                let mut task = lua.load("return 1").start::<i64>()?;
                task.step(100).map(|_| 1)
            }),
            _ => lua.function(|lua: Lua| lua.load("return 1").exec().map(|()| 1)),
        };
        let error = f.call::<i64>(()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{source}");
    }
    // The VM is none the worse for it.
    assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    Ok(())
}

#[test]
fn callbacks_may_do_all_that_does_not_run_lua() -> Result<()> {
    let lua = with(|lua: Lua, given: Table| {
        let table = lua.create_table();
        table.set("sum", given.get::<i64>("a")? + given.raw_get::<i64>("b")?)?;
        table.set("text", lua.string("made inside")?)?;
        table.set("add", lua.function(|a: i64, b: i64| a + b))?;
        table.set("point", lua.create_userdata(Point { x: 9 })?)?;
        table.set("thread", lua.create_thread(&lua.function(|| 1))?)?;
        table.set("compiled", lua.load("return ...").into_function()?)?;
        given.set("seen", true)?;
        lua.globals().set("left", "here")?;
        for pair in given.pairs::<String, Value>() {
            pair?;
        }
        let nested = lua.enter(|ctx| ctx.globals().get_field(ctx, "left").is_truthy());
        table.set("nested", nested)?;
        lua.collect_garbage();
        Ok::<_, Error>(table)
    });
    lua.load(
        r#"
        local given = { a = 1, b = 2 }
        local t = f(given)
        assert(t.sum == 3 and t.text == 'made inside' and t.add(1, 2) == 3 and t.nested)
        assert(t.point:x() == 9 and t.compiled('x') == 'x')
        assert(select(2, coroutine.resume(t.thread)) == 1)
        assert(given.seen and left == 'here')
        "#,
    )
    .exec()
}

/// What needs a metamethod cannot be had inside a callback, and says so.
#[test]
fn metamethods_inside_callbacks_are_busy() -> Result<()> {
    let lua = with(|t: Table| t.get::<i64>("x"));
    let by_table = "f(setmetatable({}, { __index = { x = 3 } }))";
    assert_eq!(lua.load(by_table).eval::<i64>()?, 3);
    let by_function = "return f(setmetatable({}, { __index = function() return 3 end }))";
    let error = lua.load(by_function).exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    Ok(())
}

/// A panic of the host's code goes through the VM to whoever called it, and the VM lives on.
#[test]
fn panics_pass_through() -> Result<()> {
    let lua = with(|| -> i64 { panic!("of the host") });
    let result =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lua.load("pcall(f)").exec()));
    assert_eq!(result.unwrap_err().downcast_ref::<&str>(), Some(&"of the host"));
    assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    lua.collect_garbage();
    let mut task = lua.load("f()").start::<()>()?;
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| task.step(100)));
    assert!(result.is_err());
    drop(task);
    lua.collect_garbage();
    assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    Ok(())
}

/// As many values as the stack has room for, and one more: an error, and never a panic.
#[test]
fn values_up_to_the_limit_of_the_stack() -> Result<()> {
    let lua = with(|n: usize| ((0..n).map(|_| 1_u8).collect::<Variadic<u8>>(), 2, 3));
    let count: Function = lua.load("function(...) return select('#', ...) end").eval()?;
    let mut refused = 0;
    for n in (999_400..1_000_010).step_by(13) {
        let results = lua.load("return select('#', f(...))").call::<usize>(n);
        let arguments = std::iter::repeat_n(1_u8, n).collect::<Variadic<u8>>();
        let called = count.call::<usize>((arguments, 2, 3));
        for result in [results, called] {
            match result {
                Ok(counted) => assert_eq!(counted, n + 2),
                Err(error) => {
                    assert!(!error.message().is_empty());
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 0);
    Ok(())
}

/// With every name of the crate in scope, methods still mean what they mean without.
#[test]
fn all_names_in_scope() -> Result<()> {
    use luster::*;
    let lua = Lua::new();
    lua.globals().set("f", lua.function(|f: Function, n: i64| f.reply(n)))?;
    assert_eq!(lua.load("f(math.abs, -3)").eval::<i64>()?, 3);
    Ok(())
}
