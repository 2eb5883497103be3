//! Rust functions that scripts can call: closures and `fn`s of up to twelve parameters.
//!
//! A parameter is taken from the arguments in two steps. What it needs is held first (a borrow of a
//! userdata, an interned string), then the parameter itself is got from that; so functions may have
//! parameters such as `&Vec2`, `&mut World` and `&str`, which live as long as the call.

use std::cell::{Ref, RefCell, RefMut};

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, LuaString, Stack, UserCell, Value,
};

use crate::convert::{FromLua, FromLuaMulti, IntoLuaMulti, Values, Variadic, mismatch, utf8};
use crate::error::{Error, ErrorKind, Result};
use crate::lua::Lua;
use crate::userdata::UserData;

/// How a parameter is taken: as a value that is converted.
#[derive(Debug)]
pub struct ByValue;
/// How a parameter is taken: as a shared borrow of a userdata.
#[derive(Debug)]
pub struct ByRef;
/// How a parameter is taken: as a mutable borrow of a userdata.
#[derive(Debug)]
pub struct ByMut;
/// How a parameter is taken: by taking the value out of a userdata.
#[derive(Debug)]
pub struct ByMove;
/// How a parameter is taken: as borrowed text or bytes.
#[derive(Debug)]
pub struct ByText;
/// How a parameter is taken: as all arguments that are left.
#[derive(Debug)]
pub struct ByRest;
/// How a parameter is taken: from the VM, and not from the arguments.
#[derive(Debug)]
pub struct FromVm;

/// A type that a Rust function which scripts call may have as a parameter.
///
/// These are: everything that is [`FromLua`]; `&T`, `&mut T` and `T` of a [`UserData`]; `&str` and
/// `&[u8]`; an `Option` of one of these borrows, or of what is [`FromLua`]; [`Variadic`] as the last one;
/// tuples, which are several arguments; and [`Lua`] and `&Lua`, which are no argument but the VM.
///
/// `How` is how it is taken, which the compiler finds out by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a function for scripts",
    note = "parameters are `FromLua` values, `&T` and `&mut T` of userdata, `&str`, `&[u8]`, \
            `Option` of those, `Variadic<T>`, tuples and `Lua`"
)]
pub trait Param<How>: Sized {
    /// What is held during the call.
    type Held<'gc>;
    /// The parameter during the call.
    type Item<'a>;

    /// Whether taking it changes something, as taking a value out of a userdata does.
    const HAS_EFFECTS: bool = false;

    /// Takes what is needed from the arguments.
    ///
    /// # Errors
    /// When the arguments are of other types.
    fn hold<'gc>(ctx: Context<'gc>, arguments: &mut Values<'_, 'gc>) -> Result<Self::Held<'gc>>;

    /// Gets the parameter, once.
    fn get<'a, 'gc>(held: &'a mut Self::Held<'gc>) -> Self::Item<'a>;
}

impl<T: FromLua> Param<ByValue> for T {
    type Held<'gc> = Option<T>;
    type Item<'a> = T;

    #[inline(always)]
    fn hold<'gc>(ctx: Context<'gc>, arguments: &mut Values<'_, 'gc>) -> Result<Option<T>> {
        T::from_lua(ctx, arguments.take()).map(Some)
    }

    #[inline(always)]
    fn get<'gc>(held: &mut Option<T>) -> T {
        match held.take() {
            Some(value) => value,
            None => unreachable!("a parameter is got once"),
        }
    }
}

/// The cell of a userdata of a type.
#[inline(always)]
pub(crate) fn cell_of<'gc, T: UserData>(
    ctx: Context<'gc>,
    value: Value<'gc>,
) -> Result<&'gc UserCell<T>> {
    match value {
        Value::UserData(userdata) if let Some(cell) = userdata.downcast::<UserCell<T>>() => {
            Ok(cell)
        }
        other => Err(mismatch(ctx, T::name(), other)),
    }
}

impl<T: UserData> Param<ByRef> for &T {
    type Held<'gc> = Ref<'gc, T>;
    type Item<'a> = &'a T;

