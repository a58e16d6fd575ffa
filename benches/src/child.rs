//! A server as a child process: started, waited for, looked at, and killed, with all that it has started itself.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::{bare, models};

/// Longer than any start that is worth measuring.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that runs until this value is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    started_in: Duration,
    /// What it writes to temporary files goes with it.
    _scratch: TempDir,
}

/// How a server says that it is ready.
#[derive(Clone, Copy)]
pub(crate) struct Probe {
    pub(crate) path: &'static str,
    /// What a reply of one that is ready contains.
    pub(crate) sign: &'static [u8],
}

impl Probe {
    /// That of Cog's servers, and so of ours.
    pub(crate) const COG: Self = Self { path: "/health-check", sign: b"\"READY\"" };
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
        Self::launch(name, Probe::COG, |port, _| {
            let mut command = Command::new(program);
            command.arg0(name).args(arguments).args(["--port", &port.to_string()]);
            command.env_clear().envs(variables.iter().copied());
            Ok(command)
        })
    }

    /// Starts what `prepare` makes of a port and a directory, which is there as long as the server.
    pub(crate) fn launch(
        name: &str,
        probe: Probe,
        prepare: impl FnOnce(u16, &Path) -> anyhow::Result<Command>,
    ) -> anyhow::Result<Self> {
        // Somebody could take the port before the child does; then the child ends, which is told.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let scratch = tempfile::tempdir()?;
        let mut command = prepare(address.port(), scratch.path())?;
        // Where models look for their weights, if they are told no other place.
        command.envs(std::env::var_os("HOME").map(|home| ("HOME", home))).env("TMPDIR", scratch.path());
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let process =
            command.spawn().with_context(|| format!("cannot start `{}`", command.get_program().display()))?;
        let mut server = Self { process, address, started_in: Duration::ZERO, _scratch: scratch };
        server.wait_until_ready(probe).with_context(|| format!("`{name}` does not start"))?;
        server.started_in = begin.elapsed();
        Ok(server)
    }

    fn wait_until_ready(&mut self, probe: Probe) -> anyhow::Result<()> {
        let begin = Instant::now();
        while !is_ready(self.address, probe) {
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

    /// The resident memory of its processes, in bytes.
    ///
    /// Of one process that is all of it. What several have in common counts once, as each has its share of it.
    pub(crate) fn resident_memory(&self) -> anyhow::Result<u64> {
        self.memory("VmRSS:")
    }

    /// The part of it that is the process's own, without what is in memory of its binary and its libraries, in bytes.
    pub(crate) fn own_memory(&self) -> anyhow::Result<u64> {
        self.memory("RssAnon:")
    }

    /// The most resident memory that the process has had until now, in bytes.
    pub(crate) fn peak_memory(&self) -> anyhow::Result<u64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, what: &str) -> anyhow::Result<u64> {
        let processes = self.processes()?;
        let (file, field) = if processes.len() > 1 { ("smaps_rollup", "Pss:") } else { ("status", what) };
        let mut kibibytes = 0;
        for process in processes {
            let text = fs::read_to_string(process.join(file))?;
            let line = text.lines().find_map(|line| line.strip_prefix(field));
            let line = line.with_context(|| format!("no `{field}`"))?;
            kibibytes += line.trim().trim_end_matches(" kB").parse::<u64>()?;
        }
        Ok(kibibytes * 1024)
    }

    /// How long the threads of its processes have run until now.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let mut nanoseconds = 0;
        for process in self.processes()? {
            for thread in fs::read_dir(process.join("task"))? {
                let text = fs::read_to_string(thread?.path().join("schedstat"))?;
                let running: u64 = text.split(' ').next().unwrap_or_default().parse()?;
                nanoseconds += running;
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The directories below `/proc` of the processes in its group.
    fn processes(&self) -> anyhow::Result<Vec<PathBuf>> {
        let group = self.process.id().to_string();
        let mut processes = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let directory = entry?.path();
            // What is no process has no such file, and what has just ended has it no more.
            let Ok(text) = fs::read_to_string(directory.join("stat")) else { continue };
            // The name may contain anything, so fields count from its end: the state, the parent, the group.
            let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
            if fields.split(' ').nth(2) == Some(&group) {
                processes.push(directory);
            }
        }
        Ok(processes)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // They may have ended by themselves, which is what is wanted here.
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ = self.process.wait();
    }
}

fn is_ready(address: SocketAddr, probe: Probe) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = format!("GET {} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n", probe.path);
        stream.write_all(request.as_bytes())?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).map(|_| reply)
    };
    ask().is_ok_and(|reply: Vec<u8>| reply.windows(probe.sign.len()).any(|window| window == probe.sign))
}

/// Returns the binary that runs.
pub(crate) fn this_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("cannot find out which program this is")
}

/// Returns the last part of a path, as a name in a table.
pub(crate) fn name_of(program: &Path) -> String {
    program.file_name().and_then(OsStr::to_str).unwrap_or("?").to_owned()
}
