//! What the compiler makes and the VM links: functions as plain data.
//!
//! A [`Prototype`] is immutable, `Send + Sync` and has passed the verifier: [`Parts::verify`] and
//! [`Verifier::verify`] are the only ways to make one. Nothing here knows the collector or what a VM learns while running.

use std::sync::Arc;

use crate::op::Instruction;
use crate::verify::{Verifier, VerifyError};

/// A constant of a prototype.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `nil`
    Nil,
    /// `false`
    False,
    /// `true`
    True,
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(Arc<[u8]>),
}

/// Where a closure finds one of its upvalues when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The cell in this register of the enclosing function.
    Register(u8),
    /// This upvalue of the enclosing function.
    UpValue(u8),
}

/// An upvalue of a prototype.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpValueInfo {
    /// Its name, empty when stripped.
    pub name: Arc<[u8]>,
    /// Where it comes from.
    pub capture: Capture,
}

/// A local variable: where it lives and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalInfo {
    /// Its name; internal ones stand in parentheses, as `(for state)`.
    pub name: Arc<[u8]>,
    /// The register that holds it (or its cell).
    pub register: u8,
    /// The first instruction at which it is in scope.
    pub start: u32,
    /// The first instruction at which it no longer is.
    pub end: u32,
}

/// The chunk that prototypes come from: its name and where its lines begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The chunk's name as `load` was given it: `@file`, `=name`, or the text itself.
    pub name: Arc<[u8]>,
    /// The byte offset of the first byte of each line, in order, the first being 0. Empty when
    /// stripped.
    pub line_starts: Vec<u32>,
}

impl Source {
    /// Whether its lines are as they must be: none, or from 0 on in order.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.line_starts.first().is_none_or(|&first| first == 0)
            && self.line_starts.is_sorted_by(|before, after| before < after)
    }

    /// The line (from 1) in which a byte stands, or 0 when lines are not known.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|&start| start <= offset) as u32
    }

    /// The column (from 1, in bytes) at which a byte stands in its line, or 0 when not known.
    pub fn column(&self, offset: u32) -> u32 {
        match self.line(offset) {
            0 => 0,
            line => {
                let start = self.line_starts[line as usize - 1];
                offset.saturating_sub(start).saturating_add(1)
            }
        }
    }
}

/// The pieces of a prototype, not yet verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// The chunk it comes from.
    pub source: Arc<Source>,
    /// The line of its `function`, or 0 for a main function.
    pub line_defined: u32,
    /// The line of its `end`, or 0 for a main function.
    pub last_line_defined: u32,
    /// How many fixed parameters it has; they arrive in registers 0 and up.
    pub parameters: u8,
    /// Whether it takes extra arguments.
    pub is_vararg: bool,
    /// How many registers it needs, those of outgoing calls included.
    pub registers: u8,
    /// The code.
    pub instructions: Vec<Instruction>,
    /// The constants.
    pub constants: Vec<Constant>,
    /// The functions written inside it.
    pub prototypes: Vec<Arc<Prototype>>,
    /// The upvalues.
    pub upvalues: Vec<UpValueInfo>,
    /// For each instruction, the byte offset in the source it belongs to. Empty when stripped.
    pub offsets: Vec<u32>,
    /// The local variables, in the order of their starts. Empty when stripped.
    pub locals: Vec<LocalInfo>,
}

impl Parts {
    /// Checks everything that the VM relies on and makes a prototype of it. For many, a [`Verifier`]
    /// is quicker.
    ///
    /// # Errors
    /// The first rule that is broken, and at which instruction.
    pub fn verify(self) -> Result<Prototype, VerifyError> {
        Verifier::new().verify(self)
    }
}

/// A compiled function, verified. Dereferences to its [`Parts`], which nobody can change any more.
#[derive(Debug, PartialEq)]
pub struct Prototype {
    parts: Parts,
    /// How many levels of functions it is, itself included: bounded, so that dropping and
    /// comparing may recurse.
    depth: u16,
}

impl std::ops::Deref for Prototype {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Prototype {
    /// A prototype of parts that the verifier has accepted; it alone may call this.
    pub(crate) fn from_verified(parts: Parts) -> Self {
        let below = parts.prototypes.iter().map(|nested| nested.depth).max().unwrap_or(0);
        Prototype { parts, depth: below + 1 }
    }

    /// How many levels of functions it is, itself included.
    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }

    /// The line (from 1) of an instruction, or 0 when stripped.
    pub fn line(&self, pc: usize) -> u32 {
        self.offsets.get(pc).map_or(0, |&offset| self.source.line(offset))
    }

    /// The column (from 1, in bytes) of an instruction, or 0 when stripped.
    pub fn column(&self, pc: usize) -> u32 {
        self.offsets.get(pc).map_or(0, |&offset| self.source.column(offset))
    }
}
