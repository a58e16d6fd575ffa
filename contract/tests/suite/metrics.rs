//! Section 12: metrics.
