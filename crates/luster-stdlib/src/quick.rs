//! Quick forms of built-ins that programs call in their inner loops: what they do in the easy cases,
//! without a frame.
//!
//! Each has to do just what its function does, which stands with its library, or leave the call to
//! it by giving `None`: for arguments that convert, that are wrong, or that have metamethods.

use luster_number as number;
use luster_value::{Context, LuaString, MAX_SHORT, Metamethod, Quick, Table, Type, Value};

use crate::Library;
use crate::string::{end_position, pack, start_position};

/// How many elements of a table a quick form goes through, since it does not look at the fuel.
const FEW: i64 = 32;

/// What most quick forms are: they give one value.
type Form = for<'gc> fn(Context<'gc>, &[Value<'gc>]) -> Option<Value<'gc>>;

const BASE: &[(&str, Form)] = &[
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("setmetatable", setmetatable),
    ("tonumber", tonumber),
    ("tostring", tostring),
    ("type", type_of),
];

/// What quick forms of functions with several results are: they also get whether one is enough.
type FirstForm = for<'gc> fn(Context<'gc>, &[Value<'gc>], bool) -> Option<Value<'gc>>;

/// Basic functions that may have several results.
const FIRST: &[(&str, FirstForm)] = &[("assert", assert), ("select", select)];

const MATH: &[(&str, Form)] = &[
    ("abs", abs),
    ("ceil", ceil),
    ("cos", cos),
    ("floor", floor),
    ("fmod", fmod),
    ("max", max),
    ("min", min),
    ("sin", sin),
    ("sqrt", sqrt),
    ("tointeger", tointeger),
    ("type", math_type),
    ("ult", ult),
];

const STRING: &[(&str, Form)] = &[
    ("byte", byte),
    ("char", char),
    ("len", len),
    ("lower", lower),
    ("pack", pack::quick_pack),
    ("rep", rep),
    ("reverse", reverse),
    ("sub", sub),
    ("upper", upper),
];

const TABLE: &[(&str, Form)] = &[("concat", concat), ("move", r#move), ("remove", remove)];

/// Gives the functions of a library their quick forms.
pub(crate) fn attach<'gc>(ctx: Context<'gc>, table: Table<'gc>, library: Library) {
    let forms = match library {
        Library::Base => BASE,
        #[cfg(feature = "math")]
        Library::Math => MATH,
        Library::String => STRING,
        #[cfg(feature = "table")]
        Library::Table => TABLE,
        _ => return,
    };
    for (name, quick) in forms {
        if let Value::Callback(callback) = table.get_field(ctx, name) {
            callback.set_quick(Quick::Value(*quick));
        }
    }
    if library == Library::Base {
        for (name, quick) in FIRST {
            if let Value::Callback(callback) = table.get_field(ctx, name) {
                callback.set_quick(Quick::First(*quick));
            }
        }
    }
    #[cfg(feature = "table")]
    if library == Library::Table
        && let Value::Callback(callback) = table.get_field(ctx, "insert")
    {
        callback.set_quick(Quick::Action(insert));
    }
}

/// `assert(v, ...)`
fn assert<'gc>(
    _: Context<'gc>,
    arguments: &[Value<'gc>],
    is_one_wanted: bool,
) -> Option<Value<'gc>> {
    match *arguments {
        [value, ref rest @ ..] if value.is_truthy() && (is_one_wanted || rest.is_empty()) => {
            Some(value)
        }
        _ => None,
    }
}

/// `rawequal(v1, v2)`
fn rawequal<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [a, b] => Some(Value::boolean(a.raw_equal(b))),
        _ => None,
    }
}

/// `rawget(table, index)`
fn rawget<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [Value::Table(table), key] => {
            ctx.fill(table);
            Some(table.get(key))
        }
        _ => None,
    }
}

/// `setmetatable(table, metatable)` of a table without one that needs no finalizer
fn setmetatable<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [value @ Value::Table(table), Value::Table(metatable)]
            if table.metatable().is_none()
                && !table.is_read_only()
                && metatable.metamethod(ctx, Metamethod::Gc).is_nil() =>
        {
            table.set_metatable(&ctx, Some(metatable));
            Some(value)
        }
        _ => None,
    }
}

