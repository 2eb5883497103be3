//! The layer below the handles: values inside the arena, callbacks and sequences by hand, and
//! userdata that hold Lua values.

use luster::gc_arena::lock::RefLock;
use luster::gc_arena::{Collect, Gc, Rootable, barrier};
use luster::values::{
    Callback, CallbackReturn, Captured, Context, Error as Raised, Poll, Sequence, Stack, Table,
    UserData, Value,
};
use luster::{Error, ErrorKind, Fuel, Function, Lua, Result, Step};

type Answer<'gc> = std::result::Result<CallbackReturn<'gc>, Raised<'gc>>;

/// Makes a plain function global.
fn set(lua: &Lua, name: &'static str, function: luster::values::Function) {
    lua.enter(|ctx| {
        ctx.globals().set_field(ctx, name, Value::Callback(Callback::new(ctx, name, function)));
    });
}

#[test]
fn values_inside_the_arena() -> Result<()> {
    let lua = Lua::new();
    lua.enter(|ctx| {
        let list = Table::new(ctx);
        for index in 1..=3 {
            list.set_integer(ctx, index, Value::Integer(index * index)).expect("room");
        }
        let copy = list;
        copy.set_field(ctx, "name", ctx.string("squares"));
        assert_eq!(list.length(), 3);
        assert!(list == copy);
        ctx.globals().set_field(ctx, "list", Value::Table(list));
    });
    assert_eq!(lua.load("list.name .. list[3]").eval::<String>()?, "squares9");
    // Handles go into a visit, and come out of one.
    let handle: luster::Table = lua.globals().get("list")?;
    let third = lua.enter(|ctx| match handle.fetch(ctx) {
        Ok(Value::Table(table)) => table.get_integer(3).to_integer(),
        _ => None,
    });
    assert_eq!(third, Some(9));
    let other = Lua::new();
    other.enter(|ctx| assert_eq!(handle.fetch(ctx).unwrap_err().kind(), ErrorKind::Closed));
    // Visits may be made inside each other.
    lua.enter(|outer| {
        lua.enter(|ctx| ctx.globals().set_field(ctx, "x", Value::Integer(1)));
        assert_eq!(outer.globals().get_field(outer, "x").to_integer(), Some(1));
        assert_eq!(lua.load("return 1").exec().unwrap_err().kind(), ErrorKind::Busy);
        lua.collect_garbage();
    });
    Ok(())
}

#[test]
fn callbacks_by_hand() -> Result<()> {
    fn minmax<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Answer<'gc> {
        let (a, b) = (stack.integer(ctx, 0)?, stack.integer(ctx, 1)?);
        stack.replace2(Value::Integer(a.min(b)), Value::Integer(a.max(b)));
        Ok(CallbackReturn::Return)
    }
    fn apply<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Answer<'gc> {
        let function = stack.function(ctx, 0)?;
        stack.remove(0);
        Ok(CallbackReturn::Call(function, None))
    }
    fn fail<'gc>(_: Context<'gc>, _: &mut Stack<'_, 'gc>) -> Answer<'gc> {
        Err("x".parse::<i64>().unwrap_err().into())
    }
    let lua = Lua::new();
    set(&lua, "minmax", minmax);
    set(&lua, "apply", apply);
    set(&lua, "fail", fail);
    lua.load("local a, b = minmax(7, 3) assert(a == 3 and b == 7 and apply(math.max, 1, 2) == 2)")
        .exec()?;
    let error = lua.load("minmax(1)").set_name("=s").exec().unwrap_err();
    assert_eq!(error.message(), "s:1: bad argument #2 to 'minmax' (number expected, got no value)");
    let error = lua.load("fail()").exec().unwrap_err();
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    Ok(())
}

/// `map(list, f)`: calls Lua for each element, without any nesting.
#[derive(Collect)]
#[collect(no_drop)]
struct Map<'gc> {
    from: Table<'gc>,
    to: Table<'gc>,
    function: Value<'gc>,
    index: i64,
    catches: bool,
}

impl<'gc> Sequence<'gc> for Map<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<Poll<'gc>, Raised<'gc>> {
        if self.index > 0 {
            let result = stack.get(0);
            self.to
                .set_integer(ctx, self.index, result)
                .map_err(|key| Raised::message(key.message()))?;
        }
        self.index += 1;
        match self.from.get_integer(self.index) {
            Value::Nil => {
                stack.replace(Value::Table(self.to));
                Ok(Poll::Return)
            }
            value => {
                stack.replace(value);
                Ok(Poll::Call(self.function, 0))
            }
        }
    }

    fn error(
        &mut self,
        ctx: Context<'gc>,
        error: Raised<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<Poll<'gc>, Raised<'gc>> {
        stack.replace(error.into_value(ctx));
        self.poll(ctx, stack)
    }

    fn catches_errors(&self) -> bool {
        self.catches
    }
}

