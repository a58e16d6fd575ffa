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

/// Contract 14.9; D43.
#[test]
fn who_finds_no_slot_waits_if_that_is_allowed() {
    for (flag, variable) in [(None, "2"), (Some("2"), "0")] {
        let launch = Server::launch("value").env("COG_MAX_QUEUE", variable);
        let launch = flag.into_iter().fold(launch, |launch, places| launch.arg("--max-queue").arg(places));
        let (server, stage) = (launch.ready(), Stage::new());
        server.begin("running", &json!([stage.meet()]));
        let visit = stage.visit();
        server.begin("canceled", &json!([{ "output": 1 }]));
        server.begin("next", &json!([{ "output": 2 }]));
        let queue = || server.get("/health-check").json()["queue"]["waiting"].clone();
        assert_eq!(queue(), 2);
        assert_eq!(server.predict(&json!({})).status, 409);
        assert_eq!(server.get("/predictions/next").json()["status"], "starting");
        assert_eq!(server.send("POST", "/predictions/canceled/cancel", &[], "").status, 200);
        assert_eq!(queue(), 1);
        assert_eq!(server.ended("canceled")["status"], "canceled");
        drop(visit);
        assert_eq!(server.ended("running")["metrics"].get("queue_time"), None);
        let next = server.ended("next");
        assert_eq!((&next["status"], &next["output"]), (&json!("succeeded"), &json!(2)));
        assert!(next["metrics"]["queue_time"].as_f64().unwrap() > 0.0);
    }
}

/// Contract 14.10; D44.
#[test]
fn a_prediction_ends_with_its_time() {
    let (server, stage) = (Server::launch("value").env("COG_MAX_QUEUE", "1").ready(), Stage::new());
    let body = json!({ "input": { "steps": [stage.meet()] } }).to_string();
    for (header, body, status) in
        [("0.05", body.as_str(), 200), ("1h", r#"{"cancel_after":"soon"}"#, 422), ("soon", "{}", 422)]
    {
        let reply = server.send("POST", "/predictions", &[JSON, ("cancel-after", header)], body);
        assert_eq!(reply.status, status, "{}", reply.text());
        if status == 200 {
            let told = reply.json();
            assert_eq!(told["status"], "canceled");
            assert_eq!(told["logs"], "canceled: its deadline of 0.05 s has passed\n");
        }
    }
    // What the first left behind is a visit that nobody answers.
    drop(stage.visit());
    server.begin("running", &json!([stage.meet()]));
    let _visit = stage.visit();
    let waiting = server.send("POST", "/predictions", &[JSON], r#"{"cancel_after":0.05}"#).json();
    assert_eq!((&waiting["status"], waiting.get("started_at")), (&json!("canceled"), None));
}
