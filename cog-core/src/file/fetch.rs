//! Bringing the files of an input into the prediction's directory.

use std::fmt;
use std::io;
use std::path::{Path as StdPath, PathBuf};

use anyhow::Context;
use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::path::Content;
use super::{Path, data_url};
use crate::field::FieldPath;
use crate::input::{DecodeError, InputValue};

/// How many files of one prediction are fetched at the same time, as in Cog.
const CONCURRENT: usize = 8;

/// Somebody who can fetch an URL. The engine is given one; without it only `data:` URLs can be read.
///
/// Dropping the future gives the fetch up.
#[async_trait]
pub trait Fetch: Send + Sync + 'static {
    /// Fetches `request.url` into a new file inside `request.directory` and returns its path.
    ///
    /// The directory is this file's alone, so any name that is no path will do.
    ///
    /// # Errors
    /// [`FetchError`] with a reason that may be shown to whoever sent the URL.
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<PathBuf, FetchError>;
}

/// One file to fetch.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FetchRequest<'a> {
    /// Where the file comes from.
    pub url: &'a str,
    /// Where it goes: an empty directory.
    pub directory: &'a StdPath,
}

impl<'a> FetchRequest<'a> {
    /// A file to fetch from `url` into `directory`.
    #[must_use]
    pub const fn new(url: &'a str, directory: &'a StdPath) -> Self {
        Self { url, directory }
    }
}

/// A file that cannot be fetched. Its text is told to the client.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct FetchError {
    message: String,
    #[source]
    source: Option<anyhow::Error>,
}

impl FetchError {
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

/// An input file that is not to be had. Cog's words, so that clients recognise it.
#[derive(Debug, thiserror::Error)]
#[error("Input validation error: {field}: {reason}")]
pub(crate) struct InputFileError {
    field: String,
    reason: String,
}

/// Fetches every file of `input`, several at a time, and makes them point to what was fetched.
///
/// `directory` is asked for only if there is a file to put there.
pub(crate) async fn fetch_all<T: InputValue>(
    input: &mut T,
    directory: impl FnOnce() -> io::Result<PathBuf>,
    fetcher: Option<&dyn Fetch>,
) -> anyhow::Result<()> {
    let mut urls = Vec::new();
    let fault = |error: DecodeError| InputFileError {
        field: error.path().to_owned(),
        reason: error.message().to_owned(),
    };
    input
        .visit_files(&FieldPath::Root, &mut |at, file| {
            // Taken and not copied: it may be all of a large file.
            if let Some(url) = file.take_url() {
                urls.push((at.to_string(), url));
            }
            Ok(())
        })
        .map_err(fault)?;
    if urls.is_empty() {
        return Ok(());
    }
    let directory = directory().context("cannot make a directory for the input's files")?;

    // Each file has a directory of its own: names come from the network and may be equal.
    let paths: Vec<PathBuf> = stream::iter(urls.into_iter().enumerate().map(|(place, (field, url))| {
        let directory = directory.join(format!("input-{place}"));
        async move {
            let path = fetch_one(&url, &directory, fetcher).await;
            path.map_err(|reason| InputFileError { field, reason: reason.to_string() })
        }
    }))
    .buffered(CONCURRENT)
    .try_collect()
    .await?;

    let mut paths = paths.into_iter();
    input
        .visit_files(&FieldPath::Root, &mut |_, file| {
            if matches!(file.content(), Content::Url(_))
                && let Some(path) = paths.next()
            {
                *file = Path::from(path);
            }
            Ok(())
        })
        .map_err(fault)?;
    Ok(())
}

async fn fetch_one(
    url: &str,
    directory: &StdPath,
    fetcher: Option<&dyn Fetch>,
) -> Result<PathBuf, FetchError> {
    let storage = |error: io::Error| FetchError::new(format_args!("cannot store the file: {error}"));
    std::fs::create_dir(directory).map_err(storage)?;
    if url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        let decoded = data_url::decode(url).map_err(FetchError::new)?;
        let path = directory.join(decoded.name);
        std::fs::write(&path, decoded.content).map_err(storage)?;
        return Ok(path);
    }
    match fetcher {
        Some(fetcher) => fetcher.fetch(FetchRequest { url, directory }).await,
        None => Err(FetchError::new("only `data:` URLs can be read here")),
    }
}
