//! A VM of the command and what is done with it: loading chunks, calling functions, saying what
//! went wrong, and closing it in the end.
//!
//! What is run, and in which order, is decided in `run` and `repl`.

use std::cell::{Cell, OnceCell};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Instant;

use luster::bytecode::Prototype;
use luster::compiler::{CompileError, compile_parse};
use luster::syntax::{Dialect, parse_with};
use luster::values::{Context, Metamethod, Stashed, Value, load_closure};
use luster::{Bytes, ErrorKind, FromLuaMulti, Lua, Output, Step, Task, Values};

use crate::args::Limits;
use crate::call::{self, Outcome};
use crate::interrupt::Interrupts;

/// How many instructions run between two looks at whether an interrupt came.
const SLICE: i64 = 1_000_000;

/// The key in the registry that tells the library `package` to look at no environment variable.
const NO_ENVIRONMENT: &str = "LUA_NOENV";

/// The first byte of a binary chunk.
pub(crate) const BINARY: u8 = 0x1B;

/// Why the command stops before it has done everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Something failed, and that has been said.
    Failed,
    /// The script called `os.exit` with this status.
    Exit(i32),
    /// A limit was reached, and that has been said.
    Limited,
}

/// What is said when a limit is reached.
const MEMORY: &str = "memory limit exceeded";
const FUEL: &str = "fuel exhausted";
const TIME: &str = "timed out";

/// The status that the command ends with when a limit was reached.
const LIMITED: i32 = 3;

/// What an error about memory says.
const NOT_ENOUGH: &[u8] = b"not enough memory";

/// The functions of the library that the command itself uses, whatever scripts make of them.
struct Functions {
    loadfile: Stashed,
    tostring: Stashed,
}

/// What lines of the standard input are read by.
struct Reader {
    stdin: Stashed,
    read: Stashed,
}

/// A VM at work.
pub(crate) struct Session {
    lua: Lua,
    functions: Functions,
    reader: OnceCell<Reader>,
    interrupts: Interrupts,
    /// How much fuel is left.
    fuel: Cell<i64>,
    has_memory_limit: bool,
    /// What messages begin with, if with anything.
    pub(crate) program: Option<Vec<u8>>,
}

/// What loading a file came to: a function, or what is wrong.
struct Loaded(Result<Stashed, Vec<u8>>);

impl FromLuaMulti for Loaded {
    fn from_lua_multi<'gc>(
        ctx: Context<'gc>,
        results: &mut Values<'_, 'gc>,
    ) -> Result<Self, luster::Error> {
        Ok(Loaded(match results.rest() {
            [function @ Value::Closure(_), ..] => Ok(ctx.stash_value(*function)),
            [_, message, ..] => Err(call::text(ctx, *message).unwrap_or_default()),
            _ => Err(Vec::new()),
        }))
    }
}

impl Session {
    /// A VM with all libraries, unless they are limited to the safe ones.
    pub(crate) fn new(program: Vec<u8>, ignore_environment: bool, limits: &Limits) -> Self {
        let builder = Lua::builder();
        let builder = if limits.sandbox { builder } else { builder.all_libraries() };
        let lua = builder.build_with(|ctx| {
            if ignore_environment {
                ctx.registry().set_field(ctx, NO_ENVIRONMENT, Value::True);
            }
        });
        let functions = lua.enter_arena(|ctx| {
            let globals = ctx.globals();
            Functions {
                loadfile: ctx.stash_value(globals.get_field(ctx, "loadfile")),
                tostring: ctx.stash_value(globals.get_field(ctx, "tostring")),
            }
        });
        lua.set_memory_limit(limits.memory);
        lua.set_deadline(limits.timeout.map(|timeout| Instant::now() + timeout));
        Session {
            lua,
            functions,
            reader: OnceCell::new(),
            interrupts: Interrupts::new(),
            fuel: Cell::new(limits.fuel.map_or(i64::MAX, |fuel| fuel.min(i64::MAX as u64) as i64)),
            has_memory_limit: limits.memory.is_some(),
            program: Some(program),
        }
    }

