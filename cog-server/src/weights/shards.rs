//! Weights in several files: the index that names them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// How the name of an index ends, for tensors of every format.
const ENDING: &str = ".index.json";

/// The largest index that is read, in bytes. Those of models with thousands of tensors have some hundred thousand.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Deserialize)]
struct Index {
    /// For each tensor the file that has it.
    weight_map: BTreeMap<String, String>,
}

/// Returns the files that stand beside `path` and belong to it: none, unless it is an index.
pub(super) fn of(path: &Path) -> Result<BTreeSet<String>> {
    let is_index = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(ENDING));
    if !is_index {
        return Ok(BTreeSet::new());
    }
    let length = fs::metadata(path)?.len();
    ensure!(length <= MAX_BYTES, "the index is too large: {length} bytes, and {MAX_BYTES} are read at most");
    let index: Index =
        serde_json::from_slice(&fs::read(path)?).context("it is no index of files with weights")?;
    let names: BTreeSet<_> = index.weight_map.into_values().collect();
    if let Some(stranger) = names.iter().find(|name| !is_name(name)) {
        anyhow::bail!("the index names `{stranger}`, which is no name of a file beside it");
    }
    Ok(names)
}

/// Whether it is a name that a file in the same directory can have, and none of an index.
fn is_name(name: &str) -> bool {
    let is_strange = |letter: char| letter.is_control() || "/\\?#".contains(letter);
    !matches!(name, "" | "." | "..") && !name.contains(is_strange) && !name.ends_with(ENDING)
}