    #[inline(always)]
    fn hold<'gc>(ctx: Context<'gc>, arguments: &mut Values<'_, 'gc>) -> Result<Ref<'gc, T>> {
        Ok(cell_of::<T>(ctx, arguments.take())?.borrow()?)
    }

    #[inline(always)]
    fn get<'a, 'gc>(held: &'a mut Ref<'gc, T>) -> &'a T {
        held
    }
}

impl<T: UserData> Param<ByMut> for &mut T {
    type Held<'gc> = RefMut<'gc, T>;
    type Item<'a> = &'a mut T;

    #[inline(always)]
    fn hold<'gc>(ctx: Context<'gc>, arguments: &mut Values<'_, 'gc>) -> Result<RefMut<'gc, T>> {
        Ok(cell_of::<T>(ctx, arguments.take())?.borrow_mut()?)
    }

    #[inline(always)]
    fn get<'a, 'gc>(held: &'a mut RefMut<'gc, T>) -> &'a mut T {
        held
    }
}

impl<T: UserData> Param<ByMove> for T {
    type Held<'gc> = Option<T>;
    type Item<'a> = T;

    const HAS_EFFECTS: bool = true;

    fn hold<'gc>(ctx: Context<'gc>, arguments: &mut Values<'_, 'gc>) -> Result<Option<T>> {
        Ok(Some(cell_of::<T>(ctx, arguments.take())?.take()?))
    }

    fn get<'gc>(held: &mut Option<T>) -> T {
        match held.take() {
            Some(value) => value,
            None => unreachable!("a parameter is got once"),
        }
    }
}

/// A string, or what a number prints as.
#[inline(always)]
fn text<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Result<LuaString<'gc>> {
    match value {
        Value::String(string) => Ok(string),
        other => ctx.number_to_string(other).ok_or_else(|| mismatch(ctx, "string", other)),
    }
}

impl Param<ByText> for &str {
    type Held<'gc> = &'gc str;
    type Item<'a> = &'a str;

    #[inline(always)]
    fn hold<'gc>(ctx: Context<'gc>, arguments: &mut Values<'_, 'gc>) -> Result<&'gc str> {
        utf8(text(ctx, arguments.take())?.as_bytes())
    }

    #[inline(always)]
    fn get<'a>(held: &'a mut &str) -> &'a str {
        held
    }
}

impl Param<ByText> for &[u8] {
    type Held<'gc> = &'gc [u8];
    type Item<'a> = &'a [u8];

    #[inline(always)]
    fn hold<'gc>(ctx: Context<'gc>, arguments: &mut Values<'_, 'gc>) -> Result<&'gc [u8]> {
        Ok(text(ctx, arguments.take())?.as_bytes())
    }

    #[inline(always)]
    fn get<'a>(held: &'a mut &[u8]) -> &'a [u8] {
        held
    }
}

impl<T: FromLua> Param<ByRest> for Variadic<T> {
    type Held<'gc> = Variadic<T>;
    type Item<'a> = Variadic<T>;

    fn hold<'gc>(ctx: Context<'gc>, arguments: &mut Values<'_, 'gc>) -> Result<Variadic<T>> {
        Variadic::from_lua_multi(ctx, arguments)
    }

    fn get<'gc>(held: &mut Variadic<T>) -> Variadic<T> {
        Variadic(std::mem::take(&mut held.0))
    }
}

impl Param<FromVm> for Lua {
    type Held<'gc> = Option<Lua>;
    type Item<'a> = Lua;

    fn hold<'gc>(ctx: Context<'gc>, _: &mut Values<'_, 'gc>) -> Result<Option<Lua>> {
        Lua::of(ctx).map(Some)
    }

    fn get<'gc>(held: &mut Option<Lua>) -> Lua {
        match held.take() {
            Some(lua) => lua,
            None => unreachable!("a parameter is got once"),
        }
    }
}

impl Param<FromVm> for &Lua {
    type Held<'gc> = Lua;
    type Item<'a> = &'a Lua;

    fn hold<'gc>(ctx: Context<'gc>, _: &mut Values<'_, 'gc>) -> Result<Lua> {
        Lua::of(ctx)
    }

    fn get(held: &mut Lua) -> &Lua {
        held
    }
}