    /// Enters the VM's arena.
    pub(crate) fn enter<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> T) -> T {
        self.lua.enter_arena(f)
    }

    /// Writes to the standard output, after all that scripts have written.
    pub(crate) fn write(&self, text: &[u8]) {
        let output = self.enter(Output::of);
        // As for `print`, nobody is told.
        let _ = output.write(text).and_then(|()| output.flush());
    }

    /// Says something on the standard error output, after the program's name.
    pub(crate) fn say(&self, message: &[u8]) {
        self.write(b"");
        let mut line = Vec::new();
        if let Some(program) = &self.program {
            line.extend(program);
            line.extend(b": ");
        }
        line.extend(message);
        line.push(b'\n');
        // There is nowhere to report that a report could not be made.
        let _ = std::io::stderr().write_all(&line);
    }

    /// Says what went wrong.
    pub(crate) fn report(&self, message: Option<&[u8]>) -> Stop {
        self.say(message.unwrap_or(b"(error message not a string)"));
        Stop::Failed
    }

    /// Says what went wrong with a script. One that has asked for more memory than there may be has
    /// reached that limit.
    pub(crate) fn failed(&self, message: Option<&[u8]>) -> Stop {
        match message {
            Some(message) if self.has_memory_limit && is_about_memory(message) => {
                self.limited(MEMORY)
            }
            message => self.report(message),
        }
    }

    /// Says which limit was reached.
    fn limited(&self, limit: &str) -> Stop {
        self.say(limit.as_bytes());
        Stop::Limited
    }

    /// Makes a function of source text.
    ///
    /// # Errors
    /// The message about what is wrong.
    pub(crate) fn load_text(&self, source: &[u8], name: &str) -> Result<Stashed, Vec<u8>> {
        if source.first() == Some(&BINARY) {
            return Err(b"attempt to load a binary chunk (mode is 't')".to_vec());
        }
        match compile(source, name) {
            Ok(prototype) => Ok(self.link(prototype)),
            Err(error) => Err(error.to_bytes()),
        }
    }

    /// Makes a function of a compiled chunk.
    pub(crate) fn link(&self, prototype: Prototype) -> Stashed {
        self.enter(|ctx| {
            let globals = Value::Table(ctx.environment());
            let closure = load_closure(ctx, &Arc::new(prototype), globals);
            ctx.stash_value(Value::Closure(closure))
        })
    }

    /// Makes a function of a file, or of the standard input.
    ///
    /// # Errors
    /// The message about what is wrong.
    pub(crate) fn load_file(&self, file_name: Option<&[u8]>) -> Result<Stashed, Vec<u8>> {
        if self.enter(|ctx| ctx.fetch(&self.functions.loadfile).is_none_or(Value::is_nil)) {
            return self.load_file_directly(file_name);
        }
        let loadfile = &self.functions.loadfile;
        let task = self.lua.start_with(|ctx, stack| {
            stack.extend(file_name.map(|name| ctx.string(name)));
            Ok(ctx.fetch(loadfile).unwrap_or(Value::Nil))
        });
        match task.and_then(Task::finish) {
            Ok(Loaded(loaded)) => loaded,
            Err(error) => Err(error.message().as_bytes().to_vec()),
        }
    }

    /// The same where scripts have no `loadfile`.
    fn load_file_directly(&self, file_name: Option<&[u8]>) -> Result<Stashed, Vec<u8>> {
        let (source, name) = match file_name {
            Some(name) => {
                // A name that is no UTF-8 is not found.
                let shown = String::from_utf8_lossy(name);
                let source = std::fs::read(&*shown)
                    .map_err(|error| format!("cannot open {shown} ({error})").into_bytes())?;
                (source, format!("@{shown}"))
            }
            None => {
                let mut source = Vec::new();
                std::io::stdin()
                    .read_to_end(&mut source)
                    .map_err(|error| format!("cannot read stdin ({error})").into_bytes())?;
                (source, "=stdin".to_owned())
            }
        };
        if source.first() == Some(&BINARY) {
            return Err(b"attempt to load a binary chunk (mode is 't')".to_vec());
        }
        match luster::compiler::compile(&source, name.as_bytes()) {
            Ok(prototype) => Ok(self.link(prototype)),
            Err(error) => Err(error.to_bytes()),
        }
    }

    /// Calls a function with a traceback for its errors, and with interrupts.
    ///
    /// # Errors
    /// When the script calls `os.exit`.
    pub(crate) fn call(
        &self,
        function: &Stashed,
        choose: impl for<'gc> FnOnce(Context<'gc>) -> Vec<Value<'gc>>,
    ) -> Result<Outcome, Stop> {
        self.interrupts.begin();
        let outcome = self.run(call::with_traceback, function, choose, true);
        self.interrupts.end();
        outcome
    }

    /// Calls a function without either.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub(crate) fn call_plainly(
        &self,
        function: &Stashed,
        choose: impl for<'gc> FnOnce(Context<'gc>) -> Vec<Value<'gc>>,
    ) -> Result<Outcome, Stop> {
        self.run(call::plain, function, choose, false)
    }

    fn run(
        &self,
        protected: impl for<'gc> FnOnce(Context<'gc>) -> Value<'gc>,
        function: &Stashed,
        choose: impl for<'gc> FnOnce(Context<'gc>) -> Vec<Value<'gc>>,
        is_interruptible: bool,
    ) -> Result<Outcome, Stop> {
        let task = self.lua.start_with(|ctx, stack| {
            stack.push(ctx.fetch(function).unwrap_or(Value::Nil));
            let arguments = choose(ctx);
            if !stack.reserve(arguments.len()) {
                return Err(luster::Error::new("too many arguments"));
            }
            stack.extend(arguments);
            Ok(protected(ctx))
        });
        task.map_err(luster::Error::into)
            .and_then(|task| self.finish(task, is_interruptible))
            .or_else(|end| match end {
                End::Exit(status) => Err(Stop::Exit(status)),
                End::Limited(limit) => Err(self.limited(limit)),
                End::Failed(message) => Ok(Outcome::Failed(Some(message))),
            })
    }

    /// Runs a task to its end, in slices, so that it can be interrupted, once.
    fn finish<T: FromLuaMulti>(
        &self,
        mut task: Task<T>,
        mut is_interruptible: bool,
    ) -> Result<T, End> {
        loop {
            let slice = SLICE.min(self.fuel.get());
            if let Step::Done(result) = task.step(slice)? {
                return Ok(result);
            }
            if self.fuel.get() != i64::MAX {
                self.fuel.set(self.fuel.get() - slice);
                if self.fuel.get() <= 0 {
                    return Err(End::Limited(FUEL));
                }
            }
            // What was printed is not kept back from who waits for it, though not every line is
            // passed on at once as by PUC-Rio's `print`.
            self.write(b"");
            if is_interruptible && self.interrupts.came() {
                // It is tried again while what runs cannot be interrupted.
                is_interruptible = !task.raise("interrupted!");
            }
        }
    }

    /// Makes text of a value as `tostring` does; `None` when that fails.
    ///
    /// # Errors
    /// When a script that takes part calls `os.exit`.
    pub(crate) fn describe(&self, value: &Stashed) -> Result<Option<Vec<u8>>, Stop> {
        let outcome = self.call_plainly(&self.functions.tostring, |ctx| {
            vec![ctx.fetch(value).unwrap_or(Value::Nil)]
        })?;
        Ok(match outcome {
            Outcome::Returned(values) => values.first().and_then(|value| {
                self.enter(|ctx| call::text(ctx, ctx.fetch(value).unwrap_or(Value::Nil)))
            }),
            Outcome::Failed(_) => None,
        })
    }

    /// What lines are read by, as it is when this is first called: before scripts can change it.
    pub(crate) fn keep_reader(&self) {
        self.reader();
    }

    fn reader(&self) -> &Reader {
        self.reader.get_or_init(|| {
            self.lua.enter(|ctx| {
                let stdin = field(ctx, ctx.globals().get_field(ctx, "io"), "stdin");
                let methods = ctx.metamethod(stdin, Metamethod::Index);
                let read = field(ctx, methods, "read");
                Reader { stdin: ctx.stash_value(stdin), read: ctx.stash_value(read) }
            })
        })
    }

    /// Reads a line from the standard input, with its end, through the same buffer as scripts do.
    pub(crate) fn read_line(&self) -> Option<Vec<u8>> {
        let Reader { stdin, read } = self.reader();
        let task = self.lua.start_with(|ctx, stack| {
            stack.push(ctx.fetch(stdin).unwrap_or(Value::Nil));
            stack.push(ctx.string("L"));
            Ok(ctx.fetch(read).unwrap_or(Value::Nil))
        });
        let line: Option<Bytes> = task.and_then(Task::finish).unwrap_or(None);
        line.map(|line| line.0)
    }

    /// Closes the VM: finalizers run, and what was kept back is written. Gives the status that the
    /// process ends with.
    pub(crate) fn close(self, stop: Result<(), Stop>) -> i32 {
        let mut status = match stop {
            Ok(()) => 0,
            Err(Stop::Failed) => 1,
            Err(Stop::Exit(status)) => status,
            Err(Stop::Limited) => {
                // Nothing more of the script runs.
                self.write(b"");
                return LIMITED;
            }
        };
        let by_exit = matches!(stop, Err(Stop::Exit(_)));
        if !by_exit || self.exit_closes() {
            self.interrupts.end();
            if by_exit {
                match self.run_to_end(Lua::start_closing) {
                    Err(End::Exit(other)) => status = other,
                    Err(End::Limited(limit)) => {
                        let stop = self.limited(limit);
                        return self.close(Err(stop));
                    }
                    _ => {}
                }
            }
            self.lua.doom();
            loop {
                match self.run_to_end(Lua::start_finalizing) {
                    // A finalizer that exits does not keep the others from running.
                    Err(End::Exit(other)) => {
                        status = other;
                        if !self.exit_closes() {
                            break;
                        }
                    }
                    Err(End::Limited(limit)) => {
                        let stop = self.limited(limit);
                        return self.close(Err(stop));
                    }
                    _ => break,
                }
            }
        }
        self.write(b"");
        status
    }

    fn run_to_end<'lua>(
        &'lua self,
        start: impl FnOnce(&'lua Lua) -> Result<Task<()>, luster::Error>,
    ) -> Result<(), End> {
        self.finish(start(&self.lua)?, false)
    }

    /// Whether the last `os.exit` was to close the VM.
    fn exit_closes(&self) -> bool {
        self.enter(luster::exit_closes)
    }
}

