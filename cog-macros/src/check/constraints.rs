//! Rules about `ge`, `le`, `min_length`, `max_length`, `regex` and `choices`.

use syn::{Ident, Type};

use crate::attr::{Bound, ChoiceList};
use crate::ctxt::Ctxt;
use crate::literal::{Json, Literal, Number};
use crate::model::InputField;
use crate::pattern::Matcher;
use crate::types::{Integer, Shape, Shown};

/// Checks the constraints of `field`. Returns its regular expression, if it has a good one.
pub(super) fn check(cx: &Ctxt, field: &InputField<'_>) -> Option<Matcher> {
    let ty = Shape::innermost(&field.field.original.ty);
    for bound in field.ge.iter().chain(&field.le) {
        check_bound(cx, bound, ty);
    }
    for length in field.min_length.iter().chain(&field.max_length) {
        check_text_setting(cx, &length.name, ty);
    }
    if let Some(regex) = &field.regex {
        check_text_setting(cx, &regex.name, ty);
    }
    if let Some(choices) = &field.choices {
        check_choices(cx, choices, ty);
    }
    check_order(cx, field);
    check_conflicts(cx, field, ty);
    field.regex.as_ref().and_then(|regex| {
        let compiled = Matcher::new(&regex.original.value());
        compiled.map_err(|error| cx.error_at(&regex.original, format!("invalid regex: {error}"))).ok()
    })
}

/// A bound fits a number, and is a value of its type.
fn check_bound(cx: &Ctxt, bound: &Bound, ty: &Type) {
    let Bound { name, original, number } = bound;
    match Shape::of(ty) {
        Shape::Integer(integer) => match number {
            Number::Whole(whole) if !integer.holds(*whole) => {
                cx.error_at(original, out_of_range(*number, integer));
            }
            Number::Whole(_) => {}
            Number::Float(float) => {
                let nearest = if *name == "ge" { float.ceil() } else { float.floor() };
                cx.error_at(
                    original,
                    format!("`{}` holds whole numbers: write `{name} = {nearest}`", integer.name),
                );
            }
        },
        Shape::Float { is_single: true } if number.float().abs() > f64::from(f32::MAX) => {
            cx.error_at(
                original,
                format!("`{number}` is beyond what `f32` holds: write a smaller bound, or `f64`"),
            );
        }
        Shape::Text | Shape::Secret => {
            let instead = if *name == "ge" { "min_length" } else { "max_length" };
            cx.error_at(name, format!("`{name}` fits numbers, not `{}`: write `{instead}`", Shown(ty)));
        }
        Shape::Boolean | Shape::File | Shape::Any | Shape::Map => {
            cx.error_at(name, format!("`{name}` fits numbers, not `{}`: remove it", Shown(ty)));
        }
        _ => {}
    }
}

/// Lengths and patterns fit texts.
fn check_text_setting(cx: &Ctxt, name: &Ident, ty: &Type) {
    let instead = match (Shape::of(ty), name.to_string().as_str()) {
        (Shape::Integer(_) | Shape::Float { .. }, "min_length") => "write `ge`",
        (Shape::Integer(_) | Shape::Float { .. }, "max_length") => "write `le`",
        (Shape::Integer(_) | Shape::Float { .. }, _) => "remove it",
        (Shape::Boolean | Shape::File | Shape::Any | Shape::Map, _) => "remove it",
        _ => return,
    };
    cx.error_at(name, format!("`{name}` fits texts, not `{}`: {instead}", Shown(ty)));
}

