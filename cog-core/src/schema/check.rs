//! Judging a JSON value by a schema: every fault at once, in Cog's words.
//!
//! The words are those of Cog's own validator, value first, so that a client that shows or parses them sees no difference. Secrets
//! are masked and long values shortened.

use std::fmt;

use serde_json::{Map, Number, Value};

use super::{Choices, Kind, Object, Schema, Text};
use crate::field::FieldPath;
use crate::secret::MASK;

/// How much of a refused value is shown, in bytes.
const SHOWN: usize = 120;

/// Everything that is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

/// One thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The place of the fault: names and positions joined by slashes, or `__root__`.
    pub path: String,
    /// What is wrong there.
    pub message: String,
    /// Which sort of fault it is.
    pub problem: Problem,
}

/// The sorts of fault that clients can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A required value is not there.
    Missing,
    /// A value is there and is not acceptable.
    Invalid,
}

impl Violations {
    /// A single fault.
    #[must_use]
    pub fn one(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![Violation { path: path.into(), message: message.into(), problem: Problem::Invalid }])
    }

    /// Returns the faults: alphabetical by place, and last those that are missing.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, violation) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(formatter, "{separator}{}: {}", violation.path, violation.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

impl Schema {
    /// Judges `value`.
    ///
    /// # Errors
    /// [`Violations`] lists every fault.
    pub fn check(&self, value: &Value) -> Result<(), Violations> {
        let mut report = Report::default();
        report.value(self, value, &FieldPath::Root);
        if report.invalid.is_empty() && report.missing.is_empty() {
            return Ok(());
        }
        report.invalid.append(&mut report.missing);
        Err(Violations(report.invalid))
    }
}

#[derive(Default)]
struct Report {
    invalid: Vec<Violation>,
    missing: Vec<Violation>,
}

impl Report {
    fn value(&mut self, schema: &Schema, value: &Value, path: &FieldPath<'_>) {
        if schema.is_nullable && value.is_null() {
            return;
        }
        match (&schema.kind, value) {
            (Kind::Any, _) | (Kind::Boolean, Value::Bool(_)) => {}
            (Kind::Integer { range, minimum, maximum }, Value::Number(number)) => match whole(number) {
                Some(whole) => {
                    let minimum = minimum.as_ref().filter(|minimum| is_less(number, minimum));
                    let maximum = maximum.as_ref().filter(|maximum| is_less(maximum, number));
                    self.bounds(number, minimum, maximum, path);
                    if minimum.is_none() && whole < range.minimum {
                        self.fault(path, format!("{number} is less than the minimum of {}", range.minimum));
                    }
                    if maximum.is_none() && whole > range.maximum {
                        self.fault(
                            path,
                            format!("{number} is greater than the maximum of {}", range.maximum),
                        );
                    }
                }
                None => self.wrong_type(schema, value, path),
            },
            (Kind::Number { is_single, minimum, maximum }, Value::Number(number)) => {
                let minimum = minimum.as_ref().filter(|minimum| is_less(number, minimum));
                let maximum = maximum.as_ref().filter(|maximum| is_less(maximum, number));
                self.bounds(number, minimum, maximum, path);
                let overflows = *is_single && number.as_f64().is_none_or(|wide| !narrow(wide).is_finite());
                if overflows && minimum.is_none() && maximum.is_none() {
                    let (word, bound) = if number.as_f64().is_some_and(|wide| wide < 0.0) {
                        ("less than the minimum", f32::MIN)
                    } else {
                        ("greater than the maximum", f32::MAX)
                    };
                    self.fault(path, format!("{number} is {word} of {bound:e}"));
                }
            }
            (Kind::String(text), Value::String(given)) => self.text(text, given, Show::Value, path),
            (Kind::Secret(text), Value::String(given)) => self.text(text, given, Show::Mask, path),
            (Kind::File, Value::String(url)) => {
                if !is_file_url(url) {
                    self.fault(
                        path,
                        format!("{} is not an `http:`, `https:` or `data:` URL", Shown(value, Show::Value)),
                    );
                }
            }
            (Kind::List { items, .. }, Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.value(items, value, &path.index(index));
                }
            }
            (Kind::Map { values }, Value::Object(map)) => {
                let mut keys: Vec<_> = map.iter().collect();
                keys.sort_by_key(|(key, _)| *key);
                for (key, value) in keys {
                    self.value(values, value, &path.field(key));
                }
            }
            (Kind::Object(object), Value::Object(map)) => self.object(object, map, path),
            (Kind::Choices(choices), value) => self.choice(choices, value, path),
            (Kind::Foreign { document, check }, value) => {
                if let Err((place, message)) = check(document, value) {
                    let path = path.to_string();
                    let path = if place.is_empty() { path } else { format!("{path}/{place}") };
                    self.invalid.push(Violation { path, message, problem: Problem::Invalid });
                }
            }
            _ => self.wrong_type(schema, value, path),
        }
    }

    fn object(&mut self, object: &Object, map: &Map<String, Value>, path: &FieldPath<'_>) {
        for field in object.in_alphabetical_order() {
            let path = path.field(field.name);
            match map.get(field.name) {
                Some(value) => self.value(&field.schema, value, &path),
                None if field.is_required() => self.missing.push(Violation {
                    path: path.to_string(),
                    message: "Field required".to_owned(),
                    problem: Problem::Missing,
                }),
                None => {}
            }
        }
    }

    fn bounds(
        &mut self,
        number: &Number,
        minimum: Option<&Number>,
        maximum: Option<&Number>,
        path: &FieldPath<'_>,
    ) {
        if let Some(minimum) = minimum {
            self.fault(path, format!("{number} is less than the minimum of {minimum}"));
        }
        if let Some(maximum) = maximum {
            self.fault(path, format!("{number} is greater than the maximum of {maximum}"));
        }
    }

    fn text(&mut self, text: &Text, given: &str, show: Show, path: &FieldPath<'_>) {
        let shown = |given: &str| Shown(&Value::String(given.to_owned()), show).to_string();
        if text.min_length.is_some() || text.max_length.is_some() {
            let length = given.chars().count() as u64;
            if let Some(limit) = text.max_length.filter(|&limit| length > limit) {
                self.fault(path, format!("{} is longer than {limit} characters", shown(given)));
            }
            if let Some(limit) = text.min_length.filter(|&limit| length < limit) {
                self.fault(path, format!("{} is shorter than {limit} characters", shown(given)));
            }
        }
        if let Some(pattern) = &text.pattern
            && !pattern.is_match(given)
        {
            self.fault(path, format!("{} does not match \"{pattern}\"", shown(given)));
        }
    }

    fn choice(&mut self, choices: &Choices, value: &Value, path: &FieldPath<'_>) {
        if choices.values.iter().any(|choice| is_same(choice, value)) {
            return;
        }
        let all = Value::Array(choices.values.to_vec());
        self.fault(path, format!("{} is not one of {all}", Shown(value, Show::Value)));
        let fits = match (choices.type_name, value) {
            ("integer", Value::Number(number)) => whole(number).is_some(),
            ("number", Value::Number(_)) | ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => true,
            _ => false,
        };
        if !fits {
            self.fault(
                path,
                format!("{} is not of type \"{}\"", Shown(value, Show::Value), choices.type_name),
            );
        }
    }

    fn wrong_type(&mut self, schema: &Schema, value: &Value, path: &FieldPath<'_>) {
        let (expected, show) = match &schema.kind {
            Kind::Boolean => ("boolean", Show::Value),
            Kind::Integer { .. } => ("integer", Show::Value),
            Kind::Number { .. } => ("number", Show::Value),
            Kind::Secret(_) => ("string", Show::Mask),
            Kind::List { .. } => ("array", Show::Value),
            Kind::Map { .. } | Kind::Object(_) => ("object", Show::Value),
            _ => ("string", Show::Value),
        };
        self.fault(path, format!("{} is not of type \"{expected}\"", Shown(value, show)));
    }

    fn fault(&mut self, path: &FieldPath<'_>, message: String) {
        let path = match path {
            FieldPath::Root => "__root__".to_owned(),
            path => path.to_string(),
        };
        self.invalid.push(Violation { path, message, problem: Problem::Invalid });
    }
}

