//! Whether a value has the JSON types that somebody else's schema announces, in every place.
//!
//! `serde` takes more than `schemars` announces: a struct also as the list of its fields. Nobody has asked for that, so a value of a type
//! that is not announced is refused; every reader of the schema refuses it as well. Names and fixed values only tell which of several
//! alternatives is meant. Those that are not announced are `serde`'s to judge, and have been: an author who writes `serde(alias)` or
//! `serde(other)` means it.

use serde_json::{Map, Value};

use super::is_same;
use crate::field::FieldPath;

/// What is to be said of a value by a schema.
#[derive(Default)]
struct Verdict {
    /// The first value that is not of a type that is announced.
    fault: Option<Fault>,
    /// Whether a name or a fixed value is not announced, as when the schema is not the alternative that is meant.
    is_another: bool,
}

struct Fault {
    depth: usize,
    place: String,
    message: String,
}

/// Checks that `value` is of the types that `document` announces; an error is the place and what is wrong there.
pub(crate) fn check(document: &Value, value: &Value) -> Result<(), (String, String)> {
    match judge(document, value, &FieldPath::Root, 0).fault {
        Some(Fault { place, message, .. }) => Err((place, message)),
        None => Ok(()),
    }
}

fn judge(document: &Value, value: &Value, path: &FieldPath<'_>, depth: usize) -> Verdict {
    let words = match document {
        Value::Object(words) => words,
        Value::Bool(false) => return Verdict { fault: None, is_another: true },
        _ => return Verdict::default(),
    };
    if value.is_null() && words.get("nullable") == Some(&Value::Bool(true)) {
        return Verdict::default();
    }
    if let Some(expected) = other_types(words, value) {
        let message = format!("invalid type: {}, expected {expected}", type_of(value));
        return Verdict { fault: Some(Fault { depth, place: path.to_string(), message }), is_another: false };
    }
    let mut verdict = Verdict::default();
    if let Some(values) = list(words, "enum") {
        verdict.is_another = !values.iter().any(|fixed| is_same(fixed, value));
    }
    for alternatives in ["anyOf", "oneOf"].iter().filter_map(|word| list(words, word)) {
        verdict.add(any(alternatives, value, path, depth));
    }
    for part in list(words, "allOf").into_iter().flatten() {
        verdict.add(judge(part, value, path, depth));
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let Some(document) = words.get("items") else { break };
                verdict.add(judge(document, item, &path.index(index), depth + 1));
            }
        }
        Value::Object(members) => object(words, members, path, depth, &mut verdict),
        _ => {}
    }
    verdict
}

fn object(
    words: &Map<String, Value>,
    members: &Map<String, Value>,
    path: &FieldPath<'_>,
    depth: usize,
    verdict: &mut Verdict,
) {
    for (name, member) in members {
        let known = words.get("properties").and_then(|fields| fields.get(name));
        if let Some(document) = known.or_else(|| words.get("additionalProperties")) {
            verdict.add(judge(document, member, &path.field(name), depth + 1));
        }
    }
}

/// Judges by the alternative that is meant: one that has the names and values, or else any, which is then `serde`'s to judge.
fn any(alternatives: &[Value], value: &Value, path: &FieldPath<'_>, depth: usize) -> Verdict {
    let (mut meant, mut other_type, mut is_another) = (None::<Fault>, None, false);
    for alternative in alternatives {
        match judge(alternative, value, path, depth) {
            Verdict { is_another: true, .. } => is_another = true,
            Verdict { fault: None, .. } => return Verdict::default(),
            Verdict { fault: Some(fault), .. } if fault.depth == depth => other_type = Some(fault),
            Verdict { fault: Some(fault), .. } => {
                meant = meant.filter(|meant| meant.depth >= fault.depth).or(Some(fault));
            }
        }
    }
    let fault = meant.or_else(|| other_type.filter(|_| !is_another));
    Verdict { is_another: is_another && fault.is_none(), fault }
}

impl Verdict {
    fn add(&mut self, other: Self) {
        self.fault = self.fault.take().or(other.fault);
        self.is_another |= other.is_another;
    }
}

/// Returns what types are announced, if the value is of none of them.
fn other_types(words: &Map<String, Value>, value: &Value) -> Option<String> {
    if let Some(name) = words.get("type").and_then(Value::as_str) {
        return (!is_of(value, name)).then(|| name.to_owned());
    }
    let values = list(words, "enum")?;
    let is_other = values.iter().all(|fixed| !is_of(value, type_of(fixed)));
    is_other.then(|| values.iter().map(Value::to_string).collect::<Vec<_>>().join(" or "))
}

fn list<'a>(words: &'a Map<String, Value>, word: &str) -> Option<&'a [Value]> {
    words.get(word)?.as_array().map(Vec::as_slice)
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
