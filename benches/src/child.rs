//! A server as a child process: started, waited for, looked at, and killed.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, bail, ensure};

use crate::{bare, models};

/// Longer than any start that is worth measuring.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs until this value is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    started_in: Duration,
}

impl Server {
    /// Starts the bare handlers of the binary at `program`.
    pub(crate) fn bare(program: &Path) -> anyhow::Result<Self> {
        Self::start(program, bare::NAME, &[], &[])
    }

    /// Starts the hello-world model of the binary at `program`.
    pub(crate) fn hello(program: &Path, slots: usize) -> anyhow::Result<Self> {
        Self::model(program, models::HELLO, &["--max-concurrency", &slots.to_string()])
    }

    /// Starts a model's server.
    pub(crate) fn model(program: &Path, name: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start(program, name, arguments, &[])
    }

    /// Starts the server that `program` is under this name, with these variables and no others.
    pub(crate) fn start(
        program: &Path,
        name: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        // Somebody could take the port before the child does; then the child ends, which is told.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(program);
        command.arg0(name).args(arguments).args(["--port", &address.port().to_string()]);
        // Where models look for their weights, if they are told no other place.
        let kept = std::env::var_os("HOME").map(|home| ("HOME", home));
        command.env_clear().envs(kept).envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let process = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self { process, address, started_in: Duration::ZERO };
        server.wait_until_ready().with_context(|| format!("`{name}` does not start"))?;
        server.started_in = begin.elapsed();
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let begin = Instant::now();
        while !is_ready(self.address) {
            if let Some(status) = self.process.try_wait()? {
                bail!("it ended with {status}");
            }
            ensure!(begin.elapsed() < PATIENCE, "it takes longer than {PATIENCE:?}");
            thread::sleep(Duration::from_micros(100));
        }
        Ok(())
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How long it took from before the process was there until it said that it is ready.
    pub(crate) const fn started_in(&self) -> Duration {
        self.started_in
    }

    /// The resident memory of the process, in bytes.
    pub(crate) fn resident_memory(&self) -> anyhow::Result<u64> {
        self.memory("VmRSS:")
    }

    /// The most resident memory that the process has had until now, in bytes.
    pub(crate) fn peak_memory(&self) -> anyhow::Result<u64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, what: &str) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(what));
        let line = line.with_context(|| format!("no `{what}`"))?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024)
    }

    /// How long the threads of the process have run until now.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            let running: u64 = text.split(' ').next().unwrap_or_default().parse()?;
            nanoseconds += running;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted here.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /health-check HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).map(|_| reply)
    };
    ask().is_ok_and(|reply: Vec<u8>| reply.windows(7).any(|window| window == b"\"READY\""))
}

/// Returns the binary that runs.
pub(crate) fn this_program() -> anyhow::Result<std::path::PathBuf> {
    std::env::current_exe().context("cannot find out which program this is")
}

/// Returns the last part of a path, as a name in a table.
pub(crate) fn name_of(program: &Path) -> String {
    program.file_name().and_then(OsStr::to_str).unwrap_or("?").to_owned()
}
