//! The examples as their users run them: release binaries, real sockets, signals and a shell.
//!
//! Each check gets a sentence and what was measured. The first that fails ends the run.

mod classify;
mod detect_speech;
mod embed;
mod generate;
mod hello_world;
mod http;
mod pages;
mod server;
mod transcribe;
mod upscale;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

pub(crate) use self::server::Server;
use crate::workspace::{Workspace, say};

/// What the checks share.
pub(crate) struct Bench<'a> {
    pub(crate) workspace: &'a Workspace,
    profile: &'static str,
    /// Where logs and results go.
    pub(crate) scratch: PathBuf,
}

impl<'a> Bench<'a> {
    /// Checks binaries of `profile`, with a directory called `scratch` below the target directory.
    pub(crate) fn new(workspace: &'a Workspace, profile: &'static str, scratch: &str) -> Result<Self> {
        let scratch = workspace.target.join(scratch);
        fs::create_dir_all(&scratch)?;
        Ok(Self { workspace, profile, scratch })
    }

    /// The binary of an example.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.workspace.target.join(self.profile).join(name)
    }

    /// A file of the repository.
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let path = self.workspace.root.join(path);
        fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
    }

    /// Runs one check and tells what it measured.
    pub(crate) fn check<T>(&self, claim: &str, run: impl FnOnce() -> Result<(T, String)>) -> Result<T> {
        let (value, measured) = run().with_context(|| format!("not so: {claim}"))?;
        let separator = if measured.is_empty() { "" } else { ": " };
        say(format_args!("ok: {claim}{separator}{measured}"))?;
        Ok(value)
    }
}

/// Runs all checks. The release binaries have to be there.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let bench = Bench::new(workspace, "release", "e2e")?;
    hello_world::check(&bench)?;
    upscale::check(&bench)?;
    detect_speech::check(&bench)?;
    classify::check(&bench)?;
    embed::check(&bench)?;
    generate::check(&bench)?;
    transcribe::check(&bench)?;
    pages::check_readme(&bench)
}

/// Follows the pages of the guide.
pub(crate) fn run_guide(workspace: &Workspace) -> Result<()> {
    pages::check_guide(&Bench::new(workspace, "release", "e2e")?)
}
