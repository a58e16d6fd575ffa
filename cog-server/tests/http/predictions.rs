//! `POST /predictions`.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::support::{Connection, Server, soon};

/// The members of a reply, in the order in which they were sent.
fn members(body: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    for part in body.split_inclusive([',', '{', '}', '[', ']']) {
        if depth == 1
            && let Some((name, _)) = part.trim_start_matches('"').split_once("\":")
        {
            names.push(name.to_owned());
        }
        match part.chars().last() {
            Some('{' | '[') => depth += 1,
            Some('}' | ']') => depth -= 1,
            _ => {}
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn success_has_cogs_members_in_alphabetical_order() {
    let server = Server::start(1).await;
    let reply = server.predict(&json!({ "id": "w2", "input": { "text": "é", "count": 2 } })).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    assert_eq!(
        members(&reply.body),
        ["completed_at", "created_at", "id", "logs", "metrics", "output", "started_at", "status", "version"]
    );
    let body = reply.json();
    assert!(reply.body.contains("éé"), "not escaped: {}", reply.body);
    assert_eq!(
        (&body["id"], &body["status"], &body["output"], &body["logs"]),
        (&json!("w2"), &json!("succeeded"), &json!("éé"), &json!(""))
    );
    assert!(body["metrics"]["predict_time"].as_f64().unwrap() > 0.0);
    for name in ["created_at", "started_at", "completed_at"] {
        let stamp = body[name].as_str().unwrap();
        assert!(stamp.len() == 35 && stamp.ends_with("+00:00"), "{stamp}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_is_200_with_logs_and_the_chain_once() {
    let server = Server::start(1).await;
    let body = server.predict(&json!({ "input": { "act": "fail" } })).await.json();
    assert_eq!(
        (&body["status"], &body["error"], &body["logs"], &body["metrics"]["tokens"], body.get("output")),
        (&json!("failed"), &json!("reason: cause"), &json!("before the failure\n"), &json!(3), None)
    );
    let id = body["id"].as_str().unwrap();
    assert!(id.starts_with("pred_") && id.len() == 21, "{id}");

    let body = server.predict(&json!({ "input": { "act": "panic" } })).await.json();
    assert_eq!((&body["status"], &body["error"]), (&json!("failed"), &json!("the model panicked: boom")));
    assert_eq!(server.predict(&json!({})).await.json()["output"], "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_left_out_or_null() {
    let server = Server::start(1).await;
    for body in [
        json!({}),
        json!({ "input": null, "id": null, "context": null }),
        json!({ "input": {}, "unknown": 1, "created_at": "now" }),
        json!({ "input": { "unknown": 1, "tags": null, "key": null, "image": null } }),
        json!({ "context": { "a": "b" } }),
    ] {
        let reply = server.predict(&body).await;
        assert_eq!((reply.status, &reply.json()["output"]), (200, &json!("x")), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_types_and_bodies() {
    let server = Server::start(1).await;
    let input = r#"{"input":{"text":"t"}}"#;
    for (content_type, body, output) in [
        (Some("application/json"), input, "t"),
        (Some("application/json; charset=utf-8"), input, "t"),
        (Some("Application/Problem+JSON"), input, "t"),
        (None, input, "t"),
        (None, "", "x"),
    ] {
        let headers: Vec<_> = content_type.map(|value| ("content-type", value)).into_iter().collect();
        let reply = server.send("POST", "/predictions", &headers, body).await;
        assert_eq!((reply.status, &reply.json()["output"]), (200, &json!(output)), "{content_type:?} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_input_is_read() {
    let server = Server::start(1).await;
    let body =
        server.predict(&json!({ "input": { "act": "read", "image": "data:text/plain,hi" } })).await.json();
    assert_eq!(body["output"], "hi");
    assert_eq!(std::fs::read_dir(server.directory.path()).unwrap().count(), 0, "and nothing is left of it");
}

/// Cog refuses 6 to 11 of 100 such requests.
#[tokio::test(flavor = "multi_thread")]
async fn requests_back_to_back_on_one_connection_are_never_refused() {
    let server = Server::start(1).await;
    let mut connection = Connection::open(server.address).await;
    for number in 0..2000 {
        let body = format!(r#"{{"input":{{"text":"{number}"}}}}"#);
        let reply = soon(connection.send("POST", "/predictions", &[], &body)).await;
        assert_eq!((reply.status, &reply.json()["output"]), (200, &json!(number.to_string())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_cancels_its_prediction() {
    let server = Server::start(1).await;
    for act in ["wait", "block"] {
        let mut connection = Connection::open(server.address).await;
        let body = format!(r#"{{"input":{{"act":"{act}"}}}}"#);
        let request =
            format!("POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        connection.write(request.as_bytes()).await;
        soon(server.stage.begun.notified()).await;
        assert_eq!(server.stage.running.load(Ordering::SeqCst), 1);
        drop(connection);
        soon(server.stage.ended.notified()).await;
        assert_eq!(server.stage.running.load(Ordering::SeqCst), 0);
        soon(async {
            while server.engine.free_slots() == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_without_tls_is_answered() {
    let server = Server::start(1).await;
    let mut connection = Connection::open(server.address).await;
    connection.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await;
    // A settings frame is what a server of HTTP/2 says first: length, type 4, no flags, stream 0.
    let mut reply = [0_u8; 9];
    soon(tokio::io::AsyncReadExt::read_exact(connection.stream(), &mut reply)).await.unwrap();
    assert_eq!((reply[3], &reply[5..]), (4, &[0, 0, 0, 0][..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_live_in_one_process() {
    let (left, right) = (Server::start(1).await, Server::start(2).await);
    left.send("POST", "/shutdown", &[], "").await;
    soon(left.task).await.unwrap().unwrap();
    let reply: Value = right.predict(&json!({})).await.json();
    assert_eq!(reply["status"], "succeeded");
}
