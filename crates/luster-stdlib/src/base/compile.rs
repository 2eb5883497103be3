//! Compiling source text on behalf of a script: within the memory that there is, and long texts beside
//! the script, so that it can be stopped while its host waits.
//!
//! The parser and the compiler are plain functions of their input, which cannot be left half done. A
//! long text is therefore compiled by a thread of its own. The script pays for it as it goes, by the
//! text's length and so the same in every run, and waits at the end if it has paid too soon. Where
//! there are no threads, or as many at work already as there may be, the text is compiled in one go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use luster_bytecode::Prototype;
use luster_compiler::CompileError;
use luster_value::{Stack, account};

/// The longest text that is compiled in one go, which takes about a millisecond: most modules.
const SHORT: usize = 40 << 10;

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

/// How many bytes are copied before the VM has a chance to stop the script.
const COPIED: usize = 1 << 18;

/// How much is paid before the VM has a chance to stop the script, and how long it waits for that.
const PORTION: usize = 20_000;
const PATIENCE: Duration = Duration::from_micros(400);

/// How many bytes the tables and trees of a token take together, at most.
const BYTES_PER_TOKEN: usize = 110;

/// What the compiler makes of a text.
pub(super) type Compiled = Result<Prototype, CompileError>;

/// A text that is to be compiled beside the script: first it is copied, then it is compiled.
pub(super) struct Compilation {
    /// How much of it has been copied.
    copy: Vec<u8>,
    /// What stands before it.
    before: usize,
    tokens: Tokens,
    /// What is still to be paid.
    owed: usize,
    /// What the copy and the compiler take, at most.
    memory: account::Held,
    /// Where the result comes from, once it is being compiled.
    result: Option<Receiver<Compiled>>,
}

/// How a text is compiled.
pub(super) enum Begun {
    /// It is already.
    Done(Compiled),
    /// It is to be, step by step.
    Going(Compilation),
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

/// Begins to compile a text, after a space if it `is_spaced`; a short one, or one that cannot be waited
/// for, is compiled at once.
pub(super) fn begin(
    stack: &mut Stack<'_, '_>,
    chunk: &[u8],
    name: &[u8],
    is_spaced: bool,
    can_wait: bool,
) -> Begun {
    let mut copy = if is_spaced { vec![b' '] } else { Vec::new() };
    if !account::has_room_for(chunk.len().saturating_mul(BYTES_PER_TOKEN)) {
        let mut tokens = Tokens::default();
        tokens.add(chunk);
        // Of a long text they are counted anew as it is copied.
        if !account::has_room_for(needed(chunk, name, tokens.count)) {
            return Begun::Refused;
        }
    }
    if can_wait && chunk.len() > SHORT {
        let owed = chunk.len().saturating_mul(FUEL_PER_BYTE);
        let (before, tokens) = (copy.len(), Tokens::default());
        let memory = account::Held::of(chunk.len() + name.len());
        return Begun::Going(Compilation { copy, before, tokens, owed, memory, result: None });
    }
    stack.burn(chunk.len().saturating_mul(FUEL_PER_BYTE));
    if is_spaced {
        copy.extend_from_slice(chunk);
    }
    let source = if is_spaced { &copy } else { chunk };
    Begun::Done(luster_compiler::compile(source, name))
}

/// What compiling a text takes: copies of it and its name, and what is made of its tokens.
fn needed(chunk: &[u8], name: &[u8], tokens: usize) -> usize {
    let texts = (chunk.len() + name.len()).saturating_mul(3);
    tokens.saturating_mul(BYTES_PER_TOKEN).saturating_add(texts)
}

impl Compilation {
    /// Does what comes next, at the script's cost. The text is the same every time.
    pub(super) fn poll(
        &mut self,
        stack: &mut Stack<'_, '_>,
        chunk: &[u8],
        name: &[u8],
    ) -> Progress {
        match &self.result {
            Some(_) => self.wait(stack),
            None if self.copy.len() - self.before < chunk.len() => self.copy_some(stack, chunk),
            None => {
                self.memory.set(0);
                let room = needed(chunk, name, self.tokens.count);
                if !account::has_room_for(room) {
                    return Progress::Refused;
                }
                self.memory.set(room);
                self.start(stack, name)
            }
        }
    }

    fn copy_some(&mut self, stack: &mut Stack<'_, '_>, chunk: &[u8]) -> Progress {
        let done = self.copy.len() - self.before;
        let portion = &chunk[done..chunk.len().min(done + COPIED)];
        if self.copy.try_reserve_exact(chunk.len() - done).is_err() {
            return Progress::Refused;
        }
        self.copy.extend_from_slice(portion);
        self.tokens.add(portion);
        stack.burn(portion.len() / 16);
        Progress::Going
    }

    /// Has a thread compile the copy, if there can be one.
    fn start(&mut self, stack: &mut Stack<'_, '_>, name: &[u8]) -> Progress {
        let (sender, result) = sync_channel(1);
        let source = Arc::new((std::mem::take(&mut self.copy), name.to_vec()));
        let theirs = Arc::clone(&source);
        let place = Place::take();
        let has_place = place.is_some();
        let compile = move || {
            let _place = place;
            // Nobody waits any more when the script has been given up.
            let _ = sender.send(luster_compiler::compile(&theirs.0, &theirs.1));
        };
        let name = "luster-compile".to_owned();
        if has_place && thread::Builder::new().name(name).spawn(compile).is_ok() {
            self.result = Some(result);
            return Progress::Going;
        }
        stack.burn(std::mem::take(&mut self.owed));
        Progress::Done(luster_compiler::compile(&source.0, &source.1))
    }

    /// Pays a part, and waits for the result as long as that is worth.
    fn wait(&mut self, stack: &mut Stack<'_, '_>) -> Progress {
        let Some(result) = &self.result else { return Progress::Going };
        let portion = self.owed.min(PORTION);
        self.owed -= portion;
        stack.burn(portion);
        let received = match result.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Timeout) if self.owed > 0 => return Progress::Going,
            Err(_) => result.recv().ok(),
            Ok(compiled) => Some(compiled),
        };
        stack.burn(std::mem::take(&mut self.owed));
        match received {
            Some(compiled) => Progress::Done(compiled),
            None => unreachable!("the compiler does not panic, whatever the text"),
        }
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