/// Whether a message, which may have a traceback behind it, is that there is not enough memory. One who
/// caught that may have raised it again, with a place before it.
fn is_about_memory(message: &[u8]) -> bool {
    let end = message.iter().position(|&byte| byte == b'\n').unwrap_or(message.len());
    match message[..end].strip_suffix(NOT_ENOUGH) {
        Some(before) => before.is_empty() || before.ends_with(b": "),
        None => false,
    }
}

/// Why a task did not return.
enum End {
    Exit(i32),
    Limited(&'static str),
    Failed(Vec<u8>),
}

impl From<luster::Error> for End {
    fn from(error: luster::Error) -> Self {
        match error.kind() {
            ErrorKind::Exit(status) => End::Exit(status),
            ErrorKind::Memory => End::Limited(MEMORY),
            ErrorKind::TimedOut => End::Limited(TIME),
            _ => End::Failed(error.to_string().into_bytes()),
        }
    }
}

/// Compiles source text that is no file.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn compile(source: &[u8], name: &str) -> Result<Prototype, CompileError> {
    let parse = parse_with(source, Dialect::LUA_5_5.without_file_header());
    compile_parse(source, &parse, name.as_bytes())
}

fn field<'gc>(ctx: Context<'gc>, table: Value<'gc>, name: &str) -> Value<'gc> {
    match table {
        Value::Table(table) => table.get_field(ctx, name),
        _ => Value::Nil,
    }
}
