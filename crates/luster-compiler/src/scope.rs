//! Scopes: what a name means at a place, where declarations begin and end, and blocks.
//!
//! A name is looked up in constant time: for each name the innermost declaration is known, and
//! each declaration remembers the one that it hides. The rules of Lua 5.5's `global` are those of
//! `searchvar` and `buildvar` in PUC-Rio's `lparser.c`.

use std::sync::Arc;

use luster_bytecode::{Capture, LocalInfo, Op, UpValueInfo};
use luster_syntax::TokenId;

use crate::{
    compiler::Compiler,
    error::Result,
    function::{Const, LabelId},
    labels::{Goto, Label},
    names::NameId,
};

/// The most upvalues a function may have.
const MAX_UPVALUES: usize = 255;

/// What a declaration declares.
#[derive(Clone, Copy)]
pub(crate) enum Binding {
    /// A local variable of the function at this level.
    Local {
        level: usize,
        register: u8,
        /// Whether the register holds a cell.
        captured: bool,
        read_only: bool,
        /// Its number in the function's debug information.
        info: usize,
    },
    /// A compile-time constant, which has no register.
    Constant(Const),
    /// A named vararg parameter without a table.
    VarArg { level: usize },
    /// A global variable.
    Global { read_only: bool },
    /// `global *`: all names that are not declared otherwise.
    AllGlobals {
        read_only: bool,
        /// One more than the position of the `global *` around this one, or 0.
        outer: usize,
    },
    /// A variable without a name, which the language itself needs.
    Hidden { info: usize },
}

/// A declaration in scope.
struct Declaration {
    name: Option<NameId>,
    binding: Binding,
    /// One more than the position of the declaration that this one hides, or 0.
    hides: usize,
}

/// All declarations in scope, those of the functions around the current one included.
pub(crate) struct Scopes {
    declarations: Vec<Declaration>,
    /// For each name, one more than the position of its innermost declaration, or 0.
    innermost: Vec<usize>,
    /// One more than the position of the innermost `global *`, or 0.
    all_globals: usize,
    /// How many `global` declarations with names are in scope.
    named_globals: usize,
}

impl Scopes {
    /// No declarations, for so many names.
    pub(crate) fn new(names: usize) -> Self {
        Scopes {
            declarations: Vec::new(),
            innermost: vec![0; names],
            all_globals: 0,
            named_globals: 0,
        }
    }

    /// How many declarations are in scope.
    pub(crate) fn len(&self) -> usize {
        self.declarations.len()
    }

    /// Brings a name into scope.
    pub(crate) fn declare(&mut self, name: NameId, binding: Binding) {
        let hides = self.innermost[name.index()];
        self.declarations.push(Declaration { name: Some(name), binding, hides });
        self.innermost[name.index()] = self.declarations.len();
        if let Binding::Global { .. } = binding {
            self.named_globals += 1;
        }
    }

    /// Brings all global names into scope.
    pub(crate) fn declare_all_globals(&mut self, read_only: bool) {
        let binding = Binding::AllGlobals { read_only, outer: self.all_globals };
        self.declarations.push(Declaration { name: None, binding, hides: 0 });
        self.all_globals = self.declarations.len();
    }

    /// Brings a variable without a name into scope.
    fn declare_hidden(&mut self, info: usize) {
        let binding = Binding::Hidden { info };
        self.declarations.push(Declaration { name: None, binding, hides: 0 });
    }

    /// What a name is declared as.
    pub(crate) fn find(&self, name: NameId) -> Option<Binding> {
        let index = self.innermost[name.index()].checked_sub(1)?;
        Some(self.declarations[index].binding)
    }

    /// The value of a name that is a compile-time constant.
    pub(crate) fn constant(&self, name: NameId) -> Option<Const> {
        match self.find(name) {
            Some(Binding::Constant(value)) => Some(value),
            _ => None,
        }
    }

    /// Whether a name means the local variable in a register of the function at a level.
    pub(crate) fn is_register(&self, name: NameId, at_level: usize, in_register: u8) -> bool {
        matches!(
            self.find(name),
            Some(Binding::Local { level, register, .. })
                if level == at_level && register == in_register
        )
    }

