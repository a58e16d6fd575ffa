//! Section 6: server-sent events.

mod replay;

use serde_json::json;

use crate::support::{EVENTS, EventStream, JSON, Receiver, Server, Stage, eventually};

/// Contract 6.1, 6.2, 6.4; D10.
#[test]
fn events_are_asked_for_by_their_type() {
    for (accept, is_asked) in [
        ("text/event-stream", true),
        ("text/event-stream; charset=utf-8", true),
        ("text/html, text/event-stream;q=0.1", true),
        ("text/*", false),
        ("*/*", false),
        ("application/json", false),
        ("text/event-streams", false),
    ] {
        let reply = Server::of("value").send("POST", "/predictions", &[JSON, ("accept", accept)], "{}");
        let expected = if is_asked { "text/event-stream" } else { "application/json" };
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(expected)), "{accept}");
        if is_asked {
            assert_eq!(reply.header("cache-control"), Some("no-cache"));
            assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
        }
    }
}

/// Contract 6.3.
#[test]
fn refusals_are_ordinary() {
    let stage = Stage::new();
    let starting = Server::launch("value").setup(&json!([stage.meet()])).listening();
    let busy = Server::of("value");
    busy.begin("one", &json!([stage.meet()]));
    let _visits = [stage.visit(), stage.visit()];
    for (server, body, status) in [
        (&starting, "{}", 503),
        (&busy, "{}", 409),
        (&busy, r#"{"id":"one"}"#, 409),
        (&busy, r#"{"input":{"note":1}}"#, 422),
        (&busy, r#"{"webhook_events_filter":["nope"]}"#, 422),
    ] {
        let reply = server.send("POST", "/predictions", &[JSON, EVENTS], body);
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (status, Some("application/json")),
            "{body}"
        );
        assert!(reply.json().is_object());
    }
}

/// Contract 6.5, 6.6, 6.7, 6.8, 6.9, 6.10, 6.11, 6.13; D10, D11.
#[test]
fn every_event_has_its_words() {
    let server = Server::of("stream");
    let steps = json!([
        { "write": { "source": "stdout", "text": "a\nb" } },
        { "write": { "source": "stderr", "text": "é\n" } },
        { "output": "c0 " },
        { "metric": { "name": "timing.b", "value": 2.5 } },
        { "metric": { "name": "tokens", "value": 1, "mode": "increment" } },
        { "metric": { "name": "list", "value": [1], "mode": "append" } },
        { "progress": { "fraction": 0.5, "message": "half" } },
        { "progress": { "fraction": 1 } },
        { "output": { "x": [1, null] } },
    ]);
    let body = json!({ "id": "e1", "input": { "steps": steps } });
    let mut events = EventStream::open(&server, "POST", "/predictions", &body);
    for (id, (name, data)) in [
        ("start", r#"{"id":"e1","status":"processing"}"#),
        ("log", r#"{"data":"a\nb","source":"stdout"}"#),
        ("log", r#"{"data":"é\n","source":"stderr"}"#),
        ("output", r#"{"chunk":"c0 ","index":0}"#),
        ("metric", r#"{"mode":"replace","name":"timing.b","value":2.5}"#),
        ("metric", r#"{"mode":"increment","name":"tokens","value":1}"#),
        ("metric", r#"{"mode":"append","name":"list","value":[1]}"#),
        ("progress", r#"{"fraction":0.5,"message":"half"}"#),
        ("progress", r#"{"fraction":1.0,"message":null}"#),
        ("output", r#"{"chunk":{"x":[1,null]},"index":1}"#),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(events.text().unwrap(), format!("id: {id}\nevent: {name}\ndata: {data}\n\n"));
    }
    let last = events.next().unwrap();
    assert_eq!((last.id, &*last.event), (Some(10), "completed"));
    assert_eq!(events.text(), None, "the reply ends");
}

/// Contract 6.12, 6.13.
#[test]
fn every_end_is_an_event() {
    let server = Server::of("stream");
    let stage = Stage::new();
    for (last, status) in [
        (json!({ "log": "all is well" }), "succeeded"),
        (json!({ "fail": ["boom"] }), "failed"),
        (json!({ "panic": "boom" }), "failed"),
        (stage.meet(), "canceled"),
    ] {
        let steps =
            json!([{ "log": "line" }, { "output": 1 }, { "metric": { "name": "n", "value": 7 } }, last]);
        let body = json!({ "id": "e1", "input": { "steps": steps } });
        let events = EventStream::open(&server, "POST", "/predictions", &body);
        if status == "canceled" {
            let visit = stage.visit();
            server.send("POST", "/predictions/e1/cancel", &[], "");
            visit.until_gone();
        }
        let last = events.rest().pop().unwrap();
        // The same as anybody is told who asks, but for the input.
        let mut told = server.get("/predictions/e1").json();
        told.as_object_mut().unwrap().remove("input");
        assert_eq!((&*last.event, &last.data), ("completed", &told));
        assert_eq!((&last.data["status"], &last.data["output"]), (&json!(status), &json!([1])));
        assert!(last.data["logs"].as_str().unwrap().starts_with("line\n"));
        assert_eq!(last.data["error"].is_string(), status == "failed");
    }
}

/// Contract 5.27, 6.14. The only test that takes its time: what it waits for comes after ten and after fifteen seconds.
#[test]
fn silence_is_broken() {
    let server = Server::launch("value").slots(2).ready();
    let (quiet, deaf) = (Stage::new(), Stage::new());
    server.begin("quiet", &json!([quiet.meet()]));
    let _visit = quiet.visit();
    let mut of_quiet = EventStream::join(&server, "quiet");
    server.begin("deaf", &json!([deaf.ignore()]));
    let visit = deaf.visit();
    let mut of_deaf = EventStream::join(&server, "deaf");
    server.send("POST", "/predictions/deaf/cancel", &[], "");

    let log = of_deaf.until("log").data;
    let line = "goes on: its slot stays taken until its code returns";
    assert!(log["data"].as_str().unwrap().ends_with(&format!(" s ago and {line}\n")), "{log}");
    assert_eq!(log["source"], "stderr");
    server.logged(line);
    assert_eq!(of_quiet.next().unwrap().event, "start");
    assert_eq!(of_quiet.text().as_deref(), Some(": keep-alive\n\n"));
    visit.leave();
    let last = of_deaf.rest().pop().unwrap();
    assert_eq!(last.data["status"], "canceled");
}

/// Contract 6.23, 6.24.
#[test]
fn the_last_who_leaves_ends_what_began_with_events() {
    let server = Server::of("value");
    let (stage, receiver) = (Stage::new(), Receiver::new());
    let steps = json!([stage.meet()]);
    for method in ["POST", "PUT"] {
        let path = if method == "PUT" { "/predictions/w1" } else { "/predictions" };
        let filter = ["completed"];
        let body = json!({ "id": "w1", "webhook": receiver.url("/told"), "webhook_events_filter": filter, "input": { "steps": steps } });
        let first = EventStream::open(&server, method, path, &body);
        let visit = stage.visit();
        let second = EventStream::join(&server, "w1");
        leave(&server, first);
        assert_eq!(server.get("/predictions/w1").json()["status"], "processing");
        drop(second);
        visit.until_gone();
        assert_eq!(receiver.next().json()["status"], "canceled");
        server.until("READY");
    }

    server.begin("w2", &steps);
    let visit = stage.visit();
    for _ in 0..3 {
        leave(&server, EventStream::join(&server, "w2"));
    }
    assert_eq!(server.get("/predictions/w2").json()["status"], "processing");
    visit.leave();
    assert_eq!(server.ended("w2")["status"], "succeeded");
}

/// Ends a connection, and waits until the server has.
#[track_caller]
fn leave(server: &Server, events: EventStream) {
    let connections = || std::fs::read_dir(format!("/proc/{}/fd", server.process_id())).unwrap().count();
    let before = connections();
    drop(events);
    eventually(|| (connections() < before).then_some(()));
}
