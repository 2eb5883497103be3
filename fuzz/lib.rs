//! What the fuzz targets share: a function in Lua that runs on luster and on PUC-Rio's Lua, and has to
//! give the same text on both, and inputs. The targets themselves are in `fuzz_targets`.

#![forbid(unsafe_code)]

pub mod source;

use luster::{Bytes, Lua, Step};

/// More fuel than a call needs: one that hangs is a finding.
const FUEL: i64 = 200_000_000;

/// A function on both engines, which takes strings and gives one.
pub struct Both {
    luster: luster::Function,
    /// Keeps the function's VM.
    _lua: Lua,
    reference: mlua::Function,
    reference_lua: mlua::Lua,
}

impl Both {
    /// The function that a chunk returns.
    ///
    /// # Panics
    /// When the chunk is at fault.
    pub fn new(chunk: &str) -> Self {
        let lua = Lua::builder().seed(1).build();
        let luster = lua.load(chunk).set_name("=chunk").eval().expect("a chunk for luster");
        let reference_lua = mlua::Lua::new();
        let reference =
            reference_lua.load(chunk).set_name("=chunk").eval().expect("a chunk for the reference");
        Both { luster, _lua: lua, reference, reference_lua }
    }

    /// What the function gives on luster.
    ///
    /// # Panics
    /// When it fails, or does not come to an end.
    pub fn on_luster(&self, arguments: &[&[u8]]) -> String {
        let arguments: Vec<Bytes> = arguments.iter().map(|&bytes| Bytes(bytes.to_vec())).collect();
        let arguments = luster::Variadic::from(arguments);
        let task = self.luster.start::<Bytes>(arguments);
        match task.and_then(|mut task| task.step(FUEL)) {
            Ok(Step::Done(text)) => String::from_utf8_lossy(&text.0).into_owned(),
            Ok(_) => panic!("not done after as much fuel as there is"),
            Err(error) => panic!("{error}"),
        }
    }

    /// What the function gives on PUC-Rio's Lua.
    ///
    /// # Panics
    /// When it fails.
    pub fn on_reference(&self, arguments: &[&[u8]]) -> String {
        let arguments: mlua::Variadic<mlua::LuaString> = arguments
            .iter()
            .map(|bytes| self.reference_lua.create_string(bytes).expect("a string"))
            .collect();
        let text: mlua::LuaString = self.reference.call(arguments).expect("the reference's result");
        String::from_utf8_lossy(&text.as_bytes()).into_owned()
    }

    /// Calls the function on both.
    ///
    /// # Panics
    /// When they differ.
    pub fn check(&self, arguments: &[&[u8]]) {
        let (luster, reference) = (self.on_luster(arguments), self.on_reference(arguments));
        if luster != reference {
            let arguments: Vec<_> = arguments.iter().map(|bytes| bytes.escape_ascii()).collect();
            panic!("{arguments:?}\nPUC-Rio: {reference}\nluster:  {luster}");
        }
    }
}

/// Lua source of a function `show`, which puts what `pcall` gives into one text.
pub const SHOW: &str = "\
    local type, tostring, select, concat, format = type, tostring, select, table.concat, string.format
    local mathtype = math.type
    local function show(...)
      local texts = {}
      for i = 1, select('#', ...) do
        local value = select(i, ...)
        if mathtype(value) == 'float' then
          value = value ~= value and 'nan' or format('%.17g', value)
        end
        texts[i] = type(value) .. ' ' .. tostring(value)
      end
      return concat(texts, ', ')
    end\n";

/// A fuzzer's bytes, taken from the front.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// The next byte, 0 at the end.
    pub fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        byte
    }

    /// So many bytes, or fewer at the end.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// The bytes up to a zero, at most so many.
    pub fn text(&mut self, most: usize) -> &'a [u8] {
        let len = self.0.iter().take(most).take_while(|&&byte| byte != 0).count();
        let text = self.bytes(len);
        self.byte();
        text
    }

    /// An integer of eight bytes.
    pub fn integer(&mut self) -> i64 {
        let mut bytes = [0; 8];
        let taken = self.bytes(8);
        bytes[..taken.len()].copy_from_slice(taken);
        i64::from_le_bytes(bytes)
    }

    /// Whether there are any left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
