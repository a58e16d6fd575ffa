//! Section 4: the prediction object.

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::{ASYNC, Answer, EVENTS, JSON, Receiver, Reply, Server, Stage};

/// The names of an object's members, as they come.
#[track_caller]
fn members(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Checks that these are the members of a prediction that is over, in alphabetical order.
#[track_caller]
fn has(reply: &Reply, own: &[&str]) {
    let mut names: Vec<&str> =
        [&["completed_at", "created_at", "id", "logs", "metrics", "started_at", "status", "version"], own]
            .concat();
    names.sort_unstable();
    assert_eq!(members(&reply.json()), names);
    // `Value` sorts its members, so the order is that of their places in the text. Neither occurs in a text of these tests.
    let places: Vec<_> =
        names.iter().map(|name| reply.text().find(&format!("\"{name}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{}", reply.text());
}

/// Puts a file that is told of by `receiver` into a prediction of these steps.
fn with_file(steps: &Value, receiver: &Receiver) -> String {
    json!({ "input": { "steps": steps, "file": receiver.url("/file") } }).to_string()
}

/// Contract 4.1, 4.3; D7.
#[test]
fn a_prediction_that_succeeded() {
    let server = Server::of("value");
    let reply =
        server.post("/predictions", &json!({ "id": "w2", "input": { "steps": [{ "output": "é" }] } }));
    has(&reply, &["output"]);
    let body = reply.json();
    assert_eq!(
        (&body["id"], &body["status"], &body["output"]),
        (&json!("w2"), &json!("succeeded"), &json!("é"))
    );
    assert_eq!((&body["logs"], &body["version"]), (&json!(""), &json!(env!("CARGO_PKG_VERSION"))));
    let times = ["created_at", "started_at", "completed_at"].map(|name| body[name].as_str().unwrap());
    for time in times {
        // As in `2026-11-23T14:03:19.657362605+00:00`.
        let shape: String = time.chars().map(|sign| if sign.is_ascii_digit() { '0' } else { sign }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000000+00:00");
    }
    assert!(times.is_sorted(), "{times:?}");

    let reply = server.predict(&json!({}));
    has(&reply, &["output"]);
    assert_eq!(reply.json()["output"], Value::Null);
}

/// Contract 4.4; D8, D9.
#[test]
fn a_prediction_that_failed() {
    let steps = json!([
        { "log": "before" }, { "output": 1 }, { "metric": { "name": "tokens", "value": 3 } }, { "fail": ["reason"] },
    ]);
    let reply = Server::of("stream").predict(&json!({ "steps": steps }));
    has(&reply, &["error", "output"]);
    let body = reply.json();
    assert_eq!((&body["status"], &body["error"]), (&json!("failed"), &json!("reason")));
    assert_eq!((&body["logs"], &body["output"]), (&json!("before\n"), &json!([1])));
    assert_eq!(body["metrics"]["tokens"], 3);
    for model in ["value", "stream"] {
        has(&Server::of(model).predict(&json!({ "steps": [{ "fail": ["reason"] }] })), &["error"]);
    }
}

/// Contract 4.5; D8.
#[test]
fn a_prediction_that_was_canceled() {
    let server = Server::of("stream");
    let stage = Stage::new();
    for (first, own) in [(json!([{ "log": "before" }, { "output": 1 }]), &["output"][..]), (json!([]), &[])] {
        let mut steps = first.as_array().unwrap().clone();
        steps.push(stage.meet());
        let mut waiting = server.connect();
        waiting.request(
            "POST",
            "/predictions",
            &[JSON],
            &json!({ "id": "c", "input": { "steps": steps } }).to_string(),
        );
        let visit = stage.visit();
        assert_eq!(server.send("POST", "/predictions/c/cancel", &[], "").status, 200);
        visit.until_gone();
        let reply = waiting.reply();
        has(&reply, own);
        assert_eq!(reply.json()["status"], "canceled");
        if !own.is_empty() {
            assert_eq!((&reply.json()["logs"], &reply.json()["output"]), (&json!("before\n"), &json!([1])));
        }
    }
}

/// Contract 4.2, 4.8, 4.9; D7.
#[test]
fn what_is_told_while_it_runs() {
    let server = Server::of("stream");
    let (stage, receiver) = (Stage::new(), Receiver::new());
    let input = json!({ "steps": [stage.meet()], "note": "as it was sent" });
    let body = json!({ "webhook": receiver.url("/told"), "input": input }).to_string();
    let accepted = server.send("PUT", "/predictions/r1", &[JSON, ASYNC], &body);
    assert_eq!(accepted.json()["status"], "starting");
    let mut visit = stage.visit();

    let told = |server: &Server| {
        let put = server.send("PUT", "/predictions/r1", &[JSON], "{}");
        let got = server.get("/predictions/r1");
        assert_eq!((put.status, got.status, put.json()), (202, 200, got.json()));
        got.json()
    };
    let running = ["created_at", "id", "input", "logs", "metrics", "started_at", "status", "version"];
    let before = told(&server);
    assert_eq!(members(&before), running);
    assert_eq!(
        (&before["status"], &before["logs"], &before["metrics"]),
        (&json!("processing"), &json!(""), &json!({}))
    );
    assert_eq!(before["input"], input);

    visit.tell(&json!({ "log": "one" }));
    visit.tell(&json!({ "output": "a" }));
    visit.tell(&json!({ "write": { "source": "stderr", "text": "two" } }));
    visit.tell(&json!({ "output": "b" }));
    visit.tell(&json!({ "metric": { "name": "timing.last", "value": 2.5 } }));
    let between = told(&server);
    assert_eq!((&between["logs"], &between["output"]), (&json!("one\ntwo"), &json!(["a", "b"])));
    assert_eq!(between["metrics"], json!({ "timing": { "last": 2.5 } }), "no time before the end");

    visit.leave();
    let after = server.ended("r1");
    assert_eq!(
        (&after["status"], &after["output"], &after["input"]),
        (&json!("succeeded"), &json!(["a", "b"]), &input)
    );
    assert_eq!(after["metrics"]["timing"], json!({ "last": 2.5 }));
    assert!(after["metrics"]["predict_time"].is_f64());
    loop {
        let told = receiver.next().json();
        assert_eq!(told.get("input"), None, "no webhook has it: {told}");
        if told["status"] == "succeeded" {
            break;
        }
    }
}

/// Contract 4.9.
#[test]
fn who_waits_is_not_told_the_input() {
    let server = Server::of("value");
    let body = r#"{"id":"n1","input":{"note":"a note of mine"}}"#;
    for headers in [&[JSON][..], &[JSON, EVENTS]] {
        let reply = server.send("POST", "/predictions", headers, body);
        assert!(
            reply.text().contains("succeeded") && !reply.text().contains("a note of mine"),
            "{}",
            reply.text()
        );
    }
}

/// Contract 4.10, 4.11; D9.
#[test]
fn logs_and_errors_are_texts() {
    let server = Server::of("value");
    for (chain, error) in [
        (json!(["boom é"]), "boom é"),
        (
            json!(["cannot answer", "the file is gone", "no such file"]),
            "cannot answer: the file is gone: no such file",
        ),
    ] {
        let reply = server.predict(&json!({ "steps": [{ "log": "a" }, { "log": "b" }, { "fail": chain }] }));
        assert_eq!((&reply.json()["error"], &reply.json()["logs"]), (&json!(error), &json!("a\nb\n")));
    }
}

/// Contract 4.12.
#[test]
fn a_panic_fails_one_prediction() {
    for model in ["value", "stream"] {
        let server = Server::of(model);
        for _ in 0..3 {
            let body = server.predict(&json!({ "steps": [{ "panic": "boom" }] })).json();
            assert_eq!(
                (&body["status"], &body["error"]),
                (&json!("failed"), &json!("the model panicked: boom"))
            );
        }
        assert_eq!(server.predict(&json!({})).json()["status"], "succeeded");
    }
}

/// Contract 4.13. Of `null` the model `number` makes what is not a number.
#[test]
fn what_json_cannot_carry_fails() {
    let server = Server::of("number");
    assert_eq!(server.predict(&json!({ "steps": [{ "output": 1.5 }] })).json()["output"], 1.5);
    let reply = server.predict(&json!({ "steps": [{ "output": null }] }));
    has(&reply, &["error"]);
    let error = reply.json()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("NaN"), "{error}");
    assert_eq!(server.predict(&json!({ "steps": [{ "output": 2 }] })).json()["output"], 2.0);
}

/// Contract 4.14.
#[test]
fn the_time_counts_from_the_acceptance() {
    let (arrived, has_arrived) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let receiver = Receiver::answering(move |_| {
        arrived.send(Instant::now()).unwrap();
        let _ = released.lock().unwrap().recv();
        Answer::body("content")
    });
    let server = Server::launch("value").env("COG_ALLOW_PRIVATE_URLS", "true").ready();
    let start = Instant::now();
    let mut waiting = server.connect();
    waiting.request("POST", "/predictions", &[JSON], &with_file(&json!(["read"]), &receiver));
    let begun = has_arrived.recv_timeout(crate::support::LIMIT).unwrap();
    // Anything that takes a while, while the file is being fetched.
    (0..20).for_each(|_| drop(server.get("/health-check")));
    let fetching = begun.elapsed();
    release.send(()).unwrap();
    let reply = waiting.reply();
    let took = start.elapsed();
    assert_eq!(reply.json()["output"][0]["text"], "content");
    let time = reply.json()["metrics"]["predict_time"].as_f64().unwrap();
    assert!(
        time >= fetching.as_secs_f64() && time <= took.as_secs_f64(),
        "{fetching:?} <= {time} <= {took:?}"
    );

    let metric = json!([{ "metric": { "name": "tokens", "value": 3 } }]);
    let metrics = &server.predict(&json!({ "steps": metric })).json()["metrics"];
    assert_eq!(members(metrics), ["predict_time", "tokens"]);
}

/// Contract 4.15, 4.16.
#[test]
fn shapes_of_outputs() {
    for (model, steps, output) in [
        ("stream", json!([{ "output": "a" }, { "output": "b" }]), json!(["a", "b"])),
        ("stream", json!([{ "output": "a" }]), json!(["a"])),
        ("stream", json!([{ "output": ["a"] }]), json!([["a"]])),
        ("stream", json!([{ "output": null }]), json!([null])),
        ("stream", json!([]), json!([])),
        ("concatenate", json!([{ "output": "c0 " }, { "output": "c1 " }]), json!(["c0 ", "c1 "])),
        ("concatenate", json!([{ "output": "c0" }]), json!(["c0"])),
        ("concatenate", json!([]), json!([])),
        ("value", json!([{ "output": ["a"] }]), json!(["a"])),
        ("value", json!([{ "output": [] }]), json!([])),
        ("value", json!([{ "output": "a" }]), json!("a")),
        ("value", json!([{ "output": 1 }]), json!(1)),
        ("value", json!([{ "output": { "a": [] } }]), json!({ "a": [] })),
        ("value", json!([]), json!(null)),
        ("files", json!([]), json!([])),
    ] {
        let reply = Server::of(model).predict(&json!({ "steps": steps }));
        assert_eq!((reply.status, &reply.json()["output"]), (200, &output), "{model} {steps}");
        assert!(reply.text().contains("\"output\":"), "{model} {steps}");
    }
}

/// Contract 4.17.
#[test]
fn before_the_end_an_output_is_a_list() {
    let server = Server::of("value");
    for (output, before) in [
        (json!("a"), json!(["a"])),
        (json!({ "a": 1 }), json!([{ "a": 1 }])),
        (json!(null), json!([null])),
        (json!(["a", "b"]), json!(["a", "b"])),
    ] {
        let receiver = Receiver::new();
        let events = json!(["output", "completed"]);
        let input = json!({ "steps": [{ "output": output }] });
        let body =
            json!({ "webhook": receiver.url("/told"), "webhook_events_filter": events, "input": input });
        assert_eq!(server.post("/predictions", &body).json()["output"], output);
        for (status, expected) in [("processing", &before), ("succeeded", &output)] {
            let told = receiver.next().json();
            assert_eq!((&told["status"], &told["output"]), (&json!(status), expected));
        }
    }
}

/// Contract 4.18.
#[test]
fn an_output_may_be_large() {
    let text = "0123456789".repeat(700_000);
    for model in ["value", "concatenate"] {
        let reply = Server::of(model).predict(&json!({ "steps": [{ "output": text }] })).json();
        let output = if model == "value" { &reply["output"] } else { &reply["output"][0] };
        assert!(output == text.as_str(), "{model}");
    }
}