#[derive(Clone, Copy)]
enum Show {
    Value,
    Mask,
}

/// A refused value as it may be shown: masked if it is secret, shortened if it is long.
struct Shown<'a>(&'a Value, Show);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, Show::Value) = self else {
            return write!(formatter, "\"{MASK}\"");
        };
        // A text is cut before it is written as JSON, so that a data URL of a hundred megabytes is not copied.
        if let Value::String(text) = value
            && text.len() > SHOWN
        {
            let start = &text[..text.floor_char_boundary(SHOWN)];
            return write!(formatter, "{}... ({} bytes)", Value::String(start.to_owned()), text.len());
        }
        let mut limited = Limited::default();
        // The only error is the limit being reached.
        let _ = fmt::write(&mut limited, format_args!("{value}"));
        formatter.write_str(&limited.text)?;
        if limited.is_cut { formatter.write_str("...") } else { Ok(()) }
    }
}

/// A text that takes no more than [`SHOWN`] bytes and then stops whoever writes to it.
#[derive(Default)]
struct Limited {
    text: String,
    is_cut: bool,
}

impl fmt::Write for Limited {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = SHOWN - self.text.len();
        if part.len() <= room {
            self.text.push_str(part);
            return Ok(());
        }
        self.text.push_str(&part[..part.floor_char_boundary(room)]);
        self.is_cut = true;
        Err(fmt::Error)
    }
}

/// Tells whether `text` is an URL that may stand for a file.
///
/// The scheme is compared without regard to case (RFC 3986, section 3.1).
fn is_file_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    if scheme.eq_ignore_ascii_case("data") {
        return true;
    }
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && rest.starts_with("//")
        && url::Url::parse(text).is_ok_and(|url| url.has_host())
}

/// Returns the whole number that `number` is, `5.0` being one.
pub(crate) fn whole(number: &Number) -> Option<i128> {
    if let Some(signed) = number.as_i64() {
        return Some(signed.into());
    }
    if let Some(unsigned) = number.as_u64() {
        return Some(unsigned.into());
    }
    // A float of this size is exact in 128 bits, and `as` keeps it so.
    number
        .as_f64()
        .filter(|float| float.fract() == 0.0 && float.abs() < 2.0_f64.powi(126))
        .map(|float| float as i128)
}

/// Narrows to single precision; too large a number becomes infinite.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest `f32` is what the type asks for"
)]
pub(crate) const fn narrow(wide: f64) -> f32 {
    wide as f32
}

fn is_less(left: &Number, right: &Number) -> bool {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => left < right,
        _ => left.as_f64() < right.as_f64(),
    }
}

/// Tells whether two JSON values are the same, numbers by their value: `1` is `1.0`.
pub(crate) fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => !is_less(left, right) && !is_less(right, left),
        _ => left == right,
    }
}
