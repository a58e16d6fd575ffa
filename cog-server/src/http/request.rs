//! The JSON of requests.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::HeaderMap;
use cog_core::{PredictionId, Request};
use serde::Deserialize;
use serde_json::Value;

use super::cancel_after::CancelAfter;
use super::error::ApiError;
use crate::webhook::{Target, WebhookEvent};

/// The body of a request for a prediction. Unknown members are ignored, as in Cog.
#[derive(Debug, Deserialize)]
pub(super) struct PredictionRequest {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    context: Option<HashMap<String, String>>,
    #[serde(default)]
    webhook: Option<String>,
    #[serde(default = "WebhookEvent::all")]
    webhook_events_filter: Vec<WebhookEvent>,
    /// Not in Cog. Last, as a body may be a list of the members in Cog's order.
    #[serde(default)]
    cancel_after: Option<CancelAfter>,
}

impl PredictionRequest {
    /// Takes out where the prediction is to be told of, if it is anywhere.
    pub(super) fn take_webhook(&mut self, headers: &HeaderMap) -> Option<Target> {
        let url = self.webhook.take()?;
        Target::new(&url, std::mem::take(&mut self.webhook_events_filter), headers)
    }

    /// How long the prediction may take. What the body says is the client's own and wins over a header, which a proxy may have added.
    pub(super) fn deadline(&self, headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
        let header = CancelAfter::of(headers)?;
        Ok(self.cancel_after.or(header).map(|CancelAfter(time)| time))
    }
}

impl TryFrom<PredictionRequest> for Request {
    type Error = ApiError;

    fn try_from(wire: PredictionRequest) -> Result<Self, ApiError> {
        let id = wire.id.map(|id| id.parse::<PredictionId>()).transpose();
        let id = id.map_err(|error| ApiError::Envelope {
            field: Some("id".to_owned()),
            message: error.to_string(),
        })?;
        Ok(Self { id, input: wire.input, context: wire.context.unwrap_or_default(), ..Self::default() })
    }
}
