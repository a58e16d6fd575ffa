//! Uploads that succeed.

use std::sync::{Mutex, mpsc};

use serde_json::{Value, json};

use super::{file, uploading};
use crate::support::{Answer, EVENTS, JSON, LIMIT, Receiver, Server, Stage};

/// Contract 9.27.
#[test]
fn a_file_is_put_as_it_is() {
    let receiver = Receiver::new();
    let server = uploading("file", &receiver);
    for step in [file("é.svg", "<svg/>"), json!({ "disk_file": { "name": "é.svg", "text": "<svg/>" } })] {
        let body = json!({ "id": "p-1", "input": { "steps": [step] } }).to_string();
        let reply = server.send("POST", "/predictions", &[JSON], &body);
        assert_eq!(reply.json()["output"], receiver.url("/up/%C3%A9.svg"), "{}", reply.text());
        let request = receiver.next();
        assert_eq!((&*request.method, &*request.path), ("PUT", "/up/%C3%A9.svg"));
        for (name, value) in
            [("content-type", "image/svg+xml"), ("content-length", "6"), ("x-prediction-id", "p-1")]
        {
            assert_eq!(request.header(name), Some(value));
        }
        assert_eq!((request.header("transfer-encoding"), &*request.body), (None, &b"<svg/>"[..]));
        assert_eq!(server.left(), [""; 0]);
    }
}

/// Contract 9.28, 9.30; D20.
#[test]
fn every_file_is_uploaded_under_a_name_of_its_own() {
    let steps = json!([file("a.txt", "0"), file("a.txt", "1"), file("b/a.txt", "2")]);
    for model in ["file", "files", "file-stream", "object"] {
        let receiver = Receiver::new();
        let server = uploading(model, &receiver);
        let [a, b, c] = ["a.txt", "a-1.txt", "a-2.txt"].map(|name| receiver.url(&format!("/up/{name}")));
        let output = match model {
            // The last alone.
            "file" => json!(a),
            // Members come in the order of their names.
            "object" => json!({ "value": null, "first": a, "inner": { "others": [b], "second": c } }),
            _ => json!([a, b, c]),
        };
        for _ in 0..2 {
            assert_eq!(server.predict(&json!({ "steps": steps })).json()["output"], output, "{model}");
            let mut uploaded: Vec<(String, Vec<u8>)> =
                receiver.rest().into_iter().map(|request| (request.path, request.body)).collect();
            uploaded.sort_unstable();
            let expected: &[(&str, &str)] = match model {
                "file" => &[("/up/a.txt", "2")],
                "object" => &[("/up/a-1.txt", "2"), ("/up/a-2.txt", "1"), ("/up/a.txt", "0")],
                _ => &[("/up/a-1.txt", "1"), ("/up/a-2.txt", "2"), ("/up/a.txt", "0")],
            };
            let expected: Vec<_> =
                expected.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
            assert_eq!(uploaded, expected, "{model}");
        }
    }
}

/// Contract 9.29; D20.
#[test]
fn outputs_keep_their_order_whichever_upload_ends_first() {
    let (fast_is_there, is_fast_there) = mpsc::channel();
    let is_fast_there = Mutex::new(is_fast_there);
    let receiver = Receiver::answering(move |request| {
        if request.path.ends_with("/slow.txt") {
            is_fast_there.lock().unwrap().recv_timeout(LIMIT).unwrap();
        } else {
            fast_is_there.send(()).unwrap();
        }
        Answer::status(201)
    });
    let steps = json!([file("slow.txt", "s"), file("fast.txt", "f")]);
    let output = json!([receiver.url("/up/slow.txt"), receiver.url("/up/fast.txt")]);
    for model in ["files", "file-stream"] {
        let server = uploading(model, &receiver);
        assert_eq!(server.predict(&json!({ "steps": steps })).json()["output"], output, "{model}");
        let body = json!({ "input": { "steps": steps } }).to_string();
        let events = server.send("POST", "/predictions", &[JSON, EVENTS], &body);
        let place = |name: &str| events.text().find(name).unwrap();
        assert!(place("/up/slow.txt") < place("/up/fast.txt"), "{model}: {}", events.text());
    }
}

/// Contract 9.29.
#[test]
fn eight_files_are_uploaded_at_once() {
    let (arrived, arrivals) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let receiver = Receiver::answering(move |_| {
        arrived.send(()).unwrap();
        let _ = released.lock().unwrap().recv();
        Answer::status(201)
    });
    let server = uploading("files", &receiver);
    let steps: Vec<Value> = (0..10).map(|number| file(&format!("{number}.txt"), "x")).collect();
    let mut waiting = server.connect();
    waiting.request("POST", "/predictions", &[JSON], &json!({ "input": { "steps": steps } }).to_string());
    let arrival = || arrivals.recv_timeout(LIMIT).unwrap();
    (0..8).for_each(|_| arrival());
    for _ in 0..2 {
        // Asked so that a ninth would have had its time.
        server.get("/health-check");
        assert!(arrivals.try_recv().is_err(), "a ninth is under way");
        release.send(()).unwrap();
        arrival();
    }
    (0..8).for_each(|_| release.send(()).unwrap());
    let output = waiting.reply().json()["output"].clone();
    let expected: Vec<String> = (0..10).map(|number| receiver.url(&format!("/up/{number}.txt"))).collect();
    assert_eq!(output, json!(expected));
}

