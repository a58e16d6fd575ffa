//! Finds where in a recording somebody speaks.
//!
//! `model` is the network, `segments` makes parts of the recording of what the network says.
//!
//! Run with: `cargo run --release -p detect-speech`

mod model;
mod segments;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use candle_core::DType;
use candle_nn::VarBuilder;
use cog_core::{Input, Output, Path, Predictor, Result, Scope, Setup, audio, candle};

use crate::model::{Detector, RATE, WINDOW};
use crate::segments::{Rules, Segment};

/// The weights that the program carries, so that it runs without a download.
const EMBEDDED: &[u8] = include_bytes!("../weights/silero_vad_16k.safetensors");

/// How long a recording may be.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// How long a window is, in seconds.
const SECONDS: f64 = WINDOW as f64 / RATE as f64;

/// What a client asks for.
#[derive(Input)]
struct Request {
    /// Recording to look at: WAV, MP3, FLAC or Ogg Vorbis, of at most two hours.
    audio: Path,
    /// From which probability on it is speech.
    #[input(default = 0.5, ge = 0.05, le = 0.99)]
    threshold: f64,
    /// How long speech takes at least, in seconds. What is shorter is left out.
    #[input(default = 0.25, ge = 0.0, le = 60.0)]
    min_speech: f64,
    /// How long a pause takes at least, in seconds. A shorter one does not part what is said.
    #[input(default = 0.1, ge = 0.0, le = 60.0)]
    min_silence: f64,
}

/// What is found.
#[derive(Output)]
struct Speech {
    /// Where somebody speaks, in order.
    segments: Vec<Segment>,
    /// How long the recording is, in seconds.
    duration: f64,
}

struct DetectSpeech {
    detector: Detector,
}

impl Predictor for DetectSpeech {
    type Input = Request;
    type Output = Speech;

    async fn setup(setup: &Setup) -> Result<Self> {
        let device = candle::device(setup)?;
        let weights = match setup.weights() {
            None => VarBuilder::from_slice_safetensors(EMBEDDED, DType::F32, &device)?,
            Some(weights) => candle::tensors(&setup.locate(weights).await?, DType::F32, &device)?,
        };
        Ok(Self { detector: Detector::load(&weights).context("cannot load the weights")? })
    }

    async fn predict(&self, request: Request, scope: Scope) -> Result<Speech> {
        let began = Instant::now();
        let samples = audio::read(&request.audio, RATE, LONGEST, &scope)?;
        scope.record_metric("timing.read", began.elapsed().as_secs_f64())?;

        let began = Instant::now();
        let probabilities = self.detector.probabilities(&samples, |done| {
            scope.progress(done);
            Ok(scope.check()?)
        })?;
        scope.record_metric("timing.detect", began.elapsed().as_secs_f64())?;

        let duration = samples.len() as f64 / f64::from(RATE);
        let windows = |seconds: f64| (seconds / SECONDS).round() as usize;
        let rules = Rules {
            threshold: request.threshold,
            min_speech: windows(request.min_speech),
            min_silence: windows(request.min_silence),
        };
        let mut segments = rules.segments(&probabilities, SECONDS);
        // The last window may reach beyond the end.
        if let Some(last) = segments.last_mut() {
            last.end = last.end.min(duration);
        }
        Ok(Speech { segments, duration })
    }
}

fn main() -> std::process::ExitCode {
    cog_server::main::<DetectSpeech>()
}
