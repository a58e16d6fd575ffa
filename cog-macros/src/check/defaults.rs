//! Rules about `default`: a value of the field's type that keeps the field's own rules.

use quote::ToTokens;
use syn::{Expr, Type};

use super::constraints::out_of_range;
use crate::attr::Default;
use crate::ctxt::Ctxt;
use crate::literal::{Json, Literal, Number};
use crate::model::InputField;
use crate::pattern::Matcher;
use crate::types::{Shape, Shown};

pub(super) fn check(cx: &Ctxt, field: &InputField<'_>, pattern: Option<&Matcher>) {
    let Some(Default { original, literal }) = &field.default else { return };
    let ty = &field.field.original.ty;
    match literal {
        // A value of a wrong type breaks other rules as well, which would say nothing new.
        Some(literal) if check_type(cx, literal, ty) => check_rules(cx, literal, field, pattern),
        None if matches!(Shape::of(Shape::innermost(ty)), Shape::Secret) => published(cx, original),
        _ => {}
    }
}

/// Checks that `literal` can be a value of `ty`.
fn check_type(cx: &Ctxt, literal: &Literal, ty: &Type) -> bool {
    let shown = Shown(ty);
    let message = match (Shape::of(ty), &literal.json) {
        (Shape::Optional(_), Json::Null) => return true,
        (Shape::Optional(inner), _) => return check_type(cx, literal, inner),
        (Shape::Any | Shape::Unknown, _) => return true,
        (Shape::Secret, Json::Null) => {
            "a secret that may be omitted is an `Option`: write `Option<Secret>`, without a default"
                .to_owned()
        }
        (_, Json::Null) => format!("`None` fits an `Option` only: write `Option<{shown}>`, or a value"),
        (Shape::List(inner), Json::List(items)) => {
            // Every item is looked at, so that one compile shows all that are wrong.
            return items.iter().filter(|item| !check_type(cx, item, inner)).count() == 0;
        }
        (Shape::List(_), _) => format!("the default of a `{shown}` is a list: write `default = [{literal}]`"),
        (Shape::Map, _) => {
            format!("the default of a `{shown}` is an object: write `default = cog_core::json!({{ .. }})`")
        }
        (Shape::Secret, _) => {
            published(cx, &literal.original);
            return false;
        }
        (Shape::Integer(integer), Json::Number(number @ Number::Whole(whole))) => {
            if integer.holds(*whole) {
                return true;
            }
            out_of_range(*number, integer)
        }
        (Shape::Integer(_), Json::Number(number)) => match number.whole() {
            Some(whole) => format!("`{shown}` holds whole numbers: write `{whole}`"),
            None => format!("`{shown}` holds whole numbers: write one, or `f64` as the type"),
        },
        (Shape::Float { is_single: true }, Json::Number(number))
            if number.float().abs() > f64::from(f32::MAX) =>
        {
            format!("`{number}` is beyond what `f32` holds: write a smaller number, or `f64` as the type")
        }
        (Shape::Float { .. }, Json::Number(_))
        | (Shape::Boolean, Json::Boolean(_))
        | (Shape::Text, Json::Text(_)) => {
            return true;
        }
        (Shape::Integer(_) | Shape::Float { .. }, Json::Text(text)) if text.parse::<f64>().is_ok() => {
            format!("the default of `{shown}` is a number: write `default = {text}`")
        }
        (Shape::Integer(_) | Shape::Float { .. }, _) => {
            format!("the default of `{shown}` is a number: write `default = 1`, or another type")
        }
        (Shape::Boolean, _) => "the default of `bool` is `true` or `false`: write one of these".to_owned(),
        (Shape::Text, Json::List(_)) => format!("the default of `{shown}` is one text: write it in quotes"),
        (Shape::Text, _) => format!("the default of `{shown}` is a text: write `default = \"{literal}\"`"),
        (Shape::File, Json::Text(text)) if is_file_url(text) => return true,
        (Shape::File, _) => {
            "the default of a file is where to fetch it: write an `http:`, `https:` or `data:` URL".to_owned()
        }
    };
    cx.error_at(&literal.original, message);
    false
}

/// Checks `literal`, or each item of it, by the field's constraints.
fn check_rules(cx: &Ctxt, literal: &Literal, field: &InputField<'_>, pattern: Option<&Matcher>) {
    let refuse = |message: String| cx.error_at(&literal.original, message);
    match &literal.json {
        Json::List(items) => {
            return items.iter().for_each(|item| check_rules(cx, item, field, pattern));
        }
        Json::Null => return,
        Json::Number(number) => {
            if let Some(ge) = field.ge.as_ref().filter(|ge| number.compare(ge.number).is_lt()) {
                refuse(format!(
                    "the default {number} is less than `ge = {}`: write a greater one",
                    ge.number
                ));
            }
            if let Some(le) = field.le.as_ref().filter(|le| number.compare(le.number).is_gt()) {
                refuse(format!(
                    "the default {number} is greater than `le = {}`: write a smaller one",
                    le.number
                ));
            }
        }
        Json::Text(text) => {
            let count = text.chars().count() as u64;
            if let Some(min) = field.min_length.as_ref().filter(|min| count < min.length) {
                refuse(format!(
                    "the default is shorter than `min_length = {}`: write a longer one",
                    min.length
                ));
            }
            if let Some(max) = field.max_length.as_ref().filter(|max| count > max.length) {
                refuse(format!(
                    "the default is longer than `max_length = {}`: write a shorter one",
                    max.length
                ));
            }
            if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
                refuse("the default does not match `regex`: write one that does".to_owned());
            }
        }
        Json::Boolean(_) => {}
    }
    if let Some(choices) = field.choices.as_ref().filter(|choices| !choices.values.is_empty())
        && !choices.values.iter().any(|choice| choice.is_same(literal))
    {
        let names: Vec<_> = choices.values.iter().map(|choice| format!("`{choice}`")).collect();
        refuse(format!("the default is not among the choices: write one of {}", names.join(", ")));
    }
}

fn published(cx: &Ctxt, guilty: &Expr) {
    cx.error_at(
        guilty.to_token_stream(),
        "a default would publish the secret: remove it, and write `Option<Secret>` if the secret may be omitted",
    );
}

/// Tells whether `text` is an URL that the server fetches; the schema takes a closer look.
fn is_file_url(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["http://", "https://", "data:"].iter().any(|scheme| text.starts_with(scheme))
}
