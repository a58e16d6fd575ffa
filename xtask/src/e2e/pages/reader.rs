//! Somebody who types what a page says, and looks at what comes back.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::markdown::{self, Step};
use crate::e2e::Bench;
use crate::e2e::http::Connection;
use crate::workspace::clean;

/// How long a command may take. The first one that builds something compiles all dependencies.
const PATIENCE: Duration = Duration::from_secs(1800);

/// What a server says when it has come up.
const LISTENING: &str = "listening on http://";

/// The port of servers that are told no other.
const USUAL_PORT: u16 = 5000;

pub(super) struct Reader<'a> {
    bench: &'a Bench<'a>,
    /// Where crates that the reader makes put what they build.
    shared_target: PathBuf,
    directory: PathBuf,
    /// For each port that a page names, one that is free here.
    ports: BTreeMap<u16, u16>,
    /// Other names for files that a page makes.
    names: Vec<(&'static str, String)>,
    server: Option<Running>,
}

impl<'a> Reader<'a> {
    /// Somebody in `directory`.
    pub(super) fn new(bench: &'a Bench<'a>, directory: PathBuf) -> Self {
        let shared_target = bench.workspace.target.join("guide");
        Self { bench, shared_target, directory, ports: BTreeMap::new(), names: Vec::new(), server: None }
    }

    /// Calls the file `name` of the page `path`.
    pub(super) fn with_name(mut self, name: &'static str, path: &std::path::Path) -> Self {
        self.names.push((name, path.to_string_lossy().into_owned()));
        self
    }

    /// Does all that the page says, but for the commands in `left_out`. Returns how many commands that were.
    pub(super) fn follow(&mut self, page: &str, left_out: &[&str]) -> Result<usize> {
        let text = String::from_utf8(self.bench.read(page)?)?;
        self.find_ports(&text)?;
        let mut typed = 0;
        for step in markdown::steps(&text) {
            match step {
                Step::Write { path, text, is_added } => {
                    self.write(path, &text, is_added)
                        .with_context(|| format!("{page}: cannot write `{path}`"))?;
                }
                Step::Type { commands, shown } => {
                    let mut printed = String::new();
                    let shown = shown.map(|shown| self.translate(&shown));
                    let may_fail = shown.as_ref().is_some_and(|shown| shown.contains("error"));
                    for command in commands.iter().filter(|command| !left_out.contains(&command.as_str())) {
                        let claim = format!("{page}: `{}`", in_one_line(command));
                        self.bench.check(&claim, || {
                            let told = self.type_in(&self.translate(command), may_fail)?;
                            printed.push_str(&told);
                            Ok(((), String::new()))
                        })?;
                        typed += 1;
                    }
                    if let Some(shown) = shown {
                        ensure!(
                            markdown::is_among(&shown, &printed),
                            "{page}: not printed by `{}`:\n{shown}\nbut this was:\n{printed}",
                            in_one_line(&commands.join("; "))
                        );
                    }
                }
            }
        }
        Ok(typed)
    }

    fn find_ports(&mut self, page: &str) -> Result<()> {
        let named = page.split("localhost:").skip(1).filter_map(|rest| {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            rest.get(..digits)?.parse().ok()
        });
        // All at once, so that no two are the same.
        let mut listeners = Vec::new();
        for port in named.chain([USUAL_PORT]) {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            self.ports.insert(port, listener.local_addr()?.port());
            listeners.push(listener);
        }
        Ok(())
    }

    /// Puts what is so here in place of what is so on the page.
    fn translate(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (named, free) in &self.ports {
            for before in ["localhost:", "127.0.0.1:", "--port ", "PORT="] {
                text = text.replace(&format!("{before}{named}"), &format!("{before}{free}"));
            }
        }
        for (name, path) in &self.names {
            text = text.replace(name, path);
        }
        text
    }

    fn write(&self, path: &str, text: &str, is_added: bool) -> Result<()> {
        let path = self.directory.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file =
            OpenOptions::new().create(true).write(true).append(is_added).truncate(!is_added).open(path)?;
        if is_added {
            file.write_all(b"\n")?;
        }
        Ok(file.write_all(text.as_bytes())?)
    }

