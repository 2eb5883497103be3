//! Indexing and calls: chains like `a.b[c]:d(e).f`, which are walked in a loop, since they may be
//! of any length.

use luster_bytecode::Op;
use luster_syntax::{
    ExprId, TokenId,
    ast::{Expr, List, MethodCall, Name},
};
use smallvec::SmallVec;

use crate::{
    compiler::Compiler, error::Result, expr::Value, function::Const, names::NameId, scope::Variable,
};

/// The longest string that an instruction takes as a field's name.
const MAX_FIELD_NAME: usize = 40;

/// What is indexed or called.
#[derive(Clone, Copy)]
pub(crate) enum Object {
    Value(Value),
    /// An upvalue of the function, not loaded.
    UpValue(u8),
    /// The vararg parameter, where it has no table.
    VarArg,
}

/// A place that can be read and, with one exception, assigned to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// The local variable in this register.
    Local(u8),
    /// The captured local variable whose cell is in this register.
    Cell(u8),
    /// An upvalue.
    UpValue(u8),
    /// The field of an upvalue whose name is this constant.
    UpValueField { upvalue: u8, key: u8 },
    /// The field whose name is this constant.
    Field { object: u8, key: u8 },
    /// The field at an integer key.
    Integer { object: u8, key: u8 },
    /// The field whose key is in a register.
    Index { object: u8, key: u8 },
    /// The extra argument whose number is in a register; it cannot be assigned to.
    VarArg { key: u8 },
}

impl Target {
    /// Whether there are ops that set it to a constant.
    pub(crate) fn takes_constants(self) -> bool {
        matches!(self, Target::Index { .. } | Target::Field { .. })
    }
}

