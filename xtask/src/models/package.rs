//! Packages of registries, each of one version and with one content.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::workspace::run;

pub(super) struct Package {
    pub(super) registry: Registry,
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// Of the file that the registry sends.
    pub(super) sha256: &'static str,
}

/// Who has a package, and so which client fetches it and which tool opens it.
#[derive(Clone, Copy)]
pub(super) enum Registry {
    PyPi,
    Debian,
}

impl Package {
    /// Fetches the package below `work`, checks that it is the right one, and unpacks it into `directory`.
    pub(super) fn unpack(&self, work: &Path, directory: &Path) -> Result<()> {
        let downloads = work.join(self.name);
        fs::create_dir_all(&downloads)?;
        fs::create_dir_all(directory)?;
        match self.registry {
            Registry::PyPi => {
                // The file is one of Python 3.11 on Linux, whatever is running here: nothing of it is executed.
                let requirement = format!("{}=={}", self.name, self.version);
                run(Command::new("python3")
                    .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
                    .args([
                        "--only-binary=:all:",
                        "--implementation=cp",
                        "--python-version=3.11",
                        "--abi=cp311",
                        "--abi=none",
                    ])
                    .args(["--platform=manylinux_2_28_x86_64", "--platform=any", "--dest=."])
                    .arg(requirement)
                    .current_dir(&downloads))?;
            }
            Registry::Debian => {
                let versioned = format!("{}={}", self.name, self.version);
                let download = || {
                    let mut command = Command::new("apt-get");
                    command
                        .args(["download", "--quiet", "--quiet", "-o", "APT::Sandbox::User=root"])
                        .arg(&versioned);
                    command.current_dir(&downloads);
                    run(&mut command)
                };
                if download().is_err() {
                    // A fresh machine has no list of packages yet.
                    run(Command::new("apt-get").args(["update", "--quiet", "--quiet"]))?;
                    download()?;
                }
            }
        }
        let file = only_file(&downloads)?;
        let content = fs::read(&file)?;
        let digest = ring::digest::digest(&ring::digest::SHA256, &content);
        let sha256: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        ensure!(sha256 == self.sha256, "its sha256 is {sha256} and not {}", self.sha256);
        match self.registry {
            Registry::PyPi => {
                run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&file).arg(directory))
            }
            Registry::Debian => run(Command::new("dpkg-deb").arg("--extract").arg(&file).arg(directory)),
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} sha256:{}", self.name, self.version, self.sha256)
    }
}

fn only_file(directory: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(directory)?;
    let first = files.next().context("the registry sent nothing")??;
    ensure!(files.next().is_none(), "the registry sent more than one file");
    Ok(first.path())
}
