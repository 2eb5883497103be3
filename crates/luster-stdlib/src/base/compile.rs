//! Compiling source text on behalf of a script: within the memory that there is, and long texts beside
//! the script, so that it can be stopped while its host waits.
//!
//! The parser and the compiler are plain functions of their input, which cannot be left half done. A
//! long text is therefore compiled by a thread of its own. The script pays for it as it goes, by the
//! text's length and so the same in every run, and waits at the end if it has paid too soon. Where
//! there are no threads, the text is compiled in one go.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use luster_bytecode::Prototype;
use luster_compiler::CompileError;
use luster_value::{Stack, account};

/// The longest text that is compiled in one go.
const SHORT: usize = 16 << 10;

/// What compiling a byte of source text costs, compared with running an instruction.
const FUEL_PER_BYTE: usize = 2;

/// How much is paid before the VM has a chance to stop the script, and how long it waits for that.
const PORTION: usize = 20_000;
const PATIENCE: Duration = Duration::from_micros(400);

/// How many bytes the tables and trees of a token take together, at most.
const BYTES_PER_TOKEN: usize = 110;

/// What the compiler makes of a text.
pub(super) type Compiled = Result<Prototype, CompileError>;

/// A text that is being compiled beside the script.
pub(super) struct Compilation {
    result: Receiver<Compiled>,
    /// What is still to be paid.
    owed: usize,
}

/// How a text is compiled.
pub(super) enum Begun {
    /// It is already.
    Done(Compiled),
    /// It is under way.
    Going(Compilation),
    /// There is not enough memory for it.
    Refused,
}

/// Begins to compile a text. One that cannot be waited for is compiled at once.
pub(super) fn begin(
    stack: &mut Stack<'_, '_>,
    chunk: &[u8],
    name: &[u8],
    can_wait: bool,
) -> Begun {
    if !has_room(chunk) {
        return Begun::Refused;
    }
    if can_wait && chunk.len() > SHORT
        && let Some(compilation) = Compilation::new(chunk.to_vec(), name.to_vec())
    {
        return Begun::Going(compilation);
    }
    stack.burn(chunk.len().saturating_mul(FUEL_PER_BYTE));
    Begun::Done(luster_compiler::compile(chunk, name))
}

impl Compilation {
    /// Has a thread compile a text, if there can be one.
    fn new(chunk: Vec<u8>, name: Vec<u8>) -> Option<Self> {
        let owed = chunk.len().saturating_mul(FUEL_PER_BYTE);
        let (sender, result) = sync_channel(1);
        let compile = move || {
            // Nobody waits any more when the script has been given up.
            let _ = sender.send(luster_compiler::compile(&chunk, &name));
        };
        thread::Builder::new().name("luster-compile".to_owned()).spawn(compile).ok()?;
        Some(Compilation { result, owed })
    }

    /// The result, if it is there and paid for; otherwise the script has paid a part.
    pub(super) fn poll(&mut self, stack: &mut Stack<'_, '_>) -> Option<Compiled> {
        if self.owed > 0 {
            let portion = self.owed.min(PORTION);
            self.owed -= portion;
            stack.burn(portion);
            match self.result.recv_timeout(PATIENCE) {
                Ok(compiled) => {
                    stack.burn(std::mem::take(&mut self.owed));
                    return Some(compiled);
                }
                Err(RecvTimeoutError::Timeout) if self.owed > 0 => return None,
                Err(_) => {}
            }
        }
        match self.result.recv() {
            Ok(compiled) => Some(compiled),
            Err(_) => unreachable!("the compiler does not panic, whatever the text"),
        }
    }
}

/// Whether there is memory for what the compiler makes of a text on the way.
fn has_room(chunk: &[u8]) -> bool {
    let bytes = |tokens: usize| tokens.saturating_mul(BYTES_PER_TOKEN);
    account::has_room_for(bytes(chunk.len())) || account::has_room_for(bytes(tokens(chunk)))
}

/// How many tokens a text has, at most: runs of letters and digits, and other bytes.
fn tokens(chunk: &[u8]) -> usize {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut in_word = false;
    let mut count = 0;
    for &byte in chunk {
        let was_in_word = std::mem::replace(&mut in_word, is_word(byte));
        count += usize::from(!(byte == b' ' || byte == b'\n' || was_in_word && in_word));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn tokens_are_never_fewer_than_there_are() {
        assert_eq!(tokens(b"local x = f(1.5) -- so"), 12);
        assert_eq!(tokens(&[b'x'; 1000]), 1);
        assert_eq!(tokens(b"\n\n  \n"), 0);
    }
}