/// `select(n, ...)` and `select("#", ...)`
fn select<'gc>(
    _: Context<'gc>,
    arguments: &[Value<'gc>],
    is_one_wanted: bool,
) -> Option<Value<'gc>> {
    match *arguments {
        [Value::String(sign), ref rest @ ..] if sign.as_bytes() == b"#" => {
            Some(Value::Integer(rest.len() as i64))
        }
        [Value::Integer(n), ref rest @ ..] if n > 0 => {
            let index = usize::try_from(n - 1).ok()?;
            if !is_one_wanted && index + 1 != rest.len() {
                return None;
            }
            Some(rest.get(index).copied().unwrap_or(Value::Nil))
        }
        _ => None,
    }
}

/// `tonumber(v)` of a number
fn tonumber<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [value @ (Value::Integer(_) | Value::Float(_))] => Some(value),
        [text @ Value::String(_)] => text.to_number().map(Value::from),
        _ => None,
    }
}

/// `tostring(v)` of anything whose text needs no address, and no metamethod
fn tostring<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [value @ Value::String(_)] => Some(value),
        [value @ (Value::Integer(_) | Value::Float(_))]
            if ctx.type_metatable(Type::Number).is_none() =>
        {
            ctx.number_to_string(value).map(Value::String)
        }
        [Value::Nil] if ctx.type_metatable(Type::Nil).is_none() => {
            Some(Value::String(ctx.type_string(Type::Nil)))
        }
        [Value::False] if ctx.type_metatable(Type::Boolean).is_none() => Some(ctx.string("false")),
        [Value::True] if ctx.type_metatable(Type::Boolean).is_none() => Some(ctx.string("true")),
        _ => None,
    }
}

/// `type(v)`
fn type_of<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    let [value, ..] = arguments else { return None };
    Some(Value::String(ctx.type_string(value.type_of())))
}

/// A number as a float; nothing else converts.
fn float_of(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Float(x) => Some(x.get()),
        Value::Integer(i) => Some(i as f64),
        _ => None,
    }
}

/// A function of one float.
#[inline(always)]
fn map<'gc>(arguments: &[Value<'gc>], function: impl FnOnce(f64) -> f64) -> Option<Value<'gc>> {
    let [value] = *arguments else { return None };
    Some(Value::float(function(float_of(value)?)))
}

/// A number rounded to an integer.
#[inline(always)]
fn round<'gc>(
    arguments: &[Value<'gc>],
    function: impl FnOnce(f64) -> Option<i64>,
) -> Option<Value<'gc>> {
    match *arguments {
        [Value::Float(x)] => function(x.get()).map(Value::Integer),
        [value @ Value::Integer(_)] => Some(value),
        _ => None,
    }
}

/// `math.abs(x)`
fn abs<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [Value::Integer(i)] => Some(Value::Integer(i.wrapping_abs())),
        _ => map(arguments, f64::abs),
    }
}

/// `math.ceil(x)`
fn ceil<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    round(arguments, number::float_to_integer_ceil)
}

/// `math.floor(x)`
fn floor<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    round(arguments, number::float_to_integer_floor)
}

/// `math.cos(x)`
fn cos<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    map(arguments, f64::cos)
}

/// `math.sin(x)`
fn sin<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    map(arguments, f64::sin)
}

/// `math.sqrt(x)`
fn sqrt<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    map(arguments, f64::sqrt)
}

/// `math.fmod(x, y)` of integers that are not negative
fn fmod<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [Value::Integer(a), Value::Integer(b)] if a >= 0 && b > 0 => Some(Value::Integer(a % b)),
        _ => None,
    }
}

/// The one of two or three numbers of one type that `wins` against the others.
fn extreme<'gc>(
    arguments: &[Value<'gc>],
    integer_wins: impl Fn(i64, i64) -> bool,
    float_wins: impl Fn(f64, f64) -> bool,
) -> Option<Value<'gc>> {
    let (&first, rest) = arguments.split_first()?;
    if rest.is_empty() || rest.len() > 3 {
        return None;
    }
    rest.iter().try_fold(first, |best, &other| match (best, other) {
        (Value::Integer(a), Value::Integer(b)) => {
            Some(if integer_wins(b, a) { other } else { best })
        }
        (Value::Float(a), Value::Float(b)) => {
            Some(if float_wins(b.get(), a.get()) { other } else { best })
        }
        _ => None,
    })
}

/// `math.max(x, ...)`
fn max<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    extreme(arguments, |a, b| a > b, |a, b| a > b)
}

