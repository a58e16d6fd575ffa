//! Choosing the next token.
//!
//! The same seed and settings choose the same tokens, in every version of this program, as its generator of random numbers is defined to the bit.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};

/// How tokens are chosen.
#[derive(Clone, Debug)]
pub struct Sampling {
    /// Divides the logits: the higher, the more surprising the choice. At 0 the best token is taken, and only the penalty matters besides.
    pub temperature: f32,
    /// Only so many of the best tokens are in question.
    pub top_k: Option<usize>,
    /// Only the best tokens are in question that have this much of the probability together.
    pub top_p: f32,
    /// Makes tokens that were there lately less likely, if it is above 1.
    pub repeat_penalty: f32,
    /// What chance begins with.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.7, top_k: None, top_p: 0.9, repeat_penalty: 1.1, seed: 0 }
    }
}

/// How far back a token counts as repeated.
const LATELY: usize = 64;

/// Chooses tokens for one text.
#[derive(Debug)]
pub struct Sampler {
    sampling: Sampling,
    random: SplitMix64,
}

/// A token and its share of the probability, which need not add up to 1.
type Candidate = (u32, f32);

impl Sampler {
    /// A sampler at its beginning.
    pub fn new(sampling: Sampling) -> Self {
        Self { random: SplitMix64::seed_from_u64(sampling.seed), sampling }
    }

    /// Chooses one of the tokens that `logits` has a value for, to follow `text`.
    pub fn choose(&mut self, mut logits: Vec<f32>, text: &[u32]) -> u32 {
        self.penalize(&mut logits, text);
        let (best, highest) = best(&logits);
        if self.sampling.temperature <= 0. {
            return best;
        }
        let share = |logit: f32| ((logit - highest) / self.sampling.temperature).exp();
        let mut candidates: Vec<Candidate> = (0..).zip(logits.into_iter().map(share)).collect();
        if let Some(count) = self.sampling.top_k.filter(|count| (1..candidates.len()).contains(count)) {
            candidates.select_nth_unstable_by(count, descending);
            candidates.truncate(count);
        }
        keep_top(&mut candidates, self.sampling.top_p);
        let total: f32 = candidates.iter().map(|(_, share)| share).sum();
        let mut left = chance(&mut self.random) * total;
        for (token, share) in candidates {
            left -= share;
            if left < 0. {
                return token;
            }
        }
        // What rounding has left over.
        best
    }

    fn penalize(&self, logits: &mut [f32], text: &[u32]) {
        let mut lately = text.get(text.len().saturating_sub(LATELY)..).unwrap_or_default().to_vec();
        lately.sort_unstable();
        lately.dedup();
        for token in lately {
            if let Some(logit) = logits.get_mut(token as usize) {
                let penalty = self.sampling.repeat_penalty;
                *logit = if *logit > 0. { *logit / penalty } else { *logit * penalty };
            }
        }
    }
}

fn best(logits: &[f32]) -> Candidate {
    let mut best = (0, f32::NEG_INFINITY);
    for (token, &logit) in (0..).zip(logits) {
        if logit > best.1 {
            best = (token, logit);
        }
    }
    best
}

/// Keeps the fewest candidates that have `top_p` of all shares, best first.
fn keep_top(candidates: &mut Vec<Candidate>, top_p: f32) {
    if top_p >= 1. {
        return;
    }
    let total: f32 = candidates.iter().map(|(_, share)| share).sum();
    // Those below this share have less than the rest together, whichever they are. Sorting all of a vocabulary takes milliseconds.
    let least = (1. - top_p) * total / candidates.len() as f32;
    candidates.retain(|(_, share)| *share >= least);
    candidates.sort_unstable_by(descending);
    let mut sum = 0.;
    let enough = candidates.iter().position(|(_, share)| {
        sum += share;
        sum >= top_p * total
    });
    candidates.truncate(enough.map_or(candidates.len(), |place| place + 1));
}

/// By share; equal ones by their number, so that the order is always the same.
fn descending(one: &Candidate, other: &Candidate) -> std::cmp::Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

/// A number from 0 up to but not including 1.
fn chance(random: &mut SplitMix64) -> f32 {
    // As many bits as the type can tell apart.
    (random.next_u64() >> 40) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [1., 3., 2., -1., 0.];

    fn greedy() -> Sampling {
        Sampling { temperature: 0., repeat_penalty: 1., ..Sampling::default() }
    }

    /// How often each token is chosen of a thousand times.
    fn counts(sampling: &Sampling) -> [usize; 5] {
        let mut sampler = Sampler::new(sampling.clone());
        let mut counts = [0; 5];
        for _ in 0..1000 {
            counts[sampler.choose(LOGITS.to_vec(), &[]) as usize] += 1;
        }
        counts
    }

    #[test]
    fn without_temperature_the_best_is_taken() {
        assert_eq!(counts(&greedy()), [0, 1000, 0, 0, 0]);
    }

    #[test]
    fn chance_keeps_to_the_probabilities() {
        let all = Sampling { temperature: 1., top_p: 1., repeat_penalty: 1., ..Sampling::default() };
        // Of 1000, `exp` of the logits gives 86, 636, 234, 12 and 32.
        let counts = counts(&all);
        for (count, expected) in counts.into_iter().zip([86, 636, 234, 12, 32]) {
            assert!(count.abs_diff(expected) < 50, "{counts:?}");
        }
    }

    #[test]
    fn only_the_best_are_in_question() {
        for (top_k, top_p, expected) in [
            (Some(1), 1., [false, true, false, false, false]),
            (Some(2), 1., [false, true, true, false, false]),
            (Some(100), 1., [true, true, true, true, true]),
            (None, 0., [false, true, false, false, false]),
            (None, 0.6, [false, true, false, false, false]),
            (None, 0.65, [false, true, true, false, false]),
            (None, 0.9, [true, true, true, false, false]),
            // Of the two that are left the better one has 0.73.
            (Some(2), 0.7, [false, true, false, false, false]),
        ] {
            let sampling = Sampling { temperature: 1., top_k, top_p, repeat_penalty: 1., seed: 1 };
            assert_eq!(counts(&sampling).map(|count| count > 0), expected, "{top_k:?} {top_p}");
        }
    }

    #[test]
    fn what_was_there_lately_is_less_likely() {
        let mut sampler = Sampler::new(Sampling { repeat_penalty: 2., ..greedy() });
        for (text, expected) in [(vec![], 1), (vec![1], 2), (vec![1, 1, 1], 2), (vec![1, 2, 9], 1)] {
            assert_eq!(sampler.choose(LOGITS.to_vec(), &text), expected, "{text:?}");
        }
        let long_ago = [vec![1], vec![4; LATELY]].concat();
        assert_eq!(sampler.choose(LOGITS.to_vec(), &long_ago), 1);
        // A penalty makes what is unlikely still less likely.
        assert_eq!(sampler.choose(vec![-1., -1.5], &[0]), 1);
    }

    #[test]
    fn a_seed_decides() {
        let chosen = |seed| {
            let mut sampler =
                Sampler::new(Sampling { temperature: 5., top_p: 1., seed, ..Sampling::default() });
            (0..20).map(|_| sampler.choose(LOGITS.to_vec(), &[])).collect::<Vec<_>>()
        };
        assert_eq!(chosen(7), chosen(7));
        assert_ne!(chosen(7), chosen(8));
    }
}
