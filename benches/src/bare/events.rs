//! The events of a stream of texts.

use std::convert::Infallible;
use std::iter;
use std::time::Duration;

use axum::Json;
use axum::response::sse::{Event, Sse};
use futures::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(super) struct Envelope {
    input: Wanted,
}

#[derive(Deserialize)]
struct Wanted {
    text: String,
    count: usize,
    /// How long to wait before each output but the first, in milliseconds.
    #[serde(default)]
    pause: u64,
}

#[derive(Serialize)]
struct Output<'a> {
    chunk: &'a str,
    index: usize,
}

#[derive(Serialize)]
struct State<'a> {
    id: &'a str,
    status: &'a str,
}

pub(super) async fn create(
    Json(envelope): Json<Envelope>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let Wanted { text, count, pause } = envelope.input;
    let state = |status| State { id: "pred_0000000000000000", status };
    let outputs = (0..count).map(move |index| event(index + 1, "output", &Output { chunk: &text, index }));
    let start = iter::once(event(0, "start", &state("processing")));
    let end = iter::once(event(count + 1, "completed", &state("succeeded")));
    let events = stream::iter(start.chain(outputs).chain(end).map(Ok));
    if pause == 0 {
        return Sse::new(events.left_stream());
    }
    let pause = Duration::from_millis(pause);
    let events = events.enumerate().then(move |(number, event)| async move {
        // The start comes before the first output.
        if number > 1 {
            tokio::time::sleep(pause).await;
        }
        event
    });
    Sse::new(events.right_stream())
}

fn event(number: usize, name: &str, data: &impl Serialize) -> Event {
    let event = Event::default().id(number.to_string()).event(name);
    // Structs of texts and numbers can always be written.
    event.json_data(data).unwrap_or_default()
}
