//! The compiler's state, how errors are made, and how a function is begun and finished.
//!
//! Scopes are in `scope`; what each kind of statement and expression turns into is in the modules
//! named after them.

use std::{cell::Cell, sync::Arc};

use luster_bytecode::{
    Capture, Constant, MAX_LENGTH, Op, Parts, Prototype, Source, UpValueInfo, Verifier, chunk_id,
};
use luster_syntax::{
    Ast, ExprId, FunctionId, Parse, TokenId, TokenKind, TokenTable,
    ast::{Function, Place},
};

use crate::{
    error::{CompileError, Moment, Result, Stage},
    function::{Const, FunctionState, MAX_REGISTERS, VarArgForm},
    labels::Goto,
    names::{NameId, Names},
    numbering::Numbering,
    scope::{Binding, Scopes},
    usage::Usage,
};

/// The most variables a function may have in scope, PUC-Rio's `MAXVARS`.
const MAX_LOCALS: u16 = 200;

/// A compilation under way.
pub(crate) struct Compiler<'a> {
    text: &'a [u8],
    pub(crate) ast: &'a Ast,
    pub(crate) tokens: &'a TokenTable,
    pub(crate) names: Names<'a>,
    pub(crate) usage: Usage,
    source: Arc<Source>,
    /// How many bytes stand before what is the source to the reader of messages.
    hidden: u32,
    /// The source as that reader sees it.
    shown: Arc<Source>,
    pub(crate) scopes: Scopes,
    /// The numbers of strings among the constants.
    constants: Numbering,
    /// The numbers of upvalues by name: within one function a name from outside always means the
    /// same.
    pub(crate) upvalues: Numbering,
    /// The function being compiled.
    pub(crate) f: FunctionState,
    /// The functions around it, the main one first.
    pub(crate) outer: Vec<FunctionState>,
    verifier: Verifier,
    /// Functions that are done with, kept for their memory.
    spare: Vec<FunctionState>,
    /// The last token of the expression being compiled: a limit that is passed is reported after
    /// it.
    pub(crate) position: TokenId,
    /// The line that was asked for last.
    line_at: Cell<Line>,
}

/// A line of the source, as the bytes that it reaches from and to.
#[derive(Clone, Copy)]
struct Line {
    /// Counted from 1.
    number: u32,
    start: u32,
    end: u32,
}

impl Line {
    fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

impl<'a> Compiler<'a> {
    /// A compilation of a parse without errors.
    pub(crate) fn new(text: &'a [u8], parse: &'a Parse, source: Arc<Source>, hidden: u32) -> Self {
        let names = Names::new(&parse.symbols);
        let shown = match hidden {
            0 => Arc::clone(&source),
            _ => Arc::new(Source {
                name: Arc::clone(&source.name),
                line_starts: source.line_starts.iter().map(|o| o.saturating_sub(hidden)).collect(),
            }),
        };
        Compiler {
            text,
            ast: &parse.ast,
            tokens: &parse.tokens,
            usage: Usage::new(&parse.ast, &parse.tokens, &names),
            scopes: Scopes::new(names.len()),
            constants: Numbering::new(names.len()),
            upvalues: Numbering::new(names.len()),
            names,
            source,
            hidden,
            shown,
            f: FunctionState::new(0),
            outer: Vec::new(),
            verifier: Verifier::new(),
            spare: Vec::new(),
            position: parse.tokens.all().start(),
            line_at: Cell::new(Line { number: 0, start: 0, end: 0 }),
        }
    }

    /// Compiles the main function.
    pub(crate) fn main(mut self) -> Result<Prototype> {
        let env = self.names.env();
        // Whoever runs the chunk gives the upvalue its value, so where it is captured from means
        // nothing.
        let name = self.names.shared(env);
        self.f.upvalues.push(UpValueInfo { name, capture: Capture::Register(0) });
        self.upvalues.add(env, 0, 0, &mut self.f.hidden_upvalues);
        self.f.is_vararg = true;
        let function = self.ast.function(self.ast.main());
        let last = self.before(self.tokens.all().last().unwrap_or(self.position));
        let block = self.enter_block();
        self.function_body(function.body, &block, last)?;
        self.finish_function(0, last)
    }

