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
            table.set_integer(ctx, len as i64, Value::String(string)).expect("a valid key");
            table.set(ctx, Value::String(string), Value::Integer(len as i64)).expect("a valid key");
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
                table.set_integer(ctx, number, kept).expect("a valid key");
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

/// More strings than stand in one table.
const MANY: i64 = 60_000;

#[test]
fn strings_that_are_made_and_found_while_dead_ones_are_dropped_are_the_only_ones() {
    let mut values = Values::new();
    let name = |number: i64| format!("string {number}");
    values.enter(|ctx| {
        let table = keep(ctx, "strings", luster_value::Table::new(ctx));
        for number in 0..MANY {
            let string = ctx.string(name(number));
            // Every third stays.
            if number % 3 == 0 {
                table.set_integer(ctx, number, string).expect("a valid key");
            }
        }
    });
    // Between the steps, strings are asked for that are alive, that are dead, and that are new, and all
    // of them are kept from then on.
    let step = std::cell::Cell::new(0);
    values.collect_while(
        |ctx| {
            let table = kept(ctx, "strings");
            let first = step.replace(step.get() + 97) % MANY;
            for number in (first..first + 10).chain(MANY + first..MANY + first + 10) {
                let string = ctx.string(name(number));
                let Value::String(bytes) = string else { panic!("{string:?}") };
                assert_eq!(bytes.as_bytes(), name(number).as_bytes());
                if let known @ Value::String(_) = table.get_integer(number) {
                    assert!(known.raw_equal(string), "{number} is there twice");
                }
                table.set_integer(ctx, number, string).expect("a valid key");
            }
        },
        50,
    );
    assert!(step.get() > 97 * 100, "the purge came in {} steps", step.get() / 97);
    for _ in 0..2 {
        values.collect();
        values.enter(|ctx| {
            let table = kept(ctx, "strings");
            for number in 0..2 * MANY {
                if let known @ Value::String(_) = table.get_integer(number) {
                    assert!(known.raw_equal(ctx.string(name(number))), "{number} was forgotten");
                }
            }
        });
    }
    // What nobody holds is gone.
    let held = values.enter(|ctx| {
        let table = kept(ctx, "strings");
        (0..2 * MANY).filter(|&number| !table.get_integer(number).is_nil()).count()
    });
    values.collect();
    let count = values.enter(|ctx| ctx.interned_strings());
    assert!((held..held + 100).contains(&count), "{count} strings, of which {held} are held");
}

#[test]
fn values_that_a_host_traces_for_itself_are_not_taken_for_alive() {
    struct Nothing;
    impl<'gc> gc_arena::collect::Trace<'gc> for Nothing {
        fn trace_gc(&mut self, _: gc_arena::Gc<'gc, ()>) {}
        fn trace_gc_weak(&mut self, _: gc_arena::GcWeak<'gc, ()>) {}
    }
    let mut values = Values::new();
    let before = values.enter(|ctx| ctx.interned_strings());
    values.enter(|ctx| {
        for number in 0..100 {
            gc_arena::collect::Trace::trace(&mut Nothing, &ctx.string(format!("{number}")));
        }
    });
    values.collect();
    assert!(values.enter(|ctx| ctx.interned_strings()) < before + 10);
}
