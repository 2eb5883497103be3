//! Libraries that are opened when they are first touched: a script that does without most of them
//! does not pay for them, and a VM for each request is made in a few microseconds.
//!
//! Their tables are there from the beginning, empty and with a metatable of which nobody knows: its
//! metamethods fill the table and take it off. What looks into tables past metamethods, `rawget` and
//! `next` for instance, calls [`Context::fill`] first.

use gc_arena::Collect;
use luster_value::{Callback, CallbackReturn, Captured, Context, Error, Stack, Table, Value};

use crate::{LIBRARIES, quick};

/// Makes a table in which the library of a row of [`LIBRARIES`] is opened when it is first touched.
pub(crate) fn promise<'gc>(ctx: Context<'gc>, row: usize) -> Table<'gc> {
    let metatable = ctx.filler().unwrap_or_else(|| {
        let metatable = Table::new(ctx);
        let index = Callback::captured(ctx, "__index", Index);
        let set_index = Callback::captured(ctx, "__newindex", SetIndex);
        metatable.set_field(ctx, "__index", Value::Callback(index));
        metatable.set_field(ctx, "__newindex", Value::Callback(set_index));
        ctx.set_filler(Some(metatable));
        metatable
    });
    let table = Table::new(ctx);
    // The metatable is also the list of these tables.
    if metatable.set(&ctx, Value::Table(table), Value::Integer(row as i64)).is_ok() {
        table.set_metatable(&ctx, Some(metatable));
    }
    table
}

/// Opens the library whose table this is, if it has yet to be opened.
fn fill<'gc>(ctx: Context<'gc>, table: Table<'gc>) {
    let Some(metatable) = ctx.filler() else { return };
    let key = Value::Table(table);
    let Value::Integer(row) = metatable.get(key) else { return };
    table.set_metatable(&ctx, None);
    if metatable.set(&ctx, key, Value::Nil).is_ok()
        && let Some((library, _, opener)) = LIBRARIES.get(row as usize)
    {
        let contents = opener(ctx);
        quick::attach(ctx, contents, *library);
        table.swap_contents(&ctx, contents);
    }
}

/// Opens all libraries that have yet to be opened.
fn fill_all(ctx: Context<'_>) {
    let Some(metatable) = ctx.filler() else { return };
    let mut last = Value::Nil;
    while let Ok(Some((key, _))) = metatable.next(last) {
        if let Value::Table(table) = key {
            fill(ctx, table);
        }
        last = key;
    }
    ctx.set_filler(None);
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
        match object {
            Value::Table(table) => {
                fill(ctx, table);
                Some(table.get(key))
            }
            _ => {
                fill_all(ctx);
                Some(Value::Nil)
            }
        }
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
            let set = table.set(&ctx, stack.get(1), stack.get(2));
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
        table.set(&ctx, key, value).is_ok()
    }
}
