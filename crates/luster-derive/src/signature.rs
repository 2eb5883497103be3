//! Signatures of Rust functions, and the expressions by which they are handed to a class.
//!
//! Most are handed over by their path. Those whose result is a borrow return a copy of it, and
//! asynchronous ones get their borrows from values that they own.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::visit_mut::VisitMut;
use syn::{
    Error, FnArg, GenericArgument, GenericParam, Ident, Lifetime, PathArguments, Result,
    ReturnType, Type, TypeReference,
};

use crate::attributes::Facade;
use crate::generics::place;

/// How many parameters a function for scripts may have.
const MAX_PARAMETERS: usize = 12;

/// A function that scripts can call.
pub(crate) struct Signature<'a> {
    own: &'a syn::Signature,
    has_self: bool,
    /// The types of all parameters, that of `self` too, without names for lifetimes.
    parameters: Vec<Type>,
    /// Whether the result is a borrow.
    result: Borrowed,
}

/// Whether a result is a borrow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Borrowed {
    No,
    Itself,
    /// What is in an `Option` or `Result` is.
    Inside,
}

impl<'a> Signature<'a> {
    /// Looks at a function, and refuses what cannot work.
    pub(crate) fn new(own: &'a syn::Signature) -> Result<Self> {
        const SKIP: &str = "leave it out with `#[lua(skip)]`";
        if let Some(word) = own.unsafety {
            let message = format!("scripts cannot call an unsafe function: {SKIP}");
            return Err(Error::new_spanned(word, message));
        }
        for parameter in &own.generics.params {
            if !matches!(parameter, GenericParam::Lifetime(_)) {
                let message = format!("scripts cannot call a generic function: {SKIP}");
                return Err(Error::new_spanned(parameter, message));
            }
        }
        if own.inputs.len() > MAX_PARAMETERS {
            let message = format!(
                "a function for scripts has at most {MAX_PARAMETERS} parameters, and this one has {}",
                own.inputs.len()
            );
            return Err(Error::new_spanned(&own.inputs, message));
        }
        let mut parameters = Vec::new();
        for input in &own.inputs {
            let ty = match input {
                FnArg::Receiver(receiver) => &receiver.ty,
                FnArg::Typed(typed) => &typed.ty,
            };
            if let Type::ImplTrait(ty) = &**ty {
                let message = format!("scripts cannot call a generic function: {SKIP}");
                return Err(Error::new_spanned(ty, message));
            }
            let mut ty = (**ty).clone();
            Unnamed(own).visit_type_mut(&mut ty);
            parameters.push(ty);
        }
        let result = match &own.output {
            ReturnType::Default => Borrowed::No,
            ReturnType::Type(_, ty) => borrowed(ty),
        };
        if result == Borrowed::Itself
            && let ReturnType::Type(_, ty) = &own.output
            && let Type::Reference(TypeReference { mutability: Some(_), .. }) = &**ty
        {
            let message = format!("scripts cannot be given a mutable borrow: {SKIP}");
            return Err(Error::new_spanned(ty, message));
        }
        let has_self = matches!(own.inputs.first(), Some(FnArg::Receiver(_)));
        Ok(Signature { own, has_self, parameters, result })
    }

    pub(crate) fn has_self(&self) -> bool {
        self.has_self
    }

    fn span(&self) -> Span {
        self.own.ident.span().resolved_at(Span::call_site())
    }

    fn names(&self) -> Vec<Ident> {
        let count = self.parameters.len();
        (0..count).map(|index| format_ident!("__argument{index}", span = self.span())).collect()
    }

