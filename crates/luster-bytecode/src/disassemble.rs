//! Prototypes as text for people, stable enough for snapshot tests.
//!
//! Nothing reads this text back. One line is one instruction: its index, its source line, its
//! mnemonic, and its operands with what they mean.

use std::fmt::{self, Display, Formatter, Write};

use crate::op::{Flipped, Flow, Instruction, Op, Operand, WideOperand};
use crate::prototype::{Constant, Prototype};

/// How many bytes of a string are shown.
const MAX_TEXT: usize = 60;

/// The text of a prototype and of all functions inside it; made by [`Prototype::disassemble`].
#[derive(Clone, Copy, Debug)]
pub struct Disassembly<'a> {
    prototype: &'a Prototype,
}

impl Prototype {
    /// Its code as readable text, the functions inside it after it, each labelled by the way to it:
    /// `function 0.2` is the third one inside the first.
    pub fn disassemble(&self) -> Disassembly<'_> {
        Disassembly { prototype: self }
    }
}

impl Display for Disassembly<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let root = if self.prototype.line_defined == 0 { "main" } else { "function" };
        function(f, root, self.prototype)?;
        // The way to the function shown last: at each level, the functions that remain.
        let mut way = vec![self.prototype.prototypes.iter().enumerate()];
        let mut path: Vec<String> = Vec::new();
        while let Some(level) = way.last_mut() {
            let next = level.next();
            path.truncate(way.len() - 1);
            let Some((index, nested)) = next else {
                way.pop();
                continue;
            };
            path.push(index.to_string());
            f.write_char('\n')?;
            function(f, &format!("function {}", path.join(".")), nested)?;
            way.push(nested.prototypes.iter().enumerate());
        }
        Ok(())
    }
}

/// One function, without those inside it.
fn function(f: &mut Formatter<'_>, label: &str, prototype: &Prototype) -> fmt::Result {
    write!(f, "{label} (")?;
    if prototype.line_defined != 0 {
        write!(f, "lines {}-{}, ", prototype.line_defined, prototype.last_line_defined)?;
    }
    if prototype.parameters != 0 {
        write!(f, "{}, ", Plural(prototype.parameters.into(), "parameter"))?;
    }
    if prototype.is_vararg {
        f.write_str("vararg, ")?;
    }
    write!(f, "{}", Plural(prototype.registers.into(), "register"))?;
    for (index, upvalue) in prototype.upvalues.iter().enumerate() {
        f.write_str(if index == 0 { ", upvalues " } else { " " })?;
        write!(f, "u{index}{}", Name(Some(&upvalue.name)))?;
    }
    f.write_str(")\n")?;

    let last = prototype.instructions.len() - 1;
    let index_width = last.to_string().len().max(4);
    let last_line = prototype.source.line_starts.len();
    let line_width = last_line.to_string().len();
    let mut names = Names { before: Scope::new(prototype), after: Scope::new(prototype) };
    for (pc, &instruction) in prototype.instructions.iter().enumerate() {
        names.before.advance(pc);
        names.after.advance(pc + 1);
        write!(f, "{pc:index_width$}  ")?;
        if !prototype.offsets.is_empty() && last_line != 0 {
            write!(f, "[{:>line_width$}]  ", prototype.line(pc))?;
        }
        let line = Line { prototype, names: &names, pc, instruction };
        writeln!(f, "{}", line.to_string().trim_end())?;
    }
    Ok(())
}

/// A number of things.
struct Plural(usize, &'static str);

impl Display for Plural {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}

/// The local variable in each register, as the instructions go by.
struct Scope<'a> {
    prototype: &'a Prototype,
    pc: usize,
    /// How many of the local variables have started.
    started: usize,
    /// For each register, one more than the index of the one that started last.
    locals: [usize; 256],
}

impl<'a> Scope<'a> {
    fn new(prototype: &'a Prototype) -> Self {
        Scope { prototype, pc: 0, started: 0, locals: [0; 256] }
    }

