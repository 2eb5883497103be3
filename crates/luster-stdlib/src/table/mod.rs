//! The library `table`. Each function has a quick way for tables whose elements no metamethod can
//! touch, and a program that goes by way of metamethods for everything else.
//!
//! `concat` and `sort` have their own files.

mod concat;
mod quicksort;
mod shift;
mod sort;

use gc_arena::Collect;
use luster_value::{
    CallbackReturn, Context, Error, Function, Metamethod, Stack, Table, Type, Value, account,
};

use crate::program::{Program, Step, run};
use crate::work::Work;
use shift::Shift;

const FUNCTIONS: &[(&str, Function)] = &[
    ("concat", concat::concat),
    ("create", create),
    ("insert", insert),
    ("move", r#move),
    ("pack", pack),
    ("remove", remove),
    ("sort", sort::sort),
    ("unpack", unpack),
];

/// How many elements a step of a function goes through before it looks at the fuel.
const CHUNK: usize = 4096;

/// How many fields a table has at most.
const MAX_FIELDS: u32 = 1 << 30;

/// Makes the table of the library.
pub(crate) fn open<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    crate::restartable_table_of(ctx, FUNCTIONS, 0)
}

/// What a function does with an object that stands for a table.
#[derive(Clone, Copy)]
struct Access {
    reads: bool,
    writes: bool,
    measures: bool,
}

const READ: Access = Access { reads: true, writes: false, measures: false };
const WRITE: Access = Access { reads: false, writes: true, measures: false };
const READ_LENGTH: Access = Access { reads: true, writes: false, measures: true };
const READ_WRITE_LENGTH: Access = Access { reads: true, writes: true, measures: true };

/// An argument that is a table, or has the metamethods to be used like one.
fn object<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    index: usize,
    access: Access,
) -> Result<Value<'gc>, Error<'gc>> {
    let value = stack.get(index);
    if let Value::Table(_) = value {
        return Ok(value);
    }
    let has = |which| !ctx.metamethod(value, which).is_nil();
    // Strings have a length without a metamethod.
    let measures = !access.measures || value.type_of() == Type::String || has(Metamethod::Len);
    if ctx.metatable(value).is_some()
        && (!access.reads || has(Metamethod::Index))
        && (!access.writes || has(Metamethod::NewIndex))
        && measures
    {
        return Ok(value);
    }
    Err(stack.type_error(ctx, index, "table"))
}

/// The table that a value is, if no metamethod has a say in its elements and length.
#[inline]
fn plain<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Option<Table<'gc>> {
    let Value::Table(table) = value else { return None };
    match table.metatable() {
        None => Some(table),
        Some(metatable) => [Metamethod::Index, Metamethod::NewIndex, Metamethod::Len]
            .iter()
            .all(|which| metatable.metamethod(ctx, *which).is_nil())
            .then_some(table),
    }
}

/// Sets an element without metamethods.
#[inline]
fn set_plain<'gc>(
    ctx: Context<'gc>,
    table: Table<'gc>,
    index: i64,
    value: Value<'gc>,
) -> Result<(), Error<'gc>> {
    table.set_integer(ctx, index, value).map_err(Error::invalid_key)
}

/// What it costs to go to so many elements in a row: those of a large hash part are far apart in memory.
#[inline]
fn access_fuel(table: Table<'_>, first: i64, count: usize) -> usize {
    const MANY_NODES: usize = 1 << 14;
    const FAR_FUEL: usize = 5;
    let (elements, nodes) = table.sizes();
    if nodes < MANY_NODES {
        return count;
    }
    let end = first.saturating_sub(1).saturating_add_unsigned(count as u64);
    let is_near = first > 0 && end <= elements as i64;
    if is_near { count } else { count * FAR_FUEL }
}

/// Gives back the memory of a list, a portion of it if there is much: the system may take long for it. Tells
/// whether nothing is left.
fn release_some<T>(stack: &mut Stack<'_, '_>, list: &mut Vec<T>) -> bool {
    const PORTION: usize = 1 << 20;
    const BYTES_PER_FUEL: usize = 64;
    let before = list.capacity();
    let mut kept = before.saturating_sub(PORTION / size_of::<T>().max(1));
    // An allocator may copy what is kept.
    if !account::has_room_for(kept * size_of::<T>()) {
        kept = 0;
    }
    list.truncate(kept);
    list.shrink_to(kept);
    stack.burn((before - kept) * size_of::<T>() / BYTES_PER_FUEL);
    kept == 0
}

