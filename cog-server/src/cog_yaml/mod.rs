//! `cog.yaml`: what Cog is told about a model, as far as it means something to a server that is already built.
//!
//! That is `concurrency.max` and `weights`. What else Cog knows is for those who build images of Python code; it is accepted and named, so that one
//! warning can tell, and what stands inside is not looked at. A key that nobody knows is a mistake, and is told with its place.

#[cfg(test)]
mod tests;
mod weights;

use std::num::NonZeroUsize;
use std::{fmt, io};

use cog_core::NamedWeights;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Unexpected, Visitor,
};

/// Cog's keys at the top.
const TOP: &[&str] =
    &["build", "concurrency", "environment", "image", "model", "predict", "run", "tests", "train", "weights"];

/// Cog's keys below `concurrency`.
const CONCURRENCY: &[&str] = &["default_target", "max"];

/// What a `cog.yaml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CogYaml {
    /// How many predictions may run at once.
    pub(crate) max_concurrency: Option<NonZeroUsize>,
    /// What `setup` can ask for by name. Paths are as they are written.
    pub(crate) weights: Vec<NamedWeights>,
    /// The keys that are there and have no effect, in their order.
    pub(crate) without_effect: Vec<&'static str>,
}

/// A `cog.yaml` that cannot be used. It is told with the line, and a mark below what is wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidCogYaml {
    #[error("cannot read `{name}`: {error}")]
    Unreadable {
        name: String,
        #[source]
        error: io::Error,
    },
    #[error("`{name}` makes no sense: {told}")]
    Wrong { name: String, told: String },
}

impl CogYaml {
    /// Reads the content of a file that is called `name`.
    ///
    /// # Errors
    /// [`InvalidCogYaml`] for what is no YAML, a key that nobody knows, and a value that cannot be.
    pub(crate) fn parse(name: &str, content: io::Result<String>) -> Result<Self, InvalidCogYaml> {
        let content = content.map_err(|error| InvalidCogYaml::Unreadable { name: name.to_owned(), error })?;
        serde_saphyr::from_str(&content).map_err(|error| {
            let options = serde_saphyr::render_options! { source_name: Some(name) };
            let told = error.render_with_options(options);
            let told = told.strip_prefix("error: ").unwrap_or(&told).trim_end().to_owned();
            InvalidCogYaml::Wrong { name: name.to_owned(), told }
        })
    }
}

impl<'de> Deserialize<'de> for CogYaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Top;

        impl<'de> Visitor<'de> for Top {
            type Value = CogYaml;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("keys of Cog, such as `concurrency`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CogYaml, A::Error> {
                let mut read = CogYaml::default();
                while let Some(key) = map.next_key_seed(Key(TOP))? {
                    if key == "concurrency" {
                        map.next_value_seed(Concurrency(&mut read))?;
                    } else if key == "weights" {
                        read.weights = map.next_value_seed(weights::List)?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        read.without_effect.push(key);
                    }
                }
                Ok(read)
            }
        }

        deserializer.deserialize_map(Top)
    }
}

/// What stands below `concurrency`.
struct Concurrency<'a>(&'a mut CogYaml);

impl<'de> DeserializeSeed<'de> for Concurrency<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Concurrency<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("keys, such as `max: 4`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key(CONCURRENCY))? {
            if key == "max" {
                let Slots(slots) = map.next_value()?;
                self.0.max_concurrency = Some(slots);
            } else {
                map.next_value::<IgnoredAny>()?;
                self.0.without_effect.push("concurrency.default_target");
            }
        }
        Ok(())
    }
}

/// How many may run at once: no text that looks like a number, and no fraction.
struct Slots(NonZeroUsize);

impl<'de> Deserialize<'de> for Slots {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Slots;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a whole number from 1 on, such as `max: 4`")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Slots, E> {
                let slots = usize::try_from(number).ok().and_then(NonZeroUsize::new);
                slots.map(Slots).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Slots, E> {
                match u64::try_from(number) {
                    Ok(number) => self.visit_u64(number),
                    Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
                }
            }
        }

        deserializer.deserialize_any(Number)
    }
}

/// One of these keys.
struct Key(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        let key = String::deserialize(deserializer)?;
        let known = |name: &&&str| **name == key;
        self.0.iter().find(known).copied().ok_or_else(|| {
            let near = |name: &&&str| strsim::damerau_levenshtein(name, &key) * 3 <= name.len();
            D::Error::custom(match self.0.iter().find(near) {
                Some(meant) => format!("`{key}` is no key here; write `{meant}`"),
                None => format!("`{key}` is no key here; there are `{}`", self.0.join("`, `")),
            })
        })
    }
}
