//! Whatever clients do, nothing is left of it: no slot, no thread, no file, no connection. A process of its own, because it counts what
//! the process has.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "a test that cannot go on has failed; the support is shared with a test that uses more of it"
)]

#[path = "http/support.rs"]
mod support;

use serde_json::json;
use support::{Connection, Server, soon};

/// Counts the entries of a directory of `/proc/self`.
fn count(what: &str) -> usize {
    std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count()
}

/// Does once everything that a client should not do.
async fn misbehave(server: &Server) {
    let long = "x".repeat(100_000);
    let requests: [&[u8]; 10] = [
        b"\0\0\0\0",
        b"GET",
        b"GET / HTTP/1.1\r\nhost: x\r\nx-unfinished: ",
        b"POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{\"input\":",
        b"POST /predictions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"PUT /predictions/%00%ff HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}",
        b"POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: 26\r\n\r\n{\"input\":{\"act\":\"wait\"}}  ",
        b"POST /predictions HTTP/1.0\r\naccept: text/event-stream\r\ncontent-length: 24\r\n\r\n{\"input\":{\"act\":\"wait\"}}",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff",
    ];
    for request in requests {
        Connection::open(server.address).await.write(request).await;
    }
    let deep = "[".repeat(100_000);
    for body in [long.as_str(), &deep, "{\"id\":\"\\u0000\"}", "{\"input\":{\"act\":\"panic\"}}"] {
        soon(server.send("POST", "/predictions", &[], body)).await;
    }
    let image = json!({ "input": { "act": "read", "image": "data:;base64,####" } });
    soon(server.predict(&image)).await;
}

async fn settle(server: &Server, slots: usize) {
    soon(async {
        while server.engine.free_slots() < slots {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_clients_that_misbehave() {
    const SLOTS: usize = 4;
    let server = Server::start(SLOTS).await;
    // Once, so that what is made when it is first needed has been made.
    misbehave(&server).await;
    settle(&server, SLOTS).await;
    let connections_before = count("fd");
    let threads = count("task");
    for _ in 0..30 {
        misbehave(&server).await;
        settle(&server, SLOTS).await;
    }
    // Connections that were dropped by their clients are noticed a moment later.
    soon(async {
        while count("fd") > connections_before {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(count("task"), threads);
    assert_eq!(std::fs::read_dir(server.directory.path()).unwrap().count(), 0);
    assert_eq!(server.predict(&json!({})).await.json()["status"], "succeeded");
    server.send("POST", "/shutdown", &[], "").await;
    soon(server.task).await.unwrap().unwrap();
}
