//! The dispatch loop: one arm per op.
//!
//! An arm does the common case in a few lines and leaves the rest to a function of `slow`, out of
//! line. The place (instruction, registers, constants) is in a [`Cursor`], which is loaded anew
//! whenever the frames have changed; the fuel is a local that is written back before anything that
//! may look at it.
//!
//! The loop exists twice: once as it is, once for coroutines with a debug hook, which is told of
//! what happens before each instruction (see `hook`) and leaves no call to a shortcut.

use luster_bytecode::Op;
use luster_number::{self as number, Number};
use luster_value::{Builtin, Closure, Frame, ReturnKind, Table, Told, UpValue, Value};

use crate::cursor::Cursor;
use crate::operate::{Fault, compare_strings};
use crate::run::{Control, Run};
use crate::slow::Next;

/// What making an object costs in fuel, so that a slice ends before too much garbage piles up.
const ALLOCATION_FUEL: i64 = 16;

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
#[expect(clippy::too_many_lines, reason = "one arm per op; each is a few lines")]
pub(crate) fn execute<'gc, const HOOKED: bool>(run: &mut Run<'_, 'gc>) -> Control<'gc> {
    let ctx = run.ctx;
    'reload: loop {
        if HOOKED && !run.state.tracing.is_on() {
            return Ok(None);
        }
        let mut fuel = run.state.fuel;
        let mut cursor = match run.state.frames.last() {
            Some(Frame::Lua(frame)) if fuel >= 0 => Cursor::load(&mut run.state.registers, frame),
            _ => return Ok(None),
        };
        // Whether the function is only being entered, for the hook.
        let mut is_fresh =
            HOOKED && matches!(run.state.frames.last(), Some(Frame::Lua(frame)) if frame.pc == 0);

        // Writes back what the loop keeps to itself.
        macro_rules! save {
            () => {
                run.state.fuel = fuel;
                run.place = cursor.place();
            };
        }
        // Runs a slow path, which may have pushed a frame.
        macro_rules! slow {
            ($call:expr) => {{
                save!();
                match $call {
                    Next::Same => fuel = run.state.fuel,
                    Next::Reload => continue 'reload,
                    Next::Leave => return std::mem::replace(&mut run.exit, Ok(None)),
                }
            }};
        }
        // Raises the error that an expression gives.
        macro_rules! fail {
            ($error:expr) => {{
                save!();
                run.sync();
                return Err($error);
            }};
        }
        macro_rules! arithmetic {
            ($i:expr, $a:expr, $b:expr, $integers:expr, $floats:expr) => {{
                let (a, b) = ($a, $b);
                match (a, b) {
                    (Value::Integer(x), Value::Integer(y)) => {
                        cursor.set($i.a, Value::Integer($integers(x, y)));
                    }
                    (Value::Float(x), Value::Float(y)) => {
                        cursor.set($i.a, Value::float($floats(x.get(), y.get())));
                    }
                    (Value::Integer(x), Value::Float(y)) => {
                        cursor.set($i.a, Value::float($floats(x as f64, y.get())));
                    }
                    (Value::Float(x), Value::Integer(y)) => {
                        cursor.set($i.a, Value::float($floats(x.get(), y as f64)));
                    }
                    _ => slow!(run.arithmetic()),
                }
            }};
        }
        // As above, for integer operations that a zero divisor fails.
        macro_rules! division {
            ($i:expr, $a:expr, $b:expr, $integers:expr, $floats:expr) => {{
                let (a, b) = ($a, $b);
                match (a, b) {
                    (Value::Integer(x), Value::Integer(y)) => match $integers(x, y) {
                        Some(result) => cursor.set($i.a, Value::Integer(result)),
                        None => slow!(run.arithmetic()),
                    },
                    _ => match (float_of(a), float_of(b)) {
                        (Some(x), Some(y)) => cursor.set($i.a, Value::float($floats(x, y))),
                        _ => slow!(run.arithmetic()),
                    },
                }
            }};
        }
        macro_rules! float_arithmetic {
            ($i:expr, $a:expr, $b:expr, $floats:expr) => {{
                let (a, b) = ($a, $b);
                match (float_of(a), float_of(b)) {
                    (Some(x), Some(y)) => cursor.set($i.a, Value::float($floats(x, y))),
                    _ => slow!(run.arithmetic()),
                }
            }};
        }
        macro_rules! bitwise {
            ($i:expr, $a:expr, $b:expr, $integers:expr) => {{
                match ($a, $b) {
                    (Value::Integer(x), Value::Integer(y)) => {
                        cursor.set($i.a, Value::Integer($integers(x, y)));
                    }
                    _ => slow!(run.arithmetic()),
                }
            }};
        }
        macro_rules! branch {
            ($i:expr, $condition:expr) => {
                if $condition {
                    cursor.jump($i.d.get());
                }
            };
        }
        // A comparison of two values, by numbers or strings first.
        macro_rules! compare {
            ($i:expr, $wanted:expr, $a:expr, $b:expr, $integers:expr, $floats:expr, $mixed:expr, $strings:expr) => {{
                let (a, b) = ($a, $b);
                match (a, b) {
                    (Value::Integer(x), Value::Integer(y)) => {
                        branch!($i, $integers(&x, &y) == $wanted)
                    }
                    (Value::Float(x), Value::Float(y)) => {
                        branch!($i, $floats(&x.get(), &y.get()) == $wanted);
                    }
                    (Value::Integer(x), Value::Float(y)) => {
                        let holds = $mixed(Number::Integer(x), Number::Float(y.get()));
                        branch!($i, holds == $wanted);
                    }
                    (Value::Float(x), Value::Integer(y)) => {
                        let holds = $mixed(Number::Float(x.get()), Number::Integer(y));
                        branch!($i, holds == $wanted);
                    }
                    (Value::String(x), Value::String(y)) => {
                        branch!($i, $strings(compare_strings(x, y)) == $wanted);
                    }
                    _ => slow!(run.compare(a, b)),
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
                    i64::le,
                    f64::le,
                    number::less_equal,
                    std::cmp::Ordering::is_le
                )
            };
        }
        // A comparison with an immediate integer.
        macro_rules! immediate {
        ($i:expr, $wanted:expr, $compare:tt, $flipped:expr) => {{
            let immediate = i16::from_le_bytes([$i.b, $i.c]);
            match cursor.get($i.a) {
                Value::Integer(x) => branch!($i, (x $compare i64::from(immediate)) == $wanted),
                Value::Float(x) => branch!($i, (x.get() $compare f64::from(immediate)) == $wanted),
                value => {
                    let immediate = Value::Integer(i64::from(immediate));
                    if $flipped {
                        slow!(run.compare(immediate, value));
                    } else {
                        slow!(run.compare(value, immediate));
                    }
                }
            }
        }};
    }
        macro_rules! equal {
            ($i:expr, $wanted:expr) => {{
                let (a, b) = (cursor.get($i.a), cursor.get($i.b));
                match (a, b) {
                    (Value::Integer(x), Value::Integer(y)) => branch!($i, (x == y) == $wanted),
                    (Value::Table(x), Value::Table(y)) if x != y => {
                        slow!(run.compare(a, b));
                    }
                    (Value::UserData(x), Value::UserData(y)) if x != y => {
                        slow!(run.compare(a, b));
                    }
                    _ => branch!($i, a.raw_equal(b) == $wanted),
                }
            }};
        }
        // Pushes the frame of a Lua function and goes on in it.
        macro_rules! enter {
            ($closure:expr, $function:expr, $argc:expr, $returns:expr, $cost:expr) => {{
                fuel -= i64::from($cost);
                let closure = $closure;
                let base = if closure.code().is_vararg {
                    run.push_vararg(closure, $function, $argc, $returns)
                } else {
                    run.push_plain(closure, $function, $argc, $returns)
                };
                let Ok(base) = base else {
                    run.state.fuel = fuel;
                    return Err(run.stack_overflow());
                };
                if fuel < 0 {
                    run.state.fuel = fuel;
                    return Ok(None);
                }
                if HOOKED {
                    run.state.fuel = fuel;
                    continue 'reload;
                }
                cursor = Cursor::begin(&mut run.state.registers, closure, base);
            }};
        }
        // Takes one result, or none, from a returning Lua function to its caller.
        macro_rules! return_one {
            ($i:expr, $value:expr, $count:expr) => {{
                let value: Value<'gc> = $value;
                if HOOKED {
                    save!();
                    if run.trace_return($i.a, $count) {
                        return std::mem::replace(&mut run.exit, Ok(None));
                    }
                }
                fuel -= i64::from($i.d.get());
                let (function, returns) = run.pop_lua_frame();
                match returns {
                    ReturnKind::Call(2) => run.state.registers.set(function, value),
                    ReturnKind::Call(1) => {}
                    ReturnKind::Register(register) => {
                        if let Some(Frame::Lua(frame)) = run.state.frames.last() {
                            let slot = frame.base as usize + register as usize;
                            run.state.registers.set(slot, value);
                        }
                    }
                    returns => {
                        run.state.fuel = fuel;
                        match run.return_special(value, $count, function, returns) {
                            Next::Leave => return std::mem::replace(&mut run.exit, Ok(None)),
                            _ => continue 'reload,
                        }
                    }
                }
                match run.state.frames.last() {
                    Some(Frame::Lua(frame)) => {
                        cursor = Cursor::load(&mut run.state.registers, frame);
                    }
                    _ => {
                        run.state.fuel = fuel;
                        return Ok(None);
                    }
                }
            }};
        }

        loop {
            if HOOKED {
                save!();
                if run.trace(std::mem::take(&mut is_fresh)) {
                    return std::mem::replace(&mut run.exit, Ok(None));
                }
            }
            let i = cursor.fetch();
            match i.op.get() {
                Op::Move => cursor.set(i.a, cursor.get(i.b)),
                Op::LoadNil => {
                    for register in i.a..=i.a.saturating_add(i.b) {
                        cursor.set(register, Value::Nil);
                    }
                }
                Op::LoadFalse => cursor.set(i.a, Value::False),
                Op::LoadTrue => cursor.set(i.a, Value::True),
                Op::LoadFalseSkip => {
                    cursor.set(i.a, Value::False);
                    cursor.jump(1);
                }
                Op::LoadInteger => cursor.set(i.a, Value::Integer(i64::from(i.d.get()))),
                Op::LoadFloat => cursor.set(i.a, Value::float(f64::from(i.d.get()))),
                Op::LoadConstant => cursor.set(i.a, cursor.constant(i.d.get() as usize)),

                Op::NewCell => {
                    fuel -= ALLOCATION_FUEL;
                    let cell = UpValue::new(&ctx, cursor.get(i.a));
                    cursor.set(i.a, Value::Cell(cell));
                }
                Op::GetCell => match cursor.get(i.b) {
                    Value::Cell(cell) => cursor.set(i.a, cell.get()),
                    _ => unreachable!("verified: the register holds a cell"),
                },
                Op::SetCell => match cursor.get(i.a) {
                    Value::Cell(cell) => cell.set(&ctx, cursor.get(i.b)),
                    _ => unreachable!("verified: the register holds a cell"),
                },
                Op::GetUpValue => cursor.set(i.a, cursor.upvalue(i.b).get()),
                Op::SetUpValue => cursor.upvalue(i.b).set(&ctx, cursor.get(i.a)),

                Op::GetUpTable => {
                    let object = cursor.upvalue(i.b).get();
                    let key = cursor.name(i.c);
                    if let Value::Table(table) = object {
                        let value = table.get_cached(key, &i.d);
                        if !value.is_nil() || table.metatable().is_none() {
                            cursor.set(i.a, value);
                            continue;
                        }
                    }
                    slow!(run.get(object, Value::String(key), i.a));
                }
                Op::SetUpTable => {
                    let object = cursor.upvalue(i.a).get();
                    let (key, value) = (cursor.name(i.b), cursor.get(i.c));
                    if let Value::Table(table) = object
                        && table.try_set_cached(&ctx, key, value, &i.d)
                    {
                        continue;
                    }
                    slow!(run.set(object, Value::String(key), value));
                }
                Op::GetTable => {
                    let (object, key) = (cursor.get(i.b), cursor.get(i.c));
                    if let Value::Table(table) = object {
                        let value = match key {
                            Value::Integer(k) => table.get_integer(k),
                            key => table.get(key),
                        };
                        if !value.is_nil() || table.metatable().is_none() {
                            cursor.set(i.a, value);
                            continue;
                        }
                    }
                    slow!(run.get(object, key, i.a));
                }
                Op::GetIndex => {
                    let object = cursor.get(i.b);
                    if let Value::Table(table) = object {
                        let value = table.get_integer(i64::from(i.c));
                        if !value.is_nil() || table.metatable().is_none() {
                            cursor.set(i.a, value);
                            continue;
                        }
                    }
                    slow!(run.get(object, Value::Integer(i64::from(i.c)), i.a));
                }
                Op::GetField => {
                    let object = cursor.get(i.b);
                    let key = cursor.name(i.c);
                    if let Value::Table(table) = object {
                        let value = table.get_cached(key, &i.d);
                        if !value.is_nil() || table.metatable().is_none() {
                            cursor.set(i.a, value);
                            continue;
                        }
                        match get_inherited(ctx, table, key) {
                            Inherited::Value(value) => {
                                cursor.set(i.a, value);
                                continue;
                            }
                            Inherited::Call(handler, from) => {
                                slow!(run.call_index(handler, from, Value::String(key), i.a));
                                continue;
                            }
                            Inherited::Unknown => {}
                        }
                    }
                    slow!(run.get(object, Value::String(key), i.a));
                }
                Op::SetTable => {
                    let (object, key, value) = (cursor.get(i.a), cursor.get(i.b), cursor.get(i.c));
                    if let Value::Table(table) = object {
                        if let Value::Integer(k) = key
                            && table.try_set_integer(&ctx, k, value)
                        {
                            continue;
                        }
                        if table.metatable().is_none() && table.set(&ctx, key, value).is_ok() {
                            continue;
                        }
                    }
                    slow!(run.set(object, key, value));
                }
                Op::SetIndex => {
                    let (object, value) = (cursor.get(i.a), cursor.get(i.c));
                    let key = i64::from(i.b);
                    if let Value::Table(table) = object
                        && table.try_set_integer(&ctx, key, value)
                    {
                        continue;
                    }
                    slow!(run.set(object, Value::Integer(key), value));
                }
                Op::SetField => {
                    let object = cursor.get(i.a);
                    let (key, value) = (cursor.name(i.b), cursor.get(i.c));
                    if let Value::Table(table) = object
                        && table.try_set_cached(&ctx, key, value, &i.d)
                    {
                        continue;
                    }
                    slow!(run.set(object, Value::String(key), value));
                }
                Op::GetMethod => {
                    let object = cursor.get(i.b);
                    let key = cursor.name(i.c);
                    cursor.set(i.a.wrapping_add(1), object);
                    let method = match object {
                        Value::Table(table) => find_method(ctx, table, key, &i.d),
                        Value::String(_) => find_string_method(ctx, key, &i.d),
                        _ => None,
                    };
                    if let Some(value) = method {
                        cursor.set(i.a, value);
                        continue;
                    }
                    slow!(run.get(object, Value::String(key), i.a));
                }
                Op::NewTable => {
                    fuel -= ALLOCATION_FUEL;
                    let array = i.d.get() as u32;
                    if array == 0 && i.b == 0 {
                        cursor.set(i.a, Value::Table(Table::new(ctx)));
                    } else {
                        let nodes = if i.b == 0 { 0 } else { 1 << (i.b - 1) };
                        fuel -= i64::from(array / 4) + i64::from(nodes);
                        match Table::with_room(ctx, array, nodes) {
                            Ok(table) => cursor.set(i.a, Value::Table(table)),
                            Err(key) => fail!(run.fault(Fault::Key(key))),
                        }
                    }
                }
                Op::SetList => {
                    slow!(run.set_list());
                }

                Op::Add => arithmetic!(
                    i,
                    cursor.get(i.b),
                    cursor.get(i.c),
                    i64::wrapping_add,
                    |x: f64, y: f64| x + y
                ),
                Op::Sub => arithmetic!(
                    i,
                    cursor.get(i.b),
                    cursor.get(i.c),
                    i64::wrapping_sub,
                    |x: f64, y: f64| x - y
                ),
                Op::Mul => arithmetic!(
                    i,
                    cursor.get(i.b),
                    cursor.get(i.c),
                    i64::wrapping_mul,
                    |x: f64, y: f64| x * y
                ),
                Op::Div => {
                    float_arithmetic!(i, cursor.get(i.b), cursor.get(i.c), |x: f64, y: f64| x / y);
                }
                Op::Mod => division!(
                    i,
                    cursor.get(i.b),
                    cursor.get(i.c),
                    number::modulo_integer,
                    number::modulo_float
                ),
                Op::Pow => float_arithmetic!(i, cursor.get(i.b), cursor.get(i.c), number::pow),
                Op::FloorDiv => division!(
                    i,
                    cursor.get(i.b),
                    cursor.get(i.c),
                    number::floor_div_integer,
                    number::floor_div_float
                ),
                Op::BitAnd => bitwise!(i, cursor.get(i.b), cursor.get(i.c), |x, y| x & y),
                Op::BitOr => bitwise!(i, cursor.get(i.b), cursor.get(i.c), |x, y| x | y),
                Op::BitXor => bitwise!(i, cursor.get(i.b), cursor.get(i.c), |x, y| x ^ y),
                Op::ShiftLeft => bitwise!(i, cursor.get(i.b), cursor.get(i.c), number::shift_left),
                Op::ShiftRight => {
                    bitwise!(i, cursor.get(i.b), cursor.get(i.c), number::shift_right)
                }

                Op::AddImmediate => {
                    let immediate = i.d.get();
                    match cursor.get(i.b) {
                        Value::Integer(x) => {
                            cursor.set(i.a, Value::Integer(x.wrapping_add(i64::from(immediate))));
                        }
                        Value::Float(x) => {
                            cursor.set(i.a, Value::float(x.get() + f64::from(immediate)));
                        }
                        _ => slow!(run.arithmetic()),
                    }
                }
                Op::AddConstant => arithmetic!(
                    i,
                    cursor.get(i.b),
                    cursor.constant(i.d.get() as usize),
                    i64::wrapping_add,
                    |x: f64, y: f64| x + y
                ),
                Op::SubConstant => arithmetic!(
                    i,
                    cursor.get(i.b),
                    cursor.constant(i.d.get() as usize),
                    i64::wrapping_sub,
                    |x: f64, y: f64| x - y
                ),
                Op::MulConstant => arithmetic!(
                    i,
                    cursor.get(i.b),
                    cursor.constant(i.d.get() as usize),
                    i64::wrapping_mul,
                    |x: f64, y: f64| x * y
                ),
                Op::DivConstant => float_arithmetic!(
                    i,
                    cursor.get(i.b),
                    cursor.constant(i.d.get() as usize),
                    |x: f64, y: f64| x / y
                ),
                Op::ModConstant => division!(
                    i,
                    cursor.get(i.b),
                    cursor.constant(i.d.get() as usize),
                    number::modulo_integer,
                    number::modulo_float
                ),
                Op::PowConstant => float_arithmetic!(
                    i,
                    cursor.get(i.b),
                    cursor.constant(i.d.get() as usize),
                    number::pow
                ),
                Op::FloorDivConstant => division!(
                    i,
                    cursor.get(i.b),
                    cursor.constant(i.d.get() as usize),
                    number::floor_div_integer,
                    number::floor_div_float
                ),
                Op::BitAndConstant => {
                    bitwise!(i, cursor.get(i.b), cursor.constant(i.d.get() as usize), |x, y| x & y);
                }
                Op::BitOrConstant => {
                    bitwise!(i, cursor.get(i.b), cursor.constant(i.d.get() as usize), |x, y| x | y);
                }
                Op::BitXorConstant => {
                    bitwise!(i, cursor.get(i.b), cursor.constant(i.d.get() as usize), |x, y| x ^ y);
                }
                Op::ShiftLeftImmediate => bitwise!(
                    i,
                    cursor.get(i.b),
                    Value::Integer(i64::from(i.d.get())),
                    number::shift_left
                ),
                Op::ShiftRightImmediate => bitwise!(
                    i,
                    cursor.get(i.b),
                    Value::Integer(i64::from(i.d.get())),
                    number::shift_right
                ),
                Op::ConstantSub => arithmetic!(
                    i,
                    cursor.constant(i.d.get() as usize),
                    cursor.get(i.b),
                    i64::wrapping_sub,
                    |x: f64, y: f64| x - y
                ),
                Op::ConstantDiv => float_arithmetic!(
                    i,
                    cursor.constant(i.d.get() as usize),
                    cursor.get(i.b),
                    |x: f64, y: f64| x / y
                ),

                Op::Negate => match cursor.get(i.b) {
                    Value::Integer(x) => cursor.set(i.a, Value::Integer(x.wrapping_neg())),
                    Value::Float(x) => cursor.set(i.a, Value::float(-x.get())),
                    _ => slow!(run.arithmetic()),
                },
                Op::Not => {
                    let value = cursor.get(i.b);
                    cursor.set(i.a, Value::boolean(!value.is_truthy()));
                }
                Op::Length => match cursor.get(i.b) {
                    Value::Table(table) if table.metatable().is_none() => {
                        cursor.set(i.a, Value::Integer(table.length()));
                    }
                    Value::String(string) => cursor.set(i.a, Value::Integer(string.len() as i64)),
                    value => slow!(run.length(value, i.a)),
                },
                Op::BitNot => match cursor.get(i.b) {
                    Value::Integer(x) => cursor.set(i.a, Value::Integer(!x)),
                    _ => slow!(run.arithmetic()),
                },
                Op::Concat => {
                    fuel -= ALLOCATION_FUEL;
                    slow!(run.concat_step(i.c));
                }

                Op::Jump => cursor.jump(i.d.get()),
                Op::JumpBack => {
                    let distance = i.d.get();
                    cursor.jump(distance);
                    fuel += i64::from(distance);
                    if fuel < 0 {
                        if HOOKED {
                            // At its first instruction again, the function is not entered again.
                            run.state.tracing.told = Told::Call;
                        }
                        save!();
                        run.sync();
                        return Ok(None);
                    }
                }
                Op::JumpIf => branch!(i, cursor.get(i.a).is_truthy()),
                Op::JumpIfNot => branch!(i, !cursor.get(i.a).is_truthy()),
                Op::JumpEqual => equal!(i, true),
                Op::JumpNotEqual => equal!(i, false),
                Op::JumpLess => less!(i, true, cursor.get(i.a), cursor.get(i.b)),
                Op::JumpNotLess => less!(i, false, cursor.get(i.a), cursor.get(i.b)),
                Op::JumpLessEqual => less_equal!(i, true, cursor.get(i.a), cursor.get(i.b)),
                Op::JumpNotLessEqual => less_equal!(i, false, cursor.get(i.a), cursor.get(i.b)),
                Op::JumpEqualConstant => {
                    let constant = cursor.constant(u16::from_le_bytes([i.b, i.c]) as usize);
                    branch!(i, cursor.get(i.a).raw_equal(constant));
                }
                Op::JumpNotEqualConstant => {
                    let constant = cursor.constant(u16::from_le_bytes([i.b, i.c]) as usize);
                    branch!(i, !cursor.get(i.a).raw_equal(constant));
                }
                Op::JumpLessImmediate => immediate!(i, true, <, false),
                Op::JumpNotLessImmediate => immediate!(i, false, <, false),
                Op::JumpLessEqualImmediate => immediate!(i, true, <=, false),
                Op::JumpNotLessEqualImmediate => immediate!(i, false, <=, false),
                Op::JumpGreaterImmediate => immediate!(i, true, >, true),
                Op::JumpNotGreaterImmediate => immediate!(i, false, >, true),
                Op::JumpGreaterEqualImmediate => immediate!(i, true, >=, true),
                Op::JumpNotGreaterEqualImmediate => immediate!(i, false, >=, true),

                Op::Call => {
                    save!();
                    let function = run.sync() + i.a as usize;
                    let argc = match i.b {
                        0 => std::mem::replace(&mut run.state.top, 0) - function - 1,
                        b => b as usize - 1,
                    };
                    let returns = ReturnKind::Call(i.c);
                    match cursor.get(i.a) {
                        Value::Closure(closure) => {
                            enter!(closure, function, argc, returns, i.d.get());
                        }
                        _ => {
                            run.state.fuel -= i64::from(i.d.get());
                            slow!(run.call_value(function, argc, returns));
                        }
                    }
                }
                Op::TailCall => {
                    fuel -= i64::from(i.d.get());
                    if !HOOKED
                        && let Value::Closure(closure) = cursor.get(i.a)
                        && !closure.code().is_vararg
                        && i.b != 0
                    {
                        match run.replace_frame(closure, i.a, i.b as usize - 1) {
                            Some(base) if fuel >= 0 => {
                                cursor = Cursor::begin(&mut run.state.registers, closure, base);
                                continue;
                            }
                            Some(_) => {
                                run.state.fuel = fuel;
                                return Ok(None);
                            }
                            None => {}
                        }
                    }
                    slow!(run.tail_call());
                }
                Op::Return1 => return_one!(i, cursor.get(i.a), 1),
                Op::Return0 => return_one!(i, Value::Nil, 0),
                Op::Return => {
                    fuel -= i64::from(i.d.get());
                    if HOOKED {
                        slow!(run.return_watched());
                    } else {
                        slow!(run.return_from());
                    }
                }
                Op::Closure => {
                    fuel -= ALLOCATION_FUEL;
                    let closure = make_closure(ctx, cursor, i.d.get() as usize);
                    cursor.set(i.a, Value::Closure(closure));
                }
                Op::VarArg => slow!(run.vararg(i.a, i.c)),
                Op::VarArgTable => slow!(run.vararg_table(i.a)),
                Op::GetVarArg => slow!(run.get_vararg(i.a, cursor.get(i.b))),
                Op::UnpackVarArgTable => slow!(run.unpack_vararg_table(i.a, cursor.get(i.b), i.c)),

                Op::ForPrep => {
                    let (start, limit, step) =
                        (cursor.get(i.a), cursor.get(i.a + 1), cursor.get(i.a + 2));
                    match prepare_loop(start, limit, step) {
                        Ok(Some([count, step, variable])) => {
                            cursor.set(i.a, count);
                            cursor.set(i.a + 1, step);
                            cursor.set(i.a + 2, variable);
                        }
                        Ok(None) => cursor.jump(i.d.get()),
                        Err(what) => fail!(run.loop_fault(what, start, limit, step)),
                    }
                }
                Op::ForLoop => {
                    let distance = i.d.get();
                    match (cursor.get(i.a), cursor.get(i.a + 1), cursor.get(i.a + 2)) {
                        (Value::Integer(count), Value::Integer(step), Value::Integer(variable)) => {
                            if count == 0 {
                                continue;
                            }
                            cursor.set(i.a, Value::Integer(count.wrapping_sub(1)));
                            cursor.set(i.a + 2, Value::Integer(variable.wrapping_add(step)));
                        }
                        (Value::Float(limit), Value::Float(step), Value::Float(variable)) => {
                            let (step, next) = (step.get(), variable.get() + step.get());
                            let goes_on =
                                if step > 0.0 { next <= limit.get() } else { limit.get() <= next };
                            if !goes_on {
                                continue;
                            }
                            cursor.set(i.a + 2, Value::float(next));
                        }
                        // Only damaged bytecode gets here: no `ForPrep` has run.
                        _ => continue,
                    }
                    cursor.jump(distance);
                    fuel += i64::from(distance);
                    if fuel < 0 {
                        save!();
                        run.sync();
                        return Ok(None);
                    }
                }
                Op::GenericForPrep => {
                    let closing = cursor.get(i.a + 3);
                    cursor.jump(i.d.get());
                    if HOOKED {
                        // The first call of the iterator is part of this instruction to the hook.
                        run.state.tracing.told = Told::Line;
                    }
                    if closing.is_truthy() {
                        slow!(run.mark_to_be_closed(i.a + 3));
                    }
                }
                Op::GenericForCall => {
                    let (iterator, state, control) =
                        (cursor.get(i.a), cursor.get(i.a + 1), cursor.get(i.a + 2));
                    if !HOOKED
                        && let (Value::Callback(callback), Value::Table(table)) = (iterator, state)
                        && let Some([key, value]) =
                            step_builtin(callback.which_builtin(), table, control)
                    {
                        cursor.set(i.a + 4, key);
                        cursor.set(i.a + 5, value);
                        for register in 2..i.c {
                            cursor.set(i.a + 4 + register, Value::Nil);
                        }
                        fuel -= 2;
                        continue;
                    }
                    cursor.set(i.a + 4, iterator);
                    cursor.set(i.a + 5, state);
                    cursor.set(i.a + 6, control);
                    save!();
                    let function = run.sync() + i.a as usize + 4;
                    let returns = ReturnKind::Call(i.c.saturating_add(1));
                    match iterator {
                        Value::Closure(closure) => enter!(closure, function, 2, returns, 1),
                        _ => slow!(run.call_value(function, 2, returns)),
                    }
                }
                Op::GenericForLoop => {
                    let control = cursor.get(i.a + 4);
                    if !control.is_nil() {
                        cursor.set(i.a + 2, control);
                        let distance = i.d.get();
                        cursor.jump(distance);
                        fuel += i64::from(distance);
                        if fuel < 0 {
                            save!();
                            run.sync();
                            return Ok(None);
                        }
                    }
                }

                Op::MarkToBeClosed => slow!(run.mark_to_be_closed(i.a)),
                Op::Close => {
                    if !run.state.to_be_closed.is_empty() {
                        slow!(run.close(i.a));
                    }
                }
                Op::CheckGlobalUndefined => {
                    if !cursor.get(i.a).is_nil() {
                        fail!(run.global_defined(cursor.constant(i.d.get() as usize)));
                    }
                }
            }
        }
    }
}

