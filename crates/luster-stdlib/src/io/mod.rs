//! The `io` library: files as userdata, and the default files.
//!
//! What is behind a file is in `stream`, reading by formats in `read`, writing in `write`. Standard output is the VM's
//! `Output`, which `print` writes to as well.

mod read;
mod stream;
mod write;

use std::cell::RefCell;
use std::io::{self, SeekFrom};
use std::process::ExitStatus;
use std::rc::{Rc, Weak};

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error, Function, LuaString, Stack, Table,
    UserData, Value, quoted,
};

use self::read::Purpose;
use self::stream::{Mode, Stream};
use crate::buffer::reserve_results;
use crate::c_values::{c_name, c_word};
use crate::os::c_command;
use crate::output::{Buffering, Output};
use crate::system_error::{self, file_result, text_fuel};
use crate::work::Work;

/// The most formats that `lines` takes.
const MAX_LINE_FORMATS: usize = 250;

/// The name of files' type, and the key of their metatable in the registry.
const FILE: &str = "FILE*";

/// The key in the registry of what there is one of in a VM.
const OPEN_FILES: &str = "_IO_files";

/// What the library holds.
const FUNCTIONS: &[(&str, Function)] = &[
    ("close", close),
    ("flush", flush),
    ("input", input),
    ("lines", lines),
    ("open", open_file),
    ("output", output),
    ("popen", popen),
    ("read", read),
    ("tmpfile", tmpfile),
    ("type", r#type),
    ("write", write),
];

/// The methods of files.
const METHODS: &[(&str, Function)] = &[
    ("close", file_close),
    ("flush", file_flush),
    ("lines", file_lines),
    ("read", file_read),
    ("seek", file_seek),
    ("setvbuf", file_setvbuf),
    ("write", file_write),
];

/// The metamethods of files.
const METAMETHODS: &[(&str, Function)] = &[("__gc", file_gc), ("__tostring", file_tostring)];

/// A default file.
#[derive(Clone, Copy)]
enum Default {
    Input,
    Output,
}

impl Default {
    fn key(self) -> &'static str {
        match self {
            Default::Input => "_IO_input",
            Default::Output => "_IO_output",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Default::Input => "input",
            Default::Output => "output",
        }
    }
}

/// The stream of a file, absent when it is closed.
type FileStream = RefCell<Option<Stream>>;

/// What a file's userdata holds.
struct File(Rc<FileStream>);

/// The files that may be open, so that they can be flushed before a command runs.
#[derive(std::default::Default)]
struct OpenFiles(RefCell<Vec<Weak<FileStream>>>);

impl OpenFiles {
    fn add(&self, file: &Rc<FileStream>) {
        let mut files = self.0.borrow_mut();
        if files.len() == files.capacity() {
            files.retain(|file| file.strong_count() > 0);
        }
        files.push(Rc::downgrade(file));
    }

    /// Writes what they have kept back, from one on: as much as may be before the fuel is looked at. Answers
    /// which is next, if any is, and what that has cost.
    fn flush(&self, from: usize) -> (Option<usize>, usize) {
        /// How much that is.
        const PORTION: usize = 10_000;
        let mut cost = 0;
        for (index, file) in self.0.borrow().iter().enumerate().skip(from) {
            if cost > PORTION {
                return (Some(index), cost);
            }
            cost += 1;
            if let Some(file) = file.upgrade()
                && let Ok(mut file) = file.try_borrow_mut()
                && let Some(stream) = &mut *file
            {
                // As C's `fflush(NULL)`, whose result nobody looks at.
                let _ = stream.flush();
                cost += stream.take_owed();
            }
        }
        (None, cost)
    }
}

/// What it costs to have the operating system open a file.
const OPENING_FUEL: usize = 4_000;

/// What it costs to have it close one.
const CLOSING_FUEL: usize = 200;

/// What it costs beyond that to have it make a file or begin a process.
const CREATION_FUEL: usize = 16_000;

