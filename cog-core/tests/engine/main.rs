//! How the engine runs predictions: slots, events, cancellation, files, setup, shutdown.

mod cancel;
mod events;
mod files;
mod lifecycle;
mod logs;
mod metrics;
mod outputs;
mod properties;
mod slots;
mod support;
