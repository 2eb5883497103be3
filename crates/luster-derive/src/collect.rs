//! `#[derive(Collect)]`: tracing for types that hold values of the arena, with the paths of the
//! facade.
//!
//! The generated implementation is `unsafe` by its trait, and sound by these rules: every field is
//! traced, or its type is `'static` and so cannot hold pointers of the arena; and the type has no
//! `Drop`, which could reach for pointers that are freed already.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, GenericParam, Lifetime, LitStr, Result,
    Type, WherePredicate, parse_quote,
};

use crate::attributes::{Facade, note};
use crate::generics::{bind_parameters, place, require};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    RequireStatic,
    NoDrop,
}

/// What `#[collect(..)]` says of a type.
struct Options {
    mode: Mode,
    facade: Facade,
    bound: Option<Vec<WherePredicate>>,
    lifetime: Option<Lifetime>,
}

fn attribute(attributes: &[Attribute]) -> Result<Option<&Attribute>> {
    let mut found = attributes.iter().filter(|attribute| attribute.path().is_ident("collect"));
    let first = found.next();
    match found.next() {
        Some(second) => Err(Error::new_spanned(second, "there may be one `#[collect(..)]` only")),
        None => Ok(first),
    }
}

impl Options {
    fn read(attributes: &[Attribute]) -> Result<Self> {
        const MODES: &str = "`#[collect(no_drop)]` for a type that does not implement `Drop`, or \
                             `#[collect(require_static)]` for one that holds no values of an arena";
        let Some(attribute) = attribute(attributes)? else {
            let message = format!("deriving `Collect` needs {MODES}");
            return Err(Error::new(Span::call_site(), message));
        };
        let (mut mode, mut facade, mut bound, mut lifetime) = (None, None, None, None);
        attribute.parse_nested_meta(|meta| {
            let option = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match option.as_str() {
                "no_drop" => note(&mut mode, Mode::NoDrop, "mode", &meta)?,
                "require_static" => note(&mut mode, Mode::RequireStatic, "mode", &meta)?,
                "crate" => note(&mut facade, Facade::parse(&meta)?, "crate", &meta)?,
                "gc_lifetime" => note(&mut lifetime, meta.value()?.parse()?, "gc_lifetime", &meta)?,
                "bound" => {
                    let text: LitStr = meta.value()?.parse()?;
                    let clause = text.value();
                    let predicates = if clause.trim().is_empty() {
                        Vec::new()
                    } else {
                        let clause: syn::WhereClause = text.parse()?;
                        clause.predicates.into_iter().collect()
                    };
                    note(&mut bound, predicates, "bound", &meta)?
                }
                _ => {
                    let message = "unknown option; there are `no_drop`, `require_static`, `bound`, \
                                   `gc_lifetime` and `crate`";
                    return Err(meta.error(message));
                }
            };
            Ok(())
        })?;
        match mode {
            Some(mode) => Ok(Options { mode, facade: facade.unwrap_or_default(), bound, lifetime }),
            None => {
                let message = format!("deriving `Collect` needs {MODES}");
                Err(Error::new_spanned(attribute, message))
            }
        }
    }
}

