//! `#[methods]`: the public functions and constants of an `impl` block, for scripts.
//!
//! What there is to register is found here; how a function is handed over is in `signature`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::{
    Attribute, Error, GenericArgument, GenericParam, ImplItem, ImplItemConst, ImplItemFn, ItemImpl,
    LitStr, PathArguments, Result, Token, Type, Visibility,
};

use crate::attributes::{Facade, note, read};
use crate::generics::place;
use crate::names::{metamethod, name_of, said_metamethod};
use crate::signature::Signature;

/// The block without the attributes, and the implementation of the trait by which the derive finds
/// what is in it. Whatever is wrong, the block itself stays, so that no other errors follow.
pub(crate) fn expand(arguments: TokenStream, mut block: ItemImpl) -> TokenStream {
    let registration = register(arguments, &block);
    for item in &mut block.items {
        let attributes = match item {
            ImplItem::Fn(item) => &mut item.attrs,
            ImplItem::Const(item) => &mut item.attrs,
            _ => continue,
        };
        attributes.retain(|attribute| !attribute.path().is_ident("lua"));
    }
    let registration = registration.unwrap_or_else(Error::into_compile_error);
    quote! {
        #block
        #registration
    }
}

pub(crate) fn register(arguments: TokenStream, block: &ItemImpl) -> Result<TokenStream> {
    let mut facade = None;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("crate") {
            note(&mut facade, Facade::parse(&meta)?, "crate", &meta).map(drop)
        } else {
            Err(meta.error("unknown option; there is `crate`"))
        }
    });
    parser.parse2(arguments)?;
    let facade = facade.unwrap_or_default();
    if let Some((_, of, _)) = &block.trait_ {
        let message = "scripts get the functions of the type itself, not those of a trait";
        return Err(Error::new_spanned(of, message));
    }
    check_type(block)?;
    let mut adding = Vec::new();
    let mut errors: Option<Error> = None;
    for item in &block.items {
        let added = match item {
            ImplItem::Fn(item) => add_function(&facade, item),
            ImplItem::Const(item) => add_constant(item),
            _ => continue,
        };
        match (added, &mut errors) {
            (Ok(added), _) => adding.extend(added),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), none) => *none = Some(error),
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    let ty = &block.self_ty;
    let mut generics = block.generics.clone();
    // If this does not hold, only this is reported, and not that the class lacks every method.
    let facade_there = facade.shown_at(place(ty));
    let condition = quote_spanned! {place(ty)=>
        #ty: #facade_there::__private::DerivesUserData
    };
    generics.make_where_clause().predicates.push(syn::parse2(condition)?);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #facade::__private::Methods for #ty #where_clause {
            fn add(__class: &mut #facade::Class<Self>) {
                #(#adding)*
            }
        }
    })
}

/// The methods are those of all types that a generic type stands for: the derive, which calls them,
/// knows of no single one.
fn check_type(block: &ItemImpl) -> Result<()> {
    let Type::Path(path) = &*block.self_ty else { return Ok(()) };
    let Some(last) = path.path.segments.last() else { return Ok(()) };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return Ok(()) };
    for argument in &arguments.args {
        let is_parameter = |name: &syn::Ident| {
            block.generics.params.iter().any(|parameter| match parameter {
                GenericParam::Type(parameter) => parameter.ident == *name,
                GenericParam::Const(parameter) => parameter.ident == *name,
                GenericParam::Lifetime(_) => false,
            })
        };
        let is_open = match argument {
            GenericArgument::Type(Type::Path(ty)) => ty.path.get_ident().is_some_and(is_parameter),
            GenericArgument::Const(syn::Expr::Path(constant)) => {
                constant.path.get_ident().is_some_and(is_parameter)
            }
            _ => false,
        };
        if !is_open {
            let message = "the methods of a generic type are those of all its types: this has to \
                           be a parameter of the `impl`";
            return Err(Error::new_spanned(argument, message));
        }
    }
    Ok(())
}

/// What a function is to scripts.
enum Role {
    Plain,
    Metamethod(String),
    Getter,
    Setter,
}

/// The options of a function or constant.
#[derive(Default)]
struct Options {
    skip: bool,
    rename: Option<LitStr>,
    role: Option<Role>,
    is_said: bool,
}

