//! What author code prints, in processes of their own: standard output and standard error belong to a process as a whole.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is about printing, and a test that cannot go on has failed"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use std::{env, process, thread};

use cog_core::{Input, Predictor, Result, Scope, Setup, Trainer, Value, anyhow, json};
use cog_server::{Model, Process};

/// The arguments of a process that is a model's binary, in one line.
const ARGUMENTS: &str = "COG_TEST_ARGUMENTS";

/// Whether the model trains as well.
const TRAINS: &str = "COG_TEST_TRAINS";

#[derive(Input)]
struct Order {
    #[input(default = "everything")]
    act: String,
}

/// Prints in every way there is. C's is tested where C may be called.
struct Printer;

impl Predictor for Printer {
    type Input = Order;
    type Output = String;

    async fn setup(setup: &Setup) -> Result<Self> {
        println!("setup prints");
        eprint!("setup ends in the middle of a line");
        match setup.weights() {
            Some(_) => Err(anyhow::anyhow!("no such weights")),
            None => Ok(Self),
        }
    }

    async fn predict(&self, order: Order, scope: Scope) -> Result<String> {
        match &*order.act {
            "everything" => {
                println!("1 println");
                thread::spawn(|| println!("2 thread")).join().ok();
                Command::new("sh").args(["-c", "echo 3 child"]).status()?;
                print!("4 bar\r5 bar\r");
                println!("6 done");
                scope.log("7 scope");
                tracing::warn!(step = 8, "tracing");
                print!("9 no end");
            }
            "stderr" => eprintln!("to stderr"),
            "panic" => panic!("boom"),
            "panic_elsewhere" => drop(thread::spawn(|| panic!("boom")).join()),
            "much" => (0..50_000).for_each(|number| println!("line {number} of a log that nobody reads")),
            other => println!("{other}"),
        }
        Ok("output".to_owned())
    }

    async fn healthcheck(&self) -> Result<()> {
        print!("health is asked for");
        Ok(())
    }
}

/// Trains by printing.
struct School(Printer);

impl Trainer for School {
    type Input = Order;
    type Output = String;

    async fn setup(setup: &Setup) -> Result<Self> {
        Printer::setup(setup).await.map(Self)
    }

    async fn train(&self, order: Order, scope: Scope) -> Result<String> {
        self.0.predict(order, scope).await
    }
}

/// Not a test but the process that the tests look at. Without arguments there is nothing to do.
#[test]
fn child() {
    let Ok(arguments) = env::var(ARGUMENTS) else { return };
    let process = Process::current().with_arguments(arguments.split_whitespace());
    let model = Model::predictor::<Printer>();
    let model = if env::var_os(TRAINS).is_some() { model.with_trainer::<School>() } else { model };
    let code = model.run(process);
    process::exit(i32::from(code != ExitCode::SUCCESS));
}

/// A model's binary with these arguments and variables.
fn command(arguments: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "printing::child", "--nocapture"]);
    for variable in ["RUST_LOG", "COG_LOG_LEVEL", "LOG_FORMAT", "NO_COLOR", "COG_CAPTURE_OUTPUT"] {
        command.env_remove(variable);
    }
    command.env(ARGUMENTS, format!("model {arguments}")).envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How long anything may take; no test should ever get here.
const LIMIT: Duration = Duration::from_secs(60);

/// What the test harness of the child has printed before the child is a model's binary.
const PREAMBLE: &str = "\nrunning 1 test\n";

/// A server in a process of its own.
struct Server {
    process: Child,
    address: String,
    /// Its log, until somebody reads that to its end.
    log: Option<BufReader<ChildStderr>>,
    begun: String,
    /// All of standard output, when it has ended.
    stdout: Receiver<String>,
}

/// What is left of a server that has ended.
struct Ended {
    stdout: String,
    log: String,
}

