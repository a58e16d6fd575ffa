//! Section 7: delivering a message, and trying again.

use std::collections::HashSet;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{all, request, telling, unthrottled};
use crate::support::{ASYNC, Answer, JSON, Received, Receiver, Server, Stage};

/// Makes a prediction that tells its end alone.
#[track_caller]
fn tell_the_end(server: &Server, receiver: &Receiver, id: &str) {
    let mut body = request(receiver, Some(&json!(["completed"])), &json!([]));
    body["id"] = json!(id);
    assert_eq!(server.post("/predictions", &body).status, 200);
}

#[track_caller]
fn name(message: &Received) -> Value {
    message.json()["id"].clone()
}

/// Contract 7.18.
#[test]
fn the_last_message_is_sent_until_it_is_taken() {
    let server = Server::of("value");
    let again = [429, 500, 502, 503, 504].map(Answer::status);
    let receivers: Vec<_> = again
        .into_iter()
        .chain([Answer::silence()])
        .map(|answer| Receiver::scripted([answer.clone(), answer, Answer::status(200)]))
        .collect();
    for receiver in &receivers {
        tell_the_end(&server, receiver, "again");
    }
    for receiver in receivers {
        let first = receiver.next();
        assert_eq!(name(&first), "again");
        (0..2).for_each(|_| assert_eq!(receiver.next().body, first.body));
    }
}

/// Contract 7.19, 7.27.
#[test]
fn whatever_else_is_answered_is_an_answer() {
    let server = Server::of("value");
    let statuses = [200, 202, 204, 304, 400, 401, 403, 404, 408, 409, 410, 418, 422, 501, 505];
    let answers = statuses.map(Answer::status).into_iter().chain([
        Answer::body("{").header("content-type", "application/json").cut_short(1000),
        Answer::body(vec![b'x'; 1 << 20]),
        Answer::status(404).header("retry-after", "0"),
    ]);
    let receivers: Vec<_> = answers.map(|answer| Receiver::scripted([answer])).collect();
    for receiver in &receivers {
        tell_the_end(&server, receiver, "once");
        assert_eq!(name(&receiver.next()), "once");
    }
    // A second attempt at any of them would come before this one, which is due after them.
    let last = Receiver::scripted([Answer::status(503), Answer::status(200)]);
    tell_the_end(&server, &last, "last");
    (0..2).for_each(|_| drop(last.next()));
    for receiver in receivers {
        assert!(receiver.rest().is_empty());
    }
}

/// Contract 7.17. What would be sent again would be sent before the last.
#[test]
fn messages_before_the_last_are_sent_once() {
    let server = unthrottled("stream");
    for answer in [Answer::status(503), Answer::silence()] {
        let receiver = Receiver::answering(move |message| {
            if message.json()["status"] == "processing" { answer.clone() } else { Answer::status(200) }
        });
        server.post("/predictions", &request(&receiver, None, &telling()));
        let messages = all(&receiver);
        assert!(messages.len() > 1, "the first, whatever is left out after it");
        let bodies: HashSet<_> = messages.iter().map(|message| &message.body).collect();
        assert_eq!(bodies.len(), messages.len());
    }
}

/// Answers as it is told, one after the other, and tells when it was asked.
fn timed(answers: Vec<Answer>) -> (Receiver, mpsc::Receiver<Instant>) {
    let (sender, times) = mpsc::channel();
    let answers = Mutex::new(answers.into_iter());
    let receiver = Receiver::answering(move |_| {
        sender.send(Instant::now()).unwrap();
        answers.lock().unwrap().next().unwrap_or(Answer::status(200))
    });
    (receiver, times)
}

/// Contract 7.20, 7.22. No delay is shorter than it is said to be; how long they are at most depends on the machine.
#[test]
fn delays_double_and_a_receiver_may_ask_for_more() {
    let server = Server::of("value");
    let asking = |seconds: &str| Answer::status(429).header("retry-after", seconds);
    for (answers, delays) in [
        (vec![Answer::status(503), Answer::silence()], [200, 400]),
        (vec![asking("1"), asking("0")], [1000, 400]),
        (vec![asking("soon"), asking("-5")], [200, 400]),
    ] {
        let (receiver, times) = timed(answers);
        tell_the_end(&server, &receiver, "timed");
        (0..3).for_each(|_| drop(receiver.next()));
        let times: Vec<_> = times.try_iter().collect();
        for (pair, delay) in times.windows(2).zip(delays) {
            let waited = pair[1] - pair[0];
            assert!(waited >= Duration::from_millis(delay), "{waited:?} and not {delay} ms");
        }
    }
}

/// Contract 7.25, 7.26.
#[test]
fn redirects_are_followed() {
    let server = Server::launch("value").env("WEBHOOK_AUTH_TOKEN", "sesame").ready();
    let elsewhere = Receiver::new();
    for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
        for (location, is_elsewhere) in [("/moved".to_owned(), false), (elsewhere.url("/moved"), true)] {
            let receiver = Receiver::scripted([
                Answer::status(status).header("location", &location),
                Answer::status(200),
            ]);
            tell_the_end(&server, &receiver, "moved");
            let first = receiver.next();
            assert_eq!(first.header("authorization"), Some("Bearer sesame"));
            let second = if is_elsewhere { elsewhere.next() } else { receiver.next() };
            assert_eq!((&*second.method, &*second.path), (method, "/moved"), "{status}");
            assert_eq!(second.body, if method == "POST" { first.body } else { Vec::new() });
            assert_eq!(second.header("referer"), Some(&*receiver.url("/told")));
            let token = (!is_elsewhere).then_some("Bearer sesame");
            assert_eq!(second.header("authorization"), token, "{status} {location}");
        }
    }
}

/// Contract 7.25. One that redirects for ever is left after ten, and asked again from the start.
#[test]
fn redirects_come_to_an_end() {
    let server = Server::of("value");
    let receiver = Receiver::answering(|_| Answer::status(307).header("location", "/round"));
    tell_the_end(&server, &receiver, "round");
    for _ in 0..2 {
        assert_eq!(receiver.next().path, "/told");
        (0..10).for_each(|_| assert_eq!(receiver.next().path, "/round"));
    }
}

/// Contract 7.28; D22. In Cog the result is lost at this moment.
#[test]
fn a_server_that_ends_tells_first() {
    let later = Answer::status(503);
    let mut server = Server::of("value");
    let stage = Stage::new();
    let receiver = Receiver::scripted([later.clone(), later.clone(), Answer::status(200)]);
    // One is over and its receiver has not taken it; another still runs.
    let stubborn = Receiver::scripted([later.clone(), later, Answer::status(200)]);
    tell_the_end(&server, &stubborn, "over");
    stubborn.next();
    let steps = json!([stage.meet(), { "output": "made" }]);
    let body = request(&receiver, Some(&json!(["completed"])), &steps);
    server.send("POST", "/predictions", &[JSON, ASYNC], &body.to_string());
    let visit = stage.visit();
    server.signal("TERM");
    visit.leave();
    for _ in 0..3 {
        let told = receiver.next().json();
        assert_eq!((&told["status"], &told["output"]), (&json!("succeeded"), &json!("made")));
    }
    assert_eq!(server.end().code(), Some(0));
    assert_eq!(stubborn.rest().len(), 2);
}
