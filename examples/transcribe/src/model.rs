//! The model: from samples to what is said, window by window.
//!
//! Owns the weights, which never change, so recordings may be transcribed side by side.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use candle_core::{DType, Device};
use cog_core::candle;

use crate::decoding::decode;
use crate::mel::{RATE, Spectrogram, WINDOW};
use crate::network::Network;
use crate::segments::{Cut, Segment, cut};
use crate::{Files, Vocabulary};

/// Where no sample is louder, it is as good as silence, of which the network knows tales to tell: 66 decibels below the loudest.
const SILENCE: f32 = 0.000_5;
/// A rest that is shorter is the end of a sound, in samples: a tenth of a second.
const SHORTEST: usize = RATE as usize / 10;

/// A Whisper with its weights and its vocabulary.
pub struct Transcriber {
    spectrogram: Spectrogram,
    network: Network,
    vocabulary: Vocabulary,
}

/// A recording that is being transcribed: an iterator over its windows.
pub struct Transcription<'a, C> {
    model: &'a Transcriber,
    samples: &'a [f32],
    /// Asked between any two pieces of the work. Its error ends the work.
    check: C,
    /// The first sample that is not dealt with.
    place: usize,
    /// How long the encoder has worked, and the decoder.
    pub times: (Duration, Duration),
    /// How many tokens have been written.
    pub tokens: usize,
}

impl Transcriber {
    /// Reads the files and puts the network on `device`.
    ///
    /// # Errors
    /// When a file is missing or is not what it should be; the message names the file, and the tensor.
    pub fn load(files: &Files, device: &Device) -> Result<Self> {
        let network = Network::load(&candle::tensors(&files.tensors, DType::F32, device)?)
            .context("cannot load the weights")?;
        Ok(Self {
            spectrogram: Spectrogram::new(network.pitches(), device)?,
            vocabulary: Vocabulary::load(&files.tokenizer, network.vocabulary())?,
            network,
        })
    }

    /// The tokens that the model knows.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Begins to transcribe samples, of which there are [`RATE`] a second.
    pub fn transcribe<'a, C: Fn() -> Result<()>>(
        &'a self,
        samples: &'a [f32],
        check: C,
    ) -> Transcription<'a, C> {
        Transcription { model: self, samples, check, place: 0, times: Default::default(), tokens: 0 }
    }
}

impl<C: Fn() -> Result<()>> Transcription<'_, C> {
    /// How much of the recording is dealt with, from 0 to 1.
    pub fn done(&self) -> f64 {
        self.place as f64 / self.samples.len().max(1) as f64
    }

    /// Listens to the window that begins at `place`, of which `samples` are in the recording.
    fn window(&mut self, samples: usize) -> Result<Cut> {
        let Transcriber { spectrogram, network, vocabulary } = self.model;
        let began = Instant::now();
        let spectrogram = spectrogram.of(self.samples, self.place, &self.check)?;
        let heard = network.hear(&spectrogram, &self.check)?;
        self.times.0 += began.elapsed();

        let began = Instant::now();
        let decoded = decode(network, vocabulary, &heard, &self.check)?;
        self.times.1 += began.elapsed();
        self.tokens += decoded.tokens.len();
        if decoded.is_silence() {
            return Ok(Cut { segments: Vec::new(), samples: WINDOW });
        }
        cut(vocabulary, &decoded.tokens, samples)
    }
}

/// For each window there are the segments in it, with times from the beginning of the recording on.
impl<C: Fn() -> Result<()>> Iterator for Transcription<'_, C> {
    type Item = Result<Vec<Segment>>;

    fn next(&mut self) -> Option<Result<Vec<Segment>>> {
        let rest = self.samples.get(self.place..)?;
        let rest = &rest[..rest.len().min(WINDOW)];
        if rest.is_empty() {
            return None;
        }
        let is_silent = rest.iter().all(|sample| sample.abs() < SILENCE);
        let cut = if is_silent || rest.len() < SHORTEST {
            Ok(Cut { segments: Vec::new(), samples: WINDOW })
        } else {
            self.window(rest.len())
        };
        Some(cut.map(|Cut { mut segments, samples }| {
            let start = self.place as f64 / f64::from(RATE);
            for segment in &mut segments {
                segment.start += start;
                segment.end += start;
            }
            self.place = self.samples.len().min(self.place + samples);
            segments
        }))
    }
}
