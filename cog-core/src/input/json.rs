//! Types of `serde` and `schemars` as inputs and outputs.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::Segment;

use super::{DecodeError, InputValue};
use crate::field::FieldPath;
use crate::schema::{Schema, types};

/// A value of any type that `serde` and `schemars` know: a tagged enum, a type of another crate.
///
/// As an input its faults are told one at a time, and its schema is published as `schemars` writes it. Values of other types than it
/// says are refused even where `serde` would take them, as it does for a struct written as the list of its fields. It cannot hold a
/// [`Path`](crate::Path): files need a struct with `derive(Input)` or `derive(Output)`.
///
/// ```
/// use cog_core::{Input, InputValue, Json, json};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[serde(tag = "kind")]
/// enum Shape {
///     Circle { radius: f64 },
///     Square { side: f64 },
/// }
///
/// #[derive(Input)]
/// struct Drawing {
///     shape: Json<Shape>,
/// }
///
/// let schema = Drawing::schema();
/// assert!(schema.check(&json!({ "shape": { "kind": "Circle", "radius": 2 } })).is_ok());
/// let error = schema.check(&json!({ "shape": { "kind": "Circle" } })).unwrap_err();
/// assert_eq!(error.to_string(), "shape: missing field `radius`");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + 'static> InputValue for Json<T> {
    fn schema() -> Schema {
        Schema::foreign(document::<T>(SchemaSettings::openapi3().for_deserialize()), |document, value| {
            serde_path_to_error::deserialize::<_, T>(value).map_err(|error| {
                let steps: Vec<_> = error.path().iter().filter_map(step).collect();
                (steps.join("/"), error.into_inner().to_string())
            })?;
            types::check(document, value)
        })
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        T::deserialize(value.take()).map(Self).map_err(|error| DecodeError::new(at, error.to_string()))
    }
}

/// A step of the way to a fault, as [`FieldPath`] writes it; nothing where `serde` has lost its way.
fn step(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key: name } | Segment::Enum { variant: name } => Some(name.clone()),
        Segment::Unknown => None,
    }
}

/// Writes the schema of `T` with everything it refers to inside it.
pub(crate) fn document<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        settings.transforms.push(Box::new(RecursiveTransform(in_openapi)));
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    // Where types that contain themselves are described, to which nothing refers any more.
    schema.remove("components");
    schema.to_value()
}

/// Says what OpenAPI 3.0 has no words for as closely as it can: each item of a tuple may be what any of them is, whoever has names
/// of some form may have any names, one of several types is one of several alternatives, and what a type has of its own type is
/// anything, as there is no place for it to refer to.
fn in_openapi(schema: &mut schemars::Schema) {
    let any_of = |schemas: Vec<Value>| json!({ "anyOf": schemas });
    schema.remove("$ref");
    if let Some(Value::Array(mut items)) = schema.get("items").cloned() {
        // Those behind the last may be anything where nothing is said of them, and of their number.
        let others = schema.remove("additionalItems");
        if others.is_none() && !schema.as_object().is_some_and(|words| words.contains_key("maxItems")) {
            schema.remove("items");
        } else {
            items.extend(others);
            schema.insert("items".to_owned(), any_of(items));
        }
    }
    if let Some(Value::Object(patterns)) = schema.remove("patternProperties") {
        let values = patterns.into_iter().map(|(_, values)| values);
        // Without a word about other names, they may have anything.
        match schema.remove("additionalProperties") {
            None | Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => {
                schema.insert("additionalProperties".to_owned(), any_of(values.collect()));
            }
            Some(others) => {
                schema.insert("additionalProperties".to_owned(), any_of(values.chain([others]).collect()));
            }
        }
    }
    if let Some(Value::Array(types)) = schema.get("type").cloned() {
        schema.remove("type");
        let types = types.into_iter().map(|name| json!({ "type": name }));
        let alternatives = schema.ensure_object().entry("anyOf").or_insert_with(|| Value::Array(Vec::new()));
        if alternatives.as_array().is_some_and(Vec::is_empty) {
            *alternatives = types.collect();
        }
    }
}
