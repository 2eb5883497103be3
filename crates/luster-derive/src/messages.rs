//! What the macros say of input that they refuse: one line of source, one message.

use proc_macro2::TokenStream;
use syn::{DeriveInput, Error, ItemImpl, Result};

fn messages(result: Result<TokenStream>) -> Vec<String> {
    let error: Error = result.expect_err("the macro refuses this");
    error.into_iter().map(|error| error.to_string()).collect()
}

fn of(derive: fn(&DeriveInput) -> Result<TokenStream>, source: &str) -> String {
    let input = syn::parse_str(source).expect("the source of a type");
    messages(derive(&input)).join("\n")
}

fn of_methods(source: &str) -> String {
    let block: ItemImpl = syn::parse_str(source).expect("the source of a block");
    messages(crate::methods::register(TokenStream::new(), &block)).join("\n")
}

fn of_function(source: &str) -> String {
    of_methods(&format!("impl T {{ {source} }}"))
}

#[test]
fn userdata() {
    let of = |source| of(crate::userdata::derive, source);
    assert_eq!(
        of("struct T<'a> { x: &'a str }"),
        "a userdata outlives every borrow: it cannot have lifetime parameters (`Lua::scope` lends \
         such values, by `&` or `&mut`)"
    );
    assert_eq!(of("union T { x: u8 }"), "a union cannot be a userdata with fields");
    assert_eq!(
        of("struct T(#[lua(readonly)] u8);"),
        "a field without a name needs `#[lua(rename = \"..\")]`"
    );
    assert_eq!(
        of("#[lua(rename = \"U\")] struct T;"),
        "unknown option `rename`; there are `name`, `rename_all`, `deny_unknown`, `bound` and \
         `crate` for a type"
    );
    assert_eq!(
        of("struct T { #[lua(read_only)] x: u8 }"),
        "unknown option `read_only`; there are `skip`, `readonly`, `rename` and `default` for a \
         field"
    );
    assert_eq!(of("struct T { #[lua(skip, skip)] x: u8 }"), "`skip` is said twice");
    assert_eq!(of("#[lua(name = 5)] struct T;"), "expected string literal");
    assert_eq!(
        of("enum T { A { #[lua(hidden)] x: u8 } }"),
        "unknown option `hidden`; there are `skip`, `readonly`, `rename` and `default` for a field"
    );
}

#[test]
fn conversions() {
    for derive in [crate::from_lua::derive, crate::into_lua::derive] {
        let of = |source| of(derive, source);
        assert_eq!(
            of("union T { x: u8 }"),
            "a union cannot be converted: nothing says which field it holds"
        );
        assert_eq!(
            of("#[lua(rename_all = \"CamelCase\")] struct T { x: u8 }"),
            "unknown case `CamelCase`; there are lowercase, UPPERCASE, PascalCase, camelCase, \
             snake_case, SCREAMING_SNAKE_CASE, kebab-case, SCREAMING-KEBAB-CASE"
        );
        assert_eq!(
            of("enum T { #[lua(skip)] A }"),
            "unknown option `skip`; there are `rename` and `rename_all` for a variant"
        );
        assert_eq!(
            of("struct T(#[lua(skip)] u8);"),
            "without its only field there is nothing to convert"
        );
        assert_eq!(
            of("struct T(u8, #[lua(rename = \"b\")] u8);"),
            "a field without a name is not found by one"
        );
        assert_eq!(of("#[lua(bound = \"T\")] struct T(u8, u8);"), "expected `:`");
    }
}

#[test]
fn blocks() {
    assert_eq!(
        of_methods("impl Clone for T {}"),
        "scripts get the functions of the type itself, not those of a trait"
    );
    assert_eq!(
        of_methods("impl<A> T<A, u8> {}"),
        "the methods of a generic type are those of all its types: this has to be a parameter of \
         the `impl`"
    );
    let block = syn::parse_str("impl T {}").expect("a block");
    let unknown = "name = 1".parse().expect("tokens");
    assert_eq!(
        messages(crate::methods::register(unknown, &block)),
        ["unknown option; there is `crate`"]
    );
}

