//! Uploading to targets that behave, and to targets that do not.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::net::SocketAddr;
use std::task::Poll;

use bytes::Bytes;
use cog_core::{
    Engine, EngineConfig, Input, Output, Path, Prediction, PredictionId, Predictor, PublishContent, Request,
    Scope, Setup, Value, json,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

/// A request as it arrived.
#[derive(Debug)]
struct Arrived {
    head: String,
    body: Vec<u8>,
}

impl Arrived {
    fn line(&self) -> &str {
        self.head.lines().next().unwrap().strip_suffix(" HTTP/1.1").unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What a target does with a request.
#[derive(Clone, Copy)]
enum Answer {
    /// Takes the file and replies with this status line and these headers.
    Reply(&'static str),
    /// The same, with a location that has to be made up.
    Send(&'static str, SocketAddr),
    /// Writes this and no more.
    Raw(&'static str),
    /// Says nothing for ever. It does not read the file, either.
    Hang,
}

/// A server that treats each request as it is told to: it replies 201 when it is told nothing.
struct Target {
    address: SocketAddr,
    arrived: mpsc::UnboundedReceiver<Arrived>,
}

impl Target {
    async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrived) = mpsc::unbounded_channel();
        let mut answers: VecDeque<Answer> = answers.into_iter().collect();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answers.pop_front().unwrap_or(Answer::Reply("201 Created\r\n"));
                tokio::spawn(treat(stream, answer, sender.clone()));
            }
        });
        Self { address, arrived }
    }

    fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.address)
    }

    /// The request lines of all that has arrived.
    fn lines(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.arrived.try_recv().ok()).map(|arrived| arrived.line().to_owned()).collect()
    }
}

