//! Rules about an enum with `derive(Choices)`.

use syn::GenericParam;

use crate::ctxt::Ctxt;
use crate::model::{ChoiceValue, ChoicesEnum};

pub(super) fn check(cx: &Ctxt, model: &ChoicesEnum<'_>) {
    check_shape(cx, model);
    check_discriminants(cx, model);
    check_values(cx, model);
}

/// There is something to choose from, and nothing else in it.
fn check_shape(cx: &Ctxt, model: &ChoicesEnum<'_>) {
    if let Some(first) = model.original.generics.params.first() {
        let parameter = match first {
            GenericParam::Lifetime(parameter) => parameter.lifetime.to_string(),
            GenericParam::Type(parameter) => parameter.ident.to_string(),
            GenericParam::Const(parameter) => parameter.ident.to_string(),
        };
        cx.error_at(&model.original.generics, format!("choices are values, not types: remove `{parameter}`"));
    }
    if let syn::Data::Enum(data) = &model.original.data
        && data.variants.is_empty()
    {
        cx.error_at(&model.original.ident, "there is nothing to choose from: write at least one variant");
    }
}

/// Discriminants on every variant look as if they were published, and they are not: clients would depend on what is private to Rust.
fn check_discriminants(cx: &Ctxt, model: &ChoicesEnum<'_>) {
    let is_bare =
        |variant: &crate::model::Variant<'_>| variant.original.discriminant.is_some() && !variant.is_written;
    if !model.variants.iter().all(is_bare) {
        return;
    }
    for variant in &model.variants {
        if let Some((_, value)) = &variant.original.discriminant {
            let name = &variant.original.ident;
            cx.error_at(
                value,
                format!("a discriminant is not published: write `#[choice(256)]` above `{name}`, or `#[choice(\"..\")]` for a text"),
            );
        }
    }
}

/// All values are of one type, and no two are equal.
fn check_values(cx: &Ctxt, model: &ChoicesEnum<'_>) {
    let Some(first) = model.variants.first() else { return };
    for (place, variant) in model.variants.iter().enumerate() {
        match (&first.value, &variant.value) {
            (ChoiceValue::Text(_), ChoiceValue::Whole(_)) => {
                let message = format!("the first choice is a text: write `#[choice(\"{}\")]`", variant.value);
                cx.error_at(&variant.value_tokens, message);
            }
            (ChoiceValue::Whole(_), ChoiceValue::Text(_)) => {
                cx.error_at(
                    &variant.value_tokens,
                    "the first choice is a whole number: write `#[choice(256)]`",
                );
            }
            _ => {}
        }
        if let Some(earlier) =
            model.variants.iter().take(place).find(|earlier| earlier.value == variant.value)
        {
            let earlier = &earlier.original.ident;
            cx.error_at(
                &variant.value_tokens,
                format!(
                    "the value `{}` is taken by `{earlier}`: give each variant a value of its own",
                    variant.value
                ),
            );
        }
    }
}
