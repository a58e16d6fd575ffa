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

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median([]).is_nan());
    }
}