async fn treat(mut stream: TcpStream, answer: Answer, sender: mpsc::UnboundedSender<Arrived>) {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let body = read.split_off(end + 4);
    let head = String::from_utf8(read).unwrap();
    let mut arrived = Arrived { head, body };
    if matches!(answer, Answer::Hang) {
        let _ = sender.send(arrived);
        return std::future::pending().await;
    }
    let length = arrived.header("content-length").map_or(0, |length| length.parse().unwrap());
    while arrived.body.len() < length {
        assert!(stream.read_buf(&mut arrived.body).await.unwrap() > 0, "half a file");
    }
    let _ = sender.send(arrived);
    let reply = match answer {
        Answer::Reply(reply) => format!("HTTP/1.1 {reply}content-length: 0\r\nconnection: close\r\n\r\n"),
        Answer::Send(status, address) => {
            format!(
                "HTTP/1.1 {status}\r\nlocation: http://{address}/landed?sig=yy\r\ncontent-length: 0\r\n\r\n"
            )
        }
        Answer::Raw(reply) => reply.to_owned(),
        Answer::Hang => return,
    };
    let _ = stream.write_all(reply.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn config(url: &str) -> UploadConfig {
    UploadConfig {
        max_redirects: 3,
        retries: 2,
        first_delay: Duration::from_micros(100),
        ..UploadConfig::new(url.parse().unwrap(), Proxies::default())
    }
}

/// Uploads three bytes under a name that needs care.
async fn upload(config: UploadConfig) -> Result<String, String> {
    let prediction: PredictionId = "p1".parse().unwrap();
    let content = Bytes::from_static(b"abc");
    let content = PublishContent::Memory(&content);
    let request = PublishRequest::new(&prediction, "a b?.txt", "text/plain", content, 3);
    HttpPublish::new(config).publish(request).await.map_err(|error| error.to_string())
}

const NAME: &str = "a%20b%3F.txt";

#[tokio::test]
async fn a_file_is_put_below_the_url_with_what_there_is_to_know_of_it() {
    let mut target = Target::start([]).await;
    let uploaded = upload(config(&target.url("/up?sig=zz"))).await;
    assert_eq!(uploaded, Ok(target.url(&format!("/up/{NAME}"))), "the signature stays a secret");
    let arrived = target.arrived.recv().await.unwrap();
    assert_eq!(arrived.line(), format!("PUT /up/{NAME}?sig=zz"));
    for (name, value) in [("content-type", "text/plain"), ("x-prediction-id", "p1"), ("content-length", "3")]
    {
        assert_eq!(arrived.header(name), Some(value));
    }
    assert_eq!(arrived.header("transfer-encoding"), None);
    assert_eq!(arrived.body, b"abc");
}

#[tokio::test]
async fn the_reply_may_name_another_url() {
    for (location, expected) in [
        ("https://cdn.example/a.txt?sig=yy#x", Some("https://cdn.example/a.txt#x")),
        ("/elsewhere/a.txt", None),
    ] {
        let reply = format!("201 Created\r\nlocation: {location}\r\n").leak();
        let target = Target::start([Answer::Reply(reply)]).await;
        let expected = expected.map_or_else(|| target.url(location), str::to_owned);
        assert_eq!(upload(config(&target.url("/up"))).await, Ok(expected));
    }
}

#[tokio::test]
async fn redirects_are_followed_with_the_file() {
    for (status, line) in [
        ("307 Temporary Redirect", "PUT /landed?sig=yy"),
        ("308 Permanent Redirect", "PUT /landed?sig=yy"),
        ("302 Found", "PUT /landed?sig=yy"),
        ("303 See Other", "GET /landed?sig=yy"),
    ] {
        let mut last = Target::start([]).await;
        let first = Target::start([Answer::Send(status, last.address)]).await;
        assert_eq!(upload(config(&first.url("/up"))).await, Ok(last.url("/landed")));
        let arrived = last.arrived.recv().await.unwrap();
        assert_eq!(arrived.line(), line);
        assert_eq!(arrived.body, if line.starts_with("PUT") { &b"abc"[..] } else { b"" });
    }
}

#[tokio::test]
async fn redirects_without_end_or_to_nowhere_fail() {
    let mut target = Target::start([Answer::Reply("307 Temporary Redirect\r\nlocation: ?x\r\n"); 4]).await;
    let uploaded = upload(config(&target.url("/up"))).await;
    assert_eq!(uploaded, Err("upload was redirected more than 3 times".to_owned()));
    assert_eq!(target.lines().len(), 4, "and are not tried again");
    for location in ["", "location: file:///etc/passwd\r\n"] {
        let reply = format!("302 Found\r\n{location}").leak();
        let target = Target::start([Answer::Reply(reply)]).await;
        let uploaded = upload(config(&target.url("/up"))).await;
        assert_eq!(uploaded, Err("upload returned status 302 Found".to_owned()));
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for answer in [
        Answer::Reply("408 Request Timeout\r\n"),
        Answer::Reply("429 Too Many Requests\r\nretry-after: 0\r\n"),
        Answer::Reply("500 Internal Server Error\r\n"),
        Answer::Reply("503 Service Unavailable\r\nretry-after: soon\r\n"),
        Answer::Raw(""),
        Answer::Raw("HTTP/1.1 201 Crea"),
        Answer::Raw("nonsense\r\n\r\n"),
    ] {
        let mut target = Target::start([answer, answer]).await;
        assert_eq!(upload(config(&target.url("/up"))).await, Ok(target.url(&format!("/up/{NAME}"))));
        assert_eq!(target.lines().len(), 3);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_told_in_cogs_words() {
    for (answer, attempts, fault) in [
        (
            Answer::Reply("500 Internal Server Error\r\n"),
            3,
            "upload returned status 500 Internal Server Error",
        ),
        (Answer::Reply("403 Forbidden\r\n"), 1, "upload returned status 403 Forbidden"),
        (Answer::Raw("HTTP/1.1 201 Crea"), 3, "the connection broke off during the upload"),
    ] {
        let mut target = Target::start([answer; 3]).await;
        assert_eq!(upload(config(&target.url("/up?sig=zz"))).await, Err(fault.to_owned()));
        assert_eq!(target.lines().len(), attempts, "{fault}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let uploaded = upload(config(&format!("http://{closed}/up"))).await;
    assert_eq!(uploaded, Err("could not connect to upload".to_owned()));
}

/// The head of the reply decides; nobody needs its body.
#[tokio::test]
async fn a_reply_whose_body_breaks_off_counts() {
    let target = Target::start([Answer::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nha")]).await;
    assert!(upload(config(&target.url("/up"))).await.is_ok());
}

#[tokio::test]
async fn a_target_that_says_nothing_is_given_up() {
    let mut target = Target::start([Answer::Hang; 3]).await;
    let stall_timeout = Duration::from_millis(20);
    let uploaded = upload(UploadConfig { stall_timeout, ..config(&target.url("/up")) }).await;
    assert_eq!(uploaded, Err("upload made no progress for 20ms".to_owned()));
    assert_eq!(target.lines().len(), 3);

    let target = Target::start([Answer::Hang]).await;
    let total_timeout = Duration::from_millis(20);
    let uploaded = upload(UploadConfig { total_timeout, ..config(&target.url("/up")) }).await;
    assert_eq!(uploaded, Err("upload took longer than 20ms".to_owned()));
}

/// A target may take its time as long as it takes something; with no patience at all, it has to do so each time that it is looked at.
#[tokio::test]
async fn what_moves_is_waited_for() {
    let progress = Notify::new();
    let mut parts = 10;
    let taking = std::future::poll_fn(|context| {
        if parts == 0 {
            return Poll::Ready(());
        }
        parts -= 1;
        progress.notify_one();
        context.waker().wake_by_ref();
        Poll::Pending
    });
    assert_eq!(while_it_moves(Duration::ZERO, &progress, taking).await, Some(()));
    assert_eq!(while_it_moves(Duration::ZERO, &progress, std::future::pending::<()>()).await, None);
}

#[tokio::test]
async fn a_large_file_arrives_whole() {
    let prediction: PredictionId = "p1".parse().unwrap();
    let large: Vec<u8> = (0_u32..30 << 18).flat_map(u32::to_le_bytes).collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&large).unwrap();
    let memory = Bytes::from(large);
    let mut target = Target::start([]).await;
    let publisher = HttpPublish::new(config(&target.url("/up")));
    for content in [PublishContent::Disk(file.path()), PublishContent::Memory(&memory)] {
        let size = memory.len() as u64;
        let request =
            PublishRequest::new(&prediction, "large.bin", "application/octet-stream", content, size);
        publisher.publish(request).await.unwrap();
        assert!(target.arrived.recv().await.unwrap().body == memory);
    }
}

/// Nobody has the memory for this file, which has no content on the disk either.
#[tokio::test]
async fn a_file_is_not_read_into_memory() {
    const SIZE: u64 = 1 << 42;
    let prediction: PredictionId = "p1".parse().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(SIZE).unwrap();
    let mut target = Target::start([Answer::Hang]).await;
    let publisher = HttpPublish::new(config(&target.url("/up")));
    let content = PublishContent::Disk(file.path());
    let request = PublishRequest::new(&prediction, "huge.bin", "application/octet-stream", content, SIZE);
    tokio::select! {
        uploaded = publisher.publish(request) => panic!("{uploaded:?}"),
        arrived = target.arrived.recv() => {
            assert_eq!(arrived.unwrap().header("content-length"), Some("4398046511104"));
        }
    }
}

#[derive(Input)]
struct Nothing {}

#[derive(Output)]
struct Book {
    cover: Path,
    pages: Vec<Path>,
    parts: BTreeMap<String, Path>,
    title: String,
}

struct Binder;

impl Predictor for Binder {
    type Input = Nothing;
    type Output = Book;

    async fn setup(_: &Setup) -> cog_core::Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, _: Nothing, scope: Scope) -> cog_core::Result<Book> {
        let page = |text: &'static str| Path::from_bytes("page.txt", text);
        let cover = scope.directory()?.join("page.txt");
        std::fs::write(&cover, "cover")?;
        Ok(Book {
            cover: cover.into(),
            pages: vec![page("one"), page("two")],
            parts: BTreeMap::from([("last".to_owned(), page("three"))]),
            title: "page.txt".to_owned(),
        })
    }
}

async fn bind(target: &Target) -> Prediction {
    let publisher = Some(Arc::new(HttpPublish::new(config(&target.url("/up")))) as _);
    let engine = Engine::start::<Binder>(EngineConfig { publisher, ..EngineConfig::default() }).unwrap();
    engine.ready().await.unwrap();
    let request = Request { id: Some("p1".parse().unwrap()), ..Request::default() };
    engine.submit(request).unwrap().completed().await
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_uploaded_wherever_they_stand_in_an_output() {
    let mut target = Target::start([]).await;
    let prediction = bind(&target).await;
    assert_eq!(prediction.error(), None);
    let output: Value = prediction.output_json().unwrap().parse().unwrap();
    let url = |name: &str| target.url(&format!("/up/{name}"));
    let expected = json!({
        "cover": url("page.txt"),
        "pages": [url("page-1.txt"), url("page-2.txt")],
        "parts": { "last": url("page-3.txt") },
        "title": "page.txt",
    });
    assert_eq!(output, expected);
    let mut bodies = Vec::new();
    for _ in 0..4 {
        let arrived = target.arrived.recv().await.unwrap();
        assert_eq!(arrived.header("x-prediction-id"), Some("p1"));
        bodies.push((arrived.line().to_owned(), String::from_utf8(arrived.body).unwrap()));
    }
    bodies.sort();
    let put = |name: &str, body: &str| (format!("PUT /up/{name}"), body.to_owned());
    assert_eq!(
        bodies,
        [
            put("page-1.txt", "one"),
            put("page-2.txt", "two"),
            put("page-3.txt", "three"),
            put("page.txt", "cover")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_takes_nothing_fails_the_prediction() {
    let target = Target::start([Answer::Reply("500 Internal Server Error\r\n"); 12]).await;
    let prediction = bind(&target).await;
    let fault = "Failed to upload output: upload returned status 500 Internal Server Error";
    assert_eq!((prediction.error(), prediction.output_json()), (Some(fault), None));
}