    /// The function as an expression.
    pub(crate) fn function(&self, facade: &Facade) -> TokenStream {
        let ident = &self.own.ident;
        let (names, types) = (self.names(), &self.parameters);
        if self.own.asyncness.is_some() {
            return self.asynchronous(facade);
        }
        if self.result == Borrowed::No {
            return quote_spanned!(self.span()=> Self::#ident);
        }
        let result = self.owned(quote_spanned!(self.span()=> Self::#ident(#(#names),*)));
        quote_spanned!(self.span()=> |#(#names: #types),*| #result)
    }

    /// The result as a value of its own.
    fn owned(&self, result: TokenStream) -> TokenStream {
        let to_owned = quote!(::std::borrow::ToOwned::to_owned);
        match self.result {
            Borrowed::No => result,
            Borrowed::Itself => quote_spanned!(self.span()=> #to_owned(#result)),
            Borrowed::Inside => quote_spanned!(self.span()=> #result.map(#to_owned)),
        }
    }

    fn asynchronous(&self, facade: &Facade) -> TokenStream {
        let ident = &self.own.ident;
        let names = self.names();
        let (mut types, mut arguments) = (Vec::new(), Vec::new());
        for (ty, name) in self.parameters.iter().zip(&names) {
            let (ty, argument) = match ty {
                Type::Reference(TypeReference { mutability: Some(_), elem, .. }) => {
                    (quote!(#facade::UserRefMut<#elem>), quote!(&mut #name))
                }
                Type::Reference(TypeReference { elem, .. }) if is_path(elem, "str") => {
                    (quote!(::std::string::String), quote!(&#name))
                }
                Type::Reference(TypeReference { elem, .. }) if matches!(**elem, Type::Slice(_)) => {
                    (quote!(#facade::Bytes), quote!(&#name.0))
                }
                Type::Reference(TypeReference { elem, .. }) => {
                    (quote!(#facade::UserRef<#elem>), quote!(&#name))
                }
                other => (quote!(#other), quote!(#name)),
            };
            types.push(ty);
            arguments.push(argument);
        }
        let result = self.owned(quote_spanned!(self.span()=> Self::#ident(#(#arguments),*).await));
        quote_spanned! {self.span()=>
            #[allow(unused_mut)]
            |#(mut #names: #types),*| async move { #result }
        }
    }

    /// Statements that say which parameter is wrong, where one is, or that the result is.
    pub(crate) fn checks(&self, facade: &Facade) -> TokenStream {
        if self.own.asyncness.is_some() {
            return TokenStream::new();
        }
        let own = self.parameters.iter().skip(usize::from(self.has_self));
        let parameters = own
            .map(|ty| quote_spanned!(place(ty)=> #facade::__private::check_parameter::<#ty, _>();));
        let result = match &self.own.output {
            ReturnType::Type(_, ty) if self.result == Borrowed::No && can_be_named(ty) => {
                let mut ty = (**ty).clone();
                Unnamed(self.own).visit_type_mut(&mut ty);
                Some(quote_spanned!(place(&ty)=> #facade::__private::check_result::<#ty>();))
            }
            _ => None,
        };
        parameters.chain(result).collect()
    }
}

/// Whether a type can stand outside a signature.
fn can_be_named(ty: &Type) -> bool {
    fn has_impl(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "impl",
            TokenTree::Group(group) => has_impl(group.stream()),
            _ => false,
        })
    }
    !matches!(ty, Type::Never(_)) && !has_impl(ty.to_token_stream())
}

fn is_path(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}

fn borrowed(ty: &Type) -> Borrowed {
    let is_short = |ty: &Type| {
        matches!(ty, Type::Reference(TypeReference { lifetime, .. })
            if lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static"))
    };
    if is_short(ty) {
        return Borrowed::Itself;
    }
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && (last.ident == "Option" || last.ident == "Result")
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
        && is_short(inner)
    {
        return Borrowed::Inside;
    }
    Borrowed::No
}

/// Takes the names from the lifetimes of a function's own.
struct Unnamed<'a>(&'a syn::Signature);

impl VisitMut for Unnamed<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if self.0.generics.lifetimes().any(|own| own.lifetime == *lifetime) {
            *lifetime = Lifetime::new("'_", lifetime.span());
        }
    }
}
