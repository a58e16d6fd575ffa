//! `weights`: without setting the model up, and in processes that are killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use cog_core::{Input, Predictor, Result, Scope, Setup};
use cog_server::Process;
use tempfile::TempDir;

use crate::support::{Ran, run_with};

/// Two chunks and a half.
const SIZE: usize = 40 << 20;

/// Where the last chunk begins.
const LAST: usize = 32 << 20;

/// The sha256 of so many zeros, as `sha256sum` has it.
const ZEROS: &str = "80a3721188e40218b08b26776bc53bdae81e4784fff71d71450a197319cba113";

/// The arguments of a process that is a model's binary, in one line.
const ARGUMENTS: &str = "COG_TEST_WEIGHTS_ARGUMENTS";

/// How long anything may take; no test should ever get here.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Input)]
struct Nothing {}

/// Loads weights, and cannot be set up without.
struct Loader;

impl Predictor for Loader {
    type Input = Nothing;
    type Output = u64;

    async fn setup(setup: &Setup) -> Result<Self> {
        setup.named_weights("zeros").await?;
        Ok(Self)
    }

    async fn predict(&self, _: Nothing, _: Scope) -> Result<u64> {
        Ok(0)
    }
}

/// Not a test but the process that the tests look at. Without arguments there is nothing to do.
#[test]
fn child() {
    let Ok(arguments) = env::var(ARGUMENTS) else { return };
    let code = cog_server::run::<Loader>(Process::current().with_arguments(arguments.split_whitespace()));
    process::exit(i32::from(code != ExitCode::SUCCESS));
}

/// A server that has a file of zeros, the last chunk of which it sends when it is told to.
#[derive(Clone)]
struct Host {
    url: String,
    is_open: Arc<(Mutex<bool>, Condvar)>,
    /// Where the parts that it was asked for begin.
    asked: Arc<Mutex<Vec<usize>>>,
}

impl Host {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/zeros.bin", listener.local_addr().unwrap());
        let host = Self { url, is_open: Arc::default(), asked: Arc::default() };
        let own = host.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let own = own.clone();
                // Whoever is killed does not read to the end.
                thread::spawn(move || own.treat(stream.unwrap()).ok());
            }
        });
        host
    }

    fn treat(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut range = None;
        for line in BufReader::new(stream.try_clone()?).lines() {
            let line = line?;
            range = range.or(line.strip_prefix("range: bytes=").map(str::to_owned));
            if line.is_empty() {
                break;
            }
        }
        let range = range.unwrap();
        let (first, last) = range.split_once('-').unwrap();
        let (first, last) = (first.parse().unwrap(), last.parse::<usize>().unwrap().min(SIZE - 1));
        self.asked.lock().unwrap().push(first);
        if first >= LAST {
            let (is_open, news) = &*self.is_open;
            drop(news.wait_while(is_open.lock().unwrap(), |is_open| !*is_open).unwrap());
        }
        let length = last + 1 - first;
        let range = format!("content-range: bytes {first}-{last}/{SIZE}\r\ncontent-length: {length}");
        write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\n{range}\r\netag: \"a\"\r\nconnection: close\r\n\r\n"
        )?;
        stream.write_all(&vec![0; length])
    }

    fn open(&self) {
        *self.is_open.0.lock().unwrap() = true;
        self.is_open.1.notify_all();
    }

    fn take(&self) -> Vec<usize> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort_unstable();
        asked
    }
}

/// A directory with a `cog.yaml` that names the zeros, and room for a store.
fn home(host: &Host) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let yaml = format!("weights:\n- name: zeros\n  source: {}?secret\n  sha256: {ZEROS}\n", host.url);
    fs::write(directory.path().join("cog.yaml"), yaml).unwrap();
    directory
}

