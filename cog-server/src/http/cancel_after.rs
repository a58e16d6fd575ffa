//! How long a client gives a prediction: the member `cancel_after` of a body, and the `Cancel-After` header.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderMap;
use jiff::SignedDuration;
use serde::de::{Deserialize, Deserializer, Visitor};

use super::error::ApiError;

const NAME: &str = "cancel-after";

/// A time above nothing. What no clock could measure is for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CancelAfter(pub(super) Duration);

/// A time that is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "has to be a time above 0: a number of seconds such as `90`, or a text such as `90s`, `1m30s` or `1h`"
)]
pub(super) struct InvalidCancelAfter;

impl CancelAfter {
    /// Reads the header, if it is there.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let Some(value) = headers.get(NAME) else { return Ok(None) };
        let time = value.to_str().ok().and_then(|text| text.parse().ok());
        time.map(Some).ok_or_else(|| ApiError::Header {
            name: NAME,
            message: format!("the header `Cancel-After` {InvalidCancelAfter}"),
        })
    }
}

impl TryFrom<f64> for CancelAfter {
    type Error = InvalidCancelAfter;

    fn try_from(seconds: f64) -> Result<Self, InvalidCancelAfter> {
        if seconds > 0.0 && seconds.is_finite() {
            Ok(Self(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)))
        } else {
            Err(InvalidCancelAfter)
        }
    }
}

impl FromStr for CancelAfter {
    type Err = InvalidCancelAfter;

    fn from_str(text: &str) -> Result<Self, InvalidCancelAfter> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return seconds.try_into();
        }
        let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
        time.filter(|time| !time.is_zero()).map(Self).ok_or(InvalidCancelAfter)
    }
}

impl<'de> Deserialize<'de> for CancelAfter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText)
    }
}

struct NumberOrText;

impl Visitor<'_> for NumberOrText {
    type Value = CancelAfter;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number of seconds or a text such as `1m30s`")
    }

    fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<CancelAfter, E> {
        let time = Some(seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs);
        time.map(CancelAfter).ok_or_else(|| E::custom(InvalidCancelAfter))
    }

    fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<CancelAfter, E> {
        // Those above 0 come as `u64`.
        let _ = seconds;
        Err(E::custom(InvalidCancelAfter))
    }

    fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<CancelAfter, E> {
        seconds.try_into().map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<CancelAfter, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_durations_are_times() {
        for (text, milliseconds) in [
            ("90", 90_000),
            ("1.5", 1500),
            ("90s", 90_000),
            ("1m30s", 90_000),
            (" 1h ", 3_600_000),
            ("1h5s", 3_605_000),
            ("2h 30m", 9_000_000),
            ("250ms", 250),
            ("0.25s", 250),
            ("1m0s", 60_000),
            ("99999h0m0s", 359_996_400_000),
            ("PT1M30S", 90_000),
        ] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(text.parse::<CancelAfter>().unwrap().0, expected, "{text}");
            assert_eq!(serde_json::from_value::<CancelAfter>(text.into()).unwrap().0, expected, "{text}");
        }
        for (number, expected) in [
            ("90", Duration::from_secs(90)),
            ("0.25", Duration::from_millis(250)),
            ("1e300", Duration::MAX),
            ("18446744073709551615", Duration::from_secs(u64::MAX)),
        ] {
            assert_eq!(serde_json::from_str::<CancelAfter>(number).unwrap().0, expected, "{number}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for text in ["", "0", "-5", "0s", "-5s", "5s ago", "inf", "nan", "soon", "1 fortnight", "5d", "é"] {
            text.parse::<CancelAfter>().unwrap_err();
        }
        for json in ["0", "-1", "0.0", "-0.5", "true", "{}", "[]", r#""soon""#] {
            serde_json::from_str::<CancelAfter>(json).unwrap_err();
        }
    }
}
