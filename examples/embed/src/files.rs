//! The files of the model, and where they are.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use cog_core::{Setup, Weights};

/// What `cargo xtask models embed` makes.
const DEFAULT: &str = "~/.cache/cog/models/embed";

/// The files of a BERT as they are published on Hugging Face.
pub struct Files {
    /// Its tensors.
    pub tensors: PathBuf,
    /// `config.json`: how large it is.
    pub config: PathBuf,
    /// `tokenizer.json`: how texts become tokens.
    pub tokenizer: PathBuf,
}

impl Files {
    /// Finds, or brings, the weights that the setup names and the two files beside them.
    ///
    /// # Errors
    /// When one of them is not to be had.
    pub async fn locate(setup: &Setup) -> Result<Self> {
        let weights = match setup.weights() {
            Some(weights) => weights.clone(),
            None => DEFAULT.parse()?,
        };
        Self::beside(&weights, setup).await.context(
            "cannot find the model: run `cargo xtask models embed`, or set `COG_WEIGHTS` to `model.safetensors` of a BERT, with \
             `config.json` and `tokenizer.json` beside it",
        )
    }

    async fn beside(weights: &Weights, setup: &Setup) -> Result<Self> {
        Ok(Self {
            config: setup.locate(&weights.file("config.json")).await?,
            tokenizer: setup.locate(&weights.file("tokenizer.json")).await?,
            tensors: setup.locate(weights).await?,
        })
    }
}
