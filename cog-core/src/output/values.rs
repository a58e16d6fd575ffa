//! Outputs that are a value: scalars, files, collections, JSON.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{EncodeError, Encoder, OutputValue};
use crate::file::Path;
use crate::input::{InputValue, Json, document};
use crate::schema::Schema;

macro_rules! serialized {
    ($($scalar:ty)*) => { $(
        impl OutputValue for $scalar {
            fn schema() -> Schema {
                <Self as InputValue>::schema()
            }

            fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
                encoder.serialize(&self)
            }
        }
    )* };
}

serialized!(String bool i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize Value Map<String, Value>);

macro_rules! floats {
    ($($float:ty)*) => { $(
        impl OutputValue for $float {
            fn schema() -> Schema {
                Schema::double()
            }

            fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
                encoder.number(self)
            }
        }
    )* };
}

floats!(f32 f64);

impl OutputValue for &'static str {
    fn schema() -> Schema {
        Schema::string()
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        encoder.serialize(self)
    }
}

/// An output that is `null`.
impl OutputValue for () {
    fn schema() -> Schema {
        Schema::any().nullable()
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        encoder.serialize(&())
    }
}

impl OutputValue for Path {
    fn schema() -> Schema {
        Schema::file()
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        encoder.file(self);
        Ok(())
    }
}

impl<T: OutputValue> OutputValue for Option<T> {
    fn schema() -> Schema {
        T::schema().nullable()
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        match self {
            Some(value) => value.encode(encoder),
            None => encoder.serialize(&()),
        }
    }
}

impl<T: OutputValue> OutputValue for Vec<T> {
    fn schema() -> Schema {
        Schema::list(T::schema())
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        encoder.list(self)
    }
}

impl<T: OutputValue> OutputValue for BTreeMap<String, T> {
    fn schema() -> Schema {
        Schema::map(T::schema())
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        encoder.object(|members| self.into_iter().try_for_each(|(key, value)| members.member(&key, value)))
    }
}

impl<T: OutputValue> OutputValue for HashMap<String, T> {
    fn schema() -> Schema {
        Schema::map(T::schema())
    }

    /// The keys are written in alphabetical order, so that equal maps give equal bytes.
    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        BTreeMap::from_iter(self).encode(encoder)
    }
}

impl<T: Serialize + JsonSchema + 'static> OutputValue for Json<T> {
    fn schema() -> Schema {
        Schema::foreign(document::<T>(SchemaSettings::openapi3().for_serialize()), |_, _| Ok(()))
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        encoder.serialize(&self.0)
    }
}
