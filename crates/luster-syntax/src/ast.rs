//! The syntax tree: plain enums in flat arenas, indexed by newtype ids.
//!
//! Every node knows the tokens it was made of, so that each keyword, delimiter, comment and
//! separator of the file can be reached from its node. Parsing lives in `parser`, walking in
//! `visit`, and what the tree means in the compiler.
//!
//! Left-associative chains (`a + b + c ...`, `a.b.c ...`, `f()()...`) are deep on their left
//! side without any bound: walk them with a loop, never by recursion. Every other nesting is
//! bounded by the parser's limit.

use crate::intern::Symbol;
use crate::token::{TokenId, TokenRange};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// The position of this node in its arena.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// An expression of an [`Ast`](crate::Ast).
    ExprId;
    /// A statement of an [`Ast`](crate::Ast).
    StmtId;
    /// A block of an [`Ast`](crate::Ast).
    BlockId;
    /// A function body of an [`Ast`](crate::Ast).
    FunctionId;
    /// A method call of an [`Ast`](crate::Ast).
    MethodCallId;
}

/// A run of consecutive items in one of the tree's lists.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct List<T> {
    pub(crate) start: u32,
    pub(crate) len: u32,
    pub(crate) item: std::marker::PhantomData<fn() -> T>,
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> List<T> {
    /// How many items the list has.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the list has no items.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// An identifier at one place of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// What it is called.
    pub symbol: Symbol,
    /// Where it stands.
    pub token: TokenId,
}

/// Where a node stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// All tokens of the node, its first and last included, trivia between them too.
    pub tokens: TokenRange,
    /// The token that errors at run time point to: an operator, the `(` (or the string or `{`) of
    /// a call's arguments, the name or bracket of an index, otherwise the first token.
    pub anchor: TokenId,
}

/// The attribute of a declared variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// `<const>`: assigned once, at its declaration.
    Const,
    /// `<close>`: its `__close` metamethod runs when it goes out of scope.
    Close,
}

/// A variable in a `local` or `global` declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The variable's name.
    pub name: Name,
    /// Its own attribute (`x <const>`), or else the one written before the whole list
    /// (`local <const> x, y`).
    pub attribute: Option<Attribute>,
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`
    Negate,
    /// `not x`
    Not,
    /// `#x`
    Length,
    /// `~x`
    BitNot,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
    /// `a // b`
    FloorDiv,
    /// `a % b`
    Mod,
    /// `a ^ b`
    Pow,
    /// `a .. b`
    Concat,
    /// `a & b`
    BitAnd,
    /// `a | b`
    BitOr,
    /// `a ~ b`
    BitXor,
    /// `a << b`
    ShiftLeft,
    /// `a >> b`
    ShiftRight,
    /// `a == b`
    Equal,
    /// `a ~= b`
    NotEqual,
    /// `a < b`
    Less,
    /// `a <= b`
    LessEqual,
    /// `a > b`
    Greater,
    /// `a >= b`
    GreaterEqual,
    /// `a and b`
    And,
    /// `a or b`
    Or,
}

/// An expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expr {
    /// What could not be parsed; a diagnostic says why.
    Error,
    /// `nil`
    Nil,
    /// `true`
    True,
    /// `false`
    False,
    /// An integer literal.
    Integer(i64),
    /// A float literal.
    Float(f64),
    /// A string literal, its escapes resolved.
    String(Symbol),
    /// `...`
    VarArg,
    /// `function ... end`
    Function(FunctionId),
    /// A variable, local or global as the scopes decide.
    Name(Symbol),
    /// `object.name`
    Field {
        /// What is indexed.
        object: ExprId,
        /// The key.
        name: Name,
    },
    /// `object[key]`
    Index {
        /// What is indexed.
        object: ExprId,
        /// The key.
        key: ExprId,
    },
    /// `callee(arguments)`
    Call {
        /// What is called.
        callee: ExprId,
        /// What it is given.
        arguments: List<ExprId>,
    },
    /// `object:name(arguments)`, a [`MethodCall`]. It is kept apart since all expressions take as
    /// much room as the largest.
    MethodCall(MethodCallId),
    /// `operator operand`
    Unary {
        /// The operator; its token is the anchor.
        operator: UnaryOp,
        /// What it works on.
        operand: ExprId,
    },
    /// `left operator right`
    Binary {
        /// The operator; its token is the anchor.
        operator: BinaryOp,
        /// The left operand.
        left: ExprId,
        /// The right operand.
        right: ExprId,
    },
    /// `(inner)`, which also cuts many results to one.
    Paren(ExprId),
    /// `{ items }`
    Table(List<TableItem>),
}

