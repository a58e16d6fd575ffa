//! The list inside an attribute: `name = value, name, …`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, Meta, Token};

use super::names::{Symbol, meant};
use crate::ctxt::Ctxt;

/// One entry of an attribute's list.
pub(crate) struct Setting {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

/// All entries of a node's attributes of one name.
///
/// They are taken out by name; whatever nobody took is unknown.
pub(crate) struct Settings {
    attribute: Symbol,
    entries: Vec<Setting>,
}

impl Settings {
    /// Collects what the attributes called `attribute` contain.
    pub(crate) fn parse(cx: &Ctxt, attributes: &[Attribute], attribute: Symbol) -> Self {
        let mut entries = Vec::new();
        for found in attributes.iter().filter(|found| *found.path() == attribute) {
            match &found.meta {
                Meta::List(list) => {
                    let parsed = list.parse_args_with(Punctuated::<Setting, Token![,]>::parse_terminated);
                    entries.extend(cx.ok(parsed).into_iter().flatten());
                }
                Meta::Path(_) | Meta::NameValue(_) => {
                    cx.error_at(
                        &found.meta,
                        format!("expected a list: write `#[{attribute}(name = value)]`"),
                    );
                }
            }
        }
        Self { attribute, entries }
    }

    /// Takes out the entry called `name`; a second one is a mistake.
    pub(crate) fn take(&mut self, cx: &Ctxt, name: Symbol) -> Option<Setting> {
        let mut found = self.entries.extract_if(.., |entry| entry.name == name);
        let first = found.next();
        for again in found {
            cx.error_at(&again.name, format!("`{name}` is given twice: remove one of them"));
        }
        first
    }

    /// Reports what is left. `allowed` is what there could have been.
    pub(crate) fn finish(self, cx: &Ctxt, allowed: &[Symbol]) {
        for Setting { name, .. } in &self.entries {
            let word = name.unraw().to_string();
            let hint = match (special(&word), meant(&word, allowed)) {
                (Some(hint), _) => hint.to_owned(),
                (None, Some(meant)) => format!("write `{meant}`"),
                (None, None) => {
                    let names: Vec<_> = allowed.iter().map(|name| format!("`{name}`")).collect();
                    format!("expected one of {}", names.join(", "))
                }
            };
            cx.error_at(name, format!("unknown `{}` attribute `{word}`: {hint}", self.attribute));
        }
    }
}

/// What to write for names that have no counterpart of the same sort.
fn special(name: &str) -> Option<&'static str> {
    match name {
        "gt" | "exclusive_minimum" => Some("bounds are inclusive, write `ge`"),
        "lt" | "exclusive_maximum" => Some("bounds are inclusive, write `le`"),
        "range" => Some("write `ge = .., le = ..`"),
        "length" | "len" => Some("write `min_length = .., max_length = ..`"),
        "optional" | "nullable" => Some("write `Option<..>` as the type of the field"),
        "required" => Some("a field is required when it has no default and is no `Option`"),
        _ => None,
    }
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected the name of a setting: write `name = value`"));
        }
        let name = input.call(Ident::parse_any)?;
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Self { name, value: None });
        }
        if !input.peek(Token![=]) {
            let rest: TokenStream = input.parse()?;
            return Err(syn::Error::new_spanned(rest, format!("expected a value: write `{name} = value`")));
        }
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        Ok(Self { name, value: Some(value) })
    }
}
