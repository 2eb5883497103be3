//! The `package` library and `require`: finding modules and loading them once.
//!
//! There are no modules in C here: the searchers that would find one look for its file, as the
//! reference's do, and say that it cannot be loaded.

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error, Function, LONGEST_QUOTED, LuaString, Poll,
    Sequence, Stack, Table, Value, quoted,
};

use crate::base::load::{FileLoading, Loaded, Options};
use crate::c_values::c_name;
use crate::counted::CountedBuffer;
use crate::path_search::{PathSearch, Searched};
use crate::system_error::{os_bytes, text_fuel};
use crate::work::Work;

/// What the library holds, apart from its tables and paths.
const FUNCTIONS: &[(&str, Function)] = &[("loadlib", loadlib), ("searchpath", searchpath)];

/// What separates directories in a file's name.
const DIRECTORY_SEPARATOR: &str = if cfg!(windows) { "\\" } else { "/" };

/// Where modules in Lua are looked for, unless the environment says otherwise.
const DEFAULT_PATH: &str = if cfg!(windows) {
    ".\\?.lua;.\\?\\init.lua"
} else {
    "/usr/local/share/lua/5.5/?.lua;/usr/local/share/lua/5.5/?/init.lua;\
     /usr/local/lib/lua/5.5/?.lua;/usr/local/lib/lua/5.5/?/init.lua;./?.lua;./?/init.lua"
};

/// Where modules in C would be looked for.
const DEFAULT_C_PATH: &str = if cfg!(windows) {
    ".\\?.dll"
} else {
    "/usr/local/lib/lua/5.5/?.so;/usr/local/lib/lua/5.5/loadall.so;./?.so"
};

/// Why no module in C can be loaded.
const NO_LIBRARIES: &str = "dynamic libraries not enabled; check your Lua installation";

/// Fills the library's table.
pub(crate) fn open<'gc>(ctx: Context<'gc>, package: Table<'gc>) {
    let kinds = [
        ("searcher_preload", Kind::Preload),
        ("searcher_Lua", Kind::Lua),
        ("searcher_C", Kind::C),
        ("searcher_Croot", Kind::CRoot),
    ];
    open_with(ctx, package, &kinds);
    crate::register(ctx, package, FUNCTIONS);
    package.set_field(ctx, "path", path(ctx, "LUA_PATH", DEFAULT_PATH));
    package.set_field(ctx, "cpath", path(ctx, "LUA_CPATH", DEFAULT_C_PATH));
    package.set_field(ctx, "config", ctx.string(format!("{DIRECTORY_SEPARATOR}\n;\n?\n!\n-\n")));
}

/// Makes the global `require`.
pub(crate) fn open_require<'gc>(ctx: Context<'gc>, globals: Table<'gc>, package: Table<'gc>) {
    let require = Callback::captured(ctx, "require", Require { package });
    globals.set_field(ctx, "require", Value::Callback(require));
}

/// Opens what of the library reaches no files: `require`, which finds what the host has put there
/// with [`preload`] and [`add_searcher`], and a table `package` with `loaded`, `preload` and
/// `searchers`. Does nothing when the library is there.
pub fn open_contained(ctx: Context<'_>) {
    let loaded = crate::loaded(ctx);
    if !loaded.get_field(ctx, "package").is_nil() {
        return;
    }
    let (package, globals) = (Table::new(ctx), ctx.globals());
    open_with(ctx, package, &[("searcher_preload", Kind::Preload)]);
    open_require(ctx, globals, package);
    loaded.set_field(ctx, "package", Value::Table(package));
    globals.set_field(ctx, "package", Value::Table(package));
}

/// Lets `require` find a module: its loader is called with the module's name when the module is
/// required first, and what it returns is the module.
pub fn preload<'gc>(ctx: Context<'gc>, name: &str, loader: Value<'gc>) {
    preloaded(ctx).set_field(ctx, name, loader);
}

/// Adds a function to `package.searchers`, behind the others.
pub fn add_searcher<'gc>(ctx: Context<'gc>, searcher: Value<'gc>) {
    let Value::Table(package) = crate::loaded(ctx).get_field(ctx, "package") else { return };
    ctx.fill(package);
    if let Value::Table(searchers) = package.get_field(ctx, "searchers") {
        // A small table can grow, unless there is no memory at all; then it is not found.
        let _ = searchers.set_integer(ctx, searchers.length() + 1, searcher);
    }
}

