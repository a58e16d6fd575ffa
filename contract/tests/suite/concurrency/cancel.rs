//! Section 5: cancellation, and clients that leave.

use std::sync::{Mutex, mpsc};

use serde_json::{Value, json};

use crate::support::{ASYNC, Answer, Connection, EVENTS, EventStream, JSON, Receiver, Server, Stage};

/// Contract 5.14, 5.15, 5.16, 5.17, 5.24; D32. Code that awaits, and code that computes and asks.
#[test]
fn clean_up_has_run_before_anybody_is_told() {
    for slots in [1, 8] {
        let server = Server::launch("value").slots(slots).ready();
        let stage = Stage::new();
        for step in [stage.meet(), stage.block()] {
            // The others are taken, so that one slot makes the difference.
            let others: Vec<_> = (1..slots)
                .map(|number| {
                    server.begin(&format!("other-{number}"), &json!([stage.meet()]));
                    stage.visit()
                })
                .collect();
            assert_eq!(cancel(&server, "c1"), 404, "not begun");
            server.begin("c1", &json!([stage.clean_up(), step]));
            let visit = stage.visit();
            assert_eq!(cancel(&server, "c1"), 200);
            visit.until_gone();
            let clean_up = stage.visit();
            assert_eq!(server.get("/predictions/c1").json()["status"], "processing");
            assert_eq!(health(&server), "BUSY");
            assert_eq!(cancel(&server, "c1"), 200, "as often as one likes");
            clean_up.leave();
            assert_eq!(server.ended("c1")["status"], "canceled");
            assert_eq!(health(&server), "READY");
            assert_eq!(cancel(&server, "c1"), 404, "over");
            drop(others);
            for number in 1..slots {
                assert_eq!(server.ended(&format!("other-{number}"))["status"], "succeeded");
            }
        }
    }
}

/// Contract 5.18, 5.23. On a stream that never waits.
#[test]
fn what_never_pauses_is_ended_between_two_parts() {
    let noisy: Vec<_> =
        (0..5000).flat_map(|number| [json!({ "flood": 100 }), json!({ "output": number })]).collect();
    for slots in [1, 8] {
        let server = Server::launch("stream").slots(slots).ready();
        for (steps, event) in [(json!([{ "outputs": u32::MAX }]), "output"), (json!(noisy), "log")] {
            server.begin("f1", &steps);
            EventStream::join(&server, "f1").until(event);
            assert_eq!(cancel(&server, "f1"), 200);
            assert_eq!(server.ended("f1")["status"], "canceled");
            assert_eq!(health(&server), "READY");
        }
    }
}

/// Contract 5.19.
#[test]
fn who_waits_is_told() {
    let server = Server::launch("stream").slots(2).ready();
    let stage = Stage::new();
    let mut waiting = ask(&server, "w1", &json!([stage.meet()]));
    let visit = stage.visit();
    server.begin("w2", &json!([stage.meet()]));
    let other = stage.visit();
    let events = EventStream::join(&server, "w2");
    for id in ["w1", "w2"] {
        assert_eq!(cancel(&server, id), 200);
    }
    visit.until_gone();
    other.until_gone();
    let reply = waiting.reply();
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("canceled")));
    let last = events.rest().pop().unwrap();
    assert_eq!((&*last.event, &last.data["status"]), ("completed", &json!("canceled")));
}

/// Contract 5.20; D32. In Cog such a cancel is lost for 6 of 20.
#[test]
fn an_early_cancel_is_never_lost() {
    for slots in [1, 8] {
        let server = Server::launch("value").slots(slots).ready();
        let stage = Stage::new();
        let mut connection = server.connect();
        for round in 0..100 {
            let id = format!("early-{round}");
            let body = json!({ "id": id, "input": { "steps": [stage.block()] } }).to_string();
            // The second is there before the first has been answered.
            connection.request("POST", "/predictions", &[JSON, ASYNC], &body);
            connection.request("POST", &format!("/predictions/{id}/cancel"), &[], "");
            assert_eq!((connection.reply().status, connection.reply().status), (202, 200));
            assert_eq!(server.ended(&id)["status"], "canceled");
        }
    }
}

/// Contract 5.21.
#[test]
fn a_cancel_ends_the_fetching_of_inputs() {
    let (receiver, _release) = held();
    for slots in [1, 8] {
        let server = Server::launch("value").slots(slots).env("COG_ALLOW_PRIVATE_URLS", "true").ready();
        let stage = Stage::new();
        let input = json!({ "steps": [stage.meet()], "file": receiver.url("/file") });
        let body = json!({ "id": "i1", "input": input }).to_string();
        server.send("POST", "/predictions", &[JSON, ASYNC], &body);
        receiver.next();
        assert_eq!(server.get("/predictions/i1").json()["status"], "processing");
        assert_eq!(cancel(&server, "i1"), 200);
        assert_eq!(server.ended("i1")["status"], "canceled");
        assert_eq!(health(&server), "READY");
        assert!(!stage.is_visited(), "the model's code did not start");
    }
}