    /// Types one command, and returns what it prints until it ends or, if it is a server, is ready.
    fn type_in(&mut self, command: &str, may_fail: bool) -> Result<String> {
        if let Some(folder) = command.strip_prefix("cd ") {
            self.directory.push(folder);
            ensure!(self.directory.is_dir(), "there is no `{folder}`");
            return Ok(String::new());
        }
        let log = self.bench.scratch.join("page.log");
        let file = File::create(&log)?;
        let mut process = clean("sh");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("COG_")) {
            process.env_remove(name);
        }
        // A server that is there still has the port; nobody types the next one before.
        if command.starts_with("cargo run") {
            self.server = None;
        }
        let usual_port = self.ports.get(&USUAL_PORT).copied().unwrap_or(USUAL_PORT);
        let process = process
            .args(["-c", command])
            .current_dir(&self.directory)
            .env("PORT", usual_port.to_string())
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            // As a terminal does, so that Ctrl-C reaches everything that the command has started.
            .process_group(0)
            .spawn()
            .context("no shell")?;
        let mut running = Running(process);
        let start = Instant::now();
        loop {
            let ended = running.0.try_wait()?;
            let printed = fs::read_to_string(&log)?;
            if let Some(status) = ended {
                ensure!(status.success() || may_fail, "it ended with {status} and printed\n{printed}");
                self.prepare_crate(command)?;
                return Ok(printed);
            }
            if let Some(address) = address(&printed) {
                wait_until_ready(&address)?;
                self.server = Some(running);
                return Ok(printed);
            }
            ensure!(start.elapsed() < PATIENCE, "not over after {PATIENCE:?}");
            sleep(Duration::from_millis(10));
        }
    }

    /// Lets a new crate use the versions of our lock file, and what has been built already.
    fn prepare_crate(&self, command: &str) -> Result<()> {
        let Some(name) = command.strip_prefix("cargo new ") else { return Ok(()) };
        let folder = self.directory.join(name);
        fs::copy(self.bench.workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        fs::create_dir_all(&self.shared_target)?;
        Ok(std::os::unix::fs::symlink(&self.shared_target, folder.join("target"))?)
    }
}

/// A command that goes on. Ends with the value, as it does with Ctrl-C.
struct Running(Child);

impl Running {
    fn signal(&self, signal: &str) -> Result<ExitStatus> {
        Ok(clean("sh").args(["-c", &format!("kill -s {signal} -- -{}", self.0.id())]).status()?)
    }

    fn has_ended(&mut self, limit: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < limit {
            if matches!(self.0.try_wait(), Ok(Some(_)) | Err(_)) {
                return true;
            }
            sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended(Duration::from_millis(1)) {
            return;
        }
        // What cannot be done here cannot be told either.
        let _ = self.signal("INT");
        if !self.has_ended(Duration::from_secs(10)) {
            let _ = self.signal("KILL");
            let _ = self.0.wait();
        }
    }
}

/// Where a server listens, if this is what one has printed.
fn address(printed: &str) -> Option<String> {
    let (_, behind) = printed.split_once(LISTENING)?;
    let end = behind.find(|letter: char| !(letter.is_ascii_alphanumeric() || ".:[]".contains(letter)))?;
    behind.get(..end).map(str::to_owned)
}

fn wait_until_ready(address: &str) -> Result<()> {
    let start = Instant::now();
    let address = address.replace("0.0.0.0", "127.0.0.1").parse()?;
    loop {
        let health =
            Connection::open(address).and_then(|mut connection| connection.get("/health-check")?.json());
        match health {
            Ok(health) if health["status"] == "READY" => return Ok(()),
            Ok(health) if health["status"] == "SETUP_FAILED" => bail!("the setup failed: {health}"),
            _ => ensure!(start.elapsed() < PATIENCE, "not ready after {PATIENCE:?}"),
        }
        sleep(Duration::from_millis(5));
    }
}

fn in_one_line(command: &str) -> String {
    command.replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ")
}
