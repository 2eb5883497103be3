//! Errors of Rust functions as scripts see them: userdata that print as the error does.

use luster_value::{
    Callback, CallbackReturn, Context, Error as Raised, Function, RustError, Stack, Table, Value,
};

use crate::error::Error;

/// Fills the metatable of Rust errors.
pub(crate) fn set_up<'gc>(ctx: Context<'gc>, metatable: Table<'gc>) {
    metatable.set_field(ctx, "__name", ctx.string("error"));
    metatable.set_field(ctx, "__metatable", Value::False);
    let metamethods: [(&'static str, Function); 2] =
        [("__tostring", to_string), ("__concat", concatenate)];
    for (name, function) in metamethods {
        metatable.set_field(ctx, name, Value::Callback(Callback::new(ctx, name, function)));
    }
}

/// Puts a value's text behind what is there; an error's is its message with its contexts.
fn write<'gc>(ctx: Context<'gc>, out: &mut Vec<u8>, value: Value<'gc>) {
    match value {
        Value::UserData(userdata) if let Some(RustError(error)) = userdata.downcast() => {
            match error.downcast_ref::<Error>() {
                Some(own) => out.extend(own.title().bytes()),
                None => out.extend(error.to_string().bytes()),
            }
        }
        other => ctx.write_basic(out, other),
    }
}

fn to_string<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Raised<'gc>> {
    let mut text = Vec::new();
    write(ctx, &mut text, stack.get(0));
    stack.replace(Value::String(ctx.intern_owned(text)));
    Ok(CallbackReturn::Return)
}

/// `"failed: " .. error`, which scripts write that know errors as strings only.
fn concatenate<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Raised<'gc>> {
    let mut text = Vec::new();
    write(ctx, &mut text, stack.get(0));
    write(ctx, &mut text, stack.get(1));
    stack.replace(Value::String(ctx.intern_owned(text)));
    Ok(CallbackReturn::Return)
}
