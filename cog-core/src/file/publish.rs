//! Giving the files of an output an URL.

use anyhow::{Context, Result};

use super::path::Content;
use super::{Path, data_url, media_type};

/// Reads an output file and writes it as a `data:` URL.
pub(crate) fn to_data_url(file: &Path) -> Result<String> {
    if let Content::Url(url) = file.content() {
        // An input that was never fetched and is passed through.
        return Ok(url.clone());
    }
    let content = file.read().context("cannot publish an output file")?;
    Ok(data_url::encode(&media_type::of(file, &content), &content))
}
