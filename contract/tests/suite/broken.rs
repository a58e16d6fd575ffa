//! Section 8: models that break.

use serde_json::{Value, json};

use crate::support::{ASYNC, EVENTS, JSON, Server, Stage};

const REFUSAL: &str =
    "The model cannot be used any more: it has reported a fault that lasts. This server has to be replaced.";

/// Checks that a model that has said that it is lost is told of, and takes nothing new.
#[track_caller]
fn is_defunct(server: &Server) {
    let health = server.get("/health-check");
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("DEFUNCT")));
    assert_eq!(health.json()["setup"]["status"], "succeeded");
    let ready = server.get("/readyz");
    assert_eq!((ready.status, ready.json()), (503, json!({ "status": "DEFUNCT" })));
    assert_eq!((server.get("/livez").status, server.get("/").status), (200, 200));
    for headers in [&[JSON][..], &[JSON, ASYNC], &[JSON, EVENTS]] {
        for (method, path) in [("POST", "/predictions"), ("PUT", "/predictions/new")] {
            let reply = server.send(method, path, headers, "{}");
            let refusal = json!({ "error": REFUSAL, "status": "failed" });
            assert_eq!((reply.status, reply.json()), (503, refusal), "{method} {headers:?}");
        }
    }
}

/// Contract 8.10, 8.12, 8.13, 8.26, 8.27; D23.
#[test]
fn a_lost_model_takes_nothing_new_and_lets_the_rest_go_on() {
    let (stage, check) = (Stage::new(), Stage::new());
    let mut server = Server::launch("value").slots(2).health(&json!([check.meet()])).listening();
    server.logged("setup finished");
    server.begin("one", &json!([stage.meet(), { "output": 1 }]));
    let visit = stage.visit();
    let lost = server.predict(&json!({ "steps": [{ "defunct": ["cannot draw", "no device"] }] })).json();
    assert_eq!((&lost["status"], &lost["error"]), (&json!("failed"), &json!("cannot draw: no device")));
    is_defunct(&server);
    assert!(!check.is_visited(), "a lost model is not asked how it is");

    let known = server.send("PUT", "/predictions/one", &[JSON], "{}");
    assert_eq!((known.status, &known.json()["status"]), (202, &json!("processing")));
    visit.leave();
    let ended = server.ended("one");
    assert_eq!((&ended["status"], &ended["output"]), (&json!("succeeded"), &json!(1)));
    is_defunct(&server);
    server.signal("TERM");
    assert_eq!(server.end().code(), Some(0));
}

/// Contract 8.10, 8.26; D23.
#[test]
fn a_model_can_say_that_it_is_lost_when_it_is_asked() {
    let check = Stage::new();
    let server = Server::launch("value").health(&json!([check.meet()])).listening();
    server.logged("setup finished");
    let mut asking = server.connect();
    asking.request("GET", "/health-check", &[], "");
    check.visit().tell_last(&json!({ "defunct": ["no device"] }));
    let health = asking.reply().json();
    assert_eq!(health["status"], "DEFUNCT");
    assert_eq!(health["user_healthcheck_error"], "Healthcheck failed: no device");
    is_defunct(&server);
    assert!(!check.is_visited());
}

/// Contract 8.24.
#[test]
fn a_panic_costs_one_prediction() {
    let server = Server::of("value");
    for _ in 0..3 {
        let prediction = server.predict(&json!({ "steps": [{ "panic": "boom" }] })).json();
        assert_eq!(prediction["status"], "failed");
        assert_eq!(server.get("/health-check").json()["status"], "READY");
    }
    assert_eq!(server.predict(&Value::Null).json()["status"], "succeeded");
}

/// Contract 8.25; D23.
#[test]
fn a_model_that_ends_its_process_ends_the_server() {
    let stage = Stage::new();
    let mut server = Server::launch("value").slots(2).ready();
    let [mut other, mut last] = [(); 2].map(|()| server.connect());
    let body = |step: Value| json!({ "input": { "steps": [step] } }).to_string();
    other.request("POST", "/predictions", &[JSON], &body(stage.ignore()));
    let _visit = stage.visit();
    last.request("POST", "/predictions", &[JSON], &body(json!({ "exit": 3 })));
    assert_eq!((other.end(), last.end()), (0, 0), "neither gets a reply");
    assert_eq!(server.end().code(), Some(3));
}
