//! What the other side says about trying again.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How long we are asked to wait, in seconds. A date is not understood, and the usual delay holds.
pub(crate) fn after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
