//! Signals: an interrupt (Ctrl-C) while a script runs is an error in the script.
//!
//! At any other time, and the second time during the same run, it ends the process, as the system
//! would have it. How a script is stopped is the business of `session`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// Whether an interrupt came.
pub(crate) struct Interrupts {
    /// Set while an interrupt is to end the process: when no script is running, or when one is
    /// that has been interrupted before.
    is_fatal: Arc<AtomicBool>,
}

impl Interrupts {
    /// Listens to interrupts from now on.
    pub(crate) fn new() -> Self {
        let is_fatal = Arc::new(AtomicBool::new(true));
        // The actions run in this order. Where signals cannot be had, the system's way remains.
        let _ = flag::register_conditional_default(SIGINT, Arc::clone(&is_fatal))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&is_fatal)));
        Interrupts { is_fatal }
    }

    /// A script begins to run.
    pub(crate) fn begin(&self) {
        self.is_fatal.store(false, Ordering::SeqCst);
    }

    /// Whether an interrupt came since it began.
    pub(crate) fn came(&self) -> bool {
        self.is_fatal.load(Ordering::SeqCst)
    }

    /// The script does not run any more.
    pub(crate) fn end(&self) {
        self.is_fatal.store(true, Ordering::SeqCst);
    }
}

/// Has the process end quietly when nobody reads its output any more, as programs in pipes do.
pub(crate) fn end_on_broken_pipes() {
    #[cfg(unix)]
    {
        let always = Arc::new(AtomicBool::new(true));
        // If that cannot be had, writing fails instead.
        let _ = flag::register_conditional_default(signal_hook::consts::SIGPIPE, always);
    }
}
