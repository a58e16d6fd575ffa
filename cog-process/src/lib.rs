//! What a process has once, and all in it share: its standard output and standard error, and the heap of its C library.
//!
//! `println!`, a C library and a child process all write to the file descriptors 1 and 2. A [`Capture`] puts pipes in their place and
//! hands what comes out of them to a [`Sink`], line by line. [`duplicate`] gives a writer to what the descriptors led to before, for the
//! one who really wants to print.
//!
//! [`give_back`] gives the system memory that the C library's allocator keeps and nobody uses.
//!
//! This is the one crate of the workspace that knows file descriptors, and the only one with a line of `unsafe`. It knows nothing of
//! predictions.

mod c;
mod capture;
mod heap;
mod lines;
mod stream;

pub use crate::capture::{Capture, Printed, Sink};
pub use crate::heap::give_back;
pub use crate::stream::{Stream, duplicate};
