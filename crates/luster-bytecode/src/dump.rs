//! Prototypes as bytes: the writer, and what the format is.
//!
//! A dump is a [`MAGIC`], a [`VERSION`], the [`instruction_set`]'s fingerprint, and a function.
//! Whole numbers are in groups of seven bits, the lowest first, the eighth bit set on all but the
//! last; other numbers have all their bytes, the lowest first; lists have their number of items
//! before them. Byte strings have twice their length before them when they are new; one that has
//! been there already is twice its number (the first being 0) and one more. A function is
//! - its source: 0 if it is the enclosing function's, or else 1, the name, and the line starts as
//!   differences;
//! - the line of `function`, the line of `end`, the numbers of parameters (a byte), whether it takes
//!   extra arguments (a byte), the number of registers (a byte);
//! - the instructions, 8 bytes each: op, `a`, `b`, `c`, `d`;
//! - the constants: a [`Tag`] and the value;
//! - the upvalues: name, [`Place`], index (a byte);
//! - the source offsets, as differences, the sign in the lowest bit;
//! - the local variables: name, register (a byte), start, length of the range;
//! - the functions inside it.

use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

use crate::op::Op;
use crate::prototype::{Capture, Constant, Parts, Prototype, Source};

/// How a dump begins: with the header of a binary chunk of PUC-Rio Lua 5.5, as programs that look at
/// it expect (version, format, and how numbers are kept), and then our name in bytes that PUC-Rio's
/// own loader takes for a line number too large, and so refuses.
pub(crate) const MAGIC: [u8; 47] = *b"\x1BLua\x55\x00\x19\x93\r\n\x1A\n\
    \x04\x88\xA9\xFF\xFF\x04\x78\x56\x34\x12\
    \x08\x88\xA9\xFF\xFF\xFF\xFF\xFF\xFF\x08\x00\x00\x00\x00\x00\x28\x77\xC0\
    \x00\xCC\xF5\xF3\xF4\xE5\xF2";

/// The format's version. Whatever changes the meaning of a dump must raise it; a change of the
/// ops' names or numbers shows by itself.
pub(crate) const VERSION: u8 = 2;

/// The source name of a function without debug information.
const STRIPPED: &[u8] = b"=?";

/// What kind of constant follows.
pub(crate) struct Tag;

impl Tag {
    pub(crate) const NIL: u8 = 0;
    pub(crate) const FALSE: u8 = 1;
    pub(crate) const TRUE: u8 = 2;
    pub(crate) const INTEGER: u8 = 3;
    pub(crate) const FLOAT: u8 = 4;
    pub(crate) const STRING: u8 = 5;
}

/// Where an upvalue is captured.
pub(crate) struct Place;

impl Place {
    pub(crate) const REGISTER: u8 = 0;
    pub(crate) const UPVALUE: u8 = 1;
}

