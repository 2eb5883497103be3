//! `table.sort`.
//!
//! The elements are read, sorted beside the table and written back. With a comparison function, or
//! elements of several types, the order of comparisons is that of PUC-Rio's quicksort: so elements
//! that compare equal end up as they do there, and an invalid order function is found out where it
//! is there. Numbers alone and strings alone, whose equals cannot be told apart, go a quicker way.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, LuaString, Stack, Table, Value, account};
use luster_vm::operate;

use super::quicksort::{ComparatorSort, Quicksort};
use super::{CHUNK, READ_WRITE_LENGTH, object, plain, set_plain};
use crate::buffer::check;
use crate::counted::CountedMemory;
use crate::program::{Program, Step, fault, run};

/// How many numbers are sorted at once, between two looks at the fuel; longer lists are sorted in
/// such pieces and merged.
const PIECE: usize = 1 << 14;

/// The same of strings, which are looked for in memory, and how many bytes they may have.
const PIECE_OF_STRINGS: usize = 1 << 10;
const PIECE_BYTES: usize = 1 << 18;

/// How many elements are merged between two looks at the fuel, if they are numbers.
const MERGED: usize = 1 << 13;

/// How many bytes of a string it costs as much to compare as a number.
const BYTES_PER_COST: usize = 20;

/// How many elements are read or written back between two looks at the fuel, when they are sorted by
/// a function.
const MAX_AT_ONCE: usize = 1 << 20;

/// How many missing elements an object may pretend to have.
const MAX_MISSING: usize = 1 << 24;

/// `table.sort(list [, less])`
pub(super) fn sort<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let object = object(ctx, stack, 0, READ_WRITE_LENGTH)?;
    let mut sort = Sort {
        object,
        table: plain(ctx, object),
        less: Value::Nil,
        length: 0,
        missing: 0,
        values: Vec::new(),
        memory: CountedMemory::default(),
        state: State::Measure,
    };
    if let Some(table) = sort.table {
        sort.begin(ctx, stack, table.length())?;
        if !sort.less.is_nil() && (2..=MAX_AT_ONCE).contains(&sort.length) {
            return Ok(ComparatorSort::begin(stack, table, sort.less, sort.length));
        }
    }
    run(ctx, stack, sort)
}

#[derive(Collect)]
#[collect(no_drop)]
struct Sort<'gc> {
    object: Value<'gc>,
    /// The object, when no metamethod has a say in its elements.
    table: Option<Table<'gc>>,
    /// The comparison function, or nil.
    less: Value<'gc>,
    length: usize,
    missing: usize,
    values: Vec<Value<'gc>>,
    memory: CountedMemory,
    state: State<'gc>,
}

