//! Tables against a model: gets and sets of all kinds of keys, borders, traversals that clear what they
//! pass, swaps, and collections in between, through any number of rehashes.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use luster::Lua;
use luster::values::{Context, Table, Value};
use luster_fuzz::Input;

/// A key that the model can hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Integer(i64),
    /// A float that is no integer.
    Half(i32),
    Text(u8),
    /// Too long to be interned.
    LongText(u8),
    Boolean(bool),
}

impl Key {
    fn take(input: &mut Input<'_>) -> Key {
        let (kind, number) = (input.byte(), input.byte());
        match kind % 16 {
            0..=6 => Key::Integer(i64::from(number)),
            7 => Key::Integer(i64::from(number) - 128),
            8 => Key::Integer(i64::MAX - i64::from(number)),
            9 => Key::Integer(i64::from(number) << (kind / 16 * 4)),
            10 => Key::Half(i32::from(number) - 100),
            11..=13 => Key::Text(number),
            14 => Key::LongText(number),
            _ => Key::Boolean(number % 2 == 0),
        }
    }

    /// As a value; integers come as floats too, which are the same keys.
    fn value<'gc>(&self, ctx: Context<'gc>, as_float: bool) -> Value<'gc> {
        match *self {
            Key::Integer(number)
                if as_float && number as f64 as i64 == number && number != i64::MAX =>
            {
                Value::float(number as f64)
            }
            Key::Integer(number) => Value::Integer(number),
            Key::Half(number) => Value::float(f64::from(number) + 0.5),
            Key::Text(number) => ctx.string(format!("k{number}")),
            Key::LongText(number) => ctx.string(format!("{number:>60}")),
            Key::Boolean(boolean) => Value::boolean(boolean),
        }
    }
}

type Model = BTreeMap<Key, i64>;

fn global<'gc>(ctx: Context<'gc>, name: &str) -> Table<'gc> {
    match ctx.globals().get_field(ctx, name) {
        Value::Table(table) => table,
        _ => {
            let table = Table::new(ctx);
            ctx.globals().set_field(ctx, name, Value::Table(table));
            table
        }
    }
}

fn check<'gc>(ctx: Context<'gc>, table: Table<'gc>, model: &Model) {
    for (key, expected) in model {
        let value = table.get(key.value(ctx, false));
        assert!(value.raw_equal(Value::Integer(*expected)), "{key:?}: {value:?}");
    }
    let (mut count, mut key) = (0, Value::Nil);
    while let Some((next, value)) = table.next(key).expect("a key of the table") {
        assert!(!value.is_nil() && table.get(next).raw_equal(value));
        count += 1;
        key = next;
    }
    assert_eq!(count, model.len(), "as many entries as the model has");
    check_border(table, model);
}

fn check_border(table: Table<'_>, model: &Model) {
    let has = |border: i64| model.contains_key(&Key::Integer(border));
    let border = table.length();
    assert!(border == 0 || has(border), "{border} is there");
    assert!(border == i64::MAX || !has(border + 1), "{border} is a border");
    if let Some(quick) = table.quick_length() {
        assert!(has(quick) && !has(quick + 1), "{quick} is a border");
    }
}

/// Goes through a table and clears some of what it passes.
fn clear_some<'gc>(ctx: Context<'gc>, table: Table<'gc>, model: &mut Model, which: i64) {
    let mut kept = 0;
    let mut key = Value::Nil;
    while let Some((next, value)) = table.next(key).expect("a key of the table") {
        let Value::Integer(number) = value else { panic!("the model's values are integers") };
        if number % 5 == which % 5 {
            table.set(ctx, next, Value::Nil).expect("a key that is there");
        } else {
            kept += 1;
        }
        key = next;
    }
    model.retain(|_, number| *number % 5 != which % 5);
    assert_eq!(kept, model.len(), "a traversal passes each entry once");
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let lua = Lua::builder().seed(u64::from(input.byte())).libraries([]).build();
    let mut models = [Model::new(), Model::new()];
    let mut number = 0;
    let mut turns = 0;
    while !input.is_empty() && turns < 2000 {
        turns += 1;
        let op = input.byte();
        if op % 32 == 31 {
            lua.collect_garbage();
            continue;
        }
        lua.enter(|ctx| {
            let which = usize::from(op >> 7);
            let table = global(ctx, ["first", "second"][which]);
            match op % 32 {
                0..=11 => {
                    let key = Key::take(&mut input);
                    number += 1;
                    let value = Value::Integer(number);
                    table.set(ctx, key.value(ctx, op % 2 == 0), value).expect("a valid key");
                    models[which].insert(key, number);
                }
                12..=15 => {
                    let key = Key::take(&mut input);
                    table.set(ctx, key.value(ctx, op % 2 == 0), Value::Nil).expect("a valid key");
                    models[which].remove(&key);
                }
                16..=18 => {
                    let key = Key::take(&mut input);
                    let value = table.get(key.value(ctx, op % 2 == 0));
                    match models[which].get(&key) {
                        Some(number) => assert!(value.raw_equal(Value::Integer(*number))),
                        None => assert!(value.is_nil(), "{key:?} is {value:?}"),
                    }
                }
                19..=22 => {
                    // As `t[#t + 1] = v` does, several times.
                    for _ in 0..=input.byte() % 16 {
                        let border = table.length();
                        if border == i64::MAX {
                            break;
                        }
                        number += 1;
                        let value = Value::Integer(number);
                        if !table.try_set_positional(&ctx, border + 1, value) {
                            table.set_integer(ctx, border + 1, value).expect("a valid key");
                        }
                        models[which].insert(Key::Integer(border + 1), number);
                    }
                }
                23 | 24 => {
                    // As `t[#t] = nil` does.
                    for _ in 0..=input.byte() % 16 {
                        let border = table.length();
                        if border > 0 {
                            table.set_integer(ctx, border, Value::Nil).expect("a valid key");
                            models[which].remove(&Key::Integer(border));
                        }
                    }
                }
                25 => check_border(table, &models[which]),
                26 => clear_some(ctx, table, &mut models[which], i64::from(input.byte())),
                27 => table.reserve_array(u32::from(input.byte())).expect("enough memory"),
                28 => {
                    table.swap_contents(&ctx, global(ctx, ["second", "first"][which]));
                    models.swap(0, 1);
                }
                _ => check(ctx, table, &models[which]),
            }
        });
    }
    lua.enter(|ctx| {
        check(ctx, global(ctx, "first"), &models[0]);
        check(ctx, global(ctx, "second"), &models[1]);
    });
});
