//! Libraries that are opened when they are first touched: a script that does without most of them
//! does not pay for them, and a VM for each request is made in a few microseconds.
//!
//! At first there is only the table of globals, empty and with a metatable of which nobody knows: its
//! metamethods fill the table and take it off. That puts the basic functions there and, for the other
//! libraries, tables of the same kind. What looks into tables past metamethods, `rawget` and `next` for
//! instance, calls [`Context::fill`] first. The metatable of strings is made when the VM first asks for
//! it.

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error, Stack, Table, Value, Wanted, account,
};

use crate::{Rows, fill_globals, fill_library, string};

/// Opens the libraries of these rows: when the globals are first touched, if nobody has.
pub(crate) fn open_globals(ctx: Context<'_>, rows: Rows) {
    let globals = ctx.environment();
    let promised = promised(ctx, globals).unwrap_or(0);
    let is_untouched = promised != 0
        || globals.metatable().is_none() && matches!(globals.next(Value::Nil), Ok(None));
    if !is_untouched || !promise_to_fill(ctx, globals, promised | rows) {
        fill_globals(ctx, globals, rows);
    }
}

/// Makes a table in which the library of a row is opened when it is first touched.
pub(crate) fn promise<'gc>(ctx: Context<'gc>, row: Rows) -> Table<'gc> {
    let table = Table::new(ctx);
    if !promise_to_fill(ctx, table, row) {
        fill_library(ctx, table, row);
    }
    table
}

/// Has a table filled with libraries when it is first touched. Tells whether that could be done.
fn promise_to_fill<'gc>(ctx: Context<'gc>, table: Table<'gc>, rows: Rows) -> bool {
    let metatable = ctx.filler().unwrap_or_else(|| {
        let metatable = Table::new(ctx);
        let index = Callback::captured(ctx, "__index", Index);
        let set_index = Callback::captured(ctx, "__newindex", SetIndex);
        metatable.set_field(ctx, "__index", Value::Callback(index));
        metatable.set_field(ctx, "__newindex", Value::Callback(set_index));
        ctx.set_opener(Some((open, metatable)));
        metatable
    });
    // The metatable is also the list of these tables.
    let is_noted = metatable.set(ctx, Value::Table(table), Value::Integer(rows.into())).is_ok();
    if is_noted {
        table.set_metatable(&ctx, Some(metatable));
    }
    is_noted
}

/// The libraries that a table is yet to be filled with, if it is such a table.
fn promised<'gc>(ctx: Context<'gc>, table: Table<'gc>) -> Option<Rows> {
    match ctx.filler()?.get(Value::Table(table)) {
        Value::Integer(rows) => Some(rows as Rows),
        _ => None,
    }
}

/// Opens what is wanted.
fn open<'gc>(ctx: Context<'gc>, wanted: Wanted<'gc>) {
    match wanted {
        Wanted::Table(table) => fill(ctx, table),
        Wanted::StringMetatable => {
            fill(ctx, ctx.environment());
            if let Some(methods) = ctx.take_string_methods() {
                account::beyond_limit(|| string::open_methods(ctx, methods));
            }
        }
        Wanted::All => {
            open(ctx, Wanted::StringMetatable);
            let Some(metatable) = ctx.filler() else { return };
            let mut last = Value::Nil;
            while let Ok(Some((key, _))) = metatable.next(last) {
                if let Value::Table(table) = key {
                    fill(ctx, table);
                }
                last = key;
            }
            ctx.set_opener(None);
        }
    }
}

/// Fills a table, if it has yet to be filled.
fn fill<'gc>(ctx: Context<'gc>, table: Table<'gc>) {
    let (Some(metatable), Some(rows)) = (ctx.filler(), promised(ctx, table)) else { return };
    table.set_metatable(&ctx, None);
    if metatable.set(ctx, Value::Table(table), Value::Nil).is_err() {
        return;
    }
    // Nobody could be told that there is no room for it.
    account::beyond_limit(|| {
        if table == ctx.environment() {
            fill_globals(ctx, table, rows);
        } else {
            fill_library(ctx, table, rows);
        }
    });
}

/// The metamethod that fills a table which is read.
#[derive(Collect)]
#[collect(require_static)]
struct Index;

impl<'gc> Captured<'gc> for Index {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let value = self.index(ctx, stack.get(0), stack.get(1)).unwrap_or_default();
        stack.replace(value);
        Ok(CallbackReturn::Return)
    }

    fn index(&self, ctx: Context<'gc>, object: Value<'gc>, key: Value<'gc>) -> Option<Value<'gc>> {
        let Value::Table(table) = object else { return None };
        fill(ctx, table);
        Some(table.get(key))
    }
}

/// The metamethod that fills a table which is written.
#[derive(Collect)]
#[collect(require_static)]
struct SetIndex;

impl<'gc> Captured<'gc> for SetIndex {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        if let Value::Table(table) = stack.get(0) {
            fill(ctx, table);
            let set = table.set(ctx, stack.get(1), stack.get(2));
            set.map_err(|error| Error::message(error.message()))?;
        }
        stack.clear();
        Ok(CallbackReturn::Return)
    }

    fn set_index(
        &self,
        ctx: Context<'gc>,
        object: Value<'gc>,
        key: Value<'gc>,
        value: Value<'gc>,
    ) -> bool {
        let Value::Table(table) = object else { return false };
        fill(ctx, table);
        table.set(ctx, key, value).is_ok()
    }
}
