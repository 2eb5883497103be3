//! Writing values to a file: many of them, or long ones, in portions, each charged to the script's fuel.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, Stack, UserData, Value};

use super::{File, work_on};
use crate::system_error::file_result;
use crate::work::Work;

/// How many values are written before the fuel is looked at.
const PORTION: usize = 1_000;

/// How many bytes are written before the fuel is looked at.
const LONG_PORTION: usize = 1 << 18;

/// What a value costs, beside its bytes and what the system does; and how much more a number does.
const VALUE_FUEL: usize = 2;
const NUMBER_FUEL: usize = 20;

/// What the system's work may cost before the fuel is looked at.
const SYSTEM_PORTION: usize = 10_000;

/// Writes the arguments from an index on to a file, which takes their place.
pub(super) fn arguments<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    file: UserData<'gc>,
    first: usize,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let writing = Writing { file, next: first, written: 0, total: 0 };
    writing.begin(ctx, stack)
}

/// A `write` at work. The arguments stay on the stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Writing<'gc> {
    file: UserData<'gc>,
    /// The next argument, and how much of it has been written.
    next: usize,
    written: usize,
    /// How many bytes have been written.
    total: usize,
}

impl<'gc> Work<'gc> for Writing<'gc> {
    /// Writes a portion. Tells whether the results are on the stack.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let Some(File(stream)) = self.file.downcast::<File>() else {
            return Err(Error::message("attempt to use a closed file"));
        };
        let (from, before) = (self.next, self.total);
        let end = stack.len().min(from + PORTION);
        let (mut wrong, mut numbers) = (None, 0);
        let (written, owed) = work_on(stream, |stream| {
            let mut number = Vec::new();
            while self.next < end
                && self.total - before < LONG_PORTION
                && stream.owed() < SYSTEM_PORTION
            {
                let bytes = match stack.get(self.next) {
                    Value::String(text) => &text.as_bytes()[self.written..],
                    value @ (Value::Integer(_) | Value::Float(_)) => {
                        numbers += 1;
                        number.clear();
                        ctx.write_basic(&mut number, value);
                        &number
                    }
                    _ => {
                        // What came before it has been written, as the reference does.
                        wrong = Some(self.next);
                        return Ok(());
                    }
                };
                let count = bytes.len().min(LONG_PORTION);
                stream.write(&bytes[..count])?;
                self.total += count;
                if count < bytes.len() {
                    self.written += count;
                } else {
                    (self.next, self.written) = (self.next + 1, 0);
                }
            }
            Ok(())
        })?;
        stack.burn(owed + numbers * NUMBER_FUEL);
        stack.burn((self.next - from) * VALUE_FUEL + (self.total - before) / 16);
        if let Some(index) = wrong {
            return Err(stack.type_error(ctx, index, "string"));
        }
        match written {
            Ok(()) if self.next < stack.len() => return Ok(false),
            Ok(()) => stack.replace(Value::UserData(self.file)),
            Err(error) => {
                file_result(ctx, stack, Err(error), None);
                stack.push(Value::Integer(self.total as i64));
            }
        }
        Ok(true)
    }
}
