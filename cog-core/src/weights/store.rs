//! From what names weights to where they are.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use async_trait::async_trait;

use super::{Sha256, Weights};
use crate::error::Result;

/// Somebody who keeps weights on this machine, and brings those that are not there. The engine is given one; without it only paths can
/// be loaded.
///
/// Dropping the future gives the transfer up.
#[async_trait]
pub trait WeightsStore: Send + Sync + 'static {
    /// Returns the path of the weights, which are all there.
    ///
    /// # Errors
    /// An error that says which weights are not to be had, and why. It becomes the reason of a setup that failed.
    async fn fetch(&self, request: WeightsRequest<'_>) -> Result<PathBuf>;
}

/// Weights to bring.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WeightsRequest<'a> {
    /// Where they are; never a path.
    pub source: &'a Weights,
    /// What their content has to be, if that is known.
    pub sha256: Option<Sha256>,
}

impl<'a> WeightsRequest<'a> {
    /// Weights to bring from `source`.
    #[must_use]
    pub const fn new(source: &'a Weights, sha256: Option<Sha256>) -> Self {
        Self { source, sha256 }
    }
}

/// Returns where the weights are, and brings them first if they are not on this machine.
pub(crate) async fn locate(request: WeightsRequest<'_>, store: Option<&dyn WeightsStore>) -> Result<PathBuf> {
    match (request.source, store) {
        (Weights::Path(path), _) => look_at(path),
        (_, Some(store)) => store.fetch(request).await,
        (source, None) => {
            bail!("cannot fetch `{source}`: only weights on this machine can be loaded here; give their path")
        }
    }
}

fn look_at(path: &Path) -> Result<PathBuf> {
    // Where a relative path starts from is what people get wrong.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    std::fs::metadata(&absolute)
        .with_context(|| format!("there are no weights at `{}`", absolute.display()))?;
    Ok(path.to_owned())
}