/// A number as a float.
#[inline(always)]
fn float_of(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Float(x) => Some(x.get()),
        Value::Integer(i) => Some(i as f64),
        _ => None,
    }
}

/// A method of a table, its own or its class's (the table's `__index`, when that is a table), by
/// way of both halves of the instruction's cache.
#[inline(always)]
fn find_method<'gc>(
    ctx: luster_value::Context<'gc>,
    table: Table<'gc>,
    key: luster_value::LuaString<'gc>,
    cache: &std::cell::Cell<i32>,
) -> Option<Value<'gc>> {
    let own = table.get_string(key);
    if !own.is_nil() {
        return Some(own);
    }
    let Some(metatable) = table.metatable() else { return Some(Value::Nil) };
    let guesses = cache.get() as u32;
    let (index_guess, class_guess) = ((guesses >> 16) as u16, guesses as u16);
    let index = ctx.metamethod_name(luster_value::Metamethod::Index);
    let (class, index_slot) = metatable.get_cached_half(index, index_guess);
    let Value::Table(class) = class else { return None };
    let (value, class_slot) = class.get_cached_half(key, class_guess);
    if (index_slot, class_slot) != (index_guess, class_guess) {
        cache.set((u32::from(index_slot) << 16 | u32::from(class_slot)) as i32);
    }
    if !value.is_nil() {
        return Some(value);
    }
    match get_inherited(ctx, class, key) {
        Inherited::Value(value) => Some(value),
        _ => None,
    }
}

