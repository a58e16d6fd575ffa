//! How the engine runs predictions: slots, events, cancellation, files, setup, shutdown.

mod cancel;
mod events;
mod properties;
mod slots;
mod support;
