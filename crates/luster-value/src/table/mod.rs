//! Tables: an array part and a hash part behind one pointer.
//!
//! This module decides where a key lives and when parts grow; `array` and `node` are the two
//! parts' memory. Metamethods are not known here: everything is raw access. Every method is short
//! and calls nothing that could come back to the same table, which is what makes plain access
//! through an `UnsafeCell`, without borrow flags, sound.

mod array;
mod node;
pub(crate) mod raw;

use std::cell::{Cell, UnsafeCell};
use std::fmt;

use gc_arena::collect::Trace;
use gc_arena::{Collect, Finalization, Gc, Mutation};
use luster_number::float_to_integer_exact;

use self::array::{Array, Notes};
use self::node::{Nodes, Place};
use crate::account;
use crate::closure::LinkedOperand;
use crate::context::Context;
use crate::metamethod::Metamethod;
use crate::string::LuaString;
use crate::value::Value;
use crate::weak::{self, WeakMode};

/// How many free slots may be gone through without a note of it, and what one costs in bytes.
const MANY_SLOTS: u64 = 256;
const SLOT_WORK: usize = 16;

/// How many free slots are gone through at most before the fuel is looked at, and how many items that are nil:
/// these are passed many at a time, for the work of so many bytes.
const PASSED_SLOTS: u64 = 1 << 14;
const PASSED_ITEMS: u32 = 1 << 18;
const ITEMS_AT_ONCE: u32 = 64;
const ITEMS_WORK: usize = 64;

/// What it costs to give an entry its place anew, in bytes.
const REHASH_WORK: usize = 256;

/// What it costs to move an element of the array part when that grows, in bytes.
const GROWTH_WORK: usize = 64;

/// From how many entries on the hash part is larger than what is near the processor, and what it costs to put
/// another one into it, in bytes.
const FAR_ENTRIES: u32 = 1 << 14;
const FAR_WORK: usize = 240;

/// A Lua table.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
#[repr(transparent)]
pub struct Table<'gc>(Gc<'gc, TableData<'gc>>);

/// What a [`Table`] points to.
struct TableData<'gc> {
    parts: UnsafeCell<Parts<'gc>>,
    metatable: Cell<Option<Table<'gc>>>,
}

/// With the collector's header a table takes as much as the allocator gives for the reference's.
const _: () = assert!(size_of::<TableData<'_>>() == 40 || cfg!(not(target_pointer_width = "64")));

/// Both parts, each of which holds a little of what is the table's own.
struct Parts<'gc> {
    array: Array<'gc>,
    nodes: Nodes<'gc>,
}

/// What there may be to a table.
#[derive(Clone, Copy)]
enum Mark {
    /// It is to be finalized, which is noted once only.
    Finalizer = 1,
    /// Nobody may change it. Such a table always has a metatable, if only a hidden one: so the quick ways
    /// to set a field, which look at the metatable anyhow when they put in a new key, need no other look
    /// for that.
    ReadOnly = 2,
    /// It is a metatable that is only there since its table is read-only.
    Hidden = 4,
}

impl Notes {
    #[inline(always)]
    fn has(&self, mark: Mark) -> bool {
        self.marks.get() & mark as u8 != 0
    }

    /// Sets a mark or takes it away. Tells whether it was there.
    fn set(&self, mark: Mark, is_set: bool) -> bool {
        let before = self.marks.get();
        let others = before & !(mark as u8);
        self.marks.set(if is_set { others | mark as u8 } else { others });
        before != others
    }
}

/// Room in an instruction for the number of the slot in which a key was found.
pub trait SlotCache {
    /// The slot to look at first.
    fn guess(&self) -> u32;
    /// Remembers a slot, or a part of its number: a wrong guess costs time, nothing else.
    fn learn(&self, slot: u32);
}

impl SlotCache for Cell<u8> {
    #[inline(always)]
    fn guess(&self) -> u32 {
        u32::from(self.get())
    }

    #[inline(always)]
    fn learn(&self, slot: u32) {
        self.set(slot as u8);
    }
}

impl SlotCache for Cell<LinkedOperand> {
    #[inline(always)]
    fn guess(&self) -> u32 {
        u32::from(self.get().get())
    }

    #[inline(always)]
    fn learn(&self, slot: u32) {
        self.set(LinkedOperand::number(slot as u16));
    }
}

/// Why a key cannot be used to set a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidKey {
    /// The key is nil.
    Nil,
    /// The key is a float that is not a number.
    NaN,
    /// The key given to `next` is not in the table.
    NotFound,
    /// The table would have too many entries.
    Overflow,
    /// There is not that much memory.
    Memory,
    /// The table is read-only, whatever the key.
    ReadOnly,
}

/// What comes next in a table.
pub enum Near<'gc> {
    /// This entry, and behind it this position.
    Entry(u64, Value<'gc>, Value<'gc>),
    /// Nothing up to this position.
    Nothing(u64),
    /// Nothing at all.
    End,
}

impl InvalidKey {
    /// The reference's message.
    pub fn message(self) -> &'static str {
        match self {
            InvalidKey::Nil => "table index is nil",
            InvalidKey::NaN => "table index is NaN",
            InvalidKey::NotFound => "invalid key to 'next'",
            InvalidKey::Overflow => "table overflow",
            InvalidKey::Memory => "not enough memory",
            InvalidKey::ReadOnly => "attempt to modify a readonly table",
        }
    }
}

