//! `load`, `loadfile` and `dofile`: from source text or a dump to a function.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use gc_arena::Collect;
use luster_value::{
    CallbackReturn, Closure, Context, Error, LuaString, Poll, Sequence, Stack, Value, quoted,
};
use luster_vm::Linking;

use super::compile::{self, BINARY, Begun, Chunk, Compilation, Progress};
use crate::c_values::{c_name, c_string};
use crate::counted::CountedBuffer;
use crate::system_error::{self, text_fuel};
use crate::work::Work;

/// What some editors begin files with.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The longest source: offsets in it have 32 bits.
const MAX_SOURCE: usize = i32::MAX as usize;

/// The key in the registry that is set when binary chunks are refused.
const TEXT_ONLY: &str = "_TEXTONLY";

/// Has `load` and its kin refuse binary chunks from now on.
pub(super) fn forbid_binaries(ctx: Context<'_>) {
    ctx.registry().set_field(ctx, TEXT_ONLY, Value::True);
}

/// How a chunk is to be loaded.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(crate) struct Options<'gc> {
    /// The letters of the kinds of chunk that are accepted; all are, without.
    pub(crate) mode: Option<LuaString<'gc>>,
    /// The value of the function's first upvalue; the globals, without.
    pub(crate) environment: Option<Value<'gc>>,
}

/// A chunk's function, or the message that says what is wrong with it.
pub(crate) type Loaded<'gc> = Result<Closure<'gc>, Vec<u8>>;

/// A chunk that is being loaded.
enum Loading<'gc> {
    Done(Closure<'gc>),
    Going(Box<Compilation>),
}

/// How much of a mode is looked at, and how much of it messages quote.
const READ_MODE: usize = 1 << 10;
const QUOTED_MODE: usize = 1_000;

/// What counts of a mode: what stands before a zero, and no more than the beginning of a very long one.
fn mode_letters(mode: LuaString<'_>) -> &[u8] {
    let mode = mode.as_bytes();
    c_string(&mode[..mode.len().min(READ_MODE)])
}

/// What it costs to load a chunk beside what its length does.
const LOAD_COST: usize = 200;

/// What is wrong when there is no room for what a chunk becomes.
const NO_MEMORY: &[u8] = b"not enough memory";

/// Makes a function of a chunk, or begins to if that takes long; or answers the message that says what is
/// wrong with it.
fn begin_loading<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    chunk: &[u8],
    name: &[u8],
    options: Options<'gc>,
) -> Result<Loading<'gc>, Vec<u8>> {
    stack.burn(LOAD_COST);
    if chunk.len() > MAX_SOURCE {
        return Err(NO_MEMORY.into());
    }
    let is_binary = Chunk { bytes: chunk, name }.is_binary();
    let (letter, kind) = if is_binary { (b'b', "binary") } else { (b't', "text") };
    let text_only = ctx.registry().get_field(ctx, TEXT_ONLY).is_truthy();
    let mode = match options.mode {
        Some(mode) => mode_letters(mode),
        None if text_only => b"t",
        None => b"bt",
    };
    if !mode.contains(&letter) || (is_binary && text_only) {
        let mode = if text_only && mode.contains(&b'b') { b"t" } else { mode };
        let mut message = format!("attempt to load a {kind} chunk (mode is '").into_bytes();
        message.extend(&mode[..mode.len().min(QUOTED_MODE)]);
        message.extend(if mode.len() > QUOTED_MODE { &b"...')"[..] } else { b"')" });
        return Err(message);
    }
    // Only files may begin with a byte order mark or a line for the shell, and the compiler takes every
    // text for a file; what stands after a space is neither.
    let is_spaced = chunk.starts_with(b"#") || chunk.starts_with(BYTE_ORDER_MARK);
    let prototype = match compile::begin(stack, Chunk { bytes: chunk, name }, is_spaced) {
        Begun::Done(compiled) => compiled?,
        Begun::Going(compilation) => return Ok(Loading::Going(compilation)),
        Begun::Refused => return Err(NO_MEMORY.into()),
    };
    let environment = environment(ctx, options);
    Ok(Loading::Done(luster_vm::load_closure(ctx, &Arc::new(prototype), environment)))
}

