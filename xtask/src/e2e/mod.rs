//! The examples as their users run them: release binaries, real sockets, signals and a shell.
//!
//! Each check gets a sentence and what was measured. The first that fails ends the run.

mod hello_world;
mod http;
mod pages;
mod server;
mod upscale;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::workspace::{Workspace, say};

/// What the checks share.
struct Bench<'a> {
    workspace: &'a Workspace,
    /// Where logs and results go.
    scratch: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(workspace: &'a Workspace) -> Result<Self> {
        let scratch = workspace.target.join("e2e");
        fs::create_dir_all(&scratch)?;
        Ok(Self { workspace, scratch })
    }

    /// A file of the repository.
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let path = self.workspace.root.join(path);
        fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
    }

    /// Runs one check and tells what it measured.
    fn check<T>(&self, claim: &str, run: impl FnOnce() -> Result<(T, String)>) -> Result<T> {
        let (value, measured) = run().with_context(|| format!("not so: {claim}"))?;
        let separator = if measured.is_empty() { "" } else { ": " };
        say(format_args!("ok: {claim}{separator}{measured}"))?;
        Ok(value)
    }
}

/// Runs all checks. The release binaries have to be there.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let bench = Bench::new(workspace)?;
    hello_world::check(&bench)?;
    upscale::check(&bench)?;
    pages::check_readme(&bench)
}

/// Follows the pages of the guide.
pub(crate) fn run_guide(workspace: &Workspace) -> Result<()> {
    pages::check_guide(&Bench::new(workspace)?)
}
