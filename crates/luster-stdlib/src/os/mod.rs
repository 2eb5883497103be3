//! The library `os`. What time it is comes from `clock`; dates are in `calendar`, their text in
//! `strftime`.

mod calendar;
mod clock;
mod strftime;

use std::io;
use std::process::{Command, ExitStatus};

use gc_arena::Collect;
use luster_value::{
    CallbackReturn, Context, Error, Function, LuaString, Stack, Table, Value, quoted,
};

use crate::buffer::grow;
use crate::c_values::{c_beginning, c_name, c_word};
use crate::counted::{CountedMemory, Pieces};
use crate::output::Output;
use crate::program::{Program, Step, run};
use crate::system_error::{self, SYSTEM_FUEL, text_fuel};
use crate::work::Work;
use calendar::{Date, Fields};

pub use clock::set_clock;

const FUNCTIONS: &[(&str, Function)] = &[
    ("clock", clock),
    ("date", date),
    ("difftime", difftime),
    ("execute", execute),
    ("exit", exit),
    ("getenv", getenv),
    ("remove", remove),
    ("rename", rename),
    ("setlocale", setlocale),
    ("time", time),
    ("tmpname", tmpname),
];

/// The functions that reach outside the VM, to which clocks are not counted.
const OUTSIDE: &[&str] = &["execute", "exit", "getenv", "remove", "rename", "tmpname"];

/// Makes the table of the library.
pub(crate) fn open<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    crate::table_of(ctx, FUNCTIONS, 0)
}

/// Where the registry has what [`exit_closes`] tells.
const EXIT_CLOSES: &str = "_EXIT_CLOSES";

/// The library without what reaches outside the VM.
pub(crate) fn open_clocks<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    let table = open(ctx);
    for name in OUTSIDE {
        table.set_field(ctx, name, Value::Nil);
    }
    table
}

/// `os.clock()`
fn clock<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    stack.burn(SYSTEM_FUEL);
    stack.replace(Value::float(clock::seconds_used(ctx)));
    Ok(CallbackReturn::Return)
}

/// `os.date([format [, time]])`
fn date<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let whole = stack.optional_string(ctx, 0)?.unwrap_or_else(|| ctx.intern(b"%c"));
    let format = whole.as_bytes();
    let seconds = if stack.get(1).is_nil() { clock::now(ctx) } else { stack.integer(ctx, 1)? };
    let (date, format) = match format.strip_prefix(b"!") {
        Some(format) => (calendar::utc(seconds), format),
        None => (calendar::local(seconds), format),
    };
    let Some(date) = date else {
        let message = "date result cannot be represented in this installation";
        return Err(Error::message(message));
    };
    if format == b"*t" {
        stack.burn(TABLE_FUEL);
        let table = Table::new(ctx);
        for (name, value) in date_fields(&date) {
            table.set_field(ctx, name, value);
        }
        stack.replace(Value::Table(table));
        return Ok(CallbackReturn::Return);
    }
    let (text, pieces, memory) = (Vec::new(), Pieces::default(), CountedMemory::default());
    let writing = DateText { format: whole, left: format.len(), date, text, pieces, memory };
    writing.begin(ctx, stack)
}

/// What it costs to make a table of a date, or a date of a table.
const TABLE_FUEL: usize = 50;

/// What it costs to ask what time it is.
const TIME_FUEL: usize = 5;

/// What it costs to remove a file, to give it another name, to make one, and to begin a process, beside its name.
const REMOVAL_FUEL: usize = 1_000;
const RENAMING_FUEL: usize = 2_000;
const CREATION_FUEL: usize = 20_000;
const PROCESS_FUEL: usize = 20_000;

/// A date that is being written in a long format.
#[derive(Collect)]
#[collect(no_drop)]
struct DateText<'gc> {
    format: LuaString<'gc>,
    /// How much of the format is left.
    left: usize,
    #[collect(require_static)]
    date: Date,
    text: Vec<u8>,
    /// What has been put by of the text.
    pieces: Pieces,
    memory: CountedMemory,
}

