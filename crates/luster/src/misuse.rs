//! Proofs that misuse of lifetimes and threads does not compile: each of these examples fails, and
//! has a twin in the tests or docs that differs in what makes it fail only. There is no code here.
//!
//! # What is lent does not get out of its scope
//! A value that is lent lives at least as long as the scope, not only inside it:
//! ```compile_fail,E0597
//! # use luster::{Class, Lua, UserData};
//! # struct World;
//! # impl UserData for World { fn build(_: &mut Class<Self>) {} }
//! let lua = Lua::new();
//! lua.scope(|scope| {
//!     let world = World;
//!     scope.lend(&world).map(drop)
//! });
//! ```
//! What is mutably lent cannot be used meanwhile:
//! ```compile_fail,E0499
//! # use luster::{Class, Lua, UserData};
//! # struct World;
//! # impl UserData for World { fn build(_: &mut Class<Self>) {} }
//! let (lua, mut world) = (Lua::new(), World);
//! lua.scope(|scope| {
//!     let first = scope.lend_mut(&mut world);
//!     let second = scope.lend_mut(&mut world);
//! });
//! ```
//! Nor can what is lent for reading be changed:
//! ```compile_fail,E0506
//! # use luster::{Class, Lua, UserData};
//! # struct World(i64);
//! # impl UserData for World { fn build(_: &mut Class<Self>) {} }
//! let (lua, mut world) = (Lua::new(), World(1));
//! lua.scope(|scope| {
//!     let lent = scope.lend(&world);
//!     world.0 = 2;
//!     lent.map(drop)
//! });
//! ```
//! A lent function cannot keep what it is called with:
//! ```compile_fail
//! # use luster::{Class, Lua, UserData};
//! # struct World;
//! # impl UserData for World { fn build(_: &mut Class<Self>) {} }
//! let lua = Lua::new();
//! let kept = std::cell::Cell::new(None::<&World>);
//! lua.scope(|scope| scope.function(|world: &World| kept.set(Some(world))).map(drop));
//! ```
//! A lent function borrows from the outside only:
//! ```compile_fail,E0373
//! let lua = luster::Lua::new();
//! lua.scope(|scope| {
//!     let count = std::cell::Cell::new(0);
//!     scope.function(|| count.set(1)).map(drop)
//! });
//! ```
//! The scope itself stays where it is:
//! ```compile_fail
//! let lua = luster::Lua::new();
//! let mut escaped = None;
//! lua.scope(|scope| escaped = Some(scope));
//! ```
//!
//! # Functions that are not lent own what they use
//! ```compile_fail,E0373
//! let lua = luster::Lua::new();
//! {
//!     let name = String::from("local");
//!     lua.function(|| name.len());
//! }
//! ```
//! And their borrowed parameters end with the call:
//! ```compile_fail
//! let lua = luster::Lua::new();
//! let mut kept: Vec<&'static str> = Vec::new();
//! lua.function_mut(move |text: &str| kept.push(text));
//! ```
//!
//! # Branded values stay inside their visit
//! ```compile_fail
//! let lua = luster::Lua::new();
//! let table = lua.enter(|ctx| luster::values::Table::new(ctx));
//! ```
//! and out of the arenas of other VMs:
//! ```compile_fail
//! use luster::values::{Table, Value};
//! let (a, b) = (luster::Lua::new(), luster::Lua::new());
//! a.enter(|a| {
//!     b.enter(|b| a.globals().set_field(a, "t", Value::Table(Table::new(b))));
//! });
//! ```
//! ```compile_fail
//! let lua = luster::Lua::new();
//! let mut kept = None;
//! lua.enter(|ctx| kept = Some(ctx));
//! ```
//! A userdata of the facade holds no branded values, since it is not traced:
//! ```compile_fail
//! # use luster::{Class, UserData};
//! struct Node<'gc>(luster::values::Table<'gc>);
//! impl<'gc> UserData for Node<'gc> {
//!     fn build(_: &mut Class<Self>) {}
//! }
//! ```
//! The insides of functions and coroutines are not the host's to change:
//! ```compile_fail,E0599
//! # fn host<'gc>(ctx: luster::values::Context<'gc>, thread: luster::values::Thread<'gc>) {
//! let state = thread.state_mut(&ctx);
//! # }
//! ```
//! ```compile_fail,E0599
//! # fn host(closure: luster::values::Closure<'_>) {
//! let code = closure.code();
//! # }
//! ```
//! ```compile_fail,E0599
//! # fn host(stack: &mut luster::values::Stack<'_, '_>) {
//! let state = stack.thread_state_mut();
//! # }
//! ```
//!
//! # A VM and its handles stay on their thread
//! ```compile_fail,E0277
//! let lua = luster::Lua::new();
//! std::thread::spawn(move || lua.load("x = 1").exec());
//! ```
//! ```compile_fail,E0277
//! let table = luster::Lua::new().create_table();
//! std::thread::spawn(move || table.len());
//! ```
//! ```compile_fail,E0277
//! let value = luster::Lua::new().load("{}").eval::<luster::Value>();
//! std::thread::spawn(move || value);
//! ```
//! ```compile_fail,E0277
//! let task = luster::Lua::new().load("x = 1").start::<()>();
//! std::thread::spawn(move || task);
//! ```
//!
//! # What is no function for scripts is none
//! ```compile_fail,E0277
//! struct Plain;
//! luster::Lua::new().function(|plain: &Plain| ());
//! ```
//! ```compile_fail,E0277
//! struct Plain;
//! luster::Lua::new().function(|| Plain);
//! ```
