//! A file of an input or an output.

use std::ffi::OsStr;
use std::io;
use std::ops::Deref;
use std::path::{Path as StdPath, PathBuf};

use bytes::Bytes;

/// A file: in an input, one that has been fetched for this prediction; in an output, one to publish.
///
/// It can be used as a [`std::path::Path`]. A fetched file belongs to its prediction and is deleted with it. An output made with
/// [`from_bytes`](Self::from_bytes) never touches the disk; one made from a path is read when `predict` returns it, or when its
/// stream yields it, and is left where it is.
///
/// ```
/// use cog_core::Path;
///
/// let drawn = Path::from_bytes("square.svg", "<svg/>");
/// let written = Path::from("out/square.svg");
/// assert_eq!(written.extension().unwrap(), "svg");
/// ```
#[derive(Clone, Debug)]
pub struct Path {
    /// Where the file is, or the name it would have.
    path: PathBuf,
    content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// The file at the path.
    Disk,
    /// These bytes.
    Memory(Bytes),
    /// Whatever this URL leads to; not fetched yet.
    Url(String),
}

impl Path {
    /// A file called `name` that has `content` and exists in memory only.
    ///
    /// The name tells clients what it is: its extension decides the media type where the content does not.
    pub fn from_bytes(name: impl AsRef<str>, content: impl Into<Bytes>) -> Self {
        let name = name.as_ref();
        // A name is never a way out of a directory, wherever it comes from.
        let name = StdPath::new(name).file_name().unwrap_or_else(|| OsStr::new("file"));
        Self { path: PathBuf::from(name), content: Content::Memory(content.into()) }
    }

    pub(crate) fn from_url(url: String) -> Self {
        Self { path: PathBuf::new(), content: Content::Url(url) }
    }

    /// Takes the URL out of a file that is not fetched yet, which still is none afterwards.
    pub(crate) fn take_url(&mut self) -> Option<String> {
        match &mut self.content {
            Content::Url(url) => Some(std::mem::take(url)),
            Content::Disk | Content::Memory(_) => None,
        }
    }

    pub(crate) const fn content(&self) -> &Content {
        &self.content
    }

    /// Reads the whole file.
    ///
    /// # Errors
    /// Whatever reading the file meets, with the path in its text.
    pub fn read(&self) -> io::Result<Bytes> {
        match &self.content {
            Content::Memory(bytes) => Ok(bytes.clone()),
            Content::Disk | Content::Url(_) => match std::fs::read(&self.path) {
                Ok(bytes) => Ok(bytes.into()),
                Err(error) => Err(io::Error::new(
                    error.kind(),
                    format!("cannot read `{}`: {error}", self.path.display()),
                )),
            },
        }
    }
}

impl Deref for Path {
    type Target = StdPath;

    fn deref(&self) -> &StdPath {
        &self.path
    }
}

impl AsRef<StdPath> for Path {
    fn as_ref(&self) -> &StdPath {
        &self.path
    }
}

impl<T: Into<PathBuf>> From<T> for Path {
    fn from(path: T) -> Self {
        Self { path: path.into(), content: Content::Disk }
    }
}
