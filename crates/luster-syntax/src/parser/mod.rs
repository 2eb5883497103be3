//! The parser's entry, its state, and how it reports errors and goes on after them.
//!
//! Recursive descent over the token table, in the order of PUC-Rio's `lparser.c`, so that the
//! first diagnostic is the one its single pass would stop at. Statements are in `stmt`,
//! expressions in `expr`. The nodes and names are only collected here; what they mean is the
//! compiler's business, and so are all errors that need scopes.

mod expr;
mod stmt;

use crate::{
    ast::{Expr, ExprId, Function, Name, Place, Stmt, StmtId, VarArgParameter},
    diagnostic::{Diagnostic, DiagnosticKind, Near},
    intern::{Interner, Symbol},
    lexer::{LexError, SOURCE_LIMIT, lex_with_errors},
    lines::LineIndex,
    literal::append_string_buffer,
    token::{Span, TokenId, TokenKind, TokenRange, TokenTable},
    tree::{Ast, Lists},
};

/// How deeply statements, expressions and assigned variables may nest. PUC-Rio's
/// `LUAI_MAXCCALLS`, which there counts the few C calls around the parser too.
pub const NESTING_LIMIT: u32 = 200;

/// How many diagnostics are kept; those after them are dropped.
pub(crate) const DIAGNOSTICS_LIMIT: usize = 1000;

/// What exactly is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    file_header: bool,
}

impl Dialect {
    /// Lua 5.5 as PUC-Rio's default build has it, in a file: `global` is not reserved, and the
    /// file may begin with a byte order mark and a line that begins with `#`.
    pub const LUA_5_5: Dialect = Dialect { file_header: true };

    /// The same for a chunk that is no file, as `load` of a string: a byte order mark or a line
    /// with `#` at its start is an error.
    pub const fn without_file_header(self) -> Dialect {
        Dialect { file_header: false }
    }
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect::LUA_5_5
    }
}

/// All that is known of a source after parsing.
#[derive(Clone, Debug)]
pub struct Parse {
    /// The tree. It is whole even if there are diagnostics; what could not be parsed is
    /// [`Expr::Error`] or [`Stmt::Error`] in it.
    pub ast: Ast,
    /// The tokens the source was cut into.
    pub tokens: TokenTable,
    /// The names and strings in the tree.
    pub symbols: Interner,
    /// What is wrong, in the order in which it was found: if there is anything, the first is
    /// what PUC-Rio's Lua reports. At most 1000.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parse {
    /// Whether the source is wrong only in that it ends too early: a read-eval-print loop can
    /// ask for another line.
    pub fn is_incomplete(&self) -> bool {
        self.diagnostics.first().is_some_and(Diagnostic::is_at_end)
    }
}

/// Parses a file of Lua 5.5.
pub fn parse(source: &[u8]) -> Parse {
    parse_with(source, Dialect::LUA_5_5)
}

/// Parses a source in a certain dialect.
pub fn parse_with(source: &[u8], dialect: Dialect) -> Parse {
    let lexed = lex_with_errors(source, dialect.file_header);
    let mut symbols = Interner::new();
    let missing = symbols.intern(b"");
    let mut parser = Parser {
        source,
        ast: Ast::new(lexed.tokens.len()),
        tokens: lexed.tokens,
        symbols,
        missing,
        diagnostics: Vec::new(),
        lex_errors: lexed.errors.into_iter().peekable(),
        pending: Lists::default(),
        current: TokenId(0),
        kind: TokenKind::EndOfFile,
        consumed: TokenId(0),
        depth: 0,
        in_vararg_function: true,
        gave_up: false,
        blamed: None,
        open: OpenBlocks::default(),
        lines: None,
        string: Vec::new(),
    };
    if source.len() > SOURCE_LIMIT {
        parser.diagnostics.push(Diagnostic {
            kind: DiagnosticKind::SourceTooLong,
            span: Span { start: 0, end: 0 },
            position: 0,
            near: Near::Nothing,
        });
    }
    parser.main();
    Parse {
        ast: parser.ast,
        tokens: parser.tokens,
        symbols: parser.symbols,
        diagnostics: parser.diagnostics,
    }
}

