//! Server-sent events in a body of chunks, and the outputs among them.

use std::io::BufRead;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::http::Connection;

/// The outputs of a prediction that was streamed.
pub(crate) struct Outputs {
    pub(crate) count: usize,
    /// How long the first took to arrive, from when the request was sent; nothing if there was none.
    pub(crate) until_first: Duration,
}

impl Outputs {
    /// Sends a request for a stream, and reads that to its end.
    pub(crate) fn ask(connection: &mut Connection, request: &[u8]) -> anyhow::Result<Self> {
        let sent_at = Instant::now();
        connection.send(request)?;
        let status = connection.head()?.status;
        ensure!(status == 200, "a stream was refused with {status}");
        let mut outputs = Self { count: 0, until_first: Duration::ZERO };
        read(connection.rest(), |event| {
            if is_called(event, "output") {
                if outputs.count == 0 {
                    outputs.until_first = sent_at.elapsed();
                }
                outputs.count += 1;
            }
        })?;
        Ok(outputs)
    }
}

/// Reads a body to its end, and shows each event in it, without the empty line behind it.
pub(crate) fn read(body: &mut impl BufRead, mut show: impl FnMut(&[u8])) -> anyhow::Result<()> {
    let mut text = Vec::new();
    while read_chunk(body, &mut text)? {
        let mut rest = text.as_slice();
        while let Some(end) = rest.windows(2).position(|ends| ends == b"\n\n") {
            show(rest.get(..end).unwrap_or_default());
            rest = rest.get(end + 2..).unwrap_or_default();
        }
        let read = text.len() - rest.len();
        text.drain(..read);
    }
    ensure!(text.is_empty(), "the body ended within an event");
    Ok(())
}

/// Appends the next chunk to `text`, and returns whether there was one.
fn read_chunk(body: &mut impl BufRead, text: &mut Vec<u8>) -> anyhow::Result<bool> {
    let mut line = Vec::new();
    body.read_until(b'\n', &mut line)?;
    let digits = std::str::from_utf8(line.trim_ascii_end())?;
    let length = usize::from_str_radix(digits, 16).context("a body that is not in chunks")?;
    let begin = text.len();
    // With the line end behind it.
    text.resize(begin + length + 2, 0);
    body.read_exact(text.get_mut(begin..).unwrap_or_default())?;
    text.truncate(begin + length);
    Ok(length > 0)
}

/// Tells whether this event has this name.
pub(crate) fn is_called(event: &[u8], name: &str) -> bool {
    event.split(|byte| *byte == b'\n').any(|line| line.strip_prefix(b"event: ") == Some(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(mut body: &[u8]) -> anyhow::Result<Vec<String>> {
        let mut events = Vec::new();
        read(&mut body, |event| events.push(String::from_utf8_lossy(event).into_owned()))?;
        Ok(events)
    }

    #[test]
    fn events_are_found_wherever_chunks_end() {
        for (body, expected) in [
            ("0\r\n\r\n", &[][..]),
            ("9\r\ndata: a\n\n\r\n0\r\n\r\n", &["data: a"]),
            ("12\r\ndata: a\n\ndata: b\n\n\r\n0\r\n\r\n", &["data: a", "data: b"]),
            ("8\r\ndata: a\n\r\na\r\n\ndata: b\n\n\r\n0\r\n\r\n", &["data: a", "data: b"]),
        ] {
            assert_eq!(events(body.as_bytes()).unwrap(), expected, "{body:?}");
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_an_error() {
        for body in ["", "9\r\ndata: a\n\n\r\n", "9\r\ndata: a", "8\r\ndata: a\n\r\n0\r\n\r\n", "x\r\n"] {
            assert!(events(body.as_bytes()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn an_event_has_a_name() {
        assert!(is_called(b"id: 1\nevent: output\ndata: {}", "output"));
        assert!(!is_called(b"id: 1\nevent: start\ndata: event: output", "output"));
        assert!(!is_called(b"data: output", "output"));
    }
}
