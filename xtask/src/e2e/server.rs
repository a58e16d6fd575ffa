//! A server in a process of its own.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::Bench;
use super::http::Connection;

/// How long a server may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ends with the value.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a binary on a free port. What it logs goes to a file of its name.
    pub(crate) fn start(bench: &Bench<'_>, name: &str) -> Result<Self> {
        // Free a moment ago; `--port 0` would keep us from knowing it.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = File::create(bench.scratch.join(format!("{name}.log")))?;
        let process = command(bench, name)
            .args(["--port", &port.to_string()])
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        Ok(Self { process, address: (Ipv4Addr::LOCALHOST, port).into() })
    }

    /// Waits until the server says that it is ready.
    pub(crate) fn wait_until_ready(&mut self) -> Result<Duration> {
        let start = Instant::now();
        while !self.is_ready() {
            if let Some(status) = self.process.try_wait()? {
                bail!("the server ended with {status} before it was ready");
            }
            ensure!(start.elapsed() < PATIENCE, "not ready after {PATIENCE:?}");
            sleep(Duration::from_millis(1));
        }
        Ok(start.elapsed())
    }

    fn is_ready(&self) -> bool {
        let health = || Connection::open(self.address)?.get("/health-check")?.json();
        health().is_ok_and(|health| health["status"] == "READY")
    }

    /// The most memory that the process ever had, in MiB.
    pub(super) fn peak_memory(&self) -> Result<u64> {
        self.mebibytes("VmHWM:")
    }

    /// The memory that the process has, in MiB.
    pub(super) fn memory(&self) -> Result<u64> {
        self.mebibytes("VmRSS:")
    }

    fn mebibytes(&self, name: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let line = line.with_context(|| format!("no `{name}`"))?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes / 1024)
    }

    /// Sends a signal and waits for the end.
    pub(super) fn end_by(mut self, signal: &str) -> Result<(ExitStatus, Duration)> {
        let start = Instant::now();
        let kill = format!("kill -s {signal} {}", self.process.id());
        let sent = Command::new("sh").args(["-c", &kill]).status()?;
        ensure!(sent.success(), "`{kill}` failed");
        let status = wait(&mut self.process)?;
        Ok((status, start.elapsed()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail if it has ended already, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the server, sends a signal, and expects the exit code that goes with it.
pub(super) fn check_signals(bench: &Bench<'_>, name: &str) -> Result<()> {
    for (signal, code) in [("INT", 130), ("TERM", 0)] {
        bench.check(&format!("`{name}` ends with {code} at SIG{signal}"), || {
            let mut server = Server::start(bench, name)?;
            server.wait_until_ready()?;
            let (status, time) = server.end_by(signal)?;
            ensure!(status.code() == Some(code), "it ended with {status}");
            Ok(((), format!("{} ms", time.as_millis())))
        })?;
    }
    Ok(())
}

/// Starts the server on a port that is taken, and expects one line that says so.
pub(super) fn check_port_in_use(bench: &Bench<'_>, name: &str) -> Result<()> {
    bench.check(&format!("`{name}` says in one line that its port is taken"), || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port().to_string();
        let log = bench.scratch.join(format!("{name}-port.log"));
        let mut process = command(bench, name)
            .args(["--port", &port])
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        let status = wait(&mut process)?;
        ensure!(!status.success(), "it ended with 0");
        let told = fs::read_to_string(log)?;
        ensure!(told.lines().count() == 1, "it printed {} lines: {told}", told.lines().count());
        Ok(((), told.trim_end().to_owned()))
    })
}

/// A binary, untouched by variables that are meant for other servers.
fn command(bench: &Bench<'_>, name: &str) -> Command {
    let mut command = Command::new(bench.binary(name));
    for variable in ["PORT", "COG_MAX_CONCURRENCY", "COG_WEIGHTS", "COG_DEVICE"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// Waits for the end of a process, and makes one if it does not come.
fn wait(process: &mut Child) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > PATIENCE {
            process.kill()?;
            process.wait()?;
            bail!("it was still there after {PATIENCE:?}");
        }
        sleep(Duration::from_millis(1));
    }
}
