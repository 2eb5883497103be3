//! Fields that are not converted.

use luster::{FromLua, IntoLua};

struct Opaque;

#[derive(FromLua)]
struct NotFrom {
    field: Opaque,
}

#[derive(FromLua)]
struct WithoutDefault {
    #[lua(skip)]
    field: Opaque,
}

#[derive(IntoLua)]
struct NotInto {
    field: Opaque,
}

fn main() {}
