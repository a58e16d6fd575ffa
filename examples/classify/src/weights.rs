//! Where the weights are.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use cog_core::{Setup, Weights};

/// Returns the path that the setup names, or else the directory that `cargo xtask models classify` makes.
///
/// # Errors
/// When nothing is there.
pub(crate) fn path(setup: &Setup) -> Result<PathBuf> {
    let path = match setup.weights() {
        Some(Weights::Path(path)) => path.clone(),
        Some(other) => bail!("cannot load weights from `{other}`; set `COG_WEIGHTS` to a path"),
        None => cache()?.join("classify"),
    };
    ensure!(
        path.exists(),
        "there are no weights at `{}`; run `cargo xtask models classify`, or set `COG_WEIGHTS` to a file of an EfficientNet-Lite0",
        path.display()
    );
    Ok(path)
}

/// Where `cargo xtask models` keeps what it fetches.
pub(crate) fn cache() -> Result<PathBuf> {
    let given = env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let root = given.or_else(|| Some(env::home_dir()?.join(".cache")));
    Ok(root
        .context("there is no home directory to look for weights in; set `COG_WEIGHTS`")?
        .join("cog/models"))
}
