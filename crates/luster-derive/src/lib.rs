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

/// x
#[proc_macro_derive(UserData, attributes(lua))]
pub fn derive_userdata(input: TokenStream) -> TokenStream {
    expand(input, userdata::derive)
}

/// x
#[proc_macro_attribute]
pub fn methods(arguments: TokenStream, block: TokenStream) -> TokenStream {
    let block = parse_macro_input!(block as ItemImpl);
    methods::expand(arguments.into(), block).into()
}

/// x
#[proc_macro_derive(FromLua, attributes(lua))]
pub fn derive_from_lua(input: TokenStream) -> TokenStream {
    expand(input, from_lua::derive)
}

/// x
#[proc_macro_derive(IntoLua, attributes(lua))]
pub fn derive_into_lua(input: TokenStream) -> TokenStream {
    expand(input, into_lua::derive)
}

/// x
#[proc_macro_derive(Collect, attributes(collect))]
pub fn derive_collect(input: TokenStream) -> TokenStream {
    expand(input, collect::derive)
}
