//! `#[derive(UserData)]`: the public fields of a type, and the methods that `methods` has found.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Error, Member, Result, Visibility, parse_quote};

use crate::attributes::{Container, Field};
use crate::generics::{bind_parameters, depends, place, require};
use crate::names::name_of;

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let container = Container::read(&input.attrs)?;
    if let Some(lifetime) = input.generics.lifetimes().next() {
        let message = "a userdata outlives every borrow: it cannot have lifetime parameters \
                       (`Lua::scope` lends such values, by `&` or `&mut`)";
        return Err(Error::new_spanned(lifetime, message));
    }
    let facade = &container.facade;
    let mut generics = input.generics.clone();
    bind_parameters(&mut generics, &parse_quote!('static));
    if let Some(bound) = &container.bound {
        require(&mut generics, bound.clone());
    }
    let mut adding = Vec::new();
    let fields = match &input.data {
        Data::Struct(data) => Some(&data.fields),
        Data::Enum(data) => {
            // They have no fields for scripts, but a misplaced attribute should be told.
            for field in data.variants.iter().flat_map(|variant| &variant.fields) {
                Field::read(&field.attrs)?;
            }
            None
        }
        Data::Union(union) => {
            let message = "a union cannot be a userdata with fields";
            return Err(Error::new_spanned(union.union_token, message));
        }
    };
    for (field, member) in fields.into_iter().flat_map(|fields| fields.iter().zip(fields.members()))
    {
        let options = Field::read(&field.attrs)?;
        let is_named = matches!(member, Member::Named(_));
        let is_public = is_named && matches!(field.vis, Visibility::Public(_));
        if options.skip || !(is_public || options.is_said) {
            continue;
        }
        let name = match &member {
            Member::Named(ident) => name_of(ident, options.rename.as_ref(), container.rename_all),
            Member::Unnamed(_) => match &options.rename {
                Some(rename) => rename.value(),
                None => {
                    let message = "a field without a name needs `#[lua(rename = \"..\")]`";
                    return Err(Error::new_spanned(field, message));
                }
            },
        };
        let ty = &field.ty;
        if container.bound.is_none() && depends(ty, &input.generics) {
            require(&mut generics, [parse_quote!(#ty: ::core::clone::Clone + #facade::IntoLua)]);
            if !options.readonly {
                require(&mut generics, [parse_quote!(#ty: #facade::FromLua)]);
            }
        }
        let private = quote!(#facade::__private);
        adding.push(quote_spanned! {place(ty)=>
            #private::add_getter::<Self, #ty>(__class, #name, |__this: &Self| &__this.#member);
        });
        if !options.readonly {
            adding.push(quote_spanned! {place(ty)=>
                #private::add_setter::<Self, #ty, _>(
                    __class,
                    #name,
                    |__this: &mut Self| &mut __this.#member,
                );
            });
        }
    }
    let naming = container.name.as_ref().map(|name| {
        quote! {
            fn name() -> &'static str {
                #name
            }
        }
    });
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #facade::UserData for #ident #ty_generics #where_clause {
            #naming

            fn build(__class: &mut #facade::Class<Self>) {
                // Finds the methods of the type, or else the trait, which has none.
                #[allow(unused_imports)]
                use #facade::__private::WithoutMethods as _;
                #(#adding)*
                #facade::__private::Probe::<Self>::add_methods(__class);
            }
        }

        #[automatically_derived]
        impl #impl_generics #facade::__private::DerivesUserData for #ident #ty_generics
        #where_clause
        {
        }
    })
}
