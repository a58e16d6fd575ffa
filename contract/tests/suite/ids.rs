//! Section 13: names of predictions.
