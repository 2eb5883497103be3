//! `#[derive(Collect)]`: types of the host that hold values of the arena, by the facade alone.

use std::rc::Rc;

use luster::Lua;
use luster::gc_arena::{Collect as Traced, Gc, RefLock, Rootable, barrier};
use luster::values::{Callback, CallbackReturn, Captured, Context, Stack, Table, UserData, Value};

use crate::eval;

#[derive(luster::Collect)]
#[collect(no_drop)]
struct Node<'gc> {
    children: RefLock<Vec<Value<'gc>>>,
    owner: Option<Table<'gc>>,
    #[collect(require_static)]
    name: Rc<str>,
}

type NodeRoot = Rootable![Node<'_>];

fn make<'gc>(ctx: Context<'gc>) -> UserData<'gc> {
    let node =
        Node { children: RefLock::default(), owner: Some(Table::new(ctx)), name: "n".into() };
    UserData::traced::<NodeRoot>(ctx, node, None)
}

#[test]
fn what_a_userdata_holds_is_kept_and_cycles_are_freed() {
    let lua = Lua::new();
    lua.enter(|ctx| {
        let node = make(ctx);
        // The node holds itself, and a table that is reached by it alone.
        let table = Table::new(ctx);
        table.set_field(ctx, "x", Value::Integer(42));
        let write = node.write_traced::<NodeRoot>(&ctx).expect("it is a node");
        let mut children = barrier::unlock!(write, Node, children).borrow_mut();
        children.extend([Value::UserData(node), Value::Table(table)]);
        ctx.globals().set_field(ctx, "node", Value::UserData(node));
        ctx.globals().set_field(ctx, "weak", Value::Table(Table::new(ctx)));
    });
    lua.load("setmetatable(weak, { __mode = 'k' })[node] = true; collectgarbage()").exec().unwrap();
    lua.enter(|ctx| {
        let Value::UserData(node) = ctx.globals().get_field(ctx, "node") else { panic!() };
        let node = node.downcast_traced::<NodeRoot>().expect("it is a node");
        let children = node.children.borrow();
        let Value::Table(table) = children[1] else { panic!() };
        assert!(matches!(table.get_field(ctx, "x"), Value::Integer(42)));
        assert!(node.owner.is_some_and(|owner| owner.get_field(ctx, "x").is_nil()));
        assert_eq!(&*node.name, "n");
    });
    lua.load("node = nil; collectgarbage(); collectgarbage()").exec().unwrap();
    assert!(eval::<bool>(&lua, "return next(weak) == nil"));
}

/// Every shape of type, with and without what there is to trace.
#[derive(luster::Collect)]
#[collect(no_drop)]
enum Tree<'gc, T> {
    Leaf,
    Value(T, Value<'gc>),
    Branch { left: Gc<'gc, Tree<'gc, T>>, right: Option<Gc<'gc, Tree<'gc, T>>> },
}

#[derive(luster::Collect)]
#[collect(no_drop)]
struct Plain(i64, (bool, String));

#[derive(luster::Collect)]
#[collect(no_drop)]
struct Unit;

#[derive(luster::Collect)]
#[collect(require_static)]
struct Foreign(#[expect(dead_code, reason = "it only has to be there")] std::thread::ThreadId);

#[derive(luster::Collect)]
#[collect(no_drop, gc_lifetime = 'gc, bound = "where T: luster::gc_arena::Collect<'gc>")]
struct Two<'a, 'gc, T> {
    value: T,
    values: Gc<'gc, Unit>,
    #[collect(require_static)]
    text: std::marker::PhantomData<&'static str>,
    #[collect(require_static)]
    other: fn(&str),
    of: std::marker::PhantomData<&'a ()>,
}

#[derive(luster::Collect)]
#[collect(require_static, crate = "luster")]
struct Static<T>(T);

fn needs_trace<'gc, T: Traced<'gc>>() -> bool {
    T::NEEDS_TRACE
}

#[test]
fn only_what_may_hold_values_is_traced() {
    fn check<'gc>(_: &'gc ()) {
        assert!(needs_trace::<'gc, Node<'gc>>());
        assert!(needs_trace::<'gc, Tree<'gc, i64>>());
        assert!(!needs_trace::<'gc, Plain>());
        assert!(!needs_trace::<'gc, Unit>());
        assert!(!needs_trace::<'gc, Foreign>());
        assert!(!needs_trace::<'gc, Static<Foreign>>());
    }
    check(&());
}

/// A function that holds a tree.
#[derive(luster::Collect)]
#[collect(no_drop)]
struct Count<'gc>(Gc<'gc, Tree<'gc, i64>>);

impl<'gc> Captured<'gc> for Count<'gc> {
    fn call(
        &self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, luster::values::Error<'gc>> {
        fn count(tree: &Tree<'_, i64>) -> i64 {
            match tree {
                Tree::Leaf => 0,
                Tree::Value(n, Value::Table(table)) => n + table.length(),
                Tree::Value(n, _) => *n,
                Tree::Branch { left, right } => {
                    count(left) + right.as_ref().map_or(0, |right| count(right))
                }
            }
        }
        stack.replace(Value::Integer(count(&self.0)));
        Ok(CallbackReturn::Return)
    }
}

#[test]
fn functions_hold_what_they_captured() {
    let lua = Lua::new();
    lua.enter(|ctx| {
        let table = Table::new(ctx);
        table.set_integer(ctx, 1, Value::True).expect("an integer is a key");
        let left = Gc::new(&ctx, Tree::Value(40, Value::Table(table)));
        let right = Some(Gc::new(&ctx, Tree::Value(1, Value::Nil)));
        let leaf = Gc::new(&ctx, Tree::Leaf);
        let tree =
            Tree::Branch { left: Gc::new(&ctx, Tree::Branch { left, right }), right: Some(leaf) };
        let count = Callback::captured(ctx, "count", Count(Gc::new(&ctx, tree)));
        ctx.globals().set_field(ctx, "count", Value::Callback(count));
    });
    lua.load("for i = 1, 3 do collectgarbage() end").exec().unwrap();
    assert_eq!(eval::<i64>(&lua, "return count()"), 42);
}
