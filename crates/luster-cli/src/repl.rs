//! The interactive mode: reads lines, runs them, prints what they come to.
//!
//! On a terminal lines can be edited and come back; elsewhere they are read as they are.

use std::io::{IsTerminal, Write};

use luster::values::{Stashed, Value};
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor};

use crate::call::Outcome;
use crate::session::{Session, Stop, compile};

/// The name of what is typed, in messages.
const CHUNK_NAME: &str = "=stdin";

/// What a first line and a continuation are asked for by, unless the globals say otherwise.
const PROMPTS: [(&str, &str); 2] = [("_PROMPT", "> "), ("_PROMPT2", ">> ")];

/// The environment variable with the name of a library for editing lines, for PUC-Rio's `lua`.
const EDITING_LIBRARY: &str = "LUA_READLINELIB";

/// Where lines come from.
enum Input {
    Terminal(Box<Editor<(), MemHistory>>),
    Other,
}

/// What came of asking for a line.
enum Line {
    Text(Vec<u8>),
    /// What has been typed is to be forgotten.
    Forget,
    End,
}

/// Runs the interactive mode until there is no more input.
///
/// # Errors
/// When a line calls `os.exit`. Whatever else goes wrong is said, and forgotten.
pub(crate) fn run(session: &mut Session, ignore_environment: bool) -> Result<(), Stop> {
    let program = session.program.take();
    if !ignore_environment && let Some(library) = std::env::var_os(EDITING_LIBRARY) {
        let mut warning = b"unable to load readline library '".to_vec();
        warning.extend(library.into_encoded_bytes());
        warning.push(b'\'');
        session.enter(|ctx| luster::warn(ctx, &warning));
    }
    let mut repl = Repl { session, input: Input::new() };
    let result = repl.run();
    session.program = program;
    result
}

impl Input {
    fn new() -> Self {
        if !std::io::stdin().is_terminal() {
            return Input::Other;
        }
        let config = Config::builder().auto_add_history(false).build();
        let history = MemHistory::with_config(&config);
        match Editor::with_history(config, history) {
            Ok(editor) => Input::Terminal(Box::new(editor)),
            Err(_) => Input::Other,
        }
    }
}

struct Repl<'a> {
    session: &'a Session,
    input: Input,
}

impl Repl<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        loop {
            match self.read_statement()? {
                Statement::Function(function) => self.execute(&function)?,
                Statement::Wrong(message) => {
                    self.session.report(Some(&message));
                }
                Statement::Forget => {}
                Statement::End => break,
            }
        }
        self.session.write(b"\n");
        Ok(())
    }

    /// Asks for a line.
    fn read_line(&mut self, is_first: bool) -> Result<Line, Stop> {
        let prompt = self.prompt(is_first)?;
        match &mut self.input {
            Input::Terminal(editor) => {
                self.session.write(b"");
                match editor.readline(&*String::from_utf8_lossy(&prompt)) {
                    Ok(line) => Ok(Line::Text(line.into_bytes())),
                    Err(ReadlineError::Interrupted) => Ok(Line::Forget),
                    Err(_) => Ok(Line::End),
                }
            }
            Input::Other => {
                self.session.write(&prompt);
                Ok(match self.session.read_line() {
                    Some(mut line) => {
                        if line.last() == Some(&b'\n') {
                            line.pop();
                        }
                        Line::Text(line)
                    }
                    None => Line::End,
                })
            }
        }
    }

    fn prompt(&self, is_first: bool) -> Result<Vec<u8>, Stop> {
        let (global, default) = PROMPTS[usize::from(!is_first)];
        let value = self.session.enter(|ctx| match ctx.globals().get_field(ctx, global) {
            Value::Nil => None,
            value => Some(ctx.stash_value(value)),
        });
        let described = match value {
            Some(value) => self.session.describe(&value)?,
            None => None,
        };
        Ok(described.unwrap_or_else(|| default.as_bytes().to_vec()))
    }

    /// Reads lines until they are an expression or a whole statement, or cannot become one.
    fn read_statement(&mut self) -> Result<Statement, Stop> {
        let mut text = match self.read_line(true)? {
            Line::Text(line) => line,
            Line::Forget => return Ok(Statement::Forget),
            Line::End => return Ok(Statement::End),
        };
        let statement = match self.expression(&text) {
            Some(function) => Statement::Function(function),
            None => self.continue_statement(&mut text)?,
        };
        if let Input::Terminal(editor) = &mut self.input
            && !text.is_empty()
        {
            // Without a history there is still everything else.
            let _ = editor.add_history_entry(String::from_utf8_lossy(&text));
        }
        Ok(statement)
    }

    /// A line as an expression, if it is one; `=` before it does no harm.
    fn expression(&self, line: &[u8]) -> Option<Stashed> {
        let expression = line.strip_prefix(b"=").unwrap_or(line);
        let text = [b"return ", expression, b";"].concat();
        compile(&text, CHUNK_NAME).ok().map(|prototype| self.session.link(prototype))
    }

    /// Reads what a line lacks to be a statement.
    fn continue_statement(&mut self, text: &mut Vec<u8>) -> Result<Statement, Stop> {
        warn_of_local(text);
        loop {
            let error = match compile(text, CHUNK_NAME) {
                Ok(prototype) => return Ok(Statement::Function(self.session.link(prototype))),
                Err(error) => error,
            };
            if !error.incomplete {
                return Ok(Statement::Wrong(error.to_bytes()));
            }
            match self.read_line(false)? {
                Line::Text(line) => {
                    text.push(b'\n');
                    text.extend(line);
                }
                Line::Forget => return Ok(Statement::Forget),
                Line::End => return Ok(Statement::Wrong(error.to_bytes())),
            }
        }
    }

    /// Runs a statement and prints what it returns, with the `print` that there is.
    fn execute(&self, function: &Stashed) -> Result<(), Stop> {
        let session = self.session;
        let values = match session.call(function, |_| Vec::new())? {
            Outcome::Returned(values) => values,
            Outcome::Failed(message) => {
                session.report(message.as_deref());
                return Ok(());
            }
        };
        if values.is_empty() {
            return Ok(());
        }
        let print = session.enter(|ctx| {
            let print = ctx.globals().get_field(ctx, "print");
            ctx.stash_value(print)
        });
        let outcome = session.call_plainly(&print, |ctx| {
            values.iter().map(|value| ctx.fetch(value).unwrap_or(Value::Nil)).collect()
        })?;
        if let Outcome::Failed(message) = outcome {
            let mut text = b"error calling 'print' (".to_vec();
            text.extend(message.as_deref().unwrap_or(b"(null)"));
            text.push(b')');
            session.say(&text);
        }
        Ok(())
    }
}

/// What was typed.
enum Statement {
    /// Something to run.
    Function(Stashed),
    /// Something that is no Lua, and the message about it.
    Wrong(Vec<u8>),
    /// Nothing after all.
    Forget,
    /// The end of the input.
    End,
}

/// Warns when a line begins with `local`: nobody will see that variable again.
fn warn_of_local(line: &[u8]) {
    let line = line.trim_ascii_start();
    if let Some(rest) = line.strip_prefix(b"local")
        && matches!(rest.first(), None | Some(b' ' | b'\t'))
    {
        // There is nowhere to report that a report could not be made.
        let _ = std::io::stderr()
            .write_all(b"warning: locals do not survive across lines in interactive mode\n");
    }
}