impl<'gc> Work<'gc> for DateText<'gc> {
    /// Writes a portion. Tells whether the text is on the stack.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        /// How many conversions there are before the fuel is looked at, and what each costs.
        const PORTION: usize = 500;
        const FUEL: usize = 15;
        if self.left == 0 {
            return self.finish(ctx, stack);
        }
        let format = &self.format.as_bytes()[self.format.len() - self.left..];
        // The longest conversion has less than 64 bytes.
        grow(&mut self.text, format.len().min(PORTION) * 64)?;
        let rest =
            strftime::write(&mut self.text, format, &self.date, PORTION).map_err(|rest| {
                let mut message = b"invalid conversion specifier '%".to_vec();
                message.extend(&*quoted(c_name(rest)));
                message.push(b'\'');
                Error::argument(1, message)
            })?;
        stack.burn((self.left - rest.len()) * FUEL);
        self.left = rest.len();
        if self.left > 0 {
            self.pieces.put_by(&mut self.text);
            self.memory.set(self.text.capacity());
            return Ok(false);
        }
        self.finish(ctx, stack)
    }
}

impl<'gc> DateText<'gc> {
    /// Puts the text together. Tells whether it is on the stack.
    fn finish(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<bool, Error<'gc>> {
        self.memory.set(0);
        let Some(text) = self.pieces.gather(&mut self.text, stack)? else { return Ok(false) };
        stack.replace(Value::String(ctx.intern_owned(text)));
        Ok(true)
    }
}

/// The fields of a date as Lua names them.
fn date_fields<'gc>(date: &Date) -> [(&'static str, Value<'gc>); 9] {
    [
        ("year", Value::Integer(date.year)),
        ("month", Value::Integer(date.month)),
        ("day", Value::Integer(date.day)),
        ("hour", Value::Integer(date.hour)),
        ("min", Value::Integer(date.minute)),
        ("sec", Value::Integer(date.second)),
        ("yday", Value::Integer(date.day_of_year)),
        ("wday", Value::Integer(date.day_of_week)),
        ("isdst", Value::boolean(date.is_dst)),
    ]
}

/// `os.time([table])`
fn time<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    if stack.get(0).is_nil() {
        stack.burn(TIME_FUEL);
        stack.replace(Value::Integer(clock::now(ctx)));
        return Ok(CallbackReturn::Return);
    }
    let table = Value::Table(stack.table(ctx, 0)?);
    stack.burn(TABLE_FUEL);
    run(ctx, stack, Time { table, read: 0, fields: [0; 6], written: 0, result: None })
}

/// The fields that `os.time` reads, with their defaults and what C's `struct tm` subtracts.
const READ: [(&str, Option<i64>, i64); 6] = [
    ("year", None, 1900),
    ("month", None, 1),
    ("day", None, 0),
    ("hour", Some(12), 0),
    ("min", Some(0), 0),
    ("sec", Some(0), 0),
];

/// `os.time` of a table, which may have metamethods.
#[derive(Collect)]
#[collect(no_drop)]
struct Time<'gc> {
    table: Value<'gc>,
    /// How many fields have been asked for.
    read: usize,
    fields: [i64; 6],
    /// How many fields have been set.
    written: usize,
    #[collect(require_static)]
    result: Option<(i64, Date)>,
}

