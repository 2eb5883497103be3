//! Making prototypes of source texts and dumps on behalf of a script: within the memory that there is, and
//! of long ones beside the script, so that it can be stopped while its host waits.
//!
//! The parser, the compiler and `undump` are plain functions of their input, which cannot be left half
//! done. A long chunk is therefore compiled by a thread of its own. The script pays for it as it goes, by the
//! chunk's length and so the same in every run, and waits at the end if it has paid too soon. Where
//! there are no threads, or as many at work already as there may be, the chunk is compiled in one go.

use std::collections::TryReserveError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use luster_bytecode::Prototype;
use luster_value::{Stack, account};

use crate::c_values::c_string;

/// The longest text that is compiled in one go, which takes about a millisecond: most modules.
const SHORT: usize = 40 << 10;

/// The longest dump and the longest name that are dealt with in one go.
const SHORT_DUMP: usize = 64 << 10;
const SHORT_NAME: usize = 256 << 10;

/// The first byte of a dump.
pub(super) const BINARY: u8 = 0x1B;

/// How many threads may compile at a time, for all VMs of the process.
const MAX_THREADS: usize = 16;

/// How many do.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// A thread that compiles, from before it is started until it is done.
struct Place;

impl Place {
    /// A place, if there is one.
    fn take() -> Option<Self> {
        let taken = THREADS.fetch_add(1, Ordering::Relaxed);
        // Gives it back at once when it is one too many.
        let place = Place;
        (taken < MAX_THREADS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        THREADS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What compiling a byte of source text costs, compared with running an instruction.
const FUEL_PER_BYTE: usize = 2;

/// How many bytes are copied before the VM has a chance to stop the script, and how many of them cost a
/// unit of fuel.
const COPIED: usize = 1 << 18;
pub(super) const COPIED_PER_FUEL: usize = 4;

/// How much is paid before the VM has a chance to stop the script, and how long it waits for that.
const PORTION: usize = 20_000;
const PATIENCE: Duration = Duration::from_micros(400);

/// How many bytes the tables and trees of a token take together, at most.
const BYTES_PER_TOKEN: usize = 110;

/// How many bytes a byte of a dump may become: a constant nil.
const BYTES_PER_BYTE: usize = 40;

/// What the compiler makes of a chunk, or the message that says what is wrong with it.
pub(super) type Compiled = Result<Prototype, Vec<u8>>;

/// What is to be compiled.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a> {
    /// A source text or a dump.
    pub(super) bytes: &'a [u8],
    /// The name that messages tell it by, which may be all of its bytes.
    pub(super) name: &'a [u8],
}

/// A chunk that is to be compiled beside the script: first it is copied, then it is compiled.
pub(super) struct Compilation {
    /// How much of it has been copied.
    copy: Vec<u8>,
    /// What stands before it.
    before: usize,
    /// How much of its name has been copied, when it is not named by its bytes.
    name: Vec<u8>,
    tokens: Tokens,
    /// What is still to be paid.
    owed: usize,
    /// What the copy and the compiler take, at most.
    memory: account::Held,
    state: State,
}

/// What is done with a chunk that is compiled beside the script.
enum State {
    /// It is being copied.
    Copying,
    /// It is being compiled; the result comes from there.
    Compiling(Receiver<Compiled>),
    /// It has been, and is paid for.
    Compiled(Compiled),
    /// The result has been taken.
    Over,
}

/// How a chunk is compiled.
pub(super) enum Begun {
    /// It is already.
    Done(Compiled),
    /// It is to be, step by step.
    Going(Box<Compilation>),
    /// There is not enough memory for it.
    Refused,
}

/// What has come of a compilation so far.
pub(super) enum Progress {
    /// It takes longer.
    Going,
    /// It has come to its end.
    Done(Compiled),
    /// There is not enough memory for it.
    Refused,
}

/// Begins to compile a chunk, after a space if it `is_spaced`; a short one is compiled at once.
pub(super) fn begin(stack: &mut Stack<'_, '_>, chunk: Chunk<'_>, is_spaced: bool) -> Begun {
    let copy = if is_spaced { vec![b' '] } else { Vec::new() };
    let short = if chunk.is_binary() { SHORT_DUMP } else { SHORT };
    if chunk.bytes.len() > short || chunk.name_apart().len() > SHORT_NAME {
        // The tokens of a long text are counted as it is copied.
        if !account::has_room_for(chunk.needed(0)) {
            return Begun::Refused;
        }
        let owed = chunk.cost();
        let before = copy.len();
        let memory = account::Held::of(chunk.bytes.len() + chunk.name_apart().len());
        let (name, tokens, state) = (Vec::new(), Tokens::default(), State::Copying);
        let compilation = Compilation { copy, before, name, tokens, owed, memory, state };
        return Begun::Going(Box::new(compilation));
    }
    // To be refused costs as much as to be compiled.
    stack.burn(chunk.cost() + chunk.name.len() / COPIED_PER_FUEL);
    if !account::has_room_for(chunk.bytes.len().saturating_mul(BYTES_PER_TOKEN)) {
        let mut tokens = Tokens::default();
        if !chunk.is_binary() {
            tokens.add(chunk.bytes);
        }
        if !account::has_room_for(chunk.needed(tokens.count)) {
            return Begun::Refused;
        }
    }
    Begun::Done(if is_spaced {
        let spaced = [b" ", chunk.bytes].concat();
        compile(Chunk { bytes: &spaced, name: chunk.name })
    } else {
        compile(chunk)
    })
}

/// Compiles a chunk.
fn compile(chunk: Chunk<'_>) -> Compiled {
    let Chunk { bytes, name } = chunk;
    if !chunk.is_binary() {
        return luster_compiler::compile(bytes, name).map_err(|error| error.to_bytes());
    }
    luster_bytecode::undump(bytes).map_err(|error| {
        // A chunk without a name of its own is named by its bytes, which say nothing here.
        let name = match name {
            [b'@' | b'=', name @ ..] => name,
            [BINARY, ..] => b"binary string",
            name => name,
        };
        let mut message = c_string(name).to_vec();
        message.extend(format!(": {error}").bytes());
        message
    })
}

impl<'a> Chunk<'a> {
    pub(super) fn is_binary(self) -> bool {
        self.bytes.first() == Some(&BINARY)
    }

    /// Its name, or nothing when its bytes are the name.
    fn name_apart(self) -> &'a [u8] {
        if std::ptr::eq(self.bytes, self.name) { &[] } else { self.name }
    }

    /// What it costs to compile it.
    fn cost(self) -> usize {
        let cost = if self.is_binary() { 1 } else { FUEL_PER_BYTE };
        self.bytes.len().saturating_mul(cost)
    }

    /// What compiling it takes: copies of it and its name, and what is made of its tokens.
    fn needed(self, tokens: usize) -> usize {
        if self.is_binary() {
            return self.bytes.len().saturating_mul(BYTES_PER_BYTE);
        }
        let texts = (self.bytes.len() + self.name.len()).saturating_mul(3);
        tokens.saturating_mul(BYTES_PER_TOKEN).saturating_add(texts)
    }
}

impl Compilation {
    /// Does what comes next, at the script's cost. The chunk is the same every time.
    pub(super) fn poll(&mut self, stack: &mut Stack<'_, '_>, chunk: Chunk<'_>) -> Progress {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Compiling(result) => {
                self.state = self.wait(stack, result);
                Progress::Going
            }
            State::Compiled(compiled) => Progress::Done(compiled),
            State::Copying => {
                match self.copy_some(stack, chunk) {
                    Ok(false) => {}
                    Ok(true) => {
                        self.state = State::Copying;
                        return Progress::Going;
                    }
                    Err(_) => return Progress::Refused,
                }
                self.memory.set(0);
                let room = chunk.needed(self.tokens.count);
                if !account::has_room_for(room) {
                    return Progress::Refused;
                }
                self.memory.set(room);
                self.state = self.start(stack, chunk);
                Progress::Going
            }
            State::Over => Progress::Refused,
        }
    }

    /// Copies the next part of the chunk, or of its name. Tells whether there was any.
    fn copy_some(
        &mut self,
        stack: &mut Stack<'_, '_>,
        chunk: Chunk<'_>,
    ) -> Result<bool, TryReserveError> {
        let name = chunk.name_apart();
        let (from, copy, done) = match self.copy.len() - self.before {
            done if done < chunk.bytes.len() => (chunk.bytes, &mut self.copy, done),
            _ if self.name.len() < name.len() => {
                let done = self.name.len();
                (name, &mut self.name, done)
            }
            _ => return Ok(false),
        };
        let portion = &from[done..from.len().min(done + COPIED)];
        if done == 0 {
            copy.try_reserve_exact(from.len())?;
        }
        copy.extend_from_slice(portion);
        if std::ptr::eq(from, chunk.bytes) && !chunk.is_binary() {
            self.tokens.add(portion);
        }
        stack.burn(portion.len() / COPIED_PER_FUEL);
        Ok(true)
    }

    /// Has a thread compile the copy, if there can be one.
    fn start(&mut self, stack: &mut Stack<'_, '_>, chunk: Chunk<'_>) -> State {
        let (sender, result) = sync_channel(1);
        let before = self.before;
        let is_its_own_name = std::ptr::eq(chunk.bytes, chunk.name);
        let source = Arc::new((std::mem::take(&mut self.copy), std::mem::take(&mut self.name)));
        let compile_copy = move |(bytes, name): &(Vec<u8>, Vec<u8>)| {
            let name = if is_its_own_name { &bytes[before..] } else { &name[..] };
            compile(Chunk { bytes, name })
        };
        let theirs = Arc::clone(&source);
        let place = Place::take();
        let has_place = place.is_some();
        let run = move || {
            let _place = place;
            let compiled = compile_copy(&theirs);
            drop(theirs);
            // Nobody waits any more when the script has been given up.
            let _ = sender.send(compiled);
        };
        let name = "luster-compile".to_owned();
        if has_place && thread::Builder::new().name(name).spawn(run).is_ok() {
            return State::Compiling(result);
        }
        stack.burn(std::mem::take(&mut self.owed));
        State::Compiled(compile_copy(&source))
    }

    /// Pays a part, and waits for the result as long as that is worth.
    fn wait(&mut self, stack: &mut Stack<'_, '_>, result: Receiver<Compiled>) -> State {
        let portion = self.owed.min(PORTION);
        self.owed -= portion;
        stack.burn(portion);
        let received = match result.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Timeout) if self.owed > 0 => return State::Compiling(result),
            Err(_) => result.recv().ok(),
            Ok(compiled) => Some(compiled),
        };
        let Some(compiled) = received else {
            unreachable!("the compiler does not panic, whatever the text")
        };
        stack.burn(std::mem::take(&mut self.owed));
        State::Compiled(compiled)
    }
}

