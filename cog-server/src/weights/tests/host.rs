//! A server that does with each request what a test says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A request, of which only the head matters.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Which one it is, from 0 on.
    pub(super) number: usize,
    pub(super) head: String,
}

impl Asked {
    pub(super) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The range, from the first byte to behind the last.
    pub(super) fn range(&self) -> Option<(usize, usize)> {
        let (first, last) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse().unwrap(), last.parse::<usize>().unwrap() + 1))
    }
}

/// What is sent, and what happens then.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Whether the connection stays open, silent, when this has been sent.
    pub(super) stalls: bool,
}

impl Sent {
    pub(super) fn new(status: &str, headers: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { head: format!("HTTP/1.1 {status}\r\n{headers}"), body: body.into(), stalls: false }
    }

    pub(super) fn status(status: &str) -> Self {
        Self::new(status, "content-length: 0\r\n", "")
    }

    pub(super) fn redirect(location: &str) -> Self {
        Self::new("302 Found", &format!("location: {location}\r\ncontent-length: 0\r\n"), "")
    }

    /// A whole file for whoever asks for a part.
    pub(super) fn whole(content: &[u8]) -> Self {
        Self::new("200 OK", &format!("content-length: {}\r\n", content.len()), content)
    }

    /// What an honest server sends: a part of the version that has this tag, or all of it to whoever wants another version.
    pub(super) fn honest(asked: &Asked, content: &[u8], tag: &str) -> Self {
        let is_another = asked.header("if-range").is_some_and(|wanted| wanted != tag);
        match asked.range() {
            Some((first, _)) if first >= content.len() => Self::new(
                "416 Range Not Satisfiable",
                &format!("content-range: bytes */{}\r\ncontent-length: 0\r\n", content.len()),
                "",
            ),
            Some((first, end)) if !is_another => Self::part(content, first, end.min(content.len()), tag),
            _ => Self::whole(content).with(&format!("etag: {tag}")),
        }
    }

    pub(super) fn part(content: &[u8], first: usize, end: usize, tag: &str) -> Self {
        let (last, total, length) = (end - 1, content.len(), end - first);
        let headers = format!(
            "content-range: bytes {first}-{last}/{total}\r\ncontent-length: {length}\r\netag: {tag}\r\n"
        );
        Self::new("206 Partial Content", &headers, &content[first..end])
    }

    pub(super) fn with(mut self, header: &str) -> Self {
        self.head += &format!("{header}\r\n");
        self
    }

    /// Breaks off after so much of the body.
    pub(super) fn cut(mut self, length: usize) -> Self {
        self.body.truncate(length);
        self
    }

    /// Says nothing more after so much of the body.
    pub(super) fn stall(self, length: usize) -> Self {
        Self { stalls: true, ..self.cut(length) }
    }
}

/// The server, and what it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    count: Arc<AtomicUsize>,
    news: Arc<Notify>,
}

impl Host {
    pub(super) async fn start(answer: impl Fn(&Asked) -> Sent + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let host = Self { address, asked: Arc::default(), count: Arc::default(), news: Arc::default() };
        let (own, answer) = (host.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(own.clone().treat(stream, Arc::clone(&answer)));
            }
        });
        host
    }

    async fn treat(self, mut stream: TcpStream, answer: Arc<impl Fn(&Asked) -> Sent>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let asked = Asked { number, head: String::from_utf8(head).unwrap() };
        self.asked.lock().unwrap().push(asked.clone());
        let sent = answer(&asked);
        let head = format!("{}connection: close\r\n\r\n", sent.head);
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(&sent.body).await;
        self.news.notify_one();
        if sent.stalls {
            std::future::pending::<()>().await;
        }
        let _ = stream.shutdown().await;
    }

    pub(super) fn url(&self, rest: &str) -> String {
        format!("http://{}/{rest}", self.address)
    }

    /// Waits until another reply has been sent.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Takes what it was asked for.
    pub(super) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Takes the ranges that it was asked for, in order.
    pub(super) fn ranges(&self) -> Vec<Option<(usize, usize)>> {
        let mut ranges: Vec<_> = self.take().iter().map(Asked::range).collect();
        ranges.sort_unstable();
        ranges
    }
}
