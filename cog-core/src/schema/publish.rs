//! Writing schemas into an OpenAPI 3.0 document, as Cog's generator writes them.

use serde_json::{Map, Value, json};

use super::{Choices, Field, IntegerRange, Kind, Object, Schema, StreamDisplay, Text};

/// Numbers beyond this are not exact in the floating point that most JSON readers use, so a bound beyond it is not published.
const EXACT: i128 = 1 << 53;

/// The `components.schemas` of a document, filled by adding types to it.
#[derive(Clone, Debug, Default)]
pub struct Components {
    schemas: Map<String, Value>,
}

impl Components {
    /// Adds `schema` under `name`, as the document's `Input` or `TrainingInput`.
    ///
    /// Each field with choices gets a component of its own, named like the field, as in Cog. A name that is taken by something else
    /// gets the suffix `Choice`.
    pub fn add_input(&mut self, name: &str, schema: &Schema) {
        let mut document = Map::new();
        document.insert("title".to_owned(), name.into());
        document.insert("type".to_owned(), "object".into());
        if let Kind::Object(object) = &schema.kind {
            // The place is taken first: a field that happens to be called `Input` must not take it.
            self.schemas.insert(name.to_owned(), Value::Null);
            self.add_fields(object, &mut document);
        }
        self.schemas.insert(name.to_owned(), document.into());
    }

    /// Adds `schema` under `name`, as the document's `Output` or `TrainingOutput`.
    ///
    /// The title is always `Output`: Cog titles a training's output so too.
    pub fn add_output(&mut self, name: &str, schema: &Schema) {
        let mut document = output(schema);
        document.insert("title".to_owned(), "Output".into());
        self.schemas.insert(name.to_owned(), document.into());
    }

    /// Adds a finished schema under `name`.
    pub fn add(&mut self, name: &str, schema: Value) {
        self.schemas.insert(name.to_owned(), schema);
    }

    /// Returns the object to put under `components.schemas`.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.schemas.into()
    }

    fn add_fields(&mut self, object: &Object, document: &mut Map<String, Value>) {
        let mut properties = Map::new();
        for (order, field) in object.fields.iter().enumerate() {
            let mut property = match &field.schema.kind {
                Kind::Choices(choices) => {
                    let name = self.add_choices(field.name, choices);
                    let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
                    Map::from_iter([("allOf".to_owned(), json!([reference]))])
                }
                _ => {
                    let mut property = input(&field.schema);
                    property.insert("title".to_owned(), title(field.name).into());
                    property
                }
            };
            if field.schema.is_nullable {
                property.insert("nullable".to_owned(), true.into());
            }
            annotate(field, &mut property);
            property.insert("x-order".to_owned(), order.into());
            properties.insert(field.name.to_owned(), property.into());
        }
        document.insert("properties".to_owned(), properties.into());
        insert_required(object, document);
    }

    fn add_choices(&mut self, field: &str, choices: &Choices) -> String {
        let mut component = choices_document(choices);
        component.insert("title".to_owned(), field.into());
        component.insert("description".to_owned(), "An enumeration.".into());
        let component = Value::Object(component);
        let mut name = field.to_owned();
        while self.schemas.get(&name).is_some_and(|taken| *taken != component) {
            name.push_str("Choice");
        }
        self.schemas.insert(name.clone(), component);
        name
    }
}

/// The schema of an input value below the root, without title.
fn input(schema: &Schema) -> Map<String, Value> {
    match &schema.kind {
        Kind::Object(object) => {
            let mut document = Map::from_iter([("type".to_owned(), "object".into())]);
            let properties = object.fields.iter().enumerate().map(|(order, field)| {
                let mut property = input(&field.schema);
                if field.schema.is_nullable {
                    property.insert("nullable".to_owned(), true.into());
                }
                property.insert("title".to_owned(), title(field.name).into());
                property.insert("x-order".to_owned(), order.into());
                annotate(field, &mut property);
                (field.name.to_owned(), property.into())
            });
            document.insert("properties".to_owned(), Value::Object(properties.collect()));
            insert_required(object, &mut document);
            document
        }
        _ => plain(schema, |schema| {
            let mut document = input(schema);
            if schema.is_nullable {
                document.insert("nullable".to_owned(), true.into());
            }
            document
        }),
    }
}

