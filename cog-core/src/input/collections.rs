//! Inputs made of inputs: optional values, lists, maps.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::{DecodeError, FileVisitor, InputValue};
use crate::field::FieldPath;
use crate::schema::Schema;

impl<T: InputValue> InputValue for Option<T> {
    fn schema() -> Schema {
        T::schema().nullable()
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        if value.is_null() { Ok(None) } else { T::decode(value, at).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn visit_files(&mut self, at: &FieldPath<'_>, visit: &mut FileVisitor<'_>) -> Result<(), DecodeError> {
        self.as_mut().map_or(Ok(()), |value| value.visit_files(at, visit))
    }
}

impl<T: InputValue> InputValue for Vec<T> {
    fn schema() -> Schema {
        Schema::list(T::schema())
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        let Value::Array(values) = value else { return Err(DecodeError::new(at, "not an array")) };
        values.iter_mut().enumerate().map(|(index, value)| T::decode(value, &at.index(index))).collect()
    }

    fn visit_files(&mut self, at: &FieldPath<'_>, visit: &mut FileVisitor<'_>) -> Result<(), DecodeError> {
        self.iter_mut().enumerate().try_for_each(|(index, value)| value.visit_files(&at.index(index), visit))
    }
}

impl InputValue for Map<String, Value> {
    fn schema() -> Schema {
        Schema::map(Schema::any())
    }

    fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
        match value {
            Value::Object(map) => Ok(std::mem::take(map)),
            _ => Err(DecodeError::new(at, "not an object")),
        }
    }
}

macro_rules! maps {
    ($($map:ident)*) => { $(
        impl<T: InputValue> InputValue for $map<String, T> {
            fn schema() -> Schema {
                Schema::map(T::schema())
            }

            fn decode(value: &mut Value, at: &FieldPath<'_>) -> Result<Self, DecodeError> {
                let map = Map::decode(value, at)?.into_iter();
                map.map(|(key, mut value)| {
                    let value = T::decode(&mut value, &at.field(&key))?;
                    Ok((key, value))
                })
                .collect()
            }

            fn visit_files(
                &mut self,
                at: &FieldPath<'_>,
                visit: &mut FileVisitor<'_>,
            ) -> Result<(), DecodeError> {
                self.iter_mut().try_for_each(|(key, value)| value.visit_files(&at.field(key), visit))
            }
        }
    )* };
}

maps!(BTreeMap HashMap);