/// A model's binary with these arguments in such a directory, behind what a shell does first.
fn spawn(before: &str, arguments: &str, home: &Path) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{before} exec \"$0\" --exact weights::child --nocapture")]);
    command.arg(env::current_exe().unwrap()).current_dir(home);
    for variable in
        ["RUST_LOG", "COG_LOG_LEVEL", "LOG_FORMAT", "COG_WEIGHTS", "COG_OFFLINE", "HF_HUB_OFFLINE"]
    {
        command.env_remove(variable);
    }
    command.env(ARGUMENTS, format!("model {arguments}")).env("COG_WEIGHTS_CACHE", home.join("store"));
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Reads the log until `text` is in it, or else to its end. Returns all of it.
fn read_until(child: &mut Child, text: &str) -> String {
    let mut read = String::new();
    let mut log = BufReader::new(child.stderr.as_mut().unwrap());
    while !read.contains(text) && log.read_line(&mut read).unwrap() > 0 {}
    read
}

fn ended(child: &mut Child) -> (ExitStatus, String) {
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    (child.wait().unwrap(), log)
}

/// Waits until two chunks of three are noted in the journal.
fn wait_for_two_chunks(home: &Path) {
    let begun = Instant::now();
    let noted = || {
        let mut directories = vec![home.join("store/work")];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.extension().is_some_and(|it| it == "journal") {
                    return fs::read_to_string(path).unwrap_or_default().lines().count();
                }
            }
        }
        0
    };
    while noted() < 3 {
        assert!(begun.elapsed() < LIMIT, "the chunks do not come");
        thread::yield_now();
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_process_that_is_killed_costs_what_was_under_way() {
    let host = Host::start();
    let home = home(&host);
    let mut first = spawn("", "weights pull", home.path());
    wait_for_two_chunks(home.path());
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(!home.path().join("store/files").join("zeros.bin").exists());
    host.take();
    host.open();
    let (status, log) = ended(&mut spawn("", "weights pull", home.path()));
    assert!(status.success(), "{log}");
    assert_eq!(host.take(), [LAST]);
    assert!(log.contains("downloaded `http://") && !log.contains("secret"), "{log}");
}

#[test]
fn of_two_processes_one_downloads() {
    let host = Host::start();
    let home = home(&host);
    let mut first = spawn("", "weights pull", home.path());
    wait_for_two_chunks(home.path());
    let mut second = spawn("", "weights pull zeros", home.path());
    let waiting = "waiting for another process that downloads";
    let log = read_until(&mut second, waiting);
    assert!(log.contains(waiting), "{log}");
    host.open();
    for child in [&mut first, &mut second] {
        let (status, log) = ended(child);
        assert!(status.success(), "{log}");
    }
    assert_eq!(host.take(), [0, 16 << 20, LAST]);
}

#[test]
fn a_server_that_is_told_to_stop_while_it_downloads_stops_at_once() {
    let host = Host::start();
    let home = home(&host);
    let mut server = spawn("", "serve --host 127.0.0.1 --port 0", home.path());
    wait_for_two_chunks(home.path());
    signal(&server, "TERM");
    let begun = Instant::now();
    let (status, log) = ended(&mut server);
    assert!(status.success(), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(10), "the grace of predictions is not that of downloads");
    host.take();
    host.open();
    let mut server = spawn("", "serve --host 127.0.0.1 --port 0", home.path());
    let log = read_until(&mut server, "setup finished");
    assert!(log.contains("setup finished") && log.contains("downloaded `http://"), "{log}");
    assert!(!log.contains("secret"), "{log}");
    assert_eq!(host.take(), [LAST]);
    signal(&server, "TERM");
    server.wait().unwrap();
}

/// A limit on the size of files is the full disk that needs no rights to make.
#[test]
fn a_disk_without_room_is_told() {
    let host = Host::start();
    let home = home(&host);
    let (status, log) = ended(&mut spawn("trap '' XFSZ; ulimit -f 2048;", "weights pull", home.path()));
    assert_eq!(status.code(), Some(1), "{log}");
    let told = "cannot be written: File too large (os error 27); make room, or set `COG_WEIGHTS_CACHE` to a directory on another disk";
    assert!(log.contains(told) && log.contains("error: 1 of 1 weights could not be pulled"), "{log}");
}

fn run(arguments: &[&str], home: TempDir, variables: &[(&str, &str)]) -> Ran {
    let store = home.path().join("store").display().to_string();
    let variables: Vec<_> =
        variables.iter().copied().chain([("COG_WEIGHTS_CACHE", store.as_str())]).collect();
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    run_with::<Loader>(arguments, home, |process| process.with_environment(variables))
}

#[test]
fn weights_are_pulled_listed_and_verified() {
    let host = Host::start();
    host.open();
    let url = &host.url;
    let home = home(&host);

    let ran = run(&["weights", "list"], home, &[]);
    let columns = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert_eq!(columns(&ran.succeeded().stdout), format!("NAME SIZE SOURCE PATH zeros - {url} missing"));
    let ran = run(&["weights", "verify"], ran.directory, &[]);
    let line = "error: zeros: missing; `weights pull` brings it\nerror: 1 of 1 weights are missing or wrong";
    ran.failed(1, line);
    let ran = run(&["weights", "pull"], ran.directory, &[("COG_OFFLINE", "1")]);
    assert!(ran.code == ExitCode::from(1) && ran.stderr.contains("nobody may be asked"), "{}", ran.stderr);

    let ran = run(&["weights", "pull"], ran.directory, &[]);
    let path = ran.succeeded().stdout.strip_prefix("zeros: ").unwrap().trim_end().to_owned();
    assert_eq!(fs::metadata(&path).unwrap().len(), SIZE as u64);
    let ran = run(&["weights", "list"], ran.directory, &[]);
    assert_eq!(
        columns(&ran.succeeded().stdout),
        format!("NAME SIZE SOURCE PATH zeros 40.00 MiB {url} {path}")
    );
    let ran = run(&["weights", "verify", "zeros"], ran.directory, &[]);
    assert_eq!(ran.succeeded().stdout, format!("zeros: right, sha256 {ZEROS}\n"));
    // The environment names more of them, and a source needs no name.
    let ran = run(&["weights", "verify"], ran.directory, &[("COG_WEIGHTS", &path)]);
    let unknown =
        format!("COG_WEIGHTS: nobody says what it has to be, sha256 {ZEROS}\nzeros: right, sha256 {ZEROS}\n");
    assert_eq!(ran.succeeded().stdout, unknown);
    let ran = run(&["weights", "pull", &path], ran.directory, &[]);
    assert_eq!(ran.succeeded().stdout, format!("{path}: {path}\n"));

    fs::write(&path, "other").unwrap();
    let ran = run(&["weights", "verify"], ran.directory, &[]);
    let other = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";
    ran.failed(
        1,
        &format!("error: zeros: wrong, sha256 {other} in place of {ZEROS}\nerror: 1 of 1 weights are missing or wrong"),
    );
    assert_eq!(host.take(), [0, 16 << 20, LAST]);
}

#[test]
fn what_cannot_be_is_one_line() {
    let nothing = run(&["weights", "pull"], tempfile::tempdir().unwrap(), &[]);
    let told = "no weights are named: add `weights` to `cog.yaml`, set `COG_WEIGHTS`, or name a source\n";
    nothing.succeeded_with(told);
    let home = || home(&Host::start());
    run(&["weights", "pull", "zero"], home(), &[])
        .failed(2, "error: `zero` is no name of weights, nor a path that is there; the names are: zeros");
    let form = "write `hf://owner/repo@revision/file`";
    run(&["weights", "pull", "hf://owner"], home(), &[])
        .failed(2, &format!("error: `hf://owner` names no weights: it names no file; {form}"));
    run(&["weights", "list"], home(), &[("COG_WEIGHTS", "hf://owner")])
        .failed(1, &format!("error: `COG_WEIGHTS`: `hf://owner` names no weights: it names no file; {form}"));
    run(&["weights", "list", "--config", "no.yaml"], home(), &[])
        .failed(1, "error: cannot read `no.yaml`: No such file or directory (os error 2)");
}
