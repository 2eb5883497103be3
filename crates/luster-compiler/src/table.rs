//! Table constructors.

use luster_bytecode::Op;
use luster_syntax::{
    ExprId, TokenId,
    ast::{List, TableItem},
};

use crate::{compiler::Compiler, error::Result, expr::Value, function::MAX_REGISTERS};

/// How many positional items are collected in registers before they are stored.
const BATCH: usize = 50;

/// The most items an instruction can tell of.
const MAX_ITEMS: usize = i32::MAX as usize;

impl Compiler<'_> {
    #[inline(never)]
    pub(crate) fn table(
        &mut self,
        id: ExprId,
        items: List<TableItem>,
        want: Option<u8>,
        late: TokenId,
    ) -> Result<Value> {
        let ast = self.ast;
        let tokens = self.place(id).tokens;
        self.position = tokens.start();
        // The items may use the variable that the table is for, so the table is made elsewhere.
        let table = self.reserve(1)?;
        // PUC-Rio makes the table before it reads the brace.
        let start = self.tokens.start(tokens.start());
        let offset = self.late_offset(start, self.tokens.start(self.before(tokens.start())));
        let new = self.f.emit(Op::NewTable, table, 0, 0, 0, offset);
        let batch = self.batch();
        let items = ast.list(items);
        let (mut fields, mut stored, mut waiting) = (0usize, 0usize, 0usize);
        for (index, item) in items.iter().enumerate() {
            let first = match *item {
                TableItem::Named { name, .. } => name.token,
                TableItem::Positional(value) | TableItem::Keyed { key: value, .. } => {
                    self.place(value).tokens.start()
                }
            };
            self.f.look_at_fuel(self.tokens.start(first));
            let value = match *item {
                TableItem::Positional(value) => value,
                TableItem::Named { name, value } => {
                    fields += 1;
                    let mark = self.f.free;
                    self.position = name.token;
                    let target = self.item_field(table, name)?;
                    let last = self.last_token(value);
                    let value = self.value_for(target, value, last)?;
                    let offset = self.late_offset(self.tokens.start(name.token), self.read(last));
                    self.set_value(target, value, offset)?;
                    self.f.free = mark;
                    continue;
                }
                TableItem::Keyed { key, value } => {
                    fields += 1;
                    let mark = self.f.free;
                    let target = self.item_target(table, key)?;
                    let last = self.last_token(value);
                    let value = self.value_for(target, value, last)?;
                    let offset = self.late(key, last);
                    self.set_value(target, value, offset)?;
                    self.f.free = mark;
                    continue;
                }
            };
            if waiting == batch {
                let offset = self.late(value, self.before(self.place(value).tokens.start()));
                self.store_items(table, waiting, stored, offset);
                stored += waiting;
                waiting = 0;
            }
            if index + 1 == items.len() && self.is_multiple(value) {
                self.open_results(value)?;
                // PUC-Rio's constructors end at the brace.
                let end = self.tokens.start(self.last_token(id));
                self.f.emit(Op::SetList, table, 0, 0, stored as i32, end);
                stored += waiting;
                waiting = 0;
            } else {
                // An item is put in its place when there is another one, or at the end.
                let late = match index + 1 == items.len() {
                    true => self.last_token(id),
                    false => self.after(self.last_token(value)),
                };
                self.expr_to_next(value, late)?;
                waiting += 1;
            }
        }
        let end = self.tokens.start(self.last_token(id));
        self.store_items(table, waiting, stored, end);
        stored += waiting;
        if stored > MAX_ITEMS {
            return Err(self.limit_error("items in a constructor", MAX_ITEMS, self.position));
        }
        let instruction = &mut self.f.code[new];
        instruction.b = match fields {
            0 => 0,
            // The logarithm of a number of things in memory is small.
            _ => (fields.next_power_of_two().trailing_zeros() + 1).min(31) as u8,
        };
        instruction.d = stored as i32;
        self.f.free = table + 1;
        let Some(register) = want else { return Ok(Value::Register(table)) };
        self.f.free = table;
        self.load(Value::Register(table), register, self.late(id, late));
        Ok(Value::Register(register))
    }

    /// How many items to collect: fewer where registers are few, as constructors may nest.
    fn batch(&self) -> usize {
        match MAX_REGISTERS - usize::from(self.f.free) {
            160.. => BATCH,
            80.. => 10,
            _ => 1,
        }
    }

    fn store_items(&mut self, table: u8, count: usize, stored: usize, offset: u32) {
        if count > 0 {
            // A batch has at most `BATCH` items.
            self.f.emit(Op::SetList, table, count as u8, 0, stored as i32, offset);
            self.f.free = table + 1;
        }
    }
}