/// What ends a block or a pair of brackets, and what began it.
#[derive(Clone, Copy)]
struct Closer {
    /// The kind of token that ends it.
    expected: TokenKind,
    /// The kind of token that began it.
    opener: TokenKind,
    /// The token on whose line messages say it began.
    began: TokenId,
    /// Whether `else` and `elseif` end the block too.
    has_arms: bool,
}

impl Closer {
    fn accepts(self, kind: TokenKind) -> bool {
        kind == self.expected
            || self.has_arms && matches!(kind, TokenKind::Else | TokenKind::ElseIf)
    }
}

/// How many of the blocks around the current place each keyword could end.
#[derive(Default)]
struct OpenBlocks {
    by_end: u32,
    by_until: u32,
    by_else: u32,
}

impl OpenBlocks {
    fn count(&mut self, closer: Closer, change: i32) {
        let by = |count: &mut u32| *count = count.saturating_add_signed(change);
        match closer.expected {
            TokenKind::End => by(&mut self.by_end),
            TokenKind::Until => by(&mut self.by_until),
            _ => {}
        }
        if closer.has_arms {
            by(&mut self.by_else);
        }
    }

    /// Whether any block could end with this kind of token.
    fn await_kind(&self, kind: TokenKind) -> bool {
        match kind {
            TokenKind::End => self.by_end > 0,
            TokenKind::Until => self.by_until > 0,
            TokenKind::Else | TokenKind::ElseIf => self.by_else > 0,
            _ => false,
        }
    }
}

struct Parser<'s> {
    source: &'s [u8],
    tokens: TokenTable,
    ast: Ast,
    symbols: Interner,
    /// The symbol of a name that should be there, but is not.
    missing: Symbol,
    diagnostics: Vec<Diagnostic>,
    /// Why some tokens are errors; those before the current one are gone.
    lex_errors: std::iter::Peekable<std::vec::IntoIter<LexError>>,
    /// Items of lists that are not yet complete, the inner list's after the outer one's.
    pending: Lists,
    /// The next token to consume, never trivia.
    current: TokenId,
    /// The kind of the current token.
    kind: TokenKind,
    /// The token after the last one consumed.
    consumed: TokenId,
    depth: u32,
    in_vararg_function: bool,
    /// Whether the nesting limit was hit: nothing more is parsed or reported.
    gave_up: bool,
    /// The token of the last diagnostic. What else goes wrong at it is a consequence.
    blamed: Option<TokenId>,
    open: OpenBlocks,
    /// Made when a message needs it.
    lines: Option<LineIndex>,
    /// The value of the string last read, kept for its memory.
    string: Vec<u8>,
}

