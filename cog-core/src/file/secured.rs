//! An output file as it was when it was yielded, kept until it is published.
//!
//! Author code may write to the same file again as soon as it has yielded it, so a file on the disk is copied. The copy lies in the
//! prediction's own directory and goes when the file has been published, so that a long stream does not fill the disk.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path as StdPath, PathBuf};

use anyhow::{Context, Result};
use bytes::Bytes;
use tempfile::TempPath;

use super::path::Content;
use super::{Path, Publish, PublishContent, PublishError, PublishRequest, media_type};
use crate::prediction::PredictionId;

/// How many bytes tell what a file is.
const HEAD: u64 = 8192;

#[derive(Debug)]
pub(crate) struct Secured {
    name: String,
    media_type: String,
    content: Kept,
    size: u64,
}

#[derive(Debug)]
enum Kept {
    Disk(TempPath),
    Memory(Bytes),
    /// An input that was never fetched and is passed through: it has an URL already.
    Url(String),
}

impl Secured {
    /// Keeps `file` as it is now. `directory` is asked for only if there has to be a copy.
    pub(crate) fn of(
        file: &Path,
        names: &mut Names,
        directory: impl FnOnce() -> io::Result<PathBuf>,
    ) -> Result<Self> {
        let (media_type, content, size) = match file.content() {
            Content::Url(url) => (String::new(), Kept::Url(url.clone()), 0),
            Content::Memory(bytes) => {
                (media_type::of(file, bytes), Kept::Memory(bytes.clone()), bytes.len() as u64)
            }
            Content::Disk => copy(file, directory).context("cannot publish an output file")?,
        };
        Ok(Self { name: names.take(file), media_type, content, size })
    }

    pub(crate) async fn publish(
        self,
        publisher: &dyn Publish,
        prediction: &PredictionId,
    ) -> Result<String, PublishError> {
        let content = match &self.content {
            Kept::Disk(path) => PublishContent::Disk(path),
            Kept::Memory(bytes) => PublishContent::Memory(bytes),
            Kept::Url(url) => return Ok(url.clone()),
        };
        let request = PublishRequest::new(prediction, &self.name, &self.media_type, content, self.size);
        publisher.publish(request).await
    }
}

fn copy(file: &StdPath, directory: impl FnOnce() -> io::Result<PathBuf>) -> Result<(String, Kept, u64)> {
    let unreadable = || format!("cannot read `{}`", file.display());
    let mut source = File::open(file).with_context(unreadable)?;
    let mut head = Vec::new();
    (&source).take(HEAD).read_to_end(&mut head).and_then(|_| source.rewind()).with_context(unreadable)?;

    let directory = directory().context("cannot make a directory for the output's files")?;
    let copied = || format!("cannot copy `{}`", file.display());
    let mut copy = tempfile::Builder::new().prefix("output-").tempfile_in(directory).with_context(copied)?;
    // Between two files, which the system can do without carrying the bytes here.
    let size = io::copy(&mut source, copy.as_file_mut()).with_context(copied)?;
    Ok((media_type::of(file, &head), Kept::Disk(copy.into_temp_path()), size))
}

/// The names that the files of a prediction have been given.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, usize>);

impl Names {
    /// Returns the name of `path` the first time, and `a-1.png`, `a-2.png` when `a.png` comes again.
    fn take(&mut self, path: &StdPath) -> String {
        let name = path.file_name().unwrap_or_else(|| OsStr::new("file")).to_string_lossy().into_owned();
        let mut unique = name.clone();
        while self.0.contains_key(&unique) {
            // Counted for each name, so that a long stream of equal names does not count from the start for each.
            let count = self.0.entry(name.clone()).or_default();
            *count += 1;
            let parts = StdPath::new(&name);
            let stem = parts.file_stem().unwrap_or_default().to_string_lossy();
            unique = match parts.extension() {
                Some(extension) => format!("{stem}-{count}.{}", extension.to_string_lossy()),
                None => format!("{stem}-{count}"),
            };
        }
        self.0.insert(unique.clone(), 0);
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_and_no_two_are_equal() {
        let mut names = Names::default();
        for (path, expected) in [
            ("out/a.png", "a.png"),
            ("a.png", "a-1.png"),
            ("/tmp/a-2.png", "a-2.png"),
            ("a.png", "a-3.png"),
            ("a-1.png", "a-1-1.png"),
            ("a.tar.gz", "a.tar.gz"),
            ("a.tar.gz", "a.tar-1.gz"),
            (".hidden", ".hidden"),
            (".hidden", ".hidden-1"),
            ("plain", "plain"),
            ("plain", "plain-1"),
            ("..", "file"),
            ("/", "file-1"),
        ] {
            assert_eq!(names.take(StdPath::new(path)), expected, "{path}");
        }
    }
}
