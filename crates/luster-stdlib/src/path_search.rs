//! Looking for a file by the templates of a path: in portions, since a script may give megabytes of
//! either, and each template is a file that the system is asked for.
//!
//! What is looked for and what becomes of the file is the business of `package`.

use std::fs::File;

use gc_arena::Collect;
use luster_value::{Context, Error, LONGEST_QUOTED, LuaString, Stack, Value};

use crate::c_values::c_name;
use crate::counted::CountedBuffer;
use crate::system_error::{os_name, text_fuel};

/// What it costs to look for a file.
const LOOK_FUEL: usize = 1_000;

/// The longest name that a file may have, for all that is known of systems.
const LONGEST_NAME: usize = 1 << 16;

/// What it costs to look for a separator, and to replace it.
const PART_FUEL: usize = 2;

/// What may be spent before the fuel is looked at.
const PORTION: usize = 20_000;

/// How many bytes cost a unit of fuel.
const BYTES_PER_FUEL: usize = 16;

/// How many bytes are copied at a time.
const RUN: usize = 1 << 16;

/// What a search has come to.
pub(crate) enum Searched<'gc> {
    /// The first file that can be read.
    Found(Vec<u8>),
    /// There is none; the message that says what was tried.
    Nothing(Value<'gc>),
    /// It is not done yet.
    Paused,
}

/// A search at work.
#[derive(Collect)]
#[collect(no_drop)]
pub(crate) struct PathSearch<'gc> {
    /// The name, which ends here, as the others do where they have a zero. That of the path is found when it is
    /// come to.
    name: LuaString<'gc>,
    name_end: usize,
    path: LuaString<'gc>,
    path_end: usize,
    /// What stands for a directory separator in the name, and what it is replaced by.
    separator: LuaString<'gc>,
    separator_end: usize,
    replacement: LuaString<'gc>,
    replacement_end: usize,
    /// How much of the name has been copied to the file's name, which the marks are replaced by.
    copied: usize,
    file_name: CountedBuffer,
    /// How much of the path has been read, and of the name where it stands for a mark.
    at: usize,
    in_name: Option<usize>,
    /// The file that is to be looked for next, as far as it is known: its beginning, if it is longer than
    /// what a message quotes, which is longer than what any system takes.
    file: CountedBuffer,
    /// How long it is.
    file_length: usize,
    message: CountedBuffer,
    /// Whether all templates have been tried.
    is_done: bool,
}

impl<'gc> PathSearch<'gc> {
    /// A search for a name, of which only so many bytes count. What is too long for a file's name counts no
    /// further than messages show it.
    pub(crate) fn new(
        name: LuaString<'gc>,
        name_end: usize,
        path: LuaString<'gc>,
        separator: LuaString<'gc>,
        replacement: LuaString<'gc>,
    ) -> Self {
        let end = |text: LuaString<'gc>| c_name(text.as_bytes()).len();
        PathSearch {
            name,
            name_end,
            path,
            path_end: path.len(),
            separator,
            separator_end: end(separator),
            replacement,
            replacement_end: end(replacement),
            copied: 0,
            file_name: CountedBuffer::new(),
            at: 0,
            in_name: None,
            file: CountedBuffer::new(),
            file_length: 0,
            message: CountedBuffer::new(),
            is_done: false,
        }
    }

    /// What it has cost to begin.
    pub(crate) fn beginning_fuel(&self) -> usize {
        [(self.name, self.name_end), (self.separator, self.separator_end)]
            .into_iter()
            .chain([(self.replacement, self.replacement_end)])
            .map(|(text, end)| text_fuel(&text.as_bytes()[..end]))
            .sum()
    }

