//! What operators mean, metamethods included, without running anything.
//!
//! Each function gives the result, or the call that will give it: the dispatch loop pushes a frame
//! for that call, a library's sequence asks for it with `Poll::Call`. What failed is told as a
//! [`Fault`], to which the loop adds the names of variables.

use std::cmp::Ordering;

use luster_number::{ArithmeticError, ArithmeticOp, Number};
use luster_value::{Context, Error, InvalidKey, LuaString, Metamethod, Table, Value, account};

/// How many `__index` or `__newindex` objects may follow each other: the reference's `MAXTAGLOOP`.
pub(crate) const MAX_CHAIN: usize = 2000;

/// A result, or the call whose first result it is.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'gc> {
    /// The result.
    Value(Value<'gc>),
    /// The first result of calling the function with the arguments.
    Call(Value<'gc>, [Value<'gc>; 2]),
}

/// What setting a field comes to.
#[derive(Clone, Copy, Debug)]
pub enum SetOutcome<'gc> {
    /// It is set.
    Done,
    /// To be done by calling the function with the arguments, whatever it returns.
    Call(Value<'gc>, [Value<'gc>; 3]),
}

/// Why an operator failed.
#[derive(Clone, Copy, Debug)]
pub enum Fault<'gc> {
    /// A value that cannot be indexed, and the key.
    Index(Value<'gc>, Value<'gc>),
    /// A value that cannot be called.
    Call(Value<'gc>),
    /// Arithmetic on something that is not a number; which operand it was.
    Arithmetic(Value<'gc>, Operand),
    /// A bitwise operation on something that is not a number.
    Bitwise(Value<'gc>, Operand),
    /// A bitwise operation on a float without an integer value.
    NoInteger(Operand),
    /// A concatenation of something that is neither a string nor a number; how many operands stand
    /// before it.
    Concat(Value<'gc>, u8),
    /// A length of something that has none.
    Length(Value<'gc>),
    /// A comparison of values that cannot be compared.
    Compare(Value<'gc>, Value<'gc>),
    /// An invalid key.
    Key(InvalidKey),
    /// A complete message.
    Message(&'static str),
}

/// Which operand a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The left one, or the only one.
    Left,
    /// The right one.
    Right,
}

impl<'gc> Fault<'gc> {
    /// The reference's message, with what is known about the variable (as ` (local 'x')`).
    pub fn message(self, ctx: Context<'gc>, variable: &[u8]) -> Vec<u8> {
        let attempt = |what: &str, value: Value<'gc>| {
            let mut text =
                format!("attempt to {what} a {} value", ctx.type_name(value)).into_bytes();
            text.extend(variable);
            text
        };
        match self {
            Fault::Index(value, _) => attempt("index", value),
            Fault::Call(value) => attempt("call", value),
            Fault::Arithmetic(value, _) => attempt("perform arithmetic on", value),
            Fault::Bitwise(value, _) => attempt("perform bitwise operation on", value),
            Fault::Concat(value, _) => attempt("concatenate", value),
            Fault::Length(value) => attempt("get length of", value),
            Fault::NoInteger(_) => {
                let mut text = b"number".to_vec();
                text.extend(variable);
                text.extend(b" has no integer representation");
                text
            }
            Fault::Compare(a, b) => {
                let (a, b) = (ctx.type_name(a), ctx.type_name(b));
                if a == b {
                    format!("attempt to compare two {a} values").into_bytes()
                } else {
                    format!("attempt to compare {a} with {b}").into_bytes()
                }
            }
            Fault::Key(key) => key.message().into(),
            Fault::Message(message) => message.into(),
        }
    }

    /// The error without any variable's name.
    pub fn into_error(self, ctx: Context<'gc>) -> Error<'gc> {
        if matches!(self, Fault::Key(InvalidKey::Memory)) {
            return Error::memory();
        }
        Error::message(self.message(ctx, b""))
    }
}

/// Whether a value can be called without a metamethod.
#[inline]
pub fn is_function(value: Value<'_>) -> bool {
    matches!(value, Value::Closure(_) | Value::Callback(_))
}

/// `object[key]`
///
/// # Errors
/// When something on the way cannot be indexed.
pub fn get<'gc>(
    ctx: Context<'gc>,
    mut object: Value<'gc>,
    key: Value<'gc>,
) -> Result<Outcome<'gc>, Fault<'gc>> {
    for links in 0..MAX_CHAIN {
        count_link(links);
        let handler = match object {
            Value::Table(table) => {
                let value = table.get(key);
                if !value.is_nil() {
                    return Ok(Outcome::Value(value));
                }
                let Some(metatable) = table.metatable() else {
                    return Ok(Outcome::Value(Value::Nil));
                };
                match metatable.metamethod(ctx, Metamethod::Index) {
                    Value::Nil => return Ok(Outcome::Value(Value::Nil)),
                    handler => handler,
                }
            }
            _ => match ctx.metamethod(object, Metamethod::Index) {
                Value::Nil => return Err(Fault::Index(object, key)),
                handler => handler,
            },
        };
        match handler {
            Value::Closure(_) => return Ok(Outcome::Call(handler, [object, key])),
            Value::Callback(callback) => {
                return Ok(match callback.index(ctx, object, key) {
                    Some(value) => Outcome::Value(value),
                    None => Outcome::Call(handler, [object, key]),
                });
            }
            _ => object = handler,
        }
    }
    Err(Fault::Message("'__index' chain too long; possible loop"))
}

/// Notes every 64th step of a way from table to table, for the fuel's sake.
#[inline]
pub(crate) fn count_link(links: usize) {
    if links % 64 == 63 {
        account::looked_at(4096);
    }
}

/// `object[key] = value`
///
/// # Errors
/// When something on the way cannot be indexed, or the key is invalid.
pub fn set<'gc>(
    ctx: Context<'gc>,
    mut object: Value<'gc>,
    key: Value<'gc>,
    value: Value<'gc>,
) -> Result<SetOutcome<'gc>, Fault<'gc>> {
    for links in 0..MAX_CHAIN {
        count_link(links);
        let handler = match object {
            Value::Table(table) => {
                let handler = match table.metatable() {
                    Some(metatable) => metatable.metamethod(ctx, Metamethod::NewIndex),
                    None => Value::Nil,
                };
                if handler.is_nil() || !table.get(key).is_nil() {
                    table.set(ctx, key, value).map_err(Fault::Key)?;
                    return Ok(SetOutcome::Done);
                }
                handler
            }
            _ => match ctx.metamethod(object, Metamethod::NewIndex) {
                Value::Nil => return Err(Fault::Index(object, key)),
                handler => handler,
            },
        };
        if is_function(handler) {
            return Ok(match handler {
                Value::Callback(callback) if callback.set_index(ctx, object, key, value) => {
                    SetOutcome::Done
                }
                _ => SetOutcome::Call(handler, [object, key, value]),
            });
        }
        object = handler;
    }
    Err(Fault::Message("'__newindex' chain too long; possible loop"))
}

/// The metamethod of a binary operation: the left operand's, or else the right one's.
fn binary_metamethod<'gc>(
    ctx: Context<'gc>,
    which: Metamethod,
    a: Value<'gc>,
    b: Value<'gc>,
) -> Option<Outcome<'gc>> {
    let mut handler = ctx.metamethod(a, which);
    if handler.is_nil() {
        handler = ctx.metamethod(b, which);
    }
    (!handler.is_nil()).then_some(Outcome::Call(handler, [a, b]))
}

