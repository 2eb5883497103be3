//! The library `coroutine`. How coroutines run is the VM's business; here is what scripts may ask
//! of them, and when.

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error, Function, MANY_VALUES, Poll, ResumeKind,
    Sequence, Stack, Status, Table, Thread, ThreadInsides, Value,
};

const FUNCTIONS: &[(&str, Function)] = &[
    ("close", close),
    ("create", create),
    ("isyieldable", isyieldable),
    ("resume", resume),
    ("running", running),
    ("status", status),
    ("wrap", wrap),
    ("yield", r#yield),
];

/// Makes the table of the library.
pub(crate) fn open<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    crate::table_of(ctx, FUNCTIONS, 0)
}

/// The coroutine that the first argument is.
fn thread_argument<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
) -> Result<Thread<'gc>, Error<'gc>> {
    match stack.get(0) {
        Value::Thread(thread) => Ok(thread),
        _ => Err(stack.type_error(ctx, 0, "thread")),
    }
}

/// The coroutine that the first argument is; the running one when there is none.
fn optional_thread<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
) -> Result<Thread<'gc>, Error<'gc>> {
    if stack.is_empty() { Ok(stack.thread()) } else { thread_argument(ctx, stack) }
}

/// How far a coroutine is, as seen from the running one.
fn status_of<'gc>(stack: &Stack<'_, 'gc>, thread: Thread<'gc>) -> Status {
    if thread == stack.thread() { Status::Running } else { thread.status() }
}

/// What making a coroutine costs, which is several pieces of memory.
const CREATION_FUEL: usize = 50;

/// `coroutine.create(function)`
fn create<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let thread = new_thread(ctx, stack)?;
    stack.burn(CREATION_FUEL);
    stack.replace(Value::Thread(thread));
    Ok(CallbackReturn::Return)
}

/// A coroutine that will call the first argument. It is much larger than most objects, and costs more.
fn new_thread<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<Thread<'gc>, Error<'gc>> {
    const FUEL: usize = 20;
    const BYTES: usize = 2048;
    let function = stack.function(ctx, 0)?;
    stack.burn(FUEL);
    Error::check_room(BYTES)?;
    Ok(Thread::new(ctx, function))
}

/// `coroutine.resume(coroutine, ...)`
fn resume<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let thread = thread_argument(ctx, stack)?;
    if let Some(work) = prepare(ctx, thread, stack.len()) {
        stack.burn(work);
        let again = Callback::new(ctx, "resume", resume);
        return Ok(CallbackReturn::Sequence(Box::new(Preparing { thread, again })));
    }
    stack.drop_front(1);
    Ok(CallbackReturn::Resume(thread, ResumeKind::Resume))
}

/// Prepares registers for so many values that a coroutine is to get, as many as may be done before the fuel is
/// looked at. Answers how much fuel that is, or nothing when all is prepared that can be.
fn prepare<'gc>(ctx: Context<'gc>, thread: Thread<'gc>, count: usize) -> Option<usize> {
    if count <= MANY_VALUES || thread.status() != Status::Suspended {
        return None;
    }
    thread.state_mut(&ctx)?.approach(count)
}

/// A resumption with very many values, for which registers are prepared in portions.
#[derive(Collect)]
#[collect(no_drop)]
struct Preparing<'gc> {
    thread: Thread<'gc>,
    /// What resumes it then.
    again: Callback<'gc>,
}

impl<'gc> Sequence<'gc> for Preparing<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let Some(work) = prepare(ctx, self.thread, stack.len()) else {
            return Ok(Poll::TailCall(Value::Callback(self.again)));
        };
        stack.burn(work);
        Ok(Poll::Pending)
    }
}

/// `coroutine.wrap(function)`
fn wrap<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let thread = new_thread(ctx, stack)?;
    stack.burn(CREATION_FUEL);
    stack.replace(Value::Callback(Callback::captured(ctx, "wrap", Wrapped { thread })));
    Ok(CallbackReturn::Return)
}

/// A function made by `coroutine.wrap`.
#[derive(Collect)]
#[collect(no_drop)]
struct Wrapped<'gc> {
    thread: Thread<'gc>,
}

impl<'gc> Captured<'gc> for Wrapped<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let thread = self.thread;
        if let Some(work) = prepare(ctx, thread, stack.len()) {
            stack.burn(work);
            let again = Callback::captured(ctx, "wrap", Wrapped { thread });
            return Ok(CallbackReturn::Sequence(Box::new(Preparing { thread, again })));
        }
        Ok(CallbackReturn::Resume(self.thread, ResumeKind::Wrap))
    }
}

/// `coroutine.yield(...)`
fn r#yield<'gc>(
    _: Context<'gc>,
    _: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    Ok(CallbackReturn::Yield(None))
}

/// `coroutine.status(coroutine)`
fn status<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let status = status_of(stack, thread_argument(ctx, stack)?);
    stack.replace(ctx.string(status.name()));
    Ok(CallbackReturn::Return)
}

/// `coroutine.running()`
fn running<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let thread = stack.thread();
    stack.replace2(Value::Thread(thread), Value::boolean(thread == ctx.main_thread()));
    Ok(CallbackReturn::Return)
}

/// `coroutine.isyieldable([coroutine])`
fn isyieldable<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let thread = optional_thread(ctx, stack)?;
    let yieldable = if thread == stack.thread() {
        stack.thread_state().check_yield().is_ok()
    } else {
        thread.state().is_none_or(|state| state.check_yield().is_ok())
    };
    stack.replace(Value::boolean(yieldable));
    Ok(CallbackReturn::Return)
}

/// `coroutine.close([coroutine])`
fn close<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let thread = optional_thread(ctx, stack)?;
    match status_of(stack, thread) {
        Status::Normal => Err(Error::message("cannot close a normal coroutine")),
        Status::Running if thread == ctx.main_thread() => {
            Err(Error::message("cannot close main thread"))
        }
        Status::Running if thread != stack.thread() => {
            // Only a coroutine that is somewhere below the running one can look like this, or one of
            // another task.
            Err(Error::message("cannot close a normal coroutine"))
        }
        Status::Suspended if thread.state().is_some_and(|state| state.is_main) => {
            // It is a call of the host that has yielded or is over.
            Err(Error::message("cannot close main thread"))
        }
        _ => {
            stack.clear();
            Ok(CallbackReturn::Close(thread))
        }
    }
}
