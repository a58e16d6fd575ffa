//! Reading the JSON body of a request.
//!
//! The order of the checks is Cog's: media type, syntax, shape. A body without a content type is read as JSON, and one that is empty
//! besides counts as `{}`.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use futures::FutureExt;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::ApiError;

/// The largest body that is read, in bytes.
const LIMIT: usize = 100 * 1024 * 1024;

/// How long the body may take in all. Generous, because a hundred megabytes over a slow line take minutes.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Reads the body as a `T`.
pub(super) async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, ApiError> {
    let has_type = check_content_type(headers)?;
    let body = collect(body).await?;
    let text: &[u8] = if body.is_empty() && !has_type { b"{}" } else { &body };
    serde_json::from_slice(text).map_err(|error| match error.classify() {
        Category::Data => misshapen::<T>(text, &error),
        Category::Io | Category::Syntax | Category::Eof => ApiError::Syntax(error.to_string()),
    })
}

/// Tells whether there is a content type, which has to be JSON.
fn check_content_type(headers: &HeaderMap) -> Result<bool, ApiError> {
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else { return Ok(false) };
    let content_type = content_type.to_str().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let subtype = media_type.split_once('/').filter(|(kind, _)| kind.eq_ignore_ascii_case("application"));
    // `json`, or another syntax on top of it: `ld+json`.
    let syntax = subtype.map(|(_, subtype)| subtype.rsplit('+').next().unwrap_or_default());
    if syntax.is_some_and(|syntax| syntax.eq_ignore_ascii_case("json")) {
        Ok(true)
    } else {
        Err(ApiError::ContentType)
    }
}

async fn collect(body: Body) -> Result<Bytes, ApiError> {
    // A length that is announced is believed, so that nobody sends what will not be read.
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(ApiError::BodyTooLarge);
    }
    let mut collecting = pin!(Limited::new(body, LIMIT).collect());
    // A body that has come with its head needs no timer.
    let collected = match collecting.as_mut().now_or_never() {
        Some(collected) => Ok(collected),
        None => tokio::time::timeout(TIMEOUT, collecting).await,
    };
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::BodyTooLarge),
        Ok(Err(_)) => Err(ApiError::BodyBroken),
        Err(_) => Err(ApiError::BodyTimeout),
    }
}

/// Finds out where the shape is wrong. Reads the body a second time, which only those pay who got it wrong.
fn misshapen<T: DeserializeOwned>(text: &[u8], error: &serde_json::Error) -> ApiError {
    let located = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(text));
    let path = located.err().map(|error| error.path().to_string()).filter(|path| path != ".");
    let place = path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
    let message = format!("Failed to deserialize the JSON body into the target type: {place}{error}");
    ApiError::Envelope { field: path, message }
}
