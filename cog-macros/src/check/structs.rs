//! Rules about a struct as a whole: its generics, and the names of its fields.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{DeriveInput, GenericParam, Ident, Type, TypeParam, TypeParamBound, TypePath, WherePredicate};

use super::Side;
use crate::ctxt::Ctxt;
use crate::model::Field;

pub(super) fn check(cx: &Ctxt, original: &DeriveInput, side: Side, fields: &[&Field<'_>]) {
    check_generics(cx, original, side, fields);
    check_names(cx, fields);
}

/// Values outlive the request that they come from or go to, so they borrow nothing, and what they are made of is known to be a value.
fn check_generics(cx: &Ctxt, original: &DeriveInput, side: Side, fields: &[&Field<'_>]) {
    for parameter in &original.generics.params {
        match parameter {
            GenericParam::Lifetime(lifetime) => {
                let lifetime = &lifetime.lifetime;
                let noun = side.noun();
                cx.error_at(
                    lifetime,
                    format!("{noun} owns what it holds: remove `{lifetime}` and write types without it"),
                );
            }
            GenericParam::Type(parameter) => {
                let is_used = fields
                    .iter()
                    .any(|field| mentions(field.original.ty.to_token_stream(), &parameter.ident));
                if is_used && !is_bound(parameter, original) {
                    let (name, bound) = (&parameter.ident, side.value_trait());
                    cx.error_at(name, format!("`{name}` may be any type: write `{name}: cog_core::{bound}`"));
                }
            }
            GenericParam::Const(_) => {}
        }
    }
}

/// Two fields of one name would be one member of the JSON object.
fn check_names(cx: &Ctxt, fields: &[&Field<'_>]) {
    let mut seen = HashMap::new();
    for field in fields {
        // Names become parts of places and of references within the OpenAPI document, so they hold nothing that separates these.
        if field.name.is_empty() || field.name.contains(|letter| !is_name_letter(letter)) {
            cx.error_at(
                &field.name_tokens,
                "expected a name of letters, digits, `_`, `-` and `.`: write `rename = \"type\"`",
            );
        }
        if let Some(first) = seen.insert(field.name.as_str(), field.ident) {
            cx.error_at(
                &field.name_tokens,
                format!(
                    "the name `{}` is taken by the field `{first}`: give each a name of its own",
                    field.name
                ),
            );
        }
    }
}

fn is_name_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

/// Tells whether `parameter` has to implement any trait, which then may well imply the right one.
fn is_bound(parameter: &TypeParam, original: &DeriveInput) -> bool {
    let is_trait = |bound: &TypeParamBound| matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|last| last.ident != "Sized"));
    let predicates = original.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let mut bounds = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) => match &predicate.bounded_ty {
            Type::Path(TypePath { qself: None, path, .. }) if path.is_ident(&parameter.ident) => {
                Some(&predicate.bounds)
            }
            _ => None,
        },
        _ => None,
    });
    parameter.bounds.iter().any(is_trait) || bounds.any(|bounds| bounds.iter().any(is_trait))
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}
