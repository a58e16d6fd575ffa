//! Section 7: webhooks.

mod attempts;
mod order;

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{ASYNC, Answer, EVENTS, JSON, Received, Receiver, Server, Stage, eventually};

/// Steps that make a message of each kind, in this order: logs, output, logs, output.
fn telling() -> Value {
    json!([{ "log": "a" }, { "output": 1 }, { "log": "b" }, { "output": 2 }])
}

/// A request that asks for these messages, or for all.
fn request(receiver: &Receiver, filter: Option<&Value>, steps: &Value) -> Value {
    let mut body = json!({ "webhook": receiver.url("/told"), "input": { "steps": steps } });
    if let Some(filter) = filter {
        body["webhook_events_filter"] = filter.clone();
    }
    body
}

/// Starts a server that leaves no message about logs out.
fn unthrottled(model: &str) -> Server {
    Server::launch(model).env("COG_THROTTLE_RESPONSE_INTERVAL", "0").ready()
}

/// Receives up to and with the last message of a prediction.
#[track_caller]
fn all(receiver: &Receiver) -> Vec<Received> {
    let mut messages = vec![receiver.next()];
    while messages.last().unwrap().json()["status"] == "processing" {
        messages.push(receiver.next());
    }
    messages
}

/// What messages say, in short: status, logs and output of each.
fn said(messages: &[Received]) -> Value {
    let bodies = messages.iter().map(Received::json);
    bodies.map(|body| json!([body["status"], body["logs"], body["output"]])).collect()
}

/// Contract 7.1, 7.2, 7.3, 7.4.
#[test]
fn a_message_has_these_headers_and_no_others() {
    let server = Server::of("value");
    let receiver = Receiver::new();
    let trace = [
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "x=1,y=2"),
    ];
    for headers in [&[JSON][..], &[JSON, trace[0], trace[1]], &[JSON, trace[0]]] {
        server.send("POST", "/predictions", headers, &request(&receiver, None, &json!([])).to_string());
        for message in all(&receiver) {
            assert_eq!((&*message.method, &*message.path), ("POST", "/told"));
            let mut names: Vec<_> = message.headers.iter().map(|(name, _)| name.as_str()).collect();
            let mut expected = vec!["accept", "content-length", "content-type", "host", "user-agent"];
            expected.extend(headers[1..].iter().map(|(name, _)| name));
            names.sort_unstable();
            expected.sort_unstable();
            assert_eq!(names, expected);
            assert_eq!(message.header("content-type"), Some("application/json"));
            assert_eq!(message.header("accept"), Some("*/*"));
            let agent = format!("cog-server/{}", env!("CARGO_PKG_VERSION"));
            assert_eq!(message.header("user-agent"), Some(&*agent));
            for (name, value) in &headers[1..] {
                assert_eq!(message.header(name), Some(*value));
            }
        }
    }
}

/// Contract 7.2, 7.4, 7.5; D22. The signature is made anew here, as Standard Webhooks has it.
#[test]
fn messages_carry_the_token_and_are_signed() {
    const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let server = Server::launch("value")
        .env("WEBHOOK_AUTH_TOKEN", "sesame")
        .env("COG_WEBHOOK_SECRET", &format!("whsec_{KEY}"))
        .ready();
    // The last message is not taken the first time.
    let receiver = Receiver::answering(|message| {
        let is_first = message.json()["status"] == "processing" || message.path == "/again";
        if is_first { Answer::status(200) } else { Answer::status(503) }
    });
    let steps = json!([{ "output": "é" }]);
    server.post("/predictions", &request(&receiver, None, &steps));
    let messages: Vec<_> = (0..4).map(|_| receiver.next()).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(KEY).unwrap());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    for message in &messages {
        assert_eq!(message.header("authorization"), Some("Bearer sesame"));
        let [id, time, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"]
            .map(|name| message.header(name).unwrap());
        let signed = [format!("{id}.{time}.").as_bytes(), &message.body].concat();
        let signature = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&key, &signed, &signature).unwrap();
        assert!(now.abs_diff(time.parse().unwrap()) < 60, "{time}");
    }
    let ids: Vec<_> = messages.iter().map(|message| message.header("webhook-id").unwrap()).collect();
    assert_eq!(ids[2], ids[3], "two attempts at one message");
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 3);
}

/// Contract 7.6, 7.7, 7.8, 7.10, 7.12.
#[test]
fn each_event_is_told_with_all_that_was_before() {
    let server = unthrottled("stream");
    let receiver = Receiver::new();
    for headers in [&[JSON][..], &[JSON, ASYNC], &[JSON, EVENTS]] {
        let body = request(&receiver, None, &telling()).to_string();
        assert!(matches!(server.send("POST", "/predictions", headers, &body).status, 200 | 202));
        let expected = json!([
            ["processing", "", null],
            ["processing", "a\n", null],
            ["processing", "a\n", [1]],
            ["processing", "a\nb\n", [1]],
            ["processing", "a\nb\n", [1, 2]],
            ["succeeded", "a\nb\n", [1, 2]],
        ]);
        assert_eq!(said(&all(&receiver)), expected);
    }
    let server = unthrottled("value");
    server.post("/predictions", &request(&receiver, None, &json!([{ "output": "a" }])));
    let expected = json!([["processing", "", null], ["processing", "", ["a"]], ["succeeded", "", "a"]]);
    assert_eq!(said(&all(&receiver)), expected);
    assert!(receiver.rest().is_empty());
}

