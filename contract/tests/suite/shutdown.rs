//! Section 10: signals, shutdown, exit codes. What happens to what is under way is in `draining`.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{ASYNC, Connection, JSON, Receiver, Server, Stage, eventually};

/// Sends a prediction request with these steps and does not wait for the reply.
fn ask(server: &Server, steps: &Value) -> Connection {
    let mut connection = server.connect();
    let body = json!({ "input": { "steps": steps } }).to_string();
    connection.request("POST", "/predictions", &[JSON], &body);
    connection
}

/// Waits until nobody can connect, which is how it shows that a server stops.
fn until_closed(server: &Server) {
    eventually(|| TcpStream::connect(server.address).is_err().then_some(()));
}

/// Stops a server: by a signal, or by a request where there is none.
fn stop(server: &Server, signal: Option<&str>) {
    match signal {
        Some(signal) => server.signal(signal),
        None => {
            let reply = server.send("POST", "/shutdown", &[], "");
            assert_eq!((reply.status, reply.text()), (200, "{}"));
        }
    }
}

const WAYS: [(Option<&str>, i32); 3] = [(Some("TERM"), 0), (Some("INT"), 130), (None, 0)];

/// Contract 10.1, 10.2, 10.3, 10.8.
#[test]
fn an_idle_server_ends_at_once() {
    for (signal, code) in WAYS {
        let mut server = Server::of("value");
        let mut idle = server.connect();
        assert_eq!(idle.send("GET", "/", &[], "").status, 200);
        let start = Instant::now();
        stop(&server, signal);
        idle.end();
        assert_eq!(server.end().code(), Some(code), "{signal:?}");
        assert!(start.elapsed() < Duration::from_secs(4), "it waited for the idle connection");
    }
}

/// Contract 10.1, 10.2, 10.3, 10.4, 10.6.
#[test]
fn a_reply_that_is_waited_for_is_finished_first() {
    for (signal, code) in WAYS {
        let stage = Stage::new();
        let mut server = Server::of("value");
        let mut waiting = ask(&server, &json!([stage.meet(), { "output": "done" }]));
        let visit = stage.visit();
        stop(&server, signal);
        until_closed(&server);
        if signal != Some("INT") {
            server.signal("TERM");
            server.logged("ignored SIGTERM: stopping already");
        }
        assert!(server.is_running());
        visit.leave();
        assert_eq!(waiting.reply().json()["output"], "done");
        assert_eq!(server.end().code(), Some(code), "{signal:?}");
    }
}

/// Contract 10.5, D24.
#[test]
fn an_asynchronous_prediction_is_finished_and_told_of() {
    let (stage, receiver) = (Stage::new(), Receiver::new());
    let mut server = Server::of("value");
    let body = json!({
        "input": { "steps": [stage.meet(), { "output": "done" }] },
        "webhook": receiver.url("/"),
        "webhook_events_filter": ["completed"],
    });
    let accepted = server.send("POST", "/predictions", &[JSON, ASYNC], &body.to_string());
    assert_eq!(accepted.status, 202);
    let visit = stage.visit();
    server.signal("TERM");
    until_closed(&server);
    visit.leave();
    assert_eq!(server.end().code(), Some(0));
    let told = receiver.next().json();
    assert_eq!((&told["status"], &told["output"]), (&json!("succeeded"), &json!("done")));
}

/// Contract 10.7.
#[test]
fn a_sigint_while_it_stops_is_for_those_who_cannot_wait() {
    for first in ["TERM", "INT"] {
        let stage = Stage::new();
        let mut server = Server::of("value");
        let _waiting = ask(&server, &json!([stage.meet()]));
        let _visit = stage.visit();
        server.signal(first);
        until_closed(&server);
        server.signal("INT");
        assert_eq!(server.end().code(), Some(130), "after SIG{first}");
    }
}

/// Contract 10.10.
#[test]
fn a_prediction_that_ignores_the_end_is_left_behind() {
    let stage = Stage::new();
    let mut server = Server::launch("value").arg("--shutdown-grace").arg("0").ready();
    let mut waiting = ask(&server, &json!([stage.meet()]));
    let visit = stage.visit();
    server.signal("TERM");
    visit.until_gone();
    assert_eq!(waiting.reply().json()["status"], "canceled");
    assert_eq!(server.end().code(), Some(0));

    let mut server = Server::launch("value").arg("--shutdown-grace").arg("0").ready();
    let _waiting = ask(&server, &json!([stage.ignore()]));
    let _visit = stage.visit();
    server.signal("TERM");
    server.logged("ignored its cancellation");
    assert_eq!(server.end().code(), Some(0));
}