    /// Compiles a function inside the current one and returns its number among the prototypes.
    #[inline(never)]
    pub(crate) fn nested_function(&mut self, id: FunctionId, start: TokenId) -> Result<usize> {
        let function = self.ast.function(id);
        let mut state = self.spare.pop().unwrap_or_else(|| FunctionState::new(0));
        state.line_defined = self.line(start);
        let enclosing = std::mem::replace(&mut self.f, state);
        self.outer.push(enclosing);
        let mut end = function.tokens.last().unwrap_or(start);
        if self.ast.block(function.body).tokens.last() == Some(end) {
            // Its own `end` is missing: there is a diagnostic at what stands in its place.
            end = self.after(end);
        }
        let block = self.enter_block();
        self.parameters(id, function)?;
        let body = self.f.here();
        self.function_body(function.body, &block, end)?;
        self.f.join_line(0, body);
        let prototype = self.finish_function(self.line(end), end)?;
        if let Some(enclosing) = self.outer.pop() {
            self.f = enclosing;
        }
        self.f.prototypes.push(Arc::new(prototype));
        Ok(self.f.prototypes.len() - 1)
    }

    fn parameters(&mut self, id: FunctionId, function: Function) -> Result<()> {
        let offset = self.tokens.start(function.tokens.start());
        if function.has_self {
            let receiver = self.names.receiver();
            self.parameter(receiver, function.tokens.start(), offset)?;
        }
        for parameter in self.ast.list(function.parameters) {
            self.position = parameter.token;
            self.parameter(parameter.symbol.into(), parameter.token, offset)?;
        }
        let Some(vararg) = function.vararg else { return Ok(()) };
        self.f.is_vararg = true;
        // PUC-Rio counts a hidden variable for the table even where there is none.
        self.count_local(vararg.token)?;
        let Some(name) = vararg.name else { return Ok(()) };
        if !self.usage.needs_table(id) {
            self.scopes.declare(name.symbol.into(), Binding::VarArg { level: self.outer.len() });
            return Ok(());
        }
        let table = self.reserve(1)?;
        self.f.emit_a(Op::VarArgTable, table, offset);
        self.f.vararg = VarArgForm::Table(table);
        if self.usage.is_captured(name.token) {
            // The table is never replaced, so that a copy of it can stay out of the cell for `...`.
            self.f.active_registers = self.f.free;
            let cell = self.reserve(1)?;
            self.f.emit_ab(Op::Move, cell, table, offset);
            self.f.emit_a(Op::NewCell, cell, offset);
            self.declare_local(name.symbol.into(), cell, true, true);
        } else {
            self.declare_local(name.symbol.into(), table, false, true);
        }
        Ok(())
    }

    fn parameter(&mut self, name: NameId, declaration: TokenId, offset: u32) -> Result<()> {
        self.count_local(declaration)?;
        let register = self.reserve(1)?;
        let captured = self.usage.is_captured(declaration);
        if captured {
            self.f.emit_a(Op::NewCell, register, offset);
        }
        self.declare_local(name, register, captured, false);
        self.f.parameters = self.f.free;
        Ok(())
    }

    /// Makes a prototype of the current function.
    fn finish_function(&mut self, last_line: u32, end: TokenId) -> Result<Prototype> {
        if self.f.code.len() > MAX_LENGTH || self.f.constants.len() > MAX_LENGTH {
            return Err(self.error_at("function too long", end));
        }
        self.f.thread_jumps();
        let mut f = std::mem::replace(&mut self.f, FunctionState::new(0));
        if self.hidden > 0 {
            f.offsets.iter_mut().for_each(|offset| *offset = offset.saturating_sub(self.hidden));
        }
        self.constants.leave(&mut f.hidden_constants);
        self.upvalues.leave(&mut f.hidden_upvalues);
        // The prototype gets as much memory as it needs, and the next function what this one had, unless
        // there is none.
        let is_main = self.outer.is_empty();
        let parts = Parts {
            source: Arc::clone(&self.shown),
            line_defined: f.line_defined,
            last_line_defined: last_line,
            parameters: f.parameters,
            is_vararg: f.is_vararg,
            registers: f.registers,
            instructions: exactly(&mut f.code, is_main),
            constants: exactly(&mut f.constants, is_main),
            prototypes: exactly(&mut f.prototypes, is_main),
            upvalues: exactly(&mut f.upvalues, is_main),
            offsets: exactly(&mut f.offsets, is_main),
            locals: exactly(&mut f.locals, is_main),
        };
        if !is_main {
            self.spare.push(f.renew());
        }
        self.verifier.verify(parts).map_err(|error| {
            // Only a mistake of this compiler can lead here; better an error than wrong code.
            self.error_at(&format!("compiler made invalid code: {error}"), end)
        })
    }

