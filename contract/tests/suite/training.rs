//! Section 15: training.
