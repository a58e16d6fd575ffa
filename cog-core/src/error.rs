//! What author code may return as an error.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

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

/// An error after which the model cannot be used any more, such as the loss of its device.
///
/// It reads as the error inside. Errors of candle that say so are known by themselves with the feature `candle`. Wherever it is in the chain of an error that `predict`, an item of a stream or `healthcheck` returns,
/// the engine takes no further request: what runs goes on, the server's state is `DEFUNCT`, and whoever runs it can replace it.
///
/// ```
/// use cog_core::{Defunct, Result, anyhow::anyhow};
///
/// fn compute() -> Result<()> {
///     Err(Defunct::new(anyhow!("CUDA error 719").context("the device does not answer")).into())
/// }
///
/// let error = compute().unwrap_err().context("cannot draw");
/// assert_eq!(format!("{error:#}"), "cannot draw: the device does not answer: CUDA error 719");
/// ```
#[derive(Debug, ThisError)]
#[error(transparent)]
pub struct Defunct(Error);

impl Defunct {
    /// Says that nothing will work after `error`.
    pub fn new(error: impl Into<Error>) -> Self {
        Self(error.into())
    }

    /// Tells whether `error` or one of its causes says that the model cannot be used any more.
    pub(crate) fn is_in(error: &Error) -> bool {
        #[cfg(feature = "candle")]
        let is_device_lost = crate::candle::is_device_lost(error);
        #[cfg(not(feature = "candle"))]
        let is_device_lost = false;
        is_device_lost || error.chain().any(|cause| cause.is::<Self>())
    }
}

/// Turns what a panic carried into text, and drops it, which may itself panic.
pub(crate) fn panic_message(payload: Box<dyn Any + Send>) -> String {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not text")
        .to_owned();
    // The second panic carries a payload as well; leaking it is the only way not to ask for a third.
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(payload);
    }
    text
}
