//! Sections 5 and 14: asynchronous requests, names, slots, cancellation, concurrency.

mod cancel;
mod slots;

use serde_json::{Value, json};

use crate::support::{ASYNC, Connection, EVENTS, JSON, Server, Stage, eventually};

/// Contract 5.1, 5.2; D12.
#[test]
fn preferences_are_read_as_their_standard_has_it() {
    let server = Server::of("value");
    for (prefer, is_honoured) in [
        ("respond-async", true),
        ("Respond-Async", true),
        ("respond-async, wait=5", true),
        ("wait=5,respond-async", true),
        ("respond-async; priority=1", true),
        ("wait", false),
        ("wait=5", false),
        ("return=minimal", false),
        ("respond", false),
        ("respond-asynchronously", false),
    ] {
        for (method, path) in [("POST", "/predictions"), ("PUT", "/predictions/p1")] {
            let reply = server.send(method, path, &[JSON, ("prefer", prefer)], r#"{"id":"p1"}"#);
            let (status, applied) = if is_honoured { (202, Some("respond-async")) } else { (200, None) };
            assert_eq!((reply.status, reply.header("preference-applied")), (status, applied), "{prefer}");
            assert_eq!(server.ended("p1")["status"], "succeeded");
        }
    }
    // In two headers as well, which are one list.
    let headers = [JSON, ("prefer", "wait"), ("prefer", "respond-async")];
    assert_eq!(server.send("POST", "/predictions", &headers, "{}").status, 202);
}

/// Contract 5.3.
#[test]
fn events_come_before_preferences() {
    let server = Server::of("value");
    let reply = server.send("POST", "/predictions", &[JSON, ASYNC, EVENTS], "{}");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(reply.header("preference-applied"), None);
}

/// Contract 5.4; D14.
#[test]
fn a_prediction_can_be_asked_for() {
    let server = Server::of("value");
    let stage = Stage::new();
    let unknown = server.get("/predictions/g1");
    assert_eq!(unknown.status, 404);
    assert!(unknown.json()["error"].as_str().unwrap().contains("`g1`"), "{}", unknown.text());
    server.begin("g1", &json!([stage.meet(), { "output": "made" }]));
    let visit = stage.visit();
    let running = server.get("/predictions/g1");
    assert_eq!((running.status, &running.json()["status"]), (200, &json!("processing")));
    visit.leave();
    let over = server.ended("g1");
    assert_eq!((&over["status"], &over["output"]), (&json!("succeeded"), &json!("made")));
    for (steps, status) in [(json!([{ "fail": ["no"] }]), "failed"), (json!([]), "succeeded")] {
        server.post("/predictions", &json!({ "id": status, "input": { "steps": steps } }));
        assert_eq!(server.get(&format!("/predictions/{status}")).json()["status"], status);
    }
}

/// Contract 5.5, 5.7; D14.
#[test]
fn the_last_thousand_are_known() {
    let server = Server::of("value");
    let mut asking = server.connect();
    let mut know = |id: &str| asking.send("GET", &format!("/predictions/{id}"), &[], "").status == 200;
    let unnamed = server.predict(&json!({})).json()["id"].as_str().unwrap().to_owned();
    assert!(!know(&unnamed));
    let mut making = server.connect();
    let mut make = |number: usize| {
        let reply = making.send("PUT", &format!("/predictions/{number}"), &[JSON], "{}");
        assert_eq!(reply.status, 200);
    };
    (0..1000).for_each(&mut make);
    assert!(know("0") && know("999"));
    make(1000);
    // The oldest is forgotten when the last has been told of.
    eventually(|| (!know("0")).then_some(()));
    assert!(know("1") && know("1000"));
}

/// Contract 5.8.
#[test]
fn a_put_of_what_runs_begins_nothing() {
    for slots in [1, 8] {
        let server = Server::launch("value").slots(slots).ready();
        let stage = Stage::new();
        server.begin("one", &json!([{ "log": "line" }, stage.meet(), { "output": "of the first" }]));
        let visit = stage.visit();
        for headers in [&[JSON][..], &[JSON, ASYNC]] {
            let body = json!({ "input": { "steps": [stage.meet()] } }).to_string();
            let reply = server.send("PUT", "/predictions/one", headers, &body);
            assert_eq!((reply.status, &reply.json()["status"]), (202, &json!("processing")));
            assert_eq!(reply.json()["logs"], "line\n");
        }
        visit.leave();
        assert_eq!(server.ended("one")["output"], "of the first");
        assert!(!stage.is_visited(), "the new input was ignored");
    }
}

/// Contract 5.9; D14.
#[test]
fn a_name_that_is_over_can_be_used_again() {
    let server = Server::of("value");
    for (count, method) in ["PUT", "PUT", "POST", "POST"].into_iter().enumerate() {
        let path = if method == "PUT" { "/predictions/again" } else { "/predictions" };
        let body = json!({ "id": "again", "input": { "steps": [{ "output": count }] } }).to_string();
        let reply = server.send(method, path, &[JSON], &body);
        assert_eq!((reply.status, &reply.json()["output"]), (200, &json!(count)));
        assert_eq!(server.get("/predictions/again").json()["output"], count);
    }
}

/// Contract 5.10; D13.
#[test]
fn a_post_of_what_runs_is_refused() {
    for slots in [1, 8] {
        let server = Server::launch("value").slots(slots).ready();
        let stage = Stage::new();
        server.begin("one", &json!([stage.meet()]));
        let mut visit = stage.visit();
        for headers in [&[JSON][..], &[JSON, ASYNC], &[JSON, EVENTS]] {
            let body = json!({ "id": "one", "input": { "steps": [{ "log": "not mine" }] } }).to_string();
            let reply = server.send("POST", "/predictions", headers, &body);
            let message =
                json!({ "error": "a prediction with ID `one` is already running", "status": "failed" });
            assert_eq!((reply.status, reply.json()), (409, message));
        }
        visit.tell(&json!({ "log": "mine" }));
        visit.leave();
        let over = server.ended("one");
        assert_eq!((&over["status"], &over["logs"]), (&json!("succeeded"), &json!("mine\n")));
    }
}

/// Contract 5.11; D13.
#[test]
fn clients_with_one_name_at_the_same_instant_make_one_prediction() {
    let server = Server::launch("value").slots(8).ready();
    let stage = Stage::new();
    for round in 0..10 {
        let id = format!("same-{round}");
        let body = json!({ "id": id, "input": { "steps": [stage.meet()] } }).to_string();
        let is_put = round % 2 == 0;
        let (method, path) =
            if is_put { ("PUT", format!("/predictions/{id}")) } else { ("POST", "/predictions".to_owned()) };
        let replies: Vec<_> =
            at_once(&server, method, &path, &body).iter_mut().map(Connection::reply).collect();
        let visit = stage.visit();
        let with = |status| replies.iter().filter(|reply| reply.status == status).count();
        let made = replies.iter().filter(|reply| reply.header("preference-applied").is_some()).count();
        assert_eq!((with(202), with(409), made), if is_put { (8, 0, 1) } else { (1, 7, 1) });
        visit.leave();
        assert_eq!(server.ended(&id)["status"], "succeeded");
        assert!(!stage.is_visited(), "one was made");
    }
}

/// Contract 5.12.
#[test]
fn as_many_run_at_once_as_there_are_slots() {
    for (server, slots) in [(Server::of("value"), 1), (Server::launch("value").slots(8).ready(), 8)] {
        let stage = Stage::new();
        let mut visits: Vec<_> = (0..slots)
            .map(|number| {
                assert_eq!(server.get("/health-check").json()["status"], "READY");
                server.begin(&format!("s{number}"), &json!([stage.meet()]));
                stage.visit()
            })
            .collect();
        assert_eq!(server.get("/health-check").json()["status"], "BUSY");
        assert_eq!(server.predict(&json!({})).status, 409);
        visits.pop();
        assert_eq!(server.ended(&format!("s{}", slots - 1))["status"], "succeeded");
        assert_eq!(server.predict(&json!({})).status, 200);
    }
}

/// Contract 5.13; D31. In Cog up to half of such clients are told `BUSY`, and a tenth are refused.
#[test]
fn who_has_a_reply_finds_the_slot_free() {
    let server = Server::of("value");
    let mut connection = server.connect();
    let mut ask = |body: &Value| {
        let body = body.to_string();
        assert_eq!(connection.send("POST", "/predictions", &[JSON], &body).status, 200);
        assert_eq!(connection.send("GET", "/health-check", &[], "").json()["status"], "READY");
        assert_eq!(connection.send("POST", "/predictions", &[JSON], &body).status, 200);
    };
    for _ in 0..50 {
        ask(&json!({}));
        ask(&json!({ "id": "same" }));
        ask(&json!({ "input": { "steps": [{ "fail": ["no"] }] } }));
        ask(&json!({ "input": { "steps": [{ "panic": "no" }] } }));
    }
}

/// Sends one request from each of eight clients: all are there but for their last byte, and then those come.
fn at_once(server: &Server, method: &str, path: &str, body: &str) -> Vec<Connection> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\nprefer: respond-async\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (most, last) = request.split_at(request.len() - 1);
    let mut clients: Vec<_> = (0..8).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(|client| client.write(most));
    clients.iter_mut().for_each(|client| client.write(last));
    clients
}
