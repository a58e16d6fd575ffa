//! A client that follows the events of a prediction.

use serde_json::Value;

use super::{Connection, EVENTS, JSON, Server};

/// A reply of events. What has not been asked for is not read.
pub(crate) struct EventStream {
    connection: Connection,
    /// What was read of the next event.
    read: Vec<u8>,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) id: Option<u64>,
    pub(crate) event: String,
    pub(crate) data: Value,
}

impl EventStream {
    /// Sends a request and reads the head of its reply.
    #[track_caller]
    pub(crate) fn open(server: &Server, method: &str, path: &str, body: &Value) -> Self {
        Self::open_with(server, method, path, &[], body)
    }

    /// Follows a running prediction from its first event.
    #[track_caller]
    pub(crate) fn join(server: &Server, id: &str) -> Self {
        Self::open(server, "PUT", &format!("/predictions/{id}"), &Value::Object(Default::default()))
    }

    /// Follows a running prediction after this event.
    #[track_caller]
    pub(crate) fn join_after(server: &Server, id: &str, last: u64) -> Self {
        let headers = [("last-event-id", &*last.to_string())];
        Self::open_with(
            server,
            "PUT",
            &format!("/predictions/{id}"),
            &headers,
            &Value::Object(Default::default()),
        )
    }

    #[track_caller]
    pub(crate) fn open_with(
        server: &Server,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Self {
        let mut connection = server.connect();
        connection.request(method, path, &[&[JSON, EVENTS], headers].concat(), &body.to_string());
        let head = connection.head();
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{head:?}");
        Self { connection, read: Vec::new() }
    }

    /// Waits for the next event or comment and returns it as it is; `None` at the end of the reply.
    #[track_caller]
    pub(crate) fn text(&mut self) -> Option<String> {
        loop {
            if let Some(place) = self.read.windows(2).position(|bytes| bytes == b"\n\n") {
                return Some(String::from_utf8(self.read.drain(..place + 2).collect()).unwrap());
            }
            match self.connection.chunk() {
                Some(chunk) => self.read.extend(chunk),
                None => {
                    assert!(self.read.is_empty(), "the reply ends within an event");
                    return None;
                }
            }
        }
    }

    /// Waits for the next event; `None` at the end of the reply.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Option<Frame> {
        let text = self.text()?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Some(Frame {
            id: field("id").map(|id| id.parse().unwrap()),
            event: field("event").unwrap_or_else(|| panic!("no event: {text}")).to_owned(),
            data: field("data").unwrap().parse().unwrap(),
        })
    }

    /// Waits for an event of this name, and passes over all others.
    #[track_caller]
    pub(crate) fn until(&mut self, event: &str) -> Frame {
        loop {
            let frame = self.next().unwrap_or_else(|| panic!("there was no `{event}`"));
            if frame.event == event {
                return frame;
            }
        }
    }

    /// Reads to the end of the reply.
    #[track_caller]
    pub(crate) fn rest(mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next() {
            frames.push(frame);
        }
        frames
    }
}
