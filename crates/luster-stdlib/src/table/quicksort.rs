//! The quicksort of `table.sort`, which stops at every comparison that takes a call.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, Poll, Sequence, Stack, Table, Value};
use luster_vm::operate::{self, Outcome};

use super::{CHUNK, access_fuel, release_some, set_plain};
use crate::buffer::check;
use crate::counted::CountedMemory;
use crate::program::{Step, fault};

/// Intervals larger than this may get a random pivot.
const RANDOM_LIMIT: usize = 100;

/// PUC-Rio's quicksort (`auxsort` and `partition` in `ltablib.c`), which stops at comparisons.
/// Indices are from 0.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Quicksort<'gc> {
    /// The interval that is being sorted, both ends included.
    low: usize,
    high: usize,
    /// The intervals that wait, with their seeds for pivots.
    waiting: Vec<(usize, usize, usize)>,
    seed: usize,
    pivot_index: usize,
    pivot: Value<'gc>,
    /// Where the search from below and from above are.
    left: usize,
    right: usize,
    #[collect(require_static)]
    at: At,
    /// The result of a comparison after which the fuel was used up.
    known: Option<bool>,
}

/// Which comparison has just been made.
#[derive(Clone, Copy)]
enum At {
    /// None: an interval begins.
    Interval,
    /// Whether the last element is less than the first.
    Ends,
    /// Whether the pivot is less than the first.
    PivotLow,
    /// Whether the last is less than the pivot.
    PivotHigh,
    /// Whether the element at `left` is less than the pivot.
    Left,
    /// Whether the pivot is less than the element at `right`.
    Right,
}

impl<'gc> Quicksort<'gc> {
    /// The sorting of so many elements, at least one.
    pub(super) fn new(length: usize) -> Self {
        Quicksort {
            low: 0,
            high: length - 1,
            waiting: Vec::new(),
            seed: 0,
            pivot_index: 0,
            pivot: Value::Nil,
            left: 0,
            right: 0,
            at: At::Interval,
            known: None,
        }
    }