/// Makes the library's table, the metatable of files and the default files.
pub(crate) fn open<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    let metatable = crate::table_of(ctx, METAMETHODS, 4);
    metatable.set_field(ctx, "__close", metatable.get_field(ctx, "__gc"));
    let methods = crate::table_of(ctx, METHODS, 0);
    metatable.set_field(ctx, "__index", Value::Table(methods));
    metatable.set_field(ctx, "__name", ctx.string(FILE));
    ctx.registry().set_field(ctx, FILE, Value::Table(metatable));
    let open_files = UserData::new(ctx, OpenFiles::default(), None);
    ctx.registry().set_field(ctx, OPEN_FILES, Value::UserData(open_files));

    let library = crate::table_of(ctx, FUNCTIONS, 3);
    let stdin = new_file(ctx, Stream::stdin());
    let stdout = new_file(ctx, Stream::stdout(Output::of(ctx)));
    library.set_field(ctx, "stdin", stdin);
    library.set_field(ctx, "stdout", stdout);
    library.set_field(ctx, "stderr", new_file(ctx, Stream::stderr()));
    ctx.registry().set_field(ctx, Default::Input.key(), stdin);
    ctx.registry().set_field(ctx, Default::Output.key(), stdout);
    library
}

/// A file of a stream.
fn new_file<'gc>(ctx: Context<'gc>, stream: Stream) -> Value<'gc> {
    let metatable = match ctx.registry().get_field(ctx, FILE) {
        Value::Table(metatable) => Some(metatable),
        _ => None,
    };
    let file = Rc::new(RefCell::new(Some(stream)));
    if let Some(open_files) = open_files(ctx) {
        open_files.add(&file);
    }
    // The stream closes itself when it is dropped, so that no finalizer has to run.
    Value::UserData(UserData::new(ctx, File(file), metatable))
}

fn open_files<'gc>(ctx: Context<'gc>) -> Option<&'gc OpenFiles> {
    match ctx.registry().get_field(ctx, OPEN_FILES) {
        Value::UserData(files) => files.downcast(),
        _ => None,
    }
}

/// The stream of a userdata, if it is a file.
fn stream_of(file: UserData<'_>) -> Option<&FileStream> {
    file.downcast::<File>().map(|file| &*file.0)
}

/// The file that the first argument has to be, open or closed.
fn any_file<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
) -> Result<(UserData<'gc>, &'gc FileStream), Error<'gc>> {
    if let Value::UserData(userdata) = stack.get(0)
        && let Some(file) = userdata.downcast::<File>()
    {
        return Ok((userdata, &*file.0));
    }
    Err(stack.type_error(ctx, 0, FILE))
}

/// The open file that the first argument has to be.
fn file<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
) -> Result<(UserData<'gc>, &'gc FileStream), Error<'gc>> {
    let (userdata, stream) = any_file(ctx, stack)?;
    if is_closed(stream) {
        return Err(Error::message("attempt to use a closed file"));
    }
    Ok((userdata, stream))
}

fn is_closed(stream: &FileStream) -> bool {
    stream.try_borrow().is_ok_and(|stream| stream.is_none())
}

/// A default file, whatever has become of it.
fn default_value<'gc>(ctx: Context<'gc>, which: Default) -> Value<'gc> {
    ctx.registry().get_field(ctx, which.key())
}

/// A default file, which has to be open.
fn default_file<'gc>(
    ctx: Context<'gc>,
    which: Default,
) -> Result<(UserData<'gc>, &'gc FileStream), Error<'gc>> {
    if let Value::UserData(userdata) = default_value(ctx, which)
        && let Some(file) = userdata.downcast::<File>()
        && !is_closed(&file.0)
    {
        return Ok((userdata, &*file.0));
    }
    Err(Error::message(format!("default {} file is closed", which.name())))
}

/// Works on a stream, and pays for what the system does for it.
fn with_stream<'gc, R>(
    stack: &mut Stack<'_, 'gc>,
    stream: &FileStream,
    work: impl FnOnce(&mut Stream) -> io::Result<R>,
) -> Result<io::Result<R>, Error<'gc>> {
    let (result, owed) = work_on(stream, work)?;
    stack.burn(owed);
    Ok(result)
}

/// Works on a stream. Tells, too, what is to be paid for what the system does for it.
fn work_on<'gc, R>(
    stream: &FileStream,
    work: impl FnOnce(&mut Stream) -> io::Result<R>,
) -> Result<(io::Result<R>, usize), Error<'gc>> {
    // It is borrowed only while a function of this library works, none of which calls another; a
    // host's writer that comes back here sees a closed file.
    let mut stream = stream.try_borrow_mut().map_err(|_| Error::message("file is in use"))?;
    match &mut *stream {
        Some(stream) => {
            let result = work(stream);
            Ok((result, stream.take_owed()))
        }
        None => Err(Error::message("attempt to use a closed file")),
    }
}

