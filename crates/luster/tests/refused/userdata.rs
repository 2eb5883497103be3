//! Fields that scripts cannot have.

use luster::UserData;

struct Opaque;

#[derive(Clone)]
struct Unconverted;

#[derive(UserData)]
struct NotClone {
    pub field: Opaque,
}

#[derive(UserData)]
struct NotConverted {
    #[lua(readonly)]
    pub field: Unconverted,
}

#[derive(UserData)]
struct NotSettable {
    pub field: &'static str,
}

fn main() {}
