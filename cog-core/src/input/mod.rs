//! Types that a request can carry, and how they come out of JSON.
//!
//! [`InputValue`] is any type of a field; [`Input`] is a struct of fields, what a predictor takes. Both are implemented by the
//! derive macro. A type's [`Schema`] decides what is acceptable, decoding comes after and takes the JSON apart without copying texts.
//! Nothing here opens a file or a connection: a [`Path`] that was just decoded knows its URL and nothing else.

mod collections;
mod json;
mod scalars;

use serde_json::Value;

pub use self::json::Json;
pub(crate) use self::json::document;
use crate::field::FieldPath;
use crate::file::Path;
use crate::schema::Schema;

/// A type that can be a field of an input.
///
/// Implemented for `String`, `bool`, integers and floats of every width, [`Path`], [`Secret`](crate::Secret), [`Value`], [`Json`],
/// `Option`, `Vec`, and maps with `String` keys; by `derive(Input)` for nested structs and by `derive(Choices)` for enums.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an input",
    label = "not an input type",
    note = "inputs are `String`, `bool`, numbers, `cog_core::Path`, `cog_core::Secret`, `serde_json::Value`, `Option`, `Vec` and maps of these",
    note = "a nested struct needs `#[derive(cog_core::Input)]`, an enum `#[derive(cog_core::Choices)]`, and any type of `serde` and `schemars` can be wrapped in `cog_core::Json`"
)]
pub trait InputValue: Sized + 'static {
    /// Describes the values that [`decode`](Self::decode) takes.
    fn schema() -> Schema;

    /// Makes a value of JSON that the schema accepts. `at` is its place, for the error.
    ///
    /// Texts and other large things are taken out of `value` and not copied. What is left of it then is for nobody to read.
    ///
    /// # Errors
    /// [`DecodeError`] when the JSON is nothing that the schema accepts.
    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError>;

    /// The value that stands for one that was not sent, if the type has such a value.
    #[doc(hidden)]
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }

    /// Shows every file in this value to `visit`, in the order of declaration, with its place.
    ///
    /// # Errors
    /// Stops at the first error of `visit` and returns it.
    fn visit_files(&mut self, at: &FieldPath<'_>, visit: &mut FileVisitor<'_>) -> Result<(), DecodeError> {
        let _ = (at, visit);
        Ok(())
    }
}

/// What [`InputValue::visit_files`] shows each file to.
pub type FileVisitor<'a> = dyn FnMut(&FieldPath<'_>, &mut Path) -> Result<(), DecodeError> + 'a;

/// What a predictor takes: a struct of named fields. Derive it.
///
/// ```
/// use cog_core::{FieldPath, Input, InputValue, json};
///
/// /// Continue a text.
/// #[derive(Debug, Input)]
/// struct Prompt {
///     /// Text to continue.
///     prompt: String,
///     #[input(default = 0.7, ge = 0, le = 2)]
///     temperature: f64,
///     seed: Option<u64>,
/// }
///
/// let schema = Prompt::schema();
/// let mut input = json!({ "prompt": "Once", "seed": 7 });
/// schema.check(&input)?;
/// let prompt = Prompt::decode(&mut input, &FieldPath::Root)?;
/// assert_eq!((prompt.prompt.as_str(), prompt.temperature, prompt.seed), ("Once", 0.7, Some(7)));
///
/// let violations = schema.check(&json!({ "temperature": 3 })).unwrap_err();
/// let messages: Vec<_> = violations.iter().map(|violation| format!("{}: {}", violation.path, violation.message)).collect();
/// assert_eq!(messages, ["temperature: 3 is greater than the maximum of 2", "prompt: Field required"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the input of a predictor",
    label = "not a struct of inputs",
    note = "write `#[derive(cog_core::Input)]` above a struct with one field per input"
)]
pub trait Input: InputValue {}

/// An enum whose variants are the values that an input may take. Derive it.
///
/// ```
/// use cog_core::{Choices, FieldPath, InputValue, json};
///
/// #[derive(Choices, Debug, PartialEq)]
/// enum Sampler {
///     Greedy,
///     #[choice("top-p")]
///     TopP,
/// }
///
/// assert_eq!(Sampler::choices(), [json!("greedy"), json!("top-p")]);
/// assert_eq!(Sampler::decode(&mut json!("top-p"), &FieldPath::Root)?, Sampler::TopP);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Choices: InputValue {
    /// Returns the value of each variant, in the order of declaration.
    fn choices() -> Vec<Value>;
}

/// JSON that cannot be decoded into a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct DecodeError {
    path: String,
    message: String,
}

impl DecodeError {
    /// An error at `path`.
    #[must_use]
    pub fn new(path: &FieldPath<'_>, message: impl Into<String>) -> Self {
        Self { path: path.to_string(), message: message.into() }
    }

    /// The place of the value: names and positions joined by slashes.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong with it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}
