//! The collection driver: weak tables, finalizers and strings through cycles in one go and in steps.

use luster_bytecode::{Capture, Op};
use luster_value::{Callback, CallbackReturn, Context, Table, Value};
use luster_vm::{Busy, RunEnd, Vm, load_closure};

use crate::code::{Function, op, string};

/// What the tests leave in the globals: tables `keys`, `values` and `ephemerons` that are weak, `held`
/// that is not.
fn prepare(ctx: Context<'_>) {
    for (name, mode) in [("keys", "k"), ("values", "v"), ("both", "kv"), ("held", "")] {
        let (table, metatable) = (Table::new(ctx), Table::new(ctx));
        metatable.set_field(ctx, "__mode", ctx.string(mode));
        table.set_metatable(&ctx, Some(metatable));
        ctx.globals().set_field(ctx, name, Value::Table(table));
    }
}

fn global<'gc>(ctx: Context<'gc>, name: &str) -> Table<'gc> {
    match ctx.globals().get_field(ctx, name) {
        Value::Table(table) => table,
        other => panic!("{name} is {other:?}"),
    }
}

/// Puts objects with these numbers into the weak tables; every third one is held.
fn fill(ctx: Context<'_>, numbers: std::ops::Range<i64>) {
    for number in numbers {
        let object = Table::new(ctx);
        object.set_integer(ctx, 1, Value::Integer(number)).expect("a valid key");
        let object = Value::Table(object);
        // The value leads back to its key, which does not keep it alive.
        let value = Table::new(ctx);
        value.set_integer(ctx, 1, object).expect("a valid key");
        global(ctx, "keys").set(ctx, object, Value::Table(value)).expect("a valid key");
        global(ctx, "values").set_integer(ctx, number, object).expect("a valid key");
        global(ctx, "both").set(ctx, object, object).expect("a valid key");
        if number % 3 == 0 {
            global(ctx, "held").set_integer(ctx, number, object).expect("a valid key");
        }
    }
}

fn count(table: Table<'_>) -> usize {
    let mut count = 0;
    let mut position = 0;
    while let Some((next, _, value)) = table.entry_from(position) {
        // What is left can be looked into.
        if let Value::Table(object) = value {
            assert!(!object.get_integer(1).is_nil());
        }
        count += 1;
        position = next;
    }
    count
}

fn check(ctx: Context<'_>, expected: usize) {
    for name in ["keys", "values", "both", "held"] {
        assert_eq!(count(global(ctx, name)), expected, "{name}");
    }
}

#[test]
fn weak_tables_hold_what_others_hold() {
    let vm = Vm::new(5);
    vm.enter(prepare);
    for round in 0..5 {
        vm.enter(|ctx| fill(ctx, round * 300..round * 300 + 300));
        vm.collect_garbage();
        vm.enter(|ctx| check(ctx, (round as usize + 1) * 100));
    }
    vm.enter(|ctx| ctx.globals().set_field(ctx, "held", Value::Table(Table::new(ctx))));
    vm.collect_garbage();
    vm.enter(|ctx| check(ctx, 0));
}

