//! Metrics that author code records: names, values, modes, and the rules that hold between them.
//!
//! [`Metrics`] is the state of one prediction's metrics. It is part of the fold of the prediction's events and changes in no other
//! way. Its rules and words are Cog's.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

const MAX_NAME: usize = 128;
const MAX_SEGMENTS: usize = 4;

/// The name of a metric: up to four words joined by dots, which nest the published object.
///
/// A word starts with a letter and holds letters, digits and single underscores between them. `predict_time` and names that start
/// with `cog.` belong to the engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetricName(Box<str>);

/// The value of a metric: a truth value, number, text, list or map.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricValue(Value);

/// How a recorded value meets the one that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricMode {
    /// Takes its place.
    #[default]
    Replace,
    /// Is added to it.
    Increment,
    /// Joins it in a list.
    Append,
}

/// A metric that cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum MetricError {
    #[error("metric name must not be empty")]
    EmptyName,
    #[error("metric name must be {MAX_NAME} characters or fewer (got {0} characters)")]
    LongName(usize),
    #[error("metric name must have at most {MAX_SEGMENTS} dot-separated segments (got {0})")]
    TooManySegments(usize),
    #[error("metric name must not start with a dot")]
    LeadingDot,
    #[error("metric name must not end with a dot")]
    TrailingDot,
    #[error("metric name must not contain empty segments (consecutive dots)")]
    EmptySegment,
    #[error("metric name segment '{0}' must start with a letter")]
    SegmentStart(String),
    #[error("metric name segment '{0}' must not contain consecutive underscores")]
    ConsecutiveUnderscores(String),
    #[error("metric name segment '{0}' must end with a letter or digit")]
    SegmentEnd(String),
    #[error("metric name segment '{0}' contains invalid character '{1}'")]
    InvalidCharacter(String, char),
    #[error("'{0}' is reserved by the runtime")]
    ReservedName(String),
    #[error("the 'cog.' prefix is reserved for system metrics")]
    ReservedPrefix,
    #[error("Metric '{name}' has type {stored}, cannot set to {given} without deleting first")]
    TypeChanged { name: String, stored: &'static str, given: &'static str },
    #[error("Increment mode requires int or float, got {0}")]
    NotANumber(&'static str),
    #[error("Invalid metric mode: '{0}'. Expected 'replace', 'incr', or 'append'.")]
    InvalidMode(String),
    #[error("Metric '{0}' is not a finite number, which JSON cannot carry")]
    NotFinite(String),
    #[error("Metric '{0}' overflows when incremented")]
    Overflow(String),
}

impl MetricName {
    /// Returns the name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for MetricName {
    type Err = MetricError;

    fn from_str(name: &str) -> Result<Self, MetricError> {
        if name.is_empty() {
            return Err(MetricError::EmptyName);
        }
        if name.len() > MAX_NAME {
            return Err(MetricError::LongName(name.len()));
        }
        if name == "predict_time" {
            return Err(MetricError::ReservedName(name.to_owned()));
        }
        if name.starts_with("cog.") {
            return Err(MetricError::ReservedPrefix);
        }
        if name.starts_with('.') {
            return Err(MetricError::LeadingDot);
        }
        if name.ends_with('.') {
            return Err(MetricError::TrailingDot);
        }
        if name.contains("..") {
            return Err(MetricError::EmptySegment);
        }
        let segments = name.split('.').count();
        if segments > MAX_SEGMENTS {
            return Err(MetricError::TooManySegments(segments));
        }
        name.split('.').try_for_each(check_segment)?;
        Ok(Self(name.into()))
    }
}

fn check_segment(segment: &str) -> Result<(), MetricError> {
    if !segment.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err(MetricError::SegmentStart(segment.to_owned()));
    }
    if let Some(stranger) = segment.chars().find(|letter| !letter.is_ascii_alphanumeric() && *letter != '_') {
        return Err(MetricError::InvalidCharacter(segment.to_owned(), stranger));
    }
    if segment.contains("__") {
        return Err(MetricError::ConsecutiveUnderscores(segment.to_owned()));
    }
    if segment.ends_with('_') {
        return Err(MetricError::SegmentEnd(segment.to_owned()));
    }
    Ok(())
}

impl MetricMode {
    /// Returns the word for this mode in a stream of events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Increment => "increment",
            Self::Append => "append",
        }
    }
}

impl FromStr for MetricMode {
    type Err = MetricError;

    /// Takes the words that Cog takes: `replace`, `incr`, `increment` and `append`.
    fn from_str(word: &str) -> Result<Self, MetricError> {
        match word {
            "replace" => Ok(Self::Replace),
            "incr" | "increment" => Ok(Self::Increment),
            "append" => Ok(Self::Append),
            _ => Err(MetricError::InvalidMode(word.to_owned())),
        }
    }
}

