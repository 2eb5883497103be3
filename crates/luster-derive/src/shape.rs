//! The shape of a type that is converted: what its parts are called in Lua, and how they are laid
//! out there.
//!
//! `from_lua` and `into_lua` generate code from it.

use syn::{DeriveInput, Error, Fields, Ident, Member, Result, Type};

use crate::attributes::{Container, Field, Variant};
use crate::names::{Case, name_of};

/// A type that is converted.
pub(crate) struct Shape<'a> {
    pub(crate) container: Container,
    pub(crate) data: Data<'a>,
}

pub(crate) enum Data<'a> {
    Struct(Content<'a>),
    Enum(Vec<Alternative<'a>>),
}

/// A variant of an enum.
pub(crate) struct Alternative<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
    /// None, when the variant is its name alone.
    pub(crate) content: Option<Content<'a>>,
}

/// What a struct or variant consists of.
pub(crate) struct Content<'a> {
    pub(crate) layout: Layout,
    pub(crate) elements: Vec<Element<'a>>,
}

/// What a struct or variant is in Lua.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A table with the names of the fields as keys.
    Table,
    /// What its only field is.
    Transparent,
    /// A list.
    List,
}

/// A field.
pub(crate) struct Element<'a> {
    pub(crate) member: Member,
    pub(crate) name: String,
    /// The place in a list, from 1.
    pub(crate) position: i64,
    pub(crate) ty: &'a Type,
    pub(crate) options: Field,
}

impl<'a> Shape<'a> {
    pub(crate) fn new(input: &'a DeriveInput) -> Result<Self> {
        let container = Container::read(&input.attrs)?;
        let case = container.rename_all;
        let data = match &input.data {
            syn::Data::Struct(data) => Data::Struct(Content::new(&data.fields, case)?),
            syn::Data::Enum(data) => {
                let variants = data.variants.iter().map(|variant| Alternative::new(variant, case));
                Data::Enum(variants.collect::<Result<_>>()?)
            }
            syn::Data::Union(data) => {
                let message = "a union cannot be converted: nothing says which field it holds";
                return Err(Error::new_spanned(data.union_token, message));
            }
        };
        Ok(Shape { container, data })
    }

    /// All fields there are.
    pub(crate) fn elements(&self) -> Vec<&Element<'a>> {
        match &self.data {
            Data::Struct(content) => content.elements.iter().collect(),
            Data::Enum(variants) => variants
                .iter()
                .filter_map(|variant| variant.content.as_ref())
                .flat_map(|content| &content.elements)
                .collect(),
        }
    }
}

impl<'a> Alternative<'a> {
    fn new(variant: &'a syn::Variant, case: Option<Case>) -> Result<Self> {
        let options = Variant::read(&variant.attrs)?;
        let content = match &variant.fields {
            Fields::Unit => None,
            fields => Some(Content::new(fields, options.rename_all)?),
        };
        let name = name_of(&variant.ident, options.rename.as_ref(), case);
        Ok(Alternative { ident: &variant.ident, name, content })
    }
}

impl<'a> Content<'a> {
    fn new(fields: &'a Fields, case: Option<Case>) -> Result<Self> {
        let layout = match fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Layout::Transparent,
            Fields::Unnamed(_) => Layout::List,
            Fields::Named(_) | Fields::Unit => Layout::Table,
        };
        let mut elements = Vec::new();
        let mut position = 0;
        for (field, member) in fields.iter().zip(fields.members()) {
            let options = Field::read(&field.attrs)?;
            if layout == Layout::Transparent && options.skip {
                let message = "without its only field there is nothing to convert";
                return Err(Error::new_spanned(field, message));
            }
            if !options.skip {
                position += 1;
            }
            let name = match (&member, &options.rename) {
                (Member::Named(ident), rename) => name_of(ident, rename.as_ref(), case),
                (Member::Unnamed(_), None) => position.to_string(),
                (Member::Unnamed(_), Some(rename)) => {
                    let message = "a field without a name is not found by one";
                    return Err(Error::new_spanned(rename, message));
                }
            };
            elements.push(Element { member, name, position, ty: &field.ty, options });
        }
        Ok(Content { layout, elements })
    }

    /// The fields that are there in Lua.
    pub(crate) fn in_lua(&self) -> impl Iterator<Item = &Element<'a>> {
        self.elements.iter().filter(|element| !element.options.skip)
    }
}