/// The value of the first upvalue of a function that is loaded so.
fn environment<'gc>(ctx: Context<'gc>, options: Options<'gc>) -> Value<'gc> {
    options.environment.unwrap_or(Value::Table(ctx.environment()))
}

/// How much fuel linking may take before the VM has a chance to stop the script.
const LINKED: usize = 20_000;

/// A long chunk on its way to a function.
#[derive(Collect)]
#[collect(no_drop)]
enum LongChunk<'gc> {
    /// It is compiled beside the script.
    Compiling(#[collect(require_static)] Box<Compilation>),
    /// It is linked, which the script waits for.
    Linking(Box<Linking<'gc>>),
}

impl<'gc> LongChunk<'gc> {
    /// Does what comes next. Answers what has come of the chunk, once that is everything.
    fn go_on(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        chunk: Chunk<'_>,
        options: Options<'gc>,
    ) -> Option<Loaded<'gc>> {
        match self {
            LongChunk::Compiling(compilation) => match compilation.poll(stack, chunk) {
                Progress::Going => None,
                Progress::Refused => Some(Err(NO_MEMORY.into())),
                Progress::Done(Ok(prototype)) => {
                    *self = LongChunk::Linking(Box::new(Linking::new(Arc::new(prototype))));
                    None
                }
                Progress::Done(Err(message)) => Some(Err(message)),
            },
            LongChunk::Linking(linking) => {
                let mut left = LINKED;
                let code = linking.go_on(ctx, &mut left);
                stack.burn(LINKED - left);
                code.map(|code| Ok(luster_vm::closure_of(ctx, code, environment(ctx, options))))
            }
        }
    }
}

/// `load` of a long text.
#[derive(Collect)]
#[collect(no_drop)]
struct LoadingLong<'gc> {
    state: LongChunk<'gc>,
    text: LuaString<'gc>,
    name: LuaString<'gc>,
    options: Options<'gc>,
}

impl<'gc> Sequence<'gc> for LoadingLong<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let chunk = Chunk { bytes: self.text.as_bytes(), name: self.name.as_bytes() };
        let loaded = self.state.go_on(ctx, stack, chunk, self.options);
        Ok(return_when_loaded(ctx, stack, loaded))
    }
}

/// Puts what `load` returns on the stack, if there is anything yet.
fn return_when_loaded<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    loaded: Option<Loaded<'gc>>,
) -> Poll<'gc> {
    let Some(loaded) = loaded else { return Poll::Pending };
    return_loaded(ctx, stack, loaded);
    Poll::Return
}

/// Puts what `load` returns on the stack: the function, or nil and the message.
fn return_loaded<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>, loaded: Loaded<'gc>) {
    match loaded {
        Ok(closure) => stack.replace(Value::Closure(closure)),
        Err(message) => {
            stack.replace2(Value::Nil, Value::String(ctx.intern_owned(message)));
        }
    }
}

/// The mode and the environment, from the arguments at `mode` and after it.
fn options<'gc>(
    ctx: Context<'gc>,
    stack: &Stack<'_, 'gc>,
    mode: usize,
) -> Result<Options<'gc>, Error<'gc>> {
    let letters = stack.optional_string(ctx, mode)?;
    if letters.is_some_and(|letters| mode_letters(letters).contains(&b'B')) {
        // That is for hosts whose buffers stay where they are.
        return Err(Error::argument(mode + 1, "invalid mode"));
    }
    let environment = (stack.len() > mode + 1).then(|| stack.get(mode + 1));
    Ok(Options { mode: letters, environment })
}

