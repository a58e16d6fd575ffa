//! From what was heard in a window to tokens: the most likely ones, or others when these make no sense.

use std::io::Write as _;

use anyhow::Result;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};

use crate::network::{Heard, Network};
use crate::rules::{self, log_sum_exp};
use crate::vocabulary::Vocabulary;

/// How freely tokens are chosen, from one attempt at a window to the next. At 0 it is the most likely one.
const TEMPERATURES: [f32; 6] = [0., 0.2, 0.4, 0.6, 0.8, 1.];
/// A text that zlib makes smaller than by this repeats itself.
const MOST_REPETITIVE: f64 = 2.4;
/// A token is this probable on average, as a logarithm, in a text that makes sense.
const LEAST_PROBABLE: f32 = -1.;
/// From which probability on there may be no speech.
const NO_SPEECH: f32 = 0.6;

/// What may have been said in a window.
pub struct Decoded {
    /// Text and times, without the end.
    pub tokens: Vec<u32>,
    /// The mean of the logarithms of their probabilities.
    pub log_probability: f32,
    /// How probable it is that nobody speaks.
    pub no_speech: f32,
    /// How much smaller zlib makes the text.
    pub repetition: f64,
}

impl Decoded {
    /// Whether nothing was said, whatever the tokens are.
    pub fn is_silence(&self) -> bool {
        self.no_speech > NO_SPEECH && self.log_probability < LEAST_PROBABLE
    }

    fn makes_sense(&self) -> bool {
        self.repetition <= MOST_REPETITIVE && self.log_probability >= LEAST_PROBABLE
    }
}

/// Finds out what was said. `check` is asked before each token; its error ends the work.
///
/// # Errors
/// Those of `check`, and of the device.
pub fn decode(
    network: &Network,
    vocabulary: &Vocabulary,
    heard: &Heard,
    check: impl Fn() -> Result<()>,
) -> Result<Decoded> {
    let mut decoded = attempt(network, vocabulary, heard, 0., &check)?;
    for temperature in &TEMPERATURES[1..] {
        if decoded.makes_sense() || decoded.is_silence() {
            break;
        }
        decoded = attempt(network, vocabulary, heard, *temperature, &check)?;
    }
    Ok(decoded)
}

fn attempt(
    network: &Network,
    vocabulary: &Vocabulary,
    heard: &Heard,
    temperature: f32,
    check: &impl Fn() -> Result<()>,
) -> Result<Decoded> {
    // The same recording makes the same text.
    let mut random = SplitMix64::seed_from_u64(0);
    let mut reading = network.read(heard);
    check()?;
    let mut logits = reading.push(vocabulary.start)?;
    let no_speech = (logits[vocabulary.no_speech as usize] - log_sum_exp(&logits)).exp();
    let (mut tokens, mut sum) = (Vec::new(), 0.);
    // A text of so many tokens is never finished: it goes round in circles.
    while tokens.len() < network.context_length() / 2 {
        rules::apply(vocabulary, &tokens, &mut logits);
        let token = choose(&logits, temperature, &mut random);
        sum += logits[token as usize] - log_sum_exp(&logits);
        if token == vocabulary.end {
            break;
        }
        tokens.push(token);
        check()?;
        logits = reading.push(token)?;
    }
    let log_probability = sum / (tokens.len() + 1) as f32;
    let repetition = repetition(&vocabulary.text(&tokens)?)?;
    Ok(Decoded { tokens, log_probability, no_speech, repetition })
}

/// The most likely token, or at a temperature above 0 any, each as often as it is likely.
fn choose(logits: &[f32], temperature: f32, random: &mut SplitMix64) -> u32 {
    // The largest of these is a fair choice, since noise of this distribution is added.
    let noise = |random: &mut SplitMix64| -(-chance(random).ln()).ln() * temperature;
    let mut best = (0, f32::NEG_INFINITY);
    for (token, logit) in (0..).zip(logits).filter(|(_, logit)| **logit > f32::NEG_INFINITY) {
        let value = logit + if temperature > 0. { noise(random) } else { 0. };
        if value > best.1 {
            best = (token, value);
        }
    }
    best.0
}

/// A number above 0 and below 1.
fn chance(random: &mut SplitMix64) -> f32 {
    // The first 23 bits, and half of what is below them.
    (random.next_u64() >> 41) as f32 / 8_388_608. + 0.5 / 8_388_608.
}

/// How many times zlib makes a text smaller.
fn repetition(text: &str) -> Result<f64> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    Ok(text.len() as f64 / encoder.finish()?.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_repeats_itself_is_seen() {
        for (text, is_repetitive) in [
            ("", false),
            ("Front, center.", false),
            ("The train to the coast leaves at nine. Bring an umbrella.", false),
            (&"so much for that, ".repeat(20), true),
        ] {
            let repetition = repetition(text).unwrap();
            assert_eq!(repetition > MOST_REPETITIVE, is_repetitive, "{repetition} {text}");
        }
    }

    #[test]
    fn tokens_are_chosen_as_often_as_they_are_likely() {
        let logits = [0., f32::NEG_INFINITY, 3_f32.ln(), f32::NEG_INFINITY];
        let mut random = SplitMix64::seed_from_u64(0);
        let counts = |temperature: f32, random: &mut SplitMix64| {
            let chosen: Vec<u32> = (0..4_000).map(|_| choose(&logits, temperature, random)).collect();
            [0, 1, 2, 3].map(|token| chosen.iter().filter(|chosen| **chosen == token).count())
        };
        assert_eq!(counts(0., &mut random), [0, 0, 4_000, 0]);
        let [first, second, third, fourth] = counts(1., &mut random);
        assert_eq!((second, fourth), (0, 0));
        assert!((900..1_100).contains(&first) && third == 4_000 - first, "{first} {third}");
        // Three times as likely becomes nine times at half the temperature.
        let [first, ..] = counts(0.5, &mut random);
        assert!((320..480).contains(&first), "{first}");
    }
}
