//! The dispatch loop: one arm per op.
//!
//! An arm does the common case in a few lines and leaves the rest to a function of `slow`, out of
//! line. The place (instruction, registers, constants) is in a [`Cursor`], which is loaded anew
//! whenever the frames have changed; the fuel is a local that is written back before anything that
//! may look at it.
//!
//! The loop exists twice: once as it is, once for coroutines with a debug hook, which is told of
//! what happens before each instruction (see `hook`) and leaves no call to a shortcut.

use std::hint::cold_path;

use luster_bytecode::Op;
use luster_number as number;
use luster_value::{
    Builtin, ClosureInsides, Frame, Metamethod, ReturnKind, Table, Told, UpValue, Value,
};

use crate::cursor::{Answer, Cursor, keep_apart, pop_frame, running_frame, set_result};
use crate::operate::Fault;
use crate::run::Run;
use crate::slow::Next;
use crate::steps::{
    AnyFloat, decide, find_in_userdata, find_inherited, find_method, find_string_method,
    make_closure, open_count, prepare_loop, set_new, set_open, step_builtin, step_float_loop,
    take_open,
};

/// What a step through a table costs in fuel: its keys may be anywhere in memory.
const STEP_FUEL: i64 = 4;

/// What making an object costs in fuel, so that a slice ends before too much garbage piles up.
const ALLOCATION_FUEL: i64 = 16;

/// Where an arm of the dispatch loop ends.
///
/// Each arm should fetch and jump to the next one by itself: then the processor predicts each jump
/// from the op that it comes from, and no code is shared between arms that would have to be jumped
/// to. LLVM copies the head of the loop to where it is reached from, but for no more than 16 places.
/// So the arms end in a few tails, each the end of at most 16 arms, which do nothing but stand
/// apart: the head is copied into the tails, and the tails into the arms.
#[derive(Clone, Copy)]
enum Tail {
    Load,
    Table,
    Arithmetic,
    Constant,
    Other,
    Jump,
    Immediate,
    Call,
    Loop,
    FirstPair,
    SecondPair,
}

/// Why the dispatch loop was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// To look at the frame on top, or because the fuel is used up.
    Frames,
    /// For what `Run::switch` has the machine do.
    Machine,
    /// For raising `Run::error`.
    Error,
}

/// Whether a conditional jump is taken when its comparison holds.
pub(crate) fn jumps_when(op: Op) -> bool {
    !matches!(
        op,
        Op::JumpNotEqual
            | Op::JumpNotLess
            | Op::JumpNotLessEqual
            | Op::JumpNotEqualConstant
            | Op::JumpNotLessImmediate
            | Op::JumpNotLessEqualImmediate
            | Op::JumpNotGreaterImmediate
            | Op::JumpNotGreaterEqualImmediate
    )
}

/// Runs the Lua function on top, and those it calls and returns to, until the frame on top is
/// another kind or there is something for the machine to do.
///
/// As `execute_hooked`, it is there once: what is generic, every crate that comes to use it compiles anew,
/// and by its own profile.
#[inline(never)]
pub(crate) fn execute(run: &mut Run<'_>) -> Left {
    dispatch::<false>(run)
}

/// The same, with a hook that is told.
#[inline(never)]
pub(crate) fn execute_hooked(run: &mut Run<'_>) -> Left {
    dispatch::<true>(run)
}

