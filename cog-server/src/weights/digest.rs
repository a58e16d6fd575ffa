//! SHA-256 of files.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cog_core::Sha256;
use ring::digest::{Context, Digest, SHA256, digest};

/// Reads `path` to its end.
pub(super) fn of_file(path: &Path) -> io::Result<Sha256> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(own(&context.finish()));
        }
        context.update(buffer.get(..length).unwrap_or_default());
    }
}

/// The same on a thread that may block. Given up, it reads on to no effect.
pub(super) async fn of_file_aside(path: PathBuf) -> io::Result<Sha256> {
    tokio::task::spawn_blocking(move || of_file(&path))
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

pub(super) fn of_text(text: &str) -> Sha256 {
    own(&digest(&SHA256, text.as_bytes()))
}

fn own(digest: &Digest) -> Sha256 {
    let mut bytes = [0; 32];
    // Both have the length of a SHA-256.
    for (byte, computed) in bytes.iter_mut().zip(digest.as_ref()) {
        *byte = *computed;
    }
    bytes.into()
}