/// Opens a file or raises an error: what functions that take a file's name do.
fn open_or_raise<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    name: &[u8],
    mode: Mode,
) -> Result<Value<'gc>, Error<'gc>> {
    let name = c_name(name);
    stack.burn(OPENING_FUEL + text_fuel(name));
    match Stream::open(system_error::os_name(name).as_ref(), mode) {
        Ok(stream) => Ok(new_file(ctx, stream)),
        Err(error) => {
            let mut message = b"cannot open file '".to_vec();
            message.extend(&*quoted(name));
            message.extend(b"' (");
            message.extend(system_error::text(&error).bytes());
            message.push(b')');
            Err(Error::message(message))
        }
    }
}

/// Puts a new file, or what says why there is none, in the place of the arguments.
fn file_or_failure<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    stream: io::Result<Stream>,
    name: Option<&[u8]>,
) -> CallbackReturn<'gc> {
    stack.burn(OPENING_FUEL + name.map_or(0, text_fuel));
    match stream {
        Ok(stream) => stack.replace(new_file(ctx, stream)),
        Err(error) => file_result(ctx, stack, Err(error), name),
    }
    CallbackReturn::Return
}

/// `io.open(name [, mode])`: a new file, or nil, a message and an error number.
fn open_file<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let name = stack.string(ctx, 0)?;
    let name = c_name(name.as_bytes());
    let mode = stack.optional_string(ctx, 1)?;
    let mode = Mode::parse(mode.map_or(b"r", |mode| c_word(mode.as_bytes())))
        .ok_or_else(|| Error::argument(2, "invalid mode"))?;
    let stream = Stream::open(system_error::os_name(name).as_ref(), mode);
    Ok(file_or_failure(ctx, stack, stream, Some(name)))
}

/// `io.popen(command [, mode])`: a file to read what a command writes, or to write what it reads.
fn popen<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let command = stack.string(ctx, 0)?;
    let mode = stack.optional_string(ctx, 1)?;
    let reads = match mode.map_or(&b"r"[..], |mode| c_word(mode.as_bytes())) {
        b"r" => true,
        b"w" => false,
        _ => return Err(Error::argument(2, "invalid mode")),
    };
    let _ = Output::of(ctx).flush();
    Running { command, reads, flushed: 0 }.begin(ctx, stack)
}

/// `popen` at work: all open files are flushed first.
#[derive(Collect)]
#[collect(no_drop)]
struct Running<'gc> {
    command: LuaString<'gc>,
    reads: bool,
    /// How many files have been flushed.
    flushed: usize,
}

impl<'gc> Work<'gc> for Running<'gc> {
    /// Flushes a portion, or runs the command. Tells whether that has been done.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        if let Some(files) = open_files(ctx) {
            let (next, cost) = files.flush(self.flushed);
            stack.burn(cost);
            if let Some(next) = next {
                self.flushed = next;
                return Ok(false);
            }
        }
        let command = c_command(self.command.as_bytes());
        let stream = Stream::command(command, self.reads);
        stack.burn(CREATION_FUEL);
        file_or_failure(ctx, stack, stream, Some(command));
        Ok(true)
    }
}

/// `io.tmpfile()`: a file without a name, open for reading and writing.
fn tmpfile<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    stack.burn(CREATION_FUEL);
    Ok(file_or_failure(ctx, stack, Stream::temporary(), None))
}

/// `io.type(value)`: `"file"`, `"closed file"`, or nil for what is none.
fn r#type<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    stack.any(0)?;
    let answer = match any_file(ctx, stack) {
        Ok((_, stream)) if is_closed(stream) => ctx.string("closed file"),
        Ok(_) => ctx.string("file"),
        Err(_) => Value::Nil,
    };
    stack.replace(answer);
    Ok(CallbackReturn::Return)
}

/// `io.input([file])`: sets the default input, to a file or to one of this name; returns it.
fn input<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    set_default(ctx, stack, Default::Input, Mode::READ)
}

/// `io.output([file])`: sets the default output, to a file or to one of this name; returns it.
fn output<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    set_default(ctx, stack, Default::Output, Mode::WRITE)
}

fn set_default<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    which: Default,
    mode: Mode,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let new = match stack.get(0) {
        Value::Nil => None,
        Value::String(_) | Value::Integer(_) | Value::Float(_) => {
            let name = stack.string(ctx, 0)?;
            Some(open_or_raise(ctx, stack, name.as_bytes(), mode)?)
        }
        _ => Some(Value::UserData(file(ctx, stack)?.0)),
    };
    if let Some(new) = new {
        ctx.registry().set_field(ctx, which.key(), new);
    }
    stack.replace(default_value(ctx, which));
    Ok(CallbackReturn::Return)
}

/// `io.close([file])`: closes a file, the default output without one.
fn close<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    if stack.is_empty() {
        stack.push(default_value(ctx, Default::Output));
    }
    file_close(ctx, stack)
}