/// `load(chunk [, name [, mode [, environment]]])`
pub(super) fn load<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let options = options(ctx, stack, 2)?;
    let text = match stack.get(0) {
        Value::String(text) => Some(text),
        number => ctx.number_to_string(number),
    };
    let name = stack.optional_string(ctx, 1)?;
    match text {
        Some(text) => {
            let name = name.unwrap_or(text);
            let (chunk, title) = (text.as_bytes(), name.as_bytes());
            let loaded = match begin_loading(ctx, stack, chunk, title, options) {
                Ok(Loading::Going(compilation)) => {
                    let state = LongChunk::Compiling(compilation);
                    let loading = LoadingLong { state, text, name, options };
                    return Ok(CallbackReturn::Sequence(Box::new(loading)));
                }
                Ok(Loading::Done(closure)) => Ok(closure),
                Err(message) => Err(message),
            };
            return_loaded(ctx, stack, loaded);
            Ok(CallbackReturn::Return)
        }
        None => {
            let reader = stack.function(ctx, 0)?;
            let name = name.unwrap_or_else(|| ctx.intern(b"=(load)"));
            stack.clear();
            let pieces = CountedBuffer::new();
            let (called, is_complete) = (false, false);
            let reading = Reading { reader, name, options, pieces, called, is_complete, all: None };
            Ok(CallbackReturn::Sequence(Box::new(reading)))
        }
    }
}

/// `load` from a function that returns the chunk piece by piece.
#[derive(Collect)]
#[collect(no_drop)]
struct Reading<'gc> {
    reader: Value<'gc>,
    name: LuaString<'gc>,
    options: Options<'gc>,
    pieces: CountedBuffer,
    called: bool,
    /// Whether there is no more to come.
    is_complete: bool,
    /// What is made of the pieces, once they are all there.
    all: Option<LongChunk<'gc>>,
}

impl<'gc> Reading<'gc> {
    fn finish(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        self.is_complete = true;
        if !self.pieces.gather(stack)? {
            return Ok(Poll::Pending);
        }
        let name = self.name.as_bytes();
        let pieces = self.pieces.as_bytes();
        let loaded = match begin_loading(ctx, stack, pieces, name, self.options) {
            Ok(Loading::Going(compilation)) => {
                self.all = Some(LongChunk::Compiling(compilation));
                return Ok(Poll::Pending);
            }
            Ok(Loading::Done(closure)) => Ok(closure),
            Err(message) => Err(message),
        };
        return_loaded(ctx, stack, loaded);
        Ok(Poll::Return)
    }
}

impl<'gc> Sequence<'gc> for Reading<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if let Some(all) = &mut self.all {
            let chunk = Chunk { bytes: self.pieces.as_bytes(), name: self.name.as_bytes() };
            let loaded = all.go_on(ctx, stack, chunk, self.options);
            return Ok(return_when_loaded(ctx, stack, loaded));
        }
        if self.is_complete {
            return self.finish(ctx, stack);
        }
        if self.called {
            match stack.get(0) {
                Value::Nil => return self.finish(ctx, stack),
                Value::String(piece) if piece.is_empty() => return self.finish(ctx, stack),
                piece => {
                    let before = self.pieces.len();
                    if !self.pieces.extend_value(piece)? {
                        // Level 1 is this sequence itself.
                        let place = luster_vm::traceback::position(ctx, stack.thread_state(), 2);
                        let mut message = place;
                        message.extend(b"reader function must return a string");
                        stack.replace2(Value::Nil, Value::String(ctx.intern_owned(message)));
                        return Ok(Poll::Return);
                    }
                    stack.burn((self.pieces.len() - before) / super::compile::COPIED_PER_FUEL);
                    if self.pieces.len() > MAX_SOURCE {
                        return self.finish(ctx, stack);
                    }
                }
            }
        }
        self.called = true;
        stack.clear();
        Ok(Poll::Call(self.reader, 0))
    }

    /// An error in the reader is an error of the chunk.
    fn error(
        &mut self,
        ctx: Context<'gc>,
        error: Error<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        stack.replace2(Value::Nil, error.into_value(ctx));
        Ok(Poll::Return)
    }

    fn catches_errors(&self) -> bool {
        true
    }
}

/// What it costs to open a file, to read it and to close it, beside what its name and its length do.
const LOADED_FUEL: usize = 2_000;

