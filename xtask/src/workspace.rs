//! Where things are, and running commands there.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// The checkout that this program was built from.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("`xtask` stands in no workspace")?;
        let output = clean("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(root)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run `cargo metadata`")?;
        ensure!(output.status.success(), "`cargo metadata` failed");
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let target =
            metadata["target_directory"].as_str().context("`cargo metadata` names no target directory")?;
        Ok(Self { root: root.to_owned(), target: target.into() })
    }

    /// Where tools of a pinned version are installed.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Prints a cargo command line and runs it.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Result<()> {
        self.cargo_with(&[], &arguments)
    }

    /// Prints a cargo command line with variables before it, and runs it.
    pub(crate) fn cargo_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Result<()> {
        let settings = variables.iter().map(|(name, value)| format!("{name}={} ", quoted(value)));
        let words: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
        let line = format!("{}cargo {}", settings.collect::<String>(), words.join(" "));
        say(format_args!("$ {line}"))?;
        let status = self
            .command(arguments)?
            .envs(variables.iter().copied())
            .status()
            .context("cannot run `cargo`")?;
        if !status.success() {
            bail!("`{line}` failed: {status}");
        }
        Ok(())
    }

    /// What a cargo command prints to standard output.
    pub(crate) fn output_of<const N: usize>(&self, arguments: [&str; N]) -> Result<String> {
        say(format_args!("$ cargo {}", arguments.join(" ")))?;
        let output =
            self.command(&arguments)?.stderr(Stdio::inherit()).output().context("cannot run `cargo`")?;
        ensure!(output.status.success(), "`cargo {}` failed: {}", arguments.join(" "), output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = clean("cargo");
        command.args(arguments).current_dir(&self.root).env("PATH", self.path()?).stdin(Stdio::null());
        Ok(command)
    }

    /// The search path with our tools first, so that `cargo deny` is the pinned one.
    fn path(&self) -> Result<OsString> {
        let path = env::var_os("PATH").unwrap_or_default();
        let tools = self.tools().join("bin");
        Ok(env::join_paths(std::iter::once(tools).chain(env::split_paths(&path)))?)
    }
}

/// A command without the variables that cargo has set for us. Build scripts watch them, so the command would compile anew what is there.
pub(crate) fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let is_ours =
            ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix));
        if is_ours {
            command.env_remove(name);
        }
    }
    command
}

/// Prints a command line and runs it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let line = line.join(OsStr::new(" ")).to_string_lossy().into_owned();
    say(format_args!("$ {line}"))?;
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

/// Prints a line.
pub(crate) fn say(line: impl Display) -> Result<()> {
    writeln!(stdout(), "{line}").context("cannot write to standard output")
}

/// A word as a shell has to be given it.
fn quoted(word: &str) -> String {
    if word.contains([' ', '*', '{']) { format!("'{word}'") } else { word.to_owned() }
}
