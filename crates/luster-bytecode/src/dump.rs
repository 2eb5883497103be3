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
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::op::{Instruction, Op};
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
    let mut size = DumpSize::new(prototype);
    size.go_on(prototype, usize::MAX);
    let mut dumping = Dumping::new(&size, strip);
    while !dumping.go_on(prototype, usize::MAX) {}
    dumping.bytes
}

/// How long a dump is, about or less, and what making it takes: for whoever has to keep to a limit. It is found
/// out in portions.
#[derive(Debug)]
pub struct DumpSize {
    length: usize,
    memory: usize,
    functions: usize,
    /// How many of the functions inside it have been looked at: inside the outermost function, inside the last one
    /// of these, and so on.
    path: Vec<usize>,
}

impl DumpSize {
    /// The size of a function's dump, of which only the function itself has been looked at.
    pub fn new(prototype: &Prototype) -> Self {
        let source = &prototype.source;
        let length = MAGIC.len() + source.name.len() + 2 * source.line_starts.len();
        let mut size = DumpSize { length, memory: length, functions: 0, path: vec![0] };
        size.look_at(prototype);
        size
    }

    /// Looks at so many more functions inside the same one as before. Tells whether that were all.
    pub fn go_on(&mut self, prototype: &Prototype, count: usize) -> bool {
        let end = self.functions.saturating_add(count);
        let Some((_, around)) = self.path.split_last() else { return true };
        let mut way = vec![prototype];
        for &seen in around {
            let around = way[way.len() - 1];
            way.push(&around.prototypes[seen - 1]);
        }
        while let (Some(function), Some(seen)) = (way.last(), self.path.last_mut()) {
            match function.prototypes.get(*seen) {
                Some(_) if self.functions >= end => return false,
                Some(nested) => {
                    *seen += 1;
                    self.look_at(nested);
                    way.push(nested);
                    self.path.push(0);
                }
                None => {
                    way.pop();
                    self.path.pop();
                }
            }
        }
        true
    }

    /// How many functions have been looked at.
    pub fn functions(&self) -> usize {
        self.functions
    }

    /// How many bytes making the dump takes, about, as far as the functions have been looked at.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Looks at a function without those inside it.
    fn look_at(&mut self, parts: &Parts) {
        let texts = parts.constants.iter().map(|constant| match constant {
            Constant::String(text) => text.len() + 6,
            _ => 9,
        });
        let upvalues = parts.upvalues.iter().map(|upvalue| upvalue.name.len() + 4);
        let locals = parts.locals.iter().map(|local| local.name.len() + 6);
        let length =
            32 + 10 * parts.instructions.len() + texts.chain(upvalues).chain(locals).sum::<usize>();
        let strings = parts.constants.len() + parts.upvalues.len() + parts.locals.len();
        self.length += length;
        self.memory += length + STRING * strings;
        self.functions += 1;
    }
}

/// What takes so many bytes is remembered of a string.
const STRING: usize = 80;

/// The longest string that is looked for by its bytes, and written in one go.
const LONGEST: usize = 256;

/// A dump that is made in portions.
pub struct Dumping {
    bytes: Vec<u8>,
    strip: bool,
    /// The strings that have been written, with their numbers.
    strings: HashMap<Arc<[u8]>, u64>,
    /// The long ones, by where the prototypes have them: the compiler and `undump` share what is equal.
    long_strings: HashMap<usize, u64>,
    /// What stands for names that are left out, and for that of the source.
    nameless: Arc<[u8]>,
    stripped: Arc<[u8]>,
    /// The function that is being written, as a path: which one it is of those inside each function
    /// around it.
    path: Vec<usize>,
    part: Part,
    /// How many steps of the part are done.
    done: usize,
    /// A string that is being written, and how much of it is there.
    string: Option<(Arc<[u8]>, usize)>,
}

/// What is written of a function, in this order.
#[derive(Clone, Copy)]
enum Part {
    /// Where it comes from, up to the name.
    Source,
    Lines,
    Head,
    Instructions,
    Constants,
    UpValues,
    Offsets,
    Locals,
    /// How many functions are inside it, and these.
    Nested,
}

