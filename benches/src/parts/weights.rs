//! How fast weights come, beside `curl` with one connection.
//!
//! Both are processes that download the same file from a server in this one to a directory below the system's temporary one, in turns.
//! Ours waits until the file is on the disk. `curl` does not, so what that takes counts as its time.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::child;
use crate::models;
use crate::options::Options;
use crate::report::{Bound, OURS, RATIO, Report};
use crate::statistics::median;
use crate::web;

const MIB: usize = 1 << 20;

/// What is downloaded, and how fast a connection may be.
struct Case {
    name: &'static str,
    size: usize,
    /// Bytes in a second; as fast as it goes if `None`.
    limit: Option<usize>,
    bound: Bound,
}

const CASES: [Case; 2] = [
    Case { name: "1 GiB", size: 1024 * MIB, limit: None, bound: Bound::AtMost(1.1) },
    Case {
        name: "256 MiB, 32 MiB/s a connection",
        size: 256 * MIB,
        limit: Some(32 * MIB),
        bound: Bound::AtMost(0.5),
    },
];

pub(super) fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let mut part = report.part("weights");
    if let Err(error) = run(Command::new("curl").arg("--version")) {
        part.absent("curl and sync", format!("it cannot be run: {error}"));
        return Ok(());
    }
    for Case { name, size, limit, bound } in CASES {
        let url = format!("{}weights.bin", web::serve(size, limit)?);
        let mut rounds = Vec::with_capacity(options.rounds);
        for _ in 0..options.rounds {
            let directory = tempfile::tempdir()?;
            let file = directory.path().join("curl");
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--fail", "--output"]).arg(&file).arg(&url);
            let begun = Instant::now();
            run(&mut curl).context("`curl` does not download")?;
            File::open(&file)?.sync_all()?;
            let curl = begun.elapsed();
            ensure!(file.metadata()?.len() == size as u64, "`curl` has got another file");
            std::fs::remove_file(&file)?;
            rounds.push((curl, pull(&url, directory.path())?));
        }
        let seconds = |figure: fn(&(Duration, Duration)) -> Duration| {
            median(rounds.iter().map(|round| figure(round).as_secs_f64()))
        };
        let ratio = median(rounds.iter().map(|(curl, own)| own.as_secs_f64() / curl.as_secs_f64()));
        part.add(name, OURS, seconds(|round| round.1), "s");
        part.add(name, "curl and sync", seconds(|round| round.0), "s");
        part.hold(format!("{name}, time over curl and sync"), OURS, ratio, RATIO, bound);
    }
    Ok(())
}

fn pull(url: &str, directory: &Path) -> anyhow::Result<Duration> {
    let mut command = Command::new(child::this_program()?);
    command.arg0(models::HELLO).args(["weights", "pull", url]).current_dir(directory);
    command.env_clear().env("COG_WEIGHTS_CACHE", directory.join("store"));
    let begun = Instant::now();
    run(&mut command).context("`weights pull` does not download")?;
    Ok(begun.elapsed())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status()?;
    ensure!(status.success(), "it ended with {status}");
    Ok(())
}
