//! Section 10: what is under way when a server is told to stop.

use std::net::TcpStream;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{ASYNC, Answer, Connection, EVENTS, JSON, LIMIT, Receiver, Server, Stage, eventually};

/// Sends a request for a prediction and does not wait for the reply.
fn ask(server: &Server, headers: &[(&str, &str)], input: &Value) -> Connection {
    let mut connection = server.connect();
    connection.request("POST", "/predictions", headers, &json!({ "input": input }).to_string());
    connection
}

/// Tells the server to stop, and waits until nobody can connect any more.
fn terminate(server: &Server) {
    server.signal("TERM");
    eventually(|| TcpStream::connect(server.address).is_err().then_some(()));
}

/// A receiver that answers 200 with a body, but not before it is told to by the sender that comes with it.
fn held(body: &'static str) -> (Receiver, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let receiver = Receiver::answering(move |_| {
        // A test that has ended does not hold it any more.
        let _ = released.lock().unwrap().recv_timeout(LIMIT);
        Answer::body(body)
    });
    (receiver, release)
}

/// Contract 10.4, 10.17.
#[test]
fn events_go_on_to_the_last() {
    let stage = Stage::new();
    let mut server = Server::of("stream");
    let mut events = ask(&server, &[JSON, EVENTS], &json!({ "steps": [stage.meet(), { "output": "last" }] }));
    let visit = stage.visit();
    terminate(&server);
    visit.leave();
    let reply = events.reply();
    let (_, completed) = reply.text().split_once("event: completed\ndata: ").unwrap();
    let completed: Value = serde_json::from_str(completed.lines().next().unwrap()).unwrap();
    assert_eq!((&completed["status"], &completed["output"]), (&json!("succeeded"), &json!(["last"])));
    assert_eq!(events.end(), 0);
    assert_eq!(server.end().code(), Some(0));
}

/// Contract 10.18.
#[test]
fn an_input_that_is_fetched_is_waited_for_within_the_time() {
    let launch = || Server::launch("value").env("COG_ALLOW_PRIVATE_URLS", "true");
    for (mut server, arrives) in
        [(launch().ready(), true), (launch().arg("--shutdown-grace").arg("0").ready(), false)]
    {
        let (receiver, release) = held("content");
        let mut waiting = ask(&server, &[JSON], &json!({ "file": receiver.url("/file"), "steps": ["read"] }));
        receiver.next();
        terminate(&server);
        if arrives {
            release.send(()).unwrap();
            assert_eq!(waiting.reply().json()["output"][0]["text"], "content");
        } else {
            assert_eq!(waiting.reply().json()["status"], "canceled");
        }
        assert_eq!(server.end().code(), Some(0));
    }
}

/// Contract 10.5, 10.10, 10.19; D24.
#[test]
fn what_is_canceled_in_the_end_is_told_of_as_well() {
    let (stage, receiver) = (Stage::new(), Receiver::new());
    let mut server = Server::launch("value").arg("--shutdown-grace").arg("0").ready();
    let body = json!({
        "input": { "steps": [{ "log": "before" }, stage.meet()] },
        "webhook": receiver.url("/"),
        "webhook_events_filter": ["completed"],
    });
    assert_eq!(server.send("POST", "/predictions", &[JSON, ASYNC], &body.to_string()).status, 202);
    let visit = stage.visit();
    server.signal("TERM");
    visit.until_gone();
    let told = receiver.next().json();
    assert_eq!((&told["status"], &told["logs"]), (&json!("canceled"), &json!("before\n")));
    assert_eq!(server.end().code(), Some(0));
}

/// Contract 10.6, 10.20; D24.
#[test]
fn a_webhook_that_is_on_its_way_is_waited_for() {
    let body =
        |receiver: &Receiver| json!({ "webhook": receiver.url("/"), "webhook_events_filter": ["completed"] });
    let (receiver, release) = held("");
    let mut server = Server::of("value");
    assert_eq!(server.post("/predictions", &body(&receiver)).status, 200);
    assert_eq!(receiver.next().json()["status"], "succeeded");
    terminate(&server);
    server.signal("TERM");
    server.logged("ignored SIGTERM: stopping already");
    assert!(server.is_running());
    release.send(()).unwrap();
    assert_eq!(server.end().code(), Some(0));

    let receiver = Receiver::scripted([Answer::status(503), Answer::status(200)]);
    let mut server = Server::of("value");
    assert_eq!(server.post("/predictions", &body(&receiver)).status, 200);
    receiver.next();
    server.signal("TERM");
    assert_eq!(receiver.next().json()["status"], "succeeded", "the second try");
    assert_eq!(server.end().code(), Some(0));
}

/// Contract 10.8, 10.9, 10.21; D24. All at once, as each of them takes seconds.
#[test]
fn a_client_that_does_not_go_on_is_not_waited_for() {
    let whole = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";
    let mut held_up: Vec<_> = [
        "",
        "POST /predictions HTTP/1.1\r\nhost:",
        "POST /predictions HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n{\"input\"",
        "POST /predictions HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"input\"",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]
    .into_iter()
    .flat_map(|part| [part.to_owned(), whole.to_owned() + part])
    .map(|bytes| {
        let server = Server::of("value");
        let mut connection = server.connect();
        connection.write(bytes);
        // Meanwhile that has been read.
        assert_eq!(server.get("/livez").status, 200);
        (server, connection)
    })
    .collect();

    let stage = Stage::new();
    let server = Server::of("value");
    let steps = json!([{ "output": "x".repeat(16 << 20) }, stage.meet()]);
    let deaf = ask(&server, &[JSON], &json!({ "steps": steps }));
    stage.visit().leave();
    server.until("READY");
    held_up.push((server, deaf));

    let start = Instant::now();
    held_up.iter().for_each(|(server, _)| server.signal("TERM"));
    for (server, _) in &mut held_up {
        assert_eq!(server.end().code(), Some(0));
    }
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}