/// What the parameter `Option<P>` of a borrowed `P` holds: nothing for nil.
fn hold_unless_nil<'gc, P: Param<How>, How>(
    ctx: Context<'gc>,
    arguments: &mut Values<'_, 'gc>,
) -> Result<Option<P::Held<'gc>>> {
    match arguments.rest().first() {
        None | Some(Value::Nil) => {
            arguments.take();
            Ok(None)
        }
        Some(_) => P::hold(ctx, arguments).map(Some),
    }
}

macro_rules! optional {
    ($([$($generics:tt)*] $parameter:ty, $how:ident => $item:ty;)*) => {$(
        impl<$($generics)*> Param<$how> for Option<$parameter> {
            type Held<'gc> = Option<<$parameter as Param<$how>>::Held<'gc>>;
            type Item<'a> = Option<$item>;

            #[inline]
            fn hold<'gc>(
                ctx: Context<'gc>,
                arguments: &mut Values<'_, 'gc>,
            ) -> Result<Self::Held<'gc>> {
                hold_unless_nil::<$parameter, $how>(ctx, arguments)
            }

            #[inline]
            fn get<'a, 'gc>(held: &'a mut Self::Held<'gc>) -> Self::Item<'a> {
                held.as_mut().map(<$parameter as Param<$how>>::get)
            }
        }
    )*};
}

optional! {
    ['p, T: UserData] &'p T, ByRef => &'a T;
    ['p, T: UserData] &'p mut T, ByMut => &'a mut T;
    ['p] &'p str, ByText => &'a str;
    ['p] &'p [u8], ByText => &'a [u8];
}

/// Several parameters in one, as closures for mlua have them: `|(a, b): (i64, i64)| a + b`.
macro_rules! together {
    ($($P:ident)*) => {
        impl<$($P: FromLuaMulti),*> Param<ByRest> for ($($P,)*) {
            type Held<'gc> = Option<Self>;
            type Item<'a> = Self;

            fn hold<'gc>(
                ctx: Context<'gc>,
                arguments: &mut Values<'_, 'gc>,
            ) -> Result<Option<Self>> {
                Self::from_lua_multi(ctx, arguments).map(Some)
            }

            fn get<'gc>(held: &mut Option<Self>) -> Self {
                match held.take() {
                    Some(values) => values,
                    None => unreachable!("a parameter is got once"),
                }
            }
        }
    };
}

together!();
together!(A);
together!(A B);
together!(A B C);
together!(A B C D);
together!(A B C D E);
together!(A B C D E F);
together!(A B C D E F G);
together!(A B C D E F G H);

/// A Rust function that scripts can call, of whatever parameters: see [`Param`].
///
/// It is implemented for all closures and functions of up to twelve parameters whose result is
/// [`IntoLuaMulti`]. `Signature` is their shape, which the compiler finds out by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that scripts can call",
    note = "its parameters have to be `Param` (values that are `FromLua`, `&T` and `&mut T` of \
            userdata, `&str`), with their types written out, and its result `IntoLuaMulti`",
    note = "a result may be a `Result` with an error that `anyhow` takes, which `String`, `&str` and \
            `Box<dyn Error>` are not: `.map_err(luster::Error::new)` makes one of text"
)]
pub trait LuaFunction<Signature>: ScopedFunction<Signature> + 'static {}

impl<S, F: ScopedFunction<S> + 'static> LuaFunction<S> for F {}

/// The same for functions that need not be `'static`: those that are lent to a
/// [`Scope`](crate::Scope).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that scripts can call",
    note = "its parameters have to be `Param` (values that are `FromLua`, `&T` and `&mut T` of \
            userdata, `&str`), with their types written out, and its result `IntoLuaMulti`",
    note = "a result may be a `Result` with an error that `anyhow` takes, which `String`, `&str` and \
            `Box<dyn Error>` are not: `.map_err(luster::Error::new)` makes one of text"
)]
pub trait ScopedFunction<Signature> {
    /// Gives the one result of a call with these arguments, if that is a short way and sure to
    /// succeed; nothing has happened otherwise, and the function is to be called.
    fn call_quickly<'gc>(
        &self,
        _ctx: Context<'gc>,
        _arguments: &[Value<'gc>],
    ) -> Option<Value<'gc>> {
        None
    }

    /// Calls it with the arguments on the stack, and puts its results there.
    ///
    /// # Errors
    /// When the arguments are of other types, or the function fails.
    fn call_scoped<'gc>(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>>;
}

