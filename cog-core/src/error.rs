//! What author code may return as an error.

use thiserror::Error as ThisError;

/// The error type of author code: anything that implements [`std::error::Error`] converts with `?`.
///
/// The whole chain becomes the prediction's `error`, outermost first, joined by `: `.
pub use anyhow::Error;

/// The result of author code. See [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The prediction was canceled, so the code that meets this error should stop.
///
/// [`Scope::check`](crate::Scope::check) returns it. The prediction's status is `canceled` whatever the author makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ThisError)]
#[error("the prediction was canceled")]
pub struct Canceled;

/// Returns what a panic carried, as text.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not text")
}
