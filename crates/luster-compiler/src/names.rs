//! Names, those that the source does not spell out included.
//!
//! A chunk may use `_ENV` and `self` without containing the words, so the symbols of the parse are
//! widened by these two.

use std::sync::Arc;

use luster_syntax::{Interner, Symbol};

/// A name or string of the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NameId {
    /// One that stands in the source.
    Symbol(Symbol),
    /// `_ENV` in a source without the word.
    Env,
    /// `self` in a source without the word.
    Receiver,
}

impl NameId {
    /// The name's number, to index a vector with.
    pub(crate) fn index(self) -> usize {
        match self {
            NameId::Env => 0,
            NameId::Receiver => 1,
            NameId::Symbol(symbol) => symbol.index() + 2,
        }
    }
}

impl From<Symbol> for NameId {
    fn from(symbol: Symbol) -> Self {
        NameId::Symbol(symbol)
    }
}

/// All names and strings of a chunk.
pub(crate) struct Names<'a> {
    symbols: &'a Interner,
    /// The shared bytes of each name that a prototype has needed.
    shared: Vec<Option<Arc<[u8]>>>,
    env: NameId,
    receiver: NameId,
    hidden: Arc<[u8]>,
}

impl<'a> Names<'a> {
    /// The names of a parse.
    pub(crate) fn new(symbols: &'a Interner) -> Self {
        Names {
            symbols,
            shared: vec![None; symbols.len() + 2],
            env: symbols.get(b"_ENV").map_or(NameId::Env, NameId::Symbol),
            receiver: symbols.get(b"self").map_or(NameId::Receiver, NameId::Symbol),
            hidden: Arc::from(&b"(for state)"[..]),
        }
    }

    /// How many names there may be: all their numbers are below.
    pub(crate) fn len(&self) -> usize {
        self.shared.len()
    }

    /// `_ENV`
    pub(crate) fn env(&self) -> NameId {
        self.env
    }

    /// `self`
    pub(crate) fn receiver(&self) -> NameId {
        self.receiver
    }

    /// How debug information calls the variables that a loop keeps for itself.
    pub(crate) fn hidden(&self) -> Arc<[u8]> {
        Arc::clone(&self.hidden)
    }

    /// The bytes of a name, to keep.
    pub(crate) fn shared(&mut self, name: NameId) -> Arc<[u8]> {
        let text = self.text(name);
        Arc::clone(self.shared[name.index()].get_or_insert_with(|| Arc::from(text)))
    }

    /// The bytes of a name, to look at.
    pub(crate) fn text(&self, name: NameId) -> &'a [u8] {
        match name {
            NameId::Symbol(symbol) => self.symbols.resolve(symbol),
            NameId::Env => b"_ENV",
            NameId::Receiver => b"self",
        }
    }
}
