//! The files of the model, and where they are.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use cog_core::{Setup, Weights};

/// What `cargo xtask models transcribe` makes.
const DEFAULT: &str = "~/.cache/cog/models/transcribe";

/// The files of a Whisper as they are published on Hugging Face.
pub struct Files {
    /// Its tensors.
    pub tensors: PathBuf,
    /// `tokenizer.json`: how tokens become texts.
    pub tokenizer: PathBuf,
}

impl Files {
    /// Finds, or brings, the weights that the setup names and the tokenizer beside them.
    ///
    /// # Errors
    /// When one of them is not to be had.
    pub async fn locate(setup: &Setup) -> Result<Self> {
        let weights = match setup.weights() {
            Some(weights) => weights.clone(),
            None => DEFAULT.parse()?,
        };
        Self::beside(&weights, setup).await.context(
            "cannot find the model: run `cargo xtask models transcribe`, or set `COG_WEIGHTS` to `model.safetensors` of a Whisper \
             for English, with `tokenizer.json` beside it",
        )
    }

    async fn beside(weights: &Weights, setup: &Setup) -> Result<Self> {
        Ok(Self {
            tokenizer: setup.locate(&weights.file("tokenizer.json")).await?,
            tensors: setup.locate(weights).await?,
        })
    }
}