/// Contract 10.2, 10.11, D24.
#[test]
fn setup_is_not_waited_for() {
    for (signal, code) in WAYS {
        let stage = Stage::new();
        for step in [stage.meet(), stage.ignore()] {
            let mut server = Server::launch("value").setup(&json!([step])).listening();
            let _visit = stage.visit();
            let start = Instant::now();
            stop(&server, signal);
            assert_eq!(server.end().code(), Some(code), "{signal:?}");
            assert!(start.elapsed() < Duration::from_secs(4), "it waited for {step}");
        }
    }
}

/// Contract 10.12.
#[test]
fn a_setup_that_has_failed_can_be_asked_about_and_stopped() {
    let stage = Stage::new();
    for (steps, logs) in [
        (json!([{ "log": "loading" }, { "fail": ["no weights"] }]), "loading\nno weights"),
        (json!([{ "panic": "boom" }]), "setup panicked: boom"),
        (json!([stage.meet()]), "setup timed out after 1s"),
        (json!([stage.ignore()]), "setup timed out after 1s"),
    ] {
        let mut server = Server::launch("value").env("COG_SETUP_TIMEOUT", "1").setup(&steps).listening();
        server.until("SETUP_FAILED");
        let setup = server.get("/health-check").json()["setup"].clone();
        assert_eq!(setup["status"], "failed");
        assert!(setup["logs"].as_str().unwrap().ends_with(logs), "{setup}");
        server.signal("TERM");
        assert_eq!(server.end().code(), Some(0), "{steps}");
    }
}

/// Contract 10.13, 10.14, D30.
#[test]
fn a_server_can_be_told_to_await_an_explicit_shutdown() {
    for (arguments, signal, code) in [
        (&["--await-explicit-shutdown"][..], None, 0),
        (&["--await-explicit-shutdown", "true"], Some("INT"), 130),
        (&["--await-explicit-shutdown=true"], None, 0),
    ] {
        let launch = arguments.iter().fold(Server::launch("value"), |launch, argument| launch.arg(argument));
        let mut server = launch.ready();
        server.signal("TERM");
        server.logged("ignored SIGTERM: only `POST /shutdown` or SIGINT stops this server");
        assert_eq!(server.get("/readyz").status, 200);
        stop(&server, signal);
        assert_eq!(server.end().code(), Some(code), "{arguments:?}");
    }
    for arguments in [&["--await-explicit-shutdown", "false"][..], &["--await-explicit-shutdown=false"]] {
        let launch = arguments.iter().fold(Server::launch("value"), |launch, argument| launch.arg(argument));
        let mut server = launch.ready();
        server.signal("TERM");
        assert_eq!(server.end().code(), Some(0), "{arguments:?}");
    }
}

/// Contract 10.15, 10.16, D30.
#[test]
fn what_cannot_begin_says_so_with_its_exit_code() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let in_use = "is in use; choose another with `--port`";
    for (arguments, environment, code, told) in [
        (&["--port", &*port][..], "", 1, in_use),
        (&[], &*port, 1, in_use),
        (&[], "abc", 1, "`PORT=abc` is not a port"),
        (&["--host", "203.0.113.1"], "0", 1, "it is no address of this machine; choose one with `--host`"),
        (&["--port", "abc"], "", 2, "invalid value 'abc'"),
        (&["--no-such-flag"], "", 2, "unexpected argument"),
        (&["--await-explicit-shutdown=perhaps"], "", 2, "invalid value 'perhaps'"),
    ] {
        let launch = Server::launch("value").env("PORT", environment);
        let output = arguments.iter().fold(launch, |launch, argument| launch.arg(argument)).run();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(told), "{stderr}");
        assert_eq!(output.status.code(), Some(code), "{stderr}");
    }
    let server = Server::launch("value").arg("--host").arg("localhost").ready();
    assert!(server.address.ip().is_loopback());
}
