//! From the tokens of a window to segments with times, and to where the next window begins.

use anyhow::Result;
use cog_core::Output;

use crate::mel::{RATE, WINDOW};
use crate::vocabulary::Vocabulary;

/// A part of what is said.
#[derive(Clone, Debug, Output, PartialEq)]
pub struct Segment {
    /// Where it begins, in seconds.
    pub start: f64,
    /// Where it ends, in seconds.
    pub end: f64,
    /// What is said there.
    pub text: String,
}

/// What a window has come to.
#[derive(Debug, PartialEq)]
pub struct Cut {
    /// What is said in it, with times from its beginning on.
    pub segments: Vec<Segment>,
    /// How many samples of it are dealt with.
    pub samples: usize,
}

/// Cuts the tokens of a window that has `samples` of the recording in it.
///
/// Where the last segment is followed by the beginning of one that has no end, the next window begins there.
///
/// # Errors
/// When the tokenizer fails.
pub fn cut(vocabulary: &Vocabulary, tokens: &[u32], samples: usize) -> Result<Cut> {
    let (spans, samples) = spans(vocabulary, tokens, samples);
    let mut segments = Vec::new();
    for Span { start, end, tokens } in spans {
        let text = vocabulary.text(tokens)?;
        if end > start && !text.trim().is_empty() {
            segments.push(Segment { start, end, text });
        }
    }
    Ok(Cut { segments, samples })
}

/// Tokens that belong together, and their times.
struct Span<'a> {
    start: f64,
    end: f64,
    tokens: &'a [u32],
}

/// Finds the segments, and how many samples are dealt with.
fn spans<'a>(vocabulary: &Vocabulary, tokens: &'a [u32], samples: usize) -> (Vec<Span<'a>>, usize) {
    let seconds = samples as f64 / f64::from(RATE);
    let is_time = |token: u32| vocabulary.is_time(token);
    let (mut spans, mut rest): (Vec<Span<'_>>, _) = (Vec::new(), tokens);
    let span = |tokens: &'a [u32]| {
        let mut times =
            tokens.iter().filter(|token| is_time(**token)).map(|token| vocabulary.seconds(*token));
        let start = times.next().unwrap_or_default().min(seconds);
        // What has begun and not ended goes on to the end.
        Span { start, end: times.next_back().unwrap_or(seconds).min(seconds), tokens }
    };
    // The end of one and the beginning of the next.
    while let Some(border) = rest.windows(2).position(|pair| is_time(pair[0]) && is_time(pair[1])) {
        let (tokens, next) = rest.split_at(border + 1);
        spans.push(span(tokens));
        rest = next;
    }
    let is_whole = matches!(rest, [.., text, time] if !is_time(*text) && is_time(*time));
    match spans.last() {
        // The window cuts a segment in two, which is seen whole in the next one.
        Some(last) if !is_whole && last.end > 0. => {
            let samples = (last.end * f64::from(RATE)).round() as usize;
            (spans, samples)
        }
        _ => {
            spans.push(span(rest));
            (spans, WINDOW)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(tokens: &[u32], samples: usize) -> (Vec<(f64, f64)>, usize) {
        let (spans, samples) = spans(&Vocabulary::small(), tokens, samples);
        (spans.iter().map(|span| (span.start, span.end)).collect(), samples)
    }

    #[test]
    fn segments_lie_between_times() {
        const ALL: usize = WINDOW;
        // A time is 0.02 seconds, and 320 samples.
        for (tokens, samples, expected, moved) in [
            (&[][..], ALL, vec![(0., 30.)], ALL),
            (&[6], ALL, vec![(0., 30.)], ALL),
            // One segment, with an end or without.
            (&[6, 1, 56], ALL, vec![(0., 1.)], ALL),
            (&[56, 1], ALL, vec![(1., 30.)], ALL),
            // Two, after which nothing is said.
            (&[6, 1, 56, 56, 1, 106], ALL, vec![(0., 1.), (1., 2.)], ALL),
            // One, after which another begins that has no end.
            (&[6, 1, 56, 56], ALL, vec![(0., 1.)], 16_000),
            (&[6, 1, 56, 81, 1], ALL, vec![(0., 1.)], 16_000),
            // Nothing ends after the recording.
            (&[6, 1, 106], 16_000, vec![(0., 1.)], ALL),
        ] {
            assert_eq!(found(tokens, samples), (expected, moved), "{tokens:?}");
        }
    }
}