impl MetricValue {
    /// Returns the value as JSON.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.0
    }

    /// Returns how many bytes it takes, roughly.
    pub(crate) fn weight(&self) -> usize {
        json_weight(&self.0)
    }

    /// Returns Cog's word for the type of this value. A number that was not finite has become `null`, which is none of them.
    fn type_name(&self) -> Option<&'static str> {
        type_name(&self.0)
    }
}

impl<T: Into<Value>> From<T> for MetricValue {
    fn from(value: T) -> Self {
        Self(value.into())
    }
}

/// Returns how many bytes a JSON tree takes, roughly.
pub(crate) fn json_weight(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(json_weight).sum(),
            Value::Object(members) => json_map_weight(members),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}

/// Returns how many bytes the members of a JSON object take, roughly.
pub(crate) fn json_map_weight(members: &Map<String, Value>) -> usize {
    members.iter().map(|(name, value)| size_of::<String>() + name.len() + json_weight(value)).sum()
}

fn type_name(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some("bool"),
        Value::Number(number) if number.is_f64() => Some("float"),
        Value::Number(_) => Some("int"),
        Value::String(_) => Some("str"),
        Value::Array(_) => Some("list"),
        Value::Object(_) => Some("dict"),
    }
}

/// The metrics of one prediction.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Metrics {
    values: Map<String, Value>,
    /// The type that each name was first recorded with.
    types: HashMap<MetricName, &'static str>,
}

impl Metrics {
    /// The metrics as they are published: dots in names have become nested objects.
    pub(crate) const fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// Tells whether `value` may be recorded.
    pub(crate) fn check(
        &self,
        name: &MetricName,
        value: &MetricValue,
        mode: MetricMode,
    ) -> Result<(), MetricError> {
        let Some(given) = value.type_name() else { return Err(MetricError::NotFinite(name.to_string())) };
        if mode == MetricMode::Increment && !matches!(given, "int" | "float") {
            return Err(MetricError::NotANumber(given));
        }
        match self.types.get(name) {
            Some(&stored) if stored != given => {
                return Err(MetricError::TypeChanged { name: name.to_string(), stored, given });
            }
            _ => {}
        }
        match (mode, self.get(name)) {
            (MetricMode::Increment, Some(old @ Value::Number(_))) if sum(old, &value.0).is_none() => {
                Err(MetricError::Overflow(name.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Records a value that [`check`](Self::check) has allowed.
    pub(crate) fn record(&mut self, name: &MetricName, value: &MetricValue, mode: MetricMode) {
        if let Some(type_name) = value.type_name() {
            self.types.entry(name.clone()).or_insert(type_name);
        }
        let (parent, key) = self.parent(name);
        match (mode, parent.get_mut(key)) {
            (MetricMode::Increment, Some(old)) => {
                *old = sum(old, &value.0).unwrap_or_else(|| value.0.clone());
            }
            (MetricMode::Append, Some(Value::Array(items))) => items.push(value.0.clone()),
            (MetricMode::Append, Some(old)) => *old = vec![old.take(), value.0.clone()].into(),
            (MetricMode::Append, None) => {
                parent.insert(key.to_owned(), vec![value.0.clone()].into());
            }
            (MetricMode::Replace | MetricMode::Increment, _) => {
                parent.insert(key.to_owned(), value.0.clone());
            }
        }
    }

    /// Removes a metric, and with it the memory of its type.
    pub(crate) fn delete(&mut self, name: &MetricName) {
        self.types.remove(name);
        let (parent, key) = self.parent(name);
        parent.remove(key);
    }

    fn get(&self, name: &MetricName) -> Option<&Value> {
        let mut segments = name.as_str().split('.');
        let first = self.values.get(segments.next()?)?;
        segments.try_fold(first, |value, segment| value.get(segment))
    }

    /// Returns the object that holds the metric, and its key there. What stands in the way of a nested name makes room.
    fn parent<'a, 'n>(&'a mut self, name: &'n MetricName) -> (&'a mut Map<String, Value>, &'n str) {
        let mut map = &mut self.values;
        let mut rest = name.as_str();
        while let Some((segment, deeper)) = rest.split_once('.') {
            let child = map.entry(segment).or_insert_with(|| Map::new().into());
            if !child.is_object() {
                *child = Map::new().into();
            }
            let Value::Object(child) = child else { unreachable!("it has just been made an object") };
            map = child;
            rest = deeper;
        }
        (map, rest)
    }
}

/// Adds two JSON numbers of the same type. `None` if they are none, or the sum is not finite or does not fit.
fn sum(left: &Value, right: &Value) -> Option<Value> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return left.checked_add(right).map(Into::into);
    }
    if let (Some(left), Some(right)) = (left.as_u64(), right.as_u64()) {
        return left.checked_add(right).map(Into::into);
    }
    let sum = left.as_f64()? + right.as_f64()?;
    sum.is_finite().then(|| sum.into())
}
