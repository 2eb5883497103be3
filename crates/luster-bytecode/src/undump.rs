//! Reading back what `dump` has written, from bytes that nobody vouches for.
//!
//! Whatever the bytes, reading ends, never takes more memory than a small multiple of their number,
//! and what it returns has passed the verifier. The format is described in `dump`.

use std::fmt;
use std::sync::Arc;

use crate::dump::{MAGIC, Place, Tag, VERSION, instruction_set};
use crate::op::{Instruction, Op};
use crate::prototype::{Capture, Constant, LocalInfo, Parts, Prototype, Source, UpValueInfo};
use crate::verify::{MAX_DEPTH, VerifyError};

/// The fewest bytes that a function takes in a dump.
const SMALLEST_FUNCTION: usize = 12;

/// Why bytes are not a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UndumpError {
    /// They do not begin as a dump does.
    NotADump,
    /// They are a dump of another version of the format or of the instruction set.
    Version,
    /// They end too early.
    Truncated,
    /// Something in them means nothing: the name of what was expected.
    Malformed(&'static str),
    /// Something follows where the dump should end.
    TrailingBytes,
    /// Functions nest too deeply.
    TooDeep,
    /// A function breaks a rule of the verifier.
    Verify(VerifyError),
}

impl fmt::Display for UndumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad binary format (")?;
        match self {
            UndumpError::NotADump => f.write_str("not a binary chunk")?,
            UndumpError::Version => f.write_str("version mismatch")?,
            UndumpError::Truncated => f.write_str("truncated chunk")?,
            UndumpError::Malformed(expected) => write!(f, "invalid {expected}")?,
            UndumpError::TrailingBytes => f.write_str("bytes after the end")?,
            UndumpError::TooDeep => f.write_str("functions nest too deeply")?,
            UndumpError::Verify(error) => write!(f, "{error}")?,
        }
        f.write_str(")")
    }
}

impl std::error::Error for UndumpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            UndumpError::Verify(error) => Some(error),
            _ => None,
        }
    }
}

impl From<VerifyError> for UndumpError {
    fn from(error: VerifyError) -> Self {
        UndumpError::Verify(error)
    }
}

/// Reads a function that [`dump`](crate::dump) has written.
///
/// # Errors
/// When the bytes are not exactly a dump of this version, or a function in it is not valid.
pub fn undump(bytes: &[u8]) -> Result<Prototype, UndumpError> {
    let mut reader = Reader { bytes, strings: Vec::new() };
    reader.header()?;
    // The functions that are not complete, each inside the one before it, with how many of those
    // inside it are still to come.
    let mut open: Vec<(Parts, usize)> = Vec::new();
    loop {
        if open.len() >= usize::from(MAX_DEPTH) {
            return Err(UndumpError::TooDeep);
        }
        let enclosing = open.last().map(|(parts, _)| &parts.source);
        let source = reader.source(enclosing)?;
        let (mut parts, mut rest) = reader.function(source)?;
        while rest == 0 {
            let prototype = parts.verify()?;
            let Some((mut around, still)) = open.pop() else {
                return if reader.bytes.is_empty() {
                    Ok(prototype)
                } else {
                    Err(UndumpError::TrailingBytes)
                };
            };
            around.prototypes.push(Arc::new(prototype));
            (parts, rest) = (around, still - 1);
        }
        open.push((parts, rest));
    }
}

struct Reader<'a> {
    /// What has not been read.
    bytes: &'a [u8],
    /// The strings that have been read.
    strings: Vec<Arc<[u8]>>,
}

impl<'a> Reader<'a> {
    fn header(&mut self) -> Result<(), UndumpError> {
        let common = self.bytes.len().min(MAGIC.len());
        if self.bytes[..common] != MAGIC[..common] {
            return Err(UndumpError::NotADump);
        }
        self.take(MAGIC.len())?;
        if self.byte()? != VERSION || u32::from_le_bytes(self.array()?) != instruction_set() {
            return Err(UndumpError::Version);
        }
        Ok(())
    }

    /// The source of the next function, which may be that of the function around it.
    fn source(&mut self, enclosing: Option<&Arc<Source>>) -> Result<Arc<Source>, UndumpError> {
        match (self.byte()?, enclosing) {
            (0, Some(enclosing)) => return Ok(enclosing.clone()),
            (1, _) => {}
            _ => return Err(UndumpError::Malformed("source")),
        }
        let name = self.string()?;
        let count = self.count(1)?;
        let mut line_starts = Vec::with_capacity(count);
        let mut start: u32 = 0;
        for _ in 0..count {
            start =
                start.checked_add(self.number32("line")?).ok_or(UndumpError::Malformed("line"))?;
            line_starts.push(start);
        }
        let source = Source { name, line_starts };
        if source.is_well_formed() {
            Ok(Arc::new(source))
        } else {
            Err(UndumpError::Malformed("line"))
        }
    }

