//! Requests as bytes, and a connection for one request after the other.
//!
//! It blocks, and knows no more of HTTP than these servers speak.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

/// Longer than any reply that is worth measuring.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes a request with a JSON body.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    request.into_bytes()
}

/// Writes the request for a prediction.
pub(crate) fn prediction(input: &Value, headers: &[(&str, &str)]) -> Vec<u8> {
    let input = input.to_string();
    request("POST", "/predictions", headers, &["{\"input\":", &input, "}"].concat())
}

/// A connection that is kept.
pub(crate) struct Connection(BufReader<TcpStream>);

/// A reply, as far as it is known before its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// The length of the body, if it is told in advance.
    length: Option<u64>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::with_capacity(64 << 10, stream)))
    }

    pub(crate) fn send(&mut self, request: &[u8]) -> anyhow::Result<()> {
        Ok(self.0.get_mut().write_all(request)?)
    }

    /// Waits for a reply, and reads its head.
    pub(crate) fn head(&mut self) -> anyhow::Result<Head> {
        read_head(&mut self.0)
    }

    /// What is left to be read.
    pub(crate) fn rest(&mut self) -> &mut impl BufRead {
        &mut self.0
    }

    /// Waits for a reply, and returns its status and its body.
    pub(crate) fn receive(&mut self) -> anyhow::Result<(u16, Vec<u8>)> {
        let Head { status, length } = self.head()?;
        let mut body = vec![0; usize::try_from(length.context("a reply without a length")?)?];
        self.0.read_exact(&mut body)?;
        Ok((status, body))
    }

    /// Waits for a reply, and returns its status and the length of its body, which is dropped as it comes.
    pub(crate) fn skim(&mut self) -> anyhow::Result<(u16, u64)> {
        let Head { status, length } = self.head()?;
        let length = length.context("a reply without a length")?;
        let skipped = std::io::copy(&mut (&mut self.0).take(length), &mut std::io::sink())?;
        ensure!(skipped == length, "the server closed a connection");
        Ok((status, length))
    }

    /// Closes the connection, as a client does that has gone away.
    pub(crate) fn close(&self) -> anyhow::Result<()> {
        Ok(self.0.get_ref().shutdown(Shutdown::Both)?)
    }

    /// Sends a request and returns the JSON of the reply, which has to be a success.
    pub(crate) fn ask(&mut self, request: &[u8]) -> anyhow::Result<Value> {
        self.send(request)?;
        let (status, body) = self.receive()?;
        ensure!(status / 100 == 2, "{status}: {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }
}

fn read_head(reader: &mut impl BufRead) -> anyhow::Result<Head> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.get(9..12).context("the server closed a connection")?.parse()?;
    let mut length = None;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(": ") else {
            ensure!(line == "\r\n", "a reply that is not HTTP");
            return Ok(Head { status, length });
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse()?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_to_its_end_and_no_further() {
        let mut reply = &b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nx: y\r\n\r\n{}"[..];
        assert_eq!(read_head(&mut reply).unwrap(), Head { status: 202, length: Some(2) });
        assert_eq!(reply, b"{}");
        let mut stream = &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"[..];
        assert_eq!(read_head(&mut stream).unwrap(), Head { status: 200, length: None });
        assert!(read_head(&mut &b""[..]).is_err());
        assert!(read_head(&mut &b"HTTP/1.1 200 OK\r\nx: y\r\n"[..]).is_err());
    }

    #[test]
    fn a_request_says_how_long_its_body_is() {
        let request = prediction(&serde_json::json!({}), &[("prefer", "respond-async")]);
        let text = String::from_utf8(request).unwrap();
        assert!(
            text.ends_with("\r\nprefer: respond-async\r\ncontent-length: 12\r\n\r\n{\"input\":{}}"),
            "{text}"
        );
    }
}