#[derive(Collect)]
#[collect(no_drop)]
enum State<'gc> {
    Measure,
    Begin,
    /// Elements are being read.
    Read,
    /// An element that a metamethod may have given has been read.
    GotOne,
    Quick(Box<Quicksort<'gc>>),
    Integers(#[collect(require_static)] MergeSort<i64>),
    Floats(#[collect(require_static)] MergeSort<f64>),
    Strings(MergeSort<LuaString<'gc>>),
    /// So many elements have been written back.
    Write(usize),
}

impl<'gc> Sort<'gc> {
    /// Checks the arguments, once the length is known.
    fn begin(
        &mut self,
        ctx: Context<'gc>,
        stack: &Stack<'_, 'gc>,
        length: i64,
    ) -> Result<(), Error<'gc>> {
        self.state = State::Write(0);
        if length > 1 {
            if length >= i64::from(i32::MAX) {
                return Err(Error::argument(1, "array too big"));
            }
            if !stack.get(1).is_nil() {
                self.less = stack.function(ctx, 1)?;
            }
            self.length = length as usize;
            self.state = State::Read;
        }
        Ok(())
    }

    fn keep(&mut self, ctx: Context<'gc>, value: Value<'gc>) -> Result<(), Error<'gc>> {
        if value.is_nil() {
            // A length that a metamethod made up must not cost more memory than there is.
            self.missing += 1;
            if self.missing > MAX_MISSING {
                return Err(Error::argument(1, "array too big"));
            }
            if self.less.is_nil() && self.missing > CHUNK {
                // Two of them will have to be compared sooner or later.
                operate::less(ctx, value, value).map_err(|error| fault(ctx, error))?;
            }
        }
        if self.values.len() == self.values.capacity() {
            // A table has so many elements; what a metamethod says is believed bit by bit.
            let left = self.length - self.values.len();
            let room =
                if self.table.is_some() { left } else { self.values.len().max(16).min(left) };
            check(room * size_of::<Value<'_>>())?;
            self.values.try_reserve_exact(room).map_err(|_| Error::memory())?;
            self.memory.set(self.values.capacity() * size_of::<Value<'_>>());
        }
        self.values.push(value);
        Ok(())
    }

    /// Chooses the way to sort what has been read.
    fn choose(&mut self) -> State<'gc> {
        if self.less.is_nil() {
            let integers = self.values.iter().map_while(|value| match value {
                Value::Integer(i) => Some(*i),
                _ => None,
            });
            if let Some(sort) = MergeSort::of(integers, self.length, Size::NUMBER) {
                return State::Integers(sort);
            }
            let floats = self.values.iter().map_while(|value| match value {
                // What compares equal and is not the same has to end up as in the reference, and
                // what does not compare at all as well.
                Value::Float(x) if !x.get().is_nan() && x.get().to_bits() != 1 << 63 => {
                    Some(x.get())
                }
                _ => None,
            });
            if let Some(sort) = MergeSort::of(floats, self.length, Size::NUMBER) {
                return State::Floats(sort);
            }
            let strings = self.values.iter().map_while(|value| match value {
                Value::String(string) => Some(*string),
                _ => None,
            });
            let lengths = strings.clone().map(LuaString::len);
            let size =
                Size::of_strings(lengths.clone().sum(), lengths.max().unwrap_or(0), self.length);
            if let Some(sort) = MergeSort::of(strings, self.length, size) {
                return State::Strings(sort);
            }
        }
        State::Quick(Box::new(Quicksort::new(self.length)))
    }

    /// Takes over what a merge sort has sorted.
    fn take_sorted<T: Copy>(&mut self, sorted: &[T], value: impl Fn(T) -> Value<'gc>) {
        self.values.clear();
        self.values.extend(sorted.iter().map(|element| value(*element)));
    }
}

impl<'gc> Program<'gc> for Sort<'gc> {
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        loop {
            match &mut self.state {
                State::Measure => {
                    self.state = State::Begin;
                    return Ok(Step::Length(self.object));
                }
                State::Begin => self.begin(ctx, stack, input.to_integer().unwrap_or(0))?,
                State::GotOne => {
                    self.keep(ctx, input)?;
                    self.state = State::Read;
                }
                State::Read if self.values.len() == self.length => {
                    self.state = self.choose();
                    stack.burn(self.length / 4);
                    if self.length > CHUNK {
                        return Ok(Step::Pause);
                    }
                }
                State::Read => match self.table {
                    Some(table) => {
                        let first = self.values.len();
                        let end = self.length.min(first + CHUNK);
                        for index in first..end {
                            self.keep(ctx, table.get_integer(index as i64 + 1))?;
                        }
                        stack.burn((end - first) / 4);
                        if end < self.length {
                            return Ok(Step::Pause);
                        }
                    }
                    None => {
                        self.state = State::GotOne;
                        return Ok(Step::Get(self.object, self.values.len() as i64 + 1));
                    }
                },
                State::Quick(quick) => {
                    match quick.advance(ctx, stack, &mut self.values, self.less, input)? {
                        Some(step) => return Ok(step),
                        None => self.state = State::Write(0),
                    }
                }
                State::Integers(sort) => {
                    if !sort.advance(stack, |a, b| a < b) {
                        return Ok(Step::Pause);
                    }
                    let sorted = std::mem::take(&mut sort.elements);
                    self.take_sorted(&sorted, Value::Integer);
                    self.state = State::Write(0);
                }
                State::Floats(sort) => {
                    if !sort.advance(stack, |a, b| a < b) {
                        return Ok(Step::Pause);
                    }
                    let sorted = std::mem::take(&mut sort.elements);
                    self.take_sorted(&sorted, Value::float);
                    self.state = State::Write(0);
                }
                State::Strings(sort) => {
                    if !sort.advance(stack, |a, b| operate::compare_strings(*a, *b).is_lt()) {
                        return Ok(Step::Pause);
                    }
                    let sorted = std::mem::take(&mut sort.elements);
                    self.take_sorted(&sorted, Value::String);
                    self.state = State::Write(0);
                }
                State::Write(done) if *done == self.length => {
                    stack.clear();
                    return Ok(Step::Done);
                }
                State::Write(done) => match self.table {
                    Some(table) => {
                        let end = self.length.min(*done + CHUNK);
                        for (index, value) in (*done..end).zip(&self.values[*done..end]) {
                            set_plain(ctx, table, index as i64 + 1, *value)?;
                        }
                        stack.burn((end - *done) / 4);
                        *done = end;
                        if end < self.length {
                            return Ok(Step::Pause);
                        }
                    }
                    None => {
                        *done += 1;
                        let index = *done as i64;
                        return Ok(Step::Set(self.object, index, self.values[*done - 1]));
                    }
                },
            }
        }
    }
}

