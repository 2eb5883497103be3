//! What tables and userdata have in common: fields, methods, and metamethods that stand in for them.

use luster_value::{Callback, CallbackReturn, Context, Metamethod, Stack, Value};
use luster_vm::operate::{self, Fault, Outcome, SetOutcome};

use crate::convert::{FromLua, FromLuaMulti, IntoLua, IntoLuaMulti};
use crate::error::{Error, Result};
use crate::handle::Handle;
use crate::task::call;

/// What a visit comes to: a result, or a metamethod that has to be called outside it.
pub(crate) enum Visit<'gc, T> {
    Done(T),
    Call(Value<'gc>, Vec<Value<'gc>>),
}

impl<'gc, T: FromLua> Visit<'gc, T> {
    pub(crate) fn new(
        ctx: Context<'gc>,
        outcome: std::result::Result<Outcome<'gc>, Fault<'gc>>,
    ) -> Result<Self> {
        Ok(match outcome.map_err(|fault| fault_error(ctx, fault))? {
            Outcome::Value(value) => Visit::Done(T::from_lua(ctx, value)?),
            Outcome::Call(function, arguments) => Visit::Call(function, arguments.to_vec()),
        })
    }
}

#[cold]
pub(crate) fn fault_error<'gc>(ctx: Context<'gc>, fault: Fault<'gc>) -> Error {
    Error::new(String::from_utf8_lossy(&fault.message(ctx, b"")))
}

/// Visits a value, and calls the metamethod that the visit ends with, if it does.
#[inline]
pub(crate) fn visit<T: FromLuaMulti>(
    handle: &Handle,
    f: impl for<'gc> FnOnce(Context<'gc>, Value<'gc>) -> Result<Visit<'gc, T>>,
) -> Result<T> {
    let left = handle.visit(|ctx, value| match f(ctx, value)? {
        Visit::Done(result) => Ok(Ok(result)),
        Visit::Call(function, arguments) => {
            let arguments = arguments.iter().map(|&value| Handle::new(ctx, value));
            Ok(Err((Handle::new(ctx, function), arguments.collect::<Vec<_>>())))
        }
    })?;
    left.or_else(|(function, arguments)| {
        call(&handle.lua()?, |ctx, stack| {
            for argument in &arguments {
                stack.push(argument.fetch(ctx)?);
            }
            function.fetch(ctx)
        })
    })
}

/// `object[key]`
#[inline]
pub(crate) fn get<V: FromLua>(object: &Handle, key: impl IntoLua) -> Result<V> {
    visit(object, |ctx, value| {
        let key = key.into_lua(ctx)?;
        if let Value::Table(table) = value {
            let found = table.get(key);
            if !found.is_nil() || table.metatable().is_none() {
                return V::from_lua(ctx, found).map(Visit::Done);
            }
        }
        Visit::new(ctx, operate::get(ctx, value, key))
    })
}

/// `object[key] = value`
#[inline]
pub(crate) fn set(object: &Handle, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
    visit(object, |ctx, object| {
        let (key, value) = (key.into_lua(ctx)?, value.into_lua(ctx)?);
        if let Value::Table(table) = object
            && table.metatable().is_none()
        {
            let set = table.set(ctx, key, value);
            return set.map(Visit::Done).map_err(|key| Error::new(key.message()));
        }
        match operate::set(ctx, object, key, value).map_err(|fault| fault_error(ctx, fault))? {
            SetOutcome::Done => Ok(Visit::Done(())),
            SetOutcome::Call(function, arguments) => Ok(Visit::Call(function, arguments.to_vec())),
        }
    })
}

/// A value that is to be called, or the error that it cannot be.
pub(crate) fn callable<'gc>(
    ctx: Context<'gc>,
    value: Value<'gc>,
    kind: &str,
    name: &str,
) -> Result<Value<'gc>> {
    if is_callable(ctx, value) {
        return Ok(value);
    }
    let actual = ctx.type_name(value);
    Err(Error::new(format!("attempt to call a {actual} value ({kind} '{name}')")))
}

/// Whether a call of it is no error by itself.
fn is_callable<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> bool {
    matches!(value, Value::Closure(_) | Value::Callback(_))
        || !ctx.metamethod(value, Metamethod::Call).is_nil()
}

/// `object:name(...)`
pub(crate) fn call_method<R: FromLuaMulti>(
    object: &Handle,
    name: &str,
    arguments: impl IntoLuaMulti,
) -> Result<R> {
    /// Calls the function that is found by the value on top in the first one, with all but the top.
    fn call_found<'gc>(
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
        let name = stack.pop();
        match operate::get(ctx, stack.get(0), name) {
            Ok(Outcome::Value(value)) if !is_callable(ctx, value) => {
                let mut text =
                    format!("attempt to call a {} value (method '", ctx.type_name(value))
                        .into_bytes();
                ctx.write_basic(&mut text, name);
                text.extend(b"')");
                Err(luster_value::Error::message(text))
            }
            Ok(Outcome::Value(function)) => Ok(CallbackReturn::Call(function, None)),
            Ok(Outcome::Call(..)) => Err(luster_value::Error::message(
                "the method is found by a function: get it first, and call it then",
            )),
            Err(fault) => Err(fault.into_error(ctx)),
        }
    }
    // A method that a metamethod has to find is got first.
    let found = object.visit(|ctx, value| {
        let found = operate::get(ctx, value, ctx.string(name));
        Ok(matches!(found, Ok(Outcome::Call(..))))
    })?;
    if found {
        let method: crate::Value = get(object, name)?;
        return call(&object.lua()?, |ctx, stack| {
            stack.push(object.fetch(ctx)?);
            arguments.push_into(ctx, stack)?;
            callable(ctx, method.into_lua(ctx)?, "method", name)
        });
    }
    call(&object.lua()?, |ctx, stack| {
        stack.push(object.fetch(ctx)?);
        arguments.push_into(ctx, stack)?;
        stack.push(ctx.string(name));
        Ok(Value::Callback(Callback::new(ctx, "?", call_found)))
    })
}

/// `object(...)`
pub(crate) fn call_itself<R: FromLuaMulti>(
    object: &Handle,
    arguments: impl IntoLuaMulti,
) -> Result<R> {
    call(&object.lua()?, |ctx, stack| {
        arguments.push_into(ctx, stack)?;
        let value = object.fetch(ctx)?;
        if is_callable(ctx, value) {
            return Ok(value);
        }
        Err(Error::new(format!("attempt to call a {} value", ctx.type_name(value))))
    })
}
