//! Section 10: signals, shutdown, exit codes.
