//! A temporary directory that is full, and one that is not there.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Answer, Receiver, Server, can_mount};

/// More than there is room for.
const LARGE: usize = 200 << 10;

/// Makes a prediction that fails with a reason that begins and ends like this.
#[track_caller]
fn fails(server: &Server, input: &Value, start: &str, end: &str) {
    let reply = server.predict(input);
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("failed")), "{}", reply.text());
    let error = reply.json()["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with(start) && error.ends_with(end), "{error}");
}

/// Contract 18.8, 18.10; D21. Where nobody may mount, only the next test shows what a disk can do.
#[test]
fn a_full_disk_fails_one_prediction() {
    if !can_mount() {
        eprintln!("no disk can be mounted here, so none was filled");
        return;
    }
    let receiver = Receiver::answering(|request| match &*request.path {
        "/large" => Answer::body("x".repeat(LARGE)),
        "/small" => Answer::body("small"),
        _ => Answer::status(201),
    });
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    fs::write(&elsewhere, "x".repeat(LARGE)).unwrap();
    let launch = Server::launch("file-stream").disk(64).arg("--upload-url").arg(&receiver.url("/up"));
    let server = launch.arg("--allow-private-urls").ready();
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    assert_ne!(device(server.directory()), device(elsewhere.path()), "a disk of its own");
    let small = || {
        let steps = json!([{ "disk_file": { "name": "a.txt", "text": "small" } }]);
        let reply = server.predict(&json!({ "file": receiver.url("/small"), "steps": steps }));
        assert_eq!(reply.json()["output"], json!([receiver.url("/up/a.txt")]), "{}", reply.text());
    };
    small();
    let full = "No space left on device (os error 28)";
    let stored = "Input validation error: file: cannot store the file: ";
    let copied = format!("cannot publish an output file: cannot copy `{}`: ", elsewhere.path().display());
    for (input, start) in [
        (json!({ "file": receiver.url("/large") }), stored),
        (json!({ "file": format!("data:,{}", "x".repeat(LARGE)) }), stored),
        (json!({ "steps": [{ "disk_file": { "name": "a.txt", "text": "x".repeat(LARGE) } }] }), ""),
        (json!({ "steps": [{ "path": elsewhere.path() }] }), &*copied),
    ] {
        fails(&server, &input, start, full);
        assert_eq!(server.left(), [""; 0], "{start}");
        small();
    }
    assert_eq!(server.left(), [""; 0]);
    assert_eq!(fs::metadata(&elsewhere).unwrap().len(), LARGE as u64, "the model's own file is left alone");
}

/// Contract 18.9, 18.10.
#[test]
fn without_a_temporary_directory_there_are_no_files() {
    let receiver = Receiver::scripted([Answer::body("x")]);
    let launch = Server::launch("file-stream").env("TMPDIR", "/nowhere").arg("--allow-private-urls");
    let server = launch.arg("--upload-url").arg(&receiver.url("/up")).ready();
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    let inputs = "cannot make a directory for the input's files: ";
    for (input, start) in [
        (json!({ "file": receiver.url("/f") }), inputs),
        (json!({ "file": "data:,x" }), inputs),
        (json!({ "steps": ["directory"] }), ""),
        (
            json!({ "steps": [{ "path": elsewhere.path() }] }),
            "cannot publish an output file: cannot make a directory for the output's files: ",
        ),
    ] {
        fails(&server, &input, start, "");
        let error = server.predict(&input).json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains("/nowhere"), "{error}");
    }
    let reply = server.predict(&json!({ "steps": [{ "file": { "name": "a.txt", "text": "x" } }] }));
    assert_eq!(reply.json()["output"], json!([receiver.url("/up/a.txt")]), "it is in memory");
}
