//! What the network hears: how loud each pitch is, a hundred times a second, on the scale of Whisper.
//!
//! The spectrum is a product of matrices, so that it is computed where the network is, and a cancel is heeded between parts of it.

use std::f64::consts::TAU;

use anyhow::Result;
use candle_core::{DType, Device, Tensor};

/// Samples a second.
pub const RATE: u32 = 16_000;
/// How many samples the network looks at together: 30 seconds.
pub const WINDOW: usize = 30 * RATE as usize;
/// How many samples one frame is after the other.
const HOP: usize = 160;
/// How many samples are looked at for a frame. Its own place is in their middle.
const WIDTH: usize = 400;
/// Frames of a window.
const FRAMES: usize = WINDOW / HOP;
/// Places of a window: the network makes one of two frames.
pub const PLACES: usize = FRAMES / 2;
/// How many frames are computed at once.
const PART: usize = 500;
/// Frequencies of a spectrum: one each 40 Hz.
const FREQUENCIES: usize = WIDTH / 2 + 1;

/// Makes spectrograms.
pub struct Spectrogram {
    /// `[samples, 2 * frequencies]`: cosines and sines that fade out at their ends.
    waves: Tensor,
    /// `[frequencies, pitches]`.
    filters: Tensor,
}

impl Spectrogram {
    /// For so many pitches, on `device`.
    ///
    /// # Errors
    /// When the device fails.
    pub fn new(pitches: usize, device: &Device) -> Result<Self> {
        let wave = |sample: usize, column: usize| {
            let angle = TAU * (sample * (column % FREQUENCIES)) as f64 / WIDTH as f64;
            let fading = (1. - (TAU * sample as f64 / WIDTH as f64).cos()) / 2.;
            (fading * if column < FREQUENCIES { angle.cos() } else { angle.sin() }) as f32
        };
        let waves =
            (0..WIDTH).flat_map(|sample| (0..2 * FREQUENCIES).map(move |column| wave(sample, column)));
        let filters = filters(pitches).concat();
        Ok(Self {
            waves: Tensor::from_iter(waves, device)?.reshape((WIDTH, 2 * FREQUENCIES))?,
            filters: Tensor::from_vec(filters, (pitches, FREQUENCIES), device)?.t()?.contiguous()?,
        })
    }

    /// The spectrogram `[1, pitches, frames]` of the window that begins at a sample. What is beyond the last sample is silence.
    ///
    /// # Errors
    /// Those of `check`, which is asked now and then, and of the device.
    pub fn of(&self, samples: &[f32], start: usize, check: impl Fn() -> Result<()>) -> Result<Tensor> {
        let mut parts = Vec::new();
        for first in (0..FRAMES).step_by(PART) {
            check()?;
            let places = (first..first + PART).flat_map(|frame| (0..WIDTH).map(move |at| frame * HOP + at));
            // What would be before the first sample is mirrored.
            let sample = |place: usize| samples.get((start + place).abs_diff(WIDTH / 2)).copied();
            let seen =
                Tensor::from_iter(places.map(|place| sample(place).unwrap_or(0.)), self.waves.device())?;
            let waves = seen.reshape((PART, WIDTH))?.matmul(&self.waves)?.sqr()?;
            let power = (waves.narrow(1, 0, FREQUENCIES)? + waves.narrow(1, FREQUENCIES, FREQUENCIES)?)?;
            parts.push(power.matmul(&self.filters)?);
        }
        let loudness = (Tensor::cat(&parts, 0)?.maximum(1e-10)?.log()? / std::f64::consts::LN_10)?;
        let loudest: f32 = loudness.max_all()?.to_dtype(DType::F32)?.to_scalar()?;
        let scaled = ((loudness.maximum(f64::from(loudest) - 8.)? + 4.)? / 4.)?;
        Ok(scaled.t()?.unsqueeze(0)?.contiguous()?)
    }
}

