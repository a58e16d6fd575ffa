//! Where files of inputs come from.

use std::sync::{Mutex, mpsc};

use serde_json::json;

use super::{fault, fetching, reading};
use crate::support::{Answer, JSON, LIMIT, NOBODY, Receiver, Server, Stage};

/// Contract 9.1, 9.2; D16, D18.
#[test]
fn a_file_is_an_url() {
    let server = fetching();
    let receiver = Receiver::scripted([Answer::body("content")]);
    for url in [receiver.url("/f"), receiver.url("/f").replace("http", "HTTP"), "DATA:,content".to_owned()] {
        let reply = server.predict(&reading(&[url.clone(), url.clone()]));
        assert_eq!(reply.json()["output"][1]["text"], "content", "{url}: {}", reply.text());
    }
    for text in ["/etc/hostname", "file:///etc/hostname", "ftp://host/f", "hello", "", "https", "//host/f"] {
        let good = receiver.url("/unasked");
        for (input, place) in
            [(json!({ "file": text }), "file"), (json!({ "files": [good, text] }), "files/1")]
        {
            let reply = server.predict(&input);
            let refusal = &reply.json()["detail"][0];
            assert_eq!((reply.status, &refusal["loc"][2]), (422, &json!(place)), "{text}");
        }
    }
    assert!(receiver.rest().iter().all(|request| request.path == "/f"), "a refused list is not fetched");
}

/// Contract 9.3.
#[test]
fn eight_files_are_fetched_at_once() {
    let (arrived, arrivals) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let receiver = Receiver::answering(move |request| {
        arrived.send(()).unwrap();
        let _ = released.lock().unwrap().recv();
        Answer::body(request.path.clone())
    });
    let server = fetching();
    let stage = Stage::new();
    let paths: Vec<String> = (0..12).map(|number| format!("/{number}")).collect();
    let urls: Vec<String> = paths.iter().map(|path| receiver.url(path)).collect();
    let mut waiting = server.connect();
    let input = json!({ "steps": [stage.meet(), "read"], "files": urls });
    waiting.request("POST", "/predictions", &[JSON], &json!({ "input": input }).to_string());
    (0..8).for_each(|_| arrivals.recv_timeout(LIMIT).unwrap());
    // Asked so that a ninth would have had its time.
    assert_eq!(server.get("/health-check").json()["status"], "BUSY");
    assert!(arrivals.try_recv().is_err(), "a ninth is under way");
    assert!(!stage.is_visited(), "the model has begun");
    drop(release);
    stage.visit().leave();
    let output = waiting.reply().json()["output"].clone();
    let texts: Vec<&str> =
        output.as_array().unwrap().iter().map(|file| file["text"].as_str().unwrap()).collect();
    assert_eq!(texts, paths, "in the order of the input");
}

/// Contract 9.4, 9.5.
#[test]
fn a_file_is_asked_for_once() {
    let default = concat!("cog-server/", env!("CARGO_PKG_VERSION"));
    for (variable, agent) in [("", default), ("Mozilla/5.0 (model)", "Mozilla/5.0 (model)")] {
        let receiver = Receiver::scripted([
            Answer::body("a page").header("content-type", "text/html"),
            Answer::status(503).header("retry-after", "0"),
        ]);
        let launch = Server::launch("value").env("COG_ALLOW_PRIVATE_URLS", "true");
        let server = launch.env("COG_USER_AGENT", variable).ready();
        let reply = server.predict(&reading(&[receiver.url("/f.png?size=1#part")]));
        assert_eq!(reply.json()["output"][0]["text"], "a page");
        let request = receiver.next();
        assert_eq!((&*request.method, &*request.path), ("GET", "/f.png?size=1"));
        assert_eq!(request.header("user-agent"), Some(agent));
        fault(&server, &receiver.url("/f"));
        assert_eq!(receiver.rest().len(), 1, "once");
    }
}

/// Contract 9.6.
#[test]
fn redirects_are_followed_to_the_tenth() {
    let server = fetching();
    for status in [301, 302, 303, 307, 308] {
        let hop = Answer::status(status).header("location", "/next");
        let mut answers = vec![hop; 10];
        answers.push(Answer::body("there"));
        let receiver = Receiver::scripted(answers);
        let reply = server.predict(&reading(&[receiver.url("/first")]));
        assert_eq!(reply.json()["output"][0]["text"], "there", "{status}");
        assert_eq!(receiver.rest().len(), 11);
    }
    let receiver = Receiver::scripted([Answer::status(302).header("location", "/next")]);
    assert_eq!(
        fault(&server, &receiver.url("/f")),
        format!("Input validation error: file: {} was redirected more than 10 times", receiver.url("/next"))
    );
}

/// Contract 9.7, 9.9; D17. The proxy is what lets a server that may fetch from nowhere here begin at all.
#[test]
fn redirects_are_judged_as_urls_are() {
    for (location, reason) in [
        ("http://127.0.0.1:1/secret", "refused to fetch from `127.0.0.1`: its address is not a public one"),
        (
            "http://169.254.169.254/latest/meta-data",
            "refused to fetch from `169.254.169.254`: its address is not a public one",
        ),
        ("http://[::1]:1/", "refused to fetch from `[::1]`: its address is not a public one"),
        ("http://localhost:1/", "refused to fetch from `localhost`: its address is not a public one"),
        ("ftp://example.com/f", "refused to follow a redirect to a `ftp:` URL"),
        ("file:///etc/passwd", "302 Found for url: http://example.invalid/f"),
    ] {
        let receiver = Receiver::scripted([Answer::status(302).header("location", location)]);
        let launch = Server::launch("value").env("HTTP_PROXY", &receiver.url(""));
        let server = launch.env("NO_PROXY", "localhost").ready();
        let error = fault(&server, "http://example.invalid/f");
        assert_eq!(error, format!("Input validation error: file: {reason}"));
        assert_eq!(receiver.next().path, "http://example.invalid/f", "the proxy is asked for the whole URL");
        assert_eq!(receiver.rest().len(), 0);
    }
}

