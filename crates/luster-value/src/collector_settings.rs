//! What a script sets with `collectgarbage`: whether the collector runs, its mode, its parameters.
//!
//! The collection driver looks at whether it is to run; the rest is kept to be reported.

use std::cell::Cell;

/// A parameter of `collectgarbage("param")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CollectorParameter {
    /// The size of the young generation, in percent.
    MinorMultiplier,
    /// When a major collection shifts back to minor ones, in percent.
    MajorMinor,
    /// When minor collections shift to a major one, in percent.
    MinorMajor,
    /// How much the heap grows before a new cycle begins, in percent.
    Pause,
    /// How fast a cycle goes, in percent.
    StepMultiplier,
    /// The size of a step, in bytes.
    StepSize,
}

/// The settings of a VM's collector.
pub struct CollectorSettings {
    stopped: Cell<bool>,
    generational: Cell<bool>,
    parameters: [Cell<i64>; 6],
}

impl Default for CollectorSettings {
    /// The reference's defaults.
    fn default() -> Self {
        CollectorSettings {
            stopped: Cell::new(false),
            generational: Cell::new(false),
            parameters: [20, 50, 68, 250, 200, 9600].map(Cell::new),
        }
    }
}

impl CollectorSettings {
    /// Whether the script has stopped the collector.
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Stops the collector, or lets it run again.
    pub fn set_stopped(&self, stopped: bool) {
        self.stopped.set(stopped);
    }

    /// Whether the script has asked for generational mode.
    pub fn is_generational(&self) -> bool {
        self.generational.get()
    }

    /// Sets the mode; tells what it was before.
    pub fn set_generational(&self, generational: bool) -> bool {
        self.generational.replace(generational)
    }

    /// A parameter's value.
    pub fn parameter(&self, which: CollectorParameter) -> i64 {
        self.parameters[which as usize].get()
    }

    /// Sets a parameter.
    pub fn set_parameter(&self, which: CollectorParameter, value: i64) {
        self.parameters[which as usize].set(value);
    }
}
