//! One schema per type, in Cog's dialect of JSON Schema.
//!
//! A [`Schema`] is built once from a type. It is the only description of that type: [`Schema::check`] judges requests with it and
//! [`Components`] writes it into the OpenAPI document, so the two cannot disagree. It promises that a value it accepts is a value
//! that the type decodes. It does not decode, and it does no input or output.

mod check;
mod mask;
mod publish;
pub(crate) mod types;

use std::sync::Arc;

use regex::Regex;
use serde_json::{Number, Value};

pub use self::check::{Problem, Violation, Violations};
pub(crate) use self::check::{is_same, narrow, whole};
pub use self::publish::Components;

/// How many names that no field has are told of, and how many bytes of each.
const NAMED: usize = 8;
const NAME: usize = 100;

/// What values a type takes or makes.
#[derive(Clone, Debug)]
pub struct Schema {
    pub(crate) kind: Kind,
    pub(crate) is_nullable: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Any,
    Boolean,
    Integer { range: IntegerRange, minimum: Option<Number>, maximum: Option<Number> },
    Number { is_single: bool, minimum: Option<Number>, maximum: Option<Number> },
    String(Text),
    Secret(Text),
    File,
    List { items: Box<Schema>, stream: Option<StreamDisplay> },
    Map { values: Box<Schema> },
    Object(Object),
    Choices(Choices),
    Foreign { document: Arc<Value>, check: ForeignCheck },
}

/// Judges a value, its second argument, of a type whose published schema is the first; an error is the place and what is wrong there.
pub(crate) type ForeignCheck = fn(&Value, &Value) -> Result<(), (String, String)>;

/// The whole numbers that an integer type can hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntegerRange {
    pub(crate) minimum: i128,
    pub(crate) maximum: i128,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    pub(crate) pattern: Option<Arc<Regex>>,
}

/// How a streamed list is meant to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamDisplay {
    Items,
    Concatenate,
}

/// A fixed set of values of one JSON type.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    pub(crate) values: Arc<[Value]>,
    pub(crate) type_name: &'static str,
}

/// The fields of a struct, in the order of its declaration.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) fields: Arc<[Field]>,
    /// The places of `fields` in alphabetical order, which is the order in which faults are told.
    sorted: Arc<[usize]>,
}

impl Object {
    fn new(fields: Vec<Field>) -> Self {
        let mut sorted: Vec<usize> = (0..fields.len()).collect();
        sorted.sort_by_key(|&place| fields.get(place).map(|field| field.name));
        Self { fields: fields.into(), sorted: sorted.into() }
    }

    fn in_alphabetical_order(&self) -> impl Iterator<Item = &Field> {
        self.sorted.iter().filter_map(|&place| self.fields.get(place))
    }

    fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}

/// One field of a struct: its schema and what its author said of it. The derive macros build these.
#[derive(Clone, Debug)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) schema: Schema,
    pub(crate) description: Option<&'static str>,
    pub(crate) default: Option<Value>,
    pub(crate) is_deprecated: bool,
}

impl Field {
    /// A field called `name` whose values `schema` describes.
    #[must_use]
    pub const fn new(name: &'static str, schema: Schema) -> Self {
        Self { name, schema, description: None, default: None, is_deprecated: false }
    }

    /// Sets what the field means, in prose.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Sets the value that stands in for an omitted one.
    #[must_use]
    pub fn default_value(mut self, default: Value) -> Self {
        self.default = Some(default);
        self
    }

    /// Marks the field as one that clients should stop using.
    #[must_use]
    pub const fn deprecated(mut self) -> Self {
        self.is_deprecated = true;
        self
    }

    /// Narrows the values that the field takes.
    #[must_use]
    pub fn constrain(mut self, constraint: Constraint) -> Self {
        self.schema.constrain(constraint);
        self
    }

    fn is_required(&self) -> bool {
        self.default.is_none() && !self.schema.is_nullable
    }
}

