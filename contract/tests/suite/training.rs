//! Section 15: training.

use serde_json::{Value, json};

use crate::support::{ASYNC, EVENTS, JSON, Receiver, Server, Stage};

/// Contract 15.1, 15.3, 15.6.
#[test]
fn a_training_is_a_prediction_under_another_name() {
    let server = Server::of("school");
    let stage = Stage::new();
    let receiver = Receiver::new();
    let body = json!({ "input": { "n": 2, "steps": [stage.meet()] }, "webhook": receiver.url("/hook") });
    let begun = server.send("PUT", "/trainings/t1", &[JSON, ASYNC], &body.to_string());
    assert_eq!((begun.status, begun.json()), (202, json!({ "id": "t1", "status": "starting" })));
    let visit = stage.visit();
    let again = server.send("PUT", "/trainings/t1", &[JSON], &body.to_string());
    assert_eq!((again.status, &again.json()["status"]), (202, &json!("processing")));
    assert_eq!(server.send("POST", "/trainings/t1/cancel", &[], "").status, 200);
    visit.until_gone();
    let told =
        std::iter::repeat_with(|| receiver.next().json()).find(|told| told["completed_at"].is_string());
    assert_eq!(told.unwrap()["status"], "canceled");
    assert_eq!(server.get("/trainings/t1").json()["status"], "canceled");

    let training = server.post("/trainings", &json!({ "input": { "n": 2 } }));
    assert_eq!((training.status, &training.json()["status"]), (200, &json!("succeeded")));
    assert_eq!(training.json()["output"], json!({ "weights": "data:text/plain;base64,d3c=" }));
    let id = training.json()["id"].as_str().unwrap().to_owned();
    assert!(id.strip_prefix("pred_").is_some_and(|time| u64::from_str_radix(time, 16).is_ok()), "{id}");
}

/// Contract 15.2, 15.4, 15.5.
#[test]
fn what_is_refused_is_refused_in_the_words_of_a_training() {
    let server = Server::of("school");
    let invalid = server.post("/trainings", &json!({ "input": { "n": 0 } }));
    let violation = json!({ "loc": ["body", "input", "n"], "msg": "0 is less than the minimum of 1", "type": "value_error" });
    assert_eq!((invalid.status, invalid.json()), (422, json!({ "detail": [violation] })));
    let document = server.get("/openapi.json").json();
    assert_eq!(document.pointer("/components/schemas/TrainingInput/properties/n/minimum"), Some(&json!(1)));

    let other = server.send("PUT", "/trainings/t1", &[JSON], r#"{"id":"t2","input":{"n":1}}"#);
    let fault = json!({
        "loc": ["body", "id"],
        "msg": "training ID must match the ID supplied in the URL",
        "type": "value_error",
    });
    assert_eq!((other.status, other.json()), (422, json!({ "detail": [fault] })));

    let stage = Stage::new();
    let starting = Server::launch("school").setup(&json!([stage.meet()])).listening();
    let refusal = json!({ "error": "Training endpoints do not support streaming responses." });
    for (server, body) in [
        (&server, r#"{"input":{"n":1}}"#),
        (&server, r#"{"input":{"n":0}}"#),
        (&starting, r#"{"input":{"n":1}}"#),
    ] {
        let reply = server.send("POST", "/trainings", &[JSON, EVENTS], body);
        assert_eq!((reply.status, reply.json()), (406, refusal.clone()), "{body}");
    }
}

/// Contract 15.7, 15.9.
#[test]
fn each_has_slots_of_its_own_and_either_is_canceled_from_both_sides() {
    let server = Server::of("school");
    let stage = Stage::new();
    let body = json!({ "input": { "n": 2, "steps": [stage.meet()] } }).to_string();
    assert_eq!(server.send("PUT", "/trainings/t", &[JSON, ASYNC], &body).status, 202);
    let training = stage.visit();
    assert_eq!(server.get("/health-check").json()["status"], "READY");
    server.begin("p", &json!([stage.meet()]));
    let prediction = stage.visit();
    assert_eq!(server.get("/health-check").json()["status"], "BUSY");
    assert_eq!(server.send("POST", "/predictions/t/cancel", &[], "").status, 200);
    training.until_gone();
    assert_eq!(server.send("POST", "/trainings/p/cancel", &[], "").status, 200);
    prediction.until_gone();
    assert_eq!(server.ended("p")["status"], "canceled");

    let stage = Stage::new();
    let starting = Server::launch("school").setup(&json!([stage.meet()])).listening();
    let _setup = stage.visit();
    crate::support::eventually(|| {
        let reply = starting.post("/trainings", &json!({ "input": { "n": 1 } }));
        (reply.status == 200).then_some(())
    });
    assert_eq!(starting.get("/health-check").json()["status"], "STARTING");
    assert_eq!(starting.predict(&json!({})).status, 503);
}

/// Contract 15.8.
#[test]
fn a_trainer_starts_from_the_weights_that_the_environment_names() {
    let server = Server::launch("school").env("COG_WEIGHTS", "base-").ready();
    let training = server.post("/trainings", &json!({ "input": { "n": 1 } })).json();
    assert_eq!(training["output"], json!({ "weights": "data:text/plain;base64,YmFzZS13" }));
}

/// Contract 15.10, 15.11.
#[test]
fn a_server_has_the_routes_of_what_it_serves_and_lists_them() {
    for (server, predicts, trains) in [
        (Server::of("school"), true, true),
        (Server::of("trainer"), false, true),
        (Server::launch("school").arg("--x-mode").arg("train").ready(), false, true),
        (Server::launch("school").arg("--x-mode=predict").ready(), true, false),
    ] {
        let index = server.get("/").json();
        let has = |name: &str, path: Value| index.get(name).is_some_and(|listed| *listed == path);
        for (noun, is_there, input) in
            [("prediction", predicts, json!({})), ("training", trains, json!({ "n": 1 }))]
        {
            let status = if is_there { 200 } else { 404 };
            assert_eq!(
                server.post(&format!("/{noun}s"), &json!({ "input": input })).status,
                status,
                "{noun}"
            );
            assert_eq!(has(&format!("{noun}s_url"), json!(format!("/{noun}s"))), is_there);
            let named = format!("/{noun}s/{{{noun}_id}}");
            assert_eq!(has(&format!("{noun}s_cancel_url"), json!(format!("{named}/cancel"))), is_there);
            assert_eq!(has(&format!("{noun}s_idempotent_url"), json!(named)), is_there);
        }
    }
}

/// Contract 15.12.
#[test]
fn a_mode_that_the_model_has_not_is_a_fault_of_the_command_line() {
    for (model, mode, line) in [
        ("value", "train", "error: this model has no trainer; it can only `predict`\n"),
        ("trainer", "predict", "error: this model has no predictor; it can only `train`\n"),
    ] {
        let output = Server::launch(model).arg("--x-mode").arg(mode).run();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(2), line));
    }
}