/// What closing a file came to.
enum Closed {
    /// It is one that cannot be closed.
    Standard,
    /// It is closed, well or not; and how its command ended.
    Done(io::Result<Option<ExitStatus>>),
}

/// Closes the stream of an open file.
fn close_stream(file: UserData<'_>) -> Option<Closed> {
    let mut stream = stream_of(file)?.try_borrow_mut().ok()?;
    if stream.as_ref()?.is_standard() {
        return Some(Closed::Standard);
    }
    stream.take().map(|stream| Closed::Done(stream.close()))
}

/// `file:close()`: closes it; for a command, returns how that ended.
fn file_close<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (file, _) = file(ctx, stack)?;
    stack.burn(CLOSING_FUEL);
    match close_stream(file) {
        Some(Closed::Done(Ok(None))) => stack.replace(Value::True),
        Some(Closed::Done(Ok(Some(status)))) => exit_result(ctx, stack, status),
        Some(Closed::Done(Err(error))) => file_result(ctx, stack, Err(error), None),
        Some(Closed::Standard) | None => {
            stack.replace2(Value::Nil, ctx.string("cannot close standard file"));
        }
    }
    Ok(CallbackReturn::Return)
}

/// What says how a command ended (`luaL_execresult` in PUC-Rio's `lauxlib.c`): whether it went well,
/// `"exit"` or `"signal"`, and the number of either.
pub(crate) fn exit_result<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>, status: ExitStatus) {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    let (kind, number) = match (status.code(), signal) {
        (Some(code), _) => ("exit", code),
        (None, signal) => ("signal", signal.unwrap_or(0)),
    };
    let success = if status.success() { Value::True } else { Value::Nil };
    stack.replace3(success, ctx.string(kind), Value::Integer(i64::from(number)));
}

/// The metamethod that closes a file that is open still.
fn file_gc<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (file, _) = any_file(ctx, stack)?;
    // Nobody is told how it went, as in the reference.
    let _ = close_stream(file);
    stack.clear();
    Ok(CallbackReturn::Return)
}

/// The metamethod that makes a file a string.
fn file_tostring<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (file, stream) = any_file(ctx, stack)?;
    let text = if is_closed(stream) {
        "file (closed)".to_owned()
    } else {
        format!("file ({:#x})", Value::UserData(file).address().unwrap_or(0))
    };
    stack.replace(ctx.string(text));
    Ok(CallbackReturn::Return)
}

/// `io.read(...)`: reads from the default input.
fn read<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (file, stream) = default_file(ctx, Default::Input)?;
    if let Some(value) = read::read_buffered(ctx, stack, stream, 0) {
        stack.replace(value);
        return Ok(CallbackReturn::Return);
    }
    flush_before_input(ctx, file);
    read::read(ctx, stack, file, 0, Purpose::Read)
}

/// `file:read(...)`: reads by formats: `"n"`, `"l"`, `"L"`, `"a"`, or a number of bytes.
fn file_read<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (file, stream) = file(ctx, stack)?;
    if let Some(value) = read::read_buffered(ctx, stack, stream, 1) {
        stack.replace(value);
        return Ok(CallbackReturn::Return);
    }
    flush_before_input(ctx, file);
    read::read(ctx, stack, file, 1, Purpose::Read)
}

/// Passes on what has been printed before somebody is waited for.
fn flush_before_input<'gc>(ctx: Context<'gc>, file: UserData<'gc>) {
    let waits = stream_of(file)
        .and_then(|stream| stream.try_borrow().ok())
        .is_some_and(|stream| stream.as_ref().is_some_and(Stream::waits_for_somebody));
    if waits {
        // What goes wrong shows when something is written next.
        let _ = Output::of(ctx).flush();
    }
}

/// The iterator of `lines`.
#[derive(Collect)]
#[collect(no_drop)]
struct Lines<'gc> {
    file: UserData<'gc>,
    /// As many formats as there are, in a table, in case they are many.
    formats: Option<Table<'gc>>,
    count: usize,
    closes: bool,
}

impl<'gc> Captured<'gc> for Lines<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let Some(stream) = stream_of(self.file).filter(|stream| !is_closed(stream)) else {
            return Err(Error::message("file is already closed"));
        };
        stack.resize(1);
        if let Some(formats) = self.formats {
            reserve_results(stack, self.count, "too many arguments")?;
            stack.extend((1..=self.count).map(|index| formats.get_integer(index as i64)));
        }
        if let Some(value) = read::read_buffered(ctx, stack, stream, 1) {
            stack.replace(value);
            return Ok(CallbackReturn::Return);
        }
        flush_before_input(ctx, self.file);
        read::read(ctx, stack, self.file, 1, Purpose::Iterate { closes: self.closes })
    }
}

