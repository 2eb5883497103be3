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
use super::{CHUNK, READ_WRITE_LENGTH, access_fuel, object, plain, release_some, set_plain};
use crate::buffer::check;
use crate::counted::CountedMemory;
use crate::program::{Program, Step, fault, run};

/// How many elements are taken over from the list at once, between two looks at the fuel.
const TAKEN: usize = 1 << 13;

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
        if !sort.less.is_nil() {
            return ComparatorSort::begin(stack, table, sort.less, sort.length);
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

    /// The way to sort what has been read, to begin with: what is not of one type after all goes another one.
    fn choose(&self) -> State<'gc> {
        match self.values.first() {
            Some(Value::Integer(_)) if self.less.is_nil() => State::Integers(MergeSort::default()),
            Some(Value::Float(_)) if self.less.is_nil() => State::Floats(MergeSort::default()),
            Some(Value::String(_)) if self.less.is_nil() => State::Strings(MergeSort::default()),
            _ => self.quick(),
        }
    }

    fn quick(&self) -> State<'gc> {
        State::Quick(Box::new(Quicksort::new(self.length)))
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
                }
                State::Read => match self.table {
                    Some(table) => {
                        let first = self.values.len();
                        let end = self.length.min(first + CHUNK);
                        for index in first..end {
                            self.keep(ctx, table.get_integer(index as i64 + 1))?;
                        }
                        stack.burn(access_fuel(table, first as i64 + 1, end - first));
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
                    let integer = |value| match value {
                        Value::Integer(integer) => Some(integer),
                        _ => None,
                    };
                    match sort.advance(
                        stack,
                        &mut self.values,
                        integer,
                        Value::Integer,
                        |a, b| a < b,
                    )? {
                        Progress::Going => return Ok(Step::Pause),
                        Progress::Unfit => self.state = self.quick(),
                        Progress::Sorted => self.state = State::Write(0),
                    }
                }
                State::Floats(sort) => {
                    let float = |value| match value {
                        // What compares equal and is not the same has to end up as in the
                        // reference, and what does not compare at all as well.
                        Value::Float(x) if !x.get().is_nan() && x.get().to_bits() != 1 << 63 => {
                            Some(x.get())
                        }
                        _ => None,
                    };
                    match sort
                        .advance(stack, &mut self.values, float, Value::float, |a, b| a < b)?
                    {
                        Progress::Going => return Ok(Step::Pause),
                        Progress::Unfit => self.state = self.quick(),
                        Progress::Sorted => self.state = State::Write(0),
                    }
                }
                State::Strings(sort) => {
                    let string = |value| match value {
                        Value::String(string) => Some(string),
                        _ => None,
                    };
                    let less = |a: &LuaString<'gc>, b: &LuaString<'gc>| {
                        operate::compare_strings(*a, *b).is_lt()
                    };
                    match sort.advance(stack, &mut self.values, string, Value::String, less)? {
                        Progress::Going => return Ok(Step::Pause),
                        Progress::Unfit => self.state = self.quick(),
                        Progress::Sorted => self.state = State::Write(0),
                    }
                }
                State::Write(done) if *done == self.length => {
                    if !release_some(stack, &mut self.values) {
                        return Ok(Step::Pause);
                    }
                    stack.clear();
                    return Ok(Step::Done);
                }
                State::Write(done) => match self.table {
                    Some(table) => {
                        let end = self.length.min(*done + CHUNK);
                        for (index, value) in (*done..end).zip(&self.values[*done..end]) {
                            set_plain(ctx, table, index as i64 + 1, *value)?;
                        }
                        stack.burn(access_fuel(table, *done as i64 + 1, end - *done));
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
    /// Whether a value is not of the type.
    is_unfit: bool,
    /// How long they are together, and the longest one.
    lengths: usize,
    longest: usize,
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
    /// How many of the sorted elements have been given back.
    given: usize,
    memory: CountedMemory,
}

/// How far a merge sort has come.
enum Progress {
    Going,
    /// There is an element that is not of the type.
    Unfit,
    /// The values are sorted.
    Sorted,
}

/// What can be merged: the elements of one type.
trait Element: Copy {
    /// How many bytes there are to compare, if it is not always the same.
    fn length(self) -> usize {
        0
    }

    /// How much there is to so many of them, of which the sum of the lengths is known, and the longest one's.
    fn size(_sum: usize, _longest: usize, _count: usize) -> Size {
        Size::NUMBER
    }
}

impl Element for i64 {}

impl Element for f64 {}

impl Element for LuaString<'_> {
    fn length(self) -> usize {
        self.len()
    }

    fn size(sum: usize, longest: usize, count: usize) -> Size {
        let piece = (PIECE_BYTES / longest.max(1)).clamp(1, PIECE_OF_STRINGS);
        Size { piece, cost: 4 + sum / count.max(1) / BYTES_PER_COST }
    }
}

impl<T> Default for MergeSort<T> {
    fn default() -> Self {
        MergeSort {
            elements: Vec::new(),
            is_unfit: false,
            lengths: 0,
            longest: 0,
            size: Size::NUMBER,
            sorted: 0,
            width: 0,
            merged: Vec::new(),
            left: 0,
            right: 0,
            given: 0,
            memory: CountedMemory::default(),
        }
    }
}

impl<T: Element> MergeSort<T> {
    /// Does a portion of the work: values become elements, and in the end sorted elements values again.
    fn advance<'gc>(
        &mut self,
        stack: &mut Stack<'_, 'gc>,
        values: &mut [Value<'gc>],
        element: impl Fn(Value<'gc>) -> Option<T>,
        value: impl Fn(T) -> Value<'gc>,
        less: impl Fn(&T, &T) -> bool,
    ) -> Result<Progress, Error<'gc>> {
        let count = values.len();
        if self.sorted == 0 && self.elements.len() < count {
            self.is_unfit = self.is_unfit || !self.take_some(stack, values, element)?;
            if self.is_unfit {
                let is_left = !release_some(stack, &mut self.elements);
                return Ok(if is_left { Progress::Going } else { Progress::Unfit });
            }
            if self.elements.len() < count {
                return Ok(Progress::Going);
            }
            self.size = T::size(self.lengths, self.longest, count);
            self.width = self.size.piece;
            if count > CHUNK {
                return Ok(Progress::Going);
            }
        }
        if self.sorted < count {
            self.sort_piece(stack, less);
        } else if self.width < count {
            self.merge_some(stack, less)?;
        }
        if self.sorted < count || self.width < count {
            return Ok(Progress::Going);
        }
        if self.given < count {
            self.give_some(stack, values, value);
            if count > CHUNK {
                return Ok(Progress::Going);
            }
        }
        let is_left =
            !release_some(stack, &mut self.merged) || !release_some(stack, &mut self.elements);
        Ok(if is_left { Progress::Going } else { Progress::Sorted })
    }

    /// Takes over the next values; tells whether they are of the type.
    fn take_some<'gc>(
        &mut self,
        stack: &mut Stack<'_, 'gc>,
        values: &[Value<'gc>],
        element: impl Fn(Value<'gc>) -> Option<T>,
    ) -> Result<bool, Error<'gc>> {
        let (first, count) = (self.elements.len(), values.len());
        if first == 0 {
            self.elements = self.room_for(count)?;
        }
        let portion = &values[first..count.min(first + TAKEN)];
        stack.burn(portion.len() / 2);
        for value in portion {
            let Some(element) = element(*value) else { return Ok(false) };
            self.lengths = self.lengths.saturating_add(element.length());
            self.longest = self.longest.max(element.length());
            self.elements.push(element);
        }
        Ok(true)
    }

    /// Gives the next sorted elements back as values.
    fn give_some<'gc>(
        &mut self,
        stack: &mut Stack<'_, 'gc>,
        values: &mut [Value<'gc>],
        value: impl Fn(T) -> Value<'gc>,
    ) {
        let end = values.len().min(self.given + TAKEN);
        let portion = self.given..end;
        stack.burn(portion.len() / 4);
        for (place, element) in values[portion.clone()].iter_mut().zip(&self.elements[portion]) {
            *place = value(*element);
        }
        self.given = end;
    }

    /// An empty list with room for so many elements, beside the one that there may be.
    fn room_for<'gc>(&mut self, count: usize) -> Result<Vec<T>, Error<'gc>> {
        check(count * size_of::<T>())?;
        let mut list = Vec::new();
        list.try_reserve_exact(count).map_err(|_| Error::memory())?;
        self.memory.set((self.elements.capacity() + list.capacity()) * size_of::<T>());
        Ok(list)
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
    fn merge_some<'gc>(
        &mut self,
        stack: &mut Stack<'_, 'gc>,
        less: impl Fn(&T, &T) -> bool,
    ) -> Result<(), Error<'gc>> {
        let count = self.elements.len();
        if self.merged.capacity() == 0 {
            self.merged = self.room_for(count)?;
        }
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
        Ok(())
    }
}
