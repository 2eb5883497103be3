//! A value of the host in scripts: its methods and fields, and making such values.

use std::hint::black_box;

use super::{Fallible, Pair, Row};

pub(super) const ROWS: &[Row] = &[
    ("userdata method, a number", || loops("for i = 1, n do v:scaled(i) end")),
    ("userdata method, another userdata", || loops("for i = 1, n do v:dot(w) end")),
    ("userdata field get", || loops("for i = 1, n do local x = v.x end")),
    ("userdata field set", || loops("for i = 1, n do v.x = 1.5 end")),
    ("create a userdata from Lua", || loops("for i = 1, n do new(1.5, 2.5) end")),
    ("create and drop a userdata from Rust", create),
];

struct Vec2 {
    x: f64,
    y: f64,
}

impl Vec2 {
    fn dot(&self, other: &Vec2) -> f64 {
        self.x * other.x + self.y * other.y
    }
}

impl luster::UserData for Vec2 {
    fn build(class: &mut luster::Class<Self>) {
        class
            .constructor("new", |x: f64, y: f64| Vec2 { x, y })
            .field("x", |this: &Vec2| this.x)
            .setter("x", |this: &mut Vec2, x: f64| this.x = x)
            .field("y", |this: &Vec2| this.y)
            .setter("y", |this: &mut Vec2, y: f64| this.y = y)
            .method("scaled", |this: &Vec2, k: f64| this.x * k)
            .method("dot", |this: &Vec2, other: &Vec2| this.dot(other));
    }
}

impl mlua::UserData for Vec2 {
    fn add_fields<F: mlua::UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("x", |_, this| Ok(this.x));
        fields.add_field_method_set("x", |_, this, x: f64| {
            this.x = x;
            Ok(())
        });
        fields.add_field_method_get("y", |_, this| Ok(this.y));
        fields.add_field_method_set("y", |_, this, y: f64| {
            this.y = y;
            Ok(())
        });
    }

    fn add_methods<M: mlua::UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("scaled", |_, this, k: f64| Ok(this.x * k));
        methods.add_method("dot", |_, this, other: mlua::UserDataRef<Vec2>| Ok(this.dot(&other)));
    }
}

/// A loop over two values, `v` and `w`, and a function that makes one.
fn loops(body: &str) -> Fallible<Pair> {
    let source = format!("local v, w, new = ... return function (n) {body} end");
    let lua = luster::Lua::new();
    let new = lua.class::<Vec2>()?.get::<luster::Function>("new")?;
    let ours: luster::Function =
        lua.load(&source).call((Vec2 { x: 1.0, y: 2.0 }, Vec2 { x: 3.0, y: 4.0 }, new))?;
    let puc = mlua::Lua::new();
    let new = puc.create_function(|_, (x, y): (f64, f64)| Ok(Vec2 { x, y }))?;
    let theirs: mlua::Function =
        puc.load(source.as_str()).call((Vec2 { x: 1.0, y: 2.0 }, Vec2 { x: 3.0, y: 4.0 }, new))?;
    Pair::new(
        move |n| {
            let _keep = &lua;
            Ok(ours.call::<()>(n)?)
        },
        move |n| {
            let _keep = &puc;
            Ok(theirs.call::<()>(n)?)
        },
    )
}

fn create() -> Fallible<Pair> {
    let lua = luster::Lua::new();
    let puc = mlua::Lua::new();
    Pair::new(
        move |n| {
            for _ in 0..n {
                drop(lua.create_userdata(Vec2 { x: black_box(1.0), y: 2.0 })?);
            }
            Ok(())
        },
        move |n| {
            for _ in 0..n {
                drop(puc.create_userdata(Vec2 { x: black_box(1.0), y: 2.0 })?);
            }
            Ok(())
        },
    )
}
