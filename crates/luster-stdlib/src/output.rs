//! Where `print` and `io.stdout` write: one buffered writer, shared, so that what they write comes
//! out in order, and which the host can put another in the place of.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;

use luster_value::{Context, UserData, Value};

use crate::system_error::FILE_FUEL;

/// The key in the registry.
const KEY: &str = "_OUTPUT";

/// How much is kept back at most.
const CAPACITY: usize = 16 * 1024;

/// When what was written is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Buffering {
    /// At once.
    None,
    /// When a line is complete.
    Line,
    /// When the buffer is full.
    Full,
}

struct Writer {
    sink: Box<dyn Write>,
    buffer: Vec<u8>,
    buffering: Buffering,
    /// What the system's work for it has cost and nobody has paid for.
    owed: usize,
    /// Whether it writes to the standard output of the process.
    is_standard: bool,
}

impl Writer {
    fn pass_on(&mut self) -> io::Result<()> {
        self.charge();
        let result = self.sink.write_all(&self.buffer);
        // What could not be written is dropped, as C's streams do, or it would come up for ever.
        self.buffer.clear();
        result?;
        self.sink.flush()
    }

    /// Notes that the system is asked to write something. A host's writer costs nothing.
    fn charge(&mut self) {
        if self.is_standard {
            self.owed = self.owed.saturating_add(FILE_FUEL);
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.buffer.len() + bytes.len() > CAPACITY {
            self.pass_on()?;
        }
        if bytes.len() > CAPACITY {
            self.charge();
            return self.sink.write_all(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        match self.buffering {
            Buffering::None => self.pass_on(),
            Buffering::Line if bytes.contains(&b'\n') => self.pass_on(),
            _ => Ok(()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Nobody is left to be told of an error.
        let _ = self.pass_on();
    }
}

/// The standard output of a VM. Clones share it.
#[derive(Clone)]
pub struct Output(Rc<RefCell<Writer>>);

impl Output {
    /// The standard output of the process: buffered by lines on a terminal, in full otherwise. What
    /// is left in the buffer is written when the VM is dropped.
    pub fn stdout() -> Self {
        let buffering = if io::stdout().is_terminal() { Buffering::Line } else { Buffering::Full };
        Output::with_buffering(Box::new(io::stdout()), buffering, true)
    }

    /// An output that passes everything on to a writer at once.
    pub fn new(sink: impl Write + 'static) -> Self {
        Output::with_buffering(Box::new(sink), Buffering::None, false)
    }

    fn with_buffering(sink: Box<dyn Write>, buffering: Buffering, is_standard: bool) -> Self {
        let (buffer, owed) = (Vec::new(), 0);
        Output(Rc::new(RefCell::new(Writer { sink, buffer, buffering, owed, is_standard })))
    }

    /// The output of a VM.
    pub fn of(ctx: Context<'_>) -> Output {
        if let Value::UserData(userdata) = ctx.registry().get_field(ctx, KEY)
            && let Some(output) = userdata.downcast::<Output>()
        {
            return output.clone();
        }
        let output = Output::stdout();
        output.clone().install(ctx);
        output
    }

    /// Makes it the output of a VM.
    pub fn install(self, ctx: Context<'_>) {
        let userdata = UserData::new(ctx, self, None);
        ctx.registry().set_field(ctx, KEY, Value::UserData(userdata));
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// Those of the writer behind it.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.with(|writer| writer.write(bytes))
    }

    /// Passes on what is in the buffer.
    ///
    /// # Errors
    /// Those of the writer behind it.
    pub fn flush(&self) -> io::Result<()> {
        self.with(Writer::pass_on)
    }

    /// Takes what the system's work has cost since this was last asked.
    pub(crate) fn take_owed(&self) -> usize {
        self.0.try_borrow_mut().map_or(0, |mut writer| std::mem::take(&mut writer.owed))
    }

    /// Passes on what is in the buffer, if there is anything, and tells nobody when that fails.
    #[inline]
    pub fn settle(&self) {
        if self.0.try_borrow().is_ok_and(|writer| !writer.buffer.is_empty()) {
            let _ = self.flush();
        }
    }

    /// Sets when what is written is passed on, as `io.stdout:setvbuf` does.
    pub(crate) fn set_buffering(&self, buffering: Buffering) -> io::Result<()> {
        self.with(|writer| {
            writer.buffering = buffering;
            writer.pass_on()
        })
    }

    /// Whether it is the standard output of the process.
    pub(crate) fn is_standard(&self) -> bool {
        self.0.try_borrow().is_ok_and(|writer| writer.is_standard)
    }

    /// Works on the writer; a host's writer that comes back here while it writes gets an error.
    fn with<R>(&self, work: impl FnOnce(&mut Writer) -> io::Result<R>) -> io::Result<R> {
        match self.0.try_borrow_mut() {
            Ok(mut writer) => work(&mut writer),
            Err(_) => Err(io::Error::other("the output is being written to")),
        }
    }
}