    /// The next function after its source, without those inside it, and their number.
    fn function(&mut self, source: Arc<Source>) -> Result<(Parts, usize), UndumpError> {
        let parts = Parts {
            source,
            line_defined: self.number32("line")?,
            last_line_defined: self.number32("line")?,
            parameters: self.byte()?,
            is_vararg: match self.byte()? {
                0 => false,
                1 => true,
                _ => return Err(UndumpError::Malformed("flag")),
            },
            registers: self.byte()?,
            instructions: self.list(8, Self::instruction)?,
            constants: self.list(1, Self::constant)?,
            upvalues: self.list(3, Self::upvalue)?,
            offsets: self.offsets()?,
            locals: self.list(4, Self::local)?,
            prototypes: Vec::new(),
        };
        let count = self.count(SMALLEST_FUNCTION)?;
        Ok((parts, count))
    }

    fn instruction(&mut self) -> Result<Instruction, UndumpError> {
        let [op, a, b, c, d0, d1, d2, d3] = self.array()?;
        let op = Op::from_u8(op).ok_or(UndumpError::Malformed("instruction"))?;
        Ok(Instruction::new(op, a, b, c, i32::from_le_bytes([d0, d1, d2, d3])))
    }

    fn constant(&mut self) -> Result<Constant, UndumpError> {
        Ok(match self.byte()? {
            Tag::NIL => Constant::Nil,
            Tag::FALSE => Constant::False,
            Tag::TRUE => Constant::True,
            Tag::INTEGER => Constant::Integer(i64::from_le_bytes(self.array()?)),
            Tag::FLOAT => Constant::Float(f64::from_bits(u64::from_le_bytes(self.array()?))),
            Tag::STRING => Constant::String(self.string()?),
            _ => return Err(UndumpError::Malformed("constant")),
        })
    }

    fn upvalue(&mut self) -> Result<UpValueInfo, UndumpError> {
        let name = self.string()?;
        let capture = match self.array()? {
            [Place::REGISTER, register] => Capture::Register(register),
            [Place::UPVALUE, index] => Capture::UpValue(index),
            _ => return Err(UndumpError::Malformed("upvalue")),
        };
        Ok(UpValueInfo { name, capture })
    }

    fn offsets(&mut self) -> Result<Vec<u32>, UndumpError> {
        let mut previous: u32 = 0;
        self.list(1, |reader| {
            let number = reader.number()?;
            let distance = u32::try_from(number >> 1).ok();
            let offset = match number & 1 {
                0 => distance.and_then(|distance| previous.checked_add(distance)),
                _ => distance.and_then(|distance| previous.checked_sub(distance)),
            };
            previous = offset.ok_or(UndumpError::Malformed("source offset"))?;
            Ok(previous)
        })
    }

    fn local(&mut self) -> Result<LocalInfo, UndumpError> {
        let name = self.string()?;
        let register = self.byte()?;
        let start = self.number32("local variable")?;
        let length = self.number32("local variable")?;
        let end = start.checked_add(length).ok_or(UndumpError::Malformed("local variable"))?;
        Ok(LocalInfo { name, register, start, end })
    }

    /// A list of items that take at least `smallest` bytes each.
    fn list<T>(
        &mut self,
        smallest: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, UndumpError>,
    ) -> Result<Vec<T>, UndumpError> {
        let count = self.count(smallest)?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A number of items that take at least `smallest` bytes each, refused if there are not enough
    /// bytes for them.
    fn count(&mut self, smallest: usize) -> Result<usize, UndumpError> {
        let count = usize::try_from(self.number()?).map_err(|_| UndumpError::Truncated)?;
        if count > self.bytes.len() / smallest {
            return Err(UndumpError::Truncated);
        }
        Ok(count)
    }

    fn string(&mut self) -> Result<Arc<[u8]>, UndumpError> {
        let number = self.number()?;
        let value = usize::try_from(number >> 1).map_err(|_| UndumpError::Truncated)?;
        if number & 1 != 0 {
            return self.strings.get(value).cloned().ok_or(UndumpError::Malformed("string"));
        }
        let string: Arc<[u8]> = Arc::from(self.take(value)?);
        self.strings.push(Arc::clone(&string));
        Ok(string)
    }

    fn number32(&mut self, expected: &'static str) -> Result<u32, UndumpError> {
        u32::try_from(self.number()?).map_err(|_| UndumpError::Malformed(expected))
    }

    fn number(&mut self) -> Result<u64, UndumpError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let group = u64::from(byte & 0x7F);
            if (group << shift) >> shift != group {
                break;
            }
            number |= group << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(UndumpError::Malformed("number"))
    }

    fn byte(&mut self) -> Result<u8, UndumpError> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], UndumpError> {
        let (array, rest) = self.bytes.split_first_chunk().ok_or(UndumpError::Truncated)?;
        self.bytes = rest;
        Ok(*array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], UndumpError> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(UndumpError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }
}