/// Contract 9.31, 9.32; D20.
#[test]
fn the_name_is_the_end_of_the_path() {
    let receiver = Receiver::new();
    for (base, name, path) in [
        ("", "a.png", "/a.png"),
        ("/", "a.png", "/a.png"),
        ("/up", "a.png", "/up/a.png"),
        ("/up/", "a.png", "/up/a.png"),
        ("/up/?sig=zz", "a.png", "/up/a.png?sig=zz"),
        ("/up?sig=a/b#c", "a.png", "/up/a.png?sig=a/b"),
        ("/up", "a b?c#d%e&f+.txt", "/up/a%20b%3Fc%23d%25e%26f%2B.txt"),
        ("/up", "..", "/up/file"),
        ("/up", "a\nb", "/up/a%0Ab"),
        ("/up", "-._~", "/up/-._~"),
    ] {
        let server = Server::launch("file").arg("--upload-url").arg(&receiver.url(base)).ready();
        let reply = server.predict(&json!({ "steps": [file(name, "x")] })).json();
        assert_eq!(receiver.next().path, path, "{reply}");
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        let url = reply["output"].as_str().unwrap();
        let (url, _) = url.split_once('#').unwrap_or((url, ""));
        assert_eq!(url, receiver.url(path));
    }
}

/// Contract 9.33, 9.34.
#[test]
fn the_reply_says_where_the_file_is() {
    let landing = Receiver::new();
    let here = |path: &str| format!("HERE{path}");
    for (answer, url, requests) in [
        (Answer::status(204), here("/up/a.txt"), 1),
        (
            Answer::status(201).header("location", "https://cdn.example/a.txt?sig=yy#x"),
            "https://cdn.example/a.txt#x".to_owned(),
            1,
        ),
        (Answer::status(200).header("location", "/elsewhere/a.txt?sig=yy"), here("/elsewhere/a.txt"), 1),
        (Answer::status(307).header("location", &landing.url("/landed?sig=yy")), landing.url("/landed"), 2),
        (Answer::status(303).header("location", &landing.url("/made")), landing.url("/made"), 2),
    ] {
        let receiver = Receiver::scripted([answer]);
        let base = receiver.url("/up?sig=zz").replace("://", "://me:secret@");
        let server = Server::launch("file").arg("--upload-url").arg(&base).ready();
        let reply = server.predict(&json!({ "steps": [file("a.txt", "x")] })).json();
        assert_eq!(reply["output"], url.replace("HERE", &receiver.url("")), "{reply}");
        let first = receiver.next();
        assert!(first.header("authorization").is_some(), "user and password are for the target");
        if requests == 2 {
            let last = landing.next();
            let sent = (&*last.method, &*last.body, last.header("x-prediction-id").is_some());
            let expected =
                if url.ends_with("/made") { ("GET", &b""[..], true) } else { ("PUT", &b"x"[..], true) };
            assert_eq!(sent, expected);
        }
    }
}

/// Contract 9.34.
#[test]
fn redirects_of_uploads_end_at_the_tenth() {
    for status in [301, 302, 307, 308] {
        let mut answers = vec![Answer::status(status).header("location", "/next"); 10];
        answers.push(Answer::status(200));
        let receiver = Receiver::scripted(answers);
        let server = uploading("file", &receiver);
        let reply = server.predict(&json!({ "steps": [file("a.txt", "x")] })).json();
        assert_eq!(reply["output"], receiver.url("/next"), "{status}");
        let requests = receiver.rest();
        assert_eq!(requests.len(), 11);
        assert!(requests.iter().all(|request| request.method == "PUT" && request.body == b"x"), "{status}");
    }
    let receiver = Receiver::scripted([Answer::status(307).header("location", "/next")]);
    let reply = uploading("file", &receiver).predict(&json!({ "steps": [file("a.txt", "x")] })).json();
    assert_eq!(reply["error"], "Failed to upload output: upload was redirected more than 10 times");
    assert_eq!(receiver.rest().len(), 11, "and not tried again");
}

/// Contract 9.26, 9.40; D21.
#[test]
fn a_file_is_uploaded_as_it_was_when_it_was_yielded() {
    let receiver = Receiver::new();
    let server = uploading("file-stream", &receiver);
    let stage = Stage::new();
    let write = |text: &str| json!({ "disk_file": { "name": "a.txt", "text": text } });
    for (last, status) in [(write("c"), "succeeded"), (json!({ "fail": ["no"] }), "failed")] {
        let steps = json!([write("a"), write("b"), stage.meet(), last]);
        let mut waiting = server.connect();
        waiting.request("POST", "/predictions", &[JSON], &json!({ "input": { "steps": steps } }).to_string());
        stage.visit().leave();
        let reply = waiting.reply().json();
        assert_eq!(reply["status"], status);
        assert_eq!(reply["output"][1], receiver.url("/up/a-1.txt"), "{reply}");
        let mut bodies: Vec<Vec<u8>> = receiver.rest().into_iter().map(|request| request.body).collect();
        bodies.sort_unstable();
        let expected: &[&[u8]] = if status == "succeeded" { &[b"a", b"b", b"c"] } else { &[b"a", b"b"] };
        assert_eq!(bodies, expected);
        assert_eq!(server.left(), [""; 0]);
    }
}
