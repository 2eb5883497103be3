//! Tracebacks as data: where the functions were that were running when something failed.
//!
//! How they are taken from the frames is the VM's business.

use std::borrow::Cow;
use std::fmt;

/// A function that was running when something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFrame {
    chunk: Box<[u8]>,
    line: u32,
    column: u32,
    function: Box<[u8]>,
    is_tail_call: bool,
}

impl TraceFrame {
    /// A function of a chunk, whose name is as messages show it, at a line and a column (or 0).
    pub fn new(chunk: Vec<u8>, line: u32, column: u32, function: Vec<u8>) -> Self {
        let (chunk, function) = (chunk.into(), function.into());
        TraceFrame { chunk, line, column, function, is_tail_call: false }
    }

    /// Notes that it was called in the place of others, which are not to be seen any more.
    #[must_use]
    pub fn with_tail_call(self, is_tail_call: bool) -> Self {
        TraceFrame { is_tail_call, ..self }
    }

    /// The chunk that the function is from, as messages name it; `[C]` for functions that are not
    /// written in Lua, as scripts expect.
    pub fn chunk(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.chunk)
    }

    /// The line (from 1) at which it was, or 0 when that is not known.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column (from 1, in bytes) at which it was, or 0 when that is not known.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// What it is: `main chunk`, `function 'string.rep'`, `local 'f'`, `method 'draw'`,
    /// `function <chunk:12>`.
    pub fn function(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.function)
    }

    /// Whether it was called in the place of others, which are not to be seen any more.
    pub fn is_tail_call(&self) -> bool {
        self.is_tail_call
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        out.extend(&self.chunk);
        if self.line > 0 {
            out.extend(format!(":{}", self.line).bytes());
        }
        out.extend(b": in ");
        out.extend(&self.function);
        if self.is_tail_call {
            out.extend(b"\n\t(...tail calls...)");
        }
    }
}

/// `chunk:line: in function`
impl fmt::Display for TraceFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.write_to(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// The functions that were running when something failed, the innermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traceback {
    frames: Vec<TraceFrame>,
    skipped: Option<(usize, usize)>,
}

impl Traceback {
    /// A traceback; behind so many of its frames (the first number) some are left out (the second).
    pub fn new(frames: Vec<TraceFrame>, skipped: Option<(usize, usize)>) -> Self {
        Traceback { frames, skipped }
    }

    /// The functions. Of very many, those in the middle are left out.
    pub fn frames(&self) -> &[TraceFrame] {
        &self.frames
    }

    /// Whether there are no functions.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Writes it in the shape of `debug.traceback`, beginning with "stack traceback:".
    pub fn write_to(&self, out: &mut Vec<u8>) {
        out.extend(b"stack traceback:");
        for (index, frame) in self.frames.iter().enumerate() {
            match self.skipped {
                Some((at, count)) if at == index => {
                    out.extend(format!("\n\t...\t(skipping {count} levels)").bytes());
                }
                _ => {}
            }
            out.extend(b"\n\t");
            frame.write_to(out);
        }
    }
}

/// In the shape of `debug.traceback`, beginning with "stack traceback:".
impl fmt::Display for Traceback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.write_to(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}