impl Part {
    /// The one that follows.
    fn following(self) -> Self {
        match self {
            Part::Source => Part::Lines,
            Part::Lines => Part::Head,
            Part::Head => Part::Instructions,
            Part::Instructions => Part::Constants,
            Part::Constants => Part::UpValues,
            Part::UpValues => Part::Offsets,
            Part::Offsets => Part::Locals,
            Part::Locals | Part::Nested => Part::Nested,
        }
    }
}

impl Dumping {
    /// A dump of this size that is to be made. The bytes that it takes are asked for at once.
    pub fn new(size: &DumpSize, strip: bool) -> Self {
        let mut bytes = Vec::with_capacity(size.length);
        bytes.extend(MAGIC);
        bytes.push(VERSION);
        bytes.extend(instruction_set().to_le_bytes());
        Dumping {
            bytes,
            strip,
            strings: HashMap::new(),
            long_strings: HashMap::new(),
            nameless: Arc::from([]),
            stripped: Arc::from(STRIPPED),
            path: Vec::new(),
            part: Part::Source,
            done: 0,
            string: None,
        }
    }

    /// Writes about so many more bytes of the same prototype as before. Tells whether all are there.
    pub fn go_on(&mut self, prototype: &Prototype, count: usize) -> bool {
        let end = self.bytes.len().saturating_add(count);
        // The functions around the one that is being written, and that one.
        let mut way = vec![prototype];
        for &index in &self.path {
            let around = way[way.len() - 1];
            way.push(&around.prototypes[index]);
        }
        loop {
            if !self.finish_string(end) {
                return false;
            }
            let function = way[way.len() - 1];
            let is_complete = match self.part {
                Part::Source => {
                    let enclosing = way.len().checked_sub(2).map(|outer| &*way[outer].source);
                    self.source(&function.source, enclosing)
                }
                Part::Lines => self.lines(&function.source, end),
                Part::Head => self.head(function),
                Part::Instructions => self.instructions(function, end),
                Part::Constants => self.constants(function, end),
                Part::UpValues => self.upvalues(function, end),
                Part::Offsets => self.offsets(function, end),
                Part::Locals => self.locals(function, end),
                Part::Nested => {
                    if self.done == 0 {
                        self.count(function.prototypes.len());
                    }
                    if let Some(nested) = function.prototypes.get(self.done) {
                        way.push(nested);
                        self.path.push(self.done);
                        self.begin(Part::Source);
                    } else {
                        way.pop();
                        let Some(index) = self.path.pop() else { return true };
                        self.done = index + 1;
                    }
                    false
                }
            };
            if is_complete {
                self.begin(self.part.following());
            }
            if self.bytes.len() >= end {
                return false;
            }
        }
    }

