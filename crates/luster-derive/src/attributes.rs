//! What the `#[lua(..)]` attributes of types, variants and fields say.
//!
//! Several derives may stand on one type and share its attributes, so all of them know all options.
//! The options of functions are in `methods`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, LitStr, Path, Result, Token, WherePredicate};

use crate::names::Case;

/// Reads all `#[lua(..)]` attributes. `option` is asked about each option, by its name, and tells
/// whether there is such a one; `options` names those that there are.
pub(crate) fn read(
    attributes: &[Attribute],
    options: &str,
    mut option: impl FnMut(&str, &ParseNestedMeta<'_>) -> Result<bool>,
) -> Result<()> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("lua")) {
        attribute.parse_nested_meta(|meta| {
            let name = meta.path.to_token_stream().to_string();
            if option(&name, &meta)? {
                return Ok(());
            }
            Err(meta.error(format!("unknown option `{name}`; there are {options}")))
        })?;
    }
    Ok(())
}

/// Notes an option, once.
pub(crate) fn note<T>(
    option: &mut Option<T>,
    value: T,
    name: &str,
    meta: &ParseNestedMeta<'_>,
) -> Result<bool> {
    if option.replace(value).is_some() {
        return Err(meta.error(format!("`{name}` is said twice")));
    }
    Ok(true)
}

/// The path of the facade.
#[derive(Clone)]
pub(crate) struct Facade(Path);

impl Default for Facade {
    fn default() -> Self {
        Facade(syn::parse_quote!(::luster))
    }
}

impl ToTokens for Facade {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

impl Facade {
    /// The path, shown at another place when something is wrong with what is taken from it.
    pub(crate) fn shown_at(&self, place: Span) -> TokenStream {
        let tokens = self.to_token_stream().into_iter().map(|mut token| {
            token.set_span(token.span().located_at(place));
            token
        });
        tokens.collect()
    }

    /// `crate = "path"`, or the path as such.
    pub(crate) fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let value = meta.value()?;
        if value.peek(LitStr) {
            let text: LitStr = value.parse()?;
            return text.parse_with(Path::parse_mod_style).map(Facade);
        }
        Path::parse_mod_style(value).map(Facade)
    }
}

/// The options of a type.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) facade: Facade,
    pub(crate) name: Option<LitStr>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) deny_unknown: bool,
    /// The bounds of the generated implementation, in the place of those that it would have.
    pub(crate) bound: Option<Vec<WherePredicate>>,
}

impl Container {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut container = Container::default();
        let mut facade = None;
        let mut deny_unknown = None;
        let options = "`name`, `rename_all`, `deny_unknown`, `bound` and `crate` for a type";
        read(attributes, options, |name, meta| match name {
            "crate" => note(&mut facade, Facade::parse(meta)?, name, meta),
            "name" => note(&mut container.name, meta.value()?.parse()?, name, meta),
            "rename_all" => note(&mut container.rename_all, Case::parse(meta)?, name, meta),
            "deny_unknown" => note(&mut deny_unknown, (), name, meta),
            "bound" => {
                let text: LitStr = meta.value()?.parse()?;
                let parser = Punctuated::<WherePredicate, Token![,]>::parse_terminated;
                let predicates = parser
                    .parse_str(&text.value())
                    .map_err(|error| Error::new(text.span(), error))?;
                note(&mut container.bound, predicates.into_iter().collect(), name, meta)
            }
            _ => Ok(false),
        })?;
        container.deny_unknown = deny_unknown.is_some();
        container.facade = facade.unwrap_or_default();
        Ok(container)
    }
}

/// The options of a variant of an enum.
#[derive(Default)]
pub(crate) struct Variant {
    pub(crate) rename: Option<LitStr>,
    pub(crate) rename_all: Option<Case>,
}

impl Variant {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut variant = Variant::default();
        let options = "`rename` and `rename_all` for a variant";
        read(attributes, options, |name, meta| match name {
            "rename" => note(&mut variant.rename, meta.value()?.parse()?, name, meta),
            "rename_all" => note(&mut variant.rename_all, Case::parse(meta)?, name, meta),
            _ => Ok(false),
        })?;
        Ok(variant)
    }
}

/// What a field is when the table does not have it.
pub(crate) enum Missing {
    /// What `Default` says.
    Default,
    /// What the expression comes to.
    Expression(Expr),
}

/// The options of a field.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) skip: bool,
    pub(crate) readonly: bool,
    pub(crate) rename: Option<LitStr>,
    pub(crate) missing: Option<Missing>,
    /// Whether anything is said at all.
    pub(crate) is_said: bool,
}

impl Field {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut field = Field::default();
        let (mut skip, mut readonly) = (None, None);
        let options = "`skip`, `readonly`, `rename` and `default` for a field";
        read(attributes, options, |name, meta| {
            field.is_said = true;
            match name {
                "skip" => note(&mut skip, (), name, meta),
                "readonly" => note(&mut readonly, (), name, meta),
                "rename" => note(&mut field.rename, meta.value()?.parse()?, name, meta),
                "default" => {
                    let missing = match meta.input.peek(Token![=]) {
                        true => Missing::Expression(meta.value()?.parse()?),
                        false => Missing::Default,
                    };
                    note(&mut field.missing, missing, name, meta)
                }
                _ => Ok(false),
            }
        })?;
        field.skip = skip.is_some();
        field.readonly = readonly.is_some();
        Ok(field)
    }
}
