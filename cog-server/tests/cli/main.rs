//! The command line of a model's binary, run inside the test's process.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; clippy knows only functions marked as tests"
)]

mod arguments;
mod inputs;
mod models;
mod outputs;
mod printing;
mod signals;
mod support;
mod trainings;
mod weights;