/// The metamethod of an arithmetic operation.
pub(crate) fn arithmetic_metamethod(op: ArithmeticOp) -> Metamethod {
    match op {
        ArithmeticOp::Add => Metamethod::Add,
        ArithmeticOp::Sub => Metamethod::Sub,
        ArithmeticOp::Mul => Metamethod::Mul,
        ArithmeticOp::Div => Metamethod::Div,
        ArithmeticOp::Mod => Metamethod::Mod,
        ArithmeticOp::Pow => Metamethod::Pow,
        ArithmeticOp::FloorDiv => Metamethod::IDiv,
        ArithmeticOp::BitAnd => Metamethod::BAnd,
        ArithmeticOp::BitOr => Metamethod::BOr,
        ArithmeticOp::BitXor => Metamethod::BXor,
        ArithmeticOp::ShiftLeft => Metamethod::Shl,
        ArithmeticOp::ShiftRight => Metamethod::Shr,
        ArithmeticOp::Negate => Metamethod::Unm,
        ArithmeticOp::BitNot => Metamethod::BNot,
    }
}

/// An arithmetic or bitwise operation. Unary ones take their operand twice.
///
/// # Errors
/// When an operand is unfit, or on a division of integers by zero.
pub fn arithmetic<'gc>(
    ctx: Context<'gc>,
    op: ArithmeticOp,
    a: Value<'gc>,
    b: Value<'gc>,
) -> Result<Outcome<'gc>, Fault<'gc>> {
    if let (Some(x), Some(y)) = (a.as_number(), b.as_number()) {
        match luster_number::arithmetic(op, x, y) {
            Ok(number) => return Ok(Outcome::Value(number.into())),
            Err(ArithmeticError::NoIntegerRepresentation) => {
                let left = x.to_integer().is_none();
                return Err(Fault::NoInteger(if left { Operand::Left } else { Operand::Right }));
            }
            Err(error) => return Err(Fault::Message(error.message())),
        }
    }
    // String operands convert, unless the string library's own metamethods are to do it; they
    // convert in the same way, so that doing it here is the same but for the messages.
    if let Some(call) = binary_metamethod(ctx, arithmetic_metamethod(op), a, b) {
        return Ok(call);
    }
    let is_number = |value: Value<'gc>| value.as_number().is_some();
    if op.is_bitwise() {
        if is_number(a) && is_number(b) {
            return Err(Fault::NoInteger(Operand::Left));
        }
        let (culprit, which) = if is_number(a) { (b, Operand::Right) } else { (a, Operand::Left) };
        return Err(Fault::Bitwise(culprit, which));
    }
    let (culprit, which) = if is_number(a) { (b, Operand::Right) } else { (a, Operand::Left) };
    // As the reference: the second operand is blamed if it is the one at fault.
    Err(Fault::Arithmetic(culprit, which))
}

