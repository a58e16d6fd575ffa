//! Inputs that are a single JSON value: texts, numbers, truth values, files, secrets, and JSON itself.

use serde_json::Value;

use super::{DecodeError, FileVisitor, InputValue};
use crate::field::FieldPath;
use crate::file::Path;
use crate::schema::{Schema, narrow, whole};
use crate::secret::Secret;

impl InputValue for String {
    fn schema() -> Schema {
        Schema::string()
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        match value {
            Value::String(text) => Ok(std::mem::take(text)),
            _ => Err(DecodeError::new(at, "not a string")),
        }
    }
}

impl InputValue for bool {
    fn schema() -> Schema {
        Schema::boolean()
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        value.as_bool().ok_or_else(|| DecodeError::new(at, "not a boolean"))
    }
}

macro_rules! integers {
    ($($integer:ty)*) => { $(
        impl InputValue for $integer {
            fn schema() -> Schema {
                // `u128` reaches beyond what a schema can say; so does no number that JSON readers keep exact.
                Schema::integer(
                    i128::try_from(Self::MIN).unwrap_or(i128::MIN),
                    i128::try_from(Self::MAX).unwrap_or(i128::MAX),
                )
            }

            fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
                let number = value.as_number().and_then(whole);
                number
                    .and_then(|number| Self::try_from(number).ok())
                    .ok_or_else(|| DecodeError::new(at, concat!("not a whole number that fits `", stringify!($integer), "`")))
            }
        }
    )* };
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl InputValue for f64 {
    fn schema() -> Schema {
        Schema::double()
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        value.as_f64().ok_or_else(|| DecodeError::new(at, "not a number"))
    }
}

impl InputValue for f32 {
    fn schema() -> Schema {
        Schema::single()
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        let number = value.as_f64().map(narrow).filter(|number| number.is_finite());
        number.ok_or_else(|| DecodeError::new(at, "not a number that fits `f32`"))
    }
}

impl InputValue for Secret {
    fn schema() -> Schema {
        Schema::secret()
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        String::decode(value, at).map(Self::from)
    }
}

impl InputValue for Path {
    fn schema() -> Schema {
        Schema::file()
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        String::decode(value, at).map(Self::from_url)
    }

    fn visit_files(&mut self, at: &FieldPath<'_>, visit: &mut FileVisitor<'_>) -> Result<(), DecodeError> {
        visit(at, self)
    }
}

impl InputValue for Value {
    fn schema() -> Schema {
        Schema::any()
    }

    fn decode(value: &mut Value, _: &FieldPath<'_>) -> Result<Self, DecodeError> {
        Ok(value.take())
    }
}
