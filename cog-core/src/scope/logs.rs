//! From `tracing` to the logs of the prediction that logs, and back.
//!
//! What author code says with `tracing` goes to its prediction's logs, and what it logs in other ways is said with `tracing`: each line
//! is in both places, once.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::{Scope, current_scope};
use crate::prediction::{LogSource, PredictionId, cut_log_text};

/// A layer for `tracing_subscriber` that adds what author code logs to the logs of its prediction.
///
/// What a prediction logs on its own thread is its own, and so is what other tasks and threads log inside a span that was opened
/// there. What this crate and the server say about their work is no part of any prediction's logs.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(cog_core::PredictionLogs);
/// tracing::subscriber::with_default(subscriber, || tracing::info!("outside a prediction: goes nowhere"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct PredictionLogs;

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for PredictionLogs {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let scope = current_scope();
        if scope.record().is_some()
            && let Some(span) = context.span(id)
        {
            span.extensions_mut().replace(scope);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if is_ours(metadata.target()) {
            return;
        }
        let mut scope = current_scope();
        if scope.record().is_none() {
            let mut spans = context.event_scope(event).into_iter().flatten();
            let Some(found) = spans.find_map(|span| span.extensions().get::<Scope>().cloned()) else {
                return;
            };
            scope = found;
        }
        let mut line = Line::default();
        event.record(&mut line);
        let level =
            if *metadata.level() == Level::INFO { String::new() } else { format!("{} ", metadata.level()) };
        let text = format!("{level}{}{}\n", line.message, line.fields);
        scope.append_log(LogSource::Stderr, &cut_log_text(&text));
    }
}

/// Repeats a text from a prediction's logs. It stands in no span: the prediction is named in the fields.
pub(super) fn repeat(id: Option<&PredictionId>, source: LogSource, text: &str) {
    let message = text.trim_end_matches(['\n', '\r']);
    if !message.is_empty() {
        let (prediction_id, source) = (id.map(PredictionId::as_str), source.as_str());
        tracing::info!(target: "cog_core::logs", parent: None, prediction_id, source, "{message}");
    }
}

fn is_ours(target: &str) -> bool {
    let root = target.split("::").next();
    matches!(root, Some("cog_core" | "cog_server"))
}

/// An event as one line: its message, then its fields.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a `String` cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
