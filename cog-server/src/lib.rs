//! Serve a model written with `cog-core`: over HTTP as Cog does, and from the command line.
//!
//! [`Model`] makes the whole binary of a model, and [`main`] that of one that only makes predictions. What the HTTP side promises is Cog's contract; where it is better on purpose, the
//! differences are listed in the documentation. It reads what the engine tells of each prediction and adds nothing to it: no status
//! is kept here. It knows no model and no tensor library.

// In reading order.
mod model;
mod role;

mod cli;
mod cog_yaml;
mod env;

mod files;
mod http;
mod openapi;
mod webhook;
mod weights;
mod wire;

mod lifecycle;
mod output;
mod retry;
mod telemetry;
mod tls;

pub use crate::cli::Process;
pub use crate::lifecycle::{ServerConfig, StopCause, WebhookConfig, serve};
pub use crate::model::{Model, main, run};
pub use crate::role::Roles;
