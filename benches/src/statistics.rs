//! What is made of samples.

/// Returns the middle of some samples; of an even number of them the mean of the two in the middle.
pub(crate) fn median(samples: impl IntoIterator<Item = f64>) -> f64 {
    let mut samples: Vec<_> = samples.into_iter().collect();
    samples.sort_unstable_by(f64::total_cmp);
    let middle = samples.len() / 2;
    match (samples.get(middle), samples.len() % 2) {
        (Some(&upper), 1) => upper,
        (Some(&upper), _) => samples.get(middle - 1).map_or(upper, |lower| f64::midpoint(*lower, upper)),
        (None, _) => f64::NAN,
    }
}

/// Returns the sample that `share` of the samples do not exceed, which are in ascending order.
pub(crate) fn percentile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let last = sorted.len().saturating_sub(1);
    let place = (last as f64 * share).round() as usize;
    sorted.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::{median, percentile};

    #[test]
    fn the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median([]).is_nan());
    }

    #[test]
    fn percentiles_are_samples() {
        let samples: Vec<u32> = (0..=200).collect();
        for (share, expected) in [(0.0, 0), (0.5, 100), (0.99, 198), (1.0, 200)] {
            assert_eq!(percentile(&samples, share), Some(expected), "{share}");
        }
        assert_eq!(percentile(&[7], 0.99), Some(7));
        assert_eq!(percentile::<u32>(&[], 0.5), None);
    }
}
