//! The arenas that hold a tree, and access to its nodes.
//!
//! The shapes of the nodes are in `ast`; only the parser fills the arenas.

use crate::{
    ast::{
        Block, BlockId, Declared, Expr, ExprId, Function, FunctionId, IfArm, List, MethodCall,
        MethodCallId, Name, Place, Stmt, StmtId, TableItem,
    },
    token::TokenRange,
};

/// The tree of one source: flat arrays of nodes that refer to each other by id.
///
/// Ids and lists are only good for the tree they came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Ast {
    exprs: Vec<Expr>,
    expr_places: Vec<Place>,
    stmts: Vec<Stmt>,
    stmt_places: Vec<Place>,
    blocks: Vec<Block>,
    functions: Vec<Function>,
    method_calls: Vec<MethodCall>,
    lists: Lists,
    main: FunctionId,
}

/// The items of all lists of a tree, those of one list side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lists {
    exprs: Vec<ExprId>,
    stmts: Vec<StmtId>,
    names: Vec<Name>,
    declared: Vec<Declared>,
    arms: Vec<IfArm>,
    items: Vec<TableItem>,
}

impl Ast {
    /// An expression.
    #[inline]
    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id.index()]
    }

    /// Where an expression stands.
    #[inline]
    pub fn expr_place(&self, id: ExprId) -> Place {
        self.expr_places[id.index()]
    }

    /// A statement.
    #[inline]
    pub fn stmt(&self, id: StmtId) -> Stmt {
        self.stmts[id.index()]
    }

    /// Where a statement stands.
    #[inline]
    pub fn stmt_place(&self, id: StmtId) -> Place {
        self.stmt_places[id.index()]
    }

    /// A block.
    #[inline]
    pub fn block(&self, id: BlockId) -> Block {
        self.blocks[id.index()]
    }

    /// A function body.
    #[inline]
    pub fn function(&self, id: FunctionId) -> Function {
        self.functions[id.index()]
    }

    /// A method call.
    #[inline]
    pub fn method_call(&self, id: MethodCallId) -> MethodCall {
        self.method_calls[id.index()]
    }

    /// What a call of either kind is made on, the callee or the receiver, and its arguments; nothing
    /// for any other expression.
    #[inline]
    pub fn call(&self, expr: Expr) -> Option<(ExprId, List<ExprId>)> {
        match expr {
            Expr::Call { callee, arguments } => Some((callee, arguments)),
            Expr::MethodCall(id) => {
                let call = self.method_call(id);
                Some((call.object, call.arguments))
            }
            _ => None,
        }
    }

    /// The function that is the whole file. It takes `...`, though no token says so: its
    /// `vararg` stands at the first token.
    pub fn main(&self) -> FunctionId {
        self.main
    }

    /// The items of a list: of [`ExprId`], [`StmtId`], [`Name`], [`Declared`], [`IfArm`] or
    /// [`TableItem`].
    #[inline]
    pub fn list<T: ListItem>(&self, list: List<T>) -> &[T] {
        let start = list.start as usize;
        &T::store(&self.lists)[start..start + list.len as usize]
    }

    /// The expressions of a list.
    #[inline]
    pub fn exprs(&self, list: List<ExprId>) -> &[ExprId] {
        self.list(list)
    }

    /// How many expressions the tree has.
    pub fn expr_count(&self) -> usize {
        self.exprs.len()
    }

    /// How many statements the tree has.
    pub fn stmt_count(&self) -> usize {
        self.stmts.len()
    }

    /// How many blocks the tree has.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// How many functions the tree has, the main one counted.
    pub fn function_count(&self) -> usize {
        self.functions.len()
    }
}

