//! What is in a table, as the deserializer visits it: elements in their order, entries in the order of
//! the table or of their keys. Whether a table is a list is decided here.

use std::cmp::Ordering;

use luster_value::{Table, Value};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::fault::Fault;
use super::from_value::{Level, Reader, Shared};
use crate::error::Result;

/// The first key of a table that is none of a list of this length.
pub(super) fn stray_key<'gc>(table: Table<'gc>, length: i64) -> Option<Value<'gc>> {
    let mut position = 0;
    while let Some((next, key, _)) = table.entry_from(position) {
        position = next;
        if !matches!(key, Value::Integer(index) if (1..=length).contains(&index)) {
            return Some(key);
        }
    }
    None
}

/// Whether a table has the keys from 1 to this length, and nothing else.
pub(super) fn is_list(table: Table<'_>, length: i64) -> bool {
    length > 0
        && stray_key(table, length).is_none()
        && (1..=length).all(|index| !table.get_integer(index).is_nil())
}

/// The entries of a table in the order of their keys.
fn sorted_entries<'gc>(table: Table<'gc>) -> Vec<(Value<'gc>, Value<'gc>)> {
    fn rank(key: Value<'_>) -> u8 {
        match key {
            Value::False => 0,
            Value::True => 1,
            Value::Integer(_) | Value::Float(_) => 2,
            Value::String(_) => 3,
            _ => 4,
        }
    }
    fn order(a: Value<'_>, b: Value<'_>) -> Ordering {
        match (a, b) {
            (Value::Integer(a), Value::Integer(b)) => a.cmp(&b),
            (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
            _ => match (a.as_number(), b.as_number()) {
                // A float that no integer equals is larger than those that are rounded to it.
                (Some(left), Some(right)) => left
                    .to_float()
                    .total_cmp(&right.to_float())
                    .then_with(|| matches!(a, Value::Float(_)).cmp(&matches!(b, Value::Float(_)))),
                _ => rank(a).cmp(&rank(b)),
            },
        }
    }
    let mut entries = Vec::new();
    let mut position = 0;
    while let Some((next, key, value)) = table.entry_from(position) {
        position = next;
        entries.push((key, value));
    }
    entries.sort_by(|&(a, _), &(b, _)| order(a, b));
    entries
}

/// The elements of a list.
pub(super) struct Elements<'a, 'gc> {
    shared: &'a Shared<'a, 'gc>,
    level: &'a Level<'a, 'gc>,
    next: i64,
    length: i64,
}

impl<'a, 'gc> Elements<'a, 'gc> {
    pub(super) fn new(shared: &'a Shared<'a, 'gc>, level: &'a Level<'a, 'gc>, length: i64) -> Self {
        Elements { shared, level, next: 1, length }
    }
}

impl<'gc> SeqAccess<'gc> for Elements<'_, 'gc> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'gc>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let index = self.next;
        if index > self.length {
            return Ok(None);
        }
        self.next += 1;
        let value = self.level.table.get_integer(index);
        let reader = Reader { shared: self.shared, value, above: Some(self.level), is_key: false };
        seed.deserialize(reader).map(Some).map_err(|fault| fault.in_element(index))
    }

    fn size_hint(&self) -> Option<usize> {
        usize::try_from(self.length - self.next + 1).ok()
    }
}

/// The way through the entries of a table.
enum Walk<'gc> {
    At(u64),
    Sorted(std::vec::IntoIter<(Value<'gc>, Value<'gc>)>),
}

/// The entries of a table.
pub(super) struct Entries<'a, 'gc> {
    shared: &'a Shared<'a, 'gc>,
    level: &'a Level<'a, 'gc>,
    walk: Walk<'gc>,
    key: Value<'gc>,
    value: Value<'gc>,
}

impl<'a, 'gc> Entries<'a, 'gc> {
    pub(super) fn new(shared: &'a Shared<'a, 'gc>, level: &'a Level<'a, 'gc>) -> Self {
        let walk = if shared.options.sort_keys {
            Walk::Sorted(sorted_entries(level.table).into_iter())
        } else {
            Walk::At(0)
        };
        Entries { shared, level, walk, key: Value::Nil, value: Value::Nil }
    }

    fn reader(&self, value: Value<'gc>, is_key: bool) -> Reader<'a, 'gc> {
        Reader { shared: self.shared, value, above: Some(self.level), is_key }
    }

    /// Goes on to the next entry that is not left out.
    fn advance(&mut self) -> bool {
        loop {
            let entry = match &mut self.walk {
                Walk::At(position) => match self.level.table.entry_from(*position) {
                    Some((next, key, value)) => {
                        *position = next;
                        Some((key, value))
                    }
                    None => None,
                },
                Walk::Sorted(entries) => entries.next(),
            };
            let Some((key, value)) = entry else { return false };
            if !self.reader(key, true).is_left_out() && !self.reader(value, false).is_left_out() {
                (self.key, self.value) = (key, value);
                return true;
            }
        }
    }
}

impl<'gc> MapAccess<'gc> for Entries<'_, 'gc> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'gc>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        if !self.advance() {
            return Ok(None);
        }
        seed.deserialize(self.reader(self.key, true)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'gc>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.reader(self.value, false))
            .map_err(|fault| fault.at_key(self.shared.ctx, self.key))
    }
}
