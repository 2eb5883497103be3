//! Types without the derive, and functions whose parameters or results scripts cannot give or take.

use luster::UserData;

struct Opaque;

struct Alone;

#[luster::methods]
impl Alone {
    pub fn first(&self) -> i64 {
        1
    }

    pub fn second(&self, n: i64) -> i64 {
        n
    }
}

#[derive(UserData)]
struct Derived;

#[luster::methods]
impl Derived {
    pub fn parameter(&self, n: i64, _opaque: Opaque) -> i64 {
        n
    }
}

#[derive(UserData)]
struct Other;

#[luster::methods]
impl Other {
    pub fn result(&self) -> Opaque {
        Opaque
    }
}

fn main() {}
