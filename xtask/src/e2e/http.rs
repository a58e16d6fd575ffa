//! As much of an HTTP client as the checks need: one connection, one request at a time, or a stream of events.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

pub(super) struct Reply<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
}

impl Reply<'_> {
    pub(super) fn json(&self) -> Result<Value> {
        serde_json::from_slice(self.body).context("the reply is not JSON")
    }
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), line: String::new(), body: Vec::new() })
    }

    pub(super) fn get(&mut self, path: &str) -> Result<Reply<'_>> {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: e2e\r\n\r\n").as_bytes())
    }

    pub(super) fn post(&mut self, path: &str, body: &Value) -> Result<Reply<'_>> {
        self.send(&request(path, body))
    }

    /// Sends a request that is written out already, and reads the reply.
    pub(super) fn send(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.stream.get_mut().write_all(request)?;
        let status = self.next_line()?.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("not a status line: `{}`", self.line.trim_end()))?;
        let mut length = None;
        loop {
            let line = self.next_line()?;
            if line.is_empty() {
                break;
            }
            match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = Some(value.trim().parse()?);
                }
                Some(_) => {}
                None => bail!("not a header: `{line}`"),
            }
        }
        self.body.resize(length.context("the reply does not tell its length")?, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(Reply { status, body: &self.body })
    }

    fn next_line(&mut self) -> Result<&str> {
        self.line.clear();
        ensure!(self.stream.read_line(&mut self.line)? > 0, "the server closed the connection");
        Ok(self.line.trim_end())
    }
}

/// A request as bytes.
pub(super) fn request(path: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: e2e\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The server-sent events of a prediction, as they come.
pub(super) struct EventStream {
    lines: BufReader<TcpStream>,
}

pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: Value,
}

impl EventStream {
    /// Asks for a prediction.
    pub(super) fn open(address: SocketAddr, body: &Value) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let body = body.to_string();
        // In this version of HTTP the reply is not cut into chunks.
        let head =
            "POST /predictions HTTP/1.0\r\naccept: text/event-stream\r\ncontent-type: application/json";
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
        let mut events = Self { lines: BufReader::new(stream) };
        let status = events.line()?.context("there is no reply")?;
        ensure!(status.contains(" 200 "), "the reply is `{status}`");
        while events.line()?.is_some_and(|header| !header.is_empty()) {}
        Ok(events)
    }

    /// Waits for the next event.
    pub(super) fn next(&mut self) -> Result<Option<Event>> {
        let mut name = None;
        while let Some(line) = self.line()? {
            if let Some(value) = line.strip_prefix("event: ") {
                name = Some(value.to_owned());
            } else if let Some(data) = line.strip_prefix("data: ") {
                let name = name.with_context(|| format!("an event without a name: {data}"))?;
                return Ok(Some(Event { name, data: serde_json::from_str(data)? }));
            }
        }
        Ok(None)
    }

    fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line)?;
        Ok((length > 0).then(|| line.trim_end().to_owned()))
    }
}
