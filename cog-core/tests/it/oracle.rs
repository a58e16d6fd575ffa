//! Somebody else's judgement of a published schema: that of the `jsonschema` crate.

use cog_core::Schema;
use cog_core::schema::Components;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The greatest whole number that every reader of JSON keeps exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Judges inputs by what is published of a type, and by nothing else.
pub(crate) struct Oracle(Validator);

impl Oracle {
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut components = Components::default();
        components.add_input("Input", schema);
        let mut document = json!({ "components": { "schemas": components.into_value() } });
        translate(&mut document);
        document["$ref"] = "#/components/schemas/Input".into();
        Self(jsonschema::validator_for(&document).unwrap())
    }

    /// Returns the verdict, or nothing for what the published schema cannot tell.
    ///
    /// Numbers from 2^53 on are left out. Bounds beyond it are not published, as they would be rounded by those who read them, so the
    /// document says less than the type of `i64`, `u64`, `i128`, `u128`, `isize` and `usize`; and readers of JSON compare such numbers
    /// as floats. The limit of `f32` lies beyond as well and is not published, as it is no property of the model.
    pub(crate) fn accepts(&self, value: &Value) -> Option<bool> {
        is_exact(value).then(|| self.0.is_valid(value))
    }
}

/// Turns the two words that OpenAPI 3.0 has and JSON Schema has not, or does not enforce, into what they mean.
fn translate(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(translate),
        Value::Object(words) => {
            // An `enum` holds values, and a `default` or `const` is one.
            words
                .iter_mut()
                .filter(|(word, _)| *word != "enum" && *word != "default")
                .for_each(|(_, value)| translate(value));
            // Files are announced with `format: uri`. The pattern says which URLs can be fetched; it knows the texts of `values`,
            // not all of RFC 3986.
            if words.get("format") == Some(&json!("uri")) {
                words.insert(
                    "pattern".to_owned(),
                    json!("^([dD][aA][tT][aA]:|[hH][tT][tT][pP][sS]?://[a-z])"),
                );
            }
            if words.remove("nullable") == Some(json!(true)) {
                let present = Value::Object(std::mem::take(words));
                *words = Map::from_iter([("anyOf".to_owned(), json!([{ "type": "null" }, present]))]);
            }
        }
        _ => {}
    }
}

fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number.abs() < EXACT),
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        _ => true,
    }
}