    /// Goes on until a call has to be made or fuel is used up; `None` when all is sorted.
    ///
    /// # Errors
    /// Elements that cannot be compared, or an order function that contradicts itself.
    pub(super) fn advance(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        values: &mut [Value<'gc>],
        less: Value<'gc>,
        input: Value<'gc>,
    ) -> Result<Option<Step<'gc>>, Error<'gc>> {
        let mut result = self.known.take().unwrap_or_else(|| input.is_truthy());
        loop {
            let Some((a, b)) = self.compared(ctx, values, result)? else { return Ok(None) };
            if !less.is_nil() {
                return Ok(Some(Step::Call(less, [a, b])));
            }
            match operate::less(ctx, a, b).map_err(|error| fault(ctx, error))? {
                Outcome::Value(value) => result = value.is_truthy(),
                Outcome::Call(..) => return Ok(Some(Step::Less(a, b))),
            }
            stack.burn(1);
            if stack.out_of_fuel() {
                self.known = Some(result);
                return Ok(Some(Step::Pause));
            }
        }
    }

    /// What to compare next if the search from below or from above just goes on, as after most
    /// comparisons; otherwise nothing has happened.
    #[inline(always)]
    fn search_on(
        &mut self,
        values: &[Value<'gc>],
        result: bool,
    ) -> Option<(Value<'gc>, Value<'gc>)> {
        match self.at {
            At::Left if result && self.left != self.high - 1 => {
                let next = *values.get(self.left + 1)?;
                self.left += 1;
                Some((next, self.pivot))
            }
            At::Left if !result => {
                let next = *values.get(self.right.wrapping_sub(1))?;
                self.right -= 1;
                self.at = At::Right;
                Some((self.pivot, next))
            }
            At::Right if result && self.right >= self.left => {
                let next = *values.get(self.right.wrapping_sub(1))?;
                self.right -= 1;
                Some((self.pivot, next))
            }
            _ => None,
        }
    }

    /// Takes the result of a comparison and tells what to compare next; `None` when all is sorted.
    fn compared(
        &mut self,
        ctx: Context<'gc>,
        values: &mut [Value<'gc>],
        result: bool,
    ) -> Result<Option<(Value<'gc>, Value<'gc>)>, Error<'gc>> {
        let invalid = || Error::message("invalid order function for sorting");
        match self.at {
            At::Interval => return Ok(self.begin_interval(values)),
            At::Ends => {
                if result {
                    values.swap(self.low, self.high);
                }
                if self.high - self.low == 1 {
                    return Ok(self.next_interval(values));
                }
                self.pivot_index = self.choose_pivot();
                self.at = At::PivotLow;
                return Ok(Some((values[self.pivot_index], values[self.low])));
            }
            At::PivotLow => {
                if result {
                    values.swap(self.pivot_index, self.low);
                } else {
                    self.at = At::PivotHigh;
                    return Ok(Some((values[self.high], values[self.pivot_index])));
                }
            }
            At::PivotHigh => {
                if result {
                    values.swap(self.pivot_index, self.high);
                }
            }
            At::Left if result => {
                if self.left == self.high - 1 {
                    return Err(invalid());
                }
                self.left += 1;
                return Ok(Some((values[self.left], self.pivot)));
            }
            At::Left => {
                self.right -= 1;
                self.at = At::Right;
                return Ok(Some((self.pivot, values[self.right])));
            }
            At::Right if result => {
                if self.right < self.left {
                    return Err(invalid());
                }
                self.right -= 1;
                return Ok(Some((self.pivot, values[self.right])));
            }
            At::Right if self.right < self.left => {
                values.swap(self.high - 1, self.left);
                self.split(ctx);
                return Ok(self.begin_interval(values));
            }
            At::Right => {
                values.swap(self.left, self.right);
                self.left += 1;
                self.at = At::Left;
                return Ok(Some((values[self.left], self.pivot)));
            }
        }
        // Low end, pivot and high end are in order.
        if self.high - self.low == 2 {
            return Ok(self.next_interval(values));
        }
        self.pivot = values[self.pivot_index];
        values.swap(self.pivot_index, self.high - 1);
        self.left = self.low + 1;
        self.right = self.high - 1;
        self.at = At::Left;
        Ok(Some((values[self.left], self.pivot)))
    }

    /// Goes on with the larger part of the interval after the smaller one, the pivot between them
    /// at `left`.
    fn split(&mut self, ctx: Context<'gc>) {
        let pivot = self.left;
        let (low, high) = (self.low, self.high);
        // Ends are moved past each other when a part is empty; the low one may not go below 0.
        let (smaller, larger, size) = if pivot - low < high - pivot {
            ((low, pivot.saturating_sub(1).max(low)), (pivot + 1, high), pivot - low)
        } else {
            ((pivot + 1, high), (low, pivot - 1), high - pivot)
        };
        let mut seed = self.seed;
        if larger.1.saturating_sub(larger.0) / 128 > size {
            // The partition is too imbalanced: the next pivots are chosen at random.
            seed = ctx.random_word() as usize | 1;
        }
        self.waiting.push((larger.0, larger.1, seed));
        (self.low, self.high) = smaller;
        if size == 0 {
            self.high = self.low;
        }
    }

    /// The pivot's index: the middle or, with a seed, somewhere in the second and third quarter.
    fn choose_pivot(&self) -> usize {
        let size = self.high - self.low;
        if size < RANDOM_LIMIT || self.seed == 0 {
            // The reference counts from 1, and so rounds the other way.
            return (self.low + self.high + 2) / 2 - 1;
        }
        let quarter = size / 4;
        (self.seed ^ self.low ^ self.high) % (quarter * 2) + self.low + quarter
    }

    fn next_interval(&mut self, values: &[Value<'gc>]) -> Option<(Value<'gc>, Value<'gc>)> {
        self.high = self.low;
        self.begin_interval(values)
    }

    fn begin_interval(&mut self, values: &[Value<'gc>]) -> Option<(Value<'gc>, Value<'gc>)> {
        // Who asks again at the end is told again.
        self.at = At::Interval;
        while self.low >= self.high {
            (self.low, self.high, self.seed) = self.waiting.pop()?;
        }
        self.at = At::Ends;
        Some((values[self.high], values[self.low]))
    }
}

/// The sorting of a table without metamethods by a comparison function: what most calls with a function
/// are, and so worth a way without detours.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct ComparatorSort<'gc> {
    table: Table<'gc>,
    less: Value<'gc>,
    length: usize,
    values: Vec<Value<'gc>>,
    quick: Quicksort<'gc>,
    /// How many elements have been written back.
    written: usize,
    memory: CountedMemory,
}

impl<'gc> ComparatorSort<'gc> {
    /// Begins to read the elements, of which there are so many.
    ///
    /// # Errors
    /// There is not enough memory for them.
    pub(super) fn begin(
        stack: &mut Stack<'_, 'gc>,
        table: Table<'gc>,
        less: Value<'gc>,
        length: usize,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        check(length * size_of::<Value<'_>>())?;
        let mut values = Vec::new();
        values.try_reserve_exact(length).map_err(|_| Error::memory())?;
        let mut memory = CountedMemory::default();
        memory.set(length * size_of::<Value<'_>>());
        stack.clear();
        let quick = Quicksort::new(1);
        let mut sort = ComparatorSort { table, less, length, values, quick, written: 0, memory };
        sort.read_some(stack);
        Ok(CallbackReturn::Sequence(Box::new(sort)))
    }

    /// Reads a portion of the elements.
    fn read_some(&mut self, stack: &mut Stack<'_, 'gc>) {
        let first = self.values.len();
        let end = self.length.min(first + CHUNK);
        let (table, indices) = (self.table, first as i64 + 1..end as i64 + 1);
        stack.burn(access_fuel(table, indices.start, end - first));
        self.values.extend(indices.map(|index| table.get_integer(index)));
        if end == self.length {
            self.quick = Quicksort::new(self.length);
        }
    }

    /// Goes on to read the elements, or to write them back when they are sorted. Tells whether all is done.
    #[cold]
    #[inline(never)]
    fn read_or_write(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<bool, Error<'gc>> {
        if self.written == 0 && self.values.len() < self.length {
            self.read_some(stack);
            return Ok(false);
        }
        stack.clear();
        if self.written < self.length {
            let (first, end) = (self.written, self.length.min(self.written + CHUNK));
            for (index, value) in (first..end).zip(&self.values[first..end]) {
                set_plain(ctx, self.table, index as i64 + 1, *value)?;
            }
            stack.burn(access_fuel(self.table, first as i64 + 1, end - first));
            self.written = end;
            if self.length > CHUNK {
                return Ok(false);
            }
        }
        Ok(release_some(stack, &mut self.values))
    }
}

impl<'gc> Sequence<'gc> for ComparatorSort<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        // There is no result yet the first time, which does not look at it.
        let result = stack.get(0).is_truthy();
        if let Some((a, b)) = self.quick.search_on(&self.values, result) {
            stack.replace3(self.less, a, b);
            return Ok(Poll::CallInPlace(0));
        }
        // Before the elements are read, and when they are sorted, there is nothing to compare.
        if let Some((a, b)) = self.quick.compared(ctx, &mut self.values, result)? {
            stack.replace3(self.less, a, b);
            return Ok(Poll::CallInPlace(0));
        }
        Ok(if self.read_or_write(ctx, stack)? { Poll::Return } else { Poll::Pending })
    }
}
