//! Assignments and declarations with values.

use luster_bytecode::Op;
use luster_syntax::{
    ExprId, FunctionId, StmtId, TokenId,
    ast::{Attribute, Declared, Expr, List, Name},
};
use smallvec::SmallVec;

use crate::{
    compiler::Compiler,
    error::Result,
    expr::Value,
    function::Const,
    names::NameId,
    scope::{Binding, Variable},
    suffix::Target,
};

/// Which variables a multiple assignment assigns to after a given target: the position of the last
/// such target for each register and upvalue, plus one. There are fewer targets than levels that the
/// grammar may nest.
struct LaterTargets {
    registers: [u8; 256],
    upvalues: [u8; 256],
}

/// A position in such a list, plus one.
fn ordinal(index: usize) -> u8 {
    u8::try_from(index + 1).unwrap_or(u8::MAX)
}

impl Compiler<'_> {
    /// `targets = values`
    #[inline(never)]
    pub(crate) fn assign(
        &mut self,
        id: StmtId,
        targets: List<ExprId>,
        values: List<ExprId>,
    ) -> Result<()> {
        let ast = self.ast;
        let end = self.statement_end(id);
        if let (&[target], &[value]) = (ast.list(targets), ast.list(values)) {
            let place = self.target(target)?;
            return self.assign_expr(place, value, target, end);
        }
        self.assign_many(ast.list(targets), values, end)
    }

    #[inline(never)]
    fn assign_many(
        &mut self,
        targets: &[ExprId],
        values: List<ExprId>,
        end: TokenId,
    ) -> Result<()> {
        let later = self.later_targets(targets)?;
        let mut places: SmallVec<[Target; 4]> = SmallVec::new();
        for (index, &target) in targets.iter().enumerate() {
            let place = self.target(target)?;
            places.push(self.without_conflict(place, ordinal(index), &later, target)?);
        }
        let values_list = self.ast.list(values);
        if targets.len() == values_list.len()
            && let (Some(&last_value), Some(&last_target), Some(&last_place)) =
                (values_list.last(), targets.last(), places.last())
        {
            for &value in &values_list[..values_list.len() - 1] {
                self.expr_to_next(value, self.after(self.last_token(value)))?;
            }
            self.assign_expr(last_place, last_value, last_target, end)?;
            places.pop();
        } else {
            self.expr_list(values, targets.len(), end)?;
        }
        // The values are the registers taken last, one for each place that is left.
        let late = self.tokens.start(end);
        for (index, &place) in places.iter().enumerate().rev() {
            self.f.free -= 1;
            let offset = self.late_offset(self.anchor(targets[index]), late);
            self.set(place, self.f.free, offset);
        }
        Ok(())
    }

    /// Assigns the value of an expression. Registers that it takes are given back.
    fn assign_expr(
        &mut self,
        place: Target,
        value: ExprId,
        target: ExprId,
        end: TokenId,
    ) -> Result<()> {
        if let Target::Local(register) = place {
            return self.expr_to(value, register, self.last_token(value));
        }
        let mark = self.f.free;
        let value = self.value_for(place, value, self.last_token(value))?;
        self.f.free = mark;
        let offset = self.late_offset(self.anchor(target), self.tokens.start(end));
        self.set_value(place, value, offset)
    }

    /// The value of an expression that is to be assigned to a place: a constant, if the place is a
    /// field that can be set to one, or a register.
    pub(crate) fn value_for(
        &mut self,
        place: Target,
        value: ExprId,
        late: TokenId,
    ) -> Result<Value> {
        match self.expr(value, None, late)? {
            found @ Value::Const(_) if place.takes_constants() => Ok(found),
            found => Ok(Value::Register(self.late_register(found, value, late)?)),
        }
    }

    /// The place that an expression names, which must not be read-only. Its registers stay taken.
    pub(crate) fn target(&mut self, id: ExprId) -> Result<Target> {
        let Expr::Name(symbol) = self.ast.expr(id) else { return self.index_target(id) };
        let name = NameId::from(symbol);
        let token = self.last_token(id);
        self.position = token;
        let (variable, read_only) = self.resolve(name, token)?;
        if read_only {
            let before = "attempt to assign to const variable ";
            return Err(self.name_error(before, name, "", token));
        }
        match variable {
            Variable::Local(register) => Ok(Target::Local(register)),
            Variable::Cell(register) => Ok(Target::Cell(register)),
            Variable::UpValue(index) => Ok(Target::UpValue(index)),
            // The first two are read-only.
            Variable::Constant(_) | Variable::VarArg | Variable::Global => self.global(name, token),
        }
    }

    fn later_targets(&mut self, targets: &[ExprId]) -> Result<LaterTargets> {
        let mut later = LaterTargets { registers: [0; 256], upvalues: [0; 256] };
        for (index, &target) in targets.iter().enumerate() {
            let Expr::Name(symbol) = self.ast.expr(target) else { continue };
            let name = NameId::from(symbol);
            match self.scopes.find(name) {
                Some(Binding::Local { level, register, captured: false, .. })
                    if level == self.outer.len() =>
                {
                    later.registers[usize::from(register)] = ordinal(index);
                }
                Some(Binding::Local { level, .. }) if level != self.outer.len() => {
                    let token = self.last_token(target);
                    if let (Variable::UpValue(upvalue), _) = self.resolve(name, token)? {
                        later.upvalues[usize::from(upvalue)] = ordinal(index);
                    }
                }
                // The environment, as far as the function has it already.
                _ => {
                    if let Some(upvalue) = self.upvalues.get(name, self.outer.len()) {
                        later.upvalues[upvalue as usize] = ordinal(index);
                    }
                }
            }
        }
        Ok(later)
    }

    /// A place whose table and key stay what they are while later targets are assigned to:
    /// assignment goes from the last target to the first.
    fn without_conflict(
        &mut self,
        place: Target,
        ordinal: u8,
        later: &LaterTargets,
        target: ExprId,
    ) -> Result<Target> {
        let offset = self.anchor(target);
        let conflicts = |register: u8| later.registers[usize::from(register)] > ordinal;
        Ok(match place {
            Target::UpValueField { upvalue, key }
                if later.upvalues[usize::from(upvalue)] > ordinal =>
            {
                let object = self.reserve(1)?;
                self.f.emit_ab(Op::GetUpValue, object, upvalue, offset);
                Target::Field { object, key }
            }
            Target::Field { object, key } if conflicts(object) => {
                Target::Field { object: self.copy(object, offset)?, key }
            }
            Target::Integer { object, key } if conflicts(object) => {
                Target::Integer { object: self.copy(object, offset)?, key }
            }
            Target::Index { object, key } if conflicts(object) || conflicts(key) => {
                let object = if conflicts(object) { self.copy(object, offset)? } else { object };
                let key = if conflicts(key) { self.copy(key, offset)? } else { key };
                Target::Index { object, key }
            }
            _ => place,
        })
    }

    fn copy(&mut self, register: u8, offset: u32) -> Result<u8> {
        let copy = self.reserve(1)?;
        self.f.emit_ab(Op::Move, copy, register, offset);
        Ok(copy)
    }

    /// `local names = values`
    #[inline(never)]
    pub(crate) fn local(
        &mut self,
        id: StmtId,
        names: List<Declared>,
        values: List<ExprId>,
    ) -> Result<()> {
        let names = self.ast.list(names);
        let end = self.statement_end(id);
        let first = self.f.free;
        let Some((last_name, earlier)) = names.split_last() else { return Ok(()) };
        let mut registers = names.len();
        let mut constant = None;
        let values_list = self.ast.list(values);
        if last_name.attribute == Some(Attribute::Const)
            && values_list.len() == names.len()
            && let Some((&last_value, earlier_values)) = values_list.split_last()
        {
            for &value in earlier_values {
                self.expr_to_next(value, self.after(self.last_token(value)))?;
            }
            let last = self.last_token(last_value);
            let mark = self.f.free;
            match self.expr(last_value, None, last)? {
                Value::Const(value) => {
                    constant = Some(value);
                    registers -= 1;
                }
                value => _ = self.settle(value, mark, last_value, last)?,
            }
        } else {
            self.expr_list(values, names.len(), end)?;
        }
        let declared = if constant.is_some() { earlier } else { names };
        self.activate(declared, first, registers, end)?;
        if let Some(value) = constant {
            self.scopes.declare(last_name.name.symbol.into(), Binding::Constant(value));
        }
        Ok(())
    }

    /// Brings variables into scope whose values are in registers from `first` on.
    fn activate(
        &mut self,
        names: &[Declared],
        first: u8,
        count: usize,
        end: TokenId,
    ) -> Result<()> {
        let offset = self.tokens.start(end);
        let mut closing = None;
        for (register, declared) in (first..).zip(names).take(count) {
            self.count_local(end)?;
            let captured = self.usage.is_captured(declared.name.token);
            let name = NameId::from(declared.name.symbol);
            if declared.attribute == Some(Attribute::Close) {
                closing = Some((name, register, captured));
            } else if captured {
                self.f.emit_new_cell(register, offset);
            }
            let read_only = declared.attribute.is_some();
            self.declare_local(name, register, captured, read_only);
        }
        let Some((name, register, captured)) = closing else { return Ok(()) };
        if captured {
            // What is to be closed must be a value, and never changes: a second register keeps it.
            let value = self.reserve(1)?;
            self.f.emit_ab(Op::Move, value, register, offset);
            self.declare_shadow(name, value);
            self.f.emit_a(Op::MarkToBeClosed, value, offset);
            self.f.emit_new_cell(register, offset);
        } else {
            self.f.emit_a(Op::MarkToBeClosed, register, offset);
        }
        self.f.to_be_closed += 1;
        Ok(())
    }

    /// `local function name ... end`
    #[inline(never)]
    pub(crate) fn local_function(&mut self, name: Name, function: FunctionId) -> Result<()> {
        self.position = name.token;
        let start = self.after(name.token);
        self.count_local(name.token)?;
        let register = self.reserve(1)?;
        let id = NameId::from(name.symbol);
        if !self.usage.is_captured(name.token) {
            self.declare_local(id, register, false, false);
            self.closure(function, start, Some(register))?;
            self.start_local(id);
            return Ok(());
        }
        // The closure captures its own variable, which so must have its cell before.
        let end = self.ast.function(function).tokens.last().unwrap_or(start);
        let offset = self.tokens.start(end);
        self.f.emit(Op::LoadNil, register, 0, 0, 0, offset);
        self.f.emit_a(Op::NewCell, register, offset);
        self.declare_local(id, register, true, false);
        let closure = self.closure(function, start, None)?;
        self.f.emit_ab(Op::SetCell, register, closure, offset);
        self.f.free = closure;
        self.start_local(id);
        Ok(())
    }

    /// Lets debug information see a variable only from here on.
    fn start_local(&mut self, name: NameId) {
        if let Some(Binding::Local { info, .. }) = self.scopes.find(name) {
            self.f.locals[info].start = self.f.here() as u32;
        }
    }

    /// `function a.b:c ... end`
    #[inline(never)]
    pub(crate) fn function_statement(
        &mut self,
        id: StmtId,
        target: ExprId,
        function: FunctionId,
    ) -> Result<()> {
        let start = self.ast.stmt_place(id).tokens.start();
        let place = self.target(target)?;
        // The definition counts as made on its first line.
        let offset = self.late_offset(self.anchor(target), self.tokens.start(start));
        if let Target::Local(register) = place {
            self.closure(function, start, Some(register))?;
            return Ok(());
        }
        let register = self.closure(function, start, None)?;
        self.set(place, register, offset);
        Ok(())
    }

    /// `global names = values`
    #[inline(never)]
    pub(crate) fn global_statement(
        &mut self,
        id: StmtId,
        names: List<Declared>,
        values: List<ExprId>,
    ) -> Result<()> {
        let names = self.ast.list(names);
        if !values.is_empty() {
            let end = self.statement_end(id);
            let mut places: SmallVec<[Target; 4]> = SmallVec::new();
            for declared in names {
                self.position = declared.name.token;
                places.push(self.global(declared.name.symbol.into(), declared.name.token)?);
            }
            self.expr_list(values, names.len(), end)?;
            for (declared, &place) in names.iter().zip(&places).rev() {
                let token = declared.name.token;
                self.check_undefined(declared.name.symbol.into(), token, token)?;
                self.f.free -= 1;
                self.set(place, self.f.free, self.tokens.start(token));
            }
        }
        for declared in names {
            let read_only = declared.attribute == Some(Attribute::Const);
            self.scopes.declare(declared.name.symbol.into(), Binding::Global { read_only });
        }
        Ok(())
    }

    /// `global function name ... end`
    #[inline(never)]
    pub(crate) fn global_function(
        &mut self,
        id: StmtId,
        name: Name,
        function: FunctionId,
    ) -> Result<()> {
        self.scopes.declare(name.symbol.into(), Binding::Global { read_only: false });
        self.position = name.token;
        let place = self.global(name.symbol.into(), name.token)?;
        let start = self.after(name.token);
        let register = self.closure(function, start, None)?;
        let first = self.ast.stmt_place(id).tokens.start();
        self.check_undefined(name.symbol.into(), name.token, first)?;
        self.set(place, register, self.tokens.start(first));
        Ok(())
    }

    /// Appends what raises an error if a global variable has a value already.
    fn check_undefined(&mut self, name: NameId, token: TokenId, at: TokenId) -> Result<()> {
        let mark = self.f.free;
        let offset = self.tokens.start(at);
        let place = self.global(name, token)?;
        self.f.free = mark;
        let register = self.reserve(1)?;
        self.get(place, register, offset);
        let constant = self.constant(Const::String(name)) as i32;
        self.f.emit(Op::CheckGlobalUndefined, register, 0, 0, constant, offset);
        self.f.free = mark;
        Ok(())
    }

    /// The last token of a statement, a semicolon after it not counted.
    pub(crate) fn statement_end(&self, id: StmtId) -> TokenId {
        let tokens = self.ast.stmt_place(id).tokens;
        tokens.last().unwrap_or(tokens.start())
    }
}
