//! Read what a process prints to standard output and standard error, whoever in it prints.
//!
//! `println!`, a C library and a child process all write to the file descriptors 1 and 2. A [`Capture`] puts pipes in their place and
//! hands what comes out of them to a [`Sink`], line by line. [`duplicate`] gives a writer to what the descriptors led to before, for the
//! one who really wants to print.
//!
//! This is the one crate of the workspace that knows file descriptors, and the only one with a line of `unsafe`. It knows nothing of
//! predictions.

mod c;
mod capture;
mod lines;
mod stream;

pub use crate::capture::{Capture, Printed, Sink};
pub use crate::stream::{Stream, duplicate};
