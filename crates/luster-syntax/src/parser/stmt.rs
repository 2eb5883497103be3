//! Parsing statements, blocks and function bodies.

use super::{Closer, Parser};
use crate::{
    ast::{
        Attribute, BlockId, Declared, Expr, ExprId, Function, FunctionId, IfArm, List, Name, Stmt,
        StmtId, VarArgParameter,
    },
    diagnostic::DiagnosticKind,
    token::{TokenId, TokenKind, TokenRange},
};

/// A block that `end` ends.
fn end_of(opener: TokenKind, began: TokenId) -> Closer {
    Closer { expected: TokenKind::End, opener, began, has_arms: false }
}

impl Parser<'_> {
    /// Statements up to what ends the block, which is left.
    pub(super) fn block(&mut self, closer: Closer) -> BlockId {
        let start = self.current;
        let mark = self.pending.mark::<StmtId>();
        self.open.count(closer, 1);
        loop {
            match self.kind {
                TokenKind::EndOfFile => break,
                TokenKind::End | TokenKind::Else | TokenKind::ElseIf | TokenKind::Until => {
                    if closer.accepts(self.kind) {
                        break;
                    }
                    self.report_unclosed(closer);
                    // It may end a block around this one. If not, it is just too much.
                    if self.open.await_kind(self.kind) {
                        break;
                    }
                    let error = self.stray_keyword();
                    self.pending.push(error);
                }
                kind => {
                    let statement = self.statement();
                    self.pending.push(statement);
                    if kind == TokenKind::Return && !self.at_block_end() {
                        // Nothing may come after it.
                        self.report_unclosed(closer);
                    }
                }
            }
        }
        self.open.count(closer, -1);
        let statements = self.ast.push_list(&mut self.pending, mark);
        let tokens = match self.ast.list(statements) {
            [] => TokenRange { start, end: start },
            _ => self.range_from(start),
        };
        self.ast.push_block(statements, tokens)
    }

    /// Skips a keyword that ends no block, with the condition that belongs to it.
    fn stray_keyword(&mut self) -> StmtId {
        let kind = self.kind;
        let start = self.advance();
        if matches!(kind, TokenKind::ElseIf | TokenKind::Until) {
            self.expression();
        }
        if kind == TokenKind::ElseIf {
            self.accept(TokenKind::Then);
        }
        self.push_stmt(Stmt::Error, start)
    }

    fn at_block_end(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::EndOfFile
                | TokenKind::End
                | TokenKind::Else
                | TokenKind::ElseIf
                | TokenKind::Until
        )
    }

    /// Any statement. At least one token is consumed, if there is one.
    fn statement(&mut self) -> StmtId {
        let start = self.current;
        if !self.enter() {
            return self.push_stmt(Stmt::Error, start);
        }
        let stmt = match self.kind {
            TokenKind::Semicolon => {
                self.advance();
                Stmt::Empty
            }
            TokenKind::If => self.if_statement(),
            TokenKind::While => self.while_statement(),
            TokenKind::Do => {
                self.advance();
                let closer = end_of(TokenKind::Do, start);
                let body = self.block(closer);
                self.close(closer);
                Stmt::Do(body)
            }
            TokenKind::For => self.for_statement(),
            TokenKind::Repeat => self.repeat_statement(),
            TokenKind::Function => self.function_statement(),
            TokenKind::Local => self.local_statement(),
            TokenKind::DoubleColon => {
                self.advance();
                let label = self.name();
                self.expect(TokenKind::DoubleColon);
                Stmt::Label { label }
            }
            TokenKind::Return => self.return_statement(),
            TokenKind::Break => {
                self.advance();
                Stmt::Break
            }
            TokenKind::Goto => {
                self.advance();
                Stmt::Goto { label: self.name() }
            }
            TokenKind::Name if self.begins_global() => self.global_statement(),
            _ => self.expression_statement(),
        };
        self.leave();
        self.push_stmt(stmt, start)
    }

    /// `if cond then block {elseif cond then block} [else block] end`
    fn if_statement(&mut self) -> Stmt {
        let closer = Closer { has_arms: true, ..end_of(TokenKind::If, self.current) };
        let mark = self.pending.mark::<IfArm>();
        loop {
            let keyword = self.advance();
            let condition = self.expression();
            self.expect_keyword(TokenKind::Then);
            let body = self.block(closer);
            self.pending.push(IfArm { keyword, condition, body });
            if self.kind != TokenKind::ElseIf {
                break;
            }
        }
        let closer = Closer { has_arms: false, ..closer };
        let otherwise = self.accept(TokenKind::Else).then(|| self.block(closer));
        self.close(closer);
        let arms = self.ast.push_list(&mut self.pending, mark);
        Stmt::If { arms, otherwise }
    }

    /// `while cond do block end`
    fn while_statement(&mut self) -> Stmt {
        let closer = end_of(TokenKind::While, self.advance());
        let condition = self.expression();
        self.expect_keyword(TokenKind::Do);
        let body = self.block(closer);
        self.close(closer);
        Stmt::While { condition, body }
    }

    /// `repeat block until cond`
    fn repeat_statement(&mut self) -> Stmt {
        let closer = Closer {
            expected: TokenKind::Until,
            opener: TokenKind::Repeat,
            began: self.advance(),
            has_arms: false,
        };
        let body = self.block(closer);
        if self.kind == TokenKind::Until {
            self.advance();
            return Stmt::Repeat { body, condition: self.expression() };
        }
        self.close(closer);
        Stmt::Repeat { body, condition: self.missing_expr() }
    }

    /// `for Name '=' expr ',' expr [',' expr] do block end`, or
    /// `for Name {',' Name} in exprs do block end`
    fn for_statement(&mut self) -> Stmt {
        let closer = end_of(TokenKind::For, self.advance());
        let variable = self.name();
        if self.accept(TokenKind::Assign) {
            let start = self.expression();
            let limit = match self.expect(TokenKind::Comma) {
                true => self.expression(),
                false => self.missing_expr(),
            };
            let step = self.accept(TokenKind::Comma).then(|| self.expression());
            let body = self.for_body(closer);
            return Stmt::NumericFor { variable, start, limit, step, body };
        }
        let mark = self.pending.mark::<Name>();
        self.pending.push(variable);
        if !matches!(self.kind, TokenKind::Comma | TokenKind::In) {
            self.report(DiagnosticKind::EqualOrInExpected);
        }
        while self.accept(TokenKind::Comma) {
            let name = self.name();
            self.pending.push(name);
        }
        let values = match self.expect(TokenKind::In) {
            true => self.expressions(),
            false => self.no_expressions(),
        };
        let names = self.ast.push_list(&mut self.pending, mark);
        let body = self.for_body(closer);
        Stmt::GenericFor { names, values, body }
    }

    fn for_body(&mut self, closer: Closer) -> BlockId {
        self.expect_keyword(TokenKind::Do);
        let body = self.block(closer);
        self.close(closer);
        body
    }

    fn no_expressions(&mut self) -> List<ExprId> {
        let mark = self.pending.mark::<ExprId>();
        self.ast.push_list(&mut self.pending, mark)
    }

    /// `function Name {'.' Name} [':' Name] body`
    fn function_statement(&mut self) -> Stmt {
        let start = self.advance();
        let first = self.name();
        let mut target = self.push_expr(Expr::Name(first.symbol), first.token, first.token);
        let mut has_self = false;
        while !has_self && matches!(self.kind, TokenKind::Dot | TokenKind::Colon) {
            has_self = self.kind == TokenKind::Colon;
            self.advance();
            let name = self.name();
            target = self.push_expr(Expr::Field { object: target, name }, first.token, name.token);
        }
        let function = self.function_body(start, has_self, start);
        Stmt::Function { target, function }
    }

    /// `local function Name body`, or `local attrib Name attrib {',' Name attrib} ['=' exprs]`
    fn local_statement(&mut self) -> Stmt {
        self.advance();
        let start = self.current;
        if self.accept(TokenKind::Function) {
            let name = self.name();
            let function = self.function_body(start, false, self.current);
            return Stmt::LocalFunction { name, function };
        }
        let prefix = self.attribute();
        let mark = self.pending.mark::<Declared>();
        let mut closes = false;
        loop {
            let name = self.name();
            let attribute = self.attribute().or(prefix);
            self.pending.push(Declared { name, attribute });
            if attribute == Some(Attribute::Close) {
                if closes {
                    self.report_consumed(DiagnosticKind::MultipleToBeClosed, name.token);
                }
                closes = true;
            }
            if !self.accept(TokenKind::Comma) {
                break;
            }
        }
        let names = self.ast.push_list(&mut self.pending, mark);
        Stmt::Local { names, values: self.initial_values() }
    }

    /// `['=' exprs]`
    fn initial_values(&mut self) -> List<ExprId> {
        match self.accept(TokenKind::Assign) {
            true => self.expressions(),
            false => self.no_expressions(),
        }
    }

    /// `['<' Name '>']`
    fn attribute(&mut self) -> Option<Attribute> {
        if !self.accept(TokenKind::Less) {
            return None;
        }
        let name = self.name();
        self.expect(TokenKind::Greater);
        match self.symbols.resolve(name.symbol) {
            b"const" => Some(Attribute::Const),
            b"close" => Some(Attribute::Close),
            text => {
                let kind = DiagnosticKind::UnknownAttribute(text.into());
                if name.symbol != self.missing {
                    self.report_consumed(kind, name.token);
                }
                None
            }
        }
    }

    /// Whether the name that is the current token begins a `global` declaration. `global` is
    /// not reserved: what comes after it decides.
    fn begins_global(&self) -> bool {
        self.text() == b"global"
            && matches!(
                self.peek(),
                TokenKind::Less | TokenKind::Name | TokenKind::Star | TokenKind::Function
            )
    }

    /// `global function Name body`, `global attrib '*'`, or
    /// `global attrib Name attrib {',' Name attrib} ['=' exprs]`
    fn global_statement(&mut self) -> Stmt {
        self.advance();
        let start = self.current;
        if self.accept(TokenKind::Function) {
            let name = self.name();
            let function = self.function_body(start, false, self.current);
            return Stmt::GlobalFunction { name, function };
        }
        let prefix = self.global_attribute();
        if self.accept(TokenKind::Star) {
            return Stmt::GlobalAll { attribute: prefix };
        }
        let mark = self.pending.mark::<Declared>();
        let depth = self.depth;
        loop {
            let name = self.name();
            let attribute = self.global_attribute().or(prefix);
            self.pending.push(Declared { name, attribute });
            if !self.accept(TokenKind::Comma) {
                break;
            }
        }
        let names = self.ast.push_list(&mut self.pending, mark);
        if self.kind != TokenKind::Assign {
            return Stmt::Global { names, values: self.no_expressions() };
        }
        self.advance();
        // PUC-Rio's compiler goes a level deeper for each variable that is assigned.
        for _ in 0..names.len() {
            if !self.enter() {
                break;
            }
        }
        let values = self.expressions();
        self.depth = depth;
        Stmt::Global { names, values }
    }

    fn global_attribute(&mut self) -> Option<Attribute> {
        let start = self.current;
        let attribute = self.attribute();
        if attribute == Some(Attribute::Close) {
            self.report_consumed(DiagnosticKind::GlobalToBeClosed, start);
            return None;
        }
        attribute
    }

    /// `return [exprs] [';']`
    fn return_statement(&mut self) -> Stmt {
        self.advance();
        let values = match self.at_block_end() || self.kind == TokenKind::Semicolon {
            true => self.no_expressions(),
            false => self.expressions(),
        };
        self.accept(TokenKind::Semicolon);
        Stmt::Return { values }
    }

    /// A call, or `target {',' target} '=' exprs`
    fn expression_statement(&mut self) -> Stmt {
        if !matches!(self.kind, TokenKind::Name | TokenKind::LeftParen) {
            self.report(DiagnosticKind::UnexpectedSymbol);
            self.skip_to_statement();
            return Stmt::Error;
        }
        let first = self.suffixed_expression();
        if matches!(self.kind, TokenKind::Assign | TokenKind::Comma) {
            return self.assignment(first);
        }
        match self.ast.expr(first) {
            Expr::Call { .. } | Expr::MethodCall(_) => Stmt::Call(first),
            _ => {
                self.report(DiagnosticKind::SyntaxError);
                Stmt::Expression(first)
            }
        }
    }

    fn assignment(&mut self, first: ExprId) -> Stmt {
        let depth = self.depth;
        let mark = self.pending.mark::<ExprId>();
        self.check_target(first);
        self.pending.push(first);
        while self.accept(TokenKind::Comma) {
            let target = self.suffixed_expression();
            self.pending.push(target);
            // PUC-Rio's compiler goes a level deeper for each variable that is assigned.
            if !self.enter() {
                break;
            }
            self.check_target(target);
        }
        self.depth = depth;
        let targets = self.ast.push_list(&mut self.pending, mark);
        let values = match self.expect(TokenKind::Assign) {
            true => self.expressions(),
            false => self.no_expressions(),
        };
        Stmt::Assign { targets, values }
    }

    /// Reports an expression that cannot be assigned to.
    fn check_target(&mut self, target: ExprId) {
        match self.ast.expr(target) {
            Expr::Name(_) | Expr::Field { .. } | Expr::Index { .. } | Expr::Error => {}
            _ => self.report(DiagnosticKind::SyntaxError),
        }
    }

    /// `'(' [parameters] ')' block end`. Messages say that it began on the line of `began`.
    pub(super) fn function_body(
        &mut self,
        start: TokenId,
        has_self: bool,
        began: TokenId,
    ) -> FunctionId {
        let closer = end_of(TokenKind::Function, began);
        let mark = self.pending.mark::<Name>();
        let mut vararg = None;
        if self.expect(TokenKind::LeftParen) {
            if self.kind != TokenKind::RightParen {
                vararg = self.parameters();
            }
            self.expect(TokenKind::RightParen);
        }
        let parameters = self.ast.push_list(&mut self.pending, mark);
        let outer = std::mem::replace(&mut self.in_vararg_function, vararg.is_some());
        let body = self.block(closer);
        self.in_vararg_function = outer;
        self.close(closer);
        let tokens = self.range_from(start);
        self.ast.push_function(Function { has_self, parameters, vararg, body, tokens })
    }

    /// `Name {',' Name} [',' '...' [Name]] | '...' [Name]`
    fn parameters(&mut self) -> Option<VarArgParameter> {
        loop {
            match self.kind {
                TokenKind::Name => {
                    let name = self.name();
                    self.pending.push(name);
                }
                TokenKind::Ellipsis => {
                    let token = self.advance();
                    let name = (self.kind == TokenKind::Name).then(|| self.name());
                    return Some(VarArgParameter { token, name });
                }
                _ => {
                    self.report(DiagnosticKind::ParameterExpected);
                    return None;
                }
            }
            if !self.accept(TokenKind::Comma) {
                return None;
            }
        }
    }
}