/// `#value`
///
/// # Errors
/// When it has no length.
pub fn length<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<Outcome<'gc>, Fault<'gc>> {
    match value {
        Value::String(s) => Ok(Outcome::Value(Value::Integer(s.len() as i64))),
        Value::Table(table) => {
            let handler = match table.metatable() {
                Some(metatable) => metatable.metamethod(ctx, Metamethod::Len),
                None => Value::Nil,
            };
            Ok(match handler {
                Value::Nil => Outcome::Value(Value::Integer(table.length())),
                handler => Outcome::Call(handler, [value, value]),
            })
        }
        _ => match ctx.metamethod(value, Metamethod::Len) {
            Value::Nil => Err(Fault::Length(value)),
            handler => Ok(Outcome::Call(handler, [value, value])),
        },
    }
}

/// `a == b`; a call's result counts as a condition.
pub fn equal<'gc>(ctx: Context<'gc>, a: Value<'gc>, b: Value<'gc>) -> Outcome<'gc> {
    let differ = match (a, b) {
        (Value::Table(x), Value::Table(y)) => x != y,
        (Value::UserData(x), Value::UserData(y)) => x != y,
        _ => return Outcome::Value(Value::boolean(a.raw_equal(b))),
    };
    if !differ {
        return Outcome::Value(Value::True);
    }
    binary_metamethod(ctx, Metamethod::Eq, a, b).unwrap_or(Outcome::Value(Value::False))
}