/// The same for functions that change what they have captured.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that scripts can call",
    note = "its parameters have to be `Param` (values that are `FromLua`, `&T` and `&mut T` of \
            userdata, `&str`), with their types written out, and its result `IntoLuaMulti`"
)]
pub trait LuaFunctionMut<Signature>: ScopedFunctionMut<Signature> + 'static {}

impl<S, F: ScopedFunctionMut<S> + 'static> LuaFunctionMut<S> for F {}

/// The same for functions that are lent to a [`Scope`](crate::Scope).
pub trait ScopedFunctionMut<Signature> {
    /// Calls it with the arguments on the stack, and puts its results there.
    ///
    /// # Errors
    /// When the arguments are of other types, or the function fails.
    fn call_mut<'gc>(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>>;
}

/// Holds what the next parameter needs; an error says which argument it is about.
#[inline(always)]
pub(crate) fn hold<'gc, P: Param<How>, How>(
    ctx: Context<'gc>,
    arguments: &mut Values<'_, 'gc>,
) -> Result<P::Held<'gc>> {
    match P::hold(ctx, arguments) {
        Ok(held) => Ok(held),
        Err(error) => Err(argument_error(error, arguments)),
    }
}

/// Says which argument an error is about: the last one that was taken.
#[cold]
#[inline(never)]
fn argument_error(error: Error, arguments: &Values<'_, '_>) -> Error {
    match error.kind() {
        ErrorKind::Conversion | ErrorKind::Borrow => {
            error.about_argument(arguments.taken(), arguments.is_beyond_end())
        }
        _ => error,
    }
}

macro_rules! functions {
    ($($P:ident $How:ident $held:ident)*) => {
        impl<F, R, $($P, $How),*> ScopedFunction<(fn($($P),*) -> R, $($How,)*)> for F
        where
            R: IntoLuaMulti,
            $($P: Param<$How>,)*
            for<'a> &'a F: Fn($($P),*) -> R + Fn($($P::Item<'a>),*) -> R,
        {
            #[inline]
            #[allow(unused_mut, unused_variables, reason = "without parameters there is less to do")]
            fn call_quickly<'gc>(
                &self,
                ctx: Context<'gc>,
                arguments: &[Value<'gc>],
            ) -> Option<Value<'gc>> {
                #[allow(clippy::too_many_arguments, reason = "as many as the function has")]
                #[inline(always)]
                fn invoke<R, $($P),*>(f: impl Fn($($P),*) -> R, $($held: $P),*) -> R {
                    f($($held),*)
                }
                // Of several parameters, the first may have been taken out of a userdata when the
                // second turns out to be wrong.
                let effects: &[bool] = &[$($P::HAS_EFFECTS),*];
                if !R::AT_MOST_ONE_AND_NEVER_FAILS || effects.len() > 1 && effects.contains(&true) {
                    return None;
                }
                let mut arguments = Values::new(arguments);
                $(
                    let mut $held = $P::hold(ctx, &mut arguments).ok()?;
                )*
                invoke(self, $($P::get(&mut $held)),*).into_one(ctx)
            }

            #[inline]
            #[allow(unused_mut, unused_variables, reason = "without parameters there is less to do")]
            fn call_scoped<'gc>(
                &self,
                ctx: Context<'gc>,
                stack: &mut Stack<'_, 'gc>,
            ) -> Result<CallbackReturn<'gc>> {
                // Calls the function by the second of its two bounds.
                #[allow(clippy::too_many_arguments, reason = "as many as the function has")]
                #[inline(always)]
                fn invoke<R, $($P),*>(f: impl Fn($($P),*) -> R, $($held: $P),*) -> R {
                    f($($held),*)
                }
                let mut arguments = Values::new(stack.as_slice());
                $(let mut $held = hold::<$P, $How>(ctx, &mut arguments)?;)*
                invoke(self, $($P::get(&mut $held)),*).into_reply(ctx, stack)
            }
        }

        impl<F, R, $($P, $How),*> ScopedFunctionMut<(fn($($P),*) -> R, $($How,)*)> for F
        where
            R: IntoLuaMulti,
            $($P: Param<$How>,)*
            for<'a> &'a mut F: FnMut($($P),*) -> R + FnMut($($P::Item<'a>),*) -> R,
        {
            #[inline]
            #[allow(unused_mut, unused_variables, reason = "without parameters there is less to do")]
            fn call_mut<'gc>(
                &mut self,
                ctx: Context<'gc>,
                stack: &mut Stack<'_, 'gc>,
            ) -> Result<CallbackReturn<'gc>> {
                #[allow(clippy::too_many_arguments, reason = "as many as the function has")]
                #[inline(always)]
                fn invoke<R, $($P),*>(mut f: impl FnMut($($P),*) -> R, $($held: $P),*) -> R {
                    f($($held),*)
                }
                let mut arguments = Values::new(stack.as_slice());
                $(let mut $held = hold::<$P, $How>(ctx, &mut arguments)?;)*
                invoke(self, $($P::get(&mut $held)),*).into_reply(ctx, stack)
            }
        }
    };
}