/// How much of each frequency belongs to a pitch: triangles that overlap, of equal area, and equally far from one another on the scale of
/// Slaney's Auditory Toolbox, which is linear below 1,000 Hz and logarithmic above.
fn filters(pitches: usize) -> Vec<Vec<f32>> {
    const LINEAR: f64 = 3. / 200.;
    const BREAK: f64 = 1_000.;
    let step = 6.4_f64.ln() / 27.;
    let highest = LINEAR * BREAK + (f64::from(RATE) / 2. / BREAK).ln() / step;
    let hertz = |place: usize| {
        let pitch = highest * place as f64 / (pitches + 1) as f64;
        let above = pitch - LINEAR * BREAK;
        if above < 0. { pitch / LINEAR } else { BREAK * (above * step).exp() }
    };
    let filter = |pitch: usize| {
        let (low, middle, high) = (hertz(pitch), hertz(pitch + 1), hertz(pitch + 2));
        let weight = move |frequency: usize| {
            let frequency = frequency as f64 * f64::from(RATE) / WIDTH as f64;
            let (rising, falling) =
                ((frequency - low) / (middle - low), (high - frequency) / (high - middle));
            (rising.min(falling).max(0.) * 2. / (high - low)) as f32
        };
        (0..FREQUENCIES).map(weight).collect()
    };
    (0..pitches).map(filter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of the `mel_filters.npz` that OpenAI publishes with Whisper.
    #[test]
    fn filters_are_those_of_whisper() {
        let filters = filters(80);
        for (pitch, range, expected) in [
            (0, 1..=1, [0.024_862_59, 0., 0.]),
            (1, 1..=2, [0.001_990_822, 0.022_871_77, 0.]),
            (5, 5..=6, [0.009_954_109, 0.014_908_48, 0.]),
            (24, 23..=24, [0.018_935_49, 0.005_927_106, 0.]),
            (40, 42..=44, [0.005_411_105, 0.014_735_57, 0.006_518_19]),
            (60, 90..=96, [0.001_434_534, 0.003_441_219, 0.005_447_904]),
            (79, 186..=199, [0.000_366_741_7, 0.000_833_07, 0.001_299_398]),
        ] {
            let filter: &Vec<f32> = &filters[pitch];
            for (frequency, weight) in filter.iter().enumerate() {
                assert_eq!(range.contains(&frequency), *weight > 0., "{pitch} at {frequency}: {weight}");
            }
            for (weight, expected) in filter[*range.start()..].iter().zip(expected) {
                assert!((weight - expected).abs() < 1e-8, "{pitch}: {weight} and not {expected}");
            }
        }
        let sum: f32 = filters.iter().flatten().sum();
        assert!((sum - 1.999_024).abs() < 1e-5, "{sum}");
    }

    /// Numbers that numpy has computed in the way of OpenAI's own code.
    #[test]
    fn a_spectrogram_is_that_of_whisper() {
        let wave = |time: f64| 0.5 * (TAU * 440. * time).sin() + 0.1 * (TAU * 3_000. * time).sin();
        let second: Vec<f32> =
            (0..RATE).map(|sample| wave(f64::from(sample) / f64::from(RATE)) as f32).collect();
        let of = |samples: &[f32], start| -> Vec<Vec<f32>> {
            let spectrogram = Spectrogram::new(80, &Device::Cpu).unwrap();
            let tensor = spectrogram.of(samples, start, || Ok(())).unwrap();
            assert_eq!(tensor.dims(), [1, 80, 3_000]);
            tensor.squeeze(0).unwrap().to_vec2().unwrap()
        };
        let spectrogram = of(&second, 0);
        for (frame, pitch, expected) in [
            (0, 0, 0.9887),
            (0, 10, 1.3372),
            (1, 5, 0.5061),
            (50, 9, 1.1594),
            (50, 10, 1.3487),
            (50, 11, 1.4382),
            (50, 45, -0.5618),
            (50, 79, -0.5618),
            (99, 10, 1.3495),
            (100, 10, 1.2679),
            (101, 10, 0.3584),
            (2_999, 40, -0.5618),
        ] {
            let got = spectrogram[pitch][frame];
            assert!((got - expected).abs() < 2e-4, "{frame} {pitch}: {got} and not {expected}");
        }

        // A window that begins later sees what was before it.
        let later = of(&second, 10 * HOP);
        let pairs = spectrogram.iter().zip(&later).flat_map(|(all, later)| all[10..].iter().zip(later));
        let worst = pairs.map(|(all, later)| (all - later).abs()).fold(0., f32::max);
        // The first frames of all are louder where the mirror has its edge.
        assert!(worst < 0.1, "{worst}");
    }

    #[test]
    fn whoever_checks_can_end_it() {
        let spectrogram = Spectrogram::new(80, &Device::Cpu).unwrap();
        let error = spectrogram.of(&[0.; 100], 0, || Err(anyhow::anyhow!("enough"))).unwrap_err();
        assert_eq!(error.to_string(), "enough");
    }
}
