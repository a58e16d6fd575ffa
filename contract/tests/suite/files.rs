//! Section 9: files.
