//! The events of a stream of texts.

use std::convert::Infallible;
use std::iter;

use axum::Json;
use axum::response::sse::{Event, Sse};
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(super) struct Envelope {
    input: Wanted,
}

#[derive(Deserialize)]
struct Wanted {
    text: String,
    count: usize,
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
    let Wanted { text, count } = envelope.input;
    let state = |status| State { id: "pred_0000000000000000", status };
    let outputs = (0..count).map(move |index| event(index + 1, "output", &Output { chunk: &text, index }));
    let start = iter::once(event(0, "start", &state("processing")));
    let end = iter::once(event(count + 1, "completed", &state("succeeded")));
    Sse::new(stream::iter(start.chain(outputs).chain(end).map(Ok)))
}

fn event(number: usize, name: &str, data: &impl Serialize) -> Event {
    let event = Event::default().id(number.to_string()).event(name);
    // Structs of texts and numbers can always be written.
    event.json_data(data).unwrap_or_default()
}
