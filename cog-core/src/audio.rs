//! Recordings as models want them: decoded, the channels mixed to one, resampled. The feature `audio` has it.
//!
//! [`read`] takes WAV, MP3, FLAC and Ogg Vorbis of 1,000 to 384,000 samples a second and any number of channels. A file that is not one of
//! these, damaged or empty is refused with a line that says so and what to send instead.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as AudioError;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType, probe::Hint};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use crate::anyhow::{Context as _, anyhow, ensure};
use crate::error::{Error, Result};
use crate::scope::Scope;

/// The sample rates that are in use, in samples a second. A resampler for others would be as large as the file says.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;

/// Returns a recording as one channel of `rate` samples a second.
///
/// A sample is 0 in silence and from -1 to 1 where nothing is louder than its format can say; resampling, and formats that lose something,
/// may go a little beyond. The first sample is that of the beginning of the recording, and there are as many as it is long. All of them are
/// in memory, four bytes each, and no more than `longest` has; the file itself is read piece by piece.
///
/// ```no_run
/// # use std::time::Duration;
/// # use cog_core::{Path, Result, Scope, audio};
/// fn loudness(recording: &Path, scope: &Scope) -> Result<f32> {
///     let samples = audio::read(recording, 16_000, Duration::from_secs(60), scope)?;
///     let energy: f32 = samples.iter().map(|sample| sample * sample).sum();
///     Ok((energy / samples.len() as f32).sqrt())
/// }
/// ```
///
/// # Errors
/// When the file cannot be read, is no recording in one of the formats, is damaged, has no sound in it, or takes longer than `longest`.
///
/// # Cancellation
/// `scope` is asked between any two pieces of the file.
pub fn read(path: &Path, rate: u32, longest: Duration, scope: &Scope) -> Result<Vec<f32>> {
    let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    ensure!(file.metadata()?.len() > 0, "the file is empty; send a WAV, MP3, FLAC or Ogg file");
    let Recording { mut format, mut decoder, track } = open(file)?;

    let mut samples = None;
    let mut interleaved = Vec::new();
    while let Some(packet) = format.next_packet().map_err(damaged)? {
        scope.check()?;
        if packet.track_id != track {
            continue;
        }
        let decoded = match decoder.decode(&packet) {
            Ok(decoded) => decoded,
            // As players do: a part that is missing is no reason to refuse the rest.
            Err(AudioError::DecodeError(_)) => continue,
            Err(error) => return Err(damaged(error)),
        };
        let (from, channels) = (decoded.spec().rate(), decoded.spec().channels().count());
        let samples = match &mut samples {
            Some(samples) => samples,
            none => none.insert(Samples::new(from, rate, longest)?),
        };
        decoded.copy_to_vec_interleaved::<f32>(&mut interleaved);
        samples.push(from, interleaved.chunks_exact(channels.max(1)).map(mean))?;
    }
    let samples = samples.map(Samples::finish).transpose()?.unwrap_or_default();
    ensure!(!samples.is_empty(), "there is no sound in the file; send another one");
    Ok(samples)
}

/// A file of a known format, whose packets of one track are to be decoded.
struct Recording {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
}

/// Finds out what a file is.
fn open(file: File) -> Result<Recording> {
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let format =
        symphonia::default::get_probe().probe(&Hint::new(), stream, format, metadata).map_err(|_| {
            anyhow!("the file is no recording that can be read; send a WAV, MP3, FLAC or Ogg file")
        })?;
    let track = format.default_track(TrackType::Audio).context("there is no sound in the file")?;
    let codec = track.codec_params.as_ref().and_then(|codec| codec.audio());
    let codec = codec.context("the recording does not say how it is encoded; convert it to WAV")?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(codec, &AudioDecoderOptions::default())
        .context("the recording is encoded in a way that cannot be read; convert it to WAV")?;
    let track = track.id;
    Ok(Recording { format, decoder, track })
}

fn damaged(error: AudioError) -> Error {
    Error::new(error).context("the recording is damaged or cut short; send the whole file")
}

fn mean(frame: &[f32]) -> f32 {
    frame.iter().sum::<f32>() / frame.len() as f32
}

/// Samples that become those of another rate as they come.
struct Samples {
    from: u32,
    to: u32,
    longest: Duration,
    /// None where the rates are the same.
    resampler: Option<Fft<f32>>,
    /// Too few yet for the resampler.
    waiting: Vec<f32>,
    ready: Vec<f32>,
    /// How many samples have come.
    count: usize,
}

impl Samples {
    fn new(from: u32, to: u32, longest: Duration) -> Result<Self> {
        let rates = RATES;
        ensure!(
            rates.contains(&from),
            "the recording has {from} samples a second, and what can be read has {} to {}",
            rates.start(),
            rates.end()
        );
        let resampler = (from != to)
            .then(|| Fft::new(from as usize, to as usize, 1024, 1, FixedSync::Input))
            .transpose()?;
        Ok(Self { from, to, longest, resampler, waiting: Vec::new(), ready: Vec::new(), count: 0 })
    }

    fn push(&mut self, from: u32, samples: impl Iterator<Item = f32>) -> Result<()> {
        ensure!(from == self.from, "the sample rate changes within the recording; convert it to WAV");
        let before = self.waiting.len();
        self.waiting.extend(samples);
        self.count += self.waiting.len() - before;
        ensure!(
            self.count as f64 <= f64::from(self.from) * self.longest.as_secs_f64(),
            "the recording is longer than {} seconds; send it in parts",
            self.longest.as_secs_f64()
        );
        self.resample()
    }

    fn resample(&mut self) -> Result<()> {
        let Some(resampler) = &mut self.resampler else {
            self.ready.append(&mut self.waiting);
            return Ok(());
        };
        loop {
            let needed = resampler.input_frames_next();
            let Some(input) = self.waiting.get(..needed) else { return Ok(()) };
            let output = resampler.process(&SequentialSlice::new(input, 1, needed)?, None)?;
            self.ready.extend(output.take_data());
            self.waiting.drain(..needed);
        }
    }

    /// All samples, without the silence that the resampler begins with.
    fn finish(mut self) -> Result<Vec<f32>> {
        let Some(resampler) = &self.resampler else { return Ok(self.ready) };
        let delay = resampler.output_delay();
        let length = (self.count as u64 * u64::from(self.to)).div_ceil(self.from.into()) as usize;
        while self.ready.len() < delay + length {
            let needed = self.resampler.as_ref().map_or(1, |resampler| resampler.input_frames_next());
            self.waiting.resize(needed.max(self.waiting.len()), 0.);
            self.resample()?;
        }
        self.ready.truncate(delay + length);
        self.ready.drain(..delay);
        Ok(self.ready)
    }
}

#[cfg(test)]
mod tests;
