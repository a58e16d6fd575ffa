//! Writing outputs as JSON text with holes for files.

use std::ops::Range;

use serde::Serialize;

use super::OutputValue;
use crate::error::Result;
use crate::file::Path;

/// Room for an output that is a short text or a few numbers, as growing to it step by step costs more than what is written.
const SMALL: usize = 96;

/// Writes one output as JSON.
///
/// The text grows in place; a file adds nothing to it but remembers where its URL goes, so that publishing it later needs no second
/// walk and no tree.
#[derive(Debug, Default)]
pub struct Encoder {
    json: Vec<u8>,
    holes: Vec<usize>,
    files: Vec<Path>,
    path: String,
}

/// An output that JSON cannot carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot write output{at} as JSON: {message}")]
pub struct EncodeError {
    at: String,
    message: String,
}

/// JSON text with holes, and the files whose URLs belong there.
#[derive(Debug)]
pub(crate) struct Encoded {
    json: Vec<u8>,
    holes: Vec<usize>,
    /// One for each hole, until somebody takes them.
    pub(crate) files: Vec<Path>,
}

impl Encoder {
    /// Writes an object whose members `members` writes.
    ///
    /// # Errors
    /// Returns the first error of `members`.
    pub fn object(
        &mut self,
        members: impl FnOnce(&mut Members<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.json.push(b'{');
        members(&mut Members { encoder: self, is_first: true })?;
        self.json.push(b'}');
        Ok(())
    }

    /// Writes a list.
    ///
    /// # Errors
    /// Returns the first error of an item.
    pub fn list<T: OutputValue>(&mut self, items: impl IntoIterator<Item = T>) -> Result<(), EncodeError> {
        self.json.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.json.push(b',');
            }
            self.nested(&index.to_string(), item)?;
        }
        self.json.push(b']');
        Ok(())
    }

    /// Writes whatever `serde` can write as JSON.
    ///
    /// # Errors
    /// When `serde_json` cannot write it.
    pub fn serialize(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), EncodeError> {
        serde_json::to_writer(&mut self.json, value).map_err(|error| self.error(error.to_string()))
    }

    /// Writes a number.
    ///
    /// # Errors
    /// When it is infinite or not a number, for which JSON has no words.
    pub fn number(&mut self, number: impl Into<f64> + Serialize + Copy) -> Result<(), EncodeError> {
        let wide: f64 = number.into();
        if wide.is_finite() {
            self.serialize(&number)
        } else {
            Err(self.error(format!("{wide} is not a JSON number")))
        }
    }

    /// Leaves a hole for the URL of `file`.
    pub fn file(&mut self, file: Path) {
        self.holes.push(self.json.len());
        self.files.push(file);
    }

    /// Returns an error at the place that is being written.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> EncodeError {
        let at = if self.path.is_empty() { String::new() } else { format!(" `{}`", self.path) };
        EncodeError { at, message: message.into() }
    }

    fn nested(&mut self, step: &str, value: impl OutputValue) -> Result<(), EncodeError> {
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('/');
        }
        self.path.push_str(step);
        value.encode(self)?;
        self.path.truncate(outer);
        Ok(())
    }
}

/// The members of an object that is being written.
#[derive(Debug)]
pub struct Members<'a> {
    encoder: &'a mut Encoder,
    is_first: bool,
}

impl Members<'_> {
    /// Writes the member `name`.
    ///
    /// # Errors
    /// When `value` cannot be written.
    pub fn member(&mut self, name: &str, value: impl OutputValue) -> Result<(), EncodeError> {
        if !self.is_first {
            self.encoder.json.push(b',');
        }
        self.is_first = false;
        self.encoder.serialize(name)?;
        self.encoder.json.push(b':');
        self.encoder.nested(name, value)
    }
}

impl Encoded {
    pub(crate) fn of(value: impl OutputValue) -> Result<Self> {
        let mut encoder = Encoder { json: Vec::with_capacity(SMALL), ..Encoder::default() };
        value.encode(&mut encoder)?;
        Ok(Self { json: encoder.json, holes: encoder.holes, files: encoder.files })
    }

    /// Returns the JSON text with `urls` in the holes, one for each in their order.
    pub(crate) fn into_json(self, urls: &[String]) -> Vec<u8> {
        if self.holes.is_empty() {
            return self.json;
        }
        let length = self.json.len() + urls.iter().map(|url| url.len() + 2).sum::<usize>();
        let mut json = Vec::with_capacity(length);
        let mut rest: Range<usize> = 0..self.json.len();
        for (place, url) in self.holes.iter().zip(urls) {
            json.extend_from_slice(self.json.get(rest.start..*place).unwrap_or_default());
            rest.start = *place;
            append_url(&mut json, url);
        }
        json.extend_from_slice(self.json.get(rest).unwrap_or_default());
        json
    }
}

/// Appends `url` as a JSON string. An URL holds nothing that JSON escapes, unless it is none.
fn append_url(json: &mut Vec<u8>, url: &str) {
    let is_escaped = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    // In pieces that are looked at as a whole, which the compiler does for many bytes at a time: a `data:` URL may be long.
    let is_any_escaped = |bytes: &[u8]| bytes.iter().fold(false, |any, byte| any | is_escaped(byte));
    if url.as_bytes().chunks(4096).any(is_any_escaped) {
        json.extend_from_slice(serde_json::Value::from(url).to_string().as_bytes());
    } else {
        json.push(b'"');
        json.extend_from_slice(url.as_bytes());
        json.push(b'"');
    }
}
