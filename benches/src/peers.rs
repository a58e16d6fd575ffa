//! Servers that are not ours: their packages are installed by `cargo xtask bench`, and their programs are in `benches/peers`.
//!
//! Each has its packages in a directory of its own, beside the list that they were installed from. Who has none, or does not start, is an
//! error here, and absent in the report.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use crate::child::{Probe, Server};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// How many predictions Cog runs at once, where it runs more than one.
const COG_CONCURRENCY: &str = "64";

/// Whose versions are facts of a run, and in which directory they are.
const VERSIONS: [(&str, &str); 4] = [
    ("cog", "cog"),
    ("litserve", "litserve"),
    ("litserve-embed", "sentence-transformers"),
    ("litserve-embed", "torch"),
];

const LITSERVE_IS_READY: Probe = Probe { path: "/health", sign: b" 200 OK" };

/// Where the peers are installed, and why some are not.
pub(crate) struct Peers<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) absent: &'a [(String, String)],
}

impl Peers<'_> {
    /// Starts Cog's server: one prediction at a time if `is_alone`, otherwise many.
    pub(crate) fn cog(&self, is_alone: bool) -> anyhow::Result<Server> {
        self.start("cog", Probe::COG, |command, port| {
            let class = if is_alone { "Hello" } else { "AsyncHello" };
            command.args(["-m", "cog.server.http", "--host", "127.0.0.1"]).env("PORT", port);
            command.env("COG_PREDICT_TYPE_STUB", format!("cog_hello.py:{class}"));
            if !is_alone {
                command.env("COG_MAX_CONCURRENCY", COG_CONCURRENCY);
            }
        })
    }

    /// Starts LitServe with hello-world.
    pub(crate) fn litserve(&self) -> anyhow::Result<Server> {
        self.start("litserve", LITSERVE_IS_READY, |command, port| {
            command.args(["litserve_hello.py", port]);
        })
    }

    /// Starts LitServe with the model in a directory, and batches that wait so long for more.
    pub(crate) fn litserve_embed(&self, model: &Path, wait: Duration) -> anyhow::Result<Server> {
        self.start("litserve-embed", LITSERVE_IS_READY, |command, port| {
            // What is on this machine is all that it needs.
            command.args(["litserve_embed.py", port]).arg(model).arg(wait.as_secs_f64().to_string());
            command.env("HF_HUB_OFFLINE", "1");
        })
    }

    /// The versions of those who are installed, and that of Python.
    pub(crate) fn versions(&self) -> Vec<(&'static str, String)> {
        let version = |(directory, package): (&str, &'static str)| {
            let list = self.list(directory).ok()?;
            let line = list.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="))?;
            Some((package, line.split(' ').next()?.to_owned()))
        };
        let mut versions: Vec<_> = VERSIONS.into_iter().filter_map(version).collect();
        if !versions.is_empty()
            && let Ok(python) = python("platform.python_version()")
        {
            versions.push(("Python", python));
        }
        versions
    }

    fn start(
        &self,
        name: &str,
        probe: Probe,
        prepare: impl FnOnce(&mut Command, &str),
    ) -> anyhow::Result<Server> {
        if let Some((_, reason)) = self.absent.iter().find(|(absent, _)| absent == name) {
            bail!("{reason}");
        }
        self.list(name)?;
        // It is started elsewhere.
        let packages = self.directory.join(name).canonicalize()?;
        let interpreter = PathBuf::from(python("sys.executable")?);
        Server::launch(name, probe, |port, scratch| {
            // Cog starts `python` itself. It has to be this one, with no program before it that looks for one.
            symlink(&interpreter, scratch.join("python"))?;
            let mut path = std::ffi::OsString::from(scratch);
            path.push(":");
            path.push(std::env::var_os("PATH").unwrap_or_default());
            let mut command = Command::new(scratch.join("python"));
            command.current_dir(PROGRAMS).env_clear().env("PATH", path);
            command.env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1");
            prepare(&mut command, &port.to_string());
            Ok(command)
        })
    }

    /// What was installed, which is written last.
    fn list(&self, name: &str) -> anyhow::Result<String> {
        fs::read_to_string(self.directory.join(name).join("requirements.txt"))
            .context("it is not installed; `cargo xtask bench` does that")
    }
}

/// What Python says about itself.
fn python(expression: &str) -> anyhow::Result<String> {
    let program = format!("import platform, sys; print({expression})");
    let output =
        Command::new("python3").args(["-c", &program]).output().context("`python3` cannot be run")?;
    ensure!(output.status.success(), "`python3` ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_that_were_installed() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("cog")).unwrap();
        let list = "# Cog\n\ncoglet==0.1 \\\n    --hash=sha256:00\ncog==0.23.1 \\\n    --hash=sha256:01\n";
        fs::write(directory.path().join("cog/requirements.txt"), list).unwrap();
        let peers = Peers { directory: directory.path(), absent: &[] };
        assert_eq!(peers.versions().first(), Some(&("cog", "0.23.1".to_owned())));
    }

    #[test]
    fn who_is_not_installed_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let absent = [("litserve".to_owned(), "`pip` failed".to_owned())];
        let peers = Peers { directory: directory.path(), absent: &absent };
        let reason = |server: anyhow::Result<Server>| server.err().map(|error| error.to_string());
        assert_eq!(reason(peers.litserve()).as_deref(), Some("`pip` failed"));
        assert!(reason(peers.cog(true)).is_some_and(|reason| reason.contains("`cargo xtask bench`")));
    }
}
