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
mod joining;
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
mod work;

use luster_value::{Callback, Context, Function, Table, Type, Value};

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

/// Makes what the table of a library contains, as a table of its own.
type Contents = for<'gc> fn(Context<'gc>) -> Table<'gc>;

/// The contents of a library that is made in the place where it is.
fn nothing(ctx: Context<'_>) -> Table<'_> {
    Table::new(ctx)
}

/// The libraries with their global names.
///
/// The globals have no table of their own, and `package` is filled in place: its functions know it.
const LIBRARIES: &[(Library, &str, Contents)] = &[
    (Library::Base, "_G", nothing),
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
    (Library::Package, "package", nothing),
    (Library::String, "string", string::open),
    #[cfg(feature = "os")]
    (Library::Os, "os", os::open_clocks),
];

/// About how many globals the basic library has.
const BASE_GLOBALS: u32 = 26;

/// Rows of [`LIBRARIES`], a bit each.
type Rows = u32;

/// The row of the `os` that only tells the time; the whole one comes before it.
#[cfg(feature = "os")]
const CLOCKS: Rows = 1 << (LIBRARIES.len() - 1);

/// Among rows: without what reads files, and with a `load` that takes source text only.
const SAFELY: Rows = 1 << LIBRARIES.len();

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
    let rows = rows_of(Library::SAFE) | SAFELY;
    #[cfg(feature = "os")]
    let rows = rows | CLOCKS;
    unopened::open_globals(ctx, rows);
}

/// Opens libraries: each becomes a global and an entry of `package.loaded`.
///
/// They are filled in when they are first touched, the globals too, which scripts do not notice. Hosts
/// that look into such a table past its metamethods have to call [`Context::fill`] first;
/// [`Context::globals`] does.
pub fn open(ctx: Context<'_>, libraries: &[Library]) {
    unopened::open_globals(ctx, rows_of(libraries));
}

/// The rows of libraries.
fn rows_of(libraries: &[Library]) -> Rows {
    let row = |wanted: &Library| LIBRARIES.iter().position(|(library, ..)| library == wanted);
    libraries.iter().filter_map(row).fold(0, |rows, row| rows | 1 << row)
}

/// Puts libraries into the table of globals.
fn fill_globals<'gc>(ctx: Context<'gc>, globals: Table<'gc>, rows: Rows) {
    let loaded = loaded(ctx);
    if let (Ok(None), Ok(roomy)) =
        (globals.next(Value::Nil), Table::with_room(ctx, 0, rows.count_ones() + BASE_GLOBALS))
    {
        globals.swap_contents(&ctx, roomy);
    }
    for (row, &(library, name, _)) in LIBRARIES.iter().enumerate() {
        if rows & 1 << row == 0 {
            continue;
        }
        let table = if library == Library::Base {
            base::open(ctx, globals);
            quick::attach(ctx, globals, library);
            globals
        } else {
            unopened::promise(ctx, 1 << row)
        };
        match library {
            #[cfg(feature = "package")]
            Library::Package => package::open_require(ctx, globals, table),
            Library::String => ctx.set_string_methods(table),
            _ => {}
        }
        loaded.set_field(ctx, name, Value::Table(table));
        globals.set_field(ctx, name, Value::Table(table));
    }
    if rows & SAFELY != 0 {
        base::forbid_files_and_binaries(ctx, globals);
    }
}

/// Makes the tables of the libraries that are open read-only, but for the globals, and the metatable of
/// strings, which all scripts of a VM share. They are all filled for that.
pub fn make_read_only(ctx: Context<'_>) {
    ctx.fill_all();
    let loaded = loaded(ctx);
    let libraries = LIBRARIES.iter().filter(|(library, ..)| *library != Library::Base);
    for table in libraries.map(|(_, name, _)| loaded.get_field(ctx, name)) {
        if let Value::Table(table) = table {
            table.set_read_only(ctx, true);
        }
    }
    if let Some(metatable) = ctx.type_metatable(Type::String) {
        metatable.set_read_only(ctx, true);
    }
}

/// Puts what belongs there into the table of a library.
fn fill_library<'gc>(ctx: Context<'gc>, table: Table<'gc>, rows: Rows) {
    let Some(&(library, _, contents)) = LIBRARIES.get(rows.trailing_zeros() as usize) else {
        return;
    };
    let contents = contents(ctx);
    quick::attach(ctx, contents, library);
    table.swap_contents(&ctx, contents);
    #[cfg(feature = "package")]
    if library == Library::Package {
        package::open(ctx, table);
    }
}

/// The table `package.loaded`, which is there before the library `package` is.
pub(crate) fn loaded<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    ctx.fill(ctx.environment());
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

/// A table of built-ins that can be called again when they have failed for want of memory and have left
/// their arguments on the stack: nothing has happened then.
pub(crate) fn restartable_table_of<'gc>(
    ctx: Context<'gc>,
    functions: &[(&'static str, Function)],
    more: usize,
) -> Table<'gc> {
    let table = table_of(ctx, functions, more);
    for (name, _) in functions {
        if let Value::Callback(callback) = table.get_field(ctx, name) {
            callback.set_restartable();
        }
    }
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