/// Going along the tokens.
impl Parser<'_> {
    /// Makes the first token from `id` on that is not trivia the current one.
    #[inline]
    fn move_to(&mut self, mut id: TokenId) {
        let mut kind = self.tokens.kind(id);
        while kind.is_trivia() {
            // The end of the file, which is no trivia, stops this.
            id.0 += 1;
            kind = self.tokens.kind(id);
        }
        self.current = id;
        self.kind = kind;
        if kind == TokenKind::Error {
            self.report_lexical_error();
        }
    }

    /// Consumes the current token and tells which it was. The end of the file stays current.
    #[inline]
    fn advance(&mut self) -> TokenId {
        let id = self.current;
        if self.kind != TokenKind::EndOfFile {
            self.consumed = TokenId(id.0 + 1);
            self.move_to(self.consumed);
        }
        id
    }

    /// Consumes the current token if it is of this kind.
    #[inline]
    fn accept(&mut self, kind: TokenKind) -> bool {
        let found = self.kind == kind;
        if found {
            self.advance();
        }
        found
    }

    /// Consumes a token of this kind, or reports that it should stand here.
    #[inline]
    fn expect(&mut self, kind: TokenKind) -> bool {
        let found = self.accept(kind);
        if !found {
            self.report(DiagnosticKind::Expected(kind));
        }
        found
    }

    /// Consumes a keyword, or reports that it should stand here and looks for it further on, as
    /// long as no other statement seems to begin.
    fn expect_keyword(&mut self, kind: TokenKind) {
        if self.expect(kind) {
            return;
        }
        while self.kind != kind && !self.seems_to_begin_statement() {
            self.advance();
        }
        self.accept(kind);
    }

    /// Consumes what ends a construct, or reports that it should stand here.
    fn close(&mut self, closer: Closer) {
        if !self.accept(closer.expected) {
            self.report_unclosed(closer);
        }
    }

    /// The kind of the token after the current one.
    fn peek(&self) -> TokenKind {
        let mut id = self.current;
        loop {
            let Some(next) = self.tokens.get(id.index() + 1) else { return TokenKind::EndOfFile };
            let kind = self.tokens.kind(next);
            if !kind.is_trivia() {
                return kind;
            }
            id = next;
        }
    }

    /// The bytes of the current token.
    fn text(&self) -> &[u8] {
        self.tokens.text(self.current, self.source)
    }

    /// Consumes a name, or reports that one should stand here and invents it.
    fn name(&mut self) -> Name {
        if self.kind == TokenKind::Name {
            let span = self.tokens.span(self.current);
            let text = self.source.get(span.start as usize..).unwrap_or_default();
            let symbol = self.symbols.intern_start(text, span.len());
            return Name { symbol, token: self.advance() };
        }
        self.report(DiagnosticKind::Expected(TokenKind::Name));
        Name { symbol: self.missing, token: self.current }
    }

    /// Goes one level deeper, if that is allowed. Then it must be left again.
    fn enter(&mut self) -> bool {
        if self.depth >= NESTING_LIMIT {
            self.give_up();
            return false;
        }
        self.depth += 1;
        true
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Reports too deep a nesting and goes to the end, so that every loop stops.
    #[cold]
    fn give_up(&mut self) {
        if !self.gave_up {
            self.blamed = None;
            let span = self.tokens.span(self.current);
            self.push_diagnostic(DiagnosticKind::TooManyLevels, span.end, Near::Nothing);
            self.gave_up = true;
        }
        self.current = TokenId(self.tokens.len() as u32 - 1);
        self.kind = TokenKind::EndOfFile;
    }
}

/// Making nodes.
impl Parser<'_> {
    /// The tokens from `start` to the last one consumed.
    #[inline]
    fn range_from(&self, start: TokenId) -> TokenRange {
        TokenRange { start, end: self.consumed.max(start) }
    }

    /// Makes an expression of the tokens from `start` to the last one consumed.
    #[inline]
    fn push_expr(&mut self, expr: Expr, start: TokenId, anchor: TokenId) -> ExprId {
        let tokens = self.range_from(start);
        self.ast.push_expr(expr, Place { tokens, anchor })
    }

    /// Makes a statement of the tokens from `start` to the last one consumed.
    fn push_stmt(&mut self, stmt: Stmt, start: TokenId) -> StmtId {
        let tokens = self.range_from(start);
        self.ast.push_stmt(stmt, Place { tokens, anchor: start })
    }

    /// An expression where there is none.
    fn missing_expr(&mut self) -> ExprId {
        let at = self.current;
        let tokens = TokenRange { start: at, end: at };
        self.ast.push_expr(Expr::Error, Place { tokens, anchor: at })
    }

    fn main(&mut self) {
        self.move_to(TokenId(0));
        let first = TokenId(0);
        let closer = Closer {
            expected: TokenKind::EndOfFile,
            opener: TokenKind::EndOfFile,
            began: first,
            has_arms: false,
        };
        let body = self.block(closer);
        let parameters = self.ast.push_list(&mut self.pending, 0);
        let main = self.ast.push_function(Function {
            has_self: false,
            parameters,
            vararg: Some(VarArgParameter { token: first, name: None }),
            body,
            tokens: self.tokens.all(),
        });
        self.ast.set_main(main);
    }
}

