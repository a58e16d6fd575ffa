//! Section 8: what is told of setup.

use serde_json::{Value, json};

use crate::support::{JSON, Server, Stage};

#[track_caller]
fn setup(server: &Server) -> Value {
    server.get("/health-check").json()["setup"].take()
}

/// Contract 8.2, 8.18.
#[test]
fn its_logs_can_be_read_while_it_runs() {
    let stage = Stage::new();
    let server = Server::launch("value").setup(&json!([stage.meet()])).listening();
    let mut visit = stage.visit();
    assert_eq!(setup(&server).get("logs"), None);
    visit.tell(&json!({ "log": "loading" }));
    assert_eq!(setup(&server)["logs"], "loading\n");
    visit.tell(&json!({ "write": { "source": "stderr", "text": "half" } }));
    assert_eq!(setup(&server)["logs"], "loading\nhalf");
    visit.leave();
    server.until("READY");
    assert_eq!(setup(&server)["logs"], "loading\nhalf");
}

/// Contract 8.9, 8.19, 8.20; D37.
#[test]
fn one_that_has_failed_can_be_asked_about() {
    let log = json!({ "log": "loading" });
    for (steps, first, last) in [
        (json!([log, { "fail": ["no weights"] }]), "loading\n", "\nno weights"),
        (json!([{ "fail": ["cannot load", "no such file"] }]), "", "cannot load: no such file"),
        (json!([log, { "panic": "boom" }]), "loading\n", "\nsetup panicked: boom"),
    ] {
        let server = Server::launch("value").setup(&steps).listening();
        server.until("SETUP_FAILED");
        let setup = setup(&server);
        let logs = setup["logs"].as_str().unwrap();
        assert!(logs.starts_with(first) && logs.ends_with(last), "{logs}");
        assert_eq!(setup["status"], "failed");
        assert!(setup["completed_at"].is_string(), "{setup}");
        for (method, path, status) in [
            ("GET", "/", 200),
            ("GET", "/health-check", 200),
            ("GET", "/openapi.json", 503),
            ("POST", "/predictions", 503),
            ("PUT", "/predictions/p1", 503),
            ("POST", "/predictions/p1/cancel", 404),
        ] {
            assert_eq!(server.send(method, path, &[JSON], "{}").status, status, "{method} {path}");
        }
    }
}

/// Contract 8.9, 8.21. The code that awaits is not let go by the test.
#[test]
fn it_may_take_so_long() {
    let stage = Stage::new();
    let launch =
        |step| Server::launch("value").env("COG_SETUP_TIMEOUT", "1").setup(&json!([step])).listening();
    let servers = [launch(stage.meet()), launch(stage.ignore())];
    let mut visits = Vec::from([stage.visit(), stage.visit()]);
    for server in &servers {
        server.until("SETUP_FAILED");
        let setup = setup(server);
        assert_eq!(
            (&setup["status"], &setup["logs"]),
            (&json!("failed"), &json!("setup timed out after 1s"))
        );
    }
    servers[0].logged("setup has returned; its end had been told before");
    visits.clear();
    servers[1].logged("setup has returned; its end had been told before");
    for server in &servers {
        assert_eq!(server.get("/health-check").json()["status"], "SETUP_FAILED");
        assert_eq!(server.predict(&json!({})).status, 503);
    }
}

/// Contract 8.22.
#[test]
fn a_time_limit_that_is_none_is_warned_of() {
    for limit in ["0", "1.5", "-1", "soon", "1s"] {
        let server = Server::launch("value").env("COG_SETUP_TIMEOUT", limit).ready();
        server.logged(&format!(
            "`COG_SETUP_TIMEOUT={limit}` is not a positive whole number of seconds: setting no limit"
        ));
    }
}
