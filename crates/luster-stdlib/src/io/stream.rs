//! Streams: what is behind a file of Lua. Buffering, reading and writing in turns, positions.
//!
//! It behaves as C's streams do where scripts can tell. Values and formats are not known here.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};

use luster_value::account;

use crate::c_values::LONGEST_WORD;
use crate::output::{Buffering, Output};
use crate::system_error::{FILE_FUEL, by_number};

/// How much is read ahead, and how much is kept back when writing.
const CAPACITY: usize = 32 * 1024;

/// How much is read at first after the position was set, since little may be wanted there.
const FIRST_READ: usize = 4096;

/// How many bytes that the system reads or writes cost a unit of fuel, beside what copying them does; and of
/// what is no file but a device, which may have to make them.
const BYTES_PER_FUEL: usize = 32;
const DEVICE_BYTES_PER_FUEL: usize = 10;

/// The error of reading what is for writing, or the other way round.
fn bad_descriptor() -> io::Error {
    by_number(9, io::ErrorKind::PermissionDenied)
}

/// The error of a position that there cannot be.
pub(super) fn invalid_argument() -> io::Error {
    by_number(22, io::ErrorKind::InvalidInput)
}

/// The error of setting the position of what has none.
fn illegal_seek() -> io::Error {
    by_number(29, io::ErrorKind::Unsupported)
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    kind: u8,
    update: bool,
}

impl Mode {
    /// For reading only.
    pub(super) const READ: Mode = Mode { kind: b'r', update: false };
    /// For writing only, from the beginning.
    pub(super) const WRITE: Mode = Mode { kind: b'w', update: false };

    /// Reads a mode: `r`, `w` or `a`, perhaps a `+`, perhaps `b`s that mean nothing, though not very many.
    pub(super) fn parse(mode: &[u8]) -> Option<Mode> {
        if mode.len() > LONGEST_WORD {
            return None;
        }
        let [kind @ (b'r' | b'w' | b'a'), rest @ ..] = mode else { return None };
        let (update, rest) = match rest {
            [b'+', rest @ ..] => (true, rest),
            _ => (false, rest),
        };
        rest.iter().all(|&byte| byte == b'b').then_some(Mode { kind: *kind, update })
    }
}

enum Device {
    File(File),
    Stdin,
    Stdout(Output),
    Stderr,
    FromChild(Child, Option<ChildStdout>),
    ToChild(Child, Option<ChildStdin>),
}

/// A stream of bytes, buffered.
pub(super) struct Stream {
    device: Device,
    readable: bool,
    writable: bool,
    /// What has been read ahead is `input[start..end]`.
    input: Box<[u8]>,
    start: usize,
    end: usize,
    /// How much to read the next time.
    next_read: usize,
    /// What has not been written yet.
    pending: Vec<u8>,
    buffering: Buffering,
    /// How many bytes that are read ahead cost a unit of fuel.
    read_per_fuel: usize,
    /// What the system's work for it has cost and nobody has paid for.
    owed: usize,
    /// What the buffers take.
    memory: account::Held,
    /// To close it takes long.
    _dear: account::Dear,
}

impl Stream {
    fn new(device: Device, readable: bool, writable: bool) -> Self {
        Stream {
            device,
            readable,
            writable,
            input: Box::default(),
            start: 0,
            end: 0,
            next_read: CAPACITY,
            pending: Vec::new(),
            buffering: Buffering::Full,
            read_per_fuel: BYTES_PER_FUEL,
            owed: 0,
            memory: account::Held::default(),
            _dear: account::Dear::new(),
        }
    }

    /// Opens a file.
    pub(super) fn open(path: &Path, mode: Mode) -> io::Result<Stream> {
        let Mode { kind, update } = mode;
        let readable = kind == b'r' || update;
        let writable = kind != b'r' || update;
        let mut options = OpenOptions::new();
        options.read(readable);
        match kind {
            b'r' => options.write(update),
            b'w' => options.write(true).create(true).truncate(true),
            _ => options.append(true).create(true),
        };
        Ok(Stream::new(Device::File(options.open(path)?), readable, writable))
    }

    /// A new file without a name, for reading and writing.
    pub(super) fn temporary() -> io::Result<Stream> {
        Ok(Stream::new(Device::File(tempfile::tempfile()?), true, true))
    }

    /// The standard input of the process.
    pub(super) fn stdin() -> Stream {
        Stream::new(Device::Stdin, true, false)
    }