/// A method of strings.
#[inline(always)]
fn find_string_method<'gc>(
    ctx: luster_value::Context<'gc>,
    key: luster_value::LuaString<'gc>,
    cache: &std::cell::Cell<i32>,
) -> Option<Value<'gc>> {
    let metatable = ctx.type_metatable(luster_value::Type::String)?;
    match metatable.metamethod(ctx, luster_value::Metamethod::Index) {
        Value::Table(methods) => {
            let value = methods.get_cached(key, cache);
            (!value.is_nil()).then_some(value)
        }
        _ => None,
    }
}

/// What a table that lacks a key inherits.
enum Inherited<'gc> {
    /// A value, found by looking.
    Value(Value<'gc>),
    /// What calling this function on this table gives.
    Call(Value<'gc>, Table<'gc>),
    /// That takes more to find out.
    Unknown,
}

/// Looks for what a table that lacks a key inherits through `__index` tables.
#[inline(never)]
fn get_inherited<'gc>(
    ctx: luster_value::Context<'gc>,
    mut table: Table<'gc>,
    key: luster_value::LuaString<'gc>,
) -> Inherited<'gc> {
    const LOOKS: usize = 50;
    for _ in 0..LOOKS {
        let Some(metatable) = table.metatable() else { return Inherited::Value(Value::Nil) };
        table = match metatable.metamethod(ctx, luster_value::Metamethod::Index) {
            Value::Nil => return Inherited::Value(Value::Nil),
            Value::Table(table) => table,
            handler @ (Value::Closure(_) | Value::Callback(_)) => {
                return Inherited::Call(handler, table);
            }
            _ => return Inherited::Unknown,
        };
        let value = table.get_string(key);
        if !value.is_nil() {
            return Inherited::Value(value);
        }
    }
    Inherited::Unknown
}