    fn advance(&mut self, pc: usize) {
        self.pc = pc;
        while let Some(local) = self.prototype.locals.get(self.started)
            && local.start as usize <= pc
        {
            self.started += 1;
            self.locals[usize::from(local.register)] = self.started;
        }
    }

    fn name(&self, register: u8) -> Option<&'a [u8]> {
        let index = self.locals[usize::from(register)].checked_sub(1)?;
        let local = &self.prototype.locals[index];
        (self.pc < local.end as usize).then_some(&*local.name)
    }
}

/// The local variables when an instruction is about to run, and after it.
struct Names<'a> {
    before: Scope<'a>,
    after: Scope<'a>,
}

/// A mnemonic and its operands.
struct Line<'a> {
    prototype: &'a Prototype,
    names: &'a Names<'a>,
    pc: usize,
    instruction: Instruction,
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Instruction { op, a, b, c, d } = self.instruction;
        let count = |operand: u8| usize::from(operand).checked_sub(1);
        write!(f, "{:<18}", op.mnemonic())?;
        match op {
            Op::LoadFloat => write!(f, " {} {:?}", self.written(a), f64::from(d)),
            Op::LoadNil => write!(f, " {}", Range(a, Some(usize::from(b) + 1))),
            Op::GetMethod => {
                write!(f, " {} {}", Range(a, Some(2)), self.read(b))?;
                self.constant(f, usize::from(c))
            }
            Op::NewTable => {
                write!(f, " {}", self.written(a))?;
                if b != 0 {
                    write!(f, " fields 2^{}", b - 1)?;
                }
                if d != 0 {
                    write!(f, " items {d}")?;
                }
                Ok(())
            }
            Op::SetList => {
                let items = if b == 0 { None } else { Some(usize::from(b)) };
                write!(f, " {} items {} after {d}", self.read(a), Range(a.wrapping_add(1), items))
            }
            Op::Concat => write!(f, " {} {}", self.written(a), Range(b, Some(c.into()))),
            Op::Call => {
                let arguments = Range(a.wrapping_add(1), count(b));
                write!(f, " {} args {arguments} results {}", self.read(a), Range(a, count(c)))
            }
            Op::TailCall => {
                write!(f, " {} args {}", self.read(a), Range(a.wrapping_add(1), count(b)))
            }
            Op::Return => {
                write!(f, " {}", Range(a, count(b)))?;
                if c != 0 { f.write_str(" closing") } else { Ok(()) }
            }
            Op::VarArg => write!(f, " {}", Range(a, count(c))),
            Op::UnpackVarArgTable => write!(f, " {} {}", Range(a, count(c)), self.read(b)),
            Op::ForPrep | Op::ForLoop | Op::GenericForPrep | Op::GenericForLoop => {
                write!(f, " r{a}")?;
                self.jump(f)
            }
            Op::GenericForCall => {
                let first = a.wrapping_add(4);
                write!(f, " r{a} results {}", Range(first, Some(c.into())))
            }
            Op::Close => write!(f, " r{a}"),
            _ => self.operands(f),
        }
    }
}

