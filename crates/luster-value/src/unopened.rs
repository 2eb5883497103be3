//! What is opened when it is first touched: tables that are filled then, and the metatable of strings.
//!
//! Here is only what the VM has to know of that. What such things contain, and how they are opened,
//! is the library's business.

use std::cell::Cell;

use gc_arena::lock::Lock;
use gc_arena::{Collect, Gc, barrier};

use crate::context::{Context, State};
use crate::table::Table;
use crate::value::Type;

/// What is wanted of the library.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'gc> {
    /// This table, filled.
    Table(Table<'gc>),
    /// The metatable of strings.
    StringMetatable,
    /// Everything.
    All,
}

/// Opens what is wanted, if it has yet to be opened.
pub type Opener = for<'gc> fn(Context<'gc>, Wanted<'gc>);

/// What a VM has that is yet to be opened.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub(crate) struct Unopened<'gc> {
    #[collect(require_static)]
    opener: Cell<Option<Opener>>,
    /// The metatable of the tables that are filled when they are first touched.
    filler: Lock<Option<Table<'gc>>>,
    /// The table of the methods of strings, as long as strings have no metatable because nobody has
    /// asked for it.
    methods: Lock<Option<Table<'gc>>>,
}

impl<'gc> Context<'gc> {
    /// Says how things are opened, and sets the metatable of the tables that are filled when they are
    /// first touched; `None` when everything has been opened.
    ///
    /// Its metamethods, callbacks with quick forms, fill a table that they are called for, which takes
    /// the metatable off it. So scripts find such tables full whenever they look. Who looks into a table
    /// past its metamethods has to call [`fill`](Self::fill) first.
    pub fn set_opener(self, opener: Option<(Opener, Table<'gc>)>) {
        let write = Gc::write(self.mutation(), self.state);
        let unopened = barrier::field!(write, State, unopened);
        unopened.opener.set(opener.map(|(opener, _)| opener));
        barrier::unlock!(unopened, Unopened, filler).set(opener.map(|(_, filler)| filler));
    }

    /// The metatable of the tables that are filled when they are first touched.
    #[inline]
    pub fn filler(self) -> Option<Table<'gc>> {
        self.state.unopened.filler.get()
    }

    /// Fills a table that is filled when it is first touched, before anybody looks into it past its
    /// metamethods.
    #[inline]
    pub fn fill(self, table: Table<'gc>) {
        if table.metatable().is_some() && table.metatable() == self.filler() {
            self.open(Wanted::Table(table));
        }
    }

    /// Opens everything.
    #[inline]
    pub fn fill_all(self) {
        if self.filler().is_some() {
            self.open(Wanted::All);
        }
    }

    #[cold]
    fn open(self, wanted: Wanted<'gc>) {
        if let Some(opener) = self.state.as_ref().unopened.opener.get() {
            opener(self, wanted);
        }
    }

    /// Sets the table of the methods of strings, of which their metatable is to be made when somebody
    /// asks for it.
    pub fn set_string_methods(self, methods: Table<'gc>) {
        self.change_string_methods(Some(methods));
    }

    /// Takes the table of the methods of strings, if their metatable is yet to be made.
    pub fn take_string_methods(self) -> Option<Table<'gc>> {
        let methods = self.state.unopened.methods.get()?;
        self.change_string_methods(None);
        Some(methods)
    }

    fn change_string_methods(self, methods: Option<Table<'gc>>) {
        let write = Gc::write(self.mutation(), self.state);
        let unopened = barrier::field!(write, State, unopened);
        barrier::unlock!(unopened, Unopened, methods).set(methods);
    }

    /// The metatable of strings, which is made if it has yet to be.
    #[cold]
    pub(crate) fn open_string_metatable(self) -> Option<Table<'gc>> {
        self.open(Wanted::StringMetatable);
        self.type_metatable_as_is(Type::String)
    }
}
