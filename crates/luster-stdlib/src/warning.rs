//! Warnings: what `warn` and the VM have to say beside the program's output.

use std::cell::{Cell, RefCell};
use std::io::Write;

use luster_value::{Context, UserData, Value, quoted};

/// The key in the registry.
const KEY: &str = "_WARNINGS";

/// Takes warnings.
pub type WarningSink = Box<dyn FnMut(&[u8])>;

struct Warnings {
    is_on: Cell<bool>,
    sink: RefCell<WarningSink>,
}

/// Writes a warning to the standard error of the process, or the beginning of a very long one.
fn write_to_stderr(message: &[u8]) {
    let mut line = b"Lua warning: ".to_vec();
    line.extend(&*quoted(message));
    line.push(b'\n');
    // There is nowhere to report that a report could not be made.
    let _ = std::io::stderr().write_all(&line);
}

fn with<R>(ctx: Context<'_>, work: impl FnOnce(&Warnings) -> R) -> R {
    if let Value::UserData(userdata) = ctx.registry().get_field(ctx, KEY)
        && let Some(warnings) = userdata.downcast::<Warnings>()
    {
        return work(warnings);
    }
    // As in the reference's interpreter, warnings are off until the script or the host wants them.
    let sink: WarningSink = Box::new(write_to_stderr);
    let userdata =
        UserData::new(ctx, Warnings { is_on: Cell::new(false), sink: RefCell::new(sink) }, None);
    ctx.registry().set_field(ctx, KEY, Value::UserData(userdata));
    match userdata.downcast::<Warnings>() {
        Some(warnings) => work(warnings),
        None => unreachable!("it was made with this type two statements ago"),
    }
}

/// Warns, if warnings are on. The messages `@on` and `@off` switch them; others that begin with `@`
/// are for other listeners and say nothing.
pub fn warn(ctx: Context<'_>, message: &[u8]) {
    with(ctx, |warnings| match message {
        b"@on" => warnings.is_on.set(true),
        b"@off" => warnings.is_on.set(false),
        [b'@', ..] => {}
        _ => emit(warnings, message),
    });
}

/// Whether warnings are on.
pub(crate) fn is_on(ctx: Context<'_>) -> bool {
    with(ctx, |warnings| warnings.is_on.get())
}

/// Warns with a message of several pieces, which is never one of the control messages.
pub(crate) fn warn_pieces(ctx: Context<'_>, message: &[u8]) {
    with(ctx, |warnings| emit(warnings, message));
}

fn emit(warnings: &Warnings, message: &[u8]) {
    if warnings.is_on.get()
        && let Ok(mut sink) = warnings.sink.try_borrow_mut()
    {
        sink(message);
    }
}

/// Switches warnings on or off and says where they go (to the standard error of the process, when
/// `None`).
pub fn set_warnings(ctx: Context<'_>, is_on: bool, sink: Option<WarningSink>) {
    with(ctx, |warnings| {
        warnings.is_on.set(is_on);
        if let Ok(mut current) = warnings.sink.try_borrow_mut() {
            *current = sink.unwrap_or_else(|| Box::new(write_to_stderr));
        }
    });
}
