//! What scripts wait for: futures, as the tasks that run the scripts see them.
//!
//! A sequence that waits for a future leaves it with the VM and lets the execution stop. The task
//! polls it outside the arena, so that the future itself may run Lua, and then goes on with the
//! script. How functions come to have futures is the business of `asynchronous`.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::error::Error;
use crate::lua::Shared;

/// How many futures may be polled one inside the other, each by the one that runs Lua code which
/// waits for the next: every one of them takes some of the thread's stack.
const MAX_NESTING: u32 = 100;

/// A future that a script waits for, or what it came to.
pub(crate) trait Awaited {
    /// Polls the future, unless it is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops the future, and lets the script have an error instead.
    fn refuse(&mut self, error: Error);
}

/// What an execution waits for, shared by the sequence and the task.
#[derive(Clone)]
pub(crate) struct SharedAwaited(Rc<RefCell<dyn Awaited>>);

impl SharedAwaited {
    #[cfg(feature = "async")]
    pub(crate) fn new(awaited: Rc<RefCell<dyn Awaited>>) -> Self {
        SharedAwaited(awaited)
    }

    /// Polls the future of an execution of this VM.
    pub(crate) fn poll(&self, shared: &Shared, cx: &mut Context<'_>) -> Poll<()> {
        let Ok(mut awaited) = self.0.try_borrow_mut() else { return Poll::Pending };
        let nesting = shared.polling.get();
        if nesting >= MAX_NESTING {
            awaited.refuse(Error::new("C stack overflow"));
            return Poll::Ready(());
        }
        shared.polling.set(nesting + 1);
        let _leave = Leave(shared);
        awaited.poll(cx)
    }

    /// Drops the future at once.
    pub(crate) fn cancel(&self) {
        if let Ok(mut awaited) = self.0.try_borrow_mut() {
            awaited.refuse(Error::new("the call was cancelled"));
        }
    }
}

/// Counts a poll off again, when the future panics too.
struct Leave<'a>(&'a Shared);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.polling.set(self.0.polling.get() - 1);
    }
}
