//! Section 17: environment and flags.
