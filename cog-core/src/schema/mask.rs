//! Values as they may be shown again: no secrets, nothing long.

use serde_json::{Map, Value};

use super::{Kind, Schema};
use crate::secret::MASK;

/// How much of a long text is shown, in bytes. An ordinary URL or prompt is shown whole.
const SHOWN: usize = 4096;

impl Schema {
    /// Copies `value`, which this schema accepts, with its secrets masked and its long texts shortened.
    pub(crate) fn masked(&self, value: &Value) -> Value {
        match (&self.kind, value) {
            (_, Value::Null) => Value::Null,
            (Kind::Secret(_), _) => MASK.into(),
            (Kind::List { items, .. }, Value::Array(values)) => {
                values.iter().map(|value| items.masked(value)).collect()
            }
            (Kind::Map { values }, Value::Object(map)) => mapped(map, |_, value| values.masked(value)),
            (Kind::Object(object), Value::Object(map)) => mapped(map, |name, value| {
                let field = object.fields.iter().find(|field| field.name == name);
                // What no field takes may be anything, a misspelt secret included.
                field.map_or_else(|| MASK.into(), |field| field.schema.masked(value))
            }),
            (_, value) => shortened(value),
        }
    }
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > SHOWN => {
            let start = text.get(..text.floor_char_boundary(SHOWN)).unwrap_or_default();
            format!("{start}... ({} bytes)", text.len()).into()
        }
        Value::Array(values) => values.iter().map(shortened).collect(),
        Value::Object(map) => mapped(map, |_, value| shortened(value)),
        _ => value.clone(),
    }
}

fn mapped(map: &Map<String, Value>, change: impl Fn(&str, &Value) -> Value) -> Value {
    map.iter().map(|(name, value)| (name.clone(), change(name, value))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Field;

    #[test]
    fn secrets_are_masked_and_long_texts_shortened_wherever_they_are() {
        let schema = Schema::object(vec![
            Field::new("key", Schema::secret().nullable()),
            Field::new("keys", Schema::list(Schema::secret())),
            Field::new("text", Schema::string()),
            Field::new("any", Schema::any()),
        ]);
        let long = "é".repeat(5000);
        let input =
            json!({ "key": "k", "keys": ["a", "b"], "text": long, "any": { "deep": [long] }, "kye": "typo" });
        let masked = schema.masked(&input);
        assert_eq!(
            (&masked["key"], &masked["keys"], &masked["kye"]),
            (&json!(MASK), &json!([MASK, MASK]), &json!(MASK))
        );
        for text in [&masked["text"], &masked["any"]["deep"][0]] {
            let text = text.as_str().unwrap();
            assert!(text.len() < SHOWN + 30 && text.ends_with("... (10000 bytes)"), "{} bytes", text.len());
        }
        assert_eq!(schema.masked(&json!({ "key": null })), json!({ "key": null }));
    }
}
