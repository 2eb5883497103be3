//! Parsing expressions.

use luster_number::Number;

use super::{Closer, Parser};
use crate::{
    ast::{BinaryOp, Expr, ExprId, List, MethodCall, TableItem, UnaryOp},
    diagnostic::DiagnosticKind,
    intern::Symbol,
    literal::{append_string_value, numeral_value, plain_string_value},
    token::{TokenId, TokenKind},
};

/// How strongly the unary operators bind: more than all binary ones but `^`.
const UNARY_PRIORITY: u8 = 12;

fn unary_operator(kind: TokenKind) -> Option<UnaryOp> {
    match kind {
        TokenKind::Not => Some(UnaryOp::Not),
        TokenKind::Minus => Some(UnaryOp::Negate),
        TokenKind::Tilde => Some(UnaryOp::BitNot),
        TokenKind::Hash => Some(UnaryOp::Length),
        _ => None,
    }
}

/// A binary operator, with how strongly it binds to its left and to its right. Those that bind
/// less to the right are right-associative.
fn binary_operator(kind: TokenKind) -> Option<(BinaryOp, u8, u8)> {
    Some(match kind {
        TokenKind::Or => (BinaryOp::Or, 1, 1),
        TokenKind::And => (BinaryOp::And, 2, 2),
        TokenKind::Equal => (BinaryOp::Equal, 3, 3),
        TokenKind::NotEqual => (BinaryOp::NotEqual, 3, 3),
        TokenKind::Less => (BinaryOp::Less, 3, 3),
        TokenKind::LessEqual => (BinaryOp::LessEqual, 3, 3),
        TokenKind::Greater => (BinaryOp::Greater, 3, 3),
        TokenKind::GreaterEqual => (BinaryOp::GreaterEqual, 3, 3),
        TokenKind::Pipe => (BinaryOp::BitOr, 4, 4),
        TokenKind::Tilde => (BinaryOp::BitXor, 5, 5),
        TokenKind::Ampersand => (BinaryOp::BitAnd, 6, 6),
        TokenKind::ShiftLeft => (BinaryOp::ShiftLeft, 7, 7),
        TokenKind::ShiftRight => (BinaryOp::ShiftRight, 7, 7),
        TokenKind::Concat => (BinaryOp::Concat, 9, 8),
        TokenKind::Plus => (BinaryOp::Add, 10, 10),
        TokenKind::Minus => (BinaryOp::Sub, 10, 10),
        TokenKind::Star => (BinaryOp::Mul, 11, 11),
        TokenKind::Slash => (BinaryOp::Div, 11, 11),
        TokenKind::DoubleSlash => (BinaryOp::FloorDiv, 11, 11),
        TokenKind::Percent => (BinaryOp::Mod, 11, 11),
        TokenKind::Caret => (BinaryOp::Pow, 14, 13),
        _ => return None,
    })
}

