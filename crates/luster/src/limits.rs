//! What limits scripts: fuel, and stopping from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An amount of work: one unit is about one instruction of the VM. Functions of the library take as
/// much as they have work to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fuel(pub(crate) i64);

impl Fuel {
    /// More than any script uses.
    pub const UNLIMITED: Fuel = Fuel(i64::MAX);

    /// So many units.
    pub const fn new(units: u64) -> Self {
        Fuel(if units > i64::MAX as u64 { i64::MAX } else { units as i64 })
    }
}

impl From<u64> for Fuel {
    fn from(units: u64) -> Self {
        Fuel::new(units)
    }
}

impl From<u32> for Fuel {
    fn from(units: u32) -> Self {
        Fuel::new(units.into())
    }
}

impl From<i64> for Fuel {
    fn from(units: i64) -> Self {
        Fuel(units.max(0))
    }
}

impl From<i32> for Fuel {
    fn from(units: i32) -> Self {
        Fuel(i64::from(units.max(0)))
    }
}

/// Stops what a VM runs, from any thread. Scripts neither see nor catch it; the host that runs the
/// script gets an error of the kind [`Interrupted`](crate::ErrorKind::Interrupted).
///
/// ```
/// use std::time::Duration;
///
/// let lua = luster::Lua::new();
/// let handle = lua.interrupt_handle();
/// let stopper = std::thread::spawn(move || {
///     std::thread::sleep(Duration::from_millis(20));
///     handle.interrupt();
/// });
/// let error = lua.load("while true do pcall(error) end").exec().unwrap_err();
/// assert_eq!(error.kind(), luster::ErrorKind::Interrupted);
/// assert_eq!(lua.load("1 + 1").eval::<i64>()?, 2);
/// # stopper.join().expect("it does not fail");
/// # Ok::<(), luster::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InterruptHandle(pub(crate) Arc<AtomicBool>);

impl InterruptHandle {
    /// Stops what the VM runs, or what it runs next when nothing does.
    pub fn interrupt(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Takes an interrupt back that has not been noticed yet. Tells whether there was one.
    pub fn clear(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}