impl Server {
    /// Starts a server and waits until its setup is over.
    fn start(arguments: &str, variables: &[(&str, &str)]) -> Self {
        let mut process =
            command(&format!("serve --host 127.0.0.1 --port 0 {arguments}"), variables).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let (mut begun, mut address) = (String::new(), None);
        while address.is_none() || !(begun.contains("setup finished") || begun.contains("setup failed")) {
            assert!(log.read_line(&mut begun).unwrap() > 0, "it ended: {begun}");
            address = address.or_else(|| begun.split_once("http://").map(|(_, rest)| rest.to_owned()));
        }
        let address = address
            .unwrap()
            .split(|it: char| it != '.' && it != ':' && !it.is_ascii_digit())
            .next()
            .unwrap()
            .to_owned();
        let mut pipe = process.stdout.take().unwrap();
        let (sender, stdout) = channel();
        thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).unwrap();
            let _ = sender.send(text);
        });
        Self { process, address, log: Some(log), begun, stdout }
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}",
            body.len()
        );
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Makes a prediction of this name.
    fn predict(&self, id: &str, act: &str) -> Value {
        self.request("POST", "/predictions", &json!({ "id": id, "input": { "act": act } }).to_string())
    }

    /// Ends the server, which has to end well and soon, and returns what it has printed to standard output.
    fn shut_down(&mut self) -> String {
        self.request("POST", "/shutdown", "");
        let stdout = self.stdout.recv_timeout(LIMIT).unwrap();
        assert!(self.process.wait().unwrap().success());
        stdout.strip_prefix(PREAMBLE).unwrap().to_owned()
    }

    /// Ends the server and returns all that is left of it.
    fn end(mut self) -> Ended {
        let (mut rest, mut log) = (self.log.take().unwrap(), std::mem::take(&mut self.begun));
        let log = thread::spawn(move || rest.read_to_string(&mut log).map(|_| log));
        let stdout = self.shut_down();
        Ended { stdout, log: log.join().unwrap().unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Ended {
    fn lines(&self) -> Vec<Value> {
        self.log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// The messages of a prediction, or with `null` those of nobody, each with its source.
    fn printed(&self, prediction_id: &Value) -> Vec<(String, String)> {
        let lines = self.lines();
        let printed = lines
            .iter()
            .map(|line| &line["fields"])
            .filter(|fields| fields["source"].is_string() && fields["prediction_id"] == *prediction_id);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        printed.map(|fields| (text(&fields["source"]), text(&fields["message"]))).collect()
    }
}

fn told(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(source, message)| ((*source).to_owned(), (*message).to_owned())).collect()
}

#[test]
fn what_is_printed_is_in_the_logs_of_its_prediction_and_in_the_log_of_the_server() {
    let server = Server::start("", &[]);
    let setup = server.request("GET", "/health-check", "")["setup"].clone();
    let mut parts: Vec<_> = setup["logs"].as_str().unwrap().split_inclusive('\n').collect();
    parts.sort_unstable();
    assert_eq!(
        (&setup["status"], parts.concat()),
        (&json!("succeeded"), "setup ends in the middle of a linesetup prints\n".to_owned())
    );

    let first = server.predict("first", "everything");
    let logs = first["logs"].as_str().unwrap();
    let mut steps: Vec<_> = logs.split_inclusive(['\r', '\n']).collect();
    steps.sort_by_key(|step| step.starts_with("WARN"));
    // What goes through pipes comes a moment after what does not.
    steps.sort_by_key(|step| step.chars().next());
    let expected = [
        "1 println\n",
        "2 thread\n",
        "3 child\n",
        "4 bar\r",
        "5 bar\r",
        "6 done\n",
        "7 scope\n",
        "9 no end",
        "WARN tracing step=8\n",
    ];
    assert_eq!(steps, expected, "{logs:?}");
    assert!(logs.ends_with("9 no end"), "{logs:?}");
    assert_eq!(server.predict("second", "stderr")["logs"], "to stderr\n", "nothing of the first is left");

    let ended = server.end();
    assert_eq!(ended.stdout, "", "standard output carries nothing");
    let mut printed = ended.printed(&json!("first"));
    printed.sort_by_key(|(_, message)| message.clone());
    let expected = ["1 println", "2 thread", "3 child", "4 bar", "5 bar", "6 done", "7 scope", "9 no end"];
    assert_eq!(printed, told(&expected.map(|message| ("stdout", message))));
    assert_eq!(ended.printed(&json!("second")), told(&[("stderr", "to stderr")]));
    let mut nobody = ended.printed(&Value::Null);
    nobody.sort();
    let expected = [
        ("stderr", "setup ends in the middle of a line"),
        ("stdout", "health is asked for"),
        ("stdout", "setup prints"),
    ];
    assert_eq!(nobody, told(&expected), "what belongs to no prediction");
    // Events of the author's are not said twice, and name their prediction by its span.
    let lines = ended.lines();
    let tracing: Vec<_> = lines.iter().filter(|line| line["fields"]["message"] == "tracing").collect();
    assert_eq!(tracing.len(), 1);
    assert_eq!(tracing[0]["spans"][0]["prediction_id"], "first");
    for line in &lines {
        let mut members: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        members.retain(|member| *member != "spans");
        assert_eq!(members, ["fields", "level", "target", "timestamp"], "{line}");
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{line}");
    }
}

#[test]
fn a_panic_is_in_both_logs_once() {
    let server = Server::start("", &[]);
    let prediction = server.predict("p", "panic");
    let logs = prediction["logs"].as_str().unwrap();
    assert!(
        logs.starts_with("ERROR panicked at ") && logs.ends_with("boom (thread `cog-slot-0`)\n"),
        "{logs}"
    );
    let ended = server.end();
    let messages = ended.lines().iter().filter(|line| line.to_string().contains("panicked at ")).count();
    assert_eq!(messages, 1, "{}", ended.log);
}

#[test]
fn what_a_setup_printed_that_failed_comes_before_the_error() {
    let server = Server::start("--weights none", &[]);
    let setup = server.request("GET", "/health-check", "")["setup"].clone();
    let logs = setup["logs"].as_str().unwrap();
    assert!(logs.contains("setup prints\n") && logs.contains("in the middle of a line"), "{logs}");
    assert!(logs.ends_with("\nno such weights"), "{logs}");
}

/// A prediction could print at the same time, and its client is another.
#[test]
fn the_only_training_is_not_told_what_several_predictions_may_have_printed() {
    let server = Server::start("--max-concurrency 2", &[(TRAINS, "1")]);
    while server.request("GET", "/health-check", "")["status"] == "STARTING" {}
    let training = server.request("POST", "/trainings", r#"{ "input": { "act": "printed" } }"#);
    assert_eq!((&training["status"], &training["logs"]), (&json!("succeeded"), &json!("")));
    assert!(server.end().printed(&Value::Null).contains(&("stdout".to_owned(), "printed".to_owned())));
}

#[test]
fn with_several_slots_it_is_in_the_log_of_the_server_alone() {
    let server = Server::start("--max-concurrency 2", &[]);
    assert_eq!(server.predict("p", "printed")["logs"], "");
    let ended = server.end();
    assert!(ended.printed(&Value::Null).contains(&("stdout".to_owned(), "printed".to_owned())));
    assert!(ended.printed(&json!("p")).is_empty());
    assert_eq!(ended.stdout, "");
}

#[test]
fn it_is_left_alone_where_that_is_asked_for() {
    let server = Server::start("", &[("COG_CAPTURE_OUTPUT", "false")]);
    let logs = server.predict("p", "everything")["logs"].clone();
    assert_eq!(logs, "7 scope\nWARN tracing step=8\n");
    let ended = server.end();
    assert!(ended.stdout.starts_with("setup prints\n1 println\n2 thread\n3 child\n"), "{}", ended.stdout);
}

/// A log that nobody reads is full after some hundred kilobytes. Neither predictions nor the end wait for it.
#[test]
fn a_log_that_nobody_reads_delays_nothing() {
    let mut server = Server::start("", &[]);
    let prediction = server.predict("p", "much");
    assert_eq!(prediction["status"], "succeeded");
    assert_eq!(prediction["logs"].as_str().unwrap().lines().count(), 50_000);
    server.shut_down();
}

#[test]
fn the_log_is_for_machines_or_for_people_and_as_long_as_is_asked_for() {
    let log = |variables: &[(&str, &str)]| {
        let output = command("serve --port x", variables).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    // A command line that makes no sense is told by the command, not by the log.
    assert_eq!(log(&[("LOG_FORMAT", "json")]).lines().count(), 1);
    for (variables, has_info) in [
        (&[("LOG_FORMAT", "console")][..], true),
        (&[("LOG_FORMAT", "console"), ("RUST_LOG", "info"), ("COG_LOG_LEVEL", "error")], true),
    ] {
        let ended = Server::start("", variables).end();
        let line = ended.log.lines().find(|line| line.contains("setup prints")).unwrap();
        assert_eq!(line.contains(" INFO setup prints source=\"stdout\""), has_info, "{line}");
        assert!(!ended.log.contains('\u{1b}'), "no colours where there is no terminal");
    }
    for variable in [("COG_LOG_LEVEL", "error"), ("RUST_LOG", "error")] {
        let output = command("predict", &[variable]).output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(!log.contains("setup finished") && log.contains("7 scope\n"), "{log}");
    }
}

/// Standard error has no log there, and a thread of the author's has no prediction.
#[test]
fn predict_tells_of_a_panic_wherever_it_was() {
    for act in ["panic", "panic_elsewhere"] {
        let output = command(&format!("predict -i act={act}"), &[]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.matches("panicked at ").count(), 1, "{act}: {stderr}");
    }
}

#[test]
fn predict_prints_its_output_and_nothing_else_to_standard_output() {
    for variables in [&[][..], &[("RUST_LOG", "info")]] {
        let output = command("predict", variables).output().unwrap();
        assert!(output.status.success());
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(stdout.strip_prefix(PREAMBLE), Some("output\n"));
        let stderr = String::from_utf8(output.stderr).unwrap();
        // What does not go through pipes may come between.
        let steps = ["4 bar\r", "5 bar\r", "6 done\n"];
        for told in
            ["setup prints\n", "1 println\n", "3 child\n", "7 scope\n", "9 no end"].into_iter().chain(steps)
        {
            assert_eq!(stderr.matches(told).count(), 1, "{told}: {stderr}");
        }
    }
}