/// How much there is to elements that are compared.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
struct Size {
    /// How many are sorted at once.
    piece: usize,
    /// What it costs to compare two of them, about.
    cost: usize,
}

impl Size {
    /// That of numbers.
    const NUMBER: Size = Size { piece: PIECE, cost: 1 };

    /// That of so many strings, of which the sum of the lengths is known, and the longest one's.
    fn of_strings(sum: usize, longest: usize, count: usize) -> Self {
        let piece = (PIECE_BYTES / longest.max(1)).clamp(1, PIECE_OF_STRINGS);
        Size { piece, cost: 4 + sum / count.max(1) / BYTES_PER_COST }
    }

    /// Whether a single comparison may take long.
    fn is_long(self) -> bool {
        self.piece < PIECE_OF_STRINGS
    }
}

/// Sorting of elements that compare at once: pieces first, then rounds of merging pairs.
#[derive(Collect)]
#[collect(no_drop)]
struct MergeSort<T> {
    elements: Vec<T>,
    size: Size,
    /// How many elements have been sorted into pieces.
    sorted: usize,
    /// The length of the pieces that are being merged.
    width: usize,
    /// What has been merged in this round.
    merged: Vec<T>,
    /// How far the two pieces are that are being merged.
    left: usize,
    right: usize,
}

impl<T: Copy> MergeSort<T> {
    /// The sorting of elements, if there are as many as there should be.
    fn of(elements: impl Iterator<Item = T>, count: usize, size: Size) -> Option<Self> {
        let mut elements = elements.peekable();
        // Most lists that are of another type show it by their first element.
        elements.peek()?;
        let elements: Vec<T> = elements.collect();
        (elements.len() == count).then_some(MergeSort {
            elements,
            size,
            sorted: 0,
            width: size.piece,
            merged: Vec::new(),
            left: 0,
            right: 0,
        })
    }

    /// Does a portion of the work; tells whether all is done.
    fn advance(&mut self, stack: &mut Stack<'_, '_>, less: impl Fn(&T, &T) -> bool) -> bool {
        if self.sorted < self.elements.len() {
            self.sort_piece(stack, less);
        } else {
            self.merge_some(stack, less);
        }
        self.sorted == self.elements.len() && self.width >= self.elements.len()
    }

    /// Sorts the next piece.
    fn sort_piece(&mut self, stack: &mut Stack<'_, '_>, less: impl Fn(&T, &T) -> bool) {
        let end = self.elements.len().min(self.sorted + self.size.piece);
        let piece = &mut self.elements[self.sorted..end];
        let comparisons = piece.len() * (piece.len().max(1).ilog2() as usize + 1);
        stack.burn(comparisons * self.size.cost / 8);
        piece.sort_unstable_by(|a, b| {
            if less(a, b) {
                std::cmp::Ordering::Less
            } else if less(b, a) {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        });
        self.sorted = end;
    }

    /// Goes on merging two pieces, and ends the round when they were the last ones.
    fn merge_some(&mut self, stack: &mut Stack<'_, '_>, less: impl Fn(&T, &T) -> bool) {
        let count = self.elements.len();
        let done = self.merged.len();
        let start = done - done % (2 * self.width);
        let middle = count.min(start + self.width);
        let end = count.min(middle + self.width);
        if done == start {
            (self.left, self.right) = (start, middle);
        }
        let (mut left, mut right) = (self.left, self.right);
        let most = done + MERGED / self.size.cost;
        while left < middle && right < end && self.merged.len() <= most {
            if less(&self.elements[right], &self.elements[left]) {
                self.merged.push(self.elements[right]);
                right += 1;
            } else {
                self.merged.push(self.elements[left]);
                left += 1;
            }
            if self.size.is_long() && account::should_end_slice() {
                break;
            }
        }
        if left == middle || right == end {
            self.merged.extend_from_slice(&self.elements[left..middle]);
            self.merged.extend_from_slice(&self.elements[right..end]);
        }
        (self.left, self.right) = (left, right);
        stack.burn((self.merged.len() - done) * self.size.cost / 2);
        if self.merged.len() == count {
            std::mem::swap(&mut self.elements, &mut self.merged);
            self.merged.clear();
            self.width *= 2;
        }
    }
}