/// Contract 7.10.
#[test]
fn every_end_is_told_once() {
    let server = unthrottled("stream");
    let (stage, receiver) = (Stage::new(), Receiver::new());
    for (step, status) in [
        (json!({ "fail": ["boom"] }), "failed"),
        (json!({ "panic": "boom" }), "failed"),
        (stage.meet(), "canceled"),
        (json!({ "output": 2 }), "succeeded"),
    ] {
        let mut body =
            request(&receiver, Some(&json!(["completed"])), &json!([{ "log": "a" }, { "output": 1 }, step]));
        body["id"] = json!("one");
        server.send("POST", "/predictions", &[JSON, ASYNC], &body.to_string());
        if status == "canceled" {
            let visit = stage.visit();
            server.send("POST", "/predictions/one/cancel", &[], "");
            visit.until_gone();
        }
        // The message is what is told to those who ask, but for the input.
        let mut told = server.ended("one");
        told.as_object_mut().unwrap().remove("input");
        assert_eq!((&told["status"], receiver.next().json()), (&json!(status), told.clone()));
    }
    assert!(receiver.rest().is_empty());
}

/// Contract 7.9.
#[test]
fn messages_about_logs_are_throttled_by_any_before() {
    let receiver = Receiver::new();
    let told = |server: &Server, filter: &Value| {
        server.post("/predictions", &request(&receiver, Some(filter), &telling()));
        all(&receiver)
            .iter()
            .map(|message| message.json()["logs"].as_str().unwrap().len())
            .collect::<Vec<_>>()
    };
    let every = unthrottled("stream");
    let half_a_second = Server::of("stream");
    let never_again = Server::launch("stream").env("COG_THROTTLE_RESPONSE_INTERVAL", "3600").ready();
    // What is expected is how long the logs are in each message: of `a\n` and `b\n`.
    for (filter, unthrottled, throttled) in [
        (json!(["start", "logs", "output", "completed"]), vec![0, 2, 2, 4, 4, 4], vec![0, 2, 4, 4]),
        (json!(["logs", "completed"]), vec![2, 4, 4], vec![2, 4]),
        (json!(["output", "logs", "completed"]), vec![2, 2, 4, 4, 4], vec![2, 2, 4, 4]),
    ] {
        assert_eq!(told(&every, &filter), unthrottled, "{filter}");
        assert_eq!(told(&half_a_second, &filter), throttled, "{filter}");
        assert_eq!(told(&never_again, &filter), throttled, "{filter}");
    }
}

/// Contract 7.9. After the interval the next is sent.
#[test]
fn messages_about_logs_come_again_after_the_interval() {
    let server = Server::launch("value").env("COG_THROTTLE_RESPONSE_INTERVAL", "0.05").ready();
    let (stage, receiver) = (Stage::new(), Receiver::new());
    let body = request(&receiver, Some(&json!(["logs"])), &json!([stage.meet()]));
    server.send("POST", "/predictions", &[JSON, ASYNC], &body.to_string());
    let mut visit = stage.visit();
    let mut told = 0;
    let mut logged = 0;
    while told < 3 {
        visit.tell(&json!({ "log": "x" }));
        logged += 1;
        told += receiver.rest().len();
    }
    assert!(logged > 3, "some were left out");
    visit.leave();
}

/// Contract 7.11.
#[test]
fn a_filter_chooses_messages_and_not_what_is_in_them() {
    let server = unthrottled("stream");
    let receiver = Receiver::new();
    for (filter, expected) in [
        (json!([]), json!([])),
        (json!(["start"]), json!([["processing", "", null]])),
        (json!(["output"]), json!([["processing", "a\n", [1]], ["processing", "a\nb\n", [1, 2]]])),
        (json!(["logs"]), json!([["processing", "a\n", null], ["processing", "a\nb\n", [1]]])),
        (json!(["completed"]), json!([["succeeded", "a\nb\n", [1, 2]]])),
        (json!(["completed", "start"]), json!([["processing", "", null], ["succeeded", "a\nb\n", [1, 2]]])),
    ] {
        server.post("/predictions", &request(&receiver, Some(&filter), &telling()));
        let count = expected.as_array().unwrap().len();
        let messages: Vec<_> = (0..count).map(|_| receiver.next()).collect();
        assert_eq!(said(&messages), expected, "{filter}");
    }
    assert!(receiver.rest().is_empty());
}

/// Contract 7.13.
#[test]
fn what_is_no_url_is_ignored() {
    let server = Server::of("value");
    for url in
        ["not a url", "", "/path", "example.org/path", "ftp://127.0.0.1/", "file:///etc/passwd", "http://"]
    {
        let reply = server.post("/predictions", &json!({ "webhook": url }));
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("succeeded")), "{url}");
    }
    let warning = "ignoring a webhook that is not an `http:` or `https:` URL";
    eventually(|| (server.log().matches(warning).count() == 7).then_some(()));
}
