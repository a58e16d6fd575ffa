//! What can happen to a prediction.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::metric::{MetricMode, MetricName, MetricValue};

/// Something that happened to a prediction. Cheap to clone: what is large in it is shared.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// It has a slot and begins. At most once, before all that its code does.
    Started {
        /// When.
        at: Timestamp,
        /// How long it waited for a slot; `None` if one was free.
        waited: Option<Duration>,
    },
    /// Its code logged something.
    Log {
        /// Where the text came from.
        source: LogSource,
        /// The text, with its line ends.
        text: Arc<str>,
    },
    /// Its code recorded a metric.
    Metric {
        /// The metric's name, dots and all.
        name: MetricName,
        /// The value as it was recorded, not the sum; `None` if the metric was deleted.
        value: Option<MetricValue>,
        /// How the value meets the one before.
        mode: MetricMode,
    },
    /// Its code told how far it is.
    Progress {
        /// The part that is done, from 0 to 1.
        fraction: f64,
        /// What is being done.
        message: Option<Arc<str>>,
    },
    /// A part of its output is there.
    Output {
        /// The part's position, counted from 0.
        index: usize,
        /// The part as JSON.
        chunk: Bytes,
    },
    /// It is over. Exactly once, and last.
    Completed(Completion),
}

impl Event {
    /// How many bytes of memory it takes that nobody else does. The output is the prediction's as well, and so no burden.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Log { text, .. } => text.len(),
            Self::Progress { message, .. } => message.as_ref().map_or(0, |message| message.len()),
            Self::Metric { value, .. } => value.as_ref().map_or(0, MetricValue::weight),
            Self::Started { .. } | Self::Output { .. } | Self::Completed(_) => 0,
        }
    }
}

/// How a prediction ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Completion {
    /// One of the terminal states.
    pub status: Status,
    /// Why it failed, if it did.
    pub error: Option<Arc<str>>,
    /// When it ended.
    pub at: Timestamp,
    /// How long it took since it was created, fetching and publishing files included.
    pub predict_time: Duration,
}

impl Completion {
    pub(super) const fn new(
        status: Status,
        error: Option<Arc<str>>,
        at: Timestamp,
        predict_time: Duration,
    ) -> Self {
        Self { status, error, at, predict_time }
    }
}

/// Where in its life a prediction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Accepted, and not running yet.
    Starting,
    /// Running.
    Processing,
    /// Over: it made its output.
    Succeeded,
    /// Over: it met an error.
    Failed,
    /// Over: it was told to stop.
    Canceled,
}

impl Status {
    /// Returns the word for this state.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Tells whether nothing follows this state.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }
}

/// Where a logged text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogSource {
    /// Standard output.
    Stdout,
    /// Standard error, which is where `tracing` goes.
    Stderr,
}

impl LogSource {
    /// Returns the word for this source.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}
