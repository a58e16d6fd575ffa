//! What the engine is told, and how it says no.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{OutputCapture, Retention};
use crate::device::DevicePreference;
use crate::file::{Fetch, Publish};
use crate::prediction::PredictionId;
use crate::schema::Violations;
use crate::weights::{NamedWeights, Weights, WeightsStore};

/// How an engine runs its predictor.
///
/// ```
/// use std::num::NonZeroUsize;
///
/// let config = cog_core::EngineConfig { slots: NonZeroUsize::new(4), ..Default::default() };
/// ```
#[derive(Clone)]
pub struct EngineConfig {
    /// How many predictions may run at once; the predictor's own number if `None`.
    pub slots: Option<NonZeroUsize>,
    /// How many predictions may wait for a slot; none if 0.
    pub max_queue: usize,
    /// The weights that `setup` is offered.
    pub weights: Option<Weights>,
    /// The device that the model shall run on, if it asks.
    pub device: DevicePreference,
    /// Weights that `setup` can ask for by name.
    pub named_weights: Vec<NamedWeights>,
    /// Who brings weights to this machine; if `None`, they can only be paths.
    pub weights_store: Option<Arc<dyn WeightsStore>>,
    /// Who fetches files of inputs; if `None`, they can only be `data:` URLs.
    pub fetcher: Option<Arc<dyn Fetch>>,
    /// Who publishes files of outputs; if `None`, they become `data:` URLs.
    pub publisher: Option<Arc<dyn Publish>>,
    /// Where predictions get their directories; the system's temporary directory if `None`.
    pub temp_directory: Option<PathBuf>,
    /// How many events of a prediction are told again to readers that come late: none if 0. For readers that are slow at least 1024 are kept
    /// in any case.
    pub history_capacity: usize,
    /// How many bytes the logs, progress messages and metrics among these events may have.
    pub max_history_bytes: usize,
    /// How many bytes a prediction may log. Of what is beyond, a line says that it was left out.
    pub max_log_bytes: usize,
    /// Who hears what author code prints; if `None`, nobody does.
    pub output_capture: Option<Arc<dyn OutputCapture>>,
    /// How much is kept of predictions that are over.
    pub retention: Retention,
    /// How long `setup` may take; for ever if `None`.
    pub setup_timeout: Option<Duration>,
    /// How long `healthcheck` may take before the predictor counts as unhealthy.
    pub healthcheck_timeout: Duration,
    /// How long a prediction may go on after a cancel before it says in its logs, and in the server's, that its slot stays taken.
    pub cancel_grace: Duration,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            slots: None,
            max_queue: 0,
            weights: None,
            device: DevicePreference::default(),
            named_weights: Vec::new(),
            weights_store: None,
            fetcher: None,
            publisher: None,
            temp_directory: None,
            history_capacity: 1024,
            max_history_bytes: 16 << 20,
            max_log_bytes: 64 << 20,
            output_capture: None,
            retention: Retention::default(),
            setup_timeout: None,
            healthcheck_timeout: Duration::from_secs(5),
            cancel_grace: Duration::from_secs(10),
        }
    }
}

impl fmt::Debug for EngineConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EngineConfig")
            .field("slots", &self.slots)
            .field("max_queue", &self.max_queue)
            .field("weights", &self.weights)
            .field("device", &self.device)
            .field("named_weights", &self.named_weights)
            .field("weights_store", &self.weights_store.as_ref().map(|_| "WeightsStore"))
            .field("fetcher", &self.fetcher.as_ref().map(|_| "Fetch"))
            .field("publisher", &self.publisher.as_ref().map(|_| "Publish"))
            .field("temp_directory", &self.temp_directory)
            .field("history_capacity", &self.history_capacity)
            .field("max_history_bytes", &self.max_history_bytes)
            .field("max_log_bytes", &self.max_log_bytes)
            .field("output_capture", &self.output_capture.as_ref().map(|_| "OutputCapture"))
            .field("retention", &self.retention)
            .field("setup_timeout", &self.setup_timeout)
            .field("healthcheck_timeout", &self.healthcheck_timeout)
            .field("cancel_grace", &self.cancel_grace)
            .finish()
    }
}

/// What is asked of the predictor.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The name the prediction shall have; one is made up if `None`.
    pub id: Option<PredictionId>,
    /// The input; `null` stands for one with no fields.
    pub input: Value,
    /// Texts for the model that are no part of the input.
    pub context: HashMap<String, String>,
    /// Whether the prediction can be found by its name when it is over, for as long as the engine's [`Retention`] allows.
    pub is_kept: bool,
    /// Whether the prediction is canceled when the last [`Watcher`](crate::Watcher) leaves.
    pub ends_unwatched: bool,
    /// How long the prediction may take from now on, waiting and running: then it is canceled. For ever if `None`.
    pub deadline: Option<Duration>,
}

impl Request {
    /// A request with this input and nothing else.
    #[must_use]
    pub fn new(input: Value) -> Self {
        Self { input, ..Self::default() }
    }
}

/// Why a request is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The setup has not ended yet.
    #[error("setup has not finished yet")]
    Starting,
    /// The setup has failed.
    #[error("setup failed: {0}")]
    SetupFailed(Arc<str>),
    /// The model has said that it cannot be used any more.
    #[error("the model cannot be used any more: {0}")]
    Defunct(Arc<str>),
    /// The engine is stopping, or has stopped.
    #[error("the engine has been stopped")]
    Stopped,
    /// The input is not what the schema asks for.
    #[error("invalid input: {0}")]
    Invalid(#[from] Violations),
    /// A prediction of this name is running.
    #[error("a prediction with ID `{0}` is already running")]
    AlreadyRunning(PredictionId),
    /// No slot is free, and as many wait for one as may.
    #[error("all {slots} prediction slots are busy")]
    AtCapacity {
        /// How many slots there are.
        slots: usize,
    },
}