    /// Takes registers from the free ones; returns the first.
    pub(crate) fn reserve(&mut self, count: usize) -> Result<u8> {
        let first = self.f.free;
        self.check_registers(count)?;
        // At most `MAX_REGISTERS`, as has just been checked.
        self.f.free = first + count as u8;
        Ok(first)
    }

    /// Makes sure that the function has room for so many registers above those in use.
    pub(crate) fn check_registers(&mut self, count: usize) -> Result<()> {
        let needed = usize::from(self.f.free) + count;
        if needed > MAX_REGISTERS {
            return Err(self.limit_error("registers", MAX_REGISTERS, self.position));
        }
        self.f.registers = self.f.registers.max(needed as u8);
        Ok(())
    }

    /// Counts a variable that comes into scope.
    pub(crate) fn count_local(&mut self, token: TokenId) -> Result<()> {
        if self.f.local_count >= MAX_LOCALS {
            return Err(self.limit_error("local variables", usize::from(MAX_LOCALS), token));
        }
        self.f.local_count += 1;
        Ok(())
    }

    /// The index of a constant in the current function, which gets it if it does not have it yet.
    pub(crate) fn constant(&mut self, value: Const) -> usize {
        let index = match value {
            Const::String(name) => match self.constants.get(name, self.outer.len()) {
                Some(index) => index,
                None => self.add_string(name),
            },
            _ => self.f.constant(value).unwrap_or_default(),
        };
        index as usize
    }

    #[inline(never)]
    fn add_string(&mut self, name: NameId) -> u32 {
        // Each constant takes at least a byte of source, of which there are less than 2^32.
        let index = self.f.constants.len() as u32;
        self.f.constants.push(Constant::String(self.names.shared(name)));
        self.constants.add(name, self.outer.len(), index, &mut self.f.hidden_constants);
        index
    }

    /// Where an expression stands.
    pub(crate) fn place(&self, id: ExprId) -> Place {
        self.ast.expr_place(id)
    }

    /// The byte that errors of an expression point to.
    pub(crate) fn anchor(&self, id: ExprId) -> u32 {
        self.tokens.start(self.ast.expr_place(id).anchor)
    }

    /// The last token of an expression.
    pub(crate) fn last_token(&self, id: ExprId) -> TokenId {
        let tokens = self.ast.expr_place(id).tokens;
        tokens.last().unwrap_or(tokens.start())
    }

    /// The line on which a token begins.
    pub(crate) fn line(&self, token: TokenId) -> u32 {
        self.line_of(self.tokens.start(token)).number
    }

    /// The offset for an instruction that belongs to `natural`, but that PUC-Rio makes only when
    /// it has come to `late`, and so gives the line of that: line hooks and messages show lines.
    #[inline]
    pub(crate) fn late_offset(&self, natural: u32, late: u32) -> u32 {
        let mut line = self.line_at.get();
        if !line.contains(natural) {
            line = self.line_of(natural);
        }
        if line.contains(late) { natural } else { late }
    }

    /// The line of a byte.
    #[inline(never)]
    fn line_of(&self, offset: u32) -> Line {
        // It is seldom far after the one that was asked for last.
        const NEAR: usize = 8;
        let starts = &self.source.line_starts;
        let last = self.line_at.get();
        let near = starts.iter().skip(last.number as usize).take(NEAR);
        let number = match near.take_while(|&&start| start <= offset).count() {
            passed if last.start <= offset && passed < NEAR => last.number + passed as u32,
            _ => self.source.line(offset),
        };
        let line = Line {
            number,
            start: starts.get((number as usize).wrapping_sub(1)).copied().unwrap_or(0),
            end: starts.get(number as usize).copied().unwrap_or(u32::MAX),
        };
        self.line_at.set(line);
        line
    }

    /// The offset for an instruction of an expression that PUC-Rio makes only when it has read the
    /// token `late`.
    pub(crate) fn late(&self, id: ExprId, late: TokenId) -> u32 {
        let anchor = self.place(id).anchor;
        let natural = self.tokens.start(anchor);
        if anchor == late { natural } else { self.late_offset(natural, self.read(late)) }
    }

    /// The byte with which the reading of a token ends: its line is the one that counts for what
    /// is done then.
    pub(crate) fn read(&self, token: TokenId) -> u32 {
        let span = self.tokens.span(token);
        span.end.saturating_sub(1).max(span.start)
    }

