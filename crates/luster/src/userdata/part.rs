//! Fields that are userdata themselves, in the place where they stand.

use std::marker::PhantomData;
use std::rc::Rc;

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error as Raised, Stack, UserCell, Value,
};

use super::{UserData, shared_cell, wrap};
use crate::error::Result;

/// Gets a part of a value: a userdata that borrows the value whenever it is borrowed itself.
#[derive(Collect)]
#[collect(require_static)]
struct GetPart<T, P, S, M> {
    shared: S,
    mutable: M,
    types: PhantomData<fn(T) -> P>,
}

impl<T, P, S, M> GetPart<T, P, S, M>
where
    T: UserData,
    P: UserData,
    S: Fn(&T) -> &P + Clone + 'static,
    M: Fn(&mut T) -> &mut P + Clone + 'static,
{
    fn get<'gc>(&self, ctx: Context<'gc>, whole: Value<'gc>) -> Result<Value<'gc>> {
        let whole = shared_cell::<T>(ctx, whole)?;
        let part = UserCell::part_of(whole, self.shared.clone(), self.mutable.clone());
        wrap(ctx, Rc::new(part))
    }
}

impl<'gc, T, P, S, M> Captured<'gc> for GetPart<T, P, S, M>
where
    T: UserData,
    P: UserData,
    S: Fn(&T) -> &P + Clone + 'static,
    M: Fn(&mut T) -> &mut P + Clone + 'static,
{
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, Raised<'gc>> {
        let part = self.get(ctx, stack.get(0));
        let part = part.map_err(|error| error.with_argument(1).raise(ctx))?;
        stack.replace(part);
        Ok(CallbackReturn::Return)
    }
}

/// The function that gets a part.
pub(crate) fn getter<'gc, T: UserData, P: UserData>(
    ctx: Context<'gc>,
    shared: impl Fn(&T) -> &P + Clone + 'static,
    mutable: impl Fn(&mut T) -> &mut P + Clone + 'static,
) -> Value<'gc> {
    let part = GetPart { shared, mutable, types: PhantomData };
    Value::Callback(Callback::captured(ctx, "?", part))
}
