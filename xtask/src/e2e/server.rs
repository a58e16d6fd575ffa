//! A server that runs as a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::shell::target;

/// How long a server may take to become ready, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The path of a program that has been built for release.
pub(super) fn program(name: &str) -> PathBuf {
    target().join("release").join(name)
}

/// Runs `curl` with `input` on its standard input, and returns the body of the reply.
pub(super) fn curl(arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60"]).args(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("cannot start `curl`")?;
    child.stdin.take().context("curl has no input")?.write_all(input)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{command:?} failed: {}", output.status);
    Ok(output.stdout)
}

/// A running server; killed when dropped.
pub(super) struct Server {
    name: &'static str,
    child: Child,
    port: u16,
}

impl Server {
    /// Starts a program on a free port and waits until it is ready.
    pub(super) fn start(name: &'static str, arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(program(name));
        command.args(["--port", "0"]).args(arguments).env("LOG_FORMAT", "console").env("NO_COLOR", "1");
        let mut child =
            command.stderr(Stdio::piped()).spawn().with_context(|| format!("cannot start `{name}`"))?;
        let mut log = BufReader::new(child.stderr.take().context("the server has no log")?);
        let mut line = String::new();
        log.read_line(&mut line)?;
        let port = line.trim_end().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let server = Self { name, child, port: port.with_context(|| format!("no address in `{line}`"))? };
        // The log has to be read, or the server's pipe fills up.
        std::thread::spawn(move || std::io::copy(&mut log.by_ref(), &mut std::io::sink()));
        let began = Instant::now();
        while server.health()?["status"] != "READY" {
            ensure!(began.elapsed() < PATIENCE, "`{name}` did not become ready");
            std::thread::yield_now();
        }
        Ok(server)
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(super) fn health(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&curl(&[&self.url("/health-check")], b"")?)?)
    }

    pub(super) fn predict(&self, input: &Value) -> Result<Value> {
        let body = json!({ "input": input }).to_string();
        let url = self.url("/predictions");
        let reply = curl(&["-H", "content-type: application/json", "-d", "@-", &url], body.as_bytes())?;
        Ok(serde_json::from_slice(&reply)?)
    }

    /// The most memory that the server has ever had, in KiB.
    pub(super) fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }

    /// Sends a signal and waits for a clean end.
    pub(super) fn stop(self, signal: &str) -> Result<()> {
        let sent = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status()?;
        ensure!(sent.success(), "cannot send SIG{signal}");
        self.ended()
    }

    /// Waits for a clean end.
    pub(super) fn ended(mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "`{}` ended with {status}", self.name);
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                bail!("`{}` did not end", self.name);
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Does nothing where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
