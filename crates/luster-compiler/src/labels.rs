//! `goto` and labels: what waits for what within one function.
//!
//! The rules are those of PUC-Rio's `lparser.c`: a `goto` sees the labels of its block and of the
//! blocks around it, and is matched when a block with such a label ends. Only the book-keeping
//! lives here; the matching is with the blocks, in `scope`.

use hashbrown::HashMap;
use luster_syntax::TokenId;

use crate::names::NameId;

/// A label in scope.
#[derive(Clone, Copy)]
pub(crate) struct Label {
    pub(crate) name: NameId,
    pub(crate) line: u32,
    pub(crate) pc: usize,
    /// How many declarations are in scope at it.
    pub(crate) declarations: usize,
    /// How many registers the variables in scope at it take.
    pub(crate) registers: u8,
    /// How many to-be-closed variables are in scope at it.
    pub(crate) to_be_closed: u32,
}

/// A `goto` whose label has not been found yet.
#[derive(Clone, Copy)]
pub(crate) struct Goto {
    pub(crate) name: NameId,
    pub(crate) token: TokenId,
    pub(crate) line: u32,
    /// Its jump.
    pub(crate) pc: usize,
    /// Room for a `Close` before the jump, if it may need one.
    pub(crate) close: Option<usize>,
    /// How many declarations are in scope at it, those of blocks it has left not counted.
    pub(crate) declarations: usize,
    /// How many to-be-closed variables are in scope where it stands.
    pub(crate) to_be_closed: u32,
}

/// The labels and waiting `goto`s of a function.
#[derive(Default)]
pub(crate) struct Labels {
    labels: Vec<Label>,
    by_name: HashMap<NameId, usize>,
    pub(crate) gotos: Vec<Goto>,
}

impl Labels {
    /// How many labels are in scope.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The label of this name in scope.
    pub(crate) fn find(&self, name: NameId) -> Option<Label> {
        self.by_name.get(&name).map(|&index| self.labels[index])
    }

    /// The label of this name in the blocks whose labels begin at `first`.
    pub(crate) fn find_from(&self, name: NameId, first: usize) -> Option<Label> {
        let &index = self.by_name.get(&name)?;
        (index >= first).then(|| self.labels[index])
    }

    /// Adds a label; no other of the same name may be in scope.
    pub(crate) fn add(&mut self, label: Label) {
        self.by_name.insert(label.name, self.labels.len());
        self.labels.push(label);
    }

    /// Ends the scope of the labels from `first` on.
    pub(crate) fn leave(&mut self, first: usize) {
        for label in self.labels.drain(first..) {
            self.by_name.remove(&label.name);
        }
    }
}
