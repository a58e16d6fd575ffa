//! How fast weights come, beside `curl` with one connection.
//!
//! Both are processes that download the same file from a server in this one to a directory below the system's temporary one, in turns.
//! Where that is a disk, ours waits until the file is on it and `curl` does not; set `TMPDIR` to a directory in memory to leave that out.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::child;
use crate::hello;
use crate::options::Options;
use crate::report::{Bound, OURS, RATIO, Report};
use crate::statistics::median;

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
    if let Err(error) = time(Command::new("curl").arg("--version")) {
        part.absent("curl", format!("it cannot be run: {error}"));
        return Ok(());
    }
    for Case { name, size, limit, bound } in CASES {
        let url = serve(size, limit)?;
        let mut rounds = Vec::with_capacity(options.rounds);
        for _ in 0..options.rounds {
            let directory = tempfile::tempdir()?;
            let file = directory.path().join("curl");
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--fail", "--output"]).arg(&file).arg(&url);
            let curl = time(&mut curl).context("`curl` does not download")?;
            ensure!(file.metadata()?.len() == size as u64, "`curl` has got another file");
            std::fs::remove_file(&file)?;
            rounds.push((curl, pull(&url, directory.path())?));
        }
        let seconds = |figure: fn(&(Duration, Duration)) -> Duration| {
            median(rounds.iter().map(|round| figure(round).as_secs_f64()))
        };
        let ratio = median(rounds.iter().map(|(curl, own)| own.as_secs_f64() / curl.as_secs_f64()));
        part.add(name, OURS, seconds(|round| round.1), "s");
        part.add(name, "curl", seconds(|round| round.0), "s");
        part.hold(format!("{name}, time over curl"), OURS, ratio, RATIO, bound);
    }
    Ok(())
}

fn pull(url: &str, directory: &Path) -> anyhow::Result<Duration> {
    let mut command = Command::new(child::this_program()?);
    command.arg0(hello::NAME).args(["weights", "pull", url]).current_dir(directory);
    command.env_clear().env("COG_WEIGHTS_CACHE", directory.join("store"));
    time(&mut command).context("`weights pull` does not download")
}

fn time(command: &mut Command) -> anyhow::Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status()?;
    ensure!(status.success(), "it ended with {status}");
    Ok(begun.elapsed())
}

/// Starts a server that ends with the process, and returns the URL of its file.
fn serve(size: usize, limit: Option<usize>) -> anyhow::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("http://{}/weights.bin", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever has all that it wants closes the connection, which is an error here.
            thread::spawn(move || answer(&stream, size, limit));
        }
    });
    Ok(url)
}

/// Answers all requests of a connection.
fn answer(mut stream: &TcpStream, size: usize, limit: Option<usize>) -> std::io::Result<()> {
    let content = vec![7; MIB];
    let mut reader = BufReader::new(stream);
    loop {
        let mut range = None;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
                range = text
                    .trim()
                    .split_once('-')
                    .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
            }
            if line == "\r\n" {
                break;
            }
        }
        let is_part = range.is_some();
        let (first, last): (usize, usize) = range.unwrap_or((0, size - 1));
        let last = last.min(size - 1);
        let length = last + 1 - first;
        let status = if is_part { "206 Partial Content" } else { "200 OK" };
        let part =
            if is_part { format!("content-range: bytes {first}-{last}/{size}\r\n") } else { String::new() };
        write!(stream, "HTTP/1.1 {status}\r\n{part}content-length: {length}\r\netag: \"a\"\r\n\r\n")?;
        let begun = Instant::now();
        let mut sent = 0;
        while sent < length {
            let next = content.get(..MIB.min(length - sent)).unwrap_or_default();
            stream.write_all(next)?;
            sent += next.len();
            if let Some(limit) = limit {
                thread::sleep(
                    Duration::from_secs_f64(sent as f64 / limit as f64).saturating_sub(begun.elapsed()),
                );
            }
        }
    }
}
