//! Events of a prediction as server-sent events.
//!
//! A reader of the engine's events and nothing more: it holds a place in the history, so a client that reads slowly costs no memory and
//! delays nobody. One that falls behind the history is told how much it has missed and goes on from there.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use cog_core::{Event, Events, Lagged, PredictionHandle, Watcher};
use futures::stream;
use serde_json::{Value, json};

use super::error::ApiError;
use crate::wire;

/// How many clients may follow one prediction, as in Cog.
const MAX_WATCHERS: usize = 1024;

/// After how much silence a comment tells proxies that the connection is alive, as in Cog.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How much is gathered before it is sent, in bytes, where events come faster than they are read.
const CHUNK: usize = 16 * 1024;

/// Tells whether a client asks for a stream of events.
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = values.flat_map(|value| value.split(',')).filter_map(|member| member.split(';').next());
    types.any(|media_type| media_type.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// Answers with the events of a prediction that has just been accepted, all of them. What the client has seen last is of another one.
pub(super) fn from_the_start(prediction: &PredictionHandle) -> Result<Response, ApiError> {
    reply(prediction, prediction.events(), false)
}

/// Answers with the events of a prediction that is running: those after the one that the client has seen last, and those to come.
pub(super) fn from_here(prediction: &PredictionHandle, headers: &HeaderMap) -> Result<Response, ApiError> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    reply(prediction, prediction.replay_from(last.map_or(0, |last| last.saturating_add(1))), true)
}

fn reply(prediction: &PredictionHandle, events: Events, is_replay: bool) -> Result<Response, ApiError> {
    let watcher = prediction.watch(MAX_WATCHERS).ok_or(ApiError::TooManyWatchers)?;
    let prediction = prediction.clone();
    let reader = Reader { prediction, events, _watcher: watcher, is_replay, is_over: false };
    let frames = stream::unfold(reader, |mut reader| async {
        let frames = reader.next().await?;
        Some((Ok::<_, std::convert::Infallible>(frames), reader))
    });
    let mut response = Response::new(Body::from_stream(frames));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

struct Reader {
    prediction: PredictionHandle,
    events: Events,
    _watcher: Watcher,
    /// Whether what is missing at the next event is missing from a replay, and not since the client reads.
    is_replay: bool,
    is_over: bool,
}

impl Reader {
    /// Waits for an event and returns its frame, with those of the events behind it. `None` after the last.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let Ok(first) = tokio::time::timeout(KEEP_ALIVE, self.events.next()).await else {
            return Some(Bytes::from_static(b": keep-alive\n\n"));
        };
        let mut frames = String::new();
        let mut next = first;
        while let Some(event) = next {
            self.write(&mut frames, event);
            next = if frames.len() < CHUNK { self.events.try_next() } else { None };
        }
        (!frames.is_empty()).then(|| frames.into())
    }

    fn write(&mut self, frames: &mut String, event: Result<(u64, Event), Lagged>) {
        let is_replay = std::mem::take(&mut self.is_replay);
        let (number, event) = match event {
            Ok(event) => event,
            Err(Lagged(skipped)) => {
                let what = if is_replay { "SSE stream replay truncated" } else { "SSE stream lagged" };
                let error = json!({ "error": format!("{what}; events were dropped"), "skipped": skipped });
                frame(frames, None, "error", &error.to_string());
                return;
            }
        };
        let id = Some(number);
        match &event {
            Event::Started { .. } => {
                let data = json!({ "id": self.prediction.id().as_str(), "status": "processing" });
                frame(frames, id, "start", &data.to_string());
            }
            Event::Log { source, text } => {
                let data = json!({ "data": &**text, "source": source.as_str() });
                frame(frames, id, "log", &data.to_string());
            }
            Event::Metric { name, value, mode } => {
                let value = value.as_ref().map_or(&Value::Null, |value| value.as_value());
                let data = json!({ "mode": mode.as_str(), "name": name.as_str(), "value": value });
                frame(frames, id, "metric", &data.to_string());
            }
            Event::Progress { fraction, message } => {
                let data = json!({ "fraction": fraction, "message": message.as_deref() });
                frame(frames, id, "progress", &data.to_string());
            }
            Event::Output { index, chunk } => {
                // The chunk is JSON already; a frame's data has to be one line, and JSON as we write it is.
                let chunk = String::from_utf8_lossy(chunk);
                frame(frames, id, "output", &format!(r#"{{"chunk":{chunk},"index":{index}}}"#));
            }
            Event::Completed(_) => {
                let snapshot = self.prediction.read(wire::prediction);
                frame(frames, id, "completed", &String::from_utf8_lossy(&snapshot));
                self.is_over = true;
            }
            // An event of a later version that has no name here.
            _ => {}
        }
    }
}

fn frame(frames: &mut String, id: Option<u64>, name: &str, data: &str) {
    // Writing to a `String` cannot fail.
    let _ = match id {
        Some(id) => write!(frames, "id: {id}\nevent: {name}\ndata: {data}\n\n"),
        None => write!(frames, "event: {name}\ndata: {data}\n\n"),
    };
}
