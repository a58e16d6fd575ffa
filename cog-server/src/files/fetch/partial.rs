//! A file on its way here.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// A new file that only its owner may read. Unless it is [kept](Self::keep) it is removed, however the fetch ends.
///
/// It is written with blocking calls: a fetch runs on the thread of its prediction, which may block. A write that ran elsewhere could
/// still be at it when the fetch has been given up and the directory is being removed.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    file: File,
    is_kept: bool,
}

impl Partial {
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok(Self { path, file, is_kept: false })
    }

    pub(super) fn append(&mut self, content: &[u8]) -> io::Result<()> {
        self.file.write_all(content)
    }

    pub(super) fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        std::mem::take(&mut self.path)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_kept {
            // What is left goes with the prediction's directory.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
