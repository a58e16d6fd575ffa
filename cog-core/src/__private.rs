//! What the code of the derive macros calls. Not part of the public interface.

pub use serde_json::Number;

use serde_json::{Map, Value};

use crate::field::FieldPath;
pub use crate::input::FileVisitor;
use crate::input::{DecodeError, InputValue};
use crate::schema::whole;

/// A JSON object that is being taken apart, field by field.
#[derive(Debug)]
pub struct ObjectDecoder<'a> {
    fields: Map<String, Value>,
    at: &'a FieldPath<'a>,
}

impl<'a> ObjectDecoder<'a> {
    /// Starts with `value`, which has to be an object.
    ///
    /// # Errors
    /// When it is not.
    pub fn new(value: Value, at: &'a FieldPath<'a>) -> Result<Self, DecodeError> {
        match value {
            Value::Object(fields) => Ok(Self { fields, at }),
            _ => Err(DecodeError::new(at, "not an object")),
        }
    }

    /// Takes the field `name` out.
    ///
    /// # Errors
    /// When it is not there and required, or cannot be decoded.
    pub fn field<T: InputValue>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        let at = self.at.field(name);
        match self.fields.remove(name) {
            Some(value) => T::decode(value, &at),
            None => T::absent().ok_or_else(|| DecodeError::new(&at, "Field required")),
        }
    }

    /// Takes the field `name` out, or decodes `default` where it was omitted. An optional field that is `null` counts as omitted.
    ///
    /// # Errors
    /// When it, or the default, cannot be decoded.
    pub fn field_or<T: InputValue>(
        &mut self,
        name: &'static str,
        default: impl FnOnce() -> Value,
    ) -> Result<T, DecodeError> {
        let given = self.fields.remove(name).filter(|value| !value.is_null() || T::absent().is_none());
        T::decode(given.unwrap_or_else(default), &self.at.field(name))
    }
}

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

/// Types that `choices` can constrain.
#[diagnostic::on_unimplemented(
    message = "`choices` cannot constrain `{Self}`",
    label = "neither a text nor a number",
    note = "`choices` fits `String` and numbers, and `Option` and `Vec` of these; for a type of its own, write `#[derive(cog_core::Choices)]` on an enum"
)]
pub trait Choosable {}

/// Types of which a value need not be there.
#[diagnostic::on_unimplemented(
    message = "`None` is no value of `{Self}`",
    label = "not an `Option`",
    note = "write `Option<{Self}>`, or a default that is a value"
)]
pub trait Optional {}

impl<T> Optional for Option<T> {}

macro_rules! mark {
    ($($mark:ident: $($marked:ty)*;)*) => { $(
        $(impl $mark for $marked {})*
        impl<T: $mark> $mark for Option<T> {}
        impl<T: $mark> $mark for Vec<T> {}
    )* };
}

mark! {
    Ordered: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    Text: String crate::secret::Secret;
    Choosable: String i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
}

/// Asserts that `ge` and `le` fit `T`.
pub const fn assert_ordered<T: Ordered>() {}

/// Asserts that `min_length`, `max_length` and `regex` fit `T`.
pub const fn assert_text<T: Text>() {}

/// Asserts that `choices` fits `T`.
pub const fn assert_choosable<T: Choosable>() {}

/// Asserts that `None` is a value of `T`.
pub const fn assert_optional<T: Optional>() {}