/// A closure of a nested prototype, its upvalues taken from the running function.
#[inline]
fn make_closure<'gc>(
    ctx: luster_value::Context<'gc>,
    cursor: Cursor<'gc>,
    index: usize,
) -> Closure<'gc> {
    let code = cursor.closure.code().as_ref().prototypes[index];
    let upvalues = code.as_ref().prototype.upvalues.iter().map(|upvalue| match upvalue.capture {
        luster_bytecode::Capture::Register(register) => match cursor.get(register) {
            Value::Cell(cell) => cell,
            _ => unreachable!("verified: the register holds a cell"),
        },
        luster_bytecode::Capture::UpValue(index) => cursor.upvalue(index),
    });
    Closure::new(ctx, code, upvalues)
}

/// A step of an iterator that the loop knows, when it needs no metamethod and no error.
#[inline(always)]
fn step_builtin<'gc>(
    builtin: Builtin,
    table: Table<'gc>,
    control: Value<'gc>,
) -> Option<[Value<'gc>; 2]> {
    match builtin {
        Builtin::Next => match table.next(control) {
            Ok(Some((key, value))) => Some([key, value]),
            Ok(None) => Some([Value::Nil; 2]),
            Err(_) => None,
        },
        Builtin::INext => {
            let Value::Integer(index) = control else { return None };
            let index = index.wrapping_add(1);
            match table.get_integer(index) {
                Value::Nil if table.metatable().is_some() => None,
                Value::Nil => Some([Value::Nil; 2]),
                value => Some([Value::Integer(index), value]),
            }
        }
        Builtin::None | Builtin::PCall => None,
    }
}

