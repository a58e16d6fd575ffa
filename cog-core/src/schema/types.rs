//! Whether a value has the JSON types that somebody else's schema announces, in every place.
//!
//! `serde` takes more than `schemars` announces: a struct also as the list of its fields, a unit variant also as a map of one. Nobody has
//! asked for that, so a value of a type that is not announced is refused; every reader of the schema refuses it as well. Names and fixed
//! values only tell here which of several alternatives is meant. Others than those announced are `serde`'s to judge, and have been: an
//! author who writes `serde(alias)` or `serde(other)` means it.

use serde_json::{Map, Value};

use crate::field::FieldPath;

/// How a value departs from its schema.
enum Departure {
    /// It is not of a type that is announced.
    Type { place: String, message: String },
    /// It has not the names or the value that are announced, so another alternative may be meant.
    Choice,
}

/// Checks that `value` is of the types that `document` announces; an error is the place and what is wrong there.
pub(crate) fn check(document: &Value, value: &Value) -> Result<(), (String, String)> {
    match walk(document, value, &FieldPath::Root) {
        Err(Departure::Type { place, message }) => Err((place, message)),
        Ok(()) | Err(Departure::Choice) => Ok(()),
    }
}

fn walk(document: &Value, value: &Value, path: &FieldPath<'_>) -> Result<(), Departure> {
    let words = match document {
        Value::Object(words) => words,
        Value::Bool(false) => return Err(Departure::Choice),
        _ => return Ok(()),
    };
    if value.is_null() && words.get("nullable") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let values = words.get("enum").and_then(Value::as_array);
    let types: Vec<&str> = match (words.get("type"), values) {
        (Some(Value::Array(types)), _) => types.iter().filter_map(Value::as_str).collect(),
        (Some(Value::String(name)), _) => vec![name],
        (_, Some(values)) => values.iter().map(type_of).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is_of(value, name)) {
        let message = format!("invalid type: {}, expected {}", type_of(value), types.join(" or "));
        return Err(Departure::Type { place: path.to_string(), message });
    }
    if values.is_some_and(|values| !values.contains(value)) {
        return Err(Departure::Choice);
    }
    for alternatives in ["anyOf", "oneOf"].iter().filter_map(|word| words.get(*word)?.as_array()) {
        any(alternatives, value, path)?;
    }
    for part in words.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        walk(part, value, path)?;
    }
    match value {
        Value::Array(items) => {
            let Some(document) = words.get("items") else { return Ok(()) };
            items.iter().enumerate().try_for_each(|(index, item)| walk(document, item, &path.index(index)))
        }
        Value::Object(members) => object(words, members, path),
        _ => Ok(()),
    }
}

fn object(
    words: &Map<String, Value>,
    members: &Map<String, Value>,
    path: &FieldPath<'_>,
) -> Result<(), Departure> {
    let mut required = words.get("required").and_then(Value::as_array).into_iter().flatten();
    if required.any(|name| name.as_str().is_some_and(|name| !members.contains_key(name))) {
        return Err(Departure::Choice);
    }
    members.iter().try_for_each(|(name, member)| {
        let known = words.get("properties").and_then(|fields| fields.get(name));
        known
            .or_else(|| words.get("additionalProperties"))
            .map_or(Ok(()), |document| walk(document, member, &path.field(name)))
    })
}

/// Checks that one of the alternatives holds, and tells how the one departs that was meant: one that fails further inside, or else one
/// that has other names or values.
fn any(alternatives: &[Value], value: &Value, path: &FieldPath<'_>) -> Result<(), Departure> {
    let here = path.to_string();
    let closeness = |departure: &Departure| match departure {
        Departure::Type { place, .. } if *place == here => 0,
        Departure::Choice => 1,
        Departure::Type { place, .. } => 1 + place.len(),
    };
    let mut meant: Option<Departure> = None;
    for alternative in alternatives {
        match walk(alternative, value, path) {
            Ok(()) => return Ok(()),
            Err(departure) if meant.as_ref().is_none_or(|meant| closeness(meant) < closeness(&departure)) => {
                meant = Some(departure);
            }
            Err(_) => {}
        }
    }
    meant.map_or(Ok(()), Err)
}

/// Tells whether `value` is of the JSON Schema type `name`; how a number is written is left to `serde`.
fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "number" | "integer" => value.is_number(),
        name => type_of(value) == name,
    }
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
