//! Chunks: source text, about to be run.

use std::borrow::Cow;
use std::sync::Arc;

use luster_bytecode::Prototype;
use luster_compiler::CompileError;
use luster_value::{Context, Value};

use crate::convert::{FromLuaMulti, IntoLuaMulti};
use crate::error::{Error, Result};
use crate::handle::Handle;
use crate::lua::Lua;
use crate::render::SourceText;
use crate::task::{Task, call};
use crate::{Function, MultiValue, Table};

/// The first byte of a binary chunk.
const BINARY: u8 = 0x1B;

/// Source text, or a binary chunk made by `string.dump`, about to be run.
#[must_use = "a chunk does nothing until it is run"]
#[derive(Debug)]
pub struct Chunk<'s> {
    lua: Lua,
    source: &'s [u8],
    name: Cow<'s, [u8]>,
    environment: Option<Table>,
    allows_binary: bool,
}

impl<'s> Chunk<'s> {
    pub(crate) fn new(lua: Lua, source: &'s [u8]) -> Self {
        Chunk { lua, source, name: Cow::Borrowed(source), environment: None, allows_binary: false }
    }

    /// Names the chunk for messages, by Lua's rules: `@file`, `=name`, or else source text.
    pub fn set_name(mut self, name: impl AsRef<[u8]>) -> Self {
        self.name = Cow::Owned(name.as_ref().to_vec());
        self
    }

    /// Gives the chunk a table to take its global variables from, instead of the VM's own.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let environment = lua.table_of([("x", 5)])?;
    /// assert_eq!(lua.load("x + 1").environment(&environment).eval::<i64>()?, 6);
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn environment(mut self, environment: &Table) -> Self {
        self.environment = Some(environment.clone());
        self
    }

    /// Takes source text only, which is so unless [`allow_binary`](Self::allow_binary) is called.
    pub fn text_only(mut self) -> Self {
        self.allows_binary = false;
        self
    }

    /// Takes a binary chunk made by `string.dump` too. It is verified before it runs.
    pub fn allow_binary(mut self) -> Self {
        self.allows_binary = true;
        self
    }

    /// Runs the chunk to its end.
    ///
    /// # Errors
    /// When it does not compile, or raises an error that it does not catch.
    pub fn exec(self) -> Result<()> {
        self.call(())
    }

    /// Runs the chunk to its end and converts its results. An expression may stand without its
    /// `return`.
    ///
    /// # Errors
    /// As [`exec`](Self::exec), or when the results are of another type.
    pub fn eval<T: FromLuaMulti>(self) -> Result<T> {
        let prototype = self.compile_expression()?;
        self.run(prototype, ())
    }

    /// The same for all results, of whatever types.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub fn eval_multi(self) -> Result<MultiValue> {
        self.eval()
    }

    /// Runs the chunk with arguments, which it sees as `...`, and converts its results. An expression
    /// needs its `return` here.
    ///
    /// # Errors
    /// As [`eval`](Self::eval).
    pub fn call<T: FromLuaMulti>(self, arguments: impl IntoLuaMulti) -> Result<T> {
        let prototype = self.compile()?;
        self.run(prototype, arguments)
    }

    /// Compiles the chunk to a function.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn into_function(self) -> Result<Function> {
        let prototype = Arc::new(self.compile()?);
        self.lua.visit(|ctx| Ok(Function(Handle::new(ctx, self.link(ctx, &prototype)?))))
    }

    /// Compiles the chunk and begins to run it, in steps that the host decides about.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn start<T: FromLuaMulti>(self) -> Result<Task<T>> {
        self.start_with(())
    }

    /// The same with arguments, which the chunk sees as `...`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with<T: FromLuaMulti>(self, arguments: impl IntoLuaMulti) -> Result<Task<T>> {
        self.start_prototype(self.compile()?, arguments)
    }

    /// Begins to run an expression, or else statements.
    #[cfg(feature = "async")]
    pub(crate) fn start_expression<T: FromLuaMulti>(self) -> Result<Task<T>> {
        self.start_prototype(self.compile_expression()?, ())
    }

    fn start_prototype<T: FromLuaMulti>(
        &self,
        prototype: Prototype,
        arguments: impl IntoLuaMulti,
    ) -> Result<Task<T>> {
        let prototype = Arc::new(prototype);
        let task = self.lua.start_with(|ctx, stack| {
            arguments.push_into(ctx, stack)?;
            self.link(ctx, &prototype)
        })?;
        Ok(task.allow_yields())
    }

    fn run<T: FromLuaMulti>(
        &self,
        prototype: Prototype,
        arguments: impl IntoLuaMulti,
    ) -> Result<T> {
        let prototype = Arc::new(prototype);
        call(&self.lua, |ctx, stack| {
            arguments.push_into(ctx, stack)?;
            self.link(ctx, &prototype)
        })
    }

    fn link<'gc>(&self, ctx: Context<'gc>, prototype: &Arc<Prototype>) -> Result<Value<'gc>> {
        let environment = match &self.environment {
            Some(table) => table.fetch(ctx)?,
            None => Value::Table(ctx.environment()),
        };
        Ok(Value::Closure(luster_vm::load_closure(ctx, prototype, environment)))
    }

    fn compile(&self) -> Result<Prototype> {
        if self.source.first() == Some(&BINARY) {
            return self.undump();
        }
        match luster_compiler::compile(self.source, &self.name) {
            Ok(prototype) => {
                self.lua.keep_source(self.text());
                Ok(prototype)
            }
            Err(error) => Err(self.syntax_error(&error)),
        }
    }

    fn syntax_error(&self, error: &CompileError) -> Error {
        let span = Some((error.span.start as usize, error.span.end as usize));
        Error::syntax(error).with_text(SourceText { span, ..self.text() })
    }

    /// The source, to show errors with.
    fn text(&self) -> SourceText {
        SourceText {
            chunk: String::from_utf8_lossy(&luster_bytecode::chunk_id(&self.name)).into(),
            source: self.source.into(),
            span: None,
        }
    }

    /// Compiles an expression, or else statements.
    fn compile_expression(&self) -> Result<Prototype> {
        if self.source.first() == Some(&BINARY) || begins_with_statement(self.source) {
            return self.compile();
        }
        match luster_compiler::compile_expression(self.source, &self.name) {
            Ok(prototype) => {
                self.lua.keep_source(self.text());
                Ok(prototype)
            }
            Err(failure) => self.compile().map_err(|error| {
                // When it is neither, the error is the one that came later in the text.
                match error.span() {
                    Some((start, _)) if failure.span.start as usize > start => {
                        self.syntax_error(&failure)
                    }
                    _ => error,
                }
            }),
        }
    }

    fn undump(&self) -> Result<Prototype> {
        if !self.allows_binary {
            return Err(Error::new("attempt to load a binary chunk (text is expected)"));
        }
        luster_bytecode::undump(self.source).map_err(|error| Error::new(error.to_string()))
    }
}

/// Whether source text begins with a word that no expression begins with, so that it need not be
/// tried as one.
fn begins_with_statement(source: &[u8]) -> bool {
    const KEYWORDS: [&[u8]; 9] =
        [b"break", b"do", b"for", b"goto", b"if", b"local", b"repeat", b"return", b"while"];
    let source = source.trim_ascii_start();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let end = source.iter().position(|byte| !is_name(byte)).unwrap_or(source.len());
    KEYWORDS.contains(&&source[..end])
}
