//! Warnings: messages to the host that are not errors.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

use luster_value::{Value, account, quoted};

thread_local! {
    /// Has no destructor, so that VMs work in the destructors of a thread's other variables.
    static PENDING: RefCell<ManuallyDrop<Vec<Vec<u8>>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };

    /// Whether there are any; asked after every call.
    static ARE_PENDING: Cell<bool> = const { Cell::new(false) };
}

/// Warns that a finalizer failed, as the reference does: "error in __gc". Until the end of the slice, which comes
/// soon if it is long, the message is in memory that nobody counts.
pub(crate) fn finalizer_failed(error: Value<'_>) {
    let mut text = b"error in __gc (".to_vec();
    match error {
        Value::String(message) => text.extend(&*quoted(message.as_bytes())),
        _ => text.extend(b"error object is not a string"),
    }
    text.push(b')');
    account::looked_at(text.len());
    PENDING.with_borrow_mut(|pending| pending.push(text));
    ARE_PENDING.set(true);
}

/// Whether warnings have come up since the last call of [`take_warnings`].
#[inline]
pub fn has_warnings() -> bool {
    ARE_PENDING.get()
}

/// Takes the warnings that have come up since the last call; the library that knows how warnings
/// are shown does so after every slice.
pub fn take_warnings() -> Vec<Vec<u8>> {
    ARE_PENDING.set(false);
    PENDING.with_borrow_mut(|pending| std::mem::take(&mut **pending))
}
