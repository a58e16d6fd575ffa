//! The real binary in a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::Value;
use tempfile::TempDir;

use super::log::Log;
use super::{ASYNC, Connection, JSON, Reply, eventually};

/// How a server is to be started. Its environment is empty but for what is said here.
pub(crate) struct Launch {
    model: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    cog_yaml: Option<String>,
    disk: Option<usize>,
}

impl Launch {
    /// Starts with `argument` on the command line as well.
    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts with an environment variable set.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts in a directory with this `cog.yaml`.
    pub(crate) fn cog_yaml(mut self, content: &str) -> Self {
        self.cog_yaml = Some(content.to_owned());
        self
    }

    /// Starts with a temporary directory that holds so many KiB: a disk of its own, which is gone with the process.
    pub(crate) const fn disk(mut self, size: usize) -> Self {
        self.disk = Some(size);
        self
    }

    /// Starts with so many slots.
    pub(crate) fn slots(self, slots: usize) -> Self {
        self.env("COG_MAX_CONCURRENCY", &slots.to_string())
    }

    /// Starts with this script as its setup.
    pub(crate) fn setup(self, steps: &Value) -> Self {
        self.env("CONTRACT_SETUP", &steps.to_string())
    }

    /// Starts with this script as its health check.
    pub(crate) fn health(self, steps: &Value) -> Self {
        self.env("CONTRACT_HEALTH", &steps.to_string())
    }

    /// Starts and waits until the model is ready.
    #[track_caller]
    pub(crate) fn ready(self) -> Server {
        let server = self.listening();
        eventually(|| (server.get("/readyz").status == 200).then_some(()));
        server
    }

    /// Starts and waits until connections are accepted, which is before setup.
    #[track_caller]
    pub(crate) fn listening(self) -> Server {
        let directory = tempfile::tempdir().unwrap();
        let mut command = self.command(&directory);
        let mut process = command.args(["--port", "0"]).stderr(Stdio::piped()).spawn().unwrap();
        let temporary = match self.disk {
            None => directory.path().to_owned(),
            // As the process sees it.
            Some(_) => format!("/proc/{}/root{}", process.id(), directory.path().display()).into(),
        };
        let log = Arc::new(Log::default());
        let reader = std::thread::spawn({
            let (log, stderr) = (Arc::clone(&log), process.stderr.take().unwrap());
            move || log.read(stderr)
        });
        let line = log.wait_for("listening on http://");
        // Before anything can fail, so that the process is ended.
        let mut server = Server {
            process,
            address: ([0, 0, 0, 0], 0).into(),
            temporary,
            directory,
            log,
            reader: Some(reader),
        };
        let line = line.unwrap_or_else(|log| panic!("the server does not listen:\n{log}"));
        let address = line.split_once("listening on http://").unwrap().1;
        let end = address.find(['"', '\u{1b}', ' ']).unwrap_or(address.len());
        server.address = address[..end].parse().unwrap();
        server
    }

    /// Runs to the end: for command lines that start no server. No port is chosen.
    #[track_caller]
    pub(crate) fn run(self) -> Output {
        let directory = tempfile::tempdir().unwrap();
        let process = self.command(&directory).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        process.wait_with_output().unwrap()
    }

    /// The binary, or what mounts its disk and becomes it.
    fn program(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_contract");
        let Some(size) = self.disk else { return Command::new(program) };
        let mount = format!("mount -t tmpfs -o size={size}k disk \"$TMPDIR\" && exec \"$0\" \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &mount, program]);
        command
    }

    fn command(&self, directory: &TempDir) -> Command {
        if let Some(content) = &self.cog_yaml {
            std::fs::write(directory.path().join("cog.yaml"), content).unwrap();
        }
        let mut command = self.program();
        command.current_dir(directory.path());
        command.env_clear().env("TMPDIR", directory.path()).env("CONTRACT_MODEL", &self.model);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

/// Tells whether a server can be given a disk of its own, which takes a system that lets its users mount.
pub(crate) fn can_mount() -> bool {
    let mut mount = Command::new("unshare");
    mount.args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "disk", "/tmp"]);
    mount.status().is_ok_and(|status| status.success())
}

/// A server that runs. It is killed when this is dropped; if the test has failed, its log is printed.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    temporary: PathBuf,
    /// Kept as long as the process.
    #[expect(dead_code, reason = "it is removed when it is dropped")]
    directory: TempDir,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a model with one slot and waits until it is ready.
    #[track_caller]
    pub(crate) fn of(model: &str) -> Self {
        Self::launch(model).ready()
    }

    /// Says how to start a model.
    pub(crate) fn launch(model: &str) -> Launch {
        Launch {
            model: model.to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            cog_yaml: None,
            disk: None,
        }
    }

    #[track_caller]
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// Sends a request on a connection of its own and reads the reply.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.connect().send(method, path, headers, body)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    /// Sends a JSON body.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[JSON], &body.to_string())
    }

    /// Makes a prediction with this input and reads the reply.
    #[track_caller]
    pub(crate) fn predict(&self, input: &Value) -> Reply {
        self.post("/predictions", &serde_json::json!({ "input": input }))
    }

    /// Waits until a prediction is over and returns what is known of it.
    #[track_caller]
    pub(crate) fn ended(&self, id: &str) -> Value {
        eventually(|| {
            let prediction = self.get(&format!("/predictions/{id}")).json();
            let status = prediction["status"].as_str().expect("a prediction");
            (!matches!(status, "starting" | "processing")).then_some(prediction)
        })
    }

    /// Waits until the health check tells of this state.
    #[track_caller]
    pub(crate) fn until(&self, status: &str) {
        eventually(|| (self.get("/health-check").json()["status"] == status).then_some(()));
    }

    /// Begins a prediction of this name with these steps, and does not wait for its end.
    #[track_caller]
    pub(crate) fn begin(&self, id: &str, steps: &Value) {
        let body = serde_json::json!({ "id": id, "input": { "steps": steps } }).to_string();
        let reply = self.send("POST", "/predictions", &[JSON, ASYNC], &body);
        assert_eq!(reply.status, 202, "{}", reply.text());
    }

    /// Sends a signal, such as `TERM`.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// Asks the server to stop and waits for its end. What it had to tell others has been told then.
    #[track_caller]
    pub(crate) fn stop(&mut self) -> ExitStatus {
        assert_eq!(self.send("POST", "/shutdown", &[], "").status, 200);
        self.end()
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub(crate) fn end(&mut self) -> ExitStatus {
        eventually(|| self.process.try_wait().unwrap())
    }

    /// Tells whether the process is still there.
    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Where the server keeps temporary files. Nobody else does.
    pub(crate) fn directory(&self) -> &Path {
        &self.temporary
    }

    /// What is left there.
    #[track_caller]
    pub(crate) fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    /// What the server has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Waits until the server has logged a line with this in it, and returns the line.
    #[track_caller]
    pub(crate) fn logged(&self, part: &str) -> String {
        self.log.wait_for(part).unwrap_or_else(|log| panic!("`{part}` was not logged:\n{log}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail if it has ended already, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.reader.take().map(JoinHandle::join);
        if std::thread::panicking() {
            eprintln!("the log of the server:\n{}", self.log());
        }
    }
}