/// How many tokens a text has, at most: runs of letters and digits, and other bytes.
#[derive(Default)]
struct Tokens {
    count: usize,
    in_word: bool,
}

impl Tokens {
    /// Counts those of the next piece of the text.
    fn add(&mut self, piece: &[u8]) {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        for &byte in piece {
            let was_in_word = std::mem::replace(&mut self.in_word, is_word(byte));
            let goes_on = byte == b' ' || byte == b'\n' || was_in_word && self.in_word;
            self.count += usize::from(!goes_on);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_THREADS, Place, Tokens};

    fn count(text: &[u8]) -> usize {
        let mut tokens = Tokens::default();
        text.chunks(7).for_each(|piece| tokens.add(piece));
        tokens.count
    }

    #[test]
    fn places_are_given_back() {
        let places: Vec<_> = std::iter::from_fn(Place::take).collect();
        assert!(places.len() <= MAX_THREADS && Place::take().is_none());
        drop(places);
        assert!(Place::take().is_some());
    }

    #[test]
    fn tokens_are_never_fewer_than_there_are() {
        assert_eq!(count(b"local x = f(1.5) -- so"), 12);
        assert_eq!(count(&[b'x'; 1000]), 1);
        assert_eq!(count(b"\n\n  \n"), 0);
    }
}