/// The loop of both.
#[inline(always)]
#[expect(clippy::too_many_lines, reason = "one arm per op; each is a few lines")]
fn dispatch<'gc, const HOOKED: bool>(run: &mut Run<'gc>) -> Left {
    let ctx = run.ctx;
    'reload: loop {
        if HOOKED && !run.state.tracing.is_on() {
            return Left::Frames;
        }
        let mut fuel = run.state.fuel;
        let state = &mut *run.state;
        let mut cursor = match state.frames.last() {
            Some(Frame::Lua(frame)) if fuel >= 0 => Cursor::load(&mut state.registers, frame),
            _ => return Left::Frames,
        };
        // Whether the function is only being entered, for the hook.
        let mut is_fresh =
            HOOKED && matches!(run.state.frames.last(), Some(Frame::Lua(frame)) if frame.pc() == 0);

        // Writes back what the loop keeps to itself.
        macro_rules! save {
            () => {
                run.state.fuel = fuel;
                run.cursor = Some(cursor);
            };
        }
        // Takes up again what was written back.
        macro_rules! restore {
            () => {
                fuel = run.state.fuel;
                cursor = match run.cursor {
                    Some(cursor) => cursor,
                    None => unreachable!("it has just been written back"),
                };
            };
        }
        // Does something that takes a call. What the loop keeps to itself is in memory meanwhile:
        // no value has to be kept in one of the few registers that calls leave alone, so that all
        // of them are free for the arms.
        macro_rules! outside {
            ($call:expr) => {{
                cold_path();
                save!();
                let result = $call;
                restore!();
                result
            }};
        }
        // An arm: it ends where it runs out or at a `break`.
        macro_rules! arm {
            ($tail:expr, $body:expr) => {{
                loop {
                    $body;
                    break;
                }
                keep_apart();
                $tail
            }};
        }
        // Runs a slow path, which may have pushed a frame.
        macro_rules! slow {
            ($call:expr) => {{
                cold_path();
                save!();
                match $call {
                    // What runs now may be the hook, for which there is the other loop.
                    Next::GoOn if HOOKED => continue 'reload,
                    Next::GoOn => {
                        restore!();
                    }
                    Next::Reload => continue 'reload,
                    Next::Stop => return Left::Machine,
                    Next::Raise => return Left::Error,
                }
            }};
        }
        // Raises the error that an expression gives.
        macro_rules! fail {
            ($error:expr) => {{
                save!();
                run.sync();
                run.error = Some($error);
                return Left::Error;
            }};
        }
        // Arithmetic on two operands, of each of which the integer, the float and the value can be
        // asked for.
        macro_rules! arithmetic {
            ($i:expr, $a:expr, $b:expr, $integers:expr, $floats:expr) => {{
                let (a, b) = ($a, $b);
                if let (Some(x), Some(y)) = (a.integer(), b.integer()) {
                    cursor.set($i.a, Value::Integer($integers(x, y)));
                } else if let (Some(x), Some(y)) = (a.float(), b.float()) {
                    cursor.set($i.a, Value::float($floats(x, y)));
                } else {
                    cold_path();
                    match (a.any_float(), b.any_float()) {
                        (Some(x), Some(y)) => cursor.set($i.a, Value::float($floats(x, y))),
                        _ => slow!(run.arithmetic()),
                    }
                }
            }};
        }
        // As above, for integer operations that a zero divisor fails.
        macro_rules! division {
            ($i:expr, $a:expr, $b:expr, $integers:expr, $floats:expr) => {{
                let (a, b) = ($a, $b);
                if let (Some(x), Some(y)) = (a.integer(), b.integer()) {
                    match $integers(x, y) {
                        Some(result) => cursor.set($i.a, Value::Integer(result)),
                        None => slow!(run.arithmetic()),
                    }
                } else {
                    match (a.any_float(), b.any_float()) {
                        (Some(x), Some(y)) => {
                            let result = outside!($floats(x, y));
                            cursor.set($i.a, Value::float(result));
                        }
                        _ => slow!(run.arithmetic()),
                    }
                }
            }};
        }
        macro_rules! float_arithmetic {
            ($i:expr, $a:expr, $b:expr, $floats:expr) => {{
                let (a, b) = ($a, $b);
                if let (Some(x), Some(y)) = (a.float(), b.float()) {
                    cursor.set($i.a, Value::float($floats(x, y)));
                } else {
                    match (a.any_float(), b.any_float()) {
                        (Some(x), Some(y)) => cursor.set($i.a, Value::float($floats(x, y))),
                        _ => slow!(run.arithmetic()),
                    }
                }
            }};
        }
        macro_rules! bitwise {
            ($i:expr, $a:expr, $b:expr, $integers:expr) => {{
                match ($a.integer(), $b.integer()) {
                    (Some(x), Some(y)) => cursor.set($i.a, Value::Integer($integers(x, y))),
                    _ => slow!(run.arithmetic()),
                }
            }};
        }
        // `object[key] := value`
        macro_rules! set_table {
            ($object:expr, $key:expr, $value:expr) => {{
                let (object, key, value) = ($object, $key, $value);
                if let Value::Table(table) = object {
                    if let Value::Integer(k) = key {
                        if table.try_set_positional(&ctx, k, value)
                            || table.try_set_scattered(ctx, k, value)
                        {
                            break;
                        }
                    } else if let Value::String(name) = key
                        && name.is_short()
                        && table.try_set_short(&ctx, name, value)
                    {
                        break;
                    }
                    if table.metatable().is_none() && outside!(set_new(ctx, table, key, value)) {
                        break;
                    }
                }
                slow!(run.set(object, key, value));
            }};
        }
        // `object.name := value`
        macro_rules! set_field {
            ($i:expr, $value:expr) => {{
                let (object, key, value) = (cursor.get($i.a), cursor.name($i), $value);
                if let Value::Table(table) = object
                    && table.try_set_cached(&ctx, key, value, &$i.c)
                {
                    break;
                }
                slow!(run.set(object, Value::String(key), value));
            }};
        }
        macro_rules! branch {
            ($i:expr, $condition:expr) => {
                if $condition {
                    if HOOKED {
                        run.state.tracing.has_jumped = true;
                    }
                    cursor.jump($i.d());
                }
            };
        }
        // A comparison of two values, by numbers or strings first.
        macro_rules! compare {
            ($i:expr, $wanted:expr, $a:expr, $b:expr, $which:expr, $integers:expr, $floats:expr, $mixed:expr, $strings:expr) => {{
                let (a, b) = ($a, $b);
                if let (Some(x), Some(y)) = (a.integer(), b.integer()) {
                    branch!($i, $integers(&x, &y) == $wanted);
                } else if let (Some(x), Some(y)) = (a.float(), b.float()) {
                    branch!($i, $floats(&x, &y) == $wanted);
                } else if let (Value::String(x), Value::String(y)) = (a.value(), b.value()) {
                    let order = outside!(run.compare_strings(x, y));
                    branch!($i, $strings(order) == $wanted);
                } else {
                    cold_path();
                    let (a, b) = (a.value(), b.value());
                    match (a.as_number(), b.as_number()) {
                        (Some(x), Some(y)) => branch!($i, $mixed(x, y) == $wanted),
                        _ => slow!(run.compare($which, a, b)),
                    }
                }
            }};
        }
        macro_rules! less {
            ($i:expr, $wanted:expr, $a:expr, $b:expr) => {
                compare!(
                    $i,
                    $wanted,
                    $a,
                    $b,
                    Metamethod::Lt,
                    i64::lt,
                    f64::lt,
                    number::less,
                    std::cmp::Ordering::is_lt
                )
            };
        }
        macro_rules! less_equal {
            ($i:expr, $wanted:expr, $a:expr, $b:expr) => {
                compare!(
                    $i,
                    $wanted,
                    $a,
                    $b,
                    Metamethod::Le,
                    i64::le,
                    f64::le,
                    number::less_equal,
                    std::cmp::Ordering::is_le
                )
            };
        }
        // A comparison with an immediate integer.
        macro_rules! immediate {
        ($i:expr, $wanted:expr, $compare:tt, $which:expr, $flipped:expr) => {{
            let (slot, immediate) = (cursor.slot($i.a), $i.b.get() as i16);
            if let Some(x) = slot.integer() {
                branch!($i, (x $compare i64::from(immediate)) == $wanted);
            } else if let Some(x) = slot.float() {
                branch!($i, (x $compare f64::from(immediate)) == $wanted);
            } else {
                let (value, immediate) = (slot.value(), Value::Integer(i64::from(immediate)));
                if $flipped {
                    slow!(run.compare($which, immediate, value));
                } else {
                    slow!(run.compare($which, value, immediate));
                }
            }
        }};
    }
        // Equality without metamethods: that of words, but for floats and long strings.
        macro_rules! raw_equal {
            ($i:expr, $wanted:expr, $a:expr, $b:expr) => {{
                let (a, b) = ($a, $b);
                if let (Value::Integer(x), Value::Integer(y)) = (a, b) {
                    branch!($i, (x == y) == $wanted);
                } else if let (Value::String(x), Value::String(y)) = (a, b)
                    && x.is_short()
                {
                    branch!($i, x.same_object(y) == $wanted);
                } else if a.is_nil() || b.is_nil() {
                    branch!($i, (a.is_nil() && b.is_nil()) == $wanted);
                } else {
                    let equal = outside!(run.raw_equal(a, b));
                    branch!($i, equal == $wanted);
                }
            }};
        }
        macro_rules! equal {
            ($i:expr, $wanted:expr) => {{
                let (a, b) = (cursor.get($i.a), cursor.get($i.b));
                match (a, b) {
                    (Value::Integer(x), Value::Integer(y)) => branch!($i, (x == y) == $wanted),
                    (Value::Table(x), Value::Table(y)) if x != y => {
                        slow!(run.compare(Metamethod::Eq, a, b));
                    }
                    (Value::UserData(x), Value::UserData(y)) if x != y => {
                        slow!(run.compare(Metamethod::Eq, a, b));
                    }
                    _ => raw_equal!($i, $wanted, a, b),
                }
            }};
        }
        // Jumps back, for what that costs.
        macro_rules! jump_back {
            ($i:expr) => {{
                cursor.jump($i.d());
                fuel -= i64::from($i.e());
                if fuel < 0 {
                    if HOOKED && $i.op.get() == Op::JumpBack {
                        // At its first instruction again, the function is not entered again.
                        run.state.tracing.told = Told::Call;
                    }
                    save!();
                    run.sync();
                    return Left::Frames;
                }
            }};
        }
        // Calls a Lua function from a register of the running one, and goes on in it.
        macro_rules! enter {
            ($closure:expr, $register:expr, $after:expr, $argc:expr, $returns:expr, $cost:expr) => {{
                let (closure, argc, returns) = ($closure, $argc, $returns);
                fuel -= i64::from($cost);
                if !cursor.call(&mut run.state, closure, $register, $after, argc, returns) {
                    cold_path();
                    run.state.fuel = fuel;
                    if !closure.code().is_vararg {
                        return run.call_with_more_room(closure, $register, $after, argc, returns);
                    }
                    let caller = running_frame(&mut run.state.frames).base as usize;
                    let function = caller + $register.index() as usize + $after;
                    match run.push_vararg(closure, function, argc, returns) {
                        Ok(base) => {
                            cursor = Cursor::begin(&mut run.state.registers, closure, base);
                            fuel = run.state.fuel;
                        }
                        Err(error) => {
                            run.error = Some(error);
                            return Left::Error;
                        }
                    }
                }
                if fuel < 0 {
                    run.state.fuel = fuel;
                    return Left::Frames;
                }
                if HOOKED {
                    run.state.fuel = fuel;
                    continue 'reload;
                }
            }};
        }
        // Takes one result, or none, from a returning Lua function to its caller.
        macro_rules! return_one {
            ($i:expr, $value:expr, $count:expr, $cost:expr) => {{
                let value: Value<'gc> = $value;
                if HOOKED {
                    save!();
                    if let Some(left) = run.trace_return($i.a.index(), $count) {
                        return left;
                    }
                }
                fuel -= i64::from($cost);
                if cursor.return_one(&mut run.state, value, $count) {
                    break;
                }
                cold_path();
                let (function, returns) = pop_frame(&mut run.state.frames);
                match returns {
                    ReturnKind::Discard => {}
                    ReturnKind::Again => {
                        let frame = running_frame(&mut run.state.frames);
                        frame.next = frame.next.previous();
                    }
                    ReturnKind::Condition => {
                        run.state.fuel = fuel;
                        decide(running_frame(&mut run.state.frames), value);
                        fuel = run.state.fuel;
                    }
                    ReturnKind::Register(register) => {
                        let base = running_frame(&mut run.state.frames).base as usize;
                        set_result(&mut run.state, base + register as usize, value);
                    }
                    returns => {
                        run.state.fuel = fuel;
                        match run.return_special(value, $count, function, returns) {
                            Next::GoOn if !HOOKED => {
                                restore!();
                                break;
                            }
                            Next::GoOn | Next::Reload => continue 'reload,
                            Next::Stop => return Left::Machine,
                            Next::Raise => return Left::Error,
                        }
                    }
                }
                // The calling frame is a Lua function: it is for all of these ways to return.
                let state = &mut *run.state;
                cursor = Cursor::load(&mut state.registers, running_frame(&mut state.frames));
            }};
        }

        // The common case of an instruction and nothing else. Tells whether it was that.
        macro_rules! quick_arithmetic {
            ($i:expr, $integers:expr, $floats:expr) => {{
                let (a, b) = (cursor.slot($i.b), cursor.slot($i.c.get()));
                if let (Some(x), Some(y)) = (a.integer(), b.integer()) {
                    cursor.set($i.a, Value::Integer($integers(x, y)));
                    true
                } else if let (Some(x), Some(y)) = (a.float(), b.float()) {
                    cursor.set($i.a, Value::float($floats(x, y)));
                    true
                } else {
                    false
                }
            }};
        }
        macro_rules! quick_add {
            ($i:expr) => {
                quick_arithmetic!($i, i64::wrapping_add, |x: f64, y: f64| x + y)
            };
        }
        macro_rules! quick_sub {
            ($i:expr) => {
                quick_arithmetic!($i, i64::wrapping_sub, |x: f64, y: f64| x - y)
            };
        }
        macro_rules! quick_mul {
            ($i:expr) => {
                quick_arithmetic!($i, i64::wrapping_mul, |x: f64, y: f64| x * y)
            };
        }
        macro_rules! quick_add_immediate {
            ($i:expr) => {{
                let integer = cursor.slot($i.b).integer();
                if let Some(x) = integer {
                    let sum = x.wrapping_add(i64::from($i.d()));
                    cursor.set($i.a, Value::Integer(sum));
                }
                integer.is_some()
            }};
        }
        macro_rules! quick_get_table {
            ($i:expr) => {{
                let key = cursor.slot($i.c.get()).integer();
                if let (Value::Table(table), Some(key)) = (cursor.get($i.b), key)
                    && let Some(value) = table.get_positional(key)
                    && !value.is_nil()
                {
                    cursor.set($i.a, value);
                    true
                } else {
                    false
                }
            }};
        }
        macro_rules! quick_set_table {
            ($i:expr, $value:expr) => {{
                let (key, value) = (cursor.slot($i.b).integer(), $value);
                if let (Value::Table(table), Some(key)) = (cursor.get($i.a), key) {
                    table.try_set_positional(&ctx, key, value)
                } else {
                    false
                }
            }};
        }
        macro_rules! quick_get_name {
            ($i:expr, $object:expr) => {{
                if let Value::Table(table) = $object
                    && let value = table.get_cached(cursor.name($i), &$i.c)
                    && !value.is_nil()
                {
                    cursor.set($i.a, value);
                    true
                } else {
                    false
                }
            }};
        }
        macro_rules! quick_get_field {
            ($i:expr) => {
                quick_get_name!($i, cursor.get($i.b))
            };
        }
        macro_rules! quick_get_up_table {
            ($i:expr) => {
                quick_get_name!($i, cursor.upvalue($i.b).get())
            };
        }
        macro_rules! quick_move {
            ($i:expr) => {{
                cursor.set($i.a, cursor.get($i.b));
                true
            }};
        }
        macro_rules! quick_get_upvalue {
            ($i:expr) => {{
                cursor.set($i.a, cursor.upvalue($i.b).get());
                true
            }};
        }
        // The numeric loop's step; it ends the arm when the loop ends.
        macro_rules! for_loop {
            ($i:expr) => {{
                if let Some(count) = cursor.integer_after($i.a, 0) {
                    if *count == 0 {
                        break;
                    }
                    *count = count.wrapping_sub(1);
                    let Some(step) = cursor.slot_after($i.a, 1).integer() else { break };
                    let Some(variable) = cursor.integer_after($i.a, 2) else { break };
                    *variable = variable.wrapping_add(step);
                } else {
                    cold_path();
                    match step_float_loop(cursor, $i.a) {
                        Some(next) => cursor.set_after($i.a, 2, Value::float(next)),
                        None => break,
                    }
                }
                jump_back!($i);
            }};
        }
        // The first of two instructions. If it is not the common case, it is done as the plain op from now
        // on.
        macro_rules! first {
            ($plain:expr, $is_quick:expr) => {{
                if !$is_quick {
                    cold_path();
                    cursor.redo_as($plain);
                    break;
                }
            }};
        }
        // Two instructions, the second of which is left to the dispatch if it is not the common case.
        macro_rules! pair {
            ($tail:expr, $plain:expr, $is_quick:expr, $second:ident) => {
                arm!($tail, {
                    first!($plain, $is_quick);
                    let second = cursor.peek();
                    if $second!(second) {
                        cursor.skip();
                    }
                })
            };
        }
        // Two instructions, the second of which is a numeric loop's step.
        macro_rules! last_in_loop {
            ($tail:expr, $plain:expr, $is_quick:expr) => {
                arm!($tail, {
                    first!($plain, $is_quick);
                    let step = cursor.fetch();
                    for_loop!(step);
                })
            };
        }

        loop {
            if HOOKED {
                run.state.fuel = fuel;
                run.cursor = Some(cursor);
                if let Some(left) = run.trace(std::mem::take(&mut is_fresh)) {
                    return left;
                }
            }
            let i = cursor.fetch();
            // The hook is told of each instruction, so there they are done one by one.
            let tail = match if HOOKED { i.op.get().plain() } else { i.op.get() } {
                Op::Move => arm!(Tail::Load, cursor.set(i.a, cursor.get(i.b))),
                Op::LoadNil => arm!(Tail::Load, {
                    for n in 0..=usize::from(i.b.get()) {
                        cursor.set_after(i.a, n, Value::Nil);
                    }
                }),
                Op::LoadFalse => arm!(Tail::Load, cursor.set(i.a, Value::False)),
                Op::LoadTrue => arm!(Tail::Load, cursor.set(i.a, Value::True)),
                Op::LoadFalseSkip => arm!(Tail::Load, {
                    cursor.set(i.a, Value::False);
                    cursor.skip();
                }),
                Op::LoadInteger => {
                    arm!(Tail::Load, cursor.set(i.a, Value::Integer(i64::from(i.d()))))
                }
                Op::LoadFloat => {
                    arm!(Tail::Load, cursor.set(i.a, Value::float(f64::from(i.d()))))
                }
                Op::LoadConstant => {
                    arm!(Tail::Load, cursor.set(i.a, cursor.constant(i)))
                }
                Op::NewCell => arm!(Tail::Load, {
                    fuel -= ALLOCATION_FUEL;
                    let value = cursor.get(i.a);
                    let cell = outside!(UpValue::new(&ctx, value));
                    cursor.set(i.a, Value::Cell(cell));
                }),
                Op::GetCell => arm!(
                    Tail::Load,
                    match cursor.get(i.b) {
                        Value::Cell(cell) => cursor.set(i.a, cell.get()),
                        _ => unreachable!("verified: the register holds a cell"),
                    }
                ),
                Op::SetCell => arm!(
                    Tail::Load,
                    match cursor.get(i.a) {
                        Value::Cell(cell) => cell.set(&ctx, cursor.get(i.b)),
                        _ => unreachable!("verified: the register holds a cell"),
                    }
                ),
                Op::GetUpValue => arm!(Tail::Load, cursor.set(i.a, cursor.upvalue(i.b).get())),
                Op::SetUpValue => arm!(Tail::Load, cursor.upvalue(i.b).set(&ctx, cursor.get(i.a))),
                Op::GetUpTable => arm!(Tail::Table, {
                    let object = cursor.upvalue(i.b).get();
                    let key = cursor.name(i);
                    if let Value::Table(table) = object {
                        let value = table.get_cached(key, &i.c);
                        if !value.is_nil() || table.metatable().is_none() {
                            cursor.set(i.a, value);
                        } else {
                            slow!(run.inherit(table, Value::String(key), i.a.index()));
                        }
                        break;
                    }
                    slow!(run.get(object, Value::String(key), i.a.index()));
                }),
                Op::SetUpTable => arm!(Tail::Table, {
                    let object = cursor.upvalue(i.a).get();
                    let (key, value) = (cursor.name(i), cursor.get(i.b));
                    if let Value::Table(table) = object
                        && table.try_set_cached(&ctx, key, value, &i.c)
                    {
                        break;
                    }
                    slow!(run.set(object, Value::String(key), value));
                }),
                Op::GetTable => arm!(Tail::Table, {
                    let (object, key) = (cursor.get(i.b), cursor.get(i.c.get()));
                    if let Value::Table(table) = object {
                        let value = if let Value::Integer(k) = key {
                            match table.get_positional(k) {
                                Some(value) if !value.is_nil() => {
                                    cursor.set(i.a, value);
                                    break;
                                }
                                Some(_) => Value::Nil,
                                None => table.get_scattered(ctx, k),
                            }
                        } else if let Value::String(name) = key
                            && name.is_short()
                        {
                            table.get_short(name)
                        } else {
                            outside!(table.get_beyond(key))
                        };
                        if !value.is_nil() || table.metatable().is_none() {
                            cursor.set(i.a, value);
                        } else {
                            slow!(run.inherit(table, key, i.a.index()));
                        }
                        break;
                    }
                    slow!(run.get(object, key, i.a.index()));
                }),
                Op::GetIndex => arm!(Tail::Table, {
                    let (object, key) = (cursor.get(i.b), i64::from(i.c.get().get()));
                    if let Value::Table(table) = object {
                        let value = match table.get_positional(key) {
                            Some(value) if !value.is_nil() => {
                                cursor.set(i.a, value);
                                break;
                            }
                            Some(_) => Value::Nil,
                            None => outside!(table.get_beyond(Value::Integer(key))),
                        };
                        if !value.is_nil() || table.metatable().is_none() {
                            cursor.set(i.a, value);
                        } else {
                            slow!(run.inherit(table, Value::Integer(key), i.a.index()));
                        }
                        break;
                    }
                    slow!(run.get(object, Value::Integer(key), i.a.index()));
                }),
                Op::GetField => arm!(Tail::Table, {
                    let (object, key) = (cursor.get(i.b), cursor.name(i));
                    if let Value::Table(table) = object {
                        let value = table.get_cached(key, &i.c);
                        let metatable = match table.metatable() {
                            Some(metatable) if value.is_nil() => metatable,
                            _ => {
                                cursor.set(i.a, value);
                                break;
                            }
                        };
                        let found =
                            outside!(find_inherited(ctx, metatable, key, &i.c, i.small_cache()));
                        match found {
                            Some(value) => cursor.set(i.a, value),
                            None => slow!(run.inherit(table, Value::String(key), i.a.index())),
                        }
                        break;
                    }
                    if let Value::UserData(userdata) = object
                        && let Some(value) =
                            outside!(find_in_userdata(ctx, userdata, key, &i.c, i.small_cache()))
                    {
                        cursor.set(i.a, value);
                        break;
                    }
                    slow!(run.get(object, Value::String(key), i.a.index()));
                }),
                Op::SetTable => arm!(
                    Tail::Table,
                    set_table!(cursor.get(i.a), cursor.get(i.b), cursor.get(i.c.get()))
                ),
                Op::SetTableConstant => arm!(
                    Tail::Table,
                    set_table!(cursor.get(i.a), cursor.get(i.b), cursor.constant(i))
                ),
                Op::SetIndex => arm!(Tail::Table, {
                    let (object, value) = (cursor.get(i.a), cursor.get(i.c.get()));
                    let key = i64::from(i.b.get());
                    if let Value::Table(table) = object
                        && table.try_set_positional(&ctx, key, value)
                    {
                        break;
                    }
                    slow!(run.set(object, Value::Integer(key), value));
                }),
                Op::SetField => arm!(Tail::Table, set_field!(i, cursor.get(i.b))),
                Op::SetFieldConstant => {
                    arm!(Tail::Table, set_field!(i, cursor.indexed_constant(i.b)))
                }
                Op::GetMethod => arm!(Tail::Table, {
                    let (object, key) = (cursor.get(i.b), cursor.name(i));
                    cursor.set_after(i.a, 1, object);
                    let method = match object {
                        Value::Table(table) => {
                            match find_method(ctx, table, key, &i.c, i.small_cache()) {
                                Ok(value) => Some(value),
                                Err(class) => {
                                    slow!(run.inherit(class, Value::String(key), i.a.index()));
                                    break;
                                }
                            }
                        }
                        Value::String(_) => outside!(find_string_method(ctx, key, &i.c)),
                        Value::UserData(userdata) => {
                            outside!(find_in_userdata(ctx, userdata, key, &i.c, i.small_cache()))
                        }
                        _ => None,
                    };
                    if let Some(value) = method {
                        cursor.set(i.a, value);
                        break;
                    }
                    slow!(run.get(object, Value::String(key), i.a.index()));
                }),
                Op::NewTable => arm!(Tail::Table, {
                    fuel -= 2 * ALLOCATION_FUEL;
                    let (array, nodes) = (i.d() as u32, i.b.get());
                    if array == 0 && nodes == 0 {
                        let table = outside!(Table::new(ctx));
                        cursor.set(i.a, Value::Table(table));
                    } else {
                        let nodes = if nodes == 0 { 0 } else { 1 << (nodes - 1) };
                        fuel -= i64::from(array / 4) + i64::from(nodes);
                        match outside!(Table::with_room(ctx, array, nodes)) {
                            Ok(table) => cursor.set(i.a, Value::Table(table)),
                            Err(key) => fail!(run.fault(Fault::Key(key))),
                        }
                    }
                }),
                Op::SetList => arm!(Tail::Table, {
                    slow!(run.set_list());
                }),
                Op::Add => arm!(
                    Tail::Arithmetic,
                    arithmetic!(
                        i,
                        cursor.slot(i.b),
                        cursor.slot(i.c.get()),
                        i64::wrapping_add,
                        |x: f64, y: f64| x + y
                    )
                ),
                Op::Sub => arm!(
                    Tail::Arithmetic,
                    arithmetic!(
                        i,
                        cursor.slot(i.b),
                        cursor.slot(i.c.get()),
                        i64::wrapping_sub,
                        |x: f64, y: f64| x - y
                    )
                ),
                Op::Mul => arm!(
                    Tail::Arithmetic,
                    arithmetic!(
                        i,
                        cursor.slot(i.b),
                        cursor.slot(i.c.get()),
                        i64::wrapping_mul,
                        |x: f64, y: f64| x * y
                    )
                ),
                Op::Div => arm!(Tail::Arithmetic, {
                    float_arithmetic!(
                        i,
                        cursor.slot(i.b),
                        cursor.slot(i.c.get()),
                        |x: f64, y: f64| x / y
                    );
                }),
                Op::Mod => arm!(
                    Tail::Arithmetic,
                    division!(
                        i,
                        cursor.slot(i.b),
                        cursor.slot(i.c.get()),
                        number::modulo_integer,
                        number::modulo_float
                    )
                ),
                Op::Pow => arm!(
                    Tail::Arithmetic,
                    float_arithmetic!(i, cursor.slot(i.b), cursor.slot(i.c.get()), number::pow)
                ),
                Op::FloorDiv => arm!(
                    Tail::Arithmetic,
                    division!(
                        i,
                        cursor.slot(i.b),
                        cursor.slot(i.c.get()),
                        number::floor_div_integer,
                        number::floor_div_float
                    )
                ),
                Op::BitAnd => arm!(
                    Tail::Arithmetic,
                    bitwise!(i, cursor.slot(i.b), cursor.slot(i.c.get()), |x, y| x & y)
                ),
                Op::BitOr => arm!(
                    Tail::Arithmetic,
                    bitwise!(i, cursor.slot(i.b), cursor.slot(i.c.get()), |x, y| x | y)
                ),
                Op::BitXor => arm!(
                    Tail::Arithmetic,
                    bitwise!(i, cursor.slot(i.b), cursor.slot(i.c.get()), |x, y| x ^ y)
                ),
                Op::ShiftLeft => arm!(
                    Tail::Arithmetic,
                    bitwise!(i, cursor.slot(i.b), cursor.slot(i.c.get()), number::shift_left)
                ),
                Op::ShiftRight => arm!(Tail::Arithmetic, {
                    bitwise!(i, cursor.slot(i.b), cursor.slot(i.c.get()), number::shift_right)
                }),
                Op::AddImmediate => arm!(Tail::Constant, {
                    let immediate = i.d();
                    let slot = cursor.slot(i.b);
                    if let Some(x) = slot.integer() {
                        cursor.set(i.a, Value::Integer(x.wrapping_add(i64::from(immediate))));
                    } else if let Some(x) = slot.float() {
                        cursor.set(i.a, Value::float(x + f64::from(immediate)));
                    } else {
                        slow!(run.arithmetic());
                    }
                }),
                Op::AddConstant => arm!(
                    Tail::Constant,
                    arithmetic!(i, cursor.slot(i.b), i, i64::wrapping_add, |x: f64, y: f64| x + y)
                ),
                Op::SubConstant => arm!(
                    Tail::Constant,
                    arithmetic!(i, cursor.slot(i.b), i, i64::wrapping_sub, |x: f64, y: f64| x - y)
                ),
                Op::MulConstant => arm!(
                    Tail::Constant,
                    arithmetic!(i, cursor.slot(i.b), i, i64::wrapping_mul, |x: f64, y: f64| x * y)
                ),
                Op::DivConstant => arm!(
                    Tail::Constant,
                    float_arithmetic!(i, cursor.slot(i.b), i, |x: f64, y: f64| x / y)
                ),
                Op::ModConstant => arm!(
                    Tail::Constant,
                    division!(i, cursor.slot(i.b), i, number::modulo_integer, number::modulo_float)
                ),
                Op::PowConstant => {
                    arm!(Tail::Constant, float_arithmetic!(i, cursor.slot(i.b), i, number::pow))
                }
                Op::FloorDivConstant => arm!(
                    Tail::Constant,
                    division!(
                        i,
                        cursor.slot(i.b),
                        i,
                        number::floor_div_integer,
                        number::floor_div_float
                    )
                ),
                Op::BitAndConstant => arm!(Tail::Constant, {
                    bitwise!(i, cursor.slot(i.b), i, |x, y| x & y);
                }),
                Op::BitOrConstant => arm!(Tail::Constant, {
                    bitwise!(i, cursor.slot(i.b), i, |x, y| x | y);
                }),
                Op::BitXorConstant => arm!(Tail::Constant, {
                    bitwise!(i, cursor.slot(i.b), i, |x, y| x ^ y);
                }),
                Op::ShiftLeftImmediate => arm!(
                    Tail::Constant,
                    match cursor.slot(i.b).integer() {
                        Some(x) => {
                            let result = number::shift_left(x, i64::from(i.d()));
                            cursor.set(i.a, Value::Integer(result));
                        }
                        None => slow!(run.arithmetic()),
                    }
                ),
                Op::ShiftRightImmediate => arm!(
                    Tail::Constant,
                    match cursor.slot(i.b).integer() {
                        Some(x) => {
                            let result = number::shift_right(x, i64::from(i.d()));
                            cursor.set(i.a, Value::Integer(result));
                        }
                        None => slow!(run.arithmetic()),
                    }
                ),
                Op::ConstantSub => arm!(
                    Tail::Constant,
                    arithmetic!(i, i, cursor.slot(i.b), i64::wrapping_sub, |x: f64, y: f64| x - y)
                ),
                Op::ConstantDiv => arm!(
                    Tail::Constant,
                    float_arithmetic!(i, i, cursor.slot(i.b), |x: f64, y: f64| x / y)
                ),
                Op::Negate => arm!(
                    Tail::Other,
                    match cursor.get(i.b) {
                        Value::Integer(x) => cursor.set(i.a, Value::Integer(x.wrapping_neg())),
                        Value::Float(x) => cursor.set(i.a, Value::float(-x.get())),
                        _ => slow!(run.arithmetic()),
                    }
                ),
                Op::Not => arm!(Tail::Other, {
                    let value = cursor.get(i.b);
                    cursor.set(i.a, Value::boolean(!value.is_truthy()));
                }),
                Op::Length => arm!(
                    Tail::Other,
                    match cursor.get(i.b) {
                        Value::Table(table) if table.metatable().is_none() => {
                            let length = match table.quick_length() {
                                Some(length) => length,
                                None => outside!(table.length()),
                            };
                            cursor.set(i.a, Value::Integer(length));
                        }
                        Value::String(string) =>
                            cursor.set(i.a, Value::Integer(string.len() as i64)),
                        value => slow!(run.length(value, i.a.index())),
                    }
                ),
                Op::BitNot => arm!(
                    Tail::Other,
                    match cursor.get(i.b) {
                        Value::Integer(x) => cursor.set(i.a, Value::Integer(!x)),
                        _ => slow!(run.arithmetic()),
                    }
                ),
                Op::Concat => arm!(Tail::Other, {
                    fuel -= ALLOCATION_FUEL;
                    slow!(run.concat_step(i.c.get().get() as u8));
                }),
                Op::Jump => arm!(Tail::Jump, cursor.jump(i.d())),
                Op::JumpBack => arm!(Tail::Jump, jump_back!(i)),
                Op::JumpIf => arm!(Tail::Jump, branch!(i, cursor.get(i.a).is_truthy())),
                Op::JumpIfNot => arm!(Tail::Jump, branch!(i, !cursor.get(i.a).is_truthy())),
                Op::JumpEqual => arm!(Tail::Jump, equal!(i, true)),
                Op::JumpNotEqual => arm!(Tail::Jump, equal!(i, false)),
                Op::JumpLess => {
                    arm!(Tail::Jump, less!(i, true, cursor.slot(i.a), cursor.slot(i.b)))
                }
                Op::JumpNotLess => {
                    arm!(Tail::Jump, less!(i, false, cursor.slot(i.a), cursor.slot(i.b)))
                }
                Op::JumpLessEqual => {
                    arm!(Tail::Jump, less_equal!(i, true, cursor.slot(i.a), cursor.slot(i.b)))
                }
                Op::JumpNotLessEqual => {
                    arm!(Tail::Jump, less_equal!(i, false, cursor.slot(i.a), cursor.slot(i.b)))
                }
                Op::JumpEqualConstant => arm!(Tail::Jump, {
                    let (value, constant) = (cursor.get(i.a), cursor.indexed_constant(i.b));
                    raw_equal!(i, true, value, constant);
                }),
                Op::JumpNotEqualConstant => arm!(Tail::Jump, {
                    let (value, constant) = (cursor.get(i.a), cursor.indexed_constant(i.b));
                    raw_equal!(i, false, value, constant);
                }),
                Op::JumpLessImmediate => {
                    arm!(Tail::Immediate, immediate!(i, true, <, Metamethod::Lt, false))
                }
                Op::JumpNotLessImmediate => {
                    arm!(Tail::Immediate, immediate!(i, false, <, Metamethod::Lt, false))
                }
                Op::JumpLessEqualImmediate => {
                    arm!(Tail::Immediate, immediate!(i, true, <=, Metamethod::Le, false))
                }
                Op::JumpNotLessEqualImmediate => {
                    arm!(Tail::Immediate, immediate!(i, false, <=, Metamethod::Le, false))
                }
                Op::JumpGreaterImmediate => {
                    arm!(Tail::Immediate, immediate!(i, true, >, Metamethod::Lt, true))
                }
                Op::JumpNotGreaterImmediate => {
                    arm!(Tail::Immediate, immediate!(i, false, >, Metamethod::Lt, true))
                }
                Op::JumpGreaterEqualImmediate => {
                    arm!(Tail::Immediate, immediate!(i, true, >=, Metamethod::Le, true))
                }
                Op::JumpNotGreaterEqualImmediate => {
                    arm!(Tail::Immediate, immediate!(i, false, >=, Metamethod::Le, true))
                }
                Op::Call => arm!(Tail::Call, {
                    let argc = match i.b.get() {
                        0 => take_open(&mut run.state, i.a),
                        b => b as usize - 1,
                    };
                    let returns = ReturnKind::Call(i.c.get().get() as u8);
                    match cursor.get(i.a) {
                        Value::Closure(closure) => {
                            enter!(closure, i.a, 0, argc, returns, i.e());
                        }
                        Value::Callback(callback)
                            if !HOOKED && callback.which_builtin() != Builtin::PCall =>
                        {
                            fuel -= i64::from(i.e());
                            if let Some(quick) = callback.quick() {
                                let is_one_wanted = matches!(i.c.get().get(), 1 | 2);
                                let answer =
                                    outside!(run.call_quick(quick, i.a, argc, is_one_wanted));
                                let result = match answer {
                                    Answer::Value(value) => Some((value, 1)),
                                    Answer::Done => Some((Value::Nil, 0)),
                                    Answer::None => None,
                                };
                                if let Some((value, count)) = result {
                                    cursor.set(i.a, value);
                                    match usize::from(i.c.get().get()) {
                                        0 => set_open(&mut run.state, i.a, count),
                                        c => {
                                            for n in 2..c {
                                                cursor.set_after(i.a, n - 1, Value::Nil);
                                            }
                                        }
                                    }
                                    break;
                                }
                            }
                            slow!(run.call_rust(callback, i.a.index(), argc, returns));
                        }
                        _ => {
                            fuel -= i64::from(i.e());
                            slow!(run.call_value(i.a.index(), argc, returns));
                        }
                    }
                }),
                Op::TailCall => arm!(Tail::Call, {
                    fuel -= i64::from(i.e());
                    if !HOOKED
                        && let Value::Closure(closure) = cursor.get(i.a)
                        && !closure.code().is_vararg
                    {
                        let argc = match i.b.get() {
                            0 => open_count(&mut run.state, i.a),
                            b => b as usize - 1,
                        };
                        if cursor.tail_call(&mut run.state, closure, i.a, argc) {
                            run.state.top = 0;
                            if fuel < 0 {
                                run.state.fuel = fuel;
                                return Left::Frames;
                            }
                            break;
                        }
                    }
                    if !HOOKED
                        && let Value::Callback(callback) = cursor.get(i.a)
                        && let Some(quick) = callback.quick()
                        && run.state.to_be_closed.is_empty()
                    {
                        let argc = match i.b.get() {
                            0 => open_count(&mut run.state, i.a),
                            b => b as usize - 1,
                        };
                        match outside!(run.call_quick(quick, i.a, argc, false)) {
                            Answer::Value(value) => {
                                run.state.top = 0;
                                return_one!(i, value, 1, 0);
                                break;
                            }
                            Answer::Done => {
                                run.state.top = 0;
                                return_one!(i, Value::Nil, 0, 0);
                                break;
                            }
                            Answer::None => {}
                        }
                    }
                    slow!(run.tail_call());
                }),
                Op::Return1 => arm!(Tail::Call, return_one!(i, cursor.get(i.a), 1, i.e())),
                Op::Return0 => arm!(Tail::Call, return_one!(i, Value::Nil, 0, i.e())),
                Op::Return => arm!(Tail::Call, {
                    fuel -= i64::from(i.e());
                    if HOOKED {
                        slow!(run.return_watched());
                    } else if i.c.get().get() != 0 {
                        slow!(run.return_from());
                    } else {
                        let b = usize::from(i.b.get());
                        if b != 0 && cursor.return_many(&mut run.state, i.a, b - 1) {
                            break;
                        }
                        slow!(run.return_many(i.a, i.b.get()));
                    }
                }),
                Op::Closure => arm!(Tail::Call, {
                    let closure = outside!(make_closure(ctx, run.running(), i.d() as usize));
                    fuel -= ALLOCATION_FUEL + closure.upvalue_count() as i64;
                    cursor.set(i.a, Value::Closure(closure));
                }),
                Op::VarArg => arm!(Tail::Call, {
                    if !outside!(run.spread_varargs(i.a, i.c.get().get())) {
                        slow!(run.spread_varargs_later(i.a));
                    }
                }),
                Op::VarArgTable => arm!(Tail::Call, slow!(run.vararg_table(i.a.index()))),
                Op::GetVarArg => {
                    arm!(Tail::Call, slow!(run.get_vararg(i.a.index(), cursor.get(i.b))))
                }
                Op::UnpackVarArgTable => {
                    arm!(
                        Tail::Call,
                        slow!(run.spread_table(
                            i.a.index(),
                            cursor.get(i.b),
                            i.c.get().get() as u8
                        ))
                    )
                }
                Op::ForPrep => arm!(Tail::Loop, {
                    let (start, limit, step) =
                        (cursor.get(i.a), cursor.get_after(i.a, 1), cursor.get_after(i.a, 2));
                    match outside!(prepare_loop(start, limit, step)) {
                        Ok(Some([count, step, variable])) => {
                            cursor.set(i.a, count);
                            cursor.set_after(i.a, 1, step);
                            cursor.set_after(i.a, 2, variable);
                        }
                        Ok(None) => cursor.jump(i.d()),
                        Err(what) => fail!(run.loop_fault(what, start, limit, step)),
                    }
                }),
                Op::ForLoop => arm!(Tail::Loop, for_loop!(i)),
                Op::GenericForPrep => arm!(Tail::Loop, {
                    let closing = cursor.get_after(i.a, 3);
                    cursor.jump(i.d());
                    if HOOKED {
                        // The first call of the iterator is part of this instruction to the hook.
                        run.state.tracing.told = Told::Line;
                    }
                    if closing.is_truthy() {
                        slow!(run.mark_to_be_closed(i.a.index() + 3));
                    }
                }),
                Op::GenericForCall => arm!(Tail::Loop, {
                    let (iterator, state, control) =
                        (cursor.get(i.a), cursor.get_after(i.a, 1), cursor.get_after(i.a, 2));
                    if !HOOKED
                        && let (Value::Callback(callback), Value::Table(table)) = (iterator, state)
                        && callback.which_builtin() != Builtin::None
                        && let Some([key, value]) =
                            outside!(step_builtin(ctx, callback.which_builtin(), table, control))
                    {
                        cursor.set_after(i.a, 4, key);
                        cursor.set_after(i.a, 5, value);
                        for n in 2..usize::from(i.c.get().get()) {
                            cursor.set_after(i.a, 4 + n, Value::Nil);
                        }
                        fuel -= STEP_FUEL;
                        break;
                    }
                    cursor.set_after(i.a, 4, iterator);
                    cursor.set_after(i.a, 5, state);
                    cursor.set_after(i.a, 6, control);
                    let returns = ReturnKind::Call((i.c.get().get() as u8).saturating_add(1));
                    match iterator {
                        Value::Closure(closure) => enter!(closure, i.a, 4, 2, returns, 1_u32),
                        Value::Callback(callback)
                            if !HOOKED && callback.which_builtin() == Builtin::None =>
                        {
                            slow!(run.call_rust(callback, i.a.index() + 4, 2, returns));
                        }
                        _ => slow!(run.call_value(i.a.index() + 4, 2, returns)),
                    }
                }),
                Op::GenericForLoop => arm!(Tail::Loop, {
                    let control = cursor.get_after(i.a, 4);
                    if !control.is_nil() {
                        cursor.set_after(i.a, 2, control);
                        jump_back!(i);
                    }
                }),

                // Two instructions at once.
                Op::MoveMove => {
                    pair!(Tail::FirstPair, Op::Move, quick_move!(i), quick_move)
                }
                Op::GetUpValueMove => {
                    pair!(Tail::FirstPair, Op::GetUpValue, quick_get_upvalue!(i), quick_move)
                }
                Op::GetTableGetTable => {
                    pair!(Tail::FirstPair, Op::GetTable, quick_get_table!(i), quick_get_table)
                }
                Op::GetTableAdd => {
                    pair!(Tail::FirstPair, Op::GetTable, quick_get_table!(i), quick_add)
                }
                Op::GetTableMul => {
                    pair!(Tail::FirstPair, Op::GetTable, quick_get_table!(i), quick_mul)
                }
                Op::GetFieldGetField => {
                    pair!(Tail::FirstPair, Op::GetField, quick_get_field!(i), quick_get_field)
                }
                Op::GetFieldGetTable => {
                    pair!(Tail::FirstPair, Op::GetField, quick_get_field!(i), quick_get_table)
                }
                Op::GetFieldMul => {
                    pair!(Tail::FirstPair, Op::GetField, quick_get_field!(i), quick_mul)
                }
                Op::GetUpTableGetField => {
                    pair!(Tail::SecondPair, Op::GetUpTable, quick_get_up_table!(i), quick_get_field)
                }
                Op::AddImmediateGetTable => {
                    pair!(
                        Tail::SecondPair,
                        Op::AddImmediate,
                        quick_add_immediate!(i),
                        quick_get_table
                    )
                }
                Op::MulAdd => {
                    pair!(Tail::SecondPair, Op::Mul, quick_mul!(i), quick_add)
                }
                Op::MulSub => {
                    pair!(Tail::SecondPair, Op::Mul, quick_mul!(i), quick_sub)
                }
                Op::MulMul => {
                    pair!(Tail::SecondPair, Op::Mul, quick_mul!(i), quick_mul)
                }
                Op::AddForLoop => {
                    last_in_loop!(Tail::SecondPair, Op::Add, quick_add!(i))
                }
                Op::SetTableForLoop => {
                    last_in_loop!(
                        Tail::SecondPair,
                        Op::SetTable,
                        quick_set_table!(i, cursor.get(i.c.get()))
                    )
                }
                Op::SetTableConstantForLoop => {
                    last_in_loop!(
                        Tail::SecondPair,
                        Op::SetTableConstant,
                        quick_set_table!(i, cursor.constant(i))
                    )
                }

                Op::MarkToBeClosed => arm!(Tail::Other, slow!(run.mark_to_be_closed(i.a.index()))),
                Op::Close => arm!(Tail::Other, {
                    if !run.state.to_be_closed.is_empty() {
                        slow!(run.close(i.a.index()));
                    }
                }),
                Op::CheckGlobalUndefined => arm!(Tail::Other, {
                    if !cursor.get(i.a).is_nil() {
                        fail!(run.global_defined(cursor.constant(i)));
                    }
                }),
            };
            match tail {
                Tail::Load => keep_apart(),
                Tail::Table => keep_apart(),
                Tail::Arithmetic => keep_apart(),
                Tail::Constant => keep_apart(),
                Tail::Other => keep_apart(),
                Tail::Jump => keep_apart(),
                Tail::Immediate => keep_apart(),
                Tail::Call => keep_apart(),
                Tail::Loop => keep_apart(),
                Tail::FirstPair => keep_apart(),
                Tail::SecondPair => keep_apart(),
            }
        }
    }
}
