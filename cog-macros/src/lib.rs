//! The derive macros of `cog-core`: `Input`, `Output` and `Choices`.
//!
//! Tokens in, tokens out; the types and traits that the generated code names are all in `cog-core`, which re-exports these macros.
//! A derive goes through the modules in this order: `attr` reads the syntax of attributes, `model` makes a tree of what was written,
//! `check` applies the rules that concern more than one token, `expand` writes the impls. A mistake never stops the reading:
//! `ctxt` collects them all, and `fallback` writes them next to stub impls, so that the author sees their own mistakes
//! and none that follow from them.

// In reading order.
mod ctxt;
mod derive;

mod attr;
mod doc;
mod literal;
mod types;

mod check;
mod model;
mod pattern;

mod expand;
mod fallback;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a struct what a predictor takes, or a part of that: implements `cog_core::Input` and `cog_core::InputValue`.
///
/// The struct has named fields or none. A field is required unless it is an `Option` or has a default. Its doc comment becomes its
/// description.
///
/// ```
/// use cog_core::{FieldPath, Input, InputValue, json};
///
/// #[derive(Input)]
/// struct Prompt {
///     /// Text to continue.
///     #[input(min_length = 1)]
///     prompt: String,
///     /// Higher is more surprising.
///     #[input(default = 0.7, ge = 0, le = 2)]
///     temperature: f64,
///     #[input(choices = ["png", "webp"], default = "webp")]
///     format: String,
///     seed: Option<u64>,
/// }
///
/// let mut input = json!({ "prompt": "Once" });
/// assert!(Prompt::schema().check(&input).is_ok());
/// let prompt = Prompt::decode(&mut input, &FieldPath::Root)?;
/// assert_eq!((prompt.temperature, prompt.format.as_str(), prompt.seed), (0.7, "webp", None));
/// # Ok::<(), cog_core::DecodeError>(())
/// ```
///
/// # What stands in `#[input(..)]` above a field
/// | setting | meaning |
/// |---|---|
/// | `default = <expr>` | the value of an omitted field, see below |
/// | `ge = 1`, `le = 10` | bounds of a number, both inclusive |
/// | `min_length = 1`, `max_length = 80` | bounds of a text's length in Unicode code points |
/// | `regex = "^[a-z]+$"` | some part of the text matches; the syntax is that of the `regex` crate |
/// | `choices = ["a", "b"]` | the only values allowed; for a type of its own see [`Choices`] |
/// | `description = ".."` | replaces the doc comment |
/// | `rename = "type"` | the published name, else that of the field (without its `r#`) |
/// | `deprecated` | clients should stop using the field |
///
/// On an `Option` or a `Vec`, constraints hold for the value inside. Bounds, lengths, expressions and choices are written out, so that
/// they can be checked while compiling.
///
/// # Defaults
/// A number, a text, `true` and `false`, and a list of these stand for themselves. `None` publishes that an `Option` is `null` when it
/// is omitted. Any other expression is evaluated and turned into JSON with `Into<cog_core::Value>`: `json!({ "width": 1 })`, a constant,
/// a variant of an enum with [`Choices`]. A default that is written out has to keep the field's own rules to compile; one that is
/// computed is checked by `Schema::check_defaults`. A `Secret` has no default, as it would be published.
///
/// # Types
/// Type parameters have the bound `T: cog_core::InputValue`. There are no lifetimes: an input owns what it holds. Settings of other
/// derives, such as `#[serde(rename = "..")]`, have no effect here, since a type may well be both; write `#[input(rename = "..")]`.
#[proc_macro_derive(Input, attributes(input))]
pub fn derive_input(tokens: TokenStream) -> TokenStream {
    derive::input(tokens.into()).into()
}

/// Makes a struct an output, or a part of one: implements `cog_core::OutputValue`.
///
/// The struct has named fields or none. Fields are published in the order of their declaration, each with its doc comment as its
/// description, and written in alphabetical order, as Cog does. The doc comment of the struct is not published.
///
/// ```
/// use cog_core::{Output, Path};
///
/// #[derive(Output)]
/// struct Segmentation {
///     /// White where the object is.
///     mask: Path,
///     /// From 0 to 1.
///     score: f64,
///     label: Option<String>,
/// }
/// ```
///
/// # What stands in `#[output(..)]` above a field
/// | setting | meaning |
/// |---|---|
/// | `description = ".."` | replaces the doc comment |
/// | `rename = "type"` | the published name, else that of the field (without its `r#`) |
/// | `deprecated` | clients should stop using the field |
///
/// # Types
/// Type parameters have the bound `T: cog_core::OutputValue`. There are no lifetimes, but a field may be a `&'static str`.
#[proc_macro_derive(Output, attributes(output))]
pub fn derive_output(tokens: TokenStream) -> TokenStream {
    derive::output(tokens.into()).into()
}

/// Makes an enum without data a fixed set of values, for inputs and outputs.
///
/// Implements `cog_core::Choices`, `cog_core::InputValue` and `cog_core::OutputValue`, and `Into<cog_core::Value>`, so that a variant
/// can be a default.
///
/// ```
/// use cog_core::{Choices, Input, json};
///
/// #[derive(Choices)]
/// enum Sampler {
///     Greedy,
///     TopP,
///     #[choice("dpm++")]
///     DpmPlusPlus,
/// }
///
/// #[derive(Choices)]
/// enum Size {
///     #[choice(256)]
///     Small,
///     #[choice(512)]
///     Large,
/// }
///
/// #[derive(Input)]
/// struct Settings {
///     #[input(default = Sampler::Greedy)]
///     sampler: Sampler,
///     #[input(default = 512)]
///     size: Size,
/// }
///
/// assert_eq!(Sampler::choices(), [json!("greedy"), json!("top_p"), json!("dpm++")]);
/// assert_eq!(Size::choices(), [json!(256), json!(512)]);
/// ```
///
/// # Values
/// The value of a variant is what `#[choice(..)]` above it says, a text or a whole number, else its name in `snake_case`. All values are
/// of one type. `#[choices(rename_all = "..")]` above the enum asks for another case: `"kebab-case"`, `"SCREAMING_SNAKE_CASE"`,
/// `"lowercase"`, `"UPPERCASE"`, `"camelCase"`, `"PascalCase"`, or `"verbatim"` for the name as it is. Capitals that stand together are
/// one word: `DPMSolver` becomes `dpm_solver`.
///
/// Discriminants (`Small = 256`) are never published. An enum that has nothing else is refused, as its author may have thought so.
#[proc_macro_derive(Choices, attributes(choice, choices))]
pub fn derive_choices(tokens: TokenStream) -> TokenStream {
    derive::choices(tokens.into()).into()
}
