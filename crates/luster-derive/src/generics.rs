//! Generic parameters of the types that something is derived for, and the bounds they get.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Generics, TypeParamBound, WherePredicate};

/// Adds a bound to every type parameter.
pub(crate) fn bind_parameters(generics: &mut Generics, bound: &TypeParamBound) {
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(bound.clone());
    }
}

/// Adds conditions.
pub(crate) fn require(
    generics: &mut Generics,
    predicates: impl IntoIterator<Item = WherePredicate>,
) {
    generics.make_where_clause().predicates.extend(predicates);
}

/// Whether a type names one of the type or constant parameters. A name that only looks like one does
/// no harm: the condition that comes of it is true anyway.
pub(crate) fn depends(tokens: &impl ToTokens, generics: &Generics) -> bool {
    fn names(tokens: TokenStream, generics: &Generics) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => {
                generics.type_params().any(|parameter| parameter.ident == ident)
                    || generics.const_params().any(|parameter| parameter.ident == ident)
            }
            TokenTree::Group(group) => names(group.stream(), generics),
            _ => false,
        })
    }
    names(tokens.to_token_stream(), generics)
}

/// Where errors about code that is generated for something are shown. The names in that code are
/// those of the macro all the same.
pub(crate) fn place(of: &impl Spanned) -> Span {
    of.span().resolved_at(Span::call_site())
}
