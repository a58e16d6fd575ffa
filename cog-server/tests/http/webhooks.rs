//! Webhooks, to receivers that are well, slow, dead and lying.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cog_server::{ServerConfig, WebhookConfig};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

use crate::support::{Server, soon};

const ASYNC: [(&str, &str); 2] = [("prefer", "respond-async"), ("content-type", "application/json")];

/// A message as it arrived.
#[derive(Debug)]
pub(crate) struct Message {
    head: String,
    pub(crate) body: Value,
}

impl Message {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A server that takes messages, and answers each as it is told to: 200 when it is told nothing.
pub(crate) struct Receiver {
    pub(crate) url: String,
    messages: mpsc::UnboundedReceiver<Message>,
    answers: Arc<Mutex<VecDeque<String>>>,
    /// When set, it answers nobody until it is told.
    hold: Arc<Mutex<Option<Arc<Notify>>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, messages) = mpsc::unbounded_channel();
        let answers: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let hold: Arc<Mutex<Option<Arc<Notify>>>> = Arc::default();
        tokio::spawn({
            let (answers, hold) = (Arc::clone(&answers), Arc::clone(&hold));
            async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let (sender, answers, hold) = (sender.clone(), Arc::clone(&answers), Arc::clone(&hold));
                    tokio::spawn(async move {
                        let mut read = Vec::new();
                        loop {
                            let end = read.windows(4).position(|bytes| bytes == b"\r\n\r\n");
                            let Some(end) = end else {
                                if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                                    return;
                                }
                                continue;
                            };
                            let head = String::from_utf8(read[..end].to_vec()).unwrap();
                            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                            let length: usize = length.unwrap().parse().unwrap();
                            while read.len() < end + 4 + length {
                                stream.read_buf(&mut read).await.unwrap();
                            }
                            let body = serde_json::from_slice(&read[end + 4..end + 4 + length]).unwrap();
                            read.drain(..end + 4 + length);
                            let _ = sender.send(Message { head, body });
                            let held = hold.lock().unwrap().clone();
                            if let Some(held) = held {
                                held.notified().await;
                            }
                            let answer = answers.lock().unwrap().pop_front();
                            let answer = answer.unwrap_or_else(|| "200 OK\r\n".to_owned());
                            if answer == "close" {
                                return;
                            }
                            let reply = format!("HTTP/1.1 {answer}content-length: 0\r\n\r\n");
                            if stream.write_all(reply.as_bytes()).await.is_err() {
                                return;
                            }
                        }
                    });
                }
            }
        });
        Self { url, messages, answers, hold }
    }

    async fn next(&mut self) -> Message {
        soon(self.messages.recv()).await.unwrap()
    }

    /// Receives up to and with the terminal message.
    pub(crate) async fn all(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let message = self.next().await;
            let is_last = message.body["completed_at"].is_string();
            messages.push(message);
            if is_last {
                return messages;
            }
        }
    }

    fn answer(&self, answers: &[&str]) {
        self.answers.lock().unwrap().extend(answers.iter().map(|answer| (*answer).to_owned()));
    }
}

fn quick() -> ServerConfig {
    let webhooks = WebhookConfig {
        throttle: Duration::ZERO,
        first_delay: Duration::from_micros(100),
        timeout: Duration::from_secs(60),
        ..WebhookConfig::default()
    };
    ServerConfig { webhooks, ..ServerConfig::default() }
}

