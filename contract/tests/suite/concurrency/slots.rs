//! Section 14: how many predictions run at once.

use serde_json::json;

use crate::support::{Server, Stage};

/// Contract 14.1, 14.2, 14.3, 14.4.
#[test]
fn the_number_of_slots_is_said_in_this_order() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("cog.yaml");
    std::fs::write(&config, "build:\n  gpu: true\nconcurrency:\n  max: 3\n").unwrap();
    let here = "concurrency:\n  max: 2\ntrain: train.py:train\n";
    let named = ["--config", config.to_str().unwrap()];
    let flag = ["--max-concurrency", "2"];
    for (arguments, variable, slots) in [
        (vec![], "", 2),
        (named.to_vec(), "", 3),
        (named.to_vec(), "2", 2),
        ([flag, named].concat(), "4", 2),
        (vec![], "0", 1),
        (named.to_vec(), "many", 1),
    ] {
        let launch = Server::launch("value").cog_yaml(here).env("COG_MAX_CONCURRENCY", variable);
        let server = arguments.iter().fold(launch, |launch, argument| launch.arg(argument)).ready();
        let status = || server.get("/health-check").json()["status"].clone();
        let stage = Stage::new();
        let mut visits = Vec::new();
        for slot in 0..slots {
            assert_eq!(status(), "READY", "{slot} of {slots} are taken");
            server.begin(&format!("in-{slot}"), &json!([stage.meet()]));
            visits.push(stage.visit());
        }
        assert_eq!(status(), "BUSY", "{arguments:?} with `{variable}` is {slots}");
        assert_eq!(server.predict(&json!({})).status, 409);
        if matches!(variable, "0" | "many") {
            server.logged("is not a positive whole number: running 1 prediction at a time");
        }
        let key = if arguments.contains(&"--config") { "build" } else { "train" };
        server.logged(&format!("keys of `cog.yaml` that have no effect here: `{key}`"));
    }
    let server = Server::of("value");
    let stage = Stage::new();
    server.begin("only", &json!([stage.meet()]));
    let _visit = stage.visit();
    assert_eq!(server.predict(&json!({})).status, 409, "nothing says otherwise");
}

/// Contract 14.5.
#[test]
fn a_mistake_in_cog_yaml_is_told_with_its_place() {
    let output = Server::launch("value").cog_yaml("concurrency:\n  max: many\n").run();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("cog.yaml:2:3\n"), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
}
