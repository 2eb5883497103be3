//! The Lua 5.5 standard library: one file for each library.
//!
//! Here is only how the libraries are put into a VM. Nothing in this crate calls Lua by itself:
//! what has to is a continuation or a sequence, so that scripts can yield, run out of fuel or be
//! stopped inside every function of the library.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(all(
        feature = "debug",
        feature = "io",
        feature = "math",
        feature = "package",
        feature = "table"
    )),
    allow(
        dead_code,
        unreachable_patterns,
        reason = "without some of the libraries, some of what they share is not used"
    )
)]

mod base;
mod buffer;
mod c_values;
#[cfg(feature = "coroutine")]
mod coroutine;
mod counted;
#[cfg(feature = "debug")]
mod debug;
#[cfg(feature = "io")]
mod io;
#[cfg(feature = "math")]
mod math;
#[cfg(feature = "os")]
mod os;
mod output;
#[cfg(feature = "package")]
mod package;
mod path_search;
mod program;
mod quick;
#[cfg(feature = "math")]
mod random;
mod string;
mod system_error;
#[cfg(feature = "table")]
mod table;
mod unopened;
#[cfg(feature = "utf8")]
mod utf8;
mod warning;

use luster_value::{Callback, Context, Function, Table, Value};

#[cfg(feature = "os")]
pub use os::{exit_closes, set_clock};
pub use output::Output;
#[cfg(feature = "package")]
pub use package::{add_searcher, open_contained as open_modules, preload};
pub use warning::{WarningSink, set_warnings, warn};

/// A library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Library {
    /// The basic functions, which are globals.
    Base,
    /// `coroutine`
    #[cfg(feature = "coroutine")]
    Coroutine,
    /// `debug`
    #[cfg(feature = "debug")]
    Debug,
    /// `io`
    #[cfg(feature = "io")]
    Io,
    /// `math`
    #[cfg(feature = "math")]
    Math,
    /// `os`
    #[cfg(feature = "os")]
    Os,
    /// `package` and `require`
    #[cfg(feature = "package")]
    Package,
    /// `string`
    String,
    /// `table`
    #[cfg(feature = "table")]
    Table,
    /// `utf8`
    #[cfg(feature = "utf8")]
    Utf8,
}

/// Makes the table of a library.
type Opener = for<'gc> fn(Context<'gc>) -> Table<'gc>;

/// The libraries with their global names.
const LIBRARIES: &[(Library, &str, Opener)] = &[
    (Library::Base, "_G", base::open),
    #[cfg(feature = "coroutine")]
    (Library::Coroutine, "coroutine", coroutine::open),
    #[cfg(feature = "table")]
    (Library::Table, "table", table::open),
    #[cfg(feature = "math")]
    (Library::Math, "math", math::open),
    #[cfg(feature = "os")]
    (Library::Os, "os", os::open),
    #[cfg(feature = "utf8")]
    (Library::Utf8, "utf8", utf8::open),
    #[cfg(feature = "debug")]
    (Library::Debug, "debug", debug::open),
    #[cfg(feature = "io")]
    (Library::Io, "io", io::open),
    #[cfg(feature = "package")]
    (Library::Package, "package", package::open),
    (Library::String, "string", string::open),
    #[cfg(feature = "os")]
    (Library::Os, "os", os::open_clocks),
];

/// The row of the `os` that only tells the time; the whole one comes before it.
#[cfg(feature = "os")]
const CLOCKS: usize = LIBRARIES.len() - 1;

impl Library {
    /// All libraries.
    pub const ALL: &[Library] = &[
        Library::Base,
        #[cfg(feature = "package")]
        Library::Package,
        #[cfg(feature = "coroutine")]
        Library::Coroutine,
        #[cfg(feature = "table")]
        Library::Table,
        #[cfg(feature = "io")]
        Library::Io,
        #[cfg(feature = "os")]
        Library::Os,
        Library::String,
        #[cfg(feature = "math")]
        Library::Math,
        #[cfg(feature = "utf8")]
        Library::Utf8,
        #[cfg(feature = "debug")]
        Library::Debug,
    ];

    /// The libraries that reach nothing outside the VM but its output: no files, no processes, no
    /// environment, and not the VM's own insides.
    pub const SAFE: &[Library] = &[
        Library::Base,
        #[cfg(feature = "coroutine")]
        Library::Coroutine,
        #[cfg(feature = "table")]
        Library::Table,
        Library::String,
        #[cfg(feature = "math")]
        Library::Math,
        #[cfg(feature = "utf8")]
        Library::Utf8,
    ];
}

/// Opens all libraries.
pub fn open_all(ctx: Context<'_>) {
    open(ctx, Library::ALL);
}

/// Opens the libraries of [`Library::SAFE`], without `dofile` and `loadfile` and with a `load` that
/// takes source text only, and what tells the time from `os`. They are opened as by [`open`].
pub fn open_safe(ctx: Context<'_>) {
    open(ctx, Library::SAFE);
    base::forbid_files_and_binaries(ctx);
    #[cfg(feature = "os")]
    open_row(ctx, CLOCKS);
}

/// Opens libraries, in the order given: each becomes a global and an entry of `package.loaded`.
///
/// Of most libraries only the table is made, and it is filled when it is first touched, which scripts
/// do not notice. Hosts that look into such a table past its metamethods have to call
/// [`Context::fill`] first.
pub fn open(ctx: Context<'_>, libraries: &[Library]) {
    for wanted in libraries {
        if let Some(row) = LIBRARIES.iter().position(|(library, ..)| library == wanted) {
            open_row(ctx, row);
        }
    }
}

/// Opens the library in a row of [`LIBRARIES`].
fn open_row(ctx: Context<'_>, row: usize) {
    let (library, name, opener) = LIBRARIES[row];
    let is_needed_at_once = match library {
        Library::Base => true,
        #[cfg(feature = "package")]
        Library::Package => true,
        _ => false,
    };
    let table = if is_needed_at_once {
        let table = opener(ctx);
        quick::attach(ctx, table, library);
        table
    } else {
        unopened::promise(ctx, row)
    };
    if library == Library::String {
        string::open_methods(ctx, table);
    }
    loaded(ctx).set_field(ctx, name, Value::Table(table));
    ctx.globals().set_field(ctx, name, Value::Table(table));
}

/// The table `package.loaded`, which is there before the library `package` is.
pub(crate) fn loaded<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    match ctx.registry().get_field(ctx, "_LOADED") {
        Value::Table(table) => table,
        _ => {
            let table = Table::new(ctx);
            ctx.registry().set_field(ctx, "_LOADED", Value::Table(table));
            table
        }
    }
}

/// A table of built-ins, with room for `more` other fields.
pub(crate) fn table_of<'gc>(
    ctx: Context<'gc>,
    functions: &[(&'static str, Function)],
    more: usize,
) -> Table<'gc> {
    let room = (functions.len() + more) as u32;
    // A table that cannot be made that large is made smaller, and grows as it can.
    let table = Table::with_room(ctx, 0, room).unwrap_or_else(|_| Table::new(ctx));
    register(ctx, table, functions);
    table
}

/// Puts built-ins into a table.
pub(crate) fn register<'gc>(
    ctx: Context<'gc>,
    table: Table<'gc>,
    functions: &[(&'static str, Function)],
) {
    for (name, function) in functions {
        table.set_field(ctx, name, Value::Callback(Callback::new(ctx, name, *function)));
    }
}
