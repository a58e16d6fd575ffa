//! How the engine runs predictions: slots, events, cancellation, files, setup, shutdown.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed; clippy knows only functions marked as tests"
)]

mod batches;
mod cancel;
#[cfg(feature = "candle")]
mod candle;
mod defunct;
mod events;
mod files;
mod lifecycle;
mod line;
mod logs;
mod metrics;
mod outputs;
mod properties;
mod publishing;
mod slots;
mod support;
mod trainings;
