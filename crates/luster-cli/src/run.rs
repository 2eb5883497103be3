//! Running programs: what PUC-Rio's `lua` does with its arguments, in its order.
//!
//! How the arguments are read is in `args`, the interactive mode in `repl`.

use std::io::{IsTerminal, Write};

use luster::values::{Context, Table, Value};

use crate::args::{self, Arguments, Step};
use crate::call::Outcome;
use crate::repl;
use crate::session::{Session, Stop};

/// What `-v` shows. Scripts look for the release of the language, and for whom it comes from.
pub(crate) const VERSION: &str = concat!(
    "luster ",
    env!("CARGO_PKG_VERSION"),
    ", Lua 5.5.1 in Rust; the language by Lua.org, PUC-Rio\n"
);

/// The environment variables with something to run first; the first that is set counts.
const INIT: [&str; 2] = ["LUA_INIT_5_5", "LUA_INIT"];

/// More arguments than this do not fit on a script's stack.
const MAX_ARGUMENTS: usize = 999_000;

/// Runs the command with its arguments, the program's name first. Gives the status to exit with.
pub(crate) fn run(argv: Vec<Vec<u8>>) -> i32 {
    let program = args::program_name(&argv);
    let arguments = match Arguments::parse(argv) {
        Ok(arguments) => arguments,
        Err(bad) => {
            // There is nowhere to report that a report could not be made.
            let _ = std::io::stderr().write_all(&args::complaint(&program, &bad));
            return 1;
        }
    };
    let mut session = Session::new(program, arguments.ignore_environment, &arguments.limits);
    let stop = run_all(&mut session, &arguments);
    session.close(stop)
}

fn run_all(session: &mut Session, arguments: &Arguments) -> Result<(), Stop> {
    if arguments.version {
        session.write(VERSION.as_bytes());
    }
    if arguments.interactive {
        session.keep_reader();
    }
    session.enter(|ctx| set_arg(ctx, arguments));
    if !arguments.ignore_environment {
        run_init(session)?;
    }
    session.enter(|ctx| luster::warn(ctx, b"@off"));
    for step in &arguments.steps {
        match step {
            Step::Execute(text) => run_text(session, text, "=(command line)")?,
            Step::Require(library) => require(session, library)?,
            Step::WarningsOn => session.enter(|ctx| luster::warn(ctx, b"@on")),
        }
    }
    if let Some(file_name) = arguments.script_file() {
        run_script(session, file_name)?;
    }
    if arguments.interactive {
        return repl::run(session, arguments.ignore_environment);
    }
    if arguments.script.is_none() && !arguments.executes() && !arguments.version {
        if std::io::stdin().is_terminal() {
            session.write(VERSION.as_bytes());
            return repl::run(session, arguments.ignore_environment);
        }
        return run_file(session, None);
    }
    Ok(())
}

/// Makes the global `arg`: the script's name at 0, its arguments after it, and what led to it
/// before it. Without a script the program's name is at 0.
fn set_arg<'gc>(ctx: Context<'gc>, arguments: &Arguments) {
    let table = Table::new(ctx);
    let script = arguments.script.unwrap_or(0) as i64;
    for (index, argument) in arguments.argv.iter().enumerate() {
        // An integer is always good as a key.
        let _ = table.set_integer(ctx, index as i64 - script, ctx.string(argument));
    }
    ctx.globals().set_field(ctx, "arg", Value::Table(table));
}

/// Runs what the environment says should be run first.
fn run_init(session: &Session) -> Result<(), Stop> {
    for name in INIT {
        if let Some(init) = std::env::var_os(name) {
            return match init.into_encoded_bytes().as_slice() {
                [b'@', file_name @ ..] => run_file(session, Some(file_name)),
                text => run_text(session, text, &format!("={name}")),
            };
        }
    }
    Ok(())
}

fn run_text(session: &Session, text: &[u8], name: &str) -> Result<(), Stop> {
    let function =
        session.load_text(text, name).map_err(|message| session.failed(Some(&message)))?;
    succeed(session, session.call(&function, |_| Vec::new())?).map(drop)
}

fn run_file(session: &Session, file_name: Option<&[u8]>) -> Result<(), Stop> {
    let function =
        session.load_file(file_name).map_err(|message| session.failed(Some(&message)))?;
    succeed(session, session.call(&function, |_| Vec::new())?).map(drop)
}

/// Says what went wrong, if something did.
fn succeed(session: &Session, outcome: Outcome) -> Result<Vec<luster::values::Stashed>, Stop> {
    match outcome {
        Outcome::Returned(values) => Ok(values),
        Outcome::Failed(message) => Err(session.failed(message.as_deref())),
    }
}

/// Requires a library, given as `name` or `global=name`, into a global. Without a name for it, a
/// version at the end of the library's name (`-v2`) is left away.
fn require(session: &Session, library: &[u8]) -> Result<(), Stop> {
    let cut = |mark| library.iter().position(|&byte| byte == mark);
    let (global, name) = match cut(b'=') {
        Some(equals) => (&library[..equals], &library[equals + 1..]),
        None => (&library[..cut(b'-').unwrap_or(library.len())], library),
    };
    let require = session.enter(|ctx| {
        let require = ctx.globals().get_field(ctx, "require");
        ctx.stash_value(require)
    });
    let results = succeed(session, session.call(&require, |ctx| vec![ctx.string(name)])?)?;
    session.enter(|ctx| {
        let value = results.first().and_then(|value| ctx.fetch(value)).unwrap_or(Value::Nil);
        // A string is always good as a key.
        let _ = ctx.globals().set(ctx, ctx.string(global), value);
    });
    Ok(())
}

/// Runs the script with what the global `arg` has as arguments by now.
fn run_script(session: &Session, file_name: Option<&[u8]>) -> Result<(), Stop> {
    let function =
        session.load_file(file_name).map_err(|message| session.failed(Some(&message)))?;
    let count = session.enter(|ctx| match ctx.globals().get_field(ctx, "arg") {
        Value::Table(table) => Some(table.length()),
        _ => None,
    });
    let count = match count {
        None => return Err(session.report(Some(b"'arg' is not a table"))),
        Some(count) => usize::try_from(count).unwrap_or(0),
    };
    if count > MAX_ARGUMENTS {
        let message = b"stack overflow (too many arguments to script)";
        return Err(session.report(Some(message)));
    }
    let outcome = session.call(&function, |ctx| {
        let Value::Table(table) = ctx.globals().get_field(ctx, "arg") else { return Vec::new() };
        (1..=count as i64).map(|index| table.get_integer(index)).collect()
    })?;
    succeed(session, outcome).map(drop)
}
