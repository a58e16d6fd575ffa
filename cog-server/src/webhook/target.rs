//! Where messages go, and which of them.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;
use serde::Deserialize;

/// What a message tells of.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookEvent {
    Start,
    Output,
    Logs,
    Completed,
}

impl WebhookEvent {
    /// Every kind there is, which is what a request without a filter asks for.
    pub(crate) fn all() -> Vec<Self> {
        vec![Self::Start, Self::Output, Self::Logs, Self::Completed]
    }
}

/// A receiver, as one request names it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(super) url: Url,
    events: Vec<WebhookEvent>,
    /// The headers of the request that let a trace go on.
    pub(super) trace: Vec<(HeaderName, HeaderValue)>,
}

impl Target {
    /// A receiver of `events` at `url`. As in Cog, an URL that is none is no error; it is said in the log.
    pub(crate) fn new(url: &str, events: Vec<WebhookEvent>, headers: &HeaderMap) -> Option<Self> {
        let url = match Url::parse(url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            _ => {
                tracing::warn!("ignoring a webhook that is not an `http:` or `https:` URL");
                return None;
            }
        };
        let trace = ["traceparent", "tracestate"].into_iter().filter_map(|name| {
            let value = headers.get(name)?.clone();
            Some((HeaderName::from_static(name), value))
        });
        Some(Self { url, events, trace: trace.collect() })
    }

    pub(super) fn wants(&self, event: WebhookEvent) -> bool {
        self.events.contains(&event)
    }
}
