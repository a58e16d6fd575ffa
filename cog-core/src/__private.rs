//! What the code of the derive macros calls. Not part of the public interface.

pub use serde_json::Number;

use serde_json::{Map, Value};

use crate::field::FieldPath;
use crate::input::DecodeError;
pub use crate::input::FileVisitor;
use crate::output::{EncodeError, Encoder, OutputValue};
use crate::schema::{Schema, whole};

/// A JSON object that is being taken apart, field by field.
#[derive(Debug)]
pub struct ObjectDecoder<'a> {
    fields: &'a mut Map<String, Value>,
    at: &'a FieldPath<'a>,
}

impl<'a> ObjectDecoder<'a> {
    /// Starts with `value`, which has to be an object.
    ///
    /// # Errors
    /// When it is not.
    pub fn new(value: &'a mut Value, at: &'a FieldPath<'a>) -> Result<Self, DecodeError> {
        match value {
            Value::Object(fields) => Ok(Self { fields, at }),
            _ => Err(DecodeError::new(at, "not an object")),
        }
    }

    /// Decodes the field `name`.
    ///
    /// `decode` and `absent` are those of the field's [`InputValue`](crate::InputValue). With a bound in their place, the compiler
    /// would tell of a type that is no input once for each mention of it, as the notes about the bound make each look different.
    ///
    /// # Errors
    /// When it is not there and required, or cannot be decoded.
    pub fn field<T>(
        &mut self,
        name: &'static str,
        decode: impl FnOnce(&mut Value, &FieldPath<'_>) -> Result<T, DecodeError>,
        absent: impl FnOnce() -> Option<T>,
    ) -> Result<T, DecodeError> {
        let at = self.at.field(name);
        match self.fields.get_mut(name) {
            Some(value) => decode_and_drop(value, &at, decode),
            None => absent().ok_or_else(|| DecodeError::new(&at, "Field required")),
        }
    }

    /// Decodes the field `name`, or `default` where it was omitted. An optional field that is `null` counts as omitted.
    ///
    /// # Errors
    /// When it, or the default, cannot be decoded.
    pub fn field_or<T>(
        &mut self,
        name: &'static str,
        decode: impl FnOnce(&mut Value, &FieldPath<'_>) -> Result<T, DecodeError>,
        absent: impl FnOnce() -> Option<T>,
        default: impl FnOnce() -> Value,
    ) -> Result<T, DecodeError> {
        let given = self.fields.get_mut(name).filter(|value| !value.is_null() || absent().is_none());
        let at = self.at.field(name);
        match given {
            Some(value) => decode_and_drop(value, &at, decode),
            None => decode(&mut default(), &at),
        }
    }
}

/// Decodes `value`, and lets go of what is left of it before the next is decoded.
fn decode_and_drop<T>(
    value: &mut Value,
    at: &FieldPath<'_>,
    decode: impl FnOnce(&mut Value, &FieldPath<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let decoded = decode(value, at);
    drop(value.take());
    decoded
}

/// A member of an output, and the `encode` of its [`OutputValue`]. See [`ObjectDecoder::field`] for why.
#[derive(Debug)]
pub struct Member<T>(pub T, pub fn(T, &mut Encoder) -> Result<(), EncodeError>);

impl<T: 'static> OutputValue for Member<T> {
    fn schema() -> Schema {
        Schema::any()
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        let Self(value, encode) = self;
        encode(value, encoder)
    }
}

/// Returns the default that a field is given by an expression. A function and not `Value::from`, which linters would find needless
/// where the expression is a [`Value`] already.
pub fn default_value(value: impl DefaultValue) -> Value {
    value.into()
}

/// What an expression that gives a default may evaluate to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the default of an input",
    label = "not a JSON value",
    note = "a default is a text, a number, a `bool`, a list of these, `cog_core::json!(..)`, or a variant of an enum with `#[derive(cog_core::Choices)]`"
)]
pub trait DefaultValue: Into<Value> {}

#[diagnostic::do_not_recommend]
impl<T: Into<Value>> DefaultValue for T {}

/// Returns the number that `bound` is in JSON.
pub fn number(bound: impl Into<Value>) -> Number {
    match bound.into() {
        Value::Number(number) => number,
        _ => unreachable!("the derive macros refuse whatever is not a finite number"),
    }
}

/// Returns the whole number that `value` is, `5.0` being one.
#[must_use]
pub fn whole_number(value: &Value) -> Option<i128> {
    value.as_number().and_then(whole)
}

/// Types that `ge` and `le` can constrain.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no order, so `ge` and `le` cannot constrain it",
    label = "not a number",
    note = "`ge` and `le` fit numbers, and `Option` and `Vec` of numbers; texts have `min_length` and `max_length`"
)]
pub trait Ordered {}

/// Types that `min_length`, `max_length` and `regex` can constrain.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a text, so `min_length`, `max_length` and `regex` cannot constrain it",
    label = "not a text",
    note = "they fit `String` and `Secret`, and `Option` and `Vec` of these; numbers have `ge` and `le`"
)]
pub trait Text {}

/// Types that choices which are all of this `Kind` can constrain: [`Texts`], [`Wholes`] or [`Fractions`].
#[diagnostic::on_unimplemented(
    message = "these `choices` cannot constrain `{Self}`",
    label = "holds no such values",
    note = "texts fit `String`, whole numbers fit numbers, fractions fit floats, and each fits `Option` and `Vec` of its type",
    note = "for a type of its own, write `#[derive(cog_core::Choices)]` on an enum"
)]
pub trait Choosable<Kind> {}

/// Choices that are texts.
#[derive(Debug)]
pub struct Texts;

/// Choices that are whole numbers.
#[derive(Debug)]
pub struct Wholes;

/// Choices that are numbers, not all of them whole.
#[derive(Debug)]
pub struct Fractions;

/// Types of which a value need not be there.
#[diagnostic::on_unimplemented(
    message = "`None` is no value of `{Self}`",
    label = "not an `Option`",
    note = "write `Option<{Self}>`, or a default that is a value"
)]
pub trait Optional {}

impl<T> Optional for Option<T> {}

macro_rules! mark {
    ($($mark:path: $($marked:ty)*;)*) => { $(
        $(impl $mark for $marked {})*
        impl<T: $mark> $mark for Option<T> {}
        impl<T: $mark> $mark for Vec<T> {}
    )* };
}

mark! {
    Ordered: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    Text: String crate::secret::Secret;
    Choosable<Texts>: String;
    Choosable<Wholes>: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    Choosable<Fractions>: f32 f64;
}

/// Asserts that `ge` and `le` fit `T`.
pub const fn assert_ordered<T: Ordered>() {}

/// Asserts that `min_length`, `max_length` and `regex` fit `T`.
pub const fn assert_text<T: Text>() {}

/// Asserts that choices of this `Kind` fit `T`.
pub const fn assert_choosable<T: Choosable<Kind>, Kind>() {}

/// Asserts that `None` is a value of `T`.
pub const fn assert_optional<T: Optional>() {}