    /// The token before this one that is no space or comment.
    pub(crate) fn before(&self, token: TokenId) -> TokenId {
        let earlier = (0..token.index()).rev().filter_map(|index| self.tokens.get(index));
        earlier.into_iter().find(|&token| !self.tokens.kind(token).is_trivia()).unwrap_or(token)
    }

    /// The token after this one that is no space or comment.
    pub(crate) fn after(&self, token: TokenId) -> TokenId {
        let later =
            (token.index() + 1..self.tokens.len()).filter_map(|index| self.tokens.get(index));
        later.into_iter().find(|&token| !self.tokens.kind(token).is_trivia()).unwrap_or(token)
    }

    /// An error about the meaning of the source; PUC-Rio gives these no `near`.
    pub(crate) fn error_at(&self, message: &str, token: TokenId) -> Box<CompileError> {
        self.error_bytes(message.as_bytes().to_vec(), self.line(token), token, self.used(token))
    }

    /// The same with a name in quotes, which need not be UTF-8, between two texts.
    pub(crate) fn name_error(
        &self,
        before: &str,
        name: NameId,
        after: &str,
        token: TokenId,
    ) -> Box<CompileError> {
        let message = [before.as_bytes(), b"'", self.names.text(name), b"'", after.as_bytes()];
        self.error_bytes(message.concat(), self.line(token), token, self.used(token))
    }

    /// An error that says what it stands near, the token that is looked at at that stage.
    pub(crate) fn near_error(
        &self,
        message: &str,
        near: TokenId,
        stage: Stage,
    ) -> Box<CompileError> {
        let mut text = message.as_bytes().to_vec();
        text.extend_from_slice(b" near ");
        match self.tokens.kind(near) {
            TokenKind::EndOfFile => text.extend_from_slice(b"<eof>"),
            _ => {
                text.push(b'\'');
                text.extend_from_slice(self.tokens.text(near, self.text));
                text.push(b'\'');
            }
        }
        let found = Moment { token: self.tokens.start(near), stage };
        self.error_bytes(text, self.line(near), near, found)
    }

    /// An error about too much of something, found after `token` was read.
    pub(crate) fn limit_error(
        &self,
        what: &str,
        limit: usize,
        token: TokenId,
    ) -> Box<CompileError> {
        self.limit_error_in(what, limit, token, self.f.line_defined)
    }

    /// The same in any function around the current place.
    pub(crate) fn limit_error_in(
        &self,
        what: &str,
        limit: usize,
        token: TokenId,
        line_defined: u32,
    ) -> Box<CompileError> {
        let place = match line_defined {
            0 => "main function".to_owned(),
            line => format!("function at line {line}"),
        };
        let mut near = self.after(token);
        if what == "registers" && self.tokens.kind(near) == TokenKind::Comma {
            // A register is taken when the comma after the value has been read.
            near = self.after(near);
        }
        let message = format!("too many {what} (limit is {limit}) in {place}");
        self.near_error(&message, near, Stage::Completing)
    }

    /// An error about a `goto`: its line is that of the end of the block, as in PUC-Rio's compiler,
    /// which finds it only there, but the blame is the `goto`'s.
    pub(crate) fn goto_error(
        &self,
        message: Vec<u8>,
        goto: Goto,
        last: TokenId,
    ) -> Box<CompileError> {
        let mut found = self.used(last);
        if self.outer.is_empty() || self.tokens.kind(last) != TokenKind::End {
            // Whether the next token ends the block is looked at before. The `end` of a function
            // has been used.
            found.stage = Stage::Beginning;
        }
        self.error_bytes(message, self.line(last), goto.token, found)
    }

    /// The moment when a token has just been used.
    fn used(&self, token: TokenId) -> Moment {
        Moment { token: self.tokens.start(self.after(token)), stage: Stage::Completing }
    }

    fn error_bytes(
        &self,
        message: Vec<u8>,
        line: u32,
        blamed: TokenId,
        found: Moment,
    ) -> Box<CompileError> {
        let chunk_id = chunk_id(&self.source.name);
        let span = self.tokens.span(blamed);
        Box::new(CompileError { message, chunk_id, line, span, incomplete: false, found })
    }
}

/// The items in as much memory as they need; that which they are in is kept, unless it is `last`.
fn exactly<T>(items: &mut Vec<T>, last: bool) -> Vec<T> {
    if !last {
        let mut exact = Vec::with_capacity(items.len());
        exact.append(items);
        return exact;
    }
    let mut items = std::mem::take(items);
    items.shrink_to_fit();
    items
}
