//! Uploads to targets that are dead, slow or lie, and what becomes of the prediction.

use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{file, uploading};
use crate::support::{ASYNC, Answer, JSON, LIMIT, NOBODY, Receiver, Server, Stage};

const FAILED: &str = "Failed to upload output: ";

/// Contract 9.35; D20.
#[test]
fn what_may_pass_is_tried_again() {
    let now = |status| Answer::status(status).header("retry-after", "0");
    for failure in [now(408), now(429), now(500), now(503)] {
        let mut answers = vec![failure; 5];
        answers.push(Answer::status(200));
        let receiver = Receiver::scripted(answers);
        let server = uploading("file", &receiver);
        let reply = server.predict(&json!({ "steps": [file("a.txt", "x")] })).json();
        assert_eq!(reply["output"], receiver.url("/up/a.txt"), "{reply}");
        let requests = receiver.rest();
        assert_eq!(requests.len(), 6);
        assert!(requests.iter().all(|request| request.body == b"x"), "each time the whole file");
    }
    // Without being asked, it waits a moment.
    for failure in [Answer::silence(), Answer::status(500), Answer::status(429).header("retry-after", "1")] {
        let receiver = Receiver::scripted([failure, Answer::status(200)]);
        let server = uploading("file", &receiver);
        let start = Instant::now();
        let reply = server.predict(&json!({ "steps": [file("a.txt", "x")] })).json();
        assert_eq!(reply["output"], receiver.url("/up/a.txt"), "{reply}");
        assert!(start.elapsed() >= Duration::from_millis(200));
        server.logged("an upload is tried again");
    }
}

/// Contract 9.35, 9.36, 9.40; D20, D21.
#[test]
fn what_does_not_pass_fails_the_prediction() {
    let now = |status| Answer::status(status).header("retry-after", "0");
    for (answer, attempts, reason) in [
        (now(500), 6, "upload returned status 500 Internal Server Error"),
        (now(429), 6, "upload returned status 429 Too Many Requests"),
        (now(400), 1, "upload returned status 400 Bad Request"),
        (now(404), 1, "upload returned status 404 Not Found"),
        (now(302), 1, "upload returned status 302 Found"),
        (Answer::status(302).header("location", "file:///etc/passwd"), 1, "upload returned status 302 Found"),
    ] {
        let receiver = Receiver::scripted([answer]);
        for (model, output) in [("object", None), ("file-stream", None)] {
            let server = uploading(model, &receiver);
            let steps = json!([{ "disk_file": { "name": "a.txt", "text": "x" } }]);
            let reply = server.predict(&json!({ "steps": steps }));
            assert_eq!(reply.json()["error"], format!("{FAILED}{reason}"), "{}", reply.text());
            assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("failed")));
            assert_eq!(reply.json().get("output"), output);
            assert_eq!(receiver.rest().len(), attempts, "{reason}");
            assert_eq!(server.left(), [""; 0]);
            assert_eq!(server.get("/health-check").json()["status"], "READY");
        }
    }
}

/// Contract 9.35, 9.36. Six attempts and the time between them: this test takes longer than others.
#[test]
fn a_target_that_is_not_there_is_told_of_without_its_url() {
    let broken = Receiver::scripted([Answer::silence()]);
    let ask = |target: &str, id: &str| {
        let server = Server::launch("file").arg("--upload-url").arg(target).ready();
        server.begin(id, &json!([file("a.txt", "x")]));
        server
    };
    let asked = [
        (ask(&format!("http://{NOBODY}/up?sig=zz"), "dead"), "dead", "could not connect to upload"),
        (ask(&broken.url("/up?sig=zz"), "broken"), "broken", "the connection broke off during the upload"),
    ];
    for (server, id, reason) in asked {
        let prediction = server.ended(id);
        assert_eq!(prediction["error"], format!("{FAILED}{reason}"), "{prediction}");
        assert_eq!(server.left(), [""; 0]);
        assert!(!server.log().contains("sig=zz"), "the signature is a secret");
    }
    assert_eq!(broken.rest().len(), 6);
}

/// Contract 9.23; D19.
#[test]
fn a_file_that_does_not_exist_is_not_uploaded() {
    let receiver = Receiver::new();
    for model in ["file", "files", "object"] {
        let server = uploading(model, &receiver);
        let reply = server.predict(&json!({ "steps": [{ "path": "/nowhere/b.txt" }] })).json();
        let error = reply["error"].as_str().unwrap();
        assert!(reply["status"] == "failed" && error.contains("`/nowhere/b.txt`"), "{reply}");
        assert_eq!(server.left(), [""; 0]);
    }
    assert_eq!(receiver.rest().len(), 0);
}

/// A server whose uploads wait, the uploads that have arrived, and what lets them go on.
fn waiting() -> (Server, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (arrived, arrivals) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let receiver = Receiver::answering(move |_| {
        let _ = arrived.send(());
        let _ = released.lock().unwrap().recv();
        Answer::status(200)
    });
    (uploading("file", &receiver), arrivals, release)
}

fn on_disk() -> Value {
    json!([{ "disk_file": { "name": "a.txt", "text": "x" } }])
}

/// Contract 9.38, 9.40; D21.
#[test]
fn the_slot_is_free_while_files_are_uploaded() {
    let (server, arrivals, release) = waiting();
    server.begin("first", &on_disk());
    arrivals.recv_timeout(LIMIT).unwrap();
    server.until("READY");
    assert_eq!(server.get("/predictions/first").json()["status"], "processing");
    assert_eq!(server.left().len(), 1, "the copy");

    let stage = Stage::new();
    server.begin("second", &json!([stage.meet(), on_disk()[0]]));
    stage.visit().leave();
    arrivals.recv_timeout(LIMIT).unwrap();
    assert_eq!(server.get("/predictions/first").json()["status"], "processing");
    (0..2).for_each(|_| release.send(()).unwrap());
    for id in ["first", "second"] {
        assert_eq!(server.ended(id)["status"], "succeeded");
    }
    assert_eq!(server.left(), [""; 0]);
}

/// Contract 9.39, 9.40; D21.
#[test]
fn a_cancel_ends_uploads() {
    let (server, arrivals, _release) = waiting();
    server.begin("p", &on_disk());
    arrivals.recv_timeout(LIMIT).unwrap();
    assert_eq!(server.send("POST", "/predictions/p/cancel", &[], "").status, 200);
    let prediction = server.ended("p");
    assert_eq!((&prediction["status"], prediction.get("output")), (&json!("canceled"), None));
    assert_eq!(server.left(), [""; 0]);
    assert_eq!(server.send("POST", "/predictions", &[JSON, ASYNC], "{}").status, 202);
}

/// Contract 9.41.
#[test]
fn an_upload_url_is_an_url() {
    for (url, reason) in [
        ("nowhere", "not an URL: relative URL without a base"),
        ("ftp://host/", "not an `http:` or `https:` URL"),
        ("file:///tmp", "not an `http:` or `https:` URL"),
    ] {
        let output = Server::launch("file").arg("--upload-url").arg(url).run();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(reason), "{stderr}");
        assert_eq!(output.status.code(), Some(2));
    }
}