/// `table.create(elements [, fields])`
fn create<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let elements = stack.integer(ctx, 0)?;
    let fields = stack.optional_integer(ctx, 1, 0)?;
    let size = |number, count: i64| match u32::try_from(count) {
        Ok(size) if size <= i32::MAX as u32 => Ok(size),
        _ => Err(Error::argument(number, "out of range")),
    };
    let (elements, fields) = (size(1, elements)?, size(2, fields)?);
    if fields > MAX_FIELDS {
        return Err(Error::plain("table overflow"));
    }
    // Fields need their memory cleared.
    stack.burn(elements as usize / 8 + fields as usize * 2);
    let table = Table::with_room(ctx, elements, fields).map_err(|_| Error::memory())?;
    stack.replace(Value::Table(table));
    Ok(CallbackReturn::Return)
}

/// `table.pack(...)`
fn pack<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let table = Table::with_room(ctx, stack.len() as u32, 1).map_err(|_| Error::memory())?;
    Packing { table, packed: 0 }.begin(ctx, stack)
}

/// A `pack` at work. The arguments stay on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Packing<'gc> {
    table: Table<'gc>,
    packed: usize,
}

impl<'gc> Work<'gc> for Packing<'gc> {
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let count = stack.len();
        let end = count.min(self.packed + 4 * CHUNK);
        for index in self.packed..end {
            set_plain(ctx, self.table, index as i64 + 1, stack.get(index))?;
        }
        stack.burn(end - self.packed);
        self.packed = end;
        if end < count {
            return Ok(false);
        }
        self.table.set_field(ctx, "n", Value::Integer(count as i64));
        stack.replace(Value::Table(self.table));
        Ok(true)
    }
}

/// `table.insert(table, [position,] value)`
fn insert<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let object = object(ctx, stack, 0, READ_WRITE_LENGTH)?;
    if let Some(table) = plain(ctx, object) {
        let length = table.length();
        let (position, value) = insert_arguments(ctx, stack, length)?;
        let end = length.wrapping_add(1);
        if position == end {
            set_plain(ctx, table, end, value)?;
            stack.clear();
            return Ok(CallbackReturn::Return);
        }
        let shift = Shift::within(table, position, position + 1, end.abs_diff(position));
        return run(ctx, stack, shift.then_set(position, value));
    }
    run(ctx, stack, Insert { object, position: 0, next: 0, state: InsertState::Measure })
}

/// Where to insert what, once the length is known.
fn insert_arguments<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    length: i64,
) -> Result<(i64, Value<'gc>), Error<'gc>> {
    let end = length.wrapping_add(1);
    match stack.len() {
        2 => Ok((end, stack.get(1))),
        3 => {
            let position = stack.integer(ctx, 1)?;
            if (position as u64).wrapping_sub(1) >= end as u64 {
                return Err(Error::argument(2, "position out of bounds"));
            }
            Ok((position, stack.get(2)))
        }
        _ => Err(Error::message("wrong number of arguments to 'insert'")),
    }
}

/// `insert` by way of metamethods.
#[derive(Collect)]
#[collect(no_drop)]
struct Insert<'gc> {
    object: Value<'gc>,
    position: i64,
    /// The free place that the element below it is moved to.
    next: i64,
    #[collect(require_static)]
    state: InsertState,
}

enum InsertState {
    Measure,
    Begin,
    Move,
    Moved,
    Done,
}

impl<'gc> Program<'gc> for Insert<'gc> {
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        match self.state {
            InsertState::Measure => {
                self.state = InsertState::Begin;
                return Ok(Step::Length(self.object));
            }
            InsertState::Begin => {
                let length = input.to_integer().unwrap_or(0);
                self.position = insert_arguments(ctx, stack, length)?.0;
                self.next = length.wrapping_add(1);
            }
            InsertState::Move => {
                let place = self.next;
                self.next -= 1;
                self.state = InsertState::Moved;
                return Ok(Step::Set(self.object, place, input));
            }
            InsertState::Moved => {}
            InsertState::Done => {
                stack.clear();
                return Ok(Step::Done);
            }
        }
        if self.next > self.position {
            self.state = InsertState::Move;
            return Ok(Step::Get(self.object, self.next - 1));
        }
        self.state = InsertState::Done;
        Ok(Step::Set(self.object, self.position, stack.get(stack.len() - 1)))
    }
}

