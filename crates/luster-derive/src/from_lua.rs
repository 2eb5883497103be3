//! `#[derive(FromLua)]`.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Result, parse_quote};

use crate::attributes::Missing;
use crate::generics::{bind_parameters, depends, place, require};
use crate::shape::{Content, Data, Element, Layout, Shape};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let shape = Shape::new(input)?;
    let facade = &shape.container.facade;
    let private = quote!(#facade::__private);
    let mut generics = input.generics.clone();
    match &shape.container.bound {
        Some(bound) => require(&mut generics, bound.clone()),
        None => {
            bind_parameters(&mut generics, &parse_quote!(#facade::FromLua));
            for element in shape.elements() {
                let ty = element.ty;
                if needs_default(element) && depends(ty, &input.generics) {
                    require(&mut generics, [parse_quote!(#ty: ::core::default::Default)]);
                }
            }
        }
    }
    let deny_unknown = shape.container.deny_unknown;
    let value = match &shape.data {
        Data::Struct(content) => {
            let value = construct(&private, &quote!(Self), content, deny_unknown);
            quote!(::core::result::Result::Ok(#value))
        }
        Data::Enum(variants) => {
            let (mut arms, mut units, mut tables) = (Vec::new(), Vec::new(), Vec::new());
            for variant in variants {
                let (ident, name) = (variant.ident, &variant.name);
                let bytes = Literal::byte_string(name.as_bytes());
                match &variant.content {
                    None => {
                        units.push(name);
                        arms.push(quote! {
                            (#bytes, ::core::option::Option::None) => {
                                ::core::result::Result::Ok(Self::#ident)
                            }
                        });
                    }
                    Some(content) => {
                        tables.push(name);
                        let value =
                            construct(&private, &quote!(Self::#ident), content, deny_unknown);
                        arms.push(quote! {
                            (#bytes, ::core::option::Option::Some(__value)) => {
                                #private::within(#name, || ::core::result::Result::Ok(#value))
                            }
                        });
                    }
                }
            }
            quote! {
                const UNITS: &[&str] = &[#(#units),*];
                const TABLES: &[&str] = &[#(#tables),*];
                match #private::variant(__ctx, __value, UNITS, TABLES)? {
                    #(#arms)*
                    (__name, __content) => ::core::result::Result::Err(
                        #private::unknown_variant(__name, __content.is_some(), UNITS, TABLES),
                    ),
                }
            }
        }
    };
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #facade::FromLua for #ident #ty_generics #where_clause {
            fn from_lua<'__gc>(
                __ctx: #facade::values::Context<'__gc>,
                __value: #facade::values::Value<'__gc>,
            ) -> #facade::Result<Self> {
                #value
            }
        }
    })
}

fn needs_default(element: &Element<'_>) -> bool {
    match &element.options.missing {
        Some(Missing::Default) => true,
        Some(Missing::Expression(_)) => false,
        None => element.options.skip,
    }
}

/// The expression that makes a struct or variant of `__value`.
fn construct(
    private: &TokenStream,
    constructor: &TokenStream,
    content: &Content<'_>,
    deny_unknown: bool,
) -> TokenStream {
    let values = content.elements.iter().map(|element| {
        let (member, ty, name) = (&element.member, element.ty, &element.name);
        let position = element.position;
        let missing = match &element.options.missing {
            Some(Missing::Expression(expression)) => Some(quote!(#expression)),
            _ if needs_default(element) => {
                let span = place(ty);
                Some(quote_spanned!(span=> <#ty as ::core::default::Default>::default()))
            }
            _ => None,
        };
        let span = place(ty);
        let value = match (content.layout, missing) {
            (_, Some(missing)) if element.options.skip => missing,
            (Layout::Table, None) => quote_spanned!(span=> __table.field::<#ty>(#name)?),
            (Layout::Table, Some(missing)) => {
                quote_spanned!(span=> __table.field_or::<#ty>(#name, || #missing)?)
            }
            (Layout::List, None) => quote_spanned!(span=> __table.element::<#ty>(#position)?),
            (Layout::List, Some(missing)) => {
                quote_spanned!(span=> __table.element_or::<#ty>(#position, || #missing)?)
            }
            (Layout::Transparent, None) => {
                quote_spanned!(span=> #private::from_value::<#ty>(__ctx, __value)?)
            }
            (Layout::Transparent, Some(missing)) => quote_spanned! {span=>
                #private::from_value_or::<#ty>(__ctx, __value, || #missing)?
            },
        };
        quote!(#member: #value)
    });
    let value = quote!(#constructor { #(#values),* });
    if content.layout == Layout::Transparent {
        return value;
    }
    let check = deny_unknown.then(|| match content.layout {
        Layout::List => {
            let count = content.in_lua().count();
            quote!(__table.has_only_elements(#count)?;)
        }
        _ => {
            let names = content.in_lua().map(|element| &element.name);
            quote!(__table.has_only_fields(&[#(#names),*])?;)
        }
    });
    quote! {{
        let __table = #private::TableReader::new(__ctx, __value)?;
        #check
        #value
    }}
}