/// Contract 9.8; D17.
#[test]
fn private_addresses_are_refused_unless_allowed() {
    let receiver = Receiver::scripted([Answer::body("content")]);
    let local = receiver.url("/f");
    let refusing =
        [Server::of("value"), Server::launch("value").env("COG_ALLOW_PRIVATE_URLS", "false").ready()];
    for (url, host) in [
        (local.clone(), "127.0.0.1"),
        (local.replace("127.0.0.1", "2130706433"), "127.0.0.1"),
        (local.replace("127.0.0.1", "[::ffff:127.0.0.1]"), "[::ffff:7f00:1]"),
        (local.replace("127.0.0.1", "localhost"), "localhost"),
        ("http://10.0.0.1/f".to_owned(), "10.0.0.1"),
        ("http://169.254.169.254/latest/meta-data".to_owned(), "169.254.169.254"),
    ] {
        for server in &refusing {
            let reason = format!("refused to fetch from `{host}`: its address is not a public one");
            assert_eq!(fault(server, &url), format!("Input validation error: file: {reason}"));
        }
    }
    assert_eq!(receiver.rest().len(), 0, "nobody has been asked");
    for server in [fetching(), Server::launch("value").arg("--allow-private-urls").ready()] {
        let reply = server.predict(&reading(std::slice::from_ref(&local)));
        assert_eq!(reply.json()["output"][0]["text"], "content");
    }
}

/// Contract 9.10; D17.
#[test]
fn a_file_that_says_that_it_is_too_large_is_not_read() {
    let server = fetching();
    let receiver = Receiver::scripted([Answer::body("x").cut_short(4 << 30)]);
    let url = receiver.url("/f");
    assert_eq!(
        fault(&server, &url),
        format!("Input validation error: file: {url} is larger than 4294967296 bytes")
    );
    // One byte less is allowed, and never comes.
    let receiver = Receiver::scripted([Answer::body("x").cut_short((4 << 30) - 1)]);
    let error = fault(&server, &receiver.url("/f"));
    assert!(error.contains("broke off after 1 of 4294967296 bytes"), "{error}");
}

/// Contract 9.16, 9.17, 9.18, 9.19, 9.20; D17, D21, D39.
#[test]
fn a_file_that_cannot_be_had_fails_the_prediction() {
    let server = fetching();
    let status = |status| Receiver::scripted([Answer::status(status)]);
    let secret = |receiver: &Receiver| receiver.url("/f?token=secret#secret").replace("://", "://me:secret@");
    for (receiver, reason) in [
        (status(404), "404 Client Error: Not Found for url: URL"),
        (status(500), "500 Server Error: Internal Server Error for url: URL"),
        (status(302), "302 Found for url: URL"),
        (
            Receiver::scripted([Answer::body("abc").cut_short(97)]),
            "the connection broke off after 3 of 100 bytes of URL",
        ),
        (Receiver::scripted([Answer::silence()]), "could not fetch URL"),
    ] {
        let error = format!("Input validation error: file: {}", reason.replace("URL", &receiver.url("/f")));
        assert_eq!(fault(&server, &secret(&receiver)), error);
    }
    for (url, reason) in [
        (format!("http://{NOBODY}/f"), format!("could not connect to fetch http://{NOBODY}/f")),
        ("data:image/png;base64,####".to_owned(), "the data URL's base64 is broken".to_owned()),
        ("data:;base64,YWJj?".to_owned(), "the data URL's base64 is broken".to_owned()),
        ("data:text/plain".to_owned(), "not a data URL: it has no comma".to_owned()),
    ] {
        assert_eq!(fault(&server, &url), format!("Input validation error: file: {reason}"));
    }
    let good = Receiver::scripted([Answer::body("content")]);
    let reply = server.predict(&reading(&[good.url("/f"), "data:;base64,#".to_owned()]));
    assert_eq!(
        reply.json()["error"],
        "Input validation error: files/1: the data URL's base64 is broken",
        "the place is that of the item"
    );
    assert_eq!(server.left(), [""; 0]);
}

/// Contract 9.20; D21. Those that fail to come are in the test above.
#[test]
fn files_are_gone_when_the_prediction_is_over() {
    let server = Server::of("value");
    let stage = Stage::new();
    for end in [
        json!({ "output": 1 }),
        json!({ "fail": ["no"] }),
        json!({ "panic": "no" }),
        stage.meet(),
        stage.block(),
    ] {
        let body = json!({
            "id": "p", "input": { "steps": [stage.meet(), end], "files": ["data:,one", "data:,two"] },
        });
        let mut waiting = server.connect();
        waiting.request("POST", "/predictions", &[JSON], &body.to_string());
        let visit = stage.visit();
        assert_eq!(server.left().len(), 1, "a directory of the prediction");
        visit.leave();
        if end.get("meet").or_else(|| end.get("block")).is_some() {
            let visit = stage.visit();
            assert_eq!(server.send("POST", "/predictions/p/cancel", &[], "").status, 200);
            visit.until_gone();
        }
        assert_eq!(waiting.reply().status, 200);
        assert_eq!(server.left(), [""; 0], "{end}");
    }
}
