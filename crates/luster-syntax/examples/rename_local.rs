//! Renames one local variable of a Lua file and leaves every other byte as it is.
//!
//! ```text
//! rename_local FILE OFFSET NEW_NAME > OUTPUT
//! ```
//!
//! The offset, in bytes from 0, is that of the variable's declaration or of any use of it. The
//! tool refuses to rename where the new name would mean something else. It needs no machine and
//! no compiler: names are resolved by a [`Visitor`], which meets them in the order of scopes.

use std::{collections::HashMap, io::Write as _, process::ExitCode};

use luster_syntax::{
    Ast, BlockId, FunctionId, Parse, Symbol, TokenId, TokenKind, Visitor,
    ast::Name,
    parse,
    visit::{Declaration, walk},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, offset, new_name] = &arguments[..] else {
        eprintln!("usage: rename_local FILE OFFSET NEW_NAME > OUTPUT");
        return ExitCode::FAILURE;
    };
    let result = (|| {
        let source = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        let offset = offset.parse().map_err(|_| format!("{offset} is no offset"))?;
        let renamed = rename(&source, file, offset, new_name.as_bytes())?;
        std::io::stdout().write_all(&renamed).map_err(|error| error.to_string())
    })();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The source with the local variable at an offset renamed.
fn rename(source: &[u8], file: &str, offset: u32, new_name: &[u8]) -> Result<Vec<u8>, String> {
    let before = parse(source);
    if let Some(diagnostic) = before.diagnostics.first() {
        return Err(diagnostic.render(source, file));
    }
    let bindings = resolve(&before);
    let Some(&Binding::Local(declaration)) = bindings.get(&before.tokens.at_offset(offset)) else {
        return Err(format!("{file}: no local variable at offset {offset}"));
    };

    let mut renamed = Vec::new();
    for token in before.tokens.all().iter() {
        let is_ours = bindings.get(&token) == Some(&Binding::Local(declaration));
        let text = if is_ours { new_name } else { before.tokens.text(token, source) };
        renamed.extend_from_slice(text);
    }

    // Names may only have changed their spelling, not what they mean.
    let after = parse(&renamed);
    let is_name = after.tokens.get(declaration.index()).map(|id| after.tokens.kind(id));
    let is_same = is_name == Some(TokenKind::Name)
        && after.diagnostics.is_empty()
        && after.tokens.len() == before.tokens.len()
        && resolve(&after) == bindings;
    if !is_same {
        let new_name = String::from_utf8_lossy(new_name);
        return Err(format!("{file}: with the name {new_name} the program would mean another"));
    }
    Ok(renamed)
}

/// What a name at some token means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binding {
    /// The local variable declared at this token.
    Local(TokenId),
    /// The hidden parameter of a method.
    Receiver,
    /// A global variable.
    Global,
}

/// What every name that is a variable means, by its token.
fn resolve(parse: &Parse) -> HashMap<TokenId, Binding> {
    let mut resolver = Resolver::new(parse);
    walk(&parse.ast, &mut resolver);
    resolver.bindings
}

struct Resolver<'a> {
    parse: &'a Parse,
    bindings: HashMap<TokenId, Binding>,
    /// What each name means here, the innermost meaning last.
    visible: HashMap<Symbol, Vec<Binding>>,
    /// The names declared in each open block.
    scopes: Vec<Vec<Symbol>>,
    /// Whether the next block is the body of a method.
    enters_method: bool,
}

impl<'a> Resolver<'a> {
    fn new(parse: &'a Parse) -> Resolver<'a> {
        Resolver {
            parse,
            bindings: HashMap::new(),
            visible: HashMap::new(),
            scopes: Vec::new(),
            enters_method: false,
        }
    }

    fn bind(&mut self, symbol: Symbol, binding: Binding) {
        self.visible.entry(symbol).or_default().push(binding);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(symbol);
        }
    }
}

impl Visitor for Resolver<'_> {
    fn enter_function(&mut self, ast: &Ast, function: FunctionId) {
        self.enters_method = ast.function(function).has_self;
    }

    fn enter_block(&mut self, _: &Ast, _: BlockId) {
        self.scopes.push(Vec::new());
        if std::mem::take(&mut self.enters_method)
            && let Some(receiver) = self.parse.symbols.get(b"self")
        {
            self.bind(receiver, Binding::Receiver);
        }
    }

    fn leave_block(&mut self, _: &Ast, _: BlockId) {
        for symbol in self.scopes.pop().unwrap_or_default() {
            if let Some(meanings) = self.visible.get_mut(&symbol) {
                meanings.pop();
            }
        }
    }

    fn declare(&mut self, _: &Ast, name: Name, declaration: Declaration) {
        let binding = match declaration {
            Declaration::Label => return,
            Declaration::Global(_) | Declaration::GlobalFunction => Binding::Global,
            _ => Binding::Local(name.token),
        };
        self.bindings.insert(name.token, binding);
        self.bind(name.symbol, binding);
    }

    fn use_name(&mut self, _: &Ast, name: Name) {
        let meanings = self.visible.get(&name.symbol);
        let binding = meanings.and_then(|meanings| meanings.last()).copied();
        self.bindings.insert(name.token, binding.unwrap_or(Binding::Global));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Renames the variable at the first `@`, which is taken out, to `new`.
    fn check(source: &str, expected: Result<&str, ()>) {
        let offset = source.find('@').unwrap() as u32;
        let source = source.replacen('@', "", 1);
        let renamed = rename(source.as_bytes(), "test", offset, b"new").map_err(|_| ());
        assert_eq!(renamed.as_deref(), expected.map(str::as_bytes).as_deref());
    }

    #[test]
    fn only_the_variable_is_renamed() {
        check(
            "local @x = x -- x\r\nprint(x, t.x, {x = x}, 'x') do local x = x end\tx=1",
            Ok("local new = x -- x\r\nprint(new, t.x, {x = new}, 'x') do local x = new end\tnew=1"),
        );
        check(
            "local function f(a, ...t) return @t, function() return t.n end end",
            Ok("local function f(a, ...new) return new, function() return new.n end end"),
        );
        check("repeat local @a = f() until a", Ok("repeat local new = f() until new"));
        check("for i = i, 2 do print(@i) end i()", Ok("for new = i, 2 do print(new) end i()"));
    }

    #[test]
    fn a_change_of_meaning_is_refused() {
        check("local @x = 1; print(new, x)", Err(()));
        check("local @x = 1; do local new = 2; print(x) end", Err(()));
        check("@x = 1", Err(()));
        check("local @x = ", Err(()));
        check("function a:b() return @self end", Err(()));
    }
}
