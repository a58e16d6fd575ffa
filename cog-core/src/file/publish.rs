//! Giving the files of an output an URL.

use std::fmt;
use std::path::Path as StdPath;

use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;

use super::path::Content;
use super::{Path, data_url, media_type};
use crate::prediction::PredictionId;

/// Somebody who can put a file where clients find it. The engine is given one; without it, files become `data:` URLs.
///
/// The slot is free by then or will be soon, whatever this does. The prediction itself waits for its files, so the time that one takes
/// should be bounded. Dropping the future gives the file up.
#[async_trait]
pub trait Publish: Send + Sync + 'static {
    /// Publishes one file and returns its URL, which takes the file's place in the output.
    ///
    /// # Errors
    /// [`PublishError`] with a reason that may be shown to the client. It fails the prediction.
    async fn publish(&self, request: PublishRequest<'_>) -> Result<String, PublishError>;
}

/// One file to publish.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PublishRequest<'a> {
    /// The name of the prediction that made the file.
    pub prediction: &'a PredictionId,
    /// What the file is called: a name, never a path, and no other file of the prediction has it.
    pub name: &'a str,
    /// What the file is.
    pub media_type: &'a str,
    /// What is in it.
    pub content: PublishContent<'a>,
    /// How long the content is, in bytes.
    pub size: u64,
}

/// Where the content of a file to publish is.
#[derive(Clone, Copy, Debug)]
pub enum PublishContent<'a> {
    /// On the disk. The file is a copy that nobody else uses, and may be moved away.
    Disk(&'a StdPath),
    /// In memory.
    Memory(&'a Bytes),
}

impl<'a> PublishRequest<'a> {
    /// A file called `name` to publish for `prediction`, `size` bytes long.
    #[must_use]
    pub const fn new(
        prediction: &'a PredictionId,
        name: &'a str,
        media_type: &'a str,
        content: PublishContent<'a>,
        size: u64,
    ) -> Self {
        Self { prediction, name, media_type, content, size }
    }
}

/// A file that cannot be published. Its text is told to the client.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct PublishError {
    message: String,
    #[source]
    source: Option<anyhow::Error>,
}

impl PublishError {
    /// An error with a reason that may be shown to the client.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), source: None }
    }

    /// The same with its cause, which is for the log only.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// Reads an output file and writes it as a `data:` URL.
pub(crate) fn to_data_url(file: &Path) -> anyhow::Result<String> {
    if let Content::Url(url) = file.content() {
        // An input that was never fetched and is passed through.
        return Ok(url.clone());
    }
    let content = file.read().context("cannot publish an output file")?;
    Ok(data_url::encode(&media_type::of(file, &content), &content))
}