functions!();
functions!(A HowA a);
functions!(A HowA a B HowB b);
functions!(A HowA a B HowB b C HowC c);
functions!(A HowA a B HowB b C HowC c D HowD d);
functions!(A HowA a B HowB b C HowC c D HowD d E HowE e);
functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g);
functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h);
functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i);
functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i J HowJ j);
functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i J HowJ j
    K HowK k);
functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i J HowJ j
    K HowK k L HowL l);
functions!(A HowA a B HowB b C HowC c D HowD d E HowE e G HowG g H HowH h I HowI i J HowJ j
    K HowK k L HowL l M HowM m);

/// A Rust function as the VM has it.
#[derive(Collect)]
#[collect(require_static)]
struct Native<F, S> {
    function: F,
    signature: std::marker::PhantomData<fn(S)>,
}

impl<'gc, S: 'static, F: LuaFunction<S>> Captured<'gc> for Native<F, S> {
    #[inline]
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
        self.function.call_scoped(ctx, stack).map_err(|error| error.raise(ctx))
    }

    #[inline]
    fn value(&self, ctx: Context<'gc>, arguments: &[Value<'gc>]) -> Option<Value<'gc>> {
        self.function.call_quickly(ctx, arguments)
    }
}

/// A function that changes what it has captured, as the VM has it.
#[derive(Collect)]
#[collect(require_static)]
struct NativeMut<F, S> {
    function: RefCell<F>,
    signature: std::marker::PhantomData<fn(S)>,
}

impl<'gc, S: 'static, F: LuaFunctionMut<S>> Captured<'gc> for NativeMut<F, S> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
        call_exclusively(&self.function, ctx, stack)
    }
}

/// Calls a function that changes what it has captured, unless it is being called already.
pub(crate) fn call_exclusively<'gc, S>(
    function: &RefCell<impl ScopedFunctionMut<S>>,
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
    match function.try_borrow_mut() {
        Ok(mut function) => function.call_mut(ctx, stack),
        Err(_) => Err(Error::of_kind(
            ErrorKind::Borrow,
            "the function is being called already, and changes what it has captured",
        )),
    }
    .map_err(|error| error.raise(ctx))
}

/// Makes a value of a function.
pub(crate) fn native<'gc, S: 'static, F: LuaFunction<S>>(
    ctx: Context<'gc>,
    function: F,
) -> Value<'gc> {
    let native = Native { function, signature: std::marker::PhantomData };
    Value::Callback(Callback::captured(ctx, "?", native))
}

/// Makes a value of a function that changes what it has captured.
pub(crate) fn native_mut<'gc, S: 'static, F: LuaFunctionMut<S>>(
    ctx: Context<'gc>,
    function: F,
) -> Value<'gc> {
    let function = RefCell::new(function);
    let native = NativeMut { function, signature: std::marker::PhantomData };
    Value::Callback(Callback::captured(ctx, "?", native))
}