/// `math.min(x, ...)`
fn min<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    extreme(arguments, |a, b| a < b, |a, b| a < b)
}

/// `math.tointeger(x)`
fn tointeger<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [value @ Value::Integer(_)] => Some(value),
        [Value::Float(x)] => {
            Some(number::float_to_integer_exact(x.get()).map_or(Value::Nil, Value::Integer))
        }
        _ => None,
    }
}

/// `math.type(x)`
fn math_type<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [Value::Integer(_)] => Some(ctx.string("integer")),
        [Value::Float(_)] => Some(ctx.string("float")),
        _ => None,
    }
}

/// `math.ult(m, n)`
fn ult<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [Value::Integer(m), Value::Integer(n)] => Some(Value::boolean((m as u64) < (n as u64))),
        _ => None,
    }
}

/// The position of a byte, from 0, that a script counts from 1 or, if negative, from the end.
fn position(index: i64, length: usize) -> Option<usize> {
    let position = if index > 0 { index - 1 } else { index + length as i64 };
    usize::try_from(position).ok().filter(|&position| position < length && index != 0)
}

/// `string.byte(s [, i])`
fn byte<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    let (string, index) = match *arguments {
        [Value::String(string)] => (string, 1),
        [Value::String(string), Value::Integer(index)] => (string, index),
        _ => return None,
    };
    let bytes = string.as_bytes();
    Some(Value::Integer(i64::from(bytes[position(index, bytes.len())?])))
}

/// `string.char(...)` of a few bytes
fn char<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    let mut bytes = [0; 8];
    let bytes = bytes.get_mut(..arguments.len())?;
    // Not by `zip`, which is not inlined everywhere without LTO.
    for (at, byte) in bytes.iter_mut().enumerate() {
        let Value::Integer(code) = arguments[at] else { return None };
        *byte = u8::try_from(code).ok()?;
    }
    Some(Value::String(ctx.intern(bytes)))
}

/// `string.len(s)`
fn len<'gc>(_: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    match *arguments {
        [Value::String(string)] => Some(Value::Integer(string.len() as i64)),
        _ => None,
    }
}

/// `string.sub(s, i [, j])`, of a short piece
fn sub<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    const SHORT: usize = 256;
    let (string, first, last): (LuaString<'gc>, i64, i64) = match *arguments {
        [Value::String(string), Value::Integer(first)] => (string, first, -1),
        [Value::String(string), Value::Integer(first), Value::Integer(last)] => {
            (string, first, last)
        }
        _ => return None,
    };
    let bytes = string.as_bytes();
    let (start, end) = (start_position(first, bytes.len()), end_position(last, bytes.len()));
    let piece = if start <= end { &bytes[start - 1..end] } else { &bytes[..0] };
    if piece.len() > SHORT {
        return None;
    }
    Some(Value::String(ctx.intern(piece)))
}

/// What `change` makes of a short string.
#[inline]
fn transform<'gc>(
    ctx: Context<'gc>,
    arguments: &[Value<'gc>],
    change: impl FnOnce(&mut [u8]),
) -> Option<Value<'gc>> {
    let [Value::String(string)] = *arguments else { return None };
    let mut copy = [0; MAX_SHORT];
    let copy = copy.get_mut(..string.len())?;
    copy.copy_from_slice(string.as_bytes());
    change(copy);
    Some(Value::String(ctx.intern(copy)))
}

/// `string.lower(s)` of a short string
fn lower<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    transform(ctx, arguments, <[u8]>::make_ascii_lowercase)
}

/// `string.upper(s)` of a short string
fn upper<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    transform(ctx, arguments, <[u8]>::make_ascii_uppercase)
}

/// `string.reverse(s)` of a short string
fn reverse<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    transform(ctx, arguments, <[u8]>::reverse)
}

/// `string.rep(s, n [, sep])` with a short result
fn rep<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    let (string, count, separator): (LuaString<'gc>, i64, &[u8]) = match *arguments {
        [Value::String(string), Value::Integer(count)] => (string, count, b""),
        [Value::String(string), Value::Integer(count), Value::String(separator)] => {
            (string, count, separator.as_bytes())
        }
        _ => return None,
    };
    let bytes = string.as_bytes();
    let unit = bytes.len() + separator.len();
    // Where the separator after the last one would end.
    let end = unit.checked_mul(usize::try_from(count).ok()?)?;
    let total = end.saturating_sub(separator.len());
    let mut result = [0; MAX_SHORT];
    let result = result.get_mut(..total)?;
    match *bytes {
        [] if unit == 0 => {}
        [byte] if unit == 1 => result.fill(byte),
        _ => {
            for copy in result.chunks_mut(unit) {
                let (text, rest) = copy.split_at_mut(bytes.len());
                text.copy_from_slice(bytes);
                rest.copy_from_slice(&separator[..rest.len()]);
            }
        }
    }
    Some(Value::String(ctx.intern(result)))
}

