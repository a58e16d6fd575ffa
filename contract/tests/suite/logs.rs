//! Section 11: logs.
