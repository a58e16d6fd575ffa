//! `GET /`, `GET /health-check` and what they say in each phase.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Connection, Server, soon};

#[tokio::test(flavor = "multi_thread")]
async fn index_names_the_routes_as_cog_does() {
    let server = Server::start(1).await;
    let reply = server.get("/").await;
    assert_eq!(
        reply.body,
        format!(
            concat!(
                r#"{{"cog_version":"{}","docs_url":"/docs","healthcheck_url":"/health-check","#,
                r#""openapi_url":"/openapi.json","predictions_cancel_url":"/predictions/{{prediction_id}}/cancel","#,
                r#""predictions_idempotent_url":"/predictions/{{prediction_id}}","predictions_url":"/predictions","#,
                r#""shutdown_url":"/shutdown"}}"#
            ),
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_that_is_advertised_is_there() {
    let server = Server::start(1).await;
    let reply = server.get("/docs").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/html; charset=utf-8")));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_follows_the_setup_and_the_slots() {
    let server = Server::start_with(1, Some("hang")).await;
    let reply = server.get("/health-check").await;
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("STARTING")));
    assert!(reply.body.starts_with(r#"{"status":"STARTING","setup":{"started_at":""#), "{}", reply.body);
    let logs = async || server.get("/health-check").await.json()["setup"]["logs"].clone();
    soon(async { while logs().await != "loading\n" {} }).await;

    assert_eq!((server.get("/livez").await.status, server.get("/readyz").await.status), (200, 503));

    let server = Server::start_with(1, Some("fail")).await;
    server.engine.ready().await.unwrap_err();
    assert_eq!((server.get("/livez").await.status, server.get("/readyz").await.status), (200, 503));
    let body = server.get("/health-check").await.json();
    assert_eq!(
        (&body["status"], &body["setup"]["status"], &body["setup"]["logs"]),
        (&json!("SETUP_FAILED"), &json!("failed"), &json!("no weights"))
    );

    let server = Server::start(1).await;
    let body = server.get("/health-check").await.json();
    assert_eq!((&body["status"], &body["setup"]["status"]), (&json!("READY"), &json!("succeeded")));
    assert!(body["setup"]["completed_at"].is_string() && body["version"]["coglet"].is_string());

    let mut waiting = Connection::open(server.address).await;
    let body = r#"{"input":{"act":"wait"}}"#;
    let request =
        format!("POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    waiting.write(request.as_bytes()).await;
    soon(server.stage.begun.notified()).await;
    assert_eq!(server.get("/health-check").await.json()["status"], "BUSY");
    assert_eq!(server.get("/readyz").await.json(), json!({ "status": "BUSY" }));
    server.stage.gate.notify_one();
    soon(waiting.reply(false)).await;
    assert_eq!(
        server.get("/health-check").await.json()["status"],
        "READY",
        "free before the reply was written"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_defunct_is_told_of_and_refuses_requests() {
    let server = Server::start(1).await;
    let reply = server.predict(&json!({ "input": { "act": "lose_device" } })).await.json();
    assert_eq!((&reply["status"], &reply["error"]), (&json!("failed"), &json!("lost device 7")));
    let refused = server.predict(&json!({})).await;
    assert_eq!((refused.status, &refused.json()["status"]), (503, &json!("failed")));
    let error = "The model cannot be used any more: it has reported a fault that lasts. This server has to be replaced.";
    assert_eq!(refused.json()["error"], error, "and nothing of another client's prediction");
    let ready = server.get("/readyz").await;
    assert_eq!((ready.status, ready.json()), (503, json!({ "status": "DEFUNCT" })));
    assert_eq!(server.get("/livez").await.status, 200);
    let health = server.get("/health-check").await;
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("DEFUNCT")));
    assert_eq!(health.json()["setup"]["status"], "succeeded");
}

/// Every slot computes without pause; the median of many tries tells whether anybody waits for that.
#[tokio::test(flavor = "multi_thread")]
async fn health_is_answered_within_milliseconds_while_every_slot_blocks() {
    let server = Server::start(2).await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut connection = Connection::open(server.address).await;
        let body = r#"{"input":{"act":"block"}}"#;
        let request =
            format!("POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        connection.write(request.as_bytes()).await;
        soon(server.stage.begun.notified()).await;
        clients.push(connection);
    }
    let mut connection = Connection::open(server.address).await;
    let mut times = Vec::new();
    for _ in 0..101 {
        let asked = Instant::now();
        let reply = soon(connection.send("GET", "/health-check", &[], "")).await;
        times.push(asked.elapsed());
        assert_eq!(reply.json()["status"], "BUSY");
    }
    times.sort();
    assert!(times[50] < Duration::from_millis(10), "median {:?}, worst {:?}", times[50], times[100]);
}
