//! From the words of a command line to the input of a prediction.
//!
//! The input's schema decides what a word means: `5` is a number for a number and a text for a text. What is wrong is told before the
//! model is loaded.

use std::fmt;

use cog_core::Schema;
use cog_core::schema::{Components, Problem};
use serde_json::{Map, Number, Value};

use super::attachments::Attachments;
use super::kind::{Kind, bare, in_order};
use crate::cli::{Failure, Process};

/// The inputs that a model takes.
#[derive(Debug)]
pub(in crate::cli) struct Inputs {
    schema: Schema,
    inputs: Vec<Described>,
    kind: Kind,
}

/// One input, for the help.
#[derive(Debug)]
struct Described {
    name: String,
    kind: Kind,
    is_required: bool,
    default: Option<Value>,
    description: Option<String>,
}

impl Inputs {
    pub(in crate::cli) fn of(schema: &Schema) -> Self {
        let mut components = Components::default();
        components.add_input("Input", schema);
        let components = components.into_value();
        let document = components.get("Input").unwrap_or(&Value::Null);
        let required = document.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let properties = document.get("properties").and_then(Value::as_object);
        let inputs = properties.into_iter().flat_map(in_order).map(|(name, schema)| Described {
            name: name.clone(),
            kind: Kind::of(schema, &components),
            is_required: required.contains(&Value::from(name.as_str())),
            default: schema.get("default").filter(|default| !default.is_null()).cloned(),
            description: schema.get("description").and_then(Value::as_str).map(str::to_owned),
        });
        Self { inputs: inputs.collect(), kind: Kind::of(document, &components), schema: schema.clone() }
    }

