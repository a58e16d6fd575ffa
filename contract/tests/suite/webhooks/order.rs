//! Section 7: one message after the other, and receivers that are slow, dead or lie.

use std::sync::{Mutex, mpsc};

use serde_json::json;

use super::{request, said, telling, unthrottled};
use crate::support::{ASYNC, Answer, JSON, Receiver, Server, Stage};

/// Contract 7.14, 7.16; D22. In Cog four messages are under way at once, and the last may come first.
#[test]
fn messages_to_a_slow_receiver_wait_for_each_other() {
    let server = unthrottled("stream");
    let (receiver, release) = held();
    let reply = server.post("/predictions", &request(&receiver, None, &telling()));
    assert_eq!(reply.json()["status"], "succeeded", "the reply did not wait");
    assert_eq!(server.predict(&json!({})).status, 200, "nor does the slot");
    let mut messages = Vec::new();
    for _ in 0..6 {
        messages.push(receiver.next());
        assert!(receiver.rest().is_empty(), "one at a time");
        release.send(Answer::status(200)).unwrap();
    }
    let said = said(&messages);
    let lengths = said.as_array().unwrap().iter().map(|said| said[1].as_str().unwrap().len());
    assert_eq!(lengths.collect::<Vec<_>>(), [0, 2, 2, 4, 4, 4]);
    assert_eq!(said[5][0], "succeeded");
}

/// Contract 7.15.
#[test]
fn a_receiver_that_is_far_behind_is_told_the_present() {
    let server = unthrottled("stream");
    let (receiver, release) = held();
    let reply = server.post("/predictions", &request(&receiver, None, &json!([{ "outputs": 1000 }])));
    assert_eq!(reply.json()["status"], "succeeded");
    for expected in [0, 1000] {
        let message = receiver.next().json();
        assert_eq!(message["output"].as_array().map_or(0, Vec::len), expected);
        release.send(Answer::status(200)).unwrap();
    }
}

/// Contract 7.15.
#[test]
fn a_receiver_that_fails_to_take_a_message_is_told_the_present() {
    let server = unthrottled("stream");
    let stage = Stage::new();
    let (receiver, release) = held();
    let body =
        request(&receiver, None, &json!([{ "output": 1 }, { "output": 2 }, stage.meet(), { "output": 3 }]));
    server.send("POST", "/predictions", &[JSON, ASYNC], &body.to_string());
    let visit = stage.visit();
    assert_eq!(receiver.next().json().get("output"), None);
    release.send(Answer::status(500)).unwrap();
    visit.leave();
    let last = loop {
        let message = receiver.next().json();
        assert_ne!(message["output"], json!([1]), "left out");
        release.send(Answer::status(200)).unwrap();
        if message["status"] == "succeeded" {
            break message;
        }
    };
    assert_eq!(last["output"], json!([1, 2, 3]));
}

/// Contract 7.16.
#[test]
fn a_receiver_of_any_kind_delays_nobody() {
    let server = Server::of("stream");
    let (silent, _release) = held();
    let dead = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let closing = Receiver::answering(|_| Answer::silence());
    let lying =
        Receiver::answering(|_| Answer::body("{").header("content-type", "application/json").cut_short(1000));
    let urls = [silent.url("/"), dead, closing.url("/"), lying.url("/"), "http://name.invalid/".to_owned()];
    let mut connection = server.connect();
    for url in urls.iter().cycle().take(50) {
        let body = json!({ "webhook": url, "input": { "steps": telling() } }).to_string();
        let reply = connection.send("POST", "/predictions", &[JSON], &body);
        assert_eq!((reply.status, &reply.json()["output"]), (200, &json!([1, 2])), "{url}");
        assert_eq!(connection.send("GET", "/health-check", &[], "").json()["status"], "READY");
    }
    let well = Receiver::new();
    server.post("/predictions", &request(&well, Some(&json!(["completed"])), &telling()));
    assert_eq!(well.next().json()["status"], "succeeded", "others are told");
}

/// A receiver that gives each answer when it is told to.
fn held() -> (Receiver, mpsc::Sender<Answer>) {
    let (release, held) = mpsc::channel();
    let held = Mutex::new(held);
    let receiver = Receiver::answering(move |_| {
        // A test that has ended answers nothing more.
        held.lock().unwrap().recv().unwrap_or(Answer::silence())
    });
    (receiver, release)
}