/// A narrowing of the values that a type takes.
///
/// On a list or an optional value it holds for each item or present value.
#[derive(Clone, Debug)]
pub enum Constraint {
    /// Not less than this number (`ge`).
    Minimum(Number),
    /// Not greater than this number (`le`).
    Maximum(Number),
    /// At least this many Unicode code points (`min_length`).
    MinLength(u64),
    /// At most this many Unicode code points (`max_length`).
    MaxLength(u64),
    /// Contains a match of this regular expression (`regex`).
    Pattern(&'static str),
    /// One of these values (`choices`).
    Choices(Vec<Value>),
}

/// A default value that the field's own schema refuses.
#[derive(Debug, thiserror::Error)]
#[error("the default of input `{field}` breaks its own rules: {violations}")]
pub struct InvalidDefault {
    field: &'static str,
    violations: Violations,
}

impl Schema {
    const fn of(kind: Kind) -> Self {
        Self { kind, is_nullable: false }
    }

    /// Any JSON value.
    #[must_use]
    pub const fn any() -> Self {
        Self::of(Kind::Any)
    }

    /// `true` or `false`.
    #[must_use]
    pub const fn boolean() -> Self {
        Self::of(Kind::Boolean)
    }

    /// A whole number from `minimum` to `maximum`, both included: what a Rust integer type holds.
    #[must_use]
    pub const fn integer(minimum: i128, maximum: i128) -> Self {
        let range = IntegerRange { minimum, maximum };
        Self::of(Kind::Integer { range, minimum: None, maximum: None })
    }

    /// A number that `f64` holds.
    #[must_use]
    pub const fn double() -> Self {
        Self::of(Kind::Number { is_single: false, minimum: None, maximum: None })
    }

    /// A number that does not overflow `f32`.
    #[must_use]
    pub const fn single() -> Self {
        Self::of(Kind::Number { is_single: true, minimum: None, maximum: None })
    }

    /// A text.
    #[must_use]
    pub const fn string() -> Self {
        Self::of(Kind::String(Text { min_length: None, max_length: None, pattern: None }))
    }

    /// A text that is never shown.
    #[must_use]
    pub const fn secret() -> Self {
        Self::of(Kind::Secret(Text { min_length: None, max_length: None, pattern: None }))
    }

    /// The URL of a file.
    #[must_use]
    pub const fn file() -> Self {
        Self::of(Kind::File)
    }

    /// A list whose items `items` describes.
    #[must_use]
    pub fn list(items: Self) -> Self {
        Self::of(Kind::List { items: Box::new(items), stream: None })
    }

    pub(crate) fn stream(items: Self, display: StreamDisplay) -> Self {
        Self::of(Kind::List { items: Box::new(items), stream: Some(display) })
    }

    /// A JSON object with any keys, whose values `values` describes.
    #[must_use]
    pub fn map(values: Self) -> Self {
        Self::of(Kind::Map { values: Box::new(values) })
    }

    /// A JSON object with the given fields. Other keys are ignored.
    #[must_use]
    pub fn object(fields: Vec<Field>) -> Self {
        Self::of(Kind::Object(Object::new(fields)))
    }

    /// One of `values`, all of one JSON type.
    #[must_use]
    pub fn choices(values: Vec<Value>) -> Self {
        Self::of(Kind::Choices(Choices::new(values)))
    }

    /// What somebody else's schema describes: `document` is published as it is, `check` judges values by it.
    pub(crate) fn foreign(document: Value, check: ForeignCheck) -> Self {
        Self::of(Kind::Foreign { document: Arc::new(document), check })
    }

    /// The same values, and `null`.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.is_nullable = true;
        self
    }

    /// Tells whether any value that this schema describes can hold a file.
    #[must_use]
    pub fn has_files(&self) -> bool {
        match &self.kind {
            Kind::File => true,
            Kind::List { items, .. } => items.has_files(),
            Kind::Map { values } => values.has_files(),
            Kind::Object(object) => object.fields.iter().any(|field| field.schema.has_files()),
            _ => false,
        }
    }