    /// Goes on for a portion.
    ///
    /// # Errors
    /// There is not enough memory.
    pub(crate) fn advance(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Searched<'gc>, Error<'gc>> {
        let mut spent = 0;
        while spent < PORTION {
            if self.is_done {
                if !self.message.gather(stack)? {
                    return Ok(Searched::Paused);
                }
                return Ok(Searched::Nothing(self.message.take_string(ctx)));
            }
            if self.copied < self.name_end {
                spent += self.copy_name()?;
                continue;
            }
            if !self.file_name.gather(stack)? {
                return Ok(Searched::Paused);
            }
            let path = &self.path.as_bytes()[..self.path_end];
            let (source, at) = match self.in_name {
                Some(at) => (self.file_name.as_bytes(), at),
                None => (path, self.at),
            };
            let rest = &source[at..source.len().min(at + RUN)];
            // A mark in the name is none.
            let end = match self.in_name {
                Some(_) => memchr::memchr(b';', rest),
                None => memchr::memchr3(b';', b'?', 0, rest),
            };
            let run = &rest[..end.unwrap_or(rest.len())];
            self.file.extend(&run[..run.len().min(LONGEST_QUOTED - self.file.len())])?;
            self.file_length += run.len();
            spent += 1 + run.len() / BYTES_PER_FUEL;
            let (stop, at) = match end {
                Some(end) if rest[end] == 0 => {
                    self.path_end = at + end;
                    (None, self.path_end)
                }
                Some(end) => (Some(rest[end]), at + end + 1),
                None => (None, at + rest.len()),
            };
            match (&mut self.in_name, stop) {
                (Some(in_name), Some(_)) => *in_name = at,
                (Some(in_name), None) if at < self.file_name.as_bytes().len() => *in_name = at,
                (in_name @ Some(_), None) => *in_name = None,
                (None, _) => self.at = at,
            }
            match stop {
                Some(b'?') => self.in_name = Some(0),
                None if self.in_name.is_some() || self.at < self.path_end => {}
                _ => {
                    spent += LOOK_FUEL;
                    if self.file_exists() {
                        stack.burn(spent);
                        return Ok(Searched::Found(self.file.as_bytes().to_vec()));
                    }
                    spent += self.note_file()?;
                    self.is_done = stop.is_none();
                }
            }
        }
        stack.burn(spent);
        Ok(Searched::Paused)
    }

    /// Copies a part of the name, in which separators are replaced. Answers what that costs.
    fn copy_name(&mut self) -> Result<usize, Error<'gc>> {
        let separator = &self.separator.as_bytes()[..self.separator_end];
        let replacement = &self.replacement.as_bytes()[..self.replacement_end];
        let rest = &self.name.as_bytes()[self.copied..self.name_end];
        let window = &rest[..rest.len().min(RUN.max(2 * separator.len()))];
        let found = match separator {
            [] => None,
            &[byte] => memchr::memchr(byte, window),
            _ => memchr::memmem::find(window, separator),
        };
        let (plain, passed) = match found {
            Some(at) => (at, at + separator.len()),
            None if window.len() == rest.len() => (rest.len(), rest.len()),
            // One may begin at the end of what has been looked at.
            None => {
                let end = window.len() - separator.len().saturating_sub(1);
                (end, end)
            }
        };
        self.file_name.extend(&rest[..plain])?;
        if found.is_some() {
            self.file_name.extend(replacement)?;
        }
        self.copied += passed;
        Ok(PART_FUEL + (passed + separator.len() + replacement.len()) / BYTES_PER_FUEL)
    }

    /// Whether the file can be read.
    fn file_exists(&self) -> bool {
        let file = self.file.as_bytes();
        (1..=LONGEST_NAME).contains(&file.len())
            && file.len() == self.file_length
            && File::open(os_name(file)).is_ok()
    }

    /// Adds the file to the message. Answers what that costs.
    fn note_file(&mut self) -> Result<usize, Error<'gc>> {
        let is_first = self.message.is_empty();
        self.message.extend(if is_first { b"no file '" } else { b"\n\tno file '" })?;
        self.message.extend(self.file.as_bytes())?;
        let length = self.file.len();
        self.message.extend(if length < self.file_length { b"...'" } else { b"'" })?;
        self.file.clear();
        self.file_length = 0;
        Ok(length / BYTES_PER_FUEL)
    }
}
