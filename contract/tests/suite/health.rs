//! Section 8: health.
