//! Tables: both parts against a model, through growth, traversal and collections.

use std::collections::BTreeMap;

use luster_value::{Context, InvalidKey, Table, Value, account};

use crate::arena::{Values, keep, kept};

/// Numbers that look random and are the same in every run: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }
}

/// A key that the model can hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Integer(i64),
    Half(i64),
    Text(String),
    Boolean(bool),
}

impl Key {
    fn random(random: &mut Random, size: u64) -> Key {
        match random.below(8) {
            0..=3 => Key::Integer(random.below(size) as i64),
            4 => Key::Integer(random.below(9) as i64 * 0x0100_0000_0000_0000 - 5),
            5 => Key::Half(random.below(size) as i64),
            6 => Key::Boolean(random.below(2) == 0),
            // Some are too long to be interned.
            _ => {
                let number = random.below(size);
                let len = if number.is_multiple_of(3) { 50 } else { 1 };
                Key::Text(format!("{number:0>len$}"))
            }
        }
    }

    fn value<'gc>(&self, ctx: Context<'gc>) -> Value<'gc> {
        match self {
            Key::Integer(number) => Value::Integer(*number),
            Key::Half(number) => Value::float(*number as f64 + 0.5),
            Key::Text(text) => ctx.string(text),
            Key::Boolean(boolean) => Value::boolean(*boolean),
        }
    }
}

fn check<'gc>(ctx: Context<'gc>, table: Table<'gc>, model: &BTreeMap<Key, i64>) {
    for (key, expected) in model {
        let value = table.get(key.value(ctx));
        assert!(value.raw_equal(Value::Integer(*expected)), "{key:?}: {value:?}");
    }
    let mut count = 0;
    let mut key = Value::Nil;
    while let Some((next, value)) = table.next(key).expect("a key of the table") {
        assert!(!value.is_nil() && table.get(next).raw_equal(value));
        count += 1;
        key = next;
    }
    assert_eq!(count, model.len(), "as many entries as the model has");
    let has = |border: i64| model.contains_key(&Key::Integer(border));
    let border = table.length();
    assert!((border == 0 || has(border)) && !has(border + 1), "{border} is a border");
}

#[test]
fn tables_do_as_a_model_does() {
    for seed in 0..12 {
        let random = &mut Random(seed);
        let mut values = Values::new();
        let mut model = BTreeMap::new();
        values.enter(|ctx| {
            keep(ctx, "table", Table::new(ctx));
        });
        for _ in 0..12 {
            let size = 1 + random.below(200);
            let erases = random.below(3) == 0;
            values.enter(|ctx| {
                let table = kept(ctx, "table");
                for number in 0..150 {
                    let key = Key::random(random, size);
                    let is_erased = random.below(4) == 0 || erases;
                    if is_erased {
                        model.remove(&key);
                    } else {
                        model.insert(key.clone(), number);
                    }
                    let value = if is_erased { Value::Nil } else { Value::Integer(number) };
                    table.set(ctx, key.value(ctx), value).expect("a valid key");
                }
                check(ctx, table, &model);
            });
            // Keys of erased entries die, and others stay.
            values.collect();
            values.enter(|ctx| check(ctx, kept(ctx, "table"), &model));
        }
    }
}

#[test]
fn a_traversal_goes_on_from_a_key_that_died() {
    let mut values = Values::new();
    values.enter(|ctx| {
        let table = keep(ctx, "table", Table::new(ctx));
        for number in 0..40 {
            let key = Value::Table(Table::new(ctx));
            table.set(ctx, key, Value::Integer(number)).expect("a valid key");
        }
    });
    let mut visited = 0;
    let mut position = values.enter(|ctx| {
        let (key, _) = kept(ctx, "table").next(Value::Nil).expect("no key").expect("an entry");
        visited += 1;
        ctx.stash_value(key)
    });
    loop {
        // The entry is taken out, and nothing but the handle holds its key.
        values.enter(|ctx| {
            let key = ctx.fetch(&position).expect("a handle of this VM");
            kept(ctx, "table").set(ctx, key, Value::Nil).expect("a valid key");
        });
        values.collect();
        let next = values.enter(|ctx| {
            let key = ctx.fetch(&position).expect("a handle of this VM");
            let entry = kept(ctx, "table").next(key).expect("a key that is dead has its place");
            entry.map(|(key, _)| ctx.stash_value(key))
        });
        match next {
            Some(next) => position = next,
            None => break,
        }
        visited += 1;
    }
    assert_eq!(visited, 40);
}

