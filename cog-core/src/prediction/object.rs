//! The prediction object: the fold of a prediction's events.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::event::{Completion, Event, Status};
use super::id::PredictionId;
use crate::metric::Metrics;

/// What is known of a prediction after the events so far. It changes only by [`apply`](Self::apply).
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    id: PredictionId,
    input: Option<Value>,
    created_at: Timestamp,
    status: Status,
    started_at: Option<Timestamp>,
    queue_time: Option<Duration>,
    completed_at: Option<Timestamp>,
    output: PredictionOutput,
    logs: String,
    error: Option<Arc<str>>,
    pub(super) metrics: Metrics,
    progress: Option<(f64, Option<Arc<str>>)>,
    predict_time: Option<Duration>,
}

/// The output of a prediction, each part as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PredictionOutput {
    /// The output is one value; `None` until it is there.
    Value(Option<Bytes>),
    /// The output is a stream, of which these parts are there.
    Stream(Vec<Bytes>),
}

impl PredictionOutput {
    /// Tells whether nothing of the output is there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::Value(value) => value.is_none(),
            Self::Stream(parts) => parts.is_empty(),
        }
    }
}

impl Prediction {
    pub(super) fn new(id: PredictionId, created_at: Timestamp, is_stream: bool) -> Self {
        Self {
            id,
            input: None,
            created_at,
            status: Status::Starting,
            started_at: None,
            queue_time: None,
            completed_at: None,
            output: if is_stream {
                PredictionOutput::Stream(Vec::new())
            } else {
                PredictionOutput::Value(None)
            },
            logs: String::new(),
            error: None,
            metrics: Metrics::default(),
            progress: None,
            predict_time: None,
        }
    }

    /// The prediction as it was before anything happened to it.
    pub(crate) fn before_all(&self) -> Self {
        let is_stream = matches!(self.output, PredictionOutput::Stream(_));
        Self { input: self.input.clone(), ..Self::new(self.id.clone(), self.created_at, is_stream) }
    }

    /// Takes one more event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Started { at, waited } => {
                self.status = Status::Processing;
                self.started_at = Some(*at);
                self.queue_time = *waited;
            }
            Event::Log { text, .. } => self.logs.push_str(text),
            Event::Metric { name, value: Some(value), mode } => self.metrics.record(name, value, *mode),
            Event::Metric { name, value: None, .. } => self.metrics.delete(name),
            Event::Progress { fraction, message } => self.progress = Some((*fraction, message.clone())),
            Event::Output { chunk, .. } => match &mut self.output {
                PredictionOutput::Value(value) => *value = Some(chunk.clone()),
                PredictionOutput::Stream(parts) => parts.push(chunk.clone()),
            },
            Event::Completed(Completion { status, error, at, predict_time }) => {
                self.status = *status;
                self.error.clone_from(error);
                self.completed_at = Some(*at);
                self.predict_time = Some(*predict_time);
            }
        }
    }

    /// The prediction's name.
    #[must_use]
    pub const fn id(&self) -> &PredictionId {
        &self.id
    }

    pub(super) fn set_input(&mut self, input: Value) {
        self.input = Some(input);
    }

    /// What it was given, secrets masked and long texts shortened; `None` unless it is [kept](crate::Request::is_kept).
    #[must_use]
    pub const fn input(&self) -> Option<&Value> {
        self.input.as_ref()
    }

    /// Where in its life it is.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// When it was accepted.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it began to run.
    #[must_use]
    pub const fn started_at(&self) -> Option<Timestamp> {
        self.started_at
    }

    /// How long it waited for a slot before it began; `None` if one was free.
    #[must_use]
    pub const fn queue_time(&self) -> Option<Duration> {
        self.queue_time
    }

    /// When it ended.
    #[must_use]
    pub const fn completed_at(&self) -> Option<Timestamp> {
        self.completed_at
    }

    /// What it has made so far.
    #[must_use]
    pub const fn output(&self) -> &PredictionOutput {
        &self.output
    }

    /// What it has made so far as one JSON text: the value, or the list of the parts. `None` if there is nothing.
    ///
    /// A stream that ended without making a part has made an empty list.
    #[must_use]
    pub fn output_json(&self) -> Option<String> {
        let text = |part: &Bytes| String::from_utf8_lossy(part).into_owned();
        match &self.output {
            PredictionOutput::Value(value) => value.as_ref().map(text),
            PredictionOutput::Stream(parts) if parts.is_empty() && self.status != Status::Succeeded => None,
            PredictionOutput::Stream(parts) => {
                Some(format!("[{}]", parts.iter().map(text).collect::<Vec<_>>().join(",")))
            }
        }
    }

    /// What it has logged so far.
    #[must_use]
    pub fn logs(&self) -> &str {
        &self.logs
    }

    /// Why it failed.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The metrics that its code recorded; dots in names have become nested objects.
    #[must_use]
    pub const fn metrics(&self) -> &Map<String, Value> {
        self.metrics.values()
    }

    /// How far it is: a fraction from 0 to 1, and what is being done.
    #[must_use]
    pub fn progress(&self) -> Option<(f64, Option<&str>)> {
        self.progress.as_ref().map(|(fraction, message)| (*fraction, message.as_deref()))
    }

    /// How long it took from when it was created to when it ended.
    #[must_use]
    pub const fn predict_time(&self) -> Option<Duration> {
        self.predict_time
    }
}
