//! What stands below `weights`: a list of names and sources.

use std::fmt;
use std::str::FromStr;

use cog_core::{NamedWeights, Sha256, Weights};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Key;

const KEYS: &[&str] = &["name", "sha256", "source"];

/// The list.
pub(super) struct List;

/// One of the list, and those before it.
struct Entry<'a>(&'a [NamedWeights]);

/// A text of which a value is made, or a text that says why not.
struct Parsed<T>(T);

impl<'de> DeserializeSeed<'de> for List {
    type Value = Vec<NamedWeights>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Vec<NamedWeights>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list, each with a `name` and a `source`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(weights) = list.next_element_seed(Entry(&read))? {
            read.push(weights);
        }
        Ok(read)
    }
}

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = NamedWeights;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<NamedWeights, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_> {
    type Value = NamedWeights;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("keys `name` and `source`, and perhaps `sha256`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NamedWeights, A::Error> {
        let (mut name, mut source, mut sha256) = (None, None, None);
        while let Some(key) = map.next_key_seed(Key(KEYS))? {
            match key {
                "name" => name = Some(map.next_value_seed(Name(self.0))?),
                "source" => source = Some(map.next_value::<Parsed<Weights>>()?.0),
                _ => sha256 = Some(map.next_value::<Parsed<Sha256>>()?.0),
            }
        }
        let name = name.ok_or_else(|| de::Error::missing_field("name"))?;
        let source = source.ok_or_else(|| de::Error::missing_field("source"))?;
        Ok(NamedWeights::new(name, source).with_sha256(sha256))
    }
}

/// A name that none of those before has.
struct Name<'a>(&'a [NamedWeights]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name.trim().is_empty() {
            return Err(de::Error::custom("a name of weights cannot be empty"));
        }
        if self.0.iter().any(|weights| weights.name == name) {
            return Err(de::Error::custom(format_args!(
                "`{name}` is the name of two weights; give one another name"
            )));
        }
        Ok(name)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}
