//! Section 8: health. What is told of setup is in `setup`, and of models that break in `broken`.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Connection, Server, Stage, eventually};

/// A server whose own check meets the test. It is set up: its first health check is that of the test.
#[track_caller]
fn checked(check: &Stage) -> Server {
    let server = Server::launch("value").health(&json!([check.meet()])).listening();
    server.logged("setup finished");
    server
}

/// Asks for the health and does not wait for the reply.
fn ask(server: &Server) -> Connection {
    let mut connection = server.connect();
    connection.request("GET", "/health-check", &[], "");
    connection
}

/// Asks for the health, and lets the model's own check end with this step.
#[track_caller]
fn answered(server: &Server, check: &Stage, step: Option<&Value>) -> Value {
    let mut asking = ask(server);
    let visit = check.visit();
    match step {
        Some(step) => visit.tell_last(step),
        None => visit.leave(),
    }
    asking.reply().json()
}

/// Contract 8.1, 8.2, 8.3, 8.4, 8.6, 8.7; D36.
#[test]
fn the_reply_tells_the_state_the_setup_and_the_version() {
    let stage = Stage::new();
    let server = Server::launch("value").setup(&json!([stage.meet()])).listening();
    let setting_up = stage.visit();
    let health = server.get("/health-check").json();
    assert_eq!(health["version"], json!({ "coglet": env!("CARGO_PKG_VERSION") }));
    let started_at = health["setup"]["started_at"].clone();
    assert_eq!(health["setup"], json!({ "started_at": started_at, "status": "starting" }));
    assert_eq!((&health["status"], health.as_object().unwrap().len()), (&json!("STARTING"), 3));

    setting_up.leave();
    server.until("READY");
    let health = server.get("/health-check").json();
    let completed_at = health["setup"]["completed_at"].clone();
    let setup = json!({ "started_at": started_at, "completed_at": completed_at, "status": "succeeded" });
    assert_eq!((&health["setup"], health.as_object().unwrap().len()), (&setup, 3));
    let times = [&started_at, &completed_at].map(|time| time.as_str().unwrap());
    for time in times {
        let shape: String = time.chars().map(|sign| if sign.is_ascii_digit() { '0' } else { sign }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000000+00:00");
    }
    assert!(times.is_sorted(), "{times:?}");

    server.begin("one", &json!([stage.meet()]));
    let _visit = stage.visit();
    assert_eq!(server.get("/health-check").json()["status"], "BUSY");
}

/// Contract 8.5. The median of many tries tells whether anybody waits for the model.
#[test]
fn it_is_answered_within_milliseconds_whatever_the_model_does() {
    let stage = Stage::new();
    let busy = Server::launch("value").slots(2).ready();
    for id in ["one", "two"] {
        busy.begin(id, &json!([stage.ignore()]));
    }
    let starting = Server::launch("value").setup(&json!([stage.ignore()])).listening();
    let _visits = [stage.visit(), stage.visit(), stage.visit()];
    for (server, status) in [(busy, "BUSY"), (starting, "STARTING")] {
        let mut connection = server.connect();
        let mut times: Vec<_> = (0..101)
            .map(|_| {
                let asked = Instant::now();
                assert_eq!(connection.send("GET", "/health-check", &[], "").json()["status"], status);
                asked.elapsed()
            })
            .collect();
        times.sort();
        assert!(times[50] < Duration::from_millis(10), "median {:?}, worst {:?}", times[50], times[100]);
    }
}

/// Contract 8.7, 8.8, 8.12, 8.13, 8.15, 8.17.
#[test]
fn the_model_is_asked_each_time_and_fails_by_an_error() {
    let (check, stage) = (Stage::new(), Stage::new());
    let server = checked(&check);
    let broken = json!({ "fail": ["cannot draw", "no device"] });
    let message = "Healthcheck failed: cannot draw: no device";
    for free in ["READY", "BUSY"] {
        assert_eq!(answered(&server, &check, None)["status"], free);
        for (step, message) in
            [(&broken, message), (&json!({ "panic": "boom" }), "Healthcheck failed: it panicked: boom")]
        {
            let health = answered(&server, &check, Some(step));
            assert_eq!(health["status"], "UNHEALTHY", "with {free} below it");
            assert_eq!(health["user_healthcheck_error"], message);
            assert_eq!(health["setup"]["status"], "succeeded");
            let accepted = if free == "READY" { 200 } else { 409 };
            assert_eq!(server.predict(&json!({})).status, accepted, "whatever it says");
        }
        let health = answered(&server, &check, None);
        assert_eq!((&health["status"], health.get("user_healthcheck_error")), (&json!(free), None));
        if free == "READY" {
            server.begin("one", &json!([stage.meet()]));
        }
    }
    let _visit = stage.visit();
    for (step, code, status) in [(None, 200, "BUSY"), (Some(&broken), 503, "UNHEALTHY")] {
        let mut asking = server.connect();
        asking.request("GET", "/readyz", &[], "");
        let visit = check.visit();
        match step {
            Some(step) => visit.tell_last(step),
            None => visit.leave(),
        }
        let reply = asking.reply();
        assert_eq!((reply.status, reply.json()), (code, json!({ "status": status })));
    }
    assert_eq!(server.get("/livez").status, 200);
}

/// Contract 8.12, 8.13.
#[test]
fn a_model_that_is_not_set_up_is_not_asked() {
    let (check, stage) = (Stage::new(), Stage::new());
    for (setup, status) in
        [(json!([stage.meet()]), "STARTING"), (json!([{ "fail": ["no weights"] }]), "SETUP_FAILED")]
    {
        let server = Server::launch("value").setup(&setup).health(&json!([check.meet()])).listening();
        server.until(status);
        let reply = server.get("/readyz");
        assert_eq!((reply.status, reply.json()), (503, json!({ "status": status })));
        assert_eq!(server.get("/livez").status, 200);
        assert!(!check.is_visited(), "{status}");
    }
}

/// Contract 8.14. Who comes first is a matter of chance, so it is tried until some have come together.
#[test]
fn those_who_ask_together_share_a_run() {
    const CLIENTS: usize = 8;
    let check = Stage::new();
    let server = checked(&check);
    eventually(|| {
        let mut runs = 0;
        thread::scope(|threads| {
            let health = || assert_eq!(server.get("/health-check").json()["status"], "READY");
            let clients: Vec<_> = (0..CLIENTS).map(|_| threads.spawn(health)).collect();
            while !clients.iter().all(thread::ScopedJoinHandle::is_finished) {
                runs += usize::from(check.is_visited());
                thread::yield_now();
            }
        });
        assert!((1..=CLIENTS).contains(&runs), "{runs} runs");
        (runs < CLIENTS).then_some(())
    });
}

/// Contract 8.16, 8.17.
#[test]
fn a_check_that_hangs_is_not_waited_for() {
    let check = Stage::new();
    let server = Server::launch("value").health(&json!([check.ignore()])).listening();
    server.logged("setup finished");
    let start = Instant::now();
    let asking: Vec<_> = (0..8).map(|_| ask(&server)).collect();
    let hanging = check.visit();
    assert_eq!(server.get("/livez").status, 200);
    assert_eq!(server.predict(&json!({})).status, 200);
    for mut asking in asking {
        let health = asking.reply().json();
        let message = "Healthcheck failed: user-defined healthcheck timed out after 5.0 seconds";
        assert_eq!(
            (&health["status"], &health["user_healthcheck_error"]),
            (&json!("UNHEALTHY"), &json!(message))
        );
    }
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(5) && took < Duration::from_secs(9), "{took:?}");
    assert!(!check.is_visited(), "it was begun a second time");

    hanging.leave();
    let mut asking = ask(&server);
    check.visit().leave();
    assert_eq!(asking.reply().json()["status"], "READY");
}