/// How two strings compare, byte for byte.
#[inline]
pub fn compare_strings(a: LuaString<'_>, b: LuaString<'_>) -> Ordering {
    account::looked_at(2 * a.len().min(b.len()));
    a.as_bytes().cmp(b.as_bytes())
}

/// `a < b`; a call's result counts as a condition.
///
/// # Errors
/// When they cannot be compared.
pub fn less<'gc>(
    ctx: Context<'gc>,
    a: Value<'gc>,
    b: Value<'gc>,
) -> Result<Outcome<'gc>, Fault<'gc>> {
    match (a, b) {
        (Value::String(x), Value::String(y)) => {
            Ok(Outcome::Value(Value::boolean(compare_strings(x, y).is_lt())))
        }
        _ => compare(ctx, a, b, Metamethod::Lt, luster_number::less),
    }
}

/// `a <= b`; a call's result counts as a condition.
///
/// # Errors
/// When they cannot be compared.
pub fn less_equal<'gc>(
    ctx: Context<'gc>,
    a: Value<'gc>,
    b: Value<'gc>,
) -> Result<Outcome<'gc>, Fault<'gc>> {
    match (a, b) {
        (Value::String(x), Value::String(y)) => {
            Ok(Outcome::Value(Value::boolean(compare_strings(x, y).is_le())))
        }
        _ => compare(ctx, a, b, Metamethod::Le, luster_number::less_equal),
    }
}

fn compare<'gc>(
    ctx: Context<'gc>,
    a: Value<'gc>,
    b: Value<'gc>,
    which: Metamethod,
    numbers: fn(Number, Number) -> bool,
) -> Result<Outcome<'gc>, Fault<'gc>> {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Ok(Outcome::Value(Value::boolean(numbers(x, y)))),
        _ => binary_metamethod(ctx, which, a, b).ok_or(Fault::Compare(a, b)),
    }
}

/// `a .. b`, with that many operands of the instruction before them.
///
/// # Errors
/// When one is neither a string nor a number.
pub fn concat<'gc>(
    ctx: Context<'gc>,
    a: Value<'gc>,
    b: Value<'gc>,
    before: u8,
) -> Result<Outcome<'gc>, Fault<'gc>> {
    let is_text =
        |value: Value<'gc>| matches!(value, Value::String(_) | Value::Integer(_) | Value::Float(_));
    if is_text(a) && is_text(b) {
        let mut text = Vec::new();
        ctx.write_basic(&mut text, a);
        ctx.write_basic(&mut text, b);
        return Ok(Outcome::Value(Value::String(ctx.intern_owned(text))));
    }
    binary_metamethod(ctx, Metamethod::Concat, a, b).ok_or(if is_text(a) {
        Fault::Concat(b, before + 1)
    } else {
        Fault::Concat(a, before)
    })
}

/// `tostring(value)`; a call has to give a string, or the error is "'__tostring' must return a
/// string".
pub fn to_string<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Outcome<'gc> {
    if let Value::String(_) = value {
        return Outcome::Value(value);
    }
    match ctx.metamethod(value, Metamethod::ToString) {
        Value::Nil => {
            let mut text = Vec::new();
            ctx.write_basic(&mut text, value);
            Outcome::Value(Value::String(ctx.intern_owned(text)))
        }
        handler => Outcome::Call(handler, [value, Value::Nil]),
    }
}

/// The table that a value is, when it can be accessed without metamethods that matter: what
/// library functions take their quick way for.
#[inline]
pub fn plain_table<'gc>(value: Value<'gc>) -> Option<Table<'gc>> {
    match value {
        Value::Table(table) if table.metatable().is_none() => Some(table),
        _ => None,
    }
}