    /// A command line that could work, for the help.
    pub(in crate::cli) fn example(&self) -> String {
        let is_any_required = self.inputs.iter().any(|input| input.is_required);
        let shown = self.inputs.iter().filter(|input| input.is_required || !is_any_required);
        // Where nothing is required, one input shows how it goes.
        let shown = shown.take(if is_any_required { usize::MAX } else { 1 });
        let words = shown.map(|input| {
            let value = match &input.kind {
                Kind::Text => "'…'".to_owned(),
                Kind::File => "@FILE".to_owned(),
                Kind::Integer => "1".to_owned(),
                Kind::Number => "0.5".to_owned(),
                Kind::Boolean => "true".to_owned(),
                Kind::Choice(values) => values.first().map(bare).unwrap_or_default(),
                Kind::List(items) if **items == Kind::File => "@FILE".to_owned(),
                Kind::List(_) => "'[…]'".to_owned(),
                Kind::Map(_) | Kind::Object(_) | Kind::Any => "'{…}'".to_owned(),
            };
            format!("-i {}={value}", input.name)
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Makes an input of words like `name=value`.
    pub(super) fn read_words(
        &self,
        words: &[String],
        attachments: &mut Attachments,
        process: &mut Process,
    ) -> Result<Value, Failure> {
        let mut values = Map::new();
        for word in words {
            let Some((name, text)) = word.split_once('=') else {
                return Err(Failure::Usage(format!("`-i {word}` sets nothing: write `-i NAME=VALUE`")));
            };
            let input = self.find(name)?;
            let given = values.get_mut(name);
            let value = match (&input.kind, &given) {
                (Kind::List(items), Some(_)) => Value::Array(vec![input.interpret(items, text)?]),
                (kind, None) => input.interpret(kind, text)?,
                _ => return Err(Failure::Usage(format!("input `{name}` is set twice, and is no list"))),
            };
            match (given, value) {
                (Some(Value::Array(before)), Value::Array(more)) => before.extend(more),
                (_, value) => {
                    values.insert(name.to_owned(), value);
                }
            }
        }
        self.finish(values.into(), attachments, process)
    }

    /// Makes an input of a JSON object.
    pub(super) fn read_json(
        &self,
        json: &[u8],
        attachments: &mut Attachments,
        process: &mut Process,
    ) -> Result<Value, Failure> {
        let value: Value = serde_json::from_slice(json)
            .map_err(|error| Failure::Usage(format!("`--json` is no JSON: {error}")))?;
        let Value::Object(values) = value else {
            return Err(Failure::Usage(
                "`--json` has to be an object, with the inputs' names as keys".to_owned(),
            ));
        };
        values.keys().try_for_each(|name| self.find(name).map(drop))?;
        self.finish(values.into(), attachments, process)
    }

    /// Attaches the files that are named with `@`, and checks the whole.
    fn finish(
        &self,
        mut input: Value,
        attachments: &mut Attachments,
        process: &mut Process,
    ) -> Result<Value, Failure> {
        self.kind.visit_files(&mut input, &mut |file| {
            if let Some(path) = file.strip_prefix('@') {
                *file = attachments.attach(path, process)?;
            }
            Ok(())
        })?;
        let Err(violations) = self.schema.check(&input) else { return Ok(input) };
        let is_missing = violations.iter().any(|violation| violation.problem == Problem::Missing);
        let faults = violations.iter().map(|violation| match violation.problem {
            Problem::Missing => format!("input `{}` is missing", violation.path),
            Problem::Invalid => format!("input `{}`: {}", violation.path, violation.message),
        });
        let faults = faults.collect::<Vec<_>>().join("\n       ");
        Err(Failure::Usage(if is_missing { self.with_list(&faults) } else { faults }))
    }

    fn find(&self, name: &str) -> Result<&Described, Failure> {
        let found = self.inputs.iter().find(|input| input.name == name);
        found.ok_or_else(|| Failure::Usage(self.with_list(&format!("there is no input `{name}`"))))
    }

    fn with_list(&self, fault: &str) -> String {
        format!("{fault}\n\nInputs of this model:\n{self}")
    }
}

impl Described {
    /// Makes a value of what stands behind the `=`.
    fn interpret(&self, kind: &Kind, text: &str) -> Result<Value, Failure> {
        let fault = |expected: &str| {
            Err(Failure::Usage(format!("input `{}`: `{text}` is not {expected}", self.name)))
        };
        match kind {
            Kind::Text => Ok(text.into()),
            Kind::File => {
                let is_url = text.split_once(':').is_some_and(|(scheme, _)| {
                    ["http", "https", "data"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
                });
                if is_url || text.starts_with('@') {
                    Ok(text.into())
                } else {
                    fault("an URL; write `@` before the path of a file")
                }
            }
            Kind::Integer => {
                integer(text).map_or_else(|| fault("a whole number"), |number| Ok(number.into()))
            }
            Kind::Number => number(text).map_or_else(|| fault("a number"), |number| Ok(number.into())),
            Kind::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => fault("`true` or `false`"),
            },
            Kind::Choice(choices) => {
                let chosen = choices.iter().find(|choice| is_written(choice, text));
                chosen.map_or_else(|| fault(&kind.describe()), |choice| Ok(choice.clone()))
            }
            // A whole list, or one item of it.
            Kind::List(items) => match serde_json::from_str::<Value>(text) {
                Ok(list @ Value::Array(_)) => Ok(list),
                _ => Ok(Value::Array(vec![self.interpret(items, text)?])),
            },
            Kind::Map(_) | Kind::Object(_) => match serde_json::from_str::<Value>(text) {
                Ok(object @ Value::Object(_)) => Ok(object),
                Ok(_) => fault("a JSON object"),
                Err(error) => fault(&format!("a JSON object: {error}")),
            },
            Kind::Any => Ok(serde_json::from_str(text).unwrap_or_else(|_| text.into())),
        }
    }
}

/// Tells whether `text` is how `choice` is written on a command line.
fn is_written(choice: &Value, text: &str) -> bool {
    bare(choice) == text
        || choice.is_number() && number(text).is_some_and(|number| number.as_f64() == choice.as_f64())
}

fn integer(text: &str) -> Option<Number> {
    // `5.0` is a whole number in JSON Schema, and the schema judges it.
    serde_json::from_str::<Number>(text.trim())
        .ok()
        .or_else(|| text.trim().parse::<i64>().ok().map(Into::into))
}

/// Reads a number as people write it: `+1` and `.5` are none in JSON.
fn number(text: &str) -> Option<Number> {
    integer(text).or_else(|| text.trim().parse().ok().and_then(Number::from_f64))
}

/// The list of the inputs, one to a line.
impl fmt::Display for Inputs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inputs.is_empty() {
            return formatter.write_str("  none");
        }
        let types: Vec<_> = self.inputs.iter().map(Described::describe).collect();
        let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or_default();
        let names = width(&mut self.inputs.iter().map(|input| input.name.chars().count()));
        let described =
            width(&mut types.iter().map(|text| text.chars().count()).filter(|&length| length <= 40));
        for (place, (input, described_as)) in self.inputs.iter().zip(&types).enumerate() {
            let line = input.description.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
            let line = format!("  {:names$}  {described_as:described$}  {line}", input.name);
            let separator = if place == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Described {
    fn describe(&self) -> String {
        let kind = self.kind.describe();
        match &self.default {
            Some(default) => format!("{kind}, default {}", shortened(&bare(default))),
            None if self.is_required => format!("{kind}, required"),
            None => format!("{kind}, optional"),
        }
    }
}

fn shortened(text: &str) -> String {
    let is_short = text.chars().count() <= 24 && !text.contains('\n');
    if is_short { format!("`{text}`") } else { "is long".to_owned() }
}
