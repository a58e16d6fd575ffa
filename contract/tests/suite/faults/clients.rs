//! Clients that leave, and clients that take their time.

use serde_json::json;

use crate::support::{EVENTS, JSON, Server, Stage};

/// Contract 18.4.
#[test]
fn clients_that_leave_take_nothing_with_them() {
    let server = Server::of("value");
    let stage = Stage::new();
    for part in [
        "",
        "POST",
        "POST /predictions HTTP/1.1\r\nhost: x\r\nx-unfinished: ",
        "POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n",
        "POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{\"input\":",
        "POST /predictions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"inp",
    ] {
        for is_half_closed in [true, false] {
            let mut client = server.connect();
            client.write(part);
            if is_half_closed {
                client.finish();
            }
            drop(client);
            assert_eq!(server.predict(&json!({})).status, 200, "after `{part}`");
        }
    }
    for headers in [&[JSON][..], &[JSON, EVENTS]] {
        let mut client = server.connect();
        let body = json!({ "input": { "steps": [stage.meet()] } }).to_string();
        client.request("POST", "/predictions", headers, &body);
        let visit = stage.visit();
        drop(client);
        visit.until_gone();
        server.until("READY");
        assert_eq!(server.predict(&json!({})).status, 200);
    }
}

/// Contract 18.5.
#[test]
fn a_client_may_send_one_byte_at_a_time() {
    let server = Server::of("value");
    let body = json!({ "input": { "steps": [{ "output": 1 }] } }).to_string();
    let head = format!("POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    let request = head + &body;
    let mut slow = server.connect();
    for (place, byte) in request.as_bytes().iter().enumerate() {
        slow.write([*byte]);
        if place % 16 == 0 {
            assert_eq!(server.predict(&json!({})).status, 200, "after {place} bytes");
        }
    }
    assert_eq!(slow.reply().json()["output"], 1);
}

/// Contract 18.6. The reply is larger than what the system takes in for a client that does not read.
#[test]
fn a_client_may_read_one_byte_at_a_time() {
    let server = Server::of("value");
    let text = "x".repeat(20 << 20);
    let body = json!({ "input": { "steps": [{ "output": text }] } }).to_string();
    let mut slow = server.connect();
    slow.request("POST", "/predictions", &[JSON], &body);
    let head = slow.head();
    for place in 0..50 {
        slow.exactly(1);
        assert_eq!(server.predict(&json!({})).status, 200, "after {place} bytes");
    }
    let length: usize = head.header("content-length").unwrap().parse().unwrap();
    let rest = slow.exactly(length - 50);
    assert!(rest.windows(3).any(|bytes| bytes == b"xxx") && rest.ends_with(b"}"));
}

/// Contract 18.7.
#[test]
fn a_client_may_not_read_its_events_at_all() {
    let server = Server::of("stream");
    let stage = Stage::new();
    let steps = json!([stage.meet(), { "flood": 100_000 }, { "outputs": 100_000 }, { "log": "end" }]);
    let mut deaf = server.connect();
    let body = json!({ "id": "flood", "input": { "steps": steps } }).to_string();
    deaf.request("POST", "/predictions", &[JSON, EVENTS], &body);
    let visit = stage.visit();
    // Somebody who asks by name gets to know the end.
    let mut other = server.connect();
    other.request("PUT", "/predictions/flood", &[JSON, EVENTS], &body);
    assert_eq!(other.head().status, 200);
    visit.leave();
    let events = String::from_utf8(std::iter::from_fn(|| other.chunk()).flatten().collect()).unwrap();
    assert!(events.contains("event: completed"), "the prediction has come to its end");
    assert_eq!(server.predict(&json!({})).status, 200);
    drop(deaf);
}