// SAFETY: Everything reachable is traced: the metatable, both parts' values and keys, except what
// a weak table holds weakly: `weak` remembers the table, and the collection driver clears what died
// before the sweep. A key whose value is nil is not traced; its pointer is turned into a tombstone
// that nobody follows.
unsafe impl<'gc> Collect<'gc> for TableData<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        if let Some(metatable) = self.metatable.get() {
            cc.trace(&metatable);
        }
        // SAFETY: nothing else is at work on the parts while the collector traces, and tracing
        // only fills the collector's own queues.
        let parts = unsafe { &mut *self.parts.get() };
        parts.note_trace();
        match self.weak_mode() {
            None => {
                parts.array.trace(cc);
                parts.nodes.trace(cc);
            }
            Some(mode) => {
                weak::remember(std::ptr::from_ref(self).expose_provenance(), mode);
                parts.trace_weak(cc, mode);
            }
        }
    }
}

/// Whether a weak table keeps this value alive all the same: strings count as values, not objects.
fn is_held(value: Value<'_>) -> bool {
    matches!(value, Value::String(_)) || value.as_gc().is_none()
}

impl<'gc> Parts<'gc> {
    /// Notes what it costs to trace a table that is not small.
    #[inline]
    fn note_trace(&self) {
        /// How many entries make no difference, and what one costs in bytes.
        const FEW: u32 = 4;
        const ENTRY_WORK: usize = 16;
        let (items, slots) = (self.array.len(), self.nodes.size());
        if items.saturating_add(slots) > FEW {
            let (items, slots) = (items as usize, slots as usize);
            account::traced(items * ENTRY_WORK + slots * 5 * ENTRY_WORK);
            account::went_through(items + slots);
        }
    }

    fn trace_weak<T: Trace<'gc>>(&mut self, cc: &mut T, mode: WeakMode) {
        for index in 0..self.array.len() {
            let value = self.array.get(index);
            if mode == WeakMode::Keys || is_held(value) {
                cc.trace(&value);
            }
        }
        for slot in 0..self.nodes.size() {
            if self.nodes.is_nil(slot) {
                self.nodes.bury(slot);
                continue;
            }
            let (key, value) = (self.nodes.key(slot), self.nodes.value(slot));
            if mode == WeakMode::Values || is_held(key) {
                cc.trace(&key);
            }
            // An ephemeron's value lives if its key does, which the driver finds out.
            if is_held(value) || (mode == WeakMode::Keys && is_held(key)) {
                cc.trace(&value);
            }
        }
    }
}

impl<'gc> Table<'gc> {
    /// A new, empty table.
    #[inline]
    pub fn new(ctx: Context<'gc>) -> Self {
        Table(Gc::new(
            &ctx,
            TableData {
                parts: UnsafeCell::new(Parts {
                    array: Array::new(),
                    nodes: Nodes::new(ctx.next_id()),
                }),
                metatable: Cell::new(None),
            },
        ))
    }

    /// A new table with room for `array` positional and `nodes` other entries.
    ///
    /// # Errors
    /// When there is not that much memory.
    pub fn with_room(ctx: Context<'gc>, array: u32, nodes: u32) -> Result<Self, InvalidKey> {
        let table = Table::new(ctx);
        let parts = table.parts_mut();
        if array > 0 && !parts.array.resize(0, array) {
            return Err(InvalidKey::Memory);
        }
        if nodes > 0 {
            parts.nodes =
                parts.nodes.with_room(nodes, ctx.hash_seed()).ok_or(InvalidKey::Memory)?;
        }
        Ok(table)
    }

