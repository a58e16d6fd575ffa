//! The types of inputs and outputs, as far as a command line cares.
//!
//! They are read from the schemas that are published, so that a type looks here as it looks to any client.

use serde_json::{Map, Value};

/// What a value is, and so how it is written on a command line or shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    File,
    Integer,
    Number,
    Boolean,
    /// One of these values.
    Choice(Vec<Value>),
    List(Box<Self>),
    /// An object with any keys.
    Map(Box<Self>),
    /// An object with known keys.
    Object(Vec<(String, Self)>),
    /// Any JSON.
    Any,
}

impl Kind {
    /// Reads a published schema; `components` is what its references lead to.
    pub(super) fn of(schema: &Value, components: &Value) -> Self {
        let nested = |schema: Option<&Value>| schema.map_or(Self::Any, |schema| Self::of(schema, components));
        if let Some(reference) = reference(schema) {
            return nested(components.get(reference));
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return Self::Choice(values.clone());
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") if schema.get("format").is_some_and(|format| format == "uri") => Self::File,
            Some("string") => Self::Text,
            Some("integer") => Self::Integer,
            Some("number") => Self::Number,
            Some("boolean") => Self::Boolean,
            Some("array") => Self::List(Box::new(nested(schema.get("items")))),
            Some("object") => match schema.get("properties").and_then(Value::as_object) {
                Some(properties) => Self::Object(
                    in_order(properties).map(|(name, schema)| (name.clone(), nested(Some(schema)))).collect(),
                ),
                None => Self::Map(Box::new(nested(
                    schema.get("additionalProperties").filter(|values| values.is_object()),
                ))),
            },
            _ => Self::Any,
        }
    }

    /// Tells whether there can be a file in a value.
    pub(super) fn has_files(&self) -> bool {
        match self {
            Self::File => true,
            Self::List(items) => items.has_files(),
            Self::Map(values) => values.has_files(),
            Self::Object(members) => members.iter().any(|(_, kind)| kind.has_files()),
            _ => false,
        }
    }

    /// Shows each file in `value`, which is of this kind, to `change`. A file is a string there.
    pub(super) fn visit_files<E>(
        &self,
        value: &mut Value,
        change: &mut impl FnMut(&mut String) -> Result<(), E>,
    ) -> Result<(), E> {
        match (self, value) {
            (Self::File, Value::String(file)) => change(file),
            (Self::List(items), Value::Array(values)) => {
                values.iter_mut().try_for_each(|value| items.visit_files(value, change))
            }
            (Self::Map(kind), Value::Object(values)) => {
                values.values_mut().try_for_each(|value| kind.visit_files(value, change))
            }
            (Self::Object(members), Value::Object(values)) => members.iter().try_for_each(|(name, kind)| {
                values.get_mut(name).map_or(Ok(()), |value| kind.visit_files(value, change))
            }),
            _ => Ok(()),
        }
    }

    /// Says what it is, for somebody who has to write one.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::File => "file".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Choice(values) => format!("one of {}", listed(values)),
            Self::List(items) => format!("list of {}", items.describe()),
            Self::Map(_) | Self::Object(_) => "JSON object".to_owned(),
            Self::Any => "JSON".to_owned(),
        }
    }
}

/// The members of `properties` in the order in which their author declared them.
pub(super) fn in_order(properties: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let mut members: Vec<_> = properties.iter().collect();
    members.sort_by_key(|(_, schema)| schema.get("x-order").and_then(Value::as_u64));
    members.into_iter()
}

/// Writes values as they are written on the command line, separated by commas.
pub(super) fn listed(values: &[Value]) -> String {
    let texts = values.iter().map(|value| format!("`{}`", bare(value)));
    texts.collect::<Vec<_>>().join(", ")
}

/// Writes a value as it is written on the command line: a text without quotes.
pub(super) fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The name of the component that a schema refers to, be it alone or in Cog's `allOf` of one.
fn reference(schema: &Value) -> Option<&str> {
    let target = match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => only,
        _ => schema,
    };
    target.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}