    /// The register with the cell of a name that is a captured local variable of the function at a
    /// level.
    pub(crate) fn cell(&self, name: NameId, at_level: usize) -> Option<u8> {
        match self.find(name) {
            Some(Binding::Local { level, register, captured: true, .. }) if level == at_level => {
                Some(register)
            }
            _ => None,
        }
    }

    /// Ends the scope of the last declaration.
    fn pop(&mut self) -> Option<Binding> {
        let declaration = self.declarations.pop()?;
        if let Some(name) = declaration.name {
            self.innermost[name.index()] = declaration.hides;
        }
        match declaration.binding {
            Binding::Global { .. } => self.named_globals -= 1,
            Binding::AllGlobals { outer, .. } => self.all_globals = outer,
            _ => {}
        }
        Some(declaration.binding)
    }
}

/// What a name means at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Variable {
    /// A local variable in this register.
    Local(u8),
    /// A captured local variable, whose cell is in this register.
    Cell(u8),
    /// An upvalue of the current function.
    UpValue(u8),
    /// A compile-time constant.
    Constant(Const),
    /// The vararg parameter, without a table.
    VarArg,
    /// A global variable.
    Global,
}

/// What was the case where a block began.
pub(crate) struct Block {
    declarations: usize,
    active_registers: u8,
    local_count: u16,
    to_be_closed: u32,
    first_label: usize,
    first_goto: usize,
}

impl Block {
    /// How many to-be-closed variables are in scope outside.
    pub(crate) fn to_be_closed(&self) -> u32 {
        self.to_be_closed
    }

    /// How many registers the variables outside take.
    pub(crate) fn registers(&self) -> u8 {
        self.active_registers
    }
}

/// A loop around the current place, as `break` needs to know it.
#[derive(Clone, Copy)]
pub(crate) struct Loop {
    pub(crate) exit: LabelId,
    pub(crate) to_be_closed: u32,
    pub(crate) registers: u8,
}