/// How many bytes of a file are read before the fuel is looked at, and how many cost a unit of fuel.
const FILE_PORTION: usize = 1 << 18;
const READ_PER_FUEL: usize = 16;

/// A file (the standard input, without a name) that is being read and made a function of.
#[derive(Collect)]
#[collect(no_drop)]
pub(crate) struct FileLoading<'gc> {
    #[collect(require_static)]
    file: Option<File>,
    /// The chunk's name.
    name: Vec<u8>,
    contents: CountedBuffer,
    /// Where its first line ends.
    line_end: Option<usize>,
    is_complete: bool,
    options: Options<'gc>,
    /// What is made of the contents, when they are long.
    all: Option<LongChunk<'gc>>,
}

/// The message that something cannot be done with a file, or with the standard input.
fn failed(what: &str, file_name: Option<&[u8]>) -> Vec<u8> {
    let mut message = format!("cannot {what} ").into_bytes();
    message.extend(&*quoted(file_name.unwrap_or(b"stdin")));
    message
}

impl<'gc> FileLoading<'gc> {
    /// Opens a file, or says why not.
    pub(crate) fn open(
        stack: &mut Stack<'_, 'gc>,
        file_name: Option<&[u8]>,
        options: Options<'gc>,
    ) -> Result<Self, Vec<u8>> {
        stack.burn(LOADED_FUEL);
        let (contents, line_end) = (CountedBuffer::new(), None);
        let (is_complete, all) = (false, None);
        let Some(file_name) = file_name.map(c_name) else {
            let name = b"=stdin".to_vec();
            let file = None;
            return Ok(FileLoading { file, name, contents, line_end, is_complete, options, all });
        };
        stack.burn(text_fuel(file_name));
        let file = File::open(system_error::os_name(file_name)).map_err(|error| {
            let mut message = failed("open", Some(file_name));
            message.extend(format!(": {}", system_error::text(&error)).bytes());
            message
        })?;
        let name = [b"@", file_name].concat();
        let file = Some(file);
        Ok(FileLoading { file, name, contents, line_end, is_complete, options, all })
    }

    /// Does what comes next. Answers what has come of the file, once that is everything.
    pub(crate) fn go_on(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Option<Loaded<'gc>> {
        match self.finish_reading(stack) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(message) => return Some(Err(message)),
        }
        let (bytes, name) =
            (skip_first_comment(self.contents.as_bytes(), self.line_end), &self.name[..]);
        if let Some(all) = &mut self.all {
            return all.go_on(ctx, stack, Chunk { bytes, name }, self.options);
        }
        match begin_loading(ctx, stack, bytes, name, self.options) {
            Ok(Loading::Going(compilation)) => {
                self.all = Some(LongChunk::Compiling(compilation));
                None
            }
            Ok(Loading::Done(closure)) => Some(Ok(closure)),
            Err(message) => Some(Err(message)),
        }
    }

    /// Reads a portion, or puts together what has been read. Tells whether all of it is there.
    fn finish_reading(&mut self, stack: &mut Stack<'_, 'gc>) -> Result<bool, Vec<u8>> {
        if !self.is_complete {
            let before = self.contents.len();
            let end = self.read_until(before + FILE_PORTION);
            stack.burn((self.contents.len() - before) / READ_PER_FUEL);
            if !end? {
                return Ok(false);
            }
            self.is_complete = true;
        }
        self.contents.gather(stack).map_err(|_| NO_MEMORY.into())
    }

    /// Reads until there are so many bytes. Tells whether that is the end.
    fn read_until(&mut self, length: usize) -> Result<bool, Vec<u8>> {
        let mut block = [0; 8192];
        while self.contents.len() < length {
            let read = match &mut self.file {
                Some(file) => file.read(&mut block),
                None => std::io::stdin().read(&mut block),
            };
            match read {
                Ok(0) => return Ok(true),
                Ok(count) => {
                    if self.line_end.is_none() {
                        let end = memchr::memchr(b'\n', &block[..count]);
                        self.line_end = end.map(|end| self.contents.len() + end);
                    }
                    let is_full = self.contents.extend(&block[..count]).is_err();
                    if is_full || self.contents.len() > MAX_SOURCE {
                        return Err(NO_MEMORY.into());
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // The reference does not know any more why, either.
                Err(_) => return Err(failed("read", self.file.as_ref().map(|_| &self.name[1..]))),
            }
        }
        Ok(false)
    }
}

/// A file's chunk, without a byte order mark and, when the first line is a comment that begins with
/// `#`, without that; its newline stays, so that lines keep their numbers. Where the line ends is known.
fn skip_first_comment(contents: &[u8], line_end: Option<usize>) -> &[u8] {
    let chunk = contents.strip_prefix(BYTE_ORDER_MARK).unwrap_or(contents);
    if chunk.first() != Some(&b'#') {
        return chunk;
    }
    let rest = line_end.map_or(&b""[..], |newline| &contents[newline..]);
    match rest {
        [b'\n', binary @ ..] if binary.first() == Some(&BINARY) => binary,
        text => text,
    }
}

/// `loadfile([name [, mode [, environment]]])`
pub(super) fn loadfile<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let file_name = stack.optional_string(ctx, 0)?;
    let options = options(ctx, stack, 1)?;
    let file_name = file_name.map(LuaString::as_bytes);
    match FileLoading::open(stack, file_name, options) {
        Ok(loading) => loading.begin(ctx, stack),
        Err(message) => {
            return_loaded(ctx, stack, Err(message));
            Ok(CallbackReturn::Return)
        }
    }
}

