//! Calls and returns of every kind, metamethods, constants, and the end of the stack.

use luster_bytecode::{Capture, Constant, Op};
use luster_value::{
    Callback, CallbackReturn, Closure, Context, Metamethod, Quick, Stack, Table, Value,
};
use luster_vm::load_closure;

use crate::code::{Function, Result, one, op, run, run_in_one_go, string};

fn nothing(_: Context<'_>) {}

/// The Fibonacci function, whose own upvalue it is.
fn fibonacci() -> Function {
    Function::new(
        1,
        4,
        &[
            op(Op::JumpNotLessImmediate, 0, 2, 0, 1),
            op(Op::Return1, 0, 0, 0, 0),
            op(Op::GetUpValue, 1, 0, 0, 0),
            op(Op::AddImmediate, 2, 0, 2, -1),
            op(Op::Call, 1, 2, 2, 0),
            op(Op::GetUpValue, 2, 0, 0, 0),
            op(Op::AddImmediate, 3, 0, 2, -2),
            op(Op::Call, 2, 2, 2, 0),
            op(Op::Add, 1, 1, 2, 0),
            op(Op::Return1, 1, 0, 0, 0),
        ],
    )
    .upvalue(Capture::Register(1))
}

/// A main function with a local function, which it calls with its argument.
fn calling(function: Function, call: Op) -> Function {
    Function::new(
        1,
        4,
        &[
            op(Op::LoadNil, 1, 0, 0, 0),
            op(Op::NewCell, 1, 0, 0, 0),
            op(Op::Closure, 2, 0, 0, 0),
            op(Op::SetCell, 1, 2, 0, 0),
            op(Op::Move, 3, 0, 0, 0),
            op(call, 2, 2, if call == Op::Call { 2 } else { 0 }, 0),
            op(Op::Return1, 2, 0, 0, 0),
        ],
    )
    .upvalue(Capture::Register(0))
    .nested(function)
}

#[test]
fn functions_call_themselves_and_return_one_value() {
    assert_eq!(run(calling(fibonacci(), Op::Call), &[18], nothing), one(2584));
    assert_eq!(run(calling(fibonacci(), Op::TailCall), &[15], nothing), one(610));
}

#[test]
fn recursion_goes_deep_and_ends() {
    // f(n): if n < 1 then return 0 end return 1 + f(n - 1)
    let depth = || {
        Function::new(
            1,
            3,
            &[
                op(Op::JumpNotLessImmediate, 0, 1, 0, 2),
                op(Op::LoadInteger, 1, 0, 0, 0),
                op(Op::Return1, 1, 0, 0, 0),
                op(Op::GetUpValue, 1, 0, 0, 0),
                op(Op::AddImmediate, 2, 0, 2, -1),
                op(Op::Call, 1, 2, 2, 0),
                op(Op::AddImmediate, 1, 1, 0, 1),
                op(Op::Return1, 1, 0, 0, 0),
            ],
        )
        .upvalue(Capture::Register(1))
    };
    assert_eq!(run(calling(depth(), Op::Call), &[3000], nothing), one(3000));
    match run_in_one_go(&calling(depth(), Op::Call).verify(), &[i64::MAX], nothing) {
        Result::Failed(message) => assert!(message.contains("stack overflow"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tail_calls_take_no_room() {
    // f(n): if n < 1 then return n end return f(n - 1), with more arguments than parameters.
    let function = Function::new(
        1,
        5,
        &[
            op(Op::JumpNotLessImmediate, 0, 1, 0, 1),
            op(Op::Return1, 0, 0, 0, 0),
            op(Op::GetUpValue, 1, 0, 0, 0),
            op(Op::AddImmediate, 2, 0, 2, -1),
            op(Op::LoadTrue, 3, 0, 0, 0),
            op(Op::LoadFalse, 4, 0, 0, 0),
            op(Op::TailCall, 1, 4, 0, 0),
            op(Op::Return0, 0, 0, 0, 0),
        ],
    )
    .upvalue(Capture::Register(1));
    // Each of these would take two slots otherwise, of which there are a million.
    let prototype = calling(function, Op::Call).verify();
    assert_eq!(run_in_one_go(&prototype, &[600_000], nothing), one(0));
    assert_eq!(run_in_one_go(&prototype, &[0], nothing), one(0));
}

/// A main function that calls one that returns `returned` values and keeps `kept` of them, or all for
/// none.
fn returning(returned: u8, kept: Option<u8>) -> Function {
    let values = (1..=returned).map(|n| op(Op::LoadInteger, n, 0, 0, i32::from(n)));
    let mut code: Vec<_> = values.collect();
    code.push(op(Op::Return, 1, returned + 1, 0, 0));
    let nested = Function::new(0, returned + 2, &code);
    let (count, end) = kept.map_or((0, 0), |kept| (kept + 1, kept + 1));
    Function::new(
        0,
        12,
        &[op(Op::Closure, 1, 0, 0, 0), op(Op::Call, 1, 1, count, 0), op(Op::Return, 1, end, 0, 0)],
    )
    .upvalue(Capture::Register(0))
    .nested(nested)
}

#[test]
fn as_many_results_arrive_as_are_wanted() {
    for returned in 0..8 {
        assert_eq!(
            run(returning(returned, None), &[], nothing),
            Result::Integers((1..=i64::from(returned)).map(Some).collect())
        );
        for kept in 0..10 {
            let expected = (1..=kept).map(|n| (n <= returned).then_some(i64::from(n))).collect();
            assert_eq!(
                run(returning(returned, Some(kept)), &[], nothing),
                Result::Integers(expected),
                "{returned} returned, {kept} kept"
            );
        }
    }
}

#[test]
fn parameters_without_arguments_are_nil() {
    // Gives its parameters, of which only the first has an argument. The caller has left something in
    // the registers where the others will be.
    let nested = Function::new(4, 4, &[op(Op::Return, 0, 5, 0, 0)]);
    let main = Function::new(
        1,
        8,
        &[
            op(Op::Closure, 1, 0, 0, 0),
            op(Op::Move, 2, 0, 0, 0),
            op(Op::LoadInteger, 3, 0, 0, 1),
            op(Op::LoadInteger, 4, 0, 0, 2),
            op(Op::LoadInteger, 5, 0, 0, 3),
            op(Op::Call, 1, 2, 5, 0),
            op(Op::Return, 1, 5, 0, 0),
        ],
    )
    .upvalue(Capture::Register(0))
    .nested(nested);
    let expected = Result::Integers(vec![Some(9), None, None, None]);
    assert_eq!(run(main, &[9], nothing), expected);
}

#[test]
fn extra_arguments_are_spread_and_listed() {
    // Gives the number of its arguments, its second one, and all of them.
    let function = Function::new(
        1,
        6,
        &[
            op(Op::VarArgTable, 1, 0, 0, 0),
            op(Op::Length, 2, 1, 0, 0),
            op(Op::LoadInteger, 3, 0, 0, 1),
            op(Op::GetVarArg, 3, 3, 0, 0),
            op(Op::VarArg, 4, 0, 0, 0),
            op(Op::Return, 2, 0, 0, 0),
        ],
    )
    .vararg()
    .upvalue(Capture::Register(0));
    let arguments: Vec<i64> = (10..80).collect();
    let mut expected = vec![Some(69), Some(11)];
    expected.extend((11..80).map(Some));
    assert_eq!(run(function, &arguments, nothing), Result::Integers(expected));
}

/// Metamethods `__index`, `__add`, `__lt` and `__newindex` of a global table `object`, written in code.
fn give_metamethods(ctx: Context<'_>) {
    let closure =
        |function: Function| Value::Closure(load_closure(ctx, &function.verify(), Value::Nil));
    let object = Table::new(ctx);
    let metatable = Table::new(ctx);
    // The key is given back; it has more registers than arguments.
    let index = Function::new(2, 20, &[op(Op::Return1, 1, 0, 0, 0)]);
    let add = Function::new(
        3,
        3,
        &[
            // What is missing is nil.
            op(Op::JumpIf, 2, 0, 0, 2),
            op(Op::LoadInteger, 2, 0, 0, 500),
            op(Op::Return1, 2, 0, 0, 0),
            op(Op::Return0, 0, 0, 0, 0),
        ],
    );
    let less = Function::new(2, 2, &[op(Op::Return1, 0, 0, 0, 0)]);
    let new_index = Function::new(3, 4, &[op(Op::Return0, 0, 0, 0, 0)]);
    for (which, function) in [
        (Metamethod::Index, index),
        (Metamethod::Add, add),
        (Metamethod::Lt, less),
        (Metamethod::NewIndex, new_index),
    ] {
        metatable.set_field(ctx, which.name(), closure(function));
    }
    object.set_metatable(&ctx, Some(metatable));
    ctx.globals().set_field(ctx, "object", Value::Table(object));
}

#[test]
fn metamethods_run_above_the_registers_of_the_function() {
    let main = Function::new(
        1,
        6,
        &[
            op(Op::GetUpTable, 1, 0, 0, 0),
            op(Op::SetField, 1, 1, 0, 0),
            op(Op::GetTable, 2, 1, 0, 0),
            op(Op::Add, 3, 1, 2, 0),
            op(Op::LoadInteger, 4, 0, 0, 1),
            op(Op::JumpNotLess, 1, 2, 0, 1),
            op(Op::LoadInteger, 4, 0, 0, 2),
            op(Op::GetField, 5, 1, 1, 0),
            op(Op::JumpIf, 5, 0, 0, 1),
            op(Op::LoadInteger, 4, 0, 0, 3),
            op(Op::Return, 2, 4, 0, 0),
        ],
    )
    .constants(&[string("object"), string("field")])
    .upvalue(Capture::Register(0));
    let expected = Result::Integers(vec![Some(7), Some(500), Some(2)]);
    assert_eq!(run(main, &[7], give_metamethods), expected);
}

#[test]
fn constants_are_found_in_the_instruction_and_by_their_index() {
    let main = Function::new(
        1,
        5,
        &[
            op(Op::NewTable, 1, 3, 0, 0),
            op(Op::SetFieldConstant, 1, 0, 0, 1),
            op(Op::SetField, 1, 2, 0, 0),
            op(Op::GetField, 2, 1, 0, 0),
            op(Op::LoadConstant, 3, 0, 0, 1),
            op(Op::JumpEqualConstant, 2, 1, 0, 1),
            op(Op::Return0, 0, 0, 0, 0),
            op(Op::JumpNotEqualConstant, 3, 3, 0, 1),
            op(Op::Return0, 0, 0, 0, 0),
            op(Op::SetUpTable, 0, 2, 3, 0),
            op(Op::GetUpTable, 4, 0, 2, 0),
            op(Op::AddConstant, 4, 4, 0, 4),
            op(Op::Return, 2, 4, 0, 0),
        ],
    )
    .constants(&[
        string("first"),
        Constant::Integer(1 << 40),
        string("second"),
        Constant::Float(0.5),
        Constant::Integer(1),
    ])
    .upvalue(Capture::Register(0));
    let expected = Result::Integers(vec![Some(1 << 40), Some(1 << 40), Some((1 << 40) + 1)]);
    assert_eq!(run(main, &[0], nothing), expected);
}

/// Global callbacks with quick forms, each of which adds 100 to what the callback gives.
fn give_callbacks(ctx: Context<'_>) {
    fn sum<'gc>(values: impl Iterator<Item = Value<'gc>>) -> i64 {
        values.map(|value| if let Value::Integer(number) = value { number } else { 0 }).sum()
    }
    fn slow<'gc>(
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
        // So that there is something to be collected.
        ctx.string(vec![b'x'; 1000]);
        let total = sum(stack.iter());
        stack.replace2(Value::Integer(total), Value::Integer(-1));
        Ok(CallbackReturn::Return)
    }
    fn quick<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
        (arguments.len() < 3).then(|| Value::Integer(sum(arguments.iter().copied()) + 100))
    }
    for (name, form) in [
        ("value", Quick::Value(quick)),
        ("first", Quick::First(|ctx, values, one| if one { quick(ctx, values) } else { None })),
        ("action", Quick::Action(|_, arguments| arguments.len() == 1)),
    ] {
        let callback = Callback::new(ctx, name, slow);
        callback.set_quick(form);
        ctx.globals().set_field(ctx, name, Value::Callback(callback));
    }
}

#[test]
fn quick_forms_see_the_arguments_where_they_stand() {
    let main = |name: &str, argc: u8, kept: u8| {
        let load = (0..argc).map(|n| op(Op::LoadInteger, 2 + n, 0, 0, 1 << n));
        let mut code = vec![op(Op::GetUpTable, 1, 0, 0, 0)];
        code.extend(load);
        code.push(op(Op::Call, 1, argc + 1, kept, 0));
        code.push(op(Op::Return, 1, kept, 0, 0));
        Function::new(0, 8, &code).constants(&[string(name)]).upvalue(Capture::Register(0))
    };
    let results = |values: &[i64]| Result::Integers(values.iter().copied().map(Some).collect());
    assert_eq!(run(main("value", 2, 2), &[], give_callbacks), results(&[103]));
    assert_eq!(run(main("value", 3, 2), &[], give_callbacks), results(&[7]));
    assert_eq!(run(main("first", 2, 2), &[], give_callbacks), results(&[103]));
    assert_eq!(run(main("first", 2, 3), &[], give_callbacks), results(&[3, -1]));
    assert_eq!(run(main("action", 1, 1), &[], give_callbacks), results(&[]));
    assert_eq!(run(main("action", 2, 1), &[], give_callbacks), results(&[]));
    assert_eq!(run(main("action", 2, 0), &[], give_callbacks), results(&[3, -1]));
}

#[test]
fn closures_of_a_loop_have_cells_of_their_own() {
    // for i = 1, 50 do f = function () return i end; t = t + f() end return t
    let nested =
        Function::new(0, 1, &[op(Op::GetUpValue, 0, 0, 0, 0), op(Op::Return1, 0, 0, 0, 0)])
            .upvalue(Capture::Register(5));
    let main = Function::new(
        1,
        8,
        &[
            op(Op::LoadInteger, 1, 0, 0, 0),
            op(Op::LoadInteger, 2, 0, 0, 1),
            op(Op::Move, 3, 0, 0, 0),
            op(Op::LoadInteger, 4, 0, 0, 1),
            op(Op::ForPrep, 2, 0, 0, 6),
            op(Op::Move, 5, 4, 0, 0),
            op(Op::NewCell, 5, 0, 0, 0),
            op(Op::Closure, 6, 0, 0, 0),
            op(Op::Call, 6, 1, 2, 0),
            op(Op::Add, 1, 1, 6, 0),
            op(Op::ForLoop, 2, 0, 0, -6),
            op(Op::Return1, 1, 0, 0, 0),
        ],
    )
    .upvalue(Capture::Register(0))
    .nested(nested);
    assert_eq!(run(main, &[50], nothing), one(1275));
}

#[test]
fn closures_are_called_by_callbacks() {
    // A callback that calls what it is given, as its last act.
    fn call<'gc>(
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
        let function = stack.remove(0);
        Ok(CallbackReturn::Call(function, None))
    }
    let prepare = |ctx: Context<'_>| {
        let callback = Callback::new(ctx, "call", call);
        ctx.globals().set_field(ctx, "call", Value::Callback(callback));
    };
    let nested = Function::new(2, 30, &[op(Op::Add, 20, 0, 1, 0), op(Op::Return1, 20, 0, 0, 0)]);
    let main = Function::new(
        1,
        5,
        &[
            op(Op::GetUpTable, 1, 0, 0, 0),
            op(Op::Closure, 2, 0, 0, 0),
            op(Op::Move, 3, 0, 0, 0),
            op(Op::LoadInteger, 4, 0, 0, 5),
            op(Op::Call, 1, 4, 2, 0),
            op(Op::Return1, 1, 0, 0, 0),
        ],
    )
    .constants(&[string("call")])
    .upvalue(Capture::Register(0))
    .nested(nested);
    assert_eq!(run(main, &[37], prepare), one(42));
}

#[test]
fn many_functions_made_in_a_vm_stay_whole() {
    let vm = luster_vm::Vm::new(1);
    let prototype = fibonacci().verify();
    let first = vm.enter(|ctx| {
        for _ in 0..100 {
            load_closure(ctx, &prototype, Value::Nil);
        }
        ctx.stash_value(Value::Closure(load_closure(ctx, &prototype, Value::Integer(9))))
    });
    vm.collect_garbage();
    vm.enter(|ctx| {
        let Some(Value::Closure(closure)) = ctx.fetch(&first) else { panic!("it is held") };
        assert!(Closure::upvalue(closure, 0).get().raw_equal(Value::Integer(9)));
    });
}