impl Compiler<'_> {
    /// Appends what reads a place.
    pub(crate) fn get(&mut self, target: Target, register: u8, offset: u32) {
        let (op, b, c) = match target {
            Target::Local(from) => {
                return self.load(Value::Register(from), register, offset);
            }
            Target::Cell(cell) => (Op::GetCell, cell, 0),
            Target::UpValue(index) => (Op::GetUpValue, index, 0),
            Target::UpValueField { upvalue, key } => (Op::GetUpTable, upvalue, key),
            Target::Field { object, key } => (Op::GetField, object, key),
            Target::Integer { object, key } => (Op::GetIndex, object, key),
            Target::Index { object, key } => (Op::GetTable, object, key),
            Target::VarArg { key } => (Op::GetVarArg, key, 0),
        };
        self.f.emit(op, register, b, c, 0, offset);
    }

    /// Appends what assigns a register's value to a place.
    pub(crate) fn set(&mut self, target: Target, register: u8, offset: u32) {
        let (op, a, b, c) = match target {
            Target::Local(to) => return self.load(Value::Register(register), to, offset),
            Target::Cell(cell) => (Op::SetCell, cell, register, 0),
            Target::UpValue(index) => (Op::SetUpValue, register, index, 0),
            Target::UpValueField { upvalue, key } => (Op::SetUpTable, upvalue, key, register),
            Target::Field { object, key } => (Op::SetField, object, key, register),
            Target::Integer { object, key } => (Op::SetIndex, object, key, register),
            Target::Index { object, key } => (Op::SetTable, object, key, register),
            Target::VarArg { .. } => {
                debug_assert!(false, "the first pass gives an assigned vararg parameter a table");
                return;
            }
        };
        self.f.emit(op, a, b, c, 0, offset);
    }

    /// Appends what assigns a value, as [`value_for`](Self::value_for) gives it, to a place.
    pub(crate) fn set_value(&mut self, target: Target, value: Value, offset: u32) -> Result<()> {
        if let Value::Const(constant) = value {
            let index = self.constant(constant);
            match target {
                Target::Index { object, key } if let Ok(index) = i32::try_from(index) => {
                    self.f.emit(Op::SetTableConstant, object, key, 0, index, offset);
                    return Ok(());
                }
                Target::Field { object, key } if let Ok(index) = u16::try_from(index) => {
                    self.f.emit(Op::SetFieldConstant, object, key, 0, i32::from(index), offset);
                    return Ok(());
                }
                _ => {}
            }
        }
        let mark = self.f.free;
        let register = self.in_register(value, offset)?;
        self.f.free = mark;
        self.set(target, register, offset);
        Ok(())
    }

    /// The place of a global variable: a field of `_ENV`. May take registers.
    pub(crate) fn global(&mut self, name: NameId, token: TokenId) -> Result<Target> {
        let env = self.names.env();
        let object = match self.resolve(env, token)?.0 {
            Variable::Global => {
                let before = "_ENV is global when accessing variable ";
                return Err(self.name_error(before, name, "", token));
            }
            Variable::Local(register) => Object::Value(Value::Register(register)),
            Variable::Constant(value) => Object::Value(Value::Const(value)),
            Variable::UpValue(index) => Object::UpValue(index),
            Variable::VarArg => Object::VarArg,
            Variable::Cell(cell) => {
                let register = self.reserve(1)?;
                let offset = self.tokens.start(token);
                self.f.emit_ab(Op::GetCell, register, cell, offset);
                Object::Value(Value::Register(register))
            }
        };
        self.field(object, name, self.tokens.start(token))
    }

    /// The place of a named field. May take registers.
    fn field(&mut self, object: Object, name: NameId, offset: u32) -> Result<Target> {
        if let Object::UpValue(upvalue) = object
            && let Some(key) = self.field_constant(name)
        {
            return Ok(Target::UpValueField { upvalue, key });
        }
        let object = self.loaded(object, offset)?;
        self.element(object, Value::Const(Const::String(name)), offset)
    }

    /// The place of an element. May take registers. An upvalue must have been loaded.
    fn element(&mut self, object: Object, key: Value, offset: u32) -> Result<Target> {
        let object = match object {
            Object::Value(value) => self.in_register(value, offset)?,
            Object::UpValue(_) | Object::VarArg => {
                let key = self.in_register(key, offset)?;
                return Ok(Target::VarArg { key });
            }
        };
        match key {
            Value::Const(Const::String(name)) => {
                if let Some(key) = self.field_constant(name) {
                    return Ok(Target::Field { object, key });
                }
            }
            Value::Const(Const::Integer(value)) => {
                if let Ok(key) = u8::try_from(value) {
                    return Ok(Target::Integer { object, key });
                }
            }
            _ => {}
        }
        let key = self.in_register(key, offset)?;
        Ok(Target::Index { object, key })
    }

    /// The constant that names a field in an instruction, if the name is short enough and the
    /// function does not have too many constants.
    pub(crate) fn field_constant(&mut self, name: NameId) -> Option<u8> {
        if self.names.text(name).len() > MAX_FIELD_NAME {
            return None;
        }
        u8::try_from(self.constant(Const::String(name))).ok()
    }

    /// An object with its value in a register, an upvalue loaded into one.
    fn loaded(&mut self, object: Object, offset: u32) -> Result<Object> {
        Ok(match object {
            Object::VarArg => Object::VarArg,
            Object::Value(value) => {
                Object::Value(Value::Register(self.in_register(value, offset)?))
            }
            Object::UpValue(index) => {
                let register = self.reserve(1)?;
                self.f.emit_ab(Op::GetUpValue, register, index, offset);
                Object::Value(Value::Register(register))
            }
        })
    }

    /// The token that PUC-Rio has read last when it reads what `id` is made on: a method's name, or
    /// the end of the object.
    fn object_late(&self, id: ExprId, object: ExprId) -> TokenId {
        match self.ast.expr(id) {
            Expr::MethodCall(call) => self.ast.method_call(call).name.token,
            _ => self.last_token(object),
        }
    }

    /// Compiles what the index or call `of` is made on.
    fn object(&mut self, id: ExprId, of: ExprId) -> Result<Object> {
        let mut spine: SmallVec<[ExprId; 8]> = SmallVec::new();
        let mut at = id;
        loop {
            at = match self.ast.expr(at) {
                Expr::Field { object, .. } | Expr::Index { object, .. } => {
                    spine.push(at);
                    object
                }
                Expr::MethodCall(call) => {
                    spine.push(at);
                    self.ast.method_call(call).object
                }
                Expr::Call { callee, .. } => {
                    spine.push(at);
                    callee
                }
                _ => break,
            };
        }
        let mark = self.f.free;
        let late = self.object_late(spine.last().copied().unwrap_or(of), at);
        let mut object = self.object_leaf(at, late)?;
        while let Some(id) = spine.pop() {
            let register = match self.ast.expr(id) {
                Expr::Field { .. } | Expr::Index { .. } => {
                    let target = self.index(id, object)?;
                    self.f.free = mark;
                    let register = self.reserve(1)?;
                    let late = self.object_late(spine.last().copied().unwrap_or(of), id);
                    let offset = self.late(id, late);
                    self.get(target, register, offset);
                    register
                }
                _ => {
                    let register = self.call_object(id, object, mark, 2)?;
                    self.f.free = mark;
                    self.reserve(1)?;
                    register
                }
            };
            object = Object::Value(Value::Register(register));
        }
        Ok(object)
    }

    /// The place that a `Field` or `Index` expression names, its object compiled already.
    fn index(&mut self, id: ExprId, object: Object) -> Result<Target> {
        let offset = self.anchor(id);
        match self.ast.expr(id) {
            Expr::Field { name, .. } => {
                self.position = name.token;
                self.field(object, name.symbol.into(), offset)
            }
            Expr::Index { key, .. } => {
                if let Some(Const::String(name)) = self.literal(key) {
                    self.position = self.last_token(key);
                    return self.field(object, name, offset);
                }
                let object = self.loaded(object, offset)?;
                let last = self.last_token(key);
                let value = self.expr(key, None, last)?;
                let offset = match value {
                    // Nothing has to be loaded.
                    Value::Register(_) => offset,
                    _ => self.late(key, self.after(last)),
                };
                self.element(object, value, offset)
            }
            // Callers only pass the two above.
            _ => self.element(object, Value::Const(Const::Nil), offset),
        }
    }

    /// The place that a `Field` or `Index` expression names. Its registers stay taken.
    #[inline(never)]
    pub(crate) fn index_target(&mut self, id: ExprId) -> Result<Target> {
        let object = match self.ast.expr(id) {
            Expr::Field { object, .. } | Expr::Index { object, .. } => object,
            _ => id,
        };
        let object = self.object(object, id)?;
        self.index(id, object)
    }

    /// The element of a table in a register at a key that a constructor gives.
    #[inline(never)]
    pub(crate) fn item_target(&mut self, table: u8, key: ExprId) -> Result<Target> {
        let last = self.last_token(key);
        let value = self.expr(key, None, last)?;
        // After the bracket and the sign.
        let offset = self.late(key, self.after(self.after(last)));
        self.element(Object::Value(Value::Register(table)), value, offset)
    }

    /// The field of a table in a register that a constructor names.
    pub(crate) fn item_field(&mut self, table: u8, name: Name) -> Result<Target> {
        let offset = self.tokens.start(name.token);
        self.field(Object::Value(Value::Register(table)), name.symbol.into(), offset)
    }

    /// Reads a field.
    #[inline(never)]
    pub(crate) fn index_value(
        &mut self,
        id: ExprId,
        want: Option<u8>,
        late: TokenId,
    ) -> Result<Value> {
        let mark = self.f.free;
        let target = self.index_target(id)?;
        self.f.free = mark;
        let register = self.destination(want)?;
        let offset = self.late(id, late);
        self.get(target, register, offset);
        Ok(Value::Register(register))
    }

    /// Calls a function for its first result.
    #[inline(never)]
    pub(crate) fn one_result(
        &mut self,
        id: ExprId,
        want: Option<u8>,
        late: TokenId,
    ) -> Result<Value> {
        let mark = self.f.free;
        let base = self.call(id, 2)?;
        self.f.free = mark;
        let register = match want {
            Some(register) => {
                self.load(Value::Register(base), register, self.late(id, late));
                register
            }
            None => self.reserve(1)?,
        };
        Ok(Value::Register(register))
    }

    /// Compiles a call; `results` is one more than how many are kept, or 0 for all. Returns the
    /// register of the first; what is free afterwards is the caller's to say.
    pub(crate) fn call(&mut self, id: ExprId, results: u8) -> Result<u8> {
        let mark = self.f.free;
        let object = self.ast.call(self.ast.expr(id)).map_or(id, |(object, _)| object);
        let object = self.object(object, id)?;
        self.call_object(id, object, mark, results)
    }

    /// The same with the function or receiver compiled already, when `base` was the lowest free
    /// register.
    #[inline(never)]
    fn call_object(&mut self, id: ExprId, object: Object, base: u8, results: u8) -> Result<u8> {
        let arguments = self.callee(id, object, base)?;
        let count = self.arguments(id, arguments, base)?;
        let offset = self.anchor(id);
        self.f.emit(Op::Call, base, count, results, 0, offset);
        self.f.free = base;
        self.position = self.last_token(id);
        // The results need their room even where the arguments did not.
        self.check_registers(usize::from(results.saturating_sub(1)).max(1))?;
        Ok(base)
    }

    /// Compiles a call in the place of the running function.
    #[inline(never)]
    pub(crate) fn tail_call(&mut self, id: ExprId) -> Result<()> {
        let base = self.f.free;
        let object = self.ast.call(self.ast.expr(id)).map_or(id, |(object, _)| object);
        let object = self.object(object, id)?;
        let arguments = self.callee(id, object, base)?;
        let count = self.arguments(id, arguments, base)?;
        let offset = self.anchor(id);
        self.f.emit(Op::TailCall, base, count, 0, 0, offset);
        self.f.free = base;
        Ok(())
    }

    /// Brings what is called into the register `base`, and a receiver into the one after it.
    fn callee(&mut self, id: ExprId, object: Object, base: u8) -> Result<Option<List<ExprId>>> {
        match self.ast.expr(id) {
            Expr::MethodCall(call) => {
                let MethodCall { object: receiver, name, arguments } = self.ast.method_call(call);
                self.position = self.last_token(receiver);
                let offset = self.late(receiver, name.token);
                let register = match self.loaded(object, offset)? {
                    Object::Value(Value::Register(register)) => register,
                    // A vararg parameter that is called on has a table.
                    _ => base,
                };
                self.f.free = base;
                self.reserve(2)?;
                let offset = self.tokens.start(name.token);
                match self.field_constant(name.symbol.into()) {
                    Some(key) => _ = self.f.emit(Op::GetMethod, base, register, key, 0, offset),
                    None => {
                        let key = self.reserve(1)?;
                        let name = Value::Const(Const::String(name.symbol.into()));
                        self.load(name, key, offset);
                        self.f.emit_ab(Op::Move, base + 1, register, offset);
                        self.f.emit(Op::GetTable, base, register, key, 0, offset);
                        self.f.free = key;
                    }
                }
                Ok(Some(arguments))
            }
            Expr::Call { callee, arguments } => {
                self.position = self.last_token(callee);
                if self.f.free == base {
                    self.reserve(1)?;
                    let offset = self.late(callee, self.position);
                    match object {
                        Object::Value(value) => self.load(value, base, offset),
                        Object::UpValue(index) => {
                            self.f.emit_ab(Op::GetUpValue, base, index, offset);
                        }
                        Object::VarArg => self.f.emit_a(Op::VarArgTable, base, offset),
                    }
                }
                Ok(Some(arguments))
            }
            // Callers only pass calls.
            _ => Ok(None),
        }
    }

    /// Brings the arguments of a call into the registers after `base` and those taken already.
    /// Returns one more than how many there are, or 0 if that is not known.
    fn arguments(&mut self, call: ExprId, arguments: Option<List<ExprId>>, base: u8) -> Result<u8> {
        let ast = self.ast;
        let arguments = arguments.map_or(&[][..], |list| ast.list(list));
        let Some((&last, first)) = arguments.split_last() else {
            return Ok(self.f.free - base);
        };
        for &argument in first {
            // PUC-Rio passes an argument when it has read the comma, and the last at the end.
            let late = self.after(self.last_token(argument));
            self.expr_to_next(argument, late)?;
        }
        if self.is_multiple(last) {
            self.open_results(last)?;
            return Ok(0);
        }
        self.expr_to_next(last, self.last_token(call))?;
        Ok(self.f.free - base)
    }
}