    /// Tells whether a value of this schema is published as a list that arrives bit by bit.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        matches!(self.kind, Kind::List { stream: Some(_), .. })
    }

    /// Says in the log which members of `input` no field takes. They are ignored, as in Cog.
    pub(crate) fn warn_of_unknown(&self, input: &Value) {
        let (names, others) = self.unknown(input);
        for name in names {
            tracing::warn!(input = %name, "ignoring an input that the predictor does not have");
        }
        if others > 0 {
            tracing::warn!(count = others, "ignoring more inputs that the predictor does not have");
        }
    }

    /// Returns the beginnings of the first names that no field has, and how many more there are: the log is no place for a whole request.
    fn unknown<'a>(&self, input: &'a Value) -> (Vec<&'a str>, usize) {
        let (Kind::Object(object), Value::Object(input)) = (&self.kind, input) else {
            return (Vec::new(), 0);
        };
        let mut unknown = input.keys().filter(|name| !object.has_field(name));
        let first = unknown.by_ref().take(NAMED).map(|name| &name[..name.floor_char_boundary(NAME)]);
        (first.collect(), unknown.count())
    }

    /// Checks that each field's default is a value that the field takes.
    ///
    /// The derive macros refuse what they can see; this finds the rest, such as a default that is computed.
    ///
    /// # Errors
    /// [`InvalidDefault`] for the first default that is refused.
    pub fn check_defaults(&self) -> Result<(), InvalidDefault> {
        match &self.kind {
            Kind::Object(object) => object.fields.iter().try_for_each(|field| {
                if let Some(default) = &field.default {
                    field
                        .schema
                        .check(default)
                        .map_err(|violations| InvalidDefault { field: field.name, violations })?;
                }
                field.schema.check_defaults()
            }),
            Kind::List { items, .. } => items.check_defaults(),
            Kind::Map { values } => values.check_defaults(),
            _ => Ok(()),
        }
    }

    /// Narrows the values that this schema describes. What does not fit the type is ignored: the derive macros refuse it.
    pub(crate) fn constrain(&mut self, constraint: Constraint) {
        match (&mut self.kind, constraint) {
            (Kind::List { items, .. }, constraint) => items.constrain(constraint),
            // A bound beyond what the type holds says nothing, and must not be published as if it did.
            (Kind::Integer { range, .. }, Constraint::Minimum(bound))
                if whole(&bound).is_some_and(|bound| bound < range.minimum) => {}
            (Kind::Integer { range, .. }, Constraint::Maximum(bound))
                if whole(&bound).is_some_and(|bound| bound > range.maximum) => {}
            (Kind::Integer { minimum, .. } | Kind::Number { minimum, .. }, Constraint::Minimum(bound)) => {
                *minimum = Some(bound);
            }
            (Kind::Integer { maximum, .. } | Kind::Number { maximum, .. }, Constraint::Maximum(bound)) => {
                *maximum = Some(bound);
            }
            (Kind::String(text) | Kind::Secret(text), Constraint::MinLength(length)) => {
                text.min_length = Some(length);
            }
            (Kind::String(text) | Kind::Secret(text), Constraint::MaxLength(length)) => {
                text.max_length = Some(length);
            }
            (Kind::String(text) | Kind::Secret(text), Constraint::Pattern(pattern)) => {
                // The derive macros have compiled the pattern already; one that is wrong all the same matches everything.
                text.pattern = Regex::new(pattern).ok().map(Arc::new);
            }
            (kind, Constraint::Choices(values)) => {
                let type_name = match kind {
                    Kind::String(_) => "string",
                    Kind::Integer { .. } => "integer",
                    Kind::Number { .. } => "number",
                    _ => return,
                };
                *kind = Kind::Choices(Choices { values: values.into(), type_name });
            }
            _ => {}
        }
    }
}

impl Choices {
    fn new(values: Vec<Value>) -> Self {
        let type_name = match values.first() {
            Some(Value::Number(_)) if values.iter().all(|value| value.is_i64() || value.is_u64()) => {
                "integer"
            }
            Some(Value::Number(_)) => "number",
            Some(Value::Bool(_)) => "boolean",
            _ => "string",
        };
        Self { values: values.into(), type_name }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn a_request_full_of_unknown_names_is_told_of_in_short() {
        let schema = Schema::object(Vec::new());
        assert_eq!(schema.unknown(&json!({ "a": 1, "b": 2 })), (vec!["a", "b"], 0));
        let name = format!("{}é", "x".repeat(NAME - 1));
        assert_eq!(schema.unknown(&json!({ name.as_str(): 1 })), (vec![&name[..NAME - 1]], 0));
        let many: Map<_, _> = (0..1000).map(|name| (name.to_string(), json!(1))).collect();
        let many = Value::Object(many);
        let (names, others) = schema.unknown(&many);
        assert_eq!((names.len(), others), (NAMED, 1000 - NAMED));
    }
}