/// Puts searchers into the library's table, and what they need.
fn open_with<'gc>(ctx: Context<'gc>, package: Table<'gc>, kinds: &[(&'static str, Kind)]) {
    let searchers = Table::new(ctx);
    for (index, &(name, kind)) in (1..).zip(kinds) {
        let searcher = Callback::captured(ctx, name, Searcher { package, kind });
        searchers
            .set_integer(ctx, index, Value::Callback(searcher))
            .expect("a small table can grow");
    }
    package.set_field(ctx, "searchers", Value::Table(searchers));
    package.set_field(ctx, "loaded", Value::Table(crate::loaded(ctx)));
    package.set_field(ctx, "preload", Value::Table(preloaded(ctx)));
}

/// The table `package.preload`.
fn preloaded<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    match ctx.registry().get_field(ctx, "_PRELOAD") {
        Value::Table(table) => table,
        _ => {
            let table = Table::new(ctx);
            ctx.registry().set_field(ctx, "_PRELOAD", Value::Table(table));
            table
        }
    }
}

/// A path from the environment, in which `;;` stands for the default, or the default.
fn path<'gc>(ctx: Context<'gc>, variable: &str, default: &str) -> Value<'gc> {
    if ctx.registry().get_field(ctx, "LUA_NOENV").is_truthy() {
        return ctx.string(default);
    }
    let versioned = std::env::var_os(format!("{variable}_5_5"));
    let Some(path) = versioned.or_else(|| std::env::var_os(variable)) else {
        return ctx.string(default);
    };
    let path = os_bytes(path);
    let Some(mark) = memchr::memmem::find(&path, b";;") else { return ctx.string(path) };
    let mut full = Vec::new();
    if mark > 0 {
        full.extend(&path[..=mark]);
    }
    full.extend(default.bytes());
    let rest = &path[mark + 2..];
    if !rest.is_empty() {
        full.push(b';');
        full.extend(rest);
    }
    ctx.string(full)
}

/// `package.loadlib(path, function)`: says that libraries in C cannot be loaded.
fn loadlib<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    stack.string(ctx, 0)?;
    stack.string(ctx, 1)?;
    stack.replace3(Value::Nil, ctx.string(NO_LIBRARIES), ctx.string("absent"));
    Ok(CallbackReturn::Return)
}

/// `package.searchpath(name, path [, separator [, replacement]])`: the first file of a path that can
/// be read, or nil and what was tried.
fn searchpath<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let name = stack.string(ctx, 0)?;
    let path = stack.string(ctx, 1)?;
    let separator = stack.optional_string(ctx, 2)?.unwrap_or_else(|| ctx.intern(b"."));
    let replacement = match stack.optional_string(ctx, 3)? {
        Some(replacement) => replacement,
        None => ctx.intern(DIRECTORY_SEPARATOR.as_bytes()),
    };
    let search = PathSearch::new(name, text(name).len(), path, separator, replacement);
    stack.burn(search.beginning_fuel());
    begin_search(ctx, stack, search, None)
}

/// A module's name up to a zero, which ends it for the reference, or the beginning of one that is too long.
fn text<'gc>(name: LuaString<'gc>) -> &'gc [u8] {
    c_name(name.as_bytes())
}

/// Whether no module has such a name: there is no file of one, and nobody else is asked.
fn is_too_long(name: &[u8]) -> bool {
    name.len() > LONGEST_QUOTED
}

/// Looks for a file, on behalf of `searchpath` or of a searcher that was given this name.
fn begin_search<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    search: PathSearch<'gc>,
    searcher: Option<(Kind, LuaString<'gc>)>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let searching = Searching { search, searcher, found: None };
    searching.begin(ctx, stack)
}

/// A function that looks for a file, at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Searching<'gc> {
    search: PathSearch<'gc>,
    searcher: Option<(Kind, LuaString<'gc>)>,
    /// The file that a searcher has found and that is being loaded.
    found: Option<Box<FoundFile<'gc>>>,
}

/// A file that has been found, of the name that messages tell it by.
#[derive(Collect)]
#[collect(no_drop)]
struct FoundFile<'gc> {
    file_name: Vec<u8>,
    loading: FileLoading<'gc>,
}

