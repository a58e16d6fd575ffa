//! Server-sent events.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::support::{Connection, Server, soon};

/// One frame of a stream.
#[derive(Debug)]
struct Frame {
    id: Option<u64>,
    event: String,
    data: Value,
}

/// A client that reads a stream. It speaks HTTP/1.0, so that what it reads is the stream and nothing else.
struct Client {
    connection: Connection,
}

impl Client {
    async fn open(server: &Server, method: &str, path: &str, last: Option<u64>, body: &str) -> Self {
        let mut connection = Connection::open(server.address).await;
        let last = last.map_or_else(String::new, |last| format!("last-event-id: {last}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.0\r\naccept: text/html, text/event-stream;q=0.5\r\n{last}content-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.write(head.as_bytes()).await;
        let head = soon(connection.until("\r\n\r\n")).await.unwrap();
        assert!(head.starts_with("HTTP/1.0 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
        assert!(head.contains("cache-control: no-cache\r\n"), "{head}");
        Self { connection }
    }

    async fn frame(&mut self) -> Option<Frame> {
        let text = soon(self.connection.until("\n\n")).await?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Some(Frame {
            id: field("id").map(|id| id.parse().unwrap()),
            event: field("event").unwrap().to_owned(),
            data: field("data").unwrap().parse().unwrap(),
        })
    }

    async fn rest(mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame().await {
            frames.push(frame);
        }
        frames
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_has_its_frame() {
    let server = Server::start(1).await;
    let body = r#"{"id":"e1","input":{"act":"tell"}}"#;
    let frames = Client::open(&server, "POST", "/predictions", None, body).await.rest().await;
    let told: Vec<_> =
        frames.iter().map(|frame| (frame.id.unwrap(), frame.event.as_str(), &frame.data)).collect();
    assert_eq!(
        told[..5],
        [
            (0, "start", &json!({ "id": "e1", "status": "processing" })),
            (1, "log", &json!({ "data": "line\n", "source": "stdout" })),
            (2, "metric", &json!({ "mode": "increment", "name": "a.b", "value": 1 })),
            (3, "progress", &json!({ "fraction": 0.5, "message": "half" })),
            (4, "output", &json!({ "chunk": "told", "index": 0 })),
        ]
    );
    let (id, event, data) = told[5];
    assert_eq!((id, event, told.len()), (5, "completed", 6));
    assert_eq!(
        (&data["status"], &data["output"], &data["logs"], &data["metrics"]["a"]["b"]),
        (&json!("succeeded"), &json!("told"), &json!("line\n"), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_a_completed_event() {
    let server = Server::start(1).await;
    let frames =
        Client::open(&server, "POST", "/predictions", None, r#"{"input":{"act":"fail"}}"#).await.rest().await;
    let last = frames.last().unwrap();
    assert_eq!((last.event.as_str(), &last.data["error"]), ("completed", &json!("reason: cause")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_comes_back_and_goes_on_where_it_was() {
    let server = Server::start(1).await;
    let body = r#"{"input":{"act":"tell_and_wait"}}"#;
    let mut first = Client::open(&server, "PUT", "/predictions/r1", None, body).await;
    for _ in 0..4 {
        first.frame().await.unwrap();
    }
    // A second client sees it all, a third what it has not seen; both while the first still reads.
    let mut second = Client::open(&server, "PUT", "/predictions/r1", None, "{}").await;
    assert_eq!(second.frame().await.unwrap().event, "start");
    let mut third = Client::open(&server, "PUT", "/predictions/r1", Some(1), "{}").await;
    let frame = third.frame().await.unwrap();
    assert_eq!((frame.id, frame.event.as_str()), (Some(2), "metric"));
    drop((first, second));
    server.stage.gate.notify_one();
    let rest = third.rest().await;
    assert_eq!(rest.last().unwrap().data["status"], "succeeded", "one client was left");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_client_that_leaves_cancels_what_a_stream_began() {
    let server = Server::start(1).await;
    let mut client = Client::open(&server, "POST", "/predictions", None, r#"{"input":{"act":"wait"}}"#).await;
    client.frame().await.unwrap();
    soon(server.stage.begun.notified()).await;
    drop(client);
    soon(server.stage.ended.notified()).await;
    assert_eq!(server.stage.running.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_and_go_where_a_stream_did_not_begin_it() {
    let server = Server::start(1).await;
    let headers = [("prefer", "respond-async"), ("content-type", "application/json")];
    server.send("PUT", "/predictions/n1", &headers, r#"{"input":{"act":"wait"}}"#).await;
    soon(server.stage.begun.notified()).await;
    let mut client = Client::open(&server, "PUT", "/predictions/n1", None, "{}").await;
    client.frame().await.unwrap();
    drop(client);
    let prediction = server.engine.find(&"n1".parse().unwrap()).unwrap();
    // A watcher that has left leaves room for exactly one more of one.
    soon(async {
        while prediction.watch(1).is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(server.get("/predictions/n1").await.json()["status"], "processing");
    server.stage.gate.notify_one();
    soon(prediction.wait()).await;
    assert_eq!(prediction.snapshot().status(), cog_core::Status::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_falls_behind_is_told_how_far_and_goes_on() {
    let server = Server::start(1).await;
    let headers = [("prefer", "respond-async"), ("content-type", "application/json")];
    server.send("PUT", "/predictions/l1", &headers, r#"{"input":{"act":"flood_and_wait"}}"#).await;
    soon(server.stage.begun.notified()).await;
    let mut client = Client::open(&server, "PUT", "/predictions/l1", None, "{}").await;
    let frame = client.frame().await.unwrap();
    // One start and two thousand lines, of which the last 1024 are kept.
    assert_eq!((frame.id, frame.event.as_str()), (None, "error"));
    assert_eq!(
        frame.data,
        json!({ "error": "SSE stream replay truncated; events were dropped", "skipped": 2001 - 1024 })
    );
    assert_eq!(client.frame().await.unwrap().id, Some(2001 - 1024));
    server.stage.gate.notify_one();
    let rest = client.rest().await;
    assert_eq!(rest.last().unwrap().data["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_ordinary_json_and_too_many_clients_are_too_many() {
    let server = Server::start(1).await;
    let headers = [("accept", "text/event-stream"), ("prefer", "respond-async")];
    let reply = server.send("POST", "/predictions", &headers, r#"{"input":{"count":0}}"#).await;
    assert_eq!((reply.status, reply.header("content-type")), (422, Some("application/json")));

    let asynchronous = [("prefer", "respond-async")];
    server.send("PUT", "/predictions/m1", &asynchronous, r#"{"input":{"act":"wait"}}"#).await;
    let prediction = server.engine.find(&"m1".parse().unwrap()).unwrap();
    let watchers: Vec<_> = (0..1024).map(|_| prediction.watch(1024).unwrap()).collect();
    let reply = server.send("PUT", "/predictions/m1", &headers, "{}").await;
    assert_eq!((reply.status, reply.json()), (429, json!({ "error": "Too many stream subscribers" })));
    drop(watchers);
    assert!(prediction.cancel(), "it is not ended by those who leave");
}
