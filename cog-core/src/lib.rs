//! Write a machine-learning model as a Rust type, and run it.
//!
//! An author derives [`Input`] for a struct, implements [`Predictor`] and gets a published input schema, validation, typed outputs,
//! streaming, files, metrics, logs and cancellation; a [`Trainer`] gets the same. The [`Engine`] runs one predictor on a fixed number of slots and tells what
//! happens as a sequence of [`Event`]s; whoever wants to know reads that sequence. The `cog-server` crate is such a reader, and so
//! is any program that embeds the engine.
//!
//! This crate knows nothing of HTTP, command lines or environment variables.

// What the derives write names the crate as its users do.
#[cfg(test)]
extern crate self as cog_core;

// In reading order.
mod device;
mod error;
mod predictor;
mod setup;
mod trainer;
mod weights;

mod field;
mod input;
mod output;

mod file;
mod secret;

pub mod schema;

mod metric;
mod scope;

mod engine;
mod prediction;

mod batch;

#[cfg(feature = "audio")]
pub mod audio;
#[cfg(feature = "candle")]
pub mod candle;
#[cfg(feature = "image")]
pub mod picture;

#[doc(hidden)]
pub mod __private;

pub use anyhow;
pub use async_trait::async_trait;
pub use cog_macros::{Choices, Input, Output};
pub use serde_json::{Value, json};
pub use tokio_util::sync::CancellationToken;

pub use crate::batch::{
    BatchItem, BatchLimits, BatchOutput, BatchPredictor, BatchStream, Batched, Oversized, Reply,
};
pub use crate::device::{DevicePreference, DevicePreferenceError};
pub use crate::engine::{
    CancelOnDrop, Engine, EngineConfig, HealthReport, OutputCapture, Phase, PredictionHandle, Rejection,
    Request, Retention, SetupRecord, SetupStatus, Watcher,
};
pub use crate::error::{Canceled, Defunct, Error, Result};
pub use crate::field::FieldPath;
pub use crate::file::{
    Fetch, FetchError, FetchRequest, Path, Publish, PublishContent, PublishError, PublishRequest, media_type,
};
pub use crate::input::{Choices, DecodeError, FileVisitor, Input, InputValue, Json};
pub use crate::metric::{MetricError, MetricMode, MetricName, MetricValue};
pub use crate::output::{
    ConcatenateStream, Deliver, EncodeError, Encoder, IntoItem, Output, OutputStream, OutputValue,
};
pub use crate::prediction::{
    Completion, Event, Events, LOG_TEXT_LIMIT, Lagged, LogSource, Prediction, PredictionId,
    PredictionIdError, PredictionOutput, Status, cut_log_text,
};
pub use crate::predictor::Predictor;
pub use crate::schema::Schema;
pub use crate::scope::{PredictionLogs, Scope, current_scope};
pub use crate::secret::Secret;
pub use crate::setup::Setup;
pub use crate::trainer::{Trainer, Training};
pub use crate::weights::{
    HubFile, NamedWeights, Sha256, Sha256Error, Weights, WeightsError, WeightsRequest, WeightsStore,
};