/// Reporting errors.
impl Parser<'_> {
    /// Reports that the current token is wrong.
    #[cold]
    fn report(&mut self, kind: DiagnosticKind) {
        let span = self.tokens.span(self.current);
        let near = if self.blamed == Some(self.current) { Near::Nothing } else { self.near() };
        self.push_diagnostic(kind, span.end, near);
    }

    /// Reports that what was consumed up to here is wrong, though its tokens are right.
    #[cold]
    fn report_consumed(&mut self, kind: DiagnosticKind, token: TokenId) {
        if self.gave_up || self.blamed == Some(self.current) {
            return;
        }
        if self.diagnostics.len() < DIAGNOSTICS_LIMIT {
            let last = TokenId(self.consumed.0.saturating_sub(1));
            self.diagnostics.push(Diagnostic {
                kind,
                span: self.tokens.span(token),
                position: self.tokens.span(last).end,
                near: Near::Nothing,
            });
        }
    }

    #[cold]
    fn report_unclosed(&mut self, closer: Closer) {
        let began = self.line_after(closer.began);
        let expected = closer.expected;
        let kind = if expected == TokenKind::EndOfFile || began == self.line_after(self.current) {
            DiagnosticKind::Expected(expected)
        } else {
            DiagnosticKind::ExpectedToClose { expected, opener: closer.opener, line: began }
        };
        self.report(kind);
    }

    /// Reports why the current token is an error.
    #[cold]
    fn report_lexical_error(&mut self) {
        while self.lex_errors.next_if(|error| error.token < self.current).is_some() {}
        let Some(error) = self.lex_errors.next_if(|error| error.token == self.current) else {
            return;
        };
        if !self.gave_up && self.diagnostics.len() < DIAGNOSTICS_LIMIT {
            self.diagnostics.push(Diagnostic {
                kind: error.kind,
                span: error.span,
                position: error.position,
                near: error.near,
            });
        }
        self.blamed = Some(self.current);
    }

    fn push_diagnostic(&mut self, kind: DiagnosticKind, position: u32, near: Near) {
        if self.gave_up || self.blamed == Some(self.current) {
            return;
        }
        self.blamed = Some(self.current);
        if self.diagnostics.len() < DIAGNOSTICS_LIMIT {
            let span = self.tokens.span(self.current);
            self.diagnostics.push(Diagnostic { kind, span, position, near });
        }
    }

    /// What a message calls the current token.
    fn near(&self) -> Near {
        let text = self.text();
        match self.kind {
            TokenKind::EndOfFile => Near::EndOfFile,
            // PUC-Rio's lexer has no token for the byte 0, and its messages then no place.
            TokenKind::Unknown if text == b"\0" => Near::Nothing,
            TokenKind::Unknown => text.first().map_or(Near::Nothing, |&byte| Near::Byte(byte)),
            TokenKind::String | TokenKind::LongString => {
                let mut buffer = Vec::new();
                append_string_buffer(text, &mut buffer);
                Near::text(buffer)
            }
            kind if kind.is_fixed() => Near::Token(kind),
            _ => Near::text(text.to_vec()),
        }
    }

    /// The line on which a token ends.
    fn line_after(&mut self, token: TokenId) -> u32 {
        let lines = self.lines.get_or_insert_with(|| LineIndex::new(self.source));
        lines.line(self.tokens.span(token).end)
    }
}

/// Going on after errors.
impl Parser<'_> {
    /// Consumes the current token, and more up to where a statement seems to begin or end.
    fn skip_to_statement(&mut self) {
        self.advance();
        while !self.seems_to_begin_statement() {
            self.advance();
        }
    }

    /// Whether a statement or the end of a block seems to be here, seen from amid an error.
    fn seems_to_begin_statement(&self) -> bool {
        use TokenKind::*;
        match self.kind {
            EndOfFile | End | Else | ElseIf | Until | Semicolon => true,
            Local | If | While | For | Repeat | Do | Return | Break | Goto | DoubleColon => true,
            Function => self.peek() == Name,
            Name => self.begins_line(),
            _ => false,
        }
    }

    /// Whether the current token is the first of its line.
    fn begins_line(&self) -> bool {
        let Some(before) = self.current.0.checked_sub(1).map(TokenId) else { return true };
        self.tokens.kind(before) == TokenKind::Whitespace
            && self.tokens.text(before, self.source).iter().any(|b| matches!(b, b'\n' | b'\r'))
    }
}
