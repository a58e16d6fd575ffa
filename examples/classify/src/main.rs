//! Says what is on a picture.
//!
//! `picture` makes pixels of files, `model` is the network.
//!
//! Run with: `cargo run --release -p classify`

mod model;
mod picture;
#[cfg(test)]
mod tests;

use std::time::Instant;

use anyhow::Context as _;
use candle_core::{DType, Device};
use cog_core::{Input, Output, Path, Predictor, Result, Scope, Setup, candle};

use crate::model::Classifier;

/// What `cargo xtask models classify` makes.
const WEIGHTS: &str = "~/.cache/cog/models/classify/model.safetensors";

/// What the classes are called, one in a line.
const NAMES: &str = include_str!("../labels/imagenet.txt");

/// What a client asks for.
#[derive(Input)]
struct Request {
    /// Picture to look at: PNG, JPEG or WebP.
    image: Path,
    /// How many labels to return, the most probable first.
    #[input(default = 5, ge = 1, le = 1000)]
    top_k: usize,
}

/// One thing that may be on the picture.
#[derive(Debug, Output)]
struct Label {
    /// What it is called.
    label: String,
    /// Its number among the 1,000 classes of ImageNet, from 0.
    class: usize,
    /// How probable it is, from 0 to 1. Those of all classes add up to 1.
    score: f32,
}

struct Classify {
    classifier: Classifier,
    device: Device,
}

impl Predictor for Classify {
    type Input = Request;
    type Output = Vec<Label>;

    async fn setup(setup: &Setup) -> Result<Self> {
        let device = candle::device(setup)?;
        let path = setup.weights_or(WEIGHTS).await.context(
            "cannot find the weights: run `cargo xtask models classify`, or set `COG_WEIGHTS` to a file of an EfficientNet-Lite0",
        )?;
        let weights = candle::tensors(&path, DType::F32, &device)?;
        Ok(Self { classifier: Classifier::load(&weights)?, device })
    }

    async fn predict(&self, request: Request, scope: Scope) -> Result<Vec<Label>> {
        let began = Instant::now();
        let picture = picture::read(&request.image, &self.device)?;
        scope.record_metric("timing.read", began.elapsed().as_secs_f64())?;
        scope.check()?;

        let began = Instant::now();
        let scores = self.classifier.probabilities(&picture)?;
        scope.record_metric("timing.classify", began.elapsed().as_secs_f64())?;

        let mut labels: Vec<_> = NAMES
            .lines()
            .zip(scores)
            .enumerate()
            .map(|(class, (label, score))| Label { label: label.to_owned(), class, score })
            .collect();
        labels.sort_by(|one, other| other.score.total_cmp(&one.score));
        labels.truncate(request.top_k);
        Ok(labels)
    }
}

fn main() -> std::process::ExitCode {
    cog_server::main::<Classify>()
}
