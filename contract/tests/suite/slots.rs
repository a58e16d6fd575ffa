//! Section 14: how many predictions run at once. Where the number comes from is in `concurrency`.

use std::thread;

use serde_json::{Value, json};

use crate::support::{ASYNC, EVENTS, JSON, Server, Stage, Visit};

/// Fills all slots with a step of this stage, checks that there are so many, and returns those who hold them.
#[track_caller]
fn fill(server: &Server, slots: usize, stage: &Stage, step: &Value) -> Vec<Visit> {
    let mut visits = Vec::new();
    for slot in 0..slots {
        assert_eq!(server.get("/health-check").json()["status"], "READY", "{slot} of {slots} are taken");
        server.begin(&format!("p{slot}"), &json!([step]));
        visits.push(stage.visit());
    }
    assert_eq!(server.get("/health-check").json()["status"], "BUSY", "{slots} of {slots} are taken");
    for headers in [&[JSON][..], &[JSON, ASYNC], &[JSON, EVENTS]] {
        assert_eq!(server.send("POST", "/predictions", headers, "{}").status, 409);
        assert_eq!(server.send("PUT", "/predictions/more", headers, "{}").status, 409);
    }
    visits
}

/// Contract 14.6.
#[test]
fn who_comes_when_all_slots_are_taken_is_refused() {
    for slots in [1, 3] {
        let (server, stage) = (Server::launch("value").slots(slots).ready(), Stage::new());
        let mut visits = fill(&server, slots, &stage, &stage.meet());
        // The last that came goes, and one more can come.
        visits.pop();
        server.ended(&format!("p{}", slots - 1));
        assert_eq!(server.get("/health-check").json()["status"], "READY");
        server.begin("next", &json!([stage.meet()]));
        visits.push(stage.visit());
        assert_eq!(server.predict(&json!({})).status, 409);
    }
}

/// Contract 14.7; D35.
#[test]
fn code_that_blocks_has_its_slots_as_well() {
    let (server, stage) = (Server::launch("value").slots(3).ready(), Stage::new());
    let visits = fill(&server, 3, &stage, &stage.ignore());
    drop(visits);
    (0..3).for_each(|slot| assert_eq!(server.ended(&format!("p{slot}"))["status"], "succeeded"));
}

/// Contract 14.8; D31.
#[test]
fn who_has_a_reply_finds_the_slot_free() {
    for clients in [1, 2] {
        let server = Server::launch("stream").slots(clients).ready();
        let client = || {
            let mut connection = server.connect();
            for _ in 0..100 {
                let body = r#"{"input":{"steps":[{"output":1}]}}"#;
                let reply = connection.send("POST", "/predictions", &[JSON], body);
                assert_eq!(reply.status, 200, "{}", reply.text());
                let health = connection.send("GET", "/health-check", &[], "");
                assert_eq!(health.json()["status"], "READY", "the others have all slots but one");
            }
        };
        thread::scope(|threads| (0..clients).for_each(|_| drop(threads.spawn(client))));
    }
}
