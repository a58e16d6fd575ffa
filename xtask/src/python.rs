//! What comes from Python's registry, each package of one version.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::workspace::{Workspace, say};

/// A directory of packages that `pip` has filled. It is no virtual environment, as not every Python can make one.
pub(crate) struct Python {
    pub(crate) packages: PathBuf,
}

impl Python {
    /// Installs what the task `name` needs below the target directory, unless it is there.
    ///
    /// `requirements.txt` of the task has the versions and hashes of everything, down to the last dependency.
    pub(crate) fn install(workspace: &Workspace, name: &str) -> Result<Self> {
        let packages = workspace.tools().join(name);
        let list = format!("xtask/{name}/requirements.txt");
        let requirements = workspace.root.join(&list);
        let wanted = fs::read_to_string(&requirements).with_context(|| format!("cannot read `{list}`"))?;
        let stamp = packages.join("requirements.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(Self { packages });
        }
        if packages.exists() {
            fs::remove_dir_all(&packages)?;
        }
        say(format_args!("$ python3 -m pip install --require-hashes --requirement {list}"))?;
        let status = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            // Nothing is built, and nothing comes along that is not in the list.
            .args(["--only-binary", ":all:", "--no-deps", "--require-hashes"])
            .arg("--requirement")
            .arg(&requirements)
            .arg("--target")
            .arg(&packages)
            .status()
            .context("cannot run `python3`; install Python 3.11 or later")?;
        ensure!(status.success(), "`pip` failed: {status}; it comes with the Debian package `python3-pip`");
        fs::write(stamp, wanted)?;
        Ok(Self { packages })
    }

    /// One of the installed programs.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("python3");
        command.arg(self.packages.join("bin").join(program));
        command.env("PYTHONPATH", &self.packages).env("PYTHONDONTWRITEBYTECODE", "1");
        // What is set for another program of this name.
        for (name, _) in
            env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SCHEMATHESIS_"))
        {
            command.env_remove(name);
        }
        command
    }
}