    #[inline(always)]
    fn parts(&self) -> &Parts<'gc> {
        // SAFETY: no method keeps a reference to the parts beyond its own end or calls anything
        // that could reach this table, so no `&mut Parts` is alive here.
        unsafe { &*self.0.parts.get() }
    }

    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "interior mutability without a borrow flag")]
    fn parts_mut(&self) -> &mut Parts<'gc> {
        // SAFETY: as for `parts`: this is the only reference to the parts while it is used.
        unsafe { &mut *self.0.parts.get() }
    }

    #[inline(always)]
    fn notes(&self) -> &Notes {
        &self.parts().array.notes
    }

    /// The object as the collector sees it.
    #[inline(always)]
    pub fn erase(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }

    /// A number that stays the table's own, the same in every run.
    #[inline]
    pub fn id(self) -> u32 {
        self.parts().nodes.id
    }

    /// The metatable.
    #[inline(always)]
    pub fn metatable(self) -> Option<Table<'gc>> {
        self.0.metatable.get()
    }

    /// Sets the metatable.
    pub fn set_metatable(self, mc: &Mutation<'gc>, metatable: Option<Table<'gc>>) {
        mc.backward_barrier(self.erase(), metatable.map(Table::erase));
        self.0.metatable.set(metatable);
    }

    /// Makes a table read-only, or lets it be changed again. Nothing that a script does changes a
    /// read-only table, nor its metatable; what its fields refer to is another matter. A metamethod
    /// `__newindex` is still asked about new keys.
    pub fn set_read_only(self, ctx: Context<'gc>, is_read_only: bool) {
        ctx.fill(self);
        self.notes().set(Mark::ReadOnly, is_read_only);
        match self.metatable() {
            None if is_read_only => {
                let hidden = Table::new(ctx);
                hidden.notes().set(Mark::Hidden, true);
                self.set_metatable(&ctx, Some(hidden));
            }
            Some(metatable) if metatable.is_hidden() && !is_read_only => {
                self.set_metatable(&ctx, None);
            }
            _ => {}
        }
    }

    /// Whether nobody may change the table.
    #[inline(always)]
    pub fn is_read_only(self) -> bool {
        self.notes().has(Mark::ReadOnly)
    }

    /// Whether it is a metatable that is only there since its table is read-only.
    pub(crate) fn is_hidden(self) -> bool {
        self.notes().has(Mark::Hidden)
    }

    /// Takes over what another table contains, and leaves it what this one did. Metatables stay.
    pub fn swap_contents(self, mc: &Mutation<'gc>, other: Table<'gc>) {
        if self == other {
            return;
        }
        mc.backward_barrier(self.erase(), None);
        mc.backward_barrier(other.erase(), None);
        let (mine, others) = (self.parts_mut(), other.parts_mut());
        std::mem::swap(mine, others);
        // What is the tables' own stays.
        std::mem::swap(&mut mine.nodes.id, &mut others.nodes.id);
        std::mem::swap(&mut mine.array.notes, &mut others.array.notes);
        mine.array.notes.absent.set(0);
        others.array.notes.absent.set(0);
    }

    /// Notes that the table is to be finalized; tells whether it was not noted before.
    pub fn note_finalizer(self) -> bool {
        !self.notes().set(Mark::Finalizer, true)
    }

    /// Takes the note back, when its finalizer is about to run.
    pub fn forget_finalizer(self) {
        self.notes().set(Mark::Finalizer, false);
    }

    /// The metamethod of this table as a metatable, nil if it has none. That the first few are
    /// absent is remembered, so that asking again costs one test.
    #[inline]
    pub fn metamethod(self, ctx: Context<'gc>, which: Metamethod) -> Value<'gc> {
        match which.absence_bit() {
            Some(bit) if self.notes().absent.get() & bit != 0 => Value::Nil,
            bit => self.find_metamethod(ctx, which, bit.unwrap_or(0)),
        }
    }

    #[inline]
    fn find_metamethod(self, ctx: Context<'gc>, which: Metamethod, bit: u8) -> Value<'gc> {
        let value = self.get_short(ctx.metamethod_name(which));
        if value.is_nil() {
            let absent = &self.notes().absent;
            absent.set(absent.get() | bit);
        }
        value
    }

    /// The value of any key; nil if there is none.
    #[inline]
    pub fn get(self, key: Value<'gc>) -> Value<'gc> {
        match key {
            Value::String(s) if s.is_short() => self.get_short(s),
            Value::Integer(i) => self.get_integer(i),
            _ => self.get_other(key),
        }
    }

    fn get_other(self, key: Value<'gc>) -> Value<'gc> {
        let parts = self.parts();
        match normalized(key) {
            Ok(Value::Integer(i)) => self.get_integer(i),
            Ok(key) => parts
                .nodes
                .find(key, parts.hash(key), false)
                .map_or(Value::Nil, |slot| parts.nodes.value(slot)),
            Err(_) => Value::Nil,
        }
    }

    /// The value of an integer key.
    #[inline(always)]
    pub fn get_integer(self, key: i64) -> Value<'gc> {
        let parts = self.parts();
        match parts.array.index_of(key) {
            Some(index) => parts.array.at(index),
            None => parts.get_integer_node(key),
        }
    }

    /// The value of a string key.
    #[inline]
    pub fn get_string(self, key: LuaString<'gc>) -> Value<'gc> {
        if key.is_short() { self.get_short(key) } else { self.get_other(Value::String(key)) }
    }

    /// The value of a positional key, if the array part has room for it.
    #[inline(always)]
    pub fn get_positional(self, key: i64) -> Option<Value<'gc>> {
        let array = &self.parts().array;
        array.index_of(key).map(|index| array.at(index))
    }

    /// The value of a key that is not in the array part, nor a short string: [`get`](Self::get), out
    /// of line.
    #[inline(never)]
    pub fn get_beyond(self, key: Value<'gc>) -> Value<'gc> {
        match key {
            Value::Integer(key) => self.parts().get_integer_node(key),
            _ => self.get(key),
        }
    }

    /// The value of an integer key that is not in the array part.
    #[inline(always)]
    pub fn get_scattered(self, ctx: Context<'gc>, key: i64) -> Value<'gc> {
        let nodes = &self.parts().nodes;
        // The context's seed is at hand sooner than the part's own, which is the same.
        let hash = hash_integer(ctx.hash_seed(), key);
        nodes.find_integer(key, hash).map_or(Value::Nil, |slot| nodes.value(slot))
    }

    /// Sets an integer key that the hash part has a value for. Tells whether it did.
    #[inline(always)]
    pub fn try_set_scattered(self, ctx: Context<'gc>, key: i64, value: Value<'gc>) -> bool {
        if self.is_read_only() {
            return false;
        }
        let parts = self.parts_mut();
        match parts.nodes.find_integer(key, hash_integer(ctx.hash_seed(), key)) {
            Some(slot) if !parts.nodes.is_nil(slot) => {
                parts.nodes.set(slot, value);
                self.barrier(&ctx, value);
                true
            }
            _ => false,
        }
    }

    /// The value of a short string key.
    #[inline(always)]
    pub fn get_short(self, key: LuaString<'gc>) -> Value<'gc> {
        let nodes = &self.parts().nodes;
        nodes.find_short(key).map_or(Value::Nil, |slot| nodes.value(slot))
    }

    /// The value of a short string key, by way of an inline cache: a slot number that was right
    /// the last time.
    #[inline(always)]
    pub fn get_cached(self, key: LuaString<'gc>, cache: &impl SlotCache) -> Value<'gc> {
        let nodes = &self.parts().nodes;
        let guess = cache.guess();
        if nodes.holds_short(guess, key) {
            return nodes.value(guess);
        }
        match nodes.find_short(key) {
            Some(slot) => {
                cache.learn(slot);
                nodes.value(slot)
            }
            None => Value::Nil,
        }
    }

    /// Sets an integer key if that needs neither a metamethod nor growth. Tells whether it did.
    #[inline(always)]
    pub fn try_set_positional(self, mc: &Mutation<'gc>, key: i64, value: Value<'gc>) -> bool {
        let parts = self.parts_mut();
        if let Some(index) = parts.array.index_of(key) {
            if self.metatable().is_some() && (parts.array.is_nil_at(index) || self.is_read_only()) {
                return false;
            }
            parts.array.set_at(index, value);
            self.barrier(mc, value);
            return true;
        }
        if (key as u64).wrapping_sub(1) == u64::from(parts.array.len())
            && parts.array.has_room()
            && parts.nodes.is_empty()
            && self.metatable().is_none()
            && !value.is_nil()
        {
            parts.array.push(value);
            self.barrier(mc, value);
            return true;
        }
        false
    }

    /// Sets a short string key by way of an inline cache if that needs neither a metamethod nor
    /// growth. Tells whether it did.
    #[inline(always)]
    pub fn try_set_cached(
        self,
        mc: &Mutation<'gc>,
        key: LuaString<'gc>,
        value: Value<'gc>,
        cache: &impl SlotCache,
    ) -> bool {
        let nodes = &mut self.parts_mut().nodes;
        let mut slot = cache.guess();
        if !nodes.holds_short(slot, key) {
            match nodes.find_short(key) {
                Some(found) => slot = found,
                None if self.metatable().is_none() && nodes.insert_at_home(key, value) => {
                    self.notes().absent.set(0);
                    self.barrier(mc, Value::String(key));
                    self.barrier(mc, value);
                    return true;
                }
                None => return false,
            }
            cache.learn(slot);
        }
        if nodes.is_nil(slot) {
            if self.metatable().is_some() {
                return false;
            }
            self.notes().absent.set(0);
            self.barrier(mc, Value::String(key));
        } else if self.is_read_only() {
            return false;
        }
        nodes.set(slot, value);
        self.barrier(mc, value);
        true
    }

    /// Sets a short string key that is there already if that needs no metamethod. Tells whether it
    /// did.
    #[inline(always)]
    pub fn try_set_short(self, mc: &Mutation<'gc>, key: LuaString<'gc>, value: Value<'gc>) -> bool {
        if self.is_read_only() {
            return false;
        }
        let nodes = &mut self.parts_mut().nodes;
        match nodes.find_short(key) {
            Some(slot) if !nodes.is_nil(slot) => {
                nodes.set(slot, value);
                self.barrier(mc, value);
                true
            }
            _ => false,
        }
    }

    #[inline(always)]
    fn barrier(self, mc: &Mutation<'gc>, value: Value<'gc>) {
        if let Some(child) = value.as_gc() {
            mc.backward_barrier(self.erase(), Some(child));
        }
    }

    /// Sets a key without metamethods.
    ///
    /// # Errors
    /// The key is nil or not a number, or the table cannot grow, or is read-only.
    pub fn set(
        self,
        ctx: Context<'gc>,
        key: Value<'gc>,
        value: Value<'gc>,
    ) -> Result<(), InvalidKey> {
        let key = normalized(key)?;
        if let Value::Integer(i) = key {
            return self.set_integer(ctx, i, value);
        }
        self.check_writable()?;
        let parts = self.parts_mut();
        let hash = hash(ctx.hash_seed(), key);
        let place = match key {
            Value::String(s) if s.is_short() => parts.nodes.find_short(s),
            _ => parts.nodes.find(key, hash, false),
        };
        self.set_at(ctx, place, key, hash, value)
    }

    #[inline]
    fn check_writable(self) -> Result<(), InvalidKey> {
        if self.is_read_only() { Err(InvalidKey::ReadOnly) } else { Ok(()) }
    }

    /// Sets an integer key without metamethods.
    ///
    /// # Errors
    /// The table cannot grow, or is read-only.
    #[inline]
    pub fn set_integer(
        self,
        ctx: Context<'gc>,
        key: i64,
        value: Value<'gc>,
    ) -> Result<(), InvalidKey> {
        self.check_writable()?;
        let parts = self.parts_mut();
        let index = (key as u64).wrapping_sub(1);
        let len = u64::from(parts.array.len());
        if index < len {
            parts.array.set(index as u32, value);
            self.barrier(&ctx, value);
            return Ok(());
        }
        if index == len
            && !value.is_nil()
            && !parts.is_in_nodes(key)
            && parts.make_room_to_append()?
        {
            parts.array.push(value);
            self.barrier(&ctx, value);
            parts.adopt_following(key);
            return Ok(());
        }
        let hash = hash_integer(ctx.hash_seed(), key);
        let place = parts.nodes.find_integer(key, hash);
        self.set_at(ctx, place, Value::Integer(key), hash, value)
    }

    /// Appends positional items of a constructor, those behind key `last`, as far as room was reserved for
    /// them in the array part and nothing else is in question. Tells how many.
    pub fn append(self, mc: &Mutation<'gc>, last: i64, values: &[Value<'gc>]) -> usize {
        let parts = self.parts_mut();
        let array = &mut parts.array;
        let room = (array.capacity() - array.len()) as usize;
        if last != i64::from(array.len()) || !parts.nodes.is_empty() {
            return 0;
        }
        let count = values.len().min(room);
        for &value in &values[..count] {
            array.push(value);
            self.barrier(mc, value);
        }
        count
    }

    /// Sets a positional item of a constructor: into the array part if room was reserved for it,
    /// even if it is nil.
    ///
    /// # Errors
    /// The table cannot grow.
    pub fn append_or_set(
        self,
        ctx: Context<'gc>,
        key: i64,
        value: Value<'gc>,
    ) -> Result<(), InvalidKey> {
        let parts = self.parts_mut();
        let array = &mut parts.array;
        if key == i64::from(array.len()) + 1 && array.len() < array.capacity() {
            array.push(value);
            self.barrier(&ctx, value);
            // Nothing goes through a table that is only being made, so that the key may move.
            parts.remove_from_nodes(key);
            return Ok(());
        }
        self.set_integer(ctx, key, value)
    }

    #[inline]
    fn set_at(
        self,
        ctx: Context<'gc>,
        place: Place,
        key: Value<'gc>,
        hash: u32,
        value: Value<'gc>,
    ) -> Result<(), InvalidKey> {
        let parts = self.parts_mut();
        match place {
            Some(slot) => parts.nodes.set(slot, value),
            None if value.is_nil() => return Ok(()),
            None => parts.insert(ctx, key, hash, value)?,
        }
        self.notes().absent.set(0);
        self.barrier(&ctx, key);
        self.barrier(&ctx, value);
        Ok(())
    }

    /// Sets a string key without metamethods; a name for hosts and libraries that build tables. The
    /// memory limit does not count here, since there is nobody to tell, nor does that the table is
    /// read-only for scripts.
    pub fn set_field(self, ctx: Context<'gc>, name: &str, value: Value<'gc>) {
        let key = Value::String(ctx.intern(name.as_bytes()));
        let is_read_only = self.notes().set(Mark::ReadOnly, false);
        let set = account::beyond_limit(|| self.set(ctx, key, value));
        self.notes().set(Mark::ReadOnly, is_read_only);
        set.expect("a string is a valid key, and the process has some memory left");
    }

    /// The value of a string key, without metamethods.
    pub fn get_field(self, ctx: Context<'gc>, name: &str) -> Value<'gc> {
        self.get_string(ctx.intern(name.as_bytes()))
    }

    /// Makes room for a total of `count` values of the array part.
    ///
    /// # Errors
    /// When there is not that much memory.
    pub fn reserve_array(self, count: u32) -> Result<(), InvalidKey> {
        self.check_writable()?;
        let parts = self.parts_mut();
        if count > parts.array.capacity() && !parts.array.resize(parts.array.len(), count) {
            return Err(InvalidKey::Memory);
        }
        Ok(())
    }

    /// How many items the array part has, of which some may be nil.
    pub fn array_len(self) -> usize {
        self.parts().array.len() as usize
    }

    /// The length, if the end of the array part is a border that is easily found.
    #[inline(always)]
    pub fn quick_length(self) -> Option<i64> {
        let parts = self.parts_mut();
        let len = parts.array.len();
        if len == 0 || !parts.nodes.is_empty() {
            return None;
        }
        let border = parts.array.border();
        let is_near = border == len || border + 1 == len;
        if is_near
            && !parts.array.is_nil(len - 1)
            && (border == 0 || !parts.array.is_nil(border - 1))
        {
            parts.array.set_border(len);
            return Some(i64::from(len));
        }
        None
    }

    /// A border: an integer `n` such that key `n` is present (or `n` is 0) and key `n + 1` is not.
    #[inline]
    pub fn length(self) -> i64 {
        let parts = self.parts_mut();
        let len = parts.array.len();
        if let Some(border) = parts.border_in_array() {
            return i64::from(border);
        }
        if parts.nodes.is_empty() { i64::from(len) } else { parts.border_beyond(len) }
    }

    /// The entry after `key` (the first, for nil) in an order that stays the same until a new key
    /// is put in.
    ///
    /// # Errors
    /// The key is not in the table.
    pub fn next(self, key: Value<'gc>) -> Result<Option<(Value<'gc>, Value<'gc>)>, InvalidKey> {
        let position = self.parts().position_after(key)?;
        Ok(self.entry_from(position).map(|(_, key, value)| (key, value)))
    }

    /// The same, but it gives up when nothing is near.
    ///
    /// # Errors
    /// The key is not in the table.
    #[inline]
    pub fn next_near(self, key: Value<'gc>) -> Result<Near<'gc>, InvalidKey> {
        let position = self.parts().position_after(key)?;
        Ok(self.entry_near(position))
    }

    /// The first entry at a position (0 at first) or behind it, with the position behind it: a way
    /// through the table that looks no key up. A new key may move the others.
    #[inline]
    pub fn entry_from(self, mut position: u64) -> Option<(u64, Value<'gc>, Value<'gc>)> {
        loop {
            match self.entry_near(position) {
                Near::Entry(position, key, value) => return Some((position, key, value)),
                Near::End => return None,
                Near::Nothing(next) => position = next,
            }
        }
    }

    /// The same, but it gives up when many slots have been passed in which there is nothing.
    #[inline]
    pub fn entry_near(self, mut position: u64) -> Near<'gc> {
        let parts = self.parts();
        let len = u64::from(parts.array.len());
        let end = len.min(position.saturating_add(MANY_SLOTS));
        while position < end {
            let value = parts.array.get(position as u32);
            position += 1;
            if !value.is_nil() {
                return Near::Entry(position, Value::Integer(position as i64), value);
            }
        }
        if position < len {
            return Near::Nothing(parts.pass_items(position as u32).into());
        }
        let first = position - len;
        let size = u64::from(parts.nodes.size());
        let end = size.min(first.saturating_add(PASSED_SLOTS));
        let mut slot = first;
        let mut near = if end < size { Near::Nothing(len + end) } else { Near::End };
        while slot < end {
            let node = slot as u32;
            slot += 1;
            if !parts.nodes.is_nil(node) {
                near = Near::Entry(len + slot, parts.nodes.key(node), parts.nodes.value(node));
                break;
            }
        }
        // Slots that were cleared are gone through every time.
        if slot - first > MANY_SLOTS {
            account::looked_at((slot - first) as usize * SLOT_WORK);
        }
        near
    }

    /// How many slots the array part and the hash part have.
    #[inline]
    pub fn sizes(self) -> (usize, usize) {
        let parts = self.parts();
        (parts.array.len() as usize, parts.nodes.size() as usize)
    }
}

/// What the collection driver does with weak tables.
impl<'gc> Table<'gc> {
    /// What the addresses of tables are multiples of.
    pub(crate) const ALIGNMENT: usize = align_of::<TableData<'_>>();

    /// The table that `weak` remembered.
    ///
    /// # Safety
    /// `address` must have been remembered by the current cycle of the arena of `'gc`, so that the
    /// table is marked and cannot have been freed.
    pub(crate) unsafe fn from_address(address: usize) -> Self {
        // SAFETY: the caller's promise; the address was made from a reference to a `TableData`
        // that the collector was tracing, so it is the pointer of a `Gc`.
        Table(unsafe { Gc::from_ptr(std::ptr::with_exposed_provenance(address)) })
    }

    /// Marks the values whose weak keys are alive. Tells whether there were any that had not been.
    pub(crate) fn mark_ephemerons(self, fc: &Finalization<'gc>) -> bool {
        let nodes = &self.parts().nodes;
        account::looked_at(nodes.size() as usize * 2 * SLOT_WORK);
        account::went_through(nodes.size() as usize);
        let mut marked = false;
        for slot in 0..nodes.size() {
            if nodes.is_nil(slot) || is_dead(fc, nodes.key(slot)) {
                continue;
            }
            let value = nodes.value(slot);
            if is_dead(fc, value)
                && let Some(object) = value.as_gc()
            {
                Gc::resurrect(fc, object);
                marked = true;
                self.mark_chain(fc, value);
            }
        }
        marked
    }

    /// Marks the values of a chain in which each is the key of the next one: it would take a pass for
    /// each otherwise.
    fn mark_chain(self, fc: &Finalization<'gc>, mut key: Value<'gc>) {
        while !matches!(key, Value::String(_)) {
            let value = self.get(key);
            match value.as_gc() {
                Some(object) if is_dead(fc, value) => Gc::resurrect(fc, object),
                _ => break,
            }
            key = value;
        }
    }

    /// Clears the entries with dead values.
    pub(crate) fn clear_dead_values(self, fc: &Finalization<'gc>) {
        let parts = self.parts_mut();
        account::looked_at((parts.array.len() + parts.nodes.size()) as usize * SLOT_WORK);
        for index in 0..parts.array.len() {
            if is_dead(fc, parts.array.get(index)) {
                parts.array.set(index, Value::Nil);
            }
        }
        for slot in 0..parts.nodes.size() {
            if !parts.nodes.is_nil(slot) && is_dead(fc, parts.nodes.value(slot)) {
                parts.nodes.set(slot, Value::Nil);
                parts.nodes.bury(slot);
            }
        }
    }

    /// Clears the entries with dead keys.
    pub(crate) fn clear_dead_keys(self, fc: &Finalization<'gc>) {
        let nodes = &mut self.parts_mut().nodes;
        account::looked_at(nodes.size() as usize * SLOT_WORK);
        for slot in 0..nodes.size() {
            if !nodes.is_nil(slot) && is_dead(fc, nodes.key(slot)) {
                nodes.set(slot, Value::Nil);
                nodes.bury(slot);
            }
        }
    }
}

fn is_dead<'gc>(fc: &Finalization<'gc>, value: Value<'gc>) -> bool {
    !is_held(value) && value.as_gc().is_some_and(|object| Gc::is_dead(fc, object))
}

impl<'gc> TableData<'gc> {
    /// How weak the table is, as its metatable's `__mode` says.
    fn weak_mode(&self) -> Option<WeakMode> {
        let metatable = self.metatable.get()?;
        let bit = Metamethod::Mode.absence_bit().unwrap_or(0);
        if metatable.notes().absent.get() & bit != 0 {
            return None;
        }
        // There is no context here to ask for the interned name, so the key is looked for by its
        // bytes; the hash needs only the seed.
        let parts = metatable.parts();
        let hash = crate::string::hash_bytes(b"__mode", parts.nodes.seed());
        let Value::String(mode) = parts.nodes.find_bytes(b"__mode", hash) else {
            let absent = &metatable.notes().absent;
            absent.set(absent.get() | bit);
            return None;
        };
        let mode = mode.as_bytes();
        match (mode.contains(&b'k'), mode.contains(&b'v')) {
            (true, true) => Some(WeakMode::Both),
            (true, false) => Some(WeakMode::Keys),
            (false, true) => Some(WeakMode::Values),
            (false, false) => None,
        }
    }
}

impl<'gc> Parts<'gc> {
    /// Where the array part may have something again, from an index on, or how far no further has been
    /// looked for it.
    #[cold]
    #[inline(never)]
    fn pass_items(&self, from: u32) -> u32 {
        let end = self.array.len().min(from.saturating_add(PASSED_ITEMS));
        let mut index = from;
        while index < end {
            let next = end.min(index + ITEMS_AT_ONCE);
            if !self.array.are_nil(index, next) {
                break;
            }
            index = next;
        }
        account::looked_at(((index - from) / ITEMS_AT_ONCE + 1) as usize * ITEMS_WORK);
        index
    }

    #[inline(always)]
    fn hash_integer(&self, key: i64) -> u32 {
        hash_integer(self.nodes.seed(), key)
    }

    fn hash(&self, key: Value<'gc>) -> u32 {
        if self.nodes.has_hashes() { hash(self.nodes.seed(), key) } else { 0 }
    }

    #[inline(always)]
    fn get_integer_node(&self, key: i64) -> Value<'gc> {
        if self.nodes.is_empty() {
            return Value::Nil;
        }
        let hash = self.hash_integer(key);
        self.nodes.find_integer(key, hash).map_or(Value::Nil, |slot| self.nodes.value(slot))
    }

    /// Makes room for one more value at the end of the array part, if it should grow there.
    fn make_room_to_append(&mut self) -> Result<bool, InvalidKey> {
        let (len, capacity) = (self.array.len(), self.array.capacity());
        if len < capacity {
            return Ok(true);
        }
        // A queue leaves nothing behind its head: such a part must not grow for ever.
        if len > 4 && self.array.count(0, len) < len / 2 {
            return Ok(false);
        }
        let wanted = if len < 4 { 4 } else { len.checked_mul(2).ok_or(InvalidKey::Overflow)? };
        account::looked_at(len as usize * GROWTH_WORK);
        account::went_through(len as usize);
        if self.array.resize(len, wanted) { Ok(true) } else { Err(InvalidKey::Memory) }
    }

    /// Moves the values of the keys after `key` from the hash part to the end of the array part.
    fn adopt_following(&mut self, mut key: i64) {
        while !self.nodes.is_empty() {
            key += 1;
            let hash = self.hash_integer(key);
            let Some(slot) = self.nodes.find_integer(key, hash) else { return };
            let value = self.nodes.value(slot);
            if value.is_nil() || !matches!(self.make_room_to_append(), Ok(true)) {
                return;
            }
            self.nodes.set(slot, Value::Nil);
            self.array.push(value);
        }
    }

    /// Puts in a key that is not there, rehashing if there is no room.
    fn insert(
        &mut self,
        ctx: Context<'gc>,
        key: Value<'gc>,
        hash: u32,
        value: Value<'gc>,
    ) -> Result<(), InvalidKey> {
        if self.nodes.size() > FAR_ENTRIES {
            account::looked_far(FAR_WORK);
        }
        if self.insert_node(key, hash, value) {
            return Ok(());
        }
        self.rehash(key, ctx.hash_seed())?;
        if let Value::Integer(i) = key
            && let index = (i as u64).wrapping_sub(1)
            && index < u64::from(self.array.len())
        {
            self.array.set(index as u32, value);
            return Ok(());
        }
        let hash = self.hash(key);
        if self.insert_node(key, hash, value) { Ok(()) } else { Err(InvalidKey::Overflow) }
    }

    #[inline]
    fn insert_node(&mut self, key: Value<'gc>, key_hash: u32, value: Value<'gc>) -> bool {
        let seed = self.nodes.seed();
        self.nodes.insert(key, key_hash, value, |other| hash(seed, other))
    }

    /// Chooses new sizes so that more than half of the array part is in use and `extra` has room,
    /// and moves everything to where it then belongs.
    fn rehash(&mut self, extra: Value<'gc>, seed: u32) -> Result<(), InvalidKey> {
        // `counts[b]` is the number of integer keys in (2^(b-1), 2^b].
        let mut counts = [0_u32; 33];
        let mut count_key = |key: Value<'gc>| match key {
            Value::Integer(i) if (1..=1 << 32).contains(&i) => {
                counts[(64 - (i as u64 - 1).leading_zeros()) as usize] += 1;
            }
            _ => {}
        };
        let mut total = 1;
        count_key(extra);
        let len = self.array.len();
        for index in 0..len {
            if !self.array.is_nil(index) {
                count_key(Value::Integer(i64::from(index) + 1));
                total += 1;
            }
        }
        let mut deleted = false;
        for slot in 0..self.nodes.size() {
            if self.nodes.is_nil(slot) {
                deleted |= self.nodes.was_used(slot);
            } else {
                count_key(self.nodes.key(slot));
                total += 1;
            }
        }
        account::looked_at(total as usize * REHASH_WORK);
        account::went_through(total as usize);
        let (array_len, in_array) = best_array_size(&counts);
        // Values that no longer belong to the array part go to the new hash part.
        let moved: Vec<(i64, Value<'gc>)> = (array_len..len)
            .map(|index| (i64::from(index) + 1, self.array.get(index)))
            .filter(|(_, value)| !value.is_nil())
            .collect();
        let mut in_nodes = total - in_array;
        if deleted {
            // Keys come and go: some room to spare, or every few insertions would rehash.
            in_nodes += in_nodes / 4;
        }
        let nodes = self.nodes.with_room(in_nodes, seed).ok_or(InvalidKey::Memory)?;
        let capacity = if array_len == len { self.array.capacity() } else { array_len };
        if !self.array.resize(array_len, capacity) {
            return Err(InvalidKey::Memory);
        }
        let old = std::mem::replace(&mut self.nodes, nodes);
        for (key, value) in moved {
            let hash = self.hash_integer(key);
            if !self.insert_node(Value::Integer(key), hash, value) {
                return Err(InvalidKey::Overflow);
            }
        }
        /// So many keys are hashed before they are put in: what is read for it may be far away, and is waited
        /// for together.
        const BATCH: usize = 16;
        let mut batch = [(0, 0); BATCH];
        let mut end = old.size();
        while end > 0 {
            let mut count = 0;
            while end > 0 && count < BATCH {
                end -= 1;
                if !old.is_nil(end) {
                    let hash = old.hash_for(end, &self.nodes);
                    batch[count] = (end, hash.unwrap_or_else(|| self.hash(old.key(end))));
                    count += 1;
                }
            }
            for &(slot, hash) in &batch[..count] {
                let (key, value) = (old.key(slot), old.value(slot));
                if let Value::Integer(i) = key
                    && let index = (i as u64).wrapping_sub(1)
                    && index < u64::from(array_len)
                {
                    self.array.set(index as u32, value);
                } else if !self.insert_node(key, hash, value) {
                    return Err(InvalidKey::Overflow);
                }
            }
        }
        Ok(())
    }

    /// A border within the array part, or `None` when there is one at its end or beyond. As PUC-Rio's
    /// `luaH_getn`, it looks near the border that was found the last time, then between that and
    /// the end.
    fn border_in_array(&mut self) -> Option<u32> {
        const NEAR: u32 = 4;
        let len = self.array.len();
        if len == 0 {
            return None;
        }
        let is_nil = |key: u32| self.array.is_nil(key - 1);
        let mut present = self.array.border().clamp(1, len);
        let mut absent;
        if is_nil(present) {
            absent = present;
            present = 0;
            // Popping moves the border down by one: look there first.
            for key in (absent.saturating_sub(NEAR).max(1)..absent).rev() {
                if !is_nil(key) {
                    present = key;
                    break;
                }
                absent = key;
            }
        } else {
            absent = 0;
            for key in present + 1..=(present + NEAR).min(len) {
                if is_nil(key) {
                    absent = key;
                    break;
                }
                present = key;
            }
            if absent == 0 {
                if !is_nil(len) {
                    self.array.set_border(len);
                    return None;
                }
                absent = len;
            }
        }
        while absent - present > 1 {
            let middle = present + (absent - present) / 2;
            if is_nil(middle) {
                absent = middle;
            } else {
                present = middle;
            }
        }
        self.array.set_border(present);
        Some(present)
    }

    /// Whether the hash part has a value for an integer key.
    #[inline]
    fn is_in_nodes(&self, key: i64) -> bool {
        !self.nodes.is_empty() && !self.get_integer_node(key).is_nil()
    }

    /// Takes an integer key's value out of the hash part.
    #[inline]
    fn remove_from_nodes(&mut self, key: i64) {
        if !self.nodes.is_empty()
            && let Some(slot) = self.nodes.find_integer(key, self.hash_integer(key))
        {
            self.nodes.set(slot, Value::Nil);
        }
    }

    /// A border at or beyond the end of the array part, as PUC-Rio's `hash_search`.
    fn border_beyond(&self, len: u32) -> i64 {
        let is_nil = |key: i64| self.get_integer_node(key).is_nil();
        let mut present = i64::from(len);
        if is_nil(present + 1) {
            return present;
        }
        let mut absent = present + 1;
        loop {
            present = absent;
            absent = match absent.checked_mul(2) {
                Some(double) => double,
                None if !is_nil(i64::MAX) => return i64::MAX,
                None => i64::MAX,
            };
            if is_nil(absent) {
                break;
            }
        }
        while absent - present > 1 {
            let middle = present + (absent - present) / 2;
            if is_nil(middle) {
                absent = middle;
            } else {
                present = middle;
            }
        }
        present
    }

    /// The traversal position after a key: array indices first, then slots.
    fn position_after(&self, key: Value<'gc>) -> Result<u64, InvalidKey> {
        if key.is_nil() {
            return Ok(0);
        }
        let key = normalized(key).map_err(|_| InvalidKey::NotFound)?;
        let len = u64::from(self.array.len());
        if let Value::Integer(i) = key
            && let index = (i as u64).wrapping_sub(1)
            && index < len
        {
            return Ok(index + 1);
        }
        match self.nodes.find(key, self.hash(key), true) {
            Some(slot) => Ok(len + u64::from(slot) + 1),
            None => Err(InvalidKey::NotFound),
        }
    }
}

/// A seeded hash of one word: a folded multiplication, so that all its bits count.
#[inline(always)]
fn hash_word(seed: u32, word: u64) -> u32 {
    let seed = u64::from(seed) | u64::from(seed) << 32;
    let wide = u128::from(word ^ seed) * u128::from(0x9E37_79B9_7F4A_7C15_u64);
    (wide as u64 ^ (wide >> 64) as u64) as u32
}

/// How many integers in a row are neighbours in a hash part: their nodes take a few cache lines.
const NEIGHBOURS: u32 = 16;

/// A seeded hash of an integer, or of an object's number. Those in a row, which often come together, become
/// neighbours in a hash part, too, as their last bits tell them apart.
#[inline(always)]
fn hash_integer(seed: u32, integer: i64) -> u32 {
    let word = integer as u64;
    hash_word(seed, word / u64::from(NEIGHBOURS)) ^ (word as u32 % NEIGHBOURS)
}

/// The hash of a key, which is normalized.
fn hash(seed: u32, key: Value<'_>) -> u32 {
    match key {
        Value::String(s) => s.hash(seed),
        Value::Integer(i) => hash_integer(seed, i),
        Value::Float(x) => hash_word(seed, x.get().to_bits()),
        Value::Table(t) => hash_integer(seed, t.id().into()),
        Value::Closure(c) => hash_integer(seed, c.id().into()),
        Value::Callback(c) => hash_integer(seed, c.id().into()),
        Value::UserData(u) => hash_integer(seed, u.id().into()),
        Value::Thread(t) => hash_integer(seed, t.id().into()),
        Value::False => 1,
        Value::True => 2,
        Value::Nil | Value::Cell(_) => 0,
    }
}

/// The largest array part of which more than half would be in use, and how many keys go there.
fn best_array_size(counts: &[u32; 33]) -> (u32, u32) {
    let (mut size, mut in_array, mut seen) = (0, 0, 0_u32);
    for (bits, &count) in counts.iter().enumerate().take(32) {
        seen += count;
        if u64::from(seen) > (1_u64 << bits) / 2 {
            (size, in_array) = (1 << bits, seen);
        }
    }
    (size, in_array)
}

/// A key as tables hold it: floats with an integer value as that integer.
#[inline]
fn normalized(key: Value<'_>) -> Result<Value<'_>, InvalidKey> {
    match key {
        Value::Nil | Value::Cell(_) => Err(InvalidKey::Nil),
        Value::Float(x) => match float_to_integer_exact(x.get()) {
            Some(i) => Ok(Value::Integer(i)),
            None if x.get().is_nan() => Err(InvalidKey::NaN),
            None => Ok(key),
        },
        _ => Ok(key),
    }
}

impl PartialEq for Table<'_> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }
}

impl Eq for Table<'_> {}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table: {:p}", Gc::as_ptr(self.0))
    }
}