/// What is wrong with a numeric loop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LoopFault {
    Start,
    Limit,
    Step,
    ZeroStep,
}

/// Prepares a numeric loop: its count or limit, its step and its variable, or `None` when it does
/// not run.
fn prepare_loop<'gc>(
    start: Value<'gc>,
    limit: Value<'gc>,
    step: Value<'gc>,
) -> Result<Option<[Value<'gc>; 3]>, LoopFault> {
    if let (Value::Integer(first), Value::Integer(by)) = (start, step) {
        if by == 0 {
            return Err(LoopFault::ZeroStep);
        }
        let limit = limit.to_number().ok_or(LoopFault::Limit)?;
        let Some(last) = number::for_limit(first, limit, by) else { return Ok(None) };
        if if by > 0 { first > last } else { first < last } {
            return Ok(None);
        }
        let count = number::for_count(first, last, by) as i64;
        return Ok(Some([Value::Integer(count), step, start]));
    }
    let limit = limit.to_number().ok_or(LoopFault::Limit)?.to_float();
    let by = step.to_number().ok_or(LoopFault::Step)?.to_float();
    let first = start.to_number().ok_or(LoopFault::Start)?.to_float();
    if by == 0.0 {
        return Err(LoopFault::ZeroStep);
    }
    let runs = if by > 0.0 { first <= limit } else { limit <= first };
    Ok(runs.then(|| [Value::float(limit), Value::float(by), Value::float(first)]))
}
