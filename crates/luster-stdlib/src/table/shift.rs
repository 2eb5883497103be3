//! Moving runs of elements in and between tables without metamethods: what `insert`, `remove` and
//! `move` come to for plain tables.

use gc_arena::Collect;
use luster_value::{Context, Error, Stack, Table, Value};

use super::{CHUNK, access_fuel, set_plain};
use crate::program::{Program, Step};

/// A run of elements on its way, and what comes after.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Shift<'gc> {
    from: Table<'gc>,
    source: i64,
    to: Table<'gc>,
    target: i64,
    left: u64,
    backward: bool,
    last: Option<(i64, Value<'gc>)>,
    result: Option<Value<'gc>>,
}

impl<'gc> Shift<'gc> {
    /// Moves `count` elements from `source` on to `target` on, in a table of which the two parts may
    /// overlap.
    pub(super) fn within(table: Table<'gc>, source: i64, target: i64, count: u64) -> Self {
        let backward = target > source;
        Shift { backward, ..Shift::between(table, source, table, target, count) }
    }

    /// Copies `count` elements, in rising order.
    pub(super) fn between(
        from: Table<'gc>,
        source: i64,
        to: Table<'gc>,
        target: i64,
        count: u64,
    ) -> Self {
        let (last, result) = (None, None);
        Shift { from, source, to, target, left: count, backward: false, last, result }
    }

    /// Sets an element at the end.
    pub(super) fn then_set(self, index: i64, value: Value<'gc>) -> Self {
        Shift { last: Some((index, value)), ..self }
    }

    /// Has the function return a value.
    pub(super) fn returning(self, result: Value<'gc>) -> Self {
        Shift { result: Some(result), ..self }
    }
}

impl<'gc> Program<'gc> for Shift<'gc> {
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        _: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        let count = self.left.min(CHUNK as u64);
        self.left -= count;
        let begin = if self.backward { self.left as i64 } else { 0 };
        for (table, place) in [(self.from, self.source), (self.to, self.target)] {
            stack.burn(access_fuel(table, place.wrapping_add(begin), count as usize) / 2);
        }
        let count = count as i64;
        if self.backward {
            // What is left is at the beginning, so this is the end of the run.
            let rest = self.left as i64;
            for offset in (rest..rest + count).rev() {
                let value = self.from.get_integer(self.source + offset);
                set_plain(ctx, self.to, self.target + offset, value)?;
            }
        } else {
            for offset in 0..count {
                let value = self.from.get_integer(self.source + offset);
                set_plain(ctx, self.to, self.target + offset, value)?;
            }
            if self.left > 0 {
                self.source += count;
                self.target += count;
            }
        }
        if self.left > 0 {
            return Ok(Step::Pause);
        }
        if let Some((index, value)) = self.last {
            set_plain(ctx, self.to, index, value)?;
        }
        stack.clear();
        stack.extend(self.result);
        Ok(Step::Done)
    }
}
