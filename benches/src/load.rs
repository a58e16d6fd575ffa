//! The client: keep-alive HTTP/1 over loopback, as light as it can be.
//!
//! One thread drives all connections with one `epoll`, each with one request on its way. A round trip costs the client three system
//! calls; the request is bytes that never change, and of a reply only the status and the length are looked at. Replies have to say their
//! length, as those of all servers here do.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde_json::json;

use crate::http;
use crate::statistics::percentile;

/// The longest reply that is expected.
const LONGEST: usize = 1 << 14;

/// When a load ends.
#[derive(Clone, Copy)]
pub(crate) enum Until<'a> {
    Elapsed(Duration),
    Replies(usize),
    /// Somebody says so.
    Told(&'a AtomicBool),
}

/// What came of a load.
pub(crate) struct Outcome {
    pub(crate) elapsed: Duration,
    /// How long each success took, in nanoseconds, in ascending order.
    pub(crate) latencies: Vec<u32>,
    /// How many replies were none.
    pub(crate) refused: usize,
}

impl Outcome {
    /// How many requests have succeeded in a second.
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns the latency in microseconds that `share` of the successes did not exceed.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        percentile(&self.latencies, share).map_or(f64::NAN, |nanoseconds| f64::from(nanoseconds) / 1000.0)
    }
}

/// Returns the request that asks for a greeting.
pub(crate) fn hello() -> Vec<u8> {
    http::prediction(&json!({ "text": "world" }), &[])
}

/// Sends the server at `address` this request again and again, over so many connections.
pub(crate) fn drive(
    request: &[u8],
    address: SocketAddr,
    connections: usize,
    until: Until<'_>,
) -> anyhow::Result<Outcome> {
    let mut poll = Poll::new()?;
    let mut lines = Vec::with_capacity(connections);
    for number in 0..connections {
        // Connected before it is made non-blocking, so that there is nothing to wait for.
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
        lines.push(Connection { stream, buffer: vec![0; LONGEST], filled: 0, sent_at: Instant::now() });
    }

    let mut latencies = Vec::with_capacity(1 << 20);
    let mut refused = 0;
    let begin = Instant::now();
    for line in &mut lines {
        line.send(request)?;
    }
    let mut events = Events::with_capacity(connections);
    let elapsed = loop {
        poll.poll(&mut events, Some(Duration::from_secs(10)))?;
        ensure!(!events.is_empty(), "no reply within ten seconds");
        for event in &events {
            let line = lines.get_mut(event.token().0).context("an event of no connection")?;
            let Some(status) = line.receive()? else { continue };
            let latency = line.sent_at.elapsed().as_nanos();
            if status.starts_with(b"2") {
                latencies.push(u32::try_from(latency).unwrap_or(u32::MAX));
            } else {
                refused += 1;
            }
            line.send(request)?;
        }
        let elapsed = begin.elapsed();
        let is_over = match until {
            Until::Elapsed(limit) => elapsed >= limit,
            Until::Replies(limit) => latencies.len() + refused >= limit,
            Until::Told(is_over) => is_over.load(Ordering::Relaxed),
        };
        if is_over {
            break elapsed;
        }
    };
    latencies.sort_unstable();
    Ok(Outcome { elapsed, latencies, refused })
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    sent_at: Instant,
}

impl Connection {
    fn send(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.filled = 0;
        self.sent_at = Instant::now();
        // One small request on a line that is otherwise empty always fits.
        let sent = self.stream.write(request)?;
        ensure!(sent == request.len(), "a request was not sent at once");
        Ok(())
    }

    /// Reads what is there, and returns the status once the reply is complete.
    fn receive(&mut self) -> anyhow::Result<Option<[u8; 3]>> {
        loop {
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            ensure!(!room.is_empty(), "a reply is too long");
            match self.stream.read(room) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            let status = complete(self.buffer.get(..self.filled).unwrap_or_default())?;
            if status.is_some() {
                return Ok(status);
            }
        }
    }
}

/// Returns the status of a reply if all of it is there.
fn complete(reply: &[u8]) -> anyhow::Result<Option<[u8; 3]>> {
    let Some(end) = reply.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = reply.split_at(end + 4);
    let length = head.windows(16).position(|window| window.eq_ignore_ascii_case(b"content-length: "));
    let digits = length.and_then(|place| head.get(place + 16..)).context("a reply without a length")?;
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    let status =
        head.get(9..12).and_then(|status| status.try_into().ok()).context("a reply without a status")?;
    Ok((body.len() >= length).then_some(status))
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn a_reply_is_complete_when_its_body_is() {
        let reply = b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        assert_eq!(complete(reply).unwrap(), Some(*b"409"));
        assert_eq!(complete(&reply[..reply.len() - 1]).unwrap(), None);
        assert_eq!(complete(&reply[..20]).unwrap(), None);
        assert!(complete(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