    /// The standard output of the VM.
    pub(super) fn stdout(output: Output) -> Stream {
        Stream::new(Device::Stdout(output), false, true)
    }

    /// The standard error output of the process.
    pub(super) fn stderr() -> Stream {
        let mut stream = Stream::new(Device::Stderr, false, true);
        stream.buffering = Buffering::None;
        stream
    }

    /// Runs a command in the system's shell, to read what it writes or to write what it reads.
    pub(super) fn command(command: &[u8], reads: bool) -> io::Result<Stream> {
        let mut shell = crate::os::shell(command)?;
        let (device, readable) = if reads {
            let mut child = shell.stdout(Stdio::piped()).spawn()?;
            let pipe = child.stdout.take();
            (Device::FromChild(child, pipe), true)
        } else {
            let mut child = shell.stdin(Stdio::piped()).spawn()?;
            let pipe = child.stdin.take();
            (Device::ToChild(child, pipe), false)
        };
        Ok(Stream::new(device, readable, !readable))
    }

    /// Whether it is one of the three that cannot be closed.
    pub(super) fn is_standard(&self) -> bool {
        matches!(self.device, Device::Stdin | Device::Stdout(_) | Device::Stderr)
    }

    /// Whether reading from it waits for a person or a program, with nothing read ahead.
    pub(super) fn waits_for_somebody(&self) -> bool {
        self.start == self.end && matches!(self.device, Device::Stdin)
    }

    /// Takes what the system's work has cost since this was last asked.
    #[inline]
    pub(super) fn take_owed(&mut self) -> usize {
        std::mem::take(&mut self.owed)
    }

    /// How much that is.
    #[inline]
    pub(super) fn owed(&self) -> usize {
        self.owed
    }

    /// What has been read ahead, after reading more if there is nothing; empty at the end.
    pub(super) fn available(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.fill()?;
        }
        Ok(&self.input[self.start..self.end])
    }

    /// What has been read ahead.
    #[inline]
    pub(super) fn buffered(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    /// Takes so many bytes from the beginning of what is available.
    pub(super) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    fn fill(&mut self) -> io::Result<()> {
        if !self.readable {
            return Err(bad_descriptor());
        }
        self.flush()?;
        if self.input.is_empty() {
            self.input = vec![0; CAPACITY].into_boxed_slice();
            self.memory.set(self.input.len() + self.pending.capacity());
            if let Device::File(file) = &self.device
                && !file.metadata().is_ok_and(|metadata| metadata.is_file())
            {
                self.read_per_fuel = DEVICE_BYTES_PER_FUEL;
            }
        }
        (self.start, self.end) = (0, 0);
        let room = self.next_read.min(CAPACITY);
        self.next_read = room * 2;
        self.owed += FILE_FUEL;
        loop {
            let input = &mut self.input[..room];
            let result = match &mut self.device {
                Device::File(file) => file.read(input),
                Device::Stdin => io::stdin().read(input),
                Device::FromChild(_, Some(pipe)) => pipe.read(input),
                _ => Err(bad_descriptor()),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    self.end = result?;
                    self.owed += self.end / self.read_per_fuel;
                    return Ok(());
                }
            }
        }
    }

    /// Writes bytes, or keeps them back.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Device::Stdout(output) = &self.device {
            let result = output.write(bytes);
            self.owed += output.take_owed();
            return result;
        }
        if bytes.is_empty() {
            return Ok(());
        }
        if !self.writable {
            return Err(bad_descriptor());
        }
        if self.start != self.end {
            self.forget_input()?;
        }
        if self.pending.len() + bytes.len() > CAPACITY {
            self.flush()?;
        }
        if bytes.len() > CAPACITY || self.buffering == Buffering::None {
            return self.write_through(bytes);
        }
        self.pending.extend_from_slice(bytes);
        self.memory.set(self.input.len() + self.pending.capacity());
        if self.buffering == Buffering::Line && bytes.contains(&b'\n') {
            return self.flush();
        }
        Ok(())
    }

    fn write_through(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.owed += FILE_FUEL + bytes.len() / BYTES_PER_FUEL;
        match &mut self.device {
            Device::File(file) => file.write_all(bytes),
            Device::Stderr => io::stderr().write_all(bytes),
            Device::ToChild(_, Some(pipe)) => pipe.write_all(bytes),
            Device::Stdout(output) => output.write(bytes),
            _ => Err(bad_descriptor()),
        }
    }

    /// Goes back to where reading has come to, as if nothing had been read ahead.
    fn forget_input(&mut self) -> io::Result<()> {
        let ahead = (self.end - self.start) as i64;
        (self.start, self.end) = (0, 0);
        if ahead > 0
            && let Device::File(file) = &mut self.device
        {
            self.owed += FILE_FUEL;
            file.seek(SeekFrom::Current(-ahead))?;
        }
        Ok(())
    }

    /// Writes what has been kept back.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if let Device::Stdout(output) = &self.device {
            let result = output.flush();
            self.owed += output.take_owed();
            return result;
        }
        if self.pending.is_empty() {
            return Ok(());
        }
        // What could not be written is dropped, as C's streams do, or it would come up for ever.
        let mut pending = std::mem::take(&mut self.pending);
        let result = self.write_through(&pending);
        pending.clear();
        self.pending = pending;
        result
    }

    /// Sets the position. The new one is counted from the beginning.
    pub(super) fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.flush()?;
        self.owed += FILE_FUEL;
        let ahead = (self.end - self.start) as i64;
        let to = match to {
            SeekFrom::Current(offset) => {
                SeekFrom::Current(offset.checked_sub(ahead).ok_or_else(invalid_argument)?)
            }
            to => to,
        };
        let position = match &mut self.device {
            Device::File(file) => file.seek(to)?,
            Device::Stdin => seek_standard(&io::stdin(), to)?,
            Device::Stdout(output) if output.is_standard() => seek_standard(&io::stdout(), to)?,
            Device::Stderr => seek_standard(&io::stderr(), to)?,
            _ => return Err(illegal_seek()),
        };
        (self.start, self.end) = (0, 0);
        self.next_read = FIRST_READ;
        Ok(position)
    }

    /// Sets when what is written is passed on.
    pub(super) fn set_buffering(&mut self, buffering: Buffering) -> io::Result<()> {
        if let Device::Stdout(output) = &self.device {
            return output.set_buffering(buffering);
        }
        self.buffering = buffering;
        self.flush()
    }

    /// Writes what has been kept back and closes it. The status is that of a command, which is
    /// waited for.
    pub(super) fn close(mut self) -> io::Result<Option<ExitStatus>> {
        let flushed = self.flush();
        let status = self.wait();
        flushed?;
        status
    }

    /// Closes the pipe to or from a command and waits for it.
    fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        match &mut self.device {
            Device::FromChild(child, pipe) => {
                drop(pipe.take());
                child.wait().map(Some)
            }
            Device::ToChild(child, pipe) => {
                drop(pipe.take());
                child.wait().map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Nobody is left to be told of an error. A command that was waited for keeps its status, so
        // that waiting again costs nothing.
        let _ = self.flush();
        let _ = self.wait();
        // It is the system's work, which takes longer than any other object's end.
        account::looked_at(CLOSING_WORK);
    }
}