    /// How many bytes it takes in memory, about.
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + STRING * (self.strings.len() + self.long_strings.len())
    }

    /// The bytes so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, once all are there.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn begin(&mut self, part: Part) {
        self.part = part;
        self.done = 0;
    }

    /// Writes the source of a function up to its name. Tells whether the lines come next.
    fn source(&mut self, source: &Source, enclosing: Option<&Source>) -> bool {
        if let Some(enclosing) = enclosing
            && (self.strip || std::ptr::eq(source, enclosing) || source == enclosing)
        {
            self.bytes.push(0);
            self.begin(Part::Head);
            return false;
        }
        self.bytes.push(1);
        let name = if self.strip { self.stripped.clone() } else { source.name.clone() };
        self.string(&name);
        true
    }

    fn lines(&mut self, source: &Source, end: usize) -> bool {
        let starts = if self.strip { &[] } else { &source.line_starts[..] };
        self.list(starts.len(), 1, end, |dump, index| {
            let previous = index.checked_sub(1).map_or(0, |before| starts[before]);
            dump.number(starts[index].saturating_sub(previous).into());
        })
    }

    fn head(&mut self, parts: &Parts) -> bool {
        self.number(parts.line_defined.into());
        self.number(parts.last_line_defined.into());
        self.bytes.extend([parts.parameters, u8::from(parts.is_vararg), parts.registers]);
        true
    }

    fn instructions(&mut self, parts: &Parts, end: usize) -> bool {
        let instructions = &parts.instructions[..];
        self.list(instructions.len(), 1, end, |dump, index| {
            let Instruction { op, a, b, c, d } = instructions[index];
            let [d0, d1, d2, d3] = d.to_le_bytes();
            dump.bytes.extend([op as u8, a, b, c, d0, d1, d2, d3]);
        })
    }

    fn constants(&mut self, parts: &Parts, end: usize) -> bool {
        let constants = &parts.constants[..];
        self.list(constants.len(), 1, end, |dump, index| dump.constant(&constants[index]))
    }

    fn upvalues(&mut self, parts: &Parts, end: usize) -> bool {
        let upvalues = &parts.upvalues[..];
        self.list(upvalues.len(), 2, end, |dump, step| {
            let upvalue = &upvalues[step / 2];
            if step % 2 == 0 {
                let name = if dump.strip { dump.nameless.clone() } else { upvalue.name.clone() };
                dump.string(&name);
                return;
            }
            dump.bytes.extend(match upvalue.capture {
                Capture::Register(register) => [Place::REGISTER, register],
                Capture::UpValue(index) => [Place::UPVALUE, index],
            });
        })
    }

    fn offsets(&mut self, parts: &Parts, end: usize) -> bool {
        let offsets = if self.strip { &[] } else { &parts.offsets[..] };
        self.list(offsets.len(), 1, end, |dump, index| {
            let previous = index.checked_sub(1).map_or(0, |before| offsets[before]);
            let difference = i64::from(offsets[index]) - i64::from(previous);
            dump.number((difference.unsigned_abs() << 1) | u64::from(difference < 0));
        })
    }

    fn locals(&mut self, parts: &Parts, end: usize) -> bool {
        let locals = if self.strip { &[] } else { &parts.locals[..] };
        self.list(locals.len(), 2, end, |dump, step| {
            let local = &locals[step / 2];
            if step % 2 == 0 {
                dump.string(&local.name);
                return;
            }
            dump.bytes.push(local.register);
            dump.number(local.start.into());
            dump.number((local.end - local.start).into());
        })
    }

    /// Goes on to write a list, its number of items first. Each item takes so many steps, and only the
    /// last thing that a step does may be to write a string. Tells whether all steps are done.
    fn list(
        &mut self,
        items: usize,
        steps: usize,
        end: usize,
        mut step: impl FnMut(&mut Self, usize),
    ) -> bool {
        let all = items * steps;
        if self.done == 0 {
            self.count(items);
        }
        while self.done < all {
            step(self, self.done);
            self.done += 1;
            if self.string.is_some() || self.bytes.len() >= end {
                break;
            }
        }
        self.done >= all
    }

    fn constant(&mut self, constant: &Constant) {
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

    /// Writes a string, or begins to: the bytes of a long one come next.
    fn string(&mut self, string: &Arc<[u8]>) {
        let number = (self.strings.len() + self.long_strings.len()) as u64;
        let known = if string.len() > LONGEST {
            match self.long_strings.entry(string.as_ptr().addr()) {
                Entry::Occupied(known) => Some(*known.get()),
                Entry::Vacant(place) => {
                    place.insert(number);
                    None
                }
            }
        } else {
            let known = self.strings.get(&**string).copied();
            if known.is_none() {
                self.strings.insert(string.clone(), number);
            }
            known
        };
        if let Some(known) = known {
            self.number(known << 1 | 1);
            return;
        }
        self.number((string.len() as u64) << 1);
        if string.len() > LONGEST {
            self.string = Some((string.clone(), 0));
        } else {
            self.bytes.extend_from_slice(string);
        }
    }

    /// Goes on with the long string, if there is one. Tells whether all of it is there.
    fn finish_string(&mut self, end: usize) -> bool {
        let Some((string, done)) = &mut self.string else { return true };
        let room = end.saturating_sub(self.bytes.len()).max(1);
        let to = string.len().min(done.saturating_add(room));
        self.bytes.extend_from_slice(&string[*done..to]);
        *done = to;
        if to < string.len() {
            return false;
        }
        self.string = None;
        true
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
