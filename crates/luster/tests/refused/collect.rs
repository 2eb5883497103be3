//! Types that cannot be traced safely.

use luster::values::Value;

struct Untraced;

#[derive(luster::Collect)]
#[collect(no_drop)]
struct Holds<'gc> {
    value: Value<'gc>,
    untraced: Untraced,
}

#[derive(luster::Collect)]
#[collect(no_drop)]
struct Drops<'gc>(Value<'gc>);

impl Drop for Drops<'_> {
    fn drop(&mut self) {}
}

#[derive(luster::Collect)]
#[collect(require_static)]
struct Static<'gc>(Value<'gc>);

#[derive(luster::Collect)]
#[collect(no_drop)]
struct StaticField<'gc> {
    #[collect(require_static)]
    value: Value<'gc>,
}

fn traced<'gc, T: luster::gc_arena::Collect<'gc>>() {}

fn check_type<'gc>(_: Value<'gc>) {
    traced::<'gc, Static<'gc>>();
}

fn check_field<'gc>(_: Value<'gc>) {
    traced::<'gc, StaticField<'gc>>();
}

fn main() {}
