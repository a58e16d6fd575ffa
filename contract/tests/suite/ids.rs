//! Section 13: names of predictions.

use std::fs;

use serde_json::{Value, json};

use crate::support::{ASYNC, Connection, JSON, Server, Stage};

const EMPTY: &str = "a prediction ID must not be empty";
const LONG: &str = "a prediction ID must have at most 255 characters (got 256)";
const INVISIBLE: &str = "a prediction ID must consist of visible ASCII characters";

/// What is in the directory where the server keeps its temporary files.
fn left(server: &Server) -> Vec<String> {
    let entries = fs::read_dir(server.directory()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn detail(location: &[&str], message: &str) -> Value {
    json!({ "detail": [{ "loc": location, "msg": message, "type": "value_error" }] })
}

/// Writes every byte as an escape.
fn escaped(id: &str) -> String {
    id.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Contract 13.1, 13.6, 13.7; D15.
#[test]
fn a_name_is_any_text_that_can_be_seen() {
    let server = Server::of("value");
    let longest = "x".repeat(255);
    let all: String = ('!'..='~').collect();
    for id in
        ["0", "a/b", "..", "../../x", "/etc/x", "%", "a%2Fb", "~", ".", "c:\\x", "\"", "$(x)", &longest, &all]
    {
        let steps = json!([{ "disk_file": { "name": "file", "text": "" } }]);
        let body = json!({ "id": id, "input": { "steps": steps } });
        let reply = server.post("/predictions", &body).json();
        assert_eq!(reply["id"], id, "{reply}");
        let path = format!("/predictions/{}", escaped(id));
        let reply = server.send("PUT", &path, &[JSON], "{}");
        assert_eq!((reply.status, &reply.json()["id"]), (200, &json!(id)));
        assert_eq!(server.get(&path).json()["id"], id);
        assert_eq!(left(&server), [""; 0], "{id}");
    }
}

/// Contract 13.1, 13.2, 13.3, 13.9; D15.
#[test]
fn a_name_that_cannot_be_one_is_refused() {
    let server = Server::of("both");
    let long = "x".repeat(256);
    for (id, message) in [
        ("", EMPTY),
        (&*long, LONG),
        (" ", INVISIBLE),
        ("a b", INVISIBLE),
        ("a\n", INVISIBLE),
        ("a\0b", INVISIBLE),
        ("\u{7f}", INVISIBLE),
        ("é", INVISIBLE),
    ] {
        for headers in [&[JSON][..], &[JSON, ASYNC]] {
            let reply = server.send("POST", "/predictions", headers, &json!({ "id": id }).to_string());
            assert_eq!((reply.status, reply.json()), (422, detail(&["body", "id"], message)), "{id:?}");
            if id.is_empty() {
                // There is no such path.
                continue;
            }
            for noun in ["prediction", "training"] {
                let path = format!("/{noun}s/{}", escaped(id));
                let reply = server.send("PUT", &path, headers, "{}");
                let expected = detail(&["path", &format!("{noun}_id")], message);
                assert_eq!((reply.status, reply.json()), (422, expected), "{id:?}");
            }
        }
        assert_eq!(server.predict(&json!({})).status, 200, "the slot is free after {id:?}");
    }
    assert_eq!(left(&server), [""; 0]);
}

/// Contract 13.4, 13.5.
#[test]
fn what_no_name_is_like_is_not_found() {
    let server = Server::of("value");
    let reply = server.send("PUT", "/predictions/a%FFb", &[JSON], "{}");
    assert_eq!((reply.status, reply.json()), (422, detail(&["path", "prediction_id"], INVISIBLE)));
    for id in ["a%20b", "%00", "%C3%A9", &"x".repeat(256), "a%FFb"] {
        let cancel = server.send("POST", &format!("/predictions/{id}/cancel"), &[], "");
        assert_eq!((cancel.status, cancel.text()), (404, "{}"), "{id}");
        let known = server.get(&format!("/predictions/{id}"));
        assert_eq!((known.status, known.json()["error"].is_string()), (404, true), "{id}");
    }
}

/// Contract 13.6.
#[test]
fn escapes_in_a_path_are_the_characters_that_they_stand_for() {
    let server = Server::of("value");
    let stage = Stage::new();
    for (path, id) in [("a%2Fb", "a/b"), ("%61", "a"), ("%2561", "%61")] {
        server.begin(id, &json!([stage.meet()]));
        let visit = stage.visit();
        let known = server.send("PUT", &format!("/predictions/{path}"), &[JSON], "{}");
        assert_eq!((known.status, &known.json()["id"]), (202, &json!(id)));
        assert_eq!(server.send("POST", &format!("/predictions/{path}/cancel"), &[], "").status, 200);
        visit.until_gone();
        assert_eq!(server.ended(path)["status"], "canceled");
    }
}

/// Contract 13.7, 13.8; D15, D21.
#[test]
fn a_directory_is_gone_with_its_prediction() {
    let server = Server::of("file");
    let stage = Stage::new();
    let write = json!({ "disk_file": { "name": "out.txt", "text": "text" } });
    let url = "data:text/plain;base64,aW4=";
    for (last, cancels, status) in [
        (json!({ "log": "done" }), false, "succeeded"),
        (json!({ "fail": ["no"] }), false, "failed"),
        (json!({ "panic": "no" }), false, "failed"),
        (json!({ "log": "never" }), true, "canceled"),
    ] {
        let steps = json!([write, stage.meet(), last]);
        let mut waiting: Connection = server.connect();
        let body = json!({ "id": "../../x", "input": { "steps": steps, "file": url } }).to_string();
        waiting.request("POST", "/predictions", &[JSON], &body);
        let visit = stage.visit();
        let directories = left(&server);
        assert!(directories.len() == 1 && directories[0].starts_with("cog-"), "{directories:?}");
        if cancels {
            assert_eq!(server.send("POST", "/predictions/%2E%2E%2F..%2Fx/cancel", &[], "").status, 200);
            visit.until_gone();
        } else {
            visit.leave();
        }
        let reply = waiting.reply();
        assert_eq!((left(&server), &reply.json()["status"]), (Vec::new(), &json!(status)));
    }
}
