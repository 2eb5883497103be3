//! Strings: bytes inline or in a box, and the interner that holds them weakly.

use luster_value::{MAX_SHORT, Value};

use crate::arena::{Values, keep, kept};

#[test]
fn strings_of_every_length_give_their_bytes_back() {
    let mut values = Values::new();
    let text: Vec<u8> = (0..=255).cycle().take(3 * MAX_SHORT).map(|byte: u8| byte ^ 0x5A).collect();
    values.enter(|ctx| {
        let table = keep(ctx, "strings", luster_value::Table::new(ctx));
        for len in 0..=text.len() {
            let string = ctx.intern(&text[..len]);
            assert_eq!(string.as_bytes(), &text[..len]);
            assert_eq!((string.len(), string.is_short()), (len, len <= MAX_SHORT));
            assert_eq!(string, ctx.intern_owned(text[..len].to_vec()));
            table.set_integer(&ctx, len as i64, Value::String(string)).expect("a valid key");
            table
                .set(&ctx, Value::String(string), Value::Integer(len as i64))
                .expect("a valid key");
        }
    });
    values.collect();
    values.enter(|ctx| {
        let table = kept(ctx, "strings");
        for len in 0..=text.len() {
            let Value::String(string) = table.get_integer(len as i64) else { panic!("{len}") };
            assert_eq!(string.as_bytes(), &text[..len]);
            // As a key it is found by another string with the same bytes.
            let other = ctx.string(&text[..len]);
            assert!(table.get(other).raw_equal(Value::Integer(len as i64)), "{len}");
        }
    });
}

#[test]
fn dead_strings_leave_the_interner_and_come_back_as_new_ones() {
    let mut values = Values::new();
    let before = values.enter(|ctx| ctx.interned_strings());
    for round in 0..3 {
        values.enter(|ctx| {
            let table = keep(ctx, "strings", luster_value::Table::new(ctx));
            for number in 0..500 {
                let kept = ctx.string(format!("kept {number}"));
                table.set_integer(&ctx, number, kept).expect("a valid key");
                ctx.intern(format!("dropped {number} {round}").as_bytes());
            }
            assert!(ctx.interned_strings() >= before + 1000);
        });
        values.collect();
        values.enter(|ctx| {
            let count = ctx.interned_strings();
            assert!((before + 500..before + 510).contains(&count), "{count} of {before}");
            // What was kept is interned still: the same object is found.
            let Value::String(kept) = kept(ctx, "strings").get_integer(42) else { panic!("kept") };
            assert!(kept.same_object(ctx.intern(b"kept 42")));
        });
    }
    values.enter(|ctx| ctx.globals().set_field(ctx, "strings", Value::Nil));
    values.collect();
    assert!(values.enter(|ctx| ctx.interned_strings()) < before + 10);
}