impl<'gc> Program<'gc> for Time<'gc> {
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        if let Some(index @ 0..6) = self.read.checked_sub(1)
            && self.result.is_none()
        {
            self.fields[index] = time_field(READ[index], input)?;
        }
        if self.read <= READ.len() {
            let name = READ.get(self.read).map_or("isdst", |(name, ..)| *name);
            self.read += 1;
            return Ok(Step::Index(self.table, ctx.string(name)));
        }
        if self.result.is_none() {
            let [year, month, day, hour, minute, second] = self.fields;
            let is_dst = (!input.is_nil()).then(|| input.is_truthy());
            let fields = Fields { year, month, day, hour, minute, second, is_dst };
            self.result = calendar::moment(&fields);
        }
        let invalid = || Error::message("time result cannot be represented in this installation");
        let (seconds, date) = self.result.as_ref().ok_or_else(invalid)?;
        if let Some((name, value)) = date_fields(date).get(self.written) {
            self.written += 1;
            return Ok(Step::Assign(self.table, ctx.string(name), *value));
        }
        // C's `mktime` says with -1 that it failed, so that this moment has no number there.
        if *seconds == -1 {
            return Err(invalid());
        }
        stack.replace(Value::Integer(*seconds));
        Ok(Step::Done)
    }
}

/// A field's number, within what C's `int` can hold.
fn time_field<'gc>(
    (name, default, delta): (&str, Option<i64>, i64),
    value: Value<'gc>,
) -> Result<i64, Error<'gc>> {
    match (value.to_integer(), default) {
        (Some(number), _) => {
            let in_range = if number >= 0 {
                number - delta <= i64::from(i32::MAX)
            } else {
                number >= i64::from(i32::MIN) + delta
            };
            if !in_range {
                return Err(Error::message(format!("field '{name}' is out-of-bound")));
            }
            Ok(number)
        }
        (None, _) if !value.is_nil() => {
            Err(Error::message(format!("field '{name}' is not an integer")))
        }
        (None, Some(default)) => Ok(default),
        (None, None) => Err(Error::message(format!("field '{name}' missing in date table"))),
    }
}

/// `os.difftime(later, earlier)`
fn difftime<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (later, earlier) = (stack.integer(ctx, 0)?, stack.integer(ctx, 1)?);
    let difference = i128::from(later) - i128::from(earlier);
    stack.replace(Value::float(difference as f64));
    Ok(CallbackReturn::Return)
}

/// `os.execute([command])`
fn execute<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let Some(command) = stack.optional_string(ctx, 0)? else {
        stack.replace(Value::boolean(cfg!(any(unix, windows))));
        return Ok(CallbackReturn::Return);
    };
    // What has been printed comes before what the command prints.
    let _ = Output::of(ctx).flush();
    let command = c_command(command.as_bytes());
    stack.burn(PROCESS_FUEL + text_fuel(command));
    let status = shell(command).and_then(|mut shell| shell.status());
    execution_result(ctx, stack, status);
    Ok(CallbackReturn::Return)
}

/// The longest command: the system takes no more.
const LONGEST_COMMAND: usize = if cfg!(target_os = "linux") { 1 << 17 } else { 1 << 20 };

/// A command, up to the first zero, or the beginning of one that is too long.
pub(crate) fn c_command(command: &[u8]) -> &[u8] {
    c_beginning(command, LONGEST_COMMAND)
}

/// The process that runs a command by way of the system's shell.
///
/// # Errors
/// The command is too long.
pub(crate) fn shell(command: &[u8]) -> io::Result<Command> {
    if command.len() > LONGEST_COMMAND {
        return Err(system_error::by_number(7, io::ErrorKind::ArgumentListTooLong));
    }
    Ok(short_shell(command))
}

/// The process that runs a command by way of the system's shell, which begins its messages with the
/// name that C's `system` and `popen` give it.
#[cfg(not(windows))]
fn short_shell(command: &[u8]) -> Command {
    let mut shell = Command::new("/bin/sh");
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut shell, "sh");
    shell.arg("-c").arg(system_error::os_string(command));
    shell
}

/// The process that runs a command by way of the system's shell.
#[cfg(windows)]
fn short_shell(command: &[u8]) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(system_error::os_string(command));
    shell
}

