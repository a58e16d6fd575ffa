//! From a probability for each window to segments of speech.

use cog_core::Output;

/// A part of the recording in which somebody speaks.
#[derive(Clone, Debug, Output, PartialEq)]
pub(crate) struct Segment {
    /// Where it begins, in seconds.
    pub(crate) start: f64,
    /// Where it ends, in seconds.
    pub(crate) end: f64,
    /// How probable speech is there, on average.
    pub(crate) probability: f64,
}

/// What counts as a segment.
pub(crate) struct Rules {
    /// From which probability on a window is speech.
    pub(crate) threshold: f64,
    /// How many windows a segment has at least.
    pub(crate) min_speech: usize,
    /// How many windows a pause has at least. A shorter one is part of the segment around it.
    pub(crate) min_silence: usize,
}

/// How far the probability has to fall below the threshold before speech is over.
const HYSTERESIS: f64 = 0.15;

impl Rules {
    /// Finds the segments. A window takes `seconds`.
    pub(crate) fn segments(&self, probabilities: &[f32], seconds: f64) -> Vec<Segment> {
        let silent_below = (self.threshold - HYSTERESIS).max(0.01);
        let mut segments = Vec::new();
        // Where the segment begins, and the end of it that has been seen so far.
        let mut open: Option<(usize, usize)> = None;
        for (window, probability) in probabilities.iter().map(|value| f64::from(*value)).enumerate() {
            open = match open {
                None if probability >= self.threshold => Some((window, window + 1)),
                Some((start, end)) if probability >= silent_below && window == end => {
                    Some((start, window + 1))
                }
                Some((start, _)) if probability >= self.threshold => Some((start, window + 1)),
                Some((start, end)) if window + 1 - end >= self.min_silence.max(1) => {
                    segments.push((start, end));
                    None
                }
                other => other,
            };
        }
        segments.extend(open);
        segments.retain(|(start, end)| end - start >= self.min_speech);
        segments
            .into_iter()
            .map(|(start, end)| {
                let sum: f64 = probabilities[start..end].iter().map(|value| f64::from(*value)).sum();
                Segment {
                    start: start as f64 * seconds,
                    end: end as f64 * seconds,
                    probability: sum / (end - start) as f64,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The segments of windows that take a second each, as pairs.
    fn found(rules: &Rules, probabilities: &[f32]) -> Vec<(f64, f64)> {
        rules.segments(probabilities, 1.).into_iter().map(|segment| (segment.start, segment.end)).collect()
    }

    #[test]
    fn segments_are_what_the_rules_say() {
        let rules = |min_speech, min_silence| Rules { threshold: 0.5, min_speech, min_silence };
        for (probabilities, rules, expected) in [
            (&[][..], rules(1, 1), &[][..]),
            (&[0.1, 0.4], rules(1, 1), &[]),
            (&[0.1, 0.9, 0.9, 0.1], rules(1, 1), &[(1., 3.)]),
            (&[0.9, 0.9], rules(1, 1), &[(0., 2.)]),
            // Between the two thresholds it is what it was.
            (&[0.4, 0.9, 0.4, 0.4, 0.1, 0.4], rules(1, 1), &[(1., 4.)]),
            // Pauses shorter than the shortest are none.
            (&[0.9, 0.1, 0.9], rules(1, 1), &[(0., 1.), (2., 3.)]),
            (&[0.9, 0.1, 0.9], rules(1, 2), &[(0., 3.)]),
            (&[0.9, 0.1, 0.1, 0.9], rules(1, 2), &[(0., 1.), (3., 4.)]),
            (&[0.9, 0.1, 0.4, 0.1, 0.9], rules(1, 4), &[(0., 5.)]),
            // What is too short is dropped, and a pause at the end is no part of it.
            (&[0.9, 0.1, 0.1, 0.9, 0.9], rules(2, 1), &[(3., 5.)]),
            (&[0.9, 0.1], rules(2, 5), &[]),
            (&[0.9, 0.9, 0.1], rules(2, 5), &[(0., 2.)]),
        ] {
            assert_eq!(found(&rules, probabilities), expected, "{probabilities:?}");
        }
    }

    #[test]
    fn the_probability_is_the_mean() {
        let rules = Rules { threshold: 0.5, min_speech: 1, min_silence: 1 };
        let segments = rules.segments(&[0., 0.5, 1., 0.], 0.25);
        assert_eq!(segments, [Segment { start: 0.25, end: 0.75, probability: 0.75 }]);
    }
}
