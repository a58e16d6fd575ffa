//! Section 2: the routes, the envelope of a request, the order of checks.

use serde_json::{Value, json};

use crate::support::{ASYNC, EVENTS, JSON, Receiver, Server, Stage};

const INDEX: &str = r#"{"cog_version":"VERSION","docs_url":"/docs","healthcheck_url":"/health-check","openapi_url":"/openapi.json","predictions_cancel_url":"/predictions/{prediction_id}/cancel","predictions_idempotent_url":"/predictions/{prediction_id}","predictions_url":"/predictions","shutdown_url":"/shutdown"}"#;

/// What is told when there is no model to ask.
fn not_ready() -> (u16, Value) {
    let error = "Setup has not finished yet. Wait until it has finished, or GET /health-check for status.";
    (503, json!({ "error": error, "status": "failed" }))
}

/// A server whose setup waits on the stage.
fn starting(stage: &Stage) -> Server {
    Server::launch("value").setup(&json!([stage.meet()])).listening()
}

/// A server whose setup has failed.
fn failed() -> Server {
    let server = Server::launch("value").setup(&json!([{ "fail": ["no weights"] }])).listening();
    server.until("SETUP_FAILED");
    server
}

/// Contract 2.1, 2.2, 2.6.
#[test]
fn index_and_health_are_told_in_every_state() {
    let stage = Stage::new();
    let busy = Server::of("value");
    busy.begin("one", &json!([stage.meet()]));
    let _visit = stage.visit();
    let unhealthy = Server::launch("value").health(&json!([{ "fail": ["unwell"] }])).listening();
    unhealthy.until("UNHEALTHY");
    for (server, status) in [
        (starting(&stage), "STARTING"),
        (failed(), "SETUP_FAILED"),
        (Server::of("value"), "READY"),
        (busy, "BUSY"),
        (unhealthy, "UNHEALTHY"),
    ] {
        let index = server.get("/");
        assert_eq!(
            (index.status, index.text()),
            (200, &*INDEX.replace("VERSION", env!("CARGO_PKG_VERSION")))
        );
        let health = server.get("/health-check");
        assert_eq!((health.status, &health.json()["status"]), (200, &json!(status)));
    }
}

/// Contract 2.3.
#[test]
fn the_index_lists_trainings_where_there_are_some() {
    let trainings = [
        ("trainings_cancel_url", "/trainings/{training_id}/cancel"),
        ("trainings_idempotent_url", "/trainings/{training_id}"),
        ("trainings_url", "/trainings"),
    ];
    for (model, has_trainings) in [("value", false), ("trainer", true), ("both", true)] {
        let index = Server::of(model).get("/").json();
        for (name, path) in trainings {
            assert_eq!(index.get(name), has_trainings.then_some(&json!(path)), "{model}");
        }
    }
}