impl<'gc> Work<'gc> for Searching<'gc> {
    /// Searches a portion. Tells whether the results are on the stack.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        if self.found.is_some() {
            return self.load_found(ctx, stack);
        }
        match (self.search.advance(ctx, stack)?, self.searcher) {
            (Searched::Paused, _) => return Ok(false),
            (Searched::Found(file), None) => stack.replace(ctx.string(file)),
            (Searched::Found(file), Some((Kind::Lua, name))) => {
                let options = Options { mode: None, environment: None };
                match FileLoading::open(stack, Some(&file), options) {
                    Ok(loading) => {
                        self.found = Some(Box::new(FoundFile { file_name: file, loading }));
                        return self.load_found(ctx, stack);
                    }
                    Err(reason) => return_found(ctx, stack, name, &file, Err(reason))?,
                }
            }
            (Searched::Found(file), Some((_, name))) => {
                return_found(ctx, stack, name, &file, Err(NO_LIBRARIES.into()))?;
            }
            (Searched::Nothing(message), None) => stack.replace2(Value::Nil, message),
            (Searched::Nothing(message), Some(_)) => stack.replace(message),
        }
        Ok(true)
    }
}

impl<'gc> Searching<'gc> {
    /// Goes on with loading the file that a searcher has found. Tells whether the results are on the stack.
    fn load_found(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<bool, Error<'gc>> {
        let (Some(found), Some((_, name))) = (&mut self.found, self.searcher) else {
            unreachable!("a searcher has found it");
        };
        let Some(loaded) = found.loading.go_on(ctx, stack) else { return Ok(false) };
        return_found(ctx, stack, name, &found.file_name, loaded)?;
        Ok(true)
    }
}

/// Puts on the stack what a searcher returns that has found a file: the loader and its argument.
fn return_found<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    name: LuaString<'gc>,
    file: &[u8],
    loaded: Loaded<'gc>,
) -> Result<(), Error<'gc>> {
    match loaded {
        Ok(closure) => {
            stack.replace2(Value::Closure(closure), ctx.string(file));
            Ok(())
        }
        Err(reason) => {
            let mut message = b"error loading module '".to_vec();
            message.extend(&*quoted(text(name)));
            message.extend(b"' from file '");
            message.extend(file);
            message.extend(b"':\n\t");
            message.extend(reason);
            Err(Error::message(message))
        }
    }
}

/// Which searcher it is.
#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
enum Kind {
    Preload,
    Lua,
    C,
    CRoot,
}

/// One of the functions in `package.searchers`.
#[derive(Collect)]
#[collect(no_drop)]
struct Searcher<'gc> {
    package: Table<'gc>,
    kind: Kind,
}

impl<'gc> Searcher<'gc> {
    /// Looks for the file of a module on the path that is a field of `package`; its name ends here.
    fn find(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        name: LuaString<'gc>,
        end: usize,
        field: &str,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let path = match self.package.get_field(ctx, field) {
            Value::String(path) => path,
            other => ctx
                .number_to_string(other)
                .ok_or_else(|| Error::message(format!("'package.{field}' must be a string")))?,
        };
        let (separator, replacement) =
            (ctx.intern(b"."), ctx.intern(DIRECTORY_SEPARATOR.as_bytes()));
        let search = PathSearch::new(name, end, path, separator, replacement);
        begin_search(ctx, stack, search, Some((self.kind, name)))
    }
}

impl<'gc> Captured<'gc> for Searcher<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let given = stack.string(ctx, 0)?;
        let name = text(given);
        stack.burn(text_fuel(name));
        match self.kind {
            Kind::Preload => {
                let key = if name.len() == given.len() { given } else { ctx.intern(name) };
                let preloaded = || preloaded(ctx).get(Value::String(key));
                match if is_too_long(name) { Value::Nil } else { preloaded() } {
                    Value::Nil => {
                        let mut message = b"no field package.preload['".to_vec();
                        message.extend(&*quoted(name));
                        message.extend(b"']");
                        stack.replace(ctx.string(message));
                    }
                    loader => stack.replace2(loader, ctx.string(":preload:")),
                }
                Ok(CallbackReturn::Return)
            }
            Kind::Lua => self.find(ctx, stack, given, name.len(), "path"),
            Kind::C => self.find(ctx, stack, given, name.len(), "cpath"),
            Kind::CRoot => match memchr::memchr(b'.', name) {
                Some(dot) => self.find(ctx, stack, given, dot, "cpath"),
                None => {
                    stack.clear();
                    Ok(CallbackReturn::Return)
                }
            },
        }
    }
}

