//! Files of outputs where there is no upload URL.

use serde_json::{Value, json};

use super::file;
use crate::support::{EVENTS, JSON, Server, Stage};

/// `data:` of a text, base64 as the standard has it.
const A: &str = "data:text/plain;base64,YQ==";
const B: &str = "data:text/plain;base64,Yg==";
const C: &str = "data:text/plain;base64,Yw==";

/// Contract 9.21.
#[test]
fn files_are_sent_inside_the_output() {
    let steps = json!([file("a.txt", "a"), file("b.txt", "b"), file("c.txt", "c")]);
    for (model, output) in [
        ("file", json!(C)),
        ("files", json!([A, B, C])),
        ("file-stream", json!([A, B, C])),
        ("object", json!({ "value": null, "first": A, "inner": { "second": B, "others": [C] } })),
    ] {
        let server = Server::of(model);
        let reply = server.predict(&json!({ "steps": steps }));
        assert_eq!((reply.status, &reply.json()["output"]), (200, &output), "{model}");
        let body = json!({ "input": { "steps": steps } }).to_string();
        let events = server.send("POST", "/predictions", &[JSON, EVENTS], &body);
        assert!(events.text().contains(C), "{model}: {}", events.text());
    }
}

/// Contract 9.22; D38.
#[test]
fn content_tells_what_a_file_is_before_its_name_does() {
    let server = Server::of("file");
    for (name, text, media_type) in [
        ("a.txt", "GIF89a", "image/gif"),
        ("a.gif", "a", "image/gif"),
        ("a.png", "%PDF-1.4", "application/pdf"),
        ("a.PNG", "a", "image/png"),
        ("a.json", "{}", "application/json"),
        ("a.svg", "<svg/>", "image/svg+xml"),
        ("a", "a", "application/octet-stream"),
        ("a.nobody-knows", "a", "application/octet-stream"),
        ("a.docx", "PK\u{3}\u{4}", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ] {
        let output = server.predict(&json!({ "steps": [file(name, text)] })).json()["output"].clone();
        let start = format!("data:{media_type};base64,");
        assert!(output.as_str().unwrap().starts_with(&start), "{name}: {output}");
    }
}

/// Contract 9.23; D19.
#[test]
fn a_file_that_does_not_exist_fails_the_prediction() {
    for model in ["file", "files", "file-stream", "object"] {
        let server = Server::of(model);
        let steps = json!([file("a.txt", "a"), { "path": "/nowhere/b.txt" }]);
        let reply = server.predict(&json!({ "steps": steps }));
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("failed")), "{model}");
        let error = reply.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains("`/nowhere/b.txt`"), "{model}: {error}");
    }
}

/// Contract 9.24. Twelve million bytes of text from nine mebibytes.
#[test]
fn a_file_may_be_of_any_size() {
    let text = "abcd".repeat(9 << 18);
    let reply = Server::of("file").predict(&json!({ "steps": [file("a.bin", &text)] })).json();
    let output = reply["output"].as_str().unwrap();
    assert_eq!(output.len(), "data:application/octet-stream;base64,".len() + 12 * (1 << 20));
    assert!(output.ends_with("FiY2RhYmNk"), "it is whole");
}

/// Contract 9.25; D21.
#[test]
fn what_the_model_has_made_elsewhere_stays_there() {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("a.txt");
    std::fs::write(&path, "a").unwrap();
    let server = Server::of("files");
    let inside = json!({ "disk_file": { "name": "b.txt", "text": "b" } });
    for (last, status) in [
        (json!({ "log": "" }), "succeeded"),
        (json!({ "fail": [""] }), "failed"),
        (json!({ "panic": "" }), "failed"),
    ] {
        let reply = server.predict(&json!({ "steps": [{ "path": path }, inside, last] })).json();
        assert_eq!(reply["status"], status);
        if status == "succeeded" {
            assert_eq!(reply["output"], json!([A, B]));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a");
        assert_eq!(server.left(), [""; 0]);
    }
}

/// Contract 9.26.
#[test]
fn a_file_counts_as_it_was_when_it_was_yielded() {
    let server = Server::of("file-stream");
    let stage = Stage::new();
    let write = |text: &str| json!({ "disk_file": { "name": "a.txt", "text": text } });
    let steps = json!([write("a"), stage.meet(), write("b")]);
    let mut waiting = server.connect();
    waiting.request("POST", "/predictions", &[JSON], &json!({ "input": { "steps": steps } }).to_string());
    stage.visit().leave();
    let output: Value = waiting.reply().json()["output"].clone();
    assert_eq!(output, json!([A, B]));
}
