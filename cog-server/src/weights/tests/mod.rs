//! Bringing weights from servers that behave, and from servers that do not.

mod changes;
mod faults;
mod hub;
mod parts;
mod store;

mod host;

use std::fs;

use tempfile::TempDir;

use self::host::{Asked, Host, Sent};
use super::*;

const TAG: &str = "\"one\"";

/// A file of ten chunks and a bit.
fn content() -> Vec<u8> {
    (0..10_300_u32).map(|place| (place * 7 / 3) as u8).collect()
}

fn config(directory: &TempDir) -> StoreConfig {
    StoreConfig {
        chunk: 1000,
        connections: 4,
        retries: 2,
        first_delay: Duration::from_micros(100),
        ..StoreConfig::new(directory.path().to_owned())
    }
}

fn source(text: &str) -> Weights {
    text.parse().unwrap()
}

async fn bring_with(config: StoreConfig, url: &str, sha256: Option<Sha256>) -> Result<Vec<u8>, String> {
    let brought = Store::new(config, None).bring(&source(url), sha256).await;
    brought.map(|path| fs::read(path).unwrap()).map_err(|error| format!("{error:#}"))
}

async fn bring(directory: &TempDir, url: &str) -> Result<Vec<u8>, String> {
    bring_with(config(directory), url, None).await
}

/// What is left in the store: nothing that could be taken for a file.
fn files(directory: &TempDir) -> Vec<String> {
    let mut found = Vec::new();
    let mut directories = vec![directory.path().join("files")];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The files of the store's other half that hold what has arrived.
fn is_kept(directory: &TempDir, url: &str) -> bool {
    Place::of(directory.path(), &source(url)).unwrap().journal().exists()
}

fn sha256_of(content: &[u8]) -> Sha256 {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("content");
    fs::write(&path, content).unwrap();
    digest::of_file(&path).unwrap()
}