fn map<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Answer<'gc> {
    let (from, function) = (stack.table(ctx, 0)?, stack.function(ctx, 1)?);
    let catches = stack.get(2).is_truthy();
    stack.clear();
    let to = Table::new(ctx);
    let map = Map { from, to, function, index: 0, catches };
    Ok(CallbackReturn::Sequence(Box::new(map)))
}

#[test]
fn sequences_by_hand() -> Result<()> {
    let lua = Lua::new();
    set(&lua, "map", map);
    let squares: Vec<i64> = lua.load("map({ 1, 2, 3 }, function(n) return n * n end)").eval()?;
    assert_eq!(squares, [1, 4, 9]);
    // Yields inside, to a coroutine and to the host; errors caught and not; nesting; fuel.
    lua.load(
        r#"
        local co = coroutine.wrap(function() return map({ 1, 2 }, coroutine.yield) end)
        assert(co() == 1 and co('a') == 2)
        local t = co('b')
        assert(t[1] == 'a' and t[2] == 'b')
        local ok, e = pcall(map, { 1 }, function() error('inside', 0) end)
        assert(not ok and e == 'inside')
        local t = map({ 1, 2 }, function(n) error('no ' .. n, 0) end, true)
        assert(t[1] == 'no 1' and t[2] == 'no 2')
        local t = map({ 1, 2 }, function(n) return map({ n, n }, function(m) return m + n end) end)
        assert(t[2][1] == 4)
        "#,
    )
    .exec()?;
    let mut task = lua.load("return map({ 1, 2, 3 }, coroutine.yield)[3]").start::<i64>()?;
    for expected in 1..=3 {
        let Step::Yielded(values) = task.step(Fuel::UNLIMITED)? else { panic!("it yields") };
        assert_eq!(values[0].as_integer(), Some(expected));
        lua.collect_garbage();
        task.resume(expected * 10)?;
    }
    assert_eq!(task.step(Fuel::UNLIMITED)?, Step::Done(30));
    let mut task = lua.load("map({ 1 }, function() while true do end end)").start::<()>()?;
    for _ in 0..5 {
        assert_eq!(task.step(1000)?, Step::OutOfFuel);
    }
    Ok(())
}

/// A callback that holds branded values.
#[derive(Collect)]
#[collect(no_drop)]
struct Counter<'gc> {
    table: Table<'gc>,
}

impl<'gc> Captured<'gc> for Counter<'gc> {
    fn call(&self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Answer<'gc> {
        let n = self.table.get_field(ctx, "n").to_integer().unwrap_or(0) + 1;
        self.table.set_field(ctx, "n", Value::Integer(n));
        stack.replace(Value::Integer(n));
        Ok(CallbackReturn::Return)
    }
}

#[test]
fn callbacks_that_hold_values() -> Result<()> {
    let lua = Lua::new();
    lua.enter(|ctx| {
        let counter = Counter { table: Table::new(ctx) };
        let callback = Callback::captured(ctx, "count", counter);
        ctx.globals().set_field(ctx, "count", Value::Callback(callback));
    });
    lua.collect_garbage();
    assert_eq!(lua.load("count() + count()").eval::<i64>()?, 3);
    let count: Function = lua.globals().get("count")?;
    assert_eq!(count.call::<i64>(())?, 3);
    Ok(())
}

/// A userdata whose fields are Lua values, and which is traced.
#[derive(Collect)]
#[collect(no_drop)]
struct Node<'gc> {
    children: Table<'gc>,
    parent: RefLock<Option<Gc<'gc, i64>>>,
    value: RefLock<Value<'gc>>,
}

type NodeRoot = Rootable![Node<'_>];

fn node<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Answer<'gc> {
    let node = Node {
        children: Table::new(ctx),
        parent: RefLock::new(Some(Gc::new(&ctx, 7))),
        value: RefLock::new(stack.get(0)),
    };
    stack.replace(Value::UserData(UserData::traced::<NodeRoot>(ctx, node, None)));
    Ok(CallbackReturn::Return)
}