/// `object:name(arguments)`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodCall {
    /// The receiver.
    pub object: ExprId,
    /// The method.
    pub name: Name,
    /// What it is given after the receiver.
    pub arguments: List<ExprId>,
}

/// An item of a table constructor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableItem {
    /// `value`, which goes to the next integer key.
    Positional(ExprId),
    /// `name = value`
    Named {
        /// The key.
        name: Name,
        /// The value.
        value: ExprId,
    },
    /// `[key] = value`
    Keyed {
        /// The key.
        key: ExprId,
        /// The value.
        value: ExprId,
    },
}

/// A function's parameters and body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Whether it was written as a method (`function a:b()`), so that `self` is a hidden first
    /// parameter, not among `parameters`.
    pub has_self: bool,
    /// The named parameters.
    pub parameters: List<Name>,
    /// The `...` at the end of the parameters, if there is one.
    pub vararg: Option<VarArgParameter>,
    /// The body.
    pub body: BlockId,
    /// All its tokens: from `function` to `end`. The main function has all tokens of the file.
    pub tokens: TokenRange,
}

/// The `...` or `...name` parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VarArgParameter {
    /// The `...`.
    pub token: TokenId,
    /// The name of the table of extra arguments (`...t`), if it was given one.
    pub name: Option<Name>,
}

/// A sequence of statements with a scope of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The statements, in their order. A `return` is always the last, if there are no errors.
    pub statements: List<StmtId>,
    /// All its tokens. An empty block has an empty range at the place where it would be.
    pub tokens: TokenRange,
}

/// A condition and what it guards: an `if` or `elseif` arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfArm {
    /// `if` or `elseif`.
    pub keyword: TokenId,
    /// The condition.
    pub condition: ExprId,
    /// What runs when it holds.
    pub body: BlockId,
}

/// A statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stmt {
    /// What could not be parsed; a diagnostic says why.
    Error,
    /// `;`
    Empty,
    /// A call as a statement; the expression is a `Call` or `MethodCall`.
    Call(ExprId),
    /// Any other expression as a statement, which is an error; a diagnostic says so.
    Expression(ExprId),
    /// `targets = values`; the targets are `Name`, `Field` or `Index` expressions.
    Assign {
        /// What is assigned to.
        targets: List<ExprId>,
        /// The values, fewer or more than the targets.
        values: List<ExprId>,
    },
    /// `local names = values`
    Local {
        /// The variables.
        names: List<Declared>,
        /// Their initial values, perhaps none.
        values: List<ExprId>,
    },
    /// `local function name ... end`
    LocalFunction {
        /// The variable, in scope in the function's body too.
        name: Name,
        /// The function.
        function: FunctionId,
    },
    /// `global names = values`
    Global {
        /// The variables. `close` is never among their attributes.
        names: List<Declared>,
        /// Their initial values, perhaps none.
        values: List<ExprId>,
    },
    /// `global *` or `global <const> *`
    GlobalAll {
        /// The attribute of all undeclared names.
        attribute: Option<Attribute>,
    },
    /// `global function name ... end`
    GlobalFunction {
        /// The global variable.
        name: Name,
        /// The function.
        function: FunctionId,
    },
    /// `function a.b:c ... end`
    Function {
        /// What is assigned to: a `Name`, or `Field`s of one. A method's name is the last field.
        target: ExprId,
        /// The function.
        function: FunctionId,
    },
    /// `do ... end`
    Do(BlockId),
    /// `while condition do ... end`
    While {
        /// The condition.
        condition: ExprId,
        /// The body.
        body: BlockId,
    },
    /// `repeat ... until condition`
    Repeat {
        /// The body.
        body: BlockId,
        /// The condition; it sees the body's locals.
        condition: ExprId,
    },
    /// `if ... elseif ... else ... end`
    If {
        /// The conditional arms, at least one.
        arms: List<IfArm>,
        /// The `else` block.
        otherwise: Option<BlockId>,
    },
    /// `for variable = start, limit, step do ... end`
    NumericFor {
        /// The control variable.
        variable: Name,
        /// Its first value.
        start: ExprId,
        /// Its limit.
        limit: ExprId,
        /// Its step; 1 if absent.
        step: Option<ExprId>,
        /// The body.
        body: BlockId,
    },
    /// `for names in values do ... end`
    GenericFor {
        /// The variables, the control variable first.
        names: List<Name>,
        /// Iterator function, state, initial value and closing value.
        values: List<ExprId>,
        /// The body.
        body: BlockId,
    },
    /// `return values`
    Return {
        /// What is returned.
        values: List<ExprId>,
    },
    /// `break`
    Break,
    /// `goto label`
    Goto {
        /// Where to.
        label: Name,
    },
    /// `::label::`
    Label {
        /// The label.
        label: Name,
    },
}
