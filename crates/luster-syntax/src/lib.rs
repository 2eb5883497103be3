//! A lossless, error-tolerant lexer and parser for Lua 5.5, for compilers and for tools.
//!
//! [`parse`] takes bytes, which need not be UTF-8, and always gives a whole [`Parse`]: the
//! [`TokenTable`] in which every byte of the source has its place, comments and spaces too; the
//! tree ([`Ast`]) whose nodes know their tokens; the names and strings ([`Interner`]); and all
//! that is wrong with the source ([`Diagnostic`]), the first of it in the words of PUC-Rio's Lua.
//!
//! ```
//! use luster_syntax::{ast::Stmt, parse};
//!
//! let source = b"local answer = 42 -- of course";
//! let parse = parse(source);
//! assert!(parse.diagnostics.is_empty());
//!
//! let main = parse.ast.function(parse.ast.main());
//! let statements = parse.ast.list(parse.ast.block(main.body).statements);
//! let Stmt::Local { names, .. } = parse.ast.stmt(statements[0]) else { panic!() };
//! let name = parse.ast.list(names)[0].name;
//! assert_eq!(parse.symbols.resolve(name.symbol), b"answer");
//! assert_eq!(parse.tokens.text(name.token, source), b"answer");
//! ```
//!
//! What does not live here: what names mean (scopes, upvalues, `goto`), which is the compiler's
//! business; I/O; anything of the machine. No input, however hostile, makes this crate panic,
//! recurse deeply or take more than linear time and memory.

#![forbid(unsafe_code)]

pub mod ast;
pub mod diagnostic;
pub mod intern;
pub mod lexer;
pub mod lines;
pub mod literal;
pub mod token;
pub mod visit;

mod dump;
mod parser;
mod render;
mod tree;

pub use crate::{
    ast::{BlockId, ExprId, FunctionId, StmtId},
    diagnostic::{Diagnostic, DiagnosticKind, Near},
    intern::{Interner, Symbol},
    lines::LineIndex,
    parser::{Dialect, NESTING_LIMIT, Parse, parse, parse_with},
    token::{Span, TokenId, TokenKind, TokenRange, TokenTable},
    tree::{Ast, ListItem},
    visit::Visitor,
};