/// What a message tells of, in short.
fn told(messages: &[Message]) -> Vec<(String, String, Value)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    messages
        .iter()
        .map(|message| {
            (text(&message.body["status"]), text(&message.body["logs"]), message.body["output"].clone())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_told_in_order_with_all_that_was_before() {
    let server = Server::start_configured(1, None, quick()).await;
    let mut receiver = Receiver::start().await;
    let body = json!({ "id": "w1", "webhook": receiver.url, "input": { "act": "tell" } });
    let headers = [("content-type", "application/json"), ("traceparent", "00-a-b-01"), ("tracestate", "x=y")];
    let reply = server.send("POST", "/predictions", &headers, &body.to_string()).await;
    assert_eq!(reply.json()["status"], "succeeded", "a synchronous request sends webhooks too");
    let messages = receiver.all().await;
    let line = "line\n".to_owned();
    let processing = "processing".to_owned();
    assert_eq!(
        told(&messages),
        [
            (processing.clone(), String::new(), Value::Null),
            (processing.clone(), line.clone(), Value::Null),
            (processing, line.clone(), json!(["told"])),
            ("succeeded".to_owned(), line, json!("told")),
        ]
    );
    for message in &messages {
        assert!(message.head.starts_with("POST /hook HTTP/1.1\r\n"), "{}", message.head);
        assert_eq!(message.header("content-type"), Some("application/json"));
        assert_eq!(
            (message.header("traceparent"), message.header("tracestate")),
            (Some("00-a-b-01"), Some("x=y"))
        );
        assert_eq!((message.header("authorization"), message.header("webhook-id")), (None, None));
        assert_eq!(message.body["id"], "w1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_chooses_and_nothing_is_sent_where_nothing_is_chosen_or_accepted() {
    let server = Server::start_configured(1, None, quick()).await;
    let mut receiver = Receiver::start().await;
    for (filter, body) in [
        (json!([]), json!({})),
        (json!(["completed"]), json!({ "count": 0 })), // refused with 422
    ] {
        let body = json!({ "webhook": receiver.url, "webhook_events_filter": filter, "input": body });
        server.predict(&body).await;
    }
    for url in ["not a url", "file:///etc/passwd"] {
        assert_eq!(server.predict(&json!({ "webhook": url })).await.status, 200);
    }
    let body = json!({ "id": "f1", "webhook": receiver.url, "webhook_events_filter": ["completed"], "input": { "act": "tell" } });
    server.predict(&body).await;
    let messages = receiver.all().await;
    assert_eq!((messages.len(), &messages[0].body["id"]), (1, &json!("f1")));

    for (filter, message) in [
        (json!(["nope"]), "unknown variant `nope`, expected one of `start`, `output`, `logs`, `completed`"),
        (json!(null), "invalid type: null, expected a sequence"),
    ] {
        let reply = server.predict(&json!({ "webhook_events_filter": filter })).await;
        assert_eq!(reply.status, 422);
        assert!(reply.body.contains(message), "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_throttled_by_any_message_before() {
    let mut config = quick();
    config.webhooks.throttle = Duration::from_secs(3600);
    let server = Server::start_configured(1, None, config).await;
    let mut receiver = Receiver::start().await;
    server.predict(&json!({ "webhook": receiver.url, "input": { "act": "tell" } })).await;
    let statuses: Vec<_> =
        receiver.all().await.iter().map(|message| message.body["status"].clone()).collect();
    assert_eq!(statuses, ["processing", "processing", "succeeded"], "start, output and completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_signed_and_carry_the_token() {
    let mut config = quick();
    config.webhooks.token = Some("sesame".to_owned());
    config.webhooks.secret = Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
    let server = Server::start_configured(1, None, config).await;
    let mut receiver = Receiver::start().await;
    server.predict(&json!({ "webhook": receiver.url })).await;
    let mut ids = std::collections::HashSet::new();
    for message in receiver.all().await {
        assert_eq!(message.header("authorization"), Some("Bearer sesame"));
        assert!(
            ids.insert(message.header("webhook-id").unwrap().to_owned()),
            "each message has its own name"
        );
        assert!(message.header("webhook-timestamp").unwrap().parse::<i64>().unwrap() > 1_700_000_000);
        let signature = message.header("webhook-signature").unwrap();
        assert!(signature.starts_with("v1,") && signature.len() == 47, "{signature}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_message_is_sent_until_it_is_taken() {
    let server = Server::start_configured(1, None, quick()).await;
    let mut receiver = Receiver::start().await;
    receiver.answer(&[
        "500 Oops\r\n",
        "close",
        "429 Slow down\r\nretry-after: 0\r\n",
        "503 Later\r\n",
        "200 OK\r\n",
    ]);
    let filter = json!(["completed"]);
    server.predict(&json!({ "webhook": receiver.url, "webhook_events_filter": filter })).await;
    for _ in 0..5 {
        assert_eq!(receiver.next().await.body["status"], "succeeded");
    }
    // What a receiver does not want is not sent again.
    receiver.answer(&["404 Not Found\r\n"]);
    server.predict(&json!({ "id": "next", "webhook": receiver.url, "webhook_events_filter": filter })).await;
    assert_eq!(receiver.next().await.body["id"], "next");
    server.predict(&json!({ "id": "last", "webhook": receiver.url, "webhook_events_filter": filter })).await;
    assert_eq!(receiver.next().await.body["id"], "last");
}

/// The first attempt, and twelve more.
#[tokio::test(flavor = "multi_thread")]
async fn after_thirteen_attempts_it_is_given_up() {
    let server = Server::start_configured(1, None, quick()).await;
    let mut receiver = Receiver::start().await;
    receiver.answer(&["503 Later\r\n"; 13]);
    server.predict(&json!({ "webhook": receiver.url, "webhook_events_filter": ["completed"] })).await;
    server.send("POST", "/shutdown", &[], "").await;
    // What is left to be delivered keeps the server.
    soon(server.task).await.unwrap().unwrap();
    let attempts = std::iter::from_fn(|| receiver.messages.try_recv().ok());
    assert_eq!(attempts.count(), 13);
}

/// An attempt that takes too long has failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_does_not_answer_in_time_is_asked_again() {
    let mut config = quick();
    config.webhooks.timeout = Duration::from_millis(50);
    let server = Server::start_configured(1, None, config).await;
    let mut receiver = Receiver::start().await;
    *receiver.hold.lock().unwrap() = Some(Arc::default());
    server.predict(&json!({ "webhook": receiver.url, "webhook_events_filter": ["completed"] })).await;
    for _ in 0..3 {
        assert_eq!(receiver.next().await.body["status"], "succeeded");
    }
}

/// Whatever the receiver does, the prediction, its slot and its reply know nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_answers_delays_nobody() {
    let server = Server::start_configured(1, None, quick()).await;
    let mut receiver = Receiver::start().await;
    let gate = Arc::new(Notify::new());
    *receiver.hold.lock().unwrap() = Some(Arc::clone(&gate));
    for _ in 0..3 {
        let body = json!({ "webhook": receiver.url, "input": { "act": "tell" } });
        assert_eq!(soon(server.predict(&body)).await.json()["status"], "succeeded");
    }
    assert_eq!(server.engine.free_slots(), 1);
    assert_eq!(receiver.next().await.body["status"], "processing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_told_without_each_of_its_lines_and_with_its_end() {
    let server = Server::start_configured(1, None, quick()).await;
    let mut receiver = Receiver::start().await;
    let body = json!({ "id": "flood", "webhook": receiver.url, "input": { "act": "flood_and_wait" } });
    server.send("POST", "/predictions", &ASYNC, &body.to_string()).await;
    soon(server.stage.begun.notified()).await;
    server.stage.gate.notify_one();
    let messages = receiver.all().await;
    let last = messages.last().unwrap();
    assert_eq!(last.body["status"], "succeeded");
    assert_eq!(last.body["logs"].as_str().unwrap().lines().count(), 2000, "all of it, at the end");
    assert!(messages.len() < 2000, "{} messages", messages.len());
    let logs: Vec<_> = messages.iter().map(|message| message.body["logs"].as_str().unwrap().len()).collect();
    assert!(logs.is_sorted(), "in order");
}

/// In Cog the result of an asynchronous prediction is lost at this moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_delivers_first() {
    let server = Server::start_configured(1, None, quick()).await;
    let mut receiver = Receiver::start().await;
    receiver.answer(&["500 Not yet\r\n", "503 Not yet\r\n"]);
    let body = json!({ "webhook": receiver.url, "webhook_events_filter": ["completed"], "input": { "act": "wait" } });
    server.send("POST", "/predictions", &ASYNC, &body.to_string()).await;
    soon(server.stage.begun.notified()).await;
    server.send("POST", "/shutdown", &[], "").await;
    server.stage.gate.notify_one();
    soon(server.task).await.unwrap().unwrap();
    for _ in 0..3 {
        assert_eq!(receiver.messages.try_recv().unwrap().body["output"], "waited");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_receiver_does_not_keep_a_server_that_stops() {
    let mut config = quick();
    config.webhooks.drain = Duration::from_millis(50);
    let server = Server::start_configured(1, None, config).await;
    let receiver = Receiver::start().await;
    *receiver.hold.lock().unwrap() = Some(Arc::default());
    server.predict(&json!({ "webhook": receiver.url })).await;
    server.send("POST", "/shutdown", &[], "").await;
    soon(server.task).await.unwrap().unwrap();
}