/// `table.remove(table [, position])`
fn remove<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let object = object(ctx, stack, 0, READ_WRITE_LENGTH)?;
    if let Some(table) = plain(ctx, object) {
        let size = table.length();
        let position = remove_position(ctx, stack, size)?;
        let result = table.get_integer(position);
        if position >= size {
            set_plain(ctx, table, position, Value::Nil)?;
            stack.replace(result);
            return Ok(CallbackReturn::Return);
        }
        let shift = Shift::within(table, position + 1, position, size.abs_diff(position));
        return run(ctx, stack, shift.then_set(size, Value::Nil).returning(result));
    }
    let state = RemoveState::Measure;
    run(ctx, stack, Remove { object, position: 0, size: 0, result: Value::Nil, state })
}

/// Where to remove, once the length is known.
fn remove_position<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    size: i64,
) -> Result<i64, Error<'gc>> {
    let position = stack.optional_integer(ctx, 1, size)?;
    if position != size && (position as u64).wrapping_sub(1) > size as u64 {
        return Err(Error::argument(2, "position out of bounds"));
    }
    Ok(position)
}

/// `remove` by way of metamethods.
#[derive(Collect)]
#[collect(no_drop)]
struct Remove<'gc> {
    object: Value<'gc>,
    position: i64,
    size: i64,
    result: Value<'gc>,
    #[collect(require_static)]
    state: RemoveState,
}

enum RemoveState {
    Measure,
    Begin,
    Keep,
    Move,
    Moved,
    Done,
}

impl<'gc> Program<'gc> for Remove<'gc> {
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        match self.state {
            RemoveState::Measure => {
                self.state = RemoveState::Begin;
                return Ok(Step::Length(self.object));
            }
            RemoveState::Begin => {
                self.size = input.to_integer().unwrap_or(0);
                self.position = remove_position(ctx, stack, self.size)?;
                self.state = RemoveState::Keep;
                return Ok(Step::Get(self.object, self.position));
            }
            RemoveState::Keep => self.result = input,
            RemoveState::Move => {
                let place = self.position;
                self.position += 1;
                self.state = RemoveState::Moved;
                return Ok(Step::Set(self.object, place, input));
            }
            RemoveState::Moved => {}
            RemoveState::Done => {
                stack.replace(self.result);
                return Ok(Step::Done);
            }
        }
        if self.position < self.size {
            self.state = RemoveState::Move;
            return Ok(Step::Get(self.object, self.position + 1));
        }
        self.state = RemoveState::Done;
        Ok(Step::Set(self.object, self.position, Value::Nil))
    }
}

/// `table.move(from, first, last, target [, to])`
fn r#move<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let first = stack.integer(ctx, 1)?;
    let last = stack.integer(ctx, 2)?;
    let target = stack.integer(ctx, 3)?;
    let destination = if stack.get(4).is_nil() { 0 } else { 4 };
    let from = object(ctx, stack, 0, READ)?;
    let to = object(ctx, stack, destination, WRITE)?;
    if last < first {
        stack.replace(to);
        return Ok(CallbackReturn::Return);
    }
    if first <= 0 && last >= i64::MAX.wrapping_add(first) {
        return Err(Error::argument(3, "too many elements to move"));
    }
    let count = last - first + 1;
    if target > i64::MAX - count + 1 {
        return Err(Error::argument(4, "destination wrap around"));
    }
    let disjoint = target > last || target <= first;
    if let (Some(source), Some(sink)) = (plain(ctx, from), plain(ctx, to)) {
        let has_eq = |value| !ctx.metamethod(value, Metamethod::Eq).is_nil();
        if disjoint || source == sink || !(has_eq(from) || has_eq(to)) {
            let shift = if disjoint || source != sink {
                Shift::between(source, first, sink, target, count as u64)
            } else {
                Shift::within(source, first, target, count as u64)
            };
            return run(ctx, stack, shift.returning(to));
        }
    }
    let state = match (disjoint, destination) {
        (true, _) => MoveState::Forward,
        (false, 0) => MoveState::Backward,
        (false, _) => MoveState::Compare,
    };
    let order = Move { from, to, first, target, count, done: 0, backward: false, state };
    run(ctx, stack, order)
}

/// `move` by way of metamethods.
#[derive(Collect)]
#[collect(no_drop)]
struct Move<'gc> {
    from: Value<'gc>,
    to: Value<'gc>,
    first: i64,
    target: i64,
    count: i64,
    done: i64,
    backward: bool,
    #[collect(require_static)]
    state: MoveState,
}

enum MoveState {
    Compare,
    Compared,
    Forward,
    Backward,
    Read,
    Written,
}

