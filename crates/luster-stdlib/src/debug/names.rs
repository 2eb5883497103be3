//! The names of chunks and variables as strings of scripts. They may have megabytes, which are copied in
//! portions.

use std::sync::Arc;

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, Stack, Value};

use crate::buffer::with_room;
use crate::counted::CountedMemory;
use crate::work::Work;

/// The longest name that is copied in one go.
const LONGEST: usize = 1 << 12;

/// How many bytes of a longer one are copied before the fuel is looked at, and how many for a unit of fuel.
const PORTION: usize = 1 << 18;
const BYTES_PER_FUEL: usize = 16;

/// A name that a script is told.
pub(super) enum Name {
    Fixed(&'static [u8]),
    Written(Arc<[u8]>),
}

impl Name {
    /// Puts it in the place of the arguments, and a value behind it.
    ///
    /// # Errors
    /// There is not enough memory for it.
    pub(super) fn give<'gc>(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        value: Option<Value<'gc>>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let (name, copy) = match self {
            Name::Fixed(name) => (ctx.string(name), None),
            Name::Written(name) if name.len() <= LONGEST => (ctx.string(name), None),
            Name::Written(name) => (Value::Nil, Some(NameCopy::new(name)?)),
        };
        stack.replace(name);
        stack.extend(value);
        match copy {
            None => Ok(CallbackReturn::Return),
            Some(copy) => FirstResult(copy).begin(ctx, stack),
        }
    }
}

/// A long name that is being copied.
#[derive(Collect)]
#[collect(require_static)]
pub(super) struct NameCopy {
    name: Arc<[u8]>,
    copy: Vec<u8>,
    memory: CountedMemory,
}

impl NameCopy {
    /// The copy of a name, of which nothing is there yet; none is needed of one that is not long.
    ///
    /// # Errors
    /// There is not enough memory for it.
    pub(super) fn of_long<'gc>(name: &Arc<[u8]>) -> Result<Option<Self>, Error<'gc>> {
        if name.len() <= LONGEST { Ok(None) } else { NameCopy::new(name).map(Some) }
    }

    fn new<'gc>(name: &Arc<[u8]>) -> Result<Self, Error<'gc>> {
        let copy = with_room(name.len())?;
        let mut memory = CountedMemory::default();
        memory.set(copy.capacity());
        Ok(NameCopy { name: name.clone(), copy, memory })
    }

    /// Copies a portion. Gives the string, once, when all of it is there.
    pub(super) fn go_on<'gc>(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Option<Value<'gc>> {
        let rest = &self.name[self.copy.len()..];
        let portion = &rest[..rest.len().min(PORTION)];
        self.copy.extend_from_slice(portion);
        stack.burn(portion.len() / BYTES_PER_FUEL);
        if portion.len() < rest.len() {
            return None;
        }
        self.memory.set(0);
        Some(Value::String(ctx.intern_owned(std::mem::take(&mut self.copy))))
    }
}

/// A long name that becomes the first result; the others are on the stack.
#[derive(Collect)]
#[collect(require_static)]
struct FirstResult(NameCopy);

impl<'gc> Work<'gc> for FirstResult {
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let name = self.0.go_on(ctx, stack);
        if let Some(name) = name {
            stack.set(0, name);
        }
        Ok(name.is_some())
    }
}