impl Compiler<'_> {
    /// Brings a local variable into scope that lives in a register taken for it.
    pub(crate) fn declare_local(
        &mut self,
        name: NameId,
        register: u8,
        captured: bool,
        read_only: bool,
    ) {
        let info = self.add_local_info(name, register);
        let level = self.outer.len();
        let binding = Binding::Local { level, register, captured, read_only, info };
        self.scopes.declare(name, binding);
    }

    /// Brings a variable that a loop keeps for itself into scope.
    pub(crate) fn declare_hidden(&mut self, register: u8) {
        let info = self.push_local_info(self.names.hidden(), register);
        self.scopes.declare_hidden(info);
    }

    /// Brings a second register of a variable into scope, for debug information alone.
    pub(crate) fn declare_shadow(&mut self, name: NameId, register: u8) {
        let info = self.add_local_info(name, register);
        self.scopes.declare_hidden(info);
    }

    fn add_local_info(&mut self, name: NameId, register: u8) -> usize {
        let name = self.names.shared(name);
        self.push_local_info(name, register)
    }

    fn push_local_info(&mut self, name: Arc<[u8]>, register: u8) -> usize {
        let start = self.f.here() as u32;
        self.f.locals.push(LocalInfo { name, register, start, end: start });
        self.f.active_registers = self.f.active_registers.max(register + 1);
        self.f.locals.len() - 1
    }

    /// What a name means here, and whether it must not be assigned to.
    ///
    /// # Errors
    /// For a name that is not declared where all must be, and for too many upvalues.
    pub(crate) fn resolve(&mut self, name: NameId, token: TokenId) -> Result<(Variable, bool)> {
        match self.scopes.find(name) {
            None | Some(Binding::AllGlobals { .. } | Binding::Hidden { .. }) => {
                if name == self.names.env() {
                    // The main function's upvalue, declared nowhere.
                    return Ok((Variable::UpValue(self.upvalue(name, None, token)?), false));
                }
                match self.scopes.all_globals.checked_sub(1) {
                    Some(index) => {
                        let binding = self.scopes.declarations[index].binding;
                        let read_only =
                            matches!(binding, Binding::AllGlobals { read_only: true, .. });
                        Ok((Variable::Global, read_only))
                    }
                    None if self.scopes.named_globals > 0 => {
                        Err(self.name_error("variable ", name, " not declared", token))
                    }
                    None => Ok((Variable::Global, false)),
                }
            }
            Some(Binding::Global { read_only }) => Ok((Variable::Global, read_only)),
            Some(Binding::Constant(value)) => Ok((Variable::Constant(value), true)),
            Some(Binding::VarArg { level }) => {
                debug_assert_eq!(level, self.outer.len(), "a captured one has a table");
                Ok((Variable::VarArg, true))
            }
            Some(Binding::Local { level, register, captured, read_only, .. }) => {
                let variable = if level != self.outer.len() {
                    debug_assert!(captured, "the first pass finds captured variables");
                    Variable::UpValue(self.upvalue(name, Some((level, register)), token)?)
                } else if captured {
                    Variable::Cell(register)
                } else {
                    Variable::Local(register)
                };
                Ok((variable, read_only))
            }
        }
    }

    /// The number of an upvalue of the current function, which is added to it and to the functions
    /// around it as needed. `home` is the level of the function that has the variable and its
    /// register; without it, the main function has it as an upvalue.
    fn upvalue(&mut self, name: NameId, home: Option<(usize, u8)>, token: TokenId) -> Result<u8> {
        let current = self.outer.len();
        let innermost = self.upvalues.innermost(name);
        if let Some((level, index)) = innermost
            && level == current
        {
            return Ok(index as u8);
        }
        // The innermost function around that knows it already, or the variable's own. One outside
        // of that has another variable of the same name.
        let known = innermost.filter(|&(level, _)| home.is_none_or(|(lowest, _)| level > lowest));
        let (level, mut capture) = match (known, home) {
            (Some((level, index)), _) => (level, Capture::UpValue(index as u8)),
            (None, Some((level, register))) => (level, Capture::Register(register)),
            // The main function always has `_ENV`, the one name that comes without a home.
            (None, None) => (0, Capture::UpValue(0)),
        };
        let bytes = self.names.shared(name);
        let mut index = 0;
        for above in level + 1..=current {
            let f = self.outer.get_mut(above).unwrap_or(&mut self.f);
            let count = f.upvalues.len();
            if count >= MAX_UPVALUES {
                let line = f.line_defined;
                return Err(self.limit_error_in("upvalues", MAX_UPVALUES, token, line));
            }
            f.upvalues.push(UpValueInfo { name: Arc::clone(&bytes), capture });
            index = count as u8;
            self.upvalues.add(name, above, u32::from(index), &mut f.hidden_upvalues);
            capture = Capture::UpValue(index);
        }
        Ok(index)
    }

    /// Begins a block.
    pub(crate) fn enter_block(&mut self) -> Block {
        Block {
            declarations: self.scopes.len(),
            active_registers: self.f.active_registers,
            local_count: self.f.local_count,
            to_be_closed: self.f.to_be_closed,
            first_label: self.f.labels.len(),
            first_goto: self.f.labels.gotos.len(),
        }
    }

    /// Ends a block: closes what must be closed, matches `goto`s, and ends the scope of all that
    /// was declared. `last` is the last token that belongs to the block.
    pub(crate) fn leave_block(&mut self, block: &Block, last: TokenId) -> Result<()> {
        if self.f.to_be_closed > block.to_be_closed && self.f.is_reachable() {
            let offset = self.tokens.start(last);
            self.f.emit_a(Op::Close, block.active_registers, offset);
        }
        self.end_block(block, last)
    }

    /// The same without closing anything.
    pub(crate) fn end_block(&mut self, block: &Block, last: TokenId) -> Result<()> {
        self.match_gotos(block, last)?;
        self.f.labels.leave(block.first_label);
        let end = self.f.here() as u32;
        while self.scopes.len() > block.declarations {
            if let Some(Binding::Local { info, .. } | Binding::Hidden { info }) = self.scopes.pop()
            {
                self.f.locals[info].end = end;
            }
        }
        self.f.to_be_closed = block.to_be_closed;
        self.f.local_count = block.local_count;
        self.f.active_registers = block.active_registers;
        self.f.free = block.active_registers;
        Ok(())
    }

    fn match_gotos(&mut self, block: &Block, last: TokenId) -> Result<()> {
        let mut kept = block.first_goto;
        for index in block.first_goto..self.f.labels.gotos.len() {
            let mut goto = self.f.labels.gotos[index];
            match self.f.labels.find_from(goto.name, block.first_label) {
                Some(label) => self.close_goto(goto, label, last)?,
                None => {
                    // The variables of this block are out of scope for the blocks around it.
                    goto.declarations = goto.declarations.min(block.declarations);
                    self.f.labels.gotos[kept] = goto;
                    kept += 1;
                }
            }
        }
        self.f.labels.gotos.truncate(kept);
        Ok(())
    }

    fn close_goto(&mut self, goto: Goto, label: Label, last: TokenId) -> Result<()> {
        if goto.declarations < label.declarations {
            let name = self.scopes.declarations[goto.declarations].name;
            let name = name.map_or(&b"*"[..], |name| self.names.text(name));
            let mut message = b"<goto ".to_vec();
            message.extend_from_slice(self.names.text(goto.name));
            message.extend_from_slice(
                format!("> at line {} jumps into the scope of '", goto.line).as_bytes(),
            );
            message.extend_from_slice(name);
            message.push(b'\'');
            return Err(self.goto_error(message, goto, last));
        }
        if let Some(close) = goto.close
            && label.to_be_closed < goto.to_be_closed
        {
            let instruction = &mut self.f.code[close];
            instruction.op = Op::Close;
            instruction.a = label.registers;
        }
        self.f.patch(goto.pc, label.pc);
        Ok(())
    }

    /// Puts a label here.
    ///
    /// # Errors
    /// If the function has one of this name in scope already.
    pub(crate) fn add_label(
        &mut self,
        name: NameId,
        token: TokenId,
        end_of: Option<&Block>,
        last: TokenId,
    ) -> Result<()> {
        let line = self.line(token);
        if let Some(label) = self.f.labels.find(name) {
            let after = format!(" already defined on line {}", label.line);
            return Err(self.name_error("label ", name, &after, last));
        }
        let pc = self.f.mark_target();
        // At the end of its block a label counts as outside the scope of the block's variables.
        let label = match end_of {
            Some(block) => Label {
                name,
                line,
                pc,
                declarations: block.declarations,
                registers: block.active_registers,
                to_be_closed: block.to_be_closed,
            },
            None => Label {
                name,
                line,
                pc,
                declarations: self.scopes.len(),
                registers: self.f.active_registers,
                to_be_closed: self.f.to_be_closed,
            },
        };
        self.f.labels.add(label);
        Ok(())
    }

    /// Appends a `goto`, to be matched when a block ends.
    pub(crate) fn add_goto(&mut self, name: NameId, token: TokenId, offset: u32) {
        // Whether variables must be closed is known when the label is; until then this is a jump
        // to the next instruction.
        let close = (self.f.to_be_closed > 0)
            .then(|| self.f.emit_open_jump(offset))
            .inspect(|_| _ = self.f.mark_target());
        let pc = self.f.emit_open_jump(offset);
        let goto = Goto {
            name,
            token,
            line: self.line(token),
            pc,
            close,
            declarations: self.scopes.len(),
            to_be_closed: self.f.to_be_closed,
        };
        self.f.labels.gotos.push(goto);
    }

    /// Refuses `goto`s without a label at the end of a function.
    pub(crate) fn check_gotos(&mut self, last: TokenId) -> Result<()> {
        match self.f.labels.gotos.first().copied() {
            None => Ok(()),
            Some(goto) => {
                let after = format!(" for <goto> at line {}", goto.line);
                let mut message = b"no visible label '".to_vec();
                message.extend_from_slice(self.names.text(goto.name));
                message.push(b'\'');
                message.extend_from_slice(after.as_bytes());
                Err(self.goto_error(message, goto, last))
            }
        }
    }
}