impl Options {
    /// Reads them; of a function if there is its name.
    fn read(attributes: &[Attribute], function: Option<&syn::Ident>) -> Result<Self> {
        let mut options = Options::default();
        let mut skip = None;
        let there_are = match function {
            Some(_) => "`skip`, `rename`, `meta`, `getter` and `setter` for a function",
            None => "`skip` and `rename` for a constant",
        };
        read(attributes, there_are, |name, meta| {
            options.is_said = true;
            let role = match (name, function) {
                ("skip", _) => return note(&mut skip, (), name, meta),
                ("rename", _) => {
                    return note(&mut options.rename, meta.value()?.parse()?, name, meta);
                }
                ("meta", Some(function)) => Role::Metamethod(said_or_own(meta, function)?),
                ("getter", Some(_)) => Role::Getter,
                ("setter", Some(_)) => Role::Setter,
                _ => return Ok(false),
            };
            if options.role.replace(role).is_some() {
                return Err(meta.error("a function is one of `meta`, `getter` and `setter`"));
            }
            Ok(true)
        })?;
        options.skip = skip.is_some();
        Ok(options)
    }

    /// Whether the item is for scripts: if it is public, or something is said about it.
    fn is_for_scripts(&self, visibility: &Visibility) -> bool {
        !self.skip && (self.is_said || matches!(visibility, Visibility::Public(_)))
    }
}

fn said_or_own(meta: &ParseNestedMeta<'_>, function: &syn::Ident) -> Result<String> {
    if meta.input.peek(Token![=]) {
        said_metamethod(&meta.value()?.parse()?)
    } else {
        metamethod(function)
    }
}

/// The conditions under which an item is compiled, for what is generated for it.
fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}

fn add_constant(item: &ImplItemConst) -> Result<Option<TokenStream>> {
    let options = Options::read(&item.attrs, None)?;
    if !options.is_for_scripts(&item.vis) {
        return Ok(None);
    }
    let ident = &item.ident;
    let name = name_of(ident, options.rename.as_ref(), None);
    let conditions = conditions(&item.attrs);
    Ok(Some(quote_spanned! {place(&item.ty)=>
        #(#conditions)*
        {
            __class.constant(#name, Self::#ident);
        }
    }))
}

fn add_function(facade: &Facade, item: &ImplItemFn) -> Result<Option<TokenStream>> {
    let ident = &item.sig.ident;
    let options = Options::read(&item.attrs, Some(ident))?;
    if !options.is_for_scripts(&item.vis) {
        return Ok(None);
    }
    let signature = Signature::new(&item.sig)?;
    let role = options.role.unwrap_or(Role::Plain);
    let own = name_of(ident, options.rename.as_ref(), None);
    let name = match &role {
        Role::Metamethod(_) if let Some(rename) = &options.rename => {
            let message = "a metamethod is named by `meta` itself: `#[lua(meta = \"__name\")]`";
            return Err(Error::new_spanned(rename, message));
        }
        Role::Metamethod(name) => name.clone(),
        Role::Setter if options.rename.is_none() => {
            own.strip_prefix("set_").unwrap_or(&own).to_owned()
        }
        Role::Plain | Role::Getter | Role::Setter => own,
    };
    let adder = match (&role, signature.has_self()) {
        (Role::Plain, true) => "method",
        (Role::Plain, false) => "function",
        (Role::Metamethod(_), _) => "meta",
        (Role::Getter, true) => "field",
        (Role::Setter, true) => "setter",
        (Role::Getter | Role::Setter, false) => {
            let message = "the field of a value is got and set with the value: `self` is missing";
            return Err(Error::new_spanned(&item.sig, message));
        }
    };
    let span = ident.span().resolved_at(Span::call_site());
    let function = signature.function(facade);
    let added = match (item.sig.asyncness, &role) {
        (None, _) => {
            let adder = syn::Ident::new(adder, span);
            quote_spanned!(span=> __class.#adder(#name, #function);)
        }
        (Some(_), Role::Plain) => {
            let adder = syn::Ident::new(&format!("add_async_{adder}"), span);
            quote_spanned!(span=> #facade::__private::#adder(__class, #name, #function);)
        }
        (Some(word), _) => {
            let message = "metamethods, getters and setters cannot be asynchronous";
            return Err(Error::new_spanned(word, message));
        }
    };
    let conditions = conditions(&item.attrs);
    let parameters = signature.checks(facade);
    Ok(Some(quote_spanned! {span=>
        #(#conditions)*
        {
            #parameters
            #added
        }
    }))
}