/// Building, for the parser alone.
impl Ast {
    /// A tree without nodes, for a source of about so many tokens.
    pub(crate) fn new(tokens: usize) -> Ast {
        let exprs = tokens / 8 * 3;
        let stmts = tokens / 12;
        Ast {
            exprs: Vec::with_capacity(exprs),
            expr_places: Vec::with_capacity(exprs),
            stmts: Vec::with_capacity(stmts),
            stmt_places: Vec::with_capacity(stmts),
            blocks: Vec::new(),
            functions: Vec::new(),
            method_calls: Vec::new(),
            lists: Lists {
                exprs: Vec::with_capacity(exprs / 2),
                stmts: Vec::with_capacity(stmts),
                ..Lists::default()
            },
            main: FunctionId(0),
        }
    }

    pub(crate) fn push_expr(&mut self, expr: Expr, place: Place) -> ExprId {
        let id = ExprId(self.exprs.len() as u32);
        self.exprs.push(expr);
        self.expr_places.push(place);
        id
    }

    pub(crate) fn push_stmt(&mut self, stmt: Stmt, place: Place) -> StmtId {
        let id = StmtId(self.stmts.len() as u32);
        self.stmts.push(stmt);
        self.stmt_places.push(place);
        id
    }

    pub(crate) fn push_block(&mut self, statements: List<StmtId>, tokens: TokenRange) -> BlockId {
        let id = BlockId(self.blocks.len() as u32);
        self.blocks.push(Block { statements, tokens });
        id
    }

    pub(crate) fn push_function(&mut self, function: Function) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        self.functions.push(function);
        id
    }

    pub(crate) fn push_method_call(&mut self, call: MethodCall) -> MethodCallId {
        let id = MethodCallId(self.method_calls.len() as u32);
        self.method_calls.push(call);
        id
    }

    pub(crate) fn set_main(&mut self, main: FunctionId) {
        self.main = main;
    }

    /// Makes a list of the items from `mark` on, which are taken off the pending ones.
    pub(crate) fn push_list<T: ListItem>(&mut self, pending: &mut Lists, mark: usize) -> List<T> {
        let store = T::store_mut(&mut self.lists);
        let start = store.len();
        store.extend(T::store_mut(pending).drain(mark..));
        List {
            start: start as u32,
            len: (store.len() - start) as u32,
            item: std::marker::PhantomData,
        }
    }
}

/// What a [`List`] of the tree can hold.
pub trait ListItem: sealed::Stored {}

impl<T: sealed::Stored> ListItem for T {}

mod sealed {
    use super::Lists;

    /// The array that holds the items of all lists of one kind.
    #[expect(private_interfaces, reason = "the trait is sealed: nobody else can name its methods")]
    pub trait Stored: Copy + 'static {
        fn store(lists: &Lists) -> &Vec<Self>;
        fn store_mut(lists: &mut Lists) -> &mut Vec<Self>;
    }
}

macro_rules! stored {
    ($($item:ty: $field:ident,)*) => {$(
        #[expect(private_interfaces, reason = "the trait is sealed")]
        impl sealed::Stored for $item {
            #[inline]
            fn store(lists: &Lists) -> &Vec<Self> {
                &lists.$field
            }

            #[inline]
            fn store_mut(lists: &mut Lists) -> &mut Vec<Self> {
                &mut lists.$field
            }
        }
    )*};
}

stored! {
    ExprId: exprs,
    StmtId: stmts,
    Name: names,
    Declared: declared,
    IfArm: arms,
    TableItem: items,
}

impl Lists {
    /// How many items of a kind are pending, as a mark to make a list from later.
    pub(crate) fn mark<T: ListItem>(&mut self) -> usize {
        T::store_mut(self).len()
    }

    /// Adds a pending item.
    pub(crate) fn push<T: ListItem>(&mut self, item: T) {
        T::store_mut(self).push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_small() {
        assert_eq!(size_of::<Expr>(), 16);
        assert_eq!(size_of::<Stmt>(), 28);
        assert_eq!(size_of::<Place>(), 12);
        assert_eq!(size_of::<Block>(), 16);
        assert_eq!(size_of::<TableItem>(), 16);
        assert_eq!(size_of::<Declared>(), 12);
        assert_eq!(size_of::<IfArm>(), 12);
        assert_eq!(size_of::<Function>(), 40);
    }
}