/// Contract 2.4.
#[test]
fn the_document_is_there_once_the_model_is() {
    let stage = Stage::new();
    let server = starting(&stage);
    for server in [&server, &failed()] {
        let reply = server.get("/openapi.json");
        assert_eq!((reply.status, reply.text()), (503, r#"{"error":"OpenAPI schema not available"}"#));
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    stage.visit().leave();
    server.until("READY");
    let reply = server.get("/openapi.json");
    assert_eq!((reply.status, &reply.json()["openapi"]), (200, &json!("3.0.2")));
}

/// Contract 2.5.
#[test]
fn shutdown_answers_and_stops() {
    let mut server = Server::of("value");
    let reply = server.send("POST", "/shutdown", &[], "");
    assert_eq!((reply.status, reply.text()), (200, "{}"));
    assert_eq!(server.end().code(), Some(0));
}

/// Contract 2.7.
#[test]
fn a_prediction_is_made_told_of_and_canceled() {
    let server = Server::of("value");
    let body = r#"{"input":{"steps":[{"output":1}]}}"#;
    let posted = server.send("POST", "/predictions", &[JSON], body);
    assert_eq!((posted.status, &posted.json()["output"]), (200, &json!(1)));
    let put = server.send("PUT", "/predictions/p1", &[JSON], body);
    assert_eq!((put.status, &put.json()["output"], &put.json()["id"]), (200, &json!(1), &json!("p1")));
    let got = server.get("/predictions/p1");
    assert_eq!((got.status, &got.json()["output"], &got.json()["id"]), (200, &json!(1), &json!("p1")));
    assert_eq!(server.get("/predictions/p2").status, 404);

    let stage = Stage::new();
    server.begin("p2", &json!([stage.meet()]));
    let visit = stage.visit();
    assert_eq!(server.send("POST", "/predictions/p2/cancel", &[], "").status, 200);
    visit.until_gone();
    assert_eq!(server.ended("p2")["status"], "canceled");
}

/// Contract 2.8; D29.
#[test]
fn there_are_no_trainings_without_a_trainer() {
    let server = Server::of("value");
    for (method, path) in [
        ("POST", "/trainings"),
        ("PUT", "/trainings/t1"),
        ("GET", "/trainings/t1"),
        ("POST", "/trainings/t1/cancel"),
    ] {
        assert_eq!(server.send(method, path, &[JSON], "{}").status, 404, "{method} {path}");
    }
}

/// Contract 2.9, 2.12.
#[test]
fn everything_may_be_left_out_and_more_be_there() {
    let server = Server::of("value");
    for body in [
        json!({}),
        json!({ "input": null }),
        json!({ "input": {} }),
        json!({ "id": null, "webhook": null }),
        json!({ "output_file_prefix": "http://x", "created_at": 7, "version": {}, "stream": true, "status": null }),
    ] {
        let reply = server.post("/predictions", &body);
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("succeeded")), "{body}");
    }
}

/// Contract 2.10. The member need not be wrong otherwise, nor need its two values differ.
#[test]
fn a_member_is_there_once() {
    let server = Server::of("value");
    for (name, value) in [
        ("id", r#""a""#),
        ("input", "{}"),
        ("context", "{}"),
        ("webhook", "null"),
        ("webhook_events_filter", "[]"),
    ] {
        let body = format!(r#"{{"{name}":{value},"{name}":{value}}}"#);
        let reply = server.send("POST", "/predictions", &[JSON], &body);
        let message = reply.json()["detail"][0]["msg"].as_str().unwrap().to_owned();
        assert_eq!(reply.status, 422);
        assert!(message.contains(&format!("duplicate field `{name}` at line 1 column ")), "{message}");
    }
    let reply = server.send("POST", "/predictions", &[JSON], r#"{"more":1,"more":2}"#);
    assert_eq!(reply.status, 200, "what nobody knows may be there as often as it likes");
}

/// Contract 2.11.
#[test]
fn names_are_given_or_made() {
    let server = Server::of("value");
    assert_eq!(server.post("/predictions", &json!({ "id": "of my own" })).status, 422);
    assert_eq!(server.post("/predictions", &json!({ "id": "my-own" })).json()["id"], "my-own");
    let mut last = String::new();
    for body in [json!({}), json!({ "id": null })] {
        let id = server.post("/predictions", &body).json()["id"].as_str().unwrap().to_owned();
        let digits = id.strip_prefix("pred_").unwrap();
        let made = std::time::Duration::from_nanos(u64::from_str_radix(digits, 16).unwrap());
        let age = std::time::UNIX_EPOCH.elapsed().unwrap().checked_sub(made).unwrap();
        assert!(age < crate::support::LIMIT && id.len() == 21, "{id}");
        assert!(id > last, "{id} comes after {last}");
        last = id;
    }
}

/// Contract 2.13, 3.15.
#[test]
fn an_input_is_an_object() {
    let server = Server::of("value");
    for input in [json!([1, 2]), json!("text"), json!(1), json!(true), json!([])] {
        let reply = server.post("/predictions", &json!({ "input": input }));
        let message = format!("{input} is not of type \"object\"");
        let detail = json!([{ "loc": ["body", "input", "__root__"], "msg": message, "type": "value_error" }]);
        assert_eq!((reply.status, reply.json()), (422, json!({ "detail": detail })));
    }
}

/// Contract 2.14.
#[test]
fn the_context_reaches_the_model_and_nobody_else() {
    let server = Server::of("value");
    let steps = json!([{ "context": "tenant" }]);
    let reply =
        server.post("/predictions", &json!({ "input": { "steps": steps }, "context": { "tenant": "é" } }));
    assert_eq!(
        (reply.status, &reply.json()["output"], reply.json().get("context")),
        (200, &json!("é"), None)
    );
    let reply = server.post("/predictions", &json!({ "input": { "steps": steps }, "context": {} }));
    assert_eq!((reply.status, &reply.json()["output"]), (200, &Value::Null));
    for context in [json!({ "a": 1 }), json!({ "a": null }), json!({ "a": ["b"] }), json!(["a"]), json!("a")]
    {
        assert_eq!(server.post("/predictions", &json!({ "context": context })).status, 422, "{context}");
    }
}

/// Contract 2.15.
#[test]
fn a_webhook_that_is_no_url_is_ignored() {
    let server = Server::of("value");
    for webhook in [json!("not a url"), json!(""), json!("ftp://x/y"), json!(null)] {
        let reply = server.post("/predictions", &json!({ "webhook": webhook }));
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("succeeded")), "{webhook}");
    }
    assert_eq!(server.post("/predictions", &json!({ "webhook": 1 })).status, 422);
}

/// Contract 2.16.
#[test]
fn the_filter_chooses_what_is_told() {
    let steps = json!([{ "log": "line" }, { "output": 1 }]);
    for (filter, expected) in [
        (None, &["start", "logs", "output", "completed"][..]),
        (Some(json!(["start", "output", "logs", "completed"])), &["start", "logs", "output", "completed"]),
        (Some(json!(["completed"])), &["completed"]),
        (Some(json!(["output", "start", "output"])), &["start", "output"]),
        (Some(json!([])), &[]),
    ] {
        let receiver = Receiver::new();
        let mut server = Server::launch("value").env("COG_THROTTLE_RESPONSE_INTERVAL", "0").ready();
        let mut body = json!({ "webhook": receiver.url("/told"), "input": { "steps": steps } });
        if let Some(filter) = filter {
            body["webhook_events_filter"] = filter;
        }
        assert_eq!(server.post("/predictions", &body).status, 200);
        // A server that has ended has sent all that it ever will.
        server.stop();
        let told: Vec<_> = receiver.rest().iter().map(|request| event(&request.json())).collect();
        assert_eq!(told, expected, "{body}");
    }
    let server = Server::of("value");
    for filter in [json!(null), json!(["nope"]), json!("start"), json!({ "start": true })] {
        let reply = server.post("/predictions", &json!({ "webhook_events_filter": filter }));
        assert_eq!(reply.status, 422, "{filter}");
    }
}

/// Tells which event of that prediction a webhook is about.
fn event(told: &Value) -> &'static str {
    match (told["status"].as_str(), told["logs"].as_str(), told.get("output")) {
        (Some("processing"), Some(""), None) => "start",
        (Some("processing"), Some("line\n"), None) => "logs",
        (Some("processing"), Some("line\n"), Some(_)) => "output",
        (Some("succeeded"), Some("line\n"), Some(_)) => "completed",
        _ => "something else",
    }
}

/// Contract 2.17, 2.18.
#[test]
fn a_request_may_be_a_list_and_not_null() {
    let server = Server::of("value");
    let body = json!(["listed", { "steps": [{ "output": 1 }] }]);
    let reply = server.post("/predictions", &body);
    assert_eq!(
        (reply.status, &reply.json()["id"], &reply.json()["output"]),
        (200, &json!("listed"), &json!(1))
    );
    assert_eq!(server.post("/predictions", &json!([])).status, 200);
    assert_eq!(server.post("/predictions", &json!([1])).status, 422);
    let reply = server.post("/predictions", &json!(["a", {}, {}, null, [], null, "more"]));
    assert_eq!(reply.status, 400, "what comes after the last member is no JSON to the reader");
    assert_eq!(server.post("/predictions", &json!(null)).status, 422);
}

/// Contract 2.19, 2.21, 2.23.
#[test]
fn without_a_model_the_request_is_read_and_nothing_more() {
    let stage = Stage::new();
    let text = ("content-type", "text/plain");
    for server in [starting(&stage), failed()] {
        for (headers, body, status) in
            [(&[text][..], "no JSON", 415), (&[JSON], "no JSON", 400), (&[JSON], r#"{"id":1}"#, 422)]
        {
            for (method, path) in [("POST", "/predictions"), ("PUT", "/predictions/p1")] {
                assert_eq!(server.send(method, path, headers, body).status, status, "{method} {body}");
            }
        }
        for body in [r#"{}"#, r#"{"input":{"note":1}}"#, r#"{"input":[]}"#] {
            for (method, path) in [("POST", "/predictions"), ("PUT", "/predictions/p1")] {
                for headers in [&[JSON][..], &[JSON, ASYNC], &[JSON, EVENTS]] {
                    let reply = server.send(method, path, headers, body);
                    assert_eq!((reply.status, reply.json()), not_ready(), "{method} {body}");
                }
            }
        }
        let reply = server.send("PUT", "/predictions/p1", &[JSON], r#"{"id":"p2"}"#);
        assert_eq!(reply.status, 422, "names are compared first");
        assert_eq!(server.send("POST", "/predictions/p1/cancel", &[], "").status, 404);
    }
}

/// Contract 2.20, 2.22, 2.24, 2.25, 2.28; D25.
#[test]
fn what_is_told_when_no_slot_is_free() {
    let server = Server::of("value");
    let stage = Stage::new();
    server.begin("one", &json!([{ "log": "line" }, stage.meet()]));
    let visit = stage.visit();

    for headers in [&[JSON][..], &[JSON, ASYNC], &[JSON, EVENTS]] {
        for (method, path) in [("POST", "/predictions"), ("PUT", "/predictions/two")] {
            let reply = server.send(method, path, headers, "{}");
            let message = r#"{"error":"At capacity - all prediction slots busy","status":"failed"}"#;
            assert_eq!((reply.status, reply.text()), (409, message));
            assert_eq!(reply.header("retry-after"), Some("1"));
            let reply = server.send(method, path, headers, r#"{"input":{"note":1}}"#);
            assert_eq!(reply.status, 422, "an invalid input is told of first");
        }
        if headers.contains(&EVENTS) {
            continue;
        }
        for body in ["{}", r#"{"id":"one"}"#, r#"{"input":{"note":1}}"#, r#"{"input":[]}"#] {
            let reply = server.send("PUT", "/predictions/one", headers, body);
            assert_eq!((reply.status, &reply.json()["logs"]), (202, &json!("line\n")), "{body}");
            assert_eq!(reply.json()["input"], json!({ "steps": [{ "log": "line" }, stage.meet()] }));
        }
    }
    let reply = server.send("PUT", "/predictions/one", &[JSON], r#"{"id":"two","input":{"note":1}}"#);
    let detail = r#"{"detail":[{"loc":["body","id"],"msg":"prediction ID must match the ID supplied in the URL","type":"value_error"}]}"#;
    assert_eq!((reply.status, reply.text()), (422, detail));
    visit.leave();
    assert_eq!(server.ended("one")["status"], "succeeded");
}

/// Contract 2.26, 2.32.
#[test]
fn every_end_is_200() {
    let server = Server::of("value");
    let stage = Stage::new();
    for (steps, status) in [
        (json!([]), "succeeded"),
        (json!([{ "fail": ["no"] }]), "failed"),
        (json!([{ "panic": "no" }]), "failed"),
    ] {
        let reply = server.predict(&json!({ "steps": steps }));
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!(status)));
    }
    let cancel = || {
        let reply = server.send("POST", "/predictions/c1/cancel", &[], "");
        (reply.status, reply.text().to_owned())
    };
    assert_eq!(cancel(), (404, "{}".to_owned()), "unknown");
    let mut waiting = server.connect();
    let body = json!({ "id": "c1", "input": { "steps": [stage.meet()] } }).to_string();
    waiting.request("POST", "/predictions", &[JSON], &body);
    let visit = stage.visit();
    assert_eq!(cancel(), (200, "{}".to_owned()));
    visit.until_gone();
    let reply = waiting.reply();
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("canceled")));
    assert_eq!(cancel(), (404, "{}".to_owned()), "over");
}

/// Contract 2.27, 4.7.
#[test]
fn who_does_not_wait_is_told_two_things() {
    let server = Server::of("value");
    for (id, body) in [("a1", r#"{"id":"a1"}"#), ("a2", r#"{"id":"a2","input":{"steps":[{"fail":["no"]}]}}"#)]
    {
        let reply = server.send("POST", "/predictions", &[JSON, ASYNC], body);
        assert_eq!((reply.status, reply.text()), (202, &*format!(r#"{{"id":"{id}","status":"starting"}}"#)));
        server.ended(id);
    }
    let reply = server.send("PUT", "/predictions/a3", &[JSON, ASYNC], "{}");
    assert_eq!((reply.status, reply.text()), (202, r#"{"id":"a3","status":"starting"}"#));
}

/// Contract 2.29; D10.
#[test]
fn every_model_has_events() {
    for model in ["value", "stream", "concatenate", "object", "files"] {
        let server = Server::of(model);
        for (method, path) in [("POST", "/predictions"), ("PUT", "/predictions/e1")] {
            let reply = server.send(method, path, &[JSON, EVENTS], "{}");
            assert_eq!(
                (reply.status, reply.header("content-type")),
                (200, Some("text/event-stream")),
                "{model}"
            );
            assert!(reply.text().contains("event: completed\n"), "{}", reply.text());
        }
    }
}

/// Contract 2.30; D10.
#[test]
fn trainings_have_no_events() {
    let server = Server::of("both");
    for (method, path) in [("POST", "/trainings"), ("PUT", "/trainings/t1")] {
        for body in ["{}", r#"{"input":{"note":1}}"#] {
            let reply = server.send(method, path, &[JSON, EVENTS], body);
            let message = r#"{"error":"Training endpoints do not support streaming responses."}"#;
            assert_eq!((reply.status, reply.text()), (406, message), "{method} {body}");
        }
        assert_eq!(server.send(method, path, &[JSON, EVENTS], "no JSON").status, 400);
    }
}

/// Contract 2.31, 6.25.
#[test]
fn a_prediction_has_so_many_listeners() {
    let server = Server::of("value");
    let stage = Stage::new();
    server.begin("one", &json!([stage.meet()]));
    let visit = stage.visit();
    let listen = || {
        let mut connection = server.connect();
        connection.request("PUT", "/predictions/one", &[JSON, EVENTS], "{}");
        (connection.head(), connection)
    };
    let mut listeners: Vec<_> = (0..1024).map(|_| listen()).collect();
    assert!(listeners.iter().all(|(reply, _)| reply.status == 200));
    let reply = server.send("PUT", "/predictions/one", &[JSON, EVENTS], "{}");
    assert_eq!((reply.status, reply.text()), (429, r#"{"error":"Too many stream subscribers"}"#));
    // One leaves, one comes: the place is free once the server has seen it.
    listeners.pop();
    crate::support::eventually(|| (listen().0.status == 200).then_some(()));
    visit.leave();
}

/// Contract 2.33.
#[test]
fn refusals_are_told_to_nobody_else() {
    let (stage, receiver) = (Stage::new(), Receiver::new());
    let (mut server, mut failed) = (Server::of("value"), failed());
    server.begin("one", &json!([stage.meet()]));
    let visit = stage.visit();
    let url = receiver.url("/told");
    for (server, body, status) in [
        (&server, json!({ "webhook": url }), 409),
        (&server, json!({ "webhook": url, "input": { "note": 1 } }), 422),
        (&failed, json!({ "webhook": url }), 503),
    ] {
        assert_eq!(server.post("/predictions", &body).status, status);
    }
    visit.leave();
    server.ended("one");
    // One that is accepted is told of, so that nothing else is missing for the others.
    server.post(
        "/predictions",
        &json!({ "id": "two", "webhook": url, "webhook_events_filter": ["completed"] }),
    );
    server.stop();
    failed.stop();
    let told: Vec<_> = receiver.rest().iter().map(|request| request.json()["id"].clone()).collect();
    assert_eq!(told, ["two"]);
}