/// A fingerprint of all ops and their order (FNV-1a over the mnemonics), so that the dump of
/// another instruction set is refused rather than misread.
pub(crate) fn instruction_set() -> u32 {
    let bytes = Op::ALL.iter().flat_map(|op| op.mnemonic().bytes().chain([0]));
    bytes.fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A function and those inside it as bytes, which [`undump`](crate::undump) reads back. When
/// `strip` is true, what only messages and debuggers need is left out: source positions and the
/// names of variables and of the source.
pub fn dump(prototype: &Prototype, strip: bool) -> Vec<u8> {
    let mut writer =
        Writer { bytes: Vec::with_capacity(estimate(prototype)), strip, strings: HashMap::new() };
    writer.bytes.extend(MAGIC);
    writer.bytes.push(VERSION);
    writer.bytes.extend(instruction_set().to_le_bytes());
    writer.function(prototype, None);
    let mut way: Vec<(&Source, slice::Iter<'_, Arc<Prototype>>)> =
        vec![(&prototype.source, prototype.prototypes.iter())];
    while let Some((source, rest)) = way.last_mut() {
        let source = *source;
        match rest.next() {
            Some(nested) => {
                writer.function(nested, Some(source));
                way.push((&nested.source, nested.prototypes.iter()));
            }
            None => {
                way.pop();
            }
        }
    }
    writer.bytes
}

/// How many bytes making a dump takes, about: for whoever has to keep to a limit.
pub fn dump_size(prototype: &Prototype) -> usize {
    /// What the writer remembers of a string.
    const STRING: usize = 80;
    let mut total = estimate(prototype);
    each(prototype, &mut |parts| {
        total += STRING * (parts.constants.len() + parts.upvalues.len() + parts.locals.len());
    });
    total
}

/// About how long a dump is, or less.
fn estimate(prototype: &Prototype) -> usize {
    let mut total =
        MAGIC.len() + prototype.source.name.len() + 2 * prototype.source.line_starts.len();
    each(prototype, &mut |parts| {
        let texts = parts.constants.iter().map(|constant| match constant {
            Constant::String(text) => text.len() + 6,
            _ => 9,
        });
        let upvalues = parts.upvalues.iter().map(|upvalue| upvalue.name.len() + 4);
        let locals = parts.locals.iter().map(|local| local.name.len() + 6);
        total += 32 + 10 * parts.instructions.len();
        total += texts.chain(upvalues).chain(locals).sum::<usize>();
    });
    total
}

/// Looks at a function and all those inside it.
fn each<'a>(prototype: &'a Prototype, look: &mut impl FnMut(&'a Prototype)) {
    let mut left = vec![prototype];
    while let Some(prototype) = left.pop() {
        look(prototype);
        left.extend(prototype.prototypes.iter().map(|nested| &**nested));
    }
}

struct Writer<'a> {
    bytes: Vec<u8>,
    strip: bool,
    /// The strings that have been written, with their numbers.
    strings: HashMap<&'a [u8], u64>,
}

impl<'a> Writer<'a> {
    /// A function up to and including the number of those inside it.
    fn function(&mut self, parts: &'a Parts, enclosing: Option<&Source>) {
        self.source(&parts.source, enclosing);
        self.number(parts.line_defined.into());
        self.number(parts.last_line_defined.into());
        self.bytes.extend([parts.parameters, u8::from(parts.is_vararg), parts.registers]);
        self.count(parts.instructions.len());
        for instruction in &parts.instructions {
            let [d0, d1, d2, d3] = instruction.d.to_le_bytes();
            self.bytes.extend([
                instruction.op as u8,
                instruction.a,
                instruction.b,
                instruction.c,
                d0,
                d1,
                d2,
                d3,
            ]);
        }
        self.count(parts.constants.len());
        for constant in &parts.constants {
            self.constant(constant);
        }
        self.count(parts.upvalues.len());
        for upvalue in &parts.upvalues {
            self.string(if self.strip { &[] } else { &upvalue.name });
            self.bytes.extend(match upvalue.capture {
                Capture::Register(register) => [Place::REGISTER, register],
                Capture::UpValue(index) => [Place::UPVALUE, index],
            });
        }
        self.debug(parts);
        self.count(parts.prototypes.len());
    }

    fn source(&mut self, source: &'a Source, enclosing: Option<&Source>) {
        if let Some(enclosing) = enclosing
            && (self.strip || std::ptr::eq(source, enclosing) || source == enclosing)
        {
            self.bytes.push(0);
            return;
        }
        self.bytes.push(1);
        if self.strip {
            self.string(STRIPPED);
            self.count(0);
            return;
        }
        self.string(&source.name);
        self.count(source.line_starts.len());
        let mut previous = 0;
        for &start in &source.line_starts {
            self.number(start.saturating_sub(previous).into());
            previous = start;
        }
    }

    fn constant(&mut self, constant: &'a Constant) {
        match constant {
            Constant::Nil => self.bytes.push(Tag::NIL),
            Constant::False => self.bytes.push(Tag::FALSE),
            Constant::True => self.bytes.push(Tag::TRUE),
            Constant::Integer(integer) => {
                self.bytes.push(Tag::INTEGER);
                self.bytes.extend(integer.to_le_bytes());
            }
            Constant::Float(float) => {
                self.bytes.push(Tag::FLOAT);
                self.bytes.extend(float.to_bits().to_le_bytes());
            }
            Constant::String(string) => {
                self.bytes.push(Tag::STRING);
                self.string(string);
            }
        }
    }

    /// Source offsets and local variables.
    fn debug(&mut self, parts: &'a Parts) {
        if self.strip {
            self.count(0);
            self.count(0);
            return;
        }
        self.count(parts.offsets.len());
        let mut previous = 0;
        for &offset in &parts.offsets {
            let difference = i64::from(offset) - previous;
            self.number((difference.unsigned_abs() << 1) | u64::from(difference < 0));
            previous = i64::from(offset);
        }
        self.count(parts.locals.len());
        for local in &parts.locals {
            self.string(&local.name);
            self.bytes.push(local.register);
            self.number(local.start.into());
            self.number((local.end - local.start).into());
        }
    }

    fn string(&mut self, string: &'a [u8]) {
        if let Some(number) = self.strings.get(string) {
            self.number(number << 1 | 1);
            return;
        }
        self.strings.insert(string, self.strings.len() as u64);
        self.number((string.len() as u64) << 1);
        self.bytes.extend(string);
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}