/// `loadfile` at work.
impl<'gc> Work<'gc> for FileLoading<'gc> {
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let Some(loaded) = FileLoading::go_on(self, ctx, stack) else { return Ok(false) };
        return_loaded(ctx, stack, loaded);
        Ok(true)
    }
}

/// `dofile([name])`
pub(super) fn dofile<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let file_name = stack.optional_string(ctx, 0)?;
    let options = Options { mode: None, environment: None };
    let loading = FileLoading::open(stack, file_name.map(LuaString::as_bytes), options);
    let mut doing = DoingFile(loading.map_err(|message| raised(ctx, message))?);
    Ok(match doing.go_on(ctx, stack)? {
        Some(function) => CallbackReturn::Call(function, None),
        None => CallbackReturn::Sequence(Box::new(doing)),
    })
}

/// The message that `load` would return, as an error.
fn raised<'gc>(ctx: Context<'gc>, message: Vec<u8>) -> Error<'gc> {
    Error::Value(Value::String(ctx.intern_owned(message)))
}

/// `dofile` at work.
#[derive(Collect)]
#[collect(no_drop)]
struct DoingFile<'gc>(FileLoading<'gc>);

impl<'gc> DoingFile<'gc> {
    /// Does what comes next. Answers the function to be called without arguments, once there is one.
    fn go_on(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Option<Value<'gc>>, Error<'gc>> {
        let Some(loaded) = self.0.go_on(ctx, stack) else { return Ok(None) };
        stack.clear();
        loaded.map(|closure| Some(Value::Closure(closure))).map_err(|message| raised(ctx, message))
    }
}

impl<'gc> Sequence<'gc> for DoingFile<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        Ok(self.go_on(ctx, stack)?.map_or(Poll::Pending, Poll::TailCall))
    }
}

#[cfg(test)]
mod tests {
    fn skip_first_comment(contents: &[u8]) -> &[u8] {
        super::skip_first_comment(contents, memchr::memchr(b'\n', contents))
    }

    #[test]
    fn first_lines_that_are_comments_are_skipped() {
        assert_eq!(skip_first_comment(b"\xEF\xBB\xBFx = 1"), b"x = 1");
        assert_eq!(skip_first_comment(b"#!/bin/lua\nx = 1"), b"\nx = 1");
        assert_eq!(skip_first_comment(b"\xEF\xBB\xBF# c\n\x1Bdump"), b"\x1Bdump");
        assert_eq!(skip_first_comment(b"# c"), b"");
        assert_eq!(skip_first_comment(b""), b"");
    }
}
