//! A prediction's own directory: made when needed, removed once.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

/// A temporary directory that exists from when it is first asked for until it is removed. Nobody else can look into it.
#[derive(Debug)]
pub(crate) struct Directory {
    parent: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Absent,
    Present(TempDir),
    Removed,
}

impl Directory {
    /// A directory below `parent`, or below the system's temporary directory.
    pub(crate) const fn new(parent: Option<PathBuf>) -> Self {
        Self { parent, state: Mutex::new(State::Absent) }
    }

    pub(crate) fn path(&self) -> io::Result<PathBuf> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Present(directory) => Ok(directory.path().to_owned()),
            State::Removed => Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the prediction has ended and its directory is gone",
            )),
            State::Absent => {
                let mut builder = tempfile::Builder::new();
                builder.prefix("cog-");
                #[cfg(unix)]
                builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
                let directory = match &self.parent {
                    Some(parent) => builder.tempdir_in(parent)?,
                    None => builder.tempdir()?,
                };
                let path = directory.path().to_owned();
                *state = State::Present(directory);
                Ok(path)
            }
        }
    }

    pub(crate) fn remove(&self) {
        let state = std::mem::replace(
            &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner),
            State::Removed,
        );
        if let State::Present(directory) = state
            && let Err(error) = directory.close()
        {
            tracing::error!(%error, "cannot remove the directory of a prediction");
        }
    }
}