impl<'gc> Program<'gc> for Move<'gc> {
    fn next(
        &mut self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        // From the end, the first element to go is the last one.
        let place = |this: &Self| {
            if this.backward { this.count - 1 - this.done } else { this.done }
        };
        match self.state {
            MoveState::Compare => {
                self.state = MoveState::Compared;
                return Ok(Step::Equal(self.from, self.to));
            }
            MoveState::Compared => self.backward = input.is_truthy(),
            MoveState::Forward | MoveState::Written => {}
            MoveState::Backward => self.backward = true,
            MoveState::Read => {
                let index = self.target + place(self);
                self.done += 1;
                self.state = MoveState::Written;
                return Ok(Step::Set(self.to, index, input));
            }
        }
        if self.done < self.count {
            self.state = MoveState::Read;
            return Ok(Step::Get(self.from, self.first + place(self)));
        }
        stack.replace(self.to);
        Ok(Step::Done)
    }
}

/// `table.unpack(list [, first [, last]])`
fn unpack<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let object = object(ctx, stack, 0, READ_LENGTH)?;
    let table = plain(ctx, object);
    let mut unpack = Unpack { object, table, next: 0, left: 0, state: UnpackState::Measure };
    if let Some(table) = table {
        unpack.begin(ctx, stack, table.length())?;
        if unpack.left <= CHUNK as i64 {
            unpack.read_portion(stack, table)?;
            return Ok(CallbackReturn::Return);
        }
    }
    run(ctx, stack, unpack)
}

/// The first index and the number of elements, which are not more than may be on the stack; `None`
/// when there are none.
fn unpack_range<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    length: i64,
) -> Result<Option<(i64, i64)>, Error<'gc>> {
    let first = stack.optional_integer(ctx, 1, 1)?;
    let last = stack.optional_integer(ctx, 2, length)?;
    if first > last {
        return Ok(None);
    }
    let distance = (last as u64).wrapping_sub(first as u64);
    if distance >= i32::MAX as u64 || !stack.has_room_for(distance as usize + 1) {
        return Err(Error::message(TOO_MANY_RESULTS));
    }
    Ok(Some((first, distance as i64 + 1)))
}

const TOO_MANY_RESULTS: &str = "too many results to unpack";

/// `unpack` of many elements, or by way of metamethods.
#[derive(Collect)]
#[collect(no_drop)]
struct Unpack<'gc> {
    object: Value<'gc>,
    /// The object, when no metamethod has a say in its elements.
    table: Option<Table<'gc>>,
    next: i64,
    left: i64,
    #[collect(require_static)]
    state: UnpackState,
}

enum UnpackState {
    Measure,
    Begin,
    Read,
}

impl<'gc> Unpack<'gc> {
    /// Begins with an empty stack, once the length is known.
    fn begin(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        length: i64,
    ) -> Result<(), Error<'gc>> {
        /// There is to be room for so many elements at once. More take long to be made room for.
        const RESERVED: i64 = 1 << 17;
        let range = unpack_range(ctx, stack, length)?;
        stack.clear();
        (self.next, self.left) = range.unwrap_or((0, 0));
        self.state = UnpackState::Read;
        if !stack.reserve(self.left.min(RESERVED) as usize) {
            return Err(Error::message(TOO_MANY_RESULTS));
        }
        Ok(())
    }

    /// Puts the next elements of a table on the stack.
    fn read_portion(
        &mut self,
        stack: &mut Stack<'_, 'gc>,
        table: Table<'gc>,
    ) -> Result<(), Error<'gc>> {
        let count = self.left.min(CHUNK as i64);
        if !stack.reserve(count as usize) {
            return Err(Error::message(TOO_MANY_RESULTS));
        }
        for offset in 0..count {
            stack.push(table.get_integer(self.next.wrapping_add(offset)));
        }
        stack.burn(access_fuel(table, self.next, count as usize));
        self.next = self.next.wrapping_add(count);
        self.left -= count;
        Ok(())
    }
}

impl<'gc> Program<'gc> for Unpack<'gc> {
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        match self.state {
            UnpackState::Measure => {
                self.state = UnpackState::Begin;
                return Ok(Step::Length(self.object));
            }
            UnpackState::Begin => self.begin(ctx, stack, input.to_integer().unwrap_or(0))?,
            UnpackState::Read => {
                if let Some(table) = self.table {
                    self.read_portion(stack, table)?;
                    return Ok(if self.left == 0 { Step::Done } else { Step::Pause });
                }
                if !stack.reserve(1) {
                    return Err(Error::message(TOO_MANY_RESULTS));
                }
                stack.push(input);
                self.next = self.next.wrapping_add(1);
                self.left -= 1;
            }
        }
        if self.left == 0 {
            return Ok(Step::Done);
        }
        Ok(Step::Get(self.object, self.next))
    }
}
