//! What the tests have in common: a real server, a client that sends exactly what it is told, a place to meet the model, and a
//! receiver of what the server sends.
//!
//! Everything is blocking and bounded: whatever waits longer than [`LIMIT`] fails its test, and nothing sleeps.

mod client;
mod events;
mod log;
mod receiver;
mod server;
mod stage;

use std::time::{Duration, Instant};

pub(crate) use self::client::{Connection, Reply};
pub(crate) use self::events::{EventStream, Frame};
pub(crate) use self::receiver::{Answer, Received, Receiver};
pub(crate) use self::server::{Server, can_mount};
pub(crate) use self::stage::{Stage, Visit};

/// How long anything may take. No test should ever get here.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// An address where nobody listens. A port that was free a moment ago may be another test's by now; the system gives this one to none.
pub(crate) const NOBODY: &str = "127.0.0.1:1";

/// The header of a JSON body.
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

/// The header that asks for a reply before the end.
pub(crate) const ASYNC: (&str, &str) = ("prefer", "respond-async");

/// The header that asks for events.
pub(crate) const EVENTS: (&str, &str) = ("accept", "text/event-stream");

/// Asks again and again until there is an answer. For what nobody tells of; each question should itself take a while.
#[track_caller]
pub(crate) fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < LIMIT, "still waiting after {LIMIT:?}");
        std::thread::yield_now();
    }
}
