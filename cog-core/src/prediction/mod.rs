//! One prediction: its identity, its events, and the object that they add up to.
//!
//! A prediction *is* the sequence of its [`Event`]s, and the [`Prediction`] object is the fold of that sequence. The record of a
//! prediction owns both: the code that runs the prediction appends, any number of readers follow at their own pace, and nobody else
//! keeps a copy of the status. A reader can neither slow the prediction down nor make it hold more than a bounded history.

mod event;
mod events;
mod id;
mod log_text;
mod object;
mod record;

pub use self::event::{Completion, Event, LogSource, Status};
pub use self::events::{Events, Lagged};
pub(crate) use self::id::IdSequence;
pub use self::id::{PredictionId, PredictionIdError};
pub use self::log_text::{LOG_TEXT_LIMIT, cut_log_text};
pub use self::object::{Prediction, PredictionOutput};
pub(crate) use self::record::{HearCancel, Record};
