//! The metamethods of strings by which strings that spell numbers are calculated with.

use gc_arena::Collect;
use luster_number::ArithmeticOp;
use luster_value::{
    CallbackReturn, Context, Error, Function, Metamethod, Poll, Sequence, Stack, Table, Value,
};
use luster_vm::operate::{self, Outcome};

use crate::program::fault;

/// What it costs to read the operands. What is long notes its work where it is read.
const READING_FUEL: usize = 8;

/// Puts the metamethods into the metatable of strings.
pub(super) fn fill<'gc>(ctx: Context<'gc>, metatable: Table<'gc>) {
    let functions: [(&str, Function); 8] = [
        ("__add", add),
        ("__sub", sub),
        ("__mul", mul),
        ("__div", div),
        ("__mod", r#mod),
        ("__pow", pow),
        ("__unm", unm),
        ("__idiv", idiv),
    ];
    crate::register(ctx, metatable, &functions);
}

macro_rules! metamethods {
    ($($(#[$doc:meta])* $name:ident $op:ident $metamethod:ident;)*) => {
        $(
            $(#[$doc])*
            fn $name<'gc>(
                ctx: Context<'gc>,
                stack: &mut Stack<'_, 'gc>,
            ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
                arithmetic(ctx, stack, ArithmeticOp::$op, Metamethod::$metamethod)
            }
        )*
    };
}

metamethods! {
    /// `a + b`
    add Add Add;
    /// `a - b`
    sub Sub Sub;
    /// `a * b`
    mul Mul Mul;
    /// `a / b`
    div Div Div;
    /// `a % b`
    r#mod Mod Mod;
    /// `a ^ b`
    pow Pow Pow;
    /// `-a`
    unm Negate Unm;
    /// `a // b`
    idiv FloorDiv IDiv;
}

/// Calculates with two numbers or strings that spell numbers. The first operand was a string, or
/// had no metamethod, so what is left to try is the second one's.
fn arithmetic<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    op: ArithmeticOp,
    metamethod: Metamethod,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (a, b) = (stack.get(0), stack.get(1));
    stack.burn(READING_FUEL);
    if let (Some(x), Some(y)) = (a.to_number(), b.to_number()) {
        let outcome = operate::arithmetic(ctx, op, x.into(), y.into());
        if let Outcome::Value(value) = outcome.map_err(|error| fault(ctx, error))? {
            stack.replace(value);
            return Ok(CallbackReturn::Return);
        }
    }
    let handler = match b {
        Value::String(_) => Value::Nil,
        _ => ctx.metamethod(b, metamethod),
    };
    if handler.is_nil() {
        let (a, b) = (a.type_name(), b.type_name());
        let name = &metamethod.name()[2..];
        return Err(Error::message(format!("attempt to {name} a '{a}' with a '{b}'")));
    }
    stack.resize(2);
    Ok(CallbackReturn::Call(handler, Some(Box::new(FirstResult))))
}

/// Keeps only the first result of a call.
#[derive(Collect)]
#[collect(require_static)]
struct FirstResult;

impl<'gc> Sequence<'gc> for FirstResult {
    fn poll(
        &mut self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        stack.resize(1);
        Ok(Poll::Return)
    }
}
