//! Which tokens may follow: a text is segments, and each has a time before and after it.
//!
//! The rules are Whisper's own. The network has learnt to keep them, and does so better when it is held to them.

use crate::vocabulary::Vocabulary;

/// How far into a window the first segment may begin, in times: one second.
const LATEST_BEGINNING: u32 = 50;

/// Rules out, with negative infinity, what may not follow the tokens `written`.
pub fn apply(vocabulary: &Vocabulary, written: &[u32], logits: &mut [f32]) {
    let (end, zero) = (vocabulary.end, vocabulary.zero);
    for token in &vocabulary.suppressed {
        forbid(logits, *token..token + 1);
    }
    let is_time = |place: usize| {
        let token = written.len().checked_sub(place).and_then(|place| written.get(place));
        token.map(|token| vocabulary.is_time(*token))
    };
    match (is_time(2), is_time(1)) {
        // The first is a time, and an early one.
        (_, None) => {
            forbid(logits, 0..zero);
            forbid(logits, zero + LATEST_BEGINNING + 1..u32::MAX);
        }
        // A segment has begun: what follows is text, or nothing at all.
        (None | Some(true), Some(true)) => forbid(logits, zero..u32::MAX),
        // A segment has ended: the next one begins, or all is over.
        (Some(false), Some(true)) => forbid(logits, 0..end),
        (_, Some(false)) => {}
    }
    // Time does not go back, and a segment takes some.
    if let Some(last) = written.iter().rev().find(|token| vocabulary.is_time(**token)) {
        let stays = is_time(1) == Some(true) && is_time(2) == Some(false);
        forbid(logits, zero..if stays { *last } else { last + 1 });
    }
    // Times are so many that each alone seems improbable. If all of them together are not, it is one of them.
    let (text, times) = logits.split_at_mut((zero as usize).min(logits.len()));
    let best_text = text.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if log_sum_exp(times) > best_text {
        text.fill(f32::NEG_INFINITY);
    }
}

/// Rules out a range of tokens, as far as there are such.
fn forbid(logits: &mut [f32], tokens: std::ops::Range<u32>) {
    let last = logits.len();
    let (start, end) = ((tokens.start as usize).min(last), (tokens.end as usize).min(last));
    if start < end {
        logits[start..end].fill(f32::NEG_INFINITY);
    }
}

/// The logarithm of the sum of what these are logarithms of.
pub fn log_sum_exp(logits: &[f32]) -> f32 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if largest == f32::NEG_INFINITY {
        return largest;
    }
    largest + logits.iter().map(|logit| (logit - largest).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What may follow, in a vocabulary whose text is 0 to 2 and whose times begin with 6. All are equally good but the one that is told.
    fn allowed(written: &[u32], best: usize) -> Vec<usize> {
        let vocabulary = Vocabulary::small();
        let mut logits = vec![0.; 80];
        logits[best] = 9.;
        apply(&vocabulary, written, &mut logits);
        (0..80).filter(|token| logits[*token] > f32::NEG_INFINITY).collect()
    }

    #[test]
    fn what_may_follow_is_what_whisper_allows() {
        let times = |from: usize| (from..80).collect::<Vec<_>>();
        for (written, best, expected) in [
            // A text begins with a time, and with an early one.
            (&[][..], 0, (6..=56).collect()),
            // A segment that has begun goes on with text, or was none.
            (&[6], 70, vec![0, 1, 2, 3]),
            (&[6, 1, 9, 9], 70, vec![0, 1, 2, 3]),
            // In it there is more text, its end, or the end of all.
            (&[6, 1], 0, [vec![0, 1, 2, 3], times(7)].concat()),
            (&[9, 1, 2], 0, [vec![0, 1, 2, 3], times(10)].concat()),
            // After its end another begins at that time or later, or all is over.
            (&[6, 1, 9], 3, [vec![3], times(9)].concat()),
            // Where no text is better than all times together, it is a time.
            (&[6, 1], 7, times(7)),
            (&[6, 1, 9], 9, times(9)),
        ] {
            assert_eq!(allowed(written, best), expected, "{written:?}");
        }
    }

    #[test]
    fn many_improbable_times_outweigh_a_text() {
        let mut logits = vec![0.; 80];
        // As good as seven times, of which there are 73 that may follow.
        logits[1] = 7_f32.ln();
        apply(&Vocabulary::small(), &[6, 1], &mut logits);
        assert_eq!(logits[1], f32::NEG_INFINITY);
        assert!(logits[7] > f32::NEG_INFINITY);
    }

    #[test]
    fn sums_of_logarithms_do_not_overflow() {
        assert_eq!(log_sum_exp(&[f32::NEG_INFINITY; 3]), f32::NEG_INFINITY);
        assert!((log_sum_exp(&[1_000., 1_000.]) - 1_000.693_1).abs() < 1e-3);
    }
}
