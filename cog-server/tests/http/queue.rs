//! The line in front of the slots, and deadlines.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cog_core::{Engine, EngineConfig};
use cog_server::{Roles, ServerConfig, StopCause};
use serde_json::{Value, json};

use crate::support::{Actor, Connection, Reply, Server, soon};
use crate::webhooks::Receiver;

const JSON: (&str, &str) = ("content-type", "application/json");
const ASYNC: (&str, &str) = ("prefer", "respond-async");

async fn start(slots: usize, max_queue: usize) -> Server {
    let config = ServerConfig { shutdown_grace: Duration::from_secs(30), ..ServerConfig::default() };
    let server = Server::launch_engines(slots, None, config, |config| {
        let engine = Engine::start::<Actor>(EngineConfig { max_queue, ..config }).unwrap();
        (engine.clone(), engine.into())
    });
    let server = server.await;
    server.engine.ready().await.unwrap();
    server
}

/// Begins a prediction of this name without waiting for its end.
async fn put(server: &Server, id: &str, body: &Value) -> Reply {
    server.send("PUT", &format!("/predictions/{id}"), &[JSON, ASYNC], &body.to_string()).await
}

/// Has the only slot taken, by a prediction that waits for the gate.
async fn occupy(server: &Server) {
    assert_eq!(put(server, "running", &json!({ "input": { "act": "wait" } })).await.status, 202);
    soon(server.stage.begun.notified()).await;
}