/// Whether a field is said to hold nothing of an arena.
fn is_static(field: &Field) -> Result<bool> {
    let Some(attribute) = attribute(&field.attrs)? else { return Ok(false) };
    attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("require_static") {
            return Ok(());
        }
        Err(meta.error("of a field, only `require_static` can be said"))
    })?;
    Ok(true)
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let options = Options::read(&input.attrs)?;
    let facade = &options.facade;
    let ident = &input.ident;
    if options.mode == Mode::RequireStatic {
        let mut generics = input.generics.clone();
        require(&mut generics, [parse_quote!(Self: 'static)]);
        generics.params.insert(0, parse_quote!('__gc));
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        let (_, ty_generics, _) = input.generics.split_for_impl();
        return Ok(quote! {
            // SAFETY: the type is `'static`, and so holds no pointers of an arena.
            #[automatically_derived]
            unsafe impl #impl_generics #facade::gc_arena::Collect<'__gc> for #ident #ty_generics
            #where_clause
            {
                const NEEDS_TRACE: bool = false;
            }
        });
    }
    let lifetime = lifetime(input, options.lifetime.as_ref())?;
    let is_own = input.generics.lifetimes().any(|parameter| parameter.lifetime == lifetime);
    let mut generics = input.generics.clone();
    match &options.bound {
        Some(bound) => require(&mut generics, bound.clone()),
        None => {
            bind_parameters(&mut generics, &parse_quote!(#facade::gc_arena::Collect<#lifetime>));
        }
    }
    let mut traced: Vec<&Type> = Vec::new();
    let mut arms = Vec::new();
    for (constructor, fields) in constructors(&input.data)? {
        let (mut patterns, mut traces) = (Vec::new(), Vec::new());
        for (index, (field, member)) in fields.iter().zip(fields.members()).enumerate() {
            let ty = &field.ty;
            if is_static(field)? {
                require(&mut generics, [parse_quote!(#ty: 'static)]);
                continue;
            }
            let variable = format_ident!("__field{index}");
            let span = place(ty);
            patterns.push(quote!(#member: ref #variable));
            traces.push(quote_spanned!(span=> __trace.trace::<#ty>(#variable);));
            traced.push(ty);
        }
        arms.push(quote!(#constructor { #(#patterns,)* .. } => { #(#traces)* }));
    }
    let needs = traced.iter().map(|ty| {
        let span = place(ty);
        quote_spanned!(span=> || <#ty as #facade::gc_arena::Collect<#lifetime>>::NEEDS_TRACE)
    });
    let mut of_impl = generics.clone();
    if !is_own {
        of_impl.params.insert(0, GenericParam::Lifetime(parse_quote!(#lifetime)));
    }
    let (impl_generics, _, where_clause) = of_impl.split_for_impl();
    let (plain_generics, ty_generics, plain_where) = input.generics.split_for_impl();
    Ok(quote! {
        // SAFETY: all fields are traced, but for those that are `'static`, and there is no `Drop`:
        // the implementation below sees to that.
        #[automatically_derived]
        unsafe impl #impl_generics #facade::gc_arena::Collect<#lifetime> for #ident #ty_generics
        #where_clause
        {
            const NEEDS_TRACE: bool = false #(#needs)*;

            #[inline]
            fn trace<__Trace: #facade::gc_arena::collect::Trace<#lifetime>>(
                &self,
                __trace: &mut __Trace,
            ) {
                match *self {
                    #(#arms)*
                }
            }
        }

        // There is such an implementation for every type with `Drop`, so that this one conflicts.
        #[automatically_derived]
        impl #plain_generics #facade::__private::MustNotImplementDrop for #ident #ty_generics
        #plain_where
        {
        }
    })
}

/// The lifetime of the arena: the one that is said, the only one of the type, or a new one.
fn lifetime(input: &DeriveInput, said: Option<&Lifetime>) -> Result<Lifetime> {
    if let Some(said) = said {
        return Ok(said.clone());
    }
    let mut lifetimes = input.generics.lifetimes();
    match (lifetimes.next(), lifetimes.next()) {
        (None, _) => Ok(parse_quote!('gc)),
        (Some(only), None) => Ok(only.lifetime.clone()),
        (Some(_), Some(second)) => {
            let message = "of several lifetimes, that of the arena has to be said: \
                           `#[collect(no_drop, gc_lifetime = 'gc)]`";
            Err(Error::new_spanned(second, message))
        }
    }
}

/// The struct or all variants, each with its fields.
fn constructors(data: &Data) -> Result<Vec<(TokenStream, &Fields)>> {
    match data {
        Data::Struct(data) => Ok(vec![(quote!(Self), &data.fields)]),
        Data::Enum(data) => {
            let variants = data.variants.iter().map(|variant| {
                if let Some(attribute) = attribute(&variant.attrs)? {
                    let message = "`#[collect(..)]` belongs on the type or on a field";
                    return Err(Error::new_spanned(attribute, message));
                }
                let ident = &variant.ident;
                Ok((quote!(Self::#ident), &variant.fields))
            });
            variants.collect()
        }
        Data::Union(data) => {
            let message = "a union cannot be traced: nothing says which field it holds";
            Err(Error::new_spanned(data.union_token, message))
        }
    }
}