/// Contract 5.22.
#[test]
fn a_cancel_ends_the_upload_of_outputs() {
    let (receiver, _release) = held();
    let server = Server::launch("file").arg("--upload-url").arg(&receiver.url("/up/")).ready();
    server.begin("u1", &json!([{ "file": { "name": "a.txt", "text": "x" } }]));
    assert_eq!(receiver.next().method, "PUT");
    assert_eq!(server.get("/predictions/u1").json()["status"], "processing");
    assert_eq!(cancel(&server, "u1"), 200);
    let over = server.ended("u1");
    assert_eq!((&over["status"], over.get("output")), (&json!("canceled"), None));
}

/// Contract 5.25.
#[test]
fn a_cancel_ends_one_of_many() {
    let server = Server::launch("value").slots(8).ready();
    let stage = Stage::new();
    let mut visits: Vec<_> = (0..8)
        .map(|number| {
            server.begin(&format!("m{number}"), &json!([stage.meet(), { "output": number }]));
            stage.visit()
        })
        .collect();
    let fifth = visits.remove(5);
    assert_eq!(cancel(&server, "m5"), 200);
    fifth.until_gone();
    assert_eq!(server.ended("m5")["status"], "canceled");
    drop(visits);
    for number in [0, 1, 2, 3, 4, 6, 7] {
        assert_eq!(server.ended(&format!("m{number}"))["output"], number);
    }
}

/// Contract 5.14, 5.26.
#[test]
fn code_that_ignores_its_cancel_keeps_its_slot() {
    for slots in [1, 8] {
        let server = Server::launch("value").slots(slots).ready();
        let stage = Stage::new();
        let visits: Vec<_> = (0..slots)
            .map(|number| {
                server.begin(&format!("deaf-{number}"), &json!([stage.ignore()]));
                stage.visit()
            })
            .collect();
        for number in 0..slots {
            assert_eq!(cancel(&server, &format!("deaf-{number}")), 200);
        }
        assert_eq!(health(&server), "BUSY");
        assert_eq!(server.predict(&json!({})).status, 409);
        assert_eq!(server.get("/predictions/deaf-0").json()["status"], "processing");
        drop(visits);
        for number in 0..slots {
            assert_eq!(server.ended(&format!("deaf-{number}"))["status"], "canceled");
        }
        assert_eq!(server.predict(&json!({})).status, 200);
    }
}

/// Contract 5.28. Those who wait for the result; those who follow events are in section 6.
#[test]
fn a_client_that_leaves_cancels() {
    let server = Server::of("stream");
    let (stage, receiver) = (Stage::new(), Receiver::new());
    for step in [stage.meet(), stage.block()] {
        for (method, path) in [("POST", "/predictions"), ("PUT", "/predictions/l1")] {
            let body = json!({
                "id": "l1",
                "webhook": receiver.url("/told"),
                "webhook_events_filter": ["completed"],
                "input": { "steps": [{ "output": "first" }, step] },
            });
            let mut client = server.connect();
            client.request(method, path, &[JSON], &body.to_string());
            let visit = stage.visit();
            drop(client);
            visit.until_gone();
            let told = receiver.next().json();
            assert_eq!((&told["status"], &told["output"]), (&json!("canceled"), &json!(["first"])));
            server.until("READY");
        }
    }
}

/// Contract 5.29.
#[test]
fn nobody_has_to_stay_where_nobody_waits() {
    let server = Server::launch("value").slots(2).ready();
    let stage = Stage::new();
    let body = json!({ "id": "n1", "input": { "steps": [stage.meet()] } }).to_string();
    let mut beginning = server.connect();
    assert_eq!(beginning.send("POST", "/predictions", &[JSON, ASYNC], &body).status, 202);
    let visit = stage.visit();
    let mut told = server.connect();
    assert_eq!(told.send("PUT", "/predictions/n1", &[JSON], "{}").status, 202);
    let mut following = server.connect();
    following.request("PUT", "/predictions/n1", &[JSON, EVENTS], "{}");
    assert_eq!(following.head().status, 200);
    drop((beginning, told, following));
    // One that waits leaves after them; that its prediction ends tells that the server notices.
    let waiting = ask(&server, "n2", &json!([stage.meet()]));
    let other = stage.visit();
    drop(waiting);
    other.until_gone();
    assert_eq!(server.get("/predictions/n1").json()["status"], "processing");
    visit.leave();
    assert_eq!(server.ended("n1")["status"], "succeeded");
}

/// Sends a request with these steps and does not wait for the reply.
fn ask(server: &Server, id: &str, steps: &Value) -> Connection {
    let mut connection = server.connect();
    let body = json!({ "id": id, "input": { "steps": steps } }).to_string();
    connection.request("POST", "/predictions", &[JSON], &body);
    connection
}

/// Cancels a prediction and returns the status of the reply.
#[track_caller]
fn cancel(server: &Server, id: &str) -> u16 {
    let reply = server.send("POST", &format!("/predictions/{id}/cancel"), &[], "");
    assert_eq!(reply.text(), "{}");
    reply.status
}

#[track_caller]
fn health(server: &Server) -> Value {
    server.get("/health-check").json()["status"].clone()
}

/// A receiver that answers nobody as long as the sender is there.
fn held() -> (Receiver, mpsc::Sender<()>) {
    let (release, held) = mpsc::channel();
    let held = Mutex::new(held);
    let receiver = Receiver::answering(move |_| {
        // Fails when the sender is gone, which is what it waits for.
        let _ = held.lock().unwrap().recv();
        Answer::body("late")
    });
    (receiver, release)
}