/// What `os.execute` and closing a process's pipe return (`luaL_execresult` in PUC-Rio's
/// `lauxlib.c`).
pub(crate) fn execution_result<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    status: io::Result<ExitStatus>,
) {
    let status = match status {
        Ok(status) => status,
        Err(error) => return system_error::file_result(ctx, stack, Err(error), None),
    };
    let (what, code) = match status.code() {
        Some(code) => ("exit", code),
        None => ("signal", signal(status)),
    };
    let success = if status.success() { Value::True } else { Value::Nil };
    stack.replace3(success, ctx.string(what), Value::Integer(i64::from(code)));
}

/// The signal that ended a process.
#[cfg(unix)]
fn signal(status: ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)
}

/// The signal that ended a process; there are none here.
#[cfg(not(unix))]
fn signal(_: ExitStatus) -> i32 {
    0
}

/// `os.exit([code [, close]])`
fn exit<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let code = match stack.get(0) {
        Value::True => 0,
        Value::False => 1,
        _ => stack.optional_integer(ctx, 0, 0)? as i32,
    };
    let _ = Output::of(ctx).flush();
    let close = Value::boolean(stack.get(1).is_truthy());
    ctx.registry().set_field(ctx, EXIT_CLOSES, close);
    stack.replace(close);
    Ok(CallbackReturn::Exit(code))
}

/// Whether the script that called `os.exit` wants the VM to be closed.
pub fn exit_closes(ctx: Context<'_>) -> bool {
    ctx.registry().get_field(ctx, EXIT_CLOSES).is_truthy()
}

/// `os.getenv(name)`
fn getenv<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let name = c_name(stack.string(ctx, 0)?.as_bytes());
    stack.burn(SYSTEM_FUEL + text_fuel(name));
    let value = match std::env::var_os(system_error::os_name(name)) {
        Some(value) => Value::String(ctx.intern_owned(system_error::os_bytes(value))),
        None => Value::Nil,
    };
    stack.replace(value);
    Ok(CallbackReturn::Return)
}

/// `os.remove(name)`
fn remove<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let name = c_name(stack.string(ctx, 0)?.as_bytes());
    stack.burn(REMOVAL_FUEL + text_fuel(name));
    let path = system_error::os_name(name);
    let is_directory = std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir());
    let result =
        if is_directory { std::fs::remove_dir(&path) } else { std::fs::remove_file(&path) };
    system_error::file_result(ctx, stack, result, Some(name));
    Ok(CallbackReturn::Return)
}

/// `os.rename(old, new)`
fn rename<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (old, new) = (stack.string(ctx, 0)?, stack.string(ctx, 1)?);
    let (old, new) = (c_name(old.as_bytes()), c_name(new.as_bytes()));
    stack.burn(RENAMING_FUEL + text_fuel(old) + text_fuel(new));
    let (old, new) = (system_error::os_name(old), system_error::os_name(new));
    system_error::file_result(ctx, stack, std::fs::rename(old, new), None);
    Ok(CallbackReturn::Return)
}

/// `os.setlocale([locale [, category]])`: there is only the "C" locale.
fn setlocale<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let locale = stack.optional_string(ctx, 0)?;
    stack.option(
        ctx,
        1,
        Some("all"),
        &["all", "collate", "ctype", "monetary", "numeric", "time"],
    )?;
    let known = match locale {
        None => true,
        Some(name) => matches!(c_word(name.as_bytes()), b"" | b"C" | b"POSIX"),
    };
    stack.replace(if known { ctx.string("C") } else { Value::Nil });
    Ok(CallbackReturn::Return)
}

/// `os.tmpname()`: the name of a file that has been made, so that it stays unique.
fn tmpname<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    stack.burn(CREATION_FUEL);
    let made = tempfile::Builder::new().prefix("lua_").rand_bytes(6).tempfile();
    let Some(path) = made.ok().and_then(|file| file.into_temp_path().keep().ok()) else {
        return Err(Error::message("unable to generate a unique filename"));
    };
    let name = system_error::os_bytes(path.into_os_string());
    stack.replace(Value::String(ctx.intern_owned(name)));
    Ok(CallbackReturn::Return)
}