impl Line<'_> {
    /// The operands as the op's row has them.
    fn operands(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Instruction { op, a, b, c, d } = self.instruction;
        let kinds = op.operands();
        for (kind, value) in kinds.into_iter().zip([a, b, c]) {
            match kind {
                Operand::None | Operand::Cache | Operand::High => {}
                Operand::Read | Operand::ReadWrite | Operand::Cell => {
                    write!(f, " {}", self.read(value))?;
                }
                Operand::Write | Operand::MakeCell => write!(f, " {}", self.written(value))?,
                Operand::UpValue => {
                    let name = self.prototype.upvalues.get(usize::from(value));
                    write!(f, " u{value}{}", Name(name.map(|upvalue| &*upvalue.name)))?;
                }
                Operand::Flipped if value == Flipped::No as u8 => {}
                Operand::Flipped if value == Flipped::Yes as u8 => f.write_str(" flipped")?,
                Operand::Flipped => f.write_str(" subtraction")?,
                Operand::Constant
                | Operand::NumberConstant
                | Operand::NameConstant
                | Operand::StringConstant => self.constant(f, usize::from(value))?,
                Operand::Wide(WideOperand::Immediate) => {
                    write!(f, " {}", self.instruction.wide_immediate())?;
                }
                Operand::Wide(WideOperand::Constant) => {
                    self.constant(f, usize::from(self.instruction.wide_constant()))?;
                }
                Operand::Window => write!(f, " r{value}")?,
                Operand::Count
                | Operand::Immediate
                | Operand::Prototype
                | Operand::JumpForward
                | Operand::JumpBack => write!(f, " {value}")?,
            }
        }
        match kinds[3] {
            Operand::None | Operand::Cache => Ok(()),
            Operand::JumpForward | Operand::JumpBack => self.jump(f),
            Operand::Prototype => write!(f, " function {d}"),
            Operand::Constant
            | Operand::NumberConstant
            | Operand::NameConstant
            | Operand::StringConstant => self.constant(f, d as usize),
            _ => write!(f, " {d}"),
        }
    }

    fn jump(&self, f: &mut Formatter<'_>) -> fmt::Result {
        debug_assert!(matches!(self.instruction.op.flow(), Flow::Branch | Flow::Jump));
        write!(f, " -> {}", self.pc as i64 + 1 + i64::from(self.instruction.d))
    }

    fn constant(&self, f: &mut Formatter<'_>, index: usize) -> fmt::Result {
        match self.prototype.constants.get(index) {
            None => write!(f, " k{index}"),
            Some(constant) => write!(f, " {constant}"),
        }
    }

    /// A register with the variable that it holds before the instruction.
    fn read(&self, register: u8) -> impl Display {
        Register(register, self.names.before.name(register))
    }

    /// A register with the variable that it holds after the instruction.
    fn written(&self, register: u8) -> impl Display {
        Register(register, self.names.after.name(register))
    }
}

/// A register and the variable in it.
struct Register<'a>(u8, Option<&'a [u8]>);

impl Display for Register<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "r{}{}", self.0, Name(self.1))
    }
}

/// Registers from one on: so many, or all up to the top.
struct Range(u8, Option<usize>);

impl Display for Range {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Range(first, count) = *self;
        match count {
            None => write!(f, "r{first}..top"),
            Some(0) => f.write_str("none"),
            Some(1) => write!(f, "r{first}"),
            Some(count) => write!(f, "r{first}..r{}", usize::from(first) + count - 1),
        }
    }
}

/// A variable's name, if there is one, behind what holds it. Internal names bring their
/// parentheses along.
struct Name<'a>(Option<&'a [u8]>);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            None | Some([]) => Ok(()),
            Some(name) if name.starts_with(b"(") => text(f, name),
            Some(name) => {
                f.write_char('(')?;
                text(f, name)?;
                f.write_char(')')
            }
        }
    }
}

impl Display for Constant {
    /// As it would stand in the source; long strings are cut short.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Nil => f.write_str("nil"),
            Constant::False => f.write_str("false"),
            Constant::True => f.write_str("true"),
            Constant::Integer(integer) => write!(f, "{integer}"),
            Constant::Float(float) => write!(f, "{float:?}"),
            Constant::String(string) => {
                f.write_char('"')?;
                text(f, string)?;
                f.write_char('"')
            }
        }
    }
}

/// A string on one line, its unprintable bytes escaped, its end left out if it is long.
fn text(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let shown = &bytes[..bytes.len().min(MAX_TEXT)];
    for chunk in shown.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                _ if character.is_control() => write!(f, "\\x{:02X}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02X}")?;
        }
    }
    if shown.len() < bytes.len() { f.write_str("...") } else { Ok(()) }
}
