//! Receivers of webhooks and targets of uploads.

use std::net::TcpStream;
use std::sync::{Mutex, mpsc};

use serde_json::json;

use crate::support::{Answer, JSON, LIMIT, NOBODY, Receiver, Server, eventually};

/// Contract 18.1; D22.
#[test]
fn receivers_at_fault_delay_nobody() {
    let (_never, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let silent = Receiver::answering(move |_| {
        let _ = held.lock().unwrap().recv();
        Answer::status(200)
    });
    let lying = Receiver::scripted([Answer::body("x").cut_short(1000)]);
    let redirecting = Receiver::scripted([Answer::status(307).header("location", "/again")]);
    let live = Receiver::new();
    let server = Server::of("stream");
    let steps = json!([{ "log": "a" }, { "output": 1 }, { "log": "b" }, { "output": 2 }]);
    for (kind, url) in [
        ("dead", format!("http://{NOBODY}/")),
        ("silent", silent.url("/")),
        ("lying", lying.url("/")),
        ("redirecting", redirecting.url("/")),
    ] {
        // Twice: the first are still being told of when the second come.
        for _ in 0..2 {
            let body = json!({ "webhook": url, "input": { "steps": steps } });
            let reply = server.post("/predictions", &body);
            assert_eq!((reply.status, &reply.json()["output"]), (200, &json!([1, 2])), "{kind}");
            assert_eq!(server.get("/health-check").json()["status"], "READY", "{kind}");
        }
        let body = json!({ "webhook": live.url("/"), "webhook_events_filter": ["completed"] });
        assert_eq!(server.post("/predictions", &body).status, 200);
        assert_eq!(live.next().json()["status"], "succeeded", "{kind}");
    }
    // They have been asked.
    silent.next();
    lying.next();
    redirecting.next();
}

/// Contract 18.2.
#[test]
fn a_target_that_breaks_off_its_answer_has_taken_the_file() {
    let target = Receiver::scripted([Answer::body("thank").cut_short(1000)]);
    let server = Server::launch("file").arg("--upload-url").arg(&target.url("/up")).ready();
    let reply = server.predict(&json!({ "steps": [{ "file": { "name": "a.txt", "text": "x" } }] }));
    assert_eq!(reply.json()["output"], target.url("/up/a.txt"), "{}", reply.text());
    target.next();
    assert_eq!(target.rest().len(), 0, "once");
}

/// Contract 18.3; D24.
#[test]
fn uploads_have_the_time_of_predictions_to_end() {
    for (grace, status) in [("25", "succeeded"), ("0", "canceled")] {
        let (arrived, arrivals) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let target = Receiver::answering(move |_| {
            arrived.send(()).unwrap();
            let _ = held.lock().unwrap().recv();
            Answer::status(200)
        });
        let url = target.url("/up");
        let launch = Server::launch("file").arg("--upload-url").arg(&url).arg("--shutdown-grace").arg(grace);
        let mut server = launch.ready();
        let mut waiting = server.connect();
        let steps = json!([{ "disk_file": { "name": "a.txt", "text": "x" } }]);
        let body = json!({ "input": { "steps": steps } }).to_string();
        waiting.request("POST", "/predictions", &[JSON], &body);
        arrivals.recv_timeout(LIMIT).unwrap();
        server.signal("TERM");
        if status == "succeeded" {
            eventually(|| TcpStream::connect(server.address).is_err().then_some(()));
            assert!(server.is_running());
            release.send(()).unwrap();
        }
        assert_eq!(waiting.reply().json()["status"], status);
        assert_eq!(server.end().code(), Some(0));
        assert_eq!(server.left(), [""; 0]);
    }
}
