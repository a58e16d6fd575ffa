//! Asynchronous requests, `PUT`, `GET` and cancel.

use std::sync::atomic::Ordering;

use cog_core::{PredictionId, Status};
use serde_json::{Value, json};

use crate::support::{Connection, Server, soon};

const JSON: (&str, &str) = ("content-type", "application/json");
const ASYNC: (&str, &str) = ("prefer", "respond-async");

/// Waits for the end of a prediction and returns what `GET` says of it.
async fn ended(server: &Server, id: &str) -> Value {
    let id: PredictionId = id.parse().unwrap();
    if let Some(prediction) = server.engine.find(&id) {
        soon(prediction.wait()).await;
    }
    server.get(&format!("/predictions/{id}")).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_async_request_is_accepted_and_can_be_asked_for() {
    let server = Server::start(1).await;
    let reply =
        server.send("POST", "/predictions", &[JSON, ASYNC], r#"{"id":"a1","input":{"act":"wait"}}"#).await;
    assert_eq!((reply.status, reply.body.as_str()), (202, r#"{"id":"a1","status":"starting"}"#));
    assert_eq!(reply.header("preference-applied"), Some("respond-async"));
    soon(server.stage.begun.notified()).await;
    let body = server.get("/predictions/a1").await.json();
    assert_eq!(
        (&body["status"], &body["input"], body.get("output")),
        (&json!("processing"), &json!({ "act": "wait" }), None)
    );
    server.stage.gate.notify_one();
    let body = ended(&server, "a1").await;
    assert_eq!((&body["status"], &body["output"]), (&json!("succeeded"), &json!("waited")));

    let reply = server.send("POST", "/predictions", &[JSON, ASYNC], "{}").await.json();
    assert_eq!(ended(&server, reply["id"].as_str().unwrap()).await["output"], "x");
    let reply = server.get("/predictions/never").await;
    assert_eq!((reply.status, reply.json()["error"].as_str().unwrap().contains("`never`")), (404, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn put_of_a_running_id_tells_of_it_and_of_a_finished_one_runs_again() {
    let server = Server::start(1).await;
    let body = r#"{"input":{"act":"wait","image":"data:,x"}}"#;
    let reply = server.send("PUT", "/predictions/it1", &[JSON, ASYNC], body).await;
    assert_eq!(reply.body, r#"{"id":"it1","status":"starting"}"#);
    soon(server.stage.begun.notified()).await;
    for headers in [&[JSON, ASYNC][..], &[JSON]] {
        // The new input is ignored, and nobody waits.
        let reply =
            soon(server.send("PUT", "/predictions/it1", headers, r#"{"id":"it1","input":{"act":"fail"}}"#))
                .await;
        let snapshot = reply.json();
        assert_eq!((reply.status, &snapshot["status"]), (202, &json!("processing")));
        assert_eq!(snapshot["input"], json!({ "act": "wait", "image": "data:,x" }));
        assert_eq!(snapshot["metrics"], json!({}));
    }
    server.stage.gate.notify_one();
    assert_eq!(ended(&server, "it1").await["output"], "waited");
    let reply = server.send("PUT", "/predictions/it1", &[JSON], r#"{"input":{"text":"again"}}"#).await;
    assert_eq!((reply.status, &reply.json()["output"]), (200, &json!("again")));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_checked_and_never_part_of_a_path() {
    let server = Server::start(1).await;
    let reply = server.send("PUT", "/predictions/one", &[JSON], r#"{"id":"other"}"#).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.json(),
        json!({ "detail": [{
            "loc": ["body", "id"],
            "msg": "prediction ID must match the ID supplied in the URL",
            "type": "value_error",
        }] })
    );
    let reply = server.send("PUT", "/predictions/a%20b", &[JSON], "{}").await;
    assert_eq!((reply.status, &reply.json()["detail"][0]["loc"]), (422, &json!(["path", "prediction_id"])));
    let long = format!("/predictions/{}", "x".repeat(256));
    assert_eq!(server.send("PUT", &long, &[JSON], "{}").await.status, 422);
    let reply = server.send("PUT", "/predictions/..%2F..%2Fx", &[JSON], "{}").await;
    assert_eq!((reply.status, &reply.json()["id"]), (200, &json!("../../x")), "a name like any other");
    assert_eq!(server.predict(&json!({})).await.status, 200, "and no slot is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_is_200_while_it_runs_and_404_before_and_after() {
    let server = Server::start(1).await;
    for act in ["wait", "block"] {
        let cancel = || server.send("POST", "/predictions/c1/cancel", &[], "");
        let reply = cancel().await;
        assert_eq!((reply.status, reply.body.as_str()), (404, "{}"));
        let body = json!({ "input": { "act": act } }).to_string();
        server.send("PUT", "/predictions/c1", &[JSON, ASYNC], &body).await;
        soon(server.stage.begun.notified()).await;
        let reply = cancel().await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "{}"));
        assert_eq!(ended(&server, "c1").await["status"], "canceled");
        assert_eq!(server.stage.running.load(Ordering::SeqCst), 0, "its clean-up had run");
        assert_eq!(cancel().await.status, 404);
    }
}

/// In Cog such a cancel is lost for 6 of 20.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_in_the_first_moment_is_never_lost() {
    let server = Server::start(1).await;
    for number in 0..100 {
        let id = format!("early-{number}");
        let body = json!({ "id": id, "input": { "act": "wait" } }).to_string();
        server.send("POST", "/predictions", &[JSON, ASYNC], &body).await;
        assert_eq!(server.send("POST", &format!("/predictions/{id}/cancel"), &[], "").await.status, 200);
        assert_eq!(ended(&server, &id).await["status"], "canceled");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_request_that_is_canceled_gets_its_reply() {
    let server = Server::start(1).await;
    let mut waiting = Connection::open(server.address).await;
    let body = r#"{"id":"s1","input":{"act":"wait"}}"#;
    waiting.post("/predictions", body).await;
    soon(server.stage.begun.notified()).await;
    server.send("POST", "/predictions/s1/cancel", &[], "").await;
    let reply = soon(waiting.reply(false)).await;
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("canceled")));
}

/// An async prediction is not its client's to end.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_does_not_cancel_an_async_prediction() {
    let server = Server::start(1).await;
    let mut client = Connection::open(server.address).await;
    client.send("POST", "/predictions", &[JSON, ASYNC], r#"{"id":"b1","input":{"act":"wait"}}"#).await;
    soon(server.stage.begun.notified()).await;
    drop(client);
    assert_eq!(server.get("/predictions/b1").await.json()["status"], "processing");
    server.stage.gate.notify_one();
    assert_eq!(ended(&server, "b1").await["status"], "succeeded");
}

/// Two clients with one id at the same instant: one prediction, of which both are told.
#[tokio::test(flavor = "multi_thread")]
async fn puts_of_one_id_at_once_make_one_prediction() {
    let server = Server::start(8).await;
    for round in 0..20 {
        let path = format!("/predictions/twice-{round}");
        let puts = (0..8).map(|_| server.send("PUT", &path, &[JSON, ASYNC], r#"{"input":{"act":"wait"}}"#));
        for reply in futures::future::join_all(puts).await {
            assert_eq!(reply.status, 202, "{}", reply.body);
        }
        soon(server.stage.begun.notified()).await;
        assert_eq!(server.stage.running.load(Ordering::SeqCst), 1);
        server.send("POST", &format!("{path}/cancel"), &[], "").await;
        let id: PredictionId = format!("twice-{round}").parse().unwrap();
        let prediction = server.engine.find(&id).unwrap();
        soon(prediction.wait()).await;
        assert_eq!(prediction.snapshot().status(), Status::Canceled);
    }
}
