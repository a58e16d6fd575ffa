//! A client that sends exactly what it is told.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use serde_json::Value;

use super::{LIMIT, Received};

/// One connection. What was read and not asked for stays for later.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    #[track_caller]
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect_timeout(&address, LIMIT).unwrap())
    }

    /// Wraps a socket.
    pub(crate) fn of(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    /// Sends these bytes.
    #[track_caller]
    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request with a `content-length`, and does not wait for the reply.
    #[track_caller]
    pub(crate) fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        self.write(head + "\r\n" + body);
    }

    /// Sends a request and reads the reply.
    #[track_caller]
    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.request(method, path, headers, body);
        if method == "HEAD" { self.head() } else { self.reply() }
    }

    /// Reads a reply to its end, which is told by its length, by its chunks or by the end of the connection.
    #[track_caller]
    pub(crate) fn reply(&mut self) -> Reply {
        let mut reply = self.head();
        reply.body = if let Some(length) = reply.header("content-length") {
            self.exactly(length.parse().unwrap())
        } else if reply.header("transfer-encoding") == Some("chunked") {
            self.chunks()
        } else {
            while self.fill() {}
            std::mem::take(&mut self.read)
        };
        reply
    }

    /// Reads the head of a reply, and nothing of its body.
    #[track_caller]
    pub(crate) fn head(&mut self) -> Reply {
        let head = self.until(b"\r\n\r\n").expect("a reply, not the end of the connection");
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, headers: headers(lines), body: Vec::new() }
    }

    /// Reads a request, which is what the other side of a connection does; `None` when there is none any more.
    pub(crate) fn received(&mut self) -> Option<Received> {
        let head = String::from_utf8(self.until(b"\r\n\r\n")?).unwrap();
        let mut lines = head.lines();
        let (method, rest) = lines.next()?.split_once(' ')?;
        let (path, _) = rest.split_once(' ')?;
        let headers = headers(lines);
        let mut request =
            Received { method: method.to_owned(), path: path.to_owned(), headers, body: Vec::new() };
        request.body = match (request.header("content-length"), request.header("transfer-encoding")) {
            (Some(length), _) => {
                let length: usize = length.parse().unwrap();
                while self.read.len() < length {
                    // Whoever sends it has given up.
                    if !self.fill() {
                        return None;
                    }
                }
                self.exactly(length)
            }
            (None, Some("chunked")) => self.chunks(),
            _ => Vec::new(),
        };
        Some(request)
    }

    /// Reads the next chunk of a chunked body; `None` after the last.
    #[track_caller]
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = self.until(b"\r\n").expect("a chunk, not the end of the connection");
        let size = usize::from_str_radix(std::str::from_utf8(&size).unwrap().trim(), 16).unwrap();
        let chunk = self.exactly(size);
        self.exactly(2);
        (size > 0).then_some(chunk)
    }

    #[track_caller]
    fn chunks(&mut self) -> Vec<u8> {
        let start = Instant::now();
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk() {
            body.extend(chunk);
            // Events that keep a connection alive come for ever.
            assert!(start.elapsed() < LIMIT, "the body goes on and on");
        }
        body
    }

    /// Reads up to and with `end`; `None` if the connection ends before.
    #[track_caller]
    pub(crate) fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(place) = self.read.windows(end.len()).position(|bytes| bytes == end) {
                return Some(self.read.drain(..place + end.len()).collect());
            }
            if !self.fill() {
                return None;
            }
        }
    }

    /// Reads so many bytes.
    #[track_caller]
    pub(crate) fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count {
            assert!(self.fill(), "the connection ended too early");
        }
        self.read.drain(..count).collect()
    }

    /// Waits for the end of the connection and tells how many bytes came before it.
    #[track_caller]
    pub(crate) fn end(&mut self) -> usize {
        while self.fill() {}
        self.read.len()
    }

    /// Says that nothing more will be sent, and goes on reading.
    pub(crate) fn finish(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The socket itself.
    pub(crate) const fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Reads more; `false` at the end of the connection.
    #[track_caller]
    fn fill(&mut self) -> bool {
        let mut more = [0; 16 * 1024];
        match self.stream.read(&mut more) {
            Ok(count) => {
                self.read.extend(&more[..count]);
                count > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("nothing to read after {LIMIT:?}: {error}"),
        }
    }
}

fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let headers = lines.filter_map(|line| line.split_once(": "));
    headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }
}
