//! The network: Silero VAD for 16,000 samples a second, on candle.
//!
//! Owns the weights and the arithmetic: samples in, a probability of speech for each window out. Windows are looked at by the
//! convolutions many at a time; only the recurrent layer, which remembers what was before, takes them one by one.

use anyhow::Result;
use candle_core::{D, IndexOp as _, Module as _, Tensor};
use candle_nn::{Conv1d, Conv1dConfig, Linear, VarBuilder, conv1d, conv1d_no_bias, ops::sigmoid};

/// Samples a second.
pub(crate) const RATE: u32 = 16_000;
/// Samples for which there is one probability.
pub(crate) const WINDOW: usize = 512;
/// How many samples of the window before are looked at as well.
const CONTEXT: usize = 64;
/// How many samples at the end are seen a second time, in reverse.
const MIRRORED: usize = 64;
/// How many windows go through the convolutions together: 4 seconds of sound.
const BATCH: usize = 128;
/// Numbers that the recurrent layer remembers.
const WIDTH: usize = 128;
/// Frequencies of the spectrum.
const BINS: usize = 129;

/// The network.
pub(crate) struct Detector {
    spectrum: Conv1d,
    convolutions: [Conv1d; 4],
    input: Linear,
    memory: Linear,
    output: Conv1d,
}

impl Detector {
    /// Takes the tensors by the names that they have in the package `silero-vad`.
    pub(crate) fn load(weights: &VarBuilder<'_>) -> candle_core::Result<Self> {
        let config = |stride, padding| Conv1dConfig { stride, padding, ..Conv1dConfig::default() };
        let linear = |name: &str| {
            let weights = weights.pp("lstm_cell");
            let weight = weights.get((4 * WIDTH, WIDTH), &format!("weight_{name}"))?;
            let bias = weights.get(4 * WIDTH, &format!("bias_{name}"))?;
            candle_core::Result::Ok(Linear::new(weight, Some(bias)))
        };
        Ok(Self {
            spectrum: conv1d_no_bias(1, 2 * BINS, 256, config(128, 0), weights.pp("stft_conv"))?,
            convolutions: [
                conv1d(BINS, 128, 3, config(1, 1), weights.pp("conv1"))?,
                conv1d(128, 64, 3, config(2, 1), weights.pp("conv2"))?,
                conv1d(64, 64, 3, config(2, 1), weights.pp("conv3"))?,
                conv1d(64, WIDTH, 3, config(1, 1), weights.pp("conv4"))?,
            ],
            input: linear("ih")?,
            memory: linear("hh")?,
            output: conv1d(WIDTH, 1, 1, config(1, 0), weights.pp("final_conv"))?,
        })
    }

    /// The probability that somebody speaks, for each window. `tell` hears how much is done, and what it returns ends the work.
    pub(crate) fn probabilities(
        &self,
        samples: &[f32],
        tell: impl Fn(f64) -> Result<()>,
    ) -> Result<Vec<f32>> {
        let device = self.input.weight().device();
        let nothing = Tensor::zeros((1, WIDTH), self.input.weight().dtype(), device)?;
        let mut memory = (nothing.clone(), nothing);
        let count = samples.len().div_ceil(WINDOW);
        let mut probabilities = Vec::with_capacity(count);
        while probabilities.len() < count {
            tell(probabilities.len() as f64 / count as f64)?;
            let windows = probabilities.len()..count.min(probabilities.len() + BATCH);
            let length = windows.len();
            let seen: Vec<f32> = windows.flat_map(|window| seen(samples, window)).collect();
            let seen = Tensor::from_vec(seen, (length, 1, CONTEXT + WINDOW + MIRRORED), device)?;
            probabilities.extend(self.forward(&seen, &mut memory)?);
        }
        Ok(probabilities)
    }

    /// From `[windows, 1, samples]` to a probability for each window. `memory` is what the recurrent layer has said and what it remembers.
    fn forward(&self, seen: &Tensor, memory: &mut (Tensor, Tensor)) -> candle_core::Result<Vec<f32>> {
        let waves = self.spectrum.forward(seen)?;
        let (real, imaginary) = (waves.narrow(1, 0, BINS)?, waves.narrow(1, BINS, BINS)?);
        let mut features = (real.sqr()? + imaginary.sqr()?)?.sqrt()?;
        for convolution in &self.convolutions {
            features = convolution.forward(&features)?.relu()?;
        }
        let inputs = self.input.forward(&features.squeeze(D::Minus1)?)?;
        let (said, remembered) = memory;
        let mut all = Vec::with_capacity(seen.dim(0)?);
        for window in 0..seen.dim(0)? {
            let gates = (inputs.i(window..=window)? + self.memory.forward(said)?)?;
            let gate = |number| gates.narrow(1, number * WIDTH, WIDTH);
            let (take, keep, news, tell) = (gate(0)?, gate(1)?, gate(2)?, gate(3)?);
            *remembered = ((sigmoid(&keep)? * &*remembered)? + (sigmoid(&take)? * news.tanh()?)?)?;
            *said = (sigmoid(&tell)? * remembered.tanh()?)?;
            all.push(said.relu()?);
        }
        let outputs = self.output.forward(&Tensor::cat(&all, 0)?.unsqueeze(D::Minus1)?)?;
        sigmoid(&outputs)?.flatten_all()?.to_vec1()
    }
}

/// The samples that the network looks at for a window: some before it, its own, and the last ones in reverse.
fn seen(samples: &[f32], window: usize) -> impl Iterator<Item = f32> {
    let at = move |place: usize| {
        let place = (window * WINDOW + place).checked_sub(CONTEXT);
        place.and_then(|place| samples.get(place)).copied().unwrap_or(0.)
    };
    let end = CONTEXT + WINDOW;
    (0..end).chain((end - 1 - MIRRORED..end - 1).rev()).map(at)
}
