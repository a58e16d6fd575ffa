//! What the setup of a model is given.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;

use crate::device::DevicePreference;
use crate::error::Result;
use crate::weights::{self, NamedWeights, Weights, WeightsRequest, WeightsStore};

/// What [`Predictor::setup`](crate::Predictor::setup) is given: the weights that whoever runs the model names, the
/// way to them, and the device to run on.
///
/// ```
/// # use cog_core::{Result, Setup};
/// # struct Model;
/// async fn setup(setup: &Setup) -> Result<Model> {
///     // What `COG_WEIGHTS` or `cog.yaml` names, or else this; on this machine when the await is over.
///     let path = setup.weights_or("hf://owner/repo@main/model.safetensors").await?;
///     let bytes = std::fs::read(path)?;
/// #   let _ = bytes;
///     // …
/// #   Ok(Model)
/// }
/// ```
#[derive(Clone, Default)]
pub struct Setup {
    weights: Option<Weights>,
    named: Vec<NamedWeights>,
    store: Option<Arc<dyn WeightsStore>>,
    device: DevicePreference,
}

impl Setup {
    /// A setup that is given these weights, or none. It brings nothing to this machine.
    #[must_use]
    pub const fn new(weights: Option<Weights>) -> Self {
        Self { weights, named: Vec::new(), store: None, device: DevicePreference::Auto }
    }

    /// The same with weights that have names (`weights` of `cog.yaml`).
    #[must_use]
    pub fn with_named_weights(self, named: Vec<NamedWeights>) -> Self {
        Self { named, ..self }
    }

    /// The same with somebody who brings weights to this machine.
    #[must_use]
    pub fn with_store(self, store: Option<Arc<dyn WeightsStore>>) -> Self {
        Self { store, ..self }
    }

    /// The same with a wish for a device.
    #[must_use]
    pub fn with_device(self, device: DevicePreference) -> Self {
        Self { device, ..self }
    }

    /// The device that whoever runs the model wants it on (`COG_DEVICE`). Models on candle ask `candle::device` for it.
    #[must_use]
    pub const fn device_preference(&self) -> DevicePreference {
        self.device
    }

    /// The weights to load in place of the model's own, if whoever runs the model names any: with `COG_WEIGHTS`, or else first in
    /// `cog.yaml`.
    #[must_use]
    pub fn weights(&self) -> Option<&Weights> {
        self.weights.as_ref().or_else(|| self.named.first().map(|first| &first.source))
    }

    /// Returns the path of these weights: the [weights](Self::weights) that somebody names, or else those at `default`, which is a path, an
    /// URL or `hf://owner/repo@revision/file`.
    ///
    /// # Errors
    /// Those of [`locate`](Self::locate), and a `default` that names no weights.
    pub async fn weights_or(&self, default: &str) -> Result<PathBuf> {
        match self.weights() {
            Some(weights) => self.locate(weights).await,
            None => self.locate(&default.parse()?).await,
        }
    }

    /// Returns the path of the weights that `cog.yaml` calls `name`.
    ///
    /// # Errors
    /// Those of [`locate`](Self::locate), and a `name` that is not there.
    pub async fn named_weights(&self, name: &str) -> Result<PathBuf> {
        let found = self.named.iter().find(|weights| weights.name == name).ok_or_else(|| {
            let known: Vec<_> = self.named.iter().map(|weights| format!("`{}`", weights.name)).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            anyhow!("no weights are called `{name}`; add them to `weights` of `cog.yaml`, where there are: {known}")
        })?;
        self.locate(&found.source).await
    }

    /// Returns the path of `weights`: a file or a directory that is there. What is elsewhere is brought here first, and kept.
    ///
    /// # Errors
    /// An error that says what is missing, from where, and why. It is meant to become the error of the setup.
    pub async fn locate(&self, weights: &Weights) -> Result<PathBuf> {
        let known = self.named.iter().find(|known| known.source == *weights);
        let request = WeightsRequest::new(weights, known.and_then(|known| known.sha256));
        weights::locate(request, self.store.as_deref()).await
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Setup")
            .field("weights", &self.weights)
            .field("named", &self.named)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