/// `table.concat(list [, separator])` of a few strings with a result that is not long
fn concat<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    const ROOM: usize = 256;
    let (list, separator): (Table<'gc>, &[u8]) = match *arguments {
        [Value::Table(list)] => (list, b""),
        [Value::Table(list), Value::String(separator)] => (list, separator.as_bytes()),
        _ => return None,
    };
    let length = list.quick_length()?;
    if length > FEW || list.metatable().is_some() {
        return None;
    }
    let mut text = [0; ROOM];
    let mut end = 0;
    let mut append = |bytes: &[u8]| {
        let place = text.get_mut(end..)?.get_mut(..bytes.len())?;
        place.copy_from_slice(bytes);
        end += bytes.len();
        Some(())
    };
    for index in 1..=length {
        let Value::String(piece) = list.get_integer(index) else { return None };
        append(piece.as_bytes())?;
        if index < length {
            append(separator)?;
        }
    }
    Some(Value::String(ctx.intern(&text[..end])))
}

/// Moves elements of tables that no metamethod has a say in.
fn shift<'gc>(
    ctx: Context<'gc>,
    (from, source): (Table<'gc>, i64),
    (to, target): (Table<'gc>, i64),
    count: i64,
) -> Option<()> {
    let move_one = |offset| to.set_integer(ctx, target + offset, from.get_integer(source + offset));
    if target > source && from == to {
        (0..count).rev().try_for_each(move_one).ok()
    } else {
        (0..count).try_for_each(move_one).ok()
    }
}

/// `table.move(from, first, last, target [, to])` of a few elements
fn r#move<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    const PLACES: std::ops::Range<i64> = 1..1 << 31;
    let [
        Value::Table(from),
        Value::Integer(first),
        Value::Integer(last),
        Value::Integer(target),
        ref rest @ ..,
    ] = *arguments
    else {
        return None;
    };
    let to = match *rest {
        [] => from,
        [Value::Table(to)] => to,
        _ => return None,
    };
    let is_easy = [first, last, target].iter().all(|place| PLACES.contains(place))
        && (0..FEW).contains(&(last - first))
        && from.metatable().is_none()
        && to.metatable().is_none();
    if !is_easy {
        return None;
    }
    shift(ctx, (from, first), (to, target), last - first + 1)?;
    Some(Value::Table(to))
}

/// `table.insert(list, value)`, and `table.insert(list, position, value)` not far from the end
fn insert<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> bool {
    let (list, position, value) = match *arguments {
        [Value::Table(list), value] => (list, None, value),
        [Value::Table(list), Value::Integer(position), value] => (list, Some(position), value),
        _ => return false,
    };
    if list.metatable().is_some() {
        return false;
    }
    let Some(length) = list.quick_length() else { return false };
    let place = match position {
        None => length + 1,
        Some(position) if position >= 1 => {
            let count = length + 1 - position;
            if !(0..FEW).contains(&count)
                || shift(ctx, (list, position), (list, position + 1), count).is_none()
            {
                return false;
            }
            position
        }
        Some(_) => return false,
    };
    list.set_integer(ctx, place, value).is_ok()
}

/// `table.remove(list)`, and `table.remove(list, position)` not far from the end
fn remove<'gc>(ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
    let (list, position) = match *arguments {
        [Value::Table(list)] => (list, None),
        [Value::Table(list), Value::Integer(position)] => (list, Some(position)),
        _ => return None,
    };
    if list.metatable().is_some() {
        return None;
    }
    let length = list.quick_length()?;
    let position = position.unwrap_or(length);
    if position != length && (position < 1 || !(0..FEW).contains(&(length - position))) {
        return None;
    }
    let value = list.get_integer(position);
    shift(ctx, (list, position + 1), (list, position), length - position)?;
    list.set_integer(ctx, length, Value::Nil).ok()?;
    Some(value)
}
