//! Whether a value has the JSON types that somebody else's schema announces, in every place.
//!
//! `serde` takes more than `schemars` announces: a struct also as the list of its fields, a choice also as a map of one. What is
//! published must be what is accepted, so such values are refused. Only types, fixed values, names and the words that lead to
//! them are read: what is refused here, every reader of the schema refuses; the rest is `serde`'s to judge, and has been.

use serde_json::Value;

use crate::field::FieldPath;

/// Where a value departs from its schema, and how.
struct Departure {
    place: String,
    message: String,
    /// Whether a value or a name is not the one that the schema fixes, which is how the alternatives of a choice are told apart.
    is_another_choice: bool,
}

/// Checks that `value` is of the types that `document` announces; an error is the place and what is wrong there.
pub(crate) fn check(document: &Value, value: &Value) -> Result<(), (String, String)> {
    walk(document, value, &FieldPath::Root).map_err(|departure| (departure.place, departure.message))
}

fn walk(document: &Value, value: &Value, path: &FieldPath<'_>) -> Result<(), Departure> {
    let departure =
        |is_another_choice, message| Departure { place: path.to_string(), message, is_another_choice };
    let words = match document {
        Value::Object(words) => words,
        Value::Bool(false) => return Err(departure(true, "nothing is expected here".to_owned())),
        _ => return Ok(()),
    };
    if value.is_null() && words.get("nullable") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let types = match words.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) => vec![name.as_str()],
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is_of(value, name)) {
        return Err(departure(
            false,
            format!("invalid type: {}, expected {}", type_of(value), types.join(" or ")),
        ));
    }
    let fixed = words.get("const").map(std::slice::from_ref);
    if let Some(values) = fixed.or_else(|| words.get("enum")?.as_array().map(Vec::as_slice))
        && !values.contains(value)
    {
        let values: Vec<_> = values.iter().map(Value::to_string).collect();
        return Err(departure(true, format!("expected {}", values.join(" or "))));
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
        Value::Object(members) => {
            let required = words.get("required").and_then(Value::as_array).into_iter().flatten();
            if let Some(name) = required.filter_map(Value::as_str).find(|name| !members.contains_key(*name)) {
                return Err(departure(true, format!("missing field `{name}`")));
            }
            members.iter().try_for_each(|(name, member)| {
                let known = words.get("properties").and_then(|fields| fields.get(name));
                known
                    .or_else(|| words.get("additionalProperties"))
                    .map_or(Ok(()), |document| walk(document, member, &path.field(name)))
            })
        }
        _ => Ok(()),
    }
}

/// Checks that one of the alternatives holds, and tells the fault of the one that was meant: that came furthest and is not another.
fn any(alternatives: &[Value], value: &Value, path: &FieldPath<'_>) -> Result<(), Departure> {
    let mut meant: Option<Departure> = None;
    let closeness = |departure: &Departure| (!departure.is_another_choice, departure.place.len());
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