/// `require(name)`: the value of a module, which is loaded if it has not been, and what its searcher
/// said of it.
#[derive(Collect)]
#[collect(no_drop)]
struct Require<'gc> {
    package: Table<'gc>,
}

impl<'gc> Captured<'gc> for Require<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let given = stack.string(ctx, 0)?;
        let name = text(given);
        stack.burn(text_fuel(name));
        if is_too_long(name) {
            let quoted = quoted(name);
            let message = [b"module '", &*quoted, b"' not found: the name is too long"].concat();
            return Err(Error::message(message));
        }
        // The searchers get a copy of the name that ends at a zero, if there is one.
        let name = if name.len() == given.len() {
            given
        } else {
            Error::check_room(name.len())?;
            ctx.intern(name)
        };
        let loaded = crate::loaded(ctx).get(Value::String(name));
        if loaded.is_truthy() {
            stack.replace(loaded);
            return Ok(CallbackReturn::Return);
        }
        ctx.fill(self.package);
        let Value::Table(searchers) = self.package.get_field(ctx, "searchers") else {
            return Err(Error::message("'package.searchers' must be a table"));
        };
        stack.clear();
        Ok(CallbackReturn::Sequence(Box::new(Requiring {
            given,
            name,
            searchers,
            tried: 0,
            messages: CountedBuffer::new(),
            loader_data: Value::Nil,
            state: State::Search,
        })))
    }
}

/// What a `require` does next.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
enum State {
    /// It asks the next searcher.
    Search,
    /// It looks at the searcher's answer.
    Answered,
    /// It looks at the loader's result.
    Loaded,
}

/// A `require` at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Requiring<'gc> {
    /// The name as it was given, which the loader gets.
    given: LuaString<'gc>,
    name: LuaString<'gc>,
    searchers: Table<'gc>,
    /// How many searchers have been asked.
    tried: i64,
    /// What they said.
    messages: CountedBuffer,
    loader_data: Value<'gc>,
    state: State,
}

impl<'gc> Requiring<'gc> {
    /// Adds what a searcher said, unless there is more already than anybody reads.
    fn add_message(&mut self, text: Value<'gc>) -> Result<(), Error<'gc>> {
        if self.messages.len() > LONGEST_QUOTED {
            return Ok(());
        }
        self.messages.extend(b"\n\t")?;
        match text {
            Value::String(text) => self.messages.extend(&quoted(text.as_bytes())),
            number => self.messages.extend_value(number).map(|_| ()),
        }
    }
}

impl<'gc> Sequence<'gc> for Requiring<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        let name = Value::String(self.name);
        if let State::Answered = self.state {
            match (stack.get(0), stack.get(1)) {
                (loader @ (Value::Closure(_) | Value::Callback(_)), data) => {
                    self.loader_data = data;
                    self.state = State::Loaded;
                    stack.replace2(Value::String(self.given), data);
                    return Ok(Poll::Call(loader, 0));
                }
                (text @ (Value::String(_) | Value::Integer(_) | Value::Float(_)), _) => {
                    self.add_message(text)?;
                }
                _ => {}
            }
            self.state = State::Search;
        }
        if let State::Search = self.state {
            self.tried += 1;
            let searcher = self.searchers.get_integer(self.tried);
            if searcher.is_nil() {
                while !self.messages.gather(stack)? {}
                Error::check_message(self.messages.len())?;
                let mut message = b"module '".to_vec();
                message.extend(&*quoted(self.name.as_bytes()));
                message.extend(b"' not found:");
                message.extend(self.messages.as_bytes());
                return Err(Error::message(message));
            }
            self.state = State::Answered;
            stack.replace(name);
            return Ok(Poll::Call(searcher, 0));
        }
        let loaded = crate::loaded(ctx);
        let set =
            |value| loaded.set(ctx, name, value).map_err(|error| Error::message(error.message()));
        let result = stack.get(0);
        if !result.is_nil() {
            set(result)?;
        }
        let mut value = loaded.get(name);
        if value.is_nil() {
            value = Value::True;
            set(value)?;
        }
        stack.replace2(value, self.loader_data);
        Ok(Poll::Return)
    }
}
