//! The predictor: a recording in, what is said in it out.

use std::time::{Duration, Instant};

use cog_core::{Input, Output, Path, Predictor, Result, Scope, Setup, audio, candle, current_scope};

use crate::mel::RATE;
use crate::segments::Segment;
use crate::{Files, Transcriber};

/// How long a recording may be.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// What a client asks for.
#[derive(Debug, Input)]
pub struct Request {
    /// Recording of somebody who speaks English: WAV, MP3, FLAC or Ogg Vorbis, of at most two hours.
    pub audio: Path,
}

/// What is said.
#[derive(Debug, Output, PartialEq)]
pub struct Transcript {
    /// All of it.
    pub text: String,
    /// Its parts, in order.
    pub segments: Vec<Segment>,
    /// How long the recording is, in seconds.
    pub duration: f64,
}

/// The model.
pub struct Transcribe {
    model: Transcriber,
}

impl Predictor for Transcribe {
    type Input = Request;
    type Output = Transcript;

    async fn setup(setup: &Setup) -> Result<Self> {
        let files = Files::locate(setup).await?;
        let model = Transcriber::load(&files, &candle::device(setup)?)?;
        current_scope().log(format_args!("loaded `{}`", files.tensors.display()));
        Ok(Self { model })
    }

    async fn predict(&self, request: Request, scope: Scope) -> Result<Transcript> {
        let began = Instant::now();
        let samples = audio::read(&request.audio, RATE, LONGEST, &scope)?;
        let duration = samples.len() as f64 / f64::from(RATE);
        scope.record_metric("timing.read", began.elapsed().as_secs_f64())?;

        let mut segments = Vec::new();
        let mut transcription = self.model.transcribe(&samples, || Ok(scope.check()?));
        scope.progress(0.);
        while let Some(found) = transcription.next() {
            for Segment { start, end, text } in found.as_deref().unwrap_or_default() {
                scope.log(format_args!("[{start:.2} --> {end:.2}]{text}"));
            }
            segments.extend(found?);
            scope.progress(transcription.done());
        }
        let (encoder, decoder) = transcription.times;
        scope.record_metric("timing.encode", encoder.as_secs_f64())?;
        scope.record_metric("timing.decode", decoder.as_secs_f64())?;
        scope.record_metric("tokens", transcription.tokens as u64)?;
        scope.record_metric("real_time_factor", began.elapsed().as_secs_f64() / duration)?;
        let text = segments.iter().map(|segment| segment.text.as_str()).collect();
        Ok(Transcript { text, segments, duration })
    }
}