/// The schema of an output value, without title.
fn output(schema: &Schema) -> Map<String, Value> {
    let mut document = match &schema.kind {
        Kind::Object(object) => {
            let mut document = Map::from_iter([("type".to_owned(), "object".into())]);
            let properties = object.fields.iter().map(|field| {
                let mut property = output(&field.schema);
                property.insert("title".to_owned(), title(field.name).into());
                annotate(field, &mut property);
                (field.name.to_owned(), property.into())
            });
            document.insert("properties".to_owned(), Value::Object(properties.collect()));
            insert_required(object, &mut document);
            document
        }
        _ => plain(schema, output),
    };
    if schema.is_nullable {
        document.insert("nullable".to_owned(), true.into());
    }
    document
}

fn annotate(field: &Field, property: &mut Map<String, Value>) {
    if let Some(description) = field.description {
        property.insert("description".to_owned(), description.into());
    }
    if let Some(default) = &field.default {
        property.insert("default".to_owned(), default.clone());
    }
    if field.is_deprecated {
        property.insert("deprecated".to_owned(), true.into());
    }
}

fn insert_required(object: &Object, document: &mut Map<String, Value>) {
    let required = object.fields.iter().filter(|field| field.is_required()).map(|field| field.name);
    let required: Vec<Value> = required.map(Value::from).collect();
    if !required.is_empty() {
        document.insert("required".to_owned(), required.into());
    }
}

/// What is written alike for inputs and outputs; `nested` writes items and values.
fn plain(schema: &Schema, nested: impl Fn(&Schema) -> Map<String, Value>) -> Map<String, Value> {
    let document = match &schema.kind {
        Kind::Any | Kind::Object(_) => json!({}),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer { range: IntegerRange { minimum: least, maximum: greatest }, minimum, maximum } => {
            let mut document = json!({ "type": "integer" });
            let least = Some(*least).filter(|least| -EXACT < *least).and_then(whole);
            let greatest = Some(*greatest).filter(|greatest| *greatest < EXACT).and_then(whole);
            insert(&mut document, "minimum", minimum.clone().or(least));
            insert(&mut document, "maximum", maximum.clone().or(greatest));
            document
        }
        Kind::Number { minimum, maximum, .. } => {
            let mut document = json!({ "type": "number" });
            insert(&mut document, "minimum", minimum.clone());
            insert(&mut document, "maximum", maximum.clone());
            document
        }
        Kind::String(text) => {
            let mut document = json!({ "type": "string" });
            insert_text(&mut document, text);
            document
        }
        Kind::Secret(text) => {
            let mut document =
                json!({ "type": "string", "format": "password", "writeOnly": true, "x-cog-secret": true });
            insert_text(&mut document, text);
            document
        }
        Kind::File => json!({ "type": "string", "format": "uri" }),
        Kind::List { items, stream } => {
            let mut document = json!({ "type": "array", "items": nested(items) });
            if stream.is_some() {
                document["x-cog-array-type"] = "iterator".into();
            }
            if *stream == Some(StreamDisplay::Concatenate) {
                document["x-cog-array-display"] = "concatenate".into();
            }
            document
        }
        Kind::Map { values } => match &values.kind {
            Kind::Any => json!({ "type": "object" }),
            _ => json!({ "type": "object", "additionalProperties": nested(values) }),
        },
        Kind::Choices(choices) => choices_document(choices).into(),
        Kind::Foreign { document, .. } => Value::clone(document),
    };
    match document {
        Value::Object(document) => document,
        // A foreign schema may be `true`, which is to say anything.
        _ => Map::new(),
    }
}

fn choices_document(choices: &Choices) -> Map<String, Value> {
    Map::from_iter([
        ("type".to_owned(), choices.type_name.into()),
        ("enum".to_owned(), choices.values.to_vec().into()),
    ])
}

fn insert_text(document: &mut Value, text: &Text) {
    insert(document, "minLength", text.min_length);
    insert(document, "maxLength", text.max_length);
    insert(document, "pattern", text.pattern.as_ref().map(|pattern| pattern.as_str()));
}

fn insert(document: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        document[key] = value.into();
    }
}

fn whole(number: i128) -> Option<serde_json::Number> {
    i64::try_from(number).ok().map(Into::into)
}

/// Turns `guidance_scale` into `Guidance Scale`.
fn title(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<_>>().join(" ")
}
