//! How a request is refused: the only place that knows status codes for it.
//!
//! Every refusal is JSON: `{"detail": [...]}` where the request itself is at fault in a way that can be located, `{"error": "..."}`
//! otherwise. What is told is written for the client; causes go to the log.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cog_core::schema::{Problem, Violations};
use cog_core::{PredictionIdError, Rejection};
use serde_json::{Value, json};

use super::reply;
use crate::role::Role;

/// Why a request is not carried out.
#[derive(Debug)]
pub(crate) enum ApiError {
    NotFound {
        path: String,
    },
    MethodNotAllowed {
        method: Method,
        path: String,
    },
    ContentType,
    BodyTooLarge,
    BodyTimeout,
    BodyBroken,
    /// The body is no JSON.
    Syntax(String),
    /// The body is JSON of another shape; the field names the part that is at fault.
    Envelope {
        field: Option<String>,
        message: String,
    },
    /// A header says something that makes no sense.
    Header {
        name: &'static str,
        message: String,
    },
    /// The name in the path cannot be one.
    PathId(Role, PredictionIdError),
    /// The body names another prediction than the path.
    OtherId(Role),
    NoDocument,
    Unknown {
        role: Role,
        id: String,
    },
    /// Events are asked for where there are none.
    NotStreamed,
    TooManyWatchers,
    Rejected(Role, Rejection),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::NotFound { path } => {
                (StatusCode::NOT_FOUND, error(format!("there is nothing at `{path}`")))
            }
            Self::MethodNotAllowed { method, path } => {
                (StatusCode::METHOD_NOT_ALLOWED, error(format!("`{path}` does not answer {method}")))
            }
            Self::ContentType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                error("Expected request with `Content-Type: application/json`"),
            ),
            Self::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                error("Failed to buffer the request body: length limit exceeded"),
            ),
            Self::BodyTimeout => {
                (StatusCode::REQUEST_TIMEOUT, error("the request body did not arrive in time"))
            }
            Self::BodyBroken => {
                (StatusCode::BAD_REQUEST, detail(&["body"], "the request body broke off", "value_error"))
            }
            Self::Syntax(message) => (
                StatusCode::BAD_REQUEST,
                detail(
                    &["body"],
                    &format!("Failed to parse the request body as JSON: {message}"),
                    "value_error.jsondecode",
                ),
            ),
            Self::Envelope { field, message } => {
                let location: Vec<_> = ["body"].into_iter().chain(field.as_deref()).collect();
                (StatusCode::UNPROCESSABLE_ENTITY, detail(&location, &message, "value_error"))
            }
            Self::Header { name, message } => {
                (StatusCode::UNPROCESSABLE_ENTITY, detail(&["header", name], &message, "value_error"))
            }
            Self::PathId(role, reason) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                detail(&["path", &format!("{}_id", role.noun())], &reason.to_string(), "value_error"),
            ),
            Self::OtherId(role) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                detail(
                    &["body", "id"],
                    &format!("{} ID must match the ID supplied in the URL", role.noun()),
                    "value_error",
                ),
            ),
            Self::Unknown { role, id } => (
                StatusCode::NOT_FOUND,
                error(format!(
                    "there is no {} `{id}`: it has never run here, or not for a while",
                    role.noun()
                )),
            ),
            Self::NoDocument => (StatusCode::SERVICE_UNAVAILABLE, error("OpenAPI schema not available")),
            Self::NotStreamed => {
                (StatusCode::NOT_ACCEPTABLE, error("Training endpoints do not support streaming responses."))
            }
            Self::TooManyWatchers => (StatusCode::TOO_MANY_REQUESTS, error("Too many stream subscribers")),
            Self::Rejected(role, rejection) => return rejected(role, rejection),
        };
        reply::json(status, body.to_string())
    }
}

fn rejected(role: Role, rejection: Rejection) -> Response {
    // Cog's words where Cog has words for it.
    let (status, message, retry) = match rejection {
        Rejection::Invalid(violations) => {
            return reply::json(StatusCode::UNPROCESSABLE_ENTITY, violations_body(&violations).to_string());
        }
        Rejection::AtCapacity { .. } => {
            (StatusCode::CONFLICT, "At capacity - all prediction slots busy".to_owned(), true)
        }
        Rejection::AlreadyRunning(id) => {
            (StatusCode::CONFLICT, format!("a {} with ID `{id}` is already running", role.noun()), false)
        }
        // A setup that has failed is told of in the same words. It is `/health-check` that knows the difference.
        Rejection::Starting | Rejection::SetupFailed(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Setup has not finished yet. Wait until it has finished, or GET /health-check for status."
                .to_owned(),
            matches!(rejection, Rejection::Starting),
        ),
        // The reason may hold what only the client of that prediction should read.
        Rejection::Defunct(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The model cannot be used any more: it has reported a fault that lasts. This server has to be replaced."
                .to_owned(),
            false,
        ),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "The server is shutting down.".to_owned(), false),
    };
    let mut response = reply::json(status, json!({ "error": message, "status": "failed" }).to_string());
    if retry {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn violations_body(violations: &Violations) -> Value {
    let details = violations.iter().map(|violation| {
        let problem = match violation.problem {
            Problem::Missing => "value_error.missing",
            Problem::Invalid => "value_error",
        };
        json!({ "loc": ["body", "input", violation.path], "msg": violation.message, "type": problem })
    });
    json!({ "detail": details.collect::<Vec<_>>() })
}

fn detail(location: &[&str], message: &str, problem: &str) -> Value {
    json!({ "detail": [{ "loc": location, "msg": message, "type": problem }] })
}

fn error(message: impl Into<String>) -> Value {
    json!({ "error": message.into() })
}