/// The iterator of `lines` with the formats that are on the stack, from the second value on.
fn lines_iterator<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    file: UserData<'gc>,
    closes: bool,
) -> Result<Value<'gc>, Error<'gc>> {
    if stack.len() > MAX_LINE_FORMATS + 1 {
        return Err(Error::argument(MAX_LINE_FORMATS + 2, "too many arguments"));
    }
    let count = stack.len().saturating_sub(1);
    let mut formats = None;
    if count > 0 {
        let table = Table::with_room(ctx, count as u32, 0).map_err(|_| Error::memory())?;
        for (index, format) in (0..).zip(stack.iter().skip(1)) {
            table.append(&ctx, index, &[format]);
        }
        formats = Some(table);
    }
    let lines = Lines { file, formats, count, closes };
    Ok(Value::Callback(Callback::captured(ctx, "lines", lines)))
}

/// `io.lines([name, ...])`: an iterator that reads a file of this name and closes it at its end, or
/// one that reads the default input.
fn lines<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    if stack.get(0).is_nil() {
        stack.set(0, default_value(ctx, Default::Input));
        return file_lines(ctx, stack);
    }
    let name = stack.string(ctx, 0)?;
    let file = open_or_raise(ctx, stack, name.as_bytes(), Mode::READ)?;
    let Value::UserData(userdata) = file else { return Ok(CallbackReturn::Return) };
    let iterator = lines_iterator(ctx, stack, userdata, true)?;
    // The last result is closed when the loop ends.
    stack.replace3(iterator, Value::Nil, Value::Nil);
    stack.push(file);
    Ok(CallbackReturn::Return)
}

/// `file:lines(...)`: an iterator that reads by formats.
fn file_lines<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (file, _) = file(ctx, stack)?;
    let iterator = lines_iterator(ctx, stack, file, false)?;
    stack.replace(iterator);
    Ok(CallbackReturn::Return)
}

/// `io.write(...)`: writes strings and numbers to the default output.
fn write<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (file, _) = default_file(ctx, Default::Output)?;
    write::arguments(ctx, stack, file, 0)
}

/// `file:write(...)`: writes strings and numbers; returns the file.
fn file_write<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (file, _) = file(ctx, stack)?;
    write::arguments(ctx, stack, file, 1)
}

/// `io.flush()`: writes what the default output has kept back.
fn flush<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (_, stream) = default_file(ctx, Default::Output)?;
    let result = with_stream(stack, stream, Stream::flush)?;
    file_result(ctx, stack, result, None);
    Ok(CallbackReturn::Return)
}

/// `file:flush()`: writes what it has kept back.
fn file_flush<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (_, stream) = file(ctx, stack)?;
    let result = with_stream(stack, stream, Stream::flush)?;
    file_result(ctx, stack, result, None);
    Ok(CallbackReturn::Return)
}

/// `file:seek([whence [, offset]])`: sets the position; returns it, counted from the beginning.
fn file_seek<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (_, stream) = file(ctx, stack)?;
    let whence = stack.option(ctx, 1, Some("cur"), &["set", "cur", "end"])?;
    let offset = stack.optional_integer(ctx, 2, 0)?;
    let result = with_stream(stack, stream, |stream| {
        stream.seek(match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| stream::invalid_argument())?),
            1 => SeekFrom::Current(offset),
            _ => SeekFrom::End(offset),
        })
    })?;
    match result {
        Ok(position) => stack.replace(Value::Integer(position as i64)),
        Err(error) => file_result(ctx, stack, Err(error), None),
    }
    Ok(CallbackReturn::Return)
}

/// `file:setvbuf(mode [, size])`: sets when what is written is passed on: at once (`"no"`), when the
/// buffer is full (`"full"`), or when a line is (`"line"`). The size is left to the library.
fn file_setvbuf<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (_, stream) = file(ctx, stack)?;
    let buffering = match stack.option(ctx, 1, None, &["no", "full", "line"])? {
        0 => Buffering::None,
        1 => Buffering::Full,
        _ => Buffering::Line,
    };
    stack.optional_integer(ctx, 2, 0)?;
    let result = with_stream(stack, stream, |stream| stream.set_buffering(buffering))?;
    file_result(ctx, stack, result, None);
    Ok(CallbackReturn::Return)
}
