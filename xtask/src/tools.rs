//! The tools that cargo does not bring along, each of one version, and valgrind.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::workspace::{Workspace, run};

/// A cargo subcommand from the registry.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
pub(crate) const HACK: Tool = Tool { name: "cargo-hack", version: "0.6.46" };

impl Tool {
    /// Installs the tool below the target directory if it is not there yet.
    ///
    /// It is not optimised: each runs for seconds, and on two cores that saves minutes of compiling.
    pub(crate) fn install(&self, workspace: &Workspace) -> Result<()> {
        let tools = workspace.tools();
        let installed = tools.join(format!("{}-{}", self.name, self.version));
        if installed.exists() {
            return Ok(());
        }
        let root = tools.to_string_lossy();
        let build = tools.join("build");
        workspace.cargo_with(
            &[("CARGO_PROFILE_DEV_DEBUG", "false")],
            &[
                "install",
                "--quiet",
                "--locked",
                "--debug",
                "--no-default-features",
                "--force",
                "--root",
                &root,
                "--target-dir",
                &build.to_string_lossy(),
                &format!("{}@{}", self.name, self.version),
            ],
        )?;
        std::fs::write(installed, "")?;
        Ok(())
    }
}

/// Installs valgrind if it is not there yet. In whichever version Debian has: a mirror keeps no other.
pub(crate) fn install_valgrind() -> Result<()> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok() {
        return Ok(());
    }
    let install = || {
        let options = ["install", "--quiet", "--quiet", "--yes", "--no-install-recommends", "valgrind"];
        run(Command::new("apt-get").args(options).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let updated = || {
        // A fresh machine has no list of packages yet.
        run(Command::new("apt-get").args(["update", "--quiet", "--quiet"]))?;
        install()
    };
    install()
        .or_else(|_| updated())
        .context("there is no valgrind, and only root can install it; install it and try again")
}