impl Parser<'_> {
    /// `expr`
    pub(super) fn expression(&mut self) -> ExprId {
        self.subexpression(0)
    }

    /// `expr {',' expr}`
    pub(super) fn expressions(&mut self) -> List<ExprId> {
        let mark = self.pending.mark::<ExprId>();
        loop {
            let expr = self.expression();
            self.pending.push(expr);
            if !self.accept(TokenKind::Comma) {
                return self.ast.push_list(&mut self.pending, mark);
            }
        }
    }

    /// `(simple | unary subexpression) {binary subexpression}`, as long as the binary operators
    /// bind more strongly than `limit`.
    fn subexpression(&mut self, limit: u8) -> ExprId {
        if !self.enter() {
            return self.missing_expr();
        }
        let mut left = match unary_operator(self.kind) {
            Some(operator) => {
                let anchor = self.advance();
                let operand = self.subexpression(UNARY_PRIORITY);
                self.push_expr(Expr::Unary { operator, operand }, anchor, anchor)
            }
            None => self.simple_expression(),
        };
        while let Some((operator, binds_left, binds_right)) = binary_operator(self.kind)
            && binds_left > limit
        {
            let anchor = self.advance();
            let right = self.subexpression(binds_right);
            let start = self.ast.expr_place(left).tokens.start;
            left = self.push_expr(Expr::Binary { operator, left, right }, start, anchor);
        }
        self.leave();
        left
    }

    /// A literal, `...`, a constructor, a function, or an expression with suffixes.
    fn simple_expression(&mut self) -> ExprId {
        let expr = match self.kind {
            TokenKind::Nil => Expr::Nil,
            TokenKind::True => Expr::True,
            TokenKind::False => Expr::False,
            TokenKind::Integer | TokenKind::Float => match numeral_value(self.text()) {
                Some(Number::Integer(value)) => Expr::Integer(value),
                Some(Number::Float(value)) => Expr::Float(value),
                // The lexer has made sure of a value.
                None => Expr::Error,
            },
            TokenKind::String | TokenKind::LongString => Expr::String(self.string_symbol()),
            TokenKind::Ellipsis => {
                if !self.in_vararg_function {
                    self.report(DiagnosticKind::VarArgOutsideVarArgFunction);
                }
                Expr::VarArg
            }
            TokenKind::LeftBrace => return self.table(),
            TokenKind::Function => {
                let start = self.advance();
                let function = self.function_body(start, false, self.current);
                return self.push_expr(Expr::Function(function), start, start);
            }
            _ => return self.suffixed_expression(),
        };
        let token = self.advance();
        self.push_expr(expr, token, token)
    }

    /// The value of the string that is the current token.
    fn string_symbol(&mut self) -> Symbol {
        let text = self.tokens.text(self.current, self.source);
        if let Some(plain) = plain_string_value(text) {
            return self.symbols.intern(plain);
        }
        self.string.clear();
        append_string_value(text, &mut self.string);
        self.symbols.intern(&self.string)
    }

    /// `Name | '(' expr ')'`
    fn primary_expression(&mut self) -> ExprId {
        let start = self.current;
        match self.kind {
            TokenKind::Name => {
                let name = self.name();
                self.push_expr(Expr::Name(name.symbol), start, start)
            }
            TokenKind::LeftParen => {
                self.advance();
                let inner = self.expression();
                self.close(Closer {
                    expected: TokenKind::RightParen,
                    opener: TokenKind::LeftParen,
                    began: start,
                    has_arms: false,
                });
                self.push_expr(Expr::Paren(inner), start, start)
            }
            kind => {
                self.report(DiagnosticKind::UnexpectedSymbol);
                // A malformed literal was meant as an expression, and a strange byte is of no
                // use to anybody. Anything else may be what should come after the expression.
                if matches!(kind, TokenKind::Error | TokenKind::Unknown) {
                    self.advance();
                    return self.push_expr(Expr::Error, start, start);
                }
                self.missing_expr()
            }
        }
    }

    /// `primary {'.' Name | '[' expr ']' | ':' Name arguments | arguments}`
    pub(super) fn suffixed_expression(&mut self) -> ExprId {
        let start = self.current;
        let mut expr = self.primary_expression();
        loop {
            let object = expr;
            expr = match self.kind {
                TokenKind::Dot => {
                    self.advance();
                    let name = self.name();
                    self.push_expr(Expr::Field { object, name }, start, name.token)
                }
                TokenKind::LeftBracket => {
                    let anchor = self.current;
                    let key = self.bracketed_key();
                    self.push_expr(Expr::Index { object, key }, start, anchor)
                }
                TokenKind::Colon => {
                    self.advance();
                    let name = self.name();
                    let anchor = self.current;
                    let arguments = self.arguments();
                    let call = MethodCall { object, name, arguments };
                    let call = self.ast.push_method_call(call);
                    self.push_expr(Expr::MethodCall(call), start, anchor)
                }
                TokenKind::LeftParen
                | TokenKind::LeftBrace
                | TokenKind::String
                | TokenKind::LongString => {
                    let anchor = self.current;
                    let arguments = self.arguments();
                    self.push_expr(Expr::Call { callee: object, arguments }, start, anchor)
                }
                _ => return expr,
            };
        }
    }

    /// `'[' expr ']'`
    fn bracketed_key(&mut self) -> ExprId {
        self.advance();
        let key = self.expression();
        self.expect(TokenKind::RightBracket);
        key
    }

    /// `'(' [exprs] ')' | table | String`
    fn arguments(&mut self) -> List<ExprId> {
        let mark = self.pending.mark::<ExprId>();
        let start = self.current;
        match self.kind {
            TokenKind::LeftParen => {
                self.advance();
                let arguments = if self.kind == TokenKind::RightParen {
                    self.ast.push_list(&mut self.pending, mark)
                } else {
                    self.expressions()
                };
                self.close(Closer {
                    expected: TokenKind::RightParen,
                    opener: TokenKind::LeftParen,
                    began: start,
                    has_arms: false,
                });
                return arguments;
            }
            TokenKind::LeftBrace => {
                let table = self.table();
                self.pending.push(table);
            }
            TokenKind::String | TokenKind::LongString => {
                let symbol = self.string_symbol();
                self.advance();
                let string = self.push_expr(Expr::String(symbol), start, start);
                self.pending.push(string);
            }
            _ => self.report(DiagnosticKind::FunctionArgumentsExpected),
        }
        self.ast.push_list(&mut self.pending, mark)
    }

    /// `'{' [item {(',' | ';') item} [',' | ';']] '}'`
    fn table(&mut self) -> ExprId {
        let start = self.advance();
        let mark = self.pending.mark::<TableItem>();
        while self.kind != TokenKind::RightBrace {
            let before = self.current;
            let item = self.table_item();
            self.pending.push(item);
            if self.accept(TokenKind::Comma) || self.accept(TokenKind::Semicolon) {
                continue;
            }
            if self.kind != TokenKind::RightBrace {
                self.report_unclosed(table_closer(start));
            }
            // Where another item seems to begin, only the separator was forgotten.
            if self.current == before || !self.begins_item() {
                break;
            }
        }
        self.close(table_closer(start));
        let items = self.ast.push_list(&mut self.pending, mark);
        self.push_expr(Expr::Table(items), start, start)
    }

    /// `Name '=' expr | '[' expr ']' '=' expr | expr`
    fn table_item(&mut self) -> TableItem {
        match self.kind {
            TokenKind::Name if self.peek() == TokenKind::Assign => {
                let name = self.name();
                self.advance();
                TableItem::Named { name, value: self.expression() }
            }
            TokenKind::LeftBracket => {
                let key = self.bracketed_key();
                self.expect(TokenKind::Assign);
                TableItem::Keyed { key, value: self.expression() }
            }
            _ => TableItem::Positional(self.expression()),
        }
    }

    /// Whether an item of a table seems to be here, seen from after another item.
    fn begins_item(&self) -> bool {
        match self.kind {
            TokenKind::Name
            | TokenKind::Integer
            | TokenKind::Float
            | TokenKind::String
            | TokenKind::LongString
            | TokenKind::LeftBracket
            | TokenKind::LeftBrace
            | TokenKind::Nil
            | TokenKind::True
            | TokenKind::False => true,
            TokenKind::Function => self.peek() == TokenKind::LeftParen,
            _ => false,
        }
    }
}

fn table_closer(start: TokenId) -> Closer {
    Closer {
        expected: TokenKind::RightBrace,
        opener: TokenKind::LeftBrace,
        began: start,
        has_arms: false,
    }
}
