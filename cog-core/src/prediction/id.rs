//! The names of predictions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The name of a prediction, chosen by the client or made up: 1 to 255 visible ASCII characters.
///
/// It is a name and nothing else; it never becomes part of a path.
///
/// ```
/// use cog_core::PredictionId;
///
/// let id: PredictionId = "wq7m3".parse()?;
/// assert_eq!(id.as_str(), "wq7m3");
/// assert!("two words".parse::<PredictionId>().is_err());
/// # Ok::<(), cog_core::PredictionIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PredictionId(Arc<str>);

/// A text that cannot be the name of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredictionIdError {
    /// It is empty.
    #[error("a prediction ID must not be empty")]
    Empty,
    /// It has more than 255 characters.
    #[error("a prediction ID must have at most 255 characters (got {0})")]
    Long(usize),
    /// It has spaces, control characters or characters beyond ASCII.
    #[error("a prediction ID must consist of visible ASCII characters")]
    Invisible,
}

impl PredictionId {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PredictionId {
    type Err = PredictionIdError;

    fn from_str(text: &str) -> Result<Self, PredictionIdError> {
        if text.is_empty() {
            return Err(PredictionIdError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(PredictionIdError::Invisible);
        }
        if text.len() > 255 {
            return Err(PredictionIdError::Long(text.len()));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for PredictionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Makes names up as Cog does: `pred_` and the nanoseconds since 1970, each name later than the one before.
#[derive(Debug, Default)]
pub(crate) struct IdSequence(AtomicU64);

impl IdSequence {
    pub(crate) fn next(&self) -> PredictionId {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let later = |last: u64| Some(now.max(last.wrapping_add(1)));
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later).unwrap_or(now);
        PredictionId(text(now.max(last.wrapping_add(1))))
    }
}

/// Writes `pred_` and sixteen hexadecimal digits. Each prediction has such a name, so it is done without the formatter.
fn text(number: u64) -> Arc<str> {
    let mut text = *b"pred_0000000000000000";
    let mut rest = number;
    for place in text.iter_mut().skip("pred_".len()).rev() {
        let digit = (rest & 15) as u8;
        *place = digit + if digit < 10 { b'0' } else { b'a' - 10 };
        rest >>= 4;
    }
    // It is ASCII.
    str::from_utf8(&text).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_are_written_as_cog_writes_them() {
        for number in [0, 15, 0x0123_4567_89ab_cdef, u64::MAX] {
            assert_eq!(*text(number), format!("pred_{number:016x}"));
        }
    }
}