/// Runs a main function in slices to its end.
fn run_in_slices(vm: &Vm, function: Function) {
    let prototype = function.verify();
    let execution = vm
        .start(|ctx, _| {
            let globals = Value::Table(ctx.globals());
            Ok::<_, Busy>(Value::Closure(load_closure(ctx, &prototype, globals)))
        })
        .expect("the VM is idle");
    loop {
        let mut fuel = 500;
        match vm.run(&execution, &mut fuel, || false, |_, outcome| format!("{outcome:?}")) {
            Ok(RunEnd::Done(outcome)) => break assert!(outcome.contains("Returned"), "{outcome}"),
            Ok(RunEnd::OutOfFuel) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A main function that calls the global `step` so many times with a fresh table, and lets go of all
/// that.
fn stepping(times: i32) -> Function {
    Function::new(
        0,
        8,
        &[
            op(Op::LoadInteger, 2, 0, 0, 1),
            op(Op::LoadInteger, 3, 0, 0, times),
            op(Op::LoadInteger, 4, 0, 0, 1),
            op(Op::ForPrep, 2, 0, 0, 5),
            op(Op::GetUpTable, 5, 0, 0, 0),
            op(Op::Move, 6, 4, 0, 0),
            op(Op::NewTable, 7, 0, 0, 4),
            op(Op::Call, 5, 3, 1, 0),
            op(Op::ForLoop, 2, 0, 0, -5),
            op(Op::Return0, 0, 0, 0, 0),
        ],
    )
    .constants(&[string("step")])
    .upvalue(Capture::Register(0))
}

#[test]
fn cycles_that_are_done_in_steps_miss_nothing() {
    let vm = Vm::new(5);
    vm.enter(|ctx| {
        prepare(ctx);
        // Enough that a cycle is not done in one go.
        let ballast = Table::new(ctx);
        for number in 1..=15_000 {
            let object = Value::Table(Table::new(ctx));
            ballast.set_integer(ctx, number, object).expect("a valid key");
        }
        ctx.globals().set_field(ctx, "ballast", Value::Table(ballast));
        let step = Callback::new(ctx, "step", |ctx, stack| {
            if let Value::Integer(number) = stack.get(0) {
                fill(ctx, number..number + 1);
                ctx.string(format!("a string that is of no use, number {number:>100}"));
                // What was black already gets something white, and what was white gets away.
                let (held, ballast) = (global(ctx, "held"), global(ctx, "ballast"));
                let old = held.get_integer(number - 900);
                held.set_integer(ctx, number - 900, Value::Nil).expect("a valid key");
                ballast.set_integer(ctx, number % 15_000 + 1, old).expect("a valid key");
            }
            stack.clear();
            Ok(CallbackReturn::Return)
        });
        ctx.globals().set_field(ctx, "step", Value::Callback(step));
    });
    run_in_slices(&vm, stepping(20_000));
    vm.collect_garbage();
    vm.enter(|ctx| {
        let held = count(global(ctx, "held"));
        assert_eq!(held, 300);
        let (values, both) = (count(global(ctx, "values")), count(global(ctx, "both")));
        assert!(values == both && values > held && values < 20_000 / 3 + 300, "{values} {both}");
        assert_eq!(count(global(ctx, "keys")), values);
    });
}

#[test]
fn finalizers_run_once_and_may_resurrect() {
    let vm = Vm::new(5);
    vm.enter(|ctx| {
        prepare(ctx);
        let finalize = Callback::new(ctx, "finalize", |ctx, stack| {
            let Value::Table(object) = stack.get(0) else { panic!("a finalizer gets its object") };
            // Its value in a table with weak keys is still there, that in one with weak values is not.
            assert!(!global(ctx, "keys").get(Value::Table(object)).is_nil());
            let Value::Integer(number) = object.get_integer(1) else { panic!("a number") };
            assert!(global(ctx, "values").get_integer(number).is_nil());
            global(ctx, "held")
                .set_integer(ctx, number, Value::Table(object))
                .expect("a valid key");
            stack.clear();
            Ok(CallbackReturn::Return)
        });
        let metatable = Table::new(ctx);
        metatable.set_field(ctx, "__gc", Value::Callback(finalize));
        for number in 1..=50 {
            let object = Table::new(ctx);
            object.set_integer(ctx, 1, Value::Integer(number)).expect("a valid key");
            object.set_metatable(&ctx, Some(metatable));
            ctx.finalizers().add(Value::Table(object));
            let name = ctx.string(format!("a name that is resurrected {number}"));
            global(ctx, "keys").set(ctx, Value::Table(object), name).expect("a valid key");
            global(ctx, "values").set_integer(ctx, number, Value::Table(object)).expect("a key");
        }
        let step = Callback::new(ctx, "step", |_, stack| {
            stack.clear();
            Ok(CallbackReturn::Return)
        });
        ctx.globals().set_field(ctx, "step", Value::Callback(step));
    });
    vm.collect_garbage();
    run_in_slices(&vm, stepping(10));
    for _ in 0..3 {
        vm.collect_garbage();
        vm.enter(|ctx| {
            assert!(!ctx.finalizers().is_due());
            let held = global(ctx, "held");
            assert_eq!(count(held), 50);
            for number in 1..=50 {
                let name = global(ctx, "keys").get(held.get_integer(number));
                let expected = format!("a name that is resurrected {number}");
                assert!(matches!(name, Value::String(s) if s.as_bytes() == expected.as_bytes()));
                // It is interned still, so the string is the same object.
                assert!(name.raw_equal(ctx.string(&expected)));
            }
        });
    }
}

#[test]
fn stash_slots_and_the_memory_in_use_go_back() {
    let vm = Vm::new(5);
    vm.enter(prepare);
    vm.collect_garbage();
    let before = vm.used_memory();
    for round in 0..20 {
        let handles: Vec<_> = vm.enter(|ctx| {
            (0..50).map(|n| ctx.stash_value(ctx.string(format!("{n:>60} {round}")))).collect()
        });
        vm.collect_garbage();
        assert!(vm.used_memory() > before + 50 * 60);
        vm.enter(|ctx| {
            for handle in &handles {
                assert!(matches!(ctx.fetch(handle), Some(Value::String(s)) if s.len() > 60));
            }
        });
    }
    vm.collect_garbage();
    assert!(vm.used_memory() < before + 4096, "{} of {before}", vm.used_memory());
}