fn the_node<'gc>(
    stack: &Stack<'_, 'gc>,
) -> std::result::Result<(UserData<'gc>, &'gc Node<'gc>), Raised<'gc>> {
    if let Value::UserData(userdata) = stack.get(0)
        && let Some(node) = userdata.downcast_traced::<NodeRoot>()
    {
        return Ok((userdata, node));
    }
    Err(Raised::argument(1, "node expected"))
}

fn children<'gc>(_: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Answer<'gc> {
    let (_, node) = the_node(stack)?;
    assert!(node.parent.borrow().is_some_and(|parent| *parent == 7));
    stack.replace(Value::Table(node.children));
    Ok(CallbackReturn::Return)
}

fn value<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Answer<'gc> {
    let (userdata, node) = the_node(stack)?;
    if stack.len() > 1
        && let Some(write) = userdata.write_traced::<NodeRoot>(&ctx)
    {
        *barrier::unlock!(write, Node, value).borrow_mut() = stack.get(1);
    }
    let value = *node.value.borrow();
    stack.replace(value);
    Ok(CallbackReturn::Return)
}

#[test]
fn traced_userdata() -> Result<()> {
    let lua = Lua::new();
    set(&lua, "node", node);
    set(&lua, "children", children);
    set(&lua, "value", value);
    lua.load(
        r#"
        weak = setmetatable({}, { __mode = 'v' })
        root = node({ 'kept' })
        for i = 1, 100 do
            local child = node({ i })
            children(root)[i] = child
            -- A cycle through the userdata's own fields.
            value(child, { child, root })
            weak[i] = child
        end
        value(root, { 'changed' })
        "#,
    )
    .exec()?;
    for _ in 0..3 {
        lua.collect_garbage();
    }
    lua.load(
        r#"
        assert(value(root)[1] == 'changed' and #children(root) == 100)
        assert(value(children(root)[5])[1] == weak[5] and weak[100])
        "#,
    )
    .exec()?;
    // The cycles are collected when nothing else leads to them.
    lua.load("root = nil").exec()?;
    lua.collect_garbage();
    lua.load("assert(next(weak) == nil)").exec()?;
    let error = lua.load("children({})").set_name("=s").exec().unwrap_err();
    assert_eq!(error.message(), "s:1: bad argument #1 to 'children' (node expected)");
    Ok(())
}

/// The same cycle through a handle is never freed, and the report shows it.
#[test]
fn cycles_through_handles_are_reported() -> Result<()> {
    struct Holder(#[expect(dead_code, reason = "it only holds")] luster::Table);
    impl luster::UserData for Holder {
        fn build(_: &mut luster::Class<Self>) {}
    }
    let lua = Lua::new();
    let before = lua.held_values().len();
    let table = lua.create_table();
    table.set("holder", Holder(table.clone()))?;
    let address = format!("{table:?}");
    drop(table);
    lua.collect_garbage();
    let held = lua.held_values();
    assert!(held.len() > before);
    assert!(held.iter().any(|held| held.description == address), "{held:?}");
    Ok(())
}

/// Values that stay where they are: stashed by hand, and fetched again.
#[test]
fn values_stashed_by_hand() -> Result<()> {
    let lua = Lua::new();
    let stashed = lua.enter(|ctx| {
        let table = Table::new(ctx);
        table.set_field(ctx, "x", Value::Integer(5));
        ctx.stash_value(Value::Table(table))
    });
    lua.collect_garbage();
    let found = lua.enter(|ctx| match ctx.fetch(&stashed) {
        Some(Value::Table(table)) => table.get_field(ctx, "x").to_integer(),
        _ => None,
    });
    assert_eq!(found, Some(5));
    Ok(())
}

/// Own executions: a function chosen inside the arena, with arguments put there by hand.
#[test]
fn starting_by_hand() -> Result<()> {
    let lua = Lua::new();
    lua.load("function f(t, n) return t.x + n end").exec()?;
    let mut task = lua.start_with::<i64>(|ctx, stack| {
        let table = Table::new(ctx);
        table.set_field(ctx, "x", Value::Integer(40));
        stack.push(Value::Table(table));
        stack.push(Value::Integer(2));
        Ok(ctx.globals().get_field(ctx, "f"))
    })?;
    assert_eq!(task.step(1000)?, Step::Done(42));
    let failed = lua.start_with::<i64>(|_, _| Err(Error::new("not chosen")));
    assert_eq!(failed.map(drop).unwrap_err().message(), "not chosen");
    assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
    Ok(())
}
