//! Cog's contract over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed; clippy knows only functions marked as tests"
)]

mod document;
mod errors;
mod health;
mod idempotent;
mod lifecycle;
mod predictions;
mod queue;
mod stream;
mod support;
mod trainings;
mod webhooks;
