//! The prediction object as JSON, for replies, events and webhooks alike.

use cog_core::{Prediction, PredictionOutput, Status};
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::Offset;
use serde_json::Value;

/// Writes a prediction object. The members are in alphabetical order, as clients that compare bytes know them.
pub(crate) fn prediction(prediction: &Prediction) -> Vec<u8> {
    write(prediction, None)
}

/// Writes a prediction object with what is known of its input.
pub(crate) fn snapshot(prediction: &Prediction) -> Vec<u8> {
    write(prediction, prediction.input())
}

fn write(prediction: &Prediction, input: Option<&Value>) -> Vec<u8> {
    let mut object = ObjectWriter::new();
    if let Some(at) = prediction.completed_at() {
        object.timestamp("completed_at", at);
    }
    object.timestamp("created_at", prediction.created_at());
    if let Some(error) = prediction.error() {
        object.string("error", error);
    }
    object.string("id", prediction.id().as_str());
    if let Some(input) = input {
        object.key("input");
        object.value(input);
    }
    object.string("logs", prediction.logs());
    metrics(prediction, &mut object);
    output(prediction, &mut object);
    if let Some(at) = prediction.started_at() {
        object.timestamp("started_at", at);
    }
    object.string("status", prediction.status().as_str());
    object.string("version", env!("CARGO_PKG_VERSION"));
    object.finish()
}

/// Custom metrics at any time, `queue_time` from the start on if there was any and the author has no other, and `predict_time` at the end.
fn metrics(prediction: &Prediction, object: &mut ObjectWriter) {
    let time = prediction.predict_time().map(|time| time.as_secs_f64());
    let waited = prediction.queue_time().map(|time| time.as_secs_f64());
    match time {
        Some(time) if prediction.metrics().is_empty() && waited.is_none() => {
            object.key("metrics");
            object.raw(b"{\"predict_time\":");
            object.value(&time);
            object.raw(b"}");
        }
        None if waited.is_none() => {
            object.key("metrics");
            object.value(prediction.metrics());
        }
        _ => {
            let mut metrics = prediction.metrics().clone();
            if let Some(waited) = waited {
                metrics.entry("queue_time").or_insert_with(|| waited.into());
            }
            if let Some(time) = time {
                metrics.insert("predict_time".to_owned(), time.into());
            }
            object.key("metrics");
            object.value(&metrics);
        }
    }
}

/// What there is of the output; for one that succeeded always something. Before the end it is a list, whatever it will be then.
fn output(prediction: &Prediction, object: &mut ObjectWriter) {
    let status = prediction.status();
    match prediction.output() {
        output if output.is_empty() && status != Status::Succeeded => {}
        PredictionOutput::Value(Some(value)) if !status.is_terminal() && !value.starts_with(b"[") => {
            object.key("output");
            object.raw(b"[");
            object.raw(value);
            object.raw(b"]");
        }
        PredictionOutput::Value(value) => {
            object.key("output");
            object.raw(value.as_deref().unwrap_or(b"null"));
        }
        PredictionOutput::Stream(parts) => {
            object.key("output");
            object.raw(b"[");
            for (place, part) in parts.iter().enumerate() {
                if place > 0 {
                    object.raw(b",");
                }
                object.raw(part);
            }
            object.raw(b"]");
        }
    }
}

/// Writes a point in time as Cog does: RFC 3339 in UTC with nine decimals and `+00:00`.
pub(crate) fn timestamp(at: Timestamp) -> String {
    let mut text = String::with_capacity(35);
    print_timestamp(at, &mut text);
    text
}

fn print_timestamp(at: Timestamp, to: impl jiff::fmt::Write) {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
    // It is written to memory, which cannot fail.
    let _ = PRINTER.print_timestamp_with_offset(&at, Offset::UTC, to);
}

/// Writes one JSON object into one buffer, values that are JSON already included as they are.
struct ObjectWriter(Vec<u8>);

impl ObjectWriter {
    fn new() -> Self {
        let mut json = Vec::with_capacity(512);
        json.push(b'{');
        Self(json)
    }

    fn key(&mut self, name: &'static str) {
        self.0.extend_from_slice(if self.0.len() > 1 { b",\"" } else { b"\"" });
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn string(&mut self, name: &'static str, value: &str) {
        self.key(name);
        self.value(value);
    }

    fn timestamp(&mut self, name: &'static str, at: Timestamp) {
        self.key(name);
        self.raw(b"\"");
        print_timestamp(at, &mut self.0);
        self.raw(b"\"");
    }

    fn value(&mut self, value: &(impl serde::Serialize + ?Sized)) {
        // Neither texts, numbers nor JSON trees can fail to be written to memory.
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    fn raw(&mut self, json: &[u8]) {
        self.0.extend_from_slice(json);
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}
