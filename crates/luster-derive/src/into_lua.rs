//! `#[derive(IntoLua)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Ident, Result, parse_quote};

use crate::generics::{bind_parameters, place, require};
use crate::shape::{Content, Data, Layout, Shape};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let shape = Shape::new(input)?;
    let facade = &shape.container.facade;
    let private = quote!(#facade::__private);
    let mut generics = input.generics.clone();
    match &shape.container.bound {
        Some(bound) => require(&mut generics, bound.clone()),
        None => bind_parameters(&mut generics, &parse_quote!(#facade::IntoLua)),
    }
    let value = match &shape.data {
        Data::Struct(content) => {
            let names = names(content);
            let pattern = pattern(&quote!(Self), content, &names);
            let value = value(&private, content, &names);
            quote! {
                let #pattern = self;
                #value
            }
        }
        Data::Enum(variants) => {
            let arms = variants.iter().map(|variant| {
                let (ident, name) = (variant.ident, &variant.name);
                match &variant.content {
                    None => quote! {
                        Self::#ident => ::core::result::Result::Ok(__ctx.string(#name))
                    },
                    Some(content) => {
                        let names = names(content);
                        let pattern = pattern(&quote!(Self::#ident), content, &names);
                        let value = value(&private, content, &names);
                        quote!(#pattern => #private::into_variant(__ctx, #name, || #value))
                    }
                }
            });
            quote! {
                match self {
                    #(#arms,)*
                }
            }
        }
    };
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #facade::IntoLua for #ident #ty_generics #where_clause {
            fn into_lua<'__gc>(
                self,
                __ctx: #facade::values::Context<'__gc>,
            ) -> #facade::Result<#facade::values::Value<'__gc>> {
                #value
            }
        }
    })
}

/// The variables for the fields that are there in Lua.
fn names(content: &Content<'_>) -> Vec<Ident> {
    (0..content.in_lua().count()).map(|index| format_ident!("__field{index}")).collect()
}

/// The pattern that takes a struct or variant apart.
fn pattern(constructor: &TokenStream, content: &Content<'_>, names: &[Ident]) -> TokenStream {
    let members = content.in_lua().map(|element| &element.member);
    quote!(#constructor { #(#members: #names,)* .. })
}

/// The expression that makes a value of the variables.
fn value(private: &TokenStream, content: &Content<'_>, names: &[Ident]) -> TokenStream {
    let fields = content.in_lua().zip(names);
    let mut parts = fields.map(|(element, variable)| {
        let (ty, name, position) = (element.ty, &element.name, element.position);
        let span = place(ty);
        match content.layout {
            Layout::Table => quote_spanned!(span=> __table.field::<#ty>(#name, #variable)?;),
            Layout::List => quote_spanned!(span=> __table.element::<#ty>(#position, #variable)?;),
            Layout::Transparent => {
                quote_spanned!(span=> #private::into_value::<#ty>(__ctx, #variable))
            }
        }
    });
    if content.layout == Layout::Transparent {
        return parts.next().unwrap_or_default();
    }
    let (elements, fields) = match content.layout {
        Layout::List => (names.len(), 0),
        _ => (0, names.len()),
    };
    quote! {{
        let __table = #private::TableWriter::new(__ctx, #elements, #fields)?;
        #(#parts)*
        ::core::result::Result::Ok(__table.finish())
    }}
}
