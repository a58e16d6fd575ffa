//! What there is of weights, and whether it is right.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use cog_core::Sha256;
use serde::{Deserialize, Serialize};

use super::{Place, digest, say};

/// What was known of a file when it was whole. It may be missing: then the file says all that there is to know.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Record {
    /// Where the file comes from, for people.
    pub(super) source: String,
    pub(super) bytes: u64,
    /// In hexadecimal digits; `None` if nobody has computed it.
    pub(super) sha256: Option<String>,
}

impl Record {
    pub(super) fn read(place: &Place) -> Option<Self> {
        serde_json::from_slice(&fs::read(place.record()).ok()?).ok()
    }

    pub(super) fn write(&self, place: &Place) -> io::Result<()> {
        fs::write(place.record(), serde_json::to_vec(self)?)
    }

    fn is_of(&self, sha256: Sha256) -> bool {
        self.sha256.as_deref().and_then(|text| text.parse().ok()) == Some(sha256)
    }
}

/// Tells whether the file at `place` is the one that is wanted.
pub(super) async fn is_right(place: &Place, sha256: Option<Sha256>) -> Result<bool> {
    let path = place.file();
    let Ok(found) = fs::metadata(&path) else { return Ok(false) };
    let record = Record::read(place);
    if record.as_ref().is_some_and(|record| record.bytes != found.len()) {
        say(&format!("`{}` has been changed: fetching it anew", path.display()));
        return Ok(false);
    }
    let Some(wanted) = sha256 else { return Ok(true) };
    if record.as_ref().is_some_and(|record| record.is_of(wanted)) {
        return Ok(true);
    }
    let computed = digest::of_file_aside(path.clone()).await;
    let is_right = computed.with_context(|| format!("cannot read `{}`", path.display()))? == wanted;
    if !is_right {
        say(&format!("`{}` has another sha256 than is wanted", path.display()));
    } else if let Some(record) = record {
        // To be spared the reading next time. A store that cannot be written to is read each time.
        let _ = Record { sha256: Some(wanted.to_string()), ..record }.write(place);
    }
    Ok(is_right)
}

/// What there is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Missing,
    /// A file of so many bytes.
    File(u64),
    Directory,
}

impl State {
    pub(super) fn of(path: &Path) -> Result<Self> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(Self::Directory),
            Ok(found) => Ok(Self::File(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Missing),
            Err(error) => Err(error).with_context(|| format!("cannot look at `{}`", path.display())),
        }
    }
}

/// What came of comparing weights with what is known of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Missing,
    /// It has the sha256 that it has to have.
    Right(Sha256),
    Wrong {
        found: Sha256,
        wanted: Sha256,
    },
    /// It has this sha256, and nobody knows which it has to have.
    Unknown(Sha256),
    /// A directory, of which nothing is known.
    Directory,
}

impl Verdict {
    /// What is wanted wins over what was noted when the file came.
    pub(super) fn of(path: &Path, wanted: Option<Sha256>, record: Option<&Record>) -> Result<Self> {
        match State::of(path)? {
            State::Missing => return Ok(Self::Missing),
            State::Directory => return Ok(Self::Directory),
            State::File(_) => {}
        }
        let found = digest::of_file(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let noted = || record.and_then(|record| record.sha256.as_deref()?.parse().ok());
        Ok(match wanted.or_else(noted) {
            None => Self::Unknown(found),
            Some(wanted) if wanted == found => Self::Right(found),
            Some(wanted) => Self::Wrong { found, wanted },
        })
    }
}