#[test]
fn functions() {
    assert_eq!(
        of_function(&format!("pub {} fn f() {{}}", "unsafe")),
        "scripts cannot call an unsafe function: leave it out with `#[lua(skip)]`"
    );
    let generic = "scripts cannot call a generic function: leave it out with `#[lua(skip)]`";
    assert_eq!(of_function("pub fn f<T>(x: T) {}"), generic);
    assert_eq!(of_function("pub fn f(x: impl Copy) {}"), generic);
    assert_eq!(
        of_function("pub fn f(&mut self) -> &mut u8 {}"),
        "scripts cannot be given a mutable borrow: leave it out with `#[lua(skip)]`"
    );
    let parameters = "_: u8,".repeat(13);
    assert_eq!(
        of_function(&format!("pub fn f({parameters}) {{}}")),
        "a function for scripts has at most 12 parameters, and this one has 13"
    );
    assert_eq!(
        of_function("#[lua(readonly)] pub fn f() {}"),
        "unknown option `readonly`; there are `skip`, `rename`, `meta`, `getter` and `setter` for \
         a function"
    );
    assert_eq!(
        of_function("#[lua(meta)] pub const C: u8 = 1;"),
        "unknown option `meta`; there are `skip` and `rename` for a constant"
    );
    // All functions are looked at.
    let both = of_function("pub fn f<T>(x: T) {} pub fn g(x: impl Copy) {}");
    assert_eq!(both, format!("{generic}\n{generic}"));
}

#[test]
fn roles() {
    assert_eq!(
        of_function("#[lua(getter, setter)] pub fn f(&self) {}"),
        "a function is one of `meta`, `getter` and `setter`"
    );
    assert_eq!(
        of_function("#[lua(getter)] pub fn f() {}"),
        "the field of a value is got and set with the value: `self` is missing"
    );
    assert_eq!(
        of_function("#[lua(meta, rename = \"__add\")] pub fn add(&self) {}"),
        "a metamethod is named by `meta` itself: `#[lua(meta = \"__name\")]`"
    );
    assert_eq!(
        of_function("#[lua(meta)] pub fn neg(&self) {}"),
        "`neg` is not the name of a metamethod: those are add, sub, mul, div, mod, pow, unm, idiv, \
         band, bor, bxor, shl, shr, bnot, concat, len, eq, lt, le, index, newindex, call, \
         tostring, close, gc, pairs; another can be said with `#[lua(meta = \"__name\")]`"
    );
    assert_eq!(
        of_function("#[lua(meta = \"add\")] pub fn f(&self) {}"),
        "the name of a metamethod begins with two underscores"
    );
    assert_eq!(
        of_function("#[lua(meta)] pub fn name() {}"),
        "the name is said at the type: `#[lua(name = \"..\")]`"
    );
    assert_eq!(
        of_function("#[lua(meta = \"__mode\")] pub fn f() {}"),
        "`__mode` is for tables: a userdata has nothing to hold weakly"
    );
    assert_eq!(
        of_function("#[lua(meta = \"__metatable\")] pub fn f() {}"),
        "`__metatable` is false for every userdata: scripts do not see metatables"
    );
    assert_eq!(
        of_function("#[lua(getter)] pub async fn f(&self) {}"),
        "metamethods, getters and setters cannot be asynchronous"
    );
}

#[test]
fn collect() {
    let of = |source| of(crate::collect::derive, source);
    let modes = "deriving `Collect` needs `#[collect(no_drop)]` for a type that does not implement \
                 `Drop`, or `#[collect(require_static)]` for one that holds no values of an arena";
    assert_eq!(of("struct T;"), modes);
    assert_eq!(of("#[collect(bound = \"\")] struct T;"), modes);
    assert_eq!(of("#[collect(no_drop, require_static)] struct T;"), "`mode` is said twice");
    assert_eq!(
        of("#[collect(unsafe_drop)] struct T;"),
        "unknown option; there are `no_drop`, `require_static`, `bound`, `gc_lifetime` and `crate`"
    );
    assert_eq!(
        of("#[collect(no_drop)] #[collect(no_drop)] struct T;"),
        "there may be one `#[collect(..)]` only"
    );
    assert_eq!(
        of("#[collect(no_drop)] struct T<'a, 'gc> { x: &'a Value<'gc> }"),
        "of several lifetimes, that of the arena has to be said: `#[collect(no_drop, gc_lifetime = \
         'gc)]`"
    );
    assert_eq!(
        of("#[collect(no_drop)] struct T { #[collect(no_drop)] x: u8 }"),
        "of a field, only `require_static` can be said"
    );
    assert_eq!(
        of("#[collect(no_drop)] enum T { #[collect(require_static)] A }"),
        "`#[collect(..)]` belongs on the type or on a field"
    );
    assert_eq!(
        of("#[collect(no_drop)] union T { x: u8 }"),
        "a union cannot be traced: nothing says which field it holds"
    );
}