/// Choices are different values of one type, which is the type of the field.
fn check_choices(cx: &Ctxt, choices: &ChoiceList, ty: &Type) {
    let ChoiceList { name, original, values } = choices;
    if values.is_empty() {
        cx.error_at(original, "there is nothing to choose from: write at least one value");
    }
    for (place, value) in values.iter().enumerate() {
        if values.iter().take(place).any(|earlier| earlier.is_same(value)) {
            cx.error_at(&value.original, format!("`{value}` is among the choices already: remove it"));
        }
    }
    let shape = Shape::of(ty);
    let shown = Shown(ty);
    match shape {
        Shape::Boolean => cx.error_at(name, "a `bool` is `true` or `false` anyway: remove `choices`"),
        Shape::Secret => {
            cx.error_at(name, "`choices` would publish the secret: remove them, or write `String`");
        }
        Shape::File | Shape::Any | Shape::Map => {
            cx.error_at(name, format!("`choices` fits texts and numbers, not `{shown}`: remove it"));
        }
        Shape::Integer(integer) => {
            for value in values {
                match &value.json {
                    Json::Number(number) => match number.whole() {
                        Some(whole) if integer.holds(whole) => {}
                        Some(_) => cx.error_at(&value.original, out_of_range(*number, integer)),
                        None => {
                            cx.error_at(&value.original, format!("`{shown}` holds whole numbers: write one"));
                        }
                    },
                    _ => cx.error_at(
                        &value.original,
                        format!("a choice of `{shown}` is a whole number: write one"),
                    ),
                }
            }
        }
        Shape::Float { .. } => {
            for value in values.iter().filter(|value| !matches!(value.json, Json::Number(_))) {
                cx.error_at(&value.original, format!("a choice of `{shown}` is a number: write one"));
            }
        }
        Shape::Text => {
            for value in values.iter().filter(|value| !matches!(value.json, Json::Text(_))) {
                cx.error_at(&value.original, format!("a choice of `{shown}` is a text: write one in quotes"));
            }
        }
        Shape::Unknown | Shape::List(_) | Shape::Optional(_) => check_choices_alike(cx, values),
    }
}

/// On a type that is not known, choices are all texts or all numbers.
fn check_choices_alike(cx: &Ctxt, values: &[Literal]) {
    let mut first = None;
    for value in values {
        let kind = match value.json {
            Json::Text(_) => "text",
            Json::Number(_) => "number",
            _ => {
                cx.error_at(&value.original, "choices are texts or numbers: write one of these");
                continue;
            }
        };
        if *first.get_or_insert(kind) != kind {
            let first = first.unwrap_or_default();
            cx.error_at(
                &value.original,
                format!("this choice is a {kind} and the first is a {first}: write only one sort"),
            );
        }
    }
}

/// The lower bound is not above the upper one.
fn check_order(cx: &Ctxt, field: &InputField<'_>) {
    if let (Some(ge), Some(le)) = (&field.ge, &field.le)
        && ge.number.compare(le.number).is_gt()
    {
        let message =
            format!("no number is at least {} and at most {}: swap the bounds", ge.number, le.number);
        cx.error_at(&le.original, message);
    }
    if let (Some(min), Some(max)) = (&field.min_length, &field.max_length)
        && min.length > max.length
    {
        let message = format!(
            "no text has at least {} and at most {} characters: swap the lengths",
            min.length, max.length
        );
        cx.error_at(&max.original, message);
    }
}

/// Choices say everything about a value; and nothing is both a number and a text.
fn check_conflicts(cx: &Ctxt, field: &InputField<'_>, ty: &Type) {
    let of_numbers: Vec<&Ident> = field.ge.iter().chain(&field.le).map(|bound| &bound.name).collect();
    let lengths = field.min_length.iter().chain(&field.max_length).map(|length| &length.name);
    let of_texts: Vec<&Ident> = lengths.chain(field.regex.as_ref().map(|regex| &regex.name)).collect();
    if field.choices.is_some() {
        for name in of_numbers.iter().chain(&of_texts) {
            cx.error_at(name, format!("`{name}` has no effect beside `choices`: remove it"));
        }
    } else if let (Some(number), Shape::Unknown) = (of_numbers.first(), Shape::of(ty)) {
        // On a known type, one of the two is refused already.
        for name in of_texts {
            cx.error_at(name, format!("`{name}` fits texts and `{number}` fits numbers: remove one of them"));
        }
    }
}

pub(super) fn out_of_range(number: Number, integer: &Integer) -> String {
    format!("`{number}` does not fit `{0}`: write a number from `{0}::MIN` to `{0}::MAX`", integer.name)
}