#[test]
fn quick_ways_agree_with_the_others() {
    let values = Values::new();
    values.enter(|ctx| {
        let table = Table::with_room(ctx, 4, 0).expect("enough memory");
        assert!(table.try_set_positional(&ctx, 1, Value::Integer(1)), "there is room");
        assert!(table.try_set_positional(&ctx, 1, Value::Integer(10)), "it is there");
        for key in 2..=4 {
            table.append_or_set(ctx, key, Value::Integer(key * 10)).expect("a valid key");
        }
        table.set(ctx, Value::True, Value::True).expect("a valid key");
        table.set(ctx, Value::False, Value::Nil).expect("a valid key");
        assert!(!table.try_set_positional(&ctx, 6, Value::True), "it does not grow");
        let with_metatable = Table::with_room(ctx, 4, 0).expect("enough memory");
        with_metatable.append_or_set(ctx, 1, Value::True).expect("a valid key");
        with_metatable.append_or_set(ctx, 2, Value::Nil).expect("a valid key");
        with_metatable.set_metatable(&ctx, Some(table));
        assert!(with_metatable.try_set_positional(&ctx, 1, Value::False), "it is there");
        assert!(!with_metatable.try_set_positional(&ctx, 2, Value::True), "it is not");
        assert!(table.get_positional(5).is_none());
        assert!(table.get_positional(3).expect("it is there").raw_equal(Value::Integer(30)));

        table.set_integer(ctx, -7, Value::True).expect("a valid key");
        assert!(table.try_set_scattered(ctx, -7, Value::Integer(7)));
        assert!(!table.try_set_scattered(ctx, -8, Value::Integer(8)));
        assert!(table.get_scattered(ctx, -7).raw_equal(table.get_beyond(Value::Integer(-7))));

        let other = Table::with_room(ctx, 0, 8).expect("enough memory");
        let name = ctx.intern(b"name");
        let cache = std::cell::Cell::new(0_u8);
        assert!(other.get_cached(name, &cache).is_nil());
        assert!(!other.try_set_short(&ctx, name, Value::True), "it is not there");
        assert!(other.try_set_cached(&ctx, name, Value::Integer(1), &cache), "its place is free");
        assert!(other.try_set_short(&ctx, name, Value::Integer(2)));
        // A cache that has learnt something else is no more than a guess.
        for guess in 0..=255 {
            cache.set(guess);
            assert!(other.get_cached(name, &cache).raw_equal(Value::Integer(2)));
            cache.set(guess);
            assert!(other.try_set_cached(&ctx, name, Value::Integer(2), &cache));
        }
        assert!(other.get_short(name).raw_equal(other.get_string(name)));

        table.swap_contents(&ctx, other);
        assert_eq!((table.length(), other.length()), (0, 4));
        assert!(table.get_short(name).raw_equal(Value::Integer(2)));
        assert!(other.get_scattered(ctx, -7).raw_equal(Value::Integer(7)));
    });
}

#[test]
fn an_empty_hash_part_is_never_written() {
    let mut values = Values::new();
    values.enter(|ctx| {
        let table = keep(ctx, "table", Table::new(ctx));
        let cache = std::cell::Cell::new(0_u8);
        let name = ctx.intern(b"name");
        assert!(!table.try_set_cached(&ctx, name, Value::True, &cache));
        assert!(!table.try_set_short(&ctx, name, Value::True));
        assert!(!table.try_set_scattered(ctx, 1, Value::True));
        table.set(ctx, Value::True, Value::Nil).expect("a valid key");
        assert_eq!(table.set(ctx, Value::Nil, Value::True), Err(InvalidKey::Nil));
        assert_eq!(table.set(ctx, Value::float(f64::NAN), Value::True), Err(InvalidKey::NaN));
        assert!(matches!(table.next(Value::True), Err(InvalidKey::NotFound)));
    });
    values.collect();
    values.enter(|ctx| {
        assert!(kept(ctx, "table").next(Value::Nil).expect("no key").is_none());
        assert!(Table::new(ctx).get(Value::True).is_nil());
    });
}

#[test]
fn what_cannot_be_interrupted_is_counted() {
    let mut values = Values::new();
    values.enter(|ctx| {
        account::take_largest_table();
        let table = Table::new(ctx);
        for key in 1..=100 {
            table.set_integer(ctx, -key, Value::True).expect("a valid key");
        }
        assert_eq!(account::take_largest_table(), 0, "it is small");
        for key in 1..=5_000 {
            table.set_integer(ctx, -key, Value::True).expect("a valid key");
        }
        // The last time it was rehashed it had 4,096 entries, and got another one.
        assert_eq!(account::take_largest_table(), 4_097);
        keep(ctx, "large", table);
    });
    values.collect();
    assert_eq!(account::take_largest_table(), 8_192, "the places that are traced");
}
