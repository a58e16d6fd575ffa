//! Cog's contract, shown on real sockets and a real binary. A module for each section of `docs/contract`.
//!
//! Each test says in the first line of its documentation which statements it shows: `/// Contract 3.4, 3.5; D4.` The test
//! `statements` sees to it that none is forgotten.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed; clippy knows only functions marked as tests"
)]

mod support;

mod broken;
mod concurrency;
mod document;
mod draining;
mod environment;
mod faults;
mod files;
mod health;
mod ids;
mod leaks;
mod logs;
mod metrics;
mod object;
mod routes;
mod setup;
mod shutdown;
mod slots;
mod stream;
mod training;
mod transport;
mod validation;
mod webhooks;