/// What it costs to close a file, and to write what is left to be written, in bytes looked at.
const CLOSING_WORK: usize = 1 << 18;

/// Sets the position of one of the process's standard streams, if it is a file.
#[cfg(unix)]
fn seek_standard(stream: &impl std::os::fd::AsFd, to: SeekFrom) -> io::Result<u64> {
    File::from(stream.as_fd().try_clone_to_owned()?).seek(to)
}

/// Sets the position of one of the process's standard streams, if it is a file.
#[cfg(not(unix))]
fn seek_standard<S>(_: &S, _: SeekFrom) -> io::Result<u64> {
    Err(illegal_seek())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_as_in_the_reference() {
        for mode in ["r", "w", "a", "r+", "w+b", "ab", "rbb"] {
            assert!(Mode::parse(mode.as_bytes()).is_some(), "{mode}");
        }
        for mode in ["", "x", "rw", "r+ ", "+r", "rb+"] {
            assert!(Mode::parse(mode.as_bytes()).is_none(), "{mode}");
        }
    }

    #[test]
    fn reading_and_writing_take_turns() {
        let mut stream = Stream::temporary().unwrap();
        stream.write(b"hello\nworld\n").unwrap();
        assert_eq!(stream.seek(SeekFrom::Start(2)).unwrap(), 2);
        assert_eq!(stream.available().unwrap(), b"llo\nworld\n");
        stream.consume(4);
        assert_eq!(stream.seek(SeekFrom::Current(0)).unwrap(), 6);
        assert_eq!(stream.available().unwrap(), b"world\n");
        stream.consume(1);
        stream.write(b"X").unwrap();
        stream.seek(SeekFrom::Start(0)).unwrap();
        assert_eq!(stream.available().unwrap(), b"hello\nwXrld\n");
    }
}