async fn until_so_many_wait(server: &Server, count: usize) {
    soon(async {
        while server.engine.waiting() != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn ended(server: &Server, id: &str) -> Value {
    soon(server.engine.find(&id.parse().unwrap()).unwrap().wait()).await;
    server.get(&format!("/predictions/{id}")).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_find_no_slot_are_starting_until_they_run() {
    let server = start(1, 2).await;
    let health = server.get("/health-check").await.json();
    assert_eq!((&health["status"], &health["queue"]), (&json!("READY"), &json!({ "waiting": 0, "max": 2 })));
    occupy(&server).await;
    let mut receiver = Receiver::start().await;
    let told = json!({ "input": { "text": "next" }, "webhook": receiver.url });
    assert_eq!(put(&server, "next", &told).await.json(), json!({ "id": "next", "status": "starting" }));
    let body = r#"{"id":"watched"}"#;
    let mut watching = Connection::open(server.address).await;
    let head = "POST /predictions HTTP/1.0\r\naccept: text/event-stream\r\ncontent-length";
    watching.write(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
    soon(watching.until("\r\n\r\n")).await.unwrap();

    let waiting = server.get("/predictions/next").await.json();
    assert_eq!((&waiting["status"], &waiting["metrics"]), (&json!("starting"), &json!({})));
    assert_eq!(waiting.get("started_at"), None);
    let again = put(&server, "next", &told).await;
    assert_eq!((again.status, &again.json()["status"]), (202, &json!("starting")));
    let health = server.get("/health-check").await.json();
    assert_eq!((&health["status"], &health["queue"]), (&json!("BUSY"), &json!({ "waiting": 2, "max": 2 })));
    assert_eq!(server.get("/readyz").await.status, 200);
    let refused = server.predict(&json!({})).await;
    assert_eq!((refused.status, refused.header("retry-after")), (409, Some("1")));
    let error = json!({ "error": "At capacity - all prediction slots busy", "status": "failed" });
    assert_eq!(refused.json(), error);

    server.stage.gate.notify_one();
    assert_eq!(ended(&server, "running").await["metrics"].get("queue_time"), None, "it found a free slot");
    let messages = soon(receiver.all()).await;
    let statuses: Vec<_> = messages.iter().map(|message| &message.body["status"]).collect();
    assert_eq!(statuses.first(), Some(&&json!("processing")), "nothing is told before it runs");
    for message in &messages {
        assert!(message.body["metrics"]["queue_time"].as_f64().unwrap() > 0.0, "{message:?}");
    }
    let next = ended(&server, "next").await;
    assert_eq!((&next["status"], &next["output"]), (&json!("succeeded"), &json!("next")));
    assert!(next["metrics"]["predict_time"].as_f64() >= next["metrics"]["queue_time"].as_f64());
    let first = soon(watching.until("\n\n")).await.unwrap();
    assert!(first.starts_with("id: 0\nevent: start\n"), "{first}");
    let watched = ended(&server, "watched").await;
    assert!(next["started_at"].as_str() <= watched["started_at"].as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_canceled_while_it_waits_makes_room_at_once() {
    let server = start(1, 1).await;
    occupy(&server).await;
    let mut receiver = Receiver::start().await;
    put(&server, "next", &json!({ "webhook": receiver.url })).await;
    assert_eq!(server.send("POST", "/predictions/next/cancel", &[], "").await.status, 200);
    let canceled = server.get("/predictions/next").await.json();
    assert_eq!((&canceled["status"], &canceled["logs"]), (&json!("canceled"), &json!("")));
    assert_eq!((canceled.get("started_at"), canceled.get("error")), (None, None));
    assert_eq!(server.send("POST", "/predictions/next/cancel", &[], "").await.status, 404);
    assert_eq!(put(&server, "another", &json!({})).await.status, 202, "its place is free");
    let messages = soon(receiver.all()).await;
    assert_eq!((messages.len(), &messages[0].body["status"]), (1, &json!("canceled")));
    server.stage.gate.notify_one();
    assert_eq!(ended(&server, "running").await["status"], "succeeded");
    assert_eq!(ended(&server, "another").await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_the_line() {
    let server = start(1, 1).await;
    occupy(&server).await;
    for accept in ["*/*", "text/event-stream"] {
        let mut gone = Connection::open(server.address).await;
        let head =
            format!("POST /predictions HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\ncontent-length: 2\r\n");
        gone.write(format!("{head}\r\n{{}}").as_bytes()).await;
        until_so_many_wait(&server, 1).await;
        drop(gone);
        until_so_many_wait(&server, 0).await;
    }
    assert_eq!(server.stage.running.load(Ordering::SeqCst), 1);
    server.stage.gate.notify_one();
    assert_eq!(ended(&server, "running").await["output"], "waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_a_header_or_a_member_of_the_body() {
    let server = start(1, 1).await;
    let wait = |extra: Value| {
        let mut body = json!({ "input": { "act": "wait" } });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body.to_string()
    };
    for (header, body, limit) in [
        (Some("0.02"), wait(json!({})), "0.02"),
        (Some("30ms"), wait(json!({ "cancel_after": null })), "0.03"),
        (None, wait(json!({ "cancel_after": 0.02 })), "0.02"),
        (None, wait(json!({ "cancel_after": "40ms" })), "0.04"),
        // The body wins.
        (Some("1h"), wait(json!({ "cancel_after": 0.05 })), "0.05"),
        (Some("0.01"), wait(json!({ "cancel_after": 0.06 })), "0.06"),
    ] {
        let headers: Vec<_> = header.map(|value| ("cancel-after", value)).into_iter().collect();
        let reply = soon(server.send("POST", "/predictions", &headers, &body)).await;
        let logs = format!("canceled: its deadline of {limit} s has passed\n");
        let told = reply.json();
        assert_eq!((reply.status, &told["status"], &told["logs"]), (200, &json!("canceled"), &json!(logs)));
        assert_eq!(told.get("error"), None);
    }
    occupy(&server).await;
    let late = soon(server.predict(&json!({ "cancel_after": 0.02 }))).await.json();
    assert_eq!((&late["status"], late.get("started_at")), (&json!("canceled"), None));
    assert_eq!(server.engine.waiting(), 0);
    server.stage.gate.notify_one();
    ended(&server, "running").await;
    let in_time = server.send("POST", "/predictions", &[("Cancel-After", "1h")], "{}").await;
    assert_eq!(in_time.json()["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_is_none_is_refused() {
    let server = start(1, 1).await;
    let what = "has to be a time above 0: a number of seconds such as `90`, or a text such as `90s`, `1m30s` or `1h`";
    for (junk, body) in
        [("", "{}"), ("0", "{}"), ("-5", "{}"), ("0s", "{}"), ("é", "{}"), ("soon", r#"{"cancel_after":90}"#)]
    {
        let reply = server.send("POST", "/predictions", &[("cancel-after", junk)], body).await;
        let detail = json!({
            "loc": ["header", "cancel-after"], "msg": format!("the header `Cancel-After` {what}"), "type": "value_error",
        });
        assert_eq!((reply.status, reply.json()), (422, json!({ "detail": [detail] })), "{junk}");
    }
    for (junk, reason) in [
        (json!("soon"), what),
        (json!(0), what),
        (json!(-0.5), what),
        (json!([]), "invalid type: sequence, expected a number of seconds or a text such as `1m30s`"),
    ] {
        let reply = put(&server, "a", &json!({ "cancel_after": junk })).await;
        assert_eq!(reply.status, 422, "{junk}");
        let detail = &reply.json()["detail"][0];
        assert_eq!(detail["loc"], json!(["body", "cancel_after"]));
        assert!(detail["msg"].as_str().unwrap().contains(reason), "{detail}");
    }
    assert_eq!(server.engine.free_slots(), 1);
}

/// As many as fit get in, the others come again, and each gets its own output.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_clients_loses_nothing() {
    let server = start(1, 3).await;
    let clients = (0..100).map(|number| {
        let address = server.address;
        tokio::spawn(async move {
            let mut connection = Connection::open(address).await;
            let body = json!({ "input": { "text": number.to_string() } }).to_string();
            loop {
                let reply = connection.send("POST", "/predictions", &[JSON], &body).await;
                match reply.status {
                    409 => assert_eq!(reply.header("retry-after"), Some("1")),
                    _ => return (reply.status, reply.json()["output"].clone(), json!(number.to_string())),
                }
            }
        })
    });
    for client in soon(futures::future::join_all(clients)).await {
        let (status, output, expected) = client.unwrap();
        assert_eq!((status, output), (200, expected));
    }
    assert_eq!((server.engine.free_slots(), server.engine.waiting()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_answers_those_who_wait() {
    let server = start(1, 1).await;
    occupy(&server).await;
    let mut waiting = Connection::open(server.address).await;
    waiting.post("/predictions", "{}").await;
    until_so_many_wait(&server, 1).await;
    assert_eq!(server.send("POST", "/shutdown", &[], "").await.status, 200);
    server.stage.gate.notify_one();
    assert_eq!(soon(waiting.reply(false)).await.json()["output"], "x");
    assert_eq!(soon(server.task).await.unwrap().unwrap(), StopCause::Request);
}

/// Each engine has its own.
#[tokio::test(flavor = "multi_thread")]
async fn trainings_have_a_line_of_their_own() {
    let server = Server::launch_engines(1, None, ServerConfig::default(), |config| {
        let predictor = Engine::start::<Actor>(config.clone()).unwrap();
        let trainer = Engine::start::<Actor>(EngineConfig { max_queue: 1, ..config }).unwrap();
        (trainer.clone(), Roles::Both { predictor, trainer })
    });
    let server = server.await;
    server.engine.ready().await.unwrap();
    soon(async { while server.get("/readyz").await.status != 200 {} }).await;
    let wait = json!({ "input": { "act": "wait" } }).to_string();
    for id in ["running", "next"] {
        let path = format!("/trainings/{id}");
        assert_eq!(server.send("PUT", &path, &[JSON, ASYNC], &wait).await.status, 202);
    }
    soon(server.stage.begun.notified()).await;
    assert_eq!(server.get("/trainings/next").await.json()["status"], "starting");
    assert_eq!(server.predict(&json!({})).await.json()["output"], "x", "the predictor is free");
    assert_eq!(server.get("/health-check").await.json().get("queue"), None, "it is the predictor's");
    assert_eq!(server.send("POST", "/predictions/next/cancel", &[], "").await.status, 200);
    assert_eq!(server.get("/trainings/next").await.json()["status"], "canceled");
    server.stage.gate.notify_one();
}
