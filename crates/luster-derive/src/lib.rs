//! The macros of luster: derives for userdata, conversions and tracing, and the attribute for
//! methods.
//!
//! They are used through the facade, which re-exports them; the code that they generate names it
//! as `::luster`, unless `crate = "path"` says otherwise. Each macro has its file; what the generated
//! code calls is in the facade's hidden module `__private`.
#![forbid(unsafe_code)]

mod attributes;
mod collect;
mod from_lua;
mod generics;
mod into_lua;
#[cfg(test)]
mod messages;
mod methods;
mod names;
mod shape;
mod signature;
mod userdata;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, ItemImpl, parse_macro_input};

fn expand(
    input: TokenStream,
    derive: fn(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Makes a type a userdata: scripts get its public fields, and with [`methods`](macro@methods) its
/// functions.
///
/// ```
/// use luster::{Lua, UserData};
///
/// #[derive(UserData)]
/// struct Player {
///     pub name: String,
///     pub health: i64,
///     #[lua(readonly)]
///     pub id: u32,
///     #[lua(rename = "team")]
///     pub team_name: Option<String>,
///     #[lua(skip)]
///     pub socket: Option<std::net::TcpStream>,
///     secret: u64, // Private fields stay so.
/// }
///
/// let lua = Lua::new();
/// let player = Player {
///     name: "Ada".into(),
///     health: 10,
///     id: 1,
///     team_name: None,
///     socket: None,
///     secret: 7,
/// };
/// lua.globals().set("player", player)?;
/// lua.load("player.health = player.health - 3; player.team = 'red'").exec()?;
/// assert_eq!(lua.load("player.name .. player.health .. player.team").eval::<String>()?, "Ada7red");
///
/// let error = lua.load("player.id = 2").set_name("=game").exec().unwrap_err();
/// assert_eq!(error.message(), "game:1: field 'id' of Player is read-only");
/// let error = lua.load("player.secret = 2").set_name("=game").exec().unwrap_err();
/// assert_eq!(error.message(), "game:1: Player has no field 'secret'");
/// # Ok::<(), luster::Error>(())
/// ```
///
/// # Fields
///
/// Scripts read a clone of a field, so its type has to be `Clone` and `IntoLua`; to be set, it has to
/// be `FromLua`, or a userdata itself, of which the field becomes a clone. The fields of tuple structs
/// and of enums are not there for scripts.
///
/// - `#[lua(skip)]` leaves the field out.
/// - `#[lua(readonly)]` does not let it be set.
/// - `#[lua(rename = "name")]` is its name for scripts.
///
/// A field about which one of the last two is said need not be public.
///
/// # Types
///
/// - `#[lua(name = "Vec2")]` is the name of the type for scripts, in the place of its Rust name.
/// - `#[lua(rename_all = "camelCase")]` is the case of the names of all fields.
/// - `#[lua(bound = "T: Clone")]` are the bounds of the implementation for a generic type. Without
///   it, the types of the fields have to be what fields have to be. The bounds of a block of methods
///   have to follow from them: scripts would not get those methods otherwise.
/// - `#[lua(crate = "path")]` is where the facade is, if not at `::luster`.
#[proc_macro_derive(UserData, attributes(lua))]
pub fn derive_userdata(input: TokenStream) -> TokenStream {
    expand(input, userdata::derive)
}

/// Gives the public functions of an `impl` block to scripts, for a type that derives `UserData`.
///
/// ```
/// use luster::{Lua, UserData};
///
/// #[derive(UserData)]
/// struct Vec2 {
///     pub x: f64,
///     pub y: f64,
/// }
///
/// #[luster::methods]
/// impl Vec2 {
///     pub const DIMENSIONS: u32 = 2;
///
///     pub fn new(x: f64, y: f64) -> Self {
///         Vec2 { x, y }
///     }
///
///     pub fn dot(&self, other: &Vec2) -> f64 {
///         self.x * other.x + self.y * other.y
///     }
///
///     pub fn scale(&mut self, factor: f64) {
///         self.x *= factor;
///         self.y *= factor;
///     }
///
///     #[lua(meta)]
///     pub fn add(&self, other: &Vec2) -> Vec2 {
///         Vec2 { x: self.x + other.x, y: self.y + other.y }
///     }
///
///     #[lua(getter)]
///     pub fn length(&self) -> f64 {
///         self.x.hypot(self.y)
///     }
///
///     #[lua(setter)]
///     pub fn set_length(&mut self, length: f64) {
///         self.scale(length / self.length());
///     }
/// }
///
/// let lua = Lua::new();
/// lua.register::<Vec2>()?;
/// let dot: f64 = lua.load(r#"
///     local v = Vec2.new(3, 4)
///     assert(v.length == 5 and Vec2.DIMENSIONS == 2)
///     v.length = 10
///     v:scale(0.5)
///     return (v + v):dot(v)
/// "#).eval()?;
/// assert_eq!(dot, 50.0);
/// # Ok::<(), luster::Error>(())
/// ```
///
/// A function with `self` is a method, one without is a function of the type's table, as
/// constructors are, and constants are there, too. Parameters and results are those of all functions
/// for scripts. A result that is a borrow is cloned, also in an `Option` or `Result`. `self` by
/// value takes the value out of the VM. A field hides a method of the same name.
///
/// An `async fn` is awaited by the script that calls it, with the feature `async` of the facade. Its
/// borrows last until the future ends: while a method with `&mut self` waits, other methods of the
/// value are errors.
///
/// - `#[lua(skip)]` leaves a function or constant out.
/// - `#[lua(rename = "name")]` is its name for scripts.
/// - `#[lua(meta)]` makes a function the metamethod of its name: `add` is `__add`, `tostring` and
///   `to_string` are `__tostring`. `#[lua(meta = "__concat")]` says the name.
/// - `#[lua(getter)]` and `#[lua(setter)]` make a method a field that is computed; `set_x` sets the
///   field `x`.
///
/// A function about which one of the last four is said need not be public.
///
/// The functions of a generic type are those of all its types. Where the facade is not at `::luster`,
/// `#[methods(crate = "path")]` says where it is.
///
/// A type that does not derive `UserData` is refused:
///
/// ```compile_fail
/// struct Vec2;
///
/// #[luster::methods]
/// impl Vec2 {
///     pub fn new() -> Self {
///         Vec2
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn methods(arguments: TokenStream, block: TokenStream) -> TokenStream {
    let block = parse_macro_input!(block as ItemImpl);
    methods::expand(arguments.into(), block).into()
}

/// Makes structs of tables, and enums of strings and tables.
///
/// ```
/// use luster::{FromLua, Lua};
///
/// #[derive(FromLua, Debug, PartialEq)]
/// struct Config {
///     servers: Vec<Server>,
///     level: Option<Level>,
/// }
///
/// #[derive(FromLua, Debug, PartialEq)]
/// #[lua(rename_all = "camelCase")]
/// struct Server {
///     host_name: String,
///     #[lua(default = 443)]
///     port: u16,
/// }
///
/// #[derive(FromLua, Debug, PartialEq)]
/// #[lua(rename_all = "lowercase")]
/// enum Level {
///     Quiet,
///     Verbose { depth: u8 },
/// }
///
/// let lua = Lua::new();
/// let config: Config = lua.load(r#"
///     return { servers = { { hostName = "localhost" } }, level = { verbose = { depth = 2 } } }
/// "#).eval()?;
/// assert_eq!(config.servers, [Server { host_name: "localhost".into(), port: 443 }]);
/// assert_eq!(config.level, Some(Level::Verbose { depth: 2 }));
///
/// let error = lua.load(r#"
///     return { servers = { { hostName = "a" }, { hostName = "b", port = "x" } }, level = "quiet" }
/// "#).eval::<Config>().unwrap_err();
/// assert_eq!(error.message(), "servers[2].port: number expected, got string");
/// # Ok::<(), luster::Error>(())
/// ```
///
/// A struct with named fields is a table with their names as keys; one with a single field without a
/// name is what that field is; one with several is a list. A variant that holds nothing is a string,
/// its name; one that holds something is a table whose only key is its name. Metamethods of tables are
/// not asked.
///
/// # Fields
///
/// - `#[lua(default)]` and `#[lua(default = expression)]` say what a field is that the table does not
///   have. A field that is an `Option` is `None` then.
/// - `#[lua(rename = "name")]` is its key.
/// - `#[lua(skip)]` does not look for it in the table: it is what `Default` says, or what `default`
///   does.
///
/// # Types and variants
///
/// - `#[lua(rename_all = "..")]` is the case of the names of fields, or of variants:
///   `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`,
///   `kebab-case` or `SCREAMING-KEBAB-CASE`. At a variant it is that of its fields.
/// - `#[lua(rename = "name")]` is the name of a variant.
/// - `#[lua(deny_unknown)]` refuses tables with other keys, which are ignored otherwise.
/// - `#[lua(bound = "T: Clone")]` are the bounds of the implementation for a generic type, in the
///   place of `FromLua` for each of its parameters.
/// - `#[lua(crate = "path")]` is where the facade is, if not at `::luster`.
#[proc_macro_derive(FromLua, attributes(lua))]
pub fn derive_from_lua(input: TokenStream) -> TokenStream {
    expand(input, from_lua::derive)
}

/// Makes tables of structs, and strings and tables of enums.
///
/// ```
/// use luster::{IntoLua, Lua};
///
/// #[derive(IntoLua)]
/// #[lua(rename_all = "camelCase")]
/// struct Report<'a> {
///     file_name: &'a str,
///     lines: Vec<u32>,
///     #[lua(skip)]
///     hash: u64,
///     state: State,
/// }
///
/// #[derive(IntoLua)]
/// enum State {
///     Done,
///     Failed(String),
/// }
///
/// let lua = Lua::new();
/// let state = State::Failed("too long".into());
/// let report = Report { file_name: "a.lua", lines: vec![1, 5], hash: 3, state };
/// lua.globals().set("report", report)?;
/// lua.globals().set("done", State::Done)?;
/// lua.load(r#"
///     assert(report.fileName == "a.lua" and report.lines[2] == 5 and report.hash == nil)
///     assert(report.state.Failed == "too long" and done == "Done")
/// "#).exec()?;
/// # Ok::<(), luster::Error>(())
/// ```
///
/// The values are those that the derive of `FromLua` takes, and the attributes are the same:
/// `#[lua(rename)]`, `#[lua(rename_all)]`, `#[lua(bound)]` and `#[lua(crate)]` mean what they mean
/// there, and `#[lua(skip)]` leaves a field out.
#[proc_macro_derive(IntoLua, attributes(lua))]
pub fn derive_into_lua(input: TokenStream) -> TokenStream {
    expand(input, into_lua::derive)
}

/// Lets the garbage collector trace a type of the host that holds values of the arena, so that cycles
/// of it are freed.
///
/// ```
/// use luster::gc_arena::Rootable;
/// use luster::values::{Table, UserData};
/// use luster::{Collect, Lua};
///
/// #[derive(Collect)]
/// #[collect(no_drop)]
/// struct Node<'gc> {
///     children: Table<'gc>,
/// }
///
/// let lua = Lua::new();
/// lua.enter(|ctx| {
///     let node = Node { children: Table::new(ctx) };
///     let node = UserData::traced::<Rootable![Node<'_>]>(ctx, node, None);
///     assert!(node.downcast_traced::<Rootable![Node<'_>]>().is_some());
/// });
/// ```
///
/// It implements the trait `luster::gc_arena::Collect`, as the derive of gc-arena does, but needs no
/// dependency on that crate. The type has to say what makes it safe:
///
/// - `#[collect(no_drop)]`: all fields are traced, and the type does not implement `Drop`, where it
///   could reach for what is freed already. A field with `#[collect(require_static)]` is not traced;
///   its type has to be `'static` then.
/// - `#[collect(require_static)]`: the type is `'static`, and so holds no values of an arena.
///
/// To these can be added:
///
/// - `bound = "where T: Trait"`: the bounds of the implementation for a generic type, in the place of
///   `Collect` for each of its parameters.
/// - `gc_lifetime = 'gc`: the lifetime of the arena, when the type has several.
/// - `crate = "path"`: where the facade is, if not at `::luster`.
///
/// ```compile_fail
/// # use luster::{Collect, values::Table};
/// #[derive(Collect)]
/// #[collect(no_drop)]
/// struct Node<'gc> {
///     children: Table<'gc>,
/// }
///
/// impl Drop for Node<'_> {
///     fn drop(&mut self) {}
/// }
/// ```
#[proc_macro_derive(Collect, attributes(collect))]
pub fn derive_collect(input: TokenStream) -> TokenStream {
    expand(input, collect::derive)
}
